"""Figures of CloudWatch, next to the thresholds and targets that AWS has for them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from miyabi_infra.aws.client import Trouble
from miyabi_infra.aws.readers.common import part
from miyabi_infra.aws.status.model import Level, Look, Observation, unknown
from miyabi_infra.stacks.platform import number

_NO_ANSWER: Final = frozenset({"Forbidden", "InternalError"})
"""States of a result that has no values although there may be some (CloudWatch API, `MetricDataResult`)."""
MEASURED: Final = timedelta(minutes=15)
"""How old the latest figure of a metric may be."""


@dataclass(frozen=True)
class Metric:
    """A metric of CloudWatch, and how it is shown."""

    label: str
    namespace: str
    name: str
    statistic: str = "Average"
    unit: str = " %"
    scale: float = 1
    tracked: str = ""
    """The autoscaler's name of it, where a policy has a target value for it."""


@dataclass(frozen=True)
class Limit:
    """A limit as it is in AWS, and as it was generated; None where there is none."""

    held: float | None
    generated: float | None
    below: bool = False
    """Whether it is a lower limit."""

    @property
    def same(self) -> bool:
        """Whether AWS has what was generated."""
        return self.held == self.generated


def figures(
    look: Look,
    metrics: Sequence[Metric],
    dimensions: Mapping[str, str],
    targets: Mapping[str, Limit] | None = None,
    region: str = "",
) -> Iterator[Observation]:
    """The latest value of each metric. Whether a value is too high, its alarm decides.

    `region`: where the metrics are, if it is not the stack's.
    """
    queries = [
        {
            "Id": f"m{index}",
            "MetricStat": {
                "Metric": {
                    "Namespace": metric.namespace,
                    "MetricName": metric.name,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
                },
                "Period": 60,
                "Stat": metric.statistic,
            },
        }
        for index, metric in enumerate(metrics)
    ]
    results = look.world.at(region).items(
        "cloudwatch",
        "get_metric_data",
        "MetricDataResults",
        MetricDataQueries=queries,
        StartTime=(look.now - MEASURED).isoformat(),
        EndTime=look.now.isoformat(),
        ScanBy="TimestampDescending",
    )
    values = {each["Id"]: each["Values"][0] for each in results if each["Values"]}
    failed = {each["Id"]: each["StatusCode"] for each in results if each.get("StatusCode") in _NO_ANSWER}
    try:
        alarms: Mapping[str, Mapping[str, Any]] | None = look.alarms()
    except Trouble as trouble:
        alarms = None
        yield unknown(trouble)
    for index, metric in enumerate(metrics):
        limit = _threshold(look, metric, alarms) if alarms is not None else Limit(None, None)
        target = (targets or {}).get(metric.tracked, Limit(None, None))
        if f"m{index}" in failed:
            data = {"metric": metric.name, "trouble": failed[f"m{index}"]}
            yield Observation(Level.UNKNOWN, f"{metric.label}: CloudWatch answers {data['trouble']}", data)
            continue
        yield _figure(metric, values.get(f"m{index}"), limit, target)


def _threshold(look: Look, metric: Metric, alarms: Mapping[str, Mapping[str, Any]]) -> Limit:
    generated = look.platform.alarm(metric.namespace, metric.name)
    if generated is None:
        return Limit(None, None)
    held = alarms.get(str(generated.get("alarm_name")), {})
    operator = str(held.get("ComparisonOperator") or generated.get("comparison_operator"))
    found = None if held.get("Threshold") is None else float(held["Threshold"])
    return Limit(found, number(generated.get("threshold")), below=operator.startswith("LessThan"))


def policies_of(look: Look) -> Sequence[Mapping[str, Any]]:
    """The scaling policies of the service, as Application Auto Scaling describes them."""
    return look.world.items(
        "application-autoscaling",
        "describe_scaling_policies",
        "ScalingPolicies",
        ServiceNamespace="ecs",
        ResourceId=look.scalable,
    )


def targets_of(look: Look) -> Mapping[str, Limit]:
    """The target values of the scaling policies, by metric: as they are, and as generated."""
    held: dict[str, float] = {}
    for policy in policies_of(look):
        tracking = part(policy, "TargetTrackingScalingPolicyConfiguration")
        metric = part(tracking, "PredefinedMetricSpecification").get("PredefinedMetricType")
        if metric:
            held[str(metric)] = float(tracking["TargetValue"])
    generated = look.platform.scaling_targets
    return {name: Limit(held.get(name), generated.get(name)) for name in {*held, *generated}}


def _figure(metric: Metric, value: float | None, alarm: Limit, target: Limit) -> Observation:
    limits: list[str] = []
    if target.held is not None or target.generated is not None:
        limits.append(_limit("scales at", target, metric))
    if alarm.held is not None or alarm.generated is not None:
        limits.append(_limit(f"alarm {'below' if alarm.below else 'above'}", alarm, metric))
    against = f" ({', '.join(limits)})" if limits else ""
    data = {
        "metric": metric.name,
        "value": value,
        "alarm": alarm.held,
        "target": target.held,
        "generated_alarm": alarm.generated,
        "generated_target": target.generated,
    }
    changed = not (alarm.same and target.same)
    gone = target.held is None and target.generated is not None
    if value is None:
        minutes = int(MEASURED.total_seconds() // 60)
        text = f"{metric.label}: no figure in the last {minutes} minutes{against}"
        return Observation(Level.DEGRADED if gone else Level.NOTE, text, data)
    beyond = alarm.held is not None and (value < alarm.held if alarm.below else value > alarm.held)
    text = f"{metric.label} {value * metric.scale:.3g}{metric.unit}{against}"
    level = Level.NOTE if beyond or changed else Level.OK
    return Observation(Level.DEGRADED if gone else level, text, data)  # nothing follows the load any more


def _limit(words: str, limit: Limit, metric: Metric) -> str:
    """`alarm above 90 %, generated: 70 %`."""

    def shown(figure: float | None) -> str:
        return "none" if figure is None else f"{figure * metric.scale:g}{metric.unit}"

    if limit.held is None:
        return f"{words.split(maxsplit=1)[0]}: none, generated: {shown(limit.generated)}"
    return f"{words} {shown(limit.held)}" + ("" if limit.same else f", generated: {shown(limit.generated)}")
