"""Terraform JSON is read into the blocks that the same HCL is read into."""

import json
import shutil
from pathlib import Path

import pytest

from miyabi_infra.commands.parity import run
from miyabi_infra.hcl.json_files import parse
from miyabi_infra.hcl.parsing import HclError
from miyabi_infra.hcl.parsing import parse as parse_hcl
from miyabi_infra.hcl.syntax import Argument, Block, Constant, ListOf

FILE = Path("main.tf.json")
Screen = pytest.CaptureFixture[str]

HCL = r"""
variable "names" {
  type    = list(string)
  default = ["$${a}"]
}
locals {
  all = { for name in var.names : name => "x-${name}" }
}
resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.main.arn
  port              = 80
  tags              = { Name = "a ${var.names[0]}" }
  depends_on        = [aws_lb.main, module.iam]
  default_action {
    type = "redirect"
    redirect {
      port        = "443"
      status_code = "HTTP_301"
    }
  }
  default_action {
    type = "forward"
  }
  lifecycle {
    ignore_changes = [default_action, tags["a"]]
    precondition {
      condition     = length(var.names) > 0
      error_message = "None."
    }
  }
}
module "alb" {
  source    = "./modules/alb"
  providers = { aws = aws.west }
  names     = var.names
}
"""
JSON = {
    "//": "a comment",
    "variable": {"names": {"type": "list(string)", "default": ["${a}"]}},
    "locals": {"all": '${{ for name in var.names : name => "x-${name}" }}'},
    "resource": {
        "aws_lb_listener": {
            "http": [
                {
                    "//": {"note": "another"},
                    "load_balancer_arn": "${aws_lb.main.arn}",
                    "port": 80,
                    "tags": {"Name": "a ${var.names[0]}"},
                    "depends_on": ["aws_lb.main", "module.iam"],
                    "default_action": [
                        {"type": "redirect", "redirect": {"port": "443", "status_code": "HTTP_301"}},
                        {"type": "forward"},
                    ],
                    "lifecycle": {
                        "ignore_changes": ["default_action", 'tags["a"]'],
                        "precondition": {"condition": "${length(var.names) > 0}", "error_message": "None."},
                    },
                }
            ]
        }
    },
    "module": {"alb": {"source": "./modules/alb", "providers": {"aws": "aws.west"}, "names": "${var.names}"}},
}


def test_it_says_what_the_same_hcl_says() -> None:
    found = {(block.type, block.labels): block for block in parse(json.dumps(JSON), FILE)}
    wanted = parse_hcl(HCL, Path("main.tf")).blocks
    assert found.keys() == {(block.type, block.labels) for block in wanted}
    for block in wanted:
        other = found[block.type, block.labels]
        if block.type == "variable":
            assert other.arguments["default"].expression == ListOf((Constant("${a}"),))
        else:
            assert {name: kind_of(each) for name, each in other.arguments.items()} == {
                name: kind_of(each) for name, each in block.arguments.items()
            }
            assert shape(other) == shape(block)


def kind_of(argument: Argument) -> str:
    return type(argument.expression).__name__


def shape(block: Block) -> object:
    return block.type, block.labels, sorted(block.arguments), [shape(inner) for inner in block.blocks]


def test_lines_are_those_of_the_file() -> None:
    text = json.dumps(JSON, indent=2)
    (listener,) = [block for block in parse(text, FILE) if block.type == "resource"]
    line = next(number for number, each in enumerate(text.splitlines(), 1) if '"port": 80' in each)
    assert str(listener.arguments["port"].place) == f"main.tf.json:{line}"
    assert listener.arguments["port"].text == "80"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[", "main.tf.json: is not JSON"),
        ("[]", "main.tf.json:1: is not an object"),
        ('{"ressource": {}}', "main.tf.json:1: ressource is not a block of Terraform"),
        ('{"resource": {"aws_lb": 1}}', "main.tf.json:1: is not an object"),
        ('{"locals": {"a": "${"}}', "main.tf.json:1: is not a template"),
        ('{"resource": {"aws_lb": {"a": {"depends_on": ["]"]}}}}', "main.tf.json:1: ']' is not an expression"),
        ('{"locals": {"a": 1, "a": 2}}', "main.tf.json:1: a is set twice"),
    ],
)
def test_what_terraform_would_refuse_is_refused(text: str, problem: str) -> None:
    with pytest.raises(HclError, match="^" + problem.replace("]", r"\]").replace(".", r"\.").replace("{", r"\{")):
        parse(text, FILE)


def test_blocks_of_checks_and_ephemeral_resources_are_blocks() -> None:
    asserted = {"assert": {"condition": "${var.a > 1}", "error_message": "No."}}
    ephemeral = {"aws_kms_secrets": {"e": {"lifecycle": {"precondition": asserted["assert"]}}}}
    check, other = parse(json.dumps({"check": {"c": asserted}, "ephemeral": ephemeral}), FILE)
    assert [(each.type, sorted(each.arguments)) for each in check.blocks] == [
        ("assert", ["condition", "error_message"])
    ]
    assert other.labels == ("aws_kms_secrets", "e")
    assert [each.type for each in other.blocks] == ["lifecycle"]


def test_a_generated_stack_is_the_same_as_itself(root: Path, output: Path, tmp_path: Path, capsys: Screen) -> None:
    shutil.copytree(output / "stacks/miyabi-prod", tmp_path / "root")
    assert run(root, tmp_path / "root", "prod") == 0
    assert "same as read" in capsys.readouterr().out


def test_a_difference_in_json_is_found_with_its_line(root: Path, output: Path, tmp_path: Path, capsys: Screen) -> None:
    shutil.copytree(output / "stacks/miyabi-prod", tmp_path / "root")
    file = tmp_path / "root/modules/alb/main.tf.json"
    text = file.read_text(encoding="utf-8")
    assert '"idle_timeout": 60' in text
    file.write_text(text.replace('"idle_timeout": 60', '"idle_timeout": 61'), encoding="utf-8")

    assert run(root, tmp_path / "root", "prod") == 1

    said = capsys.readouterr().out
    line = next(number for number, each in enumerate(text.splitlines(), 1) if '"idle_timeout": 60' in each)
    assert f"modules/alb/main.tf.json:{line}" in said
    assert "idle_timeout: 61 -> 60" in said


def test_json_next_to_hcl_is_a_part_of_the_module(root: Path, tmp_path: Path, capsys: Screen) -> None:
    hcl = tmp_path / "hcl"
    shutil.copytree(root / "tests/parity/hcl", hcl)
    more = {"resource": {"aws_sns_topic": {"alarms": {"name": "alarms"}}}}
    (hcl / "modules/alb/more.tf.json").write_text(json.dumps(more), encoding="utf-8")
    assert run(root, hcl, "prod") == 1
    assert "module.alb.aws_sns_topic.alarms" in capsys.readouterr().out
