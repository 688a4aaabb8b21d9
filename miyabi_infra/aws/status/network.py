"""Routes and network ACLs of a subnet, as they are: what sections about the way in and the way out share."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any, Final

from miyabi_infra.aws.status.model import Look

EVERYWHERE: Final = "0.0.0.0/0"
EVERYWHERE_IPV6: Final = "::/0"
CLIENTS: Final = (1024, 49152, 65535)
"""Ports at which clients wait for answers, of all systems (VPC User Guide, "Ephemeral ports"): samples of the range."""
GATEWAYS: Final = {"igw-": "internet gateway", "eigw-": "egress-only internet gateway"}
"""What a default route leads to, by how its ID begins."""
_TCP: Final = "6"
_ALL: Final = "-1"


def route_table(look: Look, subnet: str, vpc: str) -> Mapping[str, Any] | None:
    """The route table that a subnet uses: the associated one, else the main one of its VPC."""
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    tables = look.world.items("ec2", "describe_route_tables", "RouteTables", Filters=filters)
    main: Mapping[str, Any] | None = None
    for table in tables:
        for each in table.get("Associations", []):
            if each.get("SubnetId") == subnet:
                return table
            if each.get("Main"):
                main = table
    return main


def route_out(look: Look, subnet: str, vpc: str, to: str = EVERYWHERE) -> Mapping[str, Any] | None:
    """The default route of a subnet, of IPv4 or IPv6."""
    table = route_table(look, subnet, vpc)
    routes: list[Mapping[str, Any]] = table["Routes"] if table else []
    destinations = ("DestinationCidrBlock", "DestinationIpv6CidrBlock")
    return next((each for each in routes if to in [each.get(key) for key in destinations]), None)


def default_route(look: Look, subnet: str, vpc: str, target: str, prefix: str, *, to: str = EVERYWHERE) -> str:
    """Why a subnet has no active default route to a target of a kind (`igw-`); empty when it has one."""
    route = route_out(look, subnet, vpc, to)
    if route is None:
        return f"no route to {to}"
    if route.get("State", "active") != "active":
        return f"its route to {to} is a {route['State']}"
    if not str(route.get(target) or "").startswith(prefix):
        return f"its route to {to} does not lead to an {GATEWAYS[prefix]}"
    return ""


def acl_denies(look: Look, subnet: str, port: int, *, egress: bool) -> bool:
    """Whether the network ACL of a subnet denies a TCP port with the whole internet.

    The entries apply in the order of their numbers; the first that matches decides (VPC User Guide, "Network ACLs").
    """
    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    acls = look.world.items("ec2", "describe_network_acls", "NetworkAcls", Filters=filters)
    for acl in acls:
        for entry in sorted(acl["Entries"], key=lambda each: each["RuleNumber"]):
            if entry["Egress"] != egress or not entry.get("CidrBlock"):
                continue
            ports: Mapping[str, int] = entry.get("PortRange") or {"From": 0, "To": 65535}
            matches = str(entry["Protocol"]) == _ALL or (
                str(entry["Protocol"]) == _TCP and ports["From"] <= port <= ports["To"]
            )
            if matches and ip_network(entry["CidrBlock"]).prefixlen <= 1:
                return entry["RuleAction"] == "deny"
    return bool(acls)
