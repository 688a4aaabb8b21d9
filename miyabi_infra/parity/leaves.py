"""Where two values of JSON differ, and where what differs is written."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from miyabi_infra.hcl.values import place_of
from miyabi_infra.place import Place
from miyabi_infra.stacks.compare import ABSENT


def leaves(first: Any, second: Any, at: str) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401  # JSON
    """Where two values of JSON differ: keys of mappings, items of lists by their name or their position."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        mine, theirs = cast("Mapping[str, Any]", first), cast("Mapping[str, Any]", second)
        for key in sorted(mine.keys() | theirs.keys()):
            yield from leaves(mine.get(key, ABSENT), theirs.get(key, ABSENT), f"{at}.{key}")
    elif isinstance(first, list) and isinstance(second, list):
        yield from _items(cast("list[Any]", first), cast("list[Any]", second), at)
    elif first != second or isinstance(first, bool) != isinstance(second, bool):
        yield at, first, second


def _items(first: list[Any], second: list[Any], at: str) -> Iterator[tuple[str, Any, Any]]:
    mine, theirs = _named(first), _named(second)
    if mine is not None and theirs is not None:
        for name in sorted(mine.keys() | theirs.keys()):
            yield from leaves(mine.get(name, ABSENT), theirs.get(name, ABSENT), f"{at}[{name}]")
    elif len(first) == len(second) and any(isinstance(each, Mapping) for each in first):
        for index, (one, other) in enumerate(zip(first, second, strict=True)):
            yield from leaves(one, other, f"{at}[{index}]")
    elif first != second:
        yield at, first, second


def _named(items: list[Any]) -> dict[str, Any] | None:
    if not items or not all(isinstance(_mapping(item).get("name"), str) for item in items):
        return None
    found = {item["name"]: {key: held for key, held in item.items() if key != "name"} for item in items}
    return found if len(found) == len(items) else None


def deep_place(value: object, path: str) -> Place | None:
    """Where the innermost mapping or key on a path is written."""
    place = place_of(value)
    for step in path.replace("[", ".[").split("."):
        if step.startswith("[") and isinstance(value, tuple):
            items = cast("tuple[object, ...]", value)
            wanted = step[1:-1]
            index = int(wanted) if wanted.isdecimal() and int(wanted) < len(items) else None
            found = (
                items[index]
                if index is not None
                else next((each for each in items if _mapping(each).get("name") == wanted), None)
            )
            value = found
            place = place_of(value) or place
        elif step and isinstance(value, Mapping):
            held = cast("Mapping[str, object]", value)
            place = place_of(held, step) or place
            value = held.get(step)
            place = place_of(value) or place
    return place


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
