"""Settings that an overlay says and that change nothing, as what they are about is off."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from miyabi_infra.lint.environment import Environment
from miyabi_infra.lint.rule import Concern, rule
from miyabi_infra.project import BASE, ROOT
from miyabi_infra.stacks import provenance

On = Callable[[Environment], bool]


@dataclass(frozen=True)
class Switch:
    """A switch, and what has no effect without it."""

    section: str
    settings: tuple[str, ...]
    """Those that need it; none: the whole section, but for what `is_on` itself looks at."""
    is_on: On
    needs: str
    """What switches it on; what the settings need."""
    of: tuple[str, ...] = ()
    """The settings of the section that are the switch themselves."""


def _is(section: str, key: str, *values: object) -> On:
    """Whether a setting has one of some values; without them, whether it has one that is not empty."""

    def on(here: Environment) -> bool:
        value = _value(here, section, key)
        return value in values if values else bool(value)

    return on


def _value(here: Environment, section: str, key: str) -> Any:  # noqa: ANN401  # any setting
    """What the overlay says, or the default; true for one that the sources do not write out: it is not empty."""
    path = (section, key)
    return here.setting(*path) if here.says(path) else provenance.read(ROOT).defaults.get(path, True)


def _either(*switches: On) -> On:
    return lambda here: any(on(here) for on in switches)


_GROUP: Final = _is("elasticache", "topology", "adding-group", "retiring-node", "replication-group")
_GROUP_NEEDS: Final = "elasticache.topology: replication-group"
_RDS: Final = _is("rds", "enabled")
_WAF: Final = _is("waf", "enabled")
_ROLLING: Final = _is("ecs_service", "deployment", "rolling", "both")
_CHECKS: Final = tuple(f"container_health_check_{each}" for each in ("interval", "timeout", "retries", "start_period"))
_CHECKED: Final = _is("ecs", "container_health_check", "curl", "command")
_CERTIFICATE: Final = _either(_is("certificate", "domain_names"), _is("certificate", "for_frontend"))


def _listens(here: Environment) -> bool:
    return any(each.get("protocol") == "HTTPS" for each in here.stack.of_type("aws_lb_listener"))


def _redirects_or_waits(here: Environment) -> bool:
    """Whether HTTP redirects, need not, or will: `certificate_arn: ""` beside it says that it is for later."""
    waits = here.setting("alb", "certificate_arn") == "" and not _is("certificate", "domain_names")(here)
    return waits or _listens(here) or not _value(here, "alb", "redirect_http_to_https")


def _more_tasks_than_base(here: Environment) -> bool:
    base, most = (_value(here, "ecs_service", key) for key in ("on_demand_base", "autoscaling_max_capacity"))
    return not isinstance(base, int) or base < most


SWITCHES: Final = (
    # ---- sections that are there or not
    Switch("rds", (), _RDS, "rds.enabled: true", ("enabled",)),
    Switch("waf", (), _WAF, "waf.enabled: true", ("enabled",)),
    Switch("frontend", (), _is("frontend", "enabled"), "frontend.enabled: true", ("enabled", "bucket")),
    Switch("monitoring", (), _is("monitoring", "enabled"), "monitoring.enabled: true", ("enabled",)),
    Switch("log_bucket", (), _is("log_bucket", "name"), "log_bucket.name", ("name",)),
    Switch("flow_logs", (), _is("flow_logs", "destination"), "flow_logs.destination", ("destination",)),
    Switch(
        "certificate", (), _CERTIFICATE, "certificate.domain_names, or for_frontend", ("domain_names", "for_frontend")
    ),
    # ---- settings within a section
    Switch("alb", ("ssl_policy",), _listens, "an HTTPS listener"),
    Switch("alb", ("redirect_http_to_https",), _redirects_or_waits, "an HTTPS listener"),
    Switch("dns", ("health_check_path", "health_check_topic_arn"), _is("dns", "health_check_name"),
           "dns.health_check_name"),
    Switch("ecs", ("health_check_path",), _is("ecs", "container_health_check", "curl"),
           "container_health_check: curl"),
    Switch("ecs", _CHECKS, _CHECKED, "container_health_check: curl, or command"),
    Switch("elasticache", ("replicas", "at_rest_encryption_enabled", "replication_lag_alarm_threshold"), _GROUP,
           _GROUP_NEEDS),
    Switch("elasticache", ("auth_token_update_strategy",), _is("elasticache", "auth", "token"), "auth: token"),
    Switch("elasticache", ("log_retention_days",), _is("elasticache", "log_delivery"), "log_delivery"),
    Switch("elasticache", ("snapshot_window",), _is("elasticache", "snapshot_retention_limit"),
           "snapshot_retention_limit of 1 or more"),
    Switch("elasticache", ("memory_alarm_threshold",),
           _is("elasticache", "memory_alarm_metric", "FreeableMemory"),
           "memory_alarm_metric: FreeableMemory"),
    Switch("elasticache", ("memory_usage_alarm_threshold",),
           _is("elasticache", "memory_alarm_metric", "DatabaseMemoryUsagePercentage"),
           "memory_alarm_metric: DatabaseMemoryUsagePercentage"),
    Switch("rds", ("performance_insights_days",), _is("rds", "performance_insights"),
           "performance_insights: true"),
    Switch("rds", ("log_retention_days",), _is("rds", "log_exports"), "log_exports"),
    Switch("rds", ("backup_window",), _is("rds", "backup_retention_days"), "backup_retention_days of 1 or more"),
    Switch("rds", ("application_user",), _is("rds", "access", "iam"), "access: iam"),
    Switch("ecs_service", ("running_hours_timezone",), _is("ecs_service", "running_hours"), "running_hours"),
    Switch("ecs_service", ("service_discovery_force_destroy",),
           _is("ecs_service", "enable_service_discovery"), "enable_service_discovery: true"),
    Switch("ecs_service",
           ("autoscaling_requests_target", "deployment_maximum_percent", "deployment_minimum_healthy_percent"),
           _ROLLING, "deployment: rolling"),
    Switch("ecs_service", ("spot_share",), _more_tasks_than_base, "an on_demand_base below autoscaling_max_capacity"),
    Switch("notifications", ("webhook_confirms_itself",), _is("notifications", "webhook"),
           "webhook: true"),
    Switch("frontend", ("hsts_subdomains",), _is("frontend", "hsts_seconds"), "hsts_seconds of more than 0"),
    Switch("frontend", ("minimum_tls",),
           _either(_is("frontend", "certificate_arn"), _is("certificate", "for_frontend")),
           "certificate_arn, or certificate.for_frontend"),
    Switch("waf", ("rate_window", "rate_action"), _is("waf", "rate_limit"), "rate_limit"),
    Switch("waf", ("body_action",), _is("waf", "max_body_bytes"), "max_body_bytes"),
    Switch("waf", ("log_retention_days", "redacted_headers", "redact_query"),
           _is("waf", "logged_requests", "all", "matched"), "logged_requests: matched, or all"),
    Switch("flow_logs", ("retention_days",), _is("flow_logs", "destination", "cloudwatch-logs"),
           "destination: cloudwatch-logs"),
)  # fmt: skip
"""Every setting that needs another one, but for those that the rules of the settings refuse without it."""


@rule("warning")
def setting_without_effect(here: Environment) -> Iterator[Concern]:
    """Whoever reads the overlay believes in what is not there."""
    off: set[str] = set()
    for switch in SWITCHES:
        keys = [key for key in switch.settings or _said(here, switch.section, switch.of) if _own(here, switch, key)]
        if not keys or switch.section in off or switch.is_on(here):
            continue
        if not switch.settings:
            off.add(switch.section)
        for key in keys[: 1 if not switch.settings else None]:
            others = f", as {', '.join(keys[1:])}" if keys[1:] and not switch.settings else ""
            # Somebody who writes `enabled: false` keeps the rest for the day when it is on again.
            severity = "info" if any(here.says((switch.section, each)) for each in switch.of) else None
            fix = f"{switch.needs}, or no such setting"
            yield Concern((switch.section, key), f"has no effect{others}: it needs {switch.needs}", fix, severity)


def _said(here: Environment, section: str, but: Collection[str]) -> list[str]:
    said = here.setting(section)
    keys = cast("Mapping[str, object]", said) if isinstance(said, Mapping) else ()
    return [key for key in keys if key not in but]


def _own(here: Environment, switch: Switch, key: str) -> bool:
    """Whether the environment's own overlay says it: what the base says is for those that have it on."""
    path = (switch.section, key)
    return here.says(path) and here.overlay.places[path].file.stem != BASE
