"""What AWS offers this account in this region: zones, node types of the cache, and classes of the database."""

from miyabi_infra.aws.preflight.model import Observations, blocked, fine
from miyabi_infra.aws.status.model import Look
from miyabi_infra.stacks.platform import CACHES, integer, text


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


def classes(look: Look) -> Observations:
    """The classes of the database, for its engine's version, in a VPC, and for Multi-AZ where it is asked for."""
    for database in look.world.stack.of_type("aws_db_instance"):
        name, version = text(database.get("instance_class")), text(database.get("engine_version"))
        options = look.world.items(
            "rds",
            "describe_orderable_db_instance_options",
            "OrderableDBInstanceOptions",
            Engine=text(database.get("engine")),
            DBInstanceClass=name,
            Vpc=True,
        )
        # AWS lists minor versions; an overlay names the major one.
        offered = [each for each in options if integer(each["EngineVersion"].partition(".")[0]) == integer(version)]
        data = {"instance_class": name, "engine_version": version}
        where = f"for version {version} in {look.world.stack.region}"
        if not offered:
            yield blocked(f"{name} is not offered {where}: rds.instance_class", **data)
        elif database.get("multi_az") and not any(each["MultiAZCapable"] for each in offered):
            yield blocked(f"{name} is not offered with Multi-AZ {where}: rds.instance_class", **data)
        else:
            yield fine(f"{name} is offered {where}", **data)
