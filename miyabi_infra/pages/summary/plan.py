"""A plan of Terraform as JSON (`terraform show -json`): what it does to which resource, and what is lost by that.

Values are left out, as a plan may hold secrets: addresses and the names of arguments are enough to be warned.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

from miyabi_infra.pages.summary.losses import lost_with
from miyabi_infra.refused import Refused
from miyabi_infra.terraform.address import without_keys

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
    """Resources of which something else changed a configured argument. What only AWS sets is not drift."""
    complete: bool
    """Whether Terraform finished it."""
    imported: int = 0
    """Resources that exist and come into the state."""
    outputs: int = 0
    """Outputs that change: others may read them from the state."""
    environment: str = ""
    """The environment by the provider's default tags; empty if the plan does not say it."""

    @property
    def quiet(self) -> bool:
        """Whether an apply of it would change nothing, not even the state."""
        return self.complete and not (self.changes or self.moved or self.imported or self.outputs or self.drift)

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
    configured = dict(_configured(plan.get("configuration", {}).get("root_module", {}), ""))
    listed = cast("Sequence[Mapping[str, Any]]", plan.get("resource_changes", ()))
    changes = [each for entry in listed if (each := _planned(entry)) is not None]
    changes.sort(key=lambda each: (_ORDER.index(each.action), each.address))
    return Plan(
        file=file.name,
        changes=tuple(changes),
        moved=len([each for each in listed if each.get("previous_address")]),
        drift=len([each for each in plan.get("resource_drift", ()) if _drifted(each, configured)]),
        imported=len([each for each in listed if each.get("change", {}).get("importing")]),
        outputs=len([each for each in plan.get("output_changes", {}).values() if each["actions"] != ["no-op"]]),
        complete=plan.get("complete", True) is not False and plan.get("errored") is not True,
        environment=_environment(plan),
    )


def _configured(module: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The configured arguments of each resource, by its address without positions."""
    for resource in module.get("resources", ()):
        yield prefix + resource["address"], frozenset(resource.get("expressions", {}))
    for name, call in module.get("module_calls", {}).items():
        yield from _configured(call.get("module", {}), f"{prefix}module.{name}.")


def _drifted(entry: Mapping[str, Any], configured: Mapping[str, frozenset[str]]) -> bool:
    """Whether a configured argument differs; without a configuration in the plan, whether anything does."""
    arguments = configured.get(without_keys(entry["address"]))
    change: Mapping[str, Any] = entry.get("change", {})
    before, after = (cast("Mapping[str, Any] | None", change.get(side)) for side in ("before", "after"))
    if arguments is None or before is None or after is None:
        return True
    return any((before.get(name) or None) != (after.get(name) or None) for name in arguments)


def _environment(plan: Mapping[str, Any]) -> str:
    providers = plan.get("configuration", {}).get("provider_config", {})
    for provider in providers.values():
        for tags in provider.get("expressions", {}).get("default_tags", ()):
            named = tags.get("tags", {}).get("constant_value", {})
            if "Environment" in named:
                return str(named["Environment"])
    return ""


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
