"""The result of a run as JSON, for machines; its schema is generated into `docs/reference/load-result.schema.json`."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from miyabi_infra.load.judge import Judged, Verdict
from miyabi_infra.load.measure import Measured, Sample, percentile, seconds
from miyabi_infra.load.profiles import Profile

Ended = Literal["done", "time limit", "interrupted", "unreachable"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Counts(_Part):
    """What became of the requests."""

    planned: int
    """Requests that the profile sends."""
    good: int
    """Answers in time with a status from 200 to 299."""
    failed: int
    """All others that ended; `errors` says why."""
    unfinished: int
    """Requests that were under way when the run was ended early."""
    unsent: int
    """Requests that an early end kept from being sent."""


class Latency(_Part):
    """Latencies of all requests in milliseconds.

    A request that failed counts as one that never had its answer: null is a figure without a value for that reason.
    """

    min: float | None
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    p99_9: float | None
    max: float | None


class EachSecond(_Part):
    """A second of the run. Requests belong to the second that they ended in; latencies are those of good answers."""

    second: int
    """Seconds from the begin of the run."""
    good: int
    """Good answers."""
    failed: int
    """Requests that failed."""
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class Target(_Part):
    """A target of the overlay's section `service_levels`, and whether it is met."""

    setting: str
    """Name of the setting."""
    target: float
    """What this run had to reach, in the setting's unit."""
    measured: float | None
    """What it reached; null where failures leave no such figure."""
    verdict: Verdict
    """`undecided` where the run was too short to tell."""
    reason: str
    """What is to be said about the verdict; often empty."""


class Generator(_Part):
    """What sent the requests."""

    name: Literal["locust"]
    version: str
    late_ms_p99: float | None
    """Milliseconds by which the generator itself woke up late, 99th percentile. What the machine that measures adds to
    each latency is of this size: where it is not far below the targets, measure from a larger or less busy machine."""


class LoadResult(_Part):
    """The result of `miyabi-infra load`."""

    version: Literal[1] = 1
    """Version of this format."""
    environment: str
    profile: str
    """`baseline`, `spike` or `sustained`."""
    scale: float
    """Share of the profile that was run; below 1 the run was shortened, and its verdict is a rehearsal's."""
    url: str
    """Address that was asked (GET)."""
    started: str
    """When the run began, UTC (ISO 8601)."""
    duration_seconds: float
    """From the begin to the end of the last request."""
    ended: Ended
    """`done`: all requests were sent and ended. Otherwise the result is partial, and is never `met`."""
    at_once: int
    """Requests that were under way at once, at most."""
    rate: float | None
    """Requests a second that were to be sent; null: the next one as soon as an answer had come."""
    latency_from: Literal["intended start", "start"]
    """What latencies are measured from. At a rate: from when the request was to be sent."""
    counts: Counts
    requests_per_second: float
    """Good answers a second."""
    error_percent: float
    """Failed requests of 100 that ended."""
    latency_ms: Latency
    errors: dict[str, int]
    """Failed requests by reason."""
    targets: list[Target]
    verdict: Verdict
    """`met`: every target, by a run that is complete. `missed`: at least one. `undecided`: neither can be said."""
    generator: Generator
    seconds: list[EachSecond]
    """The course of the run."""


def latency(measured: Measured) -> Latency:
    """The latencies of a run, in milliseconds."""
    figures = {f"p{percent:g}".replace(".", "_"): measured.percentile(percent) for percent in (50, 90, 95, 99, 99.9)}
    all_of_them = {"min": measured.percentile(0), **figures, "max": measured.percentile(100)}
    return Latency.model_validate({name: _ms(found) for name, found in all_of_them.items()})


def course(samples: Sequence[Sample]) -> list[EachSecond]:
    """The seconds of a run."""
    return [
        EachSecond(
            second=int(each.begin),
            good=each.good,
            failed=each.failed,
            p50_ms=_ms(each.p50),
            p95_ms=_ms(each.p95),
            p99_ms=_ms(each.p99),
        )
        for each in seconds(samples)
    ]


def counts(profile: Profile, measured: Measured, unfinished: int) -> Counts:
    """What became of the requests of a profile."""
    return Counts(
        planned=profile.requests,
        good=measured.good,
        failed=measured.failed,
        unfinished=unfinished,
        unsent=profile.requests - measured.ended - unfinished,
    )


def targets(judged: Sequence[Judged]) -> list[Target]:
    """The targets as they stand in the result."""
    return [
        Target(
            setting=each.setting,
            target=each.target,
            measured=None if each.measured is None else round(each.measured, 3),
            verdict=each.verdict,
            reason=each.reason,
        )
        for each in judged
    ]


def generator(version: str, late: Sequence[float]) -> Generator:
    """What sent the requests, and how late it was."""
    found = percentile(sorted(late), 99) if late else None
    return Generator(name="locust", version=version, late_ms_p99=_ms(found))


def _ms(seconds_: float | None) -> float | None:
    return None if seconds_ is None else round(seconds_ * 1000, 3)
