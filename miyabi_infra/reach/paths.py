"""Which connections are possible: every condition of each, with the rule or resource that grants it or is missing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal

from miyabi_infra.reach.acls import Direction
from miyabi_infra.reach.blocks import EVERYWHERE, IpNetwork, overlap, within
from miyabi_infra.reach.network import ANY_PORT, Network, Rule, Subnet, port_text
from miyabi_infra.reach.nodes import INTERNET, Node, forwarded, header_of, nodes, rules_of
from miyabi_infra.reach.steps import Step, Verdict, best, verdict
from miyabi_infra.reach.types import KNOWN
from miyabi_infra.stacks import Resource, Stack
from miyabi_infra.stacks.firewalls import inspecting, web_acl
from miyabi_infra.stacks.platform import address_of, integer

OTHERS: Final = "another distribution"
"""A distribution of CloudFront that is not in the stack, of whichever account: all have the same addresses."""

FIREWALL: Final = "firewall"

IPV4, IPV6 = 4, 6


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

    @property
    def certain(self) -> bool:
        """Whether every condition holds, and none depends on something that the stack does not say."""
        return verdict(self.because) == "yes"

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


@dataclass(frozen=True)
class Past:
    """A way to a load balancer that does not lead through the distribution in front of it, or through a firewall."""

    source: str
    """`internet`, or a distribution of anybody else."""
    passed: str
    """What it does not lead through: the name of a distribution, or `firewall`."""
    target: str
    port: int
    steps: tuple[Step, ...]
    """Every condition of a request on it that is answered by the application."""

    @property
    def verdict(self) -> Verdict:
        """Whether such a request is answered."""
        return verdict(self.steps)

    @property
    def missing(self) -> tuple[Step, ...]:
        """What stops it."""
        return tuple(step for step in self.steps if step.holds is False)


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
        public = [*self._from_the_internet()]
        found = {(each.target, each.ports, each.entry) for each in public}
        cdns = {node.name for node in self.nodes if node.kind == "cdn"}
        within = [
            each for each in self._within() if each.source in cdns or (each.target, each.ports, each.entry) not in found
        ]
        return (*public, *within, *(each for source in self.nodes for each in self._outward(source)))

    @cached_property
    def let_in(self) -> tuple[LetIn, ...]:
        """Rules that let the internet in where it cannot arrive."""
        found: list[LetIn] = []
        for node in self.nodes:
            for rule in self._rules(node, "ingress"):
                for port in _ports(rule, node) if rule.public_blocks else ():
                    steps = self.inward(node, _protocol(rule), port)
                    missing = [step for step in steps if step.holds is False]
                    if missing:
                        found.append(LetIn(node.name, rule, port, tuple(missing)))
        return tuple(found)

    @cached_property
    def past_the_cdn(self) -> tuple[Past, ...]:
        """For each load balancer behind a distribution: who else could have a request answered by it."""
        found: list[Past] = []
        for cdn in self.nodes:
            for name in _targets_of(cdn) if cdn.kind == "cdn" else ():
                balancer = self.node(name)
                assert balancer is not None
                for port in balancer.listens:
                    served = self._served_without_header(balancer, port.port)
                    found.append(
                        Past(INTERNET, cdn.name, name, port.port, (*self.inward(balancer, "tcp", port.port), served))
                    )
                    way = self._from_cloudfront(balancer, "tcp", port.port)
                    found.append(Past(OTHERS, cdn.name, name, port.port, (*way, served)))
        return tuple(found)

    @cached_property
    def past_the_firewall(self) -> tuple[Past, ...]:
        """Where there is a web ACL: who could have a request answered that none inspects."""
        entrances = [node for node in self.nodes if node.kind in ("cdn", "load balancer")]
        if not any(self._acl_of(node) for node in entrances):
            return ()
        found: list[Past] = []
        behind: set[str] = set()
        for node in entrances:
            if node.kind == "cdn":
                after = [each for name in _targets_of(node) if (each := self.node(name))]
                behind |= {each.name for each in after}
                step = self._inspected(node, *after)
                found += [
                    Past(INTERNET, FIREWALL, node.name, each.port, (*self.inward(node, "tcp", each.port), step))
                    for each in node.listens
                ]
        for way in self.past_the_cdn:
            balancer = self.node(way.target)
            assert balancer is not None
            found.append(replace(way, passed=FIREWALL, steps=(*way.steps, self._inspected(balancer))))
        for node in entrances:
            if node.kind == "load balancer" and node.name not in behind:
                found += [
                    Past(
                        INTERNET,
                        FIREWALL,
                        node.name,
                        each.port,
                        (*self.inward(node, "tcp", each.port), self._inspected(node)),
                    )
                    for each in node.listens
                ]
        return tuple(found)

    def _acl_of(self, node: Node) -> str:
        resource = self.stack.find(node.address)
        return inspecting(self.stack, resource) if resource else ""

    def _inspected(self, node: Node, *after: Node) -> Step:
        """Whether no web ACL inspects the requests to a node; those after it see what it passes on."""
        address = self._acl_of(node)
        if address:
            acl = web_acl(self.stack, address)
            what = acl.summary if acl else "which is not in this stack"
            return Step.no("firewall", f"a web ACL inspects every request: {what}", address)
        later = [self._acl_of(each) for each in after]
        if later and all(later):
            names = ", ".join(each.name for each in after)
            return Step.no("firewall", f"what it passes on to {names} is inspected there", later[0])
        return Step.yes("firewall", f"no web ACL inspects requests to {node.name}", node.address)

    def _served_without_header(self, balancer: Node, port: int) -> Step:
        """Whether a listener of a load balancer forwards a request that lacks the distribution's secret header."""
        own = [each for each in self.stack.of_type("aws_lb_listener") if integer(each.get("port")) == port]
        listeners = [each for each in own if address_of(each.get("load_balancer_arn")) == balancer.address]
        for each in (*listeners, *rules_of(self.stack, listeners)):
            if not header_of(each) and any(forwarded(each)):
                return Step.yes("forwards", "requests are forwarded without the distribution's header", each.address)
        where = ", ".join(each.address for each in listeners)
        return Step.no("forwards", f"requests on {port} without the distribution's header are not forwarded", where)

    def _from_cloudfront(self, target: Node, protocol: str, port: int) -> tuple[Step, ...]:
        """The conditions under which CloudFront, for whichever distribution, connects to a load balancer."""
        blocks = _EVERYWHERE[IPV4]
        way = best(self.network.way_in(subnet, protocol, port, blocks)[0] for subnet in target.subnets)
        if way is None:
            way = (Step.unknown("subnet", "its subnets are not in this stack", target.address),)
        return (target.public, *way, self._lets_cloudfront_in(target, protocol, port), _listens(target, protocol, port))

    def _lets_cloudfront_in(self, target: Node, protocol: str, port: int) -> Step:
        rules = [rule for rule in self._rules(target, "ingress") if rule.covers(protocol, port)]
        for rule in rules:
            if rule.cloudfront or set(_EVERYWHERE[IPV4]) & set(rule.blocks):
                return _granted(rule)
        for rule in rules:
            if rule.public_blocks or rule.unknown:
                text = f"{rule.text}: whether CloudFront's addresses are among them is not known here"
                return Step.unknown("ingress rule", text, rule.address)
        text = f"no ingress rule lets {protocol} {port} in from CloudFront ({self._lets_in(target)})"
        return Step.no("ingress rule", text, ", ".join(target.groups))

    @cached_property
    def unjudged(self) -> tuple[Resource, ...]:
        """Resources that may decide about the network or about access, and that are not judged here."""
        return tuple(each for each in self.stack.resources if each.type not in KNOWN)

    def node(self, name: str) -> Node | None:
        """The node of a name, None where there is none."""
        return next((each for each in self.nodes if each.name == name), None)

    def inward(self, target: Node, protocol: str, port: int) -> tuple[Step, ...]:
        """The conditions under which the internet opens a connection to a node, over whichever protocol it can."""
        found = best(self._inward(target, protocol, port, version)[0] for version in (IPV4, IPV6))
        assert found is not None
        return found

    def outward(self, source: Node, protocol: str, port: int) -> tuple[Step, ...]:
        """The conditions under which every subnet of a node opens a connection to the internet."""
        if not source.opens.holds or source.targets is not None:
            return (_only_targets(source) if source.opens.holds else source.opens,)
        rules = [rule for rule in self._rules(source, "egress") if rule.covers(protocol, port)]
        known, unknown = [each for each in rules if each.public_blocks], [each for each in rules if each.unknown]
        if known:
            return (source.opens, _granted(known[0]), *self._ways_out(source, known[0], protocol, (port, port)))
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
            return opening if verdict(opening) == "no" else (*opening, *self._from_cloudfront(target, protocol, port))
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
        text = f"no ingress rule lets {protocol} {port} in from {source.name} ({self._lets_in(target)})"
        return found or Step.no("ingress rule", text, ", ".join(target.groups))

    def _clients_enter(self, source: Node, target: Node, protocol: str, port: int) -> Step:
        """The rule that lets the clients of a load balancer in, whose addresses the target sees."""
        rules = [rule for rule in self._rules(target, "ingress") if rule.covers(protocol, port)]
        public = [rule for rule in rules if rule.public_blocks]
        if public and source.public.holds:
            return _granted(public[0])
        text = f"the target sees the clients' addresses, and no ingress rule lets the internet in on {protocol} {port}"
        if source.public.holds and not any(rule.blocks or rule.unknown for rule in rules):
            return Step.no("ingress rule", text, ", ".join(target.groups))
        return Step.unknown(
            "ingress rule",
            f"the target sees the addresses of the clients; {self._lets_in(target)}",
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
            return Step.yes(
                _rule_kind(direction), f"{node.name} has no security groups: everything passes", node.address
            )
        rules = [rule for rule in self._rules(node, direction) if rule.covers(protocol, port)]
        about = [(rule, _about(rule, *peer)) for rule in rules]
        for rule, whether in about:
            if whether:
                return _granted(rule)
        for rule, whether in about:
            if whether is None or rule.unknown:
                return _depends(rule)
        return None

    def _from_the_internet(self) -> Iterator[Connection]:
        for target in self.nodes:
            for port in target.listens:
                steps = self.inward(target, port.protocol, port.port)
                if verdict(steps) != "no":
                    found = _connection(INTERNET, target.name, port.protocol, port.port, steps)
                    yield replace(found, blocks=self._open_to(target, port.protocol, port.port))

    def _open_to(self, target: Node, protocol: str, port: int) -> tuple[str, ...]:
        """The blocks of the internet from which a port that can be reached can be reached."""
        found: dict[str, None] = {}
        for version in (IPV4, IPV6):
            steps, served = self._inward(target, protocol, port, version)
            if verdict(steps) != "no":
                found |= dict.fromkeys(map(str, served))
        return tuple(found)

    def _within(self) -> Iterator[Connection]:
        for source in self.nodes:
            for target in self.nodes:
                for port in target.listens if target.kind != "cdn" else ():
                    steps = self.inside(source, target, port.protocol, port.port)
                    if verdict(steps) != "no":
                        yield _connection(source.name, target.name, port.protocol, port.port, steps)

    def _inward(
        self, target: Node, protocol: str, port: int, version: int
    ) -> tuple[tuple[Step, ...], tuple[IpNetwork, ...]]:
        """The conditions, and the blocks that the rules name."""
        if target.kind == "cdn":
            public = target.public if version == IPV4 else target.public_ipv6
            return (public, _listens(target, protocol, port)), _EVERYWHERE[version]
        entered, blocks = self._lets_internet_in(target, protocol, port, version)
        public = target.public if version == IPV4 else target.public_ipv6
        ways = [
            self.network.way_in(subnet, protocol, port, blocks or _EVERYWHERE[version]) for subnet in target.subnets
        ]
        way = best(steps for steps, _ in ways)
        if way is None:
            way = (Step.unknown("subnet", "its subnets are not in this stack", target.address),)
        served = [each for steps, found in ways if verdict(steps) != "no" for each in found]
        named = tuple(each for each in blocks if any(overlap(each, one) for one in served))
        return (public, *way, entered, _listens(target, protocol, port)), named

    def _lets_internet_in(
        self, target: Node, protocol: str, port: int, version: int
    ) -> tuple[Step, tuple[IpNetwork, ...]]:
        """The ingress rule that lets the internet in, or what lacks, and the blocks that the rules name."""
        if not target.filtered:
            text = f"{target.name} has no security groups: everything passes"
            return Step.yes("ingress rule", text, target.address), _EVERYWHERE[version]
        rules = [rule for rule in self._rules(target, "ingress") if rule.covers(protocol, port)]
        found = [(rule, block) for rule in rules for block in rule.public_blocks if block.version == version]
        if found:
            return _granted(found[0][0]), tuple(block for _, block in found)
        unknown = [rule for rule in rules if rule.unknown]
        if unknown:
            return _depends(unknown[0]), ()
        text = f"no ingress rule lets {protocol} {port} in from the internet ({self._lets_in(target)})"
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
            ways = self._each_way_out(source, rule, rule.protocol, rule.ports)
            for wanted in ("yes", "unknown"):
                found = [way for way in ways if verdict(way) == wanted]
                if found:
                    steps = tuple(
                        dict.fromkeys((source.opens, _granted(rule), *(step for way in found for step in way)))
                    )
                    blocks = tuple(map(str, rule.public_blocks))
                    yield Connection(source.name, INTERNET, rule.protocol, rule.ports, steps, blocks)
                    break

    def _ways_out(self, source: Node, rule: Rule, protocol: str, ports: tuple[int, int]) -> tuple[Step, ...]:
        """The ways out of all subnets of a node; it may be in any of them."""
        ways = self._each_way_out(source, rule, protocol, ports)
        if not ways:
            return (Step.unknown("subnet", "its subnets are not in this stack", source.address),)
        return tuple(dict.fromkeys(step for way in ways for step in way))

    def _each_way_out(self, source: Node, rule: Rule, protocol: str, ports: tuple[int, int]) -> list[tuple[Step, ...]]:
        version = min(block.version for block in rule.public_blocks)
        blocks = [block for block in rule.public_blocks if block.version == version]
        public = (source.public if version == IPV4 else source.public_ipv6).holds is True
        return [self.network.way_out(subnet, protocol, ports, blocks, public=public) for subnet in source.subnets]

    def _rules(self, node: Node, direction: Direction) -> list[Rule]:
        return [
            rule for group in node.groups for rule in self.network.rules.get(group, ()) if rule.direction == direction
        ]

    def _lets_in(self, node: Node) -> str:
        """What the rules of a node let in, for people."""
        found = [rule.allows for rule in self._rules(node, "ingress")]
        return f"it lets in {'; '.join(found) or 'nothing'}"


def _targets_of(node: Node) -> tuple[str, ...]:
    """The names of the nodes that it opens connections to."""
    return tuple(dict.fromkeys(each.node for each in node.targets or ()))


def connections(stack: Stack) -> tuple[Connection, ...]:
    """Every connection that can be opened in a stack, in the order of a request's way; none without a network."""
    return Reach(stack).connections


def _connection(source: str, target: str, protocol: str, port: int, steps: tuple[Step, ...]) -> Connection:
    entry = next((step for step in steps if step.kind == "ingress rule"), None)
    return Connection(source, target, protocol, (port, port), steps, entry=entry)


def _rule_kind(direction: Direction) -> Literal["ingress rule", "egress rule"]:
    return "ingress rule" if direction == "ingress" else "egress rule"


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
