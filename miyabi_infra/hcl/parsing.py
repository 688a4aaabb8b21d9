"""HCL text into syntax, with the parser of python-hcl2.

Its parse tree is used, not its dictionaries: these turn expressions back into text and leave out the lines.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias, cast

import hcl2
from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from miyabi_infra.hcl.syntax import (
    Argument,
    Attribute,
    Binary,
    Block,
    Call,
    Conditional,
    Constant,
    Expression,
    For,
    Index,
    Item,
    ListOf,
    Name,
    ObjectOf,
    Splat,
    Text,
    Unary,
    Unsupported,
)
from miyabi_infra.place import Place
from miyabi_infra.refused import Refused

_Node: TypeAlias = "Tree[Token]"
_Child: TypeAlias = "_Node | Token"

_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_WORDS: Final = {"true": True, "false": False, "null": None}


class HclError(Refused):
    """HCL that can't be read; the text names file and line."""


@cache
def parse(text: str, file: Path) -> Block:
    """The body of a file, as a block without a type; `file` is how its places name it.

    Raises:
        HclError: for what is no HCL.
    """
    try:
        tree = _tree(text)
    except UnexpectedInput as error:
        raise HclError(f"{file.as_posix()}:{error.line}: is not HCL, at column {error.column}") from error
    return _Reader(text, file, 0).block("", (), _child(tree, "body"), 1)


def parse_template(text: str, file: Path, line: int) -> Expression:
    """A text with templates, as a heredoc, a template file or a string of Terraform JSON has it."""
    parts: list[str | Expression] = []
    for piece, is_expression in _pieces(text):
        if not is_expression:
            parts.append(piece)
        elif piece.startswith("%{"):
            return Unsupported("a template directive (%{…})")
        elif "~" in (piece[2], piece[-2]):
            return Unsupported("a template that trims what is around it (${~ … ~})")
        else:
            parts.append(parse_expression(piece[2:-1], file, line))
    return _text(parts)


@cache
def parse_expression(text: str, file: Path, line: int) -> Expression:
    """An expression that stands alone; `line` is the one that it begins on.

    Raises:
        HclError: for what is none.
    """
    source = f"x = (\n{text}\n)"
    try:
        tree = _tree(source)
    except UnexpectedInput as error:
        raise HclError(f"{file.as_posix()}:{line}: {text!r} is no expression") from error
    attribute = _child(_child(tree, "body"), "attribute")
    return _Reader(source, file, line - 2).expression(attribute.children[-1])


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Plain text, and templates with their braces, in their order."""
    plain, at = "", 0
    while at < len(text):
        if text.startswith(("$${", "%%{"), at):
            plain += text[at + 1 : at + 3]
            at += 3
        elif text.startswith(("${", "%{"), at):
            end = _closing(text, at + 2)
            if plain:
                yield plain, False
                plain = ""
            yield text[at:end], True
            at = end
        else:
            plain += text[at]
            at += 1
    if plain:
        yield plain, False


def _closing(text: str, at: int) -> int:
    """The end of a template: behind the brace that closes it; braces in its texts do not count."""
    depth = 1
    while at < len(text):
        if text[at] == '"':
            found = re.compile(r'"(?:[^"\\]|\\.)*"').match(text, at)
            at = found.end() if found else at + 1
            continue
        depth += (text[at] == "{") - (text[at] == "}")
        at += 1
        if not depth:
            return at
    return len(text)


class _Reader:
    """Turns a parse tree into syntax; `shift` is what the file's lines are ahead of the tree's."""

    def __init__(self, source: str, file: Path, shift: int) -> None:
        self._source = source
        self._file = file
        self._shift = shift

    # ---- blocks and arguments ------------------------------------------------------------------------------------

    def block(self, kind: str, labels: tuple[str, ...], body: _Node, line: int) -> Block:
        arguments: dict[str, Argument] = {}
        blocks: list[Block] = []
        for child in _trees(body):
            if child.data == "attribute":
                argument = self._argument(child)
                if argument.name in arguments:
                    raise HclError(f"{argument.place}: {argument.name} is set twice")
                arguments[argument.name] = argument
            elif child.data == "block":
                *names, inner = _trees(child)
                words = [self._label(name) for name in names if name.data != "new_line_or_comment"]
                blocks.append(self.block(words[0], tuple(words[1:]), inner, child.meta.line))
        return Block(kind, labels, arguments, tuple(blocks), self._place(line))

    def _argument(self, node: _Node) -> Argument:
        name, value = node.children[0], node.children[-1]
        text = self._source_of(value)
        return Argument(self._label(name), self.expression(value), text, self._place(node.meta.line))

    def _label(self, node: _Child) -> str:
        return "".join(_tokens(node)).strip('"')

    def _place(self, line: int) -> Place:
        return Place(self._file, line + self._shift)

    def _source_of(self, node: _Child) -> str:
        if isinstance(node, Token):
            return str(node)
        return " ".join(self._source[node.meta.start_pos : node.meta.end_pos].split())

    # ---- expressions ---------------------------------------------------------------------------------------------

    def expression(self, node: _Child) -> Expression:  # noqa: C901, PLR0911, PLR0912  # one case a form
        if isinstance(node, Token):
            return Unsupported(f"the word {node}")
        trees = [child for child in _trees(node) if child.data != "new_line_or_comment"]
        match str(node.data):
            case "expr_term":
                return self.expression(trees[0])
            case "identifier" | "keyword":
                return Name("".join(_tokens(node)))
            case "literal_value":
                return Constant(_WORDS["".join(_tokens(node))])
            case "int_lit":
                return Constant(int("".join(_tokens(node))))
            case "float_lit":
                return Constant(float("".join(_tokens(node))))
            case "string":
                return self._string(trees)
            case "heredoc_template" | "heredoc_template_trim":
                return self._heredoc(node)
            case "tuple":
                return ListOf(tuple(map(self.expression, trees)))
            case "object":
                return ObjectOf(tuple(self._item(each) for each in trees if each.data == "object_elem"))
            case "conditional":
                return Conditional(*map(self.expression, trees))
            case "binary_op":
                operator, right = (each for each in _trees(trees[1]) if each.data != "new_line_or_comment")
                sign = "".join(_tokens(operator))
                return Binary(sign, self.expression(trees[0]), self.expression(right))
            case "unary_op":
                return Unary(str(node.children[0]), self.expression(trees[0]))
            case "function_call":
                return self._call(trees)
            case "get_attr_expr_term" | "index_expr_term":
                return self._step(self.expression(trees[0]), trees[1])
            case "attr_splat_expr_term" | "full_splat_expr_term":
                steps = tuple(self._splat_step(each) for each in _trees(trees[1]))
                return Splat(self.expression(trees[0]), steps)
            case "for_tuple_expr" | "for_object_expr":
                return self._for(node, trees)
            case other:
                return Unsupported(f"the form {other}")

    def _string(self, parts: Sequence[_Node]) -> Expression:
        found: list[str | Expression] = []
        for part in parts:
            held = part.children[0]
            if isinstance(held, Token):
                text = str(held)
                escaped = held.type in ("ESCAPED_INTERPOLATION", "ESCAPED_DIRECTIVE")
                found.append(_unescaped(text[1:] if escaped else text))
            elif held.data == "interpolation":
                found.append(self.expression(held.children[1]))
            else:
                return Unsupported("a template directive (%{…})")
        return _text(found)

    def _heredoc(self, node: _Node) -> Expression:
        first, *lines = "".join(_tokens(node)).rstrip().splitlines()
        lines = lines[:-1]
        if first.startswith("<<-"):
            indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
            lines = [line[min(indents, default=0) :] for line in lines]
        text = "".join(f"{line}\n" for line in lines)
        return parse_template(text, self._file, node.meta.line + self._shift)

    def _item(self, node: _Node) -> Item:
        key, value = node.children[0], node.children[-1]
        assert isinstance(key, Tree)
        held = self.expression(key.children[0])
        # A bare word is the key itself; in parentheses it would be a reference.
        in_parentheses = any(str(token) == "(" for token in _own_tokens(key.children[0]))
        if isinstance(held, Name) and not in_parentheses:
            held = Constant(held.name)
        elif isinstance(held, Constant) and not isinstance(held.value, str):
            held = Constant("".join(_tokens(key)))
        return Item(held, self.expression(value), self._place(node.meta.line))

    def _call(self, trees: Sequence[_Node]) -> Expression:
        names = ["".join(_tokens(each)) for each in trees if each.data == "identifier"]
        given = next((each for each in trees if each.data == "arguments"), None)
        if given is None:
            return Call("::".join(names), ())
        arguments = tuple(self.expression(each) for each in _trees(given) if each.data != "new_line_or_comment")
        return Call("::".join(names), arguments, spread=any(str(each) == "..." for each in _own_tokens(given)))

    def _step(self, of: Expression, node: _Node) -> Expression:
        step = self._splat_step(node)
        return Attribute(of, step) if isinstance(step, str) else Index(of, step)

    def _splat_step(self, node: _Node) -> str | Expression:
        match str(node.data):
            case "get_attr":
                return "".join(_tokens(node.children[-1]))
            case "short_index":
                return Constant(int("".join(_tokens(node.children[-1]))))
            case _:
                inner = [child for child in _trees(node) if child.data != "new_line_or_comment"]
                return self.expression(inner[0])

    def _for(self, node: _Node, trees: Sequence[_Node]) -> Expression:
        intro = next(each for each in trees if each.data == "for_intro")
        condition = next((each for each in trees if each.data == "for_cond"), None)
        names = ["".join(_tokens(each)) for each in _trees(intro) if each.data == "identifier"]
        source = [each for each in _trees(intro) if each.data not in ("identifier", "new_line_or_comment")][-1]
        results = [self.expression(each) for each in trees if each.data not in ("for_intro", "for_cond")]
        return For(
            key=names[0] if len(names) > 1 else None,
            value=names[-1],
            source=self.expression(source),
            result_key=results[0] if len(results) > 1 else None,
            result=results[-1],
            condition=self.expression(list(_trees(condition))[-1]) if condition is not None else None,
            grouped=any(str(each) == "..." for each in _own_tokens(node)),
        )


def _tree(text: str) -> _Node:
    return cast("_Node", hcl2.parses_to_tree(text))  # pyright: ignore[reportUnknownMemberType]  # a bare Tree


def _text(parts: Sequence[str | Expression]) -> Expression:
    """A text; one without templates is a constant, and one template alone is its expression."""
    joined: list[str | Expression] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    if not joined:
        return Constant("")
    if len(joined) == 1:
        return Constant(joined[0]) if isinstance(joined[0], str) else joined[0]
    return Text(tuple(joined))


def _unescaped(text: str) -> str:
    def character(found: re.Match[str]) -> str:
        sign = found[1]
        return chr(int(sign[1:], 16)) if sign[0] in "uU" else _ESCAPES.get(sign, sign)

    return re.sub(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", character, text)


def _trees(node: _Node) -> Iterator[_Node]:
    return (child for child in node.children if isinstance(child, Tree))


def _child(node: _Node, kind: str) -> _Node:
    return next(child for child in _trees(node) if child.data == kind)


def _tokens(node: _Child) -> Iterator[str]:
    """The text of all tokens in a node."""
    if isinstance(node, Token):
        yield str(node)
    else:
        for child in node.children:
            yield from _tokens(child)


def _own_tokens(node: _Child) -> Iterator[Token]:
    if isinstance(node, Tree):
        yield from (child for child in node.children if isinstance(child, Token))
