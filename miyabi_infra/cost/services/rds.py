"""RDS: instances of PostgreSQL with gp3 storage."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.cost.model import Billed, Billing, Charge, Context, Free, Span, number
from miyabi_infra.cost.prices import NotPriced
from miyabi_infra.stacks import Resource


def _database(database: Resource, context: Context) -> Iterator[Charge]:
    instance_class, engine = str(database.get("instance_class")), str(database.get("engine", "postgres"))
    if engine != "postgres":
        raise NotPriced(f"no price of the engine {engine}")
    version = str(database.get("engine_version"))
    if version.partition(".")[0] in _EXTENDED:
        raise NotPriced(f"no price of the extended support of PostgreSQL {version}")
    price = context.prices.find(f"rds.{instance_class}")
    if price is None:
        raise NotPriced(f"no price of {instance_class}")
    copies = 2 if database.get("multi_az") is True else 1
    both = ", Multi-AZ" if copies > 1 else ""
    yield Charge("RDS", f"1 instance {instance_class}{both}", Span.of(copies * context.hours), price)
    kind, storage = str(database.get("storage_type", "gp2")), number(database.get("allocated_storage"))
    if kind != "gp3":
        raise NotPriced(f"no price of {kind} storage")
    yield Charge("RDS", f"{storage:g} GB gp3{both}", Span.of(copies * storage), context.prices.of("rds.gp3"))
    backups = context.of_environment.database_backup_gb
    if backups and number(database.get("backup_retention_period", 0)):
        raise NotPriced("no price of backups beyond the size of the storage")
    days = database.get("performance_insights_retention_period")
    if days is not None and number(days) > _FREE_DAYS:
        raise NotPriced(f"no price of Performance Insights for {number(days):g} days")


_EXTENDED: Final = frozenset({"11", "12", "13"})
"""Versions whose standard support has ended (RDS user guide, "Release calendars for Amazon RDS for PostgreSQL")."""
_FREE_DAYS: Final = 7
"""Days of Performance Insights without a charge."""


BILLING: Final[Billing] = {
    "aws_db_instance": Billed(
        "RDS",
        _database,
        reads=frozenset(
            {
                "allocated_storage",
                "backup_retention_period",
                "engine",
                "engine_version",
                "instance_class",
                "multi_az",
                "performance_insights_retention_period",
                "storage_type",
            }
        ),
        free=frozenset(
            {
                "allow_major_version_upgrade",
                "apply_immediately",
                "auto_minor_version_upgrade",
                "backup_window",
                "ca_cert_identifier",
                "copy_tags_to_snapshot",
                "db_name",
                "db_subnet_group_name",
                "delete_automated_backups",
                "deletion_protection",
                "enabled_cloudwatch_logs_exports",
                "final_snapshot_identifier",
                "iam_database_authentication_enabled",
                "identifier",
                "kms_key_id",
                "maintenance_window",
                "manage_master_user_password",
                "max_allocated_storage",
                "monitoring_interval",
                "monitoring_role_arn",
                "performance_insights_enabled",
                "parameter_group_name",
                "password",
                "port",
                "publicly_accessible",
                "skip_final_snapshot",
                "snapshot_identifier",
                "storage_encrypted",
                "tags",
                "username",
                "vpc_security_group_ids",
            }
        ),
    ),
    "aws_db_event_subscription": Free("the topic's messages are counted there"),
    "aws_db_parameter_group": Free(),
    "aws_db_subnet_group": Free(),
}
