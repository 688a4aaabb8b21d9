"""A deployment by CodeDeploy: new tasks beside the old ones, then the traffic moves, then the old tasks end."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from miyabi_infra.aws.client import Aws
from miyabi_infra.aws.patience import Patience, Tell
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Resource, Stack
from miyabi_infra.stacks.platform import integer, mappings, text

MINUTES: Final = {
    "CodeDeployDefault.ECSAllAtOnce": 0,
    "CodeDeployDefault.ECSLinear10PercentEvery1Minutes": 9,
    "CodeDeployDefault.ECSLinear10PercentEvery3Minutes": 27,
    "CodeDeployDefault.ECSCanary10Percent5Minutes": 5,
    "CodeDeployDefault.ECSCanary10Percent15Minutes": 15,
}
"""How long the traffic moves: with ten steps there are nine waits (CodeDeploy user guide, "Predefined deployment
configurations for an Amazon ECS compute platform")."""

_UNDER_WAY: Final = ("Created", "Queued", "InProgress", "Baking", "Ready")
_ENDED: Final = frozenset({"Succeeded", "Failed", "Stopped"})


def group_of(stack: Stack) -> Resource | None:
    """The deployment group of a stack."""
    return next(iter(stack.of_type("aws_codedeploy_deployment_group")), None)


def waits(group: Resource) -> int:
    """Minutes that a deployment of a group waits by its configuration, if nothing fails."""
    (waited,) = group.blocks("blue_green_deployment_config")
    return MINUTES[text(group.get("deployment_config_name"))] + sum(
        integer(block.get(minutes) or 0)
        for name, minutes in (
            ("deployment_ready_option", "wait_time_in_minutes"),
            ("terminate_blue_instances_on_deployment_success", "termination_wait_time_in_minutes"),
        )
        for block in mappings(waited.get(name))
    )


def appspec(service: Resource, definition: str, hooks: dict[str, str]) -> str:
    """What CodeDeploy is to deploy: a task definition by its ARN, the port that gets the traffic, functions to call.

    Source: CodeDeploy user guide, "AppSpec File structure for Amazon ECS deployments".
    """
    (behind,) = service.blocks("load_balancer")
    container = {
        "ContainerName": text(behind.get("container_name")),
        "ContainerPort": integer(behind.get("container_port")),
    }
    properties = {"TaskDefinition": definition, "LoadBalancerInfo": container}
    spec: dict[str, Any] = {
        "version": 0.0,
        "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}],
    }
    if hooks:
        spec["Hooks"] = [{event: function} for event, function in hooks.items()]
    return json.dumps(spec)


@dataclass(frozen=True)
class Shift:
    """The deployment group, and who waits for its deployments."""

    aws: Aws
    application: str
    group: str
    minutes: int
    """That a deployment waits by its configuration."""
    patience: Patience
    tell: Tell

    def free(self) -> None:
        """Refuse when a deployment is in progress; CodeDeploy takes one at a time."""
        named = {"applicationName": self.application, "deploymentGroupName": self.group}
        going = self.aws.call("codedeploy", "list_deployments", **named, includeOnlyStatuses=list(_UNDER_WAY))
        for each in going["deployments"]:
            raise Refused(f"deployment {each} is in progress: wait for its end (miyabi-infra status)")

    def deploy(self, spec: str) -> str:
        """Deploy; why it did not succeed, in one line, or an empty text. After a failure, wait for the rollback."""
        digest = hashlib.sha256(spec.encode()).hexdigest()
        made = self.aws.call(
            "codedeploy",
            "create_deployment",
            applicationName=self.application,
            deploymentGroupName=self.group,
            revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": spec, "sha256": digest}},
        )
        identifier = str(made["deploymentId"])
        self.tell(f"deployment {identifier} begun: at most {self.minutes} min of waits beside the start of the tasks")
        ended = self._ended(identifier, self.patience.seconds + 60 * self.minutes)
        if ended is None:
            self.tell(f"deployment {identifier} takes too long: it is stopped and rolled back")
            self.aws.call("codedeploy", "stop_deployment", deploymentId=identifier, autoRollbackEnabled=True)
            ended = self._ended(identifier, self.patience.seconds)
            reason = f"deployment {identifier} had not ended after {self.patience.seconds:g} s beside its waits"
        elif ended["status"] == "Succeeded":
            return ""
        else:
            error: dict[str, Any] = ended.get("errorInformation") or {}
            reason = " ".join(str(error.get("message") or f"deployment {identifier} {ended['status']}").split())
        rollback: dict[str, Any] = ended.get("rollbackInfo") or {} if ended else {}
        back = rollback.get("rollbackDeploymentId")
        if back:
            self.tell(f"{reason}; deployment {back} takes it back")
            self._ended(str(back), self.patience.seconds + 60 * self.minutes)
        return reason

    def _ended(self, identifier: str, seconds: float) -> dict[str, Any] | None:
        """A deployment that has ended; None when it has not in time."""
        until, told = self.patience.clock() + seconds, ""
        while True:
            found: dict[str, Any] = self.aws.call("codedeploy", "get_deployment", deploymentId=identifier)
            info: dict[str, Any] = found["deploymentInfo"]
            status = str(info["status"])
            if status in _ENDED:
                return info
            if self.patience.clock() >= until:
                return None
            line = _progress(identifier, status, waiting=bool(info.get("instanceTerminationWaitTimeStarted")))
            if line != told:
                self.tell(line)
                told = line
            self.patience.sleep(self.patience.pause)


def _progress(identifier: str, status: str, *, waiting: bool) -> str:
    if status == "Ready":
        return (
            "the new tasks run and wait for an approval: aws deploy continue-deployment "
            f"--deployment-id {identifier} --deployment-wait-type READY_WAIT"
        )
    return f"deployment {identifier}: {'the traffic has moved, the old tasks still run' if waiting else status}"
