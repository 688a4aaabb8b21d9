"""The containers of a task: what all of them can say, and those that run beside the application."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from modules.base import literal
from modules.settings import ACCOUNT, Settings, Strings, matching

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

_OF_VARIABLES: Final = "letters, digits and _, of which the first is no digit"

VariableName = Annotated[
    str, matching(r"[A-Za-z_][A-Za-z0-9_]*", "is not the name of an environment variable", _OF_VARIABLES)
]

SecretSource = Annotated[
    str,
    matching(
        rf"arn:aws:secretsmanager:[a-z0-9-]+:{ACCOUNT}:secret:[\w/+=.@!-]+(?::[^:]*:[^:]*:[^:]*)?"
        rf"|arn:aws:ssm:[a-z0-9-]+:{ACCOUNT}:parameter/[\w./-]+"
        r"|secrets\.[a-z][a-z0-9-]*(?::[A-Za-z0-9_.-]+)?",
        "is not the ARN of a secret",
        "the ARN of a Secrets Manager secret or of an SSM parameter, or secrets.<name> of the section secrets, never "
        "the secret itself",
        secret=True,
    ),
]

ContainerName = Annotated[
    str, matching(r"[A-Za-z0-9_-]{1,255}", "is not the name of a container", "up to 255 letters, digits, - and _")
]

ContainerUser = Annotated[
    str,
    matching(
        r"(?:[a-z_][a-z0-9_-]{0,31}|\d{1,10})(?::(?:[a-z_][a-z0-9_-]{0,31}|\d{1,10}))?",
        "is not the user of a container",
        "a name or number, or user:group, each a name or a number, in quotes",
    ),
]

ContainerPath = Annotated[
    str,
    matching(r"(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)+", "is not a folder of a container", "an absolute path such as /tmp"),
]

StopTimeout = Annotated[int, Field(ge=2, le=120)]
"""Seconds; the limit is Fargate's (ECS API, `ContainerDefinition.stopTimeout`)."""

Memory = Annotated[int, Field(ge=6)]
"""MiB; Docker needs 6 (ECS API, `ContainerDefinition.memory`)."""


class SidecarSettings(Settings):
    """A container beside the application: in the same task and network, with its logs in the same log group."""

    image: ImageUri
    """Container image with tag or digest
    (ECS API, `ContainerDefinition`)."""

    essential: bool = False
    """Whether the task stops when the container stops."""

    cpu: Annotated[int, Field(ge=1)] | None = None
    """CPU units that the container is guaranteed. Default: what the others leave."""

    memory: Memory | None = None
    """MiB at which the container is killed. Default: the memory of the task (ECS API, `ContainerDefinition`)."""

    memory_reservation: Memory | None = None
    """MiB that are kept for the container. Default: none (ECS API, `ContainerDefinition`)."""

    command: Strings = ()
    """Arguments in place of the image's own (`CMD`)."""

    environment_variables: dict[VariableName, str] = Field(default={})
    """Environment variables of the container, by name. No secrets: the values are in the task definition."""

    secrets: dict[VariableName, SecretSource] = Field(default={})
    """Environment variables that ECS sets from a secret when a task starts: name to ARN (Secrets Manager or SSM), or to
    `secrets.<name>` or `secrets.<name>:<JSON key>` of the section `secrets` (ECS API, `Secret`)."""

    health_check_command: Strings = ()
    """Program and arguments that ECS runs in the container; it is healthy when the program ends with 0. Default:
    no health check."""

    application_waits: Literal["START", "HEALTHY", "SUCCESS", "COMPLETE"] | None = None
    """What the application waits for before it starts: the container's start, its health, or its end (ECS API,
    `ContainerDependency`)."""

    log_router: Literal["fluentbit", "fluentd"] | None = None
    """Whether the container is the task's log router (FireLens): the application then logs through it (ECS API,
    `FirelensConfiguration`)."""

    read_only_root: bool = False
    """Whether the container may not write to its root file system."""

    user: ContainerUser | None = None
    """User that the container runs as. Default: the image's (ECS API, `ContainerDefinition`)."""


def health_check(command: Sequence[str], **seconds: int) -> dict[str, Any]:
    """A health check that runs a program."""
    return {"command": ["CMD", *map(literal, command)], **seconds}


def logs_to(group: str, region: str) -> dict[str, Any]:
    """The log driver of CloudWatch Logs."""
    return {
        "logDriver": "awslogs",
        "options": {"awslogs-group": group, "awslogs-region": region, "awslogs-stream-prefix": "ecs"},
    }


def environment(variables: Mapping[str, str]) -> list[dict[str, str]]:
    """Environment variables as a container definition has them."""
    return [{"name": key, "value": literal(value)} for key, value in variables.items()]


def named(source: str) -> tuple[str, str] | None:
    """Name and JSON key of a secret of the section `secrets`, where `source` names one; the key may be empty."""
    if not source.startswith("secrets."):
        return None
    name, _, key = source.removeprefix("secrets.").partition(":")
    return name, key


def arn_of(name: str) -> str:
    """The ARN of a secret of the section `secrets`, in a module with the wire `secret_arns`."""
    return f'${{var.secret_arns["{name}"]}}'


def _value_from(source: str) -> str:
    found = named(source)
    if found is None:
        return source
    name, key = found
    return f"{arn_of(name)}:{key}::" if key else arn_of(name)


def secrets_of(sources: Mapping[str, str]) -> list[dict[str, str]]:
    """Environment variables whose values ECS reads from secrets."""
    return [{"name": key, "valueFrom": _value_from(source)} for key, source in sources.items()]


def bytes_of(definition: object) -> int:
    """The size of a part of a task definition as jsonencode of Terraform writes it: <, > and & take six bytes."""
    text = json.dumps(definition, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-8", "surrogatepass")) + 5 * sum(text.count(each) for each in "<>&")


def sidecar(name: str, settings: SidecarSettings, logs: Mapping[str, Any]) -> dict[str, Any]:
    """The container definition of a sidecar. What is not configured is absent."""
    optional = {
        "cpu": settings.cpu,
        "memory": settings.memory,
        "memoryReservation": settings.memory_reservation,
        "command": [literal(each) for each in settings.command],
        "environment": environment(settings.environment_variables),
        "secrets": secrets_of(settings.secrets),
        "healthCheck": health_check(settings.health_check_command) if settings.health_check_command else None,
        "firelensConfiguration": {"type": settings.log_router} if settings.log_router else None,
        "readonlyRootFilesystem": settings.read_only_root,
        "user": settings.user,
    }
    given = {key: value for key, value in optional.items() if value}
    return {"name": name, "image": settings.image, "essential": settings.essential, **given, "logConfiguration": logs}
