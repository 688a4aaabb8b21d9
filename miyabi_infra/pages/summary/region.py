"""What becomes of an environment whose region changes: Terraform looks for all of it in the new one."""

from typing import Final

from miyabi_infra.pages.summary.losses import DATA
from miyabi_infra.pages.summary.markdown import code
from miyabi_infra.stacks import Resource, Stack
from miyabi_infra.text import count

_WITHOUT_REGION: Final = ("aws_cloudfront_", "aws_iam_", "aws_route53_")
"""How the types of resources begin that AWS has once for an account, so that they are found from any region."""


def left_behind(before: Stack | None, after: Stack | None) -> tuple[Resource, ...]:
    """The resources in the region that an environment leaves; none where it stays."""
    if before is None or after is None or before.region == after.region:
        return ()
    return tuple(each for each in before.resources if not each.region and not each.type.startswith(_WITHOUT_REGION))


def told(before: Stack, after: Stack, left: tuple[Resource, ...]) -> str:
    """What happens to them, for people."""
    old, new = code(before.region), code(after.region)
    data = ", ".join(code(each.address) for each in left if each.type in DATA)
    kept = len(before.resources) - len(left)
    stays = f" {count(kept, 'resource')} of no region, or of another one, stay{'s' * (kept == 1)}." if kept else ""
    return (
        f"from {old} to {new}: **nothing of {old} is moved or destroyed.** Terraform looks in {new} for "
        f"{count(len(left), 'resource')}, finds none, forgets them and makes all anew there, empty; or its plan fails "
        f"at an ARN of {old}. "
        f"What runs in {old} goes on to run and to be billed, in no state"
        f"{f', with its data: {data}' if data else ''}.{stays}"
    )
