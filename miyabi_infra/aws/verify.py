"""What exists in AWS compared with what was generated, resource by resource, without Terraform's state.

The state is what Terraform remembers. This asks AWS itself, by names, and so also finds what the state cannot know: a
rule that somebody opened by hand, a second listener, a policy attached to a role.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from miyabi_infra.aws.client import UNEXPECTED, Aws, Trouble, not_understood, together
from miyabi_infra.aws.readers import READERS
from miyabi_infra.aws.world import Compared, Extra, Unresolved, World
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Resource, Stack

UNKNOWN: Final = 3
"""Exit code when no difference is known, but not everything could be determined."""
IMAGE: Final = ".image"
"""End of the argument that is given when Terraform runs: the container's image."""


@dataclass(frozen=True)
class Verified:
    """A resource compared with what exists."""

    resource: Resource
    state: str
    """`same`, `different`, `missing`, `unreadable`; `unknown` for a type without a reader."""
    different: tuple[Compared, ...] = ()
    extras: tuple[Extra, ...] = ()
    left: tuple[Compared, ...] = ()
    """Differences that are allowed: something else manages the argument, or it is given when Terraform runs."""
    compared: int = 0
    """How many arguments were compared."""
    not_compared: tuple[str, ...] = ()
    """Arguments that were generated and not compared."""
    trouble: Trouble | None = None


@dataclass(frozen=True)
class Verification:
    """An environment compared with what exists."""

    stack: Stack
    account: str
    resources: tuple[Verified, ...]
    extras: tuple[Extra, ...]
    """What belongs to the environment by its name and was not generated."""

    @property
    def differences(self) -> int:
        """How many things are missing, different, or exist in addition."""
        return len(self.extras) + sum(
            (each.state == "missing") + len(each.different) + len(each.extras) for each in self.resources
        )

    @property
    def exit_code(self) -> int:
        """0 the same, 1 differences, 3 no differences known but not everything could be read."""
        if self.differences:
            return 1
        return UNKNOWN if any(each.state == "unreadable" for each in self.resources) else 0


def verify(stack: Stack, aws: Aws) -> Verification:
    """Compare a stack with the account of the credentials.

    Raises:
        Refused: when AWS does not accept the credentials, or they belong to another account than the stack.
    """
    world = World(aws, stack, READERS)
    account = _account(stack, world)
    resources = together(lambda resource: _verified(resource, world), stack.resources)
    return Verification(stack, account, tuple(resources), tuple(_strangers(stack, world)))


def _account(stack: Stack, world: World) -> str:
    try:
        account = str(world.ask("sts", "get_caller_identity")["Account"])
    except Trouble as trouble:
        raise Refused(f"the account cannot be read: {trouble}") from trouble
    allowed = stack.provider.get("allowed_account_ids")
    if isinstance(allowed, tuple) and account not in allowed:
        where = ", ".join(map(str, allowed))
        raise Refused(f"the credentials belong to account {account}; {stack.environment} is in {where}")
    return account


def _verified(resource: Resource, world: World) -> Verified:
    if resource.type not in READERS:
        return Verified(resource, "unknown", not_compared=tuple(resource.arguments))
    try:
        found = world.find(resource.address)
    except Trouble as trouble:
        return Verified(resource, "unreadable", trouble=trouble)
    except UNEXPECTED as error:
        return Verified(resource, "unreadable", trouble=not_understood(error))
    if found is None:
        return Verified(resource, "missing")
    compared = [check for check in found.checks if not isinstance(check.generated, Unresolved)]
    apart = [check for check in compared if not check.same]
    left = tuple(check for check in apart if _may_differ(check, resource))
    different = tuple(check for check in apart if check not in left)
    looked_at = {check.argument.partition(".")[0].partition(":")[0] for check in compared}
    not_compared = tuple(
        name
        for name in resource.arguments
        if name not in looked_at and not {name, f"{resource.type}.{name}"} & _FOUND_BY
    )
    state = "different" if different or found.extras else "same"
    return Verified(resource, state, different, tuple(found.extras), left, len(compared), not_compared)


_FOUND_BY: Final = frozenset(
    {
        "alarm_name",
        "aws_appautoscaling_policy.resource_id",
        "aws_appautoscaling_policy.scalable_dimension",
        "aws_appautoscaling_policy.service_namespace",
        "aws_appautoscaling_target.resource_id",
        "aws_appautoscaling_target.scalable_dimension",
        "aws_appautoscaling_target.service_namespace",
        "aws_ecs_cluster_capacity_providers.cluster_name",
        "aws_lb_listener.load_balancer_arn",
        "aws_lb_listener.port",
        "aws_route.destination_cidr_block",
        "aws_route.route_table_id",
        "aws_route_table_association.subnet_id",
        "aws_security_group.vpc_id",
        "aws_sns_topic_policy.arn",
        "aws_sns_topic_subscription.endpoint",
        "aws_sns_topic_subscription.protocol",
        "aws_sns_topic_subscription.topic_arn",
        "bucket",
        "cluster_id",
        "dashboard_name",
        "family",
        "name",
        "repository",
        "role",
        "tags",
    }
)
"""Arguments by which a resource is found: finding it is the comparison."""


def _may_differ(check: Compared, resource: Resource) -> bool:
    return check.argument.partition(".")[0] in resource.ignore_changes or check.argument.endswith(IMAGE)


def _strangers(stack: Stack, world: World) -> Iterator[Extra]:
    """Alarms that have a name of the environment and were not generated."""
    generated = [each.get("alarm_name") for each in stack.of_type("aws_cloudwatch_metric_alarm")]
    if not generated:
        return
    try:
        alarms = world.items("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=f"{stack.project}-")
    except Trouble:
        return  # each alarm has said so already
    for alarm in alarms:
        name = alarm["AlarmName"]
        if name.endswith(f"-{stack.environment}") and name not in generated:
            yield Extra(f"alarm {name}")
