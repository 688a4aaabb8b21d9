"""The normal form of an argument: two values that mean the same to AWS are equal in it."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, cast

from miyabi_infra.hcl import provider
from miyabi_infra.hcl.conversion import flag_of, joined, number_of, text_of
from miyabi_infra.hcl.values import Missing, NotEvaluated, Opaque, plain
from miyabi_infra.stacks import Reference, Template

Lookup = Callable[[str, str], object]
"""What an instance's argument is, by address and name; None where it is not configured."""

_ZERO: Final[Mapping[str, object]] = {"string": "", "number": 0, "bool": False}


def canonical(value: object, lookup: Lookup) -> object:
    """A value in which every `id` is the attribute that it is, known where that is configured."""
    match value:
        case Reference(address, "id"):
            kind = type_of(address)
            attribute = provider.ID_IS.get(kind)
            if attribute is None:
                return value
            known = lookup(address, attribute)
            return Reference(address, attribute) if known is None else canonical(known, lookup)
        case Template(parts):
            held = [canonical(part, lookup) for part in parts]
            opaque = next((each for each in held if isinstance(each, Opaque)), None)
            return joined(held) if opaque is None else Opaque(str(value), opaque.why)
        case Mapping():
            held = cast("Mapping[str, object]", value)
            return {key: canonical(each, lookup) for key, each in held.items()}
        case tuple():
            return tuple(canonical(each, lookup) for each in cast("tuple[object, ...]", value))
        case _:
            return value


def type_of(address: str) -> str:
    """The resource type in an address."""
    parts = [part for part in address.split(".") if not part.startswith("module")]
    while parts and not parts[0].startswith("aws_"):
        parts.pop(0)
    return parts[0] if parts else ""


def normal(value: object, kind: Any) -> Any:  # noqa: ANN401, C901, PLR0911  # the types of Terraform, one case each
    """A value of an argument of a type (as the schema writes it), as JSON, in normal form.

    Raises:
        NotEvaluated: when it holds something that is not.
    """
    if isinstance(value, Opaque):
        raise NotEvaluated(value.why)
    if value is None or isinstance(value, Reference):
        return plain(value)
    try:
        match kind:
            case "string":
                return str(text_of(value))
            case "number":
                return plain(value if isinstance(value, Template) else number_of(value))
            case "bool":
                return flag_of(value)
            case ["list", inner]:
                return [normal(each, inner) for each in _items(value)]
            case ["set", inner]:
                return sorted({json.dumps(normal(each, inner), sort_keys=True) for each in _items(value)})
            case ["map", inner]:
                return {key: normal(each, inner) for key, each in _pairs(value) if each is not None}
            case ["object", fields]:
                held = dict(_pairs(value))
                return {
                    name: plain(zero(inner)) if held.get(name) is None else normal(held[name], inner)
                    for name, inner in cast("Mapping[str, Any]", fields).items()
                }
            case _:
                return plain(value)
    except Missing:
        return plain(value)


def zero(kind: Any) -> Any:  # noqa: ANN401  # the empty value of a type
    """The empty value of a type: the provider's older SDK does not distinguish it from an argument that is left out."""
    if isinstance(kind, str):
        return _ZERO.get(kind)
    return {} if kind[0] in ("map", "object") else ()


def _pairs(value: object) -> Iterable[tuple[str, object]]:
    if not isinstance(value, Mapping):
        raise Missing("not a map")
    return cast("Mapping[str, object]", value).items()


def _items(value: object) -> tuple[object, ...]:
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)


# ---- arguments whose text is JSON ------------------------------------------------------------------------------------


def policy(document: Any) -> Any:  # noqa: ANN401  # JSON
    """An IAM policy, in which one item is the same as a list of one, and the order of items has no meaning.

    The order of statements stays, so that people find them again; `in_any_order` ignores it.
    """
    if not isinstance(document, Mapping):
        return document
    held = dict(cast("Mapping[str, Any]", document))
    statements = held.get("Statement", [])
    given = cast("list[Any]", statements) if isinstance(statements, list) else [statements]
    held["Statement"] = [_statement(each) for each in given]
    return held


def in_any_order(document: Any) -> Any:  # noqa: ANN401  # JSON
    """A policy with its statements sorted; anything else unchanged."""
    if not isinstance(document, Mapping) or "Statement" not in document:
        return cast("Any", document)
    held = dict(cast("Mapping[str, Any]", document))
    if isinstance(held["Statement"], list):
        held["Statement"] = sorted(
            cast("list[Any]", held["Statement"]), key=lambda each: json.dumps(each, sort_keys=True)
        )
    return held


def _statement(statement: Any) -> Any:  # noqa: ANN401  # JSON
    if not isinstance(statement, Mapping):
        return statement
    held = dict(cast("Mapping[str, Any]", statement))
    for key in ("Action", "NotAction", "Resource", "NotResource"):
        if key in held:
            held[key] = _sorted(held[key])
    for key in ("Principal", "NotPrincipal"):
        if isinstance(held.get(key), Mapping):
            held[key] = {name: _sorted(each) for name, each in cast("Mapping[str, Any]", held[key]).items()}
    if isinstance(held.get("Condition"), Mapping):
        held["Condition"] = {
            test: {variable: _sorted(each) for variable, each in cast("Mapping[str, Any]", variables).items()}
            if isinstance(variables, Mapping)
            else variables
            for test, variables in cast("Mapping[str, Any]", held["Condition"]).items()
        }
    return {key: each for key, each in held.items() if not (key == "Sid" and each == "")}


def _sorted(value: Any) -> list[Any]:  # noqa: ANN401  # JSON
    items: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
    return sorted(items, key=str)


_CONTAINER_DEFAULTS: Final[Mapping[str, Any]] = {"essential": True, "cpu": 0}


def containers(definitions: Any) -> Any:  # noqa: ANN401  # JSON
    """Container definitions as the provider compares them: without defaults, variables in the order of their names."""
    if not isinstance(definitions, list):
        return definitions
    return [_container(each) for each in cast("list[Any]", definitions)]


def _container(definition: Any) -> Any:  # noqa: ANN401  # JSON
    if not isinstance(definition, Mapping):
        return definition
    held: dict[str, Any] = {}
    for key, given in cast("Mapping[str, Any]", definition).items():
        value = _without_nulls(given)
        if value in (None, [], {}) or _CONTAINER_DEFAULTS.get(key) == value:
            continue
        if key in ("environment", "secrets") and isinstance(value, list):
            held[key] = sorted(cast("list[Any]", value), key=str)
        elif key == "portMappings" and isinstance(value, list):
            held[key] = [_port_mapping(each) for each in cast("list[Any]", value)]
        else:
            held[key] = value
    return held


def _without_nulls(value: Any) -> Any:  # noqa: ANN401  # JSON
    """A value without keys that are null: the provider reads JSON into structures, and null as what is left out."""
    if isinstance(value, Mapping):
        held = cast("Mapping[str, Any]", value)
        return {key: _without_nulls(each) for key, each in held.items() if each is not None}
    return [_without_nulls(each) for each in cast("list[Any]", value)] if isinstance(value, list) else value


def _port_mapping(mapping: Any) -> Any:  # noqa: ANN401  # JSON
    """A port without the protocol tcp and without a host port that is the container's: both are what awsvpc does."""
    if not isinstance(mapping, Mapping):
        return mapping
    held = cast("Mapping[str, Any]", mapping)
    left_out = {"protocol": ("tcp",), "hostPort": (0, held.get("containerPort"))}
    return {key: value for key, value in held.items() if value not in left_out.get(key, ())}
