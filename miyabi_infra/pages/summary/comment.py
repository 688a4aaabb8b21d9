"""The comment: what is not known and what is lost first, then counts, then each resource as far as it fits."""

from collections.abc import Iterator, Sequence
from typing import Final

from miyabi_infra.cost.changes import TOTAL, CostChange
from miyabi_infra.pages.summary.changes import Changes, EnvironmentChange
from miyabi_infra.pages.summary.losses import Lost, together
from miyabi_infra.pages.summary.markdown import LIMIT, bounded, code, folded
from miyabi_infra.pages.summary.plan import Plan
from miyabi_infra.pages.summary.reachability import ConnectionChange, connection_changes
from miyabi_infra.pages.summary.region import told as of_region
from miyabi_infra.reach.steps import Verdict
from miyabi_infra.stacks.causes import Cause
from miyabi_infra.stacks.compare import LONGEST, ArgumentChange, ResourceChange, shown_values
from miyabi_infra.stacks.effects import effects_of, told
from miyabi_infra.stacks.platform import address_of, text
from miyabi_infra.stacks.state import state_location
from miyabi_infra.stacks.steps import steps_of
from miyabi_infra.terraform.address import label
from miyabi_infra.text import count, markdown

_SECTION: Final = 9_000
"""Characters that a section may take, so that none keeps the others out."""

_SENTENCE: Final = 400
"""Characters of a text that are shown."""

_VALUE: Final = LONGEST + 2
"""Characters of a value that are shown: what `shown_values` leaves, with an ellipsis at both ends."""


def comment(found: Changes, plans: Sequence[Plan], base: str) -> str:
    """The comment, in Markdown."""
    environments = found.environments
    if not environments and not found.not_known and all(plan.quiet for plan in plans):
        by_plan = f", and {count(len(plans), 'plan')} without changes" if plans else ""
        return f"**No change of the infrastructure** since {code(base)}{by_plan}.\n"
    lines = ["## Infrastructure", "", f"Compared with {code(base)}.", ""]
    unplanned = _without_plan(environments, plans)
    for title, section in (
        ("Not known", _not_known(found)),
        ("The stack is gone", _gone(environments, base)),
        ("Another region", _regions(environments)),
        ("Destroyed, with its data", _destroyed(environments, plans)),
        ("Not in one apply", _steps(environments)),
        ("Destroyed and replaced", _losses(plans)),
        ("The state moves", _state_moves(environments)),
        ("What an apply waits for", _waits(environments)),
        ("What it does to what runs", _effects(environments)),
        ("", _plans(plans)),
        ("Replaced, as far as it is known without a plan", _replacements(unplanned)),
        ("By environment", _counts(environments)),
        ("Reachability", _reach(environments)),
        ("Weaker than before", _weaker(environments)),
        ("Stronger than before", _stronger(environments)),
        ("Findings", _findings(environments)),
        ("Cost by component, USD in a typical month", _costs(environments)),
    ):
        held = bounded(list(section), _SECTION, "lines")
        if held:
            lines += [f"### {title}", "", *held, ""] if title else [*held, ""]
    used = len("\n".join(lines))
    return "\n".join([*lines, *_details(environments, LIMIT - used - _SECTION)]).rstrip() + "\n"


def _not_known(found: Changes) -> Iterator[str]:
    yield from (f"- {code(each, _SENTENCE)}" for each in found.not_known)


# ---- plans ---------------------------------------------------------------------------------------------------------


def _losses(plans: Sequence[Plan]) -> Iterator[str]:
    lost = [
        Lost("", each.address, (each.action, ", ".join(map(code, each.because)), each.loss))
        for plan in plans
        for each in plan.losing
    ]
    rows = [[action, named, because, loss] for _, named, (action, because, loss) in together(lost)]
    if rows:
        yield from markdown(["", "resource", "forced by", "lost with it"], rows).splitlines()


def _plans(plans: Sequence[Plan]) -> Iterator[str]:
    for plan in plans:
        numbers = [(plan.number(action), action) for action in ("create", "update", "replace", "destroy", "forget")]
        told = [f"{number} to {action}" for number, action in numbers if number]
        told += [f"{plan.moved} moved to another address"] if plan.moved else []
        told += [f"{plan.imported} to import"] if plan.imported else []
        told += [f"{count(plan.outputs, 'output')} to change"] if plan.outputs else []
        told += [f"{count(plan.drift, 'resource')} changed outside Terraform"] if plan.drift else []
        yield f"Plan {code(plan.file)}: {', '.join(told) or 'no changes'}."
        if not plan.complete:
            yield f"**{code(plan.file)} is not complete**: Terraform failed, or was told to leave resources out."


def _state_moves(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    """Terraform must be told to copy a state; with an empty one it would plan to create everything again."""
    for each in found:
        if each.before and each.after and each.before.backend != each.after.backend:
            before, after = (code(str(state_location(stack))) for stack in (each.before, each.after))
            how = "by `terraform init -migrate-state` before the next plan"
            yield f"- {code(each.name)}: from {before} to {after}, {how}"


def _gone(found: Sequence[EnvironmentChange], base: str) -> Iterator[str]:
    """What becomes of what a stack made that is not there any more."""
    for each in found:
        if each.gone and each.before:
            cost = each.cost[0]
            usd = _at_least(cost.total.typical, complete=cost.complete, known=cost.prices is not None) if cost else ""
            billed = "be billed" if usd in ("", "not known") else f"cost {usd} USD in a typical month"
            yield (
                f"- {code(each.name)}: **nothing is destroyed by that**: what {code(each.before.name)} made "
                f"({count(len(each.before.resources), 'resource')}) goes on to run and to {billed}, in the state "
                f"{code(state_location(each.before))}, that nobody plans. Destroy it from {code(base)} first and say "
                f"so in {code('environments/retired.py')}, or keep it"
            )
        elif each.taken_by and each.before:
            yield (
                f"- {code(each.name)}: its state {code(state_location(each.before))} is now of {code(each.taken_by)}: "
                f"**Terraform would destroy what runs there**, and make what {code(each.taken_by)} has"
            )


def _destroyed(found: Sequence[EnvironmentChange], plans: Sequence[Plan]) -> Iterator[str]:
    """What holds data and goes; a plan says it of its environment itself."""
    planned = {plan.environment for plan in plans if plan.complete}
    lost = [
        Lost(code(each.name), one.address, (one.loss,))
        for each in found
        if each.name not in planned and not each.left
        for one in each.destroyed
    ]
    rows = [[environment, named, *cells] for environment, named, cells in together(lost)]
    if rows:
        yield from markdown(["environment", "destroyed", "lost with it"], rows).splitlines()


def _without_plan(found: Sequence[EnvironmentChange], plans: Sequence[Plan]) -> list[EnvironmentChange]:
    """The environments whose resources change in their region, and for which there is no complete plan."""
    planned = {plan.environment for plan in plans if plan.complete}
    return [
        each
        for each in found
        if each.number("change") and each.before and each.after and not each.left and each.name not in planned
    ]


def _regions(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    """What is left in a region; a plan without refresh does not show it."""
    for each in found:
        if each.before and each.after and each.left:
            yield f"- {code(each.name)}: {of_region(each.before, each.after, each.left)}"


def _replacements(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    """What is replaced by what the provider is known to do; a plan is needed to be sure."""
    if not found:
        return
    names = ", ".join(code(each.name) for each in found)
    yield f"There is no plan of {names} (`--plan`): **which resources are replaced is not known for certain.**"
    lost = [
        Lost(
            code(each.name),
            one.address,
            (
                code(one.argument),
                code(label(one.through)) if one.through else "",
                f"{one.loss}: **Terraform refuses the plan**" if one.refused else one.loss,
            ),
        )
        for each in found
        for one in each.replacements.known
    ]
    rows = [[environment, named, *cells] for environment, named, cells in together(lost)]
    if rows:
        yield ""
        header = ["environment", "replaced", "forced by", "because of", "lost with it"]
        yield from markdown(header, rows).splitlines()
    unknown = [(each.name, *one) for each in found for one in each.replacements.unknown]
    if unknown:
        yield ""
        yield "Whether these changes force a replacement is not known:"
        yield from (f"- {code(name)}: {code(address)} {code(argument)}" for name, address, argument in unknown)


def _steps(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    """What an apply would fail at, or lose; of environments that exist."""
    for each in found:
        if each.causes is not None and each.before and each.after:
            yield from (f"- {code(each.name)}: {told}" for told in steps_of(each.changes, each.causes))


def _waits(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    """The certificates that are issued during the apply: only `preflight` knows whether they can be."""
    for each in found:
        issued = {
            change.address
            for change in each.changes
            if change.kind == "add" or any(one.argument in _OF_A_NEW_CERTIFICATE for one in change.arguments)
        }
        for validation in each.after.of_type("aws_acm_certificate_validation") if each.after else ():
            certificate = each.after.find(address_of(validation.get("certificate_arn"))) if each.after else None
            if certificate is None or not {validation.address, certificate.address} & issued:
                continue
            patience = next((text(one.get("create")) for one in validation.blocks("timeouts")), "75m")
            name = code(text(certificate.get("domain_name")))
            yield (
                f"- {code(each.name)}: the certificate of {name}, for {patience} at most. Where the domain is not "
                "delegated to its zone, the apply fails then: "
                f"{code(f'miyabi-infra preflight --env {each.name}')} says whether it is"
            )


_OF_A_NEW_CERTIFICATE: Final = ("domain_name", "key_algorithm", "subject_alternative_names")
"""Arguments that AWS does not change, so that another value is another certificate."""


def _effects(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    """What was measured of such changes; of environments that exist."""
    for each in found:
        if each.causes is not None and each.before and each.after:
            yield from (f"- {code(each.name)}: {line}" for line in told(effects_of(each.changes, each.causes)))


# ---- sections ------------------------------------------------------------------------------------------------------


def _sort(each: EnvironmentChange) -> str:
    """What became of the environment as a whole; empty where it was there, and is."""
    if each.before is None:
        return " (new)"
    if each.gone:
        return " (gone)"
    if each.left:
        return " (another region)"
    return " (removed)" if each.after is None else ""


def _counts(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    rows = [
        [
            code(each.name) + _sort(each),
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
    if after is None:
        return "not known" if of.after else "-"
    shown = _at_least(after.total.typical, complete=after.complete, known=after.prices is not None)
    if before is None and of.before:
        return f"{shown} (before: not known)"
    total = next((each for each in of.cost_changes if each.component == TOTAL), None)
    return shown if total is None else f"{shown} ({_difference(total)})"


def _at_least(usd: float, *, complete: bool, known: bool = True) -> str:
    """A cost; what is not priced is never 0."""
    if not known:
        return "not known"
    return f"{usd:.2f}" if complete else f"at least {usd:.2f}"


def _difference(change: CostChange) -> str:
    return "difference not known" if change.difference is None else f"{change.difference.typical:+.2f}"


def _costs(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    rows = [
        [
            code(each.name),
            one.component,
            _at_least(one.before.typical, complete=one.before_complete),
            _at_least(one.after.typical, complete=one.after_complete),
            _difference(one),
        ]
        for each in found
        for one in each.cost_changes
        if one.component != TOTAL
    ]
    if rows:
        header = ["environment", "component", "before", "now", "difference"]
        yield from markdown(header, rows, right=(2, 3, 4)).splitlines()
    unpriced = [(each.name, one) for each in found if each.cost[1] for one in each.cost[1].unpriced]
    if unpriced:
        yield ""
        yield "Not priced, and not in the figures:"
        yield from (f"- {code(name)}: {code(one.address)}: {code(one.reason)}" for name, one in unpriced)


def _reach(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    for each in found:
        reach, name = each.reach, code(each.name)
        yield from (f"- {name}: {_connection(change)}" for change in connection_changes(reach))
        yield from (f"- {name}: **opened**: {code(one.way)}{_depends(one.verdict)}" for one in reach.passing)
        yield from (f"- {name}: closed: {code(one.way)}{_depends(one.verdict)}" for one in reach.stopped)
        yield from (f"- {name}: {one.tasks} can now {one.text}" for one in reach.gained)
        yield from (f"- {name}: **{one.tasks} cannot {one.text} any more**" for one in reach.lost)
        yield from dict.fromkeys(
            f"- {name}: {code(one.rule.address)} lets the internet in on {one.port_text}, but it does not arrive"
            for one in reach.let_in
        )
        yield from (f"- {name}: **not judged**, and may open or close something: {code(one)}" for one in reach.unjudged)


def _connection(change: ConnectionChange) -> str:
    found = change.connection
    ends = f"{code(found.source)} to {code(found.target)}, {found.port_text}"
    shown = {"opened": "**opened**", "widened": "**widened**", "changed": "**changed**"}.get(change.kind, change.kind)
    ends += _depends("yes" if found.certain else "unknown")
    if change.before and change.before != found.blocks:
        return f"{shown}: {ends}: {_blocks(change.before)} to {_blocks(found.blocks)}"
    limited = f" ({_blocks(found.limits)})" if found.limits else ""
    return f"{shown}: {ends}{limited}"


def _depends(verdict: Verdict) -> str:
    return "" if verdict == "yes" else ", depends on what the stack does not say"


def _blocks(blocks: Sequence[str]) -> str:
    return ", ".join(map(code, blocks))


def _weaker(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    for each in found:
        for one in each.weaker:
            subject = f" of {code(one.subject)}" if one.subject else ""
            figures = " to ".join(one.told)
            yield f"- {code(each.name)}: {one.strength.name}{subject}: {figures} ({one.strength.why})"
    unknown = [(each.name, one) for each in found for one in each.unjudged]
    if unknown:
        yield from [""] if any(each.weaker for each in found) else []
        yield "**Not judged**, and may make it weaker:"
        yield from (f"- {code(name)}: {code(f'{one.address} {one.argument}'.rstrip())}" for name, one in unknown)


def _stronger(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    for each in found:
        for one in each.stronger:
            subject = f" of {code(one.subject)}" if one.subject else ""
            yield f"- {code(each.name)}: {one.strength.name}{subject}: {' to '.join(reversed(one.told))}"


def _findings(found: Sequence[EnvironmentChange]) -> Iterator[str]:
    for each in found:
        for one in each.found:
            where = f" {code(one.place)}" if one.place else ""
            yield f"- {code(each.name)}: **new**, {one.severity} {code(one.name)}{where}: {code(one.text, _SENTENCE)}"
            yield f"  - {code(one.fix, _SENTENCE)}"
        for one in each.waived:
            until, reason = (one.waiver.until, one.waiver.reason) if one.waiver else ("", "")
            yield f"- {code(each.name)}: **waived** until {until}: {code(one.name)}: {code(reason, _SENTENCE)}"
        fixed = (f"- {code(each.name)}: fixed: {code(one.name)} of {code(one.subject)}" for one in each.fixed)
        yield from dict.fromkeys(fixed)


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
            values = " to ".join(code(each, _VALUE) for each in shown_values(argument.before, argument.after))
            yield f"  - {code(argument.path)}: {values}{_because(of, change, argument)}"


def _because(of: EnvironmentChange, change: ResourceChange, argument: ArgumentChange | None = None) -> str:
    if of.causes is None:
        return ""
    found = of.causes.of(change, argument.path) if argument else of.causes.of(change)
    return f", by {'; '.join(map(_cause, found))}" if found else ", by no setting: the generator differs"


def _cause(cause: Cause) -> str:
    return f"{code(', '.join(map(str, cause.places)) or 'no line')} {code(cause.name)}"
