"""Pictures of environments that nobody has thought of: nothing in them overlaps."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from miyabi_infra.pages.diagram.layout import layout
from miyabi_infra.pages.diagram.picture import Arrow, Bar, Drawn, DrawnSubnet, Picture
from miyabi_infra.stacks.platform import Range
from tests.overlaps import overlaps

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./: "
NAMES = st.text(LETTERS, min_size=1, max_size=50)
FACTS = st.lists(st.text(LETTERS, min_size=1, max_size=40), max_size=6).map(tuple)


def nodes(most: int) -> st.SearchStrategy[tuple[Drawn, ...]]:
    return st.lists(st.builds(Drawn, NAMES, NAMES, FACTS), max_size=most).map(tuple)


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    """Environments beyond what the generator makes: one zone to six, several caches and databases, any names."""
    zones = [f"zone-{letter}" for letter in "abcdef"[: draw(st.integers(1, 6))]]
    nat = {zone: draw(st.none() | st.builds(Drawn, st.just("NAT gateway"), NAMES)) for zone in zones}
    ways = {f"nat.{zone}": node for zone, node in nat.items() if node}
    way = st.sampled_from(["", *ways])
    subnets = tuple(
        DrawnSubnet(
            address=f"{tier}.{zone}",
            zone=zone,
            cidr=draw(st.sampled_from(["10.0.0.0/8", "192.168.100.128/25"])),
            public=tier == "public",
            nat=nat[zone] if tier == "public" else None,
            way_out=draw(way) if tier == "private" else "",
        )
        for tier in ("public", "private")
        for zone in zones
    )
    kinds = [
        "load balancer",
        "tasks",
        *(["cache"] * draw(st.integers(0, 2))),
        *(["database"] * draw(st.integers(0, 2))),
    ]
    kinds += ["group"] * draw(st.integers(0, 3))
    balanced = draw(st.sampled_from(["public", "private"]))
    bars = [
        Bar(draw(NAMES), draw(NAMES), draw(FACTS), f"{kind} {at}", kind, tuple(
            subnet.address
            for subnet in subnets
            if subnet.public is (kind == "load balancer" and balanced == "public")
        ))
        for at, kind in enumerate(kinds)
    ]  # fmt: skip
    ends = ["internet", *(bar.reached for bar in bars)]
    pairs = draw(st.lists(st.tuples(st.sampled_from(ends), st.sampled_from(ends)), max_size=12, unique=True))
    label = st.sampled_from(["TCP 80", "all ports", "TCP 80, 443, 8080", "UDP 1000-2000, TCP 65535"])
    least = draw(st.integers(0, 30))
    return Picture(
        environment=draw(NAMES),
        project=draw(NAMES),
        region="us-west-2",
        resources=draw(st.integers(0, 500)),
        vpc=Drawn("VPC", draw(NAMES), ("10.0.0.0/8",)),
        gateway=draw(st.none() | st.just(Drawn("Internet gateway", "igw"))),
        subnets=subnets,
        nats=ways,
        bars=tuple(bars),
        tasks=Range(least, least + draw(st.integers(0, 60))),
        clients=draw(NAMES),
        in_vpc=draw(nodes(4)),
        services=draw(nodes(9)),
        arrows=tuple(Arrow(*pair, draw(label)) for pair in pairs),
    )


def bar(kind: str, *subnets: str) -> Bar:
    return Bar(kind, kind, (), kind, kind, subnets)


BOTH_WAYS = Picture(
    environment="dev",
    project="miyabi",
    region="us-west-2",
    resources=2,
    vpc=Drawn("VPC", "main", ("10.0.0.0/8",)),
    gateway=None,
    subnets=(DrawnSubnet("private.a", "a", "10.0.0.0/8", public=False, nat=None, way_out=""),),
    nats={},
    bars=(bar("tasks", "private.a"), bar("database", "private.a"), bar("group", "private.a")),
    tasks=Range(1, 1),
    clients="",
    in_vpc=(),
    services=(),
    arrows=(Arrow("tasks", "group", "TCP 80"), Arrow("group", "tasks", "TCP 80")),
)
"""The second port of the arrow to a group was written over the tasks."""


@pytest.mark.slow
@example(BOTH_WAYS)
@given(pictures())
@settings(max_examples=60)
def test_nothing_overlaps_in_any_environment(found: Picture) -> None:
    assert list(overlaps(layout(found))) == []
