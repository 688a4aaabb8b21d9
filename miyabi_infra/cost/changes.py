"""What two estimates of one environment differ by, component by component."""

from collections.abc import Sequence
from dataclasses import dataclass

from miyabi_infra.cost.model import COMPONENTS, Estimate, Span

TOTAL = "total"


@dataclass(frozen=True)
class CostChange:
    """A component, or the total, that costs something else; US dollars per month."""

    environment: str
    component: str
    before: Span
    """What is priced of it: at least that much, when it is not complete."""
    after: Span
    before_complete: bool = True
    """Whether everything of it is priced."""
    after_complete: bool = True

    @property
    def difference(self) -> Span | None:
        """By how much; None when it cannot be known, since one side is not completely priced."""
        if not (self.before_complete and self.after_complete):
            return None
        return Span.sum([self.after, self.before.times(-1)])


def cost_changes(name: str, old: Estimate | None, new: Estimate | None) -> list[CostChange]:
    """Components of an environment whose cost differs or is not known, and the total; empty when nothing differs.

    Minimum, typical and maximum are compared, each to the cent. What neither side can price, for the same reasons, is
    the same on both.
    """
    changes = [_change(name, component, old, new) for component in COMPONENTS]
    differing = [each for each in changes if _differs(each, old, new)]
    if not differing:
        return []
    spans = [[] if each is None else list(each.components.values()) for each in (old, new)]
    complete = [each is None or each.complete for each in (old, new)]
    return [*differing, CostChange(name, TOTAL, Span.sum(spans[0]), Span.sum(spans[1]), *complete)]


def _change(name: str, component: str, old: Estimate | None, new: Estimate | None) -> CostChange:
    before, after = (Span.of(0) if each is None else each.components.get(component, Span.of(0)) for each in (old, new))
    complete = [each is None or component not in each.incomplete for each in (old, new)]
    return CostChange(name, component, before, after, *complete)


def _differs(change: CostChange, old: Estimate | None, new: Estimate | None) -> bool:
    return _cents(change.before) != _cents(change.after) or (
        _unpriced(change.component, old) != _unpriced(change.component, new)
    )


def _cents(span: Span) -> Sequence[str]:
    return [f"{figure:.2f}" for figure in (span.minimum, span.typical, span.maximum)]


def _unpriced(component: str, of: Estimate | None) -> set[tuple[str, str]]:
    return set() if of is None else {(each.address, each.reason) for each in of.unpriced if each.component == component}
