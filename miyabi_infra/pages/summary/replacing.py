"""Which resources a change replaces, as far as it is known without a plan."""

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from miyabi_infra.pages.summary.losses import holds, lost_with, rank
from miyabi_infra.stacks import Resource, Stack, Value, unknowns
from miyabi_infra.stacks.addresses import Contract
from miyabi_infra.stacks.compare import ResourceChange
from miyabi_infra.terraform.address import label, resource_type
from miyabi_infra.terraform.replacements import Effect, effect


@dataclass(frozen=True)
class Replaced:
    """A resource that Terraform replaces when the change is applied."""

    address: str
    argument: str
    """The argument that forces it."""
    through: str
    """Address of the replaced resource to which the argument refers; empty if the argument itself changes."""
    loss: str
    """What is lost with it; empty for nothing more than the resource."""
    refused: bool = False
    """Whether Terraform refuses a plan that does it (`prevent_destroy`)."""


@dataclass(frozen=True)
class Replacements:
    """What is known without a plan."""

    known: tuple[Replaced, ...]
    unknown: tuple[tuple[str, str], ...]
    """Address and argument of each change of which it is not known whether it forces a replacement."""


@dataclass(frozen=True)
class Destroyed:
    """A resource with data that the stack has no more, so that Terraform destroys it."""

    address: str
    loss: str
    """What is lost with it."""


def destroyed(before: Stack, after: Stack, contract: Contract) -> tuple[Destroyed, ...]:
    """The resources with data that a stack has no more; what has moved to another address stays."""
    addresses = {each.address for each in after.resources}
    found = [
        Destroyed(each.address, lost_with(each.type))
        for each in before.resources
        if holds(each.type) and each.address not in addresses and not _moves(each.address, addresses, contract)
    ]
    return tuple(sorted(found, key=lambda each: rank(resource_type(each.address))))


def _moves(address: str, addresses: Container[str], contract: Contract) -> bool:
    """Whether an address goes on at another: as it is declared, or as Terraform does it where `count` comes or goes."""
    whole = label(address)
    return (
        address in contract.moved
        or contract.now(whole) not in (whole, *contract.retired)
        or f"{address}[0]" in addresses
        or (address == f"{whole}[0]" and whole in addresses)
    )


def replacements(before: Stack, after: Stack, changes: tuple[ResourceChange, ...]) -> Replacements:
    """The resources of both stacks that a change replaces, and those that follow because they refer to them."""
    found: dict[str, Replaced] = {}
    unknown: list[tuple[str, str]] = []
    for change in changes:
        resource = after.find(change.address)
        if change.kind != "change" or resource is None or before.find(change.address) is None:
            continue
        for argument in change.arguments:
            path = re.sub(r"\[[^]]*\]", "", argument.path)
            if path.startswith("lifecycle."):
                continue
            effects = _effect(resource, path)
            if effects == "not known":
                unknown.append((change.address, argument.path))
            elif effects == "replaced" and change.address not in found:
                lost = lost_with(resource.type)
                found[change.address] = Replaced(change.address, argument.path, "", lost, resource.prevent_destroy)
    while following := {each.address: each for each in _following(before, after, found)}:
        found |= following
    return Replacements(
        tuple(sorted(found.values(), key=lambda each: rank(resource_type(each.address)))),
        tuple(each for each in unknown if each[0] not in found),
    )


def _effect(resource: Resource, path: str) -> Effect:
    """What the provider is known to do; of the subnets of a load balancer it decides by what kind of one it is.

    The provider's documentation of `aws_lb`, `subnets`: only of network load balancers can none be taken away.
    """
    if (resource.type, path) == ("aws_lb", "subnets"):
        return "in place" if resource.get("load_balancer_type", "application") == "application" else "not known"
    return effect(resource.type, path)


def _following(before: Stack, after: Stack, found: Mapping[str, Replaced]) -> Iterator[Replaced]:
    """Resources that exist already and refer, where it forces a replacement, to one that is replaced."""
    for resource in after.resources:
        if resource.address in found or before.find(resource.address) is None:
            continue
        for path, through in _references(resource):
            if through in found and effect(resource.type, path) == "replaced":
                yield Replaced(resource.address, path, through, lost_with(resource.type), resource.prevent_destroy)
                break


def _references(resource: Resource) -> Iterator[tuple[str, str]]:
    """Paths of arguments, with the address of what each refers to."""
    for argument, value in resource.arguments.items():
        yield from _within(argument, value)


def _within(path: str, value: Value) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, held in value.items():
            yield from _within(f"{path}.{key}", held)
    elif isinstance(value, tuple):
        for held in value:
            yield from _within(path, held)
    else:
        yield from ((path, reference.address) for reference in unknowns(value))
