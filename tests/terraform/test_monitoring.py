"""Real Terraform and provider: what the topic and the dashboard add to an environment that runs, and change of it."""

import json
import re
from pathlib import Path

import pytest

from miyabi_infra.terraform import offline
from miyabi_infra.terraform.cli import Terraform, TerraformError
from miyabi_infra.terraform.together import plans, together, validated
from tests.support import Project, planned_values

pytestmark = pytest.mark.terraform

ON = "monitoring: {enabled: true}\nnotifications:\n  email_addresses: [oncall@example.com]\n  webhook: true\n"
KEY_OF_THE_WEBHOOK = "https://events.example.com/integration/0a1b2c3d/enqueue"
ADDED = {
    "module.monitoring.aws_cloudwatch_dashboard.main",
    "module.monitoring.aws_cloudwatch_query_definition.errors",
    "module.monitoring.aws_cloudwatch_query_definition.errors_per_minute",
    "module.monitoring.aws_cloudwatch_query_definition.lines_per_task",
    "module.monitoring.aws_cloudwatch_query_definition.requests_per_minute",
    "module.monitoring.aws_cloudwatch_query_definition.server_errors",
    "module.monitoring.aws_cloudwatch_query_definition.slow_requests",
    "module.notifications.aws_sns_topic.alarms",
    "module.notifications.aws_sns_topic_policy.alarms",
    "module.notifications.aws_sns_topic_subscription.email[0]",
    "module.notifications.aws_sns_topic_subscription.webhook[0]",
}


@pytest.fixture(scope="module")
def watched(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dev with both on."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("watched"))
    project.write("dev", project.overlay("dev").read_text(encoding="utf-8") + ON)
    return project.synthesize() / "stacks/miyabi-dev"


def test_they_add_their_resources_and_change_the_actions_of_alarms_only(
    watched: Path, output: Path, tmp_path: Path
) -> None:
    stacks = {"before": output / "stacks/miyabi-dev", "after": watched}
    terraform = together(stacks, tmp_path, {"after": {"alarm_webhook_url": KEY_OF_THE_WEBHOOK}})
    assert validated(terraform) == []
    made = plans(terraform)
    plan = made["after"]
    before, after = planned_values(made["before"]), planned_values(plan)

    assert after.keys() - before.keys() == ADDED
    assert before.keys() <= after.keys()
    changed = {
        (address.split(".")[2], argument)
        for address, values in before.items()
        for argument in values.keys() | after[address].keys()
        if values.get(argument, ...) != after[address].get(argument, ...)
    }
    # The topic's ARN is known after apply, so the plan leaves the two arguments out.
    assert changed == {("aws_cloudwatch_metric_alarm", argument) for argument in ("alarm_actions", "ok_actions")}
    (webhook,) = [each for each in plan["resource_changes"] if each["address"].endswith("subscription.webhook[0]")]
    assert webhook["change"]["after_sensitive"]["endpoint"] is True


URLS = {
    "without-tls": "http://events.example.com/key",
    "with-a-user": "https://user:word@events.example.com/",
    "with-a-space": "https://events.example.com/a b",
}


def test_a_webhook_that_is_no_https_url_is_refused_and_not_shown(watched: Path, tmp_path: Path) -> None:
    """The URLs are where nobody reads them, in the environment. The root that hands them on does not hide them."""
    given = {name: f"  alarm_webhook_url = var.{name}" for name in URLS}
    terraform = together(dict.fromkeys(URLS, watched), tmp_path, given)
    (tmp_path / "variables.tf.json").write_text(json.dumps({"variable": {name: {} for name in URLS}}), encoding="utf-8")
    environment = {f"TF_VAR_{name}": url for name, url in URLS.items()}
    with pytest.raises(TerraformError) as refused:
        plans(Terraform(terraform.folder, environment))
    said = str(refused.value)
    assert sorted(re.findall(r"on ([\w-]+)/modules/notifications/", said)) == sorted(URLS)
    assert said.count("must begin with https:// and hold no user name") == len(URLS)
    assert [url for url in URLS.values() if url in said] == []


def test_a_webhook_without_its_url_is_refused(watched: Path, tmp_path: Path) -> None:
    with pytest.raises(TerraformError, match="alarm_webhook_url"):
        offline.copy(watched, tmp_path).plan("-refresh=false")
