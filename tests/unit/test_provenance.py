"""The sources tell of every resource, and of every argument of it, which settings it may depend on."""

import re
from pathlib import Path
from typing import Final

import pytest

from miyabi_infra.project import SHARED
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks import read as read_stacks
from miyabi_infra.stacks.provenance import EXISTENCE, STACKS, read
from miyabi_infra.terraform.address import label
from tests.support import Project

CERTIFICATE: Final = "arn:aws:acm:us-west-2:123456789012:certificate/11111111-2222-3333-4444-555555555555"

EVERYTHING_ON: Final = (
    ("single_nat_gateway: true", "single_nat_gateway: false"),
    ("https_ingress: false", f"https_ingress: true\n\nalb:\n  certificate_arn: {CERTIFICATE}"),
    ("cpu_alarm_threshold: 70", "cpu_alarm_threshold: 70\n  enable_service_discovery: true"),
    (
        "monthly_budget:",
        "notifications: {email_addresses: [a@b.example], webhook: true}\nmonitoring: {enabled: true}\nmonthly_budget:",
    ),
)
"""What turns on in dev all that a setting can turn on."""


@pytest.fixture(scope="module")
def stacks(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stack]:
    """The stack with all that settings can turn on, and the shared one."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("complete") / "project")
    project.change("dev", *EVERYTHING_ON)
    return {each.environment: each for each in read_stacks(project.synthesize())}


def test_the_overlay_is_complete(root: Path, stacks: dict[str, Stack]) -> None:
    """Each resource that the sources name is in the stack: whoever adds a setting that turns one on adds it above."""
    named = set[str]()
    for folder in ("modules", "environments"):
        for file in (root / folder).glob("*.py"):
            named |= set(re.findall(r'^\s+"(aws_\w+\.\w+)",$', file.read_text(encoding="utf-8"), re.MULTILINE))
    held = {resource.label for name in ("dev", SHARED) for resource in stacks[name].resources}
    assert named - held == set()


@pytest.mark.parametrize("environment", ["dev", SHARED])
def test_every_resource_and_argument_has_provenance(root: Path, stacks: dict[str, Stack], environment: str) -> None:
    known = read(root, STACKS[environment == SHARED]).resources
    missing = list[str]()
    for resource in stacks[environment].resources:
        arguments = known.get(label(resource.address))
        if arguments is None:
            missing.append(resource.address)
        else:
            missing += [
                f"{resource.address}: {argument or 'existence'}"
                for argument in (EXISTENCE, *resource.arguments)
                if argument not in arguments
            ]
    assert missing == []
