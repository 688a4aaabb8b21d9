"""`miyabi-infra docs`: write all generated documentation that is stale, or only name it."""

import sys
from contextlib import suppress
from pathlib import Path

from miyabi_infra.pages import changes, diagram, guides
from miyabi_infra.writing import write_whole


def run(root: Path, environment: str | None = None, *, check: bool = False) -> int:
    """Write the reference, the overlays' schemas, pictures and guides that are stale; return the exit code.

    Args:
        root: The project's root.
        environment: The guides of this environment only, which need no cdktf. Without it the caller has prepared cdktf.
        check: Only name what is stale, and return 1 when anything is.

    Raises:
        Refused: when the stacks or the overlays cannot be read, or the environment does not exist.
    """
    fresh = guides.pages(root, environment)
    gone: list[Path] = []
    if environment is None:
        from miyabi_infra.pages import reference  # noqa: PLC0415  # cdktf starts Node.js when it is imported

        fresh = {**reference.pages(root), **changes.pages(root), **diagram.pages(root), **fresh}
        gone = [file for file in (*diagram.written(root), *guides.written(root)) if file not in fresh]
    stale = [file for file, text in fresh.items() if not (file.is_file() and file.read_text("utf-8") == text)]
    for file in stale:
        shown = file.relative_to(root)
        if check:
            print(f"stale: {shown}; run 'make docs' and commit what it writes", file=sys.stderr)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, fresh[file])
            print(f"written: {shown}")
    for file in gone:
        shown = file.relative_to(root)
        if check:
            print(f"stale: {shown}: nothing generates it any more; run 'make docs'", file=sys.stderr)
        else:
            file.unlink()
            with suppress(OSError):  # other files are in it
                file.parent.rmdir()
            print(f"removed: {shown}")
    return int(check and bool(stale or gone))
