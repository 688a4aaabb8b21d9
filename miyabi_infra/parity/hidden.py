"""Values that cannot be evaluated, inside a value that can be compared."""

from collections.abc import Mapping
from typing import Any, cast

from miyabi_infra.hcl.values import Opaque


class Hidden:
    """Replaces values that cannot be evaluated by marks, so that the rest can be compared."""

    def __init__(self) -> None:
        self._values: list[Opaque] = []

    def hide(self, value: object) -> object:
        """A value with marks for its parts that cannot be evaluated."""
        if isinstance(value, Opaque):
            self._values.append(value)
            return f"\0{len(self._values) - 1}\0"
        if isinstance(value, Mapping):
            return {key: self.hide(held) for key, held in cast("Mapping[str, object]", value).items()}
        if isinstance(value, tuple):
            return tuple(self.hide(held) for held in cast("tuple[object, ...]", value))
        return value

    def shown(self, value: Any) -> tuple[Any, str]:  # noqa: ANN401  # JSON, or ABSENT
        """A value with the expressions instead of marks, and why they cannot be evaluated; no reason without marks."""
        reasons: list[str] = []

        def show(held: Any) -> Any:  # noqa: ANN401  # JSON
            if isinstance(held, str):
                for number, opaque in enumerate(self._values):
                    mark = f"\0{number}\0"
                    if mark in held:
                        reasons.append(opaque.why)
                        held = held.replace(mark, opaque.text)
                return held
            if isinstance(held, Mapping):
                return {key: show(each) for key, each in cast("Mapping[str, Any]", held).items()}
            return [show(each) for each in cast("list[Any]", held)] if isinstance(held, list) else held

        return show(value), "; ".join(dict.fromkeys(reasons))
