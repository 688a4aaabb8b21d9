"""`miyabi-infra status`: on the terminal, once or repeatedly, or as JSON."""

import json
import os
import sys
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import typer

from miyabi_infra.aws.client import Aws
from miyabi_infra.aws.status import UNKNOWN, Level, Status, as_data, read
from miyabi_infra.overlays.service_levels import service_levels
from miyabi_infra.progress import shown
from miyabi_infra.stacks import OUT, chosen
from miyabi_infra.stacks import read as read_stacks
from miyabi_infra.text import count

INTERVAL: Final = 10
"""Seconds between two readings of `--watch`."""

_MARKS: Final = {Level.OK: "ok", Level.NOTE: "note", Level.UNKNOWN: "UNKNOWN", Level.DEGRADED: "DEGRADED"}
_COLOURS: Final = {Level.OK: "green", Level.NOTE: "yellow", Level.UNKNOWN: "magenta", Level.DEGRADED: "red"}
_CLEAR: Final = "\x1b[H\x1b[J"
_INDENT: Final = 26
_WIDTH: Final = 120


def run(root: Path, environment: str, *, watch: bool = False, probe: bool = False, as_json: bool = False) -> int:
    """Print the status of an environment, with `watch` until Ctrl-C; return the last exit code.

    `probe` also sends one request to the public address, each time.

    Raises:
        Refused: when there is no such environment, it runs no service, or the credentials are of another account.
    """
    (stack,) = chosen(read_stacks(root / OUT), environment)
    aws = Aws(stack.region)
    code = UNKNOWN
    probed = service_levels(root, environment).url or "" if probe else None
    try:
        while True:
            with shown():
                status = read(stack, aws, datetime.now(UTC), probed=probed)
            code = status.exit_code
            if as_json:
                print(json.dumps(as_data(status), default=str, indent=None if watch else 2), flush=True)
            else:
                page = (_CLEAR if watch and sys.stdout.isatty() else "") + text(status)
                typer.echo(page, color=False if "NO_COLOR" in os.environ else None)
            if not watch:
                return code
            time.sleep(INTERVAL)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return code


def text(status: Status) -> str:
    """The status for people, with colours, which are removed where the output is not a terminal."""
    stack = status.stack
    who = f"account {status.account} as {status.principal}" if status.account else "no account"
    lines = [f"{stack.name} in {stack.region}, {who}, {status.time:%Y-%m-%d %H:%M:%S} UTC", ""]
    for section in status.sections:
        for index, found in enumerate(section.observations):
            name = section.name if index == 0 else ""
            mark = typer.style(f"{_MARKS[found.level]:<9}", fg=_COLOURS[found.level], bold=found.level > Level.NOTE)
            wrapped = textwrap.wrap(found.text, _WIDTH - _INDENT, max_lines=3, placeholder=" …") or [""]
            lines.append(f"{name:<15}  {mark}{wrapped[0]}")
            lines += [" " * _INDENT + each for each in wrapped[1:]]
    counted = [
        sum(each.level is level for section in status.sections for each in section.observations) for level in Level
    ]
    summary = f"{status.verdict}: {counted[Level.DEGRADED]} degraded, {counted[Level.UNKNOWN]} not determined"
    summary += f", {count(counted[Level.NOTE], 'note')}"
    lines += ["", typer.style(summary, fg=_COLOURS[status.level], bold=True)]
    return "\n".join(lines)
