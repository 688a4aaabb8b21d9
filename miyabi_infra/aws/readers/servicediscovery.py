"""Cloud Map: the private DNS namespace, and the service in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from miyabi_infra.aws.readers.common import Json, names_of, part
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, World, plain
from miyabi_infra.stacks import Resource


def _namespace(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    namespaces = world.items("servicediscovery", "list_namespaces", "Namespaces")
    namespace = next((each for each in namespaces if each["Name"] == name), None)
    if namespace is None:
        return None
    tags = world.ask("servicediscovery", "list_tags_for_resource", ResourceARN=namespace["Arn"])["Tags"]
    checks = [Compared("name", name, namespace["Name"]), Compared("type", "DNS_PRIVATE", namespace["Type"])]
    checks += world.checks(resource, {"description": namespace.get("Description") or ""}, description="")
    found = Found({"id": namespace["Id"], "arn": namespace["Arn"]}, checks + world.tags(resource, tags))
    found.search(_extra_services(namespace["Id"], world))
    return found


def _extra_services(namespace: str, world: World) -> Iterator[Extra]:
    """Names of the namespace that somebody made by hand: tasks may be led elsewhere by them."""
    generated = names_of("aws_service_discovery_service", world)
    filters = [{"Name": "NAMESPACE_ID", "Values": [namespace], "Condition": "EQ"}]
    for each in world.items("servicediscovery", "list_services", "Services", Filters=filters):
        if each["Name"] not in generated:
            yield Extra(f"name {each['Name']} in the namespace")


def _discovery_service(resource: Resource, world: World) -> Found | None:
    namespaces = {str(world.value(block["namespace_id"])) for block in resource.blocks("dns_config")}
    filters = [{"Name": "NAMESPACE_ID", "Values": sorted(namespaces), "Condition": "EQ"}]
    services = world.items("servicediscovery", "list_services", "Services", Filters=filters)
    service = next((each for each in services if each["Name"] == resource.get("name")), None)
    if service is None:
        return None
    dns = service.get("DnsConfig", {})
    held = [{"ttl": each["TTL"], "type": each["Type"]} for each in dns.get("DnsRecords", [])]
    (block,) = resource.blocks("dns_config")
    generated = [dict(cast("Json", each)) for each in cast("Sequence[Any]", block["dns_records"])]
    checks = [
        Compared("name", resource.get("name"), service["Name"]),
        Compared("dns_config.dns_records", plain(generated), plain(held)),
        Compared("dns_config.routing_policy", block.get("routing_policy"), dns.get("RoutingPolicy")),
    ]
    tags = world.ask("servicediscovery", "list_tags_for_resource", ResourceARN=service["Arn"])["Tags"]
    found = Found({"id": service["Id"], "arn": service["Arn"]}, checks + world.tags(resource, tags))
    found.search(_foreign_instances(str(service["Id"]), world))
    return found


def _foreign_instances(service: str, world: World) -> Iterator[Extra]:
    """What ECS did not register under the name: ECS says of each task which service it is of."""
    for each in world.items("servicediscovery", "list_instances", "Instances", ServiceId=service):
        held = part(each, "Attributes")
        if "ECS_SERVICE_NAME" not in held:
            yield Extra(f"instance {held.get('AWS_INSTANCE_IPV4') or each['Id']} that ECS did not register")


READERS: Final[Mapping[str, Reader]] = {
    "aws_service_discovery_private_dns_namespace": _namespace,
    "aws_service_discovery_service": _discovery_service,
}
