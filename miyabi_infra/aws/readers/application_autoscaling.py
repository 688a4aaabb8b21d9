"""Application Auto Scaling: the range of the service, and its policies."""

from collections.abc import Iterator, Mapping
from typing import Final, cast

from miyabi_infra.aws.readers.beside import beside
from miyabi_infra.aws.readers.common import Json, names_of
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, World, compared
from miyabi_infra.stacks import Resource

_SCALING: Final = "application-autoscaling"


def _scaling_target(resource: Resource, world: World) -> Found | None:
    identifier = world.value(resource.get("resource_id"))
    answer = world.items(
        _SCALING, "describe_scalable_targets", "ScalableTargets", ServiceNamespace="ecs", ResourceIds=[identifier]
    )
    target = next((each for each in answer if each["ScalableDimension"] == resource.get("scalable_dimension")), None)
    if target is None:
        return None
    checks = world.checks(
        resource,
        {
            "resource_id": target["ResourceId"],
            "scalable_dimension": target["ScalableDimension"],
            "service_namespace": target["ServiceNamespace"],
            "min_capacity": target["MinCapacity"],
            "max_capacity": target["MaxCapacity"],
        },
    )
    suspended = sorted(name for name, held in target.get("SuspendedState", {}).items() if held)
    checks.append(Compared("suspended", [], suspended))
    known = {
        "id": identifier,
        "resource_id": identifier,
        "service_namespace": target["ServiceNamespace"],
        "scalable_dimension": target["ScalableDimension"],
    }
    found = Found(known, checks)
    for kind in _ATTACHED:
        found.search(_extra(kind, str(identifier), world))
    return found


_ATTACHED: Final = {
    "aws_appautoscaling_policy": ("policy", "describe_scaling_policies", "ScalingPolicies", "PolicyName"),
    "aws_appautoscaling_scheduled_action": (
        "scheduled action",
        "describe_scheduled_actions",
        "ScheduledActions",
        "ScheduledActionName",
    ),
}
"""What can be attached to a scalable target, by type: noun, operation, keys of the items and of their names."""


def _extra(kind: str, identifier: str, world: World) -> Iterator[Extra]:
    noun, operation, key, name = _ATTACHED[kind]
    generated = names_of(kind, world)
    for each in world.items(_SCALING, operation, key, ServiceNamespace="ecs", ResourceId=identifier):
        if each[name] not in generated:
            yield Extra(f"{noun} {each[name]}")


def _scaling_policy(resource: Resource, world: World) -> Found | None:
    identifier = world.value(resource.get("resource_id"))
    policies = world.items(
        _SCALING, "describe_scaling_policies", "ScalingPolicies", ServiceNamespace="ecs", ResourceId=identifier
    )
    policy = next((each for each in policies if each["PolicyName"] == resource.get("name")), None)
    if policy is None:
        return None
    held = policy.get("TargetTrackingScalingPolicyConfiguration", {})
    metric = held.get("PredefinedMetricSpecification", {})
    specification = {"predefined_metric_type": metric.get("PredefinedMetricType")}
    if metric.get("ResourceLabel"):
        specification["resource_label"] = metric["ResourceLabel"]
    tracking = {
        "predefined_metric_specification": specification,
        "target_value": held.get("TargetValue"),
        "scale_in_cooldown": held.get("ScaleInCooldown"),
        "scale_out_cooldown": held.get("ScaleOutCooldown"),
        "disable_scale_in": held.get("DisableScaleIn", False),
    }
    generated = world.value(resource.get("target_tracking_scaling_policy_configuration"))
    if isinstance(generated, Mapping):
        generated = {"disable_scale_in": False, **cast("Json", generated)}
    return Found(
        {},
        [
            *world.checks(
                resource,
                {
                    "name": policy["PolicyName"],
                    "policy_type": policy["PolicyType"],
                    "resource_id": policy["ResourceId"],
                    "scalable_dimension": policy["ScalableDimension"],
                    "service_namespace": policy["ServiceNamespace"],
                },
            ),
            *compared("target_tracking_scaling_policy_configuration", generated, tracking),
        ],
    )


def _scheduled_action(resource: Resource, world: World) -> Found | None:
    identifier = world.value(resource.get("resource_id"))
    actions = world.items(
        _SCALING, "describe_scheduled_actions", "ScheduledActions", ServiceNamespace="ecs", ResourceId=identifier
    )
    action = next((each for each in actions if each["ScheduledActionName"] == resource.get("name")), None)
    if action is None:
        return None
    held = action.get("ScalableTargetAction", {})
    (limits,) = resource.blocks("scalable_target_action")
    return Found(
        {},
        [
            *world.checks(
                resource,
                {
                    "name": action["ScheduledActionName"],
                    "resource_id": action["ResourceId"],
                    "scalable_dimension": action["ScalableDimension"],
                    "service_namespace": action["ServiceNamespace"],
                    "schedule": action["Schedule"],
                    "timezone": action.get("Timezone") or "UTC",
                },
            ),
            *[
                Compared(f"scalable_target_action.{argument}", str(limits.get(argument)), str(held.get(name)))
                for argument, name in (("min_capacity", "MinCapacity"), ("max_capacity", "MaxCapacity"))
            ],
        ],
        list(beside(resource.type, action)),
    )


READERS: Final[Mapping[str, Reader]] = {
    "aws_appautoscaling_policy": _scaling_policy,
    "aws_appautoscaling_scheduled_action": _scheduled_action,
    "aws_appautoscaling_target": _scaling_target,
}
