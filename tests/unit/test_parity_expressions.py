"""HCL's expressions: each form and each function with what it yields, and what is said when it can't be told."""

from pathlib import Path

import pytest

from miyabi_infra.hcl.checkout import Checkout
from miyabi_infra.hcl.folder import HclFolder
from miyabi_infra.hcl.functions import FUNCTIONS
from miyabi_infra.hcl.parsing import HclError, parse
from miyabi_infra.hcl.scope import Scope
from miyabi_infra.hcl.values import Opaque, Value, plain

MODULE = """\
variable "environment" {
  type = string
}
variable "port" {
  type    = number
  default = "8080"
}
variable "zones" {
  type    = list(string)
  default = ["us-west-2a", "us-west-2b"]
}
variable "sizes" {
  type    = map(number)
  default = { small = 1, large = "4" }
}
variable "rules" {
  type = list(object({ port = number, name = optional(string, "any"), open = optional(bool) }))
  default = [{ port = "80" }]
}
variable "nothing" {
  type     = string
  nullable = false
  default  = "something"
}
variable "required" {}
locals {
  prod   = var.environment == "prod"
  circle = local.around
  around = local.circle
}
provider "aws" {
  region = "eu-central-1"
}
data "aws_region" "current" {}
data "aws_caller_identity" "me" {}
data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = ["123456789012"]
    }
  }
}
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}
resource "aws_subnet" "public" {
  count             = 2
  vpc_id            = aws_vpc.main.id
  availability_zone = var.zones[count.index]
}
resource "aws_ecr_repository" "each" {
  for_each = toset(["web", "api"])
  name     = "miyabi-${each.key}"
}
resource "aws_lb_target_group" "app" {
  count = 0
}
resource "aws_elasticache_cluster" "redis" {
  cluster_id = "cache"
}
resource "aws_ecs_service" "app" {
  name = "app"
}
"""


BLOCKS = parse(MODULE, Path("main.tf")).blocks


def module(tmp_path: Path, **inputs: Value) -> Scope:
    return Scope(
        Checkout(tmp_path, "dev", workspace="blue"),
        HclFolder(tmp_path, Path(), BLOCKS),
        inputs={"environment": "dev", **inputs},
    )


def evaluate(tmp_path: Path, expression: str, **inputs: Value) -> Value:
    argument = parse(f"x = {expression}\n", Path("x.tf")).arguments["x"]
    return module(tmp_path, **inputs).value(argument)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1", 1),
        ("-1.50", -1.5),
        ("1.0", 1),
        ("1e3", 1000),
        ("true", True),
        ("null", None),
        ('""', ""),
        (r'"a\n\t\"b\" \\ \u00e9 $${literal} %%{too}"', 'a\n\t"b" \\ é ${literal} %{too}'),
        ('"${var.environment}-${var.port}"', "dev-8080"),
        ('"${true}/${1.0}"', "true/1"),
        ('"${var.zones}"', ["us-west-2a", "us-west-2b"]),
        ('"zones: ${var.zones}"', Opaque),
        ("<<EOT\n  a ${var.port}\n$${b}\nEOT\n", "  a 8080\n${b}\n"),
        ('<<-EOT\n    a\n      b "${"}"}"\n  EOT\n', 'a\n  b "}"\n'),
        ("<<EOT\n%{ if true }a%{ endif }\nEOT\n", "a\n"),
        ("<<EOT\n%{ if bcrypt(1) }a%{ endif }\nEOT\n", Opaque),
        ('"%{ if true }a%{ else }b%{ endif }"', "a"),
        ('"%{ for zone in var.zones ~}  ${zone}, %{ endfor }"', "us-west-2a, us-west-2b, "),
        ('"a ${~ var.port ~} b"', "a8080b"),
        ('"${~ var.port ~}"', 8080),
        ("<<-EOT\n    a\n      b ${~ 1 ~}\n    c\n  EOT\n", "a\n  b1    c\n"),
        ('"${1 +\n  2}"', 3),
        ("(\n  1\n  + 2\n  == 3\n  ? true\n  : false\n)", True),
        ("/* between */ 5", 5),
        ('true ? 1 : "a"', "1"),
        ('[for x in [true ? [1] : ["a", "b"]] : x][0]', ["1"]),
        ("-7 % 3", -1),
        ('toset(["b", "a"]) == toset(["a", "b", "a"])', True),
        ("tolist([]) == []", False),
        ("var.rules.*.name[0]", "any"),
        ("null == null", True),
        ("{ a = 1 } != null", True),
        ("{ a = aws_vpc.main.id } != null", True),
        ("[bcrypt(1)] == null", False),
        ('"x: ${jsonencode({ b = [1, true], a = "<&" })}"', 'x: {"a":"\\u003c\\u0026","b":[1,true]}'),
        ('"x: ${jsonencode([aws_vpc.main.id])}"', Opaque),
        ("var.port + 1", 8081),
        ("7 % 4 * 2 - 6 / 4", 4.5),
        ("(1 + 2) * 3", 9),
        ("1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3", True),
        ("!local.prod", True),
        ("local.prod ? 7 : 1", 1),
        ('var.environment == "dev" ? "a" : "b"', "a"),
        ('var.environment != "dev" || false', False),
        ('1 == "1"', False),
        ("true == 1", False),
        ('[1, "a", null]', [1, "a", None]),
        ('{ a = 1, "b" = 2, (var.environment) : 3, 4 = 5 }', {"a": 1, "b": 2, "dev": 3, "4": 5}),
        ("var.zones[1]", "us-west-2b"),
        ("var.zones.0", "us-west-2a"),
        ('var.sizes["large"]', 4),
        ("var.sizes.small", 1),
        ("var.rules", [{"port": 80, "name": "any", "open": None}]),
        ("var.rules[*].port", [80]),
        ("var.rules.*.port", [80]),
        ("var.nothing", "something"),
        ("[for zone in var.zones : upper(zone)]", ["US-WEST-2A", "US-WEST-2B"]),
        ("[for index, zone in var.zones : index if zone != var.zones[0]]", [1]),
        ("{ for name, size in var.sizes : name => size * 2 }", {"large": 8, "small": 2}),
        ("{ for zone in var.zones : substr(zone, 0, 2) => zone... }", {"us": ["us-west-2a", "us-west-2b"]}),
        ("data.aws_region.current.name", "eu-central-1"),
        ("aws_vpc.main.cidr_block", "10.0.0.0/16"),
        ("aws_vpc.main.id", "${aws_vpc.main.id}"),
        ("aws_subnet.public[*].id", ["${aws_subnet.public[0].id}", "${aws_subnet.public[1].id}"]),
        ("aws_subnet.public.*.availability_zone", ["us-west-2a", "us-west-2b"]),
        ("[for subnet in aws_subnet.public : subnet.id][1]", "${aws_subnet.public[1].id}"),
        ('"x/${aws_vpc.main.arn}"', "x/${aws_vpc.main.arn}"),
        ('aws_ecr_repository.each["api"].name', "miyabi-api"),
        (
            "{ for key, each in aws_ecr_repository.each : key => each.arn }",
            {"api": '${aws_ecr_repository.each["api"].arn}', "web": '${aws_ecr_repository.each["web"].arn}'},
        ),
        ("length(aws_subnet.public)", 2),
        ("one(aws_lb_target_group.app[*].arn)", None),
        ("try(aws_lb_target_group.app[0].arn, null)", None),
        ("can(aws_lb_target_group.app[0])", False),
        (
            "aws_elasticache_cluster.redis.cache_nodes[0].address",
            "${aws_elasticache_cluster.redis.cache_nodes[0].address}",
        ),
        ('aws_vpc.main.id != "" ? "there" : "not"', "there"),
        ("aws_vpc.main.id == null", False),
        ("aws_vpc.main.id == aws_vpc.main.id", True),
        ("false && aws_vpc.main.ipv6_cidr_block == null", False),
        ('false ? join(terraform.workspace, [format("%v", "a", 0)]) : true', True),  # an error has no type
        ("aws_vpc.main.ipv6_cidr_block == null && false", False),
        ("aws_vpc.main.ipv6_cidr_block == null || true", True),
        ("terraform.workspace", "blue"),
        (
            "data.aws_iam_policy_document.assume.json",
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": ["sts:AssumeRole"],
                        "Principal": {"Service": ["ecs-tasks.amazonaws.com"]},
                        "Condition": {"StringEquals": {"aws:SourceAccount": ["123456789012"]}},
                    }
                ],
            },
        ),
    ],
)
def test_an_expression_yields_what_terraform_would(tmp_path: Path, expression: str, value: object) -> None:
    found = evaluate(tmp_path, expression)
    if value is Opaque:
        assert isinstance(found, Opaque)
    else:
        assert (plain(found), type(plain(found))) == (value, type(value))


SHA512 = (
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("abs(-3)", 3),
        ('base64encode("a")', "YQ=="),
        ("ceil(1.2)", 2),
        ('cidrhost("10.0.0.0/24", 5)', "10.0.0.5"),
        ('cidrsubnet("10.0.0.0/16", 8, 11)', "10.0.11.0/24"),
        ('cidrsubnets("10.0.0.0/16", 8, 8)', ["10.0.0.0/24", "10.0.1.0/24"]),
        ('coalesce(null, "", "a")', "a"),
        ("coalescelist([], [1])", [1]),
        ('compact(["a", "", null])', ["a"]),
        ("concat([1], [], [2, 3])", [1, 2, 3]),
        ("contains([1, 2], 2)", True),
        ("distinct([1, 2, 1])", [1, 2]),
        ("element([1, 2], 3)", 2),
        ('endswith("abc", "bc")', True),
        ("flatten([[1, [2]], 3])", [1, 2, 3]),
        ("flatten([[aws_vpc.main.id], aws_vpc.main.arn])", ["${aws_vpc.main.id}", "${aws_vpc.main.arn}"]),
        ("floor(1.9)", 1),
        ('format("%s-%d-%v%%", "a", 2, true)', "a-2-true%"),
        ('format("%q", "a")', '"a"'),
        ('index(["a", "b"], "b")', 1),
        ('join("-", ["a", 1])', "a-1"),
        ('jsondecode("[1]")', [1]),
        ("jsondecode(jsonencode({ a = [1] }))", {"a": [1]}),
        ("jsonencode([1])", [1]),
        ("keys({ b = 1, a = 2 })", ["a", "b"]),
        ('length("abc")', 3),
        ('lookup({ a = 1 }, "b", 2)', 2),
        ('lower("A")', "a"),
        ("max(1, 3, 2)", 3),
        ("max([1, 3]...)", 3),
        ("merge({ a = 1 }, { a = 2, b = 3 }, null)", {"a": 2, "b": 3}),
        ("min(3, 1)", 1),
        ("nonsensitive(sensitive(1))", 1),
        ("one([5])", 5),
        ("range(3)", [0, 1, 2]),
        ('replace("a-b", "-", "_")', "a_b"),
        ("reverse([1, 2])", [2, 1]),
        ("slice([1, 2, 3], 1, 3)", [2, 3]),
        ('sort(["b", "a"])', ["a", "b"]),
        ('split(",", "a,b")', ["a", "b"]),
        ('startswith("abc", "ab")', True),
        ('substr("hello", 1, 3)', "ell"),
        ('substr("hello", -2, -1)', "lo"),
        ("sum([1, 2.5])", 3.5),
        ('title("hello world")', "Hello World"),
        ('tobool("true")', True),
        ("tolist([1])", [1]),
        ("tomap({ a = 1 })", {"a": 1}),
        ('tonumber("2")', 2),
        ('toset(["b", "a", "b"])', ["a", "b"]),
        ("tostring(8080)", "8080"),
        ('trim("xax", "x")', "a"),
        ('trimprefix("abc", "a")', "bc"),
        ('trimspace(" a ")', "a"),
        ('trimsuffix("abc", "c")', "ab"),
        ('upper("a")', "A"),
        ("values({ b = 1, a = 2 })", [2, 1]),
        ('alltrue([true, "true"])', True),
        ("anytrue([false, null])", False),
        ('base64decode("YQ==")', "a"),
        ('base64sha256("a")', "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="),
        (
            'base64sha512("")',
            "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
        ),
        ('basename("a/b.json")', "b.json"),
        ("chunklist([1, 2, 3], 2)", [[1, 2], [3]]),
        ('chomp("a\\n\\n")', "a"),
        ('cidrnetmask("10.0.0.0/20")', "255.255.240.0"),
        ('csvdecode("a,b\\n1,2")', [{"a": "1", "b": "2"}]),
        ('dirname("a/b.json")', "a"),
        ('formatlist("%s-%s", ["a", "b"], "c")', ["a-c", "b-c"]),
        ('indent(2, "a\\nb")', "a\n  b"),
        ('matchkeys(["a", "b"], [1, 2], [2])', ["b"]),
        ('md5("a")', "0cc175b9c0f1b6a831c399e269772661"),
        ('parseint("ff", 16)', 255),
        ("pow(2, 10)", 1024),
        ('regex("^([a-z]+)-(\\\\d+)$", "web-12")', ["web", "12"]),
        ('regexall("[a-z]+", "ab 1 cd")', ["ab", "cd"]),
        ("setintersection([1, 2], [2, 3])", [2]),
        ("setproduct([1, 2], [3])", [[1, 3], [2, 3]]),
        ("setsubtract([1, 2], [2])", [1]),
        ("setunion([2, 1], [3, 1])", [1, 2, 3]),
        ('sha1("a")', "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
        ('sha256("a")', "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        ('sha512("")[*]', [SHA512]),
        ("signum(-3)", -1),
        ('strcontains("abc", "b")', True),
        ('strrev("abc")', "cba"),
        ('transpose({ a = ["x"], b = ["x", "y"] })', {"x": ["a", "b"], "y": ["b"]}),
        ('urlencode("a b/c")', "a+b%2Fc"),
        ('zipmap(["a"], [1])', {"a": 1}),
    ],
)
def test_a_function_yields_what_terraforms_does(tmp_path: Path, expression: str, value: object) -> None:
    assert plain(evaluate(tmp_path, expression)) == value


def test_every_function_is_shown_above() -> None:
    cases = test_a_function_yields_what_terraforms_does.pytestmark[0].args[1]  # pyright: ignore[reportFunctionMemberAccess]
    shown = {name for expression, _ in cases for name in FUNCTIONS if f"{name}(" in expression}
    assert shown == set(FUNCTIONS)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("var.required", "var.required has no value; give it one with --var"),
        ("var.absent", "var.absent is not declared"),
        ("local.absent", "local.absent is not declared"),
        ("local.circle", "local.circle refers to itself"),
        ("aws_vpc.absent.id", "aws_vpc.absent is not declared"),
        ("module.absent.id", "module.absent is not declared"),
        ("each.key", "each.key is not declared here"),
        ("absent", "the name absent is not declared"),
        ("data.aws_caller_identity.me.account_id", "data.aws_caller_identity.me is read from AWS"),
        ("bcrypt(1)", "the function bcrypt is not supported"),
        ("aws_vpc.main", "a whole resource or module as a value is not supported"),
        ("aws_vpc.main.ipv6_cidr_block == null", "a value is known after apply only: ${aws_vpc.main.ipv6_cidr_block}"),
        ("aws_vpc.main.arn == 1 ? 1 : 2", "a value is known after apply only: ${aws_vpc.main.arn}"),
        ("upper(aws_vpc.main.arn)", "a string is known after apply only: ${aws_vpc.main.arn}"),
        ("length(aws_vpc.main.arn)", "a string is known after apply only: ${aws_vpc.main.arn}"),
        ("[for x in aws_vpc.main.arn : x]", "a list is known after apply only: ${aws_vpc.main.arn}"),
        ("{ (aws_vpc.main.arn) = 1 }", "a key is known after apply only: ${aws_vpc.main.arn}"),
        ("concat(aws_vpc.main.arn...)", "a list is known after apply only: ${aws_vpc.main.arn}"),
        ('format("%x", 1)', "format with the verb %x"),
        (
            'format("%t%%", "x", null)',
            "format with null: of one without a type Terraform makes a value that is known after apply",
        ),
        ('formatlist("%s-%s", ["a"], null)', "formatlist with null"),
        (
            'regexall("(a)", "b")',
            "regexall with groups that finds nothing: a list of a type that is not known here",
        ),
        ('false ? ("a" ? "" : "a") : [1]', "the type of a branch that is an error"),
        ('replace("a", "/(?i)a/", "b")', "the regular expression '(?i)a' is not supported"),
        ("1 / 3", "a number with more digits than are compared"),
        ("1 + 2 / -2.5", "a number that Terraform rounds"),
        ('length("\U0001f468\u200d\U0001f469")', "the length of a string with combined characters"),
        ("[for x in toset([aws_vpc.main.id, aws_vpc.main.arn]) : x]", "the order of a set is known after apply only"),
        ("aws_ecs_service.app.no_such_thing", "aws_ecs_service has no attribute no_such_thing in provider 5"),
        ("var.zones[2]", "it is an error: there is no item 2 in a list of 2"),
        ("var.zones[-1]", "it is an error: there is no item -1 in a list of 2"),
        ("var.sizes.medium", "it is an error: there is no medium in it"),
        ("var.port.x", "it is an error: a value without attributes has no x"),
        ('"a" + 1', "it is an error: 'a' is not a number"),
        ("1 / 0", "a division by zero"),
        ("false && upper([]) == 1", "it is an error: a list, a map or null is not a string"),
        ("aws_vpc.main[0].id", "it is an error: aws_vpc.main has no instances, so it takes no index"),
        ("1 && true", "it is an error: 1 is neither true nor false"),
        ("upper()", "it is an error: upper does not accept these arguments"),
        ("try(var.zones[9])", "it is an error: all arguments of try() are errors"),
        ("one([1, 2])", "it is an error: one item is needed, there are 2"),
        ('cidrsubnet("10.0.0.0/16", 1, 2)', "it is an error: 10.0.0.0/16 has no subnet 2 of that size"),
        ('cidrsubnet("nonsense", 1, 0)', "it is an error: 'nonsense' is not an IPv4 or IPv6 network"),
        ('file("absent.json")', "it is an error: the file absent.json cannot be read"),
        ('lookup({}, "a")', "it is an error: no key a"),
        ("element([], 0)", "it is an error: an item of an empty list"),
        ("slice([1], 0, 2)", "it is an error: a slice beyond the ends of a list"),
        ('zipmap(["a"], [])', "it is an error: keys and values differ in number"),
        ('jsondecode("{")', "it is an error: '{' is not JSON"),
        ("coalesce(null)", "it is an error: all arguments are null or empty"),
        ("merge([1])", "it is an error: the value is not a map"),
        ("keys(1)", "it is an error: the value is not a map"),
        (
            "flatten([aws_vpc.main.ipv6_cidr_block])",
            "whether an item is a list is known after apply only: ${aws_vpc.main.ipv6_cidr_block}",
        ),
        ("flatten(1)", "it is an error: the value is not a list"),
        ('substr("a", 1.5, 1)', "it is an error: 1.5 is not an integer"),
        ("{ for x in [1, 1] : x => x }", "it is an error: two items have the key '1'"),
        ("contains([1], null)", "it is an error: contains needs a value that is not null"),
        ("toset([1])[0]", "it is an error: a set has no indices"),
        ('index(["a"], "b")', "it is an error: b is not in the list"),
    ],
)
def test_what_cannot_be_told_is_said_with_the_reason(tmp_path: Path, expression: str, why: str) -> None:
    assert evaluate(tmp_path, expression) == Opaque(expression, why)


def test_one_item_that_cannot_be_told_leaves_the_others(tmp_path: Path) -> None:
    found = evaluate(tmp_path, "{ a = [1, bcrypt(1)], b = 2 }")
    assert found == {"a": (1, Opaque("(an expression)", "the function bcrypt is not supported")), "b": 2}


def test_what_is_made_from_it_cannot_be_told_either(tmp_path: Path) -> None:
    assert isinstance(evaluate(tmp_path, '"${[bcrypt(1)][0]}-x"'), Opaque)


def test_a_type_that_does_not_fit_is_no_value(tmp_path: Path) -> None:
    assert evaluate(tmp_path, "var.port", port="http") == Opaque(
        "var.port", "var.port does not accept its value: 'http' is not a number"
    )


def test_null_is_the_default_where_a_variable_takes_no_null(tmp_path: Path) -> None:
    assert evaluate(tmp_path, "var.nothing", nothing=None) == "something"


def test_a_file_is_read_and_its_templates_filled(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text('{"Name": "${name}"}', encoding="utf-8")
    assert evaluate(tmp_path, 'file("${path.module}/policy.json")') == '{"Name": "${name}"}'
    assert evaluate(tmp_path, 'templatefile("policy.json", { name = "x" })') == '{"Name": "x"}'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = \n", "f.tf:1: is not HCL, at column 5"),
        ("a = [\n", "f.tf:2: is not HCL, at column 1"),
        ("a = 1\na = 2\n", "f.tf:2: a is set twice"),
        ('resource "a" {\n  b = "${"\n}\n', "f.tf:2: is not HCL, at column 11"),
    ],
)
def test_what_is_no_hcl_is_refused_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(HclError) as refused:
        parse(text, Path("f.tf"))
    assert str(refused.value) == problem
