"""Where `parity` once said "same" or failed, and Terraform plans otherwise: each kind of fault, from both sides."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.commands.parity import run
from miyabi_infra.parity.judgement import parity
from miyabi_infra.refused import Refused
from tests.parity.support import HCL
from tests.unit import test_parity
from tests.unit.test_parity import ALB, APP, BASELINE, DEFINITION, ECS, GROUPS, IAM, NETWORK, SERVICE, TARGETS, change

root = test_parity.root
"""The project with prod as its HCL is."""

ACTION = 'Action = "sts:AssumeRole"'
ROLE = "module.iam.aws_iam_role.ecs_task"
ASSUME = """\
data "aws_iam_policy_document" "assume" {
  %s
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    %s
  }
}
"""


@pytest.fixture
def hcl(tmp_path: Path) -> Path:
    return shutil.copytree(HCL, tmp_path / "hcl")


def found(root: Path, folder: Path, environment: str = "prod", **options: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401
    remarks = parity(root, folder, environment, **options).remarks
    return [short for each in remarks if (short := (each.kind, each.address, each.argument)) != BASELINE]


def append(folder: Path, file: str, text: str) -> None:
    with (folder / file).open("a", encoding="utf-8") as out:
        out.write(f"\n{text}\n")


# ---- policy documents -----------------------------------------------------------------------------------------------


def with_document(folder: Path, document: str = "", statement: str = "") -> None:
    """The role of the tasks with an assume role policy from a data source."""
    text = (folder / IAM).read_text(encoding="utf-8")
    start = text.index("assume_role_policy", text.index('resource "aws_iam_role" "ecs_task" {'))
    end = text.index("\n\n", start)
    (folder / IAM).write_text(
        f"{text[:start]}assume_role_policy = data.aws_iam_policy_document.assume.json{text[end:]}\n"
        + ASSUME % (document, statement),
        encoding="utf-8",
    )


def test_a_policy_document_without_more_is_the_same(root: Path, hcl: Path) -> None:
    with_document(hcl)
    assert {kind for kind, _, _ in found(root, hcl)} <= {"no effect"}


OTHER = 'jsonencode({ Statement = [{ Sid = "x", Effect = "Deny", Action = "sts:*", Principal = "*" }] })'


@pytest.mark.parametrize(
    ("document", "statement"),
    [
        (f"source_policy_documents = [{OTHER}]", ""),
        (f"override_policy_documents = [{OTHER}]", ""),
        ('policy_id = "tasks"', ""),
        ('version = "2008-10-17"', ""),
        ("", 'principals {\n type = "Service"\n identifiers = ["ec2.amazonaws.com"]\n }'),
        ("", 'not_principals {\n type = "AWS"\n identifiers = ["*"]\n }'),
        ("", 'condition {\n test = "Bool"\n variable = "aws:x"\n values = ["true"]\n }'),
    ],
)
def test_everything_in_a_policy_document_counts(root: Path, hcl: Path, document: str, statement: str) -> None:
    with_document(hcl, document, statement)
    assert ("difference", ROLE) in {(kind, address) for kind, address, _ in found(root, hcl)}


@pytest.mark.parametrize(
    ("document", "statement"),
    [
        ("source_policy_documents = [bcrypt(1)]", ""),
        ('dynamic "statement" {\n for_each = bcrypt(1)\n content {}\n }', ""),
        ("", 'dynamic "principals" {\n for_each = bcrypt(1)\n content {}\n }'),
        ("", "effect = bcrypt(1)"),
        ("", 'condition {\n test = bcrypt(1)\n variable = "x"\n values = []\n }'),
        ("", 'condition {\n test = "x"\n variable = "x"\n values = bcrypt(1)\n }'),
    ],
)
def test_a_part_of_a_policy_document_that_is_unknown_is_not_evaluated(
    root: Path, hcl: Path, document: str, statement: str
) -> None:
    with_document(hcl, document, statement)
    assert ("not evaluated", ROLE) in {(kind, address) for kind, address, _ in found(root, hcl)}


@pytest.mark.parametrize(
    ("file", "old", "new", "address"),
    [
        (
            IAM,
            ACTION,
            'Condition = { Bool = bcrypt(1) }\n Action = "sts:AssumeRole"',
            "aws_iam_role",
        ),
        (IAM, ACTION, 'Condition = bcrypt(1)\n Action = "sts:AssumeRole"', "aws_iam_role"),
        (
            ECS,
            "      portMappings = [",
            "      portMappings = bcrypt(1) == 1 ? [] : [bcrypt(1),",
            "aws_ecs_task_definition",
        ),
    ],
)
def test_an_unknown_part_of_jsonencode_is_not_evaluated(  # noqa: PLR0917  # as pytest passes them
    root: Path, hcl: Path, file: str, old: str, new: str, address: str
) -> None:
    change(hcl, file, (old, new))
    assert any(kind == "not evaluated" and address in of for kind, of, _ in found(root, hcl))


# ---- what Terraform itself reads ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ('assume_role {\n role_arn = "arn:aws:iam::123456789012:role/x"\n }', ("difference", "assume_role")),
        ('ignore_tags {\n keys = ["x"]\n }', ("difference", "ignore_tags")),
        ('endpoints {\n s3 = "http://localhost"\n }', ("difference", "endpoints")),
        ('allowed_account_ids = ["123456789012"]', ("difference", "allowed_account_ids")),
        ('profile = "x"', ("not compared", "profile")),
    ],
)
def test_arguments_of_the_provider_count(root: Path, hcl: Path, argument: str, expected: tuple[str, str]) -> None:
    change(hcl, "providers.tf", ("  region = var.aws_region\n", f"  region = var.aws_region\n  {argument}\n"))
    assert found(root, hcl) == [(expected[0], "provider.aws", expected[1])]


def test_another_provider_of_a_resource_or_a_module_is_a_difference(root: Path, hcl: Path) -> None:
    append(hcl, "providers.tf", 'provider "aws" {\n  alias  = "other"\n  region = "eu-west-1"\n}')
    change(hcl, ALB, ('resource "aws_lb" "main" {', 'resource "aws_lb" "main" {\n  provider = aws.other'))
    change(hcl, "main.tf", ('source = "./modules/iam"', 'source = "./modules/iam"\n  providers = { aws = aws.other }'))
    assert found(root, hcl) == [
        ("difference", "module.alb.aws_lb.main", "provider"),
        ("difference", "module.iam", "providers"),
    ]


def test_what_is_not_compared_is_listed(root: Path, hcl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    provisioner = '  provisioner "local-exec" {\n    command = "true"\n  }\n'
    condition = '    postcondition {\n      condition     = self.cidr_block != ""\n      error_message = "x"\n    }\n'
    vpc = 'resource "aws_vpc" "main" {'
    change(hcl, NETWORK, (vpc, f"{vpc}\n{provisioner}  lifecycle {{\n{condition}  }}"))
    append(hcl, "main.tf", "moved {\n  from = aws_vpc.old\n  to   = module.networking.aws_vpc.main\n}")
    assert found(root, hcl) == [
        ("not compared", "module.networking.aws_vpc.main", "lifecycle.postcondition"),
        ("not compared", "module.networking.aws_vpc.main", "provisioner"),
        ("not compared", "moved", ""),
    ]
    assert run(root, hcl, "prod") == 0
    assert "not compared: read the reason" in capsys.readouterr().out


VARIABLE = 'variable "container_port" {'
HTTP2 = "enable_http2                     = true"


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("main.tf", 'source = "./modules/iam"', 'source = "./modules/iam"\n  colour = 1', ("module.iam", "colour")),
        (
            "modules/iam/variables.tf",
            'variable "project_name" {',
            'variable "needed" {}\n\nvariable "project_name" {',
            ("module.iam", "needed"),
        ),
        (
            "variables.tf",
            VARIABLE,
            f'{VARIABLE}\n  validation {{\n    condition = var.container_port > 9000\n    error_message = ""\n  }}',
            ("variable.container_port", "validation"),
        ),
        (ALB, HTTP2, "enable_http2 = true ? true : var.no", ("module.alb.aws_lb.main", "enable_http2")),
        (ALB, HTTP2, "enable_http2 = true ? true : local.no", ("module.alb.aws_lb.main", "enable_http2")),
        (ALB, HTTP2, "enable_http2 = true ? true : aws_lb.no.internal", ("module.alb.aws_lb.main", "enable_http2")),
        (ALB, HTTP2, "enable_http2 = true ? true : nothing(1)", ("module.alb.aws_lb.main", "enable_http2")),
        (ALB, HTTP2, "enable_http2 = [for x in [true] : x][0] && y", ("module.alb.aws_lb.main", "enable_http2")),
    ],
)  # fmt: skip
def test_what_terraform_refuses_is_invalid(  # noqa: PLR0917  # as pytest passes them
    root: Path, hcl: Path, file: str, old: str, new: str, expected: tuple[str, str]
) -> None:
    change(hcl, file, (old, new))
    assert ("invalid", *expected) in found(root, hcl)


def test_what_is_declared_twice_is_invalid(root: Path, hcl: Path) -> None:
    append(hcl, ALB, 'resource "aws_lb" "main" {}')
    assert ("invalid", "module.alb.aws_lb.main", "") in found(root, hcl)


def test_the_workspace_is_known_only_where_it_is_named(root: Path, hcl: Path) -> None:
    change(hcl, "main.tf", ("environment  = var.environment", "environment  = terraform.workspace"))
    assert {kind for kind, _, _ in found(root, hcl)} == {"not evaluated"}
    assert found(root, hcl, workspace="prod") == []
    assert {kind for kind, _, _ in found(root, hcl, workspace="default")} >= {"difference"}


@pytest.mark.parametrize(
    ("kind", "default", "given"),
    [
        ("object({ port = optional(number, -1) })", "{}", "-1"),
        ("object({ port = optional(number, 8080) })", "{}", "8080"),
        ("object({ port = optional(string, 8080) })", "{ port = null }", '"8080"'),
        ("list(object({ port = optional(list(number), [1]) }))", "[{}]", "tolist([1])"),
    ],
)
def test_defaults_of_optional_fields_of_any_type_count(
    root: Path, hcl: Path, kind: str, default: str, given: str
) -> None:
    append(hcl, "modules/alb/variables.tf", f'variable "extra" {{\n  type    = {kind}\n  default = {default}\n}}')
    at = "[0]" if kind.startswith("list") else ""
    change(hcl, ALB, (HTTP2, f"enable_http2 = var.extra{at}.port == {given}"))
    assert found(root, hcl) == [("no effect", "module.alb", "var.extra")]


def test_a_set_of_strings_has_each_once_and_in_order(root: Path, hcl: Path) -> None:
    append(
        hcl, "modules/alb/variables.tf", 'variable "extra" {\n  type    = set(string)\n  default = ["b", "a", "b"]\n}'
    )
    change(hcl, ALB, (HTTP2, 'enable_http2 = join("", var.extra) == "ab"'))
    assert found(root, hcl) == [("no effect", "module.alb", "var.extra")]


# ---- modules alone --------------------------------------------------------------------------------------------------


def test_modules_that_are_missing_or_left_over_are_a_difference(root: Path, hcl: Path) -> None:
    shutil.rmtree(hcl / "modules/iam")
    (hcl / "modules/database").mkdir()
    (hcl / "modules/database/main.tf").write_text('resource "aws_db_instance" "main" {\n}\n', encoding="utf-8")
    assert found(root, hcl / "modules") == [
        ("difference", "module.database", ""),
        ("difference", "module.iam", ""),
    ]


def test_two_folders_of_one_name_are_refused(root: Path, hcl: Path) -> None:
    shutil.copytree(hcl / "modules/iam", hcl / "modules/old/iam")
    with pytest.raises(Refused, match="iam and old/iam are modules of the same name"):
        parity(root, hcl / "modules", "prod")


# ---- values ---------------------------------------------------------------------------------------------------------


def test_a_value_on_the_command_line_has_the_type_of_its_variable(root: Path, hcl: Path) -> None:
    assert found(root, hcl, variables=["redis_engine_version=7.0"]) == []
    assert found(root, hcl, variables=["desired_count=4"]) == []
    with pytest.raises(Refused, match="--var availability_zones: is not a value of the type"):
        parity(root, hcl, "prod", variables=["availability_zones=[nonsense"])


def test_a_sensitive_value_is_never_shown(root: Path, hcl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(hcl, "variables.tf", ('variable "ecr_image_uri" {', 'variable "ecr_image_uri" {\n  sensitive = true'))
    append(hcl, "main.tf", 'locals {\n  derived = upper("${var.ecr_image_uri}-hunter2")\n}\n')
    append(hcl, "outputs.tf", 'output "secret" {\n  value = local.derived\n}\n')
    options: dict[str, Any] = {"variables": ["ecr_image_uri=hunter1"]}
    for form in ("text", "json", "sarif", "junit", "github"):
        assert run(root, hcl, "prod", form=form, verbose=True, **options) == 1
        shown = capsys.readouterr().out
        assert "(sensitive)" in shown
        assert "hunter" not in shown.lower()
        assert "image" in shown


def test_long_values_show_where_they_differ(root: Path, hcl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = ", ".join(f'"arn:aws:sns:us-west-2:123456789012:a-long-name-of-a-topic-{at}"' for at in range(4))
    alarm = "  threshold           = 75\n"
    change(hcl, "modules/elasticache/main.tf", (alarm, f"{alarm}  alarm_actions = [{long}]\n"))
    text = "x" * 100
    change(hcl, GROUPS, ('description = "HTTPS from internet"', f'description = "{text}"'))
    assert run(root, hcl, "prod") == 1
    shown = capsys.readouterr().out
    assert "a-long-name-of-a-topic-3" in shown
    assert text in shown


def test_depends_on_takes_a_variable(root: Path, hcl: Path) -> None:
    change(hcl, SERVICE, ("  lifecycle {\n", "  depends_on = [var.target_group_arn]\n\n  lifecycle {\n"))
    assert {kind for kind, _, _ in found(root, hcl)} <= {"no effect"}


def test_a_variable_that_only_the_root_of_the_hcl_has_is_noted(root: Path, hcl: Path) -> None:
    append(hcl, "variables.tf", 'variable "colour" {\n  default = "red"\n}')
    assert found(root, hcl) == [("no effect", "the root module", "var.colour")]


# ---- roots ----------------------------------------------------------------------------------------------------------


def test_a_root_without_modules_is_a_root(root: Path, tmp_path: Path) -> None:
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat/main.tf").write_text(
        'provider "aws" {\n  region = "us-west-2"\n}\nresource "aws_vpc" "main" {\n  cidr_block = "10.0.0.0/16"\n}\n'
    )
    result = parity(root, tmp_path / "flat", "dev")
    assert result.read.startswith("the root module of the folder itself")
    assert ("difference", "aws_vpc.main", "") in {(each.kind, each.address, each.argument) for each in result.remarks}


def test_a_root_of_registry_modules_is_not_evaluated(root: Path, tmp_path: Path) -> None:
    source = 'source = "terraform-aws-modules/vpc/aws"'
    (tmp_path / "main.tf").write_text(f'module "vpc" {{\n  {source}\n}}\n')
    remarks = parity(root, tmp_path, "dev").remarks
    (remark,) = [each for each in remarks if each.address == "module.vpc"]
    assert (remark.kind, remark.hcl) == ("not evaluated", '"terraform-aws-modules/vpc/aws"')


def test_a_registry_module_that_init_has_downloaded_is_compared(root: Path, hcl: Path) -> None:
    downloaded = hcl / ".terraform/modules/network"
    downloaded.parent.mkdir(parents=True)
    (hcl / "modules/networking").rename(downloaded)
    main = hcl / "main.tf"
    text = main.read_text(encoding="utf-8")
    assert text.count('"./modules/networking"') == 1
    main.write_text(text.replace('"./modules/networking"', '"acme/networking/aws"'), encoding="utf-8")
    assert "not evaluated" in {kind for kind, *_ in found(root, hcl)}

    entry = {"Key": "networking", "Source": "acme/networking/aws", "Dir": ".terraform/modules/network"}
    listed = {"Modules": [{"Key": "", "Source": "", "Dir": "."}, entry]}
    (hcl / ".terraform/modules/modules.json").write_text(json.dumps(listed), encoding="utf-8")
    assert found(root, hcl) == []

    file = downloaded / "main.tf"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("enable_dns_support   = true", "enable_dns_support   = false"), encoding="utf-8")
    assert found(root, hcl) == [("difference", "module.networking.aws_vpc.main", "enable_dns_support")]


@pytest.mark.parametrize("list_of_modules", ["", "[]", '{"Modules": 1}', '{"Modules": [{"Dir": "."}]}'])
def test_a_list_of_modules_of_another_form_is_no_list(root: Path, hcl: Path, list_of_modules: str) -> None:
    (hcl / ".terraform/modules").mkdir(parents=True)
    (hcl / ".terraform/modules/modules.json").write_text(list_of_modules, encoding="utf-8")
    assert found(root, hcl) == []


@pytest.mark.parametrize("name", ["broken.tf", "more.tf.json"])
def test_a_file_that_cannot_be_read_elsewhere_stops_nothing(root: Path, hcl: Path, name: str) -> None:
    (hcl / "attic").mkdir()
    (hcl / "attic/main.tf").write_text("")
    (hcl / "attic" / name).write_text("{" if name.endswith("json") else "module {")
    assert found(root, hcl) == []


def test_the_root_of_another_environment_is_not_taken(root: Path, hcl: Path) -> None:
    target = hcl / "environments/dev"
    target.mkdir(parents=True)
    for file in hcl.glob("*.tf"):
        text = file.read_text(encoding="utf-8").replace("./modules/", "../../modules/")
        (target / file.name).write_text(text, encoding="utf-8")
        file.unlink()
    with pytest.raises(Refused, match="the only root module is environments/dev: if it is staging's, name that folder"):
        parity(root, hcl, "staging")


def test_a_finding_appears_once(root: Path, hcl: Path) -> None:
    change(hcl, "modules/ecs-service/outputs.tf", ("aws_ecs_service.app.id # the", "aws_ecs_service.app.arn # the"))
    shorts = found(root, hcl)
    assert shorts == [("invalid", APP, "arn")]


def test_the_settings_of_a_value_are_those_that_it_shows(root: Path, hcl: Path) -> None:
    change(hcl, ECS, ("image     = var.ecr_image_uri", 'image     = "another"'))
    (remark,) = [each for each in parity(root, hcl, "prod").remarks if each.address == DEFINITION]
    assert [each.setting for each in remark.settings] == ["ecs.ecr_image_uri"]


# ---- what a plan shows beside values --------------------------------------------------------------------------------

OUTPUT = "value = module.networking.public_subnet_ids"
IMAGE = 'variable "ecr_image_uri" {'


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("outputs.tf", OUTPUT, OUTPUT.replace("= ", "= toset(") + ")", ("output.public_subnet_ids", "type")),
        ("outputs.tf", OUTPUT, OUTPUT.replace("= ", "= tolist(") + ")", ("output.public_subnet_ids", "type")),
        ("outputs.tf", OUTPUT, f"{OUTPUT}\n  sensitive = true", ("output.public_subnet_ids", "sensitive")),
        ("variables.tf", IMAGE, f"{IMAGE}\n  sensitive = true", (DEFINITION, "container_definitions")),
    ],
)
def test_a_type_or_a_mark_on_one_side_is_a_difference(  # noqa: PLR0917  # as pytest passes them
    root: Path, hcl: Path, file: str, old: str, new: str, expected: tuple[str, str]
) -> None:
    change(hcl, file, (old, new))
    assert found(root, hcl) == [("difference", *expected)]


@pytest.mark.parametrize(
    "value", ["concat(module.networking.public_subnet_ids, [])", "[for x in module.networking.public_subnet_ids : x]"]
)
def test_an_output_of_the_same_type_is_the_same(root: Path, hcl: Path, value: str) -> None:
    change(hcl, "outputs.tf", (OUTPUT, f"value = {value}\n  sensitive = false"))
    assert found(root, hcl) == []


def test_a_value_that_is_not_sensitive_any_more_is_the_same(root: Path, hcl: Path) -> None:
    change(hcl, "variables.tf", (IMAGE, f"{IMAGE}\n  sensitive = true"))
    change(hcl, "main.tf", ("= var.ecr_image_uri", "= nonsensitive(var.ecr_image_uri)"))
    assert found(root, hcl) == []


def test_two_blocks_of_a_set_that_say_the_same_are_one(root: Path, hcl: Path) -> None:
    text = (hcl / GROUPS).read_text(encoding="utf-8")
    start = text.index("  ingress {")
    end = text.index("  }\n", start) + len("  }\n")
    (hcl / GROUPS).write_text(text[:end] + text[start:end] + text[end:], encoding="utf-8")
    assert found(root, hcl) == []


def test_a_data_source_that_names_a_region_has_that_one(root: Path, hcl: Path) -> None:
    append(hcl, "main.tf", 'data "aws_region" "there" {\n  name = "eu-west-1"\n}')
    change(hcl, "main.tf", ("= var.aws_region", "= data.aws_region.there.name"))
    assert ("difference", DEFINITION) in {(kind, address) for kind, address, _ in found(root, hcl)}


def test_a_number_is_no_bool(root: Path, hcl: Path) -> None:
    change(hcl, ALB, (HTTP2, "enable_http2 = 1"))
    assert {kind for kind, *where in found(root, hcl) if where == ["module.alb.aws_lb.main", "enable_http2"]} == {
        "difference",
        "invalid",
    }


@pytest.mark.parametrize("name", ["\u00e9", "e\u0301"])
def test_an_accent_and_its_letter_are_one_character(root: Path, hcl: Path, name: str) -> None:
    change(hcl, ALB, (HTTP2, f'enable_http2 = "{name}" == "\u00e9" && length("${{var.environment}}{name}") == 5'))
    assert found(root, hcl) == []


def test_an_ephemeral_value_is_never_the_same(root: Path, hcl: Path) -> None:
    change(hcl, "variables.tf", (IMAGE, f"{IMAGE}\n  ephemeral = true"))
    ((kind, address, _),) = found(root, hcl)
    assert (kind, address) == ("not evaluated", DEFINITION)


def test_a_key_that_is_null_is_left_out_of_container_definitions(root: Path, hcl: Path) -> None:
    for file in ("variables.tf", "modules/ecs/variables.tf"):
        change(
            hcl, file, ("name = string, value = string }", "name = string, value = string, kind = optional(string) }")
        )
    assert {kind for kind, _, _ in found(root, hcl)} == {"no effect"}


def test_a_data_source_of_another_provider_has_not_its_region(root: Path, hcl: Path) -> None:
    append(hcl, "providers.tf", 'provider "aws" {\n  alias  = "other"\n  region = "eu-west-1"\n}')
    append(hcl, "main.tf", 'data "aws_region" "here" {\n  provider = aws.other\n}')
    change(hcl, "main.tf", ("environment  = var.environment", "environment  = data.aws_region.here.name"))
    assert {kind for kind, _, _ in found(root, hcl)} == {"not evaluated"}


# ---- what is said ---------------------------------------------------------------------------------------------------


def test_a_difference_in_lifecycle_shows_its_line_and_the_whole_path(root: Path, hcl: Path) -> None:
    ignored = "ignore_changes = [desired_count]"
    change(hcl, SERVICE, (ignored, f'prevent_destroy = true\n    {ignored[:-1]}, tags["Name"]]'))
    lines = (hcl / SERVICE).read_text(encoding="utf-8").splitlines()
    at = {each.argument: each for each in parity(root, hcl, "prod").remarks if each.argument.startswith("lifecycle")}
    for argument, each in at.items():
        assert each.place is not None
        assert argument.rpartition(".")[2] in lines[each.place.line - 1]
    assert at["lifecycle.ignore_changes"].hcl == ["desired_count", 'tags["Name"]']
    assert [each.setting for each in at["lifecycle.ignore_changes"].settings] == ["ecs_service.managed_elsewhere"]
    assert at["lifecycle.prevent_destroy"].settings == ()


def test_two_ways_to_write_what_is_ignored_are_the_same(root: Path, hcl: Path) -> None:
    change(hcl, SERVICE, ("ignore_changes = [desired_count]", "ignore_changes = [desired_count, desired_count]"))
    assert found(root, hcl) == []


def test_an_argument_of_the_provider_shows_its_line(root: Path, hcl: Path) -> None:
    change(
        hcl,
        "providers.tf",
        ("  region = var.aws_region\n", '  region = "eu-west-1"\n  ignore_tags {\n    keys = ["x"]\n  }\n'),
    )
    lines = (hcl / "providers.tf").read_text(encoding="utf-8").splitlines()
    places = {each.argument: each.place for each in parity(root, hcl, "prod").remarks if each.address == "provider.aws"}
    for argument in ("region", "ignore_tags"):
        place = places[argument]
        assert place is not None
        assert argument in lines[place.line - 1]


def test_who_refuses_is_said(root: Path, hcl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(hcl, ALB, (HTTP2, f"{HTTP2}\n  colour = 1"), ("  tags = {", '  tags = {\n    Issue = "#1"'))
    append(hcl, ALB, "locals {\n  a = local.a\n}")
    assert run(root, hcl, "prod") == 1
    text = capsys.readouterr().out
    heads = [line for line in text.splitlines() if line.startswith("invalid")]
    assert heads == [
        "invalid: Terraform refuses these:",
        "invalid: provider 5.100.0 refuses these:",
        "invalid: AWS refuses these:",
        heads[-1],
    ]
    assert heads[-1].startswith("invalid: Terraform and provider 5.100.0 refuse the HCL; as read: 0 differences, 3 in")
    assert "it depends on itself: module.alb.local.a" in text
    run(root, hcl, "prod", form="json")
    data = json.loads(capsys.readouterr().out)["differences"]
    assert {each["refused_by"] for each in data if each["kind"] == "invalid"} == {"Terraform", "provider", "AWS"}


def test_of_what_is_refused_and_differs_there_is_one_verdict(
    root: Path, hcl: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(hcl, ALB, ("= 30\n    timeout", "= 31\n    timeout"))
    append(hcl, "main.tf", "locals {\n  a = local.a\n}")
    assert run(root, hcl, "prod") == 1
    text = capsys.readouterr().out
    assert text.index("invalid: Terraform refuses these:") < text.index("differences:")
    assert text.splitlines()[-1].startswith(
        "invalid: Terraform refuses the HCL; as read: 1 difference, 1 invalid, 0 not evaluated;"
    )


# ---- tags ------------------------------------------------------------------------------------------------------------

DEFAULT_TAGS = """\
  default_tags {
    tags = {
      Project     = var.project_name
      Environment = var.environment
      ManagedBy   = "Terraform"
    }
  }
"""
GATEWAY = "module.networking.aws_internet_gateway.main"
GATEWAY_NAME = '    Name = "${var.project_name}-igw-${var.environment}"'


def of_tags(root: Path, folder: Path) -> list[tuple[str, str, str, list[str], bool]]:
    """Kind, address, argument and settings of what is said about tags, and whether a line of the HCL is named."""
    remarks = [each for each in parity(root, folder, "prod").remarks if "tags" in each.argument]
    return [
        (each.kind, each.address, each.argument, [setting.setting for setting in each.settings], each.place is not None)
        for each in remarks
    ]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ("", [("Environment", ""), ("ManagedBy", ""), ("Project", "project")]),
        ("  default_tags {\n  }\n", [("Environment", ""), ("ManagedBy", ""), ("Project", "project")]),
        (DEFAULT_TAGS.replace('"Terraform"', '"terraform"'), [("ManagedBy", "")]),
        (DEFAULT_TAGS.replace("ManagedBy ", 'Owner = "me"\n      ManagedBy '), [("Owner", "tags")]),
    ],
)
def test_a_default_tag_names_its_line_and_its_setting(
    root: Path, hcl: Path, new: str, expected: list[tuple[str, str]]
) -> None:
    change(hcl, "providers.tf", (DEFAULT_TAGS, new))
    assert of_tags(root, hcl) == [
        ("difference", "provider.aws", f"default_tags.{key}", [setting] if setting else [], True)
        for key, setting in expected
    ]
    assert all("a tag of 38 resources" in each.why for each in parity(root, hcl, "prod").of_kind("difference"))


def test_a_tag_of_the_overlay_is_named_where_it_is_written(root: Path, hcl: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(root, tmp_path / "project"))
    overlay = project / "environments/prod.yaml"
    overlay.write_text(f"tags:\n  Owner: me\n{overlay.read_text(encoding='utf-8')}", encoding="utf-8")
    stack = project / "cdktf.out/stacks/miyabi-prod/cdk.tf.json"
    body = json.loads(stack.read_text(encoding="utf-8"))
    body["provider"]["aws"][0]["default_tags"][0]["tags"]["Owner"] = "me"
    stack.write_text(json.dumps(body), encoding="utf-8")
    change(hcl, NETWORK, (GATEWAY_NAME, f'{GATEWAY_NAME}\n    Owner = "you"'))
    assert of_tags(project, hcl) == [
        ("difference", GATEWAY, "tags.Owner", ["tags.Owner"], True),
        ("difference", "provider.aws", "default_tags.Owner", ["tags.Owner"], True),
    ]
    assert "environments/prod.yaml:2" in {
        str(setting.place) for each in parity(project, hcl, "prod").remarks for setting in each.settings
    }


def test_no_setting_that_a_tag_does_not_show_is_its_cause(root: Path, hcl: Path) -> None:
    """The target group's other arguments depend on settings; its tags do not show them."""
    change(hcl, ALB, ('    Name = "${var.project_name}-tg-', '    Name = "${var.project_name}-targets-'))
    assert of_tags(root, hcl) == [("difference", TARGETS, "tags.Name", [], True)]


@pytest.mark.parametrize("key", ["Owner", "ManagedBy"])
def test_a_tag_that_is_null_is_left_out(root: Path, hcl: Path, key: str) -> None:
    """The provider plans the default tag of this key, where there is one."""
    change(hcl, NETWORK, (GATEWAY_NAME, f"{GATEWAY_NAME}\n    {key} = null"))
    (remark,) = [each for each in parity(root, hcl, "prod").remarks if "tags" in each.argument]
    assert (remark.kind, remark.address, remark.argument) == ("no effect", GATEWAY, f"tags.{key}")
    assert (remark.hcl, remark.why) == (None, "null is the same as left out")


# ---- values of variables ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("prod.tfvars", 'owner = "me"', "prod.tfvars:20"),
        ("more.auto.tfvars.json", '{"owner": "me"}', "more.auto.tfvars.json:1"),
    ],
)
def test_a_value_of_a_variable_that_nobody_declares_is_told(
    root: Path, hcl: Path, file: str, text: str, place: str
) -> None:
    append(hcl, file, text)
    result = parity(root, hcl, "prod")
    (remark,) = result.of_kind("not compared")
    assert (remark.address, remark.argument, str(remark.place)) == ("the root module", "var.owner", place)
    assert "Terraform warns" in remark.why
    assert result.same


def test_such_a_value_on_the_command_line_is_refused_as_terraform_does(root: Path, hcl: Path) -> None:
    with pytest.raises(Refused, match="the root module declares no variable owner"):
        parity(root, hcl, "prod", variables=["owner=me"])


@pytest.mark.parametrize(
    ("file", "old", "new", "argument", "expected"),
    [
        (ECS, "interval    = 30", "interval    = 31", "healthCheck.interval", ["ecs.container_health_check_interval"]),
        (IAM, 'Version = "2012-10-17"', 'Version = "2008-10-17"', "policy.Version", []),
        (ECS, "containerPort = var.container_port", "containerPort = 1", "containerPort", ["container_port"]),
    ],
)
def test_the_settings_of_a_value_in_a_document_are_those_that_decide_it(  # noqa: PLR0917  # as pytest passes them
    root: Path, hcl: Path, file: str, old: str, new: str, argument: str, expected: list[str]
) -> None:
    text = (hcl / file).read_text(encoding="utf-8")
    (hcl / file).write_text(text.replace(old, new), encoding="utf-8")
    remarks = [each for each in parity(root, hcl, "prod").remarks if each.argument.endswith(argument)]
    assert remarks
    assert [each.setting for each in remarks[0].settings] == expected
