"""Where a part of a value is written."""

from collections.abc import Mapping
from typing import cast

from miyabi_infra.hcl.values import mapping_of, place_of
from miyabi_infra.place import Place


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
                else next((each for each in items if mapping_of(each).get("name") == wanted), None)
            )
            value = found
            place = place_of(value) or place
        elif step and isinstance(value, Mapping):
            held = cast("Mapping[str, object]", value)
            place = place_of(held, step) or place
            value = held.get(step)
            place = place_of(value) or place
    return place
