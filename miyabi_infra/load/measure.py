"""From single requests to figures: percentiles, throughput, errors, seconds. No clock and no network in here.

A run has at most some hundred thousand requests, so every one is kept and percentiles are exact: no histogram, whose
buckets would round them.
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
    """Seconds from the begin of the run to when it was to be sent (at a rate) or was sent (without one)."""
    latency: float
    """Seconds from `start` to the end of the answer, or to when it failed."""
    error: str | None
    """Why it failed; None: a good answer."""

    @property
    def end(self) -> float:
        """Seconds from the begin of the run to its end."""
        return self.start + self.latency


@dataclass(frozen=True)
class Second:
    """A stretch of a run, a second in the result; requests belong to the one that they ended in."""

    begin: float
    """Seconds from the begin of the run."""
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
    """Seconds from the begin to the end of the last request."""
    throughput: float
    """Good answers a second."""
    errors: Mapping[str, int]
    """How many failed for which reason, most first."""
    latencies: Sequence[float]
    """Seconds, in ascending order. A request that failed is infinite: it never had its answer."""

    @property
    def ended(self) -> int:
        """Requests that have ended, well or not."""
        return self.good + self.failed

    @property
    def error_percent(self) -> float:
        """Failed requests of 100; 0 of none."""
        return 100 * self.failed / self.ended if self.ended else 0

    def percentile(self, percent: float) -> float | None:
        """Seconds within which `percent` of all requests had a good answer; None when fewer ever had one."""
        found = percentile(self.latencies, percent) if self.latencies else inf
        return None if found == inf else found


ALL_BUT_THE_LAST: Final = 99
"""Per cent of the answers that end a run at a rate: a single straggler must not make its throughput lower."""


def percentile(ascending: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the values don't exceed (nearest rank): always one of them."""
    # In thousandths, as whole numbers: 0.999 * 1000 is a bit more than 999, and would be the rank after it.
    rank = -(-round(percent * 1000) * len(ascending) // 100_000)
    return ascending[max(rank, 1) - 1]


def measure(samples: Sequence[Sample], profile: Profile) -> Measured:
    """The figures of a run, or of what there is of it."""
    good = sum(sample.error is None for sample in samples)
    errors = Counter(sample.error for sample in samples if sample.error is not None)
    ends = sorted(sample.end for sample in samples)
    duration = ends[-1] if ends else 0
    busy = duration
    if profile.rate and ends:
        # As many can't come back a second as are sent, so what counts is whether they came back while they were sent.
        busy = max(len(samples) / profile.rate, percentile(ends, ALL_BUT_THE_LAST))
    return Measured(
        good=good,
        failed=len(samples) - good,
        duration=duration,
        throughput=good / busy if busy else 0,
        errors=dict(errors.most_common()),
        latencies=sorted(inf if sample.error is not None else sample.latency for sample in samples),
    )


def seconds(samples: Iterable[Sample], width: float = 1) -> list[Second]:
    """The course of a run in stretches of `width` seconds, without a gap."""
    held: defaultdict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        held[int(sample.end / width)].append(sample)
    return [_second(number * width, held.get(number, [])) for number in range(max(held, default=-1) + 1)]


def _second(begin: float, samples: Sequence[Sample]) -> Second:
    good = sorted(sample.latency for sample in samples if sample.error is None)
    figures = [percentile(good, percent) if good else None for percent in (50, 95, 99)]
    return Second(begin, len(good), len(samples) - len(good), *figures)


def enough_for(percent: float) -> int:
    """Requests of which at least one lies above a percentile; of fewer, it is just the slowest one."""
    return ceil(100 / (100 - percent))
