"""ECS: the cluster, the task definition, the service."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from miyabi_infra.aws.readers.common import Json, set_check
from miyabi_infra.aws.world import Compared, Found, Reader, Unresolved, World, plain, unordered
from miyabi_infra.stacks import Resource


def _ecs_cluster_of(name: str, world: World) -> Json | None:
    answer = world.ask("ecs", "describe_clusters", clusters=[name], include=["SETTINGS", "TAGS"])
    return next((each for each in answer["clusters"] if each["status"] == "ACTIVE"), None)


def _ecs_cluster(resource: Resource, world: World) -> Found | None:
    cluster = _ecs_cluster_of(str(resource.get("name")), world)
    if cluster is None:
        return None
    generated = {each["name"]: each["value"] for each in resource.blocks("setting")}
    held = {each["name"]: each["value"] for each in cluster.get("settings", [])}
    checks = [Compared(f"setting.{name}", value, held.get(str(name))) for name, value in generated.items()]
    arn = cluster["clusterArn"]
    known = {"id": arn, "arn": arn, "name": cluster["clusterName"]}
    return Found(known, checks + world.tags(resource, cluster.get("tags")))


def _capacity_providers(resource: Resource, world: World) -> Found | None:
    cluster = _ecs_cluster_of(str(world.value(resource.get("cluster_name"))), world)
    if cluster is None:
        return None
    held = [
        {"capacity_provider": each["capacityProvider"], "base": each.get("base", 0), "weight": each.get("weight", 0)}
        for each in cluster.get("defaultCapacityProviderStrategy", [])
    ]
    generated = [
        {
            "capacity_provider": each["capacity_provider"],
            "base": each.get("base", 0),
            "weight": each.get("weight", 0),
        }
        for each in resource.blocks("default_capacity_provider_strategy")
    ]
    return Found(
        {},
        [
            set_check("capacity_providers", resource, world, cluster.get("capacityProviders")),
            Compared("default_capacity_provider_strategy", generated, held),
        ],
    )


def _task_definition(resource: Resource, world: World) -> Found | None:
    family = str(resource.get("family"))
    answer = world.ask("ecs", "describe_task_definition", taskDefinition=family, include=["TAGS"])
    definition = answer["taskDefinition"]
    checks = world.checks(
        resource,
        {
            "cpu": definition.get("cpu"),
            "memory": definition.get("memory"),
            "network_mode": definition.get("networkMode"),
            "requires_compatibilities": definition.get("requiresCompatibilities"),
            "execution_role_arn": definition.get("executionRoleArn"),
            "task_role_arn": definition.get("taskRoleArn"),
        },
    )
    checks += _containers(world.value(resource.get("container_definitions")), definition["containerDefinitions"])
    arn = definition["taskDefinitionArn"]
    known = {"id": family, "arn": arn, "family": family, "revision": definition["revision"]}
    return Found(known, checks + world.tags(resource, answer.get("tags")))


def _containers(generated: Any, found: Sequence[Json]) -> list[Compared]:  # noqa: ANN401  # JSON
    """The containers, key by key; of what AWS adds (empty lists, defaults) only what was generated is looked at."""
    if isinstance(generated, Unresolved):
        return []
    checks: list[Compared] = []
    held = {each["name"]: each for each in found}
    for container in generated:
        name = container["name"]
        for key, value in container.items():
            argument = f"container_definitions.{name}.{key}"
            checks.append(Compared(argument, *_of_container(key, value, held.get(name, {}).get(key))))
    return checks


def _of_container(key: str, generated: Any, found: Any) -> tuple[Any, Any]:  # noqa: ANN401  # JSON
    """Both in one form."""
    if key in {"environment", "secrets"}:  # AWS sorts them
        return unordered(generated), unordered(found)
    if key == "portMappings":
        ports: list[Json] = found or []
        return plain(generated), [{own: each.get(own) for own in generated[0]} for each in ports]
    if isinstance(generated, Mapping):
        held: Json = found or {}
        return plain(generated), {own: held.get(str(own)) for own in cast("Json", generated)}
    return plain(generated), plain(found)


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
        Compared("status", "ACTIVE", service["status"]),
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
        Compared("network_configuration", generated_network, found_network),
    ]
    registries = [each.get("registryArn") for each in service.get("serviceRegistries", [])]
    checks += [
        Compared("service_registries", [world.value(block["registry_arn"])], registries)
        for block in resource.blocks("service_registries")
    ]
    known = {"id": service["serviceArn"], "name": name, "desired_count": service["desiredCount"]}
    return Found(known, checks + world.tags(resource, service.get("tags")))


READERS: Final[Mapping[str, Reader]] = {
    "aws_ecs_cluster": _ecs_cluster,
    "aws_ecs_cluster_capacity_providers": _capacity_providers,
    "aws_ecs_service": _service,
    "aws_ecs_task_definition": _task_definition,
}
