"""What a command is doing, on a terminal's standard error, when it takes longer than two seconds.

A command opens `shown()` around its work; the code below it says what it does with `step()`. Where standard error is
not a terminal, and outside `shown()`, a step has no effect: pipes, logs and JSON hold the result alone.
"""

import os
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, TextIO, cast

_AFTER: Final = 2.0
"""Seconds of silence at the start: a command that ends by then shows nothing."""

_EVERY: Final = 0.5
"""Seconds between two renewals of the line."""

_COLUMNS: Final = 80
"""Width of a terminal that does not know its own."""

_CLEAR: Final = "\r\x1b[K"


class _Line:
    """One line on a terminal, renewed by a thread: seconds since the start, and the current step."""

    def __init__(self, stream: TextIO, after: float) -> None:
        self._stream = stream
        self._after = after
        self._start = time.monotonic()
        self._text = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="progress", daemon=True)
        self._thread.start()

    def say(self, text: str) -> None:
        self._text = text

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _renew(self) -> None:
        wait, written = self._after, False
        while not self._ended.wait(wait):
            wait = _EVERY
            if self._text:
                width = (os.get_terminal_size(self._stream.fileno()).columns or _COLUMNS) - 1
                self._write(f"{_CLEAR}{f'{time.monotonic() - self._start:3.0f} s  {self._text}'[:width]}")
                written = True
        if written:
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


_lines: list[_Line] = []
"""The lines that are shown; the innermost command's is the last."""


@contextmanager
def shown(*, stream: TextIO | None = None, after: float = _AFTER) -> Generator[None]:
    """Show the steps of what is done inside, on standard error; the line is gone afterwards.

    Args:
        stream: Where instead of standard error.
        after: Seconds before the first step is shown.
    """
    stream = stream or cast("TextIO | None", sys.stderr)  # None where a process has no standard error
    if stream is None or not stream.isatty() or os.environ.get("TERM") == "dumb":
        yield
        return
    line = _Line(stream, after)
    _lines.append(line)
    try:
        yield
    finally:
        _lines.remove(line)
        line.end()


def step(text: str) -> None:
    """Say what is done now, as in `plan miyabi-dev over the state`. Any thread may call it."""
    if _lines:
        _lines[-1].say(text)
