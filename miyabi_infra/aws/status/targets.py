"""Elastic Load Balancing: the load balancer itself, and whether the tasks are registered and healthy."""

from collections.abc import Iterator

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
    yield from _unregistered(look, len([each for each in states if each != "draining"]))


def _unregistered(look: Look, registered: int) -> Iterator[Observation]:
    """Tasks that run and get no requests."""
    service = look.describe_service()
    if service is None or service["runningCount"] <= registered:
        return
    running = service["runningCount"]
    deploying = any(each.get("rolloutState") == "IN_PROGRESS" for each in service["deployments"])
    text = f"{registered} of {count(running, 'running task')} registered: the others get no requests"
    level = Level.NOTE if deploying else Level.DEGRADED
    yield Observation(level, text, {"registered": registered, "running": running})
