"""A picture as a Mermaid flowchart, which GitHub draws within Markdown."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.pages.diagram.columns import clients, heading, way_out
from miyabi_infra.pages.diagram.picture import Bar, Drawn, Picture
from miyabi_infra.reach.nodes import INTERNET

_ENTITIES: Final = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "\\": "#92;"}


def mermaid(picture: Picture) -> str:
    """The picture; the same nodes and arrows as in the SVG, without a column for each zone."""
    return "\n".join(["flowchart TB", *(f"    {line}" for line in _lines(picture))]) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    ids = {bar.reached: f"bar{at}" for at, bar in enumerate(picture.bars)}
    for key, cards in (("aws", picture.services), ("in_vpc", picture.in_vpc)):
        ids |= {name: f"{key}{at}" for at, card in enumerate(cards) for name in card.stands_for}
    if picture.vpc:
        yield f"internet([{_quoted('Internet', clients(picture))}])"
    yield from _group("aws", f"AWS services in {picture.region}", _nodes("aws", picture.services))
    if picture.vpc:
        yield from _group("vpc", heading(picture.vpc), _vpc(picture, ids))
        yield from _arrows(picture, ids)


def _vpc(picture: Picture, ids: dict[str, str]) -> Iterator[str]:
    if picture.gateway:
        yield f"igw[{_label(picture.gateway)}]"
    public = {subnet.address for subnet in picture.subnets if subnet.public}
    nats = [subnet.nat for subnet in picture.subnets if subnet.nat]
    tiers = (
        ("public", True, [*_bars(picture, ids, public, inside=True), *_nodes("nat", nats)]),
        ("private", False, [*_bars(picture, ids, public, inside=False)]),
    )
    for name, is_public, lines in tiers:
        subnets = [
            Drawn(subnet.zone, subnet.cidr, (way_out(picture, subnet),))
            for subnet in picture.subnets
            if subnet.public is is_public
        ]
        if subnets:
            yield from _group(name, f"{name.capitalize()} subnets", [*_nodes(f"{name}_subnet", subnets), *lines])
    for bar in picture.of_kind("group"):
        yield f"{ids[bar.reached]}[{_label(bar)}]"
        yield f"style {ids[bar.reached]} stroke-dasharray: 4 4"
    yield from _nodes("in_vpc", picture.in_vpc)


def _bars(picture: Picture, ids: dict[str, str], public: set[str], *, inside: bool) -> Iterator[str]:
    for bar in picture.bars:
        if bar.kind != "group" and (bool(bar.subnets) and set(bar.subnets) <= public) is inside:
            yield f"{ids[bar.reached]}[{_label(bar)}]"


def _arrows(picture: Picture, ids: dict[str, str]) -> Iterator[str]:
    """The arrows; several to what one card stands for are one."""
    yield from dict.fromkeys(_each_arrow(picture, ids))


def _each_arrow(picture: Picture, ids: dict[str, str]) -> Iterator[str]:
    nats = [subnet.nat for subnet in picture.subnets if subnet.nat]
    for arrow in picture.arrows:
        label = f"|{_quoted(arrow.label)}|"
        if arrow.target == INTERNET:
            for at, _ in enumerate(nats):
                yield f"{ids[arrow.source]} -.->{label} nat{at}"
            if not nats:
                yield f"{ids[arrow.source]} -.->{label} igw"
        elif arrow.source == INTERNET and arrow.target in picture.distributions:
            yield f"internet -->{label} {ids[arrow.target]}"
        elif arrow.source == INTERNET or arrow.source in picture.distributions:
            yield f"{'internet' if arrow.source == INTERNET else ids[arrow.source]} -->{label} igw"
            yield f"igw --> {ids[arrow.target]}"
        else:
            yield f"{ids[arrow.source]} -->{label} {ids[arrow.target]}"
    yield from (f"nat{at} -.-> igw" for at, _ in enumerate(nats))
    if any(arrow.target == INTERNET for arrow in picture.arrows):
        yield "igw -.-> internet"
        yield "igw -.-> aws"


def _nodes(key: str, nodes: "tuple[Drawn, ...] | list[Drawn]") -> Iterator[str]:
    yield from (f"{key}{at}[{_label(node)}]" for at, node in enumerate(nodes))


def _group(key: str, title: str, lines: "Iterator[str] | list[str]") -> Iterator[str]:
    yield f"subgraph {key}[{_quoted(title)}]"
    yield from (f"    {line}" for line in lines)
    yield "end"


def _label(node: Drawn | Bar) -> str:
    return _quoted(node.title, node.name, *node.details)


def _quoted(*lines: str) -> str:
    return f'"{"<br/>".join(_escaped(line) for line in lines if line)}"'


def _escaped(text: str) -> str:
    return "".join(_ENTITIES.get(character, character) for character in text)
