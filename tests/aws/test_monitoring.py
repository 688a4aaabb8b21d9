"""All that an environment can have and dev has not, on emulated AWS: switched on where dev runs, and off again."""

import json

import pytest

from tests.aws.environment import Environment, apply, plan, quiet
from tests.aws.test_verify import Look, differing, look
from tests.terraform.test_monitoring import ADDED

__all__ = ["look"]  # a fixture

pytestmark = pytest.mark.aws

ON = """\
monitoring: {enabled: true}
notifications:
  email_addresses: [oncall@example.com]
  webhook: true
alb:
  certificate_arn: CERTIFICATE
  redirect_http_to_https: true
"""
ADDED_BESIDE = {
    "module.alb.aws_lb_listener.https[0]",
    "module.ecs_service.aws_service_discovery_private_dns_namespace.app[0]",
    "module.ecs_service.aws_service_discovery_service.app[0]",
}
URL = "https://events.example.com/integration/0a1b2c3d/enqueue"


def test_what_is_switched_on_is_added_notified_verified_and_goes_again(
    dev: Environment, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dev.project.overlay("dev").read_text(encoding="utf-8")
    dev.project.change(
        "dev",
        ("https_ingress: false", "https_ingress: true"),
        ("ecs_service:\n", "ecs_service:\n  enable_service_discovery: true\n"),
    )
    certificate = dev.aws.certificate("api.example.com")
    overlay = dev.project.overlay("dev").read_text(encoding="utf-8")
    dev.project.write("dev", overlay + ON.replace("CERTIFICATE", certificate))
    dev.project.synthesize()
    monkeypatch.setenv("TF_VAR_alarm_webhook_url", URL)
    dev.terraform.init()

    changes = apply(dev.terraform)
    assert {address for address, action in changes.items() if action == "create"} == ADDED | ADDED_BESIDE
    updated = {address for address, action in changes.items() if action == "update"}
    assert changes.keys() - updated == ADDED | ADDED_BESIDE
    assert {address.split(".", 2)[2] for address in updated if "_alarm." not in address} == {
        "aws_ecs_service.app",
        "aws_lb_listener.http",
        "aws_security_group.alb",
    }
    quiet(dev.terraform)

    cloudwatch = dev.aws.client("cloudwatch")
    topic = dev.aws.client("sns").list_topics()["Topics"][0]["TopicArn"]
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix="miyabi-")["MetricAlarms"]
    assert [(each["AlarmActions"], each["OKActions"]) for each in alarms] == [([topic], [topic])] * 8
    body = json.loads(cloudwatch.get_dashboard(DashboardName="miyabi-dashboard-dev")["DashboardBody"])
    shown = [arn for widget in body["widgets"] for arn in widget["properties"].get("alarms", [])]
    assert sorted(shown) == sorted(each["AlarmArn"] for each in alarms)

    # moto takes an e-mail address for confirmed at once; AWS does not, and verify would say so.
    verification = look.verify(dev)
    assert differing(verification) == []
    assert {each.state for each in verification.resources} == {"same"}
    dev.aws.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="stranger@example.com")
    cloudwatch.put_dashboard(DashboardName="miyabi-dashboard-dev", DashboardBody='{"widgets": []}')
    *widgets, stranger = [line.partition(":")[0] for line in differing(look.verify(dev))]
    dashboard = "~ module.monitoring.aws_cloudwatch_dashboard.main dashboard_body.widgets"
    assert sorted(widgets) == sorted(f"{dashboard}[{index}]" for index in range(len(body["widgets"])))
    assert stranger == "+ module.notifications.aws_sns_topic.alarms"

    dev.project.write("dev", before)
    dev.project.synthesize()
    dev.terraform.init()
    changes = plan(dev.terraform)
    assert {address for address, action in changes.items() if action == "delete"} == ADDED | ADDED_BESIDE
