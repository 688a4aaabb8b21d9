"""`miyabi-infra diff dev prod`: what two environments do differently, and the overlay lines that cause it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from miyabi_infra.overlays.merging import documents
from miyabi_infra.project import ROOT, SHARED
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, Stack, read
from miyabi_infra.stacks.causes import DEFAULT, Cause, Causes, Default, SettingValue
from miyabi_infra.stacks.compare import (
    ABSENT,
    BACKEND,
    PROVIDER,
    Absent,
    ArgumentChange,
    Comparison,
    ResourceChange,
    compare,
)
from miyabi_infra.stacks.inventory import chosen
from miyabi_infra.stacks.provenance import EXISTENCE
from miyabi_infra.stacks.strengths import Weaker, shown, weaker
from miyabi_infra.text import count

_LONGEST: Final = 60


@dataclass(frozen=True)
class Difference:
    """Two environments side by side."""

    before: Stack
    after: Stack
    comparison: Comparison
    causes: Causes
    weaker: tuple[Weaker, ...]

    def causes_of_weakness(self, found: Weaker) -> list[Cause]:
        """The settings by which the second environment has less of a strength."""
        causes: dict[str, Cause] = {}
        for change in self.comparison.changes:
            for kind, argument in found.strength.arguments:
                if change.address != kind and f".{kind}." not in f".{change.address}":
                    continue
                paths = [each.path for each in change.arguments if each.argument == argument]
                if not change.arguments and not argument:
                    paths = [EXISTENCE]
                for path in paths:
                    causes |= {each.name: each for each in self.causes.of(change, path)}
        return list(causes.values())


def difference(root: Path, before: str, after: str) -> Difference:
    """What differs from one environment to another.

    Raises:
        Refused: when the stacks or overlays can't be read, or an environment is not there.
    """
    stacks = read(root / OUT)
    (first,), (second,) = chosen(stacks, before), chosen(stacks, after)
    if (SHARED in {before, after}) and before != after:
        raise Refused("the shared stack holds other modules than an environment: there is nothing to compare")
    overlays = documents(root)
    for name in (before, after):
        if name not in overlays:
            raise Refused(f"environments/{name}.yaml is not there, though {OUT} holds its stack: run 'make synth'")
    causes = Causes(ROOT, overlays[before], overlays[after], shared=before == SHARED)
    return Difference(first, second, compare(first, second), causes, tuple(weaker(first, second)))


def run(root: Path, before: str, after: str, *, as_json: bool = False, fail_if_weaker: bool = False) -> int:
    """Print the difference; return 1 with `fail_if_weaker` when the second environment is weaker than the first.

    Raises:
        Refused: as `difference`.
    """
    found = difference(root, before, after)
    print(json.dumps(_data(found), indent=2) if as_json else _text(found))
    return int(fail_if_weaker and bool(found.weaker))


def _text(found: Difference) -> str:
    before, after = found.before.environment, found.after.environment
    changes = found.comparison.changes
    blocks = [_resource_text(found, change) for change in changes]
    own = len([each for each in changes if each.address not in (PROVIDER, BACKEND)])
    folded = f"; {count(found.comparison.folded, 'argument')} more differ by the environment's name alone"
    blocks.append(f"{before} -> {after}: {count(own, 'resource')} differ{'s' * (own == 1)}{folded}")
    if found.weaker:
        lines = [f"{after} is weaker than {before}:"]
        for each in found.weaker:
            lines.append(f"  {each.strength.name}: {shown(each.before)} -> {shown(each.after)} ({each.strength.why})")
            lines += [f"      {_cause_text(cause)}" for cause in found.causes_of_weakness(each)]
        blocks.append("\n".join(lines))
    else:
        blocks.append(f"{after} is in nothing weaker than {before} that is declared a strength")
    return "\n".join(blocks)


def _resource_text(found: Difference, change: ResourceChange) -> str:
    mark = {"add": "+", "remove": "-", "change": "~"}[change.kind]
    lines = [f"{mark} {change.address}"]
    if change.kind != "change":
        lines += _causes_text(found.causes.of(change))
    for argument in change.arguments:
        lines.append(f"    {argument.path}: {shown_value(argument.before)} -> {shown_value(argument.after)}")
        lines += _causes_text(found.causes.of(change, argument.path))
    return "\n".join(lines)


def _causes_text(causes: Sequence[Cause]) -> list[str]:
    return [f"        {_cause_text(cause)}" for cause in causes] or ["        no setting of the overlays explains it"]


def _cause_text(cause: Cause) -> str:
    sides = f"{_side(cause.before)} -> {_side(cause.after)}"
    return f"{', '.join(map(str, cause.places))}  {cause.name}: {sides}"


def _side(side: SettingValue) -> str:
    return shown_value(side.value) + ("" if side.place or side.value is DEFAULT else " (default)")


def shown_value(value: Any, longest: int | None = _LONGEST) -> str:  # noqa: ANN401  # JSON, or what stands for no value
    """A value as people read it, cut where it is longer than `longest` characters."""
    text = repr(value) if isinstance(value, Absent | Default) else json.dumps(value, ensure_ascii=False, default=str)
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"


def _data(found: Difference) -> dict[str, Any]:
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
                "before": shown(each.before),
                "after": shown(each.after),
                "causes": [_cause_data(cause) for cause in found.causes_of_weakness(each)],
            }
            for each in found.weaker
        ],
    }


def _argument_data(found: Difference, change: ResourceChange, argument: ArgumentChange) -> dict[str, Any]:
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
