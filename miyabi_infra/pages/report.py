"""The report of an environment: one HTML page with everything that is known about it, for any browser, offline."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from miyabi_infra.cost.estimate import estimates
from miyabi_infra.cost.model import Estimate, Span
from miyabi_infra.lint.findings import Finding, findings
from miyabi_infra.lint.findings import overlays as linted
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.merging import documents
from miyabi_infra.overlays.problems import key_text
from miyabi_infra.pages.diagram.layout import layout
from miyabi_infra.pages.diagram.reading import picture
from miyabi_infra.pages.diagram.svg import svg
from miyabi_infra.pages.rendering import render
from miyabi_infra.project import ROOT, SHARED
from miyabi_infra.reach.paths import Connection, Reach
from miyabi_infra.reach.permissions import abilities
from miyabi_infra.stacks import OUT, Stack, chosen, inventory, plain, read
from miyabi_infra.stacks.causes import DEFAULT, Causes, SettingValue, leaves
from miyabi_infra.stacks.compare import shown_value
from miyabi_infra.stacks.strengths import STRENGTHS, unjudged_in

SECTIONS: Final = (
    ("picture", "Architecture"),
    ("cost", "Cost"),
    ("reach", "Reachability"),
    ("findings", "Findings"),
    ("strengths", "Protection"),
    ("settings", "Settings"),
    ("inventory", "Inventory"),
    ("resources", "Resources"),
)


def page(root: Path, environment: str) -> str:
    """The report, as HTML.

    Raises:
        Refused: when stacks or overlays cannot be read, or the environment does not exist.
    """
    stacks = read(root / OUT)
    (stack,) = chosen(stacks, environment)
    overlays = documents(root)
    reach, cost = Reach(stack), _cost(root, stack, overlays)
    rows = inventory.rows([stack])
    return render(
        "report.html.j2",
        project=stack.project,
        environment=environment,
        region=stack.region,
        stack=stack.name,
        source=f"{OUT}/stacks/{stack.name}",
        sections=SECTIONS,
        figures=_figures(stack, reach, cost),
        picture=Markup(svg(layout(picture(stack)))),  # noqa: S704  # every text in it is escaped there
        cost=cost,
        reach=reach,
        connections=[_connection(each) for each in reach.connections],
        abilities=abilities(reach),
        remarks=list(_remarks(reach)),
        findings=_findings(root, stacks, environment),
        strengths=[(each.name, each.told(stack), each.why) for each in STRENGTHS],
        unjudged=[f"{each.address} {each.argument}".rstrip() for each in unjudged_in(stack)],
        settings=list(_settings(overlays.get(environment))),
        differences=list(_differences(environment, overlays)),
        inventory=[(row.type, row.module, row.counts[environment], row.purpose) for row in rows],
        total=len(stack.resources),
        modules=[_module(module.name, stack) for module in stack.modules],
    )


def _figures(stack: Stack, reach: Reach, cost: Mapping[str, Any] | str) -> Iterator[tuple[str, str]]:
    yield "resources", str(len(stack.resources))
    zones = {str(each.get("availability_zone")) for each in stack.of_type("aws_subnet")}
    if zones:
        yield "availability zones", str(len(zones))
    if not isinstance(cost, str):
        yield f"USD in a typical month{', at least' if cost['unpriced'] else ''}", cost["total"][2]
    if reach.nodes:
        inward = [f"{each.target} {each.port_text}" for each in reach.connections if each.source == "internet"]
        yield "open to the internet", ", ".join(inward) or "nothing"


# ---- cost ----------------------------------------------------------------------------------------------------------


def _cost(root: Path, stack: Stack, overlays: Mapping[str, Document]) -> dict[str, Any] | str:
    """The estimate in the shape of the template, or why there is none."""
    (of,) = estimates(root, [stack], overlays)
    if of.prices is None:
        return of.unpriced[0].reason
    return {
        "components": [(name, *_usd(span)) for name, span in of.components.items()],
        "total": ("total" if of.complete else "total, at least", *_usd(of.total)),
        "budget": _budget(of),
        "over": bool(of.over_budget),
        "lines": [
            (
                line.component,
                line.text + ("*" if line.assumed else ""),
                _quantity(line.quantity),
                line.price.unit,
                f"{line.unit_price:.6g}",
                f"{line.cost.typical:.2f}",
                line.price.usage_type,
            )
            for line in of.charges
        ],
        "checked": of.prices.checked,
        "sources": sorted({f"{line.price.source} (seen {line.price.seen})" for line in of.charges}),
        "unpriced": [(each.address, each.reason) for each in of.unpriced],
    }


def _usd(span: Span) -> tuple[str, str, str]:
    return (f"{span.minimum:.2f}", f"{span.typical:.2f}", f"{span.maximum:.2f}")


def _budget(of: Estimate) -> str:
    if of.budget is None:
        return ""
    left = of.budget - of.total.typical
    if left >= 0 and not of.complete:
        return f"Budget {of.budget:.2f} USD: whether a typical month is within it is not known: not all is priced."
    return f"Budget {of.budget:.2f} USD: {abs(left):.2f} {'left' if left >= 0 else 'over'} in a typical month."


def _quantity(span: Span) -> str:
    return f"{span.typical:.6g}" if span.minimum == span.maximum else f"{span.minimum:.6g} to {span.maximum:.6g}"


# ---- reachability --------------------------------------------------------------------------------------------------


def _connection(of: Connection) -> tuple[str, str, str]:
    return of.source, of.target, of.port_text + (f" from {', '.join(of.limits)}" if of.limits else "")


def _remarks(reach: Reach) -> Iterator[str]:
    yield from dict.fromkeys(
        f"{each.rule.address} lets the internet in on {each.port_text}, but it does not arrive: "
        + "; ".join(step.text for step in each.missing)
        for each in reach.let_in
    )
    for resource in reach.unjudged:
        yield f"Not judged, although it affects the network: {resource.address}"


# ---- findings ---------------------------------------------------------------------------------------------------


def _findings(root: Path, stacks: Sequence[Stack], environment: str) -> list[dict[str, Any]]:
    today = datetime.now(UTC).date()
    return [_finding(each) for each in findings(stacks, linted(root), today) if each.environment == environment]


def _finding(of: Finding) -> dict[str, Any]:
    where = str(of.place) if of.place and of.written else of.subject
    return {**vars(of), "waived": of.waived, "where": where}


# ---- settings ------------------------------------------------------------------------------------------------------


def _settings(overlay: Document | None) -> Iterator[tuple[str, str, str]]:
    if overlay is None:
        return
    for setting, value in leaves(overlay.data):
        yield key_text(setting), shown_value(value, None), _place(SettingValue(value, overlay.place(setting)))


def _differences(environment: str, overlays: Mapping[str, Document]) -> Iterator[dict[str, Any]]:
    """The settings that differ from each other environment; the shared stack has none to compare with."""
    own = overlays.get(environment)
    for name, other in overlays.items():
        if own is None or SHARED in (environment, name) or name == environment:
            continue
        rows = [
            (each.name, _value(each.before), _place(each.before), _value(each.after), _place(each.after))
            for each in Causes(ROOT, own, other).settings
        ]
        yield {"name": name, "rows": rows}


def _value(side: SettingValue) -> str:
    default = "" if side.place or side.value is DEFAULT else " (default)"
    return shown_value(side.value, None) + default


def _place(side: SettingValue) -> str:
    return str(side.place) if side.place else ""


# ---- resources -----------------------------------------------------------------------------------------------------


def _module(name: str, stack: Stack) -> dict[str, Any]:
    return {
        "name": name,
        "resources": [
            {"address": each.address, "arguments": json.dumps(plain(each.arguments), indent=2, ensure_ascii=False)}
            for each in stack.resources
            if each.module == name
        ],
    }
