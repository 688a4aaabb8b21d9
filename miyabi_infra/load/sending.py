"""The generator's process: start it, read it, end it; also on Ctrl-C or SIGTERM, and always in time."""

import json
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import Any, Final

from miyabi_infra.load.measure import Sample
from miyabi_infra.load.profiles import Profile
from miyabi_infra.load.result import Ended
from miyabi_infra.load.target import AGENT
from miyabi_infra.refused import Refused

LEEWAY: Final = 30.0
"""Seconds that the generator has to start and to end, in addition to the run; then it is killed."""

Seen = Callable[[float, Sequence[Sample]], None]
"""Receives the progress: seconds since the start, and all samples so far."""


@dataclass
class Sent:
    """What a run of the generator returned."""

    samples: list[Sample] = field(default_factory=list[Sample])
    late: list[float] = field(default_factory=list[float])
    """Seconds by which the generator woke up late, one value per measurement."""
    ended: Ended = "interrupted"
    unfinished: int = 0
    version: str = ""
    signal: int = 0
    """The signal that ended the run early; 0 without one."""


def demand_locust() -> None:
    """Make sure that the load generator is installed.

    Raises:
        Refused: when it is missing; the text says how to install it.
    """
    if find_spec("locust") is None:
        raise Refused("the load generator, locust, is not installed: run 'make load-generator'")


_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end a run: Ctrl-C (also in the background, where shells ignore it), a stopped job, a closed terminal."""


@contextmanager
def ends_in_order() -> Generator[None]:
    """Treat the signals that end a run like Ctrl-C, so that the run still leaves its result."""

    def interrupt(number: int, _frame: object) -> None:
        raise KeyboardInterrupt(number)

    before = {number: signal.signal(number, interrupt) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def send(profile: Profile, url: str, timeout: float, seen: Seen) -> Sent:
    """Send a profile to a URL; `timeout` is the time-out of a request, in seconds.

    Raises:
        Refused: when the generator fails.
    """
    plan = {
        **asdict(profile),
        "url": url,
        "headers": {"User-Agent": AGENT},
        "most_seconds": profile.most_seconds,
        "timeout": timeout,
    }
    sent = Sent()
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(  # noqa: S603  # this very Python, with our own module
            [sys.executable, "-m", "miyabi_infra.load.generator", json.dumps(plan)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            start_new_session=True,  # Ctrl-C is for this process, which then ends that one in order
        )
        guard = threading.Timer(profile.most_seconds + LEEWAY, process.kill)
        guard.daemon = True
        guard.start()
        try:
            interrupted = _read(process, sent, seen)
        finally:
            guard.cancel()
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode and not interrupted:
            complaints.seek(0)
            last = (complaints.read().strip() or f"exit code {process.returncode}").splitlines()[-1]
            raise Refused(f"the load generator failed: {last}")
    return sent


def _read(process: "subprocess.Popen[str]", sent: Sent, seen: Seen) -> bool:
    """Read what the generator says until it has ended; return whether a signal ended it. A second signal raises."""
    interrupted = False
    assert process.stdout
    while True:
        try:
            for text in process.stdout:
                _take(json.loads(text), sent, seen)
            process.wait()
        except KeyboardInterrupt as error:
            if interrupted:
                raise
            interrupted = True
            sent.signal = error.args[0] if error.args else signal.SIGINT
            process.terminate()
        else:
            return interrupted


def _take(line: dict[str, Any], sent: Sent, seen: Seen) -> None:
    if "ended" in line:
        sent.ended, sent.unfinished, sent.version = line["ended"], line["unfinished"], line["version"]
        return
    sent.samples += [Sample(*sample) for sample in line["samples"]]
    sent.late += line["late"]
    seen(line["seconds"], sent.samples)
