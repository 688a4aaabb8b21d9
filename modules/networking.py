"""networking: the VPC, its public and private subnets, the NAT gateways, and the routes."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import combinations
from typing import Annotated, ClassVar, Final, Literal

from cdktf import TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_aws.egress_only_internet_gateway import EgressOnlyInternetGateway
from cdktf_cdktf_provider_aws.eip import Eip
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.nat_gateway import NatGateway
from cdktf_cdktf_provider_aws.route import Route
from cdktf_cdktf_provider_aws.route_table import RouteTable
from cdktf_cdktf_provider_aws.route_table_association import RouteTableAssociation
from cdktf_cdktf_provider_aws.subnet import Subnet
from cdktf_cdktf_provider_aws.vpc import Vpc
from pydantic import Field

from modules.base import Module, every, item, item_or_null
from modules.platform import Platform
from modules.regions import zones_of
from modules.settings import AwsCidr, Settings, Strings, Violation, rule

RESERVED_ADDRESSES = 5
"""Addresses that AWS reserves in every subnet (VPC user guide, "Subnet CIDR blocks")."""

SMALLEST_ALB_PREFIX = 27
"""Of a subnet with a load balancer (Elastic Load Balancing user guide, "Subnets for your load balancer")."""
_SUBNET_BITS: Final = 8
"""Bits by which the block of a subnet, a /64, is longer than that of Amazon's of the VPC, a /56."""
_FIRST_PRIVATE: Final = 128
"""Number of the /64 of the first private subnet. A zone more gives no subnet another one."""
_UNUSABLE = tuple(map(IPv4Network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")))


class NetworkingSettings(Settings):
    """Address ranges and zones of the VPC, and the route from private subnets to the internet."""

    vpc_cidr: AwsCidr
    """IPv4 CIDR block of the VPC, /16 to /28. A change replaces the VPC and everything in it
    (VPC user guide, "Subnet CIDR blocks")."""

    availability_zones: Strings
    """Availability zones by name; subnet i is in zone i. At least two, as an ALB requires."""

    public_subnet_cidrs: Annotated[tuple[AwsCidr, ...], Field(strict=False)]
    """IPv4 CIDR blocks of the public subnets (ALB and NAT), one per zone, /16 to /27
    (VPC user guide, "Subnet CIDR blocks")."""

    private_subnet_cidrs: Annotated[tuple[AwsCidr, ...], Field(strict=False)]
    """IPv4 CIDR blocks of the private subnets (tasks, cache, an internal load balancer), one per zone, /16 to /28
    (VPC user guide, "Subnet CIDR blocks")."""

    enable_nat_gateway: bool = True
    """Whether private subnets reach the internet through NAT gateways. Without NAT, tasks reach only what
    `endpoints` leads to: images need ecr.api, ecr.dkr and s3, logs need logs."""

    single_nat_gateway: bool = False
    """Whether all zones share one NAT gateway. It is cheaper, but if its zone fails, no private subnet reaches the
    internet. Default: one per zone."""

    ipv6: Literal["none", "vpc-only", "dual-stack"] = "none"
    """What has IPv6 addresses beside those of IPv4. `dual-stack`: the VPC has a block of Amazon's, a /56, and each
    subnet a /64 of it; public subnets reach the internet and are reached through the internet gateway, private ones
    only reach it, past NAT, through an egress-only internet gateway. `vpc-only`: only the VPC has its block, which is
    the step back from `dual-stack`: AWS takes no block that a subnet uses (VPC user guide, "Add IPv6 support for your
    VPC"; EC2 API, `DisassociateVpcCidrBlock`)."""

    @property
    def dual_stack(self) -> bool:
        """Whether what is in the subnets can have IPv6 addresses."""
        return self.ipv6 == "dual-stack"

    @property
    def nat_gateway_count(self) -> int:
        """Number of NAT gateways: none, one, or one per zone."""
        if not self.enable_nat_gateway:
            return 0
        return 1 if self.single_nat_gateway else len(self.availability_zones)

    @property
    def private_route_table_count(self) -> int:
        """Number of private route tables: one with a single NAT gateway, otherwise one per zone."""
        return 1 if self.single_nat_gateway else len(self.availability_zones)

    @property
    def free_private_addresses(self) -> int:
        """Number of addresses for tasks and cache nodes in all private subnets."""
        return sum(IPv4Network(cidr).num_addresses - RESERVED_ADDRESSES for cidr in self.private_subnet_cidrs)

    def _subnets(self) -> Iterator[tuple[tuple[str, int], IPv4Network]]:
        for kind in ("public_subnet_cidrs", "private_subnet_cidrs"):
            for index, cidr in enumerate(getattr(self, kind)):
                yield (kind, index), IPv4Network(cidr)

    @rule("vpc_cidr")
    def vpc_block_is_usable(self, _platform: Platform) -> Iterator[Violation]:
        """AWS refuses a VPC in loopback, link-local, multicast and reserved address space."""
        for unusable in _UNUSABLE:
            if IPv4Network(self.vpc_cidr).overlaps(unusable):
                allowed = "a private block (RFC 1918), such as 10.0.0.0/16"
                yield Violation(
                    "vpc_cidr", self.vpc_cidr, f"is in {unusable}, which AWS does not allow for a VPC", allowed
                )

    @rule("vpc_cidr", "public_subnet_cidrs", "private_subnet_cidrs")
    def subnets_lie_in_the_vpc(self, _platform: Platform) -> Iterator[Violation]:
        """The CIDR block of a subnet is part of its VPC's."""
        for key, subnet in self._subnets():
            if not subnet.subnet_of(IPv4Network(self.vpc_cidr)):
                yield Violation(key, str(subnet), "is outside the VPC", f"a part of vpc_cidr, {self.vpc_cidr}")

    @rule("public_subnet_cidrs", "private_subnet_cidrs")
    def subnets_do_not_overlap(self, _platform: Platform) -> Iterator[Violation]:
        """AWS refuses a subnet that overlaps another one."""
        for ((kind, index), first), (key, subnet) in combinations(self._subnets(), 2):
            if subnet.overlaps(first):
                yield Violation(
                    key, str(subnet), f"overlaps {kind}[{index}], {first}", "a block that overlaps no other subnet"
                )

    @rule("public_subnet_cidrs")
    def public_subnets_are_large_enough_for_an_alb(self, _platform: Platform) -> Iterator[Violation]:
        """An ALB needs subnets of /27 or larger, with eight free addresses each."""
        for index, cidr in enumerate(self.public_subnet_cidrs):
            if IPv4Network(cidr).prefixlen > SMALLEST_ALB_PREFIX:
                yield Violation(("public_subnet_cidrs", index), cidr, "is too small for an ALB", "/27 or larger")

    @rule("availability_zones", "region", compares=True)
    def zones_are_of_the_region(self, platform: Platform) -> Iterator[Violation]:
        """The name of a zone is the name of its region and a letter."""
        zones = zones_of(platform.region)
        for index, zone in enumerate(self.availability_zones):
            if zone.strip() and zone not in zones:  # an empty one is told by its type
                allowed = ", ".join(zones)
                yield Violation(("availability_zones", index), zone, f"is not a zone of {platform.region}", allowed)

    @rule("availability_zones", compares=True)
    def zones_are_two_or_more_and_differ(self, _platform: Platform) -> Iterator[Violation]:
        """An ALB needs subnets in at least two zones, and accepts one subnet per zone."""
        if len(set(self.availability_zones)) < len(self.availability_zones):
            yield Violation(
                "availability_zones", list(self.availability_zones), "contains a zone twice", "each zone once"
            )
        if len(self.availability_zones) < 2:  # noqa: PLR2004  # the rule's own number
            yield Violation(
                "availability_zones", list(self.availability_zones), "contains too few zones", "two or more"
            )

    @rule("availability_zones", "public_subnet_cidrs", "private_subnet_cidrs")
    def subnets_are_as_many_as_zones(self, _platform: Platform) -> Iterator[Violation]:
        """Subnet i is in zone i and uses route table i."""
        zones = len(self.availability_zones)
        for key in ("public_subnet_cidrs", "private_subnet_cidrs"):
            cidrs: tuple[str, ...] = getattr(self, key)
            if zones and len(cidrs) != zones:
                problem = f"has {len(cidrs)} subnet{'s' * (len(cidrs) != 1)} for {zones} availability_zones"
                yield Violation(key, list(cidrs), problem, f"{zones} subnet{'s' * (zones != 1)}, one per zone")


class NetworkingModule(Module):
    """A VPC with a public and a private subnet in each of several zones."""

    folder: ClassVar[str] = "networking"

    def __init__(self, scope: TerraformStack, *, platform: Platform, settings: NetworkingSettings) -> None:
        super().__init__(scope)
        body, name = self.body, platform.name
        zones = len(settings.availability_zones)
        availability_zones = self.local("availability_zones", list(settings.availability_zones))
        public_subnet_cidrs = self.local("public_subnet_cidrs", list(settings.public_subnet_cidrs))
        private_subnet_cidrs = self.local("private_subnet_cidrs", list(settings.private_subnet_cidrs))

        dual_stack = settings.dual_stack
        vpc = Vpc(
            body,
            "aws_vpc.main",
            cidr_block=settings.vpc_cidr,
            assign_generated_ipv6_cidr_block=settings.ipv6 != "none" or None,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={"Name": name("vpc")},
        )
        vpc_id = vpc.id

        internet_gateway = InternetGateway(body, "aws_internet_gateway.main", vpc_id=vpc_id, tags={"Name": name("igw")})

        # AWS refuses to delete a subnet that something uses: what uses it must change to its successor before.
        replaced_first = TerraformResourceLifecycle(create_before_destroy=True)
        public_subnet = Subnet(
            body,
            "aws_subnet.public",
            count=zones,
            vpc_id=vpc_id,
            cidr_block=f"${{{public_subnet_cidrs}[count.index]}}",
            ipv6_cidr_block=_ipv6_block("count.index") if dual_stack else None,
            availability_zone=f"${{{availability_zones}[count.index]}}",
            map_public_ip_on_launch=True,
            lifecycle=replaced_first,
            tags={"Name": name("public-subnet-${count.index + 1}"), "Type": "public"},
        )
        private_subnet = Subnet(
            body,
            "aws_subnet.private",
            count=zones,
            vpc_id=vpc_id,
            cidr_block=f"${{{private_subnet_cidrs}[count.index]}}",
            ipv6_cidr_block=_ipv6_block(f"{_FIRST_PRIVATE} + count.index") if dual_stack else None,
            availability_zone=f"${{{availability_zones}[count.index]}}",
            lifecycle=replaced_first,
            tags={"Name": name("private-subnet-${count.index + 1}"), "Type": "private"},
        )

        nat_eip = Eip(
            body,
            "aws_eip.nat",
            count=settings.nat_gateway_count,
            domain="vpc",
            tags={"Name": name("nat-eip-${count.index + 1}")},
            depends_on=[internet_gateway],
        )
        nat_gateway = NatGateway(
            body,
            "aws_nat_gateway.main",
            count=settings.nat_gateway_count,
            allocation_id=item(nat_eip, "count.index", "id"),
            subnet_id=item(public_subnet, "count.index", "id"),
            tags={"Name": name("nat-${count.index + 1}")},
            depends_on=[internet_gateway],
        )

        public_route_table = RouteTable(
            body, "aws_route_table.public", vpc_id=vpc_id, tags={"Name": name("public-rt"), "Type": "public"}
        )
        Route(
            body,
            "aws_route.public_internet_gateway",
            route_table_id=public_route_table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=internet_gateway.id,
        )
        if dual_stack:
            Route(
                body,
                "aws_route.public_internet_gateway_ipv6",
                route_table_id=public_route_table.id,
                destination_ipv6_cidr_block="::/0",
                gateway_id=internet_gateway.id,
            )
        RouteTableAssociation(
            body,
            "aws_route_table_association.public",
            count=zones,
            subnet_id=item(public_subnet, "count.index", "id"),
            route_table_id=public_route_table.id,
        )

        private_route_table = RouteTable(
            body,
            "aws_route_table.private",
            count=settings.private_route_table_count,
            vpc_id=vpc_id,
            tags={"Name": name("private-rt-${count.index + 1}"), "Type": "private"},
        )
        Route(
            body,
            "aws_route.private_nat_gateway",
            count=settings.nat_gateway_count,
            route_table_id=item(private_route_table, "count.index", "id"),
            destination_cidr_block="0.0.0.0/0",
            nat_gateway_id=item(nat_gateway, "count.index", "id"),
        )
        if dual_stack:
            # NAT translates no IPv6. Every IPv6 address is public; this gateway lets answers in, and nothing else.
            egress_only = EgressOnlyInternetGateway(
                body, "aws_egress_only_internet_gateway.main", vpc_id=vpc_id, tags={"Name": name("eigw")}
            )
            Route(
                body,
                "aws_route.private_egress_only_gateway",
                count=settings.private_route_table_count,
                route_table_id=item(private_route_table, "count.index", "id"),
                destination_ipv6_cidr_block="::/0",
                egress_only_gateway_id=egress_only.id,
            )
        RouteTableAssociation(
            body,
            "aws_route_table_association.private",
            count=zones,
            subnet_id=item(private_subnet, "count.index", "id"),
            route_table_id=item(private_route_table, 0 if settings.single_nat_gateway else "count.index", "id"),
        )

        self.vpc_id = self.output("vpc_id", vpc_id, "ID of the VPC")
        self.vpc_cidr = self.output("vpc_cidr", vpc.cidr_block, "IPv4 block of the VPC")
        self.public_subnet_ids = self.output_list(
            "public_subnet_ids", every(public_subnet, "id"), "IDs of the public subnets, in the order of the zones"
        )
        self.private_subnet_ids = self.output_list(
            "private_subnet_ids", every(private_subnet, "id"), "IDs of the private subnets, in the order of the zones"
        )
        self.nat_gateway_id = self.output(
            "nat_gateway_id", item_or_null(nat_gateway, "id"), "ID of the first NAT gateway; null without NAT"
        )
        if settings.ipv6 != "none":
            self.vpc_ipv6_cidr = self.output("vpc_ipv6_cidr", vpc.ipv6_cidr_block, "IPv6 block of the VPC")
        self._private_route_table = private_route_table
        self.internet_gateway_id = self.output("internet_gateway_id", internet_gateway.id, "ID of the internet gateway")

    def private_route_table_ids(self) -> list[str]:
        """IDs of the route tables of the private subnets. The output is declared on the first call of this method."""
        return self.output_list(
            "private_route_table_ids",
            every(self._private_route_table, "id"),
            "IDs of the private subnets' route tables",
        )


def _ipv6_block(number: str) -> str:
    """The /64 of a number in the block of the VPC, which AWS chooses."""
    return f"${{cidrsubnet(aws_vpc.main.ipv6_cidr_block, {_SUBNET_BITS}, {number})}}"
