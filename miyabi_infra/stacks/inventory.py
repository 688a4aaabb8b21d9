"""What exists in each environment, by type, module and count, and what it is for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.compare import ResourceChange, compare

PURPOSES: Final[Mapping[str, str]] = {
    "aws_acm_certificate": "Certificates of the load balancer and of the frontend",
    "aws_acm_certificate_validation": "Waits until ACM has issued a certificate",
    "aws_appautoscaling_policy": "Scale on CPU, memory and requests a task",
    "aws_appautoscaling_scheduled_action": "Other range outside the running hours",
    "aws_appautoscaling_target": "Range in which the service scales",
    "aws_cloudfront_distribution": "Serves the frontend, and the API behind the same name",
    "aws_cloudfront_function": "Answers routes of the single-page application with index.html",
    "aws_cloudfront_origin_access_control": "Signs the distribution's requests to the bucket",
    "aws_cloudfront_response_headers_policy": "Security headers of the frontend and of the API",
    "aws_cloudwatch_dashboard": "What an operator looks at first",
    "aws_cloudwatch_log_group": "Logs of the application, of Redis, of the firewall and of the network",
    "aws_cloudwatch_metric_alarm": "Alarms",
    "aws_cloudwatch_query_definition": "Saved questions to the logs",
    "aws_codedeploy_app": "What CodeDeploy deploys",
    "aws_codedeploy_deployment_group": "How CodeDeploy deploys the service and moves its traffic",
    "aws_db_event_subscription": "Which events of the database the topic is told",
    "aws_db_instance": "PostgreSQL database",
    "aws_db_parameter_group": "PostgreSQL parameters",
    "aws_db_subnet_group": "Subnets of the database",
    "aws_ecr_lifecycle_policy": "Expiry of old images",
    "aws_ecr_repository": "Container images",
    "aws_ecr_repository_policy": "Which accounts can pull images",
    "aws_ecs_cluster": "Cluster that the tasks run in",
    "aws_ecs_cluster_capacity_providers": "Fargate and Fargate Spot for the cluster",
    "aws_ecs_service": "Keeps the tasks running, and rolls out new versions",
    "aws_ecs_task_definition": "Image, size and configuration of a task",
    "aws_egress_only_internet_gateway": "Way out for the private subnets over IPv6, past NAT",
    "aws_eip": "Public addresses of the NAT gateways",
    "aws_elasticache_cluster": "Redis cache",
    "aws_elasticache_parameter_group": "Redis parameters",
    "aws_elasticache_replication_group": "Redis cache with replicas and failover",
    "aws_elasticache_subnet_group": "Subnets of the cache",
    "aws_flow_log": "What the VPC writes down about connections",
    "aws_iam_openid_connect_provider": "Tokens of GitHub Actions, in place of stored keys",
    "aws_iam_policy": "Boundary of the roles of the pipeline",
    "aws_iam_role": "Roles: of the tasks, to start them and of the application; of CodeDeploy; of the pipeline",
    "aws_iam_role_policy": "What the roles may do",
    "aws_iam_role_policy_attachment": "AWS's own policies: for starting tasks, and for CodeDeploy",
    "aws_internet_gateway": "Way between the VPC and the internet",
    "aws_lb": "Load balancer in front of the tasks",
    "aws_lb_listener": "Ports that the load balancer listens on",
    "aws_lb_listener_certificate": "Certificates for further names (SNI)",
    "aws_lb_listener_rule": "Which requests the load balancer forwards",
    "aws_lb_target_group": "Tasks behind the load balancer, with their health check",
    "aws_nat_gateway": "Way out for the private subnets",
    "aws_route": "Default routes",
    "aws_route53_health_check": "Asks for a name from several regions",
    "aws_route53_record": "Names of the environment, and what proves to ACM that they are yours",
    "aws_route53_zone": "Hosted zone of the domain",
    "aws_route_table": "Routes of the subnets",
    "aws_route_table_association": "Which subnet uses which routes",
    "aws_s3_bucket": "Terraform states; the frontend; logs",
    "aws_s3_bucket_lifecycle_configuration": "Expiry of what is old",
    "aws_s3_bucket_ownership_controls": "No access lists on the bucket",
    "aws_s3_bucket_policy": "TLS only; who reads the bucket or writes into it",
    "aws_s3_bucket_public_access_block": "Nothing of the bucket is public",
    "aws_s3_bucket_server_side_encryption_configuration": "Objects encrypted at rest",
    "aws_s3_bucket_versioning": "Every object kept as a version",
    "aws_secretsmanager_secret": "What tasks must not have in their definition",
    "aws_secretsmanager_secret_rotation": "When which function replaces the value of a secret",
    "aws_secretsmanager_secret_version": "Value of the secret",
    "aws_security_group": "Who may connect to the load balancer, tasks, database and cache",
    "aws_service_discovery_private_dns_namespace": "Private DNS zone of the tasks",
    "aws_service_discovery_service": "The tasks' name in the private DNS zone",
    "aws_sns_topic": "Topic that the alarms notify",
    "aws_sns_topic_policy": "Alarms of this account may publish",
    "aws_sns_topic_subscription": "Whom the alarms tell, by e-mail or webhook",
    "aws_subnet": "Public subnets (load balancer, NAT) and private ones (tasks, cache)",
    "aws_vpc": "Network of the environment",
    "aws_vpc_endpoint": "Ways to services of AWS that do not lead through NAT",
    "aws_wafv2_ip_set": "Addresses that the firewall lets pass or blocks",
    "aws_wafv2_web_acl": "Firewall: which requests are blocked or counted",
    "aws_wafv2_web_acl_association": "Puts the firewall in front of the load balancer",
    "aws_wafv2_web_acl_logging_configuration": "What the firewall logs, and what is left out",
}
"""What the resources of each type are for."""


@dataclass(frozen=True)
class Row:
    """Resources of one type in one module."""

    type: str
    module: str
    counts: Mapping[str, int]
    """Instances, by environment."""

    @property
    def purpose(self) -> str:
        """What they are for; empty for a type that nobody has described yet."""
        return PURPOSES.get(self.type, "")


def rows(stacks: Sequence[Stack]) -> list[Row]:
    """The inventory of some stacks, by module and type."""
    found = {stack.environment: Counter((each.module, each.type) for each in stack.resources) for stack in stacks}
    keys = sorted({key for counted in found.values() for key in counted})
    return [
        Row(kind, module, {environment: counted[module, kind] for environment, counted in found.items()})
        for module, kind in keys
    ]


def changes(before: Stack | None, after: Stack | None) -> tuple[ResourceChange, ...]:
    """What is added, removed and changed between two states of an environment; None for one that does not exist."""
    if before is not None and after is not None:
        return compare(before, after).changes
    stack = before or after
    kind = "remove" if after is None else "add"
    return tuple(ResourceChange(each.address, kind) for each in stack.resources) if stack is not None else ()
