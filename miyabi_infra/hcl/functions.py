"""Terraform's functions, by name. A function that is not in FUNCTIONS is not evaluated.

https://developer.hashicorp.com/terraform/language/functions. Those that depend on time, chance or files are missing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

from miyabi_infra.hcl import functions_of_collections, functions_of_strings
from miyabi_infra.hcl.values import Missing, NotEvaluated, Value

FUNCTIONS: Final[Mapping[str, Callable[..., object]]] = {
    **functions_of_collections.FUNCTIONS,
    **functions_of_strings.FUNCTIONS,
}


def call(name: str, arguments: Sequence[object]) -> Value:
    """The result of a function.

    Raises:
        NotEvaluated: for a function that is not supported, or an argument that is not known before apply.
        Missing: where Terraform reports an error.
    """
    function = FUNCTIONS.get(name.removeprefix("core::"))
    if function is None:
        raise NotEvaluated(f"the function {name} is not supported")
    try:
        return cast("Value", function(*arguments))
    except (TypeError, ValueError, OverflowError) as error:
        raise Missing(f"{name} does not accept these arguments") from error
