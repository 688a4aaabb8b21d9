"""The picture of a stack: read from the arguments of its resources, and from `reach`."""

from collections.abc import Iterator, Sequence
from typing import Final

from miyabi_infra.pages.diagram.drawings import bar, cards, name_of, not_drawn, number_of_tasks
from miyabi_infra.pages.diagram.picture import Arrow, Drawn, DrawnSubnet, Picture, TaskRange
from miyabi_infra.reach import Connection, Reach
from miyabi_infra.reach.network import ANY_PORT, Subnet, address_of
from miyabi_infra.stacks import Resource, Stack


def picture(stack: Stack) -> Picture:
    """The picture of a stack."""
    reach = Reach(stack)
    vpc, gateway = _only(stack, "aws_vpc"), _only(stack, "aws_internet_gateway")
    services = stack.of_type("aws_ecs_service")
    nats = {nat.address: Drawn("NAT gateway", name_of(nat)) for nat in stack.of_type("aws_nat_gateway")}
    nat_of = {address_of(nat.get("subnet_id")): nats[nat.address] for nat in stack.of_type("aws_nat_gateway")}
    return Picture(
        environment=stack.environment,
        project=stack.project,
        region=stack.region,
        resources=len(stack.resources),
        vpc=vpc and Drawn("VPC", name_of(vpc), (str(vpc.get("cidr_block")),)),
        gateway=gateway and Drawn("Internet gateway", name_of(gateway)),
        subnets=tuple(_subnet(subnet, nat_of.get(subnet.address)) for subnet in reach.network.subnets.values()),
        nats=nats,
        bars=tuple(bar(stack, node) for node in reach.nodes if node.kind != "endpoint"),
        tasks=number_of_tasks(stack, services[0]) if services else TaskRange(0, 0),
        clients=_clients(reach),
        in_vpc=tuple(cards(stack, "in the VPC")),
        services=(*cards(stack, "outside the VPC"), *not_drawn(stack)),
        arrows=tuple(_arrows(reach.connections)),
    )


def _only(stack: Stack, kind: str) -> Resource | None:
    return next(iter(stack.of_type(kind)), None)


def _subnet(subnet: Subnet, nat: Drawn | None) -> DrawnSubnet:
    return DrawnSubnet(
        subnet.address,
        subnet.zone,
        ", ".join(map(str, subnet.blocks)),
        public=any(subnet.ways_out("aws_internet_gateway", 4)),
        nat=nat,
        way_out=next((route.target for route in subnet.ways_out("aws_nat_gateway", 4)), ""),
    )


def _clients(reach: Reach) -> str:
    """The blocks that the rules of load balancers let in, two of them at most."""
    blocks = dict.fromkeys(
        str(block)
        for node in reach.nodes
        if node.kind == "load balancer"
        for group in node.groups
        for rule in reach.network.rules.get(group, ())
        if rule.direction == "ingress"
        for block in rule.public_blocks
    )
    shown = ["anywhere" if block in ("0.0.0.0/0", "::/0") else block for block in blocks]
    first, more = list(dict.fromkeys(shown))[:_MOST_BLOCKS], len(set(shown)) - _MOST_BLOCKS
    return ", ".join(first) + (f" and {more} more" if more > 0 else "") or "nobody"


_MOST_BLOCKS: Final = 2


def _arrows(connections: Sequence[Connection]) -> Iterator[Arrow]:
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
