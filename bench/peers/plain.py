"""Plain dictionaries, written as JSON: 53 resources of the kinds that an environment has. argv: output folder."""

import json
import sys
from pathlib import Path
from typing import Any

ANYWHERE = "0.0.0.0/0"
resources: dict[str, dict[str, Any]] = {}


def resource(kind: str, name: str, /, **arguments: Any) -> str:  # noqa: ANN401  # whatever JSON holds
    resources.setdefault(kind, {})[name] = arguments
    return f"{kind}.{name}"


def ref(address: str, attribute: str = "id") -> str:
    return f"${{{address}.{attribute}}}"


def tags(name: str) -> dict[str, str]:
    return {"Name": f"miyabi-{name}", "Environment": "bench"}


def policy(action: str, **more: object) -> str:
    statement = {"Effect": "Allow", "Action": action, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


vpc = ref(resource("aws_vpc", "main", cidr_block="10.0.0.0/16", enable_dns_hostnames=True, tags=tags("vpc")))
gateway = ref(resource("aws_internet_gateway", "main", vpc_id=vpc, tags=tags("igw")))
table = ref(resource("aws_route_table", "public", vpc_id=vpc, tags=tags("public-rt")))
resource("aws_route", "public", route_table_id=table, destination_cidr_block=ANYWHERE, gateway_id=gateway)
public: list[str] = []
private: list[str] = []
for index, zone in enumerate(("us-west-2a", "us-west-2b")):
    for kind, ids, block in (("public", public, index + 1), ("private", private, index + 11)):
        name = f"{kind}_{index}"
        place = {"availability_zone": zone, "cidr_block": f"10.0.{block}.0/24"}
        ids.append(ref(resource("aws_subnet", name, vpc_id=vpc, tags=tags(name), **place)))
    eip = ref(resource("aws_eip", f"nat_{index}", domain="vpc", tags=tags(f"eip-{index}")))
    nat = ref(resource("aws_nat_gateway", f"nat_{index}", subnet_id=public[index], allocation_id=eip, tags=tags("nat")))
    own = ref(resource("aws_route_table", f"private_{index}", vpc_id=vpc, tags=tags("private-rt")))
    resource("aws_route", f"private_{index}", route_table_id=own, destination_cidr_block=ANYWHERE, nat_gateway_id=nat)
    for kind, subnet, to in (("public", public[index], table), ("private", private[index], own)):
        resource("aws_route_table_association", f"{kind}_{index}", subnet_id=subnet, route_table_id=to)

groups: dict[str, str] = {}
for name, port, source in (("alb", 80, None), ("ecs", 8080, "alb"), ("rds", 5432, "ecs"), ("redis", 6379, "ecs")):
    origin = {"security_groups": [groups[source]]} if source else {"cidr_blocks": [ANYWHERE]}
    ingress = [{"protocol": "tcp", "from_port": port, "to_port": port, **origin}]
    egress = [{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": [ANYWHERE]}]
    groups[name] = ref(
        resource("aws_security_group", name, name=name, vpc_id=vpc, ingress=ingress, egress=egress, tags=tags(name))
    )

trust = policy("sts:AssumeRole", Principal={"Service": "ecs-tasks.amazonaws.com"})
for name, action in (("execution", "ecr:BatchGetImage"), ("task", "s3:GetObject")):
    role = ref(resource("aws_iam_role", name, name=name, assume_role_policy=trust, tags=tags(name)))
    resource("aws_iam_role_policy", name, name=name, role=role, policy=policy(action, Resource="*"))
managed = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
resource("aws_iam_role_policy_attachment", "execution", role="execution", policy_arn=managed)

balancer = resource("aws_lb", "main", name="miyabi", subnets=public, security_groups=[groups["alb"]], tags=tags("alb"))
health = {"path": "/health", "interval": 30, "timeout": 5, "matcher": "200"}
target = resource(
    "aws_lb_target_group", "app", port=8080, protocol="HTTP", target_type="ip", vpc_id=vpc, health_check=health
)
for port in (80, 443):
    forward = [{"type": "forward", "target_group_arn": ref(target, "arn")}]
    resource("aws_lb_listener", f"on_{port}", load_balancer_arn=ref(balancer, "arn"), port=port, default_action=forward)

insights = [{"name": "containerInsights", "value": "enabled"}]
cluster = resource("aws_ecs_cluster", "main", name="miyabi", setting=insights, tags=tags("cluster"))
strategy = [{"capacity_provider": "FARGATE", "base": 1, "weight": 100}]
resource(
    "aws_ecs_cluster_capacity_providers",
    "main",
    cluster_name=ref(cluster, "name"),
    capacity_providers=["FARGATE", "FARGATE_SPOT"],
    default_capacity_provider_strategy=strategy,
)
resource("aws_cloudwatch_log_group", "ecs", name="/ecs/miyabi", retention_in_days=7, tags=tags("logs"))
container = {"name": "app", "image": "example.com/app:1", "portMappings": [{"containerPort": 8080}]}
definition = resource(
    "aws_ecs_task_definition",
    "app",
    family="miyabi",
    cpu="512",
    memory="1024",
    network_mode="awsvpc",
    requires_compatibilities=["FARGATE"],
    container_definitions=json.dumps([container]),
    tags=tags("definition"),
)
service = resource(
    "aws_ecs_service",
    "app",
    name="miyabi",
    cluster=ref(cluster),
    task_definition=ref(definition, "arn"),
    desired_count=2,
    launch_type="FARGATE",
    network_configuration={"subnets": private, "security_groups": [groups["ecs"]]},
    load_balancer=[{"target_group_arn": ref(target, "arn"), "container_name": "app", "container_port": 8080}],
    tags=tags("service"),
)
scaled = {
    "resource_id": f"service/{ref(cluster, 'name')}/{ref(service, 'name')}",
    "scalable_dimension": "ecs:service:DesiredCount",
    "service_namespace": "ecs",
}
resource("aws_appautoscaling_target", "ecs", min_capacity=2, max_capacity=4, **scaled)
for metric in ("ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization", "ALBRequestCountPerTarget"):
    tracking = {"target_value": 70, "predefined_metric_specification": {"predefined_metric_type": metric}}
    resource(
        "aws_appautoscaling_policy",
        metric,
        name=metric,
        policy_type="TargetTrackingScaling",
        target_tracking_scaling_policy_configuration=tracking,
        **scaled,
    )

resource("aws_elasticache_subnet_group", "redis", name="miyabi", subnet_ids=private)
parameter = [{"name": "maxmemory-policy", "value": "allkeys-lru"}, {"name": "timeout", "value": "300"}]
resource("aws_elasticache_parameter_group", "redis", name="miyabi", family="redis7", parameter=parameter)
resource(
    "aws_elasticache_cluster",
    "redis",
    cluster_id="miyabi",
    engine="redis",
    node_type="cache.t3.micro",
    num_cache_nodes=1,
    security_group_ids=[groups["redis"]],
    tags=tags("cache"),
)

for namespace, metric, threshold in (
    ("AWS/ApplicationELB", "TargetResponseTime", 1),
    ("AWS/ApplicationELB", "UnHealthyHostCount", 0),
    ("AWS/ECS", "CPUUtilization", 70),
    ("AWS/ECS", "MemoryUtilization", 80),
    ("ECS/ContainerInsights", "RunningTaskCount", 2),
    ("AWS/ElastiCache", "CPUUtilization", 75),
    ("AWS/ElastiCache", "FreeableMemory", 100000000),
    ("AWS/ElastiCache", "Evictions", 1000),
):
    alarm = f"{namespace.rpartition('/')[2]}-{metric}"
    resource(
        "aws_cloudwatch_metric_alarm",
        alarm,
        alarm_name=alarm,
        namespace=namespace,
        metric_name=metric,
        threshold=threshold,
        comparison_operator="GreaterThanThreshold",
        statistic="Average",
        period=300,
        evaluation_periods=2,
        dimensions={"ClusterName": ref(cluster, "name")},
        tags=tags(alarm),
    )

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
text = json.dumps({"provider": {"aws": {"region": "us-west-2"}}, "resource": resources}, indent=2)
(folder / "main.tf.json").write_text(text, encoding="utf-8")
