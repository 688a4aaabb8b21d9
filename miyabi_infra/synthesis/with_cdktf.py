"""The part of a synthesis that needs cdktf: settings are loaded, stacks rendered, files published."""

from pathlib import Path

from environments.stack import stack_name
from miyabi_infra.overlays.between import AnySettings, Claims
from miyabi_infra.overlays.loading import load
from miyabi_infra.synthesis.publish import changes, fresh_folder, publish
from miyabi_infra.synthesis.render import render_in_parallel
from miyabi_infra.synthesis.result import Stack, Synthesis, UnknownEnvironmentError
from miyabi_infra.synthesis.unchanged import Kept, Memory, in_order


def synthesize(root: Path, out: Path, memory: Memory, *, write: bool, environment: str | None) -> Synthesis:
    """Synthesize what is not known to be unchanged: `synth.synthesize`, the part of it that needs cdktf.

    What is only checked is remembered, too, where it is found to be what was written.
    """
    settings = load(root, {name: Claims.read(each.claims) for name, each in memory.kept.items()})
    loaded = {each.environment: each for each in settings}
    known = in_order({*loaded, *memory.kept})
    if environment is not None and environment not in known:
        raise UnknownEnvironmentError(environment, known)
    names = {name: memory.kept[name].name if name in memory.kept else stack_name(loaded[name]) for name in known}
    wanted = [name for name in known if environment in (None, name)]
    with fresh_folder(out if write else None) as fresh:
        rendered = render_in_parallel([loaded[name] for name in wanted if name in loaded], fresh, tuple(names.values()))
        touched = {None, *(stack.name for stack in rendered)}
        left = {each.name for each in memory.kept.values()}
        found = [
            change
            for change in changes(fresh, out)
            if change.stack in touched or (environment is None and change.stack not in left)
        ]
        if write:
            publish(found, fresh, out)
    by_name = {stack.name: stack for stack in rendered}
    stacks = tuple(by_name.get(names[name]) or memory.kept[name].stack for name in wanted)
    if write or (memory.keys and not found):
        memory.write({**memory.kept, **_kept(memory, loaded, by_name)})
    return Synthesis(stacks, tuple(found))


def _kept(memory: Memory, loaded: dict[str, AnySettings], rendered: dict[str, Stack]) -> dict[str, Kept]:
    found: dict[str, Kept] = {}
    for environment, settings in loaded.items():
        stack = rendered.get(stack_name(settings))
        if stack is not None:
            found[environment] = memory.of(environment, stack.name, Claims.of(settings).data, stack.resources)
    return found
