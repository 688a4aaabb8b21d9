"""ECS: the cluster, the task definition, the service."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from miyabi_infra.aws.readers.beside import beside
from miyabi_infra.aws.readers.common import Json, block, names_of, part, set_check
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, Unresolved, World, compared, unordered
from miyabi_infra.stacks import Resource

MIGRATING: Final = "miyabi-infra deploy"
"""Who starts the task that migrates the database."""


def _ecs_cluster_of(name: str, world: World) -> Json | None:
    answer = world.ask("ecs", "describe_clusters", clusters=[name], include=["CONFIGURATIONS", "SETTINGS", "TAGS"])
    return next((each for each in answer["clusters"] if each["status"] == "ACTIVE"), None)


def _ecs_cluster(resource: Resource, world: World) -> Found | None:
    cluster = _ecs_cluster_of(str(resource.get("name")), world)
    if cluster is None:
        return None
    generated = {each["name"]: each["value"] for each in resource.blocks("setting")}
    held = {each["name"]: each["value"] for each in cluster.get("settings", [])}
    checks = [Compared("name", resource.get("name"), cluster["clusterName"])]
    checks += [Compared(f"setting.{name}", value, held.get(str(name))) for name, value in generated.items()]
    arn = cluster["clusterArn"]
    known = {"id": arn, "arn": arn, "name": cluster["clusterName"]}
    found = Found(known, checks + world.tags(resource, cluster.get("tags")))
    found.extras.extend(beside(resource.type, cluster))
    found.search(_extra_services(arn, world))
    found.search(_extra_tasks(arn, world))
    return found


_AT_ONCE: Final = 100
"""Tasks that AWS describes in one call (ECS API, `DescribeTasks`)."""


@dataclass(frozen=True)
class LoneTask:
    """A task that no service started: by hand, by a schedule, or by `deploy`, which migrates the database with one."""

    identifier: str
    group: str
    """`family:` and the family of its task definition, or what its starter named."""
    by: str
    """Who started it, as far as it was named."""

    @property
    def migrates(self) -> bool:
        """Whether `deploy` started it, for a time."""
        return self.by == MIGRATING

    def __str__(self) -> str:
        return f"task {self.identifier} of {self.group} in the cluster, started by {self.by or 'nobody named'}"


def tasks_of_no_service(cluster: str, world: World) -> Iterator[LoneTask]:
    """The running tasks of a cluster that no service started."""
    arns = world.items("ecs", "list_tasks", "taskArns", cluster=cluster)
    for first in range(0, len(arns), _AT_ONCE):
        answer = world.ask("ecs", "describe_tasks", cluster=cluster, tasks=arns[first : first + _AT_ONCE])
        for each in answer["tasks"]:
            group = str(each.get("group") or "no group")
            if not group.startswith("service:"):
                yield LoneTask(each["taskArn"].rpartition("/")[2], group, str(each.get("startedBy") or ""))


def addresses_of_tasks(cluster: str, world: World) -> set[str]:
    """The private addresses of a cluster's tasks: of those that run, and of those that stopped in the last hour."""
    found: set[str] = set()
    for status in ("RUNNING", "STOPPED"):
        arns = world.items("ecs", "list_tasks", "taskArns", cluster=cluster, desiredStatus=status)
        for first in range(0, len(arns), _AT_ONCE):
            answer = world.ask("ecs", "describe_tasks", cluster=cluster, tasks=arns[first : first + _AT_ONCE])
            for attachment in (each for task in answer["tasks"] for each in task.get("attachments") or ()):
                details: list[Json] = attachment.get("details") or []
                found |= {str(each.get("value")) for each in details if each.get("name") == "privateIPv4Address"}
    return found


def _extra_tasks(cluster: str, world: World) -> Iterator[Extra]:
    yield from (Extra(f"{each},") for each in tasks_of_no_service(cluster, world) if not each.migrates)


def _extra_services(cluster: str, world: World) -> Iterator[Extra]:
    generated = names_of("aws_ecs_service", world)
    for each in world.items("ecs", "list_services", "serviceArns", cluster=cluster):
        name = str(each).rpartition("/")[2]
        if name not in generated:
            yield Extra(f"service {name} in the cluster")


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
            Compared("cluster_name", cluster["clusterName"], cluster["clusterName"]),
            set_check("capacity_providers", resource, world, cluster.get("capacityProviders")),
            Compared("default_capacity_provider_strategy", generated, held),
        ],
    )


_TASK_DEFINITION: Final = {
    "cpu": "cpu",
    "execution_role_arn": "executionRoleArn",
    "family": "family",
    "ipc_mode": "ipcMode",
    "memory": "memory",
    "network_mode": "networkMode",
    "pid_mode": "pidMode",
    "requires_compatibilities": "requiresCompatibilities",
    "task_role_arn": "taskRoleArn",
}
"""Arguments of a task definition, and their names in AWS; each is absent where it is not configured."""


def _task_definition(resource: Resource, world: World) -> Found | None:
    family = str(resource.get("family"))
    answer = world.ask("ecs", "describe_task_definition", taskDefinition=family, include=["TAGS"])
    definition = answer["taskDefinition"]
    found = {argument: definition.get(name) for argument, name in _TASK_DEFINITION.items()}
    checks = world.checks(resource, found, **dict.fromkeys(_TASK_DEFINITION))
    volumes = sorted(_said_of_volume(each) for each in definition.get("volumes") or ())
    wanted = [{**each, "name": world.value(each["name"])} for each in resource.blocks("volume")]
    checks += compared("volume", sorted(map(_said_of_volume, wanted)), volumes)
    storage = part(definition, "ephemeralStorage").get("sizeInGiB")
    size = next((each.get("size_in_gib") for each in resource.blocks("ephemeral_storage")), None)
    checks += compared("ephemeral_storage.size_in_gib", size, storage)
    checks += _platform(resource, part(definition, "runtimePlatform"))
    containers, extras = _containers(
        world.value(resource.get("container_definitions")), definition["containerDefinitions"]
    )
    arn = definition["taskDefinitionArn"]
    known = {"id": family, "arn": arn, "family": family, "revision": definition["revision"]}
    extras += beside(resource.type, definition)
    return Found(known, checks + containers + world.tags(resource, answer.get("tags")), extras)


def _said_of_volume(volume: Json) -> str:
    """A volume by its name, with what it is beside one of the task's own: a file system, a folder of the host."""
    more = sorted(key for key, value in volume.items() if key != "name" and _in_one_form(key, value) is not None)
    return f"{volume['name']} ({', '.join(more)})" if more else str(volume["name"])


def _platform(resource: Resource, held: Json) -> list[Compared]:
    """The operating system and the processor; ECS takes Linux on x86 where neither is given."""
    generated = block(resource, "runtime_platform")
    return [
        Compared(f"runtime_platform.{argument}", generated.get(argument) or default, held.get(name) or default)
        for argument, name, default in (
            ("operating_system_family", "operatingSystemFamily", "LINUX"),
            ("cpu_architecture", "cpuArchitecture", "X86_64"),
        )
    ]


def _containers(generated: Any, found: Sequence[Json]) -> tuple[list[Compared], list[Extra]]:  # noqa: ANN401  # JSON
    """The containers, key by key, in both directions; and containers that were not generated."""
    if isinstance(generated, Unresolved):
        return [], []
    checks: list[Compared] = []
    held = {str(each["name"]): each for each in found}
    for container in cast("Sequence[Json]", generated):
        name = str(container["name"])
        own = held.get(name, {})
        for key in sorted({*container, *own}):
            before, after = _in_one_form(key, container.get(key)), _in_one_form(key, own.get(key))
            if key in container or before != after:
                checks += compared(f"container_definitions.{name}.{key}", before, after)
    names = {str(each["name"]) for each in cast("Sequence[Json]", generated)}
    return checks, [Extra(f"container {name}") for name in held if name not in names]


def _in_one_form(key: str, value: Any) -> Any:  # noqa: ANN401  # JSON
    """An argument of a container as ECS understands it: what is empty is absent, and what is a set is sorted."""
    if key == "portMappings":
        return [_port(each) for each in cast("Sequence[Json]", value or ())]
    if key in {"environment", "secrets", "environmentFiles"}:
        return unordered(value)
    if key == "essential":
        return value is not False
    if isinstance(value, Mapping):
        held = {name: _in_one_form(str(name), each) for name, each in cast("Json", value).items()}
        return {name: each for name, each in held.items() if each not in _ABSENT} or None
    return None if value in _ABSENT else value


_ABSENT: Final[tuple[object, ...]] = (None, "", 0, [], {})
"""Values by which ECS answers for an argument that is not configured."""


def _port(mapping: Json) -> dict[str, Any]:
    """A port of a container; with `awsvpc` the host's port is the container's."""
    port = mapping["containerPort"]
    others = {key: each for key, each in mapping.items() if key not in {"containerPort", "hostPort", "protocol"}}
    return {
        "containerPort": port,
        "hostPort": mapping.get("hostPort") or port,
        "protocol": mapping.get("protocol") or "tcp",
        **others,
    }


# ---- service ---------------------------------------------------------------------------------------------------------

_SERVICE_DEFAULTS: Final[Mapping[str, Any]] = {
    "deployment_maximum_percent": 200,
    "deployment_minimum_healthy_percent": 100,
    "enable_ecs_managed_tags": False,
    "enable_execute_command": False,
    "platform_version": "LATEST",
    "scheduling_strategy": "REPLICA",
}


def _service(resource: Resource, world: World) -> Found | None:
    cluster = world.value(resource.get("cluster"))
    name = str(resource.get("name"))
    if isinstance(cluster, Unresolved):
        return None
    answer = world.ask("ecs", "describe_services", cluster=cluster, services=[name], include=["TAGS"])
    service = next((each for each in answer["services"] if each["status"] != "INACTIVE"), None)
    if service is None:
        return None
    configuration = part(service, "deploymentConfiguration")
    breaker = part(configuration, "deploymentCircuitBreaker")
    wanted = block(resource, "deployment_circuit_breaker")
    checks = [
        Compared("status", "ACTIVE", service["status"]),
        *world.checks(
            resource,
            {
                "name": service["serviceName"],
                "cluster": service["clusterArn"],
                "task_definition": service["taskDefinition"],
                "desired_count": service["desiredCount"],
                "launch_type": service.get("launchType"),
                "platform_version": service.get("platformVersion") or "LATEST",
                "scheduling_strategy": service.get("schedulingStrategy") or "REPLICA",
                "deployment_maximum_percent": configuration.get("maximumPercent"),
                "deployment_minimum_healthy_percent": configuration.get("minimumHealthyPercent"),
                "health_check_grace_period_seconds": service.get("healthCheckGracePeriodSeconds"),
                "enable_execute_command": service.get("enableExecuteCommand", False),
                "enable_ecs_managed_tags": service.get("enableECSManagedTags", False),
                "propagate_tags": service.get("propagateTags"),
                "availability_zone_rebalancing": service.get("availabilityZoneRebalancing"),
            },
            **_SERVICE_DEFAULTS,
        ),
        *[
            Compared(f"deployment_circuit_breaker.{key}", wanted.get(key, False), breaker.get(key, False))
            for key in ("enable", "rollback")
        ],
        Compared(
            "deployment_controller.type",
            block(resource, "deployment_controller").get("type", "ECS"),
            part(service, "deploymentController").get("type", "ECS"),
        ),
        *_alarms(resource, configuration),
        *_network(resource, world, part(part(service, "networkConfiguration"), "awsvpcConfiguration")),
        *_attached(resource, world, service),
    ]
    known = {"id": service["serviceArn"], "name": name, "desired_count": service["desiredCount"]}
    extras = [*_of_deployments(service), *beside(resource.type, service)]
    return Found(known, checks + world.tags(resource, service.get("tags")), extras)


_OF_A_DEPLOYMENT: Final = {
    "serviceConnectConfiguration": "Service Connect",
    "volumeConfigurations": "a volume that ECS creates",
    "vpcLatticeConfigurations": "a target group of VPC Lattice",
}
"""What the generator makes none of, and a deployment of a service can have."""


def _of_deployments(service: Json) -> Iterator[Extra]:
    for deployment in service.get("deployments") or ():
        if deployment.get("status") == "PRIMARY":
            for key, noun in _OF_A_DEPLOYMENT.items():
                held: Any = deployment.get(key)
                off = isinstance(held, Mapping) and cast("Json", held).get("enabled") is False
                if held and not off:
                    yield Extra(noun)


def _alarms(resource: Resource, configuration: Json) -> list[Compared]:
    """The alarms that fail a deployment."""
    wanted, held = block(resource, "alarms"), part(configuration, "alarms")
    if not wanted and not held.get("alarmNames"):
        return []
    return [
        Compared("alarms.alarm_names", unordered(wanted.get("alarm_names")), unordered(held.get("alarmNames"))),
        Compared("alarms.enable", wanted.get("enable", False), held.get("enable", False)),
        Compared("alarms.rollback", wanted.get("rollback", False), held.get("rollback", False)),
    ]


def _network(resource: Resource, world: World, held: Json) -> list[Compared]:
    generated = world.value(block(resource, "network_configuration"))
    if isinstance(generated, Unresolved):
        return []
    return compared(
        "network_configuration",
        {
            "subnets": unordered(generated.get("subnets")),
            "security_groups": unordered(generated.get("security_groups")),
            "assign_public_ip": generated.get("assign_public_ip", False),
        },
        {
            "subnets": unordered(held.get("subnets")),
            "security_groups": unordered(held.get("securityGroups")),
            "assign_public_ip": held.get("assignPublicIp") == "ENABLED",
        },
    )


_ATTACHED: Final = {
    "load_balancer": (
        "loadBalancers",
        {"target_group_arn": "targetGroupArn", "container_name": "containerName", "container_port": "containerPort"},
    ),
    "service_registries": ("serviceRegistries", {"registry_arn": "registryArn"}),
    "capacity_provider_strategy": (
        "capacityProviderStrategy",
        {"capacity_provider": "capacityProvider", "base": "base", "weight": "weight"},
    ),
}
"""Blocks of a service of which there may be several, and their names in AWS."""


def _attached(resource: Resource, world: World, service: Json) -> Iterator[Compared]:
    for name, (key, arguments) in _ATTACHED.items():
        generated = [world.value(each) for each in resource.blocks(name)]
        if any(isinstance(each, Unresolved) for each in generated):
            continue
        ours = [{argument: each.get(argument) or 0 for argument in arguments} for each in generated]
        held = [
            {argument: each.get(own) or 0 for argument, own in arguments.items()} for each in service.get(key) or ()
        ]
        if ours or held:
            yield from compared(name, unordered(ours), unordered(held))


READERS: Final[Mapping[str, Reader]] = {
    "aws_ecs_cluster": _ecs_cluster,
    "aws_ecs_cluster_capacity_providers": _capacity_providers,
    "aws_ecs_service": _service,
    "aws_ecs_task_definition": _task_definition,
}
