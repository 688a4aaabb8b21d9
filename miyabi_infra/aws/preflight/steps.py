"""What one apply would replace by something else at another address: a service or a cache whose way has steps.

None of AWS's resources changes in place here, so each form has an address of its own, and the overlays lead from one to
the next in several applies. Where the state has one form only and the stack another, steps were left out.
"""

from typing import Final

from miyabi_infra.aws.preflight.model import Observations, blocked
from miyabi_infra.aws.preflight.names import known
from miyabi_infra.aws.status.model import Look
from miyabi_infra.stacks.steps import STEPS
from miyabi_infra.terraform.address import label

_FORMS: Final = {
    "ecs_service.deployment": ("aws_ecs_service",),
    "elasticache.topology": ("aws_elasticache_cluster", "aws_elasticache_replication_group"),
}
"""Settings whose values have resources of their own, and the types of these."""


def left_out(look: Look) -> Observations:
    """Nothing where an apply makes the next step, or none."""
    state = known(look)
    for setting, types in _FORMS.items():
        wanted = {label(each.address) for kind in types for each in look.world.stack.of_type(kind)}
        held = {each for each in state if each.split(".")[-2] in types}
        if held and wanted and not held & wanted:
            gone, new = ", ".join(sorted(held)), ", ".join(sorted(wanted))
            steps = STEPS[setting]
            text = f"one apply would delete {gone} and create {new}: {steps.text} ({steps.page})"
            yield blocked(text, setting=setting, steps=steps.text, page=steps.page)
