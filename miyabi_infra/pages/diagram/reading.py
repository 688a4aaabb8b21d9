"""The picture of a stack: read from the arguments of its resources, and from `reach`."""

from collections.abc import Iterable, Iterator
from typing import Final

from miyabi_infra.pages.diagram.drawings import bar, cards, not_drawn
from miyabi_infra.pages.diagram.picture import Arrow, Drawn, DrawnSubnet, Picture
from miyabi_infra.reach import Connection, Reach
from miyabi_infra.reach.network import ANY_PORT, Subnet
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.platform import Platform, Range, address_of, display_name


def picture(stack: Stack) -> Picture:
    """The picture of a stack."""
    reach, platform = Reach(stack), Platform(stack)
    vpc, gateway, service = platform.vpc, platform.first("aws_internet_gateway"), platform.service
    nats = {nat.address: Drawn("NAT gateway", display_name(nat)) for nat in platform.nat_gateways}
    nat_of = {address_of(nat.get("subnet_id")): nats[nat.address] for nat in platform.nat_gateways}
    return Picture(
        environment=stack.environment,
        project=stack.project,
        region=stack.region,
        resources=len(stack.resources),
        vpc=vpc and Drawn("VPC", display_name(vpc), (str(vpc.get("cidr_block")),)),
        gateway=gateway and Drawn("Internet gateway", display_name(gateway)),
        subnets=tuple(_subnet(subnet, nat_of.get(subnet.address)) for subnet in reach.network.subnets.values()),
        nats=nats,
        bars=tuple(bar(platform, node) for node in reach.nodes if node.kind not in _CARDS),
        tasks=platform.tasks(service) if service else Range(0, 0),
        clients=_clients(reach),
        in_vpc=tuple(cards(platform, "in the VPC", reach.nodes)),
        services=(*cards(platform, "outside the VPC", reach.nodes), *not_drawn(platform)),
        arrows=tuple(_arrows(reach.connections)),
    )


def _subnet(subnet: Subnet, nat: Drawn | None) -> DrawnSubnet:
    return DrawnSubnet(
        subnet.address,
        subnet.zone,
        ", ".join([*map(str, subnet.blocks), *(["IPv6"] if subnet.has_ipv6 else [])]),
        public=any(subnet.ways_out("aws_internet_gateway", 4)),
        nat=nat,
        way_out=next((route.target for route in subnet.ways_out("aws_nat_gateway", 4)), ""),
    )


_CARDS: Final = ("endpoint", "cdn")
"""Kinds of nodes that are cards, and no bars."""


def _clients(reach: Reach) -> str:
    """Who asks: the blocks that the rules of load balancers let in, two at most, and whoever a distribution answers."""
    blocks = dict.fromkeys(
        block
        for node in reach.nodes
        if node.kind == "load balancer" and node.facing
        for group in node.groups
        for rule in reach.network.rules.get(group, ())
        if rule.direction == "ingress"
        for block in map(str, rule.public_blocks)
    )
    shown = dict.fromkeys("anywhere" if block in ("0.0.0.0/0", "::/0") else block for block in blocks)
    if "anywhere" not in shown and any(node.kind == "cdn" and node.facing for node in reach.nodes):
        shown = dict.fromkeys(("anywhere through CloudFront", *shown))
    first, more = list(shown)[:_MOST_BLOCKS], len(shown) - _MOST_BLOCKS
    return ", ".join(first) + (f" and {more} more" if more > 0 else "") or "nobody"


_MOST_BLOCKS: Final = 2


def _arrows(connections: Iterable[Connection]) -> Iterator[Arrow]:
    ports: dict[tuple[str, str], dict[str, list[str]]] = {}
    for each in connections:
        by_protocol = ports.setdefault((each.source, each.target), {})
        by_protocol.setdefault(each.protocol, []).append(_port(each.ports))
    for (source, target), by_protocol in ports.items():
        labels = [
            "all ports" if protocol == "all" else f"{protocol.upper()} {', '.join(found)}"
            for protocol, found in by_protocol.items()
        ]
        yield Arrow(source, target, ", ".join(labels))


def _port(ports: tuple[int, int]) -> str:
    first, last = ports
    if ports == ANY_PORT:
        return "all ports"
    return f"{first}" if first == last else f"{first}-{last}"
