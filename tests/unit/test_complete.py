"""The most complete overlay is complete: no setting is missing, and none has its default."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from environments.settings import EnvironmentSettings
from modules.settings import Settings
from tests import complete
from tests.support import Project


def leaves(model: type[Settings], at: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting of a section and of the sections in it, with its default."""
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, Settings):
            yield from leaves(annotation, f"{at}{name}.")
        elif f"{at}{name}" != "environment":
            yield f"{at}{name}", field.get_default(call_default_factory=True)


def said(overlay: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401  # data of an overlay
    held: Any = overlay
    for key in path.split("."):
        if not isinstance(held, Mapping) or key not in held:
            return None
        held = cast("Any", held[key])
    return held


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
