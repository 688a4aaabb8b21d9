"""A configuration in the one form that both sides of the comparison are read into."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from miyabi_infra.hcl.instance import HclIssue, Instance
from miyabi_infra.hcl.values import Value
from miyabi_infra.place import Place


@dataclass(frozen=True)
class Configuration:
    """The resources, outputs and provider of a root module and of all modules that it calls."""

    instances: Mapping[str, Instance]
    outputs: Mapping[str, tuple[Value, Place | None]]
    """By address: `output.vpc_id` of the root, `module.alb.output.alb_arn` of a module."""
    variables: Mapping[str, frozenset[str]]
    """The names of each module's variables, by the name of its call."""
    call_depends_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """What the call of a module depends on, by the module's address."""
    default_tags: Mapping[str, Value] = field(default_factory=dict[str, Value])
    region: Value = None
    issues: tuple[HclIssue, ...] = ()
    provider: Mapping[str, Value] = field(default_factory=dict[str, Value])
    """Arguments and blocks of the AWS provider, without region and default tags."""
    other_providers: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """What of a generated stack uses another configuration of the provider: address and argument, and its name."""
    root_variables: frozenset[str] = frozenset()
    sensitive_outputs: frozenset[str] = frozenset()
    """Outputs whose values are sensitive, or depend on sensitive values."""
    marked_outputs: frozenset[str] = frozenset()
    """Outputs of the root that are declared sensitive."""

    def argument(self, address: str, name: str) -> object:
        """An argument of an instance, None where it has none."""
        instance = self.instances.get(address)
        return None if instance is None else instance.arguments.get(name)


def within(label: str, address: str) -> bool:
    """Whether an address is another one, or is inside it."""
    return label == address or label.startswith((f"{address}.", f"{address}["))
