"""Terraform is the judge: what it plans decides, and what it refuses is never the same."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.commands.parity import run
from miyabi_infra.parity import plans
from miyabi_infra.parity.judgement import parity
from miyabi_infra.parity.planned import judged
from miyabi_infra.parity.plans import OUTPUTS, Plan, Planned, Refusal
from miyabi_infra.parity.remark import Remark
from miyabi_infra.place import Place
from tests.parity.support import HCL, prod_as_the_hcl_is

QUEUE = "aws_sqs_queue.jobs"


@pytest.fixture(scope="module")
def root(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with prod as its HCL is."""
    return prod_as_the_hcl_is(root, tmp_path_factory.mktemp("as-the-hcl-is") / "project")


@pytest.fixture(scope="module", autouse=True)
def generated_side() -> Iterator[None]:
    """The generated stack, of which no test here changes a file, is planned once: they are about plans of the HCL."""
    plan, made = plans._generated_plan, dict[Path, Plan]()  # pyright: ignore[reportPrivateUsage]

    def once(stack: Path, folder: Path) -> Plan:
        if stack not in made:
            made[stack] = plan(stack, folder)
        return made[stack]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(plans, "_generated_plan", once)
        yield


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return shutil.copytree(HCL, tmp_path / "hcl")


def planned(hcl: dict[str, object], generated: dict[str, object], unknown: dict[str, object] | None = None) -> Planned:
    """Plans of one queue on both sides."""
    flags = {QUEUE: unknown or {}}
    return Planned(Plan({QUEUE: hcl}, flags, {}), Plan({QUEUE: generated}, flags, {}))


def test_what_only_the_plans_show_is_a_difference() -> None:
    (remark,) = judged([], planned({"delay_seconds": 1}, {"delay_seconds": 2}))
    assert (remark.kind, remark.address, remark.argument) == ("difference", QUEUE, "delay_seconds")
    assert (remark.hcl, remark.generated) == (1, 2)
    assert "the reading of the files was wrong" in remark.why


@pytest.mark.parametrize("kind", ["difference", "not evaluated"])
def test_what_is_planned_the_same_has_no_effect(kind: str) -> None:
    read = Remark("difference" if kind == "difference" else "not evaluated", QUEUE, "delay_seconds", "x", 1)
    (remark,) = judged([read], planned({"delay_seconds": 1}, {"delay_seconds": 1}))
    assert remark.kind == "no effect"
    assert "planned the same" in remark.why


def test_how_long_terraform_waits_is_no_difference() -> None:
    """Planned over a state that differs in nothing else, Terraform says: No changes."""
    assert judged([], planned({"timeouts": {"create": "20m"}}, {"timeouts": None})) == []


def test_a_default_tag_that_differs_is_said_once() -> None:
    read = Remark("difference", "provider.aws", "default_tags.Owner", "me")
    tags = {"Project": "miyabi"}
    assert judged([read], planned({"tags_all": {**tags, "Owner": "me"}}, {"tags_all": {**tags}})) == [read]
    (_, other) = judged([read], planned({"tags_all": {**tags, "Team": "core"}}, {"tags_all": {**tags}}))
    assert (other.address, other.argument) == (QUEUE, "tags_all.Team")


def test_what_both_refuse_is_listed_once() -> None:
    read = Remark("invalid", "local.a", "", why="it depends on itself", place=Place(Path("main.tf"), 3))
    refusals = (Refusal("Cycle", Place(Path("main.tf"), 3)), Refusal("Cycle", Place(Path("main.tf"), 4)))
    assert [each.why for each in judged([read], Planned(refusals=refusals))] == ["it depends on itself", "Cycle"]


def test_what_is_known_after_apply_stays_as_it_was_read() -> None:
    read = Remark("difference", QUEUE, "arn", "a", "b")
    assert judged([read], planned({"arn": None}, {"arn": None}, {"arn": True})) == [read]


def test_an_instance_that_one_side_plans_is_a_difference() -> None:
    sides = Planned(Plan({QUEUE: {}}, {QUEUE: {}}, {}), Plan({}, {}, {}))
    (remark,) = judged([], sides)
    assert (remark.kind, remark.address, remark.argument) == ("difference", QUEUE, "")


def test_a_policy_with_its_actions_in_another_order_is_planned_the_same() -> None:
    first, second = (
        {"policy": f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":[{actions}]}}]}}'}
        for actions in ('"a","b"', '"b","a"')
    )
    assert judged([], planned({**first}, {**second})) == []


def test_what_terraform_refuses_is_invalid() -> None:
    (remark,) = judged([], Planned(refusals=(Refusal("Unsupported argument", None),)))
    assert (remark.kind, remark.why) == ("invalid", "Unsupported argument")


@pytest.mark.parametrize(
    ("argument", "sides"),
    [
        ("type", {"types": ({"o": ["set", "string"]}, {"o": ["list", "string"]})}),
        ("sensitive", {"outputs": ({"o"}, set[str]())}),
    ],
)
def test_an_output_of_another_type_or_mark_is_a_difference(argument: str, sides: dict[str, Any]) -> None:
    types: tuple[dict[str, Any], dict[str, Any]] = sides.get("types", ({}, {}))
    marked: tuple[set[str], set[str]] = sides.get("outputs", (set(), set()))
    plans = [
        Plan({}, {}, {"o": []}, of_types, {OUTPUTS: frozenset(of_marks)})
        for of_types, of_marks in zip(types, marked, strict=True)
    ]
    (remark,) = judged([], Planned(plans[0], plans[1]))
    assert (remark.kind, remark.address, remark.argument) == ("difference", "output.o", argument)


def test_an_argument_that_only_one_side_marks_as_sensitive_is_a_difference() -> None:
    values = {QUEUE: {"name": "x"}}
    plans = [Plan(values, {QUEUE: {}}, {}, {}, {QUEUE: frozenset(marked)}) for marked in (["name"], [])]
    read = Remark("difference", QUEUE, "name", why="only in the HCL does it depend on a sensitive value")
    for remarks in ([], [read]):
        ((kind, argument),) = [(each.kind, each.argument) for each in judged(remarks, Planned(plans[0], plans[1]))]
        assert (kind, argument) == ("difference", "name")
    assert judged([], Planned(plans[0], plans[0])) == []


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        (Remark("invalid", "local.a", "", why="it depends on itself"), "no effect"),
        (Remark("invalid", "aws_lb.a", "tags.Issue", why="no # in a tag", by="AWS"), "invalid"),
        (Remark("invalid", "data.aws_ami.a", "id", why="x"), "invalid"),
        (Remark("not evaluated", "local.a", "", why="it is an error: there is no item 2"), "no effect"),
        (Remark("not evaluated", "variable.a", "validation", why="a function"), "not compared"),
        (Remark("not evaluated", "module.m.output.o", "", why="a function"), "not compared"),
        (Remark("not evaluated", "output.o", "", why="a function"), "no effect"),
        (Remark("not evaluated", "output.later", "", why="a function"), "not evaluated"),
        (Remark("not evaluated", "provider.aws", "region", why="a function"), "not evaluated"),
    ],
)
def test_what_was_read_as_refused_or_not_evaluated_is_told_by_the_plan(read: Remark, kind: str) -> None:
    side = Plan({}, {}, {"o": "x"}, {"o": "string"})
    (remark,) = judged([read], Planned(side, side))
    assert remark.kind == kind


@pytest.mark.terraform
def test_what_a_plan_marks_is_found_with_the_plan_too(root: Path, copied: Path) -> None:
    """A set instead of a list, and sensitive values: a plan from nothing has the same values."""
    outputs, variables = copied / "outputs.tf", copied / "variables.tf"
    text = outputs.read_text(encoding="utf-8")
    text = text.replace("value = module.networking.vpc_id", "value = module.networking.vpc_id\n  sensitive = true")
    text = text.replace(
        "value = module.networking.public_subnet_ids", "value = toset(module.networking.public_subnet_ids)"
    )
    outputs.write_text(text, encoding="utf-8")
    image = 'variable "ecr_image_uri" {'
    text = variables.read_text(encoding="utf-8").replace(image, f"{image}\n  sensitive = true")
    variables.write_text(text, encoding="utf-8")
    result = parity(root, copied, "prod", plan=True)
    assert result.planned.hcl is not None
    assert {(each.address, each.argument) for each in result.of_kind("difference")} == {
        ("module.ecs.aws_ecs_task_definition.app", "container_definitions"),
        ("output.public_subnet_ids", "type"),
        ("output.vpc_id", "sensitive"),
    }


@pytest.mark.terraform
def test_the_reference_is_the_same_when_planned(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, HCL, "prod", plan=True) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines()[-1].startswith("same (planned): prod")
    assert "planning the HCL and the generated stack" in shown.err


@pytest.mark.terraform
def test_data_sources_that_need_aws_have_declared_values(root: Path, copied: Path) -> None:
    account = 'data "aws_caller_identity" "me" {}\n'
    alb = copied / "modules/alb/main.tf"
    text = alb.read_text(encoding="utf-8").replace("= 30\n    timeout", "= 31\n    timeout")
    suffix = "substr(data.aws_caller_identity.me.account_id, 0, 0)"
    text = text.replace("port              = 80\n", f'port              = "${{{suffix}}}80"\n')
    alb.write_text(f"{account}\n{text}", encoding="utf-8")
    result = parity(root, copied, "prod", plan=True)
    assert result.planned.hcl is not None
    assert set(result.planned.declared) == {"data.aws_caller_identity.me"}
    found = {(each.kind, each.argument) for each in result.remarks}
    assert ("difference", "health_check.interval") in found  # what differs is found all the same
    assert not any(kind == "not evaluated" and argument == "port" for kind, argument in found)


@pytest.mark.terraform
def test_what_only_terraform_refuses_is_not_the_same(root: Path, copied: Path) -> None:
    outputs = copied / "outputs.tf"
    outputs.write_text(f'{outputs.read_text(encoding="utf-8")}\ncheck "x" {{\n}}\n', encoding="utf-8")
    result = parity(root, copied, "prod", plan=True)
    assert not result.same
    assert any(each.kind == "invalid" and each.address == "terraform" for each in result.remarks)


def test_a_root_that_reads_aws_is_not_planned(root: Path, copied: Path) -> None:
    with (copied / "main.tf").open("a", encoding="utf-8") as out:
        out.write('\ndata "aws_ami" "latest" {\n  owners = ["self"]\n}\n')
    result = parity(root, copied, "prod", plan=True)
    assert result.planned.reason in ("data.aws_ami.latest is read from AWS", "terraform is not on the PATH")
    assert result.same


def test_a_root_that_imports_is_not_planned(root: Path, copied: Path) -> None:
    with (copied / "main.tf").open("a", encoding="utf-8") as out:
        out.write('\nimport {\n  id = "vpc-1"\n  to = module.networking.aws_vpc.main\n}\n')
    result = parity(root, copied, "prod", plan=True)
    assert result.planned.reason in ("what an import block names is read from AWS", "terraform is not on the PATH")
    assert result.same
    assert [each.address for each in result.of_kind("not compared")] == ["import"]


def test_another_provider_in_the_generated_stack_alone_is_a_difference(root: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(root, tmp_path / "project"))
    file = project / "cdktf.out/stacks/miyabi-prod/cdk.tf.json"
    body = json.loads(file.read_text(encoding="utf-8"))
    body["provider"]["aws"].append({"alias": "other", "region": "eu-west-1"})
    body["module"]["alb"]["providers"] = {"aws": "aws.other"}
    file.write_text(json.dumps(body), encoding="utf-8")
    (remark,) = [each for each in parity(project, HCL, "prod").remarks if each.argument == "providers"]
    assert (remark.kind, remark.address, remark.generated) == ("difference", "module.alb", "aws.other")
