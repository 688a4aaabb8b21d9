"""An environment on an emulated AWS: a project, one of its stacks, the state, and Terraform to work on it."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from miyabi_infra.terraform.cli import Terraform
from tests.aws.emulator import Emulator
from tests.support import Project


@dataclass(frozen=True)
class Environment:
    """One environment of a project whose `cdktf.out` is there; its JSON runs as it is."""

    project: Project
    name: str
    """The environment's name: `dev`."""
    aws: Emulator

    @property
    def stack(self) -> Path:
        """The stack's folder, in which `terraform` runs."""
        return self.project.out / "stacks" / f"miyabi-{self.name}"

    @property
    def state(self) -> Path:
        """The state of a stack with the local backend."""
        return self.project.root / f"environments/{self.name}/terraform.tfstate"

    @property
    def terraform(self) -> Terraform:
        """Terraform in the stack's folder, on the emulated AWS."""
        return Terraform(self.stack, self.aws.variables)

    def copy(self, root: Path, aws: Emulator) -> "Environment":
        """The same at another root, with a copy of the emulated AWS; ready for Terraform."""
        shutil.copytree(self.project.root, root, symlinks=True)
        return Environment(Project(root), self.name, aws)


@dataclass(frozen=True)
class ByHand:
    """An environment that hand-written HCL made: its folder, with the state in it, and the emulated AWS."""

    folder: Path
    aws: Emulator

    @property
    def state(self) -> Path:
        """The state that the HCL left behind."""
        return self.folder / "terraform.tfstate"

    @property
    def terraform(self) -> Terraform:
        """Terraform in the HCL's folder, on the emulated AWS."""
        return Terraform(self.folder, self.aws.variables)


def changes(plan: dict[str, Any]) -> dict[str, list[str]]:
    """What a plan would do, by address: `{"module.ecs.aws_ecs_task_definition.app": ["delete", "create"]}`."""
    found = cast("list[dict[str, Any]]", plan.get("resource_changes", []))
    return {each["address"]: each["change"]["actions"] for each in found if each["change"]["actions"] != ["no-op"]}
