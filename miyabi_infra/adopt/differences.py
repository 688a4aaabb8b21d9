"""The changes of a plan, the most destructive first."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final, Literal, cast

from miyabi_infra.adopt.state import ForeignInstance
from miyabi_infra.stacks.compare import ABSENT, ArgumentChange, differences

Effect = Literal["destroy", "replace", "create", "update", "moved", "harmless", "output"]

EFFECTS: Final[Mapping[Effect, str]] = {
    "destroy": "would be destroyed",
    "replace": "would be replaced: destroyed and created",
    "create": "would be created",
    "update": "would be updated in place",
    "moved": "are in the state at another address",
    "harmless": "would get other tags or explicit defaults",
    "output": "outputs would change, without a change of a resource",
}
"""The effects of a plan, the most destructive first, in words."""


class Unknown:
    """A value that is known after apply."""

    def __repr__(self) -> str:
        """How it is shown."""
        return "(known after apply)"


class Sensitive:
    """A value that is not shown."""

    def __init__(self, said: str = "(sensitive)") -> None:
        """`said`: how it is shown."""
        self._said = said

    def __repr__(self) -> str:
        """How it is shown."""
        return self._said


UNKNOWN: Final = Unknown()
SENSITIVE: Final = Sensitive()
NOT_SENSITIVE: Final = Sensitive("(not sensitive)")
"""Of a value that stays the same, and is marked as sensitive on the other side only."""
_SIDES: Final = ("before", "after")
TAGS: Final = frozenset({"tags", "tags_all"})

TERRAFORMS_OWN: Final = frozenset(
    {
        "apply_immediately",
        "force_delete",
        "force_destroy",
        "force_new_deployment",
        "revoke_rules_on_delete",
        "skip_destroy",
        "timeouts",
        "triggers",
        "wait_for_steady_state",
    }
)
"""Arguments that configure the provider; AWS does not see them."""

PROVIDER_DEFAULTS: Final[Mapping[str, Any]] = {
    "availability_zone_rebalancing": "DISABLED",
    "ip_address_type": "ipv4",
    "log_group_class": "STANDARD",
}
"""Values that provider 5 sets for an argument that an older state does not have."""


@dataclass(frozen=True)
class PlannedChange:
    """What the plan would do to one resource instance, or to one output."""

    address: str
    kind: Effect
    arguments: tuple[ArgumentChange, ...] = ()
    """What would change; before is what the state holds."""
    replaces: frozenset[str] = frozenset()
    """Names of the arguments that cannot be changed in place."""
    previous: str | None = None
    """The address in the state, of one that has another in the stack."""
    follows: bool = False
    """Whether it only follows from another one that would be replaced."""
    tainted: bool = False
    """Whether the state marks it as tainted: Terraform replaces it, whatever its arguments are."""
    deposed: str | None = None
    """The key of a deposed object: what a replacement that did not finish left behind."""
    provider: str | None = None
    """The source of a provider that the stack does not have; None for AWS."""

    @property
    def is_only_recorded(self) -> bool:
        """Whether Terraform only records arguments that the state does not have: AWS keeps what it has."""
        return self.kind == "harmless" and all(map(is_only_recorded, self.arguments))

    @property
    def command(self) -> str | None:
        """The command after which Terraform no longer plans this, where a command of Terraform prevents it."""
        if self.deposed:
            return f"terraform apply -target='{self.address}'"
        if self.kind == "destroy":
            return f"terraform state rm '{self.address}'"
        return f"terraform untaint '{self.address}'" if self.tainted else None


def planned_changes(plan: Mapping[str, Any], foreign: Iterable[ForeignInstance] = ()) -> list[PlannedChange]:
    """Every change of a plan, the most destructive first, then by address.

    `foreign`: instances of providers that the stack does not have. They are not in the plan, as its copy of the state
    leaves them out; Terraform would destroy them.
    """
    order = list(EFFECTS)
    others = [PlannedChange(each.address, "destroy", provider=each.provider) for each in foreign]
    found = [*_resources(plan), *others, *_outputs(plan)]
    return sorted(found, key=lambda each: (order.index(each.kind), each.address, each.deposed or ""))


def _resources(plan: Mapping[str, Any]) -> Iterator[PlannedChange]:
    for change in cast("list[dict[str, Any]]", plan.get("resource_changes", ())):
        if change["mode"] != "managed":
            continue
        inner = change["change"]
        actions, previous = inner["actions"], change.get("previous_address")
        address: str = change["address"]
        if actions in (["no-op"], ["read"]):
            if previous:
                yield PlannedChange(address, "moved", previous=previous)
        elif actions == ["create"]:
            yield PlannedChange(address, "create")
        elif "create" not in actions and "update" not in actions:
            yield PlannedChange(address, "destroy", deposed=change.get("deposed"))
        else:
            arguments = tuple(_arguments(inner))
            own = [each for each in arguments if each.after is not UNKNOWN]
            kind: Effect = "replace" if "delete" in actions else "update"
            if kind == "update" and own and all(_harmless(each) for each in arguments):
                kind = "harmless"
            replaces = frozenset(str(path[0]) for path in inner.get("replace_paths", ()))
            tainted = change.get("action_reason") == "replace_because_tainted"
            follows = bool(arguments) and not own and not tainted
            yield PlannedChange(address, kind, arguments, replaces, previous, follows, tainted)


def _arguments(change: Mapping[str, Any]) -> Iterator[ArgumentChange]:
    """Arguments that differ; one that is known after apply only if it may become another value than it has."""
    before, after = cast("dict[str, Any]", change["before"]), cast("dict[str, Any]", change["after"])
    unknown = cast("dict[str, Any]", change.get("after_unknown") or {})
    hidden = [cast("dict[str, Any]", change.get(f"{side}_sensitive") or {}) for side in _SIDES]
    replaced = {path[0] for path in change.get("replace_paths", ())}
    for key in sorted(before.keys() | after.keys() | unknown.keys()):
        if any(_marked(each.get(key)) for each in hidden):
            if before.get(key) != after.get(key):
                yield ArgumentChange(key, SENSITIVE, SENSITIVE)
            elif not all(_marked(each.get(key)) for each in hidden) and unknown.get(key) is not True:
                yield ArgumentChange(key, *(SENSITIVE if _marked(each.get(key)) else NOT_SENSITIVE for each in hidden))
        elif unknown.get(key) is True:
            if key in replaced or "delete" not in change["actions"]:
                yield ArgumentChange(key, before.get(key), UNKNOWN)
        else:
            first, second = decoded(before.get(key)), decoded(_with_unknowns(after.get(key), unknown.get(key)))
            yield from (each for each in differences(first, second, key) if not _same(each))


def _marked(marks: Any) -> bool:  # noqa: ANN401  # JSON
    """Whether anything in a value is marked."""
    if isinstance(marks, dict):
        return any(map(_marked, cast("dict[str, Any]", marks).values()))
    if isinstance(marks, list):
        return any(map(_marked, cast("list[Any]", marks)))
    return marks is True


def _with_unknowns(value: Any, unknown: Any) -> Any:  # noqa: ANN401  # JSON
    """A planned value, with UNKNOWN for what is known after apply."""
    if unknown is True:
        return UNKNOWN
    if isinstance(value, dict) and isinstance(unknown, dict):
        held, marks = cast("dict[str, Any]", value), cast("dict[str, Any]", unknown)
        return {key: _with_unknowns(held.get(key), marks.get(key)) for key in held.keys() | marks.keys()}
    if isinstance(value, list) and isinstance(unknown, list):
        items, of_items = cast("list[Any]", value), cast("list[Any]", unknown)
        return [_with_unknowns(*pair) for pair in zip_longest(items, of_items[: len(items)])]
    return cast("Any", value)


def _same(change: ArgumentChange) -> bool:
    """Whether both are empty: an empty value and an absent one are the same to the provider."""
    return _none(change.before) and _none(change.after)


def _none(value: object) -> bool:
    return value is None or value is ABSENT or value in ("", 0, [], {})


def is_only_recorded(change: ArgumentChange) -> bool:
    """Whether an argument is not known of what was imported: AWS does not return it, or returns it in another form."""
    if change.argument in TERRAFORMS_OWN:
        return _none(change.before)
    return isinstance(change.before, str) and str(change.after).endswith(f"/{change.before}")  # a name, then its ARN


def _harmless(change: ArgumentChange) -> bool:
    if change.argument in TAGS | TERRAFORMS_OWN or is_only_recorded(change):
        return True
    if not _none(change.before):
        return False
    default = PROVIDER_DEFAULTS.get(change.argument)
    return change.after is not UNKNOWN and (change.after in (False, 0) or change.after == default)


def _outputs(plan: Mapping[str, Any]) -> Iterator[PlannedChange]:
    """Outputs that would change although no resource does; others follow from a resource that is listed."""
    if any(each["change"]["actions"] not in (["no-op"], ["read"]) for each in plan.get("resource_changes", ())):
        return
    for name, change in sorted(cast("dict[str, dict[str, Any]]", plan.get("output_changes") or {}).items()):
        if change["actions"] == ["no-op"]:
            continue
        before, after = (SENSITIVE if change.get(f"{side}_sensitive") else change.get(side) for side in _SIDES)
        if before is after is SENSITIVE and change.get("before") == change.get("after"):  # only what it is marked as
            declared = plan.get("configuration", {}).get("root_module", {}).get("outputs", {})
            marked = declared.get(name, {}).get("sensitive")
            before, after = (NOT_SENSITIVE, SENSITIVE) if marked else (SENSITIVE, NOT_SENSITIVE)
        if change.get("after_unknown"):
            after = UNKNOWN
        yield PlannedChange(f"output.{name}", "output", (ArgumentChange("value", before, after),))


def decoded(value: Any) -> Any:  # noqa: ANN401  # JSON
    """What a text of JSON holds; every other value unchanged."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
