"""Tools of the tests: a project to change, a stack to plan without AWS, readers of plans."""

import atexit
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from environments.settings import EnvironmentSettings, SharedSettings
from miyabi_infra.overlays.loading import AnySettings, check, load
from miyabi_infra.overlays.merging import merged
from miyabi_infra.overlays.problems import OverlayError, Problem
from miyabi_infra.project import ROOT, SHARED
from miyabi_infra.synthesis.synth import synthesize
from miyabi_infra.terraform import offline
from miyabi_infra.terraform.together import Arguments, plans, together


@dataclass(frozen=True)
class Project:
    """A folder with overlays, as the generator reads it."""

    root: Path

    @classmethod
    def copy_of(cls, original: Path, root: Path) -> "Project":
        """A project at `root` with the overlays of another."""
        (root / "environments").mkdir(parents=True)
        for overlay in (original / "environments").glob("*.yaml"):
            shutil.copy(overlay, root / "environments")
        return cls(root)

    @classmethod
    def alone(cls, original: Path, root: Path) -> "Project":
        """A project at `root` with nothing but what all overlays of another share."""
        (root / "environments").mkdir(parents=True)
        shutil.copy(original / "environments" / "base.yaml", root / "environments")
        return cls(root)

    @property
    def out(self) -> Path:
        return self.root / "cdktf.out"

    def overlay(self, environment: str) -> Path:
        return self.root / "environments" / f"{environment}.yaml"

    def write(self, environment: str, overlay: str | Mapping[str, Any]) -> Path:
        """Write an overlay, as text or as data."""
        file = self.overlay(environment)
        # JSON is YAML, and quotes what YAML's own writer leaves bare although no reader would take it: a key `:a`.
        text = overlay if isinstance(overlay, str) else json.dumps(overlay, ensure_ascii=False, indent=2)
        file.write_text(text, encoding="utf-8")
        return file

    def change(self, environment: str, *edits: tuple[str, str]) -> Path:
        """Replace texts in an overlay; each must be there."""
        text = self.overlay(environment).read_text(encoding="utf-8")
        for old, new in edits:
            assert old in text, f"{old!r} is not in {environment}.yaml"
            text = text.replace(old, new)
        return self.write(environment, text)

    def load(self) -> list[AnySettings]:
        return load(self.root)

    def load_each(self) -> list[AnySettings]:
        """Each stack by itself, with names that no two environments may have: the same one in many forms."""
        found: list[AnySettings] = []
        for environment, document in merged(self.root):
            model = SharedSettings if environment == SHARED else EnvironmentSettings
            settings, problems = check(document, environment, model)
            assert settings is not None, problems
            found.append(settings)
        return found

    def settings(self, environment: str) -> EnvironmentSettings:
        found = next(each for each in self.load() if each.environment == environment)
        assert isinstance(found, EnvironmentSettings)
        return found

    def problems(self) -> list[Problem]:
        """What is wrong with the overlays; empty when nothing is."""
        try:
            self.load()
        except OverlayError as error:
            return error.problems
        return []

    def synthesize(self, environment: str | None = None) -> Path:
        """Synthesize into the project's `cdktf.out`, all stacks or one environment's, and return it."""
        if environment is None and not self.out.exists():
            self.take(synthesized())  # what the project did not change is then skipped
        synthesize(self.root, self.out, environment=environment)
        return self.out

    def take(self, output: Path) -> None:
        """Take a synthesized output for the project's own, which the test may then change."""
        shutil.copytree(output, self.out)

    def commit(self) -> None:
        """Make a repository of git of the project, with all of it as the first commit of main."""
        git(self.root, "init", "-q", "-b", "main", "--template=")
        git(self.root, "add", ".")
        git(self.root, "commit", "-qm", "first")

    @contextmanager
    def body(self, environment: str, module: str) -> Generator[dict[str, Any]]:
        """The JSON of a module's body, written back with what the test did to it."""
        file = self.out / f"stacks/miyabi-{environment}/modules/{module}/main.tf.json"
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        yield data
        file.write_text(json.dumps(data), encoding="utf-8")


@cache
def synthesized() -> Path:
    """The repository's overlays, synthesized once in this process; only to be read."""
    folder = Path(tempfile.mkdtemp(prefix="miyabi-synthesized-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    out = folder / "cdktf.out"
    synthesize(ROOT, out)
    return out


def copy_of_generator(root: Path, copy: Path) -> Path:
    """The generator at another place, with the output that is committed: `run_main` runs it."""
    copy.mkdir(parents=True)
    for name in ("main.py", "modules", "environments", "miyabi_infra", "cdktf.out"):
        source = root / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".terraform*"))
        else:
            shutil.copy(source, copy / name)
    return copy


def environment_of(checkout: Path, **variables: str) -> dict[str, str]:
    """The environment variables with which Python finds the generator in `checkout`."""
    return {**os.environ, "PYTHONPATH": str(checkout), **variables}


def run_main(checkout: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run main.py as `make synth` does."""
    return subprocess.run(
        [sys.executable, str(checkout / "main.py")],
        cwd=checkout,
        env=environment_of(checkout, **variables),
        capture_output=True,
        text=True,
        check=False,
    )


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, with an identity of the tests' own; what it says."""
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
    identity += ("-c", "maintenance.auto=false")  # which a commit would start another process for
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def chromium() -> str | None:
    """The browser on the PATH, by Debian's name or others'."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@dataclass(frozen=True)
class Plans:
    """Plans from nothing: each stack is planned once for all processes of a test run, whichever test asks first."""

    folder: Path
    """Of the whole run, and not of one of its processes."""

    def of(self, out: Path, environments: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The plans of an output's stacks, by environment: those that are not there yet are made in one run of
        Terraform. Another folder with the same files has the same plan.
        """
        stacks = {name: out / f"stacks/miyabi-{name}" for name in environments}
        kept = {stack: self.folder / f"{_digest(stack)}.json" for stack in stacks.values()}
        with ExitStack() as locks:
            for file in sorted({*kept.values()}):  # in one order: another process may be planning some just now
                locks.enter_context(_locked(file))
            missing = {file.stem: stack for stack, file in kept.items() if not file.exists()}
            if missing:
                made = planned_together({f"stack-{digest}": stack for digest, stack in missing.items()})
                for name, plan in made.items():
                    self.folder.joinpath(f"{name.removeprefix('stack-')}.json").write_text(json.dumps(plan), "utf-8")
        return {name: json.loads(kept[stack].read_text(encoding="utf-8")) for name, stack in stacks.items()}

    def once(self, name: str, make: Callable[[], dict[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
        """Plans that are made in another way, under a name."""
        kept = self.folder / f"{name}.json"
        with _locked(kept):
            if not kept.exists():
                kept.write_text(json.dumps(make()), encoding="utf-8")
        return cast("dict[str, dict[str, Any]]", json.loads(kept.read_text(encoding="utf-8")))


def planned_together(roots: Mapping[str, Path], **arguments: Arguments) -> dict[str, dict[str, Any]]:
    """Plans from nothing of several root modules, made in one run of Terraform."""
    with tempfile.TemporaryDirectory() as folder:
        return plans(together(roots, Path(folder), arguments))


def required(stack: Path) -> dict[str, str]:
    """A value for each root variable of a stack that must have one: a text that the rules of all of them allow."""
    variables = json.loads((stack / offline.ROOT).read_text(encoding="utf-8")).get("variable", {})
    return {name: "0123456789abcdefghijklmnopqrstuvwxyz" for name, each in variables.items() if "default" not in each}


def _digest(stack: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(stack.rglob("*.tf.json")):
        digest.update(f"{file.relative_to(stack)}\0{file.read_text(encoding='utf-8')}\0".encode())
    return digest.hexdigest()


@contextmanager
def _locked(file: Path) -> Generator[None]:
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def planned_values(plan: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The values that a plan gives to every managed resource, by address; what AWS computes is left out."""
    changes = cast("list[dict[str, Any]]", plan["resource_changes"])
    return {change["address"]: change["change"]["after"] for change in changes if change["mode"] == "managed"}


def instances(module: Mapping[str, Any]) -> dict[str, Any]:
    """The resources of a rendered module, by their address in it."""
    return {
        f"{kind}.{name}": resource
        for kind, by_name in module.get("resource", {}).items()
        for name, resource in by_name.items()
    }
