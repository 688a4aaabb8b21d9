"""What expressions yield, in addition to the values of `miyabi_infra.stacks`: types, places, and what is not known."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self, TypeAlias, cast

from miyabi_infra.place import Place
from miyabi_infra.stacks import Reference, Template

Value: TypeAlias = (
    "bool | int | float | str | Reference | Template | Opaque | tuple[Value, ...] | Mapping[str, Value] | None"
)
"""A value of an argument. Text that `jsonencode` creates is the data itself."""


class NotEvaluated(Exception):  # noqa: N818  # not an error of the HCL
    """An expression whose value cannot be evaluated here; the text says why."""


class AfterApply(NotEvaluated):
    """A value that only AWS knows."""


class NoValue(NotEvaluated):
    """A variable that has no value, or none that Terraform accepts."""


class Missing(Exception):  # noqa: N818  # what `try` and `can` catch
    """An error for Terraform: an item or an attribute that does not exist, a string that is not a number."""


@dataclass(frozen=True)
class Opaque:
    """A value that cannot be evaluated."""

    text: str
    """The expression as it is written."""
    why: str

    def __str__(self) -> str:
        """The expression, as it is written."""
        return self.text


class Located(dict[str, Value]):
    """An object or a block that knows where it is written."""

    def __init__(self, place: Place | None, places: Mapping[str, Place], items: Mapping[str, Value]) -> None:
        super().__init__(items)
        self.place = place
        self.places = places


class TypedMap(Located):
    """`map(of)`; any other mapping is an object."""

    def __init__(self, items: Mapping[str, Value], of: object, like: object = None) -> None:
        """`like`: a mapping with the places of the items."""
        located = like if isinstance(like, Located) else None
        super().__init__(located.place if located else None, located.places if located else {}, items)
        self.of = of


class TypedList(tuple[Value, ...]):  # noqa: SLOT001  # a tuple with a type
    """`list(of)`; any other tuple but a set is a tuple."""

    of: object

    def __new__(cls, items: Iterable[object], of: object) -> Self:
        """A list of a type."""
        self = super().__new__(cls, cast("Iterable[Value]", items))
        self.of = of
        return self


class TypedSet(tuple[Value, ...]):  # noqa: SLOT001  # a tuple with a type
    """`set(of)`, in Terraform's order, each item once."""

    of: object

    def __new__(cls, items: Iterable[object], of: object) -> Self:
        """A set of a type; `items` are in order."""
        self = super().__new__(cls, cast("Iterable[Value]", items))
        self.of = of
        return self


class Json(str):
    """Text that `jsonencode` creates, with its data."""

    data: Value
    __slots__ = ("data",)

    def __new__(cls, text: str, data: object) -> Self:
        """The text of some data."""
        self = super().__new__(cls, text)
        self.data = cast("Value", data)
        return self


@dataclass(frozen=True)
class UnknownJson:
    """Text that `jsonencode` creates from data of which parts are known after apply."""

    data: Any

    def __str__(self) -> str:
        """The expression, in short."""
        return "jsonencode(…)"


def place_of(value: object, key: str | None = None) -> Place | None:
    """Where a mapping, or a key of it, is written; None where that is not known."""
    if not isinstance(value, Located):
        return None
    return value.place if key is None else value.places.get(key, value.place)


def mapping_of(value: object) -> Mapping[str, Any]:
    """A mapping or a block; empty for anything else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def known(value: object, what: str = "a value") -> None:
    """Nothing, when all of a value is known before apply.

    Raises:
        NotEvaluated: otherwise.
    """
    for unknown in unknowns(value):
        if isinstance(unknown, Opaque):
            raise NotEvaluated(unknown.why)
        raise AfterApply(f"{what} is known after apply only: {unknown}")


def is_never_empty(reference: Reference) -> bool:
    """Whether a value that AWS sets is certainly neither null nor empty: IDs and ARNs are not."""
    return reference.attribute in ("id", "arn")


_TEXTS: Final = ("id", "arn", "name", "arn_suffix", "dns_name", "zone_id", "address", "key_id", "url", "endpoint")


def is_text_attribute(reference: Reference) -> bool:
    """Whether an attribute is certainly a string."""
    last = reference.attribute.rpartition(".")[2]
    return last in _TEXTS or last.endswith(("_id", "_arn", "_name"))


def unknowns(value: object) -> Iterator[Reference | Opaque]:
    """The parts of a value that are not known before apply."""
    if isinstance(value, Reference | Opaque):
        yield value
    elif isinstance(value, UnknownJson):
        yield from unknowns(value.data)
    elif isinstance(value, Template):
        yield from (part for part in value.parts if isinstance(part, Reference))
    elif isinstance(value, Mapping):
        for held in cast("Mapping[str, object]", value).values():
            yield from unknowns(held)
    elif isinstance(value, tuple | list):
        for held in cast("Sequence[object]", value):
            yield from unknowns(held)


def plain(value: object) -> Any:  # noqa: ANN401  # JSON
    """A value as JSON; a part that is not known is its expression."""
    if isinstance(value, Json | UnknownJson):
        return plain(value.data)
    if isinstance(value, Mapping):
        return {key: plain(held) for key, held in cast("Mapping[str, object]", value).items()}
    if isinstance(value, tuple | list):
        return [plain(held) for held in cast("Sequence[object]", value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def frozen(data: Any) -> Any:  # noqa: ANN401  # JSON
    """JSON with tuples for lists, as values have them, and strings in Terraform's normal form (NFC)."""
    if isinstance(data, Mapping):
        held = cast("Mapping[str, Any]", data)
        return {unicodedata.normalize("NFC", key): frozen(each) for key, each in held.items()}
    if isinstance(data, list | tuple):
        return tuple(frozen(held) for held in cast("Sequence[Any]", data))
    return unicodedata.normalize("NFC", data) if isinstance(data, str) else data
