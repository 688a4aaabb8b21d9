"""Another git revision of the project: its overlays and its output, beside the ones of the checkout."""

import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, Stack, StackError, read

_READ: Final = (OUT, "environments")
"""What of a revision is read: the output folder and the overlays."""


class RevisionError(Refused):
    """A revision that can't be read; the text says why."""


_ABBREVIATED: Final = 12


@contextmanager
def tree(root: Path, revision: str) -> Generator[Path]:
    """The root of the project as it was at a revision: a folder that is gone afterwards.

    Args:
        root: The project's root in the checkout; it may lie below the repository's.
        revision: Whatever git takes for a commit: a branch, a tag, a hash, `HEAD~3`.

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


def base(root: Path) -> str:
    """The commit where the checked out branch left `main`, abbreviated; `HEAD` where there is no `main`.

    Raises:
        RevisionError: without git, or outside a repository.
    """
    _git(root, "rev-parse", "--git-dir", of="HEAD")
    for branch in ("main", "origin/main"):
        try:
            commit = _git(root, "merge-base", "HEAD", branch, of=branch)
        except RevisionError:
            continue
        return commit.decode().strip()[:_ABBREVIATED]
    return "HEAD"


def stacks(root: Path, revision: str) -> tuple[Stack, ...]:
    """The stacks as they were at a revision.

    Raises:
        RevisionError: when the revision or its stacks can't be read.
    """
    with tree(root, revision) as then:
        try:
            return read(then / OUT)
        except StackError as error:
            raise RevisionError(f"revision {revision!r}: {error}") from error


def _git(root: Path, *arguments: str, of: str) -> bytes:
    program = shutil.which("git")
    if program is None:
        raise RevisionError("git is not on the PATH, and the revision can't be read without it")
    done = subprocess.run([program, *arguments], cwd=root, capture_output=True, check=False)  # noqa: S603  # git
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or "git knows no such commit"
        raise RevisionError(f"revision {of!r} can't be read: {said}")
    return done.stdout
