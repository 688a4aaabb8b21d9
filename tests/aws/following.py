"""Following the pages of an environment on emulated AWS: a block of theirs, run as it stands."""

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from miyabi_infra.terraform.cli import environment
from tests.guide import Command, anchors, commands, in_section

SECONDS: Final = 180
"""What a command may take."""


@dataclass(frozen=True)
class Done:
    """A command that was run."""

    command: Command
    code: int
    output: str
    errors: str
    seconds: float

    @property
    def problem(self) -> str | None:
        """What is wrong with it, None when nothing is."""
        if self.code:
            return (
                f"{self.command}\n{self.command.text}\nfailed with exit code {self.code}:\n{self.output}{self.errors}"
            )
        if not self.command.printed(self.output):
            return f"{self.command}\n{self.command.text}\nshould print\n{self.command.prints}\nprinted\n{self.output}"
        return None


@dataclass(frozen=True)
class Block:
    """A block of a page: the section's anchor, and a part of its text."""

    page: str
    section: str
    part: str


def run(command: Command, session: str, project: Path, variables: dict[str, str]) -> Done:
    begun = time.monotonic()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", session + command.text],
        cwd=project,
        env={**environment(), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    return Done(command, done.returncode, done.stdout, done.stderr, time.monotonic() - begun)


class Operator:
    """Somebody who follows the pages of an environment in its account."""

    def __init__(self, pages: Path, project: Path, variables: Mapping[str, str]) -> None:
        self._pages = pages
        self._project = project
        self._variables = dict(variables)

    def does(self, block: Block, instead: tuple[str, str] | None = None) -> Done:
        """Do what a block says; `instead`: the text of an example, and what the reader puts in its place."""
        command = self._find(block)
        if instead:
            command = replace(command, text=command.text.replace(*instead), prints=None)
        session = next(each.text for each in commands(command.file) if each.session)
        return run(command, f"{session}\n", self._project, self._variables)

    def _find(self, block: Block) -> Command:
        file = self._pages / f"{block.page}.md"
        assert block.section in anchors(file)
        return next(each for each in in_section(file, block.section) if block.part in each.text)
