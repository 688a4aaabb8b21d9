"""Steps of an answer: one condition each, which holds, does not hold, or depends on what the stack does not say."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

StepKind = Literal[
    "opens",
    "forwards",
    "public address",
    "subnet",
    "route",
    "network ACL",
    "egress rule",
    "vpc",
    "ingress rule",
    "listens",
    "firewall",
    "permission",
    "log group",
    "endpoint",
]
"""What a step is about."""

Verdict = Literal["yes", "no", "unknown"]
"""`unknown`: it depends on something that the stack does not say."""


@dataclass(frozen=True)
class Step:
    """One condition of a connection, and whether it holds."""

    kind: StepKind
    holds: bool | None
    """None when it depends on something that the stack does not say."""
    text: str
    """What is configured, or what is missing; for people, never parsed."""
    address: str = ""
    """The resource that decides it; empty if none does."""
    gateway: str = ""
    """Of a route that is used: address of the gateway that it leads to."""

    @classmethod
    def yes(cls, kind: StepKind, text: str, address: str = "", gateway: str = "") -> "Step":
        """A condition that holds."""
        return cls(kind, True, text, address, gateway)  # noqa: FBT003  # the classmethod's name says it

    @classmethod
    def no(cls, kind: StepKind, text: str, address: str = "") -> "Step":
        """A condition that does not hold."""
        return cls(kind, False, text, address)  # noqa: FBT003  # the classmethod's name says it

    @classmethod
    def unknown(cls, kind: StepKind, text: str, address: str = "") -> "Step":
        """A condition that depends on something that the stack does not say."""
        return cls(kind, None, text, address)

    @property
    def verdict(self) -> Verdict:
        """Whether it holds."""
        return "unknown" if self.holds is None else "yes" if self.holds else "no"


def verdict(steps: Iterable[Step]) -> Verdict:
    """Whether all hold: `no` when one does not, `unknown` when one may not."""
    found = {step.holds for step in steps}
    return "no" if False in found else "unknown" if None in found else "yes"


def best(ways: Iterable[tuple[Step, ...]]) -> tuple[Step, ...] | None:
    """The first way that holds, else the first that may, else the first; None without a way."""
    found = list(ways)
    for wanted in ("yes", "unknown", "no"):
        for way in found:
            if verdict(way) == wanted:
                return way
    return None
