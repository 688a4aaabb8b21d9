"""Every rule of lint: an overlay that it finds something in, and one in which nothing is found."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from environments.sections.lint import FINDINGS
from miyabi_infra.lint.findings import Finding, Overlay, findings, overlays
from miyabi_infra.lint.rules import RULES
from miyabi_infra.lint.rules.database import memory_of
from miyabi_infra.lint.rules.effects import SWITCHES
from miyabi_infra.stacks import SHARED, Stack, read
from miyabi_infra.stacks.model import Module
from miyabi_infra.synthesis.render import render
from tests import complete
from tests.support import Project

Yaml = dict[str, Any]

TODAY = date(2026, 12, 1)
REGISTRY = "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api"
SECRET = "arn:aws:secretsmanager:us-west-2:123456789012:secret:miyabi/qa/key"

CLEAN: Yaml = {
    "account_id": "123456789012",
    "monthly_budget": 300,
    "state": {"backend": "s3", "bucket": "miyabi-terraform-state"},
    "networking": {
        "vpc_cidr": "10.9.0.0/16",
        "availability_zones": ["us-west-2a", "us-west-2b"],
        "public_subnet_cidrs": ["10.9.1.0/24", "10.9.2.0/24"],
        "private_subnet_cidrs": ["10.9.11.0/24", "10.9.12.0/24"],
    },
    "alb": {
        "certificate_arn": "arn:aws:acm:us-west-2:123456789012:certificate/0a1b2c3d-0000-1111-2222-333344445555",
        "redirect_http_to_https": True,
        "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "response_time_alarm_threshold": 0.2,
    },
    "ecs": {"ecr_image_uri": f"{REGISTRY}:3f2c1ab", "environment_variables": {"REDIS_URL": "rediss://cache"}},
    "elasticache": {"topology": "replication-group", "transit_encryption_enabled": True},
    "ecs_service": {"memory_alarm_threshold": 90},
    "notifications": {"email_addresses": ["oncall@example.com"]},
    "lint": {"application_keep_alive": 75},
}
"""An overlay in which nothing is found: each rule's fix is in it, or a default."""

HIGHLY_AVAILABLE: Yaml = {
    "highly_available": True,
    "networking": {"single_nat_gateway": True},
    "elasticache": {"topology": "single-node", "transit_encryption_enabled": False, "apply_immediately": True},
    "ecs_service": {"desired_count": 1, "autoscaling_min_capacity": 1, "enable_execute_command": True},
    "iam": {"task_role_allows_exec": True},
}
"""An overlay that calls itself highly available, and is nothing of the kind."""

TLS_PREFERRED: Yaml = {
    "highly_available": True,
    "alb": {"enable_deletion_protection": True},
    "elasticache": {"redis_engine_version": "7.0", "transit_encryption_mode": "preferred"},
}
"""A highly available one in the middle of the way to TLS."""

PLAIN_FRONTEND: Yaml = {"enabled": True, "bucket": "miyabi-frontend"}
FRONTEND: Yaml = {**PLAIN_FRONTEND, "api_domain_name": "api.example.com"}

OWN_DOMAIN: Yaml = {
    "frontend": {"enabled": False},
    "alb": {"certificate_arn": ""},
    "dns": {"zone": "example.com"},
    "certificate": {"domain_names": ["api.example.com"]},
}

HOURS: Yaml = {
    "running_hours": "MON-FRI 07:00-20:00",
    "scaling_managed_elsewhere": ["min_capacity", "max_capacity"],
}
"""Nights and weekends off."""

BLUE_GREEN: Yaml = {
    "deployment": "blue_green",
    "managed_elsewhere": ["desired_count", "task_definition", "load_balancer"],
}

FOUND: list[tuple[str, Yaml, str, str]] = [
    (
        "traffic-moves-without-alarms",
        {"ecs_service": BLUE_GREEN},
        "ecs_service.deployment_alarms",
        "nothing rolls a deployment back while the old tasks still run",
    ),
    (
        "spot-without-tasks-on-demand",
        {"ecs_service": {"spot_share": 50, "on_demand_base": 0}},
        "ecs_service.on_demand_base",
        "0 tasks of at least 2 are on demand, the others on Fargate Spot",
    ),
    (
        "draining-outlasts-spot",
        {"ecs_service": {"spot_share": 50}, "alb": {"deregistration_delay": 120}},
        "alb.deregistration_delay",
        "requests in progress have 120 s, and a task on Spot ends 120 s after the warning",
    ),
    (
        "alarm-rings-outside-running-hours",
        {"ecs_service": {**HOURS, "running_tasks_alarm_missing_data": "notBreaching"}},
        "ecs_service.running_tasks_alarm_threshold",
        "the alarm rings below 2 tasks; outside the running hours there are 0",
    ),
    (
        "alarm-rings-outside-running-hours",
        {"ecs_service": {**HOURS, "running_tasks_alarm_threshold": 0}},
        "ecs_service.running_tasks_alarm_missing_data",
        "without tasks there are no data",
    ),
    (
        "cdn-can-be-passed-by",
        {"frontend": FRONTEND},
        "frontend.only_from_cloudfront",
        "alb answers everybody on port 443, and not the distribution only",
    ),
    (
        "other-distributions-connect",
        {"frontend": {**FRONTEND, "only_from_cloudfront": True}},
        "frontend.origin_secret",
        "alb answers every distribution of CloudFront on port 443",
    ),
    (
        "cdn-connects-without-tls",
        {"frontend": PLAIN_FRONTEND, "alb": {"redirect_http_to_https": False}},
        "frontend.api_domain_name",
        "CloudFront connects to the origin api over plain HTTP",
    ),
    (
        "scripts-from-anywhere",
        {"frontend": {**FRONTEND, "content_security_policy": "script-src 'unsafe-inline'"}},
        "frontend.content_security_policy",
        "allows scripts that are not the application's: script-src 'unsafe-inline'",
    ),
    (
        "certificate-nobody-uses",
        {**OWN_DOMAIN, "certificate": {**OWN_DOMAIN["certificate"], "wait_for_validation": False}},
        "certificate.wait_for_validation",
        "the certificate for api.example.com is requested, and nothing uses it",
    ),
    (
        "any-authority-may-issue",
        OWN_DOMAIN,
        "certificate.authorities",
        "no CAA record says which certificate authorities may issue certificates",
    ),
    (
        "firewall-can-be-passed-by",
        {"frontend": FRONTEND, "waf": {"enabled": True, "protects": "distribution"}},
        "waf.protects",
        "internet reaches alb on port 443 without being inspected",
    ),
    (
        "firewall-only-counts",
        {"frontend": {"enabled": False}, "waf": {"enabled": True}},
        "waf.managed_groups",
        "no rule of miyabi-waf-case-",
    ),
    (
        "firewall-lets-many-pass",
        {
            "frontend": {"enabled": False},
            "waf": {"enabled": True, "allowed_addresses": ["203.0.0.0/14", "198.51.100.0/24"]},
        },
        "waf.allowed_addresses",
        "no rule inspects the requests of 203.0.0.0/14",
    ),
    *(
        (
            "addresses-the-firewall-never-sees",
            {"frontend": {"enabled": False}, "waf": {"enabled": True, name: [block, "198.51.100.0/24"]}},
            f"waf.{name}",
            f"{block} has no effect: no request comes with an address of it",
        )
        for name, block in (("allowed_addresses", "10.0.0.0/8"), ("blocked_addresses", "fe80::/10"))
    ),
    (
        "addresses-the-firewall-never-sees",
        {
            "frontend": {**FRONTEND},
            "waf": {"enabled": True, "protects": "both", "blocked_addresses": ["100.64.0.0/10"]},
        },
        "waf.blocked_addresses",
        "100.64.0.0/10 has no effect",
    ),
    (
        "addresses-the-firewall-never-sees",
        {
            "frontend": {"enabled": False},
            "alb": {"internal": True},
            "waf": {"enabled": True, "allowed_addresses": ["10.0.0.0/8", "169.254.0.0/16"]},
        },
        "waf.allowed_addresses",
        "169.254.0.0/16 has no effect",
    ),
    (
        "firewall-lets-many-pass",  # the addresses of an internal load balancer's callers
        {
            "frontend": {"enabled": False},
            "alb": {"internal": True},
            "waf": {"enabled": True, "allowed_addresses": ["10.0.0.0/8", "169.254.0.0/16"]},
        },
        "waf.allowed_addresses",
        "no rule inspects the requests of 10.0.0.0/8",
    ),
    (
        "source-that-cannot-come",
        {
            "frontend": {"enabled": False},
            "security_groups": {"alb_ingress_cidr_blocks": ["192.168.0.0/16", "198.51.100.0/24"]},
        },
        "security_groups.alb_ingress_cidr_blocks",
        "the load balancer is internet-facing, and no packet comes over the internet with an address of 192.168.0.0/16",
    ),
    (
        "source-that-cannot-come",
        {
            "frontend": {"enabled": False},
            "networking": {"ipv6": "dual-stack"},
            "alb": {"ip_address_type": "dualstack"},
            "security_groups": {"alb_ingress_ipv6_cidr_blocks": ["fd00::/8", "2001:db8::/32"]},
        },
        "security_groups.alb_ingress_ipv6_cidr_blocks",
        "no packet comes over the internet with an address of fd00::/8",
    ),
    (
        "source-that-cannot-come",
        {
            "frontend": {"enabled": False},
            "alb": {"internal": True},
            "security_groups": {"alb_ingress_cidr_blocks": ["10.9.0.0/16", "224.0.0.0/4"]},
        },
        "security_groups.alb_ingress_cidr_blocks",
        "no packet comes from there with an address of 224.0.0.0/4",
    ),
    (
        "internal-and-open-to-all",
        {"frontend": {"enabled": False}, "alb": {"internal": True}},
        "security_groups.alb_ingress_cidr_blocks",
        "the load balancer is internal, and its security group lets in every address",
    ),
    (
        "internal-and-open-to-all",
        {
            "frontend": {"enabled": False},
            "networking": {"ipv6": "dual-stack"},
            "alb": {"internal": True, "ip_address_type": "dualstack"},
            "security_groups": {
                "alb_ingress_cidr_blocks": ["10.9.0.0/16"],
                "alb_ingress_ipv6_cidr_blocks": ["::/0"],
            },
        },
        "security_groups.alb_ingress_ipv6_cidr_blocks",
        "its security group lets in every address (::/0)",
    ),
    (
        "open-port-nobody-answers",
        {"frontend": {"enabled": False}, "alb": {"internal": True, "certificate_arn": ""}},
        "security_groups.https_ingress",
        "everybody who is led to the VPC is let in on port 443 of the load balancer, where nothing listens",
    ),
    ("hsts-is-short", {"frontend": {**FRONTEND, "hsts_seconds": 300}}, "frontend.hsts_seconds", "to HTTPS for 300 s"),
    (
        "grace-period-too-short",
        {"alb": {"health_check_interval": 10, "health_check_unhealthy_threshold": 2}},
        "ecs_service.health_check_grace_period_seconds",
        "it is unhealthy after 20 s, and healthy again after 80 s at the latest; it is replaced after 60 s",
    ),
    ("draining-cuts-requests", {"alb": {"deregistration_delay": 0}}, "alb.deregistration_delay", "has 0 s"),
    (
        "draining-cuts-requests",
        {"alb": {"deregistration_delay": 5}, "service_levels": {"p99_ms": 8000}},
        "alb.deregistration_delay",
        "one of 100 may take 8 s",
    ),
    (
        "draining-outlasts-stop-timeout",
        {"alb": {"deregistration_delay": 120}},
        "alb.deregistration_delay",
        "killed 30 s after SIGTERM",
    ),
    (
        "sick-tasks-serve-for-long",
        {"alb": {"health_check_interval": 60}},
        "alb.health_check_interval",
        "3 health checks 60 s apart must fail first: 180 s",
    ),
    (
        "health-check-takes-errors-for-health",
        {"alb": {"health_check_matcher": "200-499"}},
        "alb.health_check_matcher",
        "200-499 considers 4xx healthy",
    ),
    (
        "health-checks-disagree",
        {"alb": {"health_check_path": "/heal"}},  # a part of the other path
        "alb.health_check_path",
        "requests /heal, the container's own health check /health",
    ),
    (
        "health-checks-disagree",
        {"ecs": {"health_check_path": "/alive"}},
        "alb.health_check_path",
        "requests /health, the container's own health check /alive",
    ),
    (
        "health-checks-disagree",
        {"ecs": {"health_check_path": "/it's?a=b&c='d'"}},  # quoted for the shell
        "alb.health_check_path",
        "requests /health, the container's own health check /it's?a=b&c='d'",
    ),
    (
        "tasks-cannot-start",
        {"networking": {"enable_nat_gateway": False}},
        "networking.enable_nat_gateway",
        "no route from module.networking.aws_subnet.private[0] out to the internet",
    ),
    (
        "tasks-cannot-start",
        {"ecs": {"secrets": {"API_KEY": SECRET}}},
        "ecs.secrets",
        f"the execution role may not secretsmanager:GetSecretValue on {SECRET}",
    ),
    (
        "exec-without-permission",
        {"ecs_service": {"enable_execute_command": True}},
        "ecs_service.enable_execute_command",
        "may not ssmmessages:CreateControlChannel",
    ),
    (
        "shell-into-tasks",
        HIGHLY_AVAILABLE,
        "ecs_service.enable_execute_command",
        "ECS Exec is on, in an environment that is marked highly available",
    ),
    (
        "fewer-tasks-than-zones",
        {"ecs_service": {"desired_count": 1, "autoscaling_min_capacity": 1}},
        "ecs_service.autoscaling_min_capacity",
        "at least 1 task over 2 zones",
    ),
    (
        "no-room-to-scale",
        {"ecs_service": {"autoscaling_max_capacity": 2}},
        "ecs_service.autoscaling_max_capacity",
        "minimum and maximum number of tasks are both 2",
    ),
    (
        "throughput-out-of-reach",
        {"ecs_service": {"autoscaling_requests_target": 500}},
        "ecs_service.autoscaling_requests_target",
        "33 requests per second; the service levels require 50",
    ),
    (
        "deployment-takes-all-tasks-down",
        {"ecs_service": {"deployment_minimum_healthy_percent": 0}},
        "ecs_service.deployment_minimum_healthy_percent",
        "0 % of 2 tasks stay during a deployment: none",
    ),
    (
        "desired-count-fought-over",
        {"ecs_service": {"managed_elsewhere": []}},
        "ecs_service.managed_elsewhere",
        "Terraform sets 2 tasks, the autoscaler 2 to 4",
    ),
    (
        "single-nat-for-several-zones",
        {"networking": {"single_nat_gateway": True}},
        "networking.single_nat_gateway",
        "1 NAT gateway for 2 zones",
    ),
    ("cache-without-failover", HIGHLY_AVAILABLE, "highly_available", "is one node without failover"),
    (
        "database-in-one-zone",
        {"highly_available": True, "rds": {"enabled": True}},
        "rds.multi_az",
        "module.rds.aws_db_instance.main has no standby in another zone",
    ),
    (
        "database-without-backups",
        {"rds": {"enabled": True, "backup_retention_days": 0}},
        "rds.backup_retention_days",
        "backups are kept for 0 days",
    ),
    (
        "unprotected-database",
        {"rds": {"enabled": True, "deletable": True}},
        "rds.deletable",
        "Terraform may delete or replace the database",
    ),
    (
        "database-version-that-ends",
        {"rds": {"enabled": True, "engine_version": "14"}},
        "rds.engine_version",
        "standard support of PostgreSQL 14 ends on 2027-02-28",
    ),
    (
        "cache-without-snapshots",
        {"elasticache": {"snapshot_retention_limit": 0}},
        "elasticache.snapshot_retention_limit",
        "no snapshot is taken",
    ),
    (
        "cache-without-tls",
        HIGHLY_AVAILABLE,
        "elasticache.transit_encryption_enabled",
        "aws_elasticache_cluster.redis is reached without TLS",
    ),
    (
        "cache-without-tls",
        TLS_PREFERRED,
        "elasticache.transit_encryption_mode",
        "aws_elasticache_replication_group.redis takes connections without TLS, too",
    ),
    (
        "change-at-once",
        HIGHLY_AVAILABLE,
        "elasticache.apply_immediately",
        "at once",
    ),
    (
        "deletion-protection-off",
        {"elasticache": {"snapshot_retention_limit": 7}},
        "alb.enable_deletion_protection",
        "7 snapshots",
    ),
    (
        "deletion-protection-off",
        HIGHLY_AVAILABLE,
        "alb.enable_deletion_protection",
        "is marked highly available",
    ),
    ("local-state", {"state": {"backend": "local", "bucket": None}}, "state.backend", "is a local file"),
    ("any-account", {"account_id": None}, "account_id", "any account that the credentials belong to"),
    (
        "alarms-nobody-hears",
        {"notifications": {"email_addresses": []}, "frontend": {"enabled": False}},
        "notifications.email_addresses",
        "13 of 13 alarms notify nobody",
    ),
    (
        "alarm-before-scaling",
        {"ecs_service": {"cpu_alarm_threshold": 70}},
        "ecs_service.cpu_alarm_threshold",
        "goes into ALARM above 70 %, the autoscaler targets 70 %",
    ),
    (
        "alarm-before-scaling",
        {"ecs_service": {"memory_alarm_threshold": 80}},
        "ecs_service.memory_alarm_threshold",
        "goes into ALARM above 80 %, the autoscaler targets 80 %",
    ),
    (
        "low-tasks-alarm-above-minimum",
        {"ecs_service": {"desired_count": 4}},
        "ecs_service.running_tasks_alarm_threshold",
        "goes into ALARM below 4 tasks, the minimum of the autoscaler is 2",
    ),
    (
        "low-tasks-alarm-without-metric",
        {"ecs": {"container_insights": False}},
        "ecs.container_insights",
        "does not publish RunningTaskCount",
    ),
    (
        "response-alarm-above-service-level",
        {"alb": {"response_time_alarm_threshold": 1}},
        "alb.response_time_alarm_threshold",
        "above 1 s; by the service levels 99 of 100 responses come within 0.2 s",
    ),
    (
        "logs-gone-too-soon",
        HIGHLY_AVAILABLE,
        "ecs.log_retention_days",
        "kept for 7 days, in an environment that is marked highly available",
    ),
    ("logs-kept-for-ever", {"ecs": {"log_retention_days": 0}}, "ecs.log_retention_days", "for ever"),
    ("no-https", {"alb": {"certificate_arn": ""}}, "alb.certificate_arn", "no HTTPS listener"),
    (
        "plain-http-beside-https",
        {"alb": {"redirect_http_to_https": False}},
        "alb.redirect_http_to_https",
        "port 80 also serves HTTP",
    ),
    (
        "redirect-that-nobody-reaches",
        {"frontend": {**FRONTEND, "only_from_cloudfront": True, "origin_secret": True}},
        "alb.redirect_http_to_https",
        "port 80 redirects, and no rule lets anybody in there",
    ),
    (
        "callers-without-ipv6",
        {
            "networking": {"ipv6": "dual-stack"},
            "security_groups": {"alb_ingress_ipv6_cidr_blocks": ["::/0"]},
            "alb": {"ip_address_type": "dualstack-without-public-ipv4"},
        },
        "alb.ip_address_type",
        "callers outside the VPC that have IPv4 only do not reach the load balancer",
    ),
    (
        "endpoints-that-belong-together",
        {"endpoints": {"interfaces": ["ecr.api"]}},
        "endpoints.interfaces",
        "there is an endpoint of ecr.api and none of ecr.dkr",
    ),
    (
        "endpoints-that-belong-together",
        {"endpoints": {"s3": True, "interfaces": ["ecr.dkr"]}},
        "endpoints.interfaces",
        "there is an endpoint of ecr.dkr and none of ecr.api",
    ),
    (
        "setting-without-effect",
        {
            "frontend": {"enabled": False},
            "dns": {"zone": "example.com"},
            "alb": {"certificate_arn": "", "redirect_http_to_https": True},
            "certificate": {"domain_names": ["api.example.com"], "wait_for_validation": False},
        },
        "alb.redirect_http_to_https",
        "has no effect: it needs an HTTPS listener",
    ),
    ("old-tls", {"alb": {"ssl_policy": "ELBSecurityPolicy-2016-08"}}, "alb.ssl_policy", "accepts TLS older than 1.2"),
    ("old-tls", {"alb": {"ssl_policy": "ELBSecurityPolicy-TLS13-1-0-2021-06"}}, "alb.ssl_policy", "older than 1.2"),
    ("old-tls", {"alb": {"ssl_policy": "ELBSecurityPolicy-TLS-1-2-2017-01"}}, "alb.ssl_policy", "not offer TLS 1.3"),
    (
        "open-port-nobody-answers",
        {"alb": {"certificate_arn": ""}},
        "security_groups.https_ingress",
        "let in on port 443 of the load balancer, where nothing listens",
    ),
    (
        "keep-alive-shorter-than-idle-timeout",
        {"lint": {"application_keep_alive": 60}},
        "alb.idle_timeout",
        "for 60 s, the application for 60 s",
    ),
    (
        "mutable-image-tag",
        {"ecs": {"ecr_image_uri": f"{REGISTRY}:latest"}},
        "ecs.ecr_image_uri",
        "tagged latest; the registry's tags are immutable",
    ),
    (
        "image-from-another-region",
        {"ecs": {"ecr_image_uri": f"{REGISTRY.replace('us-west-2', 'eu-central-1')}:3f2c1ab"}},
        "ecs.ecr_image_uri",
        "comes from eu-central-1, the tasks run in us-west-2",
    ),
    (
        "redis-url-scheme",
        {"elasticache": {"transit_encryption_enabled": False}},
        "ecs.environment_variables.REDIS_URL",
        "REDIS_URL begins with rediss://, while elasticache.transit_encryption_enabled is false",
    ),
    (
        "redis-url-scheme",
        {"ecs": {"environment_variables": {"REDIS_URL": "redis://cache"}}},
        "ecs.environment_variables.REDIS_URL",
        "REDIS_URL begins with redis://, while elasticache.transit_encryption_enabled is true",
    ),
    (
        "database-of-administrators",
        {"rds": {"enabled": True, "database_name": "postgres"}},
        "rds.database_name",
        "the application's tables are in postgres",
    ),
    (
        "database-alarm-that-never-changes",
        {"rds": {"enabled": True, "free_storage_alarm_threshold": 30_000_000_000}},
        "rds.free_storage_alarm_threshold",
        "the database has 21,474,836,480 bytes in all, so the alarm always rings",
    ),
    (
        "database-alarm-that-never-changes",
        {"rds": {"enabled": True, "free_memory_alarm_threshold": 2_000_000_000}},
        "rds.free_memory_alarm_threshold",
        "the database has 1,073,741,824 bytes in all",
    ),
    (
        "database-alarm-that-never-changes",
        {"rds": {"enabled": True, "connections_alarm_threshold": 200}},
        "rds.connections_alarm_threshold",
        "the database lets in about 112 connections, so the alarm never rings",
    ),
    (
        "setting-without-effect",
        {"ecs_service": {"spot_share": 50, "on_demand_base": 10}},
        "ecs_service.spot_share",
        "it needs an on_demand_base below autoscaling_max_capacity",
    ),
    (
        "parameter-that-is-not-known",
        {"rds": {"enabled": True, "parameters": {"rds.logicel_replication": "1"}}},
        "rds.parameters.rds.logicel_replication",
        "no parameter rds.logicel_replication of an extension or of RDS is known here",
    ),
    (
        "setting-without-effect",
        {"rds": {"enabled": True, "performance_insights": False, "performance_insights_days": 31}},
        "rds.performance_insights_days",
        "has no effect: it needs performance_insights: true",
    ),
    (
        "setting-without-effect",
        {"rds": {"multi_az": True, "backup_retention_days": 14}},
        "rds.multi_az",
        "has no effect, as backup_retention_days: it needs rds.enabled: true",
    ),
    ("no-budget", {"monthly_budget": None}, "monthly_budget", "has no monthly_budget"),
    ("vpcs-overlap", {}, "networking.vpc_cidr", "10.9.0.0/16 overlaps 10.9.0.0/16 of clean"),
]
"""Name of the rule, what an overlay says otherwise than the clean one, the setting named, and part of the text."""


def under(below: Mapping[str, Any], above: Mapping[str, Any]) -> Yaml:
    """One overlay laid over another; None takes a key out."""
    merged = dict(below)
    for key, value in above.items():
        held = merged.get(key)
        if isinstance(held, dict) and isinstance(value, dict):
            merged[key] = under(cast("Yaml", held), cast("Yaml", value))
        else:
            merged[key] = value
    return {key: value for key, value in merged.items() if value is not None}


def touched(name: str, change: Yaml) -> set[str]:
    """The sections that a case has to itself."""
    return {"ecs", "elasticache"} if name == "redis-url-scheme" else set(change)


def packed() -> tuple[list[Yaml], list[int]]:
    """Few overlays that hold the changes of all cases, and which overlay each case is in.

    Cases that change different sections share an overlay: a synthesis takes longer than all rules together.
    """
    packs: list[tuple[Yaml, set[str]]] = []
    places: list[int] = []
    for name, change, _, _ in FOUND:
        wanted = touched(name, change)
        for place, (overlay, taken) in enumerate(packs):
            if overlay == change or not (taken & wanted or "highly_available" in taken | wanted):
                packs[place] = {**overlay, **change}, taken | wanted
                break
        else:
            place = len(packs)
            packs.append((dict(change), set(wanted)))
        places.append(place)
    return [overlay for overlay, _ in packs], places


OVERLAYS, PLACES = packed()


@pytest.fixture(scope="module")
def project(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with the environments of all cases, and a clean one; synthesized together."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("lint"))
    for environment in ("dev", "staging", "prod"):
        project.overlay(environment).unlink()
    project.write("base", "project: miyabi\nregion: us-west-2\n")
    project.write("clean", CLEAN)
    for place, change in enumerate(OVERLAYS):
        project.write(f"case-{place}", under(CLEAN, change))
    render(project.load_each(), project.out)
    return project


@pytest.fixture(scope="module")
def stacks(project: Project) -> dict[str, Stack]:
    return {stack.environment: stack for stack in read(project.out)}


@pytest.fixture(scope="module")
def described(project: Project) -> dict[str, Overlay]:
    return overlays(project.root)


def found_in(described: dict[str, Overlay], *stacks: Stack) -> list[Finding]:
    return [each for each in findings(stacks, described, TODAY) if each.environment == stacks[0].environment]


def test_the_names_that_can_be_waived_are_those_of_the_rules() -> None:
    assert sorted(rule.name for rule in RULES) == sorted(FINDINGS)


def test_every_rule_has_a_case() -> None:
    assert sorted({name for name, *_ in FOUND}) == sorted(FINDINGS)


def test_nothing_is_found_where_every_fix_is_made(described: dict[str, Overlay], stacks: dict[str, Stack]) -> None:
    assert found_in(described, stacks["clean"], stacks[SHARED]) == []


@pytest.mark.parametrize("index", range(len(FOUND)), ids=[f"{name}-{setting}" for name, _, setting, _ in FOUND])
def test_a_rule_finds_what_it_is_about(described: dict[str, Overlay], stacks: dict[str, Stack], index: int) -> None:
    name, change, setting, text = FOUND[index]
    others = [stacks["clean"]] if name == "vpcs-overlap" else []
    found = [
        each
        for each in found_in(described, stacks[f"case-{PLACES[index]}"], *others, stacks[SHARED])
        if each.name == name
    ]

    assert [each.subject for each in found if each.subject == setting and text in each.text] != []
    assert all(each.fix and each.why and each.place for each in found)
    written = setting.partition(".")[2] in change.get(setting.partition(".")[0], {}) if "." in setting else False
    if written:
        assert found[0].written


def test_the_block_that_amazon_gives_the_vpc_is_named_by_a_command(
    project: Project, described: dict[str, Overlay], stacks: dict[str, Stack]
) -> None:
    place = next(at for at, (_, _, _, text) in zip(PLACES, FOUND, strict=True) if "(::/0)" in text)
    name = f"case-{place}"
    (fix,) = [each.fix for each in found_in(described, stacks[name]) if each.subject.endswith("ipv6_cidr_blocks")]
    assert f"`terraform -chdir=cdktf.out/stacks/miyabi-{name} output -raw vpc_ipv6_cidr`" in fix
    written = project.out / f"stacks/miyabi-{name}/cdk.tf.json"
    assert "vpc_ipv6_cidr" in json.loads(written.read_text(encoding="utf-8"))["output"]


def test_a_local_state_is_an_error_where_the_pipeline_applies(
    described: dict[str, Overlay], stacks: dict[str, Stack]
) -> None:
    place = next(at for at, overlay in enumerate(OVERLAYS) if overlay.get("state", {}).get("backend") == "local")
    name, shared = f"case-{place}", stacks[SHARED]
    role = next(each for each in stacks["clean"].of_type("aws_iam_role"))
    for applied, severity in ((name, "error"), ("another", "warning")):
        apply = replace(role, name="apply", arguments={"name": f"miyabi-github-apply-{applied}"})
        modules = (*shared.modules, Module("pipeline", "pipeline", role.file, (apply,), {}, {}))
        found = found_in(described, stacks[name], replace(shared, modules=modules))
        assert [each.severity for each in found if each.name == "local-state"] == [severity]


def test_what_is_a_warning_elsewhere_is_an_error_where_the_loss_of_a_zone_is_not_to_be_noticed(
    described: dict[str, Overlay], stacks: dict[str, Stack]
) -> None:
    names = ("fewer-tasks-than-zones", "single-nat-for-several-zones")
    severities = {
        overlay.get("highly_available", False): {
            each.severity for each in found_in(described, stacks[f"case-{place}"]) if each.name in names
        }
        for place, overlay in enumerate(OVERLAYS)
        if "single_nat_gateway" in overlay.get("networking", {})
    }
    assert severities == {False: {"warning"}, True: {"error"}}


OFF: Yaml = {
    "alb": {"certificate_arn": "", "ssl_policy": None, "redirect_http_to_https": False},
    "ecs": {"container_health_check": "none"},
    "ecs_service": {},
    "elasticache": {"topology": "single-node", "transit_encryption_enabled": False, "snapshot_retention_limit": 0},
    "rds": {"enabled": True, "access": "secret", "log_exports": [], "performance_insights": False},
    "notifications": {},
    "frontend": {"enabled": True, "bucket": "miyabi-site", "hsts_seconds": 0},
    "waf": {"enabled": True, "protects": "distribution", "logged_requests": "none"},
    "log_bucket": {"name": "miyabi-logs"},
    "flow_logs": {"destination": "s3"},
    "dns": {},
}
"""Within each section, what others need is off."""
NOTHING: Yaml = {"monitoring": {}, "certificate": {}}
SEEN = {
    *("deployment_maximum_percent", "deployment_minimum_healthy_percent"),  # written, and not used by CodeDeploy
    *("autoscaling_requests_target", "memory_alarm_threshold"),  # need a service, or a metric, other than this
    *("snapshot_window", "backup_window"),  # written, and used as soon as there are backups
    *(
        "ssl_policy",
        "webhook_confirms_itself",
        "service_discovery_force_destroy",
    ),  # of a resource of which there are none
    "at_rest_encryption_enabled",
    "spot_share",  # its switch is a number of tasks
    "redirect_http_to_https",  # an empty certificate_arn beside it says that it is for later
}
"""Settings whose value the stack has, though nothing uses it, and those whose switch is another one's."""


@pytest.mark.slow
def test_a_setting_without_effect_changes_no_byte(root: Path, tmp_path: Path) -> None:
    full = complete.overlay()
    said: Yaml = {}
    for switch in SWITCHES:
        keys = switch.settings or (full[switch.section] if switch.section in NOTHING else ())
        values = {key: full[switch.section][key] for key in keys if key not in {*switch.of, *SEEN}}
        said = under(said, {switch.section: values})
    project = Project.alone(root, tmp_path)
    project.write("base", "project: miyabi\nregion: us-west-2\n")
    overlay = under(CLEAN, OFF)
    overlay["waf"]["rate_limit"] = None
    project.write("clean", overlay)
    without = files(project)
    project.write("clean", {**overlay, **{section: {**overlay.get(section, {}), **said[section]} for section in said}})

    assert files(project) == without
    found = [
        each
        for each in findings(read(project.out), overlays(project.root), TODAY)
        if each.name == "setting-without-effect"
    ]
    named = {each.subject for each in found} | {
        f"{each.subject.partition('.')[0]}.{key}"
        for each in found
        for key in each.text.partition(", as ")[2].partition(":")[0].split(", ")
    }
    assert {f"{section}.{key}" for section in said for key in said[section]} <= named


def files(project: Project) -> dict[str, str]:
    """What is generated, by path."""
    shutil.rmtree(project.out, ignore_errors=True)
    render(project.load(), project.out)
    return {str(each.relative_to(project.out)): each.read_text("utf-8") for each in project.out.rglob("*.json")}


@pytest.mark.parametrize(
    ("instance_class", "gib"),
    [("db.t4g.micro", 1), ("db.t3.2xlarge", 32), ("db.m7g.large", 8), ("db.r7g.large", 16), ("db.r6g.16xlarge", 512)],
)
def test_the_memory_of_a_class_is_what_aws_says(instance_class: str, gib: int) -> None:
    assert memory_of(instance_class) == gib * 2**30
