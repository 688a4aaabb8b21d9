"""`moved`, `removed` and `import` blocks: what of them Terraform refuses.

What they do only a plan over a state shows.
"""

from collections.abc import Collection, Iterator, Sequence

from miyabi_infra.hcl.instance import HclIssue
from miyabi_infra.hcl.scope import Scope
from miyabi_infra.hcl.syntax import Argument, Block
from miyabi_infra.terraform.address import without_keys

REFACTORING = frozenset({"moved", "removed", "import"})


def issues(scope: Scope, addresses: Collection[str]) -> Iterator[HclIssue]:
    """What is wrong with the blocks of a module; `addresses`: of all instances, and of all modules that are called."""
    labels = {without_keys(each) for each in addresses}
    moves = [(_text(block, "from"), _text(block, "to")) for block in scope.source.of_type("moved")]
    for block in scope.source.blocks:
        start, end = _text(block, "from"), _text(block, "to")
        match block.type:
            case "moved":
                why = _of_moved(start, end, moves)
                if not why and start and _exists(scope, start, end, addresses, labels):
                    why = f"{start} still exists, so it was not moved"
            case "removed":
                why = _of_removed(scope, start, labels)
            case "import":
                why = _of_import(scope, end, labels)
            case _:
                continue
        kind = "invalid" if why else "not compared"
        place, name = block.place, f"{scope.prefix}{block.type}"
        yield HclIssue(kind, name, "", start or end, why or "only a plan over a state shows its effect", place)


def _of_moved(start: str, end: str, moves: Sequence[tuple[str, str]]) -> str:
    """What is wrong with a move, beside what exists; empty where nothing is."""
    if start == end:
        return "it is moved to where it is"
    if _is_module(start) != _is_module(end):
        return "one of its addresses is a module, the other one is not"
    if sum(each == start for each, _ in moves) > 1:
        return f"{start} is moved twice"
    if sum(each == end for _, each in moves) > 1:
        return f"two are moved to {end}"
    following, seen = dict(moves), {start}
    while end in following and end not in seen:
        seen.add(end)
        end = following[end]
    return "it is moved in a circle" if end == start else ""


def _of_removed(scope: Scope, start: str, labels: Collection[str]) -> str:
    if start.startswith("data.") or ".data." in start:
        return "a data source is never destroyed, so it cannot be removed"
    if start != without_keys(start):
        return "an instance cannot be removed, only all of them"
    return f"{start} still exists, so it was not removed" if f"{scope.prefix}{start}" in labels else ""


def _of_import(scope: Scope, end: str, labels: Collection[str]) -> str:
    if scope.path:
        return "only the root module can import"
    return "" if without_keys(end) in labels else f"{end}, into which it is imported, is not declared"


def _is_module(address: str) -> bool:
    """Whether an address is of a module as a whole."""
    return len(without_keys(address).split(".")) % 2 == 0 and without_keys(address).split(".")[-2] == "module"


def _exists(scope: Scope, start: str, end: str, addresses: Collection[str], labels: Collection[str]) -> bool:
    """Whether what is moved is still declared: as an instance where only its key changes, else as a whole."""
    inside = f"{scope.prefix}{start}"
    if without_keys(start) == without_keys(end) or start != without_keys(start):
        return inside in addresses
    return inside in labels


def _text(block: Block, name: str) -> str:
    argument: Argument | None = block.arguments.get(name)
    return "" if argument is None else "".join(argument.text.split()).strip('"')
