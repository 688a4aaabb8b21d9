"""The guide docs/guides/spot.md, as it stands: its commands, in its order, on an emulated AWS whose tasks run."""

import re
import shutil
from pathlib import Path

import pytest

from tests.aws.cli import AwsCli
from tests.aws.environment import Environment, changes
from tests.guide import run_block

pytestmark = pytest.mark.aws

SOURCES = ("modules", "miyabi_infra", "cdktf.json", "main.py", "pyproject.toml")
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def test_the_service_gets_spot_tasks_and_is_not_replaced(root: Path, applied: Environment, tmp_path: Path) -> None:
    text = (root / "docs/guides/spot.md").read_text(encoding="utf-8")
    blocks = BLOCK.findall(text)
    assert len(blocks) == text.count("```sh")
    with applied.aws.copy(living=True) as aws, AwsCli.start() as cli:
        mine = applied.copy(tmp_path / "project", aws)
        for name in SOURCES:  # the copy's own sources, so that the copy is the project's root
            if (root / name).is_dir():
                shutil.copytree(root / name, mine.project.root / name, dirs_exist_ok=True)
            else:
                shutil.copy(root / name, mine.project.root / name)
        said = ""
        for commands in blocks:
            done = run_block(commands, mine.project.root, aws.variables, cli.folder)
            assert done.returncode == 0, f"{commands}{done.stdout}{done.stderr}"
            said += done.stdout
        after = aws.client("ecs").describe_services(cluster="miyabi-cluster-dev", services=["miyabi-service-dev"])[
            "services"
        ][0]
        assert said.count("No changes") == 2
        assert {each["capacityProvider"] for each in after["capacityProviderStrategy"]} == {"FARGATE", "FARGATE_SPOT"}

        # Without the step in AWS, provider 5 would replace the service: when it no longer does, the guide can go.
        mine.project.change("dev", ("spot_share: 75", "spot_share: null"))
        mine.project.synthesize("dev")
        assert changes(mine.terraform.plan())["module.ecs_service.aws_ecs_service.app"] == ["delete", "create"]
