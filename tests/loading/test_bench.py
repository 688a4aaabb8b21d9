"""The benchmark measures what it says: full runs skip nothing, others skip what they must, and it ends anywhere."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.measure import Cost, Taken
from bench.page import Growth, Results, targets
from bench.subjects import Checkout, Watched

PATIENCE = 300
"""Seconds, after which a benchmark that does not end has failed."""


@pytest.mark.slow
def test_each_run_has_to_do_what_its_name_says(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "checkout", 2)
    full, unchanged, one_changed = checkout.full(), checkout.unchanged(), checkout.one_changed()
    for command in (full, unchanged, one_changed, full, unchanged, one_changed):
        command.run()  # raises when the work to do, or the output, is not what it must be
    checkout.must_do(tmp_path / "checkout/fresh", ())  # a second run into this folder would be no full one
    with pytest.raises(AssertionError, match=r"needs \[\] synthesized, and not \['e0', 'e1'\]"):
        checkout.must_do(tmp_path / "checkout/fresh", {"e0", "e1"})


@pytest.mark.slow
def test_one_environment_is_synthesized_as_the_first_time(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "checkout")
    command = checkout.one_environment()
    command.run()
    command.run()


@pytest.mark.slow
def test_watching_ends_where_sigint_is_ignored_and_idles_at_under_2_percent(root: Path, tmp_path: Path) -> None:
    """As in the background of a shell, which has a program and all that it starts ignore SIGINT."""
    script = (
        "import json, signal; from dataclasses import asdict; from pathlib import Path\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from bench.subjects import Checkout\n"
        f"print(json.dumps(asdict(Checkout(Path({str(tmp_path / 'checkout')!r})).watch(1, 5.0))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found["saves"]) == 1
    assert found["idle"] < 0.02


def taken(wall: float, memory: float = 100) -> Taken:
    return Taken([Cost(wall, wall)] * 3, memory)


def test_every_target_says_whether_it_is_met() -> None:
    growth = {"stock": taken(40), "ours": taken(10), "unchanged": taken(0.2), "one changed": taken(2.5)}
    results = Results(
        stacks={"stock": taken(12, 400), "ours": taken(1), "unchanged": taken(0.25)},
        peers={"ours": taken(1), "floor": taken(0.4), "terraform validate": taken(3)},
        cold={"stock": taken(20), "ours": taken(10)},
        uncompiled={"stock": taken(50), "ours": taken(4)},
        watched=Watched([0.2, 0.25, 0.4], 0.03),
        growth=[Growth(100, 4700, growth)],
        load=(0, 0),
    )
    assert [target.row for target in targets(results)] == [
        "| all stacks: wall time, of stock | 1/12 | 1/12 | met |",
        "| all stacks: peak memory, of stock | 1/4 | 1/4 | met |",
        "| all stacks, unchanged: wall time, of a full run | 1/2 | 1/4 | met |",
        "| one environment: wall time, of cdktf without a provider | 2.00 | 2.50 | **missed** |",
        "| one environment: wall time, of `terraform validate` | 1/2 | 1/3 | met |",
        "| empty package cache: wall time, of stock | 1/2 | 1/2 | met |",
        "| 100 environments: wall time, of stock | 1/4 | 1/4 | met |",
        "| 1 of 100 changed: wall time, of a full run | 1/5 | 1/4 | **missed** |",
        "| `synth --watch`: from a save to the file | 0.30 s | 0.25 s | met |",
        "| `synth --watch`, idle: CPU of one core | 2.0% | 3.0% | **missed** |",
    ]
