"""Security groups: whether they still let through what was generated, between load balancer, tasks and data."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from miyabi_infra.aws.readers.ec2 import security_group_of
from miyabi_infra.aws.readers.ec2_security_groups import PEERS, opened, ports
from miyabi_infra.aws.status.model import Level, Look, Observation
from miyabi_infra.stacks import Resource, Stack, Value, unknowns
from miyabi_infra.stacks.platform import address_of, integer
from modules.addresses import within

_RULE: Final = re.compile(
    r"(?:everything|(?P<protocol>\S+) (?P<first>-?\d+)(?:-(?P<last>-?\d+))?) with (?P<peer>\S+)(?: \(.*\))?"
)
"""A rule as the reader of security groups writes it."""


def groups(look: Look) -> Iterator[Observation]:
    """How many groups let through what was generated, and each rule that is gone and that no other covers."""
    good, generated = 0, look.platform.stack.of_type("aws_security_group")
    for group in generated:
        name = str(group.get("name"))
        found = security_group_of(group, look.world)
        if found is None:
            data = {"group": name, "trouble": "missing"}
            yield Observation(Level.DEGRADED, f"security group {name} does not exist", data)
            continue
        shut: list[str] = []
        for way, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
            held = [*opened(found[key])]
            wanted = dict.fromkeys(_generated(look, group, way, str(found["GroupId"])))
            shut += [f"{way} {each}" for each in wanted if not any(_covers(one, each) for one in held)]
        good += not shut
        used = _is_used(group, look.platform.stack)
        for each in shut:
            text = f"security group {name} lacks its rule {each}"
            level = Level.DEGRADED if used else Level.NOTE
            yield Observation(level, text, {"group": name, "rule": each})
    if generated:
        text = f"{good} of {len(generated)} security groups let through what was generated"
        yield Observation(Level.OK, text, {"good": good, "all": len(generated)})


def _is_used(group: Resource, stack: Stack) -> bool:
    """Whether anything is in the group: a group is there for a database that is off, too."""
    others = (each for each in stack.resources if each.type != group.type)
    values = (value for each in others for value in each.arguments.values())
    return any(each.address == group.address for value in values for each in unknowns(value))


def _generated(look: Look, group: Resource, way: str, own: str) -> Iterator[str]:
    for block in group.blocks(way):
        about = ports(str(block.get("protocol")), integer(block.get("from_port")), integer(block.get("to_port")))
        for key in PEERS:
            peers = block.get(key)
            for peer in peers if isinstance(peers, tuple) else ():
                yield f"{about} with {_peer(look, peer)}"
        if block.get("self"):
            yield f"{about} with {own}"


def _peer(look: Look, value: Value) -> str:
    """A block, a prefix list, or the group that AWS has for a generated one."""
    group = look.platform.stack.find(address_of(value))
    if group is None or group.type != "aws_security_group":
        return str(look.world.value(value))
    found = security_group_of(group, look.world)
    return str(found["GroupId"]) if found else group.address


def _covers(held: str, wanted: str) -> bool:
    """Whether a rule lets through all that another would."""
    has, asks = _RULE.fullmatch(held), _RULE.fullmatch(wanted)
    if has is None or asks is None or not _lets(has["peer"], asks["peer"]):
        return False
    if has["protocol"] is None or asks["protocol"] is None:
        return has["protocol"] is None
    return (
        has["protocol"] == asks["protocol"]
        and int(has["first"]) <= int(asks["first"])
        and int(asks["last"] or asks["first"]) <= int(has["last"] or has["first"])
    )


def _lets(held: str, wanted: str) -> bool:
    if held == wanted or "/" not in held or "/" not in wanted:
        return held == wanted
    return within(ip_network(wanted), ip_network(held))
