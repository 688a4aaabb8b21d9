"""Which connections are possible: every condition of each, with the rule or resource that grants it or is missing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from miyabi_infra.reach.network import (
    ANY_PORT,
    Direction,
    IpNetwork,
    Network,
    Rule,
    Step,
    Subnet,
    overlap,
    port_text,
)
from miyabi_infra.reach.nodes import INTERNET, TYPES, Node, nodes
from miyabi_infra.stacks import Resource, Stack

IPV4, IPV6 = 4, 6


_NETWORK: Final = {"aws_vpc", "aws_subnet", "aws_security_group", "aws_route_table", "aws_internet_gateway"}
"""What a resource refers to that has to do with the network."""

_JUDGED: Final = {kind for kinds in TYPES.values() for kind in kinds} | {
    "aws_db_subnet_group",
    "aws_default_route_table",
    "aws_egress_only_internet_gateway",
    "aws_eip",
    "aws_elasticache_subnet_group",
    "aws_flow_log",
    "aws_internet_gateway",
    "aws_internet_gateway_attachment",
    "aws_lb_target_group",
    "aws_main_route_table_association",
    "aws_nat_gateway",
    "aws_route",
    "aws_route_table",
    "aws_route_table_association",
    "aws_security_group",
    "aws_security_group_rule",
    "aws_service_discovery_private_dns_namespace",
    "aws_subnet",
    "aws_vpc_security_group_egress_rule",
    "aws_vpc_security_group_ingress_rule",
}
"""Types that are judged here, or that open and close nothing."""


@dataclass(frozen=True)
class Connection:
    """A connection that can be opened."""

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

    @property
    def port_text(self) -> str:
        """`tcp 80`, `tcp 8000-8100`, `everything`."""
        return port_text(self.protocol, self.ports)

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


class Reach:
    """What can open a connection to what in a stack."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.network = Network(stack)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """What stands in the network; empty for a stack without one."""
        return nodes(self.stack, self.network)

    @cached_property
    def connections(self) -> tuple[Connection, ...]:
        """Every connection that can be opened, in the order of a request's way.

        What the whole internet may open, the inside may as well; that is listed once, as the internet's.
        """
        public = [*self._from_the_internet()]
        found = {(each.target, each.ports, each.entry) for each in public}
        within = [each for each in self._within() if (each.target, each.ports, each.entry) not in found]
        return (*public, *within, *(each for source in self.nodes for each in self._outward(source)))

    @cached_property
    def let_in(self) -> tuple[LetIn, ...]:
        """Rules that let the internet in where it can't arrive."""
        found: list[LetIn] = []
        for node in self.nodes:
            for rule in self._rules(node, "ingress"):
                for port in _ports(rule, node) if rule.public_blocks else ():
                    missing = [step for step in self.inward(node, _protocol(rule), port) if not step.holds]
                    if missing:
                        found.append(LetIn(node.name, rule, port, tuple(missing)))
        return tuple(found)

    @cached_property
    def unjudged(self) -> tuple[Resource, ...]:
        """Resources that stand in the network or decide about it, and that this does not know how to judge."""
        return tuple(
            each
            for each in self.stack.resources
            if each.type not in _JUDGED
            and any(_NETWORK & set(reference.address.split(".")) for reference in each.references)
        )

    def node(self, name: str) -> Node | None:
        """The node of a name, None where there is none."""
        return next((each for each in self.nodes if each.name == name), None)

    def inward(self, target: Node, protocol: str, port: int) -> tuple[Step, ...]:
        """The conditions under which the internet opens a connection to a node, over whichever protocol it can."""
        tried = [self._inward(target, protocol, port, version) for version in (IPV4, IPV6)]
        return next((steps for steps in tried if all(step.holds for step in steps)), tried[0])

    def outward(self, source: Node, protocol: str, port: int) -> tuple[Step, ...]:
        """The conditions under which every subnet of a node opens a connection to the internet."""
        rules = [rule for rule in self._rules(source, "egress") if rule.covers(protocol, port) and rule.public_blocks]
        shown = f"{protocol} {port}"
        if not source.opens.holds or source.targets is not None:
            return (_only_targets(source) if source.opens.holds else source.opens,)
        if not rules:
            return (source.opens, Step.no("egress rule", f"no egress rule lets {shown} out", ", ".join(source.groups)))
        return (source.opens, _granted(rules[0]), *self._ways_out(source, rules[0]))

    def inside(self, source: Node, target: Node, protocol: str, port: int) -> tuple[Step, ...]:
        """The conditions under which one node opens a connection to another."""
        steps = [*_opening(source, target, port)]
        out = [
            rule
            for rule in self._rules(source, "egress")
            if rule.covers(protocol, port) and _about(rule, target.groups, target.subnets)
        ]
        enters = [
            rule
            for rule in self._rules(target, "ingress")
            if rule.covers(protocol, port) and _about(rule, source.groups, source.subnets)
        ]
        shown = f"{protocol} {port}"
        steps.append(
            _granted(out[0])
            if out
            else Step.no("egress rule", f"no egress rule of {source.name} lets {shown} out to it")
        )
        if {each.vpc for each in source.subnets} != {each.vpc for each in target.subnets}:
            steps.append(Step.no("vpc", "they are in different VPCs"))
        steps.append(
            _granted(enters[0])
            if enters
            else Step.no(
                "ingress rule",
                f"no ingress rule lets {shown} in from {source.name} ({self._lets_in(target)})",
                ", ".join(target.groups),
            )
        )
        return (*steps, _listens(target, protocol, port))

    def _from_the_internet(self) -> Iterator[Connection]:
        for target in self.nodes:
            for port in target.listens:
                steps = self.inward(target, port.protocol, port.port)
                if all(step.holds for step in steps):
                    found = _connection(INTERNET, target.name, port.protocol, port.port, steps)
                    yield replace(found, blocks=self._open_to(target, port.protocol, port.port))

    def _open_to(self, target: Node, protocol: str, port: int) -> tuple[str, ...]:
        """The blocks of the internet from which a port that can be reached can be reached."""
        versions = [
            version
            for version in (IPV4, IPV6)
            if all(step.holds for step in self._inward(target, protocol, port, version))
        ]
        blocks = [
            str(block)
            for rule in self._rules(target, "ingress")
            if rule.covers(protocol, port)
            for block in rule.public_blocks
            if block.version in versions
        ]
        return tuple(dict.fromkeys(blocks))

    def _within(self) -> Iterator[Connection]:
        for source in self.nodes:
            for target in self.nodes:
                for port in target.listens:
                    steps = self.inside(source, target, port.protocol, port.port)
                    if all(step.holds for step in steps):
                        yield _connection(source.name, target.name, port.protocol, port.port, steps)

    def _inward(self, target: Node, protocol: str, port: int, version: int) -> tuple[Step, ...]:
        rules = [
            (rule, blocks)
            for rule in self._rules(target, "ingress")
            if rule.covers(protocol, port)
            and (blocks := [each for each in rule.public_blocks if each.version == version])
        ]
        entered = (
            _granted(rules[0][0])
            if rules
            else Step.no(
                "ingress rule",
                f"no ingress rule lets {protocol} {port} in from the internet ({self._lets_in(target)})",
                ", ".join(target.groups),
            )
        )
        blocks = [block for _, found in rules for block in found]
        public = target.public if version == IPV4 else target.public_ipv6
        return (public, *self._way_in(target, blocks, version), entered, _listens(target, protocol, port))

    def _way_in(self, target: Node, blocks: Sequence[IpNetwork], version: int) -> tuple[Step, ...]:
        """The way to the first subnet that the internet has a way to."""
        ways = [self.network.way_in(subnet, version, blocks) for subnet in target.subnets]
        found = next((way for way in ways if all(step.holds for step in way)), None)
        if found is not None:
            return found
        return ways[0] if ways else (Step.no("subnet", "its subnets are not in this stack", target.address),)

    def _outward(self, source: Node) -> Iterator[Connection]:
        """Connections to the internet, one for each egress rule that leads there from any subnet."""
        if not source.opens.holds or source.targets is not None:
            return
        for rule in self._rules(source, "egress"):
            if not rule.public_blocks:
                continue
            ways = [way for way in self._each_way_out(source, rule) if all(step.holds for step in way)]
            if ways:
                steps = dict.fromkeys((source.opens, _granted(rule), *(step for way in ways for step in way)))
                blocks = tuple(map(str, rule.public_blocks))
                yield Connection(source.name, INTERNET, rule.protocol, rule.ports, tuple(steps), blocks)

    def _ways_out(self, source: Node, rule: Rule) -> tuple[Step, ...]:
        """The ways out of all subnets of a node; it may stand in any of them."""
        ways = self._each_way_out(source, rule)
        if not ways:
            return (Step.no("subnet", "its subnets are not in this stack", source.address),)
        return tuple(dict.fromkeys(step for way in ways for step in way))

    def _each_way_out(self, source: Node, rule: Rule) -> list[tuple[Step, ...]]:
        version = min(block.version for block in rule.public_blocks)
        public = (source.public if version == IPV4 else source.public_ipv6).holds
        return [self.network.way_out(subnet, public=public, version=version) for subnet in source.subnets]

    def _rules(self, node: Node, direction: Direction) -> list[Rule]:
        return [
            rule for group in node.groups for rule in self.network.rules.get(group, ()) if rule.direction == direction
        ]

    def _lets_in(self, node: Node) -> str:
        """What the rules of a node let in, for people."""
        found = [rule.allows for rule in self._rules(node, "ingress")]
        return f"it lets in {'; '.join(found) or 'nothing'}"


def connections(stack: Stack) -> tuple[Connection, ...]:
    """Every connection that can be opened in a stack, in the order of a request's way; none without a network."""
    return Reach(stack).connections


def _connection(source: str, target: str, protocol: str, port: int, steps: tuple[Step, ...]) -> Connection:
    entry = next(step for step in steps if step.kind == "ingress rule")
    return Connection(source, target, protocol, (port, port), steps, entry=entry)


def _granted(rule: Rule) -> Step:
    return Step.yes("ingress rule" if rule.direction == "ingress" else "egress rule", rule.text, rule.address)


def _listens(node: Node, protocol: str, port: int) -> Step:
    for each in node.listens:
        if (each.protocol, each.port) == (protocol, port):
            return each.step
    ports = ", ".join(port_text(each.protocol, (each.port, each.port)) for each in node.listens) or "nothing"
    return Step.no("listens", f"nothing listens on {protocol} {port} ({node.name} answers on {ports})", node.address)


def _opening(source: Node, target: Node, port: int) -> tuple[Step, ...]:
    if source.targets is None or not source.opens.holds:
        return (source.opens,)
    for each in source.targets:
        if (each.node, each.port) == (target.name, port):
            return each.steps
    return (_only_targets(source),)


def _only_targets(source: Node) -> Step:
    targets = ", ".join(f"{each.node} {each.port}" for each in source.targets or ()) or "nothing"
    return Step.no("opens", f"{source.name} opens connections to its targets only: {targets}", source.address)


def _about(rule: Rule, groups: Sequence[str], subnets: Sequence[Subnet]) -> bool:
    """Whether a rule is about members of groups, or addresses in subnets."""
    if set(rule.groups) & set(groups):
        return True
    return any(overlap(block, own) for block in rule.blocks for subnet in subnets for own in subnet.blocks)


def _protocol(rule: Rule) -> str:
    return "tcp" if rule.protocol == "all" else rule.protocol


def _ports(rule: Rule, node: Node) -> list[int]:
    """The ports by which a rule is spoken of: those that it lets in and something listens on, else its first."""
    listened = [each.port for each in node.listens if rule.covers(each.protocol, each.port)]
    if rule.protocol == "all" or rule.ports == ANY_PORT:
        return listened or [0]
    return listened if rule.ports[0] != rule.ports[1] and listened else [rule.ports[0]]
