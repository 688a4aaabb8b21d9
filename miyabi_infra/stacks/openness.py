"""Which blocks of addresses are let in, out or past: measured as `measures` does, and told as blocks, not figures."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from ipaddress import IPv4Network, ip_network
from typing import Final

from miyabi_infra.stacks.firewalls import Does, listed
from miyabi_infra.stacks.measures import Measure
from miyabi_infra.stacks.model import Resource, Stack, Value
from miyabi_infra.stacks.platform import address_of, addresses_of, number, strings
from modules.addresses import IPV4, PRIVATE, VERSIONS, IpNetwork, is_public, union, within
from modules.cloudfront_facts import ORIGIN_FACING

Words = Callable[[Stack, str], tuple[str, ...]]
"""What stands behind the figure of a subject, for people; nothing for a subject that is not there."""

# ---- security groups ---------------------------------------------------------------------------------------------


def open_to_internet(direction: str, version: int) -> Measure:
    """The negative share of the internet's addresses, times the ports, that the rules of a security group name.

    Over each IP version by itself: what is narrower over one makes up for nothing over the other.
    """

    def measured(stack: Stack) -> dict[str, float]:
        found = {each.address: 0.0 for each in stack.of_type("aws_security_group", "aws_default_security_group")}
        for group, rule in _rules(stack, direction):
            found[group] = found.get(group, 0.0) - _width(rule, version)
        return found

    return measured


def open_within(direction: str) -> Measure:
    """The negative number of private addresses, groups and prefix lists in the rules of a group, times the ports."""

    def measured(stack: Stack) -> dict[str, float]:
        found: dict[str, float] = {}
        for group, rule in _rules(stack, direction):
            addresses = sum(map(amount, _networks(rule, public=False)))
            found[group] = found.get(group, 0.0) - (addresses + len(_peers(rule))) * _ports_of(rule)
        return found

    return measured


def blocks_of_internet(direction: str, version: int) -> Words:
    """The blocks of the internet that the rules of a group name, each with its ports."""
    return lambda stack, group: _with_ports(
        (str(block), rule)
        for rule in _rules_of(stack, direction, group)
        for block in _networks(rule, public=True)
        if block.version == version
    )


def peers_within(direction: str) -> Words:
    """The private blocks, groups and prefix lists that the rules of a group name, or hold, each with its ports."""
    return lambda stack, group: _with_ports(
        (peer, rule)
        for rule in _rules_of(stack, direction, group)
        for peer in (*(str(each) for each in union(_blocks(rule)) if _has_private(each)), *_peers(rule))
    )


def _has_private(block: IpNetwork) -> bool:
    return not is_public(block) or any(within(each, block) for each in PRIVATE)


def lets_more(direction: str, version: int | None = None) -> Callable[[Stack, Stack, str], bool]:
    """Whether a group lets in, or out, what it does not in another stack: a part of what it had is nothing more.

    Of the internet over an IP version; without one, of private blocks, groups and prefix lists. What may open
    connections to a load balancer without TLS, and may then do so with TLS, is nobody new either.
    """

    def more(before: Stack, after: Stack, group: str) -> bool:
        had = tuple(_rules_of(before, direction, group))
        both_versions = _has_ipv6(after)
        plain = _ports_that(before, group, "HTTP") if direction == "ingress" else ()
        encrypted = _ports_that(after, group, "HTTPS")
        for rule in _rules_of(after, direction, group):
            blocks = [each for each in _networks(rule, public=version is not None) if version in (None, each.version)]
            peers = _peers(rule) if version is None else []
            ports = [_span(rule)]
            if ports[0][1] == ports[0][2] and ports[0][1] in encrypted:
                ports += [("tcp", each, each) for each in plain]
            if not any(_has_all(had, each, blocks, peers, both_versions=both_versions) for each in ports):
                return True
        return False

    return more


def _has_all(
    had: Sequence[Mapping[str, Value]],
    ports: "_Span",
    blocks: Sequence[IpNetwork],
    peers: Sequence[str],
    *,
    both_versions: bool,
) -> bool:
    """Whether some rules let blocks and peers in on some ports."""
    on_these = [each for each in had if _includes(_span(each), ports)]
    own = union([block for each in on_these for block in _blocks(each)])
    everybody = {each.version for each in own if each.prefixlen == 0}
    own_peers = {peer for each in on_these for peer in _peers(each)}
    return all(any(within(block, each) for each in own) for block in blocks) and all(
        peer in own_peers or everybody >= ({*VERSIONS} if both_versions and peer not in _OVER_IPV4 else {IPV4})
        for peer in peers
    )


_OVER_IPV4: Final = frozenset(ORIGIN_FACING.values())
"""Prefix lists without IPv6 addresses."""


def _has_ipv6(stack: Stack) -> bool:
    return any(
        each.get("assign_generated_ipv6_cidr_block") is True or each.get("ipv6_cidr_block")
        for each in stack.of_type("aws_vpc")
    )


def _ports_that(stack: Stack, group: str, protocol: str) -> tuple[float, ...]:
    """The ports on which the load balancers of a group serve with a protocol."""
    balancers = {each.address for each in stack.of_type("aws_lb") if group in addresses_of(each.get("security_groups"))}
    return tuple(
        number(each.get("port"))
        for each in stack.of_type("aws_lb_listener")
        if each.get("protocol") == protocol
        and address_of(each.get("load_balancer_arn")) in balancers
        and any(block.get("type") == "forward" for block in each.blocks("default_action"))
    )


RULE_TYPES: Final = (
    "aws_security_group_rule",
    "aws_vpc_security_group_egress_rule",
    "aws_vpc_security_group_ingress_rule",
)


def _rules(stack: Stack, direction: str) -> Iterator[tuple[str, Mapping[str, Value]]]:
    for group in stack.of_type("aws_security_group", "aws_default_security_group"):
        for block in group.blocks(direction):
            yield group.address, block
    for rule in stack.of_type(*RULE_TYPES):
        if direction in (rule.get("type"), rule.type.split("_")[-2]):
            yield address_of(rule.get("security_group_id")), rule.arguments


def _rules_of(stack: Stack, direction: str, group: str) -> Iterator[Mapping[str, Value]]:
    return (rule for found, rule in _rules(stack, direction) if found == group)


def _with_ports(found: Iterator[tuple[str, Mapping[str, Value]]]) -> tuple[str, ...]:
    """`0.0.0.0/0 on tcp 80, tcp 443`."""
    ports: dict[str, dict[str, None]] = {}
    for peer, rule in found:
        ports.setdefault(peer, {})[_port_text(rule)] = None
    return tuple(f"{peer} on {', '.join(held)}" for peer, held in ports.items())


_BLOCKS: Final = ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6")
_PORTS: Final = 65536


_PEERS: Final = (
    "prefix_list_id",
    "prefix_list_ids",
    "referenced_security_group_id",
    "security_groups",
    "source_security_group_id",
)


def _width(rule: Mapping[str, Value], version: int) -> float:
    shares = (2.0**-each.prefixlen for each in _networks(rule, public=True) if each.version == version)
    return _ports_of(rule) * sum(shares)


def _ports_of(rule: Mapping[str, Value]) -> float:
    first, last = rule.get("from_port"), rule.get("to_port")
    return _PORTS if _every_port(rule) else number(last) - number(first) + 1


def _port_text(rule: Mapping[str, Value]) -> str:
    if _every_port(rule):
        return "all ports"
    first, last = rule.get("from_port"), rule.get("to_port")
    return f"{_protocol(rule)} {first}" + ("" if first == last else f"-{last}")


def _every_port(rule: Mapping[str, Value]) -> bool:
    return _protocol(rule) in {"-1", "all"} or rule.get("from_port") is None or rule.get("to_port") is None


_Span = tuple[str, float, float]
"""A protocol, the first port and the last."""


def _span(rule: Mapping[str, Value]) -> _Span:
    if _every_port(rule):
        return _protocol(rule), 0, _PORTS - 1
    return _protocol(rule), number(rule.get("from_port")), number(rule.get("to_port"))


def _includes(wide: _Span, narrow: _Span) -> bool:
    return wide[0] in {"-1", "all", narrow[0]} and wide[1] <= narrow[1] and narrow[2] <= wide[2]


def _protocol(rule: Mapping[str, Value]) -> str:
    return str(rule.get("protocol", rule.get("ip_protocol", "-1")))


def _networks(rule: Mapping[str, Value], *, public: bool) -> list[IpNetwork]:
    """The blocks of a rule that are, or are not, of the internet; every address counts once."""
    return [each for each in union(_blocks(rule)) if is_public(each) == public]


def _blocks(rule: Mapping[str, Value]) -> list[IpNetwork]:
    found: list[IpNetwork] = []
    for block in (text for key in _BLOCKS for text in strings(rule.get(key))):
        with suppress(ValueError):  # known after apply
            found.append(ip_network(block, strict=False))
    return found


def _peers(rule: Mapping[str, Value]) -> list[str]:
    found = [address_of(each) for key in _PEERS for each in _items(rule.get(key))]
    return found + ["the group itself"] * (rule.get("self") is True)


def _items(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else () if value is None else (value,)


def amount(block: IpNetwork) -> float:
    """How many callers have an address of a block: over IPv6 a network has a /64, which counts as one."""
    length = block.prefixlen
    return 2.0 ** (32 - length) if isinstance(block, IPv4Network) else 2.0 ** (max(0, 64 - length))


# ---- firewall ----------------------------------------------------------------------------------------------------


def addresses_let_pass(stack: Stack) -> float:
    """The negative number of addresses that a rule lets pass before all others."""
    return -_addresses(stack, "allow")


def addresses_kept_out(stack: Stack) -> float:
    """How many addresses are blocked."""
    return _addresses(stack, "block")


def _addresses(stack: Stack, does: Does) -> float:
    return sum(amount(ip_network(block)) for block in _listed(stack, does))


def blocks_that(does: Does) -> Words:
    """The blocks that rules of web ACLs let pass, or block."""
    return lambda stack, _: tuple(_listed(stack, does))


def _listed(stack: Stack, does: Does) -> list[str]:
    acls: tuple[Resource, ...] = stack.of_type("aws_wafv2_web_acl")
    return [block for acl in acls for _, block in listed(stack, acl, does)]
