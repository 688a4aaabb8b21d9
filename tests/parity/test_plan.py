"""The reference HCL and the generated stack, planned by the real provider: the same values and the same outputs."""

from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import Phase, given, settings

from tests.parity.strategies import Environment, environments
from tests.parity.support import ENVIRONMENTS, HCL
from tests.support import Project, planned_together

pytestmark = pytest.mark.terraform


def planned(plan: dict[str, Any]) -> dict[str, Any]:
    """All that a plan says: of every instance its values, and which are known after apply; of every output likewise."""
    changes = cast("list[dict[str, Any]]", plan["resource_changes"])
    outputs = cast("dict[str, dict[str, Any]]", plan["output_changes"])
    return {
        **{each["address"]: (each["change"]["after"], each["change"]["after_unknown"]) for each in changes},
        **{f"output.{name}": (each.get("after"), each["after_unknown"]) for name, each in outputs.items()},
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_plans_as_its_hcl(both_plans: dict[str, dict[str, Any]], environment: str) -> None:
    assert planned(both_plans[f"generated-{environment}"]) == planned(both_plans[f"hcl-{environment}"])


def drawn(number: int) -> list[Environment]:
    """Environments in both forms."""
    found: list[Environment] = []

    @settings(max_examples=number, database=None, phases=[Phase.generate])
    @given(environments())
    def draw(environment: Environment) -> None:
        found.append(environment)

    draw()
    return found


def test_whatever_the_hcl_can_say_plans_the_same(tmp_path: Path, root: Path) -> None:
    """All environments that are drawn are planned in one run of Terraform."""
    found = drawn(4)
    stacks: dict[str, Path] = {}
    for number, each in enumerate(found):
        project = Project.copy_of(root, tmp_path / f"{number}")
        project.write(each.name, {"state": {"backend": "local"}, **each.overlay})
        stacks[f"generated-{number}"] = project.synthesize() / f"stacks/miyabi-{each.name}"
    variables = {f"hcl-{number}": each.variables for number, each in enumerate(found)}
    plans = planned_together(stacks | dict.fromkeys(variables, HCL), **variables)
    assert len(found) == 4
    for number, each in enumerate(found):
        assert planned(plans[f"generated-{number}"]) == planned(plans[f"hcl-{number}"]), each
