"""Alarms and logs: who is notified of an incident, and what remains of it."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.lint.environment import Environment
from miyabi_infra.lint.rule import Concern, rule, scalable_target
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import Platform, number
from miyabi_infra.text import count

_LOG_DAYS: Final = 30


@rule("warning")
def alarms_nobody_hears(here: Environment) -> Iterator[Concern]:
    """Users notice an incident before anyone else."""
    alarms = here.stack.of_type("aws_cloudwatch_metric_alarm")
    silent = [each for each in alarms if not each.get("alarm_actions")]
    if silent:
        yield Concern(
            ("notifications", "email_addresses"),
            f"{len(silent)} of {len(alarms)} alarms notify nobody",
            "notifications: {email_addresses: [oncall@example.com]}, or topic_arn, or webhook",
        )


@rule("warning")
def alarm_before_scaling(here: Environment) -> Iterator[Concern]:
    """The alarm goes into ALARM in the state that the autoscaler targets, so people learn to ignore it."""
    for what, metric, scaling in (
        ("cpu", "CPUUtilization", "ECSServiceAverageCPUUtilization"),
        ("memory", "MemoryUtilization", "ECSServiceAverageMemoryUtilization"),
    ):
        alarm, target = here.platform.alarm("AWS/ECS", metric), here.platform.scaling_targets.get(scaling)
        if alarm is not None and target is not None and number(alarm.get("threshold")) <= target:
            threshold = number(alarm.get("threshold"))
            yield Concern(
                ("ecs_service", f"{what}_alarm_threshold"),
                f"the alarm on {metric} goes into ALARM above {threshold:g} %, the autoscaler targets {target:g} %",
                f"{what}_alarm_threshold: {min(100, target + 10):g}, or a lower autoscaling_{what}_target",
            )


@rule("warning")
def low_tasks_alarm_above_minimum(here: Environment) -> Iterator[Concern]:
    """The alarm goes into ALARM whenever the autoscaler has removed tasks."""
    alarm, target = here.platform.alarm("ECS/ContainerInsights", "RunningTaskCount"), scalable_target(here)
    if alarm is None or target is None:
        return
    threshold, least = number(alarm.get("threshold")), number(target.get("min_capacity"))
    if threshold > least:
        yield Concern(
            ("ecs_service", "running_tasks_alarm_threshold"),
            f"the alarm goes into ALARM below {count(threshold, 'task')}, the minimum of the autoscaler is {least:g}",
            f"running_tasks_alarm_threshold: {least:g}",
        )


@rule("error")
def low_tasks_alarm_without_metric(here: Environment) -> Iterator[Concern]:
    """The alarm on running tasks considers missing data breaching: it is always in ALARM."""
    alarm = here.platform.alarm("ECS/ContainerInsights", "RunningTaskCount")
    if alarm is not None and not here.platform.container_insights:
        yield Concern(
            ("ecs", "container_insights"),
            "Container Insights is off, and does not publish RunningTaskCount",
            "container_insights: true",
        )


@rule("info")
def response_alarm_above_service_level(here: Environment) -> Iterator[Concern]:
    """The alarm on slow responses goes into ALARM long after users have noticed."""
    alarm, promised = here.platform.alarm("AWS/ApplicationELB", "TargetResponseTime"), here.service_levels.p99_ms / 1000
    if alarm is not None and number(alarm.get("threshold")) > promised:
        yield Concern(
            ("alb", "response_time_alarm_threshold"),
            f"the alarm goes into ALARM when the average is above {number(alarm.get('threshold')):g} s; by the service "
            f"levels 99 of 100 responses come within {promised:g} s",
            f"response_time_alarm_threshold: {promised:g}",
        )


def _application_logs(here: Environment) -> Iterator[Resource]:
    """The log group of the containers, which `ecs.log_retention_days` is about."""
    found = Platform(here.stack).application_logs
    if found is not None:
        yield found


@rule("warning")
def logs_gone_too_soon(here: Environment) -> Iterator[Concern]:
    """The logs of an incident are deleted before anyone can read them."""
    for group in _application_logs(here):
        days = number(group.get("retention_in_days"))
        if here.highly_available and 0 < days < _LOG_DAYS:
            yield Concern(
                ("ecs", "log_retention_days"),
                f"logs are kept for {count(days, 'day')}, in an environment that is marked highly available",
                f"log_retention_days: {_LOG_DAYS}",
            )


@rule("info")
def logs_kept_for_ever(here: Environment) -> Iterator[Concern]:
    """The bill grows every month, and personal data in logs is never deleted."""
    for group in _application_logs(here):
        if not group.get("retention_in_days"):
            yield Concern(("ecs", "log_retention_days"), "logs are kept for ever", "log_retention_days: 365")
