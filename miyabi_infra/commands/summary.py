"""`miyabi-infra summary`: print what a change does, as a comment for a pull request."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from miyabi_infra.pages.summary.changes import changes
from miyabi_infra.pages.summary.comment import comment
from miyabi_infra.pages.summary.plan import read
from miyabi_infra.stacks import revision


def run(root: Path, environment: str | None = None, *, since: str | None = None, plans: Sequence[Path] = ()) -> int:
    """Print the comment; return 1 when the infrastructure changes, or a plan changes it.

    Args:
        root: The project's root.
        environment: One environment only.
        since: Git revision to compare with. Default: where the branch left `main`.
        plans: Files with plans as JSON.

    Raises:
        Refused: when stacks, overlays, a plan, the environment or the revision cannot be read.
    """
    found_plans = [read(file) for file in plans]
    default = revision.base(root)
    base = since or (default.name if default else revision.head(root))
    found = [each for each in changes(root, base, environment, datetime.now(UTC).date()) if each]
    print(comment(found, found_plans, base), end="")
    return int(bool(found) or any(plan.changes for plan in found_plans))
