"""Network ACLs: numbered entries for each subnet, stateless, the first that matches decides (VPC user guide)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from miyabi_infra.reach.blocks import common, first_match, parsed
from miyabi_infra.stacks import Reference, Resource, Stack, Value
from miyabi_infra.stacks.platform import address_of, addresses_of, integer
from modules.addresses import IpNetwork

EPHEMERAL: Final = (1024, 65535)
"""Ports from which clients open connections (VPC user guide, "Ephemeral ports")."""

PROTOCOLS: Final[Mapping[str, str]] = {"-1": "all", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}

Direction = Literal["ingress", "egress"]


@dataclass(frozen=True)
class AclEntry:
    """An entry of a network ACL."""

    number: int
    direction: Direction
    allows: bool
    protocol: str
    ports: tuple[int, int]
    block: IpNetwork

    def covers(self, protocol: str, port: int) -> bool:
        """Whether it is about a port."""
        return self.protocol == "all" or (self.protocol == protocol and self.ports[0] <= port <= self.ports[1])


@dataclass(frozen=True)
class Acl:
    """A network ACL."""

    address: str
    entries: tuple[AclEntry, ...]
    """By number."""
    known: bool = True
    """Whether all of its entries are known before apply."""

    def passes(
        self, direction: Direction, protocol: str, ports: tuple[int, int], blocks: Sequence[IpNetwork]
    ) -> tuple[bool | None, list[IpNetwork]]:
        """Whether packets pass to or from some of the blocks; None when it depends on the port.

        Returns:
            The verdict, and the blocks that pass on every port.
        """
        if not self.known:
            return None, list(blocks)
        passed = [self._passing(direction, protocol, port, blocks) for port in self._boundaries(ports)]
        everywhere = passed[0]
        for each in passed[1:]:
            everywhere = common(everywhere, each)
        if everywhere:
            return True, everywhere
        return (None if any(passed) else False), []

    def _passing(self, direction: Direction, protocol: str, port: int, blocks: Iterable[IpNetwork]) -> list[IpNetwork]:
        entries = [each for each in self.entries if each.direction == direction and each.covers(protocol, port)]
        return [part for part, entry in first_match(blocks, entries) if entry.allows]

    def _boundaries(self, ports: tuple[int, int]) -> list[int]:
        """A port of each range in which all ports are treated alike."""
        first, last = ports
        edges = {first}
        for entry in self.entries:
            edges |= {edge for edge in (entry.ports[0], entry.ports[1] + 1) if first < edge <= last}
        return sorted(edges)


class Acls:
    """The network ACLs of a stack, by subnet."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def of(self, subnet: str, vpc: str) -> Acl | None:
        """The ACL of a subnet; None for the default one, which lets everything pass."""
        address = self._by_subnet.get(subnet, self._defaults.get(vpc, _default(vpc)))
        return self._acls.get(address)

    @cached_property
    def _by_subnet(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for acl in self._stack.of_type("aws_network_acl", "aws_default_network_acl"):
            found |= dict.fromkeys(addresses_of(acl.get("subnet_ids")), acl.address)
        for each in self._stack.of_type("aws_network_acl_association"):
            found[address_of(each.get("subnet_id"))] = self._key(each.get("network_acl_id"))
        return found

    @cached_property
    def _defaults(self) -> Mapping[str, str]:
        """The default ACL of each VPC that the stack manages."""
        return {
            address_of(each.get("default_network_acl_id")): each.address
            for each in self._stack.of_type("aws_default_network_acl")
        }

    @cached_property
    def _acls(self) -> Mapping[str, Acl]:
        blocks: dict[str, list[tuple[Mapping[str, Value], Direction]]] = {}
        for acl in self._stack.of_type("aws_network_acl", "aws_default_network_acl"):
            held = blocks.setdefault(acl.address, [])
            held += [(block, "ingress") for block in acl.blocks("ingress")]
            held += [(block, "egress") for block in acl.blocks("egress")]
        for rule in self._stack.of_type("aws_network_acl_rule"):
            key = self._key(rule.get("network_acl_id"))
            held = blocks.setdefault(key, list(_both_ways(_ALLOW)) if key.startswith(_DEFAULT) else [])
            held.append((_of_rule(rule), _way(rule)))
        return {address: _acl(address, held) for address, held in blocks.items()}

    def _key(self, value: Value) -> str:
        """The ACL that an argument refers to; the default one of a VPC by the VPC."""
        if isinstance(value, Reference) and value.attribute == "default_network_acl_id":
            return self._defaults.get(value.address, _default(value.address))
        return address_of(value)


_DEFAULT: Final = "the default network ACL of "
_ALLOW: Final[Sequence[Mapping[str, Value]]] = (
    {"rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0"},
    {"rule_no": 101, "action": "allow", "protocol": "-1", "ipv6_cidr_block": "::/0"},
)
"""What AWS puts into a default ACL, the second where the VPC has an IPv6 block (VPC user guide)."""


def _both_ways(entries: Sequence[Mapping[str, Value]]) -> Iterator[tuple[Mapping[str, Value], Direction]]:
    for each in entries:
        yield each, "ingress"
        yield each, "egress"


def _default(vpc: str) -> str:
    return f"{_DEFAULT}{vpc}"


def _of_rule(rule: Resource) -> Mapping[str, Value]:
    return {**rule.arguments, "rule_no": rule.get("rule_number"), "action": rule.get("rule_action")}


def _way(rule: Resource) -> Direction:
    return "egress" if rule.get("egress") is True else "ingress"


def _acl(address: str, blocks: Iterable[tuple[Mapping[str, Value], Direction]]) -> Acl:
    held = [(block, direction, list(_entries(block, direction))) for block, direction in blocks]
    entries = sorted((entry for _, _, found in held for entry in found), key=lambda each: each.number)
    return Acl(address, tuple(entries), known=all(found for _, _, found in held))


def _entries(block: Mapping[str, Value], direction: Direction) -> Iterator[AclEntry]:
    protocol = str(block.get("protocol", "-1")).lower()
    for key in ("cidr_block", "ipv6_cidr_block"):
        for network in parsed(block.get(key)):
            yield AclEntry(
                number=integer(block.get("rule_no")),
                direction=direction,
                allows=block.get("action") == "allow",
                protocol=PROTOCOLS.get(protocol, protocol),
                ports=(integer(block.get("from_port")), integer(block.get("to_port"))),
                block=network,
            )
