"""What the command `miyabi-infra` runs. Ctrl-C while it imports anything is no crash, so it imports nothing before."""

import sys


def main() -> None:
    """Run the command."""
    try:
        from miyabi_infra.guard import guarded  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.exit(130)
    guarded(_command)


def _command() -> None:
    from miyabi_infra.cli import app  # noqa: PLC0415

    app()
