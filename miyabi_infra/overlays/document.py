"""An overlay as it is in its file: plain data, and the line of each key."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from miyabi_infra.overlays.files import NotAnOverlayError, content
from miyabi_infra.overlays.problems import MISSING, KeyPath, Problem
from miyabi_infra.place import Place

MOST: Final = 3_000
"""Values of an overlay, with what aliases repeat: some ten lines of YAML can stand for millions."""

_MARKS: Final = "\n,[{"
"""Each begins a value at most: to count them takes no time, to parse them seconds."""


_DEEPEST: Final = 100
"""Lists and mappings in each other: what scans them takes the square of that long."""

_FEW_LEVELS: Final = "the few levels that settings have"

_LARGEST_BITS: Final = 63


@dataclass
class Document:
    """What an overlay says, where it says it, and what cannot be read."""

    file: Path
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    places: dict[KeyPath, Place] = field(default_factory=dict[KeyPath, Place])
    problems: list[Problem] = field(default_factory=list[Problem])
    readable: bool = True
    """Whether it could be read at all; if not, missing keys are not a separate problem."""

    def unreadable(self, line: int, problem: str, allowed: str) -> "Document":
        """This document, with the one problem that it cannot be read at all."""
        self.problems.append(Problem(Place(self.file, line), (), MISSING, problem, allowed))
        self.readable = False
        return self

    def place(self, key: KeyPath) -> Place:
        """Where a key is written; if it is not, where the nearest mapping around it is."""
        for length in range(len(key), 0, -1):
            if key[:length] in self.places:
                return self.places[key[:length]]
        return Place(self.file, 1)

    def only(self, keys: Mapping[str, object]) -> "Document":
        """The document without the keys of the top level that are not among `keys`."""
        data = {key: value for key, value in self.data.items() if key in keys}
        places = {path: place for path, place in self.places.items() if path[0] in keys}
        return Document(self.file, data, places, self.problems)

    def under(self, overlay: "Document") -> "Document":
        """This document with `overlay` laid over it: mappings merge, lists and scalars replace."""
        merged = Document(overlay.file, dict(self.data), dict(self.places), [*self.problems, *overlay.problems])
        merged._lay((), merged.data, overlay.data, overlay)  # of this very class
        return merged

    def _lay(self, at: KeyPath, below: dict[str, Any], above: Mapping[str, Any], overlay: "Document") -> None:
        for key, value in above.items():
            path = (*at, key)
            held = below.get(key)
            if isinstance(held, dict) and isinstance(value, dict):
                merged = dict(cast("dict[str, Any]", held))
                below[key] = merged
                self.places[path] = overlay.places[path]
                self._lay(path, merged, cast("dict[str, Any]", value), overlay)
                continue
            below[key] = value
            for other in _paths(path, cast("object", held)):
                self.places.pop(other, None)
            self.places |= {other: overlay.places[other] for other in _paths(path, value) if other in overlay.places}


def _paths(at: KeyPath, value: object) -> Iterator[KeyPath]:
    """The path of a value, and of everything in it."""
    yield at
    if isinstance(value, dict):
        for key, inner in cast("dict[str, object]", value).items():
            yield from _paths((*at, key), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(cast("list[object]", value)):
            yield from _paths((*at, index), inner)


def read(file: Path, shown_as: Path) -> Document:
    """Read an overlay; `shown_as` is the path that problems name. What cannot be read is among the problems."""
    try:
        found = _parsed(content(file).decode("utf-8"), shown_as)
    except NotAnOverlayError as error:
        return Document(shown_as).unreadable(1, error.problem, error.allowed)
    except OSError as error:
        return Document(shown_as).unreadable(1, f"cannot be read: {error.strerror}", "a file")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return Document(shown_as).unreadable(line, "is not UTF-8 text", "UTF-8")
    return replace(found, data=dict(found.data), places=dict(found.places), problems=list(found.problems))


@lru_cache(maxsize=256)
def _parsed(text: str, shown_as: Path) -> Document:
    """The document of a text, which nobody changes. Many pages and judgements read the same overlays in one run."""
    document = Document(shown_as)
    yaml = YAML(typ="safe", pure=True)
    try:
        _bound(text)
        root = cast("Node | None", yaml.compose(text))  # pyright: ignore[reportUnknownMemberType]
        if isinstance(root, MappingNode):
            document.data = cast("dict[str, Any]", _Reader(yaml, document).value(root, ()))
    except NotAnOverlayError as error:
        return Document(shown_as).unreadable(1, error.problem, error.allowed)  # without the half of it that was read
    except (YAMLError, RecursionError) as error:
        return document.unreadable(*_syntax_problem(error, text))
    if root is not None and not isinstance(root, MappingNode):
        return document.unreadable(
            _line(root), "does not contain a mapping", "keys and values, such as region: us-west-2"
        )
    return document


def _bound(text: str) -> None:
    """Refuse what would take a parser of YAML seconds, by counting signs."""
    depth = 0
    for sign in re.findall(r"[\[\]{}]", text):
        depth = depth + 1 if sign in "[{" else max(depth - 1, 0)
        if depth > _DEEPEST:
            raise NotAnOverlayError("is nested too deeply", _FEW_LEVELS)
    if sum(text.count(mark) for mark in _MARKS) > MOST:
        raise _too_many()


def _too_many() -> NotAnOverlayError:
    return NotAnOverlayError("has too many lines or values", f"at most {MOST}, with what aliases repeat")


class _Reader:
    """Turns YAML nodes into plain data, and notes lines and problems in the document."""

    def __init__(self, yaml: YAML, document: Document) -> None:
        self._yaml = yaml
        self._document = document
        self._open: list[Node] = []
        self._values = 0

    def value(self, node: Node, at: KeyPath) -> object:
        self._values += 1
        if self._values > MOST:
            raise _too_many()
        if any(node is outer for outer in self._open):
            self._refuse(node, at, MISSING, "contains itself through an alias", "plain values")
            return None
        self._open.append(node)
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, at)
            if isinstance(node, SequenceNode):
                return self._sequence(node, at)
            return self._scalar(node, at)
        finally:
            self._open.pop()

    def _mapping(self, node: MappingNode, at: KeyPath) -> dict[str, object]:
        data: dict[str, object] = {}
        for key_node, value_node in cast("list[tuple[Node, Node]]", node.value):
            key = self._scalar(key_node, at) if isinstance(key_node, ScalarNode) else None
            if not isinstance(key, str):
                self._refuse(key_node, at, key, "is not a valid key", "a name")
                continue
            if key in data:
                first = self._document.places[(*at, key)].line
                value = self.value(value_node, (*at, key))
                problem = f"is a duplicate of the key in line {first}"
                self._refuse(key_node, (*at, key), value, problem, "each key once")
                continue
            self._document.places[(*at, key)] = Place(self._document.file, _line(key_node))
            data[key] = self.value(value_node, (*at, key))
        return data

    def _sequence(self, node: SequenceNode, at: KeyPath) -> list[object]:
        data: list[object] = []
        for index, item in enumerate(cast("list[Node]", node.value)):
            self._document.places[(*at, index)] = Place(self._document.file, _line(item))
            data.append(self.value(item, (*at, index)))
        return data

    def _scalar(self, node: Node, at: KeyPath) -> object:
        try:
            value = cast("object", self._yaml.constructor.construct_object(node, deep=True))
            if isinstance(value, int) and value.bit_length() > _LARGEST_BITS:  # Python would not even print it
                raise ValueError("a number of more than 63 bits")  # noqa: TRY301  # told as what else cannot be read
            written = cast("str", node.value)
            if isinstance(value, int) and re.fullmatch(r"0\d+", written):
                allowed = f"'{written}' in quotes, or a number that begins with another digit"
                self._refuse(node, at, written, "is read as a number, which loses the zero", allowed)
                return None
            return value  # noqa: TRY300  # as above
        except (YAMLError, ValueError) as error:
            reason = getattr(error, "problem", None) or error
            date = cast("str", getattr(node, "tag", "")).endswith(":timestamp")
            allowed = "a day of the calendar, such as 2027-06-30" if date else "plain YAML without custom tags"
            self._refuse(node, at, cast("object", node.value), f"cannot be read ({reason})", allowed)
            return None

    def _refuse(self, node: Node, at: KeyPath, value: object, problem: str, allowed: str) -> None:
        place = Place(self._document.file, _line(node))
        self._document.problems.append(Problem(place, at, value, problem, allowed))


def _line(node: Node) -> int:
    mark = cast("StringMark", node.start_mark)
    return mark.line + 1


def _syntax_problem(error: YAMLError | RecursionError, text: str) -> tuple[int, str, str]:
    if isinstance(error, RecursionError):
        return 1, "is nested too deeply", _FEW_LEVELS
    if isinstance(error, ReaderError):
        position = cast("int", error.position)
        problem = f"has a character that YAML does not allow ({text[position : position + 1]!r})"
        return text.count("\n", 0, position) + 1, problem, "text without control characters"
    line, reason = 1, str(error)
    if isinstance(error, MarkedYAMLError):
        mark = cast("StringMark | None", error.problem_mark or error.context_mark)
        line = mark.line + 1 if mark else 1
        parts = cast("tuple[str | None, str | None]", (error.context, error.problem))
        reason = ", ".join(part for part in parts if part)
    allowed = "spaces in place of the tab" if "'\\t'" in reason else "one document of keys and values"
    if (alias := re.search(r"found undefined alias '(.+)'", reason)) is not None:
        return line, f"has *{alias[1]}, which YAML takes for an alias", f'"*{alias[1]}", in quotes'
    if "'\\t'" not in reason and any(sign in reason for sign in _OF_SIGNS):
        allowed = f"quotes around a value that begins with * & @ ` % or has a colon, or {allowed}"
    return line, f"is not YAML: {' '.join(reason.split())}", allowed


_OF_SIGNS: Final = (
    "scanning an alias",
    "scanning an anchor",
    "cannot start any token",
    "mapping values are not allowed",
)
"""What the parser says of values that need quotes."""
