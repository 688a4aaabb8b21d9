"""What expressions yield, beyond the values of `miyabi_infra.stacks`: where it is written, and what is not known."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from miyabi_infra.hcl.syntax import Call, Expression, ListOf, Name, ObjectOf
from miyabi_infra.place import Place
from miyabi_infra.stacks import Reference, Template

Value: TypeAlias = (
    "bool | int | float | str | Reference | Template | Opaque | tuple[Value, ...] | Mapping[str, Value] | None"
)
"""A value of an argument. What `jsonencode` would make a text of is the data itself."""


class NotEvaluated(Exception):  # noqa: N818  # no error of the HCL: what is not known here
    """An expression whose value can't be told; the text says why."""


class Missing(Exception):  # noqa: N818  # what `try` and `can` wait for
    """What Terraform would call an error: an item or an attribute that is not there, a text that is no number."""


@dataclass(frozen=True)
class Opaque:
    """A value that can't be told."""

    text: str
    """The expression as it is written."""
    why: str

    def __str__(self) -> str:
        """The expression, as it is written."""
        return self.text


class Located(dict[str, Value]):
    """A mapping or a block that knows where it is written."""

    def __init__(self, place: Place, places: Mapping[str, Place], items: Mapping[str, Value]) -> None:
        super().__init__(items)
        self.place = place
        self.places = places


def place_of(value: object, key: str | None = None) -> Place | None:
    """Where a mapping, or a key of it, is written; None for what is not known to be written anywhere."""
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
        raise NotEvaluated(f"{what} is known after apply only: {unknown}")


def is_never_empty(reference: Reference) -> bool:
    """Whether a value that AWS makes up is neither null nor empty for certain: IDs and ARNs are not."""
    return reference.attribute in ("id", "arn")


def unknowns(value: object) -> Iterator[Reference | Opaque]:
    """What of a value is not known before apply."""
    if isinstance(value, Reference | Opaque):
        yield value
    elif isinstance(value, Template):
        yield from (part for part in value.parts if isinstance(part, Reference))
    elif isinstance(value, Mapping):
        for held in cast("Mapping[str, object]", value).values():
            yield from unknowns(held)
    elif isinstance(value, tuple | list):
        for held in cast("Sequence[object]", value):
            yield from unknowns(held)


def plain(value: object) -> Any:  # noqa: ANN401  # JSON
    """A value as JSON has it; what is not known is the text that stands for it."""
    if isinstance(value, Mapping):
        return {key: plain(held) for key, held in cast("Mapping[str, object]", value).items()}
    if isinstance(value, tuple | list):
        return [plain(held) for held in cast("Sequence[object]", value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def frozen(data: Any) -> Any:  # noqa: ANN401  # JSON
    """JSON with tuples for lists, as values have them."""
    if isinstance(data, Mapping):
        return {key: frozen(held) for key, held in cast("Mapping[str, Any]", data).items()}
    if isinstance(data, list):
        return tuple(frozen(held) for held in cast("list[Any]", data))
    return data


# ---- conversion between types ----------------------------------------------------------------------------------------


def text_of(value: object) -> str | Reference | Template:
    """A value as a text, as Terraform converts it.

    Raises:
        NotEvaluated: for what is not known.
        Missing: for what is no text: a list, a mapping, null.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case int() | float():
            return str(value)
        case str() | Reference() | Template():
            return value
        case Opaque(_, why):
            raise NotEvaluated(why)
        case _:
            raise Missing("a list, a mapping or null is no text")


def joined(values: Sequence[object]) -> str | Template:
    """Values one after another, as a text.

    Raises:
        NotEvaluated, Missing: as `text_of`.
    """
    parts: list[str | Reference] = []
    for value in values:
        text = text_of(value)
        for piece in text.parts if isinstance(text, Template) else (text,):
            if isinstance(piece, str) and parts and isinstance(parts[-1], str):
                parts[-1] += piece
            elif piece != "":
                parts.append(piece)
    if all(isinstance(part, str) for part in parts):
        return "".join(map(str, parts))
    return Template(tuple(parts))


def number_of(value: object) -> int | float:
    """A value as a number, as Terraform converts it.

    Raises:
        NotEvaluated: for what is not known.
        Missing: for what is no number.
    """
    known(value, "a number")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            return int(value) if value.lstrip("-").isdecimal() else float(value)
        except ValueError as error:
            raise Missing(f"{value!r} is no number") from error
    raise Missing("a list, a mapping, a flag or null is no number")


def flag_of(value: object) -> bool:
    """A value as a flag, as Terraform converts it.

    Raises:
        NotEvaluated: for what is not known.
        Missing: for what is none.
    """
    known(value, "a condition")
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise Missing(f"{value!r} is neither true nor false")


def json_of(value: object) -> object:
    """The data that a text of JSON holds; the value itself where it is none.

    Raises:
        ValueError: for a text that is no JSON.
    """
    if isinstance(value, str | Template):
        return json.loads(str(value))
    return plain(value)


def converted(value: Value, kind: Expression | None) -> Value:  # noqa: PLR0911  # one case a type
    """A value converted to the type of a variable (`list(string)`); without one it stays as it is.

    Raises:
        NotEvaluated, Missing: when it can't be converted.
    """
    if value is None or isinstance(value, Reference | Opaque):
        return value
    match kind:
        case Name("string"):
            return text_of(value)
        case Name("number"):
            return number_of(value)
        case Name("bool"):
            return flag_of(value)
        case Call("list" | "set", (item,)) if isinstance(value, tuple):
            return tuple(converted(each, item) for each in value)
        case Call("map", (item,)) if isinstance(value, Mapping):
            return _with(value, {key: converted(each, item) for key, each in value.items()})
        case Call("tuple", (ListOf(items),)) if isinstance(value, tuple) and len(items) == len(value):
            return tuple(converted(each, item) for each, item in zip(value, items, strict=True))
        case Call("object", (ObjectOf() as fields,)) if isinstance(value, Mapping):
            return _with(value, dict(_fields(value, fields)))
        case None | Name("any" | "list" | "map" | "set"):
            return value
        case _:
            raise Missing("a value of another type than its variable's")


def _with(value: Mapping[str, Value], items: Mapping[str, Value]) -> Mapping[str, Value]:
    return Located(value.place, value.places, items) if isinstance(value, Located) else items


def _fields(value: Mapping[str, Value], fields: ObjectOf) -> Iterator[tuple[str, Value]]:
    for field in fields.items:
        name = str(getattr(field.key, "value", ""))
        match field.value:
            case Call("optional", (kind, *default)):
                fallback = getattr(default[0], "value", None) if default else None
                held = value.get(name)
                yield name, converted(cast("Value", fallback) if held is None else held, kind)
            case kind:
                if name not in value:
                    raise Missing(f"an object without {name}")
                yield name, converted(value[name], kind)
