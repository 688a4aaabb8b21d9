"""Templates: the pieces of a string, with strip markers and directives, into syntax."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from miyabi_infra.hcl.syntax import Choice, Constant, Expression, Repetition, Text


@dataclass(frozen=True)
class Embedded:
    """An interpolation, or the start, middle or end of a directive."""

    word: str
    """`if`, `else`, `endif`, `for`, `endfor`; empty for an interpolation."""
    expression: Expression | None
    key: str | None
    value: str
    """The names that `for` binds."""
    trims_before: bool
    """Whether it removes the space before it (`~`)."""
    trims_after: bool


Piece: TypeAlias = "str | Embedded"


def flushed(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces of an indented heredoc (`<<-`) without the spaces that all its lines start with.

    Lines of space alone do not count, and keep their spaces. Strip markers take effect before: text that they empty is
    still there, empty.
    """
    starts = [index for index in range(len(pieces)) if index == 0 or _ends_line(pieces[index - 1])]
    spaces: dict[int, int] = {}
    for index in starts:
        piece = pieces[index]
        if isinstance(piece, Embedded):
            spaces[index] = 0
        elif piece.strip() or not piece.endswith("\n"):
            spaces[index] = len(piece) - len(piece.lstrip())
    least = min(spaces.values(), default=0)
    return [
        piece[least:] if index in spaces and isinstance(piece, str) else piece for index, piece in enumerate(pieces)
    ]


def _ends_line(piece: Piece) -> bool:
    return isinstance(piece, str) and piece.endswith("\n")


def template(pieces: Sequence[Piece], *, wrapped: bool = True, flush: bool = False) -> Expression:
    """The expression of a string's pieces.

    With `wrapped`, an interpolation that is the whole string is its expression, which keeps its type. `flush`: the
    pieces are of an indented heredoc.

    Raises:
        ValueError: for directives that do not match.
    """
    trimmed = _trimmed(pieces)
    trimmed = [piece for piece in (flushed(trimmed) if flush else trimmed) if piece]
    first = trimmed[0] if len(trimmed) == 1 else None
    if wrapped and isinstance(first, Embedded) and not first.word and first.expression is not None:
        return first.expression
    reader = _Directives(trimmed)
    text = reader.text(())
    if all(isinstance(part, str) for part in text.parts):
        return Constant(unicodedata.normalize("NFC", "".join(map(str, text.parts))))
    return text


def _trimmed(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces without the space that strip markers remove; text that is empty then is still there."""
    found: list[Piece] = []
    for index, piece in enumerate(pieces):
        before = pieces[index - 1] if index else None
        after = pieces[index + 1] if index + 1 < len(pieces) else None
        if isinstance(piece, str):
            held = piece.lstrip() if isinstance(before, Embedded) and before.trims_after else piece
            held = held.rstrip() if isinstance(after, Embedded) and after.trims_before else held
            found.append(held)
        else:
            found.append(piece)
    return found


class _Directives:
    """Nests the pieces between directives."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        self._at = 0
        self.ended_by = ""

    def text(self, ends: tuple[str, ...]) -> Text:
        """The pieces up to one of some directives, which is then `ended_by`."""
        parts: list[str | Expression | Choice | Repetition] = []
        while self._at < len(self._pieces):
            piece = self._pieces[self._at]
            self._at += 1
            if isinstance(piece, str):
                if parts and isinstance(parts[-1], str):
                    parts[-1] += piece
                else:
                    parts.append(piece)
            elif piece.word in ends:
                self.ended_by = piece.word
                return Text(tuple(parts))
            elif piece.word in ("", "if", "for") and piece.expression is not None:
                parts.append(self._part(piece, piece.expression))
            else:
                raise ValueError(piece.word)
        if ends:
            raise ValueError(ends[-1])
        return Text(tuple(parts))

    def _part(self, piece: Embedded, expression: Expression) -> Expression | Choice | Repetition:
        if not piece.word:
            return expression
        if piece.word == "for":
            return Repetition(piece.key, piece.value, expression, self.text(("endfor",)))
        if_true = self.text(("else", "endif"))
        if_false = self.text(("endif",)) if self.ended_by == "else" else Text(())
        return Choice(expression, if_true, if_false)
