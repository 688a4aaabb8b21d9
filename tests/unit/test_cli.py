"""The command line: what it prints and how it exits."""

import json
from pathlib import Path

import pytest

from environments.settings import EnvironmentSettings
from miyabi_infra.commands.synth import run
from miyabi_infra.pages.reference import schema
from tests.support import Project


def test_a_check_of_fresh_output_exits_with_0(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.synthesize()
    assert run(project.root, project.out, write=False) == 0
    assert capsys.readouterr().err == ""


def test_a_check_of_stale_output_names_the_files_and_writes_nothing(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.root)
    project.synthesize()
    file = project.out / "stacks/miyabi-dev/modules/ecs/main.tf.json"
    before = file.read_bytes()
    project.change("dev", ("LOG_LEVEL: info", "LOG_LEVEL: debug"))
    assert run(project.root, project.out, write=False) == 1
    assert capsys.readouterr().err == (
        "change: cdktf.out/stacks/miyabi-dev/modules/ecs/main.tf.json\n"
        "\ncdktf.out is stale: run 'make synth' and commit what it writes.\n"
    )
    assert file.read_bytes() == before


def test_an_overlay_that_is_refused_makes_no_output_folder(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("qa", "region: 1\n")
    assert run(project.root, project.out, write=True) == 2
    assert capsys.readouterr().err.endswith("\n3 problems in the overlays; nothing was written.\n")
    assert not project.out.exists()


def test_the_schema_asks_for_nothing_that_the_base_may_say() -> None:
    found = schema(EnvironmentSettings)
    assert '"required":' not in json.dumps(found)
    assert "environment" not in found["properties"]


def test_every_setting_is_documented(root: Path) -> None:
    text = (root / "docs/reference/settings.md").read_text(encoding="utf-8")  # what `tests/test_golden.py` holds it to
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    undocumented = [row for row in rows if not row.rsplit("|", 2)[1].strip()]
    assert len(rows) > 60
    assert undocumented == []
    assert "`environments/<environment>/terraform.tfstate`" in text
    assert [part for row in rows for part in row.split("`")[1::2] if "&lt;" in part] == []


def test_every_overlay_names_its_schema(root: Path) -> None:
    for overlay in (root / "environments").glob("*.yaml"):
        name = "shared.schema.json" if overlay.stem == "shared" else "schema.json"
        first = overlay.read_text(encoding="utf-8").splitlines()[0]
        assert first == f"# yaml-language-server: $schema={name}"
