"""The course of a run as SVG: latencies, throughput and errors over time, with the targets; for light and dark."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Final
from xml.sax.saxutils import escape

from miyabi_infra.load.measure import Sample, Second, seconds
from miyabi_infra.load.result import LoadResult

WIDTH: Final = 960
LEFT: Final = 64
RIGHT: Final = 150
TOP: Final = 104
HEIGHT: Final = 170
"""Of a panel's drawing."""
GAP: Final = 64
"""Between two panels: the title of one and the time axis of the other."""

MOST_POINTS: Final = 240
"""Points of a line: more than three pixels each."""

REQUESTS_PER_POINT: Final = 100
"""The minimum average number of requests per point: with fewer, the 99th percentile is the slowest request."""

_STYLE: Final = """
svg { --ground: #ffffff; --ink: #1f2328; --faint: #d0d7de; --quiet: #59636e; --p50: #0969da; --p95: #8250df;
  --p99: #bc4c00; --good: #1a7f37; --bad: #cf222e; font: 12px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #0d1117; --ink: #e6edf3; --faint: #30363d; --quiet: #9198a1; --p50: #58a6ff; --p95: #bc8cff;
    --p99: #f0883e; --good: #3fb950; --bad: #ff7b72; } }
.ground { fill: var(--ground); } text { fill: var(--ink); } .quiet { fill: var(--quiet); }
.title { font-size: 16px; font-weight: 600; } .panel { font-weight: 600; }
.grid { stroke: var(--faint); } .end { text-anchor: end; } .middle { text-anchor: middle; }
.line { fill: none; stroke-width: 1.6; stroke-linejoin: round; } .target { stroke-width: 1.2; stroke-dasharray: 6 4; }
.p50 { stroke: var(--p50); } .p95 { stroke: var(--p95); } .p99 { stroke: var(--p99); } .good { stroke: var(--good); }
.of-p50 { fill: var(--p50); } .of-p95 { fill: var(--p95); } .of-p99 { fill: var(--p99); }
.of-good { fill: var(--good); }
.bar { fill: var(--bad); }
"""

Label = tuple[float, str, str]
"""Height, the line that is labelled, text."""


@dataclass(frozen=True)
class _Panel:
    """A drawing with a time axis, of the same width as the others."""

    number: int
    title: str
    until: float
    """Seconds at its right edge."""
    least: float
    """Value at its lower edge."""
    most: float
    """Value at its upper edge."""
    ticks: Sequence[float]
    logarithmic: bool = False

    @property
    def top(self) -> float:
        return TOP + self.number * (HEIGHT + GAP)

    def x(self, second: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * min(second, self.until) / self.until

    def y(self, value: float) -> float:
        least, most, at = self.least, self.most, min(max(value, self.least), self.most)
        if self.logarithmic:
            least, most, at = log10(least), log10(most), log10(at)
        return self.top + HEIGHT * (most - at) / (most - least)


@dataclass(frozen=True)
class _Course:
    """The stretches of time that the points stand for."""

    stretches: Sequence[Second]
    width: float
    """Seconds of a stretch."""

    @classmethod
    def of(cls, samples: Sequence[Sample], until: float) -> "_Course":
        points = max(1, min(MOST_POINTS, len(samples) // REQUESTS_PER_POINT))
        width = _round_up(until / points)
        stretches = seconds(samples, width)
        # The last one ends with the run, before its time is over: its rate would be one of a part for the whole.
        whole = len(stretches) > 1 and stretches[-1].begin + width > until * (1 + 1e-9)
        return cls(stretches[:-1] if whole else stretches, width)

    def points(self, value: Callable[[Second], float | None]) -> list[list[tuple[float, float]]]:
        """The points of a line, apart where there is no value; a lone one becomes a dash, or it would not be seen."""
        found: list[list[tuple[float, float]]] = [[]]
        for each in self.stretches:
            at = value(each)
            if at is None:
                found.append([])
            else:
                found[-1].append((each.begin + self.width / 2, at))
        return [
            line
            if len(line) > 1
            else [(line[0][0] - self.width / 4, line[0][1]), (line[0][0] + self.width / 4, line[0][1])]
            for line in found
            if line
        ]


def draw(result: LoadResult, samples: Sequence[Sample]) -> str:
    """The plot of a run."""
    until = max(result.duration_seconds, 0.001)
    course = _Course.of(samples, until)
    parts = [*_heading(result), *_latencies(result, course, until), *_rates(result, course, until)]
    parts += _failures(result, course, until)
    height = TOP + 3 * HEIGHT + 2 * GAP + 40
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(_title(result))}">\n<style>{_STYLE}</style>\n'
        f'<rect class="ground" width="{WIDTH}" height="{height}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _latencies(result: LoadResult, course: _Course, until: float) -> list[str]:
    target = {each.setting.removesuffix("_ms"): each.target for each in result.targets}
    figures: dict[str, Callable[[Second], float | None]] = {
        "p50": lambda each: _ms(each.p50),
        "p95": lambda each: _ms(each.p95),
        "p99": lambda each: _ms(each.p99),
    }
    drawn = [value for of in figures.values() for each in course.stretches if (value := of(each))]
    drawn += [target[name] for name in figures]
    # A stall is a hundred times slower than what is usual; both are seen on a logarithmic axis only.
    least, most = _round_down(min(drawn)), _round_up(max(drawn))
    title = f"latency of good answers, ms: percentiles of each {_duration(course.width)}"
    panel = _Panel(0, title, until, least, max(most, least * 10), _decades(least, max(most, least * 10)), True)  # noqa: FBT003
    parts, labels = _frame(panel), list[Label]()
    for name, of in figures.items():
        parts += [_line(panel, course.points(of), name), _target(panel, target[name], name)]
        labels.append((panel.y(target[name]), name, f"{name} at most {target[name]:g}"))
    return [*parts, *_labels(labels)]


def _rates(result: LoadResult, course: _Course, until: float) -> list[str]:
    least = next(each.target for each in result.targets if each.setting == "min_requests_per_second")
    highest = max((each.good / course.width for each in course.stretches), default=0)
    most = _round_up(max(highest, least * 1.1))
    panel = _Panel(1, "good answers per second", until, 0, most, _quarters(most))
    return [
        *_frame(panel),
        _line(panel, course.points(lambda each: each.good / course.width), "good"),
        _target(panel, least, "good"),
        *_labels([(panel.y(least), "good", f"at least {least:g}")]),
    ]


def _failures(result: LoadResult, course: _Course, until: float) -> list[str]:
    highest = max((each.failed / course.width for each in course.stretches), default=0)
    most = _round_up(max(highest, 1))
    title = "failed requests per second" if result.errors else "failed requests per second: none"
    panel = _Panel(2, title, until, 0, most, _quarters(most))
    bars = [_bar(panel, each, course.width) for each in course.stretches if each.failed]
    return [*_frame(panel), *bars]


def _title(result: LoadResult) -> str:
    short = f" ({result.scale * 100:g} % of it)" if result.scale < 1 else ""
    partial = "" if result.ended == "done" else f", partial ({result.ended})"
    return f"{result.environment}, {result.profile}{short}: targets {result.verdict}{partial}"


def _heading(result: LoadResult) -> list[str]:
    counts = result.counts
    how = f"{result.rate:g} per second" if result.rate else f"{result.at_once} at once"
    figures = (
        f"{counts.good + counts.failed:,} of {counts.planned:,} requests, {how}; "
        f"{result.requests_per_second:,.1f} good answers per second, {result.error_percent:.2f} % failed; "
        f"{result.started}"
    )
    return [
        f'<text class="title" x="{LEFT}" y="28">{escape(_title(result))}</text>',
        f'<text class="quiet" x="{LEFT}" y="48">{escape(result.url)}</text>',
        f'<text class="quiet" x="{LEFT}" y="66">{escape(figures)}</text>',
    ]


def _frame(panel: _Panel) -> list[str]:
    parts = [f'<text class="panel" x="{LEFT}" y="{panel.top - 10:.0f}">{escape(panel.title)}</text>']
    for value in panel.ticks:
        y = panel.y(value)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="quiet end" x="{LEFT - 8}" y="{y + 4:.1f}">{value:,.5g}</text>')
    minutes = panel.until > 300  # noqa: PLR2004  # seconds
    unit, name = (60, "min") if minutes else (1, "s")
    step = _round_up(panel.until / unit / 8, (1, 2, 5, 10))
    for number in range(floor(panel.until / unit / step + 1e-9) + 1):
        at = f'x="{panel.x(number * step * unit):.1f}" y="{panel.top + HEIGHT + 18:.0f}"'
        parts.append(f'<text class="quiet middle" {at}>{number * step:g} {name}</text>')
    return parts


def _line(panel: _Panel, lines: Sequence[Sequence[tuple[float, float]]], name: str) -> str:
    paths = (" L".join(f"{panel.x(second):.1f} {panel.y(value):.1f}" for second, value in line) for line in lines)
    return f'<path class="line {name}" d="{" ".join(f"M{path}" for path in paths)}"/>'


def _target(panel: _Panel, value: float, name: str) -> str:
    y = panel.y(value)
    return f'<line class="target {name}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _labels(labels: Sequence[Label]) -> list[str]:
    """Labels beside the lines that they name, from the lowest upwards, moved apart where they would overlap."""
    parts: list[str] = []
    free = float("inf")
    for y, name, text in sorted(labels, reverse=True):
        free = min(y, free - 14)
        parts.append(f'<text class="of-{name}" x="{WIDTH - RIGHT + 8}" y="{free + 4:.1f}">{escape(text)}</text>')
    return parts


def _bar(panel: _Panel, each: Second, width: float) -> str:
    left, right, y = panel.x(each.begin), panel.x(each.begin + width), panel.y(each.failed / width)
    box = f'x="{left:.1f}" y="{y:.1f}" width="{max(right - left, 1.5):.1f}" height="{panel.top + HEIGHT - y:.1f}"'
    return f'<rect class="bar" {box}/>'


def _ms(value: float | None) -> float | None:
    return None if value is None else value * 1000


def _duration(seconds_: float) -> str:
    return f"{seconds_:g} s" if seconds_ >= 1 else f"{seconds_ * 1000:g} ms"


def _quarters(most: float) -> list[float]:
    return [most * quarter / 4 for quarter in range(5)]


def _decades(least: float, most: float) -> list[float]:
    """What a logarithmic axis is marked at: 1, 2, 5, 10, 20 and so on."""
    powers = range(floor(log10(least)), floor(log10(most)) + 1)
    marks = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    return [mark for mark in marks if least * 0.999999 <= mark <= most * 1.000001]


_ROUND: Final = (1, 2, 4, 5, 8, 10)
"""What an axis may end at, times a power of ten."""


def _round_up(value: float, ends: Sequence[int] = _ROUND) -> float:
    power = 10.0 ** floor(log10(value))
    return next(factor * power for factor in ends if factor * power >= value * 0.999999)


def _round_down(value: float) -> float:
    power = 10.0 ** floor(log10(value))
    return next(factor * power for factor in reversed(_ROUND) if factor * power <= value * 1.000001)
