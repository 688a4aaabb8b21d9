"""ElastiCache: the cluster or the replication group, its subnets, its parameters."""

import re
from collections.abc import Mapping
from typing import Any, Final

from miyabi_infra.aws.readers.beside import beside
from miyabi_infra.aws.readers.common import Json, part, set_check
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, Unresolved, World, compared
from miyabi_infra.stacks import Resource


def _cache_tags(arn: str, world: World) -> Any:  # noqa: ANN401  # JSON
    return world.ask("elasticache", "list_tags_for_resource", ResourceName=arn)["TagList"]


def _cache(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("cluster_id"))
    answer = world.ask("elasticache", "describe_cache_clusters", CacheClusterId=name, ShowCacheNodeInfo=True)
    cluster = answer["CacheClusters"][0]
    nodes: list[Json] = cluster.get("CacheNodes") or [{}]
    endpoint = part(nodes[0], "Endpoint")
    version = str(resource.get("engine_version"))
    running = str(cluster.get("EngineVersion"))
    checks = world.checks(
        resource,
        {
            "cluster_id": cluster["CacheClusterId"],
            "replication_group_id": cluster.get("ReplicationGroupId"),
            "auto_minor_version_upgrade": _flag(cluster.get("AutoMinorVersionUpgrade", True)),
            "engine": cluster.get("Engine"),
            # Redis 7.0 is generated, and 7.0.7 runs.
            "engine_version": version if re.match(rf"{re.escape(version)}(?:\.|$)", running) else running,
            "node_type": cluster.get("CacheNodeType"),
            "num_cache_nodes": cluster.get("NumCacheNodes"),
            "port": endpoint.get("Port"),
            "parameter_group_name": part(cluster, "CacheParameterGroup").get("CacheParameterGroupName"),
            "subnet_group_name": cluster.get("CacheSubnetGroupName"),
            "maintenance_window": cluster.get("PreferredMaintenanceWindow"),
            "snapshot_window": cluster.get("SnapshotWindow"),
            "snapshot_retention_limit": cluster.get("SnapshotRetentionLimit"),
            "transit_encryption_enabled": cluster.get("TransitEncryptionEnabled") or False,
            "notification_topic_arn": part(cluster, "NotificationConfiguration").get("TopicArn") or "",
        },
        auto_minor_version_upgrade="true",
        notification_topic_arn="",
        replication_group_id=None,
        snapshot_retention_limit=0,
        transit_encryption_enabled=False,
    )
    groups = [each["SecurityGroupId"] for each in cluster.get("SecurityGroups") or ()]
    checks.append(set_check("security_group_ids", resource, world, groups))
    known = {
        "id": name,
        "arn": cluster["ARN"],
        "port": endpoint.get("Port"),
        "cache_nodes[0].address": endpoint.get("Address"),
    }
    checks += _logs(resource, world, cluster) if not cluster.get("ReplicationGroupId") else []
    extras = [*_waiting(cluster), *beside(resource.type, cluster)]
    return Found(known, checks + world.tags(resource, _cache_tags(cluster["ARN"], world)), extras)


def _replication_group(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("replication_group_id"))
    answer = world.ask("elasticache", "describe_replication_groups", ReplicationGroupId=name)
    group: Json = answer["ReplicationGroups"][0]
    shards: list[Json] = group.get("NodeGroups") or [{}]
    primary: Json = shards[0].get("PrimaryEndpoint") or {}
    reader: Json = shards[0].get("ReaderEndpoint") or {}
    members: list[str] = group.get("MemberClusters") or []
    node: Json = {}
    if members:  # what a group does not say of itself, its members do
        node = world.ask("elasticache", "describe_cache_clusters", CacheClusterId=members[0])["CacheClusters"][0]
    version, running = str(resource.get("engine_version")), str(node.get("EngineVersion"))
    checks = world.checks(
        resource,
        {
            "replication_group_id": group["ReplicationGroupId"],
            "description": group.get("Description"),
            "data_tiering_enabled": group.get("DataTiering") == "enabled",
            "engine": node.get("Engine"),
            "engine_version": version if re.match(rf"{re.escape(version)}(?:\.|$)", running) else running,
            "node_type": group.get("CacheNodeType"),
            "num_cache_clusters": len(members),
            "automatic_failover_enabled": group.get("AutomaticFailover") in {"enabled", "enabling"},
            "multi_az_enabled": group.get("MultiAZ") == "enabled",
            "port": primary.get("Port"),
            "parameter_group_name": part(node, "CacheParameterGroup").get("CacheParameterGroupName"),
            "subnet_group_name": node.get("CacheSubnetGroupName"),
            "at_rest_encryption_enabled": _flag(group.get("AtRestEncryptionEnabled")),
            "transit_encryption_enabled": group.get("TransitEncryptionEnabled") or False,
            "kms_key_id": group.get("KmsKeyId"),
            "maintenance_window": node.get("PreferredMaintenanceWindow"),
            "snapshot_window": group.get("SnapshotWindow"),
            "snapshot_retention_limit": group.get("SnapshotRetentionLimit"),
            "auto_minor_version_upgrade": _flag(group.get("AutoMinorVersionUpgrade")),
            "notification_topic_arn": part(node, "NotificationConfiguration").get("TopicArn"),
        },
        data_tiering_enabled=False,
        kms_key_id=None,
        notification_topic_arn=None,
    )
    if resource.get("transit_encryption_mode") is not None:
        checks += world.checks(resource, {"transit_encryption_mode": group.get("TransitEncryptionMode")})
    groups = [each["SecurityGroupId"] for each in node.get("SecurityGroups") or ()]
    checks.append(set_check("security_group_ids", resource, world, groups))
    checks += _logs(resource, world, group)
    # The token itself AWS does not tell, but whether one is asked for.
    wants_token = resource.get("auth_token") is not None
    checks.append(Compared("auth_token_enabled", wants_token, group.get("AuthTokenEnabled") or False))
    extras = [Extra(f"user group {each}") for each in group.get("UserGroupIds") or ()]
    extras += _waiting(node)
    extras += beside(resource.type, group)
    known = {
        "id": name,
        "arn": group["ARN"],
        "port": primary.get("Port"),
        "primary_endpoint_address": primary.get("Address"),
        "reader_endpoint_address": reader.get("Address"),
    }
    return Found(known, checks + world.tags(resource, _cache_tags(group["ARN"], world)), extras)


def _logs(resource: Resource, world: World, held: Json) -> list[Compared]:
    """Which logs are delivered, and where to."""
    wanted = {
        str(each["log_type"]): {key: world.value(each[key]) for key in _LOG if key in each}
        for each in resource.blocks("log_delivery_configuration")
    }
    found: dict[str, Json] = {}
    for each in held.get("LogDeliveryConfigurations") or ():
        kind, details = str(each["LogType"]), part(each, "DestinationDetails").values()
        names = (name for one in details for name in one.values() if isinstance(name, str))
        told = {
            "destination": next(names, None),
            "destination_type": each.get("DestinationType"),
            "log_format": each.get("LogFormat"),
        }
        found[kind] = {key: told[key] for key in wanted.get(kind, told)}
    if any(isinstance(held, Unresolved) for each in wanted.values() for held in each.values()):
        return []
    return compared("log_delivery_configuration", wanted, found)


_LOG: Final = ("destination", "destination_type", "log_format")
"""Arguments of a log's delivery."""


def _waiting(node: Json) -> list[Extra]:
    """Parameters that are set and not in force: only a reboot makes nodes take them."""
    status = part(node, "CacheParameterGroup").get("ParameterApplyStatus", _IN_FORCE)
    return [] if status == _IN_FORCE else [Extra(f"parameters that are not in force ({status})")]


_IN_FORCE: Final = "in-sync"


def _flag(value: object) -> str:
    """A flag as the provider's string arguments have it."""
    return str(bool(value)).lower()


def _cache_subnet_group(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    answer = world.ask("elasticache", "describe_cache_subnet_groups", CacheSubnetGroupName=name)
    group = answer["CacheSubnetGroups"][0]
    checks = [
        *world.checks(resource, {"name": group["CacheSubnetGroupName"]}),
        set_check("subnet_ids", resource, world, [each["SubnetIdentifier"] for each in group["Subnets"]]),
    ]
    return Found({"id": name, "name": name}, checks + world.tags(resource, _cache_tags(group["ARN"], world)))


def _cache_parameter_group(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    answer = world.ask("elasticache", "describe_cache_parameter_groups", CacheParameterGroupName=name)
    groups = answer["CacheParameterGroups"]
    if not groups:
        return None
    parameters = world.items(
        "elasticache", "describe_cache_parameters", "Parameters", CacheParameterGroupName=name, Source="user"
    )
    held = {each["ParameterName"]: each.get("ParameterValue") for each in parameters}
    generated = {str(each["name"]): each["value"] for each in resource.blocks("parameter")}
    checks = world.checks(
        resource, {"name": groups[0]["CacheParameterGroupName"], "family": groups[0]["CacheParameterGroupFamily"]}
    )
    checks += [Compared(f"parameter.{key}", value, held.get(key)) for key, value in generated.items()]
    extras = [Extra(f"parameter {key} = {value}") for key, value in held.items() if key not in generated]
    return Found(
        {"id": name, "name": name}, checks + world.tags(resource, _cache_tags(groups[0]["ARN"], world)), extras
    )


READERS: Final[Mapping[str, Reader]] = {
    "aws_elasticache_cluster": _cache,
    "aws_elasticache_parameter_group": _cache_parameter_group,
    "aws_elasticache_replication_group": _replication_group,
    "aws_elasticache_subnet_group": _cache_subnet_group,
}
