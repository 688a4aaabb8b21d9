"""What can open a connection to what, worked out from the synthesized stacks: no AWS, no Terraform, no cdktf."""

from miyabi_infra.reach.paths import Connection, LetIn, Reach, connections
from miyabi_infra.reach.permissions import Ability, abilities
from miyabi_infra.reach.questions import ReachChange, difference
from miyabi_infra.reach.steps import Step

__all__ = [
    "Ability",
    "Connection",
    "LetIn",
    "Reach",
    "ReachChange",
    "Step",
    "abilities",
    "connections",
    "difference",
]
