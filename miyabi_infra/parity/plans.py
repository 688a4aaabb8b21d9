"""Both configurations planned by Terraform, offline: the judge of what was read from the files.

Each side is planned in a copy, from nothing: no backend, no credentials, no refresh. Data sources that need AWS are
replaced by declared values where there are such; with any other the HCL is not planned.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from miyabi_infra.hcl.checkout import Checkout
from miyabi_infra.hcl.data_sources import OFFLINE
from miyabi_infra.hcl.folder import HclFolder
from miyabi_infra.hcl.syntax import Block
from miyabi_infra.place import Place
from miyabi_infra.terraform import offline
from miyabi_infra.terraform.cli import Terraform, TerraformError, executable

_NOT_INSTALLED: Final = "Failed to query available provider packages"
"""What Terraform says of a provider, or a version of one, that this machine cannot install."""
OUTPUTS: Final = "outputs"
"""What the outputs of the root are together, among addresses."""
_MOST_FILES: Final = 5000
"""Files of a checkout that are copied; a larger one is probably not a checkout of HCL."""
_IGNORED: Final = (".*", "*.tfstate", "*.tfstate.*", "node_modules", "__pycache__")


class NotPlanned(Exception):  # noqa: N818  # not an error: the static reading stays
    """A configuration that cannot be planned here; the text says why."""


@dataclass(frozen=True)
class Refusal:
    """What Terraform refuses in a configuration."""

    summary: str
    place: Place | None


@dataclass(frozen=True)
class Plan:
    """What Terraform plans for a configuration."""

    values: Mapping[str, Mapping[str, Any]]
    """The planned arguments of every instance, by address; those that are known after apply are missing."""
    unknown: Mapping[str, Mapping[str, Any]]
    """Of every instance, the arguments or parts of them that are known after apply."""
    outputs: Mapping[str, Any]
    """The planned values of the root's outputs that are known."""
    types: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The types of these values, as JSON."""
    sensitive: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Of every instance, the arguments of which something is sensitive; outputs of the root under their address."""


@dataclass(frozen=True)
class Planned:
    """Both plans, or why there are none."""

    hcl: Plan | None = None
    generated: Plan | None = None
    reason: str = ""
    """Why the sides were not planned."""
    refusals: tuple[Refusal, ...] = ()
    """What Terraform refuses in the HCL."""
    declared: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The values that data sources were given, by their address."""


@dataclass(frozen=True)
class HclRoot:
    """A root module of HCL with what it is planned with."""

    checkout: Checkout
    root: HclFolder
    files: Sequence[Path]
    """Files of values, in addition to those that Terraform reads itself."""
    variables: Sequence[str]
    """`name=value`."""
    region: str
    account: str
    """The account that the data source aws_caller_identity is declared to have."""


def plan(hcl: HclRoot, stack: Path, progress: Callable[[str], None]) -> Planned:
    """Plan both sides, at the same time.

    Args:
        hcl: The root module of HCL.
        stack: The folder of the generated stack.
        progress: Told what is done now.
    """
    if executable() is None:
        return Planned(reason="terraform is not on the PATH")
    with tempfile.TemporaryDirectory(prefix="miyabi-parity-") as folder, ThreadPoolExecutor(2) as pool:
        try:
            declared = _declared(hcl)
            progress("planning the HCL and the generated stack with Terraform, offline …")
            (first, second) = (Path(folder, "hcl"), Path(folder, "generated"))
            mine = pool.submit(_hcl_plan, hcl, first, declared)
            theirs = pool.submit(_generated_plan, stack, second)
            of_hcl = mine.result()
            if isinstance(of_hcl, tuple):
                return Planned(refusals=of_hcl, declared=declared)
            return Planned(of_hcl, theirs.result(), declared=declared)
        except NotPlanned as reason:
            return Planned(reason=str(reason))
        except (TerraformError, OSError) as error:
            return Planned(reason=_first_error(str(error)))


def _generated_plan(stack: Path, folder: Path) -> Plan:
    folder.mkdir()
    return _read(offline.copy(stack, folder).plan("-refresh=false", "-lock=false"))


def _hcl_plan(hcl: HclRoot, folder: Path, declared: Mapping[str, Any]) -> "Plan | tuple[Refusal, ...]":
    copied = _copied(hcl, folder)
    _rewrite(hcl, folder, declared)
    (copied / offline.FILE).write_text(json.dumps(_override(hcl.root)), encoding="utf-8")
    terraform = Terraform(copied)
    try:
        terraform.init()
    except TerraformError as error:
        if _installs_more(hcl) or _NOT_INSTALLED in str(error):
            raise NotPlanned(f"terraform init: {_first_error(str(error))}") from error
        return (Refusal(_first_error(str(error)), None),)
    if hcl.checkout.workspace is not None and hcl.checkout.workspace != "default":
        terraform.run("workspace", "new", hcl.checkout.workspace)
    files = [f"-var-file={file.resolve()}" for file in hcl.files]
    given = [f"-var={each}" for each in hcl.variables]
    try:
        return _read(terraform.plan("-refresh=false", "-lock=false", *files, *given))
    except TerraformError as error:
        found = [each for each in terraform.validate() if each["severity"] == "error"]
        return tuple(_refusal(each, hcl) for each in found) or (Refusal(_first_error(str(error)), None),)


def _installs_more(hcl: HclRoot) -> bool:
    """Whether `terraform init` installs more than the AWS provider: other providers, or modules from elsewhere."""
    for source in hcl.checkout.sources.values():
        blocks = [*source.of_type("resource"), *source.of_type("data")]
        if any(not block.labels[0].startswith(("aws_", "terraform_")) for block in blocks):
            return True
        if any(_is_remote(block) for block in source.of_type("module")):
            return True
    return False


def _is_remote(module: Block) -> bool:
    source = module.arguments.get("source")
    return source is not None and not source.text.strip('"').startswith(("./", "../"))


# ---- copies ----------------------------------------------------------------------------------------------------------


def _base(hcl: HclRoot) -> Path:
    """The folder that holds all modules that were read."""
    return Path(os.path.commonpath([hcl.root.folder, *hcl.checkout.sources]))


def _copied(hcl: HclRoot, folder: Path) -> Path:
    """A copy of the modules and the files next to them; returns the copy of the root."""
    base = _base(hcl)
    if sum(len(files) for _, _, files in os.walk(base)) > _MOST_FILES:
        raise NotPlanned(f"{base} has more than {_MOST_FILES} files")
    shutil.copytree(base, folder, ignore=shutil.ignore_patterns(*_IGNORED), symlinks=True)
    return folder / hcl.root.folder.relative_to(base)


def _override(root: HclFolder) -> dict[str, Any]:
    """What makes every configuration of the AWS provider plan without AWS, and the state a file in the copy."""
    inner = {each.type for block in root.of_type("terraform") for each in block.blocks}
    if "cloud" in inner:
        raise NotPlanned("a cloud block cannot be replaced by a local backend")
    providers: list[dict[str, Any]] = []
    for block in root.of_type("provider", "aws"):
        if any(block.of_type("assume_role")) or any(block.of_type("assume_role_with_web_identity")):
            raise NotPlanned("the provider assumes a role, which needs AWS")
        alias = block.arguments.get("alias")
        providers.append({**offline.PROVIDER, **({"alias": alias.text.strip('"')} if alias else {})})
    found = offline.override(provider=False)
    if any("alias" not in each for each in providers) or not providers:
        return {**found, "provider": {"aws": providers or [offline.PROVIDER]}}
    return {**found, "provider": {"aws": [offline.PROVIDER, *providers]}}


# ---- data sources ----------------------------------------------------------------------------------------------------


def _declared(hcl: HclRoot) -> dict[str, Any]:
    """The values of the data sources that need AWS, by module folder and address.

    Raises:
        NotPlanned: for one without declared values.
    """
    found: dict[str, Any] = {}
    if any(any(source.of_type("import")) for source in hcl.checkout.sources.values()):
        raise NotPlanned("what an import block names is read from AWS")
    for block in _data_blocks(hcl.checkout.sources.values()):
        kind, name = block.labels
        values = _values_of(kind, hcl)
        if values is None or block.arguments.keys() & {"count", "for_each"}:
            raise NotPlanned(f"data.{kind}.{name} is read from AWS")
        found[f"data.{kind}.{name}"] = values
    return found


def _data_blocks(sources: Any) -> Iterator[Block]:  # noqa: ANN401  # a view of folders
    for source in cast("Sequence[HclFolder]", sources):
        yield from (block for block in source.of_type("data") if block.labels[0] not in OFFLINE)


def _values_of(kind: str, hcl: HclRoot) -> dict[str, Any] | None:
    account = hcl.account
    match kind:
        case "aws_caller_identity":
            arn = f"arn:aws:iam::{account}:user/declared"
            return {"account_id": account, "id": account, "arn": arn, "user_id": "AIDADECLARED"}
        case "aws_availability_zones":
            names = [f"{hcl.region}{letter}" for letter in "abc"]
            return {"names": names, "zone_ids": names, "id": hcl.region}
        case "aws_canonical_user_id":
            return {"id": "0" * 64}
        case _:
            return None


def _rewrite(hcl: HclRoot, folder: Path, declared: Mapping[str, Any]) -> None:
    """Replace the data sources that need AWS by locals with the declared values, in the copy."""
    base = _base(hcl)
    for source_folder, source in hcl.checkout.sources.items():
        blocks = list(_data_blocks([source]))
        if not blocks or not source_folder.is_relative_to(base):
            continue
        copied = folder / source_folder.relative_to(base)
        names = [".".join(("data", *block.labels)) for block in blocks]
        for file in copied.glob("*.tf"):
            text = file.read_text(encoding="utf-8-sig")
            for block in blocks:
                if block.place.file.name == file.name:
                    text = text.replace(block.source, "")
            for name in names:
                text = re.sub(rf"\b{re.escape(name)}\b", f"local.{_local(name)}", text)
            file.write_text(text, encoding="utf-8")
        held = {_local(name): declared[name] for name in names}
        (copied / "declared_by_parity.tf.json").write_text(json.dumps({"locals": held}), encoding="utf-8")


def _local(name: str) -> str:
    return name.replace(".", "_")


# ---- reading plans ---------------------------------------------------------------------------------------------------


def _read(shown: Mapping[str, Any]) -> Plan:
    planned_outputs: Mapping[str, Any] = shown.get("planned_values", {}).get("outputs", {})
    changes = [each for each in shown.get("resource_changes", []) if each["mode"] == "managed"]
    return Plan(
        {each["address"]: each["change"]["after"] or {} for each in changes},
        {each["address"]: each["change"]["after_unknown"] or {} for each in changes},
        {
            name: each.get("after")
            for name, each in shown.get("output_changes", {}).items()
            if not each.get("after_unknown") and not each.get("after_sensitive")
        },
        {name: each["type"] for name, each in planned_outputs.items() if "type" in each and not each["sensitive"]},
        {
            **{each["address"]: _flagged(each["change"]["after_sensitive"]) for each in changes},
            OUTPUTS: frozenset(name for name, each in planned_outputs.items() if each["sensitive"]),
        },
    )


def _flagged(flags: Any) -> frozenset[str]:  # noqa: ANN401  # JSON
    """The arguments of which a part is flagged."""
    if not isinstance(flags, Mapping):
        return frozenset()
    return frozenset(name for name, held in cast("Mapping[str, object]", flags).items() if anything(held))


def anything(flags: object) -> bool:
    """Whether anything is flagged, at any depth."""
    if isinstance(flags, Mapping):
        return any(map(anything, cast("Mapping[str, object]", flags).values()))
    if isinstance(flags, list):
        return any(map(anything, cast("list[object]", flags)))
    return bool(flags)


def _refusal(diagnostic: Mapping[str, Any], hcl: HclRoot) -> Refusal:
    detail = " ".join(str(diagnostic.get("detail", "")).split())
    summary = f"{diagnostic['summary']}: {detail}" if detail else str(diagnostic["summary"])
    at = diagnostic.get("range")
    if not at:
        return Refusal(summary, None)
    file = Path(os.path.normpath(hcl.root.shown / str(at["filename"])))
    return Refusal(summary, Place(file, int(at["start"]["line"])))


def _first_error(text: str) -> str:
    """The first error in what Terraform printed."""
    lines = [line.strip("│╷╵ \t") for line in text.splitlines()]
    start = next((index for index, line in enumerate(lines) if line.startswith("Error: ")), None)
    if start is None:
        return next((line for line in reversed(lines) if line), "an unknown error")
    rest = [line for line in lines[start + 1 :] if line and not re.match(r"(on .* line \d+|with |\d+: )", line)]
    return f"{lines[start].removeprefix('Error: ')}" + (f": {rest[0]}" if rest else "")
