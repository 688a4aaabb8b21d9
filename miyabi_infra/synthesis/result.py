"""What a synthesis found and did. Nothing here imports cdktf."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from miyabi_infra.refused import Refused
from miyabi_infra.synthesis.publish import Change


@dataclass(frozen=True)
class Stack:
    """A synthesized stack, as the summary shows it."""

    name: str
    folder: Path
    """Relative to the output folder."""
    resources: int
    """Resource instances: a resource with `count` or `for_each` counts that often."""


@dataclass(frozen=True)
class Synthesis:
    """The stacks that were asked for, and the files that differ from what was there."""

    stacks: tuple[Stack, ...]
    """Environments by name, then what is shared."""
    changes: tuple[Change, ...]


class UnknownEnvironmentError(Refused):
    """An environment that no overlay describes."""

    def __init__(self, environment: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no environments/{environment}.yaml; the overlays are {', '.join(known)}")
