"""ElastiCache's replication groups, as far as moto lacks them: their nodes exist, change with the group and go with it.
A node or a group that is deleted leaves its last snapshot.

In AWS a replication group without shards has `NumCacheClusters` nodes, each a cache cluster named `<group>-001` and so
on, which `DescribeCacheClusters` lists and whose settings are the group's. moto makes the group only.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from moto.core.responses import ActionResult
from moto.elasticache.models import CacheCluster, ElastiCacheBackend, ReplicationGroup
from moto.elasticache.responses import ElastiCacheResponse

Moto = Any
"""A model of moto's, whose own types say too little."""

MODIFIABLE: Final = {
    "CacheNodeType": "cache_node_type",
    "CacheParameterGroupName": "cache_parameter_group_name",
    "Engine": "engine",
    "EngineVersion": "engine_version",
    "NotificationTopicArn": "notification_topic_arn",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "SecurityGroupIds": "security_group_ids",
    "SnapshotRetentionLimit": "snapshot_retention_limit",
    "SnapshotWindow": "snapshot_window",
    "TransitEncryptionMode": "transit_encryption_mode",
}
"""What ModifyReplicationGroup changes, and where moto's models of the group and of its nodes hold it."""
ZONES: Final = "abc"


def install() -> None:
    """Put the additions into moto. Once in a process."""
    for method in (increase_replica_count, decrease_replica_count):
        setattr(ElastiCacheResponse, method.__name__, method)
    _wrap(ElastiCacheResponse, "modify_replication_group", _modifying)
    for name in ("delete_cache_cluster", "delete_replication_group"):
        _wrap(ElastiCacheResponse, name, _with_last_snapshot)
    _wrap(ElastiCacheBackend, "create_replication_group", _with_nodes)
    _wrap(ElastiCacheBackend, "delete_replication_group", _without_nodes)


def _wrap(owner: type, name: str, wrapper: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    original = getattr(owner, name)
    setattr(owner, name, functools.wraps(original)(wrapper(original)))


def _with_nodes(create: Callable[..., ReplicationGroup]) -> Callable[..., ReplicationGroup]:
    def create_replication_group(self: ElastiCacheBackend, **asked: Moto) -> ReplicationGroup:
        group: Moto = create(self, **asked)
        group.asked = asked
        automatic = asked.get("auto_minor_version_upgrade")
        group.auto_minor_version_upgrade = automatic if automatic is None else str(automatic).lower() == "true"
        group.engine_version = asked.get("engine_version")
        _resize(self, group, asked.get("num_cache_clusters") or len(group.member_clusters))
        return group

    return create_replication_group


def _without_nodes(delete: Callable[..., ReplicationGroup]) -> Callable[..., ReplicationGroup]:
    def delete_replication_group(
        self: ElastiCacheBackend,
        replication_group_id: str,
        retain_primary_cluster: bool | None,  # noqa: FBT001  # as moto calls it
    ) -> ReplicationGroup:
        """Delete at once; in moto a group stays `deleting` for ever."""
        group = delete(self, replication_group_id, retain_primary_cluster)
        for name in group.member_clusters:
            self.cache_clusters.pop(name, None)
        self.replication_groups.pop(replication_group_id)
        return group

    return delete_replication_group


def _with_last_snapshot(delete: Callable[..., ActionResult]) -> Callable[..., ActionResult]:
    def deleting(self: ElastiCacheResponse) -> ActionResult:
        """Take the last snapshot before, which moto does not."""
        name = _get(self, "FinalSnapshotIdentifier")
        if name:
            held = (_get(self, "ReplicationGroupId"), _get(self, "CacheClusterId"))
            self.elasticache_backend.create_snapshot(name, *held, None, None)
        return delete(self)

    return deleting


def _modifying(modify: Callable[..., ActionResult]) -> Callable[..., ActionResult]:
    def modify_replication_group(self: ElastiCacheResponse) -> ActionResult:
        answer = modify(self)
        group: Moto = self.elasticache_backend.replication_groups[_get(self, "ReplicationGroupId")]
        for model in (group, *_nodes(self.elasticache_backend, group)):
            for wire, held in MODIFIABLE.items():
                value = _get(self, wire)
                if value is not None:
                    setattr(model, held, value)
            for wire, held in (
                ("TransitEncryptionEnabled", "transit_encryption_enabled"),
                ("AutoMinorVersionUpgrade", "auto_minor_version_upgrade"),
            ):
                flag: bool | None = cast("Any", self)._get_bool_param(wire)
                if flag is not None:
                    setattr(model, held, flag)
            if _get(self, "AuthToken"):
                model.auth_token_enabled = _get(self, "AuthTokenUpdateStrategy") != "DELETE"
        return answer

    return modify_replication_group


def increase_replica_count(self: ElastiCacheResponse) -> ActionResult:
    return _recount(self)


def decrease_replica_count(self: ElastiCacheResponse) -> ActionResult:
    return _recount(self)


def _recount(response: ElastiCacheResponse) -> ActionResult:
    backend = response.elasticache_backend
    group = backend.replication_groups[_get(response, "ReplicationGroupId")]
    _resize(backend, group, int(_get(response, "NewReplicaCount")) + 1)
    return ActionResult({"ReplicationGroup": group})


def _resize(backend: ElastiCacheBackend, group: Moto, nodes: int) -> None:
    """Give a group a number of nodes; the first is the primary."""
    if group.cluster_enabled:
        names = list(group.member_clusters)
    else:
        names = [f"{group.replication_group_id}-{number:03}" for number in range(1, nodes + 1)]
    for gone in set(group.member_clusters) - set(names):
        backend.cache_clusters.pop(gone, None)
    group.member_clusters[:] = names
    for index, name in enumerate(names):
        if name not in backend.cache_clusters:
            backend.cache_clusters[name] = _node(backend, group, name, index)
    if not group.cluster_enabled:
        _describe(backend, group)


def _describe(backend: ElastiCacheBackend, group: Moto) -> None:
    """Have the group's answer name its nodes and end points."""
    shard: dict[str, Any] = group.node_groups[0]
    domain = str(shard["primary_endpoint"]["address"]).removeprefix("master.")
    shard["reader_endpoint"] = {"address": f"replica.{domain}", "port": group.port}
    shard["node_group_members"] = [
        {
            "cache_cluster_id": each.cache_cluster_id,
            "cache_node_id": "0001",
            "current_role": "replica" if index else "primary",
            "preferred_availability_zone": each.preferred_availability_zone,
            "read_endpoint": {"address": f"{each.cache_cluster_id}.{domain}", "port": group.port},
        }
        for index, each in enumerate(_nodes(backend, group))
    ]


def _nodes(backend: ElastiCacheBackend, group: Moto) -> list[Moto]:
    return [backend.cache_clusters[name] for name in group.member_clusters if name in backend.cache_clusters]


def _node(backend: ElastiCacheBackend, group: Moto, name: str, index: int) -> CacheCluster:
    """A node of a group, with the group's settings."""
    asked: Mapping[str, Any] = group.asked
    code = cast("Any", CacheCluster.__init__).__code__
    arguments = {each: asked.get(each) for each in code.co_varnames[3 : code.co_argcount]}
    arguments |= {held: getattr(group, held, asked.get(held)) for held in MODIFIABLE.values() if held in arguments}
    zones: list[str] = asked.get("preferred_cache_cluster_azs") or [f"{backend.region_name}{each}" for each in ZONES]
    arguments |= {
        "cache_cluster_id": name,
        "engine": group.engine,
        "num_cache_nodes": 1,
        "log_delivery_configurations": [],
        "tags": None,
        "preferred_availability_zone": zones[index % len(zones)],
        "replication_group_id": group.replication_group_id,
        "auto_minor_version_upgrade": group.auto_minor_version_upgrade,
    }
    node: Moto = CacheCluster(backend.account_id, backend.region_name, **arguments)
    node.replication_group_id = group.replication_group_id  # moto keeps it of Redis only, not of Valkey
    for kept, default in (("num_cache_nodes", 1), ("snapshot_window", asked.get("snapshot_window"))):
        if not hasattr(node, kept):
            setattr(node, kept, default)
    node.at_rest_encryption_enabled = group.at_rest_encryption_enabled
    node.transit_encryption_enabled = group.transit_encryption_enabled
    node.transit_encryption_mode = group.transit_encryption_mode
    return node


def _get(response: Moto, name: str) -> Any:  # noqa: ANN401  # moto's own
    return response._get_param(name)
