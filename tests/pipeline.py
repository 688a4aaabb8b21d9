"""The module `pipeline` as a stack makes it, for the tests of its roles."""

from typing import Any

from cdktf import App

from environments.settings import SharedSettings
from environments.stack import SharedStack
from tests.support import Project


def made(project: Project, **pipeline: Any) -> dict[str, Any]:  # noqa: ANN401  # settings
    """The body of the module, with some settings of the pipeline."""
    (shared,) = (each for each in project.load() if isinstance(each, SharedSettings))
    changed = shared.model_dump() | {"pipeline": {"repository": "example/infra", **pipeline}}
    stack = SharedStack(App(), SharedSettings.model_validate(changed))
    return next(each for each in stack.modules if each.folder == "pipeline").rendered()
