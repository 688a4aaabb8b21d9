"""The names of an environment: its certificates, its records, and what Route 53 sees from outside."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from miyabi_infra.aws.readers.acm import certificate
from miyabi_infra.aws.readers.common import part
from miyabi_infra.aws.readers.route53 import zone_id
from miyabi_infra.aws.status.model import Level, Look, Observation
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import address_of

RENEWED: Final = 45
"""Days before the end at which ACM has tried to renew a certificate for two weeks."""
LATE: Final = 14
"""Days before the end at which somebody must act."""


def names(look: Look) -> Iterator[Observation]:
    """A line for each certificate, each name and the health check of the stack; nothing where it has none."""
    for each in look.platform.stack.of_type("aws_acm_certificate"):
        yield from _certificate(look, each)
    given = [
        str(each.get("certificate_arn"))
        for kind in ("aws_lb_listener", "aws_lb_listener_certificate")
        for each in look.platform.stack.of_type(kind)
        if isinstance(each.get("certificate_arn"), str)
    ]
    for arn in dict.fromkeys(given):
        yield from _given(look, arn)
    yield from _served(look)
    for each in look.platform.stack.of_type("aws_route53_record"):
        if each.get("alias"):
            yield _leads(look, each)
    for each in look.platform.stack.of_type("aws_route53_health_check"):
        yield _health(look, each)


def _certificate(look: Look, resource: Resource) -> Iterator[Observation]:
    name = str(resource.get("domain_name"))
    found = look.world.find(resource.address)
    if found is None:
        yield Observation(Level.DEGRADED, f"the certificate for {name} does not exist", {"trouble": "missing"})
        return
    held = certificate(look.world.at(resource.region), str(found.attributes["arn"])) or {}
    yield from certified(look, held, name)
    waits = look.platform.stack.of_type("aws_acm_certificate_validation")
    if not any(address_of(each.get("certificate_arn")) == resource.address for each in waits):
        text = f"the certificate for {name} is not used: certificate.wait_for_validation is false"
        yield Observation(Level.NOTE, text, {"certificate": name})


def _given(look: Look, arn: str) -> Iterator[Observation]:
    """A certificate that the overlay names."""
    held = certificate(look.world, arn)
    if held is None:
        text = f"the certificate {arn} does not exist"
        yield Observation(Level.DEGRADED, text, {"trouble": "missing"})
        return
    yield from certified(look, held, str(held["DomainName"]))


def _served(look: Look) -> Iterator[Observation]:
    """Certificates that the listeners present and that are not the generated ones: users see these."""
    if not any(each.get("certificate_arn") for each in look.platform.stack.of_type("aws_lb_listener")):
        return
    known = {
        look.world.value(each.get("certificate_arn"))
        for kind in ("aws_lb_listener", "aws_lb_listener_certificate")
        for each in look.platform.stack.of_type(kind)
        if each.get("certificate_arn") is not None
    }
    arn = look.describe_load_balancer()["LoadBalancerArn"]
    for listener in look.world.items("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn):
        for each in listener.get("Certificates") or ():
            if each["CertificateArn"] not in known:
                text = f"port {listener['Port']} presents another certificate than generated, {each['CertificateArn']}"
                yield Observation(Level.NOTE, text, {"port": listener["Port"]})
                yield from _given(look, str(each["CertificateArn"]))


def certified(look: Look, held: Mapping[str, Any], name: str) -> Iterator[Observation]:
    """What is to be said of a certificate: its state, how long it is valid, whether its renewal fails."""
    status, ends = str(held.get("Status")), held.get("NotAfter")
    data: dict[str, Any] = {"certificate": name, "status": status}
    options: list[Mapping[str, Any]] = held.get("DomainValidationOptions") or []
    if status == "PENDING_VALIDATION":
        waiting = [str(each["DomainName"]) for each in options if each.get("ValidationStatus") != "SUCCESS"]
        text = f"the certificate for {name} is PENDING_VALIDATION: ACM does not find the records of"
        listed = ", ".join(waiting or [name])
        yield Observation(Level.DEGRADED, f"{text} {listed}; miyabi-infra preflight says why", data)
        return
    if status != "ISSUED" or ends is None:
        why = f" ({held['FailureReason']})" if held.get("FailureReason") else ""
        yield Observation(Level.DEGRADED, f"the certificate for {name} is {status}{why}", data)
        return
    days = (ends - look.now).days
    level = Level.OK if days > RENEWED else Level.NOTE if days > LATE else Level.DEGRADED
    yield Observation(level, f"the certificate for {name} is valid for {days} d", {**data, "days": days})
    renewal: Mapping[str, Any] = held.get("RenewalSummary") or {}
    if renewal.get("RenewalStatus") in {"PENDING_VALIDATION", "FAILED"}:
        why = f": {renewal['RenewalStatusReason']}" if renewal.get("RenewalStatusReason") else ""
        text = f"its renewal is {renewal['RenewalStatus']}{why}: ACM needs the validation records in the zone"
        yield Observation(Level.DEGRADED, text, {**data, "renewal": renewal["RenewalStatus"]})


def _leads(look: Look, resource: Resource) -> Observation:
    """Whether a record is there, and leads to where it was generated to."""
    name, kind = str(resource.get("name")), str(resource.get("type"))
    found = look.world.find(resource.address)
    data = {"name": name, "type": kind}
    if found is None:
        zone = zone_id(resource, look.world)
        where = f"zone {zone}" if zone else "any hosted zone of the account"
        return Observation(Level.DEGRADED, f"{name} has no record {kind} in {where}", {**data, "trouble": "missing"})
    if any(not each.same for each in found.checks if each.argument.startswith("alias")):
        text = f"{name} ({kind}) leads to something else: miyabi-infra verify says to what"
        return Observation(Level.DEGRADED, text, data)
    return Observation(Level.OK, f"{name} has its record {kind}", data)


def _health(look: Look, resource: Resource) -> Observation:
    """What the health checkers of Route 53 saw last."""
    name = str(resource.get("fqdn"))
    found = look.world.find(resource.address)
    if found is None:
        return Observation(Level.DEGRADED, f"the health check of {name} does not exist", {"trouble": "missing"})
    answer = look.world.ask("route53", "get_health_check_status", HealthCheckId=str(found.attributes["id"]))
    seen = [str(part(each, "StatusReport").get("Status")) for each in answer["HealthCheckObservations"]]
    good = sum(each.startswith("Success") for each in seen)
    data = {"name": name, "checkers": len(seen), "healthy": good}
    if any(each.text.startswith("state disabled") for each in found.extras):
        text = f"the health check of {name} is disabled: Route 53 calls it healthy, whatever it is"
        return Observation(Level.UNKNOWN, text, data)
    if not seen:
        return Observation(Level.UNKNOWN, f"no health checker has reported about {name}", data)
    level = Level.OK if 5 * good >= len(seen) else Level.DEGRADED  # Route 53 calls it healthy above 18 %
    return Observation(level, f"{good} of {len(seen)} health checkers get an answer from {name}", data)
