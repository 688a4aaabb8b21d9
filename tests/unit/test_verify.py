"""`miyabi-infra verify` where AWS does not answer, and how differences are told."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import botocore.session
import pytest

from miyabi_infra.aws import verify as module
from miyabi_infra.aws.client import Aws, Kind, Trouble
from miyabi_infra.aws.readers import READERS
from miyabi_infra.aws.readers.beside import BESIDE, beside
from miyabi_infra.aws.readers.ecs import MIGRATING
from miyabi_infra.aws.readers.s3 import OF_A_BUCKET
from miyabi_infra.aws.verify import Verification, verify
from miyabi_infra.aws.world import Compared, Extra, Found, World
from miyabi_infra.commands.verify import as_data, text
from miyabi_infra.project import SHARED
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Reference, Resource, Stack, Value
from miyabi_infra.stacks import read as read_stacks
from miyabi_infra.stacks.policies import canonical

IDENTITY = {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/night"}


class Refusing(Aws):
    """An AWS that says who one is, and gives one answer to everything else."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__("us-west-2")
        self.trouble = trouble
        self.calls: list[tuple[str, str, str]] = []

    def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        if operation == "get_caller_identity":
            return IDENTITY
        self.calls.append((service, operation, str(sorted(arguments.items()))))
        raise self.trouble

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> list[Any]:  # noqa: ANN401
        del key
        self.calls.append((service, operation, str(sorted(arguments.items()))))
        raise self.trouble


@pytest.fixture(scope="module")
def stack(root: Path) -> Stack:
    return next(stack for stack in read_stacks(root / "cdktf.out") if stack.environment == "dev")


def test_every_type_of_the_generated_stacks_has_a_reader(output: Path) -> None:
    types = {resource.type for stack in read_stacks(output) for resource in stack.resources}
    assert types - READERS.keys() == set()


def test_what_may_not_be_read_is_no_difference_and_exits_with_3(stack: Stack) -> None:
    aws = Refusing(Trouble(Kind.DENIED, "not permitted: the credentials need iam:GetRole"))
    verification = verify(stack, aws)

    assert {each.state for each in verification.resources} == {"unreadable"}
    assert (verification.differences, verification.exit_code) == (0, 3)
    assert (verification.verdict, verification.undetermined) == ("unknown", len(verification.resources) + 1)
    assert "as generated" not in text(verification)
    assert text(verification).endswith("unknown; 0 of 48 resources the same, 49 not determined, 0 arguments compared")
    data = as_data(verification)
    assert (data["verdict"], data["undetermined"], data["exit_code"]) == ("unknown", 49, 3)
    assert (
        "? module.iam.aws_iam_role.ecs_task: not permitted: the credentials need iam:GetRole"
        in text(verification).splitlines()
    )


def test_nothing_is_asked_twice(stack: Stack) -> None:
    aws = Refusing(Trouble(Kind.DENIED, "no"))
    verify(stack, aws)
    assert sorted(aws.calls) == sorted(set(aws.calls))


def test_what_is_missing_is_told_from_what_can_not_be_read(stack: Stack) -> None:
    verification = verify(stack, Refusing(Trouble(Kind.MISSING, "not found")))
    assert {each.state for each in verification.resources} == {"missing"}
    assert verification.exit_code == 1


def test_the_account_of_another_environment_is_refused(stack: Stack) -> None:
    pinned = replace(stack, provider={"allowed_account_ids": ("999999999999",)})
    with pytest.raises(Refused, match="the credentials belong to account 123456789012; dev is in 999999999999"):
        verify(pinned, Refusing(Trouble(Kind.DENIED, "no")))


def found_as(monkeypatch: pytest.MonkeyPatch, stack: Stack, kind: str, checks: list[Compared]) -> Verification:
    """A verification of a stack that has one resource, which is found so."""

    def reader(_resource: Resource, _world: World) -> Found:
        return Found({}, checks)

    readers: Mapping[str, Any] = {kind: reader}
    monkeypatch.setattr(module, "READERS", readers)
    (resource,) = stack.of_type(kind)
    return verify(only(stack, resource), Refusing(Trouble(Kind.DENIED, "no")))


def only(stack: Stack, *resources: Resource) -> Stack:
    """The stack with some of its resources alone."""
    return replace(stack, modules=(replace(stack.modules[0], resources=resources),))


def test_what_the_autoscaler_manages_is_shown_and_no_difference(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    (service,) = stack.of_type("aws_ecs_service")
    checks = [Compared(name, None, None) for name in service.arguments if name != "desired_count"]
    verification = found_as(monkeypatch, stack, "aws_ecs_service", [Compared("desired_count", 2, 4), *checks])
    assert verification.exit_code == 0
    assert (
        "  module.ecs_service.aws_ecs_service.app desired_count: generated 2, found 4, managed elsewhere"
        in text(verification).splitlines()
    )


def test_the_image_that_a_pipeline_gave_is_shown_and_no_difference(
    monkeypatch: pytest.MonkeyPatch, stack: Stack
) -> None:
    (definition,) = stack.of_type("aws_ecs_task_definition")
    checks = [Compared(name, None, None) for name in definition.arguments if name != "container_definitions"]
    checks.append(Compared("container_definitions.miyabi-app.image", "a:1", "a:2"))
    verification = found_as(monkeypatch, stack, "aws_ecs_task_definition", checks)
    assert verification.exit_code == 0
    assert 'image: generated "a:1", found "a:2", given when Terraform runs' in text(verification)


def test_a_type_without_a_reader_is_said_to_be_not_compared(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    monkeypatch.setattr(module, "READERS", {})
    verification = verify(stack, Refusing(Trouble(Kind.DENIED, "no")))
    lines = text(verification).splitlines()
    assert any(line.startswith("? module.alb.aws_lb.main: verify cannot compare ") for line in lines)
    assert any("idle_timeout" in line for line in lines)
    assert {each.state for each in verification.resources} == {"unknown"}
    assert (verification.verdict, verification.exit_code) == ("unknown", 3)


def test_an_argument_that_no_reader_knows_is_unknown_and_exits_with_3(
    monkeypatch: pytest.MonkeyPatch, stack: Stack
) -> None:
    checks = [Compared("cidr_block", "10.0.0.0/16", "10.0.0.0/16")]
    verification = found_as(monkeypatch, stack, "aws_vpc", checks)
    assert "? module.networking.aws_vpc.main: verify cannot compare" in text(verification)
    assert (verification.resources[0].state, verification.verdict, verification.exit_code) == ("unknown", "unknown", 3)


def test_a_question_about_extras_without_an_answer_is_unknown(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    def reader(resource: Resource, _world: World) -> Found:
        found = Found({}, [Compared(name, None, None) for name in resource.arguments])
        found.search(_denied())
        return found

    monkeypatch.setattr(module, "READERS", {"aws_ecs_cluster": reader})
    (cluster,) = stack.of_type("aws_ecs_cluster")
    verification = verify(only(stack, cluster), Refusing(Trouble(Kind.DENIED, "no")))
    assert (verification.undetermined, verification.exit_code) == (1, 3)
    assert "? module.ecs.aws_ecs_cluster.main: the credentials need ecs:ListServices" in text(verification)


class Answering(Refusing):
    """An AWS that has an answer to some operations, and denies all others."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        super().__init__(Trouble(Kind.DENIED, "no"))
        self.answers = answers

    def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        return self.answers[operation] if operation in self.answers else super().call(service, operation, **arguments)

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> list[Any]:  # noqa: ANN401
        if operation in self.answers:
            return self.answers[operation]
        return super().pages(service, operation, key, **arguments)


def test_a_policy_at_a_secret_is_found(stack: Stack) -> None:
    secret = replace(stack.resources[0], type="aws_secretsmanager_secret", arguments={"name": "miyabi/dev/key"})
    held = {"ARN": "arn:aws:secretsmanager:us-west-2:1:secret:miyabi/dev/key-a", "Name": "miyabi/dev/key"}
    policy = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}]}'
    answers: dict[str, Any] = {"describe_secret": held, "get_resource_policy": {"ResourcePolicy": policy}}

    def found() -> Found:
        made = READERS[secret.type](secret, World(Answering(answers), stack, READERS))
        assert made is not None
        return made

    assert [each.text for each in found().extras] == ["resource policy"]
    answers["get_resource_policy"] = {}
    assert found().extras == []
    del answers["get_resource_policy"]  # denied: nobody knows
    assert (found().extras, len(found().troubles)) == ([], 1)


def test_a_redirect_to_another_host_is_a_difference(stack: Stack) -> None:
    (http,) = stack.of_type("aws_lb_listener")
    arn = "arn:aws:elasticloadbalancing:us-west-2:1:listener/app/x/1/2"
    redirect = {"port": "443", "protocol": "HTTPS", "status_code": "HTTP_301"}
    actions = ({"type": "redirect", "redirect": (redirect,)},)
    listener = replace(http, arguments={**http.arguments, "load_balancer_arn": "balancer", "default_action": actions})
    held = {"Port": "443", "Protocol": "HTTPS", "StatusCode": "HTTP_301", "Host": "phish.example"}
    found = {"ListenerArn": arn, "LoadBalancerArn": "balancer", "Port": 80, "Protocol": "HTTP"}
    answers: dict[str, Any] = {
        "describe_listeners": [{**found, "DefaultActions": [{"Type": "redirect", "RedirectConfig": held}]}],
        "describe_tags": {"TagDescriptions": [{"Tags": []}]},
    }
    read = READERS[listener.type](listener, World(Answering(answers), stack, READERS))

    assert read is not None
    (differs,) = [each for each in read.checks if not each.same and each.argument.startswith("default_action")]
    assert (differs.argument, differs.generated, differs.found) == (
        "default_action[0].redirect.host", "#{host}", "phish.example"
    )  # fmt: skip


def test_a_policy_at_the_registry_is_found(root: Path) -> None:
    shared = next(each for each in read_stacks(root / "cdktf.out") if each.environment == SHARED)
    (repository,) = shared.of_type("aws_ecr_repository")
    described = {"repositoryName": "miyabi-web-api", "repositoryArn": "arn:x", "repositoryUri": "x"}
    answers: dict[str, Any] = {
        "describe_repositories": {"repositories": [described]},
        "list_tags_for_resource": {"tags": []},
        "get_repository_policy": {"policyText": '{"Statement": [{"Effect": "Allow", "Principal": "*"}]}'},
    }
    read = READERS[repository.type](repository, World(Answering(answers), shared, READERS))

    assert read is not None
    assert [each.text for each in read.extras] == ["repository policy"]


def test_tasks_that_no_service_started_are_found(stack: Stack) -> None:
    (cluster,) = stack.of_type("aws_ecs_cluster")
    arn = "arn:aws:ecs:us-west-2:1:cluster/miyabi-cluster-dev"
    task = "arn:aws:ecs:us-west-2:1:task/miyabi-cluster-dev/"
    tasks = [
        {"taskArn": f"{task}1", "group": "service:miyabi-service-dev", "startedBy": "ecs-svc/1"},
        {"taskArn": f"{task}2", "group": "family:miyabi-app-dev"},
        {"taskArn": f"{task}3", "group": "family:miyabi-migration-dev", "startedBy": MIGRATING},
        {"taskArn": f"{task}4", "group": "family:miner", "startedBy": "events-rule/nightly"},
    ]
    described = {"clusterName": "miyabi-cluster-dev", "clusterArn": arn, "status": "ACTIVE"}
    answers = {
        "describe_clusters": {"clusters": [described]},
        "list_services": [],
        "list_tasks": [each["taskArn"] for each in tasks],
        "describe_tasks": {"tasks": tasks},
    }
    found = READERS[cluster.type](cluster, World(Answering(answers), stack, READERS))

    assert found is not None
    assert [each.text for each in found.extras] == [
        "task 2 of family:miyabi-app-dev in the cluster, started by nobody named,",
        "task 4 of family:miner in the cluster, started by events-rule/nightly,",
    ]


GROUP_ARN = "arn:aws:elasticache:us-west-2:1:replicationgroup:miyabi-cache-prod"
DATABASE_ARN = "arn:aws:rds:us-west-2:1:db:miyabi-db-dev"
SERVICE_ARN = "arn:aws:ecs:us-west-2:1:service/miyabi-cluster-dev/miyabi-service-dev"


def delivered(group: str) -> list[dict[str, Any]]:
    return [{"LogType": "slow-log", "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": group}}}]


def replication_group(**held: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:  # noqa: ANN401
    logs = ({"log_type": "slow-log", "destination": "/aws/elasticache/ours"},)
    generated = {
        "replication_group_id": "miyabi-cache-prod",
        "engine_version": "7.1",
        "auth_token": "from a variable",
        "log_delivery_configuration": logs,
    }
    group: dict[str, Any] = {"ReplicationGroupId": "miyabi-cache-prod", "ARN": GROUP_ARN, "MemberClusters": ["a"]}
    group["LogDeliveryConfigurations"] = delivered("/aws/elasticache/ours")
    answers: dict[str, Any] = {
        "describe_replication_groups": {"ReplicationGroups": [{**group, "AuthTokenEnabled": True, **held}]},
        "describe_cache_clusters": {"CacheClusters": [{"Engine": "redis"}]},
        "list_tags_for_resource": {"TagList": []},
    }
    return "aws_elasticache_replication_group", generated, answers


def database(**held: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:  # noqa: ANN401
    found = {"DBInstanceIdentifier": "miyabi-db-dev", "DBInstanceArn": DATABASE_ARN, **held}
    answers: dict[str, Any] = {
        "describe_db_instances": {"DBInstances": [found]},
        "list_tags_for_resource": {"TagList": []},
    }
    return "aws_db_instance", {"identifier": "miyabi-db-dev", "allocated_storage": 20}, answers


def bucket(operation: str, answer: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    owner = {"ID": "me"}
    mine = {"Grantee": {"ID": "me", "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
    answers: dict[str, Any] = {
        "head_bucket": {},
        "get_bucket_tagging": {"TagSet": []},
        "get_bucket_notification_configuration": {},
        "get_bucket_acl": {"Owner": owner, "Grants": [mine]},
        **{operation: {} for _, operation, _ in OF_A_BUCKET.values()},
    }
    if operation == "get_bucket_acl":
        answer = {"Owner": owner, "Grants": [mine, *answer["Grants"]]}
    return "aws_s3_bucket", {"bucket": "miyabi-site"}, {**answers, operation: answer}


def rule(**more: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:  # noqa: ANN401
    held = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 90}, **more}
    wanted = {"id": "old", "status": "Enabled", "filter": ({"prefix": ""},), "expiration": ({"days": 90},)}
    generated = {"bucket": "miyabi-site", "rule": (wanted,)}
    return (
        "aws_s3_bucket_lifecycle_configuration",
        generated,
        {"get_bucket_lifecycle_configuration": {"Rules": [held]}},
    )


def record(*more: dict[str, Any], **held: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:  # noqa: ANN401
    first = {"Name": "api.example.com.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}], **held}
    generated = {"zone_id": "Z1", "name": "api.example.com", "type": "A", "ttl": 60, "records": ("192.0.2.1",)}
    return (
        "aws_route53_record",
        generated,
        {"list_resource_record_sets": {"ResourceRecordSets": [first, *more]}},
    )


def service(**held: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:  # noqa: ANN401
    found = {
        "serviceName": "miyabi-service-dev",
        "serviceArn": SERVICE_ARN,
        "clusterArn": "arn",
        "taskDefinition": "arn",
        "desiredCount": 2,
        "status": "ACTIVE",
        "deployments": [{"status": "PRIMARY", **held}],
    }
    return (
        "aws_ecs_service",
        {"name": "miyabi-service-dev", "cluster": "c"},
        {"describe_services": {"services": [found]}},
    )


def service_with(**held: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:  # noqa: ANN401
    kind, generated, answers = service()
    answers["describe_services"]["services"][0] |= held
    return kind, generated, answers


def volume(**held: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:  # noqa: ANN401
    definition = {
        "taskDefinitionArn": "arn",
        "revision": 1,
        "containerDefinitions": [],
        "volumes": [{"name": "tmp", **held}],
    }
    generated = {"family": "miyabi-app-dev", "container_definitions": (), "volume": ({"name": "tmp"},)}
    return "aws_ecs_task_definition", generated, {"describe_task_definition": {"taskDefinition": definition}}


def tells(stack: Stack, of: tuple[str, dict[str, Any], dict[str, Any]]) -> set[str]:
    """What verify tells of a resource: what exists in addition, and the arguments that differ."""
    kind, arguments, answers = of
    resource = replace(stack.resources[0], type=kind, arguments=arguments)
    made = READERS[kind](resource, World(Answering(answers), stack, READERS))
    assert made is not None
    return {each.text for each in made.extras} | {
        re.sub(r"\[0\]$", "", each.argument) for each in made.checks if not each.same
    }


PUBLIC = {"Grantee": {"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}
FOREIGN = {"Name": "api.example.com.", "ResourceRecords": [{"Value": "198.51.100.9"}]}
FILES = {"efsVolumeConfiguration": {"fileSystemId": "fs-1"}}


@pytest.mark.parametrize(
    ("held", "otherwise", "said"),
    [
        (replication_group(), replication_group(AuthTokenEnabled=False), "auth_token_enabled"),
        (
            replication_group(),
            replication_group(LogDeliveryConfigurations=delivered("/somebody/else")),
            "log_delivery_configuration.slow-log",
        ),
        (replication_group(), replication_group(UserGroupIds=["theirs"]), "user group theirs"),
        (database(), database(AssociatedRoles=[{"RoleArn": "arn:r"}]), "role arn:r of the database"),
        (
            database(),
            database(DBParameterGroups=[{"ParameterApplyStatus": "pending-reboot"}]),
            "parameters that are not in force (pending-reboot)",
        ),
        (
            bucket("head_bucket", {}),
            bucket("get_bucket_notification_configuration", {"QueueConfigurations": [{}]}),
            "event notification (QueueConfigurations)",
        ),
        (
            bucket("head_bucket", {}),
            bucket("get_bucket_acl", {"Grants": [PUBLIC]}),
            "ACL grant READ to http://acs.amazonaws.com/groups/global/AllUsers",
        ),
        (rule(), rule(Transitions=[{"Days": 1, "StorageClass": "GLACIER"}]), "rule[0].Transitions"),
        (record(), record({**FOREIGN, "Type": "AAAA"}), "record AAAA of api.example.com"),
        (
            record(),
            record({**FOREIGN, "Type": "A", "SetIdentifier": "b", "Weight": 9}, SetIdentifier="a", Weight=1),
            "routing policy of api.example.com (a)",
        ),
        (service(), service(serviceConnectConfiguration={"enabled": True}), "Service Connect"),
        (service(), service(volumeConfigurations=[{"name": "disk"}]), "a volume that ECS creates"),
        (volume(), volume(**FILES), "volume"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_stands_beside_what_was_generated_is_no_as_generated(
    stack: Stack,
    held: tuple[str, dict[str, Any], dict[str, Any]],
    otherwise: tuple[str, dict[str, Any], dict[str, Any]],
    said: str,
) -> None:
    assert said not in tells(stack, held)
    assert any(each.startswith(said) for each in tells(stack, otherwise)), tells(stack, otherwise)


SHAPES: Mapping[str, tuple[str, str]] = {
    "aws_acm_certificate": ("acm", "CertificateDetail"),
    "aws_appautoscaling_scheduled_action": ("application-autoscaling", "ScheduledAction"),
    "aws_cloudfront_distribution": ("cloudfront", "DistributionConfig"),
    "cache behavior": ("cloudfront", "CacheBehavior"),
    "origin": ("cloudfront", "Origin"),
    "aws_cloudfront_response_headers_policy": ("cloudfront", "ResponseHeadersPolicyConfig"),
    "aws_cloudwatch_log_group": ("logs", "LogGroup"),
    "aws_cloudwatch_metric_alarm": ("cloudwatch", "MetricAlarm"),
    "aws_codedeploy_deployment_group": ("codedeploy", "DeploymentGroupInfo"),
    "aws_db_instance": ("rds", "DBInstance"),
    "aws_ecr_repository": ("ecr", "Repository"),
    "aws_ecs_cluster": ("ecs", "Cluster"),
    "aws_ecs_service": ("ecs", "Service"),
    "aws_ecs_task_definition": ("ecs", "TaskDefinition"),
    "aws_elasticache_cluster": ("elasticache", "CacheCluster"),
    "aws_elasticache_replication_group": ("elasticache", "ReplicationGroup"),
    "aws_lb_listener_rule": ("elbv2", "Rule"),
    "aws_route53_health_check": ("route53", "HealthCheckConfig"),
    "aws_route53_record": ("route53", "ResourceRecordSet"),
    "aws_secretsmanager_secret": ("secretsmanager", "DescribeSecretResponse"),
    "aws_subnet": ("ec2", "Subnet"),
    "aws_vpc_endpoint": ("ec2", "VpcEndpoint"),
    "aws_wafv2_web_acl": ("wafv2", "WebACL"),
}
"""What AWS answers for a type: the service, and the shape of its model. What SNS answers is a map without names."""


def _within(path: str, value: Any) -> Any:  # noqa: ANN401
    """An answer that has a value at a path."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


@pytest.mark.parametrize("kind", BESIDE)
def test_what_aws_tells_beside_the_arguments_is_said(kind: str) -> None:
    """Each part alone; what nobody set, and what AWS sets itself, is none."""
    for path, each in BESIDE[kind].items():
        for held in ("something", True, [{"Name": "something"}], {"Quantity": 1, "Items": ["something"]}):
            (said,) = beside(kind, _within(path, held))
            assert said.text.startswith(each.noun)
        nothing: tuple[Any, ...] = (None, "", 0, False, [], {}, {"Enabled": False, "Quantity": 0}, *each.usual)
        assert [list(beside(kind, _within(path, held))) for held in nothing] == [[]] * len(nothing)


@pytest.mark.parametrize("kind", SHAPES)
def test_aws_has_each_part_by_this_name(kind: str) -> None:
    service, name = SHAPES[kind]
    models: Any = cast("Any", botocore.session).Session()
    shape: Any = models.get_service_model(service).shape_for(name)
    for path in BESIDE[kind]:
        at = shape
        for key in path.split("."):
            assert key in at.members, f"{kind}: {path}"
            at = at.members[key]


def test_every_type_with_parts_beside_is_one_of_aws() -> None:
    assert BESIDE.keys() - SHAPES.keys() == {"aws_sns_topic", "aws_sns_topic_subscription"}
    assert BESIDE.keys() - READERS.keys() == {"cache behavior", "origin"}


TARGETS = "arn:aws:elasticloadbalancing:us-west-2:1:targetgroup/miyabi-tg-dev/1"
TASK = {"attachments": [{"details": [{"name": "privateIPv4Address", "value": "10.0.11.5"}]}]}


def target(address: str, state: str = "healthy") -> dict[str, Any]:
    return {"Target": {"Id": address}, "TargetHealth": {"State": state}}


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ([target("10.0.11.5")], []),
        ([target("10.0.11.5"), target("10.0.11.77", "draining")], []),
        ([target("10.0.11.5"), target("10.0.11.77")], ["target 10.0.11.77 that is no task"]),
    ],
)
def test_a_target_that_is_no_task_is_found(stack: Stack, targets: list[dict[str, Any]], said: list[str]) -> None:
    (group,) = stack.of_type("aws_lb_target_group")
    (cluster,) = stack.of_type("aws_ecs_cluster")
    held = {
        "TargetGroupArn": TARGETS, "TargetGroupName": "miyabi-tg-dev", "Port": 8080, "Protocol": "HTTP",
        "TargetType": "ip", "VpcId": "vpc-1", "HealthCheckEnabled": True, "HealthCheckProtocol": "HTTP",
        "HealthCheckPath": "/health", "Matcher": {"HttpCode": "200"}, "HealthCheckIntervalSeconds": 30,
        "HealthCheckTimeoutSeconds": 5, "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 3,
    }  # fmt: skip
    answers: dict[str, Any] = {
        "describe_target_groups": {"TargetGroups": [held]},
        "describe_target_group_attributes": {"Attributes": []},
        "describe_tags": {"TagDescriptions": [{"Tags": []}]},
        "describe_target_health": {"TargetHealthDescriptions": targets},
        "describe_clusters": {
            "clusters": [{"clusterArn": "arn:c", "clusterName": str(cluster.get("name")), "status": "ACTIVE"}]
        },
        "list_services": [],
        "list_tasks": ["arn:t"],
        "describe_tasks": {"tasks": [{**TASK, "group": "service:x"}]},
    }
    of_it = replace(group, arguments={key: each for key, each in group.arguments.items() if key != "vpc_id"})
    found = READERS[group.type](of_it, World(Answering(answers), stack, READERS))
    assert found is not None
    assert [each.text for each in found.extras] == said
    assert found.troubles == []


def certificate(status: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    arn = "arn:aws:acm:us-west-2:1:certificate/a"
    held = {"CertificateArn": arn, "Status": status, "IssuedAt": "2025-01-01"}
    answers = {"describe_certificate": {"Certificate": held}}
    return "aws_acm_certificate_validation", {"certificate_arn": arn}, answers


@pytest.mark.parametrize(("status", "there"), [("ISSUED", True), ("EXPIRED", False), ("REVOKED", False)])
def test_a_certificate_that_is_valid_no_more_is_none(stack: Stack, status: str, there: bool) -> None:  # noqa: FBT001
    kind, arguments, answers = certificate(status)
    resource = replace(stack.resources[0], type=kind, arguments=arguments)
    found = READERS[kind](resource, World(Answering(answers), stack, READERS))
    assert (found is not None) == there


EVERYTHING = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


def topic(*endpoints: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    arn = "arn:aws:sns:us-west-2:1:alarms"
    answers: dict[str, Any] = {
        "list_topics": [{"TopicArn": arn}],
        "get_topic_attributes": {"Attributes": {}},
        "list_subscriptions_by_topic": [{"Protocol": "https", "Endpoint": each} for each in endpoints],
        "list_tags_for_resource": {"Tags": []},
    }
    return "aws_sns_topic", {"name": "alarms"}, answers


def secret(**held: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:  # noqa: ANN401
    answers = {"describe_secret": {"ARN": "arn:s", "Name": "mail", **held}, "get_resource_policy": {}}
    return "aws_secretsmanager_secret", {"name": "mail"}, answers


def endpoint(**statement: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:  # noqa: ANN401
    policy = json.dumps({"Version": "2008-10-17", "Statement": [{**EVERYTHING, **statement}]})
    held = {
        "VpcEndpointId": "vpce-1", "ServiceName": "s3", "State": "available", "VpcId": "vpc-1",
        "VpcEndpointType": "Gateway", "PolicyDocument": policy,
    }  # fmt: skip
    answers = {"describe_vpcs": [{"VpcId": "vpc-1"}], "describe_vpc_endpoints": [held]}
    return "aws_vpc_endpoint", {"vpc_id": "vpc-1", "service_name": "s3"}, answers


def zones(*identifiers: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    held: list[dict[str, Any]] = [
        {"Id": f"/hostedzone/{each}", "Name": "example.com.", "Config": {}} for each in identifiers
    ]
    answers: dict[str, Any] = {
        "list_hosted_zones_by_name": {"HostedZones": held},
        "get_hosted_zone": {"DelegationSet": {"NameServers": []}},
        "list_tags_for_resource": {"ResourceTagSet": {"Tags": []}},
    }
    return "aws_route53_zone", {"name": "example.com"}, answers


def discovered(**attributes: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    records: dict[str, Any] = {"namespace_id": "ns-1", "dns_records": ({"ttl": 10, "type": "A"},)}
    answers: dict[str, Any] = {
        "list_services": [{"Name": "app", "Id": "srv-1", "Arn": "arn:d"}],
        "list_tags_for_resource": {"Tags": []},
        "list_instances": [{"Id": "i", "Attributes": {"AWS_INSTANCE_IPV4": "10.0.11.77", **attributes}}],
    }
    return "aws_service_discovery_service", {"name": "app", "dns_config": (records,)}, answers


def events(*, enabled: bool) -> tuple[str, dict[str, Any], dict[str, Any]]:
    held = {"CustSubscriptionId": "e", "EventSubscriptionArn": "arn:e", "Enabled": enabled}
    answers: dict[str, Any] = {
        "describe_event_subscriptions": {"EventSubscriptionsList": [held]},
        "list_tags_for_resource": {"TagList": []},
    }
    return "aws_db_event_subscription", {"name": "e"}, answers


@pytest.mark.parametrize(
    ("held", "otherwise", "said"),
    [
        (topic(), topic("https://evil.example/x"), "subscriber of a web service"),
        (secret(), secret(RotationEnabled=True), "rotation of the value"),
        (secret(), secret(ReplicationStatus=[{"Region": "eu-west-1"}]), "replica in another region"),
        (endpoint(Sid="all"), endpoint(Effect="Deny"), "endpoint policy that does not allow everything"),
        (endpoint(), endpoint(Resource="arn:aws:s3:::ours"), "endpoint policy that does not allow everything"),
        (zones("Z1"), zones("Z1", "Z2"), "another hosted zone of the name, Z2"),
        (discovered(ECS_SERVICE_NAME="s"), discovered(), "instance 10.0.11.77 that ECS did not register"),
        (events(enabled=True), events(enabled=False), "enabled"),
        (rule(), rule(Filter={"Tag": {"Key": "never", "Value": "x"}}), "rule[0].Tag"),
        (rule(), rule(Filter={"And": {"Prefix": "", "ObjectSizeGreaterThan": 1}}), "rule[0].And"),
        (rule(), rule(Filter={"ObjectSizeGreaterThan": 10**12}), "rule[0].ObjectSizeGreaterThan"),
        (
            database(DBParameterGroups=[{}], OptionGroupMemberships=[{"OptionGroupName": "default:postgres-17"}]),
            database(DBParameterGroups=[{}], OptionGroupMemberships=[{"OptionGroupName": "theirs"}]),
            "option group theirs",
        ),
        (
            database(PendingModifiedValues={}),
            database(PendingModifiedValues={"DBInstanceClass": "db.t3.micro"}),
            "change that waits for the maintenance window (DBInstanceClass)",
        ),
        (
            replication_group(),
            replication_group(PendingModifiedValues={"AutomaticFailoverStatus": "disabled"}),
            "change that waits for the maintenance window (AutomaticFailoverStatus)",
        ),
        (
            bucket("head_bucket", {}),
            bucket("get_bucket_logging", {"LoggingEnabled": {"TargetBucket": "x"}}),
            "access log",
        ),
        (record(), record(HealthCheckId="h"), "health check of the record h"),
        (
            service(),
            service_with(deploymentConfiguration={"strategy": "BLUE_GREEN"}),
            "deployment strategy BLUE_GREEN",
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_nobody_generated_and_makes_it_behave_otherwise_is_found(
    stack: Stack,
    held: tuple[str, dict[str, Any], dict[str, Any]],
    otherwise: tuple[str, dict[str, Any], dict[str, Any]],
    said: str,
) -> None:
    assert said not in tells(stack, held)
    assert said in tells(stack, otherwise)


def test_as_many_web_services_as_were_generated_are_known(stack: Stack) -> None:
    """Their URLs are in no file; a second one is none of them."""
    kind, arguments, answers = topic("https://events.example.com/a", "https://evil.example/x")
    mine = replace(stack.resources[0], address="module.n.aws_sns_topic.t", type=kind, arguments=arguments)
    hook: dict[str, Value] = {"topic_arn": Reference(mine.address, "arn"), "protocol": "https", "endpoint": HIDDEN}
    subscription = replace(mine, address="module.n.aws_sns_topic_subscription.s", type=f"{kind}_subscription")
    with_it = only(stack, mine, replace(subscription, arguments=hook))
    found = READERS[kind](mine, World(Answering(answers), with_it, READERS))
    assert found is not None
    assert [each.text for each in found.extras] == ["subscriber of a web service"]


HIDDEN = Reference("var.alarm_webhook_url", "value")


def test_a_name_that_terraform_did_not_make_is_another(stack: Stack) -> None:
    """Of a prefix: a group that somebody made by hand begins with it, too, and comes first."""
    own = "miyabi-db-dev-202611271852023339" + "00000005"
    answers: dict[str, Any] = {
        "describe_db_parameter_groups": [
            {"DBParameterGroupName": each, "DBParameterGroupFamily": "postgres17", "DBParameterGroupArn": each}
            for each in ("miyabi-db-dev-0-by-hand", own)
        ],
        "describe_db_parameters": [],
        "list_tags_for_resource": {"TagList": []},
    }
    arguments: dict[str, Value] = {"name_prefix": "miyabi-db-dev-", "family": "postgres17"}
    resource = replace(stack.resources[0], type="aws_db_parameter_group", arguments=arguments)
    found = READERS[resource.type](resource, World(Answering(answers), stack, READERS))
    assert found is not None
    assert found.attributes["name"] == own


@pytest.mark.parametrize(
    ("operation", "answer", "said"),
    [
        (
            "describe_instances",
            [{"Instances": [{"InstanceId": "i-1", "State": {"Name": "running"}}]}],
            "instance i-1 in the VPC",
        ),
        (
            "describe_transit_gateway_vpc_attachments",
            [{"TransitGatewayAttachmentId": "tgw-attach-1"}],
            "attachment to a transit gateway tgw-attach-1 in the VPC",
        ),
        (
            "list_hosted_zones_by_vpc",
            {"HostedZoneSummaries": [{"Name": "amazonaws.com.", "Owner": {"OwningAccount": "123456789012"}}]},
            "private hosted zone amazonaws.com at the VPC",
        ),
        (
            "describe_dhcp_options",
            [{"DhcpConfigurations": [{"Key": "domain-name-servers", "Values": [{"Value": "10.9.9.9"}]}]}],
            "name servers 10.9.9.9 in the DHCP options dopt-1 of the VPC",
        ),
    ],
)
def test_what_stands_in_the_network_and_was_not_generated_is_found(
    stack: Stack,
    operation: str,
    answer: Any,  # noqa: ANN401  # as AWS gives it
    said: str,
) -> None:
    (vpc,) = stack.of_type("aws_vpc")
    described = {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "DhcpOptionsId": "dopt-1"}
    answers: dict[str, Any] = {
        "describe_load_balancers": {"LoadBalancers": [{"VpcId": "vpc-1"}]},
        "describe_vpcs": [described],
        "describe_vpc_attribute": {"EnableDnsSupport": {"Value": True}, "EnableDnsHostnames": {"Value": True}},
        "describe_dhcp_options": [
            {"DhcpConfigurations": [{"Key": "domain-name-servers", "Values": [{"Value": "AmazonProvidedDNS"}]}]}
        ],
        "describe_instances": [],
        "list_hosted_zones_by_vpc": {
            "HostedZoneSummaries": [{"Name": "x.efs.us-west-2.amazonaws.com.", "Owner": {"OwningService": "efs"}}]
        },
        "describe_transit_gateway_vpc_attachments": [],
    }

    def extras() -> list[str]:
        made = READERS[vpc.type](vpc, World(Answering(answers), stack, READERS))
        assert made is not None
        return [each.text for each in made.extras]

    assert extras() == []
    answers[operation] = answer
    assert extras() == [said]


def _denied() -> Iterator[Extra]:
    raise Trouble(Kind.DENIED, "the credentials need ecs:ListServices")
    yield


@pytest.mark.parametrize(
    ("generated", "found", "differences"),
    [
        ("1.dkr.ecr.us-west-2.amazonaws.com/api:a", "1.dkr.ecr.us-west-2.amazonaws.com/api:b", 0),
        ("1.dkr.ecr.us-west-2.amazonaws.com/api:a", "1.dkr.ecr.us-west-2.amazonaws.com/api@sha256:0", 0),
        ("1.dkr.ecr.us-west-2.amazonaws.com/api:a", "2.dkr.ecr.us-west-2.amazonaws.com/api:a", 1),
        ("localhost:5000/api", "localhost:5000/other", 1),
    ],
)
def test_an_image_of_another_repository_is_a_difference(
    monkeypatch: pytest.MonkeyPatch, stack: Stack, generated: str, found: str, differences: int
) -> None:
    checks = [Compared("container_definitions.miyabi-app.image", generated, found)]
    assert found_as(monkeypatch, stack, "aws_ecs_task_definition", checks).differences == differences


def test_a_block_differs_in_the_value_that_differs(stack: Stack) -> None:
    group = stack.find("module.alb.aws_lb_target_group.app")
    assert group is not None
    held = {**group.blocks("health_check")[0], "path": "/"}
    checks = World(Refusing(Trouble(Kind.DENIED, "no")), stack, READERS).checks(group, {"health_check": held})
    assert [check for check in checks if not check.same] == [Compared("health_check.path", "/health", "/")]


def test_tags_are_compared_one_by_one_and_those_of_aws_do_not_count(stack: Stack) -> None:
    vpc = stack.find("module.networking.aws_vpc.main")
    assert vpc is not None
    tags = [
        {"Key": "Name", "Value": "miyabi-vpc-dev"},
        {"Key": "Project", "Value": "miyabi"},
        {"Key": "Environment", "Value": "prod"},
        {"Key": "Owner", "Value": "me"},
        {"Key": "aws:cloudformation:stack-name", "Value": "x"},
    ]
    checks = World(Refusing(Trouble(Kind.DENIED, "no")), stack, READERS).tags(vpc, tags)
    assert [check for check in checks if not check.same] == [
        Compared("tags.Environment", "dev", "prod"),
        Compared("tags.ManagedBy", "Terraform", None),
        Compared("tags.Owner", None, "me"),
    ]


def test_a_policy_is_the_same_in_any_order_and_with_single_items_for_lists() -> None:
    generated = {"Statement": [{"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": ["*"]}]}
    held = '{"Statement": {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}}'
    assert canonical(generated) == canonical(held)
    assert canonical(generated) != canonical(held.replace("Allow", "Deny"))


def test_a_reference_to_what_is_missing_is_no_difference_of_its_own(stack: Stack) -> None:
    world = World(Refusing(Trouble(Kind.MISSING, "gone")), stack, READERS)
    value = world.value(Reference("module.networking.aws_vpc.main", "id"))
    assert Compared("vpc_id", value, "vpc-1").same
