"""The command `miyabi-infra`."""

import inspect
import logging
import sys
from collections.abc import Callable, Collection
from importlib import metadata
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from miyabi_infra import exits
from miyabi_infra.guard import guarded
from miyabi_infra.overlays.files import overlay_files
from miyabi_infra.pages.pipelines import Form
from miyabi_infra.project import OUT, ROOT
from miyabi_infra.refused import Refused
from miyabi_infra.synthesis.stale import refuse_stale

app = typer.Typer(
    no_args_is_help=True,
    help="The Miyabi platform's infrastructure. Exit codes of all commands: docs/reference/exit-codes.md.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)

GENERATE: Final = "Generate"
SEE: Final = "See before you apply"
MOVE: Final = "Move from HCL"
OPERATE: Final = "Operate"


def _environments() -> list[str]:
    """The environments that a shell completes."""
    return [file.stem for file in overlay_files(ROOT)]


def _profiles() -> list[str]:
    from miyabi_infra.load.profiles import PROFILES  # noqa: PLC0415  # only a shell that completes asks

    return list(PROFILES)


def _named(environment: str) -> str:
    if not environment:
        raise typer.BadParameter(f"name an environment: {', '.join(_environments())}")
    return environment


Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when files are stale.")]
Env = Annotated[str | None, typer.Option("--env", help="One environment only.", autocompletion=_environments)]
OneEnv = Annotated[
    str,
    typer.Option("--env", metavar="NAME", help="The environment.", autocompletion=_environments, callback=_named),
]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
Format = Annotated[
    Form | None,
    typer.Option("--format", help="text, or what pipelines read: json, sarif, junit, github (annotations)."),
]
Since = Annotated[str | None, typer.Option("--since", metavar="REV", help="Show what changed since a git revision.")]


EVERYTHING: Final = (None,)
"""All stacks, as what a command reads."""


def _exit(command: Callable[[], int], *, reads: Collection[str | None] = ()) -> typer.Exit:
    """The exit of a command; with the reason on standard error when it cannot be carried out.

    `reads`: the environments whose synthesized stacks the command reads, None for all of them. Stale ones are refused.
    """
    try:
        if reads:
            refuse_stale(ROOT, ROOT / OUT, () if None in reads else [each for each in reads if each is not None])
        code = command()
        sys.stdout.flush()
        return typer.Exit(code)
    except BrokenPipeError:
        return typer.Exit(exits.CLOSED)
    except Refused as reason:
        typer.echo(f"{reason}", err=True)
        return typer.Exit(exits.REFUSED)


def _form(form: Form | None, *, as_json: bool) -> Form:
    """How findings are shown: --json is short for --format json."""
    if as_json and form not in (None, "json"):
        raise typer.BadParameter(f"--json is --format json, and not --format {form}: use one of them")
    return "json" if as_json else form or "text"


def _show_version(wanted: bool) -> None:  # noqa: FBT001  # as typer calls it
    if wanted:
        typer.echo(f"miyabi-infra {metadata.version('miyabi-infra')}")
        raise typer.Exit


@app.callback()
def _options(  # pyright: ignore[reportUnusedFunction]  # typer calls it
    *,
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command, for an installation that names this function; `make synth` makes one that names `entry`."""
    guarded(app)


@app.command("set", rich_help_panel=GENERATE)
def set_settings(
    *,
    assignments: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE", help="A setting and its value as YAML: alb.idle_timeout=120."),
    ] = None,
    env: Annotated[
        str,
        typer.Option(
            "--env",
            metavar="NAME",
            help="The environment; `shared`; `base` for what all environments share.",
            autocompletion=_environments,
            callback=_named,
        ),
    ] = "",
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="KEY", help="A setting to take out; may be repeated.")
    ] = None,
) -> None:
    """Write settings into the overlay of an environment, all or none; comments and order stay.

    Exit code 0: the overlay says so now; 2: refused, and nothing was written.
    """
    if not assignments and not remove:
        raise typer.BadParameter("name a setting: KEY=VALUE, or --remove KEY")
    from miyabi_infra.synthesis import runtime  # noqa: PLC0415

    runtime.prepare()
    from miyabi_infra.commands.set import run  # noqa: PLC0415

    raise _exit(lambda: run(ROOT, env, assignments or (), remove or ()))


@app.command(rich_help_panel=GENERATE)
def synth(
    *,
    check: Check = False,
    environment: Annotated[
        str | None, typer.Option("--env", metavar="NAME", help="Only this environment; the output of the others stays.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Keep running, and write after each save.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show how cdktf and its provider are loaded.")] = False,
    form: Format = None,
    as_json: Json = False,
) -> None:
    """Write the Terraform JSON of every stack to cdktf.out.

    Exit code 0: done, or nothing to do; 1: --check found stale files; 2: the overlays have problems.
    """
    if watch and check:
        raise typer.BadParameter("--watch writes and --check does not: use one of them")
    shown = _form(form, as_json=as_json)
    if shown != "text" and not check:
        raise typer.BadParameter(f"--format {shown} shows what --check finds: add --check")
    if verbose:
        logging.basicConfig(level=logging.INFO, format="%(message)s")
    if watch:
        from miyabi_infra.commands.watch import run as keep_up  # noqa: PLC0415  # it leaves cdktf to another process

        raise typer.Exit(keep_up(ROOT, ROOT / OUT, environment))
    from miyabi_infra.commands.synth import run  # noqa: PLC0415
    from miyabi_infra.synthesis import runtime  # noqa: PLC0415

    runtime.leave(run(ROOT, ROOT / OUT, write=not check, environment=environment, form=shown))


@app.command(rich_help_panel=GENERATE)
def docs(*, env: Env = None, check: Check = False) -> None:
    """Write what is generated: guides, reference, pictures (docs/), and the JSON Schemas of the overlays.

    With --env only the guides of one environment (docs/environments/<env>), from its synthesized stack.
    Exit code 0: done, or nothing to do; 1: --check found stale files; 2: wrong use.
    """
    if env is None:
        from miyabi_infra.synthesis import runtime  # noqa: PLC0415

        runtime.prepare()
    from miyabi_infra.commands.docs import run  # noqa: PLC0415

    raise _exit(lambda: run(ROOT, env, check=check), reads=(env,))


@app.command(rich_help_panel=SEE)
def inventory(*, env: Env = None, since: Since = None, as_json: Json = False) -> None:
    """List the resources of each environment: type, module, count, purpose.

    Exit code 0: listed, or no difference; 1: --since found differences; 2: wrong use.
    """
    from miyabi_infra.commands.inventory import run  # noqa: PLC0415

    raise _exit(lambda: run(ROOT, env, since=since, as_json=as_json), reads=(env,))


@app.command(rich_help_panel=SEE)
def diff(
    before: Annotated[str, typer.Argument(help="An environment.", autocompletion=_environments)],
    after: Annotated[str, typer.Argument(help="The environment to compare it with.", autocompletion=_environments)],
    *,
    fail_if_weaker: Annotated[
        bool,
        typer.Option("--fail-if-weaker", help="Exit 1 when AFTER is weaker than BEFORE, or that is unknown."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare two environments argument by argument, with the overlay lines that cause each difference.

    Exit code 0: shown; 1: --fail-if-weaker found AFTER weaker, or cannot tell; 2: wrong use.
    """
    from miyabi_infra.commands.diff import run  # noqa: PLC0415

    raise _exit(lambda: run(ROOT, before, after, fail_if_weaker=fail_if_weaker, as_json=as_json), reads=(before, after))


@app.command(rich_help_panel=SEE)
def cost(
    *,
    env: Env = None,
    since: Since = None,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 when an environment is over its budget.")] = False,
    renew: Annotated[
        str | None, typer.Option("--renew", metavar="REGION", help="Fetch a region's prices from AWS's price list.")
    ] = None,
    price_list: Annotated[
        str, typer.Option("--price-list", metavar="URL", help="The price list, or a copy of it, for --renew.")
    ] = "https://pricing.us-east-1.amazonaws.com",
    as_json: Json = False,
) -> None:
    """Estimate the cost of each environment per month, from list prices; with --env line by line, with sources.

    Exit code 0: within the budget, or no difference; 1: --check found an environment over its monthly_budget, or
    one whose budget cannot be checked, since something has no price; or --since a difference; 2: wrong use; 3:
    --renew did not find every price.
    """
    from miyabi_infra.commands import cost as show  # noqa: PLC0415

    if renew is not None:
        raise _exit(lambda: show.renew(ROOT, renew, price_list))
    raise _exit(lambda: show.run(ROOT, env, since=since, check=check, as_json=as_json), reads=(env,))


@app.command(rich_help_panel=SEE)
def reach(
    source: Annotated[
        str | None,
        typer.Argument(metavar="FROM", help="`internet`, `alb`, `elsewhere` (by VPN), `10.9.0.0/16`, …"),
    ] = None,
    target: Annotated[str | None, typer.Argument(metavar="TO[:PORT]", help="`redis:6379`, `tasks`, …")] = None,
    *,
    env: Env = None,
    since: Since = None,
    as_json: Json = False,
) -> None:
    """Show what can open a connection to what, and which rules allow it; or answer whether FROM can reach TO.

    Exit code without a question 0, with --since 1 when something differs. With a question 0: yes, in an environment
    that was asked about; 1: no; 2: wrong use; 3: it depends on something that the stack does not say.
    """
    from miyabi_infra.commands.reach import run  # noqa: PLC0415

    if source is not None and target is None:
        raise typer.BadParameter("a question needs both FROM and TO[:PORT]")
    question = None if source is None or target is None else (source, target)
    raise _exit(lambda: run(ROOT, env, question, since=since, as_json=as_json), reads=(env,))


@app.command(rich_help_panel=SEE)
def lint(
    *,
    env: Env = None,
    policies: Annotated[
        bool, typer.Option("--policies", help="Run checkov, too, on plans by Terraform. 'make policies' installs it.")
    ] = False,
    fail_on: Annotated[
        str,
        typer.Option(
            "--fail-on",
            metavar="SEVERITY",
            help="Lowest severity for exit code 1, or never.",
        ),
    ] = "warning",
    today: Annotated[
        str | None,
        typer.Option("--today", metavar="DAY", help="Date to compare waivers with: 2027-03-31."),
    ] = None,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules, and why each matters.")] = False,
    form: Format = None,
    as_json: Json = False,
) -> None:
    """Find settings that are allowed, but unwise or inconsistent; lint.waive in the overlay accepts one for a time.

    Exit code 0: no such finding; 1: an error or a warning (--fail-on) that is not waived; 2: wrong use.
    """
    from miyabi_infra.commands import lint as show  # noqa: PLC0415

    shown = _form(form, as_json=as_json)
    if rules:
        if shown not in ("text", "json"):
            raise typer.BadParameter(f"--rules lists the rules, as text or JSON, not as {shown}")
        raise typer.Exit(show.rules(as_json=shown == "json"))
    raise _exit(
        lambda: show.run(ROOT, env, policies=policies, today=today, fail_on=fail_on, form=shown),
        reads=EVERYTHING,  # some rules look at several stacks
    )


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

    raise _exit(lambda: run(ROOT, env, form, out), reads=(env,))


@app.command(rich_help_panel=SEE)
def summary(
    *,
    env: Env = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="REV", help="Git revision. Default: where the branch left main.")
    ] = None,
    plan: Annotated[
        list[Path] | None,
        typer.Option("--plan", metavar="FILE", help="A plan as JSON ('terraform show -json'); can be repeated."),
    ] = None,
) -> None:
    """Write a pull request comment in Markdown: first what is lost, then counts, cost, reachability and causes.

    Exit code 0: nothing changes; 1: something does; 2: wrong use; 3: a plan is not complete, or something could not be
    determined.
    """
    from miyabi_infra.commands.summary import run  # noqa: PLC0415

    raise _exit(lambda: run(ROOT, env, since=since, plans=plan or ()), reads=(env,))


@app.command(rich_help_panel=SEE)
def report(
    *,
    env: OneEnv = "",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write it. Default: ENV.html.")
    ] = None,
) -> None:
    """Write one HTML file with diagram, cost, reachability, settings, inventory and resources.

    Exit code 0: written; 2: wrong use.
    """
    from miyabi_infra.commands.report import run  # noqa: PLC0415

    raise _exit(lambda: run(ROOT, env, out), reads=(env,))


@app.command(rich_help_panel=MOVE)
def parity(
    hcl_dir: Annotated[
        Path, typer.Argument(metavar="HCL_DIR", help="A root module, a folder with one, or a folder of modules.")
    ],
    *,
    env: OneEnv = "",
    var_file: Annotated[
        list[Path] | None,
        typer.Option("--var-file", help="Values of the root's variables. Default: files named after the environment."),
    ] = None,
    var: Annotated[
        list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="A further value of a variable.")
    ] = None,
    workspace: Annotated[
        str | None, typer.Option("--workspace", metavar="NAME", help="The Terraform workspace, where the HCL uses it.")
    ] = None,
    no_plan: Annotated[
        bool, typer.Option("--no-plan", help="Only read the files; do not let Terraform plan both sides.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Also list differences without effect.")] = False,
    form: Format = None,
    as_json: Json = False,
) -> None:
    """Compare hand-written HCL with the generated stack: addresses, values, order, outputs. No AWS.

    Where Terraform is installed, it plans both sides offline, and its plans decide.

    Exit code 0: the same; 1: something differs, or could not be evaluated; 2: wrong use, or HCL that cannot be read.
    """
    from miyabi_infra.commands.parity import run  # noqa: PLC0415

    shown = _form(form, as_json=as_json)

    raise _exit(
        lambda: run(
            ROOT,
            hcl_dir,
            env,
            var_files=var_file or (),
            variables=var or (),
            workspace=workspace,
            plan=not no_plan,
            verbose=verbose,
            form=shown,
        ),
        reads=(env,),
    )


@app.command(rich_help_panel=MOVE)
def adopt(
    *,
    env: OneEnv = "",
    state: Annotated[
        Path | None, typer.Option("--state", metavar="FILE", help="The state. Default: the one in the stack's backend.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the lines that keep today's values into the overlay.")
    ] = False,
    refresh: Annotated[
        bool,
        typer.Option("--refresh", help="Ask AWS what runs, with your credentials. Default: believe the state."),
    ] = False,
    imports: Annotated[
        bool,
        typer.Option("--import", help="Import what exists in AWS and is not in the state, which may be empty."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare the generated stack with a state: what would change, and which overlay line prevents it.

    Only --write writes, and only the overlay and with --import the `import` blocks; the plan is over a copy of the
    state. Exit code 0: no differences, or none with the lines that were written; 1: differences; 2: wrong use, or a
    state that cannot be used.
    """
    from miyabi_infra.synthesis import runtime  # noqa: PLC0415

    runtime.prepare()
    from miyabi_infra.commands.adopt import run  # noqa: PLC0415  # it synthesizes

    raise _exit(lambda: run(ROOT, env, state, write=write, refresh=refresh, imports=imports, as_json=as_json))


@app.command(rich_help_panel=MOVE)
def addresses(
    *,
    env: Env = None,
    since: Since = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare with where the branch left main, or with the previous commit.")
    ] = False,
    form: Format = None,
    as_json: Json = False,
) -> None:
    """List the addresses of resources, or what has changed. They are the contract with every state.

    Exit code 0: listed, or no address was lost; 1: --since or --check found one lost without a declared move; 2: wrong
    use.
    """
    from miyabi_infra.commands.addresses import run  # noqa: PLC0415

    shown = _form(form, as_json=as_json)
    if shown not in ("text", "json") and not check and since is None:
        raise typer.BadParameter(f"--format {shown} shows what was lost: add --check or --since")
    raise _exit(lambda: run(ROOT, env, since=since, check=check, form=shown), reads=(env,))


@app.command(rich_help_panel=OPERATE)
def status(
    *,
    env: OneEnv = "",
    watch: Annotated[bool, typer.Option("--watch", help="Repeat every ten seconds, until Ctrl-C.")] = False,
    probe: Annotated[
        bool,
        typer.Option(
            "--probe",
            help="Also send one request to the public address: service_levels.url, or the load balancer's name.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the health of an environment right now, from its entrance to its cache, alarms and logs; read from AWS.

    Exit code 0: healthy; 1: degraded; 2: wrong use; 3: nothing is known to be degraded, but not everything could be
    determined (permission, credentials, time-out).
    """
    from miyabi_infra.commands.status import run  # noqa: PLC0415  # boto3 takes half a second to import

    raise _exit(lambda: run(ROOT, env, watch=watch, probe=probe, as_json=as_json), reads=(env,))


@app.command(rich_help_panel=OPERATE)
def verify(*, env: OneEnv = "", as_json: Json = False) -> None:
    """Compare what exists in AWS with what was generated, after an apply, without Terraform's state.

    Exit code 0: the same; 1: something is missing, different, or exists in addition; 2: wrong use; 3: no difference
    is known, but not everything could be determined.
    """
    from miyabi_infra.commands.verify import run  # noqa: PLC0415  # boto3 takes half a second to import

    raise _exit(lambda: run(ROOT, env, as_json=as_json), reads=(env,))


@app.command(rich_help_panel=OPERATE)
def preflight(
    *,
    env: OneEnv = "",
    as_json: Json = False,
    print_policy: Annotated[
        bool, typer.Option("--print-policy", help="Print the IAM policy that it needs, and ask AWS nothing.")
    ] = False,
) -> None:
    """Read what would stand in the way of an apply: quotas, zones, names, state, image, secrets, certificates, roles.

    Exit code 0: nothing; 1: something does; 2: wrong use, or credentials of another account; 3: nothing is known to,
    but not everything could be determined.
    """
    from miyabi_infra.commands.preflight import run  # noqa: PLC0415  # boto3 takes half a second to import

    raise _exit(lambda: run(ROOT, env, as_json=as_json, print_policy=print_policy), reads=EVERYTHING)


@app.command(rich_help_panel=OPERATE)
def deploy(
    *,
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="<registry>/<repository>:<tag> or @<digest>.")],
    env: OneEnv = "",
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds that the rollout may take.")] = 900,
    without_migration: Annotated[
        bool, typer.Option("--without-migration", help="Leave the schema alone, as on the way back to an older image.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Let the running service use another image, wait until its tasks are healthy, and go back when they are not.

    Where the environment has a migration (rds.migration_command), the image runs it first; when it fails, nothing else
    is changed.

    For environments whose image Terraform leaves alone (ecs_service.managed_elsewhere). Exit code 0: the image runs;
    1: it was not deployed, the previous image runs; 2: refused, nothing was changed; 3: not known how it ended.
    """
    from miyabi_infra.commands.deploy import run  # noqa: PLC0415  # boto3 takes half a second to import

    raise _exit(
        lambda: run(ROOT, env, image, seconds=timeout, migrate=not without_migration, as_json=as_json), reads=(env,)
    )


@app.command(rich_help_panel=OPERATE)
def load(
    *,
    env: OneEnv = "",
    profile: Annotated[str, typer.Option("--profile", help="baseline, spike or sustained.", autocompletion=_profiles)],
    url: Annotated[str | None, typer.Option("--url", help="Address to load. Default: the environment's own.")] = None,
    allow_host: Annotated[
        str | None, typer.Option("--allow-host", metavar="HOST", help="A host that is not the environment's own.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the result and its plot. Default: load-results.")
    ] = None,
    scale: Annotated[float, typer.Option("--scale", help="Fraction of the profile to run.")] = 1,
    yes: Annotated[bool, typer.Option("--yes", help="Confirm load on an environment with users.")] = False,
    as_json: Json = False,
) -> None:
    """Send a load profile to an environment, and compare latency, throughput and errors with its service_levels.

    Exit code 0: targets met; 1: missed, or not shown to be met; 2: wrong use, or refused; 130: ended by Ctrl-C.
    """
    from miyabi_infra.commands.load import run  # noqa: PLC0415

    raise _exit(
        lambda: run(ROOT, env, profile, url=url, allow_host=allow_host, out=out, scale=scale, yes=yes, as_json=as_json),
        reads=(env,),
    )


for _command in app.registered_commands:  # typer would keep the line breaks of the source, wherever the terminal's are
    _paragraphs = inspect.cleandoc(_command.callback.__doc__ or "" if _command.callback else "").split("\n\n")
    _command.help = "\n\n".join(" ".join(each.split()) for each in _paragraphs)
