"""Synthesis: settings in, Terraform JSON of every stack out, published so that no reader meets half of it."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from cdktf import App

from environments.overlays import AnySettings, load
from environments.problems import OverlayError
from environments.stack import build
from miyabi_infra.publish import Change, changes, publish

ROOT: Final = Path(__file__).resolve().parent.parent
"""The project's root."""

EXIT_REFUSED: Final = 2


@dataclass(frozen=True)
class Stack:
    """A synthesized stack, as the summary shows it."""

    name: str
    folder: Path
    resources: int
    """Resource instances: a resource with `count` counts that often."""


def render(settings: Iterable[AnySettings], folder: Path) -> list[Stack]:
    """Write the Terraform JSON of every stack below `folder`, which must be empty."""
    app = App(outdir=str(folder))
    stacks = [build(app, each) for each in settings]
    app.synth()
    rendered: list[Stack] = []
    for stack in stacks:
        stack_folder = folder / "stacks" / stack.node.id
        resources = 0
        for module in stack.modules:
            body = module.rendered()
            resources += _instances(body.get("resource", {}))
            file = stack_folder / "modules" / module.folder / "main.tf.json"
            file.parent.mkdir(parents=True)
            file.write_text(_json(body), encoding="utf-8")
        root_module = stack_folder / "cdk.tf.json"
        root_module.write_text(_json(json.loads(root_module.read_text(encoding="utf-8"))), encoding="utf-8")
        rendered.append(Stack(stack.node.id, stack_folder.relative_to(folder), resources))
    manifest = folder / "manifest.json"
    manifest.write_text(_json(json.loads(manifest.read_text(encoding="utf-8"))), encoding="utf-8")
    return rendered


def synthesize(root: Path, out: Path, *, write: bool = True) -> tuple[list[Stack], list[Change]]:
    """Synthesize the project at `root` into `out`; with `write=False` only say what would change.

    Raises:
        OverlayError: before anything is written.
    """
    settings = load(root)
    if write:
        out.mkdir(parents=True, exist_ok=True)
    # Beside the old output where it is to take its place: only within a file system is a rename atomic.
    with tempfile.TemporaryDirectory(prefix=".synth-", dir=out if write else None) as name:
        fresh = Path(name)
        stacks = render(settings, fresh)
        found = changes(fresh, out)
        if write:
            publish(found, fresh, out)
    return stacks, found


def main() -> int:
    """Synthesize into `cdktf.out`, or where the cdktf CLI says (`CDKTF_OUTDIR`), and print a summary."""
    # cdktf's App would take the variable for its own output folder; the fresh output must go beside it first.
    out = ROOT / os.environ.pop("CDKTF_OUTDIR", "cdktf.out")
    return run(ROOT, out, write=True)


def run(root: Path, out: Path, *, write: bool) -> int:
    """Synthesize, print what came of it, and return the exit code."""
    started = time.perf_counter()
    try:
        stacks, found = synthesize(root, out, write=write)
    except OverlayError as error:
        count = len(error.problems)
        print(error, file=sys.stderr)
        print(f"\n{count} problem{'s' * (count != 1)} in the overlays; nothing was written.", file=sys.stderr)
        return EXIT_REFUSED
    seconds = time.perf_counter() - started
    shown = Path(os.path.relpath(out))
    changed = {change.file.parts[1] for change in found if change.file.parts[0] == "stacks"}
    width = max(len(stack.name) for stack in stacks)
    for stack in stacks:
        note = ("written" if write else "stale") if stack.name in changed else "unchanged"
        print(f"{stack.name:<{width}}  {stack.resources:>3} resources  {shown / stack.folder}  {note}")
    if not write:
        for change in found:
            print(f"{change.kind}: {shown / change.file}", file=sys.stderr)
        if found:
            print(f"\n{shown} is stale: run 'make synth' and commit what it writes.", file=sys.stderr)
    print(f"{len(stacks)} stacks in {seconds:.1f} s")
    return int(bool(found) and not write)


def _instances(resources: Mapping[str, Any]) -> int:
    return sum(cast("int", resource.get("count", 1)) for by_name in resources.values() for resource in by_name.values())


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
