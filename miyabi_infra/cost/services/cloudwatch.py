"""CloudWatch: alarms, dashboards, logs."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.cost.model import Billed, Billing, Charge, Context, Free, Span, number
from miyabi_infra.cost.prices import NotPriced
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import Platform, address_of
from miyabi_infra.text import count
from modules.waf_facts import LOGS_PREFIX

_DAYS_PER_MONTH: Final = 365 / 12
_LONGEST_KEPT: Final = 365
"""Days of logs that are counted where logs are kept for ever: those of a first year."""

_STANDARD_RESOLUTION: Final = 60
"""Seconds: an alarm with a shorter period is a high-resolution alarm, which costs three times as much."""


def _alarm(alarm: Resource, context: Context) -> Iterator[Charge]:
    period = alarm.get("period")
    if period is not None and number(period) < _STANDARD_RESOLUTION:
        raise NotPriced("no price of a high-resolution alarm")
    # An alarm on several metrics costs as much as one on each.
    metrics = sum(bool(query.get("metric")) for query in alarm.blocks("metric_query")) or 1
    yield Charge("CloudWatch", "alarm", Span.of(metrics), context.prices.of("alarm.month"), number=metrics)


def _dashboard(_dashboard: Resource, context: Context) -> Iterator[Charge]:
    yield Charge("CloudWatch", "dashboard", Span.of(1), context.prices.of("dashboard.month"), number=1)


def _log_group(group: Resource, context: Context) -> Iterator[Charge]:
    group_class = group.get("log_group_class", "STANDARD")
    if group_class != "STANDARD":
        raise NotPriced(f"no price of the log class {group_class}")
    of_tasks = Platform(context.stack).application_logs
    usage, prices = context.of_environment, context.prices
    written = usage.log_gb if of_tasks is None or group.address == of_tasks.address else usage.cache_log_gb
    if str(group.get("name")).startswith(LOGS_PREFIX):
        written = usage.waf_log_gb
    ingested = prices.of("logs.ingested")
    if any(address_of(each.get("log_destination")) == group.address for each in context.stack.of_type("aws_flow_log")):
        written, ingested = usage.flow_log_gb, prices.of("logs.vended")
    days = number(group.get("retention_in_days", 0)) or _LONGEST_KEPT
    kept = written * days / _DAYS_PER_MONTH
    yield Charge("CloudWatch", f"{written:g} GB of logs", Span.of(written), ingested, assumed=True)
    yield Charge(
        "CloudWatch", f"logs of {count(days, 'day')} kept", Span.of(kept), prices.of("logs.stored"), assumed=True
    )


BILLING: Final[Billing] = {
    "aws_cloudwatch_dashboard": Billed(
        "CloudWatch", _dashboard, reads=frozenset(), free=frozenset({"dashboard_body", "dashboard_name"})
    ),
    "aws_cloudwatch_log_group": Billed(
        "CloudWatch",
        _log_group,
        reads=frozenset({"log_group_class", "retention_in_days"}),
        free=frozenset({"name", "skip_destroy", "tags"}),
    ),
    "aws_cloudwatch_log_metric_filter": Free("a filter is free; its metric is one custom metric while it has data"),
    "aws_cloudwatch_metric_alarm": Billed(
        "CloudWatch",
        _alarm,
        reads=frozenset({"metric_query", "period"}),
        free=frozenset(
            {
                "actions_enabled",
                "alarm_actions",
                "alarm_description",
                "alarm_name",
                "comparison_operator",
                "datapoints_to_alarm",
                "dimensions",
                "evaluation_periods",
                "insufficient_data_actions",
                "metric_name",
                "namespace",
                "ok_actions",
                "statistic",
                "extended_statistic",
                "tags",
                "threshold",
                "treat_missing_data",
                "unit",
            }
        ),
    ),
    "aws_cloudwatch_query_definition": Free(),
}
