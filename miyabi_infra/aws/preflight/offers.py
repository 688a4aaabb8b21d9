"""What AWS offers this account in this region: zones, and node types of the cache."""

from miyabi_infra.aws.preflight.model import Observations, blocked, fine
from miyabi_infra.aws.status.model import Look
from miyabi_infra.stacks.platform import CACHES, text


def zones(look: Look) -> Observations:
    """The zones that the subnets name. AWS hides some zones of a region from some accounts."""
    answer = look.world.ask(
        "ec2", "describe_availability_zones", Filters=[{"Name": "zone-type", "Values": ["availability-zone"]}]
    )
    offered = {each["ZoneName"]: each["State"] for each in answer["AvailabilityZones"]}
    for zone in look.platform.zones:
        if zone not in offered:
            known = ", ".join(sorted(offered))
            yield blocked(
                f"{zone} is not offered to this account: networking.availability_zones, of {known}", zone=zone
            )
        elif offered[zone] != "available":
            yield blocked(f"{zone} is {offered[zone]}", zone=zone)
        else:
            yield fine(f"{zone} is available", zone=zone)


def nodes(look: Look) -> Observations:
    """The node types of the cache: whatever can be reserved in a region is offered there."""
    wanted = {text(each.get("node_type")) for each in look.world.stack.of_type(*CACHES)} - {""}
    for node in sorted(wanted):
        found = look.world.items(
            "elasticache",
            "describe_reserved_cache_nodes_offerings",
            "ReservedCacheNodesOfferings",
            CacheNodeType=node,
        )
        region = look.world.stack.region
        if found:
            yield fine(f"{node} is offered in {region}", node_type=node)
        else:
            yield blocked(f"{node} is not offered in {region}: elasticache.redis_node_type", node_type=node)
