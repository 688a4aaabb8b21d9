"""Terraform's functions, those that modules of platform teams use. Any other is named and not evaluated."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from itertools import chain
from typing import Final, cast

from miyabi_infra.hcl.values import (
    Located,
    Missing,
    NotEvaluated,
    Opaque,
    Value,
    flag_of,
    is_never_empty,
    joined,
    known,
    number_of,
    place_of,
    plain,
    text_of,
)
from miyabi_infra.place import Place
from miyabi_infra.stacks import Reference, Template


def call(name: str, arguments: Sequence[object]) -> Value:
    """The result of a function.

    Raises:
        NotEvaluated: for one that is not known here, or an argument that is not known before apply.
        Missing: where Terraform would report an error.
    """
    function = FUNCTIONS.get(name.removeprefix("core::"))
    if function is None:
        raise NotEvaluated(f"the function {name} is not known here")
    try:
        return cast("Value", function(*arguments))
    except (TypeError, ValueError) as error:
        raise Missing(f"{name} is called with arguments that it does not take") from error


# ---- what is taken for which kind of value ---------------------------------------------------------------------------


def _items(value: object) -> tuple[object, ...]:
    """The items of a list or a set; of a mapping its values."""
    if isinstance(value, Mapping):
        return tuple(cast("Mapping[str, object]", value).values())
    if isinstance(value, tuple):
        return cast("tuple[object, ...]", value)
    _refuse_unknown(value)
    raise Missing("a value that is no list")


def _mapping(value: object) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value)
    _refuse_unknown(value)
    raise Missing("a value that is no mapping")


def _text(value: object) -> str:
    text = text_of(value)
    if not isinstance(text, str):
        raise NotEvaluated(f"a text is known after apply only: {text}")
    return text


def _refuse_unknown(value: object) -> None:
    if isinstance(value, Reference | Template | Opaque):
        known(value)


def _integer(value: object) -> int:
    number = number_of(value)
    if number != int(number):
        raise Missing(f"{number} is no whole number")
    return int(number)


# ---- collections -----------------------------------------------------------------------------------------------------


def _length(value: object) -> int:
    if isinstance(value, str | Template | Reference | Opaque):
        return len(_text(value))
    return len(_items(value))


def _concat(*lists: object) -> tuple[object, ...]:
    return tuple(chain.from_iterable(map(_items, lists)))


def _merge(*mappings: object) -> Mapping[str, object]:
    """The mappings in one, which still knows where each key is written."""
    merged: dict[str, object] = {}
    places: dict[str, Place] = {}
    for mapping in mappings:
        held: Mapping[str, object] = {} if mapping is None else _mapping(mapping)
        merged |= held
        places |= {key: place for key in held if (place := place_of(mapping, key)) is not None}
    return Located(next(iter(places.values())), places, cast("dict[str, Value]", merged)) if places else merged


def _compact(items: object) -> tuple[object, ...]:
    held = _items(items)
    for each in held:
        if not (isinstance(each, Reference) and is_never_empty(each)):
            known(each, "whether an item is empty")
    return tuple(each for each in held if each is not None and each != "")


def _lookup(mapping: object, key: object, *default: object) -> object:
    held = _mapping(mapping)
    if _text(key) in held:
        return held[_text(key)]
    if default:
        return default[0]
    raise Missing(f"no key {key}")


def _element(items: object, index: object) -> object:
    held = _items(items)
    if not held:
        raise Missing("an item of an empty list")
    return held[_integer(index) % len(held)]


def _flatten(items: object) -> tuple[object, ...]:
    flat: list[object] = []
    for item in _items(items):
        flat += _flatten(cast("object", item)) if isinstance(item, tuple) else [item]
    return tuple(flat)


def _contains(items: object, value: object) -> bool:
    held = _items(items)
    known(held, "a list")
    known(value)
    return any(plain(each) == plain(value) for each in held)


def _distinct(items: object) -> tuple[object, ...]:
    kept: list[object] = []
    for item in _items(items):
        if item not in kept:
            kept.append(item)
    return tuple(kept)


def _toset(items: object) -> tuple[object, ...]:
    held = _distinct(items)
    return tuple(sorted(held, key=str)) if all(isinstance(each, str) for each in held) else held


def _coalesce(*values: object) -> object:
    for value in values:
        _refuse_opaque(value)
        if value is not None and value != "":
            return value
    raise Missing("all of what coalesce is given are null or empty")


def _refuse_opaque(value: object) -> None:
    if isinstance(value, Opaque):
        raise NotEvaluated(value.why)


def _coalescelist(*lists: object) -> tuple[object, ...]:
    for each in lists:
        if _items(each):
            return _items(each)
    raise Missing("all lists are empty")


def _one(items: object) -> object:
    held = _items(items)
    if len(held) > 1:
        raise Missing(f"one item is asked for, there are {len(held)}")
    return held[0] if held else None


def _zipmap(keys: object, values: object) -> dict[str, object]:
    first, second = _items(keys), _items(values)
    if len(first) != len(second):
        raise Missing("keys and values differ in number")
    return dict(zip(map(_text, first), second, strict=True))


def _index(items: object, value: object) -> int:
    held = [plain(each) for each in _items(items)]
    if plain(value) not in held:
        raise Missing(f"{value} is not in the list")
    return held.index(plain(value))


def _range(*limits: object) -> tuple[int, ...]:
    return tuple(range(*map(_integer, limits)))


def _slice(items: object, start: object, end: object) -> tuple[object, ...]:
    held = _items(items)
    if not 0 <= _integer(start) <= _integer(end) <= len(held):
        raise Missing("a slice beyond the ends of a list")
    return held[_integer(start) : _integer(end)]


def _sum(items: object) -> int | float:
    return sum(map(number_of, _items(items)))


def _keys(mapping: object) -> tuple[str, ...]:
    return tuple(sorted(_mapping(mapping)))


def _values(mapping: object) -> tuple[object, ...]:
    held = _mapping(mapping)
    return tuple(held[key] for key in sorted(held))


# ---- texts -----------------------------------------------------------------------------------------------------------


def _format(pattern: object, *values: object) -> object:
    """`format` with the verbs %s, %d, %v and %q, which have no width."""
    parts: list[object] = []
    rest, given = _text(pattern), list(values)
    while "%" in rest:
        before, _, rest = rest.partition("%")
        verb, rest = rest[:1], rest[1:]
        parts.append(before)
        if verb == "%":
            parts.append("%")
            continue
        if verb not in ("s", "d", "v", "q") or not given:
            raise NotEvaluated(f"format with the verb %{verb}")
        value = given.pop(0)
        parts.append(json.dumps(_text(value)) if verb == "q" else value)
    return joined([*parts, rest])


def _join(separator: object, *lists: object) -> object:
    items = [item for each in lists for item in _items(each)]
    mark = _text(separator)
    return joined([piece for index, item in enumerate(items) for piece in ((mark, item) if index else (item,))])


def _replace(text: object, old: object, new: object) -> str:
    searched = _text(old)
    if len(searched) > 1 and searched.startswith("/") and searched.endswith("/"):
        raise NotEvaluated("replace with a regular expression")
    return _text(text).replace(searched, _text(new))


def _split(separator: object, text: object) -> tuple[str, ...]:
    return tuple(_text(text).split(_text(separator)))


def _substr(text: object, start: object, length: object) -> str:
    held, at, many = _text(text), _integer(start), _integer(length)
    at = max(len(held) + at, 0) if at < 0 else at
    return held[at:] if many < 0 else held[at : at + many]


def _jsondecode(text: object) -> object:
    if isinstance(text, Mapping | tuple):
        return cast("object", text)  # what jsonencode made
    try:
        return _frozen(json.loads(_text(text)))
    except ValueError as error:
        raise Missing(f"{text!r} is no JSON") from error


def _frozen(data: object) -> object:
    if isinstance(data, dict):
        return {key: _frozen(held) for key, held in cast("dict[str, object]", data).items()}
    if isinstance(data, list):
        return tuple(_frozen(held) for held in cast("list[object]", data))
    return data


# ---- addresses -------------------------------------------------------------------------------------------------------


def _cidrsubnet(prefix: object, bits: object, number: object) -> str:
    try:
        network = ip_network(_text(prefix), strict=False)
        length = network.prefixlen + _integer(bits)
        size = 1 << (network.max_prefixlen - length)
        begin = int(network.network_address) + _integer(number) * size
        subnet = ip_network((begin, length))
    except ValueError as error:
        raise Missing(f"{error}") from error
    if int(subnet.network_address) > int(network.broadcast_address):
        raise Missing(f"{prefix} has no subnet {number} of that size")
    return str(subnet)


def _cidrsubnets(prefix: object, *bits: object) -> tuple[str, ...]:
    sizes = set(map(_integer, bits))
    if len(sizes) > 1:
        raise NotEvaluated("cidrsubnets with sizes that differ")
    return tuple(_cidrsubnet(prefix, each, index) for index, each in enumerate(bits))


def _cidrhost(prefix: object, number: object) -> str:
    try:
        return str(ip_network(_text(prefix), strict=False)[_integer(number)])
    except (ValueError, IndexError) as error:
        raise Missing(f"{prefix} has no host {number}") from error


def _max(*values: object) -> int | float:
    return max(map(number_of, values))


def _min(*values: object) -> int | float:
    return min(map(number_of, values))


_OF_ONE: Final[Mapping[str, Callable[[object], object]]] = {
    "abs": lambda value: abs(number_of(value)),
    "base64encode": lambda text: base64.b64encode(_text(text).encode()).decode(),
    "ceil": lambda value: -int(-number_of(value) // 1),
    "compact": _compact,
    "distinct": _distinct,
    "flatten": _flatten,
    "floor": lambda value: int(number_of(value) // 1),
    "jsondecode": _jsondecode,
    "jsonencode": lambda value: value,
    "keys": _keys,
    "length": _length,
    "lower": lambda text: _text(text).lower(),
    "nonsensitive": lambda value: value,
    "one": _one,
    "reverse": lambda items: tuple(reversed(_items(items))),
    "sensitive": lambda value: value,
    "sort": lambda items: tuple(sorted(map(_text, _items(items)))),
    "sum": _sum,
    "title": lambda text: _text(text).title(),
    "tobool": lambda value: None if value is None else flag_of(value),
    "tolist": _items,
    "tomap": _mapping,
    "tonumber": lambda value: None if value is None else number_of(value),
    "toset": _toset,
    "tostring": lambda value: None if value is None else text_of(value),
    "trimspace": lambda text: _text(text).strip(),
    "upper": lambda text: _text(text).upper(),
    "values": _values,
}
_OF_TWO: Final[Mapping[str, Callable[[object, object], object]]] = {
    "cidrhost": _cidrhost,
    "contains": _contains,
    "element": _element,
    "endswith": lambda text, end: _text(text).endswith(_text(end)),
    "index": _index,
    "split": _split,
    "startswith": lambda text, begin: _text(text).startswith(_text(begin)),
    "trim": lambda text, signs: _text(text).strip(_text(signs)),
    "trimprefix": lambda text, prefix: _text(text).removeprefix(_text(prefix)),
    "trimsuffix": lambda text, suffix: _text(text).removesuffix(_text(suffix)),
    "zipmap": _zipmap,
}
_OF_MORE: Final[Mapping[str, Callable[..., object]]] = {
    "cidrsubnet": _cidrsubnet,
    "cidrsubnets": _cidrsubnets,
    "coalesce": _coalesce,
    "coalescelist": _coalescelist,
    "concat": _concat,
    "format": _format,
    "join": _join,
    "lookup": _lookup,
    "max": _max,
    "merge": _merge,
    "min": _min,
    "range": _range,
    "replace": _replace,
    "slice": _slice,
    "substr": _substr,
}
FUNCTIONS: Final[Mapping[str, Callable[..., object]]] = {**_OF_ONE, **_OF_TWO, **_OF_MORE}
