"""`miyabi-infra cost`: the estimates, compared with the budget or with another revision."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from miyabi_infra import exits
from miyabi_infra.cost.changes import CostChange, cost_changes
from miyabi_infra.cost.estimate import estimates
from miyabi_infra.cost.model import COMPONENTS, Estimate, Span
from miyabi_infra.cost.offers import renew as renew_prices
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, chosen, read, revision
from miyabi_infra.text import table


def run(
    root: Path,
    environment: str | None = None,
    *,
    as_json: bool = False,
    check: bool = False,
    since: str | None = None,
) -> int:
    """Print the estimates, or with `since` what differs from a git revision.

    Returns:
        The exit code: 1 with `check` when a budget is exceeded or cannot be checked, or with `since` when costs differ
        or cannot be compared.

    Raises:
        Refused: when stacks, overlays, the environment or the revision cannot be read.
    """
    stacks = read(root / OUT)
    everything = estimates(root, stacks)
    if since is not None:
        return _show_changes(root, everything, environment, since, as_json=as_json)
    wanted = {stack.environment for stack in chosen(stacks, environment)}
    found = [each for each in everything if each.environment in wanted]
    if as_json:
        print(json.dumps({each.environment: _data(each) for each in found}, indent=2))
    elif environment is None:
        print(_overview(found))
    else:
        print(_details(found[0]))
    problems = [problem for each in found for problem in _problems(each)] if check else []
    if not as_json and problems:
        print("\n" + "\n".join(problems))
    return int(bool(problems))


def renew(root: Path, region: str, price_list: str) -> int:
    """Write the table of a region's prices from AWS's price list; return 3 when it does not tell all of them.

    Raises:
        Refused: as `offers.renew`.
    """
    day = datetime.now(UTC).date().isoformat()
    done = renew_prices(region, price_list, day, lambda text: print(text, file=sys.stderr, flush=True))
    print(
        f"written: {done.file.relative_to(root) if done.file.is_relative_to(root) else done.file}: {done.prices} prices"
    )
    for each in done.missing:
        print(f"not in it: {each}")
    return exits.UNKNOWN if done.missing else exits.FINE


def _overview(found: Sequence[Estimate]) -> str:
    """A typical month of each environment by component, with the range of the total and the budget."""
    names = [name for name in COMPONENTS if any(name in each.components or name in each.incomplete for each in found)]
    rows = [[name, *(_component(each, name) for each in found)] for name in names]
    rows += [
        ["typical month", *(_total(each, each.total.typical) for each in found)],
        ["at minimum scale", *(_total(each, each.total.minimum) for each in found)],
        ["at maximum scale", *(_total(each, each.total.maximum) for each in found)],
        ["budget", *("-" if each.budget is None else f"{each.budget:.2f}" for each in found)],
    ]
    header = ["USD per month", *(each.environment for each in found)]
    return f"{table(header, rows, right=range(1, len(header)))}\n\n{_basis(found)}"


def _component(of: Estimate, name: str) -> str:
    span = of.components.get(name)
    if name in of.incomplete:
        return "unknown" if span is None else f">= {span.typical:.2f}"
    return "-" if span is None else f"{span.typical:.2f}"


def _total(of: Estimate, figure: float) -> str:
    if of.complete:
        return f"{figure:.2f}"
    return f">= {figure:.2f}" if of.charges else "unknown"


def _problems(of: Estimate) -> list[str]:
    problems: list[str] = []
    if of.over_budget:
        problems.append(
            f"{of.environment}: a typical month is {of.over_budget:.2f} USD over monthly_budget, {of.budget:.2f}"
        )
    if of.unpriced and of.budget is not None:
        problems.append(f"{of.environment}: monthly_budget cannot be checked: {_not_priced(of)}")
    return problems


def _not_priced(of: Estimate) -> str:
    """What is not priced, with the reason; one line for a region without prices."""
    if of.prices is None:
        return of.unpriced[0].reason
    return "; ".join(f"{each.address} ({each.reason})" for each in of.unpriced)


def _details(of: Estimate) -> str:
    rows = [
        [
            charge.component,
            charge.text + ("*" if charge.assumed else ""),
            _quantity(charge.quantity),
            charge.price.unit,
            f"{charge.unit_price:.6g}",
            *(f"{figure:.2f}" for figure in _figures(charge.cost)),
        ]
        for charge in of.charges
    ]
    rows += [[each.component, f"{each.address}: {each.reason}", *["unknown"] * 6] for each in of.unpriced]
    total = "total" if of.complete else "total, at least"
    rows.append([total, "", "", "", "", *(f"{each:.2f}" for each in _figures(of.total))])
    header = ["component", "item", "quantity", "unit", "USD", "minimum", "typical", "maximum"]
    parts = [table(header, rows, right=(2, 4, 5, 6, 7)), _basis([of])]
    if of.budget is not None:
        left = of.budget - of.total.typical
        how = f"{abs(left):.2f} {'left' if left >= 0 else 'over'}"
        if left >= 0 and not of.complete:
            how = "whether it is enough is unknown"
        parts.append(f"budget {of.budget:.2f}: {how} in a typical month")
    return "\n\n".join([*parts, *([_sources(of)] if of.charges else [])])


def _basis(found: Sequence[Estimate]) -> str:
    tables = {each.prices.region: each.prices for each in found if each.prices is not None}
    lines = [
        f"List prices of {prices.region} in USD, checked {prices.checked}; {prices.hours} hours per month."
        for prices in tables.values()
    ]
    lines += [
        "Without tax, support, free tier and savings plans.",
        "* is assumed use: the overlay's section usage. Typical is desired_count tasks, or usage.running_tasks.",
    ]
    lines += [f"{each.environment}: not in the total: {_not_priced(each)}" for each in found if each.unpriced]
    return "\n".join(lines)


def _sources(of: Estimate) -> str:
    prices = {charge.price.key: charge.price for charge in of.charges}.values()
    rows = [[each.usage_type, f"{each.usd:.6g}", each.unit, each.seen, each.source] for each in prices]
    return table(["price list row", "USD", "unit", "seen", "source"], rows, right=(1,))


# ---- changes -----------------------------------------------------------------------------------------------------


def _show_changes(root: Path, found: Sequence[Estimate], environment: str | None, since: str, *, as_json: bool) -> int:
    old_stacks = revision.stacks(root, since)
    with revision.tree(root, since) as then:
        old = {each.environment: each for each in estimates(then, old_stacks)}
    new = {each.environment: each for each in found}
    names = [name for name in dict.fromkeys((*new, *old)) if environment in (None, name)]
    if not names:
        raise Refused(f"unknown environment {environment!r}; allowed: {', '.join(dict.fromkeys((*new, *old)))}")
    changes = [change for name in names for change in cost_changes(name, old.get(name), new.get(name))]
    uncertain = [name for name in names for each in (new.get(name),) if each is not None and not each.complete]
    if as_json:
        print(json.dumps([_change_data(each) for each in changes], indent=2))
    else:
        print(_changes_text(changes, since))
        lines = [f"{name}: not compared: {_not_priced(new[name])}" for name in uncertain]
        print("\n".join(lines), end="\n" if lines else "")
    return int(bool(changes) or bool(uncertain))


def _changes_text(changes: Sequence[CostChange], since: str) -> str:
    if not changes:
        return f"no environment costs more or less than at {since}, as far as it is priced"
    rows = [
        [
            each.environment,
            each.component,
            _side(each.before.typical, complete=each.before_complete),
            _side(each.after.typical, complete=each.after_complete),
            *(["unknown"] * 3 if each.difference is None else [f"{one:+.2f}" for one in _figures(each.difference)]),
        ]
        for each in changes
    ]
    header = ["environment", "USD per typical month", since, "now", "at minimum", "typical", "at maximum"]
    return table(header, rows, right=(2, 3, 4, 5, 6))


def _side(figure: float, *, complete: bool) -> str:
    if complete:
        return f"{figure:.2f}"
    return f">= {figure:.2f}" if figure else "unknown"


# ---- JSON --------------------------------------------------------------------------------------------------------


def _change_data(of: CostChange) -> dict[str, Any]:
    return {
        "environment": of.environment,
        "component": of.component,
        "before": _span(of.before),
        "after": _span(of.after),
        "before_complete": of.before_complete,
        "after_complete": of.after_complete,
        "difference": None if of.difference is None else _span(of.difference),
    }


def _span(figures: Span) -> dict[str, float]:
    return {name: round(figure, 4) for name, figure in zip(_MONTHS, _figures(figures), strict=True)}


_MONTHS = ("minimum", "typical", "maximum")


def _data(of: Estimate) -> dict[str, Any]:
    return {
        "currency": "USD",
        "region": of.region,
        "prices_checked": None if of.prices is None else of.prices.checked,
        "complete": of.complete,
        "total": _span(of.total),
        "budget": of.budget,
        "over_budget": round(of.over_budget, 4),
        "components": {name: _span(figures) for name, figures in of.components.items()},
        "lines": [
            {
                "component": charge.component,
                "item": charge.text,
                "assumed": charge.assumed,
                "quantity": _span(charge.quantity),
                "unit": charge.price.unit,
                "unit_price": round(charge.unit_price, 8),
                "cost": _span(charge.cost),
                "usage_type": charge.price.usage_type,
                "source": charge.price.source,
                "seen": charge.price.seen,
            }
            for charge in of.charges
        ],
        "unpriced": [asdict(each) for each in of.unpriced],
    }


def _figures(span: Span) -> tuple[float, float, float]:
    return (span.minimum, span.typical, span.maximum)


def _quantity(figures: Span) -> str:
    if figures.minimum == figures.maximum:
        return f"{figures.typical:.6g}"
    return f"{figures.minimum:.6g}-{figures.maximum:.6g}"
