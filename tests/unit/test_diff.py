"""`miyabi-infra diff`: differences by argument, their causes in the overlays, and declared strengths."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.commands.diff import run
from miyabi_infra.overlays.merging import documents
from miyabi_infra.project import ROOT
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Stack, read
from miyabi_infra.stacks.causes import Causes
from miyabi_infra.stacks.compare import ABSENT, ResourceChange, shown_values
from miyabi_infra.stacks.difference import EnvironmentDifference, difference
from miyabi_infra.stacks.strengths import STRENGTHS, judged, weaker
from tests.support import Project

PLAIN = """\
networking:
  vpc_cidr: 10.8.0.0/16
  availability_zones: [us-west-2a, us-west-2b]
  public_subnet_cidrs: [10.8.1.0/24, 10.8.2.0/24]
  private_subnet_cidrs: [10.8.11.0/24, 10.8.12.0/24]
alb:
  certificate_arn: arn:aws:acm:us-west-2:123456789012:certificate/7f6e5d4c-0000-4000-8000-000000000000
ecs:
  ecr_image_uri: registry.example/app:1
notifications:
  email_addresses: [a@example.com]
  webhook: true
"""

OTHER = """\
account_id: "123456789012"
container_port: 8081
tags:
  CostCenter: "42"
state:
  backend: local
  path: elsewhere/other.tfstate
networking:
  vpc_cidr: 10.9.0.0/16
  availability_zones: [us-west-2a, us-west-2c, us-west-2d]
  public_subnet_cidrs: [10.9.1.0/24, 10.9.2.0/24, 10.9.3.0/24]
  private_subnet_cidrs: [10.9.11.0/24, 10.9.12.0/24, 10.9.13.0/24]
  single_nat_gateway: true
security_groups:
  alb_ingress_cidr_blocks: [192.0.2.0/24]
alb:
  certificate_arn: arn:aws:acm:us-west-2:123456789012:certificate/7f6e5d4c-0000-4000-8000-000000000001
  enable_deletion_protection: true
  idle_timeout: 61
  ssl_policy: ELBSecurityPolicy-TLS13-1-2-2021-06
  redirect_http_to_https: true
  health_check_path: /alb
  health_check_interval: 31
  health_check_timeout: 6
  health_check_healthy_threshold: 3
  health_check_unhealthy_threshold: 4
  health_check_matcher: 200-204
  deregistration_delay: 31
  response_time_alarm_threshold: 2.0
  unhealthy_hosts_alarm_threshold: 1
ecs:
  ecr_image_uri: registry.example/app:2
  task_cpu: 1024
  task_memory: 2048
  cpu_architecture: ARM64
  log_retention_days: 14
  container_insights: false
  health_check_path: /ecs
  environment_variables: {COLOUR: blue}
  secrets:
    KEY: arn:aws:secretsmanager:us-west-2:123456789012:secret:miyabi/other/key
elasticache:
  redis_node_type: cache.t3.small
  redis_engine_version: "6.2"
  maxmemory_policy: noeviction
  timeout: 0
  maintenance_window: mon:05:00-mon:06:00
  snapshot_window: 02:00-03:00
  snapshot_retention_limit: 2
  apply_immediately: true
  sns_topic_arn: arn:aws:sns:us-west-2:123456789012:topic
  cpu_alarm_threshold: 76
  memory_alarm_threshold: 200000000
  evictions_alarm_threshold: 1001
ecs_service:
  desired_count: 3
  autoscaling_min_capacity: 3
  autoscaling_max_capacity: 5
  autoscaling_cpu_target: 71
  autoscaling_memory_target: 81
  autoscaling_requests_target: 1001
  scale_in_cooldown: 301
  scale_out_cooldown: 61
  deployment_maximum_percent: 201
  deployment_minimum_healthy_percent: 99
  health_check_grace_period_seconds: 61
  enable_execute_command: true
  enable_service_discovery: true
  managed_elsewhere: [task_definition]
  cpu_alarm_threshold: 81
  memory_alarm_threshold: 82
  running_tasks_alarm_threshold: 1
notifications:
  email_addresses: [oncall@example.com, b@example.com]
  webhook: true
  webhook_confirms_itself: false
  kms_key_arn: arn:aws:kms:us-west-2:123456789012:key/0a1b2c3d
"""
"""An overlay that says of every setting something else than PLAIN."""

SINGLE = {
    "nat": ("networking.enable_nat_gateway", ("  vpc_cidr:", "  enable_nat_gateway: false\n  vpc_cidr:")),
    "onenat": ("networking.single_nat_gateway", ("  vpc_cidr:", "  single_nat_gateway: true\n  vpc_cidr:")),
    "port": ("container_port", ("networking:", "container_port: 9000\nnetworking:")),
    "image": ("ecs.ecr_image_uri", ("app:1", "app:9")),
    "tls": ("alb.certificate_arn", ("000000000000\n", "000000000009\n")),
    "tasks": ("ecs_service.desired_count", ("ecs:", "ecs_service: {desired_count: 3}\necs:")),
    "tag": ("tags.Team", ("networking:", "tags: {Team: web}\nnetworking:")),
    "subnet": ("networking.private_subnet_cidrs[1]", ("10.8.12.0/24", "10.8.13.0/24")),
}
"""Overlays that differ from PLAIN in one setting: its name, and the edit."""


@pytest.fixture(scope="module")
def varied(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """PLAIN, OTHER and those with a single change, synthesized."""
    project = Project(tmp_path_factory.mktemp("varied"))
    (project.root / "environments").mkdir()
    project.write("base", (root / "environments/base.yaml").read_text())
    project.write("plain", PLAIN)
    project.write("other", OTHER)
    for name, (_, (old, new)) in SINGLE.items():
        assert old in PLAIN
        project.write(name, PLAIN.replace(old, new))
    project.synthesize()
    return project


@pytest.fixture
def taken(project: Project, output: Path) -> Project:
    project.take(output)
    return project


def causes(found: EnvironmentDifference) -> dict[str, list[str]]:
    """The names of the causes of every difference, by address and path."""
    named: dict[str, list[str]] = {}
    for change in found.comparison.changes:
        if not change.arguments:
            named[change.address] = [cause.name for cause in found.causes.of(change)]
        for argument in change.arguments:
            named[f"{change.address} {argument.path}"] = [
                cause.name for cause in found.causes.of(change, argument.path)
            ]
    return named


def test_every_difference_between_the_environments_has_a_cause(taken: Project) -> None:
    for pair in (("dev", "prod"), ("staging", "prod"), ("dev", "staging")):
        assert [place for place, named in causes(difference(taken.root, *pair)).items() if not named] == []


def test_every_setting_that_differs_is_the_cause_of_something(varied: Project) -> None:
    found = difference(varied.root, "plain", "other")
    named = causes(found)

    assert [place for place, settings in named.items() if not settings] == []
    without = {cause.name for cause in found.causes.settings} - {name for each in named.values() for name in each}
    # The subnets of a further zone are there because of the zone.
    assert without == {"networking.private_subnet_cidrs[2]", "networking.public_subnet_cidrs[2]"}
    assert len(found.causes.settings) > 60


@pytest.mark.parametrize("environment", SINGLE)
def test_a_single_change_is_the_only_cause_of_all_that_differs(varied: Project, environment: str) -> None:
    named = causes(difference(varied.root, "plain", environment))

    assert named
    assert set(map(tuple, named.values())) == {(SINGLE[environment][0],)}


def test_a_cause_is_named_with_file_line_and_both_values(taken: Project) -> None:
    found = difference(taken.root, "dev", "prod")
    change = next(
        each for each in found.comparison.changes if each.address == "module.ecs.aws_cloudwatch_log_group.ecs"
    )

    (cause,) = found.causes.of(change, "retention_in_days")

    line = taken.overlay("prod").read_text().splitlines().index("  log_retention_days: 30") + 1
    assert list(map(str, cause.places)) == [f"environments/prod.yaml:{line}"]
    assert (cause.before.value, cause.before.place, cause.after.value) == (7, None, 30)


def test_a_setting_of_the_base_is_traced_to_the_base(taken: Project) -> None:
    taken.write("base", taken.overlay("base").read_text() + "alb:\n  idle_timeout: 90\n")
    taken.change("prod", ("  enable_deletion_protection", "  idle_timeout: 60\n  enable_deletion_protection"))

    (cause,) = [each for each in difference(taken.root, "dev", "prod").causes.settings if "idle" in each.name]

    base = taken.overlay("base").read_text().splitlines().index("  idle_timeout: 90") + 1
    assert (cause.before.value, str(cause.places[1])) == (90, f"environments/base.yaml:{base}")


def test_a_default_that_is_written_down_is_no_difference(taken: Project) -> None:
    taken.change("prod", ("alb:\n", "alb:\n  idle_timeout: 60\n"), ("ecs:\n", 'ecs:\n  task_cpu: "512"\n'))

    names = [each.name for each in difference(taken.root, "dev", "prod").causes.settings]

    assert [name for name in names if name in {"alb.idle_timeout", "ecs.task_cpu"}] == []


def test_an_item_with_a_name_is_compared_and_traced_by_it(taken: Project) -> None:
    taken.change("prod", ("LOG_LEVEL: info", "LOG_LEVEL: warn"))
    with taken.body("prod", "ecs") as body:
        variables = body["locals"]["container_definitions"][0]["environment"]
        variables[:] = [{"name": "LOG_LEVEL", "value": "warn"}, variables[0]]

    path = "container_definitions[miyabi-app].environment[LOG_LEVEL].value"
    named = causes(difference(taken.root, "dev", "prod"))

    assert named[f"module.ecs.aws_ecs_task_definition.app {path}"] == ["ecs.environment_variables.LOG_LEVEL"]
    assert [place for place in named if "[ENVIRONMENT]" in place] == []


def test_an_item_that_another_setting_adds_is_traced_to_that_setting(taken: Project) -> None:
    taken.change("prod", ("LOG_LEVEL: info", "LOG_LEVEL: warn"))
    named = causes(difference(taken.root, "staging", "prod"))

    path = "container_definitions[miyabi-app].environment[REDIS_URL]"
    found = named[f"module.ecs.aws_ecs_task_definition.app {path}"]
    assert "elasticache.url_variable" in found
    assert {each.partition(".")[0] for each in found} == {"elasticache"}


def test_what_differs_by_the_environments_name_alone_is_folded(taken: Project) -> None:
    comparison = difference(taken.root, "dev", "prod").comparison

    assert [each for each in comparison.changes if each.address.startswith(("module.iam.", "provider."))] == []
    assert comparison.folded > 70


NAMED = """\
networking:
  vpc_cidr: 10.8.0.0/16
  availability_zones: [us-west-2a, us-west-2b]
  public_subnet_cidrs: [10.8.1.0/24, 10.8.2.0/24]
  private_subnet_cidrs: [10.8.11.0/24, 10.8.12.0/24]
ecs:
  ecr_image_uri: registry.example/app:1
elasticache:
  redis_node_type: cache.t3.small
"""


@pytest.mark.parametrize(
    ("names", "edits", "settings"),
    [
        (
            ("us", "eu"),
            [("us-west-2", "eu-west-2"), ("networking:", "region: eu-west-2\nnetworking:")],
            {"region", "networking.availability_zones[0]", "networking.availability_zones[1]"},
        ),
        (("small", "medium"), [("cache.t3.small", "cache.t3.medium")], {"elasticache.redis_node_type"}),
        (("app", "web"), [("registry.example/app", "registry.example/web")], {"ecs.ecr_image_uri"}),
    ],
)
def test_a_real_difference_that_spells_the_environments_names_is_shown(
    project: Project, names: tuple[str, str], edits: list[tuple[str, str]], settings: set[str]
) -> None:
    for overlay in ("dev", "prod", "staging", "shared"):
        project.overlay(overlay).unlink(missing_ok=True)
    other = NAMED
    for old, new in edits:
        other = other.replace(old, new)
    project.write(names[0], NAMED)
    project.write(names[1], other)
    project.synthesize()

    found = difference(project.root, *names)

    assert {name for named in causes(found).values() for name in named} == settings
    assert [each.address for each in found.comparison.changes if each.address.startswith("module.iam.")] == []


def test_long_values_show_where_they_differ() -> None:
    image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api-of-the-platform"
    before, after = shown_values(f"{image}:latest", f"{image}:3f2c1ab")

    assert (":latest" in before, ":3f2c1ab" in after) == (True, True)
    assert max(len(before), len(after)) <= 62
    assert shown_values("a", ABSENT) == ('"a"', "(none)")


def test_prod_is_in_nothing_weaker_than_staging(taken: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(taken.root, "staging", "prod", fail_if_weaker=True) == 0
    assert capsys.readouterr().out.endswith("prod is not weaker than staging in any protection\n")


def test_a_weaker_environment_fails_with_the_lines_that_make_it_so(
    taken: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(taken.root, "prod", "staging") == 0
    capsys.readouterr()

    assert run(taken.root, "prod", "staging", as_json=True, fail_if_weaker=True) == 1
    found = {each["strength"]: each for each in json.loads(capsys.readouterr().out)["weaker"]}
    assert sorted(found) == [
        "TLS to the cache",
        "alarms",
        "automatic failover of the cache",
        "cache encrypted at rest",
        "cache in several zones",
        "days of cache snapshots",
        "days of logs",
        "deletion protection of the load balancer",
        "maximum tasks",
        "minimum tasks",
        "nodes of the cache",
        "threshold of an alarm",
    ]
    assert (found["days of logs"]["before"], found["days of logs"]["after"]) == ("30", "14")
    assert [each["setting"] for each in found["minimum tasks"]["causes"]] == ["ecs_service.autoscaling_min_capacity"]


ON, OFF = True, False
GROUP = "aws_elasticache_replication_group"


def _all(kind: str, argument: str, value: object) -> Callable[[Mapping[str, Any]], None]:
    def weaken(body: Mapping[str, Any]) -> None:
        for each in body["resource"][kind].values():
            each[argument] = value

    return weaken


def _one_nat(body: Mapping[str, Any]) -> None:
    for kind, name in (("aws_eip", "nat"), ("aws_nat_gateway", "main"), ("aws_route", "private_nat_gateway")):
        body["resource"][kind][name]["count"] = 1


def _without(kind: str) -> Callable[[Mapping[str, Any]], None]:
    return lambda body: body["resource"].pop(kind)


def _alarm(name: str, argument: str, value: object) -> Callable[[Mapping[str, Any]], None]:
    return lambda body: body["resource"]["aws_cloudwatch_metric_alarm"][name].update({argument: value})


def _health_check(**weaker_by: object) -> Callable[[Mapping[str, Any]], None]:
    return lambda body: body["resource"]["aws_lb_target_group"]["app"]["health_check"].update(weaker_by)


def _second_listener(body: Mapping[str, Any]) -> None:
    plain = {"protocol": "HTTP", "port": 8080, "default_action": [{"type": "forward"}]}
    body["resource"]["aws_lb_listener"]["second"] = plain


def _wide(body: Mapping[str, Any]) -> None:
    (name, *_) = body["resource"]["aws_iam_role_policy"]
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    body["resource"]["aws_iam_role_policy"][name]["policy"] = {"Statement": [statement]}


def _open(body: Mapping[str, Any]) -> None:
    rule = {"protocol": "tcp", "from_port": 6379, "to_port": 6379, "cidr_blocks": ["0.0.0.0/0"]}
    body["resource"]["aws_security_group"]["redis"]["ingress"].append(rule)


def _nats_in_one_zone(body: Mapping[str, Any]) -> None:
    body["resource"]["aws_nat_gateway"]["main"]["subnet_id"] = "${aws_subnet.public[0].id}"


def _database(**weaker_by: object) -> Callable[[Mapping[str, Any]], None]:
    return lambda body: body["resource"]["aws_db_instance"]["main"].update(weaker_by)


@pytest.mark.parametrize(
    ("strength", "module", "weaken"),
    [
        ("availability zones", "networking", _all("aws_subnet", "availability_zone", "us-west-2a")),
        ("NAT gateways", "networking", _one_nat),
        ("minimum tasks", "ecs-service", _all("aws_appautoscaling_target", "min_capacity", 1)),
        (
            "tasks kept healthy in a deployment, per cent",
            "ecs-service",
            _all("aws_ecs_service", "deployment_minimum_healthy_percent", 50),
        ),
        (
            "deployments roll back",
            "ecs-service",
            _all("aws_ecs_service", "deployment_circuit_breaker", {"enable": False}),
        ),
        (
            "tasks without public addresses",
            "ecs-service",
            _all("aws_ecs_service", "network_configuration", {"assign_public_ip": True}),
        ),
        ("no shell in tasks", "ecs-service", _all("aws_ecs_service", "enable_execute_command", ON)),
        ("deletion protection of the load balancer", "alb", _all("aws_lb", "enable_deletion_protection", None)),
        ("HTTPS", "alb", _all("aws_lb_listener", "protocol", "HTTP")),
        ("HTTP redirects to HTTPS", "alb", _all("aws_lb_listener", "default_action", [{"type": "forward"}])),
        (
            "oldest TLS version of the listener",
            "alb",
            _all("aws_lb_listener", "ssl_policy", "ELBSecurityPolicy-2016-08"),
        ),
        ("TLS to the cache", "elasticache", _all(GROUP, "transit_encryption_enabled", None)),
        ("cache encrypted at rest", "elasticache", _all(GROUP, "at_rest_encryption_enabled", "false")),
        ("days of cache snapshots", "elasticache", _all(GROUP, "snapshot_retention_limit", 0)),
        (
            "changes of the cache wait for the maintenance window",
            "elasticache",
            _all(GROUP, "apply_immediately", ON),
        ),
        ("days of logs", "ecs", _all("aws_cloudwatch_log_group", "retention_in_days", 1)),
        ("Container Insights", "ecs", _all("aws_ecs_cluster", "setting", [])),
        ("alarms", "alb", _without("aws_cloudwatch_metric_alarm")),
        ("alarms that tell somebody", "alb", _all("aws_cloudwatch_metric_alarm", "alarm_actions", [])),
        ("alarms that tell somebody", "alb", _all("aws_cloudwatch_metric_alarm", "actions_enabled", OFF)),
        ("threshold of an alarm", "alb", _all("aws_cloudwatch_metric_alarm", "threshold", 100_000)),
        ("threshold of an alarm", "elasticache", _alarm("redis_memory", "threshold", 99)),
        (
            "seconds until an alarm goes into ALARM",
            "alb",
            _all("aws_cloudwatch_metric_alarm", "evaluation_periods", 30),
        ),
        (
            "alarm on missing data (0 notBreaching, 1 ignore, 2 missing, 3 breaching)",
            "ecs-service",
            _all("aws_cloudwatch_metric_alarm", "treat_missing_data", "notBreaching"),
        ),
        (
            "newest TLS version of the listener",
            "alb",
            _all("aws_lb_listener", "ssl_policy", "ELBSecurityPolicy-TLS-1-2-2017-01"),
        ),
        ("listeners that serve without TLS", "alb", _second_listener),
        (
            "status codes that count as healthy",
            "alb",
            _health_check(matcher="200-499"),
        ),
        (
            "seconds until a failing task is out of service",
            "alb",
            _health_check(interval=300),
        ),
        ("actions that a role's policies allow, times their resources", "iam", _wide),
        ("actions that a role's policies allow on every resource", "iam", _wide),
        (
            "who may assume a role",
            "iam",
            _all("aws_iam_role", "assume_role_policy", {"Statement": [{"Effect": "Allow", "Principal": "*"}]}),
        ),
        ("addresses of the internet that security groups let in", "security-groups", _open),
        ("zones with a NAT gateway", "networking", _nats_in_one_zone),
        ("maximum tasks", "ecs-service", _all("aws_appautoscaling_target", "max_capacity", 5)),
        ("tasks rebalance over zones", "ecs-service", _all("aws_ecs_service", "availability_zone_rebalancing", None)),
        ("database without a public address", "elasticache", _database(publicly_accessible=True)),
        ("deletion protection of the database", "elasticache", _database(deletion_protection=False)),
    ],
)
def test_each_strength_is_missed_when_it_is_gone(
    taken: Project, strength: str, module: str, weaken: Callable[[Mapping[str, Any]], None]
) -> None:
    with taken.body("prod", "alb") as body:  # prod with all that it may have
        certificate = "arn:aws:acm:us-west-2:123456789012:certificate/7f6e5d4c"
        body["resource"]["aws_lb_listener"]["https"] |= {"count": 1, "certificate_arn": certificate}
        body["resource"]["aws_lb_listener"]["https"]["ssl_policy"] = "ELBSecurityPolicy-TLS13-1-2-2021-06"
        body["resource"]["aws_lb_listener"]["http"]["default_action"] = [{"type": "redirect"}]
        for alarm in body["resource"]["aws_cloudwatch_metric_alarm"].values():
            alarm["alarm_actions"] = ["arn:aws:sns:us-west-2:123456789012:topic"]
    with taken.body("prod", "elasticache") as body:
        body["resource"]["aws_db_instance"] = {"main": {"deletion_protection": True}}
    with taken.body("prod", "ecs-service") as body:
        body["resource"]["aws_ecs_service"]["app"]["availability_zone_rebalancing"] = "ENABLED"
    (strong,) = (stack for stack in read(taken.out) if stack.environment == "prod")
    with taken.body("prod", module) as body:
        weaken(body)
    (weak,) = (stack for stack in read(taken.out) if stack.environment == "prod")

    assert strength in [each.strength.name for each in weaker(strong, weak)]
    assert weaker(weak, strong) == []
    assert strength in [each.name for each in STRENGTHS]


STRONG_GROUP = {
    "at_rest_encryption_enabled": True,
    "automatic_failover_enabled": True,
    "multi_az_enabled": True,
    "num_cache_clusters": 3,
    "snapshot_retention_limit": 7,
    "transit_encryption_enabled": True,
}


@pytest.mark.parametrize(
    ("strength", "argument", "value"),
    [
        ("changes of the cache wait for the maintenance window", "apply_immediately", True),
        ("cache encrypted at rest", "at_rest_encryption_enabled", False),
        ("TLS to the cache", "transit_encryption_enabled", False),
        ("automatic failover of the cache", "automatic_failover_enabled", False),
        ("cache in several zones", "multi_az_enabled", False),
        ("nodes of the cache", "num_cache_clusters", 1),
        ("days of cache snapshots", "snapshot_retention_limit", 1),
    ],
)
def test_each_strength_of_a_replication_group_is_missed_when_it_is_gone(
    taken: Project, strength: str, argument: str, value: object
) -> None:
    def with_group(arguments: Mapping[str, object]) -> Stack:
        with taken.body("staging", "elasticache") as body:
            body["resource"]["aws_elasticache_replication_group"] = {"main": dict(arguments)}
            body["resource"]["aws_elasticache_cluster"]["redis"] |= STRONG_GROUP | {"replication_group_id": "main"}
        (stack,) = (each for each in read(taken.out) if each.environment == "staging")
        return stack

    strong, weak = with_group(STRONG_GROUP), with_group({**STRONG_GROUP, argument: value})

    assert [each.strength.name for each in weaker(strong, weak)] == [strength]
    assert weaker(weak, strong) == []


@pytest.mark.parametrize(
    ("strength", "weaken"),
    [
        ("immutable image tags", _all("aws_ecr_repository", "image_tag_mutability", "MUTABLE")),
        ("images are scanned", _all("aws_ecr_repository", "image_scanning_configuration", [])),
        ("versions of the bucket", _without("aws_s3_bucket_versioning")),
        ("versions of the bucket", _all("aws_s3_bucket_versioning", "versioning_configuration", [])),
        (
            "public access that the bucket blocks, of four kinds",
            _all("aws_s3_bucket_public_access_block", "block_public_policy", OFF),
        ),
        ("public access that the bucket blocks, of four kinds", _without("aws_s3_bucket_public_access_block")),
        (
            "encryption of the bucket (1 S3's keys, 2 KMS)",
            _without("aws_s3_bucket_server_side_encryption_configuration"),
        ),
        ("bucket refuses requests without TLS", _without("aws_s3_bucket_policy")),
        ("resources that Terraform refuses to destroy", _all("aws_s3_bucket", "lifecycle", {})),
    ],
)
def test_each_strength_of_what_is_shared_is_missed_when_it_is_gone(
    taken: Project, strength: str, weaken: Callable[[Mapping[str, Any]], None]
) -> None:
    def shared() -> Stack:
        (stack,) = (stack for stack in read(taken.out) if stack.environment == "shared")
        return stack

    strong = shared()
    kind = next(iter(each for each, _ in next(one for one in STRENGTHS if one.name == strength).arguments), "")
    for file in (taken.out / "stacks/miyabi-shared/modules").glob("*/main.tf.json"):
        with taken.body("shared", file.parent.name) as body:
            if kind in body["resource"] or (not kind and "aws_s3_bucket" in body["resource"]):
                weaken(body)

    assert strength in [each.strength.name for each in weaker(strong, shared())]
    assert weaker(shared(), strong) == []


def test_a_difference_that_nobody_has_declared_is_unknown_and_no_good_answer(
    taken: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    with taken.body("prod", "alb") as body:
        body["resource"]["aws_lb"]["main"]["mystery"] = True
        body["resource"]["aws_mystery"] = {"one": {}}

    assert run(taken.root, "staging", "prod", fail_if_weaker=True) == 1
    shown = capsys.readouterr().out
    assert "not weaker" not in shown
    assert shown.endswith(
        "whether prod is weaker than staging is unknown in:\n"
        "  module.alb.aws_lb.main mystery\n"
        "  module.alb.aws_mystery.one\n"
    )
    assert run(taken.root, "staging", "prod", as_json=True) == 0
    assert [each["argument"] for each in json.loads(capsys.readouterr().out)["unjudged"]] == ["mystery", None]


def test_of_every_argument_it_is_declared_whether_it_protects(output: Path, varied: Project) -> None:
    undeclared = {
        f"{each.type}.{argument}"
        for stack in (*read(output), *read(varied.out))
        for each in stack.resources
        for argument in (*each.arguments, "")
        if not judged(each.type, argument)
    }

    assert undeclared == set()


def test_logs_that_are_kept_for_ever_are_the_strongest(taken: Project) -> None:
    with taken.body("dev", "ecs") as body:
        body["resource"]["aws_cloudwatch_log_group"]["ecs"]["retention_in_days"] = 0
    dev, prod, *_ = read(taken.out)

    assert "days of logs" not in [each.strength.name for each in weaker(prod, dev)]
    assert "days of logs" in [each.strength.name for each in weaker(dev, prod)]


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (("dev", "qa"), "no environment 'qa'"),
        (("dev", "shared"), "nothing to compare"),
    ],
)
def test_what_can_not_be_compared_is_refused(taken: Project, pair: tuple[str, str], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        run(taken.root, *pair)


def test_an_environment_without_its_overlay_is_refused(taken: Project) -> None:
    taken.overlay("prod").unlink()

    with pytest.raises(Refused, match=r"environments/prod\.yaml is not there"):
        run(taken.root, "dev", "prod")


def test_the_rule_of_a_firewall_is_weaker_by_its_own_settings(project: Project) -> None:
    """And not by what another rule of the same web ACL has."""
    project.change("staging", ("\necs:", "\nwaf: {enabled: true, rate_action: block, rate_limit: 200}\necs:"))
    lists = "allowed_addresses: [198.51.100.0/24], blocked_addresses: [192.0.2.0/24]"
    project.change("dev", ("\necs:", f"\nwaf: {{enabled: true, {lists}}}\necs:"))
    overlays = documents(project.root)
    causes = Causes(ROOT, overlays["staging"], overlays["dev"])

    def of(path: str) -> set[str]:
        change = ResourceChange("module.waf.aws_wafv2_web_acl.main", "change")
        return {each.name.partition("[")[0] for each in causes.of(change, path)}

    assert of("rule[rate-limit].action.block") == {"waf.rate_action"}
    assert of("rule[rate-limit].statement.rate_based_statement.limit") == {"waf.rate_limit"}
    assert of("rule[allowed-ipv4]") == {"waf.allowed_addresses"}
    assert of("rule[blocked-ipv4]") == {"waf.blocked_addresses"}


def test_what_a_switch_does_only_with_another_setting_is_caused_by_both(project: Project) -> None:
    for environment in ("staging", "dev"):
        project.change(environment, ("\necs:", f"\nfrontend: {{enabled: true, bucket: miyabi-{environment}}}\necs:"))
    project.change("dev", ("\necs:", "\nwaf: {enabled: true, protects: distribution, rate_limit: 200}\necs:"))
    overlays = documents(project.root)
    change = ResourceChange("module.frontend.aws_cloudfront_distribution.site", "change")
    causes = Causes(ROOT, overlays["staging"], overlays["dev"]).of(change, "web_acl_id")
    assert [each.name for each in causes] == ["waf.enabled", "waf.protects"]
