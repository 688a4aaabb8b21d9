"""What Terraform itself refuses is found from the files alone, and so is what of them is not compared."""

from pathlib import Path

import pytest

from miyabi_infra.hcl.checkout import Checkout
from miyabi_infra.hcl.scope import Scope
from miyabi_infra.parity.sides import of_root

MODULE = """\
variable "name" {
  type    = string
  default = "x"
}

output "name" {
  value = var.name
}
"""


def issues(folder: Path, text: str, module: str = MODULE) -> list[tuple[str, str, str]]:
    """What is said of a root module of one file, which may call the module `./m`."""
    (folder / "m").mkdir()
    (folder / "main.tf").write_text(text, encoding="utf-8")
    (folder / "m/main.tf").write_text(module, encoding="utf-8")
    checkout = Checkout(folder, "dev")
    found = of_root(checkout, Scope(checkout, checkout.source(folder)))
    return [(each.kind, each.address, each.argument) for each in found.issues]


ZONE = 'resource "aws_route53_zone" "z" {\n  name = "example.org"\n  %s\n}\n'
VARIABLE = 'variable "n" {\n  default = 1\n  %s\n}\n'
CALL = 'module "m" {\n  source = "./m"\n  %s\n}\n'
CONDITION = '%s {\n condition = %s\n error_message = "No."\n }'
LIFECYCLE = "lifecycle {\n %s\n }"


@pytest.mark.parametrize(
    ("text", "address", "argument"),
    [
        # what a block of Terraform may hold
        (VARIABLE % "colour = 1", "variable.n", "colour"),
        (VARIABLE % "nullable = var.m", "variable.n", "nullable"),
        ('variable "m" {}\nvariable "n" {\n default = var.m\n}', "variable.n", "default"),
        (VARIABLE % "lifecycle {}", "variable.n", "lifecycle"),
        ('variable "source" {\n default = 1\n}', "variable.source", ""),
        ('variable "1n" {\n default = 1\n}', "variable.1n", ""),
        ('output "o" {}', "output.o", "value"),
        ('output "o" {\n value = 1\n kind = 2\n}', "output.o", "kind"),
        ('output "o" {\n value = 1\n ephemeral = true\n}', "output.o", "ephemeral"),
        ("locals {\n inner {}\n}", "locals", "inner"),
        (CALL % 'version = "1.0"', "module.m", "version"),
        (CALL % "count = 1\n for_each = {}", "module.m", "count"),
        ('module "m" {\n source = local.where\n}\nlocals {\n where = "./m"\n}', "module.m", "source"),
        (ZONE % (LIFECYCLE % "" + "\n" + LIFECYCLE % ""), "aws_route53_zone.z", "lifecycle"),
        (ZONE % (LIFECYCLE % "colour = 1"), "aws_route53_zone.z", "lifecycle.colour"),
        (ZONE % (LIFECYCLE % "prevent_destroy = local.x"), "aws_route53_zone.z", "lifecycle.prevent_destroy"),
        (ZONE % (LIFECYCLE % "timeouts {}"), "aws_route53_zone.z", "lifecycle.timeouts"),
        ('provider "aws" {\n default_tags {}\n default_tags {}\n}', "provider.aws", "default_tags"),
        ('provider "aws" {\n ignore_tags {}\n ignore_tags {}\n}', "provider.aws", "ignore_tags"),
        ('terraform {\n backend "local" {}\n backend "s3" {}\n}', "terraform", "backend"),
        ("terraform {\n colour = 1\n}", "terraform", "colour"),
        ("moved {\n from = aws_vpc.a\n}", "moved", "to"),
        ('check "c" {\n colour = 1\n}', "check.c", "colour"),
        ('provider "aws" {}\nprovider "aws" {}', "provider.aws", ""),
        ("locals {\n a = 1\n}\nlocals {\n a = 1\n}", "local.a", ""),
        # references
        ('output "o" {\n value = module.m.nothing\n}\n' + CALL % "", "output.o", "value"),
        ("locals {\n a = true ? 1 : module.m.nothing\n}\n" + CALL % "", "locals", "a"),
        (ZONE % "comment = each.key", "aws_route53_zone.z", "comment"),
        (ZONE % "comment = count.index", "aws_route53_zone.z", "comment"),
        (ZONE % "count = count.index", "aws_route53_zone.z", "count"),
        ("locals {\n a = self.id\n}", "locals", "a"),
        ("locals {\n a = path.here\n}", "locals", "a"),
        ("locals {\n a = terraform.version\n}", "locals", "a"),
        ("locals {\n a = true ? 1 : aws_route53_zone.z[0].id\n}\n" + ZONE % "", "locals", "a"),
        ("locals {\n a = true ? 1 : aws_route53_zone.z.id\n}\n" + ZONE % "count = 1", "locals", "a"),
        ("locals {\n a = true ? 1 : module.m.name\n}\n" + CALL % "count = 1", "locals", "a"),
        ("locals {\n a = true ? 1 : module.m[0].name\n}\n" + CALL % "", "locals", "a"),
        # what the provider needs and refuses, also where there is no instance
        ('resource "aws_subnet" "s" {\n count = 0\n}', "aws_subnet.s", "vpc_id"),
        ('resource "aws_eip" "e" {\n count = 0\n domain = ["vpc"]\n}', "aws_eip.e", "domain"),
        ('resource "aws_eip" "e" {\n count = 0\n colour = 1\n}', "aws_eip.e", "colour"),
        ('resource "aws_lb_listener" "l" {\n count = 0\n load_balancer_arn = "x"\n}', "aws_lb_listener.l",
         "default_action"),
        ('data "aws_region" "r" {\n colour = 1\n}', "data.aws_region.r", "colour"),
        # values of another type, and blocks with bits of a host
        ('resource "aws_lb" "l" {\n enable_http2 = 1\n}', "aws_lb.l", "enable_http2"),
        ('resource "aws_lb" "l" {\n enable_http2 = local.on\n}\nlocals {\n on = "yes"\n}', "aws_lb.l", "enable_http2"),
        ('resource "aws_lb" "l" {\n idle_timeout = true\n}', "aws_lb.l", "idle_timeout"),
        ('resource "aws_lb" "l" {\n idle_timeout = "60 s"\n}', "aws_lb.l", "idle_timeout"),
        ('resource "aws_vpc" "v" {\n cidr_block = local.b\n}\nlocals {\n b = "10.0.0.1/16"\n}',
         "aws_vpc.v", "cidr_block"),
        ('resource "aws_subnet" "s" {\n vpc_id = "v"\n cidr_block = "10.0.1.5/24"\n}', "aws_subnet.s", "cidr_block"),
        (ZONE % 'provisioner "chef" {\n x = 1\n }', "aws_route53_zone.z", "provisioner"),
        (ZONE % 'provisioner "local-exec" {}', "aws_route53_zone.z", "provisioner"),
        # modules without instances
        ('module "n" {\n source = "./m"\n count = 0\n colour = 1\n}', "module.n", "colour"),
        # what depends on itself
        ("locals {\n a = local.b\n b = local.a\n}", "local.a", ""),
        ("locals {\n a = [for x in [1] : local.a]\n}", "local.a", ""),
        (ZONE % "comment = aws_route53_zone.z.id", "aws_route53_zone.z", ""),
        (ZONE % "depends_on = [aws_route53_zone.z]", "aws_route53_zone.z", ""),
        (ZONE % (LIFECYCLE % "replace_triggered_by = [aws_vpc.v]") + 'resource "aws_vpc" "v" {\n'
         " cidr_block = aws_route53_zone.z.comment\n}", "aws_route53_zone.z", ""),
        (CALL % "name = module.m.name", "module.m.var.name", ""),
        (CALL % "depends_on = [module.m]", "module.m.var.name", ""),
        # moved, removed, import
        ("moved {\n from = aws_route53_zone.z\n to = aws_route53_zone.y\n}\n" + ZONE % "", "moved", ""),
        ("moved {\n from = aws_route53_zone.z\n to = aws_route53_zone.z[0]\n}\n" + ZONE % "", "moved", ""),
        ("moved {\n from = module.m\n to = module.n\n}\n" + CALL % "", "moved", ""),
        ("moved {\n from = aws_vpc.a\n to = aws_vpc.a\n}", "moved", ""),
        ("moved {\n from = aws_vpc.a\n to = aws_vpc.b\n}\nmoved {\n from = aws_vpc.a\n to = aws_vpc.c\n}", "moved", ""),
        ("moved {\n from = aws_vpc.a\n to = aws_vpc.c\n}\nmoved {\n from = aws_vpc.b\n to = aws_vpc.c\n}", "moved", ""),
        ("moved {\n from = aws_vpc.a\n to = aws_vpc.b\n}\nmoved {\n from = aws_vpc.b\n to = aws_vpc.a\n}", "moved", ""),
        ("moved {\n from = module.m\n to = aws_vpc.b\n}", "moved", ""),
        ("removed {\n from = aws_vpc.a[0]\n}", "removed", ""),
        ("removed {\n from = data.aws_vpc.a\n}", "removed", ""),
        ("removed {\n from = module.m\n}\n" + CALL % "", "removed", ""),
        ("removed {\n from = aws_route53_zone.z\n}\n" + ZONE % "", "removed", ""),
        ('import {\n id = "x"\n to = aws_vpc.nothing\n}', "import", ""),
        # conditions that fail, or check nothing
        (VARIABLE % (CONDITION % ("validation", "var.n > 1")), "variable.n", "validation"),
        (VARIABLE % (CONDITION % ("validation", "true")), "variable.n", "validation"),
        (VARIABLE % (CONDITION % ("validation", "local.n > 0")) + "locals {\n n = 1\n}", "variable.n", "validation"),
        ('output "o" {\n value = 1\n ' + CONDITION % ("precondition", "1 > length(local.l)") + "\n}\n"
         "locals {\n l = [1]\n}", "output.o", "precondition"),
        (ZONE % (LIFECYCLE % (CONDITION % ("precondition", 'local.a == "b"'))) + 'locals {\n a = "a"\n}',
         "aws_route53_zone.z", "lifecycle.precondition"),
        (
            ZONE % (LIFECYCLE % (CONDITION % ("precondition", 'self.name == "example.org"'))),
            "aws_route53_zone.z",
            "lifecycle.precondition",
        ),
        (ZONE % (LIFECYCLE % (CONDITION % ("postcondition", 'self.name == "b"'))),
         "aws_route53_zone.z", "lifecycle.postcondition"),
        # values
        ('variable "n" {\n type = number\n default = "x"\n}', "var.n", "default"),
        ('variable "n" {\n default = null\n nullable = false\n}', "var.n", "default"),
        ('variable "n" {\n default = "x"\n sensitive = true\n}\noutput "o" {\n value = var.n\n}', "output.o", ""),
    ],
)  # fmt: skip
def test_what_terraform_refuses_is_invalid(tmp_path: Path, text: str, address: str, argument: str) -> None:
    assert ("invalid", address, argument) in issues(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("locals {\n a = range(10000000)\n}", ("not evaluated", "local.a", "")),
        ("locals {\n a = try(local.b, 1)\n b = [1][2]\n}", ("not evaluated", "local.b", "")),
        ('variable "n" {}', ("not evaluated", "var.n", "")),
        (CALL % "name = [1]", ("not evaluated", "module.m.var.name", "")),
        ('data "aws_vpc" "d" {\n id = [1][2]\n}', ("not evaluated", "data.aws_vpc.d", "id")),
        ('provider "aws" {\n alias = "x"\n region = [1][2]\n}', ("not evaluated", "provider.aws", "region")),
        (VARIABLE % (CONDITION % ("validation", "var.n[2]")), ("not evaluated", "variable.n", "validation")),
        ('check "c" {\n ' + CONDITION % ("assert", "local.n > 1") + "\n}\nlocals {\n n = 1\n}",
         ("difference", "check.c", "assert")),
        ("terraform {\n experiments = [x]\n}", ("not evaluated", "terraform", "experiments")),
        ('locals {\n a = regex("(", "a")\n}', ("not compared", "local.a", "")),
        ("locals {\n a = 1 / 0\n}", ("not compared", "local.a", "")),
        ('module "n" {\n source = "./nothing"\n count = 0\n}', ("not evaluated", "module.n", "source")),
        ('terraform {\n required_providers {\n aws = { source = "other/aws" }\n }\n}',
         ("difference", "provider.aws", "source")),
    ],
)  # fmt: skip
def test_an_error_in_what_nothing_depends_on_is_never_the_same(
    tmp_path: Path, text: str, expected: tuple[str, str, str]
) -> None:
    assert expected in issues(tmp_path, text)


@pytest.mark.parametrize("repeated", ["count = 0", "for_each = {}"])
def test_a_module_without_instances_is_checked_too(tmp_path: Path, repeated: str) -> None:
    inner = 'locals {\n a = local.a\n}\nresource "aws_eip" "e" {\n domain = var.nothing\n colour = 1\n}\n'
    assert issues(tmp_path, CALL % repeated, MODULE + inner) == [
        ("invalid", "module.m.aws_eip.e", "colour"),
        ("invalid", "module.m.aws_eip.e", "domain"),
        ("invalid", "module.m.local.a", ""),
    ]


@pytest.mark.parametrize("body", ['  region = "eu-west-1"', ""])
def test_a_provider_inside_a_module_is_a_difference(tmp_path: Path, body: str) -> None:
    provider = f'provider "aws" {{\n{body}\n}}\n'
    assert issues(tmp_path, CALL % "", MODULE + provider) == [("difference", "module.m.provider.aws", "")]


def test_an_empty_provider_inside_a_module_takes_what_is_passed(tmp_path: Path) -> None:
    assert issues(tmp_path, CALL % "providers = { aws = aws }", MODULE + 'provider "aws" {}\n') == []


def test_a_module_gets_the_providers_that_it_needs(tmp_path: Path) -> None:
    aws = 'aws = { source = "hashicorp/aws", configuration_aliases = [aws.b] }'
    needs = f"terraform {{\n required_providers {{\n {aws}\n }}\n}}\n"
    assert issues(tmp_path, CALL % "", MODULE + needs) == [("invalid", "module.m", "providers")]
    (tmp_path / "passed").mkdir()
    passed = CALL % "providers = { aws = aws, aws.b = aws.c }" + 'provider "aws" {\n alias = "c"\n}\n'
    kinds = {kind for kind, _, _ in issues(tmp_path / "passed", passed, MODULE + needs)}
    assert kinds == {"difference"}  # what it does with the other one is not known


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('required_version = ">= 99"', "difference"),
        ('required_version = "~> 1.5.0"', "not compared"),
        ('required_providers {\n aws = { source = "hashicorp/aws", version = "< 5.0" }\n }', "difference"),
        ('required_providers {\n aws = "~> 5.31.0"\n }', "not compared"),
    ],
)
def test_a_version_that_is_not_known_here_is_told(tmp_path: Path, text: str, kind: str) -> None:
    assert [each[:2] for each in issues(tmp_path, f"terraform {{\n {text}\n}}\n")] == [(kind, "terraform")]


@pytest.mark.parametrize(
    ("text", "address", "argument"),
    [
        (VARIABLE % (CONDITION % ("validation", "var.n > 0")), "variable.n", "validation"),
        ('output "o" {\n value = 1\n ' + CONDITION % ("precondition", "local.n > 0") + "\n}\nlocals {\n n = 1\n}",
         "output.o", "precondition"),
        ('check "c" {\n ' + CONDITION % ("assert", "local.n > 0") + "\n}\nlocals {\n n = 1\n}", "check.c", "assert"),
        (ZONE % (LIFECYCLE % (CONDITION % ("postcondition", 'self.name == "example.org"'))),
         "aws_route53_zone.z", "lifecycle.postcondition"),
        (ZONE % (LIFECYCLE % (CONDITION % ("postcondition", 'self.zone_id == "x"'))),
         "aws_route53_zone.z", "lifecycle.postcondition"),
        ('data "aws_vpc" "d" {}', "data.aws_vpc.d", ""),
        ('ephemeral "aws_secretsmanager_secret_version" "e" {}', "aws_secretsmanager_secret_version.e", ""),
        ("moved {\n from = aws_route53_zone.y\n to = aws_route53_zone.z\n}\n" + ZONE % "", "moved", ""),
        ("moved {\n from = aws_route53_zone.z\n to = aws_route53_zone.z[0]\n}\n" + ZONE % "count = 1", "moved", ""),
        ("removed {\n from = aws_vpc.old\n}", "removed", ""),
        ('resource "aws_sqs_queue" "q" {\n count = 0\n}', "aws_sqs_queue.q", ""),
        ('import {\n id = "x"\n to = aws_route53_zone.z\n}\n' + ZONE % "", "import", ""),
    ],
)  # fmt: skip
def test_what_terraform_accepts_and_only_the_hcl_has_is_listed(
    tmp_path: Path, text: str, address: str, argument: str
) -> None:
    assert issues(tmp_path, text) == [("not compared", address, argument)]


@pytest.mark.parametrize(
    "text",
    [
        VARIABLE % 'type = number\n description = "n"\n sensitive = false\n nullable = false\n ephemeral = false',
        'variable "n" {\n type = object({ a = optional(list(string), ["x"]) })\n default = {}\n}',
        'variable "n" {\n default = -1\n}',
        'variable "n" {\n default = { a = [true, null] }\n}',
        'output "o" {\n value = module.m.name\n description = "o"\n depends_on = [module.m]\n}\n' + CALL % "",
        "locals {\n a = [for m in module.m : m.name]\n}\n" + CALL % 'for_each = toset(["a"])\n name = each.value',
        "locals {\n a = module.m[0].name\n}\n" + CALL % "count = 1",
        CALL % "count = 1\n name = count.index",
        CALL % 'name = module.n.name\n}\nmodule "n" {\n source = "./m"',
        ZONE % 'for_each = { a = 1 }\n comment = "${each.key}-${each.value}"',
        ZONE % (LIFECYCLE % 'create_before_destroy = true\n ignore_changes = [tags["Name"], comment]'),
        "locals {\n a = path.module\n b = path.root\n}",
        'resource "aws_lb" "l" {\n enable_http2 = "true"\n idle_timeout = "60"\n name = 1\n}',
        'resource "aws_vpc" "v" {\n cidr_block = "10.0.0.0/16"\n}',
        "locals {\n a = local.b\n b = 1\n}\nlocals {\n c = local.a\n}",
        'provider "aws" {\n region = "x"\n default_tags {\n tags = {}\n }\n}\nprovider "aws" {\n alias = "b"\n}',
        (
            'terraform {\n required_version = ">= 1"\n required_providers {\n aws = {\n source = "hashicorp/aws"\n'
            ' version = "~> 5.0"\n }\n }\n backend "s3" {}\n}'
        ),
        'data "aws_region" "r" {}\ndata "aws_caller_identity" "me" {}',
    ],
)  # fmt: skip
def test_what_terraform_accepts_is_no_issue(tmp_path: Path, text: str) -> None:
    assert issues(tmp_path, text) == []
