"""What the guides say about the database."""

from dataclasses import dataclass

from miyabi_infra.stacks import Reference, Resource, Stack
from miyabi_infra.stacks.platform import Platform, integer, mappings, text


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
    prefix: str
    """What the names of the tasks' variables begin with."""
    iam: bool
    """Whether the tasks log in with tokens of IAM."""


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
        prefix=_prefix(platform, found),
        iam=found.get("iam_database_authentication_enabled") is True,
    )


def _prefix(platform: Platform, database: Resource) -> str:
    """What the variable with the host of the database begins with."""
    hosts = (
        text(variable.get("name"))
        for container in platform.containers
        for variable in mappings(container.get("environment"))
        if isinstance(value := variable.get("value"), Reference) and value.address == database.address
    )
    return next(hosts, "DATABASE_HOST").removesuffix("_HOST")
