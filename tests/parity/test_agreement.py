"""The static verdict, the planned verdict and a real plan agree, for some mutations of each kind and side."""

import pytest

from tests.parity.agreement import OFTEN, Terraforms, spread
from tests.parity.figures import Judge

pytestmark = pytest.mark.terraform


def test_all_three_agree(tmp_path_factory: pytest.TempPathFactory) -> None:
    judge = Judge(tmp_path_factory.mktemp("judge"))
    terraforms = Terraforms(judge, tmp_path_factory.mktemp("terraforms"))
    chosen = [each for each in spread(judge.mutations(), 1) if each.kind in OFTEN]
    found = terraforms.agreements(chosen)
    assert [each.mutation for each in found] == chosen
    assert [each.mutation.name for each in found if each.outcome == "disagree"] == []
    assert {each.mutation.kind for each in found} == OFTEN
    assert [each.outcome for each in found].count("all three") > len(found) / 2
