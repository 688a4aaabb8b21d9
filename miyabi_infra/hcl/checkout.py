"""What all modules of a checkout of HCL share while they are evaluated."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from miyabi_infra.hcl.folder import HclFolder, read
from miyabi_infra.hcl.instance import HclIssue
from miyabi_infra.place import Place

SENSITIVE: Final = "(sensitive)"
"""What a value that depends on a sensitive one refers to, in addition to addresses."""


@dataclass
class Checkout:
    """What all modules of a configuration share."""

    base: Path
    """The folder that places are relative to."""
    environment: str
    issues: dict[HclIssue, None] = field(default_factory=dict[HclIssue, None])
    sources: dict[Path, HclFolder] = field(default_factory=dict[Path, HclFolder])
    noted: dict[str, None] = field(default_factory=dict[str, None])
    """Addresses that the value which is evaluated now refers to."""
    workspace: str | None = None
    """The value of `terraform.workspace`; None where it is not given."""
    sensitive: set[Place] = field(default_factory=set[Place])
    """Where the arguments are written whose values depend on sensitive ones."""
    places: list[Place] = field(default_factory=list[Place])
    """Where the arguments that are evaluated now are written, the innermost last."""

    def source(self, folder: Path) -> HclFolder:
        """The HCL of a folder, read once."""
        folder = folder.resolve()
        if folder not in self.sources:
            self.sources[folder] = read(folder, Path(os.path.relpath(folder, self.base.resolve())))
        return self.sources[folder]

    def find(self, issue: HclIssue) -> None:
        """Note an issue, once."""
        self.issues[issue] = None

    @contextmanager
    def noting(self) -> Generator[dict[str, None]]:
        """Note the addresses that values evaluated meanwhile refer to, apart from those noted so far."""
        outer, self.noted = self.noted, {}
        try:
            yield self.noted
        finally:
            self.noted = outer
