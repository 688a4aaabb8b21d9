"""`miyabi-infra status` against scripted answers of AWS: what no emulated AWS brings about."""

import copy
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from miyabi_infra.aws.client import Aws, Kind, Trouble
from miyabi_infra.aws.coverage import SHOWN
from miyabi_infra.aws.readers.ecs import MIGRATING
from miyabi_infra.aws.status import SECTIONS, Level, Status, as_data, model, read
from miyabi_infra.aws.status import probe as probe_module
from miyabi_infra.aws.status.firewall import other_rules
from miyabi_infra.aws.world import Compared, Found
from miyabi_infra.commands import status as show
from miyabi_infra.commands.status import run, text
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Module, Resource, Stack, Value
from miyabi_infra.stacks import read as read_stacks
from miyabi_infra.stacks.firewalls import web_acls
from tests.support import Project

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)

REPOSITORY = "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api"


def group(name: str, port: int, **sources: Any) -> dict[str, Any]:  # noqa: ANN401
    """A security group that lets in to one port, and everything out."""
    return {
        "GroupId": f"sg-{name}",
        "GroupName": f"miyabi-{name}-sg-dev",
        "Description": "",
        "VpcId": "vpc",
        "IpPermissions": [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **sources}],
        "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    }


HEALTHY: Mapping[str, Any] = {
    "get_caller_identity": {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/night"},
    "describe_services": {
        "services": [
            {
                "status": "ACTIVE",
                "runningCount": 2,
                "desiredCount": 2,
                "pendingCount": 0,
                "deployments": [
                    {
                        "status": "PRIMARY",
                        "rolloutState": "COMPLETED",
                        "rolloutStateReason": "ECS deployment ecs-svc/1 completed.",
                        "taskDefinition": "arn:aws:ecs:us-west-2:123456789012:task-definition/miyabi-app-dev:7",
                        "createdAt": NOW - timedelta(hours=5),
                        "failedTasks": 0,
                    }
                ],
                "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
                "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["private"], "assignPublicIp": "DISABLED"}},
                "events": [],
            }
        ]
    },
    "list_tasks": [],
    "describe_tasks": {"tasks": []},
    "describe_task_definition": {
        "taskDefinition": {
            "taskDefinitionArn": "arn:aws:ecs:us-west-2:123456789012:task-definition/miyabi-app-dev:7",
            "containerDefinitions": [{"image": f"{REPOSITORY}:3f2c1ab"}],
        }
    },
    "describe_images": [
        {"imageDigest": "sha256:1", "imageTags": ["9d8e7f6"], "imagePushedAt": NOW - timedelta(days=3)},
        {"imageDigest": "sha256:2", "imageTags": ["dev-3f2c1ab", "3f2c1ab"], "imagePushedAt": NOW - timedelta(hours=6)},
    ],
    "describe_load_balancers": {
        "LoadBalancers": [
            {
                "LoadBalancerArn": "lb",
                "State": {"Code": "active"},
                "DNSName": "lb.example.com",
                "Scheme": "internet-facing",
                "VpcId": "vpc",
                "SecurityGroups": ["sg-alb"],
                "AvailabilityZones": [{"SubnetId": "public"}],
            }
        ]
    },
    "describe_listeners": [
        {"ListenerArn": "l80", "Port": 80, "DefaultActions": [{"Type": "forward", "TargetGroupArn": "arn"}]}
    ],
    "describe_rules": [],
    "describe_security_groups": [
        group("alb", 80, IpRanges=[{"CidrIp": "0.0.0.0/0"}]),
        group("ecs", 8080, UserIdGroupPairs=[{"GroupId": "sg-alb"}]),
        group("rds", 5432, UserIdGroupPairs=[{"GroupId": "sg-ecs"}]),
        group("redis", 6379, UserIdGroupPairs=[{"GroupId": "sg-ecs"}]),
    ],
    "describe_vpcs": [{"VpcId": "vpc"}],
    "describe_cache_subnet_groups": {"CacheSubnetGroups": []},
    "describe_subnets": {"Subnets": [{"SubnetId": "private", "VpcId": "vpc", "AvailabilityZone": "us-west-2a"}]},
    "describe_route_tables": [
        {
            "Associations": [{"SubnetId": "public"}],
            "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}],
        },
        {
            "Associations": [{"SubnetId": "private"}],
            "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"}],
        },
    ],
    "describe_nat_gateways": [{"NatGatewayId": "nat-1", "State": "available", "SubnetId": "public"}],
    "describe_network_acls": [
        {
            "Entries": [
                {"RuleNumber": 100, "Egress": out, "Protocol": "-1", "CidrBlock": "0.0.0.0/0", "RuleAction": "allow"}
                for out in (True, False)
            ]
        }
    ],
    "describe_scaling_policies": [
        {
            "TargetTrackingScalingPolicyConfiguration": {
                "PredefinedMetricSpecification": {"PredefinedMetricType": f"ECSServiceAverage{name}Utilization"},
                "TargetValue": value,
            }
        }
        for name, value in (("CPU", 70), ("Memory", 80))
    ],
    "describe_target_groups": {"TargetGroups": [{"TargetGroupArn": "arn"}]},
    "describe_target_health": {
        "TargetHealthDescriptions": [
            {"Target": {"Id": f"10.0.1{zone}.5", "Port": 8080}, "TargetHealth": {"State": "healthy"}} for zone in (1, 2)
        ]
    },
    "describe_scalable_targets": {"ScalableTargets": [{"MinCapacity": 2, "MaxCapacity": 4}]},
    "describe_scaling_activities": {"ScalingActivities": []},
    "describe_cache_clusters": {
        "CacheClusters": [
            {"CacheClusterStatus": "available", "CacheNodeType": "cache.t3.micro", "EngineVersion": "7.0.7"}
        ]
    },
    "get_metric_data": {
        "CPUUtilization": [20.0, 90.0],
        "MemoryUtilization": [40.0],
        "FreeableMemory": [200e6],
        "Evictions": [0.0],
        "CurrConnections": [7.0],
    },
    "filter_log_events": {"events": []},
}


THRESHOLDS: Mapping[str, tuple[float, str]] = {
    "miyabi-service-cpu-high-dev": (70, "GreaterThanThreshold"),
    "miyabi-service-memory-high-dev": (80, "GreaterThanThreshold"),
    "miyabi-redis-high-cpu-dev": (75, "GreaterThanThreshold"),
    "miyabi-redis-low-memory-dev": (100_000_000, "LessThanThreshold"),
    "miyabi-redis-evictions-dev": (1000, "GreaterThanThreshold"),
}


def alarm(name: str, **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    threshold, operator = THRESHOLDS.get(name, (1, "GreaterThanThreshold"))
    held = {"AlarmName": name, "StateValue": "OK", "Threshold": threshold, "ComparisonOperator": operator}
    return {**held, **changed}


class Scripted(Aws):
    """An AWS that answers from a script; a Trouble in it is raised."""

    def __init__(self, script: Mapping[str, Any]) -> None:
        super().__init__("us-west-2")
        self.script = dict(script)

    def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        del service, arguments
        answer = self.script[operation]
        if isinstance(answer, Trouble):
            raise answer
        return copy.deepcopy(answer)

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> list[Any]:  # noqa: ANN401
        del service, key
        if operation == "describe_alarms" and operation not in self.script:
            return [alarm(name) for name in arguments["AlarmNames"]]
        answer = self.script[operation]
        if isinstance(answer, Trouble):
            raise answer
        if operation == "get_metric_data" and isinstance(answer, list):
            return cast("list[Any]", answer)
        if operation == "get_metric_data":
            names = {each["Id"]: each["MetricStat"]["Metric"]["MetricName"] for each in arguments["MetricDataQueries"]}
            return [{"Id": identifier, "Values": answer.get(name, [])} for identifier, name in names.items()]
        return copy.deepcopy(answer)


@pytest.fixture(scope="module")
def stack(root: Path) -> Stack:
    return next(stack for stack in read_stacks(root / "cdktf.out") if stack.environment == "dev")


def look(stack: Stack, **changed: Any) -> Status:  # noqa: ANN401
    return read(stack, Scripted({**HEALTHY, **changed}), NOW)


def service(**changed: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"services": [{**HEALTHY["describe_services"]["services"][0], **changed}]}


def deployment(**changed: Any) -> dict[str, Any]:  # noqa: ANN401
    return {**HEALTHY["describe_services"]["services"][0]["deployments"][0], **changed}


def found(status: Status, section: str) -> list[tuple[Level, str]]:
    return [(each.level, each.text) for one in status.sections if one.name == section for each in one.observations]


def test_a_healthy_environment_exits_with_0(stack: Stack) -> None:
    status = look(stack)
    assert (status.level, status.exit_code) == (Level.OK, 0), text(status)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (service(status="DRAINING"), "DRAINING, 2 of 2 tasks running, 0 pending"),
        (service(runningCount=0), "ACTIVE, 0 of 2 tasks running, 0 pending"),
        (service(runningCount=0, desiredCount=0), "ACTIVE, 0 of 0 tasks running, 0 pending"),
        (
            service(deployments=[deployment(rolloutState="FAILED", rolloutStateReason="circuit breaker")]),
            "deployment FAILED, of miyabi-app-dev:7, begun 5 h ago, circuit breaker",
        ),
        (
            service(deployments=[deployment(rolloutState="IN_PROGRESS", rolloutStateReason="", failedTasks=2)]),
            "deployment IN_PROGRESS, of miyabi-app-dev:7, begun 5 h ago, 2 tasks failed to start",
        ),
    ],
)
def test_a_service_that_does_not_work_is_degraded(stack: Stack, changed: dict[str, Any], line: str) -> None:
    status = look(stack, describe_services=changed)
    assert (Level.DEGRADED, line) in found(status, "service")
    assert status.exit_code == 1


def test_a_deployment_under_way_is_a_note(stack: Stack) -> None:
    under_way = [
        deployment(rolloutState="IN_PROGRESS", rolloutStateReason="in progress"),
        deployment(status="ACTIVE", taskDefinition="arn:…/miyabi-app-dev:6"),
    ]
    status = look(stack, describe_services=service(deployments=under_way))
    assert found(status, "service")[1:3] == [
        (Level.NOTE, "deployment IN_PROGRESS, of miyabi-app-dev:7, begun 5 h ago, in progress"),
        (Level.OK, "earlier deployment COMPLETED, of miyabi-app-dev:6, begun 5 h ago"),
    ]
    assert status.exit_code == 0


def test_events_of_the_last_hour_are_shown_and_steadiness_is_no_news(stack: Stack) -> None:
    events = [
        {"createdAt": NOW - timedelta(minutes=3), "message": "(service x) has reached a steady state."},
        {"createdAt": NOW - timedelta(minutes=9), "message": "(service x) rolled back to (deployment 1)"},
        {"createdAt": NOW - timedelta(hours=2), "message": "(service x) has started 1 tasks"},
    ]
    status = look(stack, describe_services=service(events=events))
    assert found(status, "service")[-1] == (Level.NOTE, "9 min ago: (service x) rolled back to (deployment 1)")


def test_the_image_that_runs_is_shown_with_its_owner_and_the_last_one_that_was_pushed(stack: Stack) -> None:
    assert found(look(stack), "image") == [
        (Level.OK, f"{REPOSITORY}:3f2c1ab, deployed by Terraform"),
        (Level.OK, "the last pushed image is 3f2c1ab, dev-3f2c1ab, 6 h ago: it runs"),
    ]
    newer = {"imageDigest": "sha256:3", "imageTags": ["7c6b5a4"], "imagePushedAt": NOW - timedelta(minutes=8)}
    status = look(stack, describe_images=[*HEALTHY["describe_images"], newer])
    assert found(status, "image")[1] == (Level.NOTE, "the last pushed image is 7c6b5a4, 8 min ago: it does not run")
    assert status.exit_code == 0


def test_a_registry_that_does_not_answer_is_a_note(stack: Stack) -> None:
    status = look(stack, describe_images=Trouble(Kind.DENIED, "not permitted: ecr:DescribeImages"))
    assert found(status, "image")[1] == (
        Level.NOTE,
        "the last pushed image is not known: not permitted: ecr:DescribeImages",
    )
    assert status.exit_code == 0


def test_stopped_tasks_say_why_the_latest_first(stack: Stack) -> None:
    tasks = [
        {
            "taskArn": f"arn:aws:ecs:us-west-2:123456789012:task/miyabi-cluster-dev/{name}",
            "stoppedAt": NOW - timedelta(minutes=minutes),
            "stoppedReason": "Essential container in task exited",
            "stopCode": "EssentialContainerExited",
            "containers": [{"name": "miyabi-app", "exitCode": 137, "reason": "OutOfMemoryError: container killed"}],
        }
        for name, minutes in (("older", 40), ("newer", 2))
    ]
    status = look(stack, list_tasks=["a", "b"], describe_tasks={"tasks": tasks})
    assert [line for _, line in found(status, "stopped tasks")] == [
        f"{name}, {minutes} min ago: Essential container in task exited; miyabi-app exited with 137; "
        "OutOfMemoryError: container killed"
        for name, minutes in (("newer", 2), ("older", 40))
    ]


def test_tasks_that_no_service_started_are_named_and_in_no_figure_of_the_service(stack: Stack) -> None:
    task = "arn:aws:ecs:us-west-2:123456789012:task/miyabi-cluster-dev/"
    tasks = [
        {"taskArn": f"{task}1", "group": "service:miyabi-service-dev", "startedBy": "ecs-svc/1"},
        {"taskArn": f"{task}2", "group": "family:miyabi-app-dev", "startedBy": "night"},
        {"taskArn": f"{task}3", "group": "family:miyabi-migration-dev", "startedBy": MIGRATING},
        {"taskArn": f"{task}4"},
    ]
    running = {"list_tasks": [each["taskArn"] for each in tasks], "describe_tasks": {"tasks": tasks}}
    no_task_of_it = "no task of the service, and counted in no figure of it"
    status = look(stack, describe_services=service(runningCount=1), **running)

    assert found(status, "other tasks") == [
        (Level.NOTE, f"task 2 of family:miyabi-app-dev in the cluster, started by night: {no_task_of_it}"),
        (
            Level.NOTE,
            f"task 3 of family:miyabi-migration-dev in the cluster, started by {MIGRATING}: migrates the database",
        ),
        (Level.NOTE, f"task 4 of no group in the cluster, started by nobody named: {no_task_of_it}"),
    ]
    assert found(status, "service")[0] == (Level.DEGRADED, "ACTIVE, 1 of 2 tasks running, 0 pending")
    assert look(stack, **running).verdict == "healthy"
    assert "other tasks" not in {section.name for section in look(stack).sections}


def test_tasks_beside_the_service_that_can_not_be_listed_are_not_determined(stack: Stack) -> None:
    denied = Trouble(Kind.DENIED, "not permitted: the credentials need ecs:DescribeTasks")
    status = look(stack, list_tasks=["a"], describe_tasks=denied)
    assert found(status, "other tasks") == [(Level.UNKNOWN, denied.text)]
    assert status.exit_code == 3


def test_targets_that_start_are_a_note_and_none_that_is_healthy_is_degraded(stack: Stack) -> None:
    starting = {
        "Target": {"Id": "10.0.11.5", "Port": 8080},
        "TargetHealth": {"State": "initial", "Reason": "Elb.RegistrationInProgress"},
    }
    status = look(
        stack,
        describe_target_health={"TargetHealthDescriptions": [starting]},
        describe_services=service(runningCount=1, desiredCount=1),
    )
    assert found(status, "targets")[1:] == [
        (Level.DEGRADED, "0 of 1 target healthy"),
        (Level.NOTE, "10.0.11.5:8080 initial, Elb.RegistrationInProgress"),
    ]


@pytest.mark.parametrize(("codes", "level"), [(("Failed", "Successful"), 3), (("Successful", "Failed"), 1)])
def test_a_scaling_that_failed_counts_until_one_works(stack: Stack, codes: tuple[str, str], level: int) -> None:
    activities = [
        {
            "StartTime": NOW - timedelta(minutes=5 * (index + 1)),
            "StatusCode": code,
            "StatusMessage": "no capacity",
            "Description": "Setting desired count to 4.",
            "Cause": "alarm",
        }
        for index, code in enumerate(codes)
    ]
    status = look(stack, describe_scaling_activities={"ScalingActivities": activities})
    assert status.level == Level(level)
    assert f"{codes[0]}, Setting desired count to 4. " in found(status, "scaling")[0][1]


@pytest.mark.parametrize(("state", "level"), [("modifying", Level.NOTE), ("rebooting cluster nodes", Level.DEGRADED)])
def test_a_cache_that_is_not_available(stack: Stack, state: str, level: Level) -> None:
    cluster = {**HEALTHY["describe_cache_clusters"]["CacheClusters"][0], "CacheClusterStatus": state}
    assert look(stack, describe_cache_clusters={"CacheClusters": [cluster]}).level is level


def holding(stack: Stack, *resources: tuple[str, str, int | str | None, dict[str, Value]]) -> Stack:
    """The stack with resources more: type, name, key, arguments."""
    more = tuple(
        Resource(f"module.more.{kind}.{name}", kind, name, key, "more", Path("more"), arguments)
        for kind, name, key, arguments in resources
    )
    return replace(stack, modules=(*stack.modules, Module("more", "more", Path("more"), more, {}, {})))


DATABASE: dict[str, Any] = {
    "DBInstanceStatus": "available",
    "DBInstanceClass": "db.t3.small",
    "EngineVersion": "17.6",
    "MultiAZ": True,
    "LatestRestorableTime": NOW - timedelta(minutes=5),
}
FIGURES = {"CPUUtilization": [12.0], "DatabaseConnections": [7.0], "FreeStorageSpace": [4e9], "FreeableMemory": [3e8]}


def of_database(stack: Stack, **changed: Any) -> list[tuple[Level, str]]:  # noqa: ANN401
    with_it = holding(stack, ("aws_db_instance", "main", None, {"identifier": "miyabi-db-dev"}))
    answer = {"DBInstances": [{**DATABASE, **changed}]}
    return found(look(with_it, describe_db_instances=answer, get_metric_data=FIGURES), "database")


def test_the_database_says_its_state_its_last_backup_and_its_figures(stack: Stack) -> None:
    lines = of_database(stack)
    assert lines[:2] == [
        (Level.OK, "miyabi-db-dev available, db.t3.small, PostgreSQL 17.6, two zones"),
        (Level.OK, "can be restored to 2026-11-25 02:55 UTC"),
    ]
    assert [text for _, text in lines[2:]] == ["CPU 12 %", "connections 7", "free storage 4 GB", "free memory 300 MB"]


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"DBInstanceStatus": "backing-up"}, (Level.OK, "backing-up")),
        ({"DBInstanceStatus": "modifying"}, (Level.NOTE, "modifying")),
        ({"DBInstanceStatus": "storage-full"}, (Level.DEGRADED, "storage-full")),
        ({"DBInstanceStatus": "failed"}, (Level.DEGRADED, "failed")),
    ],
)
def test_a_database_that_does_not_work_is_degraded(
    stack: Stack, changed: dict[str, Any], line: tuple[Level, str]
) -> None:
    level, state = line
    first = of_database(stack, **changed)[0]
    assert first == (level, f"miyabi-db-dev {state}, db.t3.small, PostgreSQL 17.6, two zones")


def test_a_database_that_could_not_be_restored_yet_says_so(stack: Stack) -> None:
    without = of_database(stack, LatestRestorableTime=None, BackupRetentionPeriod=7)
    assert (Level.NOTE, "no backup yet") in without


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ({}, (Level.DEGRADED, "miyabi-dev/mail has no value: no task that reads it starts")),
        ({"DeletedDate": NOW}, (Level.DEGRADED, "miyabi-dev/mail does not exist")),
        ({"VersionIdsToStages": {"1": ["AWSCURRENT"]}}, (Level.OK, "miyabi-dev/mail changed 40 d ago")),
        (
            {"VersionIdsToStages": {"1": ["AWSCURRENT"]}, "LastChangedDate": NOW - timedelta(days=91)},
            (Level.NOTE, "miyabi-dev/mail changed 91 d ago, to be rotated after 90 days"),
        ),
        (
            {"VersionIdsToStages": {"1": ["AWSPREVIOUS"]}},
            (Level.DEGRADED, "miyabi-dev/mail has no value: no task that reads it starts"),
        ),
    ],
)
def test_a_secret_says_whether_it_has_a_value_and_since_when(
    stack: Stack, answer: dict[str, Any], line: tuple[Level, str]
) -> None:
    arguments: dict[str, Value] = {"name": "miyabi-dev/mail", "tags": {"RotationDays": "90"}}
    with_it = holding(stack, ("aws_secretsmanager_secret", "named", "mail", arguments))
    described = {"Name": "miyabi-dev/mail", "ARN": "arn", "LastChangedDate": NOW - timedelta(days=40), **answer}
    assert found(look(with_it, describe_secret=described), "secrets") == [line]


def test_a_figure_beyond_its_alarm_is_a_note_as_the_alarm_decides(stack: Stack) -> None:
    status = look(stack, get_metric_data={"CPUUtilization": [99.0], "FreeableMemory": [50e6]})
    assert (Level.NOTE, "CPU 99 % (scales at 70 %, alarm above 70 %)") in found(status, "capacity")
    assert (Level.NOTE, "free memory 50 MB (alarm below 100 MB)") in found(status, "redis")
    assert (Level.NOTE, "evictions: no figure in the last 15 minutes (alarm above 1000)") in found(status, "redis")
    assert status.exit_code == 0


def test_logs_are_read_to_a_bound_and_the_count_says_so(stack: Stack) -> None:
    page = {
        "events": [{"message": "ERROR\n  at x", "timestamp": NOW.timestamp() * 1000}, {"message": "fine"}],
        "nextToken": "more",
    }
    status = look(stack, filter_log_events=page)
    assert found(status, "logs")[0][1] == "20 lines or more about errors in /ecs/miyabi-dev in the last hour"
    assert found(status, "logs")[-1][1] == "03:00:00 ERROR at x"


DENIED = Trouble(Kind.DENIED, "not permitted: the credentials need elasticache:DescribeCacheClusters")
SLOW = Trouble(Kind.TIMEOUT, "cloudwatch:GetMetricData: no answer within 8 s")


def test_one_section_without_an_answer_leaves_the_others(stack: Stack) -> None:
    status = look(stack, describe_cache_clusters=DENIED)
    assert found(status, "redis") == [(Level.UNKNOWN, DENIED.text)]
    assert found(status, "service")[0][0] is Level.OK
    assert status.exit_code == 3


def test_what_was_found_before_a_trouble_is_kept(stack: Stack) -> None:
    status = look(stack, get_metric_data=SLOW)
    assert found(status, "capacity") == [(Level.OK, "scales from 2 to 4 tasks"), (Level.UNKNOWN, SLOW.text)]


def test_degraded_outweighs_what_could_not_be_read(stack: Stack) -> None:
    status = look(stack, describe_cache_clusters=DENIED, describe_services=service(runningCount=1))
    assert status.exit_code == 1


def test_an_answer_of_an_unknown_form_is_a_line(stack: Stack) -> None:
    status = look(stack, describe_cache_clusters={"Clusters": []})
    assert found(status, "redis") == [(Level.UNKNOWN, "AWS answered in an unknown form (KeyError: 'CacheClusters')")]


def test_who_may_not_ask_who_he_is_may_still_look(stack: Stack) -> None:
    status = look(stack, get_caller_identity=Trouble(Kind.DENIED, "not permitted"))
    assert (status.account, status.exit_code) == ("", 3)
    assert found(status, "service")[0][0] is Level.OK


def test_another_account_than_the_environments_is_refused(stack: Stack) -> None:
    pinned = replace(stack, provider={"allowed_account_ids": ("999999999999",)})
    with pytest.raises(Refused, match="the credentials belong to account 123456789012; dev is in 999999999999"):
        look(pinned)


def test_json_holds_levels_texts_and_figures(stack: Stack) -> None:
    data = json.loads(json.dumps(as_data(look(stack)), default=str))
    assert (data["environment"], data["verdict"], data["exit_code"]) == ("dev", "healthy", 0)
    assert data["sections"]["service"][0] == {
        "level": "ok",
        "text": "ACTIVE, 2 of 2 tasks running, 0 pending",
        "data": {"status": "ACTIVE", "running": 2, "desired": 2, "pending": 0},
    }


def test_the_text_has_a_line_for_each_finding_and_ends_in_the_verdict(stack: Stack) -> None:
    shown = text(look(stack, describe_services=service(runningCount=1))).splitlines()
    assert shown[0] == (
        "miyabi-dev in us-west-2, account 123456789012 as arn:aws:iam::123456789012:user/night, 2026-11-25 03:00:00 UTC"
    )
    assert "service" in shown[2]
    assert "ACTIVE, 1 of 2 tasks running, 0 pending" in shown[2]
    assert "degraded: 1 degraded, 0 not determined, 0 notes" in shown[-1]


def test_watch_looks_again_until_ctrl_c_and_exits_with_the_last_verdict(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scripted = Scripted(HEALTHY)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        scripted.script["describe_services"] = service(runningCount=1)
        if len(pauses) == 2:
            raise KeyboardInterrupt

    def connect(_region: str) -> Aws:
        return scripted

    monkeypatch.setattr(show, "Aws", connect)
    monkeypatch.setattr(show.time, "sleep", pause)

    assert run(root, "dev", watch=True, as_json=True) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["verdict"] for line in lines] == ["healthy", "degraded"]
    assert pauses == [10, 10]


def test_on_a_terminal_a_slow_account_is_shown_to_be_asked(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    under: list[bool] = []

    def say(text: str) -> None:
        said.append(text)
        under.append(bool(shown))

    shown: list[str] = []

    @contextmanager
    def shows() -> Generator[None]:
        shown.append("status")
        yield
        shown.pop()

    def connect(_region: str) -> Aws:
        return Scripted(HEALTHY)

    monkeypatch.setattr(show, "Aws", connect)
    monkeypatch.setattr(show, "shown", shows)
    monkeypatch.setattr(model, "step", say)
    run(root, "dev", as_json=True)

    number = len(SECTIONS)
    assert said[0] == "ask AWS about miyabi-dev"
    assert {f"ask AWS about miyabi-dev: {each} of {number} sections answered" for each in (1, number)} <= set(said)
    assert all(under)
    assert json.loads(capsys.readouterr().out)["verdict"] == "healthy"


def test_ctrl_c_before_the_first_answer_tells_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> Status:
        raise KeyboardInterrupt

    monkeypatch.setattr(show, "read", interrupted)
    assert run(root, "dev") == 3


def test_what_runs_no_service_has_no_status(root: Path) -> None:
    with pytest.raises(Refused, match="'shared' runs no service"):
        run(root, "shared")
    with pytest.raises(Refused, match="there is no environment 'qa'"):
        run(root, "qa")


# What users feel


def followed(*alarms: str) -> list[dict[str, Any]]:
    """The scaling policies, of which the first learns of the load by these alarms."""
    first, *others = HEALTHY["describe_scaling_policies"]
    return [{**first, "PolicyName": "by-cpu", "Alarms": [{"AlarmName": each} for each in alarms]}, *others]


FORWARD = {"Type": "forward", "TargetGroupArn": "arn"}
FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}


def listener(**action: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [{"ListenerArn": "l80", "Port": 80, "DefaultActions": [action]}]


def acl(**deny: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    first = {"RuleNumber": 50, "Protocol": "6", "CidrBlock": "0.0.0.0/0", "RuleAction": "deny", **deny}
    return [{"Entries": [first, *HEALTHY["describe_network_acls"][0]["Entries"]]}]


def routes(**default: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    private = {"Associations": [{"SubnetId": "private"}], "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", **default}]}
    return [HEALTHY["describe_route_tables"][0], private]


@pytest.mark.parametrize(
    ("section", "changed", "line"),
    [
        ("entrance", {"describe_listeners": []}, "no listener on port 80: requests to it get no answer"),
        (
            "entrance",
            {"describe_listeners": listener(**FIXED)},
            "port 80: every request gets the fixed answer 503",
        ),
        (
            "entrance",
            {
                "describe_rules": [
                    {"Priority": "1", "Actions": [FIXED], "Conditions": [{"Field": "path-pattern", "Values": ["/*"]}]}
                ]
            },
            "port 80, rule of priority 1: every request gets the fixed answer 503",
        ),
        (
            "entrance",
            {"describe_listeners": listener(Type="redirect", RedirectConfig={"Port": "443"})},
            "port 80: every request is redirected to port 443, where no other listener is",
        ),
        (
            "entrance",
            {
                "describe_listeners": listener(
                    Type="forward",
                    ForwardConfig={
                        "TargetGroups": [
                            {"TargetGroupArn": "arn", "Weight": 1},
                            {"TargetGroupArn": "targetgroup/foreign/0", "Weight": 3},
                        ]
                    },
                )
            },
            "port 80: every request goes to target group foreign with 75 %, to miyabi-tg-dev with 25 %",
        ),
        (
            "entrance",
            {"describe_network_acls": acl(Egress=False, PortRange={"From": 80, "To": 80})},
            "the network ACL of public denies tcp 80 from the internet",
        ),
        (
            "way out",
            {"describe_nat_gateways": [{"NatGatewayId": "nat-1", "State": "failed", "SubnetId": "public"}]},
            "tasks in private do not get out: nat-1 is failed",
        ),
        (
            "way out",
            {"describe_route_tables": routes(NatGatewayId="nat-1", State="blackhole")},
            "tasks in private do not get out: the route to 0.0.0.0/0 is a blackhole",
        ),
        (
            "way out",
            {"describe_network_acls": acl(Egress=True, PortRange={"From": 443, "To": 443})},
            "tasks in private do not get out: the network ACL denies tcp 443 to the internet",
        ),
        (
            "targets",
            {
                "describe_target_health": {
                    "TargetHealthDescriptions": HEALTHY["describe_target_health"]["TargetHealthDescriptions"][:1]
                }
            },
            "1 of 2 running tasks registered: the others get no requests",
        ),
        (
            "capacity",
            {"describe_services": service(desiredCount=1, runningCount=1)},
            "the service asks for 1 task, below the minimum of 2",
        ),
        (
            "service",
            {
                "describe_task_definition": {
                    "taskDefinition": {"taskDefinitionArn": "arn:aws:ecs:::task-definition/miyabi-app-dev:8"}
                }
            },
            "miyabi-app-dev:7 runs, but miyabi-app-dev:8 is the latest: it was rolled back, or never deployed",
        ),
        (
            "service",
            {
                "describe_services": service(
                    events=[
                        {
                            "createdAt": NOW - timedelta(minutes=9),
                            "message": "(service x) rolling back to deployment ecs-svc/1.",
                        }
                    ]
                )
            },
            "a deployment was rolled back 9 min ago: miyabi-app-dev:7 runs, miyabi-app-dev:7 is the latest",
        ),
    ],
)
def test_what_users_feel_is_degraded(stack: Stack, section: str, changed: dict[str, Any], line: str) -> None:
    status = look(stack, **changed)
    assert (Level.DEGRADED, line) in found(status, section), text(status)
    assert status.exit_code == 1


def task(address: str) -> dict[str, Any]:
    details = [{"name": "privateIPv4Address", "value": address}]
    return {"taskArn": f"arn/{address}", "group": "service:miyabi-service-dev", "attachments": [{"details": details}]}


def of_tasks(*addresses: str) -> dict[str, Any]:
    return {"list_tasks": list(addresses), "describe_tasks": {"tasks": [task(each) for each in addresses]}}


@pytest.mark.parametrize(
    ("section", "changed", "line"),
    [
        (
            "targets",
            of_tasks("10.0.11.5", "10.0.12.9"),
            "10.0.12.5 gets requests, and is no task of the service",
        ),
        (
            "targets",
            of_tasks("10.0.11.5", "10.0.12.9"),
            "1 of 2 running tasks registered: the others get no requests",
        ),
        (
            "capacity",
            {"describe_scaling_policies": HEALTHY["describe_scaling_policies"][1:]},
            "CPU 20 % (scales: none, generated: 70 %, alarm above 70 %)",
        ),
        (
            "entrance",
            {"describe_network_acls": acl(Egress=True, PortRange={"From": 1024, "To": 65535})},
            "the network ACL of public denies the answers to clients, tcp 1024, 49152, 65535",
        ),
        (
            "way out",
            {"describe_network_acls": acl(Egress=False, PortRange={"From": 32768, "To": 65535})},
            "tasks in private do not get out: the network ACL denies the answers from the internet",
        ),
    ],
)
def test_what_users_feel_beyond_the_front_is_degraded(
    stack: Stack, section: str, changed: dict[str, Any], line: str
) -> None:
    status = look(stack, **changed)
    assert (Level.DEGRADED, line) in found(status, section), text(status)
    assert status.exit_code == 1


def without(name: str, key: str) -> list[dict[str, Any]]:
    """The security groups, of which one has lost its rules of a direction."""
    return [
        {**each, key: []} if each["GroupId"] == f"sg-{name}" else each for each in HEALTHY["describe_security_groups"]
    ]


@pytest.mark.parametrize(
    ("section", "changed", "line"),
    [
        (
            "security groups",
            {"describe_security_groups": without("redis", "IpPermissions")},
            "security group miyabi-redis-sg-dev lacks its rule ingress tcp 6379 with sg-ecs",
        ),
        (
            "security groups",
            {"describe_security_groups": without("ecs", "IpPermissionsEgress")},
            "security group miyabi-ecs-sg-dev lacks its rule egress everything with 0.0.0.0/0",
        ),
        (
            "security groups",
            {
                "describe_security_groups": [
                    each for each in HEALTHY["describe_security_groups"] if "ecs" not in str(each["GroupId"])
                ]
            },
            "security group miyabi-ecs-sg-dev does not exist",
        ),
        (
            "entrance",
            {
                "describe_rules": [
                    {
                        "Priority": "1",
                        "Actions": [FIXED],
                        "Conditions": [{"Field": "host-header", "HostHeaderConfig": {"Values": ["api.example.com"]}}],
                    }
                ]
            },
            "port 80, rule of priority 1 (host-header): some requests gets the fixed answer 503",
        ),
        (
            "image",
            {"describe_images": HEALTHY["describe_images"][:1]},
            "miyabi-web-api has no image 3f2c1ab any more: no new task starts",
        ),
        (
            "capacity",
            {"describe_scaling_policies": followed("TargetTracking-high"), "describe_alarms": []},
            "TargetTracking-high does not exist: by-cpu does not scale by it",
        ),
        (
            "capacity",
            {
                "describe_scaling_policies": followed("TargetTracking-high"),
                "describe_alarms": [{"AlarmName": "TargetTracking-high", "StateValue": "OK", "ActionsEnabled": False}],
            },
            "TargetTracking-high is muted: by-cpu does not scale by it",
        ),
    ],
)
def test_what_tasks_depend_on_and_is_gone_is_degraded(
    stack: Stack, section: str, changed: dict[str, Any], line: str
) -> None:
    status = look(stack, **changed)
    assert (Level.DEGRADED, line) in found(status, section), text(status)
    assert status.exit_code == 1


def test_a_wider_rule_lets_through_what_a_narrow_one_did(stack: Stack) -> None:
    wider = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 9000, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    anything = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-ecs"}]}
    rules = {"sg-alb": [wider], "sg-redis": [anything]}
    groups = [
        {**each, "IpPermissions": rules.get(each["GroupId"], each["IpPermissions"])}
        for each in HEALTHY["describe_security_groups"]
    ]
    lines = found(look(stack, describe_security_groups=groups), "security groups")
    assert lines == [(Level.OK, "4 of 4 security groups let through what was generated")]


def test_a_group_that_nothing_is_in_is_a_note(stack: Stack) -> None:
    lines = found(look(stack, describe_security_groups=without("rds", "IpPermissions")), "security groups")
    assert lines[0] == (Level.NOTE, "security group miyabi-rds-sg-dev lacks its rule ingress tcp 5432 with sg-ecs")


@pytest.mark.parametrize(
    ("state", "more", "level", "line"),
    [
        ("Enabled", {}, Level.OK, "is enabled"),
        ("Disabled", {}, Level.DEGRADED, "is Disabled: what it encrypts cannot be read"),
        (
            "PendingDeletion",
            {"DeletionDate": datetime(2026, 12, 2, tzinfo=UTC)},
            Level.DEGRADED,
            "is PendingDeletion, AWS deletes it at 2026-12-02 00:00 UTC: what it encrypts cannot be read",
        ),
    ],
)
def test_a_key_that_can_not_be_used_is_degraded(
    stack: Stack, state: str, more: dict[str, Any], level: Level, line: str
) -> None:
    arn = "arn:aws:kms:us-west-2:123456789012:key/0a1b2c3d-0000-1111-2222-333344445555"
    with_it = holding(stack, ("aws_cloudwatch_log_group", "other", None, {"name": "x", "kms_key_id": arn}))
    status = look(with_it, describe_key={"KeyMetadata": {"KeyState": state, **more}})
    assert found(status, "keys") == [(level, f"{arn} {line}")]


@pytest.mark.parametrize(
    ("answer", "level", "line"),
    [
        ({"Name": "mail"}, Level.OK, "mail is there"),
        (
            {"Name": "mail", "DeletedDate": NOW},
            Level.DEGRADED,
            "{} waits for its deletion: no task that reads it starts",
        ),
        (Trouble(Kind.MISSING, "gone"), Level.DEGRADED, "{} does not exist: no task that reads it starts"),
    ],
)
def test_a_secret_of_elsewhere_that_tasks_read_is_looked_at(
    stack: Stack,
    answer: Any,  # noqa: ANN401
    level: Level,
    line: str,
) -> None:
    arn = "arn:aws:secretsmanager:us-west-2:123456789012:secret:mail-AbCdEf"
    (definition,) = stack.of_type("aws_ecs_task_definition")
    containers = definition.get("container_definitions")
    assert isinstance(containers, tuple)
    reading = {**cast("dict[str, Value]", containers[0]), "secrets": ({"name": "A", "valueFrom": f"{arn}:key::"},)}
    other = replace(definition, arguments={**definition.arguments, "container_definitions": (reading,)})
    modules = tuple(
        replace(each, resources=tuple(other if one is definition else one for one in each.resources))
        for each in stack.modules
    )
    status = look(replace(stack, modules=modules), describe_secret=answer)
    assert found(status, "secrets") == [(level, line.format(arn))]


@pytest.mark.parametrize(
    ("days", "line"),
    [
        (400, None),
        (30, (Level.NOTE, "its certificate is valid until 2026-12-25")),
        (-1, (Level.DEGRADED, "its certificate is valid until 2026-11-24: clients that check it connect no more")),
    ],
)
def test_the_certificate_of_the_database_expires(stack: Stack, days: int, line: tuple[Level, str] | None) -> None:
    lines = of_database(stack, CertificateDetails={"ValidTill": NOW + timedelta(days=days)})
    assert [each for each in lines if "certificate" in each[1]] == ([line] if line else [])


def test_a_certificate_that_was_not_generated_is_looked_at_where_a_listener_presents_it(stack: Stack) -> None:
    arn = "arn:aws:acm:us-west-2:123456789012:certificate/"
    given = holding(stack, ("aws_lb_listener", "https", 0, {"certificate_arn": f"{arn}given", "port": 443}))
    expired = {"Certificate": {"CertificateArn": arn, "DomainName": "old.example.com", "Status": "EXPIRED"}}
    https = {"ListenerArn": "l443", "Port": 443, "Certificates": [{"CertificateArn": f"{arn}other"}]}
    listeners = [*HEALTHY["describe_listeners"], {**https, "DefaultActions": [FORWARD]}]
    status = look(given, describe_certificate=expired, describe_listeners=listeners)
    assert found(status, "names")[1:] == [
        (Level.NOTE, f"port 443 presents another certificate than generated, {arn}other"),
        (Level.DEGRADED, "the certificate for old.example.com is EXPIRED"),
    ]


@pytest.mark.parametrize(
    ("argument", "level", "line"),
    [
        (
            "default_action.block",
            Level.DEGRADED,
            "does something else than generated with requests that no rule is about",
        ),
        (
            "rule.size.action.block",
            Level.UNKNOWN,
            "has other rules than generated, size: miyabi-infra verify says which",
        ),
    ],
)
def test_a_firewall_with_other_rules_is_never_healthy(stack: Stack, argument: str, level: Level, line: str) -> None:
    with_it = holding(stack, ("aws_wafv2_web_acl", "main", None, {"name": "a", "scope": "REGIONAL"}))
    (acl,) = web_acls(with_it)
    said = [*other_rules(acl, Found({}, [Compared(argument, None, {}), Compared("name", "a", "a")]))]
    assert [(each.level, each.text) for each in said] == [(level, f"a {line}")]


class ByNat(Scripted):
    """An AWS whose network ACLs differ by subnet."""

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> list[Any]:  # noqa: ANN401
        answer = super().pages(service, operation, key, **arguments)
        if operation == "describe_network_acls" and arguments["Filters"][0]["Values"] != ["public"]:
            return HEALTHY["describe_network_acls"]
        return answer


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"Egress": True, "PortRange": {"From": 443, "To": 443}}, "denies tcp 443 to the internet"),
        ({"Egress": False, "PortRange": {"From": 40000, "To": 65535}}, "denies the answers from the internet"),
    ],
)
def test_the_network_acl_of_the_nat_gateway_closes_the_way_out(stack: Stack, entry: dict[str, Any], why: str) -> None:
    status = read(stack, ByNat({**HEALTHY, "describe_network_acls": acl(**entry)}), NOW)
    line = f"tasks in private do not get out: nat-1 is in public, and its network ACL {why}"
    assert (Level.DEGRADED, line) in found(status, "way out")


@pytest.mark.parametrize("state", ["Forbidden", "InternalError"])
def test_a_figure_that_cloudwatch_does_not_tell_is_unknown(stack: Stack, state: str) -> None:
    status = look(stack, get_metric_data=[{"Id": f"m{each}", "Values": [], "StatusCode": state} for each in range(4)])
    assert (Level.UNKNOWN, f"CPU: CloudWatch answers {state}") in found(status, "capacity")
    assert (status.verdict, status.exit_code) == ("unknown", 3)


def test_a_certificate_that_the_overlay_names_is_looked_at(stack: Stack) -> None:
    arn = "arn:aws:acm:us-west-2:123456789012:certificate/given"
    given = holding(stack, ("aws_lb_listener", "https", 0, {"certificate_arn": arn, "port": 443}))
    expired = {"Certificate": {"CertificateArn": arn, "DomainName": "api.example.com", "Status": "EXPIRED"}}
    status = look(given, describe_certificate=expired)
    assert found(status, "names") == [(Level.DEGRADED, "the certificate for api.example.com is EXPIRED")]


def test_a_load_balancer_for_cloudfront_alone_that_is_closed_is_degraded(stack: Stack) -> None:
    (listener,) = [
        each
        for each in stack.of_type("aws_security_group")
        if "alb" in str(each.get("name_prefix") or each.get("name"))
    ]
    rule: dict[str, Value] = {"protocol": "tcp", "from_port": 80, "to_port": 80, "prefix_list_ids": ("pl-1",)}
    narrowed = replace(listener, arguments={**listener.arguments, "ingress": (rule,)})
    modules = tuple(
        replace(each, resources=tuple(narrowed if one is listener else one for one in each.resources))
        for each in stack.modules
    )
    other = replace(stack, modules=modules)
    entry = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
    for lists, level in (([{"PrefixListId": "pl-1"}], []), ([], [Level.DEGRADED])):
        group: dict[str, Any] = {"GroupId": "sg-alb", "IpPermissions": [{**entry, "PrefixListIds": lists}]}
        lines = found(look(other, describe_security_groups=[group]), "entrance")
        text = "no security group of the load balancer lets tcp 80 in from a prefix list"
        assert [level for level, line in lines if line == text] == level


@pytest.mark.parametrize(
    ("group", "line"),
    [
        ({"MemberClusters": ["a"]}, "miyabi-cache-dev available, 1 node, generated: 2"),
        ({"AutomaticFailover": "disabled"}, "miyabi-cache-dev available, 2 nodes; no automatic failover"),
        ({"MultiAZ": "disabled"}, "miyabi-cache-dev available, 2 nodes; its nodes may all be in one zone"),
        (
            {"NodeGroups": [{"Status": "incompatible-network"}]},
            "miyabi-cache-dev available, 2 nodes; its nodes are incompatible-network",
        ),
    ],
)
def test_a_replication_group_from_which_nothing_takes_over_is_degraded(
    stack: Stack, group: dict[str, Any], line: str
) -> None:
    arguments: dict[str, Value] = {
        "replication_group_id": "miyabi-cache-dev",
        "num_cache_clusters": 2,
        "automatic_failover_enabled": True,
        "multi_az_enabled": True,
    }
    held = {"Status": "available", "MemberClusters": ["a", "b"], "AutomaticFailover": "enabled", **group}
    with_it = holding(stack, ("aws_elasticache_replication_group", "redis", None, arguments))
    status = look(with_it, describe_replication_groups={"ReplicationGroups": [held]})
    assert (Level.DEGRADED, line) in found(status, "redis")


def test_a_size_that_was_not_generated_is_said(stack: Stack) -> None:
    cluster = {**HEALTHY["describe_cache_clusters"]["CacheClusters"][0], "CacheNodeType": "cache.t4g.nano"}
    status = look(stack, describe_cache_clusters={"CacheClusters": [cluster]})
    assert found(status, "redis")[0] == (
        Level.NOTE,
        "available, cache.t4g.nano (generated: cache.t3.micro), Redis 7.0.7",
    )


def test_a_database_without_the_standby_that_was_generated_is_degraded(stack: Stack) -> None:
    arguments: dict[str, Value] = {"identifier": "miyabi-db-dev", "multi_az": True, "instance_class": "db.m7g.large"}
    with_it = holding(stack, ("aws_db_instance", "main", None, arguments))
    status = look(with_it, describe_db_instances={"DBInstances": [{**DATABASE, "MultiAZ": False}]})
    assert found(status, "database")[0] == (
        Level.DEGRADED,
        (
            "miyabi-db-dev available, db.t3.small (generated: db.m7g.large), PostgreSQL 17.6, "
            "one zone (generated: two): nothing takes over"
        ),
    )


def test_a_load_balancer_that_is_closed_to_its_users_is_degraded(stack: Stack) -> None:
    group: dict[str, Any] = {"GroupId": "sg-alb", "IpPermissions": []}
    status = look(stack, describe_security_groups=[group])
    assert (
        Level.DEGRADED,
        "no security group of the load balancer lets tcp 80 in from 0.0.0.0/0",
    ) in found(status, "entrance")


def test_an_alarm_without_data_is_not_determined(stack: Stack) -> None:
    name = "miyabi-redis-high-cpu-dev"
    silent = alarm(name, StateValue="INSUFFICIENT_DATA", StateUpdatedTimestamp=NOW, StateReason="no data")
    others = [alarm(each) for each in THRESHOLDS if each != name]
    rest = [alarm(each) for each in ("miyabi-alb-unhealthy-hosts-dev", "miyabi-alb-high-response-time-dev")]
    status = look(stack, describe_alarms=[silent, *others, *rest, alarm("miyabi-service-low-tasks-dev")])
    assert (Level.UNKNOWN, f"{name} INSUFFICIENT_DATA since just now: no data") in found(status, "alarms")
    assert (status.verdict, status.exit_code) == ("unknown", 3)


def test_figures_and_limits_are_those_of_aws_and_say_where_they_differ(stack: Stack) -> None:
    changed = [
        alarm(each, **({"Threshold": 95} if each == "miyabi-service-cpu-high-dev" else {})) for each in THRESHOLDS
    ]
    policy = copy.deepcopy(HEALTHY["describe_scaling_policies"][0])
    policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] = 50
    status = look(
        stack,
        describe_alarms=changed,
        describe_scaling_policies=[policy, HEALTHY["describe_scaling_policies"][1]],
        describe_scalable_targets={"ScalableTargets": [{"MinCapacity": 1, "MaxCapacity": 9}]},
    )
    assert found(status, "capacity")[0] == (Level.NOTE, "scales from 1 to 9 tasks, generated: 2 to 4")
    assert (
        Level.NOTE,
        "CPU 20 % (scales at 50 %, generated: 70 %, alarm above 95 %, generated: 70 %)",
    ) in found(status, "capacity")


def test_the_address_is_probed_only_when_asked_for(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(url: str) -> tuple[int | None, str]:
        asked.append(url)
        return (200, "") if url == "http://lb.example.com/health" else (None, "no answer (refused)")

    monkeypatch.setattr(probe_module, "_ask", ask)
    assert "probe" not in {section.name for section in look(stack).sections}
    for address, level in (("", Level.OK), ("https://api.example.com/", Level.DEGRADED)):
        status = read(stack, Scripted(HEALTHY), NOW, probed=address)
        assert [each for each, _ in found(status, "probe")] == [level]
    assert asked == ["http://lb.example.com/health", "https://api.example.com/"]


def test_an_internal_load_balancer_is_not_probed_from_outside(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(url: str) -> tuple[int | None, str]:
        asked.append(url)
        return 200, ""

    monkeypatch.setattr(probe_module, "_ask", ask)
    (balancer,) = HEALTHY["describe_load_balancers"]["LoadBalancers"]
    answers = {**HEALTHY, "describe_load_balancers": {"LoadBalancers": [{**balancer, "Scheme": "internal"}]}}
    (told,) = found(read(stack, Scripted(answers), NOW, probed=""), "probe")
    assert told[0] is Level.NOTE
    assert told[1].startswith("the load balancer is internal, so nothing was asked")
    named = read(stack, Scripted(answers), NOW, probed="https://api.example.com/")
    assert found(named, "probe") == [(Level.OK, "https://api.example.com/ answers with status 200")]
    assert asked == ["https://api.example.com/"]


def test_a_load_balancer_that_answers_only_cloudfront_is_not_probed(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(_url: str) -> tuple[int | None, str]:
        return 403, ""

    def only_cloudfront(_stack: Stack) -> bool:
        return True

    monkeypatch.setattr(probe_module, "_ask", ask)
    monkeypatch.setattr(probe_module, "only_cloudfront_is_answered", only_cloudfront)
    (told,) = found(read(stack, Scripted(HEALTHY), NOW, probed=""), "probe")
    assert told[0] is Level.NOTE
    assert told[1].startswith("the load balancer answers CloudFront only, so nothing was asked")
    (asked,) = found(read(stack, Scripted(HEALTHY), NOW, probed="https://app.example.com/"), "probe")
    assert asked[0] is Level.DEGRADED


def test_no_colour_is_written_where_no_color_is_set(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def connect(_region: str) -> Aws:
        return Scripted(HEALTHY)

    monkeypatch.setattr(show, "Aws", connect)
    monkeypatch.setenv("NO_COLOR", "1")
    run(root, "dev")
    assert "\x1b" not in capsys.readouterr().out


def test_every_section_that_a_type_is_shown_in_exists() -> None:
    assert set(SHOWN.values()) <= SECTIONS.keys()


@pytest.fixture(scope="module")
def shifted(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Dev, whose service CodeDeploy deploys."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("shifted") / "project")
    owners = "[desired_count, task_definition, load_balancer]"
    project.change(
        "dev", ("ecs_service:\n", f"ecs_service:\n  deployment: blue_green\n  managed_elsewhere: {owners}\n")
    )
    project.synthesize("dev")
    return next(each for each in read_stacks(project.out) if each.environment == "dev")


GREEN = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/miyabi-tg-green-dev/1"
BLUE = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/miyabi-tg-dev/2"


def by_codedeploy(status: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """What differs where CodeDeploy deploys, and has moved the traffic to the second group."""
    forward = {"TargetGroups": [{"TargetGroupArn": GREEN, "Weight": 100}, {"TargetGroupArn": BLUE, "Weight": 0}]}
    primary = {**deployment(), "status": "PRIMARY"}
    return {
        "describe_services": service(
            deployments=[],
            taskSets=[primary],
            deploymentController={"type": "CODE_DEPLOY"},
            loadBalancers=[{"targetGroupArn": GREEN}],
        ),
        "get_application": {"application": {"applicationName": "miyabi-app-dev", "computePlatform": "ECS"}},
        "list_tags_for_resource": {"Tags": []},
        "get_deployment_group": {"deploymentGroupInfo": {"lastAttemptedDeployment": {"deploymentId": "d-1"}}},
        "get_deployment": {
            "deploymentInfo": {"deploymentId": "d-1", "status": status, "createTime": NOW - timedelta(hours=2), **more}
        },
        "describe_target_groups": {
            "TargetGroups": [{"TargetGroupArn": GREEN, "TargetGroupName": "miyabi-tg-green-dev"}]
        },
        "describe_listeners": [
            {"ListenerArn": "l80", "Port": 80, "DefaultActions": [{"Type": "forward", "ForwardConfig": forward}]}
        ],
    }


def test_where_codedeploy_deploys_its_last_deployment_and_the_group_with_the_traffic_are_shown(shifted: Stack) -> None:
    status = look(shifted, **by_codedeploy("Succeeded"))
    assert (Level.OK, "CodeDeploy: deployment d-1 Succeeded, begun 2 h ago") in found(status, "service")
    assert (Level.OK, "port 80: every request goes to target group miyabi-tg-green-dev") in found(status, "entrance")
    assert found(status, "image")[0] == (Level.OK, f"{REPOSITORY}:3f2c1ab, deployed by CodeDeploy")


def test_a_deployment_that_codedeploy_took_back_says_why(shifted: Stack) -> None:
    status = look(shifted, **by_codedeploy("Stopped", errorInformation={"code": "ALARM_ACTIVE", "message": "An alarm"}))
    text = "CodeDeploy: deployment d-1 Stopped, begun 2 h ago: An alarm"
    assert (Level.DEGRADED, text) in found(status, "service")


def test_traffic_that_codedeploy_is_moving_is_a_note(shifted: Stack) -> None:
    answers = by_codedeploy("InProgress")
    forward = answers["describe_listeners"][0]["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]
    forward[0]["Weight"], forward[1]["Weight"] = 10, 90
    text = "port 80: every request goes to target group miyabi-tg-dev with 90 %, to miyabi-tg-green-dev with 10 %"
    assert (Level.NOTE, text) in found(look(shifted, **answers), "entrance")
