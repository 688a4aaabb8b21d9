"""The comment: what is lost first, then counts, cost and reachability, then resource by resource as far as it fits."""

from collections.abc import Iterator, Sequence
from typing import Final

from miyabi_infra.pages.summary.changes import EnvironmentChange
from miyabi_infra.pages.summary.markdown import LIMIT, bounded, code, folded
from miyabi_infra.pages.summary.plan import Plan
from miyabi_infra.reach.paths import Connection
from miyabi_infra.stacks.causes import Cause
from miyabi_infra.stacks.compare import ArgumentChange, ResourceChange, shown_value
from miyabi_infra.stacks.strengths import shown
from miyabi_infra.text import count, markdown

_SECTION: Final = 9_000
"""Characters that a section may take, so that none keeps the others out."""

_SENTENCE: Final = 400
"""Characters of what somebody wrote that are shown."""


def comment(found: Sequence[EnvironmentChange], plans: Sequence[Plan], base: str) -> str:
    """The comment, in Markdown."""
    if not found and not any(plan.changes or not plan.complete for plan in plans):
        by_plan = f", and {count(len(plans), 'plan')} without a change" if plans else ""
        return f"**No change of the infrastructure** since {code(base)}{by_plan}.\n"
    lines = ["## Infrastructure", "", f"Compared with {code(base)}.", ""]
    for title, section in (
        ("Destroyed and replaced", _losses(plans)),
        ("", _plans(plans)),
        ("By environment", _counts(found)),
        ("Reachability", _reach(found)),
        ("Weaker than before", _weaker(found)),
        ("Findings", _findings(found)),
        ("Cost by component, USD in a typical month", _costs(found)),
    ):
        held = bounded(list(section), _SECTION, "lines")
        if held:
            lines += [f"### {title}", "", *held, ""] if title else [*held, ""]
    used = len("\n".join(lines))
    return "\n".join([*lines, *_details(found, LIMIT - used - _SECTION)]).rstrip() + "\n"


# ---- plans ---------------------------------------------------------------------------------------------------------


def _losses(plans: Sequence[Plan]) -> Iterator[str]:
    rows = [
        [each.action, code(each.address), ", ".join(map(code, each.because)), each.loss]
        for plan in plans
        for each in plan.losing
    ]
    if rows:
        yield from markdown(["", "resource", "forced by", "lost with it"], rows).splitlines()


def _plans(plans: Sequence[Plan]) -> Iterator[str]:
    for plan in plans:
        numbers = [(plan.number(action), action) for action in ("create", "update", "replace", "destroy", "forget")]
        told = [f"{number} to {action}" for number, action in numbers if number]
        told += [f"{plan.moved} moved to another address"] if plan.moved else []
        told += [f"{count(plan.drift, 'resource')} changed outside Terraform"] if plan.drift else []
        yield f"Plan {code(plan.file)}: {', '.join(told) or 'no change'}."
        if not plan.complete:
            yield f"**{code(plan.file)} is not complete**: Terraform did not come to its end, or was told to leave out."


# ---- sections ------------------------------------------------------------------------------------------------------


def _counts(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    rows = [
        [
            code(each.name) + (" (new)" if each.before is None else " (gone)" if each.after is None else ""),
            *(str(each.number(kind) or "-") for kind in ("add", "change", "remove")),
            str(len(each.after.resources) if each.after else 0),
            _cost(each),
        ]
        for each in found
    ]
    header = ["environment", "added", "changed", "removed", "resources", "USD in a typical month"]
    if rows:
        yield from markdown(header, rows, right=range(1, 6)).splitlines()


def _cost(of: EnvironmentChange) -> str:
    before, after = of.cost
    if (before is None and of.before) or (after is None and of.after):
        return "not known"
    was, now = (0.0 if each is None else each.total.typical for each in (before, after))
    return f"{now:.2f} ({now - was:+.2f})" if of.costs_differ else f"{now:.2f}"


def _costs(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    rows: list[list[str]] = []
    for each in found:
        before, after = ({} if one is None else one.components for one in each.cost)
        for component in dict.fromkeys((*before, *after)):
            was, now = (side[component].typical if component in side else 0.0 for side in (before, after))
            if each.costs_differ and f"{was:.2f}" != f"{now:.2f}":
                rows.append([code(each.name), component, f"{was:.2f}", f"{now:.2f}", f"{now - was:+.2f}"])
    if rows:
        header = ["environment", "component", "before", "now", "difference"]
        yield from markdown(header, rows, right=(2, 3, 4)).splitlines()


def _reach(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    for each in found:
        reach, name = each.reach, code(each.name)
        yield from (f"- {name}: **opened**: {_connection(one)}" for one in reach.opened)
        yield from (f"- {name}: closed: {_connection(one)}" for one in reach.closed)
        yield from (f"- {name}: {one.tasks} can now {one.text}" for one in reach.gained)
        yield from (f"- {name}: **{one.tasks} can't any more {one.text}**" for one in reach.lost)
        yield from (
            f"- {name}: {code(one.rule.address)} lets the internet in on {one.rule.port_text}, which does not arrive"
            for one in reach.let_in
        )


def _connection(connection: Connection) -> str:
    blocks = [block for block in connection.blocks if not block.endswith("/0")]
    limited = f" ({', '.join(map(code, blocks))})" if blocks and len(blocks) == len(connection.blocks) else ""
    return f"{code(connection.source)} to {code(connection.target)}, {connection.port_text}{limited}"


def _weaker(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    for each in found:
        for one in each.weaker:
            what = f"{one.strength.name} {shown(one.before)} to {shown(one.after)}"
            yield f"- {code(each.name)}: {what} ({one.strength.why})"


def _findings(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    for each in found:
        for one in each.found:
            where = f" {code(one.place)}" if one.place else ""
            yield f"- {code(each.name)}: **new**, {one.severity} {code(one.name)}{where}: {code(one.text, _SENTENCE)}"
            yield f"  - {code(one.fix, _SENTENCE)}"
        for one in each.waived:
            until, reason = (one.waiver.until, one.waiver.reason) if one.waiver else ("", "")
            yield f"- {code(each.name)}: **waived** until {until}: {code(one.name)}: {code(reason, _SENTENCE)}"
        yield from (f"- {code(each.name)}: fixed: {code(one.name)} of {code(one.subject)}" for one in each.fixed)


# ---- resource by resource --------------------------------------------------------------------------------------------


def _details(found: Sequence[EnvironmentChange], room: int) -> Iterator[str]:
    """Each environment's resources, folded; all share the room that is left."""
    for at, each in enumerate(found):
        if not each.changes:
            continue
        lines = list(_resources(each))
        held = bounded(lines, room // (len(found) - at), "lines")
        room -= len("\n".join(held))
        yield from (*folded(f"{each.name}: {count(len(each.changes), 'resource')}, one by one", held), "")


def _resources(of: EnvironmentChange) -> Iterator[str]:
    marks = {"add": "added", "remove": "removed", "change": "changed"}
    for change in of.changes:
        because = _because(of, change) if change.kind != "change" and of.before and of.after else ""
        yield f"- {marks[change.kind]} {code(change.address)}{because}"
        for argument in change.arguments:
            values = f"{code(shown_value(argument.before))} to {code(shown_value(argument.after))}"
            yield f"  - {code(argument.path)}: {values}{_because(of, change, argument)}"


def _because(of: EnvironmentChange, change: ResourceChange, argument: ArgumentChange | None = None) -> str:
    if of.causes is None:
        return ""
    found = of.causes.of(change, argument.path) if argument else of.causes.of(change)
    return f", by {'; '.join(map(_cause, found))}" if found else ", by no overlay: the generator itself differs"


def _cause(cause: Cause) -> str:
    return f"{code(', '.join(map(str, cause.places)) or 'no line')} {code(cause.name)}"
