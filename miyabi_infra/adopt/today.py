"""What the state holds compared with the generated stack, value by value, without Terraform.

The stack is read with all its settings resolved, so its values can be compared; what it refers to is looked up in the
state. So one synthesis shows which values of today some settings give.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from miyabi_infra.adopt.differences import TAGS, decoded
from miyabi_infra.stacks import Reference, Stack, Template, Value, plain
from miyabi_infra.stacks.compare import ABSENT
from miyabi_infra.stacks.provenance import EXISTENCE
from miyabi_infra.terraform.address import key as instance_key
from miyabi_infra.terraform.address import label

ValuePath = tuple[str | int, ...]
"""The path of a value in an argument: keys, names of items, indices."""

ValueKey = tuple[str, str, ValuePath]
"""A value: address, argument (EXISTENCE for the instance itself), path."""

_NAMES: Final = ("name", "description", "key", "sid", "Sid")
"""What identifies the items of a list: the first of these that all of them have."""


@dataclass(frozen=True)
class Mismatch:
    """A value that differs between the stack and the state."""

    address: str
    argument: str
    """EXISTENCE: only one side has the instance."""
    path: ValuePath
    generated: Any = field(compare=False)
    """ABSENT if the stack has none."""
    today: Any = field(compare=False)
    siblings: frozenset[str] = field(default=frozenset(), compare=False)
    """Of an entry that only one side has: the names of the other entries in the stack."""

    @property
    def key(self) -> ValueKey:
        """What identifies it."""
        return self.address, self.argument, self.path

    @property
    def label(self) -> str:
        """The address without an index: what the sources call it."""
        return label(self.address)

    @property
    def index(self) -> int | None:
        """The instance's index."""
        found = instance_key(self.address)
        return found if isinstance(found, int) else None


class Today:
    """The resource instances of a state, by their addresses in the stack."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        """`plan`: over the state; it has each instance as in the state, a moved one at its new address."""
        changes = cast("list[dict[str, Any]]", plan.get("resource_changes", ()))
        self.instances: dict[str, dict[str, Any]] = {
            each["address"]: each["change"]["before"]
            for each in changes
            if each["mode"] == "managed" and each["change"]["before"] is not None and "deposed" not in each
        }

    @property
    def tagged(self) -> int:
        """How many instances have tags."""
        return sum(bool(each.get("tags_all")) for each in self.instances.values())

    def mismatches(self, stack: Stack, arguments: Mapping[str, Sequence[str]]) -> dict[ValueKey, Mismatch]:
        """Every value in which the stack and the state differ.

        `arguments`: by address without index, the arguments that a resource may have, even if it has none here.
        """
        found: list[Mismatch] = []
        for address in stack_addresses(stack) | self.instances.keys():
            resource, held = stack.find(address), self.instances.get(address)
            if resource is None or held is None:
                generated = ABSENT if resource is None else True
                found.append(Mismatch(address, EXISTENCE, (), generated, ABSENT if held is None else True))
                continue
            tags = {**stack.default_tags, **plain(resource.get("tags", {}))}
            if held.get("tags_all") is not None:
                found += self._compare(tags, held["tags_all"], _At(address, "tags_all", (), complete=True))
            for argument in {*resource.arguments, *arguments.get(label(address), ())} - TAGS - {EXISTENCE}:
                found += self._compare(resource.get(argument), held.get(argument), _At(address, argument, ()))
        return {each.key: each for each in found}

    def _compare(self, value: Value, today: Any, at: "_At") -> Iterator[Mismatch]:  # noqa: ANN401  # of a state
        if isinstance(value, Reference | Template):
            if not self._fits(value, today):
                yield at.mismatch(str(value), today)
        elif isinstance(value, Mapping | tuple) and isinstance(today, str):
            yield from self._compare(value, decoded(today), at.whole()) if decoded(today) != today else ()
        elif isinstance(value, Mapping):
            items = _as_list(today)  # a block that may exist once
            held = cast("dict[str, Any]", items[0]) if len(items) == 1 and isinstance(items[0], dict) else {}
            yield from self._mapping(value, held, at)
        elif isinstance(value, tuple):
            yield from self._items(value, _as_list(today), at)
        elif not same(value, today):
            yield at.mismatch(ABSENT if value is None else value, today)

    def _mapping(self, value: Mapping[str, Value], today: dict[str, Any], at: "_At") -> Iterator[Mismatch]:
        for key in value:
            yield from self._compare(value[key], today.get(key), at.below(key))
        for key in today.keys() - value.keys() if at.complete else ():
            if not same(None, today[key]):
                yield at.below(key).mismatch(ABSENT, today[key], frozenset(value))

    def _items(self, value: Sequence[Value], today: list[Any], at: "_At") -> Iterator[Mismatch]:
        first, second = _named(value), _named(today)
        if first is not None and second is not None:
            for name in sorted(first.keys() | second.keys()):
                if name not in first:
                    yield at.below(name).mismatch(ABSENT, second[name], frozenset(first))
                elif name not in second:
                    yield at.below(name).mismatch(plain(first[name]), ABSENT)
                else:
                    yield from self._compare(first[name], second[name], at.below(name))
        elif all(isinstance(item, Mapping) for item in value) and len(value) == len(today):
            for index, (one, other) in enumerate(zip(value, today, strict=True)):
                yield from self._compare(one, other, at.below(index))
        elif len(value) != len(today) or not self._same_items(value, today):
            yield at.mismatch([plain(item) for item in value], today)

    def _same_items(self, value: Sequence[Value], today: list[Any]) -> bool:
        left = list(today)
        for item in value:
            match = next((each for each in left if not list(self._compare(item, each, _At("", "", ())))), ABSENT)
            if match is ABSENT:
                return False
            left.remove(match)
        return True

    def _fits(self, value: Reference | Template, today: Any) -> bool:  # noqa: ANN401  # of a state
        """Whether the reference of the stack may have today's value."""
        if isinstance(value, Template):
            pattern = "".join(re.escape(part) if isinstance(part, str) else ".*" for part in value.parts)
            return re.fullmatch(pattern, str(today), re.DOTALL) is not None
        held = self.instances.get(value.address, {}).get(value.attribute)
        return held is None or same(held, today)


@dataclass(frozen=True)
class _At:
    """The place of a value."""

    address: str
    argument: str
    path: ValuePath
    complete: bool = False
    """Whether the stack has all entries: in a document or a map. AWS adds arguments to blocks."""

    def below(self, key: str | int) -> "_At":
        return replace(self, path=(*self.path, key))

    def whole(self) -> "_At":
        return replace(self, complete=True)

    def mismatch(self, generated: object, today: object, siblings: frozenset[str] = frozenset()) -> Mismatch:
        return Mismatch(self.address, self.argument, self.path, generated, today, siblings)


def stack_addresses(stack: Stack) -> set[str]:
    """The addresses of a stack's instances."""
    return {resource.address for resource in stack.resources}


def same(value: object, today: object) -> bool:
    """Whether two plain values are the same to the provider: empty and absent, a number and its text."""
    if _empty(value) or _empty(today):
        return _empty(value) and _empty(today)
    if isinstance(value, bool) or isinstance(today, bool):
        return str(value).lower() == str(today).lower()
    try:
        return float(cast("str", value)) == float(cast("str", today))
    except (TypeError, ValueError):
        return value == today


def _empty(value: object) -> bool:
    return value is None or value is ABSENT or value in ("", 0, [], {}, ())


def _as_list(value: object) -> list[Any]:
    if isinstance(value, list):
        return cast("list[Any]", value)
    return [] if value is None else [value]


def _named(items: Sequence[Any]) -> dict[str, Any] | None:
    """Items by what identifies them, without it; None if nothing does."""
    if not all(isinstance(item, Mapping) for item in items):
        return None
    for name in _NAMES:
        named = {str(item[name]): {k: v for k, v in item.items() if k != name} for item in items if item.get(name)}
        if len(named) == len(items):
            return named
    return None
