"""What the plans of both sides say about what was read from the files. Where they disagree, the plan is right."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from miyabi_infra.parity.normal_form import containers, in_any_order, policy
from miyabi_infra.parity.plans import Plan, Planned
from miyabi_infra.parity.remark import Remark
from miyabi_infra.stacks.compare import ABSENT, differences

_READING_WAS_WRONG = "planned: the reading of the files was wrong"
_SAME_PLAN = "planned the same"


def judged(remarks: Sequence[Remark], planned: Planned) -> list[Remark]:
    """Remarks after the plans: those that the plans refute have no effect, and what only the plans show is added."""
    if planned.refusals:
        refused = [Remark("invalid", "terraform", "", why=each.summary, place=each.place) for each in planned.refusals]
        return [*remarks, *refused]
    if planned.hcl is None or planned.generated is None:
        return list(remarks)
    kept = [_after(each, planned.hcl, planned.generated) for each in remarks]
    known = {(each.address, _argument(each)) for each in kept if each.kind != "no effect"}
    whole = {each.address for each in kept if not each.argument and each.kind != "no effect"}
    added = [
        each
        for each in _differences(planned.hcl, planned.generated)
        if (each.address, _argument(each)) not in known and each.address not in whole
    ]
    return [*kept, *added]


def _argument(remark: Remark) -> str:
    name = re.split(r"[.\[]", remark.argument, maxsplit=1)[0]
    return "tags" if name == "tags_all" else name


def _after(remark: Remark, hcl: Plan, generated: Plan) -> Remark:
    """A remark about an argument that both sides plan, with a known value that is the same."""
    name = _argument(remark)
    if remark.kind not in ("difference", "not evaluated") or not name:
        return remark
    first, second = hcl.values.get(remark.address), generated.values.get(remark.address)
    if first is None or second is None or name not in first or name not in second:
        return remark
    unknown = hcl.unknown[remark.address].get(name), generated.unknown[remark.address].get(name)
    if any(_any_unknown(each) for each in unknown) or _normal(first[name]) != _normal(second[name]):
        return remark
    tags_differ = name == "tags" and first.get("tags_all") != second.get("tags_all")
    if tags_differ:
        return remark
    why = _SAME_PLAN if remark.kind == "not evaluated" else f"{_SAME_PLAN}: the reading of the files was wrong"
    return replace(remark, kind="no effect", why=why)


def _any_unknown(flags: object) -> bool:
    if isinstance(flags, Mapping):
        return any(map(_any_unknown, cast("Mapping[str, object]", flags).values()))
    if isinstance(flags, list):
        return any(map(_any_unknown, cast("list[object]", flags)))
    return bool(flags)


def _differences(hcl: Plan, generated: Plan) -> Iterator[Remark]:
    """Where the plans differ: instances, arguments, and which of them are known."""
    for address in sorted(hcl.values.keys() | generated.values.keys()):
        first, second = hcl.values.get(address), generated.values.get(address)
        if first is None or second is None:
            sides = ("planned", ABSENT) if second is None else (ABSENT, "planned")
            yield Remark("difference", address, "", *sides, _READING_WAS_WRONG)
            continue
        for name in sorted(first.keys() | second.keys()):
            mine, theirs = _normal(first.get(name)), _normal(second.get(name))
            for change in differences(mine, theirs, name) if mine != theirs else ():
                before = ABSENT if change.before is None else change.before
                after = ABSENT if change.after is None else change.after
                yield Remark("difference", address, change.path, before, after, _READING_WAS_WRONG)
    for name in sorted(hcl.outputs.keys() & generated.outputs.keys()):
        if _normal(hcl.outputs[name]) != _normal(generated.outputs[name]):
            sides = hcl.outputs[name], generated.outputs[name]
            yield Remark("difference", f"output.{name}", "", *sides, _READING_WAS_WRONG)


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
