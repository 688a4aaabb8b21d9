"""State parity on an emulated AWS: what the HCL made, the generated stack takes over without touching it, and back."""

import json
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

from miyabi_infra.terraform.cli import Terraform
from tests.aws.environment import ByHand, Environment, apply, quiet
from tests.support import Project

pytestmark = pytest.mark.aws

AS_IT_RUNS_TODAY: Final = (
    ("https_ingress: false", "https_ingress: true"),
    ("cpu_alarm_threshold: 70", "cpu_alarm_threshold: 80"),
)
"""The two lines in which the committed overlay is not what runs: the milestone report asks for them."""


@pytest.fixture
def hcl(hcl_made: ByHand, root: Path, tmp_path: Path) -> Generator[tuple[Terraform, Environment]]:
    """Dev, applied from the HCL, of the test's own: Terraform in the HCL, and the generated stack over that state."""
    shutil.copytree(hcl_made.folder, tmp_path / "hcl", symlinks=True)
    project = Project.copy_of(root, tmp_path / "project")
    project.change("dev", *AS_IT_RUNS_TODAY)
    project.synthesize()
    with hcl_made.aws.copy() as emulator:
        environment = Environment(project, "dev", emulator)
        environment.state.parent.mkdir()
        shutil.copy(hcl_made.state, environment.state)
        environment.terraform.init()
        yield Terraform(tmp_path / "hcl", emulator.variables), environment


def test_the_generated_stack_takes_over_what_the_hcl_made_and_gives_it_back(
    hcl: tuple[Terraform, Environment],
) -> None:
    by_hand, generated = hcl
    there = json.loads(generated.state.read_text(encoding="utf-8"))
    assert sum(len(each["instances"]) for each in there["resources"]) == 48

    quiet(generated.terraform)
    generated.terraform.apply()

    shutil.copy(generated.state, by_hand.folder / "terraform.tfstate")  # and back
    quiet(by_hand, "-var-file=dev.tfvars")


def test_a_state_that_was_switched_is_destroyed_without_a_rest(hcl: tuple[Terraform, Environment]) -> None:
    _, generated = hcl
    assert generated.aws.holds() != {}
    generated.terraform.destroy()
    assert generated.aws.holds() == {}


def test_a_new_image_changes_the_task_definition_and_the_service_alone(dev: Environment) -> None:
    image = "-var=ecr_image_uri=123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:9d8e7f6"
    assert apply(dev.terraform, image) == {
        "module.ecs.aws_ecs_task_definition.app": "replace",
        "module.ecs_service.aws_ecs_service.app": "update",
    }
    quiet(dev.terraform, image)
    service = dev.aws.client("ecs").describe_services(cluster="miyabi-cluster-dev", services=["miyabi-service-dev"])
    assert service["services"][0]["taskDefinition"].endswith("task-definition/miyabi-app-dev:2")


def test_what_the_autoscaler_did_is_no_difference(dev: Environment) -> None:
    dev.aws.client("ecs").update_service(cluster="miyabi-cluster-dev", service="miyabi-service-dev", desiredCount=4)
    quiet(dev.terraform)


def test_a_nat_gateway_for_each_zone_touches_no_subnet(dev: Environment) -> None:
    dev.project.change("dev", ("single_nat_gateway: true", "single_nat_gateway: false"))
    dev.project.synthesize()
    networking = "module.networking"
    assert apply(dev.terraform) == {
        f"{networking}.aws_eip.nat[1]": "create",
        f"{networking}.aws_nat_gateway.main[1]": "create",
        f"{networking}.aws_route.private_nat_gateway[1]": "create",
        f"{networking}.aws_route_table.private[1]": "create",
        f"{networking}.aws_route_table_association.private[1]": "update",
    }
    quiet(dev.terraform)


def test_a_resource_that_was_renamed_in_a_module_is_moved_and_not_destroyed(dev: Environment) -> None:
    with dev.project.body("dev", "networking") as body:
        text = json.dumps(body).replace("aws_vpc.main", "aws_vpc.network")
        body.update(json.loads(text))
        body["resource"]["aws_vpc"]["network"] = body["resource"]["aws_vpc"].pop("main")
        body["moved"] = [{"from": "aws_vpc.main", "to": "aws_vpc.network"}]
    assert apply(dev.terraform) == {"module.networking.aws_vpc.network": "move"}
    quiet(dev.terraform)
