"""Whether tasks get out: the default route of their subnets, the NAT gateway, and what it needs itself."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from miyabi_infra.aws.client import Kind
from miyabi_infra.aws.status.model import Level, Look, Observation
from miyabi_infra.aws.status.network import (
    CLIENTS,
    EVERYWHERE,
    EVERYWHERE_IPV6,
    acl_denies,
    default_route,
    route_out,
)

HTTPS: Final = 443
"""What tasks need to pull images and secrets."""
TASKS: Final = (32768, 60999)
"""Ports at which Linux, and so a task, waits for answers: the first and the last."""


def way_out(look: Look) -> Iterator[Observation]:
    """One line for each subnet of the service."""
    service = look.describe_service()
    if service is None:
        text = f"service {look.service} does not exist"
        yield Observation(Level.DEGRADED, text, {"trouble": Kind.MISSING.value})
        return
    network = service.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    identifiers = sorted(network.get("subnets", []))
    subnets: list[dict[str, Any]] = look.world.ask("ec2", "describe_subnets", SubnetIds=identifiers)["Subnets"]
    public = network.get("assignPublicIp") == "ENABLED"
    wanted = bool(look.platform.nat_gateways) or public
    for subnet in sorted(subnets, key=lambda each: str(each["SubnetId"])):
        yield _subnet(look, subnet, public=public, wanted=wanted)
        if look.platform.stack.of_type("aws_egress_only_internet_gateway"):
            yield _over_ipv6(look, subnet)


def _over_ipv6(look: Look, subnet: Mapping[str, Any]) -> Observation:
    """A task with an IPv6 address, which it has in a subnet with an IPv6 block, tries that first."""
    identifier, vpc = str(subnet["SubnetId"]), str(subnet["VpcId"])
    data = {"subnet": identifier, "zone": subnet.get("AvailabilityZone")}
    problem = default_route(look, identifier, vpc, "EgressOnlyInternetGatewayId", "eigw-", to=EVERYWHERE_IPV6)
    if problem:
        return Observation(Level.DEGRADED, f"tasks in {identifier} do not get out over IPv6: {problem}", data)
    gateway = (route_out(look, identifier, vpc, EVERYWHERE_IPV6) or {}).get("EgressOnlyInternetGatewayId")
    return Observation(Level.OK, f"tasks in {identifier} get out over IPv6 by {gateway}", data)


def _subnet(look: Look, subnet: Mapping[str, Any], *, public: bool, wanted: bool) -> Observation:
    identifier, vpc = str(subnet["SubnetId"]), str(subnet["VpcId"])
    data = {"subnet": identifier, "zone": subnet.get("AvailabilityZone")}
    route = route_out(look, identifier, vpc)
    if route is None and not wanted:
        return Observation(Level.OK, f"tasks in {identifier} have no way out, as generated", data)
    problem = _problem(look, identifier, route)
    gateway = str((route or {}).get("GatewayId") or "")
    nat = str((route or {}).get("NatGatewayId") or "")
    if not problem and nat:
        problem = _nat_problem(look, nat, vpc)
    elif not problem and gateway.startswith("igw-") and not public:
        problem = f"{gateway} needs public addresses, which they do not have"
    elif not problem and not gateway.startswith("igw-"):
        text = f"tasks in {identifier} leave by {_via(route or {})}; what is behind it cannot be determined"
        return Observation(Level.UNKNOWN, text, data)
    if problem:
        return Observation(Level.DEGRADED, f"tasks in {identifier} do not get out: {problem}", data)
    return Observation(Level.OK, f"tasks in {identifier} get out by {nat or gateway}", data)


def _problem(look: Look, subnet: str, route: Mapping[str, Any] | None) -> str:
    """Why nothing leaves a subnet; empty when its route and its network ACL let tasks out."""
    if route is None:
        return f"no route to {EVERYWHERE}"
    if route.get("State", "active") != "active":
        return f"the route to {EVERYWHERE} is a {route['State']}"
    if acl_denies(look, subnet, HTTPS, egress=True):
        return f"the network ACL denies tcp {HTTPS} to the internet"
    if any(acl_denies(look, subnet, port, egress=False) for port in TASKS):
        return "the network ACL denies the answers from the internet"
    return ""


def _via(route: Mapping[str, Any]) -> str:
    keys = ("TransitGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId", "GatewayId")
    return next((str(route[key]) for key in keys if route.get(key)), "an unknown target")


def _nat_problem(look: Look, nat: str, vpc: str) -> str:
    """Why a NAT gateway does not work; empty when it does."""
    gateways = look.world.items("ec2", "describe_nat_gateways", "NatGateways", NatGatewayIds=[nat])
    gateway: Mapping[str, Any] | None = next(iter(gateways), None)
    if gateway is None:
        return f"{nat} does not exist"
    if gateway["State"] != "available":
        why = gateway.get("FailureMessage")
        return f"{nat} is {gateway['State']}{f' ({why})' if why else ''}"
    subnet = str(gateway["SubnetId"])
    problem = default_route(look, subnet, vpc, "GatewayId", "igw-")
    if not problem and acl_denies(look, subnet, HTTPS, egress=True):
        problem = f"its network ACL denies tcp {HTTPS} to the internet"
    if not problem and any(acl_denies(look, subnet, port, egress=False) for port in CLIENTS):
        problem = "its network ACL denies the answers from the internet"
    return f"{nat} is in {subnet}, and {problem}" if problem else ""
