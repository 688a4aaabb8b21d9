"""`make bench`: measure, and write docs/benchmarks.md with its picture."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from bench.measure import Command, in_turn
from bench.page import Growth, Results, write
from bench.subjects import ROOT, STOCK, Checkout, aws_cdk, cdktf_in_javascript, floor, plain, validate

SIZES = (1, 10, 100)
"""Environments, to see how it grows."""


def main(
    rounds: Annotated[int, typer.Option(help="Runs of all stacks and of one environment.")] = 5,
    long_rounds: Annotated[int, typer.Option(help="Runs of what takes longer: first runs, many environments.")] = 3,
) -> None:
    """Measure synthesis beside stock cdktf and beside other tools, in turn; some 20 minutes."""
    with tempfile.TemporaryDirectory(prefix="miyabi-bench-") as folder:
        write(ROOT, measure(Path(folder), rounds, long_rounds))


def measure(folder: Path, rounds: int, long_rounds: int) -> Results:
    """Measure everything, with what it needs in `folder`."""
    before = os.getloadavg()[0]
    checkout = Checkout(folder / "checkout")

    def pair(of: Checkout, variables: Mapping[str, str] | None = None, fresh: str | None = None) -> dict[str, Command]:
        """Stock and ours; `fresh` names a variable that names a new, empty folder each time."""
        commands: dict[str, Command] = {}
        for name, mode in (("stock", STOCK), ("ours", {})):
            more = {fresh: str(folder / "empty")} if fresh else {}
            commands[name] = of.main({**mode, **(variables or {}), **more}, lambda: _empty(folder / "empty"))
        return commands

    _say("all stacks of the repository")
    both = in_turn(_warm(pair(checkout)), rounds, memory=True)
    _say("one environment, and other tools with programs of like size")
    peers = in_turn(
        _warm(
            {
                "floor": floor(folder / "floor"),
                "ours": Checkout(folder / "one").one_environment(),
                "AWS CDK, Python": aws_cdk(folder / "aws-cdk"),
                "CDKTF, JavaScript": cdktf_in_javascript(folder / "cdktf"),
                "terraform validate": validate(ROOT / "cdktf.out/stacks/miyabi-dev", folder / "validated"),
                "plain dictionaries": plain(folder / "plain"),
            }
        ),
        rounds,
        memory=True,
    )
    _say("a package cache that is empty, as on a new machine")
    cold = in_turn(pair(checkout, fresh="JSII_RUNTIME_PACKAGE_CACHE_ROOT"), long_rounds)
    _say("nothing compiled by Python")
    uncompiled = in_turn(pair(checkout, fresh="PYTHONPYCACHEPREFIX"), long_rounds)
    _say("saves of an overlay while it is watched")
    saves = Checkout(folder / "watched").saves(2 * rounds)
    growth: list[Growth] = []
    for size in SIZES:
        many = Checkout(folder / f"of-{size}", size)
        _say(f"{size} environments")
        taken = in_turn(pair(many), long_rounds)
        growth.append(Growth(size, many.resources(), taken["stock"], taken["ours"]))
    return Results(both, peers, cold, uncompiled, saves, growth, load=(before, os.getloadavg()[0]))


def _warm(commands: dict[str, Command]) -> dict[str, Command]:
    """Run each once, so that what is done once on a machine is done."""
    for name, command in commands.items():
        print(f"  warming {name}", flush=True)
        command.run()
    return commands


def _say(what: str) -> None:
    print(what, flush=True)


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    typer.run(main)
