"""An account next to a stack: each question goes to AWS once, and references resolve to what really exists."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, cast

from miyabi_infra.aws.client import Aws, Kind, Trouble
from miyabi_infra.stacks import Reference, Resource, Stack, Template, Value
from miyabi_infra.stacks.compare import ABSENT, differences


@dataclass(frozen=True)
class Compared:
    """An argument as it was generated, and as it is in AWS."""

    argument: str
    generated: Any
    found: Any

    @property
    def same(self) -> bool:
        """Whether both are equal; a value that depends on a missing resource counts as equal: that one is reported."""
        return isinstance(self.generated, Unresolved) or self.generated == self.found


@dataclass(frozen=True)
class Extra:
    """Something that exists in or around a resource and that was not generated."""

    text: str


@dataclass
class Found:
    """A resource as AWS describes it."""

    attributes: Mapping[str, Any]
    """What references to it resolve to: `id`, `arn` …"""
    checks: list[Compared] = field(default_factory=list[Compared])
    extras: list[Extra] = field(default_factory=list[Extra])
    troubles: list[Trouble] = field(default_factory=list[Trouble])
    """Questions about extras that AWS did not answer: more may exist."""

    def search(self, extras: Iterable[Extra]) -> None:
        """Add what a search finds; a question that AWS does not answer ends this search and no other."""
        try:
            self.extras.extend(extras)
        except Trouble as trouble:
            self.troubles.append(trouble)


@dataclass(frozen=True)
class Unresolved:
    """In place of a value that refers to something that does not exist."""

    address: str


Reader = Callable[[Resource, "World"], Found | None]
"""Finds a resource, and gives what AWS says of it in Terraform's words; None for one that does not exist."""


class _UnresolvedError(Exception):
    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class World:
    """What the readers of resources ask: AWS, the stack, and each other."""

    def __init__(self, aws: Aws, stack: Stack, readers: Mapping[str, Reader]) -> None:
        """`readers` by resource type; a reference to a resource of another type stays unresolved."""
        self.stack = stack
        self._readers = readers
        self._home = aws
        self._aws = aws
        self._region = ""
        self._lock = threading.Lock()
        self._answers: dict[str, _Answer] = {}

    def at(self, region: str) -> "World":
        """The same account in another region; an empty one is the stack's. What was asked before is not asked again."""
        if region == self._region:
            return self
        there = copy(self)
        there._region = region  # noqa: SLF001  # its own class
        there._aws = self._home.elsewhere(region) if region else self._home  # noqa: SLF001
        return there

    def ask(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
        """The answer of an operation, requested once.

        Raises:
            Trouble: when there is none; the same each time.
        """
        return self._once((service, operation, arguments), lambda: self._aws.call(service, operation, **arguments))

    def optional(self, service: str, operation: str, **arguments: Any) -> dict[str, Any] | None:  # noqa: ANN401  # JSON
        """The answer of an operation; None when AWS says that what it asks for does not exist.

        Raises:
            Trouble: when there is no answer.
        """
        try:
            return self.ask(service, operation, **arguments)
        except Trouble as trouble:
            if trouble.kind is not Kind.MISSING:
                raise
            return None

    def items(self, service: str, operation: str, key: str, **arguments: Any) -> list[Any]:  # noqa: ANN401  # JSON
        """The items of all pages of an operation, requested once.

        Raises:
            Trouble: when there is no answer; the same each time.
        """
        return self._once(
            (service, operation, key, arguments), lambda: self._aws.pages(service, operation, key, **arguments)
        )

    def _once(self, question: object, ask: Any) -> Any:  # noqa: ANN401  # JSON
        key = json.dumps([self._region, question], sort_keys=True)
        with self._lock:
            answer = self._answers.setdefault(key, _Answer())
        with answer.lock:
            if answer.trouble is None and not answer.given:
                try:
                    answer.value, answer.given = ask(), True
                except Trouble as trouble:
                    answer.trouble = trouble
        if answer.trouble is not None:
            raise answer.trouble
        return answer.value

    # ---- references ------------------------------------------------------------------------------------------------

    def find(self, address: str) -> Found | None:
        """The resource at an address as it is in AWS; None where it does not exist.

        Raises:
            Trouble: when AWS gives no answer.
        """
        resource = self.stack.find(address)
        reader = self._readers.get(resource.type) if resource else None
        if resource is None or reader is None:
            return None
        try:
            there = self.at(resource.region)
            return there._once(("find", address), lambda: reader(resource, there))  # noqa: SLF001  # its own class
        except Trouble as trouble:
            if trouble.kind is Kind.MISSING:
                return None
            raise

    def value(self, value: Value) -> Any:  # noqa: ANN401  # JSON
        """A generated value with what really exists for its references, or `Unresolved`.

        Raises:
            Trouble: when AWS gives no answer about a resource that it refers to.
        """
        try:
            return self._value(value)
        except _UnresolvedError as error:
            return Unresolved(error.address)

    def _value(self, value: Value) -> Any:  # noqa: ANN401  # JSON
        if isinstance(value, Reference):
            found = self.find(value.address)
            if found is None or value.attribute not in found.attributes:
                raise _UnresolvedError(value.address)
            return found.attributes[value.attribute]
        if isinstance(value, Template):
            return "".join(part if isinstance(part, str) else str(self._value(part)) for part in value.parts)
        if isinstance(value, Mapping):
            return {key: self._value(held) for key, held in value.items()}
        if isinstance(value, tuple):
            return [self._value(held) for held in value]
        return value

    def checks(self, resource: Resource, found: Mapping[str, Any], **defaults: Any) -> list[Compared]:  # noqa: ANN401
        """Each argument that was found next to what was generated; `defaults` are Terraform's own.

        An argument that is neither configured nor among the defaults is left to AWS and is not compared.
        """
        checks: list[Compared] = []
        for argument, held in found.items():
            generated = self.value(resource.get(argument))
            if generated is None:
                if argument not in defaults:
                    continue
                generated = defaults[argument]
            checks += compared(argument, generated, held)
        return checks

    def tags(self, resource: Resource, found: Any) -> list[Compared]:  # noqa: ANN401  # a list of pairs, or a mapping
        """The tags: the provider's and the resource's own; tags that AWS sets itself do not count."""
        own = cast("Mapping[str, Any]", resource.get("tags") or {})
        generated = {**self.stack.default_tags, **{key: self.value(held) for key, held in own.items()}}
        held = {key: each for key, each in tag_mapping(found).items() if not key.startswith("aws:")}
        return [
            Compared(f"tags.{key}", generated.get(key), held.get(key)) for key in sorted(generated.keys() | held.keys())
        ]


def compared(argument: str, generated: Any, found: Any) -> list[Compared]:  # noqa: ANN401  # JSON
    """One row for an argument whose values are equal, else one row for each value in it that differs."""
    generated, found = plain(generated), plain(found)
    differing = [
        Compared(each.path, _or_none(each.before), _or_none(each.after))
        for each in differences(generated, found, argument)
        if _as_text(each.before) != _as_text(each.after)
    ]
    return differing or [Compared(argument, generated, generated)]


def _as_text(value: Any) -> str:  # noqa: ANN401  # JSON
    """A value as text: Terraform and AWS write some numbers and booleans as text, and not always the same ones."""
    value = _or_none(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _or_none(value: Any) -> Any:  # noqa: ANN401  # JSON
    return None if value is ABSENT else value


@dataclass
class _Answer:
    """The answer to a question."""

    lock: Any = field(default_factory=threading.RLock)
    given: bool = False
    value: Any = None
    trouble: Trouble | None = None


def tag_mapping(found: Any) -> dict[str, str]:  # noqa: ANN401  # a list of pairs, or a mapping
    """Tags in the forms that services use: pairs of Key and Value, of key and value, or a mapping."""
    if isinstance(found, Mapping):
        return dict(cast("Mapping[str, str]", found))
    pairs = cast("Sequence[Mapping[str, str]]", found or ())
    return {each.get("Key", each.get("key", "")): each.get("Value", each.get("value", "")) for each in pairs}


def plain(value: Any) -> Any:  # noqa: ANN401  # JSON
    """A value to compare: numbers are numbers, whether Terraform and AWS write them as text or not; lists are lists."""
    if isinstance(value, Mapping):
        return {key: plain(held) for key, held in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [plain(held) for held in cast("Sequence[Any]", value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def unordered(values: Any) -> Any:  # noqa: ANN401  # JSON
    """A list whose order means nothing."""
    return values if isinstance(values, Unresolved) else sorted(cast("Sequence[Any]", values or ()), key=str)
