"""Terraform's expressions, as far as the generator writes them: parsed here, evaluated by `miyabi_infra.stacks`.

A string of Terraform JSON is a template: text with `${…}` in it, where `$${` and `%%{` mean `${` and `%{`. Inside
the braces the generator writes few forms only: names with attributes and indices (`aws_subnet.public[count.index].id`),
`[*]`, `cidrsubnet(…)`, `jsonencode(…)`, `urlencode(…)`, `try(…, null)`, `zipmap(…)`, sums, numbers, `null`, `true`,
`false` and plain strings. Any other form is an `ExpressionError`: a value that was guessed would be worse than none.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, cast, get_args


class ExpressionError(Exception):
    """An expression of a form that is not known here."""


@dataclass(frozen=True)
class Constant:
    """`null`, `true`, `false`, a number or a string."""

    value: str | float | bool | None


@dataclass(frozen=True)
class Name:
    """The first part of a reference: `local`, `var`, `module`, `count`, or a resource's type."""

    name: str


@dataclass(frozen=True)
class Attribute:
    """`of.name`."""

    of: "Expression"
    name: str


@dataclass(frozen=True)
class Index:
    """`of[index]`."""

    of: "Expression"
    index: "Expression"


@dataclass(frozen=True)
class Splat:
    """`of[*]`; what follows applies to every item."""

    of: "Expression"


@dataclass(frozen=True)
class Call:
    """`function(arguments)`."""

    function: "Function"
    arguments: "tuple[Expression, ...]"


@dataclass(frozen=True)
class Sum:
    """`left + right`."""

    left: "Expression"
    right: "Expression"


Function = Literal["cidrsubnet", "jsonencode", "try", "urlencode", "zipmap"]
"""The functions that the generator calls."""
Expression = Constant | Name | Attribute | Index | Splat | Call | Sum
Part = str | Expression
"""A part of a template: text, or an expression whose value takes its place."""

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_-]*)
      | "(?P<string>[^"\\$%]*)"
      | (?P<splat>\[\*\])
      | (?P<mark>[.,()\[\]+])
    )""",
    re.VERBOSE,
)
_WORDS: Final = {"null": None, "true": True, "false": False}


@cache
def template(text: str) -> tuple[Part, ...]:
    """The parts of a string of Terraform JSON; text without a template is one part, and the empty string none.

    Raises:
        ExpressionError: for a form that is not known here; the message is the expression and what is wrong with it.
    """
    parts: list[Part] = []
    plain = ""
    at = 0
    while at < len(text):
        if text.startswith(("$${", "%%{"), at):
            plain += text[at + 1 : at + 3]
            at += 3
        elif text.startswith("${", at):
            end = _closing_brace(text, at)
            if plain:
                parts.append(plain)
                plain = ""
            parts.append(_parse(text[at + 2 : end]))
            at = end + 1
        elif text.startswith("%{", at):
            raise ExpressionError(f"{text!r} holds a template directive (%{{), which is not known here")
        else:
            plain += text[at]
            at += 1
    return (*parts, plain) if plain else tuple(parts)


@cache
def reference(text: str) -> Expression:
    """What `depends_on` holds: a reference without a template around it."""
    return _parse(text)


def _closing_brace(text: str, at: int) -> int:
    end = text.find("}", at)
    if end < 0:
        raise ExpressionError(f"{text!r} opens ${{ and does not close it")
    return end


def _parse(text: str) -> Expression:
    tokens: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise ExpressionError(f"${{{text}}} has a form that is not known here (at {text[at:].strip()!r})")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return _Parser(text, tokens).whole()


class _Parser:
    """A parser by recursive descent: sum -> operand -> attributes and indices."""

    def __init__(self, text: str, tokens: list[tuple[str, str]]) -> None:
        self._text = text
        self._tokens = tokens
        self._at = 0

    def whole(self) -> Expression:
        parsed = self._sum()
        if self._at < len(self._tokens):
            raise self._unknown()
        return parsed

    def _sum(self) -> Expression:
        left = self._operand()
        while self._take("+"):
            left = Sum(left, self._operand())
        return left

    def _operand(self) -> Expression:
        kind, text = self._next()
        if kind == "number":
            return Constant(float(text) if "." in text else int(text))
        if kind == "string":
            return Constant(text)
        if kind != "name":
            raise self._unknown()
        if text in _WORDS:
            return Constant(_WORDS[text])
        if text in get_args(Function):
            return Call(cast("Function", text), self._arguments())
        return self._path(Name(text))

    def _arguments(self) -> tuple[Expression, ...]:
        self._demand("(")
        arguments = [self._sum()]
        while self._take(","):
            arguments.append(self._sum())
        self._demand(")")
        return tuple(arguments)

    def _path(self, of: Expression) -> Expression:
        while True:
            if self._take("."):
                kind, name = self._next()
                if kind != "name":
                    raise self._unknown()
                of = Attribute(of, name)
            elif self._take("[*]"):
                of = Splat(of)
            elif self._take("["):
                of = Index(of, self._sum())
                self._demand("]")
            else:
                return of

    def _next(self) -> tuple[str, str]:
        if self._at == len(self._tokens):
            raise self._unknown()
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, mark: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] in (("mark", mark), ("splat", mark))
        self._at += found
        return found

    def _demand(self, mark: str) -> None:
        if not self._take(mark):
            raise self._unknown()

    def _unknown(self) -> ExpressionError:
        return ExpressionError(f"${{{self._text}}} has a form that is not known here")
