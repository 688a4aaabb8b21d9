"""What a picture shows, before anything is placed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from miyabi_infra.stacks.platform import Range
from miyabi_infra.text import count


@dataclass(frozen=True)
class Drawn:
    """Something that is drawn."""

    title: str
    """What it is: `NAT gateway`."""
    name: str
    """Its name: `miyabi-nat-1-dev`."""
    details: tuple[str, ...] = ()
    """A few words each."""
    stands_for: tuple[str, ...] = field(default=(), kw_only=True)
    """What `reach` calls the nodes that a card stands for: ends of arrows."""


@dataclass(frozen=True)
class Bar(Drawn):
    """A node that is spread over subnets, or may be in any of them."""

    reached: str = ""
    """What `reach` calls it: the end of arrows."""
    kind: str = ""
    """`load balancer`, `tasks`, `cache`, `database`; `group` for a security group that no resource uses."""
    subnets: tuple[str, ...] = ()
    """Addresses of the subnets."""


@dataclass(frozen=True)
class DrawnSubnet:
    """A subnet, and what of it is drawn."""

    address: str
    zone: str
    cidr: str
    public: bool
    """Whether an internet gateway serves it."""
    nat: Drawn | None
    """The NAT gateway in it."""
    way_out: str
    """Address of the NAT gateway by which it reaches the internet; empty if it has none."""


@dataclass(frozen=True)
class Arrow:
    """A connection that can be opened, or several between the same two."""

    source: str
    """A bar's `reached`, what a card stands for, or `internet`."""
    target: str
    label: str
    """`TCP 80, 443`, `all ports`."""


@dataclass(frozen=True)
class Picture:
    """What the picture of a stack shows."""

    environment: str
    project: str
    region: str
    resources: int
    vpc: Drawn | None
    gateway: Drawn | None
    subnets: tuple[DrawnSubnet, ...]
    nats: Mapping[str, Drawn]
    """NAT gateways by address."""
    bars: tuple[Bar, ...]
    tasks: Range
    clients: str
    """Which addresses the load balancer lets in."""
    in_vpc: tuple[Drawn, ...]
    """What belongs to the VPC as a whole."""
    services: tuple[Drawn, ...]
    """What is outside the VPC: AWS's regional services, and what belongs to no subnet."""
    arrows: tuple[Arrow, ...]

    @property
    def zones(self) -> tuple[str, ...]:
        """Availability zones, by name."""
        return tuple(sorted({subnet.zone for subnet in self.subnets}))

    def of_kind(self, *kinds: str) -> tuple[Bar, ...]:
        """The bars of some kinds."""
        return tuple(bar for bar in self.bars if bar.kind in kinds)

    @property
    def balancers_above(self) -> tuple[Bar, ...]:
        """The load balancers that are drawn above the tasks: those that have a subnet in the public row."""
        return tuple(bar for bar in self.of_kind("load balancer") if bar not in self.below_tasks)

    @property
    def below_tasks(self) -> tuple[Bar, ...]:
        """What is drawn below the tasks: load balancers in the private row, and what the tasks talk to."""
        private = {subnet.address for subnet in self.subnets if not subnet.public}
        inside = [bar for bar in self.of_kind("load balancer") if bar.subnets and set(bar.subnets) <= private]
        return (*inside, *self.of_kind("cache", "database"))

    @property
    def distributions(self) -> tuple[str, ...]:
        """What `reach` calls the distributions of CloudFront, which stand outside the VPC."""
        return tuple(name for card in self.services for name in card.stands_for)

    def arrow(self, source: str, target: str) -> Arrow | None:
        """The arrow between two, None where no connection can be opened."""
        return next((each for each in self.arrows if (each.source, each.target) == (source, target)), None)


def tasks_text(tasks: Range) -> str:
    """`2 to 4 tasks`."""
    least, most = tasks.minimum, tasks.maximum
    return count(least, "task") if least == most else f"{least} to {most} tasks"


def spread(tasks: Range, zones: int) -> list[Range]:
    """The tasks of each zone, spread as evenly as Fargate tries to."""
    return [
        Range(*(number // zones + (zone < number % zones) for number in (tasks.minimum, tasks.maximum)))
        for zone in range(zones)
    ]
