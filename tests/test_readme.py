"""The README does what it says: its commands are run in a fresh clone, and what they print is what it shows."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guide import Command as Shown
from tests.guide import anchors, blocks, links
from tests.support import git

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clone(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone as somebody has it after `make synth`: what is installed is there already."""
    clone = tmp_path_factory.mktemp("readme") / "miyabi-infra"
    ignored = shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".hypothesis", ".*_cache", ".terraform*")
    shutil.copytree(root, clone, ignore=ignored)
    (clone / ".venv").mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):  # not the stamps: nothing is installed into the environment of the tests
        (clone / ".venv" / name).symlink_to(Path(sys.prefix, name))
    for stamp in (".runtime", ".dev"):
        (clone / ".venv" / stamp).touch()
    git(clone, "init", "-q", "-b", "main")
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "A clone")
    return clone


def test_every_command_prints_what_the_readme_shows(clone: Path) -> None:
    page, session = clone / "README.md", f"export PYTHONPATH={clone}"
    found = list(blocks(page))
    ran = 0
    for (line, info, text), after in zip(found, [*found[1:], (0, "", "")], strict=True):
        language = info.split(" ", 1)[0]
        if language == "yaml" and "networking:" in text:
            (clone / "environments/qa.yaml").write_text(text + "\n", encoding="utf-8")
        if language != "sh" or "not-run" in info:
            continue
        if info == "sh session":
            session += f"\n{text}"
            continue
        shown = after[2] if after[1] == "text" else None
        expected = int((re.search(r'exits="(\d+)"', info) or ["", "0"])[1])
        done = subprocess.run(
            ["bash", "-c", f"unset MAKEFLAGS MAKELEVEL MFLAGS\nset -e\n{session}\n{text}"],  # of a make around it
            cwd=clone,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == expected, f"README.md:{line}: exit code {done.returncode}\n{said}"
        command = Shown(page, line, text, shown, None, session=False)
        assert command.printed(said), f"README.md:{line}: {text}\nprints\n{said}"
        ran += 1
        added = clone / "environments/qa.yaml"
        if added.exists():
            assert (clone / "cdktf.out/stacks/miyabi-qa/cdk.tf.json").is_file()
            git(clone, "checkout", "-q", ".")
            git(clone, "clean", "-fdq")
    assert ran >= 9


def test_a_changed_overlay_and_one_command_leave_nothing_stale(clone: Path) -> None:
    overlay = clone / "environments/dev.yaml"
    text = overlay.read_text(encoding="utf-8")
    overlay.write_text(text.replace("LOG_LEVEL: info", "LOG_LEVEL: debug"), encoding="utf-8")
    assert overlay.read_text(encoding="utf-8") != text
    for target in ("synth docs", "stale"):
        done = subprocess.run(
            ["bash", "-c", f"PYTHONPATH={clone} make {target}"], cwd=clone, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_link_of_the_readme_leads_somewhere(root: Path) -> None:
    page = root / "README.md"
    for link in links(page):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        assert (root / file).is_file(), link
        assert not anchor or anchor in anchors(root / file), link
