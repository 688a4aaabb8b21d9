"""elasticache: the Redis of the application, one node or a replication group, its parameters, and its alarms."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from cdktf import TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.elasticache_cluster import ElasticacheCluster
from cdktf_cdktf_provider_aws.elasticache_parameter_group import (
    ElasticacheParameterGroup,
    ElasticacheParameterGroupParameter,
)
from cdktf_cdktf_provider_aws.elasticache_replication_group import (
    ElasticacheReplicationGroup,
    ElasticacheReplicationGroupLogDeliveryConfiguration,
)
from cdktf_cdktf_provider_aws.elasticache_subnet_group import ElasticacheSubnetGroup
from cdktf_cdktf_provider_aws.secretsmanager_secret import SecretsmanagerSecret
from cdktf_cdktf_provider_aws.secretsmanager_secret_version import SecretsmanagerSecretVersion
from pydantic import Field

from modules.base import Module
from modules.containers import VariableName
from modules.ecs import LogRetention
from modules.notifications import KeyArn, TopicArn
from modules.platform import Platform
from modules.regions import exists, family_of, node_types, split
from modules.security_groups import REDIS_PORT
from modules.settings import Percent, Settings, Violation, matching, region_of, rule, too_long
from modules.time_windows import MaintenanceWindow, SnapshotWindow, overlap

CLUSTER_ID_LENGTH = 50
"""Maximum length of the ID of a cache cluster (ElastiCache API, `CreateCacheCluster`)."""

GROUP_ID_LENGTH = 40
"""Maximum length of the ID of a replication group (ElastiCache API, `CreateReplicationGroup`)."""

PARAMETER_GROUP_FAMILY = {
    "7.1": "redis7",
    "7.0": "redis7",
    "6.2": "redis6.x",
    "6.0": "redis6.x",
    "5.0.6": "redis5.0",
}
"""Parameter group family of each Redis version (ElastiCache user guide, "Supported engines and versions"; read on
2026-11-27)."""

VALKEY_FAMILY = {
    "9.1": "valkey9",
    "9.0": "valkey9",
    "8.2": "valkey8",
    "8.1": "valkey8",
    "8.0": "valkey8",
    "7.2": "valkey7",
}
"""Parameter group family of each Valkey version (ElastiCache user guide, "Engine versions and upgrading"; read on
2026-11-27)."""

RedisVersion = Literal["7.1", "7.0", "6.2", "6.0", "5.0.6", "9.1", "9.0", "8.2", "8.1", "8.0", "7.2"]

NodeType = Annotated[
    str,
    matching(
        r"cache\.[a-z]\d[a-z0-9]*\.(?:micro|small|medium|(?:\d{1,2})?x?large)",
        "is not a node type of ElastiCache",
        "cache.<family>.<size>, such as cache.t3.micro or cache.r7g.large",
    ),
]

SnapshotName = Annotated[
    str,
    matching(
        r"(?=.{1,255}$)[A-Za-z](?:-?[A-Za-z0-9])*",
        "is not the name of a snapshot",
        "letters, digits and single hyphens, starting with a letter and not ending with a hyphen; at most 255",
    ),
]
"""The name of a snapshot (ElastiCache API, `CreateSnapshot`; the pattern is that of its identifiers, the length that
of `CreateServerlessCacheSnapshot`)."""

Topology = Literal["single-node", "adding-group", "retiring-node", "replication-group"]

LOG_VERSIONS = {"slow-log": "6.0", "engine-log": "6.2"}
"""Oldest Redis version of each log (ElastiCache user guide, "Log delivery")."""


def _release(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


class ElasticacheSettings(Settings):
    """The Redis of the application: a node or a replication group, its size, version, maintenance and snapshots."""

    topology: Topology = "single-node"
    """What exists, and what `url_variable` refers to. `single-node`: one node, as the HCL modules create it.
    `replication-group`: a primary with replicas, automatic failover, Multi-AZ and encryption. A node cannot become a
    group: between them, `adding-group` creates the group while the node is used, and `retiring-node` uses the group
    while the node still exists. One step per apply."""

    engine: Literal["redis", "valkey"] = "redis"
    """Engine. Valkey costs less and needs a replication group. A running Redis group can change to Valkey, not back
    (ElastiCache API, `CreateReplicationGroup`)."""

    redis_node_type: NodeType = "cache.t3.micro"
    """Node type of the cache: one that AWS offers in the region (ElastiCache API, `CreateReplicationGroup`)."""

    previous_generation_node: bool = False
    """Whether the node exists and has a type of a previous generation, of which AWS creates no new nodes."""

    redis_engine_version: RedisVersion = "7.0"
    """Version of the engine. It determines the family of the parameter group. AWS upgrades, but never downgrades
    (ElastiCache user guide, "Supported engines and versions")."""

    auto_minor_version_upgrade: bool | None = None
    """Whether AWS upgrades minor versions in maintenance windows. Afterwards the version here is older than the running
    one, and the next plan replaces the cache: prefer false. Default: a node keeps AWS's default, true; a group has
    false."""

    named_for_family: Literal["redis7", "redis6.x", "redis5.0", "valkey7", "valkey8", "valkey9"] = "redis7"
    """Family whose parameter group has the name of the HCL modules. The name of every other one contains the family, so
    that the new group exists before the old one is deleted. Set it only to adopt a state of another family (ElastiCache
    API, `CreateCacheParameterGroup`)."""

    replicas: Annotated[int, Field(ge=0, le=5)] = 1
    """Replicas of the replication group, 0 to 5, in other zones than the primary where possible. With 0 there is no
    failover (ElastiCache API, `CreateReplicationGroup`)."""

    maxmemory_policy: Literal[
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-random",
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl",
        "noeviction",
    ] = "allkeys-lru"
    """Which keys Redis evicts when its memory is full (ElastiCache user guide, "Valkey and Redis OSS parameters")."""

    timeout: Annotated[int, Field(ge=0, le=2_147_483_647)] = 300
    """Seconds after which Redis closes an idle client connection; 0 means never. AWS refuses 1 to 19 (ElastiCache user
    guide, "Valkey and Redis OSS parameters")."""

    maintenance_window: MaintenanceWindow = "sun:05:00-sun:06:00"
    """Weekly window in UTC, at least one hour, in which AWS may restart the node: `ddd:hh:mm-ddd:hh:mm` (ElastiCache
    API, `CreateCacheCluster`)."""

    snapshot_window: SnapshotWindow = "03:00-04:00"
    """Daily window in UTC, at least one hour, in which the snapshot starts: `hh:mm-hh:mm`. It must not overlap
    `maintenance_window` (ElastiCache user guide, "Scheduling automatic backups")."""

    snapshot_retention_limit: Annotated[int, Field(ge=0, le=35)] = 1
    """Days that AWS keeps each daily snapshot; 0 disables snapshots. 35 at most, as the provider checks."""

    restore_from_snapshot: SnapshotName | None = None
    """Snapshot from which the replication group is created. It has no effect on a group that exists."""

    final_snapshot: SnapshotName | None = None
    """Name of the snapshot that AWS creates before it deletes the cache (the node while there is one). Apply it before
    the deletion. Default: no snapshot, the data is lost (ElastiCache API, `CreateServerlessCacheSnapshot`)."""

    transit_encryption_enabled: bool = False
    """Whether connections to the replication group use TLS, and clients must connect with TLS. AWS refuses TLS on a
    single node of Redis."""

    transit_encryption_mode: Literal["required", "preferred"] | None = None
    """`preferred` accepts connections with and without TLS while clients change over. A running group gets TLS in two
    steps, `preferred` and then `required`. Default: AWS's, `required` (ElastiCache API, `CreateReplicationGroup`)."""

    at_rest_encryption_enabled: bool = True
    """Whether the replication group is encrypted at rest. A change replaces the group."""

    kms_key_arn: KeyArn = ""
    """ARN of the customer managed KMS key of the encryption at rest. Empty: AWS's key. A change replaces the group (KMS
    API, `DescribeKey`)."""

    auth: Literal["none", "token"] = "none"
    """`token`: clients of the group authenticate with AUTH. The token is the sensitive root variable `redis_auth_token`
    (`TF_VAR_redis_auth_token`, 16 to 128 letters, digits and ! & # $ ^ < > -). Terraform writes it to a secret of
    Secrets Manager; it is also in the state, as the provider has no write-only argument for it."""

    auth_token_update_strategy: Literal["ROTATE", "SET"] = "ROTATE"  # noqa: S105  # not a password
    """How a new token takes effect. `ROTATE`: the group accepts the old token too; `SET`: only the new one. First
    rotate, then deploy the tasks, then set (ElastiCache API, `ModifyReplicationGroup`)."""

    url_variable: VariableName | None = None
    """Environment variable in which the tasks get the URL of the cache (`redis://` or `rediss://`), with `auth` as a
    secret. Default: none, as in the HCL modules."""

    log_delivery: Annotated[tuple[Literal["slow-log", "engine-log"], ...], Field(strict=False)] = ()
    """Logs of the replication group that ElastiCache writes to CloudWatch Logs (ElastiCache API,
    `LogDeliveryConfiguration`)."""

    log_retention_days: LogRetention = 30
    """Retention of the logs of `log_delivery` in days; 0 means without end (CloudWatch Logs API, `PutRetentionPolicy`).
    """

    apply_immediately: bool = False
    """Whether changes take effect immediately instead of in the maintenance window. They can restart the node."""

    sns_topic_arn: TopicArn = ""
    """ARN of the SNS topic for ElastiCache's events. Empty: none (SNS API, `CreateTopic`)."""

    cpu_alarm_metric: Literal["CPUUtilization", "EngineCPUUtilization"] = "CPUUtilization"
    """Metric of the CPU alarm. `CPUUtilization` is that of all vCPUs, while Redis mainly uses one: AWS recommends a
    threshold of 90 % divided by the number of vCPUs, or `EngineCPUUtilization` from four vCPUs."""

    cpu_alarm_threshold: Percent = 75
    """CPU utilization of a node, in percent, above which the alarm goes into ALARM."""

    memory_alarm_metric: Literal["FreeableMemory", "DatabaseMemoryUsagePercentage"] = "FreeableMemory"
    """Metric of the memory alarm. `FreeableMemory` includes the quarter that ElastiCache reserves, so it rarely falls
    below a threshold; `DatabaseMemoryUsagePercentage` is the part of the usable memory that is in use."""

    memory_alarm_threshold: Annotated[int, Field(gt=0)] = 100_000_000
    """Free memory of a node, in bytes, below which the alarm goes into ALARM (`FreeableMemory`)."""

    memory_usage_alarm_threshold: Percent = 80
    """Memory in use, in percent, above which the alarm goes into ALARM (`DatabaseMemoryUsagePercentage`)."""

    evictions_alarm_threshold: Annotated[int, Field(ge=0)] = 1000
    """Number of evicted keys per period above which the alarm goes into ALARM."""

    replication_lag_alarm_threshold: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 10
    """Seconds that a replica is behind the primary above which the alarm goes into ALARM."""

    @property
    def has_node(self) -> bool:
        """Whether the single node exists."""
        return self.topology != "replication-group"

    @property
    def has_group(self) -> bool:
        """Whether the replication group exists."""
        return self.topology != "single-node"

    @property
    def uses_group(self) -> bool:
        """Whether the application uses the replication group."""
        return self.topology in {"retiring-node", "replication-group"}

    @property
    def members(self) -> int:
        """Nodes of the replication group: the primary and its replicas."""
        return self.replicas + 1

    @property
    def nodes(self) -> int:
        """All cache nodes; each has an address in the private subnets."""
        return int(self.has_node) + self.members * int(self.has_group)

    @property
    def family(self) -> str | None:
        """The family of the parameter group; None if the engine does not have the version."""
        families = VALKEY_FAMILY if self.engine == "valkey" else PARAMETER_GROUP_FAMILY
        return families.get(self.redis_engine_version)

    @property
    def makes_secret(self) -> bool:
        """Whether the module creates a secret with the token and the URL."""
        return self.has_group and self.auth == "token"

    @property
    def url_is_secret(self) -> bool:
        """Whether the URL that the tasks receive contains the token."""
        return self.makes_secret and self.uses_group

    @rule("project", "environment")
    def cluster_id_fits(self, platform: Platform) -> Iterator[Violation]:
        """The ID of a cache cluster has at most 50 characters."""
        if problem := too_long(platform.name("cache"), CLUSTER_ID_LENGTH, "cache cluster"):
            yield Violation("environment", platform.environment, *problem)

    @rule("project", "environment", "topology")
    def replication_group_id_fits(self, platform: Platform) -> Iterator[Violation]:
        """The ID of a replication group has at most 40 characters."""
        problem = too_long(platform.name("redis"), GROUP_ID_LENGTH, "replication group")
        if problem and self.has_group:
            yield Violation("environment", platform.environment, *problem)

    @rule("transit_encryption_enabled", "topology")
    def tls_needs_a_replication_group(self, _platform: Platform) -> Iterator[Violation]:
        """AWS refuses TLS on a single node of Redis: "Encryption feature is not supported for engine REDIS"."""
        if self.transit_encryption_enabled and not self.has_group:
            problem = "is not possible on a single node of Redis, which AWS refuses"
            allowed = "false, or topology: replication-group (for a running node: adding-group first)"
            yield Violation("transit_encryption_enabled", value=True, problem=problem, allowed=allowed)

    @rule("transit_encryption_mode", "transit_encryption_enabled", "redis_engine_version", "topology")
    def tls_mode_needs_tls(self, _platform: Platform) -> Iterator[Violation]:
        """ElastiCache accepts a mode of TLS only where TLS is on, and with Redis 7.0.5 or newer."""
        if self.transit_encryption_mode is None:
            return
        if not (self.transit_encryption_enabled and self.has_group):
            problem = "needs TLS, which is off"
            yield Violation(
                "transit_encryption_mode", self.transit_encryption_mode, problem, "no such key, or TLS on a group"
            )
        elif _release(self.redis_engine_version) < (7,):
            problem = f"needs version 7.0 or newer, not {self.redis_engine_version}"
            yield Violation("transit_encryption_mode", self.transit_encryption_mode, problem, "no such key")

    @rule("auth", "transit_encryption_enabled", "topology")
    def auth_needs_tls(self, _platform: Platform) -> Iterator[Violation]:
        """ElastiCache accepts an AUTH token only on a replication group with TLS."""
        if self.auth == "token" and not (self.has_group and self.transit_encryption_enabled):
            problem = "needs a replication group with transit_encryption_enabled"
            yield Violation("auth", self.auth, problem, "none")

    @rule("kms_key_arn", "at_rest_encryption_enabled", "topology", "region")
    def key_encrypts_the_group(self, platform: Platform) -> Iterator[Violation]:
        """A key needs a replication group with encryption at rest, in the region of the key."""
        if self.kms_key_arn and not (self.has_group and self.at_rest_encryption_enabled):
            problem = "needs a replication group with at_rest_encryption_enabled"
            yield Violation("kms_key_arn", self.kms_key_arn, problem, "an empty string")
        elif self.kms_key_arn and region_of(self.kms_key_arn) != platform.region:
            problem = f"is a key of {region_of(self.kms_key_arn)}"
            yield Violation("kms_key_arn", self.kms_key_arn, problem, f"one of {platform.region}")

    @rule("engine", "topology")
    def valkey_needs_a_replication_group(self, _platform: Platform) -> Iterator[Violation]:
        """ElastiCache creates single nodes of Redis only, and node and group share the parameter group."""
        if self.engine == "valkey" and self.has_node:
            problem = f"is not possible with topology {self.topology}, which has a single node"
            yield Violation("engine", self.engine, problem, "redis, or topology: replication-group")

    @rule("redis_engine_version", "engine")
    def version_is_of_the_engine(self, _platform: Platform) -> Iterator[Violation]:
        """Redis and Valkey have different versions."""
        if self.family is None:
            known = VALKEY_FAMILY if self.engine == "valkey" else PARAMETER_GROUP_FAMILY
            problem = f"is not a version of {self.engine}"
            yield Violation("redis_engine_version", self.redis_engine_version, problem, ", ".join(known))

    @rule("auto_minor_version_upgrade", "redis_engine_version", "topology")
    def node_has_minor_upgrades_to_refuse(self, _platform: Platform) -> Iterator[Violation]:
        """Before version 6.0 AWS ignores the setting, so that it would differ in every plan."""
        if self.auto_minor_version_upgrade is False and _release(self.redis_engine_version) < (6,):
            problem = f"has no effect on version {self.redis_engine_version}"
            yield Violation("auto_minor_version_upgrade", value=False, problem=problem, allowed="no such key")

    @rule("log_delivery", "redis_engine_version", "topology")
    def logs_are_of_the_group_and_version(self, _platform: Platform) -> Iterator[Violation]:
        """The slow log needs Redis 6.0, the engine log 6.2; the module configures both for replication groups only."""
        for index, log in enumerate(self.log_delivery):
            if log in self.log_delivery[:index]:
                yield Violation(("log_delivery", index), log, "is in the list twice", "each log once")
            elif not self.has_group:
                yield Violation(("log_delivery", index), log, "needs a replication group", "an empty list")
            elif _release(self.redis_engine_version) < _release(LOG_VERSIONS[log]):
                problem = f"needs version {LOG_VERSIONS[log]} or newer, not {self.redis_engine_version}"
                yield Violation(("log_delivery", index), log, problem, "a list without it")

    @rule("restore_from_snapshot", "topology")
    def snapshot_is_restored_into_a_group(self, _platform: Platform) -> Iterator[Violation]:
        """A node that runs is not restored: the argument would replace it."""
        if self.restore_from_snapshot and not self.has_group:
            problem = "needs a replication group"
            yield Violation("restore_from_snapshot", self.restore_from_snapshot, problem, "no such key")

    @rule("redis_node_type", "previous_generation_node", "engine", "redis_engine_version", "topology", "region")
    def node_type_is_offered(self, platform: Platform) -> Iterator[Violation]:
        """AWS refuses node types that do not exist, or are not for the engine, its version, or the region.

        Source: ElastiCache user guide, "Supported node types".
        """
        family, node_type = family_of(self.redis_node_type), self.redis_node_type
        offered = list(node_types(platform.region))
        if family is None or not exists(node_type):
            near = [each for each in offered if split(each)[0] == split(node_type)[0]]
            problem = "does not exist"
            yield Violation("redis_node_type", node_type, problem, ", ".join(near) or "cache.t4g.micro, for example")
        elif family.retired and (self.has_group or not self.previous_generation_node):
            problem = "is of a previous generation, of which AWS creates no new nodes"
            allowed = "a current type, such as cache.t4g.micro; for a node that runs: previous_generation_node: true"
            yield Violation("redis_node_type", node_type, problem, allowed)
        elif not family.retired and node_type not in offered:
            problem = f"is not available in {platform.region}"
            yield Violation("redis_node_type", node_type, problem, ", ".join(offered))
        elif family.data_tiering and self.has_node:
            problem = "keeps data on SSD (data tiering), which only replication groups support"
            yield Violation("redis_node_type", node_type, problem, "another type, or topology: replication-group")
        elif family.valkey_only and self.engine != "valkey":
            problem = "is a node type of Valkey only"
            yield Violation("redis_node_type", node_type, problem, "another type, or engine: valkey")
        elif _release(self.redis_engine_version) < _release(family.oldest):
            problem = f"needs version {family.oldest} or newer, not {self.redis_engine_version}"
            yield Violation("redis_node_type", node_type, problem, "another type, or a newer redis_engine_version")

    @rule("snapshot_window", "maintenance_window", "snapshot_retention_limit")
    def snapshot_and_maintenance_do_not_overlap(self, _platform: Platform) -> Iterator[Violation]:
        """ElastiCache refuses a snapshot window that overlaps the maintenance window."""
        if overlap(self.snapshot_window, self.maintenance_window):
            problem = f"overlaps maintenance_window, {self.maintenance_window}"
            yield Violation(
                "snapshot_window", self.snapshot_window, problem, "a window that does not overlap it on any day"
            )

    @rule("redis_node_type", "snapshot_retention_limit")
    def node_takes_snapshots(self, _platform: Platform) -> Iterator[Violation]:
        """ElastiCache does not support snapshots of cache.t1.micro."""
        if self.redis_node_type == "cache.t1.micro" and self.snapshot_retention_limit:
            problem = "is more than 0, but cache.t1.micro does not support snapshots"
            yield Violation(
                "snapshot_retention_limit", self.snapshot_retention_limit, problem, "0, or another node type"
            )

    @rule("sns_topic_arn", "region")
    def topic_is_of_the_region(self, platform: Platform) -> Iterator[Violation]:
        """ElastiCache notifies topics of its own region only."""
        if self.sns_topic_arn and region_of(self.sns_topic_arn) != platform.region:
            problem = f"is a topic of {region_of(self.sns_topic_arn)}"
            yield Violation("sns_topic_arn", self.sns_topic_arn, problem, f"one of {platform.region}")

    @rule("timeout")
    def timeout_is_one_that_redis_takes(self, _platform: Platform) -> Iterator[Violation]:
        """ElastiCache accepts 0, or 20 seconds and more, for the parameter `timeout`."""
        shortest = 20
        if 0 < self.timeout < shortest:
            yield Violation("timeout", self.timeout, "is too short for ElastiCache", f"0, or {shortest} and more")


class ElasticacheModule(Module):
    """One Redis node or a replication group in the private subnets."""

    folder: ClassVar[str] = "elasticache"

    def __init__(  # noqa: C901, PLR0912, PLR0915  # every topology and every alarm is written out
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: ElasticacheSettings,
        private_subnet_ids: list[str],
        redis_security_group_id: str,
        redis_auth_token: str | None = None,
        alarm_topic_arn: str | None = None,
    ) -> None:
        super().__init__(scope)
        body, name = self.body, platform.name
        subnets = self.wire_list("private_subnet_ids", private_subnet_ids, "IDs of the private subnets")
        security_group = self.wire(
            "redis_security_group_id", redis_security_group_id, "ID of the cache's security group"
        )
        token = self.wire("redis_auth_token", redis_auth_token, "AUTH token of Redis") if redis_auth_token else None
        notified = self.alarm_actions(alarm_topic_arn)
        family = settings.family or ""

        subnet_group = ElasticacheSubnetGroup(
            body,
            "aws_elasticache_subnet_group.redis",
            name=name("cache-subnet"),
            subnet_ids=subnets,
            tags={"Name": name("cache-subnet")},
        )
        parameters = name("redis-params")
        if family != settings.named_for_family:
            parameters = name(f"redis-params-{family.replace('.', '-')}")
        parameter_group = ElasticacheParameterGroup(
            body,
            "aws_elasticache_parameter_group.redis",
            name=parameters,
            family=family,
            parameter=[
                ElasticacheParameterGroupParameter(name="maxmemory-policy", value=settings.maxmemory_policy),
                ElasticacheParameterGroupParameter(name="timeout", value=str(settings.timeout)),
            ],
            # Another family is another group, and ElastiCache refuses to delete the one that the cache still uses.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            tags={"Name": parameters},
        )
        if settings.has_node:
            ElasticacheCluster(
                body,
                "aws_elasticache_cluster.redis",
                cluster_id=name("cache"),
                engine="redis",
                engine_version=settings.redis_engine_version,
                node_type=settings.redis_node_type,
                num_cache_nodes=1,
                port=REDIS_PORT,
                parameter_group_name=parameter_group.name,
                subnet_group_name=subnet_group.name,
                security_group_ids=[security_group],
                maintenance_window=settings.maintenance_window,
                snapshot_window=settings.snapshot_window,
                snapshot_retention_limit=settings.snapshot_retention_limit,
                final_snapshot_identifier=settings.final_snapshot,
                transit_encryption_enabled=settings.transit_encryption_enabled and not settings.has_group,
                auto_minor_version_upgrade=_flag(settings.auto_minor_version_upgrade),
                notification_topic_arn=settings.sns_topic_arn,
                apply_immediately=settings.apply_immediately,
                tags={"Name": name("cache")},
            )
        else:
            self.retired("aws_elasticache_cluster.redis", "a replication group serves instead (elasticache.topology)")
        if "slow-log" in settings.log_delivery:
            CloudwatchLogGroup(
                body,
                "aws_cloudwatch_log_group.slow_log",
                name=f"/elasticache/{platform.project}-{platform.environment}/slow-log",
                retention_in_days=settings.log_retention_days,
                tags={"Name": name("redis-slow-log")},
            )
        if "engine-log" in settings.log_delivery:
            CloudwatchLogGroup(
                body,
                "aws_cloudwatch_log_group.engine_log",
                name=f"/elasticache/{platform.project}-{platform.environment}/engine-log",
                retention_in_days=settings.log_retention_days,
                tags={"Name": name("redis-engine-log")},
            )
        if settings.has_group:
            data_tiering = family_of(settings.redis_node_type)
            ElasticacheReplicationGroup(
                body,
                "aws_elasticache_replication_group.redis",
                replication_group_id=name("redis"),
                description=f"Redis of {platform.project} {platform.environment}",
                engine=settings.engine,
                engine_version=settings.redis_engine_version,
                node_type=settings.redis_node_type,
                data_tiering_enabled=True if data_tiering and data_tiering.data_tiering else None,
                num_cache_clusters=settings.members,
                automatic_failover_enabled=settings.replicas > 0,
                multi_az_enabled=settings.replicas > 0,
                port=REDIS_PORT,
                parameter_group_name=parameter_group.name,
                subnet_group_name=subnet_group.name,
                security_group_ids=[security_group],
                at_rest_encryption_enabled=_flag(settings.at_rest_encryption_enabled),
                kms_key_id=settings.kms_key_arn or None,
                transit_encryption_enabled=settings.transit_encryption_enabled,
                transit_encryption_mode=settings.transit_encryption_mode,
                auth_token=token,
                auth_token_update_strategy=settings.auth_token_update_strategy if token else None,
                maintenance_window=settings.maintenance_window,
                snapshot_window=settings.snapshot_window,
                snapshot_retention_limit=settings.snapshot_retention_limit,
                snapshot_name=settings.restore_from_snapshot,
                final_snapshot_identifier=None if settings.has_node else settings.final_snapshot,
                auto_minor_version_upgrade=_flag(settings.auto_minor_version_upgrade or False),
                notification_topic_arn=settings.sns_topic_arn or None,
                log_delivery_configuration=[
                    ElasticacheReplicationGroupLogDeliveryConfiguration(
                        destination=f"${{aws_cloudwatch_log_group.{log.replace('-', '_')}.name}}",
                        destination_type="cloudwatch-logs",
                        log_format="json",
                        log_type=log,
                    )
                    for log in settings.log_delivery
                ]
                or None,
                apply_immediately=settings.apply_immediately,
                # A group that exists would be replaced when the name of its snapshot is added or removed.
                lifecycle=TerraformResourceLifecycle(ignore_changes=["snapshot_name"]),
                tags={"Name": name("redis")},
            )
        primary = "${aws_elasticache_replication_group.redis.primary_endpoint_address}"
        if settings.makes_secret:
            secret = SecretsmanagerSecret(
                body,
                "aws_secretsmanager_secret.redis",
                # A deleted secret keeps its name for the recovery window; with a prefix each one has another name.
                name_prefix=f"{platform.project}/{platform.environment}/redis-",
                description="AUTH token and URL of Redis",
                tags={"Name": name("redis")},
            )
            content = self.local(
                "redis_secret",
                {
                    "auth_token": token,
                    "url": f"rediss://:${{urlencode(var.redis_auth_token)}}@{primary}:{REDIS_PORT}",
                },
            )
            SecretsmanagerSecretVersion(
                body,
                "aws_secretsmanager_secret_version.redis",
                secret_id=secret.id,
                secret_string=f"${{jsonencode({content})}}",
            )

        # A group has one alarm per member: at a failover, primary and replica change their roles, not their names.
        count = settings.members if settings.uses_group else None
        number = "-${count.index + 1}" if settings.uses_group else ""
        if settings.uses_group:
            node_id = "${aws_elasticache_replication_group.redis.id}-00${count.index + 1}"
        else:
            node_id = "${aws_elasticache_cluster.redis.id}"
        in_use = settings.memory_alarm_metric == "DatabaseMemoryUsagePercentage"

        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.redis_cpu",
            count=count,
            alarm_name=name(f"redis-high-cpu{number}"),
            alarm_description="This metric monitors Redis CPU utilization",
            namespace="AWS/ElastiCache",
            metric_name=settings.cpu_alarm_metric,
            dimensions={"CacheClusterId": node_id},
            statistic="Average",
            period=300,
            evaluation_periods=2,
            comparison_operator="GreaterThanThreshold",
            threshold=settings.cpu_alarm_threshold,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name(f"redis-cpu-alarm{number}")},
        )
        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.redis_memory",
            count=count,
            alarm_name=name(f"redis-low-memory{number}"),
            alarm_description=(
                "This metric monitors Redis memory usage" if in_use else "This metric monitors Redis available memory"
            ),
            namespace="AWS/ElastiCache",
            metric_name=settings.memory_alarm_metric,
            dimensions={"CacheClusterId": node_id},
            statistic="Average",
            period=300,
            evaluation_periods=2,
            comparison_operator="GreaterThanThreshold" if in_use else "LessThanThreshold",
            threshold=settings.memory_usage_alarm_threshold if in_use else settings.memory_alarm_threshold,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name(f"redis-memory-alarm{number}")},
        )
        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.redis_evictions",
            count=count,
            alarm_name=name(f"redis-evictions{number}"),
            alarm_description="This metric monitors Redis evictions",
            namespace="AWS/ElastiCache",
            metric_name="Evictions",
            dimensions={"CacheClusterId": node_id},
            statistic="Average",
            period=300,
            evaluation_periods=2,
            comparison_operator="GreaterThanThreshold",
            threshold=settings.evictions_alarm_threshold,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name(f"redis-evictions-alarm{number}")},
        )

        if settings.uses_group:
            CloudwatchMetricAlarm(
                body,
                "aws_cloudwatch_metric_alarm.redis_replication_lag",
                count=count,
                alarm_name=name(f"redis-replication-lag{number}"),
                alarm_description="This metric monitors how far a Redis replica is behind the primary",
                namespace="AWS/ElastiCache",
                metric_name="ReplicationLag",
                dimensions={"CacheClusterId": node_id},
                statistic="Average",
                period=60,
                evaluation_periods=5,
                comparison_operator="GreaterThanThreshold",
                threshold=settings.replication_lag_alarm_threshold,
                # The primary has no such metric.
                treat_missing_data="notBreaching",
                alarm_actions=notified,
                ok_actions=notified,
                tags={"Name": name(f"redis-replication-lag-alarm{number}")},
            )

        # `redis_id` is what CloudWatch's metrics name: the node, or the group whose members are <id>-001, <id>-002, …
        if settings.uses_group:
            endpoint, port = primary, "${aws_elasticache_replication_group.redis.port}"
            self.redis_replication_group_id = self.output(
                "redis_replication_group_id",
                "${aws_elasticache_replication_group.redis.id}",
                "ID of the replication group",
            )
            self.redis_reader_endpoint = self.output(
                "redis_reader_endpoint",
                "${aws_elasticache_replication_group.redis.reader_endpoint_address}",
                "Host name that spreads read-only connections over the replicas",
            )
            self.redis_id = self.redis_replication_group_id
            what = "primary node"
        else:
            endpoint = "${aws_elasticache_cluster.redis.cache_nodes[0].address}"
            port = "${aws_elasticache_cluster.redis.port}"
            self.redis_cluster_id = self.output("redis_cluster_id", node_id, "ID of the cache cluster")
            self.redis_id = self.redis_cluster_id
            what = "Redis node"
        self.redis_endpoint = self.output("redis_endpoint", endpoint, f"Host name of the {what}")
        self.redis_port = self.output("redis_port", port, f"TCP port of the {what}")
        self.redis_connection_string = self.output(
            "redis_connection_string", f"{endpoint}:{port}", f"host:port of the {what}"
        )
        self.redis_url: str | None = None
        self.redis_secret_arn: str | None = None
        if settings.url_is_secret:
            # The version's ARN is the secret's: so the value exists before a task reads it.
            self.redis_secret_arn = self.output(
                "redis_secret_arn", "${aws_secretsmanager_secret_version.redis.arn}", "ARN of the secret with the URL"
            )
        elif settings.url_variable:
            scheme = "rediss" if settings.transit_encryption_enabled and settings.uses_group else "redis"
            self.redis_url = self.output("redis_url", f"{scheme}://{endpoint}:{port}", "URL of Redis for the tasks")
        self.parameter_group_name = self.output(
            "parameter_group_name", parameter_group.name, "Name of the parameter group"
        )
        self.subnet_group_name = self.output("subnet_group_name", subnet_group.name, "Name of the subnet group")


def _flag(value: bool | None) -> str | None:  # noqa: FBT001  # the one value that it converts
    """A flag as the provider's string arguments have it."""
    return None if value is None else str(value).lower()
