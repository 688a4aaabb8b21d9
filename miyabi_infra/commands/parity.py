"""`miyabi-infra parity HCL_DIR --env dev`: hand-written HCL held against the generated stack."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from miyabi_infra.hcl import provider
from miyabi_infra.hcl.evaluation import Checkout, Scope, Source
from miyabi_infra.parity import checkout as checkouts
from miyabi_infra.parity import generated, sides
from miyabi_infra.parity.comparing import Difference, Interface, Kind, compare
from miyabi_infra.parity.order import Side
from miyabi_infra.parity.settings import Causes, Settings, overlay
from miyabi_infra.project import ROOT
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, SHARED, Stack, read
from miyabi_infra.stacks.compare import ABSENT, Absent
from miyabi_infra.stacks.inventory import chosen as stack_of
from miyabi_infra.stacks.provenance import read as read_provenance
from miyabi_infra.text import count

_TITLES: Final[Mapping[Kind, str]] = {
    "difference": "differences",
    "invalid": "invalid: provider {version} refuses them, so they are no values to compare",
    "not evaluated": "not evaluated: whether these differ can't be told from the files",
    "no effect": "without effect",
}
_LONGEST: Final = 70


@dataclass(frozen=True)
class Parity:
    """What came of a comparison."""

    read: str
    """How the HCL was read: from which root, with which values."""
    hcl: Side
    generated: Side
    stack: Stack
    differences: tuple[Difference, ...]

    def of_kind(self, kind: Kind) -> list[Difference]:
        """The differences of a kind."""
        return [each for each in self.differences if each.kind == kind]

    @property
    def same(self) -> bool:
        """Whether nothing differs, and everything could be compared."""
        return all(each.kind == "no effect" for each in self.differences)


def parity(
    root: Path, hcl: Path, environment: str, *, var_files: Sequence[Path] = (), variables: Sequence[str] = ()
) -> Parity:
    """Compare a checkout of HCL with the generated stack of an environment.

    Args:
        root: The project's root.
        hcl: A root module, a folder that holds one, or a folder of modules.
        environment: Name of the environment.
        var_files: Files of values for the root's variables; by default those that are named after the environment.
        variables: Further values, `name=value`.

    Raises:
        Refused: when either side can't be read, or it can't be told which folder is meant.
    """
    if not hcl.is_dir():
        raise Refused(f"{hcl} is no folder")
    if environment == SHARED:
        raise Refused("the shared stack has no counterpart in HCL: name an environment")
    (stack,) = stack_of(read(root / OUT), environment)
    settings = Settings(root, overlay(root, environment))
    other = sides.of_stack(root / OUT, stack)
    checkout = Checkout(hcl, environment)
    found = checkouts.roots(checkout)
    if found:
        source = checkouts.chosen(checkout, found)
        values = checkouts.values(checkout, source, var_files, variables)
        files = ", ".join(file.as_posix() for file in values.files) or "no file of values"
        told = f"the root module {_name(source)}, with {files}"
        mine = sides.of_root(checkout, Scope(checkout, source, inputs=values.inputs))
    else:
        if var_files or variables:
            raise Refused("--var-file and --var are for a root module, and there is none: these are modules alone")
        mine, other = sides.of_modules(checkout, stack, settings, other)
        told = f"{count(len(mine.variables), 'module')} without a root, called as the generated stack calls them"
    interface = Interface(
        {name: frozenset(names) for name, names in generated.wires(root / OUT, stack).items()},
        settings.names,
        apart=not found,
    )
    causes = Causes(read_provenance(ROOT), settings)
    differences = tuple(replace(each, causes=causes.of(each)) for each in compare(mine, other, interface))
    return Parity(told, mine, other, stack, differences)


def run(
    root: Path,
    hcl: Path,
    environment: str,
    *,
    var_files: Sequence[Path] = (),
    variables: Sequence[str] = (),
    verbose: bool = False,
    as_json: bool = False,
) -> int:
    """Print what differs; return 1 when something does, or can't be told.

    Raises:
        Refused: as `parity`.
    """
    found = parity(root, hcl, environment, var_files=var_files, variables=variables)
    print(json.dumps(_data(found), indent=2) if as_json else _text(found, verbose=verbose))
    return int(not found.same)


# ---- how it is shown -------------------------------------------------------------------------------------------------


def _name(source: Source) -> str:
    return "of the folder itself" if source.shown == Path() else source.shown.as_posix()


def _text(found: Parity, *, verbose: bool) -> str:
    heads = [
        f"HCL: {found.read}: {count(len(found.hcl.instances), 'resource')}",
        f"generated: {OUT}/stacks/{found.stack.name}: {count(len(found.generated.instances), 'resource')}",
    ]
    blocks = ["\n".join(heads)]
    for kind, title in _TITLES.items():
        those = found.of_kind(kind)
        if those and (verbose or kind != "no effect"):
            lines = [f"{title.format(version=provider.version())}:"]
            blocks.append("\n".join([*lines, *_listed(those)]))
    return "\n\n".join([*blocks, _summary(found, verbose=verbose)])


def _listed(differences: Sequence[Difference]) -> Iterator[str]:
    address = ""
    for each in differences:
        if each.address != address:
            address = each.address
            yield f"  {address}"
        name = f"{each.argument}: " if each.argument else ""
        if each.kind == "invalid":
            yield f"      {_at(each)}{each.argument}: {each.why}"
            continue
        sides = "" if each.hcl is each.generated is ABSENT else f"{_short(each.hcl)} -> {_short(each.generated)}"
        reason = f" ({each.why})" if each.why else ""
        yield f"      {_at(each)}{name}{sides}{reason}"
        for cause in each.causes:
            where = str(cause.place) if cause.place else "default"
            yield f"          {where}  {cause.setting}: {_short(cause.value)}"


def _at(difference: Difference) -> str:
    return f"{difference.place}  " if difference.place else ""


def _summary(found: Parity, *, verbose: bool) -> str:
    counts = Counter(each.kind for each in found.differences)
    folded = counts["no effect"]
    more = "" if verbose or not folded else " (--verbose lists them)"
    without = f"{folded} without effect{more}"
    if found.same:
        return f"same: {found.stack.environment} is what the HCL says; {without}"
    named = [
        count(counts["difference"], "difference"),
        f"{counts['invalid']} invalid",
        f"{counts['not evaluated']} not evaluated",
    ]
    return f"HCL -> generated: {', '.join(named)}; {without}"


def _short(value: Any) -> str:  # noqa: ANN401  # JSON, or what stands for no value
    text = repr(value) if isinstance(value, Absent) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _data(found: Parity) -> dict[str, Any]:
    return {
        "environment": found.stack.environment,
        "same": found.same,
        "read": found.read,
        "resources": {"hcl": len(found.hcl.instances), "generated": len(found.generated.instances)},
        "differences": [_difference_data(each) for each in found.differences],
    }


def _difference_data(difference: Difference) -> dict[str, Any]:
    place = difference.place
    sides = {"hcl": difference.hcl, "generated": difference.generated}
    return {
        "kind": difference.kind,
        "address": difference.address,
        "argument": difference.argument,
        **{name: value for name, value in sides.items() if value is not ABSENT},
        "why": difference.why,
        **({"file": place.file.as_posix(), "line": place.line} if place else {}),
        "settings": [
            {
                "setting": cause.setting,
                "value": cause.value,
                **({"file": cause.place.file.as_posix(), "line": cause.place.line} if cause.place else {}),
            }
            for cause in difference.causes
        ],
    }
