"""How wide a picture is, and where its columns are: one for each availability zone, lanes for arrows next to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from miyabi_infra.pages.diagram.picture import Bar, Drawn, DrawnSubnet, Picture
from miyabi_infra.pages.diagram.scene import text_width

MARGIN: Final = 24
PAD: Final = 20
"""Within the VPC."""
INSET: Final = 12
"""From a zone to its subnets, from a subnet to what is in it, and between cards."""
ZONE_GAP: Final = 16
BAR_PAD: Final = 16
LANE: Final = 2 * INSET + 24
"""From a zone's left edge to the first lane of arrows."""
LANES_APART: Final = 100
"""From one lane to the next, with room for the port between them."""
CDN_LANE: Final = 3 * INSET
"""From the box of the internet to the lane that leads from a distribution to the gateway."""
RIGHT_LANE: Final = 46
CARD: Final = 172
"""Least width of a card."""
CHIP_PAD: Final = 9

SMALL: Final = 12.0
NORMAL: Final = 13.0
LARGE: Final = 20.0


@dataclass(frozen=True)
class Columns:
    """Widths and positions from left to right."""

    zone: float
    """Width of a zone."""
    whole: float
    """Width of all between the margins."""
    internet: float
    """Width of the box of the internet; 0 where there is no VPC."""
    nat: float
    """Width of a NAT gateway."""

    def left(self, zone: int) -> float:
        """Left edge of a zone."""
        return MARGIN + PAD + zone * (self.zone + ZONE_GAP)

    @property
    def right(self) -> float:
        """Right edge of the VPC."""
        return MARGIN + self.whole

    def lane(self, number: int = 0) -> float:
        """A lane of arrows, from the left."""
        return self.left(0) + LANE + number * LANES_APART

    @property
    def cdn_lane(self) -> float:
        """The lane from a distribution, whose card is the first next to the internet, to the gateway."""
        return MARGIN + self.internet + CDN_LANE

    @property
    def right_lane(self) -> float:
        """The lane to the right of the zones, from NAT gateways outward."""
        return self.right - PAD - INSET


def columns(picture: Picture) -> Columns:
    """The narrowest columns in which everything has room."""
    number = len(picture.zones)
    nat = max((_node(subnet.nat) + 24 for subnet in picture.subnets if subnet.nat), default=0.0)
    internet = max(PAD + LANE + LANES_APART + 76, wide(clients(picture), SMALL) + 2 * BAR_PAD) if picture.vpc else 0.0
    needed = [
        internet + INSET + 2 * CARD + 3 * INSET,
        wide(title(picture), LARGE, bold=True),
    ]
    if picture.vpc:
        lanes = internet + CDN_LANE + LANES_APART if picture.distributions else PAD + LANE + 2 * LANES_APART
        needed.append(wide(heading(picture.vpc), NORMAL, bold=True) + 2 * lanes)
    if not number:
        return Columns(0, max(needed), internet, nat)
    around = PAD + (RIGHT_LANE if nat else PAD) + (number - 1) * ZONE_GAP
    zone = max(*_zone_needs(picture, nat), (max(needed) - around) / number)
    return Columns(zone, number * zone + around, internet, nat)


def _zone_needs(picture: Picture, nat: float) -> Sequence[float]:
    number = len(picture.zones)
    beside_lane = 2 * (LANE + 12)
    needs = [wide(zone, NORMAL, bold=True) + beside_lane for zone in picture.zones]
    needs += [wide(subnet_title(subnet), NORMAL) + beside_lane for subnet in picture.subnets]
    needs += [wide(way_out(picture, subnet), SMALL) + beside_lane for subnet in picture.subnets]
    needs.append(LANE + LANES_APART + nat + 2 * INSET)
    lanes = len(picture.below_tasks) + bool(picture.of_kind("group"))
    needs.append(LANE + lanes * LANES_APART + INSET)
    for bar in picture.bars:
        aside = lanes * LANES_APART if bar in picture.below_tasks else 0
        needed = max(wide(bar.title, NORMAL, bold=True) + 10 + wide(bar.name, SMALL), *map(chip, bar.details), 0)
        needs.append((needed + 2 * BAR_PAD + 4 * INSET + aside - (number - 1) * ZONE_GAP) / number)
    return needs


def _node(node: Drawn | None) -> float:
    return max(wide(node.title, NORMAL, bold=True), wide(node.name, SMALL)) if node else 0


def chip(fact: str) -> float:
    """Width of a fact on a bar."""
    return wide(fact, SMALL) + 2 * CHIP_PAD


def wide(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a text."""
    return text_width(text, size, bold=bold)


# ---- texts whose widths matter ---------------------------------------------------------------------------------------


def title(picture: Picture) -> str:
    """`miyabi · dev`."""
    return f"{picture.project} · {picture.environment}"


def heading(vpc: Drawn) -> str:
    """`VPC miyabi-vpc-dev 10.0.0.0/16`."""
    return " ".join((vpc.title, vpc.name, *vpc.details))


def subnet_title(subnet: DrawnSubnet) -> str:
    """`Public subnet 10.0.1.0/24`."""
    return f"{'Public' if subnet.public else 'Private'} subnet {subnet.cidr}"


def way_out(picture: Picture, subnet: DrawnSubnet) -> str:
    """`outbound through miyabi-nat-1-dev`."""
    if subnet.public:
        return ""
    nat = picture.nats.get(subnet.way_out)
    return f"outbound through {nat.name}" if nat else "no route to the internet"


def clients(picture: Picture) -> str:
    """`clients from anywhere`."""
    return f"clients from {picture.clients}"


def lies_over(bar: Bar, subnets: Sequence[DrawnSubnet], zones: Sequence[str]) -> tuple[int, int]:
    """The first and the last zone that a bar lies over; all where its subnets are not known."""
    found = sorted(zones.index(subnet.zone) for subnet in subnets if subnet.address in bar.subnets)
    return (found[0], found[-1]) if found else (0, len(zones) - 1)
