"""What can open a connection to what, worked out from the synthesized stacks: no AWS, no Terraform, no cdktf."""

from miyabi_infra.reach.network import Step
from miyabi_infra.reach.paths import Connection, LetIn, Reach, connections
from miyabi_infra.reach.permissions import Ability, abilities
from miyabi_infra.reach.questions import Difference, difference

__all__ = [
    "Ability",
    "Connection",
    "Difference",
    "LetIn",
    "Reach",
    "Step",
    "abilities",
    "connections",
    "difference",
]
