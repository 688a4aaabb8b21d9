"""`miyabi-infra synth`, and what `cdktf synth` runs: write the Terraform JSON of every stack, and say what changed."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

from miyabi_infra.overlays.problems import OverlayError, Problem, key_text
from miyabi_infra.pages.pipelines import Form, page
from miyabi_infra.pages.pipelines.findings import Findings, Found
from miyabi_infra.place import Place
from miyabi_infra.project import OUT, ROOT
from miyabi_infra.refused import Refused
from miyabi_infra.synthesis.publish import MANIFEST, Change
from miyabi_infra.synthesis.result import Synthesis
from miyabi_infra.synthesis.synth import synthesize


def main() -> int:
    """Synthesize into `cdktf.out`, or where the cdktf CLI says (`CDKTF_OUTDIR`), and print a summary."""
    # cdktf's App would take the variable for its own output folder; the fresh output must go next to it first.
    return run(ROOT, ROOT / os.environ.pop("CDKTF_OUTDIR", OUT), write=True)


def run(root: Path, out: Path, *, write: bool, environment: str | None = None, form: Form = "text") -> int:
    """Synthesize, print what came of it, and return the exit code.

    Args:
        root: The project's root.
        out: The output folder.
        write: Whether the output is written, or only compared.
        environment: The only one that is synthesized.
        form: How what came of a comparison is shown.
    """
    started = time.perf_counter()
    try:
        found = synthesize(root, out, write=write, environment=environment, for_one_run=True)
    except Refused as error:
        print(error, file=sys.stderr)
        problems = error.problems if isinstance(error, OverlayError) else []
        if problems:
            count = len(problems)
            print(f"\n{count} problem{'s' * (count != 1)} in the overlays; nothing was written.", file=sys.stderr)
        _show_problems(problems, form)
        return 2
    if form == "json":
        print(json.dumps(_data(found), indent=2))
    elif form == "text":
        _show(found, Path(os.path.relpath(out)), time.perf_counter() - started, write=write)
    else:
        print(page(_of_pipelines(found, out), form))
    return int(bool(found.changes) and not write)


def _show(found: Synthesis, shown: Path, seconds: float, *, write: bool) -> None:
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


# ---- for programs and pipelines --------------------------------------------------------------------------------------

_SAID: Final = {
    "add": "is not there, and what the overlays and modules say would write it",
    "change": "is not what the overlays and modules say",
    "remove": "is there, and nothing generates it any more",
}
_MEND: Final = "run 'make synth' and commit what it writes"


def _data(found: Synthesis) -> dict[str, Any]:
    return {
        "stacks": [{"stack": each.name, "resources": each.resources} for each in found.stacks],
        "changes": [{"kind": each.kind, "file": each.file.as_posix()} for each in found.changes],
        "problems": [],
    }


def _show_problems(problems: list[Problem], form: Form) -> None:
    """Print the problems of overlays once more, where a program reads them."""
    if form == "json":
        data = [
            {"file": each.place.file.as_posix(), "line": each.place.line, "problem": str(each)} for each in problems
        ]
        print(json.dumps({"stacks": [], "changes": [], "problems": data}, indent=2))
    elif form != "text":
        print(page(Findings("synth", (), tuple(map(_problem, problems))), form))


def _problem(problem: Problem) -> Found:
    return Found(
        rule="refused",
        about="An overlay says what cannot be used.",
        level="error",
        fails=True,
        subject=key_text(problem.key) or problem.place.file.as_posix(),
        lines=(str(problem),),
        place=problem.place,
    )


def _of_pipelines(found: Synthesis, out: Path) -> Findings:
    stacks = tuple(each.name for each in found.stacks)
    return Findings("synth", stacks, tuple(_stale(each, out) for each in found.changes))


def _stale(change: Change, out: Path) -> Found:
    return Found(
        rule="stale",
        about=f"Generated output is not what its sources say: {_MEND}.",
        level="error",
        fails=True,
        subject=change.file.as_posix(),
        lines=(f"{_SAID[change.kind]}: {_MEND}",),
        place=Place(out / change.file, 1),
    )
