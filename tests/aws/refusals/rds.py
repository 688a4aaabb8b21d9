"""RDS: instances of PostgreSQL, their parameter groups and subnet groups."""

import re
from typing import Any, Final

from tests.aws.refusals import Ask, nothing_more, refusal
from tests.aws.refusals._holders import group, subnet

API: Final = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_{}.html"
GUIDE: Final = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/{}.html"
PROVIDER: Final = "https://github.com/hashicorp/terraform-provider-aws/issues/{}"

INSTANCE: Final = ("CreateDBInstance", "ModifyDBInstance")
MADE_BY: Final = ("CreateDBInstance", "RestoreDBInstanceFromDBSnapshot")
PARAMETERS: Final = ("ModifyDBParameterGroup", "ResetDBParameterGroup")
STATIC: Final = frozenset(
    {"max_connections", "max_wal_senders", "shared_buffers", "shared_preload_libraries", "track_activity_query_size"}
)
RESERVED: Final = frozenset({"admin", "public", "rdsadmin", "root", "superuser", "user"})
WORDS: Final = frozenset({"group", "order", "rdsadmin", "select", "table", "template0", "template1", "user", "where"})
"""Some of the words that PostgreSQL reserves, and the databases that every instance has."""
IDENTIFIER: Final = re.compile(r"[a-z](?!.*--)[a-z0-9-]{0,62}(?<!-)", re.IGNORECASE)
CLASSES: Final = re.compile(r"db\.(?:t3|t4g|m5|m6g|m6i|m7g|m7i|m8g|r5|r6g|r6i|r7g|r7i|r8g|x2g)\.[a-z0-9]+")
AUTHORITIES: Final = frozenset({"rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"})
EXPORTS: Final = frozenset({"postgresql", "upgrade", "iam-db-auth-error"})
SMALLEST_GP3: Final = 400
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY: Final = 24 * 60

CATEGORIES: Final = frozenset(
    {"availability", "backtrack", "backup", "configuration change", "creation", "deletion", "failover", "failure"}
    | {"low storage", "maintenance", "notification", "read replica", "recovery", "restoration", "security"}
    | {"security patching"}
)
SUBSCRIBED: Final = ("CreateEventSubscription", "ModifyEventSubscription")

# ---- instances -------------------------------------------------------------------------------------------------------


@refusal("rds", *MADE_BY, code="DBInstanceAlreadyExists", source=API.format("CreateDBInstance"))
def database_that_exists(ask: Ask) -> str | None:
    """The region has an instance of the identifier."""
    return "DB instance already exists" if _database(ask) is not None else None


@refusal("rds", "CreateDBInstance", code="InvalidParameterValue", source=API.format("CreateDBInstance"))
def identifier_of_a_database(ask: Ask) -> str | None:
    """The identifier is not a letter and up to 62 letters, digits and single hyphens, the last of them no hyphen."""
    if IDENTIFIER.fullmatch(str(ask.get("DBInstanceIdentifier"))):
        return None
    return "The parameter DBInstanceIdentifier is not a valid identifier."


@refusal("rds", *INSTANCE, code="InvalidParameterValue", source=GUIDE.format("Concepts.DBInstanceClass.Types"))
def class_that_does_not_exist(ask: Ask) -> str | None:
    """The instance class does not exist, or its family is none of the current ones."""
    found = ask.get("DBInstanceClass")
    return None if found is None or CLASSES.fullmatch(found) else f"Invalid DB Instance class: {found}"


@refusal("rds", "CreateDBInstance", code="InvalidParameterValue", source=API.format("CreateDBInstance"))
def reserved_master_user(ask: Ask) -> str | None:
    """The master user has a reserved name, or one that is not a letter and up to 62 letters, digits and _."""
    name = str(ask.get("MasterUsername"))
    if name.lower() in RESERVED or name.lower().startswith(("pg_", "rds_")):
        return f"MasterUsername {name} cannot be used as it is a reserved word used by the engine"
    return None if re.fullmatch(r"[A-Za-z]\w{0,62}", name) else "The parameter MasterUsername is not valid."


@refusal("rds", "CreateDBInstance", code="InvalidParameterValue", source=API.format("CreateDBInstance"))
def name_of_a_database(ask: Ask) -> str | None:
    """The name of the database is reserved, begins with no letter, or has other signs than letters, digits and _."""
    name = ask.get("DBName")
    if name is None or (re.fullmatch(r"[A-Za-z]\w{0,62}", name) and name.lower() not in WORDS):
        return None
    return f"DBName {name} cannot be used: it is reserved, or no letter with letters, digits and underscores."


@refusal("rds", *INSTANCE, code="InvalidParameterCombination", source=API.format("CreateDBInstance"))
def limit_below_the_storage(ask: Ask) -> str | None:
    """The limit of the storage is below the storage: autoscaling would have no room."""
    limit = ask.get("MaxAllocatedStorage")
    storage = ask.get("AllocatedStorage") or getattr(_database(ask), "allocated_storage", 0)
    if limit is None or int(limit) >= int(storage):
        return None
    return "Max storage size must be greater than storage size"


@refusal("rds", "ModifyDBInstance", code="InvalidParameterValue", source=API.format("ModifyDBInstance"))
def storage_that_shrinks(ask: Ask) -> str | None:
    """The storage becomes smaller."""
    held, wanted = _database(ask), ask.get("AllocatedStorage")
    if held is None or wanted is None or int(wanted) >= int(held.allocated_storage):
        return None
    return "Invalid storage size for engine name postgres and storage type gp3: storage cannot be reduced"


@refusal("rds", *INSTANCE, code="InvalidParameterCombination", source=GUIDE.format("CHAP_Storage"))
def iops_of_a_small_gp3(ask: Ask) -> str | None:
    """IOPS or throughput of gp3 are given, and PostgreSQL's storage is smaller than 400 GiB."""
    storage = ask.get("AllocatedStorage") or getattr(_database(ask), "allocated_storage", 0)
    asked = ask.get("Iops") or ask.get("StorageThroughput")
    if not asked or ask.get("StorageType") != "gp3" or int(storage) >= SMALLEST_GP3:
        return None
    return "You can't specify IOPS or storage throughput for engine postgres and a storage size less than 400."


@refusal("rds", *INSTANCE, code="InvalidParameterCombination", source=API.format("CreateDBInstance"))
def password_beside_a_managed_one(ask: Ask) -> str | None:
    """A master password together with one that RDS manages."""
    if not (ask.get("MasterUserPassword") and ask.get("ManageMasterUserPassword")):
        return None
    return "You can't specify MasterUserPassword when you specify ManageMasterUserPassword."


@refusal("rds", *INSTANCE, code="InvalidParameterCombination", source=API.format("CreateDBInstance"))
def monitoring_without_a_role(ask: Ask) -> str | None:
    """Enhanced monitoring without the role with which RDS writes it."""
    held = _database(ask)
    role = ask.get("MonitoringRoleArn") or getattr(held, "monitoring_role_arn", None)
    if not ask.get("MonitoringInterval") or role:
        return None
    return "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0."


@refusal("rds", *INSTANCE, code="InvalidParameterValue", source=API.format("CreateDBInstance"))
def interval_of_monitoring(ask: Ask) -> str | None:
    """The interval of enhanced monitoring is not 0, 1, 5, 10, 15, 30 or 60 seconds."""
    interval = ask.get("MonitoringInterval")
    allowed = interval is None or int(interval) in {0, 1, 5, 10, 15, 30, 60}
    return None if allowed else f"{interval} is not a valid monitoring interval."


@refusal("rds", *INSTANCE, code="InvalidParameterValue", source=API.format("CreateDBInstance"))
def backups_for_too_long(ask: Ask) -> str | None:
    """Backups are kept for more than 35 days."""
    days = ask.get("BackupRetentionPeriod")
    most = 35
    return f"Invalid backup retention period: {days}" if days is not None and int(days) > most else None


@refusal("rds", *INSTANCE, code="InvalidParameterValue", source=API.format("CreateDBInstance"))
def windows_of_a_database_overlap(ask: Ask) -> str | None:
    """The backup window overlaps the maintenance window."""
    held = _database(ask)
    daily = ask.get("PreferredBackupWindow") or getattr(held, "preferred_backup_window", None)
    weekly = ask.get("PreferredMaintenanceWindow") or getattr(held, "preferred_maintenance_window", None)
    if not daily or not weekly or not _overlap(str(daily), str(weekly).lower()):
        return None
    return "The backup window and maintenance window must not overlap."


@refusal("rds", *INSTANCE, code="InvalidParameterValue", source=API.format("CreateDBInstance"))
def window_shorter_than_half_an_hour(ask: Ask) -> str | None:
    """The backup window or the maintenance window has fewer than 30 minutes."""
    shortest = 30
    for name, lap in (("PreferredBackupWindow", DAY), ("PreferredMaintenanceWindow", 7 * DAY)):
        window = str(ask.get(name) or "").lower()
        days = [DAYS.index(each[:3]) * DAY if each[:3] in DAYS else 0 for each in window.split("-")]
        times = [day + _minutes(each[-5:]) for day, each in zip(days, window.split("-"), strict=True) if each]
        if times and (times[1] - times[0]) % lap < shortest:
            return f"The {name} must be at least {shortest} minutes."
    return None


@refusal("rds", *INSTANCE, code="InvalidParameterCombination", source=API.format("CreateDBInstance"))
def log_export_of_another_engine(ask: Ask) -> str | None:
    """A log is exported that PostgreSQL does not have."""
    configured: dict[str, list[str]] = ask.get("CloudwatchLogsExportConfiguration") or {}
    asked: list[str] = [*ask.all("EnableCloudwatchLogsExports"), *(configured.get("EnableLogTypes") or ())]
    unknown = [each for each in asked if each not in EXPORTS]
    if not unknown:
        return None
    return f"You cannot use the log types '{', '.join(unknown)}' with engine version postgres."


@refusal("rds", *INSTANCE, code="CertificateNotFound", source=API.format("CreateDBInstance"))
def authority_that_does_not_exist(ask: Ask) -> str | None:
    """There is no certificate authority of the identifier."""
    found = ask.get("CACertificateIdentifier")
    return None if found is None or found in AUTHORITIES else f"Certificate not found: {found}"


@refusal("rds", *INSTANCE, code="InvalidParameterCombination", source=GUIDE.format("USER_WorkingWithParamGroups"))
def parameter_group_of_another_version(ask: Ask) -> str | None:
    """The family of the parameter group is not that of the engine's version."""
    held = _database(ask)
    version = str(ask.get("EngineVersion") or getattr(held, "engine_version", ""))
    found = ask.backend("rds").db_parameter_groups.get(str(ask.get("DBParameterGroupName")))
    family = f"postgres{version.partition('.')[0]}"
    if found is None or not version or found.family == family:
        return None
    return (
        f"The parameter group {found.name} with DBParameterGroupFamily {found.family} can't be used for this instance."
    )


@refusal("rds", *INSTANCE, code="DBParameterGroupNotFound", source=API.format("CreateDBInstance"))
def parameter_group_of_a_database_that_does_not_exist(ask: Ask) -> str | None:
    """There is no parameter group of the name; AWS's own begin with `default.`."""
    name = ask.get("DBParameterGroupName")
    if name is None or name.startswith("default.") or name in ask.backend("rds").db_parameter_groups:
        return None
    return f"DBParameterGroup not found: {name}"


@refusal("rds", *INSTANCE, code="DBSubnetGroupNotFoundFault", source=API.format("CreateDBInstance"))
def subnet_group_of_a_database_that_does_not_exist(ask: Ask) -> str | None:
    """There is no subnet group of the name."""
    name = ask.get("DBSubnetGroupName")
    missing = name is not None and name not in ask.backend("rds").subnet_groups
    return f"DB subnet group '{name}' does not exist." if missing else None


@refusal("rds", *INSTANCE, code="InvalidVPCNetworkStateFault", source=API.format("CreateDBInstance"))
def security_group_of_another_network(ask: Ask) -> str | None:
    """A security group does not exist, or is of another VPC than the subnet group."""
    name = ask.get("DBSubnetGroupName")
    held = ask.backend("rds").subnet_groups.get(name) if name else None
    for each in ask.all("VpcSecurityGroupIds"):
        found = group(ask, each)
        if found is None or (held is not None and found.vpc_id != held.vpc_id):
            return f"The security group {each} is not in the VPC of the DB instance."
    return None


@refusal(
    "rds",
    "ModifyDBInstance",
    code="InvalidParameterCombination",
    source=GUIDE.format("USER_UpgradeDBInstance.PostgreSQL.MajorVersion"),
)
def major_upgrade_that_is_not_allowed(ask: Ask) -> str | None:
    """The major version changes, and AllowMajorVersionUpgrade is not set."""
    held, version = _database(ask), ask.get("EngineVersion")
    if held is None or version is None or ask.get("AllowMajorVersionUpgrade"):
        return None
    if str(version).partition(".")[0] == str(held.engine_version).partition(".")[0]:
        return None
    return "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."


@refusal("rds", "DeleteDBInstance", code="InvalidParameterCombination", source=API.format("DeleteDBInstance"))
def deletion_without_a_word_about_a_snapshot(ask: Ask) -> str | None:
    """Neither a final snapshot nor that there is none is said, or both."""
    if bool(ask.get("SkipFinalSnapshot")) != bool(ask.get("FinalDBSnapshotIdentifier")):
        return None
    return "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."


@refusal("rds", "RebootDBInstance", code="InvalidParameterCombination", source=API.format("RebootDBInstance"))
def failover_without_a_standby(ask: Ask) -> str | None:
    """Only a database with a standby in another zone can fail over."""
    held = _database(ask)
    if not ask.get("ForceFailover") or held is None or held.multi_az:
        return None
    return "ForceFailover cannot be specified since the instance is not configured for MultiAZ."


@refusal("rds", "DeleteDBInstance", code="DBSnapshotAlreadyExists", source=API.format("DeleteDBInstance"))
def final_snapshot_that_exists(ask: Ask) -> str | None:
    """There is a snapshot of the name already."""
    name = ask.get("FinalDBSnapshotIdentifier")
    exists = name is not None and name in ask.backend("rds").database_snapshots
    return (
        f"Cannot create the snapshot because a snapshot with the identifier {name} already exists." if exists else None
    )


@refusal("rds", "DeleteDBInstance", code="InvalidParameterCombination", source=API.format("DeleteDBInstance"))
def protected_database(ask: Ask) -> str | None:
    """Deletion protection is on."""
    held = _database(ask)
    if held is None or not held.deletion_protection:
        return None
    return "Cannot delete protected DB Instance, please disable deletion protection and try again."


# ---- parameter groups and subnet groups ------------------------------------------------------------------------------


@refusal(
    "rds", "CreateDBParameterGroup", code="DBParameterGroupAlreadyExists", source=API.format("CreateDBParameterGroup")
)
def parameter_group_of_a_database_that_exists(ask: Ask) -> str | None:
    """The region has a parameter group of the name."""
    name = ask.get("DBParameterGroupName")
    return f"Parameter group {name} already exists" if name in ask.backend("rds").db_parameter_groups else None


@refusal(
    "rds",
    *PARAMETERS,
    code="InvalidParameterCombination",
    source="https://github.com/terraform-aws-modules/terraform-aws-rds/issues/582",
)
def static_parameter_at_once(ask: Ask) -> str | None:
    """A static parameter with the apply method `immediate`."""
    for each in ask.all("Parameters"):
        if each.get("ApplyMethod") == "immediate" and each.get("ParameterName") in STATIC:
            return "cannot use immediate apply method for static parameter"
    return None


@refusal(
    "rds", "DeleteDBParameterGroup", code="InvalidDBParameterGroupState", source=API.format("DeleteDBParameterGroup")
)
def parameter_group_that_a_database_uses(ask: Ask) -> str | None:
    """An instance uses the parameter group."""
    name = ask.get("DBParameterGroupName")
    used = any(each.db_parameter_group_name == name for each in ask.backend("rds").databases.values())
    return "One or more database instances are still members of this parameter group." if used else None


@refusal(
    "rds",
    "CreateDBSubnetGroup",
    "ModifyDBSubnetGroup",
    code="DBSubnetGroupDoesNotCoverEnoughAZs",
    source=API.format("CreateDBSubnetGroup"),
)
def database_in_subnets_of_one_zone(ask: Ask) -> str | None:
    """The subnets are in fewer than two zones."""
    found = [subnet(ask, each) for each in ask.all("SubnetIds")]
    zones = {each.availability_zone for each in found if each is not None}
    least = 2
    if len(zones) >= least:
        return None
    return f"DB Subnet Group doesn't meet availability zone coverage requirement: {least} zones."


@refusal("rds", "CreateDBSubnetGroup", code="DBSubnetGroupAlreadyExists", source=API.format("CreateDBSubnetGroup"))
def subnet_group_of_a_database_that_exists(ask: Ask) -> str | None:
    """The region has a subnet group of the name."""
    name = str(ask.get("DBSubnetGroupName")).lower()
    return f"The DB subnet group '{name}' already exists." if name in ask.backend("rds").subnet_groups else None


@refusal("rds", "DeleteDBSubnetGroup", code="InvalidDBSubnetGroupStateFault", source=API.format("DeleteDBSubnetGroup"))
def subnet_group_that_a_database_uses(ask: Ask) -> str | None:
    """An instance uses the subnet group."""
    name = ask.get("DBSubnetGroupName")
    used = any(
        each.db_subnet_group is not None and each.db_subnet_group.name == name
        for each in ask.backend("rds").databases.values()
    )
    return (
        f"Cannot delete the subnet group '{name}' because at least one database instance is using it." if used else None
    )


def _database(ask: Ask) -> Any:  # noqa: ANN401  # moto's own
    return ask.backend("rds").databases.get(str(ask.get("DBInstanceIdentifier")))


def _overlap(daily: str, weekly: str) -> bool:
    begin, end = daily.split("-")
    start, length = _minutes(begin), (_minutes(end) - _minutes(begin)) % DAY
    first, last = (DAYS.index(each[:3]) * DAY + _minutes(each[4:]) for each in weekly.split("-"))
    week = 7 * DAY
    lasts = (last - first) % week
    return any(
        (start + day * DAY - first) % week < lasts or (first - start - day * DAY) % week < length for day in range(7)
    )


def _minutes(time: str) -> int:
    hours, _, minutes = time.partition(":")
    return int(hours) * 60 + int(minutes)


# ---- events ----------------------------------------------------------------------------------------------------------


@refusal("rds", *SUBSCRIBED, code="SNSTopicArnNotFound", source=API.format("CreateEventSubscription"))
def topic_that_is_missing(ask: Ask) -> str | None:
    """The topic that is to be told does not exist."""
    arn = ask.get("SnsTopicArn")
    return None if arn is None or arn in ask.backend("sns").topics else "The SNS topic ARN does not exist."


@refusal(
    "rds",
    *SUBSCRIBED,
    code="SNSNoAuthorization",
    source=f"{API.format('CreateEventSubscription')} {GUIDE.format('USER_Events.GrantingPermissions')}",
)
def topic_that_lets_no_events_in(ask: Ask) -> str | None:
    """The topic's policy lets neither RDS publish nor, as the policy of a new topic, everything of the account."""
    topic = ask.backend("sns").topics.get(ask.get("SnsTopicArn"))
    policy = str(topic.policy) if topic is not None else "AWS:SourceOwner"
    if "events.rds.amazonaws.com" in policy or "SourceOwner" in policy:
        return None
    return "You do not have permission to publish to the SNS topic ARN."


@refusal("rds", "CreateEventSubscription", code="SourceNotFound", source=API.format("CreateEventSubscription"))
def source_of_events_that_is_missing(ask: Ask) -> str | None:
    """An instance whose events are asked for does not exist."""
    known = ask.backend("rds").databases
    missing = [each for each in ask.all("SourceIds") if each not in known and ask.get("SourceType") == "db-instance"]
    return f"Could not find source: {missing[0]}" if missing else None


@refusal(
    "rds",
    *SUBSCRIBED,
    code="SubscriptionCategoryNotFound",
    source=f"{API.format('CreateEventSubscription')} {GUIDE.format('USER_Events.Messages')}",
)
def category_of_events_that_does_not_exist(ask: Ask) -> str | None:
    """Instances have no events of a category."""
    unknown = [each for each in ask.all("EventCategories") if each not in CATEGORIES]
    return f"The supplied category does not exist: {unknown[0]}" if unknown else None


nothing_more(
    "rds",
    CreateDBSnapshot="moto refuses a name that exists",
    DeleteDBSnapshot="moto refuses one that is not there",
    DeleteEventSubscription="moto refuses one that is not there",
    AddTagsToResource="nothing beyond the model",
    RemoveTagsFromResource="AWS accepts keys that are not there",
)
