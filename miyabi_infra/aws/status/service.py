"""ECS: the service with its deployments, whether one was rolled back, and tasks that stopped."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from miyabi_infra.aws.client import Kind
from miyabi_infra.aws.readers.ecs import tasks_of_no_service
from miyabi_infra.aws.status.model import Level, Look, Observation, ago
from miyabi_infra.aws.world import Unresolved
from miyabi_infra.text import count

RECENT: Final = timedelta(hours=1)
"""How far back events of the service are shown."""
SHOWN: Final = 3
"""Events, activities and log lines that are shown of each."""
_BACK: Final = re.compile(r"roll(?:ing|ed) back", re.IGNORECASE)
"""What ECS says of a deployment that its circuit breaker rolls back (Developer Guide, "Service event messages")."""


def service(look: Look) -> Iterator[Observation]:
    """Tasks, deployments, circuit breaker, events."""
    found = look.describe_service()
    if found is None:
        text = f"service {look.service} does not exist"
        yield Observation(Level.DEGRADED, text, {"trouble": Kind.MISSING.value})
        return
    running, desired, pending = found["runningCount"], found["desiredCount"], found["pendingCount"]
    works = found["status"] == "ACTIVE" and running >= desired > 0
    yield Observation(
        Level.OK if works else Level.DEGRADED,
        f"{found['status']}, {running} of {count(desired, 'task')} running, {pending} pending",
        {"status": found["status"], "running": running, "desired": desired, "pending": pending},
    )
    deployments: Sequence[Mapping[str, Any]] = found["deployments"]
    for deployment in deployments:
        yield _deployment(deployment, look.now)
    if found.get("deploymentController", {}).get("type") == "CODE_DEPLOY":
        yield from _by_codedeploy(look)
    else:
        breaker = found.get("deploymentConfiguration", {}).get("deploymentCircuitBreaker", {})
        on, back = breaker.get("enable", False), breaker.get("rollback", False)
        text = f"circuit breaker {'on' if on else 'off'}{', rolls back' if on and back else ''}"
        yield Observation(Level.OK if on and back else Level.NOTE, text, {"enabled": on, "rollback": back})
    events: Sequence[Mapping[str, Any]] = found.get("events") or []
    yield from _rolled_back(look, deployments, events)
    yield from _events(events, look.now)


def _by_codedeploy(look: Look) -> Iterator[Observation]:
    """The last deployment of CodeDeploy, which owns task definition and traffic."""
    for group in look.world.stack.of_type("aws_codedeploy_deployment_group"):
        application, name = look.world.value(group.get("app_name")), str(group.get("deployment_group_name"))
        if isinstance(application, Unresolved):
            yield Observation(Level.DEGRADED, "CodeDeploy's application does not exist", {"group": name})
            continue
        answer = look.world.ask(
            "codedeploy", "get_deployment_group", applicationName=application, deploymentGroupName=name
        )
        last: Mapping[str, Any] = answer["deploymentGroupInfo"].get("lastAttemptedDeployment") or {}
        if not last:
            yield Observation(Level.NOTE, "CodeDeploy has deployed nothing yet", {"group": name})
            continue
        found = look.world.ask("codedeploy", "get_deployment", deploymentId=last["deploymentId"])["deploymentInfo"]
        error: Mapping[str, Any] = found.get("errorInformation") or {}
        status, why = str(found["status"]), str(error.get("message") or "")
        level = {"Succeeded": Level.OK, "Failed": Level.DEGRADED, "Stopped": Level.DEGRADED}.get(status, Level.NOTE)
        text = f"CodeDeploy: deployment {found['deploymentId']} {status}, begun {ago(found['createTime'], look.now)}"
        data = {"deployment": found["deploymentId"], "status": status, "reason": why}
        yield Observation(level, f"{text}{f': {why}' if why else ''}", data)


def _deployment(deployment: Mapping[str, Any], now: datetime) -> Observation:
    state, reason = deployment.get("rolloutState", "unknown"), deployment.get("rolloutStateReason", "")
    failed = deployment.get("failedTasks", 0)
    revision = _revision(deployment["taskDefinition"])
    level = {"COMPLETED": Level.OK, "IN_PROGRESS": Level.NOTE, "FAILED": Level.DEGRADED}.get(state, Level.NOTE)
    if state == "IN_PROGRESS" and (failed or _BACK.search(reason)):
        level = Level.DEGRADED
    parts = [
        f"{'' if deployment['status'] == 'PRIMARY' else 'earlier '}deployment {state}",
        f"of {revision}",
        f"begun {ago(deployment['createdAt'], now)}",
    ]
    if failed:
        parts.append(f"{count(failed, 'task')} failed to start")
    if reason and state != "COMPLETED":
        parts.append(reason)
    data = {"state": state, "reason": reason, "task_definition": revision, "failed_tasks": failed}
    return Observation(level, ", ".join(parts), data)


def _revision(arn: object) -> str:
    return str(arn).rpartition("/")[2]


def _rolled_back(
    look: Look, deployments: Sequence[Mapping[str, Any]], events: Sequence[Mapping[str, Any]]
) -> Iterator[Observation]:
    """Whether what was deployed last is what runs; a rollback leaves an older revision than the latest one."""
    primary = next((each for each in deployments if each["status"] == "PRIMARY"), None)
    event = next((each for each in events if _BACK.search(str(each["message"]))), None)
    if primary is None:
        return
    runs = _revision(primary["taskDefinition"])
    answer = look.world.optional("ecs", "describe_task_definition", taskDefinition=runs.partition(":")[0])
    latest = _revision(answer["taskDefinition"]["taskDefinitionArn"]) if answer else runs
    data = {"runs": runs, "latest": latest}
    if event is not None and (latest != runs or look.now - event["createdAt"] < RECENT):
        text = f"a deployment was rolled back {ago(event['createdAt'], look.now)}: {runs} runs, {latest} is the latest"
        yield Observation(Level.DEGRADED, text, data)
    elif latest != runs:
        text = f"{runs} runs, but {latest} is the latest: it was rolled back, or never deployed"
        yield Observation(Level.DEGRADED, text, data)


def _events(events: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[Observation]:
    """What the service says about itself; that it is steady is no news."""
    recent = [each for each in events if now - each["createdAt"] < RECENT and "steady state" not in each["message"]]
    for each in recent[:SHOWN]:
        yield Observation(Level.NOTE, f"{ago(each['createdAt'], now)}: {each['message']}", {"event": each["message"]})


def stopped(look: Look) -> Iterator[Observation]:
    """The tasks that stopped, and why. ECS remembers them for about an hour."""
    arns = look.world.items(
        "ecs", "list_tasks", "taskArns", cluster=look.cluster, serviceName=look.service, desiredStatus="STOPPED"
    )
    if not arns:
        yield Observation(Level.OK, "none in the last hour")
        return
    answer = look.world.ask("ecs", "describe_tasks", cluster=look.cluster, tasks=arns[:100])
    tasks: list[dict[str, Any]] = answer["tasks"]
    latest = sorted(tasks, key=lambda task: task.get("stoppedAt", look.now), reverse=True)
    for task in latest[:SHOWN]:
        reasons = [task.get("stoppedReason", "no reason given")]
        for container in task.get("containers", []):
            if container.get("exitCode"):
                reasons.append(f"{container['name']} exited with {container['exitCode']}")
            if container.get("reason"):
                reasons.append(container["reason"])
        when = ago(task["stoppedAt"], look.now) if task.get("stoppedAt") else "stopping"
        identifier = str(task["taskArn"]).rpartition("/")[2]
        data = {"task": identifier, "code": task.get("stopCode", ""), "reasons": reasons}
        yield Observation(Level.NOTE, f"{identifier}, {when}: {'; '.join(reasons)}", data)
    if len(arns) > SHOWN:
        yield Observation(Level.NOTE, f"and {len(arns) - SHOWN} more", {"stopped": len(arns)})


def others(look: Look) -> Iterator[Observation]:
    """The tasks that run in the cluster and that no service started: ECS counts them in no service."""
    for each in tasks_of_no_service(look.cluster, look.world):
        data = {"task": each.identifier, "group": each.group, "started_by": each.by}
        why = "migrates the database" if each.migrates else "no task of the service, and counted in no figure of it"
        yield Observation(Level.NOTE, f"{each}: {why}", data)
