"""VPC: NAT gateways, public IPv4 addresses, traffic through NAT."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.cost.model import Billed, Billing, Charge, Context, Free, Span
from miyabi_infra.stacks import Resource


def _nat_gateway(_gateway: Resource, context: Context) -> Iterator[Charge]:
    yield Charge("NAT", "NAT gateway", Span.of(context.hours), context.prices.of("nat.hour"), number=1)


def _elastic_ip(_address: Resource, context: Context) -> Iterator[Charge]:
    item = "public IPv4 address of NAT"
    yield Charge("VPC", item, Span.of(context.hours), context.prices.of("ipv4.hour"), number=1)


def traffic(context: Context) -> Iterator[Charge]:
    """What passes through the NAT gateways of a stack, if it has any."""
    usage = context.of_environment
    if context.stack.of_type("aws_nat_gateway"):
        item = f"{usage.nat_gb:g} GB through NAT"
        yield Charge("NAT", item, Span.of(usage.nat_gb), context.prices.of("nat.gb"), assumed=True)


BILLING: Final[Billing] = {
    "aws_eip": Billed("VPC", _elastic_ip, reads=frozenset(), free=frozenset({"domain", "tags"})),
    "aws_internet_gateway": Free(),
    "aws_nat_gateway": Billed(
        "NAT",
        _nat_gateway,
        reads=frozenset(),
        free=frozenset({"allocation_id", "connectivity_type", "subnet_id", "tags"}),
    ),
    "aws_network_acl": Free(),
    "aws_network_acl_rule": Free(),
    "aws_route": Free(),
    "aws_route_table": Free(),
    "aws_route_table_association": Free(),
    "aws_security_group": Free(),
    "aws_security_group_rule": Free(),
    "aws_subnet": Free(),
    "aws_vpc": Free(),
    "aws_vpc_security_group_egress_rule": Free(),
    "aws_vpc_security_group_ingress_rule": Free(),
}
