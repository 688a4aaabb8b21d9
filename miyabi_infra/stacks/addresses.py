"""The addresses of the resources: the contract with every state, and what has broken it since a revision.

The contract is of resources: their addresses without an index. How many instances there are follows from settings, and
the address of a resource with `count = 0` is kept free for it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, cast

from miyabi_infra.overlays.document import Document
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import SHARED
from miyabi_infra.stacks.causes import Cause, Causes
from miyabi_infra.stacks.compare import ResourceChange
from miyabi_infra.stacks.provenance import EXISTENCE, STACKS
from miyabi_infra.stacks.provenance import read as read_provenance
from miyabi_infra.stacks.state import of_backend
from miyabi_infra.terraform.address import label, resource_type

_STEPS: Final = 100
"""Moves that are followed from one address; more are a circle."""


@dataclass(frozen=True)
class Contract:
    """The addresses of a stack, and what it declares about those of before."""

    stack: str
    environment: str
    instances: Mapping[str, int | str]
    """How many there are, by address without index; the expression where that is known at apply only."""
    moved: Mapping[str, str] = field(default_factory=dict[str, str])
    """New addresses by old ones."""
    retired: Mapping[str, str] = field(default_factory=dict[str, str])
    """Why an address is gone, by address."""
    state: str = ""
    """The place of its state: a file, or an object's address; empty where it is not known."""
    ambiguous: tuple[str, ...] = ()
    """Old addresses with two new ones."""

    def moved_from(self, address: str) -> dict[str, str]:
        """The moves of single instances of an address."""
        return {old: new for old, new in self.moved.items() if old.startswith(f"{address}[")}

    def now(self, address: str) -> str:
        """The address that an address of a state has in this stack, by the moves that are declared."""
        for _ in range(_STEPS):
            if address in self.instances:
                break
            address = self._moved(address)
        return address

    def _moved(self, address: str) -> str:
        """Where an address went, itself or the module that it is in."""
        for old, new in self.moved.items():
            if address == old or address.startswith(f"{old}."):
                return f"{new}{address.removeprefix(old)}"
        return address


Loss = Literal["undeclared", "nowhere", "occupied", "type", "stack", "indexes", "fewer", "stays", "ambiguous", "state"]
"""Why an address is lost: nothing is declared; it is moved to an address that the stack does not have; to one that
another resource has already; to one of another type; or its whole stack is gone. Or the address stays, and what it has
is numbered no more, but named, or the other way round; or there are fewer, and no setting that differs decides it.
Or Terraform refuses the move: what is moved stays, or moves to two addresses. Or the state is elsewhere, and empty."""


@dataclass(frozen=True)
class Lost:
    """An address that Terraform would destroy, or that nobody plans any more, without a declaration."""

    address: str
    why: Loss
    to: str | None = None
    """The address that it is declared to have moved to."""


@dataclass(frozen=True)
class Declared:
    """An address that is gone with a declaration."""

    address: str
    to: str | None
    """Its new address; None for one that is retired."""
    reason: str = ""
    """Why it is retired."""


@dataclass(frozen=True)
class Off:
    """An address, or an instance of one that stays, that is gone because an overlay turned it off."""

    address: str
    causes: tuple[Cause, ...]
    """The settings that differ, and decide whether the resource is there."""


@dataclass(frozen=True)
class Changes:
    """What differs from an earlier contract of a stack."""

    stack: str
    is_new: bool = False
    """Whether the stack was not there."""
    is_gone: bool = False
    """Whether the stack is not there any more."""
    retired: str = ""
    """Why the stack is gone, where that is declared."""
    taken_by: str = ""
    """The stack whose state is in the place of the one that is gone; empty if there is none."""
    state: tuple[str, str] | None = None
    """Where the state was, and where it is now, if that differs."""
    lost: tuple[Lost, ...] = ()
    declared: tuple[Declared, ...] = ()
    off: tuple[Off, ...] = ()
    new: tuple[str, ...] = ()


def read(out: Path) -> dict[str, Contract]:
    """The contracts of an output folder, by stack.

    Raises:
        Refused: when a file cannot be read.
    """
    return {file.parent.name: _contract(file) for file in sorted(out.glob("stacks/*/cdk.tf.json"))}


def _contract(file: Path) -> Contract:
    try:
        return _of(file)
    except (KeyError, TypeError, AttributeError) as error:
        raise Refused(
            f"{file.name} of {file.parent.name} is not what synth writes ({type(error).__name__}: {error})"
        ) from error


def _of(file: Path) -> Contract:
    root = _json(file)
    instances, moved, retired = (dict[str, Any]() for _ in range(3))
    ambiguous: list[str] = []
    bodies = [("", root)]
    for name, call in cast("dict[str, dict[str, str]]", root.get("module", {})).items():
        bodies.append((f"module.{name}.", _json(file.parent / call["source"] / "main.tf.json")))
    for prefix, body in bodies:
        for kind, by_name in body.get("resource", {}).items():
            for name, resource in by_name.items():
                instances[f"{prefix}{kind}.{name}"] = resource.get("count", resource.get("for_each", 1))
        for each in body.get("moved", ()):
            old, new = f"{prefix}{label(each['from'])}", f"{prefix}{label(each['to'])}"
            ambiguous += [old] if moved.get(old, new) != new else []
            moved[old] = new
        retired |= {f"{prefix}{old}": why for old, why in body.get("//", {}).get("retired", {}).items()}
    state = str(of_backend(root["terraform"]["backend"]))
    held = dict(sorted(instances.items()))
    return Contract(file.parent.name, _environment(root), held, moved, retired, state, tuple(ambiguous))


def with_state_of(gone: Contract, now: Mapping[str, Contract]) -> str:
    """The stack whose state is in the place of one that is gone; empty if there is none."""
    return next((name for name, each in now.items() if gone.state and each.state == gone.state), "")


def _environment(root: Mapping[str, Any]) -> str:
    """The environment's name, as the provider's default tags say it."""
    tags: dict[str, str] = {}
    for provider in root.get("provider", {}).get("aws", ()):
        for block in provider.get("default_tags", ()):
            tags |= block["tags"]
    return tags.get("Environment", "")


@dataclass(frozen=True)
class Overlays:
    """The overlays of both sides, and the sources: what tells a resource that was turned off from one that is lost."""

    sources: Path
    before: Mapping[str, Document]
    """By environment."""
    now: Mapping[str, Document]

    def turned_off(self, contract: Contract, address: str) -> tuple[Cause, ...]:
        """The settings that differ and decide whether a resource is there, if the sources have it at all."""
        shared = contract.environment == SHARED
        deciding = read_provenance(self.sources, STACKS[1] if shared else STACKS[0]).resources.get(address, {})
        before, now = self.before.get(contract.environment), self.now.get(contract.environment)
        if not deciding.get(EXISTENCE) or before is None or now is None:
            return ()
        causes = Causes(self.sources, before, now, shared=shared)
        return tuple(causes.of(ResourceChange(address, "remove")))


def changes(
    before: Mapping[str, Contract],
    now: Mapping[str, Contract],
    overlays: Overlays | None = None,
    retired: Mapping[str, str] | None = None,
    migrated: Mapping[str, str] | None = None,
) -> Iterator[Changes]:
    """What differs, for each stack of either side.

    Args:
        before: The contracts of the earlier revision, by stack.
        now: The contracts of the checkout.
        overlays: Without them, nothing counts as turned off.
        retired: Why a whole stack is gone, by stack.
        migrated: Where the state of a stack was before it was moved, by stack.
    """
    for name in sorted(before.keys() | now.keys()):
        if name not in now:
            why = (retired or {}).get(name, "")
            taken_by = "" if why else with_state_of(before[name], now)
            lost = () if why else tuple(Lost(each, "stack") for each in before[name].instances)
            yield Changes(name, is_gone=True, retired=why, taken_by=taken_by, lost=lost)
        elif name not in before:
            yield Changes(name, is_new=True, new=tuple(now[name].instances))
        else:
            found = _changes(before[name], now[name], overlays)
            places = (before[name].state, now[name].state)
            if all(places) and places[0] != places[1]:
                found = replace(found, state=places)
                if (migrated or {}).get(name) != places[0]:
                    elsewhere = tuple(Lost(each, "state") for each in before[name].instances)
                    found = replace(found, lost=(*found.lost, *elsewhere))
            if found.lost or found.declared or found.off or found.new or found.state:
                yield found


def _changes(before: Contract, now: Contract, overlays: Overlays | None) -> Changes:
    lost: list[Lost] = []
    declared: list[Declared] = []
    off: list[Off] = []
    taken = before.instances.keys() & now.instances.keys()
    for address in sorted(before.instances.keys() - now.instances.keys()):
        to = now.now(address)
        if address in now.retired:
            declared.append(Declared(address, None, now.retired[address]))
        elif moved := now.moved_from(address):
            lost += _one_by_one(address, before.instances[address], moved, now)
            declared += [Declared(old, new) for old, new in moved.items() if old not in {each.address for each in lost}]
        elif to == address:
            causes = overlays.turned_off(before, address) if overlays else ()
            if causes:
                off.append(Off(address, causes))
            else:
                lost.append(Lost(address, "undeclared"))
        elif to in now.retired:
            declared.append(Declared(address, None, now.retired[to]))
        elif to not in now.instances:
            lost.append(Lost(address, "nowhere", to))
        elif to in taken:
            lost.append(Lost(address, "occupied", to))
        elif resource_type(to) != resource_type(address):
            lost.append(Lost(address, "type", to))
        else:
            declared.append(Declared(address, to))
            taken |= {to}  # a second one that moves there finds it taken
    lost += [Lost(old, "ambiguous", now.moved[old]) for old in now.ambiguous]
    lost += [Lost(old, "stays", new) for old, new in now.moved.items() if old in now.instances]
    whole = before.instances.keys()  # else instances of it were moved one by one
    kept = {each: each for each in before.instances.keys() & now.instances.keys()}
    kept |= {each.address: each.to for each in declared if each.to and each.address in whole}
    fewer = [*_fewer(before, now, kept, overlays)]
    lost += [each for each in fewer if isinstance(each, Lost)]
    off += [each for each in fewer if isinstance(each, Off)]
    new = tuple(sorted(now.instances.keys() - before.instances.keys()))
    return Changes(now.stack, lost=tuple(lost), declared=tuple(declared), off=tuple(off), new=new)


def _fewer(before: Contract, now: Contract, kept: Mapping[str, str], overlays: Overlays | None) -> Iterator[Lost | Off]:
    """The addresses that stay, or are moved whole, and have lost instances; and instances that an overlay turned off.

    `kept`: the address now, by the one before.
    """
    for address, to in sorted(kept.items()):
        had, has = before.instances[address], now.instances[to]
        if moved := now.moved_from(address):
            yield from _one_by_one(address, had, moved, now)
            continue
        gone = _instances_gone(had, has)
        causes = overlays.turned_off(before, to) if gone and overlays else ()
        if _other_keys(had, has):
            yield Lost(address, "indexes")
        elif causes:
            yield from (Off(f"{address}[{key}]", causes) for key in gone)
        elif gone:
            yield Lost(address, "fewer")


def _one_by_one(address: str, had: object, moved: Mapping[str, str], now: Contract) -> Iterator[Lost]:
    """The instances that are lost although some of their resource are declared moved."""
    for key in _keys(had):
        old = f"{address}[{key}]"
        new = moved.get(old, old)
        held, _, named = new.removesuffix("]").partition("[")
        has = now.instances.get(held, 0)
        if not isinstance(has, str) and (named or "0") not in _keys(has):
            yield Lost(old, "nowhere" if old in moved else "fewer", new if old in moved else None)


def _keys(number: object) -> list[str]:
    """The keys of instances, as an address has them; none where they are known at apply only."""
    if isinstance(number, int):
        return [str(index) for index in range(number)]
    return (
        [json.dumps(key, ensure_ascii=False) for key in cast("Mapping[str, Any]", number)]
        if isinstance(number, Mapping)
        else []
    )


def _other_keys(before: object, now: object) -> bool:
    """Whether instances are numbered on one side only; an expression is known at apply only, and is left out."""
    known = bool(before) and not isinstance(before, str) and not isinstance(now, str)
    return known and isinstance(before, int) != isinstance(now, int)


def _instances_gone(before: object, now: object) -> list[str]:
    """The keys of the instances that an address that stays has no more."""
    if isinstance(before, int) and isinstance(now, int):
        return [str(index) for index in range(now, before)]
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        first, second = cast("Mapping[str, Any]", before), cast("Mapping[str, Any]", now)
        return [json.dumps(key, ensure_ascii=False) for key in first if key not in second]
    return []


def _json(file: Path) -> dict[str, Any]:
    try:
        return cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise Refused(f"{file.name} of {file.parent.name} cannot be read: {error}") from error
