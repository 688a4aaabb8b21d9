"""RDS: the database, its subnets, its parameters."""

from collections.abc import Mapping
from typing import Any, Final

from miyabi_infra.aws.readers.beside import beside
from miyabi_infra.aws.readers.common import Json, begins_with, part, set_check
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, World
from miyabi_infra.stacks import Resource


def _tags(arn: str, world: World) -> Any:  # noqa: ANN401  # JSON
    return world.ask("rds", "list_tags_for_resource", ResourceName=arn)["TagList"]


def _database(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("identifier"))
    database: Json = world.ask("rds", "describe_db_instances", DBInstanceIdentifier=name)["DBInstances"][0]
    major, running = str(resource.get("engine_version")), str(database.get("EngineVersion"))
    groups: list[Json] = database.get("DBParameterGroups") or [{}]
    secret = part(database, "MasterUserSecret")
    checks = world.checks(
        resource,
        {
            "identifier": database["DBInstanceIdentifier"],
            "engine": database.get("Engine"),
            # PostgreSQL 17 is generated, and 17.6 runs.
            "engine_version": major if running.partition(".")[0] == major else running,
            "instance_class": database.get("DBInstanceClass"),
            "max_allocated_storage": database.get("MaxAllocatedStorage") or 0,
            "storage_type": database.get("StorageType"),
            "storage_encrypted": database.get("StorageEncrypted"),
            "db_name": database.get("DBName"),
            "username": database.get("MasterUsername"),
            "manage_master_user_password": bool(secret) or None,
            "port": part(database, "Endpoint").get("Port"),
            "iam_database_authentication_enabled": database.get("IAMDatabaseAuthenticationEnabled") or False,
            "multi_az": database.get("MultiAZ") or False,
            "db_subnet_group_name": part(database, "DBSubnetGroup").get("DBSubnetGroupName"),
            "publicly_accessible": database.get("PubliclyAccessible") or False,
            "parameter_group_name": groups[0].get("DBParameterGroupName"),
            "ca_cert_identifier": database.get("CACertificateIdentifier"),
            "backup_retention_period": database.get("BackupRetentionPeriod"),
            "backup_window": database.get("PreferredBackupWindow"),
            "maintenance_window": database.get("PreferredMaintenanceWindow"),
            "copy_tags_to_snapshot": database.get("CopyTagsToSnapshot") or False,
            "deletion_protection": database.get("DeletionProtection") or False,
            "auto_minor_version_upgrade": database.get("AutoMinorVersionUpgrade"),
            "performance_insights_enabled": database.get("PerformanceInsightsEnabled") or False,
            "monitoring_interval": database.get("MonitoringInterval") or 0,
            "monitoring_role_arn": database.get("MonitoringRoleArn"),
        },
        monitoring_role_arn=None,
    )
    if resource.get("kms_key_id") is not None:
        checks += world.checks(resource, {"kms_key_id": database.get("KmsKeyId")})
    if resource.get("performance_insights_retention_period") is not None:
        days = database.get("PerformanceInsightsRetentionPeriod")
        checks += world.checks(resource, {"performance_insights_retention_period": days})
    # Autoscaling makes the storage larger than generated; it must not be smaller.
    generated, held = int(str(resource.get("allocated_storage"))), int(database.get("AllocatedStorage") or 0)
    grown = bool(resource.get("max_allocated_storage")) and held > generated
    checks.append(Compared("allocated_storage", generated, generated if grown else held))
    admitted = [each["VpcSecurityGroupId"] for each in database.get("VpcSecurityGroups") or ()]
    checks.append(set_check("vpc_security_group_ids", resource, world, admitted))
    exported: list[str] = database.get("EnabledCloudwatchLogsExports") or []
    checks.append(set_check("enabled_cloudwatch_logs_exports", resource, world, exported))
    known = {
        "id": database.get("DbiResourceId"),
        "identifier": name,
        "arn": database["DBInstanceArn"],
        "resource_id": database.get("DbiResourceId"),
        "address": part(database, "Endpoint").get("Address"),
        "master_user_secret[0].secret_arn": secret.get("SecretArn"),
    }
    extras = [Extra(f"read replica {each}") for each in database.get("ReadReplicaDBInstanceIdentifiers") or ()]
    extras += [Extra(f"role {each['RoleArn']} of the database") for each in database.get("AssociatedRoles") or ()]
    extras += beside(resource.type, database)
    extras += [
        Extra(f"option group {each['OptionGroupName']}")
        for each in database.get("OptionGroupMemberships") or ()
        if not str(each["OptionGroupName"]).startswith("default:")  # AWS's own
    ]
    status = groups[0].get("ParameterApplyStatus", "in-sync")
    if status not in {"in-sync", "applying"}:
        extras.append(Extra(f"parameters that are not in force ({status})"))
    return Found(known, checks + world.tags(resource, _tags(database["DBInstanceArn"], world)), extras)


def _subnet_group(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    group: Json = world.ask("rds", "describe_db_subnet_groups", DBSubnetGroupName=name)["DBSubnetGroups"][0]
    checks = [
        *world.checks(
            resource, {"name": group["DBSubnetGroupName"], "description": group.get("DBSubnetGroupDescription")}
        ),
        set_check("subnet_ids", resource, world, [each["SubnetIdentifier"] for each in group["Subnets"]]),
    ]
    return Found({"id": name, "name": name}, checks + world.tags(resource, _tags(group["DBSubnetGroupArn"], world)))


def _parameter_group(resource: Resource, world: World) -> Found | None:
    prefix = str(resource.get("name_prefix"))  # Terraform has added a unique end
    groups = world.items("rds", "describe_db_parameter_groups", "DBParameterGroups")
    group = next((each for each in groups if begins_with(prefix, each["DBParameterGroupName"])), None)
    if group is None:
        return None
    name = str(group["DBParameterGroupName"])
    parameters = world.items("rds", "describe_db_parameters", "Parameters", DBParameterGroupName=name, Source="user")
    held = {each["ParameterName"]: each.get("ParameterValue") for each in parameters}
    generated = {str(each["name"]): each["value"] for each in resource.blocks("parameter")}
    checks = world.checks(
        resource, {"family": group["DBParameterGroupFamily"], "description": group.get("Description")}
    )
    checks.append(Compared("name_prefix", prefix, name[: len(prefix)]))
    checks += [Compared(f"parameter.{key}", value, held.get(key)) for key, value in generated.items()]
    extras = [Extra(f"parameter {key} = {value}") for key, value in held.items() if key not in generated]
    tags = world.tags(resource, _tags(group["DBParameterGroupArn"], world))
    return Found({"id": name, "name": name}, checks + tags, extras)


def _events(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    subscriptions: list[Json] = world.ask("rds", "describe_event_subscriptions", SubscriptionName=name)[
        "EventSubscriptionsList"
    ]
    if not subscriptions:
        return None
    (held,) = subscriptions
    checks = [
        *world.checks(
            resource,
            {
                "name": held["CustSubscriptionId"],
                "sns_topic": held.get("SnsTopicArn"),
                "source_type": held.get("SourceType"),
                "enabled": held.get("Enabled", True),
            },
            enabled=True,
        ),
        set_check("source_ids", resource, world, held.get("SourceIdsList") or []),
        set_check("event_categories", resource, world, held.get("EventCategoriesList") or []),
    ]
    arn = str(held.get("EventSubscriptionArn"))
    return Found({"id": name, "name": name, "arn": arn}, checks + world.tags(resource, _tags(arn, world)))


READERS: Final[Mapping[str, Reader]] = {
    "aws_db_event_subscription": _events,
    "aws_db_instance": _database,
    "aws_db_parameter_group": _parameter_group,
    "aws_db_subnet_group": _subnet_group,
}
