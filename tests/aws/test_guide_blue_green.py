"""The guide docs/guides/blue-green.md, as it stands: to blue/green, a deployment, and back, on an emulated AWS.

The tasks run there, so after each block it is asked whether the traffic goes to tasks: none may be missing meanwhile.
"""

import re
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.commands import status, verify
from miyabi_infra.commands.deploy import run
from miyabi_infra.refused import Refused
from modules.permissions import NEEDED, WITHOUT_PERMISSION, action
from tests.aws.cli import AwsCli
from tests.aws.emulator import Emulator
from tests.aws.environment import Environment
from tests.aws.refusals._holders import forwarded
from tests.aws.test_from_nothing import operations
from tests.guide import add_sources, steps
from tests.support import Project

pytestmark = pytest.mark.aws

REPOSITORY = "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api"
ALARM = "miyabi-alb-unhealthy-hosts-dev"


@dataclass
class Way:
    """What happened on the way, block by block."""

    aws: Emulator
    said: list[str]
    serving: list[int]
    """Healthy tasks that the production listener forwarded to after each block."""
    services: list[list[str]]
    project: Project

    def healthy(self) -> int:
        """Tasks in the target groups that get the traffic."""
        elb = self.aws.client("elbv2")
        (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
        listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        (production,) = (each for each in listeners if each["Port"] == 80)
        weights = [each for action in production["DefaultActions"] for each in _weighted(action)]
        groups = [arn for arn, weight in weights if weight]
        return sum(
            each["TargetHealth"]["State"] == "healthy"
            for group in groups
            for each in elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        )

    def running(self) -> list[str]:
        ecs = self.aws.client("ecs")
        arns = ecs.list_services(cluster="miyabi-cluster-dev")["serviceArns"]
        found = ecs.describe_services(cluster="miyabi-cluster-dev", services=arns)["services"]
        return sorted(each["serviceName"] for each in found if each["status"] == "ACTIVE")


def _weighted(action: dict[str, Any]) -> list[tuple[str, int]]:
    groups = action.get("ForwardConfig", {}).get("TargetGroups")
    if groups:
        return [(each["TargetGroupArn"], each.get("Weight", 1)) for each in groups]
    return [(arn, 1) for arn in forwarded([action])]


def _begin(root: Path, applied: Environment, folder: Path, aws: Emulator) -> Project:
    mine = applied.copy(folder, aws)
    add_sources(root, mine.project.root)
    aws.client("ecr").create_repository(repositoryName="miyabi-web-api", imageTagMutability="IMMUTABLE")
    image = re.search(r"ecr_image_uri: \S+:(\S+)", mine.project.overlay("dev").read_text(encoding="utf-8"))
    assert image
    aws.push("miyabi-web-api", *dict.fromkeys((image[1], "3f2c1ab", "broken")))
    return mine.project


@pytest.fixture(scope="module")
def way(root: Path, applied: Environment, tmp_path_factory: pytest.TempPathFactory) -> Generator[Way]:
    """The blocks of the guide, all of them run; and in the middle, when CodeDeploy owns the service, a closer look."""
    guide = steps(root / "docs/guides/blue-green.md")
    with applied.aws.copy(living=True) as aws, AwsCli.start() as cli:
        project = _begin(root, applied, tmp_path_factory.mktemp("blue-green") / "project", aws)
        found = Way(aws, [], [], [], project)
        kept = ""  # the variables of a block are the shell's
        for number, step in enumerate(guide):
            if number == len(guide) - 3:
                _by_codedeploy(found)
            found.said.append(step.follow(project.root, aws.variables, cli.folder, before=kept))
            kept = "".join(f"{line.strip()}\n" for line in step.text.splitlines() if re.match(r" *\w+=\$\(", line))
            found.serving.append(found.healthy())
            found.services.append(found.running())
        yield found


def _by_codedeploy(way: Way) -> None:
    """While CodeDeploy owns the service: what does not become healthy never gets traffic, nor while an alarm rings."""
    with pytest.MonkeyPatch.context() as patch:
        way.aws.use(patch)
        before = operations(way.aws)
        runs = way.aws.client("ecs").describe_services(cluster="miyabi-cluster-dev", services=["miyabi-blue-green-dev"])
        revision = runs["services"][0]["taskDefinition"]
        assert run(way.project.root, "dev", f"{REPOSITORY}:broken", seconds=30) == 1
        cloudwatch = way.aws.client("cloudwatch")
        cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="a test")
        assert run(way.project.root, "dev", f"{REPOSITORY}:3f2c1ab", seconds=30) == 1
        cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="OK", StateReason="a test")
        runs = way.aws.client("ecs").describe_services(cluster="miyabi-cluster-dev", services=["miyabi-blue-green-dev"])
        assert runs["services"][0]["taskDefinition"] == revision
        assert way.healthy() == 2
        assert verify.run(way.project.root, "dev") == 0, "what CodeDeploy owns may differ, nothing else"
        assert status.run(way.project.root, "dev") == 1, "the last deployment was stopped by an alarm"
        called = {action(*each) for each in operations(way.aws) - before} - {"cloudwatch:SetAlarmState"}
        assert sorted(called - {*NEEDED, *WITHOUT_PERMISSION}) == [], "add it to BY_COMMANDS of modules/permissions.py"


def test_tasks_answer_after_every_step(way: Way) -> None:
    assert way.serving == [4, 4, 2, 2, 2, 4, 2]
    both, shifted, rolling = (
        ["miyabi-blue-green-dev", "miyabi-service-dev"],
        ["miyabi-blue-green-dev"],
        ["miyabi-service-dev"],
    )
    assert way.services == [both, both, shifted, shifted, shifted, both, rolling]


def test_the_plan_after_a_deployment_is_empty_and_so_is_the_last_one(way: Way) -> None:
    assert "No changes" in way.said[3]
    assert "No changes" in way.said[-1]


def test_the_traffic_moved_to_the_second_group_and_back(way: Way) -> None:
    assert "runs 123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:3f2c1ab" in way.said[3]
    assert "runs 123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:3f2c1ab" in way.said[4]
    groups = way.aws.client("elbv2").describe_target_groups()["TargetGroups"]
    assert [each["TargetGroupName"] for each in groups] == ["miyabi-tg-dev"]
    assert way.aws.client("codedeploy").list_applications()["applications"] == []


def test_two_services_are_not_deployed(way: Way, root: Path, tmp_path: Path) -> None:
    project = Project.copy_of(root, tmp_path)
    project.change(
        "dev",
        (
            "ecs_service:\n",
            "ecs_service:\n  deployment: both\n  managed_elsewhere: [desired_count, task_definition, load_balancer]\n",
        ),
    )
    project.synthesize("dev")
    with pytest.MonkeyPatch.context() as patch:
        way.aws.use(patch)
        with pytest.raises(Refused, match="runs two services"):
            run(project.root, "dev", f"{REPOSITORY}:3f2c1ab", seconds=30)
