"""Placing what a picture shows: a layer for each step of a request, a column for each availability zone.

From the top: the internet next to AWS's regional services, the internet gateway, the load balancer across the public
subnets, NAT gateways, the tasks across the private subnets, what they talk to, and what belongs to the VPC as a whole.
A load balancer in private subnets is below the tasks: above them it would lie across their arrows to NAT gateways.
Arrows run down lanes at the left of the first column, and from NAT gateways along a line under the load balancer to a
lane at the right; so they cross neither text nor boxes, however many zones there are.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from miyabi_infra.pages.diagram.columns import (
    BAR_PAD,
    CARD,
    INSET,
    LANES_APART,
    LARGE,
    MARGIN,
    NORMAL,
    PAD,
    SMALL,
    Columns,
    chip,
    clients,
    columns,
    heading,
    lies_over,
    subnet_title,
    title,
    way_out,
)
from miyabi_infra.pages.diagram.picture import Arrow, Bar, Drawn, Picture, spread, tasks_text
from miyabi_infra.pages.diagram.scene import Rect, Scene, Text, cut, text_width
from miyabi_infra.reach.nodes import INTERNET
from miyabi_infra.text import count

TITLE: Final = 66
CARD_HEIGHT: Final = 64
WIDEST_CARD: Final = 2 * CARD
GATEWAY_HEIGHT: Final = 38
NAT_HEIGHT: Final = 48
CHIP_HEIGHT: Final = 22
TASK: Final = 13
ARROW: Final = 40
"""Between two layers, for an arrow with its port."""
_SECOND_PORT: Final = 18
"""More, where both ends open connections."""
_TASKS_SHOWN: Final = 12
"""Most tasks of a zone that are drawn one by one."""


def layout(picture: Picture) -> Scene:
    """The picture of an environment."""
    return _Layout(picture).scene


def describe(picture: Picture) -> str:
    """The picture in words, for readers who cannot see it."""
    parts = [f"{picture.project}, environment {picture.environment}, {picture.region}."]
    if picture.vpc:
        parts.append(f"{heading(picture.vpc)} over {count(len(picture.zones), 'zone')}: {', '.join(picture.zones)}.")
    parts += [f"{subnet_title(subnet)} in {subnet.zone}." for subnet in picture.subnets]
    parts += [f"NAT gateway {subnet.nat.name} in {subnet.zone}." for subnet in picture.subnets if subnet.nat]
    parts += [" ".join((bar.title, f"{bar.name}:", ", ".join(bar.details))) + "." for bar in picture.bars]
    parts += [": ".join(filter(None, (node.title, node.name))) + "." for node in (*picture.in_vpc, *picture.services)]
    parts += [f"{arrow.source} can connect to {arrow.target}: {arrow.label}." for arrow in picture.arrows]
    return " ".join(parts)


class _Layout:
    """One picture in the making, layer by layer from the top; each method returns the lower edge of its layer."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.columns: Columns = columns(picture)
        self.scene = Scene(title(picture), describe(picture), width=self.columns.whole + 2 * MARGIN)
        self.outward = any(subnet.nat for subnet in picture.subnets)
        self.drawn: set[tuple[str, str]] = set()
        self._text(self.scene.title, MARGIN, MARGIN + 18, "", size=LARGE, bold=True)
        self._text(
            f"{picture.region} · {count(picture.resources, 'resource')}", MARGIN, MARGIN + 40, "", "muted", NORMAL
        )
        bottom = self._outside(MARGIN + TITLE)
        if picture.vpc:
            bottom = self._vpc(picture.vpc, bottom + ARROW + 10)
        self.scene.height = self._legend(bottom + 26) + MARGIN

    # ---- outside the VPC ---------------------------------------------------------------------------------------------

    def _outside(self, y: float) -> float:
        """The internet, and the services of AWS that are in no VPC."""
        left = MARGIN + self.columns.internet + (INSET if self.picture.vpc else 0)
        place = Rect(left, y, self.columns.right - left, 0)
        bottom = self._cards("service", self.picture.services, place, y + 34, "aws") + INSET
        panel = self.scene.box("aws", "aws", Rect(left, y, place.width, bottom - y))
        outside = ", outside the VPC" if self.picture.vpc else ""
        self._text(
            f"AWS services in {self.picture.region}{outside}", left + INSET, y + 22, "aws", size=NORMAL, bold=True
        )
        if self.picture.vpc:
            box = self.scene.box("internet", "internet", Rect(MARGIN, y, self.columns.internet, panel.height))
            asked = next((each for each in map(self._asked, self.picture.distributions) if each), None)
            middle = y + (26 if asked else panel.height / 2)
            self._text("Internet", box.center, middle - 4, "internet", size=NORMAL, bold=True, middle=True)
            self._text(clients(self.picture), box.center, middle + 14, "internet", "muted", middle=True)
            if asked:
                self._to_the_distribution(asked, box, y + 34 + CARD_HEIGHT / 2)
        return bottom

    def _asked(self, distribution: str) -> Arrow | None:
        """The arrow from the internet to a distribution."""
        return self._arrow(INTERNET, distribution)

    def _to_the_distribution(self, arrow: Arrow, internet: Rect, y: float) -> None:
        """The arrow from the internet to the first card, and its port in the box that it comes from."""
        self.scene.line((internet.right, y), (internet.right + 2 * INSET - 1, y), style="in")
        x = internet.right - INSET - text_width(arrow.label, SMALL, bold=True)
        self._text(arrow.label, x, y + 4, "internet", "port", bold=True)

    def _cards(  # where and what
        self, key: str, nodes: Sequence[Drawn], room: Rect, y: float, within: str, *, idle: int = 0
    ) -> float:
        """Cards in as many columns as there is room for; the first `idle` are drawn as unused."""
        across = max(1, min(len(nodes), int((room.width - INSET) // (CARD + INSET))))
        width = min((room.width - INSET) / across - INSET, WIDEST_CARD)
        for at, node in enumerate(nodes):
            row, column = divmod(at, across)
            x, top = room.x + INSET + column * (width + INSET), y + row * (CARD_HEIGHT + INSET)
            self._card(
                f"{key}-{at}", node, Rect(x, top, width, CARD_HEIGHT), within, "card idle" if at < idle else "card"
            )
        rows = -(-len(nodes) // across)
        return y + rows * (CARD_HEIGHT + INSET) - (INSET if rows else 0)

    def _card(self, key: str, node: Drawn, rect: Rect, within: str, style: str) -> None:
        self.scene.box(key, style, rect, within)
        lines = [node.title, node.name, ", ".join(node.details)]
        for at, line in enumerate(filter(None, lines)):
            look = ("", "", "muted")[at]
            self._text(line, rect.x + 12, rect.y + 20 + at * 17, key, look, SMALL, bold=not at, room=rect.width - 24)

    # ---- the VPC -----------------------------------------------------------------------------------------------------

    def _vpc(self, vpc: Drawn, y: float) -> float:
        middle = MARGIN + self.columns.whole / 2
        self._text(heading(vpc), middle, y + 24, "vpc", size=NORMAL, bold=True, middle=True)
        bottom = y + 38
        if self.picture.gateway:
            bottom = self._gateway(self.picture.gateway, bottom, outside=y - ARROW - 10)
        tasks = bottom
        if self.picture.zones:
            bottom, tasks = self._zones(bottom + ARROW - 10, gateway=bottom)
        bottom = self._whole_vpc(bottom, tasks) + PAD
        self.scene.box("vpc", "vpc", Rect(MARGIN, y, self.columns.whole, bottom - y))
        return bottom

    def _gateway(self, gateway: Drawn, y: float, outside: float) -> float:
        left = self.columns.left(0)
        bar = self.scene.box(
            "gateway", "gateway", Rect(left, y, self.columns.right - PAD - left, GATEWAY_HEIGHT), "vpc"
        )
        self._titles(gateway, bar.x + BAR_PAD, y + 24, "gateway")
        distributions = self.picture.distributions
        inward = [each for each in self.picture.arrows if each.target not in distributions]
        lanes = {INTERNET: self.columns.lane()} | dict.fromkeys(distributions, self.columns.cdn_lane)
        for source, lane in lanes.items():
            arrow = next((each for each in inward if each.source == source), None)
            if arrow:
                self.scene.line((lane, outside), (lane, y), style="in")
                self._port(arrow.label, lane, outside + 29, "")
        outward = next((each for each in self.picture.arrows if each.target == "internet"), None)
        if outward:
            self.scene.line((self.columns.lane(1), y), (self.columns.lane(1), outside), style="out")
            self._port(outward.label, self.columns.lane(1), outside + 29, "")
            self.scene.line((self.columns.right_lane, y), (self.columns.right_lane, outside), style="out")
        return bar.bottom

    def _zones(self, y: float, gateway: float) -> tuple[float, float]:
        """The zones with their subnets, and what is spread over them; also the lower edge of the tasks."""
        balancers, tasks = self.picture.balancers_above, self.picture.of_kind("tasks")
        public = y + 34
        balanced = public + 32
        for bar in balancers:
            rect = self._bar(bar, balanced, "public")
            asked = [self._arrow(source, bar.reached) for source in (INTERNET, *self.picture.distributions)]
            if any(asked):
                self.scene.line((self.columns.lane(), gateway), (self.columns.lane(), rect.y), style="in")
            balanced = rect.bottom
        private = balanced + 28 + NAT_HEIGHT + INSET + ARROW - 12
        self._nats(balanced, balanced + 28, tasks, private + INSET, gateway)
        bottom = private + INSET
        for bar in tasks:
            rect = self._bar(bar, bottom + (INSET if bar is not tasks[0] else 0), "private", squares=True)
            if bar is tasks[0]:  # an arrow to another one would lead through it: that is told in words
                self._balanced(balancers, bar, balanced, rect.y)
            bottom = rect.bottom
        end = self._data(tasks, bottom) + 50
        for at, zone in enumerate(self.picture.zones):
            left = self.columns.left(at)
            rect = self.scene.box(f"zone-{at}", "zone", Rect(left, y, self.columns.zone, end + INSET - y), "vpc")
            self._text(zone, rect.center, y + 22, f"zone-{at}", size=NORMAL, bold=True, middle=True)
            self._subnet("public", at, public, private - ARROW + 12)
            self._subnet("private", at, private, end)
        return end + INSET, bottom

    def _subnet(self, tier: str, zone: int, top: float, bottom: float) -> None:
        """The subnet of a tier in a zone: a public one is named at its top, a private one at its bottom."""
        left, key = self.columns.left(zone) + INSET, f"{tier}-{zone}"
        rect = self.scene.box(key, tier, Rect(left, top, self.columns.zone - 2 * INSET, bottom - top), f"zone-{zone}")
        name = self.picture.zones[zone]
        subnets = [each for each in self.picture.subnets if each.zone == name and each.public == (tier == "public")]
        y = top + 20 if tier == "public" else bottom - 29
        self._text(
            ", ".join(map(subnet_title, subnets)) or f"No {tier} subnet", rect.center, y, key, size=NORMAL, middle=True
        )
        for way in {way_out(self.picture, subnet) for subnet in subnets if tier == "private"}:
            self._text(way, rect.center, bottom - 12, key, "muted", middle=True)

    def _bar(self, bar: Bar, y: float, tier: str, *, lane: int = 0, squares: bool = False) -> Rect:
        """A bar across the zones that its subnets are in."""
        first, last = lies_over(bar, self.picture.subnets, self.picture.zones)
        left = self.columns.left(first) + 2 * INSET + lane * LANES_APART * (first == 0)
        width = self.columns.left(last) + self.columns.zone - 2 * INSET - left
        chips = list(_chip_rows(bar.details, width - 2 * BAR_PAD))
        height = 36 + len(chips) * (CHIP_HEIGHT + 6) + 6 + (TASK + 10 if squares else 0)
        spans = [f"{each}-{zone}" for zone in range(first, last + 1) for each in (tier, "zone")]
        rect = self.scene.box(bar.reached, bar.kind.replace(" ", "-"), Rect(left, y, width, height), "vpc", spans)
        self._titles(bar, left + BAR_PAD, y + 23, bar.reached)
        for row, facts in enumerate(chips):
            x = left + BAR_PAD
            for at, fact in enumerate(facts):
                key, top = f"{bar.reached}-{row}-{at}", y + 36 + row * (CHIP_HEIGHT + 6)
                self.scene.box(key, "chip", Rect(x, top, chip(fact), CHIP_HEIGHT), bar.reached)
                self._text(fact, x + chip(fact) / 2, top + 15, key, middle=True)
                x += chip(fact) + 6
        if squares:
            self._task_squares(bar, rect, first, last)
        return rect

    def _task_squares(self, bar: Bar, rect: Rect, first: int, last: int) -> None:
        """The tasks of each zone: filled those that always run, hollow those that the autoscaler may add."""
        y = rect.bottom - TASK - 12
        for at, tasks in enumerate(spread(self.picture.tasks, last - first + 1)):
            x = max(self.columns.left(first + at) + 2 * INSET, rect.x) + BAR_PAD
            if tasks.maximum > _TASKS_SHOWN:
                self._text(f"{tasks_text(tasks)} in this zone", x, y + 11, bar.reached)
                continue
            for number in range(tasks.maximum):
                style = "task" if number < tasks.minimum else "task more"
                square = Rect(x + number * (TASK + 5), y, TASK, TASK)
                self.scene.box(f"{bar.reached}-task-{at}-{number}", style, square, bar.reached)

    def _balanced(self, balancers: Sequence[Bar], tasks: Bar, top: float, bottom: float) -> None:
        """Between the load balancer and the tasks: one arrow, with two heads where each can open connections."""
        for balancer in balancers:
            there, back = self._arrow(balancer.reached, tasks.reached), self._arrow(tasks.reached, balancer.reached)
            if there:
                x = self.columns.lane()
                self.scene.line((x, top), (x, bottom), style="in", both=back is not None)
                self._port(there.label, x, top + 48 if back else top + 54, "public-0", mark="down" if back else "")
                if back:
                    self._port(back.label, x, top + 66, "public-0", mark="up")

    def _nats(self, balanced: float, y: float, tasks: Sequence[Bar], below: float, gateway: float) -> None:
        """NAT gateways, the tasks' arrows to them, and the line from them to the internet gateway."""
        line = balanced + 14
        outward = next((arrow for bar in tasks if (arrow := self._arrow(bar.reached, INTERNET))), None)
        own = {address for bar in tasks for address in bar.subnets}
        used = {subnet.way_out for subnet in self.picture.subnets if subnet.address in own}
        joints: list[float] = []
        for subnet in self.picture.subnets:
            if subnet.nat is None:
                continue
            zone = self.picture.zones.index(subnet.zone)
            right = self.columns.left(zone) + self.columns.zone - 2 * INSET
            key, rect = f"nat-{zone}", Rect(right - self.columns.nat, y, self.columns.nat, NAT_HEIGHT)
            self.scene.box(key, "nat", rect, f"public-{zone}")
            self._text(subnet.nat.title, rect.x + 12, y + 20, key, size=NORMAL, bold=True)
            self._text(subnet.nat.name, rect.x + 12, y + 37, key, "muted")
            self.scene.line((rect.center, y), (rect.center, line), style="out", head=False)
            joints.append(rect.center)
            if outward and any(self.picture.nats.get(each) == subnet.nat for each in used):
                self.scene.line((rect.center, below), (rect.center, rect.bottom), style="out")
                room = rect.right - rect.center + INSET
                self._port(outward.label, rect.center, below - INSET - 9, f"zone-{zone}", room=room)
        if joints:
            end = self.columns.right_lane
            self.scene.line((min(joints), line), (end, line), (end, gateway), style="out")

    def _data(self, tasks: Sequence[Bar], y: float) -> float:
        """What is below the tasks: each begins further left than the one above, so that its arrow passes that."""
        data, group = self.picture.below_tasks, bool(self.picture.of_kind("group"))
        lane = len(data) - 1 + group
        gap = self._gap
        bottom = y + (gap if data or group else 0)
        for at, bar in enumerate(data):
            rect = self._bar(bar, bottom + (INSET if at else 0), "private", lane=lane - at)
            self._down(tasks, bar, lane - at, (y, y + gap - 14, rect.y), "private-0")
            bottom = rect.bottom
        return bottom

    @property
    def _gap(self) -> float:
        """Below the tasks, for the ports of the arrows to what is there."""
        ways = {(arrow.source, arrow.target) for arrow in self.picture.arrows}
        both_ways = any(
            {(service.reached, bar.reached), (bar.reached, service.reached)} <= ways
            for service in self.picture.of_kind("tasks")
            for bar in (*self.picture.below_tasks, *self.picture.of_kind("group")[:1])
        )
        return ARROW + _SECOND_PORT * both_ways

    def _down(self, tasks: Sequence[Bar], bar: Bar, lane: int, ys: tuple[float, float, float], within: str) -> None:
        """An arrow from the tasks down a lane, or up to them: where it begins, where its port is written, its end."""
        begin, label, end = ys
        x = self.columns.lane(lane)
        for service in tasks[-1:]:  # the one right above: the arrows of others are told in words
            arrow, up = self._arrow(service.reached, bar.reached), self._arrow(bar.reached, service.reached)
            if arrow:
                style = "idle" if bar.kind == "group" else "in"
                self.scene.line((x, begin), (x, end), style=style, both=up is not None)
                self._port(arrow.label, x, label, within, mark="down" if up else "")
            elif up:
                self.scene.line((x, end), (x, begin), style="in")
            if up:
                above = label - _SECOND_PORT if arrow else label
                self._port(up.label, x, above, within, mark="up" if arrow else "")

    def _whole_vpc(self, y: float, tasks: float) -> float:
        """What belongs to no subnet: unused security groups, DNS zones, endpoints."""
        groups = self.picture.of_kind("group")
        if not groups and not self.picture.in_vpc:
            return y
        top = y + (ARROW - 14 if groups else INSET)
        left = self.columns.left(0) - INSET
        room = Rect(left, top, self.columns.right - PAD + INSET - left, 0)
        bottom = self._cards("vpc", (*groups, *self.picture.in_vpc), room, top, "vpc", idle=len(groups))
        for group in groups[:1]:
            self._down(self.picture.of_kind("tasks"), group, 0, (tasks, tasks + self._gap - 14, top), "private-0")
        return bottom

    # ---- pieces ------------------------------------------------------------------------------------------------------

    def _arrow(self, source: str, target: str) -> Arrow | None:
        """The arrow between two, which is drawn now."""
        self.drawn.add((source, target))
        return self.picture.arrow(source, target)

    def _titles(self, node: Drawn, x: float, y: float, within: str) -> None:
        """What it is, and beside it what it is called."""
        self.scene.texts.append(Text(node.title, x, y, within, size=NORMAL, bold=True, beside=node.name))

    def _port(
        self, label: str, x: float, y: float, within: str, *, mark: str = "", room: float = LANES_APART - 12
    ) -> None:
        """The port of an arrow, to the right of its line."""
        self._text(f"{_MARKS[mark]}{label}", x + 8, y, within, "port", bold=True, room=room)

    def _text(  # noqa: PLR0917  # what, where, how
        self,
        text: str,
        x: float,
        y: float,
        within: str,
        style: str = "",
        size: float = SMALL,
        *,
        bold: bool = False,
        middle: bool = False,
        room: float | None = None,
    ) -> None:
        shown = text if room is None else cut(text, room, size, bold=bold)
        anchor = "middle" if middle else "start"
        whole = text if shown != text else ""
        self.scene.texts.append(Text(shown, x, y, within, style, size, bold, anchor, whole))

    def _legend(self, y: float) -> float:
        """What the symbols mean, and which connections are possible but have no arrow."""
        x, middle = MARGIN, y - 4
        for style, text in (("task", "task that always runs"), ("task more", "task that the autoscaler can add")):
            if self.picture.tasks.maximum:
                self.scene.box(style.replace(" ", "-"), style, Rect(x, middle - TASK / 2, TASK, TASK))
                self._text(text, x + TASK + 8, y, "", "muted")
                x += TASK + 8 + text_width(text, SMALL) + 24
        lines = [("in", "can connect, on this port"), ("out", "route to the internet")]
        lines += [("idle", "allowed, but no resource uses the group")] * bool(self.picture.of_kind("group"))
        for style, text in lines if self.picture.vpc else ():
            if x + 34 + text_width(text, SMALL) > self.columns.right:
                x, y, middle = MARGIN, y + 22, middle + 22
            self.scene.line((x, middle), (x + 26, middle), style=style)
            self._text(text, x + 34, y, "", "muted")
            x += 34 + text_width(text, SMALL) + 24
        rest = [each for each in self.picture.arrows if (each.source, each.target) not in self.drawn]
        for each in rest:
            y += 22
            self._text(f"Not drawn: {each.source} can connect to {each.target}, {each.label}", MARGIN, y, "", "muted")
        return y


_MARKS: Final = {"": "", "down": "↓ ", "up": "↑ "}


def _chip_rows(facts: Sequence[str], room: float) -> Iterator[list[str]]:
    """Facts in rows that are no wider than the room."""
    row: list[str] = []
    used = 0.0
    for fact in facts:
        needed = chip(fact) + 6
        if row and used + needed - 6 > room:
            yield row
            row, used = [], 0.0
        row.append(fact)
        used += needed
    if row:
        yield row
