"""What `miyabi-infra adopt` prints."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from miyabi_infra import progress
from miyabi_infra.adopt.adoption import Adoption, AskAccount, FindImports, adoption
from miyabi_infra.adopt.adoption import write as write_lines
from miyabi_infra.adopt.differences import (
    EFFECTS,
    NOT_SENSITIVE,
    SENSITIVE,
    UNKNOWN,
    Effect,
    PlannedChange,
    Sensitive,
    Unknown,
)
from miyabi_infra.adopt.lines import OverlayLine
from miyabi_infra.adopt.planning import IMPORTS, import_blocks
from miyabi_infra.overlays.edit import REMOVED
from miyabi_infra.overlays.problems import key_text
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, Stack
from miyabi_infra.stacks.compare import ABSENT, Absent, ArgumentChange, shown_value, shown_values
from miyabi_infra.stacks.effects import told
from miyabi_infra.stacks.provenance import EXISTENCE
from miyabi_infra.terraform.ending import ended_by_signals
from miyabi_infra.text import count
from miyabi_infra.writing import write_whole

_ONE_LINE: Final = 100
"""Characters of two values that are shown on one line; longer ones are shown below each other."""

_LONGEST: Final = 2000
"""Characters of a value that are shown; of longer ones, the part in which they differ."""

_MARKS: Final[Mapping[Effect, str]] = {
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
    imports: bool = False,
    as_json: bool = False,
) -> int:
    """Print what differs and what would keep it; return the exit code.

    Args:
        root: The project's root.
        environment: The environment of the stack.
        file: The state; None for the one in the stack's backend.
        write: Put the lines into the overlay, and the `import` blocks next to the stack.
        refresh: Ask AWS what runs.
        imports: Import what exists in AWS and is not in the state.
        as_json: JSON instead of text.

    Raises:
        Refused: as `adoption`; with `refresh` or `imports` also without credentials.
    """
    ask: AskAccount | None = _ask_account if refresh or imports else None
    find: FindImports | None = _existing if imports else None
    with ended_by_signals(), progress.shown():
        found = adoption(root, environment, file, ask_account=ask, find_imports=find)
    if write:
        write_lines(root, found)
        _write_imports(root, found)
    print(json.dumps(_data(found), indent=2, ensure_ascii=False) if as_json else _text(found, written=write))
    return found.exit_code


def _ask_account(stack: Stack) -> None:
    from miyabi_infra.aws.client import Aws, Trouble  # noqa: PLC0415  # boto3 takes half a second to import

    try:
        Aws(stack.region).call("sts", "get_caller_identity")
    except Trouble as trouble:
        raise Refused(f"AWS cannot be asked what runs: {trouble}") from trouble


def _existing(stack: Stack) -> Mapping[str, str]:
    from miyabi_infra.aws.client import Aws, Trouble  # noqa: PLC0415  # boto3 takes half a second to import
    from miyabi_infra.aws.imports import import_ids  # noqa: PLC0415

    try:
        return import_ids(stack, Aws(stack.region))
    except Trouble as trouble:
        raise Refused(f"the resources of {stack.name} cannot be read: {trouble}") from trouble


def _imports_file(root: Path, found: Adoption) -> Path:
    return root / OUT / "stacks" / found.stack / IMPORTS


def _write_imports(root: Path, found: Adoption) -> None:
    if found.imports:
        file = _imports_file(root, found)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, import_blocks(found.imports))


# ---- for people ------------------------------------------------------------------------------------------------------


def _text(found: Adoption, *, written: bool) -> str:
    head = f"{found.stack} over {found.shown}: {count(found.resources, 'resource')}"
    if found.imports is not None:
        head += f", {len(found.imports)} to import"
    blocks = [head, *_differences(found), *_replacements(found), *_moves(found), *_kept(found)]
    if found.refused:
        blocks.append("\nValues of today that the rules of the overlay refuse:")
        blocks += [f"  {each}" for each in found.refused]
    blocks += _lines(found)
    if found.imports is not None:
        blocks += _imports(found, written=written)
    elif found.exit_code == 0 and not found.lines:
        blocks.append("No changes: the generated stack is what runs today.")
    return "\n".join(blocks)


def _differences(found: Adoption) -> list[str]:
    blocks: list[str] = []
    for kind, words in EFFECTS.items():
        of_kind = [each for each in found.differences if each.kind == kind]
        own = [each for each in of_kind if not each.follows]
        if own:
            said = words.removeprefix("outputs ") if kind == "output" else words
            number = count(len(of_kind), "output") if kind == "output" else str(len(of_kind))
            blocks.append(f"\n{number} {said}:")
            blocks += [_difference(found, each) for each in own]
        following = len(of_kind) - len(own)
        if following:
            blocks.append(f"  {following} of them because they refer to one of the others")
    return blocks


def _difference(found: Adoption, difference: PlannedChange) -> str:
    lines = [f"  {_MARKS[difference.kind]} {difference.address}{_notes(difference)}"]
    lines += [f"        {each.place}  {_line(each)}" for each in found.of(difference.address)]
    for argument in difference.arguments:
        if argument.argument == "tags_all" and any(each.argument == "tags" for each in difference.arguments):
            continue
        lines += _argument(argument, forces=argument.argument in difference.replaces)
        key = "tags_all" if argument.argument == "tags" else argument.argument
        lines += [f"          {each.place}  {_line(each)}" for each in found.of(difference.address, key)]
    return "\n".join(lines)


def _notes(difference: PlannedChange) -> str:
    notes: list[str] = []
    if difference.previous:
        notes.append(f"in the state: {difference.previous}")
    if difference.provider:
        notes.append(f"provider {difference.provider}: the stack does not have it")
    if difference.deposed:
        notes.append(f"deposed object {difference.deposed}, left by a replacement that did not finish")
    if difference.tainted:
        notes.append("tainted")
    return f" ({'; '.join(notes)})" if notes else ""


def _argument(argument: ArgumentChange, *, forces: bool) -> list[str]:
    note = "  (forces replacement)" if forces else ""
    before, after = _both(argument.before, argument.after)
    if len(before) + len(after) <= _ONE_LINE:
        return [f"      {argument.path}: {before} -> {after}{note}"]
    return [f"      {argument.path}:{note}", f"        - {before}", f"        + {after}"]


def _both(before: Any, after: Any) -> tuple[str, str]:  # noqa: ANN401  # JSON, or what stands for no value
    """Both values, whole; of very long ones, where they differ."""
    if any(isinstance(each, Absent | Unknown | Sensitive) for each in (before, after)):
        return _value(before), _value(after)
    return shown_values(before, after, _LONGEST)


def _value(value: Any) -> str:  # noqa: ANN401  # JSON, or what stands for no value
    return repr(value) if isinstance(value, Absent | Unknown | Sensitive) else shown_value(value, None)


def _replacements(found: Adoption) -> list[str]:
    if not found.replacements:
        return []
    return [
        "\nThe state names the AWS provider as an older Terraform or OpenTofu does. Where the state is, run:",
        *(f"  {each}" for each in found.replacements),
    ]


def _moves(found: Adoption) -> list[str]:
    if not found.moves:
        return []
    return [
        "\nTo bring the state to the addresses of the stack (tried on a copy: nothing of it is destroyed):",
        *(f"  {line}" for line in found.move_commands),
    ]


def _kept(found: Adoption) -> list[str]:
    """The commands for what no line of the overlay keeps."""
    blocks: list[str] = []
    for title, held in (
        (
            "To keep what the stack does not have, remove it from the state; it goes on running without Terraform:",
            [each for each in found.left if each.kind == "destroy" and not each.deposed],
        ),
        (
            "Deposed objects: Terraform destroys them with the next apply. To finish that before, in the HCL:",
            [each for each in found.left if each.deposed],
        ),
        (
            "Tainted resources: Terraform replaces them. To keep them:",
            [each for each in found.left if each.tainted],
        ),
    ):
        if held:
            blocks += [f"\n{title}", *dict.fromkeys(f"  {each.command}" for each in held)]
    return blocks


def _lines(found: Adoption) -> list[str]:
    if not found.lines:
        open_ones = [each for each in found.left if each.kind != "moved" and each.command is None]
        return ["\nNo line of the overlay keeps what differs."] if open_ones else []
    does = "Written" if found.written else "Lines that keep what runs today"
    imported = found.imports is not None
    after = [each for each in found.left if each.kind != "moved" and not (imported and each.is_only_recorded)]
    said = "No changes" if not after else f"{count(len(after), 'difference')} left"
    left = [f"  {_MARKS[each.kind]} {each.address}" for each in after if not each.follows]
    if found.moves:
        said += ", when the state has the addresses of the stack"
    effects = list(told(found.effects))
    how = "run 'make synth' and commit both" if found.written else "--write puts them into the overlay"
    return [
        f"\n{does}:",
        *(f"  {each.place}  {_line(each)}" for each in found.lines),
        *_comments(found),
        f"With {'it' if len(found.lines) == 1 else 'them'}: {said}{':' if left else '.'}",
        *left,
        *(["Without them, one apply would not do:"] if found.steps else []),
        *(f"  {each}" for each in found.steps),
        *(["Without them, an apply would do to what runs:"] if effects else []),
        *(f"  {each}" for each in effects),
        f"Next: {how}.",
    ]


def _comments(found: Adoption) -> list[str]:
    if not found.comments:
        return []
    return [
        "Comments next to these lines; check whether they are still true:",
        *(f"  {each.place}  {each.text}" for each in found.comments),
    ]


def _imports(found: Adoption, *, written: bool) -> list[str]:
    imports = found.imports or {}
    changes = [each for each in found.left if each.kind not in ("moved", "output")]
    created = sum(each.kind == "create" for each in changes)
    said = f"{len(imports)} to import, {created} to add, {len(changes) - created} to change"
    recorded = sum(each.is_only_recorded for each in changes)
    if recorded:
        said += f" ({recorded} of which only record arguments that AWS does not return)"
    where = f"{OUT}/stacks/{found.stack}/{IMPORTS}"
    if written:
        return [f"\nPlanned: {said}. The import blocks are in {where}: apply, then delete that file."]
    return [f"\nPlanned: {said}. --write writes the import blocks to {where}:", import_blocks(imports).rstrip()]


def _line(line: OverlayLine) -> str:
    return f"{line.name}: {'(to be removed)' if line.value is REMOVED else _value(line.value)}"


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
            for (old, new), command in zip(found.moves, found.move_commands, strict=True)
        ],
        "replace_provider": list(found.replacements),
        **({} if found.imports is None else {"imports": dict(found.imports)}),
        "lines": [_line_data(each) for each in found.lines],
        "comments": [
            {
                "file": each.place.file.as_posix(),
                "line": each.place.line,
                "text": each.text,
                "setting": key_text(each.setting),
            }
            for each in found.comments
        ],
        "refused": [
            {
                "setting": key_text(each.key),
                "file": each.place.file.as_posix(),
                "line": each.place.line,
                "problem": each.problem,
                "allowed": each.allowed,
            }
            for each in found.refused
        ],
        "left": [
            {"address": each.address, "kind": each.kind, **({"command": each.command} if each.command else {})}
            for each in found.left
        ],
        "steps_without_lines": [
            {"setting": each.setting, "steps": each.steps.text, "page": each.steps.page or None} for each in found.steps
        ],
        "effects_without_lines": [
            {"setting": each.setting, "effect": each.effect, "what": each.what or None} for each in found.effects
        ],
        "written": found.written,
    }


def _difference_data(found: Adoption, difference: PlannedChange) -> dict[str, Any]:
    optional = {
        "previous_address": difference.previous,
        "provider": difference.provider,
        "deposed": difference.deposed,
        "tainted": difference.tainted,
        "command": difference.command,
    }
    return {
        "address": difference.address,
        "kind": difference.kind,
        "follows": difference.follows,
        **{name: held for name, held in optional.items() if held},
        "settings": [_line_data(each) for each in found.of(difference.address, EXISTENCE)],
        "arguments": [
            {
                "path": each.path,
                **_value_data("before", each.before),
                **_value_data("after", each.after),
                "replaces": each.argument in difference.replaces,
                "settings": [
                    _line_data(line)
                    for line in found.of(difference.address, "tags_all" if each.argument == "tags" else each.argument)
                ],
            }
            for each in difference.arguments
        ],
    }


def _value_data(side: str, value: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON, or what stands for no value
    if value is ABSENT:
        return {}
    if value is UNKNOWN:
        return {f"{side}_unknown": True}
    if value is SENSITIVE or value is NOT_SENSITIVE:
        return {f"{side}_sensitive": value is SENSITIVE}
    return {side: json.loads(json.dumps(value, default=repr))}


def _line_data(line: OverlayLine) -> dict[str, Any]:
    removed = line.value is REMOVED
    return {
        "setting": line.name,
        **({"removed": True} if removed else {"value": line.value}),
        "file": line.place.file.as_posix(),
        "line": line.place.line,
    }
