"""What the readers of all services share."""

from collections.abc import Mapping
from typing import Any

from miyabi_infra.aws.world import Compared, World, unordered
from miyabi_infra.stacks import Resource

Json = Mapping[str, Any]


def set_check(argument: str, resource: Resource, world: World, found: Any) -> Compared:  # noqa: ANN401  # a list
    """An argument whose items are in any order."""
    return Compared(argument, unordered(world.value(resource.get(argument))), unordered(found))
