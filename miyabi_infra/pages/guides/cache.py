"""What the guides say about Redis."""

from collections.abc import Mapping
from dataclasses import dataclass

from miyabi_infra.pages.guides.needed import needed
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.platform import Platform, cache_node_ids, integer, text


@dataclass(frozen=True)
class Cache:
    """The ElastiCache cluster or replication group."""

    name: str
    nodes: tuple[str, ...]
    """IDs of the nodes; the first one stands for all in commands about one node."""
    group: bool
    """Whether it is a replication group."""
    failover: bool
    """Whether a replica takes over when the primary fails."""
    node_type: str
    version: str
    port: int
    tls: bool
    parameters: Mapping[str, str]
    parameter_group: str
    maintenance: str
    """Window of maintenance, in UTC."""
    snapshots: int
    """Days that snapshots are kept; 0 for none."""


def cache(stack: Stack) -> Cache:
    """The cache of an environment.

    Raises:
        StackError: when the stack is not one of an environment.
    """
    platform = Platform(stack)
    found = needed(stack, next(iter(platform.caches), None), "aws_elasticache_cluster")
    group = needed(stack, platform.first("aws_elasticache_parameter_group"), "aws_elasticache_parameter_group")
    return Cache(
        name=text(found.get("cluster_id") or found.get("replication_group_id")),
        nodes=cache_node_ids(found),
        group=found.type != "aws_elasticache_cluster",
        failover=found.get("automatic_failover_enabled") is True,
        node_type=text(found.get("node_type")),
        version=text(found.get("engine_version")),
        port=integer(found.get("port")),
        tls=bool(found.get("transit_encryption_enabled")),
        parameters={text(each["name"]): text(each["value"]) for each in group.blocks("parameter")},
        parameter_group=text(group.get("name")),
        maintenance=text(found.get("maintenance_window")),
        snapshots=integer(found.get("snapshot_retention_limit")),
    )
