"""Tasks: start, stop, health, and their number."""

import re
import shlex
from collections.abc import Iterator
from math import ceil
from typing import Final, cast
from urllib.parse import urlsplit

from miyabi_infra.lint.environment import Environment
from miyabi_infra.lint.rule import Concern, container_checks, draining, rule, scalable_target
from miyabi_infra.reach import abilities
from miyabi_infra.reach.roles import Role
from miyabi_infra.reach.steps import verdict
from miyabi_infra.stacks.platform import number
from miyabi_infra.text import count

STOP_TIMEOUT: Final = 30
"""Seconds that ECS gives a container between SIGTERM and SIGKILL by default (ECS developer guide, "Container
timeouts")."""

_SHORTEST_DRAINING: Final = 5
"""Seconds that AWS recommends for services which answer within a second (ECS developer guide, "Optimize load balancer
connection draining parameters")."""

_SLOWEST_VERDICT: Final = 120
"""Seconds: two periods of the alarm on unhealthy tasks."""

_MINUTE: Final = 60


@rule("error")
def grace_period_too_short(here: Environment) -> Iterator[Concern]:
    """ECS replaces, again and again, a task that the load balancer reports as unhealthy while it is still starting."""
    service, checks = here.platform.service, here.platform.health_check
    if service is None or checks is None:
        return
    grace, interval = number(service.get("health_check_grace_period_seconds")), number(checks.get("interval"), 30)
    failed = interval * number(checks.get("unhealthy_threshold"), 3)
    starts = max((number(each.get("startPeriod")) for each in container_checks(here)), default=0)
    if failed >= starts + interval:  # its first success comes before it counts as unhealthy
        return
    # Once it counts as unhealthy, it takes as many successes as the healthy threshold says to be healthy again.
    healthy = starts + interval * number(checks.get("healthy_threshold"), 3)
    if max(grace, failed) < healthy:
        yield Concern(
            ("ecs_service", "health_check_grace_period_seconds"),
            f"a task may start for {starts:g} s and is checked every {interval:g} s: it is unhealthy after "
            f"{failed:g} s, and healthy again after {healthy:g} s at the latest; it is replaced after "
            f"{max(grace, failed):g} s",
            f"health_check_grace_period_seconds: {healthy:g}",
        )


@rule("warning")
def draining_cuts_requests(here: Environment) -> Iterator[Concern]:
    """Every deployment and every step down of the autoscaler breaks requests in progress."""
    delay, slow = draining(here), here.service_levels.p99_ms / 1000
    least = max(_SHORTEST_DRAINING, ceil(slow))
    if delay is not None and delay < least:
        yield Concern(
            ("alb", "deregistration_delay"),
            f"a task that stops has {delay:g} s for requests in progress; one of 100 may take {slow:g} s by the "
            f"service levels, and connections need {_SHORTEST_DRAINING} s to close in order",
            f"deregistration_delay: {least}, or more",
        )


@rule("info")
def draining_outlasts_stop_timeout(here: Environment) -> Iterator[Concern]:
    """What a request leaves behind (a job, the end of a WebSocket) has less time than the request itself."""
    delay = draining(here)
    stop = min(
        (number(each.get("stopTimeout"), STOP_TIMEOUT) for each in here.platform.containers), default=STOP_TIMEOUT
    )
    if delay is not None and delay > stop:
        yield Concern(
            ("alb", "deregistration_delay"),
            f"requests in progress have {delay:g} s, but the container is killed {stop:g} s after SIGTERM; "
            f"a deployment waits {delay:g} s for each task",
            f"deregistration_delay: {stop:g}, or less",
        )


@rule("warning")
def sick_tasks_serve_for_long(here: Environment) -> Iterator[Concern]:
    """Users get errors from a broken task until the load balancer notices."""
    checks = here.platform.health_check
    if checks is None:
        return
    interval, threshold = number(checks.get("interval")), number(checks.get("unhealthy_threshold"))
    if interval * threshold > _SLOWEST_VERDICT:
        yield Concern(
            ("alb", "health_check_interval"),
            f"{threshold:g} health checks {interval:g} s apart must fail first: {interval * threshold:g} s",
            f"health_check_interval: {_SLOWEST_VERDICT / threshold:.0f}, or less, or a lower "
            "health_check_unhealthy_threshold",
        )


@rule("warning")
def health_check_takes_errors_for_health(here: Environment) -> Iterator[Concern]:
    """A task that has lost its routes or its permissions answers 4xx to all requests, and stays in service."""
    checks = here.platform.health_check
    matcher = str(checks.get("matcher", "200")) if checks else "200"
    classes = sorted({code // 100 for code in _codes(matcher) if code >= _FIRST_ERROR})
    if classes:
        accepted = " and ".join(f"{each}xx" for each in classes)
        yield Concern(
            ("alb", "health_check_matcher"),
            f"{matcher} considers {accepted} healthy",
            'health_check_matcher: "200-399"',
        )


_FIRST_ERROR: Final = 400
"""The first status code of an error."""


def _codes(matcher: str) -> Iterator[int]:
    """The status codes that a matcher accepts: `200`, `200,202`, `200-299`."""
    for part in matcher.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdecimal() and (last or first).isdecimal():
            yield from range(int(first), int(last or first) + 1)


@rule("info")
def health_checks_disagree(here: Environment) -> Iterator[Concern]:
    """ECS and the load balancer may come to different verdicts on the same task."""
    checks = here.platform.health_check
    commands = [cast("list[str]", each.get("command") or []) for each in container_checks(here)]
    asked = [path for command in commands for text in command for path in _paths(text)]
    if checks and asked and str(checks.get("path")) not in asked:
        yield Concern(
            ("alb", "health_check_path"),
            f"the load balancer requests {checks.get('path')}, the container's own health check {', '.join(asked)}",
            "the same path in alb.health_check_path and ecs.health_check_path",
        )


def _paths(command: str) -> Iterator[str]:
    """The paths of the URLs in a command of a shell."""
    for word in _words(command):
        url = re.search(r"https?://.*", word)
        if url:
            parts = urlsplit(url[0])
            yield (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _words(command: str) -> list[str]:
    """The words of a command as a shell reads them, without quotes; what is not closed is split at spaces."""
    reader = shlex.shlex(command, posix=True, punctuation_chars=True)
    reader.whitespace_split, reader.commenters = True, ""
    try:
        return list(reader)
    except ValueError:
        return command.split()


@rule("error")
def tasks_cannot_start(here: Environment) -> Iterator[Concern]:
    """The deployment fails: ECS cannot start a task without its image, logs and secrets."""
    for each in abilities(here.reach):
        missing = [step for step in each.because if step.holds is False]
        depends = [step for step in each.because if step.holds is None]
        if any(step.kind == "route" for step in missing):
            yield Concern(
                ("networking", "enable_nat_gateway"),
                f"{each.tasks} cannot {each.text}: {missing[0].text}",
                "enable_nat_gateway: true, or endpoints of what the tasks ask",
            )
        elif missing or depends:
            secrets = each.name == "secrets"
            yield Concern(
                ("ecs", "secrets") if secrets else ("ecs", "ecr_image_uri"),
                f"{each.tasks} cannot {each.text}: {missing[0].text}"
                if missing
                else f"whether {each.tasks} can {each.text} is unknown: {depends[0].text}",
                "iam.execution_role_reads_secrets: true" if secrets else "a policy for the execution role",
                None if missing else "warning",
            )


@rule("error")
def exec_without_permission(here: Environment) -> Iterator[Concern]:
    """`aws ecs execute-command` fails: the agent in the task may not open its channel."""
    service, definition = here.platform.service, here.platform.first("aws_ecs_task_definition")
    if service is None or definition is None or service.get("enable_execute_command") is not True:
        return
    role = Role(here.stack, definition.get("task_role_arn"), "task role")
    found = verdict(role.may("ssmmessages:CreateControlChannel", "*"))
    if found != "yes":
        yield Concern(
            ("ecs_service", "enable_execute_command"),
            f"ECS Exec is on, and the task role {'may not' if found == 'no' else 'may, unknown here,'} "
            "ssmmessages:CreateControlChannel",
            "iam.task_role_allows_exec: true",
            None if found == "no" else "warning",
        )


@rule("warning")
def shell_into_tasks(here: Environment) -> Iterator[Concern]:
    """Whoever may call ECS Exec gets a shell in a task, with its secrets and its role, past every review."""
    service = here.platform.service
    if here.highly_available and service is not None and service.get("enable_execute_command") is True:
        yield Concern(
            ("ecs_service", "enable_execute_command"),
            "ECS Exec is on, in an environment that is marked highly available",
            "enable_execute_command: false; switch it on for the time of a search only",
        )


@rule("warning")
def fewer_tasks_than_zones(here: Environment) -> Iterator[Concern]:
    """A zone without a task costs money and does not help when another zone fails."""
    target = scalable_target(here)
    least = number(target.get("min_capacity")) if target else here.zones
    if least < here.zones:
        yield Concern(
            ("ecs_service", "autoscaling_min_capacity"),
            f"at least {count(least, 'task')} over {here.zones} zones",
            f"autoscaling_min_capacity: {here.zones}",
            "error" if here.highly_available else None,
        )


@rule("info")
def no_room_to_scale(here: Environment) -> Iterator[Concern]:
    """Scaling policies and their alarms do nothing."""
    target = scalable_target(here)
    if target and target.get("min_capacity") == target.get("max_capacity"):
        count = number(target.get("max_capacity"))
        yield Concern(
            ("ecs_service", "autoscaling_max_capacity"),
            f"minimum and maximum number of tasks are both {count:g}",
            f"autoscaling_max_capacity: {count * 2:g}",
        )


@rule("warning")
def throughput_out_of_reach(here: Environment) -> Iterator[Concern]:
    """Under the tested load the service is at its maximum number of tasks, and responses slow down."""
    target, requests = scalable_target(here), here.platform.scaling_targets.get("ALBRequestCountPerTarget")
    if target is None or requests is None:
        return
    most, promised = number(target.get("max_capacity")), here.service_levels.min_requests_per_second
    if requests * most / _MINUTE < promised:
        yield Concern(
            ("ecs_service", "autoscaling_requests_target"),
            f"{count(most, 'task')} of {requests:g} requests per minute {_is(most)} "
            f"{requests * most / _MINUTE:.0f} requests per second; the service levels require {promised:g}",
            f"autoscaling_max_capacity: {ceil(promised * _MINUTE / requests)}",
        )


@rule("warning")
def deployment_takes_all_tasks_down(here: Environment) -> Iterator[Concern]:
    """While a new version starts, no task answers."""
    service, target = here.platform.service, scalable_target(here)
    if service is None or target is None or not target.get("min_capacity"):
        return
    share = number(service.get("deployment_minimum_healthy_percent"), 100)
    if ceil(number(target.get("min_capacity")) * share / 100) < 1:
        yield Concern(
            ("ecs_service", "deployment_minimum_healthy_percent"),
            f"{share:g} % of {count(number(target.get('min_capacity')), 'task')} stay during a deployment: none",
            "deployment_minimum_healthy_percent: 100",
        )


@rule("warning")
def traffic_moves_without_alarms(here: Environment) -> Iterator[Concern]:
    """CodeDeploy ends the old tasks although the new version, which passes its health check, fails its users."""
    for group in here.stack.of_type("aws_codedeploy_deployment_group"):
        if not group.get("alarm_configuration"):
            yield Concern(
                ("ecs_service", "deployment_alarms"),
                "nothing rolls a deployment back while the old tasks still run",
                "deployment_alarms: [unhealthy-hosts, high-response-time]",
            )


@rule("error")
def desired_count_fought_over(here: Environment) -> Iterator[Concern]:
    """Every apply removes the tasks that the autoscaler has added under load."""
    service, target = here.platform.service, scalable_target(here)
    if service is None or target is None or "desired_count" in service.ignore_changes:
        return
    if target.get("min_capacity") != target.get("max_capacity"):
        yield Concern(
            ("ecs_service", "managed_elsewhere"),
            f"Terraform sets {count(number(service.get('desired_count')), 'task')}, the autoscaler "
            f"{number(target.get('min_capacity')):g} to {number(target.get('max_capacity')):g}",
            "managed_elsewhere: [desired_count]",
        )


_SPOT_NOTICE: Final = 120
"""Seconds between the warning and the end of a task on Fargate Spot (ECS developer guide, "Fargate capacity
providers")."""


@rule("warning")
def spot_without_tasks_on_demand(here: Environment) -> Iterator[Concern]:
    """When AWS needs the capacity back, every task may stop at once, and no other starts."""
    service = here.platform.service
    if service is None or not here.platform.spot_share(service):
        return
    least = here.platform.tasks(service).minimum
    base = sum(number(each.get("base")) for each in service.blocks("capacity_provider_strategy"))
    needed = least if here.highly_available else min(1, least)
    if base < needed:
        yield Concern(
            ("ecs_service", "on_demand_base"),
            f"{count(base, 'task')} of at least {least:g} {_is(base)} on demand, the others on Fargate Spot",
            f"on_demand_base: {needed:g}",
            "error" if here.highly_available else None,
        )


@rule("warning")
def draining_outlasts_spot(here: Environment) -> Iterator[Concern]:
    """A task on Fargate Spot ends two minutes after the warning, with the requests that are still in progress."""
    service, delay = here.platform.service, draining(here)
    if service is not None and here.platform.spot_share(service) and delay is not None and delay >= _SPOT_NOTICE:
        yield Concern(
            ("alb", "deregistration_delay"),
            f"requests in progress have {delay:g} s, and a task on Spot ends {_SPOT_NOTICE} s after the warning",
            f"deregistration_delay: {_SPOT_NOTICE - 30}, or less",
        )


@rule("warning")
def alarm_rings_outside_running_hours(here: Environment) -> Iterator[Concern]:
    """Every night, the alarm on running tasks tells of what was planned, and soon nobody listens."""
    service = here.platform.service
    hours = here.platform.running_hours(service) if service else None
    if hours is None:
        return
    for alarm in here.stack.of_type("aws_cloudwatch_metric_alarm"):
        if alarm.get("metric_name") != "RunningTaskCount":
            continue
        least, threshold = hours.otherwise.minimum, number(alarm.get("threshold"))
        if threshold > least:
            yield Concern(
                ("ecs_service", "running_tasks_alarm_threshold"),
                f"the alarm rings below {count(threshold, 'task')}; outside the running hours there are {least}",
                f"running_tasks_alarm_threshold: {least}",
            )
        if not least and alarm.get("treat_missing_data") == "breaching":
            yield Concern(
                ("ecs_service", "running_tasks_alarm_missing_data"),
                "without tasks there are no data, which the alarm takes for a fault",
                "running_tasks_alarm_missing_data: notBreaching",
            )


def _is(number: float) -> str:
    return "is" if number == 1 else "are"
