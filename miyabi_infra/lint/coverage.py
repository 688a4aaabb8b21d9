"""Which resource types no rule of lint looks at, and why: the others are looked at by at least one."""

from collections.abc import Mapping
from typing import Final

_PART: Final = "part of another resource, which is looked at"
_RULES: Final = "what could be unwise is refused by the rules of its settings"

NOTHING_TO_FIND: Final[Mapping[str, str]] = {
    "aws_cloudfront_function": "the same for every environment; a test runs it",
    "aws_cloudfront_origin_access_control": _RULES,
    "aws_cloudwatch_dashboard": _RULES,
    "aws_cloudwatch_query_definition": _RULES,
    "aws_codedeploy_app": _PART,
    "aws_db_event_subscription": "alarms-nobody-hears looks at the topic",
    "aws_db_parameter_group": _RULES,
    "aws_db_subnet_group": _PART,
    "aws_ecr_lifecycle_policy": _RULES,
    "aws_ecs_cluster_capacity_providers": "the service says itself where its tasks run, so the strategy is not used",
    "aws_egress_only_internet_gateway": "it lets nothing in, and reach says what it lets out",
    "aws_eip": _PART,
    "aws_elasticache_parameter_group": _RULES,
    "aws_elasticache_subnet_group": _PART,
    "aws_iam_openid_connect_provider": "who may use it is in the trust policies of the roles, which its rules shape",
    "aws_iam_policy": "it only limits what other policies allow",
    "aws_flow_log": _RULES,
    "aws_lb_listener_certificate": _RULES,
    "aws_route53_health_check": _RULES,
    "aws_route53_zone": "only the name servers of the domain say whether it is used: preflight asks them",
    "aws_s3_bucket": "checkov's policies",
    "aws_s3_bucket_lifecycle_configuration": "checkov's policies",
    "aws_s3_bucket_ownership_controls": "checkov's policies",
    "aws_s3_bucket_policy": "checkov's policies",
    "aws_s3_bucket_public_access_block": "checkov's policies",
    "aws_s3_bucket_server_side_encryption_configuration": "checkov's policies",
    "aws_s3_bucket_versioning": "checkov's policies",
    "aws_secretsmanager_secret": _RULES,
    "aws_secretsmanager_secret_rotation": _RULES,
    "aws_secretsmanager_secret_version": _PART,
    "aws_service_discovery_private_dns_namespace": _RULES,
    "aws_service_discovery_service": _RULES,
    "aws_sns_topic": _RULES,
    "aws_sns_topic_policy": _RULES,
    "aws_vpc_endpoint": "what it opens is in reach, and from where on it pays in cost",
    "aws_wafv2_web_acl_logging_configuration": _RULES,
    "aws_sns_topic_subscription": "alarms-nobody-hears looks at the alarms",
}
"""Types without a rule, and why."""
