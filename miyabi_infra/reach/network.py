"""The network of a stack: subnets with the routes that serve them, and security groups with their rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, Literal, cast

from miyabi_infra.stacks import Reference, Resource, Stack, Value

IpNetwork = IPv4Network | IPv6Network
Direction = Literal["ingress", "egress"]

ANY_PORT: Final = (0, 65535)
_PROTOCOLS: Final[Mapping[str, str]] = {"-1": "all", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
_PRIVATE: Final = tuple(
    map(ip_network, ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"))
) + tuple(map(ip_network, ("fc00::/7", "fe80::/10")))
"""Blocks in which nobody in the internet has an address."""

DEFAULT_GROUP: Final = "the VPC's default security group"


StepKind = Literal[
    "opens",
    "forwards",
    "public address",
    "subnet",
    "route",
    "egress rule",
    "vpc",
    "ingress rule",
    "listens",
    "permission",
    "log group",
    "endpoint",
]
"""What a step is about."""


@dataclass(frozen=True)
class Step:
    """One condition of a connection, and whether it holds."""

    kind: StepKind
    holds: bool
    text: str
    """What is configured, or what is missing; for people, never parsed."""
    address: str = ""
    """The resource that decides it; empty if none does."""
    gateway: str = ""
    """Of a route that is used: address of the gateway that it leads to."""

    @classmethod
    def yes(cls, kind: StepKind, text: str, address: str = "", gateway: str = "") -> "Step":
        """A condition that holds."""
        return cls(kind, True, text, address, gateway)  # noqa: FBT003  # the classmethod's name says it

    @classmethod
    def no(cls, kind: StepKind, text: str, address: str = "") -> "Step":
        """A condition that does not hold."""
        return cls(kind, False, text, address)  # noqa: FBT003  # the classmethod's name says it


@dataclass(frozen=True)
class Rule:
    """A rule of a security group."""

    group: str
    """Address of the group."""
    address: str
    """Address of the resource that holds the rule: the group, or a rule of its own."""
    direction: Direction
    description: str
    protocol: str
    """`tcp`, `udp`, `icmp`, …, or `all`."""
    ports: tuple[int, int]
    """First and last port."""
    blocks: tuple[IpNetwork, ...]
    groups: tuple[str, ...]
    """Addresses of the groups whose members it is about; the group itself for `self`."""

    def covers(self, protocol: str, port: int) -> bool:
        """Whether it is about a port."""
        return self.protocol == "all" or (self.protocol == protocol and self.ports[0] <= port <= self.ports[1])

    @property
    def public_blocks(self) -> tuple[IpNetwork, ...]:
        """The blocks that hold addresses of the internet."""
        return tuple(block for block in self.blocks if is_public(block))

    @property
    def port_text(self) -> str:
        """`tcp 80`, `tcp 8000-8100`, `everything`."""
        return port_text(self.protocol, self.ports)

    @property
    def text(self) -> str:
        """`ingress "HTTP from internet": tcp 80 from 0.0.0.0/0`."""
        named = f' "{self.description}"' if self.description else ""
        return f"{self.direction}{named}: {self.allows}"

    @property
    def allows(self) -> str:
        """`tcp 80 from 0.0.0.0/0`."""
        return f"{self.port_text} {'from' if self.direction == 'ingress' else 'to'} {self.peers}"

    @property
    def peers(self) -> str:
        """`0.0.0.0/0, module.security_groups.aws_security_group.alb`."""
        return ", ".join((*map(str, self.blocks), *self.groups)) or "nothing"


def port_text(protocol: str, ports: tuple[int, int]) -> str:
    """`tcp 80`, `tcp 8000-8100`, `everything`."""
    if protocol == "all":
        return "everything"
    first, last = ports
    if (first, last) == ANY_PORT:
        return f"{protocol}, all ports"
    return f"{protocol} {first}" if first == last else f"{protocol} {first}-{last}"


@dataclass(frozen=True)
class Route:
    """A route of a route table."""

    address: str
    """Address of the resource that holds it: the route, or its table."""
    destination: IpNetwork
    target: str
    """Address of what it leads to."""
    kind: str
    """Type of what it leads to: `aws_internet_gateway`; empty where the stack does not hold it."""


@dataclass(frozen=True)
class Subnet:
    """A subnet, and the routes that serve it."""

    address: str
    vpc: str
    zone: str
    blocks: tuple[IpNetwork, ...]
    table: str
    """Address of its route table; empty for the VPC's main table when the stack does not say what is in that."""
    association: str
    """Address of the association with the table; empty for the main table."""
    routes: tuple[Route, ...]

    @property
    def has_ipv6(self) -> bool:
        """Whether what stands in it can have an IPv6 address."""
        return any(isinstance(block, IPv6Network) for block in self.blocks)

    def ways_out(self, kind: str, version: int) -> Iterator[Route]:
        """The routes by which packets to the internet leave through a kind of gateway."""
        for route in self.routes:
            if route.kind == kind and route.destination.version == version and is_public(route.destination):
                yield route


def is_public(block: IpNetwork) -> bool:
    """Whether a block holds addresses of the internet."""
    return not any(block.version == private.version and _within(block, private) for private in _PRIVATE)


def _within(block: IpNetwork, other: IpNetwork) -> bool:
    if isinstance(block, IPv4Network):
        return isinstance(other, IPv4Network) and block.subnet_of(other)
    return isinstance(other, IPv6Network) and block.subnet_of(other)


def overlap(block: IpNetwork, other: IpNetwork) -> bool:
    """Whether two blocks share an address."""
    return block.version == other.version and block.overlaps(other)


def address_of(value: Value) -> str:
    """What an argument refers to: the address of a resource of the stack, else the text that stands there."""
    return value.address if isinstance(value, Reference) else str(value or "")


def addresses_of(value: Value) -> tuple[str, ...]:
    """The same of a list."""
    return tuple(map(address_of, value)) if isinstance(value, tuple) else ()


class Network:
    """Subnets, routes and security groups of a stack, by address."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    @cached_property
    def subnets(self) -> Mapping[str, Subnet]:
        """The subnets by address."""
        return {each.address: self._subnet(each) for each in self._stack.of_type("aws_subnet")}

    @cached_property
    def rules(self) -> Mapping[str, tuple[Rule, ...]]:
        """The rules of every security group."""
        found: dict[str, list[Rule]] = {DEFAULT_GROUP: _default_rules()}
        for group in self._stack.of_type("aws_security_group"):
            found[group.address] = [
                _rule(group.address, group.address, direction, block)
                for direction in ("ingress", "egress")
                for block in group.blocks(direction)
            ]
        for rule in self._separate_rules():
            found.setdefault(rule.group, []).append(rule)
        return {group: tuple(rules) for group, rules in found.items()}

    @cached_property
    def vpc_of(self) -> Mapping[str, str]:
        """The VPC of every internet gateway and security group that is in one."""
        found = {
            each.address: address_of(each.get("vpc_id"))
            for each in self._stack.of_type("aws_internet_gateway", "aws_security_group")
        }
        for attachment in self._stack.of_type("aws_internet_gateway_attachment"):
            found[address_of(attachment.get("internet_gateway_id"))] = address_of(attachment.get("vpc_id"))
        return found

    def way_out(self, subnet: Subnet, *, public: bool, version: int = 4) -> tuple[Step, ...]:
        """How packets leave a subnet for the internet: one step that does not hold, or all that do.

        Args:
            subnet: Where they come from.
            public: Whether their sender has a public address; without one, only NAT takes them out.
            version: Of the Internet Protocol.
        """
        if public:
            for route in subnet.ways_out("aws_internet_gateway", version):
                if self.vpc_of.get(route.target) == subnet.vpc:
                    return (*_to_table(subnet), _through(route))
        gateway = "aws_nat_gateway" if version == 4 else "aws_egress_only_internet_gateway"  # noqa: PLR2004  # IPv4
        for route in subnet.ways_out(gateway, version):
            if gateway != "aws_nat_gateway":
                return (*_to_table(subnet), _through(route))
            onward = self._through_nat(route.target)
            if all(step.holds for step in onward):
                return (*_to_table(subnet), _through(route), *onward)
        return (
            Step.no("route", f"no route from {subnet.address} out to the internet", subnet.table or subnet.address),
        )

    def way_in(self, subnet: Subnet, version: int = 4, peers: Sequence[IpNetwork] = ()) -> tuple[Step, ...]:
        """The steps by which an internet gateway serves a subnet; one that does not hold where none does.

        Args:
            subnet: Where the packets arrive; their answers must find the way back.
            version: Of the Internet Protocol.
            peers: Blocks that the packets come from; none for any.
        """
        for route in subnet.ways_out("aws_internet_gateway", version):
            back = not peers or any(overlap(route.destination, peer) for peer in peers)
            if back and self.vpc_of.get(route.target) == subnet.vpc:
                return (*_to_table(subnet), _through(route))
        text = f"no route between {subnet.address} and an internet gateway"
        return (Step.no("route", text, subnet.table or subnet.address),)

    def _through_nat(self, address: str) -> tuple[Step, ...]:
        gateway = self._stack.find(address)
        if gateway is None or gateway.get("connectivity_type", "public") != "public":
            return (Step.no("public address", "the NAT gateway has no public address", address),)
        subnet = self.subnets.get(address_of(gateway.get("subnet_id")))
        if subnet is None:
            return (Step.no("subnet", "the NAT gateway's subnet is not in this stack", address),)
        return (Step.yes("subnet", f"is in {subnet.address}", address), *self.way_in(subnet))

    def _subnet(self, resource: Resource) -> Subnet:
        vpc = address_of(resource.get("vpc_id"))
        association, table = self._associations.get(resource.address, ("", self._main_tables.get(vpc, "")))
        blocks = tuple(_blocks(resource.get("cidr_block"))) + tuple(_blocks(resource.get("ipv6_cidr_block")))
        return Subnet(
            address=resource.address,
            vpc=vpc,
            zone=str(resource.get("availability_zone", "")),
            blocks=blocks,
            table=table,
            association=association,
            routes=tuple(self._routes.get(table, ())),
        )

    @cached_property
    def _associations(self) -> Mapping[str, tuple[str, str]]:
        return {
            address_of(each.get("subnet_id")): (each.address, address_of(each.get("route_table_id")))
            for each in self._stack.of_type("aws_route_table_association")
        }

    @cached_property
    def _main_tables(self) -> Mapping[str, str]:
        """The main route table of each VPC, where the stack says which it is."""
        found = {
            address_of(each.get("default_route_table_id")): each.address
            for each in self._stack.of_type("aws_default_route_table")
        }
        for each in self._stack.of_type("aws_main_route_table_association"):
            found[address_of(each.get("vpc_id"))] = address_of(each.get("route_table_id"))
        return found

    @cached_property
    def _routes(self) -> Mapping[str, list[Route]]:
        found: dict[str, list[Route]] = {}
        for table in self._stack.of_type("aws_route_table", "aws_default_route_table"):
            for block in table.blocks("route"):
                found.setdefault(table.address, []).extend(self._route(table.address, block))
        for route in self._stack.of_type("aws_route"):
            table = address_of(route.get("route_table_id"))
            found.setdefault(table, []).extend(self._route(route.address, route.arguments))
        return found

    def _route(self, address: str, block: Mapping[str, Value]) -> Iterator[Route]:
        target = next((address_of(block.get(key)) for key in _ROUTE_TARGETS if block.get(key)), "")
        held = self._stack.find(target)
        for key in ("destination_cidr_block", "cidr_block", "destination_ipv6_cidr_block", "ipv6_cidr_block"):
            for destination in _blocks(block.get(key)):
                yield Route(address, destination, target, held.type if held else "")

    def _separate_rules(self) -> Iterator[Rule]:
        for each in self._stack.of_type("aws_security_group_rule"):
            direction = cast("Direction", each.get("type"))
            block = {**each.arguments, "security_groups": (each.get("source_security_group_id"),)}
            yield _rule(address_of(each.get("security_group_id")), each.address, direction, block)
        for direction in ("ingress", "egress"):
            for each in self._stack.of_type(f"aws_vpc_security_group_{direction}_rule"):
                block = {
                    **each.arguments,
                    "protocol": each.get("ip_protocol"),
                    "cidr_blocks": (each.get("cidr_ipv4"),),
                    "ipv6_cidr_blocks": (each.get("cidr_ipv6"),),
                    "security_groups": (each.get("referenced_security_group_id"),),
                }
                yield _rule(address_of(each.get("security_group_id")), each.address, direction, block)


_ROUTE_TARGETS: Final = (
    "gateway_id",
    "nat_gateway_id",
    "egress_only_gateway_id",
    "transit_gateway_id",
    "vpc_peering_connection_id",
    "vpc_endpoint_id",
    "network_interface_id",
    "carrier_gateway_id",
    "local_gateway_id",
    "core_network_arn",
)


def _blocks(value: Value) -> Iterator[IpNetwork]:
    """The block of an argument; none for what is not known before apply."""
    if isinstance(value, str) and value:
        yield ip_network(value, strict=False)


def _rule(group: str, address: str, direction: Direction, block: Mapping[str, Value]) -> Rule:
    protocol = _protocol(str(block.get("protocol", "-1")).lower())
    first, last = block.get("from_port"), block.get("to_port")
    named = protocol != "all" and isinstance(first, int) and isinstance(last, int)
    peers = [address_of(each) for each in _items(block.get("security_groups")) if each]
    return Rule(
        group=group,
        address=address,
        direction=direction,
        description=str(block.get("description") or ""),
        protocol=protocol,
        ports=cast("tuple[int, int]", (first, last)) if named else ANY_PORT,
        blocks=tuple(
            network
            for key in ("cidr_blocks", "ipv6_cidr_blocks")
            for each in _items(block.get(key))
            for network in _blocks(each)
        ),
        groups=tuple([*peers, group] if block.get("self") is True else peers),
    )


def _protocol(text: str) -> str:
    return _PROTOCOLS.get(text, text)


def _items(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else ()


def _default_rules() -> list[Rule]:
    """What AWS puts into a VPC's default group: its members reach one another, and everything outside."""
    everything = tuple(map(ip_network, ("0.0.0.0/0", "::/0")))
    here = DEFAULT_GROUP
    return [
        Rule(here, here, "ingress", "", "all", ANY_PORT, (), (here,)),
        Rule(here, here, "egress", "", "all", ANY_PORT, everything, ()),
    ]


def _to_table(subnet: Subnet) -> tuple[Step, ...]:
    text = f"{subnet.address} uses {subnet.table}"
    return (Step.yes("route", text, subnet.association or subnet.table),)


def _through(route: Route) -> Step:
    return Step.yes("route", f"{route.destination} -> {route.target}", route.address, route.target)
