"""Two configurations side by side, and what their differences mean.

A difference is one of values or of interface when something would change. It has no effect when both sides mean the
same to AWS: an argument that one side leaves out and the other sets to its default, a set in another order, a wait that
follows from others. It is not evaluated when the HCL's side can't be told.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from miyabi_infra.hcl import provider
from miyabi_infra.hcl.evaluation import Instance
from miyabi_infra.hcl.values import Located, Missing, NotEvaluated, Opaque, place_of, plain, unknowns
from miyabi_infra.parity.leaves import deep_place, leaves
from miyabi_infra.parity.normal import canonical, containers, in_any_order, normal, policy, zero
from miyabi_infra.parity.order import Order, Side, within
from miyabi_infra.place import Place
from miyabi_infra.stacks.compare import ABSENT
from modules.settings import tag_problem

Kind = Literal["difference", "invalid", "not evaluated", "no effect"]

_JSON: Final = {
    "aws_ecs_task_definition.container_definitions": containers,
    "aws_iam_role.assume_role_policy": policy,
    "aws_iam_role_policy.policy": policy,
}
"""Arguments whose text is JSON, and how AWS and the provider compare it."""


@dataclass(frozen=True)
class Cause:
    """A setting that a generated value depends on."""

    setting: str
    value: Any
    place: Place | None
    """File and line in an overlay; None for a default."""


@dataclass(frozen=True)
class Difference:
    """Where the two sides differ."""

    kind: Kind
    address: str
    """An instance, a module, an output, the provider."""
    argument: str = ""
    """The path of an argument; empty for the whole."""
    hcl: Any = ABSENT
    """As JSON has it, ABSENT where it is not written; what can't be told is the expression."""
    generated: Any = ABSENT
    why: str = ""
    place: Place | None = None
    """Where the HCL says so."""
    causes: tuple[Cause, ...] = ()
    """The settings that the generated value may depend on."""


@dataclass(frozen=True)
class Interface:
    """What is known of the generated modules beyond what they hold."""

    wires: Mapping[str, frozenset[str]]
    """Variables of each module, by the name of its call."""
    settings: Mapping[str, frozenset[str]]
    """Settings of each module, and of the platform under an empty name."""
    apart: bool = False
    """Whether modules are compared one by one, without the root that says what they wait for."""


_NAMES: Final = {"project_name": "project", "aws_region": "region"}
"""Variables of the HCL whose setting has another name."""
_PASSED_ON: Final = frozenset({"environment", "health_check_path"})
"""Settings that are not their module's alone."""


def compare(hcl: Side, generated: Side, interface: Interface) -> list[Difference]:
    """What differs, by address: instances, then interfaces, then what the HCL's own faults are."""
    found = [
        Difference(each.kind, each.address, each.argument, each.text, why=each.why, place=each.place)
        for each in hcl.findings
    ]
    unknown = {each.address for each in hcl.findings if each.argument in ("count", "for_each", "source")}
    comparer = _Comparer(hcl, generated)
    found += comparer.instances(unknown)
    found += comparer.orders(apart=interface.apart)
    found += comparer.outputs(unknown)
    found += _variables(hcl, interface)
    return sorted(found, key=lambda each: (each.address, each.argument, each.kind))


class _Comparer:
    """Compares instances, and knows both sides where a reference leads to another resource."""

    def __init__(self, hcl: Side, generated: Side) -> None:
        self._hcl = hcl
        self._generated = generated

    # ---- instances -----------------------------------------------------------------------------------------------

    def instances(self, unknown: set[str]) -> Iterator[Difference]:
        """What instances differ; `unknown` are addresses of which it can't be told what is there."""
        first, second = self._hcl.instances, self._generated.instances
        repeated = dict(self._repetitions())
        yield from repeated.values()
        for address in sorted(first.keys() | second.keys()):
            instance = first.get(address) or second[address]
            if any(within(instance.label, each) for each in unknown) or instance.label in repeated:
                continue
            if address not in second:
                why = "the HCL has it, the generated stack does not"
                yield Difference("difference", address, hcl=f"{instance.type} …", why=why, place=instance.place)
            elif address not in first:
                why = "the generated stack has it, the HCL does not"
                yield Difference("difference", address, generated=f"{instance.type} …", why=why)
            else:
                yield from self._instance(first[address], second[address])
        yield from self._provider()

    def _repetitions(self) -> Iterator[tuple[str, Difference]]:
        """Resources that one side repeats in another way than the other: their addresses differ throughout."""
        first, second = _ways(self._hcl.instances.values()), _ways(self._generated.instances.values())
        for label in sorted(first.keys() & second.keys()):
            (way, instance), (other, _) = first[label], second[label]
            if way != other:
                why = "instances are told apart in another way, so their addresses differ"
                yield label, Difference("difference", label, "count", way, other, why, instance.place)

    def _instance(self, hcl: Instance, generated: Instance) -> Iterator[Difference]:
        facts = provider.facts(hcl.type)
        place = hcl.place
        if facts is None:
            facts = {"arguments": {name: {"type": ""} for name in hcl.arguments.keys() | generated.arguments.keys()}}
        first, second = dict(hcl.arguments), dict(generated.arguments)
        tags = first.pop("tags", None), second.pop("tags", None)
        at = _At(hcl.address, hcl.type, "", place, hcl.places)
        yield from self._block(at, facts, first, second)
        if "tags" in facts["arguments"]:
            yield from self._tags(at, *tags)
        yield from _lifecycle(hcl, generated)

    def _tags(self, at: "_At", hcl: object, generated: object) -> Iterator[Difference]:
        """Tags together with those that the provider sets: what AWS sees."""
        place = at.places.get("tags", at.place)
        for side in (hcl, generated):
            if isinstance(side, Opaque):
                yield Difference("not evaluated", at.address, "tags", side.text, plain(generated), side.why, place)
                return
        first, second = _mapping(hcl), _mapping(generated)
        refused = list(_refused_tags(at.address, "tags", first))
        yield from refused
        first = {key: value for key, value in first.items() if key not in {each.argument[5:] for each in refused}}
        defaults, others = self._hcl.default_tags, self._generated.default_tags
        for key in sorted(first.keys() | second.keys()):
            mine, theirs = first.get(key, defaults.get(key)), second.get(key, others.get(key))
            here = place_of(hcl, key) or place
            same = self._same(mine, theirs, "string")
            if isinstance(mine, Opaque):
                yield Difference("not evaluated", at.address, f"tags.{key}", mine.text, plain(theirs), mine.why, here)
            elif not same:
                yield Difference("difference", at.address, f"tags.{key}", _shown(mine), _shown(theirs), place=here)
            elif (key in first) != (key in second):
                why = "the provider's default tags say the same"
                sides = _shown(first.get(key)), _shown(second.get(key))
                yield Difference("no effect", at.address, f"tags.{key}", *sides, why, here)

    def _provider(self) -> Iterator[Difference]:
        first, second = self._hcl.default_tags, self._generated.default_tags
        yield from _refused_tags("provider.aws", "default_tags", first)
        for key in sorted(first.keys() | second.keys()):
            mine, theirs = first.get(key), second.get(key)
            if isinstance(mine, Opaque):
                yield Difference("not evaluated", "provider.aws", f"default_tags.{key}", mine.text, theirs, mine.why)
            elif plain(mine) != plain(theirs):
                said = [
                    _mapping(each.arguments.get("tags"))
                    for each in (self._hcl if mine is None else self._generated).instances.values()
                    if _takes_tags(each)
                ]
                everywhere = bool(said) and all(plain(each.get(key)) == plain(theirs or mine) for each in said)
                why = "every resource says it itself" if everywhere else ""
                kind: Kind = "no effect" if everywhere else "difference"
                yield Difference(
                    kind, "provider.aws", f"default_tags.{key}", _shown(mine), _shown(theirs), why, place_of(first, key)
                )
        region = self._hcl.region
        if isinstance(region, Opaque):
            yield Difference("not evaluated", "provider.aws", "region", region.text, self._generated.region, region.why)
        elif region != self._generated.region:
            yield Difference("difference", "provider.aws", "region", region, self._generated.region)

    # ---- arguments -----------------------------------------------------------------------------------------------

    def _block(
        self, at: "_At", facts: Mapping[str, Any], hcl: Mapping[str, object], generated: Mapping[str, object]
    ) -> Iterator[Difference]:
        blocks: Mapping[str, Any] = facts.get("blocks", {})
        for name in sorted(hcl.keys() | generated.keys()):
            inner = at.into(name)
            mine, theirs = hcl.get(name), generated.get(name)
            if name in blocks:
                yield from self._blocks(inner, blocks[name], _tuple(mine), _tuple(theirs))
            else:
                argument = facts["arguments"].get(name, {"type": ""})
                yield from self._argument(inner, argument, mine, theirs)

    def _argument(self, at: "_At", facts: Mapping[str, Any], hcl: object, generated: object) -> Iterator[Difference]:
        kind = facts["type"]
        if kind[:1] in (["set"], ["list"]) and isinstance(kind[1], list) and kind[1][0] == "object":
            fields: Mapping[str, Any] = kind[1][1]
            if hcl is not None and generated is not None:
                inner = {"arguments": {name: {"type": each} for name, each in fields.items()}, "set": kind[0] == "set"}
                yield from self._blocks(at, inner, *(_filled(fields, side) for side in (hcl, generated)))
                return
        if isinstance(hcl, Opaque):
            yield Difference("not evaluated", at.address, at.path, hcl.text, _shown(generated), hcl.why, at.place)
            return
        why = self._meaning(at, facts, hcl, generated)
        if why is None:
            yield from self._values(at, kind, hcl, generated)
        elif why:
            yield Difference("no effect", at.address, at.path, _shown(hcl), _shown(generated), why, at.place)

    def _meaning(self, at: "_At", facts: Mapping[str, Any], hcl: object, generated: object) -> str | None:
        """Why a difference has no effect; empty for none at all, None for one that may have."""
        if facts.get("ignored"):
            return "" if hcl == generated else "the provider leaves it out of every request for this type"
        if hcl is None and generated is None:
            return ""
        if hcl is not None and generated is not None:
            return None
        given = generated if hcl is None else hcl
        for source, default in _defaults(at, facts):
            if self._same(given, default, facts["type"]):
                return f"{source} where it is left out"
        if facts.get("default", ABSENT) is None and self._same(given, zero(facts["type"]), facts["type"]):
            return "empty, which is as good as left out"
        return None

    def _values(self, at: "_At", kind: Any, hcl: object, generated: object) -> Iterator[Difference]:  # noqa: ANN401  # a type of the schema
        if hcl is None or generated is None:
            yield Difference("difference", at.address, at.path, _shown(hcl), _shown(generated), place=at.place)
            return
        hidden = _Hidden()
        mine = self._normal(hidden.hide(hcl), kind, at, self._hcl)
        theirs = self._normal(generated, kind, at, self._generated)
        if in_any_order(mine) == in_any_order(theirs):
            if plain(hcl) != plain(generated) and isinstance(mine, dict | list):
                why = "they mean the same"
                yield Difference("no effect", at.address, at.path, _shown(hcl), _shown(generated), why, at.place)
            return
        for path, first, second in leaves(mine, theirs, at.path):
            place = deep_place(hcl, path[len(at.path) :]) or at.place
            shown, why = hidden.shown(_loaded(first))
            kind_of: Kind = "not evaluated" if why else "difference"
            yield Difference(kind_of, at.address, path, shown, _loaded(second), why, place)

    def _normal(self, value: object, kind: Any, at: "_At", side: Side) -> Any:  # noqa: ANN401  # JSON
        held = normal(canonical(value, side.argument), kind)
        if f"{at.type}.{at.key}" in provider.PROTOCOLS:
            return provider.protocol(held)
        form = _JSON.get(f"{at.type}.{at.path}")
        if form is None:
            return held
        try:
            return form(json.loads(held) if isinstance(held, str) else held)
        except ValueError:
            return held

    def _same(self, hcl: object, generated: object, kind: Any) -> bool:  # noqa: ANN401  # a type of the schema
        try:
            first = normal(canonical(hcl, self._hcl.argument), kind)
            return first == normal(canonical(generated, self._generated.argument), kind)
        except (NotEvaluated, Missing):
            return False

    # ---- nested blocks -------------------------------------------------------------------------------------------

    def _blocks(
        self, at: "_At", facts: Mapping[str, Any], hcl: tuple[object, ...], generated: tuple[object, ...]
    ) -> Iterator[Difference]:
        for opaque in (each for each in hcl if isinstance(each, Opaque)):
            yield Difference("not evaluated", at.address, at.path, opaque.text, _shown(generated), opaque.why, at.place)
            return
        first = [_mapping(each) for each in hcl]
        second = [_mapping(each) for each in generated]
        if at.path == "timeouts":
            if first != second:
                why = "how long Terraform waits"
                yield Difference("no effect", at.address, at.path, _shown(hcl), _shown(generated), why, at.place)
            return
        pairs = self._paired(at, facts, first, second) if facts.get("set") else _by_position(first, second)
        for index, (mine, theirs) in enumerate(pairs):
            inner = at.at_index(index if max(len(first), len(second)) > 1 else None, mine)
            if mine is None or theirs is None:
                yield Difference("difference", at.address, inner.path, _shown(mine), _shown(theirs), place=inner.place)
            else:
                yield from self._block(inner, facts, mine, theirs)

    def _paired(
        self, at: "_At", facts: Mapping[str, Any], first: list[Mapping[str, object]], second: list[Mapping[str, object]]
    ) -> list[tuple[Mapping[str, object] | None, Mapping[str, object] | None]]:
        """The blocks of a set in pairs: those first that differ least."""
        rest, found = list(second), list[tuple[int, Mapping[str, object], Mapping[str, object]]]()
        costs = sorted(
            (
                (sum(each.kind != "no effect" for each in self._block(at, facts, mine, theirs)), i, j)
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

    # ---- order and outputs ---------------------------------------------------------------------------------------

    def orders(self, *, apart: bool) -> Iterator[Difference]:
        """What one side makes wait for another resource and the other does not; `apart`, within a module only."""
        first, second = Order(self._hcl), Order(self._generated)
        both = {each.label: each for each in self._hcl.instances.values()}
        labels = both.keys() & {each.label for each in self._generated.instances.values()}
        vague = {
            each.label for each in both.values() if any(isinstance(held, Opaque) for held in unknowns(each.arguments))
        }
        for label in sorted(labels):
            module = label.partition(".aws_")[0]
            seen = {each for each in labels if within(each, module)} if apart else labels
            lost = (first.before(label) - second.before(label)) & seen
            gained = (second.before(label) - first.before(label)) & seen
            place = both[label].place
            said, given = first.said(label), second.said(label)
            if lost:
                why = "the HCL makes it wait for these, the generated stack does not"
                names = ", ".join(sorted(lost))
                yield Difference("difference", label, "depends on", names, why=why, place=place)
            elif gained and label not in vague:
                why = "the generated stack makes it wait for these too: an order, no value"
                yield Difference("no effect", label, "depends on", generated=", ".join(sorted(gained)), why=why)
            elif said != given and not gained:
                why = "what it waits for follows from other resources as well"
                sides = ", ".join(sorted(said)) or ABSENT, ", ".join(sorted(given)) or ABSENT
                yield Difference("no effect", label, "depends_on", *sides, why, place)

    def outputs(self, unknown: set[str]) -> Iterator[Difference]:
        """Outputs that one side lacks, or that give something else."""
        first, second = self._hcl.outputs, self._generated.outputs
        for address in sorted(first.keys() | second.keys()):
            if any(within(address, each) for each in unknown):
                continue
            mine, place = first.get(address, (ABSENT, None))
            theirs, _ = second.get(address, (ABSENT, None))
            if isinstance(mine, Opaque):
                yield Difference("not evaluated", address, "", mine.text, _shown(theirs), mine.why, place)
            elif mine is ABSENT or theirs is ABSENT:
                why = f"{'the HCL' if mine is ABSENT else 'the generated stack'} has no such output"
                yield Difference("difference", address, "", _shown(mine), _shown(theirs), why, place)
            elif not self._same_output(mine, theirs):
                yield Difference("difference", address, "", _shown(mine), _shown(theirs), place=place)

    def _same_output(self, hcl: object, generated: object) -> bool:
        first = plain(canonical(hcl, self._hcl.argument))
        return first == plain(canonical(generated, self._generated.argument))


class _Hidden:
    """Values that can't be told, as marks in a value that is brought into normal form."""

    def __init__(self) -> None:
        self._values: list[Opaque] = []

    def hide(self, value: object) -> object:
        """A value with marks for what in it can't be told."""
        if isinstance(value, Opaque):
            self._values.append(value)
            return f"\0{len(self._values) - 1}\0"
        if isinstance(value, Mapping):
            return {key: self.hide(held) for key, held in cast("Mapping[str, object]", value).items()}
        if isinstance(value, tuple):
            return tuple(self.hide(held) for held in cast("tuple[object, ...]", value))
        return value

    def shown(self, value: Any) -> tuple[Any, str]:  # noqa: ANN401  # JSON, or ABSENT
        """A value with the expressions instead of marks, and why they can't be told; no reason when there are none."""
        reasons: list[str] = []

        def show(held: Any) -> Any:  # noqa: ANN401  # JSON
            if isinstance(held, str):
                for number, opaque in enumerate(self._values):
                    mark = f"\0{number}\0"
                    if mark in held:
                        reasons.append(opaque.why)
                        held = held.replace(mark, opaque.text)
                return held
            if isinstance(held, Mapping):
                return {key: show(each) for key, each in cast("Mapping[str, Any]", held).items()}
            return [show(each) for each in cast("list[Any]", held)] if isinstance(held, list) else held

        return show(value), "; ".join(dict.fromkeys(reasons))


@dataclass(frozen=True)
class _At:
    """An argument: of which instance, at which path, written where."""

    address: str
    type: str
    path: str
    place: Place | None
    places: Mapping[str, Place]
    key: str = ""
    """The path without indices, as the tables of `provider` have it."""

    def into(self, name: str) -> "_At":
        """An argument of this block."""
        path = f"{self.path}.{name}" if self.path else name
        key = f"{self.key}.{name}" if self.key else name
        return _At(self.address, self.type, path, self.places.get(name, self.place), {}, key)

    def at_index(self, index: int | None, block: object) -> "_At":
        """One of several blocks of this name."""
        path = self.path if index is None else f"{self.path}[{index}]"
        places: Mapping[str, Place] = getattr(block, "places", {})
        return _At(self.address, self.type, path, place_of(block) or self.place, places, self.key)


def _refused_tags(address: str, argument: str, tags: Mapping[str, object]) -> Iterator[Difference]:
    """Tags that AWS takes from nobody, so that no resource has them."""
    for key, value in tags.items():
        problem = tag_problem(key, value) if isinstance(value, str) else None
        if problem:
            why = f"{problem[0]}; allowed: {problem[1]}"
            yield Difference("invalid", address, f"{argument}.{key}", value, why=why, place=place_of(tags, key))


def _defaults(at: _At, facts: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """What an argument is that is left out, and who says so."""
    if facts.get("default") is not None:
        yield f"the default of provider {provider.version()}", _as_value(facts["default"])
    chosen = provider.CHOSEN_BY_AWS.get(f"{at.type}.{at.key}")
    if chosen is not None:
        yield "what AWS chooses", chosen


def _as_value(data: Any) -> Any:  # noqa: ANN401  # JSON
    return tuple(map(_as_value, cast("list[Any]", data))) if isinstance(data, list) else data


def _ways(instances: Iterable[Instance]) -> dict[str, tuple[str, Instance]]:
    """How each resource is repeated, by label, with its first instance."""
    found: dict[str, tuple[str, Instance]] = {}
    for each in instances:
        way = "no count" if each.key is None else "count" if isinstance(each.key, int) else "for_each"
        found.setdefault(each.label, (way, each))
    return found


def _takes_tags(instance: Instance) -> bool:
    facts = provider.facts(instance.type)
    return facts is not None and "tags" in facts["arguments"]


def _lifecycle(hcl: Instance, generated: Instance) -> Iterator[Difference]:
    for name in sorted(hcl.lifecycle.keys() | generated.lifecycle.keys()):
        mine, theirs = hcl.lifecycle.get(name), generated.lifecycle.get(name)
        if isinstance(mine, Opaque):
            yield Difference(
                "not evaluated", hcl.address, f"lifecycle.{name}", mine.text, why=mine.why, place=hcl.place
            )
        elif (mine or None) != (theirs or None):
            kind: Kind = "no effect" if name == "create_before_destroy" else "difference"
            why = "it matters only when the resource is replaced" if kind == "no effect" else ""
            path = f"lifecycle.{name}"
            yield Difference(kind, hcl.address, path, _shown(mine), _shown(theirs), why, hcl.place)


def _variables(hcl: Side, interface: Interface) -> Iterator[Difference]:
    """Wires that the HCL's module does not take, and variables that neither a wire nor a setting is."""
    for module, wires in sorted(interface.wires.items()):
        if module not in hcl.variables:
            continue
        for name in sorted(wires - hcl.variables[module]):
            why = "the HCL's module takes no such variable"
            yield Difference("difference", f"module.{module}", f"var.{name}", generated=f"var.{name}", why=why)
        known = wires | interface.settings.get(module, frozenset()) | interface.settings[""] | _PASSED_ON
        for name in sorted(hcl.variables[module]):
            if _NAMES.get(name, name) not in known:
                why = "no wire and no setting has this name; what it does is compared where it is used"
                yield Difference("no effect", f"module.{module}", f"var.{name}", f"var.{name}", why=why)


# ---- values ----------------------------------------------------------------------------------------------------------


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _tuple(value: object) -> tuple[object, ...]:
    if value is None:
        return ()
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)


def _filled(fields: Mapping[str, Any], blocks: object) -> tuple[object, ...]:
    """Blocks that Terraform takes for an attribute: what is left out of one is its type's empty value."""
    empty = {name: zero(kind) for name, kind in fields.items()}
    filled: list[object] = []
    for block in _tuple(blocks):
        held = {**empty, **{name: value for name, value in _mapping(block).items() if value is not None}}
        if isinstance(block, Located):
            filled.append(Located(block.place, block.places, held))
        else:
            filled.append(held if isinstance(block, Mapping) else block)
    return tuple(filled)


def _by_position(
    first: Sequence[Mapping[str, object]], second: Sequence[Mapping[str, object]]
) -> list[tuple[Mapping[str, object] | None, Mapping[str, object] | None]]:
    return [
        (first[index] if index < len(first) else None, second[index] if index < len(second) else None)
        for index in range(max(len(first), len(second)))
    ]


def _shown(value: object) -> Any:  # noqa: ANN401  # JSON, or ABSENT
    return ABSENT if value is None or value is ABSENT else plain(value)


def _loaded(value: object) -> Any:  # noqa: ANN401  # JSON, or ABSENT
    """An item of a set is compared as text of JSON; people see what it stands for."""
    if isinstance(value, list):
        return [_loaded(each) for each in cast("list[object]", value)]
    if isinstance(value, str):
        try:
            held: object = json.loads(value)
        except ValueError:
            return value
        return held if isinstance(held, str) else value
    return value
