"""What the readers of all services share."""

import re
from collections.abc import Mapping
from typing import Any, cast

from miyabi_infra.aws.world import Compared, World, unordered
from miyabi_infra.stacks import Resource, Value
from miyabi_infra.stacks.platform import leads_to

Json = Mapping[str, Any]


def set_check(argument: str, resource: Resource, world: World, found: Any) -> Compared:  # noqa: ANN401  # a list
    """An argument whose items are in any order."""
    return Compared(argument, unordered(world.value(resource.get(argument))), unordered(found))


def part(answer: Json, key: str) -> Json:
    """A part of an answer that AWS may leave out, or give as null."""
    return answer.get(key) or {}


def belongs(value: Value, resource: Resource, name: str) -> bool:
    """Whether an argument is the name of a resource, or refers to the resource."""
    return value == name or leads_to(value, resource)


def names_of(kind: str, world: World, argument: str = "name") -> set[str]:
    """The names of the generated resources of a type."""
    return {str(world.value(each.get(argument))) for each in world.stack.of_type(kind)}


def block(resource: Resource, name: str) -> Mapping[str, Value]:
    """The first block of a name; empty without one."""
    return next(iter(resource.blocks(name)), cast("Mapping[str, Value]", {}))


def begins_with(prefix: str, name: str) -> bool:
    """Whether Terraform made a name of a prefix: with 26 digits, the first 18 of them a time.

    A name that somebody chose may begin with the prefix, too.
    """
    return re.fullmatch(rf"{re.escape(prefix)}\d{{18}}[0-9a-f]{{8}}", name) is not None
