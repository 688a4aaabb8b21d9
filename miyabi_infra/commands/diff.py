"""`miyabi-infra diff dev prod`: what two environments do differently, and the overlay lines that cause it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from miyabi_infra.stacks.causes import DEFAULT, Cause, SettingValue
from miyabi_infra.stacks.compare import (
    ABSENT,
    BACKEND,
    PROVIDER,
    ArgumentChange,
    ResourceChange,
    shown_value,
    shown_values,
)
from miyabi_infra.stacks.difference import EnvironmentDifference, difference
from miyabi_infra.stacks.effects import effects_of, told
from miyabi_infra.stacks.steps import steps_of
from miyabi_infra.text import count


def run(root: Path, before: str, after: str, *, as_json: bool = False, fail_if_weaker: bool = False) -> int:
    """Print the difference; return 1 with `fail_if_weaker` when the second environment is, or may be, weaker.

    Raises:
        Refused: as `difference`.
    """
    found = difference(root, before, after)
    print(json.dumps(_data(found), indent=2) if as_json else _text(found))
    return int(fail_if_weaker and bool(found.weaker or found.unjudged))


def _text(found: EnvironmentDifference) -> str:
    before, after = found.before.environment, found.after.environment
    changes = found.comparison.changes
    steps = steps_of(changes, found.causes)
    first = f"one apply could not make a running {before} like {after}:"
    blocks = ["\n".join([first, *(f"  {each}" for each in steps)])] if steps else []
    blocks += [_resource_text(found, change) for change in changes]
    own = len([each for each in changes if each.address not in (PROVIDER, BACKEND)])
    folded = f"; {count(found.comparison.folded, 'argument')} more differ by the environment's name alone"
    blocks.append(f"{before} -> {after}: {count(own, 'resource')} differ{'s' * (own == 1)}{folded}")
    effects = list(told(effects_of(changes, found.causes)))
    if effects:
        blocks.append("\n".join([f"what else it would do to a running {before}:", *(f"  {each}" for each in effects)]))
    if found.weaker:
        lines = [f"{after} is weaker than {before}:"]
        for each in found.weaker:
            subject = f" of {each.subject}" if each.subject else ""
            figures = " -> ".join(each.told)
            lines.append(f"  {each.strength.name}{subject}: {figures} ({each.strength.why})")
            lines += [f"      {_cause_text(cause)}" for cause in found.causes_of_weakness(each)]
        blocks.append("\n".join(lines))
    elif not found.unjudged:
        blocks.append(f"{after} is not weaker than {before} in any protection")
    if found.unjudged:
        lines = [f"whether {after} is weaker than {before} is unknown in:"]
        lines += [f"  {each.address}{f' {each.argument}' if each.argument else ''}" for each in found.unjudged]
        blocks.append("\n".join(lines))
    return "\n".join(blocks)


def _resource_text(found: EnvironmentDifference, change: ResourceChange) -> str:
    mark = {"add": "+", "remove": "-", "change": "~"}[change.kind]
    lines = [f"{mark} {change.address}"]
    if change.kind != "change":
        lines += _causes_text(found.causes.of(change))
    for argument in change.arguments:
        before, after = shown_values(argument.before, argument.after)
        lines.append(f"    {argument.path}: {before} -> {after}")
        lines += _causes_text(found.causes.of(change, argument.path))
    return "\n".join(lines)


def _causes_text(causes: Sequence[Cause]) -> list[str]:
    return [f"        {_cause_text(cause)}" for cause in causes] or ["        no setting of the overlays explains it"]


def _cause_text(cause: Cause) -> str:
    sides = f"{_side(cause.before)} -> {_side(cause.after)}"
    return f"{', '.join(map(str, cause.places))}  {cause.name}: {sides}"


def _side(side: SettingValue) -> str:
    return shown_value(side.value) + ("" if side.place or side.value is DEFAULT else " (default)")


def _data(found: EnvironmentDifference) -> dict[str, Any]:
    return {
        "before": found.before.environment,
        "after": found.after.environment,
        "folded": found.comparison.folded,
        "changes": [
            {
                "address": change.address,
                "change": change.kind,
                "causes": [] if change.arguments else [_cause_data(each) for each in found.causes.of(change)],
                "arguments": [_argument_data(found, change, each) for each in change.arguments],
            }
            for change in found.comparison.changes
        ],
        "weaker": [
            {
                "strength": each.strength.name,
                "why": each.strength.why,
                "subject": each.subject or None,
                "before": each.told[0],
                "after": each.told[1],
                "causes": [_cause_data(cause) for cause in found.causes_of_weakness(each)],
            }
            for each in found.weaker
        ],
        "unjudged": [{"address": each.address, "argument": each.argument or None} for each in found.unjudged],
        "steps": [
            {"setting": each.setting, "steps": each.steps.text, "page": each.steps.page or None}
            for each in steps_of(found.comparison.changes, found.causes)
        ],
        "effects": [
            {"setting": each.setting, "effect": each.effect, "what": each.what or None}
            for each in effects_of(found.comparison.changes, found.causes)
        ],
    }


def _argument_data(found: EnvironmentDifference, change: ResourceChange, argument: ArgumentChange) -> dict[str, Any]:
    sides = {
        name: value for name, value in (("before", argument.before), ("after", argument.after)) if value is not ABSENT
    }
    return {
        "path": argument.path,
        **sides,
        "causes": [_cause_data(each) for each in found.causes.of(change, argument.path)],
    }


def _cause_data(cause: Cause) -> dict[str, Any]:
    def side(of: SettingValue) -> dict[str, Any]:
        if of.place is None:
            return {} if of.value is DEFAULT else {"default": of.value}
        return {"value": of.value, "file": of.place.file.as_posix(), "line": of.place.line}

    return {"setting": cause.name, "before": side(cause.before), "after": side(cause.after)}
