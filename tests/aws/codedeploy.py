"""CodeDeploy, as far as moto lacks it: changing and deleting, alarms; and in a living account, deployments on ECS.

A deployment happens at once: the new tasks run, the listeners forward to their target group, the old tasks are gone.
What an emulated account cannot do: move the traffic in steps, wait, call hooks, or be rolled back half way.
"""

import functools
import json
from collections.abc import Callable
from typing import Any, Final

from moto.cloudwatch.models import cloudwatch_backends
from moto.codedeploy import responses
from moto.codedeploy.models import CodeDeployBackend, DeploymentGroup, DeploymentInfo
from moto.codedeploy.responses import CodeDeployResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.ecs.models import ecs_backends
from moto.elbv2.models import FakeAction, elbv2_backends

from tests.aws import living
from tests.aws.observed import asked
from tests.aws.refusals._holders import forwarded

Moto = Any
"""A model of moto's, whose own types say too little."""

_KEPT: Final = {
    "alarmConfiguration": "alarm_configuration",
    "autoRollbackConfiguration": "auto_rollback_configuration",
    "blueGreenDeploymentConfiguration": "blue_green_deployment_configuration",
    "deploymentConfigName": "deployment_config_name",
    "deploymentStyle": "deployment_style",
    "ecsServices": "ecs_services",
    "loadBalancerInfo": "load_balancer_info",
    "serviceRoleArn": "service_role_arn",
}
"""What UpdateDeploymentGroup changes, and where moto holds it."""


def install() -> None:
    """Put the additions into moto. Once in a process."""
    for method in (update_deployment_group, delete_deployment_group, delete_application, stop_deployment):
        setattr(CodeDeployResponse, method.__name__, method)
    for name, wrapper in (("_deployment_group_info", _with_alarms), ("_deployment_info", _with_ending)):
        setattr(responses, name, wrapper(getattr(responses, name)))


def _with_alarms(describe: Callable[[DeploymentGroup], dict[str, Any]]) -> Callable[[DeploymentGroup], dict[str, Any]]:
    """Moto keeps the alarms of a group, and answers without them."""
    return lambda group: {
        **describe(group),
        "alarmConfiguration": group.alarm_configuration or {},
        "lastAttemptedDeployment": getattr(group, "last", {}),
    }


def _with_ending(describe: Callable[[DeploymentInfo], dict[str, Any]]) -> Callable[[DeploymentInfo], dict[str, Any]]:
    return lambda deployment: {**describe(deployment), **getattr(deployment, "ending", {})}


def update_deployment_group(self: CodeDeployResponse) -> ActionResult:
    backend = self.codedeploy_backend
    group = backend.get_deployment_group(asked(self, "applicationName"), asked(self, "currentDeploymentGroupName"))
    for wire, held in _KEPT.items():
        if asked(self, wire) is not None:
            setattr(group, held, asked(self, wire))
    return ActionResult({"hooksNotCleanedUp": []})


def delete_deployment_group(self: CodeDeployResponse) -> ActionResult:
    groups = self.codedeploy_backend.deployment_groups.get(asked(self, "applicationName"), {})
    groups.pop(asked(self, "deploymentGroupName"), None)
    return ActionResult({"hooksNotCleanedUp": []})


def delete_application(self: CodeDeployResponse) -> EmptyResult:
    self.codedeploy_backend.applications.pop(asked(self, "applicationName"), None)
    self.codedeploy_backend.deployment_groups.pop(asked(self, "applicationName"), None)
    return EmptyResult()


def stop_deployment(self: CodeDeployResponse) -> ActionResult:
    deployment = self.codedeploy_backend.get_deployment(asked(self, "deploymentId"))
    _end(deployment, "Stopped", "MANUAL_STOP", "The deployment was stopped by a user.")
    if asked(self, "autoRollbackEnabled"):
        _roll_back(self.codedeploy_backend, deployment)
    return ActionResult({"status": "Succeeded", "statusMessage": "No more events will be scheduled."})


# ---- a living account ------------------------------------------------------------------------------------------------


def live() -> None:
    """Let deployments happen."""
    created = CodeDeployResponse.create_deployment

    @functools.wraps(created)
    def create_deployment(self: CodeDeployResponse) -> ActionResult:
        answer = created(self)
        result: Any = answer.result
        _deploy(self.codedeploy_backend, self.codedeploy_backend.get_deployment(result["deploymentId"]))
        return answer

    setattr(CodeDeployResponse, "create_deployment", create_deployment)  # noqa: B010


NO_ROUTE: Final[dict[str, list[str]]] = {"listenerArns": []}


def _deploy(backend: CodeDeployBackend, deployment: Moto) -> None:
    account, region = backend.account_id, backend.region_name
    group = deployment.deployment_group
    named = group.ecs_services[0]
    ecs: Moto = ecs_backends[account][region]
    service = ecs.services[f"{named['clusterName']}:{named['serviceName']}"]
    spec = json.loads(deployment.revision["appSpecContent"]["content"])
    target = spec["Resources"][0]["TargetService"]["Properties"]
    ringing = [each for each in _alarms(group) if _rings(cloudwatch_backends[account][region], each)]
    if ringing:
        _end(deployment, "Stopped", "ALARM_ACTIVE", f"One or more alarms have been activated: {ringing}")
        _roll_back(backend, deployment)
        return
    if living.never_healthy(ecs, target["TaskDefinition"]):
        message = (
            "The deployment timed out while waiting for the replacement task set to become healthy. "
            "This time out period is 60 minutes."
        )
        _end(deployment, "Failed", "TIMEOUT", message)
        _roll_back(backend, deployment)
        return
    elb: Moto = elbv2_backends[account][region]
    (pair,) = group.load_balancer_info["targetGroupPairInfoList"]
    by_name = {each.name: each.arn for each in elb.target_groups.values()}
    arns = [by_name[each["name"]] for each in pair["targetGroups"]]
    before = service.load_balancers[0]["targetGroupArn"]
    after = next(each for each in arns if each != before)
    living.stop_all(ecs, service)
    service.task_definition = target["TaskDefinition"]
    service.load_balancers = [{**service.load_balancers[0], "targetGroupArn": after}]
    living.settle(ecs, service, "scaling")
    for route in ("prodTrafficRoute", "testTrafficRoute"):
        for arn in (pair.get(route) or NO_ROUTE)["listenerArns"]:
            _shift(elb, arn, before, after)
    _end(deployment, "Succeeded")


def _alarms(group: DeploymentGroup) -> list[str]:
    configuration: Any = group.alarm_configuration or {}
    return [each["name"] for each in configuration.get("alarms", ())] if configuration.get("enabled") else []


def _rings(cloudwatch: Moto, name: str) -> bool:
    return name in cloudwatch.alarms and cloudwatch.alarms[name].state_value == "ALARM"


def _shift(elb: Moto, listener_arn: str, before: str, after: str) -> None:
    """Let a listener and its rules forward to the other group; the first one stays, with weight 0."""
    (listener,) = elb.describe_listeners(None, [listener_arn])
    weights = [{"TargetGroupArn": after, "Weight": 100}, {"TargetGroupArn": before, "Weight": 0}]

    def shifted(actions: list[Moto]) -> list[Moto]:
        ours = [bool({before, after} & forwarded([each.data])) for each in actions]
        forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}
        return [
            FakeAction(json.loads(json.dumps(forward))) if moves else each
            for moves, each in zip(ours, actions, strict=True)
        ]

    listener.default_actions = shifted(listener.default_actions)
    for each in listener.rules.values():
        each.actions = shifted(each.actions)


def _end(deployment: Moto, status: str, code: str = "", message: str = "") -> None:
    """How a deployment ended, and why."""
    deployment.status = status
    deployment.start_time = deployment.complete_time = utcnow()
    deployment.ending = {"errorInformation": {"code": code, "message": message}} if code else {}
    deployment.deployment_group.last = {"deploymentId": deployment.deployment_id, "status": status}


def _roll_back(backend: CodeDeployBackend, deployment: Moto) -> None:
    """Another deployment takes back one that did not succeed; here nothing had moved, so there is nothing to do."""
    named = deployment.application_name, deployment.deployment_group_name
    back = backend.get_deployment(backend.create_deployment(*named, deployment.revision))
    back.status, back.creator = "Succeeded", "codeDeployRollback"
    back.complete_time = utcnow()
    deployment.ending["rollbackInfo"] = {"rollbackDeploymentId": back.deployment_id}
