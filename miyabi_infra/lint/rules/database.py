"""The database: what it is called, and what is said to PostgreSQL."""

from collections.abc import Iterator
from difflib import get_close_matches

from miyabi_infra.lint.environment import Environment
from miyabi_infra.lint.rule import Concern, rule
from miyabi_infra.stacks.platform import mappings
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
