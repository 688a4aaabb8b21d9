"""What one apply does not carry out, and what `diff` and `summary` say of it."""

import json
from pathlib import Path

import pytest

from miyabi_infra.aws.client import Aws
from miyabi_infra.aws.preflight.model import Before
from miyabi_infra.aws.preflight.steps import left_out
from miyabi_infra.aws.readers import READERS
from miyabi_infra.aws.status.model import Level, Observation
from miyabi_infra.aws.world import World
from miyabi_infra.commands import diff, summary
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks import read as read_stacks
from miyabi_infra.stacks.platform import Platform
from miyabi_infra.stacks.steps import STEPS, steps_between
from miyabi_infra.terraform.address import label
from tests.changes import settings
from tests.guide import anchors
from tests.support import Project


def test_steps_are_of_settings_and_their_pages_exist(root: Path) -> None:
    assert set(settings()) >= STEPS.keys()
    for steps in STEPS.values():
        page, _, anchor = steps.page.partition("#")
        if page:
            assert (root / page).is_file()
            assert not anchor or anchor in anchors(root / page)


@pytest.mark.parametrize(
    ("setting", "before", "after", "needed"),
    [
        ("networking.vpc_cidr", "10.0.0.0/16", "10.1.0.0/16", True),
        ("networking.private_subnet_cidrs", "10.0.11.0/24", "10.0.12.0/24", True),
        ("networking.private_subnet_cidrs", None, "10.0.13.0/24", False),
        ("elasticache.topology", "single-node", "replication-group", True),
        ("elasticache.topology", "adding-group", "retiring-node", False),
        ("elasticache.topology", "retiring-node", "adding-group", False),
        ("ecs_service.deployment", "rolling", "blue_green", True),
        ("ecs_service.deployment", "both", "blue_green", False),
        ("elasticache.redis_engine_version", "7.1", "7.0", True),
        ("elasticache.redis_engine_version", "5.0.6", "7.0", False),
        ("elasticache.engine", "redis", "valkey", False),
        ("elasticache.engine", "valkey", "redis", True),
        ("rds.enabled", True, False, True),
        ("rds.enabled", False, True, False),
        ("frontend.bucket", None, "a-bucket", False),
        ("frontend.bucket", "a-bucket", "another", True),
        ("frontend.access_log_days", 90, 0, True),
        ("frontend.access_log_days", 0, 90, False),
        ("elasticache.transit_encryption_mode", "preferred", None, True),
        ("elasticache.transit_encryption_mode", "preferred", "required", False),
        ("shared.state_bucket.name", "states", "other-states", True),
        ("shared.hosted_zone.name", None, "example.com", False),
        ("shared.hosted_zone.name", "example.com", None, True),
    ],
)
def test_whether_a_change_needs_them(setting: str, before: object, after: object, needed: bool) -> None:  # noqa: FBT001
    assert STEPS[setting].needed(before, after) is needed


def test_diff_says_what_one_apply_could_not_do(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    diff.run(root, "dev", "prod", as_json=True)
    steps = {each["setting"]: each for each in json.loads(capsys.readouterr().out)["steps"]}
    assert set(steps) == {
        "elasticache.topology",
        "networking.private_subnet_cidrs",
        "networking.public_subnet_cidrs",
        "networking.vpc_cidr",
        "state",
    }
    diff.run(root, "dev", "prod")
    said = capsys.readouterr().out
    assert "one apply could not make a running dev like prod:\n  elasticache.topology: one step per apply: " in said
    assert f"  networking.vpc_cidr: {steps['networking.vpc_cidr']['steps']} (README.md#add-an-environment)\n" in said


def test_summary_says_it_before_an_apply_fails(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.take(output)
    project.commit()
    project.change("dev", ("10.0.12.0/24", "10.0.13.0/24"))
    project.change("staging", ("elasticache:\n", "elasticache:\n  topology: adding-group\n"))
    project.change("staging", ("elasticache:\n", "elasticache:\n  transit_encryption_enabled: true\n"))
    project.synthesize()
    summary.run(project.root)
    section = capsys.readouterr().out.partition("### Not in one apply\n\n")[2].partition("\n\n")[0]
    assert section.splitlines() == [
        f"- `dev`: networking.private_subnet_cidrs: {_text('networking.private_subnet_cidrs')}"
    ]


BLUE_GREEN = (
    "ecs_service:\n",
    "ecs_service:\n  deployment: blue_green\n  managed_elsewhere: [desired_count, task_definition, load_balancer]\n",
)


def test_straight_to_blue_green_is_the_first_thing_that_is_said(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By summary before the apply, by diff of two environments, and by preflight from the state that is there."""
    project.take(output)
    (rolling,) = [each for each in read_stacks(project.out) if each.environment == "dev"]
    project.commit()
    project.change("dev", BLUE_GREEN)
    project.synthesize()
    (shifted,) = [each for each in read_stacks(project.out) if each.environment == "dev"]
    text = f"ecs_service.deployment: {_text('ecs_service.deployment')}"

    assert summary.run(project.root) == 1
    comment = capsys.readouterr().out
    assert comment[comment.index("### ") :].startswith(f"### Not in one apply\n\n- `dev`: {text}\n")
    diff.run(project.root, "staging", "dev")
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "one apply could not make a running staging like dev:"
    assert f"  {text}" in said[1:5]
    found = preflight(shifted, rolling)
    assert found[0].text == (
        "one apply would delete module.ecs_service.aws_ecs_service.app and create "
        f"module.ecs_service.aws_ecs_service.blue_green: {_text('ecs_service.deployment')}"
    )
    assert found[0].level is Level.DEGRADED
    assert preflight(rolling, shifted) != []  # and back


def test_preflight_lets_each_step_pass(project: Project, output: Path) -> None:
    project.take(output)
    (rolling,) = [each for each in read_stacks(project.out) if each.environment == "dev"]
    project.change("dev", (BLUE_GREEN[0], BLUE_GREEN[1].replace("blue_green", "both")))
    project.synthesize("dev")
    (both,) = [each for each in read_stacks(project.out) if each.environment == "dev"]
    project.change("dev", ("deployment: both", "deployment: blue_green"))
    project.synthesize("dev")
    (shifted,) = [each for each in read_stacks(project.out) if each.environment == "dev"]

    steps = [(both, rolling), (shifted, both), (both, shifted), (rolling, both), (rolling, rolling)]
    assert [preflight(wanted, held) for wanted, held in steps] == [[]] * 5


def test_preflight_knows_of_a_node_that_would_become_a_group_at_once(root: Path) -> None:
    stacks = {each.environment: each for each in read_stacks(root / "cdktf.out")}
    (found,) = preflight(stacks["prod"], stacks["dev"])
    assert found.text == (
        "one apply would delete module.elasticache.aws_elasticache_cluster.redis and create "
        f"module.elasticache.aws_elasticache_replication_group.redis: {_text('elasticache.topology')}"
    )


def preflight(wanted: Stack, held: Stack) -> list[Observation]:
    """What preflight says of steps that an apply leaves out, where the state is that of another stack."""
    state = frozenset(label(each.address) for each in held.resources)
    before = Before(wanted, state)
    look = before.look(World(Aws("us-west-2"), wanted, READERS), Platform(wanted), (wanted,))
    return list(left_out(look))


def test_adopt_knows_them_of_the_lines_that_keep_what_runs(project: Project) -> None:
    running = project.settings("dev")
    project.change("dev", ("10.0.0.0/16", "10.0.0.0/17"), ("10.0.12.0/24", "10.0.13.0/24"))
    lines = [
        ("networking", "vpc_cidr"),
        ("networking", "private_subnet_cidrs", 1),
        ("networking", "private_subnet_cidrs", 0),
        ("networking", "private_subnet_cidrs", 2),
        ("ecs", "task_cpu"),
    ]
    told = steps_between(running, project.settings("dev"), lines)
    assert [each.setting for each in told] == ["networking.private_subnet_cidrs", "networking.vpc_cidr"]
    assert steps_between(running, project.settings("dev"), lines[2:3] + lines[4:]) == ()


def _text(setting: str) -> str:
    return f"{STEPS[setting].text} ({STEPS[setting].page})"
