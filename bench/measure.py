"""Measuring a command: wall time, CPU time and peak memory of all its processes together."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

_EVERY: Final = 0.02
"""Seconds between two measurements of the memory: a shorter peak may be missed."""


@dataclass(frozen=True)
class Cost:
    """What a run of a command took."""

    wall: float
    """Seconds from start to end."""
    cpu: float
    """Seconds of CPU, user and system, of the command and of every process that it waited for."""


@dataclass(frozen=True)
class Taken:
    """What a command took in several runs."""

    costs: Sequence[Cost]
    memory: float
    """MB, the peak of all its processes together; memory that they share counts once (PSS). 0: not measured."""

    @property
    def wall(self) -> float:
        """The median."""
        return median(cost.wall for cost in self.costs)

    @property
    def cpu(self) -> float:
        """The median."""
        return median(cost.cpu for cost in self.costs)

    def wall_of(self, other: "Taken") -> float:
        """How many times the other's wall time: the median of the pairs that ran one after the other."""
        return median(mine.wall / its.wall for mine, its in zip(self.costs, other.costs, strict=True))

    def cpu_of(self, other: "Taken") -> float:
        """How many times the other's CPU time, likewise."""
        return median(mine.cpu / its.cpu for mine, its in zip(self.costs, other.costs, strict=True))


@dataclass(frozen=True)
class Command:
    """A command of the benchmark."""

    arguments: Sequence[str]
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    before: Callable[[], object] = lambda: None
    """What is done before each run, and not measured."""
    after: Callable[[], object] = lambda: None
    """What is checked after each run, and not measured: raises when the run did not do what was to be measured."""

    def run(self) -> Cost:
        """Run it to its end, and return what it took."""
        return self._run()[0]

    def peak(self) -> float:
        """Run it to its end, and return its peak memory in MB. Measuring it takes time: times come from other runs."""
        return self._run(watched=True)[1]

    def _run(self, *, watched: bool = False) -> tuple[Cost, float]:
        self.before()
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603  # commands of the benchmark
            self.arguments,
            cwd=self.folder,
            env={**os.environ, **self.variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        memory = _Memory(process.pid)
        if watched:
            memory.start()
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        if watched:
            memory.ended.set()
            memory.join()
        if process.returncode != 0:
            text = f"{' '.join(self.arguments)} in {self.folder}: exit code {process.returncode}"
            raise RuntimeError(f"{text}\n{said.decode()}")
        self.after()
        return Cost(wall, usage.ru_utime + usage.ru_stime), memory.peak / 1024


def in_turn(commands: Mapping[str, Command], rounds: int, *, memory: bool = False) -> dict[str, Taken]:
    """Run several commands in turn: what slows the machine for a while slows all of them equally.

    `memory`: whether each is run once more to measure its memory.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(rounds):
        for name, command in commands.items():
            cost = command.run()
            costs[name].append(cost)
            print(f"  {number + 1}/{rounds} {name}: {cost.wall:.2f} s, CPU {cost.cpu:.2f} s", flush=True)
    return {name: Taken(costs[name], command.peak() if memory else 0) for name, command in commands.items()}


def cpu_seconds(pid: int) -> float:
    """Seconds of CPU, user and system, that a process and its descendants have used so far (Linux)."""
    return sum(map(_ticks, _tree(pid))) / os.sysconf("SC_CLK_TCK")


class _Memory(threading.Thread):
    """Measures the memory of a process and its descendants until `ended` is set."""

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


def _ticks(pid: int) -> int:
    try:
        # After the name in brackets, which may contain spaces: state is field 3, utime 14 and stime 15 of proc(5).
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    except OSError:
        return 0  # it has just ended


def _kilobytes(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass  # it has just ended
    return 0
