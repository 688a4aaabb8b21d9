"""The result of a run, from what was sent, and the files that hold it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from environments.sections.service_levels import ServiceLevelSettings
from miyabi_infra.load.judge import judge, overall
from miyabi_infra.load.measure import Sample, measure
from miyabi_infra.load.plot import draw
from miyabi_infra.load.profiles import Profile
from miyabi_infra.load.result import LoadResult, counts, course, generator, latency, targets
from miyabi_infra.load.sending import Sent
from miyabi_infra.refused import Refused
from miyabi_infra.writing import write_whole


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
    """Write the result and its plot; return the files.

    Raises:
        Refused: when the folder cannot be written to.
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
            write_whole(file, text)
    except OSError as error:
        raise Refused(f"{folder} cannot be written to: {error.strerror}") from error
    return list(contents)
