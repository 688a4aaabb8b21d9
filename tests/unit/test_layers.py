"""The layers of the packages are written down in pyproject.toml, and what is against them is found."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support import copy_of_generator

pytestmark = pytest.mark.slow


def contracts(root: Path) -> list[dict[str, Any]]:
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["tool"]["importlinter"]["contracts"]


def lint_imports(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo", "imports.toml"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    checkout = copy_of_generator(root, tmp_path / "checkout")
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    (checkout / "imports.toml").write_text(
        text.replace(', "tests", "bench"]', "]", 1).replace(', "tests", "tests.**", "bench"', ""), encoding="utf-8"
    )
    return checkout


@pytest.mark.parametrize(
    ("file", "imported", "broken"),
    [
        ("miyabi_infra/reach/paths.py", "miyabi_infra.commands.cost", "Nothing imports from a command"),
        ("miyabi_infra/stacks/model.py", "miyabi_infra.pages.report", "Layers"),
        ("modules/alb.py", "environments.settings", "Layers"),
        ("miyabi_infra/stacks/model.py", "miyabi_infra.stacks.reading", "No import circle"),
    ],
)
def test_an_import_against_the_layers_is_found(checkout: Path, file: str, imported: str, broken: str) -> None:
    there = checkout / file
    there.write_text(there.read_text(encoding="utf-8") + f"\nimport {imported}  # noqa\n", encoding="utf-8")
    done = lint_imports(checkout)
    assert done.returncode == 1
    assert re.search(rf"{broken}[^.]*?BROKEN", done.stdout)


def test_every_package_is_in_a_layer(root: Path) -> None:
    (layers,) = (each["layers"] for each in contracts(root) if each["type"] == "layers")
    named = {name.strip() for layer in layers for name in layer.split("|")}
    found = {
        f"miyabi_infra.{each.stem}"
        for each in (root / "miyabi_infra").iterdir()
        if not each.name.startswith("_") and (each.suffix == ".py" or (each / "__init__.py").is_file())
    }
    assert named == found | {"environments", "modules"}


def test_no_package_may_import_a_command(root: Path) -> None:
    (forbidden,) = (each for each in contracts(root) if each["type"] == "forbidden")
    packages = {f"miyabi_infra.{each.parent.name}" for each in (root / "miyabi_infra").glob("*/__init__.py")}
    assert set(forbidden["source_modules"]) == packages - {"miyabi_infra.commands"}
