"""`miyabi-infra synth`, and what `cdktf synth` runs: write the Terraform JSON of every stack, and say what changed."""

import os
import sys
import time
from pathlib import Path

from miyabi_infra.project import OUT, ROOT
from miyabi_infra.refused import Refused
from miyabi_infra.synthesis.publish import MANIFEST
from miyabi_infra.synthesis.synth import synthesize


def main() -> int:
    """Synthesize into `cdktf.out`, or where the cdktf CLI says (`CDKTF_OUTDIR`), and print a summary."""
    # cdktf's App would take the variable for its own output folder; the fresh output must go next to it first.
    return run(ROOT, ROOT / os.environ.pop("CDKTF_OUTDIR", OUT), write=True)


def run(root: Path, out: Path, *, write: bool, environment: str | None = None) -> int:
    """Synthesize, print what came of it, and return the exit code."""
    started = time.perf_counter()
    try:
        found = synthesize(root, out, write=write, environment=environment, for_one_run=True)
    except Refused as error:
        print(error, file=sys.stderr)
        count = len(getattr(error, "problems", ()))
        if count:
            print(f"\n{count} problem{'s' * (count != 1)} in the overlays; nothing was written.", file=sys.stderr)
        return 2
    seconds = time.perf_counter() - started
    shown = Path(os.path.relpath(out))
    changed = {change.stack for change in found.changes}
    width = max(len(stack.name) for stack in found.stacks)
    for stack in found.stacks:
        note = ("written" if write else "stale") if stack.name in changed else "unchanged"
        print(f"{stack.name:<{width}}  {stack.resources:>3} resources  {shown / stack.folder}  {note}")
    for name in sorted(changed - {None, *(stack.name for stack in found.stacks)}, key=str):
        print(f"{name}  {'removed' if write else 'stale'}: no overlay describes it")
    if changed == {None}:
        print(f"{shown / MANIFEST}  {'written' if write else 'stale'}")
    if not write:
        for change in found.changes:
            print(f"{change.kind}: {shown / change.file}", file=sys.stderr)
        if found.changes:
            print(f"\n{shown} is stale: run 'make synth' and commit what it writes.", file=sys.stderr)
    print(f"{len(found.stacks)} stack{'s' * (len(found.stacks) != 1)} in {seconds:.1f} s")
    return int(bool(found.changes) and not write)
