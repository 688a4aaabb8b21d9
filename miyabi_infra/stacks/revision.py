"""Another git revision of the project: its overlays and its output, next to those of the checkout."""

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, Stack, StackError, read

_READ: Final = (OUT, "environments")
"""What of a revision is read: the output folder and the overlays."""


class RevisionError(Refused):
    """A revision that cannot be read; the text says why."""


BASE_VARIABLE: Final = "MIYABI_BASE"
"""Names the commit or branch to compare with, where a pipeline knows it."""

_MAIN: Final = ("origin/main", "origin/master", "main", "master")
_ABBREVIATED: Final = 12


@contextmanager
def tree(root: Path, revision: str) -> Generator[Path]:
    """The root of the project as it was at a revision: a folder that is gone afterwards.

    Args:
        root: The project's root in the checkout; it may lie below the repository's.
        revision: Anything that git resolves to a commit: a branch, a tag, a hash, `HEAD~3`.

    Raises:
        RevisionError: without git, outside a repository, or for a revision that git does not know.
    """
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", of=revision)
    there = _git(root, "ls-tree", "--name-only", commit.decode().strip(), of=revision).decode().splitlines()
    wanted = [name for name in _READ if name in there]
    with tempfile.TemporaryDirectory(prefix="miyabi-revision-") as name:
        folder = Path(name)
        if wanted:
            archive = _git(root, "archive", "--format=tar", commit.decode().strip(), "--", *wanted, of=revision)
            with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
                packed.extractall(folder, filter="data")
        yield folder


@dataclass(frozen=True)
class Base:
    """The commit that a checkout is compared with when nobody names one."""

    revision: str
    """The full hash; what `MIYABI_BASE` says, if it is set."""
    why: Literal["named", "branch", "previous"]
    """Named by `MIYABI_BASE`; where the branch left main; the commit before, on main itself."""
    branch: str = ""
    """The branch that was left."""

    @property
    def name(self) -> str:
        """The commit as people write it: abbreviated, or as it was named."""
        return self.revision if self.why == "named" else self.revision[:_ABBREVIATED]

    def __str__(self) -> str:
        """The commit and why it is this one: `3f2c1ab12, where this branch left origin/main`."""
        if self.why == "named":
            return f"{self.name} ({BASE_VARIABLE})"
        reason = f"where this branch left {self.branch}" if self.why == "branch" else "the commit before"
        return f"{self.name}, {reason}"


def base(root: Path) -> Base | None:
    """The commit to compare with by default, for every command: see `Base`.

    None where the history does not have it: in a shallow clone, before the second commit, outside a repository.
    """
    named = os.environ.get(BASE_VARIABLE)
    if named:
        return Base(named, "named")
    checked_out = _commit(root, "rev-parse", "--verify", "--quiet", "HEAD")
    for branch in _MAIN:
        left = _commit(root, "merge-base", "HEAD", branch)
        if left and left != checked_out:
            return Base(left, "branch", branch)
    before = _commit(root, "rev-parse", "--verify", "--quiet", "HEAD~1")
    return Base(before, "previous") if before else None


def cut_off(root: Path) -> bool:
    """Whether this is a shallow clone that may lack the commit to compare with: then nothing can be said.

    On main itself the commit before is enough, and a clone of depth 2 has it.
    """
    if os.environ.get(BASE_VARIABLE) or _commit(root, "rev-parse", "--is-shallow-repository") != "true":
        return False
    found = base(root)
    checked_out = _commit(root, "rev-parse", "--verify", "--quiet", "HEAD")
    on_main = any(_commit(root, "rev-parse", "--verify", "--quiet", branch) == checked_out for branch in _MAIN)
    return found is None or (found.why == "previous" and not on_main)


def head(root: Path) -> str:
    """The commit that is checked out, abbreviated.

    Raises:
        RevisionError: without git, outside a repository, or before the first commit.
    """
    return _git(root, "rev-parse", "--verify", "HEAD", of="HEAD").decode().strip()[:_ABBREVIATED]


def stacks(root: Path, revision: str) -> tuple[Stack, ...]:
    """The stacks as they were at a revision.

    Raises:
        RevisionError: when the revision or its stacks cannot be read.
    """
    with tree(root, revision) as then:
        try:
            return read(then / OUT)
        except StackError as error:
            raise RevisionError(f"revision {revision!r}: {error}") from error


def _commit(root: Path, *arguments: str) -> str:
    """The commit that git answers with, empty where there is none."""
    try:
        return _git(root, *arguments, of="HEAD").decode().strip()
    except RevisionError:
        return ""


def _git(root: Path, *arguments: str, of: str) -> bytes:
    program = shutil.which("git")
    if program is None:
        raise RevisionError("git is not on the PATH, and the revision cannot be read without it")
    done = subprocess.run([program, *arguments], cwd=root, capture_output=True, check=False)  # noqa: S603  # git
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or "git knows no such commit"
        raise RevisionError(f"revision {of!r} cannot be read: {said}")
    return done.stdout
