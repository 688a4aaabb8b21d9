"""The estimate: every resource that costs something, its quantity a month, and the price of it.

Three months are estimated at once: the autoscaler at its minimum, a typical month, the autoscaler at its maximum all
the time. Use (traffic, logs, images) is what the overlay assumes, the same in all three.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import Final

from environments.sections.usage import SharedUsageSettings, UsageSettings
from miyabi_infra.cost.prices import Price, Prices
from miyabi_infra.stacks import Resource, Stack

Usage = UsageSettings | SharedUsageSettings


@dataclass(frozen=True)
class Span:
    """A figure of the three months."""

    minimum: float
    typical: float
    maximum: float

    @classmethod
    def of(cls, figure: float) -> "Span":
        """A figure that is the same in all three."""
        return cls(figure, figure, figure)

    def times(self, factor: float) -> "Span":
        """Each multiplied by a factor."""
        return Span(self.minimum * factor, self.typical * factor, self.maximum * factor)

    @classmethod
    def sum(cls, spans: Sequence["Span"]) -> "Span":
        """All of them together."""
        return cls(
            fsum(span.minimum for span in spans),
            fsum(span.typical for span in spans),
            fsum(span.maximum for span in spans),
        )


@dataclass(frozen=True)
class Line:
    """Something that costs."""

    component: str
    """What people call it: `Fargate`, `NAT`."""
    item: str
    """What is billed: `2 to 4 tasks of 0.5 vCPU`; `NAT gateway` where `number` says how many."""
    quantity: Span
    """In the price's unit, a month."""
    price: Price
    discount: float = 0
    """Share by which the price is lower (Fargate Spot)."""
    assumed: bool = False
    """Whether the quantity is an assumption about use, not what a resource says."""
    number: int | None = None
    """How many of the item there are, for items that are counted."""

    @property
    def text(self) -> str:
        """The item, with its number."""
        return self.item if self.number is None else _plural(self.number, self.item)

    @property
    def unit_price(self) -> float:
        """US dollars for a unit, after the discount."""
        return self.price.usd * (1 - self.discount)

    @property
    def cost(self) -> Span:
        """US dollars a month."""
        return self.quantity.times(self.unit_price)


@dataclass(frozen=True)
class Estimate:
    """What an environment costs a month."""

    environment: str
    prices: Prices
    lines: tuple[Line, ...]
    unpriced: tuple[Resource, ...]
    """Resources whose price is not known here. They are not free: the total lacks them."""
    budget: float | None
    """US dollars that a typical month may cost."""

    @property
    def total(self) -> Span:
        """US dollars a month."""
        return Span.sum([line.cost for line in self.lines])

    @property
    def components(self) -> dict[str, Span]:
        """US dollars a month by component, in the order of the lines."""
        names = dict.fromkeys(line.component for line in self.lines)
        return {name: Span.sum([line.cost for line in self.lines if line.component == name]) for name in names}

    @property
    def over_budget(self) -> float:
        """US dollars by which a typical month is above the budget; 0 within it or without one."""
        return 0 if self.budget is None else max(0, self.total.typical - self.budget)


def estimate(stack: Stack, usage: Usage, prices: Prices, budget: float | None = None) -> Estimate:
    """The estimate of a stack; `prices` are those of its region."""
    context = _Context(stack, usage, prices)
    lines: list[Line] = []
    unpriced: list[Resource] = []
    for resource in stack.resources:
        if resource.type in _FREE:
            continue
        price = _PRICED.get(resource.type)
        found = price(resource, context) if price else None
        if found is None:
            unpriced.append(resource)
        else:
            lines += found
    lines += _traffic(context)
    order = {name: index for index, name in enumerate(COMPONENTS)}
    lines = _together([line for line in lines if line.quantity.maximum])
    lines.sort(key=lambda line: order[line.component])
    return Estimate(stack.environment, prices, tuple(lines), tuple(unpriced), budget)


def _together(lines: Sequence[Line]) -> list[Line]:
    """Counted lines of the same item as one."""
    merged: dict[tuple[str, str, str], Line] = {}
    for line in lines:
        key = line.component, line.item, line.price.key
        held = merged.get(key)
        if held is None or held.number is None or line.number is None:
            merged[(*key[:2], f"{key[2]} {len(merged)}") if held else key] = line
        else:
            number, quantity = held.number + line.number, Span.sum([held.quantity, line.quantity])
            merged[key] = replace(held, number=number, quantity=quantity)
    return list(merged.values())


COMPONENTS: Final = ("Fargate", "ALB", "NAT", "Redis", "RDS", "CloudWatch", "ECR", "VPC", "Transfer", "Other")
"""The parts of a bill, in the order in which they are shown."""


@dataclass(frozen=True)
class _Context:
    stack: Stack
    usage: Usage
    prices: Prices

    @property
    def hours(self) -> int:
        return self.prices.hours

    @property
    def of_environment(self) -> UsageSettings:
        return self.usage if isinstance(self.usage, UsageSettings) else UsageSettings()

    @property
    def of_shared(self) -> SharedUsageSettings:
        return self.usage if isinstance(self.usage, SharedUsageSettings) else SharedUsageSettings()

    def tasks(self, service: Resource) -> Span:
        """Tasks that run: the autoscaler's range, and what is typical."""
        desired = float(_number(service.get("desired_count", 1)))
        name = service.get("name")
        target = next(
            (
                each
                for each in self.stack.of_type("aws_appautoscaling_target")
                if str(each.get("resource_id")).endswith(f"/{name}")
            ),
            None,
        )
        least, most = (desired, desired)
        if target is not None:
            least, most = float(_number(target.get("min_capacity"))), float(_number(target.get("max_capacity")))
        assumed = self.of_environment.running_tasks
        return Span(least, min(max(desired if assumed is None else assumed, least), most), most)


def _number(value: object) -> float:
    """A number that Terraform also takes as text."""
    if isinstance(value, str):
        return float(value)
    assert isinstance(value, int | float)
    return value


def _plural(number: float, noun: str) -> str:
    head, of, tail = noun.partition(" of ")
    plural = "" if number == 1 else "es" if head.endswith("s") else "s"
    return f"{number:g} {head}{plural}{of}{tail}"


def _range(span: Span, noun: str) -> str:
    if span.minimum == span.maximum:
        return _plural(span.minimum, noun)
    return f"{span.minimum:g} to {span.maximum:g} {noun}s"


def _service(service: Resource, context: _Context) -> list[Line] | None:
    definition = context.stack.find(_task_definition(service))
    if definition is None:
        return None
    tasks = context.tasks(service)
    (platform,) = definition.blocks("runtime_platform") or ({},)
    architecture = str(platform.get("cpu_architecture", "X86_64")).lower()
    vcpu, memory = _number(definition.get("cpu")) / 1024, _number(definition.get("memory")) / 1024
    lines: list[Line] = []
    for provider, part in _by_provider(service, tasks).items():
        spot = provider == "FARGATE_SPOT"
        discount = context.prices.spot_discount if spot else 0
        what = ("ARM " if architecture == "arm64" else "") + ("Spot task" if spot else "task")
        for noun, size, key in (("vCPU", vcpu, "vcpu"), ("GB", memory, "memory")):
            price = context.prices.of(f"fargate.{architecture}.{key}")
            item = f"{_range(part, what)} of {size:g} {noun}"
            lines.append(Line("Fargate", item, part.times(size * context.hours), price, discount))
    network = service.blocks("network_configuration")
    if network and network[0].get("assign_public_ip") is True:
        quantity, price = tasks.times(context.hours), context.prices.of("ipv4.hour")
        lines.append(Line("VPC", f"public IPv4 of {_range(tasks, 'task')}", quantity, price))
    return lines


def _task_definition(service: Resource) -> str:
    return next((each.address for each in service.references if ".aws_ecs_task_definition." in each.address), "")


def _by_provider(service: Resource, tasks: Span) -> dict[str, Span]:
    """Tasks by capacity provider: `base` tasks first, the rest by weight. A launch type leaves no choice."""
    strategy = service.blocks("capacity_provider_strategy")
    if service.get("launch_type") is not None or not strategy:
        return {"FARGATE": tasks}
    weights = fsum(_number(each.get("weight", 0)) for each in strategy)

    def share(provider: Mapping[str, object], running: float) -> float:
        base = fsum(min(running, _number(each.get("base", 0))) for each in strategy)
        own = min(running, _number(provider.get("base", 0)))
        return own + (max(0.0, running - base) * _number(provider.get("weight", 0)) / weights if weights else 0)

    return {
        str(each["capacity_provider"]): Span(
            share(each, tasks.minimum), share(each, tasks.typical), share(each, tasks.maximum)
        )
        for each in strategy
    }


def _load_balancer(balancer: Resource, context: _Context) -> list[Line] | None:
    if balancer.get("load_balancer_type", "application") != "application":
        return None
    hours, prices = context.hours, context.prices
    lcus = context.of_environment.alb_lcus
    lines = [
        Line("ALB", "load balancer", Span.of(hours), prices.of("alb.hour"), number=1),
        Line("ALB", f"{lcus:g} LCU on average", Span.of(lcus * hours), prices.of("alb.lcu"), assumed=True),
    ]
    subnets = balancer.get("subnets")
    if balancer.get("internal") is not True and isinstance(subnets, tuple):
        quantity = Span.of(len(subnets) * hours)
        lines.append(
            Line("VPC", "public IPv4 address of the ALB", quantity, prices.of("ipv4.hour"), number=len(subnets))
        )
    return lines


def _nat_gateway(_gateway: Resource, context: _Context) -> list[Line]:
    return [Line("NAT", "NAT gateway", Span.of(context.hours), context.prices.of("nat.hour"), number=1)]


def _elastic_ip(_address: Resource, context: _Context) -> list[Line]:
    return [Line("VPC", "public IPv4 address of NAT", Span.of(context.hours), context.prices.of("ipv4.hour"), number=1)]


def _cache(cache: Resource, context: _Context) -> list[Line] | None:
    node_type = str(cache.get("node_type"))
    price = context.prices.find(node_type)
    if price is None:
        return None
    nodes = _number(cache.get("num_cache_nodes", 1))
    lines = [Line("Redis", _plural(nodes, "node") + f" {node_type}", Span.of(nodes * context.hours), price)]
    kept, size = _number(cache.get("snapshot_retention_limit", 0)), context.of_environment.snapshot_gb
    if kept > 1:
        item = f"{_plural(kept - 1, 'snapshot')} of {size:g} GB beside the free one"
        quantity = Span.of((kept - 1) * size)
        lines.append(Line("Redis", item, quantity, context.prices.of("cache.snapshot"), assumed=True))
    return lines


def _database(database: Resource, context: _Context) -> list[Line] | None:
    instance_class = str(database.get("instance_class"))
    price, storage = context.prices.find(f"rds.{instance_class}"), database.get("allocated_storage")
    if price is None or database.get("storage_type") != "gp3" or not isinstance(storage, int):
        return None
    copies = 2 if database.get("multi_az") is True else 1
    both = ", Multi-AZ" if copies > 1 else ""
    return [
        Line("RDS", f"1 instance {instance_class}{both}", Span.of(copies * context.hours), price),
        Line("RDS", f"{storage} GB gp3{both}", Span.of(copies * storage), context.prices.of("rds.gp3")),
    ]


def _alarm(_alarm: Resource, context: _Context) -> list[Line]:
    return [Line("CloudWatch", "alarm", Span.of(1), context.prices.of("alarm.month"), number=1)]


def _dashboard(_dashboard: Resource, context: _Context) -> list[Line]:
    return [Line("CloudWatch", "dashboard", Span.of(1), context.prices.of("dashboard.month"), number=1)]


def _cluster(cluster: Resource, context: _Context) -> list[Line]:
    insights = any(
        each.get("name") == "containerInsights" and each.get("value") != "disabled"
        for each in cluster.blocks("setting")
    )
    metrics = context.of_environment.container_insights_metrics
    if not insights:
        return []
    item = f"{_plural(metrics, 'metric')} of Container Insights"
    return [Line("CloudWatch", item, Span.of(metrics), context.prices.of("metric.month"), assumed=True)]


_DAYS_A_MONTH: Final = 365 / 12
_LONGEST_KEPT: Final = 365
"""Days of logs that are counted where logs are kept for ever: those of a first year."""


def _log_group(group: Resource, context: _Context) -> list[Line]:
    written = context.of_environment.log_gb
    days = _number(group.get("retention_in_days", 0)) or _LONGEST_KEPT
    kept = written * days / _DAYS_A_MONTH
    return [
        Line(
            "CloudWatch", f"{written:g} GB of logs", Span.of(written), context.prices.of("logs.ingested"), assumed=True
        ),
        Line(
            "CloudWatch",
            f"logs of {days:g} days kept",
            Span.of(kept),
            context.prices.of("logs.stored"),
            assumed=True,
        ),
    ]


def _repository(_repository: Resource, context: _Context) -> list[Line]:
    size = context.of_shared.image_gb
    return [Line("ECR", f"{size:g} GB of images", Span.of(size), context.prices.of("ecr.stored"), assumed=True)]


def _bucket(_bucket: Resource, context: _Context) -> list[Line]:
    size = context.of_shared.state_gb
    return [Line("Other", f"{size:g} GB of states in S3", Span.of(size), context.prices.of("s3.stored"), assumed=True)]


def _zone(_zone: Resource, context: _Context) -> list[Line]:
    return [Line("Other", "private DNS zone", Span.of(1), context.prices.of("dns.zone"), number=1)]


def _traffic(context: _Context) -> Iterator[Line]:
    """What no single resource is billed for."""
    usage, prices = context.of_environment, context.prices
    if context.stack.of_type("aws_nat_gateway"):
        item = f"{usage.nat_gb:g} GB through NAT"
        yield Line("NAT", item, Span.of(usage.nat_gb), prices.of("nat.gb"), assumed=True)
    if context.stack.of_type("aws_lb"):
        item = f"{usage.internet_out_gb:g} GB out to the internet"
        yield Line("Transfer", item, Span.of(usage.internet_out_gb), prices.of("transfer.internet"), assumed=True)
        item = f"{usage.cross_zone_gb:g} GB between zones, billed at both ends"
        yield Line("Transfer", item, Span.of(2 * usage.cross_zone_gb), prices.of("transfer.zone"), assumed=True)


_Pricer = Callable[[Resource, _Context], list[Line] | None]
_PRICED: Final[Mapping[str, _Pricer]] = {
    "aws_cloudwatch_dashboard": _dashboard,
    "aws_cloudwatch_log_group": _log_group,
    "aws_cloudwatch_metric_alarm": _alarm,
    "aws_db_instance": _database,
    "aws_ecr_repository": _repository,
    "aws_ecs_cluster": _cluster,
    "aws_ecs_service": _service,
    "aws_eip": _elastic_ip,
    "aws_elasticache_cluster": _cache,
    "aws_lb": _load_balancer,
    "aws_nat_gateway": _nat_gateway,
    "aws_s3_bucket": _bucket,
    "aws_service_discovery_private_dns_namespace": _zone,
}
"""How resources of a type are billed; None where the price of this very one is not known."""

_FREE: Final = frozenset(
    {
        "aws_appautoscaling_policy",
        "aws_appautoscaling_target",
        "aws_cloudwatch_query_definition",
        "aws_db_parameter_group",
        "aws_db_subnet_group",
        "aws_ecr_lifecycle_policy",
        "aws_ecs_cluster_capacity_providers",
        "aws_ecs_task_definition",
        "aws_elasticache_parameter_group",
        "aws_elasticache_subnet_group",
        "aws_iam_role",
        "aws_iam_role_policy",
        "aws_iam_role_policy_attachment",
        "aws_internet_gateway",
        "aws_lb_listener",
        "aws_lb_target_group",
        "aws_route",
        "aws_route_table",
        "aws_route_table_association",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
        "aws_security_group",
        "aws_service_discovery_service",
        "aws_sns_topic",
        "aws_sns_topic_policy",
        "aws_sns_topic_subscription",
        "aws_subnet",
        "aws_vpc",
    }
)
"""Types that AWS bills nothing for; of SNS, nothing to speak of: a thousand e-mails of alarms are two cents."""
