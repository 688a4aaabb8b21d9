"""ElastiCache: the state of each cache and its nodes, and their figures."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.aws.status.figures import Metric, figures
from miyabi_infra.aws.status.model import Level, Look, Observation
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import integer
from miyabi_infra.text import count

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
            yield from _node(look, str(cache.get("cluster_id")), cache)
            continue
        name = str(cache.get("replication_group_id"))
        answer = look.world.ask("elasticache", "describe_replication_groups", ReplicationGroupId=name)
        group = answer["ReplicationGroups"][0]
        members = [str(each) for each in group["MemberClusters"]]
        text = f"{name} {group['Status']}, {count(len(members), 'node')}"
        level = _LEVELS.get(group["Status"], Level.DEGRADED)
        wanted = integer(cache.get("num_cache_clusters"))
        if wanted > len(members):
            text, level = f"{text}, generated: {wanted}", max(level, Level.DEGRADED)
        if cache.get("automatic_failover_enabled") is True and group.get("AutomaticFailover") == "disabled":
            text, level = f"{text}; no automatic failover", max(level, Level.DEGRADED)
        if cache.get("multi_az_enabled") is True and group.get("MultiAZ") == "disabled":
            text, level = f"{text}; its nodes may all be in one zone", Level.DEGRADED
        shards = {str(each["Status"]) for each in group.get("NodeGroups") or () if each.get("Status")}
        for state in sorted(shards - {group["Status"]}):
            text, level = f"{text}; its nodes are {state}", max(level, _LEVELS.get(state, Level.DEGRADED))
        yield Observation(level, text, {"status": group["Status"], "nodes": len(members)})
        for member in members:
            yield from _node(look, member, cache)


def _node(look: Look, name: str, generated: Resource) -> Iterator[Observation]:
    answer = look.world.ask("elasticache", "describe_cache_clusters", CacheClusterId=name, ShowCacheNodeInfo=True)
    cluster = answer["CacheClusters"][0]
    state = cluster["CacheClusterStatus"]
    engine = str(cluster.get("Engine") or "redis").capitalize()
    held = str(cluster["CacheNodeType"])
    wanted = generated.get("node_type") or held
    differs = "" if held == wanted else f" (generated: {wanted})"
    text = f"{state}, {held}{differs}, {engine} {cluster['EngineVersion']}"
    data = {"status": state, "engine_version": cluster["EngineVersion"], "node_type": held}
    level = _LEVELS.get(state, Level.DEGRADED)
    yield Observation(max(level, Level.NOTE) if differs else level, text, data)
    yield from figures(look, _METRICS, {"CacheClusterId": name})
