"""ecs: the cluster, the log group and the task definition of the application."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ecs_cluster import EcsCluster, EcsClusterSetting
from cdktf_cdktf_provider_aws.ecs_cluster_capacity_providers import (
    EcsClusterCapacityProviders,
    EcsClusterCapacityProvidersDefaultCapacityProviderStrategy,
)
from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinition,
    EcsTaskDefinitionEphemeralStorage,
    EcsTaskDefinitionRuntimePlatform,
    EcsTaskDefinitionVolume,
)
from pydantic import Field

from modules.base import Module, literal
from modules.containers import (
    ContainerName,
    ContainerPath,
    ContainerUser,
    ImageUri,
    SecretSource,
    SidecarSettings,
    StopTimeout,
    VariableName,
    bytes_of,
    environment,
    health_check,
    logs_to,
    named,
    secrets_of,
    sidecar,
)
from modules.platform import Platform
from modules.secret_detection import suspicion
from modules.settings import HealthCheckPath, IntegerOrDigits, Settings, Strings, Violation, region_of, rule

FARGATE_MEMORY: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}
"""Memory in MiB that Fargate supports for each number of CPU units (ECS developer guide, "Task size")."""

LogRetention = Literal[
    0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
"""Retention periods of CloudWatch Logs in days; 0 means without end."""


TASK_DEFINITION_SIZE = 65_536
"""Bytes of a task definition (ECS developer guide, "Amazon ECS service quotas")."""
OWN_SIZE = 4_096
"""Bytes of a task definition that the generator needs: names, roles, logs, what the containers learn of the cache and
the database."""


Reason = Annotated[str, Field(min_length=1, max_length=500)]


class EcsSettings(Settings):
    """The container of a task, its CPU and memory, and its logs."""

    ecr_image_uri: ImageUri
    """Container image with tag or digest: the default of the root variable `ecr_image_uri`
    (ECS API, `ContainerDefinition`)."""

    task_cpu: IntegerOrDigits = 512
    """CPU units of a task; 1024 units are one vCPU (ECS API, `RegisterTaskDefinition`)."""

    task_memory: IntegerOrDigits = 1024
    """Memory of a task, in MiB (ECS API, `RegisterTaskDefinition`)."""

    cpu_architecture: Literal["X86_64", "ARM64"] | None = None
    """CPU architecture of the tasks; the image must be built for it. Default: not in the task definition, so X86_64
    (ECS API, `RuntimePlatform`)."""

    log_retention_days: LogRetention = 7
    """Retention of the application's logs in days; 0 means without end (CloudWatch Logs API, `PutRetentionPolicy`)."""

    container_insights: bool = True
    """Whether CloudWatch Container Insights is on for the cluster. The low-tasks alarm needs it."""

    health_check_path: HealthCheckPath = "/health"
    """Path of the container health check, which runs curl in the container: the image must contain curl (see
    `container_health_check`)."""

    container_health_check: Literal["curl", "command", "none"] = "curl"
    """How ECS checks the container: `curl` requests `health_check_path`, `command` runs
    `container_health_check_command`, and with `none` only the load balancer checks the task."""

    container_health_check_command: Strings = ()
    """Program and arguments that ECS runs in the container, such as `[/usr/local/bin/miyabi-web-api, health]`; the
    container is healthy when the program ends with 0. For images without curl."""

    container_health_check_interval: Annotated[int, Field(ge=5, le=300)] = 30
    """Seconds between two health checks of the container (ECS API, `HealthCheck`)."""

    container_health_check_timeout: Annotated[int, Field(ge=2, le=60)] = 5
    """Seconds after which a health check of the container has failed (ECS API, `HealthCheck`). It can be longer than
    the interval, which begins when the check before has ended (Docker documentation, "Dockerfile reference",
    `HEALTHCHECK`)."""

    container_health_check_retries: Annotated[int, Field(ge=1, le=10)] = 3
    """Failed health checks in a row after which the container is unhealthy, and ECS replaces the task (ECS API,
    `HealthCheck`)."""

    container_health_check_start_period: Annotated[int, Field(ge=0, le=300)] = 60
    """Seconds after the start of the container during which failed health checks do not count (ECS API,
    `HealthCheck`)."""

    stop_timeout: StopTimeout | None = None
    """Seconds between SIGTERM and SIGKILL when the container stops. Default: ECS's 30. 2 to 120, and Fargate Spot gives
    no more (ECS API, `ContainerDefinition`)."""

    read_only_root: bool = False
    """Whether the application may not write to the root file system of its container. ECS Exec needs to write."""

    writable_paths: Annotated[tuple[ContainerPath, ...], Field(strict=False)] = ()
    """Folders in which the application can write, such as `/tmp`, though the root file system is read-only. Each is an
    empty volume for each task; who owns it is what the image says (`VOLUME`)."""

    ephemeral_storage: Annotated[int, Field(ge=21, le=200)] | None = None
    """Temporary storage of a task in GiB, images included. Default: Fargate's 20, which are free of charge (ECS API,
    `EphemeralStorage`)."""

    open_files_limit: Annotated[int, Field(ge=1024, le=1_048_576)] | None = None
    """Open files that the application may have (`nofile`, the one limit that Fargate sets itself). Default: Fargate's
    65535."""

    user: ContainerUser | None = None
    """User that the application runs as, such as `"10001:10001"`. Default: the image's (ECS API,
    `ContainerDefinition`)."""

    sidecars: dict[ContainerName, SidecarSettings] = Field(default={})
    """Containers beside the application in each task, by name: a log router, an agent for telemetry (ECS API,
    `ContainerDefinition`)."""

    log_router_options: dict[str, str] = Field(default={})
    """Options of the application's log driver `awsfirelens`, where a sidecar is the `log_router`: the output plugin
    and its options."""

    environment_variables: dict[VariableName, str] = Field(default={})
    """Environment variables of the container, by name. Secrets are refused: everybody who may read the task definition,
    the state or this repository could read them."""

    not_secret: dict[VariableName, Reason] = Field(default={})
    """Variables that look like a secret and are not, each with the reason: name to text. It changes no output."""

    secrets: dict[VariableName, SecretSource] = Field(default={})
    """Environment variables that ECS sets from a secret when a task starts: name to ARN (Secrets Manager or SSM), or to
    `secrets.<name>` or `secrets.<name>:<JSON key>` of the section `secrets` (ECS API, `Secret`)."""

    @rule("task_cpu", "task_memory")
    def fargate_offers_the_size(self, _platform: Platform) -> Iterator[Violation]:
        """Fargate supports certain combinations of CPU and memory only."""
        if self.task_cpu not in FARGATE_MEMORY:
            allowed = ", ".join(map(str, FARGATE_MEMORY))
            yield Violation("task_cpu", self.task_cpu, "is not a number of CPU units that Fargate supports", allowed)
        elif self.task_memory not in FARGATE_MEMORY[self.task_cpu]:
            problem = f"is not supported by Fargate with {self.task_cpu} CPU units"
            allowed = ", ".join(map(str, FARGATE_MEMORY[self.task_cpu]))
            yield Violation("task_memory", self.task_memory, problem, allowed)

    @rule("container_health_check", "container_health_check_command")
    def health_check_has_its_command(self, _platform: Platform) -> Iterator[Violation]:
        """ECS refuses a health check without a command; a command that is not run is a mistake."""
        own, command = self.container_health_check == "command", self.container_health_check_command
        if own and not command:
            yield Violation("container_health_check", "command", "has no container_health_check_command", "a command")
        if command and not own:
            problem = f"is not run with container_health_check: {self.container_health_check}"
            yield Violation("container_health_check_command", list(command), problem, "container_health_check: command")

    @rule("writable_paths", "read_only_root")
    def writable_paths_are_needed_and_differ(self, _platform: Platform) -> Iterator[Violation]:
        """In a writable file system they have no effect but to hide what the image has there."""
        for index, path in enumerate(self.writable_paths):
            if not self.read_only_root:
                yield Violation(("writable_paths", index), path, "is writable anyway", "read_only_root: true")
            elif path in self.writable_paths[:index]:
                yield Violation(("writable_paths", index), path, "is there twice", "each folder once")

    @rule("environment_variables", "sidecars")
    def environment_variables_have_values(self, _platform: Platform) -> Iterator[Violation]:
        """ECS drops a variable with an empty value, so that the task definition would differ in every plan."""
        for at, variables, _ in self.containers():
            for name, value in variables.items():
                if not value:
                    path = (*at, "environment_variables", name)
                    yield Violation(path, value, "is empty, and ECS drops it", "a value, or no key")

    @rule("environment_variables", "not_secret", "sidecars")
    def environment_variables_hold_no_secrets(self, _platform: Platform) -> Iterator[Violation]:
        """What looks like a secret, by name or form, goes to `secrets`; not_secret names false alarms."""
        for at, variables, _ in self.containers():
            for name, value in variables.items():
                problem = None if name in self.not_secret else suspicion(name, value)
                if problem is not None:
                    secrets = ".".join(("ecs", *map(str, at), "secrets", name))
                    way = f"its ARN in {secrets}, or a reason in ecs.not_secret.{name} if it is none"
                    yield Violation((*at, "environment_variables", name), value, problem, way, secret=True)

    @rule("environment_variables", "not_secret", "sidecars")
    def false_alarms_are_variables_that_look_like_secrets(self, _platform: Platform) -> Iterator[Violation]:
        """A reason that excuses nothing would excuse a secret of the same name some day."""
        suspected = {
            name
            for _, variables, _ in self.containers()
            for name, value in variables.items()
            if name in self.not_secret and suspicion(name, value)
        }
        for name, reason in self.not_secret.items():
            if name not in suspected:
                problem = "is about no variable that looks like a secret"
                yield Violation(("not_secret", name), reason, problem, "names of such environment_variables")

    @rule("environment_variables", "secrets", "sidecars")
    def secrets_and_variables_have_names_of_their_own(self, _platform: Platform) -> Iterator[Violation]:
        """ECS refuses a secret and an environment variable with the same name."""
        for at, variables, secrets in self.containers():
            for name in sorted(secrets.keys() & variables.keys()):
                problem = "has the name of one of environment_variables"
                yield Violation((*at, "secrets", name), secrets[name], problem, "a name that is in one of the two")

    @rule("secrets", "sidecars", "region")
    def secrets_are_of_the_region(self, platform: Platform) -> Iterator[Violation]:
        """Fargate reads parameters of its own region only, and a secret in another region is lost with that region."""
        for at, _, secrets in self.containers():
            for name, source in secrets.items():
                if named(source) is None and region_of(source) != platform.region:
                    problem = f"is a secret of {region_of(source)}"
                    yield Violation((*at, "secrets", name), source, problem, f"one of {platform.region}")

    @rule("sidecars", "project")
    def sidecars_have_names_of_their_own(self, platform: Platform) -> Iterator[Violation]:
        """ECS refuses two containers with the same name in one task definition, and more than ten containers."""
        application, most = f"{platform.project}-app", 9
        if application in self.sidecars:
            problem = "is the name of the application's container"
            yield Violation(("sidecars", application), application, problem, "another name")
        if len(self.sidecars) > most:
            problem = "are, with the application, more containers than a task definition can have"
            yield Violation("sidecars", len(self.sidecars), problem, f"at most {most}")

    @rule("sidecars", "task_cpu", "task_memory")
    def containers_fit_into_the_task(self, _platform: Platform) -> Iterator[Violation]:
        """ECS refuses containers that need more than the task has; the application needs the rest."""
        for key, least, task in (("cpu", 1, self.task_cpu), ("memory", 6, self.task_memory)):
            kept = {
                name: (each.cpu if key == "cpu" else each.memory_reservation or each.memory) or 0
                for name, each in self.sidecars.items()
            }
            if sum(kept.values()) > task - least:
                problem = f"of {key} for sidecars leave less than {least} of the task's {task} for the application"
                yield Violation("sidecars", sum(kept.values()), problem, f"at most {task - least}, or a larger task")
        for name, each in self.sidecars.items():
            if each.memory and each.memory > self.task_memory:
                problem = "is more than the task has"
                yield Violation(("sidecars", name, "memory"), each.memory, problem, f"at most {self.task_memory}")
            if each.memory and each.memory_reservation and each.memory_reservation >= each.memory:
                problem = f"is not less than memory, {each.memory}"
                path = ("sidecars", name, "memory_reservation")
                yield Violation(path, each.memory_reservation, problem, f"6 to {each.memory - 1}")

    @rule("sidecars")
    def what_the_application_waits_for_can_happen(self, _platform: Platform) -> Iterator[Violation]:
        """ECS refuses to wait for the health of a container without a health check, or for the end of an essential one.

        Source: ECS API, `ContainerDependency`.
        """
        for name, each in self.sidecars.items():
            path, waits = ("sidecars", name, "application_waits"), each.application_waits
            if waits == "HEALTHY" and not each.health_check_command:
                yield Violation(path, waits, "needs a health_check_command", "START, or a health_check_command")
            if waits in ("SUCCESS", "COMPLETE") and each.essential:
                yield Violation(path, waits, "never happens: an essential container may not end", "essential: false")

    @rule("sidecars", "log_router_options")
    def task_has_one_log_router(self, _platform: Platform) -> Iterator[Violation]:
        """FireLens takes one log router for each task, and cannot route logs without one."""
        routers = [name for name, each in self.sidecars.items() if each.log_router]
        for name in routers[1:]:
            problem = f"is a second log router, beside {routers[0]}"
            yield Violation(("sidecars", name, "log_router"), self.sidecars[name].log_router, problem, "one router")
        if self.log_router_options and not routers:
            problem = "are options of a log router, and no sidecar is one"
            yield Violation("log_router_options", dict(self.log_router_options), problem, "a sidecar with log_router")

    @rule(
        "environment_variables",
        "secrets",
        "sidecars",
        "log_router_options",
        "container_health_check_command",
        "writable_paths",
    )
    def task_definition_fits(self, _platform: Platform) -> Iterator[Violation]:
        """ECS takes a task definition of at most 64 KiB (ECS developer guide, "Amazon ECS service quotas")."""
        sizes = {
            "environment_variables": bytes_of(environment(self.environment_variables)),
            "secrets": bytes_of(secrets_of(self.secrets)),
            "sidecars": bytes_of([sidecar(name, each, {}) for name, each in self.sidecars.items()]),
            "log_router_options": bytes_of(self.log_router_options),
            "container_health_check_command": bytes_of(self.container_health_check_command),
            "writable_paths": bytes_of(
                [{"sourceVolume": "writable", "containerPath": each} for each in self.writable_paths]
            ),
        }
        size, most = sum(sizes.values()), TASK_DEFINITION_SIZE - OWN_SIZE
        if size > most:
            largest = max(sizes, key=lambda key: sizes[key])
            problem = (
                f"bytes of containers do not fit: ECS takes a task definition of {TASK_DEFINITION_SIZE}, of which the "
                f"generator needs {OWN_SIZE}"
            )
            yield Violation(largest, size, problem, f"at most {most}; larger texts fit in the image, or in a secret")

    @property
    def every_secret(self) -> tuple[str, ...]:
        """The secrets that ECS reads for a task."""
        return (*self.secrets.values(), *(arn for each in self.sidecars.values() for arn in each.secrets.values()))

    @property
    def named_secrets(self) -> tuple[str, ...]:
        """Names of the secrets of the section `secrets` that ECS reads for a task."""
        return tuple(sorted({found[0] for each in self.every_secret if (found := named(each)) is not None}))

    def containers(self) -> Iterator[tuple[tuple[str, ...], Mapping[str, str], Mapping[str, str]]]:
        """Where each container's settings are, its variables, its secrets."""
        yield (), self.environment_variables, self.secrets
        for name, each in self.sidecars.items():
            yield ("sidecars", name), each.environment_variables, each.secrets


@dataclass(frozen=True)
class Database:
    """What the tasks learn of the database."""

    prefix: str
    """Of the names of the variables."""
    host: str
    port: int
    name: str
    user: str
    """The application's user with authentication by IAM."""
    secret_arn: str | None
    """The secret with user and password of the application; None with authentication by IAM."""
    master_secret_arn: str | None
    """The secret with user and password of the migration; None without one."""
    migration_command: tuple[str, ...]


def _login(prefix: str, secret_arn: str) -> list[dict[str, str]]:
    """User and password of the database, from the keys of a secret."""
    return [
        {"name": f"{prefix}_USER", "valueFrom": f"{secret_arn}:username::"},
        {"name": f"{prefix}_PASSWORD", "valueFrom": f"{secret_arn}:password::"},
    ]


class EcsModule(Module):
    """A Fargate cluster and the definition of its tasks."""

    folder: ClassVar[str] = "ecs"

    def __init__(  # noqa: PLR0915  # resource after resource
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: EcsSettings,
        ecr_image_uri: str,
        ecs_task_execution_role_arn: str,
        ecs_task_role_arn: str,
        keeps_old_revisions: bool = False,
        redis_url_variable: str | None = None,
        redis_url: str | None = None,
        redis_secret_arn: str | None = None,
        database: Database | None = None,
        secret_arns: str | None = None,
    ) -> None:
        super().__init__(scope)
        body, name = self.body, platform.name
        if secret_arns:
            self.wire_map("secret_arns", secret_arns, "ARNs of the secrets of the section secrets, by name")
        image = self.wire("ecr_image_uri", ecr_image_uri, "URI of the container image")
        execution_role = self.wire(
            "ecs_task_execution_role_arn", ecs_task_execution_role_arn, "ARN of the task execution role"
        )
        task_role = self.wire("ecs_task_role_arn", ecs_task_role_arn, "ARN of the application's role")
        variables, secrets = environment(settings.environment_variables), secrets_of(settings.secrets)
        if redis_url_variable and redis_secret_arn:
            arn = self.wire("redis_secret_arn", redis_secret_arn, "ARN of the secret with the URL of Redis")
            secrets.append({"name": redis_url_variable, "valueFrom": f"{arn}:url::"})
        elif redis_url_variable and redis_url:
            url = self.wire("redis_url", redis_url, "URL of Redis")
            variables.append({"name": redis_url_variable, "value": url})
        before_login = list(secrets)
        if database:
            host = self.wire("database_host", database.host, "Host name of the database")
            known = {"HOST": host, "PORT": str(database.port), "NAME": database.name}
            variables += [{"name": f"{database.prefix}_{key}", "value": value} for key, value in known.items()]
        migration_variables = list(variables)
        if database and database.secret_arn:
            arn = self.wire("database_secret_arn", database.secret_arn, "ARN of the application's secret")
            secrets += _login(database.prefix, arn)
        elif database:
            variables.append({"name": f"{database.prefix}_USER", "value": database.user})

        cluster = EcsCluster(
            body,
            "aws_ecs_cluster.main",
            name=name("cluster"),
            setting=[
                EcsClusterSetting(
                    name="containerInsights", value="enabled" if settings.container_insights else "disabled"
                )
            ],
            tags={"Name": name("cluster")},
        )
        log_group = CloudwatchLogGroup(
            body,
            "aws_cloudwatch_log_group.ecs",
            name=f"/ecs/{platform.project}-{platform.environment}",
            retention_in_days=settings.log_retention_days,
            tags={"Name": name("ecs-logs")},
        )

        logs = logs_to(log_group.name, platform.region)
        routed = any(each.log_router for each in settings.sidecars.values())
        router_options = {key: literal(value) for key, value in settings.log_router_options.items()}
        volumes = [f"writable-{index}" for index in range(len(settings.writable_paths))]
        waits = {name: each.application_waits for name, each in settings.sidecars.items() if each.application_waits}
        limit = settings.open_files_limit

        health_check_url = f"http://localhost:{platform.container_port}{settings.health_check_path}"
        own_check = health_check(
            settings.container_health_check_command,
            interval=settings.container_health_check_interval,
            timeout=settings.container_health_check_timeout,
            retries=settings.container_health_check_retries,
            startPeriod=settings.container_health_check_start_period,
        )
        curl = {**own_check, "command": ["CMD-SHELL", f"curl -f {shlex.quote(health_check_url)} || exit 1"]}
        check = {"curl": curl, "command": own_check}.get(settings.container_health_check)
        optional = {
            "stopTimeout": settings.stop_timeout,
            "readonlyRootFilesystem": settings.read_only_root,
            "mountPoints": [
                {"sourceVolume": volume, "containerPath": path, "readOnly": False}
                for volume, path in zip(volumes, settings.writable_paths, strict=True)
            ],
            "ulimits": [{"name": "nofile", "softLimit": limit, "hardLimit": limit}] if limit else None,
            "user": settings.user,
            "dependsOn": [{"containerName": name, "condition": condition} for name, condition in waits.items()],
        }
        container_definitions = self.local(
            "container_definitions",
            [
                {
                    "name": f"{platform.project}-app",
                    "image": image,
                    "essential": True,
                    "portMappings": [{"containerPort": platform.container_port, "protocol": "tcp"}],
                    "environment": variables,
                    "secrets": secrets,
                    **({"healthCheck": check} if check else {}),
                    **{key: value for key, value in optional.items() if value},
                    "logConfiguration": {"logDriver": "awsfirelens", "options": router_options} if routed else logs,
                },
                *(sidecar(name, each, logs) for name, each in settings.sidecars.items()),
            ],
        )
        task_definition = EcsTaskDefinition(
            body,
            "aws_ecs_task_definition.app",
            family=name("app"),
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            cpu=str(settings.task_cpu),
            memory=str(settings.task_memory),
            runtime_platform=(
                EcsTaskDefinitionRuntimePlatform(
                    operating_system_family="LINUX", cpu_architecture=settings.cpu_architecture
                )
                if settings.cpu_architecture
                else None
            ),
            ephemeral_storage=(
                EcsTaskDefinitionEphemeralStorage(size_in_gib=settings.ephemeral_storage)
                if settings.ephemeral_storage
                else None
            ),
            volume=[EcsTaskDefinitionVolume(name=volume) for volume in volumes] or None,
            # What a pipeline deployed before may still run: a deregistered revision starts no task any more.
            skip_destroy=True if keeps_old_revisions else None,
            execution_role_arn=execution_role,
            task_role_arn=task_role,
            container_definitions=f"${{jsonencode({container_definitions})}}",
            tags={"Name": name("task-def")},
        )
        if database and database.master_secret_arn:
            arn = self.wire("database_master_secret_arn", database.master_secret_arn, "ARN of the migration's secret")
            migration = self.local(
                "migration_container_definitions",
                [
                    {
                        "name": f"{platform.project}-migration",
                        "image": image,
                        "essential": True,
                        "command": [literal(each) for each in database.migration_command],
                        "environment": migration_variables,
                        # It reads the password as it starts and ends soon, so a rotation does not concern it.
                        "secrets": [*before_login, *_login(database.prefix, arn)],
                        "logConfiguration": {
                            "logDriver": "awslogs",
                            "options": {
                                "awslogs-group": log_group.name,
                                "awslogs-region": platform.region,
                                "awslogs-stream-prefix": "migration",
                            },
                        },
                    }
                ],
            )
            EcsTaskDefinition(
                body,
                "aws_ecs_task_definition.migration",
                family=name("migration"),
                network_mode="awsvpc",
                requires_compatibilities=["FARGATE"],
                cpu=str(settings.task_cpu),
                memory=str(settings.task_memory),
                runtime_platform=(
                    EcsTaskDefinitionRuntimePlatform(
                        operating_system_family="LINUX", cpu_architecture=settings.cpu_architecture
                    )
                    if settings.cpu_architecture
                    else None
                ),
                execution_role_arn=execution_role,
                task_role_arn=task_role,
                container_definitions=f"${{jsonencode({migration})}}",
                tags={"Name": name("migration")},
            )
        EcsClusterCapacityProviders(
            body,
            "aws_ecs_cluster_capacity_providers.main",
            cluster_name=cluster.name,
            capacity_providers=["FARGATE", "FARGATE_SPOT"],
            default_capacity_provider_strategy=[
                EcsClusterCapacityProvidersDefaultCapacityProviderStrategy(
                    capacity_provider="FARGATE", base=1, weight=100
                )
            ],
        )

        self.cluster_id = self.output("cluster_id", cluster.id, "ID of the cluster, which is its ARN")
        self.cluster_name = self.output("cluster_name", cluster.name, "Name of the cluster")
        self.cluster_arn = self.output("cluster_arn", cluster.arn, "ARN of the cluster")
        self.task_definition_arn = self.output(
            "task_definition_arn", task_definition.arn, "ARN of the task definition, with its revision"
        )
        self.task_definition_family = self.output(
            "task_definition_family", task_definition.family, "Family of the task definition"
        )
        self.task_definition_revision = self.output(
            "task_definition_revision", "${aws_ecs_task_definition.app.revision}", "Revision of the task definition"
        )
        self.log_group_name = self.output("log_group_name", log_group.name, "Name of the application's log group")
