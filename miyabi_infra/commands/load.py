"""`miyabi-infra load`: choose the address, send the profile, judge, and write result and plot."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from environments.sections.service_levels import ServiceLevelSettings
from miyabi_infra.load.judge import judge, overall
from miyabi_infra.load.measure import Sample, measure
from miyabi_infra.load.plot import draw
from miyabi_infra.load.profiles import PROFILES, REQUEST_TIMEOUT, Profile
from miyabi_infra.load.result import LoadResult, counts, course, generator, latency, targets
from miyabi_infra.load.sending import Sent, demand_locust, send
from miyabi_infra.load.show import Progress, summary
from miyabi_infra.load.target import choose, reach
from miyabi_infra.overlays.merging import documents
from miyabi_infra.project import SHARED
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, read
from miyabi_infra.stacks.inventory import chosen

RESULTS: Final = "load-results"
"""Folder below the project's root that results are written to by default; git ignores it."""

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as shells have it."""


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
    """Carry out a profile and return the exit code: 0 targets met, 1 not, 130 interrupted.

    Raises:
        Refused: when there is nothing that may be loaded, or nothing to load it with.
    """
    profile = _profile(profile_name, scale)
    stack = chosen(read(root / OUT), environment)[0]
    if environment == SHARED:
        raise Refused(f"{SHARED} has nothing that answers: name an environment")
    levels = service_levels(root, environment)
    address = choose(root, stack, levels, url, allow_host)
    if levels.ask_before_load and not yes:
        raise Refused(
            f"{environment}'s users would feel it (service_levels.ask_before_load): "
            f"to send {profile.text} to {address} add --yes"
        )
    demand_locust()
    started = datetime.now(UTC)
    reached = reach(address)
    if reached.error is None:
        print(f"{environment}, {profile.name}: {profile.text}, to {reached.url}; Ctrl-C ends it", file=sys.stderr)
        progress = Progress(profile)
        try:
            sent = send(profile, reached.url, REQUEST_TIMEOUT, progress)
        finally:
            progress.close()
    else:
        # What isn't there is not asked thousands of times; that once is the result.
        sent = Sent([Sample(0, 0, reached.error)], ended="unreachable")
    result = evaluate(environment, profile, levels, sent, url=reached.url, started=started)
    files = write(result, sent.samples, out or root / RESULTS)
    print(result.model_dump_json(indent=2) if as_json else summary(result))
    print("written: " + ", ".join(str(file) for file in files), file=sys.stderr)
    if result.ended == "interrupted":
        return INTERRUPTED
    return int(result.verdict != "met")


def service_levels(root: Path, environment: str) -> ServiceLevelSettings:
    """The targets of an environment, from its overlay.

    Raises:
        Refused: when it has none that can be used.
    """
    try:
        data = documents(root)[environment].data.get("service_levels")
        return ServiceLevelSettings.model_validate({} if data is None else data)
    except KeyError as error:
        raise Refused(f"there is no environments/{environment}.yaml") from error
    except ValidationError as error:
        problem = f"environments/{environment}.yaml: service_levels can't be used; 'make synth' says why"
        raise Refused(problem) from error


def evaluate(
    environment: str, profile: Profile, levels: ServiceLevelSettings, sent: Sent, *, url: str, started: datetime
) -> LoadResult:
    """The result of what was sent."""
    measured = measure(sent.samples, profile)
    judged = judge(measured, levels, profile)
    return LoadResult(
        environment=environment,
        profile=profile.name,
        scale=profile.scale,
        url=url,
        started=started.isoformat(timespec="seconds"),
        duration_seconds=round(measured.duration, 3),
        ended=sent.ended,
        at_once=min(profile.at_once, profile.requests),
        rate=profile.rate,
        latency_from="intended start" if profile.rate else "start",
        counts=counts(profile, measured, sent.unfinished),
        requests_per_second=round(measured.throughput, 3),
        error_percent=round(measured.error_percent, 3),
        latency_ms=latency(measured),
        errors=dict(measured.errors),
        targets=targets(judged),
        verdict=overall(judged, complete=sent.ended == "done"),
        generator=generator(sent.version, sent.late),
        seconds=course(sent.samples),
    )


def write(result: LoadResult, samples: Sequence[Sample], folder: Path) -> list[Path]:
    """Write the result and its plot, and return the files.

    Raises:
        Refused: when the folder can't be written to.
    """
    stamp = datetime.fromisoformat(result.started).strftime("%Y%m%dT%H%M%SZ")
    name = f"{result.environment}-{result.profile}-{stamp}"
    contents = {
        folder / f"{name}.json": result.model_dump_json(indent=2) + "\n",
        folder / f"{name}.svg": draw(result, samples),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in contents.items():
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"{folder} can't be written to: {error.strerror}") from error
    return list(contents)


def _profile(name: str, scale: float) -> Profile:
    profile = PROFILES.get(name)
    if profile is None:
        raise Refused(f"there is no profile {name}, only {', '.join(PROFILES)}")
    if not 0 < scale <= 1:
        raise Refused(f"--scale {scale:g} is no share of a profile: above 0, at most 1")
    return profile if scale == 1 else profile.scaled(scale)
