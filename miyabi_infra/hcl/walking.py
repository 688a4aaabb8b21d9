"""All expressions of a module: what each refers to."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Final, cast

from miyabi_infra.hcl.syntax import Argument, Attribute, Block, Call, Expression, For, Name, Repetition
from miyabi_infra.place import Place

_LEAVES: Final[tuple[object, ...]] = (str, str | None, str | int | float | bool | None, bool, Place)
"""Types of fields in which there is nothing to walk through."""


def arguments(block: Block) -> Iterator[tuple[Argument, frozenset[str]]]:
    """The arguments of a block and of the blocks in it, each with the names that `dynamic` binds there."""
    yield from _arguments(block, frozenset())


def _arguments(block: Block, bound: frozenset[str]) -> Iterator[tuple[Argument, frozenset[str]]]:
    for argument in block.arguments.values():
        yield argument, bound
    for inner in block.blocks:
        if inner.type == "dynamic" and inner.labels:
            iterator = inner.arguments.get("iterator")
            named = iterator.expression.name if iterator and isinstance(iterator.expression, Name) else inner.labels[0]
            for name, argument in inner.arguments.items():
                if name != "iterator":
                    yield argument, bound
            for content in inner.blocks:
                yield from _arguments(content, bound | {named})
        else:
            yield from _arguments(inner, bound)


def references(expression: Expression, bound: frozenset[str] = frozenset()) -> Iterator[tuple[str, ...]]:
    """The references in an expression, as the names that they consist of; without those to `bound` names."""
    yield from _references(expression, bound)


def functions(expression: Expression) -> Iterator[str]:
    """The functions that an expression calls."""
    yield from (each.function for each in nodes(expression) if isinstance(each, Call))


def _references(node: object, bound: frozenset[str]) -> Iterator[tuple[str, ...]]:
    path = _path(node)
    if path:
        if path[0] not in bound:
            yield path
        return
    if isinstance(node, For):
        yield from _references(node.source, bound)
        inner = bound | {each for each in (node.key, node.value) if each}
        for each in (node.result_key, node.result, node.condition):
            if each is not None:
                yield from _references(each, inner)
    elif isinstance(node, Repetition):
        yield from _references(node.source, bound)
        yield from _references(node.body, bound | {each for each in (node.key, node.value) if each})
    else:
        for child in children(node):
            yield from _references(child, bound)


def _path(node: object) -> tuple[str, ...]:
    if isinstance(node, Name):
        return (node.name,)
    if isinstance(node, Attribute):
        before = _path(node.of)
        return (*before, node.name) if before else ()
    return ()


def nodes(node: object) -> Iterator[object]:
    """An expression and everything in it."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += children(node)


def children(node: object) -> tuple[object, ...]:
    """What an expression, or a tuple of them, directly consists of; without names and constants."""
    if isinstance(node, tuple):
        return cast("tuple[object, ...]", node)
    return tuple([getattr(node, name) for name in _fields(type(node))])


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """The names of a dataclass's fields, which are asked for millions of times; none of another type."""
    return tuple(field.name for field in fields(kind) if field.type not in _LEAVES) if is_dataclass(kind) else ()
