# ruff: noqa: E501  # HCL, one block a line
"""Roots in many styles, put together from parts: each is HCL that some team writes, valid or nearly so."""

import random
from collections.abc import Iterator, Mapping

_PROVIDERS = (
    'provider "aws" {\n  region = "us-west-2"\n}\n',
    'provider "aws" {\n  region = var.region\n  default_tags {\n    tags = local.tags\n  }\n}\n',
    'provider "aws" { region = var.region }\nprovider "aws" {\n  alias = "use1"\n  region = "us-east-1"\n}\n',
    'terraform {\n  required_version = ">= 1.3"\n  backend "s3" {}\n}\n',
    'terraform {\n  cloud {\n    organization = "x"\n    workspaces { tags = ["a"] }\n  }\n}\n',
    "",
)
_VARIABLES = (
    'variable "region" { default = "us-west-2" }\n',
    (
        'variable "region" {\n  type = string\n  validation {\n    condition = can(regex("^us-", var.region))\n'
        '    error_message = "US only"\n  }\n}\n'
    ),
    'variable "region" {\n  type = object({ name = string, zones = optional(set(string), ["a", "b"]) })\n  default = null\n}\n',
    'variable "region" {\n  description = <<-EOT\n    Of everything.\n  EOT\n  type = any\n  nullable = false\n  default = "x"\n}\n',
)
_LOCALS = (
    'locals {\n  tags = { Name = "x", env = terraform.workspace }\n  names = ["a", "b"]\n}\n',
    'locals {\n  tags = merge({ a = 1 }, var.region == "x" ? {} : { b = "${upper("x")}" })\n  names = toset(["a", "b"])\n}\n',
    'locals {\n  tags = { for k in ["a", "b"] : k => "v-${k}" if k != "c" }\n  names = split(",", "a,b")\n}\n',
    'locals {\n  tags = yamldecode(file("${path.module}/tags.yaml"))\n  names = flatten([["a"], ["b"]])\n}\n',
    "locals { tags = tomap({}) }\nlocals {\n  names = tolist(keys({ b = 1, a = 2 }))\n}\n",
)
_RESOURCES = (
    'resource "aws_vpc" "main" {\n  cidr_block = cidrsubnet("10.0.0.0/8", 8, 1)\n  tags = local.tags\n}\n',
    'resource "aws_subnet" "a" {\n  for_each = toset(local.names)\n  vpc_id = "x"\n  cidr_block = "10.0.${index(tolist(local.names), each.key)}.0/24"\n}\n',
    (
        'resource "aws_security_group" "web" {\n  dynamic "ingress" {\n    for_each = { http = 80, https = 443 }\n    iterator = port\n'
        '    content {\n      from_port = port.value\n      to_port = port.value\n      protocol = "tcp"\n      description = port.key\n    }\n  }\n}\n'
    ),
    (
        'resource "aws_iam_role" "r" {\n  name_prefix = "x"\n  assume_role_policy = data.aws_iam_policy_document.d.json\n}\n'
        'data "aws_iam_policy_document" "d" {\n  statement {\n    actions = ["sts:AssumeRole"]\n    principals {\n      type = "Service"\n'
        '      identifiers = ["ecs-tasks.amazonaws.com"]\n    }\n  }\n}\n'
    ),
    (
        'resource "aws_ecs_task_definition" "app" {\n  family = "x"\n  container_definitions = jsonencode([{\n    name = "app"\n    image = "x"\n'
        "    portMappings = [{ containerPort = 80 }]\n    environment = [for k, v in local.tags : { name = k, value = v }]\n  }])\n}\n"
    ),
    (
        'resource "aws_s3_bucket" "b" {\n  count = length(local.names) > 1 ? 1 : 0\n  bucket = format("%s-%s", "x", data.aws_caller_identity.me.account_id)\n'
        '  lifecycle {\n    prevent_destroy = true\n    ignore_changes = all\n  }\n}\ndata "aws_caller_identity" "me" {}\n'
    ),
    'resource "null_resource" "n" {\n  triggers = { always = timestamp() }\n  provisioner "local-exec" {\n    command = <<EOT\necho ${self.id}\nEOT\n  }\n}\n',
    (
        'resource "aws_instance" "i" {\n  provider = aws.use1\n  ami = try(data.aws_ami.a[0].id, null)\n  user_data = <<-EOF\n    #!/bin/sh\n    %{ for n in local.names ~}\n'
        '    echo ${n}\n    %{ endfor ~}\n  EOF\n}\ndata "aws_ami" "a" {\n  count = 1\n  owners = ["amazon"]\n}\n'
    ),
)
_MODULES = (
    "",
    'module "vpc" {\n  source  = "terraform-aws-modules/vpc/aws"\n  version = "~> 5.0"\n  name = "x"\n}\n',
    'module "net" {\n  source = "./net"\n  for_each = { a = 1 }\n  name = each.key\n  providers = { aws = aws }\n}\n',
    'module "net" {\n  source = "git::https://example.com/net.git//net?ref=v1"\n  count = 2\n}\n',
)
_OUTPUTS = (
    'output "o" { value = local.names[0] }\n',
    'output "o" {\n  value = one(aws_s3_bucket.b[*].id)\n  sensitive = true\n}\n',
    'output "o" {\n  value = { for k, s in aws_subnet.a : k => s.id }\n  depends_on = [aws_vpc.main]\n}\n',
    'moved {\n  from = aws_vpc.x\n  to = aws_vpc.main\n}\nimport {\n  to = aws_vpc.main\n  id = "vpc-1"\n}\n',
)
_NET = 'variable "name" {}\nresource "aws_vpc" "v" {\n  cidr_block = "10.0.0.0/16"\n  tags = { Name = var.name }\n}\noutput "id" { value = aws_vpc.v.id }\n'


def roots(count: int) -> Iterator[Mapping[str, str]]:
    """Roots as files by name: all parts in many combinations, in one file or in several."""
    for number in range(count):
        draw = random.Random(number)  # the same roots on every run
        parts = [draw.choice(each) for each in (_PROVIDERS, _VARIABLES, _LOCALS, _MODULES, _OUTPUTS)]
        parts += draw.sample(_RESOURCES, draw.randint(1, len(_RESOURCES)))
        files = {"net/main.tf": _NET} if "./net" in "".join(parts) else {}
        if number % 3:
            files |= {f"part{at}.tf": part for at, part in enumerate(parts) if part}
        else:
            draw.shuffle(parts)
            files["main.tf"] = "\n".join(parts)
        if number % 4 == 0:
            files["terraform.tfvars"] = 'region = "eu-west-1"\n'
        if number % 5 == 0:
            files = {name: text.replace("\n", "\r\n") for name, text in files.items()}
        yield files


def edited(files: Mapping[str, str], seed: int) -> Mapping[str, str]:
    """A root with a random edit of one file: a piece is lost, doubled, moved or replaced."""
    draw = random.Random(seed)
    name = draw.choice(sorted(files))
    text = files[name]
    start = draw.randrange(len(text))
    end = min(len(text), start + draw.randint(1, 30))
    piece = draw.choice(
        ["", text[start:end] * 2, "null", '"', "{", "}", "${", "[", "var.x", "\n", "<<EOT\n", "~}", "...", "é"]
    )
    return {**files, name: text[:start] + piece + text[end:]}
