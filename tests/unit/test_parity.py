"""`parity`: of hand-written HCL, what really differs is found with its line and its setting, and nothing else."""

import json
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miyabi_infra.commands.parity import run
from miyabi_infra.hcl.instance import Instance
from miyabi_infra.parity.comparing import compare
from miyabi_infra.parity.configuration import Configuration
from miyabi_infra.parity.interfaces import Interface
from miyabi_infra.parity.judgement import parity
from miyabi_infra.place import Place
from miyabi_infra.refused import Refused
from tests.parity.support import ANOTHER, HCL, as_the_hcl_is

ALB = "modules/alb/main.tf"
CACHE = "modules/elasticache/main.tf"
ECS = "modules/ecs/main.tf"
GROUPS = "modules/security-groups/main.tf"
IAM = "modules/iam/main.tf"
NETWORK = "modules/networking/main.tf"
SERVICE = "modules/ecs-service/main.tf"

BASELINE = ("no effect", "module.alb.aws_lb.main", "idle_timeout")
"""What differs between the reference HCL and the generated stack of prod: nothing but a default that is written."""

Short = tuple[str, str, str]
Case = tuple[str, str, str, str, list[Short]]
"""A name; a file, a text in it and what takes its place; what is found."""


@pytest.fixture(scope="module")
def root() -> Path:
    """The project with prod as its HCL is."""
    return as_the_hcl_is()


@pytest.fixture
def hcl(tmp_path: Path) -> Path:
    """A copy of the reference HCL that a test may change."""
    return shutil.copytree(HCL, tmp_path / "hcl")


def change(folder: Path, file: str, *edits: tuple[str, str]) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, f"{old!r} is not in {file}"
        text = text.replace(old, new, 1)
    (folder / file).write_text(text, encoding="utf-8")


def found(root: Path, folder: Path, environment: str = "prod", **options: Any) -> list[Short]:  # noqa: ANN401
    differences = parity(root, folder, environment, **options).remarks
    return [short for each in differences if (short := (each.kind, each.address, each.argument)) != BASELINE]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (
            "dev",
            [
                ("difference", "module.ecs_service.aws_cloudwatch_metric_alarm.service_cpu_high", "threshold"),
                ("difference", "module.security_groups.aws_security_group.alb", "ingress[1]"),
            ],
        ),
        (
            "staging",
            [("difference", "module.elasticache.aws_elasticache_cluster.redis", "snapshot_retention_limit")],
        ),
        ("prod", []),
    ],
)
def test_the_reference_differs_from_the_overlays_in_what_they_ask_for(
    root: Path, environment: str, expected: list[Short]
) -> None:
    assert found(root, HCL, environment) == expected


LB = "module.alb.aws_lb.main"
TARGETS = "module.alb.aws_lb_target_group.app"
REDIS = "module.elasticache.aws_elasticache_cluster.redis"
APP = "module.ecs_service.aws_ecs_service.app"
DEFINITION = "module.ecs.aws_ecs_task_definition.app"
VPC_NAME = '    Name = "${var.project_name}-vpc-'
PERCENT = """\
  deployment_maximum_percent         = 200
  deployment_minimum_healthy_percent = 100
"""
IN_A_BLOCK = """\
  deployment_configuration {
    maximum_percent         = %s
    minimum_healthy_percent = 100
  }
"""
HTTP2 = "  enable_http2                     = true\n"

CASES: list[Case] = [
    ("a value", ALB, "= 30\n    timeout", "= 31\n    timeout", [("difference", TARGETS, "health_check.interval")]),
    ("a number as text", ALB, "port              = 80\n", 'port              = "80"\n', []),
    ("a default left out", ALB, HTTP2, "", [("no effect", LB, "enable_http2")]),
    ("a default set", ALB, HTTP2, HTTP2 + "  idle_timeout = 60\n", []),
    ("no default set", ALB, HTTP2, HTTP2 + "  idle_timeout = 61\n", [("difference", LB, "idle_timeout")]),
    ("what AWS chooses", ALB, HTTP2, HTTP2 + '  ip_address_type = "ipv4"\n', [("no effect", LB, "ip_address_type")]),
    (
        "what AWS does not choose",
        ALB,
        HTTP2,
        HTTP2 + '  ip_address_type = "dualstack"\n',
        [("difference", LB, "ip_address_type")],
    ),
    ("null", ALB, HTTP2, HTTP2 + "  ip_address_type = null\n", []),
    (
        "what the provider leaves out",
        ALB,
        "  enable_cross_zone_load_balancing = true\n",
        "",
        [("no effect", LB, "enable_cross_zone_load_balancing")],
    ),
    (
        "an empty list",
        CACHE,
        "  threshold           = 75\n",
        "  threshold           = 75\n  alarm_actions = []\n",
        [("no effect", "module.elasticache.aws_cloudwatch_metric_alarm.redis_cpu", "alarm_actions")],
    ),
    (
        "a list",
        CACHE,
        "  threshold           = 75\n",
        '  threshold           = 75\n  alarm_actions = ["arn:aws:sns:us-west-2:123456789012:alarms"]\n',
        [("difference", "module.elasticache.aws_cloudwatch_metric_alarm.redis_cpu", "alarm_actions")],
    ),
    ("the ID of what has an ARN", ALB, "= aws_lb.main.arn\n", "= aws_lb.main.id\n", []),
    (
        "the ID of what has a name",
        IAM,
        "= aws_iam_role.ecs_task_execution.name",
        "= aws_iam_role.ecs_task_execution.id",
        [],
    ),
    (
        "another resource",
        IAM,
        "role = aws_iam_role.ecs_task.id",
        "role = aws_iam_role.ecs_task_execution.id",
        [
            ("difference", "module.iam.aws_iam_role_policy.app_permissions", "role"),
            ("difference", "module.iam.aws_iam_role_policy.app_permissions", "depends on"),
        ],
    ),
    (
        "a name where a reference was",
        ECS,
        "cluster_name       = aws_ecs_cluster.main.name",
        'cluster_name       = "${var.project_name}-cluster-${var.environment}"',
        [("no effect", "module.ecs.aws_ecs_cluster_capacity_providers.main", "depends on")],
    ),
    (
        "a set in another order",
        ECS,
        '["FARGATE", "FARGATE_SPOT"]',
        '["FARGATE_SPOT", "FARGATE"]',
        [("no effect", "module.ecs.aws_ecs_cluster_capacity_providers.main", "capacity_providers")],
    ),
    (
        "a policy that grants more",
        IAM,
        '"s3:PutObject", ',
        '"s3:PutObject", "s3:DeleteObject", ',
        [("difference", "module.iam.aws_iam_role_policy.app_permissions", "policy.Statement[0].Action")],
    ),
    (
        "a policy written in another way",
        IAM,
        '"s3:GetObject", "s3:PutObject"',
        '"s3:PutObject", "s3:GetObject"',
        [("no effect", "module.iam.aws_iam_role_policy.app_permissions", "policy")],
    ),
    (
        "a container's variable",
        ECS,
        "environment = var.environment_variables",
        'environment = concat([{ name = "EXTRA", value = "1" }], var.environment_variables)',
        [("difference", DEFINITION, "container_definitions[miyabi-app].environment[EXTRA]")],
    ),
    (
        "what ECS does not keep",
        ECS,
        "      secrets     = var.secrets\n",
        "",
        [("no effect", DEFINITION, "container_definitions")],
    ),
    (
        "a tag of its own",
        NETWORK,
        VPC_NAME,
        '    Team = "web"\n' + VPC_NAME,
        [("difference", "module.networking.aws_vpc.main", "tags.Team")],
    ),
    (
        "a tag that the provider sets",
        NETWORK,
        VPC_NAME,
        '    ManagedBy = "Terraform"\n' + VPC_NAME,
        [("difference", "module.networking.aws_vpc.main", "tags.ManagedBy")],  # of `tags`, though not of `tags_all`
    ),
    (
        "a tag that is null",
        NETWORK,
        VPC_NAME,
        "    Team = null\n" + VPC_NAME,
        [("no effect", "module.networking.aws_vpc.main", "tags.Team")],
    ),
    (
        "a tag that AWS refuses",
        NETWORK,
        VPC_NAME,
        '    Issue = "#1021, #1022"\n' + VPC_NAME,
        [("invalid", "module.networking.aws_vpc.main", "tags.Issue")],
    ),
    (
        "no tags",
        NETWORK,
        '  tags = {\n    Name = "${var.project_name}-igw-${var.environment}"\n  }\n',
        "",
        [("difference", "module.networking.aws_internet_gateway.main", "tags.Name")],
    ),
    (
        "no count",
        NETWORK,
        "  count = var.single_nat_gateway ? 1 : local.zones\n",
        "",
        [
            ("difference", "module.networking.aws_route_table.private", "count"),
            ("invalid", "module.networking.aws_route_table.private", "tags"),
            *(
                ("invalid", f"module.networking.{each}", "route_table_id")
                for each in ("aws_route.private_nat_gateway", "aws_route_table_association.private")
            ),
            *(
                ("not evaluated", f"module.networking.{each}[{index}]", "route_table_id")
                for index in (0, 1)
                for each in ("aws_route.private_nat_gateway", "aws_route_table_association.private")
            ),
        ],
    ),
    (
        "another count",
        NETWORK,
        "? (var.single_nat_gateway ? 1 : local.zones) : 0",
        "? 1 : 0",
        [
            ("difference", f"module.networking.{each}[1]", "")
            for each in ("aws_eip.nat", "aws_nat_gateway.main", "aws_route.private_nat_gateway")
        ],
    ),
    (
        "a rule more",
        GROUPS,
        "  egress {\n",
        '  ingress {\n    from_port = 8443\n    to_port = 8443\n    protocol = "tcp"\n  }\n\n  egress {\n',
        [("difference", "module.security_groups.aws_security_group.alb", "ingress[2]")],
    ),
    ("a protocol in capitals", GROUPS, 'protocol    = "tcp"', 'protocol    = "TCP"', []),
    ("a protocol by its number", GROUPS, 'protocol    = "tcp"', 'protocol    = "6"', []),
    ("all protocols", GROUPS, 'protocol    = "-1"', 'protocol    = "all"', []),
    (
        "another protocol",
        GROUPS,
        'protocol    = "tcp"',
        'protocol    = "udp"',
        [("difference", "module.security_groups.aws_security_group.alb", "ingress[0].protocol")],
    ),
    (
        "a rule changed",
        GROUPS,
        "from_port   = 443",
        "from_port   = 444",
        [("difference", "module.security_groups.aws_security_group.alb", "ingress[1].from_port")],
    ),
    (
        "a block less",
        SERVICE,
        "  deployment_circuit_breaker {\n    enable   = true\n    rollback = true\n  }\n",
        "",
        [("difference", APP, "deployment_circuit_breaker")],
    ),
    (
        "a block of waiting",
        SERVICE,
        "  deployment_circuit_breaker {",
        '  timeouts {\n    create = "20m"\n  }\n\n  deployment_circuit_breaker {',
        [("no effect", APP, "timeouts")],
    ),
    (
        "a resource renamed",
        ALB,
        'resource "aws_lb" "main"',
        'resource "aws_lb" "this"',
        [
            ("not evaluated", "module.alb.aws_cloudwatch_metric_alarm.target_response_time", "dimensions.LoadBalancer"),
            ("not evaluated", "module.alb.aws_cloudwatch_metric_alarm.unhealthy_hosts", "dimensions.LoadBalancer"),
            *(
                ("invalid", f"module.alb.aws_cloudwatch_metric_alarm.{each}", "dimensions")
                for each in ("target_response_time", "unhealthy_hosts")
            ),
            ("invalid", "module.alb.aws_lb_listener.http", "load_balancer_arn"),
            ("invalid", "module.alb.aws_lb_listener.https", "load_balancer_arn"),
            *(
                ("invalid", f"module.alb.output.{each}", "value")
                for each in ("alb_arn", "alb_arn_suffix", "alb_dns_name", "alb_id", "alb_zone_id")
            ),
            ("difference", "module.alb.aws_lb.main", ""),
            ("difference", "module.alb.aws_lb.this", ""),
            ("not evaluated", "module.alb.aws_lb_listener.http", "load_balancer_arn"),
            *(
                ("not evaluated", f"module.alb.output.{each}", "")
                for each in ("alb_arn", "alb_arn_suffix", "alb_dns_name", "alb_id", "alb_zone_id")
            ),
            (
                "not evaluated",
                "module.ecs_service.aws_appautoscaling_policy.ecs_requests",
                "target_tracking_scaling_policy_configuration.predefined_metric_specification.resource_label",
            ),
            ("not evaluated", "output.alb_arn", ""),
            ("not evaluated", "output.alb_dns_name", ""),
        ],
    ),
    (
        "a resource more",
        ECS,
        'resource "aws_ecs_cluster" "main" {',
        'resource "aws_db_instance" "main" {\n  engine = "postgres"\n}\n\nresource "aws_ecs_cluster" "main" {',
        [
            ("difference", "module.ecs.aws_db_instance.main", ""),
            ("invalid", "module.ecs.aws_db_instance.main", "instance_class"),
        ],
    ),
    (
        "an output less",
        "modules/alb/outputs.tf",
        'output "alb_id" {\n  value = aws_lb.main.id\n}\n',
        "",
        [("difference", "module.alb.output.alb_id", "")],
    ),
    (
        "an output of the root renamed",
        "outputs.tf",
        'output "vpc_id"',
        'output "vpc"',
        [("difference", "output.vpc", ""), ("difference", "output.vpc_id", "")],
    ),
    (
        "another output",
        "outputs.tf",
        "value = module.networking.vpc_cidr",
        "value = module.networking.vpc_id",
        [("difference", "output.vpc_cidr", "")],
    ),
    (
        "a wait less",
        NETWORK,
        "\n  depends_on = [aws_internet_gateway.main]\n",
        "",
        [
            ("no effect", "module.networking.aws_eip.nat", "depends on"),
        ],
    ),
    (
        "a wait more",
        CACHE,
        '  family = "redis7"\n',
        '  family = "redis7"\n  depends_on = [aws_elasticache_subnet_group.redis]\n',
        [("difference", "module.elasticache.aws_elasticache_parameter_group.redis", "depends on")],
    ),
    (
        "no wait of the module",
        "main.tf",
        "  depends_on = [module.alb, module.iam, module.networking]\n",
        "",
        [("no effect", "*", "depends on")],
    ),
    (
        "what Terraform leaves alone",
        SERVICE,
        "ignore_changes = [desired_count]",
        "ignore_changes = [desired_count, task_definition]",
        [("difference", APP, "lifecycle.ignore_changes")],
    ),
    (
        "what matters on replacement",
        SERVICE,
        "    ignore_changes",
        "    create_before_destroy = true\n    ignore_changes",
        [("no effect", APP, "lifecycle.create_before_destroy")],
    ),
    (
        "another region",
        "variables.tf",
        'default     = "us-west-2"',
        'default     = "eu-west-1"',
        [
            ("difference", DEFINITION, "container_definitions[miyabi-app].logConfiguration.options.awslogs-region"),
            ("difference", "provider.aws", "region"),
        ],
    ),
    (
        "another default tag",
        "providers.tf",
        'ManagedBy   = "Terraform"',
        'ManagedBy   = "hand"',
        [("difference", "provider.aws", "default_tags.ManagedBy")],
    ),
    # ---- faults that checkouts have ----
    ("percentages in a block", SERVICE, PERCENT, IN_A_BLOCK % 200, [("invalid", APP, "deployment_configuration")]),
    (
        "other percentages in a block",
        SERVICE,
        PERCENT,
        IN_A_BLOCK % 150,
        [("invalid", APP, "deployment_configuration"), ("difference", APP, "deployment_maximum_percent")],
    ),
    (
        "failover of one node",
        CACHE,
        "  apply_immediately ",
        "  automatic_failover_enabled = false\n  at_rest_encryption_enabled = true\n  apply_immediately ",
        [("invalid", REDIS, "at_rest_encryption_enabled"), ("invalid", REDIS, "automatic_failover_enabled")],
    ),
    (
        "the ARN of a service",
        "modules/ecs-service/outputs.tf",
        "aws_ecs_service.app.id # the ID",
        "aws_ecs_service.app.arn # the ID",
        [("invalid", APP, "arn")],
    ),
    (
        "a wait for a variable",
        SERVICE,
        "  lifecycle {\n",
        "  depends_on = [var.target_group_arn]\n\n  lifecycle {\n",
        [("no effect", APP, "depends_on")],
    ),
    # ---- what can't be told ----
    (
        "an unknown function",
        ECS,
        '= "${var.project_name}-app-${var.environment}"',
        '= "${bcrypt(var.project_name)}-app"',
        [
            ("not evaluated", DEFINITION, "family"),
            ("not evaluated", "module.ecs.output.task_definition_family", ""),
            ("not evaluated", "output.ecs_task_definition_family", ""),
        ],
    ),
    (
        "a part of a value",
        ECS,
        "image     = var.ecr_image_uri",
        "image     = bcrypt(var.ecr_image_uri)",
        [("not evaluated", DEFINITION, "container_definitions[miyabi-app].image")],
    ),
    (
        "how many there are",
        NETWORK,
        "zones             = length(var.availability_zones)",
        "zones             = bcrypt(1)",
        [("not evaluated", "*", "*")],
    ),
    (
        "how many blocks there are",
        ALB,
        "for_each = local.redirects ? [443] : []",
        "for_each = bcrypt(1)",
        [("not evaluated", "module.alb.aws_lb_listener.http", "default_action.redirect")],
    ),
    (
        "a module of a registry",
        "main.tf",
        'source = "./modules/iam"',
        'source = "terraform-aws-modules/iam/aws"',
        [("not evaluated", "*", "*")],
    ),
    # ---- interfaces ----
    (
        "a wire renamed",
        "modules/alb/variables.tf",
        'variable "vpc_id"',
        'variable "vpc"',
        [
            ("difference", "module.alb", "var.vpc_id"),
            ("invalid", "module.alb", "vpc"),
            ("invalid", "module.alb", "vpc_id"),
            ("invalid", TARGETS, "vpc_id"),
            ("no effect", "module.alb", "var.vpc"),
            ("not evaluated", TARGETS, "vpc_id"),
        ],
    ),
    (
        "a variable more",
        "modules/alb/variables.tf",
        'variable "vpc_id"',
        'variable "spare_bucket" {\n  default = ""\n}\n\nvariable "vpc_id"',
        [("no effect", "module.alb", "var.spare_bucket")],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_a_change_of_the_hcl_is_found_for_what_it_is(root: Path, hcl: Path, case: Case) -> None:
    _, file, old, new, expected = case
    change(hcl, file, (old, new))
    differences = found(root, hcl)
    if any("*" in short for short in expected):
        patterns = {tuple(part for part in short if part != "*") for short in expected}
        assert {pattern for pattern in patterns if any(set(pattern) <= set(each) for each in differences)} == patterns
        assert all(any(set(pattern) <= set(each) for pattern in patterns) for each in differences)
    else:
        assert sorted(differences) == sorted(expected)


# ---- checkouts of other teams ----------------------------------------------------------------------------------------

OTHER_HABITS: list[tuple[str, list[tuple[str, str]]]] = [
    (
        SERVICE,
        [
            (PERCENT, IN_A_BLOCK % 200),
            ('  availability_zone_rebalancing     = "DISABLED"\n', ""),
            ("  lifecycle {\n", "  depends_on = [var.target_group_arn]\n\n  lifecycle {\n"),
        ],
    ),
    ("modules/ecs-service/outputs.tf", [("aws_ecs_service.app.id # the", "aws_ecs_service.app.arn # the")]),
    (
        CACHE,
        [
            ("  apply_immediately ", "  automatic_failover_enabled = false\n  apply_immediately "),
            ("= var.sns_topic_arn\n", '= var.sns_topic_arn != "" ? var.sns_topic_arn : null\n'),
            (
                "  threshold           = 75\n",
                '  threshold = 75\n  alarm_actions = var.sns_topic_arn != "" ? [var.sns_topic_arn] : []\n',
            ),
        ],
    ),
    (ALB, [("  internal           = false\n", ""), (HTTP2, ""), ('    matcher             = "200"\n', "")]),
    (GROUPS, [("  tags = {\n", '  tags = {\n    Issue = "#1021, #1022"\n')]),
    (ECS, [("  tags = {\n", "  tags = {\n    Environment = var.environment\n")]),
]


def test_of_another_teams_checkout_is_found_what_really_differs(root: Path, hcl: Path) -> None:
    into_environments(hcl, "dev")
    shutil.copy(ANOTHER, hcl / "environments/dev/main.tf")
    for name in ("backend", "providers", "variables", "versions"):
        (hcl / f"environments/dev/{name}.tf").unlink()
    (hcl / "environments/dev/terraform.tfvars").write_text(
        'ecr_image_uri = "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:latest"\n', encoding="utf-8"
    )
    for file, edits in OTHER_HABITS:
        change(hcl, file, *edits)
    result = parity(root, hcl, "dev")
    assert [(each.kind, each.address, each.argument) for each in result.remarks if each.kind != "no effect"] == [
        ("difference", "module.ecs.aws_ecs_cluster.main", "tags.Environment"),
        ("difference", "module.ecs_service.aws_cloudwatch_metric_alarm.service_cpu_high", "threshold"),
        ("invalid", APP, "arn"),
        ("invalid", APP, "deployment_configuration"),
        ("invalid", REDIS, "automatic_failover_enabled"),
        ("difference", "module.security_groups.aws_security_group.alb", "ingress[1]"),
        ("invalid", "module.security_groups.aws_security_group.alb", "tags.Issue"),
    ]
    places = {each.argument: str(each.place) for each in result.remarks}
    assert places["arn"] == "modules/ecs-service/outputs.tf:10"


def test_a_type_that_the_generator_never_makes_is_compared_as_it_is_written() -> None:
    def side(name: str) -> Configuration:
        instance = Instance(
            address="aws_sns_topic.alarms",
            type="aws_sns_topic",
            label="aws_sns_topic.alarms",
            key=None,
            place=Place(Path("main.tf"), 1),
            arguments={"name": name, "policy": {"a": (1,)}},
            places={},
            references=frozenset(),
            depends_on=(),
            lifecycle={},
        )
        return Configuration({instance.address: instance}, {}, {}, region="us-west-2")

    interface = Interface({}, {"": frozenset()})
    assert compare(side("alarms"), side("alarms"), interface) == []
    assert [each.argument for each in compare(side("alarms"), side("alerts"), interface)] == ["name"]


@pytest.mark.parametrize("kind", ["null", "strin", "list(1)", "var.environment", '"number[]"'])
def test_a_variable_of_an_invalid_type_leaves_what_it_is_used_in_not_evaluated(
    root: Path, hcl: Path, kind: str
) -> None:
    """Also where another resource refers to it through an id: the role's name, from which its policy's role follows."""
    change(hcl, "modules/iam/variables.tf", ("  type        = string\n", f"  type = {kind}\n"))
    remarks = found(root, hcl)
    assert ("not evaluated", "module.iam.aws_iam_role.ecs_task", "name") in remarks
    assert ("not evaluated", "module.iam.aws_iam_role_policy.app_permissions", "role") in remarks
    assert {kind for kind, _, _ in remarks} == {"not evaluated"}


WORDS = ("null", "[]", "{}", "1", '"x"', "var.environment", "aws_vpc.main", "module.alb", "count.index", "1 / 0", "[1]")


@pytest.mark.slow
@settings(max_examples=25)
@given(st.data())
def test_whatever_stands_in_the_hcl_there_is_an_answer(root: Path, data: st.DataObject) -> None:
    """A line is lost, doubled, or given another value: parity compares it or refuses it, and never fails."""
    with tempfile.TemporaryDirectory() as folder:
        hcl = shutil.copytree(HCL, Path(folder, "hcl"))
        file = data.draw(st.sampled_from(sorted([*hcl.rglob("*.tf"), hcl / "prod.tfvars"])))
        lines = file.read_text(encoding="utf-8").splitlines()
        at = data.draw(st.integers(0, len(lines) - 1))
        name, equals, _ = lines[at].partition(" = ")
        value = data.draw(st.sampled_from(WORDS))
        lines[at : at + 1] = data.draw(
            st.sampled_from([[], [lines[at]] * 2, [f"{name} = {value}" if equals else lines[at].replace('"', "")]])
        )
        file.write_text("\n".join(lines), encoding="utf-8")
        with suppress(Refused):
            parity(root, hcl, "prod")


# ---- how a difference is shown ---------------------------------------------------------------------------------------


def test_a_difference_names_both_lines_and_the_setting(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, HCL, "staging") == 1
    assert capsys.readouterr().out == (
        "HCL: the root module of the folder itself, with staging.tfvars: 52 resources\n"
        "generated: cdktf.out/stacks/miyabi-staging: 52 resources\n"
        "\n"
        "differences:\n"
        "  module.elasticache.aws_elasticache_cluster.redis\n"
        "      modules/elasticache/main.tf:46  snapshot_retention_limit: 1 -> 3\n"
        "          environments/staging.yaml:26  elasticache.snapshot_retention_limit: 3\n"
        "\n"
        "HCL -> generated: 1 difference, 0 invalid, 0 not evaluated; 1 without effect (--verbose lists them);"
        " not planned (--no-plan)\n"
    )


def test_the_same_is_said_and_nothing_else(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, HCL, "prod", verbose=True) == 0
    assert capsys.readouterr().out.splitlines()[3:] == [
        "without effect:",
        "  module.alb.aws_lb.main",
        "      modules/alb/main.tf:6  idle_timeout: (none) -> 60 (the default of provider 5.100.0 where it is left out)",  # noqa: E501
        "",
        "same as read; not planned (--no-plan): prod is what the HCL describes; 1 without effect",
    ]


def test_json_has_all_of_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, HCL, "staging", form="json") == 1
    data = json.loads(capsys.readouterr().out)
    assert {key: data[key] for key in ("environment", "same", "resources")} == {
        "environment": "staging",
        "same": False,
        "resources": {"hcl": 52, "generated": 52},
    }
    assert data["differences"][1] == {
        "kind": "difference",
        "address": "module.elasticache.aws_elasticache_cluster.redis",
        "argument": "snapshot_retention_limit",
        "hcl": 1,
        "generated": 3,
        "why": "",
        "file": "modules/elasticache/main.tf",
        "line": 46,
        "settings": [
            {
                "setting": "elasticache.snapshot_retention_limit",
                "value": 3,
                "file": "environments/staging.yaml",
                "line": 26,
            }
        ],
    }


def test_the_line_is_that_of_the_value_wherever_it_is_written(root: Path, hcl: Path) -> None:
    change(hcl, "staging.tfvars", ("log_retention_days = 14", "log_retention_days = 15"))
    change(hcl, ECS, ('"awslogs-stream-prefix" = "ecs"', '"awslogs-stream-prefix" = "app"'))
    lines = {each.argument: str(each.place) for each in parity(root, hcl, "staging").remarks if each.place}
    assert lines["retention_in_days"] == "modules/ecs/main.tf:27"
    assert (
        lines["container_definitions[miyabi-app].logConfiguration.options.awslogs-stream-prefix"]
        == "modules/ecs/main.tf:72"
    )


def test_a_setting_that_no_overlay_says_is_shown_with_its_default(root: Path, hcl: Path) -> None:
    change(hcl, ALB, ("ELBSecurityPolicy-TLS-1-2-2017-01", "ELBSecurityPolicy-TLS13-1-2-2021-06"), HTTPS)
    (difference,) = [each for each in parity(root, hcl, "prod").remarks if each.argument == "deregistration_delay"]
    assert [(each.setting, each.value, each.place) for each in difference.settings] == [
        ("alb.deregistration_delay", 30, None)
    ]


HTTPS = ("  deregistration_delay = 30\n", "  deregistration_delay = 45\n")


# ---- which folder is meant -------------------------------------------------------------------------------------------


def into_environments(folder: Path, *environments: str) -> None:
    """Move the root into `environments/<name>`, as many checkouts have it."""
    for name in environments:
        target = folder / "environments" / name
        target.mkdir(parents=True)
        for file in folder.glob("*.tf"):
            text = file.read_text(encoding="utf-8").replace("./modules/", "../../modules/")
            (target / file.name).write_text(text, encoding="utf-8")
        shutil.copy(folder / f"{name}.tfvars", target / "terraform.tfvars")
    for file in (*folder.glob("*.tf"), *folder.glob("*.tfvars")):
        file.unlink()


def test_a_root_for_each_environment_is_found_by_its_name(root: Path, hcl: Path) -> None:
    into_environments(hcl, "dev", "prod")
    result = parity(root, hcl, "prod")
    assert result.same
    assert result.read == "the root module environments/prod, with environments/prod/terraform.tfvars"


def test_a_root_may_be_named_itself(root: Path, hcl: Path) -> None:
    into_environments(hcl, "dev", "prod")
    result = parity(root, hcl / "environments/prod", "prod")
    assert result.same
    assert {str(each.place) for each in result.remarks} == {"../../modules/alb/main.tf:6"}


def test_of_several_roots_one_must_be_named(root: Path, hcl: Path) -> None:
    into_environments(hcl, "dev", "prod")
    with pytest.raises(Refused, match="2 root modules may be staging's: environments/dev, environments/prod; name one"):
        parity(root, hcl, "staging")


def test_values_may_be_named_or_given(root: Path, hcl: Path) -> None:
    (hcl / "elsewhere").mkdir()
    (hcl / "prod.tfvars").rename(hcl / "elsewhere/production.tfvars")
    options: dict[str, Any] = {"var_files": [hcl / "elsewhere/production.tfvars"]}
    assert found(root, hcl, **options) == []
    assert found(root, hcl, variables=["desired_count=5"], **options) == [
        ("difference", "module.ecs_service.aws_cloudwatch_metric_alarm.service_running_tasks", "threshold"),
        ("difference", APP, "desired_count"),
        ("difference", "module.ecs_service.output.service_desired_count", ""),
        ("difference", "output.ecs_service_desired_count", ""),
    ]


def test_values_of_json_and_those_that_terraform_reads_itself_count_too(root: Path, hcl: Path) -> None:
    change(hcl, "prod.tfvars", ('redis_node_type = "cache.t3.small"\n', ""))
    (hcl / "sizes.auto.tfvars.json").write_text('{"redis_node_type": "cache.t3.small"}', encoding="utf-8")
    assert found(root, hcl) == []


def test_several_files_of_values_must_be_told_apart(root: Path, hcl: Path) -> None:
    for name in ("a", "b"):
        (hcl / name).mkdir()
        shutil.copy(hcl / "prod.tfvars", hcl / name)
    (hcl / "prod.tfvars").unlink()
    with pytest.raises(Refused, match=r"a/prod\.tfvars, b/prod\.tfvars may all hold the values of prod"):
        parity(root, hcl, "prod")


def test_a_variable_without_a_value_is_named(root: Path, hcl: Path) -> None:
    change(hcl, "prod.tfvars", ("ecr_image_uri ", "# ecr_image_uri "))
    (difference,) = [each for each in parity(root, hcl, "prod").remarks if each.kind == "not evaluated"]
    assert (difference.argument, difference.why) == (
        "container_definitions[miyabi-app].image",
        "var.ecr_image_uri has no value; give it one with --var",
    )


def test_modules_without_a_root_are_called_as_the_generated_stack_calls_them(root: Path, hcl: Path) -> None:
    result = parity(root, hcl / "modules", "prod")
    assert result.read == "7 modules without a root, called as the generated stack calls them"
    assert [(each.kind, each.argument) for each in result.remarks] == [("no effect", "idle_timeout")]


def test_one_module_alone_is_compared_with_its_counterpart(root: Path, hcl: Path) -> None:
    change(hcl, ALB, HTTPS)
    assert found(root, hcl / "modules/alb") == [("difference", TARGETS, "deregistration_delay")]


def test_files_may_be_split_in_any_way(root: Path, hcl: Path) -> None:
    for folder in (hcl / "modules").iterdir():
        text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.tf")))
        for file in folder.glob("*.tf"):
            file.unlink()
        (folder / "everything.tf").write_text(text, encoding="utf-8")
    assert found(root, hcl) == []


def nothing(_folder: Path) -> None:
    """Leave it as it is."""


def all_hcl(folder: Path) -> None:
    for file in folder.rglob("*.tf"):
        file.unlink()


def broken(folder: Path) -> None:
    (folder / "main.tf").write_text("module {", encoding="utf-8")


def a_label_less(folder: Path) -> None:
    change(folder, NETWORK, ('resource "aws_vpc" "main" {', 'resource "aws_vpc" {'))


def a_dynamic_without_content(folder: Path) -> None:
    change(folder, SERVICE, ("    content {", "    contents {"))


def an_override_of_the_region(folder: Path) -> None:
    (folder / "x_override.tf").write_text('provider "aws" {\n  region = "us-east-1"\n}\n')


def an_override(folder: Path) -> None:
    (folder / "x_override.tf").write_text('provider "aws" {}\nmodule "alb" {\n}\n')


def some_json(folder: Path) -> None:
    (folder / "more.tf.json").write_text('{"resource": [')


def values_of_bytes(folder: Path) -> None:
    (folder / "prod.tfvars").write_bytes(b"\xff")


@pytest.mark.parametrize(
    ("environment", "spoil", "problem"),
    [
        ("prod", shutil.rmtree, "is not a folder"),
        ("prod", all_hcl, "has no root module, and none of the modules"),
        ("prod", broken, "main.tf:1: is not HCL"),
        ("prod", a_label_less, "modules/networking/main.tf:6: resource needs 2 labels"),
        (
            "prod",
            a_dynamic_without_content,
            "modules/ecs-service/main.tf:20: a dynamic block needs for_each and content",
        ),
        ("prod", an_override, "x_override.tf:2: an override file is not merged"),
        ("prod", an_override_of_the_region, "x_override.tf:1: an override file is not merged"),
        ("prod", some_json, "more.tf.json: is not JSON"),
        ("prod", values_of_bytes, "prod.tfvars: cannot be read"),
        ("shared", nothing, "the shared stack has no counterpart in HCL"),
        ("nowhere", nothing, "nowhere"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    root: Path, hcl: Path, environment: str, spoil: Callable[[Path], None], problem: str
) -> None:
    spoil(hcl)
    with pytest.raises(Refused, match=problem):
        parity(root, hcl, environment)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('project_name = lower("MIYABI")', "project_name: a file of values holds constants, and this needs lower"),
        ("project_name = var.environment", "project_name: a file of values holds constants, and this needs var"),
        ("more {\n}", "a file of values has no blocks: more"),
    ],
)
def test_a_file_of_values_holds_constants(root: Path, hcl: Path, line: str, problem: str) -> None:
    with (hcl / "prod.tfvars").open("a", encoding="utf-8") as out:
        out.write(f"\n{line}\n")
    with pytest.raises(Refused, match=problem):
        parity(root, hcl, "prod")


def test_an_override_of_where_to_run_is_passed_over(root: Path, hcl: Path) -> None:
    before = parity(root, hcl, "prod")
    (hcl / "offline_override.tf").write_text('provider "aws" {\n  skip_credentials_validation = true\n}\n')
    (hcl / ".#main.tf").write_text("a lock of Emacs")
    (hcl / "backend_override.tf.json").write_text('{"terraform": {"backend": {"local": {}}}}')
    assert parity(root, hcl, "prod") == before


def test_a_value_on_the_command_line_has_a_name(root: Path, hcl: Path) -> None:
    with pytest.raises(Refused, match="--var desired_count: write name=value"):
        parity(root, hcl, "prod", variables=["desired_count"])


def test_values_without_a_root_are_refused(root: Path, hcl: Path) -> None:
    with pytest.raises(Refused, match="there is none: these are modules alone"):
        parity(root, hcl / "modules", "prod", variables=["desired_count=1"])
