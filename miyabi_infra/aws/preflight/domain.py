"""The domain: the hosted zone, whether the world is led to it, and who may issue certificates for its names."""

import re
from collections.abc import Generator, Iterator
from typing import Final

from miyabi_infra.aws.client import Trouble
from miyabi_infra.aws.preflight.model import Observations, blocked, fine, note
from miyabi_infra.aws.preflight.resolver import parents, records
from miyabi_infra.aws.readers.common import Json, part
from miyabi_infra.aws.readers.route53 import hosted_zone, plain_name, record
from miyabi_infra.aws.status.model import Look, Observation, unknown
from miyabi_infra.stacks.platform import certified
from modules.domain import AMAZON, bare

_ISSUER: Final = re.compile(r'\d+ issue(?:wild)? "([^";]*)')
"""Whom a CAA record names."""


def domain(look: Look) -> Observations:
    """Some lines for each hosted zone of the stack's records and certificates; nothing without them."""
    for name, names in sorted(_zones(look).items()):
        held = yield from _zone(look, name, sorted(names))
        if held is not None:
            yield from _authorities(look, str(held["Id"]).rpartition("/")[2], plain_name(held["Name"]))


def _zones(look: Look) -> dict[str, set[str]]:
    """The zones, each by its ID or, where Terraform looks it up, by one of its names; with the names in it."""
    found: dict[str, set[str]] = {}
    for each in look.world.stack.of_type("aws_route53_record"):
        given = each.get("zone_id")
        name = bare(str(each.index or each.get("name")))
        found.setdefault(given if isinstance(given, str) else "", set()).add(name)
    return found


def _zone(look: Look, given: str, names: list[str]) -> Generator[Observation, None, Json | None]:
    """Whether a zone exists and is delegated; returns it."""
    if given:
        answer = look.world.optional("route53", "get_hosted_zone", Id=given)
        if answer is None:
            yield blocked(f"hosted zone {given} does not exist: dns.zone_id", zone=given)
            return None
    else:
        found = next(filter(None, (hosted_zone(look.world, each) for name in names for each in parents(name))), None)
        if found is None:
            how = "make it with hosted_zone.name in shared.yaml, or correct dns.zone"
            yield blocked(f"the account has no public hosted zone for {', '.join(names)}: {how}", names=names)
            return None
        answer = look.world.ask("route53", "get_hosted_zone", Id=str(found["Id"]))
    held: Json = answer["HostedZone"]
    if part(held, "Config").get("PrivateZone"):
        yield blocked(f"{held['Name']} is a private zone: nobody outside the VPC finds its records", zone=held["Id"])
        return None
    servers = frozenset(plain_name(each) for each in answer["DelegationSet"]["NameServers"])
    try:
        yield _delegated(look, plain_name(held["Name"]), servers, records(plain_name(held["Name"]), "NS"))
    except Trouble as trouble:
        yield unknown(trouble)
    return held


def _delegated(look: Look, zone: str, servers: frozenset[str], found: frozenset[str] | None) -> Observation:
    """Whether the name servers that the world asks are those of the zone."""
    data = {"zone": zone, "name_servers": sorted(servers), "found": sorted(found or ())}
    if found is not None and found & servers:
        return fine(f"{zone} is delegated to its name servers", **data)
    now = f"is delegated to {', '.join(sorted(found))}" if found else "is not delegated"
    todo = f"set where the domain is registered, or in the zone above: {', '.join(sorted(servers))}"
    said = f"{zone} {now}, so nobody finds its records; {todo}"
    if look.world.stack.of_type("aws_acm_certificate_validation"):
        until = "until then certificate.wait_for_validation: false"
        return blocked(f"{said}; the apply would wait 15 minutes for the certificate, and fail; {until}", **data)
    return note(said, **data)


def _authorities(look: Look, zone: str, apex: str) -> Iterator[Observation]:
    """Whether a CAA record keeps Amazon from issuing: the nearest one above a name decides."""
    made = {str(each.index) for each in look.world.stack.of_type("aws_route53_record") if each.get("type") == "CAA"}
    names = {bare(name) for each in look.world.stack.of_type("aws_acm_certificate") for name in certified(each)}
    told = set[str]()
    for name in sorted(names - made):
        try:
            at, allowed = _nearest(look, zone, apex, name)
        except Trouble as trouble:
            yield unknown(trouble)
            return
        if at and at not in told and not allowed & AMAZON:
            told.add(at)
            whom = ", ".join(sorted(allowed)) or "nobody"
            how = "add amazon.com there, or to certificate.authorities"
            yield blocked(f"the CAA record of {at} allows {whom}, so ACM issues no certificate: {how}", name=at)


def _nearest(look: Look, zone: str, apex: str, name: str) -> tuple[str, frozenset[str]]:
    """The nearest name with a CAA record and whom it allows; an empty name where there is none.

    In the zone Route 53 knows it, also before the zone is delegated; above it, the domain name system does.
    """
    for each in parents(name):
        values: frozenset[str] | None
        if each == apex or each.endswith(f".{apex}"):
            held = record(look.world, zone, each, "CAA")
            values = frozenset(str(value["Value"]) for value in held["ResourceRecords"]) if held else None
        else:
            values = records(each, "CAA")
        if values is not None:
            return each, frozenset(found[1] for value in values if (found := _ISSUER.match(value)))
    return "", frozenset()
