"""What a stack is about: the one place that knows which resource is the load balancer, the service, the cache.

Guides, pictures, lint and status each look at a stack for its service, its alarms, its range of tasks. They ask here,
so that a second load balancer, or a cache of another type, is found by all of them in the same way.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from miyabi_infra.stacks.model import Reference, Resource, Stack, Value

CACHES: Final = ("aws_elasticache_cluster", "aws_elasticache_replication_group")
"""Types of caches: a single node, and a group of nodes."""

DATABASES: Final = ("aws_db_instance", "aws_rds_cluster")
"""Types of databases."""


_WEEKLY: Final = re.compile(r"cron\((\d+) (\d+) \? \* ([A-Z,-]+) \*\)")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def _days(text: str) -> int:
    """How many days of a week `MON-FRI` or `SAT,SUN` are."""
    first, _, last = text.partition("-")
    return (_DAYS.index(last) - _DAYS.index(first)) % len(_DAYS) + 1 if last else len(set(text.split(",")))


@dataclass(frozen=True)
class Range:
    """How many tasks a service runs: the minimum and the maximum of its autoscaling, or the number that it is given."""

    minimum: int
    maximum: int


@dataclass(frozen=True)
class RunningHours:
    """When a service has its range of tasks, and what it has at other times."""

    hours: float
    """Hours of a week."""
    otherwise: Range


@dataclass(frozen=True)
class Platform:
    """The parts of a stack, by what they are. A part that a stack does not have is None, or an empty tuple."""

    stack: Stack

    def first(self, *types: str) -> Resource | None:
        """The first resource of some types: where an optional module adds another, the platform's own comes first."""
        return next(iter(self.stack.of_type(*types)), None)

    # ---- network -----------------------------------------------------------------------------------------------------

    @property
    def vpc(self) -> Resource | None:
        """The VPC."""
        return self.first("aws_vpc")

    @cached_property
    def zones(self) -> tuple[str, ...]:
        """The availability zones that have a subnet, by name."""
        return tuple(sorted({text(each.get("availability_zone")) for each in self.stack.of_type("aws_subnet")}))

    @property
    def nat_gateways(self) -> tuple[Resource, ...]:
        """The NAT gateways."""
        return self.stack.of_type("aws_nat_gateway")

    # ---- entrance ----------------------------------------------------------------------------------------------------

    @property
    def load_balancer(self) -> Resource | None:
        """The load balancer."""
        return self.first("aws_lb")

    @property
    def target_group(self) -> Resource | None:
        """The target group."""
        return self.first("aws_lb_target_group")

    @property
    def health_check(self) -> Mapping[str, Value] | None:
        """The health check of the target group."""
        return next(iter(self.target_group.blocks("health_check")), None) if self.target_group else None

    def listeners(self, balancer: Resource | None = None) -> tuple[Resource, ...]:
        """The listeners of a load balancer, or all of them."""
        found = self.stack.of_type("aws_lb_listener")
        if balancer is None:
            return found
        return tuple(each for each in found if leads_to(each.get("load_balancer_arn"), balancer))

    @property
    def https(self) -> Resource | None:
        """The HTTPS listener."""
        return next((each for each in self.listeners() if each.get("protocol") == "HTTPS"), None)

    @property
    def distribution(self) -> Resource | None:
        """The distribution that serves the frontend."""
        return self.first("aws_cloudfront_distribution")

    @property
    def site_bucket(self) -> Resource | None:
        """The bucket with the files of the frontend: the origin of the distribution that is no server."""
        origins = self.distribution.blocks("origin") if self.distribution else ()
        files = [each for each in origins if not each.get("custom_origin_config")]
        return next(filter(None, (self.stack.find(address_of(each.get("domain_name"))) for each in files)), None)

    @property
    def access_logs_bucket(self) -> Resource | None:
        """The bucket with the access logs of the distribution."""
        logging = self.distribution.blocks("logging_config") if self.distribution else ()
        return next(filter(None, (self.stack.find(address_of(each.get("bucket"))) for each in logging)), None)

    @property
    def log_bucket(self) -> Resource | None:
        """The bucket into which the load balancer and the VPC write logs."""
        found = [each for each in self.stack.of_type("aws_s3_bucket") if each.module == "log_bucket"]
        return next(iter(found), None)

    @property
    def buckets(self) -> tuple[tuple[Resource, str], ...]:
        """Each bucket of an environment, and what it holds."""
        held = (
            (self.site_bucket, "frontend"),
            (self.access_logs_bucket, "access logs of CloudFront"),
            (self.log_bucket, "logs"),
        )
        return tuple((bucket, holds) for bucket, holds in held if bucket is not None)

    # ---- tasks -------------------------------------------------------------------------------------------------------

    @property
    def cluster(self) -> Resource | None:
        """The ECS cluster."""
        return self.first("aws_ecs_cluster")

    @cached_property
    def container_insights(self) -> bool:
        """Whether Container Insights is on, plain or enhanced: CloudWatch then has the number of running tasks."""
        settings = [block for each in self.stack.of_type("aws_ecs_cluster") for block in each.blocks("setting")]
        return any(each.get("name") == "containerInsights" and each.get("value") != "disabled" for each in settings)

    @property
    def service(self) -> Resource | None:
        """The ECS service."""
        return self.first("aws_ecs_service")

    def task_definition(self, service: Resource) -> Resource | None:
        """The task definition of a service."""
        return self.stack.find(address_of(service.get("task_definition")))

    @property
    def containers(self) -> tuple[Mapping[str, Value], ...]:
        """The containers of all task definitions."""
        definitions = self.stack.of_type("aws_ecs_task_definition")
        return tuple(block for each in definitions for block in each.blocks("container_definitions"))

    def scalable_target(self, service: Resource) -> Resource | None:
        """The scalable target of a service."""
        ending = f"/{service.get('name')}"
        targets = self.stack.of_type("aws_appautoscaling_target")
        return next((each for each in targets if text(each.get("resource_id")).endswith(ending)), None)

    def tasks(self, service: Resource) -> Range:
        """How many tasks a service runs."""
        target = self.scalable_target(service)
        if target is None:
            desired = integer(service.get("desired_count", 1))
            return Range(desired, desired)
        return Range(integer(target.get("min_capacity")), integer(target.get("max_capacity")))

    def running_hours(self, service: Resource) -> RunningHours | None:
        """The hours of a service; None when it has its range all the time, or other schedules than those hours."""
        ending = f"/{service.get('name')}"
        actions = [
            each
            for each in self.stack.of_type("aws_appautoscaling_scheduled_action")
            if text(each.get("resource_id")).endswith(ending)
        ]
        by_name = {each.name: each for each in actions}
        if by_name.keys() != {"begin", "end"}:
            return None
        times = [_WEEKLY.fullmatch(text(by_name[name].get("schedule"))) for name in ("begin", "end")]
        (limits,) = by_name["end"].blocks("scalable_target_action")
        begin, end = times
        if begin is None or end is None:
            return None
        hours = int(end[2]) - int(begin[2]) + (int(end[1]) - int(begin[1])) / 60
        otherwise = Range(int(text(limits.get("min_capacity"))), int(text(limits.get("max_capacity"))))
        return RunningHours(hours * _days(begin[3]), otherwise)

    def spot_share(self, service: Resource) -> float:
        """The percentage of a service's tasks above the base that runs on Fargate Spot."""
        weights = {
            text(each.get("capacity_provider")): number(each.get("weight"))
            for each in service.blocks("capacity_provider_strategy")
        }
        return 100 * weights.get("FARGATE_SPOT", 0) / (sum(weights.values()) or 1)

    @cached_property
    def scaling_targets(self) -> Mapping[str, float]:
        """Target values of the target tracking policies, by metric: `ECSServiceAverageCPUUtilization`, in percent."""
        found: dict[str, float] = {}
        for policy in self.stack.of_type("aws_appautoscaling_policy"):
            for tracking in policy.blocks("target_tracking_scaling_policy_configuration"):
                for metric in mappings(tracking.get("predefined_metric_specification")):
                    found[text(metric.get("predefined_metric_type"))] = number(tracking.get("target_value"))
        return found

    # ---- data --------------------------------------------------------------------------------------------------------

    @cached_property
    def caches(self) -> tuple[Resource, ...]:
        """The caches: single nodes and groups; a node that is a member of a group is not one of its own."""
        return tuple(each for each in self.stack.of_type(*CACHES) if not _is_member(each))

    @property
    def databases(self) -> tuple[Resource, ...]:
        """The databases."""
        return self.stack.of_type(*DATABASES)

    # ---- monitoring --------------------------------------------------------------------------------------------------

    @property
    def log_groups(self) -> tuple[Resource, ...]:
        """The log groups."""
        return self.stack.of_type("aws_cloudwatch_log_group")

    @property
    def application_logs(self) -> Resource | None:
        """The log group that the containers write to."""
        names = {
            text(options.get("awslogs-group"))
            for container in self.containers
            for configuration in mappings(container.get("logConfiguration"))
            for options in mappings(configuration.get("options"))
        }
        return next((each for each in self.log_groups if text(each.get("name")) in names), None)

    @cached_property
    def alarms(self) -> Mapping[str, Resource]:
        """The metric alarms, by name."""
        return {text(each.get("alarm_name")): each for each in self.stack.of_type("aws_cloudwatch_metric_alarm")}

    def alarm(self, namespace: str, metric: str) -> Resource | None:
        """The first alarm on a metric."""
        return next(
            (
                each
                for each in self.alarms.values()
                if (each.get("namespace"), each.get("metric_name")) == (namespace, metric)
            ),
            None,
        )

    # ---- access ------------------------------------------------------------------------------------------------------

    @cached_property
    def roles(self) -> Mapping[str, Resource]:
        """The IAM roles, by the name that the module gives them: `ecs_task_execution`."""
        return {each.name: each for each in self.stack.of_type("aws_iam_role")}


def _is_member(cache: Resource) -> bool:
    return cache.type == "aws_elasticache_cluster" and bool(cache.get("replication_group_id"))


def cache_node_ids(cache: Resource) -> tuple[str, ...]:
    """The IDs of a cache's nodes, by which CloudWatch names them: of a group, those that AWS gives to its members."""
    group = cache.get("replication_group_id")
    if cache.type == "aws_elasticache_cluster":
        return (text(cache.get("cluster_id")),)
    return tuple(f"{text(group)}-{number:03}" for number in range(1, integer(cache.get("num_cache_clusters")) + 1))


# ---- values ----------------------------------------------------------------------------------------------------------


def text(value: Value) -> str:
    """A value as text."""
    return str(value)


def integer(value: Value) -> int:
    """An integer, also where Terraform writes it as a string; 0 for no value."""
    return int(number(value))


def number(value: Value, default: float = 0) -> float:
    """A number, also where Terraform writes it as a string; a flag is 1 or 0; `default` for what is neither."""
    if value in ("true", "false"):
        return float(value == "true")
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return default
    return float(value) if isinstance(value, int | float) else default


def mappings(value: Value) -> tuple[Mapping[str, Value], ...]:
    """The mappings in a list, or the one that is there instead of a list."""
    found = value if isinstance(value, tuple) else (value,)
    return tuple(each for each in found if isinstance(each, Mapping))


def strings(value: Value) -> tuple[str, ...]:
    """The strings in a list, or the one that is there instead of a list; none for no value."""
    if isinstance(value, tuple):
        return tuple(map(str, value))
    return () if value is None else (str(value),)


def address_of(value: Value) -> str:
    """What an argument refers to: the address of a resource of the stack, else the text that is there."""
    return value.address if isinstance(value, Reference) else str(value or "")


def addresses_of(value: Value) -> tuple[str, ...]:
    """The same for a list."""
    return tuple(map(address_of, value)) if isinstance(value, tuple) else ()


def leads_to(value: Value, resource: Resource) -> bool:
    """Whether an argument refers to a resource."""
    return isinstance(value, Reference) and value.address == resource.address


def service_of(endpoint: Resource) -> str:
    """The AWS service behind a VPC endpoint: `ecr.api` of `com.amazonaws.us-west-2.ecr.api`."""
    return ".".join(str(endpoint.get("service_name", "")).split(".")[3:])


def certified(certificate: Resource) -> tuple[str, ...]:
    """The names of a certificate of ACM, each once: the first one is among the alternative ones, too, or not."""
    names = (text(certificate.get("domain_name")), *strings(certificate.get("subject_alternative_names")))
    return tuple(dict.fromkeys(names))


def display_name(resource: Resource) -> str:
    """What people call a resource: its `name`, its tag `Name`, or its label."""
    tags = resource.get("tags")
    tagged = tags.get("Name") if isinstance(tags, Mapping) else None
    return str(resource.get("name") or tagged or resource.label)
