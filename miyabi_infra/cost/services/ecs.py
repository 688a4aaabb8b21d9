"""ECS: tasks on Fargate, and the metrics of Container Insights."""

from collections.abc import Iterator, Mapping
from math import fsum
from typing import Final

from miyabi_infra.cost.model import Billed, Billing, Charge, Context, Free, Span, counted, number, ranged
from miyabi_infra.cost.prices import NotPriced
from miyabi_infra.stacks import Resource, Value
from miyabi_infra.stacks.platform import Platform

_WEEK: Final = 7 * 24
_FREE_STORAGE: Final = 20
"""GiB of temporary storage that each task has free of charge (Fargate pricing)."""


def _service(service: Resource, context: Context) -> Iterator[Charge]:
    definition = context.stack.find(_task_definition(service))
    if definition is None:
        raise NotPriced("its task definition is not in this stack")
    tasks = _tasks(service, context)
    (platform,) = definition.blocks("runtime_platform") or ({},)
    system = str(platform.get("operating_system_family", "LINUX"))
    if system != "LINUX":
        raise NotPriced(f"no price of {system} tasks")
    architecture = str(platform.get("cpu_architecture", "X86_64")).lower()
    vcpu, memory = number(definition.get("cpu")) / 1024, number(definition.get("memory")) / 1024
    unknown: list[str] = []
    for provider, part in _by_provider(service, tasks, context).items():
        if provider not in ("FARGATE", "FARGATE_SPOT"):
            unknown.append(f"no price of tasks on {provider}")
            continue
        spot = provider == "FARGATE_SPOT"
        discount = context.prices.spot_discount if spot else 0
        what = ("ARM " if architecture == "arm64" else "") + ("Spot task" if spot else "task")
        for noun, size, key in (("vCPU", vcpu, "vcpu"), ("GB", memory, "memory")):
            price = context.prices.of(f"fargate.{architecture}.{key}")
            item = f"{ranged(part, what)} of {size:g} {noun}"
            yield Charge("Fargate", item, part.times(size * context.hours), price, discount)
    network = service.blocks("network_configuration")
    if network and network[0].get("assign_public_ip") is True:
        quantity, price = tasks.times(context.hours), context.prices.of("ipv4.hour")
        yield Charge("VPC", f"public IPv4 of {ranged(tasks, 'task')}", quantity, price)
    for block in definition.blocks("ephemeral_storage"):
        more = number(block.get("size_in_gib", _FREE_STORAGE)) - _FREE_STORAGE
        if more > 0:
            item = f"{ranged(tasks, 'task')} with {more:g} GB of temporary storage more"
            price = context.prices.of("fargate.storage")
            yield Charge("Fargate", item, tasks.times(more * context.hours), price)
    if unknown:
        raise NotPriced("; ".join(unknown))


def _task_definition(service: Resource) -> str:
    return next((each.address for each in service.references if ".aws_ecs_task_definition." in each.address), "")


def _tasks(service: Resource, context: Context) -> Span:
    """Tasks that run: the autoscaler's range, and what is typical."""
    desired = number(service.get("desired_count", 1))
    name = service.get("name")
    target = next(
        (
            each
            for each in context.stack.of_type("aws_appautoscaling_target")
            if str(each.get("resource_id")).endswith(f"/{name}")
        ),
        None,
    )
    least, most = (desired, desired)
    if target is not None:
        least, most = number(target.get("min_capacity")), number(target.get("max_capacity"))
    assumed = context.of_environment.running_tasks
    running = Span(least, min(max(desired if assumed is None else assumed, least), most), most)
    hours = Platform(context.stack).running_hours(service)
    if hours is None:
        return running
    share, otherwise = hours.hours / _WEEK, hours.otherwise
    outside = Span(otherwise.minimum, otherwise.minimum, otherwise.maximum)
    return Span.sum([running.times(share), outside.times(1 - share)])


def _by_provider(service: Resource, tasks: Span, context: Context) -> dict[str, Span]:
    """Tasks by capacity provider: `base` tasks first, the rest by weight. A launch type leaves no choice."""
    launch_type = service.get("launch_type")
    if launch_type is not None:
        return {str(launch_type): tasks}
    strategy = service.blocks("capacity_provider_strategy") or _default_strategy(service, context)
    if not strategy:
        raise NotPriced("it has neither a launch type nor a capacity provider strategy")
    weights = fsum(number(each.get("weight", 0)) for each in strategy)

    def share(provider: Mapping[str, object], running: float) -> float:
        base = fsum(min(running, number(each.get("base", 0))) for each in strategy)
        own = min(running, number(provider.get("base", 0)))
        return own + (max(0.0, running - base) * number(provider.get("weight", 0)) / weights if weights else 0)

    return {
        str(each["capacity_provider"]): Span(
            share(each, tasks.minimum), share(each, tasks.typical), share(each, tasks.maximum)
        )
        for each in strategy
    }


def _default_strategy(service: Resource, context: Context) -> tuple[Mapping[str, Value], ...]:
    """The cluster's strategy, which a service without its own uses."""
    clusters = {each.address for each in service.references}
    for each in context.stack.of_type("aws_ecs_cluster_capacity_providers"):
        if clusters & {held.address for held in each.references}:
            return each.blocks("default_capacity_provider_strategy")
    return ()


def _cluster(cluster: Resource, context: Context) -> Iterator[Charge]:
    values = {str(each.get("value")) for each in cluster.blocks("setting") if each.get("name") == "containerInsights"}
    metrics = context.of_environment.container_insights_metrics
    if values - {"disabled"}:
        item = f"{counted(metrics, 'metric')} of Container Insights"
        yield Charge("CloudWatch", item, Span.of(metrics), context.prices.of("metric.month"), assumed=True)
    if "enhanced" in values:
        raise NotPriced("no price of Container Insights with enhanced observability")


BILLING: Final[Billing] = {
    "aws_ecs_cluster": Billed(
        "CloudWatch",
        _cluster,
        reads=frozenset({"setting"}),
        free=frozenset({"name", "service_connect_defaults", "tags"}),
    ),
    "aws_ecs_cluster_capacity_providers": Free(),
    "aws_ecs_service": Billed(
        "Fargate",
        _service,
        reads=frozenset(
            {"capacity_provider_strategy", "desired_count", "launch_type", "network_configuration", "task_definition"}
        ),
        free=frozenset(
            {
                "alarms",
                "availability_zone_rebalancing",
                "cluster",
                "deployment_circuit_breaker",
                "deployment_controller",
                "deployment_maximum_percent",
                "deployment_minimum_healthy_percent",
                "enable_ecs_managed_tags",
                "enable_execute_command",
                "force_new_deployment",
                "health_check_grace_period_seconds",
                "load_balancer",
                "name",
                "platform_version",
                "propagate_tags",
                "scheduling_strategy",
                "service_registries",
                "tags",
                "wait_for_steady_state",
            }
        ),
    ),
    "aws_ecs_task_definition": Free("its size is part of the service's price"),
}
