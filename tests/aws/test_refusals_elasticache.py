"""Each refusal of ElastiCache: a request that it refuses, and one that it lets pass."""

from typing import Any

import pytest

from tests.aws.refusals import elasticache
from tests.aws.refused import Account

pytestmark = pytest.mark.aws

CLUSTER = {"CacheClusterId": "one"}
GROUP = {"ReplicationGroupId": "two"}


def node(account: Account, **others: Any) -> None:  # noqa: ANN401  # arguments of CreateCacheCluster
    account.elasticache.create_cache_cluster(**{**account.node, **others})


def replicated(account: Account, **others: Any) -> None:  # noqa: ANN401  # arguments of CreateReplicationGroup
    account.elasticache.create_replication_group(**{**account.replicated, **others})


def test_tls_on_a_single_node(account: Account) -> None:
    with account.refuses(elasticache.tls_on_a_single_node):
        node(account, TransitEncryptionEnabled=True)
    node(account, TransitEncryptionEnabled=False)
    replicated(account, TransitEncryptionEnabled=True)


def test_token_on_a_single_node(account: Account) -> None:
    with account.refuses(elasticache.token_on_a_single_node):
        node(account, AuthToken="0123456789abcdef")
    replicated(account, AuthToken="0123456789abcdef")


def test_node_type_that_does_not_exist(account: Account) -> None:
    for name in ("cache.t3.24xlarge", "cache.m3.medium", "cache.t2.micro", "cache.x9.large"):
        with account.refuses(elasticache.node_type_that_does_not_exist):
            node(account, CacheNodeType=name)
    node(account, CacheNodeType="cache.t4g.micro")
    with account.refuses(elasticache.node_type_that_does_not_exist):
        account.elasticache.modify_cache_cluster(**CLUSTER, CacheNodeType="cache.t4g.large")


def test_version_older_than_the_node_type(account: Account) -> None:
    for name, version in (("cache.m7g.large", "6.0"), ("cache.r8g.large", "7.1")):
        with account.refuses(elasticache.version_older_than_the_node_type):
            node(account, CacheNodeType=name, EngineVersion=version, CacheParameterGroupName=None)
    node(account, CacheNodeType="cache.m7g.large", EngineVersion="7.1")


def test_data_tiering_on_a_single_node(account: Account) -> None:
    with account.refuses(elasticache.data_tiering_on_a_single_node):
        node(account, CacheNodeType="cache.r6gd.xlarge")
    replicated(account, CacheNodeType="cache.r6gd.xlarge")


def test_engine_version_that_does_not_exist(account: Account) -> None:
    for version in ("7.2", "7.0.7", "5.1"):
        with account.refuses(elasticache.engine_version_that_does_not_exist):
            node(account, EngineVersion=version)
    node(account, EngineVersion="7.1")
    replicated(account, Engine="valkey", EngineVersion="8.0")


def test_parameter_group_of_another_family(account: Account) -> None:
    account.parameters("six", "redis6.x")
    account.parameters("seven", "redis7")
    with account.refuses(elasticache.parameter_group_of_another_family):
        node(account, CacheParameterGroupName="six")
    node(account, CacheParameterGroupName="seven")
    with account.refuses(elasticache.parameter_group_of_another_family):
        account.elasticache.modify_cache_cluster(**CLUSTER, CacheParameterGroupName="six")


def test_parameter_group_that_does_not_exist(account: Account) -> None:
    with account.refuses(elasticache.parameter_group_that_does_not_exist):
        node(account, CacheParameterGroupName="missing")
    node(account, CacheParameterGroupName="default.redis7")


def test_subnet_group_that_does_not_exist(account: Account) -> None:
    with account.refuses(elasticache.subnet_group_that_does_not_exist):
        node(account, CacheSubnetGroupName="missing")
    node(account)


def test_security_group_that_does_not_exist(account: Account) -> None:
    with account.refuses(elasticache.security_group_that_does_not_exist):
        node(account, SecurityGroupIds=[account.foreign_group])
    with account.refuses(elasticache.security_group_that_does_not_exist):
        node(account, SecurityGroupIds=["sg-0123456789abcdef0"])
    node(account)


def test_cache_cluster_that_exists(account: Account) -> None:
    node(account)
    with account.refuses(elasticache.cache_cluster_that_exists):
        node(account)
    node(account, CacheClusterId="three")


def test_replication_group_that_exists(account: Account) -> None:
    replicated(account)
    with account.refuses(elasticache.replication_group_that_exists):
        replicated(account)
    replicated(account, ReplicationGroupId="three")


def test_identifier_of_a_cache(account: Account) -> None:
    for name in ("1one", "one-", "o--ne", "a" * 51):
        with account.refuses(elasticache.identifier_of_a_cache):
            node(account, CacheClusterId=name)
    with account.refuses(elasticache.identifier_of_a_cache):
        replicated(account, ReplicationGroupId="a" * 41)
    node(account, CacheClusterId="a" * 50)


def test_window_shorter_than_an_hour(account: Account) -> None:
    with account.refuses(elasticache.window_shorter_than_an_hour):
        node(account, PreferredMaintenanceWindow="sun:05:00-sun:05:30")
    with account.refuses(elasticache.window_shorter_than_an_hour):
        node(account, SnapshotWindow="23:30-00:15")
    node(account, PreferredMaintenanceWindow="sun:23:30-mon:00:30", SnapshotWindow="03:00-04:00")


def test_snapshots_during_maintenance(account: Account) -> None:
    with account.refuses(elasticache.snapshots_during_maintenance):
        node(account, PreferredMaintenanceWindow="sun:23:30-mon:01:00", SnapshotWindow="00:30-01:30")
    node(account, PreferredMaintenanceWindow="sun:05:00-sun:06:00", SnapshotWindow="03:00-04:00")
    with account.refuses(elasticache.snapshots_during_maintenance):
        account.elasticache.modify_cache_cluster(**CLUSTER, SnapshotWindow="05:30-06:30")


def test_topic_that_does_not_exist(account: Account) -> None:
    with account.refuses(elasticache.topic_that_does_not_exist):
        node(account, NotificationTopicArn="arn:aws:sns:us-west-2:123456789012:missing")
    node(account, NotificationTopicArn=account.topic)


def test_downgrade_of_the_engine(account: Account) -> None:
    node(account, EngineVersion="7.0")
    with account.refuses(elasticache.downgrade_of_the_engine):
        account.elasticache.modify_cache_cluster(**CLUSTER, EngineVersion="6.2")
    account.elasticache.modify_cache_cluster(**CLUSTER, EngineVersion="7.1")


def test_only_member_of_a_group(account: Account) -> None:
    replicated(account, NumCacheClusters=1, AutomaticFailoverEnabled=False, MultiAZEnabled=False)
    with account.refuses(elasticache.only_member_of_a_group):
        account.elasticache.delete_cache_cluster(CacheClusterId="two-001")
    node(account)
    account.elasticache.delete_cache_cluster(**CLUSTER)


def test_snapshot_that_exists(account: Account) -> None:
    node(account)
    account.elasticache.create_snapshot(**CLUSTER, SnapshotName="last")
    with account.refuses(elasticache.snapshot_that_exists):
        account.elasticache.delete_cache_cluster(**CLUSTER, FinalSnapshotIdentifier="last")
    account.elasticache.delete_cache_cluster(**CLUSTER, FinalSnapshotIdentifier="very-last")


def test_multi_az_without_failover(account: Account) -> None:
    with account.refuses(elasticache.multi_az_without_failover):
        replicated(account, AutomaticFailoverEnabled=False)
    replicated(account, AutomaticFailoverEnabled=False, MultiAZEnabled=False)


def test_failover_of_one_node(account: Account) -> None:
    with account.refuses(elasticache.failover_of_one_node):
        replicated(account, NumCacheClusters=1)
    replicated(account, NumCacheClusters=2)


def test_token_without_tls(account: Account) -> None:
    with account.refuses(elasticache.token_without_tls):
        replicated(account, TransitEncryptionEnabled=False, AuthToken="0123456789abcdef")
    replicated(account, AuthToken="0123456789abcdef")


def test_token_of_a_wrong_form(account: Account) -> None:
    for token in ("short", "0123456789abcde@", "a" * 129):
        with account.refuses(elasticache.token_of_a_wrong_form):
            replicated(account, AuthToken=token)
    replicated(account, AuthToken="0123456789abcdef!&#$^<>-")


def test_more_zones_than_nodes(account: Account) -> None:
    with account.refuses(elasticache.more_zones_than_nodes):
        replicated(account, PreferredCacheClusterAZs=["us-west-2a"])
    replicated(account, PreferredCacheClusterAZs=["us-west-2a", "us-west-2b"])


def test_last_replica_with_failover(account: Account) -> None:
    replicated(account, NumCacheClusters=3)
    with account.refuses(elasticache.last_replica_with_failover):
        account.elasticache.decrease_replica_count(**GROUP, NewReplicaCount=0, ApplyImmediately=True)
    account.elasticache.decrease_replica_count(**GROUP, NewReplicaCount=1, ApplyImmediately=True)


def test_parameter_group_that_exists(account: Account) -> None:
    account.parameters("one")
    with account.refuses(elasticache.parameter_group_that_exists):
        account.parameters("one")
    account.parameters("two")


def test_family_that_does_not_exist(account: Account) -> None:
    with account.refuses(elasticache.family_that_does_not_exist):
        account.parameters("one", "redis7.0")
    account.parameters("one", "valkey8")


def test_parameter_group_in_use(account: Account) -> None:
    node(account, CacheParameterGroupName=account.parameters())
    with account.refuses(elasticache.parameter_group_in_use):
        account.elasticache.delete_cache_parameter_group(CacheParameterGroupName="params")
    account.elasticache.delete_cache_cluster(**CLUSTER)
    account.elasticache.delete_cache_parameter_group(CacheParameterGroupName="params")


def test_parameter_value(account: Account) -> None:
    def put(name: str, value: str) -> None:
        values = [{"ParameterName": name, "ParameterValue": value}]
        account.elasticache.modify_cache_parameter_group(CacheParameterGroupName="params", ParameterNameValues=values)

    account.parameters()
    for name, value in (("maxmemory-policy", "oldest-first"), ("timeout", "19")):
        with account.refuses(elasticache.parameter_value):
            put(name, value)
    put("maxmemory-policy", "allkeys-lfu")
    put("timeout", "20")


def test_subnet_group_that_exists(account: Account) -> None:
    asked = {"CacheSubnetGroupDescription": "x", "SubnetIds": account.subnets}
    assert account.cache_subnets == "one"
    with account.refuses(elasticache.subnet_group_that_exists):
        account.elasticache.create_cache_subnet_group(CacheSubnetGroupName="one", **asked)
    account.elasticache.create_cache_subnet_group(CacheSubnetGroupName="two", **asked)


def test_subnets_of_two_networks(account: Account) -> None:
    asked = {"CacheSubnetGroupName": "two", "CacheSubnetGroupDescription": "x"}
    for subnets in ([account.subnets[0], account.elsewhere[0]], ["subnet-0123456789abcdef0"]):
        with account.refuses(elasticache.subnets_of_two_networks):
            account.elasticache.create_cache_subnet_group(**asked, SubnetIds=subnets)
    account.elasticache.create_cache_subnet_group(**asked, SubnetIds=account.subnets)


def test_subnet_group_in_use(account: Account) -> None:
    node(account)
    with account.refuses(elasticache.subnet_group_in_use):
        account.elasticache.delete_cache_subnet_group(CacheSubnetGroupName="one")
    account.elasticache.delete_cache_cluster(**CLUSTER)
    account.elasticache.delete_cache_subnet_group(CacheSubnetGroupName="one")


def test_subnet_of_a_node(account: Account) -> None:
    node(account)
    with account.refuses(elasticache.subnet_of_a_node):  # the node is in zone a
        account.elasticache.modify_cache_subnet_group(CacheSubnetGroupName="one", SubnetIds=account.subnets[1:])
    account.elasticache.modify_cache_subnet_group(CacheSubnetGroupName="one", SubnetIds=account.subnets[:1])
