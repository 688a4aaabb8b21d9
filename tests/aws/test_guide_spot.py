"""The guide docs/guides/spot.md, as it stands: its commands, in its order, on an emulated AWS whose tasks run."""

from pathlib import Path

import pytest

from tests.aws.cli import AwsCli
from tests.aws.environment import Environment, plan
from tests.guide import add_sources, steps

pytestmark = pytest.mark.aws


def test_the_service_gets_spot_tasks_and_is_not_replaced(root: Path, applied: Environment, tmp_path: Path) -> None:
    with applied.aws.copy(living=True) as aws, AwsCli.start() as cli:
        mine = applied.copy(tmp_path / "project", aws)
        add_sources(root, mine.project.root)
        guide = steps(root / "docs/guides/spot.md")
        said = "".join(step.follow(mine.project.root, aws.variables, cli.folder) for step in guide)
        after = aws.client("ecs").describe_services(cluster="miyabi-cluster-dev", services=["miyabi-service-dev"])[
            "services"
        ][0]
        assert said.count("No changes") == 2
        assert {each["capacityProvider"] for each in after["capacityProviderStrategy"]} == {"FARGATE", "FARGATE_SPOT"}

        # Without the step in AWS, provider 5 would replace the service: when it no longer does, the guide can go.
        mine.project.change("dev", ("spot_share: 75", "spot_share: null"))
        mine.project.synthesize("dev")
        assert plan(mine.terraform)["module.ecs_service.aws_ecs_service.app"] == "replace"
