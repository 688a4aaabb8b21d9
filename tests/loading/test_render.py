"""Rendering in parallel and of one environment alone: the same files as in one go."""

import json
import os
import signal
from pathlib import Path

import pytest

from environments.settings import EnvironmentSettings
from miyabi_infra.overlays.problems import OverlayError
from miyabi_infra.synthesis import render as rendering
from miyabi_infra.synthesis.publish import changes
from miyabi_infra.synthesis.render import render, render_in_parallel
from miyabi_infra.synthesis.result import UnknownEnvironmentError
from miyabi_infra.synthesis.synth import synthesize
from miyabi_infra.synthesis.worker import Worker, WorkerEndedError, WorkerError
from tests.support import Project

pytestmark = pytest.mark.slow


def test_in_parallel_the_stacks_and_the_bytes_are_those_of_one_process(project: Project, tmp_path: Path) -> None:
    settings = project.load()
    (tmp_path / "parallel").mkdir()
    alone = render(settings, tmp_path / "alone")
    parallel = render_in_parallel(settings, tmp_path / "parallel", processes=3)
    assert parallel == alone
    assert changes(tmp_path / "parallel", tmp_path / "alone") == []
    assert sorted(file.name for file in (tmp_path / "parallel").iterdir()) == ["manifest.json", "stacks"]


@pytest.mark.parametrize(("stacks", "cores", "processes"), [(4, 8, 1), (19, 8, 1), (20, 8, 2), (100, 2, 2), (0, 1, 1)])
def test_a_further_process_is_started_when_there_is_enough_to_do(
    monkeypatch: pytest.MonkeyPatch, stacks: int, cores: int, processes: int
) -> None:
    def affinity(_pid: int) -> set[int]:
        return set(range(cores))

    monkeypatch.setattr(os, "sched_getaffinity", affinity, raising=False)
    assert rendering._processes_for(stacks) == processes  # pyright: ignore[reportPrivateUsage]


def test_one_environment_alone_leaves_what_the_others_have(project: Project, output: Path) -> None:
    project.take(output)
    project.change("dev", ("LOG_LEVEL: info", "LOG_LEVEL: debug"))
    project.change("prod", ("LOG_LEVEL: info", "LOG_LEVEL: debug"))
    with project.body("staging", "ecs") as body:
        body["locals"] = {}
    before = {file: file.read_bytes() for file in project.out.rglob("*.json")}
    stacks = synthesize(project.root, project.out, environment="dev").stacks
    after = {file: file.read_bytes() for file in project.out.rglob("*.json")}
    assert [stack.name for stack in stacks] == ["miyabi-dev"]
    assert [file for file in after if after[file] != before[file]] == [
        project.out / "stacks/miyabi-dev/modules/ecs/main.tf.json"
    ]


def test_a_new_environment_alone_is_in_the_manifest_with_the_others(project: Project, output: Path) -> None:
    project.take(output)
    qa = project.overlay("staging").read_text(encoding="utf-8").replace("backend: s3", "backend: s3\n  key: qa.tfstate")
    project.write("qa", qa)
    synthesize(project.root, project.out, environment="qa")
    whole = project.root / "whole"
    synthesize(project.root, whole)
    assert changes(whole, project.out) == []
    assert "miyabi-qa" in json.loads((project.out / "manifest.json").read_text(encoding="utf-8"))["stacks"]


def test_an_environment_that_is_not_there_is_refused_with_those_that_are(project: Project) -> None:
    with pytest.raises(UnknownEnvironmentError) as refused:
        synthesize(project.root, project.out, environment="qa")
    assert str(refused.value) == "there is no environments/qa.yaml; the overlays are dev, prod, staging, shared"
    assert not project.out.exists()


def test_one_environment_alone_is_refused_for_a_mistake_in_another(project: Project) -> None:
    project.change("prod", ("LOG_LEVEL: info", "LOG_LEVEL: 7"))
    with pytest.raises(OverlayError, match=r"environments/prod\.yaml"):
        synthesize(project.root, project.out, environment="dev")


def _pid() -> int:
    return os.getpid()


def test_a_worker_says_what_went_wrong_and_does_the_next_job(project: Project, tmp_path: Path) -> None:
    settings = project.load()
    (dev,) = (each for each in settings if each.environment == "dev")
    assert isinstance(dev, EnvironmentSettings)
    worker = Worker()
    try:
        (tmp_path / "file").write_text("", encoding="utf-8")
        with pytest.raises(WorkerError, match=r"Traceback[\s\S]*file"):
            worker.do(render, [dev], tmp_path / "file")
        assert [stack.name for stack in worker.do(render, [dev], tmp_path / "folder")] == ["miyabi-dev"]
    finally:
        worker.close()


def test_a_worker_that_was_killed_is_no_hang() -> None:
    worker = Worker()
    os.kill(worker.do(_pid), signal.SIGKILL)
    with pytest.raises(WorkerEndedError):
        worker.do(_pid)
    worker.close()
