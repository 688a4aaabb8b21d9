"""Resources that the state has at another address than the stack: found by what they hold, proved by a plan."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final, cast

from miyabi_infra.adopt.differences import TAGS, decoded
from miyabi_infra.adopt.planning import Move
from miyabi_infra.terraform.address import module, within

_ALIKE: Final = 0.7
"""Minimum share of the values known before apply that two resources have in common, to be considered one."""

_MODULE_ALIKE: Final = 0.6
"""Minimum share of the resources that two modules have in common, to be considered one."""


def found(plan: Mapping[str, Any]) -> list[Move]:
    """Moves that the plan's destroyed and created resources suggest: of whole modules first, then one by one."""
    changes = cast("list[dict[str, Any]]", plan.get("resource_changes", ()))
    managed = [each for each in changes if each["mode"] == "managed" and "deposed" not in each]
    gone = {each["address"]: each for each in managed if each["change"]["actions"] == ["delete"]}
    new = {each["address"]: each for each in managed if each["change"]["actions"] == ["create"]}
    modules = list(_modules(gone, new))
    if modules:
        return modules
    return list(_resources(gone, new))


def _modules(gone: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Move]:
    """Modules whose call has another name, with the same resources in it."""
    before, after = _by_module(gone), _by_module(new)
    for old, held in sorted(before.items()):
        best = max(after, key=lambda name: _shared(held, after[name]), default=None)
        if old and best and _shared(held, after[best]) >= _MODULE_ALIKE:
            yield old, best
            del after[best]


def _by_module(addresses: Mapping[str, Any]) -> dict[str, set[str]]:
    modules: dict[str, set[str]] = defaultdict(set)
    for address in addresses:
        if module(address):
            modules[module(address)].add(within(address))
    return modules


def _shared(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


def _resources(gone: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Move]:
    pairs = [
        (_likeness(old, other), SequenceMatcher(None, old["address"], other["address"]).ratio(), old, other)
        for old in gone.values()
        for other in new.values()
        if old["type"] == other["type"]
    ]
    taken: set[str] = set()
    for likeness, _, old, other in sorted(pairs, key=lambda pair: (-pair[0], -pair[1], pair[2]["address"])):
        if likeness >= _ALIKE and not {old["address"], other["address"]} & taken:
            taken |= {old["address"], other["address"]}
            yield old["address"], other["address"]


def _likeness(old: Mapping[str, Any], new: Mapping[str, Any]) -> float:
    """Share of the planned values that the old resource has; 0 if their names differ."""
    before, after = old["change"]["before"], old["change"]["before"] and new["change"]["after"]
    known = {key: value for key, value in after.items() if key not in TAGS and value not in (None, "", [], {}, False)}
    if not known:  # it holds only references, so its address decides
        return _ALIKE if old["name"] == new["name"] or old["type"] in _LINKS else 0
    equal = sum(decoded(before.get(key)) == decoded(value) for key, value in known.items())
    named = [key for key in _IDENTITY if key in known]
    if named and not any(before.get(key) == known[key] for key in named):
        return 0
    return equal / len(known)


_IDENTITY: Final = (
    "name",
    "family",
    "alarm_name",
    "cluster_id",
    "cluster_name",
    "function_name",
    "bucket",
    "cidr_block",
)
"""Arguments that name a resource: two with different names are different."""

_LINKS: Final = frozenset({"aws_route_table_association"})
"""Types that hold only references."""


def commands(moves: Sequence[Move]) -> list[str]:
    """The commands that bring a state to the addresses of the stack."""
    return [f"terraform state mv '{old}' '{new}'" for old, new in moves]
