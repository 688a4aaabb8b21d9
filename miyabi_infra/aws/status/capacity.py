"""Application Auto Scaling: the range of the service, what it is scaled by, and what happened."""

from collections.abc import Iterator, Mapping
from typing import Final

from miyabi_infra.aws.client import Kind, Trouble
from miyabi_infra.aws.status.figures import Limit, Metric, figures, policies_of, targets_of
from miyabi_infra.aws.status.model import Level, Look, Observation, ago, unknown
from miyabi_infra.aws.status.service import SHOWN
from miyabi_infra.text import count

_METRICS: Final = (
    Metric("CPU", "AWS/ECS", "CPUUtilization", tracked="ECSServiceAverageCPUUtilization"),
    Metric("memory", "AWS/ECS", "MemoryUtilization", tracked="ECSServiceAverageMemoryUtilization"),
)


def capacity(look: Look) -> Iterator[Observation]:
    """The range, whether the service is in it, and CPU and memory."""
    targets = look.world.ask(
        "application-autoscaling", "describe_scalable_targets", ServiceNamespace="ecs", ResourceIds=[look.scalable]
    )["ScalableTargets"]
    if targets:
        least, most = targets[0]["MinCapacity"], targets[0]["MaxCapacity"]
        suspended = [name for name, held in targets[0].get("SuspendedState", {}).items() if held]
        text = f"scales from {least} to {count(most, 'task')}"
        generated = look.platform.tasks(look.platform.service) if look.platform.service else None
        differs = generated is not None and (generated.minimum, generated.maximum) != (least, most)
        if generated is not None and differs:
            text += f", generated: {generated.minimum} to {generated.maximum}"
            hours = look.platform.running_hours(look.platform.service) if look.platform.service else None
            if hours is not None and (hours.otherwise.minimum, hours.otherwise.maximum) == (least, most):
                text, differs = f"{text}, outside the running hours", False
        if suspended:
            text += f"; suspended: {', '.join(suspended)}"
        data = {"minimum": least, "maximum": most, "suspended": suspended}
        level = Level.DEGRADED if suspended else Level.NOTE if differs else Level.OK
        yield Observation(level, text, data)
        yield from _in_range(look, least, most)
    else:
        yield Observation(Level.DEGRADED, f"nothing scales {look.scalable}", {"trouble": Kind.MISSING.value})
    dimensions = {"ClusterName": look.cluster, "ServiceName": look.service}
    limits: Mapping[str, Limit] = {}
    try:
        limits = targets_of(look)
    except Trouble as trouble:
        yield unknown(trouble)
    yield from _watched(look)
    yield from figures(look, _METRICS, dimensions, limits)


def _watched(look: Look) -> Iterator[Observation]:
    """Whether the alarms are there by which the policies learn of the load; who deletes one, stops the scaling."""
    named = {
        str(alarm["AlarmName"]): str(policy["PolicyName"])
        for policy in policies_of(look)
        for alarm in policy.get("Alarms") or ()
    }
    if not named:
        return
    found = look.world.items("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNames=sorted(named))
    held = {str(each["AlarmName"]): each for each in found}
    for name, policy in sorted(named.items()):
        alarm = held.get(name)
        if alarm is None or not alarm.get("ActionsEnabled", True):
            what = "does not exist" if alarm is None else "is muted"
            text = f"{name} {what}: {policy} does not scale by it"
            yield Observation(Level.DEGRADED, text, {"alarm": name, "policy": policy})


def _in_range(look: Look, least: int, most: int) -> Iterator[Observation]:
    """Whether the service asks for a number of tasks that the autoscaler would; somebody else may have set it."""
    service = look.describe_service()
    if service is None:
        return
    desired = service["desiredCount"]
    if desired < least:
        text = f"the service asks for {count(desired, 'task')}, below the minimum of {least}"
        yield Observation(Level.DEGRADED, text, {"desired": desired, "minimum": least})
    elif desired > most:
        text = f"the service asks for {count(desired, 'task')}, above the maximum of {most}"
        yield Observation(Level.NOTE, text, {"desired": desired, "maximum": most})


def scaling(look: Look) -> Iterator[Observation]:
    """The latest scaling activities."""
    activities = look.world.ask(
        "application-autoscaling",
        "describe_scaling_activities",
        ServiceNamespace="ecs",
        ResourceId=look.scalable,
        MaxResults=SHOWN,
    )["ScalingActivities"]
    if not activities:
        yield Observation(Level.OK, "no activity in the last six weeks")
    for index, each in enumerate(activities):
        failed = each["StatusCode"] in {"Failed", "Unfulfilled"}
        level = Level.NOTE if failed else Level.OK
        if failed and index == 0:  # a later one that succeeded makes up for it
            level = Level.DEGRADED
        why = each.get("StatusMessage") if failed else each.get("Cause")
        text = f"{ago(each['StartTime'], look.now)}: {each['StatusCode']}, {each['Description']}"
        data = {"status": each["StatusCode"], "cause": each.get("Cause")}
        yield Observation(level, f"{text} {why or ''}".rstrip(), data)
