"""What tests on emulated AWS share. An apply takes more than a minute, so one is made, and copied.

* `applied`: dev as the generator makes it, applied once in a session. For tests that only read.
* `dev`: a copy of it, state and all, which a test may change; made in a moment.
* `hcl_made`, `otherwise_made`: dev and staging as hand-written HCL made them, to be adopted. For tests that only read.
* `aws`: an emulated AWS that holds nothing, which a test may fill.
"""

import json
import shutil
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from tests.aws.emulator import Emulator
from tests.aws.environment import ByHand, Environment
from tests.aws.refused import Account
from tests.parity.support import HCL
from tests.support import Project


@pytest.fixture(scope="session", autouse=True)
def _no_account_of_a_developer() -> Generator[None]:
    """What names an account beside the variables of an emulated one: empty, the AWS CLI and boto3 would mind it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def empty_aws() -> Generator[Emulator]:
    """An emulated AWS that holds nothing: for copies, which have read what moto reads when a service is first asked."""
    with Emulator.start() as emulator:
        emulator.holds()
        yield emulator


@pytest.fixture
def aws(empty_aws: Emulator) -> Generator[Emulator]:
    """An emulated AWS that holds nothing, of the test's own."""
    with empty_aws.copy() as emulator:
        yield emulator


@pytest.fixture
def account(aws: Emulator) -> Account:
    """An emulated account of the test's own, for the catalogue of refusals."""
    return Account(aws)


class Applies:
    """The applies that the session's tests ask for. Each is made once, and is mostly waiting for AWS."""

    def __init__(self, makers: Mapping[str, Callable[[Emulator], Any]], empty: Emulator) -> None:
        self.makers = makers
        self._empty = empty
        self._begun: dict[str, Future[Any]] = {}
        self._stack = ExitStack()
        self._pool = self._stack.enter_context(ThreadPoolExecutor())

    def begin(self, name: str) -> Future[Any]:
        """Have one under way, if it is not yet."""
        if name not in self._begun:
            emulator = self._stack.enter_context(self._empty.copy())
            self._begun[name] = self._pool.submit(self.makers[name], emulator)
        return self._begun[name]

    def end(self) -> None:
        """End the emulated accounts."""
        self._stack.close()


@pytest.fixture(scope="session")
def applies(
    root: Path, output: Path, empty_aws: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Applies]:
    """The applies, none of them begun."""
    # Made here, not by the makers: in two threads at once, the factory would remove what it has just made.
    folder = tmp_path_factory.mktemp("applies")
    makers: dict[str, Callable[[Emulator], Any]] = {
        "applied": lambda aws: _generated(Project.copy_of(root, folder / "applied"), output, aws),
        "hcl_made": lambda aws: _by_hand(folder / "by-hand", "dev", aws),
        "otherwise_made": lambda aws: _otherwise(folder / "otherwise", aws),
    }
    found = Applies(makers, empty_aws)
    yield found
    found.end()


@pytest.fixture(scope="module", autouse=True)
def _begun_at_once(request: pytest.FixtureRequest, applies: Applies) -> None:
    """Begin all applies that the file's tests ask for, before the first of them does."""
    for item in request.session.items:
        if item.path == request.path:
            for name in applies.makers.keys() & getattr(item, "fixturenames", ()):
                applies.begin(name)


def _generated(project: Project, output: Path, aws: Emulator) -> Environment:
    project.take(output)
    environment = Environment(project, "dev", aws)
    environment.terraform.init()
    environment.terraform.apply()
    return environment


def _by_hand(folder: Path, environment: str, aws: Emulator, *arguments: str) -> ByHand:
    if not folder.exists():
        shutil.copytree(HCL, folder)
    made = ByHand(folder, aws)
    made.terraform.init()
    made.terraform.apply(f"-var-file={environment}.tfvars", *arguments)
    return made


OTHERWISE: Final = {
    "project_name": "acme",
    "availability_zones": ["us-west-2a", "us-west-2b", "us-west-2c"],
    "vpc_cidr": "10.30.0.0/16",
    "public_subnet_cidrs": ["10.30.1.0/24", "10.30.2.0/24", "10.30.3.0/24"],
    "private_subnet_cidrs": ["10.30.11.0/24", "10.30.12.0/24", "10.30.13.0/24"],
    "health_check_path": "/api/healthz",
    "task_cpu": "1024",
    "task_memory": "2048",
    "ecr_image_uri": "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:9d8e7f6",
    "log_retention_days": 60,
    "environment_variables": [
        {"name": "ENVIRONMENT", "value": "stage"},
        {"name": "RUST_LOG", "value": "debug"},
    ],
    "redis_node_type": "cache.m5.large",
    "redis_engine_version": "7.1",
    "desired_count": 3,
    "autoscaling_max_capacity": 9,
    "enable_service_discovery": True,
}
"""Values of an environment that is in everything another."""

EDITS: Final = {
    "providers.tf": ('ManagedBy   = "Terraform"', 'ManagedBy   = "Terraform"\n      CostCenter  = "4711"'),
    "modules/alb/main.tf": ("ELBSecurityPolicy-TLS-1-2-2017-01", "ELBSecurityPolicy-TLS13-1-2-2021-06"),
    "modules/elasticache/main.tf": ("sun:05:00-sun:06:00", "mon:08:00-mon:09:30"),
    "modules/ecs-service/main.tf": ("threshold           = 80", "threshold           = 85"),
}
"""What a team changed in the HCL itself."""


def _otherwise(folder: Path, aws: Emulator) -> ByHand:
    shutil.copytree(HCL, folder)
    for name, (old, new) in EDITS.items():
        file = folder / name
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
    certificate = aws.certificate("api.miyabi.example")
    values = folder / "otherwise.tfvars.json"
    values.write_text(json.dumps({**OTHERWISE, "certificate_arn": certificate}), encoding="utf-8")
    return _by_hand(folder, "staging", aws, f"-var-file={values.name}")


@pytest.fixture(scope="session")
def applied(applies: Applies) -> Environment:
    """Dev, applied: its project with `cdktf.out` and state, and the emulated AWS that holds it. Only to be read."""
    return applies.begin("applied").result()


@pytest.fixture(scope="session")
def hcl_made(applies: Applies) -> ByHand:
    """Dev, as the reference HCL makes it. Only to be read."""
    return applies.begin("hcl_made").result()


@pytest.fixture(scope="session")
def otherwise_made(applies: Applies) -> ByHand:
    """Staging as a team made it that has other names, addresses, sizes, tags and limits. Only to be read."""
    return applies.begin("otherwise_made").result()


@pytest.fixture
def dev(applied: Environment, tmp_path: Path) -> Generator[Environment]:
    """Dev, applied, of the test's own: a copy of the project, the state and the emulated AWS."""
    with applied.aws.copy() as emulator:
        yield applied.copy(tmp_path / "dev", emulator)
