"""Whatever overlay the model accepts synthesizes at the contract's addresses; whatever it refuses writes nothing."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from cdktf import App
from hypothesis import Phase, given, settings

from environments.settings import EnvironmentSettings
from environments.stack import EnvironmentStack
from miyabi_infra.commands.synth import run
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.loading import check
from miyabi_infra.terraform.together import together, validated
from tests import complete
from tests.strategies import broken_overlays, overlays
from tests.support import Project, instances, required


def accepted(overlay: dict[str, Any]) -> EnvironmentSettings:
    found, problems = check(Document(Path("qa.yaml"), {"project": "miyabi", **overlay}), "qa", EnvironmentSettings)
    assert problems == []
    assert isinstance(found, EnvironmentSettings)
    return found


SWITCHED: Final[Mapping[str, Callable[[EnvironmentSettings], bool]]] = {
    "cdn-waf": lambda settings: settings.waf.at_distribution,
    "certificate": lambda settings: settings.makes_certificate,
    "codedeploy": lambda settings: settings.ecs_service.by_codedeploy,
    "dns": lambda settings: bool(settings.dns.names),
    "endpoints": lambda settings: settings.endpoints.enabled,
    "flow-logs": lambda settings: settings.flow_logs.destination is not None,
    "frontend": lambda settings: settings.frontend.enabled,
    "log-bucket": lambda settings: settings.log_bucket.name is not None,
    "monitoring": lambda settings: settings.monitoring.enabled,
    "notifications": lambda settings: settings.notifications.makes_topic,
    "rds": lambda settings: settings.rds.enabled,
    "secrets": lambda settings: bool(settings.secrets),
    "waf": lambda settings: settings.waf.at_load_balancer,
}
"""The modules that are called only where an overlay asks for them, and what asks."""


def addresses(settings: EnvironmentSettings) -> tuple[dict[str, dict[str, Any]], dict[str, set[str]]]:
    """The rendered modules of an environment, and the addresses in each."""
    bodies = {module.folder: module.rendered() for module in EnvironmentStack(App(), settings).modules}
    return bodies, {folder: set(instances(body)) for folder, body in bodies.items()}


@pytest.fixture(scope="session")
def contract(root: Path) -> dict[str, set[str]]:
    """The addresses that every environment has, by module: staging's, which no setting takes away."""
    return addresses(Project(root).settings("staging"))[1]


@pytest.fixture(scope="session")
def known(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The addresses that there are at all, by module: the most complete overlay's, and what it excludes."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("complete") / "project")
    complete.write(project)
    found = addresses(project.settings(complete.ENVIRONMENT))[1]
    found["elasticache"] |= {NODE}
    found["flow-logs"] |= {"aws_flow_log.s3"}
    found["rds"] |= {"aws_cloudwatch_log_group.iam_db_auth_error"}
    return found


NODE = "aws_elasticache_cluster.redis"
GROUP = "aws_elasticache_replication_group.redis"
ROLLING_ONLY = {"aws_appautoscaling_policy.ecs_requests", "aws_ecs_service.app"}
"""Addresses that blue/green deployments replace by others: the last step of the way there removes them."""


@pytest.mark.slow
@settings(max_examples=25)
@given(overlays())
def test_an_accepted_overlay_keeps_every_address_and_the_text_of_variables(
    contract: dict[str, set[str]], known: dict[str, set[str]], overlay: dict[str, Any]
) -> None:
    settings = accepted(overlay)
    bodies, found = addresses(settings)
    called = {folder for folder, setting in SWITCHED.items() if setting(settings)}
    assert found.keys() == contract.keys() | called
    cache = settings.elasticache
    assert (NODE in found["elasticache"], GROUP in found["elasticache"]) == (cache.has_node, cache.has_group)
    for folder, labels in found.items():
        lost = contract.get(folder, set()) - labels - {NODE}
        if settings.ecs_service.deployment == "blue_green":
            lost -= ROLLING_ONLY
        new = labels - known[folder]
        assert (lost, new) == (set(), set()), f"module {folder}: an address depends on a value"

    variables = bodies["ecs"]["locals"]["container_definitions"][0]["environment"]
    shown = {each["name"]: each["value"].replace("$${", "${").replace("%%{", "%{") for each in variables}
    shown.pop(overlay["elasticache"]["url_variable"], None)  # its value is a reference
    of_database = f"{settings.rds.variable_prefix}_"
    mine = {name: value for name, value in shown.items() if not name.startswith(of_database)}
    assert mine == overlay["ecs"]["environment_variables"]


@pytest.fixture
def alone(root: Path, tmp_path: Path) -> Project:
    """A project whose only environment is the one that a test writes: what it refuses does not depend on others."""
    return Project.alone(root, tmp_path / "project")


@pytest.mark.slow
@settings(max_examples=100)
@given(broken_overlays())
def test_a_refused_overlay_writes_nothing(alone: Project, overlay: dict[str, Any]) -> None:
    file = alone.write("qa", overlay)
    refused = alone.problems()
    if not refused:  # a value that the setting takes after all, such as text for a path
        return
    assert {problem.place.file.name for problem in refused} == {file.name}
    assert run(alone.root, alone.out, write=True) == 2
    assert not alone.out.exists()


def drawn(number: int) -> list[dict[str, Any]]:
    """Overlays that are accepted."""
    found: list[dict[str, Any]] = []

    @settings(max_examples=number, database=None, phases=[Phase.generate])
    @given(overlays())
    def draw(overlay: dict[str, Any]) -> None:
        found.append(overlay)

    draw()
    return found


@pytest.mark.terraform
def test_terraform_and_the_provider_accept_it(tmp_path: Path, root: Path) -> None:
    """Overlays that are drawn, in one run of Terraform."""
    stacks: dict[str, Path] = {}
    for number, overlay in enumerate(drawn(4)):
        project = Project.copy_of(root, tmp_path / f"{number}")
        project.write("qa", overlay)
        stacks[f"stack-{number}"] = project.synthesize() / "stacks/miyabi-qa"
    assert len(stacks) == 4
    needed = {name: required(stack) for name, stack in stacks.items()}
    assert validated(together(stacks, tmp_path / "together", needed)) == []
