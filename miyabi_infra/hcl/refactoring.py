"""`moved`, `removed` and `import` blocks: what of them Terraform refuses.

What they do only a plan over a state shows.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator

from miyabi_infra.hcl.instance import HclIssue
from miyabi_infra.hcl.scope import Scope
from miyabi_infra.hcl.syntax import Argument, Block

REFACTORING = frozenset({"moved", "removed", "import"})


def issues(scope: Scope, addresses: Collection[str]) -> Iterator[HclIssue]:
    """What is wrong with the blocks of a module; `addresses`: of all instances, and of all modules that are called."""
    labels = {_without_keys(each) for each in addresses}
    from_counts = Counter(_text(block, "from") for block in scope.source.of_type("moved"))
    for block in scope.source.blocks:
        if block.type not in REFACTORING:
            continue
        why = ""
        start, end = _text(block, "from"), _text(block, "to")
        match block.type:
            case "moved" if start and start == end:
                why = "it is moved to where it is"
            case "moved" if from_counts[start] > 1:
                why = f"{start} is moved twice"
            case "moved" if start and _exists(scope, start, end, addresses, labels):
                why = f"{start} still exists, so it was not moved"
            case "removed" if start and f"{scope.prefix}{_without_keys(start)}" in labels:
                why = f"{start} still exists, so it was not removed"
            case "import" if end and f"{scope.prefix}{_without_keys(end)}" not in labels:
                why = f"{end}, into which it is imported, is not declared"
            case "import" if scope.path:
                why = "only the root module can import"
            case _:
                pass
        kind = "invalid" if why else "not compared"
        place, name = block.place, f"{scope.prefix}{block.type}"
        yield HclIssue(kind, name, "", start or end, why or "only a plan over a state shows its effect", place)


def _exists(scope: Scope, start: str, end: str, addresses: Collection[str], labels: Collection[str]) -> bool:
    """Whether what is moved is still declared: as an instance where only its key changes, else as a whole."""
    inside = f"{scope.prefix}{start}"
    if _without_keys(start) == _without_keys(end) or start != _without_keys(start):
        return inside in addresses
    return inside in labels


def _text(block: Block, name: str) -> str:
    argument: Argument | None = block.arguments.get(name)
    return "" if argument is None else "".join(argument.text.split()).strip('"')


def _without_keys(address: str) -> str:
    return re.sub(r"\[[^\]]*\]", "", address)
