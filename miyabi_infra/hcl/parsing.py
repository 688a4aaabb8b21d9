"""HCL text into syntax: a parser by recursive descent, after the specification of HCL's native syntax.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md. Templates are in `templates`.
"""

import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

from miyabi_infra.hcl.syntax import (
    ITEM,
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
    TooPrecise,
    Unary,
)
from miyabi_infra.hcl.templates import Embedded, Piece, template
from miyabi_infra.place import Place
from miyabi_infra.refused import Refused

_WORDS: Final = {"true": True, "false": False, "null": None}
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}

_IDENTIFIER: Final = re.compile(r"[^\W\d][\w-]*")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_DIGITS: Final = re.compile(r"\d+")
_SPACE: Final = re.compile(r"(?:[ \t\r]+|#[^\n]*|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_SPACE_AND_LINES: Final = re.compile(r"(?:\s+|#[^\n]*|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_HEREDOC: Final = re.compile(r"<<(?P<flush>-?)(?P<marker>[^\W\d][\w-]*)[ \t\r]*\n")
_OPERATORS: Final = (("||",), ("&&",), ("==", "!="), ("<=", ">=", "<", ">"), ("+", "-"), ("*", "/", "%"))
"""Binary operators, those that bind least first; of one level, longer ones first."""
_MOST_DIGITS: Final = 150
"""Digits of an integer that Terraform's numbers, of 512 bits, hold exactly."""
_DEEPEST: Final = 60
"""Levels of nested expressions that are read: far more than people write, and fewer than Python can recurse."""


class HclError(Refused):
    """HCL that cannot be read; the text names file and line."""


@cache
def parse(text: str, file: Path) -> Block:
    """The body of a file, as a block without a type; `file` is how places name it.

    Raises:
        HclError: for text that is not HCL.
    """
    reader = _Reader(text, file, 1)
    try:
        return reader.file_body()
    except _NotHclError as error:
        line, column = reader.position(error.at)
        raise HclError(f"{file.as_posix()}:{line}: is not HCL, at column {column}") from error


@cache
def parse_expression(text: str, file: Path, line: int) -> Expression:
    """An expression alone; `line` is the line that it starts on.

    Raises:
        HclError: for text that is not an expression.
    """
    try:
        return _Reader(text, file, line).whole_expression()
    except _NotHclError as error:
        raise HclError(f"{file.as_posix()}:{line}: {text!r} is not an expression") from error


@cache
def parse_template(text: str, file: Path, line: int) -> Expression:
    """A string with templates: a template file, or a string of Terraform JSON.

    Raises:
        HclError: for text that is not a template.
    """
    try:
        return template(_Reader(text, file, line).template_pieces())
    except (_NotHclError, ValueError) as error:
        raise HclError(f"{file.as_posix()}:{line}: is not a template") from error


class _NotHclError(Exception):
    """What is not HCL, from an offset of the text."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class _Reader:
    """Reads a text from `at` on."""

    def __init__(self, text: str, file: Path, first_line: int) -> None:
        self._text = text
        self._file = file
        self._first_line = first_line
        self._at = 0
        self._depth = 0

    def position(self, at: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        return self._text.count("\n", 0, at) + 1, at - (self._text.rfind("\n", 0, at) + 1) + 1

    def _place(self, at: int) -> Place:
        return Place(self._file, self._text.count("\n", 0, at) + self._first_line)

    # ---- characters ----------------------------------------------------------------------------------------------

    def _skip(self, *, lines: bool) -> None:
        """Skip space and comments, with `lines` line breaks too."""
        found = (_SPACE_AND_LINES if lines else _SPACE).match(self._text, self._at)
        if found:
            self._at = found.end()

    def _sees(self, sign: str) -> bool:
        return self._text.startswith(sign, self._at)

    def _take(self, sign: str) -> bool:
        if not self._sees(sign):
            return False
        self._at += len(sign)
        return True

    def _demand(self, sign: str) -> None:
        if not self._take(sign):
            raise _NotHclError(self._at)

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise _NotHclError(self._at)
        self._at = found.end()
        return found[0]

    def _ends(self) -> bool:
        return self._at >= len(self._text)

    # ---- bodies --------------------------------------------------------------------------------------------------

    def file_body(self) -> Block:
        if self._text.startswith("\ufeff"):
            self._at = 1
        return self._body("", (), 0)

    def _body(self, kind: str, labels: tuple[str, ...], start: int) -> Block:
        """Arguments and blocks, up to the end of the text or, in a block, to its brace."""
        arguments: dict[str, Argument] = {}
        blocks: list[Block] = []
        one_line = bool(kind)
        while True:
            before = self._at
            self._skip(lines=True)
            one_line = one_line and "\n" not in self._text[before : self._at]
            if not kind and self._ends():
                break
            if kind and self._take("}"):
                break
            at = self._at
            name = self._match(_IDENTIFIER)
            self._skip(lines=False)
            if self._sees("=") and not self._sees("=="):
                argument = self._argument(name, at)
                if name in arguments:
                    raise HclError(f"{argument.place}: {name} is set twice")
                arguments[name] = argument
            else:
                blocks.append(self._block(name, at))
            self._end_of_item(in_one_line=one_line)
        return Block(kind, labels, arguments, tuple(blocks), self._place(start), self._text[start : self._at])

    def _end_of_item(self, *, in_one_line: bool) -> None:
        self._skip(lines=False)
        if not (self._ends() or self._sees("\n") or (in_one_line and self._sees("}"))):
            raise _NotHclError(self._at)

    def _argument(self, name: str, at: int) -> Argument:
        self._demand("=")
        self._skip(lines=False)
        start = self._at
        expression = self._expression(lines=False)
        text = " ".join(self._text[start : self._at].split())
        return Argument(name, expression, text, self._place(at))

    def _block(self, kind: str, at: int) -> Block:
        self._deeper()
        labels: list[str] = []
        while not self._take("{"):
            labels.append(self._label() if self._sees('"') else self._match(_IDENTIFIER))
            self._skip(lines=False)
        block = self._body(kind, tuple(labels), at)
        self._depth -= 1
        return block

    def _label(self) -> str:
        at = self._at
        found = self._quoted()
        if not isinstance(found, Constant) or not isinstance(found.value, str):
            raise _NotHclError(at)
        return found.value

    # ---- expressions ---------------------------------------------------------------------------------------------

    def whole_expression(self) -> Expression:
        self._skip(lines=True)
        expression = self._expression(lines=True)
        self._skip(lines=True)
        if not self._ends():
            raise _NotHclError(self._at)
        return expression

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise HclError(f"{self._place(self._at)}: is nested more than {_DEEPEST} levels deep")

    def _expression(self, *, lines: bool) -> Expression:
        self._deeper()
        found = self._binary(0, lines=lines)
        after = self._at
        self._skip(lines=lines)
        if self._take("?"):
            self._skip(lines=lines)
            if_true = self._expression(lines=lines)
            self._skip(lines=lines)
            self._demand(":")
            self._skip(lines=lines)
            found = Conditional(found, if_true, self._expression(lines=lines))
        else:
            self._at = after
        self._depth -= 1
        return found

    def _binary(self, level: int, *, lines: bool) -> Expression:
        if level == len(_OPERATORS):
            return self._with_traversals(lines=lines)
        left = self._binary(level + 1, lines=lines)
        while True:
            after = self._at
            self._skip(lines=lines)
            sign = next((each for each in _OPERATORS[level] if self._sees(each)), None)
            if sign is None:
                self._at = after
                return left
            self._at += len(sign)
            self._skip(lines=lines)
            left = Binary(sign, left, self._binary(level + 1, lines=lines))

    def _with_traversals(self, *, lines: bool) -> Expression:
        return self._traversals(self._term(lines=lines), lines=lines)

    def _traversals(self, of: Expression, *, lines: bool, attributes_only: bool = False) -> Expression:
        """Attributes, indices and splats that follow a term."""
        while True:
            after = self._at
            self._skip(lines=lines)
            if self._sees(".") and not self._sees("..."):
                self._at += 1
                self._skip(lines=lines)
                if self._take("*"):
                    of = Splat(of, self._traversals(ITEM, lines=lines, attributes_only=True))
                elif self._text[self._at : self._at + 1].isdigit():
                    of = Index(of, Constant(int(self._match(_DIGITS))))
                else:
                    of = Attribute(of, self._match(_IDENTIFIER))
            elif self._sees("[") and not attributes_only:
                of = self._index(of, lines=lines)
            else:
                self._at = after
                return of

    def _index(self, of: Expression, *, lines: bool) -> Expression:
        self._demand("[")
        self._skip(lines=True)
        if self._take("*"):
            self._skip(lines=True)
            self._demand("]")
            return Splat(of, self._traversals(ITEM, lines=lines))
        key = self._expression(lines=True)
        self._skip(lines=True)
        self._demand("]")
        return Index(of, key)

    def _term(self, *, lines: bool) -> Expression:  # noqa: PLR0911  # one case a form
        sign = self._text[self._at : self._at + 1]
        if sign in ("-", "!") and sign:
            self._deeper()
            self._at += 1
            self._skip(lines=lines)
            negated = Unary(sign, self._with_traversals(lines=lines))
            self._depth -= 1
            return negated
        if sign == "(":
            self._at += 1
            self._skip(lines=True)
            found = self._expression(lines=True)
            self._skip(lines=True)
            self._demand(")")
            return found
        if sign == "[":
            return self._list()
        if sign == "{":
            return self._object()
        if sign == '"':
            return self._quoted()
        if sign == "<":
            return self._heredoc()
        if sign.isdigit():
            return number(self._match(_NUMBER))
        return self._name(lines=lines)

    def _name(self, *, lines: bool) -> Expression:
        name = self._match(_IDENTIFIER)
        while self._take("::"):
            name = f"{name}::{self._match(_IDENTIFIER)}"
        after = self._at
        self._skip(lines=lines)
        if self._take("("):
            return self._call(name)
        self._at = after
        return Constant(_WORDS[name]) if name in _WORDS else Name(name)

    def _call(self, name: str) -> Expression:
        arguments: list[Expression] = []
        spread = False
        self._skip(lines=True)
        while not self._take(")"):
            if spread:
                raise _NotHclError(self._at)
            arguments.append(self._expression(lines=True))
            self._skip(lines=True)
            spread = self._take("...")
            self._skip(lines=True)
            if not self._take(",") and not self._sees(")"):
                raise _NotHclError(self._at)
            self._skip(lines=True)
        return Call(name, tuple(arguments), spread)

    def _list(self) -> Expression:
        self._demand("[")
        self._skip(lines=True)
        if self._sees_for():
            return self._for("]")
        items: list[Expression] = []
        while not self._take("]"):
            items.append(self._expression(lines=True))
            self._skip(lines=True)
            if not self._take(",") and not self._sees("]"):
                raise _NotHclError(self._at)
            self._skip(lines=True)
        return ListOf(tuple(items))

    def _object(self) -> Expression:
        self._demand("{")
        self._skip(lines=True)
        if self._sees_for():
            return self._for("}")
        items: list[Item] = []
        while not self._take("}"):
            items.append(self._item())
            self._skip(lines=False)
            if not (self._take(",") or self._sees("\n") or self._sees("}")):
                raise _NotHclError(self._at)
            self._skip(lines=True)
        return ObjectOf(tuple(items))

    def _item(self) -> Item:
        at = self._at
        in_parentheses = self._sees("(")
        key = self._expression(lines=False)
        # A bare word is the key itself; in parentheses it would be a reference.
        if not in_parentheses and isinstance(key, Name):
            key = Constant(key.name)
        elif not in_parentheses and isinstance(key, Constant) and not isinstance(key.value, str):
            key = Constant(self._text[at : self._at].strip())
        self._skip(lines=False)
        if self._sees("==") or not (self._take("=") or self._take(":")):
            raise _NotHclError(self._at)
        self._skip(lines=True)
        return Item(key, self._expression(lines=False), self._place(at))

    # ---- for -----------------------------------------------------------------------------------------------------

    def _sees_for(self) -> bool:
        found = _IDENTIFIER.match(self._text, self._at)
        if found is None or found[0] != "for":
            return False
        rest = self._text[found.end() : found.end() + 200].lstrip()
        return not rest.startswith(("=", ":", ",", ".", "(", "]", "}", "["))

    def _for(self, end: str) -> Expression:
        key, value, source = self._for_intro()
        self._skip(lines=True)
        self._demand(":")
        self._skip(lines=True)
        result = self._expression(lines=True)
        result_key = None
        self._skip(lines=True)
        if end == "}":
            self._demand("=>")
            self._skip(lines=True)
            result_key, result = result, self._expression(lines=True)
            self._skip(lines=True)
        grouped = end == "}" and self._take("...")
        self._skip(lines=True)
        condition = None
        if (found := _IDENTIFIER.match(self._text, self._at)) and found[0] == "if":
            self._at = found.end()
            self._skip(lines=True)
            condition = self._expression(lines=True)
            self._skip(lines=True)
        self._demand(end)
        return For(key, value, source, result_key, result, condition, grouped)

    def _for_intro(self) -> tuple[str | None, str, Expression]:
        """`for key, value in source`."""
        self._demand("for")
        self._skip(lines=True)
        key, value = None, self._match(_IDENTIFIER)
        self._skip(lines=True)
        if self._take(","):
            self._skip(lines=True)
            key, value = value, self._match(_IDENTIFIER)
            self._skip(lines=True)
        if self._match(_IDENTIFIER) != "in":
            raise _NotHclError(self._at)
        self._skip(lines=True)
        return key, value, self._expression(lines=True)

    # ---- strings -------------------------------------------------------------------------------------------------

    def _quoted(self) -> Expression:
        self._demand('"')
        pieces: list[Piece] = []
        plain = ""
        while not self._take('"'):
            if self._ends() or self._sees("\n"):
                raise _NotHclError(self._at)
            if self._sees("$${") or self._sees("%%{"):
                plain += self._text[self._at + 1 : self._at + 3]
                self._at += 3
            elif self._sees("${") or self._sees("%{"):
                pieces += [plain] if plain else []
                plain = ""
                pieces.append(self._embedded())
            elif self._take("\\"):
                plain += self._escape()
            else:
                plain += self._text[self._at]
                self._at += 1
        pieces += [plain] if plain else []
        try:
            return template(pieces)
        except ValueError as error:
            raise _NotHclError(self._at) from error

    def _escape(self) -> str:
        sign = self._text[self._at : self._at + 1]
        self._at += 1
        if sign in ("u", "U"):
            digits = self._text[self._at : self._at + (4 if sign == "u" else 8)]
            try:
                character = chr(int(digits, 16))
            except (ValueError, OverflowError) as error:
                raise _NotHclError(self._at) from error
            self._at += len(digits)
            return character
        if sign not in _ESCAPES:
            raise _NotHclError(self._at)
        return _ESCAPES[sign]

    def _heredoc(self) -> Expression:
        found = _HEREDOC.match(self._text, self._at)
        if found is None:
            raise _NotHclError(self._at)
        self._at = found.end()
        end = re.compile(rf"[ \t]*{re.escape(found['marker'])}[ \t\r]*$", re.MULTILINE)
        pieces = self.template_pieces(end)
        self._match(end)
        try:
            return template(pieces, wrapped=False, flush=bool(found["flush"]))
        except ValueError as error:
            raise _NotHclError(self._at) from error

    def template_pieces(self, end: re.Pattern[str] | None = None) -> list[Piece]:
        """The pieces of a template without quotes, up to a line that is its `end`: text is one piece a line."""
        pieces: list[Piece] = []
        plain, starts_line = "", True
        while not self._ends():
            if starts_line and end is not None and end.match(self._text, self._at):
                break
            starts_line = False
            if self._sees("$${") or self._sees("%%{"):
                plain += self._text[self._at + 1 : self._at + 3]
                self._at += 3
            elif self._sees("${") or self._sees("%{"):
                pieces += [plain] if plain else []
                plain = ""
                pieces.append(self._embedded())
            else:
                plain += self._text[self._at]
                self._at += 1
                if plain.endswith("\n"):
                    pieces.append(plain)
                    plain, starts_line = "", True
        return [*pieces, plain] if plain else pieces

    def _embedded(self) -> Piece:
        """`${ expression }` or `%{ directive }`, from its first sign."""
        directive = self._sees("%")
        self._at += 2
        trims_before = self._take("~")
        self._skip(lines=True)
        word, key, value, expression = "", None, "", None
        if directive:
            found = _IDENTIFIER.match(self._text, self._at)
            word = found[0] if found else ""
            if word == "for":
                key, value, expression = self._for_intro()
            else:
                self._match(_IDENTIFIER)
                self._skip(lines=True)
                expression = self._expression(lines=True) if word == "if" else None
        else:
            expression = self._expression(lines=True)
        self._skip(lines=True)
        trims_after = self._take("~")
        self._demand("}")
        return Embedded(word, expression, key, value, trims_before, trims_after)


def number(text: str) -> Expression:
    """A number as it is written. One with more digits than a float has cannot be evaluated."""
    exact = Decimal(text)
    if exact == exact.to_integral_value() and exact.adjusted() < _MOST_DIGITS:
        return Constant(int(exact))
    return Constant(float(exact)) if Decimal(repr(float(exact))) == exact else TooPrecise(text)
