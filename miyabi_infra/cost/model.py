"""What the estimate is made of: charges, what has no known price, and how a resource type is billed.

Three months are estimated at once: the autoscaler at its minimum, a typical month, the autoscaler at its maximum all
the time. Use (traffic, logs, images) is what the overlay assumes, the same in all three.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import fsum
from typing import Final

from environments.sections.usage import SharedUsageSettings, UsageSettings
from miyabi_infra.cost.prices import NotPriced, Price, Prices
from miyabi_infra.stacks import Resource, Stack

Usage = UsageSettings | SharedUsageSettings

COMPONENTS: Final = (
    "Fargate",
    "ALB",
    "NAT",
    "Redis",
    "RDS",
    "CloudFront",
    "Route 53",
    "WAF",
    "CloudWatch",
    "ECR",
    "VPC",
    "Secrets",
    "Transfer",
    "Other",
)
"""The parts of a bill, in the order in which they are shown."""


@dataclass(frozen=True)
class Span:
    """A figure of the three months."""

    minimum: float
    typical: float
    maximum: float

    @classmethod
    def of(cls, figure: float) -> "Span":
        """A figure that is the same in all three."""
        return cls(figure, figure, figure)

    def times(self, factor: float) -> "Span":
        """Each multiplied by a factor."""
        return Span(self.minimum * factor, self.typical * factor, self.maximum * factor)

    @classmethod
    def sum(cls, spans: Sequence["Span"]) -> "Span":
        """All of them together."""
        return cls(
            fsum(span.minimum for span in spans),
            fsum(span.typical for span in spans),
            fsum(span.maximum for span in spans),
        )


@dataclass(frozen=True)
class Charge:
    """Something that AWS bills."""

    component: str
    """The part of the bill: `Fargate`, `NAT`; one of COMPONENTS."""
    item: str
    """What is billed: `2 to 4 tasks of 0.5 vCPU`; `NAT gateway` where `number` says how many."""
    quantity: Span
    """Per month, in the price's unit."""
    price: Price
    discount: float = 0
    """Share by which the price is lower (Fargate Spot): 0 to 1."""
    assumed: bool = False
    """Whether the quantity is an assumption about use, not what a resource says."""
    number: int | None = None
    """How many of the item there are, for items that are counted."""

    @property
    def text(self) -> str:
        """The item, with its number."""
        return self.item if self.number is None else counted(self.number, self.item)

    @property
    def unit_price(self) -> float:
        """US dollars for a unit, after the discount."""
        return self.price.usd * (1 - self.discount)

    @property
    def cost(self) -> Span:
        """US dollars per month."""
        return self.quantity.times(self.unit_price)


@dataclass(frozen=True)
class Unpriced:
    """Something that AWS may bill and that the estimate lacks. It is not free."""

    address: str
    """The resource."""
    component: str
    """The part of the bill that lacks it; `Other` for a type that is not known."""
    reason: str
    """Why: `no price of cache.x9.large`."""


@dataclass(frozen=True)
class Estimate:
    """What an environment costs per month."""

    environment: str
    region: str
    prices: Prices | None
    """None for a region without a table of prices: nothing of it is priced."""
    charges: tuple[Charge, ...]
    unpriced: tuple[Unpriced, ...]
    budget: float | None
    """US dollars that a typical month may cost."""

    @property
    def total(self) -> Span:
        """US dollars per month; at least that much when something is unpriced."""
        return Span.sum([charge.cost for charge in self.charges])

    @cached_property
    def components(self) -> dict[str, Span]:
        """US dollars per month of each component that has a charge, in the order of COMPONENTS."""
        names = dict.fromkeys(charge.component for charge in self.charges)
        return {name: Span.sum([each.cost for each in self.charges if each.component == name]) for name in names}

    @property
    def complete(self) -> bool:
        """Whether everything is priced; if not, the total is at least what is shown."""
        return not self.unpriced

    @cached_property
    def incomplete(self) -> frozenset[str]:
        """The components that lack something."""
        return frozenset(each.component for each in self.unpriced)

    @property
    def over_budget(self) -> float:
        """US dollars by which a typical month is above the budget; 0 within it or without one."""
        return 0 if self.budget is None else max(0, self.total.typical - self.budget)


@dataclass(frozen=True)
class Context:
    """What a pricer knows apart from the resource."""

    stack: Stack
    usage: Usage
    prices: Prices

    @property
    def hours(self) -> int:
        """Hours per month."""
        return self.prices.hours

    @property
    def of_environment(self) -> UsageSettings:
        """Use of an environment."""
        return self.usage if isinstance(self.usage, UsageSettings) else UsageSettings()

    @property
    def of_shared(self) -> SharedUsageSettings:
        """Use of what exists once per account."""
        return self.usage if isinstance(self.usage, SharedUsageSettings) else SharedUsageSettings()


Pricer = Callable[[Resource, Context], Iterator[Charge]]


@dataclass(frozen=True)
class Billed:
    """How the resources of a type are billed."""

    component: str
    pricer: Pricer
    """Yields the charges; raises NotPriced, also after charges that are certain."""
    reads: frozenset[str]
    """Arguments that the pricer takes into account."""
    free: frozenset[str]
    """Arguments that do not change the bill. Any other argument is named as not priced."""


def _nothing(_resource: Resource) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class Free:
    """A type that AWS does not bill."""

    why: str = ""
    """Where it is less than obvious."""
    but: Callable[[Resource], Iterable[str]] = _nothing
    """What of a resource is billed all the same, and has no price here."""


Billing = Mapping[str, Billed | Free]
"""By resource type."""


def counted(number: float, noun: str) -> str:
    """`1 node`, `2 NAT gateways`, `3 public IPv4 addresses of NAT`."""
    head, of, tail = noun.partition(" of ")
    plural = "" if number == 1 else "es" if head.endswith("s") else "s"
    return f"{number:g} {head}{plural}{of}{tail}"


def ranged(span: Span, noun: str) -> str:
    """`2 to 4 tasks`, or `2 tasks` when nothing scales."""
    if span.minimum == span.maximum:
        return counted(span.minimum, noun)
    return f"{span.minimum:g} to {span.maximum:g} {noun}s"


def number(value: object) -> float:
    """A number, also one that Terraform keeps as text.

    Raises:
        NotPriced: for a value that is known after apply only, or is not a number.
    """
    if isinstance(value, bool | int | float):
        return float(value)
    try:
        return float(str(value))
    except ValueError:
        raise NotPriced(f"{value} is not known before apply") from None
