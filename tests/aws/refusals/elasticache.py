"""ElastiCache: nodes, replication groups, parameter groups and subnet groups."""

import re
from typing import Any, Final

from tests.aws.refusals import Ask, nothing_more, refusal
from tests.aws.refusals._holders import group, node_subnet, subnet
from tests.aws.refusals._tables import DATA_TIERING, ENGINES, NEWER_THAN_REDIS_5, NODE_TYPES

API: Final = "https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_{}.html"
GUIDE: Final = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/{}.html"
PROVIDER: Final = "https://github.com/hashicorp/terraform-provider-aws/issues/{}"

CLUSTER: Final = ("CreateCacheCluster", "ModifyCacheCluster")
GROUP: Final = ("CreateReplicationGroup", "ModifyReplicationGroup")
IDENTIFIER: Final = re.compile(r"[a-z](?!.*--)[a-z0-9-]*(?<!-)", re.IGNORECASE)
POLICIES: Final = (
    "volatile-lru", "allkeys-lru", "volatile-lfu", "allkeys-lfu", "volatile-random", "allkeys-random", "volatile-ttl",
    "noeviction",
)  # fmt: skip
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY: Final = 24 * 60
HOUR: Final = 60

# ---- nodes and groups ------------------------------------------------------------------------------------------------


@refusal(
    "elasticache",
    "CreateCacheCluster",
    code="InvalidParameterCombination",
    source=f"{GUIDE.format('in-transit-encryption')} {PROVIDER.format(49066)} {PROVIDER.format(12592)}",
)
def tls_on_a_single_node(ask: Ask) -> str | None:
    """Encryption in transit on a single Redis node: only a replication group has it."""
    engine = ask.get("Engine")
    refused = ask.get("TransitEncryptionEnabled") and engine in ENGINES
    return f"Encryption feature is not supported for engine {str(engine).upper()}." if refused else None


@refusal(
    "elasticache", "CreateCacheCluster", code="InvalidParameterCombination", source=API.format("CreateCacheCluster")
)
def token_on_a_single_node(ask: Ask) -> str | None:
    """An AUTH token on a single Redis node, which has no encryption in transit."""
    if not ask.get("AuthToken"):
        return None
    return "The AUTH token can only be used with encryption in transit enabled."


@refusal(
    "elasticache",
    "CreateCacheCluster",
    "CreateReplicationGroup",
    "ModifyCacheCluster",
    "ModifyReplicationGroup",
    code="InvalidParameterValue",
    source=f"{GUIDE.format('CacheNodes.SupportedTypes')} {API.format('CreateCacheCluster')}",
)
def node_type_that_does_not_exist(ask: Ask) -> str | None:
    """The node type does not exist, or is of a generation of which no new nodes can be created."""
    node = ask.get("CacheNodeType")
    if node is None:
        return None
    family, _, size = str(node).removeprefix("cache.").partition(".")
    return None if size in NODE_TYPES.get(family, ()) else f"Invalid Cache Node Type: {node}"


@refusal(
    "elasticache",
    *CLUSTER,
    *GROUP,
    code="InvalidParameterCombination",
    source=GUIDE.format("CacheNodes.SupportedTypes"),
)
def version_older_than_the_node_type(ask: Ask) -> str | None:
    """The version of the engine is older than the oldest one of the node type's family."""
    node = ask.get("CacheNodeType") or _held(ask, "cache_node_type")
    version = ask.get("EngineVersion") or _held(ask, "engine_version")
    oldest = NEWER_THAN_REDIS_5.get(str(node).removeprefix("cache.").partition(".")[0], 0)
    if not version or float(".".join(str(version).split(".")[:2])) >= oldest:
        return None
    return f"Cache node type {node} is not supported for engine version {version}."


@refusal(
    "elasticache",
    *CLUSTER,
    code="InvalidParameterCombination",
    source=GUIDE.format("data-tiering"),
)
def data_tiering_on_a_single_node(ask: Ask) -> str | None:
    """A node type with data tiering (r6gd) outside a replication group."""
    family = str(ask.get("CacheNodeType", "")).removeprefix("cache.").partition(".")[0]
    return "Data tiering is only supported for replication groups." if family in DATA_TIERING else None


@refusal(
    "elasticache",
    *CLUSTER,
    *GROUP,
    code="InvalidParameterCombination",
    source=f"{GUIDE.format('supported-engine-versions')} {API.format('DescribeCacheEngineVersions')}",
)
def engine_version_that_does_not_exist(ask: Ask) -> str | None:
    """ElastiCache does not offer the version of the engine. From 6.0 on a version is major and minor only."""
    engine, version = _engine(ask), ask.get("EngineVersion")
    if version is None or engine not in ENGINES or version in ENGINES[engine]:
        return None
    return f"Cannot find version {version} for {engine}"


@refusal(
    "elasticache",
    *CLUSTER,
    *GROUP,
    code="InvalidParameterCombination",
    source="https://github.com/hashicorp/terraform/pull/11269 " + PROVIDER.format(27709),
)
def parameter_group_of_another_family(ask: Ask) -> str | None:
    """The family of the parameter group is not that of the engine's version."""
    engine, found = _engine(ask), _parameter_group(ask)
    version = ask.get("EngineVersion") or _held(ask, "engine_version")
    family = ENGINES.get(engine, {}).get(str(version))
    if found is None or family is None or found.family == family:
        return None
    return f"Expected a parameter group of family {family} but found one of family {found.family}"


@refusal("elasticache", *CLUSTER, *GROUP, code="CacheParameterGroupNotFound", source=API.format("CreateCacheCluster"))
def parameter_group_that_does_not_exist(ask: Ask) -> str | None:
    """There is no parameter group of the name; AWS's own begin with `default.`."""
    name = ask.get("CacheParameterGroupName")
    if name is None or name.startswith("default.") or name in _parameter_groups(ask):
        return None
    return f"CacheParameterGroup not found: {name}"


@refusal(
    "elasticache",
    "CreateCacheCluster",
    "CreateReplicationGroup",
    code="CacheSubnetGroupNotFoundFault",
    source=API.format("CreateCacheCluster"),
)
def subnet_group_that_does_not_exist(ask: Ask) -> str | None:
    """There is no subnet group of the name."""
    name = ask.get("CacheSubnetGroupName")
    missing = name is not None and name not in ask.backend("elasticache").cache_subnet_groups
    return f"Cache Subnet Group {name} does not exist." if missing else None


@refusal("elasticache", *CLUSTER, *GROUP, code="InvalidParameterValue", source=API.format("CreateCacheCluster"))
def security_group_that_does_not_exist(ask: Ask) -> str | None:
    """A security group does not exist, or is of another VPC than the subnet group."""
    subnets = ask.backend("elasticache").cache_subnet_groups.get(ask.get("CacheSubnetGroupName"))
    places = [subnet(ask, each) for each in subnets.subnet_ids] if subnets else []
    vpcs = {each.vpc_id for each in places if each}
    for identifier in ask.all("SecurityGroupIds"):
        found = group(ask, identifier)
        if found is None or (vpcs and found.vpc_id not in vpcs):
            return f"Some security group IDs are invalid: {identifier}"
    return None


@refusal("elasticache", "CreateCacheCluster", code="CacheClusterAlreadyExists", source=API.format("CreateCacheCluster"))
def cache_cluster_that_exists(ask: Ask) -> str | None:
    """The account has a cache cluster of the identifier in the region."""
    exists = ask.get("CacheClusterId") in ask.backend("elasticache").cache_clusters
    return "Cache cluster already exists" if exists else None


@refusal(
    "elasticache",
    "CreateReplicationGroup",
    code="ReplicationGroupAlreadyExists",
    source=API.format("CreateReplicationGroup"),
)
def replication_group_that_exists(ask: Ask) -> str | None:
    """The account has a replication group of the identifier in the region."""
    identifier = ask.get("ReplicationGroupId")
    exists = identifier in ask.backend("elasticache").replication_groups
    return f"Replication group {identifier} already exists." if exists else None


@refusal(
    "elasticache",
    "CreateCacheCluster",
    "CreateReplicationGroup",
    code="InvalidParameterValue",
    source=f"{API.format('CreateCacheCluster')} {API.format('CreateReplicationGroup')}",
)
def identifier_of_a_cache(ask: Ask) -> str | None:
    """An identifier is too long (50, a group's 40), does not begin with a letter, ends with a hyphen or has two in a row."""  # noqa: E501
    name = "CacheClusterId" if ask.operation == "CreateCacheCluster" else "ReplicationGroupId"
    value, most = str(ask.get(name, "")), 50 if name == "CacheClusterId" else 40
    if len(value) <= most and IDENTIFIER.fullmatch(value):
        return None
    return (
        f"The parameter {name} is not a valid identifier. Identifiers must begin with a letter; must contain only "
        "ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
    )


@refusal(
    "elasticache",
    *CLUSTER,
    *GROUP,
    code="InvalidParameterValue",
    source=f"{API.format('CreateCacheCluster')} https://github.com/hashicorp/terraform-provider-aws/pull/2153",
)
def window_shorter_than_an_hour(ask: Ask) -> str | None:
    """The maintenance window or the snapshot window has fewer than 60 minutes."""
    for name, what, lap in (
        ("PreferredMaintenanceWindow", "Maintenance", 7 * DAY),
        ("SnapshotWindow", "Snapshot", DAY),
    ):
        window = ask.get(name)
        if window and (_minute(window, 1) - _minute(window, 0)) % lap < HOUR:
            return f"{what} window must be at least 60 minutes."
    return None


@refusal(
    "elasticache",
    *CLUSTER,
    *GROUP,
    code="InvalidParameterValue",
    source="https://github.com/hashicorp/terraform/issues/17247",
)
def snapshots_during_maintenance(ask: Ask) -> str | None:
    """The snapshot window and the maintenance window overlap, on any day."""
    snapshot = ask.get("SnapshotWindow") or _held(ask, "snapshot_window")
    maintenance = ask.get("PreferredMaintenanceWindow") or _held(ask, "preferred_maintenance_window")
    if not snapshot or not maintenance:
        return None
    taken = set(_minutes(_minute(maintenance, 0), _minute(maintenance, 1), 7 * DAY))
    daily = _minutes(_minute(snapshot, 0), _minute(snapshot, 1), DAY)
    if not any((minute + day * DAY) % (7 * DAY) in taken for minute in daily for day in range(7)):
        return None
    return "The snapshot window and maintenance window must not overlap."


@refusal("elasticache", *CLUSTER, *GROUP, code="InvalidParameterValue", source=API.format("CreateCacheCluster"))
def topic_that_does_not_exist(ask: Ask) -> str | None:
    """The SNS topic does not exist in the account and region."""
    arn = ask.get("NotificationTopicArn")
    missing = arn and arn not in ask.backend("sns").topics
    return f"Invalid NotificationTopicArn: {arn}" if missing else None


@refusal(
    "elasticache",
    "ModifyCacheCluster",
    "ModifyReplicationGroup",
    code="InvalidParameterCombination",
    source=f"{GUIDE.format('VersionManagement')} {PROVIDER.format(30481)}",
)
def downgrade_of_the_engine(ask: Ask) -> str | None:
    """The version is lower than the one that runs."""
    new, old = ask.get("EngineVersion"), _held(ask, "engine_version")
    lower = new and old and _numbers(new) < _numbers(str(old))
    return f"Downgrading from version {old} to {new} is not supported." if lower else None


@refusal("elasticache", "DeleteCacheCluster", code="InvalidCacheClusterState", source=API.format("DeleteCacheCluster"))
def only_member_of_a_group(ask: Ask) -> str | None:
    """The cache cluster is the only member of a replication group."""
    for each in ask.backend("elasticache").replication_groups.values():
        if list(each.member_clusters) == [ask.get("CacheClusterId")]:
            return (
                "Cannot delete the cache cluster since it is the only member of a replication group. "
                "Delete the replication group instead."
            )
    return None


@refusal(
    "elasticache",
    "DeleteCacheCluster",
    "DeleteReplicationGroup",
    "CreateSnapshot",
    code="SnapshotAlreadyExistsFault",
    source=API.format("DeleteCacheCluster"),
)
def snapshot_that_exists(ask: Ask) -> str | None:
    """The account has a snapshot of the final snapshot's name."""
    name = ask.get("FinalSnapshotIdentifier") or ask.get("SnapshotName")
    exists = name in ask.backend("elasticache").snapshots if name else False
    return f"Snapshot already exists: {name}" if exists else None


# ---- replication groups ----------------------------------------------------------------------------------------------


@refusal(
    "elasticache", "CreateReplicationGroup", code="InvalidParameterValue", source=API.format("CreateReplicationGroup")
)
def multi_az_without_failover(ask: Ask) -> str | None:
    """Multi-AZ is on and automatic failover is not."""
    refused = ask.get("MultiAZEnabled") and not ask.get("AutomaticFailoverEnabled")
    return "Multi-AZ cannot be enabled without automatic failover." if refused else None


@refusal(
    "elasticache", "CreateReplicationGroup", code="InvalidParameterValue", source=API.format("CreateReplicationGroup")
)
def failover_of_one_node(ask: Ask) -> str | None:
    """Automatic failover of a group that has one node and no shards of their own."""
    nodes = ask.get("NumCacheClusters", ask.get("ReplicasPerNodeGroup", 0) + 1)
    if not ask.get("AutomaticFailoverEnabled") or nodes > 1 or ask.get("NumNodeGroups", 1) > 1:
        return None
    return "When automatic failover is enabled, the number of cache clusters must be at least 2."


@refusal(
    "elasticache",
    "CreateReplicationGroup",
    code="InvalidParameterCombination",
    source=API.format("CreateReplicationGroup"),
)
def token_without_tls(ask: Ask) -> str | None:
    """An AUTH token or a user group without encryption in transit."""
    if ask.get("TransitEncryptionEnabled") or not (ask.get("AuthToken") or ask.all("UserGroupIds")):
        return None
    return "To enable authentication, TransitEncryptionEnabled must be true."


@refusal("elasticache", "CreateReplicationGroup", code="InvalidParameterValue", source=GUIDE.format("auth"))
def token_of_a_wrong_form(ask: Ask) -> str | None:
    """An AUTH token has fewer than 16 or more than 128 characters, or others than letters, digits and !&#$^<>-."""
    token = ask.get("AuthToken")
    if token is None or re.fullmatch(r"[A-Za-z0-9!&#$^<>-]{16,128}", token):
        return None
    return "Invalid AuthToken provided."


@refusal(
    "elasticache", "CreateReplicationGroup", code="InvalidParameterCombination", source=GUIDE.format("AutoFailover")
)
def more_zones_than_nodes(ask: Ask) -> str | None:
    """The preferred availability zones are not as many as the nodes."""
    zones, nodes = ask.all("PreferredCacheClusterAZs"), ask.get("NumCacheClusters")
    if not zones or nodes is None or len(zones) == nodes:
        return None
    return "The number of PreferredCacheClusterAZs must match the number of NumCacheClusters."


@refusal(
    "elasticache",
    "DecreaseReplicaCount",
    code="InvalidParameterValue",
    source=API.format("DecreaseReplicaCount"),
)
def last_replica_with_failover(ask: Ask) -> str | None:
    """The last replica of a group with automatic failover would go."""
    held = ask.backend("elasticache").replication_groups.get(ask.get("ReplicationGroupId"))
    failover = held is not None and str(held.automatic_failover).startswith("enabl")
    if not failover or ask.get("NewReplicaCount", 1) > 0:
        return None
    return "Cannot remove the last replica of a replication group with automatic failover enabled."


# ---- parameter groups ------------------------------------------------------------------------------------------------


@refusal(
    "elasticache",
    "CreateCacheParameterGroup",
    code="CacheParameterGroupAlreadyExists",
    source=API.format("CreateCacheParameterGroup"),
)
def parameter_group_that_exists(ask: Ask) -> str | None:
    """The account has a parameter group of the name in the region."""
    name = ask.get("CacheParameterGroupName")
    return f"Parameter group {name} already exists" if name in _parameter_groups(ask) else None


@refusal(
    "elasticache",
    "CreateCacheParameterGroup",
    code="InvalidParameterValue",
    source=API.format("CreateCacheParameterGroup"),
)
def family_that_does_not_exist(ask: Ask) -> str | None:
    """ElastiCache has no parameter group family of the name."""
    family = ask.get("CacheParameterGroupFamily")
    families = {each for versions in ENGINES.values() for each in versions.values()}
    return None if family in families else f"CacheParameterGroupFamily {family} is not a valid parameter group family."


@refusal(
    "elasticache",
    "DeleteCacheParameterGroup",
    code="InvalidCacheParameterGroupState",
    source="https://github.com/umotif-public/terraform-aws-elasticache-redis/issues/49 "
    "https://github.com/cloudposse/terraform-aws-elasticache-redis/issues/178",
)
def parameter_group_in_use(ask: Ask) -> str | None:
    """A cache cluster has the parameter group."""
    name = ask.get("CacheParameterGroupName")
    clusters = ask.backend("elasticache").cache_clusters.values()
    if not any(each.cache_parameter_group_name == name for each in clusters):
        return None
    return (
        f"One or more cache clusters are still members of this parameter group {name}, so the group cannot be deleted."
    )


@refusal(
    "elasticache",
    "ModifyCacheParameterGroup",
    code="InvalidParameterValue",
    source=GUIDE.format("ParameterGroups.Engine"),
)
def parameter_value(ask: Ask) -> str | None:
    """`maxmemory-policy` is not a policy of Redis, or `timeout` is 1 to 19."""
    for each in ask.all("ParameterNameValues"):
        name, value = each.get("ParameterName"), each.get("ParameterValue", "")
        allowed = {
            "maxmemory-policy": value in POLICIES,
            "timeout": value.isdigit() and (int(value) == 0 or int(value) >= 20),
        }
        if not allowed.get(name, True):
            return f"The parameter {name} has an invalid value: {value}."
    return None


# ---- subnet groups ---------------------------------------------------------------------------------------------------


@refusal(
    "elasticache",
    "CreateCacheSubnetGroup",
    code="CacheSubnetGroupAlreadyExists",
    source=API.format("CreateCacheSubnetGroup"),
)
def subnet_group_that_exists(ask: Ask) -> str | None:
    """The account has a subnet group of the name in the region."""
    name = ask.get("CacheSubnetGroupName")
    exists = name in ask.backend("elasticache").cache_subnet_groups
    return f"Cache subnet group {name} already exists." if exists else None


@refusal(
    "elasticache",
    "CreateCacheSubnetGroup",
    "ModifyCacheSubnetGroup",
    code="InvalidSubnet",
    source=f"{API.format('CreateCacheSubnetGroup')} https://github.com/floci-io/floci/pull/2401",
)
def subnets_of_two_networks(ask: Ask) -> str | None:
    """The subnets are of different VPCs, or one does not exist."""
    found = [subnet(ask, each) for each in ask.all("SubnetIds")]
    if None in found:
        return f"Some input subnets in :{ask.all('SubnetIds')} are invalid."
    vpcs = {each.vpc_id for each in found if each}
    return f"Subnets {' and '.join(ask.all('SubnetIds'))} are not in the same VPC." if len(vpcs) > 1 else None


@refusal(
    "elasticache",
    "DeleteCacheSubnetGroup",
    code="CacheSubnetGroupInUse",
    source="https://github.com/terraform-aws-modules/terraform-aws-elasticache/pull/29",
)
def subnet_group_in_use(ask: Ask) -> str | None:
    """A cache cluster is in the subnet group."""
    name = ask.get("CacheSubnetGroupName")
    used = _clusters_in(ask, name)
    return f"Cache subnet group {name} is currently in use by a cache cluster." if used else None


@refusal("elasticache", "ModifyCacheSubnetGroup", code="SubnetInUse", source=API.format("ModifyCacheSubnetGroup"))
def subnet_of_a_node(ask: Ask) -> str | None:
    """A subnet is taken out of the group, and a node is in it."""
    name, left = ask.get("CacheSubnetGroupName"), ask.all("SubnetIds")
    used = [node_subnet(ask, each) for each in _clusters_in(ask, name)]
    gone = [each for each in used if left and each not in left]
    return f"The subnet ID: {gone[0]} is in use." if gone else None


def _clusters_in(ask: Ask, name: str | None) -> list[Any]:
    clusters = ask.backend("elasticache").cache_clusters.values()
    return [each for each in clusters if each.cache_subnet_group_name == name]


def _parameter_groups(ask: Ask) -> dict[str, Any]:
    """The parameter groups, which `tests.aws.additions` keeps."""
    return ask.backend("elasticache").__dict__.get("cache_parameter_groups", {})


def _parameter_group(ask: Ask) -> Any:  # noqa: ANN401  # moto's own
    name = ask.get("CacheParameterGroupName") or _held(ask, "cache_parameter_group_name")
    return _parameter_groups(ask).get(str(name))


def _held(ask: Ask, attribute: str) -> Any:  # noqa: ANN401  # moto's own
    """What the cluster or the group that is modified has now; of a group, its first member."""
    backend = ask.backend("elasticache")
    found = backend.cache_clusters.get(ask.get("CacheClusterId"))
    group = backend.replication_groups.get(ask.get("ReplicationGroupId"))
    if found is None and group is not None and group.member_clusters:
        found = backend.cache_clusters.get(group.member_clusters[0])
    return getattr(found, attribute, None)


def _engine(ask: Ask) -> str:
    return str(ask.get("Engine") or _held(ask, "engine") or "redis")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"\d+", version))[:2]


def _minute(window: str, end: int) -> int:
    """The minute of the week, or of the day, at which a window begins (0) or ends (1)."""
    *day, hours, minutes = window.split("-")[end].split(":")
    return (DAYS.index(day[0].lower()) * DAY if day else 0) + int(hours) * HOUR + int(minutes)


def _minutes(first: int, last: int, lap: int) -> list[int]:
    return [(first + each) % lap for each in range((last - first) % lap)]


nothing_more(
    "elasticache",
    AddTagsToResource="nothing beyond the model",
    IncreaseReplicaCount="at most 5 replicas, as the model says",
    RemoveTagsFromResource="AWS accepts keys that are not there",
    ResetCacheParameterGroup="a parameter that is not there is no error",
)
