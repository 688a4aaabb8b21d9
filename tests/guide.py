"""Reading the guides: their commands with what they should print, their links and anchors."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from miyabi_infra.terraform import cli as terraform

_FENCE: Final = re.compile(r"(?P<indent> *)```(?P<info>.*)")
_NOT_RUN: Final = re.compile(r'not-run="([^"]+)"')


@dataclass(frozen=True)
class Command:
    """A block of shell commands of a page."""

    file: Path
    line: int
    text: str
    prints: str | None
    """What the page shows as its output; None where it shows nothing."""
    not_run: str | None
    """Why it can't be run by the tests; None where it can."""
    session: bool
    """Whether the reader enters it once, for all later ones of the page."""

    def __str__(self) -> str:
        return f"{self.file.parent.name}/{self.file.name}:{self.line}"

    def printed(self, output: str) -> bool:
        """Whether an output is what the page shows. `…` stands for anything: in a line, or alone for any lines."""
        if self.prints is None:
            return True
        pattern = "".join(
            r"(?:[^\n]*\n)*?" if line == "…" else ".*?".join(map(_spaced, line.split("…"))) + r"[ \t]*\n"
            for line in self.prints.splitlines()
        )
        return re.fullmatch(pattern, output.rstrip("\n") + "\n" if output.strip() else "") is not None


def _spaced(text: str) -> str:
    return r"[ \t]+".join(re.escape(word) for word in re.split(r"[ \t]+", text))


def blocks(file: Path) -> Iterator[tuple[int, str, str]]:
    """The fenced blocks of a page: line, info string, text."""
    lines = iter(enumerate(file.read_text(encoding="utf-8").splitlines(), start=1))
    for number, line in lines:
        opened = _FENCE.fullmatch(line)
        if opened is None:
            continue
        held: list[str] = []
        for _, inner in lines:
            if inner.strip() == "```":
                break
            held.append(inner.removeprefix(opened["indent"]))
        yield number, opened["info"], "\n".join(held)


def commands(file: Path) -> list[Command]:
    """The commands of a page, in its order."""
    found: list[Command] = []
    for line, info, text in blocks(file):
        language = info.split(" ", 1)[0]
        if language == "sh":
            reason = _NOT_RUN.search(info)
            found.append(Command(file, line, text, None, reason[1] if reason else None, info == "sh session"))
        elif language == "text":
            last = found.pop()
            found.append(Command(last.file, last.line, last.text, text, last.not_run, last.session))
        else:
            raise AssertionError(f"{file}:{line}: a block that is neither sh nor text: {info!r}")
    return found


def run_block(text: str, project: Path, variables: Mapping[str, str], *tools: Path) -> subprocess.CompletedProcess[str]:
    """Run a block in a project that has its own sources, as its reader would; `tools` are folders before the PATH."""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=project,
        env={
            **terraform.environment(),
            **variables,
            "PATH": os.pathsep.join([*map(str, tools), str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": str(project),  # the copy's own sources, so that the copy is the project's root
        },
        capture_output=True,
        text=True,
        check=False,
    )


def prose(file: Path) -> str:
    """A page without its blocks."""
    text = file.read_text(encoding="utf-8")
    return re.sub(r"(?ms)^ *```.*?^ *```$", "", text)


def links(file: Path) -> list[str]:
    """What a page links to."""
    return re.findall(r"\]\(([^)\s]+)\)", prose(file))


def anchors(file: Path) -> set[str]:
    """What can be linked to in a page: explicit anchors, and headings as GitHub names them."""
    text = prose(file)
    named = set(re.findall(r'<a id="([^"]+)">', text))
    headings = re.findall(r"(?m)^#+ (.+)$", text)
    return named | {re.sub(r"[^\w\- ]", "", unquote(each).lower()).replace(" ", "-") for each in headings}
