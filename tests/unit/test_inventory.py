"""`miyabi-infra inventory`: counts, purposes, and what differs from another revision."""

import json
from collections import Counter
from pathlib import Path

import pytest

from miyabi_infra.commands.inventory import run
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import read
from miyabi_infra.stacks.inventory import PURPOSES, rows
from tests.support import Project, git


@pytest.fixture
def synthesized(project: Project, output: Path) -> Project:
    """A repository with the output of the overlays committed."""
    project.out.symlink_to(output)
    return project


def test_dev_holds_what_the_milestone_report_lists(output: Path) -> None:
    counts = Counter[str]()
    for row in rows([stack for stack in read(output) if stack.environment == "dev"]):
        counts[row.type] += row.counts["dev"]
    alarms = [
        row.counts["dev"] for row in rows(read(output)) if row.type.endswith("_alarm") and row.module == "ecs_service"
    ]

    expected = {
        "aws_vpc": 1,
        "aws_subnet": 4,
        "aws_internet_gateway": 1,
        "aws_nat_gateway": 1,
        "aws_route_table": 2,
        "aws_security_group": 4,
        "aws_iam_role": 2,
        "aws_ecs_cluster": 1,
        "aws_ecs_task_definition": 1,
        "aws_ecs_service": 1,
        "aws_appautoscaling_policy": 3,
        "aws_lb": 1,
        "aws_lb_target_group": 1,
        "aws_elasticache_cluster": 1,
        "aws_cloudwatch_log_group": 1,
    }
    assert expected == {kind: counts[kind] for kind in expected}
    assert alarms == [3]
    assert counts.total() == 48


def test_every_type_has_a_purpose(output: Path) -> None:
    assert [row.type for row in rows(read(output)) if not row.purpose] == []
    assert sorted(PURPOSES) == list(PURPOSES)


def test_the_table_has_a_column_for_each_environment(synthesized: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(synthesized.root) == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[0].split() == ["type", "module", "dev", "prod", "staging", "shared", "purpose"]
    assert lines[-1].split() == ["total", "48", "59", "52", "9"]


def test_json_names_every_address(synthesized: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(synthesized.root, "prod", as_json=True) == 0
    data = json.loads(capsys.readouterr().out)["prod"]

    (nats,) = [each for each in data["resources"] if each["type"] == "aws_nat_gateway"]
    assert (data["total"], sum(each["count"] for each in data["resources"])) == (59, 59)
    assert nats["addresses"] == [f"module.networking.aws_nat_gateway.main[{index}]" for index in (0, 1)]


def test_an_unknown_environment_is_refused_with_those_there_are(synthesized: Project) -> None:
    with pytest.raises(Refused, match="no environment 'qa'; there are dev, prod, staging, shared"):
        run(synthesized.root, "qa")


def test_a_difference_from_a_revision_is_named_and_makes_the_exit_code_1(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.take(output)
    git(project.root, "init", "-q")
    git(project.root, "add", ".")
    git(project.root, "commit", "-qm", "first")

    assert run(project.root, since="HEAD") == 0
    with project.body("dev", "networking") as body:
        body["resource"]["aws_eip"]["nat"]["count"] = 2
        body["resource"]["aws_vpc"]["main"]["enable_dns_support"] = False
    capsys.readouterr()

    assert run(project.root, since="HEAD") == 1
    shown = capsys.readouterr().out
    assert "dev: 1 added, 1 changed" in shown
    assert "  + module.networking.aws_eip.nat[1]\n" in shown
    assert "  ~ module.networking.aws_vpc.main  (enable_dns_support)\n" in shown
    assert shown.endswith("2 resources differ from HEAD\n")
