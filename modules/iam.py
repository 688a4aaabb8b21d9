"""iam: the task execution role (for ECS) and the task role (for the application)."""

import json
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment

from modules.base import Module
from modules.containers import arn_of
from modules.platform import Platform
from modules.settings import Settings, Violation, rule, too_long

POLICY_VERSION = "2012-10-17"
ROLE_NAME_LENGTH = 64
INLINE_POLICIES_LENGTH = 10_240
"""Characters of all inline policies of a role together, white space apart (IAM user guide, "IAM and STS quotas")."""
OTHER_STATEMENTS_LENGTH = 1_240
"""Characters of the execution role's policy that are not about `ecs.secrets`, and more."""
NONE: Final[Mapping[str, str]] = MappingProxyType({})


def trust(service: str, **conditions: Mapping[str, object]) -> dict[str, object]:
    """The trust policy of a role that a service of AWS assumes; `conditions` by their operator."""
    statement: dict[str, object] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    if conditions:
        statement["Condition"] = conditions
    return {"Version": POLICY_VERSION, "Statement": [statement]}


class IamSettings(Settings):
    """Permissions in addition to those of the HCL modules."""

    execution_role_reads_secrets: bool = False
    """Whether the task execution role can read `ecs.secrets`, each by its ARN. Without this permission no task with
    secrets starts; the HCL modules do not give it. A secret under a customer managed KMS key needs a permission for the
    key."""

    task_role_allows_exec: bool = False
    """Whether the task role can open the channel of ECS Exec, which `ecs_service.enable_execute_command` needs. Anyone
    who can run commands has all permissions of the application."""

    @rule("project", "environment")
    def role_names_fit(self, platform: Platform) -> Iterator[Violation]:
        """The name of a role has at most 64 characters."""
        if problem := too_long(platform.name("ecs-task-execution"), ROLE_NAME_LENGTH, "task execution role"):
            yield Violation("environment", platform.environment, *problem)


EXEC_CHANNEL = {
    "Effect": "Allow",
    "Action": [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ],
    "Resource": "*",
}
"""Permissions of the task role for ECS Exec (ECS developer guide, "Task IAM role", "ECS Exec permissions")."""


def _reading(secret_arns: Collection[str]) -> Iterator[dict[str, object]]:
    """Statements that allow to read secrets and parameters; one per service that has any."""
    # The ARN of a secret can end with a JSON key, and can lack the six characters that Secrets Manager adds.
    secrets = sorted({f"{':'.join(arn.split(':')[:7])}*" for arn in secret_arns if ":secretsmanager:" in arn})
    parameters = sorted({arn for arn in secret_arns if ":ssm:" in arn})
    if secrets:
        yield {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secrets}
    if parameters:
        yield {"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": parameters}


def length_of_reading(secret_arns: Collection[str]) -> int:
    """Characters of the statements that allow to read secrets."""
    return len(json.dumps(list(_reading(secret_arns)), separators=(",", ":")))


def _reading_named(secrets: Mapping[str, str]) -> Iterator[dict[str, object]]:
    """Statements that allow to read secrets of the section `secrets`; each name with its key, or an empty text."""
    if secrets:
        arns = [arn_of(name) for name in sorted(secrets)]
        yield {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arns}
    keys = sorted({key for key in secrets.values() if key})
    if keys:
        yield {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": keys}


def _reading_made(secret_arn: str) -> Iterator[dict[str, object]]:
    """The statement that allows to read a secret that the stack creates: no task that names it starts without."""
    yield {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret_arn}


class IamModule(Module):
    """The two roles of ECS tasks, and their permissions."""

    folder: ClassVar[str] = "iam"

    def __init__(
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: IamSettings,
        secret_arns: Collection[str],
        redis_secret_arn: str | None = None,
        database_secret_arn: str | None = None,
        database_master_secret_arn: str | None = None,
        database_user_arn: str | None = None,
        secret_arns_by_name: str | None = None,
        read_at_start: Mapping[str, str] = NONE,
        read_by_the_application: Mapping[str, str] = NONE,
    ) -> None:
        super().__init__(scope)
        body, name = self.body, platform.name
        project, environment = platform.project, platform.environment
        if secret_arns_by_name:
            self.wire_map("secret_arns", secret_arns_by_name, "ARNs of the secrets of the section secrets, by name")
        redis_secret = (
            self.wire("redis_secret_arn", redis_secret_arn, "ARN of the secret with the URL of Redis")
            if redis_secret_arn
            else None
        )
        made = [redis_secret] if redis_secret else []
        if database_secret_arn:
            made.append(self.wire("database_secret_arn", database_secret_arn, "ARN of the application's secret"))
        if database_master_secret_arn:
            made.append(
                self.wire("database_master_secret_arn", database_master_secret_arn, "ARN of the migration's secret")
            )
        database_user = (
            self.wire("database_user_arn", database_user_arn, "ARN of the application's user in the database")
            if database_user_arn
            else None
        )

        assume_role_policy = self.local(
            "assume_role_policy",
            trust("ecs-tasks.amazonaws.com"),
        )
        ecr_access_policy = self.local(
            "ecr_access_policy",
            {
                "Version": POLICY_VERSION,
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": [
                            "ecr:GetAuthorizationToken",
                            "ecr:BatchCheckLayerAvailability",
                            "ecr:GetDownloadUrlForLayer",
                            "ecr:BatchGetImage",
                        ],
                        "Resource": "*",
                    },
                    *(_reading(secret_arns) if settings.execution_role_reads_secrets else ()),
                    *(statement for arn in made for statement in _reading_made(arn)),
                    *_reading_named(read_at_start),
                ],
            },
        )
        app_permissions_policy = self.local(
            "app_permissions_policy",
            {
                "Version": POLICY_VERSION,
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
                        "Resource": [
                            f"arn:aws:s3:::{project}-{environment}-*",
                            f"arn:aws:s3:::{project}-{environment}-*/*",
                        ],
                    },
                    {
                        "Effect": "Allow",
                        "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
                        "Resource": f"arn:aws:secretsmanager:*:*:secret:{project}/{environment}/*",
                    },
                    {
                        "Effect": "Allow",
                        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                        "Resource": f"arn:aws:logs:*:*:log-group:/ecs/{project}-{environment}*",
                    },
                    *([EXEC_CHANNEL] if settings.task_role_allows_exec else []),
                    *(
                        [{"Effect": "Allow", "Action": "rds-db:connect", "Resource": database_user}]
                        if database_user
                        else []
                    ),
                    *_reading_named(read_by_the_application),
                ],
            },
        )

        execution_role = IamRole(
            body,
            "aws_iam_role.ecs_task_execution",
            name=name("ecs-task-execution"),
            assume_role_policy=f"${{jsonencode({assume_role_policy})}}",
            permissions_boundary=platform.role_boundary_arn,
            tags={"Name": name("ecs-task-execution")},
        )
        IamRolePolicyAttachment(
            body,
            "aws_iam_role_policy_attachment.ecs_task_execution",
            role=execution_role.name,
            policy_arn="arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
        )
        IamRolePolicy(
            body,
            "aws_iam_role_policy.ecr_access",
            name=name("ecr-access"),
            role=execution_role.id,
            policy=f"${{jsonencode({ecr_access_policy})}}",
        )

        task_role = IamRole(
            body,
            "aws_iam_role.ecs_task",
            name=name("ecs-task"),
            assume_role_policy=f"${{jsonencode({assume_role_policy})}}",
            permissions_boundary=platform.role_boundary_arn,
            tags={"Name": name("ecs-task")},
        )
        IamRolePolicy(
            body,
            "aws_iam_role_policy.app_permissions",
            name=name("app-permissions"),
            role=task_role.id,
            policy=f"${{jsonencode({app_permissions_policy})}}",
        )

        self.ecs_task_execution_role_arn = self.output(
            "ecs_task_execution_role_arn", execution_role.arn, "ARN of the task execution role"
        )
        self.ecs_task_execution_role_name = self.output(
            "ecs_task_execution_role_name", execution_role.name, "Name of the task execution role"
        )
        self.ecs_task_role_arn = self.output("ecs_task_role_arn", task_role.arn, "ARN of the application's role")
        self.ecs_task_role_name = self.output("ecs_task_role_name", task_role.name, "Name of the application's role")
