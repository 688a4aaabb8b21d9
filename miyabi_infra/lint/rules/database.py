"""The database: what it is called, and what is said to PostgreSQL."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from miyabi_infra.lint.environment import Environment
from miyabi_infra.lint.rule import Concern, rule
from miyabi_infra.stacks.platform import mappings, number
from modules.postgresql_parameters import OF_MODULES


@rule("warning")
def database_of_administrators(here: Environment) -> Iterator[Concern]:
    """Tools of administrators connect to `postgres`: what they leave or clean up is among the application's tables."""
    for database in here.stack.of_type("aws_db_instance"):
        if database.get("db_name") == "postgres":
            yield Concern(
                ("rds", "database_name"),
                "the application's tables are in postgres, which RDS makes in every case",
                "a name of its own, before the database is created: another one replaces it",
            )


@rule("warning")
def parameter_that_is_not_known(here: Environment) -> Iterator[Concern]:
    """RDS refuses a parameter that the family of the parameter group does not have, in the middle of an apply."""
    for group in here.stack.of_type("aws_db_parameter_group"):
        for parameter in mappings(group.get("parameter")):
            name = str(parameter.get("name"))
            if "." in name and name not in OF_MODULES:
                near = get_close_matches(name, OF_MODULES, 3)
                yield Concern(
                    ("rds", "parameters", name),
                    f"no parameter {name} of an extension or of RDS is known here",
                    f"{' or '.join(near)}, or a waiver if it exists" if near else "a waiver if it exists",
                )


_GIB: Final = 2**30
_MEMORY: Final = {"micro": 1, "small": 2, "medium": 4, "large": 8}
"""GiB of the sizes of the families t and m; each next size doubles it, and the families r have twice as much (RDS user
guide, "Hardware specifications for DB instance classes")."""
_OF_A_CONNECTION: Final = 9_531_392
"""Bytes of memory for which RDS lets in a connection, up to 5,000 (RDS user guide, "Quotas and constraints for Amazon
RDS", `max_connections`)."""
_CONNECTIONS: Final = 5_000


@rule("warning")
def database_alarm_that_never_changes(here: Environment) -> Iterator[Concern]:
    """An alarm that always rings is switched off, and one that never does tells of nothing."""
    for database in here.stack.of_type("aws_db_instance"):
        memory = memory_of(str(database.get("instance_class")))
        storage = number(database.get("allocated_storage")) * _GIB
        for metric, setting, most in (
            ("FreeStorageSpace", "free_storage_alarm_threshold", storage),
            ("FreeableMemory", "free_memory_alarm_threshold", memory),
        ):
            alarm = here.platform.alarm("AWS/RDS", metric)
            if alarm is not None and number(alarm.get("threshold")) >= most:
                text = f"the database has {most:,.0f} bytes in all, so the alarm always rings"
                yield Concern(("rds", setting), text, f"{setting} below that, or a larger database")
        alarm, most = (
            here.platform.alarm("AWS/RDS", "DatabaseConnections"),
            min(memory // _OF_A_CONNECTION, _CONNECTIONS),
        )
        if alarm is not None and number(alarm.get("threshold")) >= most:
            text = f"the database lets in about {most:,.0f} connections, so the alarm never rings"
            yield Concern(("rds", "connections_alarm_threshold"), text, "connections_alarm_threshold below that")


def memory_of(instance_class: str) -> float:
    """Bytes of a class, such as db.r7g.2xlarge."""
    _, family, size = instance_class.split(".")
    times = int(size.removesuffix("xlarge") or 1) * 2 if size.endswith("xlarge") else 1
    return _MEMORY.get(size, _MEMORY["large"]) * times * (2 if family.startswith("r") else 1) * _GIB
