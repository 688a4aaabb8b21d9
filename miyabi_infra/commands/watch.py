"""`synth --watch`: stays, and writes what changes whenever an overlay or a Python file is saved.

This process only waits for the operating system to say that a file was saved. A second one synthesizes, and keeps its
kernel from one time to the next; a fresh one takes up Python code that changed.
"""

import importlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from watchfiles import Change, watch

from miyabi_infra.project import OVERLAYS
from miyabi_infra.project import ROOT as CODE
from miyabi_infra.refused import Refused
from miyabi_infra.synthesis import runtime
from miyabi_infra.synthesis.publish import MANIFEST
from miyabi_infra.synthesis.synth import synthesize
from miyabi_infra.synthesis.worker import Worker, WorkerEndedError, WorkerError

PACKAGES: Final = ("environments", "miyabi_infra", "modules")
CODE_SUFFIXES: Final = (".py", ".cjs", ".j2")
OVERLAY_SUFFIXES: Final = (".yaml", ".yml")

REST: Final = 20
"""Milliseconds without a change after which files have come to rest."""

JOBS: Final = 100
"""After so many jobs the process is renewed: a kernel never lets go of the objects that it made."""


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
    jobs, broken = 0, False
    try:
        for changed in _changes(root):
            if broken or any(path.suffix in CODE_SUFFIXES for path in changed):
                worker, jobs, broken = _renewed(worker), 0, False
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
    finally:
        worker.close()


def _renewed(worker: Worker) -> Worker:
    worker.close()
    return Worker()


def _changes(root: Path) -> Iterator[set[Path]]:
    """The files that were saved, each time some were; none of them at first, once the files are watched."""

    def is_input(_change: Change, path: str) -> bool:
        return path.endswith((*CODE_SUFFIXES, *OVERLAY_SUFFIXES))

    folders = {(root / OVERLAYS).resolve(), *((CODE / package).resolve() for package in PACKAGES)}
    waiting = watch(
        *sorted(folders), watch_filter=is_input, step=REST, rust_timeout=200, yield_on_timeout=True, debounce=1000
    )
    started = False
    for changes in waiting:
        if changes or not started:
            started = True
            yield {Path(path) for _, path in changes}


def write(root: Path, out: Path, environment: str | None) -> None:
    """Write what differs from the last time, and say so: the job of the second process."""
    started = time.perf_counter()
    try:
        found = synthesize(root, out, environment=environment)
    except Refused as error:
        print(f"{error}\n{_now()}  nothing was written", file=sys.stderr, flush=True)
        return
    asked = {stack.name for stack in found.stacks}
    changed = sorted({change.stack for change in found.changes if change.stack is not None})
    if found.changes and not changed:
        changed = [MANIFEST]
        asked.add(MANIFEST)
    said = [f"{', '.join(names)} {verb}" for verb, names in _by_verb(changed, asked) if names]
    print(f"{_now()}  {', '.join(said) or 'nothing written'}, {time.perf_counter() - started:.2f} s", flush=True)
    _get_ready()


def _get_ready() -> None:
    """Load cdktf where all stacks were skipped, so that the first save does not wait for it."""
    runtime.prepare()
    importlib.import_module("miyabi_infra.synthesis.with_cdktf")  # takes a second once, and nothing afterwards


def _by_verb(changed: list[str], asked: set[str]) -> Iterator[tuple[str, list[str]]]:
    """The stacks that were written, and those of environments that are gone."""
    yield "written", [name for name in changed if name in asked]
    yield "removed", [name for name in changed if name not in asked]


def _now() -> str:
    return time.strftime("%H:%M:%S")
