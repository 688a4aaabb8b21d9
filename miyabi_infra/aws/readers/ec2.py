"""EC2: the VPC and what is in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from miyabi_infra.aws.readers.common import Json
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, Unresolved, World, tag_mapping
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import leads_to


def _named(resource: Resource, world: World, operation: str, key: str) -> list[Any]:
    """What EC2 has under the resource's tag Name, of the same project and environment; deleted things do not count."""
    tags = cast("Json", resource.get("tags"))
    wanted = {"Name": tags["Name"], "Project": world.stack.project, "Environment": world.stack.environment}
    filters = [{"Name": f"tag:{name}", "Values": [value]} for name, value in wanted.items()]
    found = world.items("ec2", operation, key, Filters=filters)
    return [
        each
        for each in found
        if each.get("State") not in _GONE and wanted.items() <= tag_mapping(each.get("Tags")).items()
    ]


_GONE: Final = frozenset({"deleted", "deleting", "failed"})
"""States of a NAT gateway that is there no longer; it is listed for an hour."""


def _doubles(found: Sequence[Any], resource: Resource) -> list[Extra]:
    name = cast("Json", resource.get("tags"))["Name"]
    return [Extra(f"{len(found) - 1} more of the name {name}")] if len(found) > 1 else []


def _vpc(resource: Resource, world: World) -> Found | None:
    found = _named(resource, world, "describe_vpcs", "Vpcs")
    if not found:
        return None
    vpc = found[0]
    attributes = {
        argument: world.ask("ec2", "describe_vpc_attribute", VpcId=vpc["VpcId"], Attribute=name)[key]["Value"]
        for argument, name, key in (
            ("enable_dns_support", "enableDnsSupport", "EnableDnsSupport"),
            ("enable_dns_hostnames", "enableDnsHostnames", "EnableDnsHostnames"),
        )
    }
    checks = world.checks(resource, {"cidr_block": vpc["CidrBlock"], **attributes})
    extras = _doubles(found, resource)
    for each in vpc.get("CidrBlockAssociationSet", []):
        if each["CidrBlock"] != vpc["CidrBlock"] and each["CidrBlockState"]["State"] == "associated":
            extras.append(Extra(f"a further block, {each['CidrBlock']}"))
    extras += _extra_in_vpc(vpc["VpcId"], world)
    return Found(
        {"id": vpc["VpcId"], "cidr_block": vpc["CidrBlock"]}, checks + world.tags(resource, vpc["Tags"]), extras
    )


_IN_A_VPC: Final = (
    ("aws_subnet", "subnet", "describe_subnets", "Subnets", "SubnetId", "vpc-id"),
    ("aws_nat_gateway", "NAT gateway", "describe_nat_gateways", "NatGateways", "NatGatewayId", "vpc-id"),
    ("aws_route_table", "route table", "describe_route_tables", "RouteTables", "RouteTableId", "vpc-id"),
    ("aws_security_group", "security group", "describe_security_groups", "SecurityGroups", "GroupId", "vpc-id"),
    (
        "aws_internet_gateway",
        "internet gateway",
        "describe_internet_gateways",
        "InternetGateways",
        "InternetGatewayId",
        "attachment.vpc-id",
    ),
)


def _extra_in_vpc(vpc_id: str, world: World) -> Iterator[Extra]:
    """What stands in the VPC and was not generated; its main route table and its default group are AWS's own."""
    for kind, noun, operation, key, identifier, name in _IN_A_VPC:
        known = {
            str(cast("Json", each.get("tags"))["Name"])
            for each in world.stack.of_type(kind)
            if isinstance(each.get("tags"), Mapping)
        }
        for each in world.items("ec2", operation, key, Filters=[{"Name": name, "Values": [vpc_id]}]):
            own = tag_mapping(each.get("Tags")).get("Name")
            by_aws = each.get("GroupName") == "default" or any(
                association.get("Main") for association in each.get("Associations", [])
            )
            if own not in known and not by_aws and each.get("State") not in _GONE:
                called = own or each.get("GroupName")
                yield Extra(f"{noun} {each[identifier]}{f' ({called})' if called else ''} in the VPC")


def _internet_gateway(resource: Resource, world: World) -> Found | None:
    found = _named(resource, world, "describe_internet_gateways", "InternetGateways")
    if not found:
        return None
    gateway = found[0]
    attached = [each["VpcId"] for each in gateway.get("Attachments", [])]
    checks = world.checks(resource, {"vpc_id": attached[0] if attached else None})
    attributes = {"id": gateway["InternetGatewayId"]}
    return Found(attributes, checks + world.tags(resource, gateway["Tags"]), _doubles(found, resource))


def _subnet(resource: Resource, world: World) -> Found | None:
    found = _named(resource, world, "describe_subnets", "Subnets")
    if not found:
        return None
    subnet = found[0]
    checks = world.checks(
        resource,
        {
            "vpc_id": subnet["VpcId"],
            "cidr_block": subnet["CidrBlock"],
            "availability_zone": subnet["AvailabilityZone"],
            "map_public_ip_on_launch": subnet["MapPublicIpOnLaunch"],
        },
        map_public_ip_on_launch=False,
    )
    return Found({"id": subnet["SubnetId"]}, checks + world.tags(resource, subnet["Tags"]), _doubles(found, resource))


def _elastic_ip(resource: Resource, world: World) -> Found | None:
    found = _named(resource, world, "describe_addresses", "Addresses")
    if not found:
        return None
    address = found[0]
    checks = world.checks(resource, {"domain": address["Domain"]})
    attributes = {"id": address["AllocationId"], "public_ip": address["PublicIp"]}
    return Found(attributes, checks + world.tags(resource, address["Tags"]), _doubles(found, resource))


def _nat_gateway(resource: Resource, world: World) -> Found | None:
    found = _named(resource, world, "describe_nat_gateways", "NatGateways")
    if not found:
        return None
    gateway = found[0]
    addresses = gateway.get("NatGatewayAddresses", [{}])
    checks = [
        Compared("state", "available", gateway["State"]),
        *world.checks(
            resource,
            {
                "subnet_id": gateway["SubnetId"],
                "allocation_id": addresses[0].get("AllocationId"),
                "connectivity_type": gateway.get("ConnectivityType", "public"),
            },
        ),
    ]
    attributes = {"id": gateway["NatGatewayId"]}
    return Found(attributes, checks + world.tags(resource, gateway["Tags"]), _doubles(found, resource))


def _route_table(resource: Resource, world: World) -> Found | None:
    found = _named(resource, world, "describe_route_tables", "RouteTables")
    if not found:
        return None
    table = found[0]
    identifier = table["RouteTableId"]
    generated = {
        world.value(route.get("destination_cidr_block"))
        for route in world.stack.of_type("aws_route")
        if leads_to(route.get("route_table_id"), resource)
    }
    extras = _doubles(found, resource)
    for route in table["Routes"]:
        destination = route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock") or "a prefix list"
        if route.get("GatewayId") != "local" and destination not in generated:
            extras.append(Extra(f"route {destination} to {_via(route)}"))
    subnets = [
        world.value(association.get("subnet_id"))
        for association in world.stack.of_type("aws_route_table_association")
        if leads_to(association.get("route_table_id"), resource)
    ]
    for each in table.get("Associations", []):
        if each.get("SubnetId") and each["SubnetId"] not in subnets:
            extras.append(Extra(f"routes of {each['SubnetId']}, too"))
    checks = world.checks(resource, {"vpc_id": table["VpcId"]})
    return Found({"id": identifier}, checks + world.tags(resource, table["Tags"]), extras)


def _via(route: Json) -> str:
    keys = ("GatewayId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId")
    return next((str(route[key]) for key in keys if route.get(key)), "something else")


def _table_of(value: Any, world: World) -> Json | None:  # noqa: ANN401  # a generated value
    identifier = world.value(value)
    if isinstance(identifier, Unresolved):
        return None
    tables = world.items("ec2", "describe_route_tables", "RouteTables", RouteTableIds=[identifier])
    return tables[0] if tables else None


def _route(resource: Resource, world: World) -> Found | None:
    table = _table_of(resource.get("route_table_id"), world)
    destination = resource.get("destination_cidr_block")
    routes: list[Json] = table["Routes"] if table else []
    found = next((each for each in routes if each.get("DestinationCidrBlock") == destination), None)
    if found is None:
        return None
    held = {"gateway_id": found.get("GatewayId"), "nat_gateway_id": found.get("NatGatewayId")}
    return Found({}, [Compared("state", "active", found.get("State")), *world.checks(resource, held)])


def _route_table_association(resource: Resource, world: World) -> Found | None:
    subnet = world.value(resource.get("subnet_id"))
    if isinstance(subnet, Unresolved):
        return None
    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    tables = world.items("ec2", "describe_route_tables", "RouteTables", Filters=filters)
    if not tables:
        return None
    return Found({}, world.checks(resource, {"route_table_id": tables[0]["RouteTableId"]}))


READERS: Final[Mapping[str, Reader]] = {
    "aws_eip": _elastic_ip,
    "aws_internet_gateway": _internet_gateway,
    "aws_nat_gateway": _nat_gateway,
    "aws_route": _route,
    "aws_route_table": _route_table,
    "aws_route_table_association": _route_table_association,
    "aws_subnet": _subnet,
    "aws_vpc": _vpc,
}
