"""Modules of a registry or of git are compared where `terraform init` put them; else they are not evaluated."""

import json
import shutil
from pathlib import Path

import pytest

from miyabi_infra.hcl import vendored
from miyabi_infra.hcl.values import NotEvaluated
from miyabi_infra.parity.judgement import parity
from tests.parity.support import HCL
from tests.unit import test_parity
from tests.unit.test_parity import BASELINE

root = test_parity.root
"""The project with prod as its HCL is."""

SOURCE = "miyabi/alb/aws"
INSTALLED = {
    "Key": "alb",
    "Source": f"registry.terraform.io/{SOURCE}",
    "Version": "2.1.3",
    "Dir": ".terraform/modules/alb",
}


@pytest.fixture
def hcl(tmp_path: Path) -> Path:
    """The reference HCL, its load balancer a module of the registry that is installed."""
    folder = shutil.copytree(HCL, tmp_path / "hcl")
    main = folder / "main.tf"
    text = main.read_text(encoding="utf-8")
    called = text.replace('source = "./modules/alb"', f'source  = "{SOURCE}"\n  version = "~> 2.1, != 2.1.2"')
    assert called != text
    main.write_text(called, encoding="utf-8")
    (folder / ".terraform/modules").mkdir(parents=True)
    shutil.move(folder / "modules/alb", folder / ".terraform/modules/alb")
    install(folder, INSTALLED)
    return folder


def install(folder: Path, *modules: dict[str, str]) -> None:
    (folder / vendored.MANIFEST).write_text(json.dumps({"Modules": [{"Key": "", "Source": "", "Dir": "."}, *modules]}))


def found(root: Path, folder: Path) -> list[tuple[str, str, str, str]]:
    remarks = parity(root, folder, "prod").remarks
    known = [each for each in remarks if (each.kind, each.address, each.argument) != BASELINE]
    return [(each.kind, each.address, each.argument, each.why) for each in known]


def test_an_installed_module_is_the_same(root: Path, hcl: Path) -> None:
    assert found(root, hcl) == []


def test_a_difference_in_an_installed_module_is_found_with_its_line(root: Path, hcl: Path) -> None:
    file = hcl / ".terraform/modules/alb/main.tf"
    text = file.read_text(encoding="utf-8")
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "= 30\n" in f"{each}\n")
    file.write_text(text.replace("= 30\n", "= 31\n", 1), encoding="utf-8")
    (remark,) = [each for each in parity(root, hcl, "prod").remarks if each.kind == "difference"]
    assert remark.address.startswith("module.alb.")
    assert str(remark.place) == f".terraform/modules/alb/main.tf:{line}"


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        ({"Key": "other"}, "nor in .terraform/modules/modules.json"),
        ({"Source": "registry.terraform.io/somebody/alb/aws"}, "what is installed is 'registry.terraform.io/somebody/"),
        ({"Version": "2.1.2"}, "version 2.1.2 is installed, and it asks for '~> 2.1, != 2.1.2'"),
        ({"Version": "3.0.0"}, "version 3.0.0 is installed"),
        ({"Version": ""}, "version unknown is installed"),
        ({"Dir": ".terraform/modules/gone"}, "where it was installed, does not exist"),
    ],
)
def test_what_is_not_installed_as_it_is_called_is_not_evaluated(
    root: Path, hcl: Path, manifest: dict[str, str], why: str
) -> None:
    install(hcl, INSTALLED | manifest)
    (said,) = [each[3] for each in found(root, hcl) if each[:3] == ("not evaluated", "module.alb", "source")]
    assert why in said
    assert not parity(root, hcl, "prod").same


@pytest.mark.parametrize("text", ["{", "[]", '{"Modules": 1}', '{"Modules": [{"Dir": "."}]}'])
def test_a_manifest_that_is_none_is_not_evaluated(root: Path, hcl: Path, text: str) -> None:
    (hcl / vendored.MANIFEST).write_text(text)
    assert "modules.json cannot be read" in found(root, hcl)[0][3]


def test_a_module_in_an_installed_module_has_a_key_of_both_names(tmp_path: Path) -> None:
    (tmp_path / ".terraform/modules").mkdir(parents=True)
    install(tmp_path, {"Key": "a.b", "Source": "git::https://github.com/some/where.git", "Dir": "."})
    assert vendored.folder(tmp_path, ("a", "b"), "github.com/some/where", None) == tmp_path
    with pytest.raises(NotEvaluated, match="nor in"):
        vendored.folder(tmp_path, ("b",), "github.com/some/where", None)


@pytest.mark.parametrize(
    ("constraint", "version", "allowed"),
    [
        ("1.2.3", "1.2.3", True),
        ("= 1.2.3", "1.2.4", False),
        ("~> 1.2", "1.9.0", True),
        ("~> 1.2", "2.0.0", False),
        ("~> 1.2.3", "1.2.9", True),
        ("~> 1.2.3", "1.3.0", False),
        ("~> 1", "1.5.0", True),
        ("~> 1", "2.0.0", False),
        (">= 1.0, < 2", "1.9.9", True),
        (">= 1.0, < 2", "2.0.0", False),
        ("> 1.0", "1.0.0", False),
        ("<= 1.0", "1.0.0", True),
        ("latest", "1.0.0", False),
        ("1.0.0", "1.0.0-beta", False),
    ],
)
def test_versions_are_compared_as_terraform_does(
    tmp_path: Path, constraint: str, version: str, *, allowed: bool
) -> None:
    (tmp_path / ".terraform/modules").mkdir(parents=True)
    install(tmp_path, INSTALLED | {"Version": version, "Dir": "."})
    if allowed:
        assert vendored.folder(tmp_path, ("alb",), SOURCE, constraint) == tmp_path
    else:
        with pytest.raises(NotEvaluated, match="is installed"):
            vendored.folder(tmp_path, ("alb",), SOURCE, constraint)
