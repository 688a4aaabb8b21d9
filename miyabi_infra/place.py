"""A place in a file of people's: where a value is written."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """A file and a line in it, the first being 1; 0 for what is in no line of it."""

    file: Path
    line: int

    def __str__(self) -> str:
        """As editors and compilers write it: `environments/dev.yaml:12`."""
        return f"{self.file.as_posix()}:{self.line}" if self.line else self.file.as_posix()
