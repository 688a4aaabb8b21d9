"""Two stacks compared: what one has and the other lacks, and every argument that differs."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Final, Literal, cast

from miyabi_infra.stacks import Resource, Stack, plain
from miyabi_infra.terraform.address import label

PROVIDER: Final = "provider.aws"
BACKEND: Final = "terraform.backend"

LONGEST: Final = 60
"""Characters of a value that are shown in one line."""


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
        return label(self.address)


@dataclass(frozen=True)
class Comparison:
    """What differs between two stacks."""

    changes: tuple[ResourceChange, ...]
    folded: int
    """Arguments that differ by the environments' names alone; they are not among the changes."""


def compare(before: Stack, after: Stack) -> Comparison:
    """What differs from one stack to another, the provider and the backend included, by address."""
    names = _Names(before, after)
    changes: list[ResourceChange] = []
    for address, (first, second) in sorted(_pairs(before, after).items()):
        if first is None or second is None:
            changes.append(ResourceChange(address, "add" if first is None else "remove"))
            continue
        found = tuple(change for change in differences(first, second, "") if not names.fold(address, change))
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
    """Distinguishes differences by the environments' names from others, and counts them.

    Only a generated name is folded: `miyabi-alb-dev`, `/ecs/miyabi-dev`, `miyabi/dev/…`, the tag and the variable that
    hold the environment itself, and the environment's folder in the path of its state. A node type, a region or a zone
    that happens to contain an environment's name (`large`, `eu`) is a real difference.
    """

    def __init__(self, before: Stack, after: Stack) -> None:
        self._before, self._after = before.environment, after.environment
        self._project = before.project
        self._either = f"(?:{re.escape(self._before)}|{re.escape(self._after)})"
        self.folded = 0

    def fold(self, address: str, change: ArgumentChange) -> bool:
        """Whether the values are the same but for the name; such a one is counted.

        The name may also be a word of its own in what both share (`low-tasks` in an environment `tasks`), so each
        place may hold either.
        """
        if self._before == self._after or ABSENT in (change.before, change.after):
            return False
        same = self._is_itself(change) or self._same_but_for_names(address, change)
        self.folded += same
        return same

    def _is_itself(self, change: ArgumentChange) -> bool:
        """Whether the values are the environments, in the default tags or in the variable that says so."""
        return (change.before, change.after) == (self._before, self._after) and bool(_ENVIRONMENT.search(change.path))

    def _same_but_for_names(self, address: str, change: ArgumentChange) -> bool:
        before, after = json.dumps(change.before), json.dumps(change.after)
        pattern, end = "", 0
        for start, stop in self._folders(before) if address == BACKEND else self._names(before):
            pattern += re.escape(before[end:start]) + self._either
            end = stop
        return bool(pattern) and re.fullmatch(pattern + re.escape(before[end:]), after) is not None

    def _names(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the environment ends a name that begins with the project's."""
        project = rf"(?<!\w){re.escape(self._project)}"
        named = re.compile(rf"{project}(?: |[-/](?:[\w/*-]*[-/])?)$")
        for found in re.finditer(rf"(?<=[-/ ]){re.escape(self._before)}(?!\w|-\w)", text):
            if named.search(text[: found.start()]):
                yield found.span()

    def _folders(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the environment is a folder."""
        for found in re.finditer(rf'(?<=["/]){re.escape(self._before)}(?=/)', text):
            yield found.span()


_ENVIRONMENT: Final = re.compile(r"(?:^|\.)tags\.Environment$|\.environment\[ENVIRONMENT\]\.value$")
"""Paths of the arguments that hold the environment's name and nothing else."""


def shown_value(value: Any, longest: int | None = LONGEST) -> str:  # noqa: ANN401  # JSON, or what stands for no value
    """A value for people, cut if it is longer than `longest` characters."""
    text = _text(value)
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"


def shown_values(before: Any, after: Any, longest: int = LONGEST) -> tuple[str, str]:  # noqa: ANN401  # JSON
    """Two different values for people; if they are long, each is cut so that it shows where they differ."""
    first, second = _text(before), _text(after)
    if max(len(first), len(second)) <= longest:
        return first, second
    same = next((at for at, (one, other) in enumerate(zip(first, second, strict=False)) if one != other), 0)
    start = max(0, same - longest // 3)
    return _part(first, start, longest), _part(second, start, longest)


def _text(value: Any) -> str:  # noqa: ANN401  # JSON, or what stands for no value
    return repr(value) if isinstance(value, Absent) else json.dumps(value, ensure_ascii=False, default=repr)


def _part(text: str, start: int, longest: int) -> str:
    start = min(start, max(0, len(text) - longest))
    part = text[start : start + longest]
    return ("…" if start else "") + part + ("…" if start + longest < len(text) else "")


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
    """Items of lists: those with a name by it, rules as rules, other mappings in order, plain values as a whole."""
    named_before, named_after = _by_name(before), _by_name(after)
    if named_before is not None and named_after is not None:
        for name in sorted(named_before.keys() | named_after.keys()):
            yield from differences(named_before.get(name, ABSENT), named_after.get(name, ABSENT), f"{at}[{name}]")
    elif all(isinstance(item, Mapping) for item in (*before, *after)):
        pairs = _rules(before, after) if at in _RULES else _in_order(before, after)
        for name, first, second in pairs:
            yield from differences(first, second, f"{at}[{name}]")
    elif before != after:
        yield ArgumentChange(at, before, after)


_Pair = tuple[object, Any, Any]
"""What an item is called, and the item on both sides."""

_RULES: Final = ("egress", "ingress")
"""Lists of rules of a security group: AWS holds them without an order."""


def _rules(before: Sequence[Any], after: Sequence[Any]) -> Iterator[_Pair]:
    """Each rule with what became of it: of the same description, else of the same ports and kind of peers."""
    left = [each for each in before if each not in after]
    new = [each for each in after if each not in before]
    for key in (_description, _ports_and_peers):
        for rule in list(left):
            same = [each for each in new if key(each) and key(each) == key(rule)]
            if same:
                yield _rule_name(same[0]), rule, same[0]
                left.remove(rule)
                new.remove(same[0])
    yield from ((_rule_name(each), each, ABSENT) for each in left)
    yield from ((_rule_name(each), ABSENT, each) for each in new)


def _description(rule: Mapping[str, Any]) -> str:
    return str(rule.get("description") or "")


def _ports_and_peers(rule: Mapping[str, Any]) -> tuple[object, ...]:
    ends = (rule.get("protocol"), rule.get("from_port"), rule.get("to_port"))
    return (*ends, *sorted(key for key, held in rule.items() if isinstance(held, list) and held))


def _rule_name(rule: Mapping[str, Any]) -> str:
    """Its description, without what would end its name in a path."""
    ports = f"{rule.get('protocol')} {rule.get('from_port')}-{rule.get('to_port')}"
    return re.sub(r"[][]", "", _description(rule)) or ports


def _in_order(before: Sequence[Any], after: Sequence[Any]) -> Iterator[_Pair]:
    """The items of which there is no like in the same order on the other side; those in each other's place as pairs."""
    first, second = ([json.dumps(each, sort_keys=True, default=repr) for each in side] for side in (before, after))
    for kind, start, stop, begin, end in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if kind != "equal":
            for held, now in zip_longest(range(start, stop), range(begin, end)):
                yield (
                    held if now is None else now,
                    ABSENT if held is None else before[held],
                    ABSENT if now is None else after[now],
                )


def _by_name(items: list[Any]) -> dict[str, Any] | None:
    """The items by their `name`, None where they have none that tells them apart."""
    if not all(
        isinstance(item, Mapping) and isinstance(cast("Mapping[str, Any]", item).get("name"), str) for item in items
    ):
        return None
    named = {item["name"]: {key: held for key, held in item.items() if key != "name"} for item in items}
    return named if len(named) == len(items) else None
