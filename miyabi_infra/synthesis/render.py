"""From settings to files: the Terraform JSON of every stack, in a folder that was empty."""

import errno
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, cast

from cdktf import App

from environments.stack import build
from miyabi_infra.overlays.loading import AnySettings
from miyabi_infra.synthesis.publish import MANIFEST
from miyabi_infra.synthesis.result import Stack

STACKS_A_PROCESS: Final = 10
"""Stacks that take as long as the start of a further process: with fewer for each, it would not be worth it."""

ROOT_MODULE: Final = "cdk.tf.json"


def render(settings: Sequence[AnySettings], folder: Path, names: Sequence[str] = ()) -> list[Stack]:
    """Write the Terraform JSON of every stack below `folder`, which must be empty.

    `names`: the stacks that the manifest names, where there are others, too.
    """
    app = App(outdir=str(folder))
    stacks = [build(app, each) for each in settings]
    try:
        app.synth()
    except RuntimeError as error:
        raise _of_the_disk(error) or error from None
    rendered: list[Stack] = []
    for stack in stacks:
        stack_folder = folder / "stacks" / stack.node.id
        resources = 0
        for module in stack.modules:
            body = module.rendered()
            resources += _instances(body)
            file = stack_folder / "modules" / module.folder / "main.tf.json"
            file.parent.mkdir(parents=True)
            file.write_text(_text(body), encoding="utf-8")
        root_module = stack_folder / ROOT_MODULE
        root_module.write_text(_text(_read(root_module)), encoding="utf-8")
        rendered.append(Stack(stack.node.id, stack_folder.relative_to(folder), resources))
    _write_manifest(folder, names or [stack.name for stack in rendered])
    return rendered


def _of_the_disk(error: RuntimeError) -> OSError | None:
    """Node.js's error of a file as Python's: `Error: ENOSPC: no space left on device, write`, say."""
    found = re.match(r"Error: (E[A-Z0-9]+): [^']*(?:'(.*)')?", str(error))
    code = getattr(errno, found[1], None) if found else None
    return None if found is None or code is None else OSError(code, os.strerror(code), found[2])


def render_in_parallel(
    settings: Sequence[AnySettings], folder: Path, names: Sequence[str] = (), processes: int | None = None
) -> list[Stack]:
    """Like `render`, in several processes where there are many stacks: the same files, sooner.

    `processes`: how many; None for as many as are worth it.
    """
    count = _processes_for(len(settings)) if processes is None else processes
    if count <= 1:
        return render(settings, folder, names)
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
    _write_manifest(folder, names or [stack.name for stack in rendered])
    return rendered


def _processes_for(stacks: int) -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, stacks // STACKS_A_PROCESS))


def _merge(parts: Sequence[Path], folder: Path) -> None:
    """Put the stacks of several outputs into one."""
    (folder / "stacks").mkdir()
    for part in parts:
        for stack in (part / "stacks").iterdir():
            stack.rename(folder / "stacks" / stack.name)
    (parts[0] / MANIFEST).rename(folder / MANIFEST)
    for part in parts:
        shutil.rmtree(part)


def _write_manifest(folder: Path, names: Sequence[str]) -> None:
    """Name all stacks in the manifest, and not only those that cdktf has rendered in this run.

    Raises:
        ValueError: when cdktf describes a stack in another form than is expected here.
    """
    file = folder / MANIFEST
    manifest: dict[str, Any] = _read(file) if file.is_file() else {"stacks": {}, "version": version("cdktf")}
    for name, described in manifest["stacks"].items():
        if described != _described(name):
            raise ValueError(f"cdktf describes {name} in another form than is expected: {described}")
    manifest["stacks"] = {name: _described(name) for name in names}
    file.write_text(_text(manifest), encoding="utf-8")


def _described(name: str) -> dict[str, Any]:
    """A stack as the manifest of cdktf describes it: one without annotations that depends on no other."""
    folder = f"stacks/{name}"
    return {
        "annotations": [],
        "constructPath": name,
        "dependencies": [],
        "name": name,
        "stackMetadataPath": f"{folder}/metadata.json",
        "synthesizedStackPath": f"{folder}/cdk.tf.json",
        "workingDirectory": folder,
    }


def _instances(body: Mapping[str, Any]) -> int:
    """How many instances of resources a module has."""
    resources = [each for by_name in body.get("resource", {}).values() for each in by_name.values()]
    return sum(_number(each, body.get("locals", {})) for each in resources)


def _number(resource: Mapping[str, Any], local: Mapping[str, Any]) -> int:
    over: object = resource.get("for_each")
    if isinstance(over, str):
        over = local[over.removeprefix("${local.").removesuffix("}")]
    return len(cast("Mapping[str, object]", over)) if over is not None else cast("int", resource.get("count", 1))


def _read(file: Path) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))


def _text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
