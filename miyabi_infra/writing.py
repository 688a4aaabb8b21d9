"""Writing a file whole or not at all, whatever the disk does in between."""

import secrets
import shutil
from contextlib import suppress
from pathlib import Path


def write_whole(file: Path, text: str) -> None:
    """Write UTF-8 text: another process, and the next run, find the old file or the new one, and never half of one.

    A link stays a link, and a file keeps its permissions. What is no regular file, such as /dev/stdout, is written to.

    Raises:
        OSError: when it cannot be written; the old file is as it was.
    """
    if file.exists() and not file.is_file():
        file.write_text(text, encoding="utf-8")
        return
    file = file.resolve()
    fresh = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
    try:
        with fresh.open("x", encoding="utf-8", newline="") as stream:
            stream.write(text)
        if file.exists():
            shutil.copymode(file, fresh)
        fresh.replace(file)
    except BaseException:
        with suppress(OSError):
            fresh.unlink()
        raise
