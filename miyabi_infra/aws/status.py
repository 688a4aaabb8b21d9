"""`miyabi-infra status`: how an environment is right now, as an operator at night needs it.

Every section asks AWS for itself, all at the same time. One that gets no answer says why (no permission, time-out,
missing …), and the others still show.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final, cast

from miyabi_infra.aws.client import UNEXPECTED, Aws, Kind, Trouble, not_understood, together
from miyabi_infra.aws.names import Names
from miyabi_infra.stacks import Stack
from miyabi_infra.text import count


class Level(IntEnum):
    """How much a finding matters; the verdict is the greatest."""

    OK = 0
    NOTE = 1
    """Worth knowing, and no reason to act."""
    UNKNOWN = 2
    """Could not be read."""
    DEGRADED = 3
    """Something does not work as it should."""


@dataclass(frozen=True)
class Finding:
    """One line of a section."""

    level: Level
    text: str
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The figures in the text, for programs."""


@dataclass(frozen=True)
class Section:
    """A part of the environment, with what was found."""

    name: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Status:
    """The status of an environment at a time."""

    stack: Stack
    time: datetime
    account: str
    """Account that answered; empty when it did not say."""
    principal: str
    """Who asked: ARN of a user or a role."""
    sections: tuple[Section, ...]

    @property
    def level(self) -> Level:
        """The greatest level of all findings."""
        return max((found.level for section in self.sections for found in section.findings), default=Level.UNKNOWN)

    @property
    def exit_code(self) -> int:
        """0 healthy, 1 degraded, 3 when nothing is known to be degraded but not everything could be read."""
        return {Level.DEGRADED: 1, Level.UNKNOWN: 3}.get(self.level, 0)


@dataclass(frozen=True)
class _Look:
    """What every section gets."""

    aws: Aws
    names: Names
    now: datetime


RECENT: Final = timedelta(hours=1)
"""How far back logs, stopped tasks and events of the service are looked at."""
MEASURED: Final = timedelta(minutes=15)
"""How old the latest figure of a metric may be."""
ERROR: Final = re.compile(r"error|fatal|panicked", re.IGNORECASE)
"""What a log line about an error holds; the dashboard's pattern."""
_ERROR_TERMS: Final = "?ERROR ?Error ?error ?FATAL ?Fatal ?fatal ?panicked"
"""The same as a filter of CloudWatch Logs, which knows no case."""
_LOG_PAGES: Final = 20
"""Pages of log events that are read at the most."""
_SHOWN: Final = 3
"""Events, activities and log lines that are shown of each."""


def read(stack: Stack, aws: Aws, now: datetime) -> Status:
    """The status of an environment.

    Raises:
        Refused: when the stack runs no service.
    """
    look = _Look(aws, Names.of(stack), now)
    account, principal = "", ""
    try:
        identity = aws.call("sts", "get_caller_identity")
        account, principal = str(identity["Account"]), str(identity["Arn"])
    except Trouble as trouble:
        if trouble.kind is Kind.CREDENTIALS:  # nothing else would be answered either
            return Status(stack, now, "", "", (Section("account", (_unknown(trouble),)),))
        access = (Section("account", (_unknown(trouble),)),)
    else:
        allowed = stack.provider.get("allowed_account_ids")
        if isinstance(allowed, tuple) and account not in allowed:
            text = (
                f"the credentials belong to account {account}; {stack.environment} is in {', '.join(map(str, allowed))}"
            )
            return Status(stack, now, account, principal, (Section("account", (Finding(Level.UNKNOWN, text),)),))
        access = ()
    sections = together(lambda pair: _section(pair[0], pair[1], look), SECTIONS.items())
    return Status(stack, now, account, principal, (*access, *sections))


def _section(name: str, ask: Callable[[_Look], Iterator[Finding]], look: _Look) -> Section:
    """A section; what goes wrong in the middle of it is its last line."""
    found: list[Finding] = []
    try:
        found.extend(ask(look))  # extends by what was found before a trouble, too
    except Trouble as trouble:
        level = Level.DEGRADED if trouble.kind is Kind.MISSING else Level.UNKNOWN
        found.append(Finding(level, trouble.text, {"trouble": trouble.kind.value}))
    except UNEXPECTED as error:
        found.append(_unknown(not_understood(error)))
    return Section(name, tuple(found))


def _unknown(trouble: Trouble) -> Finding:
    return Finding(Level.UNKNOWN, trouble.text, {"trouble": trouble.kind.value})


# ---- service -------------------------------------------------------------------------------------------------------


def _service(look: _Look) -> Iterator[Finding]:
    names = look.names
    answer = look.aws.call("ecs", "describe_services", cluster=names.cluster, services=[names.service])
    if not answer["services"]:
        yield Finding(Level.DEGRADED, f"service {names.service} does not exist", {"trouble": Kind.MISSING.value})
        return
    service = answer["services"][0]
    running, desired, pending = service["runningCount"], service["desiredCount"], service["pendingCount"]
    works = service["status"] == "ACTIVE" and running >= desired > 0
    yield Finding(
        Level.OK if works else Level.DEGRADED,
        f"{service['status']}, {running} of {count(desired, 'task')} running, {pending} pending",
        {"status": service["status"], "running": running, "desired": desired, "pending": pending},
    )
    for deployment in service["deployments"]:
        yield _deployment(deployment, look.now)
    breaker = service.get("deploymentConfiguration", {}).get("deploymentCircuitBreaker", {})
    on, back = breaker.get("enable", False), breaker.get("rollback", False)
    text = f"circuit breaker {'on' if on else 'off'}{', rolls back' if on and back else ''}"
    yield Finding(Level.OK if on and back else Level.NOTE, text, {"enabled": on, "rollback": back})
    yield from _events(service.get("events", []), look.now)


def _deployment(deployment: Mapping[str, Any], now: datetime) -> Finding:
    state, reason = deployment.get("rolloutState", "unknown"), deployment.get("rolloutStateReason", "")
    failed = deployment.get("failedTasks", 0)
    revision = str(deployment["taskDefinition"]).rpartition("/")[2]
    level = {"COMPLETED": Level.OK, "IN_PROGRESS": Level.NOTE, "FAILED": Level.DEGRADED}.get(state, Level.NOTE)
    if state == "IN_PROGRESS" and failed:
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
    return Finding(level, ", ".join(parts), data)


def _events(events: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[Finding]:
    """What the service says about itself; that it is steady is no news."""
    recent = [each for each in events if now - each["createdAt"] < RECENT and "steady state" not in each["message"]]
    for each in recent[:_SHOWN]:
        yield Finding(Level.NOTE, f"{ago(each['createdAt'], now)}: {each['message']}", {"event": each["message"]})


def _stopped(look: _Look) -> Iterator[Finding]:
    """ECS remembers stopped tasks for about an hour."""
    names = look.names
    arns = look.aws.pages(
        "ecs", "list_tasks", "taskArns", cluster=names.cluster, serviceName=names.service, desiredStatus="STOPPED"
    )
    if not arns:
        yield Finding(Level.OK, "none in the last hour")
        return
    tasks: list[dict[str, Any]] = look.aws.call("ecs", "describe_tasks", cluster=names.cluster, tasks=arns[:100])[
        "tasks"
    ]
    latest = sorted(tasks, key=lambda task: task.get("stoppedAt", look.now), reverse=True)
    for task in latest[:_SHOWN]:
        reasons = [task.get("stoppedReason", "no reason given")]
        for container in task.get("containers", []):
            if container.get("exitCode"):
                reasons.append(f"{container['name']} exited with {container['exitCode']}")
            if container.get("reason"):
                reasons.append(container["reason"])
        when = ago(task["stoppedAt"], look.now) if task.get("stoppedAt") else "stopping"
        identifier = str(task["taskArn"]).rpartition("/")[2]
        data = {"task": identifier, "code": task.get("stopCode", ""), "reasons": reasons}
        yield Finding(Level.NOTE, f"{identifier}, {when}: {'; '.join(reasons)}", data)
    if len(arns) > _SHOWN:
        yield Finding(Level.NOTE, f"and {len(arns) - _SHOWN} more", {"stopped": len(arns)})


# ---- load balancer -------------------------------------------------------------------------------------------------


def _targets(look: _Look) -> Iterator[Finding]:
    balancers = look.aws.call("elbv2", "describe_load_balancers", Names=[look.names.load_balancer])["LoadBalancers"]
    for balancer in balancers:
        state = balancer.get("State", {})
        level = Level.OK if state.get("Code") == "active" else Level.DEGRADED
        reason = f": {state['Reason']}" if state.get("Reason") else ""
        text = f"load balancer {state.get('Code', 'in no state')}{reason}, {balancer['DNSName']}"
        yield Finding(level, text, {"state": state.get("Code"), "dns_name": balancer["DNSName"]})
    groups = look.aws.call("elbv2", "describe_target_groups", Names=[look.names.target_group])["TargetGroups"]
    arn = groups[0]["TargetGroupArn"]
    found = look.aws.call("elbv2", "describe_target_health", TargetGroupArn=arn)["TargetHealthDescriptions"]
    states = [each["TargetHealth"]["State"] for each in found]
    healthy = states.count("healthy")
    level = Level.OK if healthy else Level.DEGRADED
    yield Finding(level, f"{healthy} of {count(len(found), 'target')} healthy", {"healthy": healthy, "all": len(found)})
    for each in found:
        health = each["TargetHealth"]
        if health["State"] == "healthy":
            continue
        bad = health["State"] in {"unhealthy", "unavailable"}
        where = f"{each['Target']['Id']}:{each['Target'].get('Port', '')}"
        why = ": ".join(health[key] for key in ("Reason", "Description") if health.get(key))
        text = f"{where} {health['State']}{f', {why}' if why else ''}"
        yield Finding(Level.DEGRADED if bad else Level.NOTE, text, {"target": where, **health})


# ---- capacity ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Metric:
    """A figure of CloudWatch."""

    label: str
    namespace: str
    name: str
    statistic: str = "Average"
    unit: str = " %"
    scale: float = 1
    tracked: str = ""
    """What the autoscaler calls it, where it aims at a value of it."""


_SERVICE_METRICS: Final = (
    _Metric("CPU", "AWS/ECS", "CPUUtilization", tracked="ECSServiceAverageCPUUtilization"),
    _Metric("memory", "AWS/ECS", "MemoryUtilization", tracked="ECSServiceAverageMemoryUtilization"),
)
_CACHE_METRICS: Final = (
    _Metric("CPU", "AWS/ElastiCache", "CPUUtilization"),
    _Metric("free memory", "AWS/ElastiCache", "FreeableMemory", unit=" MB", scale=1e-6),
    _Metric("evictions", "AWS/ElastiCache", "Evictions", unit=""),
    _Metric("connections", "AWS/ElastiCache", "CurrConnections", unit=""),
)
_LOWER_IS_WORSE: Final = frozenset({"FreeableMemory"})


def _capacity(look: _Look) -> Iterator[Finding]:
    names = look.names
    targets = look.aws.call(
        "application-autoscaling", "describe_scalable_targets", ServiceNamespace="ecs", ResourceIds=[names.scalable]
    )["ScalableTargets"]
    if targets:
        least, most = targets[0]["MinCapacity"], targets[0]["MaxCapacity"]
        suspended = [name for name, held in targets[0].get("SuspendedState", {}).items() if held]
        text = f"scales from {least} to {count(most, 'task')}"
        if suspended:
            text += f"; suspended: {', '.join(suspended)}"
        data = {"minimum": least, "maximum": most, "suspended": suspended}
        yield Finding(Level.DEGRADED if suspended else Level.OK, text, data)
    else:
        yield Finding(Level.DEGRADED, f"nothing scales {names.scalable}", {"trouble": Kind.MISSING.value})
    dimensions = {"ClusterName": names.cluster, "ServiceName": names.service}
    yield from _measured(look, _SERVICE_METRICS, dimensions)


def _scaling(look: _Look) -> Iterator[Finding]:
    activities = look.aws.call(
        "application-autoscaling",
        "describe_scaling_activities",
        ServiceNamespace="ecs",
        ResourceId=look.names.scalable,
        MaxResults=_SHOWN,
    )["ScalingActivities"]
    if not activities:
        yield Finding(Level.OK, "no activity in the last six weeks")
    for index, each in enumerate(activities):
        failed = each["StatusCode"] in {"Failed", "Unfulfilled"}
        level = Level.NOTE if failed else Level.OK
        if failed and index == 0:  # a later one that worked makes up for it
            level = Level.DEGRADED
        why = each.get("StatusMessage") if failed else each.get("Cause")
        text = f"{ago(each['StartTime'], look.now)}: {each['StatusCode']}, {each['Description']}"
        yield Finding(level, f"{text} {why or ''}".rstrip(), {"status": each["StatusCode"], "cause": each.get("Cause")})


def _redis(look: _Look) -> Iterator[Finding]:
    cluster = look.aws.call(
        "elasticache", "describe_cache_clusters", CacheClusterId=look.names.cache, ShowCacheNodeInfo=True
    )["CacheClusters"][0]
    state = cluster["CacheClusterStatus"]
    level = {"available": Level.OK, "modifying": Level.NOTE, "snapshotting": Level.NOTE}.get(state, Level.DEGRADED)
    text = f"{state}, {cluster['CacheNodeType']}, Redis {cluster['EngineVersion']}"
    yield Finding(level, text, {"status": state, "engine_version": cluster["EngineVersion"]})
    yield from _measured(look, _CACHE_METRICS, {"CacheClusterId": look.names.cache})


def _measured(look: _Look, metrics: Sequence[_Metric], dimensions: Mapping[str, str]) -> Iterator[Finding]:
    """The latest figure of each metric, beside what it is held against. Whether that is too much, the alarm says."""
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
    results = look.aws.pages(
        "cloudwatch",
        "get_metric_data",
        "MetricDataResults",
        MetricDataQueries=queries,
        StartTime=look.now - MEASURED,
        EndTime=look.now,
        ScanBy="TimestampDescending",
    )
    values = {each["Id"]: each["Values"][0] for each in results if each["Values"]}
    for index, metric in enumerate(metrics):
        yield _figure(metric, values.get(f"m{index}"), look.names)


def _figure(metric: _Metric, value: float | None, names: Names) -> Finding:
    threshold = names.threshold(metric.namespace, metric.name)
    target = names.targets.get(metric.tracked)
    held: list[str] = []
    if target is not None:
        held.append(f"scales at {target:g}{metric.unit}")
    lower = metric.name in _LOWER_IS_WORSE
    if threshold is not None:
        held.append(f"alarm {'below' if lower else 'above'} {threshold * metric.scale:g}{metric.unit}")
    against = f" ({', '.join(held)})" if held else ""
    data = {"metric": metric.name, "value": value, "alarm": threshold, "target": target}
    if value is None:
        minutes = int(MEASURED.total_seconds() // 60)
        return Finding(Level.NOTE, f"{metric.label}: no figure in the last {minutes} minutes{against}", data)
    beyond = threshold is not None and (value < threshold if lower else value > threshold)
    text = f"{metric.label} {value * metric.scale:.3g}{metric.unit}{against}"
    return Finding(Level.NOTE if beyond else Level.OK, text, data)


# ---- alarms and logs -----------------------------------------------------------------------------------------------


def _alarms(look: _Look) -> Iterator[Finding]:
    wanted = sorted(look.names.alarms)
    found = look.aws.pages("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNames=wanted)
    by_name = {each["AlarmName"]: each for each in found}
    quiet = [name for name in wanted if by_name.get(name, {}).get("StateValue") == "OK"]
    yield Finding(Level.OK, f"{len(quiet)} of {count(len(wanted), 'alarm')} OK", {"ok": len(quiet), "all": len(wanted)})
    for name in wanted:
        alarm = by_name.get(name)
        if alarm is None:
            yield Finding(
                Level.DEGRADED, f"{name} does not exist: nothing watches", {"alarm": name, "state": "missing"}
            )
            continue
        state = alarm["StateValue"]
        if state != "OK":
            since = ago(alarm["StateUpdatedTimestamp"], look.now)
            why = f": {alarm['StateReason']}" if alarm.get("StateReason") else ""
            level = Level.DEGRADED if state == "ALARM" else Level.NOTE
            yield Finding(level, f"{name} {state} since {since}{why}", {"alarm": name, "state": state})
        if not alarm.get("ActionsEnabled", True):
            yield Finding(Level.NOTE, f"{name} is muted: its actions are disabled", {"alarm": name, "muted": True})


def _logs(look: _Look) -> Iterator[Finding]:
    """Errors in the application's logs. A line counts when the pattern is in it, whatever the filter let through."""
    events: list[Mapping[str, Any]] = []
    token: dict[str, str] = {}
    pages = 0
    while pages < _LOG_PAGES:
        answer = look.aws.call(
            "logs",
            "filter_log_events",
            logGroupName=look.names.log_group,
            startTime=int((look.now - RECENT).timestamp() * 1000),
            endTime=int(look.now.timestamp() * 1000),
            filterPattern=_ERROR_TERMS,
            **token,
        )
        events += [each for each in answer["events"] if ERROR.search(each["message"])]
        pages += 1
        if not answer.get("nextToken"):
            break
        token = {"nextToken": answer["nextToken"]}
    more = " or more" if pages == _LOG_PAGES and token else ""
    number = count(len(events), "line")
    text = f"{number}{more} about errors in {look.names.log_group} in the last hour"
    yield Finding(Level.NOTE if events else Level.OK, text, {"errors": len(events), "all_read": not more})
    for event in sorted(events, key=lambda each: each["timestamp"])[-_SHOWN:]:
        when = datetime.fromtimestamp(event["timestamp"] / 1000, tz=look.now.tzinfo)
        line = " ".join(str(event["message"]).split())
        yield Finding(Level.NOTE, f"{when:%H:%M:%S} {line}", {"message": event["message"]})


SECTIONS: Final[Mapping[str, Callable[[_Look], Iterator[Finding]]]] = {
    "service": _service,
    "targets": _targets,
    "capacity": _capacity,
    "scaling": _scaling,
    "stopped tasks": _stopped,
    "redis": _redis,
    "alarms": _alarms,
    "logs": _logs,
}
"""The sections, in the order in which they are shown."""


def ago(then: datetime, now: datetime) -> str:
    """How long ago something was, as people say it: `4 min ago`."""
    seconds = (now - then).total_seconds()
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "just now"


def as_data(status: Status) -> dict[str, Any]:
    """The status for programs."""
    return {
        "environment": status.stack.environment,
        "stack": status.stack.name,
        "region": status.stack.region,
        "account": status.account,
        "principal": status.principal,
        "time": status.time.isoformat(timespec="seconds"),
        "verdict": verdict(status),
        "exit_code": status.exit_code,
        "sections": {
            section.name: [
                {"level": found.level.name.lower(), "text": found.text, "data": cast("Any", found.data)}
                for found in section.findings
            ]
            for section in status.sections
        },
    }


def verdict(status: Status) -> str:
    """The status in a word."""
    return {Level.DEGRADED: "degraded", Level.UNKNOWN: "unknown"}.get(status.level, "healthy")
