"""Where the guides say what to do about the resources of a type."""

from collections.abc import Mapping
from typing import Final

SECTIONS: Final[Mapping[str, str]] = {
    "aws_appautoscaling_policy": "troubleshooting.md#no-scaling",
    "aws_appautoscaling_target": "#scale",
    "aws_cloudfront_distribution": "#frontend",
    "aws_cloudfront_function": "#frontend",
    "aws_cloudfront_origin_access_control": "#frontend",
    "aws_cloudfront_response_headers_policy": "#frontend",
    "aws_cloudwatch_dashboard": "#monitoring",
    "aws_cloudwatch_log_group": "troubleshooting.md#no-logs",
    "aws_cloudwatch_metric_alarm": "#monitoring",
    "aws_cloudwatch_query_definition": "#read-logs",
    "aws_ecs_cluster": "troubleshooting.md#no-data",
    "aws_ecs_cluster_capacity_providers": "troubleshooting.md#capacity",
    "aws_ecs_service": "#no-healthy-task",
    "aws_ecs_task_definition": "#deploy-a-tag",
    "aws_eip": "#zone-or-nat-lost",
    "aws_elasticache_cluster": "#redis-lost",
    "aws_elasticache_parameter_group": "troubleshooting.md#redis-memory",
    "aws_elasticache_replication_group": "#redis-lost",
    "aws_elasticache_subnet_group": "troubleshooting.md#redis-connection",
    "aws_iam_role": "troubleshooting.md#access-denied",
    "aws_iam_role_policy": "troubleshooting.md#access-denied",
    "aws_iam_role_policy_attachment": "troubleshooting.md#image-not-pulled",
    "aws_internet_gateway": "#load-balancer-not-reachable",
    "aws_lb": "#load-balancer-not-reachable",
    "aws_lb_listener": "#load-balancer-not-reachable",
    "aws_lb_listener_rule": "#frontend",
    "aws_lb_target_group": "troubleshooting.md#targets-unhealthy",
    "aws_nat_gateway": "#zone-or-nat-lost",
    "aws_route": "#zone-or-nat-lost",
    "aws_route_table": "#zone-or-nat-lost",
    "aws_route_table_association": "#zone-or-nat-lost",
    "aws_s3_bucket": "#frontend",
    "aws_s3_bucket_lifecycle_configuration": "#frontend",
    "aws_s3_bucket_ownership_controls": "#frontend",
    "aws_s3_bucket_policy": "#frontend",
    "aws_s3_bucket_public_access_block": "#frontend",
    "aws_s3_bucket_server_side_encryption_configuration": "#frontend",
    "aws_s3_bucket_versioning": "#frontend",
    "aws_secretsmanager_secret": "#rotate-a-secret",
    "aws_secretsmanager_secret_version": "#rotate-a-secret",
    "aws_security_group": "troubleshooting.md#error-504",
    "aws_service_discovery_private_dns_namespace": "troubleshooting.md#dns",
    "aws_service_discovery_service": "troubleshooting.md#dns",
    "aws_sns_topic": "#monitoring",
    "aws_sns_topic_policy": "#monitoring",
    "aws_sns_topic_subscription": "#monitoring",
    "aws_subnet": "troubleshooting.md#capacity",
    "aws_vpc": "#load-balancer-not-reachable",
}
"""By type, a link from the runbook; the inventory in the runbook shows it."""

KNOWN_TYPES: Final = frozenset(SECTIONS)
"""Types of an environment's stack that the guides say something about."""
