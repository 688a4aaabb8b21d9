"""What a check found, whatever the command and the format."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import quote

from miyabi_infra.place import Place
from miyabi_infra.project import ROOT
from miyabi_infra.text import escaped

Level: TypeAlias = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Found:
    """Something that a check found."""

    rule: str
    """The kind: what a reader groups by, and looks up."""
    about: str
    """The rule in a sentence, whatever was found."""
    level: Level
    fails: bool
    """Whether the command exits with 1 because of it."""
    subject: str
    """The setting, the resource, the file."""
    lines: tuple[str, ...]
    """What was found, then why it matters and what to do."""
    place: Place
    """Where to look: a line of an overlay or of HCL, else the file that it is about."""
    accepted: str = ""
    """Why it is accepted, where it is waived."""

    @property
    def message(self) -> str:
        """The lines, each in a line of its own whatever it holds."""
        return "\n".join(map(escaped, self.lines))


@dataclass(frozen=True)
class Findings:
    """Everything that one command found."""

    command: str
    looked_at: tuple[str, ...]
    """What was checked: the stacks."""
    found: tuple[Found, ...]


def relative(file: Path) -> Path | None:
    """A file below the project's root, relative to it; None for one that is elsewhere."""
    whole = (ROOT / file).resolve()
    return whole.relative_to(ROOT) if whole.is_relative_to(ROOT) else None


def uri(file: Path) -> str:
    """The reference to a file: relative to the repository where it is in it."""
    within = relative(file)
    return (ROOT / file).resolve().as_uri() if within is None else quote(within.as_posix())
