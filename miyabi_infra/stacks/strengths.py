"""What is declared a strength of an environment: each is measured in the generated stack, and more is stronger."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Final

from miyabi_infra.stacks import Stack, Value


@dataclass(frozen=True)
class Strength:
    """A measure of how well an environment is protected. The greater of two is the stronger."""

    name: str
    why: str
    measure: Callable[[Stack], float]
    arguments: tuple[tuple[str, str], ...]
    """Types of resources and their arguments that it is measured by; an empty argument: that the resource is there."""


@dataclass(frozen=True)
class Weaker:
    """A strength of which the second of two environments has less."""

    strength: Strength
    before: float
    after: float


def weaker(before: Stack, after: Stack) -> list[Weaker]:
    """The strengths of which `after` has less than `before`."""
    measured = [Weaker(each, each.measure(before), each.measure(after)) for each in STRENGTHS]
    return [each for each in measured if each.after < each.before]


def shown(figure: float) -> str:
    """A measure as people read it."""
    return "for ever" if figure == inf else f"{figure:g}"


def _number(value: Value) -> float:
    if isinstance(value, str):
        return float(value) if re.fullmatch(r"\d+(?:\.\d+)?", value) else 0
    return float(value) if isinstance(value, int | float) else 0


def _least(kind: str, argument: str, default: float = 0) -> Callable[[Stack], float]:
    """The least value among the resources of a type; 0 without any."""
    return lambda stack: min((_number(each.get(argument, default)) for each in stack.of_type(kind)), default=0)


def _least_refused(kind: str, argument: str) -> Callable[[Stack], float]:
    """1 when none of the resources of a type has a flag set."""
    return lambda stack: float(not any(each.get(argument) is True for each in stack.of_type(kind)))


def _count(kind: str, argument: str | None = None) -> Callable[[Stack], float]:
    """How many resources of a type there are; with an argument, only those that have something in it."""
    return lambda stack: len([each for each in stack.of_type(kind) if argument is None or each.get(argument)])


def _zones(stack: Stack) -> float:
    return len({str(each.get("availability_zone")) for each in stack.of_type("aws_subnet")})


def _log_days(stack: Stack) -> float:
    return min(
        (_number(each.get("retention_in_days", 0)) or inf for each in stack.of_type("aws_cloudwatch_log_group")),
        default=0,
    )


def _https(stack: Stack) -> float:
    return float(any(each.get("protocol") == "HTTPS" for each in stack.of_type("aws_lb_listener")))


def _http_redirects(stack: Stack) -> float:
    plain = [each for each in stack.of_type("aws_lb_listener") if each.get("protocol") == "HTTP"]
    return float(all(each.blocks("default_action")[0].get("type") == "redirect" for each in plain))


_OLDEST_TLS: Final[Mapping[str, float]] = {
    "ELBSecurityPolicy-FS-2018-06": 1.0,
    "ELBSecurityPolicy-2016-08": 1.0,
    "ELBSecurityPolicy-2015-05": 1.0,
}
"""Oldest version of TLS of the policies whose name does not say it."""


def _oldest_tls(stack: Stack) -> float:
    """The oldest version of TLS that an HTTPS listener takes; 0 without one."""
    policies = [str(each.get("ssl_policy")) for each in stack.of_type("aws_lb_listener") if each.get("ssl_policy")]
    found: list[float] = []
    for policy in policies:
        version = re.search(r"-(?:TLS13|TLS|FS)-(1)-(\d)", policy)
        found.append(float(f"{version[1]}.{version[2]}") if version else _OLDEST_TLS.get(policy, 0))
    return min(found, default=0)


def _insights(stack: Stack) -> float:
    settings = [block for each in stack.of_type("aws_ecs_cluster") for block in each.blocks("setting")]
    return float(any(each.get("name") == "containerInsights" and each.get("value") != "disabled" for each in settings))


def _rollback(stack: Stack) -> float:
    breakers = [
        block for each in stack.of_type("aws_ecs_service") for block in each.blocks("deployment_circuit_breaker")
    ]
    return float(any(each.get("enable") is True and each.get("rollback") is True for each in breakers))


def _private_tasks(stack: Stack) -> float:
    networks = [block for each in stack.of_type("aws_ecs_service") for block in each.blocks("network_configuration")]
    return float(not any(each.get("assign_public_ip") is True for each in networks))


def _shared_state(stack: Stack) -> float:
    """0 for a file of one checkout, 1 for a bucket, 2 for one that encrypts, 3 for one that also locks."""
    backend = stack.backend.get("s3")
    if not isinstance(backend, Mapping):
        return 0
    encrypted = backend.get("encrypt") is True
    return 1 + encrypted + (encrypted and bool(backend.get("use_lockfile") or backend.get("dynamodb_table")))


def _pinned_account(stack: Stack) -> float:
    return float(bool(stack.provider.get("allowed_account_ids")))


_CACHE: Final = ("aws_elasticache_cluster", "aws_elasticache_replication_group")


def _cache(argument: str) -> Callable[[Stack], float]:
    """The least value of an argument among the caches, whichever type they are of."""
    return lambda stack: min((_number(each.get(argument, 0)) for each in stack.of_type(*_CACHE)), default=0)


def _of_cache(argument: str) -> tuple[tuple[str, str], ...]:
    return tuple((kind, argument) for kind in _CACHE)


STRENGTHS: Final = (
    Strength(
        "availability zones",
        "a zone that fails takes a smaller part with it",
        _zones,
        (("aws_subnet", "availability_zone"), ("aws_subnet", "")),
    ),
    Strength(
        "NAT gateways",
        "with one a zone, a zone that fails does not cut off the others",
        _count("aws_nat_gateway"),
        (("aws_nat_gateway", ""),),
    ),
    Strength(
        "minimum tasks",
        "fewer tasks carry the load when one fails",
        _least("aws_appautoscaling_target", "min_capacity"),
        (("aws_appautoscaling_target", "min_capacity"),),
    ),
    Strength(
        "tasks kept healthy in a deployment, per cent",
        "a deployment below it takes capacity away",
        _least("aws_ecs_service", "deployment_minimum_healthy_percent", 100),
        (("aws_ecs_service", "deployment_minimum_healthy_percent"),),
    ),
    Strength(
        "deployments roll back",
        "a version that does not start is taken back",
        _rollback,
        (("aws_ecs_service", "deployment_circuit_breaker"),),
    ),
    Strength(
        "tasks without public addresses",
        "a task with one stands in the internet",
        _private_tasks,
        (("aws_ecs_service", "network_configuration"),),
    ),
    Strength(
        "no shell in tasks",
        "ECS Exec opens one to whoever may call it",
        _least_refused("aws_ecs_service", "enable_execute_command"),
        (("aws_ecs_service", "enable_execute_command"),),
    ),
    Strength(
        "deletion protection of the load balancer",
        "its name and addresses are gone with it",
        _least("aws_lb", "enable_deletion_protection"),
        (("aws_lb", "enable_deletion_protection"),),
    ),
    Strength("HTTPS", "without it, everything is readable on the way", _https, (("aws_lb_listener", ""),)),
    Strength(
        "HTTP redirects to HTTPS",
        "what is served on port 80 is readable on the way",
        _http_redirects,
        (("aws_lb_listener", "default_action"),),
    ),
    Strength(
        "oldest TLS version of the listener",
        "older versions have known weaknesses",
        _oldest_tls,
        (("aws_lb_listener", "ssl_policy"), ("aws_lb_listener", "")),
    ),
    Strength(
        "TLS to the cache",
        "without it, the cache's traffic is readable in the VPC",
        _cache("transit_encryption_enabled"),
        _of_cache("transit_encryption_enabled"),
    ),
    Strength(
        "days of cache snapshots",
        "what is older can't be restored",
        _cache("snapshot_retention_limit"),
        _of_cache("snapshot_retention_limit"),
    ),
    Strength(
        "changes of the cache wait for the maintenance window",
        "a change at once may restart it under load",
        _least_refused("aws_elasticache_cluster", "apply_immediately"),
        (("aws_elasticache_cluster", "apply_immediately"),),
    ),
    Strength(
        "database in two zones",
        "a standby takes over",
        _least("aws_db_instance", "multi_az"),
        (("aws_db_instance", "multi_az"),),
    ),
    Strength(
        "days of database backups",
        "what is older can't be restored",
        _least("aws_db_instance", "backup_retention_period"),
        (("aws_db_instance", "backup_retention_period"),),
    ),
    Strength(
        "database encrypted at rest",
        "a copied disk is unreadable",
        _least("aws_db_instance", "storage_encrypted"),
        (("aws_db_instance", "storage_encrypted"),),
    ),
    Strength(
        "deletion protection of the database",
        "data is gone with it",
        _least("aws_db_instance", "deletion_protection"),
        (("aws_db_instance", "deletion_protection"),),
    ),
    Strength(
        "days of logs",
        "what is older can't be looked up after an incident",
        _log_days,
        (("aws_cloudwatch_log_group", "retention_in_days"),),
    ),
    Strength("Container Insights", "the low-tasks alarm needs them", _insights, (("aws_ecs_cluster", "setting"),)),
    Strength(
        "alarms",
        "what no alarm watches fails unseen",
        _count("aws_cloudwatch_metric_alarm"),
        (("aws_cloudwatch_metric_alarm", ""),),
    ),
    Strength(
        "alarms that tell somebody",
        "an alarm without an action is heard by nobody",
        _count("aws_cloudwatch_metric_alarm", "alarm_actions"),
        (("aws_cloudwatch_metric_alarm", "alarm_actions"),),
    ),
    Strength(
        "state kept safe (0 file, 1 bucket, 2 encrypted, 3 locked)",
        "the state holds secrets, and two runs at once break it",
        _shared_state,
        (("terraform.backend", "local"), ("terraform.backend", "s3")),
    ),
    Strength(
        "account is named",
        "credentials of another account are refused",
        _pinned_account,
        (("provider.aws", "allowed_account_ids"),),
    ),
)
"""All strengths, in the order in which they are shown."""
