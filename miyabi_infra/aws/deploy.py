"""A new image in a running service, without Terraform: migrate, register a revision, deploy it, wait, or go back.

ECS deploys by itself when the service is updated; where CodeDeploy owns the service, a deployment of it does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from miyabi_infra.aws.account import account_of
from miyabi_infra.aws.blue_green import Shift, appspec, group_of, waits
from miyabi_infra.aws.client import Aws, Kind, Trouble
from miyabi_infra.aws.patience import Patience, Tell
from miyabi_infra.aws.readers.ecs import MIGRATING
from miyabi_infra.aws.world import World
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Resource, Stack, Value
from miyabi_infra.stacks.images import ecr_image
from miyabi_infra.stacks.platform import Platform, mappings, text

_IMAGE: Final = re.compile(
    r"(?P<name>[^\s@:]+(?::\d+/[^\s@:]+)?)(?::(?P<tag>[\w.-]{1,128})|@(?P<digest>sha256:[0-9a-f]{64}))"
)

_OF_THE_ANSWER: Final = frozenset(
    {
        "taskDefinitionArn",
        "revision",
        "status",
        "requiresAttributes",
        "compatibilities",
        "registeredAt",
        "registeredBy",
        "deregisteredAt",
        "deregisterationAt",
    }
)
"""What DescribeTaskDefinition answers and RegisterTaskDefinition does not take."""


@dataclass(frozen=True)
class Outcome:
    """How a deployment ended."""

    image: str
    before: str
    """The revision that ran before: `miyabi-app-dev:7`."""
    runs: str
    """The revision that the service now asks for."""
    deployed: bool
    """Whether the image runs."""
    reason: str
    """Why not, in one line; empty when it runs."""


def deploy(stack: Stack, aws: Aws, image: str, *, patience: Patience, tell: Tell, migrate: bool = True) -> Outcome:
    """Let the service run an image; when its tasks do not become healthy in time, the previous image runs again.

    First the image migrates the schema, where the stack has a task for it; when that fails, the service stays as it is.
    `tell` gets a line for each step.

    Raises:
        Refused: before anything is changed, when this image or this environment is not to be deployed so.
        Trouble: when AWS gives no answer.
    """
    service = _managed_here(stack)
    _named(image)
    account = account_of(World(aws, stack, {}))
    if account.trouble is not None:
        raise account.trouble
    _in_registry(aws, image)
    rollout = Rollout(aws, _cluster_name(stack), text(service.get("name")), patience, tell)
    group = group_of(stack)
    if group is not None:
        return _shift(stack, service, group, rollout, image, migrate=migrate)
    before = rollout.running()
    reason = _migrated(stack, rollout, image) if migrate else ""
    if reason:
        return Outcome(image, before, before, deployed=False, reason=reason)
    revision = rollout.register(before, _application(stack), image)
    tell(f"{revision} registered, with {image}")
    rollout.update(revision)
    reason = rollout.wait(revision)
    if not reason:
        tell(f"{revision} runs")
        return Outcome(image, before, revision, deployed=True, reason="")
    tell(f"{reason}; {before} is to run again")
    if rollout.primary() != before:  # the circuit breaker has not done it
        rollout.update(before)
    back = rollout.wait(before)
    tell(f"{before} does not run yet: {back}" if back else f"{before} runs again")
    return Outcome(image, before, rollout.primary(), deployed=False, reason=reason)


def _shift(
    stack: Stack, service: Resource, group: Resource, rollout: "Rollout", image: str, *, migrate: bool
) -> Outcome:
    """The same by CodeDeploy, which takes a failed deployment back by itself."""
    aws, tell = rollout.aws, rollout.tell
    application, name = text(_application_of(stack).get("name")), text(group.get("deployment_group_name"))
    shift = Shift(aws, application, name, waits(group), rollout.patience, tell)
    shift.free()
    before = rollout.primary()
    reason = _migrated(stack, rollout, image) if migrate else ""
    if reason:
        return Outcome(image, before, before, deployed=False, reason=reason)
    revision = rollout.register(before, _application(stack), image)
    tell(f"{revision} registered, with {image}")
    hooks = {event: text(function) for event, function in _hooks(stack).items()}
    reason = shift.deploy(appspec(service, rollout.arn(revision), hooks))
    runs = rollout.primary()
    tell(f"{runs} runs")
    return Outcome(image, before, runs, deployed=not reason, reason=reason)


def _application_of(stack: Stack) -> Resource:
    return stack.of_type("aws_codedeploy_app")[0]


def _hooks(stack: Stack) -> Mapping[str, Value]:
    """The functions that a deployment calls: an output of the module, because only deployments name them."""
    held = next(each.outputs["hooks"] for each in stack.modules if "hooks" in each.outputs)
    return held if isinstance(held, Mapping) else {}


def _managed_here(stack: Stack) -> Resource:
    """The service, when Terraform leaves its task definition alone."""
    if len(stack.of_type("aws_ecs_service")) > 1:
        raise Refused(
            f"{stack.environment} runs two services, on the way between rolling and blue/green deployments: "
            "end that first (docs/guides/blue-green.md)"
        )
    service = Platform(stack).service
    if service is None:
        raise Refused(f"{stack.environment} has no ECS service")
    if "task_definition" not in service.ignore_changes:
        raise Refused(
            f"Terraform manages the image of {stack.environment}: the next apply would take this one back. "
            f"Write it into ecs.ecr_image_uri of environments/{stack.environment}.yaml and apply, or add "
            "task_definition to ecs_service.managed_elsewhere"
        )
    for controller in service.blocks("deployment_controller"):
        if controller.get("type", "ECS") != ("ECS" if group_of(stack) is None else "CODE_DEPLOY"):
            raise Refused(f"{stack.environment} is deployed by {controller['type']}, not by updates of the service")
    return service


def _cluster_name(stack: Stack) -> str:
    cluster = Platform(stack).cluster
    return text(cluster.get("name")) if cluster else ""


def _application(stack: Stack) -> str:
    """Name of the application's container: the first one; sidecars follow."""
    return text(Platform(stack).containers[0].get("name"))


def _migrated(stack: Stack, rollout: "Rollout", image: str) -> str:
    """Let an image migrate the schema, where the stack has a task for it; why that failed, or an empty text."""
    definition = stack.find("module.ecs.aws_ecs_task_definition.migration")
    if definition is None:
        return ""
    (container,) = mappings(definition.get("container_definitions"))
    return rollout.migrate(text(definition.get("family")), text(container.get("name")), image)


def _named(image: str) -> None:
    """Refuse an image whose name does not say which version it is."""
    matched = _IMAGE.fullmatch(image)
    if matched is None:
        raise Refused(f"{image!r} is not an image with a tag or a digest: <registry>/<repository>:<git commit>")
    if matched["tag"] == "latest":
        raise Refused("latest says not what it is: deploy the tag of a commit, or a digest")


def _in_registry(aws: Aws, image: str) -> None:
    """Refuse an image that ECR does not have; of other registries nothing is known."""
    named = ecr_image(image)
    if named is None:
        return
    if named.region != aws.region:
        aws = aws.elsewhere(named.region)
    wanted = {"imageDigest": named.digest} if named.digest else {"imageTag": named.tag}
    try:
        aws.call(
            "ecr",
            "describe_images",
            registryId=named.account,
            repositoryName=named.repository,
            imageIds=[wanted],
        )
    except Trouble as trouble:
        if trouble.kind is Kind.MISSING:
            raise Refused(f"{image} is not in the registry: push it first") from trouble
        raise


@dataclass(frozen=True)
class Rollout:
    """The service during a deployment."""

    aws: Aws
    cluster: str
    service: str
    patience: Patience
    tell: Tell

    def described(self) -> dict[str, Any]:
        """The service, as ECS describes it."""
        answer = self.aws.call("ecs", "describe_services", cluster=self.cluster, services=[self.service])
        found = [each for each in answer["services"] if each["status"] == "ACTIVE"]
        if not found:
            raise Refused(f"service {self.service} does not exist in cluster {self.cluster}: apply the stack first")
        return found[0]

    def running(self) -> str:
        """The revision that runs, when no other deployment is in progress."""
        deployments = self.described()["deployments"]
        if len(deployments) > 1 or deployments[0].get("rolloutState", "COMPLETED") == "IN_PROGRESS":
            raise Refused(f"a deployment of {self.service} is in progress: wait for its end (miyabi-infra status)")
        return _revision(deployments[0]["taskDefinition"])

    def primary(self) -> str:
        """The revision that the service asks for now; of CodeDeploy's task sets, the primary one's."""
        service = self.described()
        sets: list[dict[str, Any]] = [each for each in service.get("taskSets") or () if each["status"] == "PRIMARY"]
        return _revision((sets or [service])[0]["taskDefinition"])

    def arn(self, revision: str) -> str:
        """The ARN of a revision."""
        answer = self.aws.call("ecs", "describe_task_definition", taskDefinition=revision)
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def register(self, revision: str, container: str, image: str) -> str:
        """A revision like another one, with another image; that one itself when nothing differs."""
        answer = self.aws.call("ecs", "describe_task_definition", taskDefinition=revision, include=["TAGS"])
        definition: dict[str, Any] = answer["taskDefinition"]
        containers: list[dict[str, Any]] = definition["containerDefinitions"]
        if container not in {each["name"] for each in containers}:
            raise Refused(f"{revision} has no container {container}")
        changed = [{**each, "image": image} if each["name"] == container else each for each in containers]
        if changed == containers:
            return revision
        taken = {name: value for name, value in definition.items() if name not in _OF_THE_ANSWER}
        tags = {"tags": answer["tags"]} if answer.get("tags") else {}
        made = self.aws.call("ecs", "register_task_definition", **{**taken, "containerDefinitions": changed}, **tags)
        return _revision(made["taskDefinition"]["taskDefinitionArn"])

    def migrate(self, family: str, container: str, image: str) -> str:
        """Run the task that migrates the schema, with an image, to its end; why it failed, or an empty text."""
        revision = self.register(family, container, image)
        service = self.described()
        started = self.aws.call(
            "ecs",
            "run_task",
            cluster=self.cluster,
            taskDefinition=revision,
            launchType="FARGATE",
            networkConfiguration=service["networkConfiguration"],
            startedBy=MIGRATING,
        )
        if not started["tasks"]:
            failures: list[dict[str, Any]] = started.get("failures") or [{}]
            return f"the migration did not start: {failures[0].get('reason', 'no reason given')}"
        arn = str(started["tasks"][0]["taskArn"])
        name = arn.rpartition("/")[2]
        self.tell(f"migration {name} of {revision} runs; its log: migration/{container}/{name}")
        until = self.patience.clock() + self.patience.seconds
        while True:
            (task,) = self.aws.call("ecs", "describe_tasks", cluster=self.cluster, tasks=[arn])["tasks"]
            if task["lastStatus"] == "STOPPED":
                break
            if self.patience.clock() >= until:
                return (
                    f"migration {name} runs still after {self.patience.seconds:g} s, and is not stopped in the middle"
                )
            self.patience.sleep(self.patience.pause)
        code = task["containers"][0].get("exitCode")
        if code == 0:
            self.tell(f"migration {name} is done")
            return ""
        why = task.get("stoppedReason") or "no reason given"
        return f"migration {name} failed" + (f" with exit code {code}" if code is not None else f": {why}")

    def update(self, revision: str) -> None:
        """Have the service use a revision."""
        self.aws.call("ecs", "update_service", cluster=self.cluster, service=self.service, taskDefinition=revision)

    def wait(self, revision: str) -> str:
        """Wait until a revision runs; why it does not, in one line, or an empty text."""
        until = self.patience.clock() + self.patience.seconds
        while True:
            service = self.described()
            mine = next(
                (each for each in service["deployments"] if _revision(each["taskDefinition"]) == revision), None
            )
            if mine is None or mine.get("rolloutState") == "FAILED":
                return _one_line(mine, service) or f"the circuit breaker rolled {revision} back"
            if mine["status"] == "PRIMARY" and mine.get("rolloutState", "COMPLETED") == "COMPLETED":
                return ""
            if self.patience.clock() >= until:
                return f"{revision} does not run after {self.patience.seconds:g} s"
            self.tell(f"{mine.get('runningCount', 0)} of {mine.get('desiredCount', 0)} tasks of {revision} run")
            self.patience.sleep(self.patience.pause)


def _one_line(deployment: Mapping[str, Any] | None, service: Mapping[str, Any]) -> str:
    """What ECS says of a deployment that failed."""
    if deployment is not None and deployment.get("rolloutStateReason"):
        return str(deployment["rolloutStateReason"])
    events: list[dict[str, Any]] = service.get("events") or []
    messages = [str(each["message"]) for each in events]
    return next((each for each in messages if "failed" in each), "")


def _revision(arn: object) -> str:
    return str(arn).rpartition("/")[2]
