"""Terraform's types: what a value has, what a variable demands, and which type several values have in common.

https://developer.hashicorp.com/terraform/language/expressions/type-constraints. How types are unified is not on that
page; it is the behaviour of `terraform console`, with which `tests/parity/oracle.py` compares all this.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, TypeAlias, cast

from miyabi_infra.hcl.syntax import Call, Constant, Expression, ListOf, Name, ObjectOf
from miyabi_infra.hcl.values import (
    Missing,
    NotEvaluated,
    TypedList,
    TypedMap,
    TypedSet,
    is_text_attribute,
)
from miyabi_infra.stacks import Reference, Template


class Simple(Enum):
    """A type without parts."""

    STRING = "string"
    NUMBER = "number"
    BOOL = "bool"
    ANY = "any"
    """Of null, and in a constraint: whatever the value has."""
    UNKNOWN = "unknown"
    """Of a value that AWS sets or that cannot be evaluated."""


@dataclass(frozen=True)
class Collection:
    """`list(of)`, `set(of)` or `map(of)`."""

    kind: Literal["list", "set", "map"]
    of: "Type"


@dataclass(frozen=True)
class TupleType:
    """Of `[…]`."""

    items: "tuple[Type, ...]"


@dataclass(frozen=True)
class ObjectType:
    """Of `{…}`, its fields by name, sorted."""

    fields: "tuple[tuple[str, Type], ...]"
    optional: frozenset[str] = frozenset()
    """In a constraint: fields that a value may leave out."""


Type: TypeAlias = Simple | Collection | TupleType | ObjectType

_PRIMITIVES: Final = frozenset({Simple.STRING, Simple.NUMBER, Simple.BOOL})
_COLLECTIONS: Final[Mapping[str, Literal["list", "set", "map"]]] = {"list": "list", "set": "set", "map": "map"}


def type_of(value: object) -> Type:  # noqa: C901, PLR0911  # one case a form
    """The type of a value."""
    match value:
        case None:
            return Simple.ANY
        case bool():
            return Simple.BOOL
        case int() | float():
            return Simple.NUMBER
        case str() | Template():
            return Simple.STRING
        case Reference():
            return Simple.STRING if is_text_attribute(value) else Simple.UNKNOWN
        case TypedList():
            return Collection("list", cast("Type", value.of))
        case TypedSet():
            return Collection("set", cast("Type", value.of))
        case tuple():
            return TupleType(tuple(map(type_of, cast("tuple[object, ...]", value))))
        case TypedMap():
            return Collection("map", cast("Type", value.of))
        case Mapping():
            held = cast("Mapping[str, object]", value)
            return ObjectType(tuple((key, type_of(held[key])) for key in sorted(held)))
        case _:
            return Simple.UNKNOWN


def constraint(expression: Expression | None) -> Type:  # noqa: PLR0911  # one case a form
    """The type that an expression describes, `list(string)`; any without one.

    Raises:
        Missing: for an expression that is not a type.
    """
    match expression:
        case None:
            return Simple.ANY
        case Name("string" | "number" | "bool" | "any" as name):
            return Simple(name)
        case Name("list" | "set" | "map" as name):  # as it is written before Terraform 0.12
            return Collection(_COLLECTIONS[name], Simple.ANY)
        case Constant("string" | "list" | "map" as name):
            return Simple.STRING if name == "string" else Collection(_COLLECTIONS[name], Simple.ANY)
        case Call("list" | "set" | "map" as name, (item,)):
            return Collection(_COLLECTIONS[name], constraint(item))
        case Call("tuple", (ListOf(items),)):
            return TupleType(tuple(map(constraint, items)))
        case Call("object", (ObjectOf() as fields,)):
            return _object(fields)
        case _:
            raise Missing("the type of the variable is not a valid type")


def _object(fields: ObjectOf) -> ObjectType:
    found: dict[str, Type] = {}
    optional: set[str] = set()
    for field in fields.items:
        if not isinstance(field.key, Constant) or not isinstance(field.key.value, str):
            raise Missing("the type of the variable is not a valid type")
        name = field.key.value
        match field.value:
            case Call("optional", (kind,) | (kind, _)):
                optional.add(name)
                found[name] = constraint(kind)
            case kind:
                found[name] = constraint(kind)
    return ObjectType(tuple(sorted(found.items(), key=lambda each: each[0])), frozenset(optional))


def unified(types: Sequence[Type]) -> Type:
    """The type that values of several types can all be converted to.

    Raises:
        Missing: when there is none.
        NotEvaluated: when that depends on a value that is known after apply.
    """
    held = list(dict.fromkeys(each for each in types if each is not Simple.ANY))
    if not held:
        return Simple.ANY
    if len(held) == 1 and len(held) == len(set(types)):
        return held[0]
    if Simple.ANY in types and Simple.STRING not in held:
        raise NotEvaluated("the type of null next to other values")
    if Simple.UNKNOWN in held:
        if set(held) <= {Simple.STRING, Simple.UNKNOWN}:
            return Simple.STRING
        raise NotEvaluated("a type is known after apply only")
    if all(each in _PRIMITIVES for each in held):
        if Simple.STRING in held:
            return Simple.STRING
        raise Missing("a number and a bool have no type in common")
    return _unified_parts(held)


def _unified_parts(held: Sequence[Type]) -> Type:
    objects = [each for each in held if isinstance(each, ObjectType)]
    tuples = [each for each in held if isinstance(each, TupleType)]
    of: dict[str, list[Collection]] = {"list": [], "set": [], "map": []}
    for each in held:
        if isinstance(each, Collection):
            of[each.kind].append(each)
    if len(objects) == len(held):
        return _unified_objects(objects)
    if len(tuples) == len(held):
        return _unified_tuples(tuples)
    if of["map"] and len(of["map"]) + len(objects) == len(held):
        fields = [kind for each in objects for _, kind in each.fields]
        return Collection("map", unified([*(each.of for each in of["map"]), *fields]))
    if of["list"] and len(of["list"]) + len(tuples) == len(held):
        items = [kind for each in tuples for kind in each.items]
        return Collection("list", unified([*(each.of for each in of["list"]), *items]))
    if len(of["set"]) == len(held):
        return Collection("set", unified([each.of for each in of["set"]]))
    if of["set"]:
        raise NotEvaluated("a set and a list in one place")
    raise Missing("the types of the values have no type in common")


def _unified_objects(objects: Sequence[ObjectType]) -> Type:
    names = [name for name, _ in objects[0].fields]
    if any([name for name, _ in each.fields] != names for each in objects):
        return Collection("map", unified([kind for each in objects for _, kind in each.fields]))
    columns = zip(*(each.fields for each in objects), strict=True)
    return ObjectType(tuple((column[0][0], unified([kind for _, kind in column])) for column in columns))


def _unified_tuples(tuples: Sequence[TupleType]) -> Type:
    if len({len(each.items) for each in tuples}) > 1:
        return Collection("list", unified([kind for each in tuples for kind in each.items]))
    return TupleType(tuple(unified(column) for column in zip(*(each.items for each in tuples), strict=True)))


def may_be_same(first: Type, second: Type) -> bool:
    """Whether two types are the same, as far as they are known."""
    loose = (Simple.UNKNOWN, Simple.ANY)
    if first in loose or second in loose:
        return True
    match first, second:
        case Collection(), Collection():
            return first.kind == second.kind and may_be_same(first.of, second.of)
        case TupleType(), TupleType():
            return len(first.items) == len(second.items) and all(map(may_be_same, first.items, second.items))
        case ObjectType(), ObjectType():
            mine, theirs = dict(first.fields), dict(second.fields)
            return mine.keys() == theirs.keys() and all(may_be_same(mine[name], theirs[name]) for name in mine)
        case _:
            return first == second


def written(kind: Type) -> str:
    """A type as Terraform writes it: `list(string)`."""
    match kind:
        case Simple():
            return kind.value
        case Collection():
            return f"{kind.kind}({written(kind.of)})"
        case TupleType():
            return f"tuple([{', '.join(map(written, kind.items))}])"
        case ObjectType():
            return f"object({{{', '.join(f'{name} = {written(of)}' for name, of in kind.fields)}}})"
