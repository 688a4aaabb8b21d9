"""Whether the output is what the overlays say: commands that read it refuse stale output and never judge yesterday's.

The keys of `unchanged` say so in some hundredths of a second. Where they know nothing, as in a fresh clone, the stacks
are synthesized and compared once; what is the same is remembered.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

from miyabi_infra.refused import Refused
from miyabi_infra.synthesis import runtime
from miyabi_infra.synthesis.publish import Change
from miyabi_infra.synthesis.unchanged import remember


class StaleError(Refused):
    """Output that is not what the overlays and the sources say."""

    def __init__(self, out: Path, changes: Sequence[Change]) -> None:
        removed = {change.stack for change in changes if change.kind == "remove"}
        kept = {change.stack for change in changes if change.kind != "remove"}
        names = [
            f"{name} (no overlay describes it)" if name in removed - kept and _gone(changes, name) else name
            for name in sorted({change.stack or str(change.file) for change in changes})
        ]
        super().__init__(f"{out.name} is stale: run 'make synth'. It is not what the overlays say: {', '.join(names)}")


def refuse_stale(root: Path, out: Path, environments: Collection[str] = ()) -> None:
    """Do nothing when the output is what a synthesis would write now.

    Args:
        root: The project's root.
        out: The output folder.
        environments: Those whose stacks are read; empty for all of them.

    Raises:
        StaleError: when it is not.
        OverlayError: when the overlays cannot be synthesized, so that the output cannot be what they say.
        UnknownEnvironmentError: for an environment that no overlay describes.
    """
    memory = remember(root, out)
    if memory.complete or (environments and set(environments) <= set(memory.kept)):
        return
    runtime.prepare()
    from miyabi_infra.synthesis import with_cdktf  # noqa: PLC0415  # cdktf starts Node.js when it is imported

    found: list[Change] = []
    for environment in sorted(set(environments)) or [None]:
        found += with_cdktf.synthesize(root, out, remember(root, out), write=False, environment=environment).changes
    if environments:  # the manifest names all stacks, those of others too
        found = [change for change in found if change.stack is not None]
    if found:
        raise StaleError(out, found)


def _gone(changes: Sequence[Change], stack: str | None) -> bool:
    """Whether the stack's root module goes: a stack that loses a module alone is still described."""
    return any(change.stack == stack and change.file.name == "cdk.tf.json" for change in changes)
