"""The arguments and nested blocks of one resource instance, compared between two configurations."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from miyabi_infra.hcl import provider
from miyabi_infra.hcl.values import Located, Missing, NotEvaluated, Opaque, mapping_of, place_of, plain
from miyabi_infra.parity.configuration import Configuration
from miyabi_infra.parity.hidden import Hidden
from miyabi_infra.parity.normal_form import canonical, containers, in_any_order, normal, policy, zero
from miyabi_infra.parity.places import deep_place
from miyabi_infra.parity.remark import Kind, Remark, shown
from miyabi_infra.place import Place
from miyabi_infra.stacks.compare import ABSENT, differences

_JSON: Final = {
    "aws_ecs_task_definition.container_definitions": containers,
    "aws_iam_role.assume_role_policy": policy,
    "aws_iam_role_policy.policy": policy,
}
"""Arguments whose text is JSON, and how AWS and the provider compare it."""


class Arguments:
    """Compares arguments; it knows both configurations, because a reference leads to another resource."""

    def __init__(self, hcl: Configuration, generated: Configuration) -> None:
        self.hcl = hcl
        self.generated = generated

    def of_block(
        self, at: "At", facts: Mapping[str, Any], hcl: Mapping[str, object], generated: Mapping[str, object]
    ) -> Iterator[Remark]:
        """What differs between the arguments and nested blocks of two blocks; `facts`: what the provider has there."""
        blocks: Mapping[str, Any] = facts.get("blocks", {})
        for name in sorted(hcl.keys() | generated.keys()):
            inner = at.into(name)
            mine, theirs = hcl.get(name), generated.get(name)
            if name in blocks:
                yield from self._blocks(inner, blocks[name], _tuple(mine), _tuple(theirs))
            else:
                argument = facts["arguments"].get(name, {"type": ""})
                yield from self._argument(inner, argument, mine, theirs)

    def _argument(self, at: "At", facts: Mapping[str, Any], hcl: object, generated: object) -> Iterator[Remark]:
        kind = facts["type"]
        if kind[:1] in (["set"], ["list"]) and isinstance(kind[1], list) and kind[1][0] == "object":
            fields: Mapping[str, Any] = kind[1][1]
            if hcl is not None and generated is not None:
                inner = {"arguments": {name: {"type": each} for name, each in fields.items()}, "set": kind[0] == "set"}
                yield from self._blocks(at, inner, *(_filled(fields, side) for side in (hcl, generated)))
                return
        if isinstance(hcl, Opaque):
            yield Remark("not evaluated", at.address, at.path, hcl.text, shown(generated), hcl.why, at.place)
            return
        why = self._meaning(at, facts, hcl, generated)
        if why is None:
            yield from self._values(at, kind, hcl, generated)
        elif why:
            yield Remark("no effect", at.address, at.path, shown(hcl), shown(generated), why, at.place)

    def _meaning(self, at: "At", facts: Mapping[str, Any], hcl: object, generated: object) -> str | None:
        """Why a difference has no effect; empty where nothing differs, None where it may have an effect."""
        if facts.get("ignored"):
            return "" if hcl == generated else "the provider leaves it out of every request for this type"
        if hcl is None and generated is None:
            return ""
        if hcl is not None and generated is not None:
            return None
        given = generated if hcl is None else hcl
        for source, default in _defaults(at, facts):
            if self.same(given, default, facts["type"]):
                return f"{source} where it is left out"
        if facts.get("default", ABSENT) is None and self.same(given, zero(facts["type"]), facts["type"]):
            return "empty, which is the same as left out"
        return None

    def _values(self, at: "At", kind: Any, hcl: object, generated: object) -> Iterator[Remark]:  # noqa: ANN401  # a type of the schema
        if hcl is None or generated is None:
            yield Remark("difference", at.address, at.path, shown(hcl), shown(generated), place=at.place)
            return
        hidden = Hidden()
        mine = self._normal(hidden.hide(canonical(hcl, self.hcl.argument)), kind, at)
        theirs = self._normal(canonical(generated, self.generated.argument), kind, at)
        if _alike(in_any_order(mine), in_any_order(theirs)):
            if plain(hcl) != plain(generated) and isinstance(mine, dict | list):
                why = "they mean the same"
                yield Remark("no effect", at.address, at.path, shown(hcl), shown(generated), why, at.place)
            return
        for change in differences(mine, theirs, at.path):
            place = deep_place(hcl, change.path[len(at.path) :]) or at.place
            first, why = hidden.shown(_loaded(change.before))
            kind_of: Kind = "not evaluated" if why else "difference"
            yield Remark(kind_of, at.address, change.path, first, _loaded(change.after), why, place)

    def _normal(self, value: object, kind: Any, at: "At") -> Any:  # noqa: ANN401  # JSON
        held = normal(value, kind)
        if f"{at.type}.{at.key}" in provider.PROTOCOLS:
            return provider.protocol(held)
        form = _JSON.get(f"{at.type}.{at.path}")
        if form is None:
            return held
        try:
            return form(json.loads(held) if isinstance(held, str) else held)
        except ValueError:
            return held

    def same(self, hcl: object, generated: object, kind: Any) -> bool:  # noqa: ANN401  # a type of the schema
        """Whether two values of an argument mean the same; False where one cannot be evaluated."""
        try:
            first = normal(canonical(hcl, self.hcl.argument), kind)
            return _alike(first, normal(canonical(generated, self.generated.argument), kind))
        except (NotEvaluated, Missing):
            return False

    # ---- nested blocks -------------------------------------------------------------------------------------------

    def _blocks(
        self, at: "At", facts: Mapping[str, Any], hcl: tuple[object, ...], generated: tuple[object, ...]
    ) -> Iterator[Remark]:
        for opaque in (each for each in hcl if isinstance(each, Opaque)):
            yield Remark("not evaluated", at.address, at.path, opaque.text, shown(generated), opaque.why, at.place)
            return
        first = [mapping_of(each) for each in hcl]
        second = [mapping_of(each) for each in generated]
        if facts.get("set"):
            first, second = _each_once(first), _each_once(second)
        if at.path == "timeouts":
            if first != second:
                why = "how long Terraform waits"
                yield Remark("no effect", at.address, at.path, shown(hcl), shown(generated), why, at.place)
            return
        pairs = self._paired(at, facts, first, second) if facts.get("set") else _by_position(first, second)
        for index, (mine, theirs) in enumerate(pairs):
            inner = at.at_index(index if max(len(first), len(second)) > 1 else None, mine)
            if mine is None or theirs is None:
                yield Remark("difference", at.address, inner.path, shown(mine), shown(theirs), place=inner.place)
            else:
                yield from self.of_block(inner, facts, mine, theirs)

    def _paired(
        self, at: "At", facts: Mapping[str, Any], first: list[Mapping[str, object]], second: list[Mapping[str, object]]
    ) -> list[tuple[Mapping[str, object] | None, Mapping[str, object] | None]]:
        """The blocks of a set in pairs: those first that differ least."""
        rest, found = list(second), list[tuple[int, Mapping[str, object], Mapping[str, object]]]()
        costs = sorted(
            (
                (sum(each.kind != "no effect" for each in self.of_block(at, facts, mine, theirs)), i, j)
                for i, mine in enumerate(first)
                for j, theirs in enumerate(second)
            ),
        )
        taken: set[int] = set()
        given: set[int] = set()
        for _, i, j in costs:
            if i not in taken and j not in given:
                taken.add(i)
                given.add(j)
                found.append((j, first[i], second[j]))
        alone = [(None, each) for j, each in enumerate(rest) if j not in given]
        lonely = [(each, None) for i, each in enumerate(first) if i not in taken]
        return [*((mine, theirs) for _, mine, theirs in sorted(found, key=lambda each: each[0])), *alone, *lonely]


@dataclass(frozen=True)
class At:
    """An argument: of which instance, at which path, written where."""

    address: str
    type: str
    path: str
    place: Place | None
    places: Mapping[str, Place]
    key: str = ""
    """The path without indices, as the tables of `provider` have it."""

    def into(self, name: str) -> "At":
        """An argument of this block."""
        path = f"{self.path}.{name}" if self.path else name
        key = f"{self.key}.{name}" if self.key else name
        return At(self.address, self.type, path, self.places.get(name, self.place), {}, key)

    def at_index(self, index: int | None, block: object) -> "At":
        """One of several blocks of this name."""
        path = self.path if index is None else f"{self.path}[{index}]"
        places: Mapping[str, Place] = getattr(block, "places", {})
        return At(self.address, self.type, path, place_of(block) or self.place, places, self.key)


def _defaults(at: At, facts: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """The value of an argument that is left out, and its source."""
    if facts.get("default") is not None:
        yield f"the default of provider {provider.version()}", _as_value(facts["default"])
    chosen = provider.CHOSEN_BY_AWS.get(f"{at.type}.{at.key}")
    if chosen is not None:
        yield "what AWS chooses", chosen


def _as_value(data: Any) -> Any:  # noqa: ANN401  # JSON
    return tuple(map(_as_value, cast("list[Any]", data))) if isinstance(data, list) else data


# ---- values ----------------------------------------------------------------------------------------------------------


def _tuple(value: object) -> tuple[object, ...]:
    if value is None:
        return ()
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)


def _filled(fields: Mapping[str, Any], blocks: object) -> tuple[object, ...]:
    """Blocks that Terraform treats as an attribute: a field that is left out has its type's empty value."""
    empty = {name: zero(kind) for name, kind in fields.items()}
    filled: list[object] = []
    for block in _tuple(blocks):
        held = {**empty, **{name: value for name, value in mapping_of(block).items() if value is not None}}
        if isinstance(block, Located):
            filled.append(Located(block.place, block.places, held))
        else:
            filled.append(held if isinstance(block, Mapping) else block)
    return tuple(filled)


def _alike(first: object, second: object) -> bool:
    """Whether two values are the same; a number is no bool, as Terraform converts neither to the other."""
    return json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)


def _each_once(blocks: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """The blocks of a set: two that say the same are one."""
    return list({json.dumps(plain(each), sort_keys=True): each for each in blocks}.values())


def _by_position(
    first: Sequence[Mapping[str, object]], second: Sequence[Mapping[str, object]]
) -> list[tuple[Mapping[str, object] | None, Mapping[str, object] | None]]:
    return [
        (first[index] if index < len(first) else None, second[index] if index < len(second) else None)
        for index in range(max(len(first), len(second)))
    ]


def _loaded(value: object) -> Any:  # noqa: ANN401  # JSON, or ABSENT
    """Items of sets are compared as JSON text; the report shows the values."""
    if isinstance(value, list):
        return [_loaded(each) for each in cast("list[object]", value)]
    if isinstance(value, str):
        try:
            held: object = json.loads(value)
        except ValueError:
            return value
        return held if isinstance(held, str) else value
    return value
