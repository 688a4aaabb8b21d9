"""The command itself: help, version, shell completion, exit codes, and what a crash looks like."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from miyabi_infra import cli, entry, exits, guard
from miyabi_infra.project import ROOT

RUNNER = CliRunner()
COMMANDS = [str(each.name or getattr(each.callback, "__name__", "")) for each in cli.app.registered_commands]


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=lambda command: " ".join(command) or "-")
def test_h_is_help(command: tuple[str, ...]) -> None:
    short, long = (RUNNER.invoke(cli.app, [*command, option]) for option in ("-h", "--help"))
    assert (short.exit_code, short.output) == (0, long.output)
    assert "Usage:" in short.output


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_says_its_exit_codes(command: str) -> None:
    assert "Exit code" in RUNNER.invoke(cli.app, [command, "-h"]).output


def test_a_paragraph_of_help_is_one_line_that_the_terminal_breaks() -> None:
    found = [each.help for each in cli.app.registered_commands]
    assert [text for text in found if not text or "\n" in text.replace("\n\n", "")] == []


@pytest.mark.slow
def test_only_adopt_waits_for_cdktf_before_it_knows_what_to_do(root: Path) -> None:
    commands = ", ".join(f"miyabi_infra.commands.{each}" for each in COMMANDS if each != "adopt")
    asked = f"import sys, {commands}; print(sorted({{'cdktf', 'jsii'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", asked], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_version_is_the_packages() -> None:
    assert RUNNER.invoke(cli.app, ["--version"]).output == "miyabi-infra 0.1.0\n"


def completed(root: Path, shell: str, words: str, home: Path) -> list[str]:
    """What a shell is told to complete `words` with."""
    variables = {
        "bash": {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)},
        "zsh": {"_TYPER_COMPLETE_ARGS": words},
        "fish": {"_TYPER_COMPLETE_ARGS": words, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }[shell]
    done = subprocess.run(
        [Path(sys.executable).with_name("miyabi-infra")],
        cwd=root,
        env={**os.environ, "HOME": str(home), "_MIYABI_INFRA_COMPLETE": f"complete_{shell}", **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return re.findall(r"[\w-]+", done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_commands_and_environments_are_completed(root: Path, shell: str, tmp_path: Path) -> None:
    assert "synth" in completed(root, shell, "miyabi-infra syn", tmp_path)
    assert {"dev", "prod", "staging", "shared"} <= set(completed(root, shell, "miyabi-infra cost --env ", tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shell", "file"),
    [
        ("bash", ".bash_completions/miyabi-infra.sh"),
        ("zsh", ".zfunc/_miyabi-infra"),
        ("fish", ".config/fish/completions/miyabi-infra.fish"),
    ],
)
def test_completion_is_installed(root: Path, shell: str, file: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("miyabi-infra"), "--install-completion", shell],
        cwd=root,
        env={**os.environ, "HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "completion installed" in done.stdout
    assert "miyabi-infra" in (tmp_path / file).read_text(encoding="utf-8")


def test_a_crash_is_no_result_and_says_how_to_report_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(*_arguments: object, **_named: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr("miyabi_infra.commands.inventory.run", crash)
    monkeypatch.setattr(sys, "argv", ["miyabi-infra", "inventory"])
    with pytest.raises(SystemExit) as ended:
        entry.main()
    said = capsys.readouterr().err
    assert ended.value.code == exits.CRASHED
    assert "ZeroDivisionError" in said
    assert said.endswith(f"miyabi-infra failed; this is a fault of the program. {guard.HOW_TO_REPORT}\n")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full here")
def test_output_that_cannot_be_written_is_one_line_and_no_crash(root: Path) -> None:
    for arguments in (["inventory"], ["lint", "--rules"], ["cost", "--json"]):
        with Path("/dev/full").open("w", encoding="utf-8") as full:
            done = subprocess.run(
                [Path(sys.executable).with_name("miyabi-infra"), *arguments],
                cwd=root,
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        said = "miyabi-infra cannot write or read: No space left on device\n"
        assert (done.returncode, done.stderr) == (exits.REFUSED, said)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(30, "Read-only file system", "dev.html"), exits.REFUSED, "Read-only file system: dev.html\n"),
        (OSError(2, "No such file", "x"), exits.CRASHED, "fault of the program"),
        (KeyboardInterrupt(), exits.INTERRUPTED, ""),
    ],
)
def test_what_a_disk_does_is_one_line_and_ctrl_c_has_its_code(
    error: BaseException, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    def stay(_new: int, _old: int) -> None:
        """Leave the standard output of the tests alone."""

    monkeypatch.setattr(cli, "app", fail)
    monkeypatch.setattr("os.dup2", stay)
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == code
    shown = capsys.readouterr().err
    assert said in shown
    assert ("Traceback" in shown) == (code == exits.CRASHED)


def test_an_unknown_option_is_wrong_use() -> None:
    assert RUNNER.invoke(cli.app, ["inventory", "--no-such-option"]).exit_code == exits.REFUSED


@pytest.mark.parametrize("command", ["adopt", "load --profile spike", "preflight", "report", "status", "verify"])
def test_a_command_for_one_environment_says_which_there_are(command: str) -> None:
    found = RUNNER.invoke(cli.app, command.split())
    assert found.exit_code == exits.REFUSED
    assert "name an environment: dev, prod, shared, staging" in found.output


def test_every_exit_code_is_documented(root: Path) -> None:
    page = (root / "docs/reference/exit-codes.md").read_text(encoding="utf-8")
    codes = {value for name, value in vars(exits).items() if name.isupper()}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == codes


@pytest.mark.slow
def test_no_colour_where_the_output_is_no_terminal_or_nobody_wants_it(root: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("miyabi-infra"), "-h"], cwd=root, capture_output=True, text=True, check=True
    )
    assert "\x1b[" not in done.stdout


RUN = "from miyabi_infra.entry import main; main()"


def ran(folder: Path, *arguments: str, code: str = RUN, **options: Any) -> tuple[int, str]:  # noqa: ANN401  # of Popen
    """Exit code and standard error of the command, run in a folder."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        **options,
    )
    return done.returncode, done.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
def test_when_nobody_reads_any_more_the_command_ends_as_others_do(root: Path) -> None:
    for arguments in (["lint", "--rules"], ["lint", "--help"]):
        reader, writer = os.pipe()
        os.close(reader)
        assert ran(root, *arguments, stdout=writer) == (exits.CLOSED, "")
        os.close(writer)


@pytest.mark.skipif(os.name == "nt", reason="descriptors are others there")
def test_a_closed_standard_output_is_refused(root: Path) -> None:
    closed = f"import os; os.close(1); import sys; sys.stdout = None; {RUN}"
    said = "miyabi-infra cannot write: standard output is closed\n"
    assert ran(root, "lint", "--rules", code=closed) == (exits.REFUSED, said)


@pytest.mark.slow
@pytest.mark.parametrize("module", ["miyabi_infra.guard", "miyabi_infra.cli", "typer", "miyabi_infra.commands.lint"])
def test_ctrl_c_while_something_is_imported_is_no_crash(root: Path, module: str) -> None:
    interrupt = f"""
import sys
class Interrupt:
    def find_spec(name, *_):
        if name == {module!r}:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupt)
{RUN}
"""
    assert ran(root, "lint", "--rules", code=interrupt) == (exits.INTERRUPTED, "")


def test_a_command_of_another_checkout_is_refused(tmp_path: Path) -> None:
    package = tmp_path / "moved/miyabi_infra"
    package.mkdir(parents=True)
    package.joinpath("project.py").touch()
    code, said = ran(tmp_path / "moved", "lint", "--rules", code=f"import sys; sys.path.remove(''); {RUN}")
    here = tmp_path / "moved"
    assert said == f"this miyabi-infra is of {ROOT}, not of {here}: run 'make synth' there first\n"
    assert code == exits.REFUSED


def test_a_folder_that_is_gone_is_one_line(tmp_path: Path) -> None:
    gone = f"import os; os.rmdir(os.getcwd()); {RUN}"
    said = "miyabi-infra cannot run: the current folder is gone\n"
    tmp_path.joinpath("gone").mkdir()
    assert ran(tmp_path / "gone", "lint", "--rules", code=gone) == (exits.REFUSED, said)


def test_make_installs_again_where_a_clone_was_moved(root: Path, tmp_path: Path) -> None:
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(root / name, tmp_path)
    stamp = tmp_path / ".venv/.runtime"
    stamp.parent.mkdir()
    for place, again in (("/elsewhere\n", True), (f"{tmp_path}\n", False), ("", False)):
        stamp.write_text(place, encoding="utf-8")
        done = subprocess.run(["make", "-n", "synth"], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert ("rm -rf .venv" in done.stdout) is again
