"""How what exists is read: the service, its autoscaling, its name in DNS."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from miyabi_infra.aws.readers.common import Json, Reader
from miyabi_infra.aws.world import Check, Extra, Found, Unresolved, World, plain, unordered
from miyabi_infra.stacks import Resource


def _service(resource: Resource, world: World) -> Found | None:
    cluster = world.value(resource.get("cluster"))
    name = str(resource.get("name"))
    if isinstance(cluster, Unresolved):
        return None
    answer = world.ask("ecs", "describe_services", cluster=cluster, services=[name], include=["TAGS"])
    service = next((each for each in answer["services"] if each["status"] != "INACTIVE"), None)
    if service is None:
        return None
    configuration = service.get("deploymentConfiguration", {})
    breaker = configuration.get("deploymentCircuitBreaker", {})
    network = service.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    balancers = [
        {
            "target_group_arn": each.get("targetGroupArn"),
            "container_name": each.get("containerName"),
            "container_port": each.get("containerPort"),
        }
        for each in service.get("loadBalancers", [])
    ]
    generated_network = world.value(resource.get("network_configuration"))
    if isinstance(generated_network, Mapping):
        generated_network = {
            key: unordered(held) if isinstance(held, list) else held
            for key, held in cast("Json", generated_network).items()
        }
    found_network = {
        "subnets": unordered(network.get("subnets")),
        "security_groups": unordered(network.get("securityGroups")),
        "assign_public_ip": network.get("assignPublicIp") == "ENABLED",
    }
    checks = [
        Check("status", "ACTIVE", service["status"]),
        *world.checks(
            resource,
            {
                "cluster": service["clusterArn"],
                "task_definition": service["taskDefinition"],
                "desired_count": service["desiredCount"],
                "launch_type": service.get("launchType"),
                "deployment_maximum_percent": configuration.get("maximumPercent"),
                "deployment_minimum_healthy_percent": configuration.get("minimumHealthyPercent"),
                "deployment_circuit_breaker": {key: breaker.get(key) for key in ("enable", "rollback")},
                "load_balancer": balancers,
                "health_check_grace_period_seconds": service.get("healthCheckGracePeriodSeconds"),
                "enable_execute_command": service.get("enableExecuteCommand", False),
                "enable_ecs_managed_tags": service.get("enableECSManagedTags", False),
                "propagate_tags": service.get("propagateTags"),
                "availability_zone_rebalancing": service.get("availabilityZoneRebalancing"),
            },
        ),
        Check("network_configuration", generated_network, found_network),
    ]
    registries = [each.get("registryArn") for each in service.get("serviceRegistries", [])]
    checks += [
        Check("service_registries", [world.value(block["registry_arn"])], registries)
        for block in resource.blocks("service_registries")
    ]
    known = {"id": service["serviceArn"], "name": name, "desired_count": service["desiredCount"]}
    return Found(known, checks + world.tags(resource, service.get("tags")))


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
    checks.append(Check("suspended", [], suspended))
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


def _namespace(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    namespaces = world.items("servicediscovery", "list_namespaces", "Namespaces")
    namespace = next((each for each in namespaces if each["Name"] == name), None)
    if namespace is None:
        return None
    tags = world.ask("servicediscovery", "list_tags_for_resource", ResourceARN=namespace["Arn"])["Tags"]
    checks = [Check("type", "DNS_PRIVATE", namespace["Type"])]
    return Found({"id": namespace["Id"], "arn": namespace["Arn"]}, checks + world.tags(resource, tags))


def _discovery_service(resource: Resource, world: World) -> Found | None:
    services = world.items("servicediscovery", "list_services", "Services")
    service = next((each for each in services if each["Name"] == resource.get("name")), None)
    if service is None:
        return None
    dns = service.get("DnsConfig", {})
    held = [{"ttl": each["TTL"], "type": each["Type"]} for each in dns.get("DnsRecords", [])]
    (block,) = resource.blocks("dns_config")
    generated = [dict(cast("Json", each)) for each in cast("Sequence[Any]", block["dns_records"])]
    checks = [
        Check("dns_config.dns_records", plain(generated), plain(held)),
        Check("dns_config.routing_policy", block.get("routing_policy"), dns.get("RoutingPolicy")),
    ]
    tags = world.ask("servicediscovery", "list_tags_for_resource", ResourceARN=service["Arn"])["Tags"]
    return Found({"id": service["Id"], "arn": service["Arn"]}, checks + world.tags(resource, tags))


READERS: Final[Mapping[str, Reader]] = {
    "aws_appautoscaling_policy": _scaling_policy,
    "aws_appautoscaling_target": _scaling_target,
    "aws_ecs_service": _service,
    "aws_service_discovery_private_dns_namespace": _namespace,
    "aws_service_discovery_service": _discovery_service,
}
