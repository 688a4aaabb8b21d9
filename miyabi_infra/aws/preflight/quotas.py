"""Quotas: what the account may have, next to what is there and what the environments need.

Codes and defaults: Service Quotas, and the pages "Amazon VPC quotas" and "Amazon ECS service quotas".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import ceil
from typing import Any, Final

from miyabi_infra.aws.client import Kind, Trouble
from miyabi_infra.aws.preflight.model import Observations, PreflightLook, blocked, fine, note, preflight
from miyabi_infra.aws.status.model import Look, Observation, unknown
from miyabi_infra.stacks import Resource, Stack
from miyabi_infra.stacks.platform import Platform, integer, mappings, strings, text

_OF_A_LIST: Final = 55
"""What CloudFront's list of addresses counts as, the only prefix list that a stack names."""
_HOUR: Final = timedelta(hours=1)
_PER_VCPU: Final = 1024
"""CPU units of a vCPU."""


@dataclass(frozen=True)
class Quota:
    """A quota of a region."""

    what: str
    service: str
    code: str
    """Code in Service Quotas."""
    default: float
    """AWS's default, where Service Quotas says no value of the account's own."""


ADDRESSES: Final = Quota("elastic IP addresses", "ec2", "L-0263D0A3", 5)
VPCS: Final = Quota("VPCs", "vpc", "L-F678F1CE", 5)
RULES: Final = Quota("rules of a security group in one direction", "vpc", "L-0EA8095F", 60)
VCPUS: Final = Quota("vCPUs of Fargate on demand", "fargate", "L-3032A538", 6)
SPOT_VCPUS: Final = Quota("vCPUs of Fargate Spot", "fargate", "L-36FBB829", 6)


def quotas(look: Look) -> Observations:
    """One line for each quota that an environment of this kind can meet."""
    here = preflight(look)
    checks = [_addresses, _vpcs, _rules, partial(_vcpus, VCPUS)]
    if _most_vcpus(here.world.stack, SPOT_VCPUS):
        checks.append(partial(_vcpus, SPOT_VCPUS))
    for check in checks:
        try:
            yield check(here)
        except Trouble as trouble:
            yield unknown(trouble)


def _asked(look: PreflightLook, quota: Quota) -> Mapping[str, Any]:
    """What Service Quotas says: the account's value, or AWS's default where the account has none of its own."""
    for operation in ("get_service_quota", "get_aws_default_service_quota"):
        try:
            answer = look.world.ask("service-quotas", operation, ServiceCode=quota.service, QuotaCode=quota.code)
            return answer["Quota"]
        except Trouble as trouble:
            if trouble.kind is not Kind.MISSING:
                raise
    return {"Value": quota.default}


def _limit(look: PreflightLook, quota: Quota) -> float:
    return float(_asked(look, quota)["Value"])


def _used(look: PreflightLook, quota: Quota) -> float | None:
    """What the account used at most in the last hour, by the metric that Service Quotas names; None without one."""
    metric = _asked(look, quota).get("UsageMetric")
    if not metric:
        return None
    dimensions = [{"Name": name, "Value": value} for name, value in sorted(metric["MetricDimensions"].items())]
    points = look.world.ask(
        "cloudwatch",
        "get_metric_statistics",
        Namespace=metric["MetricNamespace"],
        MetricName=metric["MetricName"],
        Dimensions=dimensions,
        StartTime=(look.now - _HOUR).isoformat(),
        EndTime=look.now.isoformat(),
        Period=300,
        Statistics=["Maximum"],
    )["Datapoints"]
    return max((float(each["Maximum"]) for each in points), default=0.0)


def _room(quota: Quota, limit: float, used: float, new: float, of_all: float) -> Observation:
    """Whether what is new fits in; `of_all`: what all environments of the account need together."""
    data = {"quota": quota.code, "limit": limit, "used": used, "new": new, "all_environments": of_all}
    text = f"{quota.what}: {used:g} in use, {new:g} new, at most {limit:g}"
    if used + new > limit:
        return blocked(f"{text}: request an increase of {quota.code} in Service Quotas", **data)
    if of_all > limit:
        return note(f"{text}; all environments together need {of_all:g}", **data)
    return fine(text, **data)


def _new(look: PreflightLook, resources: Iterable[Resource]) -> int:
    """How many of some resources do not exist yet."""
    return sum(look.world.find(each.address) is None for each in resources)


def _counted(stacks: Iterable[Stack], kind: str) -> int:
    return sum(len(each.of_type(kind)) for each in stacks)


def _addresses(look: PreflightLook) -> Observation:
    used = len(look.world.ask("ec2", "describe_addresses")["Addresses"])
    new = _new(look, look.world.stack.of_type("aws_eip"))
    return _room(ADDRESSES, _limit(look, ADDRESSES), used, new, _counted(look.together, "aws_eip"))


def _vpcs(look: PreflightLook) -> Observation:
    used = len(look.world.items("ec2", "describe_vpcs", "Vpcs"))
    new = _new(look, look.world.stack.of_type("aws_vpc"))
    return _room(VPCS, _limit(look, VPCS), used, new, _counted(look.together, "aws_vpc"))


def _rules(look: PreflightLook) -> Observation:
    """AWS counts a rule for each block and each group that a rule names."""
    largest = max(
        (
            (sum(map(_entries, mappings(group.get(direction)))), text(group.get("name")))
            for group in look.world.stack.of_type("aws_security_group")
            for direction in ("ingress", "egress")
        ),
        default=(0, ""),
    )
    limit = _limit(look, RULES)
    data = {"quota": RULES.code, "limit": limit, "used": largest[0], "group": largest[1]}
    said = f"{RULES.what}: {largest[0]} at most ({largest[1]}), {limit:g} allowed"
    if largest[0] > limit:
        return blocked(f"{said}: request an increase of {RULES.code}, or name fewer blocks", **data)
    return fine(said, **data)


def _entries(rule: Any) -> int:  # noqa: ANN401  # a block
    blocks = strings(rule.get("cidr_blocks")) + strings(rule.get("ipv6_cidr_blocks"))
    groups = rule.get("security_groups") or ()
    lists = rule.get("prefix_list_ids") or ()
    return max(1, len(blocks) + len(groups) + _OF_A_LIST * len(lists))


def _vcpus(quota: Quota, look: PreflightLook) -> Observation:
    """What the services can ask for at their maximum, doubled while they are deployed, next to what others use."""
    mine = _most_vcpus(look.world.stack, quota)
    of_all = sum(_most_vcpus(each, quota) for each in look.together)
    limit = _limit(look, quota)
    used = _used(look, quota)
    others = max(0.0, (used or 0) - _running_vcpus(look, quota))
    data = {"quota": quota.code, "limit": limit, "used": used, "new": mine, "all_environments": of_all}
    said = f"{quota.what}: {mine:g} at the most during a deployment, {others:g} used by others, at most {limit:g}"
    if mine + others > limit:
        return blocked(f"{said}: request an increase of {quota.code} in Service Quotas", **data)
    if of_all > limit:
        return note(f"{said}; all environments together can need {of_all:g}", **data)
    return fine(said, **data)


def _running_vcpus(look: PreflightLook, quota: Quota) -> float:
    """What the tasks of this environment use now; nothing before the first apply."""
    if look.platform.service is None:
        return 0
    answer = look.world.optional("ecs", "describe_services", cluster=look.cluster, services=[look.service])
    running = sum(each["runningCount"] for each in answer["services"]) if answer else 0
    return _cpus(look.platform, running, quota)


def _most_vcpus(stack: Stack, quota: Quota) -> float:
    platform = Platform(stack)
    service = platform.service
    if service is None:
        return 0
    most = platform.tasks(service).maximum * integer(service.get("deployment_maximum_percent", 200)) // 100
    return _cpus(platform, most, quota)


def _cpus(platform: Platform, tasks: int, quota: Quota) -> float:
    """What a number of tasks of the service need of a quota: on demand or on Spot, as ECS shares them out."""
    service = platform.service
    definition = platform.task_definition(service) if service else None
    if service is None or definition is None:
        return 0
    base = sum(integer(each.get("base", 0)) for each in service.blocks("capacity_provider_strategy"))
    spot = ceil(max(0, tasks - base) * platform.spot_share(service) / 100)
    counted = spot if quota is SPOT_VCPUS else tasks if not spot else tasks - spot + 1  # shares are rounded
    return counted * integer(definition.get("cpu")) / _PER_VCPU
