"""Synthesis: settings in, Terraform JSON of every stack out, published so that no reader meets half of it."""

import os
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from miyabi_infra.overlays.loading import AnySettings, load
from miyabi_infra.overlays.problems import OverlayError
from miyabi_infra.project import ROOT
from miyabi_infra.synthesis.publish import Change, changes, fresh_folder, publish
from miyabi_infra.synthesis.render import Stack, render, render_in_parallel

EXIT_REFUSED: Final = 2


class UnknownEnvironmentError(Exception):
    """An environment that no overlay describes."""

    def __init__(self, environment: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no environments/{environment}.yaml; the overlays are {', '.join(known)}")


def synthesize(
    root: Path, out: Path, *, write: bool = True, environment: str | None = None
) -> tuple[list[Stack], list[Change]]:
    """Synthesize the project at `root` into `out`; with `write=False` only say what would change.

    `environment`: the only one whose stack is looked at and written. All overlays are checked all the same.

    Raises:
        OverlayError: before anything is written.
        UnknownEnvironmentError: likewise.
    """
    settings = load(root)
    if environment is None:
        return write_stacks(settings, out, write=write)
    known = [each.environment for each in settings]
    if environment not in known:
        raise UnknownEnvironmentError(environment, known)
    return write_stacks(settings, out, write=write, only={environment})


def write_stacks(
    settings: Sequence[AnySettings], out: Path, *, write: bool = True, only: Collection[str] | None = None
) -> tuple[list[Stack], list[Change]]:
    """Synthesize the stacks of `settings` into `out`, or of them `only` these environments; see `synthesize`."""
    with fresh_folder(out if write else None) as fresh:
        if only is None:
            stacks = render_in_parallel(settings, fresh)
            found = changes(fresh, out)
        else:
            stacks = render(settings, fresh, only)
            touched = {None, *(stack.name for stack in stacks)}
            found = [change for change in changes(fresh, out) if change.stack in touched]
        if write:
            publish(found, fresh, out)
    return stacks, found


def main() -> int:
    """Synthesize into `cdktf.out`, or where the cdktf CLI says (`CDKTF_OUTDIR`), and print a summary."""
    # cdktf's App would take the variable for its own output folder; the fresh output must go beside it first.
    out = ROOT / os.environ.pop("CDKTF_OUTDIR", "cdktf.out")
    return run(ROOT, out, write=True)


def run(root: Path, out: Path, *, write: bool, environment: str | None = None) -> int:
    """Synthesize, print what came of it, and return the exit code."""
    started = time.perf_counter()
    try:
        stacks, found = synthesize(root, out, write=write, environment=environment)
    except OverlayError as error:
        count = len(error.problems)
        print(error, file=sys.stderr)
        print(f"\n{count} problem{'s' * (count != 1)} in the overlays; nothing was written.", file=sys.stderr)
        return EXIT_REFUSED
    except UnknownEnvironmentError as error:
        print(error, file=sys.stderr)
        return EXIT_REFUSED
    seconds = time.perf_counter() - started
    shown = Path(os.path.relpath(out))
    changed = {change.stack for change in found}
    width = max(len(stack.name) for stack in stacks)
    for stack in stacks:
        note = ("written" if write else "stale") if stack.name in changed else "unchanged"
        print(f"{stack.name:<{width}}  {stack.resources:>3} resources  {shown / stack.folder}  {note}")
    if not write:
        for change in found:
            print(f"{change.kind}: {shown / change.file}", file=sys.stderr)
        if found:
            print(f"\n{shown} is stale: run 'make synth' and commit what it writes.", file=sys.stderr)
    print(f"{len(stacks)} stack{'s' * (len(stacks) != 1)} in {seconds:.1f} s")
    return int(bool(found) and not write)
