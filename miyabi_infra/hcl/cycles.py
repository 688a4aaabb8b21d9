"""What depends on itself, through locals, variables, outputs, resources and data sources of all modules.

Terraform refuses it, also where no value is needed. In `lifecycle`, `ignore_changes` refers to nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from miyabi_infra.hcl.scope import Scope
from miyabi_infra.hcl.syntax import ITEM, Attribute, Block, Expression, For, Index, Name, Repetition
from miyabi_infra.hcl.walking import children
from miyabi_infra.place import Place

Node: TypeAlias = tuple[str, ...]
"""The address of the module, then what in it: `("module.alb", "local", "name")`."""

_HOLD_REFERENCES: Final = ("resource", "data", "output")


def cycles(scopes: Iterable[Scope]) -> Iterator[tuple[tuple[Node, ...], Place]]:
    """Chains of which each depends on the next, and the last on the first, with the place of the first.

    Each node is in one at most.
    """
    graph = _Graph(scopes)
    done: set[Node] = set()
    for start in graph.edges:
        path: list[Node] = []
        waiting: list[tuple[Node, Iterator[Node]]] = []
        if start not in done:
            path.append(start)
            waiting.append((start, iter(graph.edges[start])))
        while waiting:
            node, others = waiting[-1]
            following = next(others, None)
            if following is None:
                waiting.pop()
                path.pop()
                done.add(node)
            elif following in path:
                yield tuple(path[path.index(following) :]), graph.places[following]
                done.update(path)
                break
            elif following not in done and following in graph.edges:
                path.append(following)
                waiting.append((following, iter(graph.edges[following])))


def shown(node: Node) -> str:
    """A node as an address."""
    module, kind, *names = node
    mode = {"local": "local.", "var": "var.", "output": "output.", "data": "data."}.get(kind, "")
    return f"{module}.{mode}{'.'.join(names)}" if module else f"{mode}{'.'.join(names)}"


class _Graph:
    """What each node depends on."""

    def __init__(self, scopes: Iterable[Scope]) -> None:
        self.edges: dict[Node, list[Node]] = {}
        self.places: dict[Node, Place] = {}
        self._modules: dict[str, Scope] = {}
        for scope in scopes:
            self._modules.setdefault(_path(scope), scope)
        for path, scope in self._modules.items():
            self._of_module(path, scope)

    def _of_module(self, path: str, scope: Scope) -> None:
        around = self._around(scope)
        for name, argument in scope.source.locals.items():
            self.places[path, "local", name] = argument.place
            self.edges[path, "local", name] = [*self._nodes(path, _paths(argument.expression)), *around]
        for block in scope.source.blocks:
            kind = "var" if block.type == "variable" else block.type
            self.places[path, kind, *block.labels] = block.place
            if block.type in _HOLD_REFERENCES:
                self.edges[path, block.type, *block.labels] = [*self._nodes(path, _of_block(block)), *around]
            elif block.type == "variable":
                self.edges[path, "var", *block.labels] = [*self._passed(scope, block.labels[0]), *around]

    def _around(self, scope: Scope) -> list[Node]:
        """What everything in a module waits for: `count`, `for_each` and `depends_on` of its call."""
        if scope.call is None or scope.parent is None:
            return []
        held = [
            scope.call.arguments[name] for name in ("count", "for_each", "depends_on") if name in scope.call.arguments
        ]
        return [node for each in held for node in self._nodes(_path(scope.parent), _paths(each.expression))]

    def _passed(self, scope: Scope, name: str) -> list[Node]:
        if scope.call is None or scope.parent is None or name not in scope.call.arguments:
            return []
        return self._nodes(_path(scope.parent), _paths(scope.call.arguments[name].expression))

    def _nodes(self, module: str, paths: Iterable[tuple[str, ...]]) -> list[Node]:
        return [node for path in paths for node in self._named(module, path)]

    def _named(self, module: str, path: tuple[str, ...]) -> Iterator[Node]:
        match path:
            case ("var" | "local" as kind, name, *_):
                yield (module, kind, name)
            case ("data", kind, name, *_):
                yield (module, "data", kind, name)
            case ("module", name, *rest):
                called = f"{module}.module.{name}".removeprefix(".")
                scope = self._modules.get(called)
                if rest:
                    yield (called, "output", rest[0])
                elif scope is not None:
                    yield from ((called, "output", each.labels[0]) for each in scope.source.of_type("output"))
            case (kind, name, *_) if "_" in kind:
                yield (module, "resource", kind, name)
            case _:
                return


def _path(scope: Scope) -> str:
    """The address of a module without the keys of its instances."""
    parent = _path(scope.parent) if scope.parent is not None else ""
    if scope.call is None:
        return scope.path
    return f"{parent}.module.{scope.call.labels[0]}".removeprefix(".")


def _of_block(block: Block) -> Iterator[tuple[str, ...]]:
    for name, argument in block.arguments.items():
        if name not in ("provider", "providers", "ignore_changes"):
            yield from _paths(argument.expression)
    for inner in block.blocks:
        yield from _of_block(inner)


def _paths(node: object, bound: frozenset[str] = frozenset()) -> Iterator[tuple[str, ...]]:
    """The names that references consist of, indices left out: `module.a[0].out` is ("module", "a", "out")."""
    path, keys = _reference(node)
    if path:
        if path[0] not in bound:
            yield path
        for key in keys:
            yield from _paths(key, bound)
    elif isinstance(node, For | Repetition):
        yield from _paths(node.source, bound)
        inner = bound | {each for each in (node.key, node.value) if each}
        rest = (node.result_key, node.result, node.condition) if isinstance(node, For) else (node.body,)
        for each in rest:
            yield from _paths(each, inner)
    else:
        for each in children(node):
            yield from _paths(each, bound)


def _reference(node: object) -> tuple[tuple[str, ...], list[Expression]]:
    """The names of a reference, and the keys in its indices; no names for anything else."""
    match node:
        case Name(name) if node != ITEM:
            return (name,), []
        case Attribute(of, name):
            path, keys = _reference(of)
            return ((*path, name) if path else ()), keys
        case Index(of, key):
            path, keys = _reference(of)
            return path, [*keys, key]
        case _:
            return (), []
