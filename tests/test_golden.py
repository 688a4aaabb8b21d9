"""What is committed is what the sources make, byte for byte, on any machine."""

import filecmp
import shutil
from pathlib import Path

import pytest

from miyabi_infra.pages.reference import pages
from miyabi_infra.synthesis.publish import changes
from tests.support import copy_of_generator, run_main


def test_the_committed_output_is_what_the_overlays_make(root: Path, output: Path) -> None:
    assert changes(output, root / "cdktf.out") == []


def test_the_committed_reference_is_what_the_settings_make(root: Path) -> None:
    assert [file for file, text in pages(root).items() if file.read_text(encoding="utf-8") != text] == []


@pytest.fixture(scope="module")
def checkout(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generator at another place, as another machine has it."""
    return copy_of_generator(root, tmp_path_factory.mktemp("another place") / "checkout")


@pytest.mark.slow
def test_another_place_time_zone_and_locale_make_the_same_bytes(checkout: Path, output: Path) -> None:
    shutil.rmtree(checkout / "cdktf.out")
    done = run_main(checkout, TZ="Asia/Tokyo", LC_ALL="C", PYTHONHASHSEED="7")
    assert (done.returncode, done.stderr) == (0, "")
    assert changes(output, checkout / "cdktf.out") == []


def test_synthesizing_again_changes_no_byte_and_says_so(checkout: Path) -> None:
    done = run_main(checkout)
    assert done.returncode == 0
    stacks = [line.split()[-1] for line in done.stdout.splitlines()[:-1]]
    assert stacks == ["unchanged"] * 4


def test_the_summary_names_stack_resources_and_path(checkout: Path) -> None:
    first = run_main(checkout).stdout.splitlines()[0]
    assert first.split() == ["miyabi-dev", "48", "resources", "cdktf.out/stacks/miyabi-dev", "unchanged"]


@pytest.mark.slow
def test_the_cdktf_cli_names_the_folder(checkout: Path, output: Path) -> None:
    done = run_main(checkout, CDKTF_OUTDIR="elsewhere")
    assert done.returncode == 0
    assert changes(output, checkout / "elsewhere") == []


@pytest.mark.slow
def test_a_bad_overlay_is_refused_without_a_trace(checkout: Path) -> None:
    before = shutil.copytree(checkout / "cdktf.out", checkout / "before")
    overlay = checkout / "environments/dev.yaml"
    good = overlay.read_text(encoding="utf-8")
    overlay.write_text(good.replace("single_nat_gateway: true", "single_nat_gateway: 1"), encoding="utf-8")
    done = run_main(checkout)
    overlay.write_text(good, encoding="utf-8")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "environments/dev.yaml:12: networking.single_nat_gateway: 1 is neither true nor false; allowed: true or false\n"
        "\n1 problem in the overlays; nothing was written.\n"
    )
    assert filecmp.dircmp(before, checkout / "cdktf.out").diff_files == []
    assert changes(before, checkout / "cdktf.out") == []


@pytest.mark.slow
def test_an_environment_that_is_gone_leaves_no_output_but_its_state(checkout: Path, output: Path) -> None:
    stack = checkout / "cdktf.out/stacks/miyabi-qa"
    overlay = checkout / "environments/qa.yaml"
    staging = (checkout / "environments/staging.yaml").read_text(encoding="utf-8")
    overlay.write_text(staging.replace("backend: s3", "backend: s3\n  key: qa.tfstate"), encoding="utf-8")
    assert run_main(checkout).returncode == 0
    assert (stack / "cdk.tf.json").is_file()
    (stack / "terraform.tfstate").write_text("a state", encoding="utf-8")
    overlay.unlink()
    assert run_main(checkout).returncode == 0
    assert [file.name for file in stack.rglob("*")] == ["terraform.tfstate"]
    assert changes(output, checkout / "cdktf.out") == []
