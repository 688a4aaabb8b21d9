"""What the guides say about the database."""

from dataclasses import dataclass

from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.platform import Platform, integer, text


@dataclass(frozen=True)
class Database:
    """The PostgreSQL instance."""

    name: str
    version: str
    port: int
    database: str
    multi_az: bool
    backups: int
    """Days for which it can be restored."""
    maintenance: str
    """Window of maintenance, in UTC."""
    subnet_group: str
    secret: str
    """The start of the name of the application's secret; empty with authentication by IAM."""
    migration: str
    """Family of the task definition that migrates the schema; empty without one."""


def database(stack: Stack) -> Database | None:
    """The database of an environment; None where there is none."""
    platform = Platform(stack)
    found = platform.first("aws_db_instance")
    if found is None:
        return None
    group = platform.first("aws_db_subnet_group")
    secret = stack.find("module.rds.aws_secretsmanager_secret.application")
    migration = stack.find("module.ecs.aws_ecs_task_definition.migration")
    return Database(
        name=text(found.get("identifier")),
        version=text(found.get("engine_version")),
        port=integer(found.get("port")),
        database=text(found.get("db_name")),
        multi_az=found.get("multi_az") is True,
        backups=integer(found.get("backup_retention_period")),
        maintenance=text(found.get("maintenance_window")),
        subnet_group=text(group.get("name")) if group else "",
        secret=text(secret.get("name_prefix")) if secret else "",
        migration=text(migration.get("family")) if migration else "",
    )
