"""What all tests share: the project as it is, one synthesis of it, and what tests that need terraform ask for."""

import gc
import os
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from miyabi_infra.synthesis import runtime

gc.disable()  # until all is imported: see pytest_collection_finish
runtime.prepare()

# A synthesis takes longer than hypothesis allows by default, and CI is to find the same with the same commit.
settings.register_profile(
    "miyabi",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("miyabi")

from miyabi_infra.aws.preflight.resolver import RESOLVER  # noqa: E402
from miyabi_infra.project import ROOT  # noqa: E402
from miyabi_infra.terraform import cli as terraform  # noqa: E402  # after jsii knows its Node.js
from tests.name_server import NameServer  # noqa: E402
from tests.support import Plans, Project, chromium, synthesized  # noqa: E402

os.environ.setdefault(*terraform.LESS_COLLECTION)  # for the terraform commands of the guides

NEEDED = (
    (("terraform", "aws"), "terraform", terraform.executable, "MIYABI_DEMAND_TERRAFORM"),
    (("browser",), "chromium", chromium, "MIYABI_DEMAND_BROWSER"),
)
"""What the tests with some markers need, how it is found, and the variable that demands it."""


LONGEST: Final = (
    *("aws/test_from_nothing", "aws/test_guides", "aws/test_adopt", "aws/test_restore", "loading/test_both_ways"),
    *("parity/test_provider", "aws/test_firewall", "aws/test_guide_domain", "aws/test_adoption", "parity/test_plan"),
    *("aws/test_frontend", "parity/test_agreement", "aws/test_guide_ipv6", "aws/test_guide_first_apply"),
    *("aws/test_pipeline", "parity/test_judge", "test_readme", "aws/test_guide_adopt", "aws/test_guides_of_faults"),
    *("aws/test_guide_replication_group", "aws/test_guide_blue_green", "load/test_loopback", "loading/test_watch"),
    *("aws/test_preflight", "aws/test_emulator", "terraform/test_plan", "aws/test_guide_network_logs"),
    "unit/test_summary",
)
"""Files that take long come first, the longest of them first: a file stays in one process, and what begins last is
waited for alone. Those that wait for AWS and those that work alternate."""
SHORT: Final = "aws/test_refusals"
"""How the names of files begin whose tests take moments: they fill what is left."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; what needs a program that is not there is skipped, or fails where it is demanded."""
    items.sort(key=_turn)
    for markers, program, find, demanded in NEEDED:
        if find() or os.environ.get(demanded):
            continue
        skip = pytest.mark.skip(reason=f"{program} is not on the PATH")
        for item in items:
            if any(map(item.get_closest_marker, markers)):
                item.add_marker(skip)


def _turn(item: pytest.Item) -> int:
    name = str(item.path.relative_to(Path(__file__).parent).with_suffix(""))
    if name in LONGEST:
        return LONGEST.index(name)
    return len(LONGEST) + name.startswith(SHORT)


def pytest_collection_finish() -> None:
    """Have Python search less for garbage: what is imported by now stays. It took a seventh of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    gc.enable()


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root."""
    return ROOT


@pytest.fixture(scope="session")
def output() -> Path:
    """The project's overlays synthesized afresh: a `cdktf.out` that tests only read."""
    return synthesized()


@pytest.fixture(scope="session")
def shared_plans(tmp_path_factory: pytest.TempPathFactory) -> Plans:
    """Plans from nothing that tests only read."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "plans-of-stacks"
    folder.mkdir(exist_ok=True)
    return Plans(folder)


@pytest.fixture
def name_server(monkeypatch: pytest.MonkeyPatch) -> Generator[NameServer]:
    """A name server that knows nothing yet, in place of the system's."""
    with NameServer.serving() as server:
        monkeypatch.setenv(RESOLVER, server.address)
        yield server


@pytest.fixture
def project(tmp_path: Path, root: Path) -> Project:
    """A project of the test's own, with the repository's overlays, which it may change."""
    return Project.copy_of(root, tmp_path)
