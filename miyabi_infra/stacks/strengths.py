"""What protects an environment: each protection is measured in the generated stack, and more is stronger.

Every argument of every known type belongs to a protection (STRENGTHS), is declared not to be one (NO_PROTECTION), or is
one of which the stack does not say which way is weaker (DEPENDS). A difference in the last, or of what nobody has
declared, is not judged, and `unjudged` names it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from miyabi_infra.stacks import measures as by
from miyabi_infra.stacks import openness
from miyabi_infra.stacks.compare import ABSENT, BACKEND, PROVIDER, ResourceChange
from miyabi_infra.stacks.model import Stack
from miyabi_infra.stacks.platform import CACHES, DATABASES
from miyabi_infra.text import some
from modules.addresses import IPV4, IPV6


@dataclass(frozen=True)
class Strength:
    """A measure of how well an environment is protected. The greater of two is the stronger."""

    name: str
    why: str
    measures: by.Measure
    """Figures by subject."""
    arguments: tuple[tuple[str, str], ...]
    """Types of resources and their arguments that it is measured by; an empty argument: that the resource is there."""
    lost: float | None = None
    """The figure of a subject that the second environment does not have; None: its loss is no weakness by itself."""
    new: float | None = None
    """What a subject that only the second has must not be below; None: a new one is no weakness by itself."""
    words: openness.Words | None = None
    """What stands behind the figures, where they are none that people read."""
    version: int | None = None
    """The IP version that it is about; None for what has to do with none."""
    about: str = ""
    """What the path of an argument must hold to be about it, where the argument is about other things too."""
    more: Callable[[Stack, Stack, str], bool] | None = None
    """Whether a subject has anything in the second stack that it lacks in the first: without, figures are no loss."""

    def told(self, stack: Stack) -> str:
        """The weakest figure, for people."""
        figures = self.measures(stack)
        subject = min(figures, key=lambda each: figures[each], default="")
        return shown(self.measure(stack)) if self.words is None else _some(self.words(stack, subject), ())

    def measure(self, stack: Stack) -> float:
        """The weakest figure; 0 without a subject."""
        return min(self.measures(stack).values(), default=0)


@dataclass(frozen=True)
class Weaker:
    """A strength of which the second of two environments has less."""

    strength: Strength
    before: float
    after: float
    subject: str = ""
    """The resource; empty for the whole stack."""
    words: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    """What stands behind the figures, before and after."""

    @property
    def told(self) -> tuple[str, str]:
        """What there was before, and what there is after, for people."""
        if self.words is None:
            return shown(self.before), shown(self.after)
        before, after = self.words
        return _some(before, after), _some(after, before)


@dataclass(frozen=True)
class Unjudged:
    """A difference of which nobody has declared which way is weaker."""

    address: str
    argument: str
    """Empty for a resource that only one side has."""


def weaker(before: Stack, after: Stack) -> list[Weaker]:
    """The strengths of which `after` has less than `before`, by subject."""
    return [found for each in STRENGTHS for found in _losses(each, before, after)]


def _losses(strength: Strength, before: Stack, after: Stack) -> Iterator[Weaker]:
    first, second = strength.measures(before), strength.measures(after)
    for subject, figure in first.items():
        left = second.get(subject, strength.lost)
        if left is not None and left < figure and _more(strength, before, after, subject):
            yield _weaker(strength, (before, figure), (after, left), subject)
    if strength.new is None:
        return
    for subject in sorted(second.keys() - first.keys()):
        if second[subject] < strength.new and _more(strength, before, after, subject):
            yield _weaker(strength, (before, strength.new), (after, second[subject]), subject)


def _more(strength: Strength, before: Stack, after: Stack, subject: str) -> bool:
    return strength.more is None or strength.more(before, after, subject)


def _weaker(strength: Strength, before: tuple[Stack, float], after: tuple[Stack, float], subject: str) -> Weaker:
    """A loss; where one side is a flag, so is the other: an argument that is left out is none."""
    (first, had), (second, has) = before, after
    if isinstance(had, bool) or isinstance(has, bool):
        had, has = bool(had), bool(has)
    words = (strength.words(first, subject), strength.words(second, subject)) if strength.words else None
    return Weaker(strength, had, has, subject, words)


_SHOWN: Final = 4
"""How many blocks are shown."""


def _some(items: Sequence[str], others: Sequence[str]) -> str:
    """Some of the blocks on one side, first those that the other side has not."""
    ordered = sorted(items, key=lambda each: each in others) if len(items) > _SHOWN else items
    return some(ordered, _SHOWN, "; ") or "nothing"


def unjudged(changes: Sequence[ResourceChange]) -> list[Unjudged]:
    """The differences of which it is not known whether they make the second weaker."""
    found: set[Unjudged] = set()
    for change in changes:
        kind = change.address if change.address in (PROVIDER, BACKEND) else change.label.split(".")[-2]
        for argument in {each.argument for each in change.arguments} or {""}:
            if not judged(kind, argument):
                found.add(Unjudged(change.address, argument))
        found |= {Unjudged(change.address, each) for each in _depending(kind, change)}
    return sorted(found, key=lambda each: (each.address, each.argument))


def _depending(kind: str, change: ResourceChange) -> Iterator[str]:
    """What differs so that the stack does not say which way is weaker."""
    for each in change.arguments:
        path = re.sub(r"\[[^]]*\]", "", each.path)
        if any(path == one or path.startswith(f"{one}.") for one in DEPENDS.get(kind, ())):
            yield each.path
    for document in _DOCUMENTS:
        sides = [(each.before, each.after) for each in change.arguments if each.argument == document]
        # What a policy only gains, or only loses, is measured; what is in the place of something else is not.
        if not all(before is ABSENT for before, _ in sides) and not all(after is ABSENT for _, after in sides):
            yield document


def unjudged_in(stack: Stack) -> list[Unjudged]:
    """What a stack says of which it is not known whether it protects."""
    return [
        Unjudged(resource.address, argument)
        for resource in stack.resources
        for argument in ("", *sorted(resource.arguments))
        if not judged(resource.type, argument)
    ]


def judged(kind: str, argument: str) -> bool:
    """Whether it is declared if an argument of a type protects; an empty argument: whether the type is known."""
    if not argument:
        return kind in NO_PROTECTION or any(kind == each for strength in STRENGTHS for each, _ in strength.arguments)
    named = {each.partition(".")[0] for each in DEPENDS.get(kind, ())}
    if argument in _NEVER or argument in NO_PROTECTION.get(kind, ()) or argument in named:
        return True
    return any((kind, argument) in strength.arguments for strength in STRENGTHS)


def shown(figure: float) -> str:
    """A measure for people: yes or no for a flag, without the sign that makes less of something stronger."""
    if isinstance(figure, bool):
        return "yes" if figure else "no"
    return "for ever" if abs(figure) == inf else f"{abs(figure):g}"


def _of(types: Sequence[str], *arguments: str) -> tuple[tuple[str, str], ...]:
    return tuple((kind, argument) for kind in types for argument in arguments)


_ALARM: Final = ("aws_cloudwatch_metric_alarm",)
_BALANCER: Final = ("aws_lb",)
_BUCKET: Final = ("aws_s3_bucket",)
_DISTRIBUTION: Final = ("aws_cloudfront_distribution",)
_GROUPS: Final = ("aws_security_group", "aws_default_security_group")
_LISTENER: Final = ("aws_lb_listener",)
_POLICIES: Final = ("aws_iam_role_policy", "aws_iam_policy")
_RESOURCE_POLICIES: Final = ("aws_ecr_repository_policy", "aws_s3_bucket_policy", "aws_sns_topic_policy")
_REPLICATED: Final = ("aws_elasticache_replication_group",)
_REPOSITORY: Final = ("aws_ecr_repository",)
_SERVICE: Final = ("aws_ecs_service",)
_TARGETS: Final = ("aws_lb_target_group",)
_ACL_LOGGING: Final = ("aws_wafv2_web_acl_logging_configuration",)
_IP_SET: Final = ("aws_wafv2_ip_set",)
_WEB_ACL: Final = ("aws_wafv2_web_acl",)

_ADDRESSES: Final = ((IPV4, "addresses"), (IPV6, "IPv6 addresses"))
"""The IP versions, and what their addresses are called."""

STRENGTHS: Final = (
    # ---- network
    Strength(
        "availability zones",
        "a zone that fails takes a smaller part with it",
        by.whole(lambda stack: len({str(each.get("availability_zone")) for each in stack.of_type("aws_subnet")})),
        _of(("aws_subnet",), "availability_zone", ""),
    ),
    Strength(
        "NAT gateways",
        "with one per zone, a zone that fails does not cut off the others",
        by.count("aws_nat_gateway"),
        _of(("aws_nat_gateway", "aws_eip"), ""),
    ),
    Strength(
        "zones with a NAT gateway",
        "a zone that fails must not take the way out of the others with it",
        by.whole(by.nat_zones),
        _of(("aws_nat_gateway",), "subnet_id", ""),
    ),
    Strength(
        "subnets that give no public addresses",
        "what starts in such a subnet is reachable from the internet only on purpose",
        by.not_set("map_public_ip_on_launch", "aws_subnet"),
        _of(("aws_subnet",), "map_public_ip_on_launch"),
    ),
    Strength(
        "subnets without a route to an internet gateway",
        "the internet reaches what is in a subnet by that route only",
        by.each_of_stack(by.private_subnets),
        (*_of(("aws_route",), "", "gateway_id"), *_of(("aws_route_table_association",), "")),
    ),
    *(
        Strength(
            f"{addresses} of the internet that security groups let in",
            "the fewer can connect, the fewer can attack",
            openness.open_to_internet("ingress", version),
            (
                *_of(_GROUPS, "ingress"),
                *_of(openness.RULE_TYPES, "", "cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"),
                *_of(
                    openness.RULE_TYPES, "from_port", "to_port", "protocol", "ip_protocol", "type", "security_group_id"
                ),
            ),
            new=0,
            words=openness.blocks_of_internet("ingress", version),
            more=openness.lets_more("ingress", version),
            version=version,
        )
        for version, addresses in _ADDRESSES
    ),
    Strength(
        "private addresses, groups and prefix lists that security groups let in",
        "whoever takes one of them gets no further than the rules allow",
        openness.open_within("ingress"),
        _of(_GROUPS, "ingress"),
        words=openness.peers_within("ingress"),
        more=openness.lets_more("ingress"),
    ),
    *(
        Strength(
            f"{addresses} of the internet that security groups let out",
            "the fewer are reachable, the fewer can be sent data",
            openness.open_to_internet("egress", version),
            _of(_GROUPS, "egress"),
            words=openness.blocks_of_internet("egress", version),
            more=openness.lets_more("egress", version),
            version=version,
        )
        for version, addresses in _ADDRESSES
    ),
    # ---- tasks
    Strength(
        "minimum tasks",
        "fewer tasks carry the load when one fails",
        by.tasks("minimum"),
        _of(("aws_appautoscaling_target",), "min_capacity", ""),
    ),
    Strength(
        "maximum tasks",
        "fewer tasks can be added under load",
        by.tasks("maximum"),
        _of(("aws_appautoscaling_target",), "max_capacity"),
    ),
    Strength(
        "tasks that AWS does not take back (not on Fargate Spot), per cent",
        "when AWS needs the capacity, tasks on Spot stop, all of them in the worst case",
        by.each_of_stack(by.tasks_on_demand),
        _of(_SERVICE, "capacity_provider_strategy", "launch_type"),
    ),
    Strength(
        "figure above which tasks are added",
        "the fewer tasks, the slower the answers until more of them run",
        by.each_of_stack(by.scaling_targets),
        _of(("aws_appautoscaling_policy",), "", "target_tracking_scaling_policy_configuration"),
        lost=-inf,
    ),
    Strength(
        "tasks kept healthy in a deployment, per cent",
        "a deployment below it takes capacity away",
        by.argument("deployment_minimum_healthy_percent", "aws_ecs_service", default=100),
        _of(_SERVICE, "deployment_minimum_healthy_percent"),
    ),
    Strength(
        "deployments roll back",
        "a version that does not start is rolled back",
        by.each_of(by.rolls_back, "aws_ecs_service", "aws_codedeploy_deployment_group"),
        (
            *_of(_SERVICE, "deployment_circuit_breaker", "deployment_controller"),
            *_of(("aws_codedeploy_deployment_group",), "auto_rollback_configuration", ""),
        ),
    ),
    Strength(
        "alarms that roll a deployment back",
        "an error that the health checks do not see stays",
        by.whole(by.deployment_alarms),
        (*_of(_SERVICE, "alarms"), *_of(("aws_codedeploy_deployment_group",), "alarm_configuration")),
    ),
    Strength(
        "minutes in which CodeDeploy still has the old tasks",
        "so long a rollback takes seconds, and alarms cause one",
        by.each_of(by.minutes_of_old_tasks, "aws_codedeploy_deployment_group"),
        _of(("aws_codedeploy_deployment_group",), "blue_green_deployment_config"),
    ),
    Strength(
        "share of the requests that a new version gets at first, per cent",
        "so many users meet an error before anybody notices it",
        by.each_of(by.first_share, "aws_codedeploy_deployment_group"),
        _of(("aws_codedeploy_deployment_group",), "deployment_config_name"),
    ),
    Strength(
        "tasks outside the running hours",
        "fewer tasks, or none, answer then",
        by.whole(by.tasks_off_by_schedule),
        _of(("aws_appautoscaling_scheduled_action",), "scalable_target_action", ""),
    ),
    Strength(
        "tasks without public addresses",
        "a task with one can be reached from the internet",
        by.each_of(by.private_tasks, "aws_ecs_service"),
        _of(_SERVICE, "network_configuration"),
        new=1,
    ),
    Strength(
        "no shell in tasks",
        "ECS Exec opens one to anyone who may call it",
        by.not_set("enable_execute_command", "aws_ecs_service"),
        _of(_SERVICE, "enable_execute_command"),
        new=1,
    ),
    Strength(
        "tasks rebalance over zones",
        "after a zone has failed, the tasks spread again",
        by.each_of(lambda each: each.get("availability_zone_rebalancing") == "ENABLED", "aws_ecs_service"),
        _of(_SERVICE, "availability_zone_rebalancing"),
    ),
    Strength(
        "confinement of containers (not privileged, read-only, not root)",
        "an attacker who is in a container gets less far",
        by.each_of_stack(by.confined_containers),
        _of(("aws_ecs_task_definition",), "container_definitions"),
    ),
    Strength(
        "containers with a health check of their own",
        "ECS replaces a task whose container hangs",
        by.each_of(by.checked_containers, "aws_ecs_task_definition"),
        _of(("aws_ecs_task_definition",), "container_definitions"),
    ),
    Strength(
        "Container Insights",
        "the low-tasks alarm needs its metrics",
        by.whole(lambda stack: by.Platform(stack).container_insights),
        _of(("aws_ecs_cluster",), "setting"),
    ),
    # ---- entrance
    Strength(
        "deletion protection of the load balancer",
        "its name and addresses are lost with it",
        by.argument("enable_deletion_protection", "aws_lb"),
        _of(_BALANCER, "enable_deletion_protection"),
    ),
    Strength(
        "load balancers that are internal",
        "an internet-facing one is open to everybody that its security group lets in",
        by.argument("internal", "aws_lb"),
        _of(_BALANCER, "internal"),
    ),
    Strength(
        "invalid headers are dropped",
        "requests with them are used to smuggle others past checks",
        by.argument("drop_invalid_header_fields", "aws_lb"),
        _of(_BALANCER, "drop_invalid_header_fields"),
    ),
    Strength(
        "requests that could be read in two ways (0 monitored, 1 defended against, 2 refused)",
        "a request that proxy and task read differently smuggles another one in",
        by.each_of(by.desync_mitigation, "aws_lb"),
        _of(_BALANCER, "desync_mitigation_mode"),
    ),
    Strength(
        "load balancers that pass nothing by a firewall that fails",
        "an attacker may be the reason why it fails",
        by.not_set("enable_waf_fail_open", "aws_lb"),
        _of(_BALANCER, "enable_waf_fail_open"),
    ),
    Strength(
        "access logs of the load balancer",
        "without them nobody can tell afterwards who asked for what",
        by.each_of(by.writes("access_logs"), "aws_lb"),
        _of(_BALANCER, "access_logs"),
    ),
    Strength(
        "connection logs of the load balancer",
        "who fails to connect, or connects and asks for nothing, is in no other log",
        by.each_of(by.writes("connection_logs"), "aws_lb"),
        _of(_BALANCER, "connection_logs"),
    ),
    Strength("HTTPS", "without it, traffic is readable on the way", by.whole(by.https), _of(_LISTENER, "")),
    Strength(
        "HTTP redirects to HTTPS",
        "what is served on port 80 is readable on the way",
        by.whole(by.http_redirects),
        _of(_LISTENER, "default_action"),
    ),
    Strength(
        "listeners that serve without TLS",
        "what they serve is readable on the way",
        by.whole(by.plain_listeners),
        _of(_LISTENER, "protocol", "default_action", ""),
    ),
    Strength(
        "oldest TLS version of the listener",
        "older versions have known weaknesses",
        by.whole(by.oldest_tls),
        _of(_LISTENER, "ssl_policy", ""),
    ),
    Strength(
        "newest TLS version of the listener",
        "TLS 1.3 leaves out what was attacked in older versions",
        by.whole(by.newest_tls),
        _of(_LISTENER, "ssl_policy", ""),
    ),
    Strength(
        "status codes that count as healthy",
        "a task that answers errors stays in service",
        by.each_of(by.codes_accepted, "aws_lb_target_group"),
        _of(_TARGETS, "health_check"),
    ),
    Strength(
        "seconds until a failing task is out of service",
        "until then users get its errors",
        by.each_of(by.seconds_until_unhealthy, "aws_lb_target_group"),
        _of(_TARGETS, "health_check"),
    ),
    Strength(
        "listeners that serve only with the distribution's header",
        "without it, requests bypass the distribution and its firewall",
        by.whole(by.listeners_that_ask),
        _of(("aws_lb_listener_rule",), "condition", "action", ""),
    ),
    Strength(
        "cache behaviors that answer without TLS",
        "what they serve is readable on the way",
        by.each_of(by.plain_behaviors, *_DISTRIBUTION),
        _of(_DISTRIBUTION, "default_cache_behavior", "ordered_cache_behavior"),
        new=0,
    ),
    Strength(
        "origins that CloudFront reaches without TLS",
        "requests and sessions are readable between CloudFront and the load balancer",
        by.each_of(by.plain_origins, *_DISTRIBUTION),
        _of(_DISTRIBUTION, "origin"),
        new=0,
    ),
    Strength(
        "buckets that CloudFront reads without a signature",
        "such a bucket has to be public",
        by.each_of(by.signed_origins, *_DISTRIBUTION),
        (
            *_of(_DISTRIBUTION, "origin"),
            *_of(("aws_cloudfront_origin_access_control",), "", "signing_behavior", "signing_protocol"),
        ),
        new=0,
    ),
    Strength(
        "oldest TLS version of the distribution",
        "older versions have known weaknesses",
        by.each_of(by.oldest_tls_of_viewers, *_DISTRIBUTION),
        _of(_DISTRIBUTION, "viewer_certificate"),
    ),
    Strength(
        "security headers",
        "they limit what a script that was smuggled in can do",
        by.each_of(by.security_headers, "aws_cloudfront_response_headers_policy"),
        _of(("aws_cloudfront_response_headers_policy",), "security_headers_config", ""),
        lost=0,
    ),
    Strength(
        "seconds for which browsers take HTTPS only (HSTS); each of its flags counts one more",
        "a first request over HTTP can be answered by anybody on the way",
        by.each_of(by.hsts, "aws_cloudfront_response_headers_policy"),
        _of(("aws_cloudfront_response_headers_policy",), "security_headers_config"),
    ),
    Strength(
        "firewall of the distribution",
        "without one, every request reaches the application",
        by.is_there("web_acl_id", *_DISTRIBUTION),
        _of(_DISTRIBUTION, "web_acl_id"),
    ),
    Strength(
        "firewalls of load balancers",
        "without one, every request reaches the application",
        by.count("aws_wafv2_web_acl_association"),
        _of(("aws_wafv2_web_acl_association",), "resource_arn", "web_acl_arn", ""),
    ),
    Strength(
        "rules of the firewall that block",
        "a rule that only counts stops nobody",
        by.blocking_rules,
        _of(_WEB_ACL, "rule", "default_action", ""),
        lost=0,
    ),
    Strength(
        "rules of AWS's groups that only count",
        "each is an exception for an attack, too",
        by.each_of(by.counted_rules, *_WEB_ACL),
        _of(_WEB_ACL, "rule"),
    ),
    Strength(
        "requests an hour that an address may make",
        "one caller can take what others need, or try passwords",
        by.each_of(by.hourly_limit, *_WEB_ACL),
        _of(_WEB_ACL, "rule"),
        about="[rate",
    ),
    Strength(
        "largest body that passes the firewall",
        "a large body costs memory, and hides what WAF does not see",
        by.each_of(by.largest_body, *_WEB_ACL),
        _of(_WEB_ACL, "rule"),
        about="[body",
    ),
    Strength(
        "addresses that no rule of the firewall inspects",
        "each can send anything",
        by.whole(openness.addresses_let_pass),
        (*_of(_IP_SET, "addresses", "ip_address_version", "scope", ""), *_of(_WEB_ACL, "rule")),
        words=openness.blocks_that("allow"),
    ),
    Strength(
        "blocks of addresses that the firewall blocks",
        "somebody had a reason for each",
        by.whole(openness.addresses_kept_out),
        (*_of(_IP_SET, "addresses", "ip_address_version", "scope", ""), *_of(_WEB_ACL, "rule")),
        words=openness.blocks_that("block"),
    ),
    Strength(
        "requests that the firewall logs",
        "without a log nobody can tell false positives from attacks",
        by.each_of(by.logged_requests, *_ACL_LOGGING),
        _of(_ACL_LOGGING, "logging_filter", "log_destination_configs", "resource_arn", ""),
        lost=0,
    ),
    Strength(
        "fields that are not in the log of the firewall",
        "who reads the log reads cookies and tokens",
        by.each_of(by.redacted_fields, *_ACL_LOGGING),
        _of(_ACL_LOGGING, "redacted_fields"),
    ),
    Strength(
        "access logs of the distribution",
        "without them nobody can tell afterwards who asked for what",
        by.is_there("logging_config", *_DISTRIBUTION),
        _of(_DISTRIBUTION, "logging_config"),
    ),
    Strength(
        "health checks from outside",
        "what only users notice, no alarm in the VPC does",
        by.count("aws_route53_health_check"),
        _of(("aws_route53_health_check",), "", "fqdn", "port"),
    ),
    Strength(
        "seconds until a health check from outside fails",
        "so long nobody is told of what only users notice",
        by.each_of(by.seconds_to_notice, "aws_route53_health_check"),
        _of(("aws_route53_health_check",), "failure_threshold", "request_interval"),
    ),
    Strength(
        "names whose certificate authorities are limited",
        "any other authority that is deceived may issue a certificate for them",
        by.whole(lambda stack: sum(each.get("type") == "CAA" for each in stack.of_type("aws_route53_record"))),
        _of(("aws_route53_record",), "records", "type", ""),
    ),
    # ---- data
    Strength(
        "TLS to the cache",
        "without it, the cache's traffic is readable in the VPC",
        by.least_of_caches("transit_encryption_enabled"),
        _of(CACHES, "transit_encryption_enabled"),
    ),
    Strength(
        "clients of the cache must use TLS",
        "in the mode `preferred`, a client may connect without",
        by.each_of(lambda each: each.get("transit_encryption_mode") != "preferred", *_REPLICATED),
        _of(CACHES, "transit_encryption_mode"),
    ),
    Strength(
        "version of the cache's engine",
        "an older one lacks fixes, and its support ends sooner",
        by.each_of(by.version, *CACHES),
        _of(CACHES, "engine_version"),
    ),
    Strength(
        "minor versions of the cache are installed by AWS",
        "fixes of its security wait for somebody otherwise",
        by.each_of(by.takes_minor_versions, *CACHES),
        _of(CACHES, "auto_minor_version_upgrade"),
    ),
    Strength(
        "cache encrypted at rest",
        "copied snapshots are unreadable",
        by.least_of_caches("at_rest_encryption_enabled"),
        _of(_REPLICATED, "at_rest_encryption_enabled"),
    ),
    Strength(
        "automatic failover of the cache",
        "a replica takes over when the primary fails",
        by.least_of_caches("automatic_failover_enabled"),
        _of(_REPLICATED, "automatic_failover_enabled"),
    ),
    Strength(
        "cache in several zones",
        "a zone that fails does not take the cache with it",
        by.least_of_caches("multi_az_enabled"),
        _of(_REPLICATED, "multi_az_enabled"),
    ),
    Strength(
        "nodes of the cache",
        "a replica takes over when a node fails",
        by.whole(lambda stack: min(map(by.cache_nodes, by.Platform(stack).caches), default=0)),
        (
            *_of(CACHES, ""),
            *_of(_REPLICATED, "num_cache_clusters", "num_node_groups", "replicas_per_node_group"),
            ("aws_elasticache_cluster", "num_cache_nodes"),
        ),
    ),
    Strength(
        "cache asks for a password",
        "anyone who can connect can read it otherwise",
        by.whole(
            lambda stack: all(
                each.get("auth_token") or each.get("user_group_ids") for each in by.Platform(stack).caches
            )
        ),
        _of(_REPLICATED, "auth_token", "user_group_ids"),
    ),
    Strength(
        "days of cache snapshots",
        "what is older cannot be restored",
        by.least_of_caches("snapshot_retention_limit"),
        _of(CACHES, "snapshot_retention_limit"),
    ),
    Strength(
        "last snapshot of a deleted cache",
        "without it, its data is lost",
        by.whole(by.last_snapshot_of_caches),
        _of(CACHES, "final_snapshot_identifier"),
    ),
    Strength(
        "changes of the cache wait for the maintenance window",
        "a change at once may restart it under load",
        by.nobody_has("apply_immediately", *CACHES),
        _of(CACHES, "apply_immediately"),
    ),
    Strength(
        "database in two zones",
        "a standby takes over",
        by.argument("multi_az", "aws_db_instance"),
        _of(("aws_db_instance",), "multi_az"),
    ),
    Strength(
        "version of the database's engine",
        "an older one lacks fixes, and its support ends sooner",
        by.each_of(by.version, *DATABASES),
        _of(DATABASES, "engine_version"),
    ),
    Strength(
        "minor versions of the database are installed by AWS",
        "fixes of its security wait for somebody otherwise",
        by.each_of(by.takes_minor_versions, "aws_db_instance"),
        _of(("aws_db_instance",), "auto_minor_version_upgrade"),
    ),
    Strength(
        "database without a public address",
        "one with it can be reached from the internet",
        by.not_set("publicly_accessible", "aws_db_instance", "aws_rds_cluster_instance"),
        _of(("aws_db_instance", "aws_rds_cluster_instance"), "publicly_accessible"),
        new=1,
    ),
    Strength(
        "days of database backups",
        "what is older cannot be restored",
        by.argument("backup_retention_period", *DATABASES),
        _of(DATABASES, "backup_retention_period"),
    ),
    Strength(
        "database encrypted at rest",
        "a copied disk is unreadable",
        by.argument("storage_encrypted", *DATABASES),
        _of(DATABASES, "storage_encrypted"),
    ),
    Strength(
        "deletion protection of the database",
        "its data is lost with it",
        by.argument("deletion_protection", *DATABASES),
        _of(DATABASES, "deletion_protection"),
    ),
    Strength(
        "last snapshot of a deleted database",
        "without it, its data is lost",
        by.not_set("skip_final_snapshot", *DATABASES),
        _of(DATABASES, "skip_final_snapshot"),
    ),
    Strength(
        "password of the database is made and rotated by RDS",
        "a password in an overlay or a state is known to more people",
        by.argument("manage_master_user_password", "aws_db_instance"),
        _of(("aws_db_instance",), "manage_master_user_password"),
    ),
    Strength(
        "backups outlive a deleted database",
        "without them, only the last snapshot is left",
        by.not_set("delete_automated_backups", "aws_db_instance"),
        _of(("aws_db_instance",), "delete_automated_backups"),
    ),
    Strength(
        "changes of the database wait for the maintenance window",
        "a change at once may restart it under load",
        by.not_set("apply_immediately", "aws_db_instance"),
        _of(("aws_db_instance",), "apply_immediately"),
    ),
    Strength(
        "database refuses connections without TLS",
        "what is read and written is readable on the way otherwise",
        by.each_of(by.forces_tls, "aws_db_parameter_group"),
        _of(("aws_db_parameter_group",), "parameter"),
    ),
    Strength(
        "database encrypted with an own key",
        "who may read it is decided twice",
        by.is_there("kms_key_id", "aws_db_instance"),
        _of(("aws_db_instance",), "kms_key_id"),
    ),
    # ---- watching
    Strength(
        "days of logs",
        "what is older cannot be read after an incident",
        by.each_of(by.log_days, "aws_cloudwatch_log_group"),
        _of(("aws_cloudwatch_log_group",), "retention_in_days"),
    ),
    Strength(
        "logs encrypted with an own key",
        "who may read them is decided twice",
        by.is_there("kms_key_id", "aws_cloudwatch_log_group"),
        _of(("aws_cloudwatch_log_group",), "kms_key_id"),
    ),
    Strength(
        "cached data encrypted with an own key",
        "who may read it is decided twice",
        by.is_there("kms_key_id", "aws_elasticache_replication_group"),
        _of(("aws_elasticache_replication_group",), "kms_key_id"),
    ),
    Strength("flow logs", "they show who connected to what", by.count("aws_flow_log"), _of(("aws_flow_log",), "")),
    Strength(
        "connections that flow logs write down (2 accepted and rejected ones)",
        "what is not written down cannot be looked for",
        by.each_of(by.recorded, "aws_flow_log"),
        _of(("aws_flow_log",), "traffic_type"),
    ),
    Strength(
        "seconds that a record of a flow log sums up",
        "what is summed up cannot be told apart",
        by.each_of(by.summed_up, "aws_flow_log"),
        _of(("aws_flow_log",), "max_aggregation_interval"),
        lost=0,
    ),
    Strength("alarms", "what no alarm watches fails unseen", by.count(*_ALARM), _of(_ALARM, "")),
    Strength(
        "alarms that tell somebody",
        "an alarm without an action notifies nobody",
        by.whole(by.telling_alarms),
        (
            *_of(_ALARM, "alarm_actions", "actions_enabled"),
            *_of(("aws_sns_topic", "aws_sns_topic_subscription"), ""),
        ),
    ),
    Strength(
        "threshold of an alarm",
        "the alarm goes into ALARM later, or never",
        by.each_of(by.threshold, *_ALARM),
        _of(_ALARM, "threshold", "comparison_operator"),
    ),
    Strength(
        "seconds until an alarm goes into ALARM",
        "the problem lasts longer before anybody hears of it",
        by.each_of(by.seconds_until_alarm, *_ALARM),
        _of(_ALARM, "evaluation_periods", "period", "datapoints_to_alarm"),
    ),
    Strength(
        "alarm on missing data (0 notBreaching, 1 ignore, 2 missing, 3 breaching)",
        "what sends no data any more fails unseen",
        by.each_of(by.missing_data, *_ALARM),
        _of(_ALARM, "treat_missing_data"),
    ),
    # ---- access
    Strength(
        "actions that a role's policies allow, times their resources",
        "what a role may do, an attacker in a task may do",
        by.of_roles(by.allowed_actions),
        _of(_POLICIES, "policy", ""),
    ),
    Strength(
        "actions that a role's policies allow on every resource",
        "one stolen role reaches everything in the account",
        by.of_roles(by.every_resource),
        _of(_POLICIES, "policy", ""),
    ),
    Strength(
        "conditions and denials of policies, and of who may assume a role",
        "without them, more is allowed",
        lambda stack: {
            **by.each_of(by.conditions("policy"), *_POLICIES, *_RESOURCE_POLICIES)(stack),
            **by.each_of(by.conditions("assume_role_policy"), "aws_iam_role")(stack),
        },
        (*_of((*_POLICIES, *_RESOURCE_POLICIES), "policy"), *_of(("aws_iam_role",), "assume_role_policy")),
    ),
    Strength(
        "managed policies attached to roles",
        "AWS's policies allow more than one service needs",
        by.whole(by.managed_policies),
        (*_of(("aws_iam_role_policy_attachment",), "", "policy_arn", "role"), ("aws_iam_role", "managed_policy_arns")),
    ),
    Strength(
        "who may assume a role",
        "each of them may do what the role may do",
        by.each_of(by.trusted, "aws_iam_role"),
        _of(("aws_iam_role",), "assume_role_policy"),
        new=-1,
    ),
    Strength(
        "permissions boundary of a role",
        "it limits what any policy of the role allows",
        by.is_there("permissions_boundary", "aws_iam_role"),
        _of(("aws_iam_role",), "permissions_boundary"),
    ),
    Strength(
        "statements that let everybody in, without a condition",
        "anyone with an AWS account may use it",
        by.each_of(by.open_policy, *_RESOURCE_POLICIES),
        _of(_RESOURCE_POLICIES, "policy"),
        new=0,
    ),
    Strength(
        "account is named",
        "credentials of another account are refused",
        by.whole(lambda stack: bool(stack.provider.get("allowed_account_ids"))),
        ((PROVIDER, "allowed_account_ids"),),
    ),
    # ---- what is shared, and the state
    Strength(
        "immutable image tags",
        "a tag always means the same image",
        by.each_of(lambda each: each.get("image_tag_mutability") == "IMMUTABLE", *_REPOSITORY),
        _of(_REPOSITORY, "image_tag_mutability"),
    ),
    Strength(
        "images are scanned",
        "known vulnerabilities are reported as an image is pushed",
        by.each_of(by.scans_images, *_REPOSITORY),
        _of(_REPOSITORY, "image_scanning_configuration"),
    ),
    Strength(
        "images encrypted with an own key",
        "who may read them is decided twice",
        by.each_of(by.own_key, *_REPOSITORY),
        _of(_REPOSITORY, "encryption_configuration"),
    ),
    Strength(
        "a repository or bucket with content is kept",
        "with force, Terraform deletes the content too",
        lambda stack: {
            **by.not_set("force_delete", *_REPOSITORY)(stack),
            **by.not_set("force_destroy", *_BUCKET)(stack),
        },
        (*_of(_REPOSITORY, "force_delete"), *_of(_BUCKET, "force_destroy")),
    ),
    Strength(
        "versions of the bucket",
        "an overwritten or deleted object can be restored",
        by.each_of(by.versioned, "aws_s3_bucket_versioning"),
        _of(("aws_s3_bucket_versioning",), "versioning_configuration", ""),
        lost=0,
    ),
    Strength(
        "public access that the bucket blocks, of four kinds",
        "a wrong policy or list must not open it",
        by.each_of(by.public_access_blocked, "aws_s3_bucket_public_access_block"),
        _of(
            ("aws_s3_bucket_public_access_block",),
            "",
            "block_public_acls",
            "block_public_policy",
            "ignore_public_acls",
            "restrict_public_buckets",
        ),
        lost=0,
    ),
    Strength(
        "encryption of the bucket (1 S3's keys, 2 KMS)",
        "a copied disk is unreadable",
        by.each_of(by.encrypted_bucket, "aws_s3_bucket_server_side_encryption_configuration"),
        _of(("aws_s3_bucket_server_side_encryption_configuration",), "rule", ""),
        lost=0,
    ),
    Strength(
        "bucket refuses requests without TLS",
        "objects are readable on the way otherwise",
        by.whole(by.denies_plain_http),
        _of(("aws_s3_bucket_policy",), "policy", ""),
    ),
    Strength(
        "days that buckets keep what their life cycles delete",
        "what is older cannot be restored or read",
        by.each_of(by.days_kept, "aws_s3_bucket_lifecycle_configuration"),
        _of(("aws_s3_bucket_lifecycle_configuration",), "rule"),
    ),
    Strength(
        "objects belong to the bucket's owner",
        "access lists of single objects open them past the bucket's policy otherwise",
        by.each_of(by.owner_enforced, "aws_s3_bucket_ownership_controls"),
        _of(("aws_s3_bucket_ownership_controls",), "rule"),
    ),
    Strength(
        "secrets encrypted with an own key",
        "who may read them is decided twice",
        by.is_there("kms_key_id", "aws_secretsmanager_secret"),
        _of(("aws_secretsmanager_secret",), "kms_key_id"),
    ),
    Strength(
        "days in which a deleted secret can be restored",
        "with it goes what no file holds",
        by.argument("recovery_window_in_days", "aws_secretsmanager_secret", default=30),
        _of(("aws_secretsmanager_secret",), "recovery_window_in_days"),
    ),
    Strength(
        "secrets that are rotated",
        "what has leaked is valid until somebody changes it",
        by.count("aws_secretsmanager_secret_rotation"),
        _of(("aws_secretsmanager_secret_rotation",), ""),
    ),
    Strength(
        "logs that the database hands over",
        "without them nobody can tell afterwards who connected, and what failed",
        by.each_of(by.exported_logs, "aws_db_instance"),
        _of(("aws_db_instance",), "enabled_cloudwatch_logs_exports"),
    ),
    Strength(
        "logs that the cache hands over",
        "without them nobody can tell afterwards what made it slow",
        by.each_of(lambda each: len(each.blocks("log_delivery_configuration")), "aws_elasticache_replication_group"),
        _of(("aws_elasticache_replication_group",), "log_delivery_configuration"),
    ),
    Strength(
        "events of the database that somebody is told",
        "a failover or a full disk is noticed by the users first",
        by.whole(by.database_messages),
        _of(("aws_db_event_subscription",), "", "enabled", "event_categories"),
    ),
    Strength(
        "seconds that a session of a role may last",
        "credentials that somebody takes are valid so long",
        by.each_of(lambda each: -by.number(each.get("max_session_duration"), 3600), "aws_iam_role"),
        _of(("aws_iam_role",), "max_session_duration"),
    ),
    Strength(
        "topic encrypted with an own key",
        "who may read messages is decided twice",
        by.is_there("kms_master_key_id", "aws_sns_topic"),
        _of(("aws_sns_topic",), "kms_master_key_id"),
    ),
    Strength(
        "resources that Terraform refuses to destroy",
        "one wrong destroy takes what they hold",
        by.whole(by.prevented_destroys),
        (),
    ),
    Strength(
        "state kept safe (0 file, 1 bucket, 2 encrypted, 3 locked)",
        "the state holds secrets, and two runs at once break it",
        by.whole(by.state_kept_safe),
        _of((BACKEND,), "local", "s3"),
    ),
)
"""All strengths, in the order in which they are shown."""

_NEVER: Final = frozenset({"tags", "lifecycle", "name", "description", "bucket"})
"""Arguments that protect nothing, whatever the type; `lifecycle` is measured for the whole stack."""

_CACHE_OTHERS: Final = frozenset(
    {
        "cluster_id",
        "engine",
        "maintenance_window",
        "node_type",
        "notification_topic_arn",
        "parameter_group_name",
        "port",
        "replication_group_id",
        "snapshot_window",
    }
)

NO_PROTECTION: Final[Mapping[str, frozenset[str]]] = {
    PROVIDER: frozenset({"default_tags", "region"}),
    "aws_acm_certificate": frozenset(
        {"domain_name", "key_algorithm", "subject_alternative_names", "validation_method"}
    ),
    "aws_acm_certificate_validation": frozenset({"certificate_arn", "timeouts", "validation_record_fqdns"}),
    "aws_appautoscaling_policy": frozenset({"policy_type", "resource_id", "scalable_dimension", "service_namespace"}),
    "aws_appautoscaling_scheduled_action": frozenset(
        {"name", "resource_id", "scalable_dimension", "schedule", "service_namespace", "timezone"}
    ),
    "aws_appautoscaling_target": frozenset({"resource_id", "scalable_dimension", "service_namespace"}),
    "aws_cloudfront_distribution": frozenset(
        {"aliases", "comment", "custom_error_response", "default_root_object", "enabled", "http_version"}
        | {"is_ipv6_enabled", "price_class", "restrictions"}
    ),
    "aws_cloudfront_function": frozenset({"code", "comment", "publish", "runtime"}),
    "aws_cloudfront_origin_access_control": frozenset({"origin_access_control_origin_type"}),
    "aws_cloudfront_response_headers_policy": frozenset({"comment"}),
    "aws_cloudwatch_dashboard": frozenset({"dashboard_body", "dashboard_name"}),
    "aws_cloudwatch_log_group": frozenset({"log_group_class", "skip_destroy"}),
    "aws_cloudwatch_metric_alarm": frozenset(
        {"alarm_description", "alarm_name", "dimensions", "insufficient_data_actions", "ok_actions"}
    ),
    "aws_cloudwatch_query_definition": frozenset({"log_group_names", "query_string"}),
    "aws_db_event_subscription": frozenset({"name_prefix", "sns_topic", "source_ids", "source_type"}),
    "aws_db_instance": frozenset(
        {"allocated_storage", "allow_major_version_upgrade", "backup_window"}
        | {"ca_cert_identifier", "copy_tags_to_snapshot", "db_name"}
        | {"engine", "final_snapshot_identifier"}
        | {"iam_database_authentication_enabled", "identifier", "instance_class", "maintenance_window"}
        | {"max_allocated_storage", "monitoring_interval", "monitoring_role_arn", "parameter_group_name"}
        | {"performance_insights_enabled", "performance_insights_retention_period", "port", "snapshot_identifier"}
        | {"storage_type", "username"}
    ),
    "aws_codedeploy_app": frozenset({"compute_platform"}),
    "aws_codedeploy_deployment_group": frozenset(
        {"app_name", "deployment_group_name", "deployment_style", "ecs_service"}
        | {"load_balancer_info", "service_role_arn"}
    ),
    "aws_db_parameter_group": frozenset({"family", "name_prefix"}),
    "aws_db_subnet_group": frozenset({"subnet_ids"}),
    "aws_ecr_lifecycle_policy": frozenset({"repository"}),
    "aws_ecr_repository": frozenset(),
    "aws_ecr_repository_policy": frozenset({"repository"}),
    "aws_ecs_cluster": frozenset(),
    "aws_ecs_cluster_capacity_providers": frozenset(
        {"capacity_providers", "cluster_name", "default_capacity_provider_strategy"}
    ),
    "aws_ecs_service": frozenset(
        {"cluster", "deployment_maximum_percent", "desired_count"}
        | {
            "enable_ecs_managed_tags",
            "health_check_grace_period_seconds",
            "load_balancer",
            "platform_version",
            "propagate_tags",
        }
        | {"service_registries", "task_definition", "wait_for_steady_state"}
    ),
    "aws_ecs_task_definition": frozenset(
        {"cpu", "ephemeral_storage", "family", "memory", "network_mode"}
        | {"requires_compatibilities", "runtime_platform", "skip_destroy"}
    ),
    "aws_egress_only_internet_gateway": frozenset({"vpc_id"}),
    "aws_eip": frozenset({"domain"}),
    "aws_elasticache_cluster": _CACHE_OTHERS,
    "aws_elasticache_parameter_group": frozenset({"family", "parameter"}),
    "aws_elasticache_replication_group": _CACHE_OTHERS
    | {
        "auth_token_update_strategy",
        "data_tiering_enabled",
        "description",
        "snapshot_name",
    },
    "aws_elasticache_subnet_group": frozenset({"subnet_ids"}),
    "aws_flow_log": frozenset({"iam_role_arn", "log_destination", "log_destination_type", "log_format", "vpc_id"}),
    "aws_iam_openid_connect_provider": frozenset({}),
    "aws_iam_policy": frozenset({"description", "name"}),
    "aws_iam_role": frozenset({"path"}),
    "aws_iam_role_policy": frozenset({"role"}),
    "aws_internet_gateway": frozenset({"vpc_id"}),
    "aws_lb": frozenset(
        {"client_keep_alive", "enable_cross_zone_load_balancing", "enable_http2", "idle_timeout", "ip_address_type"}
        | {"load_balancer_type", "preserve_host_header", "subnets"}  # who gets to it, `internal` says
    ),
    "aws_lb_listener": frozenset({"alpn_policy", "certificate_arn", "load_balancer_arn", "port"}),
    "aws_lb_listener_certificate": frozenset({"certificate_arn", "listener_arn"}),
    "aws_lb_listener_rule": frozenset({"listener_arn", "priority"}),
    "aws_lb_target_group": frozenset(
        {"deregistration_delay", "load_balancing_algorithm_type", "port", "protocol", "protocol_version", "slow_start"}
        | {"stickiness", "target_type", "vpc_id"}
    ),
    "aws_nat_gateway": frozenset({"allocation_id", "connectivity_type"}),
    "aws_route53_record": frozenset({"alias", "allow_overwrite", "name", "ttl", "zone_id"}),
    "aws_route53_zone": frozenset({"comment", "force_destroy", "name"}),
    "aws_route": frozenset(
        {"destination_cidr_block", "destination_ipv6_cidr_block", "egress_only_gateway_id"}
        | {"nat_gateway_id", "route_table_id"}
    ),
    "aws_route_table": frozenset({"vpc_id"}),
    "aws_route_table_association": frozenset({"route_table_id", "subnet_id"}),
    "aws_s3_bucket": frozenset(),
    "aws_s3_bucket_lifecycle_configuration": frozenset({}),
    "aws_s3_bucket_ownership_controls": frozenset({}),
    "aws_secretsmanager_secret": frozenset({"description", "name_prefix"}),
    "aws_secretsmanager_secret_rotation": frozenset({"rotate_immediately", "rotation_lambda_arn", "secret_id"}),
    "aws_secretsmanager_secret_version": frozenset({"secret_id", "secret_string"}),
    "aws_security_group": frozenset({"vpc_id"}),
    "aws_service_discovery_private_dns_namespace": frozenset({"vpc"}),
    "aws_service_discovery_service": frozenset({"dns_config", "force_destroy", "health_check_custom_config"}),
    "aws_sns_topic": frozenset({"display_name"}),
    "aws_sns_topic_policy": frozenset({"arn", "policy"}),
    "aws_sns_topic_subscription": frozenset({"endpoint", "endpoint_auto_confirms", "protocol", "topic_arn"}),
    "aws_subnet": frozenset({"cidr_block", "ipv6_cidr_block", "vpc_id"}),
    "aws_vpc_endpoint": frozenset(
        {"private_dns_enabled", "route_table_ids", "service_name", "subnet_ids", "vpc_endpoint_type", "vpc_id"}
    ),
    "aws_wafv2_ip_set": frozenset({"description", "name"}),
    "aws_wafv2_web_acl": frozenset({"description", "name", "scope", "visibility_config"}),
    "aws_wafv2_web_acl_association": frozenset({"timeouts"}),
    "aws_wafv2_web_acl_logging_configuration": frozenset(),
    "aws_vpc": frozenset(
        {"assign_generated_ipv6_cidr_block", "cidr_block", "enable_dns_hostnames", "enable_dns_support"}
    ),
}
"""Arguments that say nothing about protection, by type: a difference in them is neither weaker nor stronger."""

DEPENDS: Final[Mapping[str, frozenset[str]]] = {
    "aws_cloudfront_response_headers_policy": frozenset(
        {"security_headers_config.content_security_policy.content_security_policy"}
    ),
    "aws_cloudwatch_metric_alarm": frozenset(
        {"comparison_operator", "extended_statistic", "metric_name", "metric_query", "namespace", "statistic", "unit"}
    ),
    "aws_db_instance": frozenset({"db_subnet_group_name", "vpc_security_group_ids"}),
    "aws_ecr_lifecycle_policy": frozenset({"policy"}),
    "aws_cloudfront_distribution": frozenset({"origin.custom_origin_config.origin_ssl_protocols"}),
    "aws_route53_health_check": frozenset({"resource_path", "type"}),
    "aws_secretsmanager_secret_rotation": frozenset({"rotation_rules"}),
    "aws_ecs_service": frozenset({"network_configuration.security_groups", "network_configuration.subnets"}),
    "aws_ecs_task_definition": frozenset({"execution_role_arn", "task_role_arn"}),
    "aws_elasticache_cluster": frozenset({"security_group_ids", "subnet_group_name"}),
    "aws_elasticache_replication_group": frozenset({"security_group_ids", "subnet_group_name"}),
    "aws_iam_openid_connect_provider": frozenset({"client_id_list", "url"}),
    "aws_iam_role_policy_attachment": frozenset({"policy_arn"}),
    "aws_lb": frozenset({"security_groups"}),
    "aws_vpc_endpoint": frozenset({"security_group_ids"}),
    "aws_lb_target_group": frozenset({"health_check.path", "health_check.port", "health_check.protocol"}),
    "aws_wafv2_web_acl": frozenset({"rule.statement.managed_rule_group_statement.version"}),
}
"""Arguments, and parts of them, by type, where the stack does not say which way is weaker: another group, another role,
another metric. A difference in them is unknown until somebody has read it."""

_DOCUMENTS: Final = frozenset({"assume_role_policy", "policy"})
"""Arguments that are policies: of an action or a principal in place of another, nobody can say which is more."""
