"""A picture as SVG: one file without scripts, fonts or anything else from outside; dark where the screen is dark."""

from typing import Final
from xml.sax.saxutils import escape, quoteattr

from miyabi_infra.pages.diagram.scene import BESIDE, BESIDE_SIZE, Box, Line, Scene, Text

_STYLE: Final = """
.diagram {
  --ground: #ffffff; --ink: #1c2430; --muted: #5a6475; --edge: #c3cad6; --card: #ffffff;
  --vpc: #f6f7fb; --zone: #8a94a6;
  --public: #e9f6ee; --public-edge: #4d9a6a; --private: #e8f1fc; --private-edge: #4a83c4;
  --balancer: #7a4fc9; --tasks: #c25e0a; --cache: #c03a6b; --database: #2f62c9; --in: #2b3544; --out: #6d7889;
  --chip: #eef1f6;
  font-family: "Helvetica Neue", Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif;
}
@media (prefers-color-scheme: dark) {
  .diagram {
    --ground: #12161d; --ink: #e7ebf2; --muted: #a3adbd; --edge: #3d4757; --card: #1d232d;
    --vpc: #171c25; --zone: #6d788a;
    --public: #14281d; --public-edge: #4f9d6c; --private: #14233a; --private-edge: #5289c9;
    --balancer: #b197f0; --tasks: #f2a154; --cache: #ee86ab; --database: #8fb0f5; --in: #dfe5ee; --out: #97a2b3;
    --chip: #2a323f;
  }
}
.diagram text { fill: var(--ink); }
.diagram .muted { fill: var(--muted); }
.diagram rect { fill: var(--card); stroke: var(--edge); }
.diagram .ground { fill: var(--ground); stroke: none; }
.diagram .aws, .diagram .vpc, .diagram .internet { fill: var(--vpc); }
.diagram .vpc { stroke: var(--muted); stroke-width: 1.5; }
.diagram .zone { fill: none; stroke: var(--zone); stroke-dasharray: 5 4; }
.diagram .public { fill: var(--public); stroke: var(--public-edge); }
.diagram .private { fill: var(--private); stroke: var(--private-edge); }
.diagram .load-balancer { stroke: var(--balancer); stroke-width: 2; }
.diagram .tasks { stroke: var(--tasks); stroke-width: 2; }
.diagram .cache { stroke: var(--cache); stroke-width: 2; }
.diagram .database { stroke: var(--database); stroke-width: 2; }
.diagram .gateway, .diagram .nat { stroke: var(--out); stroke-width: 1.5; }
.diagram .idle { fill: none; stroke: var(--muted); stroke-dasharray: 4 4; }
.diagram .chip { fill: var(--chip); stroke: none; }
.diagram .task { fill: var(--tasks); stroke: var(--tasks); }
.diagram .more { fill: none; stroke-width: 1.5; }
.diagram path { fill: none; stroke: var(--in); stroke-width: 1.75; }
.diagram path.out { stroke: var(--out); stroke-dasharray: 6 3; }
.diagram path.idle { stroke: var(--muted); stroke-dasharray: 4 4; }
.diagram path.head { fill: var(--in); stroke: none; }
.diagram path.head.out { fill: var(--out); }
.diagram path.head.idle { fill: var(--muted); }
"""
_LABELLED: Final = 'aria-labelledby="diagram-title diagram-description"'
_RADIUS: Final = {"chip": 11, "task": 3, "ground": 0}
_HEAD: Final = 7


def svg(scene: Scene) -> str:
    """The picture, which stands alone as a file and within a page."""
    width, height = _number(scene.width), _number(scene.height)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="diagram" {size} role="img" {_LABELLED}>',
        f'<title id="diagram-title">{escape(f"Architecture of {scene.title}")}</title>',
        f'<desc id="diagram-description">{escape(scene.description)}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" width="{width}" height="{height}"/>',
        *map(_box, _outer_first(scene.boxes)),
        *(part for line in scene.lines for part in _line(line)),
        *map(_text, scene.texts),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _outer_first(boxes: list[Box]) -> list[Box]:
    within = {box.key: box.within for box in boxes}

    def depth(box: Box) -> int:
        deep, key = 10 * bool(box.spans), box.key
        while key := within.get(key, ""):
            deep += 1 + 10 * any(each.key == key and each.spans for each in boxes)
        return deep

    return sorted(boxes, key=depth)


def _box(box: Box) -> str:
    rect = box.rect
    radius = _RADIUS.get(box.style.partition(" ")[0], 6)
    place = " ".join(
        f'{name}="{_number(value)}"'
        for name, value in (
            ("x", rect.x),
            ("y", rect.y),
            ("width", rect.width),
            ("height", rect.height),
            ("rx", radius),
        )
    )
    return f"<rect class={quoteattr(box.style)} {place}/>"


def _text(text: Text) -> str:
    attributes = [f'x="{_number(text.x)}"', f'y="{_number(text.y)}"', f'font-size="{_number(text.size)}"']
    if text.bold:
        attributes.append('font-weight="700"')
    if text.anchor != "start":
        attributes.append(f'text-anchor="{text.anchor}"')
    if text.style:
        attributes.append(f'class="{text.style}"')
    whole = f"<title>{escape(text.whole)}</title>" if text.whole else ""
    beside = ""
    if text.beside:
        look = f'class="muted" font-size="{_number(BESIDE_SIZE)}" font-weight="400"'
        beside = f'<tspan dx="{_number(BESIDE)}" {look}>{escape(text.beside)}</tspan>'
    return f"<text {' '.join(attributes)}>{whole}{escape(text.text)}{beside}</text>"


def _line(line: Line) -> list[str]:
    """The line, ending at the base of its heads, and the heads."""
    points = list(line.points)
    heads: list[str] = []
    if line.head:
        points[-1], head = _head(points[-2], points[-1], line.style)
        heads.append(head)
    if line.both:
        points[0], head = _head(points[1], points[0], line.style)
        heads.append(head)
    path = "M" + " L".join(f"{_number(x)} {_number(y)}" for x, y in points)
    return [f'<path class="{line.style}" d="{path}"/>', *heads]


def _head(start: tuple[float, float], end: tuple[float, float], style: str) -> tuple[tuple[float, float], str]:
    """The base of a head that points from one place to another, and the head; lines run along the axes."""
    across, down = ((end[at] > start[at]) - (end[at] < start[at]) for at in (0, 1))
    base = end[0] - _HEAD * across, end[1] - _HEAD * down
    half = _HEAD / 2 + 0.5
    corners = [end, (base[0] + half * down, base[1] + half * across), (base[0] - half * down, base[1] - half * across)]
    shape = "M" + " L".join(f"{_number(x)} {_number(y)}" for x, y in corners) + " Z"
    return base, f'<path class="head {style}" d="{shape}"/>'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
