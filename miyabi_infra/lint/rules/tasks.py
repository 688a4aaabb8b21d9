"""Tasks: starting, stopping, being judged, and how many of them."""

from collections.abc import Iterator
from math import ceil
from typing import Final

from miyabi_infra.lint.environment import Environment, number
from miyabi_infra.lint.rule import Problem, container_checks, draining, health_check, rule
from miyabi_infra.reach import abilities
from miyabi_infra.reach.roles import Role

STOP_TIMEOUT: Final = 30
"""Seconds that ECS leaves a container between SIGTERM and SIGKILL by default (ECS developer guide, "Container
timeouts")."""

_SHORTEST_DRAINING: Final = 5
"""Seconds that AWS recommends for services which answer within a second (ECS developer guide, "Optimize load balancer
connection draining parameters")."""

_SLOWEST_VERDICT: Final = 120
"""Seconds after which the alarm on unhealthy tasks has waited its two periods."""

_MINUTE: Final = 60


@rule("error")
def grace_period_too_short(here: Environment) -> Iterator[Problem]:
    """ECS replaces a task that the load balancer calls unhealthy while it is still starting, again and again."""
    service, checks = here.first("aws_ecs_service"), health_check(here)
    if service is None or checks is None:
        return
    grace, interval = number(service.get("health_check_grace_period_seconds")), number(checks.get("interval"))
    judged = interval * number(checks.get("unhealthy_threshold"))
    starts = max((number(each.get("startPeriod")) for each in container_checks(here)), default=0)
    if max(grace, judged) < starts + interval:
        yield Problem(
            ("ecs_service", "health_check_grace_period_seconds"),
            f"a task may start for {starts:g} s and is asked every {interval:g} s, so its first good answer may come "
            f"after {starts + interval:g} s; it is replaced after {max(grace, judged):g} s",
            f"health_check_grace_period_seconds: {starts + interval:g}",
        )


@rule("warning")
def draining_cuts_requests(here: Environment) -> Iterator[Problem]:
    """Every deployment and every step down of the autoscaler breaks requests that are under way."""
    delay, slow = draining(here), here.service_levels.p99_ms / 1000
    least = max(_SHORTEST_DRAINING, ceil(slow))
    if delay is not None and delay < least:
        yield Problem(
            ("alb", "deregistration_delay"),
            f"a task that is to stop has {delay:g} s for requests under way; one of 100 may take {slow:g} s by the "
            f"service levels, and connections want {_SHORTEST_DRAINING} s to be closed in order",
            f"deregistration_delay: {least}, or more",
        )


@rule("info")
def draining_outlasts_stop_timeout(here: Environment) -> Iterator[Problem]:
    """What a request leaves behind (a job, the end of a WebSocket) has less time than the request itself."""
    delay = draining(here)
    stop = min((number(each.get("stopTimeout"), STOP_TIMEOUT) for each in here.containers()), default=STOP_TIMEOUT)
    if delay is not None and delay > stop:
        yield Problem(
            ("alb", "deregistration_delay"),
            f"requests under way have {delay:g} s, but after them the container is killed {stop:g} s after SIGTERM; "
            f"a deployment waits {delay:g} s for each task",
            f"deregistration_delay: {stop:g}, or less",
        )


@rule("warning")
def sick_tasks_serve_for_long(here: Environment) -> Iterator[Problem]:
    """Users meet a broken task for as long as the load balancer takes to notice."""
    checks = health_check(here)
    if checks is None:
        return
    interval, threshold = number(checks.get("interval")), number(checks.get("unhealthy_threshold"))
    if interval * threshold > _SLOWEST_VERDICT:
        yield Problem(
            ("alb", "health_check_interval"),
            f"{threshold:g} health checks {interval:g} s apart have to fail first: {interval * threshold:g} s",
            f"health_check_interval: {_SLOWEST_VERDICT / threshold:.0f}, or less, or a lower "
            "health_check_unhealthy_threshold",
        )


@rule("warning")
def health_check_takes_errors_for_health(here: Environment) -> Iterator[Problem]:
    """A task that has lost its routes or its rights answers 4xx to everybody, and stays in service."""
    checks = health_check(here)
    matcher = str(checks.get("matcher", "200")) if checks else "200"
    if any(code.startswith("4") for part in matcher.split(",") for code in part.split("-")):
        yield Problem(
            ("alb", "health_check_matcher"), f"{matcher} takes 4xx for healthy", 'health_check_matcher: "200-399"'
        )


@rule("info")
def health_checks_disagree(here: Environment) -> Iterator[Problem]:
    """ECS and the load balancer may come to different verdicts on the same task."""
    checks = health_check(here)
    asked = " ".join(str(each.get("command")) for each in container_checks(here))
    if checks and asked and f"{checks.get('path')}" not in asked:
        yield Problem(
            ("alb", "health_check_path"),
            f"the load balancer asks for {checks.get('path')}, the container's own health check for another path",
            "the same path in alb.health_check_path and ecs.health_check_path",
        )


@rule("error")
def tasks_cannot_start(here: Environment) -> Iterator[Problem]:
    """The deployment fails: ECS can't start a task without its image, logs and secrets."""
    for each in abilities(here.reach):
        missing = [step for step in each.because if not step.holds]
        if not missing:
            continue
        if any(step.kind == "route" for step in missing):
            yield Problem(
                ("networking", "enable_nat_gateway"),
                f"{each.tasks} can't {each.text}: {missing[0].text}",
                "enable_nat_gateway: true",
            )
        else:
            yield Problem(
                ("ecs", each.name) if each.name == "secrets" else ("ecs", "ecr_image_uri"),
                f"{each.tasks} can't {each.text}: {missing[0].text}",
                "iam.execution_role_reads_secrets: true"
                if each.name == "secrets"
                else "a policy for the execution role",
            )


@rule("error")
def exec_without_permission(here: Environment) -> Iterator[Problem]:
    """`aws ecs execute-command` fails: the agent in the task may not open its channel."""
    service, definition = here.first("aws_ecs_service"), here.first("aws_ecs_task_definition")
    if service is None or definition is None or service.get("enable_execute_command") is not True:
        return
    role = Role(here.stack, definition.get("task_role_arn"), "task role")
    if not all(step.holds for step in role.may("ssmmessages:CreateControlChannel", "*")):
        yield Problem(
            ("ecs_service", "enable_execute_command"),
            "ECS Exec is on, while the application's role may not ssmmessages:CreateControlChannel",
            "iam.task_role_allows_exec: true",
        )


@rule("warning")
def fewer_tasks_than_zones(here: Environment) -> Iterator[Problem]:
    """A zone without a task is paid for, and does not help when another fails."""
    target = here.first("aws_appautoscaling_target")
    least = number(target.get("min_capacity")) if target else here.zones
    if least < here.zones:
        yield Problem(
            ("ecs_service", "autoscaling_min_capacity"),
            f"at least {least:g} tasks over {here.zones} zones",
            f"autoscaling_min_capacity: {here.zones}",
            "error" if here.highly_available else None,
        )


@rule("info")
def no_room_to_scale(here: Environment) -> Iterator[Problem]:
    """Scaling policies and their alarms do nothing."""
    target = here.first("aws_appautoscaling_target")
    if target and target.get("min_capacity") == target.get("max_capacity"):
        count = number(target.get("max_capacity"))
        yield Problem(
            ("ecs_service", "autoscaling_max_capacity"),
            f"the autoscaler has {count:g} tasks at the least and at the most",
            f"autoscaling_max_capacity: {count * 2:g}",
        )


@rule("warning")
def throughput_out_of_reach(here: Environment) -> Iterator[Problem]:
    """With the tested load the autoscaler stands at its maximum and answers slow down: it has nothing left to add."""
    target, requests = here.first("aws_appautoscaling_target"), here.scaling_target("ALBRequestCountPerTarget")
    if target is None or requests is None:
        return
    most, promised = number(target.get("max_capacity")), here.service_levels.min_requests_per_second
    if requests * most / _MINUTE < promised:
        yield Problem(
            ("ecs_service", "autoscaling_requests_target"),
            f"{most:g} tasks of {requests:g} requests a minute are {requests * most / _MINUTE:.0f} requests a second; "
            f"the service levels want {promised:g}",
            f"autoscaling_max_capacity: {ceil(promised * _MINUTE / requests)}",
        )


@rule("warning")
def deployment_takes_all_tasks_down(here: Environment) -> Iterator[Problem]:
    """While a new version starts, nobody answers."""
    service, target = here.first("aws_ecs_service"), here.first("aws_appautoscaling_target")
    if service is None or target is None or not target.get("min_capacity"):
        return
    share = number(service.get("deployment_minimum_healthy_percent"), 100)
    if ceil(number(target.get("min_capacity")) * share / 100) < 1:
        yield Problem(
            ("ecs_service", "deployment_minimum_healthy_percent"),
            f"{share:g} % of {number(target.get('min_capacity')):g} tasks stay during a deployment: none",
            "deployment_minimum_healthy_percent: 100",
        )


@rule("error")
def desired_count_fought_over(here: Environment) -> Iterator[Problem]:
    """Every apply takes away the tasks that the autoscaler has added under load."""
    service, target = here.first("aws_ecs_service"), here.first("aws_appautoscaling_target")
    if service is None or target is None or "desired_count" in service.ignore_changes:
        return
    if target.get("min_capacity") != target.get("max_capacity"):
        yield Problem(
            ("ecs_service", "managed_elsewhere"),
            f"Terraform sets {number(service.get('desired_count')):g} tasks, the autoscaler "
            f"{number(target.get('min_capacity')):g} to {number(target.get('max_capacity')):g}",
            "managed_elsewhere: [desired_count]",
        )
