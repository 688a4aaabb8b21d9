"""The terraform CLI: run in a folder, with the AWS provider from a mirror on this machine where there is one.

Where the registry can't be reached, Terraform takes providers from a file system mirror, a folder that holds
`registry.terraform.io/hashicorp/aws/<version>/<platform>`. It is looked for in `MIYABI_PROVIDER_MIRROR`, in the folders
that Terraform itself looks at, and below `/opt`. With none, `terraform init` downloads as usual.
"""

import json
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

PROVIDER: Final = Path("registry.terraform.io", "hashicorp", "aws")
MIRROR_VARIABLE: Final = "MIYABI_PROVIDER_MIRROR"
_SEARCHED: Final = Path("/opt")
_SEARCH_DEPTH: Final = 4


class TerraformError(Exception):
    """A terraform command that failed; the text is what it said."""


@cache
def executable() -> str | None:
    """The terraform CLI on the PATH, None without one."""
    return shutil.which("terraform")


@cache
def provider_mirror() -> Path | None:
    """The folder of a file system mirror that holds the AWS provider, None without one."""
    named = os.environ.get(MIRROR_VARIABLE)
    if named:
        return Path(named)
    data_home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    implied = (
        Path.home() / ".terraform.d/plugins",
        data_home / "terraform/plugins",
        Path("/usr/local/share/terraform/plugins"),
        Path("/usr/share/terraform/plugins"),
    )
    for folder in implied:
        if (folder / PROVIDER).is_dir():
            return folder
    level = [_SEARCHED]
    for _ in range(_SEARCH_DEPTH):
        for folder in level:
            if (folder / PROVIDER).is_dir():
                return folder
        level = [below for folder in level for below in sorted(folder.glob("*/"))]
    return None


def environment() -> dict[str, str]:
    """The environment of a terraform command: no prompts, no look for newer versions, the mirror if there is one."""
    variables = {**os.environ, "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
    configuration = variables.get("TF_CLI_CONFIG_FILE")
    mirror = provider_mirror()
    if mirror is not None:
        variables["TF_CLI_CONFIG_FILE"] = str(_configuration(mirror))
    elif configuration and not Path(configuration).is_file():
        del variables["TF_CLI_CONFIG_FILE"]
    return variables


@cache
def _configuration(mirror: Path) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="miyabi-terraform-"))
    file = folder / "terraform.rc"
    file.write_text(
        f"provider_installation {{\n  filesystem_mirror {{\n    path = {json.dumps(str(mirror))}\n  }}\n}}\n"
    )
    return file


class Terraform:
    """The terraform CLI in one folder."""

    def __init__(self, folder: Path, variables: dict[str, str] | None = None) -> None:
        """`variables`: further environment variables of every command, such as credentials."""
        self.folder = folder
        self.variables = variables or {}

    def run(self, *arguments: str, accept: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        """Run a command to its end.

        Raises:
            TerraformError: when terraform is not installed, or its exit code is none of `accept`.
        """
        program = executable()
        if program is None:
            raise TerraformError("terraform is not on the PATH")
        done = subprocess.run(  # noqa: S603  # the program is the terraform on the PATH, the arguments are ours
            [program, *arguments],
            cwd=self.folder,
            env={**environment(), **self.variables},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in accept:
            raise TerraformError(f"terraform {' '.join(arguments)} in {self.folder}:\n{done.stdout}{done.stderr}")
        return done

    def init(self) -> None:
        """Prepare the folder: backend and provider."""
        self.run("init", "-no-color", "-reconfigure")

    def apply(self, *arguments: str) -> None:
        """Plan and carry it out, without asking."""
        self.run("apply", "-no-color", "-auto-approve", *arguments)

    def destroy(self, *arguments: str) -> None:
        """Destroy all that the state holds, without asking."""
        self.run("destroy", "-no-color", "-auto-approve", *arguments)

    def validate(self) -> list[dict[str, Any]]:
        """What terraform and the provider object to, warnings too."""
        done = self.run("validate", "-json", accept=(0, 1))
        return cast("list[dict[str, Any]]", json.loads(done.stdout)["diagnostics"])

    def plan(self, *arguments: str) -> dict[str, Any]:
        """Plan, and return the plan as JSON (`terraform show -json`)."""
        with tempfile.TemporaryDirectory(prefix="miyabi-plan-") as folder:
            file = str(Path(folder, "plan"))
            self.run("plan", "-no-color", f"-out={file}", *arguments)
            return cast("dict[str, Any]", json.loads(self.run("show", "-json", file).stdout))
