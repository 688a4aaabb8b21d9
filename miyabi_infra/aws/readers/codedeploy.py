"""CodeDeploy: an application, and the deployment group of an ECS service."""

from collections.abc import Mapping
from typing import Any, Final, cast

from miyabi_infra.aws.readers.beside import beside
from miyabi_infra.aws.readers.common import Json, block, part
from miyabi_infra.aws.world import Compared, Found, Reader, Unresolved, World, compared, unordered
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import mappings


def _application(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    held = world.ask("codedeploy", "get_application", applicationName=name)["application"]
    checks = world.checks(resource, {"name": held["applicationName"], "compute_platform": held["computePlatform"]})
    arn = _arn(f"application:{name}", world)
    known = {"id": held.get("applicationId"), "arn": arn, "name": name}
    return Found(known, checks + world.tags(resource, _tags(arn, world)))


def _group(resource: Resource, world: World) -> Found | None:
    application, name = world.value(resource.get("app_name")), str(resource.get("deployment_group_name"))
    if isinstance(application, Unresolved):
        return None
    answer = world.ask("codedeploy", "get_deployment_group", applicationName=application, deploymentGroupName=name)
    held: Json = answer["deploymentGroupInfo"]
    style, rollback = part(held, "deploymentStyle"), part(held, "autoRollbackConfiguration")
    checks = world.checks(
        resource,
        {
            "app_name": held["applicationName"],
            "deployment_group_name": held["deploymentGroupName"],
            "deployment_config_name": held["deploymentConfigName"],
            "service_role_arn": held["serviceRoleArn"],
        },
    )
    checks += compared(
        "deployment_style",
        dict(block(resource, "deployment_style")),
        {"deployment_option": style.get("deploymentOption"), "deployment_type": style.get("deploymentType")},
    )
    wanted = block(resource, "auto_rollback_configuration")
    checks += compared(
        "auto_rollback_configuration",
        {"enabled": wanted.get("enabled", False), "events": unordered(wanted.get("events"))},
        {"enabled": rollback.get("enabled", False), "events": unordered(rollback.get("events"))},
    )
    alarms, watched = part(held, "alarmConfiguration"), block(resource, "alarm_configuration")
    checks += compared(
        "alarm_configuration",
        {"enabled": watched.get("enabled", False), "alarms": unordered(watched.get("alarms"))},
        {
            "enabled": alarms.get("enabled", False),
            "alarms": unordered([each["name"] for each in alarms.get("alarms") or ()]),
        },
    )
    checks += _waits(resource, part(held, "blueGreenDeploymentConfiguration"))
    checks += _services(resource, world, held)
    checks += _routes(resource, world, part(held, "loadBalancerInfo"))
    arn = _arn(f"deploymentgroup:{application}/{name}", world)
    known = {"id": held.get("deploymentGroupId"), "arn": arn, "deployment_group_name": name}
    return Found(known, checks + world.tags(resource, _tags(arn, world)), list(beside(resource.type, held)))


def _waits(resource: Resource, held: Json) -> list[Compared]:
    """What a deployment waits for, before the traffic moves and after."""
    wanted = block(resource, "blue_green_deployment_config")
    ready = next(iter(mappings(wanted.get("deployment_ready_option"))), cast("Json", {}))
    ending = next(iter(mappings(wanted.get("terminate_blue_instances_on_deployment_success"))), cast("Json", {}))
    found_ready = part(held, "deploymentReadyOption")
    found_ending = part(held, "terminateBlueInstancesOnDeploymentSuccess")
    return compared(
        "blue_green_deployment_config",
        {
            "action_on_timeout": ready.get("action_on_timeout"),
            "wait_time_in_minutes": ready.get("wait_time_in_minutes") or 0,
            "action": ending.get("action"),
            "termination_wait_time_in_minutes": ending.get("termination_wait_time_in_minutes") or 0,
        },
        {
            "action_on_timeout": found_ready.get("actionOnTimeout"),
            "wait_time_in_minutes": found_ready.get("waitTimeInMinutes") or 0,
            "action": found_ending.get("action"),
            "termination_wait_time_in_minutes": found_ending.get("terminationWaitTimeInMinutes") or 0,
        },
    )


def _services(resource: Resource, world: World, held: Json) -> list[Compared]:
    generated = world.value(block(resource, "ecs_service"))
    if isinstance(generated, Unresolved):
        return []
    found = [
        {"cluster_name": each["clusterName"], "service_name": each["serviceName"]}
        for each in held.get("ecsServices") or ()
    ]
    return compared("ecs_service", [dict(generated)], found)


def _routes(resource: Resource, world: World, held: Json) -> list[Compared]:
    """The pair of target groups, whose order means nothing, and the listeners."""
    pair = next(iter(mappings(block(resource, "load_balancer_info").get("target_group_pair_info"))), None)
    generated: Any = world.value(pair)
    if isinstance(generated, Unresolved):
        return []
    found = next(iter(held.get("targetGroupPairInfoList") or ()), cast("Json", {}))
    return compared("load_balancer_info", _pair(generated), _pair_in_aws(found))


def _pair(generated: Json | None) -> dict[str, Any]:
    routes = {name: _one((generated or {}).get(f"{name}_traffic_route")) for name in ("prod", "test")}
    listeners = {name: (route or {}).get("listener_arns", []) for name, route in routes.items()}
    groups = (generated or {}).get("target_group") or ()
    return {**listeners, "target_groups": unordered([each["name"] for each in groups])}


def _pair_in_aws(held: Json) -> dict[str, Any]:
    listeners = {name: part(held, f"{name}TrafficRoute").get("listenerArns", []) for name in ("prod", "test")}
    return {**listeners, "target_groups": unordered([each["name"] for each in held.get("targetGroups") or ()])}


def _one(value: Any) -> Json | None:  # noqa: ANN401  # a block, or a list with one
    return next(iter(cast("list[Json]", value)), None) if isinstance(value, list) else value


def _arn(resource: str, world: World) -> str:
    account = world.ask("sts", "get_caller_identity")["Account"]
    return f"arn:aws:codedeploy:{world.stack.region}:{account}:{resource}"


def _tags(arn: str, world: World) -> Any:  # noqa: ANN401  # JSON
    return world.ask("codedeploy", "list_tags_for_resource", ResourceArn=arn)["Tags"]


READERS: Final[Mapping[str, Reader]] = {
    "aws_codedeploy_app": _application,
    "aws_codedeploy_deployment_group": _group,
}
