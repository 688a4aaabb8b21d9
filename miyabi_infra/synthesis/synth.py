"""Synthesis: settings in, Terraform JSON of every stack out, published so that no reader meets half of it.

What is unchanged is skipped, and where nothing is left to do, cdktf is not even imported.
"""

from pathlib import Path

from miyabi_infra.synthesis import runtime
from miyabi_infra.synthesis.result import Synthesis
from miyabi_infra.synthesis.unchanged import Memory, remember


def synthesize(
    root: Path, out: Path, *, write: bool = True, environment: str | None = None, for_one_run: bool = False
) -> Synthesis:
    """Synthesize the project at `root` into `out`; with `write=False` only say what would change.

    Stacks that are known to be unchanged are left alone when output is written, and never when it is only checked.

    Args:
        root: The project's root.
        out: The output folder.
        write: Whether anything is written.
        environment: The only one whose stack is synthesized. All overlays are checked all the same.
        for_one_run: The process ends afterwards; see `runtime.prepare`.

    Raises:
        OverlayError: before anything is written.
        UnknownEnvironmentError: likewise.
    """
    memory = remember(root, out) if write else Memory(out, {})
    found = memory.nothing_to_do(environment)
    if found is not None:
        return found
    runtime.prepare(for_one_run=for_one_run)
    from miyabi_infra.synthesis import with_cdktf  # noqa: PLC0415  # cdktf starts Node.js when it is imported

    return with_cdktf.synthesize(root, out, memory, write=write, environment=environment)
