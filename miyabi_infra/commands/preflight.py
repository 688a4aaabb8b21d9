"""`miyabi-infra preflight`: on the terminal, as JSON, or the IAM policy that it needs."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import typer

from miyabi_infra import exits
from miyabi_infra.aws.client import Aws
from miyabi_infra.aws.preflight import Preflight, policy_of, read
from miyabi_infra.aws.preflight.model import LEVELS, Before
from miyabi_infra.aws.preflight.names import addresses
from miyabi_infra.aws.status.model import Level
from miyabi_infra.overlays.service_levels import service_levels
from miyabi_infra.progress import shown
from miyabi_infra.project import SHARED
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, Stack, chosen
from miyabi_infra.stacks import read as read_stacks

_COLOURS = {Level.OK: "green", Level.NOTE: "yellow", Level.UNKNOWN: "magenta", Level.DEGRADED: "red"}


def run(root: Path, environment: str, *, as_json: bool = False, print_policy: bool = False) -> int:
    """Print what stands in the way of the next apply of an environment; return the exit code.

    Raises:
        Refused: when there is no such environment, its state is not one, or the credentials are of another account.
    """
    stacks = read_stacks(root / OUT)
    (stack,) = chosen(stacks, environment)
    if print_policy:
        print(json.dumps(policy_of(stack), indent=2))
        return exits.FINE
    url = None if environment == SHARED else service_levels(root, environment).url
    before = Before(
        stack,
        _local_state(root, stack),
        image=os.environ.get("TF_VAR_ecr_image_uri", ""),  # noqa: SIM112  # as Terraform is given it
        host=(urlsplit(url).hostname or "") if url and url.startswith("https:") else "",
    )
    with shown():
        found = read(before, Aws(stack.region), stacks)
    if as_json:
        print(json.dumps(found.as_data(), default=str, indent=2))
    else:
        typer.echo(text(found), color=False if "NO_COLOR" in os.environ else None)
    return found.exit_code


def text(found: Preflight) -> str:
    """The preflight for people, with colours, which are removed where the output is not a terminal."""
    stack = found.stack
    who = f"account {found.account} as {found.principal}" if found.account else "no account"
    lines = [f"{stack.name} in {stack.region}, {who}", ""]
    for section in found.sections:
        for index, each in enumerate(section.observations):
            level = LEVELS[each.level]
            mark = level.upper() if each.level > Level.NOTE else level
            styled = typer.style(f"{mark:<9}", fg=_COLOURS[each.level], bold=each.level > Level.NOTE)
            lines.append(f"{section.name if index == 0 else '':<14}  {styled}{each.text}")
    said = {
        "clear": "clear: nothing that was looked at stands in the way",
        "blocked": "blocked: an apply would fail, or what it makes would not work",
        "unknown": "unknown: nothing is known to stand in the way, but not everything could be determined",
    }[found.verdict]
    lines += ["", typer.style(said, fg=_COLOURS[found.level], bold=True)]
    return "\n".join(lines)


def _local_state(root: Path, stack: Stack) -> frozenset[str] | None:
    """Addresses in a local state, which need not be there yet; None for a state in S3."""
    backend = stack.backend.get("local")
    if not isinstance(backend, Mapping):
        return None
    file = (root / OUT / "stacks" / stack.name / str(backend["path"])).resolve()
    if not file.exists():
        return frozenset()
    try:
        return addresses(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{file} is not a state that can be read: {error}") from error
