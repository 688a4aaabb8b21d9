"""The catalogue of what AWS refuses although its service models allow it: one file for each service.

A refusal is a function. It gets the request and the account, and returns AWS's message when AWS refuses the request,
None when it does not. Its docstring says the condition. `README.md` in this folder lists all of them; write it with
`python -m tests.aws.refusals`.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from moto.backends import get_backend

from modules.recorded_calls import CALLS, OF_CHANGES


@dataclass(frozen=True)
class Ask:
    """A request to AWS, and the account that it is for."""

    service: str
    """botocore's name of the service: `elbv2`."""
    operation: str
    """As in AWS's API reference: `CreateListener`."""
    parameters: dict[str, Any]
    """Values by the API's names; what was not sent is not in it."""
    account: str
    region: str

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401  # any value of a request
        """The value of a parameter."""
        return self.parameters.get(name, default)

    def all(self, name: str) -> list[Any]:
        """The values of a parameter that is a list."""
        return list(self.parameters.get(name) or ())

    def backend(self, service: str, region: str = "") -> Any:  # noqa: ANN401  # moto's own types
        """Moto's backend of a service in the account, and in the region where the service has regions.

        `region`: another one than the request's.
        """
        found = cast("Callable[[str], Any]", get_backend)(service)
        in_account: Any = found[self.account]
        region = region or self.region
        return in_account[region] if region in in_account else in_account["aws"]

    @property
    def ec2(self) -> Any:  # noqa: ANN401
        """The backend in which most services look something up."""
        return self.backend("ec2")


Condition = Callable[[Ask], str | None]


@dataclass(frozen=True)
class Refusal:
    """One thing that AWS refuses."""

    service: str
    operations: tuple[str, ...]
    code: str
    """AWS's error code: `ResourceInUse`."""
    source: str
    """Where AWS or its users say so: addresses of pages."""
    condition: Condition

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.condition.__name__

    @property
    def id(self) -> str:
        """A unique name: `elbv2.target_group_in_use`."""
        return f"{self.service}.{self.name}"

    @property
    def about(self) -> str:
        """When AWS refuses, in a sentence."""
        return " ".join((self.condition.__doc__ or "").split())


CATALOGUE: Final[list[Refusal]] = []
"""All refusals, in the order of the files."""

RECORDED: Final = frozenset(
    (service, operation)
    for calls in (CALLS, OF_CHANGES)
    for service, operations in calls.items()
    for operation in operations
)
"""The operations that the roles of the pipeline may call, with their services."""
NOTHING_MORE: Final[dict[str, dict[str, str]]] = {}
"""Operations whose page was read and that have no refusal in the catalogue, by service, with the reason."""


def refusal(service: str, *operations: str, code: str, source: str) -> Callable[[Condition], Refusal]:
    """Enter a function in the catalogue."""

    def entered(condition: Condition) -> Refusal:
        found = Refusal(service, operations, code, source, condition)
        CATALOGUE.append(found)
        return found

    return entered


def one_or_more(value: Any) -> list[Any]:  # noqa: ANN401  # JSON
    """The items of a value that AWS allows to be a single one or a list: of a policy's statements, say."""
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def within(value: Any, *names: str) -> Any:  # noqa: ANN401  # JSON
    """A value deep in a request; None where something on the way to it was not sent."""
    for name in names:
        value = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
    return value


def gone_through() -> set[tuple[str, str]]:
    """The operations that somebody looked up in AWS's API reference, with their services."""
    refused = {(each.service, operation) for each in CATALOGUE for operation in each.operations}
    return refused | {(service, operation) for service, reasons in NOTHING_MORE.items() for operation in reasons}


def nothing_more(service: str, **reasons: str) -> None:
    """Say why operations have no refusal: `DeleteAlarms="an alarm that does not exist is no error"`."""
    NOTHING_MORE.setdefault(service, {}).update(reasons)


for _module in sorted(
    {each.name for each in pkgutil.iter_modules(__path__)} - {"__main__", "_holders", "_tables", "page"}
):
    importlib.import_module(f"{__name__}.{_module}")
