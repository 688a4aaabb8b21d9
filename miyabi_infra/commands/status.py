"""`miyabi-infra status`: on the terminal, once or again and again, or as JSON."""

import json
import sys
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import typer

from miyabi_infra.aws.client import Aws
from miyabi_infra.aws.status import Level, Status, as_data, read, verdict
from miyabi_infra.stacks import OUT, chosen
from miyabi_infra.stacks import read as read_stacks
from miyabi_infra.text import count

UNKNOWN: Final = 3
"""Exit code when nothing can be told, also because somebody pressed Ctrl-C before the first answer."""
INTERVAL: Final = 10
"""Seconds between two looks of `--watch`."""

_MARKS: Final = {Level.OK: "ok", Level.NOTE: "note", Level.UNKNOWN: "UNKNOWN", Level.DEGRADED: "DEGRADED"}
_COLOURS: Final = {Level.OK: "green", Level.NOTE: "yellow", Level.UNKNOWN: "magenta", Level.DEGRADED: "red"}
_CLEAR: Final = "\x1b[H\x1b[J"
_INDENT: Final = 26
_WIDTH: Final = 120


def run(root: Path, environment: str, *, watch: bool = False, as_json: bool = False) -> int:
    """Print the status of an environment, with `watch` until Ctrl-C; return the exit code of the last look.

    Raises:
        Refused: when there is no such environment, or it runs no service.
    """
    (stack,) = chosen(read_stacks(root / OUT), environment)
    aws = Aws(stack.region)
    code = UNKNOWN
    try:
        while True:
            status = read(stack, aws, datetime.now(UTC))
            code = status.exit_code
            if as_json:
                print(json.dumps(as_data(status), default=str, indent=None if watch else 2), flush=True)
            else:
                typer.echo((_CLEAR if watch and sys.stdout.isatty() else "") + text(status))
            if not watch:
                return code
            time.sleep(INTERVAL)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return code


def text(status: Status) -> str:
    """The status for people; colours are left out where it is no terminal that reads."""
    stack = status.stack
    who = f"account {status.account} as {status.principal}" if status.account else "no account"
    lines = [f"{stack.name} in {stack.region}, {who}, {status.time:%Y-%m-%d %H:%M:%S} UTC", ""]
    for section in status.sections:
        for index, found in enumerate(section.findings):
            name = section.name if index == 0 else ""
            mark = typer.style(f"{_MARKS[found.level]:<9}", fg=_COLOURS[found.level], bold=found.level > Level.NOTE)
            wrapped = textwrap.wrap(found.text, _WIDTH - _INDENT, max_lines=3, placeholder=" …") or [""]
            lines.append(f"{name:<15}  {mark}{wrapped[0]}")
            lines += [" " * _INDENT + each for each in wrapped[1:]]
    counted = [
        sum(found.level is level for section in status.sections for found in section.findings) for level in Level
    ]
    summary = f"{verdict(status)}: {counted[Level.DEGRADED]} degraded, {counted[Level.UNKNOWN]} not readable"
    summary += f", {count(counted[Level.NOTE], 'note')}"
    lines += ["", typer.style(summary, fg=_COLOURS[status.level], bold=True)]
    return "\n".join(lines)
