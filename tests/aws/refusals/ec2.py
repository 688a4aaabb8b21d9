"""EC2: VPCs, subnets, gateways, addresses, routes and security groups."""

import ipaddress
import re
from typing import Any, Final

from modules.cloudfront_facts import ORIGIN_FACING
from tests.aws.refusals import Ask, nothing_more, refusal
from tests.aws.refusals._holders import gateway_of, group, interfaces, ipv6_blocks, subnet, vpc_of

API: Final = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_{}.html"
ERRORS: Final = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"
QUOTAS: Final = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"

ADDRESSES: Final = 5
"""Elastic IP addresses per region."""
VPCS: Final = 5
"""VPCs per region, the default VPC included."""
NATS: Final = 5
"""NAT gateways per availability zone."""
ROUTES: Final = 500
CLOUDFRONT: Final = 55
"""Rules as which the prefix list of CloudFront counts (Amazon VPC user guide, "AWS-managed prefix lists")."""
RULES: Final = 60
"""Rules of a security group in one direction."""
TAGS: Final = 50
LETTERS: Final = {"us-west-2": "abcd", "us-east-1": "abcdef", "eu-central-1": "abc", "ap-northeast-1": "acd"}
"""Availability zones of regions, as an account sees them; of another region, a, b and c."""

# ---- VPCs ------------------------------------------------------------------------------------------------------------


@refusal("ec2", "CreateVpc", code="VpcLimitExceeded", source=f"{ERRORS} {QUOTAS}")
def more_vpcs_than_the_quota(ask: Ask) -> str | None:
    """The region has 5 VPCs already; the default VPC is one of them."""
    return "The maximum number of VPCs has been reached." if len(ask.ec2.vpcs) >= VPCS else None


@refusal("ec2", "CreateVpc", code="InvalidVpc.Range", source=API.format("CreateVpc"))
def vpc_block_of_a_wrong_size(ask: Ask) -> str | None:
    """The block of a VPC is larger than /16 or smaller than /28."""
    block = str(ask.get("CidrBlock", ""))
    length = int(block.partition("/")[2] or 0)
    return f"The CIDR '{block}' is invalid." if block and not 16 <= length <= 28 else None


@refusal("ec2", "DeleteVpc", code="DependencyViolation", source=API.format("DeleteVpc"))
def vpc_in_use(ask: Ask) -> str | None:
    """A subnet, a gateway, a security group or a route table of its own is in the VPC."""
    vpc = ask.get("VpcId")
    used = (
        any(each.vpc_id == vpc for zone in ask.ec2.subnets.values() for each in zone.values())
        or gateway_of(ask, vpc) is not None
        or any(each.vpc_id == vpc for each in ask.ec2.egress_only_internet_gateways.values())
        or any(not each.is_default for each in ask.ec2.groups.get(vpc, {}).values())
        or any(each.vpc_id == vpc and not each.main_association_id for each in ask.ec2.route_tables.values())
    )
    return f"The vpc '{vpc}' has dependencies and cannot be deleted." if used else None


# ---- subnets ---------------------------------------------------------------------------------------------------------


@refusal("ec2", "CreateSubnet", code="InvalidParameterValue", source=API.format("CreateSubnet"))
def zone_that_does_not_exist(ask: Ask) -> str | None:
    """The availability zone is not one of the region."""
    zones = [f"{ask.region}{letter}" for letter in LETTERS.get(ask.region, "abc")]
    zone = ask.get("AvailabilityZone")
    if zone is None or zone in zones:
        return None
    return (
        f"Value ({zone}) for parameter availabilityZone is invalid. "
        f"Subnets can currently only be created in the following availability zones: {', '.join(zones)}."
    )


@refusal("ec2", "CreateSubnet", code="InvalidSubnet.Range", source=API.format("CreateSubnet"))
def subnet_block_of_a_wrong_size(ask: Ask) -> str | None:
    """The block of a subnet is larger than /16 or smaller than /28."""
    block = str(ask.get("CidrBlock", ""))
    length = int(block.partition("/")[2] or 0)
    return f"The CIDR '{block}' is invalid." if block and not 16 <= length <= 28 else None


@refusal(
    "ec2",
    "DeleteSubnet",
    code="DependencyViolation",
    source=f"{API.format('DeleteSubnet')} https://github.com/hashicorp/terraform-provider-aws/issues/38704",
)
def subnet_in_use(ask: Ask) -> str | None:
    """A load balancer, NAT gateway, cache, service or endpoint has a network interface in the subnet."""
    identifier = ask.get("SubnetId")
    used = any(each.subnet == identifier for each in interfaces(ask))
    return f"The subnet '{identifier}' has dependencies and cannot be deleted." if used else None


# ---- IPv6 blocks -----------------------------------------------------------------------------------------------------

IPV6: Final = "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html"


def _asked_ipv6(ask: Ask) -> tuple[Any, str]:
    """The VPC that a subnet with an IPv6 block is in, and the block that is asked for; empty for none."""
    place = subnet(ask, ask.get("SubnetId"))
    vpc = place.vpc_id if place is not None else ask.get("VpcId")
    return ask.ec2.vpcs.get(vpc), str(ask.get("Ipv6CidrBlock") or "")


@refusal(
    "ec2",
    "AssociateSubnetCidrBlock",
    "CreateSubnet",
    code="InvalidSubnet.Range",
    source=f"{API.format('AssociateSubnetCidrBlock')} {IPV6} {ERRORS}",
)
def ipv6_block_outside_the_vpc(ask: Ask) -> str | None:
    """The IPv6 block of a subnet is not in a block of its VPC, or its length is none of /44, /48 and so on to /64."""
    vpc, block = _asked_ipv6(ask)
    if vpc is None or not block:
        return None
    asked = ipaddress.IPv6Network(block)
    inside = any(asked.subnet_of(ipaddress.IPv6Network(each)) for each in ipv6_blocks(vpc))
    return None if inside and asked.prefixlen in range(44, 65, 4) else f"The CIDR '{block}' is invalid."


@refusal(
    "ec2",
    "AssociateSubnetCidrBlock",
    "CreateSubnet",
    code="InvalidSubnet.Conflict",
    source=f"{API.format('AssociateSubnetCidrBlock')} {ERRORS}",
)
def ipv6_block_of_another_subnet(ask: Ask) -> str | None:
    """The IPv6 block overlaps that of another subnet of the VPC."""
    vpc, block = _asked_ipv6(ask)
    if vpc is None or not block:
        return None
    others = [each for zone in ask.ec2.subnets.values() for each in zone.values() if each.vpc_id == vpc.id]
    held = [ipaddress.IPv6Network(one) for each in others for one in ipv6_blocks(each)]
    taken = any(ipaddress.IPv6Network(block).overlaps(each) for each in held)
    return f"The CIDR '{block}' conflicts with another subnet" if taken else None


@refusal(
    "ec2",
    "DisassociateVpcCidrBlock",
    code="InvalidCidrBlock.InUse",
    source=f"{API.format('DisassociateVpcCidrBlock')} https://github.com/hashicorp/terraform-provider-aws/issues/29077",
)
def ipv6_block_with_subnets(ask: Ask) -> str | None:
    """A subnet of the VPC has a block that is part of it."""
    for vpc in ask.ec2.vpcs.values():
        held = {each["association_id"]: each["ipv6CidrBlock"] for each in vpc.ipv6_cidr_block_association_set}
        block = held.get(ask.get("AssociationId"))
        subnets = [each for zone in ask.ec2.subnets.values() for each in zone.values() if each.vpc_id == vpc.id]
        if block and any(ipv6_blocks(each) for each in subnets):
            return f"The vpc {vpc.id} currently has a subnet within CIDR block {block}"
    return None


@refusal(
    "ec2",
    "DisassociateSubnetCidrBlock",
    code="InvalidCidrBlock.InUse",
    source=f"{API.format('DisassociateSubnetCidrBlock')} "
    "https://github.com/hashicorp/terraform-provider-aws/issues/46017",
)
def ipv6_block_with_addresses(ask: Ask) -> str | None:
    """A load balancer or a task has an address of it, or the subnet gives one to each new network interface."""
    identifier = str(ask.get("AssociationId"))
    place = ask.ec2.get_subnet_from_ipv6_association(identifier)
    if place is None:
        return None
    start = f"The subnet IPv6 CIDR block with association ID {identifier} may not be disassociated"
    if str(place.assign_ipv6_address_on_creation).lower() == "true":
        return f"{start}, because its subnet has assign-ipv6-address-on-creation set to true."
    used = any(each.subnet == place.id and each.ipv6 for each in interfaces(ask))
    return f"{start}, because network interfaces have addresses of it." if used else None


@refusal("ec2", "CreateEgressOnlyInternetGateway", code="InvalidParameterValue", source=QUOTAS)
def second_egress_only_gateway(ask: Ask) -> str | None:
    """The VPC has an egress-only internet gateway already."""
    vpc = ask.get("VpcId")
    there = any(each.vpc_id == vpc for each in ask.ec2.egress_only_internet_gateways.values())
    return f"Network {vpc} already has an egress-only internet gateway attached" if there else None


# ---- gateways and addresses ------------------------------------------------------------------------------------------


@refusal("ec2", "AttachInternetGateway", code="InvalidParameterValue", source=API.format("AttachInternetGateway"))
def second_internet_gateway(ask: Ask) -> str | None:
    """The VPC has an internet gateway already."""
    vpc = ask.get("VpcId")
    return f"Network {vpc} already has an internet gateway attached" if gateway_of(ask, vpc) else None


@refusal(
    "ec2",
    "DetachInternetGateway",
    code="DependencyViolation",
    source=f"{API.format('DetachInternetGateway')} https://github.com/hashicorp/terraform/issues/497",
)
def public_addresses_behind_the_gateway(ask: Ask) -> str | None:
    """A NAT gateway, an internet-facing load balancer or a task with a public address is in the VPC."""
    vpc = ask.get("VpcId")
    if not any(each.public and vpc_of(ask, each.subnet) == vpc for each in interfaces(ask)):
        return None
    return (
        f"Network {vpc} has some mapped public address(es). "
        "Please unmap those public address(es) before detaching the gateway."
    )


@refusal("ec2", "AllocateAddress", code="AddressLimitExceeded", source=f"{ERRORS} {QUOTAS}")
def more_addresses_than_the_quota(ask: Ask) -> str | None:
    """The region has 5 elastic IP addresses already."""
    return "The maximum number of addresses has been reached." if len(ask.ec2.addresses) >= ADDRESSES else None


@refusal("ec2", "ReleaseAddress", code="InvalidIPAddress.InUse", source=f"{API.format('ReleaseAddress')} {ERRORS}")
def address_in_use(ask: Ask) -> str | None:
    """A NAT gateway that is not deleted has the address."""
    found = _nat_with(ask, ask.get("AllocationId"))
    return f"Address {found[1]} is in use." if found else None


@refusal("ec2", "DisassociateAddress", code="AuthFailure", source=API.format("DisassociateAddress"))
def address_of_a_nat_gateway(ask: Ask) -> str | None:
    """A NAT gateway that is not deleted has the address: only deleting the gateway frees it."""
    held = next((each for each in ask.ec2.addresses if each.association_id == ask.get("AssociationId")), None)
    if held is None or _nat_with(ask, held.allocation_id) is None:
        return None
    return "You do not have permission to access the specified resource."


@refusal("ec2", "CreateNatGateway", code="Gateway.NotAttached", source=f"{API.format('NatGateway')} {ERRORS}")
def nat_gateway_without_internet_gateway(ask: Ask) -> str | None:
    """The VPC has no internet gateway. AWS creates the NAT gateway, which then fails with this code."""
    vpc = vpc_of(ask, ask.get("SubnetId"))
    public = ask.get("ConnectivityType", "public") == "public"
    missing = public and vpc and gateway_of(ask, vpc) is None
    return f"Network {vpc} has no Internet gateway attached" if missing else None


@refusal("ec2", "CreateNatGateway", code="Resource.AlreadyAssociated", source=f"{API.format('NatGateway')} {ERRORS}")
def address_of_another_nat_gateway(ask: Ask) -> str | None:
    """Another NAT gateway has the elastic IP address."""
    allocation = ask.get("AllocationId")
    used = _nat_with(ask, allocation)
    return f"Elastic IP address [{allocation}] is already associated" if used else None


@refusal("ec2", "CreateNatGateway", code="NatGatewayLimitExceeded", source=f"{ERRORS} {QUOTAS}")
def more_nat_gateways_than_the_quota(ask: Ask) -> str | None:
    """The availability zone has 5 NAT gateways already."""
    place = subnet(ask, ask.get("SubnetId"))
    zones = [subnet(ask, each.subnet_id) for each in ask.ec2.nat_gateways.values() if each.state != "deleted"]
    same = [each for each in zones if place and each and each.availability_zone == place.availability_zone]
    return "The maximum number of NAT Gateways has been reached." if len(same) >= NATS else None


def _nat_with(ask: Ask, allocation: str | None) -> tuple[str, str] | None:
    """The ID of the NAT gateway that has an elastic IP address, and the address."""
    if allocation is None:
        return None
    for each in ask.ec2.nat_gateways.values():
        for held in each.address_set if each.state != "deleted" else ():
            if held.get("AllocationId", held.get("allocationId")) == allocation:
                address = next((a.public_ip for a in ask.ec2.addresses if a.allocation_id == allocation), allocation)
                return each.id, str(address)
    return None


# ---- routes ----------------------------------------------------------------------------------------------------------


@refusal("ec2", "CreateRoute", "ReplaceRoute", code="InvalidParameterValue", source=API.format("CreateRoute"))
def gateway_of_another_network(ask: Ask) -> str | None:
    """The internet gateway, or the egress-only one, of a route is not of the VPC of the route table."""
    gateway, table = ask.get("GatewayId", ""), ask.ec2.route_tables.get(ask.get("RouteTableId"))
    egress_only = ask.ec2.egress_only_internet_gateways.get(ask.get("EgressOnlyInternetGatewayId"))
    if egress_only is not None and table is not None and egress_only.vpc_id != table.vpc_id:
        return f"route table {table.id} and network gateway {egress_only.id} belong to different networks"
    if not gateway.startswith("igw-") or table is None:
        return None
    attached = gateway_of(ask, table.vpc_id)
    if attached is not None and attached.id == gateway:
        return None
    return f"route table {table.id} and network gateway {gateway} belong to different networks"


@refusal("ec2", "CreateRoute", "ReplaceRoute", code="InvalidNatGatewayID.NotFound", source=ERRORS)
def route_to_a_deleted_nat_gateway(ask: Ask) -> str | None:
    """The NAT gateway of a route is deleted, or does not exist."""
    identifier = ask.get("NatGatewayId")
    if identifier is None:
        return None
    found = ask.ec2.nat_gateways.get(identifier)
    missing = found is None or found.state == "deleted"
    return f"The natGateway ID '{identifier}' does not exist" if missing else None


@refusal("ec2", "CreateRoute", code="RouteAlreadyExists", source=ERRORS)
def route_that_exists(ask: Ask) -> str | None:
    """The route table has a route to the destination already."""
    table = ask.ec2.route_tables.get(ask.get("RouteTableId"))
    block = ask.get("DestinationCidrBlock") or ask.get("DestinationIpv6CidrBlock")
    routes = table.routes if table is not None and block else ()
    exists = any(block in (each.destination_cidr_block, each.destination_ipv6_cidr_block) for each in routes)
    return f"The route identified by {block} already exists." if exists else None


@refusal("ec2", "AssociateRouteTable", code="Resource.AlreadyAssociated", source=ERRORS)
def subnet_with_another_route_table(ask: Ask) -> str | None:
    """The subnet has an association with a route table already; `ReplaceRouteTableAssociation` changes it."""
    identifier, table = ask.get("SubnetId"), ask.get("RouteTableId")
    tables = ask.ec2.route_tables.values()
    used = any(identifier in each._associations.values() for each in tables if each.id != table)
    if not used:
        return None
    return f"the specified association for route table {table} conflicts with an existing association"


@refusal("ec2", "DeleteRouteTable", code="DependencyViolation", source=API.format("DeleteRouteTable"))
def route_table_in_use(ask: Ask) -> str | None:
    """A subnet is associated with the route table."""
    identifier = ask.get("RouteTableId")
    table = ask.ec2.route_tables.get(identifier)
    used = table is not None and table._associations
    return f"The routeTable '{identifier}' has dependencies and cannot be deleted." if used else None


# ---- security groups -------------------------------------------------------------------------------------------------

DESCRIPTION: Final = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")


@refusal("ec2", "CreateSecurityGroup", code="InvalidParameterValue", source=API.format("CreateSecurityGroup"))
def description_of_a_group(ask: Ask) -> str | None:
    """The description or the name of a security group has another character than a-z, A-Z, 0-9, and ._-:/()#,@[]+=&;{}!$*."""  # noqa: E501
    for parameter in ("Description", "GroupName"):
        value = ask.get(parameter, "")
        if not DESCRIPTION.fullmatch(value):
            return (
                f"Value ({value}) for parameter {parameter} is invalid. Character sets beyond ASCII are not supported."
            )
    return None


@refusal("ec2", "CreateSecurityGroup", code="InvalidParameterValue", source=API.format("CreateSecurityGroup"))
def group_name_like_an_id(ask: Ask) -> str | None:
    """The name of a security group begins with `sg-`."""
    name = ask.get("GroupName", "")
    return f"invalid value for parameter groupName: {name}" if name.startswith("sg-") else None


@refusal(
    "ec2",
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    code="InvalidParameterValue",
    source=API.format("IpRange"),
)
def description_of_a_rule(ask: Ask) -> str | None:
    """The description of a rule has another character than those that AWS lists, or more than 255."""
    for permission in ask.all("IpPermissions"):
        for kind in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds"):
            for each in permission.get(kind, ()):
                if not DESCRIPTION.fullmatch(each.get("Description", "")):
                    return (
                        "Invalid rule description. Valid descriptions are strings less than 256 characters from the "
                        "following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
                    )
    return None


@refusal(
    "ec2",
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    code="InvalidGroup.NotFound",
    source=f"{API.format('AuthorizeSecurityGroupIngress')} {ERRORS}",
)
def rule_about_a_group_of_another_network(ask: Ask) -> str | None:
    """A rule names a security group of another VPC, or one that does not exist."""
    own = group(ask, ask.get("GroupId"))
    for permission in ask.all("IpPermissions"):
        for pair in permission.get("UserIdGroupPairs", ()):
            other = group(ask, pair.get("GroupId"))
            if own is not None and pair.get("GroupId") and other is None:
                return f"The security group '{pair['GroupId']}' does not exist"
            if own is not None and other is not None and other.vpc_id != own.vpc_id:
                return "You have specified two resources that belong to different networks."
    return None


@refusal(
    "ec2",
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    code="InvalidParameterValue",
    source=API.format("AuthorizeSecurityGroupIngress"),
)
def block_with_host_bits(ask: Ask) -> str | None:
    """The block of a rule is not one: it has bits beyond its length."""
    for permission in ask.all("IpPermissions"):
        blocks = [each["CidrIp"] for each in permission.get("IpRanges", ())]
        for block in [*blocks, *(each["CidrIpv6"] for each in permission.get("Ipv6Ranges", ()))]:
            try:
                ipaddress.ip_network(block)
            except ValueError:
                return f"CIDR block {block} is malformed"
    return None


@refusal(
    "ec2",
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    code="RulesPerSecurityGroupLimitExceeded",
    source=f"{ERRORS} {QUOTAS}",
)
def more_rules_than_the_quota(ask: Ask) -> str | None:
    """The security group would have more than 60 rules of the direction; CloudFront's prefix list counts as 55."""
    own = group(ask, ask.get("GroupId"))
    if own is None:
        return None
    rules = own.ingress_rules if ask.operation.endswith("Ingress") else own.egress_rules
    there = sum(CLOUDFRONT if each.prefix_list_id in ORIGIN_FACING.values() else 1 for each in rules)
    new = sum(
        CLOUDFRONT if peer.get("PrefixListId") in ORIGIN_FACING.values() else 1
        for each in ask.all("IpPermissions")
        for kind in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")
        for peer in each.get(kind, ())
    )
    return "The maximum number of rules per security group has been reached." if there + new > RULES else None


@refusal(
    "ec2",
    "DeleteSecurityGroup",
    code="DependencyViolation",
    source=f"{API.format('DeleteSecurityGroup')} https://github.com/hashicorp/terraform-provider-aws/issues/1671",
)
def group_in_use(ask: Ask) -> str | None:
    """A network interface has the security group, or a rule of another group names it."""
    identifier = ask.get("GroupId")
    named = any(
        rule.source_group.get("GroupId") == identifier
        for groups in ask.ec2.groups.values()
        for each in groups.values()
        if each.id != identifier
        for rule in (*each.ingress_rules, *each.egress_rules)
    )
    used = named or any(identifier in each.groups for each in interfaces(ask))
    return f"resource {identifier} has a dependent object" if used else None


# ---- endpoints -------------------------------------------------------------------------------------------------------


def _endpoints(ask: Ask) -> list[Any]:
    """The endpoints of the VPC that a request names."""
    found = ask.ec2.vpc_end_points.values()
    return [each for each in found if each.vpc_id == ask.get("VpcId") and each.state != "deleted"]


def _interface(ask: Ask) -> bool:
    return ask.get("VpcEndpointType", "Gateway") == "Interface"


@refusal("ec2", "CreateVpcEndpoint", code="InvalidServiceName", source=f"{ERRORS} {API.format('CreateVpcEndpoint')}")
def endpoint_of_another_region(ask: Ask) -> str | None:
    """The service is not one of the region."""
    name = str(ask.get("ServiceName", ""))
    here = name.startswith(f"com.amazonaws.{ask.region}.")
    return None if here else f"The Vpc Endpoint Service '{name}' does not exist"


@refusal("ec2", "CreateVpcEndpoint", code="InvalidParameter", source=API.format("CreateVpcEndpoint"))
def second_private_name_of_a_service(ask: Ask) -> str | None:
    """The VPC has an interface endpoint of the service with private DNS already."""
    name, private = ask.get("ServiceName"), _interface(ask) and ask.get("PrivateDnsEnabled", True)
    taken = any(each.service_name == name and each.private_dns_enabled for each in _endpoints(ask))
    return (
        f"private-dns-enabled cannot be set because there is already a conflicting DNS domain for {name} in the VPC"
        if (private and taken)
        else None
    )


@refusal(
    "ec2",
    "CreateVpcEndpoint",
    code="InvalidParameter",
    source="https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html",
)
def private_name_without_dns_of_the_vpc(ask: Ask) -> str | None:
    """Private DNS is on, and DNS support or DNS host names of the VPC are off."""
    vpc = ask.ec2.vpcs.get(ask.get("VpcId"))
    if vpc is None or not _interface(ask) or not ask.get("PrivateDnsEnabled", True):
        return None
    on = [str(getattr(vpc, name)).lower() == "true" for name in ("enable_dns_support", "enable_dns_hostnames")]
    return (
        None
        if all(on)
        else (
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for "
            f"{vpc.id}"
        )
    )


@refusal("ec2", "CreateVpcEndpoint", "ModifyVpcEndpoint", code="DuplicateSubnetsInSameZone", source=ERRORS)
def two_subnets_of_an_endpoint_in_a_zone(ask: Ask) -> str | None:
    """Two subnets of an interface endpoint are in the same availability zone."""
    found = [each for each in (subnet(ask, one) for one in [*ask.all("SubnetIds"), *ask.all("AddSubnetIds")]) if each]
    zones = [each.availability_zone for each in found]
    twice = next((each.id for each in found if zones.count(each.availability_zone) > 1), None)
    return f"Found another VPC endpoint subnet in the availability zone of {twice}" if twice else None


@refusal("ec2", "CreateVpcEndpoint", code="RouteAlreadyExists", source=ERRORS)
def second_route_to_a_gateway_endpoint(ask: Ask) -> str | None:
    """A route table has a gateway endpoint of the service already."""
    name, tables = ask.get("ServiceName"), set(ask.all("RouteTableIds"))
    for each in _endpoints(ask):
        both = tables & set(each.route_table_ids or ())
        if not _interface(ask) and each.service_name == name and both:
            return f"route table {min(both)} already has a route with destination-prefix-list-id of {name}"
    return None


@refusal("ec2", "CreateVpcEndpoint", code="InvalidParameter", source=API.format("CreateVpcEndpoint"))
def gateway_endpoint_with_security_groups(ask: Ask) -> str | None:
    """A gateway endpoint, which is a route, has subnets or security groups."""
    wrong = not _interface(ask) and (ask.all("SecurityGroupIds") or ask.all("SubnetIds"))
    return "Gateway endpoints do not support subnets and security groups" if wrong else None


# ---- tags ------------------------------------------------------------------------------------------------------------

_TAGGED: Final = (
    "CreateVpc", "CreateSubnet", "CreateInternetGateway", "CreateNatGateway", "AllocateAddress", "CreateRouteTable",
    "CreateSecurityGroup", "CreateTags", "CreateFlowLogs", "CreateVpcEndpoint", "CreateEgressOnlyInternetGateway",
)  # fmt: skip


def _tags(ask: Ask) -> list[dict[str, Any]]:
    specifications = ask.all("TagSpecifications")
    return [*ask.all("Tags"), *(tag for each in specifications for tag in each.get("Tags", ()))]


@refusal("ec2", *_TAGGED, code="InvalidParameterValue", source=API.format("CreateTags"))
def tag_keys_of_aws(ask: Ask) -> str | None:
    """A tag's key begins with `aws:`."""
    reserved = any(str(tag.get("Key", "")).lower().startswith("aws:") for tag in _tags(ask))
    return "Tag keys starting with 'aws:' are reserved for internal use" if reserved else None


@refusal("ec2", *_TAGGED, code="TagLimitExceeded", source=ERRORS)
def more_tags_than_allowed(ask: Ask) -> str | None:
    """A resource would have more than 50 tags."""
    return "The maximum number of Tags for a resource has been reached." if len(_tags(ask)) > TAGS else None


nothing_more(
    "ec2",
    AssociateVpcCidrBlock="moto refuses more blocks than a VPC can have",
    CreateInternetGateway="the quota follows that of VPCs",
    DeleteEgressOnlyInternetGateway="AWS deletes one that routes name, too",
    CreateRouteTable="200 per VPC are far away",
    CreateTags="beyond the two about tags",
    CreateFlowLogs="moto refuses one that exists or has no role; AWS makes one that cannot write",
    DeleteFlowLogs="moto refuses one that is not there",
    DeleteVpcEndpoints="AWS deletes one that is used, too",
    DeleteInternetGateway="moto refuses one that is attached",
    DeleteNatGateway="AWS deletes one that routes name, too",
    DeleteRoute="moto refuses a route that is not there",
    DeleteTags="AWS accepts keys that are not there",
    DisassociateRouteTable="moto refuses an association that is not there",
    ModifySubnetAttribute="nothing beyond the model",
    ModifyVpcAttribute="nothing beyond the model",
    ReplaceRouteTableAssociation="moto refuses an association that is not there",
    RevokeSecurityGroupEgress="AWS accepts a rule that is not there in a VPC, and says so in the answer",
    RevokeSecurityGroupIngress="AWS accepts a rule that is not there in a VPC, and says so in the answer",
)
