"""The reference HCL and the generated stack, planned by the real provider: the same values and the same outputs."""

import json
import shutil
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import Phase, given, settings

from miyabi_infra.terraform import offline
from miyabi_infra.terraform.cli import Terraform
from tests.parity.strategies import Environment, environments
from tests.parity.support import AS_THE_HCL_IS, ENVIRONMENTS
from tests.support import Project

pytestmark = pytest.mark.terraform


class Planner:
    """Plans generated stacks one after the other in a folder that is initialized once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._terraform: Terraform | None = None

    def plan(self, stack: Path) -> dict[str, Any]:
        """A plan from nothing of a stack."""
        if self._terraform is None:
            self._terraform = offline.copy(stack, self._folder)
        else:
            shutil.copytree(stack, self._terraform.folder, dirs_exist_ok=True)
        return self._terraform.plan("-refresh=false")


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Planner:
    return Planner(tmp_path_factory.mktemp("planner"))


def planned(plan: dict[str, Any]) -> dict[str, Any]:
    """All that a plan says: of every instance its values, and which are known after apply; of every output likewise."""
    changes = cast("list[dict[str, Any]]", plan["resource_changes"])
    outputs = cast("dict[str, dict[str, Any]]", plan["output_changes"])
    return {
        **{each["address"]: (each["change"]["after"], each["change"]["after_unknown"]) for each in changes},
        **{f"output.{name}": (each.get("after"), each["after_unknown"]) for name, each in outputs.items()},
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_plans_as_its_hcl(
    project: Project, planner: Planner, reference_plans: dict[str, dict[str, Any]], environment: str
) -> None:
    project.change(environment, *AS_THE_HCL_IS[environment])
    stack = project.synthesize() / f"stacks/miyabi-{environment}"
    assert planned(planner.plan(stack)) == planned(reference_plans[environment])


# Shrinking would plan for minutes; what was drawn is in the message anyhow.
@settings(max_examples=4, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(environments())
def test_whatever_the_hcl_can_say_plans_the_same(
    tmp_path_factory: pytest.TempPathFactory, root: Path, planner: Planner, reference: Terraform, drawn: Environment
) -> None:
    folder = tmp_path_factory.mktemp("drawn")
    project = Project.copy_of(root, folder / "project")
    project.write(drawn.name, {"state": {"backend": "local"}, **drawn.overlay})
    generated = planner.plan(project.synthesize() / f"stacks/miyabi-{drawn.name}")

    values = folder / "values.tfvars.json"
    values.write_text(json.dumps(drawn.variables), encoding="utf-8")
    assert planned(generated) == planned(reference.plan("-refresh=false", f"-var-file={values}"))
