"""What `diff`, `summary` and `adopt` say of a change, held against what it does: a share of it, on a copy of dev."""

import json
import random
import shutil
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from miyabi_infra.stacks.effects import EFFECTS, FILE, Effect, Measured, effect_of
from tests import complete
from tests.aws.environment import Environment
from tests.aws.measuring import Living, measure
from tests.aws.refusals import RECORDED, gone_through
from tests.aws.strict import READS
from tests.changes import ROLLING, Change, batches, changed, settings
from tests.complete import said
from tests.support import Project

pytestmark = pytest.mark.aws

SHARE: Final = 16
"""How many changes are measured, all of them in one apply: it is mostly waiting."""
SECTIONS: Final = ("alb", "ecs", "ecs_service", "elasticache", "monitoring", "networking", "security_groups")
"""The sections whose modules dev has."""
MILD: Final = ("nothing", "in place", "new version rolled out")
"""Effects of which several can be told apart in one apply."""


@pytest.fixture
def living(applied: Environment, tmp_path: Path) -> Living:
    """dev, by itself in a project of its own."""
    root = tmp_path / "project"
    shutil.copytree(applied.project.root, root, symlinks=True)
    project = Project(root)
    for other in (root / "environments").glob("*.yaml"):
        if other.stem not in {"base", applied.name}:
            other.unlink()
    for stack in (project.out / "stacks").iterdir():
        if stack.name != applied.stack.name:
            shutil.rmtree(stack)
    overlay = YAML(typ="safe").load(project.overlay(applied.name))  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # it has no types
    data = json.loads(json.dumps(overlay, default=str))  # with dates as text
    return Living(project, data, applied.aws, tmp_path, environment=applied.name)


def share(living: Living) -> list[Change]:
    """Changes to the values of the most complete overlay, others whenever the table of effects is another."""
    overlay = changed(complete.overlay(), ROLLING)
    changes = [
        Change(setting, {setting: value})
        for setting in settings()
        if setting.startswith(tuple(f"{section}." for section in SECTIONS))
        and (value := said(overlay, setting)) not in (None, said(living.overlay, setting))
        and _effect(setting, said(living.overlay, setting), value) in MILD
    ]
    random.Random(FILE.read_bytes()).shuffle(changes)
    chosen: list[Change] = []
    for change in changes:
        living.write(living.project, changed(living.overlay, {**_together(chosen), **change.values}))
        if not change.grave and not living.project.problems():
            chosen.append(change)
        if len(chosen) == SHARE:
            break
    living.write(living.project, living.overlay)
    return max(batches(chosen), key=len)


def _together(changes: list[Change]) -> dict[str, Any]:
    return {setting: value for change in changes for setting, value in change.values.items()}


def test_no_change_does_more_than_what_is_said_of_it(living: Living) -> None:
    changes = share(living)
    found = [each for part in measure(living, changes, 1, back=False) for each in part]
    assert len(found) == len(changes)
    assert len(found) > SHARE // 2
    more = {each for each in living.called - RECORDED if not each[1].startswith(READS)}
    assert more == set(), "the pipeline's roles may not: see modules/recorded_calls.py"
    assert {each.setting: each.line() for each in found if each.failed or _graver(each)} == {}


def test_each_operation_of_a_change_was_gone_through() -> None:
    assert {each for each in RECORDED - gone_through() if not each[1].startswith(READS)} == set()


def _effect(setting: str, before: object, after: object) -> Effect:
    """What is said of a change."""
    expected = effect_of(tuple(setting.split(".")), before, after)
    return expected.effect if expected else "nothing"


def _graver(each: Measured) -> bool:
    """Whether a change does more than what is said of it."""
    order = list(EFFECTS)
    return order.index(each.effect) > order.index(_effect(each.setting, each.before, each.after))
