"""What is drawn for each type of resource: a bar across subnets, a card, or a part of another drawing."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from miyabi_infra.pages.diagram.picture import Bar, Drawn, tasks_text
from miyabi_infra.reach.nodes import Node, forwarded, header_of, rules_of
from miyabi_infra.stacks import Resource, Stack
from miyabi_infra.stacks.firewalls import web_acls
from miyabi_infra.stacks.platform import (
    Platform,
    certified,
    display_name,
    integer,
    mappings,
    number,
    service_of,
    strings,
)
from miyabi_infra.text import count

# ---- bars: what runs in subnets --------------------------------------------------------------------------------------


def bar(platform: Platform, node: Node) -> Bar:
    """The bar of a node of `reach`."""
    resource = platform.stack.find(node.address)
    assert resource is not None
    title, name, found = _BARS[resource.type](platform, resource)
    return Bar(title, name, found, node.name, node.kind, tuple(subnet.address for subnet in node.subnets))


_Described = tuple[str, str, tuple[str, ...]]


def _balancer(platform: Platform, balancer: Resource) -> _Described:
    listeners = (_listener(platform.stack, each) for each in platform.listeners(balancer))
    protected = ["protected from deletion"] if balancer.get("enable_deletion_protection") is True else []
    inside = ["internal"] if balancer.get("internal") is True else []
    kind = str(balancer.get("ip_address_type") or "ipv4")
    versions = [kind] if kind != "ipv4" else []
    return "Application Load Balancer", display_name(balancer), (*inside, *versions, *listeners, *protected)


def _listener(stack: Stack, listener: Resource) -> str:
    port = f"{listener.get('protocol')} {listener.get('port')}"
    for action in listener.blocks("default_action"):
        for to in mappings(action.get("redirect")):
            return f"{port} redirects to {to.get('protocol')} {to.get('port')}"
        if action.get("type") == "forward":
            return f"{port} forwards"
    if any(header_of(rule) and any(forwarded(rule)) for rule in rules_of(stack, [listener])):
        return f"{port} forwards with CloudFront's secret header"
    return f"{port} fixed response"


def _service(platform: Platform, service: Resource) -> _Described:
    found = [tasks_text(platform.tasks(service))]
    definition = platform.task_definition(service)
    if definition is not None:
        vcpu, memory = (number(definition.get(each)) / 1024 for each in ("cpu", "memory"))
        found.append(f"{vcpu:g} vCPU, {memory:g} GB each")
        found += [str(runtime.get("cpu_architecture")) for runtime in definition.blocks("runtime_platform")]
    found += [f"port {balanced.get('container_port')}" for balanced in service.blocks("load_balancer")]
    scaling = [
        _METRICS[metric].format(value) for metric, value in platform.scaling_targets.items() if metric in _METRICS
    ]
    if scaling:
        found.append(f"scales on {', '.join(scaling)}")
    if hours := platform.running_hours(service):
        found.append(f"{tasks_text(hours.otherwise)} outside {hours.hours:g} h a week")
    found += [
        f"Spot {share:g} %, from {integer(block.get('base'))} on demand"
        for block in service.blocks("capacity_provider_strategy")
        if block.get("capacity_provider") == "FARGATE" and (share := platform.spot_share(service))
    ]
    return "ECS service on Fargate", display_name(service), tuple(found)


_METRICS: Final = {
    "ECSServiceAverageCPUUtilization": "CPU {:g} %",
    "ECSServiceAverageMemoryUtilization": "memory {:g} %",
    "ALBRequestCountPerTarget": "{:g} requests",
}


def _cache(_platform: Platform, cache: Resource) -> _Described:
    nodes = integer(cache.get("num_cache_nodes") or cache.get("num_cache_clusters") or 1)
    found = (
        f"{cache.get('engine', 'redis')} {cache.get('engine_version')}".capitalize(),
        f"{count(nodes, 'node')} {cache.get('node_type')}",
        "in one of these subnets" if nodes == 1 else "in these subnets",
        "TLS" if cache.get("transit_encryption_enabled") is True else "no TLS",
    )
    return "ElastiCache", str(cache.get("cluster_id") or cache.get("replication_group_id")), found


def _database(_platform: Platform, database: Resource) -> _Described:
    found = (
        f"{database.get('engine')} {database.get('engine_version') or ''}".strip().capitalize(),
        str(database.get("instance_class") or ""),
        "standby in a second zone" if database.get("multi_az") is True else "in one of these subnets",
    )
    return "RDS", str(database.get("identifier") or database.get("cluster_identifier")), tuple(filter(None, found))


def _group(_platform: Platform, group: Resource) -> _Described:
    return "No resource uses this group", str(group.get("name")), (str(group.get("description") or ""),)


_BARS: Final[Mapping[str, Callable[[Platform, Resource], _Described]]] = {
    "aws_lb": _balancer,
    "aws_ecs_service": _service,
    "aws_elasticache_cluster": _cache,
    "aws_elasticache_replication_group": _cache,
    "aws_db_instance": _database,
    "aws_rds_cluster": _database,
    "aws_security_group": _group,
}


# ---- the rest: cards -------------------------------------------------------------------------------------------------


def _dns(found: Sequence[Resource], platform: Platform) -> Drawn:
    zone = str(found[0].get("name"))
    names = [f"{each.get('name')}.{zone}" for each in platform.stack.of_type("aws_service_discovery_service")]
    return Drawn("Private DNS zone", zone, tuple(names))


def _zone(found: Sequence[Resource], _platform: Platform) -> Drawn:
    return Drawn("Hosted zone", _names(found), ("delegated where the domain is registered",))


def _records(found: Sequence[Resource], platform: Platform) -> Drawn | None:
    names = dict.fromkeys(str(each.index) for each in found if each.get("alias"))
    checked = [str(each.get("fqdn")) for each in platform.stack.of_type("aws_route53_health_check")]
    return Drawn("Route 53", ", ".join(names), tuple(f"asks for {each}" for each in checked)) if names else None


def _certificates(found: Sequence[Resource], _platform: Platform) -> Drawn:
    names = [certified(each) for each in found]
    further = sum(map(len, names)) - len(found)
    return Drawn("ACM", ", ".join(each[0] for each in names), (count(further, "further name"),) if further else ())


def _endpoints(found: Sequence[Resource], _platform: Platform) -> Drawn:
    return Drawn(count(len(found), "VPC endpoint"), ", ".join(map(service_of, found)))


def _egress_only(found: Sequence[Resource], _platform: Platform) -> Drawn:
    return Drawn("Egress-only internet gateway", _names(found), ("private subnets to the internet, over IPv6",))


def _repository(found: Sequence[Resource], _platform: Platform) -> Drawn:
    return Drawn("ECR", _names(found), ("container images",))


def _image(_found: Sequence[Resource], platform: Platform) -> Drawn:
    images = dict.fromkeys(_short_image(str(each.get("image"))) for each in platform.containers)
    return Drawn("ECR", ", ".join(images), ("image of the tasks",))


def _short_image(image: str) -> str:
    name, _, digest = image.rpartition("/")[2].partition("@sha256:")
    return f"{name}@{digest[:12]}…" if digest else name


def _secrets(_found: Sequence[Resource], platform: Platform) -> Drawn | None:
    held = [str(secret.get("valueFrom")) for each in platform.containers for secret in mappings(each.get("secrets"))]
    if not held:
        return None
    where = sorted({"Parameter Store" if ":ssm:" in each else "Secrets Manager" for each in held})
    return Drawn(", ".join(where), count(len(held), "secret"), ("read when a task starts",))


def _logs(found: Sequence[Resource], _platform: Platform) -> Drawn:
    days = sorted({integer(each.get("retention_in_days", 0)) for each in found})
    kept = "never deleted" if 0 in days else f"deleted after {' or '.join(map(str, days))} day{'s' * (days != [1])}"
    return Drawn("CloudWatch Logs", _names(found), (kept,))


def _alarms(found: Sequence[Resource], _platform: Platform) -> Drawn:
    heard = len([each for each in found if each.get("alarm_actions")])
    told = "all notify" if heard == len(found) else f"{heard} notify" if heard else "none notify"
    return Drawn("CloudWatch", count(len(found), "alarm"), (told,))


def _topics(found: Sequence[Resource], platform: Platform) -> Drawn:
    told = count(len(platform.stack.of_type("aws_sns_topic_subscription")), "subscription")
    return Drawn("SNS", _names(found), (told,))


def _dashboards(found: Sequence[Resource], platform: Platform) -> Drawn:
    queries = len(platform.stack.of_type("aws_cloudwatch_query_definition"))
    kept = f"{queries} saved quer{'y' if queries == 1 else 'ies'}"
    return Drawn("Dashboard", ", ".join(str(each.get("dashboard_name")) for each in found), (kept,))


def _buckets(found: Sequence[Resource], platform: Platform) -> Drawn:
    known = {each.address: holds for each, holds in platform.buckets}
    held = dict.fromkeys(known.get(each.address, "Terraform states") for each in found)
    return Drawn("S3", ", ".join(str(each.get("bucket")) for each in found), (", ".join(held),))


def _distribution(found: Sequence[Resource], _platform: Platform) -> Drawn:
    named = strings(found[0].get("aliases")) or (str(found[0].get("comment")),)
    paths = [str(each.get("path_pattern")) for each in found[0].blocks("ordered_cache_behavior")]
    return Drawn("CloudFront", ", ".join(named), ("files from S3", f"{', '.join(paths)} to the API"))


def _firewall(found: Sequence[Resource], platform: Platform) -> Drawn:
    lines: list[str] = []
    for acl in web_acls(platform.stack):
        where = "of the distribution" if acl.of_distribution else "of the load balancer"
        lines.append(f"{where}: {len(acl.that('block'))} of {count(len(acl.rules), 'rule')} block")
    return Drawn("WAF", _names(found), tuple(lines))


def _names(found: Sequence[Resource]) -> str:
    """The first name, and how many more there are: a card has room for one."""
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{display_name(found[0])}{more}"


def _roles(found: Sequence[Resource], _platform: Platform) -> Drawn:
    return Drawn("IAM", count(len(found), "role"), ("used by the tasks",))


Where = Literal["in the VPC", "outside the VPC"]


@dataclass(frozen=True)
class _Card:
    """How the resources of a type are drawn together, as a card."""

    type: str
    where: Where
    draw: Callable[[Sequence[Resource], Platform], Drawn | None]
    """None where there is nothing to say."""


_CARDS: Final = (
    _Card("aws_service_discovery_private_dns_namespace", "in the VPC", _dns),
    _Card("aws_egress_only_internet_gateway", "in the VPC", _egress_only),
    _Card("aws_vpc_endpoint", "in the VPC", _endpoints),
    _Card("aws_cloudfront_distribution", "outside the VPC", _distribution),
    _Card("aws_route53_zone", "outside the VPC", _zone),
    _Card("aws_route53_record", "outside the VPC", _records),
    _Card("aws_acm_certificate", "outside the VPC", _certificates),
    _Card("aws_wafv2_web_acl", "outside the VPC", _firewall),
    _Card("aws_ecr_repository", "outside the VPC", _repository),
    _Card("aws_ecs_task_definition", "outside the VPC", _image),
    _Card("aws_ecs_task_definition", "outside the VPC", _secrets),
    _Card("aws_cloudwatch_log_group", "outside the VPC", _logs),
    _Card("aws_cloudwatch_metric_alarm", "outside the VPC", _alarms),
    _Card("aws_sns_topic", "outside the VPC", _topics),
    _Card("aws_cloudwatch_dashboard", "outside the VPC", _dashboards),
    _Card("aws_iam_role", "outside the VPC", _roles),
    _Card("aws_s3_bucket", "outside the VPC", _buckets),
)
"""The cards, in the order in which they are shown: CloudFront first, next to the internet, which asks it."""

_PARTS: Final[Mapping[str, str]] = {
    "aws_acm_certificate_validation": "of the certificate",
    "aws_appautoscaling_policy": "text of the service's bar",
    "aws_appautoscaling_scheduled_action": "text of the service's bar",
    "aws_appautoscaling_target": "number of tasks on the service's bar",
    "aws_cloudfront_function": "of the distribution",
    "aws_cloudfront_origin_access_control": "of the distribution",
    "aws_cloudfront_response_headers_policy": "of the distribution",
    "aws_cloudwatch_query_definition": "count on the dashboard's card",
    "aws_codedeploy_app": "of the service",
    "aws_codedeploy_deployment_group": "of the service",
    "aws_db_event_subscription": "of the database",
    "aws_db_parameter_group": "of the database",
    "aws_db_subnet_group": "subnets that the database's bar spans",
    "aws_ecr_lifecycle_policy": "of the repository",
    "aws_ecr_repository_policy": "of the repository",
    "aws_ecs_cluster": "of the service",
    "aws_ecs_cluster_capacity_providers": "of the service",
    "aws_eip": "of the NAT gateway",
    "aws_elasticache_parameter_group": "of the cache",
    "aws_elasticache_subnet_group": "subnets that the cache's bar spans",
    "aws_iam_openid_connect_provider": "who may assume the roles of the pipeline",
    "aws_iam_policy": "of the roles",
    "aws_iam_role_policy": "of the roles",
    "aws_iam_role_policy_attachment": "of the roles",
    "aws_flow_log": "of the VPC",
    "aws_internet_gateway": "a box at the edge of the VPC",
    "aws_lb_listener": "text of the load balancer's bar",
    "aws_lb_listener_certificate": "of the listener",
    "aws_lb_listener_rule": "of the listener",
    "aws_lb_target_group": "arrow from the load balancer to the tasks",
    "aws_nat_gateway": "a box in its subnet",
    "aws_secretsmanager_secret": "of the tasks, whose card counts them",
    "aws_secretsmanager_secret_rotation": "of the secret",
    "aws_secretsmanager_secret_version": "of the secret",
    "aws_route53_health_check": "text of the records' card",
    "aws_route": "text of the subnet, arrows to gateways",
    "aws_route_table": "text of the subnet, arrows to gateways",
    "aws_route_table_association": "text of the subnet, arrows to gateways",
    "aws_s3_bucket_lifecycle_configuration": "of the bucket",
    "aws_s3_bucket_ownership_controls": "of the bucket",
    "aws_s3_bucket_policy": "of the bucket",
    "aws_s3_bucket_public_access_block": "of the bucket",
    "aws_s3_bucket_server_side_encryption_configuration": "of the bucket",
    "aws_s3_bucket_versioning": "of the bucket",
    "aws_security_group_rule": "arrows between bars",
    "aws_service_discovery_service": "text of the DNS zone's card",
    "aws_sns_topic_policy": "of the topic",
    "aws_sns_topic_subscription": "count on the topic's card",
    "aws_subnet": "a box in its zone",
    "aws_vpc": "the box around the zones",
    "aws_wafv2_ip_set": "of the firewall",
    "aws_wafv2_web_acl_association": "text of the firewall's card",
    "aws_wafv2_web_acl_logging_configuration": "of the firewall",
    "aws_vpc_security_group_egress_rule": "arrows between bars",
    "aws_vpc_security_group_ingress_rule": "arrows between bars",
}
"""Types that are drawn as a part of another drawing, and how."""

KNOWN_TYPES: Final = frozenset({*_BARS, *_PARTS, *(card.type for card in _CARDS)})
"""Types of resources that the picture shows; others are counted on a card."""


def cards(platform: Platform, where: Where, nodes: Sequence[Node] = ()) -> Iterator[Drawn]:
    """The cards of a stack, inside the VPC or outside; the nodes of `reach` among them are ends of arrows."""
    names = {node.address: node.name for node in nodes}
    for card in _CARDS:
        found = platform.stack.of_type(card.type) if card.where == where else ()
        drawn = card.draw(found, platform) if found else None
        if drawn is not None:
            yield replace(drawn, stands_for=tuple(names[each.address] for each in found if each.address in names))


def not_drawn(platform: Platform) -> Iterator[Drawn]:
    """Resources of types that have no drawing, counted, so that nothing is left out."""
    others = Counter(each.type for each in platform.stack.resources if each.type not in KNOWN_TYPES)
    for kind, counted in sorted(others.items()):
        yield Drawn("Other resources", kind.removeprefix("aws_").replace("_", " "), (str(counted),))
