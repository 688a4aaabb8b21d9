"""Progress and results for people."""

import sys
from collections.abc import Sequence
from typing import Final

from miyabi_infra.load.measure import Sample, percentile
from miyabi_infra.load.profiles import Profile
from miyabi_infra.load.result import LoadResult, Target
from miyabi_infra.text import table

LINE_EVERY: Final = 10.0
"""Seconds from one line of progress to the next where there is no terminal; there it is a second."""

RECENT: Final = 5.0
"""Seconds of which the progress shows rate and percentiles."""

LATE: Final = 10.0
"""Milliseconds by which a generator may be late before a reader must know of it."""

_MEANING: Final = {
    "p50_ms": ("p50", "ms", "at most"),
    "p95_ms": ("p95", "ms", "at most"),
    "p99_ms": ("p99", "ms", "at most"),
    "min_requests_per_second": ("good answers", "a second", "at least"),
    "max_error_percent": ("failed", "%", "at most"),
}


class Progress:
    """A line that is written over on a terminal, or one line every few seconds; on standard error."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._terminal = sys.stderr.isatty()
        self._shown = 0.0

    def __call__(self, now: float, samples: Sequence[Sample]) -> None:
        """Show how far the run is."""
        if now - self._shown < (1 if self._terminal else LINE_EVERY):
            return
        self._shown = now
        text = progress(now, samples, self._profile)
        print(f"\r\033[K{text}" if self._terminal else text, end="" if self._terminal else "\n", file=sys.stderr)
        sys.stderr.flush()

    def close(self) -> None:
        """Leave the line."""
        if self._terminal and self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def progress(now: float, samples: Sequence[Sample], profile: Profile) -> str:
    """`12 s  3,412 of 10,000  280 a second  p50 21 ms  p99 88 ms  0 failed`; rate and percentiles of late."""
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
        f"{len(recent) / (now - since):,.0f} a second",
    ]
    parts += [f"p{percent} {percentile(recent, percent) * 1000:.0f} ms" for percent in (50, 99) if recent]
    return "  ".join([*parts, f"{failed:,} failed"])


def summary(result: LoadResult) -> str:
    """The result as people read it."""
    counts = result.counts
    ended = counts.good + counts.failed
    parts = [f"{ended:,} of {counts.planned:,} requests in {result.duration_seconds:.1f} s", _targets(result.targets)]
    if result.errors and result.ended != "unreachable":
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in result.errors.items())
        parts.append(f"failed: {kinds}")
    parts += _notes(result)
    parts.append(f"targets {result.verdict}")
    return "\n\n".join(parts)


def _targets(targets: Sequence[Target]) -> str:
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
        notes.append(f"partial ({result.ended}): {left:,} requests were not carried out")
    if result.scale < 1:
        notes.append(f"shortened to {result.scale:g} of the profile: a rehearsal, not the profile's verdict")
    late = result.generator.late_ms_p99
    if late is not None and late > LATE:
        notes.append(
            f"this machine was busy: the generator itself was up to {late:.0f} ms late, which is in the latencies"
        )
    return notes
