"""The interface of modules and of the root: outputs, and the variables that connect modules."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from miyabi_infra.hcl.types import may_be_same, type_of, written
from miyabi_infra.hcl.values import Opaque, plain
from miyabi_infra.parity.configuration import Configuration, within
from miyabi_infra.parity.normal_form import canonical
from miyabi_infra.parity.remark import Remark, shown
from miyabi_infra.stacks.compare import ABSENT

RENAMED: Final = {"project_name": "project", "aws_region": "region"}
"""Variables of the HCL whose setting has another name."""
_PASSED_ON: Final = frozenset({"environment", "health_check_path"})
"""Settings that several modules have."""


@dataclass(frozen=True)
class Interface:
    """The variables and settings of the generated modules."""

    wires: Mapping[str, frozenset[str]]
    """Variables of each module, by the name of its call."""
    settings: Mapping[str, frozenset[str]]
    """Settings of each module, and of the platform under an empty name."""
    root: frozenset[str] = frozenset()
    """The variables of the generated root module, and all settings."""
    apart: bool = False
    """Whether modules are compared without a root, so that dependencies between modules are unknown."""


def outputs(hcl: Configuration, generated: Configuration, unknown: set[str]) -> Iterator[Remark]:
    """Outputs that one side does not have, or whose values differ. Addresses within `unknown` are left out."""
    first, second = hcl.outputs, generated.outputs
    for address in sorted(first.keys() | second.keys()):
        if any(within(address, each) for each in unknown):
            continue
        mine, place = first.get(address, (ABSENT, None))
        theirs, _ = second.get(address, (ABSENT, None))
        if isinstance(mine, Opaque):
            yield Remark("not evaluated", address, "", mine.text, shown(theirs), mine.why, place)
        elif mine is ABSENT or theirs is ABSENT:
            why = f"{'the HCL' if mine is ABSENT else 'the generated stack'} does not have this output"
            yield Remark("difference", address, "", shown(mine), shown(theirs), why, place)
        elif not _same_output(hcl, generated, mine, theirs):
            yield Remark("difference", address, "", shown(mine), shown(theirs), place=place)
        elif address.startswith("output."):
            yield from _kept(hcl, generated, address)


def _kept(hcl: Configuration, generated: Configuration, address: str) -> Iterator[Remark]:
    """What the state keeps of an output of the root beside its value: its type, and whether it is sensitive."""
    (mine, place), (theirs, _) = hcl.outputs[address], generated.outputs[address]
    first, second = type_of(mine), type_of(theirs)
    if not may_be_same(first, second):
        why = "the values are the same, their types are not"
        yield Remark("difference", address, "type", written(first), written(second), why, place)
    if (address in hcl.marked_outputs) != (address in generated.marked_outputs):
        sides = address in hcl.marked_outputs, address in generated.marked_outputs
        yield Remark("difference", address, "sensitive", *sides, place=place)


def _same_output(hcl: Configuration, generated: Configuration, mine: object, theirs: object) -> bool:
    first = plain(canonical(mine, hcl.argument))
    return json.dumps(first, sort_keys=True) == json.dumps(plain(canonical(theirs, generated.argument)), sort_keys=True)


def variables(hcl: Configuration, interface: Interface) -> Iterator[Remark]:
    """Variables that only one side's module has."""
    for name in sorted(hcl.root_variables - interface.root):
        why = "only the HCL's root module has it; its value is compared where it is used"
        yield Remark("no effect", "the root module", f"var.{name}", f"var.{name}", why=why)
    for module, wires in sorted(interface.wires.items()):
        if module not in hcl.variables:
            continue
        for name in sorted(wires - hcl.variables[module]):
            why = "the HCL's module does not declare it"
            yield Remark("difference", f"module.{module}", f"var.{name}", generated=f"var.{name}", why=why)
        known = wires | interface.settings.get(module, frozenset()) | interface.settings[""] | _PASSED_ON
        for name in sorted(hcl.variables[module]):
            if RENAMED.get(name, name) not in known:
                why = "only the HCL's module has it; its value is compared where it is used"
                yield Remark("no effect", f"module.{module}", f"var.{name}", f"var.{name}", why=why)
