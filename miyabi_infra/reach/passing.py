"""Who passes by what is in front of a load balancer: the distribution, and the firewall."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from miyabi_infra.reach.blocks import overlap, parsed
from miyabi_infra.reach.nodes import INTERNET, Node, forwarded, header_of, listeners_on, rules_of
from miyabi_infra.reach.paths import Reach, targets_of
from miyabi_infra.reach.steps import Step, Verdict, verdict
from miyabi_infra.stacks.firewalls import WebAcl, inspecting, listed, web_acl
from miyabi_infra.text import some

OTHERS: Final = "another distribution"
"""A distribution of CloudFront that is not in the stack, of whichever account: all have the same addresses."""

FIREWALL: Final = "firewall"


@dataclass(frozen=True)
class Past:
    """A way to a load balancer that does not lead through the distribution in front of it, or through a firewall."""

    source: str
    """`internet`, a distribution of anybody else, or blocks of addresses."""
    passed: str
    """What it does not lead through: the name of a distribution, or `firewall`."""
    target: str
    port: int
    steps: tuple[Step, ...]
    """Every condition of a request on it that is answered by the application."""
    blocks: tuple[str, ...] = ()
    """The blocks of addresses, where the source is some; it names the first of them."""

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it the same way at another time."""
        return self.blocks or self.source, self.passed, self.target, self.port

    @property
    def way(self) -> str:
        """`past firewall: internet -> alb tcp 80`."""
        return f"past {self.passed}: {self.source} -> {self.target} tcp {self.port}"

    @property
    def verdict(self) -> Verdict:
        """Whether such a request is answered."""
        return verdict(self.steps)

    @property
    def missing(self) -> tuple[Step, ...]:
        """What stops it."""
        return tuple(step for step in self.steps if step.holds is False)


class Passing:
    """Who could have a request answered by a stack past its distribution, or past its firewall."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach

    @cached_property
    def past_the_cdn(self) -> tuple[Past, ...]:
        """For each load balancer behind a distribution: who else could have a request answered by it."""
        found: list[Past] = []
        for cdn in self.reach.nodes:
            for name in targets_of(cdn) if cdn.kind == "cdn" else ():
                balancer = self.reach.node(name)
                assert balancer is not None
                for port in balancer.listens:
                    served = self._served_without_header(balancer, port.port)
                    found.append(
                        Past(
                            INTERNET,
                            cdn.name,
                            name,
                            port.port,
                            (*self.reach.inward(balancer, "tcp", port.port), served),
                        )
                    )
                    way = self.reach.from_cloudfront(balancer, "tcp", port.port)
                    found.append(Past(OTHERS, cdn.name, name, port.port, (*way, served)))
        return tuple(found)

    @cached_property
    def past_the_firewall(self) -> tuple[Past, ...]:
        """Where there is a web ACL: who could have a request answered that none inspects."""
        return tuple(self._past_the_firewall(self._inspected)) if self.inspects else ()

    @cached_property
    def uninspected(self) -> tuple[Past, ...]:
        """Who could have a request answered that no web ACL sees which blocks anything: to one that counts all pass."""
        return tuple(self._past_the_firewall(self._stopped))

    @property
    def inspects(self) -> bool:
        """Whether there is a web ACL."""
        return any(self._acl_of(node) for node in self._entrances)

    @property
    def _entrances(self) -> list[Node]:
        return [node for node in self.reach.nodes if node.kind in ("cdn", "load balancer")]

    def _past_the_firewall(self, stops: Callable[..., Step]) -> Iterator[Past]:
        """For each entrance: who could have a request answered past what stops requests there."""
        entrances = self._entrances
        behind: set[str] = set()
        for node in entrances:
            if node.kind == "cdn":
                after = [each for name in targets_of(node) if (each := self.reach.node(name))]
                behind |= {each.name for each in after}
                for each in node.listens:
                    steps = (*self.reach.inward(node, "tcp", each.port), stops(node, *after))
                    yield Past(INTERNET, FIREWALL, node.name, each.port, steps)
        for way in self.past_the_cdn:
            balancer = self.reach.node(way.target)
            assert balancer is not None
            stop = stops(balancer, past=self.reach.node(way.passed))
            yield replace(way, passed=FIREWALL, steps=(*way.steps, stop))
        for node in entrances:
            if node.kind == "load balancer" and node.name not in behind:
                for each in node.listens:
                    steps = (*self.reach.inward(node, "tcp", each.port), stops(node))
                    yield Past(INTERNET, FIREWALL, node.name, each.port, steps)

    @cached_property
    def let_pass_the_firewall(self) -> tuple[Past, ...]:
        """The addresses that a rule of a web ACL lets pass before all others, by entrance."""
        found: list[Past] = []
        for node in self.reach.nodes:
            acl = self.reach.stack.find(self._acl_of(node)) if node.kind in ("cdn", "load balancer") else None
            allowed = tuple(listed(self.reach.stack, acl, "allow")) if acl else ()
            later = [self.reach.node(name) for name in targets_of(node)] if node.kind == "cdn" else []
            for name in dict.fromkeys(name for name, _ in allowed):
                blocks = tuple(block for found_in, block in allowed if found_in == name)
                text = f"the rule {name} lets these addresses pass, whatever the later ones would say"
                seen = later and all(each and self._inspects(self._acl_of(each)) for each in later)
                if seen:
                    names = ", ".join(each.name for each in later if each)
                    text += f"; only what it passes on to {names} is inspected, there"
                step = Step.yes("firewall", text, acl.address if acl else "")
                if seen and not self._has_files(node):
                    step = self._inspected(*(each for each in later if each))
                for port in node.listens:
                    steps = (*self._enter(node, port.protocol, port.port, blocks), step)
                    found.append(Past(_listed(blocks), FIREWALL, node.name, port.port, steps, blocks))
        return tuple(found)

    def _enter(self, node: Node, protocol: str, port: int, blocks: Sequence[str]) -> tuple[Step, ...]:
        """The conditions under which somebody with an address of some blocks, of one IP version, opens a connection."""
        own = [block for text in blocks for block in parsed(text)]
        steps, served = self.reach.entering(node, protocol, port, own[0].version)
        if verdict(steps) == "no" or any(overlap(one, each) for one in own for each in served):
            return steps
        text = f"no ingress rule lets {protocol} {port} in from these addresses ({self.reach.lets_in(node)})"
        return (*steps, Step.no("ingress rule", text, ", ".join(node.groups)))

    def _acl_of(self, node: Node) -> str:
        resource = self.reach.stack.find(node.address)
        return inspecting(self.reach.stack, resource) if resource else ""

    def _has_files(self, cdn: Node) -> bool:
        """Whether a distribution also answers with files of a bucket, which no load balancer sees."""
        resource = self.reach.stack.find(cdn.address)
        return resource is not None and any(not each.get("custom_origin_config") for each in resource.blocks("origin"))

    def _inspects(self, address: str) -> bool:
        """Whether a web ACL inspects requests; one that is not in this stack may."""
        acl = web_acl(self.reach.stack, address)
        return bool(address) and (acl is None or acl.inspects)

    def _blocks(self, address: str) -> bool:
        """Whether a web ACL blocks anything; one that is not in this stack may."""
        acl = web_acl(self.reach.stack, address)
        return bool(address) and (acl is None or acl.blocks)

    def _inspected(self, node: Node, *after: Node, past: Node | None = None) -> Step:
        """Whether no web ACL inspects the requests to a node; those after it see what it passes on.

        `past`: the distribution whose web ACL does not see these requests.
        """
        address = self._acl_of(node)
        acl = web_acl(self.reach.stack, address) if address else None
        if self._inspects(address):
            what = acl.summary if acl else "which is not in this stack"
            passing = [block for _, block in listed(self.reach.stack, acl.resource, "allow")] if acl else []
            every = f"every request but those of {_listed(passing)}" if passing else "every request"
            text = f"a web ACL inspects {every}: {what}{self._unseen(acl, past)}"
            return Step.no("firewall", text, address)
        later = [self._acl_of(each) for each in after]
        if later and all(map(self._inspects, later)):
            names = ", ".join(each.name for each in after)
            files = ", and its files are not" if self._has_files(node) else ""
            return Step.no("firewall", f"what it passes on to {names} is inspected there{files}", later[0])
        if address:
            text = f"the web ACL of {node.name} inspects nothing: {acl.summary if acl else ''}"
            return Step.yes("firewall", text, address)
        return Step.yes("firewall", f"no web ACL inspects requests to {node.name}", node.address)

    def _unseen(self, acl: WebAcl | None, past: Node | None) -> str:
        """The rules of the web ACL in front that requests do not meet which come past it."""
        front = web_acl(self.reach.stack, self._acl_of(past)) if past else None
        if front is None or acl is None or past is None:
            return ""
        own = {each.name for each in acl.rules}
        names = [each.name for each in front.rules if each.does != "allow" and each.name not in own]
        return f"; not by those of {past.name}: {', '.join(names)}" if names else ""

    def _stopped(self, node: Node, *after: Node, past: Node | None = None) -> Step:
        """As `_inspected`, but by web ACLs that block something."""
        del past
        own, later = self._blocks(self._acl_of(node)), [self._blocks(self._acl_of(each)) for each in after]
        if own or (later and all(later)):
            return Step.no("firewall", "a web ACL inspects requests, and blocks some", node.address)
        return Step.yes("firewall", f"no rule of a web ACL blocks requests to {node.name}", node.address)

    def _served_without_header(self, balancer: Node, port: int) -> Step:
        """Whether a listener of a load balancer forwards a request that lacks the distribution's secret header."""
        listeners = listeners_on(self.reach.stack, balancer, port)
        for each in (*listeners, *rules_of(self.reach.stack, listeners)):
            if not header_of(each) and any(forwarded(each)):
                return Step.yes("forwards", "requests are forwarded without the distribution's header", each.address)
        where = ", ".join(each.address for each in listeners)
        return Step.no("forwards", f"requests on {port} without the distribution's header are not forwarded", where)


_MOST: Final = 4
"""How many blocks of addresses are named in a sentence."""


def _listed(blocks: Sequence[str]) -> str:
    return some(blocks, _MOST)
