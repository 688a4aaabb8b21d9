"""What a change of a setting does: every setting is measured, none fails, and the commands say what was measured."""

import json
from pathlib import Path

import pytest

from miyabi_infra.commands import diff, summary
from miyabi_infra.stacks.effects import EFFECTS, Measured, effect_of, effects_between
from miyabi_infra.stacks.steps import STEPS
from tests.changes import BASES, DEFAULT, base_of, changes_of, default_of, settings
from tests.support import Project

MEASURED = Measured.read()


def test_every_change_of_every_setting_is_measured() -> None:
    stale = set[str]()
    for setting in settings():
        for base in BASES:
            found = [each.after for each in MEASURED.get(setting, ()) if base_of(setting, each.deployed_by) == base]
            afters = [each[setting] for each in changes_of(setting, base)]
            stale |= {setting for each in afters if (default_of(setting) if each is DEFAULT else each) not in found}
    assert not stale, f'run `make changes ONLY="{" ".join(sorted(stale))}"` (needs Terraform)'


def test_nothing_is_kept_of_a_setting_that_is_gone() -> None:
    assert list(MEASURED) == settings(), "run `make changes` (needs Terraform)"


def test_what_is_not_tried_has_its_steps() -> None:
    assert {setting for setting, found in MEASURED.items() if not found} - STEPS.keys() == set()


def test_no_change_ends_in_a_failed_apply_but_where_steps_are_told() -> None:
    failed = {each.setting: each.failed for found in MEASURED.values() for each in found if each.failed}
    told = {each.setting for found in MEASURED.values() for each in found if each.effect == "needs steps"}
    assert {setting: why for setting, why in failed.items() if setting not in told} == {}


@pytest.mark.parametrize(
    ("setting", "before", "after", "effect"),
    [
        (("monthly_budget",), 1000, 900, None),
        (("alb", "idle_timeout"), 60, 45, "in place"),
        (("ecs", "environment_variables", "LOG_LEVEL"), "info", "debug", "new version rolled out"),
        (("region",), "us-west-2", "us-east-1", "needs steps"),
        (("elasticache", "redis_node_type"), "cache.t3.micro", "cache.t3.small", "interrupts"),
        (("elasticache", "topology"), "single-node", "replication-group", "needs steps"),
        (("networking", "availability_zones", 2), None, "us-west-2c", "new version rolled out"),
        (("rds", "enabled"), True, False, "needs steps"),
        (("networking", "enable_nat_gateway"), True, False, "interrupts"),
        (("networking", "enable_nat_gateway"), False, True, "not measured"),
        (("rds", "multi_az"), False, True, "not measured"),
        (("elasticache", "log_delivery", 0), None, "slow-log", "not measured"),
        (("ecs", "stop_timeout"), None, 60, "new version rolled out"),
        (("highly_available",), False, True, None),
        (("ecs", "of_tomorrow"), 1, 2, None),
    ],
)
def test_the_effect_of_a_setting_is_the_one_of_what_it_is_in_and_of_its_value(
    setting: tuple[str | int, ...], before: object, after: object, effect: str | None
) -> None:
    found = effect_of(setting, before, after)
    assert (found.effect if found else None) == effect
    assert effect is None or effect in EFFECTS


def test_the_gravest_comes_first_and_what_does_nothing_is_left_out(project: Project) -> None:
    running = project.settings("dev")
    settings = [("alb", "idle_timeout"), ("monthly_budget",), ("networking", "vpc_cidr"), ("ecs", "task_cpu")]
    text = project.overlay("dev").read_text(encoding="utf-8")
    project.write("dev", text.replace("10.0.0.0/16", "10.0.0.0/17"))
    found = effects_between(running, project.settings("dev"), settings)
    assert [each.effect for each in found] == ["needs steps", "new version rolled out", "in place"]
    assert [each.setting for each in found] == ["networking.vpc_cidr", "ecs.task_cpu", "alb.idle_timeout"]


def test_diff_says_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    diff.run(root, "dev", "prod", as_json=True)
    effects = {each["setting"]: each for each in json.loads(capsys.readouterr().out)["effects"]}
    assert effects["ecs_service.autoscaling_max_capacity"]["effect"] == "in place"
    assert effects["networking.vpc_cidr"]["effect"] == "needs steps"
    diff.run(root, "dev", "prod")
    said = capsys.readouterr().out.partition("what else it would do to a running dev:\n")[2]
    assert "  in place: " in said
    assert "networking.vpc_cidr" not in said.partition("\nprod ")[0]


def test_summary_says_it(project: Project, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project.take(output)
    project.commit()
    project.change("dev", ("elasticache:\n", "elasticache:\n  redis_node_type: cache.t3.small\n"))
    project.change("staging", ("ecs:\n", "ecs:\n  stop_timeout: 60\n"))
    project.synthesize()
    summary.run(project.root)
    section = capsys.readouterr().out.partition("### What it does to what runs\n\n")[2].partition("\n\n")[0]
    node = effect_of(("elasticache", "redis_node_type"), "cache.t3.micro", "cache.t3.small")
    assert node is not None
    assert section.splitlines() == [
        f"- `dev`: elasticache.redis_node_type interrupts {node.what}",
        "- `staging`: new version rolled out: ecs.stop_timeout",
    ]


def test_a_new_section_that_changes_the_tasks_rolls_a_new_version_out(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.take(output)
    project.commit()
    with project.overlay("dev").open("a", encoding="utf-8") as overlay:
        overlay.write("rds:\n  enabled: true\n")
    project.synthesize()
    summary.run(project.root)
    section = capsys.readouterr().out.partition("### What it does to what runs\n\n")[2].partition("\n\n")[0]
    assert section == "- `dev`: new version rolled out: module.ecs.aws_ecs_task_definition.app"


def test_a_change_of_the_shared_stack_is_told_by_the_names_of_its_overlay(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.take(output)
    project.commit()
    project.change("shared", ("registry:\n", "registry:\n  keep_images: 20\n"), ("terraform-state", "states"))
    for environment in ("staging", "prod"):
        project.change(environment, ("terraform-state", "states"))
    project.synthesize()
    summary.run(project.root)
    said = capsys.readouterr().out
    assert "- `shared`: replaced without interruption: registry.keep_images" in said
    assert "state_bucket.name: Terraform refuses to destroy the bucket of the states" in said
    assert "shared.registry" not in said
