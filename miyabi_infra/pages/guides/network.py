"""What the guides say about the network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from miyabi_infra.pages.guides.needed import needed
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.platform import Platform, address_of, display_name, service_of, text


@dataclass(frozen=True)
class SubnetRow:
    """A row of the table of subnets."""

    name: str
    zone: str
    cidr: str
    public: bool


@dataclass(frozen=True)
class NatGateway:
    """A NAT gateway."""

    name: str
    zone: str


@dataclass(frozen=True)
class Network:
    """The VPC with its subnets, gateways and security groups. Names are AWS's own."""

    vpc: str
    cidr: str
    zones: Sequence[str]
    subnets: Sequence[SubnetRow]
    nats: Sequence[NatGateway]
    security_groups: Mapping[str, str]
    """Name of the security group by its label: alb, ecs, rds, redis."""
    endpoints: Sequence[str]
    """Services with an endpoint: `ecr.api`."""
    flow_logs: str
    """Where flow logs go: the name of a log group, or the address of a folder in a bucket; empty for none."""
    dual_stack: bool
    """Whether what is in the subnets can have IPv6 addresses."""

    @property
    def single_nat(self) -> bool:
        """Whether zones share a NAT gateway."""
        return 0 < len(self.nats) < len(self.zones)


def network(stack: Stack) -> Network:
    """The network of an environment.

    Raises:
        StackError: when the stack is not one of an environment.
    """
    platform = Platform(stack)
    vpc = needed(stack, platform.vpc, "aws_vpc")
    subnets = {
        each.address: SubnetRow(
            display_name(each), text(each.get("availability_zone")), text(each.get("cidr_block")), each.name == "public"
        )
        for each in stack.of_type("aws_subnet")
    }
    return Network(
        vpc=display_name(vpc),
        cidr=text(vpc.get("cidr_block")),
        zones=platform.zones,
        subnets=tuple(subnets.values()),
        nats=[
            NatGateway(display_name(each), subnets[address_of(each.get("subnet_id"))].zone)
            for each in platform.nat_gateways
        ],
        security_groups={each.name: text(each.get("name")) for each in stack.of_type("aws_security_group")},
        endpoints=[service_of(each) for each in stack.of_type("aws_vpc_endpoint")],
        flow_logs=_flow_logs(stack),
        dual_stack=any(each.get("ipv6_cidr_block") is not None for each in stack.of_type("aws_subnet")),
    )


def _flow_logs(stack: Stack) -> str:
    for each in stack.of_type("aws_flow_log"):
        place = stack.find(address_of(each.get("log_destination")))
        if place is not None:
            bucket = place.type == "aws_s3_bucket"
            return f"s3://{text(place.get('bucket'))}/AWSLogs" if bucket else text(place.get("name"))
    return ""
