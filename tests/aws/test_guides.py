"""Every command of the guides, run as it stands on an emulated AWS to which the stacks were really applied.

The stacks are applied, what AWS and people do by themselves is staged (tasks run, metrics come in, images are pushed),
and then every block is run in the order of its page, by bash, in a project's root. Its output must be what the page
shows. What changes something is undone by the page itself.
"""

import json
import os
import sys
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from miyabi_infra.pages import guides
from miyabi_infra.pages.guides.data import GuideData, guide_data
from miyabi_infra.stacks import SHARED, Stack, read
from tests.aws import observed
from tests.aws.cli import AwsCli
from tests.aws.edge import edge
from tests.aws.emulator import Emulator
from tests.aws.environment import Environment
from tests.aws.following import Block, Done, Operator, run
from tests.guide import commands
from tests.support import Project

pytestmark = pytest.mark.aws

EXAMPLE: Final = "6b3f0c1a-0000-4000-8000-000000000000"
"""The ID of a lock that the pages have as an example."""
TAGS: Final = ("9d8e7f6", "3f2c1ab")
"""Tags of images that the pages have as examples."""


@dataclass(frozen=True)
class Operated:
    """What came of the commands of all pages, by environment, and where they were run."""

    done: dict[str, list[Done]]
    aws: Emulator
    project: Project
    variables: dict[str, str]


@pytest.fixture(scope="module")
def operated(applied: Environment, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Operated]:
    """All commands of all pages, run."""
    with applied.aws.copy(living=True) as aws, AwsCli.start() as cli, edge(aws.client) as proxy:
        project = applied.copy(tmp_path_factory.mktemp("operator") / "project", aws).project
        (project.root / ".venv").symlink_to(sys.prefix)
        variables = {
            **aws.variables,
            "PATH": f"{cli.folder}{os.pathsep}{os.environ['PATH']}",
            "http_proxy": proxy,
            "no_proxy": "127.0.0.1",
        }
        stacks = {stack.environment: stack for stack in read(project.out)}
        shared = stacks.pop(SHARED)
        _apply(Environment(project, shared.environment, aws))
        _let_plain_http_in(aws, shared)
        with ThreadPoolExecutor() as pool:
            others = [Environment(project, name, aws) for name in stacks if name != applied.name]
            list(pool.map(_apply, others))
            described = [guide_data(stack) for stack in stacks.values()]
            aws.push(described[0].service.repository_name, *TAGS)
            for each in described:
                _stage(aws, each)
            ran = [pool.submit(_operate, root, project.root, name, variables) for name in stacks]
            done = {name: each.result() for name, each in zip(stacks, ran, strict=True)}
        yield Operated(done, aws, project, variables)


@pytest.fixture(scope="module")
def done(operated: Operated) -> dict[str, list[Done]]:
    """All commands of all pages, run; by environment."""
    return operated.done


@pytest.mark.parametrize("guide", guides.GUIDES)
@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_every_command_of_a_page_does_what_the_page_says(
    done: dict[str, list[Done]], environment: str, guide: str
) -> None:
    of_page = [each for each in done[environment] if each.command.file.stem == guide]
    assert of_page
    problems = [each.problem for each in of_page if each.problem]
    if problems:
        pytest.fail("\n\n".join(problems), pytrace=False)


def test_the_share_of_executed_commands(
    root: Path, done: dict[str, list[Done]], capsys: pytest.CaptureFixture[str]
) -> None:
    every = [each for file in guides.pages(root) for each in commands(file) if not each.session]
    run = [each for each in every if each.not_run is None]
    with capsys.disabled():
        print(f"\n{len(run)} of {len(every)} commands of the guides were executed: {len(run) / len(every):.1%}")
        for each in sorted((each for found in done.values() for each in found), key=lambda each: -each.seconds)[:5]:
            print(f"  {each.seconds:5.1f} s  {each.command}")
    assert sorted(str(each) for each in run) == sorted(str(each.command) for found in done.values() for each in found)


def test_a_restart_stops_the_unhealthy_task_and_no_other(applied: Environment, root: Path) -> None:
    (stack,) = [each for each in read(applied.project.out) if each.environment == applied.name]
    e = guide_data(stack)
    page = commands(root / guides.FOLDER / applied.name / "runbook.md")
    (restart,) = [each for each in page if "replaced by hand: unhealthy" in each.text]
    session = next(each.text for each in page if each.session)
    with applied.aws.copy(living=True) as aws, AwsCli.start() as cli:
        balancing, ecs = aws.client("elbv2"), aws.client("ecs")
        (group,) = balancing.describe_target_groups(Names=[e.entrance.target_group])["TargetGroups"]
        targets = balancing.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
        unhealthy = targets[-1]["Target"]["Id"]
        found = {unhealthy: {"State": "unhealthy", "Reason": "Target.Timeout", "Description": ""}}
        aws.client("ssm").put_parameter(Name=observed.HEALTH, Value=json.dumps(found), Type="String")
        variables = {**aws.variables, "PATH": f"{cli.folder}{os.pathsep}{os.environ['PATH']}"}
        done = run(restart, f"{session}\n", applied.project.root, variables)
        (stopped,) = ecs.list_tasks(cluster=e.service.cluster, desiredStatus="STOPPED")["taskArns"]
        (task,) = ecs.describe_tasks(cluster=e.service.cluster, tasks=[stopped])["tasks"]

    assert done.output.split() == [stopped, "STOPPED"]
    details = {each["name"]: each["value"] for each in task["attachments"][0]["details"]}
    assert details["privateIPv4Address"] == unhealthy


LOCK: Final = "7c1d0e2f-0000-4000-8000-000000000000"


def test_a_lock_left_behind_is_released_and_an_older_state_is_put_back(operated: Operated, root: Path) -> None:
    (stack,) = [each for each in read(operated.project.out) if each.environment == "staging"]
    state = guide_data(stack).state
    operator = Operator(root / guides.FOLDER / "staging", operated.project.root, operated.variables)
    s3, place = operated.aws.client("s3"), {"Bucket": state.bucket, "Key": state.key}
    older = json.loads(s3.get_object(**place)["Body"].read())
    older["resources"] = [each for each in older["resources"] if each["module"] != "module.elasticache"]
    s3.put_object(**place, Body=json.dumps(older))  # as somebody does who takes it for the good one
    held = {"ID": LOCK, "Operation": "OperationTypeApply", "Who": "runner@ci", "Version": "1.12.0", "Info": ""}
    lock = {**held, "Created": "2026-11-27T06:00:00Z", "Path": f"{state.bucket}/{state.key}"}
    s3.put_object(Bucket=state.bucket, Key=f"{state.key}.tflock", Body=json.dumps(lock, separators=(",", ":")))
    for copy in ("before", "good"):  # the pages' own, of the healthy account
        (operated.project.root / f"staging-{copy}.tfstate").unlink()
    lost = "state-lost-or-damaged"
    locked, listed, got, pushed = (
        Block("troubleshooting", "state-lock", "tflock"),
        Block("runbook", lost, "state list"),
        Block("runbook", lost, "get-object"),
        Block("runbook", lost, "state push"),
    )
    shown = [operator.does(locked), operator.does(listed)]
    found = operator.does(got)
    refused = operator.does(pushed)
    of_another = operator.does(Block("runbook", "state-and-its-lock", "force-unlock"))
    released = operator.does(Block("runbook", "state-and-its-lock", "force-unlock"), (EXAMPLE, LOCK))
    after = [operator.does(each) for each in (locked, pushed, listed)]

    assert [each.problem is None for each in shown] == [False, False]
    assert "runner@ci" in shown[0].output
    assert found.problem is None
    assert "Error acquiring the state lock" in refused.errors
    assert of_another.output == f"the lock is not {EXAMPLE}: {LOCK}\n"
    assert (released.code, released.errors) == (0, "")
    assert [each.problem for each in after] == [None, None, None]


def _apply(environment: Environment) -> None:
    environment.terraform.init()
    environment.terraform.apply()


def _let_plain_http_in(aws: Emulator, shared: Stack) -> None:
    """The bucket for states refuses what does not come by TLS, which the emulated AWS does not speak."""
    for bucket in shared.of_type("aws_s3_bucket"):
        aws.client("s3").delete_bucket_policy(Bucket=str(bucket.get("bucket")))


def _operate(root: Path, project: Path, name: str, variables: dict[str, str]) -> list[Done]:
    """Run the commands of an environment's pages, one after the other."""
    found: list[Done] = []
    for guide in guides.GUIDES:
        session = ""
        for command in commands(root / guides.FOLDER / name / f"{guide}.md"):
            if command.session:
                session = f"{command.text}\n"
            elif command.not_run is None:
                found.append(run(command, session, project, variables))
    return found


def _stage(aws: Emulator, e: GuideData) -> None:
    """What is there some time after an apply: figures of everything, secrets, people with keys."""
    aws.client("secretsmanager").create_secret(Name=f"{e.project}/{e.environment}/example", SecretString="first")
    iam = aws.client("iam")
    if "compromised-user" not in [user["UserName"] for user in iam.list_users()["Users"]]:
        iam.create_user(UserName="compromised-user")
        iam.create_access_key(UserName="compromised-user")
    cloudwatch, balancing, ec2 = aws.client("cloudwatch"), aws.client("elbv2"), aws.client("ec2")
    balancer = balancing.describe_load_balancers(Names=[e.entrance.load_balancer])["LoadBalancers"][0][
        "LoadBalancerArn"
    ]
    named = [{"Name": "tag:Name", "Values": [nat.name for nat in e.network.nats]}]
    gateways = ec2.describe_nat_gateways(Filters=named)["NatGateways"]
    service = {"ClusterName": e.service.cluster, "ServiceName": e.service.name}
    in_front = {"LoadBalancer": balancer.partition(":loadbalancer/")[2]}
    figures: list[tuple[str, dict[str, str], dict[str, float]]] = [
        ("AWS/ECS", service, {"CPUUtilization": 31.5, "MemoryUtilization": 44.0}),
        ("ECS/ContainerInsights", service, {"RunningTaskCount": e.service.desired}),
        ("AWS/ApplicationELB", in_front, {"RequestCount": 1200, "TargetResponseTime": 0.04}),
        (
            "AWS/ElastiCache",
            {"CacheClusterId": e.cache.nodes[0]},
            {
                "CPUUtilization": 4.0,
                "CurrConnections": 12,
                "CurrItems": 350,
                "DatabaseMemoryUsagePercentage": 21.0,
                "Evictions": 0,
                "CacheMisses": 5,
            },
        ),
        ("AWS/Logs", {"LogGroupName": e.monitoring.log_group}, {"IncomingBytes": 81234}),
        *(
            (
                "AWS/NATGateway",
                {"NatGatewayId": each["NatGatewayId"]},
                {"BytesOutToDestination": 5e6, "ErrorPortAllocation": 0},
            )
            for each in gateways
        ),
    ]
    for namespace, dimensions, values in figures:
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=list(_data(dimensions, values)))


def _data(dimensions: dict[str, str], values: dict[str, float]) -> Generator[dict[str, Any]]:
    now = time.time()
    for name, value in values.items():
        for minutes in (20, 10):
            yield {
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": held} for key, held in dimensions.items()],
                "Timestamp": now - minutes * 60,
                "Value": value,
            }
