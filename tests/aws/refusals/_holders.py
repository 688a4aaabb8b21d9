"""What holds on to what, and what several services ask of it: network interfaces in subnets, listeners, names."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.aws.refusals import Ask

Moto = Any
"""A model of moto's, whose own types say too little."""


@dataclass(frozen=True)
class Interface:
    """A network interface of a service, or several in the same subnet."""

    owner: str
    """Who has it: `load balancer miyabi-alb-dev`."""
    subnet: str
    groups: tuple[str, ...]
    """IDs of security groups."""
    public: bool
    """Whether it has a public address."""
    ipv6: bool = False
    """Whether it has an address of the subnet's IPv6 block."""


def plain(name: str) -> str:
    """A name of Route 53 as people write it: `*` is stored as an octal code, and the last dot says nothing."""
    return name.removesuffix(".").replace(r"\052", "*").lower()


def interfaces(ask: Ask) -> Iterator[Interface]:
    """All interfaces of the account in the region."""
    yield from _of_load_balancers(ask)
    yield from _of_services(ask)
    for each in ask.ec2.nat_gateways.values():
        if each.state != "deleted":
            yield Interface(f"NAT gateway {each.id}", each.subnet_id, (), each.connectivity_type != "private")
    for each in ask.backend("elasticache").cache_clusters.values():
        place = node_subnet(ask, each)
        if place is not None:
            yield Interface(
                f"cache cluster {each.cache_cluster_id}", place, tuple(each.security_group_ids), public=False
            )
    for each in ask.backend("rds").databases.values():
        if each.db_subnet_group is not None:
            place = each.db_subnet_group.subnets[0]["SubnetIdentifier"]
            groups = tuple(each.vpc_security_group_ids)
            yield Interface(f"database {each.db_instance_identifier}", place, groups, public=False)
    for each in ask.ec2.vpc_end_points.values():
        if each.state != "deleted":
            for place in each.subnet_ids or ():
                yield Interface(f"endpoint {each.id}", place, tuple(each.security_group_ids or ()), public=False)


def _of_load_balancers(ask: Ask) -> Iterator[Interface]:
    for each in ask.backend("elbv2").load_balancers.values():
        for place in each.subnets:
            public, ipv6 = each.scheme != "internal", each.ip_address_type != "ipv4"
            yield Interface(f"load balancer {each.name}", place.id, tuple(each.security_groups), public, ipv6)


def _of_services(ask: Ask) -> Iterator[Interface]:
    for each in running_services(ask):
        configuration: dict[str, Any] = each.network_configuration or {}
        network: dict[str, Any] = configuration.get("awsvpcConfiguration", {})
        public = network.get("assignPublicIp") == "ENABLED"
        setting = ask.backend("ecs").account_settings.get("dualStackIPv6")
        for place in network.get("subnets", ()):
            ipv6 = setting is not None and setting.value == "enabled" and bool(ipv6_blocks(subnet(ask, place)))
            yield Interface(f"service {each.name}", place, tuple(network.get("securityGroups", ())), public, ipv6)


def running_services(ask: Ask) -> Iterator[Moto]:
    """ECS services that have tasks, or are about to."""
    for each in ask.backend("ecs").services.values():
        if each.status == "ACTIVE" and each.desired_count > 0:
            yield each


def node_subnet(ask: Ask, cluster: Moto) -> str | None:
    """The subnet of a cache cluster's node: that of its group in the node's zone."""
    group = ask.backend("elasticache").cache_subnet_groups.get(cluster.cache_subnet_group_name)
    found = [each for each in (subnet(ask, each) for each in group.subnet_ids) if each] if group else []
    zone = cluster.cache_nodes[0]["CustomerAvailabilityZone"]
    return next((each.id for each in found if each.availability_zone == zone), found[0].id if found else None)


def subnet(ask: Ask, identifier: str) -> Moto | None:
    """A subnet by its ID."""
    return next((zone[identifier] for zone in ask.ec2.subnets.values() if identifier in zone), None)


def ipv6_blocks(holder: Moto) -> list[str]:
    """The IPv6 blocks that a VPC or a subnet has."""
    found = holder.ipv6_cidr_block_association_set if holder is not None else ()
    return [each["ipv6CidrBlock"] for each in found if each["ipv6CidrBlockState"]["state"] == "associated"]


def vpc_of(ask: Ask, subnet_id: str) -> str | None:
    """The VPC of a subnet."""
    found = subnet(ask, subnet_id)
    return found.vpc_id if found else None


def group(ask: Ask, identifier: str) -> Moto | None:
    """A security group by its ID."""
    return ask.ec2.get_security_group_from_id(identifier)


def gateway_of(ask: Ask, vpc: str | None) -> Moto | None:
    """The internet gateway that is attached to a VPC."""
    gateways = ask.ec2.internet_gateways.values()
    return next((each for each in gateways if each.vpc is not None and each.vpc.id == vpc), None)


def forwarded(actions: list[dict[str, Any]]) -> set[str]:
    """The target groups that actions forward to."""
    found = {each["TargetGroupArn"] for each in actions if each.get("TargetGroupArn")}
    weighted = (group for each in actions for group in each.get("ForwardConfig", {}).get("TargetGroups", ()))
    return found | {each["TargetGroupArn"] for each in weighted if each.get("TargetGroupArn")}


def balancers_of(ask: Ask, target_group: str | None) -> set[str]:
    """The load balancers whose listeners or rules forward to a target group, by ARN."""
    return {
        balancer.arn
        for balancer in ask.backend("elbv2").load_balancers.values()
        for listener in balancer.listeners.values()
        for actions in (listener.default_actions, *(rule.actions for rule in listener.rules.values()))
        if target_group in forwarded([each.data for each in actions])
    }
