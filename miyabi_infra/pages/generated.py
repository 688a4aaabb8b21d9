"""Generated pages: the template engine that makes them, and the writing of those that are stale."""

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def templates() -> Environment:
    """The templates of `miyabi_infra/templates`, for Markdown; a name that is not defined is an error."""
    return Environment(
        loader=PackageLoader("miyabi_infra.pages"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701  # Markdown from our own docstrings and stacks
    )


def write(root: Path, fresh: Mapping[Path, str], *, check: bool) -> int:
    """Write what is stale, or with `check` only name it; return the exit code."""
    stale = [file for file, text in fresh.items() if not (file.is_file() and file.read_text("utf-8") == text)]
    for file in stale:
        shown = file.relative_to(root)
        if check:
            print(f"stale: {shown}; run 'make docs' and commit what it writes", file=sys.stderr)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(fresh[file], encoding="utf-8")
            print(f"written: {shown}")
    return int(check and bool(stale))


def remove(root: Path, gone: list[Path], *, check: bool) -> int:
    """Remove generated pages that nothing makes any more, or with `check` only name them; return the exit code."""
    for file in gone:
        shown = file.relative_to(root)
        if check:
            print(f"stale: {shown}: nothing makes it any more; run 'make docs'", file=sys.stderr)
        else:
            file.unlink()
            print(f"removed: {shown}")
    return int(check and bool(gone))
