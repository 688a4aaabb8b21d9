"""EC2: the VPC and what is in it.

A VPC is found by what is in it and cannot be renamed (load balancer, target group, cache subnet group), else by its
tags; what is in the VPC by its place there: a subnet by its block, a gateway by its attachment. A tag that somebody
deletes is then one difference, and the rest is still compared.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv6Network
from typing import Any, Final

from miyabi_infra.aws.client import Kind, Trouble
from miyabi_infra.aws.readers.beside import beside
from miyabi_infra.aws.readers.common import Json, part, set_check
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, Unresolved, World, tag_mapping
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import address_of, leads_to

_GONE: Final = frozenset({"deleted", "deleting", "failed", "rejected", "expired"})
"""States of a NAT gateway, an endpoint or a peering connection that no longer exists; it is listed for a while."""

Filters = list[dict[str, Any]]


def _name(each: Json) -> str | None:
    return tag_mapping(each.get("Tags")).get("Name")


def _generated_name(resource: Resource) -> str | None:
    tags = resource.get("tags")
    return str(tags["Name"]) if isinstance(tags, Mapping) and "Name" in tags else None


def _present(items: Iterable[Any]) -> list[Any]:
    return [each for each in items if each.get("State") not in _GONE]


def _tagged(resource: Resource, world: World, operation: str, key: str) -> list[Any]:
    """What has the resource's tags Name, Project and Environment."""
    wanted = {
        "Name": _generated_name(resource),
        "Project": world.stack.project,
        "Environment": world.stack.environment,
    }
    filters = [{"Name": f"tag:{name}", "Values": [value]} for name, value in wanted.items() if value]
    found = _present(world.items("ec2", operation, key, Filters=filters))
    return [each for each in found if wanted.items() <= tag_mapping(each.get("Tags")).items()]


# ---- the VPC ---------------------------------------------------------------------------------------------------------


def vpc_of(value: Any, world: World) -> Json | None:  # noqa: ANN401  # the argument `vpc_id` of a resource
    """The VPC that an argument refers to, as AWS describes it."""
    vpc = world.stack.find(address_of(value))
    if vpc is not None and vpc.type == "aws_vpc":
        return _locate_vpc(vpc, world)
    found = world.items("ec2", "describe_vpcs", "Vpcs", Filters=[{"Name": "vpc-id", "Values": [str(value)]}])
    return found[0] if found else None


def _locate_vpc(resource: Resource, world: World) -> Json | None:
    identifiers, trouble = _vpcs_in_use(resource, world)
    if identifiers:
        filters: Filters = [{"Name": "vpc-id", "Values": [identifiers.most_common(1)[0][0]]}]
        found = world.items("ec2", "describe_vpcs", "Vpcs", Filters=filters)
        if found:
            return found[0]
    tagged = _tagged(resource, world, "describe_vpcs", "Vpcs")
    if tagged:
        return tagged[0]
    if trouble is not None:
        raise trouble
    return None


def _vpcs_in_use(resource: Resource, world: World) -> tuple[Counter[str], Trouble | None]:
    """The VPCs of what is generated into this one and has a name that is unique in the region; and a trouble."""
    found: Counter[str] = Counter()
    trouble: Trouble | None = None
    for kind, service, operation, argument, listed, key in _NAMED_IN_A_VPC:
        for each in world.stack.of_type(kind):
            if not _is_in(each, resource, world):
                continue
            name = str(each.get("name"))
            names = name if argument == "CacheSubnetGroupName" else [name]
            try:
                answer = world.ask(service, operation, **{argument: names})
            except Trouble as error:
                trouble = trouble if error.kind is Kind.MISSING else error
            else:
                found.update(str(one[key]) for one in answer.get(listed, ()) if one.get(key))
    return found, trouble


_NAMED_IN_A_VPC: Final = (
    ("aws_lb", "elbv2", "describe_load_balancers", "Names", "LoadBalancers", "VpcId"),
    ("aws_lb_target_group", "elbv2", "describe_target_groups", "Names", "TargetGroups", "VpcId"),
    (
        "aws_elasticache_subnet_group",
        "elasticache",
        "describe_cache_subnet_groups",
        "CacheSubnetGroupName",
        "CacheSubnetGroups",
        "VpcId",
    ),
)
"""Types whose names are unique in a region and cannot change, and where AWS says their VPC."""


def _is_in(resource: Resource, vpc: Resource, world: World) -> bool:
    """Whether a resource is generated into a VPC, by its argument or by its subnets."""
    if resource.get("vpc_id") is not None:
        return leads_to(resource.get("vpc_id"), vpc)
    subnets = resource.get("subnets") or resource.get("subnet_ids")
    addresses = [address_of(each) for each in subnets] if isinstance(subnets, tuple) else []
    found = [world.stack.find(each) for each in addresses]
    return any(each is not None and leads_to(each.get("vpc_id"), vpc) for each in found)


def _vpc(resource: Resource, world: World) -> Found | None:
    vpc = _locate_vpc(resource, world)
    if vpc is None:
        return None
    identifier = vpc["VpcId"]
    attributes = {
        argument: world.ask("ec2", "describe_vpc_attribute", VpcId=identifier, Attribute=name)[key]["Value"]
        for argument, name, key in (
            ("enable_dns_support", "enableDnsSupport", "EnableDnsSupport"),
            ("enable_dns_hostnames", "enableDnsHostnames", "EnableDnsHostnames"),
        )
    }
    associated = [
        each
        for each in vpc.get("Ipv6CidrBlockAssociationSet", ())
        if each["Ipv6CidrBlockState"]["State"] == "associated"
    ]
    by_amazon = any(each.get("Ipv6Pool") == "Amazon" for each in associated)
    ipv6 = str(associated[0]["Ipv6CidrBlock"]) if associated else ""
    checks = world.checks(
        resource,
        {
            "cidr_block": vpc["CidrBlock"],
            "instance_tenancy": vpc.get("InstanceTenancy", "default"),
            "assign_generated_ipv6_cidr_block": by_amazon,
            **attributes,
        },
        instance_tenancy="default",
        assign_generated_ipv6_cidr_block=False,
    )
    doubles = [each for each in _tagged(resource, world, "describe_vpcs", "Vpcs") if each["VpcId"] != identifier]
    extras = [Extra(f"{len(doubles)} more of the name {_generated_name(resource)}")] if doubles else []
    generated = ipv6 if resource.get("assign_generated_ipv6_cidr_block") is True else ""
    for key, block, state in (
        ("CidrBlockAssociationSet", "CidrBlock", "CidrBlockState"),
        ("Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock", "Ipv6CidrBlockState"),
    ):
        for each in vpc.get(key, []):
            if each[block] not in (vpc["CidrBlock"], generated) and each[state]["State"] == "associated":
                extras.append(Extra(f"a further block, {each[block]}"))  # noqa: PERF401  # nested enough
    known = {"id": identifier, "cidr_block": vpc["CidrBlock"]} | _ipv6_blocks(ipv6)
    found = Found(known, checks + world.tags(resource, vpc.get("Tags")), extras)
    for kind in dict.fromkeys(row[0] for row in _IN_A_VPC):
        found.search(_extra_in_vpc(kind, identifier, world))
    found.search(_instances(identifier, world))
    found.search(_resolvers(str(vpc.get("DhcpOptionsId") or ""), world))
    found.search(_default_group(identifier, world))
    found.search(_main_table(identifier, world))
    found.search(_extra_acls(identifier, world))
    found.search(_private_zones(identifier, world))
    return found


_SUBNET_BITS: Final = 8


def _ipv6_blocks(block: str) -> dict[str, str]:
    """The IPv6 block of a VPC, and the blocks that subnets can have of it, by what the generated subnets ask for."""
    if not block:
        return {}
    parts = IPv6Network(block).subnets(_SUBNET_BITS)
    named = {f"cidrsubnet(ipv6_cidr_block, {_SUBNET_BITS}, {number})": str(part) for number, part in enumerate(parts)}
    return {"ipv6_cidr_block": block, **named}


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
    (
        "aws_egress_only_internet_gateway",
        "egress-only internet gateway",
        "describe_egress_only_internet_gateways",
        "EgressOnlyInternetGateways",
        "EgressOnlyInternetGatewayId",
        "",
    ),
    ("aws_flow_log", "flow log", "describe_flow_logs", "FlowLogs", "FlowLogId", "resource-id"),
    ("aws_vpc_endpoint", "endpoint", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", "vpc-id"),
    (
        "aws_vpc_peering_connection",
        "peering connection",
        "describe_vpc_peering_connections",
        "VpcPeeringConnections",
        "VpcPeeringConnectionId",
        "requester-vpc-info.vpc-id",
    ),
    (
        "aws_vpc_peering_connection",
        "peering connection",
        "describe_vpc_peering_connections",
        "VpcPeeringConnections",
        "VpcPeeringConnectionId",
        "accepter-vpc-info.vpc-id",
    ),
    (
        "aws_ec2_transit_gateway_vpc_attachment",
        "attachment to a transit gateway",
        "describe_transit_gateway_vpc_attachments",
        "TransitGatewayVpcAttachments",
        "TransitGatewayAttachmentId",
        "vpc-id",
    ),
    ("aws_vpn_gateway", "VPN gateway", "describe_vpn_gateways", "VpnGateways", "VpnGatewayId", "attachment.vpc-id"),
)
"""What can be in a VPC: type, noun, operation, key of its items, of an item's ID, and the filter by VPC, if any."""


def _extra_in_vpc(kind: str, vpc_id: str, world: World) -> Iterator[Extra]:
    """What is in the VPC and was not generated; its main route table and its default group are AWS's own."""
    generated = world.stack.of_type(kind)
    locate = _LOCATE.get(kind)
    if generated and locate is None:
        return  # a type without a reader: that it is not compared is said elsewhere
    for row, noun, operation, key, own, name in _IN_A_VPC:
        if row != kind:
            continue
        known = {each[own] for each in (locate(one, world) for one in generated) if each is not None} if locate else ()
        in_vpc: Filters = [{"Name": name, "Values": [vpc_id]}]
        found = world.items("ec2", operation, key, Filters=in_vpc) if name else _egress_only_of(vpc_id, world)
        for each in _present(found):
            by_aws = each.get("GroupName") == "default" or any(
                association.get("Main") for association in each.get("Associations", [])
            )
            status: Json = each["Status"] if isinstance(each.get("Status"), Mapping) else {}
            if each[own] in known or by_aws or status.get("Code") in _GONE:
                continue
            called = _name(each) or each.get("GroupName")
            yield Extra(f"{noun} {each[own]}{f' ({called})' if called else ''} in the VPC")


def _instances(vpc_id: str, world: World) -> Iterator[Extra]:
    """Machines in the VPC: everything of the platform runs on Fargate, or is AWS's."""
    if world.stack.of_type("aws_instance"):
        return
    filters: Filters = [{"Name": "vpc-id", "Values": [vpc_id]}]
    for reservation in world.items("ec2", "describe_instances", "Reservations", Filters=filters):
        for each in reservation["Instances"]:
            if part(each, "State").get("Name") != "terminated":
                yield Extra(f"instance {each['InstanceId']} in the VPC")


_BY_AWS: Final = "AmazonProvidedDNS"


def _resolvers(options: str, world: World) -> Iterator[Extra]:
    """Name servers that the VPC tells its tasks, other than AWS's: they decide where every name leads."""
    if not options.startswith("dopt-") or world.stack.of_type("aws_vpc_dhcp_options_association"):
        return
    for each in world.items("ec2", "describe_dhcp_options", "DhcpOptions", DhcpOptionsIds=[options]):
        for one in each.get("DhcpConfigurations", ()):
            servers = [str(held["Value"]) for held in one.get("Values", ())]
            if one["Key"] == "domain-name-servers" and servers != [_BY_AWS]:
                yield Extra(f"name servers {', '.join(servers)} in the DHCP options {options} of the VPC")


def _private_zones(vpc_id: str, world: World) -> Iterator[Extra]:
    """Private hosted zones of an account at the VPC: its tasks ask them first, for whatever name they are of."""
    namespaces = {str(each.get("name")) for each in world.stack.of_type(_NAMESPACE)}
    found = world.ask("route53", "list_hosted_zones_by_vpc", VPCId=vpc_id, VPCRegion=world.stack.region)
    for each in found["HostedZoneSummaries"]:
        name = str(each["Name"]).removesuffix(".")
        if name not in namespaces and part(each, "Owner").get("OwningAccount"):
            yield Extra(f"private hosted zone {name} at the VPC")


_NAMESPACE: Final = "aws_service_discovery_private_dns_namespace"


def _default_group(vpc_id: str, world: World) -> Iterator[Extra]:
    """Rules of the VPC's default group that AWS did not create: it lets in its own members, and everything out."""
    filters: Filters = [{"Name": "vpc-id", "Values": [vpc_id]}]
    for group in world.items("ec2", "describe_security_groups", "SecurityGroups", Filters=filters):
        if group.get("GroupName") != "default" or world.stack.of_type("aws_default_security_group"):
            continue
        for each in group.get("IpPermissions", []):
            peers = [pair.get("GroupId") for pair in each.get("UserIdGroupPairs", [])]
            if (
                each.get("IpRanges")
                or each.get("Ipv6Ranges")
                or each.get("PrefixListIds")
                or peers != [group["GroupId"]]
            ):
                yield Extra(f"an ingress rule of the default group {group['GroupId']}")


def _main_table(vpc_id: str, world: World) -> Iterator[Extra]:
    """Routes of the VPC's main route table, which AWS creates with the local one alone."""
    if world.stack.of_type("aws_default_route_table", "aws_main_route_table_association"):
        return
    known = {table["RouteTableId"] for table in _generated_tables(world)}
    for table in _tables(vpc_id, world):
        if any(each.get("Main") for each in table.get("Associations", [])) and table["RouteTableId"] not in known:
            for route in table.get("Routes", []):
                if route.get("GatewayId") != "local":
                    yield Extra(f"route {_destination(route)} to {_via(route)} in the main route table of the VPC")


def _extra_acls(vpc_id: str, world: World) -> Iterator[Extra]:
    """Network ACLs, and entries of the default one, that were not generated."""
    if world.stack.of_type("aws_network_acl", "aws_default_network_acl"):
        return
    filters: Filters = [{"Name": "vpc-id", "Values": [vpc_id]}]
    for acl in world.items("ec2", "describe_network_acls", "NetworkAcls", Filters=filters):
        if not acl.get("IsDefault"):
            subnets = ", ".join(str(each["SubnetId"]) for each in acl.get("Associations", []))
            yield Extra(f"network ACL {acl['NetworkAclId']}{f' of {subnets}' if subnets else ''} in the VPC")
            continue
        for entry in acl.get("Entries", []):
            if entry["RuleNumber"] not in _ACL_OF_AWS:
                direction = "egress" if entry["Egress"] else "ingress"
                block = entry.get("CidrBlock") or entry.get("Ipv6CidrBlock")
                text = (
                    f"{direction} entry {entry['RuleNumber']} of the default network ACL: {entry['RuleAction']} {block}"
                )
                yield Extra(text)


_ACL_OF_AWS: Final = frozenset({100, 101, 32767, 32768})
"""Numbers of the entries that AWS creates in a default network ACL: allow everything, by IPv4 and IPv6, and deny."""


# ---- what is in it ---------------------------------------------------------------------------------------------------


def _in_vpc(resource: Resource, world: World, operation: str, key: str, name: str = "vpc-id") -> list[Any]:
    vpc = vpc_of(resource.get("vpc_id"), world)
    if vpc is None:
        return []
    return _present(world.items("ec2", operation, key, Filters=[{"Name": name, "Values": [vpc["VpcId"]]}]))


def _by_name(resource: Resource, found: Sequence[Any]) -> Json | None:
    name = _generated_name(resource)
    return next((each for each in found if name is not None and _name(each) == name), None)


def _locate_internet_gateway(resource: Resource, world: World) -> Json | None:
    attached = _in_vpc(
        resource, world, "describe_internet_gateways", "InternetGateways", "attachment.vpc-id"
    )  # a VPC has at most one
    found = attached or _tagged(resource, world, "describe_internet_gateways", "InternetGateways")
    return found[0] if found else None


def _internet_gateway(resource: Resource, world: World) -> Found | None:
    gateway = _locate_internet_gateway(resource, world)
    if gateway is None:
        return None
    attached = [each["VpcId"] for each in gateway.get("Attachments", [])]
    checks = world.checks(resource, {"vpc_id": attached[0] if attached else "not attached"})
    return Found({"id": gateway["InternetGatewayId"]}, checks + world.tags(resource, gateway.get("Tags")))


def _egress_only_of(vpc_id: str, world: World) -> list[Json]:
    """The egress-only gateways of a VPC: AWS filters them by tags only."""
    found = world.items("ec2", "describe_egress_only_internet_gateways", "EgressOnlyInternetGateways")
    return [each for each in found if vpc_id in {at["VpcId"] for at in each.get("Attachments", [])}]


def _locate_egress_only_gateway(resource: Resource, world: World) -> Json | None:
    """The one of the VPC, which has at most one."""
    vpc = vpc_of(resource.get("vpc_id"), world)
    return next(iter(_egress_only_of(vpc["VpcId"], world)), None) if vpc is not None else None


def _egress_only_gateway(resource: Resource, world: World) -> Found | None:
    gateway = _locate_egress_only_gateway(resource, world)
    if gateway is None:
        return None
    checks = world.checks(resource, {"vpc_id": gateway["Attachments"][0]["VpcId"]})
    return Found({"id": gateway["EgressOnlyInternetGatewayId"]}, checks + world.tags(resource, gateway.get("Tags")))


def _locate_subnet(resource: Resource, world: World) -> Json | None:
    """By its block, which is unique in a VPC and cannot change; else by name: recreated with another block."""
    found = _in_vpc(resource, world, "describe_subnets", "Subnets")
    block = resource.get("cidr_block")
    return next((each for each in found if each["CidrBlock"] == block), None) or _by_name(resource, found)


def _subnet(resource: Resource, world: World) -> Found | None:
    subnet = _locate_subnet(resource, world)
    if subnet is None:
        return None
    ipv6 = [
        each["Ipv6CidrBlock"]
        for each in subnet.get("Ipv6CidrBlockAssociationSet", ())
        if each["Ipv6CidrBlockState"]["State"] == "associated"
    ]
    checks = world.checks(
        resource,
        {
            "vpc_id": subnet["VpcId"],
            "cidr_block": subnet["CidrBlock"],
            "availability_zone": subnet["AvailabilityZone"],
            "map_public_ip_on_launch": subnet["MapPublicIpOnLaunch"],
            "assign_ipv6_address_on_creation": subnet.get("AssignIpv6AddressOnCreation", False),
            "ipv6_cidr_block": next(iter(ipv6), None),
        },
        map_public_ip_on_launch=False,
        ipv6_cidr_block=None,
        assign_ipv6_address_on_creation=False,
    )
    extras = list(beside(resource.type, subnet))
    return Found({"id": subnet["SubnetId"]}, checks + world.tags(resource, subnet.get("Tags")), extras)


def _locate_nat_gateway(resource: Resource, world: World) -> Json | None:
    """By its name in its subnet's VPC; else the one in its subnet, when it has lost its name."""
    subnet = world.stack.find(address_of(resource.get("subnet_id")))
    place = _locate_subnet(subnet, world) if subnet is not None else None
    if place is None:
        return None
    filters: Filters = [{"Name": "vpc-id", "Values": [place["VpcId"]]}]
    found = _present(world.items("ec2", "describe_nat_gateways", "NatGateways", Filters=filters))
    taken = {_generated_name(each) for each in world.stack.of_type("aws_nat_gateway")}
    unnamed = (each for each in found if each.get("SubnetId") == place["SubnetId"] and _name(each) not in taken)
    return _by_name(resource, found) or next(unnamed, None)


def _nat_gateway(resource: Resource, world: World) -> Found | None:
    gateway = _locate_nat_gateway(resource, world)
    if gateway is None:
        return None
    addresses: list[Json] = gateway.get("NatGatewayAddresses") or [{}]
    checks = [
        Compared("state", "available", gateway["State"]),
        *world.checks(
            resource,
            {
                "subnet_id": gateway["SubnetId"],
                "allocation_id": addresses[0].get("AllocationId"),
                "connectivity_type": gateway.get("ConnectivityType", "public"),
            },
            connectivity_type="public",
        ),
    ]
    extras = [Extra(f"a further address, {each.get('PublicIp')}") for each in addresses[1:]]
    return Found({"id": gateway["NatGatewayId"]}, checks + world.tags(resource, gateway.get("Tags")), extras)


def _locate_elastic_ip(resource: Resource, world: World) -> Json | None:
    """By its tags; else the one that its NAT gateway has, when it has lost its tags."""
    tagged = _tagged(resource, world, "describe_addresses", "Addresses")
    gateways = [
        _locate_nat_gateway(each, world)
        for each in world.stack.of_type("aws_nat_gateway")
        if leads_to(each.get("allocation_id"), resource)
    ]
    used = [
        address.get("AllocationId")
        for gateway in gateways
        if gateway is not None
        for address in gateway.get("NatGatewayAddresses", [])
    ]
    in_use = [each for each in tagged if each["AllocationId"] in used]
    if in_use or tagged or not used:
        return next(iter(in_use or tagged), None)
    taken = {_generated_name(each) for each in world.stack.of_type("aws_eip")}
    found = world.items("ec2", "describe_addresses", "Addresses", Filters=[{"Name": "allocation-id", "Values": used}])
    return next((each for each in found if _name(each) not in taken), None)


def _elastic_ip(resource: Resource, world: World) -> Found | None:
    address = _locate_elastic_ip(resource, world)
    if address is None:
        return None
    doubles = len(_tagged(resource, world, "describe_addresses", "Addresses")) - 1
    extras = [Extra(f"{doubles} more of the name {_generated_name(resource)}")] if doubles > 0 else []
    checks = world.checks(resource, {"domain": address["Domain"]})
    known = {"id": address["AllocationId"], "public_ip": address["PublicIp"]}
    return Found(known, checks + world.tags(resource, address.get("Tags")), extras)


def _locate_endpoint(resource: Resource, world: World) -> Json | None:
    """By its name among those of its service in the VPC; else the only one, when it has lost its name."""
    service = world.value(resource.get("service_name"))
    found = [
        each
        for each in _in_vpc(resource, world, "describe_vpc_endpoints", "VpcEndpoints")
        if each["ServiceName"] == service
    ]
    return _by_name(resource, found) or (found[0] if len(found) == 1 else None)


def _endpoint(resource: Resource, world: World) -> Found | None:
    endpoint = _locate_endpoint(resource, world)
    if endpoint is None:
        return None
    checks = [
        Compared("state", "available", endpoint["State"]),
        *world.checks(
            resource,
            {
                "vpc_id": endpoint["VpcId"],
                "service_name": endpoint["ServiceName"],
                "vpc_endpoint_type": endpoint["VpcEndpointType"],
                "private_dns_enabled": endpoint.get("PrivateDnsEnabled", False),
            },
            private_dns_enabled=False,
        ),
    ]
    groups = [each["GroupId"] for each in endpoint.get("Groups") or ()]
    places = {"route_table_ids": endpoint.get("RouteTableIds"), "subnet_ids": endpoint.get("SubnetIds")}
    for argument, held in {**places, "security_group_ids": groups}.items():
        if held or resource.get(argument) is not None:
            checks.append(set_check(argument, resource, world, held or []))
    extras = [*beside(resource.type, endpoint), *_endpoint_policy(resource, endpoint)]
    return Found({"id": endpoint["VpcEndpointId"]}, checks + world.tags(resource, endpoint.get("Tags")), extras)


def _endpoint_policy(resource: Resource, endpoint: Json) -> Iterator[Extra]:
    """A policy other than AWS's, which allows everything (AWS PrivateLink Guide, "Endpoint policies")."""
    held = endpoint.get("PolicyDocument")
    if not held or resource.get("policy") is not None:
        return
    statements: list[Json] = [
        {name: part for name, part in each.items() if name != "Sid"} for each in json.loads(str(held))["Statement"]
    ]
    if statements != [_EVERYTHING]:
        yield Extra("endpoint policy that does not allow everything")


_EVERYTHING: Final = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


def _locate_flow_log(resource: Resource, world: World) -> Json | None:
    """By its name among those of the VPC; else the one that writes to the same place, when it has lost its name."""
    found = _in_vpc(resource, world, "describe_flow_logs", "FlowLogs", "resource-id")
    destination = world.value(resource.get("log_destination"))
    return _by_name(resource, found) or next((each for each in found if each["LogDestination"] == destination), None)


def _flow_log(resource: Resource, world: World) -> Found | None:
    flow_log = _locate_flow_log(resource, world)
    if flow_log is None:
        return None
    checks = [
        # "Access error" where the role or the policy of the bucket lets nothing in: the flow log is there, and empty.
        Compared("delivery", "SUCCESS", flow_log.get("DeliverLogsStatus", "SUCCESS")),
        *world.checks(
            resource,
            {
                "vpc_id": flow_log["ResourceId"],
                "traffic_type": flow_log["TrafficType"],
                "log_destination_type": flow_log["LogDestinationType"],
                "log_destination": flow_log["LogDestination"],
                "iam_role_arn": flow_log.get("DeliverLogsPermissionArn"),
                "log_format": flow_log["LogFormat"],
                "max_aggregation_interval": flow_log["MaxAggregationInterval"],
            },
            max_aggregation_interval=600,
        ),
    ]
    return Found({"id": flow_log["FlowLogId"]}, checks + world.tags(resource, flow_log.get("Tags")))


# ---- routes ----------------------------------------------------------------------------------------------------------


def _tables(vpc_id: str, world: World) -> list[Any]:
    filters: Filters = [{"Name": "vpc-id", "Values": [vpc_id]}]
    return world.items("ec2", "describe_route_tables", "RouteTables", Filters=filters)


def _generated_tables(world: World) -> list[Json]:
    located = [_locate_route_table(each, world) for each in world.stack.of_type("aws_route_table")]
    return [each for each in located if each is not None]


def _locate_route_table(resource: Resource, world: World) -> Json | None:
    """By its name in the VPC; else the one that its subnets use, when it has lost its name."""
    vpc = vpc_of(resource.get("vpc_id"), world)
    found = _tables(vpc["VpcId"], world) if vpc is not None else []
    named = _by_name(resource, found)
    if named is not None:
        return named
    taken = {_generated_name(each) for each in world.stack.of_type("aws_route_table")}
    subnets = {
        subnet["SubnetId"]
        for each in world.stack.of_type("aws_route_table_association")
        if leads_to(each.get("route_table_id"), resource)
        for generated in [world.stack.find(address_of(each.get("subnet_id")))]
        if generated is not None
        for subnet in [_locate_subnet(generated, world)]
        if subnet is not None
    }
    for table in found:
        used = {each.get("SubnetId") for each in table.get("Associations", [])}
        if used & subnets and _name(table) not in taken:
            return table
    return None


def _route_table(resource: Resource, world: World) -> Found | None:
    table = _locate_route_table(resource, world)
    if table is None:
        return None
    generated = {
        world.value(route.get(argument))
        for route in world.stack.of_type("aws_route")
        if leads_to(route.get("route_table_id"), resource)
        for argument in _DESTINATIONS
        if route.get(argument) is not None
    }
    extras: list[Extra] = []
    for route in table["Routes"]:
        by_aws = route.get("GatewayId") == "local" or str(route.get("GatewayId")).startswith("vpce-")
        if not by_aws and _destination(route) not in generated:
            extras.append(Extra(f"route {_destination(route)} to {_via(route)}"))
    subnets = [
        world.value(association.get("subnet_id"))
        for association in world.stack.of_type("aws_route_table_association")
        if leads_to(association.get("route_table_id"), resource)
    ]
    for each in table.get("Associations", []):
        if each.get("SubnetId") and each["SubnetId"] not in subnets:
            extras.append(Extra(f"association with {each['SubnetId']}"))
        if each.get("Main"):
            extras.append(Extra("association as the main route table of the VPC"))
    extras += [Extra(f"propagation from {each['GatewayId']}") for each in table.get("PropagatingVgws", [])]
    name = _generated_name(resource)
    doubles = [each for each in _tables(table["VpcId"], world) if name is not None and _name(each) == name]
    if len(doubles) > 1:
        extras.append(Extra(f"{len(doubles) - 1} more of the name {name}"))
    checks = world.checks(resource, {"vpc_id": table["VpcId"]})
    return Found({"id": table["RouteTableId"]}, checks + world.tags(resource, table.get("Tags")), extras)


_DESTINATIONS: Final = {
    "destination_cidr_block": "DestinationCidrBlock",
    "destination_ipv6_cidr_block": "DestinationIpv6CidrBlock",
    "destination_prefix_list_id": "DestinationPrefixListId",
}
_TARGETS: Final = {
    "gateway_id": "GatewayId",
    "nat_gateway_id": "NatGatewayId",
    "transit_gateway_id": "TransitGatewayId",
    "vpc_peering_connection_id": "VpcPeeringConnectionId",
    "egress_only_gateway_id": "EgressOnlyInternetGatewayId",
    "network_interface_id": "NetworkInterfaceId",
}
"""Arguments of a route, and their names in AWS."""


def _destination(route: Json) -> str:
    return next((str(route[key]) for key in _DESTINATIONS.values() if route.get(key)), "an unknown destination")


def _via(route: Json) -> str:
    return next((str(route[key]) for key in _TARGETS.values() if route.get(key)), "an unknown target")


def _route(resource: Resource, world: World) -> Found | None:
    generated = world.stack.find(address_of(resource.get("route_table_id")))
    table = _locate_route_table(generated, world) if generated is not None else None
    wanted = next((str(resource.get(each)) for each in _DESTINATIONS if resource.get(each) is not None), None)
    routes: list[Json] = table["Routes"] if table else []
    found = next((each for each in routes if _destination(each) == wanted), None)
    if found is None:
        return None
    held = {argument: found.get(key) for argument, key in _TARGETS.items()}
    destination = {argument: found.get(key) for argument, key in _DESTINATIONS.items()}
    identifier = {"route_table_id": table["RouteTableId"]} if table else {}
    checks = world.checks(resource, {**identifier, **destination, **held}, **dict.fromkeys(_TARGETS))
    return Found({}, [Compared("state", "active", found.get("State")), *checks])


def _route_table_association(resource: Resource, world: World) -> Found | None:
    subnet = world.value(resource.get("subnet_id"))
    if isinstance(subnet, Unresolved):
        return None
    filters: Filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    tables = world.items("ec2", "describe_route_tables", "RouteTables", Filters=filters)
    if not tables:
        return None
    return Found({}, world.checks(resource, {"subnet_id": subnet, "route_table_id": tables[0]["RouteTableId"]}))


def security_group_of(resource: Resource, world: World) -> Json | None:
    """The group that AWS has for a generated one: its name is unique in its VPC and cannot change."""
    vpc = vpc_of(resource.get("vpc_id"), world)
    if vpc is None:
        return None
    name = str(resource.get("name"))
    filters: Filters = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}, {"Name": "group-name", "Values": [name]}]
    found = world.items("ec2", "describe_security_groups", "SecurityGroups", Filters=filters)
    return next((each for each in found if each["GroupName"] == name), None)


_LOCATE: Final = {
    "aws_egress_only_internet_gateway": _locate_egress_only_gateway,
    "aws_flow_log": _locate_flow_log,
    "aws_internet_gateway": _locate_internet_gateway,
    "aws_nat_gateway": _locate_nat_gateway,
    "aws_route_table": _locate_route_table,
    "aws_security_group": security_group_of,
    "aws_subnet": _locate_subnet,
    "aws_vpc_endpoint": _locate_endpoint,
}
"""How the generated ones in a VPC are found, by type."""

READERS: Final[Mapping[str, Reader]] = {
    "aws_egress_only_internet_gateway": _egress_only_gateway,
    "aws_eip": _elastic_ip,
    "aws_flow_log": _flow_log,
    "aws_internet_gateway": _internet_gateway,
    "aws_nat_gateway": _nat_gateway,
    "aws_route": _route,
    "aws_route_table": _route_table,
    "aws_route_table_association": _route_table_association,
    "aws_subnet": _subnet,
    "aws_vpc": _vpc,
    "aws_vpc_endpoint": _endpoint,
}
