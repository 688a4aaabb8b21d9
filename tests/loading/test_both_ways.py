"""However cdktf and its provider are loaded, the bytes are the same, and no other process notices."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cdktf_cdktf_provider_aws
import pytest

from miyabi_infra.fast_cdktf.lazy import PREFIX
from miyabi_infra.synthesis.publish import changes
from tests.support import copy_of_generator, environment_of, run_main

pytestmark = pytest.mark.slow

PROVIDER = f"{PREFIX}aws"


@pytest.fixture(scope="module")
def checkout(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_generator(root, tmp_path_factory.mktemp("loading") / "checkout")


def synth(checkout: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `miyabi-infra synth`."""
    return subprocess.run(
        [sys.executable, "-c", "from miyabi_infra.cli import app; app()", "synth", *arguments],
        cwd=checkout,
        env=environment_of(checkout, **variables),
        capture_output=True,
        text=True,
        check=False,
    )


def test_stock_loading_makes_the_same_bytes_without_the_folder_that_loads_fast(
    root: Path, output: Path, tmp_path: Path
) -> None:
    checkout = copy_of_generator(root, tmp_path / "checkout")
    shutil.rmtree(checkout / "miyabi_infra/fast_cdktf")
    done = run_main(checkout, MIYABI_STOCK_LOADING="1", CDKTF_OUTDIR="stock")
    assert (done.returncode, done.stderr) == (0, "")
    assert changes(output, checkout / "stock") == []


def test_verbose_says_that_all_is_lazy(checkout: Path) -> None:
    done = synth(checkout, "--verbose", "--check")
    assert (done.returncode, sorted(done.stderr.splitlines())) == (
        0,
        [
            "cdktf_cdktf_provider_aws in Python: lazy",
            "jsii's kernel: in one process, ahead",
            "provider-aws in Node.js: lazy",
        ],
    )


def test_a_provider_and_a_nodejs_that_are_not_known_are_taken_as_they_are(
    checkout: Path, output: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "packages" / PROVIDER
    changed.mkdir(parents=True)
    original = Path(cdktf_cdktf_provider_aws.__file__ or "").parent
    for entry in original.iterdir():
        (changed / entry.name).symlink_to(entry)
    init = changed / "__init__.py"
    init.unlink()
    head, _, _ = (original / "__init__.py").read_text(encoding="utf-8").partition("\n# Loading modules")
    init.write_text(head, encoding="utf-8")  # no list, so that it does not take a minute
    node = tmp_path / "node"
    node.symlink_to(os.environ["JSII_NODE"])
    (checkout / "cdktf.out/manifest.json").unlink()

    path = os.pathsep.join(map(str, (checkout, changed.parent)))
    done = synth(checkout, "--verbose", PYTHONPATH=path, JSII_NODE=str(node))

    assert (done.returncode, sorted(done.stderr.splitlines())) == (
        0,
        [
            "cdktf_cdktf_provider_aws in Python: unchanged: its __init__ has another form",
            "jsii's kernel: unchanged: JSII_RUNTIME or JSII_NODE is set",
        ],
    )
    assert changes(output, checkout / "cdktf.out") == []


def test_no_environment_variable_is_left_behind_but_the_nodejs(checkout: Path) -> None:
    look = (
        "import json, os; before = dict(os.environ)\n"
        "from miyabi_infra.synthesis import runtime; runtime.prepare(); import cdktf\n"
        "after = dict(os.environ); print(json.dumps(sorted(before.items() ^ after.items())))"
    )
    variables = environment_of(checkout)
    variables.pop("JSII_NODE", None)
    done = subprocess.run([sys.executable, "-c", look], env=variables, capture_output=True, text=True, check=True)
    assert [name for name, _ in json.loads(done.stdout)] == ["JSII_NODE"]


def test_the_first_run_on_a_machine_leaves_the_index_for_the_next(checkout: Path, output: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    done = run_main(checkout, JSII_RUNTIME_PACKAGE_CACHE_ROOT=str(cache), CDKTF_OUTDIR="first")
    assert done.returncode == 0
    assert changes(output, checkout / "first") == []
    indexed = {file.relative_to(cache).parts[1] for file in cache.rglob(".jsii.runtime*") if "provider" in str(file)}
    assert indexed == {"provider-aws"}


def test_a_provider_that_nodejs_cannot_load_is_an_error_and_no_hang(checkout: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "file"
    nowhere.write_text("", encoding="utf-8")
    done = run_main(checkout, JSII_RUNTIME_PACKAGE_CACHE_ROOT=str(nowhere / "cache"), CDKTF_OUTDIR="none")
    assert done.returncode == 4
    assert "ENOTDIR" in done.stderr
    assert not list((checkout / "none").rglob("*.json"))


def test_a_type_that_nodejs_does_not_know_is_no_error_until_it_is_used(checkout: Path) -> None:
    look = (
        "from miyabi_infra.synthesis import runtime; runtime.prepare()\n"
        "from jsii._runtime import kernel; import cdktf\n"
        "class Nothing: __jsii_type__ = '@cdktf/provider-aws.nothing.Nothing'\n"
        "kernel.provider._process.foresee(Nothing); print(cdktf.Token.is_unresolved('text'))"
    )
    variables = environment_of(checkout)
    done = subprocess.run([sys.executable, "-c", look], env=variables, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_one_run_checks_arguments_and_leaves_mocks_to_whoever_imports_them(checkout: Path) -> None:
    look = (
        "import sys; from miyabi_infra.synthesis import runtime; runtime.prepare(for_one_run=True); import cdktf\n"
        "print('unittest.mock' in sys.modules, 'asyncio' in sys.modules)\n"
        "try: cdktf.Token.as_string(1, display_hint=2)\n"
        "except TypeError as error: print(error)\n"
        "from unittest.mock import Mock, patch; print(Mock(return_value=1)())"
    )
    variables = environment_of(checkout)
    done = subprocess.run([sys.executable, "-c", look], env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "False False",
        "type of argument display_hint must be one of (str, NoneType); got int instead",
        "1",
    ]
