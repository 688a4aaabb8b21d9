"""HCL as data: expressions, arguments and blocks, with their lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from miyabi_infra.place import Place


@dataclass(frozen=True)
class Constant:
    """A number, a string without templates, `true`, `false` or `null`."""

    value: str | int | float | bool | None


@dataclass(frozen=True)
class Text:
    """A string with templates in it."""

    parts: "tuple[str | Expression | Choice | Repetition, ...]"


@dataclass(frozen=True)
class Choice:
    """`%{ if condition }…%{ else }…%{ endif }` in a string."""

    condition: "Expression"
    if_true: Text
    if_false: Text


@dataclass(frozen=True)
class Repetition:
    """`%{ for key, value in source }…%{ endfor }` in a string."""

    key: str | None
    value: str
    source: "Expression"
    body: Text


@dataclass(frozen=True)
class Name:
    """The first part of a reference: `var`, `local`, a resource's type, a name that `for` binds."""

    name: str


@dataclass(frozen=True)
class Attribute:
    """`of.name`."""

    of: "Expression"
    name: str


@dataclass(frozen=True)
class Index:
    """`of[key]`."""

    of: "Expression"
    key: "Expression"


@dataclass(frozen=True)
class Splat:
    """`of[*]` or `of.*`, with what follows: `each` is evaluated for every item, which is the name ITEM in it."""

    of: "Expression"
    each: "Expression"


ITEM: Final = Name("[*]")
"""The item of a splat."""


@dataclass(frozen=True)
class Call:
    """`function(arguments)`."""

    function: str
    arguments: "tuple[Expression, ...]"
    spread: bool = False
    """Whether the last argument is a list of further arguments (`...`)."""


@dataclass(frozen=True)
class Unary:
    """`-of` or `!of`."""

    operator: str
    of: "Expression"


@dataclass(frozen=True)
class Binary:
    """`left operator right`."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Conditional:
    """`condition ? if_true : if_false`."""

    condition: "Expression"
    if_true: "Expression"
    if_false: "Expression"


@dataclass(frozen=True)
class ListOf:
    """`[…]`."""

    items: "tuple[Expression, ...]"


@dataclass(frozen=True)
class Item:
    """`key = value` in an object."""

    key: "Expression"
    value: "Expression"
    place: Place


@dataclass(frozen=True)
class ObjectOf:
    """`{…}`."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class For:
    """`[for key, value in source : result if condition]`, or with `{…}` and `result_key => result`."""

    key: str | None
    value: str
    source: "Expression"
    result_key: "Expression | None"
    """Of an object; None for a list."""
    result: "Expression"
    condition: "Expression | None"
    grouped: bool
    """Whether the values of one key are collected in a list (`...`)."""


@dataclass(frozen=True)
class TooPrecise:
    """A number with more digits than are compared."""

    text: str


Expression: TypeAlias = (
    Constant
    | Text
    | Name
    | Attribute
    | Index
    | Splat
    | Call
    | Unary
    | Binary
    | Conditional
    | ListOf
    | ObjectOf
    | For
    | TooPrecise
)


@dataclass(frozen=True)
class Argument:
    """`name = expression`."""

    name: str
    expression: Expression
    text: str
    """The expression as it is written, on one line."""
    place: Place


@dataclass(frozen=True)
class Block:
    """`type "label" … { … }`."""

    type: str
    labels: tuple[str, ...]
    arguments: "dict[str, Argument]"
    blocks: "tuple[Block, ...]"
    place: Place
    source: str = ""
    """The block as it is written."""

    def of_type(self, kind: str) -> "Iterator[Block]":
        """The blocks in it of a type."""
        return (block for block in self.blocks if block.type == kind)
