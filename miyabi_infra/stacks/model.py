"""What the synthesized stacks are read into: frozen, typed, with full addresses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from miyabi_infra.refused import Refused


class StackError(Refused):
    """Stacks that cannot be read; the text names the file and what is wrong with it."""


@dataclass(frozen=True)
class Reference:
    """A value that is known after apply: an attribute of a resource instance that the arguments do not say."""

    address: str
    """The instance: `module.networking.aws_subnet.public[0]`; or `var.<name>`, a root variable without default."""

    attribute: str
    """The attribute: `id`, `arn`, `cache_nodes[0].address`; empty for a root variable."""

    def __str__(self) -> str:
        """As Terraform writes it: `${module.networking.aws_vpc.main.id}`."""
        return f"${{{self.address}.{self.attribute}}}" if self.attribute else f"${{{self.address}}}"


@dataclass(frozen=True)
class Template:
    """A text of which parts are known after apply."""

    parts: tuple[str | Reference, ...]

    def __str__(self) -> str:
        """The text with its references as Terraform writes them."""
        return "".join(map(str, self.parts))


Value: TypeAlias = "bool | int | float | str | Reference | Template | tuple[Value, ...] | Mapping[str, Value] | None"
"""A value of an argument. What `jsonencode` would make a text of is the data itself."""


@dataclass(frozen=True)
class Resource:
    """One instance of a resource."""

    address: str
    """The full address, with the index of a counted one: `module.networking.aws_subnet.public[0]`."""
    type: str
    """Such as `aws_subnet`."""
    name: str
    """Such as `public`."""
    index: int | str | None
    """Of a counted resource, or the key of one with `for_each`; else None."""
    module: str
    """Name of the module's call, such as `security_groups`; empty for a resource of the root."""
    file: Path
    """The file that says so, relative to the output folder."""
    arguments: Mapping[str, Value]
    """The configured arguments and blocks; Terraform's own (`count`, `depends_on`, `lifecycle`) are not among them."""
    references: tuple[Reference, ...] = ()
    """What the arguments refer to, in their order, even where the value is known; each once."""
    depends_on: tuple[str, ...] = ()
    """Addresses that `depends_on` names, without an index."""
    ignore_changes: tuple[str, ...] = ()
    """Arguments that Terraform leaves alone after creation (`lifecycle`)."""
    prevent_destroy: bool = False
    """Whether Terraform refuses a plan that destroys it (`lifecycle`)."""
    region: str = ""
    """The region that it is in when it is not the stack's: of a second provider. Empty for the stack's."""

    @property
    def label(self) -> str:
        """The address within the module, without the index: `aws_subnet.public`."""
        return f"{self.type}.{self.name}"

    def get(self, argument: str, default: Value = None) -> Value:
        """The value of an argument, `default` where it is not configured."""
        return self.arguments.get(argument, default)

    def blocks(self, name: str) -> tuple[Mapping[str, Value], ...]:
        """The blocks of that name; Terraform JSON writes a single one as a mapping, several as a list."""
        held = self.arguments.get(name)
        if held is None:
            return ()
        found = held if isinstance(held, tuple) else (held,)
        return tuple(block for block in found if isinstance(block, Mapping))


@dataclass(frozen=True)
class Module:
    """A module's call, and what its body holds."""

    name: str
    """Name of the call; empty for the root."""
    folder: str
    """Folder below `modules/`; empty for the root."""
    file: Path
    """The body's file, relative to the output folder."""
    resources: tuple[Resource, ...]
    inputs: Mapping[str, Value]
    """What the call passes, by variable."""
    outputs: Mapping[str, Value]
    depends_on: tuple[str, ...] = ()
    """Modules that the call waits for: `module.iam`."""


@dataclass(frozen=True)
class Stack:
    """A stack: one root module, one state."""

    name: str
    region: str
    default_tags: Mapping[str, str]
    """Tags that the provider sets on every resource that takes tags."""
    modules: tuple[Module, ...]
    """The modules called, by name; after them the root itself, where it has resources itself."""
    outputs: Mapping[str, Value]
    variables: Mapping[str, Value]
    """Root variables with their defaults; a Reference to itself for one without."""
    provider: Mapping[str, Value]
    """Arguments of the AWS provider."""
    backend: Mapping[str, Value]
    """Where the state is: one key, `local` or `s3`, with its arguments."""

    @property
    def environment(self) -> str:
        """The environment's name, as the default tags say it."""
        return self.default_tags["Environment"]

    @property
    def project(self) -> str:
        """The project's name, as the default tags say it."""
        return self.default_tags["Project"]

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """All resource instances: by module, type, name and index."""
        return tuple(resource for module in self.modules for resource in module.resources)

    @property
    def addresses(self) -> frozenset[str]:
        """The addresses of its resources."""
        return frozenset(self._by_address)

    @cached_property
    def _by_address(self) -> dict[str, Resource]:
        return {resource.address: resource for resource in self.resources}

    def find(self, address: str) -> Resource | None:
        """The instance at a full address, None where there is none."""
        return self._by_address.get(address)

    def of_type(self, *types: str) -> tuple[Resource, ...]:
        """The instances of some types, in the order of `resources`."""
        return tuple(resource for resource in self.resources if resource.type in types)


def plain(value: Value) -> Any:  # noqa: ANN401  # JSON
    """A value as JSON has it; what is known after apply is the text that Terraform writes."""
    if isinstance(value, Mapping):
        return {key: plain(held) for key, held in value.items()}
    if isinstance(value, tuple):
        return [plain(held) for held in value]
    return str(value) if isinstance(value, Reference | Template) else value


def unknowns(value: Value) -> Iterator[Reference]:
    """Every reference in a value."""
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, Template):
        yield from (part for part in value.parts if isinstance(part, Reference))
    elif isinstance(value, Mapping):
        for held in value.values():
            yield from unknowns(held)
    elif isinstance(value, tuple):
        for held in value:
            yield from unknowns(held)
