"""HCL as data: expressions, arguments and blocks, each with the line that it stands on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from miyabi_infra.place import Place


@dataclass(frozen=True)
class Constant:
    """A number, a text without templates, `true`, `false` or `null`."""

    value: str | int | float | bool | None


@dataclass(frozen=True)
class Text:
    """A text with templates in it."""

    parts: "tuple[str | Expression, ...]"


@dataclass(frozen=True)
class Name:
    """The first part of a reference: `var`, `local`, a resource's type, the name that a `for` binds."""

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
    """`of[*]` or `of.*`, with what follows: it applies to every item."""

    of: "Expression"
    steps: "tuple[str | Expression, ...]"
    """Names of attributes, and expressions of indices."""


@dataclass(frozen=True)
class Call:
    """`function(arguments)`."""

    function: str
    arguments: "tuple[Expression, ...]"
    spread: bool = False
    """Whether the last argument is a list of further ones (`...`)."""


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
    """Whether values of one key make a list (`...`)."""


@dataclass(frozen=True)
class Unsupported:
    """A form that is not known here."""

    what: str


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
    | Unsupported
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

    def of_type(self, kind: str) -> "Iterator[Block]":
        """The blocks in it of a type."""
        return (block for block in self.blocks if block.type == kind)
