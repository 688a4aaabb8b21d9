"""The verdict: each target of the service levels met, missed, or undecided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from environments.sections.service_levels import ServiceLevelSettings
from miyabi_infra.load.measure import Measured, enough_for
from miyabi_infra.load.profiles import Profile

Verdict = Literal["met", "missed", "undecided"]


@dataclass(frozen=True)
class Judged:
    """A target, what was measured, and whether it is met."""

    setting: str
    """The setting of `service_levels`."""
    target: float
    """What this run must reach, in the setting's unit."""
    measured: float | None
    """None: too many requests failed for such a figure to exist."""
    verdict: Verdict
    reason: str = ""
    """An explanation; often empty."""


def judge(measured: Measured, levels: ServiceLevelSettings, profile: Profile) -> list[Judged]:
    """Every target compared with what was measured."""
    return [
        _latency("p50_ms", 50, levels.p50_ms, measured),
        _latency("p95_ms", 95, levels.p95_ms, measured),
        _latency("p99_ms", 99, levels.p99_ms, measured),
        _throughput(measured, levels, profile),
        _errors(measured, levels),
    ]


def overall(judged: Sequence[Judged], *, complete: bool) -> Verdict:
    """Missed when one target is missed; met when all are met and the run is complete."""
    if any(each.verdict == "missed" for each in judged):
        return "missed"
    return "met" if complete and all(each.verdict == "met" for each in judged) else "undecided"


def _latency(setting: str, percent: float, target: float, measured: Measured) -> Judged:
    seconds = measured.percentile(percent)
    found = None if seconds is None else seconds * 1000
    needed = enough_for(percent)
    if measured.ended < needed:
        return Judged(setting, target, found, "undecided", f"{measured.ended} of the {needed} requests that it needs")
    if found is None:
        return Judged(setting, target, None, "missed", "more requests failed than it allows")
    return Judged(setting, target, found, "met" if found <= target else "missed")


def _throughput(measured: Measured, levels: ServiceLevelSettings, profile: Profile) -> Judged:
    setting, target, found = "min_requests_per_second", levels.min_requests_per_second, measured.throughput
    if not measured.ended:
        return Judged(setting, target, None, "undecided", "no request has ended")
    reason = ""
    if profile.rate:
        # No more answers can arrive than requests are sent, less the errors that another target allows.
        most = profile.rate * (1 - levels.max_error_percent / 100)
        if most < target:
            target, reason = most, f"of {profile.rate:g} sent per second, less {levels.max_error_percent:g} % errors"
    return Judged(setting, target, found, "met" if found >= target else "missed", reason)


def _errors(measured: Measured, levels: ServiceLevelSettings) -> Judged:
    setting, target, found = "max_error_percent", levels.max_error_percent, measured.error_percent
    if not measured.ended:
        return Judged(setting, target, None, "undecided", "no request has ended")
    return Judged(setting, target, found, "met" if found <= target else "missed")
