"""What the guides say about the service, its tasks and their number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from miyabi_infra.pages.guides.needed import needed
from miyabi_infra.stacks import Resource, Stack, Value
from miyabi_infra.stacks.platform import Platform, integer, mappings, number, text


@dataclass(frozen=True)
class ScalingPolicy:
    """A target tracking policy of the service. Cooldowns are in seconds."""

    name: str
    metric: str
    target: str
    """Target value: `70`."""
    out_cooldown: int
    in_cooldown: int


@dataclass(frozen=True)
class ContainerCheck:
    """The health check that ECS runs in the container. Times are in seconds."""

    program: str
    """What is run: `curl`, or the image's own program."""
    requests: bool
    """Whether it requests the path of the health check."""
    interval: int
    timeout: int
    retries: int
    start: int


@dataclass(frozen=True)
class Service:
    """The ECS service and its task definition. Names are AWS's own, times in seconds."""

    cluster: str
    insights: bool
    """Whether Container Insights is on."""
    name: str
    family: str
    container: str
    image: str
    cpu: int
    """CPU units of a task."""
    memory: int
    """MiB of a task."""
    variables: Sequence[str]
    secrets: Mapping[str, str]
    """ARN of the secret by the variable that ECS fills with it."""
    desired: int
    least: int
    """Minimum number of tasks of the autoscaler."""
    most: int
    """Maximum number of tasks of the autoscaler."""
    maximum_percent: int
    minimum_percent: int
    grace: int
    check: ContainerCheck | None
    stop_timeout: int
    rollback: bool
    execute_command: bool
    managed_elsewhere: Sequence[str]
    policies: Sequence[ScalingPolicy]
    application: str
    """CodeDeploy's application; empty where ECS deploys by itself."""
    group: str
    """CodeDeploy's deployment group; empty likewise."""
    spot: bool
    """Whether a part of the tasks runs on Fargate Spot."""
    discovery: str
    """Name of the tasks in private DNS; empty without service discovery."""

    @property
    def repository(self) -> str:
        """The image without its tag or digest."""
        return self.image.split("@")[0].rpartition(":")[0] or self.image

    @property
    def repository_name(self) -> str:
        """The repository within the registry."""
        return self.repository.partition("/")[2]

    @property
    def resource_id(self) -> str:
        """The service as Application Auto Scaling names it."""
        return f"service/{self.cluster}/{self.name}"

    @property
    def breaker_threshold(self) -> int:
        """Failed tasks in a row at which ECS's circuit breaker gives up a deployment: half of desired, 3 to 200."""
        least, most = 3, 200
        return min(max(-(-self.desired // 2), least), most)


def service(stack: Stack) -> Service:
    """The service of an environment.

    Raises:
        StackError: when the stack is not one of an environment.
    """
    platform = Platform(stack)
    found = needed(stack, platform.service, "aws_ecs_service")
    cluster = needed(stack, platform.cluster, "aws_ecs_cluster")
    task = needed(stack, platform.task_definition(found), "aws_ecs_task_definition")
    container, tasks = task.blocks("container_definitions")[0], platform.tasks(found)
    groups = stack.of_type("aws_codedeploy_deployment_group")
    return Service(
        cluster=text(cluster.get("name")),
        insights=platform.container_insights,
        name=text(found.get("name")),
        family=text(task.get("family")),
        container=text(container.get("name")),
        image=text(container.get("image")),
        cpu=integer(task.get("cpu")),
        memory=integer(task.get("memory")),
        variables=[text(each["name"]) for each in mappings(container.get("environment"))],
        secrets={text(each["name"]): text(each["valueFrom"]) for each in mappings(container.get("secrets"))},
        desired=integer(found.get("desired_count")),
        least=tasks.minimum,
        most=tasks.maximum,
        maximum_percent=integer(found.get("deployment_maximum_percent", 200)),
        minimum_percent=integer(found.get("deployment_minimum_healthy_percent", 100)),
        grace=integer(found.get("health_check_grace_period_seconds")),
        check=next((_check(each) for each in mappings(container.get("healthCheck"))), None),
        stop_timeout=integer(container.get("stopTimeout", 30)),
        rollback=any(block["rollback"] is True for block in found.blocks("deployment_circuit_breaker")),
        execute_command=bool(found.get("enable_execute_command")),
        managed_elsewhere=found.ignore_changes,
        policies=[_policy(each) for each in stack.of_type("aws_appautoscaling_policy")],
        application=next((text(each.get("name")) for each in stack.of_type("aws_codedeploy_app")), ""),
        group=next((text(each.get("deployment_group_name")) for each in groups), ""),
        spot=platform.spot_share(found) > 0,
        discovery=text(stack.outputs["service_discovery_dns_name"]) if _is_in_dns(stack) else "",
    )


def _check(block: Mapping[str, Value]) -> ContainerCheck:
    command = block.get("command")
    kind, *words = map(text, command) if isinstance(command, tuple) else ("",)
    first = (" ".join(words).split() or [kind])[0]
    return ContainerCheck(
        program=first,
        requests=first == "curl",
        interval=integer(block.get("interval", 30)),
        timeout=integer(block.get("timeout", 5)),
        retries=integer(block.get("retries", 3)),
        start=integer(block.get("startPeriod", 0)),
    )


def _is_in_dns(stack: Stack) -> bool:
    return bool(stack.of_type("aws_service_discovery_service"))


def _policy(resource: Resource) -> ScalingPolicy:
    (tracking,) = resource.blocks("target_tracking_scaling_policy_configuration")
    (metric,) = mappings(tracking.get("predefined_metric_specification"))
    return ScalingPolicy(
        name=text(resource.get("name")),
        metric=text(metric.get("predefined_metric_type")),
        target=f"{number(tracking.get('target_value')):g}",
        out_cooldown=integer(tracking.get("scale_out_cooldown")),
        in_cooldown=integer(tracking.get("scale_in_cooldown")),
    )
