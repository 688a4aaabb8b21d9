"""What the guides say about logs, alarms and who is notified."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from miyabi_infra.pages.guides.needed import needed
from miyabi_infra.stacks import Resource, Stack
from miyabi_infra.stacks.platform import Platform, integer, mappings, number, text
from miyabi_infra.text import count

_OPERATORS: Final[Mapping[str, str]] = {
    "GreaterThanThreshold": "above",
    "GreaterThanOrEqualToThreshold": "at or above",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "at or below",
}


@dataclass(frozen=True)
class Meaning:
    """What it means that the alarm on a metric goes into ALARM, and where to read on."""

    text: str
    issue: str
    """Anchor in the troubleshooting guide, or a page with an anchor."""

    @property
    def leads_to(self) -> str:
        """The link; empty for none."""
        return self.issue if "#" in self.issue or not self.issue else f"troubleshooting.md#{self.issue}"


_DATABASE: Final = "runbook.md#database"

MEANINGS: Final[Mapping[tuple[str, str], Meaning]] = {
    ("AWS/ApplicationELB", "TargetResponseTime"): Meaning("Tasks answer slowly; users wait.", "high-latency"),
    ("AWS/ApplicationELB", "UnHealthyHostCount"): Meaning(
        "Tasks fail the load balancer's health check; the other tasks carry their load.", "targets-unhealthy"
    ),
    ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count"): Meaning(
        "The load balancer itself answers with errors: it reaches no task, or none in time.", "error-502"
    ),
    ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"): Meaning("The application answers with errors.", "error-500"),
    ("AWS/ECS", "CPUUtilization"): Meaning(
        "Tasks are short of CPU. The autoscaler is at its maximum, or traffic rises faster than it adds tasks.",
        "no-scaling",
    ),
    ("AWS/ECS", "MemoryUtilization"): Meaning(
        "Tasks are short of memory; at 100 % they are killed (exit code 137).", "out-of-memory"
    ),
    ("ECS/ContainerInsights", "RunningTaskCount"): Meaning(
        "Fewer tasks run than should, or Container Insights sends no data.", "no-tasks"
    ),
    ("AWS/ElastiCache", "CPUUtilization"): Meaning(
        "Redis is short of CPU. It runs commands on one core: on a node with two cores, 50 % is one full core.",
        "redis-memory",
    ),
    ("AWS/ElastiCache", "EngineCPUUtilization"): Meaning("The core that Redis uses is full.", "redis-memory"),
    ("AWS/ElastiCache", "FreeableMemory"): Meaning("The node is running out of memory.", "redis-memory"),
    ("AWS/ElastiCache", "DatabaseMemoryUsagePercentage"): Meaning("The node is running out of memory.", "redis-memory"),
    ("AWS/ElastiCache", "ReplicationLag"): Meaning(
        "A replica is behind the primary: reads from it are old, and after a failover the missing writes are lost.",
        "redis-memory",
    ),
    ("AWS/ElastiCache", "Evictions"): Meaning(
        "Redis deletes keys to free memory: the cache is too small for its data.", "redis-memory"
    ),
    ("AWS/CertificateManager", "DaysToExpiry"): Meaning(
        "ACM has not renewed the certificate: its names or their records have changed.", "https"
    ),
    ("AWS/WAFV2", "Blocked requests (%)"): Meaning("Blocked: an attack, or a false positive.", "runbook.md#firewall"),
    ("AWS/RDS", "CPUUtilization"): Meaning("The database is short of CPU, or does not run.", _DATABASE),
    ("AWS/RDS", "DatabaseConnections"): Meaning("The connections of the database are nearly used up.", _DATABASE),
    ("AWS/RDS", "FreeStorageSpace"): Meaning("The storage of the database is nearly full.", _DATABASE),
    ("AWS/RDS", "FreeableMemory"): Meaning("The database is running out of memory.", _DATABASE),
    ("AWS/RDS", "ReadLatency"): Meaning("The database waits for reads from its disk.", _DATABASE),
    ("AWS/RDS", "WriteLatency"): Meaning("The database waits for writes to its disk.", _DATABASE),
}
"""By namespace and metric. For a metric that is not here, the guides show the description of the alarm."""


@dataclass(frozen=True)
class Alarm:
    """A CloudWatch alarm."""

    name: str
    metric: str
    condition: str
    """When it goes into ALARM, in words."""
    missing: str
    """What missing data counts as: `breaching`, `notBreaching`, `ignore` or `missing`."""
    notifies: bool
    meaning: str
    leads_to: str
    """Link to what to do; empty if the guides have nothing about the metric."""


@dataclass(frozen=True)
class Monitoring:
    """Logs, alarms, dashboards and topics. Names are AWS's own."""

    log_group: str
    log_days: int
    """Days that logs are kept; 0 if they never expire."""
    alarms: Sequence[Alarm]
    """Those of the environment's region."""
    dashboards: Sequence[str]
    topics: Sequence[str]
    queries: Sequence[str]

    @property
    def silent(self) -> bool:
        """Whether no alarm notifies anyone."""
        return not any(alarm.notifies for alarm in self.alarms)


def monitoring(stack: Stack) -> Monitoring:
    """The monitoring of an environment.

    Raises:
        StackError: when the stack is not one of an environment.
    """
    platform = Platform(stack)
    logs = needed(stack, platform.application_logs, "aws_cloudwatch_log_group")
    return Monitoring(
        log_group=text(logs.get("name")),
        log_days=integer(logs.get("retention_in_days")),
        alarms=[_alarm(name, each) for name, each in platform.alarms.items() if not each.region],
        dashboards=[text(each.get("dashboard_name")) for each in stack.of_type("aws_cloudwatch_dashboard")],
        topics=[text(each.get("name")) for each in stack.of_type("aws_sns_topic")],
        queries=[text(each.get("name")) for each in stack.of_type("aws_cloudwatch_query_definition")],
    )


def _alarm(name: str, alarm: Resource) -> Alarm:
    namespace, metric = text(alarm.get("namespace")), text(alarm.get("metric_name"))
    statistic, seconds = text(alarm.get("statistic")).lower(), integer(alarm.get("period"))
    for query in alarm.blocks("metric_query"):  # of several metrics, the one that they make
        for each in mappings(query.get("metric")):
            namespace, seconds = text(each.get("namespace")), integer(each.get("period"))
        if query.get("return_data") is True:
            metric, statistic = text(query.get("label")), "share"
    meaning = MEANINGS.get((namespace, metric), Meaning(text(alarm.get("alarm_description")), ""))
    operator = text(alarm.get("comparison_operator"))
    periods = integer(alarm.get("evaluation_periods"))
    threshold = f"{number(alarm.get('threshold')):,.10g}"
    return Alarm(
        name=name,
        metric=f"{namespace} {metric}",
        condition=f"{statistic} {_OPERATORS.get(operator, operator)} {threshold} "
        f"in {count(periods, 'period')} of {seconds} s",
        missing=text(alarm.get("treat_missing_data")),
        notifies=bool(alarm.get("alarm_actions")),
        meaning=meaning.text,
        leads_to=meaning.leads_to,
    )
