"""From settings to files: the Terraform JSON of every stack, in a folder that was empty."""

import json
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from cdktf import App, TerraformStack

from environments.stack import build, stack_name
from miyabi_infra.overlays.loading import AnySettings

STACKS_A_PROCESS: Final = 10
"""Stacks that take as long as the start of a further process: with fewer for each, it would not be worth it."""

MANIFEST: Final = "manifest.json"
ROOT_MODULE: Final = "cdk.tf.json"


@dataclass(frozen=True)
class Stack:
    """A synthesized stack, as the summary shows it."""

    name: str
    folder: Path
    """Relative to the output folder."""
    resources: int
    """Resource instances: a resource with `count` counts that often."""


def render(settings: Sequence[AnySettings], folder: Path, only: Collection[str] | None = None) -> list[Stack]:
    """Write the Terraform JSON of every stack below `folder`, which must be empty.

    `only`: the environments to write, where not all are asked for; the manifest names all the same.
    """
    app = App(outdir=str(folder))
    wanted = [each for each in settings if only is None or each.environment in only]
    stacks = [build(app, each) for each in wanted]
    others = [stack_name(each) for each in settings if each not in wanted]
    for name in others:
        TerraformStack(app, name)  # stands in the manifest as if it were whole
    app.synth()
    for name in others:
        shutil.rmtree(folder / "stacks" / name)
    rendered: list[Stack] = []
    for stack in stacks:
        stack_folder = folder / "stacks" / stack.node.id
        resources = 0
        for module in stack.modules:
            body = module.rendered()
            resources += _instances(body.get("resource", {}))
            file = stack_folder / "modules" / module.folder / "main.tf.json"
            file.parent.mkdir(parents=True)
            file.write_text(_text(body), encoding="utf-8")
        root_module = stack_folder / ROOT_MODULE
        root_module.write_text(_text(_read(root_module)), encoding="utf-8")
        rendered.append(Stack(stack.node.id, stack_folder.relative_to(folder), resources))
    (folder / MANIFEST).write_text(_text(_read(folder / MANIFEST)), encoding="utf-8")
    return rendered


def render_in_parallel(settings: Sequence[AnySettings], folder: Path, processes: int | None = None) -> list[Stack]:
    """Like `render`, in several processes where there are many stacks: the same files, sooner.

    `processes`: how many; None for as many as are worth it.
    """
    count = _processes_for(len(settings)) if processes is None else processes
    if count <= 1:
        return render(settings, folder)
    parts = [settings[len(settings) * part // count : len(settings) * (part + 1) // count] for part in range(count)]
    folders = [folder / f"part-{part}" for part in range(count)]
    from miyabi_infra.synthesis.worker import Worker  # noqa: PLC0415  # of few runs, and slow to import

    workers = [Worker() for _ in parts[1:]]
    try:
        for worker, part, part_folder in zip(workers, parts[1:], folders[1:], strict=True):
            worker.begin(render, part, part_folder)
        rendered = render(parts[0], folders[0])
        for worker in workers:
            rendered += worker.result()
    finally:
        for worker in workers:
            worker.close()
    _merge(folders, folder)
    return rendered


def _processes_for(stacks: int) -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, stacks // STACKS_A_PROCESS))


def _merge(parts: Sequence[Path], folder: Path) -> None:
    """Make one output of several; each names its own stacks in its manifest, and nothing else differs."""
    manifest = _read(parts[0] / MANIFEST)
    (folder / "stacks").mkdir()
    for part in parts:
        manifest["stacks"] |= _read(part / MANIFEST)["stacks"]
        for stack in (part / "stacks").iterdir():
            stack.rename(folder / "stacks" / stack.name)
        shutil.rmtree(part)
    (folder / MANIFEST).write_text(_text(manifest), encoding="utf-8")


def _instances(resources: Mapping[str, Any]) -> int:
    return sum(cast("int", resource.get("count", 1)) for by_name in resources.values() for resource in by_name.values())


def _read(file: Path) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))


def _text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
