"""Of every setting: which way is weaker, or that it protects nothing.

Two overlays are synthesized, one with everything that protects, one with less of it; each setting that is declared to
protect must be named as the cause of its strength's loss. A setting that is in no table fails the test.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from environments.settings import EnvironmentSettings
from miyabi_infra.stacks import Module, Resource, Stack, read
from miyabi_infra.stacks.compare import ArgumentChange, ResourceChange, compare
from miyabi_infra.stacks.difference import EnvironmentDifference, difference
from miyabi_infra.stacks.strengths import unjudged, weaker
from miyabi_infra.synthesis.render import render
from modules.cloudfront_facts import ORIGIN_FACING
from tests import complete
from tests.changes import DEFAULT, changed
from tests.complete import leaves
from tests.support import Project

THRESHOLD: Final = "threshold of an alarm"
CONFINED: Final = "confinement of containers (not privileged, read-only, not root)"
WIDTH: Final = "actions that a role's policies allow, times their resources"
DAYS: Final = "days that buckets keep what their life cycles delete"
LIMIT: Final = "requests an hour that an address may make"
BLOCKING: Final = "rules of the firewall that block"
HSTS: Final = "seconds for which browsers take HTTPS only (HSTS); each of its flags counts one more"

STRONG: Final[Mapping[str, Any]] = {
    "codedeploy": None,
    "ecs_service.deployment": None,
    "alb.enable_deletion_protection": True,
    "alb.health_check_matcher": "200",
    "flow_logs.traffic": "ALL",
    "alb.waf_fail_open": None,
    "ecs.read_only_root": True,
    "ecs_service.enable_execute_command": False,
    "ecs_service.running_hours": None,
    "ecs_service.running_hours_timezone": None,
    "ecs_service.running_tasks_alarm_missing_data": None,
    "ecs_service.scaling_managed_elsewhere": None,
    "ecs_service.spot_share": None,
    "ecs_service.on_demand_base": None,
    "ecs_service.tasks_outside_running_hours": None,
    "elasticache.apply_immediately": False,
    "elasticache.auto_minor_version_upgrade": True,
    "elasticache.topology": "replication-group",
    "elasticache.transit_encryption_mode": "required",
    "iam.execution_role_reads_secrets": False,
    "iam.task_role_allows_exec": False,
    "rds.apply_immediately": False,
    "rds.auto_minor_version_upgrade": True,
    "rds.deletable": False,
    "rds.force_tls": True,
    "state.backend": "s3",
    "state.bucket": "miyabi-terraform-state",
    "state.path": None,
}
"""What the most complete overlay lacks in protection."""

WEAKER: Final[Mapping[str, tuple[Any, str]]] = {
    "state": ({"backend": "local"}, "state kept safe (0 file, 1 bucket, 2 encrypted, 3 locked)"),
    "networking.availability_zones": (None, "availability zones"),
    "networking.single_nat_gateway": (True, "zones with a NAT gateway"),
    "security_groups.alb_ingress_cidr_blocks": (
        ["0.0.0.0/0"],
        "addresses of the internet that security groups let in",
    ),
    "security_groups.alb_ingress_ipv6_cidr_blocks": (
        ["::/0"],
        "IPv6 addresses of the internet that security groups let in",
    ),
    "iam.execution_role_reads_secrets": (True, WIDTH),
    "iam.task_role_allows_exec": (True, WIDTH),
    "alb.enable_deletion_protection": (False, "deletion protection of the load balancer"),
    "alb.drop_invalid_header_fields": (False, "invalid headers are dropped"),
    "alb.desync_mitigation_mode": (
        "monitor",
        "requests that could be read in two ways (0 monitored, 1 defended against, 2 refused)",
    ),
    "alb.access_logs": (False, "access logs of the load balancer"),
    "alb.connection_logs": (False, "connection logs of the load balancer"),
    "log_bucket.days": (1, DAYS),
    "flow_logs.traffic": ("REJECT", "connections that flow logs write down (2 accepted and rejected ones)"),
    "flow_logs.aggregation_seconds": (600, "seconds that a record of a flow log sums up"),
    "flow_logs.retention_days": (1, "days of logs"),
    "alb.ssl_policy": ("ELBSecurityPolicy-2016-08", "oldest TLS version of the listener"),
    "alb.redirect_http_to_https": (False, "HTTP redirects to HTTPS"),
    "alb.health_check_interval": (60, "seconds until a failing task is out of service"),
    "alb.health_check_unhealthy_threshold": (9, "seconds until a failing task is out of service"),
    "alb.health_check_matcher": ("200-499", "status codes that count as healthy"),
    "alb.response_time_alarm_threshold": (9, THRESHOLD),
    "alb.unhealthy_hosts_alarm_threshold": (5, THRESHOLD),
    "ecs.log_retention_days": (1, "days of logs"),
    "ecs.container_insights": (False, "Container Insights"),
    "ecs.container_health_check": ("none", "containers with a health check of their own"),
    "ecs.read_only_root": (False, CONFINED),
    "ecs.user": (None, CONFINED),
    "elasticache.redis_engine_version": ("7.0", "version of the cache's engine"),
    "elasticache.auto_minor_version_upgrade": (False, "minor versions of the cache are installed by AWS"),
    "elasticache.replicas": (1, "nodes of the cache"),
    "elasticache.snapshot_retention_limit": (1, "days of cache snapshots"),
    "elasticache.final_snapshot": (None, "last snapshot of a deleted cache"),
    "elasticache.transit_encryption_mode": ("preferred", "clients of the cache must use TLS"),
    "elasticache.kms_key_arn": ("", "cached data encrypted with an own key"),
    "elasticache.log_delivery": (["slow-log"], "logs that the cache hands over"),
    "elasticache.log_retention_days": (1, "days of logs"),
    "elasticache.apply_immediately": (True, "changes of the cache wait for the maintenance window"),
    "elasticache.cpu_alarm_threshold": (99, THRESHOLD),
    "elasticache.memory_usage_alarm_threshold": (99, THRESHOLD),
    "elasticache.evictions_alarm_threshold": (100_000, THRESHOLD),
    "elasticache.replication_lag_alarm_threshold": (60, THRESHOLD),
    "rds.deletable": (True, "deletion protection of the database"),
    "rds.engine_version": ("15", "version of the database's engine"),
    "rds.auto_minor_version_upgrade": (False, "minor versions of the database are installed by AWS"),
    "rds.kms_key_arn": ("", "database encrypted with an own key"),
    "rds.multi_az": (False, "database in two zones"),
    "rds.backup_retention_days": (1, "days of database backups"),
    "rds.force_tls": (False, "database refuses connections without TLS"),
    "rds.log_exports": (["postgresql"], "logs that the database hands over"),
    "rds.log_retention_days": (1, "days of logs"),
    "rds.apply_immediately": (True, "changes of the database wait for the maintenance window"),
    "rds.cpu_alarm_threshold": (99, THRESHOLD),
    "rds.connections_alarm_threshold": (99, THRESHOLD),
    "rds.free_storage_alarm_threshold": (1_000_000, THRESHOLD),
    "rds.free_memory_alarm_threshold": (1_000_000, THRESHOLD),
    "rds.latency_alarm_threshold": (9, THRESHOLD),
    "ecs_service.autoscaling_min_capacity": (2, "minimum tasks"),
    "ecs_service.autoscaling_max_capacity": (5, "maximum tasks"),
    "ecs_service.autoscaling_cpu_target": (80, "figure above which tasks are added"),
    "ecs_service.autoscaling_memory_target": (80, "figure above which tasks are added"),
    "ecs_service.autoscaling_requests_target": (9999, "figure above which tasks are added"),
    "ecs_service.deployment_minimum_healthy_percent": (50, "tasks kept healthy in a deployment, per cent"),
    "ecs_service.enable_execute_command": (True, "no shell in tasks"),
    "ecs_service.deployment_alarms": (None, "alarms that roll a deployment back"),
    "ecs_service.spot_share": (50, "tasks that AWS does not take back (not on Fargate Spot), per cent"),
    "ecs_service.on_demand_base": (1, "tasks that AWS does not take back (not on Fargate Spot), per cent"),
    "ecs_service.running_hours": ("MON-FRI 07:00-20:00", "tasks outside the running hours"),
    "ecs_service.cpu_alarm_threshold": (99, THRESHOLD),
    "ecs_service.memory_alarm_threshold": (99, THRESHOLD),
    "ecs_service.running_tasks_alarm_threshold": (1, THRESHOLD),
    "ecs_service.running_tasks_alarm_missing_data": (
        "notBreaching",
        "alarm on missing data (0 notBreaching, 1 ignore, 2 missing, 3 breaching)",
    ),
    "notifications.email_addresses": (None, "alarms that tell somebody"),
    "notifications.kms_key_arn": ("", "topic encrypted with an own key"),
    "frontend.minimum_tls": ("TLSv1.2_2018", "oldest TLS version of the distribution"),
    "frontend.origin_secret": (False, "listeners that serve only with the distribution's header"),
    "frontend.hsts_seconds": (300, HSTS),
    "frontend.hsts_subdomains": (False, HSTS),
    "frontend.hsts_preload": (False, HSTS),
    "frontend.noncurrent_days": (1, DAYS),
    "frontend.access_log_days": (1, DAYS),
    "frontend.errors_alarm_threshold": (50, THRESHOLD),
    "frontend.alarm_topic_arn": ("", "alarms that tell somebody"),
    "dns.health_check_topic_arn": ("", "alarms that tell somebody"),
    "certificate.authorities": ([], "names whose certificate authorities are limited"),
    "certificate.expiry_alarm_days": (5, THRESHOLD),
    "secrets": (
        {name: {**each, "kms_key_arn": ""} for name, each in complete.overlay()["secrets"].items()},
        "secrets encrypted with an own key",
    ),
    "waf.protects": ("distribution", "firewalls of load balancers"),
    "waf.managed_groups": (
        {
            "AWSManagedRulesCommonRuleSet": {
                "action": "block",
                "version": "Version_1.4",
                "counted_rules": ["SizeRestrictions_BODY", "NoUserAgent_HEADER"],
            }
        },
        "rules of AWS's groups that only count",
    ),
    "waf.rate_limit": (3000, LIMIT),
    "waf.rate_window": (60, LIMIT),
    "waf.rate_action": ("count", BLOCKING),
    "waf.allowed_addresses": (["203.0.113.0/24", "2001:db8::/48"], "addresses that no rule of the firewall inspects"),
    "waf.blocked_addresses": ([], "blocks of addresses that the firewall blocks"),
    "waf.max_body_bytes": (8192, "largest body that passes the firewall"),
    "waf.body_action": ("count", BLOCKING),
    "waf.logged_requests": ("matched", "requests that the firewall logs"),
    "waf.log_retention_days": (1, "days of logs"),
    "waf.redacted_headers": ([], "fields that are not in the log of the firewall"),
    "waf.redact_query": (False, "fields that are not in the log of the firewall"),
    "waf.blocked_alarm_percent": (50, THRESHOLD),
}
"""Settings that protect: a weaker value than that of the strong overlay, and the strength that it lessens."""

BESIDE: Final[Mapping[str, Any]] = {
    "ecs.container_health_check_command": None,
    "ecs_service.scaling_managed_elsewhere": ["min_capacity", "max_capacity"],
    "frontend.previous_origin_secret": None,
    "monitoring.enabled": None,
    "networking.availability_zones": ["us-west-2a", "us-west-2b"],
    "networking.private_subnet_cidrs": ["10.8.16.0/20", "10.8.32.0/20"],
    "networking.public_subnet_cidrs": ["10.8.1.0/24", "10.8.2.0/24"],
}
"""What the weaker values ask for, to be accepted."""

APART: Final[Mapping[str, tuple[Any, str]]] = {
    "flow_logs.destination": (None, "flow logs"),
    "account_id": (None, "account is named"),
    "certificate.domain_names": ([], "HTTPS"),
    "dns.health_check_name": (None, "health checks from outside"),
    "alb.waf_fail_open": (True, "load balancers that pass nothing by a firewall that fails"),
    "ecs_service.tasks_outside_running_hours": (1, "tasks outside the running hours"),
    "role_boundary_arn": (None, "permissions boundary of a role"),
    "codedeploy.traffic": ("ECSAllAtOnce", "share of the requests that a new version gets at first, per cent"),
    "codedeploy.termination_wait_minutes": (5, "minutes in which CodeDeploy still has the old tasks"),
    "elasticache.at_rest_encryption_enabled": (False, "cache encrypted at rest"),
    "elasticache.auth": ("none", "cache asks for a password"),
    "elasticache.transit_encryption_enabled": (False, "TLS to the cache"),
    "frontend.api_domain_name": (None, "origins that CloudFront reaches without TLS"),
    "frontend.only_from_cloudfront": (False, "addresses of the internet that security groups let in"),
    "networking.enable_nat_gateway": (False, "NAT gateways"),
}
"""The same, of settings that leave others of the first table without a meaning."""

BEFORE_APART: Final[Mapping[str, Any]] = {
    "codedeploy.traffic": "ECSCanary10Percent5Minutes",
    "codedeploy.termination_wait_minutes": 30,
    "ecs_service.deployment": "both",
    "ecs_service.running_hours": "MON-FRI 07:00-20:00",
    "ecs_service.scaling_managed_elsewhere": ["min_capacity", "max_capacity"],
    "ecs_service.tasks_outside_running_hours": 2,
    "frontend.only_from_cloudfront": True,
    "alb.ip_address_type": None,
    "security_groups.alb_ingress_cidr_blocks": None,
    "security_groups.alb_ingress_ipv6_cidr_blocks": None,
}
BESIDE_APART: Final[Mapping[str, Any]] = {
    "alb.access_logs": None,
    "alb.connection_logs": None,
    "log_bucket.name": None,
    "alb.further_certificate_arns": None,
    "alb.redirect_http_to_https": None,
    "alb.ssl_policy": None,
    "elasticache.auth_token_update_strategy": None,
    "elasticache.kms_key_arn": None,
    "elasticache.transit_encryption_mode": None,
    "frontend.origin_secret": None,
    "frontend.previous_origin_secret": None,
    "security_groups.https_ingress": False,
}

NODE: Final[Mapping[str, tuple[Any, str]]] = {
    "elasticache.topology": ("single-node", "automatic failover of the cache"),
}
BESIDE_NODE: Final[Mapping[str, Any]] = dict.fromkeys(
    f"elasticache.{each}"
    for each in (
        *("auth", "auth_token_update_strategy", "kms_key_arn", "log_delivery", "log_retention_days", "replicas"),
        *("memory_alarm_metric", "memory_usage_alarm_threshold", "replication_lag_alarm_threshold"),
        *("transit_encryption_enabled", "transit_encryption_mode", "url_variable"),
    )
)

INSIDE: Final[Mapping[str, tuple[Any, str]]] = {
    "alb.internal": (None, "load balancers that are internal"),
}
BEFORE_INSIDE: Final[Mapping[str, Any]] = {
    "alb.internal": True,
    "frontend": None,
    "dns.frontend_names": None,
    "dns.health_check_name": None,
    "certificate.for_frontend": None,
    "waf.protects": None,
}

DEPENDS: Final[Mapping[str, Any]] = {
    "alb.health_check_path": "/",
    "dns.health_check_path": "/",
    "elasticache.cpu_alarm_metric": "CPUUtilization",
    "elasticache.memory_alarm_metric": "FreeableMemory",
    "frontend.content_security_policy": "default-src 'self' https:",
}
"""Settings of which the stack does not say which way is weaker, with another value: unknown must be said."""

OTHERWISE: Final[Mapping[str, str]] = {
    "alb.certificate_arn": "as certificate.domain_names: without either, there is no HTTPS",
    "certificate.wait_for_validation": "as certificate.domain_names: without it, nothing uses the certificate",
    "frontend.web_acl_arn": "as waf.protects: a web ACL that somebody else made",
    "elasticache.memory_alarm_threshold": "as elasticache.memory_usage_alarm_threshold, of the other metric",
    "codedeploy.test_cidr_blocks": "as security_groups.alb_ingress_cidr_blocks, of a port of its own",
    "codedeploy.test_port": "as security_groups.alb_ingress_cidr_blocks: a port more that is open",
    "security_groups.https_ingress": "as security_groups.alb_ingress_cidr_blocks: a port more that is open",
}
"""Settings that protect as another one does, which has a row."""

UNTRACED: Final = {"certificate.domain_names", "frontend.origin_secret"}
"""Settings whose way into the listener or its rule goes through wires, which causes are not read from."""

NO_PROTECTION: Final = {
    *("project", "region", "aws_provider", "container_port", "tags", "highly_available", "monthly_budget"),
    *("assume_role.role_arn", "assume_role.external_id", "assume_role.session_name"),
    *("networking.ipv6", "alb.ip_address_type"),  # what lets in are the blocks of the security group
    *("networking.vpc_cidr", "networking.public_subnet_cidrs", "networking.private_subnet_cidrs"),
    *("alb.idle_timeout", "alb.health_check_timeout", "alb.health_check_healthy_threshold", "alb.named_for_port"),
    *("alb.deregistration_delay", "alb.further_certificate_arns"),
    *("dns.zone", "dns.zone_id", "dns.load_balancer_names", "dns.frontend_names"),
    *("certificate.for_frontend", "certificate.key_algorithm"),
    "alb.client_keep_alive",
    *("ecs.ecr_image_uri", "ecs.task_cpu", "ecs.task_memory", "ecs.cpu_architecture", "ecs.health_check_path"),
    *("ecs.container_health_check_command", "ecs.container_health_check_interval"),
    *("ecs.container_health_check_timeout", "ecs.container_health_check_retries"),
    *("ecs.container_health_check_start_period", "ecs.stop_timeout", "ecs.writable_paths", "ecs.ephemeral_storage"),
    *("ecs.open_files_limit", "ecs.sidecars", "ecs.log_router_options", "ecs.environment_variables"),
    *("ecs.not_secret", "ecs.secrets"),
    *("elasticache.engine", "elasticache.redis_node_type", "elasticache.previous_generation_node"),
    *("elasticache.named_for_family", "elasticache.maxmemory_policy", "elasticache.timeout"),
    *("elasticache.maintenance_window", "elasticache.snapshot_window", "elasticache.restore_from_snapshot"),
    *("elasticache.auth_token_update_strategy", "elasticache.url_variable"),
    "elasticache.sns_topic_arn",
    *("rds.enabled", "rds.allow_major_version_upgrade", "rds.instance_class", "rds.allocated_storage"),
    *("rds.max_allocated_storage", "rds.database_name", "rds.admin_user", "rds.application_user", "rds.access"),
    *("rds.variable_prefix", "rds.migration_command", "rds.backup_window", "rds.maintenance_window"),
    *("rds.restore_from_snapshot", "rds.ca_certificate", "rds.parameters"),
    *("rds.performance_insights", "rds.performance_insights_days", "rds.monitoring_interval"),
    *("ecs_service.desired_count", "ecs_service.scale_in_cooldown", "ecs_service.scale_out_cooldown"),
    *("ecs_service.deployment_maximum_percent", "ecs_service.health_check_grace_period_seconds"),
    *("ecs_service.enable_service_discovery", "ecs_service.managed_elsewhere"),
    *("ecs_service.scaling_managed_elsewhere", "ecs_service.running_hours_timezone"),
    *("ecs_service.wait_for_steady_state", "ecs_service.service_discovery_force_destroy"),
    *("ecs_service.deployment", "codedeploy.approval_minutes", "codedeploy.hooks"),
    *("notifications.topic_arn", "notifications.webhook", "notifications.webhook_confirms_itself"),
    *("monitoring.enabled", "monitoring.log_status_field", "monitoring.log_duration_field"),
    "monitoring.slow_request_milliseconds",
    *("frontend.enabled", "frontend.bucket", "frontend.domain_names", "frontend.certificate_arn"),
    *("frontend.price_class", "frontend.api_paths", "frontend.api_timeout", "frontend.api_keep_alive"),
    "frontend.previous_origin_secret",
    *("waf.enabled", "waf.sample_requests"),
    *("log_bucket.name", "flow_logs.fields", "endpoints.s3", "endpoints.interfaces"),
}
"""Settings of which neither way is weaker: names, sizes, times, and what only adds something."""

ELSEWHERE: Final = ("lint", "service_levels", "usage")
"""Sections that change nothing that is generated."""


def with_values(overlay: Mapping[str, Any], *edits: Mapping[str, Any]) -> dict[str, Any]:
    """An overlay with other values at paths; None takes a setting out."""
    values = {path: DEFAULT if value is None else value for each in edits for path, value in each.items()}
    return changed(overlay, values)


def values(table: Mapping[str, tuple[Any, str]]) -> dict[str, Any]:
    return {setting: value for setting, (value, _) in table.items()}


@pytest.fixture(scope="module")
def project(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.copy_of(root, tmp_path_factory.mktemp("strengths") / "project")
    for name in ("dev", "staging", "prod"):
        project.overlay(name).unlink()
    strong = with_values(complete.overlay(), STRONG)
    past = with_values(strong, BEFORE_APART)
    project.write("strong", strong)
    project.write("weak", with_values(strong, values(WEAKER), BESIDE))
    project.write("past", past)
    project.write("apart", with_values(past, BESIDE_APART, values(APART)))
    inside = with_values(strong, BEFORE_INSIDE)
    project.write("inside", inside)
    project.write("outside", with_values(inside, values(INSIDE)))
    project.write("node", with_values(strong, BESIDE_NODE, values(NODE)))
    project.write("other", with_values(strong, DEPENDS))
    render(project.load_each(), project.out)
    return project


def test_of_every_setting_it_is_said_which_way_is_weaker_or_that_it_protects_nothing() -> None:
    settings = {path for path, _ in leaves(EnvironmentSettings) if path.partition(".")[0] not in ELSEWHERE}
    tables = [set(table) for table in (WEAKER, APART, NODE, INSIDE, DEPENDS, OTHERWISE, NO_PROTECTION)]
    said = [setting for table in tables for setting in table]

    unsaid = settings - set(said)
    assert unsaid == set(), "say in tests/unit/test_strengths.py which way is weaker, or that it protects nothing"
    assert set(said) - settings == set()
    assert len(said) == len(set(said))


PAIRS: Final = {
    ("strong", "weak"): WEAKER,
    ("past", "apart"): APART,
    ("strong", "node"): NODE,
    ("inside", "outside"): INSIDE,
}
"""The environments that differ in the settings of each table."""


@pytest.fixture(scope="module")
def causes(project: Project) -> dict[tuple[str, str], dict[str, set[str]]]:
    """The settings that lessen each strength, by pair of environments."""
    return {pair: _causes(difference(project.root, *pair)) for pair in PAIRS}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pair", "setting"), [(pair, setting) for pair, table in PAIRS.items() for setting in table], ids=str
)
def test_every_setting_that_protects_is_missed_when_it_is_weaker(
    causes: dict[tuple[str, str], dict[str, set[str]]], pair: tuple[str, str], setting: str
) -> None:
    strength = PAIRS[pair][setting][1]

    assert strength in causes[pair]
    assert setting in UNTRACED or any(f"{each}.".startswith(f"{setting}.") for each in causes[pair][strength])


def _causes(found: EnvironmentDifference) -> dict[str, set[str]]:
    """The settings that lessen each strength; of an item of a list, the list."""
    causes: dict[str, set[str]] = {}
    for each in found.weaker:
        names = {re.sub(r"\[\d+]", "", cause.name) for cause in found.causes_of_weakness(each)}
        causes.setdefault(each.strength.name, set()).update(names)
    return causes


@pytest.mark.slow
def test_the_other_way_nothing_is_weaker(project: Project) -> None:
    assert difference(project.root, "weak", "strong").weaker == ()


@pytest.mark.slow
def test_where_the_stack_does_not_say_which_way_is_weaker_it_is_unknown(project: Project) -> None:
    found = difference(project.root, "strong", "other")
    judged_by = {
        cause.name
        for unknown in found.unjudged
        for change in found.comparison.changes
        if change.address == unknown.address
        for cause in (found.causes.of(change, unknown.argument) if unknown.argument else found.causes.of(change))
    }

    assert DEPENDS.keys() - judged_by == set()


UNKNOWN: Final = "unknown"


@pytest.mark.parametrize(
    ("kind", "strong", "weak", "said"),
    [
        (
            "aws_secretsmanager_secret",
            {},
            {"recovery_window_in_days": 0},
            "days in which a deleted secret can be restored",
        ),
        ("aws_secretsmanager_secret_rotation", {}, None, "secrets that are rotated"),
        (
            "aws_secretsmanager_secret_rotation",
            {"rotation_rules": ({"automatically_after_days": 30},)},
            {"rotation_rules": ({"automatically_after_days": 365},)},
            UNKNOWN,
        ),
        (
            "aws_route53_health_check",
            {"failure_threshold": 3},
            {"failure_threshold": 10},
            "seconds until a health check from outside fails",
        ),
        (
            "aws_route53_health_check",
            {"request_interval": 10},
            {},
            "seconds until a health check from outside fails",
        ),
        ("aws_route53_health_check", {"type": "HTTPS"}, {"type": "TCP"}, UNKNOWN),
        ("aws_iam_role", {}, {"max_session_duration": 43200}, "seconds that a session of a role may last"),
        (
            "aws_codedeploy_deployment_group",
            {"deployment_config_name": "CodeDeployDefault.ECSLinear10PercentEvery1Minutes"},
            {"deployment_config_name": "CodeDeployDefault.ECSAllAtOnce"},
            "share of the requests that a new version gets at first, per cent",
        ),
        (
            "aws_db_event_subscription",
            {"event_categories": ("failover", "failure")},
            {"event_categories": ("failover",)},
            "events of the database that somebody is told",
        ),
        (
            "aws_db_event_subscription",
            {"event_categories": ("failover",)},
            {"event_categories": ("failover",), "enabled": False},
            "events of the database that somebody is told",
        ),
        (
            "aws_cloudfront_distribution",
            {"origin": ({"custom_origin_config": ({"origin_ssl_protocols": ("TLSv1.2",)},)},)},
            {"origin": ({"custom_origin_config": ({"origin_ssl_protocols": ("SSLv3",)},)},)},
            UNKNOWN,
        ),
    ],
)
def test_what_no_setting_makes_weaker_is_missed_too(
    root: Path, kind: str, strong: dict[str, Any], weak: dict[str, Any] | None, said: str
) -> None:
    """What somebody edits in the output, or another generator makes."""
    dev = next(each for each in read(root / "cdktf.out") if each.environment == "dev")

    def made(arguments: dict[str, Any] | None) -> Stack:
        address = f"module.more.{kind}.one"
        held = () if arguments is None else (Resource(address, kind, "one", None, "more", Path("more"), arguments),)
        return replace(dev, modules=(*dev.modules, Module("more", "more", Path("more"), held, {}, {})))

    before, after = made(strong), made(weak)
    if said == UNKNOWN:
        assert unjudged(compare(before, after).changes) != []
    else:
        assert said in {each.strength.name for each in weaker(before, after)}
        assert said not in {each.strength.name for each in weaker(after, before)}


WORLD: Final = {"cidr_blocks": ("0.0.0.0/0",)}
OFFICE: Final = {"cidr_blocks": ("203.0.113.0/24",)}
INNER: Final = {"cidr_blocks": ("10.1.0.0/16",)}
CLOUDFRONT: Final = {"prefix_list_ids": (ORIGIN_FACING["us-west-2"],)}
PEER: Final = {"security_groups": ("sg-0a1b2c3d",)}
WORLD6: Final = {"ipv6_cidr_blocks": ("::/0",)}
Rules = Sequence[tuple[int, Mapping[str, Any]]]


@pytest.mark.parametrize(
    ("before", "after", "ipv6", "lost"),
    [
        ([(80, WORLD)], [(80, CLOUDFRONT)], False, ""),
        ([(80, WORLD)], [(80, CLOUDFRONT)], True, ""),
        ([(80, WORLD)], [(80, INNER)], False, ""),
        ([(80, WORLD)], [(80, WORLD), (80, OFFICE)], False, ""),
        ([(80, WORLD)], [(80, WORLD), (80, INNER), (80, CLOUDFRONT)], False, ""),
        ([(80, WORLD)], [(80, PEER)], False, ""),
        ([(80, WORLD)], [(80, PEER)], True, "private"),
        ([(80, WORLD), (80, WORLD6)], [(80, PEER)], True, ""),
        ([(80, WORLD)], [(443, CLOUDFRONT)], False, "private"),
        ([(80, OFFICE)], [(80, CLOUDFRONT)], False, "private"),
        ([(80, OFFICE)], [(80, INNER)], False, "private"),
        ([(80, INNER)], [(80, WORLD)], False, "addresses"),
        ([(80, WORLD)], [(80, WORLD), (443, OFFICE)], False, "addresses"),
        ([(443, WORLD)], [(443, WORLD), (80, OFFICE)], True, "addresses"),
    ],
)
def test_a_part_of_what_was_let_in_is_nobody_more(
    root: Path, before: Rules, after: Rules, *, ipv6: bool, lost: str
) -> None:
    dev = next(each for each in read(root / "cdktf.out") if each.environment == "dev")

    def made(rules: Rules) -> Stack:
        ingress = tuple({"protocol": "tcp", "from_port": port, "to_port": port, **peers} for port, peers in rules)
        group = "module.more.aws_security_group.one"
        vpc = {"assign_generated_ipv6_cidr_block": ipv6}
        held = (
            Resource(group, "aws_security_group", "one", None, "more", Path("more"), {"ingress": ingress}),
            Resource("module.more.aws_vpc.one", "aws_vpc", "one", None, "more", Path("more"), vpc),
        )
        return replace(dev, modules=(*dev.modules, Module("more", "more", Path("more"), held, {}, {})))

    found = weaker(made(before), made(after))
    assert [each.strength.name.partition(" ")[0] for each in found] == ([lost] if lost else [])


def test_who_may_also_come_with_tls_is_nobody_more(root: Path) -> None:
    """Port 443 of a load balancer that those may ask on port 80; but not where nobody answers with TLS."""
    dev = next(each for each in read(root / "cdktf.out") if each.environment == "dev")
    group = next(each for each in dev.resources if each.address == "module.security_groups.aws_security_group.alb")
    http = next(each for each in dev.resources if each.address == "module.alb.aws_lb_listener.http")
    https = replace(
        http,
        address="module.alb.aws_lb_listener.https[0]",
        arguments={**http.arguments, "port": 443, "protocol": "HTTPS"},
    )
    rule = group.blocks("ingress")[0]
    opened = replace(
        group, arguments={**group.arguments, "ingress": (rule, {**rule, "from_port": 443, "to_port": 443})}
    )

    def made(*instead: Resource) -> Stack:
        by_address = {each.address: each for each in instead}
        modules = [
            replace(
                module,
                resources=(
                    *(by_address.pop(each.address, each) for each in module.resources),
                    *(by_address.pop(each) for each in list(by_address) if each.startswith(f"module.{module.name}.a")),
                ),
            )
            for module in dev.modules
        ]
        assert not by_address
        return replace(dev, modules=tuple(modules))

    assert weaker(dev, made(opened, https)) == []
    assert [each.told[1] for each in weaker(dev, made(opened))] == ["0.0.0.0/0 on tcp 80, tcp 443"]
    other = {**rule, "from_port": 443, "to_port": 443, "ipv6_cidr_blocks": ("::/0",)}
    more = replace(group, arguments={**group.arguments, "ingress": (rule, other)})
    assert {each.strength.version for each in weaker(dev, made(more, https))} == {6}


def test_where_a_load_balancer_stands_says_whether_it_is_internal() -> None:
    change = ArgumentChange("subnets", "public", "private")
    assert unjudged([ResourceChange("module.alb.aws_lb.main", "change", (change,))]) == []
