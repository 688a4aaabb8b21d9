"""A picture as a Mermaid flowchart, which GitHub draws within Markdown."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.pages.diagram.columns import clients, heading, way_out
from miyabi_infra.pages.diagram.facts import Bar, Facts, Node
from miyabi_infra.reach.nodes import INTERNET

_ENTITIES: Final = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "\\": "#92;"}


def mermaid(facts: Facts) -> str:
    """The picture; the same nodes and arrows as in the SVG, without a column for each zone."""
    return "\n".join(["flowchart TB", *(f"    {line}" for line in _lines(facts))]) + "\n"


def _lines(facts: Facts) -> Iterator[str]:
    ids = {bar.reached: f"bar{at}" for at, bar in enumerate(facts.bars)}
    if facts.vpc:
        yield f"internet([{_quoted('Internet', clients(facts))}])"
    yield from _group("aws", f"AWS services in {facts.region}", _nodes("aws", facts.services))
    if facts.vpc:
        yield from _group("vpc", heading(facts.vpc), _vpc(facts, ids))
        yield from _arrows(facts, ids)


def _vpc(facts: Facts, ids: dict[str, str]) -> Iterator[str]:
    if facts.gateway:
        yield f"igw[{_label(facts.gateway)}]"
    public = {place.address for place in facts.places if place.public}
    nats = [place.nat for place in facts.places if place.nat]
    tiers = (
        ("public", True, [*_bars(facts, ids, public, inside=True), *_nodes("nat", nats)]),
        ("private", False, [*_bars(facts, ids, public, inside=False)]),
    )
    for name, is_public, lines in tiers:
        subnets = [
            Node(place.zone, place.cidr, (way_out(facts, place),))
            for place in facts.places
            if place.public is is_public
        ]
        if subnets:
            yield from _group(name, f"{name.capitalize()} subnets", [*_nodes(f"{name}_subnet", subnets), *lines])
    for bar in facts.of_kind("group"):
        yield f"{ids[bar.reached]}[{_label(bar)}]"
        yield f"style {ids[bar.reached]} stroke-dasharray: 4 4"
    yield from _nodes("in_vpc", facts.in_vpc)


def _bars(facts: Facts, ids: dict[str, str], public: set[str], *, inside: bool) -> Iterator[str]:
    for bar in facts.bars:
        if bar.kind != "group" and (bool(bar.subnets) and set(bar.subnets) <= public) is inside:
            yield f"{ids[bar.reached]}[{_label(bar)}]"


def _arrows(facts: Facts, ids: dict[str, str]) -> Iterator[str]:
    nats = [place.nat for place in facts.places if place.nat]
    for arrow in facts.arrows:
        label = f"|{_quoted(arrow.label)}|"
        if arrow.source == INTERNET:
            yield f"internet -->{label} igw"
            yield f"igw --> {ids[arrow.target]}"
        elif arrow.target == INTERNET:
            for at, _ in enumerate(nats):
                yield f"{ids[arrow.source]} -.->{label} nat{at}"
            if not nats:
                yield f"{ids[arrow.source]} -.->{label} igw"
        else:
            yield f"{ids[arrow.source]} -->{label} {ids[arrow.target]}"
    yield from (f"nat{at} -.-> igw" for at, _ in enumerate(nats))
    if any(arrow.target == INTERNET for arrow in facts.arrows):
        yield "igw -.-> internet"
        yield "igw -.-> aws"


def _nodes(key: str, nodes: "tuple[Node, ...] | list[Node]") -> Iterator[str]:
    yield from (f"{key}{at}[{_label(node)}]" for at, node in enumerate(nodes))


def _group(key: str, title: str, lines: "Iterator[str] | list[str]") -> Iterator[str]:
    yield f"subgraph {key}[{_quoted(title)}]"
    yield from (f"    {line}" for line in lines)
    yield "end"


def _label(node: Node | Bar) -> str:
    return _quoted(node.title, node.name, *node.facts)


def _quoted(*lines: str) -> str:
    return f'"{"<br/>".join(_escaped(line) for line in lines if line)}"'


def _escaped(text: str) -> str:
    return "".join(_ENTITIES.get(character, character) for character in text)
