"""What the guides say about the secrets that the stack creates by name."""

from dataclasses import dataclass

from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.platform import Platform, mappings, text


@dataclass(frozen=True)
class Secret:
    """A secret of the section `secrets`."""

    address: str
    name: str
    description: str
    window: int
    """Days for which it can be restored after its deletion."""
    variables: tuple[str, ...]
    """Variables of the containers that ECS fills with it."""
    rotated: bool
    """Whether a function replaces its value."""


def secrets(stack: Stack) -> tuple[Secret, ...]:
    """The secrets, by name."""
    rotated = {each.index for each in stack.of_type("aws_secretsmanager_secret_rotation")}
    variables = [
        (text(each.get("name")), str(each.get("valueFrom")))
        for container in Platform(stack).containers
        for each in mappings(container.get("secrets"))
    ]
    return tuple(
        Secret(
            address=each.address,
            name=text(each.get("name")),
            description=text(each.get("description")),
            window=int(str(each.get("recovery_window_in_days"))),
            variables=tuple(name for name, source in variables if f"{each.address}.arn" in source),
            rotated=each.index in rotated,
        )
        for each in stack.of_type("aws_secretsmanager_secret")
        if isinstance(each.index, str)
    )
