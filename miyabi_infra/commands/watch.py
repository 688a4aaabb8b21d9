"""`synth --watch`: stays, and writes what changes whenever an overlay or a Python file is saved.

This process only looks at the files. A second one synthesizes, and keeps its kernel from one time to the next; Python
code that changed is taken up by a fresh one. Files are looked at by their time and size: they are few, so it costs
next to nothing, and it works on every file system.
"""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from miyabi_infra.project import ROOT as CODE
from miyabi_infra.synthesis.worker import Worker, WorkerEndedError, WorkerError

if TYPE_CHECKING:
    from miyabi_infra.overlays.loading import AnySettings

PACKAGES: Final = ("environments", "miyabi_infra", "modules")
CODE_SUFFIXES: Final = (".py", ".cjs", ".j2")
EVERY: Final = 0.02
"""Seconds from one look to the next. A file that is still being written has changed again by then."""

JOBS: Final = 100
"""After so many jobs the process is renewed: a kernel never lets go of the objects that it made."""

Snapshot = Mapping[Path, tuple[int, int, int]]
"""When a file was changed last (ns), how long it is, and its inode, by path."""


def run(root: Path, out: Path, environment: str | None) -> int:
    """Synthesize the project at `root` into `out` until Ctrl-C, at once and after each change; return the exit code."""
    what = "all environments" if environment is None else environment
    print(f"watching {what}: Ctrl-C ends it", flush=True)
    try:
        _keep_up(root, out, environment)
    except KeyboardInterrupt:
        print()
    return 0


def _keep_up(root: Path, out: Path, environment: str | None) -> None:
    worker = Worker()
    seen = _snapshot(root)
    jobs, broken = 0, False
    try:
        while True:
            jobs += 1
            try:
                try:
                    worker.do(write, root, out, environment)
                except WorkerEndedError:  # perhaps long ago, by somebody who looked for memory
                    worker, jobs = _renewed(worker), 1
                    worker.do(write, root, out, environment)
            except WorkerError as error:
                print(error, file=sys.stderr, flush=True)
                broken = True
            if jobs >= JOBS:
                worker, jobs = _renewed(worker), 0
            before, seen = seen, _next(root, seen)
            changed = {path for path in {*before, *seen} if before.get(path) != seen.get(path)}
            if broken or any(path.suffix in CODE_SUFFIXES for path in changed):
                worker, jobs, broken = _renewed(worker), 0, False
    finally:
        worker.close()


def _renewed(worker: Worker) -> Worker:
    worker.close()
    return Worker()


def _next(root: Path, seen: Snapshot) -> Snapshot:
    """Wait until the files differ from what was seen, and have come to rest."""
    while (now := _snapshot(root)) == seen:
        time.sleep(EVERY)
    while True:
        time.sleep(EVERY)
        later = _snapshot(root)
        if later == now:
            return now
        now = later


def _snapshot(root: Path) -> Snapshot:
    found: dict[Path, tuple[int, int, int]] = {}
    for file in (*_overlays(root), *_code()):
        try:
            status = file.stat()
        except OSError:
            continue  # it has just been removed
        found[file] = status.st_mtime_ns, status.st_size, status.st_ino
    return found


def _overlays(root: Path) -> Iterator[Path]:
    for pattern in ("*.yaml", "*.yml"):
        yield from (root / "environments").glob(pattern)


def _code() -> Iterator[Path]:
    for package in PACKAGES:
        for folder, _, files in os.walk(CODE / package):
            yield from (Path(folder, file) for file in files if file.endswith(CODE_SUFFIXES))


_written: "dict[str, AnySettings]" = {}
"""What the process that synthesizes has written last, by environment."""


def write(root: Path, out: Path, environment: str | None) -> None:
    """Write the stacks whose settings differ from the last time, and say so: the job of the second process."""
    from miyabi_infra.overlays.loading import load  # noqa: PLC0415  # only the second process needs cdktf
    from miyabi_infra.overlays.problems import OverlayError  # noqa: PLC0415
    from miyabi_infra.synthesis.synth import write_stacks  # noqa: PLC0415

    started = time.perf_counter()
    try:
        settings = load(root)
    except OverlayError as error:
        print(f"{error}\n{_now()}  nothing was written", file=sys.stderr, flush=True)
        return
    loaded = {each.environment: each for each in settings}
    if environment is not None and environment not in loaded:
        print(f"{_now()}  there is no environments/{environment}.yaml", file=sys.stderr, flush=True)
        return
    only = {name for name in loaded if _written.get(name) != loaded[name] and environment in (None, name)}
    gone = environment is None and not set(_written) <= set(loaded)
    if only or gone:
        first = environment is None and (gone or not _written)
        _, found = write_stacks(settings, out, only=None if first else only)
        stacks = sorted({change.stack for change in found if change.stack is not None})
    else:
        stacks = []
    _written.clear()
    _written.update(loaded)
    print(f"{_now()}  {', '.join(stacks) or 'nothing'} written, {time.perf_counter() - started:.2f} s", flush=True)


def _now() -> str:
    return time.strftime("%H:%M:%S")
