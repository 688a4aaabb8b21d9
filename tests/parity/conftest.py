"""What the parity tests share: real plans of the reference HCL, and of the stacks that are to be the same."""

from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.terraform import offline
from miyabi_infra.terraform.cli import Terraform
from tests.parity.support import AS_THE_HCL_IS, ENVIRONMENTS, HCL
from tests.support import Plans, Project, planned_together


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """A copy of the reference HCL that terraform can plan without AWS; initialized."""
    return offline.copy(HCL, tmp_path_factory.mktemp("reference"))


@pytest.fixture(scope="session")
def both_plans(root: Path, tmp_path_factory: pytest.TempPathFactory, shared_plans: Plans) -> dict[str, dict[str, Any]]:
    """Plans from nothing of every environment: `hcl-dev` of the reference HCL, `generated-dev` of the stack, …."""

    def make() -> dict[str, dict[str, Any]]:
        project = Project.copy_of(root, tmp_path_factory.mktemp("as-the-hcl-is") / "project")
        for name in ENVIRONMENTS:
            project.change(name, *AS_THE_HCL_IS[name])
        stacks = project.synthesize() / "stacks"
        return planned_together(
            {f"hcl-{name}": HCL for name in ENVIRONMENTS}
            | {f"generated-{name}": stacks / f"miyabi-{name}" for name in ENVIRONMENTS},
            **{f"hcl-{name}": (HCL / f"{name}.tfvars").read_text(encoding="utf-8") for name in ENVIRONMENTS},
        )

    return shared_plans.once("reference", make)


@pytest.fixture(scope="session")
def hcl() -> Path:
    """The folder of the reference HCL; tests only read it."""
    return HCL
