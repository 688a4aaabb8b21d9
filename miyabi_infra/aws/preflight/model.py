"""What a preflight consists of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from miyabi_infra import exits
from miyabi_infra.aws.status.model import Level, Look, Observation, StatusSection, greatest, sections_as_data
from miyabi_infra.aws.world import World
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.platform import Platform


@dataclass(frozen=True)
class Preflight:
    """What was found before an apply. Of the levels, DEGRADED is what stands in the way."""

    stack: Stack
    account: str
    principal: str
    sections: tuple[StatusSection, ...]

    @property
    def level(self) -> Level:
        """The greatest level of all observations."""
        return greatest(self.sections)

    @property
    def verdict(self) -> Literal["clear", "blocked", "unknown"]:
        """The preflight in a word: `clear` only when everything was read."""
        if self.level is Level.DEGRADED:
            return "blocked"
        return "unknown" if self.level is Level.UNKNOWN else "clear"

    @property
    def exit_code(self) -> int:
        """0 clear, 1 something stands in the way, 3 not everything could be determined."""
        return {"clear": exits.FINE, "blocked": exits.FOUND, "unknown": exits.UNKNOWN}[self.verdict]

    def as_data(self) -> dict[str, Any]:
        """The preflight for programs."""
        return {
            "environment": self.stack.environment,
            "stack": self.stack.name,
            "region": self.stack.region,
            "account": self.account,
            "principal": self.principal,
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "sections": sections_as_data(self.sections, LEVELS),
        }


LEVELS: Mapping[Level, str] = {
    Level.OK: "ok",
    Level.NOTE: "note",
    Level.UNKNOWN: "unknown",
    Level.DEGRADED: "blocked",
}
"""What the levels are called here."""


@dataclass(frozen=True)
class Before:
    """A stack before an apply."""

    stack: Stack
    state: frozenset[str] | None
    """Addresses in the state; None for a state in S3, which is read from there."""
    image: str = ""
    """The image that Terraform will be given, where that is not the overlay's."""
    host: str = ""
    """The host that users ask for, where the overlay says one."""

    def look(self, world: World, platform: Platform, stacks: tuple[Stack, ...]) -> "PreflightLook":
        """What every section gets."""
        return PreflightLook(world, platform, datetime.now(UTC), stacks, self)


@dataclass(frozen=True)
class PreflightLook(Look):
    """What every section gets, with all stacks and the state."""

    stacks: tuple[Stack, ...] = ()
    before: Before | None = None
    """What was known before AWS was asked."""

    @property
    def together(self) -> tuple[Stack, ...]:
        """The environments that share the quotas: of the same region, and not of another account."""
        mine = self.world.stack
        account = mine.provider.get("allowed_account_ids")
        return tuple(
            each
            for each in self.stacks
            if each.region == mine.region and each.provider.get("allowed_account_ids") in (account, None)
        )


def preflight(look: Look) -> PreflightLook:
    """The look of a section, as preflight made it."""
    assert isinstance(look, PreflightLook)
    return look


def fine(text: str, **data: object) -> Observation:
    """Something that does not stand in the way."""
    return Observation(Level.OK, text, data)


def note(text: str, **data: object) -> Observation:
    """Something worth knowing."""
    return Observation(Level.NOTE, text, data)


def blocked(text: str, **data: object) -> Observation:
    """Something that stands in the way."""
    return Observation(Level.DEGRADED, text, data)


def untold(text: str, **data: object) -> Observation:
    """Something that could not be determined."""
    return Observation(Level.UNKNOWN, text, data)


Observations = Iterator[Observation]
