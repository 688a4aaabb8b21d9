"""Which connections are possible: every condition of each, with the rule or resource that grants it or is missing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal

from miyabi_infra.reach.acls import Direction
from miyabi_infra.reach.blocks import EVERYWHERE, overlap, parsed
from miyabi_infra.reach.network import ANY_PORT, Network, Rule, Subnet, port_text
from miyabi_infra.reach.nodes import (
    ELSEWHERE,
    INTERNET,
    Node,
    nodes,
    passed_on,
)
from miyabi_infra.reach.steps import Step, best, verdict
from miyabi_infra.reach.types import KNOWN
from miyabi_infra.stacks import Resource, Stack
from modules.addresses import IPV4, IPV6, VERSIONS, IpNetwork, is_public, within


@dataclass(frozen=True)
class Connection:
    """A connection that can be opened, or that may be: it depends on something that the stack does not say."""

    source: str
    """Name of a node, or `internet`."""
    target: str
    """Name of a node, or `internet`."""
    protocol: str
    """`tcp`, `udp`, or `all`."""
    ports: tuple[int, int]
    """First and last port; `(0, 65535)` where the rules name none."""
    because: tuple[Step, ...]
    """Every condition of it, in the order of its way, with the address that grants it."""
    blocks: tuple[str, ...] = ()
    """Of the internet at either end: the blocks of addresses that the rules name."""
    entry: Step | None = None
    """The ingress rule of the target that allows it; None when the target is the internet."""
    version: int | None = None
    """The IP version, where it is not possible, or otherwise possible, over the other; None where both are alike."""

    @property
    def certain(self) -> bool:
        """Whether every condition holds, and none depends on something that the stack does not say."""
        return verdict(self.because) == "yes"

    @property
    def port_text(self) -> str:
        """`tcp 80`, `tcp 8000-8100`, `everything`, `tcp 80 over IPv6`."""
        return port_text(self.protocol, self.ports) + over(self.version)

    @property
    def limits(self) -> tuple[str, ...]:
        """The blocks, where they are not everybody of each IP version that they are of."""
        versions = {":" in block for block in self.blocks}
        everybody = {":" in block for block in self.blocks if block.endswith("/0")}
        return () if versions == everybody else self.blocks

    @property
    def ends(self) -> tuple[object, ...]:
        """What it connects: the same for both IP versions."""
        return self.source, self.target, self.protocol, self.ports

    @property
    def through(self) -> tuple[str, ...]:
        """Addresses of the gateways that it goes through."""
        return tuple(dict.fromkeys(step.gateway for step in self.because if step.gateway))


@dataclass(frozen=True)
class LetIn:
    """A rule that lets the internet in where something else keeps it out."""

    node: str
    rule: Rule
    port: int
    missing: tuple[Step, ...]
    """What keeps it out."""
    version: int | None = None
    """The IP version, where another thing keeps it out, or nothing does, over the other."""

    @property
    def port_text(self) -> str:
        """`tcp 80`, `tcp 80 over IPv6`."""
        return self.rule.port_text + over(self.version)


class Reach:
    """What can open a connection to what in a stack."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.network = Network(stack)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """What is in the network; empty for a stack without one."""
        return nodes(self.stack, self.network)

    @cached_property
    def connections(self) -> tuple[Connection, ...]:
        """Every connection that can be opened, in the order of a request's way.

        What the whole internet may open, the inside may as well; that is listed once, as the internet's.
        """
        return together(self.by_version, self.dual)

    @cached_property
    def by_version(self) -> tuple[Connection, ...]:
        """The connections, those from and to the internet over each IP version by itself."""
        public = self._from_the_internet
        found = {(each.target, each.ports, each.entry) for each in public}
        cdns = {node.name for node in self.nodes if node.kind == "cdn"}
        within = [
            each for each in self._within if each.source in cdns or (each.target, each.ports, each.entry) not in found
        ]
        return (*public, *within, *self._to_the_internet)

    @cached_property
    def everything(self) -> tuple[Connection, ...]:
        """As `by_version`, with what the inside may open as the internet may."""
        return (*self._from_the_internet, *self._within, *self._to_the_internet)

    @cached_property
    def elsewhere(self) -> tuple[Connection, ...]:
        """What networks may open that a peering, a VPN or a transit gateway leads here, which the stack does not say.

        What the internet may open from the same addresses is listed once, as the internet's.
        """
        public = {
            (each.target, each.ports, block)
            for each in self._from_the_internet
            if each.certain
            for block in each.blocks
        }
        return tuple(
            each
            for each in self.from_elsewhere
            if not all((each.target, each.ports, block) in public for block in each.blocks)
        )

    @cached_property
    def from_elsewhere(self) -> tuple[Connection, ...]:
        """As `elsewhere`, with what the internet may open, too."""
        found: list[Connection] = []
        for target in self.nodes:
            for port in target.listens if target.kind not in {"cdn", "group"} else ():
                steps, blocks = self.led_here(target, port.protocol, port.port)
                if verdict(steps) != "no":
                    made = _connection(ELSEWHERE, target.name, port.protocol, port.port, steps)
                    found.append(replace(made, blocks=tuple(dict.fromkeys(map(str, blocks)))))
        return tuple(found)

    def led_here(self, target: Node, protocol: str, port: int) -> tuple[tuple[Step, ...], tuple[IpNetwork, ...]]:
        """The conditions under which a network that is led here opens a connection, and the blocks that rules name."""
        listens = _listens(target, protocol, port)
        if target.kind == "cdn":
            text = "it is outside the VPC: who is led there asks it over the internet"
            return (Step.no("vpc", text, target.address), listens), ()
        rules = self._covering(target, "ingress", protocol, port)
        own = self._own_blocks(target)
        named = [(rule, block) for rule in rules for block in rule.blocks if not _is_among(block, own)]
        if not target.filtered:
            entered, blocks = _unfiltered(target, "ingress"), EVERYWHERE
        elif named:
            entered, blocks = _granted(named[0][0]), tuple(block for _, block in named)
        else:
            text = f"no ingress rule lets {protocol} {port} in from outside the VPC ({self.lets_in(target)})"
            return (Step.no("ingress rule", text, ", ".join(target.groups)), listens), ()
        way = best(self.network.let_in(subnet, protocol, port, blocks) for subnet in target.subnets) or ()
        return (_LED_HERE, *way, entered, listens), blocks

    def from_block(self, target: Node, protocol: str, port: int, block: IpNetwork) -> tuple[Step, ...]:
        """The conditions under which somebody with an address of a block opens a connection."""
        listens = _listens(target, protocol, port)
        if target.kind == "cdn":
            return (target.public_over(block.version), listens)
        way: tuple[Step, ...]
        if _is_among(block, self._own_blocks(target)):
            way = (Step.yes("vpc", f"{block} is of the VPC"),)
        elif is_public(block):
            ways = (self.network.way_in(each, protocol, port, (block,))[0] for each in target.subnets)
            way = (target.public_over(block.version), *(best(ways) or ()))
        else:
            ways = (self.network.let_in(each, protocol, port, (block,)) for each in target.subnets)
            way = (_LED_HERE, *(best(ways) or ()))
        return (*way, self._enters(target, protocol, port, block), listens)

    def _enters(self, target: Node, protocol: str, port: int, block: IpNetwork) -> Step:
        """The rule that lets a block in, or what lacks."""
        if not target.filtered:
            return _unfiltered(target, "ingress")
        rules = self._covering(target, "ingress", protocol, port)
        for rule in rules:
            if _is_among(block, rule.blocks):
                return _granted(rule)
        for rule in rules:
            if any(overlap(block, each) for each in rule.blocks):
                return Step.unknown("ingress rule", f"{rule.text}: a part of {block}", rule.address)
            if rule.unknown or rule.cloudfront:
                return _depends(rule)
        text = f"no ingress rule lets {protocol} {port} in from {block} ({self.lets_in(target)})"
        return Step.no("ingress rule", text, ", ".join(target.groups))

    def _own_blocks(self, node: Node) -> tuple[IpNetwork, ...]:
        """The blocks of the VPC that a node is in, and of its subnets."""
        vpcs = [self.stack.find(subnet.vpc) for subnet in node.subnets]
        of_vpcs = [block for vpc in vpcs if vpc for block in parsed(vpc.get("cidr_block"))]
        return tuple(dict.fromkeys((*of_vpcs, *(block for subnet in node.subnets for block in subnet.blocks))))

    @cached_property
    def dual(self) -> frozenset[str]:
        """Names of the nodes that have, or may have, an address of the internet's IPv6."""
        return frozenset(node.name for node in self.nodes if node.public_ipv6.holds is not False)

    @cached_property
    def let_in(self) -> tuple[LetIn, ...]:
        """Rules that let the internet in where it cannot arrive."""
        found: list[LetIn] = []
        for node in self.nodes:
            for rule in self._rules(node, "ingress"):
                for port in _ports(rule, node) if rule.public_blocks else ():
                    found += self._kept_out(node, rule, port)
        return tuple(found)

    def _kept_out(self, node: Node, rule: Rule, port: int) -> Iterator[LetIn]:
        """What keeps the internet out of a port though a rule lets it in, over each IP version that the rule names."""
        missing = {
            version: tuple(
                each for each in self.entering(node, _protocol(rule), port, version)[0] if each.holds is False
            )
            for version in VERSIONS
        }
        named = [version for version in VERSIONS if rule.public_over(version)]
        public = node.public_over(IPV4)
        if missing[IPV4] == missing[IPV6] or (public.holds is False and public == node.public_over(IPV6)):
            alike = tuple(each for each in missing[IPV4] if each in missing[IPV6])
            yield from (LetIn(node.name, rule, port, alike) for _ in named[:1] if alike)
            return
        for version in named:
            if missing[version]:
                shown = version if version == IPV6 or node.name in self.dual else None
                yield LetIn(node.name, rule, port, missing[version], shown)

    def from_cloudfront(self, target: Node, protocol: str, port: int) -> tuple[Step, ...]:
        """The conditions under which CloudFront, for whichever distribution, connects to a load balancer."""
        blocks = _EVERYWHERE[IPV4]
        way = best(self.network.way_in(subnet, protocol, port, blocks)[0] for subnet in target.subnets)
        if way is None:
            way = (Step.unknown("subnet", "its subnets are not in this stack", target.address),)
        return (target.public, *way, self._lets_cloudfront_in(target, protocol, port), _listens(target, protocol, port))

    def _lets_cloudfront_in(self, target: Node, protocol: str, port: int) -> Step:
        rules = self._covering(target, "ingress", protocol, port)
        for rule in rules:
            if rule.cloudfront or set(_EVERYWHERE[IPV4]) & set(rule.blocks):
                return _granted(rule)
        for rule in rules:
            if rule.public_blocks or rule.unknown:
                text = f"{rule.text}: whether CloudFront's addresses are among them is not known here"
                return Step.unknown("ingress rule", text, rule.address)
        text = f"no ingress rule lets {protocol} {port} in from CloudFront ({self.lets_in(target)})"
        return Step.no("ingress rule", text, ", ".join(target.groups))

    @cached_property
    def unjudged(self) -> tuple[Resource, ...]:
        """Resources that may decide about the network or about access, and that are not judged here."""
        return tuple(each for each in self.stack.resources if each.type not in KNOWN)

    def node(self, name: str) -> Node | None:
        """The node of a name, None where there is none."""
        return next((each for each in self.nodes if each.name == name), None)

    def inward(self, target: Node, protocol: str, port: int) -> tuple[Step, ...]:
        """The conditions under which the internet opens a connection to a node, over whichever IP version it can."""
        found = best(self.inward_over(target, protocol, port, version) for version in VERSIONS)
        assert found is not None
        return found

    def inward_over(self, target: Node, protocol: str, port: int, version: int) -> tuple[Step, ...]:
        """The conditions under which the internet opens a connection to a node over an IP version."""
        return self.entering(target, protocol, port, version)[0]

    def outward(self, source: Node, protocol: str, port: int) -> tuple[Step, ...]:
        """The conditions under which every subnet of a node opens a connection to the internet, as it can."""
        found = best(self.outward_over(source, protocol, port, version) for version in VERSIONS)
        assert found is not None
        return found

    def outward_over(self, source: Node, protocol: str, port: int, version: int) -> tuple[Step, ...]:
        """The conditions under which every subnet of a node opens a connection to the internet over an IP version."""
        if not source.opens.holds or source.targets is not None:
            return (_only_targets(source) if source.opens.holds else source.opens,)
        rules = self._covering(source, "egress", protocol, port)
        known = [each for each in rules if each.public_over(version)]
        unknown = [each for each in rules if each.unknown]
        way = best(
            (source.opens, _granted(rule), *self._ways_out(source, rule, protocol, (port, port), version))
            for rule in known
        )
        if way is not None:
            return way
        if unknown:
            return (source.opens, _depends(unknown[0]))
        shown = f"{protocol} {port}"
        return (source.opens, Step.no("egress rule", f"no egress rule lets {shown} out", ", ".join(source.groups)))

    def inside(self, source: Node, target: Node, protocol: str, port: int) -> tuple[Step, ...]:
        """The conditions under which one node opens a connection to another."""
        if target.kind == "cdn":  # over the internet
            return (*self.outward(source, protocol, port), _listens(target, protocol, port))
        if source.kind == "cdn":
            opening = _opening(source, target, protocol, port)
            return opening if verdict(opening) == "no" else (*opening, *self.from_cloudfront(target, protocol, port))
        out = self._between(source, "egress", (target.groups, target.subnets), protocol, port)
        if out is None:
            text = f"no egress rule of {source.name} lets {protocol} {port} out to it"
            out = Step.no("egress rule", text)
        enters = self._entry(source, target, protocol, port)
        way = self.network.between(source.subnets, target.subnets, protocol, port)
        return (*_opening(source, target, protocol, port), out, *way, enters, _listens(target, protocol, port))

    def _entry(self, source: Node, target: Node, protocol: str, port: int) -> Step:
        """The ingress rule of a target that lets another node in, or what lacks."""
        if _keeps_client(source, target, protocol, port):
            return self._clients_enter(source, target, protocol, port)
        found = self._between(target, "ingress", (source.groups, source.subnets), protocol, port)
        text = f"no ingress rule lets {protocol} {port} in from {source.name} ({self.lets_in(target)})"
        return found or Step.no("ingress rule", text, ", ".join(target.groups))

    def _clients_enter(self, source: Node, target: Node, protocol: str, port: int) -> Step:
        """The rule that lets the clients of a load balancer in, whose addresses the target sees."""
        rules = self._covering(target, "ingress", protocol, port)
        public = [rule for rule in rules if rule.public_blocks]
        if public and source.facing:
            return _granted(public[0])
        text = f"the target sees the clients' addresses, and no ingress rule lets the internet in on {protocol} {port}"
        if source.facing and not any(rule.blocks or rule.unknown for rule in rules):
            return Step.no("ingress rule", text, ", ".join(target.groups))
        return Step.unknown(
            "ingress rule",
            f"the target sees the addresses of the clients; {self.lets_in(target)}",
            ", ".join(target.groups),
        )

    def _between(
        self,
        node: Node,
        direction: Direction,
        peer: tuple[Sequence[str], Sequence[Subnet]],
        protocol: str,
        port: int,
    ) -> Step | None:
        """What lets a node exchange packets with a peer, known by its groups and subnets; None when nothing does."""
        if not node.filtered:
            return _unfiltered(node, direction)
        rules = self._covering(node, direction, protocol, port)
        about = [(rule, _about(rule, *peer)) for rule in rules]
        for rule, whether in about:
            if whether:
                return _granted(rule)
        for rule, whether in about:
            if whether is None or rule.unknown:
                return _depends(rule)
        return None

    @cached_property
    def _from_the_internet(self) -> tuple[Connection, ...]:
        found: list[Connection] = []
        for target in self.nodes:
            for port in target.listens:
                for version in VERSIONS:
                    steps, served = self.entering(target, port.protocol, port.port, version)
                    if verdict(steps) != "no":
                        made = _connection(INTERNET, target.name, port.protocol, port.port, steps)
                        blocks = tuple(dict.fromkeys(map(str, served)))
                        found.append(replace(made, blocks=blocks, version=version))
        return tuple(found)

    @cached_property
    def _within(self) -> tuple[Connection, ...]:
        found: list[Connection] = []
        for source in self.nodes:
            for target in self.nodes:
                for port in target.listens if target.kind != "cdn" else ():
                    steps = self.inside(source, target, port.protocol, port.port)
                    if verdict(steps) != "no":
                        found.append(_connection(source.name, target.name, port.protocol, port.port, steps))
        return tuple(found)

    @cached_property
    def _to_the_internet(self) -> tuple[Connection, ...]:
        return tuple(each for source in self.nodes for each in self._outward(source))

    def entering(
        self, target: Node, protocol: str, port: int, version: int
    ) -> tuple[tuple[Step, ...], tuple[IpNetwork, ...]]:
        """The conditions, and the blocks that the rules name."""
        if target.kind == "cdn":
            return (target.public_over(version), _listens(target, protocol, port)), _EVERYWHERE[version]
        entered, blocks = self._lets_internet_in(target, protocol, port, version)
        ways = [
            self.network.way_in(subnet, protocol, port, blocks or _EVERYWHERE[version]) for subnet in target.subnets
        ]
        way = best(steps for steps, _ in ways)
        if way is None:
            way = (Step.unknown("subnet", "its subnets are not in this stack", target.address),)
        served = [each for steps, found in ways if verdict(steps) != "no" for each in found]
        named = tuple(each for each in blocks if any(overlap(each, one) for one in served))
        return (target.public_over(version), *way, entered, _listens(target, protocol, port)), named

    def _lets_internet_in(
        self, target: Node, protocol: str, port: int, version: int
    ) -> tuple[Step, tuple[IpNetwork, ...]]:
        """The ingress rule that lets the internet in, or what lacks, and the blocks that the rules name."""
        if not target.filtered:
            return _unfiltered(target, "ingress"), _EVERYWHERE[version]
        rules = self._covering(target, "ingress", protocol, port)
        found = [(rule, block) for rule in rules for block in rule.public_over(version)]
        if found:
            return _granted(found[0][0]), tuple(block for _, block in found)
        unknown = [rule for rule in rules if rule.unknown]
        if unknown:
            return _depends(unknown[0]), ()
        text = f"no ingress rule lets {protocol} {port} in from the internet ({self.lets_in(target)})"
        return Step.no("ingress rule", text, ", ".join(target.groups)), ()

    def _outward(self, source: Node) -> Iterator[Connection]:
        """Connections to the internet, one for each egress rule that leads there from any subnet."""
        if not source.opens.holds or source.targets is not None:
            return
        for rule in self._rules(source, "egress"):
            if not rule.public_blocks and not rule.unknown:
                continue
            if not rule.public_blocks:
                steps = (source.opens, _depends(rule))
                yield Connection(source.name, INTERNET, rule.protocol, rule.ports, steps, rule.unknown)
                continue
            for version in VERSIONS:
                yield from self._outward_by(source, rule, version)

    def _outward_by(self, source: Node, rule: Rule, version: int) -> Iterator[Connection]:
        """The connection that an egress rule allows over an IP version, where there is a way for it."""
        blocks = rule.public_over(version)
        ways = self._each_way_out(source, rule, rule.protocol, rule.ports, version) if blocks else []
        for wanted in ("yes", "unknown"):
            found = [way for way in ways if verdict(way) == wanted]
            if found:
                steps = tuple(dict.fromkeys((source.opens, _granted(rule), *(step for way in found for step in way))))
                named = tuple(map(str, blocks))
                yield Connection(source.name, INTERNET, rule.protocol, rule.ports, steps, named, version=version)
                return

    def _ways_out(
        self, source: Node, rule: Rule, protocol: str, ports: tuple[int, int], version: int
    ) -> tuple[Step, ...]:
        """The ways out of all subnets of a node; it may be in any of them."""
        ways = self._each_way_out(source, rule, protocol, ports, version)
        if not ways:
            return (Step.unknown("subnet", "its subnets are not in this stack", source.address),)
        return tuple(dict.fromkeys(step for way in ways for step in way))

    def _each_way_out(
        self, source: Node, rule: Rule, protocol: str, ports: tuple[int, int], version: int
    ) -> list[tuple[Step, ...]]:
        blocks, address = rule.public_over(version), source.public_over(version)
        # Over IPv4, NAT takes out what has no public address.
        needed = () if version == IPV4 else (address,)
        public = version == IPV6 or address.holds is True
        return [
            (*needed, *self.network.way_out(subnet, protocol, ports, blocks, public=public))
            for subnet in source.subnets
        ]

    def _rules(self, node: Node, direction: Direction) -> list[Rule]:
        return [
            rule for group in node.groups for rule in self.network.rules.get(group, ()) if rule.direction == direction
        ]

    def _covering(self, node: Node, direction: Direction, protocol: str, port: int) -> list[Rule]:
        """The rules of a node that are about a port."""
        return [rule for rule in self._rules(node, direction) if rule.covers(protocol, port)]

    def lets_in(self, node: Node) -> str:
        """What the rules of a node let in, for people."""
        found = [rule.allows for rule in self._rules(node, "ingress")]
        return f"it lets in {'; '.join(found) or 'nothing'}"


def only_cloudfront_is_answered(stack: Stack) -> bool:
    """Whether there is a distribution, and the load balancers answer nobody of the internet but CloudFront."""
    reach = Reach(stack)
    return any(node.kind == "cdn" for node in reach.nodes) and not any(
        verdict((*reach.inward(node, port.protocol, port.port), passed_on(stack, node, port.port, None))) != "no"
        for node in reach.nodes
        if node.kind == "load balancer"
        for port in node.listens
    )


def targets_of(node: Node) -> tuple[str, ...]:
    """The names of the nodes that it opens connections to."""
    return tuple(dict.fromkeys(each.node for each in node.targets or ()))


def over(version: int | None) -> str:
    """` over IPv6`; nothing without a version."""
    return "" if version is None else f" over IPv{version}"


def together(
    found: Iterable[Connection], dual: frozenset[str], apart: frozenset[tuple[object, ...]] = frozenset()
) -> tuple[Connection, ...]:
    """Connections over both IP versions as one where they are alike; a version is named only where the other differs.

    `dual`: names of the nodes that may have IPv6 addresses; IPv4 is not named for others. `apart`: ends of connections
    that stay two.
    """
    held = list(found)
    certain: dict[tuple[object, ...], dict[int | None, set[bool]]] = {}
    for each in held:
        certain.setdefault(each.ends, {}).setdefault(each.version, set()).add(each.certain)
    whole: dict[tuple[object, ...], Connection] = {}
    for at, each in enumerate(held):
        versions = certain[each.ends]
        if versions.get(IPV4) == versions.get(IPV6) and each.ends not in apart:
            key = (*each.ends, each.certain, None if each.version and each.source == INTERNET else each.because[:2])
            first = whole.get(key)
            whole[key] = replace(each, version=None) if first is None else _as_one(first, each)
        else:
            named = each.version == IPV6 or {each.source, each.target} & dual
            whole[at, each.ends] = each if named else replace(each, version=None)
    return tuple(whole.values())


def _as_one(first: Connection, second: Connection) -> Connection:
    because = tuple(dict.fromkeys((*first.because, *second.because)))
    return replace(first, because=because, blocks=tuple(dict.fromkeys((*first.blocks, *second.blocks))))


def connections(stack: Stack) -> tuple[Connection, ...]:
    """Every connection that can be opened in a stack, in the order of a request's way; none without a network."""
    return Reach(stack).connections


def _connection(source: str, target: str, protocol: str, port: int, steps: tuple[Step, ...]) -> Connection:
    entry = next((step for step in steps if step.kind == "ingress rule"), None)
    return Connection(source, target, protocol, (port, port), steps, entry=entry)


def _rule_kind(direction: Direction) -> Literal["ingress rule", "egress rule"]:
    return "ingress rule" if direction == "ingress" else "egress rule"


def _unfiltered(node: Node, direction: Direction) -> Step:
    return Step.yes(_rule_kind(direction), f"{node.name} has no security groups: everything passes", node.address)


def _granted(rule: Rule) -> Step:
    return Step.yes(_rule_kind(rule.direction), rule.text, rule.address)


def _depends(rule: Rule) -> Step:
    text = f"{rule.text}: which addresses these are is not known here"
    return Step.unknown(_rule_kind(rule.direction), text, rule.address)


def _keeps_client(source: Node, target: Node, protocol: str, port: int) -> bool:
    """Whether a target sees the address of the client that a load balancer forwards for."""
    return any(
        each.keeps_client
        for each in source.targets or ()
        if (each.node, each.protocol, each.port) == (target.name, protocol, port)
    )


def _listens(node: Node, protocol: str, port: int) -> Step:
    for each in node.listens:
        if (each.protocol, each.port) == (protocol, port):
            return each.step
    ports = ", ".join(port_text(each.protocol, (each.port, each.port)) for each in node.listens) or "nothing"
    return Step.no("listens", f"nothing listens on {protocol} {port} ({node.name} answers on {ports})", node.address)


def _opening(source: Node, target: Node, protocol: str, port: int) -> tuple[Step, ...]:
    if source.targets is None or not source.opens.holds:
        return (source.opens,)
    for each in source.targets:
        if (each.node, each.protocol, each.port) == (target.name, protocol, port):
            return each.steps
    return (_only_targets(source),)


def _only_targets(source: Node) -> Step:
    targets = ", ".join(f"{each.node} {each.port}" for each in source.targets or ()) or "nothing"
    return Step.no("opens", f"{source.name} opens connections to its targets only: {targets}", source.address)


def _about(rule: Rule, groups: Sequence[str], subnets: Sequence[Subnet]) -> bool | None:
    """Whether a rule is about members of groups, or addresses in subnets; None when about some addresses only."""
    if set(rule.groups) & set(groups):
        return True
    own = [block for subnet in subnets for block in subnet.blocks if block.version == IPV4] or [
        block for subnet in subnets for block in subnet.blocks
    ]
    shared = [each for each in own if any(overlap(block, each) for block in rule.blocks)]
    if not shared:
        return False
    return True if all(any(within(each, block) for block in rule.blocks) for each in own) else None


def _is_among(block: IpNetwork, others: Iterable[IpNetwork]) -> bool:
    return any(within(block, each) for each in others)


_LED_HERE: Final = Step.unknown(
    "route",
    "whether a peering, a VPN or a transit gateway leads a network with these addresses here is not in this stack",
)

_EVERYWHERE: Final[Mapping[int, tuple[IpNetwork, ...]]] = {each.version: (each,) for each in EVERYWHERE}
"""All addresses, by version."""


def _protocol(rule: Rule) -> str:
    return "tcp" if rule.protocol == "all" else rule.protocol


def _ports(rule: Rule, node: Node) -> list[int]:
    """The ports by which a rule is spoken of: those that it lets in and something listens on, else its first."""
    listened = [each.port for each in node.listens if rule.covers(each.protocol, each.port)]
    if rule.protocol == "all" or rule.ports == ANY_PORT:
        return listened or [0]
    return listened if rule.ports[0] != rule.ports[1] and listened else [rule.ports[0]]
