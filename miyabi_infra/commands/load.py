"""`miyabi-infra load`: choose the address, send the profile, judge the result, write it and show it."""

import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from miyabi_infra.load.evaluation import evaluate, write
from miyabi_infra.load.measure import Sample, percentile
from miyabi_infra.load.profiles import PROFILES, REQUEST_TIMEOUT, Profile
from miyabi_infra.load.result import LoadResult, TargetResult
from miyabi_infra.load.sending import Sent, demand_locust, ends_in_order, send
from miyabi_infra.load.target import choose, reach
from miyabi_infra.overlays.service_levels import service_levels
from miyabi_infra.progress import shown, step
from miyabi_infra.project import SHARED
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, chosen, read
from miyabi_infra.text import table

RESULTS: Final = "load-results"
"""The default folder of results, below the project's root; git ignores it."""

LINE_EVERY: Final = 10.0
"""Seconds between two lines of progress without a terminal; on a terminal it is one second."""

RECENT: Final = 5.0
"""The progress shows rate and percentiles of this many last seconds."""

LATE: Final = 10.0
"""Milliseconds by which the generator may be late before the summary says so."""

_MEANING: Final = {
    "p50_ms": ("p50", "ms", "at most"),
    "p95_ms": ("p95", "ms", "at most"),
    "p99_ms": ("p99", "ms", "at most"),
    "min_requests_per_second": ("good answers", "per second", "at least"),
    "max_error_percent": ("failed", "%", "at most"),
}

SIGNALLED: Final = 128
"""Exit code after a signal, plus its number, as shells have it: 130 after Ctrl-C."""


def run(
    root: Path,
    environment: str,
    profile_name: str,
    *,
    url: str | None = None,
    allow_host: str | None = None,
    out: Path | None = None,
    scale: float = 1,
    yes: bool = False,
    as_json: bool = False,
) -> int:
    """Send a profile and return the exit code: 0 targets met, 1 not met, 130 after Ctrl-C (128 and a signal's number).

    Raises:
        Refused: when the address must not be loaded, or the load generator is missing.
    """
    profile = _profile(profile_name, scale)
    stack = chosen(read(root / OUT), environment)[0]
    if environment == SHARED:
        raise Refused(f"{SHARED} has no service to load; allowed: an environment")
    levels = service_levels(root, environment)
    address = choose(root, stack, levels, url, allow_host)
    if levels.ask_before_load and not yes:
        raise Refused(
            f"the load affects the users of {environment} (service_levels.ask_before_load): "
            f"to send {profile.text} to {address}, add --yes"
        )
    demand_locust()
    started = datetime.now(UTC)
    with shown():
        step(f"one request to {address}, which may take {REQUEST_TIMEOUT:g} s")
        reached = reach(address)
    if reached.error is None:
        print(f"{environment}, {profile.name}: {profile.text}, to {reached.url}; Ctrl-C ends it", file=sys.stderr)
        progress = Progress(profile)
        try:
            with ends_in_order():
                sent = send(profile, reached.url, REQUEST_TIMEOUT, progress)
        finally:
            progress.close()
    else:
        # An unreachable address does not get thousands of requests: this one is the result.
        sent = Sent([Sample(0, 0, reached.error)], ended="unreachable")
    result = evaluate(environment, profile, levels, sent, url=reached.url, started=started)
    files = write(result, sent.samples, out or root / RESULTS)
    print(result.model_dump_json(indent=2) if as_json else summary(result))
    print("written: " + ", ".join(str(file) for file in files), file=sys.stderr)
    if result.ended == "interrupted":
        return SIGNALLED + (sent.signal or signal.SIGINT)
    return int(result.verdict != "met")


def _profile(name: str, scale: float) -> Profile:
    profile = PROFILES.get(name)
    if profile is None:
        raise Refused(f"unknown profile {name!r}; allowed: {', '.join(PROFILES)}")
    if not 0 < scale <= 1:
        raise Refused(f"--scale {scale:g} is out of range; allowed: above 0, at most 1")
    return profile if scale == 1 else profile.scaled(scale)


class Progress:
    """One line that is renewed on a terminal, or a line every few seconds; on standard error."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._terminal = sys.stderr.isatty()
        self._shown = 0.0

    def __call__(self, now: float, samples: Sequence[Sample]) -> None:
        """Show the progress of the run."""
        if now - self._shown < (1 if self._terminal else LINE_EVERY):
            return
        self._shown = now
        text = progress(now, samples, self._profile)
        print(f"\r\033[K{text}" if self._terminal else text, end="" if self._terminal else "\n", file=sys.stderr)
        sys.stderr.flush()

    def close(self) -> None:
        """Clear the line."""
        if self._terminal and self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def progress(now: float, samples: Sequence[Sample], profile: Profile) -> str:
    """`12 s  3,412 of 10,000  280 per second  p50 21 ms  p99 88 ms  0 failed`; rate and percentiles are recent."""
    recent: list[float] = []
    since = max(0, now - RECENT)
    for sample in reversed(samples):  # they come in the order in which they ended
        if sample.end < since:
            break
        if sample.error is None:
            recent.append(sample.latency)
    recent.sort()
    failed = sum(sample.error is not None for sample in samples)
    parts = [
        f"{now:.0f} s",
        f"{len(samples):,} of {profile.requests:,}",
        f"{len(recent) / (now - since):,.0f} per second",
    ]
    parts += [f"p{percent} {percentile(recent, percent) * 1000:.0f} ms" for percent in (50, 99) if recent]
    return "  ".join([*parts, f"{failed:,} failed"])


def summary(result: LoadResult) -> str:
    """The result for people."""
    counts = result.counts
    ended = counts.good + counts.failed
    parts = [f"{ended:,} of {counts.planned:,} requests in {result.duration_seconds:.1f} s", _targets(result.targets)]
    if result.errors and result.ended != "unreachable":
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in result.errors.items())
        parts.append(f"failed: {kinds}")
    parts += _notes(result)
    parts.append(f"targets {result.verdict}")
    return "\n\n".join(parts)


def _targets(targets: Sequence[TargetResult]) -> str:
    rows: list[list[str]] = []
    for each in targets:
        name, unit, bound = _MEANING[each.setting]
        found = "-" if each.measured is None else f"{each.measured:,.2f}"
        verdict = f"{each.verdict}: {each.reason}" if each.reason else each.verdict
        rows.append([name, found, f"{bound} {each.target:g} {unit}", verdict])
    return table(["", "measured", "target", "verdict"], rows, right=(1,))


def _notes(result: LoadResult) -> list[str]:
    notes: list[str] = []
    if result.ended == "unreachable":
        (kind,) = result.errors
        notes.append(f"{result.url} could not be reached ({kind}): the profile was not sent")
    elif result.ended != "done":
        left = result.counts.unfinished + result.counts.unsent
        notes.append(f"partial ({result.ended}): {left:,} requests were not completed")
    if result.scale < 1:
        notes.append(f"shortened to {result.scale:g} of the profile: a rehearsal, not the profile's verdict")
    late = result.generator.late_ms_p99
    if late is not None and late > LATE:
        notes.append(
            f"this machine was busy: the generator itself was up to {late:.0f} ms late; the latencies include that"
        )
    return notes
