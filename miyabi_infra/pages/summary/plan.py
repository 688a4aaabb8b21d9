"""A plan of Terraform as JSON (`terraform show -json`): what it does to which resource, and what is lost by that.

Values are left out, as a plan may hold secrets: addresses and the names of arguments are enough to be warned.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

from miyabi_infra.pages.summary.losses import lost_with
from miyabi_infra.refused import Refused

Action = Literal["destroy", "replace", "create", "update", "forget"]


@dataclass(frozen=True)
class Planned:
    """What a plan does to a resource."""

    action: Action
    address: str
    because: tuple[str, ...]
    """Arguments whose change forces a replacement."""
    loss: str
    """What is lost with it; empty for nothing more than the resource."""


@dataclass(frozen=True)
class Plan:
    """A plan."""

    file: str
    changes: tuple[Planned, ...]
    """What it changes, destroys first."""
    moved: int
    """Resources that only change their address."""
    drift: int
    """Resources that were changed outside Terraform."""
    complete: bool
    """Whether Terraform finished it."""

    @property
    def losing(self) -> tuple[Planned, ...]:
        """What it destroys or replaces."""
        return tuple(each for each in self.changes if each.action in ("destroy", "replace"))

    def number(self, action: Action) -> int:
        """How many resources it does something to."""
        return len([each for each in self.changes if each.action == action])


_ORDER: Final[tuple[Action, ...]] = ("destroy", "replace", "forget", "create", "update")


def read(file: Path) -> Plan:
    """The plan in a file.

    Raises:
        Refused: for a file that cannot be read or holds no plan.
    """
    try:
        data: object = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise Refused(f"{file}: is not JSON; 'terraform show -json PLAN' writes it") from error
    plan: Mapping[str, Any] = cast("Mapping[str, Any]", data) if isinstance(data, dict) else {}
    if not isinstance(plan.get("format_version"), str) or "planned_values" not in plan:
        raise Refused(f"{file}: holds no plan; 'terraform show -json PLAN' writes one")
    listed = cast("Sequence[Mapping[str, Any]]", plan.get("resource_changes", ()))
    changes = [each for entry in listed if (each := _planned(entry)) is not None]
    changes.sort(key=lambda each: (_ORDER.index(each.action), each.address))
    return Plan(
        file=file.name,
        changes=tuple(changes),
        moved=len([each for each in listed if each.get("previous_address")]),
        drift=len(plan.get("resource_drift", ())),
        complete=plan.get("complete", True) is not False and plan.get("errored") is not True,
    )


def _planned(entry: Mapping[str, Any]) -> Planned | None:
    if entry.get("mode") != "managed":
        return None
    action = _action(entry["change"]["actions"])
    if action is None:
        return None
    paths = cast("Sequence[Sequence[str | int]]", entry["change"].get("replace_paths") or ())
    loss = lost_with(entry["type"]) if action in ("destroy", "replace") else ""
    return Planned(action, entry["address"], tuple(".".join(map(str, path)) for path in paths), loss)


def _action(actions: Sequence[str]) -> Action | None:
    match sorted(actions):
        case ["create", "delete"]:
            return "replace"
        case ["delete"]:
            return "destroy"
        case ["create"]:
            return "create"
        case ["update"]:
            return "update"
        case ["forget"] | ["create", "forget"]:
            return "forget"
        case _:
            return None
