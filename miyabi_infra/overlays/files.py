"""The files of the overlays: which there are, and what is in them, whatever else people and editors put there."""

import os
import stat
from pathlib import Path
from typing import Final

from miyabi_infra.project import BASE, OVERLAYS

SUFFIX: Final = ".yaml"
_SUFFIXES: Final = (SUFFIX, ".yml")

LARGEST: Final = 256 * 1024
"""Bytes of an overlay; the largest that says something useful is a fifth of it."""


class NotAnOverlayError(Exception):
    """What is not read, although it has the name of an overlay."""

    def __init__(self, problem: str, allowed: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.allowed = allowed


def overlay_files(root: Path) -> list[Path]:
    """The files that describe a stack each, or seem to: every YAML file in `environments` but the base.

    Hidden files are an editor's: the lock of Emacs is a link that leads nowhere.
    """
    folder = root / OVERLAYS
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    found = [file for file in files if not file.name.startswith(".") and file.name != f"{BASE}{SUFFIX}"]
    return [file for file in found if file.suffix.lower() in _SUFFIXES]


def content(file: Path) -> bytes:
    """The bytes of an overlay.

    Raises:
        NotAnOverlayError: for a folder, a pipe or a device, which might never end, and for a file that is too large.
        OSError: when it cannot be read.
    """
    # A pipe without a writer would wait for one: opened like this, it does not.
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotAnOverlayError("is not a regular file", "a file with text")
        parts: list[bytes] = []
        size = 0
        while size <= LARGEST and (part := stream.read(LARGEST + 1 - size)):
            parts.append(part)
            size += len(part)
    if size > LARGEST:
        raise NotAnOverlayError("is too large", f"at most {LARGEST // 1024} KiB")
    return b"".join(parts)
