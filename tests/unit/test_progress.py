"""Progress: shown on a terminal, when a command takes its time, and nowhere else."""

import os
import pty
import select
import time
from collections.abc import Generator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import TextIO

import pytest

from miyabi_infra import progress

AT_ONCE = 0.0


@pytest.fixture
def terminal() -> Generator[tuple[TextIO, int]]:
    """A terminal's stream, and the file descriptor from which what it shows is read."""
    screen, end = pty.openpty()
    with open(end, "w", encoding="utf-8") as stream:  # noqa: PTH123  # of a file descriptor
        yield stream, screen
    os.close(screen)


def read(screen: int) -> str:
    """All that the terminal shows: it hands on what was written a moment later, and in parts."""
    said = b""
    while select.select([screen], [], [], 0.2)[0]:
        said += os.read(screen, 10_000)
    return said.decode()


def test_a_step_is_shown_on_a_terminal_and_cleared_at_the_end(terminal: tuple[TextIO, int]) -> None:
    stream, screen = terminal
    with progress.shown(stream=stream, after=AT_ONCE):
        progress.step("plan miyabi-dev")
        time.sleep(1.2)
    said = read(screen)
    assert "s  plan miyabi-dev" in said
    assert said.endswith("\r\x1b[K")


def test_what_ends_soon_shows_nothing(terminal: tuple[TextIO, int]) -> None:
    stream, screen = terminal
    with progress.shown(stream=stream):
        progress.step("plan miyabi-dev")
    assert read(screen) == ""


def test_without_a_terminal_nothing_is_written(tmp_path: Path) -> None:
    for stream in (StringIO(), (tmp_path / "log").open("w", encoding="utf-8")):
        with closing(stream), progress.shown(stream=stream, after=AT_ONCE):
            progress.step("plan miyabi-dev")
            time.sleep(0.1)
            assert stream.tell() == 0


def test_a_step_outside_of_a_command_has_no_effect() -> None:
    progress.step("plan miyabi-dev")
