"""`miyabi-infra summary` on a real plan: a node that must be replaced and a log group that goes come first."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.pages.summary.changes import Changes
from miyabi_infra.pages.summary.comment import comment
from miyabi_infra.pages.summary.plan import Planned, read
from miyabi_infra.terraform import offline
from tests.support import Project

pytestmark = pytest.mark.terraform

PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'
CACHE = "module.elasticache.aws_elasticache_cluster.redis"
LOGS = "module.ecs.aws_cloudwatch_log_group.old"


def instance(address: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """A resource of a state file."""
    module, kind, name = address.rsplit(".", 2)
    return {
        "module": module,
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider": PROVIDER,
        "instances": [{"schema_version": 0, "attributes": attributes}],
    }


@pytest.fixture(scope="module")
def plan_file(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plan of dev with an older Redis than its state has, and with a log group that has to go."""
    folder = tmp_path_factory.mktemp("replacing")
    project = Project.copy_of(root, folder)
    project.change("dev", ("  apply_immediately: true", '  apply_immediately: true\n  redis_engine_version: "6.2"'))
    terraform = offline.copy(project.synthesize() / "stacks/miyabi-dev", folder / "plan")
    runs: dict[str, Any] = json.loads((root / "tests/data/dev-planned-values.json").read_text(encoding="utf-8"))[CACHE]
    resources = [
        instance(CACHE, {**runs, "id": runs["cluster_id"]}),
        instance(LOGS, {"id": "/old", "name": "/old", "retention_in_days": 7, "skip_destroy": False}),
    ]
    state = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "test", "resources": resources}
    (terraform.folder / "terraform.tfstate").write_text(json.dumps(state), encoding="utf-8")
    file = folder / "plan.json"
    file.write_text(json.dumps(terraform.plan("-refresh=false")), encoding="utf-8")
    return file


def test_the_plan_destroys_the_log_group_and_replaces_the_cache(plan_file: Path) -> None:
    plan = read(plan_file)

    assert plan.losing == (
        Planned("destroy", LOGS, (), "its logs"),
        Planned("replace", CACHE, ("engine_version",), "the data in the cache"),
    )
    assert (plan.number("create"), plan.complete) == (47, True)


def test_the_comment_begins_with_what_is_lost(plan_file: Path) -> None:
    lines = comment(Changes((), ()), [read(plan_file)], "main").splitlines()
    first = lines.index("### Destroyed and replaced")

    assert [line for line in lines[:first] if line.startswith("###")] == []
    assert lines[first + 4 : first + 6] == [
        f"| replace | `{CACHE}` | `engine_version` | the data in the cache |",
        f"| destroy | `{LOGS}` |  | its logs |",
    ]
    (told,) = (line for line in lines if line.startswith("Plan "))
    assert re.fullmatch(r"Plan `plan.json`: 47 to create, 1 to replace, 1 to destroy, \d+ outputs to change\.", told)
