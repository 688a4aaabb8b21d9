"""What in the real account would stand in the way of an apply: read before it, never changed.

Each section is a function in a file of its own kind; a new one is a row in SECTIONS. What AWS did not answer is
`unknown`, never good.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from miyabi_infra.aws.account import account_of
from miyabi_infra.aws.client import Aws, Kind
from miyabi_infra.aws.preflight import (
    domain,
    images,
    names,
    offers,
    permissions,
    quotas,
    references,
    roles,
    snapshots,
    steps,
)
from miyabi_infra.aws.preflight.model import Before, Preflight
from miyabi_infra.aws.readers import READERS
from miyabi_infra.aws.status.model import Ask, StatusSection, sections_of, unknown
from miyabi_infra.aws.world import World
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.platform import Platform

__all__ = ["SECTIONS", "Preflight", "policy_of", "read"]

SECTIONS: Final[Mapping[str, Ask]] = {
    "state": names.state,
    "steps": steps.left_out,
    "names": names.names,
    "quotas": quotas.quotas,
    "zones": offers.zones,
    "nodes": offers.nodes,
    "database classes": offers.classes,
    "snapshots": snapshots.snapshots,
    "image": images.images,
    "secrets": references.secrets,
    "domain": domain.domain,
    "certificates": references.certificates,
    "other ARNs": references.others,
    "AWS's roles": roles.service_linked,
}
"""The sections, in the order in which they are shown."""


def policy_of(stack: Stack) -> dict[str, Any]:
    """The IAM policy that a preflight of a stack needs; nothing is asked for it."""
    return permissions.policy(stack, {each.__module__ for each in SECTIONS.values()})


def read(before: Before, aws: Aws, stacks: Sequence[Stack]) -> Preflight:
    """What stands in the way of the next apply of a stack.

    Args:
        before: The stack, and what its state has.
        aws: The account.
        stacks: All stacks of the project: quotas hold for all environments of an account together.

    Raises:
        Refused: when the credentials belong to another account.
    """
    stack = before.stack
    world = World(aws, stack, READERS)
    account = account_of(world)
    access = () if account.trouble is None else (StatusSection("account", (unknown(account.trouble),)),)
    if account.trouble is not None and account.trouble.kind is Kind.CREDENTIALS:  # nothing else would be answered
        return Preflight(stack, "", "", access)
    look = before.look(world, Platform(stack), tuple(stacks))
    sections = sections_of(look, SECTIONS)
    shown = tuple(each for each in sections if each.observations)
    return Preflight(stack, account.number, account.principal, (*access, *shown))
