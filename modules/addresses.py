"""Which addresses packets can come from, over the internet and inside a VPC."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

_NEVER: Final = tuple(
    map(ip_network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8"))
)
"""This host, loopback, link-local, multicast and reserved: no packet comes from them through a router (IANA, "Special-
Purpose Address Registry")."""
_PRIVATE: Final = (
    *_NEVER,
    *map(ip_network, ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")),
)
_PUBLIC_IPV6: Final = IPv6Network("2000::/3")
"""Global unicast: all IPv6 addresses of the internet are in it (IANA, "IPv6 Address Space")."""


def can_come(block: str, *, over_internet: bool) -> bool:
    """Whether packets of a block can come through a router, or even over the internet."""
    network = ip_network(block)
    if over_internet and isinstance(network, IPv6Network):
        return network.overlaps(_PUBLIC_IPV6)
    return not any(_within(network, each) for each in (_PRIVATE if over_internet else _NEVER))


def _within(network: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    return network.version == other.version and network.network_address in other and network.broadcast_address in other
