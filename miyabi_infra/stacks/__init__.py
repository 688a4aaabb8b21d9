"""The synthesized stacks as typed data: every resource instance that Terraform would make, with its arguments.

Settings are baked into the generated JSON, so nearly every value stands there as a literal or follows from one: locals,
counts, variables and outputs are resolved here, as Terraform would. What AWS makes up when it creates a resource stays
a `Reference` to it. Commands that look at the infrastructure read this, not the JSON; no cdktf, no Terraform, no AWS.
"""

from collections.abc import Sequence
from pathlib import Path

from miyabi_infra.project import OUT, SHARED
from miyabi_infra.refused import Refused
from miyabi_infra.stacks.model import (
    Module,
    Reference,
    Resource,
    Stack,
    StackError,
    Template,
    Value,
    plain,
    unknowns,
)
from miyabi_infra.stacks.reading import Root

__all__ = [
    "OUT",
    "SHARED",
    "Module",
    "Reference",
    "Resource",
    "Stack",
    "StackError",
    "Template",
    "Value",
    "chosen",
    "plain",
    "read",
    "unknowns",
]


def read(out: Path) -> tuple[Stack, ...]:
    """The stacks of an output folder (`cdktf.out`): environments by name, then what is shared.

    Raises:
        StackError: when there is none, or one can't be read.
    """
    files = sorted(out.glob("stacks/*/cdk.tf.json"))
    if not files:
        raise StackError(f"{out.name} holds no stacks: run 'make synth'")
    stacks = [Root(file.parent, out).stack() for file in files]
    return tuple(sorted(stacks, key=lambda stack: (stack.environment == SHARED, stack.name)))


def chosen(stacks: Sequence[Stack], environment: str | None) -> tuple[Stack, ...]:
    """The stack of an environment, or all stacks without one.

    Raises:
        Refused: for an unknown environment.
    """
    found = tuple(stack for stack in stacks if environment in (None, stack.environment))
    if not found:
        known = ", ".join(stack.environment for stack in stacks)
        raise Refused(f"there is no environment {environment!r}; there are {known}")
    return found
