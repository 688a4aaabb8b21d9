"""The command `miyabi-infra`."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from miyabi_infra.project import OUT, ROOT
from miyabi_infra.refused import Refused

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The Miyabi platform's infrastructure.")

GENERATE: Final = "Generate"
SEE: Final = "See before you apply"
MOVE: Final = "Move from HCL"
OPERATE: Final = "Operate"

Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when files are stale.")]
Env = Annotated[str | None, typer.Option("--env", help="One environment only.")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
Since = Annotated[str | None, typer.Option("--diff", metavar="REV", help="What differs from a git revision.")]


def _exit(command: Callable[[], int]) -> typer.Exit:
    """The exit of a command; 2 with the reason on standard error when it can't be carried out."""
    try:
        return typer.Exit(command())
    except Refused as reason:
        typer.echo(f"{reason}", err=True)
        return typer.Exit(2)


@app.callback()
def _commands() -> None:  # pyright: ignore[reportUnusedFunction]  # makes typer keep subcommands
    pass


@app.command(rich_help_panel=GENERATE)
def synth(
    *,
    check: Check = False,
    environment: Annotated[
        str | None, typer.Option("--env", metavar="NAME", help="One environment alone; the others' output stays.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and write again whenever a file is saved.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say how cdktf and its provider are loaded.")] = False,
) -> None:
    """Write the Terraform JSON of every stack to cdktf.out.

    Exit code 0: done, or nothing to do; 1: --check found stale files; 2: the overlays have problems.
    """
    if watch and check:
        raise typer.BadParameter("--watch writes, --check does not: give one of them")
    if verbose:
        logging.basicConfig(level=logging.INFO, format="%(message)s")
    if watch:
        from miyabi_infra.commands.watch import run as keep_up  # noqa: PLC0415  # it leaves cdktf to another process

        raise typer.Exit(keep_up(ROOT, ROOT / OUT, environment))
    from miyabi_infra.commands.synth import run  # noqa: PLC0415
    from miyabi_infra.synthesis import runtime  # noqa: PLC0415

    runtime.leave(run(ROOT, ROOT / OUT, write=not check, environment=environment))


@app.command(rich_help_panel=GENERATE)
def docs(*, env: Env = None, check: Check = False) -> None:
    """Write what is generated: guides, reference, pictures (docs/), and the JSON Schemas of the overlays.

    With --env the guides of one environment alone (docs/environments/<env>), from what is synthesized, in a moment.
    Exit code 0: done, or nothing to do; 1: --check found stale files; 2: wrong use.
    """
    if env is None:
        from miyabi_infra.synthesis import runtime  # noqa: PLC0415

        runtime.prepare()
    from miyabi_infra.commands.docs import run  # noqa: PLC0415

    raise _exit(lambda: run(ROOT, env, check=check))


@app.command(rich_help_panel=SEE)
def inventory(*, env: Env = None, diff: Since = None, as_json: Json = False) -> None:
    """List what exists in each environment: type, module, count, purpose.

    Exit code 0: listed, or no difference; 1: --diff found differences; 2: wrong use.
    """
    from miyabi_infra.commands.inventory import run  # noqa: PLC0415

    raise _exit(lambda: run(ROOT, env, since=diff, as_json=as_json))


@app.command(rich_help_panel=SEE)
def diff(
    before: Annotated[str, typer.Argument(help="An environment.")],
    after: Annotated[str, typer.Argument(help="The environment to hold against it.")],
    *,
    fail_if_weaker: Annotated[
        bool, typer.Option("--fail-if-weaker", help="Exit 1 when AFTER has less than BEFORE of a declared strength.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what two environments do differently, argument by argument, with the overlay lines that cause it.

    Exit code 0: shown; 1: --fail-if-weaker found AFTER weaker; 2: wrong use.
    """
    from miyabi_infra.commands.diff import run  # noqa: PLC0415

    raise _exit(lambda: run(ROOT, before, after, fail_if_weaker=fail_if_weaker, as_json=as_json))


@app.command(rich_help_panel=SEE)
def cost(
    *,
    env: Env = None,
    diff: Since = None,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 when an environment is over its budget.")] = False,
    as_json: Json = False,
) -> None:
    """Estimate what each environment costs a month, from list prices; with --env line by line, with sources.

    Exit code 0: within the budget, or no difference; 1: --check found an environment over its monthly_budget, or
    --diff a difference; 2: wrong use, or a region without prices.
    """
    from miyabi_infra.commands.cost import run  # noqa: PLC0415

    raise _exit(lambda: run(ROOT, env, since=diff, check=check, as_json=as_json))


@app.command(rich_help_panel=SEE)
def reach(
    source: Annotated[str | None, typer.Argument(metavar="FROM", help="`internet`, `alb`, `tasks`, …")] = None,
    target: Annotated[str | None, typer.Argument(metavar="TO[:PORT]", help="`redis:6379`, `tasks`, …")] = None,
    *,
    env: Env = None,
    diff: Since = None,
    as_json: Json = False,
) -> None:
    """Show what can open a connection to what, with the rules that allow it; or answer whether FROM can reach TO.

    Exit code without a question 0, with --diff 1 when something differs. With a question 0: yes, in an environment
    that was asked about; 1: no; 2: wrong use.
    """
    from miyabi_infra.commands.reach import run  # noqa: PLC0415

    if source is not None and target is None:
        raise typer.BadParameter("a question names both: FROM and TO[:PORT]")
    question = None if source is None or target is None else (source, target)
    raise _exit(lambda: run(ROOT, env, question, since=diff, as_json=as_json))


@app.command(rich_help_panel=SEE)
def lint(
    *,
    env: Env = None,
    policies: Annotated[
        bool, typer.Option("--policies", help="Ask checkov too: 'make policies' installs it; Terraform plans for it.")
    ] = False,
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="SEVERITY", help="Least severity for exit code 1; or never.")
    ] = "warning",
    today: Annotated[
        str | None, typer.Option("--today", metavar="DAY", help="Hold waivers against this day, as in 2027-03-31.")
    ] = None,
    rules: Annotated[bool, typer.Option("--rules", help="List what can be found, and what comes of it.")] = False,
    as_json: Json = False,
) -> None:
    """Find what is allowed, and yet does not go together or is unwise; lint.waive in the overlay accepts it for a time.

    Exit code 0: nothing that counts; 1: an error or a warning (--fail-on) that is not waived; 2: wrong use.
    """
    from miyabi_infra.commands import lint as show  # noqa: PLC0415

    if rules:
        raise typer.Exit(show.rules())
    raise _exit(lambda: show.run(ROOT, env, policies=policies, today=today, fail_on=fail_on, as_json=as_json))


@app.command(rich_help_panel=SEE)
def diagram(
    *,
    env: Annotated[str | None, typer.Option("--env", help="The environment.")] = None,
    form: Annotated[Literal["svg", "mermaid"], typer.Option("--format", help="svg or mermaid.")] = "svg",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it to a file instead.")] = None,
) -> None:
    """Print the architecture diagram of an environment. `docs` writes those of all environments to docs/diagrams.

    Exit code 0: printed or written; 2: wrong use.
    """
    from miyabi_infra.commands.diagram import run  # noqa: PLC0415

    raise _exit(lambda: run(ROOT, env, form, out))


@app.command(rich_help_panel=SEE)
def summary(
    *,
    env: Env = None,
    diff: Annotated[
        str | None, typer.Option("--diff", metavar="REV", help="Git revision. Default: where the branch left main.")
    ] = None,
    plan: Annotated[
        list[Path] | None,
        typer.Option("--plan", metavar="FILE", help="Plan by terraform show -json; as many as wanted."),
    ] = None,
) -> None:
    """Write a pull request's comment in Markdown: what is lost first, then counts, cost, reachability, causes.

    Exit code 0: nothing changes; 1: something does; 2: wrong use.
    """
    from miyabi_infra.commands.summary import run  # noqa: PLC0415

    raise _exit(lambda: run(ROOT, env, since=diff, plans=plan or ()))


@app.command(rich_help_panel=SEE)
def report(
    *,
    env: Annotated[str, typer.Option("--env", help="The environment.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write it. Default: ENV.html.")
    ] = None,
) -> None:
    """Write one HTML file that joins picture, cost, reachability, settings, inventory and resources.

    Exit code 0: written; 2: wrong use.
    """
    from miyabi_infra.commands.report import run  # noqa: PLC0415

    raise _exit(lambda: run(ROOT, env, out))


@app.command(rich_help_panel=MOVE)
def parity(
    hcl_dir: Annotated[
        Path, typer.Argument(metavar="HCL_DIR", help="A root module, a folder that holds one, or a folder of modules.")
    ],
    *,
    env: Annotated[str, typer.Option("--env", metavar="NAME", help="The environment.")],
    var_file: Annotated[
        list[Path] | None,
        typer.Option("--var-file", help="Values of the root's variables. Default: files named after the environment."),
    ] = None,
    var: Annotated[
        list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="A further value of a variable.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="List what differs without effect, too.")] = False,
    as_json: Json = False,
) -> None:
    """Hold hand-written HCL against the generated stack: addresses, values, order, outputs. No Terraform, no AWS.

    Exit code 0: the same; 1: something differs, or can't be told; 2: wrong use, or HCL that can't be read.
    """
    from miyabi_infra.commands.parity import run  # noqa: PLC0415

    raise _exit(
        lambda: run(ROOT, hcl_dir, env, var_files=var_file or (), variables=var or (), verbose=verbose, as_json=as_json)
    )


@app.command(rich_help_panel=MOVE)
def adopt(
    *,
    env: Annotated[str, typer.Option("--env", metavar="NAME", help="The environment whose stack it is.")],
    state: Annotated[
        Path | None, typer.Option("--state", metavar="FILE", help="The state. Default: the one in the stack's backend.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Put the lines that keep today's values into the overlay.")
    ] = False,
    refresh: Annotated[
        bool,
        typer.Option("--refresh", help="Ask AWS what runs, with your credentials, not the state alone."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Hold the generated stack against a state that runs today: what would change, and which overlay line prevents it.

    Nothing but the overlay is ever written, and that with --write alone; the state is planned over in a copy.
    Exit code 0: no differences, or none with the lines that were written; 1: differences; 2: wrong use, or a state
    that can't be used.
    """
    from miyabi_infra.synthesis import runtime  # noqa: PLC0415

    runtime.prepare()
    from miyabi_infra.commands.adopt import run  # noqa: PLC0415  # it synthesizes

    raise _exit(lambda: run(ROOT, env, state, write=write, refresh=refresh, as_json=as_json))


@app.command(rich_help_panel=MOVE)
def addresses(
    *,
    env: Env = None,
    diff: Since = None,
    check: Annotated[
        bool, typer.Option("--check", help="As --diff with where the branch left main, or with the commit before.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the addresses of resources, which are the contract with every state, or what has become of them.

    Exit code 0: listed, or no address was lost; 1: --diff or --check found one lost without a declared move; 2: wrong
    use.
    """
    from miyabi_infra.commands.addresses import run  # noqa: PLC0415

    raise _exit(lambda: run(ROOT, env, since=diff, check=check, as_json=as_json))


@app.command(rich_help_panel=OPERATE)
def status(
    *,
    env: Annotated[str, typer.Option("--env", help="The environment.")],
    watch: Annotated[bool, typer.Option("--watch", help="Look again every ten seconds, until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """Show the health of an environment right now: service, targets, capacity, cache, alarms, logs; read from AWS.

    Exit code 0: healthy; 1: degraded; 2: wrong use; 3: nothing is known to be degraded, but not everything could be
    determined (permission, credentials, time-out).
    """
    from miyabi_infra.commands.status import run  # noqa: PLC0415  # boto3 takes half a second to import

    raise _exit(lambda: run(ROOT, env, watch=watch, as_json=as_json))


@app.command(rich_help_panel=OPERATE)
def verify(*, env: Annotated[str, typer.Option("--env", help="The environment.")], as_json: Json = False) -> None:
    """Compare what exists in AWS with what was generated, after an apply, without Terraform's state.

    Exit code 0: the same; 1: something is missing, different, or exists in addition; 2: wrong use; 3: no difference
    is known, but not everything could be determined.
    """
    from miyabi_infra.commands.verify import run  # noqa: PLC0415  # boto3 takes half a second to import

    raise _exit(lambda: run(ROOT, env, as_json=as_json))


@app.command(rich_help_panel=OPERATE)
def load(
    *,
    env: Annotated[str, typer.Option("--env", help="The environment.")],
    profile: Annotated[str, typer.Option("--profile", help="baseline, spike or sustained.")],
    url: Annotated[str | None, typer.Option("--url", help="Address to load. Default: the environment's own.")] = None,
    allow_host: Annotated[
        str | None, typer.Option("--allow-host", metavar="HOST", help="A host that is not the environment's own.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the result and its plot. Default: load-results.")
    ] = None,
    scale: Annotated[float, typer.Option("--scale", help="Share of the profile to run: a rehearsal.")] = 1,
    yes: Annotated[bool, typer.Option("--yes", help="Load an environment whose users would feel it.")] = False,
    as_json: Json = False,
) -> None:
    """Send a load profile to an environment, and judge latency, throughput and errors by its service_levels.

    Exit code 0: targets met; 1: missed, or not shown to be met; 2: wrong use, or refused; 130: ended by Ctrl-C.
    """
    from miyabi_infra.commands.load import run  # noqa: PLC0415

    raise _exit(
        lambda: run(ROOT, env, profile, url=url, allow_host=allow_host, out=out, scale=scale, yes=yes, as_json=as_json)
    )
