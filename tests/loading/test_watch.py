"""`synth --watch`: what is written after a save, how errors show, and what it outlives."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from miyabi_infra.commands.watch import write
from miyabi_infra.synthesis.publish import changes
from miyabi_infra.synthesis.worker import Worker
from tests.support import Project, copy_of_generator, environment_of

pytestmark = pytest.mark.slow

PATIENCE = 120
"""Seconds, after which a watcher that says nothing is taken for dead."""


def _heed_sigint() -> None:
    """Where the tests run in the background, SIGINT is ignored, and a child would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Watcher:
    """A running `synth --watch`, and what it says, line by line."""

    def __init__(self, checkout: Path, *arguments: str) -> None:
        self.checkout = checkout
        self.temporary = checkout.with_name("temporary")
        self.temporary.mkdir()
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from miyabi_infra.cli import app; app()", "synth", "--watch", *arguments],
            cwd=checkout,
            env=environment_of(checkout, TMPDIR=str(self.temporary)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=_heed_sigint,  # noqa: PLW1509  # no threads between fork and exec that could hold a lock
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def said(self, ending: str) -> list[str]:
        """What it says from now on, up to the line that has `ending` in it, which is the last."""
        lines: list[str] = []
        while not lines or ending not in lines[-1]:
            lines.append(self._lines.get(timeout=PATIENCE))
        return lines

    def change(self, file: str, old: str, new: str) -> None:
        path = self.checkout / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def ecs(self, environment: str) -> str:
        file = self.checkout / f"cdktf.out/stacks/miyabi-{environment}/modules/ecs/main.tf.json"
        return file.read_text(encoding="utf-8")

    def worker(self) -> int:
        """The process that synthesizes."""
        children = subprocess.run(
            ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=True,
        )
        (pid,) = (int(line.split()[0]) for line in children.stdout.splitlines() if "spawn_main" in line)
        return pid


@pytest.fixture(scope="module")
def watcher(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Watcher]:
    """A watcher that has written all and waits; each test leaves the files as they were."""
    watcher = Watcher(copy_of_generator(root, tmp_path_factory.mktemp("watched") / "checkout"))
    assert watcher.said("written")[0] == "watching all environments: Ctrl-C ends it"
    yield watcher
    watcher.process.send_signal(signal.SIGINT)
    assert watcher.process.wait(timeout=PATIENCE) == 0


DEV = "environments/dev.yaml"


def test_a_save_of_an_overlay_writes_its_stack(watcher: Watcher) -> None:
    watcher.change(DEV, "LOG_LEVEL: info", "LOG_LEVEL: debug")
    assert "  miyabi-dev written, " in watcher.said("written")[-1]
    assert '"debug"' in watcher.ecs("dev")
    watcher.change(DEV, "LOG_LEVEL: debug", "LOG_LEVEL: info")
    watcher.said("miyabi-dev written")
    assert '"debug"' not in watcher.ecs("dev")


def test_a_mistake_is_shown_and_nothing_is_written_until_it_is_gone(watcher: Watcher, output: Path) -> None:
    watcher.change(DEV, "LOG_LEVEL: info", "LOG_LEVEL: 7")
    said = watcher.said("nothing was written")
    assert said[0].startswith("environments/dev.yaml:21: ecs.environment_variables.LOG_LEVEL: 7 ")
    assert changes(output, watcher.checkout / "cdktf.out") == []
    watcher.change(DEV, "LOG_LEVEL: 7", "LOG_LEVEL: info")
    assert "  nothing written, " in watcher.said("written")[-1]


def test_an_environment_comes_and_goes_with_its_overlay(watcher: Watcher) -> None:
    staging = (watcher.checkout / "environments/staging.yaml").read_text(encoding="utf-8")
    qa = watcher.checkout / "environments/qa.yaml"
    qa.write_text(staging.replace("backend: s3", "backend: s3\n  key: qa.tfstate"), encoding="utf-8")
    watcher.said("miyabi-qa written")
    manifest = watcher.checkout / "cdktf.out/manifest.json"
    assert "miyabi-qa" in json.loads(manifest.read_text(encoding="utf-8"))["stacks"]
    qa.rename(qa.with_name("rehearsal.yaml"))
    watcher.said("miyabi-rehearsal written, miyabi-qa removed")
    qa.with_name("rehearsal.yaml").unlink()
    watcher.said("miyabi-rehearsal removed")
    assert sorted(json.loads(manifest.read_text(encoding="utf-8"))["stacks"])[-2:] == [
        "miyabi-shared",
        "miyabi-staging",
    ]


def test_a_save_of_a_modules_code_is_taken_up(watcher: Watcher) -> None:
    watcher.change("modules/ecs.py", "ecs-logs", "ecs-log-group")
    watcher.said("miyabi-dev, miyabi-prod, miyabi-staging written")
    watcher.change("modules/ecs.py", "ecs-log-group", "ecs-logs")
    watcher.said("miyabi-dev, miyabi-prod, miyabi-staging written")


def test_code_that_is_broken_is_shown_and_outlived(watcher: Watcher, output: Path) -> None:
    watcher.change("miyabi_infra/stacks/__init__.py", '"""', 'import no_such_module\n"""')
    watcher.said("written")  # synthesis does not need it
    watcher.change("miyabi_infra/stacks/__init__.py", 'import no_such_module\n"""', '"""')
    watcher.said("written")
    watcher.change("modules/iam.py", "class IamModule", "class class IamModule")
    watcher.said("SyntaxError")
    watcher.change("modules/iam.py", "class class IamModule", "class IamModule")
    watcher.said("written")
    assert changes(output, watcher.checkout / "cdktf.out") == []


def test_the_process_that_synthesizes_may_be_killed(watcher: Watcher) -> None:
    os.kill(watcher.worker(), signal.SIGKILL)
    watcher.change(DEV, "LOG_LEVEL: info", "LOG_LEVEL: debug")
    watcher.said("miyabi-dev written")
    watcher.change(DEV, "LOG_LEVEL: debug", "LOG_LEVEL: info")
    watcher.said("miyabi-dev written")


LOADED = "'cdktf' in __import__('sys').modules"
"""A job for the process that synthesizes; no function of this file, which would bring cdktf itself."""


def test_cdktf_is_loaded_before_the_first_save_although_all_stacks_were_skipped(
    project: Project, output: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    project.take(output)
    worker = Worker()
    assert not worker.do(eval, LOADED)
    worker.do(write, project.root, project.out, None)
    assert "  nothing written, " in capfd.readouterr().out
    assert worker.do(eval, LOADED)
    worker.close()


def test_one_environment_alone_is_watched(root: Path, tmp_path: Path) -> None:
    watcher = Watcher(copy_of_generator(root, tmp_path / "checkout"), "--env", "dev")
    assert watcher.said("written")[0] == "watching dev: Ctrl-C ends it"
    watcher.change("environments/prod.yaml", "LOG_LEVEL: info", "LOG_LEVEL: debug")
    assert "  nothing written, " in watcher.said("written")[-1]
    assert '"debug"' not in watcher.ecs("prod")
    overlay = watcher.checkout / DEV
    overlay.rename(overlay.with_name("dev2.yaml"))
    watcher.said("there is no environments/dev.yaml")
    overlay.with_name("dev2.yaml").rename(overlay)
    watcher.said("written")
    worker = watcher.worker()
    watcher.process.send_signal(signal.SIGTERM)
    assert watcher.process.wait(timeout=PATIENCE) == -signal.SIGTERM  # a shell says 143
    until = time.monotonic() + PATIENCE
    while Path(f"/proc/{worker}").exists():  # it ends when nobody asks any more
        assert time.monotonic() < until, "the worker goes on"
        time.sleep(0.05)
    assert list(watcher.temporary.iterdir()) == []
