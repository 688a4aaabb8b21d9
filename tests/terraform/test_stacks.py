"""The typed reading against Terraform itself: the same instances with the same values as in a plan."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from miyabi_infra.stacks import Value, read, unknowns
from miyabi_infra.terraform import offline
from tests.support import Plans, Project

pytestmark = pytest.mark.terraform

EVERYTHING = """\
networking:
  vpc_cidr: 10.9.0.0/16
  availability_zones: [us-west-2a, us-west-2b, us-west-2c]
  public_subnet_cidrs: [10.9.1.0/24, 10.9.2.0/24, 10.9.3.0/24]
  private_subnet_cidrs: [10.9.11.0/24, 10.9.12.0/24, 10.9.13.0/24]
  enable_nat_gateway: false
tags:
  CostCenter: "42"
alb:
  certificate_arn: arn:aws:acm:us-west-2:123456789012:certificate/7f6e5d4c-0000-4000-8000-000000000000
  redirect_http_to_https: true
ecs:
  ecr_image_uri: 123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:1
  cpu_architecture: ARM64
  environment_variables:
    TEXT: 'literal ${HOME} and %{if}, "quoted" and é'
  secrets:
    KEY: arn:aws:secretsmanager:us-west-2:123456789012:secret:miyabi/qa/key
ecs_service:
  enable_service_discovery: true
  managed_elsewhere: []
notifications:
  email_addresses: [a@example.com, b@example.com]
monitoring:
  enabled: true
"""
"""An overlay that turns on what the repository's leave off, with texts that Terraform must not take for templates."""


LEFT_OUT = "module.alb.aws_lb.main.enable_cross_zone_load_balancing: True is planned as None"
"""The one value that the provider leaves out of a plan: an application load balancer can't turn it off."""


def differences(value: Value, planned: object, unknown: object, at: str) -> list[str]:
    """Where a value that was read is not what is planned; what is unknown in the plan must be so for a reference."""
    if unknown is True:
        return [] if any(unknowns(value)) else [f"{at}: {value!r} is not known in the plan"]
    if value is None:
        return []  # the provider plans its default
    if isinstance(planned, str) and isinstance(value, int | float | Mapping | tuple):
        planned = json.loads(planned)  # what jsonencode made, or a number that the provider keeps as text
    if isinstance(value, Mapping):
        if isinstance(planned, list):  # a single block
            planned, unknown = cast("list[object]", planned)[0], _item(unknown, 0)
        held, inner = cast("Mapping[str, object]", planned), _mapping(unknown)
        pairs = [(value[key], held.get(key), inner.get(key), f"{at}.{key}") for key in value]
    elif isinstance(value, tuple):
        items = cast("list[object]", planned)
        if len(items) != len(value):
            return [f"{at}: {len(value)} items, planned {len(items)}"]
        if any(isinstance(each, Mapping) for each in value):
            items = sorted(items, key=_log_type)  # a set of blocks: the plan has it in an order of its own
            value = tuple(sorted(value, key=_log_type))
        pairs = [(each, items[index], _item(unknown, index), f"{at}[{index}]") for index, each in enumerate(value)]
    else:
        return [] if value == planned else [f"{at}: {value!r} is planned as {planned!r}"]
    return [found for pair in pairs for found in differences(*pair)]


def _log_type(block: object) -> str:
    return str(cast("Mapping[str, object]", block).get("log_type", "")) if isinstance(block, Mapping) else ""


def _item(unknown: object, index: int) -> object:
    return cast("list[object]", unknown)[index] if isinstance(unknown, list) and unknown else False


def _mapping(unknown: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", unknown) if isinstance(unknown, dict) else {}


@pytest.fixture(scope="module")
def everything(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's overlays and one more, synthesized."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("everything"))
    project.write("qa", EVERYTHING)
    return project.synthesize()


def test_a_plan_made_with_others_is_that_of_the_stack_alone(
    everything: Path, plans: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    made = plans["qa"]
    alone = offline.copy(everything / "stacks/miyabi-qa", tmp_path).plan("-refresh=false")
    assert len(made["resource_changes"]) > 60
    assert _by_address(made) == _by_address(alone)
    outputs = {
        name: {key: value for key, value in each.items() if key in {"after", "after_unknown"}}
        for name, each in alone["output_changes"].items()
    }
    assert made["output_changes"] == outputs
    assert made["configuration"] == alone["configuration"]


def _by_address(plan: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["address"]: each for each in plan["resource_changes"]}


ENVIRONMENTS = ("dev", "staging", "prod", "shared", "qa")


@pytest.fixture(scope="module")
def plans(everything: Path, shared_plans: Plans) -> dict[str, dict[str, Any]]:
    return shared_plans.of(everything, ENVIRONMENTS)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_stack_is_read_as_terraform_plans_it(
    everything: Path, plans: dict[str, dict[str, Any]], environment: str
) -> None:
    stack = next(stack for stack in read(everything) if stack.environment == environment)
    plan = plans[environment]
    changes: dict[str, Any] = {change["address"]: change["change"] for change in plan["resource_changes"]}

    assert sorted(changes) == sorted(each.address for each in stack.resources)
    wrong = [
        found
        for each in stack.resources
        for found in differences(
            each.arguments, changes[each.address]["after"], changes[each.address]["after_unknown"], each.address
        )
    ]
    assert wrong == ([] if environment == "shared" else [LEFT_OUT])
    outputs = plan["output_changes"]
    assert sorted(outputs) == sorted(stack.outputs)
    assert [
        found
        for name, value in stack.outputs.items()
        for found in differences(value, outputs[name].get("after"), outputs[name]["after_unknown"], name)
    ] == []
