"""RDS, as far as moto lacks it: parameters with their source, Performance Insights, and what a database needs.

As in the other additions nothing is accepted that is not stored, and nothing is answered that was not stored.
"""

import functools
import secrets
from collections.abc import Callable
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.rds.exceptions import DBParameterGroupNotFoundError
from moto.rds.models import RDSBackend
from moto.rds.responses import RDSResponse

Moto = Any
"""A model of moto's, whose own types say too little."""

FORGOTTEN: Final = {
    "EnablePerformanceInsights": "performance_insights_enabled",
    "PerformanceInsightsRetentionPeriod": "performance_insights_retention_period",
}
"""Parameters that moto takes and does not store, and the attribute that its answer reads."""


def install() -> None:
    """Put the additions into moto. Once in a process."""
    RDSResponse.describe_db_parameters = describe_db_parameters
    setattr(RDSResponse, "reset_db_parameter_group", reset_db_parameter_group)  # noqa: B010  # moto lacks it
    setattr(RDSResponse, "modify_event_subscription", modify_event_subscription)  # noqa: B010  # moto lacks it
    setattr(RDSBackend, "modify_db_subnet_group", modify_db_subnet_group)  # noqa: B010  # moto's takes it away
    for name in ("restore_db_instance_from_db_snapshot", "restore_db_instance_to_point_in_time"):
        setattr(RDSBackend, name, _with_an_id_of_its_own(getattr(RDSBackend, name)))
    for name in ("create_db_instance", "modify_db_instance"):
        setattr(RDSResponse, name, _with_insights(getattr(RDSResponse, name)))


def describe_db_parameters(self: RDSResponse) -> ActionResult:
    """The parameters that were set, each with its source, by which the provider selects them."""
    held: list[dict[str, Any]] = list(_parameters(self).values())
    return ActionResult({"Parameters": [{**each, "Source": "user"} for each in held]})


def reset_db_parameter_group(self: RDSResponse) -> ActionResult:
    """Give parameters their defaults again, all or those that are named."""
    held = _parameters(self)
    named = [each["ParameterName"] for each in self.params.get("Parameters", [])]
    for name in list(held) if self.params.get("ResetAllParameters") else named:
        held.pop(name, None)
    return ActionResult({"DBParameterGroupName": self.params.get("DBParameterGroupName")})


def modify_event_subscription(self: RDSResponse) -> ActionResult:
    """Change what of a subscription is named."""
    held: Moto = next(iter(self.backend.describe_event_subscriptions(self.params.get("SubscriptionName"))))
    for name, attribute in (
        ("SnsTopicArn", "sns_topic_arn"),
        ("SourceType", "source_type"),
        ("EventCategories", "event_categories"),
        ("Enabled", "enabled"),
    ):
        if name in self.params:
            setattr(held, attribute, self.params[name])
    answer: dict[str, Moto] = {"EventSubscription": held}
    return ActionResult(answer)


def _parameters(self: RDSResponse) -> dict[str, Any]:
    name = self.params.get("DBParameterGroupName")
    groups: Moto = self.backend.describe_db_parameter_groups({"db_parameter_group_name": name})
    if not groups:
        raise DBParameterGroupNotFoundError(name)
    return groups[0].parameters


def modify_db_subnet_group(self: RDSBackend, name: str, description: str | None, subnets: list[Moto]) -> Moto:
    """Change a group in place: moto's takes it away."""
    group: Moto = self.subnet_groups[name]
    group.subnets = subnets
    group.description = description or group.description
    return group


def _with_an_id_of_its_own(call: Callable[..., Moto]) -> Callable[..., Moto]:
    """A restored instance has an ID of its own, and is nobody's replica; moto takes over both from the original."""

    @functools.wraps(call)
    def restored(self: RDSBackend, *arguments: object, **others: object) -> Moto:
        database: Moto = call(self, *arguments, **others)
        database.dbi_resource_id = f"db-{secrets.token_hex(13).upper()}"
        database.source_db_instance_identifier = None
        return database

    return restored


def _with_insights(call: Callable[[RDSResponse], ActionResult]) -> Callable[[RDSResponse], ActionResult]:
    @functools.wraps(call)
    def done(self: RDSResponse) -> ActionResult:
        name = str(self.params.get("DBInstanceIdentifier"))
        asked = {attribute: self.params.get(each) for each, attribute in FORGOTTEN.items()}
        held: Moto = self.backend.databases.get(name)
        if held is not None and held.manage_master_user_password and self.params.get("ManageMasterUserPassword"):
            self.params.pop("ManageMasterUserPassword")  # it is managed already; moto would make another secret
        answer = call(self)
        database: Moto = self.backend.databases.get(name)
        for attribute, value in asked.items():
            if database is not None and value is not None:
                setattr(database, attribute, value)
        return answer

    return done
