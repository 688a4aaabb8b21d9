"""Terraform JSON, read into the blocks that HCL is read into.

JSON does not say what is a block and what is an argument: Terraform asks the provider, and so does this, as far as the
provider is known (`provider.facts`). Strings are templates, but where Terraform wants a reference they are one
(Terraform language, "JSON Configuration Syntax").
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from miyabi_infra.hcl import provider
from miyabi_infra.hcl.parsing import HclError, parse_expression, parse_template
from miyabi_infra.hcl.syntax import Argument, Block, Constant, Expression, Item, ListOf, ObjectOf
from miyabi_infra.place import Place

LABELS: Final = {
    "check": 1,
    "data": 2,
    "ephemeral": 2,
    "import": 0,
    "locals": 0,
    "module": 1,
    "moved": 0,
    "output": 1,
    "provider": 1,
    "removed": 0,
    "resource": 2,
    "terraform": 0,
    "variable": 1,
}
"""The blocks at the top of a file, and how many labels each has."""

_INNER: Final[Mapping[str, Mapping[str, int]]] = {
    "check": {"assert": 0, "data": 2},
    "data": {"lifecycle": 0},
    "ephemeral": {"lifecycle": 0},
    "lifecycle": {"precondition": 0, "postcondition": 0},
    "module": {},
    "output": {"precondition": 0},
    "provider": {"assume_role": 0, "assume_role_with_web_identity": 0, "default_tags": 0, "endpoints": 0}
    | {"ignore_tags": 0},
    "removed": {"connection": 0, "lifecycle": 0, "provisioner": 1},
    "resource": {"connection": 0, "lifecycle": 0, "provisioner": 1, "timeouts": 0},
    "terraform": {"backend": 1, "cloud": 0, "required_providers": 0},
    "variable": {"validation": 0},
}
"""The blocks of Terraform itself in each block, and how many labels they have."""

_REFERENCES: Final = frozenset(
    {"depends_on", "from", "ignore_changes", "provider", "providers", "replace_triggered_by"}
)
"""Arguments whose strings are expressions, not templates."""

_COMMENT: Final = "//"


def parse(text: str, file: Path) -> tuple[Block, ...]:
    """The blocks of a file of Terraform JSON.

    Raises:
        HclError: for text that is not JSON, or whose form is not that of Terraform's blocks.
    """
    try:
        json.loads(text)
        root: Any = YAML(typ="safe", pure=True).compose(text)  # pyright: ignore[reportUnknownMemberType]
    except (ValueError, RecursionError) as error:
        raise HclError(f"{file.as_posix()}: is not JSON: {error}") from error
    reader = _Reader(text, file)
    return tuple(
        block
        for kind, value in reader.items(root)
        for block in reader.labelled(kind, LABELS.get(kind, 0), value, known=kind in LABELS)
    )


class _Reader:
    def __init__(self, text: str, file: Path) -> None:
        self._text = text
        self._file = file

    def items(self, node: Node) -> Iterator[tuple[str, Node]]:
        """The keys and values of an object, without comments."""
        if not isinstance(node, MappingNode):
            raise HclError(f"{self._place(node)}: is not an object")
        for key, value in cast("list[tuple[ScalarNode, Node]]", node.value):
            name = _string(key)
            if name != _COMMENT:
                yield name, value

    def labelled(self, kind: str, labels: int, node: Node, *, known: bool = True) -> Iterator[Block]:
        """The blocks of a type: below their labels, one object or a list of objects."""
        if not known:
            raise HclError(f"{self._place(node)}: {kind} is not a block of Terraform")
        yield from self._below(kind, (), labels, node)

    def _below(self, kind: str, held: tuple[str, ...], left: int, node: Node) -> Iterator[Block]:
        if left:
            for each in self._objects(node):
                for label, value in self.items(each):
                    yield from self._below(kind, (*held, label), left - 1, value)
            return
        for each in self._objects(node):
            yield self._block(kind, held, each)

    def _objects(self, node: Node) -> Iterator[Node]:
        if isinstance(node, SequenceNode):
            yield from cast("list[Node]", node.value)
        else:
            yield node

    def _block(self, kind: str, labels: tuple[str, ...], node: Node, schema: Mapping[str, Any] | None = None) -> Block:
        if schema is None and kind == "resource":
            schema = cast("Mapping[str, Any]", provider.facts(labels[0]) or {})
        of_provider: Mapping[str, Any] = (schema or {}).get("blocks", {})
        inner = _INNER.get(kind, {})
        arguments: dict[str, Argument] = {}
        blocks: list[Block] = []
        for name, value in self.items(node):
            if name in inner:
                blocks += self.labelled(name, inner[name], value)
            elif name == "dynamic":
                blocks += self._dynamic(value, of_provider)
            elif name in of_provider and not _is_text(value):
                blocks += (self._block(name, (), each, of_provider[name]) for each in self._objects(value))
            elif name in arguments:
                raise HclError(f"{self._place(value)}: {name} is set twice")
            else:
                arguments[name] = self._argument(kind, name, value)
        return Block(kind, labels, arguments, tuple(blocks), self._place(node), self._slice(node))

    def _dynamic(self, node: Node, of_provider: Mapping[str, Any]) -> Iterator[Block]:
        for label, bodies in self.items(node):
            for body in self._objects(bodies):
                parts = dict(self.items(body))
                content = parts.pop("content", None)
                arguments = {name: self._argument("dynamic", name, value) for name, value in parts.items()}
                blocks = () if content is None else (self._block("content", (), content, of_provider.get(label, {})),)
                yield Block("dynamic", (label,), arguments, blocks, self._place(body), self._slice(body))

    def _argument(self, kind: str, name: str, node: Node) -> Argument:
        refers = name in _REFERENCES or (kind == "variable" and name == "type") or (kind in _ENDS and name == "to")
        plain = kind == "variable" and name == "default"  # Terraform takes it as it is
        return Argument(name, self._expression(node, refers, plain), self._slice(node), self._place(node))

    def _expression(self, node: Node, refers: bool, plain: bool) -> Expression:  # noqa: FBT001  # of the argument
        line = self._line(node)
        if isinstance(node, SequenceNode):
            items = cast("list[Node]", node.value)
            return ListOf(tuple(self._expression(each, refers, plain) for each in items))
        if isinstance(node, MappingNode):
            return ObjectOf(tuple(self._items(node, refers, plain)))
        text = _string(cast("ScalarNode", node))
        if not _is_text(node):
            return parse_expression(text, self._file, line)
        if plain:
            return Constant(text)
        return parse_expression(text, self._file, line) if refers else parse_template(text, self._file, line)

    def _items(self, node: MappingNode, refers: bool, plain: bool) -> Iterator[Item]:  # noqa: FBT001  # likewise
        for key, value in self.items(node):
            name = Constant(key) if refers or plain else parse_template(key, self._file, self._line(node))
            yield Item(name, self._expression(value, refers, plain), self._place(value))

    def _line(self, node: Node) -> int:
        return cast("Any", node).start_mark.line + 1

    def _place(self, node: Node) -> Place:
        return Place(self._file, self._line(node))

    def _slice(self, node: Node) -> str:
        marks = cast("Any", node)
        return " ".join(self._text[marks.start_mark.index : marks.end_mark.index].split())


_ENDS: Final = frozenset({"import", "moved"})
"""Blocks whose `to` is an address."""


def _is_text(node: Node) -> bool:
    return isinstance(node, ScalarNode) and str(cast("Any", node).style) == '"'


def _string(node: ScalarNode) -> str:
    """The text of a scalar; JSON writes a character beyond the basic plane as two surrogates."""
    text = str(cast("Any", node).value)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
