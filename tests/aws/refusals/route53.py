"""Route 53: records, hosted zones and health checks."""

from collections.abc import Iterator
from typing import Any, Final

from tests.aws.refusals import Ask, nothing_more, refusal
from tests.aws.refusals._holders import plain

API: Final = "https://docs.aws.amazon.com/Route53/latest/APIReference/API_{}.html"
GUIDE: Final = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/{}.html"
CHANGE: Final = API.format("ChangeResourceRecordSets")

Moto = Any
"""A model of moto's, whose own types say too little."""


def _zone(ask: Ask) -> Moto:
    return ask.backend("route53").zones.get(str(ask.get("HostedZoneId")).rpartition("/")[2])


def _changes(ask: Ask, *actions: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Name, type and record of each change with one of some actions."""
    for each in ask.get("ChangeBatch", {}).get("Changes", ()):
        if each["Action"] in actions:
            record: dict[str, Any] = each["ResourceRecordSet"]
            yield plain(record["Name"]), str(record["Type"]), record


def _held(ask: Ask) -> dict[tuple[str, str], Moto]:
    zone = _zone(ask)
    return {(plain(each.name), str(each.type)): each for each in zone.rrsets} if zone else {}


@refusal("route53", "ChangeResourceRecordSets", code="InvalidChangeBatch", source=CHANGE)
def record_that_exists(ask: Ask) -> str | None:
    """A record of the name and type is to be created, and is there."""
    held = _held(ask)
    for name, kind, _ in _changes(ask, "CREATE"):
        if (name, kind) in held:
            return f"[Tried to create resource record set [name='{name}.', type='{kind}'] but it already exists]"
    return None


@refusal("route53", "ChangeResourceRecordSets", code="InvalidChangeBatch", source=CHANGE)
def record_that_is_not_there(ask: Ask) -> str | None:
    """A record is to be deleted that is not there, or has other values."""
    held = _held(ask)
    for name, kind, record in _changes(ask, "DELETE"):
        there = held.get((name, kind))
        if there is None:
            return f"[Tried to delete resource record set [name='{name}.', type='{kind}'] but it was not found]"
        values = {str(each["Value"]) for each in record.get("ResourceRecords") or ()}
        if values != set(map(str, there.records or ())):
            return (
                f"[Tried to delete resource record set [name='{name}.', type='{kind}'] "
                "but the values provided do not match the current values]"
            )
    return None


@refusal("route53", "ChangeResourceRecordSets", code="InvalidChangeBatch", source=CHANGE)
def record_outside_the_zone(ask: Ask) -> str | None:
    """The name of a record does not end with the name of the zone."""
    zone = _zone(ask)
    apex = plain(zone.name) if zone else ""
    for name, _, _ in _changes(ask, "CREATE", "UPSERT"):
        if zone and name != apex and not name.endswith(f".{apex}"):
            return f"[RRSet with DNS name {name}. is not permitted in zone {apex}.]"
    return None


@refusal("route53", "ChangeResourceRecordSets", code="InvalidChangeBatch", source=GUIDE.format("ResourceRecordTypes"))
def cname_at_the_apex(ask: Ask) -> str | None:
    """A CNAME record has the name of the zone."""
    zone = _zone(ask)
    for name, kind, _ in _changes(ask, "CREATE", "UPSERT"):
        if zone and kind == "CNAME" and name == plain(zone.name):
            return f"[RRSet of type CNAME with DNS name {name}. is not permitted at apex in zone {name}.]"
    return None


@refusal("route53", "ChangeResourceRecordSets", code="InvalidChangeBatch", source=GUIDE.format("ResourceRecordTypes"))
def cname_beside_another_record(ask: Ask) -> str | None:
    """A name has a CNAME record, and a record of another type."""
    held = _held(ask)
    for name, kind, _ in _changes(ask, "CREATE", "UPSERT"):
        others = {there for at, there in held if at == name and there != kind}
        if others and (kind == "CNAME" or "CNAME" in others):
            return (
                f"[RRSet of type {kind} with DNS name {name}. is not permitted as it conflicts with other records "
                f"with the same DNS name in zone {plain(_zone(ask).name)}.]"
            )
    return None


@refusal("route53", "CreateHealthCheck", code="InvalidInput", source=API.format("HealthCheckConfig"))
def health_check_without_a_target(ask: Ask) -> str | None:
    """A health check of an endpoint has neither a domain name nor an address."""
    config: dict[str, Any] = ask.get("HealthCheckConfig", {})
    endpoint = str(config.get("Type", "")).startswith(("HTTP", "TCP"))
    target = config.get("FullyQualifiedDomainName") or config.get("IPAddress")
    return "Invalid parameter : Either IPAddress or FullyQualifiedDomainName" if endpoint and not target else None


nothing_more(
    "route53",
    ChangeTagsForResource="nothing beyond the model and what moto refuses",
    CreateHostedZone="several zones can have one name; moto refuses a delegation set in conflict",
    DeleteHealthCheck="records that name it are no reason",
    DeleteHostedZone="moto refuses a zone with records of others",
    UpdateHealthCheck="moto refuses one that does not exist",
    UpdateHostedZoneComment="moto refuses one that does not exist",
)
