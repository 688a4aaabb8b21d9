"""Whether anything in a picture lies over anything else: every text, box and line is held against every other."""

import itertools
import re
from collections.abc import Iterator

from miyabi_infra.pages.diagram.scene import Box, Line, Rect, Scene


def overlaps(scene: Scene) -> Iterator[str]:
    """What lies where it should not."""
    boxes = {box.key: box for box in scene.boxes}
    assert len(boxes) == len(scene.boxes), "each box has a key of its own"
    around = {key: _around(box, boxes) for key, box in boxes.items()}
    yield from _sticking_out(scene, boxes)
    for one, other in itertools.combinations(scene.boxes, 2):
        if one.rect.meets(other.rect) and one.key not in around[other.key] and other.key not in around[one.key]:
            yield f"{one.key} meets {other.key}"
    for text in scene.texts:
        own = around[text.within] if text.within else set[str]()
        for box in scene.boxes:
            if text.rect.meets(box.rect) and box.key not in own:
                yield f"{text.text!r} lies over {box.key}"
    for one, other in itertools.combinations(scene.texts, 2):
        if one.rect.meets(other.rect):
            yield f"{one.text!r} lies over {other.text!r}"
    for line in scene.lines:
        yield from _crossed(line, scene)


def _sticking_out(scene: Scene, boxes: dict[str, Box]) -> Iterator[str]:
    held = [(box.key, box.rect, box.within) for box in scene.boxes]
    held += [(repr(text.text), text.rect, text.within) for text in scene.texts]
    for name, rect, within in held:
        outer = boxes[within].rect if within else Rect(0, 0, scene.width, scene.height)
        if not outer.holds(rect):
            yield f"{name} sticks out of {within or 'the picture'}"


def _crossed(line: Line, scene: Scene) -> Iterator[str]:
    """Texts and boxes that a line runs through; it may enter what holds others."""
    for (x, y), (to_x, to_y) in itertools.pairwise(line.points):
        piece = Rect(min(x, to_x), min(y, to_y) + 1, abs(to_x - x) + 0.1, abs(to_y - y) - 2 + 0.1)
        yield from (f"a line crosses {text.text!r}" for text in scene.texts if piece.meets(text.rect))
        for box in scene.boxes:
            if piece.meets(box.rect) and not re.fullmatch(r"vpc|aws|(zone|public|private)-\d+", box.key):
                yield f"a line crosses {box.key}"


def _around(box: Box, boxes: dict[str, Box]) -> set[str]:
    """The box, and all that it lies in or across."""
    found = {box.key, *box.spans}
    for key in (box.within, *box.spans):
        if key:
            found |= _around(boxes[key], boxes)
    return found
