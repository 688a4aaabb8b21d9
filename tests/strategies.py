"""Overlays as people may write them: hypothesis strategies of valid ones, over all sections."""

from typing import Any, cast, get_args

from hypothesis import strategies as st

from modules.alb import SslPolicy
from modules.ecs import FARGATE_MEMORY, LogRetention
from modules.elasticache import PARAMETER_GROUP_FAMILY, VALKEY_FAMILY, Topology
from modules.iam import IamSettings

ACCOUNT = "123456789012"
REGIONS = ("us-west-2", "eu-central-1", "ap-northeast-1")

tag_text = st.text(st.sampled_from("abcXYZ019 _.:/=+-@"), min_size=1, max_size=20)
tag_keys = tag_text.filter(lambda key: not key.lower().startswith("aws:"))
image_tags = st.sampled_from(["3f2c1ab", "v1.2", "latest"])
variable_names = st.from_regex(r"[A-Z_]{1,8}", fullmatch=True)
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)
"""Any text that YAML can hold: with `${`, quotes, other scripts."""


@st.composite
def networking(draw: st.DrawFn, region: str) -> dict[str, Any]:
    zones = draw(st.integers(2, 3))
    second = draw(st.integers(0, 255))
    return {
        "vpc_cidr": f"10.{second}.0.0/16",
        "availability_zones": [f"{region}{letter}" for letter in "abc"[:zones]],
        "public_subnet_cidrs": [f"10.{second}.{index}.0/24" for index in range(zones)],
        "private_subnet_cidrs": [f"10.{second}.{16 * (index + 1)}.0/20" for index in range(zones)],
        "ipv6": draw(st.sampled_from(["none", "vpc-only", "dual-stack"])),
        "enable_nat_gateway": draw(st.booleans()),
        "single_nat_gateway": draw(st.booleans()),
    }


@st.composite
def alb(draw: st.DrawFn, region: str, *, logged: bool) -> dict[str, Any]:
    certificate = f"arn:aws:acm:{region}:{ACCOUNT}:certificate/0a1b2c3d-0000-1111-2222-333344445555"
    given = draw(st.booleans())
    further = certificate.replace("0a1b2c3d", "1b2c3d4e")
    return {
        "internal": draw(st.booleans()),
        "certificate_arn": certificate if given else "",
        "ssl_policy": draw(st.sampled_from(get_args(SslPolicy))),
        "redirect_http_to_https": draw(st.booleans()),
        "enable_deletion_protection": draw(st.booleans()),
        "health_check_path": draw(st.sampled_from(["/", "/health", "/api/v1/health?deep=1"])),
        "deregistration_delay": draw(st.integers(0, 3600)),
        "idle_timeout": draw(st.integers(2, 4000)),
        "further_certificate_arns": [further] if given and draw(st.booleans()) else [],
        "drop_invalid_header_fields": draw(st.sampled_from([None, False, True])),
        "desync_mitigation_mode": draw(st.sampled_from([None, "monitor", "strictest"])),
        "client_keep_alive": draw(st.sampled_from([None, 60, 604_800])),
        "access_logs": logged and draw(st.booleans()),
        "connection_logs": logged and draw(st.booleans()),
        "response_time_alarm_threshold": draw(st.sampled_from([0.25, 1, 2.5])),
    }


@st.composite
def containers(draw: st.DrawFn) -> dict[str, Any]:
    """What an overlay says about the containers themselves."""
    check = draw(st.sampled_from(["curl", "command", "none"]))
    agent = {"image": "public.ecr.aws/example/agent:1", "memory_reservation": 64}
    router = {"image": "public.ecr.aws/example/router:1", "essential": True, "log_router": "fluentbit"}
    routed, read_only = draw(st.booleans()), draw(st.booleans())
    return {
        "container_health_check": check,
        "container_health_check_command": ["/bin/app", draw(words)] if check == "command" else [],
        "container_health_check_interval": draw(st.integers(5, 300)),
        "container_health_check_timeout": draw(st.integers(2, 60)),
        "container_health_check_retries": draw(st.integers(1, 10)),
        "container_health_check_start_period": draw(st.integers(0, 300)),
        "stop_timeout": draw(st.sampled_from([None, 2, 120])),
        "read_only_root": read_only,
        "writable_paths": draw(st.sampled_from([[], ["/run/app", "/var/cache/app"]])) if read_only else [],
        "ephemeral_storage": draw(st.sampled_from([None, 21, 200])),
        "open_files_limit": draw(st.sampled_from([None, 65536])),
        "user": draw(st.sampled_from([None, "app", "10001:10001"])),
        "sidecars": {"router": router, "agent": agent} if routed else draw(st.sampled_from([{}, {"agent": agent}])),
        "log_router_options": {"Name": draw(words)} if routed else {},
    }


@st.composite
def ecs(draw: st.DrawFn, region: str) -> dict[str, Any]:
    cpu = draw(st.sampled_from(sorted(FARGATE_MEMORY)))
    secret = f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:miyabi/qa/db"
    return {
        "ecr_image_uri": f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/miyabi-web-api:{draw(image_tags)}",
        "task_cpu": draw(st.sampled_from([cpu, str(cpu)])),
        "task_memory": draw(st.sampled_from(FARGATE_MEMORY[cpu])),
        "log_retention_days": draw(st.sampled_from(get_args(LogRetention))),
        "container_insights": draw(st.booleans()),
        "cpu_architecture": draw(st.sampled_from([None, "X86_64", "ARM64"])),
        "environment_variables": draw(
            st.dictionaries(st.from_regex(r"[A-Z_]{1,8}", fullmatch=True), words, max_size=3)
        ),
        "secrets": draw(st.sampled_from([{}, {"database_url": secret}])),
        **draw(containers()),
    }


@st.composite
def elasticache(draw: st.DrawFn) -> dict[str, Any]:
    node = {
        "redis_node_type": draw(st.sampled_from(["cache.t3.micro", "cache.t4g.small", "cache.r6g.16xlarge"])),
        "redis_engine_version": draw(st.sampled_from(sorted(PARAMETER_GROUP_FAMILY))),
        "snapshot_retention_limit": draw(st.integers(0, 35)),
        "apply_immediately": draw(st.booleans()),
        "timeout": draw(st.sampled_from([0, 20, 300])),
        "url_variable": draw(st.sampled_from([None, "cache_url"])),
        "final_snapshot": draw(st.sampled_from([None, "last-one"])),
        "memory_alarm_metric": draw(st.sampled_from(["FreeableMemory", "DatabaseMemoryUsagePercentage"])),
    }
    topology = draw(st.sampled_from(get_args(Topology)))
    if topology == "single-node":
        return node
    engines = ["redis", "valkey"] if topology == "replication-group" else ["redis"]
    engine, tls = draw(st.sampled_from(engines)), draw(st.booleans())
    versions = VALKEY_FAMILY if engine == "valkey" else {"7.0", "7.1"}
    return {
        **node,
        "topology": topology,
        "engine": engine,
        "redis_engine_version": draw(st.sampled_from(sorted(versions))),
        "replicas": draw(st.integers(0, 5)),
        "transit_encryption_enabled": tls,
        "transit_encryption_mode": draw(st.sampled_from(["required", "preferred"])) if tls else None,
        "auth": draw(st.sampled_from(["none", "token"])) if tls else "none",
        "at_rest_encryption_enabled": draw(st.booleans()),
        "auto_minor_version_upgrade": draw(st.sampled_from([None, True, False])),
        "restore_from_snapshot": draw(st.sampled_from([None, "before-the-group"])),
        "log_delivery": draw(st.sampled_from([[], ["slow-log"], ["engine-log", "slow-log"]])),
    }


_OF_CODEDEPLOY = ["desired_count", "task_definition", "load_balancer"]
"""What CodeDeploy changes of a service."""


@st.composite
def codedeploy(draw: st.DrawFn, service: dict[str, Any]) -> dict[str, Any]:
    """How CodeDeploy deploys, where it does."""
    if service["deployment"] == "rolling":
        return {}
    test = draw(st.booleans())
    return {
        "traffic": draw(st.sampled_from(["ECSAllAtOnce", "ECSLinear10PercentEvery1Minutes"])),
        "approval_minutes": draw(st.sampled_from([0, 2880])),
        "termination_wait_minutes": draw(st.integers(0, 2880)),
        "hooks": {"AfterAllowTestTraffic": "CodeDeployHook_smoke"} if test and draw(st.booleans()) else {},
        "test_port": 8443 if test else None,
        "test_cidr_blocks": ["203.0.113.0/24"] if test else [],
    }


@st.composite
def running_hours(draw: st.DrawFn, least: int) -> dict[str, Any]:
    """The hours of a service with a minimum number of tasks, and what they leave to Terraform."""
    owners = [["desired_count"], ["desired_count", "task_definition"], _OF_CODEDEPLOY]
    both = ["min_capacity", "max_capacity"]
    if least and draw(st.booleans()):
        return {
            "running_hours": draw(st.sampled_from(["MON-FRI 07:00-20:00", "SAT,SUN 09:30-18:05", "WED 00:00-23:59"])),
            "running_hours_timezone": draw(st.sampled_from(["UTC", "Asia/Tokyo"])),
            "tasks_outside_running_hours": draw(st.integers(0, least - 1)),
            "managed_elsewhere": draw(st.sampled_from(owners)),
            "scaling_managed_elsewhere": both,
        }
    return {
        "managed_elsewhere": draw(st.sampled_from([[], *owners])),
        "scaling_managed_elsewhere": draw(st.sampled_from([[], both])),
    }


@st.composite
def rds(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "enabled": draw(st.booleans()),
        "deletable": draw(st.booleans()),
        "engine_version": draw(st.sampled_from(["14", "15", "16", "17", "18"])),
        "instance_class": draw(st.sampled_from(["db.t3.micro", "db.t4g.small", "db.r7g.16xlarge"])),
        "allocated_storage": draw(st.integers(20, 90)),
        "access": draw(st.sampled_from(["iam", "secret"])),
        "variable_prefix": "POSTGRES",
        "migration_command": draw(st.sampled_from([[], ["/app/migrate", "${HOME}"]])),
        "multi_az": draw(st.booleans()),
        "backup_retention_days": draw(st.integers(0, 35)),
        "restore_from_snapshot": draw(st.sampled_from([None, "before"])),
        "parameters": draw(st.sampled_from([{}, {"work_mem": "8192", "shared_buffers": "16384"}])),
        "log_exports": draw(st.sampled_from([[], ["postgresql"], ["upgrade", "iam-db-auth-error"]])),
        "performance_insights": draw(st.booleans()),
        "monitoring_interval": draw(st.sampled_from([0, 60])),
    }


@st.composite
def secrets(draw: st.DrawFn, region: str) -> dict[str, Any]:
    key = f"arn:aws:kms:{region}:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"
    function = f"arn:aws:lambda:{region}:{ACCOUNT}:function:rotate"
    rotated = draw(st.booleans())
    return {
        "mail": {
            "description": draw(words),
            "recovery_window_days": draw(st.sampled_from([0, 7, 30])),
            "kms_key_arn": draw(st.sampled_from(["", key])),
            "application_reads": draw(st.booleans()),
            "rotation_days": 30 if rotated else draw(st.sampled_from([None, 90])),
            "rotation_lambda_arn": function if rotated else None,
            "old_value_stays_valid": rotated,
        },
        "login-2": {"description": "text"},
    }


@st.composite
def ecs_service(draw: st.DrawFn, balancer: dict[str, Any]) -> dict[str, Any]:
    least = draw(st.integers(0, 5))
    desired = draw(st.integers(max(least, 0), 10))
    hours = draw(running_hours(least))
    shifts = bool(balancer["redirect_http_to_https"] or not balancer["certificate_arn"])
    owned = shifts and hours["managed_elsewhere"] == _OF_CODEDEPLOY
    deployment = draw(st.sampled_from(["rolling", "both", "blue_green"])) if owned else "rolling"
    return {
        "deployment": deployment,
        "autoscaling_min_capacity": least,
        "desired_count": desired,
        "autoscaling_max_capacity": draw(st.integers(max(desired, 1), 20)),
        "enable_service_discovery": deployment != "blue_green" and draw(st.booleans()),
        "running_tasks_alarm_threshold": draw(st.sampled_from([None, 1])),
        "health_check_grace_period_seconds": draw(st.integers(0, 600)),
        **hours,
        "deployment_alarms": draw(st.sampled_from([[], ["unhealthy-hosts"]])),
        "spot_share": (share := draw(st.sampled_from([None, 0, 30, 100]))),
        "on_demand_base": None if share is None else draw(st.sampled_from([None, 0, 3])),
        "wait_for_steady_state": deployment != "blue_green" and draw(st.booleans()),
        "running_tasks_alarm_missing_data": draw(st.sampled_from(["breaching", "notBreaching"])),
    }


@st.composite
def notifications(draw: st.DrawFn, region: str) -> dict[str, Any]:
    subscribers = {
        "email_addresses": draw(st.sampled_from([[], ["oncall@example.com"], ["a@example.com", "b+c@example.com"]])),
        "webhook": draw(st.booleans()),
        "webhook_confirms_itself": draw(st.booleans()),
    }
    return draw(st.sampled_from([{}, subscribers, {"topic_arn": f"arn:aws:sns:{region}:{ACCOUNT}:on-call"}]))


@st.composite
def frontend(draw: st.DrawFn, balancer: dict[str, Any]) -> dict[str, Any]:
    if balancer["internal"] or not draw(st.booleans()):
        return {}
    named, secret, hsts = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    https = bool(balancer["certificate_arn"])
    certificate = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/0a1b2c3d-0000-1111-2222-333344445555"
    needs_https = https and balancer["redirect_http_to_https"]
    return {
        "enabled": True,
        "bucket": draw(st.sampled_from(["frontend-qa", "a" * 58])),
        "domain_names": ["app.example.com", "*.app.example.com"] if named else [],
        "certificate_arn": certificate if named else "",
        "price_class": draw(st.sampled_from(["PriceClass_100", "PriceClass_All"])),
        "api_paths": draw(st.sampled_from([["/api/*"], ["/api/*", "/ws", "/v?/*.json"]])),
        "api_domain_name": "api.example.com" if needs_https or (https and draw(st.booleans())) else None,
        "api_keep_alive": draw(st.integers(1, min(120, balancer["idle_timeout"] - 1))),
        "only_from_cloudfront": draw(st.booleans()),
        "origin_secret": secret,
        "previous_origin_secret": secret and draw(st.booleans()),
        "content_security_policy": draw(st.sampled_from(["", "default-src 'self'; script-src 'nonce-${x}'"])),
        "hsts_seconds": draw(st.sampled_from([31_536_000, 63_072_000] if hsts else [0, 300])),
        "hsts_subdomains": hsts,
        "hsts_preload": hsts,
        "access_log_days": draw(st.sampled_from([0, 90])),
    }


@st.composite
def names(
    draw: st.DrawFn, balancer: dict[str, Any], frontend: dict[str, Any], service: dict[str, Any]
) -> dict[str, Any]:
    """The sections `dns` and `certificate`, which take the place of certificates that are named."""
    if not draw(st.booleans()):
        return {}
    site: list[str] = frontend.get("domain_names", [])
    certified = not balancer["certificate_arn"] and not frontend.get("api_domain_name") and draw(st.booleans())
    waits = draw(st.booleans())
    if service["deployment"] != "rolling" and not balancer["redirect_http_to_https"]:
        certified = False
    if certified and frontend and balancer["redirect_http_to_https"]:
        certified = waits = False
    made = bool(site) and draw(st.booleans())
    if made:
        frontend["certificate_arn"] = ""
    leads = site if waits or not made else []
    reachable = not frontend.get("only_from_cloudfront") and not frontend.get("origin_secret")
    reachable = reachable and not balancer["internal"] and "TLS13-1-3" not in balancer["ssl_policy"]
    load_balancer = draw(st.sampled_from([[], ["api.example.com"], ["example.com", "x.api.example.com"]]))
    checked = [each for each in [*(load_balancer if reachable else []), *leads] if not each.startswith("*")]
    return {
        "dns": {
            "zone": "example.com",
            "zone_id": draw(st.sampled_from([None, "Z0123456789ABCDEFGHIJ"])),
            "load_balancer_names": load_balancer,
            "frontend_names": leads,
            "health_check_name": draw(st.sampled_from([None, *checked])),
        },
        "certificate": {
            "domain_names": ["example.com", "api.example.com", "*.api.example.com"] if certified else [],
            "for_frontend": made,
            "wait_for_validation": waits,
            "key_algorithm": draw(st.sampled_from(["RSA_2048", "EC_prime256v1"])),
            "authorities": draw(st.sampled_from([[], ["amazon.com", "letsencrypt.org"]])),
        },
    }


@st.composite
def waf(draw: st.DrawFn, *, behind_cloudfront: bool) -> dict[str, Any]:
    if not draw(st.booleans()):
        return {}
    protects = draw(st.sampled_from(["distribution", "both"])) if behind_cloudfront else "load-balancer"
    block = {"action": "block", "counted_rules": ["SizeRestrictions_BODY"]}
    groups = draw(
        st.sampled_from([{}, {"AWSManagedRulesCommonRuleSet": block}, {"AWSManagedRulesAnonymousIpList": {}}])
    )
    alone = protects == "both" and "AWSManagedRulesCommonRuleSet" not in groups
    return {
        "enabled": True,
        "protects": protects,
        "managed_groups": groups,
        "rate_limit": draw(st.integers(10, 2_000_000_000)),
        "rate_window": draw(st.sampled_from([60, 120, 300, 600])),
        "rate_action": draw(st.sampled_from(["count", "block"])),
        "allowed_addresses": draw(st.sampled_from([[], ["203.0.113.7/32"], ["2001:db8::/64", "203.0.113.0/24"]])),
        "blocked_addresses": draw(st.sampled_from([[], ["192.0.2.0/24", "2001:db8:1::/48"]])),
        # Behind a distribution, the load balancer's web ACL has no rule about addresses, and needs another one.
        "max_body_bytes": draw(st.sampled_from([1, 8192] if alone else [None, 1, 8192])),
        "logged_requests": draw(st.sampled_from(["all", "matched", "none"])),
        "redacted_headers": draw(st.sampled_from([[], ["authorization", "x-api-key"]])),
        "redact_query": draw(st.booleans()),
    }


@st.composite
def flow_logs(draw: st.DrawFn) -> dict[str, Any]:
    """Where there is a bucket for them."""
    return {
        "destination": draw(st.sampled_from([None, "cloudwatch-logs", "s3"])),
        "traffic": draw(st.sampled_from(["ALL", "ACCEPT", "REJECT"])),
        "fields": draw(st.sampled_from([[], ["srcaddr", "dstaddr", "ecs-task-id"]])),
        "aggregation_seconds": draw(st.sampled_from([60, 600])),
    }


@st.composite
def endpoints(draw: st.DrawFn) -> dict[str, Any]:
    named = draw(st.sampled_from([[], ["logs"], ["ecr.api", "ecr.dkr", "ssmmessages", "sts"]]))
    return {"s3": "ecr.dkr" in named or draw(st.booleans()), "interfaces": named}


@st.composite
def monitoring(draw: st.DrawFn, *, has_figures: bool) -> dict[str, Any]:
    return {
        "enabled": has_figures and draw(st.booleans()),
        "log_status_field": draw(st.sampled_from(["status", "fields.http-status", "@status"])),
        "slow_request_milliseconds": draw(st.integers(1, 60_000)),
    }


@st.composite
def service_levels(draw: st.DrawFn) -> dict[str, Any]:
    p50, p95, p99 = sorted(draw(st.lists(st.floats(0.1, 60_000), min_size=3, max_size=3)))
    return {
        "url": draw(st.sampled_from([None, "https://api.example.com", "http://qa.example.com:8080/health?deep=1"])),
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "min_requests_per_second": draw(st.sampled_from([0.5, 50, 1000])),
        "max_error_percent": draw(st.sampled_from([0, 0.1, 100])),
        "ask_before_load": draw(st.booleans()),
    }


@st.composite
def dualstack(draw: st.DrawFn, balancer: dict[str, Any], site: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    """What the load balancer and its security group say of IPv6, where the subnets have it."""
    if site.get("only_from_cloudfront") or not draw(st.booleans()):
        return {}
    checked = named.get("dns", {}).get("health_check_name")
    public = balancer["internal"] or bool(site) or checked in named.get("dns", {}).get("load_balancer_names", [])
    kinds = ["dualstack"] if public else ["dualstack", "dualstack-without-public-ipv4"]
    balancer["ip_address_type"] = draw(st.sampled_from(kinds))
    return {"alb_ingress_ipv6_cidr_blocks": draw(st.sampled_from([["::/0"], ["2001:db8::/32", "2001:db9::/48"]]))}


@st.composite
def overlays(draw: st.DrawFn) -> dict[str, Any]:
    """An overlay that the model accepts."""
    region = draw(st.sampled_from(REGIONS))
    logged = draw(st.booleans())
    tasks, balancer = draw(ecs(region)), draw(alb(region, logged=logged))
    kept = draw(st.one_of(st.just(dict[str, Any]()), secrets(region)))
    if kept and draw(st.booleans()):
        tasks["secrets"] |= {"mail_key": "secrets.mail", "login": "secrets.login-2:user.name"}
    service = draw(ecs_service(balancer))
    site = draw(frontend(balancer))
    named = draw(names(balancer, site, service))
    network = draw(networking(region))
    return {
        **named,
        "region": region,
        # A second target group that is internal has a name of 28 characters and the port.
        "container_port": draw(st.integers(1, 9999 if balancer["internal"] else 65535)),
        "tags": draw(
            st.dictionaries(tag_text.filter(lambda key: not key.lower().startswith("aws:")), tag_text, max_size=3)
        ),
        "networking": network,
        "security_groups": {
            "https_ingress": True,
            **(draw(dualstack(balancer, site, named)) if network["ipv6"] == "dual-stack" else {}),
        },
        "alb": balancer,
        "ecs": tasks,
        "iam": {name: draw(st.booleans()) for name in IamSettings.model_fields},
        "elasticache": draw(elasticache()),
        "rds": draw(rds()),
        "secrets": kept,
        "ecs_service": service,
        "codedeploy": draw(codedeploy(service)),
        "notifications": draw(notifications(region)),
        "frontend": site,
        "waf": draw(waf(behind_cloudfront=bool(site))),
        "flow_logs": draw(flow_logs()) if logged else {},
        "endpoints": draw(endpoints()),
        "account_id": ACCOUNT if logged else None,
        "log_bucket": {"name": "logs-qa", "days": draw(st.integers(1, 3650))} if logged else {},
        "monitoring": draw(monitoring(has_figures=tasks["container_insights"])),
        "service_levels": draw(service_levels()),
        "assume_role": draw(st.sampled_from([{}, {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/terraform"}])),
    }


@st.composite
def broken_overlays(draw: st.DrawFn) -> dict[str, Any]:
    """An overlay with one value that no setting takes, or a key that is none."""
    overlay = draw(overlays())
    section = draw(st.sampled_from(["networking", "alb", "ecs", "elasticache", "ecs_service"]))
    values = cast("dict[str, Any]", overlay[section])
    key = draw(st.sampled_from([*sorted(values), "no_such_setting"]))
    nonsense: list[Any] = [{"no": "value"}, -1, 1.5, "no value", [None], [[]]]
    values[key] = draw(st.sampled_from(nonsense))
    return overlay
