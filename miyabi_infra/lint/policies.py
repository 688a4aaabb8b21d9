"""Policies of a scanner: checkov over the plan of every stack, made by Terraform without AWS.

checkov has a separate virtual environment (`make policies`), since it has a hundred dependencies. It reads plans, not
the generated JSON, in which it sees neither what modules pass to one another nor full addresses.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Stack
from miyabi_infra.terraform import offline
from miyabi_infra.terraform.cli import TerraformError, executable

VENV: Final = ".venv-policies"
"""Where `make policies` installs checkov, below the project's root."""

HOW_TO_INSTALL: Final = "'make policies' installs it, and asks it"


@dataclass(frozen=True)
class Violated:
    """A resource that is against a policy."""

    policy: str
    """`CKV_AWS_91`."""
    address: str
    text: str


@dataclass(frozen=True)
class Scan:
    """What the scanner found."""

    version: str
    passed: Mapping[str, int]
    """Checks passed, by environment: each has some, or nothing was checked."""
    violated: Mapping[str, tuple[Violated, ...]]
    """By environment, in the order of policies and addresses."""


def scanner(root: Path) -> Path | None:
    """The program checkov: that of `make policies`, or one on the PATH; None without."""
    own = root / VENV / "bin/checkov"
    if own.is_file():
        return own
    found = shutil.which("checkov")
    return Path(found) if found else None


def missing(root: Path) -> str | None:
    """Why policies cannot be checked, and what would help; None when they can."""
    if scanner(root) is None:
        return f"checkov is not installed: {HOW_TO_INSTALL}"
    if executable() is None:
        return "terraform is not on the PATH, and checkov reads its plans"
    return None


def scan(root: Path, stacks: Sequence[Stack], out: Path) -> Scan:
    """Check stacks with checkov's policies; `out` is the output folder that they were read from.

    Raises:
        Refused: when a plan cannot be made, checkov fails, or it checked nothing in a stack.
    """
    program = scanner(root)
    assert program is not None
    with tempfile.TemporaryDirectory(prefix="miyabi-policies-") as name:
        folder = Path(name)
        plans = [_plan(stack, out, folder) for stack in stacks]
        report = _checkov(program, plans, folder)
    results, summary = report["results"], report["summary"]
    passed = {stack.environment: 0 for stack in stacks}
    violated: dict[str, list[Violated]] = {stack.environment: [] for stack in stacks}
    for each in results["passed_checks"]:
        passed[Path(each["file_path"]).stem] += 1
    for each in results["failed_checks"]:
        found = Violated(each["check_id"], each["resource"], each["check_name"])
        violated[Path(each["file_path"]).stem].append(found)
    for environment, count in passed.items():
        if not count:
            raise Refused(f"checkov checked nothing in {environment}: its answer would mean nothing")
    ordered = {
        name: tuple(sorted(held, key=lambda each: (each.policy, each.address))) for name, held in violated.items()
    }
    return Scan(summary["checkov_version"], passed, ordered)


def _plan(stack: Stack, out: Path, folder: Path) -> Path:
    """The plan of a stack from nothing, as JSON; its file is named after the environment."""
    try:
        plan = offline.copy(out / "stacks" / stack.name, folder).plan("-refresh=false")
    except TerraformError as error:
        raise Refused(f"no plan of {stack.name} for checkov: {error}") from error
    file = folder / f"{stack.environment}.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    return file


def _checkov(program: Path, plans: Sequence[Path], folder: Path) -> dict[str, Any]:
    arguments = ["--framework", "terraform_plan", "--output", "json", "--compact", "--soft-fail", "--skip-download"]
    done = subprocess.run(  # noqa: S603  # the scanner, with files of ours
        [program, *arguments, *(part for plan in plans for part in ("--file", plan.name))],
        cwd=folder,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report: object = json.loads(done.stdout)
    except ValueError:
        report = None
    if done.returncode or not isinstance(report, dict) or "results" not in report:
        raise Refused(f"checkov failed: {done.stderr.strip() or done.stdout[:500]}")
    return cast("dict[str, Any]", report)
