"""Each module builds what its settings say, at the addresses that a state knows."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.vpc import Vpc

from environments.settings import EnvironmentSettings
from environments.stack import EnvironmentStack
from modules.base import Module, literal
from modules.ecs_service import EcsServiceModule
from tests.support import Project

KEY = "arn:aws:kms:us-west-2:123456789012:key/0a1b2c3d"
STACKS: dict[str, EnvironmentStack] = {}
"""By their settings: many tests ask for a part of the same one."""
CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/0a1b2c3d"


@pytest.fixture(scope="module")
def settings(root: Path) -> EnvironmentSettings:
    return Project(root).settings("prod")


def body(settings: EnvironmentSettings, module: str, **sections: Mapping[str, Any]) -> dict[str, Any]:
    """A module's JSON, with some settings changed."""
    changed = settings.model_dump()
    for section, values in sections.items():
        changed[section] |= values
    wanted = EnvironmentSettings.model_validate(changed)
    key = wanted.model_dump_json()
    if key not in STACKS:
        STACKS[key] = EnvironmentStack(App(), wanted)
    stack = STACKS[key]
    return next(each for each in stack.modules if each.folder == module).rendered()


def resource(rendered: Mapping[str, Any], address: str) -> dict[str, Any]:
    kind, _, name = address.partition(".")
    return cast("dict[str, Any]", rendered["resource"][kind][name])


@pytest.mark.parametrize(
    ("enabled", "single", "nats", "tables", "table_of_a_subnet"),
    [
        (True, True, 1, 1, "0"),
        (True, False, 2, 2, "count.index"),
        (False, True, 0, 1, "0"),
        (False, False, 0, 2, "count.index"),
    ],
)
def test_nat_gateways_and_route_tables_are_counted(
    settings: EnvironmentSettings, *, enabled: bool, single: bool, nats: int, tables: int, table_of_a_subnet: str
) -> None:
    rendered = body(settings, "networking", networking={"enable_nat_gateway": enabled, "single_nat_gateway": single})
    counts = {
        address: resource(rendered, address)["count"]
        for address in (
            "aws_eip.nat",
            "aws_nat_gateway.main",
            "aws_route.private_nat_gateway",
            "aws_route_table.private",
        )
    }
    assert counts == {
        "aws_eip.nat": nats,
        "aws_nat_gateway.main": nats,
        "aws_route.private_nat_gateway": nats,
        "aws_route_table.private": tables,
    }
    association = resource(rendered, "aws_route_table_association.private")
    assert association["route_table_id"] == f"${{aws_route_table.private[{table_of_a_subnet}].id}}"


def test_nat_waits_for_the_internet_gateway(settings: EnvironmentSettings) -> None:
    rendered = body(settings, "networking")
    for address in ("aws_eip.nat", "aws_nat_gateway.main"):
        assert resource(rendered, address)["depends_on"] == ["aws_internet_gateway.main"]


@pytest.mark.parametrize(("open_", "ports"), [(True, [80, 443]), (False, [80])])
def test_https_is_open_where_it_is_set(settings: EnvironmentSettings, *, open_: bool, ports: list[int]) -> None:
    rendered = body(settings, "security-groups", security_groups={"https_ingress": open_})
    assert [rule["from_port"] for rule in resource(rendered, "aws_security_group.alb")["ingress"]] == ports


def test_each_group_is_open_to_the_one_before_it_only(settings: EnvironmentSettings) -> None:
    rendered = body(settings, "security-groups")
    opened = {
        name: [(rule["from_port"], rule["cidr_blocks"], rule["security_groups"]) for rule in group["ingress"]]
        for name, group in rendered["resource"]["aws_security_group"].items()
    }
    assert opened == {
        "alb": [(80, ["0.0.0.0/0"], []), (443, ["0.0.0.0/0"], [])],
        "ecs": [(8080, [], ["${aws_security_group.alb.id}"])],
        "rds": [(5432, [], ["${aws_security_group.ecs.id}"])],
        "redis": [(6379, [], ["${aws_security_group.ecs.id}"])],
    }


@pytest.mark.parametrize(
    ("certificate", "redirect", "listeners", "action"),
    [
        ("", False, 0, "forward"),
        ("", True, 0, "forward"),
        (CERTIFICATE, False, 1, "forward"),
        (CERTIFICATE, True, 1, "redirect"),
    ],
)
def test_http_redirects_once_there_is_a_certificate(
    settings: EnvironmentSettings, certificate: str, listeners: int, action: str, *, redirect: bool
) -> None:
    rendered = body(settings, "alb", alb={"certificate_arn": certificate, "redirect_http_to_https": redirect})
    https = resource(rendered, "aws_lb_listener.https")
    assert https["count"] == listeners
    assert resource(rendered, "aws_lb_listener.http")["default_action"][0]["type"] == action


def test_logs_are_written_into_the_bucket_that_lets_them(settings: EnvironmentSettings) -> None:
    assert "access_logs" not in resource(body(settings, "alb"), "aws_lb.main")
    of_account = settings.model_copy(update={"account_id": "123456789012"})
    kept_for_a_week = {"name": "logs-qa", "days": 7}
    rendered = body(of_account, "alb", alb={"connection_logs": True}, log_bucket=kept_for_a_week)
    balancer = resource(rendered, "aws_lb.main")
    bucket = "${var.log_bucket_name}"
    assert balancer["connection_logs"] == {"bucket": bucket, "enabled": True}
    assert balancer["access_logs"] == {"bucket": bucket, "enabled": False}, "turned off, and not left as it is"
    logs = body(of_account, "log-bucket", log_bucket=kept_for_a_week)
    writes, plain = logs["locals"]["policy"]["Statement"]
    assert writes["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert writes["Resource"] == "${aws_s3_bucket.logs.arn}/AWSLogs/123456789012/*"
    assert "Condition" not in writes
    assert plain["Effect"] == "Deny"
    kept = resource(logs, "aws_s3_bucket_lifecycle_configuration.logs")["rule"][0]
    assert kept["expiration"] == [{"days": 7}]


def test_flow_logs_are_written_by_a_role_of_the_account(settings: EnvironmentSettings) -> None:
    of_account = settings.model_copy(update={"account_id": "123456789012"})
    said = {"destination": "cloudwatch-logs", "fields": ("srcaddr", "ecs-task-id")}
    rendered = body(of_account, "flow-logs", flow_logs=said)
    assert resource(rendered, "aws_flow_log.logs")["log_format"] == "$${srcaddr} $${ecs-task-id}", "text, no template"
    assert rendered["locals"]["trust"]["Statement"][0]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:ec2:us-west-2:123456789012:vpc-flow-log/*"},
    }


def test_flow_logs_into_a_bucket_need_no_role_and_its_policy(settings: EnvironmentSettings) -> None:
    of_account = settings.model_copy(update={"account_id": "123456789012"})
    said = {"flow_logs": {"destination": "s3"}, "log_bucket": {"name": "logs-qa"}}
    assert set(body(of_account, "flow-logs", **said)["resource"]) == {"aws_flow_log"}
    statements = body(of_account, "log-bucket", **said)["locals"]["policy"]["Statement"]
    assert [each["Sid"] for each in statements] == [
        "LoadBalancersWrite",
        "FlowLogsWrite",
        "FlowLogsLook",
        "DenyPlainHttp",
    ]
    for each in statements[1:3]:
        assert each["Condition"]["StringEquals"]["aws:SourceAccount"] == "123456789012"


def test_endpoints_are_in_every_private_subnet_and_open_to_the_vpc(settings: EnvironmentSettings) -> None:
    said = {"s3": True, "interfaces": ("ecr.api", "ecr.dkr", "logs")}
    rendered = body(settings, "endpoints", endpoints=said)
    interface = resource(rendered, "aws_vpc_endpoint.interface")
    assert list(interface["for_each"]) == ["ecr.api", "ecr.dkr", "logs"]
    assert interface["private_dns_enabled"] is True
    assert interface["subnet_ids"] == "${var.private_subnet_ids}"
    assert resource(rendered, "aws_vpc_endpoint.s3")["route_table_ids"] == "${var.private_route_table_ids}"
    group = resource(body(settings, "security-groups", endpoints=said), "aws_security_group.endpoints")
    (rule,) = group["ingress"]
    assert (rule["from_port"], rule["cidr_blocks"]) == (443, [settings.networking.vpc_cidr])
    assert group["egress"] == []


def test_a_gateway_endpoint_needs_no_security_group(settings: EnvironmentSettings) -> None:
    assert (
        "endpoints" not in body(settings, "security-groups", endpoints={"s3": True})["resource"]["aws_security_group"]
    )


def test_invalid_headers_are_dropped_only_where_it_is_set(settings: EnvironmentSettings) -> None:
    assert "drop_invalid_header_fields" not in resource(body(settings, "alb"), "aws_lb.main")
    rendered = body(settings, "alb", alb={"drop_invalid_header_fields": True})
    assert resource(rendered, "aws_lb.main")["drop_invalid_header_fields"] is True


@pytest.mark.parametrize(
    ("setting", "argument", "value"),
    [
        ("desync_mitigation_mode", "desync_mitigation_mode", "strictest"),
        ("client_keep_alive", "client_keep_alive", 7200),
        ("waf_fail_open", "enable_waf_fail_open", True),
    ],
)
def test_what_the_load_balancer_does_is_said_only_where_it_is_set(
    settings: EnvironmentSettings, setting: str, argument: str, value: object
) -> None:
    assert argument not in resource(body(settings, "alb"), "aws_lb.main")
    assert resource(body(settings, "alb", alb={setting: value}), "aws_lb.main")[argument] == value


def test_an_internal_load_balancer_is_in_the_private_subnets(settings: EnvironmentSettings) -> None:
    outside, inside = (body(settings, "alb", alb={"internal": each}) for each in (False, True))
    for rendered, kind in ((outside, "public"), (inside, "private")):
        balancer = resource(rendered, "aws_lb.main")
        assert (balancer["internal"], balancer["subnets"]) == (kind == "private", f"${{var.{kind}_subnet_ids}}")
    group = resource(body(settings, "security-groups", alb={"internal": True}), "aws_security_group.alb")
    assert [each["description"] for each in group["ingress"]] == ["HTTP from inside", "HTTPS from inside"]


def test_the_redirect_is_permanent_and_to_443(settings: EnvironmentSettings) -> None:
    rendered = body(settings, "alb", alb={"certificate_arn": CERTIFICATE})
    assert resource(rendered, "aws_lb_listener.http")["default_action"] == [
        {"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "status_code": "HTTP_301"}}
    ]


def test_the_container_is_what_the_settings_say(settings: EnvironmentSettings) -> None:
    secret = "arn:aws:secretsmanager:us-west-2:123456789012:secret:miyabi/prod/db"
    rendered = body(
        settings,
        "ecs",
        ecs={"environment_variables": {"GREETING": "${user} costs 5%{or so}"}, "secrets": {"DATABASE_URL": secret}},
    )
    container = rendered["locals"]["container_definitions"][0]
    assert container["environment"] == [
        {"name": "GREETING", "value": "$${user} costs 5%%{or so}"},
        {"name": "REDIS_URL", "value": "${var.redis_url}"},
    ]
    assert container["secrets"] == [{"name": "DATABASE_URL", "valueFrom": secret}]
    assert container["image"] == "${var.ecr_image_uri}"


@pytest.mark.parametrize(
    ("path", "shown"),
    [("/health", "http://localhost:8080/health"), ("/h?a=1&b=2", "'http://localhost:8080/h?a=1&b=2'")],
)
def test_the_shell_of_the_health_check_takes_the_path_as_it_is(
    settings: EnvironmentSettings, path: str, shown: str
) -> None:
    container = body(settings, "ecs", ecs={"health_check_path": path})["locals"]["container_definitions"][0]
    assert container["healthCheck"]["command"] == ["CMD-SHELL", f"curl -f {shown} || exit 1"]


def container_with(settings: EnvironmentSettings, **changed: object) -> dict[str, Any]:
    found = body(settings, "ecs", ecs=changed)["locals"]["container_definitions"][0]
    return cast("dict[str, Any]", found)


def test_a_program_checks_the_health_of_an_image_without_curl(settings: EnvironmentSettings) -> None:
    own = container_with(
        settings,
        container_health_check="command",
        container_health_check_command=("/bin/app", "health ${x}"),
        container_health_check_interval=10,
        container_health_check_start_period=0,
    )
    assert own["healthCheck"] == {
        "command": ["CMD", "/bin/app", "health $${x}"],
        "interval": 10,
        "timeout": 5,
        "retries": 3,
        "startPeriod": 0,
    }
    assert "healthCheck" not in container_with(settings, container_health_check="none")


def test_a_container_is_confined_as_its_settings_say(settings: EnvironmentSettings) -> None:
    said = {"stop_timeout": 60, "read_only_root": True, "writable_paths": ("/run/app",), "user": "10001"}
    confined = container_with(settings, **said, open_files_limit=65536)
    assert {key: confined[key] for key in ("stopTimeout", "readonlyRootFilesystem", "user", "mountPoints")} == {
        "stopTimeout": 60,
        "readonlyRootFilesystem": True,
        "user": "10001",
        "mountPoints": [{"sourceVolume": "writable-0", "containerPath": "/run/app", "readOnly": False}],
    }
    assert confined["ulimits"] == [{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}]
    definition = resource(body(settings, "ecs", ecs={**said, "ephemeral_storage": 30}), "aws_ecs_task_definition.app")
    assert definition["volume"] == [{"name": "writable-0"}]
    assert definition["ephemeral_storage"] == {"size_in_gib": 30}


def test_the_application_logs_through_the_router_and_waits_for_it(settings: EnvironmentSettings) -> None:
    router = {"image": "router:1", "essential": True, "log_router": "fluentbit", "application_waits": "START"}
    rendered = body(settings, "ecs", ecs={"sidecars": {"router": router}, "log_router_options": {"Name": "stdout"}})
    application, sidecar = rendered["locals"]["container_definitions"]
    assert application["logConfiguration"] == {"logDriver": "awsfirelens", "options": {"Name": "stdout"}}
    assert application["dependsOn"] == [{"containerName": "router", "condition": "START"}]
    assert sidecar["firelensConfiguration"] == {"type": "fluentbit"}
    assert sidecar["logConfiguration"]["logDriver"] == "awslogs"


def test_the_execution_role_reads_the_secrets_of_sidecars(settings: EnvironmentSettings) -> None:
    secret = "arn:aws:secretsmanager:us-west-2:123456789012:secret:agent"
    agent = {"image": "agent:1", "secrets": {"KEY": secret}}
    changed = {"sidecars": {"agent": agent}}
    rendered = body(settings, "iam", ecs=changed, iam={"execution_role_reads_secrets": True})
    assert secret in str(rendered["locals"])


@pytest.mark.parametrize("text", ["${x}", "%{if}", "$${x}", "plain", "$", "50%"])
def test_a_literal_is_text_to_terraform(text: str) -> None:
    assert literal(text).replace("$${", "${").replace("%%{", "%{") == text


def test_arm_is_stated_only_where_it_is_set(settings: EnvironmentSettings) -> None:
    unset = resource(body(settings, "ecs"), "aws_ecs_task_definition.app")
    arm = resource(body(settings, "ecs", ecs={"cpu_architecture": "ARM64"}), "aws_ecs_task_definition.app")
    assert "runtime_platform" not in unset
    assert arm["runtime_platform"] == {"cpu_architecture": "ARM64", "operating_system_family": "LINUX"}


@pytest.mark.parametrize(
    ("version", "family"), [("7.1", "redis7"), ("7.0", "redis7"), ("6.2", "redis6.x"), ("5.0.6", "redis5.0")]
)
def test_the_parameter_group_is_of_the_versions_family(
    settings: EnvironmentSettings, version: str, family: str
) -> None:
    rendered = body(settings, "elasticache", elasticache={"redis_engine_version": version})
    assert resource(rendered, "aws_elasticache_parameter_group.redis")["family"] == family


@pytest.mark.parametrize(
    ("managed", "expected"),
    [
        (("desired_count",), {"ignore_changes": ["desired_count"]}),
        (("desired_count", "task_definition"), {"ignore_changes": ["desired_count", "task_definition"]}),
        ((), None),
    ],
)
def test_what_is_managed_elsewhere_is_ignored(
    settings: EnvironmentSettings, managed: tuple[str, ...], expected: dict[str, list[str]] | None
) -> None:
    rendered = body(settings, "ecs-service", ecs_service={"managed_elsewhere": managed})
    assert resource(rendered, "aws_ecs_service.app").get("lifecycle") == expected


@pytest.mark.parametrize(("threshold", "expected"), [(None, 4), (0, 0), (3, 3)])
def test_the_low_tasks_alarm_rings_below_the_desired_count(
    settings: EnvironmentSettings, threshold: int | None, expected: int
) -> None:
    rendered = body(settings, "ecs-service", ecs_service={"running_tasks_alarm_threshold": threshold})
    assert resource(rendered, "aws_cloudwatch_metric_alarm.service_running_tasks")["threshold"] == expected


@pytest.mark.parametrize("on", [True, False])
def test_service_discovery_registers_the_service(settings: EnvironmentSettings, *, on: bool) -> None:
    rendered = body(settings, "ecs-service", ecs_service={"enable_service_discovery": on})
    assert resource(rendered, "aws_service_discovery_service.app")["count"] == int(on)
    assert ("service_registries" in resource(rendered, "aws_ecs_service.app")) is on
    name = rendered["output"]["service_discovery_dns_name"]["value"]
    assert name == ("miyabi-app.miyabi.local" if on else "${null}")


def test_the_service_waits_for_listeners_and_policies(output: Path) -> None:
    root_module = json.loads((output / "stacks/miyabi-prod/cdk.tf.json").read_text(encoding="utf-8"))
    assert root_module["module"][EcsServiceModule.call_name()]["depends_on"] == [
        "module.alb",
        "module.iam",
        "module.networking",
    ]
    assert root_module["module"]["alb"]["depends_on"] == ["module.networking"]


def test_a_construct_id_that_is_no_address_is_refused() -> None:
    class Broken(Module):
        folder = "broken"

    module = Broken(TerraformStack(App(), "stack"))
    Vpc(module.body, "aws_subnet.main")
    with pytest.raises(ValueError, match=r"construct id 'aws_subnet\.main' is not an address of type aws_vpc"):
        module.rendered()


def test_two_resources_of_a_type_may_not_share_a_name() -> None:
    class Broken(Module):
        folder = "broken"

    module = Broken(TerraformStack(App(), "stack"))
    Vpc(module.body, "aws_vpc.main")
    with pytest.raises(RuntimeError, match=r"already a Construct with name 'aws_vpc\.main'"):
        Vpc(module.body, "aws_vpc.main")


@pytest.mark.parametrize(
    ("topology", "node", "group", "alarms", "url"),
    [
        ("single-node", True, False, None, "redis://${aws_elasticache_cluster.redis.cache_nodes[0].address}:"),
        ("adding-group", True, True, None, "redis://${aws_elasticache_cluster.redis.cache_nodes[0].address}:"),
        (
            "retiring-node",
            True,
            True,
            2,
            "rediss://${aws_elasticache_replication_group.redis.primary_endpoint_address}:",
        ),
        (
            "replication-group",
            False,
            True,
            2,
            "rediss://${aws_elasticache_replication_group.redis.primary_endpoint_address}:",
        ),
    ],
)
def test_a_node_becomes_a_group_in_steps(  # one argument a column
    settings: EnvironmentSettings, topology: str, alarms: int | None, url: str, *, node: bool, group: bool
) -> None:
    changed = {"topology": topology, "transit_encryption_enabled": group, "log_delivery": ()}
    rendered = body(settings, "elasticache", elasticache=changed)
    assert ("aws_elasticache_cluster" in rendered["resource"]) is node
    assert ("aws_elasticache_replication_group" in rendered["resource"]) is group
    assert resource(rendered, "aws_cloudwatch_metric_alarm.redis_cpu").get("count") == alarms
    assert rendered["output"]["redis_url"]["value"].startswith(url)
    if node:
        assert resource(rendered, "aws_elasticache_cluster.redis")["transit_encryption_enabled"] is False


def test_the_group_of_prod_survives_the_loss_of_a_zone_and_is_encrypted(settings: EnvironmentSettings) -> None:
    group = resource(body(settings, "elasticache"), "aws_elasticache_replication_group.redis")
    assert {
        "num_cache_clusters": 2,
        "automatic_failover_enabled": True,
        "multi_az_enabled": True,
        "at_rest_encryption_enabled": "true",
        "transit_encryption_enabled": True,
        "auto_minor_version_upgrade": "false",
        "lifecycle": {"ignore_changes": ["snapshot_name"]},
    }.items() <= group.items()


def test_the_token_reaches_the_tasks_through_a_secret_alone(settings: EnvironmentSettings) -> None:
    changed = {"auth": "token"}
    cache = body(settings, "elasticache", elasticache=changed)
    assert cache["locals"]["redis_secret"]["auth_token"] == "${var.redis_auth_token}"
    assert resource(cache, "aws_elasticache_replication_group.redis")["auth_token"] == "${var.redis_auth_token}"
    assert "redis_url" not in cache["output"]
    container = body(settings, "ecs", elasticache=changed)["locals"]["container_definitions"][0]
    assert container["secrets"] == [{"name": "REDIS_URL", "valueFrom": "${var.redis_secret_arn}:url::"}]
    assert "REDIS_URL" not in [each["name"] for each in container["environment"]]
    statements = body(settings, "iam", elasticache=changed)["locals"]["ecr_access_policy"]["Statement"]
    assert statements[-1]["Resource"] == "${var.redis_secret_arn}"


ON = {"enabled": True, "migration_command": ["/app/migrate"]}


def test_each_exported_log_of_the_database_has_its_group_before(settings: EnvironmentSettings) -> None:
    logs = ["postgresql", "upgrade", "iam-db-auth-error"]
    made = body(settings, "rds", rds=ON | {"log_exports": logs})
    groups = {each["name"] for each in made["resource"]["aws_cloudwatch_log_group"].values()}
    assert groups == {f"/aws/rds/instance/miyabi-db-prod/{log}" for log in logs}
    waited = resource(made, "aws_db_instance.main")["depends_on"]
    assert "aws_cloudwatch_log_group.iam_db_auth_error" in waited


def test_the_database_is_private_encrypted_and_neither_deleted_nor_replaced(settings: EnvironmentSettings) -> None:
    database = resource(body(settings, "rds", rds=ON), "aws_db_instance.main")
    assert {
        "publicly_accessible": False,
        "storage_encrypted": True,
        "manage_master_user_password": True,
        "deletion_protection": True,
        "skip_final_snapshot": False,
        "lifecycle": {"prevent_destroy": True, "ignore_changes": ["snapshot_identifier"]},
    }.items() <= database.items()
    assert "password" not in database
    deletable = resource(body(settings, "rds", rds=ON | {"deletable": True}), "aws_db_instance.main")
    assert (deletable["deletion_protection"], "prevent_destroy" in deletable["lifecycle"]) == (False, False)


def test_parameters_that_are_not_known_to_be_dynamic_wait_for_a_restart(settings: EnvironmentSettings) -> None:
    asked = {"shared_preload_libraries": "pg_stat_statements", "work_mem": "8192"}
    group = resource(body(settings, "rds", rds=ON | {"parameters": asked}), "aws_db_parameter_group.main")
    assert {each["name"]: each["apply_method"] for each in group["parameter"]} == {
        "rds.force_ssl": "immediate",
        "shared_preload_libraries": "pending-reboot",
        "work_mem": "immediate",
    }


def test_the_tasks_log_in_with_iam_and_know_no_password(settings: EnvironmentSettings) -> None:
    container = body(settings, "ecs", rds=ON)["locals"]["container_definitions"][0]
    variables = {each["name"]: each["value"] for each in container["environment"]}
    assert {
        "DATABASE_HOST": "${var.database_host}",
        "DATABASE_PORT": "5432",
        "DATABASE_NAME": "miyabi",
        "DATABASE_USER": "miyabi_app",
    }.items() <= variables.items()
    assert not [each for each in container["secrets"] if "master" in each["valueFrom"]]
    of_task = body(settings, "iam", rds=ON)["locals"]["app_permissions_policy"]["Statement"]
    assert of_task[-1] == {"Effect": "Allow", "Action": "rds-db:connect", "Resource": "${var.database_user_arn}"}


def test_the_tasks_log_in_with_a_secret_that_the_execution_role_reads(settings: EnvironmentSettings) -> None:
    changed = {"enabled": True, "access": "secret"}
    container = body(settings, "ecs", rds=changed)["locals"]["container_definitions"][0]
    assert {each["name"]: each["valueFrom"] for each in container["secrets"]} == {
        "DATABASE_USER": "${var.database_secret_arn}:username::",
        "DATABASE_PASSWORD": "${var.database_secret_arn}:password::",
    }
    policies = body(settings, "iam", rds=changed)["locals"]
    assert policies["ecr_access_policy"]["Statement"][-1]["Resource"] == "${var.database_secret_arn}"
    assert "rds-db:connect" not in [each["Action"] for each in policies["app_permissions_policy"]["Statement"]]
    assert "aws_db_instance" in body(settings, "rds", rds=changed)["resource"]


def test_only_the_migration_gets_the_master_password(settings: EnvironmentSettings) -> None:
    ecs = body(settings, "ecs", rds=ON)
    (migration,) = ecs["locals"]["migration_container_definitions"]
    assert migration["command"] == ["/app/migrate"]
    assert [each["valueFrom"] for each in migration["secrets"]] == [
        "${var.database_master_secret_arn}:username::",
        "${var.database_master_secret_arn}:password::",
    ]
    statements = body(settings, "iam", rds=ON)["locals"]["ecr_access_policy"]["Statement"]
    assert statements[-1]["Resource"] == "${var.database_master_secret_arn}"
    without = body(settings, "ecs", rds={"enabled": True})
    assert list(without["resource"]["aws_ecs_task_definition"]) == ["app"]


PAYMENTS = {"payments": {"description": "Key of the ${payment} provider", "kms_key_arn": KEY}}
LOGIN = {"login": {"description": "Login at the partner's", "application_reads": True, "rotation_days": 90}}


def test_a_secret_has_no_value_and_a_name_that_the_application_may_not_read_by_default(
    settings: EnvironmentSettings,
) -> None:
    rendered = body(settings, "secrets", secrets=PAYMENTS | LOGIN)
    secret = resource(rendered, "aws_secretsmanager_secret.named")
    assert secret["name"] == "miyabi-prod/${each.key}"  # the task role reads miyabi/prod/*
    assert list(rendered["resource"]) == ["aws_secretsmanager_secret"]
    held = rendered["locals"]["secrets"]
    assert held["payments"]["description"] == "Key of the $${payment} provider"
    assert (held["payments"]["recovery_window_in_days"], held["payments"]["kms_key_id"]) == (30, KEY)
    assert held["login"]["tags"] == {"Name": "miyabi-prod/login", "RotationDays": "90"}


def test_a_secret_is_read_by_those_who_are_named_alone(settings: EnvironmentSettings) -> None:
    named = {"secrets": {"PAYMENTS_KEY": "secrets.payments:key"}}
    container = body(settings, "ecs", secrets=PAYMENTS | LOGIN, ecs=named)["locals"]["container_definitions"][0]
    assert {each["name"]: each["valueFrom"] for each in container["secrets"]} == {
        "PAYMENTS_KEY": '${var.secret_arns["payments"]}:key::'
    }
    policies = body(settings, "iam", secrets=PAYMENTS | LOGIN, ecs=named)["locals"]
    reading = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue"}
    assert policies["ecr_access_policy"]["Statement"][1:] == [
        {**reading, "Resource": ['${var.secret_arns["payments"]}']},
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": [KEY]},
    ]
    assert policies["app_permissions_policy"]["Statement"][-1] == {
        **reading,
        "Resource": ['${var.secret_arns["login"]}'],
    }


def test_a_secret_that_nobody_reads_changes_no_other_module(settings: EnvironmentSettings) -> None:
    for module in ("iam", "ecs"):
        assert body(settings, module, secrets=PAYMENTS) == body(settings, module)


def test_the_topic_hears_of_failovers_and_the_dashboard_shows_the_database(settings: EnvironmentSettings) -> None:
    heard = {"notifications": {"email_addresses": ["oncall@example.com"]}, "monitoring": {"enabled": True}}
    events = resource(body(settings, "rds", rds=ON, **heard), "aws_db_event_subscription.main")
    assert {"failover", "failure", "low storage"} <= set(events["event_categories"])
    assert (events["source_type"], events["sns_topic"]) == ("db-instance", "${var.alarm_topic_arn}")
    policy = body(settings, "notifications", rds=ON, **heard)["locals"]["topic_policy"]["Statement"]
    assert [each["Principal"]["Service"] for each in policy] == ["cloudwatch.amazonaws.com", "events.rds.amazonaws.com"]
    assert "aws_db_event_subscription" not in body(settings, "rds", rds=ON)["resource"]  # nobody would hear
    widgets = body(settings, "monitoring", rds=ON, **heard)["locals"]["dashboard_body"]["widgets"]
    shown = {each["properties"]["title"]: each["properties"] for each in widgets}
    assert {"Database: alarms", "CPU of the database (%)", "Latency of the database's disk (s)"} <= shown.keys()
    assert shown["Connections to the database"]["annotations"]["horizontal"] == [{"label": "alarm", "value": 60}]


@pytest.mark.parametrize(
    ("port", "named", "name"),
    [(8080, 8080, "miyabi-tg-prod"), (3000, 8080, "miyabi-tg-3000-prod"), (3000, 3000, "miyabi-tg-prod")],
)
def test_target_groups_of_two_ports_never_share_a_name(
    settings: EnvironmentSettings, port: int, named: int, name: str
) -> None:
    changed = settings.model_copy(update={"container_port": port})
    group = resource(body(changed, "alb", alb={"named_for_port": named}), "aws_lb_target_group.app")
    assert (group["name"], group["lifecycle"]) == (name, {"create_before_destroy": True})


@pytest.mark.parametrize("kind", ["public", "private"])
def test_a_subnet_is_created_before_the_one_that_it_replaces_is_deleted(
    settings: EnvironmentSettings, kind: str
) -> None:
    subnet = resource(body(settings, "networking"), f"aws_subnet.{kind}")
    assert subnet["lifecycle"] == {"create_before_destroy": True}


def test_a_revision_that_a_pipeline_deployed_is_kept(settings: EnvironmentSettings) -> None:
    mine = resource(body(settings, "ecs"), "aws_ecs_task_definition.app")
    theirs = body(settings, "ecs", ecs_service={"managed_elsewhere": ("desired_count", "task_definition")})
    assert "skip_destroy" not in mine
    assert resource(theirs, "aws_ecs_task_definition.app")["skip_destroy"] is True


def test_the_output_of_the_desired_count_is_quiet_where_the_autoscaler_changes_it(
    settings: EnvironmentSettings,
) -> None:
    quiet = body(settings, "ecs-service")["output"]["service_desired_count"]["value"]
    followed = body(settings, "ecs-service", ecs_service={"managed_elsewhere": ()})
    assert quiet == 4
    assert followed["output"]["service_desired_count"]["value"] == "${aws_ecs_service.app.desired_count}"


def test_limits_that_a_schedule_changes_are_ignored_and_an_apply_can_wait(settings: EnvironmentSettings) -> None:
    changed = {"scaling_managed_elsewhere": ("min_capacity",), "wait_for_steady_state": True}
    rendered = body(settings, "ecs-service", ecs_service=changed)
    assert resource(rendered, "aws_appautoscaling_target.ecs")["lifecycle"] == {"ignore_changes": ["min_capacity"]}
    assert resource(rendered, "aws_ecs_service.app")["wait_for_steady_state"] is True
    assert "wait_for_steady_state" not in resource(body(settings, "ecs-service"), "aws_ecs_service.app")


@pytest.mark.parametrize(
    ("version", "named", "name"),
    [
        ("7.0", "redis7", "miyabi-redis-params-prod"),
        ("6.2", "redis7", "miyabi-redis-params-redis6-x-prod"),
        ("6.2", "redis6.x", "miyabi-redis-params-prod"),
        ("7.1", "redis6.x", "miyabi-redis-params-redis7-prod"),
    ],
)
def test_parameter_groups_of_two_families_never_share_a_name(
    settings: EnvironmentSettings, version: str, named: str, name: str
) -> None:
    changed = {"redis_engine_version": version, "named_for_family": named}
    group = resource(body(settings, "elasticache", elasticache=changed), "aws_elasticache_parameter_group.redis")
    assert (group["name"], group["lifecycle"]) == (name, {"create_before_destroy": True})


DATABASE_URL = "arn:aws:secretsmanager:us-west-2:123456789012:secret:miyabi/prod/db-AbCdEf"
API_KEY = "arn:aws:ssm:us-west-2:123456789012:parameter/miyabi/prod/api-key"


@pytest.mark.parametrize("declare", ["output", "wire"])
def test_no_output_and_no_variable_is_declared_twice(declare: str) -> None:
    class TwiceModule(Module):
        folder = "twice"

    module = TwiceModule(TerraformStack(App(), "stack"))
    getattr(module, declare)("id", "1", "")
    with pytest.raises(ValueError, match="'id' is declared twice"):
        getattr(module, declare)("id", "1", "")


def test_the_execution_role_may_read_the_secrets_that_a_task_starts_with(settings: EnvironmentSettings) -> None:
    rendered = body(
        settings,
        "iam",
        iam={"execution_role_reads_secrets": True},
        ecs={"secrets": {"DB": f"{DATABASE_URL}:url::", "DB_USER": f"{DATABASE_URL}:user::", "KEY": API_KEY}},
    )
    assert rendered["locals"]["ecr_access_policy"]["Statement"][1:] == [
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": [f"{DATABASE_URL}*"]},
        {"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": [API_KEY]},
    ]


@pytest.mark.parametrize("reads", [True, False])
def test_without_secrets_or_leave_the_execution_role_reads_none(settings: EnvironmentSettings, *, reads: bool) -> None:
    secrets = {} if reads else {"DB": DATABASE_URL}
    rendered = body(settings, "iam", iam={"execution_role_reads_secrets": reads}, ecs={"secrets": secrets})
    assert len(rendered["locals"]["ecr_access_policy"]["Statement"]) == 1


def test_the_application_may_open_the_channel_of_ecs_exec(settings: EnvironmentSettings) -> None:
    rendered = body(settings, "iam", iam={"task_role_allows_exec": True})
    assert "ssmmessages:OpenDataChannel" in rendered["locals"]["app_permissions_policy"]["Statement"][-1]["Action"]


@pytest.mark.parametrize(
    ("share", "base", "strategy"),
    [
        (75, None, [("FARGATE", 2, 1), ("FARGATE_SPOT", 0, 3)]),
        (100, 1, [("FARGATE", 1, 0), ("FARGATE_SPOT", 0, 1)]),
        (0, 0, [("FARGATE", 0, 1)]),
    ],
)
def test_tasks_are_shared_between_spot_and_on_demand(
    settings: EnvironmentSettings, share: int, base: int | None, strategy: list[tuple[str, int, int]]
) -> None:
    changed = {"spot_share": share, "on_demand_base": base, "autoscaling_min_capacity": 2}
    service = resource(body(settings, "ecs-service", ecs_service=changed), "aws_ecs_service.app")
    assert "launch_type" not in service
    found = [
        (each["capacity_provider"], each["base"], each["weight"]) for each in service["capacity_provider_strategy"]
    ]
    assert found == strategy


def test_alarms_of_the_load_balancer_roll_a_deployment_back(settings: EnvironmentSettings) -> None:
    changed = {"deployment_alarms": ("unhealthy-hosts",)}
    service = resource(body(settings, "ecs-service", ecs_service=changed), "aws_ecs_service.app")
    assert service["alarms"] == {"alarm_names": ["miyabi-alb-unhealthy-hosts-prod"], "enable": True, "rollback": True}
    alarms = body(settings, "alb")["resource"]["aws_cloudwatch_metric_alarm"]
    assert set(service["alarms"]["alarm_names"]) <= {each["alarm_name"] for each in alarms.values()}


def test_a_service_that_has_no_deployment_alarms_any_more_says_so(settings: EnvironmentSettings) -> None:
    """Provider 5 fails where the block goes, or has no names (UpdateService without the names of the alarms)."""
    none = resource(body(settings, "ecs-service", ecs_service={"deployment_alarms": ()}), "aws_ecs_service.app")
    names = ["miyabi-alb-high-response-time-prod", "miyabi-alb-unhealthy-hosts-prod"]
    assert none["alarms"] == {"alarm_names": names, "enable": False, "rollback": False}
    assert "alarms" not in resource(body(settings, "ecs-service"), "aws_ecs_service.app")


def test_the_range_changes_at_the_begin_and_the_end_of_the_running_hours(settings: EnvironmentSettings) -> None:
    changed = {
        "running_hours": "MON-FRI 07:05-20:30",
        "running_hours_timezone": "Asia/Tokyo",
        "tasks_outside_running_hours": 1,
        "autoscaling_min_capacity": 2,
        "autoscaling_max_capacity": 6,
        "scaling_managed_elsewhere": ("min_capacity", "max_capacity"),
    }
    rendered = body(settings, "ecs-service", ecs_service=changed)
    actions = rendered["resource"]["aws_appautoscaling_scheduled_action"]
    assert {name: (each["schedule"], each["scalable_target_action"]) for name, each in actions.items()} == {
        "begin": ("cron(5 7 ? * MON-FRI *)", {"min_capacity": "2", "max_capacity": "6"}),
        "end": ("cron(30 20 ? * MON-FRI *)", {"min_capacity": "1", "max_capacity": "1"}),
    }
    assert {each["timezone"] for each in actions.values()} == {"Asia/Tokyo"}


OWNERS = ("desired_count", "task_definition", "load_balancer")
"""What CodeDeploy changes of a service, and the autoscaler."""


def test_codedeploy_has_a_service_of_its_own_and_leaves_the_address_of_the_other_alone(
    settings: EnvironmentSettings,
) -> None:
    services: dict[str, dict[str, Any]] = {}
    for deployment in ("rolling", "both", "blue_green"):
        changed = {"deployment": deployment, "managed_elsewhere": OWNERS}
        rendered = body(settings, "ecs-service", ecs_service=changed)
        services[deployment] = rendered["resource"]["aws_ecs_service"]
        scaled = "app" if deployment != "blue_green" else "blue_green"
        target = resource(rendered, "aws_appautoscaling_target.ecs")["resource_id"]
        assert target.endswith(f"${{aws_ecs_service.{scaled}.name}}")
        by_requests = "ecs_requests" in rendered["resource"]["aws_appautoscaling_policy"]
        assert by_requests == (deployment != "blue_green")
    assert services["rolling"].keys() == {"app"}
    assert services["both"].keys() == {"app", "blue_green"}
    assert services["blue_green"].keys() == {"blue_green"}
    assert services["both"]["app"] == services["rolling"]["app"]
    shifted = services["blue_green"]["blue_green"]
    assert shifted["deployment_controller"] == {"type": "CODE_DEPLOY"}
    assert shifted["lifecycle"] == {"ignore_changes": list(OWNERS)}
    assert not {"deployment_circuit_breaker", "alarms"} & shifted.keys()


def test_terraform_leaves_alone_where_codedeploy_sends_the_traffic(settings: EnvironmentSettings) -> None:
    changed = {"deployment": "blue_green", "managed_elsewhere": OWNERS}
    plain = body(settings, "alb", ecs_service=changed, alb={"certificate_arn": ""})
    assert resource(plain, "aws_lb_listener.http")["lifecycle"] == {"ignore_changes": ["default_action"]}
    assert "test" not in plain["resource"]["aws_lb_listener"]

    https = {"certificate_arn": CERTIFICATE, "redirect_http_to_https": True}
    tested = {"test_port": 8443, "test_cidr_blocks": ("203.0.113.0/24",)}
    encrypted = body(settings, "alb", ecs_service=changed, alb=https, codedeploy=tested)
    listeners = encrypted["resource"]["aws_lb_listener"]
    assert "lifecycle" not in listeners["http"]
    assert {name: listeners[name]["lifecycle"]["ignore_changes"] for name in ("https", "test")} == {
        "https": ["default_action"],
        "test": ["default_action"],
    }
    assert (listeners["test"]["port"], listeners["test"]["protocol"]) == (8443, "HTTPS")
    groups = encrypted["resource"]["aws_lb_target_group"]
    assert {name: each["name"] for name, each in groups.items()} == {
        "app": "miyabi-tg-prod",
        "green": "miyabi-tg-green-prod",
    }
    unnamed: list[dict[str, Any]] = [{**each, "name": "", "tags": None} for each in groups.values()]
    assert unnamed[0] == unnamed[1]
    groups = body(settings, "security-groups", ecs_service=changed, codedeploy=tested)
    rules = resource(groups, "aws_security_group.alb")["ingress"]
    assert [(each["from_port"], each["cidr_blocks"]) for each in rules][-1] == (8443, ["203.0.113.0/24"])


@pytest.mark.parametrize(("minutes", "action"), [(0, "CONTINUE_DEPLOYMENT"), (30, "STOP_DEPLOYMENT")])
def test_a_deployment_waits_and_is_rolled_back_as_the_overlay_says(
    settings: EnvironmentSettings, minutes: int, action: str
) -> None:
    alarms = ("unhealthy-hosts", "high-response-time")
    rendered = body(
        settings,
        "codedeploy",
        ecs_service={"deployment": "blue_green", "managed_elsewhere": OWNERS, "deployment_alarms": alarms},
        codedeploy={"approval_minutes": minutes, "traffic": "ECSCanary10Percent5Minutes"},
    )
    group = resource(rendered, "aws_codedeploy_deployment_group.app")
    assert group["deployment_config_name"] == "CodeDeployDefault.ECSCanary10Percent5Minutes"
    waits = group["blue_green_deployment_config"]
    ready = {"action_on_timeout": action} | ({"wait_time_in_minutes": minutes} if minutes else {})
    assert waits["deployment_ready_option"] == ready
    watched = group["alarm_configuration"]["alarms"]
    assert watched == [
        "miyabi-alb-unhealthy-hosts-prod",
        "miyabi-alb-high-response-time-prod",
        "miyabi-alb-unhealthy-hosts-green-prod",
    ]
    made = body(settings, "alb", ecs_service={"deployment": "blue_green", "managed_elsewhere": OWNERS})["resource"][
        "aws_cloudwatch_metric_alarm"
    ]
    assert set(watched) <= {each["alarm_name"] for each in made.values()}
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["auto_rollback_configuration"]["events"]


def test_the_dashboard_shows_both_target_groups(settings: EnvironmentSettings) -> None:
    changed = {"deployment": "blue_green", "managed_elsewhere": OWNERS}
    rendered = body(settings, "monitoring", ecs_service=changed, monitoring={"enabled": True})
    text = json.dumps(rendered["locals"]["dashboard_body"])
    assert [text.count(f"${{var.{name}target_group_arn_suffix}}") for name in ("", "green_")] == [2, 2]
