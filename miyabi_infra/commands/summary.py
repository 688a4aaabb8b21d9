"""`miyabi-infra summary`: print what a change does, as a comment for a pull request."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from miyabi_infra import exits
from miyabi_infra.pages.summary.changes import changes
from miyabi_infra.pages.summary.comment import comment
from miyabi_infra.pages.summary.plan import read
from miyabi_infra.stacks import revision


def run(root: Path, environment: str | None = None, *, since: str | None = None, plans: Sequence[Path] = ()) -> int:
    """Print the comment, and return the exit code: what could not be determined counts before what changes.

    Args:
        root: The project's root.
        environment: One environment only.
        since: Git revision to compare with. Default: the base of the branch (`revision.base`), else the commit itself.
        plans: Files with plans as JSON.

    Raises:
        Refused: when stacks, a plan, the environment or the revision cannot be read.
    """
    found_plans = [read(file) for file in plans]
    default = revision.base(root)
    base = since or (default.name if default else revision.head(root))
    found = changes(root, base, environment, datetime.now(UTC).date())
    print(comment(found, found_plans, base), end="")
    if found.not_known or not all(plan.complete for plan in found_plans):
        return exits.UNKNOWN
    return exits.FOUND if found.environments or not all(plan.quiet for plan in found_plans) else exits.FINE
