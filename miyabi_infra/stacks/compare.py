"""Two stacks side by side: what one has and the other lacks, and every argument that differs."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from miyabi_infra.stacks import Resource, Stack, plain

PROVIDER: Final = "provider.aws"
BACKEND: Final = "terraform.backend"


class Absent:
    """The value of an argument that one side does not have."""

    def __repr__(self) -> str:
        """How it is shown."""
        return "(none)"


ABSENT: Final = Absent()


@dataclass(frozen=True)
class ArgumentChange:
    """An argument whose values differ."""

    path: str
    """`ingress[0].from_port`, `tags.Name`, `container_definitions[0].environment[LOG_LEVEL].value`."""
    before: Any
    """As JSON has it, or ABSENT."""
    after: Any

    @property
    def argument(self) -> str:
        """The argument of the resource that the path begins with."""
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]


@dataclass(frozen=True)
class ResourceChange:
    """A resource instance that only one side has, or whose arguments differ."""

    address: str
    kind: Literal["add", "remove", "change"]
    arguments: tuple[ArgumentChange, ...] = ()
    """What differs; empty for an instance that only one side has."""

    @property
    def label(self) -> str:
        """The address without an index: what the sources call it."""
        return re.sub(r"\[\d+\]$", "", self.address)


@dataclass(frozen=True)
class Comparison:
    """What differs between two stacks."""

    changes: tuple[ResourceChange, ...]
    folded: int
    """Arguments that differ by the environments' names alone; they are not among the changes."""


def compare(before: Stack, after: Stack) -> Comparison:
    """What differs from one stack to another, the provider and the backend included, by address."""
    names = _Names(before.environment, after.environment)
    changes: list[ResourceChange] = []
    for address, (first, second) in sorted(_pairs(before, after).items()):
        if first is None or second is None:
            changes.append(ResourceChange(address, "add" if first is None else "remove"))
            continue
        found = tuple(change for change in differences(first, second, "") if not names.fold(change))
        if found:
            changes.append(ResourceChange(address, "change", found))
    return Comparison(tuple(changes), names.folded)


def _pairs(before: Stack, after: Stack) -> dict[str, tuple[Any, Any]]:
    first, second = _everything(before), _everything(after)
    return {address: (first.get(address), second.get(address)) for address in first.keys() | second.keys()}


def _everything(stack: Stack) -> dict[str, Any]:
    arguments = {resource.address: _all_of(resource) for resource in stack.resources}
    return {**arguments, PROVIDER: plain(stack.provider), BACKEND: plain(stack.backend)}


def _all_of(resource: Resource) -> dict[str, Any]:
    """The arguments, and what of `lifecycle` says how Terraform treats them."""
    lifecycle = {"ignore_changes": sorted(resource.ignore_changes), "prevent_destroy": resource.prevent_destroy}
    return {**plain(resource.arguments), "lifecycle": lifecycle}


class _Names:
    """Tells differences by the environments' names from others, and counts them."""

    def __init__(self, before: str, after: str) -> None:
        self._same = before == after
        self._name = re.compile(rf"(?<![A-Za-z0-9]){re.escape(before)}(?![A-Za-z0-9])")
        self._either = f"(?:{re.escape(before)}|{re.escape(after)})"
        self.folded = 0

    def fold(self, change: ArgumentChange) -> bool:
        """Whether the values are the same but for the name; such a one is counted.

        The name may also be a word of its own in what both share (`low-tasks` in an environment `tasks`), so each
        place may hold either.
        """
        if self._same or ABSENT in (change.before, change.after):
            return False
        pieces = self._name.split(json.dumps(change.before))
        same = re.fullmatch(self._either.join(map(re.escape, pieces)), json.dumps(change.after)) is not None
        self.folded += same
        return same


def differences(before: Any, after: Any, at: str) -> Iterator[ArgumentChange]:  # noqa: ANN401  # JSON
    """Where two values differ; `at` is the path that leads to them."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        first, second = cast("Mapping[str, Any]", before), cast("Mapping[str, Any]", after)
        for key in sorted(first.keys() | second.keys()):
            path = f"{at}.{key}" if at else key
            yield from differences(first.get(key, ABSENT), second.get(key, ABSENT), path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _items(cast("list[Any]", before), cast("list[Any]", after), at)
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield ArgumentChange(at, before, after)


def _items(before: list[Any], after: list[Any], at: str) -> Iterator[ArgumentChange]:
    """Items of lists: those with a name by it, other mappings by their position, plain values as a whole."""
    named_before, named_after = _by_name(before), _by_name(after)
    if named_before is not None and named_after is not None:
        for name in sorted(named_before.keys() | named_after.keys()):
            yield from differences(named_before.get(name, ABSENT), named_after.get(name, ABSENT), f"{at}[{name}]")
    elif all(isinstance(item, Mapping) for item in (*before, *after)):
        for index in range(max(len(before), len(after))):
            first = before[index] if index < len(before) else ABSENT
            second = after[index] if index < len(after) else ABSENT
            yield from differences(first, second, f"{at}[{index}]")
    elif before != after:
        yield ArgumentChange(at, before, after)


def _by_name(items: list[Any]) -> dict[str, Any] | None:
    """The items by their `name`, None where they have none that tells them apart."""
    if not all(
        isinstance(item, Mapping) and isinstance(cast("Mapping[str, Any]", item).get("name"), str) for item in items
    ):
        return None
    named = {item["name"]: {key: held for key, held in item.items() if key != "name"} for item in items}
    return named if len(named) == len(items) else None
