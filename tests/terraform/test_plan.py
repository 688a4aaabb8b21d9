"""Real Terraform with the real provider: every stack is valid, and dev plans what runs today."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from miyabi_infra.terraform.cli import Terraform
from miyabi_infra.terraform.together import plans as plans_of
from miyabi_infra.terraform.together import together, validated
from tests.support import Project, planned_values

pytestmark = pytest.mark.terraform

STACKS = {"miyabi-dev": 48, "miyabi-staging": 52, "miyabi-prod": 59, "miyabi-shared": 9}
"""The stacks, and how many resources each plans."""

IMAGE = "registry.example/miyabi-web-api:9d8e7f6"
QA = """\
state: {backend: local}
networking:
  vpc_cidr: 172.20.0.0/20
  availability_zones: [us-west-2a, us-west-2b, us-west-2c]
  public_subnet_cidrs: [172.20.0.0/26, 172.20.0.64/26, 172.20.0.128/26]
  private_subnet_cidrs: [172.20.4.0/22, 172.20.8.0/22, 172.20.12.0/22]
alb:
  certificate_arn: arn:aws:acm:us-west-2:123456789012:certificate/0a1b2c3d-0000-1111-2222-333344445555
ecs:
  ecr_image_uri: 123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:3f2c1ab
ecs_service:
  enable_service_discovery: true
"""

ASKED_FOR_BY_THE_REPORT = {
    "module.ecs_service.aws_cloudwatch_metric_alarm.service_cpu_high": {"threshold": 70},
    "module.security_groups.aws_security_group.alb": {
        "ingress": [
            {
                "cidr_blocks": ["0.0.0.0/0"],
                "description": "HTTP from internet",
                "from_port": 80,
                "ipv6_cidr_blocks": [],
                "prefix_list_ids": [],
                "protocol": "tcp",
                "security_groups": [],
                "self": False,
                "to_port": 80,
            }
        ]
    },
}
"""Where dev, as the milestone report wants it, differs from what runs today: the CPU alarm at 70 %, and HTTP alone."""


@pytest.fixture(scope="module")
def changed(root: Path, output: Path, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """All stacks; dev with two other lines, dev with another image, and a new environment."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("changed"))
    project.change(
        "dev", ("https_ingress: false", "https_ingress: true"), ("alarm_threshold: 70", "alarm_threshold: 80")
    )
    project.write("qa", QA)
    stacks = {name: output / "stacks" / name for name in STACKS}
    stacks["image"] = stacks["miyabi-dev"]
    stacks["two-lines"] = project.synthesize() / "stacks/miyabi-dev"
    stacks["qa"] = project.out / "stacks/miyabi-qa"
    return together(stacks, project.root / "together", {"image": {"ecr_image_uri": IMAGE}})


@pytest.fixture(scope="module")
def plans(changed: Terraform) -> dict[str, dict[str, Any]]:
    """Plans from nothing, all made in one run of Terraform."""
    return plans_of(changed)


@pytest.fixture(scope="session")
def today(root: Path) -> dict[str, dict[str, Any]]:
    """Every address of dev that runs today, with its configured values as provider 5.100.0 plans them."""
    text = (root / "tests/data/dev-planned-values.json").read_text(encoding="utf-8")
    return cast("dict[str, dict[str, Any]]", json.loads(text))


def differences(
    expected: dict[str, dict[str, Any]], planned: dict[str, dict[str, Any]]
) -> dict[str, dict[str, object]]:
    """What is planned otherwise than expected, by address and argument."""
    found: dict[str, dict[str, object]] = {}
    for address, arguments in expected.items():
        for argument, value in arguments.items():
            if planned[address].get(argument) != value:
                found.setdefault(address, {})[argument] = planned[address].get(argument)
    return found


def test_every_stack_and_a_new_one_is_valid(changed: Terraform) -> None:
    assert validated(changed) == []


def test_every_stack_plans_its_resources(plans: dict[str, dict[str, Any]]) -> None:
    assert {name: len(planned_values(plans[name])) for name in STACKS} == STACKS


def test_dev_has_the_addresses_that_run_today(
    plans: dict[str, dict[str, Any]], today: dict[str, dict[str, Any]]
) -> None:
    assert set(planned_values(plans["miyabi-dev"])) == set(today)


def test_dev_plans_what_runs_today_but_for_what_the_report_asks(
    plans: dict[str, dict[str, Any]], today: dict[str, dict[str, Any]]
) -> None:
    assert differences(today, planned_values(plans["miyabi-dev"])) == ASKED_FOR_BY_THE_REPORT


def test_two_lines_of_the_overlay_bring_back_what_runs_today(
    plans: dict[str, dict[str, Any]], today: dict[str, dict[str, Any]]
) -> None:
    assert differences(today, planned_values(plans["two-lines"])) == {}


def test_prod_is_what_the_report_promises(plans: dict[str, dict[str, Any]]) -> None:
    planned = planned_values(plans["miyabi-prod"])
    target = planned["module.ecs_service.aws_appautoscaling_target.ecs"]
    cache = planned["module.elasticache.aws_elasticache_replication_group.redis"]
    promised = {
        "NAT gateways": sum(address.startswith("module.networking.aws_nat_gateway.main[") for address in planned),
        "tasks": (target["min_capacity"], target["max_capacity"]),
        "deletion protection": planned["module.alb.aws_lb.main"]["enable_deletion_protection"],
        "nodes": (cache["node_type"], cache["num_cache_clusters"], cache["automatic_failover_enabled"]),
        "snapshots": cache["snapshot_retention_limit"],
        "transit encryption": cache["transit_encryption_enabled"],
    }
    assert promised == {
        "NAT gateways": 2,
        "tasks": (4, 8),
        "deletion protection": True,
        "nodes": ("cache.t3.small", 2, True),
        "snapshots": 7,
        "transit encryption": True,
    }


def test_the_registry_keeps_tags_and_the_bucket_keeps_states(plans: dict[str, dict[str, Any]]) -> None:
    planned = planned_values(plans["miyabi-shared"])
    repository = planned["module.registry.aws_ecr_repository.web_api"]
    access = planned["module.state_bucket.aws_s3_bucket_public_access_block.state"]
    versioning = planned["module.state_bucket.aws_s3_bucket_versioning.state"]
    assert (repository["name"], repository["image_tag_mutability"]) == ("miyabi-web-api", "IMMUTABLE")
    assert repository["image_scanning_configuration"] == [{"scan_on_push": True}]
    assert versioning["versioning_configuration"][0]["status"] == "Enabled"
    assert {key: value for key, value in access.items() if key not in {"bucket", "id"}} == {
        "block_public_acls": True,
        "block_public_policy": True,
        "ignore_public_acls": True,
        "restrict_public_buckets": True,
    }


def test_a_new_environment_is_one_new_file(plans: dict[str, dict[str, Any]]) -> None:
    planned = planned_values(plans["qa"])
    assert {
        "module.networking.aws_nat_gateway.main[2]",
        "module.alb.aws_lb_listener.https[0]",
        "module.ecs_service.aws_service_discovery_private_dns_namespace.app[0]",
        "module.ecs_service.aws_service_discovery_service.app[0]",
    } <= set(planned)
    assert len(planned) == 63


def test_the_image_is_rolled_by_a_variable(plans: dict[str, dict[str, Any]]) -> None:
    definitions = planned_values(plans["image"])["module.ecs.aws_ecs_task_definition.app"]["container_definitions"]
    assert json.loads(definitions)[0]["image"] == IMAGE


def test_a_counted_resource_that_is_off_has_no_outputs_but_null(plans: dict[str, dict[str, Any]]) -> None:
    outputs = plans["miyabi-dev"]["output_changes"]
    assert outputs["service_discovery_dns_name"] == {"after": None, "after_unknown": False}
