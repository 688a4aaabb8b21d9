"""The guide docs/guides/replication-group.md, as it stands: its commands, in its order, on an emulated AWS."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any, Final

import pytest

from tests.aws.cli import AwsCli
from tests.aws.emulator import Emulator
from tests.aws.environment import Environment
from tests.aws.test_guide_spot import BLOCK, SOURCES
from tests.guide import run_block

pytestmark = pytest.mark.aws

NODE: Final = "miyabi-cache-dev"
GROUP: Final = "miyabi-redis-dev"


def test_a_node_becomes_a_group_and_the_tasks_always_have_a_cache(
    root: Path, applied: Environment, tmp_path: Path
) -> None:
    text = (root / "docs/guides/replication-group.md").read_text(encoding="utf-8")
    blocks = [dedent(each) for each in BLOCK.findall(text)]
    assert len(blocks) == text.count("```sh")
    with applied.aws.copy(living=True) as aws, AwsCli.start() as cli:
        mine = applied.copy(tmp_path / "project", aws)
        for name in SOURCES:  # the copy's own sources, so that the copy is the project's root
            copy: Callable[..., Any] = shutil.copytree if (root / name).is_dir() else shutil.copy
            copy(root / name, mine.project.root / name)
        said, used = list[str](), list[str]()
        for commands in blocks:
            done = run_block(commands, mine.project.root, aws.variables, cli.folder)
            assert done.returncode == 0, f"{commands}{done.stdout}{done.stderr}"
            said.append(re.sub(r"\x1b\[[0-9;]*m", "", done.stdout))
            used.append(_url(aws))
        cache = aws.client("elasticache")
        nodes = [each["CacheClusterId"] for each in cache.describe_cache_clusters()["CacheClusters"]]
        snapshots = [each["SnapshotName"] for each in cache.describe_snapshots()["Snapshots"]]
    plans = [each for text in said for each in re.findall(r"Plan: \d+ to add, \d+ to change, (\d+) to destroy", text)]
    # Each change of the address replaces the task definition; the last one is the node.
    assert [each.partition(":")[0] for each in used] == ["redis", "redis", "redis", "rediss", "rediss", "rediss"]
    assert NODE in used[2]
    assert GROUP in used[3]
    assert nodes == [f"{GROUP}-001", f"{GROUP}-002"]
    assert snapshots == ["miyabi-dev-node-last"]
    assert "No changes" in said[0]
    assert "No changes" in said[-1]
    assert plans


def _url(aws: Emulator) -> str:
    """The cache's URL that the tasks of the service's revision get."""
    ecs = aws.client("ecs")
    service = ecs.describe_services(cluster="miyabi-cluster-dev", services=["miyabi-service-dev"])["services"][0]
    container = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    variables = {each["name"]: each["value"] for each in container["containerDefinitions"][0]["environment"]}
    return variables["REDIS_URL"]
