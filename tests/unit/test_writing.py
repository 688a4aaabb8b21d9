"""Files are written whole or not at all, on a disk that is full, too."""

import re
import stat
import subprocess
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest

from miyabi_infra.synthesis.render import render
from miyabi_infra.writing import write_whole
from tests.support import Project, copy_of_generator, run_main

OLD = "old\n"


def test_a_file_is_replaced_and_keeps_its_permissions_and_its_link(tmp_path: Path) -> None:
    file, link = tmp_path / "held.md", tmp_path / "link.md"
    file.write_text(OLD)
    file.chmod(0o640)
    link.symlink_to(file)
    write_whole(link, "new ö\n")
    assert link.is_symlink()
    assert file.read_text(encoding="utf-8") == "new ö\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert {each.name for each in tmp_path.iterdir()} == {"held.md", "link.md"}


def test_when_it_can_not_be_written_the_old_one_stays_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "held.md"
    file.write_text(OLD)
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, "new\n")
    assert [each.read_text() for each in tmp_path.iterdir()] == [OLD]


def test_a_pipe_or_a_device_is_written_to() -> None:
    write_whole(Path("/dev/null"), "gone\n")
    assert Path("/dev/null").is_char_device()


def test_an_error_of_a_file_in_nodejs_is_one_in_python(project: Project, tmp_path: Path) -> None:
    (tmp_path / "stacks").write_text("in the way of a folder")
    with pytest.raises(OSError, match=r"stacks"):
        render([project.settings("dev")], tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Path]:
    """A disk with room for the generator and little else."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"only root can mount a disk: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


def synth(checkout: Path) -> tuple[int, str]:
    """The exit code of a synthesis, and what it says on standard error."""
    done = run_main(checkout, PYTHONDONTWRITEBYTECODE="1")
    return done.returncode, done.stderr


@pytest.mark.slow
def test_on_a_full_disk_a_command_is_refused_in_one_line_and_changes_no_file(root: Path, small_disk: Path) -> None:
    checkout = copy_of_generator(root, small_disk / "checkout")
    overlay = checkout / "environments/dev.yaml"
    overlay.write_text(overlay.read_text(encoding="utf-8") + "# changed\nmonitoring:\n  enabled: true\n")
    with (small_disk / "rest").open("wb", buffering=0) as rest, suppress(OSError):  # until it is full
        while True:
            rest.write(b"0" * 4096)
    before = {file: file.read_bytes() for file in checkout.rglob("*") if file.is_file()}

    assert synth(checkout) == (2, "miyabi-infra cannot write or read: No space left on device\n")
    assert {file: file.read_bytes() for file in checkout.rglob("*") if file.is_file()} == before


@pytest.mark.slow
def test_on_a_disk_to_be_read_only_what_has_nothing_to_write_runs(root: Path, small_disk: Path) -> None:
    checkout = copy_of_generator(root, small_disk / "checkout")
    overlay = checkout / "environments/dev.yaml"
    text = overlay.read_text(encoding="utf-8")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    assert synth(checkout) == (0, "")
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    overlay.write_text(text + "monitoring:\n  enabled: true\n")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    code, said = synth(checkout)
    assert code == 2
    assert re.fullmatch(r"miyabi-infra cannot write or read: Read-only file system: \S+\n", said)
