"""CloudWatch: alarms and dashboards."""

import json
from collections.abc import Mapping
from typing import Final

from miyabi_infra.aws.world import Found, Reader, World, unordered
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
            "metric_query": alarm.get("Metrics") or [],
            "unit": alarm.get("Unit"),
        },
        actions_enabled=True,
        alarm_actions=[],
        ok_actions=[],
        insufficient_data_actions=[],
        dimensions={},
        datapoints_to_alarm=None,
        extended_statistic=None,
        metric_query=[],
        statistic=None,
        unit=None,
    )
    arn = alarm["AlarmArn"]
    tags = world.ask("cloudwatch", "list_tags_for_resource", ResourceARN=arn)["Tags"]
    return Found({"id": name, "arn": arn}, checks + world.tags(resource, tags))


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
