"""The load profiles: how many requests, how many at once or how many a second, and when a run ends in any case."""

from dataclasses import dataclass
from math import ceil
from typing import Final

REQUEST_TIMEOUT: Final = 10.0
"""Seconds after which a request has failed: fifty times the report's p99, and far below the load balancer's 60."""


@dataclass(frozen=True)
class Profile:
    """A load, bounded in count and in time."""

    name: str
    requests: int
    """How many are sent."""
    at_once: int
    """How many may be under way at once."""
    rate: float | None
    """Requests a second that are sent whatever the answers do; None: the next one when an answer has come."""
    grace_seconds: float
    """Seconds that the run may take beyond its schedule; without a rate, in all."""
    scale: float = 1
    """Share of the profile that is run."""

    @property
    def scheduled_seconds(self) -> float:
        """Seconds over which the requests are sent; 0 without a rate."""
        return self.requests / self.rate if self.rate else 0

    @property
    def most_seconds(self) -> float:
        """Seconds after which the run ends, whatever is still under way."""
        return self.scheduled_seconds + self.grace_seconds

    @property
    def text(self) -> str:
        """`10,000 requests, 50 at once`."""
        how = f"{self.rate:g} a second" if self.rate else f"{min(self.at_once, self.requests):,} at once"
        return f"{self.requests:,} requests, {how}"

    def scaled(self, scale: float) -> "Profile":
        """The profile shortened: fewer requests at the same rate, and as many at once as there are requests for."""
        grace = max(_LEAST_GRACE, self.grace_seconds * scale)
        return Profile(self.name, ceil(self.requests * scale), self.at_once, self.rate, grace, scale)


_LEAST_GRACE: Final = 6 * REQUEST_TIMEOUT
"""Seconds that even a run of few requests has, so that time-outs are seen as such and not as its end."""

PROFILES: Final = {
    profile.name: profile
    for profile in (
        # The three of the milestone report. At its least throughput, 50 a second, they take 200 s, 100 s and an hour;
        # a service that needs three times as long has missed the target and is left alone.
        Profile("baseline", requests=10_000, at_once=50, rate=None, grace_seconds=600),
        Profile("spike", requests=5_000, at_once=200, rate=None, grace_seconds=300),
        # At 200 under way, the spike's number, a service that falls behind is not buried under ever more requests:
        # further ones wait for their turn, and their wait counts.
        Profile("sustained", requests=180_000, at_once=200, rate=50, grace_seconds=120),
    )
}
