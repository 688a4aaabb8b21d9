"""elasticache: the Redis node of the application, its parameters, and its alarms."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.elasticache_cluster import ElasticacheCluster
from cdktf_cdktf_provider_aws.elasticache_parameter_group import (
    ElasticacheParameterGroup,
    ElasticacheParameterGroupParameter,
)
from cdktf_cdktf_provider_aws.elasticache_subnet_group import ElasticacheSubnetGroup
from pydantic import Field

from modules.base import Module
from modules.notifications import TopicArn
from modules.platform import Platform
from modules.security_groups import REDIS_PORT
from modules.settings import Percent, Settings, Violation, matching, region_of, rule, too_long
from modules.windows import MaintenanceWindow, SnapshotWindow, overlap

CLUSTER_ID_LENGTH = 50
"""Maximum length of the ID of a cache cluster."""

PARAMETER_GROUP_FAMILY = {
    "7.1": "redis7",
    "7.0": "redis7",
    "6.2": "redis6.x",
    "6.0": "redis6.x",
    "5.0.6": "redis5.0",
}
"""Parameter group family of each Redis version (ElastiCache user guide, "Supported engines and versions")."""

RedisVersion = Literal["7.1", "7.0", "6.2", "6.0", "5.0.6"]

NodeType = Annotated[
    str,
    matching(
        r"cache\.[a-z]\d[a-z0-9]*\.(?:micro|small|medium|(?:\d{1,2})?x?large)",
        "is not a node type of ElastiCache",
        "cache.<family>.<size>, such as cache.t3.micro or cache.r7g.large",
    ),
]


class ElasticacheSettings(Settings):
    """The Redis node: its size, version, maintenance and snapshots."""

    redis_node_type: NodeType = "cache.t3.micro"
    """Node type of the cache."""

    redis_engine_version: RedisVersion = "7.0"
    """Version of Redis. It determines the family of the parameter group."""

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
    """Which keys Redis evicts when its memory is full."""

    timeout: Annotated[int, Field(ge=0)] = 300
    """Seconds after which Redis closes an idle client connection; 0 means never. AWS refuses 1 to 19."""

    maintenance_window: MaintenanceWindow = "sun:05:00-sun:06:00"
    """Weekly window in UTC, at least one hour, in which AWS may restart the node: `ddd:hh:mm-ddd:hh:mm`."""

    snapshot_window: SnapshotWindow = "03:00-04:00"
    """Daily window in UTC, at least one hour, in which the snapshot starts: `hh:mm-hh:mm`. It must not overlap
    `maintenance_window`."""

    snapshot_retention_limit: Annotated[int, Field(ge=0, le=35)] = 1
    """Days that AWS keeps each daily snapshot; 0 disables snapshots."""

    transit_encryption_enabled: bool = False
    """Whether connections to Redis use TLS. A change replaces the node, and clients must connect with TLS."""

    apply_immediately: bool = False
    """Whether changes take effect immediately instead of in the maintenance window. They can restart the node."""

    sns_topic_arn: TopicArn = ""
    """ARN of the SNS topic for ElastiCache's events. Empty: none."""

    cpu_alarm_threshold: Percent = 75
    """CPU utilization of the node, in percent, above which the alarm goes into ALARM."""

    memory_alarm_threshold: Annotated[int, Field(gt=0)] = 100_000_000
    """Free memory of the node, in bytes, below which the alarm goes into ALARM."""

    evictions_alarm_threshold: Annotated[int, Field(ge=0)] = 1000
    """Number of evicted keys per period above which the alarm goes into ALARM."""

    @rule("project", "environment")
    def cluster_id_fits(self, platform: Platform) -> Iterator[Violation]:
        """The ID of a cache cluster has at most 50 characters."""
        if problem := too_long(platform.name("cache"), CLUSTER_ID_LENGTH, "cache cluster"):
            yield Violation("environment", platform.environment, *problem)

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
    """One Redis node in the private subnets."""

    folder: ClassVar[str] = "elasticache"

    def __init__(
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: ElasticacheSettings,
        private_subnet_ids: list[str],
        redis_security_group_id: str,
        alarm_topic_arn: str | None = None,
    ) -> None:
        super().__init__(scope)
        body, name = self.body, platform.name
        subnets = self.wire_list("private_subnet_ids", private_subnet_ids, "IDs of the private subnets")
        security_group = self.wire(
            "redis_security_group_id", redis_security_group_id, "ID of the cache's security group"
        )
        notified = self.alarm_actions(alarm_topic_arn)

        subnet_group = ElasticacheSubnetGroup(
            body,
            "aws_elasticache_subnet_group.redis",
            name=name("cache-subnet"),
            subnet_ids=subnets,
            tags={"Name": name("cache-subnet")},
        )
        parameter_group = ElasticacheParameterGroup(
            body,
            "aws_elasticache_parameter_group.redis",
            name=name("redis-params"),
            family=PARAMETER_GROUP_FAMILY[settings.redis_engine_version],
            parameter=[
                ElasticacheParameterGroupParameter(name="maxmemory-policy", value=settings.maxmemory_policy),
                ElasticacheParameterGroupParameter(name="timeout", value=str(settings.timeout)),
            ],
            tags={"Name": name("redis-params")},
        )
        cluster = ElasticacheCluster(
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
            transit_encryption_enabled=settings.transit_encryption_enabled,
            notification_topic_arn=settings.sns_topic_arn,
            apply_immediately=settings.apply_immediately,
            tags={"Name": name("cache")},
        )
        cluster_id = cluster.id

        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.redis_cpu",
            alarm_name=name("redis-high-cpu"),
            alarm_description="This metric monitors Redis CPU utilization",
            namespace="AWS/ElastiCache",
            metric_name="CPUUtilization",
            dimensions={"CacheClusterId": cluster_id},
            statistic="Average",
            period=300,
            evaluation_periods=2,
            comparison_operator="GreaterThanThreshold",
            threshold=settings.cpu_alarm_threshold,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name("redis-cpu-alarm")},
        )
        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.redis_memory",
            alarm_name=name("redis-low-memory"),
            alarm_description="This metric monitors Redis available memory",
            namespace="AWS/ElastiCache",
            metric_name="FreeableMemory",
            dimensions={"CacheClusterId": cluster_id},
            statistic="Average",
            period=300,
            evaluation_periods=2,
            comparison_operator="LessThanThreshold",
            threshold=settings.memory_alarm_threshold,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name("redis-memory-alarm")},
        )
        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.redis_evictions",
            alarm_name=name("redis-evictions"),
            alarm_description="This metric monitors Redis evictions",
            namespace="AWS/ElastiCache",
            metric_name="Evictions",
            dimensions={"CacheClusterId": cluster_id},
            statistic="Average",
            period=300,
            evaluation_periods=2,
            comparison_operator="GreaterThanThreshold",
            threshold=settings.evictions_alarm_threshold,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name("redis-evictions-alarm")},
        )

        self.redis_cluster_id = self.output("redis_cluster_id", cluster_id, "ID of the cache cluster")
        self.redis_endpoint = self.output(
            "redis_endpoint", "${aws_elasticache_cluster.redis.cache_nodes[0].address}", "Host name of the Redis node"
        )
        self.redis_port = self.output("redis_port", cluster.port, "TCP port of the Redis node")
        self.redis_connection_string = self.output(
            "redis_connection_string",
            "${aws_elasticache_cluster.redis.cache_nodes[0].address}:${aws_elasticache_cluster.redis.port}",
            "host:port of the Redis node",
        )
        self.parameter_group_name = self.output(
            "parameter_group_name", parameter_group.name, "Name of the parameter group"
        )
        self.subnet_group_name = self.output("subnet_group_name", subnet_group.name, "Name of the subnet group")
