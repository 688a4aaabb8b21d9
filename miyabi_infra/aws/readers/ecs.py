"""How what exists is read: the cluster, the definition of the task, and its logs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from miyabi_infra.aws.readers.common import Json, Reader, set_check
from miyabi_infra.aws.world import Check, Found, Unresolved, World, plain, unordered
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
    checks = [Check(f"setting.{name}", value, held.get(str(name))) for name, value in generated.items()]
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
            Check("default_capacity_provider_strategy", generated, held),
        ],
    )


def _log_group(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    groups = world.items("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    group = next((each for each in groups if each["logGroupName"] == name), None)
    if group is None:
        return None
    checks = world.checks(resource, {"retention_in_days": group.get("retentionInDays", 0)}, retention_in_days=0)
    arn = group["arn"].removesuffix(":*")
    tags = world.ask("logs", "list_tags_for_resource", resourceArn=arn)["tags"]
    return Found({"id": name, "name": name, "arn": arn}, checks + world.tags(resource, tags))


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


def _containers(generated: Any, found: Sequence[Json]) -> list[Check]:  # noqa: ANN401  # JSON
    """The containers, key by key; of what AWS adds (empty lists, defaults) only what was generated is looked at."""
    if isinstance(generated, Unresolved):
        return []
    checks: list[Check] = []
    held = {each["name"]: each for each in found}
    for container in generated:
        name = container["name"]
        for key, value in container.items():
            argument = f"container_definitions.{name}.{key}"
            checks.append(Check(argument, *_of_container(key, value, held.get(name, {}).get(key))))
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


READERS: Final[Mapping[str, Reader]] = {
    "aws_cloudwatch_log_group": _log_group,
    "aws_ecs_cluster": _ecs_cluster,
    "aws_ecs_cluster_capacity_providers": _capacity_providers,
    "aws_ecs_task_definition": _task_definition,
}
