"""Publishing replaces what the generator made, and touches nothing else."""

from pathlib import Path

import pytest

from miyabi_infra.synthesis.publish import Change, changes, publish


def tree(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): file.read_text(encoding="utf-8") for file in folder.rglob("*") if file.is_file()
    }


FRESH = {
    "manifest.json": "new",
    "stacks/miyabi-dev/cdk.tf.json": "same",
    "stacks/miyabi-dev/modules/alb/main.tf.json": "new",
    "stacks/miyabi-qa/cdk.tf.json": "new",
}
OLD = {
    "manifest.json": "old",
    "stacks/miyabi-dev/cdk.tf.json": "same",
    "stacks/miyabi-dev/modules/gone/main.tf.json": "old",
    "stacks/miyabi-gone/cdk.tf.json": "old",
    "stacks/miyabi-gone/modules/alb/main.tf.json": "old",
}
TERRAFORMS = {
    "stacks/miyabi-dev/.terraform/providers/x": "a provider",
    "stacks/miyabi-dev/.terraform/modules/modules.json": "{}",
    "stacks/miyabi-dev/.terraform.lock.hcl": "hashes",
    "stacks/miyabi-dev/terraform.tfstate": "a state",
    "stacks/miyabi-dev/terraform.tfstate.backup": "an older state",
    "stacks/miyabi-dev/notes_override.tf.json": "a user's own",
    "stacks/miyabi-dev/modules/alb/notes.md": "a user's own",
    "stacks/miyabi-gone/terraform.tfstate": "a state that nobody may lose",
}


def test_changes_are_what_differs(tmp_path: Path) -> None:
    fresh, out = tree(tmp_path / "fresh", FRESH), tree(tmp_path / "out", OLD | TERRAFORMS)
    assert changes(fresh, out) == [
        Change("change", Path("manifest.json")),
        Change("add", Path("stacks/miyabi-dev/modules/alb/main.tf.json")),
        Change("add", Path("stacks/miyabi-qa/cdk.tf.json")),
        Change("remove", Path("stacks/miyabi-dev/modules/gone/main.tf.json")),
        Change("remove", Path("stacks/miyabi-gone/cdk.tf.json")),
        Change("remove", Path("stacks/miyabi-gone/modules/alb/main.tf.json")),
    ]


def test_publishing_leaves_what_terraform_and_people_keep_there(tmp_path: Path) -> None:
    fresh, out = tree(tmp_path / "fresh", FRESH), tree(tmp_path / "out", OLD | TERRAFORMS)
    publish(changes(fresh, out), fresh, out)
    assert contents(out) == FRESH | TERRAFORMS


def test_folders_that_became_empty_are_removed(tmp_path: Path) -> None:
    fresh, out = tree(tmp_path / "fresh", FRESH), tree(tmp_path / "out", OLD)
    publish(changes(fresh, out), fresh, out)
    assert sorted(folder.name for folder in (out / "stacks").iterdir()) == ["miyabi-dev", "miyabi-qa"]


def test_a_file_that_did_not_change_is_not_written(tmp_path: Path) -> None:
    fresh, out = tree(tmp_path / "fresh", FRESH), tree(tmp_path / "out", OLD)
    untouched = out / "stacks/miyabi-dev/cdk.tf.json"
    before = untouched.stat()
    publish(changes(fresh, out), fresh, out)
    assert (before.st_mtime_ns, before.st_ino) == (untouched.stat().st_mtime_ns, untouched.stat().st_ino)


def test_a_full_disk_leaves_the_old_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh, out = tree(tmp_path / "fresh", FRESH), tree(tmp_path / "out", OLD)
    found = changes(fresh, out)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(OSError, match="No space left"):
        publish(found, fresh, out)
    assert contents(out) == OLD
