"""`miyabi-infra verify` where AWS does not answer, and how differences are told."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.aws import verify as module
from miyabi_infra.aws.client import Aws, Kind, Trouble
from miyabi_infra.aws.readers import READERS
from miyabi_infra.aws.readers.ecs import MIGRATING
from miyabi_infra.aws.readers.s3 import OF_A_BUCKET
from miyabi_infra.aws.verify import Verification, verify
from miyabi_infra.aws.world import Compared, Extra, Found, World
from miyabi_infra.commands.verify import as_data, text
from miyabi_infra.project import SHARED
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Reference, Resource, Stack
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


def volume(**held: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:  # noqa: ANN401
    definition = {
        "taskDefinitionArn": "arn",
        "revision": 1,
        "containerDefinitions": [],
        "volumes": [{"name": "tmp", **held}],
    }
    generated = {"family": "miyabi-app-dev", "container_definitions": (), "volume": ({"name": "tmp"},)}
    return "aws_ecs_task_definition", generated, {"describe_task_definition": {"taskDefinition": definition}}


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
    def tells(of: tuple[str, dict[str, Any], dict[str, Any]]) -> set[str]:
        kind, arguments, answers = of
        resource = replace(stack.resources[0], type=kind, arguments=arguments)
        made = READERS[kind](resource, World(Answering(answers), stack, READERS))
        assert made is not None
        return {each.text for each in made.extras} | {
            re.sub(r"\[0\]$", "", each.argument) for each in made.checks if not each.same
        }

    assert said not in tells(held)
    assert any(each.startswith(said) for each in tells(otherwise)), tells(otherwise)


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
            "describe_dhcp_options",
            [{"DhcpConfigurations": [{"Key": "domain-name-servers", "Values": [{"Value": "10.9.9.9"}]}]}],
            "name servers 10.9.9.9 in the DHCP options dopt-1 of the VPC",
        ),
    ],
)
def test_what_stands_in_the_network_and_was_not_generated_is_found(
    stack: Stack, operation: str, answer: list[dict[str, Any]], said: str
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
