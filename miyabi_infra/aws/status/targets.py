"""Elastic Load Balancing: the load balancer itself, and whether the tasks are registered and healthy."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from miyabi_infra.aws.status.model import Level, Look, Observation
from miyabi_infra.text import count


def targets(look: Look) -> Iterator[Observation]:
    """The load balancer, the targets that are healthy, each one that is not, and tasks without a target."""
    balancer = look.describe_load_balancer()
    state = balancer.get("State", {})
    level = Level.OK if state.get("Code") == "active" else Level.DEGRADED
    reason = f": {state['Reason']}" if state.get("Reason") else ""
    text = f"load balancer {state.get('Code', 'in no state')}{reason}, {balancer['DNSName']}"
    yield Observation(level, text, {"state": state.get("Code"), "dns_name": balancer["DNSName"]})
    arn = look.target_group()["TargetGroupArn"]
    found = look.world.ask("elbv2", "describe_target_health", TargetGroupArn=arn)["TargetHealthDescriptions"]
    states = [each["TargetHealth"]["State"] for each in found]
    healthy = states.count("healthy")
    level = Level.OK if healthy else Level.DEGRADED
    yield Observation(
        level, f"{healthy} of {count(len(found), 'target')} healthy", {"healthy": healthy, "all": len(found)}
    )
    for each in found:
        health = each["TargetHealth"]
        if health["State"] == "healthy":
            continue
        bad = health["State"] in {"unhealthy", "unavailable"}
        where = f"{each['Target']['Id']}:{each['Target'].get('Port', '')}"
        why = ": ".join(health[key] for key in ("Reason", "Description") if health.get(key))
        text = f"{where} {health['State']}{f', {why}' if why else ''}"
        yield Observation(Level.DEGRADED if bad else Level.NOTE, text, {"target": where, **health})
    registered = {str(each["Target"]["Id"]) for each in found if each["TargetHealth"]["State"] != "draining"}
    yield from _unregistered(look, registered)


def _unregistered(look: Look, targets: AbstractSet[str]) -> Iterator[Observation]:
    """Tasks that run and get no requests, and targets that are no task and get them."""
    service = look.describe_service()
    if service is None:
        return
    running = service["runningCount"]
    deploying = any(each.get("rolloutState") == "IN_PROGRESS" for each in service["deployments"])
    tasks = _addresses(look)
    known = len(tasks) >= running > 0  # else a task has no address yet, and nobody can tell whose a target is
    foreign = sorted(targets - tasks) if known and not deploying else []
    if foreign:
        text = f"{', '.join(foreign)} gets requests, and is no task of the service"
        yield Observation(Level.DEGRADED, text, {"foreign": foreign})
    registered = len(targets) - len(foreign)
    if running <= registered:
        return
    text = f"{registered} of {count(running, 'running task')} registered: the others get no requests"
    level = Level.NOTE if deploying else Level.DEGRADED
    yield Observation(level, text, {"registered": registered, "running": running})


def _addresses(look: Look) -> set[str]:
    """The private addresses of the service's tasks."""
    arns = look.world.items("ecs", "list_tasks", "taskArns", cluster=look.cluster, serviceName=look.service)
    if not arns:
        return set()
    answer = look.world.ask("ecs", "describe_tasks", cluster=look.cluster, tasks=arns[:100])
    tasks: Sequence[Mapping[str, Any]] = answer["tasks"]
    return {
        str(detail["value"])
        for task in tasks
        for attachment in task.get("attachments") or ()
        for detail in attachment.get("details") or ()
        if detail.get("name") == "privateIPv4Address"
    }
