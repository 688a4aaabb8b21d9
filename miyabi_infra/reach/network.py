"""The network of a stack: subnets with the routes and ACLs that serve them, and security groups with their rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, cast

from miyabi_infra.reach.acls import EPHEMERAL, PROTOCOLS, Acl, Acls, Direction
from miyabi_infra.reach.blocks import EVERYWHERE, first_match, in_the_internet, parsed
from miyabi_infra.reach.steps import Step, best, verdict
from miyabi_infra.stacks import Reference, Resource, Stack, Value
from miyabi_infra.stacks.platform import address_of
from modules.addresses import IpNetwork, is_public
from modules.cloudfront_facts import ORIGIN_FACING

ANY_PORT: Final = (0, 65535)

INTERNET_GATEWAY: Final = "aws_internet_gateway"
NAT_GATEWAY: Final = "aws_nat_gateway"
EGRESS_ONLY: Final = "aws_egress_only_internet_gateway"
PEERING: Final = "aws_vpc_peering_connection"


@dataclass(frozen=True)
class Rule:
    """A rule of a security group."""

    group: str
    """Address of the group."""
    address: str
    """Address of the resource that has the rule: the group, or a separate rule."""
    direction: Direction
    description: str
    protocol: str
    """`tcp`, `udp`, `icmp`, …, or `all`."""
    ports: tuple[int, int]
    """First and last port."""
    blocks: tuple[IpNetwork, ...]
    groups: tuple[str, ...]
    """Addresses of the groups whose members it is about; the group itself for `self`."""
    cloudfront: tuple[str, ...] = ()
    """IDs of AWS's lists of the addresses from which CloudFront connects to origins."""
    unknown: tuple[str, ...] = ()
    """Peers whose addresses the stack does not say: prefix lists of others, blocks that are known after apply."""

    def covers(self, protocol: str, port: int) -> bool:
        """Whether it is about a port."""
        return self.protocol == "all" or (self.protocol == protocol and self.ports[0] <= port <= self.ports[1])

    @property
    def public_blocks(self) -> tuple[IpNetwork, ...]:
        """The blocks that have addresses of the internet."""
        return tuple(block for block in self.blocks if is_public(block))

    def public_over(self, version: int) -> tuple[IpNetwork, ...]:
        """The blocks of an IP version that have addresses of the internet."""
        return tuple(block for block in self.public_blocks if block.version == version)

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
        cloudfront = (f"CloudFront ({each})" for each in self.cloudfront)
        return ", ".join((*map(str, self.blocks), *self.groups, *cloudfront, *self.unknown)) or "nothing"


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
    """Address of the resource that has it: the route, or its table."""
    destination: IpNetwork
    target: str
    """Address of what it leads to."""
    kind: str
    """Type of what it leads to: `aws_internet_gateway`; empty if the stack does not have it."""

    @property
    def block(self) -> IpNetwork:
        """The block that it applies to."""
        return self.destination


@dataclass(frozen=True)
class Subnet:
    """A subnet, and the routes that serve it."""

    address: str
    vpc: str
    zone: str
    blocks: tuple[IpNetwork, ...]
    has_ipv6: bool
    """Whether what is in it can have an IPv6 address; of a block that AWS chooses, the addresses are not known here."""
    table: str
    """Address of its route table; empty for the VPC's main table when the stack does not manage it."""
    association: str
    """Address of the association with the table; empty for the main table."""
    routes: tuple[Route, ...]
    """The longest prefix first, as AWS chooses."""
    unread: str = ""
    """Address of a route whose destination the stack does not say; empty without one."""
    acl: Acl | None = None
    """Its network ACL; None for the default one, which lets everything pass."""

    def routed(self, blocks: Sequence[IpNetwork]) -> Iterator[tuple[IpNetwork, Route]]:
        """The parts of blocks that are routed, each with its route."""
        yield from first_match(blocks, self.routes)

    def ways_out(self, kind: str, version: int) -> Iterator[Route]:
        """The routes by which packets to the internet leave through a kind of gateway."""
        for route in self.routes:
            if route.kind == kind and route.destination.version == version and is_public(route.destination):
                yield route


class Network:
    """Subnets, routes and security groups of a stack, by address."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._acls = Acls(stack)

    @cached_property
    def subnets(self) -> Mapping[str, Subnet]:
        """The subnets by address."""
        return {each.address: self._subnet(each) for each in self._stack.of_type("aws_subnet")}

    # ---- security groups -----------------------------------------------------------------------------------------

    @cached_property
    def rules(self) -> Mapping[str, tuple[Rule, ...]]:
        """The rules of every security group."""
        found: dict[str, list[Rule]] = {}
        for vpc in {subnet.vpc for subnet in self.subnets.values()}:
            found[self._default_group_of(vpc)] = list(_default_rules(self._default_group_of(vpc)))
        for group in self._stack.of_type("aws_security_group", "aws_default_security_group"):
            found[group.address] = [
                self._rule(group.address, group.address, direction, block)
                for direction in _DIRECTIONS
                for block in group.blocks(direction)
            ]
        for rule in self._separate_rules():
            found.setdefault(rule.group, []).append(rule)
        return {group: tuple(rules) for group, rules in found.items()}

    def groups(self, value: Value, subnets: Sequence[Subnet]) -> tuple[str, ...]:
        """The security groups of something in subnets: those that an argument names, else the VPC's default group."""
        named = tuple(self._group(each) for each in value) if isinstance(value, tuple) else ()
        return named or tuple(dict.fromkeys(self._default_group_of(subnet.vpc) for subnet in subnets))

    def _group(self, value: Value) -> str:
        if isinstance(value, Reference) and value.attribute == "default_security_group_id":
            return self._default_group_of(value.address)
        return address_of(value)

    def _default_group_of(self, vpc: str) -> str:
        for group in self._stack.of_type("aws_default_security_group"):
            if address_of(group.get("vpc_id")) == vpc:
                return group.address
        return f"the default security group of {vpc}"

    def _separate_rules(self) -> Iterator[Rule]:
        for each in self._stack.of_type("aws_security_group_rule"):
            direction = cast("Direction", each.get("type"))
            block = {**each.arguments, "security_groups": (each.get("source_security_group_id"),)}
            yield self._rule(self._group(each.get("security_group_id")), each.address, direction, block)
        for direction in _DIRECTIONS:
            for each in self._stack.of_type(f"aws_vpc_security_group_{direction}_rule"):
                block = {
                    **each.arguments,
                    "protocol": each.get("ip_protocol"),
                    "cidr_blocks": (each.get("cidr_ipv4"),),
                    "ipv6_cidr_blocks": (each.get("cidr_ipv6"),),
                    "security_groups": (each.get("referenced_security_group_id"),),
                    "prefix_list_ids": (each.get("prefix_list_id"),),
                }
                yield self._rule(self._group(each.get("security_group_id")), each.address, direction, block)

    def _rule(self, group: str, address: str, direction: Direction, block: Mapping[str, Value]) -> Rule:
        protocol = _protocol(str(block.get("protocol", "-1")).lower())
        first, last = block.get("from_port"), block.get("to_port")
        named = protocol != "all" and isinstance(first, int) and isinstance(last, int)
        peers = [self._group(each) for each in _items(block.get("security_groups")) if each]
        blocks: list[IpNetwork] = []
        unknown: list[str] = []
        cloudfront: list[str] = []
        for each in (*_items(block.get("cidr_blocks")), *_items(block.get("ipv6_cidr_blocks"))):
            found = list(parsed(each))
            blocks += found
            unknown += [str(each)] if each and not found else []
        for each in filter(None, _items(block.get("prefix_list_ids"))):
            if each in ORIGIN_FACING.values():
                cloudfront.append(str(each))
                continue
            entries = self._prefix_list(address_of(each))
            blocks += entries or []
            unknown += [address_of(each)] if entries is None else []
        return Rule(
            group=group,
            address=address,
            direction=direction,
            description=str(block.get("description") or ""),
            protocol=protocol,
            ports=cast("tuple[int, int]", (first, last)) if named else ANY_PORT,
            blocks=tuple(blocks),
            groups=tuple([*peers, group] if block.get("self") is True else peers),
            cloudfront=tuple(cloudfront),
            unknown=tuple(unknown),
        )

    def _prefix_list(self, address: str) -> list[IpNetwork] | None:
        """The blocks of a prefix list; None for one that the stack does not manage."""
        held = self._stack.find(address)
        if held is None or held.type != "aws_ec2_managed_prefix_list":
            return None
        values = [each.get("cidr") for each in held.blocks("entry")]
        values += [
            each.get("cidr")
            for each in self._stack.of_type("aws_ec2_managed_prefix_list_entry")
            if address_of(each.get("prefix_list_id")) == address
        ]
        found = [network for value in values for network in parsed(value)]
        return found if len(found) == len(values) else None

    # ---- ways to and from the internet -----------------------------------------------------------------------------

    @cached_property
    def vpc_of(self) -> Mapping[str, str]:
        """The VPC of every internet gateway and security group that is in one."""
        found = {
            each.address: address_of(each.get("vpc_id"))
            for each in self._stack.of_type(INTERNET_GATEWAY, "aws_security_group", "aws_default_security_group")
        }
        for attachment in self._stack.of_type("aws_internet_gateway_attachment"):
            found[address_of(attachment.get("internet_gateway_id"))] = address_of(attachment.get("vpc_id"))
        return found

    def way_out(
        self, subnet: Subnet, protocol: str, ports: tuple[int, int], blocks: Sequence[IpNetwork], *, public: bool
    ) -> tuple[Step, ...]:
        """How packets leave a subnet for the internet, with their answers.

        Args:
            subnet: Where they come from.
            protocol: `tcp`, `udp`, or `all`.
            ports: That they go to.
            blocks: Of the internet, that they go to; of one version.
            public: Whether their sender has a public address; without one, only NAT takes them out.
        """
        ways: list[tuple[Step, ...]] = []
        for part, route in subnet.routed(blocks):
            if not is_public(part):
                continue
            head = (_to_table(subnet), _through(route))
            passes = self._to_and_from_the_internet(subnet, "egress", protocol, ports, part)
            internet = route.kind == INTERNET_GATEWAY and self.vpc_of.get(route.target) == subnet.vpc
            if public and (internet or route.kind == EGRESS_ONLY):
                ways.append((*head, *passes))
            elif route.kind == NAT_GATEWAY and part.version == 4:  # noqa: PLR2004  # IPv4
                ways.append((*head, *passes, *self._through_nat(route.target, subnet, protocol, ports, part)))
            elif route.kind not in _KNOWN_GATEWAYS:
                text = f"{route.destination} -> {route.target or 'a target'}, and what is behind it is not known here"
                ways.append((_to_table(subnet), Step.unknown("route", text, route.address), *passes))
        return best(ways) or (_no_route(subnet, f"no route from {subnet.address} out to the internet"),)

    def way_in(
        self, subnet: Subnet, protocol: str, port: int, peers: Sequence[IpNetwork]
    ) -> tuple[tuple[Step, ...], list[IpNetwork]]:
        """The steps by which an internet gateway serves a subnet, with the blocks of peers that it serves.

        Args:
            subnet: Where the packets arrive; their answers must find the way back.
            protocol: `tcp` or `udp`.
            port: That the packets go to.
            peers: Blocks that the packets come from, of one version.
        """
        served: list[IpNetwork] = []
        ways: list[tuple[Step, ...]] = []
        for part, route in subnet.routed(peers):
            serves = route.kind == INTERNET_GATEWAY and self.vpc_of.get(route.target) == subnet.vpc
            if not serves or not is_public(part):
                continue
            way = (
                _to_table(subnet),
                _through(route),
                *self._to_and_from_the_internet(subnet, "ingress", protocol, (port, port), part),
            )
            ways.append(way)
            if verdict(way) != "no":
                served += self._passing(subnet, protocol, port, part)
        if ways:
            return best(ways) or (), served
        answers = next((each for _, each in subnet.routed(peers) if each.kind == EGRESS_ONLY), None)
        if answers is not None:
            text = f"{answers.destination} -> {answers.target}, which lets in answers only, and no connection"
            return (_to_table(subnet), Step.no("route", text, answers.address)), served
        text = f"no route between {subnet.address} and an internet gateway"
        return (_no_route(subnet, text),), served

    def _passing(self, subnet: Subnet, protocol: str, port: int, part: IpNetwork) -> list[IpNetwork]:
        """The addresses that a subnet's ACL lets in, and answers."""
        if subnet.acl is None:
            return [part]
        _, arriving = subnet.acl.passes("ingress", protocol, (port, port), in_the_internet(part))
        return subnet.acl.passes("egress", protocol, EPHEMERAL, arriving)[1]

    def _to_and_from_the_internet(
        self, subnet: Subnet, direction: Direction, protocol: str, ports: tuple[int, int], block: IpNetwork
    ) -> tuple[Step, ...]:
        """What a subnet's ACL says about packets of the internet, which has no address in private parts of a block."""
        return self._both_ways(subnet, direction, protocol, ports, in_the_internet(block), shown=[block])

    def _both_ways(
        self,
        subnet: Subnet,
        direction: Direction,
        protocol: str,
        ports: tuple[int, int],
        blocks: Sequence[IpNetwork],
        *,
        shown: Sequence[IpNetwork] = (),
    ) -> tuple[Step, ...]:
        """What a subnet's ACL says about packets and their answers: a step, or none without an ACL.

        `shown`: the blocks that the step names, where they are others.
        """
        if subnet.acl is None:
            return ()
        protocol = "tcp" if protocol == "all" else protocol
        back: Direction = "egress" if direction == "ingress" else "ingress"
        there, passed = subnet.acl.passes(direction, protocol, ports, blocks)
        answered, _ = subnet.acl.passes(back, protocol, EPHEMERAL, passed) if there is not False else (False, [])
        holds = None if None in (there, answered) and False not in (there, answered) else bool(there and answered)
        what = f"{port_text(protocol, ports)} {'from' if direction == 'ingress' else 'to'} {_listed(shown or blocks)}"
        text = f"the network ACL of {subnet.address} {_PASSES[holds]} {what} and the answers"
        return (Step("network ACL", holds, text, subnet.acl.address),)

    def _through_nat(
        self, address: str, sender: Subnet, protocol: str, ports: tuple[int, int], part: IpNetwork
    ) -> tuple[Step, ...]:
        gateway = self._stack.find(address)
        if gateway is None or gateway.get("connectivity_type", "public") != "public":
            return (Step.no("public address", "the NAT gateway has no public address", address),)
        subnet = self.subnets.get(address_of(gateway.get("subnet_id")))
        if subnet is None:
            return (Step.unknown("subnet", "the NAT gateway's subnet is not in this stack", address),)
        steps: tuple[Step, ...] = (Step.yes("subnet", f"is in {subnet.address}", address),)
        if subnet.address != sender.address:
            steps += self._both_ways(subnet, "ingress", protocol, ports, sender.blocks)
        for found, route in subnet.routed([part]):
            if route.kind == INTERNET_GATEWAY and self.vpc_of.get(route.target) == subnet.vpc:
                passes = self._to_and_from_the_internet(subnet, "egress", protocol, ports, found)
                return (*steps, _to_table(subnet), _through(route), *passes)
        text = f"no route between {subnet.address} and an internet gateway"
        return (*steps, Step.no("route", text, subnet.table or subnet.address))

    # ---- ways between subnets ------------------------------------------------------------------------------------

    def between(
        self, sources: Sequence[Subnet], targets: Sequence[Subnet], protocol: str, port: int
    ) -> tuple[Step, ...]:
        """The steps of the way from subnets to others that may not hold: other VPCs, network ACLs."""
        if not sources or not targets:
            return (Step.unknown("subnet", "the subnets of one of them are not in this stack"),)
        ways = [self._from_to(source, target, protocol, port) for source in sources for target in targets]
        verdicts = {verdict(way) for way in ways}
        if len(verdicts) == 1:
            return ways[0]
        # Which of the subnets a task, or the cache, is in is decided at run time.
        (first, *_) = [way for way in ways if verdict(way) != "yes"]
        return tuple(Step(each.kind, None, f"in some subnets: {each.text}", each.address) for each in first)

    def let_in(self, subnet: Subnet, protocol: str, port: int, blocks: Sequence[IpNetwork]) -> tuple[Step, ...]:
        """What the network ACL of a subnet says of connections from some addresses, and of the answers."""
        return self._both_ways(subnet, "ingress", protocol, (port, port), blocks)

    def _from_to(self, source: Subnet, target: Subnet, protocol: str, port: int) -> tuple[Step, ...]:
        steps: tuple[Step, ...] = ()
        if source.vpc != target.vpc:
            steps = (self._peered(source, target), self._peered(target, source))
        if source.address != target.address:
            steps += self._both_ways(source, "egress", protocol, (port, port), target.blocks)
            steps += self._both_ways(target, "ingress", protocol, (port, port), source.blocks)
        return tuple(dict.fromkeys(steps))

    def _peered(self, source: Subnet, target: Subnet) -> Step:
        """Whether a subnet has a route to a subnet of another VPC."""
        for _, route in source.routed(target.blocks):
            held = self._stack.find(route.target)
            if held is None or route.kind != PEERING:
                if route.kind in _KNOWN_GATEWAYS:
                    continue
                text = f"{route.destination} -> {route.target}, and what is behind it is not known here"
                return Step.unknown("route", text, route.address)
            if {address_of(held.get("vpc_id")), address_of(held.get("peer_vpc_id"))} == {source.vpc, target.vpc}:
                return _through(route)
        return Step.no("vpc", f"they are in different VPCs, and {source.address} has no route to {target.address}")

    # ---- subnets and routes --------------------------------------------------------------------------------------

    def _subnet(self, resource: Resource) -> Subnet:
        vpc = address_of(resource.get("vpc_id"))
        association, table = self._associations.get(resource.address, ("", self._main_tables.get(vpc, vpc)))
        blocks = tuple(parsed(resource.get("cidr_block"))) + tuple(parsed(resource.get("ipv6_cidr_block")))
        routes = sorted(self._routes.get(table, ()), key=lambda route: -route.destination.prefixlen)
        return Subnet(
            address=resource.address,
            vpc=vpc,
            zone=str(resource.get("availability_zone", "")),
            blocks=blocks,
            has_ipv6=bool(resource.get("ipv6_cidr_block")),
            table="" if table == vpc else table,
            association=association,
            routes=tuple(routes),
            unread=next((each.address for each in self._unread if self._table_of(each) == table), ""),
            acl=self._acls.of(resource.address, vpc),
        )

    @cached_property
    def _associations(self) -> Mapping[str, tuple[str, str]]:
        return {
            address_of(each.get("subnet_id")): (each.address, self._table(each.get("route_table_id")))
            for each in self._stack.of_type("aws_route_table_association")
            if each.get("subnet_id")
        }

    @cached_property
    def _original_tables(self) -> Mapping[str, str]:
        """The route table that AWS creates with each VPC, where the stack manages it."""
        return {
            address_of(each.get("default_route_table_id")): each.address
            for each in self._stack.of_type("aws_default_route_table")
        }

    @cached_property
    def _main_tables(self) -> Mapping[str, str]:
        """The main route table of each VPC, where the stack manages it."""
        found = dict(self._original_tables)
        for each in self._stack.of_type("aws_main_route_table_association"):
            found[address_of(each.get("vpc_id"))] = self._table(each.get("route_table_id"))
        return found

    def _table(self, value: Value) -> str:
        """The route table that an argument refers to: the main one of a VPC, by the VPC, if the stack has it not."""
        if isinstance(value, Reference) and value.attribute == "main_route_table_id":
            return self._main_tables.get(value.address, value.address)
        if isinstance(value, Reference) and value.attribute == "default_route_table_id":
            return self._original_tables.get(value.address, value.address)
        return address_of(value)

    @cached_property
    def _routes(self) -> Mapping[str, list[Route]]:
        found: dict[str, list[Route]] = {}
        for table in self._stack.of_type("aws_route_table", "aws_default_route_table"):
            for block in table.blocks("route"):
                found.setdefault(table.address, []).extend(self._route(table.address, block))
        for route in self._stack.of_type("aws_route"):
            table = self._table(route.get("route_table_id"))
            found.setdefault(table, []).extend(self._route(route.address, route.arguments))
        return found

    @cached_property
    def _unread(self) -> tuple[Resource, ...]:
        """Routes, and tables with a route, to a prefix list that the stack does not manage."""
        found: list[Resource] = []
        for each in self._stack.of_type("aws_route", "aws_route_table", "aws_default_route_table"):
            blocks = [each.arguments] if each.type == "aws_route" else each.blocks("route")
            lists = [block.get(key) for block in blocks for key in ("destination_prefix_list_id", "prefix_list_id")]
            if any(self._prefix_list(address_of(one)) is None for one in lists if one):
                found.append(each)
        return tuple(found)

    def _table_of(self, route: Resource) -> str:
        return self._table(route.get("route_table_id")) if route.type == "aws_route" else route.address

    def _route(self, address: str, block: Mapping[str, Value]) -> Iterator[Route]:
        target = next((address_of(block.get(key)) for key in _ROUTE_TARGETS if block.get(key)), "")
        held = self._stack.find(target)
        kind = held.type if held else ""
        for key in ("destination_cidr_block", "cidr_block", "destination_ipv6_cidr_block", "ipv6_cidr_block"):
            for destination in parsed(block.get(key)):
                yield Route(address, destination, target, kind)
        for key in ("destination_prefix_list_id", "prefix_list_id"):
            for destination in self._prefix_list(address_of(block.get(key))) or ():
                yield Route(address, destination, target, kind)


_DIRECTIONS: Final[tuple[Direction, ...]] = ("ingress", "egress")
_KNOWN_GATEWAYS: Final = frozenset({INTERNET_GATEWAY, NAT_GATEWAY, EGRESS_ONLY, PEERING})
_PASSES: Final[Mapping[bool | None, str]] = {True: "passes", False: "does not pass", None: "passes, on some ports,"}

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


def _listed(blocks: Sequence[IpNetwork]) -> str:
    return ", ".join(map(str, blocks))


def _protocol(text: str) -> str:
    return PROTOCOLS.get(text, text)


def _items(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else ()


def _default_rules(group: str) -> Iterator[Rule]:
    """What AWS puts into a VPC's default group: its members reach one another, and everything outside."""
    yield Rule(group, group, "ingress", "", "all", ANY_PORT, (), (group,))
    yield Rule(group, group, "egress", "", "all", ANY_PORT, EVERYWHERE, ())


def _to_table(subnet: Subnet) -> Step:
    table = subnet.table or "the main route table"
    return Step.yes("route", f"{subnet.address} uses {table}", subnet.association or subnet.table)


def _no_route(subnet: Subnet, text: str) -> Step:
    """No route is known; where one has a destination that is not, it may be the one."""
    if subnet.unread:
        return Step.unknown("route", f"{text}, except to addresses that are not known here", subnet.unread)
    return Step.no("route", text, subnet.table or subnet.address)


def _through(route: Route) -> Step:
    return Step.yes("route", f"{route.destination} -> {route.target}", route.address, route.target)
