"""The guide docs/guides/replication-group.md, as it stands: its commands, in its order, on an emulated AWS."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.aws.cli import AwsCli
from tests.aws.emulator import Emulator
from tests.aws.environment import Environment
from tests.guide import add_sources, steps

pytestmark = pytest.mark.aws

NODE: Final = "miyabi-cache-dev"
GROUP: Final = "miyabi-redis-dev"


def test_a_node_becomes_a_group_and_the_tasks_always_have_a_cache(
    root: Path, applied: Environment, tmp_path: Path
) -> None:
    with applied.aws.copy(living=True) as aws, AwsCli.start() as cli:
        mine = applied.copy(tmp_path / "project", aws)
        add_sources(root, mine.project.root)
        said, used = list[str](), list[str]()
        for step in steps(root / "docs/guides/replication-group.md"):
            said.append(step.follow(mine.project.root, aws.variables, cli.folder))
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
