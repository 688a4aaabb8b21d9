"""rds: PostgreSQL of the application, its parameters, its secrets, its logs, and its alarms."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, ClassVar, Final, Literal

from cdktf import TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.db_event_subscription import DbEventSubscription
from cdktf_cdktf_provider_aws.db_instance import DbInstance
from cdktf_cdktf_provider_aws.db_parameter_group import DbParameterGroup, DbParameterGroupParameter
from cdktf_cdktf_provider_aws.db_subnet_group import DbSubnetGroup
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from cdktf_cdktf_provider_aws.secretsmanager_secret import SecretsmanagerSecret
from pydantic import Field

from modules.base import Module, literal
from modules.ecs import Database, LogRetention, VariableName
from modules.iam import trust
from modules.notifications import KeyArn
from modules.platform import Platform
from modules.postgresql_parameters import DYNAMIC, KNOWN
from modules.security_groups import POSTGRESQL_PORT
from modules.settings import Matching, Percent, Settings, Strings, Violation, matching, region_of, rule, twice
from modules.time_windows import BackupWindow, DatabaseMaintenanceWindow, overlap

_LARGE: Final = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
INSTANCE_CLASSES: Final = {
    "t3": ("micro", "small", "medium", "large", "xlarge", "2xlarge"),
    "t4g": ("micro", "small", "medium", "large", "xlarge", "2xlarge"),
    "m6g": _LARGE,
    "m7g": _LARGE,
    "r6g": _LARGE,
    "r7g": _LARGE,
}
"""Sizes of the current families that run every version below (RDS user guide, "DB instance class types"; read on
2026-11-27)."""

_OFFERED: Final = "; ".join(
    f"{' or '.join(f'db.{family}' for family, each in INSTANCE_CLASSES.items() if each == sizes)}: {', '.join(sizes)}"
    for sizes in dict.fromkeys(INSTANCE_CLASSES.values())
)

RESERVED_USERS: Final = frozenset(
    {"admin", "pg_monitor", "postgres", "public", "rdsadmin", "root", "superuser", "user"}
)
"""Names that RDS keeps for itself, or that are words of PostgreSQL (RDS API, `CreateDBInstance`, `MasterUsername`).
`postgres` is allowed, but an attacker tries it first."""

RESERVED_WORDS: Final = frozenset(
    {
        "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization",
        "binary", "both", "case", "cast", "check", "collate", "collation", "column", "concurrently",
        "constraint", "create", "cross", "current_catalog", "current_date", "current_role", "current_schema",
        "current_time", "current_timestamp", "current_user", "default", "deferrable", "desc", "distinct", "do",
        "else", "end", "except", "false", "fetch", "for", "foreign", "freeze", "from", "full", "grant", "group",
        "having", "ilike", "in", "initially", "inner", "intersect", "into", "is", "isnull", "join", "lateral",
        "leading", "left", "like", "limit", "localtime", "localtimestamp", "natural", "not", "notnull", "null",
        "offset", "on", "only", "or", "order", "outer", "overlaps", "placing", "primary", "references",
        "returning", "right", "select", "session_user", "similar", "some", "symmetric", "system_user", "table",
        "tablesample", "then", "to", "trailing", "true", "union", "unique", "user", "using", "variadic",
        "verbose", "when", "where", "window", "with",
    }
)  # fmt: skip
"""Words that are no names in PostgreSQL without quotes (PostgreSQL documentation, "SQL Key Words", those that are
reserved). RDS refuses them (RDS API, `CreateDBInstance`)."""

TAKEN: Final = frozenset({"rdsadmin", "template0", "template1"})
"""Databases that every instance has (RDS user guide, "Understanding PostgreSQL roles and permissions")."""

EVENTS: Final = ("availability", "deletion", "failover", "failure", "low storage", "maintenance", "recovery")
"""Categories of events of an instance that somebody should hear of (RDS user guide, "Amazon RDS event categories and
event messages"). Backups and configuration changes are not among them: they happen every day."""


def _named(longest: int) -> Matching:
    return matching(
        rf"[a-z][a-z0-9_]{{0,{longest - 1}}}",
        "is not a name in PostgreSQL",
        f"a lower-case letter, then lower-case letters, digits and _; at most {longest} characters",
    )


Identifier = Annotated[str, _named(63)]

MasterUser = Annotated[str, _named(16)]

InstanceClass = Annotated[
    str,
    matching(
        r"db\.[a-z]\d[a-z0-9]*\.(?:micro|small|medium|(?:\d{1,2})?x?large)",
        "is not an instance class of RDS",
        f"db.<family>.<size>, of {_OFFERED}",
    ),
]

SnapshotIdentifier = Annotated[
    str,
    matching(
        r"(?=.{1,255}$)(?:rds:)?[A-Za-z](?:-?[A-Za-z0-9])*",
        "is not the name of a snapshot",
        "letters, digits and single hyphens, starting with a letter and not ending with a hyphen; at most 255",
    ),
]

RetentionOfInsights = Literal[
    7, 31, 62, 93, 124, 155, 186, 217, 248, 279, 310, 341, 372, 403, 434, 465, 496, 527, 558, 589, 620, 651, 682, 713,
    731,
]  # fmt: skip

ParameterName = Annotated[
    str, matching(r"[a-z][a-z0-9_.]*", "is not the name of a parameter", "lower-case letters, digits, _ and .")
]


class RdsSettings(Settings):
    """PostgreSQL on RDS: its size, version, protection, backups, and how the application logs in."""

    enabled: bool = False
    """Whether there is a database. Where it is off, its module is not called."""

    deletable: bool = False
    """Whether Terraform may delete the instance. `false`: RDS protects it from deletion, and Terraform refuses every
    plan that would delete or replace it. Apply `true` before an intended deletion. AWS takes a final snapshot in every
    case."""

    engine_version: Literal["18", "17", "16", "15", "14"] = "17"
    """Major version of PostgreSQL; it determines the family of the parameter group. The minor version is AWS's: a minor
    upgrade changes no plan (RDS for PostgreSQL release notes, "Release calendars for Amazon RDS for PostgreSQL")."""

    allow_major_version_upgrade: bool = False
    """Whether AWS accepts another major version. Set it together with `engine_version` and remove it afterwards. A
    major upgrade takes minutes without database, and there is no way back except a restore."""

    auto_minor_version_upgrade: bool = True
    """Whether AWS upgrades minor versions in maintenance windows."""

    instance_class: InstanceClass = "db.t3.micro"
    """Instance class: one that RDS creates. A change restarts the instance (RDS user guide, "DB instance class types").
    """

    allocated_storage: Annotated[int, Field(ge=20, le=65_536)] = 20
    """Storage (gp3) in GiB. It never shrinks, and changes at most once in six hours (RDS API, `CreateDBInstance`)."""

    max_allocated_storage: Annotated[int, Field(ge=0, le=65_536)] = 100
    """Size in GiB up to which RDS grows the storage by itself; 0 switches that off. AWS asks for at least 10 % more
    than `allocated_storage` (RDS API, `CreateDBInstance`)."""

    kms_key_arn: KeyArn = ""
    """ARN of the customer managed KMS key of the storage. Empty: AWS's key. The storage is always encrypted; a change
    replaces the instance (KMS API, `DescribeKey`)."""

    database_name: Identifier = "miyabi"
    """Name of the database that RDS creates. A change replaces the instance (RDS API, `CreateDBInstance`)."""

    admin_user: MasterUser = "miyabi_admin"
    """Master user, 1 to 16 characters. RDS makes its password, keeps it in Secrets Manager and rotates it every seven
    days: it is in no plan and in no state. Only migrations use it. A change replaces the instance (RDS API,
    `CreateDBInstance`)."""

    application_user: Identifier = "miyabi_app"
    """User of the application with `access: iam`. A migration creates it: `CREATE USER miyabi_app; GRANT rds_iam TO
    miyabi_app;`."""

    access: Literal["iam", "secret"] = "iam"
    """How the tasks log in. `iam`: as `application_user` with a token of IAM (15 minutes, one for each new connection)
    instead of a password. `secret`: with user and password of a secret that Terraform creates without a value; a
    rotation alternates between two users. Neither breaks running tasks when a password is rotated."""

    variable_prefix: VariableName = "DATABASE"
    """Prefix of the tasks' environment variables: `DATABASE_HOST`, `_PORT`, `_NAME`, `_USER`, and with `access: secret`
    `_PASSWORD`."""

    migration_command: Strings = ()
    """Command of the one-off task that migrates the schema, in the application's image; it gets the variables above
    with the master user and its password. Empty: no such task definition."""

    multi_az: bool = False
    """Whether a standby in another zone takes over when the instance or its zone fails. It doubles the price."""

    backup_retention_days: Annotated[int, Field(ge=0, le=35)] = 7
    """Days for which the database can be restored to any second; 0 switches backups off (RDS API, `CreateDBInstance`).
    """

    backup_window: BackupWindow = "07:00-08:00"
    """Daily window in UTC, at least 30 minutes, in which the backup starts. It must not overlap `maintenance_window`
    (RDS API, `PreferredBackupWindow`)."""

    maintenance_window: DatabaseMaintenanceWindow = "sun:09:00-sun:10:00"
    """Weekly window in UTC, at least 30 minutes, in which AWS may restart the instance (RDS API, `CreateDBInstance`).
    """

    restore_from_snapshot: SnapshotIdentifier | None = None
    """Snapshot from which the instance is created; `engine_version`, `database_name` and `admin_user` must be those of
    the snapshot. It has no effect on an instance that exists (RDS API, `RestoreDBInstanceFromDBSnapshot`,
    `DBSnapshotIdentifier`)."""

    force_tls: bool = True
    """Whether the database refuses connections without TLS (`rds.force_ssl`)."""

    ca_certificate: Literal["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"] = "rds-ca-rsa2048-g1"
    """Authority of the server's certificate. The application needs RDS's certificate bundle to verify it (RDS user
    guide, "Using SSL/TLS to encrypt a connection to a DB instance")."""

    parameters: dict[ParameterName, Annotated[str, Field(min_length=1)]] = Field(default={})
    """Further parameters of PostgreSQL. Those that are not known to take effect at once wait for a restart. Parameters
    of extensions have a dot in their name; of the others, those of `engine_version` are known (PostgreSQL
    documentation, "Server Configuration")."""

    log_exports: Annotated[tuple[Literal["postgresql", "upgrade", "iam-db-auth-error"], ...], Field(strict=False)] = (
        "postgresql",
        "upgrade",
    )
    """Logs that RDS writes to CloudWatch Logs. `iam-db-auth-error` says why a login with `access: iam` failed (RDS API,
    `EnableCloudwatchLogsExports`)."""

    log_retention_days: LogRetention = 30
    """Retention of these logs in days; 0 means without end (CloudWatch Logs API, `PutRetentionPolicy`)."""

    performance_insights: bool = True
    """Whether RDS records what the database waits for."""

    performance_insights_days: RetentionOfInsights = 7
    """Days for which it is kept: 7, which are free, 1 to 23 months of 31 days, or 731 (RDS API,
    `PerformanceInsightsRetentionPeriod`)."""

    monitoring_interval: Literal[0, 1, 5, 10, 15, 30, 60] = 0
    """Seconds between two samples of the operating system (enhanced monitoring); 0 switches it off (RDS API,
    `CreateDBInstance`)."""

    apply_immediately: bool = False
    """Whether changes take effect immediately instead of in the maintenance window. They can restart the instance."""

    cpu_alarm_threshold: Percent = 80
    """CPU utilization in percent above which the alarm goes into ALARM."""

    connections_alarm_threshold: Annotated[int, Field(gt=0)] = 60
    """Connections above which the alarm goes into ALARM. PostgreSQL on RDS accepts memory / 9,531,392 bytes, so about
    110 with 1 GiB."""

    free_storage_alarm_threshold: Annotated[int, Field(gt=0)] = 2_000_000_000
    """Free storage in bytes below which the alarm goes into ALARM."""

    free_memory_alarm_threshold: Annotated[int, Field(gt=0)] = 100_000_000
    """Free memory in bytes below which the alarm goes into ALARM."""

    latency_alarm_threshold: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.05
    """Seconds of an average read or write of the disk above which the alarm goes into ALARM."""

    @property
    def nodes(self) -> int:
        """Instances; each has an address in the private subnets."""
        return (2 if self.multi_az else 1) if self.enabled else 0

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables that the tasks get."""
        return tuple(f"{self.variable_prefix}_{each}" for each in ("HOST", "PORT", "NAME", "USER", "PASSWORD"))

    @rule("instance_class")
    def instance_class_exists(self, _platform: Platform) -> Iterator[Violation]:
        """RDS creates certain classes only."""
        _, family, size = self.instance_class.split(".")
        if size not in INSTANCE_CLASSES.get(family, ()):
            offered = INSTANCE_CLASSES.get(family)
            allowed = ", ".join(f"db.{family}.{each}" for each in offered) if offered else _OFFERED
            yield Violation("instance_class", self.instance_class, "is no class that is known here", allowed)

    @rule("max_allocated_storage", "allocated_storage")
    def storage_can_grow(self, _platform: Platform) -> Iterator[Violation]:
        """RDS refuses a limit of the storage that is not at least 10 % above the storage."""
        least = -(-self.allocated_storage * 11 // 10)
        if self.max_allocated_storage and self.max_allocated_storage < least:
            problem = f"leaves no room above allocated_storage, {self.allocated_storage}"
            yield Violation("max_allocated_storage", self.max_allocated_storage, problem, f"0, or {least} and more")

    @rule("backup_window", "maintenance_window")
    def backup_is_outside_maintenance(self, _platform: Platform) -> Iterator[Violation]:
        """RDS refuses a backup window that overlaps the maintenance window."""
        if overlap(self.backup_window, self.maintenance_window):
            problem = f"overlaps maintenance_window, {self.maintenance_window}"
            yield Violation("backup_window", self.backup_window, problem, "a window outside it")

    @rule("admin_user", "application_user")
    def users_have_names_of_their_own(self, _platform: Platform) -> Iterator[Violation]:
        """RDS refuses reserved names; the application is never the master user."""
        for key in ("admin_user", "application_user"):
            name: str = getattr(self, key)
            if name in RESERVED_USERS | RESERVED_WORDS or name.startswith(("pg_", "rds_")):
                yield Violation(key, name, "is reserved", "another name, such as miyabi_admin")
        if self.application_user == self.admin_user:
            problem = "is also admin_user, whose password rotates"
            yield Violation("application_user", self.application_user, problem, "another name")

    @rule("database_name")
    def database_has_a_name_of_its_own(self, _platform: Platform) -> Iterator[Violation]:
        """RDS refuses the reserved words of PostgreSQL, and the databases that every instance has."""
        if self.database_name in RESERVED_WORDS | TAKEN:
            yield Violation("database_name", self.database_name, "is reserved", "another name, such as miyabi")

    @rule("kms_key_arn", "region")
    def key_of_the_database_is_of_the_region(self, platform: Platform) -> Iterator[Violation]:
        """RDS takes a key of its own region only."""
        if self.kms_key_arn and region_of(self.kms_key_arn) != platform.region:
            problem = f"is a key of {region_of(self.kms_key_arn)}"
            yield Violation("kms_key_arn", self.kms_key_arn, problem, f"one of {platform.region}")

    @rule("log_exports", compares=True)
    def exported_logs_differ(self, _platform: Platform) -> Iterator[Violation]:
        """A log is exported, or it is not."""
        yield from twice("log_exports", self.log_exports)

    @rule("parameters", "engine_version")
    def parameters_exist(self, _platform: Platform) -> Iterator[Violation]:
        """RDS refuses a parameter that the family does not have. Those of extensions are `lint`'s to doubt."""
        version = int(self.engine_version)
        there = [name for name, (first, last) in KNOWN.items() if first <= version <= last]
        for name, value in self.parameters.items():
            if "." in name or name in there:
                continue
            near = ", ".join(get_close_matches(name, there, 3))
            allowed = near or "a name of PostgreSQL's documentation (modules/postgresql_parameters.py has them)"
            if name in KNOWN:
                allowed = f"with engine_version {' to '.join(dict.fromkeys(map(str, KNOWN[name])))}, or another one"
            yield Violation(("parameters", name), value, f"is no parameter of PostgreSQL {version}", allowed)

    @rule("parameters")
    def tls_is_a_setting(self, _platform: Platform) -> Iterator[Violation]:
        """RDS refuses a parameter group that names a parameter twice."""
        if "rds.force_ssl" in self.parameters:
            value = self.parameters["rds.force_ssl"]
            yield Violation(("parameters", "rds.force_ssl"), value, "has a setting of its own", "rds.force_tls")


class RdsModule(Module):
    """One instance of PostgreSQL with a parameter group and a subnet group of its own."""

    folder: ClassVar[str] = "rds"

    def __init__(
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: RdsSettings,
        private_subnet_ids: list[str],
        rds_security_group_id: str,
        alarm_topic_arn: str | None,
    ) -> None:
        super().__init__(scope)
        body, name = self.body, platform.name
        subnets = self.wire_list("private_subnet_ids", private_subnet_ids, "IDs of the private subnets")
        security_group = self.wire("rds_security_group_id", rds_security_group_id, "ID of the database's group")
        notified = self.alarm_actions(alarm_topic_arn)

        subnet_group = DbSubnetGroup(
            body,
            "aws_db_subnet_group.main",
            name=name("db-subnet"),
            description="Private subnets of the database",
            subnet_ids=subnets,
            tags={"Name": name("db-subnet")},
        )
        parameters = {"rds.force_ssl": str(int(settings.force_tls)), **settings.parameters}
        parameter_group = DbParameterGroup(
            body,
            "aws_db_parameter_group.main",
            # A group that an instance uses cannot be deleted: at a major upgrade the new one exists first.
            name_prefix=f"{name('db')}-",
            description="Parameters of the database",
            family=f"postgres{settings.engine_version}",
            parameter=[
                DbParameterGroupParameter(
                    name=key,
                    value=literal(value),
                    apply_method="immediate" if key in DYNAMIC else "pending-reboot",
                )
                for key, value in sorted(parameters.items())
            ],
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            tags={"Name": name("db-params")},
        )
        # RDS would create them without a retention, so they exist before the instance.
        logs: list[CloudwatchLogGroup] = []
        if "postgresql" in settings.log_exports:
            logs += [
                CloudwatchLogGroup(
                    body,
                    "aws_cloudwatch_log_group.postgresql",
                    name=f"/aws/rds/instance/{name('db')}/postgresql",
                    retention_in_days=settings.log_retention_days,
                    tags={"Name": name("db-postgresql")},
                )
            ]
        if "upgrade" in settings.log_exports:
            logs += [
                CloudwatchLogGroup(
                    body,
                    "aws_cloudwatch_log_group.upgrade",
                    name=f"/aws/rds/instance/{name('db')}/upgrade",
                    retention_in_days=settings.log_retention_days,
                    tags={"Name": name("db-upgrade")},
                )
            ]
        if "iam-db-auth-error" in settings.log_exports:
            logs += [
                CloudwatchLogGroup(
                    body,
                    "aws_cloudwatch_log_group.iam_db_auth_error",
                    name=f"/aws/rds/instance/{name('db')}/iam-db-auth-error",
                    retention_in_days=settings.log_retention_days,
                    tags={"Name": name("db-iam-db-auth-error")},
                )
            ]
        monitoring_role_arn = None
        if settings.monitoring_interval:
            may_assume = self.local("monitoring_trust", trust("monitoring.rds.amazonaws.com"))
            monitoring_role = IamRole(
                body,
                "aws_iam_role.monitoring",
                name=name("rds-monitoring"),
                assume_role_policy=f"${{jsonencode({may_assume})}}",
                permissions_boundary=platform.role_boundary_arn,
                tags={"Name": name("rds-monitoring")},
            )
            IamRolePolicyAttachment(
                body,
                "aws_iam_role_policy_attachment.monitoring",
                role=monitoring_role.name,
                policy_arn="arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
            )
            monitoring_role_arn = monitoring_role.arn

        DbInstance(
            body,
            "aws_db_instance.main",
            identifier=name("db"),
            engine="postgres",
            engine_version=settings.engine_version,
            instance_class=settings.instance_class,
            allocated_storage=settings.allocated_storage,
            max_allocated_storage=settings.max_allocated_storage,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=settings.kms_key_arn or None,
            db_name=settings.database_name,
            username=settings.admin_user,
            # RDS makes and rotates the password in Secrets Manager: no plan and no state has it.
            manage_master_user_password=True,
            port=POSTGRESQL_PORT,
            iam_database_authentication_enabled=settings.access == "iam",
            multi_az=settings.multi_az,
            db_subnet_group_name=subnet_group.name,
            vpc_security_group_ids=[security_group],
            publicly_accessible=False,
            parameter_group_name=parameter_group.name,
            ca_cert_identifier=settings.ca_certificate,
            backup_retention_period=settings.backup_retention_days,
            backup_window=settings.backup_window,
            maintenance_window=settings.maintenance_window,
            copy_tags_to_snapshot=True,
            delete_automated_backups=False,
            deletion_protection=not settings.deletable,
            skip_final_snapshot=False,
            # The parameter group's name is unique, so that of the last snapshot never collides with an older one.
            final_snapshot_identifier="${aws_db_parameter_group.main.name}-final",
            snapshot_identifier=settings.restore_from_snapshot,
            auto_minor_version_upgrade=settings.auto_minor_version_upgrade,
            allow_major_version_upgrade=settings.allow_major_version_upgrade,
            apply_immediately=settings.apply_immediately,
            enabled_cloudwatch_logs_exports=list(settings.log_exports) or None,
            performance_insights_enabled=settings.performance_insights,
            performance_insights_retention_period=(
                settings.performance_insights_days if settings.performance_insights else None
            ),
            monitoring_interval=settings.monitoring_interval,
            monitoring_role_arn=monitoring_role_arn,
            depends_on=list(logs) or None,
            lifecycle=TerraformResourceLifecycle(
                # Whatever would replace the instance loses its data: Terraform refuses the plan.
                prevent_destroy=None if settings.deletable else True,
                # An instance that exists would be replaced when the name of its snapshot is added or removed.
                ignore_changes=["snapshot_identifier"],
            ),
            tags={"Name": name("db")},
        )
        if settings.access == "secret":
            SecretsmanagerSecret(
                body,
                "aws_secretsmanager_secret.application",
                # A deleted secret keeps its name for the recovery window; with a prefix each one has another name.
                name_prefix=f"{platform.project}/{platform.environment}/database-",
                description="User and password of the application in the database",
                tags={"Name": name("database")},
            )

        if notified is not None:
            # What no metric shows: a failover, a restart, a failure, storage that runs out, a deletion.
            DbEventSubscription(
                body,
                "aws_db_event_subscription.main",
                name=name("db-events"),
                sns_topic=notified[0],
                source_type="db-instance",
                source_ids=["${aws_db_instance.main.identifier}"],
                event_categories=list(EVENTS),
                tags={"Name": name("db-events")},
            )

        instance_id = "${aws_db_instance.main.identifier}"
        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.database_cpu",
            alarm_name=name("db-high-cpu"),
            alarm_description="This metric monitors CPU utilization of the database",
            namespace="AWS/RDS",
            metric_name="CPUUtilization",
            dimensions={"DBInstanceIdentifier": instance_id},
            statistic="Average",
            period=300,
            evaluation_periods=2,
            comparison_operator="GreaterThanThreshold",
            threshold=settings.cpu_alarm_threshold,
            # An instance that sends nothing does not run.
            treat_missing_data="breaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name("db-cpu-alarm")},
        )
        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.database_connections",
            alarm_name=name("db-many-connections"),
            alarm_description="This metric monitors connections to the database",
            namespace="AWS/RDS",
            metric_name="DatabaseConnections",
            dimensions={"DBInstanceIdentifier": instance_id},
            statistic="Maximum",
            period=60,
            evaluation_periods=5,
            comparison_operator="GreaterThanThreshold",
            threshold=settings.connections_alarm_threshold,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name("db-connections-alarm")},
        )
        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.database_storage",
            alarm_name=name("db-low-storage"),
            alarm_description="This metric monitors free storage of the database",
            namespace="AWS/RDS",
            metric_name="FreeStorageSpace",
            dimensions={"DBInstanceIdentifier": instance_id},
            statistic="Minimum",
            period=300,
            evaluation_periods=2,
            comparison_operator="LessThanThreshold",
            threshold=settings.free_storage_alarm_threshold,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name("db-storage-alarm")},
        )
        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.database_memory",
            alarm_name=name("db-low-memory"),
            alarm_description="This metric monitors free memory of the database",
            namespace="AWS/RDS",
            metric_name="FreeableMemory",
            dimensions={"DBInstanceIdentifier": instance_id},
            statistic="Average",
            period=300,
            evaluation_periods=2,
            comparison_operator="LessThanThreshold",
            threshold=settings.free_memory_alarm_threshold,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name("db-memory-alarm")},
        )
        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.database_read_latency",
            alarm_name=name("db-slow-reads"),
            alarm_description="This metric monitors how long the database reads from its disk",
            namespace="AWS/RDS",
            metric_name="ReadLatency",
            dimensions={"DBInstanceIdentifier": instance_id},
            statistic="Average",
            period=300,
            evaluation_periods=2,
            comparison_operator="GreaterThanThreshold",
            threshold=settings.latency_alarm_threshold,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name("db-read-latency-alarm")},
        )
        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.database_write_latency",
            alarm_name=name("db-slow-writes"),
            alarm_description="This metric monitors how long the database writes to its disk",
            namespace="AWS/RDS",
            metric_name="WriteLatency",
            dimensions={"DBInstanceIdentifier": instance_id},
            statistic="Average",
            period=300,
            evaluation_periods=2,
            comparison_operator="GreaterThanThreshold",
            threshold=settings.latency_alarm_threshold,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name("db-write-latency-alarm")},
        )

        self.database_id = self.output("database_id", instance_id, "Identifier of the database")
        self.database_host = self.output(
            "database_host", "${aws_db_instance.main.address}", "Host name of the database"
        )
        self.database_master_secret_arn: str = self.output(
            "database_master_secret_arn",
            "${aws_db_instance.main.master_user_secret[0].secret_arn}",
            "ARN of the secret with the master password, which RDS rotates",
        )
        self.database_secret_arn: str | None = None
        self.database_user_arn: str | None = None
        if settings.access == "secret":
            self.database_secret_arn = self.output(
                "database_secret_arn",
                "${aws_secretsmanager_secret.application.arn}",
                "ARN of the secret with user and password of the application; its value is set outside Terraform",
            )
        else:
            # The resource ID is unique, so the account needs no name.
            self.database_user_arn = self.output(
                "database_user_arn",
                f"arn:aws:rds-db:{platform.region}:*:dbuser:"
                f"${{aws_db_instance.main.resource_id}}/{settings.application_user}",
                "ARN of the application's user in the database, for rds-db:connect",
            )
        self.for_tasks = Database(
            prefix=settings.variable_prefix,
            host=self.database_host,
            port=POSTGRESQL_PORT,
            name=settings.database_name,
            user=settings.application_user,
            secret_arn=self.database_secret_arn,
            master_secret_arn=self.database_master_secret_arn if settings.migration_command else None,
            migration_command=settings.migration_command,
        )
