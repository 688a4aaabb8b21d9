"""`miyabi-infra inventory`: what exists in each environment, by type, module and count, and what it is for."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from miyabi_infra.stacks import OUT, Stack, chosen, read, revision
from miyabi_infra.stacks.compare import ResourceChange
from miyabi_infra.stacks.inventory import changes, rows
from miyabi_infra.text import count, table


def run(root: Path, environment: str | None = None, *, since: str | None = None, as_json: bool = False) -> int:
    """Print the inventory, or with `since` what differs from a git revision; return the exit code.

    Raises:
        Refused: when the stacks, the environment or the revision cannot be read.
    """
    stacks = read(root / OUT)
    if since is None:
        shown = chosen(stacks, environment)
        print(json.dumps(_data(shown), indent=2) if as_json else _text(shown))
        return 0
    old = revision.stacks(root, since)
    if environment is not None:
        chosen((*stacks, *old), environment)
    before = {stack.environment: stack for stack in old}
    after = {stack.environment: stack for stack in stacks}
    names = [name for name in dict.fromkeys((*after, *before)) if environment in (None, name)]
    found = {name: changes(before.get(name), after.get(name)) for name in names}
    if as_json:
        print(json.dumps({name: [_change_data(each) for each in held] for name, held in found.items()}, indent=2))
    else:
        print(_changes_text(found, since))
    return int(any(found.values()))


def _text(stacks: Sequence[Stack]) -> str:
    names = [stack.environment for stack in stacks]
    found = rows(stacks)
    lines = [[row.type, row.module, *(str(row.counts[name] or "-") for name in names), row.purpose] for row in found]
    lines.append(["total", "", *(str(sum(row.counts[name] for row in found)) for name in names), ""])
    header = ["type", "module", *(names if len(names) > 1 else ["count"]), "purpose"]
    return table(header, lines, right=range(2, 2 + len(names)))


def _data(stacks: Sequence[Stack]) -> dict[str, Any]:
    return {
        stack.environment: {
            "stack": stack.name,
            "total": len(stack.resources),
            "resources": [
                {
                    "type": row.type,
                    "module": row.module,
                    "count": row.counts[stack.environment],
                    "purpose": row.purpose,
                    "addresses": [
                        each.address for each in stack.resources if (each.type, each.module) == (row.type, row.module)
                    ],
                }
                for row in rows([stack])
            ],
        }
        for stack in stacks
    }


def _change_data(of: ResourceChange) -> dict[str, Any]:
    return {"change": of.kind, "address": of.address, "arguments": [each.path for each in of.arguments]}


def _changes_text(found: Mapping[str, Sequence[ResourceChange]], since: str) -> str:
    blocks: list[str] = []
    for name, changed in found.items():
        counted = Counter(each.kind for each in changed)
        total = ", ".join(f"{counted[kind]} {verb}" for kind, verb in _VERBS.items() if counted[kind])
        lines = [f"{name}: {total or f'as in {since}'}"]
        for each in changed:
            arguments = f"  ({', '.join(one.path for one in each.arguments)})" if each.arguments else ""
            lines.append(f"  {_MARKS[each.kind]} {each.address}{arguments}")
        blocks.append("\n".join(lines))
    resources = sum(map(len, found.values()))
    return "\n".join([*blocks, f"\n{count(resources, 'resource')} differ{'s' * (resources == 1)} from {since}"])


_VERBS: Final = {"add": "added", "remove": "removed", "change": "changed"}
_MARKS: Final = {"add": "+", "remove": "-", "change": "~"}
