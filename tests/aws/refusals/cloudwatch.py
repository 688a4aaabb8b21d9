"""CloudWatch: alarms and dashboards."""

import json
from collections.abc import Iterator
from typing import Any, Final

from tests.aws.refusals import Ask, nothing_more, refusal

API: Final = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_{}.html"
DASHBOARD: Final = (
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html"
)

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WIDTH: Final = 24
WIDGETS: Final = 500
METRICS: Final = 500


@refusal("cloudwatch", "PutMetricAlarm", code="ValidationError", source=API.format("PutMetricAlarm"))
def period_of_an_alarm(ask: Ask) -> str | None:
    """The period is not 10, 20 or 30 seconds, or a multiple of 60."""
    period = ask.get("Period")
    if period is None or period in {10, 20, 30} or period % MINUTE == 0:
        return None
    return "Period must be 10, 20, 30 or a multiple of 60"


@refusal("cloudwatch", "PutMetricAlarm", code="ValidationError", source=API.format("PutMetricAlarm"))
def alarm_over_more_than_a_day(ask: Ask) -> str | None:
    """Periods times their number are more than a day; with periods of an hour or more, than seven days."""
    period, number = ask.get("Period"), ask.get("EvaluationPeriods")
    if period is None or number is None:
        return None
    if period < HOUR and period * number > DAY:
        return (
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400) "
            "when the period is less than an hour."
        )
    return "Metrics cannot be checked across more than 7 days." if period * number > 7 * DAY else None


@refusal("cloudwatch", "PutMetricAlarm", code="ValidationError", source=API.format("PutMetricAlarm"))
def more_datapoints_than_periods(ask: Ask) -> str | None:
    """More data points must breach than there are periods."""
    more = ask.get("DatapointsToAlarm", 0) > ask.get("EvaluationPeriods", 0)
    return "DatapointsToAlarm must be less than or equal to EvaluationPeriods." if more else None


@refusal("cloudwatch", "PutMetricAlarm", code="ValidationError", source=API.format("PutMetricAlarm"))
def alarm_without_metric(ask: Ask) -> str | None:
    """An alarm has neither a metric with namespace, period and statistic, nor a list of metrics."""
    if ask.all("Metrics") or ask.get("EvaluationCriteria"):
        return None
    if not ask.get("MetricName") or not ask.get("Namespace"):
        return "MetricName and Namespace must be specified if Metrics is not."
    if ask.get("Period") is None:
        return "Period must be specified if Metrics is not."
    both = bool(ask.get("Statistic")) == bool(ask.get("ExtendedStatistic"))
    return "Exactly one of Statistic and ExtendedStatistic must be specified" if both else None


@refusal("cloudwatch", "PutMetricAlarm", code="ValidationError", source=API.format("PutMetricAlarm"))
def actions_of_another_region(ask: Ask) -> str | None:
    """An action is no ARN, or is a topic of another region."""
    for kind in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        for arn in ask.all(kind):
            parts = str(arn).split(":")
            if len(parts) < 6 or parts[0] != "arn":
                return f"Invalid arn syntax: {arn}"
            if parts[2] == "sns" and parts[3] != ask.region:
                return f"Invalid region {parts[3]} specified. Only {ask.region} is supported."
    return None


@refusal("cloudwatch", "PutMetricAlarm", code="ValidationError", source=API.format("PutMetricAlarm"))
def treatment_of_missing_data(ask: Ask) -> str | None:
    """Missing data are treated as something else than breaching, notBreaching, ignore or missing."""
    value = ask.get("TreatMissingData")
    if value is None or value in {"breaching", "notBreaching", "ignore", "missing"}:
        return None
    return (
        f"Option {value} is not supported. Supported options for parameter TreatMissingData are breaching, "
        "notBreaching, ignore and missing."
    )


@refusal("cloudwatch", "PutDashboard", code="InvalidParameterInput", source=f"{API.format('PutDashboard')} {DASHBOARD}")
def dashboard_that_is_not_valid(ask: Ask) -> str | None:
    """The body of a dashboard is not JSON, or a widget has no type, leaves the grid or lacks a property."""
    try:
        body = json.loads(ask.get("DashboardBody", ""))
    except ValueError:
        return "The field DashboardBody must be a valid JSON object"
    found = list(_wrong(body))
    if not found:
        return None
    return f"The dashboard body is invalid, there are {len(found)} validation errors: {json.dumps(found)}"


def _wrong(body: dict[str, Any]) -> Iterator[dict[str, str]]:
    widgets: list[dict[str, Any]] = body.get("widgets", [])
    if len(widgets) > WIDGETS:
        yield {"dataPath": "/widgets", "message": f"should NOT have more than {WIDGETS} items"}
    for index, widget in enumerate(widgets):
        path, properties = f"/widgets/{index}", widget.get("properties", {})
        if widget.get("type") not in {"metric", "text", "log", "alarm", "explorer", "custom"}:
            yield {"dataPath": f"{path}/type", "message": "should be one of the types of widgets"}
        if widget.get("x", 0) + widget.get("width", 6) > WIDTH:
            yield {"dataPath": f"{path}/width", "message": f"x and width should be at most {WIDTH}"}
        if widget.get("type") == "metric" and not (properties.get("metrics") or properties.get("annotations")):
            yield {"dataPath": f"{path}/properties", "message": "should have required property 'metrics'"}
        if widget.get("type") in {"metric", "log"} and "region" not in properties:
            yield {"dataPath": f"{path}/properties", "message": "should have required property 'region'"}
        if len(properties.get("metrics", ())) > METRICS:
            yield {"dataPath": f"{path}/properties/metrics", "message": f"should NOT have more than {METRICS} items"}
        if widget.get("type") == "alarm" and not properties.get("alarms"):
            yield {"dataPath": f"{path}/properties", "message": "should have required property 'alarms'"}
        if widget.get("type") == "text" and "markdown" not in properties:
            yield {"dataPath": f"{path}/properties", "message": "should have required property 'markdown'"}


nothing_more(
    "cloudwatch",
    DeleteAlarms="an alarm that does not exist is no error",
    DeleteDashboards="moto refuses one that is not there",
    PutMetricData="nothing beyond the model",
    TagResource="nothing beyond the model",
    UntagResource="AWS accepts keys that are not there",
)
