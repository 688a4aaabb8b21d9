"""Alarms and logs: who hears of an incident, and what is left of it."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.lint.environment import Environment, number
from miyabi_infra.lint.rule import Problem, rule
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import Platform

_LOG_DAYS: Final = 30


@rule("warning")
def alarms_nobody_hears(here: Environment) -> Iterator[Problem]:
    """An incident is found by the users."""
    alarms = here.stack.of_type("aws_cloudwatch_metric_alarm")
    silent = [each for each in alarms if not each.get("alarm_actions")]
    if silent:
        yield Problem(
            ("notifications", "email_addresses"),
            f"{len(silent)} of {len(alarms)} alarms notify nobody",
            "notifications: {email_addresses: [oncall@example.com]}, or topic_arn, or webhook",
        )


@rule("warning")
def alarm_before_scaling(here: Environment) -> Iterator[Problem]:
    """The alarm rings in the very state that the autoscaler aims at, so people learn to ignore it."""
    for what, metric, scaling in (
        ("cpu", "CPUUtilization", "ECSServiceAverageCPUUtilization"),
        ("memory", "MemoryUtilization", "ECSServiceAverageMemoryUtilization"),
    ):
        alarm, target = here.alarm(metric, "AWS/ECS"), here.scaling_target(scaling)
        if alarm is not None and target is not None and number(alarm.get("threshold")) <= target:
            threshold = number(alarm.get("threshold"))
            yield Problem(
                ("ecs_service", f"{what}_alarm_threshold"),
                f"the alarm on {metric} rings above {threshold:g} %, the autoscaler aims at {target:g} %",
                f"{what}_alarm_threshold: {min(100, target + 10):g}, or a lower autoscaling_{what}_target",
            )


@rule("warning")
def low_tasks_alarm_above_minimum(here: Environment) -> Iterator[Problem]:
    """The alarm rings whenever the autoscaler has saved money."""
    alarm, target = here.alarm("RunningTaskCount", "ECS/ContainerInsights"), here.first("aws_appautoscaling_target")
    if alarm is None or target is None:
        return
    threshold, least = number(alarm.get("threshold")), number(target.get("min_capacity"))
    if threshold > least:
        yield Problem(
            ("ecs_service", "running_tasks_alarm_threshold"),
            f"the alarm rings below {threshold:g} tasks, the autoscaler goes down to {least:g}",
            f"running_tasks_alarm_threshold: {least:g}",
        )


@rule("error")
def low_tasks_alarm_without_metric(here: Environment) -> Iterator[Problem]:
    """The alarm on running tasks takes a missing figure for a breach: it rings for ever."""
    alarm = here.alarm("RunningTaskCount", "ECS/ContainerInsights")
    settings = [block for each in here.stack.of_type("aws_ecs_cluster") for block in each.blocks("setting")]
    off = any(each.get("name") == "containerInsights" and each.get("value") == "disabled" for each in settings)
    if alarm is not None and off:
        yield Problem(
            ("ecs", "container_insights"),
            "Container Insights is off, and publishes no RunningTaskCount",
            "container_insights: true",
        )


@rule("info")
def response_alarm_above_service_level(here: Environment) -> Iterator[Problem]:
    """The alarm on slow answers rings long after users have noticed."""
    alarm, promised = here.alarm("TargetResponseTime", "AWS/ApplicationELB"), here.service_levels.p99_ms / 1000
    if alarm is not None and number(alarm.get("threshold")) > promised:
        yield Problem(
            ("alb", "response_time_alarm_threshold"),
            f"the alarm rings when the average is above {number(alarm.get('threshold')):g} s; by the service levels "
            f"99 of 100 answers come within {promised:g} s",
            f"response_time_alarm_threshold: {promised:g}",
        )


def _application_logs(here: Environment) -> Iterator[Resource]:
    """The log group of the containers, which `ecs.log_retention_days` is about."""
    found = Platform(here.stack).application_logs
    if found is not None:
        yield found


@rule("warning")
def logs_gone_too_soon(here: Environment) -> Iterator[Problem]:
    """An incident is looked into when its logs are gone."""
    for group in _application_logs(here):
        days = number(group.get("retention_in_days"))
        if here.highly_available and 0 < days < _LOG_DAYS:
            yield Problem(
                ("ecs", "log_retention_days"),
                f"logs are kept for {days:g} days, in an environment that calls itself highly available",
                f"log_retention_days: {_LOG_DAYS}",
            )


@rule("info")
def logs_kept_for_ever(here: Environment) -> Iterator[Problem]:
    """The bill grows every month, and personal data in logs is never deleted."""
    for group in _application_logs(here):
        if not group.get("retention_in_days"):
            yield Problem(("ecs", "log_retention_days"), "logs are kept for ever", "log_retention_days: 365")
