"""ecs: the cluster, the log group and the task definition of the application."""

import shlex
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ecs_cluster import EcsCluster, EcsClusterSetting
from cdktf_cdktf_provider_aws.ecs_cluster_capacity_providers import (
    EcsClusterCapacityProviders,
    EcsClusterCapacityProvidersDefaultCapacityProviderStrategy,
)
from cdktf_cdktf_provider_aws.ecs_task_definition import EcsTaskDefinition, EcsTaskDefinitionRuntimePlatform
from pydantic import Field

from modules.alb import HealthCheckPath
from modules.base import Module, literal
from modules.platform import Platform
from modules.settings import ACCOUNT, IntegerOrDigits, Settings, Violation, matching, region_of, rule

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

ImageUri = Annotated[
    str,
    matching(
        r"(?:(?:[a-z0-9]|[a-z0-9][a-z0-9.-]*[a-z0-9])(?::\d{1,5})?/)?"  # registry
        r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*"  # repository
        r"(?::\w[\w.-]{0,127}(?:@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})",  # tag, digest
        "is not the URI of a container image",
        "<registry>/<repository>:<tag> or …@sha256:<digest>, such as "
        "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:3f2c1ab",
    ),
]

VariableName = Annotated[
    str, matching(r"[A-Za-z_][A-Za-z0-9_]*", "is not the name of an environment variable", "letters, digits and _")
]

SecretSource = Annotated[
    str,
    matching(
        rf"arn:aws:secretsmanager:[a-z0-9-]+:{ACCOUNT}:secret:[\w/+=.@!-]+(?::[^:]*:[^:]*:[^:]*)?"
        rf"|arn:aws:ssm:[a-z0-9-]+:{ACCOUNT}:parameter/[\w./-]+",
        "is not the ARN of a secret",
        "the ARN of a Secrets Manager secret or of an SSM parameter, never the secret itself",
        secret=True,
    ),
]


class EcsSettings(Settings):
    """The container of a task, its CPU and memory, and its logs."""

    ecr_image_uri: ImageUri
    """Container image with tag or digest: the default of the root variable `ecr_image_uri`."""

    task_cpu: IntegerOrDigits = 512
    """CPU units of a task; 1024 units are one vCPU."""

    task_memory: IntegerOrDigits = 1024
    """Memory of a task, in MiB."""

    cpu_architecture: Literal["X86_64", "ARM64"] | None = None
    """CPU architecture of the tasks; the image must be built for it. Default: not in the task definition, so X86_64."""

    log_retention_days: LogRetention = 7
    """Retention of the application's logs in days; 0 means without end."""

    container_insights: bool = True
    """Whether CloudWatch Container Insights is on for the cluster. The low-tasks alarm needs it."""

    health_check_path: HealthCheckPath = "/health"
    """Path of the container health check, which runs curl in the container: the image must contain curl."""

    environment_variables: dict[VariableName, str] = Field(default={})
    """Environment variables of the container, by name. No secrets: the values are in the task definition."""

    secrets: dict[VariableName, SecretSource] = Field(default={})
    """Environment variables that ECS sets from a secret when a task starts: name to ARN (Secrets Manager or SSM)."""

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

    @rule("environment_variables")
    def environment_variables_have_values(self, _platform: Platform) -> Iterator[Violation]:
        """ECS drops a variable with an empty value, so that the task definition would differ in every plan."""
        for name, value in self.environment_variables.items():
            if not value:
                yield Violation(
                    ("environment_variables", name), value, "is empty, and ECS drops it", "a value, or no key"
                )

    @rule("environment_variables", "secrets")
    def secrets_and_variables_have_names_of_their_own(self, _platform: Platform) -> Iterator[Violation]:
        """ECS refuses a secret and an environment variable with the same name."""
        for name in sorted(self.secrets.keys() & self.environment_variables.keys()):
            problem = "has the name of one of environment_variables"
            yield Violation(("secrets", name), self.secrets[name], problem, "a name that is in one of the two")

    @rule("secrets", "region")
    def secrets_are_of_the_region(self, platform: Platform) -> Iterator[Violation]:
        """Fargate reads parameters of its own region only, and a secret in another region is lost with that region."""
        for name, source in self.secrets.items():
            if region_of(source) != platform.region:
                problem = f"is a secret of {region_of(source)}"
                yield Violation(("secrets", name), source, problem, f"one of {platform.region}")


class EcsModule(Module):
    """A Fargate cluster and the definition of its tasks."""

    folder: ClassVar[str] = "ecs"

    def __init__(
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
    ) -> None:
        super().__init__(scope)
        body, name = self.body, platform.name
        image = self.wire("ecr_image_uri", ecr_image_uri, "URI of the container image")
        execution_role = self.wire(
            "ecs_task_execution_role_arn", ecs_task_execution_role_arn, "ARN of the task execution role"
        )
        task_role = self.wire("ecs_task_role_arn", ecs_task_role_arn, "ARN of the application's role")
        variables = [{"name": key, "value": literal(value)} for key, value in settings.environment_variables.items()]
        secrets = [{"name": key, "valueFrom": source} for key, source in settings.secrets.items()]
        if redis_url_variable and redis_secret_arn:
            arn = self.wire("redis_secret_arn", redis_secret_arn, "ARN of the secret with the URL of Redis")
            secrets.append({"name": redis_url_variable, "valueFrom": f"{arn}:url::"})
        elif redis_url_variable and redis_url:
            url = self.wire("redis_url", redis_url, "URL of Redis")
            variables.append({"name": redis_url_variable, "value": url})

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

        health_check_url = f"http://localhost:{platform.container_port}{settings.health_check_path}"
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
                    "healthCheck": {
                        "command": ["CMD-SHELL", f"curl -f {shlex.quote(health_check_url)} || exit 1"],
                        "interval": 30,
                        "timeout": 5,
                        "retries": 3,
                        "startPeriod": 60,
                    },
                    "logConfiguration": {
                        "logDriver": "awslogs",
                        "options": {
                            "awslogs-group": log_group.name,
                            "awslogs-region": platform.region,
                            "awslogs-stream-prefix": "ecs",
                        },
                    },
                }
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
            # What a pipeline deployed before may still run: a deregistered revision starts no task any more.
            skip_destroy=True if keeps_old_revisions else None,
            execution_role_arn=execution_role,
            task_role_arn=task_role,
            container_definitions=f"${{jsonencode({container_definitions})}}",
            tags={"Name": name("task-def")},
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
