"""The guide docs/guides/adopt.md, as it stands: its commands, in its order, on an emulated AWS."""

import re
import shutil
from pathlib import Path

import pytest

from tests.aws.environment import ByHand
from tests.guide import run_block
from tests.support import git

pytestmark = pytest.mark.aws

BLOCK = re.compile(r"^```sh(?: exit=(\d))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SOURCES = ("environments", "modules", "miyabi_infra", "cdktf.out", "cdktf.json", "main.py", "pyproject.toml")


def test_every_command_of_the_guide_does_what_it_says(root: Path, hcl_made: ByHand, tmp_path: Path) -> None:
    text = (root / "docs/guides/adopt.md").read_text(encoding="utf-8")
    blocks = BLOCK.findall(text)
    assert len(blocks) == text.count("\n```sh")
    project = tmp_path / "project"
    project.mkdir()
    for name in SOURCES:
        copy = shutil.copytree if (root / name).is_dir() else shutil.copy
        copy(root / name, project / name)
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-qm", "before")
    shutil.copytree(hcl_made.folder, tmp_path / "infrastructure", symlinks=True)

    said = ""
    for code, commands in blocks:
        done = run_block(f"export HCL=../infrastructure\n{commands}", project, hcl_made.aws.variables)
        said += re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)  # terraform colours what it says, even in a pipe
        assert (int(code or 0), commands) == (done.returncode, commands), f"{done.stdout}{done.stderr}"
    assert "security_groups.https_ingress: true" in said
    assert said.count("No changes: the generated stack is what runs today.") == 1
    assert said.count("No changes. Your infrastructure matches the configuration.") == 3
