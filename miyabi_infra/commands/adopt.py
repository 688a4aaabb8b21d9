"""What `miyabi-infra adopt` prints."""

import json
from pathlib import Path
from typing import Any, Final

from miyabi_infra.adopt.adoption import Adoption, OverlayLine, adoption, exit_code, moved_lines, write
from miyabi_infra.adopt.differences import EFFECTS, SENSITIVE, UNKNOWN, PlannedChange, Sensitive, Unknown
from miyabi_infra.overlays.edit import REMOVED
from miyabi_infra.overlays.problems import key_text
from miyabi_infra.stacks.compare import ABSENT, Absent, ArgumentChange
from miyabi_infra.stacks.provenance import EXISTENCE
from miyabi_infra.text import count

_LONGEST: Final = 60
_MARKS: Final = {
    "destroy": "-",
    "replace": "-/+",
    "create": "+",
    "update": "~",
    "moved": ">",
    "harmless": ".",
    "output": "o",
}


def run(
    root: Path,
    environment: str,
    file: Path | None,
    *,
    write: bool = False,
    refresh: bool = False,
    as_json: bool = False,
) -> int:
    """Print what differs and what would keep it; return the exit code.

    Raises:
        Refused: as `adoption`.
    """
    found = adoption(root, environment, file, refresh=refresh)
    if write:
        _write(root, found)
    print(json.dumps(_data(found), indent=2, ensure_ascii=False) if as_json else _text(found))
    return exit_code(found)


_write = write


# ---- for people ------------------------------------------------------------------------------------------------------


def _text(found: Adoption) -> str:
    head = f"{found.stack} over {found.shown}: {count(found.resources, 'resource')}"
    if exit_code(found) == 0 and not found.lines:
        return f"{head}\nNo changes: the generated stack is what runs today."
    blocks = [head]
    for kind, words in EFFECTS.items():
        of_kind = [each for each in found.differences if each.kind == kind]
        own = [each for each in of_kind if not each.follows]
        if own:
            blocks.append(f"\n{len(of_kind)} {words}:")
            blocks += [_difference(found, each) for each in own]
        drawn = len(of_kind) - len(own)
        if drawn:
            blocks.append(f"  {drawn} of them because they hold a reference to one of the others")
    blocks += _moves(found)
    if found.foreign:
        blocks.append(f"\n{count(len(found.foreign), 'resource')} of other providers, which the stack has not:")
        blocks += [f"  {each}" for each in found.foreign]
    if found.refused:
        blocks.append("\nToday's value, which the overlay's rules refuse:")
        blocks += [f"  {each}" for each in found.refused]
    return "\n".join([*blocks, *_lines(found)])


def _difference(found: Adoption, difference: PlannedChange) -> str:
    previous = f" (in the state: {difference.previous})" if difference.previous else ""
    because = f" ({difference.reason})" if difference.reason else ""
    lines = [f"  {_MARKS[difference.kind]} {difference.address}{previous}{because}"]
    lines += [f"        {each.place}  {_line(each)}" for each in found.of(difference.address)]
    for argument in difference.arguments:
        if argument.argument == "tags_all" and any(each.argument == "tags" for each in difference.arguments):
            continue
        forces = "  (can't be changed in place)" if _forces(difference, argument) else ""
        lines.append(f"      {argument.path}: {_short(argument.before)} -> {_short(argument.after)}{forces}")
        key = "tags_all" if argument.argument == "tags" else argument.argument
        lines += [f"          {each.place}  {_line(each)}" for each in found.of(difference.address, key)]
    return "\n".join(lines)


def _forces(difference: PlannedChange, argument: ArgumentChange) -> bool:
    return any(path == argument.path or path.partition(".")[0] == argument.argument for path in difference.replaces)


def _moves(found: Adoption) -> list[str]:
    if not found.moves:
        return []
    return [
        "\nTo bring the state to the stack's addresses (on a copy, it was: nothing of it is destroyed):",
        *(f"  {line}" for line in moved_lines(found).values()),
    ]


def _lines(found: Adoption) -> list[str]:
    if not found.lines:
        return ["\nNo line of the overlay keeps what differs."] if not found.moves else []
    does = "Written" if found.written else "Lines that keep what runs today"
    after = [each for each in found.left if each.kind != "moved"]
    said = "No changes" if not after else f"{count(len(after), 'difference')} left"
    left = [f"  {_MARKS[each.kind]} {each.address}" for each in after if not each.follows]
    if found.moves:
        said += ", when the state is brought to the stack's addresses"
    how = "run 'make synth' and commit both" if found.written else "--write puts them into the overlay"
    return [
        f"\n{does}:",
        *(f"  {each.place}  {_line(each)}" for each in found.lines),
        f"With {'it' if len(found.lines) == 1 else 'them'}: {said}. Next: {how}.",
        *left,
    ]


def _line(line: OverlayLine) -> str:
    return f"{line.name}: {'(to be removed)' if line.value is REMOVED else _short(line.value)}"


def _short(value: Any) -> str:  # noqa: ANN401  # JSON, or what stands for no value
    if isinstance(value, Absent | Unknown | Sensitive):
        return repr(value)
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


# ---- for programs ----------------------------------------------------------------------------------------------------


def _data(found: Adoption) -> dict[str, Any]:
    return {
        "environment": found.environment,
        "stack": found.stack,
        "state": found.shown,
        "resources": found.resources,
        "differences": [_difference_data(found, each) for each in found.differences],
        "moves": [
            {"from": old, "to": new, "command": command}
            for (old, new), command in zip(found.moves, moved_lines(found).values(), strict=True)
        ],
        "foreign": list(found.foreign),
        "lines": [_line_data(each) for each in found.lines],
        "refused": [
            {
                "setting": key_text(each.key),
                "place": str(each.place),
                "problem": each.problem,
                "allowed": each.allowed,
            }
            for each in found.refused
        ],
        "left": [{"address": each.address, "kind": each.kind} for each in found.left],
        "written": found.written,
    }


def _difference_data(found: Adoption, difference: PlannedChange) -> dict[str, Any]:
    return {
        "address": difference.address,
        "kind": difference.kind,
        "follows": difference.follows,
        **({"previous_address": difference.previous} if difference.previous else {}),
        **({"reason": difference.reason} if difference.reason else {}),
        "settings": [_line_data(each) for each in found.of(difference.address, EXISTENCE)],
        "arguments": [
            {
                "path": each.path,
                **_value("before", each.before),
                **_value("after", each.after),
                "replaces": _forces(difference, each),
                "settings": [
                    _line_data(line)
                    for line in found.of(difference.address, "tags_all" if each.argument == "tags" else each.argument)
                ],
            }
            for each in difference.arguments
        ],
    }


def _value(side: str, value: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON, or what stands for no value
    if value is ABSENT:
        return {}
    if value is UNKNOWN:
        return {f"{side}_unknown": True}
    if value is SENSITIVE:
        return {f"{side}_sensitive": True}
    return {side: json.loads(json.dumps(value, default=repr))}


def _line_data(line: OverlayLine) -> dict[str, Any]:
    removed = line.value is REMOVED
    return {
        "setting": line.name,
        **({"removed": True} if removed else {"value": line.value}),
        "file": line.place.file.as_posix(),
        "line": line.place.line,
    }
