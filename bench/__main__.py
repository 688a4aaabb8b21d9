"""`make bench`: measure, and write docs/benchmarks.md with its picture."""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bench.measure import Command, Taken, in_turn
from bench.page import Growth, Results, write
from bench.subjects import ROOT, STOCK, Checkout, Watched, aws_cdk, cdktf_in_javascript, floor, plain, validate

SIZES = (1, 10, 100)
"""Numbers of environments."""

REST = 10.0
"""Seconds for which the CPU of an idle `synth --watch` is measured."""


class Part(StrEnum):
    """A part of the benchmark that can be measured by itself."""

    STACKS = "stacks"
    PEERS = "peers"
    COLD = "cold"
    UNCOMPILED = "uncompiled"
    WATCH = "watch"
    GROWTH = "growth"


class Benchmark:
    """The parts of the benchmark, with what they need in a folder."""

    def __init__(self, folder: Path, rounds: int, long_rounds: int) -> None:
        """`rounds`: of what is short; `long_rounds`: of first runs and of many environments."""
        self.folder = folder
        self.rounds = rounds
        self.long_rounds = long_rounds

    def stacks(self) -> dict[str, Taken]:
        """All stacks of the repository: `stock`, `ours` and `unchanged`."""
        _say("all stacks of the repository")
        checkout = Checkout(self.folder / "checkout")
        return in_turn(_warm({**self._pair(checkout), "unchanged": checkout.unchanged()}), self.rounds, memory=True)

    def peers(self) -> dict[str, Taken]:
        """One environment: `ours`, `floor`, and the other tools."""
        _say("one environment, and other tools with programs of similar size")
        folder = self.folder
        commands = {
            "floor": floor(folder / "floor"),
            "ours": Checkout(folder / "one").one_environment(),
            "AWS CDK, Python": aws_cdk(folder / "aws-cdk"),
            "CDKTF, JavaScript": cdktf_in_javascript(folder / "cdktf"),
            "terraform validate": validate(ROOT / "cdktf.out/stacks/miyabi-dev", folder / "validated"),
            "plain dictionaries": plain(folder / "plain"),
        }
        return in_turn(_warm(commands), self.rounds, memory=True)

    def cold(self) -> dict[str, Taken]:
        """With an empty package cache, as on a new machine: `stock` and `ours`."""
        _say("an empty package cache, as on a new machine")
        pair = self._pair(Checkout(self.folder / "cold"), fresh="JSII_RUNTIME_PACKAGE_CACHE_ROOT")
        return in_turn(pair, self.long_rounds)

    def uncompiled(self) -> dict[str, Taken]:
        """Without Python's bytecode: `stock` and `ours`."""
        _say("without Python's bytecode")
        return in_turn(self._pair(Checkout(self.folder / "uncompiled"), fresh="PYTHONPYCACHEPREFIX"), self.long_rounds)

    def watch(self) -> Watched:
        """`synth --watch`, with saves of an overlay and without."""
        _say("synth --watch")
        watched = Checkout(self.folder / "watched").watch(2 * self.rounds, REST)
        for number, seconds in enumerate(watched.saves):
            print(f"  {number + 1}/{len(watched.saves)} save: {seconds:.2f} s", flush=True)
        print(f"  idle: CPU {watched.idle:.1%}", flush=True)
        return watched

    def growth(self) -> Sequence[Growth]:
        """Several numbers of environments: stock, ours, with nothing changed and with one overlay changed."""
        found: list[Growth] = []
        for size in SIZES:
            _say(f"{size} environments")
            many = Checkout(self.folder / f"of-{size}", size)
            commands = {**self._pair(many), "unchanged": many.unchanged(), "one changed": many.one_changed()}
            taken = in_turn(commands, self.long_rounds)
            found.append(Growth(size, many.resources(), taken))
        return found

    def _pair(self, of: Checkout, fresh: str | None = None) -> dict[str, Command]:
        """Stock and ours, all stacks; `fresh` is a variable that names a new, empty folder in each run."""
        empty = self.folder / "empty"
        more = {fresh: str(empty)} if fresh else {}
        modes: Mapping[str, Mapping[str, str]] = {"stock": STOCK, "ours": {}}
        return {
            name: of.full({**mode, **more}, lambda: shutil.rmtree(empty, ignore_errors=True))
            for name, mode in modes.items()
        }


def main(
    rounds: Annotated[int, typer.Option(min=1, help="Runs of all stacks and of one environment.")] = 5,
    long_rounds: Annotated[
        int, typer.Option(min=1, help="Runs of what takes longer: first runs, many environments.")
    ] = 3,
    only: Annotated[
        list[Part] | None, typer.Option(help="Measure only this part, print it, and leave the page unchanged.")
    ] = None,
) -> None:
    """Measure synthesis next to stock cdktf and other tools, in turn (some 20 minutes); write docs/benchmarks.md."""
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="miyabi-bench-") as folder:
        benchmark = Benchmark(Path(folder), rounds, long_rounds)
        if only:
            for part in only:
                getattr(benchmark, part.value)()
            return
        results = Results(
            benchmark.stacks(),
            benchmark.peers(),
            benchmark.cold(),
            benchmark.uncompiled(),
            benchmark.watch(),
            benchmark.growth(),
            (before, os.getloadavg()[0]),
        )
        write(ROOT, results)


def _warm(commands: dict[str, Command]) -> dict[str, Command]:
    """Run each once, so that what is done once on a machine is done."""
    for name, command in commands.items():
        print(f"  warming {name}", flush=True)
        command.run()
    return commands


def _say(what: str) -> None:
    print(what, flush=True)


if __name__ == "__main__":
    typer.run(main)
