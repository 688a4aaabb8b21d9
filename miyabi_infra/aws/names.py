"""What an environment is called: names of what is looked at, and what it is held against, from its stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Resource, Stack


@dataclass(frozen=True)
class Names:
    """An environment, as its operator sees it."""

    cluster: str
    service: str
    load_balancer: str
    target_group: str
    cache: str
    log_group: str
    alarms: Mapping[str, Resource]
    """The alarms, by name."""
    targets: Mapping[str, float]
    """What the autoscaler aims at, by metric: `ECSServiceAverageCPUUtilization`."""

    @property
    def scalable(self) -> str:
        """The service, as Application Auto Scaling names it."""
        return f"service/{self.cluster}/{self.service}"

    @classmethod
    def of(cls, stack: Stack) -> "Names":
        """The names of a stack.

        Raises:
            Refused: when it runs no service.
        """
        if not stack.of_type("aws_ecs_service"):
            raise Refused(f"{stack.environment!r} runs no service whose status could be read")
        return cls(
            cluster=_only(stack, "aws_ecs_cluster", "name"),
            service=_only(stack, "aws_ecs_service", "name"),
            load_balancer=_only(stack, "aws_lb", "name"),
            target_group=_only(stack, "aws_lb_target_group", "name"),
            cache=_only(stack, "aws_elasticache_cluster", "cluster_id"),
            log_group=_only(stack, "aws_cloudwatch_log_group", "name"),
            alarms={str(each.get("alarm_name")): each for each in stack.of_type("aws_cloudwatch_metric_alarm")},
            targets=dict(_target(each) for each in stack.of_type("aws_appautoscaling_policy")),
        )

    def threshold(self, namespace: str, metric: str) -> float | None:
        """Where the alarm on a metric rings; None without one."""
        for alarm in self.alarms.values():
            if (alarm.get("namespace"), alarm.get("metric_name")) == (namespace, metric):
                return float(cast("float", alarm.get("threshold")))
        return None


def _only(stack: Stack, kind: str, argument: str) -> str:
    found = stack.of_type(kind)
    if len(found) != 1:
        raise Refused(f"{stack.environment!r} has {len(found)} resources of type {kind}; status knows one")
    return str(found[0].get(argument))


def _target(policy: Resource) -> tuple[str, float]:
    (tracking,) = policy.blocks("target_tracking_scaling_policy_configuration")
    metric = cast("Any", tracking["predefined_metric_specification"])["predefined_metric_type"]
    return str(metric), float(cast("float", tracking["target_value"]))
