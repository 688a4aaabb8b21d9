"""Values converted to other types, as Terraform converts them; sets in Terraform's order; the text of JSON."""

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast

from miyabi_infra.hcl.numbers import number_text, parsed
from miyabi_infra.hcl.types import Collection, ObjectType, Simple, TupleType, Type, type_of, unified
from miyabi_infra.hcl.values import (
    Json,
    Located,
    Missing,
    NotEvaluated,
    Opaque,
    TypedList,
    TypedMap,
    TypedSet,
    UnknownJson,
    Value,
    is_never_empty,
    known,
    unknowns,
)
from miyabi_infra.stacks import Reference, Template

_ESCAPED: Final = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"})
_LARGEST: Final = 1 << 63
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}


def text_of(value: object) -> str | Reference | Template:  # one case a form
    """A value as a string.

    Raises:
        NotEvaluated: for one that cannot be evaluated.
        Missing: for a list, a map or null.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_text(value)
        case str():
            return str(value)
        case Reference() | Template():
            return value
        case Opaque(_, why):
            raise NotEvaluated(why)
        case UnknownJson():
            known(value, "a string")
            return json_text(value.data)
        case _:
            raise Missing("a list, a map or null is not a string")


def joined(values: Sequence[object]) -> str | Template:
    """Values one after another, as a string.

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
        return composed("".join(map(str, parts)))
    return Template(tuple(composed(each) if isinstance(each, str) else each for each in parts))


def composed(text: str) -> str:
    """A text as Terraform has all texts: an accent and its letter are one character (NFC)."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def number_of(value: object) -> int | float:
    """A value as a number.

    Raises:
        NotEvaluated: for one that is not known.
        Missing: for one that is not a number.
    """
    known(value, "a number")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        return parsed(value)
    raise Missing("a list, a map, a bool or null is not a number")


def integer_of(value: object) -> int:
    """A value as an integer.

    Raises:
        NotEvaluated, Missing: as `number_of`; Missing for a fraction.
    """
    number = number_of(value)
    if number != int(number):
        raise Missing(f"{number_text(number)} is not an integer")
    if abs(number) >= _LARGEST:
        raise NotEvaluated("an integer of more than 64 bits")
    return int(number)


def flag_of(value: object) -> bool:
    """A value as a bool.

    Raises:
        NotEvaluated: for one that is not known.
        Missing: for one that is not a bool.
    """
    known(value, "a condition")
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in _FLAGS:
        return _FLAGS[value]
    raise Missing(f"{value!r} is neither true nor false")


# ---- any type --------------------------------------------------------------------------------------------------------


def converted(value: object, kind: Type) -> object:  # noqa: PLR0911, C901  # one case a type
    """A value converted to a type.

    Raises:
        NotEvaluated: when that depends on a value that is known after apply.
        Missing: when it cannot be converted.
    """
    if value is None or isinstance(value, Reference | Opaque):
        return value
    match kind:
        case Simple.ANY | Simple.UNKNOWN:
            return value
        case Simple.STRING:
            return value if isinstance(value, Json | UnknownJson) else text_of(value)
        case Simple.NUMBER:
            return number_of(value)
        case Simple.BOOL:
            return flag_of(value)
        case Collection("map", of) if isinstance(value, Mapping):
            held = cast("Mapping[str, object]", value)
            element = _element(list(held.values()), of)
            fields = {key: cast("Value", converted(each, element)) for key, each in held.items()}
            return TypedMap(fields, _of(fields.values(), element), held)
        case Collection("list" | "set" as form, of) if isinstance(value, tuple):
            held = cast("tuple[object, ...]", value)
            element = _element(held, of)
            items: list[object] = [converted(each, element) for each in held]
            return TypedList(items, _of(items, element)) if form == "list" else set_of(items, _of(items, element))
        case TupleType(types) if isinstance(value, tuple) and not isinstance(
            cast("object", value), TypedList | TypedSet
        ):
            held = cast("tuple[object, ...]", value)
            if len(held) != len(types):
                raise Missing(f"a tuple of {len(types)} is needed, there are {len(held)} items")
            return tuple(converted(each, of) for each, of in zip(held, types, strict=True))
        case ObjectType() if isinstance(value, Mapping):
            return _object(cast("Mapping[str, object]", value), kind)
        case _:
            raise Missing("the value has another type")


def _element(items: Sequence[object], of: Type) -> Type:
    """The type of a collection's items: the one that they have in common where the constraint has `any`."""
    if of is Simple.ANY:
        return unified([type_of(each) for each in items])
    if isinstance(of, Collection | TupleType | ObjectType) and "ANY" in repr(of):
        return unified([type_of(converted(each, of)) for each in items if each is not None] or [of])
    return of


def _of(items: Iterable[object], element: Type) -> Type:
    """The type of items that have been converted: without `any` and optional fields where they tell."""
    if element in (Simple.STRING, Simple.NUMBER, Simple.BOOL):
        return element
    found = {type_of(each) for each in items if each is not None}
    return found.pop() if len(found) == 1 else element


def _object(value: Mapping[str, object], kind: ObjectType) -> Mapping[str, object]:
    items: dict[str, Value] = {}
    for name, of in kind.fields:
        if name in value:
            items[name] = cast("Value", converted(value[name], of))
        elif name in kind.optional:
            items[name] = None
        else:
            raise Missing(f"the attribute {name} is required")
    return Located(value.place, value.places, items) if isinstance(value, Located) else items


# ---- sets ------------------------------------------------------------------------------------------------------------


def set_of(items: Iterable[object], of: Type) -> TypedSet:
    """A set of items of one type: each once, in Terraform's order. Items that are not known keep theirs."""
    held = list(items)
    if any(True for each in held for _ in unknowns(each)):
        kept: list[object] = []
        for each in held:
            if each not in kept:
                kept.append(each)
        return TypedSet(kept, of)
    by_hash = {_hash_text(each): each for each in held}
    keys = sorted(by_hash, key=lambda key: _order(by_hash[key], key))
    return TypedSet([by_hash[key] for key in keys], of)


def _order(value: object, hashed: str) -> tuple[object, ...]:
    """Numbers, strings and bools by value, null last; anything else by the text that Terraform hashes."""
    if value is None:
        return (1,)
    if isinstance(value, bool | int | float):
        return (0, value)
    return (0, (str(value) if isinstance(value, str) else hashed).encode())


def _hash_text(value: object) -> str:  # noqa: PLR0911  # one case a type
    """The text by which Terraform orders what is not a simple value."""
    match value:
        case None:
            return "~"
        case bool():
            return "T" if value else "F"
        case int() | float():
            return f"{float(value):.10g}" if abs(value) < 10**15 else number_text(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case TypedMap():
            return "{" + "".join(f"{_hash_text(key)}:{_hash_text(value[key])};" for key in sorted(value)) + "}"
        case Mapping():
            held = cast("Mapping[str, object]", value)
            return "<" + "".join(f"{_hash_text(held[key])};" for key in sorted(held)) + ">"
        case TypedList() | TypedSet():
            return "[" + "".join(f"{_hash_text(each)};" for each in value) + "]"
        case tuple():
            return "<" + "".join(f"{_hash_text(each)};" for each in cast("tuple[object, ...]", value)) + ">"
        case _:
            return str(value)


# ---- equality and JSON -----------------------------------------------------------------------------------------------


def equal(first: object, second: object) -> bool:
    """Whether two values are equal: of one type, and the same.

    Raises:
        NotEvaluated: when that is known after apply only.
    """
    for one, other in ((first, second), (second, first)):
        if isinstance(one, Reference) and is_never_empty(one) and other in ("", None):
            return False
        if isinstance(one, Mapping | tuple) and other is None:
            return False
    if first == second and not any(isinstance(each, Opaque) for each in unknowns(first)):
        return isinstance(first, bool) == isinstance(second, bool) and _same_type(first, second)
    known(first)
    known(second)
    if first is None or second is None:
        return first is second
    return _same_type(first, second) and _hash_text(first) == _hash_text(second)


def _same_type(first: object, second: object) -> bool:
    return _comparable(type_of(first)) == _comparable(type_of(second))


def _comparable(kind: Type) -> object:
    """A type without which fields are optional."""
    match kind:
        case ObjectType(fields):
            return tuple((name, _comparable(of)) for name, of in fields)
        case Collection(form, of):
            return form, _comparable(of)
        case TupleType(items):
            return ("tuple", *map(_comparable, items))
        case _:
            return kind


def json_text(value: object) -> str:
    """What `jsonencode` creates of a known value."""
    return _json(value).translate(_ESCAPED)


def _json(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_text(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case Mapping():
            held = cast("Mapping[str, object]", value)
            keys = sorted(held, key=str.encode)
            return "{" + ",".join(f"{_json(key)}:{_json(held[key])}" for key in keys) + "}"
        case tuple():
            return "[" + ",".join(map(_json, cast("tuple[object, ...]", value))) + "]"
        case _:
            raise NotEvaluated("a value that is known after apply only")
