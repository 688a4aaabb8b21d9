"""What the guides say of an environment: taken from its synthesized stack, in the shape that the templates read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from miyabi_infra.stacks import Resource, Stack, StackError, Value, plain
from miyabi_infra.stacks.inventory import Row, rows
from miyabi_infra.text import count

_OPERATORS: Final[Mapping[str, str]] = {
    "GreaterThanThreshold": "above",
    "GreaterThanOrEqualToThreshold": "at or above",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "at or below",
}


@dataclass(frozen=True)
class Meaning:
    """What it means that an alarm on a metric rings, and where to go on reading."""

    text: str
    issue: str
    """Anchor in the troubleshooting guide."""


MEANINGS: Final[Mapping[tuple[str, str], Meaning]] = {
    ("AWS/ApplicationELB", "TargetResponseTime"): Meaning("Tasks answer slowly; users wait.", "high-latency"),
    ("AWS/ApplicationELB", "UnHealthyHostCount"): Meaning(
        "Tasks fail the load balancer's health check; the others carry their load.", "targets-unhealthy"
    ),
    ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count"): Meaning(
        "The load balancer itself answers with errors: it reaches no task, or none in time.", "error-502"
    ),
    ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"): Meaning("The application answers with errors.", "error-500"),
    ("AWS/ECS", "CPUUtilization"): Meaning(
        "Tasks are short of CPU. The autoscaler should have added some: it is at its maximum, or traffic rises faster.",
        "no-scaling",
    ),
    ("AWS/ECS", "MemoryUtilization"): Meaning(
        "Tasks are short of memory; at 100 % they are killed (exit code 137).", "out-of-memory"
    ),
    ("ECS/ContainerInsights", "RunningTaskCount"): Meaning(
        "Fewer tasks run than should, or Container Insights reports nothing.", "no-tasks"
    ),
    ("AWS/ElastiCache", "CPUUtilization"): Meaning(
        "Redis is short of CPU. It runs commands on one core: on a node of two, 50 % is that core full.", "redis-memory"
    ),
    ("AWS/ElastiCache", "EngineCPUUtilization"): Meaning("Redis's own core is full.", "redis-memory"),
    ("AWS/ElastiCache", "FreeableMemory"): Meaning("The node is running out of memory.", "redis-memory"),
    ("AWS/ElastiCache", "Evictions"): Meaning(
        "Redis throws away keys to make room: the cache is too small for what is put into it.", "redis-memory"
    ),
}
"""By namespace and metric. A metric that is not here has its alarm's description instead."""


@dataclass(frozen=True)
class Alarm:
    """A CloudWatch alarm."""

    name: str
    metric: str
    condition: str
    """When it rings, in words."""
    missing: str
    """What missing data counts as: `breaching`, `notBreaching`, `ignore` or `missing`."""
    notifies: bool
    meaning: str
    issue: str
    """Anchor in the troubleshooting guide; empty where it says nothing of the metric."""


@dataclass(frozen=True)
class Policy:
    """A target tracking policy of the service's autoscaling."""

    name: str
    metric: str
    target: float
    out_cooldown: int
    in_cooldown: int


@dataclass(frozen=True)
class Subnet:
    """A subnet of the VPC."""

    name: str
    zone: str
    cidr: str
    public: bool


@dataclass(frozen=True)
class State:
    """Where the Terraform state is."""

    path: str = ""
    """File relative to the project's root, with the backend `local`; else empty."""
    bucket: str = ""
    key: str = ""
    region: str = ""
    locked: bool = False
    """Whether a lock file beside the object in S3 keeps two runs apart."""
    table: str = ""
    """DynamoDB table that does so instead, or too."""


@dataclass(frozen=True)
class Facts:
    """An environment, as its guides describe it. Names are AWS's own."""

    environment: str
    project: str
    region: str
    stack: str
    resources: int
    inventory: Sequence[Row]
    account: str
    """The only account that the provider acts on; empty where any will do."""

    zones: Sequence[str]
    vpc: str
    vpc_cidr: str
    subnets: Sequence[Subnet]
    nats: Sequence[str]
    """Names of the NAT gateways."""
    nat_zones: Sequence[str]
    """Zones that have a NAT gateway."""
    security_groups: Mapping[str, str]
    """Name of the security group by its label: alb, ecs, rds, redis."""

    load_balancer: str
    idle_timeout: int
    deletion_protection: bool
    http2: bool
    https: bool
    redirect: bool
    certificate: str
    tls_policy: str
    target_group: str
    port: int
    deregistration_delay: int
    health_path: str
    health_interval: int
    health_timeout: int
    healthy_after: int
    unhealthy_after: int
    health_codes: str

    cluster: str
    insights: bool
    service: str
    family: str
    container: str
    image: str
    cpu: int
    memory: int
    variables: Sequence[str]
    secrets: Mapping[str, str]
    """ARN of the secret by the variable that ECS fills with it."""
    log_group: str
    log_days: int
    desired: int
    least: int
    most: int
    maximum_percent: int
    minimum_percent: int
    grace: int
    rollback: bool
    execute_command: bool
    managed_elsewhere: Sequence[str]
    policies: Sequence[Policy]
    discovery: str
    """Name of the tasks in private DNS; empty without service discovery."""

    cache: str
    cache_node: str
    cache_version: str
    cache_port: int
    cache_tls: bool
    cache_parameters: Mapping[str, str]
    cache_parameter_group: str
    cache_maintenance: str
    cache_snapshots: int
    """Days that snapshots are kept; 0 for none."""

    task_role: str
    execution_role: str
    execution_role_reads_secrets: bool
    task_role_allows_exec: bool

    alarms: Sequence[Alarm]
    dashboards: Sequence[str]
    topics: Sequence[str]
    queries: Sequence[str]
    state: State

    @property
    def folder(self) -> str:
        """The root module's folder, from the project's root."""
        return f"cdktf.out/stacks/{self.stack}"

    @property
    def repository(self) -> str:
        """The image without its tag or digest."""
        return self.image.split("@")[0].rpartition(":")[0] or self.image

    @property
    def repository_name(self) -> str:
        """The repository within the registry."""
        return self.repository.partition("/")[2]

    @property
    def scheme(self) -> str:
        """What a browser should use."""
        return "https" if self.https else "http"

    @property
    def resource_id(self) -> str:
        """The service as Application Auto Scaling names it."""
        return f"service/{self.cluster}/{self.service}"

    @property
    def single_nat(self) -> bool:
        """Whether zones share a NAT gateway."""
        return 0 < len(self.nats) < len(self.zones)

    @property
    def breaker_threshold(self) -> int:
        """Failed tasks in a row at which ECS's circuit breaker gives a deployment up: half the desired, 3 to 200."""
        least, most = 3, 200
        return min(max(-(-self.desired // 2), least), most)

    @property
    def unhealthy_seconds(self) -> int:
        """Seconds of failed checks before the load balancer takes a task for unhealthy."""
        return self.health_interval * self.unhealthy_after

    @property
    def silent(self) -> bool:
        """Whether no alarm notifies anybody."""
        return not any(alarm.notifies for alarm in self.alarms)


def facts(stack: Stack) -> Facts:
    """The facts of an environment.

    Raises:
        StackError: when the stack is not that of an environment.
    """
    load_balancer, target_group = _one(stack, "aws_lb"), _one(stack, "aws_lb_target_group")
    service, task = _one(stack, "aws_ecs_service"), _one(stack, "aws_ecs_task_definition")
    cluster, logs = _one(stack, "aws_ecs_cluster"), _one(stack, "aws_cloudwatch_log_group")
    cache, parameters = _one(stack, "aws_elasticache_cluster"), _one(stack, "aws_elasticache_parameter_group")
    scaling, vpc = _one(stack, "aws_appautoscaling_target"), _one(stack, "aws_vpc")
    container = cast("Sequence[dict[str, Any]]", plain(task.get("container_definitions")))[0]
    listeners = {each.name: each for each in stack.of_type("aws_lb_listener")}
    https = listeners.get("https")
    check = target_group.blocks("health_check")[0]
    subnets = [
        Subnet(_tag(each), _text(each, "availability_zone"), _text(each, "cidr_block"), each.name == "public")
        for each in stack.of_type("aws_subnet")
    ]
    nats = stack.of_type("aws_nat_gateway")
    public_zones = [each.zone for each in subnets if each.public]
    names = [each.name for each in stack.of_type("aws_service_discovery_service")]
    accounts = cast("Sequence[str]", stack.provider.get("allowed_account_ids") or ())
    roles = {each.name: each for each in stack.of_type("aws_iam_role")}
    return Facts(
        environment=stack.environment,
        project=stack.project,
        region=stack.region,
        stack=stack.name,
        resources=len(stack.resources),
        inventory=rows([stack]),
        account=accounts[0] if accounts else "",
        zones=tuple(dict.fromkeys(each.zone for each in subnets)),
        vpc=_tag(vpc),
        vpc_cidr=_text(vpc, "cidr_block"),
        subnets=subnets,
        nats=[_tag(each) for each in nats],
        nat_zones=public_zones[: len(nats)],
        security_groups={each.name: _text(each, "name") for each in stack.of_type("aws_security_group")},
        load_balancer=_text(load_balancer, "name"),
        idle_timeout=_number(load_balancer, "idle_timeout"),
        deletion_protection=bool(load_balancer.get("enable_deletion_protection")),
        http2=bool(load_balancer.get("enable_http2")),
        https=https is not None,
        redirect=listeners["http"].blocks("default_action")[0]["type"] == "redirect",
        certificate=_text(https, "certificate_arn") if https else "",
        tls_policy=_text(https, "ssl_policy") if https else "",
        target_group=_text(target_group, "name"),
        port=_number(target_group, "port"),
        deregistration_delay=_number(target_group, "deregistration_delay"),
        health_path=str(check["path"]),
        health_interval=int(str(check["interval"])),
        health_timeout=int(str(check["timeout"])),
        healthy_after=int(str(check["healthy_threshold"])),
        unhealthy_after=int(str(check["unhealthy_threshold"])),
        health_codes=str(check["matcher"]),
        cluster=_text(cluster, "name"),
        insights=any(block["value"] == "enabled" for block in cluster.blocks("setting")),
        service=_text(service, "name"),
        family=_text(task, "family"),
        container=container["name"],
        image=container["image"],
        cpu=_number(task, "cpu"),
        memory=_number(task, "memory"),
        variables=[each["name"] for each in container["environment"]],
        secrets={each["name"]: each["valueFrom"] for each in container["secrets"]},
        log_group=_text(logs, "name"),
        log_days=_number(logs, "retention_in_days"),
        desired=_number(service, "desired_count"),
        least=_number(scaling, "min_capacity"),
        most=_number(scaling, "max_capacity"),
        maximum_percent=_number(service, "deployment_maximum_percent"),
        minimum_percent=_number(service, "deployment_minimum_healthy_percent"),
        grace=_number(service, "health_check_grace_period_seconds"),
        rollback=any(block["rollback"] is True for block in service.blocks("deployment_circuit_breaker")),
        execute_command=bool(service.get("enable_execute_command")),
        managed_elsewhere=service.ignore_changes,
        policies=[_policy(each) for each in stack.of_type("aws_appautoscaling_policy")],
        discovery=str(stack.outputs["service_discovery_dns_name"]) if names else "",
        cache=_text(cache, "cluster_id"),
        cache_node=_text(cache, "node_type"),
        cache_version=_text(cache, "engine_version"),
        cache_port=_number(cache, "port"),
        cache_tls=bool(cache.get("transit_encryption_enabled")),
        cache_parameters={str(each["name"]): str(each["value"]) for each in parameters.blocks("parameter")},
        cache_parameter_group=_text(parameters, "name"),
        cache_maintenance=_text(cache, "maintenance_window"),
        cache_snapshots=_number(cache, "snapshot_retention_limit"),
        task_role=_text(roles["ecs_task"], "name"),
        execution_role=_text(roles["ecs_task_execution"], "name"),
        execution_role_reads_secrets=_allows(stack, "ecs_task_execution", "secretsmanager:GetSecretValue"),
        task_role_allows_exec=_allows(stack, "ecs_task", "ssmmessages:OpenDataChannel"),
        alarms=[_alarm(each) for each in stack.of_type("aws_cloudwatch_metric_alarm")],
        dashboards=[_text(each, "dashboard_name") for each in stack.of_type("aws_cloudwatch_dashboard")],
        topics=[_text(each, "name") for each in stack.of_type("aws_sns_topic")],
        queries=[_text(each, "name") for each in stack.of_type("aws_cloudwatch_query_definition")],
        state=_state(stack),
    )


def _one(stack: Stack, kind: str) -> Resource:
    """The first resource of a type: where an optional module adds another, the platform's own comes first."""
    found = stack.of_type(kind)
    if not found:
        raise StackError(f"{stack.name} has no {kind}: it is no environment of the platform")
    return found[0]


def _text(resource: Resource, argument: str) -> str:
    return str(resource.get(argument))


def _number(resource: Resource, argument: str) -> int:
    return int(str(resource.get(argument)))


def _tag(resource: Resource) -> str:
    return str(cast("Mapping[str, Value]", resource.get("tags"))["Name"])


def _policy(resource: Resource) -> Policy:
    settings = resource.blocks("target_tracking_scaling_policy_configuration")[0]
    metric = cast("Mapping[str, Value]", plain(settings["predefined_metric_specification"]))
    return Policy(
        name=_text(resource, "name"),
        metric=str(metric["predefined_metric_type"]),
        target=cast("float", settings["target_value"]),
        out_cooldown=cast("int", settings["scale_out_cooldown"]),
        in_cooldown=cast("int", settings["scale_in_cooldown"]),
    )


def _alarm(resource: Resource) -> Alarm:
    namespace, metric = _text(resource, "namespace"), _text(resource, "metric_name")
    meaning = MEANINGS.get((namespace, metric), Meaning(_text(resource, "alarm_description"), ""))
    operator = _text(resource, "comparison_operator")
    periods, seconds = _number(resource, "evaluation_periods"), _number(resource, "period")
    threshold = cast("float", resource.get("threshold"))
    return Alarm(
        name=_text(resource, "alarm_name"),
        metric=f"{namespace} {metric}",
        condition=f"{_text(resource, 'statistic').lower()} {_OPERATORS.get(operator, operator)} {threshold:,} "
        f"in {count(periods, 'period')} of {seconds} s",
        missing=_text(resource, "treat_missing_data"),
        notifies=bool(resource.get("alarm_actions")),
        meaning=meaning.text,
        issue=meaning.issue,
    )


def _allows(stack: Stack, role: str, action: str) -> bool:
    """Whether an inline policy of a role names an action."""
    return any(
        action in str(plain(each.get("policy")))
        for each in stack.of_type("aws_iam_role_policy")
        if any(reference.address.endswith(f"aws_iam_role.{role}") for reference in each.references)
    )


def _state(stack: Stack) -> State:
    backend, settings = next(iter(cast("Mapping[str, Mapping[str, Any]]", plain(stack.backend)).items()))
    if backend == "local":
        return State(path=str(settings["path"]).removeprefix("../../../"))
    return State(
        bucket=settings["bucket"],
        key=settings["key"],
        region=settings["region"],
        locked=bool(settings.get("use_lockfile")),
        table=settings.get("dynamodb_table") or "",
    )
