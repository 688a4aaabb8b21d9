"""The outermost frame of every command: what a disk, a pipe, Ctrl-C or a fault of the program ends in.

It imports next to nothing, so that Ctrl-C while the rest is imported finds it in place.
"""

import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

from miyabi_infra import exits
from miyabi_infra.project import ROOT

HOW_TO_REPORT: Final = "Please report it with the command, the lines above, and the output of 'miyabi-infra --version'."

_NOT_OURS: Final = frozenset(
    {errno.EACCES, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EPERM, errno.EROFS}
)
"""What a disk or a folder can do: no fault of this program."""


def guarded(run: Callable[[], object]) -> NoReturn:
    """Run what exits by itself, and end as it does; whatever else happens has a code and at most one line.

    A crash has an exit code that no command uses, so that nobody mistakes it for a result.
    """
    try:
        _refuse_the_wrong_place()
        try:
            run()
        finally:
            sys.stdout.flush()  # here, where it can still be told that it is full
    except KeyboardInterrupt:
        _end(exits.INTERRUPTED)
    except BrokenPipeError:
        _end(exits.CLOSED)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # what typer and rich make of it has the code 1
            _end(exits.CLOSED)
        raise
    except OSError as error:
        if error.errno not in _NOT_OURS:
            _crash()
        where = f": {error.filename}" if error.filename else ""
        _end(exits.REFUSED, f"miyabi-infra cannot write or read: {error.strerror}{where}")
    except Exception:  # noqa: BLE001  # whatever it is: it is a fault of this program
        _crash()
    sys.exit(exits.FINE)


def _refuse_the_wrong_place() -> None:
    """Refuse to run without a standard output, without a folder, or in another checkout than the one that it is of."""
    for number in (0, 1, 2):
        with suppress(OSError):
            os.fstat(number)
            continue
        os.open(os.devnull, os.O_RDWR)  # or the next file that is opened would be the standard output
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]  # where it was closed
        _end(exits.REFUSED, "miyabi-infra cannot write: standard output is closed")
    try:
        here = Path.cwd()
    except FileNotFoundError:
        _end(exits.REFUSED, "miyabi-infra cannot run: the current folder is gone")
    for folder in (here, *here.parents):
        if (folder / "miyabi_infra" / "project.py").is_file():
            if not folder.samefile(ROOT):
                _end(exits.REFUSED, f"this miyabi-infra is of {ROOT}, not of {folder}: run 'make synth' there first")
            break


def _end(code: int, said: str = "") -> NoReturn:
    """End with a line, if anybody reads it; nothing that is not yet written can be."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if said:
        with suppress(OSError, AttributeError, ValueError):
            print(said, file=sys.stderr, flush=True)
    sys.exit(code)


def _crash() -> NoReturn:
    import traceback  # noqa: PLC0415  # hardly ever

    traceback.print_exc()
    _end(exits.CRASHED, f"\nmiyabi-infra failed; this is a fault of the program. {HOW_TO_REPORT}")
