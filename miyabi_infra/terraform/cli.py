"""The terraform CLI: run in a folder, with the AWS provider from a mirror on this machine where there is one.

Without access to the registry, Terraform installs providers from a file system mirror, a folder with
`registry.terraform.io/hashicorp/aws/<version>/<platform>`. It is looked for in `MIYABI_PROVIDER_MIRROR`, in the folders
that Terraform itself looks at, and below `/opt`. A configuration of your own (`TF_CLI_CONFIG_FILE`) has priority over a
mirror that was found, but not over `MIYABI_PROVIDER_MIRROR`. With neither, `terraform init` downloads as usual.
"""

import atexit
import json
import os
import shutil
import signal
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

PROVIDER: Final = Path("registry.terraform.io", "hashicorp", "aws")
MIRROR_VARIABLE: Final = "MIYABI_PROVIDER_MIRROR"
_SEARCHED: Final = Path("/opt")
_SEARCH_DEPTH: Final = 4
LESS_COLLECTION: Final = ("GOGC", "400")
"""Terraform and the provider, written in Go, keep the schemas of 1,400 types: to collect garbage less often saves a
quarter of a plan's CPU time, for 60 MB."""

_SECONDS_TO_END: Final = 10
"""Seconds that terraform has to end after a signal."""


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
    variables.setdefault(*LESS_COLLECTION)
    configuration = variables.get("TF_CLI_CONFIG_FILE")
    if configuration and Path(configuration).is_file() and not variables.get(MIRROR_VARIABLE):
        return variables
    mirror = provider_mirror()
    if mirror is not None:
        variables["TF_CLI_CONFIG_FILE"] = str(_configuration(mirror))
    else:
        variables.pop("TF_CLI_CONFIG_FILE", None)  # Terraform fails if it names a file that does not exist
    return variables


@cache
def _configuration(mirror: Path) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="miyabi-terraform-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "terraform.rc"
    file.write_text(
        f"provider_installation {{\n  filesystem_mirror {{\n    path = {json.dumps(str(mirror))}\n  }}\n}}\n"
    )
    return file


def _end(process: "subprocess.Popen[str]", *, told: bool) -> None:
    """Let terraform end and clean up; `told` says that it got the Ctrl-C too: a second one makes it skip that."""
    if not told:
        process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()


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
        with subprocess.Popen(  # noqa: S603  # the program is the terraform on the PATH, the arguments are ours
            [program, *arguments],
            cwd=self.folder,
            env={**environment(), **self.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                stdout, stderr = process.communicate()
            except BaseException as reason:
                _end(process, told=isinstance(reason, KeyboardInterrupt))
                raise
        if process.returncode not in accept:
            raise TerraformError(f"terraform {' '.join(arguments)} in {self.folder}:\n{stdout}{stderr}")
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

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
