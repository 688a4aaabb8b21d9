"""What the plans of both sides say about what was read from the files. Where they disagree, the plan is right."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, Final, cast

from miyabi_infra.hcl.expressions import ERROR
from miyabi_infra.parity.normal_form import containers, in_any_order, policy
from miyabi_infra.parity.plans import OUTPUTS, Plan, Planned, anything
from miyabi_infra.parity.remark import Remark
from miyabi_infra.stacks.compare import ABSENT, PROVIDER, differences

_READING_WAS_WRONG = "planned: the reading of the files was wrong"
_REFUTED = "planned, and nothing is refused: the reading of the files was wrong"
_SAME_PLAN = "planned the same"
_CONDITIONS: Final = frozenset({"validation", "precondition", "postcondition", "assert"})
_WAITING: Final = "timeouts"
"""How long Terraform waits. In a plan from nothing it differs; where nothing else does, Terraform plans no change."""
_OUTPUT: Final = re.compile(r"(^|\.)output\.")


def judged(remarks: Sequence[Remark], planned: Planned) -> list[Remark]:
    """Remarks after the plans: those that the plans refute have no effect, and what only the plans show is added."""
    if planned.refusals:
        told = {each.place for each in remarks if each.kind == "invalid" and each.place}
        new = [each for each in planned.refusals if each.place is None or each.place not in told]
        return [*remarks, *(Remark("invalid", "terraform", "", why=each.summary, place=each.place) for each in new)]
    if planned.hcl is None or planned.generated is None:
        return list(remarks)
    kept = [_after(each, planned.hcl, planned.generated) for each in remarks]
    known = {(each.address, _argument(each)) for each in kept if each.kind != "no effect"}
    whole = {each.address for each in kept if not each.argument and each.kind != "no effect"}
    everywhere = {each.argument for each in kept if each.address == PROVIDER and each.kind == "difference"}
    added = [
        each
        for each in _differences(planned.hcl, planned.generated)
        if (each.address, _argument(each)) not in known
        and each.address not in whole
        and not _is_of_default_tags(each, everywhere)
    ]
    return [*kept, *added]


def _is_of_default_tags(remark: Remark, everywhere: AbstractSet[str]) -> bool:
    """Whether a resource's tags differ because `everywhere`, the default tags, do: that is said once."""
    name, _, key = remark.argument.partition(".")
    if name != "tags_all":
        return False
    return f"default_tags.{key}" in everywhere if key else any(each.startswith("default_tags.") for each in everywhere)


def _argument(remark: Remark) -> str:
    return _name(re.split(r"[.\[]", remark.argument, maxsplit=1)[0])


def _name(argument: str) -> str:
    return "tags" if argument == "tags_all" else argument


def _after(remark: Remark, hcl: Plan, generated: Plan) -> Remark:
    """A remark about an argument that both sides plan, with a known value that is the same."""
    name = _argument(remark)
    if remark.kind == "invalid" and remark.by != "AWS" and "data." not in remark.address:
        return replace(remark, kind="no effect", why=f"{remark.why}: {_REFUTED}")
    if remark.kind == "not evaluated" and remark.address not in hcl.values:
        return _elsewhere(remark, hcl, generated)
    if remark.kind not in ("difference", "not evaluated") or not _planned_the_same(
        remark.address, name, hcl, generated
    ):
        return remark
    why = _SAME_PLAN if remark.kind == "not evaluated" else f"{_SAME_PLAN}: the reading of the files was wrong"
    return replace(remark, kind="no effect", why=why)


def _planned_the_same(address: str, name: str, hcl: Plan, generated: Plan) -> bool:
    """Whether both sides plan an argument, with a known value that is the same and equally sensitive."""
    first, second = hcl.values.get(address), generated.values.get(address)
    if first is None or second is None or name not in first or name not in second:
        return False
    unknown = hcl.unknown[address].get(name), generated.unknown[address].get(name)
    if name in _sensitive(hcl, generated, address) or any(anything(each) for each in unknown):
        return False
    if name == "tags" and first.get("tags_all") != second.get("tags_all"):
        return False
    return _normal(first[name]) == _normal(second[name])


def _elsewhere(remark: Remark, hcl: Plan, generated: Plan) -> Remark:
    """A remark about what is no argument of a resource: conditions, locals, variables, outputs."""
    if remark.argument.removeprefix("lifecycle.") in _CONDITIONS:
        return replace(
            remark, kind="not compared", why="a condition that only the HCL has; planned, and it did not fail"
        )
    if remark.why.startswith(ERROR) and not _OUTPUT.search(remark.address):
        return replace(remark, kind="no effect", why=f"{remark.why}: {_REFUTED}")
    if ".output." in remark.address:
        why = f"an output of a module, which a plan does not show; what is planned with it is compared ({remark.why})"
        return replace(remark, kind="not compared", why=why)
    name = remark.address.removeprefix("output.")
    if name in hcl.types and name in generated.types and not _output_differs(hcl, generated, name):
        return replace(remark, kind="no effect", why=_SAME_PLAN)
    return remark


def _output_differs(hcl: Plan, generated: Plan, name: str) -> bool:
    """Whether an output that both sides know differs in its value or its type."""
    same = _normal(hcl.outputs[name]) == _normal(generated.outputs[name]) and hcl.types.get(
        name
    ) == generated.types.get(name)
    return not same


def _sensitive(hcl: Plan, generated: Plan, address: str) -> frozenset[str]:
    """The arguments of an instance of which something is sensitive on one side only."""
    nothing = frozenset[str]()
    found = hcl.sensitive.get(address, nothing) ^ generated.sensitive.get(address, nothing)
    return frozenset(map(_name, found))


def _differences(hcl: Plan, generated: Plan) -> Iterator[Remark]:
    """Where the plans differ: instances, arguments, and which of them are known."""
    for address in sorted(hcl.values.keys() | generated.values.keys()):
        first, second = hcl.values.get(address), generated.values.get(address)
        if first is None or second is None:
            sides = ("planned", ABSENT) if second is None else (ABSENT, "planned")
            yield Remark("difference", address, "", *sides, _READING_WAS_WRONG)
            continue
        for name in sorted((first.keys() | second.keys()) - {_WAITING}):
            mine, theirs = _normal(first.get(name)), _normal(second.get(name))
            for change in differences(mine, theirs, name) if mine != theirs else ():
                before = ABSENT if change.before is None else change.before
                after = ABSENT if change.after is None else change.after
                yield Remark("difference", address, change.path, before, after, _READING_WAS_WRONG)
        for name in sorted(_sensitive(hcl, generated, address)):
            why = f"sensitive on one side only, which the state notes ({_READING_WAS_WRONG})"
            yield Remark("difference", address, name, why=why)
    for name in sorted(hcl.outputs.keys() & generated.outputs.keys()):
        sides = hcl.outputs[name], generated.outputs[name]
        if _normal(sides[0]) != _normal(sides[1]):
            yield Remark("difference", f"output.{name}", "", *sides, _READING_WAS_WRONG)
        elif _output_differs(hcl, generated, name):
            types = hcl.types.get(name), generated.types.get(name)
            yield Remark("difference", f"output.{name}", "type", *types, _READING_WAS_WRONG)
    for name in sorted(_sensitive(hcl, generated, OUTPUTS)):
        yield Remark("difference", f"output.{name}", "sensitive", why=_READING_WAS_WRONG)


def _normal(value: Any) -> Any:  # noqa: ANN401  # JSON
    """A planned value in which text of JSON is the data, and what means the same to AWS is equal."""
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            data: Any = json.loads(value)
        except ValueError:
            return value
        return in_any_order(policy(data)) if isinstance(data, Mapping) else containers(data)
    if isinstance(value, Mapping):
        return {key: _normal(each) for key, each in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list):
        return [_normal(each) for each in cast("list[Any]", value)]
    return cast("Any", value)
