"""The guide docs/guides/adopt.md, as it stands: its commands, in its order, on an emulated AWS."""

import shutil
from pathlib import Path

import pytest

from tests.aws.environment import ByHand
from tests.guide import add_sources, steps
from tests.support import git

pytestmark = pytest.mark.aws


def test_every_command_of_the_guide_does_what_it_says(root: Path, hcl_made: ByHand, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    add_sources(root, project, "environments", "cdktf.out")
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-qm", "before")
    shutil.copytree(hcl_made.folder, tmp_path / "infrastructure", symlinks=True)

    said = "".join(
        step.follow(project, hcl_made.aws.variables, before="export HCL=../infrastructure\n")
        for step in steps(root / "docs/guides/adopt.md")
    )
    assert "security_groups.https_ingress: true" in said
    assert said.count("No changes: the generated stack is what runs today.") == 1
    assert said.count("No changes. Your infrastructure matches the configuration.") == 3
