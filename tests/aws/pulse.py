"""What works in an emulated account at a moment: a change interrupts what worked before it and for a while does not.

The emulated AWS looks after each request that changes something (`tests.aws.strict`). What AWS itself interrupts while
one request is carried out, such as a failover, can't be seen here: `miyabi_infra.stacks.effects` has it from AWS's
documentation.
"""

from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any, Final, cast

from moto.backends import get_backend

Moto = Any
"""A model of moto's, whose own types say too little."""

REQUESTS: Final = "requests of users"
INTERNET: Final = "connections from the tasks to the internet"
CACHE: Final = "the cache"
TASKS: Final = "the tasks"
NAME: Final = "the private DNS name of the tasks"
NAMES: Final = "the name"
"""Of a record in a public hosted zone."""
DATABASE: Final = "the database"
FRONTEND: Final = "the frontend"
FRONTEND_NAMES: Final = "the frontend under its own names"


def working(account: str, region: str) -> set[str]:
    """What works now: for users, for the tasks, and what others find by a name."""
    found = {TASKS} if any(each.running_count for each in _services(account, region)) else set[str]()
    found |= {f"{REQUESTS} to port {port}" for port in _open_ports(account, region)}
    if _has_cache(account, region):
        found.add(CACHE)
    if _reach_the_internet(account, region):
        found.add(INTERNET)
    if _backend("servicediscovery", account, region).services:
        found.add(NAME)
    if _backend("rds", account, region).databases:
        found.add(DATABASE)
    found |= {f"{NAMES} {name}" for name in _names(account)}
    for config in _frontends(account):
        found |= {FRONTEND, FRONTEND_NAMES} if config["Aliases"].get("Items") else {FRONTEND}
    return found


def _backend(service: str, account: str, region: str) -> Moto:
    return cast("Callable[[str], Any]", get_backend)(service)[account][region]


def _services(account: str, region: str) -> list[Moto]:
    return [each for each in _backend("ecs", account, region).services.values() if each.status == "ACTIVE"]


def _open_ports(account: str, region: str) -> Iterator[int]:
    """Ports of listeners with a target that the load balancer may connect to."""
    ec2, elb = _backend("ec2", account, region), _backend("elbv2", account, region)
    for balancer in elb.load_balancers.values():
        for listener in balancer.listeners.values():
            actions = [action.data for action in listener.default_actions]
            if any(action.get("Type") in {"redirect", "fixed-response"} for action in actions):
                yield int(listener.port)
            arns = [
                each["TargetGroupArn"]
                for action in actions
                for each in (action.get("ForwardConfig", {}).get("TargetGroups") or [action])
                if "TargetGroupArn" in each
            ]
            targets = [
                each for arn in arns if arn in elb.target_groups for each in elb.target_groups[arn].targets.values()
            ]
            if any(_admitted(ec2, balancer, str(each["Id"]), int(each["Port"])) for each in targets):
                yield int(listener.port)


def _admitted(ec2: Moto, balancer: Moto, address: str, port: int) -> bool:
    """Whether the groups of a task admit the load balancer's groups on a port."""
    interfaces = [each for each in ec2.enis.values() if each.private_ip_address == address]
    if not interfaces:
        return True  # of something else than a task
    allowed = set(balancer.security_groups)
    for group in interfaces[0].group_set:
        for rule in group.ingress_rules:
            ports = rule.from_port is None or int(rule.from_port) <= port <= int(rule.to_port)
            block = rule.ip_range.get("CidrIp")
            from_it = rule.source_group.get("GroupId") in allowed
            if ports and (from_it or (block is not None and ip_address(address) in ip_network(block))):
                return True
    return False


def _has_cache(account: str, region: str) -> bool:
    """Whether there is a cache that the tasks use: one whose name they are given, or any if they are given none."""
    cache = _backend("elasticache", account, region)
    nodes = {name for name, node in cache.cache_clusters.items() if not getattr(node, "replication_group_id", None)}
    names = {*nodes, *cache.replication_groups}
    told = "".join(_told(account, region))
    return any(name in told for name in names) if "cache.amazonaws.com" in told else bool(names)


def _frontends(account: str) -> Iterator[dict[str, Any]]:
    """The configurations of distributions that are on and whose buckets are there."""
    buckets = _backend("s3", account, "aws").buckets
    for each in _backend("cloudfront", account, "aws").distributions.values():
        origins = [str(origin["DomainName"]) for origin in each.config["Origins"]["Items"]]
        there = all(name.partition(".s3.")[0] in buckets for name in origins if ".s3." in name)
        if each.config["Enabled"] and there:
            yield each.config


def _names(account: str) -> Iterator[str]:
    """The names that lead somewhere, in public hosted zones."""
    for zone in _backend("route53", account, "aws").zones.values():
        if not zone.private_zone:
            yield from (str(each.name).rstrip(".") for each in zone.rrsets if each.type == "A")


def _told(account: str, region: str) -> Iterator[str]:
    """What the tasks are given: variables, and the values of secrets."""
    ecs = _backend("ecs", account, region)
    for service in _services(account, region):
        definition = ecs.describe_task_definition(service.task_definition)
        yield from (str(each.get("environment")) for each in definition.container_definitions)
    for secret in _backend("secretsmanager", account, region).secrets.values():
        yield from (str(version.get("secret_string")) for version in secret.versions.values())


def _reach_the_internet(account: str, region: str) -> bool:
    """Whether each subnet of the tasks has a route to a NAT gateway that is there."""
    ec2 = _backend("ec2", account, region)
    subnets = {
        subnet
        for service in _services(account, region)
        for subnet in service.network_configuration["awsvpcConfiguration"]["subnets"]
    }
    gateways = {key for key, each in ec2.nat_gateways.items() if each.state in {"pending", "available"}}
    routed = {
        subnet
        for table in ec2.route_tables.values()
        for subnet in table._associations.values()
        if any(
            route.destination_cidr_block == "0.0.0.0/0"
            and route.nat_gateway is not None
            and route.nat_gateway.id in gateways
            for route in table.routes
        )
    }
    return subnets <= routed  # without a service, it is the tasks that are missing
