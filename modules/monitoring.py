"""monitoring: the CloudWatch dashboard and the saved Logs Insights queries."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
from cdktf_cdktf_provider_aws.cloudwatch_query_definition import CloudwatchQueryDefinition
from pydantic import Field

from modules.alb import AlbSettings
from modules.base import Module
from modules.ecs_service import EcsServiceSettings
from modules.elasticache import ElasticacheSettings
from modules.platform import Platform
from modules.rds import RdsSettings
from modules.settings import Settings, matching
from modules.waf_facts import NAMESPACE

GRID: Final = 24
"""Number of columns of a dashboard."""

ERRORS: Final = "/(?i)(error|fatal|panicked)/"
"""Regular expression of Logs Insights that matches log lines about errors, JSON or not."""

LogField = Annotated[
    str,
    matching(
        r"[A-Za-z_@][\w@-]*(?:\.[A-Za-z_@][\w@-]*)*",
        "is not a field of a log line",
        "a name such as level, or a path such as fields.status",
    ),
]


class MonitoringSettings(Settings):
    """The dashboard and the saved queries. Queries that use fields need logs in JSON."""

    enabled: bool = False
    """Whether the environment has a CloudWatch dashboard and saved Logs Insights queries. A dashboard costs 3 USD per
    month; the first three of an account are free."""

    log_status_field: LogField = "status"
    """Log field with the HTTP status of a request."""

    log_duration_field: LogField = "duration_ms"
    """Log field with the duration of a request in milliseconds."""

    slow_request_milliseconds: Annotated[int, Field(ge=1)] = 200
    """Milliseconds above which a request is slow. The default is the p99 of the milestone report."""


class MonitoringModule(Module):
    """A dashboard and saved queries. Called only if the overlay enables it."""

    folder: ClassVar[str] = "monitoring"

    def __init__(
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: MonitoringSettings,
        alb_settings: AlbSettings,
        ecs_service_settings: EcsServiceSettings,
        elasticache_settings: ElasticacheSettings,
        alb_arn_suffix: str,
        target_group_arn_suffix: str,
        green_target_group_arn_suffix: str | None = None,
        ecs_cluster_name: str,
        ecs_service_name: str,
        redis_id: str,
        log_group_name: str,
        alb_alarm_arns: list[str],
        ecs_service_alarm_arns: list[str],
        redis_alarm_arns: list[str],
        rds_settings: RdsSettings,
        database_id: str | None,
        database_alarm_arns: Sequence[str],
        web_acl_names: Mapping[str, str] | None = None,
    ) -> None:
        """`web_acl_names`: the names of the web ACLs by their region; None without a firewall."""
        super().__init__(scope)
        body, name = self.body, platform.name
        load_balancer = {
            "LoadBalancer": self.wire(
                "alb_arn_suffix", alb_arn_suffix, "The load balancer as CloudWatch's metrics name it"
            )
        }
        target_group = {
            "TargetGroup": self.wire(
                "target_group_arn_suffix", target_group_arn_suffix, "The target group as CloudWatch's metrics name it"
            ),
            **load_balancer,
        }
        target_groups = [target_group]
        if green_target_group_arn_suffix:
            green = self.wire(
                "green_target_group_arn_suffix",
                green_target_group_arn_suffix,
                "The second target group as CloudWatch's metrics name it",
            )
            target_groups.append({"TargetGroup": green, **load_balancer})
        service = {
            "ClusterName": self.wire("ecs_cluster_name", ecs_cluster_name, "Name of the cluster"),
            "ServiceName": self.wire("ecs_service_name", ecs_service_name, "Name of the service"),
        }
        if elasticache_settings.uses_group:
            group = self.wire("redis_replication_group_id", redis_id, "ID of the replication group")
            caches = [
                {"CacheClusterId": f"{group}-{member:03}"} for member in range(1, elasticache_settings.members + 1)
            ]
        else:
            caches = [{"CacheClusterId": self.wire("redis_cluster_id", redis_id, "ID of the cache cluster")}]
        log_group = self.wire("log_group_name", log_group_name, "Name of the application's log group")
        alarms = {
            "Load balancer": self.wire_list("alb_alarm_arns", alb_alarm_arns, "ARNs of the load balancer's alarms"),
            "Service": self.wire_list("ecs_service_alarm_arns", ecs_service_alarm_arns, "ARNs of the service's alarms"),
            "Redis": self.wire_list("redis_alarm_arns", redis_alarm_arns, "ARNs of the cache's alarms"),
        }
        database = None
        if database_id is not None:
            database = {"DBInstanceIdentifier": self.wire("database_id", database_id, "Identifier of the database")}
            alarms["Database"] = self.wire_list(
                "database_alarm_arns", database_alarm_arns, "ARNs of the database's alarms"
            )
        alb, tasks, redis = alb_settings, ecs_service_settings, elasticache_settings
        in_use = redis.memory_alarm_metric == "DatabaseMemoryUsagePercentage"
        status, duration, slow = (
            _quoted(settings.log_status_field),
            _quoted(settings.log_duration_field),
            settings.slow_request_milliseconds,
        )
        errors = f"filter @message like {ERRORS} | fields @timestamp, @message, @logStream | sort @timestamp desc"

        rows = [
            [_alarm_widget(f"{part}: alarms", arns) for part, arns in alarms.items()],
            [
                _widget("Requests a minute", _metric("AWS/ApplicationELB", "RequestCount", load_balancer, "Sum")),
                _widget(
                    "Response time (s)",
                    *(
                        _metric("AWS/ApplicationELB", "TargetResponseTime", load_balancer, f"p{p}")
                        for p in (50, 95, 99)
                    ),
                    _metric("AWS/ApplicationELB", "TargetResponseTime", load_balancer, "Average"),
                    lines={"alarm (average)": alb.response_time_alarm_threshold},
                ),
                _widget(
                    "Errors a minute",
                    _metric("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", load_balancer, "Sum"),
                    _metric("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", load_balancer, "Sum"),
                    _metric("AWS/ApplicationELB", "HTTPCode_Target_4XX_Count", load_balancer, "Sum"),
                ),
                _widget(
                    "Tasks behind the load balancer",
                    *(
                        _metric("AWS/ApplicationELB", metric, each, statistic)
                        for each in target_groups
                        for metric, statistic in (("HealthyHostCount", "Minimum"), ("UnHealthyHostCount", "Maximum"))
                    ),
                ),
            ],
            *([[_firewall_widget(name, region) for region, name in web_acl_names.items()]] if web_acl_names else []),
            [
                _widget(
                    "CPU of the service (%)",
                    _metric("AWS/ECS", "CPUUtilization", service, "Average"),
                    _metric("AWS/ECS", "CPUUtilization", service, "Maximum"),
                    lines={"alarm": tasks.cpu_alarm_threshold, "autoscaling": tasks.autoscaling_cpu_target},
                ),
                _widget(
                    "Memory of the service (%)",
                    _metric("AWS/ECS", "MemoryUtilization", service, "Average"),
                    _metric("AWS/ECS", "MemoryUtilization", service, "Maximum"),
                    lines={"alarm": tasks.memory_alarm_threshold, "autoscaling": tasks.autoscaling_memory_target},
                ),
                _widget(
                    "Tasks, and the range of the autoscaler",
                    _metric("ECS/ContainerInsights", "RunningTaskCount", service, "Average"),
                    _metric("ECS/ContainerInsights", "DesiredTaskCount", service, "Average"),
                    lines={"fewest": tasks.autoscaling_min_capacity, "most": tasks.autoscaling_max_capacity},
                ),
            ],
            [
                _widget(
                    "CPU of Redis (%)",
                    *(_metric("AWS/ElastiCache", redis.cpu_alarm_metric, cache, "Average") for cache in caches),
                    lines={"alarm": redis.cpu_alarm_threshold},
                ),
                _widget(
                    "Memory of Redis in use (%)" if in_use else "Free memory of Redis (bytes)",
                    *(_metric("AWS/ElastiCache", redis.memory_alarm_metric, cache, "Average") for cache in caches),
                    lines={"alarm": redis.memory_usage_alarm_threshold if in_use else redis.memory_alarm_threshold},
                ),
                _widget(
                    "Evictions of Redis",
                    *(_metric("AWS/ElastiCache", "Evictions", cache, "Average") for cache in caches),
                    lines={"alarm": redis.evictions_alarm_threshold},
                ),
                _widget(
                    "Connections to Redis",
                    *(_metric("AWS/ElastiCache", "CurrConnections", cache, "Average") for cache in caches),
                ),
                *(
                    [
                        _widget(
                            "Replication lag of Redis (s)",
                            *(_metric("AWS/ElastiCache", "ReplicationLag", cache, "Average") for cache in caches),
                            lines={"alarm": redis.replication_lag_alarm_threshold},
                        )
                    ]
                    if redis.uses_group
                    else []
                ),
            ],
            *([_database_row(database, rds_settings)] if database else []),
            [_log_widget("Errors in the logs", f"SOURCE '{log_group}' | {errors} | limit 20")],
        ]
        dashboard_body = self.local("dashboard_body", {"widgets": _laid_out(rows, platform.region)})
        dashboard = CloudwatchDashboard(
            body,
            "aws_cloudwatch_dashboard.main",
            dashboard_name=name("dashboard"),
            dashboard_body=f"${{jsonencode({dashboard_body})}}",
        )

        folder = name("logs")
        CloudwatchQueryDefinition(
            body,
            "aws_cloudwatch_query_definition.errors",
            name=f"{folder}/errors",
            log_group_names=[log_group],
            query_string=_lines(*errors.split(" | "), "limit 200"),
        )
        CloudwatchQueryDefinition(
            body,
            "aws_cloudwatch_query_definition.errors_per_minute",
            name=f"{folder}/errors-per-minute",
            log_group_names=[log_group],
            query_string=_lines(f"filter @message like {ERRORS}", "stats count(*) as errors by bin(1m)"),
        )
        CloudwatchQueryDefinition(
            body,
            "aws_cloudwatch_query_definition.server_errors",
            name=f"{folder}/server-errors",
            log_group_names=[log_group],
            query_string=_lines(
                f"filter {status} >= 500",
                f"fields @timestamp, {status}, {duration}, @message, @logStream",
                "sort @timestamp desc",
                "limit 200",
            ),
        )
        CloudwatchQueryDefinition(
            body,
            "aws_cloudwatch_query_definition.slow_requests",
            name=f"{folder}/slow-requests",
            log_group_names=[log_group],
            query_string=_lines(
                f"filter {duration} > {slow}",
                f"fields @timestamp, {duration}, {status}, @message, @logStream",
                f"sort {duration} desc",
                "limit 200",
            ),
        )
        CloudwatchQueryDefinition(
            body,
            "aws_cloudwatch_query_definition.requests_per_minute",
            name=f"{folder}/requests-per-minute",
            log_group_names=[log_group],
            query_string=_lines(
                f"filter ispresent({status})",
                f"stats count(*) as requests, pct({duration}, 50) as p50, pct({duration}, 95) as p95, "
                f"pct({duration}, 99) as p99 by bin(1m)",
            ),
        )
        CloudwatchQueryDefinition(
            body,
            "aws_cloudwatch_query_definition.lines_per_task",
            name=f"{folder}/lines-per-task",
            log_group_names=[log_group],
            query_string=_lines(
                'stats count(*) as lines, sum(strcontains(@message, "ERROR")) as errors, max(@timestamp) as latest '
                "by @logStream",
                "sort errors desc, lines desc",
            ),
        )

        self.dashboard_name = self.output("dashboard_name", dashboard.dashboard_name, "Name of the dashboard")


def _quoted(field: str) -> str:
    """A field as Logs Insights needs it: in backticks where its name has a hyphen."""
    return f"`{field}`" if "-" in field else field


Widget = dict[str, Any]
Metric = list[Any]


def _metric(namespace: str, metric: str, dimensions: Mapping[str, str], statistic: str) -> Metric:
    label = metric if statistic in {"Sum", "Average"} else f"{metric} {statistic}"
    return [
        namespace,
        metric,
        *(part for pair in dimensions.items() for part in pair),
        {"stat": statistic, "label": label},
    ]


def _widget(title: str, *metrics: Metric, lines: Mapping[str, float] | None = None) -> Widget:
    """A graph per minute that starts at zero, with horizontal lines for alarm thresholds and autoscaling targets."""
    properties: dict[str, Any] = {
        "title": title,
        "view": "timeSeries",
        "period": 60,
        "metrics": list(metrics),
        "yAxis": {"left": {"min": 0}},
    }
    if lines:
        properties["annotations"] = {"horizontal": [{"label": label, "value": value} for label, value in lines.items()]}
    return {"type": "metric", "height": 6, "properties": properties}


def _database_row(database: Mapping[str, str], settings: RdsSettings) -> list[Widget]:
    """The figures that the alarms of the database look at, with their thresholds."""
    return [
        _widget(
            "CPU of the database (%)",
            _metric("AWS/RDS", "CPUUtilization", database, "Average"),
            lines={"alarm": settings.cpu_alarm_threshold},
        ),
        _widget(
            "Connections to the database",
            _metric("AWS/RDS", "DatabaseConnections", database, "Maximum"),
            lines={"alarm": settings.connections_alarm_threshold},
        ),
        _widget(
            "Free storage of the database (bytes)",
            _metric("AWS/RDS", "FreeStorageSpace", database, "Minimum"),
            lines={"alarm": settings.free_storage_alarm_threshold},
        ),
        _widget(
            "Free memory of the database (bytes)",
            _metric("AWS/RDS", "FreeableMemory", database, "Average"),
            lines={"alarm": settings.free_memory_alarm_threshold},
        ),
        _widget(
            "Latency of the database's disk (s)",
            _metric("AWS/RDS", "ReadLatency", database, "Average"),
            _metric("AWS/RDS", "WriteLatency", database, "Average"),
            lines={"alarm": settings.latency_alarm_threshold},
        ),
    ]


def _firewall_widget(acl: str, region: str) -> Widget:
    """What a web ACL did with requests. CloudFront's metrics of WAF have no region, and are in us-east-1."""
    dimensions = {"WebACL": acl, "Rule": "ALL"} | ({"Region": region} if region else {})
    metrics = (
        _metric(NAMESPACE, metric, dimensions, "Sum")
        for metric in ("AllowedRequests", "BlockedRequests", "CountedRequests")
    )
    widget = _widget(f"Firewall of the {'load balancer' if region else 'distribution'}", *metrics)
    widget["properties"]["region"] = region or "us-east-1"
    return widget


def _alarm_widget(title: str, arns: Sequence[str]) -> Widget:
    return {"type": "alarm", "height": 3, "properties": {"title": title, "alarms": arns}}


def _log_widget(title: str, query: str) -> Widget:
    return {"type": "log", "height": 8, "properties": {"title": title, "view": "table", "query": query}}


def _laid_out(rows: Sequence[Sequence[Widget]], region: str) -> list[Widget]:
    """The widgets with their positions: each row is as wide as the dashboard."""
    placed: list[Widget] = []
    top = 0
    for row in rows:
        width = GRID // len(row)
        for index, widget in enumerate(row):
            properties = (
                widget["properties"] if widget["type"] == "alarm" else {"region": region, **widget["properties"]}
            )
            placed.append({**widget, "x": index * width, "y": top, "width": width, "properties": properties})
        top += max(widget["height"] for widget in row)
    return placed


def _lines(*commands: str) -> str:
    """A query of Logs Insights, one command per line."""
    return "\n| ".join(commands)
