"""What a rule of lint is, and what rules share."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from miyabi_infra.lint.environment import Environment, number
from miyabi_infra.stacks import Resource, Value

Severity = Literal["error", "warning", "info"]
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "info")
"""`error`: it does not work as it is. `warning`: it will hurt some day. `info`: worth a thought."""


@dataclass(frozen=True)
class Problem:
    """What a rule found."""

    setting: tuple[str, ...]
    """The setting to look at first; the finding stands at its line."""
    text: str
    """What is."""
    fix: str
    """What would be better, in settings."""
    severity: Severity | None = None
    """Where it is another than the rule's."""


@dataclass(frozen=True)
class Rule:
    """A rule with its name."""

    name: str
    severity: Severity
    why: str
    """What comes of it, whatever the figures."""
    check: "Check"


Check: TypeAlias = Callable[[Environment], Iterator[Problem]]


def rule(severity: Severity) -> Callable[[Check], Rule]:
    """Make a rule of a function that looks for problems: its name is the rule's, its docstring says why."""

    def make(check: Check) -> Rule:
        name = getattr(check, "__name__", "")
        return Rule(name.replace("_", "-"), severity, " ".join((check.__doc__ or "").split()), check)

    return make


def health_check(here: Environment) -> Mapping[str, Value] | None:
    """The health check of the load balancer."""
    return next(
        (block for each in here.stack.of_type("aws_lb_target_group") for block in each.blocks("health_check")), None
    )


def draining(here: Environment) -> float | None:
    """Seconds that a target which is to stop has for requests under way."""
    group = here.first("aws_lb_target_group")
    return None if group is None else number(group.get("deregistration_delay"), 300)


def container_checks(here: Environment) -> Iterator[Mapping[str, Value]]:
    """The containers' own health checks."""
    for container in here.containers():
        yield from mappings(container.get("healthCheck"))


def caches(here: Environment) -> tuple[Resource, ...]:
    """The caches, whichever type they are of."""
    return here.stack.of_type("aws_elasticache_cluster", "aws_elasticache_replication_group")


def mappings(value: Value) -> tuple[Mapping[str, Value], ...]:
    """The mappings of a list, or a single one."""
    found = value if isinstance(value, tuple) else (value,)
    return tuple(each for each in found if isinstance(each, Mapping))
