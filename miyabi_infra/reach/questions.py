"""Questions to the model: can this open a connection to that, and what differs between two stacks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import chain
from typing import Final

from miyabi_infra.reach.blocks import parsed
from miyabi_infra.reach.network import ANY_PORT, port_text
from miyabi_infra.reach.nodes import ALSO, ELSEWHERE, HTTPS, INTERNET, Node, passed_on
from miyabi_infra.reach.passing import Passing, Past
from miyabi_infra.reach.paths import Connection, LetIn, Reach, over, together
from miyabi_infra.reach.permissions import Ability, abilities
from miyabi_infra.reach.steps import Step, Verdict, verdict
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Stack
from modules.addresses import IPV4, IPV6, VERSIONS, IpNetwork, union, within


@dataclass(frozen=True)
class Answer:
    """Whether a connection can be opened, and why, or why not."""

    source: str
    target: str
    what: str
    """The port, or what the tasks do with the AWS service."""
    steps: tuple[Step, ...]
    through: tuple[Connection, ...] = ()
    """The way of a request through a load balancer, where the connection itself cannot be opened."""
    turned_away: Step | None = None
    """What a load balancer does with the requests on the connection, where it passes none on."""
    unjudged: tuple[str, ...] = ()
    """Addresses of the resources that may change the answer, and are not judged."""
    version: int | None = None
    """The IP version that it is about, where there is an answer of its own about the other."""

    @property
    def possible(self) -> bool:
        """Whether every condition holds."""
        return self.verdict == "yes"

    @property
    def verdict(self) -> Verdict:
        """The answer; `unknown` when a resource that is not judged may change it: open a way, or close one."""
        return "unknown" if self.unjudged else verdict(self.steps)


@dataclass(frozen=True)
class End:
    """What a question names: a node, with a port or for any."""

    name: str
    protocol: str
    port: int | None

    @classmethod
    def parse(cls, text: str) -> "End":
        """Read `redis`, `redis:6379` or `dns:53/udp`.

        Raises:
            Refused: for what is not a port.
        """
        name, _, port = text.partition(":")
        number, _, protocol = port.partition("/")
        if not port:
            return cls(name, "tcp", None)
        if not number.isdecimal() or not 1 <= int(number) <= ANY_PORT[1] or protocol not in {"", "tcp", "udp"}:
            raise Refused(f"{text!r} names no port; allowed: 1 to {ANY_PORT[1]}, with /udp for UDP: redis:6379")
        return cls(name, protocol or "tcp", int(number))


class NotThere(Refused):
    """A question about something that the stack does not have."""


def ask(reach: Reach, source: str, target: End) -> list[Answer]:
    """Whether one thing can open a connection to another, with what is not judged.

    Returns:
        An answer for the port, or for each port of the target; one for each IP version, the better first, where the
        other end may be reached over both and they differ.

    Raises:
        NotThere: for a name that the stack does not know, or of what it does not have.
        Refused: for what is no question.
    """
    unjudged = tuple(each.address for each in reach.unjudged)
    return [replace(each, unjudged=unjudged) for each in _ask(reach, source, target)]


def _ask(reach: Reach, source: str, target: End) -> list[Answer]:
    can = abilities(reach)
    service = [each for each in can if (each.tasks, each.name) == (source, target.name)]
    if service and target.port is None:
        return [Answer(source, target.name, each.text, each.because) for each in service]
    names = [INTERNET, *(node.name for node in reach.nodes if node.kind != "group")]
    if source == INTERNET == target.name:
        raise Refused("from the internet to the internet is nothing that this network decides")
    own = None if source == ELSEWHERE else next(parsed(source), None)
    if target.name == INTERNET and (own or source == ELSEWHERE):
        raise Refused("what other networks reach in the internet is nothing that this network decides")
    first = None if source in {INTERNET, ELSEWHERE} or own else _node(reach, source, [*names, ELSEWHERE])
    if target.name == INTERNET:
        assert first is not None
        protocol, port, node = target.protocol, target.port or HTTPS, first
        ways = _by_version(reach, node, lambda version: reach.outward_over(node, protocol, port, version))
        return [
            Answer(source, INTERNET, f"{protocol} {port}{over(version)}", steps, version=version)
            for version, steps in ways
        ]
    second = _node(reach, target.name, [*names, *dict.fromkeys(each.name for each in can)])
    ports = [(target.protocol, target.port)] if target.port else [(each.protocol, each.port) for each in second.listens]
    if own or source == ELSEWHERE:
        return [_from_outside(reach, own, second, protocol, port) for protocol, port in ports]
    return [each for protocol, port in ports for each in _answer(reach, first, second, protocol, port)] or [
        Answer(
            source, second.name, "any port", (Step.no("listens", f"nothing of {second.name} listens", second.address),)
        )
    ]


def _from_outside(reach: Reach, block: IpNetwork | None, target: Node, protocol: str, port: int) -> Answer:
    """The answer for a block of addresses, or for whichever networks are led here."""
    steps = (
        reach.led_here(target, protocol, port)[0] if block is None else reach.from_block(target, protocol, port, block)
    )
    turned_away = None if verdict(steps) == "no" else _turned_away(reach, None, target, port)
    what = port_text(protocol, (port, port))
    return Answer(str(block or ELSEWHERE), target.name, what, steps, turned_away=turned_away)


def _by_version(
    reach: Reach, node: Node, way: Callable[[int], tuple[Step, ...]]
) -> Sequence[tuple[int | None, tuple[Step, ...]]]:
    """The steps of a way, once where both IP versions have the same answer, or where only IPv4 comes into question."""
    ways = {version: way(version) for version in VERSIONS}
    verdicts = [verdict(steps) for steps in ways.values()]
    if node.name not in reach.dual:
        return [(None, ways[IPV4])]
    if verdicts[0] == verdicts[1] != "no":
        return [(None, tuple(dict.fromkeys((*ways[IPV4], *ways[IPV6]))))]
    if verdicts[0] == verdicts[1] and _missing(ways[IPV4]) == _missing(ways[IPV6]):
        return [(None, ways[IPV4])]
    return sorted(ways.items(), key=lambda each: _BEST.index(verdict(each[1])))


_BEST: Final[Sequence[Verdict]] = ("yes", "unknown", "no")


def _missing(steps: Sequence[Step]) -> list[Step]:
    return [each for each in steps if each.holds is False]


def _answer(reach: Reach, source: Node | None, target: Node, protocol: str, port: int) -> Iterator[Answer]:
    if source is None:
        ways = _by_version(reach, target, lambda version: reach.inward_over(target, protocol, port, version))
    else:
        ways = [(None, reach.inside(source, target, protocol, port))]
    name = INTERNET if source is None else source.name
    last = [
        each
        for each in reach.connections
        if (each.target, each.protocol, each.ports) == (target.name, protocol, (port, port))
    ]
    onward = [way for each in last for way in _ways(reach, name, (each,))]
    passed = tuple(dict.fromkeys(chain.from_iterable(onward)))
    for version, steps in ways:
        through = () if verdict(steps) == "yes" else passed
        what = port_text(protocol, (port, port)) + over(version)
        turned_away = None if verdict(steps) == "no" else _turned_away(reach, source, target, port)
        yield Answer(name, target.name, what, steps, through, turned_away, version=version)


def _turned_away(reach: Reach, source: Node | None, target: Node, port: int) -> Step | None:
    """What a load balancer or a distribution does with the requests of a source, where it passes none on."""
    if target.kind not in {"load balancer", "cdn"}:
        return None
    step = passed_on(reach.stack, target, port, source)
    return step if step.holds is False else None


def _ways(reach: Reach, source: str, way: tuple[Connection, ...]) -> Iterator[tuple[Connection, ...]]:
    """The ways of a request from a source that end so, through what forwards it: a distribution, a load balancer."""
    for before in reach.connections:
        if before.target == way[0].source and _forwards(reach, before):
            longer = (before, *way)
            if before.source == source:
                yield longer
            elif before not in way and _is_way(reach, before.source):
                yield from _ways(reach, source, longer)


def _forwards(reach: Reach, way: Connection) -> bool:
    """Whether the target of a connection passes on the requests that come by it."""
    node = reach.node(way.target)
    if node is None or node.targets is None:
        return False
    return _turned_away(reach, reach.node(way.source), node, way.ports[0]) is None


def _is_way(reach: Reach, name: str) -> bool:
    node = reach.node(name)
    return node is not None and node.targets is not None


def _node(reach: Reach, name: str, known: Sequence[str]) -> Node:
    found = reach.node(name)
    if found is not None and found.kind != "group":
        return found
    near = [ALSO[name]] if ALSO.get(name) in known else get_close_matches(name, known, 1, _NEAR)
    meant = f"; did you mean {near[0]}?" if near else "."
    group = found or reach.node(ALSO.get(name, ""))
    if group is not None and group.kind == "group":
        meant = f": nothing in the stack uses its security group, {group.address}."
    raise NotThere(f"{reach.stack.environment} has no {name!r}{meant} There are {', '.join(known)}")


_NEAR: Final = 0.8
"""How alike a name must be: `rds` is no mistyped `redis`."""


@dataclass(frozen=True)
class ReachChange:
    """What differs in reachability from one stack to another."""

    opened: tuple[Connection, ...]
    """Connections that only the second allows, or allows to other addresses."""
    closed: tuple[Connection, ...]
    """Connections that only the first allows."""
    gained: tuple[Ability, ...]
    """What tasks can do with AWS in the second only."""
    lost: tuple[Ability, ...]
    """What tasks can do with AWS in the first only."""
    let_in: tuple[LetIn, ...]
    """Rules that let the internet in where it cannot arrive, of the second only."""

    unjudged: tuple[str, ...] = ()
    """Addresses of resources of the second that may open or close something, and are not judged."""
    passing: tuple[Past, ...] = ()
    """Who passes by the distribution or the firewall, or may, in the second only."""
    stopped: tuple[Past, ...] = ()
    """Who passes by them in the first only."""

    def __bool__(self) -> bool:
        """Whether anything differs."""
        connections = self.opened or self.closed or self.gained or self.lost or self.let_in
        return bool(connections or self.unjudged or self.passing or self.stopped)


def difference(before: Stack | None, after: Stack | None) -> ReachChange:
    """The reachability of one stack compared with another; None for one that does not exist."""
    first, second = (None if stack is None else Reach(stack) for stack in (before, after))
    closed, opened = _connections(first, second)
    known: set[str] = set() if first is None else {each.address for each in first.unjudged}
    new = () if second is None else tuple(each.address for each in second.unjudged if each.address not in known)
    passing, stopped = _passing(first, second)
    return ReachChange(opened, closed, *_abilities(first, second), _let_in(first, second), new, passing, stopped)


def _passing(before: Reach | None, after: Reach | None) -> tuple[tuple[Past, ...], tuple[Past, ...]]:
    """Who passes by a distribution or a firewall on one side only; nothing of a stack that is new, or gone."""
    if before is None or after is None:
        return (), ()
    sides = Passing(before), Passing(after)
    inspects = any(each.inspects for each in sides)
    first, second = (
        {
            each.key: each
            for each in (*one.past_the_cdn, *(one.uninspected if inspects else ()), *one.let_pass_the_firewall)
            if each.verdict != "no"
        }
        for one in sides
    )
    return (
        tuple(each for key, each in second.items() if key not in first),
        tuple(each for key, each in first.items() if key not in second),
    )


def _connections(before: Reach | None, after: Reach | None) -> tuple[tuple[Connection, ...], tuple[Connection, ...]]:
    """What only the first allows, and what only the second does: over one IP version, where the other is as it was.

    What the inside can do is listed where the internet cannot; so it is closed, or opened, only if it is not possible
    at all on the other side.
    """
    sides = (before, after)
    possible = [{_connection_key(one) for one in each.everything} if each else set[object]() for each in sides]
    closed, opened = (
        [one for one in (each.by_version if each else ()) if _connection_key(one) not in other]
        for each, other in zip(sides, reversed(possible), strict=True)
    )
    closed += _elsewhere(before, after)
    opened += _elsewhere(after, before)
    dual = frozenset(name for each in sides if each for name in each.dual)
    apart = _over_one(closed) | _over_one(opened)
    return together(closed, dual, apart), together(opened, dual, apart)


def _elsewhere(reach: Reach | None, other: Reach | None) -> list[Connection]:
    """What other networks may open in one stack, and may not in another, or not from all of these addresses."""
    held: dict[tuple[object, ...], list[IpNetwork]] = {}
    for each in other.from_elsewhere if other else ():
        held.setdefault(each.ends, []).extend(block for text in each.blocks for block in parsed(text))
    return [
        each
        for each in (reach.elsewhere if reach else ())
        if not all(
            any(within(block, one) for one in held.get(each.ends, ())) for text in each.blocks for block in parsed(text)
        )
    ]


def _over_one(found: Sequence[Connection]) -> frozenset[tuple[object, ...]]:
    """The ends of connections that are among these over one IP version only."""
    ends = [{each.ends for each in found if each.version == version} for version in VERSIONS]
    return frozenset(ends[0] ^ ends[1])


def _connection_key(connection: Connection) -> tuple[object, ...]:
    """What makes two connections the same: of the blocks, which addresses they have, however they are written."""
    blocks = union(block for each in connection.blocks for block in parsed(each))
    unread = frozenset(each for each in connection.blocks if not any(parsed(each)))
    return (*connection.ends, connection.version, blocks, unread, connection.certain)


def _abilities(before: Reach | None, after: Reach | None) -> tuple[tuple[Ability, ...], tuple[Ability, ...]]:
    """What is possible on one side only: a new tag of the image is no difference, nor is a secret nobody asks for."""
    first, second = (() if reach is None else abilities(reach) for reach in (before, after))
    could, can, known = _possible(first), _possible(second), {each.key for each in second}
    gained = tuple(each for each in second if each.key in can - could)
    lost = tuple(each for each in first if each.key in could - can and (each.key in known or not each.asked))
    return gained, lost


def _possible(found: Sequence[Ability]) -> set[tuple[str, ...]]:
    """What tasks can do in every way that they need it."""
    return {each.key for each in found} - {each.key for each in found if not each.possible}


def _let_in(before: Reach | None, after: Reach | None) -> tuple[LetIn, ...]:
    earlier, now = (() if reach is None else reach.let_in for reach in (before, after))
    known = {(each.node, each.port, each.rule.text) for each in earlier}
    return tuple(each for each in now if (each.node, each.port, each.rule.text) not in known)
