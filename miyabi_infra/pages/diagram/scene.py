"""What a picture is made of: boxes in boxes, texts in boxes, lines between them. Lengths are in SVG's user units."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Final, Literal

Anchor = Literal["start", "middle"]


@dataclass(frozen=True)
class Rect:
    """A rectangle, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Of its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Of its lower edge."""
        return self.y + self.height

    @property
    def center(self) -> float:
        """Half way from its left edge to the right one."""
        return self.x + self.width / 2

    def holds(self, other: "Rect") -> bool:
        """Whether another lies within it."""
        return self.x <= other.x and self.y <= other.y and other.right <= self.right and other.bottom <= self.bottom

    def meets(self, other: "Rect") -> bool:
        """Whether the two share some area."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom


@dataclass(frozen=True)
class Box:
    """A box; `within` others, whose edges it may not cross."""

    key: str
    style: str
    """Class in the style sheet: `vpc`, `public`, `card`."""
    rect: Rect
    within: str = ""
    """Key of the box that it lies in; empty for none."""
    spans: frozenset[str] = frozenset()
    """Keys of boxes that it lies across on purpose: what is spread over zones."""


@dataclass(frozen=True)
class Text:
    """A line of text."""

    text: str
    x: float
    y: float
    """Of the baseline."""
    within: str
    """Key of the box that it lies in; empty for the ground."""
    style: str = ""
    """Classes in the style sheet: `muted`, `port`."""
    size: float = 12
    bold: bool = False
    anchor: Anchor = "start"
    whole: str = ""
    """What it says in full where it had to be cut."""
    beside: str = ""
    """A name in plain letters that follows on the same line."""

    @cached_property
    def rect(self) -> Rect:
        """The room that it takes in the widest of the usual fonts."""
        width = text_width(self.text, self.size, bold=self.bold)
        if self.beside:
            width += BESIDE + text_width(self.beside, BESIDE_SIZE)
        x = self.x if self.anchor == "start" else self.x - width / 2
        return Rect(x, self.y - _ASCENT * self.size, width, (_ASCENT + _DESCENT) * self.size)


@dataclass(frozen=True)
class Line:
    """A line of straight pieces; with a head at its end, and one at its beginning when it goes both ways."""

    points: tuple[tuple[float, float], ...]
    style: str = ""
    head: bool = True
    both: bool = False


@dataclass
class Scene:
    """A picture, laid out."""

    title: str
    description: str
    width: float = 0
    height: float = 0
    boxes: list[Box] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def box(self, key: str, style: str, rect: Rect, within: str = "", spans: Iterable[str] = ()) -> Rect:
        """Add a box, and return where it is."""
        self.boxes.append(Box(key, style, rect, within, frozenset(spans)))
        return rect

    def line(self, *points: tuple[float, float], style: str = "", head: bool = True, both: bool = False) -> None:
        """Add a line."""
        self.lines.append(Line(points, style, head, both))


def cut(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """The text, or its beginning with `…` where there is no room for all of it."""
    if text_width(text, size, bold=bold) <= room:
        return text
    widths = accumulate(text_width(each, size, bold=bold) for each in f"…{text}")
    kept = sum(1 for width in widths if width <= room) - 1
    return f"{text[: max(kept, 0)].rstrip()}…"


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a text is at most: of each character the greater width in Arial's and in DejaVu Sans's metrics."""
    widths = _BOLD if bold else _REGULAR
    return sum(widths.get(character, _WIDEST) for character in text) * size / 1000


BESIDE: Final = 10
"""Between a title and the name beside it."""
BESIDE_SIZE: Final = 12.0
_ASCENT: Final = 0.95
_DESCENT: Final = 0.25
_WIDEST: Final = 1104
_FIRST: Final = " "
"""The first printable character of ASCII; the tables go on from it, in thousandths of the size."""
# fmt: off
_REGULAR_WIDTHS: Final = (
    318, 401, 460, 838, 637, 951, 780, 275, 391, 391, 500, 838, 318, 361, 318, 337, 637, 637, 637, 637, 637, 637, 637,
    637, 637, 637, 337, 337, 838, 838, 838, 557, 1016, 685, 687, 723, 771, 667, 611, 778, 752, 295, 500, 667, 558, 863,
    749, 788, 667, 788, 723, 667, 611, 732, 685, 989, 686, 667, 686, 391, 337, 391, 838, 557, 500, 613, 635, 550, 635,
    616, 353, 635, 634, 278, 278, 580, 278, 975, 634, 612, 635, 635, 412, 521, 393, 634, 592, 818, 592, 592, 525, 637,
    337, 637, 838,
)
_BOLD_WIDTHS: Final = (
    349, 457, 521, 838, 696, 1002, 873, 307, 458, 458, 523, 838, 380, 416, 380, 366, 696, 696, 696, 696, 696, 696, 696,
    696, 696, 696, 400, 400, 838, 838, 838, 611, 1000, 774, 763, 734, 831, 684, 684, 821, 837, 373, 557, 775, 638, 996,
    837, 851, 733, 851, 771, 721, 683, 813, 774, 1104, 771, 725, 726, 458, 366, 458, 838, 557, 500, 675, 716, 593, 716,
    679, 436, 716, 712, 343, 343, 666, 343, 1042, 712, 688, 716, 716, 494, 596, 479, 712, 652, 924, 646, 652, 583, 712,
    366, 712, 838,
)
# fmt: on
_REGULAR: Final = {chr(ord(_FIRST) + at): width for at, width in enumerate(_REGULAR_WIDTHS)} | {"…": 1000, "·": 380}
_BOLD: Final = {chr(ord(_FIRST) + at): width for at, width in enumerate(_BOLD_WIDTHS)} | {"…": 1000, "·": 380}
