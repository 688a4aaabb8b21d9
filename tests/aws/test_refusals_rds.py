"""Each refusal of RDS: a request that it refuses, and one that it lets pass."""

from typing import Any

import pytest

from tests.aws.refusals import rds
from tests.aws.refused import Account

pytestmark = pytest.mark.aws

POLICY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "%s"}, '
    '"Action": "sns:Publish", "Resource": "*"}]}'
)
NAME = {"DBInstanceIdentifier": "one"}


def database(account: Account, **others: Any) -> None:  # noqa: ANN401  # arguments of CreateDBInstance
    account.rds.create_db_instance(**{**account.database, **others})


def change(account: Account, **others: Any) -> None:  # noqa: ANN401  # arguments of ModifyDBInstance
    account.rds.modify_db_instance(**NAME, **others)


def parameters(account: Account, name: str, family: str = "postgres16") -> None:
    account.rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily=family, Description="x")


def test_database_that_exists(account: Account) -> None:
    database(account)
    with account.refuses(rds.database_that_exists):
        database(account)
    database(account, DBInstanceIdentifier="two")


def test_identifier_of_a_database(account: Account) -> None:
    for name in ("1one", "one-", "on--e"):
        with account.refuses(rds.identifier_of_a_database):
            database(account, DBInstanceIdentifier=name)
    database(account)


def test_class_that_does_not_exist(account: Account) -> None:
    with account.refuses(rds.class_that_does_not_exist):
        database(account, DBInstanceClass="t4g.micro")
    database(account)
    with account.refuses(rds.class_that_does_not_exist):
        change(account, DBInstanceClass="db.m1.small")
    change(account, DBInstanceClass="db.r7g.large")


def test_reserved_master_user(account: Account) -> None:
    for name in ("admin", "rdsadmin", "pg_one", "1st"):
        with account.refuses(rds.reserved_master_user):
            database(account, MasterUsername=name)
    database(account, MasterUsername="miyabi_admin")


def test_name_of_a_database(account: Account) -> None:
    for name in ("my-db", "_db", "order"):
        with account.refuses(rds.name_of_a_database):
            database(account, DBName=name)
    database(account, DBName="my_db")


def test_limit_below_the_storage(account: Account) -> None:
    with account.refuses(rds.limit_below_the_storage):
        database(account, MaxAllocatedStorage=19)
    database(account, MaxAllocatedStorage=30)
    with account.refuses(rds.limit_below_the_storage):
        change(account, MaxAllocatedStorage=19)


def test_storage_that_shrinks(account: Account) -> None:
    database(account, AllocatedStorage=30)
    with account.refuses(rds.storage_that_shrinks):
        change(account, AllocatedStorage=20)
    change(account, AllocatedStorage=40)


def test_iops_of_a_small_gp3(account: Account) -> None:
    with account.refuses(rds.iops_of_a_small_gp3):
        database(account, Iops=12000)
    database(account, Iops=12000, AllocatedStorage=400)


def test_password_beside_a_managed_one(account: Account) -> None:
    with account.refuses(rds.password_beside_a_managed_one):
        database(account, MasterUserPassword="0123456789")
    database(account)


def test_monitoring_without_a_role(account: Account) -> None:
    with account.refuses(rds.monitoring_without_a_role):
        database(account, MonitoringInterval=60)
    database(account, MonitoringInterval=60, MonitoringRoleArn=account.role)


def test_interval_of_monitoring(account: Account) -> None:
    with account.refuses(rds.interval_of_monitoring):
        database(account, MonitoringInterval=20, MonitoringRoleArn=account.role)
    database(account, MonitoringInterval=30, MonitoringRoleArn=account.role)


def test_backups_for_too_long(account: Account) -> None:
    with account.refuses(rds.backups_for_too_long):
        database(account, BackupRetentionPeriod=36)
    database(account, BackupRetentionPeriod=35)


def test_windows_of_a_database_overlap(account: Account) -> None:
    windows = {"PreferredBackupWindow": "09:30-10:30", "PreferredMaintenanceWindow": "sun:09:00-sun:10:00"}
    with account.refuses(rds.windows_of_a_database_overlap):
        database(account, **windows)
    database(account, **windows | {"PreferredBackupWindow": "10:30-11:30"})
    with account.refuses(rds.windows_of_a_database_overlap):
        change(account, PreferredMaintenanceWindow="mon:11:00-mon:12:00")


def test_window_shorter_than_half_an_hour(account: Account) -> None:
    for window in ({"PreferredBackupWindow": "09:30-09:59"}, {"PreferredMaintenanceWindow": "sun:23:50-mon:00:10"}):
        with account.refuses(rds.window_shorter_than_half_an_hour):
            database(account, **window)
    database(account, PreferredBackupWindow="09:30-10:00", PreferredMaintenanceWindow="sat:23:50-sun:00:20")


def test_log_export_of_another_engine(account: Account) -> None:
    with account.refuses(rds.log_export_of_another_engine):
        database(account, EnableCloudwatchLogsExports=["slowquery"])
    database(account, EnableCloudwatchLogsExports=["postgresql"])
    with account.refuses(rds.log_export_of_another_engine):
        change(account, CloudwatchLogsExportConfiguration={"EnableLogTypes": ["audit"]})


def test_authority_that_does_not_exist(account: Account) -> None:
    with account.refuses(rds.authority_that_does_not_exist):
        database(account, CACertificateIdentifier="rds-ca-2019")
    database(account, CACertificateIdentifier="rds-ca-ecc384-g1")


def test_parameter_group_of_another_version(account: Account) -> None:
    parameters(account, "old", "postgres15")
    parameters(account, "new")
    with account.refuses(rds.parameter_group_of_another_version):
        database(account, DBParameterGroupName="old")
    database(account, DBParameterGroupName="new")


def test_parameter_group_of_a_database_that_does_not_exist(account: Account) -> None:
    with account.refuses(rds.parameter_group_of_a_database_that_does_not_exist):
        database(account, DBParameterGroupName="nowhere")
    database(account, DBParameterGroupName="default.postgres16")


def test_subnet_group_of_a_database_that_does_not_exist(account: Account) -> None:
    with account.refuses(rds.subnet_group_of_a_database_that_does_not_exist):
        database(account, DBSubnetGroupName="nowhere")
    database(account)


def test_security_group_of_another_network(account: Account) -> None:
    with account.refuses(rds.security_group_of_another_network):
        database(account, VpcSecurityGroupIds=[account.foreign_group])
    database(account)


def test_major_upgrade_that_is_not_allowed(account: Account) -> None:
    database(account)
    with account.refuses(rds.major_upgrade_that_is_not_allowed):
        change(account, EngineVersion="17")
    change(account, EngineVersion="17", AllowMajorVersionUpgrade=True)


def test_deletion_without_a_word_about_a_snapshot(account: Account) -> None:
    database(account)
    with account.refuses(rds.deletion_without_a_word_about_a_snapshot):
        account.rds.delete_db_instance(**NAME)
    account.rds.delete_db_instance(**NAME, FinalDBSnapshotIdentifier="last")


def test_failover_without_a_standby(account: Account) -> None:
    database(account)
    with account.refuses(rds.failover_without_a_standby):
        account.rds.reboot_db_instance(**NAME, ForceFailover=True)
    account.rds.reboot_db_instance(**NAME)
    change(account, MultiAZ=True)
    account.rds.reboot_db_instance(**NAME, ForceFailover=True)


def test_final_snapshot_that_exists(account: Account) -> None:
    for name in ("one", "two"):
        database(account, DBInstanceIdentifier=name)
    account.rds.delete_db_instance(**NAME, FinalDBSnapshotIdentifier="last")
    with account.refuses(rds.final_snapshot_that_exists):
        account.rds.delete_db_instance(DBInstanceIdentifier="two", FinalDBSnapshotIdentifier="last")
    account.rds.delete_db_instance(DBInstanceIdentifier="two", FinalDBSnapshotIdentifier="last-2")


def test_protected_database(account: Account) -> None:
    database(account, DeletionProtection=True)
    with account.refuses(rds.protected_database):
        account.rds.delete_db_instance(**NAME, SkipFinalSnapshot=True)
    change(account, DeletionProtection=False)
    account.rds.delete_db_instance(**NAME, SkipFinalSnapshot=True)


def test_parameter_group_of_a_database_that_exists(account: Account) -> None:
    parameters(account, "one")
    with account.refuses(rds.parameter_group_of_a_database_that_exists):
        parameters(account, "one")
    parameters(account, "two")


def test_static_parameter_at_once(account: Account) -> None:
    def set_(method: str, name: str = "shared_preload_libraries") -> None:
        parameter = {"ParameterName": name, "ParameterValue": "1", "ApplyMethod": method}
        account.rds.modify_db_parameter_group(DBParameterGroupName="one", Parameters=[parameter])

    parameters(account, "one")
    with account.refuses(rds.static_parameter_at_once):
        set_("immediate")
    set_("pending-reboot")
    set_("immediate", "rds.force_ssl")


def test_parameter_group_that_a_database_uses(account: Account) -> None:
    parameters(account, "one")
    database(account, DBParameterGroupName="one")
    with account.refuses(rds.parameter_group_that_a_database_uses):
        account.rds.delete_db_parameter_group(DBParameterGroupName="one")
    account.rds.delete_db_instance(**NAME, SkipFinalSnapshot=True)
    account.rds.delete_db_parameter_group(DBParameterGroupName="one")


def test_database_in_subnets_of_one_zone(account: Account) -> None:
    asked = {"DBSubnetGroupName": "two", "DBSubnetGroupDescription": "x"}
    with account.refuses(rds.database_in_subnets_of_one_zone):
        account.rds.create_db_subnet_group(**asked, SubnetIds=account.subnets[:1])
    account.rds.create_db_subnet_group(**asked, SubnetIds=account.subnets)


def test_subnet_group_of_a_database_that_exists(account: Account) -> None:
    asked = {"DBSubnetGroupDescription": "x", "SubnetIds": account.subnets}
    account.rds.create_db_subnet_group(DBSubnetGroupName="two", **asked)
    with account.refuses(rds.subnet_group_of_a_database_that_exists):
        account.rds.create_db_subnet_group(DBSubnetGroupName="two", **asked)
    account.rds.create_db_subnet_group(DBSubnetGroupName="three", **asked)


def test_subnet_group_that_a_database_uses(account: Account) -> None:
    database(account)
    with account.refuses(rds.subnet_group_that_a_database_uses):
        account.rds.delete_db_subnet_group(DBSubnetGroupName="one")
    account.rds.delete_db_instance(**NAME, SkipFinalSnapshot=True)
    account.rds.delete_db_subnet_group(DBSubnetGroupName="one")


def subscribe(account: Account, name: str = "one", **others: Any) -> None:  # noqa: ANN401  # of the request
    topic = account.sns.create_topic(Name="events")["TopicArn"]
    asked = {"SnsTopicArn": topic, "SourceType": "db-instance", "EventCategories": ["failover"]}
    account.rds.create_event_subscription(SubscriptionName=name, **{**asked, **others})


def test_topic_that_is_missing(account: Account) -> None:
    with account.refuses(rds.topic_that_is_missing):
        subscribe(account, SnsTopicArn="arn:aws:sns:us-west-2:123456789012:missing")
    subscribe(account)


def test_topic_that_lets_no_events_in(account: Account) -> None:
    topic = account.sns.create_topic(Name="alarms")["TopicArn"]
    policy = {"TopicArn": topic, "AttributeName": "Policy"}
    account.sns.set_topic_attributes(**policy, AttributeValue=POLICY % "cloudwatch.amazonaws.com")
    with account.refuses(rds.topic_that_lets_no_events_in):
        subscribe(account, SnsTopicArn=topic)
    account.sns.set_topic_attributes(**policy, AttributeValue=POLICY % "events.rds.amazonaws.com")
    subscribe(account, SnsTopicArn=topic)


def test_source_of_events_that_is_missing(account: Account) -> None:
    with account.refuses(rds.source_of_events_that_is_missing):
        subscribe(account, SourceIds=["one"])
    database(account)
    subscribe(account, SourceIds=["one"])


def test_category_of_events_that_does_not_exist(account: Account) -> None:
    with account.refuses(rds.category_of_events_that_does_not_exist):
        subscribe(account, EventCategories=["fail over"])
    subscribe(account, EventCategories=["failover", "low storage"])
