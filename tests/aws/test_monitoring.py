"""The alarms' topic and the dashboard on emulated AWS: switched on in an environment that runs, and off again."""

import json

import pytest

from tests.aws.environment import Environment, changes
from tests.aws.test_verify import Look, differing, look
from tests.terraform.test_monitoring import ADDED

__all__ = ["look"]  # a fixture

pytestmark = pytest.mark.aws

ON = "monitoring: {enabled: true}\nnotifications:\n  email_addresses: [oncall@example.com]\n  webhook: true\n"
URL = "https://events.example.com/integration/0a1b2c3d/enqueue"


def test_switched_on_they_are_added_and_switched_off_they_are_gone(
    dev: Environment, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    overlay = dev.project.overlay("dev").read_text(encoding="utf-8")
    dev.project.write("dev", overlay + ON)
    dev.project.synthesize()
    monkeypatch.setenv("TF_VAR_alarm_webhook_url", URL)
    dev.terraform.init()

    planned = changes(dev.terraform.plan())
    assert {address for address, actions in planned.items() if actions == ["create"]} == ADDED
    assert {actions[0] for address, actions in planned.items() if address not in ADDED} == {"update"}
    assert {address.split(".")[2] for address in planned.keys() - ADDED} == {"aws_cloudwatch_metric_alarm"}
    dev.terraform.apply()
    assert changes(dev.terraform.plan()) == {}

    cloudwatch = dev.aws.client("cloudwatch")
    topic = dev.aws.client("sns").list_topics()["Topics"][0]["TopicArn"]
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix="miyabi-")["MetricAlarms"]
    assert [(each["AlarmActions"], each["OKActions"]) for each in alarms] == [([topic], [topic])] * 8
    body = json.loads(cloudwatch.get_dashboard(DashboardName="miyabi-dashboard-dev")["DashboardBody"])
    shown = [arn for widget in body["widgets"] for arn in widget["properties"].get("alarms", [])]
    assert sorted(shown) == sorted(each["AlarmArn"] for each in alarms)
    assert URL not in json.dumps(body)

    # moto takes an e-mail address for confirmed at once, so nothing differs.
    assert differing(look.verify(dev)) == []
    dev.aws.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="stranger@example.com")
    assert differing(look.verify(dev)) == [
        "+ module.notifications.aws_sns_topic.alarms: subscriber stranger@example.com exists, and nobody generated it"
    ]

    dev.project.write("dev", overlay)
    dev.project.synthesize()
    dev.terraform.init()
    planned = changes(dev.terraform.plan())
    assert {address for address, actions in planned.items() if actions == ["delete"]} == ADDED
    dev.terraform.apply()
    assert changes(dev.terraform.plan()) == {}
