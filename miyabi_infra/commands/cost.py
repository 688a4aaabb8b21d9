"""`miyabi-infra cost`: the estimates, beside the milestone report's table, a budget, or another revision."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from environments.sections.usage import SharedUsageSettings, UsageSettings
from miyabi_infra.cost.estimate import COMPONENTS, Estimate, Span, estimate
from miyabi_infra.cost.prices import load
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.merging import documents
from miyabi_infra.project import ROOT, SHARED
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, Stack, read, revision
from miyabi_infra.stacks.inventory import chosen
from miyabi_infra.text import table

REPORT: Final = ROOT / "tests/data/milestone-report.json"
_ROUNDED: Final = 0.1
"""Share by which a figure of the report may be off and still be called rounded."""


@dataclass(frozen=True)
class Compared:
    """A component of the milestone report beside the estimate."""

    component: str
    reported: tuple[float, float]
    """US dollars a month, from and to."""
    computed: Span
    verdict: str
    """What is to be said about the report's figure."""


def run(
    root: Path,
    environment: str | None = None,
    *,
    as_json: bool = False,
    check: bool = False,
    since: str | None = None,
) -> int:
    """Print the estimates, and return the exit code: 1 over the budget with `check`, or a difference with `since`.

    Raises:
        Refused: when stacks, overlays, the environment or the revision can't be read, or a region has no prices.
    """
    stacks = read(root / OUT)
    everything = estimates(root, stacks)
    if since is not None:
        return _show_difference(root, everything, environment, since, as_json=as_json)
    wanted = {stack.environment for stack in chosen(stacks, environment)}
    found = [each for each in everything if each.environment in wanted]
    compared = {each.environment: against_report(each, everything) for each in found}
    if as_json:
        print(json.dumps({each.environment: _data(each, compared[each.environment]) for each in found}, indent=2))
    elif environment is None:
        print(overview(found))
    else:
        print(_details(found[0], compared[environment]))
    problems = [problem for each in found for problem in _problems(each)] if check else []
    if not as_json and problems:
        print("\n" + "\n".join(problems))
    return int(bool(problems))


def estimates(root: Path, stacks: Sequence[Stack], overlays: Mapping[str, Document] | None = None) -> list[Estimate]:
    """The estimate of every stack, with the usage and the budget of the overlays.

    Args:
        root: The project's root.
        stacks: What is estimated.
        overlays: By environment, for who has read them already; those at `root` without.

    Raises:
        Refused: for an overlay or a region that can't be used.
    """
    overlays = documents(root) if overlays is None else overlays
    return [_estimate(stack, overlays.get(stack.environment)) for stack in stacks]


def against_report(of: Estimate, everything: Sequence[Estimate]) -> list[Compared]:
    """The milestone report's table for an environment beside the estimate; empty where the report has none.

    The report counts the registry to the environment, while it stands in the shared stack: its cost is added here.
    """
    report: dict[str, Any] = json.loads(REPORT.read_text(encoding="utf-8"))
    reported = report["environments"].get(of.environment)
    if reported is None:
        return []
    computed = dict(of.components)
    for shared in everything:
        if shared.environment == SHARED and "ECR" in reported["components"]:
            computed["ECR"] = shared.components.get("ECR", Span.of(0))
    names = [name for name in COMPONENTS if name in reported["components"] or name in computed]
    compared = [
        _compared(name, reported["components"].get(name), computed.get(name, Span.of(0)), report["reasons"])
        for name in names
    ]
    total = Span.sum([each.computed for each in compared])
    least, most = reported["total"]
    return [*compared, Compared("total", (least, most), total, _verdict((least, most), total, ""))]


def overview(found: Sequence[Estimate]) -> str:
    """A typical month of each environment by component, with the range of the total and the budget."""
    names = [name for name in COMPONENTS if any(name in each.components for each in found)]
    rows = [[name, *(_cell(each.components.get(name)) for each in found)] for name in names]
    rows += [
        ["typical month", *(f"{each.total.typical:.2f}" for each in found)],
        ["at minimum scale", *(f"{each.total.minimum:.2f}" for each in found)],
        ["at maximum scale", *(f"{each.total.maximum:.2f}" for each in found)],
        ["budget", *("-" if each.budget is None else f"{each.budget:.2f}" for each in found)],
    ]
    header = ["USD a month", *(each.environment for each in found)]
    return f"{table(header, rows, right=range(1, len(header)))}\n\n{_basis(found)}"


def _estimate(stack: Stack, overlay: Document | None) -> Estimate:
    data = overlay.data if overlay else {}
    model = SharedUsageSettings if stack.environment == SHARED else UsageSettings
    try:
        usage = model.model_validate(data.get("usage") or {})
        budget = None if data.get("monthly_budget") is None else float(data["monthly_budget"])
    except (ValidationError, TypeError, ValueError) as error:
        problem = f"environments/{stack.environment}.yaml: usage or monthly_budget can't be used; 'make synth' says why"
        raise Refused(problem) from error
    return estimate(stack, usage, load(stack.region), budget)


def _compared(name: str, reported: Sequence[float] | None, computed: Span, reasons: dict[str, str]) -> Compared:
    least, most = reported or (0, 0)
    return Compared(name, (least, most), computed, _verdict((least, most), computed, reasons.get(name, "")))


def _verdict(reported: tuple[float, float], computed: Span, reason: str) -> str:
    least, most = reported
    low, high = (computed.minimum, computed.maximum) if least != most else (computed.typical, computed.typical)
    if max(abs(low - least), abs(high - most)) < 1:
        return "agrees"
    if abs(low - least) <= _ROUNDED * least and abs(high - most) <= _ROUNDED * most:
        return "rounded"
    off = computed.typical - most if computed.typical > most else computed.typical - least
    verdict = f"{abs(off):.2f} too {'low' if off > 0 else 'high'}" if abs(off) >= 1 else "range is off"
    return f"{verdict}: {reason}" if reason else verdict


def _problems(of: Estimate) -> list[str]:
    problems: list[str] = []
    if of.over_budget:
        problems.append(
            f"{of.environment}: a typical month is {of.over_budget:.2f} USD over monthly_budget, {of.budget:.2f}"
        )
    if of.unpriced and of.budget is not None:
        addresses = ", ".join(each.address for each in of.unpriced)
        problems.append(f"{of.environment}: the budget can't be vouched for; no price is known of {addresses}")
    return problems


def _details(of: Estimate, compared: Sequence[Compared]) -> str:
    rows = [
        [
            line.component,
            line.text + ("*" if line.assumed else ""),
            _quantity(line.quantity),
            line.price.unit,
            f"{line.unit_price:.6g}",
            *(f"{figure:.2f}" for figure in (line.cost.minimum, line.cost.typical, line.cost.maximum)),
        ]
        for line in of.lines
    ]
    total = of.total
    rows.append(["total", "", "", "", "", *(f"{each:.2f}" for each in (total.minimum, total.typical, total.maximum))])
    header = ["component", "item", "quantity", "unit", "USD", "minimum", "typical", "maximum"]
    parts = [table(header, rows, right=(2, 4, 5, 6, 7)), _basis([of])]
    if of.budget is not None:
        left = of.budget - total.typical
        parts.append(f"budget {of.budget:.2f}: {abs(left):.2f} {'left' if left >= 0 else 'over'} in a typical month")
    if compared:
        rows = [
            [each.component, _reported(each.reported), f"{each.computed.typical:.2f}", each.verdict]
            for each in compared
        ]
        header = ["milestone report", "USD", "typical", "the report's figure"]
        parts.append(table(header, rows, right=(1, 2)))
    parts.append(_sources(of))
    return "\n\n".join(parts)


def _basis(found: Sequence[Estimate]) -> str:
    prices = found[0].prices
    lines = [
        f"List prices of {prices.region} in USD, checked {prices.checked}; {prices.hours} hours a month.",
        "Without tax, support, free tier and savings plans.",
        "* is assumed use: the overlay's section usage. Typical is desired_count tasks, or usage.running_tasks.",
    ]
    for each in found:
        if each.unpriced:
            addresses = ", ".join(one.address for one in each.unpriced)
            lines.append(f"{each.environment}: not in the total, since no price is known: {addresses}")
    return "\n".join(lines)


def _sources(of: Estimate) -> str:
    prices = {line.price.key: line.price for line in of.lines}.values()
    rows = [[each.usage_type, f"{each.usd:.6g}", each.unit, each.seen, each.source] for each in prices]
    return table(["price list row", "USD", "unit", "seen", "source"], rows, right=(1,))


def _show_difference(
    root: Path, found: Sequence[Estimate], environment: str | None, since: str, *, as_json: bool
) -> int:
    old_stacks = revision.stacks(root, since)
    with revision.tree(root, since) as then:
        old = {each.environment: each for each in estimates(then, old_stacks)}
    new = {each.environment: each for each in found}
    names = [name for name in dict.fromkeys((*new, *old)) if environment in (None, name)]
    rows = [row for name in names for row in differences(name, old.get(name), new.get(name))]
    if as_json:
        keys = ("environment", "component", "before", "after")
        print(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=2))
    elif rows:
        shown = [
            [name, component, f"{before:.2f}", f"{after:.2f}", f"{after - before:+.2f}"]
            for name, component, before, after in rows
        ]
        print(table(["environment", "USD in a typical month", since, "now", "difference"], shown, right=(2, 3, 4)))
    else:
        print(f"no environment costs more or less than at {since}")
    return int(bool(rows))


def differences(name: str, old: Estimate | None, new: Estimate | None) -> list[tuple[str, str, float, float]]:
    """Components of an environment whose typical cost differs, and the total: name, component, before, after."""
    before, after = (each.components if each else {} for each in (old, new))
    rows = [
        (name, component, before.get(component, Span.of(0)).typical, after.get(component, Span.of(0)).typical)
        for component in COMPONENTS
    ]
    rows = [row for row in rows if f"{row[2]:.2f}" != f"{row[3]:.2f}"]
    total = sum(each.typical for each in before.values()), sum(each.typical for each in after.values())
    return [*rows, (name, "total", *total)] if rows else []


def _data(of: Estimate, compared: Sequence[Compared]) -> dict[str, Any]:
    def span(figures: Span) -> dict[str, float]:
        return {name: round(getattr(figures, name), 4) for name in ("minimum", "typical", "maximum")}

    return {
        "currency": "USD",
        "region": of.prices.region,
        "prices_checked": of.prices.checked,
        "total": span(of.total),
        "budget": of.budget,
        "over_budget": round(of.over_budget, 4),
        "components": {name: span(figures) for name, figures in of.components.items()},
        "lines": [
            {
                "component": line.component,
                "item": line.text,
                "assumed": line.assumed,
                "quantity": span(line.quantity),
                "unit": line.price.unit,
                "unit_price": round(line.unit_price, 8),
                "cost": span(line.cost),
                "usage_type": line.price.usage_type,
                "source": line.price.source,
                "seen": line.price.seen,
            }
            for line in of.lines
        ],
        "unpriced": [each.address for each in of.unpriced],
        "milestone_report": [
            {
                "component": each.component,
                "reported": list(each.reported),
                "typical": round(each.computed.typical, 4),
                "verdict": each.verdict,
            }
            for each in compared
        ],
    }


def _cell(figures: Span | None) -> str:
    return "-" if figures is None else f"{figures.typical:.2f}"


def _quantity(figures: Span) -> str:
    if figures.minimum == figures.maximum:
        return f"{figures.typical:.6g}"
    return f"{figures.minimum:.6g}-{figures.maximum:.6g}"


def _reported(figures: tuple[float, float]) -> str:
    least, most = figures
    return f"{least:g}" if least == most else f"{least:g}-{most:g}"
