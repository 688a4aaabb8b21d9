"""ECS: clusters, task definitions and services on Fargate."""

import json
from collections.abc import Iterator
from typing import Any, Final

from tests.aws.refusals import Ask, nothing_more, refusal
from tests.aws.refusals._holders import balancers_of, group, subnet
from tests.aws.refusals._tables import FARGATE_MEMORY

API: Final = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_{}.html"
GUIDE: Final = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/{}.html"

SERVICE: Final = ("CreateService", "UpdateService")
DEFINITION_BYTES: Final = 65536
HEALTH: Final = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}
"""Ranges of a container's health check."""

BY_CODEDEPLOY: Final = {
    "taskDefinition": "task definition",
    "networkConfiguration": "network parameters",
    "loadBalancers": "load balancers",
    "platformVersion": "platform version",
    "capacityProviderStrategy": "capacity provider strategy",
    "serviceRegistries": "service registries",
    "enableExecuteCommand": "execute command",
}
"""What UpdateService does not change of a service that CodeDeploy deploys."""

Data = dict[str, Any]

# ---- task definitions ------------------------------------------------------------------------------------------------


@refusal("ecs", "RegisterTaskDefinition", code="ClientException", source=GUIDE.format("task_definition_parameters"))
def size_that_fargate_does_not_offer(ask: Ask) -> str | None:
    """Fargate does not offer the pair of CPU and memory, or one of them is missing."""
    if "FARGATE" not in ask.all("requiresCompatibilities"):
        return None
    cpu, memory = ask.get("cpu"), ask.get("memory")
    if cpu is None or memory is None:
        return "Fargate requires that 'cpu' and 'memory' be defined at the task level."
    offered = str(cpu).isdigit() and str(memory).isdigit() and int(memory) in FARGATE_MEMORY.get(int(cpu), ())
    return None if offered else "No Fargate configuration exists for given values."


@refusal("ecs", "RegisterTaskDefinition", code="ClientException", source=GUIDE.format("task_definition_parameters"))
def fargate_without_awsvpc(ask: Ask) -> str | None:
    """A task definition for Fargate has another network mode than awsvpc."""
    wrong = "FARGATE" in ask.all("requiresCompatibilities") and ask.get("networkMode") != "awsvpc"
    return "Fargate only supports network mode 'awsvpc'." if wrong else None


@refusal("ecs", "RegisterTaskDefinition", code="ClientException", source=GUIDE.format("task_execution_IAM_role"))
def logs_without_execution_role(ask: Ask) -> str | None:
    """A task on Fargate writes to CloudWatch Logs, and there is no execution role."""
    if "FARGATE" not in ask.all("requiresCompatibilities") or ask.get("executionRoleArn"):
        return None
    drivers = {each.get("logConfiguration", {}).get("logDriver") for each in _containers(ask)}
    if "awslogs" not in drivers:
        return None
    return "Fargate requires task definition to have execution role ARN to support log driver awslogs."


@refusal(
    "ecs",
    "RegisterTaskDefinition",
    code="ClientException",
    source="https://github.com/fabfuel/ecs-deploy/issues/87 " + GUIDE.format("secrets-envvar-secrets-manager"),
)
def secrets_without_execution_role(ask: Ask) -> str | None:
    """A container has secrets, and there is no execution role."""
    if ask.get("executionRoleArn") or not any(each.get("secrets") for each in _containers(ask)):
        return None
    return "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."


@refusal("ecs", "RegisterTaskDefinition", code="ClientException", source=API.format("ContainerDefinition"))
def secret_with_the_name_of_a_variable(ask: Ask) -> str | None:
    """A secret of a container has the name of an environment variable, or of another secret."""
    for container in _containers(ask):
        names = [each.get("name") for kind in ("environment", "secrets") for each in container.get(kind, ())]
        twice = next(
            (each.get("name") for each in container.get("secrets", ()) if names.count(each.get("name")) > 1), None
        )
        if twice:
            return (
                "The secret name must be unique and not shared with any new or existing environment variables set on "
                f"the container, such as '{twice}'."
            )
    return None


@refusal("ecs", "RegisterTaskDefinition", code="ClientException", source=API.format("PortMapping"))
def host_port_other_than_the_containers(ask: Ask) -> str | None:
    """With network mode awsvpc, a host port is not the container port."""
    ports = [each for container in _containers(ask) for each in container.get("portMappings", ())]
    differ = any(each.get("hostPort") not in {None, 0, each.get("containerPort")} for each in ports)
    if ask.get("networkMode") != "awsvpc" or not differ:
        return None
    return "When networkMode=awsvpc, the host ports and container ports in port mappings must match."


@refusal("ecs", "RegisterTaskDefinition", code="ClientException", source=API.format("HealthCheck"))
def health_check_of_a_container(ask: Ask) -> str | None:
    """A container's health check leaves the ranges: interval 5-300, timeout 2-60, retries 1-10, startPeriod 0-300."""
    for container in _containers(ask):
        for name, (least, most) in HEALTH.items():
            value = container.get("healthCheck", {}).get(name)
            if value is not None and not least <= value <= most:
                return f"Invalid health check {name} for container {container.get('name')}: {least} to {most}."
    return None


@refusal("ecs", "RegisterTaskDefinition", code="ClientException", source=API.format("ContainerDefinition"))
def stop_timeout_of_fargate(ask: Ask) -> str | None:
    """A container of Fargate stops in less than 2, or in more than 120 seconds."""
    least, most = 2, 120
    for container in _containers(ask):
        seconds = container.get("stopTimeout")
        if "FARGATE" in ask.all("requiresCompatibilities") and seconds is not None and not least <= seconds <= most:
            return f"Invalid stopTimeout for container {container.get('name')}: {least} to {most}."
    return None


@refusal("ecs", "RegisterTaskDefinition", code="ClientException", source=GUIDE.format("service-quotas"))
def definition_too_large(ask: Ask) -> str | None:
    """The task definition has more than 64 KiB."""
    length = len(json.dumps(ask.parameters))
    if length <= DEFINITION_BYTES:
        return None
    return f"Actual length: '{length}'. Max allowed length is '{DEFINITION_BYTES}' bytes."


@refusal("ecs", "RegisterTaskDefinition", code="ClientException", source=API.format("ContainerDefinition"))
def no_essential_container(ask: Ask) -> str | None:
    """No container is essential, or two have the same name."""
    names = [each.get("name") for each in _containers(ask)]
    if len(set(names)) < len(names):
        return "Container names must be unique within a task definition."
    if any(each.get("essential", True) for each in _containers(ask)):
        return None
    return "A task definition must have at least one essential container."


# ---- services --------------------------------------------------------------------------------------------------------


@refusal(
    "ecs",
    "CreateService",
    code="InvalidParameterException",
    source=f"{API.format('CreateService')} https://github.com/hashicorp/terraform/issues/32908",
)
def target_group_without_load_balancer(ask: Ask) -> str | None:
    """No listener forwards to the target group of the service."""
    for each in ask.all("loadBalancers"):
        arn = each.get("targetGroupArn")
        if arn and not balancers_of(ask, arn):
            return f"The target group with targetGroupArn {arn} does not have an associated load balancer."
    return None


@refusal("ecs", *SERVICE, code="InvalidParameterException", source=GUIDE.format("service-load-balancing"))
def target_group_of_instances(ask: Ask) -> str | None:
    """The target group's targets are not IP addresses, or it does not exist; tasks in awsvpc have addresses only."""
    groups = ask.backend("elbv2").target_groups
    for each in ask.all("loadBalancers"):
        found = groups.get(each.get("targetGroupArn"))
        if found is None:
            return f"The target group '{each.get('targetGroupArn')}' does not exist."
        if found.target_type != "ip":
            return (
                f"The provided target group {found.arn} has target type {found.target_type}, which is incompatible "
                "with the awsvpc network mode specified in the task definition."
            )
    return None


@refusal("ecs", *SERVICE, code="InvalidParameterException", source=API.format("LoadBalancer"))
def container_of_the_load_balancer(ask: Ask) -> str | None:
    """The task definition has no container of the name, or the container does not have the port."""
    definition = _definition(ask)
    for each in ask.all("loadBalancers") if definition else ():
        name, port = each.get("containerName"), each.get("containerPort")
        container = next((one for one in definition.container_definitions if one.get("name") == name), None)
        if container is None:
            return f"The container {name} does not exist in the task definition."
        if port not in [one.get("containerPort") for one in container.get("portMappings", ())]:
            return f"The container {name} did not have a container port {port} defined."
    return None


@refusal("ecs", "CreateService", code="InvalidParameterException", source=API.format("CreateService"))
def service_that_exists(ask: Ask) -> str | None:
    """The cluster has an active service of the name."""
    name, cluster = ask.get("serviceName"), str(ask.get("cluster", "default")).rsplit("/", 1)[-1]
    held = ask.backend("ecs").services.get(f"{cluster}:{name}")
    return "Creation of service was not idempotent." if held is not None and held.status == "ACTIVE" else None


@refusal("ecs", *SERVICE, "RunTask", code="ClientException", source=API.format("DeregisterTaskDefinition"))
def inactive_task_definition(ask: Ask) -> str | None:
    """The task definition was deregistered."""
    definition = _definition(ask, required=False)
    inactive = definition is not None and definition.status == "INACTIVE"
    return "TaskDefinition is inactive" if inactive else None


@refusal("ecs", *SERVICE, "RunTask", code="InvalidParameterException", source=API.format("AwsVpcConfiguration"))
def network_that_does_not_exist(ask: Ask) -> str | None:
    """A subnet or a security group of the service does not exist, or they are of different VPCs."""
    network = ask.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    vpcs: set[str] = set()
    for identifier in network.get("subnets", ()):
        found = subnet(ask, identifier)
        if found is None:
            return (
                f"Error retrieving subnet information for [{identifier}]: The subnet ID '{identifier}' does not exist "
                "(ErrorCode: InvalidSubnetID.NotFound)"
            )
        vpcs.add(found.vpc_id)
    for identifier in network.get("securityGroups", ()):
        found = group(ask, identifier)
        if found is None:
            return (
                f"Error retrieving security group information for [{identifier}]: The security group '{identifier}' "
                "does not exist (ErrorCode: InvalidGroup.NotFound)"
            )
        vpcs.add(found.vpc_id)
    return "Subnets and security groups must be of the same VPC." if len(vpcs) > 1 else None


@refusal("ecs", "CreateService", "RunTask", code="InvalidParameterException", source=API.format("RunTask"))
def awsvpc_without_network(ask: Ask) -> str | None:
    """The task definition has network mode awsvpc, and the service no subnets."""
    definition = _definition(ask)
    missing = not ask.get("networkConfiguration", {}).get("awsvpcConfiguration", {}).get("subnets")
    if definition is None or definition.network_mode != "awsvpc" or not missing:
        return None
    return "Network Configuration must be provided when networkMode 'awsvpc' is specified."


@refusal("ecs", *SERVICE, code="InvalidParameterException", source=API.format("CreateService"))
def launch_type_and_strategy(ask: Ask) -> str | None:
    """Both a launch type and a capacity provider strategy."""
    if not ask.get("launchType") or not ask.all("capacityProviderStrategy"):
        return None
    return "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."


@refusal("ecs", *SERVICE, code="InvalidParameterException", source=API.format("CreateService"))
def capacity_provider_that_the_cluster_lacks(ask: Ask) -> str | None:
    """A capacity provider of the strategy is not one of the cluster."""
    cluster = ask.backend("ecs").clusters.get(str(ask.get("cluster", "default")).rsplit("/", 1)[-1])
    there = list(getattr(cluster, "capacity_providers", None) or ())
    for each in ask.all("capacityProviderStrategy") if cluster else ():
        if each.get("capacityProvider") not in there:
            return (
                "The specified capacity provider strategy contains a capacity provider that is not associated with the "
                "cluster."
            )
    return None


@refusal("ecs", *SERVICE, code="InvalidParameterException", source=API.format("DeploymentConfiguration"))
def deployment_that_can_never_move(ask: Ask) -> str | None:
    """At most and at least 100 per cent of the tasks may run during a deployment."""
    configuration = ask.get("deploymentConfiguration", {})
    most, least = configuration.get("maximumPercent"), configuration.get("minimumHealthyPercent")
    if most is None or least is None or not (most <= 100 <= least or most < least):
        return None
    return "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."


@refusal("ecs", "CreateService", code="InvalidParameterException", source=API.format("CreateService"))
def grace_period_without_load_balancer(ask: Ask) -> str | None:
    """A grace period of the health check, and no load balancer."""
    if not ask.get("healthCheckGracePeriodSeconds") or ask.all("loadBalancers"):
        return None
    return "Health check grace period is only valid for services configured to use load balancers"


@refusal(
    "ecs",
    *SERVICE,
    code="InvalidParameterException",
    source="https://github.com/aws/aws-toolkit-jetbrains/issues/3649 " + GUIDE.format("ecs-exec"),
)
def exec_without_task_role(ask: Ask) -> str | None:
    """ECS Exec is on, and the task definition has no task role."""
    definition = _definition(ask)
    if not ask.get("enableExecuteCommand") or definition is None or getattr(definition, "task_role_arn", None):
        return None
    done = "created" if ask.operation == "CreateService" else "updated"
    return (
        f"The service couldn't be {done} because a valid taskRoleArn is not being used. "
        "Specify a valid task role in your task definition and try again."
    )


@refusal("ecs", *SERVICE, code="InvalidParameterException", source=API.format("ServiceRegistry"))
def registry_that_does_not_exist(ask: Ask) -> str | None:
    """The Cloud Map service of a service registry does not exist."""
    there = {each.arn for each in ask.backend("servicediscovery").services.values()}
    for each in ask.all("serviceRegistries"):
        if each.get("registryArn") not in there:
            return f"Service registry {each.get('registryArn')} does not exist."
    return None


@refusal("ecs", "UpdateService", "DeleteService", code="ServiceNotFoundException", source=API.format("UpdateService"))
def service_that_does_not_exist(ask: Ask) -> str | None:
    """The cluster has no service of the name."""
    return None if _service(ask) else "Service not found."


@refusal("ecs", "UpdateService", code="ServiceNotActiveException", source=API.format("UpdateService"))
def service_that_is_not_active(ask: Ask) -> str | None:
    """The service was deleted."""
    held = _service(ask)
    return "Service was not ACTIVE." if held is not None and held.status != "ACTIVE" else None


@refusal(
    "ecs",
    "UpdateService",
    code="InvalidParameterException",
    source=f"{API.format('UpdateService')} https://github.com/hashicorp/terraform-provider-aws/issues/6802",
)
def what_only_codedeploy_changes(ask: Ask) -> str | None:
    """CodeDeploy deploys the service, and what is to change is only in its deployments."""
    if _controller(ask) != "CODE_DEPLOY":
        return None
    for name, what in BY_CODEDEPLOY.items():
        if ask.get(name) is not None:
            return (
                f"Unable to update {what} on services with a CODE_DEPLOY deployment controller. "
                "Use AWS CodeDeploy to trigger a new deployment."
            )
    if ask.get("forceNewDeployment"):
        return (
            "Cannot force a new deployment on services with a CODE_DEPLOY deployment controller. "
            "Use AWS CodeDeploy to trigger a new deployment."
        )
    return None


@refusal("ecs", *SERVICE, code="InvalidParameterException", source=API.format("DeploymentCircuitBreaker"))
def safeguards_of_rolling_deployments(ask: Ask) -> str | None:
    """A circuit breaker or deployment alarms, and another deployment controller than ECS's own."""
    configuration = ask.get("deploymentConfiguration", {})
    if _controller(ask) == "ECS":
        return None
    for name in ("deploymentCircuitBreaker", "alarms"):
        if configuration.get(name, {}).get("enable"):
            return f"{name} can only be used with the ECS deployment controller."
    return None


@refusal(
    "ecs",
    "CreateService",
    code="InvalidParameterException",
    source=f"{API.format('CreateService')} {GUIDE.format('deployment-type-bluegreen')}",
)
def codedeploy_without_one_target_group(ask: Ask) -> str | None:
    """A service of CodeDeploy has no target group, or several, or is no REPLICA service."""
    if _controller(ask) != "CODE_DEPLOY":
        return None
    if len(ask.all("loadBalancers")) != 1 or ask.get("schedulingStrategy", "REPLICA") != "REPLICA":
        return "Services with a CODE_DEPLOY deployment controller need one target group and the REPLICA strategy."
    return None


@refusal("ecs", "DeleteService", code="InvalidParameterException", source=API.format("DeleteService"))
def service_with_tasks(ask: Ask) -> str | None:
    """The service is to run tasks still, and `force` is not set."""
    held = _service(ask)
    if held is None or ask.get("force") or held.desired_count == 0 or held.status != "ACTIVE":
        return None
    return "The service cannot be stopped while it is scaled above 0."


# ---- clusters --------------------------------------------------------------------------------------------------------


@refusal("ecs", "DeleteCluster", code="ClusterContainsServicesException", source=API.format("DeleteCluster"))
def cluster_with_services(ask: Ask) -> str | None:
    """The cluster has active services."""
    cluster = str(ask.get("cluster", "")).rsplit("/", 1)[-1]
    services = ask.backend("ecs").services.values()
    used = any(each.cluster_name == cluster and each.status == "ACTIVE" for each in services)
    return "The Cluster cannot be deleted while Services are active." if used else None


@refusal(
    "ecs",
    "PutClusterCapacityProviders",
    code="ResourceInUseException",
    source=API.format("PutClusterCapacityProviders"),
)
def capacity_provider_in_use(ask: Ask) -> str | None:
    """A capacity provider that is taken away is in the strategy of an active service."""
    cluster, left = str(ask.get("cluster", "")).rsplit("/", 1)[-1], ask.all("capacityProviders")
    for each in ask.backend("ecs").services.values():
        used = {one["capacityProvider"] for one in getattr(each, "capacity_provider_strategy", None) or ()}
        if each.cluster_name == cluster and each.status == "ACTIVE" and used - set(left):
            return "The specified capacity provider is in use and cannot be removed."
    return None


def _containers(ask: Ask) -> Iterator[Data]:
    yield from ask.all("containerDefinitions")


def _service(ask: Ask) -> Any:  # noqa: ANN401  # moto's own
    name, cluster = (str(ask.get(each, "default")).rsplit("/", 1)[-1] for each in ("service", "cluster"))
    return ask.backend("ecs").services.get(f"{cluster}:{name}")


def _controller(ask: Ask) -> str:
    """Who deploys the service of a request."""
    if ask.operation == "CreateService":
        return ask.get("deploymentController", {}).get("type", "ECS")
    held = _service(ask)
    return held.deployment_controller["type"] if held is not None else "ECS"


def _definition(ask: Ask, *, required: bool = True) -> Any:  # noqa: ANN401  # moto's own
    """The task definition of a request; where it names none and that is `required`, the service's."""
    name = ask.get("taskDefinition")
    if name is None:
        held = _service(ask) if required and ask.operation == "UpdateService" else None
        name = held.task_definition if held else None
    if name is None:
        return None
    family, _, revision = str(name).rsplit("/", 1)[-1].partition(":")
    revisions = ask.backend("ecs").task_definitions.get(family, {})
    return revisions.get(int(revision)) if revision else next(reversed(revisions.values()), None)


nothing_more(
    "ecs",
    CreateCluster="AWS answers with the cluster that exists",
    DeregisterTaskDefinition="AWS deregisters a revision that a service uses",
    TagResource="nothing beyond the model",
    UntagResource="AWS accepts keys that are not there",
    UpdateCluster="nothing beyond the model",
)
