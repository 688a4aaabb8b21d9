"""Application Auto Scaling: the range of the service, and its policies."""

from collections.abc import Mapping
from typing import Final

from miyabi_infra.aws.world import Compared, Extra, Found, Reader, World
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
    checks = world.checks(resource, {"min_capacity": target["MinCapacity"], "max_capacity": target["MaxCapacity"]})
    suspended = sorted(name for name, held in target.get("SuspendedState", {}).items() if held)
    checks.append(Compared("suspended", [], suspended))
    names = [each.get("name") for each in world.stack.of_type("aws_appautoscaling_policy")]
    policies = world.items(
        _SCALING, "describe_scaling_policies", "ScalingPolicies", ServiceNamespace="ecs", ResourceId=identifier
    )
    extras = [Extra(f"policy {each['PolicyName']}") for each in policies if each["PolicyName"] not in names]
    actions = world.items(
        _SCALING, "describe_scheduled_actions", "ScheduledActions", ServiceNamespace="ecs", ResourceId=identifier
    )
    extras += [Extra(f"scheduled action {each['ScheduledActionName']}") for each in actions]
    known = {
        "id": identifier,
        "resource_id": identifier,
        "service_namespace": target["ServiceNamespace"],
        "scalable_dimension": target["ScalableDimension"],
    }
    return Found(known, checks, extras)


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
    }
    return Found(
        {},
        world.checks(
            resource,
            {"policy_type": policy["PolicyType"], "target_tracking_scaling_policy_configuration": tracking},
        ),
    )


READERS: Final[Mapping[str, Reader]] = {
    "aws_appautoscaling_policy": _scaling_policy,
    "aws_appautoscaling_target": _scaling_target,
}
