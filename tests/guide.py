"""Reading the guides: their commands with what they should print, their links and anchors."""

import os
import re
import shutil
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


SOURCES: Final = ("modules", "miyabi_infra", "cdktf.json", "main.py", "pyproject.toml")
"""What a project needs beside overlays and output to run its guides by itself."""


def add_sources(root: Path, project: Path, *more: str) -> None:
    """Give a project its own sources, so that the commands take it for the project's root."""
    for name in (*SOURCES, *more):
        if (root / name).is_dir():
            shutil.copytree(root / name, project / name, dirs_exist_ok=True)
        else:
            shutil.copy(root / name, project / name)


@dataclass(frozen=True)
class Step:
    """A block of commands of a guide that is followed from its beginning to its end."""

    text: str
    code: int
    """The exit code that the page names; 0 where it names none."""

    def follow(self, project: Path, variables: Mapping[str, str], *tools: Path, before: str = "") -> str:
        """What the commands print, without colours, after others; they must end as the page says."""
        done = run_block(f"{before}{self.text}\n", project, variables, *tools)
        assert (done.returncode, self.text) == (self.code, self.text), f"{done.stdout}{done.stderr}"
        return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)


def steps(file: Path) -> list[Step]:
    """The steps of a guide, in its order."""
    told = [(info.split(), text) for _, info, text in blocks(file)]
    found = [Step(text, int("".join(more).removeprefix("exit=") or 0)) for (kind, *more), text in told if kind == "sh"]
    assert len(found) == file.read_text(encoding="utf-8").count("```sh")
    return found


def prose(file: Path) -> str:
    """A page without its blocks."""
    text = file.read_text(encoding="utf-8")
    return re.sub(r"(?ms)^ *```.*?^ *```$", "", text)


def links(file: Path) -> list[str]:
    """What a page links to."""
    return re.findall(r"\]\(([^)\s]+)\)", prose(file))


def in_section(file: Path, section: str) -> list[Command]:
    """The commands of a section that is named by its anchor or its heading's, up to the next section or anchor."""
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
    opened = [(number, re.fullmatch(r'<a id="([^"]+)"></a>|#{2,3} (.+)', line)) for number, line in lines]
    starts = [(number, each[1] or _slug(each[2])) for number, each in opened if each]
    first = next(number for number, name in starts if name == section)
    beyond = first + 3  # an anchor and the heading that it is of are one start
    last = next((number for number, _ in starts if number > beyond), sys.maxsize)
    return [each for each in commands(file) if first < each.line < last]


def _slug(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", unquote(heading).lower()).replace(" ", "-")


def anchors(file: Path) -> set[str]:
    """What can be linked to in a page: explicit anchors, and headings as GitHub names them."""
    text = prose(file)
    named = set(re.findall(r'<a id="([^"]+)">', text))
    headings = re.findall(r"(?m)^#+ (.+)$", text)
    return named | set(map(_slug, headings))
