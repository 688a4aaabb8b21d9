"""Lines for an overlay, found without Terraform: the values that run today stand for a state."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from environments.settings import EnvironmentSettings
from miyabi_infra.adopt.lines import Search
from miyabi_infra.adopt.solver import Solver
from miyabi_infra.adopt.today import Today
from miyabi_infra.overlays.edit import REMOVED
from miyabi_infra.overlays.merging import documents
from miyabi_infra.overlays.problems import key_text
from miyabi_infra.stacks import read as read_stacks
from miyabi_infra.stacks.provenance import read
from tests.support import Project

pytestmark = pytest.mark.slow  # the solver runs the generator for each setting that it tries

Values = dict[str, dict[str, Any]]
REDIS = "module.elasticache.aws_elasticache_cluster.redis"


@pytest.fixture
def today(root: Path) -> Values:
    """Dev as it runs, but for the two lines that the milestone report asks for."""
    values = cast("Values", json.loads((root / "tests/data/dev-planned-values.json").read_text(encoding="utf-8")))
    values["module.security_groups.aws_security_group.alb"]["ingress"].pop()
    values["module.ecs_service.aws_cloudwatch_metric_alarm.service_cpu_high"]["threshold"] = 70
    return values


def state(values: Values) -> Today:
    """The values, as a plan over a state has them."""
    changes = [{"address": key, "mode": "managed", "change": {"before": held}} for key, held in values.items()]
    return Today({"resource_changes": changes})


def solved(project: Project, root: Path, output: Path, values: Values) -> tuple[dict[str, Any], list[str]]:
    """The settings that bring the values about, and those that the rules of a field refuse."""
    held = state(values)
    provenance = read(root)
    stack = next(each for each in read_stacks(output) if each.environment == "dev")
    relevant = [key[:2] for key in held.mismatches(stack, {})]
    solver = Solver(
        "dev",
        model=EnvironmentSettings,
        document=documents(project.root)["dev"],
        today=held,
        provenance=provenance,
        relevant=relevant,
    )
    solution = solver.solve()
    return {key_text(path): value for path, value in solution.settings.items()}, list(map(key_text, solution.refused))


def task(values: Values, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the container of the task definition."""
    definition = values["module.ecs.aws_ecs_task_definition.app"]
    containers = json.loads(definition["container_definitions"])
    change(containers[0])
    definition["container_definitions"] = json.dumps(containers)


def test_what_is_the_same_needs_no_line(project: Project, root: Path, output: Path, today: Values) -> None:
    assert solved(project, root, output, today) == ({}, [])


@pytest.mark.parametrize(
    ("address", "argument", "value", "setting"),
    [
        ("module.alb.aws_lb.main", "idle_timeout", 120, "alb.idle_timeout"),
        ("module.ecs.aws_cloudwatch_log_group.ecs", "retention_in_days", 60, "ecs.log_retention_days"),
        ("module.ecs.aws_ecs_task_definition.app", "memory", "2048", "ecs.task_memory"),
        (
            "module.elasticache.aws_elasticache_cluster.redis",
            "node_type",
            "cache.m5.large",
            "elasticache.redis_node_type",
        ),
        (
            "module.elasticache.aws_cloudwatch_metric_alarm.redis_memory",
            "threshold",
            50_000_000,
            "elasticache.memory_alarm_threshold",
        ),
        ("module.ecs_service.aws_appautoscaling_target.ecs", "max_capacity", 6, "ecs_service.autoscaling_max_capacity"),
    ],
)
def test_a_value_of_today_is_traced_to_its_setting(  # noqa: PLR0917  # fixtures and a row of the table
    project: Project, root: Path, output: Path, today: Values, address: str, argument: str, value: object, setting: str
) -> None:
    today[address][argument] = value
    lines, refused = solved(project, root, output, today)
    assert ({name: str(each) for name, each in lines.items()}, refused) == ({setting: str(value)}, [])


def test_environment_variables_come_change_and_go(project: Project, root: Path, output: Path, today: Values) -> None:
    def change(container: dict[str, Any]) -> None:
        container["environment"] = [{"name": "ENVIRONMENT", "value": "development"}, {"name": "NEW", "value": "1"}]

    task(today, change)
    assert solved(project, root, output, today)[0] == {
        "ecs.environment_variables.ENVIRONMENT": "development",
        "ecs.environment_variables.LOG_LEVEL": REMOVED,
        "ecs.environment_variables.NEW": "1",
    }


def test_a_second_nat_gateway_is_one_line(project: Project, root: Path, output: Path, today: Values) -> None:
    networking = "module.networking"
    for kind, name in (
        ("aws_eip", "nat"),
        ("aws_nat_gateway", "main"),
        ("aws_route", "private_nat_gateway"),
        ("aws_route_table", "private"),
    ):
        first = today[f"{networking}.{kind}.{name}[0]"]
        today[f"{networking}.{kind}.{name}[1]"] = json.loads(json.dumps(first).replace("-1-dev", "-2-dev"))
    assert solved(project, root, output, today)[0] == {"networking.single_nat_gateway": False}


def test_a_value_that_the_overlay_may_not_have_is_refused(
    project: Project, root: Path, output: Path, today: Values
) -> None:
    today["module.ecs.aws_cloudwatch_log_group.ecs"]["retention_in_days"] = 8
    assert solved(project, root, output, today) == ({}, ["ecs.log_retention_days"])


def test_settings_that_a_rule_holds_together_are_found_together(project: Project, today: Values) -> None:
    # A rule refuses the minimum without the count, of which the plan shows no difference, as Terraform ignores it; and
    # the count moves the threshold of an alarm, which was right.
    service = "module.ecs_service"
    today[f"{service}.aws_appautoscaling_target.ecs"]["min_capacity"] = 3
    today[f"{service}.aws_ecs_service.app"]["desired_count"] = 3
    search = Search(project.root, project.overlay("dev"), project.settings("dev"), documents(project.root)["dev"])
    found = search.lines(state(today), {(f"{service}.aws_appautoscaling_target.ecs", "min_capacity")})
    assert ({line.name: line.value for line in found.lines}, found.refused) == (
        {
            "ecs_service.desired_count": 3,
            "ecs_service.autoscaling_min_capacity": 3,
            "ecs_service.running_tasks_alarm_threshold": 2,
        },
        [],
    )


def test_a_comment_next_to_a_changed_line_is_pointed_out(project: Project, today: Values) -> None:
    project.change("dev", ("cpu_alarm_threshold: 70", "cpu_alarm_threshold: 70 # the report asks for 70"))
    alarm = "module.ecs_service.aws_cloudwatch_metric_alarm.service_cpu_high"
    today[alarm]["threshold"] = 85
    search = Search(project.root, project.overlay("dev"), project.settings("dev"), documents(project.root)["dev"])
    found = search.lines(state(today), {(alarm, "threshold")})
    assert [(str(each.place), each.text) for each in found.comments] == [
        (str(found.lines[0].place), "# the report asks for 70")
    ]
