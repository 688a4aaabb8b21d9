"""What is lost when a resource is destroyed, in addition to the resource itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from miyabi_infra.pages.summary.markdown import code
from miyabi_infra.terraform.address import label, resource_type

_NOTHING_MORE: Final = ""

LOSSES: Final[Mapping[str, str]] = {
    "aws_acm_certificate": "its issue: a new one must be validated again",
    "aws_acm_certificate_validation": _NOTHING_MORE,
    "aws_appautoscaling_policy": _NOTHING_MORE,
    "aws_appautoscaling_scheduled_action": "the running hours: a range outside them stays until somebody changes it",
    "aws_appautoscaling_target": _NOTHING_MORE,
    "aws_cloudfront_distribution": "its name at CloudFront, and all traffic until the DNS record has changed",
    "aws_cloudfront_function": "the answers to routes of the frontend",
    "aws_cloudfront_origin_access_control": "the distribution's access to the bucket",
    "aws_cloudfront_response_headers_policy": "the security headers",
    "aws_cloudwatch_dashboard": _NOTHING_MORE,
    "aws_cloudwatch_log_group": "its logs",
    "aws_cloudwatch_metric_alarm": "its history",
    "aws_cloudwatch_query_definition": _NOTHING_MORE,
    "aws_codedeploy_app": "the record of its deployments",
    "aws_codedeploy_deployment_group": "a deployment in progress",
    "aws_db_event_subscription": "messages about failovers and failures",
    "aws_db_instance": "its data, except a final snapshot",
    "aws_db_parameter_group": _NOTHING_MORE,
    "aws_db_subnet_group": _NOTHING_MORE,
    "aws_ecr_lifecycle_policy": _NOTHING_MORE,
    "aws_ecr_repository": "its images",
    "aws_ecr_repository_policy": "the permission of other accounts to pull images",
    "aws_ecs_cluster": "its running tasks",
    "aws_ecs_cluster_capacity_providers": _NOTHING_MORE,
    "aws_ecs_service": "its running tasks, until the new service has started its own",
    "aws_ecs_task_definition": _NOTHING_MORE,
    "aws_egress_only_internet_gateway": "the way to the internet over IPv6, until the new one is there",
    "aws_eip": "its address, which others may have allowed",
    "aws_elasticache_cluster": "the data in the cache",
    "aws_elasticache_parameter_group": _NOTHING_MORE,
    "aws_elasticache_replication_group": "the data in the cache",
    "aws_elasticache_subnet_group": _NOTHING_MORE,
    "aws_iam_openid_connect_provider": "the access of every workflow of GitHub Actions to the account",
    "aws_iam_policy": "the limit of the roles that have it as their boundary",
    "aws_iam_role": "the permissions of the running tasks",
    "aws_iam_role_policy": "the permissions in it",
    "aws_iam_role_policy_attachment": "the permissions in it",
    "aws_flow_log": "records of connections, until the new one writes",
    "aws_internet_gateway": "all traffic to and from the internet",
    "aws_lb": "its DNS name, and all traffic until the DNS record has changed",
    "aws_lb_listener": "the traffic of its port",
    "aws_lb_listener_certificate": "HTTPS of the names of the certificate",
    "aws_lb_listener_rule": "the traffic that it forwards",
    "aws_lb_target_group": "the traffic to its targets, until new ones are registered",
    "aws_nat_gateway": "the route to the internet from its subnets, until the new one is there",
    "aws_route53_health_check": "its history",
    "aws_route53_record": "what the name leads to, or the renewal of the certificate that it validates",
    "aws_route53_zone": "every name in it, until the domain is delegated to another zone",
    "aws_route": "the traffic that it routes",
    "aws_route_table": "the traffic that it routes",
    "aws_route_table_association": "the traffic that it routes",
    "aws_s3_bucket": "its objects",
    "aws_s3_bucket_lifecycle_configuration": _NOTHING_MORE,
    "aws_s3_bucket_ownership_controls": _NOTHING_MORE,
    "aws_s3_bucket_policy": "the refusal of requests without TLS, and logs that AWS cannot write",
    "aws_s3_bucket_public_access_block": "the protection from public access",
    "aws_s3_bucket_server_side_encryption_configuration": _NOTHING_MORE,
    "aws_s3_bucket_versioning": "new versions of its objects",
    "aws_secretsmanager_secret": "its values, after the recovery window",
    "aws_secretsmanager_secret_rotation": "its schedule: the value stays as it is",
    "aws_secretsmanager_secret_version": "its value",
    "aws_security_group": "the rules in it",
    "aws_service_discovery_private_dns_namespace": "the private DNS names of the tasks",
    "aws_service_discovery_service": "the private DNS name of the tasks",
    "aws_sns_topic": "its subscriptions, which must be confirmed again",
    "aws_sns_topic_policy": "the permission of the alarms to publish",
    "aws_sns_topic_subscription": "the subscription, which must be confirmed again",
    "aws_subnet": "everything in it",
    "aws_vpc_endpoint": "the way to its service, except through NAT, until the new one is there",
    "aws_wafv2_ip_set": "the rule about its addresses, until the new one is there",
    "aws_wafv2_web_acl": "the firewall, until the new one is associated",
    "aws_wafv2_web_acl_association": "the firewall of the load balancer, until it is associated again",
    "aws_wafv2_web_acl_logging_configuration": "the log of the firewall, until it is there again",
    "aws_vpc": "everything in it",
}
"""By type. A type that has no row is unknown, and the comment says so."""

KNOWN_TYPES: Final = frozenset(LOSSES)
"""Types of which it is known what is lost."""


DATA: Final = frozenset(
    {
        "aws_db_instance",
        "aws_ecr_repository",
        "aws_elasticache_cluster",
        "aws_elasticache_replication_group",
        "aws_cloudwatch_log_group",
        "aws_route53_zone",
        "aws_s3_bucket",
        "aws_secretsmanager_secret",
        "aws_secretsmanager_secret_version",
    }
)
"""Types that hold what no apply makes again."""


def holds(kind: str) -> bool:
    """Whether a resource of a type holds data, or may: that nothing is known of it is no all-clear."""
    return kind in DATA or kind not in KNOWN_TYPES


_FELT: Final = (
    "aws_cloudfront_distribution",
    "aws_lb",
    "aws_lb_listener",
    "aws_lb_target_group",
    "aws_ecs_service",
    "aws_ecs_cluster",
    "aws_route53_record",
    "aws_service_discovery_private_dns_namespace",
    "aws_service_discovery_service",
    "aws_vpc",
    "aws_subnet",
    "aws_internet_gateway",
    "aws_nat_gateway",
    "aws_route_table",
    "aws_route_table_association",
    "aws_route",
    "aws_eip",
    "aws_wafv2_web_acl",
)
"""Types whose loss users feel, the most of them first."""


def rank(kind: str) -> int:
    """Where a loss of a type stands in a list: the database, other data, what users feel, other losses, the rest."""
    if kind == "aws_db_instance":
        return 0
    if holds(kind):
        return 2 if kind == "aws_cloudwatch_log_group" else 1
    if kind in _FELT:
        return _FELTS + _FELT.index(kind)
    return _OTHERS if lost_with(kind) and kind != "aws_cloudwatch_metric_alarm" else _OTHERS + 1


_FELTS: Final = 3
_OTHERS: Final = _FELTS + len(_FELT)


@dataclass(frozen=True)
class Lost:
    """A row of a table of losses."""

    environment: str
    address: str
    cells: tuple[str, ...]
    """The other cells, as the table has them."""


def together(lost: Sequence[Lost]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Environment, what is lost, and the other cells: the gravest first, what is alike in one row.

    What holds data, and what users feel, is alike only where it is instances of one resource.
    """
    groups: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for each in sorted(lost, key=lambda one: rank(resource_type(one.address))):
        kind = resource_type(each.address)
        alike = label(each.address) if is_grave(kind) else kind
        groups.setdefault((each.environment, alike, each.cells), []).append(each.address)
    return [(environment, _named(held), cells) for (environment, _, cells), held in groups.items()]


def _named(addresses: Sequence[str]) -> str:
    first, *others = addresses
    if not others:
        return code(first)
    one = len({label(each) for each in addresses}) == 1
    return f"{code(first)} and {len(others)} more" + ("" if one else f" {code(resource_type(first))}")


def is_grave(kind: str) -> bool:
    """Whether a loss is told for each resource by itself: of data, and of what users feel."""
    return rank(kind) < _OTHERS


def lost_with(kind: str) -> str:
    """What is lost with a resource of a type; empty for nothing more than the resource."""
    return LOSSES.get(kind, "not known")
