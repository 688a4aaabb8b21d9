"""The corpus of verdicts: its rows name tests that exist, and all are on the page."""

import ast
from pathlib import Path

from tests.corpus import CORPUS, KINDS, PAGE, Outcomes, missing, page


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


def test_pytest_can_hold_what_counts() -> None:
    """It keeps its plugins in sets: in the folders of some tests it asks for those that are no conftest of them."""
    assert {Outcomes()}


def test_the_page_has_every_row() -> None:
    """Its figures are those of the last `make verdicts`; that none is wrong is held by the tests themselves."""
    assert missing(PAGE.read_text(encoding="utf-8"), page(Outcomes())) == [], "run: make verdicts"
