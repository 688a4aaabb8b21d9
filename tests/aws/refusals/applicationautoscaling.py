"""Application Auto Scaling: targets, policies and scheduled actions of ECS services."""

import re
from typing import Any, Final

from modules.time_zones import ZONES
from tests.aws.refusals import Ask, nothing_more, refusal
from tests.aws.refusals._holders import balancers_of

SERVICE: Final = "application-autoscaling"
API: Final = "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_{}.html"
GUIDE: Final = "https://docs.aws.amazon.com/autoscaling/application/userguide/{}.html"
SCHEDULE: Final = re.compile(
    r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)|rate\(\d+ (minute|hour|day)s?\)|cron\(\S+( \S+){5}\)"
)


@refusal(SERVICE, "RegisterScalableTarget", code="ValidationException", source=API.format("RegisterScalableTarget"))
def fewest_above_most(ask: Ask) -> str | None:
    """The smallest capacity is above the largest."""
    held = _target(ask)
    least = ask.get("MinCapacity", held.min_capacity if held else None)
    most = ask.get("MaxCapacity", held.max_capacity if held else None)
    if least is None or most is None or least <= most:
        return None
    return f"Maximum capacity cannot be less than minimum capacity: {most} < {least}"


@refusal(SERVICE, "RegisterScalableTarget", code="ValidationException", source=API.format("RegisterScalableTarget"))
def capacity_not_given(ask: Ask) -> str | None:
    """A target that is not registered yet lacks its smallest or its largest capacity."""
    missing = _target(ask) is None and (ask.get("MinCapacity") is None or ask.get("MaxCapacity") is None)
    return "Both MinCapacity and MaxCapacity are required for a new scalable target." if missing else None


@refusal(SERVICE, "RegisterScalableTarget", code="ValidationException", source=API.format("RegisterScalableTarget"))
def service_that_is_not_there(ask: Ask) -> str | None:
    """The ECS service of the target does not exist, or was deleted."""
    identifier = str(ask.get("ResourceId", ""))
    if ask.get("ServiceNamespace") != "ecs":
        return None
    _, _, name = identifier.partition("/")
    held = ask.backend("ecs").services.get(name.replace("/", ":"))
    return f"ECS service doesn't exist: {identifier}" if held is None or held.status != "ACTIVE" else None


@refusal(
    SERVICE,
    "PutScalingPolicy",
    "PutScheduledAction",
    code="ObjectNotFoundException",
    source=API.format("PutScalingPolicy"),
)
def target_that_is_not_registered(ask: Ask) -> str | None:
    """The service is not registered as a scalable target."""
    if _target(ask) is not None:
        return None
    return (
        f"No scalable target registered for service namespace: {ask.get('ServiceNamespace')}, resource ID: "
        f"{ask.get('ResourceId')}, scalable dimension: {ask.get('ScalableDimension')}"
    )


@refusal(
    SERVICE,
    "PutScalingPolicy",
    code="ValidationException",
    source=f"{API.format('PredefinedMetricSpecification')} https://github.com/hashicorp/terraform-provider-aws/issues/9734",
)
def label_of_requests_per_target(ask: Ask) -> str | None:
    """`ALBRequestCountPerTarget` without a resource label, with one for another metric, or one of another form."""
    metric, label = _metric(ask)
    if metric is None:
        return None
    if metric != "ALBRequestCountPerTarget":
        return f"Resource label is not supported for the metric {metric}." if label else None
    if re.fullmatch(r"app/[^/]+/[^/]+/targetgroup/[^/]+/[^/]+", label or ""):
        return None
    return "Resource label must be of the form app/<load balancer>/<id>/targetgroup/<target group>/<id>."


@refusal(
    SERVICE,
    "PutScalingPolicy",
    code="ValidationException",
    source=f"{API.format('PredefinedMetricSpecification')} https://github.com/hashicorp/terraform-provider-aws/issues/9734",
)
def target_group_that_gets_no_requests(ask: Ask) -> str | None:
    """No listener of the load balancer in the resource label forwards to the target group in it."""
    metric, label = _metric(ask)
    if metric != "ALBRequestCountPerTarget" or not label:
        return None
    balancer, _, target_group = label.partition("/targetgroup/")
    for each in ask.backend("elbv2").target_groups.values():
        if each.arn.endswith(f":targetgroup/{target_group}"):
            arns = balancers_of(ask, each.arn)
            if any(arn.endswith(f":loadbalancer/{balancer}") for arn in arns):
                return None
    return "The load balancer does not route traffic to the target group."


@refusal(
    SERVICE,
    "PutScalingPolicy",
    code="ValidationException",
    source=GUIDE.format("target-tracking-scaling-policy-overview"),
)
def metric_that_is_tracked(ask: Ask) -> str | None:
    """Another policy of the target tracks the same predefined metric."""
    metric, label = _metric(ask)
    for each in ask.backend(SERVICE).policies.values() if metric else ():
        configuration: dict[str, Any] = each.target_tracking_scaling_policy_configuration or {}
        held: dict[str, Any] = configuration.get("PredefinedMetricSpecification", {})
        same = held.get("PredefinedMetricType") == metric and held.get("ResourceLabel") == label
        if same and each.resource_id == ask.get("ResourceId") and each.policy_name != ask.get("PolicyName"):
            return "Only one TargetTrackingScaling policy for a given metric specification is allowed."
    return None


@refusal(
    SERVICE,
    "PutScalingPolicy",
    code="ValidationException",
    source=API.format("TargetTrackingScalingPolicyConfiguration"),
)
def value_that_is_not_above_zero(ask: Ask) -> str | None:
    """The value to track is 0 or less."""
    value = ask.get("TargetTrackingScalingPolicyConfiguration", {}).get("TargetValue")
    return "Target value must be greater than 0." if value is not None and value <= 0 else None


@refusal(SERVICE, "PutScheduledAction", code="ValidationException", source=API.format("PutScheduledAction"))
def schedule_of_a_wrong_form(ask: Ask) -> str | None:
    """The schedule is not at(…), rate(…) or cron(…) with six fields."""
    schedule = ask.get("Schedule")
    if schedule is None or SCHEDULE.fullmatch(schedule):
        return None
    return f"Parameter Schedule is not valid: {schedule}"


@refusal(SERVICE, "PutScheduledAction", code="ValidationException", source=API.format("PutScheduledAction"))
def time_zone_that_is_none(ask: Ask) -> str | None:
    """The time zone is none of the IANA database."""
    zone = ask.get("Timezone")
    return None if zone is None or zone in ZONES else f"Parameter Timezone is not valid: {zone}"


@refusal(
    SERVICE, "DeregisterScalableTarget", code="ObjectNotFoundException", source=API.format("DeregisterScalableTarget")
)
def target_that_is_gone(ask: Ask) -> str | None:
    """The service is not registered as a scalable target."""
    return None if _target(ask) is not None else f"No scalable target found for resource ID: {ask.get('ResourceId')}"


def _target(ask: Ask) -> Any:  # noqa: ANN401  # moto's own
    return ask.backend(SERVICE).targets.get(ask.get("ScalableDimension"), {}).get(ask.get("ResourceId"))


def _metric(ask: Ask) -> tuple[str | None, str | None]:
    """The predefined metric of a policy, and its resource label."""
    found = ask.get("TargetTrackingScalingPolicyConfiguration", {}).get("PredefinedMetricSpecification", {})
    return found.get("PredefinedMetricType"), found.get("ResourceLabel")


nothing_more(
    SERVICE,
    DeleteScalingPolicy="moto refuses a policy that is not there",
    DeleteScheduledAction="moto refuses an action that is not there",
    TagResource="nothing beyond the model",
    UntagResource="AWS accepts keys that are not there",
)
