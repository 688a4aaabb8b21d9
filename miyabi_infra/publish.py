"""Publishing: fresh output takes the place of the old, file by file, and nothing else is touched.

Terraform works in the folders that are generated: `.terraform`, lock files and state may lie there. So only what the
generator makes is ever replaced or removed, told by its name: `manifest.json`, and below `stacks/<stack>/` the files
`cdk.tf.json` and `modules/<module>/main.tf.json`.
"""

import os
import signal
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

GENERATED = ("manifest.json", "stacks/*/cdk.tf.json", "stacks/*/modules/*/main.tf.json")


@dataclass(frozen=True)
class Change:
    """A file of the output that differs from the fresh one."""

    kind: Literal["add", "change", "remove"]
    file: Path
    """Relative to the output folder."""


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
    """Carry out the changes: every file is complete before the first is moved, and signals wait until the last is."""
    for change in found:
        (out / change.file).parent.mkdir(parents=True, exist_ok=True)
    with _signals_wait():
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


@contextmanager
def _signals_wait() -> Generator[None]:
    """Hold back Ctrl-C and termination for the milliseconds that the renames take."""
    if os.name == "nt":
        yield
        return
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
