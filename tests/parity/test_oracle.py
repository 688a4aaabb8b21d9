"""A share of what `make fuzz` compares: no expression has another value than Terraform gives it."""

import pytest

from tests.parity.oracle import BEGIN, PAGE, Compared, compare, draw

SEED = 20261126
"""Which expressions the tests compare; `make fuzz` draws others every time."""


@pytest.fixture(scope="module")
def compared() -> list[Compared]:
    return compare(draw(600, SEED))


@pytest.mark.terraform
def test_no_expression_has_another_value(compared: list[Compared]) -> None:
    assert [each for each in compared if each.outcome == "wrong"] == []


@pytest.mark.terraform
def test_nearly_all_are_evaluated(compared: list[Compared]) -> None:
    assert sum(each.outcome == "same" for each in compared) > len(compared) * 0.9


def test_the_page_has_the_figures_of_a_long_run() -> None:
    figures = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2]
    assert "| another value | 0 | 0.0% |" in figures
