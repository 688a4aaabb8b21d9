"""CodeDeploy: applications, deployment groups and deployments on ECS."""

import hashlib
import json
from typing import Any, Final

from tests.aws.refusals import Ask, nothing_more, refusal, within

API: Final = "https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_{}.html"
GUIDE: Final = "https://docs.aws.amazon.com/codedeploy/latest/userguide/{}.html"

GROUP: Final = ("CreateDeploymentGroup", "UpdateDeploymentGroup")
CONFIGURATIONS: Final = frozenset(
    f"CodeDeployDefault.ECS{name}"
    for name in (
        "AllAtOnce",
        "Canary10Percent15Minutes",
        "Canary10Percent5Minutes",
        "Linear10PercentEvery1Minutes",
        "Linear10PercentEvery3Minutes",
    )
)
"""AWS's own configurations for ECS. User guide, "Deployment configurations on an Amazon ECS compute platform"."""
MOST_ALARMS: Final = 10
UNDER_WAY: Final = frozenset({"Created", "Queued", "InProgress", "Baking", "Ready"})


@refusal("codedeploy", "CreateDeploymentGroup", code="InvalidDeploymentStyleException", source=API.format(GROUP[0]))
def style_that_is_not_of_ecs(ask: Ask) -> str | None:
    """A group for ECS has another style than BLUE_GREEN, WITH_TRAFFIC_CONTROL."""
    style = ask.get("deploymentStyle", {})
    wanted = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
    return None if style == wanted else "For ECS deployment group, deployment style must be blue/green with traffic."


@refusal(
    "codedeploy",
    "CreateDeploymentGroup",
    code="InvalidBlueGreenDeploymentConfigurationException",
    source=API.format("BlueGreenDeploymentConfiguration"),
)
def blue_green_configuration_is_missing(ask: Ask) -> str | None:
    """A group for ECS does not say what becomes of the old tasks, or when the traffic moves."""
    held = ask.get("blueGreenDeploymentConfiguration", {})
    if held.get("deploymentReadyOption") and held.get("terminateBlueInstancesOnDeploymentSuccess"):
        return None
    return "For ECS deployment group, blueGreenDeploymentConfiguration can not be null."


@refusal(
    "codedeploy",
    *GROUP,
    code="InvalidBlueGreenDeploymentConfigurationException",
    source=API.format("DeploymentReadyOption"),
)
def wait_without_an_end(ask: Ask) -> str | None:
    """A wait for an approval has no length, or a length has no wait; of the old tasks, more than two days."""
    held = ask.get("blueGreenDeploymentConfiguration", {})
    ready = held.get("deploymentReadyOption", {})
    minutes, stops = ready.get("waitTimeInMinutes") or 0, ready.get("actionOnTimeout") == "STOP_DEPLOYMENT"
    if stops != bool(minutes):
        return "The wait time must be positive with STOP_DEPLOYMENT, and 0 with CONTINUE_DEPLOYMENT."
    longest = 2880
    old = within(held, "terminateBlueInstancesOnDeploymentSuccess", "terminationWaitTimeInMinutes") or 0
    return f"The wait times are at most {longest} minutes." if max(minutes, old) > longest else None


@refusal(
    "codedeploy",
    *GROUP,
    code="InvalidECSServiceException",
    source="https://github.com/aws/aws-cdk/issues/24059 " + API.format("ECSService"),
)
def service_that_codedeploy_does_not_deploy(ask: Ask) -> str | None:
    """The service of a group does not exist, or has another deployment controller."""
    if ask.operation == "CreateDeploymentGroup" and len(ask.all("ecsServices")) != 1:
        return "For ECS deployment group, ecsServices can not be null or empty."
    for each in ask.all("ecsServices"):
        held = ask.backend("ecs").services.get(f"{each.get('clusterName')}:{each.get('serviceName')}")
        if held is None or held.status != "ACTIVE":
            return f"The ECS service {each.get('serviceName')} does not exist."
        if held.deployment_controller["type"] != "CODE_DEPLOY":
            return "Deployment group's ECS service must be configured for a CODE_DEPLOY deployment controller."
    return None


@refusal("codedeploy", *GROUP, code="ECSServiceMappingLimitExceededException", source=API.format(GROUP[0]))
def service_of_another_group(ask: Ask) -> str | None:
    """Another deployment group has the service."""
    own = ask.get("currentDeploymentGroupName")
    for groups in ask.backend("codedeploy").deployment_groups.values():
        for group in groups.values():
            if group.deployment_group_name != own and any(
                each in group.ecs_services for each in ask.all("ecsServices")
            ):
                return "An ECS service can be mapped to one deployment group only."
    return None


@refusal("codedeploy", *GROUP, code="InvalidTargetGroupPairException", source=API.format("TargetGroupPairInfo"))
def pair_that_is_none(ask: Ask) -> str | None:
    """There are not two target groups that exist, or not one production listener, or the test listener is the same."""
    there = {each.name for each in ask.backend("elbv2").target_groups.values()}
    pairs: list[dict[str, Any]] | None = within(ask.get("loadBalancerInfo"), "targetGroupPairInfoList")
    if ask.operation == "UpdateDeploymentGroup" and pairs is None:
        return None
    pair = pairs[0] if pairs else {}
    names = [each.get("name") for each in pair.get("targetGroups", ())]
    if len(set(names)) != len(("blue", "green")) or not set(names) <= there:
        return "A target group pair must have two target groups that exist."
    routes: list[list[str]] = [within(pair, f"{name}TrafficRoute", "listenerArns") or [] for name in ("prod", "test")]
    production, test = routes
    if len(production) != 1 or len(test) > 1:
        return "A traffic route must have one listener."
    return "The production and the test listener must be different." if production == test else None


@refusal("codedeploy", *GROUP, code="InvalidRoleException", source=GUIDE.format("getting-started-create-service-role"))
def role_that_codedeploy_cannot_assume(ask: Ask) -> str | None:
    """The role does not exist, or its trust policy does not name CodeDeploy."""
    arn = ask.get("serviceRoleArn")
    held = next((each for each in ask.backend("iam").roles.values() if each.arn == arn), None)
    trusted = held is not None and "codedeploy.amazonaws.com" in held.assume_role_policy_document
    if arn is None or trusted:
        return None
    return f"AWS CodeDeploy does not have the permissions required to assume the role {arn}."


@refusal(
    "codedeploy", *GROUP, code="DeploymentConfigDoesNotExistException", source=GUIDE.format("deployment-configurations")
)
def configuration_that_is_not_of_ecs(ask: Ask) -> str | None:
    """The deployment configuration is none of those for ECS."""
    name = ask.get("deploymentConfigName")
    if name is None or name in CONFIGURATIONS:
        return None
    return f"No Deployment Configuration found for name: {name}"


@refusal("codedeploy", *GROUP, code="AlarmsLimitExceededException", source=API.format("AlarmConfiguration"))
def more_than_ten_alarms(ask: Ask) -> str | None:
    """A group watches more than ten alarms."""
    alarms: list[Any] = within(ask.get("alarmConfiguration"), "alarms") or []
    return f"The maximum number of alarms is {MOST_ALARMS}." if len(alarms) > MOST_ALARMS else None


@refusal(
    "codedeploy", "CreateDeployment", code="DeploymentLimitExceededException", source=API.format("CreateDeployment")
)
def deployment_under_way(ask: Ask) -> str | None:
    """The group has a deployment that has not ended."""
    for each in ask.backend("codedeploy").deployments.values():
        same = (each.application_name, each.deployment_group_name) == (
            ask.get("applicationName"),
            ask.get("deploymentGroupName"),
        )
        if same and each.status in UNDER_WAY:
            return (
                f"The Deployment Group '{each.deployment_group_name}' already has an active Deployment "
                f"'{each.deployment_id}'"
            )
    return None


@refusal(
    "codedeploy",
    "CreateDeployment",
    code="InvalidRevisionException",
    source=GUIDE.format("reference-appspec-file-structure-resources"),
)
def revision_that_is_no_appspec(ask: Ask) -> str | None:
    """The AppSpec names no task definition that exists, or no container and port of it; or its hash is another's."""
    given: dict[str, Any] = within(ask.get("revision"), "appSpecContent") or {}
    content = str(given.get("content", ""))
    if given.get("sha256") not in {None, hashlib.sha256(content.encode()).hexdigest()}:
        return "The SHA256 hash is not that of the content."
    try:
        (resource,) = json.loads(content)["Resources"]
        properties = resource["TargetService"]["Properties"]
        named, behind = properties["TaskDefinition"], dict(properties["LoadBalancerInfo"])
    except (ValueError, KeyError, TypeError):
        return "The AppSpec file is not valid: TaskDefinition and LoadBalancerInfo are required."
    family, _, revision = str(named).rpartition("/")[2].partition(":")
    held = ask.backend("ecs").task_definitions.get(family, {}).get(int(revision or 0))
    if held is None or held.status != "ACTIVE":
        return f"The task definition {named} does not exist."
    ports = {
        (each["name"], port.get("containerPort"))
        for each in held.container_definitions
        for port in each.get("portMappings", ())
    }
    if (behind.get("ContainerName"), behind.get("ContainerPort")) not in ports:
        return "The container and the port of LoadBalancerInfo are not of the task definition."
    return None


@refusal(
    "codedeploy", "StopDeployment", code="DeploymentAlreadyCompletedException", source=API.format("StopDeployment")
)
def deployment_that_has_ended(ask: Ask) -> str | None:
    """The deployment has ended."""
    held = ask.backend("codedeploy").deployments.get(ask.get("deploymentId"))
    ended = held is not None and held.status not in UNDER_WAY
    return f"The deployment {ask.get('deploymentId')} is already completed." if ended else None


nothing_more(
    "codedeploy",
    CreateApplication="moto refuses a second one of the name",
    DeleteApplication="AWS deletes the groups with it",
    DeleteDeploymentGroup="AWS accepts one that is not there",
    TagResource="nothing beyond the model",
    UntagResource="AWS accepts keys that are not there",
)
