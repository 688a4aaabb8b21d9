"""The most complete overlay is complete: no setting is missing, and none has its default."""

from environments.settings import EnvironmentSettings
from tests import complete
from tests.complete import leaves, said
from tests.support import Project


def test_every_setting_is_in_it_with_another_value_than_its_default() -> None:
    overlay = complete.overlay()
    missing = {
        path for path, default in leaves(EnvironmentSettings) if said(overlay, path) in (None, default)
    } - complete.UNSET.keys()
    assert missing == set(), "add these settings to tests/complete.py"


def test_what_is_left_out_is_a_setting_and_is_not_said() -> None:
    known = {path for path, _ in leaves(EnvironmentSettings)}
    assert complete.UNSET.keys() <= known
    assert [path for path in complete.UNSET if said(complete.overlay(), path) is not None] == []


def test_it_is_accepted(project: Project) -> None:
    complete.write(project)
    assert [str(problem) for problem in project.problems()] == []
