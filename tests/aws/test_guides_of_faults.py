"""The guides in accounts that are broken: a step of the section shows the fault, and the section's fix mends it.

A fault is made by API calls, as a person or a failure would make it. Then the block that should lead to it is run: it
must not print what the page shows for a healthy account. After the blocks that the section names as the fix, it must.
What AWS tells of the past, such as tasks that stopped, stays: then another block shows that the fix has helped.
Faults that the same fix mends are made at once: an apply takes longer than all other steps together.
"""

import os
import re
import sys
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from miyabi_infra.pages import guides
from miyabi_infra.pages.guides.data import GuideData, guide_data
from miyabi_infra.stacks import read
from tests.aws import living
from tests.aws.cli import AwsCli
from tests.aws.emulator import Emulator
from tests.aws.environment import Environment
from tests.aws.following import Block, Done, Operator

pytestmark = pytest.mark.aws

Break = Callable[[Emulator, GuideData], None]


APPLY: Final = (
    Block("runbook", "apply-a-change-of-the-overlay", "-out=change.tfplan"),
    Block("runbook", "apply-a-change-of-the-overlay", "apply -input=false -no-color change.tfplan"),
)
RULES: Final = Block("troubleshooting", "error-503", "describe-rules")
DENIALS: Final = Block("troubleshooting", "error-503", "describe-network-acls")
GATEWAYS: Final = Block("troubleshooting", "outbound", "describe-nat-gateways")
DEPLOY: Final = (
    Block("runbook", "deploy-a-tag", "-out=deploy.tfplan"),
    Block("runbook", "deploy-a-tag", "apply -input=false -no-color deploy.tfplan"),
)
ENDED: Final = Block("troubleshooting", "first-look", "describe-tasks")
ERRORS: Final = Block("troubleshooting", "crash", "filter-log-events")
RUNNING: Final = Block("runbook", "is-it-healthy", "describe-services")
DEPLOYED: Final = Block("runbook", "deploy-a-tag", "services-stable")


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
    _deploy(aws, e, image="public.ecr.aws/other/miner:1")


def crashing_at_start(aws: Emulator, e: GuideData) -> None:
    _deploy(aws, e, image=f"{e.service.repository}{living.PANICS}")


def as_before(_aws: Emulator, _e: GuideData) -> None:
    """Another block that leads to the fault before this one."""


def killed_for_memory(aws: Emulator, e: GuideData) -> None:
    """Somebody halved the tasks, which was enough until the load came."""
    _deploy(aws, e, halves=1)
    aws.client("ssm").put_parameter(Name=living.NEEDED, Value=str(e.service.memory), Type="String")
    aws.client("ecs").update_service(cluster=e.service.cluster, service=e.service.name)  # which lets ECS look


def _deploy(aws: Emulator, e: GuideData, *, halves: int = 0, **of_container: object) -> None:
    ecs = aws.client("ecs")
    (service,) = ecs.describe_services(cluster=e.service.cluster, services=[e.service.name])["services"]
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    (container, *_) = definition["containerDefinitions"]
    made = ecs.register_task_definition(
        family=e.service.family, containerDefinitions=[{**container, **of_container}],
        **{key: str(int(definition[key]) >> halves) for key in ("cpu", "memory")},
        **{key: definition[key] for key in (
            "taskRoleArn", "executionRoleArn", "networkMode", "requiresCompatibilities"
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
    shows: str | None = None
    """What the block prints in the broken account, where the page shows no output of a healthy one."""
    healed: Block | None = None
    """The block that prints what the page shows after the fix; without, the one that leads to the fault."""

    @property
    def after(self) -> Block:
        """The block that shows that the fix has helped."""
        return self.healed or self.seen


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
        "tasks are killed for memory": Fault(
            killed_for_memory, ENDED, APPLY, r"EssentialContainerExited.*\t137\tOutOfMemoryError", RUNNING
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
        "the new version exits at its start": Fault(
            crashing_at_start, ENDED, DEPLOY, r"EssentialContainerExited.*\t101\t", DEPLOYED
        ),
        "the new version logs why it exits": Fault(as_before, ERRORS, DEPLOY, r"panicked at", DEPLOYED),
        "the image of somebody else runs": Fault(
            another_image, Block("troubleshooting", "drift", "-lock=false"), DEPLOY
        ),
    },
)
"""Faults that can be there at the same time, by round."""


def _operator(root: Path, environment: Environment, cli: AwsCli) -> Operator:
    variables = {**environment.aws.variables, "PATH": f"{cli.folder}{os.pathsep}{os.environ['PATH']}"}
    return Operator(root / guides.FOLDER / environment.name, environment.project.root, variables)


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
        operator = _operator(root, environment, cli)
        done: dict[str, tuple[Done, list[Done], Done]] = {}
        for faults in ROUNDS:
            for fault in faults.values():
                fault.broken(aws, e)
            seen = {name: operator.does(fault.seen) for name, fault in faults.items()}
            blocks = dict.fromkeys(block for fault in faults.values() for block in fault.mended)
            mended = {block: operator.does(block) for block in blocks}
            for name, fault in faults.items():
                done[name] = (seen[name], [mended[each] for each in fault.mended], operator.does(fault.after))
        yield done


FAULTS: Final = {name: fault for faults in ROUNDS for name, fault in faults.items()}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_steps_lead_to_the_fault_and_the_fix_mends_it(
    found: dict[str, tuple[Done, list[Done], Done]], fault: str
) -> None:
    seen, mended, after = found[fault]
    shows = FAULTS[fault].shows

    assert re.search(shows, seen.output) if shows else seen.problem, f"{seen.command} does not show it:\n{seen.output}"
    assert [f"{each.command}\n{each.output}{each.errors}" for each in mended if each.code] == []
    assert after.problem is None, after.problem


def test_a_lost_state_comes_back_from_the_copy_that_was_saved(dev: Environment, root: Path) -> None:
    lost = "state-lost-or-damaged"
    with AwsCli.start() as cli:
        operator = _operator(root, dev, cli)
        operator.does(Block("runbook", "state-and-its-lock", "state pull"))
        dev.state.write_text("", encoding="utf-8")
        seen = operator.does(Block("runbook", lost, "state list"))
        mended = [operator.does(Block("runbook", lost, part)) for part in ("cp dev-before", "state push")]
        after = operator.does(Block("runbook", lost, "state list"))

    assert seen.problem is not None
    assert [each.problem for each in (*mended, after)] == [None, None, None]


def test_a_rotation_stops_no_task_and_the_restart_after_it_gives_all_the_new_value(
    applied: Environment, root: Path
) -> None:
    """ECS reads a secret as a task starts; what a task began with stays readable, and is right until it ends."""
    (stack,) = [each for each in read(applied.project.out) if each.environment == applied.name]
    e = guide_data(stack)
    of_service: dict[str, str] = {"cluster": e.service.cluster, "serviceName": e.service.name}
    with applied.aws.copy(living=True) as aws, AwsCli.start() as cli:
        secrets, ecs = aws.client("secretsmanager"), aws.client("ecs")
        name = f"{e.project}/{e.environment}/example"
        secret = secrets.create_secret(Name=name, SecretString="first")["ARN"]
        _deploy(aws, e, secrets=[{"name": "KEY", "valueFrom": secret}])
        before = ecs.list_tasks(**of_service)["taskArns"]
        operator = _operator(root, Environment(applied.project, applied.name, aws), cli)
        rotated = operator.does(Block("runbook", "rotate-a-secret", "put-secret-value"))
        during = ecs.list_tasks(**of_service)["taskArns"]
        previous = secrets.get_secret_value(SecretId=secret, VersionStage="AWSPREVIOUS")["SecretString"]
        restarted = operator.does(Block("runbook", "rotate-a-secret", "force-new-deployment"))
        after = ecs.describe_tasks(cluster=e.service.cluster, tasks=ecs.list_tasks(**of_service)["taskArns"])["tasks"]
        ended = ecs.list_tasks(**of_service, desiredStatus="STOPPED")["taskArns"]
        definition = ecs.describe_task_definition(taskDefinition=after[0]["taskDefinitionArn"])["taskDefinition"]
        current = secrets.get_secret_value(SecretId=secret)["SecretString"]

    assert [rotated.problem, restarted.problem] == [None, None]
    assert (during, previous) == (before, "first")
    assert len(after) == len(before) == e.service.desired
    assert {each["taskArn"] for each in after}.isdisjoint(before)
    assert set(before) <= set(ended)
    assert definition["containerDefinitions"][0]["secrets"] == [{"name": "KEY", "valueFrom": secret}]  # of no version
    assert current != "first"
