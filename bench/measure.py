"""Measuring a command: wall time, CPU time and peak memory of all its processes together."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

_EVERY: Final = 0.02
"""Seconds between two looks at the memory: a peak that is shorter may be missed."""


@dataclass(frozen=True)
class Cost:
    """What a command took, of one run or the medians of many."""

    wall: float
    """Seconds from start to end."""
    cpu: float
    """Seconds of CPU, user and system, of the command and of every process that it waited for."""
    memory: float
    """MB, the most that all its processes held at once; memory that they share counts once (PSS)."""

    @classmethod
    def medians(cls, costs: Sequence["Cost"]) -> "Cost":
        """The medians of several runs, each by itself."""
        return cls(*(median(getattr(cost, name) for cost in costs) for name in ("wall", "cpu", "memory")))


def cost(command: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end and return what it took.

    Raises:
        RuntimeError: when the command fails; the text is what it said.
    """
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  # commands of the benchmark
        command,
        cwd=folder,
        env={**os.environ, **(variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    watch = _Memory(process.pid)
    watch.start()
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    watch.ended.set()
    watch.join()
    process.stdout.close()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} in {folder}: exit code {process.returncode}\n{said.decode()}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, watch.peak / 1024)


def in_turn(runs: Mapping[str, Callable[[], Cost]], rounds: int) -> dict[str, Cost]:
    """Medians of several commands, run in turn: what slows the machine for a while slows all of them alike."""
    taken: dict[str, list[Cost]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            taken[name].append(run())
    return {name: Cost.medians(costs) for name, costs in taken.items()}


class _Memory(threading.Thread):
    """Looks at the memory of a process and its descendants until it is told that they ended."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.ended = threading.Event()
        self.peak = 0
        """kB."""

    def run(self) -> None:
        while not self.ended.wait(_EVERY):
            self.peak = max(self.peak, sum(map(_kilobytes, _tree(self.pid))))


def _tree(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:
                continue
    return found


def _kilobytes(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass  # it has just ended
    return 0
