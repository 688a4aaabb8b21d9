"""A copy of a root module that Terraform can plan without AWS, without credentials and without its backend."""

import json
import shutil
from collections.abc import Sequence
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

ROOT: Final = "cdk.tf.json"
FILE: Final = "offline_override.tf.json"
"""Terraform merges a file of this name over the others of its folder."""


def override(*, provider: bool = True, aliases: Sequence[str] = ()) -> dict[str, Any]:
    """What is laid over a root module: the state in a file next to it; with `provider`, a provider cut off from AWS.

    `aliases`: those of the other configurations of the provider, which are cut off as well.
    """
    local = {"terraform": {"backend": {"local": {"path": "terraform.tfstate"}}}}
    providers = [PROVIDER, *({"alias": each, **PROVIDER} for each in aliases)]
    return {**local, "provider": {"aws": providers}} if provider else local


def aliases(root: Path) -> list[str]:
    """The aliases of the AWS provider in a generated root module; none in one of HCL."""
    if not (root / ROOT).is_file():
        return []
    providers: list[dict[str, Any]] = json.loads((root / ROOT).read_text(encoding="utf-8"))["provider"]["aws"]
    return [each["alias"] for each in providers if "alias" in each]


def copy(root: Path, folder: Path, variables: dict[str, str] | None = None) -> Terraform:
    """A copy of a root module below `folder`, under the same name, initialized.

    Args:
        root: The root module's folder, such as `cdktf.out/stacks/miyabi-dev`.
        folder: Where the copy is made.
        variables: Further environment variables of each command.

    Raises:
        TerraformError: when terraform is not installed, or `terraform init` fails.
    """
    terraform = Terraform(laid(root, folder / root.name), variables)
    terraform.init()
    return terraform


def laid(root: Path, copied: Path) -> Path:
    """A copy of a root module as the folder `copied`, cut off from AWS; not initialized."""
    shutil.copytree(root, copied, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    (copied / FILE).write_text(json.dumps(override(aliases=aliases(copied))), encoding="utf-8")
    return copied
