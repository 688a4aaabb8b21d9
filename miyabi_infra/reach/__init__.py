"""What can open a connection to what, worked out from the synthesized stacks: no AWS, no Terraform, no cdktf."""

from miyabi_infra.reach.network import Step
from miyabi_infra.reach.paths import Connection, LetIn, Reach, connections
from miyabi_infra.reach.permissions import Ability, abilities

__all__ = ["Ability", "Connection", "LetIn", "Reach", "Step", "abilities", "connections"]
