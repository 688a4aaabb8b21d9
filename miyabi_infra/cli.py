"""The command `miyabi-infra`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The Miyabi platform's infrastructure.")

Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when files are stale.")]


@app.callback()
def _commands() -> None:  # pyright: ignore[reportUnusedFunction]  # makes typer keep subcommands
    pass


@app.command()
def synth(*, check: Check = False) -> None:
    """Write the Terraform JSON of every stack to cdktf.out.

    Exit code 0: done, or nothing to do; 1: --check found stale files; 2: the overlays have problems.
    """
    from miyabi_infra import runtime  # noqa: PLC0415  # only what needs cdktf waits for it

    runtime.prepare()
    from miyabi_infra.synth import ROOT, run  # noqa: PLC0415  # cdktf starts Node.js when it is imported

    raise typer.Exit(run(ROOT, ROOT / "cdktf.out", write=not check))


@app.command()
def docs(*, check: Check = False) -> None:
    """Write the generated reference (docs/reference) and the JSON Schemas of the overlays.

    Exit code 0: done, or nothing to do; 1: --check found stale files.
    """
    from miyabi_infra import runtime  # noqa: PLC0415

    runtime.prepare()
    from miyabi_infra.reference import write  # noqa: PLC0415

    raise typer.Exit(write(Path(__file__).resolve().parent.parent, check=check))
