"""What opens connections and what answers them: load balancers, tasks, databases, caches, VPC endpoints."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from miyabi_infra.reach.network import Network, Subnet
from miyabi_infra.reach.steps import Step
from miyabi_infra.stacks import Resource, Stack, Value
from miyabi_infra.stacks.platform import (
    CACHES,
    DATABASES,
    Platform,
    address_of,
    addresses_of,
    integer,
    mappings,
    service_of,
)
from modules.addresses import IPV4, VERSIONS, versions_of

INTERNET: Final = "internet"
ELSEWHERE: Final = "elsewhere"
"""Networks that are led here by what the stack does not say: a peering, a VPN, a transit gateway."""

Kind = Literal["internet", "cdn", "load balancer", "tasks", "database", "cache", "endpoint", "group"]

TYPES: Final[Mapping[Kind, tuple[str, ...]]] = {
    "cdn": ("aws_cloudfront_distribution",),
    "load balancer": ("aws_lb",),
    "tasks": ("aws_ecs_service",),
    "database": DATABASES,
    "cache": CACHES,
    "endpoint": ("aws_vpc_endpoint",),
}
"""Types of the resources that each kind is made of."""

_NAMES: Final[Mapping[Kind, str]] = {
    "cdn": "cdn",
    "load balancer": "alb",
    "tasks": "tasks",
    "database": "database",
    "cache": "redis",
    "endpoint": "endpoint",
}
ALSO: Final[Mapping[str, str]] = {
    **dict.fromkeys(("db", "mysql", "postgres", "postgresql", "rds"), "database"),
    **dict.fromkeys(("cache", "elasticache", "valkey"), "redis"),
    **dict.fromkeys(("balancer", "elb", "lb", "load-balancer"), "alb"),
    **dict.fromkeys(("cloudfront", "distribution", "frontend"), "cdn"),
    **dict.fromkeys(("app", "application", "containers", "ecs", "service"), "tasks"),
    **dict.fromkeys(("public", "users", "web", "world"), INTERNET),
    **dict.fromkeys(("office", "on-premises", "peer", "peering", "transit-gateway", "vpn"), ELSEWHERE),
}
"""What else people call a node."""
_GROUP_NAMES: Final[Mapping[str, str]] = {"rds": "database"}
"""What a group is for, where it is called otherwise."""

_DATABASE_PORTS: Final = {"mysql": 3306, "mariadb": 3306, "aurora-mysql": 3306}
_POSTGRESQL_PORT: Final = 5432
_REDIS_PORT: Final = 6379
HTTP: Final = 80
HTTPS: Final = 443


@dataclass(frozen=True)
class Listening:
    """A port that something answers on."""

    protocol: str
    port: int
    step: Step
    """What says so."""


@dataclass(frozen=True)
class Forwarding:
    """A port to which a load balancer opens connections."""

    node: str
    port: int
    protocol: str
    steps: tuple[Step, ...]
    keeps_client: bool = False
    """Whether the target sees the client's address as the source, not the load balancer's."""


@dataclass(frozen=True)
class Node:
    """Something in the network."""

    name: str
    """What people call it: `alb`, `tasks`."""
    kind: Kind
    address: str
    """Of the resource that it is; empty for the internet."""
    subnets: tuple[Subnet, ...]
    groups: tuple[str, ...]
    """Addresses of its security groups; none where the stack does not say which VPC's default group it has."""
    public: Step
    """Whether it has a public IPv4 address."""
    public_ipv6: Step
    """Whether it has an IPv6 address; such a one is public, but for that of an internal load balancer."""
    listens: tuple[Listening, ...]
    opens: Step
    """Whether it opens connections at all."""
    targets: tuple[Forwarding, ...] | None = None
    """The only ports to which it opens connections; None for any."""
    service: str = ""
    """Of a VPC endpoint: the AWS service behind it, such as `ecr.api`."""
    filtered: bool = True
    """Whether security groups filter its traffic; a network load balancer without any lets everything pass."""

    def public_over(self, version: int) -> Step:
        """Whether it has a public address of an IP version."""
        return self.public if version == IPV4 else self.public_ipv6

    @property
    def facing(self) -> bool:
        """Whether it has, or may have, a public address of any version."""
        return any(self.public_over(version).holds is not False for version in VERSIONS)


def nodes(stack: Stack, network: Network) -> tuple[Node, ...]:
    """Everything in a stack's network, in the order of a request's way, without the internet."""
    found = [
        *(_distribution(stack, each) for each in _of_kind(stack, "cdn")),
        *(_load_balancer(stack, network, each) for each in _of_kind(stack, "load balancer")),
        *(_tasks(stack, network, each) for each in _of_kind(stack, "tasks")),
        *(_database(stack, network, each) for each in _of_kind(stack, "database")),
        *(_cache(stack, network, each) for each in _of_kind(stack, "cache")),
        *(_endpoint(stack, network, each) for each in _of_kind(stack, "endpoint")),
    ]
    used = {group for node in found for group in node.groups}
    names = {node.name for node in found}
    unused = [group for group in stack.of_type("aws_security_group") if group.address not in used]
    return (*found, *(_empty(network, group, names) for group in unused))


def _of_kind(stack: Stack, kind: Kind) -> tuple[Resource, ...]:
    """The resources of a kind: no member of a replication group, no gateway endpoint, which is a route."""
    if kind == "cache":
        return Platform(stack).caches
    return tuple(
        each
        for each in stack.of_type(*TYPES[kind])
        if (kind != "endpoint" or each.get("vpc_endpoint_type", "Gateway") == "Interface")
    )


def _name(stack: Stack, kind: Kind, resource: Resource) -> str:
    """`tasks`, or `tasks.app` where there are several services; by type where two types share a label."""
    others = [each for each in _of_kind(stack, kind) if each.address != resource.address]
    if not others:
        return _NAMES[kind]
    label = resource.address.rpartition(".")[2]
    if any(each.address.rpartition(".")[2] == label for each in others):
        label = f"{resource.type.removeprefix('aws_')}.{label}"
    return f"{_NAMES[kind]}.{label}"


def _distribution(stack: Stack, distribution: Resource) -> Node:
    """A distribution: it is outside the VPC, answers everybody, and connects to the load balancers of its origins."""
    dual = distribution.get("is_ipv6_enabled") is True
    enabled = distribution.get("enabled") is True
    what = "the distribution answers everybody" if enabled else "the distribution is disabled"
    return Node(
        name=_name(stack, "cdn", distribution),
        kind="cdn",
        address=distribution.address,
        subnets=(),
        groups=(),
        public=Step("public address", enabled, what, distribution.address),
        public_ipv6=Step(
            "public address",
            enabled and dual,
            f"the distribution has {'' if dual else 'no '}IPv6",
            distribution.address,
        ),
        listens=tuple(
            Listening("tcp", port, Step.yes("listens", f"CloudFront listens on {port}", distribution.address))
            for port in (HTTP, HTTPS)
        ),
        opens=Step.yes("opens", "CloudFront connects to the origins", distribution.address),
        targets=tuple(_origins(stack, distribution)),
        filtered=False,
    )


def _origins(stack: Stack, distribution: Resource) -> Iterator[Forwarding]:
    """The load balancers that are origins, by their own name or by one that the certificate of a listener covers."""
    balancers = _of_kind(stack, "load balancer")
    for origin in distribution.blocks("origin"):
        named = [each for each in balancers if address_of(origin.get("domain_name")) == each.address]
        # Where another name leads is not in the stack; with one load balancer, it is that one.
        found = named or (list(balancers) if len(balancers) == 1 else [])
        for custom in mappings(origin.get("custom_origin_config")):
            plain = custom.get("origin_protocol_policy") == "http-only"
            port = integer(custom.get("http_port" if plain else "https_port"))
            text = f"origin {origin.get('origin_id')}: {'HTTP' if plain else 'HTTPS'} to {origin.get('domain_name')}"
            for balancer in found:
                step = Step.yes("forwards", text, distribution.address)
                yield Forwarding(_name(stack, "load balancer", balancer), port, "tcp", (step,))


def _load_balancer(stack: Stack, network: Network, balancer: Resource) -> Node:
    public = balancer.get("internal") is not True
    subnets = addresses_of(balancer.get("subnets")) or tuple(
        address_of(block.get("subnet_id")) for block in balancer.blocks("subnet_mapping")
    )
    kind = balancer.get("ip_address_type")
    ipv4, dual = (version in versions_of(kind) for version in VERSIONS)
    listeners = [
        each
        for each in stack.of_type("aws_lb_listener")
        if address_of(each.get("load_balancer_arn")) == balancer.address
    ]
    where = "internet-facing" if public else "internal"
    facing = f"the load balancer is {where}"
    unfiltered = balancer.get("load_balancer_type") == "network" and not balancer.get("security_groups")
    held = _subnets(network, subnets)
    return Node(
        name=_name(stack, "load balancer", balancer),
        kind="load balancer",
        address=balancer.address,
        subnets=held,
        groups=() if unfiltered else network.groups(balancer.get("security_groups"), held),
        public=Step(
            "public address",
            public and ipv4,
            facing if ipv4 or not public else f"the load balancer has no public IPv4 address ({kind})",
            balancer.address,
        ),
        public_ipv6=Step(
            "public address",
            public and dual,
            f"the load balancer has {'an' if dual else 'no'} IPv6 address" if public else facing,
            balancer.address,
        ),
        listens=tuple(listening for each in listeners for listening in _listening(each)),
        opens=Step.yes("opens", "the load balancer opens connections to its targets", balancer.address),
        targets=tuple(_targets(stack, listeners)),
        filtered=not unfiltered,
    )


_TRANSPORT: Final[Mapping[str, tuple[str, ...]]] = {"UDP": ("udp",), "TCP_UDP": ("tcp", "udp")}
"""What the protocols of listeners and target groups run over, where it is not TCP alone."""


def _listening(listener: Resource) -> Iterator[Listening]:
    port = integer(listener.get("port"))
    actions = ", ".join(str(block.get("type")) for block in listener.blocks("default_action"))
    protocol = str(listener.get("protocol", "HTTP"))
    step = Step.yes("listens", f"{protocol} listener on {port} ({actions})", listener.address)
    for transport in _TRANSPORT.get(protocol, ("tcp",)):
        yield Listening(transport, port, step)


def _targets(stack: Stack, listeners: list[Resource]) -> Iterator[Forwarding]:
    """The ports of the services that register with the target groups that listeners forward to."""
    seen: set[tuple[str, int]] = set()
    for listener in (*listeners, *rules_of(stack, listeners)):
        for group in forwarded(listener):
            for service in _of_kind(stack, "tasks"):
                for block in service.blocks("load_balancer"):
                    name, port = _name(stack, "tasks", service), integer(block.get("container_port"))
                    if address_of(block.get("target_group_arn")) != group or (name, port) in seen:
                        continue
                    seen.add((name, port))
                    needed = header_of(listener)
                    only = f" requests with the header {needed}" if needed else ""
                    steps = (
                        Step.yes("forwards", f"forwards{only} to {group}", listener.address),
                        Step.yes(
                            "forwards", f"registers port {port} of {block.get('container_name')}", service.address
                        ),
                    )
                    held = stack.find(group)
                    protocol = str(held.get("protocol", "HTTP")) if held else "HTTP"
                    for transport in _TRANSPORT.get(protocol, ("tcp",)):
                        yield Forwarding(name, port, transport, steps, _keeps_client(held, protocol))


def _keeps_client(group: Resource | None, protocol: str) -> bool:
    """Whether targets see the client's address: for UDP always, for TCP and TLS by `preserve_client_ip`.

    By default it is on for instances, and off for IP addresses, as the tasks of Fargate are (Elastic Load Balancing
    user guide, "Client IP preservation").
    """
    if group is None or protocol not in {"TCP", "TLS", "UDP", "TCP_UDP"}:
        return False
    if protocol in _TRANSPORT:
        return True
    preserves = group.get("preserve_client_ip")
    if preserves is None:
        return group.get("target_type", "instance") == "instance"
    return str(preserves).lower() == "true"


def header_of(listener: Resource) -> str:
    """The header that a request needs for a rule of a listener; empty for none."""
    for condition in listener.blocks("condition"):
        for header in mappings(condition.get("http_header")):
            return str(header.get("http_header_name"))
    return ""


def listeners_on(stack: Stack, balancer: Node, port: int) -> list[Resource]:
    """The listeners of a load balancer on a port."""
    own = [each for each in stack.of_type("aws_lb_listener") if integer(each.get("port")) == port]
    return [each for each in own if address_of(each.get("load_balancer_arn")) == balancer.address]


def passed_on(stack: Stack, balancer: Node, port: int, source: Node | None) -> Step:
    """Whether a load balancer, or a distribution, passes the requests of a source on a port on; None is the internet.

    A connection to it may be possible, and each request answered by the listener itself: turned away for want of a
    header that only a distribution sends, redirected, or by a fixed response.
    """
    if balancer.kind == "cdn":
        return _passed_on_by_a_distribution(stack, balancer, port)
    listeners = listeners_on(stack, balancer, port)
    sent = _headers_sent(stack, source)
    lacks: list[str] = []
    for each in (*listeners, *rules_of(stack, listeners)):
        if any(forwarded(each)):
            header = header_of(each)
            if not header or header.lower() in sent:
                return Step.yes("forwards", f"requests on {port} are passed on", each.address)
            lacks.append(header)
    without = f" without the header {lacks[0]}" if lacks else ""
    answers = ", ".join(filter(None, map(_own_answer, listeners))) or "get no answer of a target"
    where = ", ".join(each.address for each in listeners)
    return Step.no("forwards", f"requests on {port}{without} are not passed on: they {answers}", where)


def _passed_on_by_a_distribution(stack: Stack, node: Node, port: int) -> Step:
    """Whether a distribution takes requests over plain HTTP, or only redirects and refuses them."""
    distribution = stack.find(node.address)
    blocks = ("default_cache_behavior", "ordered_cache_behavior")
    behaviors = [each for name in blocks for each in (distribution.blocks(name) if distribution else ())]
    plain = any(each.get("viewer_protocol_policy") == "allow-all" for each in behaviors) or not behaviors
    if port == HTTP and not plain:
        text = f"requests on {port} are not passed on: they are redirected to HTTPS, or get 403"
        return Step.no("forwards", text, node.address)
    return Step.yes("forwards", f"requests on {port} are passed on", node.address)


def _headers_sent(stack: Stack, source: Node | None) -> set[str]:
    """The names of the headers that a distribution adds to what it sends to its origins, in lower case."""
    distribution = stack.find(source.address) if source and source.kind == "cdn" else None
    return {
        str(header.get("name")).lower()
        for origin in (distribution.blocks("origin") if distribution else ())
        for header in mappings(origin.get("custom_header"))
    }


def _own_answer(listener: Resource) -> str:
    """What a listener does with a request by itself."""
    for action in listener.blocks("default_action"):
        for to in mappings(action.get("redirect")):
            return f"are redirected to {to.get('protocol')} {to.get('port')}"
        for fixed in mappings(action.get("fixed_response")):
            return f"get {fixed.get('status_code')}"
    return ""


def rules_of(stack: Stack, listeners: Sequence[Resource]) -> list[Resource]:
    """The rules of listeners."""
    addresses = {each.address for each in listeners}
    return [each for each in stack.of_type("aws_lb_listener_rule") if address_of(each.get("listener_arn")) in addresses]


def forwarded(listener: Resource) -> Iterator[str]:
    """The target groups that a listener, or a rule of one, forwards to."""
    for action in (*listener.blocks("default_action"), *listener.blocks("action")):
        if action.get("target_group_arn"):
            yield address_of(action["target_group_arn"])
        for forward in mappings(action.get("forward")):
            for group in mappings(forward.get("target_group")):
                yield address_of(group.get("arn"))


def _tasks(stack: Stack, network: Network, service: Resource) -> Node:
    (block, *_) = service.blocks("network_configuration") or ({},)
    subnets = _subnets(network, addresses_of(block.get("subnets")))
    public = block.get("assign_public_ip") is True
    definition = stack.find(address_of(service.get("task_definition")))
    return Node(
        name=_name(stack, "tasks", service),
        kind="tasks",
        address=service.address,
        subnets=subnets,
        groups=network.groups(block.get("security_groups"), subnets),
        public=Step(
            "public address", public, f"the tasks have {'a' if public else 'no'} public address", service.address
        ),
        public_ipv6=_ipv6_of_tasks(subnets, service.address),
        listens=tuple(_container_ports(definition)) if definition else (),
        opens=Step.yes("opens", "the application opens connections", service.address),
    )


def _container_ports(definition: Resource) -> Iterator[Listening]:
    for container in definition.blocks("container_definitions"):
        for mapping in mappings(container.get("portMappings")):
            port = mapping.get("containerPort")
            if isinstance(port, int):
                text = f"container {container.get('name')} listens on {port}"
                yield Listening(
                    str(mapping.get("protocol", "tcp")), port, Step.yes("listens", text, definition.address)
                )


def _database(stack: Stack, network: Network, database: Resource) -> Node:
    public = _publicly_accessible(stack, database)
    engine = str(database.get("engine", "postgres"))
    port = integer(database.get("port", _DATABASE_PORTS.get(engine, _POSTGRESQL_PORT)))
    subnets = _of_subnet_group(stack, network, "aws_db_subnet_group", database.get("db_subnet_group_name"))
    return Node(
        name=_name(stack, "database", database),
        kind="database",
        address=database.address,
        subnets=subnets,
        groups=network.groups(database.get("vpc_security_group_ids"), subnets),
        public=Step(
            "public address", public, f"the database has {'a' if public else 'no'} public address", database.address
        ),
        public_ipv6=_dual_stack(database),
        listens=(Listening("tcp", port, Step.yes("listens", f"{engine} listens on {port}", database.address)),),
        opens=Step.yes("opens", "the database may open connections (extensions of PostgreSQL do)", database.address),
    )


def _publicly_accessible(stack: Stack, database: Resource) -> bool:
    """Whether an instance, or an instance of a cluster, has a public address."""
    members = [
        each
        for each in stack.of_type("aws_rds_cluster_instance")
        if address_of(each.get("cluster_identifier")) in (database.address, database.get("cluster_identifier"))
    ]
    return any(each.get("publicly_accessible") is True for each in (database, *members))


def _cache(stack: Stack, network: Network, cache: Resource) -> Node:
    port = integer(cache.get("port", _REDIS_PORT))
    engine = str(cache.get("engine", "redis"))
    subnets = _of_subnet_group(stack, network, "aws_elasticache_subnet_group", cache.get("subnet_group_name"))
    return Node(
        name=_name(stack, "cache", cache),
        kind="cache",
        address=cache.address,
        subnets=subnets,
        groups=network.groups(cache.get("security_group_ids"), subnets),
        public=Step.no("public address", "ElastiCache gives its nodes no public address", cache.address),
        public_ipv6=_dual_stack(cache),
        listens=(Listening("tcp", port, Step.yes("listens", f"{engine} listens on {port}", cache.address)),),
        opens=Step.no("opens", "a node of ElastiCache opens no connections of its own", cache.address),
    )


def _endpoint(stack: Stack, network: Network, endpoint: Resource) -> Node:
    service = service_of(endpoint)
    subnets = _subnets(network, addresses_of(endpoint.get("subnet_ids")))
    return Node(
        name=f"endpoint.{service}" if service else _name(stack, "endpoint", endpoint),
        kind="endpoint",
        address=endpoint.address,
        subnets=subnets,
        groups=network.groups(endpoint.get("security_group_ids"), subnets),
        public=Step.no("public address", "an endpoint has no public address", endpoint.address),
        public_ipv6=Step.no("public address", "an endpoint has no public address", endpoint.address),
        listens=(
            Listening(
                "tcp", HTTPS, Step.yes("listens", f"the endpoint of {service} listens on {HTTPS}", endpoint.address)
            ),
        ),
        opens=Step.no("opens", "an endpoint opens no connections", endpoint.address),
        service=service,
    )


def _empty(network: Network, group: Resource, taken: set[str]) -> Node:
    """A group that nothing uses yet: what will is assumed in any subnet, with every port that the rules name."""
    vpc = address_of(group.get("vpc_id"))
    ports = {
        (rule.protocol, rule.ports[0]): rule
        for rule in network.rules[group.address]
        if rule.direction == "ingress" and rule.ports[0] == rule.ports[1]
    }
    name = _GROUP_NAMES.get(group.name, group.name)
    subnets = tuple(each for each in network.subnets.values() if each.vpc == vpc)
    assumed = "nothing is in the group yet; a public address is assumed possible"
    return Node(
        name=group.address if name in taken else name,
        kind="group",
        address=group.address,
        subnets=subnets,
        groups=(group.address,),
        public=Step.yes("public address", assumed, group.address),
        public_ipv6=Step.yes("public address", assumed, group.address)
        if _have_ipv6(subnets)
        else Step.no("public address", _NO_IPV6_BLOCK, group.address),
        listens=tuple(
            Listening(
                protocol,
                port,
                Step(
                    "listens",
                    None,
                    f"nothing in the stack uses the group; what will may listen on {port}, as a rule names it",
                    rule.address,
                ),
            )
            for (protocol, port), rule in ports.items()
        ),
        opens=Step.no("opens", "nothing is in the group yet", group.address),
    )


def _subnets(network: Network, addresses: tuple[str, ...]) -> tuple[Subnet, ...]:
    return tuple(network.subnets[each] for each in addresses if each in network.subnets)


def _of_subnet_group(stack: Stack, network: Network, kind: str, value: Value) -> tuple[Subnet, ...]:
    """The subnets of a group that is named, or referred to."""
    for group in stack.of_type(kind):
        if value == group.get("name", value) or address_of(value) == group.address:
            return _subnets(network, addresses_of(group.get("subnet_ids")))
    return ()


def _dual_stack(resource: Resource) -> Step:
    dual = str(resource.get("network_type", "ipv4")).lower() in {"dual", "dual_stack", "ipv6"}
    return Step("public address", dual, f"it has {'an' if dual else 'no'} IPv6 address", resource.address)


def _ipv6_of_tasks(subnets: tuple[Subnet, ...], address: str) -> Step:
    """Whether tasks have IPv6 addresses: in subnets with IPv6 blocks, and by a setting of the account.

    ECS's developer guide, "Dual-stack VPC mode" of `awsvpc`: `dualStackIPv6` is off where nobody has turned it on.
    """
    if not _have_ipv6(subnets):
        return Step.no("public address", _NO_IPV6_BLOCK, address)
    text = "tasks have IPv6 addresses only where the setting dualStackIPv6 of the account is on"
    return Step.unknown("public address", text, address)


_NO_IPV6_BLOCK: Final = "its subnets have no IPv6 block"


def _have_ipv6(subnets: tuple[Subnet, ...]) -> bool:
    return any(subnet.has_ipv6 for subnet in subnets)
