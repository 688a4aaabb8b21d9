"""The corpus of verdicts: its rows name tests that exist, and the page has its figures."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.corpus import CORPUS, KINDS


def test_every_row_names_a_test_that_exists_and_no_test_is_in_two_rows(root: Path) -> None:
    known: dict[str, set[str]] = {}
    for file in {each.test.partition("::")[0] for each in CORPUS}:
        body = ast.parse((root / file).read_text(encoding="utf-8")).body
        known[file] = {each.name for each in body if isinstance(each, ast.FunctionDef)}

    assert [
        each.test for each in CORPUS if each.test.partition("::")[2] not in known[each.test.partition("::")[0]]
    ] == []
    assert len({each.test for each in CORPUS}) == len(CORPUS)


def test_every_command_that_judges_is_in_it() -> None:
    commands = {each.command for each in CORPUS}

    assert commands == {
        *("addresses", "cost", "diff", "guides", "lint", "load", "reach", "status", "summary", "verify")
    }
    assert {each.kind for each in CORPUS} == set(KINDS)


@pytest.mark.slow
def test_the_page_has_its_figures(root: Path) -> None:
    """That none is wrong is held by the tests themselves."""
    command = [sys.executable, "-m", "tests.corpus", "--check"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-2000:]
