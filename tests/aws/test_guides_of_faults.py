"""The guides in accounts that are broken: a step of the section shows the fault, and the section's fix mends it.

A fault is made by API calls, as a person or a failure would make it. Then the block that should lead to it is run: it
must not print what the page shows for a healthy account. After the blocks that the section names as the fix, it must.
Faults that the same fix mends are made at once: an apply takes longer than all other steps together.
"""

import os
import sys
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from miyabi_infra.pages import guides
from miyabi_infra.pages.guides.data import GuideData, guide_data
from miyabi_infra.stacks import read
from tests.aws.cli import AwsCli
from tests.aws.emulator import Emulator
from tests.aws.environment import Environment
from tests.aws.test_guides import Done, run
from tests.guide import Command, anchors, commands, in_section

pytestmark = pytest.mark.aws

Break = Callable[[Emulator, GuideData], None]


@dataclass(frozen=True)
class Block:
    """A block of a page: the section's anchor, and a part of its text."""

    page: str
    section: str
    part: str


APPLY: Final = (
    Block("runbook", "apply-a-change-of-the-overlay", "-out=change.tfplan"),
    Block("runbook", "apply-a-change-of-the-overlay", "apply -input=false -no-color change.tfplan"),
)
RULES: Final = Block("troubleshooting", "error-503", "describe-rules")
DENIALS: Final = Block("troubleshooting", "error-503", "describe-network-acls")
GATEWAYS: Final = Block("troubleshooting", "outbound", "describe-nat-gateways")


def listener_gone(aws: Emulator, e: GuideData) -> None:
    (listener,) = _listeners(aws, e)
    aws.client("elbv2").delete_listener(ListenerArn=listener)


def listener_answers_503(aws: Emulator, e: GuideData) -> None:
    (listener,) = _listeners(aws, e)
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
    everything = [{"Field": "path-pattern", "Values": ["/*"]}]
    aws.client("elbv2").create_rule(ListenerArn=listener, Priority=1, Conditions=everything, Actions=[fixed])


def network_acl_denies(aws: Emulator, e: GuideData) -> None:
    ec2 = aws.client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [e.network.vpc]}])["Vpcs"]
    acls = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["NetworkAcls"]
    for egress in (False, True):
        ec2.create_network_acl_entry(
            NetworkAclId=acls[0]["NetworkAclId"], RuleNumber=50, Protocol="6", RuleAction="deny", Egress=egress,
            CidrBlock="0.0.0.0/0", PortRange={"From": 80, "To": 80},
        )  # fmt: skip


def group_closed(name: str) -> Break:
    def closed(aws: Emulator, e: GuideData) -> None:
        ec2 = aws.client("ec2")
        named = [{"Name": "group-name", "Values": [e.network.security_groups[name]]}]
        (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
        ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])

    return closed


def range_changed(aws: Emulator, e: GuideData) -> None:
    aws.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs", ResourceId=e.service.resource_id, ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=1, MaxCapacity=1,
    )  # fmt: skip


def insights_off(aws: Emulator, e: GuideData) -> None:
    off = [{"name": "containerInsights", "value": "disabled"}]
    aws.client("ecs").update_cluster(cluster=e.service.cluster, settings=off)


def logs_kept_for_a_day(aws: Emulator, e: GuideData) -> None:
    aws.client("logs").put_retention_policy(logGroupName=e.monitoring.log_group, retentionInDays=1)


def parameters_changed(aws: Emulator, e: GuideData) -> None:
    cache = aws.client("elasticache")
    (cluster,) = cache.describe_cache_clusters(CacheClusterId=e.cache.nodes[0])["CacheClusters"]
    cache.modify_cache_parameter_group(
        CacheParameterGroupName=cluster["CacheParameterGroup"]["CacheParameterGroupName"],
        ParameterNameValues=[{"ParameterName": "maxmemory-policy", "ParameterValue": "noeviction"}],
    )


def no_task_desired(aws: Emulator, e: GuideData) -> None:
    aws.client("ecs").update_service(cluster=e.service.cluster, service=e.service.name, desiredCount=0)


def role_denied(aws: Emulator, e: GuideData) -> None:
    deny = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'
    aws.client("iam").put_role_policy(
        RoleName=e.access.task_role, PolicyName="revoke-older-sessions", PolicyDocument=deny
    )


def gateway_gone(aws: Emulator, e: GuideData) -> None:
    ec2 = aws.client("ec2")
    named = [{"Name": "tag:Name", "Values": [each.name for each in e.network.nats]}]
    for gateway in ec2.describe_nat_gateways(Filters=named)["NatGateways"]:
        ec2.delete_nat_gateway(NatGatewayId=gateway["NatGatewayId"])
        (held,) = gateway["NatGatewayAddresses"]
        for address in ec2.describe_addresses(AllocationIds=[held["AllocationId"]])["Addresses"]:
            if "AssociationId" in address:  # AWS gives the address free by itself; moto does not
                ec2.disassociate_address(AssociationId=address["AssociationId"])


def cache_gone(aws: Emulator, e: GuideData) -> None:
    aws.client("elasticache").delete_cache_cluster(CacheClusterId=e.cache.nodes[0])


def another_image(aws: Emulator, e: GuideData) -> None:
    ecs = aws.client("ecs")
    definition = ecs.describe_task_definition(taskDefinition=e.service.family)["taskDefinition"]
    (container, *_) = definition["containerDefinitions"]
    made = ecs.register_task_definition(
        family=e.service.family, containerDefinitions=[{**container, "image": "public.ecr.aws/other/miner:1"}],
        **{key: definition[key] for key in (
            "taskRoleArn", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory"
        )},
    )["taskDefinition"]["taskDefinitionArn"]  # fmt: skip
    ecs.update_service(cluster=e.service.cluster, service=e.service.name, taskDefinition=made)


def _listeners(aws: Emulator, e: GuideData) -> list[str]:
    elb = aws.client("elbv2")
    (balancer,) = elb.describe_load_balancers(Names=[e.entrance.load_balancer])["LoadBalancers"]
    found = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return [each["ListenerArn"] for each in found]


@dataclass(frozen=True)
class Fault:
    """A fault, the block that leads to it, and the blocks that mend it."""

    broken: Break
    seen: Block
    mended: tuple[Block, ...]


ROUNDS: Final[tuple[Mapping[str, Fault], ...]] = (
    {
        "the listener is gone": Fault(listener_gone, RULES, APPLY),
        "the tasks' group is closed": Fault(
            group_closed("ecs"), Block("troubleshooting", "error-504", "describe-security-groups"), APPLY
        ),
        "the cache's group is closed": Fault(
            group_closed("redis"), Block("troubleshooting", "redis-connection", "describe-security-groups"), APPLY
        ),
        "the load balancer's group is closed": Fault(
            group_closed("alb"), Block("runbook", "load-balancer-not-reachable", "describe-security-groups"), APPLY
        ),
        "the autoscaler's range is another": Fault(
            range_changed, Block("troubleshooting", "no-tasks", "describe-scalable-targets"), APPLY
        ),
        "Container Insights is off": Fault(
            insights_off, Block("troubleshooting", "no-data", "describe-clusters"), APPLY
        ),
        "logs are kept for a day": Fault(
            logs_kept_for_a_day, Block("troubleshooting", "no-logs", "describe-log-groups"), APPLY
        ),
        "Redis evicts nothing": Fault(
            parameters_changed, Block("troubleshooting", "redis-memory", "describe-cache-parameters"), APPLY
        ),
    },
    {
        "a rule answers 503": Fault(
            listener_answers_503, RULES, (Block("runbook", "remove-what-was-not-generated", "delete-rule"),)
        ),
        "a network ACL denies": Fault(
            network_acl_denies,
            DENIALS,
            (Block("runbook", "remove-what-was-not-generated", "delete-network-acl-entry"),),
        ),
        "no task is desired": Fault(
            no_task_desired,
            Block("troubleshooting", "error-503", "runningCount"),
            (Block("runbook", "no-healthy-task", "--desired-count"),),
        ),
        "the application's role is denied everything": Fault(
            role_denied,
            Block("troubleshooting", "access-denied", "list-role-policies"),
            (Block("runbook", "credentials-compromised", "delete-role-policy"),),
        ),
    },
    {
        "the NAT gateway is gone": Fault(
            gateway_gone,
            GATEWAYS,
            (
                Block("runbook", "zone-or-nat-lost", "-out=nat.tfplan"),
                Block("runbook", "zone-or-nat-lost", "apply -input=false -no-color nat.tfplan"),
            ),
        ),
        "Redis is gone": Fault(
            cache_gone,
            Block("runbook", "redis-lost", "describe-cache-clusters"),
            (
                Block("runbook", "redis-lost", "-out=redis.tfplan"),
                Block("runbook", "redis-lost", "apply -input=false -no-color redis.tfplan"),
            ),
        ),
    },
    {
        "the image of somebody else runs": Fault(
            another_image,
            Block("troubleshooting", "drift", "-lock=false"),
            (
                Block("runbook", "deploy-a-tag", "-out=deploy.tfplan"),
                Block("runbook", "deploy-a-tag", "apply -input=false -no-color deploy.tfplan"),
            ),
        ),
    },
)
"""Faults that can be there at the same time, by round."""


class Operator:
    """Somebody who follows the pages of an environment in its account."""

    def __init__(self, root: Path, environment: Environment, path: str) -> None:
        self._pages = root / guides.FOLDER / environment.name
        self._environment = environment
        self._variables = {**environment.aws.variables, "PATH": path}

    def does(self, block: Block) -> Done:
        command = self._find(block)
        session = next(each.text for each in commands(command.file) if each.session)
        return run(command, f"{session}\n", self._environment.project.root, self._variables)

    def _find(self, block: Block) -> Command:
        file = self._pages / f"{block.page}.md"
        assert block.section in anchors(file)
        return next(each for each in in_section(file, block.section) if block.part in each.text)


@pytest.fixture(scope="module")
def found(
    applied: Environment, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Generator[dict[str, tuple[Done, list[Done], Done]]]:
    """By fault: the block that leads to it in the broken account, what mended it, and the block once more."""
    with applied.aws.copy(living=True) as aws, AwsCli.start() as cli:
        environment = applied.copy(tmp_path_factory.mktemp("faults") / "project", aws)
        (environment.project.root / ".venv").symlink_to(sys.prefix)
        (stack,) = [each for each in read(environment.project.out) if each.environment == applied.name]
        e = guide_data(stack)
        aws.client("ecr").create_repository(repositoryName=e.service.repository_name)  # which is the shared stack's
        aws.push(e.service.repository_name, "3f2c1ab")
        operator = Operator(root, environment, f"{cli.folder}{os.pathsep}{os.environ['PATH']}")
        done: dict[str, tuple[Done, list[Done], Done]] = {}
        for faults in ROUNDS:
            for fault in faults.values():
                fault.broken(aws, e)
            seen = {name: operator.does(fault.seen) for name, fault in faults.items()}
            blocks = dict.fromkeys(block for fault in faults.values() for block in fault.mended)
            mended = {block: operator.does(block) for block in blocks}
            for name, fault in faults.items():
                done[name] = (seen[name], [mended[each] for each in fault.mended], operator.does(fault.seen))
        yield done


@pytest.mark.parametrize("fault", [name for faults in ROUNDS for name in faults])
def test_the_steps_lead_to_the_fault_and_the_fix_mends_it(
    found: dict[str, tuple[Done, list[Done], Done]], fault: str
) -> None:
    seen, mended, after = found[fault]

    assert seen.problem is not None, f"{seen.command} shows nothing of it:\n{seen.output}"
    assert [f"{each.command}\n{each.output}{each.errors}" for each in mended if each.code] == []
    assert after.problem is None, after.problem
