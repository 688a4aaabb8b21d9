"""Cloud Map: the private DNS namespace and its services."""

from typing import Any, Final

from tests.aws import discovery
from tests.aws.refusals import Ask, nothing_more, refusal

API: Final = "https://docs.aws.amazon.com/cloud-map/latest/api/API_{}.html"
PROVIDER: Final = "https://github.com/hashicorp/terraform-provider-aws/issues/{}"


@refusal(
    "servicediscovery",
    "CreatePrivateDnsNamespace",
    code="NamespaceAlreadyExists",
    source=f"{API.format('CreatePrivateDnsNamespace')} {PROVIDER.format(2830)}",
)
def namespace_that_exists(ask: Ask) -> str | None:
    """The VPC has a namespace of the name."""
    for each in ask.backend("servicediscovery").namespaces.values():
        if each.name == ask.get("Name") and each.vpc == ask.get("Vpc"):
            return f"The namespace {each.name} already exists."
    return None


@refusal(
    "servicediscovery", "CreatePrivateDnsNamespace", code="InvalidInput", source=API.format("CreatePrivateDnsNamespace")
)
def namespace_of_a_missing_network(ask: Ask) -> str | None:
    """The VPC of the namespace does not exist."""
    vpc = ask.get("Vpc")
    return None if vpc in ask.ec2.vpcs else f"The VPC {vpc} does not exist."


@refusal("servicediscovery", "DeleteNamespace", code="ResourceInUse", source=API.format("DeleteNamespace"))
def namespace_in_use(ask: Ask) -> str | None:
    """The namespace has services."""
    services = ask.backend("servicediscovery").services.values()
    used = any(_namespace_of(each) == ask.get("Id") for each in services)
    return "Namespace has associated services." if used else None


@refusal("servicediscovery", "CreateService", code="NamespaceNotFound", source=API.format("CreateService"))
def service_of_a_missing_namespace(ask: Ask) -> str | None:
    """The namespace of the service does not exist."""
    identifier = ask.get("NamespaceId") or ask.get("DnsConfig", {}).get("NamespaceId")
    missing = identifier and identifier not in ask.backend("servicediscovery").namespaces
    return f"Namespace {identifier} was not found." if missing else None


@refusal("servicediscovery", "CreateService", code="ServiceAlreadyExists", source=API.format("CreateService"))
def discovery_service_that_exists(ask: Ask) -> str | None:
    """The namespace has a service of the name."""
    identifier = ask.get("NamespaceId") or ask.get("DnsConfig", {}).get("NamespaceId")
    for each in ask.backend("servicediscovery").services.values():
        if each.name == ask.get("Name") and _namespace_of(each) == identifier:
            return f"Service already exists: {each.name}"
    return None


@refusal(
    "servicediscovery",
    "DeleteService",
    code="ResourceInUse",
    source=f"{API.format('DeleteService')} {PROVIDER.format(4853)} https://github.com/aws/containers-roadmap/issues/1746",
)
def service_with_instances(ask: Ask) -> str | None:
    """Instances are registered: tasks that run, or that a deployment has not replaced yet, or others."""
    held = ask.backend("servicediscovery").services.get(ask.get("Id"))
    if held is None:
        return None
    discovery.leave(held)
    if not held.instances:
        return None
    return "Service contains registered instances; delete the instances before deleting the service"


def _namespace_of(service: Any) -> str | None:  # noqa: ANN401  # moto's own
    configuration: dict[str, Any] = service.dns_config or {}
    return service.namespace_id or configuration.get("NamespaceId")


nothing_more(
    "servicediscovery",
    DeregisterInstance="moto refuses an instance that is not there",
    TagResource="nothing beyond the model",
    UntagResource="AWS accepts keys that are not there",
    UpdateService="nothing beyond the model",
)
