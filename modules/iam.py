"""iam: the role that starts tasks (ECS's own) and the role that the application has."""

from collections.abc import Collection, Iterator
from typing import ClassVar

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment

from modules.base import Module
from modules.platform import Platform
from modules.settings import Settings, Violation, rule, too_long

POLICY_VERSION = "2012-10-17"
ROLE_NAME_LENGTH = 64


class IamSettings(Settings):
    """What the roles may do beyond what the HCL modules let them."""

    execution_role_reads_secrets: bool = False
    """Whether ECS may read `ecs.secrets`, each by its ARN, when it starts a task. Without it no task with secrets
    starts; the HCL modules leave it to whoever runs them. A secret under a KMS key of your own needs that key's too."""

    task_role_allows_exec: bool = False
    """Whether the application's role may open the channel of ECS Exec, which `ecs_service.enable_execute_command`
    needs. Whoever may execute commands has all that the application may."""

    @rule("project", "environment")
    def role_names_fit(self, platform: Platform) -> Iterator[Violation]:
        """IAM takes 64 characters for a role's name."""
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
"""What ECS Exec asks of the task role (ECS developer guide, "Task role permissions for ECS Exec")."""


def _reading(secret_arns: Collection[str]) -> Iterator[dict[str, object]]:
    """Statements that let secrets and parameters be read; a service of which there are none has no statement."""
    # A secret's ARN may go on with a key of its JSON, and may lack the six characters that Secrets Manager adds.
    secrets = sorted({f"{':'.join(arn.split(':')[:7])}*" for arn in secret_arns if ":secretsmanager:" in arn})
    parameters = sorted({arn for arn in secret_arns if ":ssm:" in arn})
    if secrets:
        yield {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secrets}
    if parameters:
        yield {"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": parameters}


class IamModule(Module):
    """Two roles that ECS tasks assume, with what each may do."""

    folder: ClassVar[str] = "iam"

    def __init__(
        self, scope: TerraformStack, *, platform: Platform, settings: IamSettings, secret_arns: Collection[str]
    ) -> None:
        super().__init__(scope)
        body, name = self.body, platform.name
        project, environment = platform.project, platform.environment

        assume_role_policy = self.local(
            "assume_role_policy",
            {
                "Version": POLICY_VERSION,
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "sts:AssumeRole",
                        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                    }
                ],
            },
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
                ],
            },
        )

        execution_role = IamRole(
            body,
            "aws_iam_role.ecs_task_execution",
            name=name("ecs-task-execution"),
            assume_role_policy=f"${{jsonencode({assume_role_policy})}}",
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
