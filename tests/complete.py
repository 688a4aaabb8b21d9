"""The most complete overlay: every setting of an environment is in it, and has another value than its default.

What is measured or proven "for everything" starts from here: applying it creates each resource and each argument that
an environment can have. `tests/unit/test_complete.py` fails when a setting is added and is not in it.
"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from miyabi_infra.hcl.learn import learn, update
from miyabi_infra.hcl.provider import FACTS
from miyabi_infra.project import ROOT, SHARED
from modules.settings import Settings
from tests.support import Project

ENVIRONMENT: Final = "complete"
REGION: Final = "us-west-2"
ACCOUNT: Final = "123456789012"
WEBHOOK: Final = "https://events.example.com/integration/0a1b2c3d/enqueue"
"""The value of the root variable `alarm_webhook_url`, which is in no file."""
VARIABLES: Final = {
    "TF_VAR_alarm_webhook_url": WEBHOOK,
    "TF_VAR_frontend_origin_secret": "0123456789abcdefghijklmnopqrstuvwxyz",
    "TF_VAR_frontend_previous_origin_secret": "zyxwvutsrqponmlkjihgfedcba9876543210",
    "TF_VAR_redis_auth_token": "0123456789abcdefghijklmnopqrstuv",
}
"""The values of the root variables without a default, which are in no file."""
CERTIFICATE: Final = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/0a1b2c3d-0000-1111-2222-333344445555"
SECRET: Final = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:miyabi/complete/database-AbCdEf"
TOPIC: Final = f"arn:aws:sns:{REGION}:{ACCOUNT}:cache-events"
ZONE: Final = "Z0123456789ABCDEFGHIJ"
GLOBAL_TOPIC: Final = f"arn:aws:sns:us-east-1:{ACCOUNT}:frontend-alarms"
ROLE_BOUNDARY: Final = f"arn:aws:iam::{ACCOUNT}:policy/miyabi-github-roles"
FUNCTION: Final = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:rotate"
KEY: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"

PIPELINE: Final = """
pipeline:
  repository: example/miyabi-infra
  owner_id: 1001
  repository_id: 2002
  branch: trunk
  environments: [dev, staging, prod, complete]
  roles_need_boundary: true
"""
"""The roles of the pipeline, which are off in the committed shared stack."""

HOSTED_ZONE: Final = """
hosted_zone:
  name: example.net
  certificate_authorities: [amazon.com]
"""
"""The hosted zone, which is off in the committed shared stack."""

UNSET: Final = {
    "alb.internal": "excludes frontend.enabled",
    "alb.certificate_arn": "excludes certificate.domain_names",
    "certificate.wait_for_validation": "off, the HTTPS listener would have no certificate",
    "frontend.certificate_arn": "excludes certificate.for_frontend",
    "aws_provider": "the tests plan with provider 5",
    "assume_role.external_id": "see assume_role.role_arn",
    "assume_role.role_arn": "a plan without AWS cannot assume a role",
    "assume_role.session_name": "see assume_role.role_arn",
    "elasticache.at_rest_encryption_enabled": "off, there would be no key",
    "elasticache.engine": "valkey excludes the single node",
    "elasticache.previous_generation_node": "is only for a node that exists",
    "elasticache.restore_from_snapshot": "the snapshot would have to exist",
    "frontend.only_from_cloudfront": "excludes security_groups.alb_ingress_cidr_blocks",
    "frontend.web_acl_arn": "excludes waf.protects: both",
    "rds.performance_insights": "off, its days would mean nothing",
    "rds.restore_from_snapshot": "the snapshot would have to exist",
    "networking.enable_nat_gateway": "off, there would be no NAT gateway",
    "networking.single_nat_gateway": "on, there would be one NAT gateway only",
    "notifications.topic_arn": "excludes notifications.email_addresses and webhook",
    "security_groups.https_ingress": "off, the HTTPS listener could not be reached",
    "alb.enable_deletion_protection": "on, the environment could not be destroyed",
    "ecs.read_only_root": "on, ECS Exec would not work",
    "ecs.writable_paths": "see ecs.read_only_root",
    "ecs.container_insights": "off, the dashboard would have no figures of the tasks",
    "project": "is the other environments'",
    "region": "is the other environments'",
}
"""Settings that keep their default or the base's value, and why."""


def overlay(
    *,
    certificate: str = CERTIFICATE,
    secret: str = SECRET,
    topic: str = TOPIC,
    key: str = KEY,
    zone: str = ZONE,
    global_topic: str = GLOBAL_TOPIC,
    function: str = FUNCTION,
) -> dict[str, Any]:
    """The overlay as data; the ARNs are of what exists outside the stack."""
    return {
        "container_port": 9090,
        "account_id": ACCOUNT,
        "role_boundary_arn": ROLE_BOUNDARY,
        "tags": {"CostCenter": "4711"},
        "state": {"backend": "local", "path": "environments/complete/all.tfstate"},
        "highly_available": True,
        "monthly_budget": 1000,
        "networking": {
            "vpc_cidr": "10.8.0.0/16",
            "availability_zones": [f"{REGION}a", f"{REGION}b", f"{REGION}c"],
            "public_subnet_cidrs": ["10.8.1.0/24", "10.8.2.0/24", "10.8.3.0/24"],
            "private_subnet_cidrs": ["10.8.16.0/20", "10.8.32.0/20", "10.8.48.0/20"],
            "ipv6": "dual-stack",
        },
        "security_groups": {
            "alb_ingress_cidr_blocks": ["203.0.113.0/24", "198.51.100.0/24"],
            "alb_ingress_ipv6_cidr_blocks": ["2001:db8:113::/48"],
        },
        "iam": {"execution_role_reads_secrets": True, "task_role_allows_exec": True},
        "alb": {
            "further_certificate_arns": [certificate],
            "ip_address_type": "dualstack",
            "redirect_http_to_https": True,
            "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "named_for_port": 9090,
            "idle_timeout": 30,
            "drop_invalid_header_fields": True,
            "desync_mitigation_mode": "strictest",
            "client_keep_alive": 7200,
            "access_logs": True,
            "connection_logs": True,
            "waf_fail_open": True,
            "health_check_path": "/ready",
            "health_check_interval": 15,
            "health_check_timeout": 4,
            "health_check_healthy_threshold": 3,
            "health_check_unhealthy_threshold": 2,
            "health_check_matcher": "200-299",
            "deregistration_delay": 20,
            "response_time_alarm_threshold": 0.2,
            "unhealthy_hosts_alarm_threshold": 1,
        },
        "ecs": {
            "ecr_image_uri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/miyabi-web-api:3f2c1ab",
            "task_cpu": 1024,
            "task_memory": 2048,
            "cpu_architecture": "ARM64",
            "log_retention_days": 30,
            "health_check_path": "/ready",
            "environment_variables": {"LOG_LEVEL": "debug", "TOKEN": "csrf"},
            "not_secret": {"TOKEN": "the name of a form's field"},
            "secrets": {
                "DATABASE_PASSWORD": f"{secret}:password::",
                "PARTNER_LOGIN": "secrets.partner",
                "PAYMENTS_KEY": "secrets.payments:key",
            },
            "container_health_check": "command",
            "container_health_check_command": ["/usr/local/bin/miyabi-web-api", "health"],
            "container_health_check_interval": 15,
            "container_health_check_timeout": 3,
            "container_health_check_retries": 2,
            "container_health_check_start_period": 30,
            "stop_timeout": 60,
            "ephemeral_storage": 30,
            "open_files_limit": 100_000,
            "user": "10001:10001",
            "sidecars": {
                "router": {
                    "image": "public.ecr.aws/aws-observability/aws-for-fluent-bit:2.32.4",
                    "essential": True,
                    "memory_reservation": 64,
                    "log_router": "fluentbit",
                    "application_waits": "START",
                },
                "telemetry": {
                    "image": "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.1",
                    "cpu": 64,
                    "memory": 256,
                    "memory_reservation": 128,
                    "command": ["--config=/etc/ecs/ecs-default-config.yaml"],
                    "environment_variables": {"LOG_LEVEL": "info"},
                    "secrets": {"API_KEY": f"{secret}:api_key::"},
                    "health_check_command": ["/healthcheck"],
                    "application_waits": "HEALTHY",
                    "read_only_root": True,
                    "user": "4317",
                },
            },
            "log_router_options": {"Name": "cloudwatch_logs", "region": REGION, "log_group_name": "/ecs/miyabi-routed"},
        },
        "elasticache": {
            "topology": "retiring-node",  # the node and the replication group
            "named_for_family": "redis6.x",
            "auto_minor_version_upgrade": False,
            "replicas": 2,
            "final_snapshot": "miyabi-complete-last",
            "transit_encryption_enabled": True,
            "transit_encryption_mode": "preferred",
            "kms_key_arn": key,
            "auth": "token",
            "auth_token_update_strategy": "SET",
            "url_variable": "REDIS_URL",
            "log_delivery": ["slow-log", "engine-log"],
            "log_retention_days": 14,
            "cpu_alarm_metric": "EngineCPUUtilization",
            "memory_alarm_metric": "DatabaseMemoryUsagePercentage",
            "memory_usage_alarm_threshold": 70,
            "replication_lag_alarm_threshold": 5,
            "redis_node_type": "cache.t3.small",
            "redis_engine_version": "7.1",
            "maxmemory_policy": "volatile-lru",
            "timeout": 60,
            "maintenance_window": "mon:06:00-mon:07:00",
            "snapshot_window": "04:00-05:00",
            "snapshot_retention_limit": 7,
            "apply_immediately": True,
            "sns_topic_arn": topic,
            "cpu_alarm_threshold": 60,
            "memory_alarm_threshold": 200_000_000,
            "evictions_alarm_threshold": 500,
        },
        "rds": {
            "enabled": True,
            "deletable": True,
            "engine_version": "16",
            "allow_major_version_upgrade": True,
            "auto_minor_version_upgrade": False,
            "instance_class": "db.t3.small",
            "allocated_storage": 30,
            "max_allocated_storage": 200,
            "kms_key_arn": key,
            "database_name": "orders",
            "admin_user": "owner_of_all",
            "application_user": "orders_app",
            "access": "secret",
            "variable_prefix": "DB",
            "migration_command": ["/app/migrate", "up"],
            "multi_az": True,
            "backup_retention_days": 14,
            "backup_window": "08:00-09:00",
            "maintenance_window": "mon:10:00-mon:11:00",
            "force_tls": False,
            "ca_certificate": "rds-ca-ecc384-g1",
            "parameters": {"log_min_duration_statement": "1000", "shared_preload_libraries": "pg_stat_statements"},
            "log_exports": ["upgrade", "postgresql"],
            "log_retention_days": 14,
            "performance_insights_days": 31,
            "monitoring_interval": 60,
            "apply_immediately": True,
            "cpu_alarm_threshold": 70,
            "connections_alarm_threshold": 50,
            "free_storage_alarm_threshold": 4_000_000_000,
            "free_memory_alarm_threshold": 200_000_000,
            "latency_alarm_threshold": 0.02,
        },
        "ecs_service": {
            "desired_count": 4,
            "autoscaling_min_capacity": 3,
            "autoscaling_max_capacity": 9,
            "autoscaling_cpu_target": 60,
            "autoscaling_memory_target": 70,
            "autoscaling_requests_target": 1500,
            "scale_in_cooldown": 600,
            "scale_out_cooldown": 30,
            "deployment": "both",
            "deployment_maximum_percent": 150,
            "deployment_minimum_healthy_percent": 75,
            "health_check_grace_period_seconds": 90,
            "enable_execute_command": True,
            "enable_service_discovery": True,
            "managed_elsewhere": ["desired_count", "task_definition", "load_balancer"],
            "scaling_managed_elsewhere": ["min_capacity", "max_capacity"],
            "deployment_alarms": ["unhealthy-hosts", "high-response-time"],
            "spot_share": 75,
            "on_demand_base": 2,
            "running_hours": "MON-FRI 07:00-20:30",
            "running_hours_timezone": "America/Los_Angeles",
            "tasks_outside_running_hours": 1,
            "wait_for_steady_state": True,
            "service_discovery_force_destroy": True,
            "running_tasks_alarm_missing_data": "notBreaching",
            "cpu_alarm_threshold": 85,
            "memory_alarm_threshold": 85,
            "running_tasks_alarm_threshold": 3,
        },
        "codedeploy": {
            "traffic": "ECSCanary10Percent5Minutes",
            "approval_minutes": 60,
            "termination_wait_minutes": 30,
            "hooks": {"AfterAllowTestTraffic": "CodeDeployHook_smoke"},
            "test_port": 8443,
            "test_cidr_blocks": ["203.0.113.8/32"],
        },
        "notifications": {
            "email_addresses": ["oncall@example.com"],
            "webhook": True,
            "webhook_confirms_itself": False,
            "kms_key_arn": key,
        },
        "monitoring": {
            "enabled": True,
            "log_status_field": "http_status",
            "log_duration_field": "took_ms",
            "slow_request_milliseconds": 500,
        },
        "secrets": {
            "payments": {
                "description": "Key of the payment provider",
                "recovery_window_days": 7,
                "kms_key_arn": key,
                "rotation_days": 90,
            },
            "partner": {
                "description": "Login at the partner's API",
                "kms_key_arn": key,
                "application_reads": True,
                "rotation_days": 30,
                "rotation_lambda_arn": function,
                "old_value_stays_valid": True,
            },
        },
        "frontend": {
            "enabled": True,
            "bucket": "miyabi-frontend-complete",
            "domain_names": ["app.example.com", "www.example.com"],
            "minimum_tls": "TLSv1.2_2019",
            "price_class": "PriceClass_200",
            "api_paths": ["/api/*", "/ws"],
            "api_domain_name": "api.example.com",
            "api_timeout": 60,
            "api_keep_alive": 20,
            "origin_secret": True,
            "previous_origin_secret": True,
            "content_security_policy": "default-src 'self'; img-src 'self' data:",
            "hsts_seconds": 63_072_000,
            "hsts_subdomains": True,
            "hsts_preload": True,
            "noncurrent_days": 30,
            "access_log_days": 30,
            "errors_alarm_threshold": 2,
            "alarm_topic_arn": global_topic,
        },
        "dns": {
            "zone": "example.com",
            "zone_id": zone,
            "load_balancer_names": ["api.example.com"],
            "frontend_names": ["app.example.com", "www.example.com"],
            "health_check_name": "app.example.com",
            "health_check_path": "/api/health",
            "health_check_topic_arn": global_topic,
        },
        "certificate": {
            "domain_names": ["api.example.com", "*.api.example.com"],
            "for_frontend": True,
            "key_algorithm": "EC_prime256v1",
            "authorities": ["amazon.com"],
            "expiry_alarm_days": 20,
        },
        "log_bucket": {"name": "miyabi-logs-complete", "days": 30},
        "flow_logs": {
            "destination": "cloudwatch-logs",
            "traffic": "REJECT",
            "fields": ["version", "srcaddr", "dstaddr", "dstport", "action", "ecs-task-id"],
            "aggregation_seconds": 60,
            "retention_days": 14,
        },
        "endpoints": {"s3": True, "interfaces": ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssmmessages"]},
        "waf": {
            "enabled": True,
            "protects": "both",
            "managed_groups": {
                "AWSManagedRulesAmazonIpReputationList": {"action": "block"},
                "AWSManagedRulesCommonRuleSet": {
                    "action": "block",
                    "version": "Version_1.4",
                    "counted_rules": ["SizeRestrictions_BODY"],
                },
                "AWSManagedRulesSQLiRuleSet": {},
            },
            "rate_limit": 300,
            "rate_window": 120,
            "rate_action": "block",
            "allowed_addresses": ["203.0.113.7/32", "2001:db8::/64"],
            "blocked_addresses": ["192.0.2.0/24", "2001:db8:1::/48"],
            "max_body_bytes": 4096,
            "body_action": "block",
            "sample_requests": False,
            "logged_requests": "all",
            "log_retention_days": 14,
            "redacted_headers": ["authorization"],
            "redact_query": True,
            "blocked_alarm_percent": 5,
        },
        "service_levels": {
            "url": "https://api.example.com/ready",
            "p50_ms": 40,
            "p95_ms": 90,
            "p99_ms": 180,
            "min_requests_per_second": 100,
            "max_error_percent": 0.5,
            "ask_before_load": False,
        },
        "usage": {
            "running_tasks": 5,
            "alb_lcus": 1,
            "nat_gb": 50,
            "internet_out_gb": 20,
            "cross_zone_gb": 20,
            "log_gb": 8,
            "container_insights_metrics": 30,
            "snapshot_gb": 1,
            "cache_log_gb": 0.5,
            "cdn_gb": 100,
            "cdn_site_requests": 2,
            "cdn_api_requests": 3,
            "frontend_gb": 1,
            "access_log_gb": 2,
            "log_bucket_gb": 4,
            "flow_log_gb": 3,
            "endpoint_gb": 40,
            "waf_requests": 4,
            "waf_log_gb": 2,
            "database_backup_gb": 10,
        },
        "lint": {
            "waive": {"local-state": {"reason": "A test applies it.", "until": "2099-12-31"}},
            "application_keep_alive": 75,
        },
    }


def leaves(model: type[Settings], at: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting of a section and of the sections in it, with its default."""
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, Settings):
            yield from leaves(annotation, f"{at}{name}.")
        elif name != "environment":
            yield f"{at}{name}", field.get_default(call_default_factory=True)


def said(overlay: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401  # data of an overlay
    """What an overlay says of a setting; None for nothing."""
    held: Any = overlay
    for key in path.split("."):
        if not isinstance(held, Mapping) or key not in held:
            return None
        held = cast("Any", held[key])
    return held


def write(project: Project, **arns: str) -> None:
    """Write the overlay into a project, as the environment `complete`; and what it lacks into the shared one."""
    project.write(ENVIRONMENT, overlay(**arns))
    shared = project.overlay(SHARED)
    text = shared.read_text(encoding="utf-8")
    if PIPELINE not in text:
        shared.write_text(text + PIPELINE + HOSTED_ZONE, encoding="utf-8")
        for other in ("dev", "prod", "staging"):  # whose roles the pipeline makes, too
            file = project.overlay(other)
            file.write_text(f"{file.read_text(encoding='utf-8')}role_boundary_arn: {ROLE_BOUNDARY}\n", encoding="utf-8")


def stack(root: Path, folder: Path) -> Path:
    """The folder of its synthesized stack, in a project in `folder` with the overlays of `root`."""
    project = Project.copy_of(root, folder / "project")
    write(project)
    return project.synthesize() / f"stacks/miyabi-{ENVIRONMENT}"


def learnt(root: Path, folder: Path) -> dict[str, Any]:
    """What the provider knows of every type that an environment can have."""
    roots = [root / "cdktf.out/stacks/miyabi-dev", stack(root, folder)]
    return learn(roots, folder / "learn", VARIABLES)


def main() -> None:
    """`make learn`: update what `parity` knows about the provider."""
    with tempfile.TemporaryDirectory(prefix="miyabi-learn-") as name:
        facts = learnt(ROOT, Path(name))
    stale = update(facts)
    print(f"{FACTS.name}: {len(facts['resources'])} resource types, {len(stale)} changes")
