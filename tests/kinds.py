"""How many inputs of each hostile kind the tests give: `python -m tests.kinds` writes docs/hostile.md.

A test counts once, one of hypothesis as often as it draws. What was tried before is counted in the same way, in the
sources of before.
"""

import inspect
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol, cast

import pytest

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs/hostile.md"
BEFORE: Final = "0ee12cff71710079d86d0c8b8377edaff6a3c761"
"""The commit before these kinds were gone through."""

KINDS: Final = {
    "Output that is not what the overlays say": r"unit/test_stale\.py|test_cli\.py.*(stale|fresh)",
    "Regions and price lists with gaps, cut off, or none": r"test_offers\.py|test_cost\.py.*(region|price)",
    "Secrets in environment variables, and in messages": r"test_secret_detection\.py",
    "Values that AWS or Terraform refuses": r"test_refusals\.py",
    "Every setting at its limits, judged by the provider": r"test_limits\.py",
    "Overlays drawn at random, whole and broken": r"property/test_overlays\.py",
    "Files that explode, block, forge or are none": r"test_hostile\.py.*(hostile_text|pipes|editors|its_limit|many)",
    "Texts that forge a line or move the cursor": r"test_hostile\.py.*(one_line|a_table|escape|command_itself)",
    "Findings that break SARIF, JUnit or annotations": r"test_formats\.py",
    "Disks, pipes, Ctrl-C, moved clones": (
        r"test_command_line\.py.*(output|disk|reads|ctrl|checkout|gone|moved|crash)|test_writing\.py"
    ),
    "Clones without the commit to compare with": r"test_addresses\.py.*(shallow|first_commit)",
}


class Item(Protocol):
    """What is asked of a test that was collected."""

    nodeid: str
    obj: object


class Counting:
    """A plugin of pytest that counts the inputs of each kind."""

    def __init__(self) -> None:
        self.found = Counter[str]()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for each in cast("Sequence[Item]", session.items):
            drawn = getattr(each.obj, "_hypothesis_internal_use_settings", None)
            number = drawn.max_examples if drawn is not None else 1
            for kind, tests in KINDS.items():
                if re.search(tests, each.nodeid):
                    self.found[kind] += _of_limits(each.obj, number)


def _of_limits(test: object, number: int) -> int:
    """The test of limits draws inside: its stacks, each with many settings pressed."""
    module = inspect.getmodule(test)
    return getattr(module, "STACKS", 1) * getattr(module, "PRESSED", 1) * number


def counted() -> Counter[str]:
    """The inputs of each kind in the tests of the current folder."""
    counting = Counting()
    folders = [name for name in ("tests/unit", "tests/property", "tests/terraform") if Path(name).is_dir()]
    code = pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", *folders], plugins=[counting])
    assert code == pytest.ExitCode.OK, f"not every test could be collected: {code!r}"
    return counting.found


def counted_in(folder: Path) -> dict[str, int]:
    """The inputs of each kind in the tests of another folder."""
    command = [sys.executable, str(Path(__file__)), "--count"]
    environment = {"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def page() -> str:
    """The table of kinds."""
    with tempfile.TemporaryDirectory() as temporary:
        then = Path(temporary) / "before"
        subprocess.run(["git", "worktree", "add", "-q", "--detach", then, BEFORE], cwd=ROOT, check=True)
        try:
            before, now = counted_in(then), counted_in(ROOT)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", then], cwd=ROOT, check=True)
    rows = [f"| {kind} | {before.get(kind, 0):,} | {now.get(kind, 0):,} |" for kind in KINDS]
    total = f"| all | {sum(before.values()):,} | {sum(now.values()):,} |"
    return "\n".join(
        [
            "# Hostile inputs",
            "",
            "What the tests try, by kind. `python -m tests.kinds` counts and writes this page, and names the tests.",
            "A test counts once, a property as often as it draws; CI draws the same each time.",
            f"Before: commit {BEFORE[:7]}.",
            "",
            "| kind | inputs before | inputs now |",
            "|---|---:|---:|",
            *rows,
            total,
            "",
        ]
    )


if __name__ == "__main__":
    if "--count" in sys.argv:
        print(json.dumps(counted()))
    else:
        PAGE.write_text(page(), encoding="utf-8")
