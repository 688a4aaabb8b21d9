"""What a rule of lint looks at: the generated stack, and the overlay with the line of every setting."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from environments.sections.lint import LintSettings
from environments.sections.service_levels import ServiceLevelSettings
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.problems import KeyPath
from miyabi_infra.reach import Reach
from miyabi_infra.reach.passing import Passing
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.platform import Platform


@dataclass(frozen=True)
class Environment:
    """An environment: what is generated, and what its overlay says."""

    stack: Stack
    overlay: Document
    lint: LintSettings
    service_levels: ServiceLevelSettings
    shared: Stack | None
    """What exists once per account, if there is such a stack."""
    others: tuple[Stack, ...]
    """The other environments."""

    @cached_property
    def reach(self) -> Reach:
        """What can open a connection to what."""
        return Reach(self.stack)

    @cached_property
    def passing(self) -> Passing:
        """Who passes by the distribution and the firewall."""
        return Passing(self.reach)

    @property
    def highly_available(self) -> bool:
        """Whether it calls itself so."""
        return self.setting("highly_available") is True

    @cached_property
    def platform(self) -> Platform:
        """The parts of the stack."""
        return Platform(self.stack)

    @property
    def zones(self) -> int:
        """Zones that the tasks run in."""
        return len(self.platform.zones)

    def setting(self, *path: str) -> Any:  # noqa: ANN401  # as YAML has it
        """What the overlay says at a key; None where it says nothing."""
        here: object = self.overlay.data
        for key in path:
            here = cast("Mapping[str, object]", here).get(key) if isinstance(here, Mapping) else None
        return here

    def says(self, path: KeyPath) -> bool:
        """Whether the overlay, or the base below it, writes a key."""
        return path in self.overlay.places
