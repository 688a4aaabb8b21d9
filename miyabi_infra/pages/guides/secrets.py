"""What the guides say about the secrets that the stack creates by name."""

from dataclasses import dataclass

from miyabi_infra.stacks import Resource, Stack
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
    keys: tuple[str, ...]
    """Keys of its value in JSON that variables name; none where the value is one text."""

    @property
    def example(self) -> str:
        """A command that prints a value of its form."""
        random = "openssl rand -hex 32"
        if not self.keys:
            return f"{random} | tr -d '\\n'"
        form = ", ".join(f'"{key}": "%s"' for key in self.keys)
        return f"printf '{{{form}}}'" + f' "$({random})"' * len(self.keys)


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
            variables=tuple(name for name, source in variables if _is_of(source, each)),
            rotated=each.index in rotated,
            keys=tuple(dict.fromkeys(_key(source) for _, source in variables if _is_of(source, each) and _key(source))),
        )
        for each in stack.of_type("aws_secretsmanager_secret")
        if isinstance(each.index, str)
    )


def _is_of(source: str, secret: Resource) -> bool:
    return f"{secret.address}.arn" in source


def _key(source: str) -> str:
    """The key in the value, of `<ARN>:<key>::`."""
    return source.partition("}:")[2].partition(":")[0]
