"""From a value of today to the settings that may give it: the sources of the modules, read backwards."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast, get_args, get_origin

from miyabi_infra.adopt.today import Mismatch, Today, same
from miyabi_infra.overlays.edit import REMOVED
from miyabi_infra.overlays.loading import AnySettings
from miyabi_infra.overlays.problems import KeyPath
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.compare import ABSENT, PROVIDER
from miyabi_infra.stacks.provenance import EXISTENCE, Dependence, Provenance
from modules.platform import Platform
from modules.settings import Settings

_NOT_PROPOSED: Final = frozenset(
    {"environment", "account_id", "state", "service_levels", "usage", "monthly_budget", "notifications"}
)
"""Settings that are not a value of a resource, or that name the environment."""

_FEW: Final = 10
"""Maximum number of values of a setting of which each is tried."""


@dataclass(frozen=True)
class Proposal:
    """A setting, and the value that it may need."""

    path: KeyPath
    value: Any
    """REMOVED for an item to be removed."""
    guess: bool
    """Whether the value does not follow from today's: it is another one that the setting may have."""


class Proposer:
    """Knows which settings feed a value, and their current values."""

    def __init__(self, provenance: Provenance, today: Today) -> None:
        self._provenance = provenance
        self._today = today

    def of(self, mismatch: Mismatch, settings: AnySettings, stack: Stack) -> Iterator[Proposal]:
        """What may give today's value, for the current settings and stack."""
        feeding = self.feeding(mismatch.label, mismatch.argument)
        if mismatch.argument == EXISTENCE and mismatch.index is not None:  # a list may have an item for each instance
            feeding |= frozenset(path for each in self._arguments(mismatch.label).values() for path in each)
        for path in sorted(feeding):
            if path[0] in _NOT_PROPOSED:
                continue
            for leaf, value, annotation in _leaves(settings, path):
                if mismatch.argument == EXISTENCE:
                    yield from self._existence(mismatch, leaf, value, stack)
                else:
                    yield from _value(mismatch, leaf, value, annotation)

    def feeding(self, label: str, argument: str) -> frozenset[tuple[str, ...]]:
        """The settings that an argument of a resource may depend on."""
        arguments = self._arguments(label)
        if argument == "tags_all":
            provider = self._provenance.resources.get(PROVIDER, {})
            return arguments.get("tags", frozenset()) | provider.get("default_tags", frozenset())
        return arguments.get(argument, frozenset())

    def _existence(self, mismatch: Mismatch, path: KeyPath, value: object, stack: Stack) -> Iterator[Proposal]:
        held = self._today.instances.get(mismatch.address)
        if isinstance(value, tuple):
            yield from self._items(mismatch, path, cast("tuple[object, ...]", value), stack)
        elif path not in self.feeding(mismatch.label, EXISTENCE):
            return
        elif isinstance(value, bool):
            yield Proposal(path, not value, guess=True)
        elif value and held is None:
            if isinstance(value, str):
                yield Proposal(path, "", guess=True)
        elif not value and held is not None:
            for argument in self._holding(mismatch.label, path):
                if isinstance(held.get(argument), str | int | float):
                    yield Proposal(path, held[argument], guess=argument != path[-1])

    def _items(self, mismatch: Mismatch, path: KeyPath, items: tuple[object, ...], stack: Stack) -> Iterator[Proposal]:
        """An item more or fewer in a list that has one for each instance."""
        held, index = self._today.instances.get(mismatch.address), mismatch.index
        if index is None:
            return
        if held is None and index < len(items):
            yield Proposal((*path, index), REMOVED, guess=False)
        elif held is not None and index >= len(items):
            for argument in self._holding(mismatch.label, path):
                if self._holds_items(stack, mismatch.label, argument, items):
                    yield Proposal((*path, index), held[argument], guess=False)

    def _arguments(self, label: str) -> Mapping[str, Dependence]:
        return self._provenance.resources.get(label, {})

    def _holding(self, label: str, path: KeyPath) -> list[str]:
        """The arguments of a resource that a setting feeds."""
        arguments = self._arguments(label)
        return [argument for argument, dependence in arguments.items() if argument and path in dependence]

    def _holds_items(self, stack: Stack, label: str, argument: str, items: Sequence[object]) -> bool:
        """Whether an argument of each instance is the item of the list at its index."""
        instances = {each.index: each for each in stack.resources if f"{each.address}[".startswith(f"{label}[")}
        held = [instances[index].get(argument) for index in range(len(items)) if index in instances]
        return bool(held) and all(same(one, other) for one, other in zip(held, items, strict=False))


def _leaves(settings: Settings, path: KeyPath) -> Iterator[tuple[KeyPath, Any, Any]]:
    """The settings below a path: path, value, type."""
    held: Settings = settings
    for key in path[:-1]:
        inner = getattr(held, str(key), None)
        if not isinstance(inner, Settings):
            return
        held = inner
    name = str(path[-1])
    if name not in type(held).model_fields:
        return
    value = getattr(held, name)
    if isinstance(value, Settings):
        for inner in type(value).model_fields:
            yield from _leaves(settings, (*path, inner))
    else:
        yield path, value, type(held).model_fields[name].annotation


def _value(mismatch: Mismatch, path: KeyPath, value: Any, annotation: Any) -> Iterator[Proposal]:  # noqa: ANN401
    generated, today = mismatch.generated, mismatch.today
    if isinstance(value, Mapping):
        yield from _entry(mismatch, path, cast("Mapping[str, str]", value))
    elif isinstance(value, tuple):
        yield from _item(mismatch, path, list(cast("tuple[Any, ...]", value)))
    elif isinstance(value, bool):
        yield Proposal(path, not value, guess=not same(value, generated))
    elif value is None or same(value, generated):
        if isinstance(today, str | int | float) and not isinstance(today, bool):
            said = generated is not ABSENT or mismatch.argument == path[-1]
            yield Proposal(path, _converted(today, annotation), guess=not said)
    elif isinstance(value, str) and isinstance(generated, str) and isinstance(today, str) and value:
        inner = _inverse(value, generated, today)
        if inner is not None:
            yield Proposal(path, inner, guess=False)
    if get_origin(annotation) is Literal and len(get_args(annotation)) <= _FEW:
        yield from (Proposal(path, each, guess=True) for each in get_args(annotation) if each != value)


def _entry(mismatch: Mismatch, path: KeyPath, value: Mapping[str, str]) -> Iterator[Proposal]:
    """An entry of a mapping, whose name is in the path of the value."""
    name = next((str(part) for part in mismatch.path if part in value), None)
    if name is not None:
        if mismatch.today is ABSENT:
            yield Proposal((*path, name), REMOVED, guess=False)
        elif isinstance(mismatch.today, str):
            yield Proposal((*path, name), mismatch.today, guess=False)
    elif mismatch.generated is ABSENT and mismatch.path:
        today = _text_of(mismatch.today)
        known = bool(value) and value.keys() <= mismatch.siblings
        alone = path == ("tags",) and mismatch.path[-1] not in Platform.OWN_TAGS
        if today is not None and (path != ("tags",) or alone):
            yield Proposal((*path, str(mismatch.path[-1])), today, guess=not known and not alone)


def _text_of(value: object) -> str | None:
    """A text, or the only text of an item of a list."""
    if isinstance(value, Mapping):
        texts = [each for each in cast("Mapping[str, object]", value).values() if isinstance(each, str)]
        return texts[0] if len(texts) == 1 else None
    return value if isinstance(value, str) else None


def _item(mismatch: Mismatch, path: KeyPath, value: list[Any]) -> Iterator[Proposal]:
    generated, today = mismatch.generated, mismatch.today
    if isinstance(generated, list):
        if sorted(map(str, cast("list[Any]", generated))) == sorted(map(str, value)) and isinstance(today, list):
            yield Proposal(path, list(cast("list[Any]", today)), guess=False)
    elif generated in value and isinstance(today, str | int | float):
        index = mismatch.index
        at = index if index is not None and index < len(value) and value[index] == generated else None
        yield Proposal((*path, value.index(generated) if at is None else at), today, guess=False)


def _inverse(value: str, generated: str, today: str) -> str | None:
    """The value of the setting with which the text becomes today's, if the generated text contains its value."""
    pieces = generated.split(value)
    if len(pieces) == 1:
        return None
    pattern = re.escape(pieces[0]) + "(.+?)" + "\\1".join(map(re.escape, pieces[1:]))
    found = re.fullmatch(pattern, today, re.DOTALL)
    return found[1] if found else None


def _converted(today: str | float, annotation: Any) -> str | int | float:  # noqa: ANN401
    """A value in the type of the setting: a state has numbers as text, and integers as 2.0."""
    kinds = list(_types(annotation))
    number = _number(today)
    if number is not None and (int in kinds or float in kinds):
        return number
    return str(today) if str in kinds or isinstance(today, str) else number if number is not None else today


def _types(annotation: Any) -> Iterator[Any]:  # noqa: ANN401
    """A type, and the types in it."""
    yield annotation
    for inner in get_args(annotation):
        yield from _types(inner)


def _number(value: str | float) -> int | float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return int(number) if number.is_integer() else number
