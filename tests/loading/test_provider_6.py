"""The bindings of AWS provider 6 make the same stacks, so an environment moves to it without a change of its JSON.

A construct refuses an argument that its provider does not have: what both bindings synthesize, both providers know.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from miyabi_infra.stacks import read
from miyabi_infra.synthesis.publish import changes
from tests import complete
from tests.support import Project, copy_of_generator, environment_of, run_main

pytestmark = pytest.mark.slow

FOLDER = ".provider-6"


@pytest.fixture(scope="module")
def bindings(root: Path) -> Path:
    folder = root / FOLDER
    assert folder.is_dir(), f"{FOLDER} is missing: make test installs it"
    return folder


def test_both_bindings_make_the_same_bytes(root: Path, bindings: Path, tmp_path: Path) -> None:
    checkout = copy_of_generator(root, tmp_path / "checkout")
    project = Project(checkout)
    complete.write(project)
    project.change("shared", ("registry:\n", 'registry:\n  pull_accounts: ["210987654321"]\n'))
    path = os.pathsep.join((str(checkout), str(bindings)))

    said = subprocess.run(
        [sys.executable, "-c", "from importlib.metadata import version; print(version('cdktf-cdktf-provider-aws'))"],
        env=environment_of(checkout, PYTHONPATH=path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.startswith("21."), "the bindings of provider 5 were loaded"

    with_5 = run_main(checkout, CDKTF_OUTDIR="with-5")
    with_6 = run_main(checkout, CDKTF_OUTDIR="with-6", PYTHONPATH=path)

    assert (with_5.returncode, with_5.stderr) == (0, "")
    assert with_6.returncode == 0, with_6.stderr  # it says when jsii indexes the provider
    assert changes(checkout / "with-5", checkout / "with-6") == []
    made = {resource.type for stack in read(checkout / "with-6") for resource in stack.resources}
    assert types_of_modules(root) - made == set(), "make one of it here: nobody knows whether provider 6 has it"


def types_of_modules(root: Path) -> set[str]:
    """Every type of which a module makes a resource: each address is a literal in it."""
    sources = [file.read_text(encoding="utf-8") for file in (root / "modules").glob("*.py")]
    found = {
        kind for text in sources for kind in re.findall(r'^ +"(aws_[a-z0-9_]+)\.[a-z0-9_]+",$', text, re.MULTILINE)
    }
    assert len(found) > 60  # else the addresses are written otherwise now
    return found
