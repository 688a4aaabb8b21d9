"""The load profiles: how many requests, how many in parallel or per second, and when a run ends at the latest."""

from dataclasses import dataclass
from math import ceil
from typing import Final

REQUEST_TIMEOUT: Final = 10.0
"""Seconds after which a request has failed: fifty times the report's p99, well below the load balancer's 60."""


@dataclass(frozen=True)
class Profile:
    """A load, limited in count and in time."""

    name: str
    requests: int
    """How many are sent."""
    at_once: int
    """How many may be in progress at the same time."""
    rate: float | None
    """Requests per second, sent independently of the answers; None: the next one when an answer has arrived."""
    grace_seconds: float
    """Seconds that the run may take beyond its schedule; without a rate, in total."""
    scale: float = 1
    """Fraction of the profile that is run."""

    @property
    def scheduled_seconds(self) -> float:
        """Seconds over which the requests are sent; 0 without a rate."""
        return self.requests / self.rate if self.rate else 0

    @property
    def most_seconds(self) -> float:
        """Seconds after which the run ends, even with requests in progress."""
        return self.scheduled_seconds + self.grace_seconds

    @property
    def text(self) -> str:
        """`10,000 requests, 50 at once`."""
        how = f"{self.rate:g} per second" if self.rate else f"{min(self.at_once, self.requests):,} at once"
        return f"{self.requests:,} requests, {how}"

    def scaled(self, scale: float) -> "Profile":
        """The profile shortened: fewer requests at the same rate and with the same parallelism."""
        grace = max(_LEAST_GRACE, self.grace_seconds * scale)
        return Profile(self.name, ceil(self.requests * scale), self.at_once, self.rate, grace, scale)


_LEAST_GRACE: Final = 6 * REQUEST_TIMEOUT
"""Seconds for even a short run, so that requests time out before the run does."""

PROFILES: Final = {
    profile.name: profile
    for profile in (
        # The three of the milestone report. At its minimum throughput, 50 per second, they take 200 s, 100 s and an
        # hour; a service that needs three times as long has missed the target, and the run ends.
        Profile("baseline", requests=10_000, at_once=50, rate=None, grace_seconds=600),
        Profile("spike", requests=5_000, at_once=200, rate=None, grace_seconds=300),
        # With at most 200 in progress, as in the spike, a service that falls behind does not get more and more
        # requests: the others wait for their turn, and the wait counts as latency.
        Profile("sustained", requests=180_000, at_once=200, rate=50, grace_seconds=120),
    )
}
