"""What differs between the checkout and a revision, environment by environment."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from environments.retired import STACKS as RETIRED
from miyabi_infra.cost.changes import CostChange, cost_changes
from miyabi_infra.cost.estimate import estimates
from miyabi_infra.cost.model import Estimate
from miyabi_infra.lint.findings import Finding, findings
from miyabi_infra.lint.findings import overlays as linted
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.merging import documents
from miyabi_infra.overlays.problems import OverlayError
from miyabi_infra.pages.summary.region import left_behind
from miyabi_infra.pages.summary.replacing import Destroyed, Replacements, destroyed, replacements
from miyabi_infra.project import ROOT, SHARED
from miyabi_infra.reach.questions import ReachChange, difference
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, Resource, Stack, addresses, read, revision
from miyabi_infra.stacks.addresses import with_state_of
from miyabi_infra.stacks.causes import Causes
from miyabi_infra.stacks.compare import BACKEND, PROVIDER, ResourceChange
from miyabi_infra.stacks.inventory import changes as changes_of
from miyabi_infra.stacks.strengths import Unjudged, Weaker, unjudged, weaker


@dataclass(frozen=True)
class Snapshot:
    """The project at one commit, or in the working tree."""

    stacks: Mapping[str, Stack]
    contracts: Mapping[str, addresses.Contract]
    """By stack."""
    overlays: Mapping[str, Document]
    """Empty where they cannot be read."""
    costs: Mapping[str, Estimate]
    """Without the environments that cannot be estimated."""
    findings: Sequence[Finding]
    """What lint finds, waived or not; empty where it cannot read the overlays."""
    not_known: Mapping[str, str]
    """What could not be determined, with the reason: `findings`, `cost of dev`."""

    def found(self, environment: str, *, waived: bool = False) -> tuple[Finding, ...]:
        """The findings of an environment that are waived, or are not."""
        return tuple(each for each in self.findings if each.environment == environment and each.waived == waived)


@dataclass(frozen=True)
class EnvironmentChange:
    """What differs in an environment."""

    name: str
    before: Stack | None
    after: Stack | None
    gone: bool
    """Whether the stack is gone and its state's place nobody's, undeclared: nothing is destroyed by that."""
    taken_by: str
    """The other stack whose state is in the place of the one that is gone; empty if there is none."""
    changes: tuple[ResourceChange, ...]
    causes: Causes | None
    """None without changes, and if one of the overlays does not exist or cannot be read."""
    reach: ReachChange
    weaker: tuple[Weaker, ...]
    stronger: tuple[Weaker, ...]
    """What the earlier one had less of: from now to then."""
    unjudged: tuple[Unjudged, ...]
    """Differences of which it is not known whether they make it weaker."""
    replacements: Replacements
    """What is known without a plan."""
    destroyed: tuple[Destroyed, ...]
    """What the stack has no more, and holds data."""
    cost: tuple[Estimate | None, Estimate | None]
    """None for an environment that does not exist, or that cannot be estimated."""
    cost_changes: tuple[CostChange, ...]
    found: tuple[Finding, ...]
    """Findings that were not there before."""
    waived: tuple[Finding, ...]
    """Findings that counted before, and are waived now."""
    fixed: tuple[Finding, ...]
    """Findings that counted before, and no longer exist."""

    @property
    def left(self) -> tuple[Resource, ...]:
        """The resources in the region that the environment leaves; empty where it stays."""
        return left_behind(self.before, self.after)

    def number(self, kind: str) -> int:
        """Resources that are added, changed or removed."""
        return len([each for each in self.changes if each.kind == kind and each.address not in (PROVIDER, BACKEND)])

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(
            self.gone
            or self.changes
            or self.reach
            or self.weaker
            or self.cost_changes
            or self.found
            or self.waived
            or self.fixed
        )


@dataclass(frozen=True)
class Changes:
    """What differs from a revision."""

    environments: tuple[EnvironmentChange, ...]
    """Those that differ."""
    not_known: tuple[str, ...]
    """What could not be determined, and why."""


def changes(root: Path, since: str, environment: str | None, today: date) -> Changes:
    """What differs from a revision, in each environment of either; waivers are compared with `today`.

    Raises:
        Refused: when stacks, the revision or the environment cannot be read.
    """
    now = _snapshot(root, today)
    with revision.tree(root, since) as folder:
        try:
            then = _snapshot(folder, today)
        except Refused as error:
            raise revision.RevisionError(f"revision {since!r}: {error}") from error
    names = [name for name in dict.fromkeys((*now.stacks, *then.stacks)) if environment in (None, name)]
    if not names:
        known = ", ".join(dict.fromkeys((*now.stacks, *then.stacks)))
        raise Refused(f"there is no environment {environment!r}; there are {known}")
    found = [_environment(name, then, now) for name in names]
    not_known = [f"{what} now: {why}" for what, why in now.not_known.items()]
    not_known += [f"{what} at {since}: {why}" for what, why in then.not_known.items()]
    return Changes(tuple(each for each in found if each), tuple(not_known))


def _snapshot(root: Path, today: date) -> Snapshot:
    """What is known at a commit; what cannot be read does not take the rest away."""
    stacks, not_known = read(root / OUT), dict[str, str]()
    overlays: Mapping[str, Document] = {}
    try:
        overlays = documents(root)
    except OverlayError as error:
        not_known["overlays and cost"] = str(error).partition("\n")[0]
    costs: dict[str, Estimate] = {}
    for stack in stacks if overlays else ():
        try:
            (costs[stack.environment],) = estimates(root, [stack], overlays)
        except Refused as reason:
            not_known[f"cost of {stack.environment}"] = str(reason)
    found: Sequence[Finding] = []
    try:
        found = findings(stacks, linted(root), today)
    except Refused as reason:
        not_known["findings"] = str(reason).partition("\n")[0]
    contracts = addresses.read(root / OUT)
    return Snapshot({each.environment: each for each in stacks}, contracts, overlays, costs, found, not_known)


def _environment(name: str, then: Snapshot, now: Snapshot) -> EnvironmentChange:
    before, after = then.stacks.get(name), now.stacks.get(name)
    first, second = then.overlays.get(name), now.overlays.get(name)
    lost = before if before and not after and before.name not in RETIRED else None
    taken_by = with_state_of(then.contracts[lost.name], now.contracts) if lost else ""
    gone = lost is not None and not taken_by
    same = repr(before) == repr(after)  # there is nothing to tell then; 1 and true are equal, and not the same
    pair = (before, after) if before and after and not same else None
    found = () if gone or same else changes_of(before, after)
    earlier, present = then.found(name), now.found(name)
    waived = now.found(name, waived=True)
    stays = before.addresses & after.addresses if before and after else frozenset[str]()
    return EnvironmentChange(
        name=name,
        before=before,
        after=after,
        gone=gone,
        taken_by=taken_by,
        changes=found,
        causes=Causes(ROOT, first, second, shared=name == SHARED, stays=stays) if found and first and second else None,
        reach=difference(None, None) if same else difference(None if gone else before, after),
        weaker=tuple(weaker(*pair)) if pair else (),
        stronger=tuple(_stronger(*pair)) if pair else (),
        unjudged=tuple(unjudged(found)) if pair else (),
        replacements=replacements(*pair, found) if pair else Replacements((), ()),
        destroyed=destroyed(*pair, now.contracts[pair[1].name]) if pair else (),
        cost=(then.costs.get(name), now.costs.get(name)),
        cost_changes=() if gone else tuple(_cost_changes(name, then, now)),
        found=_without(present, earlier),
        waived=_without(waived, _without(waived, earlier)),
        fixed=() if gone else _without(earlier, (*present, *waived)),
    )


def _stronger(before: Stack, after: Stack) -> Iterator[Weaker]:
    """What there is more of than before: that what is new is protected makes nothing stronger that was there."""
    for each in weaker(after, before):
        kinds = {kind for kind, _ in each.strength.arguments}
        is_new = each.subject.partition(": ")[0] not in before.addresses if each.subject else False
        of_new = isinstance(each.before, bool) and not each.subject and not before.of_type(*kinds)
        if not is_new and not of_new:
            yield each


def _without(findings: Sequence[Finding], others: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings of which there is no like among others.

    Two of one rule may be about one subject, and what the text of one says may change with what it is about: so those
    of the same text are alike, and of the rest as many as the others have of the rule and the subject.
    """
    left = list(others)
    rest: list[Finding] = []
    for each in findings:
        same = next((one for one in left if _key(one) == _key(each) and one.text == each.text), None)
        if same is None:
            rest.append(each)
        else:
            left.remove(same)
    number = Counter(map(_key, left))
    number.subtract(map(_key, rest))
    found: list[Finding] = []
    for each in reversed(rest):
        if number[_key(each)] < 0:
            number[_key(each)] += 1
            found.append(each)
    return tuple(reversed(found))


def _key(finding: Finding) -> tuple[str, str]:
    return finding.name, finding.subject


def _cost_changes(name: str, then: Snapshot, now: Snapshot) -> Sequence[CostChange]:
    """Which components cost something else; nothing if a side exists and cannot be estimated."""
    for side in (then, now):
        if name in side.stacks and name not in side.costs:
            return ()
    return cost_changes(name, then.costs.get(name), now.costs.get(name))
