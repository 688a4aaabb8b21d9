"""ecs-service: the service that keeps the tasks running, its autoscaling, its alarms, and its DNS name."""

from collections.abc import Iterator
from difflib import get_close_matches
from math import gcd
from typing import Annotated, ClassVar, Final, Literal, get_args

from cdktf import ITerraformDependable, TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_aws.appautoscaling_policy import AppautoscalingPolicy
from cdktf_cdktf_provider_aws.appautoscaling_policy import (
    AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration as TargetTracking,
)
from cdktf_cdktf_provider_aws.appautoscaling_policy import (
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification as PredefinedMetric,
)
from cdktf_cdktf_provider_aws.appautoscaling_scheduled_action import AppautoscalingScheduledAction
from cdktf_cdktf_provider_aws.appautoscaling_scheduled_action import (
    AppautoscalingScheduledActionScalableTargetAction as ScheduledRange,
)
from cdktf_cdktf_provider_aws.appautoscaling_target import AppautoscalingTarget
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.ecs_service import (
    EcsService,
    EcsServiceAlarms,
    EcsServiceCapacityProviderStrategy,
    EcsServiceDeploymentCircuitBreaker,
    EcsServiceDeploymentController,
    EcsServiceLoadBalancer,
    EcsServiceNetworkConfiguration,
    EcsServiceServiceRegistries,
)
from cdktf_cdktf_provider_aws.service_discovery_private_dns_namespace import ServiceDiscoveryPrivateDnsNamespace
from cdktf_cdktf_provider_aws.service_discovery_service import (
    ServiceDiscoveryService,
    ServiceDiscoveryServiceDnsConfig,
    ServiceDiscoveryServiceDnsConfigDnsRecords,
    ServiceDiscoveryServiceHealthCheckCustomConfig,
)
from pydantic import AfterValidator, Field

from modules.base import Module, item, item_or_null
from modules.platform import Platform
from modules.settings import Percent, Seconds, Settings, Violation, matching, refuse, rule, twice
from modules.time_windows import WeeklyHours, cron
from modules.time_zones import ZONES

TaskCount = Annotated[int, Field(ge=0, le=5000)]
"""A number of tasks; the quota of a service is 5000."""

Deployment = Literal["rolling", "both", "blue_green"]
"""How the service gets a new version."""


def _zone(name: str) -> str:
    if name not in ZONES:
        near = get_close_matches(name, sorted(ZONES), 1)
        raise refuse("is not a time zone", near[0] if near else "UTC, or a name such as Asia/Tokyo")
    return name


TimeZone = Annotated[
    str,
    matching(
        r"UTC|[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z0-9_+-]*){1,2}", "is not a time zone", "UTC, or a name such as Asia/Tokyo"
    ),
    AfterValidator(_zone),
]


DeploymentAlarm = Literal["high-response-time", "unhealthy-hosts"]
DEPLOYMENT_ALARMS: Final[tuple[DeploymentAlarm, ...]] = get_args(DeploymentAlarm)


class EcsServiceSettings(Settings):
    """The number of tasks, autoscaling, and how a new version replaces the old one."""

    desired_count: TaskCount = 2
    """Initial number of tasks; the autoscaler changes it later (see `managed_elsewhere`; ECS developer guide, "Amazon
    ECS service quotas")."""

    autoscaling_min_capacity: TaskCount = 2
    """Minimum number of tasks of the autoscaler (ECS developer guide, "Amazon ECS service quotas")."""

    autoscaling_max_capacity: Annotated[int, Field(ge=1, le=5000)] = 4
    """Maximum number of tasks of the autoscaler (ECS developer guide, "Amazon ECS service quotas")."""

    autoscaling_cpu_target: Percent = 70
    """Target of the autoscaler for the average CPU utilization of the tasks, in percent."""

    autoscaling_memory_target: Percent = 80
    """Target of the autoscaler for the average memory utilization of the tasks, in percent."""

    autoscaling_requests_target: Annotated[int, Field(ge=1)] = 1000
    """Target of the autoscaler for the requests per task and minute. Without effect with `deployment: blue_green`: the
    metric is of one target group, and AWS does not support it where the traffic moves between two."""

    scale_in_cooldown: Seconds = 300
    """Seconds between a scale-in and the next one."""

    scale_out_cooldown: Seconds = 60
    """Seconds between a scale-out and the next one."""

    deployment: Deployment = "rolling"
    """How a new version replaces the old one. `rolling`: ECS replaces task by task. `blue_green`: CodeDeploy starts the
    new tasks beside the old ones and moves the traffic (`codedeploy`). AWS lets no service change from one to the other
    in place, so each has its own: `both` runs the two together, for the way from one to the other
    (docs/guides/blue-green.md)."""

    deployment_maximum_percent: Annotated[int, Field(ge=100, le=1000)] = 200
    """Maximum number of tasks during a deployment, in percent of the desired count."""

    deployment_minimum_healthy_percent: Annotated[int, Field(ge=0, le=100)] = 100
    """Minimum number of healthy tasks during a deployment, in percent of the desired count."""

    health_check_grace_period_seconds: Annotated[int, Field(ge=0, le=2_147_483_647)] = 60
    """Seconds after the start of a task during which failed health checks are ignored. 2,147,483,647 at most, as the
    provider checks."""

    enable_execute_command: bool = False
    """Whether operators can open a shell in a task (ECS Exec). It needs `iam.task_role_allows_exec`."""

    enable_service_discovery: bool = False
    """Whether tasks have a name in a private DNS zone of the VPC: `{project}-app.{project}.local`."""

    managed_elsewhere: Annotated[
        tuple[Literal["desired_count", "task_definition", "load_balancer"], ...], Field(strict=False)
    ] = ("desired_count",)
    """Arguments of the service that something else changes and that Terraform therefore ignores (`ignore_changes`):
    `desired_count` if the autoscaler sets it; `task_definition` if a pipeline deploys; `load_balancer` if CodeDeploy
    moves traffic."""

    scaling_managed_elsewhere: Annotated[tuple[Literal["min_capacity", "max_capacity"], ...], Field(strict=False)] = ()
    """Limits of the autoscaler that something else changes, such as a scheduled action, and that Terraform therefore
    ignores (`ignore_changes`): otherwise an apply at night undoes the night's capacity."""

    deployment_alarms: Annotated[tuple[DeploymentAlarm, ...], Field(strict=False)] | None = None
    """Alarms of the load balancer that fail a deployment, which ECS, or CodeDeploy, then rolls back:
    `{project}-alb-{alarm}-…`. One that is in ALARM before fails it too (ECS developer guide, "How CloudWatch alarms
    detect deployment failures"). To have none any more, say `[]`: provider 5 fails where the block goes."""

    spot_share: Annotated[int, Field(ge=0, le=100)] | None = None
    """Percentage of the tasks above `on_demand_base` that run on Fargate Spot, which AWS may stop two minutes after a
    warning. Default: a launch type, so no Spot. Terraform would replace the service to change between launch type and
    shares: docs/guides/spot.md has the steps that do not."""

    on_demand_base: TaskCount | None = None
    """Tasks that are never on Spot. Default: `autoscaling_min_capacity` (ECS API, `CapacityProviderStrategyItem`)."""

    running_hours: WeeklyHours | None = None
    """Days and hours in which the autoscaler has its range, such as `MON-FRI 07:00-20:00`: at their end the range
    becomes `tasks_outside_running_hours`, at their begin what the overlay says again. Default: always."""

    running_hours_timezone: TimeZone = "UTC"
    """Time zone of `running_hours` (Application Auto Scaling API, `PutScheduledAction`)."""

    tasks_outside_running_hours: TaskCount = 0
    """Number of tasks outside `running_hours` (ECS developer guide, "Amazon ECS service quotas")."""

    wait_for_steady_state: bool = False
    """Whether an apply waits until the deployment of the service has ended, and fails if it rolls back."""

    service_discovery_force_destroy: bool = False
    """Whether Terraform deregisters the tasks when it deletes the service discovery service. AWS refuses to delete one
    with registered tasks: apply this before `enable_service_discovery: false`."""

    cpu_alarm_threshold: Percent = 80
    """CPU utilization of the service, in percent, above which the alarm goes into ALARM."""

    memory_alarm_threshold: Percent = 80
    """Memory utilization of the service, in percent, above which the alarm goes into ALARM."""

    running_tasks_alarm_missing_data: Literal["breaching", "notBreaching", "ignore", "missing"] = "breaching"
    """How the low-tasks alarm treats missing data. Container Insights reports no running tasks at all when there are
    none: `notBreaching` for a service that may have 0 tasks, for which `breaching` never ends (CloudWatch API,
    `PutMetricAlarm`)."""

    running_tasks_alarm_threshold: TaskCount | None = None
    """Number of running tasks below which the alarm goes into ALARM. Default: `desired_count`."""

    @property
    def most_tasks_during_deployment(self) -> int:
        """Maximum number of tasks during a deployment at full scale."""
        return self.autoscaling_max_capacity * self.most_percent_during_deployment // 100

    @property
    def most_percent_during_deployment(self) -> int:
        """The same in percent of the desired count: CodeDeploy runs as many new tasks as there are old ones."""
        rolling, twice = self.deployment_maximum_percent, 200
        return {"rolling": rolling, "both": rolling + twice, "blue_green": twice}[self.deployment]

    @property
    def by_codedeploy(self) -> bool:
        """Whether there is a service that CodeDeploy deploys."""
        return self.deployment != "rolling"

    @rule("deployment", "managed_elsewhere")
    def codedeploy_owns_what_it_changes(self, _platform: Platform) -> Iterator[Violation]:
        """AWS refuses an UpdateService of what only a deployment of CodeDeploy may change: every apply would fail."""
        needed = ("desired_count", "task_definition", "load_balancer")
        missing = [each for each in needed if each not in self.managed_elsewhere]
        if self.by_codedeploy and missing:
            problem = f"leaves to Terraform what CodeDeploy changes: {' and '.join(missing)}"
            allowed = f"[{', '.join(needed)}], or deployment: rolling"
            yield Violation("managed_elsewhere", list(self.managed_elsewhere), problem, allowed)

    @rule("managed_elsewhere", "scaling_managed_elsewhere", "deployment_alarms", compares=True)
    def lists_name_each_once(self, _platform: Platform) -> Iterator[Violation]:
        """What is named twice was meant to be something else."""
        for key in ("managed_elsewhere", "scaling_managed_elsewhere", "deployment_alarms"):
            yield from twice(key, getattr(self, key) or ())

    @rule("deployment", "enable_service_discovery")
    def name_is_not_shifted(self, _platform: Platform) -> Iterator[Violation]:
        """CodeDeploy moves the traffic of the load balancer. By the name, old and new tasks would answer together."""
        if self.deployment == "blue_green" and self.enable_service_discovery:
            problem = "has old and new tasks answer together with deployment: blue_green"
            yield Violation("enable_service_discovery", value=True, problem=problem, allowed="false, or rolling")

    @rule("deployment", "wait_for_steady_state")
    def steady_state_is_of_ecs(self, _platform: Platform) -> Iterator[Violation]:
        """Terraform counts the deployments of ECS, of which a service of CodeDeploy has none: it would wait in vain."""
        if self.deployment == "blue_green" and self.wait_for_steady_state:
            problem = "waits for what never comes with deployment: blue_green"
            yield Violation("wait_for_steady_state", value=True, problem=problem, allowed="false, or rolling")

    @rule("desired_count", "autoscaling_min_capacity", "autoscaling_max_capacity")
    def desired_count_is_within_the_scaling_range(self, _platform: Platform) -> Iterator[Violation]:
        """The autoscaler would change a count outside its range at once."""
        least, most = self.autoscaling_min_capacity, self.autoscaling_max_capacity
        if least <= most and not least <= self.desired_count <= most:
            problem = "is outside the range of autoscaling_min_capacity and autoscaling_max_capacity"
            yield Violation("desired_count", self.desired_count, problem, f"{least} to {most}")

    @rule("on_demand_base", "spot_share")
    def on_demand_base_is_of_shares(self, _platform: Platform) -> Iterator[Violation]:
        """With a launch type, all tasks are on demand."""
        if self.on_demand_base is not None and self.spot_share is None:
            problem = "has no effect without spot_share"
            yield Violation("on_demand_base", self.on_demand_base, problem, "no such key, or a spot_share")

    @rule("running_hours", "managed_elsewhere", "scaling_managed_elsewhere")
    def schedule_owns_the_range(self, _platform: Platform) -> Iterator[Violation]:
        """The scheduled actions change range and number of tasks: every apply outside the hours would undo it."""
        if self.running_hours is None:
            return
        for key, needed in (
            ("managed_elsewhere", ("desired_count",)),
            ("scaling_managed_elsewhere", ("min_capacity", "max_capacity")),
        ):
            named: tuple[str, ...] = getattr(self, key)
            if not set(needed) <= set(named):
                problem = f"leaves to Terraform what running_hours changes: {' and '.join(needed)}"
                yield Violation(key, list(named), problem, f"[{', '.join(dict.fromkeys((*named, *needed)))}]")

    @rule("tasks_outside_running_hours", "running_hours", "autoscaling_min_capacity")
    def fewer_tasks_outside_running_hours(self, _platform: Platform) -> Iterator[Violation]:
        """A schedule that takes no task away has no effect but to hold the autoscaler."""
        outside, least = self.tasks_outside_running_hours, self.autoscaling_min_capacity
        if self.running_hours is None and outside:
            problem = "has no effect without running_hours"
            yield Violation("tasks_outside_running_hours", outside, problem, "no such key, or running_hours")
        elif self.running_hours is not None and outside >= least:
            problem = f"is not less than autoscaling_min_capacity, {least}"
            yield Violation("tasks_outside_running_hours", outside, problem, f"0 to {least - 1}, or no running_hours")

    @rule("autoscaling_min_capacity", "autoscaling_max_capacity")
    def scaling_range_is_not_empty(self, _platform: Platform) -> Iterator[Violation]:
        """Application Auto Scaling refuses a minimum above the maximum."""
        least, most = self.autoscaling_min_capacity, self.autoscaling_max_capacity
        if least > most:
            yield Violation(
                "autoscaling_min_capacity", least, f"is more than autoscaling_max_capacity, {most}", f"0 to {most}"
            )

    @rule("deployment_maximum_percent", "deployment_minimum_healthy_percent")
    def deployment_can_make_progress(self, _platform: Platform) -> Iterator[Violation]:
        """With a maximum and a minimum of 100 percent, ECS can neither start nor stop a task."""
        if self.deployment_maximum_percent <= self.deployment_minimum_healthy_percent:
            problem = "allows a deployment neither to start nor to stop a task"
            allowed = f"more than deployment_minimum_healthy_percent, {self.deployment_minimum_healthy_percent}"
            yield Violation("deployment_maximum_percent", self.deployment_maximum_percent, problem, allowed)

    @rule(
        "deployment_maximum_percent", "deployment_minimum_healthy_percent", "desired_count", "autoscaling_min_capacity"
    )
    def rounded_percentages_leave_a_task_to_move(self, _platform: Platform) -> Iterator[Violation]:
        """ECS rounds the maximum down and the minimum up: with few tasks, nothing may be left between them.

        Source: ECS developer guide, "Deploy Amazon ECS services by replacing tasks".
        """
        most, least = self.deployment_maximum_percent, self.deployment_minimum_healthy_percent
        if most <= least:
            return  # the rule above
        for tasks in sorted({max(1, self.autoscaling_min_capacity), max(1, self.desired_count)}):
            started, kept = tasks * most // 100, -(-tasks * least // 100)
            if started <= tasks and kept >= tasks:
                problem = f"allows {started} and keeps {kept} of {tasks} tasks (minimum {least} %): no deployment moves"
                yield Violation("deployment_maximum_percent", most, problem, "200, or a lower minimum")
                return


class EcsServiceModule(Module):
    """The Fargate service behind the load balancer's target group, in the private subnets."""

    folder: ClassVar[str] = "ecs-service"

    def __init__(  # noqa: PLR0915  # both services, and what scales and watches them
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: EcsServiceSettings,
        vpc_id: str,
        ecs_cluster_id: str,
        ecs_cluster_name: str,
        ecs_task_definition_arn: str,
        private_subnet_ids: list[str],
        ecs_security_group_id: str,
        target_group_arn: str,
        alb_arn_suffix: str,
        target_group_arn_suffix: str,
        alarm_topic_arn: str | None = None,
        depends_on: list[ITerraformDependable],
    ) -> None:
        super().__init__(scope, depends_on=depends_on)
        body, name = self.body, platform.name
        vpc = self.wire("vpc_id", vpc_id, "ID of the VPC")
        cluster_id = self.wire("ecs_cluster_id", ecs_cluster_id, "ID of the cluster")
        cluster_name = self.wire("ecs_cluster_name", ecs_cluster_name, "Name of the cluster")
        task_definition = self.wire("ecs_task_definition_arn", ecs_task_definition_arn, "ARN of the task definition")
        subnets = self.wire_list("private_subnet_ids", private_subnet_ids, "IDs of the private subnets")
        security_group = self.wire("ecs_security_group_id", ecs_security_group_id, "ID of the tasks' security group")
        target_group = self.wire("target_group_arn", target_group_arn, "ARN of the target group")
        alb_suffix = self.wire("alb_arn_suffix", alb_arn_suffix, "The load balancer as CloudWatch's metrics name it")
        target_group_suffix = self.wire(
            "target_group_arn_suffix", target_group_arn_suffix, "The target group as CloudWatch's metrics name it"
        )
        notified = self.alarm_actions(alarm_topic_arn)
        service_discovery = int(settings.enable_service_discovery)

        namespace = ServiceDiscoveryPrivateDnsNamespace(
            body,
            "aws_service_discovery_private_dns_namespace.app",
            count=service_discovery,
            name=f"{platform.project}.local",
            description=f"Service discovery namespace for {platform.project}",
            vpc=vpc,
            tags={"Name": name("service-discovery")},
        )
        discovery_service = ServiceDiscoveryService(
            body,
            "aws_service_discovery_service.app",
            count=service_discovery,
            name=f"{platform.project}-app",
            dns_config=ServiceDiscoveryServiceDnsConfig(
                namespace_id=item(namespace, 0, "id"),
                dns_records=[ServiceDiscoveryServiceDnsConfigDnsRecords(ttl=10, type="A")],
                routing_policy="MULTIVALUE",
            ),
            health_check_custom_config=ServiceDiscoveryServiceHealthCheckCustomConfig(failure_threshold=1),
            force_destroy=settings.service_discovery_force_destroy or None,
            # When it is turned off, the ECS service must let go of it before.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            tags={"Name": name("service-discovery-service")},
        )

        base = settings.autoscaling_min_capacity if settings.on_demand_base is None else settings.on_demand_base
        spot = settings.spot_share or 0
        whole = gcd(spot, 100)
        on_demand_part = EcsServiceCapacityProviderStrategy(
            capacity_provider="FARGATE", base=base, weight=(100 - spot) // whole
        )
        spot_part = EcsServiceCapacityProviderStrategy(capacity_provider="FARGATE_SPOT", base=0, weight=spot // whole)
        launch_type = "FARGATE" if settings.spot_share is None else None
        strategy = None if settings.spot_share is None else [on_demand_part, *([spot_part] if spot else [])]
        network = EcsServiceNetworkConfiguration(
            subnets=subnets, security_groups=[security_group], assign_public_ip=False
        )
        behind = EcsServiceLoadBalancer(
            target_group_arn=target_group,
            container_name=f"{platform.project}-app",
            container_port=platform.container_port,
        )
        left_alone = (
            TerraformResourceLifecycle(ignore_changes=list(settings.managed_elsewhere))
            if settings.managed_elsewhere
            else None
        )
        service = None
        if settings.deployment != "blue_green":
            service = EcsService(
                body,
                "aws_ecs_service.app",
                name=name("service"),
                cluster=cluster_id,
                task_definition=task_definition,
                desired_count=settings.desired_count,
                launch_type=launch_type,
                capacity_provider_strategy=strategy,
                network_configuration=network,
                load_balancer=[behind],
                service_registries=(
                    EcsServiceServiceRegistries(registry_arn=item(discovery_service, 0, "arn"))
                    if settings.enable_service_discovery
                    else None
                ),
                deployment_maximum_percent=settings.deployment_maximum_percent,
                deployment_minimum_healthy_percent=settings.deployment_minimum_healthy_percent,
                deployment_circuit_breaker=EcsServiceDeploymentCircuitBreaker(enable=True, rollback=True),
                alarms=(
                    EcsServiceAlarms(
                        # Provider 5 sends no empty list, and AWS takes no alarms without names.
                        alarm_names=[name(f"alb-{each}") for each in settings.deployment_alarms or DEPLOYMENT_ALARMS],
                        enable=bool(settings.deployment_alarms),
                        rollback=bool(settings.deployment_alarms),
                    )
                    if settings.deployment_alarms is not None
                    else None
                ),
                # ECS enables it for services created since September 2025, while provider 5 plans DISABLED.
                availability_zone_rebalancing="DISABLED",
                health_check_grace_period_seconds=settings.health_check_grace_period_seconds,
                enable_execute_command=settings.enable_execute_command,
                enable_ecs_managed_tags=True,
                wait_for_steady_state=settings.wait_for_steady_state or None,
                propagate_tags="SERVICE",
                lifecycle=left_alone,
                tags={"Name": name("service")},
            )
        if settings.by_codedeploy:
            # A service of its own: none changes its deployment controller in place. Of circuit breaker and alarms,
            # CodeDeploy has its own.
            shifted = EcsService(
                body,
                "aws_ecs_service.blue_green",
                name=name("blue-green"),
                cluster=cluster_id,
                task_definition=task_definition,
                desired_count=settings.desired_count,
                launch_type=launch_type,
                capacity_provider_strategy=strategy,
                network_configuration=network,
                load_balancer=[behind],
                deployment_controller=EcsServiceDeploymentController(type="CODE_DEPLOY"),
                availability_zone_rebalancing="DISABLED",
                health_check_grace_period_seconds=settings.health_check_grace_period_seconds,
                enable_execute_command=settings.enable_execute_command,
                enable_ecs_managed_tags=True,
                propagate_tags="SERVICE",
                lifecycle=left_alone,
                tags={"Name": name("blue-green")},
            )
            self.blue_green_service_name = self.output(
                "blue_green_service_name", shifted.name, "Name of the service that CodeDeploy deploys"
            )
            service = shifted if service is None else service
        assert service is not None
        service_name = service.name

        target = AppautoscalingTarget(
            body,
            "aws_appautoscaling_target.ecs",
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=f"service/{cluster_name}/{service_name}",
            min_capacity=settings.autoscaling_min_capacity,
            max_capacity=settings.autoscaling_max_capacity,
            lifecycle=(
                TerraformResourceLifecycle(ignore_changes=list(settings.scaling_managed_elsewhere))
                if settings.scaling_managed_elsewhere
                else None
            ),
        )
        service_namespace = target.service_namespace
        scalable_dimension = target.scalable_dimension
        resource_id = target.resource_id
        AppautoscalingPolicy(
            body,
            "aws_appautoscaling_policy.ecs_cpu",
            name=name("cpu-autoscaling"),
            policy_type="TargetTrackingScaling",
            service_namespace=service_namespace,
            scalable_dimension=scalable_dimension,
            resource_id=resource_id,
            target_tracking_scaling_policy_configuration=TargetTracking(
                predefined_metric_specification=PredefinedMetric(
                    predefined_metric_type="ECSServiceAverageCPUUtilization"
                ),
                target_value=settings.autoscaling_cpu_target,
                scale_in_cooldown=settings.scale_in_cooldown,
                scale_out_cooldown=settings.scale_out_cooldown,
            ),
        )
        AppautoscalingPolicy(
            body,
            "aws_appautoscaling_policy.ecs_memory",
            name=name("memory-autoscaling"),
            policy_type="TargetTrackingScaling",
            service_namespace=service_namespace,
            scalable_dimension=scalable_dimension,
            resource_id=resource_id,
            target_tracking_scaling_policy_configuration=TargetTracking(
                predefined_metric_specification=PredefinedMetric(
                    predefined_metric_type="ECSServiceAverageMemoryUtilization"
                ),
                target_value=settings.autoscaling_memory_target,
                scale_in_cooldown=settings.scale_in_cooldown,
                scale_out_cooldown=settings.scale_out_cooldown,
            ),
        )
        if settings.deployment != "blue_green":  # AWS does not support the metric with two target groups
            AppautoscalingPolicy(
                body,
                "aws_appautoscaling_policy.ecs_requests",
                name=name("requests-autoscaling"),
                policy_type="TargetTrackingScaling",
                service_namespace=service_namespace,
                scalable_dimension=scalable_dimension,
                resource_id=resource_id,
                target_tracking_scaling_policy_configuration=TargetTracking(
                    predefined_metric_specification=PredefinedMetric(
                        predefined_metric_type="ALBRequestCountPerTarget",
                        resource_label=f"{alb_suffix}/{target_group_suffix}",
                    ),
                    target_value=settings.autoscaling_requests_target,
                    scale_in_cooldown=settings.scale_in_cooldown,
                    scale_out_cooldown=settings.scale_out_cooldown,
                ),
            )

        if settings.running_hours:
            AppautoscalingScheduledAction(
                body,
                "aws_appautoscaling_scheduled_action.begin",
                name=name("running-hours-begin"),
                service_namespace=service_namespace,
                scalable_dimension=scalable_dimension,
                resource_id=resource_id,
                schedule=cron(settings.running_hours, "begin"),
                timezone=settings.running_hours_timezone,
                scalable_target_action=ScheduledRange(
                    min_capacity=str(settings.autoscaling_min_capacity),
                    max_capacity=str(settings.autoscaling_max_capacity),
                ),
            )
            AppautoscalingScheduledAction(
                body,
                "aws_appautoscaling_scheduled_action.end",
                name=name("running-hours-end"),
                service_namespace=service_namespace,
                scalable_dimension=scalable_dimension,
                resource_id=resource_id,
                schedule=cron(settings.running_hours, "end"),
                timezone=settings.running_hours_timezone,
                scalable_target_action=ScheduledRange(
                    min_capacity=str(settings.tasks_outside_running_hours),
                    max_capacity=str(settings.tasks_outside_running_hours),
                ),
            )

        service_dimensions = {"ClusterName": cluster_name, "ServiceName": service_name}
        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.service_cpu_high",
            alarm_name=name("service-cpu-high"),
            alarm_description="This metric monitors ECS service CPU utilization",
            namespace="AWS/ECS",
            metric_name="CPUUtilization",
            dimensions=service_dimensions,
            statistic="Average",
            period=300,
            evaluation_periods=2,
            comparison_operator="GreaterThanThreshold",
            threshold=settings.cpu_alarm_threshold,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name("service-cpu-alarm")},
        )
        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.service_memory_high",
            alarm_name=name("service-memory-high"),
            alarm_description="This metric monitors ECS service memory utilization",
            namespace="AWS/ECS",
            metric_name="MemoryUtilization",
            dimensions=service_dimensions,
            statistic="Average",
            period=300,
            evaluation_periods=2,
            comparison_operator="GreaterThanThreshold",
            threshold=settings.memory_alarm_threshold,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name("service-memory-alarm")},
        )
        running_tasks_threshold = settings.running_tasks_alarm_threshold
        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.service_running_tasks",
            alarm_name=name("service-low-tasks"),
            alarm_description="This metric monitors running tasks count",
            namespace="ECS/ContainerInsights",
            metric_name="RunningTaskCount",
            dimensions=service_dimensions,
            statistic="Average",
            period=60,
            evaluation_periods=1,
            comparison_operator="LessThanThreshold",
            threshold=settings.desired_count if running_tasks_threshold is None else running_tasks_threshold,
            treat_missing_data=settings.running_tasks_alarm_missing_data,
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name("service-tasks-alarm")},
        )

        self.service_id = self.output("service_id", service.id, "ID of the service, which is its ARN")
        self.service_name = self.output("service_name", service_name, "Name of the service")
        self.service_arn = self.output("service_arn", service.id, "ARN of the service")
        self.service_desired_count = self.output(
            "service_desired_count",
            # The value of the service would change with the autoscaler, and with it the output of every plan.
            settings.desired_count
            if "desired_count" in settings.managed_elsewhere
            else "${aws_ecs_service.app.desired_count}",
            "Tasks that the service is to run",
        )
        self.autoscaling_target_id = self.output("autoscaling_target_id", target.id, "ID of the autoscaling target")
        self.service_discovery_namespace_id = self.output(
            "service_discovery_namespace_id",
            item_or_null(namespace, "id"),
            "ID of the private DNS namespace; null without service discovery",
        )
        self.service_discovery_service_arn = self.output(
            "service_discovery_service_arn",
            item_or_null(discovery_service, "arn"),
            "ARN of the service discovery service; null without service discovery",
        )
        self.service_discovery_dns_name = self.output(
            "service_discovery_dns_name",
            f"{platform.project}-app.{platform.project}.local" if settings.enable_service_discovery else "${null}",
            "Name of the tasks in the VPC's private DNS; null without service discovery",
        )
