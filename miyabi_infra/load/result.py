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
    """The outcomes of the requests."""

    planned: int
    """Requests that the profile sends."""
    good: int
    """Answers in time with a status from 200 to 299."""
    failed: int
    """All other requests that ended; `errors` has the reasons."""
    unfinished: int
    """Requests that were in progress when the run ended early."""
    unsent: int
    """Requests that were not sent because the run ended early."""


class Latency(_Part):
    """Latencies of all requests in milliseconds.

    A failed request counts as one that never got its answer; a figure that has no value for that reason is null.
    """

    min: float | None
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    p99_9: float | None
    max: float | None


class EachSecond(_Part):
    """A second of the run. A request belongs to the second in which it ended; latencies are those of good answers."""

    second: int
    """Seconds from the start of the run."""
    good: int
    """Good answers."""
    failed: int
    """Requests that failed."""
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class TargetResult(_Part):
    """A target of the overlay's section `service_levels`, and whether it is met."""

    setting: str
    """Name of the setting."""
    target: float
    """What this run must reach, in the setting's unit."""
    measured: float | None
    """What it reached; null where failures leave no such figure."""
    verdict: Verdict
    """`undecided` where the run was too short for a verdict."""
    reason: str
    """An explanation of the verdict; often empty."""


class Generator(_Part):
    """What sent the requests."""

    name: Literal["locust"]
    version: str
    late_ms_p99: float | None
    """Milliseconds by which the generator itself woke up late, 99th percentile. The measuring machine adds about this
    much to each latency: where it is not far below the targets, measure from a larger or less busy machine."""


class LoadResult(_Part):
    """The result of `miyabi-infra load`."""

    version: Literal[1] = 1
    """Version of this format."""
    environment: str
    profile: str
    """`baseline`, `spike` or `sustained`."""
    scale: float
    """Fraction of the profile that was run; below 1 the run was shortened, and its verdict is that of a rehearsal."""
    url: str
    """Address of the requests (GET)."""
    started: str
    """Start of the run, UTC (ISO 8601)."""
    duration_seconds: float
    """From the start of the run to the end of the last request."""
    ended: Ended
    """`done`: all requests were sent and ended. Otherwise the result is partial, and is never `met`."""
    at_once: int
    """Maximum number of requests in progress at the same time."""
    rate: float | None
    """Requests per second; null: the next request is sent when an answer has arrived."""
    latency_from: Literal["intended start", "start"]
    """The start of a latency. At a rate: the intended start of the request."""
    counts: Counts
    requests_per_second: float
    """Good answers per second."""
    error_percent: float
    """Percentage of the ended requests that failed."""
    latency_ms: Latency
    errors: dict[str, int]
    """Failed requests by reason."""
    targets: list[TargetResult]
    verdict: Verdict
    """`met`: a complete run met every target. `missed`: at least one target. `undecided`: neither is certain."""
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
    """The outcomes of the requests of a profile."""
    return Counts(
        planned=profile.requests,
        good=measured.good,
        failed=measured.failed,
        unfinished=unfinished,
        unsent=profile.requests - measured.ended - unfinished,
    )


def targets(judged: Sequence[Judged]) -> list[TargetResult]:
    """The targets as they are in the result."""
    return [
        TargetResult(
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
