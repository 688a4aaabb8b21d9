"""The estimate: every resource that costs something, its quantity per month, and the price of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from environments.sections.usage import SharedUsageSettings, UsageSettings
from miyabi_infra.cost.model import (
    COMPONENTS,
    Billed,
    Charge,
    Context,
    Estimate,
    Free,
    Span,
    Unpriced,
    Usage,
)
from miyabi_infra.cost.prices import NoPrices, NotPriced, Prices, load
from miyabi_infra.cost.services import BILLING, TRAFFIC
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.merging import documents
from miyabi_infra.project import SHARED
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Resource, Stack, Value


def estimates(root: Path, stacks: Sequence[Stack], overlays: Mapping[str, Document] | None = None) -> list[Estimate]:
    """The estimate of every stack, with the usage and the budget of the overlays.

    A region without prices takes nothing away from the other stacks: of its own stacks, everything is unpriced.

    Args:
        root: The project's root.
        stacks: What is estimated.
        overlays: By environment, when they have been read already; those at `root` without.

    Raises:
        Refused: for an overlay that cannot be used.
    """
    overlays = documents(root) if overlays is None else overlays
    return [_of_overlay(stack, overlays.get(stack.environment)) for stack in stacks]


def _of_overlay(stack: Stack, overlay: Document | None) -> Estimate:
    data = overlay.data if overlay else {}
    model = SharedUsageSettings if stack.environment == SHARED else UsageSettings
    try:
        usage = model.model_validate(data.get("usage") or {})
        budget = None if data.get("monthly_budget") is None else float(data["monthly_budget"])
    except (ValidationError, TypeError, ValueError) as error:
        file = f"environments/{stack.environment}.yaml"
        raise Refused(f"{file}: usage or monthly_budget cannot be used; 'make synth' says why") from error
    try:
        prices = load(stack.region)
    except NoPrices as reason:
        return _without_prices(stack, str(reason), budget)
    return estimate(stack, usage, prices, budget)


def estimate(stack: Stack, usage: Usage, prices: Prices, budget: float | None = None) -> Estimate:
    """The estimate of a stack; `prices` are those of its region."""
    context = Context(stack, usage, prices)
    charges: list[Charge] = []
    unpriced: list[Unpriced] = []
    for resource in stack.resources:
        for found in _of_resource(resource, context):
            if isinstance(found, Charge):
                charges.append(found)
            else:
                unpriced.append(found)
    for traffic in TRAFFIC:
        try:
            charges += traffic(context)
        except NotPriced as reason:
            unpriced.append(Unpriced("traffic", "Transfer", str(reason)))
    order = {name: index for index, name in enumerate(COMPONENTS)}
    charges = _together([charge for charge in charges if charge.quantity.maximum])
    charges.sort(key=lambda charge: order[charge.component])
    return Estimate(stack.environment, stack.region, prices, tuple(charges), tuple(unpriced), budget)


def _of_resource(resource: Resource, context: Context) -> Iterator[Charge | Unpriced]:
    """The charges of a resource, and what of it has no known price."""
    billing = BILLING.get(resource.type)
    if billing is None:
        yield Unpriced(resource.address, "Other", f"how {resource.type} is billed is not known")
    elif isinstance(billing, Free):
        yield from (Unpriced(resource.address, "Other", f"no price of {each}") for each in billing.but(resource))
    else:
        try:
            yield from billing.pricer(resource, context)
        except NotPriced as reason:
            yield Unpriced(resource.address, billing.component, str(reason))
        for argument, value in resource.arguments.items():
            if argument not in billing.reads | billing.free and _says_something(value):
                reason = f"whether {argument} changes the bill is not known"
                yield Unpriced(resource.address, billing.component, reason)


def _says_something(value: Value) -> bool:
    return value not in (None, False, "", ())


def _without_prices(stack: Stack, reason: str, budget: float | None) -> Estimate:
    unpriced = [
        Unpriced(each.address, found.component if isinstance(found, Billed) else "Other", reason)
        for each in stack.resources
        if not isinstance(found := BILLING.get(each.type), Free)
    ]
    return Estimate(stack.environment, stack.region, None, (), tuple(unpriced), budget)


def _together(charges: Sequence[Charge]) -> list[Charge]:
    """Counted charges of the same item as one."""
    merged: dict[tuple[str, str, str], Charge] = {}
    for charge in charges:
        key = charge.component, charge.item, charge.price.key
        held = merged.get(key)
        if held is None or held.number is None or charge.number is None:
            merged[(*key[:2], f"{key[2]} {len(merged)}") if held else key] = charge
        else:
            total, quantity = held.number + charge.number, Span.sum([held.quantity, charge.quantity])
            merged[key] = replace(held, number=total, quantity=quantity)
    return list(merged.values())
