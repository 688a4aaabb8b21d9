"""The values that an environment gives to the variables of a root module."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from miyabi_infra.hcl.checkout import Checkout
from miyabi_infra.hcl.folder import HclFolder
from miyabi_infra.hcl.instance import HclIssue
from miyabi_infra.hcl.parsing import HclError, parse, parse_expression
from miyabi_infra.hcl.scope import Scope
from miyabi_infra.hcl.syntax import Block
from miyabi_infra.hcl.values import Missing, NotEvaluated, Value, frozen
from miyabi_infra.hcl.walking import functions, references
from miyabi_infra.parity.roots import DEEPEST
from miyabi_infra.place import Place
from miyabi_infra.refused import Refused


@dataclass(frozen=True)
class VariableValues:
    """The values of a root module's variables, and the files that they are from."""

    inputs: Mapping[str, Value]
    files: tuple[Path, ...]
    paths: tuple[Path, ...] = ()
    """The files that Terraform does not read by itself."""
    given: tuple[str, ...] = ()
    """Values that follow from the environment's name, as `name=value`."""


def values(checkout: Checkout, root: HclFolder, files: Sequence[Path], variables: Sequence[str]) -> VariableValues:
    """The values that the environment gives to the root's variables, the later ones instead of the earlier.

    Args:
        checkout: The checkout.
        root: Its root module.
        files: Further files of values, as `--var-file`.
        variables: Further values, `name=value`, as `--var`.

    Raises:
        Refused: when a file cannot be read or found, or is one of several that may be meant.
    """
    named = list(files or _of_environment(checkout, root))
    read = [*_automatic(root.folder), *named]
    read = list(dict.fromkeys(file.resolve() for file in read))
    inputs: dict[str, Value] = {}
    given: tuple[str, ...] = ()
    declared = {block.labels[0]: block for block in root.of_type("variable")}
    if "environment" in declared and "default" not in declared["environment"].arguments:
        inputs["environment"] = checkout.environment
        given = (f"environment={checkout.environment}",)
    for file in read:
        held, places = _values_in(checkout, file)
        for name in sorted(held.keys() - declared.keys()):
            why = "a value of a variable that the root module does not declare: Terraform warns, and ignores it"
            checkout.find(HclIssue("not compared", "the root module", f"var.{name}", "", why, places.get(name)))
        inputs |= held
        given = () if "environment" in held else given
    for each in variables:
        name, equals, text = each.partition("=")
        if not equals:
            raise Refused(f"--var {each}: write name=value")
        if name not in declared:
            raise Refused(f"--var {each}: the root module declares no variable {name}; Terraform refuses its value")
        inputs[name] = _typed(declared.get(name), name, text)
    shown = tuple(Path(os.path.relpath(file, checkout.base.resolve())) for file in read)
    return VariableValues(inputs, shown, tuple(named), given)


def _automatic(folder: Path) -> list[Path]:
    """The files that Terraform itself reads."""
    named = [folder / "terraform.tfvars", folder / "terraform.tfvars.json"]
    automatic = [file for pattern in ("*.auto.tfvars", "*.auto.tfvars.json") for file in folder.glob(pattern)]
    return [*(file for file in named if file.is_file()), *sorted(automatic)]


def _of_environment(checkout: Checkout, root: HclFolder) -> list[Path]:
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
        if len(Path(name).relative_to(folder).parts) >= DEEPEST:
            inner.clear()
        yield from (Path(name) / each for each in inner)


def _values_in(checkout: Checkout, file: Path) -> tuple[dict[str, Value], dict[str, Place]]:
    """The values of a file, and where each is written."""
    shown = Path(os.path.relpath(file, checkout.base.resolve()))
    try:
        text = file.read_text(encoding="utf-8-sig")
        if file.name.endswith(".json"):
            given = cast("dict[str, Value]", frozen(json.loads(text)))
            return given, {name: Place(shown, 1) for name in given}
    except (OSError, ValueError) as error:
        raise Refused(f"{shown.as_posix()}: cannot be read: {error}") from error
    body = parse(text, shown)
    for block in body.blocks:
        raise Refused(f"{block.place}: a file of values has no blocks: {block.type}")
    for argument in body.arguments.values():
        named = next(iter((*functions(argument.expression), *map(".".join, references(argument.expression)))), None)
        if named is not None:
            raise Refused(
                f"{argument.place}: {argument.name}: a file of values holds constants, and this needs {named}"
            )
    scope = Scope(checkout, HclFolder(file.parent, shown, ()))
    values = {name: scope.value(argument) for name, argument in body.arguments.items()}
    return values, {name: argument.place for name, argument in body.arguments.items()}


def _typed(variable: Block | None, name: str, text: str) -> Value:
    """A value of the command line: text for a variable of a simple type or of none, else an expression."""
    kind = variable.arguments.get("type") if variable is not None else None
    if kind is None or kind.text.strip('"') in ("string", "number", "bool"):
        return text
    try:
        expression = parse_expression(text, Path(f"--var {name}"), 1)
        return cast("Value", Scope(Checkout(Path(), ""), HclFolder(Path(), Path(), ())).result(expression, {}))
    except (HclError, NotEvaluated, Missing) as error:
        raise Refused(f"--var {name}: is not a value of the type {kind.text}: {text!r}") from error
