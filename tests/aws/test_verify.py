"""`miyabi-infra verify` after a real apply: nothing differs; after changes by API, exactly those do."""

import json
from pathlib import Path

import pytest

from miyabi_infra.aws.client import Aws
from miyabi_infra.aws.verify import Verification, verify
from miyabi_infra.commands.verify import run, text
from miyabi_infra.stacks import read
from tests.aws.emulator import Emulator
from tests.aws.environment import Environment
from tests.support import Project

pytestmark = pytest.mark.aws


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> "Look":
    return Look(monkeypatch)


class Look:
    """Looks at an environment with the credentials of its emulated AWS."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def at(self, aws: Emulator) -> None:
        aws.use(self._monkeypatch)

    def verify(self, environment: Environment) -> Verification:
        self.at(environment.aws)
        stack = next(each for each in read(environment.project.out) if each.environment == environment.name)
        return verify(stack, Aws(stack.region))


def differing(verification: Verification) -> list[str]:
    """The lines that name differences."""
    return [line for line in text(verification).splitlines() if line[:2] in {"- ", "~ ", "+ ", "? "}]


def test_right_after_an_apply_everything_is_as_generated(applied: Environment, look: Look) -> None:
    verification = look.verify(applied)

    assert differing(verification) == []
    assert {each.state for each in verification.resources} == {"same"}
    assert (len(verification.resources), verification.exit_code) == (48, 0)
    assert sorted(
        {f"{each.resource.type}.{name}" for each in verification.resources for name in each.not_compared}
    ) == [
        "aws_elasticache_cluster.apply_immediately",  # says how Terraform changes it, not how it is
        "aws_lb.enable_cross_zone_load_balancing",  # an application load balancer can't turn it off
    ]


def test_changes_behind_terraforms_back_are_exactly_what_differs(dev: Environment, look: Look) -> None:
    ec2, elb = dev.aws.client("ec2"), dev.aws.client("elbv2")
    groups = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["miyabi-redis-sg-dev"]}])
    group = groups["SecurityGroups"][0]["GroupId"]
    opened = {"IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6380, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[opened])
    tables = ec2.describe_route_tables(Filters=[{"Name": "tag:Name", "Values": ["miyabi-private-rt-1-dev"]}])
    table = tables["RouteTables"][0]["RouteTableId"]
    gateway = ec2.describe_internet_gateways()["InternetGateways"][0]["InternetGatewayId"]
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="203.0.113.0/24", GatewayId=gateway)
    vpc = tables["RouteTables"][0]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.99.0/24")["Subnet"]["SubnetId"]
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    target_group = elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    forward = [{"Type": "forward", "TargetGroupArn": target_group}]
    elb.create_listener(LoadBalancerArn=balancer, Port=8443, Protocol="HTTP", DefaultActions=forward)
    listener = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"][0]["ListenerArn"]
    condition = {"Field": "path-pattern", "Values": ["/admin"]}
    elb.create_rule(ListenerArn=listener, Priority=7, Conditions=[condition], Actions=forward)
    elb.modify_target_group(TargetGroupArn=target_group, HealthCheckPath="/")
    dev.aws.client("cloudwatch").delete_alarms(AlarmNames=["miyabi-redis-evictions-dev"])
    dev.aws.client("cloudwatch").put_metric_alarm(
        AlarmName="miyabi-mine-dev", ComparisonOperator="LessThanThreshold", EvaluationPeriods=1, Threshold=1,
        Namespace="AWS/ECS", MetricName="CPUUtilization", Period=60, Statistic="Average",
    )  # fmt: skip
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    dev.aws.client("iam").attach_role_policy(RoleName="miyabi-ecs-task-dev", PolicyArn=administrator)
    dev.aws.client("logs").put_retention_policy(logGroupName="/ecs/miyabi-dev", retentionInDays=1)
    dev.aws.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs", ResourceId="service/miyabi-cluster-dev/miyabi-service-dev",
        ScalableDimension="ecs:service:DesiredCount", MinCapacity=1, MaxCapacity=9,
    )  # fmt: skip
    service = {"cluster": "miyabi-cluster-dev", "service": "miyabi-service-dev"}
    dev.aws.client("ecs").update_service(**service, desiredCount=3)

    verification = look.verify(dev)

    by_hand = "exists and was not generated"
    assert differing(verification) == [
        "+ module.alb.aws_lb.main: listener on port 8443 exists and was not generated",
        "+ module.alb.aws_lb_listener.http: rule of priority 7 exists and was not generated",
        '~ module.alb.aws_lb_target_group.app health_check.path: generated "/health", found "/"',
        "~ module.ecs.aws_cloudwatch_log_group.ecs retention_in_days: generated 7, found 1",
        "~ module.ecs_service.aws_appautoscaling_target.ecs min_capacity: generated 2, found 1",
        "~ module.ecs_service.aws_appautoscaling_target.ecs max_capacity: generated 4, found 9",
        "- module.elasticache.aws_cloudwatch_metric_alarm.redis_evictions does not exist",
        f"+ module.iam.aws_iam_role.ecs_task: policy {administrator} exists and was not generated",
        "- module.networking.aws_route.private_nat_gateway[0] does not exist",
        f"+ module.networking.aws_route_table.private[0]: route 203.0.113.0/24 to {gateway} {by_hand}",
        f"+ module.networking.aws_vpc.main: subnet {subnet} in the VPC exists and was not generated",
        f"+ module.security_groups.aws_security_group.redis: ingress tcp 6379-6380 with 0.0.0.0/0 {by_hand}",
        "+ alarm miyabi-mine-dev exists and was not generated",
    ]
    assert (verification.differences, verification.exit_code) == (13, 1)
    # The autoscaler's own: shown, and no difference.
    left = {each.resource.name: [check.argument for check in each.left] for each in verification.resources if each.left}
    assert left == {"app": ["desired_count"]}


def test_everything_is_missing_in_an_empty_account(
    applied: Environment, aws: Emulator, look: Look, capsys: pytest.CaptureFixture[str]
) -> None:
    look.at(aws)

    assert run(applied.project.root, "dev", as_json=True) == 1
    found = json.loads(capsys.readouterr().out)
    assert {each["state"] for each in found["resources"]} == {"missing"}
    assert found["differences"] == 48


def test_what_exists_once_an_account_is_looked_at_too(
    root: Path, output: Path, tmp_path: Path, aws: Emulator, look: Look
) -> None:
    project = Project.copy_of(root, tmp_path / "shared")
    project.take(output)
    shared = Environment(project, "shared", aws)
    shared.terraform.init()
    shared.terraform.apply()

    verification = look.verify(shared)
    assert differing(verification) == []
    assert {each.state for each in verification.resources} == {"same"}

    bucket = {"Bucket": "miyabi-terraform-state"}
    s3 = aws.client("s3")
    s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_public_access_block(**bucket)
    s3.delete_bucket_policy(**bucket)
    aws.client("ecr").put_image_tag_mutability(repositoryName="miyabi-web-api", imageTagMutability="MUTABLE")
    assert differing(look.verify(shared)) == [
        '~ module.registry.aws_ecr_repository.web_api image_tag_mutability: generated "IMMUTABLE", found "MUTABLE"',
        "- module.state_bucket.aws_s3_bucket_policy.state does not exist",
        "- module.state_bucket.aws_s3_bucket_public_access_block.state does not exist",
        (
            "~ module.state_bucket.aws_s3_bucket_versioning.state versioning_configuration.status: "
            'generated "Enabled", found "Suspended"'
        ),
    ]
