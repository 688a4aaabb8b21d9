"""Losses: what an environment survives, and what it keeps."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.lint.environment import Environment
from miyabi_infra.lint.rule import Concern, rule
from miyabi_infra.stacks.platform import number, text
from miyabi_infra.text import count

_WEEK: Final = 7


@rule("warning")
def single_nat_for_several_zones(here: Environment) -> Iterator[Concern]:
    """When the NAT gateway's zone fails, tasks in the other zones cannot pull images, write logs or read secrets."""
    gateways = len(here.stack.of_type("aws_nat_gateway"))
    if 0 < gateways < here.zones:
        yield Concern(
            ("networking", "single_nat_gateway"),
            f"{count(gateways, 'NAT gateway')} for {here.zones} zones",
            "single_nat_gateway: false",
            "error" if here.highly_available else None,
        )


@rule("error")
def cache_without_failover(here: Environment) -> Iterator[Concern]:
    """An environment that is marked highly available loses its cache with one node."""
    if not here.highly_available:
        return
    alone = [each for each in here.stack.of_type("aws_elasticache_cluster") if not each.get("replication_group_id")]
    groups = here.stack.of_type("aws_elasticache_replication_group")
    alone += [each for each in groups if each.get("automatic_failover_enabled") is not True]
    for cache in alone:
        yield Concern(
            ("highly_available",),
            f"{cache.address} is one node without failover",
            "highly_available: false, or a replication group in place of the node",
        )


@rule("warning")
def cache_without_snapshots(here: Environment) -> Iterator[Concern]:
    """When the node is lost or replaced, its data is lost."""
    for cache in here.stack.of_type("aws_elasticache_cluster", "aws_elasticache_replication_group"):
        if not cache.get("snapshot_retention_limit"):
            yield Concern(
                ("elasticache", "snapshot_retention_limit"), "no snapshot is taken", "snapshot_retention_limit: 1"
            )


@rule("warning")
def cache_without_tls(here: Environment) -> Iterator[Concern]:
    """Whoever is in the VPC reads sessions and other data on the way between the tasks and the cache."""
    for cache in here.platform.caches if here.highly_available else ():
        if cache.get("transit_encryption_enabled") is not True:
            yield Concern(
                ("elasticache", "transit_encryption_enabled"),
                f"{cache.address} is reached without TLS, in an environment that is marked highly available",
                "transit_encryption_enabled: true, in the steps of the guide where the cache exists",
            )
        elif cache.get("transit_encryption_mode") == "preferred":
            yield Concern(
                ("elasticache", "transit_encryption_mode"),
                f"{cache.address} takes connections without TLS, too",
                "transit_encryption_mode: required, once all clients use TLS",
            )


@rule("warning")
def change_at_once(here: Environment) -> Iterator[Concern]:
    """A changed parameter restarts the cache under load instead of in its maintenance window."""
    for cache in here.stack.of_type("aws_elasticache_cluster", "aws_elasticache_replication_group"):
        if here.highly_available and cache.get("apply_immediately") is True:
            yield Concern(
                ("elasticache", "apply_immediately"),
                "changes of the cache take effect at once, in an environment that is marked highly available",
                "apply_immediately: false",
            )


@rule("warning")
def database_in_one_zone(here: Environment) -> Iterator[Concern]:
    """When the instance or its zone fails, the database is away until AWS has replaced it."""
    for database in here.stack.of_type("aws_db_instance"):
        if here.highly_available and database.get("multi_az") is not True:
            yield Concern(
                ("rds", "multi_az"), f"{database.address} has no standby in another zone", "multi_az: true", "error"
            )


@rule("warning")
def database_without_backups(here: Environment) -> Iterator[Concern]:
    """What is deleted by mistake, or lost with the instance, cannot be restored."""
    for database in here.stack.of_type("aws_db_instance"):
        days = number(database.get("backup_retention_period"))
        if days == 0 or (here.highly_available and days < _WEEK):
            yield Concern(
                ("rds", "backup_retention_days"),
                f"backups are kept for {count(days, 'day')}",
                "backup_retention_days: 7, or more",
                "error" if here.highly_available else None,
            )


@rule("warning")
def unprotected_database(here: Environment) -> Iterator[Concern]:
    """One wrong change replaces the database, and its data is in the final snapshot only."""
    for database in here.stack.of_type("aws_db_instance"):
        if database.get("deletion_protection") is not True:
            yield Concern(
                ("rds", "deletable"),
                "Terraform may delete or replace the database",
                "deletable: false",
                "error" if here.highly_available else None,
            )


_STANDARD_SUPPORT_ENDS: Final = {"13": "2026-02-28", "14": "2027-02-28"}
"""End of RDS's standard support of the oldest major versions (RDS user guide, "Release calendars for Amazon RDS for
PostgreSQL")."""


@rule("warning")
def database_version_that_ends(here: Environment) -> Iterator[Concern]:
    """After the end of standard support AWS bills extended support, by vCPU and hour."""
    for database in here.stack.of_type("aws_db_instance"):
        version = str(database.get("engine_version"))
        ends = _STANDARD_SUPPORT_ENDS.get(version.partition(".")[0])
        if ends is not None:
            yield Concern(
                ("rds", "engine_version"),
                f"standard support of PostgreSQL {version} ends on {ends}",
                "a newer engine_version, with allow_major_version_upgrade for the upgrade",
            )


@rule("warning")
def deletion_protection_off(here: Environment) -> Iterator[Concern]:
    """One wrong destroy deletes the load balancer and its DNS name."""
    kept = max((number(each.get("snapshot_retention_limit")) for each in here.platform.caches), default=0)
    for balancer in here.stack.of_type("aws_lb"):
        if balancer.get("enable_deletion_protection") is not True and (here.highly_available or kept >= _WEEK):
            reason = "the environment is marked highly available" if here.highly_available else count(kept, "snapshot")
            yield Concern(
                ("alb", "enable_deletion_protection"),
                f"the load balancer can be deleted by accident ({reason})",
                "enable_deletion_protection: true",
            )


@rule("warning")
def local_state(here: Environment) -> Iterator[Concern]:
    """Nobody else can plan or apply, and the state is lost with this checkout."""
    if "local" in here.stack.backend:
        fix = "state: {backend: s3, bucket: …}"
        role = f"-github-apply-{here.stack.environment}"
        roles = here.shared.of_type("aws_iam_role") if here.shared is not None else ()
        if any(text(each.get("name")).endswith(role) for each in roles):
            told = "the state is a local file, which the pipeline (pipeline.environments) loses when a run ends"
            yield Concern(("state", "backend"), told, fix, "error")
        else:
            yield Concern(("state", "backend"), "the state is a local file", fix)


@rule("info")
def any_account(here: Environment) -> Iterator[Concern]:
    """With credentials of the wrong account, an apply creates everything there."""
    if not here.stack.provider.get("allowed_account_ids"):
        yield Concern(("account_id",), "Terraform uses any account that the credentials belong to", 'account_id: "…"')
