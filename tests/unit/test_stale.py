"""Stale output is never believed: every command that reads it refuses it, by the keys or by a synthesis."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from miyabi_infra import cli
from miyabi_infra.commands.watch import write
from miyabi_infra.overlays.problems import OverlayError
from miyabi_infra.synthesis import with_cdktf
from miyabi_infra.synthesis.publish import Change
from miyabi_infra.synthesis.result import UnknownEnvironmentError
from miyabi_infra.synthesis.stale import StaleError, refuse_stale
from miyabi_infra.synthesis.unchanged import FILE
from tests.support import Project

WITHOUT_OUTPUT = {
    "synth": "it writes the output",
    "adopt": "it synthesizes what it compares",
    "set": "it changes overlays",
}
"""Commands that read no output, and why."""

READING = {
    "docs": ["--check"],
    "inventory": [],
    "diff": ["dev", "prod"],
    "cost": [],
    "reach": [],
    "lint": [],
    "diagram": [],
    "summary": [],
    "report": ["--env", "dev"],
    "parity": [".", "--env", "dev"],
    "addresses": [],
    "status": ["--env", "dev"],
    "verify": ["--env", "dev"],
    "preflight": ["--env", "dev"],
    "deploy": ["image", "--env", "dev"],
    "load": ["--env", "dev", "--profile", "baseline"],
}


@pytest.fixture
def taken(project: Project, output: Path) -> Project:
    project.take(output)
    return project


def test_output_that_is_what_the_overlays_say_is_read_without_a_synthesis(
    taken: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(with_cdktf, "synthesize")
    refuse_stale(taken.root, taken.out)


def test_a_changed_overlay_makes_its_own_stack_stale(taken: Project) -> None:
    taken.change("prod", ("enable_deletion_protection: true", "enable_deletion_protection: false"))
    with pytest.raises(StaleError) as refused:
        refuse_stale(taken.root, taken.out)
    assert str(refused.value) == ("cdktf.out is stale: run 'make synth'. It is not what the overlays say: miyabi-prod")
    refuse_stale(taken.root, taken.out, ["dev"])
    with pytest.raises(StaleError, match="miyabi-prod"):
        refuse_stale(taken.root, taken.out, ["dev", "prod"])


def test_a_comment_makes_nothing_stale_and_is_remembered(taken: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    file = taken.overlay("dev")
    file.write_text(file.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    refuse_stale(taken.root, taken.out)
    monkeypatch.delattr(with_cdktf, "synthesize")
    refuse_stale(taken.root, taken.out)


def test_a_removed_environment_is_named(taken: Project) -> None:
    taken.overlay("staging").unlink()
    with pytest.raises(StaleError, match=r"miyabi-staging \(no overlay describes it\)"):
        refuse_stale(taken.root, taken.out)
    with pytest.raises(UnknownEnvironmentError):
        refuse_stale(taken.root, taken.out, ["staging"])


def test_output_that_somebody_edited_is_stale(taken: Project) -> None:
    with taken.body("dev", "alb") as body:
        body["resource"]["aws_lb"]["main"]["enable_deletion_protection"] = True
    with pytest.raises(StaleError, match=r"miyabi-dev$"):
        refuse_stale(taken.root, taken.out)


def test_overlays_that_are_refused_make_their_stack_unbelievable_and_no_other(taken: Project) -> None:
    taken.write("prod", "region: 1\n")
    refuse_stale(taken.root, taken.out, ["dev"])
    with pytest.raises(OverlayError):
        refuse_stale(taken.root, taken.out, ["prod"])


def test_a_fresh_clone_is_checked_once_also_where_nothing_can_be_written(
    taken: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> object:
        raise OSError(30, "Read-only file system")

    (taken.out / FILE).unlink()
    with monkeypatch.context() as patched:
        patched.setattr("miyabi_infra.synthesis.unchanged.write_whole", full)
        refuse_stale(taken.root, taken.out)
    assert not (taken.out / FILE).exists()
    refuse_stale(taken.root, taken.out)
    assert set(json.loads((taken.out / FILE).read_text(encoding="utf-8"))) == {"dev", "prod", "staging", "shared"}


def test_every_command_reads_output_or_is_known_not_to() -> None:
    commands = {str(each.name or getattr(each.callback, "__name__", "")) for each in cli.app.registered_commands}
    assert commands == {*READING, *WITHOUT_OUTPUT}


@pytest.mark.parametrize("command", READING)
def test_a_command_refuses_stale_output(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stale(_root: Path, out: Path, _environments: object) -> None:
        raise StaleError(out, [Change("change", Path("stacks/miyabi-prod/cdk.tf.json"))])

    monkeypatch.setattr(cli, "refuse_stale", stale)
    done = CliRunner().invoke(cli.app, [command, *READING[command]])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "cdktf.out is stale: run 'make synth'" in done.stderr


def test_watch_names_what_it_did_to_a_renamed_environment(taken: Project, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.move(taken.overlay("staging"), taken.overlay("stage"))
    write(taken.root, taken.out, None)
    assert "miyabi-stage written, miyabi-staging removed" in capsys.readouterr().out
    (taken.out / "manifest.json").unlink()
    write(taken.root, taken.out, None)
    assert "manifest.json written" in capsys.readouterr().out
