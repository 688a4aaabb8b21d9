"""The defaults of optional fields in the type of a variable: `optional(number, 1)`."""

from collections.abc import Mapping
from typing import Protocol, cast

from miyabi_infra.hcl.syntax import Call, Constant, Expression, ListOf, ObjectOf
from miyabi_infra.hcl.values import Located, TypedMap, Value


class Evaluates(Protocol):
    """What evaluates a default."""

    def result(self, expression: Expression, bindings: Mapping[str, object]) -> object:
        """What an expression yields."""
        ...


def with_defaults(value: object, kind: Expression, evaluator: Evaluates) -> object:
    """A value with the defaults of the fields that are missing or null, at any depth.

    Raises:
        NotEvaluated, Missing: when a default cannot be evaluated.
    """
    match kind:
        case Call("list" | "set", (item,)) if isinstance(value, tuple):
            items = cast("tuple[object, ...]", value)
            held = tuple(with_defaults(each, item, evaluator) for each in items)
            return items if held == items else held
        case Call("map", (item,)) if isinstance(value, Mapping):
            fields = cast("Mapping[str, object]", value)
            return _with(fields, {key: with_defaults(each, item, evaluator) for key, each in fields.items()})
        case Call("tuple", (ListOf(kinds),)) if isinstance(value, tuple) and len(kinds) == len(
            cast("tuple[object, ...]", value)
        ):
            pairs = zip(cast("tuple[object, ...]", value), kinds, strict=True)
            return tuple(with_defaults(each, inner, evaluator) for each, inner in pairs)
        case Call("object", (ObjectOf() as declared,)) if isinstance(value, Mapping):
            return _object(cast("Mapping[str, object]", value), declared, evaluator)
        case _:
            return cast("object", value)


def _object(value: Mapping[str, object], fields: ObjectOf, evaluator: Evaluates) -> Mapping[str, object]:
    items = dict(value)
    for field in fields.items:
        name = field.key.value if isinstance(field.key, Constant) else None
        if not isinstance(name, str):
            continue
        kind = field.value
        match kind:
            case Call("optional", (inner, default)):
                kind = inner
                if items.get(name) is None:
                    items[name] = evaluator.result(default, {})
            case Call("optional", (inner,)):
                kind = inner
            case _:
                pass
        if items.get(name) is not None:
            items[name] = with_defaults(items[name], kind, evaluator)
    return _with(value, items)


def _with(value: Mapping[str, object], items: Mapping[str, object]) -> Mapping[str, object]:
    held = cast("Mapping[str, Value]", items)
    if isinstance(value, TypedMap):
        return TypedMap(held, value.of, value)
    return Located(value.place, value.places, held) if isinstance(value, Located) else held
