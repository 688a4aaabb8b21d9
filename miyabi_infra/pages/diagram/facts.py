"""What of a stack stands in the picture: read from the arguments of its resources, and from `reach`."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from miyabi_infra.reach import Connection, Reach
from miyabi_infra.reach.network import Subnet, address_of
from miyabi_infra.reach.nodes import Node as Reached
from miyabi_infra.stacks import Resource, Stack, Value
from miyabi_infra.text import count


@dataclass(frozen=True)
class Node:
    """Something that is drawn."""

    title: str
    """What it is: `NAT gateway`."""
    name: str
    """What it is called: `miyabi-nat-1-dev`."""
    facts: tuple[str, ...] = ()
    """A few words each."""


@dataclass(frozen=True)
class Bar(Node):
    """A node that is spread over subnets, or may stand in any of them."""

    reached: str = ""
    """What `reach` calls it: the end of arrows."""
    kind: str = ""
    """`load balancer`, `tasks`, `cache`, `database`; `group` for a security group that nothing stands in."""
    subnets: tuple[str, ...] = ()
    """Addresses of the subnets."""


@dataclass(frozen=True)
class Place:
    """A subnet, and what of it is drawn."""

    address: str
    zone: str
    cidr: str
    public: bool
    """Whether an internet gateway serves it."""
    nat: Node | None
    """The NAT gateway that stands in it."""
    way_out: str
    """Address of the NAT gateway by which it reaches the internet; empty without one."""


@dataclass(frozen=True)
class Tasks:
    """How many tasks run: the range of the autoscaler."""

    least: int
    most: int

    @property
    def text(self) -> str:
        """`2 to 4 tasks`."""
        return count(self.least, "task") if self.least == self.most else f"{self.least} to {self.most} tasks"

    def spread(self, zones: int) -> "list[Tasks]":
        """The tasks of each zone, spread as evenly as Fargate tries to."""
        return [
            Tasks(*(number // zones + (zone < number % zones) for number in (self.least, self.most)))
            for zone in range(zones)
        ]


@dataclass(frozen=True)
class Arrow:
    """A connection that can be opened, or several between the same two."""

    source: str
    """A bar's `reached`, or `internet`."""
    target: str
    label: str
    """`TCP 80, 443`, `all ports`."""


@dataclass(frozen=True)
class Facts:
    """All that the picture shows."""

    environment: str
    project: str
    region: str
    resources: int
    vpc: Node | None
    gateway: Node | None
    places: tuple[Place, ...]
    nats: Mapping[str, Node]
    """NAT gateways by address."""
    bars: tuple[Bar, ...]
    tasks: Tasks
    clients: str
    """Whom the load balancer lets in."""
    in_vpc: tuple[Node, ...]
    """What belongs to the VPC as a whole."""
    services: tuple[Node, ...]
    """What stands outside the VPC: AWS's regional services, and what has no place of its own."""
    arrows: tuple[Arrow, ...]

    @property
    def zones(self) -> tuple[str, ...]:
        """Availability zones, by name."""
        return tuple(sorted({place.zone for place in self.places}))

    def of_kind(self, *kinds: str) -> tuple[Bar, ...]:
        """The bars of some kinds."""
        return tuple(bar for bar in self.bars if bar.kind in kinds)

    def arrow(self, source: str, target: str) -> Arrow | None:
        """The arrow between two, None where no connection can be opened."""
        return next((each for each in self.arrows if (each.source, each.target) == (source, target)), None)


def facts(stack: Stack) -> Facts:
    """What stands in the picture of a stack."""
    reach = Reach(stack)
    vpc, gateway = _only(stack, "aws_vpc"), _only(stack, "aws_internet_gateway")
    services = stack.of_type("aws_ecs_service")
    nats = {nat.address: Node("NAT gateway", _name(nat)) for nat in stack.of_type("aws_nat_gateway")}
    standing = {address_of(nat.get("subnet_id")): nats[nat.address] for nat in stack.of_type("aws_nat_gateway")}
    return Facts(
        environment=stack.environment,
        project=stack.project,
        region=stack.region,
        resources=len(stack.resources),
        vpc=vpc and Node("VPC", _name(vpc), (str(vpc.get("cidr_block")),)),
        gateway=gateway and Node("Internet gateway", _name(gateway)),
        places=tuple(_place(subnet, standing.get(subnet.address)) for subnet in reach.network.subnets.values()),
        nats=nats,
        bars=tuple(_bar(stack, node) for node in reach.nodes if node.kind != "endpoint"),
        tasks=_tasks(stack, services[0]) if services else Tasks(0, 0),
        clients=_clients(reach),
        in_vpc=tuple(_cards(stack, _IN_VPC)),
        services=(*_cards(stack, _OUTSIDE), *_others(stack)),
        arrows=tuple(_arrows(reach.connections)),
    )


def _only(stack: Stack, kind: str) -> Resource | None:
    return next(iter(stack.of_type(kind)), None)


def _place(subnet: Subnet, nat: Node | None) -> Place:
    return Place(
        subnet.address,
        subnet.zone,
        ", ".join(map(str, subnet.blocks)),
        public=any(subnet.ways_out("aws_internet_gateway", 4)),
        nat=nat,
        way_out=next((route.target for route in subnet.ways_out("aws_nat_gateway", 4)), ""),
    )


def _clients(reach: Reach) -> str:
    """The blocks that the rules of load balancers let in, two of them at most."""
    blocks = dict.fromkeys(
        str(block)
        for node in reach.nodes
        if node.kind == "load balancer"
        for group in node.groups
        for rule in reach.network.rules.get(group, ())
        if rule.direction == "ingress"
        for block in rule.public_blocks
    )
    shown = ["anywhere" if block in ("0.0.0.0/0", "::/0") else block for block in blocks]
    first, more = list(dict.fromkeys(shown))[:_MOST_BLOCKS], len(set(shown)) - _MOST_BLOCKS
    return ", ".join(first) + (f" and {more} more" if more > 0 else "") or "nobody"


_MOST_BLOCKS: Final = 2


def _arrows(connections: Sequence[Connection]) -> Iterator[Arrow]:
    ports: dict[tuple[str, str], dict[str, list[str]]] = {}
    for each in connections:
        protocol, _, port = each.port_text.partition(" ")
        ports.setdefault((each.source, each.target), {}).setdefault(protocol, []).append(port)
    for (source, target), by_protocol in ports.items():
        labels = [
            "all ports" if protocol == "everything" else f"{protocol.rstrip(',').upper()} {', '.join(found)}"
            for protocol, found in by_protocol.items()
        ]
        yield Arrow(source, target, ", ".join(labels))


# ---- what stands in subnets ------------------------------------------------------------------------------------------


def _bar(stack: Stack, node: Reached) -> Bar:
    resource = stack.find(node.address)
    assert resource is not None
    title, name, found = _DESCRIBED[resource.type](stack, resource)
    return Bar(title, name, found, node.name, node.kind, tuple(subnet.address for subnet in node.subnets))


_Described = tuple[str, str, tuple[str, ...]]


def _balancer(stack: Stack, balancer: Resource) -> _Described:
    listeners = [
        _listener(each)
        for each in stack.of_type("aws_lb_listener")
        if address_of(each.get("load_balancer_arn")) == balancer.address
    ]
    protected = ["protected from deletion"] if balancer.get("enable_deletion_protection") is True else []
    return "Application Load Balancer", _name(balancer), (*listeners, *protected)


def _listener(listener: Resource) -> str:
    port = f"{listener.get('protocol')} {listener.get('port')}"
    for action in listener.blocks("default_action"):
        for to in _mappings(action.get("redirect")):
            return f"{port} redirects to {to.get('protocol')} {to.get('port')}"
        if action.get("type") == "forward":
            return f"{port} forwards"
    return f"{port} answers itself"


def _service(stack: Stack, service: Resource) -> _Described:
    found = [_tasks(stack, service).text]
    definition = stack.find(address_of(service.get("task_definition")))
    if definition is not None:
        vcpu, memory = (float(str(definition.get(each))) / 1024 for each in ("cpu", "memory"))
        found.append(f"{vcpu:g} vCPU, {memory:g} GB each")
        found += [str(platform.get("cpu_architecture")) for platform in definition.blocks("runtime_platform")]
    found += [f"port {balanced.get('container_port')}" for balanced in service.blocks("load_balancer")]
    targets = [text for text in map(_scaling, stack.of_type("aws_appautoscaling_policy")) if text]
    if targets:
        found.append(f"scales on {', '.join(targets)}")
    return "ECS service on Fargate", _name(service), tuple(found)


_METRICS: Final = {
    "ECSServiceAverageCPUUtilization": "CPU {:g} %",
    "ECSServiceAverageMemoryUtilization": "memory {:g} %",
    "ALBRequestCountPerTarget": "{:g} requests",
}


def _scaling(policy: Resource) -> str:
    for tracking in policy.blocks("target_tracking_scaling_policy_configuration"):
        target = tracking.get("target_value")
        for metric in _mappings(tracking.get("predefined_metric_specification")):
            if isinstance(target, int | float):
                return _METRICS.get(str(metric.get("predefined_metric_type")), "").format(target)
    return ""


def _tasks(stack: Stack, service: Resource) -> Tasks:
    for target in stack.of_type("aws_appautoscaling_target"):
        if str(target.get("resource_id")).endswith(f"/{service.get('name')}"):
            return Tasks(_whole(target.get("min_capacity")), _whole(target.get("max_capacity")))
    desired = _whole(service.get("desired_count", 1))
    return Tasks(desired, desired)


def _cache(_stack: Stack, cache: Resource) -> _Described:
    nodes = _whole(cache.get("num_cache_nodes") or cache.get("num_cache_clusters") or 1)
    found = (
        f"{cache.get('engine', 'redis')} {cache.get('engine_version')}".capitalize(),
        f"{count(nodes, 'node')} {cache.get('node_type')}",
        "in one of these subnets" if nodes == 1 else "in these subnets",
        "TLS" if cache.get("transit_encryption_enabled") is True else "no TLS",
    )
    return "ElastiCache", str(cache.get("cluster_id") or cache.get("replication_group_id")), found


def _database(_stack: Stack, database: Resource) -> _Described:
    found = (
        f"{database.get('engine')} {database.get('engine_version') or ''}".strip().capitalize(),
        str(database.get("instance_class") or ""),
        "standby in a second zone" if database.get("multi_az") is True else "in one of these subnets",
    )
    return "RDS", str(database.get("identifier") or database.get("cluster_identifier")), tuple(filter(None, found))


def _group(_stack: Stack, group: Resource) -> _Described:
    return "Nothing stands in this group", str(group.get("name")), (str(group.get("description") or ""),)


_DESCRIBED: Final[Mapping[str, Callable[[Stack, Resource], _Described]]] = {
    "aws_lb": _balancer,
    "aws_ecs_service": _service,
    "aws_elasticache_cluster": _cache,
    "aws_elasticache_replication_group": _cache,
    "aws_db_instance": _database,
    "aws_rds_cluster": _database,
    "aws_security_group": _group,
}


# ---- the rest: cards -------------------------------------------------------------------------------------------------

_Card = Callable[[Sequence[Resource], Stack], Node | None]


def _dns(found: Sequence[Resource], stack: Stack) -> Node:
    zone = str(found[0].get("name"))
    names = [f"{each.get('name')}.{zone}" for each in stack.of_type("aws_service_discovery_service")]
    return Node("Private DNS zone", zone, tuple(names))


def _endpoints(found: Sequence[Resource], _stack: Stack) -> Node:
    names = [".".join(str(each.get("service_name")).split(".")[3:]) for each in found]
    return Node(count(len(found), "VPC endpoint"), ", ".join(names))


def _repository(found: Sequence[Resource], _stack: Stack) -> Node:
    return Node("ECR", _names(found), ("container images",))


def _image(found: Sequence[Resource], _stack: Stack) -> Node:
    images = dict.fromkeys(_short_image(str(each.get("image"))) for each in _containers(found))
    return Node("ECR", ", ".join(images), ("the tasks' image",))


def _short_image(image: str) -> str:
    name, _, digest = image.rpartition("/")[2].partition("@sha256:")
    return f"{name}@{digest[:12]}…" if digest else name


def _secrets(found: Sequence[Resource], _stack: Stack) -> Node | None:
    held = [str(secret.get("valueFrom")) for each in _containers(found) for secret in _mappings(each.get("secrets"))]
    if not held:
        return None
    where = sorted({"Secrets Manager" if ":secretsmanager:" in each else "Parameter Store" for each in held})
    return Node(", ".join(where), count(len(held), "secret"), ("read when a task starts",))


def _containers(definitions: Sequence[Resource]) -> list[Mapping[str, Value]]:
    return [each for definition in definitions for each in definition.blocks("container_definitions")]


def _logs(found: Sequence[Resource], _stack: Stack) -> Node:
    days = sorted({_whole(each.get("retention_in_days", 0)) for each in found})
    kept = "kept for ever" if 0 in days else f"kept {' or '.join(map(str, days))} days"
    return Node("CloudWatch Logs", _names(found), (kept,))


def _alarms(found: Sequence[Resource], _stack: Stack) -> Node:
    heard = len([each for each in found if each.get("alarm_actions")])
    told = "all notify" if heard == len(found) else f"{heard} notify" if heard else "nobody is notified"
    return Node("CloudWatch", count(len(found), "alarm"), (told,))


def _topics(found: Sequence[Resource], stack: Stack) -> Node:
    told = count(len(stack.of_type("aws_sns_topic_subscription")), "subscription")
    return Node("SNS", _names(found), (told,))


def _dashboards(found: Sequence[Resource], stack: Stack) -> Node:
    queries = len(stack.of_type("aws_cloudwatch_query_definition"))
    kept = f"{queries} saved quer{'y' if queries == 1 else 'ies'}"
    return Node("Dashboard", ", ".join(str(each.get("dashboard_name")) for each in found), (kept,))


def _buckets(found: Sequence[Resource], _stack: Stack) -> Node:
    return Node("S3", ", ".join(str(each.get("bucket")) for each in found), ("Terraform states",))


def _roles(found: Sequence[Resource], _stack: Stack) -> Node:
    return Node("IAM", count(len(found), "role"), ("of the tasks",))


_IN_VPC: Final[tuple[tuple[str, _Card], ...]] = (
    ("aws_service_discovery_private_dns_namespace", _dns),
    ("aws_vpc_endpoint", _endpoints),
)
_OUTSIDE: Final[tuple[tuple[str, _Card], ...]] = (
    ("aws_ecr_repository", _repository),
    ("aws_ecs_task_definition", _image),
    ("aws_ecs_task_definition", _secrets),
    ("aws_cloudwatch_log_group", _logs),
    ("aws_cloudwatch_metric_alarm", _alarms),
    ("aws_sns_topic", _topics),
    ("aws_cloudwatch_dashboard", _dashboards),
    ("aws_iam_role", _roles),
    ("aws_s3_bucket", _buckets),
)
_PART_OF_ANOTHER: Final = (
    "aws_appautoscaling_",
    "aws_cloudwatch_query_definition",
    "aws_db_parameter_group",
    "aws_db_subnet_group",
    "aws_ecr_lifecycle_policy",
    "aws_ecs_cluster",
    "aws_eip",
    "aws_elasticache_parameter_group",
    "aws_elasticache_subnet_group",
    "aws_iam_role_policy",
    "aws_internet_gateway",
    "aws_lb_",
    "aws_nat_gateway",
    "aws_route",
    "aws_s3_bucket_",
    "aws_security_group",
    "aws_service_discovery_service",
    "aws_sns_topic_",
    "aws_subnet",
    "aws_vpc",
)
"""Beginnings of the types that are drawn with what they belong to: a listener on its load balancer, a route as the
subnet's place."""


def _cards(stack: Stack, kinds: Sequence[tuple[str, _Card]]) -> Iterator[Node]:
    for kind, card in kinds:
        found = stack.of_type(kind)
        node = card(found, stack) if found else None
        if node is not None:
            yield node


def _others(stack: Stack) -> Iterator[Node]:
    """What is generated and has no picture yet, so that nothing is left out."""
    drawn = (*_DESCRIBED, *(kind for kind, _ in (*_IN_VPC, *_OUTSIDE)))
    others = Counter(
        each.type for each in stack.resources if each.type not in drawn and not each.type.startswith(_PART_OF_ANOTHER)
    )
    for kind, number in sorted(others.items()):
        yield Node("Also", kind.removeprefix("aws_").replace("_", " "), (str(number),) if number > 1 else ())


# ---- values ----------------------------------------------------------------------------------------------------------


def _name(resource: Resource) -> str:
    """Its name, or its tag Name."""
    tags = resource.get("tags")
    return str(resource.get("name") or (tags.get("Name") if isinstance(tags, Mapping) else None) or resource.label)


def _names(found: Sequence[Resource]) -> str:
    return ", ".join(map(_name, found))


def _whole(value: Value) -> int:
    assert isinstance(value, int | float | str)
    return int(value)


def _mappings(value: Value) -> tuple[Mapping[str, Value], ...]:
    found = value if isinstance(value, tuple) else (value,)
    return tuple(each for each in found if isinstance(each, Mapping))
