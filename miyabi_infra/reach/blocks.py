"""Blocks of addresses: which are public, which overlap, and which of several entries applies to each part of them."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from ipaddress import ip_network
from typing import Final, Protocol, TypeVar

from miyabi_infra.stacks import Value
from modules.addresses import PRIVATE, IpNetwork, within

EVERYWHERE: Final = (ip_network("0.0.0.0/0"), ip_network("::/0"))


class Entry(Protocol):
    """Something that applies to a block: a route, an entry of a network ACL."""

    @property
    def block(self) -> IpNetwork:
        """The block that it applies to."""
        ...


Applied = TypeVar("Applied", bound=Entry)


@cache  # most questions are about `0.0.0.0/0`
def in_the_internet(block: IpNetwork) -> tuple[IpNetwork, ...]:
    """The parts of a block that are none of the private ones: `0.0.0.0/0` has them all."""
    parts = [block]
    for private in PRIVATE:
        parts = [each for part in parts for each in without(part, private)]
    return tuple(parts)


def overlap(block: IpNetwork, other: IpNetwork) -> bool:
    """Whether two blocks share an address."""
    return block.version == other.version and block.overlaps(other)


def common(blocks: Iterable[IpNetwork], others: Sequence[IpNetwork]) -> list[IpNetwork]:
    """The parts that two sets of blocks share: of two blocks that overlap, one is a part of the other."""
    return [block if within(block, other) else other for block in blocks for other in others if overlap(block, other)]


def without(block: IpNetwork, other: IpNetwork) -> Iterator[IpNetwork]:
    """The parts of a block that are not in another."""
    if not overlap(block, other):
        yield block
    elif block.prefixlen < other.prefixlen:
        for half in block.subnets():
            yield from without(half, other)


def first_match(blocks: Iterable[IpNetwork], entries: Iterable[Applied]) -> Iterator[tuple[IpNetwork, Applied]]:
    """The parts of blocks with the first entry that applies to each; parts without one are left out."""
    left = list(blocks)
    for entry in entries:
        for part in common(left, [entry.block]):
            yield part, entry
        left = [part for block in left for part in without(block, entry.block)]


def parsed(value: Value) -> Iterator[IpNetwork]:
    """The block of an argument; none for what is not known before apply."""
    if isinstance(value, str) and value:
        try:
            yield ip_network(value, strict=False)
        except ValueError:
            return
