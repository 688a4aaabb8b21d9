"""What the guides say about the roles of the tasks."""

from dataclasses import dataclass

from miyabi_infra.pages.guides.needed import needed
from miyabi_infra.reach.roles import Role
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.platform import Platform, text


@dataclass(frozen=True)
class Access:
    """The role that starts tasks, and the role of the application."""

    task_role: str
    execution_role: str
    execution_role_reads_secrets: bool
    task_role_allows_exec: bool


def access(stack: Stack) -> Access:
    """The roles of an environment.

    Raises:
        StackError: when the stack is not one of an environment.
    """
    platform = Platform(stack)
    service = needed(stack, platform.service, "aws_ecs_service")
    task = needed(stack, platform.task_definition(service), "aws_ecs_task_definition")
    roles = {name: needed(stack, platform.roles.get(name), f"aws_iam_role.{name}") for name in (_TASK, _EXECUTION)}
    application = Role(stack, task.get("task_role_arn"), "task role")
    execution = Role(stack, task.get("execution_role_arn"), "execution role")
    return Access(
        task_role=text(roles[_TASK].get("name")),
        execution_role=text(roles[_EXECUTION].get("name")),
        execution_role_reads_secrets=bool(execution.allowed("secretsmanager:GetSecretValue")),
        task_role_allows_exec=bool(application.allowed("ssmmessages:OpenDataChannel")),
    )


_TASK, _EXECUTION = "ecs_task", "ecs_task_execution"
