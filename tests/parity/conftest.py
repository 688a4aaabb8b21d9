"""What the parity tests share: real plans of the reference HCL."""

from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.terraform import offline
from miyabi_infra.terraform.cli import Terraform
from tests.parity.support import ENVIRONMENTS, HCL


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """A copy of the reference HCL that terraform can plan without AWS; initialized."""
    return offline.copy(HCL, tmp_path_factory.mktemp("reference"))


@pytest.fixture(scope="session")
def reference_plans(reference: Terraform) -> dict[str, dict[str, Any]]:
    """A plan from nothing of the reference HCL in every environment."""
    return {name: reference.plan("-refresh=false", f"-var-file={name}.tfvars") for name in ENVIRONMENTS}


@pytest.fixture(scope="session")
def hcl() -> Path:
    """The folder of the reference HCL; tests only read it."""
    return HCL
