"""What exists in AWS compared with what was generated, resource by resource, without Terraform's state.

The state is what Terraform remembers. This asks AWS itself, and so also finds what the state cannot know: a rule that
somebody opened by hand, a second listener, a policy attached to a role.

What could not be read or compared is a result of its own. Only when everything that was generated was found and
compared, and nothing differs, the environment is as generated.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Final, Literal

from miyabi_infra.aws.account import account_of
from miyabi_infra.aws.client import UNEXPECTED, Aws, Kind, Trouble, not_understood, together
from miyabi_infra.aws.readers import READERS
from miyabi_infra.aws.world import Compared, Extra, Unresolved, World, tag_mapping
from miyabi_infra.progress import step
from miyabi_infra.stacks import Reference, Resource, Stack, Template, Value

UNKNOWN: Final = 3
"""Exit code when no difference is known, but not everything could be determined."""
IMAGE: Final = ".image"
"""End of the argument that is given when Terraform runs: the container's image."""

State = Literal["same", "different", "missing", "unreadable", "unknown"]
"""`unreadable`: AWS gave no answer, or none to all questions. `unknown`: a type or an argument without a reader."""


@dataclass(frozen=True)
class Verified:
    """A resource compared with what exists."""

    resource: Resource
    state: State
    different: tuple[Compared, ...] = ()
    extras: tuple[Extra, ...] = ()
    left: tuple[Compared, ...] = ()
    """Differences that are allowed: something else manages the argument, or it is given when Terraform runs."""
    compared: int = 0
    """How many arguments were compared."""
    not_compared: tuple[str, ...] = ()
    """Arguments that were generated and not compared."""
    troubles: tuple[Trouble, ...] = ()

    @property
    def trouble(self) -> Trouble | None:
        """The first question that AWS did not answer."""
        return next(iter(self.troubles), None)

    @property
    def unread(self) -> tuple[str, ...]:
        """Arguments that were not compared although AWS tells them: the reader does not know them."""
        return tuple(each for each in self.not_compared if f"{self.resource.type}.{each}" not in NOT_TOLD)

    @property
    def determined(self) -> bool:
        """Whether everything that was generated is known to be the same, different or missing."""
        return self.state == "missing" or not (self.troubles or self.unread or self.state == "unknown")


@dataclass(frozen=True)
class Verification:
    """An environment compared with what exists."""

    stack: Stack
    account: str
    """Account of the credentials; empty when AWS did not say."""
    resources: tuple[Verified, ...]
    extras: tuple[Extra, ...] = ()
    """What belongs to the environment by its name and was not generated."""
    troubles: tuple[Trouble, ...] = ()
    """Questions about the environment as a whole that AWS did not answer."""

    @property
    def differences(self) -> int:
        """How many things are missing, different, or exist in addition."""
        return len(self.extras) + sum(
            (each.state == "missing") + len(each.different) + len(each.extras) for each in self.resources
        )

    @property
    def undetermined(self) -> int:
        """How many resources, and questions about the environment as a whole, have no certain answer."""
        return len(self.troubles) + sum(not each.determined for each in self.resources)

    @property
    def verdict(self) -> Literal["as generated", "different", "unknown"]:
        """`as generated` only when everything was determined and nothing differs."""
        if self.differences:
            return "different"
        return "unknown" if self.undetermined or not self.resources else "as generated"

    @property
    def exit_code(self) -> int:
        """0 as generated, 1 differences, 3 no differences known but not everything was determined."""
        return {"as generated": 0, "different": 1, "unknown": UNKNOWN}[self.verdict]


def verify(stack: Stack, aws: Aws) -> Verification:
    """Compare a stack with the account of the credentials.

    Raises:
        Refused: when the credentials belong to another account than the stack.
    """
    world = World(aws, stack, READERS)
    account = account_of(world)
    if account.trouble is not None and account.trouble.kind is Kind.CREDENTIALS:
        unread = (Verified(each, "unreadable", troubles=(account.trouble,)) for each in stack.resources)
        return Verification(stack, "", tuple(unread))
    done = count(1)

    def verified(resource: Resource) -> Verified:
        found = _verified(resource, world)
        step(f"verify {stack.name}: {next(done)} of {len(stack.resources)} resources compared")
        return found

    resources = together(verified, stack.resources)
    extras, trouble = _alarms_in_addition(stack, world)
    troubles = [each for each in (account.trouble, trouble) if each is not None]
    return Verification(stack, account.number, tuple(resources), tuple(extras), tuple(troubles))


def _verified(resource: Resource, world: World) -> Verified:
    if resource.type not in READERS:
        return Verified(resource, "unknown", not_compared=tuple(resource.arguments))
    try:
        found = world.find(resource.address)
    except Trouble as trouble:
        return Verified(resource, "unreadable", troubles=(trouble,))
    except UNEXPECTED as error:
        return Verified(resource, "unreadable", troubles=(not_understood(error),))
    if found is None:
        return Verified(resource, "missing")
    compared = [check for check in found.checks if not isinstance(check.generated, Unresolved)]
    apart = [check for check in compared if not check.same]
    left = tuple(check for check in apart if _may_differ(check, resource))
    different = tuple(check for check in apart if check not in left)
    looked_at = {re.split(r"[.:\[]", check.argument, maxsplit=1)[0] for check in found.checks}
    not_compared = tuple(name for name in resource.arguments if name not in looked_at and name != "tags")
    verified = Verified(
        resource,
        "different" if different or found.extras else "same",
        different,
        tuple(found.extras),
        left,
        len(compared),
        not_compared,
        tuple(found.troubles),
    )
    if verified.state == "same" and not verified.determined:
        return replace(verified, state="unreadable" if found.troubles else "unknown")
    return verified


NOT_TOLD: Final[Mapping[str, str]] = {
    "aws_acm_certificate_validation.timeouts": "tells Terraform how long to wait",
    "aws_wafv2_web_acl_association.timeouts": "tells Terraform how long to wait",
    "aws_acm_certificate_validation.validation_record_fqdns": "tells Terraform what to wait for",
    "aws_db_instance.allow_major_version_upgrade": "tells Terraform how to change it",
    "aws_db_instance.apply_immediately": "tells Terraform how to change it",
    "aws_db_instance.delete_automated_backups": "tells Terraform how to delete it",
    "aws_db_instance.final_snapshot_identifier": "tells Terraform how to delete it",
    "aws_db_instance.skip_final_snapshot": "tells Terraform how to delete it",
    "aws_db_instance.snapshot_identifier": "tells Terraform how to create it",
    "aws_ecr_repository.force_delete": "tells Terraform how to delete it",
    "aws_elasticache_cluster.apply_immediately": "tells Terraform how to change it",
    "aws_elasticache_cluster.final_snapshot_identifier": "tells Terraform how to delete it",
    "aws_elasticache_replication_group.apply_immediately": "tells Terraform how to change it",
    "aws_elasticache_replication_group.auth_token": "a secret, which AWS does not tell",
    "aws_elasticache_replication_group.auth_token_update_strategy": "tells Terraform how to change it",
    "aws_elasticache_replication_group.final_snapshot_identifier": "tells Terraform how to delete it",
    "aws_elasticache_replication_group.snapshot_name": "tells Terraform how to create it",
    "aws_ecs_task_definition.skip_destroy": "tells Terraform how to delete it",
    "aws_lb.enable_cross_zone_load_balancing": "an application load balancer cannot turn it off",
    "aws_route53_record.allow_overwrite": "tells Terraform how to create it",
    "aws_route53_zone.force_destroy": "tells Terraform how to delete it",
    "aws_secretsmanager_secret.recovery_window_in_days": "tells Terraform how to delete it",
    "aws_secretsmanager_secret_rotation.rotate_immediately": "tells Terraform how to create it",
    "aws_sns_topic_subscription.endpoint_auto_confirms": "tells Terraform how to wait for the confirmation",
    "aws_service_discovery_private_dns_namespace.vpc": "AWS Cloud Map does not tell it",
    "aws_service_discovery_service.force_destroy": "tells Terraform how to delete it",
    "aws_service_discovery_service.health_check_custom_config": "AWS ignores its only argument",
}
"""Arguments that AWS does not tell, or that cannot be otherwise, with the reason: they are named and not compared."""


def _may_differ(check: Compared, resource: Resource) -> bool:
    """Whether something else manages the argument: a pipeline gives another version of the same image, too."""
    if re.split(r"[.\[]", check.argument, maxsplit=1)[0] in resource.ignore_changes:
        return True
    return check.argument.endswith(IMAGE) and _repository(check.generated) == _repository(check.found)


def _repository(image: Any) -> str:  # noqa: ANN401  # JSON
    """The repository of an image: without its tag or digest."""
    name = str(image).partition("@")[0]
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"


# ---- alarms ----------------------------------------------------------------------------------------------------------


def _alarms_in_addition(stack: Stack, world: World) -> tuple[list[Extra], Trouble | None]:
    """Alarms of the environment that were not generated, and the question that AWS did not answer."""
    generated = {str(each.get("alarm_name")) for each in stack.of_type("aws_cloudwatch_metric_alarm")}
    if not generated:
        return [], None
    try:
        alarms = world.items("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=f"{stack.project}-")
        others = [each for each in alarms if each["AlarmName"] not in generated]
        return [Extra(f"alarm {each['AlarmName']}") for each in others if _is_own(each, generated, world)], None
    except Trouble as trouble:
        return [], trouble


def _is_own(alarm: Mapping[str, Any], generated: set[str], world: World) -> bool:
    """Whether an alarm is the environment's: by what it watches, else by its tags, else by its name.

    The name alone does not say it: `miyabi-shop-cpu-high-dev` is of a project `miyabi-shop`, and
    `miyabi-cpu-high-eu-dev` of an environment `eu-dev`.
    """
    project, environment = world.stack.project, world.stack.environment
    dimensions = {str(each["Value"]) for each in alarm.get("Dimensions", ())}
    if dimensions:
        return bool(dimensions & set(_watched(world)))
    arn = alarm.get("AlarmArn")
    tags = tag_mapping(world.ask("cloudwatch", "list_tags_for_resource", ResourceARN=arn)["Tags"]) if arn else {}
    if {"Project", "Environment"} & tags.keys():
        return (tags.get("Project"), tags.get("Environment")) == (project, environment)
    name = str(alarm["AlarmName"])
    if not (name.startswith(f"{project}-") and name.endswith(f"-{environment}")):
        return False
    inner = name[len(project) + 1 : -len(environment) - 1]
    for each in generated:  # a neighbour's alarms have the same names between its project and its environment
        known = each[len(project) + 1 : -len(environment) - 1]
        if inner.startswith(f"{known}-") or inner.endswith(f"-{known}"):
            return False
    return True


def _watched(world: World) -> Iterator[str]:
    """The values of the dimensions that the generated alarms have: the environment's own names."""
    for alarm in world.stack.of_type("aws_cloudwatch_metric_alarm"):
        dimensions = alarm.get("dimensions")
        for each in dimensions.values() if isinstance(dimensions, Mapping) else ():
            value = _resolved(each, world)
            if isinstance(value, str):
                yield value


def _resolved(value: Value, world: World) -> Any:  # noqa: ANN401  # JSON
    return world.value(value) if isinstance(value, Reference | Template) else value
