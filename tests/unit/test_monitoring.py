"""The topic that every alarm notifies, the dashboard, the saved queries; and that without them nothing changes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cdktf import App

from environments.settings import EnvironmentSettings
from environments.stack import EnvironmentStack
from miyabi_infra.cost.estimate import estimates
from miyabi_infra.stacks import Reference, Stack, read
from tests.support import Project
from tests.unit.test_refusals import QA

TOPIC = "arn:aws:sns:us-west-2:123456789012:on-call"
ALARMS = {"alb": 2, "elasticache": 3, "ecs_service": 3}
"""Alarms of each module."""


def synthesized(project: Project, added: str = "") -> Stack:
    project.write("qa", QA + added)
    return next(stack for stack in read(project.synthesize("qa")) if stack.environment == "qa")


def actions(stack: Stack) -> list[tuple[str, Any, Any]]:
    """Module of each alarm, and what it notifies when it rings and when it is over."""
    return [
        (each.module, each.get("alarm_actions"), each.get("ok_actions"))
        for each in stack.of_type("aws_cloudwatch_metric_alarm")
    ]


def all_notifying(topic: object) -> list[tuple[str, Any, Any]]:
    return [(module, (topic,), (topic,)) for module in sorted(ALARMS) for _ in range(ALARMS[module])]


def test_without_them_an_environment_is_what_it_was(project: Project) -> None:
    stack = synthesized(project)

    assert [module.name for module in stack.modules if module.name in {"monitoring", "notifications"}] == []
    assert {(rings, over) for _, rings, over in actions(stack)} == {(None, None)}
    assert not {"alarm_topic_arn", "alarm_arns"} & {name for module in stack.modules for name in module.outputs}
    assert not {"alarm_topic_arn", "dashboard_name"} & set(stack.outputs)
    assert list(stack.variables) == ["ecr_image_uri"]


def test_every_alarm_notifies_the_topic_that_is_made(project: Project) -> None:
    stack = synthesized(project, "notifications: {email_addresses: [oncall@example.com]}\n")

    topic = Reference("module.notifications.aws_sns_topic.alarms", "arn")
    assert actions(stack) == all_notifying(topic)
    assert stack.outputs["alarm_topic_arn"] == topic


def test_every_alarm_notifies_a_topic_that_exists_and_none_is_made(project: Project) -> None:
    stack = synthesized(project, f"notifications: {{topic_arn: '{TOPIC}'}}\n")

    assert actions(stack) == all_notifying(TOPIC)
    assert stack.of_type("aws_sns_topic", "aws_sns_topic_subscription") == ()


def test_only_alarms_of_the_topics_account_may_publish(project: Project) -> None:
    stack = synthesized(project, "notifications: {email_addresses: [oncall@example.com]}\n")

    topic = "module.notifications.aws_sns_topic.alarms"
    (attached,) = stack.of_type("aws_sns_topic_policy")
    policy: Any = attached.get("policy")
    assert policy["Statement"] == (
        {
            "Sid": "AlarmsOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": Reference(topic, "arn"),
            "Condition": {"StringEquals": {"aws:SourceAccount": Reference(topic, "owner")}},
        },
    )


def test_each_address_has_its_subscription_and_the_webhook_another(project: Project) -> None:
    added = "notifications: {email_addresses: [a@example.com, b@example.com], webhook: true}\n"
    stack = synthesized(project, added)

    found = [(each.get("protocol"), each.get("endpoint")) for each in stack.of_type("aws_sns_topic_subscription")]
    assert found == [
        ("email", "a@example.com"),
        ("email", "b@example.com"),
        ("https", Reference("var.alarm_webhook_url", "")),
    ]


def test_the_webhooks_url_is_a_sensitive_variable_without_a_default(project: Project) -> None:
    synthesized(project, "notifications: {webhook: true}\n")
    text = (project.out / "stacks/miyabi-qa/cdk.tf.json").read_text(encoding="utf-8")

    variable = json.loads(text)["variable"]["alarm_webhook_url"]
    assert (variable["sensitive"], variable["nullable"], "default" in variable) == (True, False, False)
    assert "validation" not in variable  # its message would show the value


def test_messages_are_encrypted_with_a_key_where_there_is_one(project: Project) -> None:
    key = "arn:aws:kms:us-west-2:123456789012:key/0a1b2c3d-0000-1111-2222-333344445555"
    on = "notifications: {email_addresses: [a@example.com]"
    without = synthesized(project, f"{on}}}\n").of_type("aws_sns_topic")
    with_key = synthesized(project, f"{on}, kms_key_arn: '{key}'}}\n").of_type("aws_sns_topic")

    assert [topic.get("kms_master_key_id") for topic in (*without, *with_key)] == [None, key]


def widgets(stack: Stack) -> dict[str, Mapping[str, Any]]:
    """The widgets of the dashboard, by title."""
    (dashboard,) = stack.of_type("aws_cloudwatch_dashboard")
    body: Any = dashboard.get("dashboard_body")
    return {each["properties"]["title"]: each for each in body["widgets"]}


def lines(stack: Stack, title: str) -> dict[str, float]:
    properties = widgets(stack)[title]["properties"]
    return {line["label"]: line["value"] for line in properties["annotations"]["horizontal"]}


@pytest.fixture
def monitored(project: Project) -> Stack:
    return synthesized(
        project,
        """\
monitoring: {enabled: true, log_status_field: fields.status, slow_request_milliseconds: 350}
alb: {response_time_alarm_threshold: 0.5}
elasticache: {memory_alarm_threshold: 200000000}
ecs_service:
  desired_count: 3
  autoscaling_min_capacity: 3
  autoscaling_max_capacity: 7
  autoscaling_cpu_target: 60
  cpu_alarm_threshold: 75
""",
    )


def test_the_dashboard_draws_alarms_targets_and_the_scaling_range(monitored: Stack) -> None:
    assert {
        title: lines(monitored, title)
        for title in (
            "Response time (s)",
            "CPU of the service (%)",
            "Tasks, and the range of the autoscaler",
            "Free memory of Redis (bytes)",
        )
    } == {
        "Response time (s)": {"alarm (average)": 0.5},
        "CPU of the service (%)": {"alarm": 75, "autoscaling": 60},
        "Tasks, and the range of the autoscaler": {"fewest": 3, "most": 7},
        "Free memory of Redis (bytes)": {"alarm": 200_000_000},
    }


def test_the_dashboard_shows_every_alarm(monitored: Stack) -> None:
    shown = [
        alarm
        for widget in widgets(monitored).values()
        if widget["type"] == "alarm"
        for alarm in widget["properties"]["alarms"]
    ]
    assert sorted(map(str, shown)) == sorted(
        f"${{{alarm.address}.arn}}" for alarm in monitored.of_type("aws_cloudwatch_metric_alarm")
    )


def test_the_dashboard_shows_the_metric_of_every_alarm_with_its_dimensions(monitored: Stack) -> None:
    shown: set[tuple[str, ...]] = set()
    for widget in widgets(monitored).values():
        for namespace, metric, *dimensions, _ in widget["properties"].get("metrics", ()):
            pairs = zip(dimensions[::2], dimensions[1::2], strict=True)
            shown.add((namespace, metric, *(f"{name}={value}" for name, value in sorted(pairs))))
    for alarm in monitored.of_type("aws_cloudwatch_metric_alarm"):
        dimensions: Any = alarm.get("dimensions")
        pairs = (f"{name}={value}" for name, value in sorted(dimensions.items()))
        assert (alarm.get("namespace"), alarm.get("metric_name"), *pairs) in shown


def test_widgets_lie_in_the_grid_and_on_no_other(monitored: Stack) -> None:
    cells: set[tuple[int, int]] = set()
    for widget in widgets(monitored).values():
        own = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert {x for x, _ in own} <= set(range(24))
        assert not own & cells
        cells |= own


def test_the_queries_ask_for_the_fields_of_the_overlay(monitored: Stack) -> None:
    queries: dict[str, Any] = {
        str(each.get("name")): each.get("query_string") for each in monitored.of_type("aws_cloudwatch_query_definition")
    }
    assert sorted(queries) == [
        f"miyabi-logs-qa/{name}"
        for name in (
            "errors",
            "errors-per-minute",
            "lines-per-task",
            "requests-per-minute",
            "server-errors",
            "slow-requests",
        )
    ]
    assert queries["miyabi-logs-qa/slow-requests"].startswith("filter duration_ms > 350\n| ")
    assert queries["miyabi-logs-qa/server-errors"].startswith("filter fields.status >= 500\n| ")


def test_a_field_with_a_hyphen_is_quoted(project: Project) -> None:
    stack = synthesized(project, "monitoring: {enabled: true, log_status_field: http-status}\n")
    queries = [str(each.get("query_string")) for each in stack.of_type("aws_cloudwatch_query_definition")]
    assert [query for query in queries if "http-status" in query.replace("`http-status`", "")] == []
    assert [query for query in queries if "filter `http-status` >= 500" in query] != []


def test_a_dashboard_is_in_the_estimate(project: Project) -> None:
    synthesized(project, "monitoring: {enabled: true}\nnotifications: {email_addresses: [a@example.com]}\n")
    estimate = next(each for each in estimates(project.root, read(project.out)) if each.environment == "qa")

    (line,) = [line for line in estimate.charges if line.item == "dashboard"]
    assert (line.text, line.cost.typical) == ("1 dashboard", 3.0)
    assert estimate.unpriced == ()


def test_what_is_off_is_in_no_committed_file(output: Path) -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in sorted(output.rglob("*.tf.json")))
    assert [word for word in ("alarm_actions", 'aws_sns_topic"', "alarm_arns", "dashboard") if word in text] == []


def test_the_modules_are_called_in_an_order_that_can_be_read(project: Project) -> None:
    project.write("qa", QA + "monitoring: {enabled: true}\nnotifications: {email_addresses: [a@example.com]}\n")
    settings = project.settings("qa")
    assert isinstance(settings, EnvironmentSettings)
    folders = [module.folder for module in EnvironmentStack(App(), settings).modules]
    assert (folders[-1], folders.index("notifications") < folders.index("alb")) == ("monitoring", True)
