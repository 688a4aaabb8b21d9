"""The ids by which `terraform import` knows the resources of a stack, of those that exist in AWS."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from miyabi_infra.aws.client import Aws, together
from miyabi_infra.aws.readers import READERS
from miyabi_infra.aws.world import Found, Unresolved, World
from miyabi_infra.stacks import Resource, Stack

ImportId = Callable[[Resource, Found, World], str]
"""The import id of a resource that exists."""


def _joined(separator: str, *arguments: str) -> ImportId:
    """Values of arguments, with references resolved to what exists, joined by a separator."""

    def import_id(resource: Resource, _found: Found, world: World) -> str:
        values = [world.value(resource.get(argument)) for argument in arguments]
        return separator.join("" if isinstance(each, Unresolved) else str(each) for each in values)

    return import_id


def _attribute(name: str) -> ImportId:
    """An attribute of what exists."""
    return lambda _resource, found, _world: str(found.attributes[name])


def _service(resource: Resource, _found: Found, world: World) -> str:
    cluster: Any = world.value(resource.get("cluster"))
    return f"{str(cluster).rpartition('/')[2]}/{resource.get('name')}"


def _route(resource: Resource, _found: Found, world: World) -> str:
    table: Any = world.value(resource.get("route_table_id"))
    return f"{table}_{resource.get('destination_cidr_block')}"


def _private_zone(resource: Resource, found: Found, world: World) -> str:
    return f"{found.attributes['id']}:{world.value(resource.get('vpc'))}"


def _of_a_scope(_resource: Resource, found: Found, _world: World) -> str:
    return "/".join(str(found.attributes[name]) for name in ("id", "name", "scope"))


def _own_id(resource: Resource, found: Found, world: World) -> str:
    """The attribute `id`; for a type whose id is its name, the argument `name`."""
    return str(found.attributes["id"] if "id" in found.attributes else world.value(resource.get("name")))


IMPORT_IDS: Final[Mapping[str, ImportId]] = {
    "aws_appautoscaling_policy": _joined("/", "service_namespace", "resource_id", "scalable_dimension", "name"),
    "aws_appautoscaling_scheduled_action": _joined(
        "/", "service_namespace", "resource_id", "scalable_dimension", "name"
    ),
    "aws_appautoscaling_target": _joined("/", "service_namespace", "resource_id", "scalable_dimension"),
    "aws_cloudfront_function": _joined("", "name"),
    "aws_cloudwatch_dashboard": _joined("", "dashboard_name"),
    "aws_cloudwatch_log_group": _joined("", "name"),
    "aws_cloudwatch_metric_alarm": _joined("", "alarm_name"),
    "aws_codedeploy_app": _joined("", "name"),
    "aws_codedeploy_deployment_group": _joined(":", "app_name", "deployment_group_name"),
    "aws_ecr_lifecycle_policy": _joined("", "repository"),
    "aws_ecr_repository": _joined("", "name"),
    "aws_ecr_repository_policy": _joined("", "repository"),
    "aws_ecs_cluster": _joined("", "name"),
    "aws_ecs_cluster_capacity_providers": _joined("", "cluster_name"),
    "aws_ecs_service": _service,
    "aws_ecs_task_definition": _attribute("arn"),
    "aws_elasticache_cluster": _joined("", "cluster_id"),
    "aws_elasticache_parameter_group": _joined("", "name"),
    "aws_elasticache_replication_group": _joined("", "replication_group_id"),
    "aws_elasticache_subnet_group": _joined("", "name"),
    "aws_iam_role": _joined("", "name"),
    "aws_iam_role_policy": _joined(":", "role", "name"),
    "aws_iam_role_policy_attachment": _joined("/", "role", "policy_arn"),
    "aws_route53_zone": _attribute("zone_id"),
    "aws_route": _route,
    "aws_route_table_association": _joined("/", "subnet_id", "route_table_id"),
    "aws_s3_bucket_lifecycle_configuration": _joined("", "bucket"),
    "aws_s3_bucket_ownership_controls": _joined("", "bucket"),
    "aws_s3_bucket_policy": _joined("", "bucket"),
    "aws_s3_bucket_public_access_block": _joined("", "bucket"),
    "aws_s3_bucket_server_side_encryption_configuration": _joined("", "bucket"),
    "aws_s3_bucket_versioning": _joined("", "bucket"),
    "aws_service_discovery_private_dns_namespace": _private_zone,
    "aws_sns_topic_policy": _joined("", "arn"),
    "aws_wafv2_ip_set": _of_a_scope,
    "aws_wafv2_web_acl": _of_a_scope,
}
"""How the import id of a type is made, where it is not the attribute `id`. Source: "Import" of each resource in the
documentation of the AWS provider 5."""


NOT_IMPORTED: Final = frozenset({"aws_acm_certificate_validation"})
"""Types that are nothing in AWS: Terraform makes them in any account."""


def import_ids(stack: Stack, aws: Aws) -> dict[str, str]:
    """The import ids of the resources of a stack that exist under its names, by address.

    Raises:
        Trouble: when AWS gives no answer about a resource: what it has must not be created again.
    """
    world = World(aws, stack, READERS)
    found = together(lambda resource: _id(resource, world), stack.resources)
    return {resource.address: each for resource, each in zip(stack.resources, found, strict=True) if each}


def _id(resource: Resource, world: World) -> str | None:
    if resource.type in NOT_IMPORTED:
        return None
    found = world.find(resource.address)
    return IMPORT_IDS.get(resource.type, _own_id)(resource, found, world) if found else None
