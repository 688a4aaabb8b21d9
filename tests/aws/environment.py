"""An environment on an emulated AWS: a project, one of its stacks, the state, and Terraform to work on it."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from miyabi_infra.terraform.cli import Terraform
from tests.aws.emulator import Emulator
from tests.support import Project

AS_IT_IS: Final = "-refresh=false"
"""Take AWS to be what the state says: where nobody changed anything since, that saves half the time of a web ACL."""


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


def plan(terraform: Terraform, *arguments: str) -> dict[str, str]:
    """What a plan would do, by address, in Terraform's word: `{"module.ecs.aws_ecs_task_definition.app": "replace"}`.

    One command: `Terraform.plan` is two, and each reads the schemas of all types, which takes seconds.
    """
    return planned_changes(events(terraform.run("plan", "-json", *arguments).stdout))


def apply(terraform: Terraform, *arguments: str) -> dict[str, str]:
    """Plan and carry it out; what was planned, as `plan` says it."""
    return planned_changes(events(terraform.run("apply", "-json", "-auto-approve", *arguments).stdout))


def quiet(terraform: Terraform, *arguments: str) -> None:
    """Assert that a plan says "No changes", outputs included."""
    done = terraform.run("plan", "-no-color", "-detailed-exitcode", *arguments, accept=(0, 2))
    assert done.returncode == 0, done.stdout


def events(stream: str) -> list[dict[str, Any]]:
    """What a command with `-json` said, line by line."""
    return cast("list[dict[str, Any]]", [json.loads(line) for line in stream.splitlines() if line.startswith("{")])


def planned_changes(events: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What was planned, by address: `create`, `read`, `update`, `replace`, `delete`, `move`, `import`."""
    planned = [each["change"] for each in events if each["type"] == "planned_change"]
    return {each["resource"]["addr"]: each["action"] for each in planned}
