"""`miyabi-infra deploy` on emulated AWS: from image A to B, and back when B's tasks do not become healthy."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.commands import status
from miyabi_infra.commands.deploy import run
from miyabi_infra.refused import Refused
from modules.permissions import NEEDED, WITHOUT_PERMISSION, action
from tests.aws.emulator import Emulator
from tests.aws.environment import Environment
from tests.aws.test_from_nothing import operations
from tests.support import Project

pytestmark = pytest.mark.aws

REPOSITORY = "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api"
BY_PIPELINE = (
    "  cpu_alarm_threshold: 70\n",
    "  cpu_alarm_threshold: 70\n  managed_elsewhere: [desired_count, task_definition]\n",
)


@pytest.fixture
def living(applied: Environment, root: Path, tmp_path: Path) -> Generator[tuple[Emulator, Project]]:
    """Dev, whose tasks run, in an overlay that leaves the image to a pipeline; images `a1`, `b2` and `broken`."""
    with applied.aws.copy(living=True) as aws, pytest.MonkeyPatch.context() as patch:
        aws.use(patch)
        project = Project.copy_of(root, tmp_path / "project")
        project.change("dev", BY_PIPELINE)
        project.synthesize("dev")
        aws.client("ecr").create_repository(repositoryName="miyabi-web-api", imageTagMutability="IMMUTABLE")
        aws.push("miyabi-web-api", "a1", "b2", "broken")
        yield aws, project


def service(aws: Emulator) -> dict[str, Any]:
    found = aws.client("ecs").describe_services(cluster="miyabi-cluster-dev", services=["miyabi-service-dev"])
    return found["services"][0]


def image_of_tasks(aws: Emulator) -> set[str]:
    ecs = aws.client("ecs")
    arns = ecs.list_tasks(cluster="miyabi-cluster-dev", serviceName="miyabi-service-dev")["taskArns"]
    tasks = ecs.describe_tasks(cluster="miyabi-cluster-dev", tasks=arns)["tasks"]
    definitions = {each["taskDefinitionArn"] for each in tasks}
    return {
        ecs.describe_task_definition(taskDefinition=each)["taskDefinition"]["containerDefinitions"][0]["image"]
        for each in definitions
    }


def test_from_one_image_to_the_next(living: tuple[Emulator, Project], capsys: pytest.CaptureFixture[str]) -> None:
    aws, project = living

    assert run(project.root, "dev", f"{REPOSITORY}:a1", seconds=30) == 0
    first = aws.client("ecs").describe_task_definition(taskDefinition="miyabi-app-dev", include=["TAGS"])
    assert run(project.root, "dev", f"{REPOSITORY}:b2", seconds=30) == 0
    second = aws.client("ecs").describe_task_definition(taskDefinition="miyabi-app-dev", include=["TAGS"])

    assert image_of_tasks(aws) == {f"{REPOSITORY}:b2"}
    assert capsys.readouterr().out.splitlines() == [
        f"dev: miyabi-app-dev:2 runs {REPOSITORY}:a1",
        f"dev: miyabi-app-dev:3 runs {REPOSITORY}:b2",
    ]
    # The image differs and nothing else: roles, size, variables and tags are those of before.
    for answer in (first, second):
        answer["taskDefinition"]["containerDefinitions"][0].pop("image")
        for name in ("taskDefinitionArn", "revision", "registeredAt"):
            answer["taskDefinition"].pop(name, None)
    assert (first["taskDefinition"], first["tags"]) == (second["taskDefinition"], second["tags"])


def test_the_same_image_again_makes_no_revision(living: tuple[Emulator, Project]) -> None:
    aws, project = living
    assert [run(project.root, "dev", f"{REPOSITORY}:a1", seconds=30) for _ in range(2)] == [0, 0]
    found = aws.client("ecs").describe_task_definition(taskDefinition="miyabi-app-dev")["taskDefinition"]
    assert found["revision"] == 2


WITH_DATABASE = "rds:\n  enabled: true\n  migration_command: [/app/migrate]\n"


def migrating(aws: Emulator, project: Project) -> None:
    """The migration's task, as an apply with a database would have registered it."""
    project.overlay("dev").write_text(project.overlay("dev").read_text() + WITH_DATABASE)
    project.synthesize("dev")
    app = aws.client("ecs").describe_task_definition(taskDefinition="miyabi-app-dev")["taskDefinition"]
    container = {"name": "miyabi-migration", "image": f"{REPOSITORY}:a1", "command": ["/app/migrate"]}
    kept = ("networkMode", "requiresCompatibilities", "cpu", "memory", "executionRoleArn", "taskRoleArn")
    aws.client("ecs").register_task_definition(
        family="miyabi-migration-dev", containerDefinitions=[container], **{name: app[name] for name in kept}
    )


def migrations(aws: Emulator) -> list[dict[str, Any]]:
    """The tasks that migrated the schema."""
    ecs = aws.client("ecs")
    arns = ecs.list_tasks(cluster="miyabi-cluster-dev", desiredStatus="STOPPED")["taskArns"]
    found: list[dict[str, Any]] = ecs.describe_tasks(cluster="miyabi-cluster-dev", tasks=arns)["tasks"] if arns else []
    return [each for each in found if "miyabi-migration-dev" in each["taskDefinitionArn"]]


def test_the_new_image_migrates_the_schema_before_the_service_runs_it(
    living: tuple[Emulator, Project], capsys: pytest.CaptureFixture[str]
) -> None:
    aws, project = living
    migrating(aws, project)

    assert run(project.root, "dev", f"{REPOSITORY}:b2", seconds=30) == 0

    (migration,) = migrations(aws)
    definition = aws.client("ecs").describe_task_definition(taskDefinition=migration["taskDefinitionArn"])
    (container,) = definition["taskDefinition"]["containerDefinitions"]
    assert (container["image"], container["command"]) == (f"{REPOSITORY}:b2", ["/app/migrate"])
    assert image_of_tasks(aws) == {f"{REPOSITORY}:b2"}
    steps = capsys.readouterr().err.splitlines()
    done = next(at for at, line in enumerate(steps) if line.startswith("migration ") and line.endswith("is done"))
    assert done < steps.index(f"miyabi-app-dev:2 registered, with {REPOSITORY}:b2")


def test_a_migration_that_fails_leaves_the_service_as_it_is(
    living: tuple[Emulator, Project], capsys: pytest.CaptureFixture[str]
) -> None:
    aws, project = living
    migrating(aws, project)
    before = service(aws)

    assert run(project.root, "dev", f"{REPOSITORY}:broken", seconds=30, as_json=True) == 1

    assert service(aws) == before
    outcome = json.loads(capsys.readouterr().out)
    assert outcome["reason"].endswith("failed with exit code 1")
    assert (outcome["deployed"], outcome["runs"]) == (False, outcome["before"])
    definition = aws.client("ecs").describe_task_definition(taskDefinition="miyabi-app-dev")["taskDefinition"]
    assert definition["revision"] == 1  # not even registered


def test_on_the_way_back_the_schema_is_left_alone(living: tuple[Emulator, Project]) -> None:
    aws, project = living
    migrating(aws, project)
    assert run(project.root, "dev", f"{REPOSITORY}:a1", seconds=30, migrate=False) == 0
    assert migrations(aws) == []


def test_tasks_that_never_become_healthy_are_taken_back(
    living: tuple[Emulator, Project], capsys: pytest.CaptureFixture[str]
) -> None:
    aws, project = living
    assert run(project.root, "dev", f"{REPOSITORY}:a1", seconds=30) == 0
    capsys.readouterr()

    assert run(project.root, "dev", f"{REPOSITORY}:broken", seconds=30, as_json=True) == 1

    outcome = json.loads(capsys.readouterr().out)
    assert (outcome["deployed"], outcome["before"], outcome["runs"]) == (
        False,
        "miyabi-app-dev:2",
        "miyabi-app-dev:2",
    )
    assert "tasks failed to start" in outcome["reason"]
    assert image_of_tasks(aws) == {f"{REPOSITORY}:a1"}
    assert service(aws)["taskDefinition"].endswith("miyabi-app-dev:2")


def test_without_a_circuit_breaker_the_command_itself_goes_back(living: tuple[Emulator, Project]) -> None:
    aws, project = living
    assert run(project.root, "dev", f"{REPOSITORY}:a1", seconds=30) == 0
    aws.client("ecs").update_service(
        cluster="miyabi-cluster-dev",
        service="miyabi-service-dev",
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": False, "rollback": False}},
    )

    assert run(project.root, "dev", f"{REPOSITORY}:broken", seconds=30) == 1

    assert image_of_tasks(aws) == {f"{REPOSITORY}:a1"}
    assert service(aws)["taskDefinition"].endswith("miyabi-app-dev:2")


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (f"{REPOSITORY}:c3", "is not in the registry: push it first"),
        (f"{REPOSITORY}:latest", "latest says not what it is"),
        (REPOSITORY, "is not an image with a tag or a digest"),
    ],
)
def test_what_cannot_be_deployed_changes_nothing(living: tuple[Emulator, Project], image: str, why: str) -> None:
    aws, project = living
    before = service(aws)
    with pytest.raises(Refused, match=why):
        run(project.root, "dev", image, seconds=30)
    assert service(aws) == before


def test_what_terraform_manages_is_left_to_it(living: tuple[Emulator, Project]) -> None:
    _, project = living
    project.change("dev", tuple(reversed(BY_PIPELINE)))  # type: ignore[arg-type]
    project.synthesize("dev")
    with pytest.raises(Refused, match="Terraform manages the image of dev"):
        run(project.root, "dev", f"{REPOSITORY}:a1", seconds=30)


def test_deploy_and_status_call_what_the_role_that_applies_may(living: tuple[Emulator, Project]) -> None:
    aws, project = living
    migrating(aws, project)
    before = operations(aws)
    assert run(project.root, "dev", f"{REPOSITORY}:a1", seconds=30) == 0
    status.run(project.root, "dev")
    called = {action(*each) for each in operations(aws) - before}
    assert sorted(called - {*NEEDED, *WITHOUT_PERMISSION}) == [], "add it to BY_COMMANDS of modules/permissions.py"
