"""What is unchanged is skipped, and nothing else: each input that changes, and each output, is noticed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.commands.synth import run
from miyabi_infra.overlays import loading
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.loading import check
from miyabi_infra.overlays.problems import OverlayError
from miyabi_infra.synthesis import unchanged
from miyabi_infra.synthesis.publish import changes
from miyabi_infra.synthesis.synth import synthesize
from miyabi_infra.synthesis.unchanged import FILE, remember
from tests.support import Project

pytestmark = pytest.mark.slow

ALL = ["dev", "prod", "shared", "staging"]


@pytest.fixture
def synthesized(project: Project, output: Path) -> Project:
    """A project whose output is written and remembered; `output` was made from the same overlays."""
    project.take(output)
    assert sorted(remember(project.root, project.out).kept) == ALL
    return project


def kept(project: Project) -> list[str]:
    return sorted(remember(project.root, project.out).kept)


def test_with_nothing_to_do_cdktf_is_not_imported(root: Path, synthesized: Project) -> None:
    script = (
        "import sys; from pathlib import Path; from miyabi_infra.commands.synth import run\n"
        f"code = run(Path({str(synthesized.root)!r}), Path({str(synthesized.out)!r}), write=True)\n"
        "print(code, sorted({'cdktf', 'jsii', 'pydantic', 'ruamel'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    *stacks, total, last = done.stdout.splitlines()
    assert [line.split()[-1] for line in stacks] == ["unchanged"] * 4
    assert total.startswith("4 stacks in ")
    assert last == "0 []"


def test_the_summary_is_that_of_a_whole_synthesis(
    synthesized: Project, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def said(out: Path) -> list[str]:
        assert run(synthesized.root, out, write=True) == 0
        lines = capsys.readouterr().out.splitlines()
        return [" ".join(line.split()[:3]) for line in lines[:-1]]

    assert said(synthesized.out) == said(tmp_path / "whole")


def test_a_changed_overlay_changes_its_own_stack_alone(synthesized: Project, tmp_path: Path) -> None:
    synthesized.change("dev", ("LOG_LEVEL: info", "LOG_LEVEL: debug"))
    assert kept(synthesized) == ["prod", "shared", "staging"]
    found = synthesize(synthesized.root, synthesized.out)
    assert {change.stack for change in found.changes} == {"miyabi-dev"}
    assert [stack.name for stack in found.stacks] == ["miyabi-dev", "miyabi-prod", "miyabi-staging", "miyabi-shared"]
    synthesize(synthesized.root, tmp_path / "whole")
    assert changes(tmp_path / "whole", synthesized.out) == []
    assert kept(synthesized) == ALL


def test_a_changed_base_changes_everything(synthesized: Project) -> None:
    base = synthesized.overlay("base")
    base.write_text(base.read_text(encoding="utf-8") + "\n# a comment\n", encoding="utf-8")
    assert kept(synthesized) == []


def test_changed_sources_and_packages_change_everything(synthesized: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def more() -> Iterator[bytes]:
        yield b"another"

    for name in ("_sources", "_versions"):
        with monkeypatch.context() as patched:
            patched.setattr(unchanged, name, more)
            unchanged._code.cache_clear()  # pyright: ignore[reportPrivateUsage]  # as in another process
            assert kept(synthesized) == []
    unchanged._code.cache_clear()  # pyright: ignore[reportPrivateUsage]
    assert kept(synthesized) == ALL


def test_the_key_is_over_every_source_and_every_package() -> None:
    sources = [text.partition(b"\0")[0].decode() for text in unchanged._sources()]  # pyright: ignore[reportPrivateUsage]
    for file in ("modules/alb.py", "environments/stack.py", "environments/sections/state.py"):
        assert file in sources
    for file in ("miyabi_infra/synthesis/render.py", "miyabi_infra/fast_cdktf/kernel.cjs"):
        assert file in sources
    versions = b"\n".join(unchanged._versions()).decode()  # pyright: ignore[reportPrivateUsage]
    assert "cdktf-0.21.0.dist-info" in versions
    assert "cdktf_cdktf_provider_aws-20.1.0.dist-info" in versions
    assert sys.version in versions


@pytest.mark.parametrize("file", ["cdk.tf.json", "modules/ecs/main.tf.json"])
def test_output_that_somebody_changed_is_written_again(synthesized: Project, output: Path, file: str) -> None:
    there = synthesized.out / "stacks/miyabi-prod" / file
    there.write_text("{}\n", encoding="utf-8")
    assert kept(synthesized) == ["dev", "shared", "staging"]
    synthesize(synthesized.root, synthesized.out)
    assert changes(output, synthesized.out) == []


def test_output_that_is_gone_or_too_much_is_noticed(synthesized: Project, output: Path) -> None:
    (synthesized.out / "stacks/miyabi-dev/modules/iam/main.tf.json").unlink()
    more = synthesized.out / "stacks/miyabi-staging/modules/more/main.tf.json"
    more.parent.mkdir()
    more.write_text("{}", encoding="utf-8")
    (synthesized.out / "manifest.json").write_text("{}", encoding="utf-8")
    synthesize(synthesized.root, synthesized.out)
    assert changes(output, synthesized.out) == []


def test_a_stack_that_no_overlay_describes_is_removed(synthesized: Project, output: Path) -> None:
    stray = synthesized.out / "stacks/miyabi-qa/cdk.tf.json"
    stray.parent.mkdir()
    stray.write_text("{}", encoding="utf-8")
    synthesize(synthesized.root, synthesized.out)
    assert changes(output, synthesized.out) == []


def test_overlays_that_are_unchanged_are_not_read(synthesized: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    read = list[str]()

    def noted(document: Document, environment: str, model: Any) -> Any:  # noqa: ANN401  # either kind of settings
        read.append(environment)
        return check(document, environment, model)

    monkeypatch.setattr(loading, "check", noted)
    synthesized.change("staging", ("alb:\n", "alb:\n  idle_timeout: 61\n"))
    synthesize(synthesized.root, synthesized.out)
    assert read == ["staging"]


LOG_BUCKET = 'account_id: "123456789012"\nlog_bucket:\n  name: miyabi-terraform-state\nalb:\n'
PIPELINE = "pipeline:\n  repository: a/b\n  owner_id: 1\n  repository_id: 2\n  environments: [prod, {}]\n"


@pytest.mark.parametrize(
    ("environment", "edit", "of"),
    [
        ("staging", ("backend: s3", "backend: s3\n  key: prod/terraform.tfstate"), "environments/prod.yaml"),
        ("staging", ("alb:\n", LOG_BUCKET), "environments/shared.yaml"),
        ("shared", ("lint:\n", PIPELINE.format("staging") + "  roles_need_boundary: true\nlint:\n"), "github-roles"),
        ("shared", ("lint:\n", PIPELINE.format("qa") + "lint:\n"), "has no overlay"),
    ],
)
def test_what_an_unchanged_stack_has_or_needs_is_known_as_ever(
    synthesized: Project, environment: str, edit: tuple[str, str], of: str
) -> None:
    synthesized.change(environment, edit)
    with pytest.raises(OverlayError) as remembered:
        synthesize(synthesized.root, synthesized.out)
    with pytest.raises(OverlayError) as afresh:
        synthesize(synthesized.root, synthesized.out, write=False)
    assert str(remembered.value) == str(afresh.value)
    assert of in str(afresh.value)


def test_an_environment_that_the_pipeline_of_an_unchanged_stack_names_is_missed(synthesized: Project) -> None:
    synthesized.change("shared", ("lint:\n", PIPELINE.format("staging") + "lint:\n"))
    synthesize(synthesized.root, synthesized.out)
    synthesized.overlay("staging").unlink()
    with pytest.raises(OverlayError, match="has no overlay"):
        synthesize(synthesized.root, synthesized.out)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"dev": 1}', '{"dev": {"key": "x"}}', "null"])
def test_a_memory_that_cannot_be_read_is_no_memory(synthesized: Project, output: Path, text: str) -> None:
    (synthesized.out / FILE).write_text(text, encoding="utf-8")
    assert kept(synthesized) == []
    synthesize(synthesized.root, synthesized.out)
    assert changes(output, synthesized.out) == []
    assert kept(synthesized) == ALL


def test_check_never_trusts_what_is_remembered(synthesized: Project) -> None:
    """Even where a wrong key says that stale output is what the overlays make."""
    with synthesized.body("dev", "ecs") as body:
        body["locals"] = {}
    memory = remember(synthesized.root, synthesized.out)
    wrong = memory.of("dev", "miyabi-dev", {}, 48)
    memory.write({**memory.kept, "dev": replace(wrong, resources=48)})
    assert kept(synthesized) == ALL
    assert run(synthesized.root, synthesized.out, write=True) == 0
    assert run(synthesized.root, synthesized.out, write=False) == 1


def test_one_environment_alone_keeps_what_is_known_of_the_others(synthesized: Project) -> None:
    synthesized.change("dev", ("LOG_LEVEL: info", "LOG_LEVEL: debug"))
    synthesized.change("prod", ("LOG_LEVEL: info", "LOG_LEVEL: debug"))
    found = synthesize(synthesized.root, synthesized.out, environment="dev")
    assert [stack.name for stack in found.stacks] == ["miyabi-dev"]
    assert kept(synthesized) == ["dev", "shared", "staging"]
    assert json.loads((synthesized.out / FILE).read_text(encoding="utf-8")).keys() == {"dev", "shared", "staging"}
