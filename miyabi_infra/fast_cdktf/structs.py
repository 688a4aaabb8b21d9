"""Structs on their way to the kernel: what they were given is sent, and nothing about the rest.

jsii asks each struct for all its properties, each of which evaluates its type anew, and sends null for what was not
given. The kernel then leaves out what is null. A rule of a web ACL has thirty properties, and is given three.
"""

from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType
from typing import Any, Final, cast

import jsii._kernel

_NAME: Final = "_make_reference_for_native"
_PLAIN: Final = frozenset({str, int, float, bool, NoneType})

Convert = Callable[[Any, Any], Any]


def switch_on() -> None:
    """Have structs sent so from here on; nothing is done where jsii has another form than is expected here."""
    stock: Convert | None = vars(jsii._kernel).get(_NAME)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    if stock is not None:
        setattr(jsii._kernel, _NAME, _shorter(stock))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _shorter(stock: Convert) -> Convert:
    """The conversion of an argument, shorter for structs and what is in them; all else is left to jsii."""

    def convert(kernel: Any, value: Any) -> Any:  # noqa: ANN401  # any argument
        kind = cast("type[Any]", type(value))
        if kind in _PLAIN:
            return value
        if kind is list:
            return [convert(kernel, each) for each in value]
        if kind is dict:
            return {"$jsii.map": {key: convert(kernel, held) for key, held in value.items()}}
        names, given = _names(kind), getattr(value, "_values", None)
        if names is None or given is None or not given.keys() <= names.keys():
            return stock(kernel, value)
        data = {names[name]: convert(kernel, held) for name, held in given.items() if held is not None}
        return {"$jsii.struct": {"fqn": value.__jsii_type__, "data": data}}

    return convert


@cache
def _names(kind: type) -> Mapping[str, str] | None:
    """The names that a struct's properties have in jsii; None for anything else."""
    return getattr(kind, "__jsii_name_mapping__", None)
