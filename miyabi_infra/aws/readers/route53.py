"""Route 53: the hosted zone, its records, and health checks."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from miyabi_infra.aws.readers.beside import beside
from miyabi_infra.aws.readers.common import Json, block, part
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, Unresolved, World, compared, unordered
from miyabi_infra.stacks import Resource

_ANY: Final = r"\052"
"""How Route 53 writes `*` in a name."""


def plain_name(name: str) -> str:
    """A name as Terraform writes it: without the dot at its end, and with `*`."""
    return name.removesuffix(".").replace(_ANY, "*").lower()


def hosted_zone(world: World, name: str) -> Json | None:
    """The public hosted zone of a name; None where there is none."""
    return next(_public_zones(world, name), None)


def _public_zones(world: World, name: str) -> Iterator[Json]:
    answer = world.ask("route53", "list_hosted_zones_by_name", DNSName=f"{name}.")
    for each in answer["HostedZones"]:
        if plain_name(each["Name"]) == name and not part(each, "Config").get("PrivateZone"):
            yield each


def zone_of(world: World, name: str) -> str | None:
    """The ID of the public hosted zone whose name is the longest end of a name."""
    labels = name.removeprefix("*.").split(".")
    for first in range(len(labels) - 1):
        found = hosted_zone(world, ".".join(labels[first:]))
        if found is not None:
            return str(found["Id"]).rpartition("/")[2]
    return None


def records_of(world: World, zone: str, name: str, kind: str) -> list[Json]:
    """The records of a name from a type on, in the order of Route 53 (`A`, `AAAA`, `CNAME` …)."""
    answer = world.ask(
        "route53",
        "list_resource_record_sets",
        HostedZoneId=zone,
        StartRecordName=name,
        StartRecordType=kind,
        MaxItems="20",
    )
    return [each for each in answer["ResourceRecordSets"] if plain_name(each["Name"]) == plain_name(name)]


def record(world: World, zone: str, name: str, kind: str) -> Json | None:
    """A record as Route 53 lists it; None where there is none."""
    return next((each for each in records_of(world, zone, name, kind) if each["Type"] == kind), None)


def _tags(world: World, kind: str, name: str) -> Any:  # noqa: ANN401  # JSON
    return world.ask("route53", "list_tags_for_resource", ResourceType=kind, ResourceId=name)["ResourceTagSet"]["Tags"]


def _zone(resource: Resource, world: World) -> Found | None:
    held = hosted_zone(world, str(resource.get("name")))
    if held is None:
        return None
    zone = str(held["Id"]).rpartition("/")[2]
    servers: list[str] = world.ask("route53", "get_hosted_zone", Id=zone)["DelegationSet"]["NameServers"]
    found = {"name": plain_name(held["Name"]), "comment": part(held, "Config").get("Comment", "")}
    checks = world.checks(resource, found) + world.tags(resource, _tags(world, "hostedzone", zone))
    doubles = [
        str(each["Id"]).rpartition("/")[2]
        for each in _public_zones(world, str(resource.get("name")))
        if each["Id"] != held["Id"]
    ]
    extras = [Extra(f"another hosted zone of the name, {each}") for each in doubles]
    return Found({"id": zone, "zone_id": zone, "name_servers": unordered(servers)}, checks, extras)


def zone_id(resource: Resource, world: World) -> str | None:
    """The zone of a generated record: its ID, or what Terraform finds by its name."""
    given, name = world.value(resource.get("zone_id")), world.value(resource.get("name"))
    if not isinstance(given, Unresolved):
        return str(given)
    return None if isinstance(name, Unresolved) else zone_of(world, plain_name(str(name)))


def _record(resource: Resource, world: World) -> Found | None:
    name, kind = world.value(resource.get("name")), str(resource.get("type"))
    zone = zone_id(resource, world)
    held = None if isinstance(name, Unresolved) or zone is None else record(world, zone, str(name), kind)
    if held is None:
        return None
    plain = plain_name(str(name))
    checks = [
        Compared("name", plain, plain_name(held["Name"])),
        Compared("zone_id", world.value(resource.get("zone_id")), zone),
        *world.checks(resource, {"type": held["Type"], "ttl": held.get("TTL")}, ttl=None),
    ]
    generated = world.value(resource.get("records"))
    found = unordered(str(each["Value"]).removesuffix(".") for each in held.get("ResourceRecords") or ())
    if not isinstance(generated, Unresolved):
        wanted = unordered(str(each).removesuffix(".") for each in generated or ())
        checks += compared("records", wanted, found)
    alias = world.value(block(resource, "alias"))
    if not isinstance(alias, Unresolved):
        target = part(held, "AliasTarget")
        leads = {
            "name": plain_name(str(target.get("DNSName"))),
            "zone_id": target.get("HostedZoneId"),
            "evaluate_target_health": target.get("EvaluateTargetHealth", False),
        }
        wanted_alias = {**alias, "name": plain_name(str(alias["name"]))} if alias else {}
        checks += compared("alias", wanted_alias, leads if target else {})
    known = {"id": f"{zone}_{plain}_{kind}", "fqdn": plain, "name": plain}
    found_record = Found(known, checks, list(beside(resource.type, held)))
    found_record.search(_beside(plain, str(zone), held, world))
    return found_record


_LEADING: Final = frozenset({"A", "AAAA", "CNAME", "HTTPS", "SVCB"})
"""Types by which clients find a server."""


def _beside(name: str, zone: str, held: Json, world: World) -> Iterator[Extra]:
    """What else leads users of the name somewhere: another type, or a share of the requests."""
    kind = str(held["Type"])
    if kind not in _LEADING or held.get("Name") is None:
        return
    if held.get("SetIdentifier"):
        yield Extra(f"routing policy of {name} ({held['SetIdentifier']})")
    generated = {
        str(each.get("type"))
        for each in world.stack.of_type("aws_route53_record")
        if plain_name(str(world.value(each.get("name")))) == name
    }
    for each in records_of(world, zone, name, kind):
        share = each["Type"] == kind and each.get("SetIdentifier") != held.get("SetIdentifier")
        if share or each["Type"] in _LEADING - generated:
            which = f" ({each['SetIdentifier']})" if each.get("SetIdentifier") else ""
            yield Extra(f"record {each['Type']} of {name}{which}")


_CHECK: Final = {
    "failure_threshold": "FailureThreshold",
    "fqdn": "FullyQualifiedDomainName",
    "port": "Port",
    "request_interval": "RequestInterval",
    "resource_path": "ResourcePath",
    "type": "Type",
}


def _health_check(resource: Resource, world: World) -> Found | None:
    """Found by its name tag: its ID is random."""
    name = str(part(resource.arguments, "tags").get("Name"))
    for each in world.items("route53", "list_health_checks", "HealthChecks"):
        config: Json = each["HealthCheckConfig"]
        if config.get("FullyQualifiedDomainName") != resource.get("fqdn"):
            continue
        tags = _tags(world, "healthcheck", str(each["Id"]))
        if name in {tag["Value"] for tag in tags if tag["Key"] == "Name"}:
            found = {argument: config.get(key) for argument, key in _CHECK.items()}
            extras = list(beside(resource.type, config))
            return Found({"id": each["Id"]}, world.checks(resource, found) + world.tags(resource, tags), extras)
    return None


READERS: Final[Mapping[str, Reader]] = {
    "aws_route53_health_check": _health_check,
    "aws_route53_record": _record,
    "aws_route53_zone": _zone,
}
