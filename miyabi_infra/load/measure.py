"""From single requests to figures: percentiles, throughput, errors, seconds. No clock and no network here.

A run has at most a few hundred thousand requests, so each one is kept and percentiles are exact; the buckets of a
histogram would round them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf
from typing import Final, NamedTuple

from miyabi_infra.load.profiles import Profile


class Sample(NamedTuple):
    """A request that has ended."""

    start: float
    """Seconds from the start of the run to the intended start (at a rate) or to the start (without a rate)."""
    latency: float
    """Seconds from `start` to the end of the answer, or to the failure."""
    error: str | None
    """Why it failed; None: a good answer."""

    @property
    def end(self) -> float:
        """Seconds from the start of the run to the end of the request."""
        return self.start + self.latency


@dataclass(frozen=True)
class Second:
    """An interval of a run, in the result one second; a request belongs to the interval in which it ended."""

    begin: float
    """Seconds from the start of the run."""
    good: int
    failed: int
    p50: float | None
    """Of the good answers, in seconds; None without one."""
    p95: float | None
    p99: float | None


@dataclass(frozen=True)
class Measured:
    """The figures of a run."""

    good: int
    failed: int
    duration: float
    """Seconds from the start to the end of the last request."""
    throughput: float
    """Good answers per second."""
    errors: Mapping[str, int]
    """Number of failed requests by reason, the most frequent first."""
    latencies: Sequence[float]
    """Seconds, in ascending order. A failed request counts as infinite: it never got its answer."""

    @property
    def ended(self) -> int:
        """Requests that have ended, good or failed."""
        return self.good + self.failed

    @property
    def error_percent(self) -> float:
        """Percentage of failed requests; 0 without requests."""
        return 100 * self.failed / self.ended if self.ended else 0

    def percentile(self, percent: float) -> float | None:
        """Seconds within which `percent` of all requests got a good answer; None when fewer got one."""
        found = percentile(self.latencies, percent) if self.latencies else inf
        return None if found == inf else found


ALL_BUT_STRAGGLERS: Final = 99.9
"""Percentage of the answers that must have arrived before a run at a rate counts as over.

A single late answer of 1,000 does not lower the throughput. Of fewer requests every late answer does: a short run has
no long part in time that would outweigh it.
"""


def percentile(ascending: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the values do not exceed (nearest rank): always one of them."""
    # In thousandths, as integers: 0.999 * 1000 is slightly more than 999 and would give the next rank.
    rank = -(-round(percent * 1000) * len(ascending) // 100_000)
    return ascending[max(rank, 1) - 1]


def measure(samples: Sequence[Sample], profile: Profile) -> Measured:
    """The figures of a run, complete or not."""
    good = sum(sample.error is None for sample in samples)
    errors = Counter(sample.error for sample in samples if sample.error is not None)
    ends = sorted(sample.end for sample in samples)
    duration = ends[-1] if ends else 0
    busy = duration
    if profile.rate and ends:
        # No more can come back per second than are sent, so the question is whether they came back in that time.
        busy = max(len(samples) / profile.rate, percentile(ends, ALL_BUT_STRAGGLERS))
    return Measured(
        good=good,
        failed=len(samples) - good,
        duration=duration,
        throughput=good / busy if busy else 0,
        errors=dict(errors.most_common()),
        latencies=sorted(inf if sample.error is not None else sample.latency for sample in samples),
    )


def seconds(samples: Iterable[Sample], width: float = 1) -> list[Second]:
    """The course of a run in intervals of `width` seconds, without gaps."""
    held: defaultdict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        held[int(sample.end / width)].append(sample)
    return [_second(number * width, held.get(number, [])) for number in range(max(held, default=-1) + 1)]


def _second(begin: float, samples: Sequence[Sample]) -> Second:
    good = sorted(sample.latency for sample in samples if sample.error is None)
    figures = [percentile(good, percent) if good else None for percent in (50, 95, 99)]
    return Second(begin, len(good), len(samples) - len(good), *figures)


def enough_for(percent: float) -> int:
    """The number of requests from which on one lies above the percentile; below, it is the slowest request."""
    return ceil(100 / (100 - percent))
