"""ElastiCache: nodes of Redis, and snapshots in addition to the free one."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.cost.model import Billed, Billing, Charge, Context, Free, Span, counted, number
from miyabi_infra.cost.prices import NotPriced
from miyabi_infra.stacks import Resource


def _cache(cache: Resource, context: Context) -> Iterator[Charge]:
    yield from _nodes(cache, number(cache.get("num_cache_nodes", 1)), context)


def _replication_group(group: Resource, context: Context) -> Iterator[Charge]:
    shards = group.get("num_node_groups")
    if shards is not None:
        nodes = number(shards) * (1 + number(group.get("replicas_per_node_group", 0)))
    else:
        nodes = number(group.get("num_cache_clusters", 1))
    yield from _nodes(group, nodes, context)


def _nodes(cache: Resource, nodes: float, context: Context) -> Iterator[Charge]:
    node_type, engine = str(cache.get("node_type")), str(cache.get("engine", "redis"))
    if engine != "redis":
        raise NotPriced(f"no price of the engine {engine}")
    price = context.prices.find(node_type)
    if price is None:
        raise NotPriced(f"no price of {node_type}")
    yield Charge("Redis", counted(nodes, "node") + f" {node_type}", Span.of(nodes * context.hours), price)
    kept, size = number(cache.get("snapshot_retention_limit", 0)), context.of_environment.snapshot_gb
    if kept > 1:
        item = f"{counted(kept - 1, 'snapshot')} of {size:g} GB in addition to the free one"
        quantity = Span.of((kept - 1) * size)
        yield Charge("Redis", item, quantity, context.prices.of("cache.snapshot"), assumed=True)
    version = str(cache.get("engine_version", ""))
    if version.startswith(_EXTENDED_SUPPORT):
        raise NotPriced(f"no price of the extended support of Redis {version}")


_EXTENDED_SUPPORT: Final = ("4.", "5.")
"""Versions of Redis whose standard support has ended: AWS bills extended support from February 2026 (ElastiCache user
guide, "Extended support")."""

_FREE: Final = frozenset(
    {
        "apply_immediately",
        "at_rest_encryption_enabled",
        "auto_minor_version_upgrade",
        "automatic_failover_enabled",
        "cluster_id",
        "description",
        "final_snapshot_identifier",
        "auth_token",
        "auth_token_update_strategy",
        "kms_key_id",
        "log_delivery_configuration",
        "snapshot_name",
        "maintenance_window",
        "multi_az_enabled",
        "notification_topic_arn",
        "parameter_group_name",
        "port",
        "replication_group_id",
        "security_group_ids",
        "snapshot_window",
        "subnet_group_name",
        "tags",
        "transit_encryption_enabled",
        "transit_encryption_mode",
    }
)

BILLING: Final[Billing] = {
    "aws_elasticache_cluster": Billed(
        "Redis",
        _cache,
        reads=frozenset({"engine", "engine_version", "node_type", "num_cache_nodes", "snapshot_retention_limit"}),
        free=_FREE,
    ),
    "aws_elasticache_parameter_group": Free(),
    "aws_elasticache_replication_group": Billed(
        "Redis",
        _replication_group,
        reads=frozenset(
            {
                "engine",
                "engine_version",
                "node_type",
                "num_cache_clusters",
                "num_node_groups",
                "replicas_per_node_group",
                "snapshot_retention_limit",
            }
        ),
        free=_FREE,
    ),
    "aws_elasticache_subnet_group": Free(),
}
