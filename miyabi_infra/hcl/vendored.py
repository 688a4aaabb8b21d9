"""Modules that are not folders of the checkout: where `terraform init` put them, told by `modules.json`."""

import json
import operator
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, cast

from miyabi_infra.hcl.values import NotEvaluated

MANIFEST: Final = Path(".terraform/modules/modules.json")
"""Where Terraform notes what it installed, in the folder of the root module."""

_REGISTRY: Final = "registry.terraform.io/"
_CONSTRAINT: Final = re.compile(r"(=|!=|>=|<=|>|<|~>)?\s*v?(\d+(?:\.\d+){0,2})")
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+")
_COMPARING: Final[Mapping[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def folder(root: Path, names: tuple[str, ...], source: str, version: str | None) -> Path:
    """The folder of an installed module.

    Args:
        root: The folder of the root module.
        names: The names of the calls that lead to the module, from the root.
        source: What the call says.
        version: The constraint that the call says.

    Raises:
        NotEvaluated: when the module is not installed, or what is installed is of another source or version.
    """
    found = _installed(root).get(".".join(names))
    if found is None:
        raise NotEvaluated(f"its source {source!r} is not a folder of this checkout, nor in {MANIFEST.as_posix()}")
    if found.get("Source") not in (source, _REGISTRY + source, f"git::https://{source}.git"):
        raise NotEvaluated(
            f"what is installed is {found.get('Source')!r}, not its source {source!r}; run terraform init"
        )
    installed = found.get("Version", "")
    if version is not None and not allows(version, installed):
        raise NotEvaluated(f"version {installed or 'unknown'} is installed, and it asks for {version!r}")
    held = root / found.get("Dir", "")
    if not held.is_dir():
        raise NotEvaluated(f"{found.get('Dir')!r}, where it was installed, does not exist")
    return held


def _installed(root: Path) -> dict[str, dict[str, str]]:
    """What the manifest says of each module, by its key; empty without a manifest."""
    try:
        held = cast("dict[str, object]", json.loads((root / MANIFEST).read_bytes()))
        modules = cast("list[dict[str, object]]", held["Modules"])
        return {str(each["Key"]): {name: str(value) for name, value in each.items()} for each in modules}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotEvaluated(f"{MANIFEST.as_posix()} cannot be read: {error}") from error


def allows(constraint: str, version: str) -> bool:
    """Whether a version meets all constraints; one that is written otherwise than known here is not met."""
    if not _VERSION.fullmatch(version):
        return False
    return all(_meets(each.strip(), _numbers(version)) for each in constraint.split(","))


def _meets(constraint: str, version: tuple[int, ...]) -> bool:
    found = _CONSTRAINT.fullmatch(constraint)
    if found is None:
        return False
    sign, wanted = found[1] or "=", _numbers(found[2])
    full = (*wanted, 0, 0)[:3]
    if sign == "~>":  # the last number that is written may rise
        held = len(wanted) - 1 or 1
        return version >= full and version[:held] == full[:held]
    return _COMPARING[sign](version, full)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
