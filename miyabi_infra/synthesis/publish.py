"""Publishing: fresh output takes the place of the old, file by file, and nothing else is touched.

Terraform works in the folders that are generated: `.terraform`, lock files and state may lie there. So only what the
generator makes is ever replaced or removed, told by its name: `manifest.json`, and below `stacks/<stack>/` the files
`cdk.tf.json` and `modules/<module>/main.tf.json`.
"""

import errno
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final, Literal

MANIFEST: Final = "manifest.json"
"""The list of stacks that the cdktf CLI reads."""

GENERATED: Final = (MANIFEST, "stacks/*/cdk.tf.json", "stacks/*/modules/*/main.tf.json")
FRESH: Final = ".synth-"
"""What the names of folders with fresh output begin with."""


_NOT_WRITABLE: Final = (errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True)
class Change:
    """A file of the output that differs from the fresh one."""

    kind: Literal["add", "change", "remove"]
    file: Path
    """Relative to the output folder."""

    @property
    def stack(self) -> str | None:
        """The stack that the file belongs to, None for the manifest."""
        return self.file.parts[1] if self.file.parts[0] == "stacks" else None


@contextmanager
def fresh_folder(out: Path | None) -> Generator[Path]:
    """A folder for fresh output, gone afterwards; next to the old output in `out`, which it is to replace.

    Only within a file system is a rename atomic. What runs left behind that were killed is removed. Where nothing
    can be written next to the old output, it is elsewhere: there may be nothing to write.
    """
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    with _alone(out):
        if out is not None:
            _remove_dead(out)
        try:
            folder = Path(tempfile.mkdtemp(prefix=FRESH, dir=out))
        except OSError as error:
            if error.errno not in _NOT_WRITABLE:
                raise
            folder = Path(tempfile.mkdtemp(prefix=FRESH))
        held = _lock(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if held is not None:
            os.close(held)


def changes(fresh: Path, out: Path) -> list[Change]:
    """What publishing `fresh` would do to `out`."""
    found: list[Change] = []
    wanted = set(_generated(fresh))
    for file in sorted(wanted):
        old = out / file
        if not old.is_file():
            found.append(Change("add", file))
        elif old.read_bytes() != (fresh / file).read_bytes():
            found.append(Change("change", file))
    found += [Change("remove", file) for file in sorted(set(_generated(out)) - wanted)]
    return found


def publish(found: Sequence[Change], fresh: Path, out: Path) -> None:
    """Carry out the changes: every file is complete before the first is moved, and signals wait until the last is.

    Raises:
        OSError: when `out` cannot be written to.
    """
    if found and fresh.parent.resolve() != out.resolve():
        tempfile.mkdtemp(prefix=FRESH, dir=out)  # which says why it is not there
    for change in found:
        (out / change.file).parent.mkdir(parents=True, exist_ok=True)
    with _alone(out), _signals_wait():
        for change in found:
            if change.kind == "remove":
                (out / change.file).unlink()
            else:
                (fresh / change.file).replace(out / change.file)
    for change in found:
        if change.kind == "remove":
            _remove_empty(out / change.file.parent, out)


def _generated(folder: Path) -> Iterator[Path]:
    for pattern in GENERATED:
        for file in folder.glob(pattern):
            yield file.relative_to(folder)


def _remove_empty(folder: Path, out: Path) -> None:
    while folder != out and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _remove_dead(out: Path) -> None:
    """Remove the fresh output of runs that have ended without doing so: nobody holds its lock any more."""
    for folder in out.glob(f"{FRESH}*"):
        held = _lock(folder)
        if held is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(held)


def _lock(folder: Path, *, wait: bool = False) -> int | None:
    """Lock a folder until the returned descriptor is closed or the process ends; None when another holds it."""
    if sys.platform == "win32":
        return None
    import fcntl  # noqa: PLC0415  # not on Windows

    with suppress(OSError):
        held = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            os.close(held)
        else:
            return held
    return None


@contextmanager
def _alone(out: Path | None) -> Generator[None]:
    """Keep other runs from changing the output folder for the moment."""
    held = None if out is None else _lock(out, wait=True)
    try:
        yield
    finally:
        if held is not None:
            os.close(held)


@contextmanager
def _signals_wait() -> Generator[None]:
    """Hold back Ctrl-C and termination for the milliseconds that the renames take.

    A mask would not do: it is a thread's own, and the signal would come to one of jsii's.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    held = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, note) for number in held}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for number in came:
            signal.raise_signal(number)
