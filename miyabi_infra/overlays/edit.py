"""Changes to the text of an overlay: only what must change does; every other byte stays.

A YAML library that dumps what it loaded keeps comments and order, but not the spaces in lists, the line breaks or the
alignment of comments. So the text is edited at the places that the parser reports, and the result is parsed again.
"""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import StringMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from miyabi_infra.overlays.problems import KeyPath, key_text


class Removed:
    """The value of a key or an item to be removed."""


REMOVED: Final = Removed()
_INDENT: Final = 2


class EditError(Exception):
    """A text that cannot be changed as requested; the message says why."""


def edited(text: str, edits: Mapping[KeyPath, Any], order: Sequence[str] = ()) -> str:
    """The text with other values at some paths, each of which may be new, or REMOVED.

    Args:
        text: An overlay, with any line ends.
        edits: Values by path. The index of a list may be its length: the item is appended.
        order: Keys of the top level in their order; a new one is inserted after those that precede it.

    Raises:
        EditError: when the form of the text does not allow the change, such as a value that is an alias.
    """
    changed = text
    expected = _loaded(text)
    for path, value in edits.items():
        expected = _with(expected, path, value)
        changed = _Text(changed, order).change(path, value)
        if _loaded(changed) != expected:
            raise EditError(f"{key_text(path)} cannot be changed without changing more: the value is shared or merged")
    return changed


def applied(data: Mapping[str, Any], edits: Mapping[KeyPath, Any]) -> dict[str, Any]:
    """Data with other values at some paths."""
    changed: Any = deepcopy(dict(data))
    for path, value in edits.items():
        changed = _with(changed, path, value)
    return cast("dict[str, Any]", changed)


def comments(text: str, path: KeyPath) -> list[str]:
    """The comments that may be about the value at a path: those directly above its line, and the one on it.

    None for a value that is not written: of a new line there is no comment yet.
    """
    held = YAML(typ="safe", pure=True).compose(text)  # pyright: ignore[reportUnknownMemberType]
    node: Node | None = cast("Node | None", held)
    start = end = 0
    for key in path:
        if node is None:
            return []
        entry = next((each for each in _entries(node) if each[0] == key), None)
        if entry is None:
            return []
        start, end = entry[1], entry[2]
        node = _below(node, key)
    above: list[str] = []
    for line in reversed(text[: text.rfind("\n", 0, start) + 1].splitlines()):
        if not line.lstrip().startswith("#"):
            break
        above.insert(0, line.strip())
    rest = (text[end:].splitlines() or [""])[0].strip().lstrip("]},").strip()
    return [*above, rest] if rest.startswith("#") else above


def _with(data: Any, path: KeyPath, value: object) -> Any:  # noqa: ANN401  # data of an overlay
    if not path:
        return value
    key, rest = path[0], path[1:]
    if isinstance(key, int):
        items = list(cast("Sequence[Any]", data or ()))
        if not rest and value is REMOVED:
            return [*items[:key], *items[key + 1 :]]
        held = items[key] if key < len(items) else None
        return [*items[:key], _with(held, rest, value), *items[key + 1 :]]
    if data is not None and not isinstance(data, Mapping):
        raise EditError(f"{key!r} cannot be added to a plain value")
    mapping = dict(cast("Mapping[str, Any]", data or {}))
    if not rest and value is REMOVED:
        mapping.pop(key, None)
    else:
        mapping[key] = _with(mapping.get(key), rest, value)
    return mapping


def _loaded(text: str) -> Any:  # noqa: ANN401  # data of an overlay
    try:
        return YAML(typ="safe", pure=True).load(text) or {}  # pyright: ignore[reportUnknownMemberType]
    except YAMLError as error:
        raise EditError(f"is not YAML: {error}") from error


class _Text:
    """A text and its nodes."""

    def __init__(self, text: str, order: Sequence[str]) -> None:
        self._text = text
        self._order = order
        self._line_end = "\r\n" if "\r\n" in text else "\n"
        composed = YAML(typ="safe", pure=True).compose(text)  # pyright: ignore[reportUnknownMemberType]
        self._root = cast("Node | None", composed)

    def change(self, path: KeyPath, value: object) -> str:
        """The text with another value at a path."""
        if self._root is None:
            return self._grown(path, value)
        node, owners = self._root, list[tuple[Node, str | int]]()
        for depth, key in enumerate(path):
            below = _below(node, key)
            owners.append((node, key))
            if below is None:
                if value is REMOVED:
                    return self._text
                return self._inserted(node, key, _nested(path[depth + 1 :], value), top=depth == 0)
            node = below
        if value is REMOVED:
            return self._removed(owners)
        return self._replaced(owners, node, value)

    # ---- existing values -----------------------------------------------------------------------------------------

    def _replaced(self, owners: Sequence[tuple[Node, str | int]], node: Node, value: object) -> str:
        parent, key = owners[-1]
        path = tuple(each for _, each in owners)
        if isinstance(node, SequenceNode) and isinstance(value, list | tuple):
            return self._items(path, node, cast("Sequence[object]", value))
        if not isinstance(node, ScalarNode) and not _flow(node):  # a block: its lines and comments would be lost
            raise EditError(f"{key_text(path)} is written over several lines, and would get another kind of value")
        start, end = _start(node), _end(node)
        if isinstance(parent, MappingNode):
            after_key = _end(_key(parent, key))
            if not after_key <= start:
                raise EditError(f"{key_text(path)} is an alias of another value")
            if start == end:  # no value: `key:`
                behind = self._text.index(":", after_key) + 1  # the parser's place is behind a comment
                return self._spliced(behind, behind, f" {_scalar(value)}")
        return self._spliced(start, end, _like(self._text[start:end], value))

    def _items(self, path: KeyPath, node: SequenceNode, value: Sequence[object]) -> str:
        """The text with the items of a list changed, appended and removed one after the other."""
        held = cast("list[object]", _data(self._root, path))
        text = self._text
        for index in reversed(range(len(value), len(cast("list[Node]", _held(node))))):
            text = _Text(text, self._order).change((*path, index), REMOVED)
        for index, item in enumerate(value):
            if index >= len(held) or held[index] != item:
                text = _Text(text, self._order).change((*path, index), item)
        return text

    def _removed(self, owners: Sequence[tuple[Node, str | int]]) -> str:
        parent, key = owners[-1]
        entries = _entries(parent)
        at = next(index for index, (name, _, _) in enumerate(entries) if name == key)
        _, start, end = entries[at]
        if len(entries) == 1:
            empty = "{}" if isinstance(parent, MappingNode) else "[]"
            if _flow(parent):
                return self._spliced(_start(parent), _end(parent), empty)
            owner, name = owners[-2] if len(owners) > 1 else (None, "")
            if owner is None:
                return self._spliced(self._line_start(start), self._after_line(end), "")
            colon = self._text.index(":", _end(_key(owner, name))) + 1
            return self._spliced(colon, end, f" {empty}")
        if _flow(parent):
            if at:
                return self._spliced(entries[at - 1][2], end, "")
            return self._spliced(start, entries[at + 1][1], "")
        first, behind = self._line_start(start), self._after_line(end)
        apart = self._line_end * 2
        if self._text[:first].endswith(apart) and self._text[behind:].startswith(self._line_end):
            behind += len(self._line_end)  # one empty line remains of the two around it
        elif self._text[:first].endswith(apart) and behind == len(self._text):
            first -= len(self._line_end)
        return self._spliced(first, behind, "")

    # ---- new values ----------------------------------------------------------------------------------------------

    def _inserted(self, parent: Node, key: str | int, value: object, *, top: bool) -> str:
        entries = _entries(parent)
        if _flow(parent) or not entries:
            item = _scalar(value) if isinstance(key, int) else f"{_scalar(key)}: {_scalar(value)}"
            if entries:
                return self._spliced(entries[-1][2], entries[-1][2], f", {item}")
            if not _flow(parent):
                raise EditError("the file has no key next to which a new one can be written")
            return self._spliced(_start(parent) + 1, _start(parent) + 1, item)
        behind = self._behind(entries, str(key)) if top else entries[-1]
        column = cast("StringMark", parent.start_mark).column
        if isinstance(key, int):
            lines = [f"{' ' * self._column(entries[-1][1])}- {_scalar(value)}"]
        else:
            lines = _lines(key, value, column)
        apart = top and isinstance(value, Mapping) and f"{self._line_end}{self._line_end}" in self._text
        at = self._line_finish(behind[2])
        return self._spliced(at, at, "".join(f"{self._line_end}{line}" for line in ([""] if apart else []) + lines))

    def _behind(self, entries: Sequence[tuple[str | int, int, int]], key: str) -> tuple[str | int, int, int]:
        """The entry after which a new key of the top level is inserted."""
        if key in self._order:
            before = self._order[: self._order.index(key)]
            earlier = [entry for entry in entries if entry[0] in before]
            if earlier:
                return earlier[-1]
        return entries[-1]

    def _grown(self, path: KeyPath, value: object) -> str:
        text = self._text if not self._text or self._text.endswith("\n") else self._text + self._line_end
        return text + "".join(f"{line}{self._line_end}" for line in _lines(str(path[0]), _nested(path[1:], value), 0))

    # ---- places --------------------------------------------------------------------------------------------------

    def _spliced(self, start: int, end: int, text: str) -> str:
        return self._text[:start] + text + self._text[end:]

    def _line_start(self, at: int) -> int:
        return self._text.rfind("\n", 0, at) + 1

    def _column(self, at: int) -> int:
        """The column of the `-` before an item."""
        line = self._text[self._line_start(at) : at]
        return line.rindex("-")

    def _line_finish(self, at: int) -> int:
        """The end of the line, without its line break."""
        found = self._text.find("\n", at)
        finish = len(self._text) if found < 0 else found
        return finish - 1 if self._text[finish - 1 : finish] == "\r" else finish

    def _after_line(self, at: int) -> int:
        found = self._text.find("\n", at)
        return len(self._text) if found < 0 else found + 1


def _pairs(node: Node) -> list[tuple[Node, Node]]:
    return cast("list[tuple[Node, Node]]", _held(node))


def _held(node: Node) -> object:
    """The content of a node: pairs, items or text. ruamel declares no types for it."""
    return cast("object", node.value)  # pyright: ignore[reportUnknownMemberType]


def _flow(node: Node) -> bool:
    """Whether it is written in brackets or braces."""
    return bool(getattr(node, "flow_style", False))


def _key(parent: Node, key: str | int) -> Node:
    return next(name for name, _ in _pairs(parent) if _held(name) == key)


def _below(node: Node, key: str | int) -> Node | None:
    if isinstance(node, MappingNode):
        return next((value for name, value in _pairs(node) if _held(name) == key), None)
    if isinstance(node, SequenceNode) and isinstance(key, int):
        items = cast("list[Node]", _held(node))
        return items[key] if key < len(items) else None
    raise EditError(f"{key!r} cannot be added to a plain value")


def _entries(node: Node) -> list[tuple[str | int, int, int]]:
    """Each entry of a mapping or a list: its key, its start and its end."""
    if isinstance(node, MappingNode):
        return [(str(_held(name)), _start(name), max(_end(name), _end(value))) for name, value in _pairs(node)]
    return [(index, _start(item), _end(item)) for index, item in enumerate(cast("list[Node]", _held(node)))]


def _start(node: Node) -> int:
    return cast("int", cast("StringMark", node.start_mark).index)


def _end(node: Node) -> int:
    """The end of the last character of a node, without what the parser adds."""
    if isinstance(node, MappingNode | SequenceNode) and not _flow(node):
        entries = _entries(node)
        return max(end for _, _, end in entries) if entries else _start(node)
    mark = cast("StringMark", node.end_mark)
    end = cast("int", mark.index)
    if isinstance(node, ScalarNode) and cast("str | None", node.style) in ("|", ">"):
        return len(cast("str", mark.buffer)[:end].rstrip())
    return end


def _data(node: Node | None, path: KeyPath) -> object:
    """The value at a path, as plain data."""
    for key in path:
        assert node is not None
        node = _below(node, key)
    yaml = YAML(typ="safe", pure=True)
    return cast("object", yaml.constructor.construct_document(node))  # pyright: ignore[reportUnknownMemberType]


def _nested(path: KeyPath, value: object) -> object:
    for key in reversed(path):
        value = [value] if isinstance(key, int) else {key: value}
    return value


def _lines(key: str, value: object, column: int) -> list[str]:
    """A new entry of a mapping, with a line for each mapping in it."""
    head = f"{' ' * column}{_scalar(key)}:"
    if isinstance(value, Mapping) and value:
        held = cast("Mapping[str, object]", value)
        return [head, *(line for name, inner in held.items() for line in _lines(name, inner, column + _INDENT))]
    return [f"{head} {_scalar(value)}"]


def _like(old: str, value: Any) -> str:  # noqa: ANN401  # data of an overlay
    """A value in the quotes of the old one."""
    if isinstance(value, str) and old[:1] == "'" and value.isprintable():
        return f"'{value.replace(chr(39), chr(39) * 2)}'"
    if isinstance(value, str) and old[:1] == '"':
        return json.dumps(value, ensure_ascii=False)
    return _scalar(value)


def _scalar(value: Any) -> str:  # noqa: ANN401  # data of an overlay
    """A value on one line, quoted if YAML would read it as something else."""
    if isinstance(value, Mapping):
        held = cast("Mapping[str, object]", value)
        return "{" + ", ".join(f"{_scalar(name)}: {_scalar(inner)}" for name, inner in held.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_scalar(item) for item in cast("Sequence[object]", value)) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    plain = bool(value) and value.isprintable() and value.strip() == value and not set(value) & set("[]{},#&*!|>'\"%@`")
    if plain and ": " not in value and not value.endswith(":"):
        try:
            if _loaded(f"- {value}") == [value]:
                return value
        except EditError:
            pass
    return json.dumps(value, ensure_ascii=False)
