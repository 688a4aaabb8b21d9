"""What differs between the checkout and a revision, environment by environment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from miyabi_infra.cost.estimate import estimates
from miyabi_infra.cost.model import Estimate
from miyabi_infra.lint.findings import Finding, findings
from miyabi_infra.lint.findings import overlays as linted
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.merging import documents
from miyabi_infra.overlays.problems import OverlayError
from miyabi_infra.project import ROOT, SHARED
from miyabi_infra.reach.questions import ReachChange, difference
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, Stack, read, revision
from miyabi_infra.stacks.causes import Causes
from miyabi_infra.stacks.compare import BACKEND, PROVIDER, ResourceChange, compare
from miyabi_infra.stacks.strengths import Weaker, weaker


@dataclass(frozen=True)
class Snapshot:
    """The project at one commit, or in the working tree."""

    stacks: Mapping[str, Stack]
    overlays: Mapping[str, Document]
    """Empty where they cannot be read."""
    costs: Mapping[str, Estimate]
    """Empty where there are no prices."""
    findings: Sequence[Finding]
    """What lint finds, waived or not; empty where it cannot read the overlays."""

    def found(self, environment: str) -> "dict[tuple[str, str], Finding]":
        """The findings of an environment that are not waived, by name and subject."""
        return {
            (each.name, each.subject): each
            for each in self.findings
            if each.environment == environment and not each.waived
        }


@dataclass(frozen=True)
class EnvironmentChange:
    """What differs in an environment."""

    name: str
    before: Stack | None
    after: Stack | None
    changes: tuple[ResourceChange, ...]
    causes: Causes | None
    """None without changes, and if one of the overlays does not exist or cannot be read."""
    reach: ReachChange
    weaker: tuple[Weaker, ...]
    cost: tuple[Estimate | None, Estimate | None]
    found: tuple[Finding, ...]
    """Findings that were not there before."""
    waived: tuple[Finding, ...]
    """Findings that counted before, and are waived now."""
    fixed: tuple[Finding, ...]
    """Findings that counted before, and no longer exist."""

    def number(self, kind: str) -> int:
        """Resources that are added, changed or removed."""
        return len([each for each in self.changes if each.kind == kind and each.address not in (PROVIDER, BACKEND)])

    @property
    def costs_differ(self) -> bool:
        """Whether a typical month costs more or less, by at least a cent."""
        before, after = (0.0 if each is None else each.total.typical for each in self.cost)
        return f"{before:.2f}" != f"{after:.2f}"

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(
            self.changes or self.reach or self.weaker or self.costs_differ or self.found or self.waived or self.fixed
        )


def changes(root: Path, since: str, environment: str | None, today: date) -> list[EnvironmentChange]:
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
    return [_environment(name, then, now) for name in names]


def _snapshot(root: Path, today: date) -> Snapshot:
    stacks = read(root / OUT)
    try:
        overlays = documents(root)
    except OverlayError:
        overlays = {}
    try:
        costs = estimates(root, stacks, overlays)
    except Refused:  # a region without prices
        costs = []
    try:
        found = findings(stacks, linted(root), today)
    except Refused:
        found = []
    by_name = {each.environment: each for each in stacks}
    return Snapshot(by_name, overlays, {each.environment: each for each in costs}, found)


def _environment(name: str, then: Snapshot, now: Snapshot) -> EnvironmentChange:
    before, after = then.stacks.get(name), now.stacks.get(name)
    first, second = then.overlays.get(name), now.overlays.get(name)
    found = tuple(_changes(before, after))
    earlier, present = then.found(name), now.found(name)
    waived = {(each.name, each.subject): each for each in now.findings if each.environment == name and each.waived}
    return EnvironmentChange(
        name=name,
        before=before,
        after=after,
        changes=found,
        causes=Causes(ROOT, first, second, shared=name == SHARED) if found and first and second else None,
        reach=difference(before, after),
        weaker=tuple(weaker(before, after)) if before and after else (),
        cost=(then.costs.get(name), now.costs.get(name)),
        found=tuple(each for key, each in present.items() if key not in earlier),
        waived=tuple(each for key, each in waived.items() if key in earlier),
        fixed=tuple(each for key, each in earlier.items() if key not in present and key not in waived),
    )


def _changes(before: Stack | None, after: Stack | None) -> Sequence[ResourceChange]:
    if before and after:
        return compare(before, after).changes
    stack = after or before
    return [ResourceChange(each.address, "add" if after else "remove") for each in stack.resources] if stack else []
