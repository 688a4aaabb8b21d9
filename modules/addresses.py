"""IP versions, and which addresses packets can come from, over the internet and inside a VPC."""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Final

IpNetwork = IPv4Network | IPv6Network

IPV4, IPV6 = VERSIONS = 4, 6

_VERSIONS_OF: Final[Mapping[object, tuple[int, ...]]] = {
    "ipv4": (IPV4,),
    "dualstack": (IPV4, IPV6),
    "dualstack-without-public-ipv4": (IPV6,),
}


def versions_of(address_type: object) -> tuple[int, ...]:
    """The IP versions over which a load balancer answers callers outside the VPC, by its `ip_address_type`.

    IPv4 where nothing is said. Without public IPv4 it is there for the VPC alone.
    """
    return _VERSIONS_OF.get(address_type, (IPV4,))


_NEVER: Final = tuple(
    map(ip_network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8"))
)
"""This host, loopback, link-local, multicast and reserved: no packet comes from them through a router (IANA, "Special-
Purpose Address Registry")."""
PRIVATE: Final = (
    *(each for each in _NEVER if isinstance(each, IPv4Network)),
    *map(ip_network, ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15")),
    *map(ip_network, ("::/3", "4000::/2", "8000::/1")),
)
"""Blocks in which nobody in the internet has an address. Over IPv6 those are all but global unicast, 2000::/3 (IANA,
"IPv6 Address Space"). The blocks of documentation are none of them: examples name them as somebody's."""


def is_public(block: IpNetwork) -> bool:
    """Whether a block has addresses of the internet."""
    return not any(within(block, each) for each in PRIVATE)


def can_come(block: str, *, over_internet: bool) -> bool:
    """Whether packets of a block can come through a router, or even over the internet."""
    network = ip_network(block)
    return is_public(network) if over_internet else not any(within(network, each) for each in _NEVER)


def within(block: IpNetwork, other: IpNetwork) -> bool:
    """Whether a block is a part of another."""
    if isinstance(block, IPv4Network):
        return isinstance(other, IPv4Network) and block.subnet_of(other)
    return isinstance(other, IPv6Network) and block.subnet_of(other)


def union(blocks: Iterable[IpNetwork]) -> tuple[IpNetwork, ...]:
    """The fewest blocks that have the same addresses, in order: `0.0.0.0/0` of itself with `0.0.0.0/1`."""
    found = list(blocks)
    return (
        *collapse_addresses(each for each in found if isinstance(each, IPv4Network)),
        *collapse_addresses(each for each in found if isinstance(each, IPv6Network)),
    )
