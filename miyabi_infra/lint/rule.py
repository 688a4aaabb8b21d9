"""What a rule of lint is, and what rules share."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from miyabi_infra.lint.environment import Environment
from miyabi_infra.stacks import Resource, Value
from miyabi_infra.stacks.platform import mappings, number

Severity = Literal["error", "warning", "info"]
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "info")
"""`error`: it does not work. `warning`: it will cause an incident some day. `info`: consider it."""


@dataclass(frozen=True)
class Concern:
    """What a rule found."""

    setting: tuple[str, ...]
    """The setting to look at first; the finding has its line."""
    text: str
    """What is configured."""
    fix: str
    """What would be better, in settings."""
    severity: Severity | None = None
    """If it is not the rule's."""


@dataclass(frozen=True)
class LintRule:
    """A rule with its name."""

    name: str
    severity: Severity
    why: str
    """The consequence, whatever the figures."""
    check: "Check"


Check: TypeAlias = Callable[[Environment], Iterator[Concern]]


def rule(severity: Severity) -> Callable[[Check], LintRule]:
    """Make a rule of a function: its name is the rule's name, its docstring says why."""

    def make(check: Check) -> LintRule:
        name = getattr(check, "__name__", "")
        return LintRule(name.replace("_", "-"), severity, " ".join((check.__doc__ or "").split()), check)

    return make


def draining(here: Environment) -> float | None:
    """Seconds that a target which stops has for requests in progress; None without a target group."""
    group = here.platform.target_group
    return None if group is None else number(group.get("deregistration_delay"), 300)


def container_checks(here: Environment) -> Iterator[Mapping[str, Value]]:
    """The containers' own health checks."""
    for container in here.platform.containers:
        yield from mappings(container.get("healthCheck"))


def scalable_target(here: Environment) -> Resource | None:
    """The scalable target of the service."""
    return here.platform.first("aws_appautoscaling_target")
