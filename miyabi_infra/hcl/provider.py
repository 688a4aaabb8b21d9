"""What provider 5.100.0 accepts, and what it plans for arguments that are left out.

`FACTS` is learnt from the provider itself (`learn`). Three small tables next to it hold what no plan shows: what AWS
chooses for an argument that is left out, which attribute an ID is, and the faults that hand-written HCL for this
platform is known to have.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, cast

from miyabi_infra.hcl.syntax import Block, ListOf, ObjectOf
from miyabi_infra.hcl.values import Value
from miyabi_infra.place import Place

FACTS: Final = Path(__file__).with_name("provider-aws-5.json")

CHOSEN_BY_AWS: Final[Mapping[str, Any]] = {
    "aws_elasticache_cluster.apply_immediately": False,  # ElastiCache API, ModifyCacheCluster: ApplyImmediately
    "aws_elasticache_cluster.port": 6379,  # ElastiCache API, CreateCacheCluster: the default port of Redis
    "aws_elasticache_cluster.transit_encryption_enabled": False,  # ElastiCache API, CreateCacheCluster
    "aws_eip.domain": "vpc",  # EC2 API, AllocateAddress: Domain
    "aws_lb.internal": False,  # ELB API, CreateLoadBalancer: Scheme, internet-facing
    "aws_lb.ip_address_type": "ipv4",  # ELB API, CreateLoadBalancer: IpAddressType
    "aws_lb_target_group.health_check.matcher": "200",  # ELB API, Matcher: HttpCode
    "aws_lb_target_group.health_check.path": "/",  # ELB API, CreateTargetGroup: HealthCheckPath
    "aws_lb_target_group.health_check.protocol": "HTTP",  # ELB API, CreateTargetGroup: HealthCheckProtocol
    "aws_lb_target_group.health_check.timeout": 5,  # ELB API, CreateTargetGroup: HealthCheckTimeoutSeconds
    "aws_lb_target_group.ip_address_type": "ipv4",  # ELB API, CreateTargetGroup: IpAddressType
    "aws_lb_target_group.load_balancing_algorithm_type": "round_robin",  # ELB API, TargetGroupAttribute
    "aws_lb_target_group.protocol_version": "HTTP1",  # ELB API, CreateTargetGroup: ProtocolVersion
    "aws_ecs_service.platform_version": "LATEST",  # ECS API, CreateService: platformVersion
}
"""What AWS chooses where the provider says "known after apply", each with the page of the API that says so."""

PROTOCOLS: Final = frozenset({"aws_security_group.egress.protocol", "aws_security_group.ingress.protocol"})
"""Arguments that the provider normalizes itself."""

ID_IS: Final[Mapping[str, str]] = {
    "aws_appautoscaling_target": "resource_id",
    "aws_cloudwatch_log_group": "name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_ecs_cluster": "arn",
    "aws_ecs_task_definition": "family",
    "aws_elasticache_cluster": "cluster_id",
    "aws_elasticache_parameter_group": "name",
    "aws_elasticache_subnet_group": "name",
    "aws_iam_role": "name",
    "aws_lb": "arn",
    "aws_lb_listener": "arn",
    "aws_lb_target_group": "arn",
    "aws_sns_topic": "arn",
}
"""Which attribute the `id` of a type is (the provider's documentation of each, "Attribute Reference" and "Import")."""


@dataclass(frozen=True)
class Fault:
    """What provider 5 does not have, and what people mean by it."""

    advice: str
    moves: tuple[tuple[str, str], ...] = ()
    """Of a block: the arguments of the resource itself that its arguments belong to."""
    attribute: str = ""
    """Of an attribute: the one that holds the value."""


_FAULTS: Final[Mapping[str, Fault]] = {
    "aws_ecs_service.deployment_configuration": Fault(
        ": write deployment_maximum_percent, deployment_minimum_healthy_percent and deployment_circuit_breaker on the"
        " service itself",
        (
            ("maximum_percent", "deployment_maximum_percent"),
            ("minimum_healthy_percent", "deployment_minimum_healthy_percent"),
            ("deployment_circuit_breaker", "deployment_circuit_breaker"),
        ),
    ),
    "aws_ecs_service.arn": Fault(": its id is the ARN", attribute="id"),
    "aws_elasticache_cluster.automatic_failover_enabled": Fault(": a replication group has it, a cluster has one node"),
    "aws_elasticache_cluster.at_rest_encryption_enabled": Fault(": a replication group has it"),
}
_EVERYWHERE: Final = frozenset({"count", "for_each", "depends_on", "provider", "lifecycle", "dynamic", "provisioner"})


@dataclass(frozen=True)
class Instead:
    """What replaces an attribute that provider 5 does not have."""

    name: str
    """The attribute that holds the value; empty where there is none."""
    advice: str


@dataclass(frozen=True)
class Misfit:
    """What of a resource does not fit its type in provider 5."""

    path: str
    text: str
    why: str
    place: Place


def protocol(name: Any) -> Any:  # noqa: ANN401  # JSON: a text, if the HCL is right
    """A protocol as the provider plans it: in small letters, by its name where it has one, and -1 for all."""
    if not isinstance(name, str):
        return name
    return _NAMES_OF_PROTOCOLS.get(name.lower(), name.lower())


_NAMES_OF_PROTOCOLS: Final = {"all": "-1", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
"""As the provider's `ProtocolForValue` has them."""


@cache
def _all() -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", json.loads(FACTS.read_text(encoding="utf-8")))


def version() -> str:
    """The version of the provider that the facts are of."""
    return cast("str", _all()["provider"])


def facts(kind: str) -> Mapping[str, Any] | None:
    """What is known about a resource type; None for a type that the environments' stacks do not have."""
    return cast("Mapping[str, Any] | None", _all()["resources"].get(kind))


def known_types() -> frozenset[str]:
    """The resource types that parity knows; `python -m miyabi_infra.hcl.learn` renews them."""
    return frozenset(_all()["resources"])


def misfits(kind: str, block: Block) -> Iterator[Misfit]:
    """What of a resource does not fit its type; nothing for a type that is not known."""
    held = facts(kind)
    if held is not None:
        yield from _misfits(kind, "", held, block)


def _misfits(kind: str, at: str, held: Mapping[str, Any], block: Block) -> Iterator[Misfit]:
    blocks: Mapping[str, Any] = held.get("blocks", {})
    top = _EVERYWHERE if not at else frozenset[str]()
    for name, argument in block.arguments.items():
        known = held["arguments"].get(name)
        if known is None and name not in top:
            why = f"{kind} has no argument {name} in provider 5{_advice(kind, name)}"
            yield Misfit(f"{at}{name}", argument.text, why, argument.place)
        elif known is not None and known["type"] in _SIMPLE and isinstance(argument.expression, ListOf | ObjectOf):
            yield Misfit(f"{at}{name}", argument.text, f"{name} is a {known['type']}", argument.place)
    yield from _lacking(kind, at, held, block)
    for inner in block.blocks:
        name, body = inner.type, inner
        if name == "dynamic":
            name, body = inner.labels[0], next(inner.of_type("content"), inner)
        elif name in top or name == "connection":
            continue
        if name in blocks:
            yield from _misfits(kind, f"{at}{name}.", blocks[name], body)
        elif name not in held["arguments"]:  # an attribute that is written as a block: ingress of a security group
            why = f"{kind} has no block {name} in provider 5{_advice(kind, name)}"
            yield Misfit(f"{at}{name}", f"{name} {{ … }}", why, inner.place)


def _lacking(kind: str, at: str, held: Mapping[str, Any], block: Block) -> Iterator[Misfit]:
    """What a block needs and does not have. A dynamic block may make the blocks that are needed."""
    written = {each.labels[0] if each.type == "dynamic" else each.type for each in block.blocks}
    for what, known in (("argument", held["arguments"]), ("block", held.get("blocks", {}))):
        for name, facts_of in known.items():
            if facts_of.get("required") and name not in block.arguments and name not in written:
                yield Misfit(f"{at}{name}", "", f"{kind} needs the {what} {at}{name}", block.place)


_SIMPLE: Final = ("string", "number", "bool")


def unfit(kind: str, arguments: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """Arguments whose values the provider refuses, and why: of another type, or a block of addresses that is none."""
    held = facts(kind)
    for name, value in arguments.items() if held is not None else ():
        wanted = cast("Mapping[str, Any]", held)["arguments"].get(name, {}).get("type")
        if wanted in _SIMPLE and isinstance(value, str | int | float) and not _converts(value, wanted):
            yield name, f"{name} is a {wanted}"
        elif f"{kind}.{name}" in _BLOCKS and isinstance(value, str):
            try:
                ip_network(value)
            except ValueError:
                yield name, f"{value} is no block of addresses: its last bits must be 0"


def _converts(value: str | float, wanted: str) -> bool:
    """Whether Terraform converts a value (Terraform language, "Type conversion"): no number to a bool."""
    if wanted == "bool":
        return isinstance(value, bool) or value in ("true", "false")
    if wanted == "number":
        return not isinstance(value, bool) and (not isinstance(value, str) or _NUMBER.fullmatch(value) is not None)
    return True


_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_BLOCKS: Final = frozenset({"aws_route.destination_cidr_block", "aws_subnet.cidr_block", "aws_vpc.cidr_block"})
"""Arguments that the provider checks to be networks (`validation.IsCIDRNetwork`, `ValidIPv4CIDRNetworkAddress`)."""


def _advice(kind: str, name: str) -> str:
    fault = _FAULTS.get(f"{kind}.{name}")
    return fault.advice if fault else ""


def instead_of(kind: str, name: str) -> Instead | None:
    """What replaces an attribute that a type does not have; None for one that it has or may have."""
    held = facts(kind)
    if held is None or any(name in held.get(part, ()) for part in ("arguments", "attributes", "blocks")):
        return None
    fault = _FAULTS.get(f"{kind}.{name}", Fault(""))
    return Instead(fault.attribute, fault.advice)


def without_faults(kind: str, arguments: Mapping[str, Value]) -> dict[str, Value]:
    """Arguments without those that the type does not have; where the meaning is known, moved to the right argument."""
    held = facts(kind)
    if held is None:
        return dict(arguments)
    kept = {
        name: value for name, value in arguments.items() if name in held["arguments"] or name in held.get("blocks", {})
    }
    for name in arguments.keys() - kept.keys():
        fault, blocks = _FAULTS.get(f"{kind}.{name}"), arguments[name]
        if fault is not None and isinstance(blocks, tuple) and len(blocks) == 1 and isinstance(blocks[0], Mapping):
            kept |= {to: blocks[0][of] for of, to in fault.moves if of in blocks[0] and to not in kept}
    return kept
