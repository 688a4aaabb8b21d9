"""The synthesized stacks as typed data: every resource instance that Terraform would make, with its arguments.

Settings are baked into the generated JSON, so nearly every value stands there as a literal or follows from one: locals,
counts, variables and outputs are resolved here, as Terraform would. What AWS makes up when it creates a resource stays
a `Reference` to it. Commands that look at the infrastructure read this, not the JSON; no cdktf, no Terraform, no AWS.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
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
    stacks = [_stack(_Files.of(file.parent, out)) for file in files]
    return tuple(sorted(stacks, key=lambda stack: (stack.environment == SHARED, stack.name)))


@dataclass(frozen=True)
class _Files:
    """What a stack is read from. The same content is the same stack, wherever the folder is."""

    shown: str
    name: str
    content: tuple[tuple[Path, bytes], ...]
    """Each file, by its path relative to the stack's folder."""
    folder: Path = field(compare=False)
    out: Path = field(compare=False)

    @classmethod
    def of(cls, folder: Path, out: Path) -> "_Files":
        """The files of a stack's folder; what cannot be read is named by what reads it."""
        files = sorted((*folder.glob("*.tf.json"), *folder.glob("modules/*/*.tf.json")))
        content = tuple((file.relative_to(folder), file.read_bytes()) for file in files if file.is_file())
        return cls(out.name, folder.name, content, folder, out)


@lru_cache(maxsize=64)
def _stack(files: _Files) -> Stack:
    """A stack, which is immutable. The pages of one run read the same stacks many times."""
    return Root(files.folder, files.out).stack()


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
