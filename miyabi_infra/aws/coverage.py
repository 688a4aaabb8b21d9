"""Which resource types `status` shows, in which of its sections; and why the others are not in it."""

from collections.abc import Mapping
from typing import Final

SHOWN: Final[Mapping[str, str]] = {
    "aws_acm_certificate": "names",
    "aws_appautoscaling_policy": "capacity",
    "aws_appautoscaling_scheduled_action": "capacity",
    "aws_appautoscaling_target": "capacity",
    "aws_cloudfront_distribution": "frontend",
    "aws_cloudwatch_log_group": "logs",
    "aws_cloudwatch_metric_alarm": "alarms",
    "aws_codedeploy_deployment_group": "service",
    "aws_db_instance": "database",
    "aws_ecs_cluster": "service",
    "aws_ecs_service": "service",
    "aws_ecs_task_definition": "service",
    "aws_egress_only_internet_gateway": "way out",
    "aws_eip": "way out",
    "aws_elasticache_cluster": "redis",
    "aws_elasticache_replication_group": "redis",
    "aws_internet_gateway": "entrance",
    "aws_lb": "entrance",
    "aws_lb_listener": "entrance",
    "aws_lb_listener_certificate": "names",
    "aws_lb_listener_rule": "entrance",
    "aws_lb_target_group": "targets",
    "aws_nat_gateway": "way out",
    "aws_route53_health_check": "names",
    "aws_route53_record": "names",
    "aws_s3_bucket": "frontend",
    "aws_s3_bucket_policy": "frontend",
    "aws_route": "way out",
    "aws_route_table": "way out",
    "aws_route_table_association": "way out",
    "aws_secretsmanager_secret": "secrets",
    "aws_security_group": "security groups",
    "aws_subnet": "way out",
    "aws_wafv2_web_acl": "firewall",
    "aws_wafv2_web_acl_association": "firewall",
}
"""Types on which users depend at any moment, and the section of `status` that shows them."""

_CONFIGURATION: Final = "configuration: only an apply changes it, and verify compares it"
_NETWORK: Final = "the network: verify compares it, and reach judges it"

NOT_SHOWN: Final[Mapping[str, str]] = {
    "aws_acm_certificate_validation": "nothing in AWS: Terraform's waiting for the certificate",
    "aws_cloudfront_function": _CONFIGURATION,
    "aws_cloudfront_origin_access_control": _CONFIGURATION,
    "aws_cloudfront_response_headers_policy": _CONFIGURATION,
    "aws_cloudwatch_dashboard": _CONFIGURATION,
    "aws_cloudwatch_query_definition": _CONFIGURATION,
    "aws_codedeploy_app": _CONFIGURATION,
    "aws_db_event_subscription": _CONFIGURATION,
    "aws_db_parameter_group": _CONFIGURATION,
    "aws_db_subnet_group": _CONFIGURATION,
    "aws_ecr_lifecycle_policy": _CONFIGURATION,
    "aws_ecr_repository": "shared: not part of an environment's health",
    "aws_ecs_cluster_capacity_providers": _CONFIGURATION,
    "aws_elasticache_parameter_group": _CONFIGURATION,
    "aws_elasticache_subnet_group": _CONFIGURATION,
    "aws_iam_openid_connect_provider": "shared: not part of an environment's health",
    "aws_iam_policy": _CONFIGURATION,
    "aws_iam_role": _CONFIGURATION,
    "aws_iam_role_policy": _CONFIGURATION,
    "aws_iam_role_policy_attachment": _CONFIGURATION,
    "aws_route53_zone": "shared: not part of an environment's health",
    "aws_s3_bucket_lifecycle_configuration": _CONFIGURATION,
    "aws_s3_bucket_ownership_controls": _CONFIGURATION,
    "aws_s3_bucket_public_access_block": _CONFIGURATION,
    "aws_s3_bucket_server_side_encryption_configuration": _CONFIGURATION,
    "aws_s3_bucket_versioning": _CONFIGURATION,
    "aws_secretsmanager_secret_rotation": _CONFIGURATION,
    "aws_secretsmanager_secret_version": _CONFIGURATION,
    "aws_service_discovery_private_dns_namespace": _CONFIGURATION,
    "aws_service_discovery_service": _CONFIGURATION,
    "aws_sns_topic": _CONFIGURATION,
    "aws_sns_topic_policy": _CONFIGURATION,
    "aws_sns_topic_subscription": _CONFIGURATION,
    "aws_flow_log": "verify says whether it can write; what it wrote is in its log group or bucket",
    "aws_vpc": _NETWORK,
    "aws_vpc_endpoint": _NETWORK,
    "aws_wafv2_ip_set": _CONFIGURATION,
    "aws_wafv2_web_acl_logging_configuration": _CONFIGURATION,
}
"""Types that `status` does not show, and why."""

KNOWN_TYPES: Final = frozenset({*SHOWN, *NOT_SHOWN})
"""Types that somebody has decided about."""
