"""What AWS's own service models forbid: a request that lacks a required member, or a value that its shape excludes.

AWS publishes a model of each service; botocore ships them. AWS's front ends check each request against the same model,
so a request that breaks it is refused before the service looks at anything. botocore itself checks a part of it on the
client's side; the Terraform provider checks less, and moto almost nothing.
"""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

NOT_CHECKED: Final = {
    ("ec2", "ResourceType"),  # AWS accepts types of tagged resources before a published model has them
    ("ecs", "SettingName"),  # the model's text has dualStackIPv6, its list of values has not
}
"""Shapes, by service and name, whose constraints AWS itself does not apply."""

_CLASSES: Final = (
    (r"\uD800\uDC00-\uDBFF\uDFFF", "\U00010000-\U0010ffff"),  # Java writes characters beyond the first plane so
    (r"\p{Print}", r"[\x20-\x7e]"),
    (r"\p{ASCII}", r"[\x00-\x7f]"),
    (r"\p{Zs}", r"\s"),
    (r"\p{Z}", r"\s"),
    (r"\p{L}", r"\w"),
    (r"\p{M}", r"\w"),
    (r"\p{N}", r"\w"),
    (r"\p{P}", r"!-/:-@\[-`{-~"),
    (r"\p{S}", r"$+<->^`|~"),
    (r"\w-", r"\w\-"),
)
"""Character classes of Java's regular expressions, and what Python has instead."""


def violations(service: str, shape: Shape | None, parameters: Mapping[str, Any]) -> list[str]:
    """What is wrong with a request's parameters, each as AWS words it: `Value '…' at '…' failed to satisfy …`.

    Args:
        service: botocore's name of the service: `elbv2`.
        shape: The operation's input, None where it has none.
        parameters: Values by the model's member names.
    """
    return [] if shape is None else list(_of(service, shape, parameters, ""))


def message(found: Sequence[str]) -> str:
    """AWS's message for violations of a model."""
    errors = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {errors} detected: {'; '.join(found)}"


def _of(service: str, shape: Shape, value: Any, path: str) -> Iterator[str]:  # noqa: ANN401  # any value of a request
    if (service, shape.name) in NOT_CHECKED or value is None:
        return
    if isinstance(shape, StructureShape):
        yield from _of_structure(service, shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _size(shape, value, path, "length")
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _of(service, cast("Shape", shape.member), item, f"{path}.{index + 1}.member")
    elif isinstance(shape, MapShape):
        yield from _size(shape, value, path, "length")
        for key, item in cast("dict[str, Any]", value).items():
            yield from _of(service, cast("Shape", shape.key), key, f"{path}.key")
            yield from _of(service, cast("Shape", shape.value), item, f"{path}.{key}.member")
    elif isinstance(shape, StringShape):
        yield from _of_string(shape, value, path)
    elif str(cast("Any", shape).type_name) in {"integer", "long", "float", "double"}:
        yield from _size(shape, value, path, "value")


def _of_structure(service: str, shape: StructureShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    if cast("Any", shape).is_document_type:
        return
    for name in cast("list[str]", shape.required_members):
        if value.get(name) is None:
            yield f"Value null at '{_member(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, member in cast("dict[str, Shape]", shape.members).items():
        yield from _of(service, member, value.get(name), _member(path, name))


def _member(path: str, name: str) -> str:
    own = name[0].lower() + name[1:]
    return f"{path}.{own}" if path else own


def _of_string(shape: StringShape, value: str, path: str) -> Iterator[str]:
    allowed = cast("list[str]", shape.enum)
    if allowed and value not in allowed:
        yield _failed(value, path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    yield from _size(shape, value, path, "length")
    pattern = _metadata(shape).get("pattern")
    if pattern and not compiled(pattern).fullmatch(value):
        yield _failed(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _size(shape: Shape, value: Any, path: str, what: str) -> Iterator[str]:  # noqa: ANN401
    found = value if what == "value" else len(value)
    least, most = _metadata(shape).get("min"), _metadata(shape).get("max")
    if least is not None and found < least:
        yield _failed(value, path, f"Member must have {what} greater than or equal to {least}")
    if most is not None and found > most:
        yield _failed(value, path, f"Member must have {what} less than or equal to {most}")


def _metadata(shape: Shape) -> dict[str, Any]:
    return cast("Any", shape).metadata


def _failed(value: object, path: str, constraint: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


@functools.cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of a model as one of Python, which has other names for classes of characters."""
    for java, python in _CLASSES:
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
