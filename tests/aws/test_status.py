"""`miyabi-infra status` on emulated AWS: a healthy account, one in which much is wrong, and one that holds nothing."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from miyabi_infra.aws.client import Aws
from miyabi_infra.aws.status import Level, Status, read
from miyabi_infra.commands.status import run, text
from miyabi_infra.stacks import read as read_stacks
from tests.aws import observed
from tests.aws.emulator import Emulator
from tests.aws.environment import Environment

pytestmark = pytest.mark.aws

LOG_GROUP = "/ecs/miyabi-dev"
ALARMS = (
    "miyabi-alb-high-response-time-dev",
    "miyabi-alb-unhealthy-hosts-dev",
    "miyabi-redis-evictions-dev",
    "miyabi-redis-high-cpu-dev",
    "miyabi-redis-low-memory-dev",
    "miyabi-service-cpu-high-dev",
    "miyabi-service-low-tasks-dev",
    "miyabi-service-memory-high-dev",
)
SERVICE = {"ClusterName": "miyabi-cluster-dev", "ServiceName": "miyabi-service-dev"}
CACHE = {"CacheClusterId": "miyabi-cache-dev"}


def observe(aws: Emulator, what: str, value: object) -> None:
    aws.client("ssm").put_parameter(Name=what, Value=json.dumps(value), Type="String", Overwrite=True)


def measure(aws: Emulator, namespace: str, dimensions: Mapping[str, str], now: datetime, **values: float) -> None:
    data = [
        {
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": held} for key, held in dimensions.items()],
            "Timestamp": now - timedelta(minutes=2),
            "Value": value,
        }
        for name, value in values.items()
    ]
    aws.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


def register(aws: Emulator, *addresses: str) -> None:
    elb = aws.client("elbv2")
    group = elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": each, "Port": 8080} for each in addresses])


def log(aws: Emulator, now: datetime, *lines: str) -> None:
    logs = aws.client("logs")
    logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName="ecs/miyabi-app/0a1b")
    at = int((now - timedelta(minutes=5)).timestamp() * 1000)
    events = [{"timestamp": at + index, "message": line} for index, line in enumerate(lines)]
    logs.put_log_events(logGroupName=LOG_GROUP, logStreamName="ecs/miyabi-app/0a1b", logEvents=events)


def look(environment: Environment, aws: Emulator, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Status:
    aws.use(monkeypatch)
    stack = next(each for each in read_stacks(environment.project.out) if each.environment == environment.name)
    return read(stack, Aws(stack.region), now)


def found(status: Status, section: str, *levels: Level) -> list[str]:
    """The texts of a section, of some levels."""
    (named,) = [each for each in status.sections if each.name == section]
    return [each.text for each in named.observations if not levels or each.level in levels]


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


def test_a_healthy_environment(dev: Environment, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = dev.aws
    observe(
        aws, observed.SERVICE, {"running_count": 2, "pending_count": 0, "deployment": {"rolloutState": "COMPLETED"}}
    )
    activity = {
        "ActivityId": "1",
        "ServiceNamespace": "ecs",
        "ResourceId": "service/miyabi-cluster-dev/miyabi-service-dev",
        "ScalableDimension": "ecs:service:DesiredCount",
        "Description": "Setting desired count to 2.",
        "Cause": "monitor alarm TargetTracking-low triggered policy miyabi-cpu-autoscaling-dev",
        "StartTime": (now - timedelta(hours=3)).timestamp(),
        "StatusCode": "Successful",
    }
    observe(aws, observed.ACTIVITIES, [activity])
    register(aws, "10.0.11.5", "10.0.12.7")
    measure(aws, "AWS/ECS", SERVICE, now, CPUUtilization=31.25, MemoryUtilization=44)
    measure(aws, "AWS/ElastiCache", CACHE, now, CPUUtilization=3, FreeableMemory=412e6, Evictions=0, CurrConnections=12)
    log(aws, now, '{"level":"INFO","message":"request served"}')
    aws.client("ecr").create_repository(repositoryName="miyabi-web-api")
    aws.push("miyabi-web-api", "latest")

    status = look(dev, aws, now, monkeypatch)

    assert (status.level, status.exit_code) == (Level.OK, 0), text(status)
    assert found(status, "image")[1] == "the last pushed image is latest, just now: it runs"
    assert found(status, "service") == [
        "ACTIVE, 2 of 2 tasks running, 0 pending",
        f"deployment COMPLETED, of miyabi-app-dev:1, begun {found(status, 'service')[1].rpartition('begun ')[2]}",
        "circuit breaker on, rolls back",
    ]
    assert found(status, "entrance") == ["port 80: every request goes to target group miyabi-tg-dev"]
    assert found(status, "targets")[1:] == ["2 of 2 targets healthy"]
    assert all(" get out by nat-" in line for line in found(status, "way out", Level.OK))
    assert len(found(status, "way out", Level.OK)) == 2
    assert found(status, "capacity") == [
        "scales from 2 to 4 tasks",
        "CPU 31.2 % (scales at 70 %, alarm above 70 %)",
        "memory 44 % (scales at 80 %, alarm above 80 %)",
    ]
    assert found(status, "scaling") == [f"3 h ago: Successful, Setting desired count to 2. {activity['Cause']}"]
    assert found(status, "stopped tasks") == ["none in the last hour"]
    assert found(status, "redis") == [
        "available, cache.t3.micro, Redis 7.0",
        "CPU 3 % (alarm above 75 %)",
        "free memory 412 MB (alarm below 100 MB)",
        "evictions 0 (alarm above 1000)",
        "connections 12",
    ]
    assert found(status, "alarms") == ["8 of 8 alarms OK"]
    assert found(status, "logs") == [f"0 lines about errors in {LOG_GROUP} in the last hour"]


def test_an_environment_in_which_much_is_wrong(
    dev: Environment, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = dev.aws
    reason = "ECS deployment circuit breaker: tasks failed to start."
    deployment = {"rolloutState": "FAILED", "rolloutStateReason": reason, "failedTasks": 3}
    observe(aws, observed.SERVICE, {"running_count": 1, "pending_count": 1, "deployment": deployment})
    unhealthy = {
        "State": "unhealthy",
        "Reason": "Target.ResponseCodeMismatch",
        "Description": "Health checks failed with these codes: [500]",
    }
    observe(aws, observed.HEALTH, {"10.0.12.7": unhealthy})
    register(aws, "10.0.11.5", "10.0.12.7")
    measure(aws, "AWS/ECS", SERVICE, now, CPUUtilization=96, MemoryUtilization=40)
    cloudwatch = aws.client("cloudwatch")
    cloudwatch.set_alarm_state(
        AlarmName="miyabi-service-cpu-high-dev", StateValue="ALARM", StateReason="Threshold Crossed: 96 > 70"
    )
    cloudwatch.set_alarm_state(
        AlarmName="miyabi-redis-high-cpu-dev", StateValue="INSUFFICIENT_DATA", StateReason="no data"
    )
    cloudwatch.disable_alarm_actions(AlarmNames=["miyabi-redis-low-memory-dev"])
    cloudwatch.delete_alarms(AlarmNames=["miyabi-redis-evictions-dev"])
    aws.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/miyabi-cluster-dev/miyabi-service-dev",
        ScalableDimension="ecs:service:DesiredCount",
        SuspendedState={"DynamicScalingOutSuspended": True},
    )
    log(aws, now, "served", "ERROR database: connection refused", "served", "thread 'main' panicked at src/main.rs:7")

    status = look(dev, aws, now, monkeypatch)

    assert (status.level, status.exit_code) == (Level.DEGRADED, 1)
    assert found(status, "service", Level.DEGRADED)[0] == "ACTIVE, 1 of 2 tasks running, 1 pending"
    assert found(status, "service", Level.DEGRADED)[1].startswith("deployment FAILED, of miyabi-app-dev:1, begun ")
    assert found(status, "service", Level.DEGRADED)[1].endswith(f", 3 tasks failed to start, {reason}")
    assert found(status, "targets")[1:] == [
        "1 of 2 targets healthy",
        "10.0.12.7:8080 unhealthy, Target.ResponseCodeMismatch: Health checks failed with these codes: [500]",
    ]
    assert found(status, "capacity", Level.DEGRADED) == [
        "scales from 2 to 4 tasks; suspended: DynamicScalingOutSuspended"
    ]
    assert found(status, "capacity", Level.NOTE) == ["CPU 96 % (scales at 70 %, alarm above 70 %)"]
    assert found(status, "alarms", Level.DEGRADED) == [
        "miyabi-redis-evictions-dev does not exist: nothing watches",
        "miyabi-service-cpu-high-dev ALARM since just now: Threshold Crossed: 96 > 70",
    ]
    assert found(status, "alarms", Level.UNKNOWN) == [
        "miyabi-redis-high-cpu-dev INSUFFICIENT_DATA since just now: no data"
    ]
    assert found(status, "alarms", Level.NOTE) == [
        "miyabi-redis-low-memory-dev is muted: its actions are disabled",
    ]
    assert found(status, "logs")[0] == f"2 lines about errors in {LOG_GROUP} in the last hour"
    assert found(status, "logs")[2].endswith("thread 'main' panicked at src/main.rs:7")


def test_what_users_feel_is_found_in_aws(dev: Environment, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = dev.aws
    observe(
        aws, observed.SERVICE, {"running_count": 2, "pending_count": 0, "deployment": {"rolloutState": "COMPLETED"}}
    )
    register(aws, "10.0.11.5")
    elb, ec2, ecs = aws.client("elbv2"), aws.client("ec2"), aws.client("ecs")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]
    listener = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"][0]["ListenerArn"]
    fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}]
    everything = [{"Field": "path-pattern", "Values": ["*"]}]
    elb.create_rule(ListenerArn=listener, Priority=1, Conditions=everything, Actions=fixed)
    group = balancer["SecurityGroups"][0]
    rules = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rules)
    (gateway,) = ec2.describe_nat_gateways()["NatGateways"]
    ec2.delete_nat_gateway(NatGatewayId=gateway["NatGatewayId"])
    ecs.update_service(cluster="miyabi-cluster-dev", service="miyabi-service-dev", desiredCount=1)
    definition = ecs.describe_task_definition(taskDefinition="miyabi-app-dev")["taskDefinition"]
    ecs.register_task_definition(
        family="miyabi-app-dev", containerDefinitions=definition["containerDefinitions"],
        networkMode="awsvpc", cpu="256", memory="512",
    )  # fmt: skip
    cloudwatch = aws.client("cloudwatch")
    (held,) = cloudwatch.describe_alarms(AlarmNames=["miyabi-service-cpu-high-dev"])["MetricAlarms"]
    kept = ("AlarmName", "MetricName", "Namespace", "Dimensions", "Statistic", "Period", "EvaluationPeriods",
            "ComparisonOperator")  # fmt: skip
    cloudwatch.put_metric_alarm(**{key: held[key] for key in kept}, Threshold=99)
    measure(aws, "AWS/ECS", SERVICE, now, CPUUtilization=50)

    status = look(dev, aws, now, monkeypatch)

    assert found(status, "service", Level.DEGRADED) == [
        "miyabi-app-dev:1 runs, but miyabi-app-dev:2 is the latest: it was rolled back, or never deployed"
    ]
    assert found(status, "entrance", Level.DEGRADED) == [
        "port 80, rule of priority 1: every request gets the fixed answer 503",
        "no security group of the load balancer lets tcp 80 in from 0.0.0.0/0",
    ]
    assert found(status, "targets", Level.DEGRADED) == ["1 of 2 running tasks registered: the others get no requests"]
    ways = found(status, "way out", Level.DEGRADED)
    assert [" do not get out: " in line and gateway["NatGatewayId"] in line for line in ways] == [True, True]
    assert found(status, "capacity", Level.DEGRADED) == ["the service asks for 1 task, below the minimum of 2"]
    assert "CPU 50 % (scales at 70 %, alarm above 99 %, generated: 70 %)" in found(status, "capacity", Level.NOTE)
    assert status.exit_code == 1


def test_a_listener_that_is_gone_is_degraded(dev: Environment, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    elb = dev.aws.client("elbv2")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    elb.delete_listener(ListenerArn=listener["ListenerArn"])

    status = look(dev, dev.aws, now, monkeypatch)

    assert found(status, "entrance") == ["no listener on port 80: requests to it get no answer"]
    assert status.exit_code == 1


def test_an_account_that_holds_nothing(
    applied: Environment, aws: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.use(monkeypatch)

    assert run(applied.project.root, "dev", as_json=True) == 1
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert shown["verdict"] == "degraded"
    missing = {
        section: [each["data"].get("trouble") for each in findings if each["level"] == "degraded"]
        for section, findings in shown["sections"].items()
    }
    assert missing == {
        "service": ["missing"],
        "image": ["missing"],
        "entrance": ["missing"],
        "targets": ["missing"],
        "security groups": ["missing"] * 4,
        "way out": ["missing"],
        "capacity": ["missing", None, None],  # and the policies by CPU and memory
        "scaling": [],
        "stopped tasks": ["missing"],
        "other tasks": ["missing"],
        "redis": ["missing"],
        "alarms": [None] * len(ALARMS),
        "logs": ["missing"],
    }
