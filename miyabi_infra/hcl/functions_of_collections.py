"""Functions of lists, sets, maps and numbers."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import chain, product
from typing import Final, cast

from miyabi_infra.hcl.conversion import converted, equal, flag_of, integer_of, number_of, set_of
from miyabi_infra.hcl.functions_of_strings import graphemes, text
from miyabi_infra.hcl.numbers import fraction, of_fraction
from miyabi_infra.hcl.types import Collection, Simple, Type, type_of, unified
from miyabi_infra.hcl.values import (
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
    is_text_attribute,
    known,
    place_of,
)
from miyabi_infra.place import Place
from miyabi_infra.stacks import Reference, Template

_ANY_LIST: Final = Collection("list", Simple.ANY)
_STRINGS: Final = Collection("list", Simple.STRING)


def _refuse_unknown(value: object) -> None:
    if isinstance(value, Reference | Template | Opaque | UnknownJson):
        known(value)


def _items(value: object) -> tuple[object, ...]:
    """The items of a list, a set or a tuple."""
    if isinstance(value, tuple):
        if isinstance(value, TypedSet) and len(value) > 1:
            known(value, "the order of a set")
        return cast("tuple[object, ...]", value)
    _refuse_unknown(value)
    raise Missing("the value is not a list")


def _list(value: object, kind: Type = _ANY_LIST) -> TypedList:
    """A value where Terraform demands a list: a tuple's items get the type that they have in common."""
    _items(value)
    found = converted(value, kind)
    assert isinstance(found, TypedList)
    return found


def _set(value: object) -> TypedSet:
    _refuse_unknown(value)
    found = converted(value, Collection("set", Simple.ANY))
    if not isinstance(found, TypedSet):
        raise Missing("the value is not a set")
    known(found)
    return found


def _map(value: object) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value)
    _refuse_unknown(value)
    raise Missing("the value is not a map")


def _like(value: object, items: Sequence[object]) -> tuple[object, ...]:
    """Items as a list where a value is one, else as a tuple."""
    return TypedList(items, value.of) if isinstance(value, TypedList) else tuple(items)


# ---- lists -----------------------------------------------------------------------------------------------------------


def _length(value: object) -> int:
    if isinstance(value, str | Template | Reference | Opaque | UnknownJson):
        return len(graphemes(text(value)))
    if isinstance(value, Mapping):
        return len(cast("Mapping[str, object]", value))
    if isinstance(value, TypedSet):
        return len(_items(value))
    return len(_items(value))


def _concat(first: object, *rest: object) -> tuple[object, ...]:
    lists = (first, *rest)
    if any(isinstance(each, TypedSet) for each in lists):
        raise NotEvaluated("concat of a set")
    items = list(chain.from_iterable(map(_items, lists)))
    if all(isinstance(each, TypedList) for each in lists):
        try:
            return _list(tuple(items), unified([type_of(each) for each in lists]))
        except Missing:
            return tuple(items)
    return tuple(items)


def _compact(items: object) -> tuple[object, ...]:
    held = _list(items, _STRINGS)
    for each in held:
        if not (isinstance(each, Reference) and is_never_empty(each)):
            known(each, "whether an item is empty")
    return TypedList([each for each in held if each is not None and each != ""], Simple.STRING)


def _element(items: object, index: object) -> object:
    if isinstance(items, TypedSet):
        raise Missing("element of a set")
    held, at = _items(items), integer_of(index)
    if not held:
        raise Missing("an item of an empty list")
    if at < 0:
        raise NotEvaluated("a negative index")
    return held[at % len(held)]


def _flatten(items: object) -> tuple[object, ...]:
    flat: list[object] = []
    for item in _items(items):
        if isinstance(item, Opaque) or (isinstance(item, Reference) and not is_text_attribute(item)):
            known(item, "whether an item is a list")
        flat += _flatten(cast("object", item)) if isinstance(item, tuple) else [item]
    return tuple(flat)


def _contains(items: object, value: object) -> bool:
    held = _items(items)
    known(held, "a list")
    known(value)
    if value is None:
        raise Missing("contains needs a value that is not null")
    return any(
        (each is None and value is None) or (each is not None and value is not None and equal(each, value))
        for each in held
    )


def _distinct(items: object) -> tuple[object, ...]:
    held = _list(items)
    if len(held) > 1:
        known(held, "whether items are equal")
    kept: list[object] = []
    for item in held:
        if not any(_same(item, other) for other in kept):
            kept.append(item)
    return TypedList(kept, held.of)


def _same(first: object, second: object) -> bool:
    if first is None or second is None:
        return first is second
    return equal(first, second)


def _coalesce(*values: object) -> object:
    return coalesce(unified([type_of(value) for value in values]), values)


def coalesce(kind: Type, values: Sequence[object]) -> object:
    """The first value that is neither null nor empty, converted to a type.

    Raises:
        NotEvaluated: when it is known after apply whether a value is empty.
        Missing: when all are null or empty.
    """
    for value in values:
        if isinstance(value, Opaque):
            raise NotEvaluated(value.why)
        if value is None or value == "":
            continue
        if (
            isinstance(value, Reference | Template)
            and not (isinstance(value, Reference) and is_never_empty(value))
            and value is not values[-1]
        ):
            known(value, "whether a value is empty")
        return converted(value, kind)
    raise Missing("all arguments are null or empty")


def _coalescelist(*lists: object) -> object:
    if not lists:
        raise Missing("no arguments")
    if any(isinstance(each, TypedSet) for each in lists):
        raise Missing("coalescelist of a set")
    for each in lists:
        if each is not None and _items(each):
            kinds = [type_of(other) for other in lists]
            if all(kind == kinds[0] for kind in kinds) or not isinstance(each, TypedList):
                return each
            raise NotEvaluated("coalescelist of lists of different types")
    raise Missing("all lists are empty")


def _one(items: object) -> object:
    if items is None:
        raise NotEvaluated("one of null")
    held = _items(items)
    if len(held) > 1:
        raise Missing(f"one item is needed, there are {len(held)}")
    return held[0] if held else None


def _index(items: object, value: object) -> int:
    held = _items(items)
    if isinstance(items, TypedSet):
        raise Missing("index of a set")
    known(held)
    known(value)
    if value is None:
        raise NotEvaluated("the index of null")
    for at, each in enumerate(held):
        if _same(each, value):
            return at
    raise Missing(f"{value} is not in the list")


def _range(*limits: object) -> TypedList:
    if not 1 <= len(limits) <= 3:  # noqa: PLR2004
        raise Missing("range has one to three arguments")
    numbers = [fraction(number_of(each)) for each in limits]
    start, limit = (Fraction(0), numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
    step = numbers[2] if len(numbers) > 2 else Fraction(1 if limit >= start else -1)  # noqa: PLR2004
    if step == 0 or (limit - start) * step < 0:
        raise Missing("the step leads away from the limit")
    count = -((start - limit) // step) if (limit - start) % step == 0 else (limit - start) // step + 1
    if count > 1024:  # noqa: PLR2004  # Terraform's limit
        raise Missing("more than 1024 items")
    return TypedList([of_fraction(start + step * at) for at in range(int(count))], Simple.NUMBER)


def _reverse(items: object) -> tuple[object, ...]:
    if isinstance(items, TypedSet):
        raise NotEvaluated("reverse of a set")
    return _like(items, _items(items)[::-1])


def _slice(items: object, start: object, end: object) -> tuple[object, ...]:
    if isinstance(items, TypedSet):
        raise Missing("slice of a set")
    held, first, last = _items(items), integer_of(start), integer_of(end)
    if not 0 <= first <= last <= len(held):
        raise Missing("a slice beyond the ends of a list")
    return _like(items, held[first:last])


def _chunklist(items: object, size: object) -> TypedList:
    held, many = _list(items), integer_of(size)
    if many < 0:
        raise Missing("a negative size")
    of = Collection("list", cast("Type", held.of))
    if not held:
        return TypedList((), of)
    many = many or len(held)
    return TypedList([TypedList(held[at : at + many], held.of) for at in range(0, len(held), many)], of)


def _sort(items: object) -> TypedList:
    held = _list(items, _STRINGS)
    known(held, "the order of a list")
    if None in held:
        raise Missing("sort of null")
    return TypedList(sorted((str(each) for each in held), key=str.encode), Simple.STRING)


def _sum(items: object) -> int | float:
    held = _items(items)
    if not held:
        raise Missing("the sum of an empty list")
    total = Fraction(0)
    for each in held:
        if isinstance(each, str):
            raise NotEvaluated("the sum of strings")
        total += fraction(number_of(each))
    return of_fraction(total)


def _all(items: object) -> bool:
    held = _list(items, Collection("list", Simple.BOOL))
    if any(each is False for each in held):
        return False
    return all(_flag(each) for each in held)


def _any(items: object) -> bool:
    held = _list(items, Collection("list", Simple.BOOL))
    if any(each is True for each in held):
        return True
    return any(_flag(each) for each in held)


def _flag(value: object) -> bool:
    if value is None:
        return False
    return flag_of(value)


def _matchkeys(values: object, keys: object, wanted: object) -> TypedList:
    first, second, third = _list(values), _list(keys), _list(wanted)
    known((second, third))
    if len(first) != len(second):
        raise Missing("values and keys differ in number")
    kind = unified([cast("Type", second.of), cast("Type", third.of)])
    sought = [converted(each, kind) for each in third]
    kept = [
        one for one, key in zip(first, second, strict=True) if any(_same(converted(key, kind), each) for each in sought)
    ]
    return TypedList(kept, first.of)


# ---- sets ------------------------------------------------------------------------------------------------------------


def _sets(sets: Sequence[object]) -> tuple[list[TypedSet], Type]:
    held = [_set(each) for each in sets]
    if not held:
        raise Missing("no sets")
    kind = unified([cast("Type", each.of) for each in held if each] or [cast("Type", held[0].of)])
    return [set_of([converted(item, kind) for item in each], kind) for each in held], kind


def _setunion(*sets: object) -> TypedSet:
    held, kind = _sets(sets)
    return set_of(chain.from_iterable(held), kind)


def _setintersection(*sets: object) -> TypedSet:
    held, kind = _sets(sets)
    return set_of(
        [each for each in held[0] if all(any(_same(each, item) for item in other) for other in held[1:])], kind
    )


def _setsubtract(first: object, second: object) -> TypedSet:
    (one, other), kind = _sets((first, second))
    return set_of([each for each in one if not any(_same(each, item) for item in other)], kind)


def _setproduct(*sets: object) -> object:
    if len(sets) < 2:  # noqa: PLR2004
        raise Missing("setproduct needs two sets")
    if any(isinstance(each, TypedSet) for each in sets):
        raise NotEvaluated("setproduct of sets")
    lists = [_list(each) for each in sets]
    return TypedList([tuple(each) for each in product(*lists)], Simple.UNKNOWN)


# ---- maps ------------------------------------------------------------------------------------------------------------


def _merge(*maps: object) -> Mapping[str, object]:
    """The maps in one, which still knows where each key is written."""
    merged: dict[str, object] = {}
    places: dict[str, Place] = {}
    held = [_map(each) for each in maps if each is not None]
    for each in held:
        merged |= each
        places |= {key: place for key in each if (place := place_of(each, key)) is not None}
    values = cast("dict[str, Value]", merged)
    if held and len(held) == len(maps) and all(isinstance(each, TypedMap) for each in held):
        kinds = {cast("Type", each.of) for each in held if isinstance(each, TypedMap)}
        if len(kinds) == 1:
            return TypedMap(values, kinds.pop(), Located(next(iter(places.values()), None), places, {}))
    return Located(next(iter(places.values()), None), places, values)


def _lookup(mapping: object, key: object, *default: object) -> object:
    held, name = _map(mapping), text(key)
    if len(default) > 1:
        raise Missing("lookup has two or three arguments")
    if default and isinstance(mapping, TypedMap):
        default = (converted(default[0], cast("Type", mapping.of)),)  # it is an error even where it is not used
    if name in held:
        return held[name]
    if not default:
        raise Missing(f"no key {name}")
    return default[0]


def _keys(mapping: object) -> tuple[object, ...]:
    names = sorted(_map(mapping), key=str.encode)
    return TypedList(names, Simple.STRING) if isinstance(mapping, TypedMap) else tuple(names)


def _values(mapping: object) -> tuple[object, ...]:
    held = _map(mapping)
    items = [held[key] for key in sorted(held, key=str.encode)]
    return TypedList(items, mapping.of) if isinstance(mapping, TypedMap) else tuple(items)


def _zipmap(keys: object, values: object) -> Mapping[str, object]:
    if isinstance(values, TypedSet):
        raise Missing("zipmap with a set of values")
    first, second = _list(keys, _STRINGS), _items(values)
    if len(first) != len(second):
        raise Missing("keys and values differ in number")
    found = {text(key): cast("Value", value) for key, value in zip(first, second, strict=True)}
    return TypedMap(found, values.of) if isinstance(values, TypedList) else found


def _transpose(mapping: object) -> TypedMap:
    of = Collection("list", Simple.STRING)
    held = converted(mapping, Collection("map", of))
    known(held)
    found: dict[str, list[str]] = {}
    for key in sorted(_map(held), key=str.encode):
        for each in _items(_map(held)[key]):
            found.setdefault(text(each), []).append(key)
    return TypedMap({key: TypedList(found[key], Simple.STRING) for key in found}, of)


# ---- numbers and conversions -----------------------------------------------------------------------------------------


def _extreme(choose: Callable[[Sequence[Fraction]], Fraction]) -> Callable[..., object]:
    def function(*values: object) -> object:
        if not values:
            raise Missing("no numbers")
        return of_fraction(choose([fraction(number_of(each)) for each in values]))

    return function


def _pow(base: object, power: object) -> int | float:
    one, other = fraction(number_of(base)), fraction(number_of(power))
    if other.denominator != 1 or not 0 <= other <= 64 or one.denominator != 1 or abs(one) ** int(other) > 2**53:  # noqa: PLR2004
        raise NotEvaluated("a power that is not a small integer")
    return of_fraction(one ** int(other))


def _signum(value: object) -> int:
    number = number_of(value)
    if number != int(number) or abs(number) >= 1 << 62:
        raise NotEvaluated("signum of a number that is not a small integer")
    return (number > 0) - (number < 0)


def _to(kind: Type) -> Callable[[object], object]:
    def function(value: object) -> object:
        if not isinstance(kind, Simple):
            _refuse_unknown(value)
        elif isinstance(value, Reference | Template | Opaque) and kind is not Simple.STRING:
            known(value)
        return converted(value, kind)

    return function


def _unchanged(value: object) -> object:
    return value


_OF_ONE: Final[Mapping[str, Callable[[object], object]]] = {
    "abs": lambda value: of_fraction(abs(fraction(number_of(value)))),
    "ceil": lambda value: int(-(-fraction(number_of(value)) // 1)),
    "floor": lambda value: int(fraction(number_of(value)) // 1),
}
FUNCTIONS: Final[Mapping[str, Callable[..., object]]] = {
    **_OF_ONE,
    "alltrue": _all,
    "anytrue": _any,
    "chunklist": _chunklist,
    "coalesce": _coalesce,
    "coalescelist": _coalescelist,
    "compact": _compact,
    "concat": _concat,
    "contains": _contains,
    "distinct": _distinct,
    "element": _element,
    "flatten": _flatten,
    "index": _index,
    "keys": _keys,
    "length": _length,
    "lookup": _lookup,
    "matchkeys": _matchkeys,
    "max": _extreme(max),
    "merge": _merge,
    "min": _extreme(min),
    "nonsensitive": _unchanged,
    "one": _one,
    "pow": _pow,
    "range": _range,
    "reverse": _reverse,
    "sensitive": _unchanged,
    "setintersection": _setintersection,
    "setproduct": _setproduct,
    "setsubtract": _setsubtract,
    "setunion": _setunion,
    "signum": _signum,
    "slice": _slice,
    "sort": _sort,
    "sum": _sum,
    "tobool": _to(Simple.BOOL),
    "tolist": _to(_ANY_LIST),
    "tomap": _to(Collection("map", Simple.ANY)),
    "tonumber": _to(Simple.NUMBER),
    "toset": _to(Collection("set", Simple.ANY)),
    "tostring": _to(Simple.STRING),
    "transpose": _transpose,
    "values": _values,
    "zipmap": _zipmap,
}
