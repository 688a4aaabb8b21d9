"""Which folder of a checkout is the environment's root module, and which files hold its values."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from miyabi_infra.hcl.evaluation import Checkout, Scope, Source
from miyabi_infra.hcl.parsing import parse
from miyabi_infra.hcl.values import Value
from miyabi_infra.refused import Refused
from miyabi_infra.text import count

_DEEPEST: Final = 5
"""Folders below the checkout's that are looked into."""


@dataclass(frozen=True)
class Values:
    """The values of a root module's variables, and the files that they are from."""

    inputs: Mapping[str, Value]
    files: tuple[Path, ...]


def roots(checkout: Checkout) -> list[Source]:
    """The folders whose HCL calls modules of the checkout, and which no other folder calls.

    Raises:
        HclError: when a file is no HCL.
    """
    callers: dict[Path, set[Path]] = {}
    for folder in folders(checkout.base):
        source = checkout.source(folder)
        called = {folder / where for where in _local_sources(source)}
        if called:
            callers[folder.resolve()] = {each.resolve() for each in called}
    below = {each for called in callers.values() for each in called}
    return [checkout.source(folder) for folder in callers if folder not in below]


def folders(base: Path) -> Iterator[Path]:
    """The folders of a checkout that hold HCL, itself first."""
    for name, inner, files in os.walk(base):
        folder = Path(name)
        inner[:] = sorted(each for each in inner if not each.startswith("."))
        if len(folder.relative_to(base).parts) >= _DEEPEST:
            inner.clear()
        if any(file.endswith(".tf") for file in files):
            yield folder


def chosen(checkout: Checkout, found: Sequence[Source]) -> Source:
    """The root module of the environment.

    Raises:
        Refused: when it can't be told which it is.
    """
    base = checkout.base.resolve()
    for source in found:
        if source.folder == base:
            return source
    named = [each for each in found if checkout.environment in each.folder.relative_to(base).parts]
    candidates = named or list(found)
    if len(candidates) > 1:
        names = ", ".join(sorted(each.shown.as_posix() for each in candidates))
        raise Refused(f"{count(len(candidates), 'root module')} may be {checkout.environment}'s: {names}; name one")
    return candidates[0]


def values(checkout: Checkout, root: Source, files: Sequence[Path], variables: Sequence[str]) -> Values:
    """The values that the environment gives to the root's variables, the later ones instead of the earlier.

    Args:
        checkout: The checkout.
        root: Its root module.
        files: Further files of values, as `--var-file`.
        variables: Further values, `name=value`, as `--var`.

    Raises:
        Refused: when a file can't be read or found, or is one of several that may be meant.
    """
    read = [*_automatic(root.folder), *(files or _of_environment(checkout, root))]
    read = list(dict.fromkeys(file.resolve() for file in read))
    inputs: dict[str, Value] = {}
    declared = {block.labels[0]: block for block in root.of_type("variable")}
    if "environment" in declared and "default" not in declared["environment"].arguments:
        inputs["environment"] = checkout.environment
    for file in read:
        inputs |= _values_in(checkout, file)
    for each in variables:
        name, equals, text = each.partition("=")
        if not equals:
            raise Refused(f"--var {each}: write name=value")
        inputs[name] = _typed(text)
    shown = tuple(Path(os.path.relpath(file, checkout.base.resolve())) for file in read)
    return Values(inputs, shown)


def _automatic(folder: Path) -> list[Path]:
    """The files that Terraform itself reads."""
    named = [folder / "terraform.tfvars", folder / "terraform.tfvars.json"]
    automatic = [file for pattern in ("*.auto.tfvars", "*.auto.tfvars.json") for file in folder.glob(pattern)]
    return [*(file for file in named if file.is_file()), *sorted(automatic)]


def _of_environment(checkout: Checkout, root: Source) -> list[Path]:
    """The file of the environment: `dev.tfvars`, or `dev/terraform.tfvars`, wherever it lies in the checkout."""
    found: list[Path] = []
    for start in dict.fromkeys((root.folder, checkout.base.resolve())):
        for folder in (start, *(each for each in _below(start))):
            for ending in (".tfvars", ".tfvars.json"):
                found += [
                    file
                    for file in (
                        folder / f"{checkout.environment}{ending}",
                        folder / checkout.environment / f"terraform{ending}",
                    )
                    if file.is_file()
                ]
    found = list(dict.fromkeys(file.resolve() for file in found))
    here = [file for file in found if file.parent == root.folder]
    if len(found) > 1 and len(here) != 1:
        names = ", ".join(os.path.relpath(file, checkout.base.resolve()) for file in found)
        raise Refused(f"{names} may all hold the values of {checkout.environment}: name one with --var-file")
    return here or found


def _below(folder: Path) -> Iterator[Path]:
    for name, inner, _ in os.walk(folder):
        inner[:] = sorted(each for each in inner if not each.startswith("."))
        if len(Path(name).relative_to(folder).parts) >= _DEEPEST:
            inner.clear()
        yield from (Path(name) / each for each in inner)


def _values_in(checkout: Checkout, file: Path) -> dict[str, Value]:
    shown = Path(os.path.relpath(file, checkout.base.resolve()))
    try:
        text = file.read_text(encoding="utf-8-sig")
        if file.name.endswith(".json"):
            return cast("dict[str, Value]", frozen(json.loads(text)))
    except (OSError, ValueError) as error:
        raise Refused(f"{shown.as_posix()}: can't be read: {error}") from error
    body = parse(text, shown)
    scope = Scope(checkout, Source(file.parent, shown, ()))
    return {name: scope.value(argument) for name, argument in body.arguments.items()}


def _typed(text: str) -> Value:
    """A value of the command line: JSON where it is JSON, else a text."""
    try:
        return cast("Value", frozen(json.loads(text)))
    except ValueError:
        return text


def frozen(data: Any) -> Any:  # noqa: ANN401  # JSON
    """JSON with tuples for lists, as values have them."""
    if isinstance(data, Mapping):
        return {key: frozen(held) for key, held in cast("Mapping[str, Any]", data).items()}
    if isinstance(data, list):
        return tuple(frozen(held) for held in cast("list[Any]", data))
    return data


def _local_sources(source: Source) -> Iterator[str]:
    scope = Scope(Checkout(source.folder, ""), source)
    for block in source.of_type("module"):
        argument = block.arguments.get("source")
        where = scope.value(argument) if argument is not None else None
        if isinstance(where, str) and where.startswith(("./", "../")):
            yield where
