"""What a change of a setting does to a living environment: what was measured, and what AWS's documentation adds.

`make changes` measures it: it applies each change to a copy of a living environment on an emulated AWS. The page
`docs/reference/changes.md` and what `diff`, `summary` and `adopt` say of a change come from the same data.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, cast

from miyabi_infra.overlays.problems import KeyPath
from miyabi_infra.stacks.causes import Causes
from miyabi_infra.stacks.compare import Absent, ResourceChange
from miyabi_infra.stacks.cuts import Side, cut_off, only
from miyabi_infra.stacks.steps import (
    NEW_ENVIRONMENT,
    STEPS,
    STEPS_OF_CODEDEPLOY,
    Steps,
    Told,
    full,
    involved,
    named,
    short,
    step_of,
    steps_between,
    steps_of,
    value_at,
)
from miyabi_infra.text import count
from miyabi_infra.writing import write_whole

FILE: Final = Path(__file__).with_name("effects.json")

Effect = Literal[
    "nothing",
    "in place",
    "new version rolled out",
    "replaced without interruption",
    "not measured",
    "interrupts",
    "needs steps",
    "refused by a rule",
]
EFFECTS: Final[Mapping[Effect, str]] = {
    "nothing": "No resource changes: the setting is for the generator's commands, or for Terraform itself.",
    "in place": "Resources are created, updated or deleted while everything else goes on.",
    "new version rolled out": "ECS starts tasks of a new revision and then stops the old ones.",
    "replaced without interruption": "Terraform replaces resources, and what worked goes on working.",
    "not measured": "Terraform replaces or deletes resources; whether it interrupts something is not measured yet.",
    "interrupts": "Something stops working for a while; the page says what.",
    "needs steps": "One apply is not enough or not safe; the page says which steps are.",
    "refused by a rule": "The generator refuses the change before anything is written.",
}
"""The effects, the mildest first."""

UNTIL: Final[Mapping[str, str]] = {
    "connections from the tasks to the internet": "until the new NAT gateway is there: about two minutes",
    "requests of users": "until the new tasks are healthy: some minutes",
    "the cache": "until the new one is there: ten minutes and more; its data is lost",
    "the database": "until the new one is there: ten minutes and more; its data is in the final snapshot",
    "the frontend": "until the new distribution is deployed: some minutes",
    "the name": "until the new record is there: about a minute",
    "the private DNS name": "until the new one is there: about a minute",
    "the tasks": "until the new ones run: some minutes",
}
"""How long what a replacement interrupts does not work, by how its name begins. Emulated AWS makes everything at once,
so the times are those that AWS usually takes."""


@dataclass(frozen=True)
class Measured:
    """A change of a setting, and what it did."""

    setting: str
    before: Any
    """The value in the living environment, as JSON has it; None for a default that the overlay can't write."""
    after: Any
    together: tuple[str, ...] = ()
    """Settings that had to change with it."""
    resources: Mapping[str, str] | None = None
    """What Terraform did, by address: `create`, `update`, `replace`, `delete`; None if no stack changed."""
    interrupted: tuple[str, ...] = ()
    """What worked before and did not at a time."""
    ended: tuple[str, ...] = ()
    """What of it does not work at the end either."""
    documented: tuple[str, ...] = ()
    """What AWS interrupts by its documentation."""
    rolled_out: bool = False
    """Whether other tasks run than before."""
    refused: tuple[str, ...] = ()
    """What the generator said against it."""
    failed: str = ""
    """Terraform's or AWS's error."""
    only_generated: bool = False
    """Whether it was not applied: what is generated, and what is known of the provider, says it."""
    deployed_by: str = ""
    """`CodeDeploy`, where that deploys; empty for ECS."""

    @property
    def effect(self) -> Effect:
        """What it does to a living environment."""
        return "needs steps" if self.steps else self.happened

    @property
    def steps(self) -> Steps | None:
        """The steps that it needs; what is added at the end of a list does no harm to what is in it."""
        before, after = self.before, self.after
        steps = (STEPS_OF_CODEDEPLOY if self.deployed_by else STEPS).get(self.setting)
        if (
            steps is None
            or not steps.needed(before, after)
            or (_begins(after, before) and steps is STEPS.get(self.setting))
        ):
            return None
        return steps

    @property
    def happened(self) -> Effect:
        """What one apply of it did."""
        actions = set((self.resources or {}).values())
        if self.refused:
            return "refused by a rule"
        if self.interrupted or self.documented or self.cut_off:
            return "interrupts"
        gone = {
            address
            for address, action in (self.resources or {}).items()
            if action in {"replace", "delete"} and ".aws_ecs_task_definition." not in address
        }
        if self.only_generated and gone:
            return "not measured"
        if self.rolled_out:
            return "new version rolled out"
        if "replace" in actions:
            return "replaced without interruption"
        return "in place" if actions - {"move"} else "nothing"

    @property
    def what(self) -> str:
        """What one apply of it interrupted, how many resources it replaced, what refused it; may be empty."""
        if self.failed:
            return f"ends with {self.failed}"
        if self.refused:
            return "; ".join(self.refused)
        if self.happened == "interrupts":
            return "; ".join((*map(self._interruption, self.interrupted), *self.documented) or self.cut_off)
        replaced = sum(action == "replace" for action in (self.resources or {}).values())
        return count(replaced, "resource") if self.happened == "replaced without interruption" else ""

    @property
    def cut_off(self) -> tuple[str, ...]:
        """Whom the values say that it cuts off, where nothing was measured: emulated AWS has callers of one kind."""
        sides = only(self.setting, self.before), only(self.setting, self.after)
        return () if self.interrupted or self.documented else cut_off(self.setting, *sides) or ()

    @property
    def known(self) -> str:
        """How it is known."""
        if self.refused:
            return "rule"
        if self.cut_off:
            return "its values"
        if self.only_generated:
            return "not applied"
        return "AWS's documentation" if self.documented and not self.interrupted else "measured"

    def _interruption(self, thing: str) -> str:
        if thing in self.ended:
            return f"{thing}: for good"
        return f"{thing}: {next(text for name, text in UNTIL.items() if thing.startswith(name))}"

    def line(self) -> str:
        """One line for people."""
        return f"{self.setting}: {self.before!r} -> {self.after!r}: {self.effect} ({self.happened}) {self.what}"

    @staticmethod
    def read() -> Mapping[str, Sequence["Measured"]]:
        """What was measured, by setting."""
        return _read()

    @staticmethod
    def write(table: Mapping[str, Iterable["Measured"]]) -> None:
        """Write what was measured, and forget what was read."""
        data = {setting: [_plain(each) for each in found] for setting, found in table.items()}
        write_whole(FILE, json.dumps(data, indent=1, default=str, ensure_ascii=False) + "\n")
        _read.cache_clear()


def _begins(longer: object, shorter: object) -> bool:
    """Whether a list begins with what another one is."""
    if not isinstance(longer, list) or not isinstance(shorter, list):
        return False
    items, first = cast("list[Any]", longer), cast("list[Any]", shorter)
    return items[: len(first)] == first


def _plain(measured: Measured) -> dict[str, Any]:
    """Without what is empty, and without the name that the table has."""
    held = {name: value for name, value in asdict(measured).items() if name != "setting"}
    return {
        name: value for name, value in held.items() if name in {"before", "after"} or value not in (None, False, "", ())
    }


TASKS: Final = ".aws_ecs_task_definition.app"
"""How the address of the service's task definition ends."""


@dataclass(frozen=True)
class Expected:
    """What the change of a setting is expected to do to what runs."""

    setting: str
    """Or the address of what changes, where no setting is known that does it."""
    effect: Effect
    what: str = ""
    """What is interrupted, replaced or to be done; may be empty."""

    @property
    def gravity(self) -> int:
        """For sorting: the gravest has the highest number."""
        return list(EFFECTS).index(self.effect)


def effects_of(changes: Iterable[ResourceChange], causes: Causes) -> tuple[Expected, ...]:
    """What differences of an environment do to what runs, by setting, the gravest first."""
    changes = list(changes)
    settings = [(full(each.setting, causes), each.before.value, each.after.value) for each in involved(changes, causes)]

    def side(*, after: bool) -> Side:
        return lambda setting: causes.value(tuple(short(setting).split(".")), after=after)

    found = _effects(steps_of(changes, causes), settings, (side(after=False), side(after=True)))
    revised = [each.address for each in changes if each.kind == "change" and each.label.endswith(TASKS)]
    elsewhere = any(each.effect == "needs steps" and each.setting in NEW_ENVIRONMENT for each in found)
    if revised and not elsewhere and not any(each.effect in {"new version rolled out", "interrupts"} for each in found):
        # What a section that is new gives the tasks was measured nowhere; that they are replaced is known all the same.
        found = _gravest([*found, *(Expected(each, "new version rolled out") for each in revised)])
    return found


def effects_between(running: object, wanted: object, settings: Iterable[KeyPath]) -> tuple[Expected, ...]:
    """What the change from the settings of what runs to others does, of those that are named; the gravest first."""
    settings = list(settings)
    values = [(each, value_at(running, each), value_at(wanted, each)) for each in settings]

    def side(held: object) -> Side:
        return lambda setting: value_at(held, tuple(setting.split(".")))

    return _effects(steps_between(running, wanted, settings), values, (side(running), side(wanted)))


def _effects(
    steps: Iterable[Told], values: Iterable[tuple[KeyPath, object, object]], sides: tuple[Side, Side]
) -> tuple[Expected, ...]:
    needed = {each.setting: Expected(each.setting, "needs steps", each.steps.text) for each in steps}
    return _gravest([*needed.values(), *(effect_of(*each, sides) for each in values if _name(each[0]) not in needed)])


def told(found: Iterable[Expected]) -> Iterator[str]:
    """For people, a line for each effect, and for each thing that is interrupted; steps are told by themselves."""
    mild: dict[str, list[str]] = {}
    for each in found:
        if each.effect == "interrupts":
            yield f"{short(each.setting)} interrupts {each.what}"
        elif each.what == _THIS_WAY:
            mild.setdefault(_THIS_WAY, []).append(short(each.setting))
        elif each.effect != "needs steps":
            mild.setdefault(each.effect, []).append(short(each.setting))
    yield from (f"{_TOLD.get(effect, effect)}: {', '.join(settings)}" for effect, settings in mild.items())


_THIS_WAY: Final = "in this direction"
"""What is said of a setting of which only the other way was measured: on is not off."""
_TOLD: Final[Mapping[str, str]] = {
    "not measured": "replaces or deletes resources; it is not known yet whether that interrupts something",
    _THIS_WAY: "not measured in this direction",
}
"""What is said instead of the name of an effect."""


def effect_of(
    setting: KeyPath, before: object, after: object, sides: tuple[Side, Side] | None = None
) -> Expected | None:
    """What a change of a setting does, or of an item in it; None if nothing is known, or nothing happens.

    A value that was measured has the effect that was measured; for another one, the gravest of the setting is told.
    Whom it cuts off is told by its values, of those settings that say who gets in; `sides` have the other settings.
    """
    needed = step_of(setting, before, after)
    if needed:
        return Expected(needed.setting, "needs steps", needed.steps.text)
    name = _name(setting)
    cut = cut_off(name, *(sides or (only(name, before), only(name, after))))
    if cut is not None:
        return Expected(name, "interrupts", "; ".join(cut)) if cut else Expected(name, "in place")
    known = Measured.read().get(name, ())
    by_ecs = [each for each in known if not each.deployed_by] or known
    found = [each for each in by_ecs if each.effect not in {"needs steps", "refused by a rule"}]
    way = _way(before, after) if any(map(_switches, found)) else None
    measured = [each for each in found if way is None or _way(each.before, each.after) in (None, way)]
    if (not measured and any(each.effect != "nothing" for each in found)) or (known and not found):
        return Expected(name, "not measured", _THIS_WAY)
    found = measured
    same = [each for each in found if len(setting) == name.count(".") + 1 and each.after == _plain_value(after)]
    return next(iter(_gravest(Expected(name, each.effect, each.what) for each in same or found)), None)


def _switches(measured: Measured) -> bool:
    """Whether a setting switches something: a flag, or what makes or deletes resources."""
    return isinstance(measured.after, bool) or not {"create", "delete"}.isdisjoint((measured.resources or {}).values())


def _way(before: object, after: object) -> str | None:
    """Whether something is switched on or off; None for one value in place of another."""
    first, second = (bool(each) and not isinstance(each, Absent) for each in (before, after))
    return None if first == second else "on" if second else "off"


def _gravest(expected: Iterable[Expected | None]) -> tuple[Expected, ...]:
    """Of each setting the gravest, without those that do nothing."""
    found: dict[str, Expected] = {}
    for each in sorted((each for each in expected if each), key=lambda one: one.gravity):
        if each.effect != "nothing":
            found[each.setting] = each
    return tuple(sorted(found.values(), key=lambda one: (-one.gravity, one.setting)))


def _name(setting: KeyPath) -> str:
    """The name of a setting, of an item in it too, as it was measured."""
    return named(setting, Measured.read()) or ".".join(map(str, setting))


def _plain_value(value: object) -> object:
    """As JSON has it."""
    return json.loads(json.dumps(value, default=str))


@cache
def _read() -> Mapping[str, Sequence[Measured]]:
    data: dict[str, list[dict[str, Any]]] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return {setting: tuple(_measured(setting, each) for each in found) for setting, found in data.items()}


def _measured(setting: str, held: Mapping[str, Any]) -> Measured:
    lists = {"together", "interrupted", "ended", "documented", "refused"}
    values: dict[str, Any] = {name: tuple(value) if name in lists else value for name, value in held.items()}
    return Measured(setting, **values)
