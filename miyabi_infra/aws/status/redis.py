"""ElastiCache: the state of each cache and its nodes, and their figures."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.aws.status.figures import Metric, figures
from miyabi_infra.aws.status.model import Level, Look, Observation

_METRICS: Final = (
    Metric("CPU", "AWS/ElastiCache", "CPUUtilization"),
    Metric("free memory", "AWS/ElastiCache", "FreeableMemory", unit=" MB", scale=1e-6),
    Metric("evictions", "AWS/ElastiCache", "Evictions", unit=""),
    Metric("connections", "AWS/ElastiCache", "CurrConnections", unit=""),
)
_LEVELS: Final = {"available": Level.OK, "modifying": Level.NOTE, "snapshotting": Level.NOTE}
"""States in which a cache works; in every other one it does not."""


def redis(look: Look) -> Iterator[Observation]:
    """Each cache: one node, or a replication group with its nodes."""
    for cache in look.platform.caches:
        if cache.type == "aws_elasticache_cluster":
            yield from _node(look, str(cache.get("cluster_id")))
            continue
        name = str(cache.get("replication_group_id"))
        answer = look.world.ask("elasticache", "describe_replication_groups", ReplicationGroupId=name)
        group = answer["ReplicationGroups"][0]
        members = [str(each) for each in group["MemberClusters"]]
        text = f"{name} {group['Status']}, {len(members)} nodes"
        yield Observation(_LEVELS.get(group["Status"], Level.DEGRADED), text, {"status": group["Status"]})
        for member in members:
            yield from _node(look, member)


def _node(look: Look, name: str) -> Iterator[Observation]:
    answer = look.world.ask("elasticache", "describe_cache_clusters", CacheClusterId=name, ShowCacheNodeInfo=True)
    cluster = answer["CacheClusters"][0]
    state = cluster["CacheClusterStatus"]
    engine = str(cluster.get("Engine") or "redis").capitalize()
    text = f"{state}, {cluster['CacheNodeType']}, {engine} {cluster['EngineVersion']}"
    data = {"status": state, "engine_version": cluster["EngineVersion"]}
    yield Observation(_LEVELS.get(state, Level.DEGRADED), text, data)
    yield from figures(look, _METRICS, {"CacheClusterId": name})
