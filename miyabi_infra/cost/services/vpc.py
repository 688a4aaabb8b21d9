"""VPC: NAT gateways, endpoints, public IPv4 addresses, traffic through NAT and endpoints, flow logs."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.cost.model import Billed, Billing, Charge, Context, Free, Span
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import service_of
from miyabi_infra.text import count


def _nat_gateway(_gateway: Resource, context: Context) -> Iterator[Charge]:
    yield Charge("NAT", "NAT gateway", Span.of(context.hours), context.prices.of("nat.hour"), number=1)


def _elastic_ip(_address: Resource, context: Context) -> Iterator[Charge]:
    item = "public IPv4 address of NAT"
    yield Charge("VPC", item, Span.of(context.hours), context.prices.of("ipv4.hour"), number=1)


def _endpoint(endpoint: Resource, context: Context) -> Iterator[Charge]:
    """An interface endpoint costs by the hour in each zone; a gateway endpoint nothing."""
    if endpoint.get("vpc_endpoint_type", "Gateway") == "Gateway":
        return
    hour, subnets = context.prices.of("endpoint.hour"), endpoint.get("subnet_ids")
    zones = len(subnets) if isinstance(subnets, tuple) else 1
    item = f"endpoint of {service_of(endpoint)} in {count(zones, 'zone')}"
    if context.stack.of_type("aws_nat_gateway"):
        # NAT is there anyway, so only what a GB costs less pays for the hours.
        saved = context.prices.of("nat.gb").usd - context.prices.of("endpoint.gb").usd
        item += f", less than NAT from {zones * context.hours * hour.usd / saved:,.0f} GB a month on"
    yield Charge("VPC", item, Span.of(zones * context.hours), hour)


def _flow_log(flow_log: Resource, context: Context) -> Iterator[Charge]:
    if flow_log.get("log_destination_type") == "s3":
        written, price = context.of_environment.flow_log_gb, context.prices.of("logs.to_s3")
        yield Charge("CloudWatch", f"{written:g} GB of flow logs to S3", Span.of(written), price, assumed=True)


def traffic(context: Context) -> Iterator[Charge]:
    """What passes through the NAT gateways and the interface endpoints of a stack, if it has any."""
    usage = context.of_environment
    if any(each.get("vpc_endpoint_type") == "Interface" for each in context.stack.of_type("aws_vpc_endpoint")):
        item = f"{usage.endpoint_gb:g} GB through endpoints"
        yield Charge("VPC", item, Span.of(usage.endpoint_gb), context.prices.of("endpoint.gb"), assumed=True)
    if context.stack.of_type("aws_nat_gateway"):
        item = f"{usage.nat_gb:g} GB through NAT"
        yield Charge("NAT", item, Span.of(usage.nat_gb), context.prices.of("nat.gb"), assumed=True)


BILLING: Final[Billing] = {
    "aws_egress_only_internet_gateway": Free("what leaves by it is part of usage.internet_out_gb, and pays no NAT"),
    "aws_eip": Billed("VPC", _elastic_ip, reads=frozenset(), free=frozenset({"domain", "tags"})),
    "aws_flow_log": Billed(
        "CloudWatch",
        _flow_log,
        reads=frozenset({"log_destination_type"}),
        free=frozenset(
            {
                "iam_role_arn",
                "log_destination",
                "log_format",
                "max_aggregation_interval",
                "tags",
                "traffic_type",
                "vpc_id",
            }
        ),
    ),
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
    "aws_vpc_endpoint": Billed(
        "VPC",
        _endpoint,
        reads=frozenset({"service_name", "subnet_ids", "vpc_endpoint_type"}),
        free=frozenset({"private_dns_enabled", "route_table_ids", "security_group_ids", "tags", "vpc_id"}),
    ),
    "aws_vpc_security_group_egress_rule": Free(),
    "aws_vpc_security_group_ingress_rule": Free(),
}
