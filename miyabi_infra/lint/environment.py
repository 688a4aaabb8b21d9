"""What a rule of lint looks at: the generated stack, and the overlay with the line of every setting."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from environments.sections.lint import LintSettings
from environments.sections.service_levels import ServiceLevelSettings
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.problems import KeyPath
from miyabi_infra.reach import Reach
from miyabi_infra.stacks import Resource, Stack, Value


@dataclass(frozen=True)
class Environment:
    """An environment as it is generated, and as its overlay describes it."""

    stack: Stack
    overlay: Document
    lint: LintSettings
    service_levels: ServiceLevelSettings
    shared: Stack | None
    """What exists once an account, where there is such a stack."""
    others: tuple[Stack, ...]
    """The other environments."""

    @cached_property
    def reach(self) -> Reach:
        """What can open a connection to what."""
        return Reach(self.stack)

    @property
    def highly_available(self) -> bool:
        """Whether it calls itself so."""
        return self.setting("highly_available") is True

    @cached_property
    def zones(self) -> int:
        """Zones that the tasks run in."""
        return len({str(each.get("availability_zone")) for each in self.stack.of_type("aws_subnet")})

    def setting(self, *path: str) -> Any:  # noqa: ANN401  # as YAML has it
        """What the overlay says at a key; None where it says nothing."""
        here: object = self.overlay.data
        for key in path:
            here = cast("Mapping[str, object]", here).get(key) if isinstance(here, Mapping) else None
        return here

    def says(self, path: KeyPath) -> bool:
        """Whether the overlay, or the base below it, writes a key."""
        return path in self.overlay.places

    def first(self, kind: str) -> Resource | None:
        """The first resource of a type."""
        return next(iter(self.stack.of_type(kind)), None)

    def alarm(self, metric: str, namespace: str) -> Resource | None:
        """The alarm on a metric."""
        for each in self.stack.of_type("aws_cloudwatch_metric_alarm"):
            if (each.get("metric_name"), each.get("namespace")) == (metric, namespace):
                return each
        return None

    def scaling_target(self, metric: str) -> float | None:
        """The value that the autoscaler aims at for a metric."""
        for policy in self.stack.of_type("aws_appautoscaling_policy"):
            for block in policy.blocks("target_tracking_scaling_policy_configuration"):
                specification = block.get("predefined_metric_specification")
                named = specification[0] if isinstance(specification, tuple) else specification
                if isinstance(named, Mapping) and named.get("predefined_metric_type") == metric:
                    return number(block.get("target_value"))
        return None

    def containers(self) -> tuple[Mapping[str, Value], ...]:
        """The containers of the tasks."""
        return tuple(
            block
            for each in self.stack.of_type("aws_ecs_task_definition")
            for block in each.blocks("container_definitions")
        )


def number(value: Value, default: float = 0) -> float:
    """A number, also one that Terraform keeps as text."""
    if isinstance(value, str) and value.replace(".", "", 1).isdecimal():
        return float(value)
    return float(value) if isinstance(value, int | float) else default
