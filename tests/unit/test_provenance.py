"""The sources tell of every resource, and of every argument of it, which settings it may depend on."""

import operator
import re
from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.project import SHARED
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks import read as read_stacks
from miyabi_infra.stacks.causes import leaves
from miyabi_infra.stacks.provenance import EXISTENCE, STACKS, read
from miyabi_infra.terraform.address import label
from tests.complete import overlay, write
from tests.support import Project

PLAIN: dict[str, Any] = {
    "state": {"backend": "local"},
    "alb": {"idle_timeout": 60, "ip_address_type": "dualstack"},
    "dns": {},
    "certificate": {},
    "codedeploy": {},
    "ecs_service": {**overlay()["ecs_service"], "deployment": "rolling"},
    "frontend": {"enabled": True, "bucket": "miyabi-frontend-plain", "origin_secret": True},
    "waf": {**overlay()["waf"], "protects": "distribution", "logged_requests": "matched", "rate_action": "count"},
    "rds": {**overlay()["rds"], "log_exports": ["postgresql", "upgrade", "iam-db-auth-error"]},
    "flow_logs": {"destination": "s3"},
    "log_bucket": {"name": "miyabi-logs-plain"},
}
"""What the most complete overlay excludes: an HTTP listener that serves."""


@pytest.fixture(scope="module")
def stacks(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Stack, ...]:
    """The most complete stack, and those of the project, which are of other forms: together they have everything."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("complete") / "project")
    write(project)
    project.change("prod", ("  topology: replication-group", "  auth: token\n  topology: replication-group"))
    project.write("plain", {**overlay(), **PLAIN})
    project.change("shared", ("registry:\n", "registry:\n  pull_accounts: ['210987654321']\n"))
    return read_stacks(project.synthesize())


@pytest.mark.slow
def test_every_resource_of_the_sources_is_looked_at(root: Path, stacks: tuple[Stack, ...]) -> None:
    named = set[str]()
    for folder in ("modules", "environments"):
        for file in (root / folder).glob("*.py"):
            named |= set(re.findall(r'^\s+"(aws_\w+\.\w+)",$', file.read_text(encoding="utf-8"), re.MULTILINE))
    assert named - {resource.label for stack in stacks for resource in stack.resources} == set()


@pytest.mark.slow
def test_every_resource_and_argument_has_provenance(root: Path, stacks: tuple[Stack, ...]) -> None:
    missing = list[str]()
    for stack in stacks:
        known = read(root, STACKS[stack.environment == SHARED]).resources
        for resource in stack.resources:
            arguments = known.get(label(resource.address), {})
            missing += [
                f"{stack.environment}: {resource.address}: {argument or 'existence'}"
                for argument in (EXISTENCE, *resource.arguments)
                if argument not in arguments
            ]
    assert missing == []


ELSEWHERE = {
    "lint", "monthly_budget", "service_levels", "usage",  # of commands
    "highly_available",  # refuses, and changes nothing
}  # fmt: skip
"""Sections of which no resource is made."""
NOT_SECRET = ("ecs", "not_secret")  # takes back a refusal


def test_every_setting_is_the_cause_of_something(root: Path) -> None:
    known = {setting for held in read(root).resources.values() for each in held.values() for setting in each}
    without = {
        path
        for path, _ in leaves(overlay())
        if not any(all(map(operator.eq, path, setting)) for setting in known)  # of the one, or of what is in it
    }

    assert {path for path in without if path[0] not in ELSEWHERE and path[:2] != NOT_SECRET} == set()
