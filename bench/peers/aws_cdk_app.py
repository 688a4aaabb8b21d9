"""AWS CDK in Python: 53 resources of the kinds that an environment has, as L1 constructs. argv: output folder."""

import sys

from aws_cdk import App, CfnTag, Fn, Stack
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

ZONES = ("us-west-2a", "us-west-2b")


def tags(name: str) -> list[CfnTag]:
    return [CfnTag(key="Name", value=f"miyabi-{name}"), CfnTag(key="Environment", value="bench")]


app = App(outdir=sys.argv[1])
stack = Stack(app, "miyabi-bench")

vpc = ec2.CfnVPC(stack, "Vpc", cidr_block="10.0.0.0/16", enable_dns_hostnames=True, tags=tags("vpc"))
gateway = ec2.CfnInternetGateway(stack, "Gateway", tags=tags("igw"))
ec2.CfnVPCGatewayAttachment(stack, "Attachment", vpc_id=vpc.ref, internet_gateway_id=gateway.ref)
public_table = ec2.CfnRouteTable(stack, "PublicTable", vpc_id=vpc.ref, tags=tags("public-rt"))
ec2.CfnRoute(
    stack, "PublicRoute", route_table_id=public_table.ref, destination_cidr_block="0.0.0.0/0", gateway_id=gateway.ref
)
public, private = [], []
for index, zone in enumerate(ZONES):
    subnet = ec2.CfnSubnet(
        stack,
        f"Public{index}",
        vpc_id=vpc.ref,
        availability_zone=zone,
        cidr_block=f"10.0.{index + 1}.0/24",
        map_public_ip_on_launch=True,
        tags=tags(f"public-{index}"),
    )
    public.append(subnet.ref)
    ec2.CfnSubnetRouteTableAssociation(
        stack, f"PublicAssociation{index}", subnet_id=subnet.ref, route_table_id=public_table.ref
    )
    address = ec2.CfnEIP(stack, f"Address{index}", domain="vpc", tags=tags(f"eip-{index}"))
    nat = ec2.CfnNatGateway(
        stack, f"Nat{index}", subnet_id=subnet.ref, allocation_id=address.attr_allocation_id, tags=tags(f"nat-{index}")
    )
    inner = ec2.CfnSubnet(
        stack,
        f"Private{index}",
        vpc_id=vpc.ref,
        availability_zone=zone,
        cidr_block=f"10.0.{index + 11}.0/24",
        tags=tags(f"private-{index}"),
    )
    private.append(inner.ref)
    table = ec2.CfnRouteTable(stack, f"PrivateTable{index}", vpc_id=vpc.ref, tags=tags(f"private-rt-{index}"))
    ec2.CfnRoute(
        stack,
        f"PrivateRoute{index}",
        route_table_id=table.ref,
        destination_cidr_block="0.0.0.0/0",
        nat_gateway_id=nat.ref,
    )
    ec2.CfnSubnetRouteTableAssociation(
        stack, f"PrivateAssociation{index}", subnet_id=inner.ref, route_table_id=table.ref
    )

groups: dict[str, str] = {}
for name, port, source in (("alb", 80, None), ("ecs", 8080, "alb"), ("rds", 5432, "ecs"), ("redis", 6379, "ecs")):
    rule = ec2.CfnSecurityGroup.IngressProperty(
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        cidr_ip=None if source else "0.0.0.0/0",
        source_security_group_id=groups[source] if source else None,
    )
    everywhere = ec2.CfnSecurityGroup.EgressProperty(ip_protocol="-1", cidr_ip="0.0.0.0/0")
    groups[name] = ec2.CfnSecurityGroup(
        stack,
        f"Group{name}",
        group_description=f"Security group for {name}",
        vpc_id=vpc.ref,
        security_group_ingress=[rule],
        security_group_egress=[everywhere],
        tags=tags(f"{name}-sg"),
    ).attr_group_id

trust = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}],
}
execution = iam.CfnRole(
    stack,
    "Execution",
    assume_role_policy_document=trust,
    managed_policy_arns=["arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"],
    tags=tags("execution"),
)
task_role = iam.CfnRole(stack, "Task", assume_role_policy_document=trust, tags=tags("task"))
for name, role, action in (("Ecr", execution, "ecr:BatchGetImage"), ("App", task_role, "s3:GetObject")):
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    iam.CfnRolePolicy(stack, f"Policy{name}", role_name=role.ref, policy_name=name, policy_document=document)

balancer = elb.CfnLoadBalancer(
    stack, "Balancer", scheme="internet-facing", subnets=public, security_groups=[groups["alb"]], tags=tags("alb")
)
target = elb.CfnTargetGroup(
    stack,
    "Target",
    port=8080,
    protocol="HTTP",
    target_type="ip",
    vpc_id=vpc.ref,
    health_check_path="/health",
    health_check_interval_seconds=30,
    matcher=elb.CfnTargetGroup.MatcherProperty(http_code="200"),
    tags=tags("tg"),
)
for port in (80, 443):
    forward = elb.CfnListener.ActionProperty(type="forward", target_group_arn=target.ref)
    elb.CfnListener(
        stack, f"Listener{port}", port=port, protocol="HTTP", load_balancer_arn=balancer.ref, default_actions=[forward]
    )

cluster = ecs.CfnCluster(
    stack,
    "Cluster",
    cluster_settings=[ecs.CfnCluster.ClusterSettingsProperty(name="containerInsights", value="enabled")],
    tags=tags("cluster"),
)
ecs.CfnClusterCapacityProviderAssociations(
    stack,
    "Capacity",
    cluster=cluster.ref,
    capacity_providers=["FARGATE", "FARGATE_SPOT"],
    default_capacity_provider_strategy=[
        ecs.CfnClusterCapacityProviderAssociations.CapacityProviderStrategyProperty(
            capacity_provider="FARGATE", base=1, weight=100
        )
    ],
)
group = logs.CfnLogGroup(stack, "Logs", log_group_name="/ecs/miyabi", retention_in_days=7, tags=tags("logs"))
definition = ecs.CfnTaskDefinition(
    stack,
    "Definition",
    family="miyabi",
    cpu="512",
    memory="1024",
    network_mode="awsvpc",
    requires_compatibilities=["FARGATE"],
    execution_role_arn=execution.attr_arn,
    task_role_arn=task_role.attr_arn,
    container_definitions=[
        ecs.CfnTaskDefinition.ContainerDefinitionProperty(
            name="app",
            image="example.com/app:1",
            port_mappings=[ecs.CfnTaskDefinition.PortMappingProperty(container_port=8080)],
            environment=[ecs.CfnTaskDefinition.KeyValuePairProperty(name="LOG_LEVEL", value="info")],
            log_configuration=ecs.CfnTaskDefinition.LogConfigurationProperty(
                log_driver="awslogs", options={"awslogs-group": group.ref, "awslogs-region": "us-west-2"}
            ),
        )
    ],
    tags=tags("definition"),
)
service = ecs.CfnService(
    stack,
    "Service",
    cluster=cluster.ref,
    task_definition=definition.ref,
    desired_count=2,
    launch_type="FARGATE",
    network_configuration=ecs.CfnService.NetworkConfigurationProperty(
        awsvpc_configuration=ecs.CfnService.AwsVpcConfigurationProperty(
            subnets=private, security_groups=[groups["ecs"]]
        )
    ),
    load_balancers=[
        ecs.CfnService.LoadBalancerProperty(container_name="app", container_port=8080, target_group_arn=target.ref)
    ],
    tags=tags("service"),
)
scalable = autoscaling.CfnScalableTarget(
    stack,
    "Scalable",
    max_capacity=4,
    min_capacity=2,
    resource_id=Fn.join("/", ["service", cluster.ref, service.attr_name]),
    scalable_dimension="ecs:service:DesiredCount",
    service_namespace="ecs",
)
for metric in ("ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization", "ALBRequestCountPerTarget"):
    autoscaling.CfnScalingPolicy(
        stack,
        metric,
        policy_name=metric,
        policy_type="TargetTrackingScaling",
        scaling_target_id=scalable.ref,
        target_tracking_scaling_policy_configuration=autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=70,
            scale_in_cooldown=300,
            scale_out_cooldown=60,
            predefined_metric_specification=autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
                predefined_metric_type=metric
            ),
        ),
    )

subnets = elasticache.CfnSubnetGroup(stack, "CacheSubnets", description="cache", subnet_ids=private)
parameters = elasticache.CfnParameterGroup(
    stack,
    "CacheParameters",
    cache_parameter_group_family="redis7",
    description="cache",
    properties={"maxmemory-policy": "allkeys-lru", "timeout": "300"},
)
elasticache.CfnCacheCluster(
    stack,
    "Cache",
    engine="redis",
    cache_node_type="cache.t3.micro",
    num_cache_nodes=1,
    cache_subnet_group_name=subnets.ref,
    cache_parameter_group_name=parameters.ref,
    vpc_security_group_ids=[groups["redis"]],
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
    cloudwatch.CfnAlarm(
        stack,
        f"{namespace}{metric}",
        alarm_name=f"miyabi-{namespace.rpartition('/')[2]}-{metric}",
        namespace=namespace,
        metric_name=metric,
        comparison_operator="GreaterThanThreshold",
        statistic="Average",
        period=300,
        evaluation_periods=2,
        threshold=threshold,
        dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name="ClusterName", value=cluster.ref)],
    )

app.synth()
