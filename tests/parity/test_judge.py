"""Terraform is the judge: what it plans decides, and what it refuses is never the same."""

import json
import shutil
from pathlib import Path

import pytest

from miyabi_infra.commands.parity import run
from miyabi_infra.parity.judgement import parity
from miyabi_infra.parity.planned import judged
from miyabi_infra.parity.plans import Plan, Planned, Refusal
from miyabi_infra.parity.remark import Remark
from tests.parity.support import HCL, prod_as_the_hcl_is

QUEUE = "aws_sqs_queue.jobs"


@pytest.fixture(scope="module")
def root(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with prod as its HCL is."""
    return prod_as_the_hcl_is(root, tmp_path_factory.mktemp("as-the-hcl-is") / "project")


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


def test_another_provider_in_the_generated_stack_alone_is_a_difference(root: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(root, tmp_path / "project"))
    file = project / "cdktf.out/stacks/miyabi-prod/cdk.tf.json"
    body = json.loads(file.read_text(encoding="utf-8"))
    body["provider"]["aws"].append({"alias": "other", "region": "eu-west-1"})
    body["module"]["alb"]["providers"] = {"aws": "aws.other"}
    file.write_text(json.dumps(body), encoding="utf-8")
    (remark,) = [each for each in parity(project, HCL, "prod").remarks if each.argument == "providers"]
    assert (remark.kind, remark.address, remark.generated) == ("difference", "module.alb", "aws.other")
