"""A copy of a root module that Terraform can plan without AWS, without credentials and without its backend."""

import json
import shutil
from pathlib import Path
from typing import Any, Final

from miyabi_infra.terraform.cli import Terraform

PROVIDER: Final = {
    "access_key": "offline",
    "secret_key": "offline",
    "allowed_account_ids": None,  # the provider would ask AWS whose credentials these are
    "skip_credentials_validation": True,
    "skip_metadata_api_check": True,
    "skip_region_validation": True,
    "skip_requesting_account_id": True,
}
"""Arguments with which the AWS provider plans without reaching AWS."""

FILE: Final = "offline_override.tf.json"
"""Terraform merges a file of this name over the others of its folder."""


def override(*, provider: bool = True) -> dict[str, Any]:
    """What is laid over a root module: the state in a file next to it; with `provider`, a provider cut off from AWS."""
    local = {"terraform": {"backend": {"local": {"path": "terraform.tfstate"}}}}
    return {**local, "provider": {"aws": PROVIDER}} if provider else local


def copy(root: Path, folder: Path, variables: dict[str, str] | None = None) -> Terraform:
    """A copy of a root module below `folder`, under the same name, initialized.

    Args:
        root: The root module's folder, such as `cdktf.out/stacks/miyabi-dev`.
        folder: Where the copy is made.
        variables: Further environment variables of each command.

    Raises:
        TerraformError: when terraform is not installed, or `terraform init` fails.
    """
    copied = folder / root.name
    shutil.copytree(root, copied, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    (copied / FILE).write_text(json.dumps(override()), encoding="utf-8")
    terraform = Terraform(copied, variables)
    terraform.init()
    return terraform
