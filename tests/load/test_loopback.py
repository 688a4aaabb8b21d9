"""The load profiles, for real, against a server on loopback whose latencies are known.

A machine can be slower than planned and never faster: figures are held against what they can't be below.
"""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from jsonschema import Draft202012Validator

from miyabi_infra.commands.load import run
from miyabi_infra.load.measure import Sample, measure
from miyabi_infra.load.profiles import PROFILES, Profile
from miyabi_infra.load.sending import send
from miyabi_infra.refused import Refused
from tests.load.server import SLOW, SLOW_START
from tests.support import Project

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        find_spec("locust") is None and "CI" not in os.environ, reason="locust is not installed: make load-generator"
    ),
]

LENIENT = """
service_levels:
  ask_before_load: false
  p50_ms: 20000
  p95_ms: 20000
  p99_ms: 20000
  min_requests_per_second: 0.1
"""
"""Targets that no machine misses, however busy it is."""


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[str]:
    """The address of the server."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.load.server"], cwd=root, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.kill()


@pytest.fixture
def lenient(project: Project, output: Path) -> Project:
    project.take(output)
    text = project.overlay("dev").read_text(encoding="utf-8")
    project.write("dev", text[: text.index("\nservice_levels:")] + LENIENT)
    return project


@pytest.fixture
def strict(project: Project, output: Path) -> Project:
    """The project with the report's targets."""
    project.take(output)
    return project


def load(project: Project, url: str, profile: str, scale: float) -> tuple[int, dict[str, Any]]:
    """The exit code and the result of a run."""
    out = project.root / "results"
    code = run(project.root, "dev", profile, url=url, allow_host="127.0.0.1", out=out, scale=scale)
    (file,) = out.glob("*.json")
    (plot,) = out.glob("*.svg")
    assert plot.stat().st_size > 0
    return code, json.loads(file.read_text(encoding="utf-8"))


def seen(server: str, path: str) -> tuple[int, int]:
    """How often a path was asked, and how many were under way at once at most."""
    with urlopen(f"{server}/seen/{path}") as answer:
        asked, most = answer.read().split()
    return int(asked), int(most)


def nobody_looks(_now: float, _samples: Sequence[Sample]) -> None:
    """No progress is shown."""


def verdicts(result: dict[str, Any]) -> dict[str, str]:
    return {target["setting"]: target["verdict"] for target in result["targets"]}


def test_baseline_sends_its_requests_fifty_at_once_and_measures_no_less_than_was_waited(
    lenient: Project, server: str, root: Path
) -> None:
    code, result = load(lenient, f"{server}/percentiles", "baseline", 0.05)

    assert (code, result["verdict"], result["ended"]) == (0, "met", "done")
    assert result["counts"] == {"planned": 500, "good": 500, "failed": 0, "unfinished": 0, "unsent": 0}
    asked, most = seen(server, "percentiles")
    assert asked == 500 + 1
    assert 2 <= most <= 50
    latency = result["latency_ms"]
    assert latency["min"] >= 2
    assert latency["p95"] >= 30
    assert latency["p99"] >= 60
    assert latency["min"] <= latency["p50"] <= latency["p90"] <= latency["p95"] <= latency["p99"] <= latency["max"]
    assert sum(second["good"] for second in result["seconds"]) == 500
    assert (result["scale"], result["latency_from"]) == (0.05, "start")
    schema = json.loads((root / "docs/reference/load-result.schema.json").read_text(encoding="utf-8"))
    assert list(Draft202012Validator(schema).iter_errors(result)) == []  # pyright: ignore[reportUnknownMemberType]


def test_spike_against_a_slow_start_misses_the_high_percentiles(strict: Project, server: str) -> None:
    code, result = load(strict, f"{server}/slow-start", "spike", 0.1)

    # One answer in ten waited for longer than p95 may be.
    assert (code, result["verdict"], verdicts(result)["p95_ms"]) == (1, "missed", "missed")
    assert result["latency_ms"]["p90"] >= SLOW_START * 1000
    assert result["at_once"] == 200
    assert 10 <= seen(server, "slow-start")[1] <= 200  # how many, before the first is answered, depends on the machine


def test_sustained_sends_at_its_rate(lenient: Project, server: str) -> None:
    code, result = load(lenient, f"{server}/fast", "sustained", 0.0006)

    assert (code, result["counts"]["good"], result["rate"]) == (0, 108, 50)
    # The last of them is not to be sent before this.
    assert result["duration_seconds"] >= 107 / 50
    assert result["requests_per_second"] <= 50
    assert result["latency_from"] == "intended start"


def test_a_slow_service_misses_the_targets(strict: Project, server: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, result = load(strict, f"{server}/slow", "baseline", 0.02)

    assert (code, result["verdict"], verdicts(result)["p50_ms"]) == (1, "missed", "missed")
    assert result["latency_ms"]["min"] >= SLOW * 1000
    assert capsys.readouterr().out.endswith("\n\ntargets missed\n")


def test_an_erring_service_misses_the_errors_target_and_the_percentiles_that_the_errors_are_part_of(
    lenient: Project, server: str
) -> None:
    code, result = load(lenient, f"{server}/erring", "baseline", 0.02)

    assert (code, result["verdict"]) == (1, "missed")
    assert (result["errors"], result["error_percent"]) == ({"status 503": 20}, 10)
    assert result["counts"]["good"] == 180
    assert verdicts(result) == {
        "p50_ms": "met",
        "p95_ms": "missed",
        "p99_ms": "missed",
        "min_requests_per_second": "met",
        "max_error_percent": "missed",
    }


def test_an_answer_that_ends_in_the_middle_is_an_error(lenient: Project, server: str) -> None:
    code, result = load(lenient, f"{server}/cut-off", "baseline", 0.02)

    assert (code, result["verdict"], result["counts"]["good"]) == (1, "missed", 0)
    assert result["errors"] == {"answer cut off": 200}


def test_a_service_that_falls_behind_its_rate_is_charged_for_the_wait(server: str) -> None:
    """Coordinated omission: each answer takes a tenth of a second, but the wait for one's turn grows and grows."""
    profile = Profile("behind", requests=25, at_once=1, rate=50, grace_seconds=60)

    sent = send(profile, f"{server}/tenth-of-a-second", 10, nobody_looks)

    latencies = [sample.latency for sample in sorted(sent.samples)]
    assert len(latencies) == 25
    for number, latency in enumerate(latencies):
        assert latency >= 0.1 * (number + 1) - number / 50
    assert measure(sent.samples, profile).throughput <= 11


def test_requests_time_out_and_the_run_ends_in_time(server: str) -> None:
    profile = Profile("hanging", requests=6, at_once=2, rate=None, grace_seconds=1.5)
    with urlopen(f"{server}/hanging"):
        pass

    sent = send(profile, f"{server}/hanging", 1, nobody_looks)

    assert sent.ended == "time limit"
    assert [sample.error for sample in sent.samples] == ["time-out"] * 2
    assert sent.unfinished == 2


def test_a_service_that_never_answers_is_shown_to_be_waited_for(
    strict: Project, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first request, which is sent alone, to the last second of the run."""
    screen, end = pty.openpty()
    told: list[tuple[float, str]] = []

    def watch() -> None:
        while text := os.read(screen, 10_000).decode():
            told.append((time.monotonic(), text))
            if "over" in text:
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    with open(end, "w", encoding="utf-8") as terminal:  # noqa: PTH123  # of a file descriptor
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setitem(PROFILES, "baseline", Profile("baseline", 6, at_once=2, rate=None, grace_seconds=4))
        load(strict, f"{server}/late-and-hanging", "baseline", 1)
        print("over", file=terminal, flush=True)
        watcher.join(10)
    os.close(screen)

    shown = "".join(text for _, text in told)
    assert "one request to " in shown  # answered after three seconds
    assert shown.count("0 of 6") >= 3
    *silences, _start_of_the_generator = sorted(after - before for (before, _), (after, _) in pairwise(told))
    assert max(silences) <= 5


def test_an_unreachable_service_misses_the_targets_without_being_asked_again(
    lenient: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as silent:  # bound, but it does not listen
        silent.bind(("127.0.0.1", 0))
        code, result = load(lenient, f"http://127.0.0.1:{silent.getsockname()[1]}/", "spike", 1)

    assert (code, result["verdict"], result["ended"]) == (1, "missed", "unreachable")
    assert (result["errors"], result["counts"]["unsent"]) == ({"connection refused": 1}, 4999)
    assert "could not be reached (connection refused): the profile was not sent" in capsys.readouterr().out


def test_a_redirect_to_another_host_is_refused(lenient: Project, server: str) -> None:
    with pytest.raises(Refused, match=r"redirects \(302\) to http://example.com/elsewhere, which is not followed"):
        load(lenient, f"{server}/elsewhere", "baseline", 1)
    assert seen(server, "elsewhere")[0] == 1


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["INT", "TERM", "HUP"]
)
def test_a_signal_ends_the_run_in_order_and_leaves_a_partial_result(
    server: str, root: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    arguments = ["--env", "dev", "--profile", "sustained", "--url", f"{server}/interrupted-{code}", "--json"]
    arguments += ["--allow-host", "127.0.0.1", "--out", str(tmp_path)]
    with subprocess.Popen(
        [sys.executable, "-c", "from miyabi_infra.cli import app; app()", "load", *arguments],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        until = time.monotonic() + 60
        while seen(server, f"interrupted-{code}")[0] < 20 and time.monotonic() < until:
            time.sleep(0.1)
        process.send_signal(number)
        shown, complaints = process.communicate(timeout=60)

    assert process.returncode == code
    assert "Traceback" not in complaints
    result = json.loads(shown)
    (file,) = tmp_path.glob("*.json")
    assert json.loads(file.read_text(encoding="utf-8")) == result
    assert (result["ended"], result["verdict"] != "met") == ("interrupted", True)
    counts = result["counts"]
    assert 10 <= counts["good"] < counts["planned"] == PROFILES["sustained"].requests
    assert sum(number for kind, number in counts.items() if kind != "planned") == counts["planned"]
    asked = seen(server, f"interrupted-{code}")[0]
    time.sleep(0.3)
    assert seen(server, f"interrupted-{code}")[0] == asked
