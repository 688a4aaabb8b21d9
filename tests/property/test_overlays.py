"""Whatever overlay the model accepts synthesizes at the contract's addresses; whatever it refuses writes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from cdktf import App
from hypothesis import Phase, given, settings

from environments.settings import EnvironmentSettings
from environments.stack import EnvironmentStack
from miyabi_infra.commands.synth import run
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.loading import check
from miyabi_infra.terraform import offline
from tests.strategies import broken_overlays, overlays
from tests.support import Project, instances

NOTIFICATIONS = {
    "aws_sns_topic.alarms",
    "aws_sns_topic_policy.alarms",
    "aws_sns_topic_subscription.email",
    "aws_sns_topic_subscription.webhook",
}
MONITORING = {
    "aws_cloudwatch_dashboard.main",
    "aws_cloudwatch_query_definition.errors",
    "aws_cloudwatch_query_definition.errors_per_minute",
    "aws_cloudwatch_query_definition.lines_per_task",
    "aws_cloudwatch_query_definition.requests_per_minute",
    "aws_cloudwatch_query_definition.server_errors",
    "aws_cloudwatch_query_definition.slow_requests",
}
"""Addresses of the two modules that are called only where an overlay asks for them."""


GROUP_ONLY = {
    "aws_cloudwatch_log_group.engine_log",
    "aws_cloudwatch_log_group.slow_log",
    "aws_cloudwatch_metric_alarm.redis_replication_lag",
    "aws_elasticache_replication_group.redis",
    "aws_secretsmanager_secret.redis",
    "aws_secretsmanager_secret_version.redis",
}
"""Addresses of elasticache that exist only with a replication group."""


FRONTEND = {
    "aws_cloudfront_distribution.site",
    "aws_cloudfront_function.routes",
    "aws_cloudfront_origin_access_control.site",
    "aws_cloudfront_response_headers_policy.api",
    "aws_cloudfront_response_headers_policy.site",
    "aws_cloudwatch_metric_alarm.errors",
    "aws_s3_bucket.logs",
    "aws_s3_bucket.site",
    "aws_s3_bucket_lifecycle_configuration.logs",
    "aws_s3_bucket_lifecycle_configuration.site",
    "aws_s3_bucket_ownership_controls.logs",
    "aws_s3_bucket_ownership_controls.site",
    "aws_s3_bucket_policy.logs",
    "aws_s3_bucket_policy.site",
    "aws_s3_bucket_public_access_block.logs",
    "aws_s3_bucket_public_access_block.site",
    "aws_s3_bucket_server_side_encryption_configuration.logs",
    "aws_s3_bucket_server_side_encryption_configuration.site",
    "aws_s3_bucket_versioning.site",
}
LISTENER_RULES = {"aws_lb_listener_rule.http_from_cloudfront", "aws_lb_listener_rule.https_from_cloudfront"}
"""Addresses of alb that exist only where CloudFront has a secret."""


DATABASE = {
    "aws_cloudwatch_metric_alarm.database_connections",
    "aws_cloudwatch_metric_alarm.database_cpu",
    "aws_cloudwatch_metric_alarm.database_memory",
    "aws_cloudwatch_metric_alarm.database_read_latency",
    "aws_cloudwatch_metric_alarm.database_storage",
    "aws_cloudwatch_metric_alarm.database_write_latency",
    "aws_db_instance.main",
    "aws_db_parameter_group.main",
    "aws_db_subnet_group.main",
}
"""Addresses of rds, which is called only where an overlay enables it."""

ADDED = {
    "aws_appautoscaling_scheduled_action.begin",
    "aws_appautoscaling_scheduled_action.end",
    "aws_cloudwatch_log_group.postgresql",
    "aws_cloudwatch_log_group.upgrade",
    "aws_ecs_task_definition.migration",
    "aws_iam_role.monitoring",
    "aws_iam_role_policy_attachment.monitoring",
    "aws_secretsmanager_secret.application",
}
"""Addresses that a setting adds: running hours, logs and monitoring of the database, its secret, migrations."""


def accepted(overlay: dict[str, Any]) -> EnvironmentSettings:
    found, problems = check(Document(Path("qa.yaml"), {"project": "miyabi", **overlay}), "qa", EnvironmentSettings)
    assert problems == []
    assert isinstance(found, EnvironmentSettings)
    return found


@pytest.fixture(scope="session")
def contract(output: Path) -> dict[str, set[str]]:
    """The addresses of every module, without counts, as staging has them."""
    modules = (output / "stacks/miyabi-staging/modules").glob("*/main.tf.json")
    return {file.parent.name: set(instances(json.loads(file.read_text(encoding="utf-8")))) for file in modules}


@pytest.fixture
def alone(project: Project) -> Project:
    """A project whose only environment is the one that a test writes: what it refuses does not depend on others."""
    for name in ("dev", "staging", "prod", "shared"):
        project.overlay(name).unlink()
    return project


@settings(max_examples=25)
@given(overlays())
def test_an_accepted_overlay_keeps_every_address_and_the_text_of_variables(
    contract: dict[str, set[str]], overlay: dict[str, Any]
) -> None:
    settings = accepted(overlay)
    expected = dict(contract)
    if settings.notifications.makes_topic:
        expected["notifications"] = NOTIFICATIONS
    if settings.monitoring.enabled:
        expected["monitoring"] = MONITORING
    if settings.frontend.enabled:
        kept = bool(settings.frontend.access_log_days)
        expected["frontend"] = {each for each in FRONTEND if kept or not each.endswith(".logs")}
        if settings.frontend.origin_secret:
            expected["alb"] = expected["alb"] | LISTENER_RULES
    bodies = {module.folder: module.rendered() for module in EnvironmentStack(App(), settings).modules}
    found = {folder: set(instances(body)) for folder, body in bodies.items()}
    if settings.rds.enabled:
        expected["rds"] = DATABASE
    expected = {folder: labels | (found.get(folder, set()) & ADDED) for folder, labels in expected.items()}
    cache = settings.elasticache
    assert ("aws_elasticache_replication_group.redis" in found["elasticache"]) is cache.has_group
    assert found["elasticache"] & GROUP_ONLY <= (GROUP_ONLY if cache.has_group else set())
    gone: set[str] = set() if cache.has_node else {"aws_elasticache_cluster.redis"}
    assert found.pop("elasticache") - GROUP_ONLY == expected.pop("elasticache") - gone
    assert found == expected

    variables = bodies["ecs"]["locals"]["container_definitions"][0]["environment"]
    shown = {each["name"]: each["value"].replace("$${", "${").replace("%%{", "%{") for each in variables}
    shown.pop(overlay["elasticache"]["url_variable"], None)  # its value is a reference
    of_database = f"{settings.rds.variable_prefix}_"
    mine = {name: value for name, value in shown.items() if not name.startswith(of_database)}
    assert mine == overlay["ecs"]["environment_variables"]


@pytest.mark.slow
@settings(max_examples=100)
@given(broken_overlays())
def test_a_refused_overlay_writes_nothing(alone: Project, overlay: dict[str, Any]) -> None:
    file = alone.write("qa", overlay)
    refused = alone.problems()
    if not refused:  # a value that the setting takes after all, such as text for a path
        return
    assert {problem.place.file.name for problem in refused} == {file.name}
    assert run(alone.root, alone.out, write=True) == 2
    assert not alone.out.exists()


@pytest.mark.terraform
@settings(max_examples=4, phases=[Phase.explicit, Phase.reuse, Phase.generate])  # shrinking would plan for minutes
@given(overlays())
def test_terraform_and_the_provider_accept_it(
    tmp_path_factory: pytest.TempPathFactory, root: Path, overlay: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("accepted")
    project = Project.copy_of(root, folder)
    project.write("qa", overlay)
    stack = project.synthesize() / "stacks/miyabi-qa"
    assert offline.copy(stack, folder / "plan").validate() == []
