"""What the readers of all services share."""

import json
from collections.abc import Mapping
from typing import Any, cast

from miyabi_infra.aws.world import Compared, World, unordered
from miyabi_infra.stacks import Reference, Resource

Json = Mapping[str, Any]


def leads_to(value: object, resource: Resource) -> bool:
    """Whether a generated value is a reference to a resource."""
    return isinstance(value, Reference) and value.address == resource.address


def set_check(argument: str, resource: Resource, world: World, found: Any) -> Compared:  # noqa: ANN401  # a list
    """An argument whose items are in any order."""
    return Compared(argument, unordered(world.value(resource.get(argument))), unordered(found))


def policy(document: Any) -> Any:  # noqa: ANN401  # JSON
    """A policy in one form: AWS takes a single item for a list of one, and lists in any order."""
    if isinstance(document, str):
        document = json.loads(document)
    return _canonical(document)


def _canonical(document: Any) -> Any:  # noqa: ANN401  # JSON
    if isinstance(document, Mapping):
        return {key: _canonical(held) for key, held in cast("Json", document).items() if held is not None}
    if isinstance(document, list):
        items = [_canonical(held) for held in cast("list[Any]", document)]
        return items[0] if len(items) == 1 else sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return document
