"""`miyabi-infra verify` after a real apply: nothing differs; after changes by API, exactly those do."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from miyabi_infra.aws.client import Aws, Trouble
from miyabi_infra.aws.readers import READERS
from miyabi_infra.aws.verify import Verification, verify
from miyabi_infra.aws.world import World
from miyabi_infra.commands.verify import run, text
from miyabi_infra.stacks import Value, read
from tests.aws.emulator import Emulator
from tests.aws.environment import Environment
from tests.aws.refusals.elbv2 import DELIVERY
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


def test_what_is_in_no_generated_argument_is_found_too(dev: Environment, look: Look) -> None:
    ecs, elb, iam = dev.aws.client("ecs"), dev.aws.client("elbv2"), dev.aws.client("iam")
    answer = ecs.describe_task_definition(taskDefinition="miyabi-app-dev", include=["TAGS"])
    definition = answer["taskDefinition"]
    container = definition["containerDefinitions"][0]
    another = {
        **container,
        "image": container["image"].replace("123456789012", "999999999999"),
        "command": ["sleep", "1d"],
        "entryPoint": ["/bin/sh"],
        "user": "root",
        "mountPoints": [{"sourceVolume": "data", "containerPath": "/data"}],
    }
    sidecar = {"name": "sidecar", "image": "public.ecr.aws/other/agent:1", "essential": False}
    ecs.register_task_definition(
        family="miyabi-app-dev", containerDefinitions=[another, sidecar], volumes=[{"name": "data"}],
        tags=answer["tags"],
        **{key: definition[key] for key in (
            "taskRoleArn", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory"
        )},
    )  # fmt: skip
    latest = ecs.describe_task_definition(taskDefinition="miyabi-app-dev")["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster="miyabi-cluster-dev", service="miyabi-service-dev", taskDefinition=latest)
    (own_service,) = ecs.describe_services(cluster="miyabi-cluster-dev", services=["miyabi-service-dev"])["services"]
    ecs.create_service(
        cluster="miyabi-cluster-dev", serviceName="by-hand", taskDefinition=latest, desiredCount=0,
        launchType="FARGATE", networkConfiguration=own_service["networkConfiguration"],
    )  # fmt: skip
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    vpc = elb.describe_load_balancers()["LoadBalancers"][0]["VpcId"]
    own = elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    foreign = elb.create_target_group(Name="foreign", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    other = foreign["TargetGroups"][0]["TargetGroupArn"]
    listener = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"][0]["ListenerArn"]
    weighted = [{"TargetGroupArn": own, "Weight": 9}, {"TargetGroupArn": other, "Weight": 1}]
    elb.modify_listener(
        ListenerArn=listener, DefaultActions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}]
    )
    logs = [{"Key": "access_logs.s3.enabled", "Value": "true"}, {"Key": "access_logs.s3.bucket", "Value": "elsewhere"}]
    s3 = dev.aws.client("s3")
    s3.create_bucket(Bucket="elsewhere", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    writing = {"Effect": "Allow", "Principal": {"Service": DELIVERY}, "Action": "s3:PutObject"}
    statement = {**writing, "Resource": "arn:aws:s3:::elsewhere/AWSLogs/123456789012/*"}
    s3.put_bucket_policy(Bucket="elsewhere", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=logs)
    boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
    iam.put_role_permissions_boundary(RoleName="miyabi-ecs-task-dev", PermissionsBoundary=boundary)
    scaling = dev.aws.client("application-autoscaling")
    target = {"ServiceNamespace": "ecs", "ResourceId": "service/miyabi-cluster-dev/miyabi-service-dev"}
    policies = scaling.describe_scaling_policies(**target)["ScalingPolicies"]
    policy = next(each for each in policies if each["PolicyName"] == "miyabi-cpu-autoscaling-dev")
    scaling.put_scaling_policy(
        **target, PolicyName=policy["PolicyName"], ScalableDimension=policy["ScalableDimension"],
        PolicyType=policy["PolicyType"],
        TargetTrackingScalingPolicyConfiguration={
            **policy["TargetTrackingScalingPolicyConfiguration"], "DisableScaleIn": True
        },
    )  # fmt: skip
    dev.aws.client("logs").put_metric_filter(
        logGroupName="/ecs/miyabi-dev", filterName="by-hand", filterPattern="ERROR",
        metricTransformations=[{"metricName": "errors", "metricNamespace": "x", "metricValue": "1"}],
    )  # fmt: skip
    dev.aws.client("ec2").create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-west-2.s3")

    found = differing(look.verify(dev))

    endpoint = next(each for each in found if "endpoint" in each)
    tasks = "~ module.ecs.aws_ecs_task_definition.app container_definitions.miyabi-app"
    image = "dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:latest"
    mounted = '[{"sourceVolume": "data", "containerPath": "/data"}]'
    assert found == [
        "~ module.alb.aws_lb.main access_logs.enabled: generated false, found true",
        *sorted(
            [
                f"~ module.alb.aws_lb_listener.http default_action[0].target_groups.{other}: generated null, found 1",
                f"~ module.alb.aws_lb_listener.http default_action[0].target_groups.{own}: generated 1, found 9",
            ]
        ),
        "+ module.ecs.aws_cloudwatch_log_group.ecs: metric filter by-hand exists and was not generated",
        "+ module.ecs.aws_ecs_cluster.main: service by-hand in the cluster exists and was not generated",
        '~ module.ecs.aws_ecs_task_definition.app volume: generated [], found ["data"]',
        f'{tasks}.command: generated null, found ["sleep", "1d"]',
        f'{tasks}.entryPoint: generated null, found ["/bin/sh"]',
        f'{tasks}.image: generated "123456789012.{image}", found "999999999999.{image}"',
        f"{tasks}.mountPoints: generated null, found {mounted}",
        f'{tasks}.user: generated null, found "root"',
        "+ module.ecs.aws_ecs_task_definition.app: container sidecar exists and was not generated",
        (
            "~ module.ecs_service.aws_appautoscaling_policy.ecs_cpu target_tracking_scaling_policy_configuration"
            ".disable_scale_in: generated false, found true"
        ),
        f'~ module.iam.aws_iam_role.ecs_task permissions_boundary: generated null, found "{boundary}"',
        endpoint,
    ]


def test_what_no_module_sets_is_found_in_the_account(dev: Environment, look: Look) -> None:
    ecs, elb = dev.aws.client("ecs"), dev.aws.client("elbv2")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]
    group = elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    listener = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"][0]["ListenerArn"]
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.11.77", "Port": 8080}])
    routing = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count"
    elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[{"Key": routing, "Value": "2"}])
    server = "routing.http.response.server.enabled"
    elb.modify_listener_attributes(ListenerArn=listener, Attributes=[{"Key": server, "Value": "false"}])
    ecs.update_cluster(cluster="miyabi-cluster-dev", configuration={"executeCommandConfiguration": {"logging": "NONE"}})
    service = {"cluster": "miyabi-cluster-dev", "service": "miyabi-service-dev"}
    (held,) = ecs.describe_services(cluster=service["cluster"], services=[service["service"]])["services"]
    ecs.update_service(**service, deploymentConfiguration={**held["deploymentConfiguration"], "strategy": "BLUE_GREEN"})
    dev.aws.client("route53").create_hosted_zone(
        Name="amazonaws.com", VPC={"VPCRegion": "us-west-2", "VPCId": balancer["VpcId"]}, CallerReference="night",
        HostedZoneConfig={"PrivateZone": True, "Comment": ""},
    )  # fmt: skip
    by_hand = "exists and was not generated"
    assert differing(look.verify(dev)) == [
        f"+ module.alb.aws_lb_listener.http: attribute {server} = false {by_hand}",
        f"+ module.alb.aws_lb_target_group.app: attribute {routing} = 2 {by_hand}",
        f"+ module.alb.aws_lb_target_group.app: target 10.0.11.77 that is no task {by_hand}",
        f"+ module.ecs.aws_ecs_cluster.main: logging of ECS Exec NONE {by_hand}",
        f"+ module.ecs_service.aws_ecs_service.app: deployment strategy BLUE_GREEN {by_hand}",
        f"+ module.networking.aws_vpc.main: private hosted zone amazonaws.com at the VPC {by_hand}",
    ]


def test_a_lost_tag_is_one_difference_and_hides_nothing(dev: Environment, look: Look) -> None:
    ec2 = dev.aws.client("ec2")
    groups = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["miyabi-redis-sg-dev"]}])
    group = groups["SecurityGroups"][0]
    opened = {"IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6379, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[opened])
    vpc = [{"Name": "vpc-id", "Values": [group["VpcId"]]}]
    attached = [{"Name": "attachment.vpc-id", "Values": [group["VpcId"]]}]
    resources = [
        group["VpcId"],
        *[each["SubnetId"] for each in ec2.describe_subnets(Filters=vpc)["Subnets"]],
        *[each["RouteTableId"] for each in ec2.describe_route_tables(Filters=vpc)["RouteTables"]],
        *[each["NatGatewayId"] for each in ec2.describe_nat_gateways(Filters=vpc)["NatGateways"]],
        *[each["AllocationId"] for each in ec2.describe_addresses()["Addresses"]],
        *[each["InternetGatewayId"] for each in ec2.describe_internet_gateways(Filters=attached)["InternetGateways"]],
    ]
    ec2.delete_tags(Resources=resources, Tags=[{"Key": "Project"}, {"Key": "Name"}])

    found = differing(look.verify(dev))

    opening = "ingress tcp 6379 with 0.0.0.0/0 exists and was not generated"
    assert f"+ module.security_groups.aws_security_group.redis: {opening}" in found
    lost = [line for line in found if " tags." in line]
    assert sorted(set(found) - set(lost)) == [f"+ module.security_groups.aws_security_group.redis: {opening}"]
    # One VPC, an internet gateway, four subnets, a NAT gateway with its address, and two or three route tables.
    assert '~ module.networking.aws_vpc.main tags.Project: generated "miyabi", found null' in lost
    assert len(lost) == 2 * len({line.split()[1] for line in lost})
    assert {line.split()[1].split("[")[0] for line in lost} == {
        f"module.networking.{each}"
        for each in (
            "aws_eip.nat", "aws_internet_gateway.main", "aws_nat_gateway.main", "aws_route_table.private",
            "aws_route_table.public", "aws_subnet.private", "aws_subnet.public", "aws_vpc.main",
        )
    }  # fmt: skip


def test_a_neighbours_alarms_are_its_own(dev: Environment, look: Look) -> None:
    cloudwatch = dev.aws.client("cloudwatch")
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix="miyabi-")["MetricAlarms"]

    def put(name: str, *, dimension: str = "", **tags: str) -> None:
        cloudwatch.put_metric_alarm(
            AlarmName=name, ComparisonOperator="LessThanThreshold", EvaluationPeriods=1, Threshold=1,
            Namespace="AWS/ECS", MetricName="CPUUtilization", Period=60, Statistic="Average",
            Dimensions=[{"Name": "ClusterName", "Value": dimension}] if dimension else [],
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )  # fmt: skip

    for alarm in alarms:  # the same alarms, of a project `miyabi-shop` and of an environment `eu-dev`
        inner = alarm["AlarmName"].removeprefix("miyabi-").removesuffix("-dev")
        put(f"miyabi-shop-{inner}-dev")
        put(f"miyabi-{inner}-eu-dev")
    put("miyabi-shop-orders-dev", Project="miyabi-shop", Environment="dev")
    put("miyabi-orders-eu-dev", dimension="miyabi-cluster-eu-dev")
    put("miyabi-mine-dev", dimension="miyabi-cluster-dev")
    put("miyabi-tagged-dev", Project="miyabi", Environment="dev")

    assert differing(look.verify(dev)) == [
        "+ alarm miyabi-mine-dev exists and was not generated",
        "+ alarm miyabi-tagged-dev exists and was not generated",
    ]


def test_every_generated_argument_is_compared(applied: Environment, look: Look) -> None:
    """Change each generated value in turn: what AWS has must then differ, or nobody looks at that value."""
    look.at(applied.aws)
    stack = next(each for each in read(applied.project.out) if each.environment == applied.name)
    world = World(Aws(stack.region), stack, READERS)
    unnoticed: set[str] = set()
    for resource in stack.resources:
        for path, changed in changes(resource.arguments):
            other = replace(resource, arguments=changed)
            try:
                found = READERS[resource.type](other, world)
            except Trouble:  # nothing has the changed name
                continue
            if found is not None and all(check.same for check in found.checks) and not found.extras:
                unnoticed.add(f"{resource.type}.{path}")
    assert unnoticed == {
        "aws_elasticache_cluster.apply_immediately",
        "aws_lb.enable_cross_zone_load_balancing",
        # Of a rule for all protocols (-1) AWS ignores the ports.
        "aws_security_group.egress[].from_port",
        "aws_security_group.egress[].to_port",
    }


def changes(arguments: Mapping[str, Value]) -> Iterator[tuple[str, dict[str, Value]]]:
    """The arguments with one value in them changed, for each value that is known before apply."""
    for name, value in arguments.items():
        for path, changed in _changed(value):
            yield f"{name}{path}", {**arguments, name: changed}


def _changed(value: Value) -> Iterator[tuple[str, Value]]:
    if isinstance(value, Mapping):
        for key, held in value.items():
            for path, changed in _changed(held):
                yield f".{key}{path}", {**value, key: changed}
    elif isinstance(value, tuple):
        for index, held in enumerate(value):
            for path, changed in _changed(held):
                yield f"[]{path}", (*value[:index], changed, *value[index + 1 :])
    elif isinstance(value, bool):
        yield "", not value
    elif isinstance(value, int | float):
        yield "", value + 1
    elif isinstance(value, str):
        yield "", f"{value}1"


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
