"""The plan of a stack over a copy of a state. Nothing of it touches the state, its lock or the user's `.terraform`."""

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Stack
from miyabi_infra.terraform import offline
from miyabi_infra.terraform.cli import Terraform, TerraformError

_OWN: Final = {"TF_DATA_DIR": "", "TF_WORKSPACE": "", "TF_CLI_ARGS": "", "TF_CLI_ARGS_init": "", "TF_CLI_ARGS_plan": ""}
"""Variables of the user that would make Terraform leave the copy."""

_MOVES: Final = "moves.tf.json"

IMPORTS: Final = "imports.tf.json"
"""The file of the `import` blocks."""

Move = tuple[str, str]
"""An address of the state, and the address that the stack has for it."""


class Workspace:
    """A folder with a copy of a stack and a copy of a state."""

    def __init__(self, folder: Path, state: str, *, refresh: bool, imports: Mapping[str, str] | None = None) -> None:
        """A workspace that plans over a state.

        Args:
            folder: Where the copies are made.
            state: The text of the state.
            refresh: Ask AWS what runs, with the user's credentials; else the state is believed.
            imports: Import ids by address, of what is not in the state.
        """
        self._folder = folder
        self._refresh = refresh
        self._imports = imports or {}
        temporary = folder / "t"  # a short name: sockets of plugins are in it
        temporary.mkdir(parents=True)
        self._terraform = Terraform(folder, {**_OWN, "TMPDIR": str(temporary)})
        self._modules: set[str] = set()
        (folder / "terraform.tfstate").write_text(state, encoding="utf-8")

    def plan(self, folder: Path, stack: Stack, moves: Sequence[Move] = ()) -> dict[str, Any]:
        """Plan a stack, whose output is in `folder`, over the state; the plan as `terraform show -json` has it.

        Raises:
            Refused: with what Terraform said, when it cannot plan.
        """
        self._put(folder, stack, moves)
        arguments = ["-lock=false", *([] if self._refresh else ["-refresh=false"])]
        try:
            return self._terraform.plan(*arguments)
        except TerraformError as error:
            problem = f"Terraform cannot plan {stack.name} over this state:\n{said(error)}"
            raise Refused("\n".join((problem, *remedies(str(error))))) from error

    def _put(self, folder: Path, stack: Stack, moves: Sequence[Move]) -> None:
        shutil.rmtree(self._folder / "modules", ignore_errors=True)
        shutil.copytree(folder / "modules", self._folder / "modules")
        shutil.copy(folder / "cdk.tf.json", self._folder)
        override = offline.override(provider=not self._refresh, aliases=offline.aliases(folder))
        (self._folder / offline.FILE).write_text(json.dumps(override), encoding="utf-8")
        declared = {"moved": [{"from": old, "to": new} for old, new in moves]} if moves else {}
        (self._folder / _MOVES).write_text(json.dumps(declared), encoding="utf-8")
        there = {address: each for address, each in self._imports.items() if stack.find(address)}
        (self._folder / IMPORTS).write_text(import_blocks(there), encoding="utf-8")
        modules = {each.name for each in (folder / "modules").iterdir()}
        if modules != self._modules:
            try:
                self._terraform.init()
            except TerraformError as error:
                raise Refused(f"terraform init failed on a copy of {stack.name}:\n{said(error)}") from error
            self._modules = modules


def remedies(error: str) -> list[str]:
    """What to do about resources of types that the provider does not have: Terraform calls them a bug of its own."""
    named = dict.fromkeys(re.findall(r"no schema available for (\S+) while reading state", error))
    why = "The provider has no such type, so Terraform can neither plan nor destroy it. Take it out of the state:"
    return [why, *(f"  terraform state rm '{each}'" for each in named)] if named else []


def import_blocks(imports: Mapping[str, str]) -> str:
    """The text of a file of `import` blocks."""
    blocks = [json.dumps({"to": address, "id": each}, ensure_ascii=False) for address, each in imports.items()]
    return '{"import": [\n  ' + ",\n  ".join(blocks) + "\n]}\n" if blocks else "{}\n"


def pulled(stack: Path, folder: Path) -> str:
    """The state that a stack's backend holds, empty where there is none.

    Raises:
        Refused: when the backend cannot be read.
    """
    folder.mkdir(parents=True)
    root: Mapping[str, Any] = json.loads((stack / "cdk.tf.json").read_text(encoding="utf-8"))
    alone = {"terraform": {"backend": root["terraform"]["backend"]}}
    (folder / "backend.tf.json").write_text(json.dumps(alone), encoding="utf-8")
    terraform = Terraform(folder, _OWN)
    try:
        terraform.init()
        return terraform.run("state", "pull").stdout
    except TerraformError as error:
        raise Refused(f"the backend of {stack.name} cannot be read:\n{said(error)}") from error


def said(error: TerraformError) -> str:
    """What Terraform said is wrong, without what it did before and without its frames."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    _, marker, rest = text.partition("Error: ")
    lines = [line.strip("│╷╵ \t") for line in f"{marker}{rest}".splitlines()] if marker else text.splitlines()[1:]
    return "\n".join(f"  {line}" for line in lines if line)
