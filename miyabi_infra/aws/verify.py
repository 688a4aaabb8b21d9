"""`miyabi-infra verify`: what exists beside what was generated, resource by resource, without Terraform's state.

The state is what Terraform remembers. This asks AWS itself, by names, and so also finds what the state can't know: a
rule that somebody opened by hand, a second listener, a policy attached to a role.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from miyabi_infra.aws.client import UNEXPECTED, Aws, Trouble, not_understood, together
from miyabi_infra.aws.readers import READERS
from miyabi_infra.aws.world import Check, Extra, Unresolved, World
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, Resource, Stack, plain
from miyabi_infra.stacks import read as read_stacks
from miyabi_infra.stacks.inventory import chosen
from miyabi_infra.text import count

UNKNOWN: Final = 3
"""Exit code when no difference is known, but not everything could be read."""
IMAGE: Final = ".image"
"""End of the argument that is given when Terraform runs: the container's image."""


@dataclass(frozen=True)
class Verified:
    """A resource beside what exists."""

    resource: Resource
    state: str
    """`same`, `different`, `missing`, `unreadable`; `unknown` for a type that is not looked at."""
    different: tuple[Check, ...] = ()
    extras: tuple[Extra, ...] = ()
    left: tuple[Check, ...] = ()
    """What differs and may: something else manages it, or it is given when Terraform runs."""
    compared: int = 0
    """How many arguments were compared."""
    not_compared: tuple[str, ...] = ()
    """Arguments that were generated and not compared."""
    trouble: Trouble | None = None


@dataclass(frozen=True)
class Verification:
    """An environment beside what exists."""

    stack: Stack
    account: str
    resources: tuple[Verified, ...]
    extras: tuple[Extra, ...]
    """What belongs to the environment by its name, and that nobody generated."""

    @property
    def differences(self) -> int:
        """Everything that is missing, different or too much."""
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
    """Hold a stack against the account that the credentials are of.

    Raises:
        Refused: when AWS does not take the credentials, or they are of another account than the stack's.
    """
    world = World(aws, stack)
    account = _account(stack, world)
    resources = together(lambda resource: _verified(resource, world), stack.resources)
    return Verification(stack, account, tuple(resources), tuple(_strangers(stack, world)))


def _account(stack: Stack, world: World) -> str:
    try:
        account = str(world.ask("sts", "get_caller_identity")["Account"])
    except Trouble as trouble:
        raise Refused(f"the account can't be read: {trouble}") from trouble
    allowed = stack.provider.get("allowed_account_ids")
    if isinstance(allowed, tuple) and account not in allowed:
        where = ", ".join(map(str, allowed))
        raise Refused(f"the credentials are of account {account}; {stack.environment} is in {where}")
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
"""Arguments by which a resource is found: that it was found is the comparison."""


def _may_differ(check: Check, resource: Resource) -> bool:
    return check.argument.partition(".")[0] in resource.ignore_changes or check.argument.endswith(IMAGE)


def _strangers(stack: Stack, world: World) -> Iterator[Extra]:
    """Alarms that have a name of the environment and that nobody generated."""
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


# ---- showing -------------------------------------------------------------------------------------------------------


def run(root: Path, environment: str, *, as_json: bool = False) -> int:
    """Print what exists otherwise than it was generated; return the exit code.

    Raises:
        Refused: when there is no such environment, or the account can't be asked.
    """
    (stack,) = chosen(read_stacks(root / OUT), environment)
    try:
        verification = verify(stack, Aws(stack.region))
    except KeyboardInterrupt:
        print("interrupted: nothing can be told", file=sys.stderr)
        return UNKNOWN
    print(json.dumps(as_data(verification), indent=2, default=str) if as_json else text(verification))
    return verification.exit_code


def text(verification: Verification) -> str:
    """The differences for people, by resource; then what was left alone, and what was not looked at."""
    stack = verification.stack
    lines: list[str] = []
    for each in verification.resources:
        lines += _resource_lines(each)
    lines += [f"+ {extra.text} exists, and nobody generated it" for extra in verification.extras]
    lines += [""] if lines else []
    lines += _left_lines(verification)
    compared = sum(each.compared for each in verification.resources)
    same = sum(each.state == "same" for each in verification.resources)
    verdict = count(verification.differences, "difference") if verification.differences else "as generated"
    total = count(len(verification.resources), "resource")
    lines.append(
        f"{stack.name} in account {verification.account}, {stack.region}: {verdict}; "
        f"{same} of {total} the same, {count(compared, 'argument')} compared"
    )
    return "\n".join(lines)


def _resource_lines(each: Verified) -> Iterator[str]:
    address = each.resource.address
    if each.state == "missing":
        yield f"- {address} does not exist"
    if each.trouble is not None:
        yield f"? {address}: {each.trouble}"
    for check in each.different:
        yield f"~ {address} {check.argument}: generated {_shown(check.generated)}, found {_shown(check.found)}"
    for extra in each.extras:
        yield f"+ {address}: {extra.text} exists, and nobody generated it"


def _left_lines(verification: Verification) -> Iterator[str]:
    for each in verification.resources:
        for check in each.left:
            why = "given when Terraform runs" if check.argument.endswith(IMAGE) else "managed elsewhere"
            both = f"generated {_shown(check.generated)}, found {_shown(check.found)}"
            yield f"  {each.resource.address} {check.argument}: {both}, {why}"
    missed = sorted({name for each in verification.resources for name in _not_compared(each)})
    if missed:
        yield f"  not compared: {', '.join(missed)}"


def _not_compared(each: Verified) -> Iterator[str]:
    for name in each.not_compared:
        yield f"{each.resource.type}.{name}"


def _shown(value: Any) -> str:  # noqa: ANN401  # JSON
    written = json.dumps(plain(value), default=str, ensure_ascii=False)
    longest = 160
    return written if len(written) <= longest else f"{written[:longest]}…"


def as_data(verification: Verification) -> dict[str, Any]:
    """The verification for programs."""
    return {
        "environment": verification.stack.environment,
        "stack": verification.stack.name,
        "account": verification.account,
        "region": verification.stack.region,
        "differences": verification.differences,
        "exit_code": verification.exit_code,
        "extras": [extra.text for extra in verification.extras],
        "resources": [_resource_data(each) for each in verification.resources],
    }


def _resource_data(each: Verified) -> Mapping[str, Any]:
    def checks(some: tuple[Check, ...]) -> list[dict[str, Any]]:
        return [{"argument": check.argument, "generated": check.generated, "found": check.found} for check in some]

    return {
        "address": each.resource.address,
        "state": each.state,
        "different": checks(each.different),
        "extras": [extra.text for extra in each.extras],
        "left_alone": checks(each.left),
        "compared": each.compared,
        "not_compared": list(each.not_compared),
        **({"trouble": {"kind": each.trouble.kind.value, "text": each.trouble.text}} if each.trouble else {}),
    }
