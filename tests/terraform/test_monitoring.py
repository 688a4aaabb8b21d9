"""Real Terraform and provider: what the topic and the dashboard add to an environment that runs, and change of it."""

from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.terraform import offline
from miyabi_infra.terraform.cli import Terraform, TerraformError
from tests.support import Plans, Project, planned_values

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
def watched(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """dev with both on."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("watched"))
    project.write("dev", project.overlay("dev").read_text(encoding="utf-8") + ON)
    return offline.copy(project.synthesize() / "stacks/miyabi-dev", project.root / "plan")


def planned(terraform: Terraform, url: str | None) -> dict[str, Any]:
    """A plan with the URL where nobody reads it: in the environment."""
    variables = {} if url is None else {"TF_VAR_alarm_webhook_url": url}
    return Terraform(terraform.folder, variables).plan("-refresh=false")


def test_they_add_their_resources_and_change_the_actions_of_alarms_only(
    watched: Terraform, output: Path, shared_plans: Plans
) -> None:
    assert watched.validate() == []
    plan = planned(watched, KEY_OF_THE_WEBHOOK)
    before = planned_values(shared_plans.of(output / "stacks/miyabi-dev"))
    after = planned_values(plan)

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


@pytest.mark.parametrize(
    "url", ["http://events.example.com/key", "https://user:word@events.example.com/", "https://events.example.com/a b"]
)
def test_a_webhook_that_is_no_https_url_is_refused_and_not_shown(watched: Terraform, url: str) -> None:
    with pytest.raises(TerraformError, match="must begin with https:// and hold no user name") as refused:
        planned(watched, url)
    assert url not in str(refused.value)


def test_a_webhook_without_its_url_is_refused(watched: Terraform) -> None:
    with pytest.raises(TerraformError, match="alarm_webhook_url"):
        planned(watched, None)
