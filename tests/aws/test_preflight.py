"""`miyabi-infra preflight` on emulated AWS: an account in which an apply would work, and others."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.aws import client
from miyabi_infra.aws.client import Aws, action_name
from miyabi_infra.aws.preflight import policy_of, read
from miyabi_infra.aws.preflight.model import Before
from miyabi_infra.commands.preflight import run
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import read as read_stacks
from tests import complete
from tests.aws import offers
from tests.aws.emulator import Emulator
from tests.aws.environment import Environment
from tests.aws.test_from_nothing import outside
from tests.name_server import NameServer
from tests.support import Project

pytestmark = pytest.mark.aws

REGISTRY = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
ROLES = (
    "AWSServiceRoleForApplicationAutoScaling_ECSService",
    "AWSServiceRoleForECS",
    "AWSServiceRoleForElastiCache",
    "AWSServiceRoleForElasticLoadBalancing",
    "AWSServiceRoleForRDS",
)
WEB_ACL = f"arn:aws:wafv2:us-east-1:{complete.ACCOUNT}:global/webacl/cdn/0a1b2c3d-0000-1111-2222-333344445555"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
Screen = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


def tell(aws: Emulator, name: str, value: object) -> None:
    aws.client("ssm").put_parameter(Name=name, Value=json.dumps(value), Type="String", Overwrite=True)


@pytest.fixture
def asked(monkeypatch: Patch) -> set[str]:
    """IAM's names of all that is asked of AWS, also of what is denied."""
    found = set[str]()

    def noting(service: str, operation: str) -> str:
        action = action_name(service, operation)
        found.add(action)
        return action

    monkeypatch.setattr(f"{client.__name__}.action_name", noting)
    return found


@pytest.fixture
def staging(root: Path, tmp_path: Path) -> Project:
    """Staging, which is not applied, with an image of its own; the quotas are for this one environment."""
    project = Project.copy_of(root, tmp_path / "project")
    for name in ("dev", "prod"):
        project.overlay(name).unlink()
    project.change("staging", ("miyabi-web-api:latest", "miyabi-web-api:3f2c1ab"))
    project.synthesize()
    return project


@pytest.fixture
def good(aws: Emulator, monkeypatch: Patch) -> Emulator:
    """An account with everything that staging needs and nothing of it."""
    aws.use(monkeypatch)
    aws.client("s3").create_bucket(
        Bucket="miyabi-terraform-state", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    aws.client("s3").put_bucket_versioning(
        Bucket="miyabi-terraform-state", VersioningConfiguration={"Status": "Enabled"}
    )
    aws.client("ecr").create_repository(repositoryName="miyabi-web-api")
    aws.push("miyabi-web-api", "3f2c1ab")
    for name in ROLES:
        aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    tell(aws, offers.QUOTAS, {"L-3032A538": 50})
    return aws


def found(project: Project, environment: str, capsys: Screen) -> tuple[int, dict[str, list[Any]]]:
    capsys.readouterr()
    code = run(project.root, environment, as_json=True)
    data = json.loads(capsys.readouterr().out)
    assert data["exit_code"] == code
    return code, data["sections"]


def blocks(sections: dict[str, list[Any]], name: str, level: str = "blocked") -> list[str]:
    return [each["text"] for each in sections[name] if each["level"] == level]


@pytest.mark.usefixtures("good")
def test_an_account_in_which_the_apply_would_work(staging: Project, capsys: Screen) -> None:
    code, sections = found(staging, "staging", capsys)
    assert [each for section in sections.values() for each in section if each["level"] != "ok"] == []
    assert code == 0
    assert set(sections) == {"state", "names", "quotas", "zones", "nodes", "image", "AWS's roles"}
    assert run(staging.root, "staging") == 0
    assert capsys.readouterr().out.endswith("clear: nothing that was looked at stands in the way\n")


def test_an_empty_account(aws: Emulator, staging: Project, monkeypatch: Patch, capsys: Screen) -> None:
    aws.use(monkeypatch)
    code, sections = found(staging, "staging", capsys)
    assert code == 1
    assert blocks(sections, "state") == ["bucket miyabi-terraform-state does not exist: apply the stack shared first"]
    assert blocks(sections, "image") == [
        f"{REGISTRY}/miyabi-web-api:3f2c1ab is not in the registry: push it, or correct ecs.ecr_image_uri"
    ]
    assert len(blocks(sections, "AWS's roles", "note")) == 1


def test_quotas_are_compared_with_what_is_new(good: Emulator, staging: Project, capsys: Screen) -> None:
    for _ in range(4):
        good.client("ec2").allocate_address(Domain="vpc")
    tell(good, offers.QUOTAS, {"L-3032A538": 1, "L-0EA8095F": 0})
    _, sections = found(staging, "staging", capsys)
    first, rules, cpus = blocks(sections, "quotas")
    assert first == (
        "elastic IP addresses: 4 in use, 2 new, at most 5: request an increase of L-0263D0A3 in Service Quotas"
    )
    assert rules.startswith("rules of a security group in one direction: 2 at most (miyabi-alb-sg-staging), 0 allowed")
    assert cpus.startswith("vCPUs of Fargate on demand: ")


def test_what_others_use_of_a_quota_is_counted(good: Emulator, staging: Project, capsys: Screen) -> None:
    usage = [{"Name": name, "Value": value} for name, value in sorted(offers.USAGE.items())]
    earlier = datetime.now(UTC) - timedelta(minutes=5)  # a point of this second is not asked for yet
    data = {"MetricName": "ResourceCount", "Dimensions": usage, "Value": 47.0, "Timestamp": earlier}
    good.client("cloudwatch").put_metric_data(Namespace="AWS/Usage", MetricData=[data])
    _, sections = found(staging, "staging", capsys)
    figures = "6 at the most during a deployment, 47 used by others, at most 50"
    how = "request an increase of L-3032A538 in Service Quotas"
    assert blocks(sections, "quotas") == [f"vCPUs of Fargate on demand: {figures}: {how}"]


def test_an_image_that_no_push_can_follow_or_that_others_expire(
    good: Emulator, staging: Project, monkeypatch: Patch, capsys: Screen
) -> None:
    registry = {"repositoryName": "miyabi-web-api"}
    good.client("ecr").put_image_tag_mutability(**registry, imageTagMutability="IMMUTABLE")
    rules = [
        {
            "rulePriority": 2 + rank,
            "selection": {**selection, "countType": "imageCountMoreThan", "countNumber": 30},
            "action": {"type": "expire"},
        }
        for rank, selection in enumerate(({"tagStatus": "tagged", "tagPrefixList": ["staging-"]}, {"tagStatus": "any"}))
    ]
    good.client("ecr").put_lifecycle_policy(**registry, lifecyclePolicyText=json.dumps({"rules": rules}))
    good.push("miyabi-web-api", "latest", "staging-3f2c1ab")

    monkeypatch.setenv("TF_VAR_ecr_image_uri", f"{REGISTRY}/miyabi-web-api:latest")
    code, sections = found(staging, "staging", capsys)
    assert code == 1
    why = "the tags of its registry are immutable, so no later image can be pushed under it"
    assert blocks(sections, "image") == [f"{REGISTRY}/miyabi-web-api:latest: {why}; name the commit"]
    assert len(blocks(sections, "image", "note")) == 1

    monkeypatch.setenv("TF_VAR_ecr_image_uri", f"{REGISTRY}/miyabi-web-api:staging-3f2c1ab")
    code, sections = found(staging, "staging", capsys)
    assert (code, [each["level"] for each in sections["image"]]) == (0, ["ok"])


def test_what_the_account_is_not_offered(good: Emulator, staging: Project, capsys: Screen) -> None:
    tell(good, offers.RETIRED, ["cache.t3.micro"])
    tell(good, offers.ARCHITECTURE, "arm64")
    _, sections = found(staging, "staging", capsys)
    assert blocks(sections, "nodes") == ["cache.t3.micro is not offered in us-west-2: elasticache.redis_node_type"]
    assert blocks(sections, "image") == [
        f"{REGISTRY}/miyabi-web-api:3f2c1ab is for arm64, the task for X86_64: ecs.cpu_architecture"
    ]


def test_tasks_on_spot_have_a_quota_of_their_own(good: Emulator, staging: Project, capsys: Screen) -> None:
    staging.change("staging", ("ecs_service:\n", "ecs_service:\n  spot_share: 75\n  on_demand_base: 2\n"))
    staging.synthesize("staging")
    tell(good, offers.QUOTAS, {"L-3032A538": 4, "L-36FBB829": 4})
    _, sections = found(staging, "staging", capsys)
    # 12 tasks of half a vCPU during a deployment: 2 on demand, of the other 10 three quarters on Spot
    assert blocks(sections, "quotas") == []
    tell(good, offers.QUOTAS, {"L-3032A538": 4, "L-36FBB829": 3})
    _, sections = found(staging, "staging", capsys)
    how = "request an increase of L-36FBB829 in Service Quotas"
    assert blocks(sections, "quotas") == [
        f"vCPUs of Fargate Spot: 4 at the most during a deployment, 0 used by others, at most 3: {how}"
    ]


def test_the_class_of_the_database_is_looked_up(good: Emulator, staging: Project, capsys: Screen) -> None:
    text = staging.overlay("staging").read_text(encoding="utf-8")
    staging.write("staging", f"{text}\nrds: {{enabled: true, instance_class: db.t3.small}}\n")
    staging.synthesize("staging")
    _, sections = found(staging, "staging", capsys)
    assert [each["level"] for each in sections["database classes"]] == ["ok"]
    tell(good, offers.RETIRED, ["db.t3.small"])
    _, sections = found(staging, "staging", capsys)
    assert blocks(sections, "database classes") == [
        "db.t3.small is not offered for version 17 in us-west-2: rds.instance_class"
    ]


def test_what_exists_and_is_not_in_the_state_is_named(dev: Environment, capsys: Screen, monkeypatch: Patch) -> None:
    dev.aws.use(monkeypatch)
    _, sections = found(dev.project, "dev", capsys)
    assert blocks(sections, "names") == []

    dev.state.rename(dev.state.with_suffix(".lost"))

    code, sections = found(dev.project, "dev", capsys)
    assert code == 1
    named = blocks(sections, "names")
    how = "exists, and is not in the state: miyabi-infra adopt --import --env dev imports it"
    assert f"module.alb.aws_lb.main {how}" in named
    assert len(named) > 40


def test_what_an_overlay_names_is_looked_up(
    aws: Emulator, project: Project, name_server: NameServer, *, asked: set[str], monkeypatch: Patch, capsys: Screen
) -> None:
    aws.use(monkeypatch)
    complete.write(project)
    overlay = complete.overlay()
    frontend = {**overlay["frontend"], "web_acl_arn": WEB_ACL}
    alb = {key: held for key, held in overlay["alb"].items() if key != "waf_fail_open"}
    project.write(complete.ENVIRONMENT, {**overlay, "waf": {}, "alb": alb, "frontend": frontend})
    project.synthesize(complete.ENVIRONMENT)
    _, sections = found(project, complete.ENVIRONMENT, capsys)
    assert blocks(sections, "secrets")
    assert blocks(sections, "certificates") == [f"{complete.CERTIFICATE} does not exist in us-west-2"]
    assert blocks(sections, "domain") == [f"hosted zone {complete.ZONE} does not exist: dns.zone_id"]
    named = blocks(sections, "other ARNs")
    assert f"topic {complete.TOPIC} does not exist" in named
    assert f"topic {complete.GLOBAL_TOPIC} does not exist" in named
    assert f"web ACL {WEB_ACL} does not exist" in named

    there = outside(aws)
    servers = aws.client("route53").get_hosted_zone(Id=there["zone"])["DelegationSet"]["NameServers"]
    name_server.records["example.com", "NS"] = [f"{each}." for each in servers]
    complete.write(project, **there)
    project.synthesize(complete.ENVIRONMENT)
    stacks = read_stacks(project.out)
    stack = next(each for each in stacks if each.environment == complete.ENVIRONMENT)
    asked.clear()
    read(Before(stack, frozenset()), Aws(stack.region), stacks)
    assert asked - set(policy_of(stack)["Statement"][0]["Action"]) == set()
    _, sections = found(project, complete.ENVIRONMENT, capsys)
    assert [blocks(sections, name) for name in ("secrets", "certificates", "other ARNs", "domain")] == [[]] * 4


def test_the_policy_names_all_that_is_asked(applied: Environment, asked: set[str], monkeypatch: Patch) -> None:
    applied.aws.use(monkeypatch)
    stacks = read_stacks(applied.project.out)
    for stack in stacks:
        asked.clear()
        read(Before(stack, frozenset()), Aws(stack.region), stacks)
        assert asked - set(policy_of(stack)["Statement"][0]["Action"]) == set()
        assert len(asked) > 10


@pytest.mark.usefixtures("good")
def test_another_account_is_refused(staging: Project) -> None:
    staging.overlay("staging").write_text(
        f'{staging.overlay("staging").read_text(encoding="utf-8")}\naccount_id: "210987654321"\n', encoding="utf-8"
    )
    staging.synthesize("staging")
    with pytest.raises(Refused, match="the credentials belong to account 123456789012"):
        run(staging.root, "staging")
