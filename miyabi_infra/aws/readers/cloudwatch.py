"""CloudWatch: alarms and dashboards."""

import json
from collections.abc import Mapping
from typing import Any, Final

from miyabi_infra.aws.readers.beside import beside
from miyabi_infra.aws.readers.common import Json
from miyabi_infra.aws.world import Compared, Found, Reader, Unresolved, World, compared, unordered
from miyabi_infra.stacks import Resource


def _alarm(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("alarm_name"))
    names = sorted(str(each.get("alarm_name")) for each in world.stack.of_type("aws_cloudwatch_metric_alarm"))
    alarms = world.items("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNames=names)
    alarm = next((each for each in alarms if each["AlarmName"] == name), None)
    if alarm is None:
        return None
    dimensions = {each["Name"]: each["Value"] for each in alarm.get("Dimensions", [])}
    checks = world.checks(
        resource,
        {
            "alarm_description": alarm.get("AlarmDescription"),
            "namespace": alarm.get("Namespace"),
            "metric_name": alarm.get("MetricName"),
            "dimensions": dimensions,
            "statistic": alarm.get("Statistic"),
            "period": alarm.get("Period"),
            "evaluation_periods": alarm.get("EvaluationPeriods"),
            "comparison_operator": alarm.get("ComparisonOperator"),
            "threshold": alarm.get("Threshold"),
            "treat_missing_data": alarm.get("TreatMissingData", "missing"),
            "actions_enabled": alarm.get("ActionsEnabled", True),
            "alarm_actions": unordered(alarm.get("AlarmActions")),
            "ok_actions": unordered(alarm.get("OKActions")),
            "insufficient_data_actions": unordered(alarm.get("InsufficientDataActions")),
            "alarm_name": alarm["AlarmName"],
            "datapoints_to_alarm": alarm.get("DatapointsToAlarm"),
            "extended_statistic": alarm.get("ExtendedStatistic"),
            "unit": alarm.get("Unit"),
        },
        actions_enabled=True,
        alarm_actions=[],
        ok_actions=[],
        insufficient_data_actions=[],
        dimensions={},
        datapoints_to_alarm=None,
        extended_statistic=None,
        statistic=None,
        unit=None,
    )
    checks += _queries(resource, world, alarm)
    arn = alarm["AlarmArn"]
    tags = world.ask("cloudwatch", "list_tags_for_resource", ResourceARN=arn)["Tags"]
    extras = list(beside(resource.type, alarm))
    return Found({"id": name, "arn": arn}, checks + world.tags(resource, tags), extras)


def _queries(resource: Resource, world: World, alarm: Json) -> list[Compared]:
    """What an alarm on several metrics reads, by ID: their order means nothing."""
    generated: Any = world.value(tuple(resource.blocks("metric_query")))
    if isinstance(generated, Unresolved):
        return [Compared("metric_query", generated, None)]
    found = {each["Id"]: _query(each) for each in alarm.get("Metrics") or ()}
    return compared("metric_query", {each["id"]: each for each in generated}, found)


def _query(held: Json) -> dict[str, Any]:
    """One of the metrics of an alarm on several, or what is made of them."""
    query: dict[str, Any] = {
        "id": held["Id"],
        "expression": held.get("Expression"),
        "label": held.get("Label"),
        "return_data": held.get("ReturnData") or None,
    }
    if held.get("MetricStat"):
        metric: Json = held["MetricStat"]["Metric"]
        query["metric"] = {
            "namespace": metric["Namespace"],
            "metric_name": metric["MetricName"],
            "dimensions": {each["Name"]: each["Value"] for each in metric.get("Dimensions", ())},
            "period": held["MetricStat"]["Period"],
            "stat": held["MetricStat"]["Stat"],
        }
    return {name: value for name, value in query.items() if value is not None}


def _dashboard(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("dashboard_name"))
    dashboard = world.ask("cloudwatch", "get_dashboard", DashboardName=name)
    found = {"dashboard_name": name, "dashboard_body": json.loads(dashboard["DashboardBody"])}
    checks = world.checks(resource, found)
    return Found({"id": name, "dashboard_name": name}, checks)


READERS: Final[Mapping[str, Reader]] = {
    "aws_cloudwatch_dashboard": _dashboard,
    "aws_cloudwatch_metric_alarm": _alarm,
}
