"""The body of a block: arguments as values, nested blocks as tuples of mappings, dynamic ones expanded."""

from collections.abc import Iterator, Mapping
from typing import Final

from miyabi_infra.hcl.expressions import Bindings, Evaluator, pairs, traversal
from miyabi_infra.hcl.parsing import HclError
from miyabi_infra.hcl.syntax import Block
from miyabi_infra.hcl.values import Located, Missing, NotEvaluated, Opaque, Value
from miyabi_infra.place import Place

META_ARGUMENTS: Final = frozenset({"count", "for_each", "depends_on", "provider"})
"""Arguments of any resource, for Terraform itself."""
META_BLOCKS: Final = frozenset({"lifecycle", "dynamic", "provisioner", "connection"})
"""Blocks of any resource, for Terraform itself."""


def body(
    evaluator: Evaluator, block: Block, bindings: Bindings, without: frozenset[str] = frozenset()
) -> tuple[Located, Mapping[str, Place]]:
    """The arguments of a block and the blocks in it, by name, with the place of each.

    Nested blocks are tuples of mappings. The arguments `without` are left out.

    Raises:
        HclError: for a dynamic block without for_each or content.
    """
    items: dict[str, Value] = {}
    places: dict[str, Place] = {}
    for name, argument in block.arguments.items():
        if name not in without:
            items[name] = evaluator.value(argument, bindings)
            places[name] = argument.place
    groups: dict[str, list[Value]] = {}
    for inner in block.blocks:
        if inner.type == "dynamic":
            groups.setdefault(inner.labels[0], []).extend(_dynamic(evaluator, inner, bindings))
            places.setdefault(inner.labels[0], inner.place)
        elif inner.type not in META_BLOCKS:
            groups.setdefault(inner.type, []).append(body(evaluator, inner, bindings)[0])
            places.setdefault(inner.type, inner.place)
    items |= {name: tuple(group) for name, group in groups.items()}
    return Located(block.place, places, items), places


def _dynamic(evaluator: Evaluator, block: Block, bindings: Bindings) -> Iterator[Value]:
    """The blocks of a `dynamic` block; one `Opaque` where their number cannot be evaluated."""
    over, content = block.arguments.get("for_each"), next(block.of_type("content"), None)
    if over is None or content is None:
        raise HclError(f"{block.place}: a dynamic block needs for_each and content")
    iterator = block.arguments.get("iterator")
    name = traversal(iterator.expression) if iterator else block.labels[0]
    try:
        items = list(pairs(evaluator.argument_result(over, bindings)))
    except (NotEvaluated, Missing) as error:
        yield Opaque(f"dynamic {block.labels[0]} for_each = {over.text}", str(error))
        return
    for key, value in items:
        yield body(evaluator, content, {**bindings, name: {"key": key, "value": value}})[0]
