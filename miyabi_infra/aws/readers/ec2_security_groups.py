"""EC2: security groups, rule by rule."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from miyabi_infra.aws.readers.common import Json
from miyabi_infra.aws.readers.ec2 import security_group_of
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, Unresolved, World
from miyabi_infra.stacks import Resource


def _security_group(resource: Resource, world: World) -> Found | None:
    group = security_group_of(resource, world)
    if group is None:
        return None
    checks = world.checks(
        resource, {"name": group["GroupName"], "description": group["Description"], "vpc_id": group["VpcId"]}
    )
    extras: list[Extra] = []
    for direction, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
        held = set(opened(group[key]))
        generated = set(_generated_rules(resource, direction, group["GroupId"], world))
        checks += [Compared(f"{direction}: {rule}", rule, None) for rule in sorted(generated - held)]
        checks += [Compared(f"{direction}: {rule}", rule, rule) for rule in sorted(generated & held)]
        extras += [Extra(f"{direction} {rule}") for rule in sorted(held - generated)]
        if not generated and resource.get(direction) is not None:
            checks.append(Compared(direction, "no rule", "no rule"))  # a rule that is there is an extra
    return Found({"id": group["GroupId"]}, checks + world.tags(resource, group.get("Tags")), extras)


def opened(permissions: Sequence[Json]) -> Iterator[str]:
    """The rules of a group as AWS describes them, one for each peer."""
    for each in permissions:
        allowed = ports(each["IpProtocol"], each.get("FromPort", 0), each.get("ToPort", 0))
        for key, name in (
            ("IpRanges", "CidrIp"),
            ("Ipv6Ranges", "CidrIpv6"),
            ("UserIdGroupPairs", "GroupId"),
            ("PrefixListIds", "PrefixListId"),
        ):
            for peer in each.get(key, []):
                yield _rule(allowed, peer[name], peer.get("Description"))


PEERS: Final = ("cidr_blocks", "ipv6_cidr_blocks", "security_groups", "prefix_list_ids")
"""Arguments of a rule that say with whom."""


def _generated_rules(resource: Resource, direction: str, own: str, world: World) -> Iterator[str]:
    for block in resource.blocks(direction):
        rule = world.value(block)
        if isinstance(rule, Unresolved):
            continue
        allowed = ports(str(rule["protocol"]), rule["from_port"], rule["to_port"])
        for key in PEERS:
            for peer in rule.get(key) or ():
                yield _rule(allowed, peer, rule.get("description"))
        if rule.get("self"):
            yield _rule(allowed, own, rule.get("description"))


def _rule(ports: str, peer: str, description: str | None) -> str:
    return f"{ports} with {peer}{f' ({description})' if description else ''}"


def ports(protocol: str, first: int, last: int) -> str:
    """What a rule is about: `tcp 443`, `everything`."""
    if protocol == "-1":
        return "everything"
    return f"{protocol} {first}" if first == last else f"{protocol} {first}-{last}"


READERS: Final[Mapping[str, Reader]] = {
    "aws_security_group": _security_group,
}
