"""What tests on emulated AWS share. An apply takes more than a minute, so one is made, and copied.

* `applied`: dev as the generator makes it, applied once in a session. For tests that only read.
* `dev`: a copy of it, state and all, which a test may change; made in a moment.
* `aws`: an emulated AWS that holds nothing, which a test may fill.
"""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.aws.emulator import Emulator
from tests.aws.environment import Environment
from tests.support import Project


@pytest.fixture(scope="session")
def empty_aws() -> Generator[Emulator]:
    """An emulated AWS that holds nothing: for copies."""
    with Emulator.start() as emulator:
        yield emulator


@pytest.fixture
def aws(empty_aws: Emulator) -> Generator[Emulator]:
    """An emulated AWS that holds nothing, of the test's own."""
    with empty_aws.copy() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def applied(root: Path, output: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Environment]:
    """Dev, applied: its project with `cdktf.out` and state, and the emulated AWS that holds it. Only to be read."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("applied"))
    project.take(output)
    with Emulator.start() as emulator:
        environment = Environment(project, "dev", emulator)
        environment.terraform.init()
        environment.terraform.apply()
        yield environment


@pytest.fixture
def dev(applied: Environment, tmp_path: Path) -> Generator[Environment]:
    """Dev, applied, of the test's own: a copy of the project, the state and the emulated AWS."""
    with applied.aws.copy() as emulator:
        yield applied.copy(tmp_path / "dev", emulator)
