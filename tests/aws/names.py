"""ACM and Route 53, as far as moto lacks them: a certificate is issued when its records are in a delegated zone.

moto issues every certificate a minute after it was requested, whatever its records are. A test says what AWS cannot be
made to do by a call of its API with a parameter of Systems Manager in us-west-2, as `tests.aws.observed` does.
"""

import functools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, cast

from moto.acm.models import CertBundle
from moto.acm.responses import AWSCertificateManagerResponse
from moto.cloudfront.models import cloudfront_backends
from moto.core.responses import ActionResult
from moto.elbv2.models import elbv2_backends
from moto.route53.models import HostedZoneIdentifier, Route53Backend, route53_backends
from moto.route53.responses import Route53

from tests.aws.emulator import REGION
from tests.aws.observed import asked, told
from tests.aws.refusals._holders import plain

UNDELEGATED: Final = "/observed/undelegated"
"""Names of zones whose domain is not delegated to them: nobody outside finds their records."""
CERTIFICATES: Final = "/observed/certificates"
"""What AWS says of certificates, by domain name or ARN: `{"api.example.com": {"RenewalSummary": {…}}}`."""
CHECKERS: Final = "/observed/health-checkers"
"""What each health checker of Route 53 reports: `["Success: HTTP Status Code 200, OK", "Failure: …"]`."""
AMAZON: Final = frozenset({"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"})

Moto = Any
"""A model of moto's, whose own types say too little."""


def install() -> None:
    """Put the additions into moto. Once in a process."""
    bundle = cast("Moto", CertBundle)
    bundle.check = check
    bundle.describe = _described(bundle.describe)
    responses = cast("Moto", AWSCertificateManagerResponse)
    responses.request_certificate = _requested(responses.request_certificate)
    identifier = cast("Moto", HostedZoneIdentifier)
    identifier.generate = _with_z(identifier.generate)
    cast("Moto", Route53).get_health_check_status = get_health_check_status
    backend = cast("Moto", Route53Backend)
    backend.change_resource_record_sets = _without_what_is_gone(backend.change_resource_record_sets)


def _with_z(call: Callable[..., str]) -> Callable[..., str]:
    """The ID of a zone as AWS gives them: with a Z in front."""

    @functools.wraps(call)
    def generated(*arguments: object, **others: object) -> str:
        return f"Z{call(*arguments, **others)[1:]}"

    return generated


def _without_what_is_gone(call: Callable[..., None]) -> Callable[..., None]:
    """Forget how a record was made once it is deleted.

    Moto refuses to make a record again: it finds the first making of it in what it did before, and takes any record
    whose name comes later in the zone for it.
    """

    @functools.wraps(call)
    def changed(self: Moto, zoneid: str, change_list: list[dict[str, Any]]) -> None:
        call(self, zoneid, change_list)
        zone = self.get_hosted_zone(zoneid)
        there = {(plain(each.name), each.type) for each in zone.rrsets}
        done = [each["ResourceRecordSet"] for each in zone.rr_changes]
        gone = [at for at, each in enumerate(done) if (plain(each["Name"]), each["Type"]) not in there]
        for at in reversed(gone):
            del zone.rr_changes[at]

    return changed


def _requested(call: Callable[[Moto], ActionResult]) -> Callable[[Moto], ActionResult]:
    """Keep what moto forgets of a request."""

    @functools.wraps(call)
    def done(self: Moto) -> ActionResult:
        answer = call(self)
        held = self.acm_backend._certificates[cast("Moto", answer).result["CertificateArn"]]
        held.asked_algorithm = asked(self, "KeyAlgorithm") or "RSA_2048"
        names = (asked(self, "DomainName"), *(asked(self, "SubjectAlternativeNames") or ()))
        held.asked_names = list(dict.fromkeys(names))  # ACM has each name once
        return answer

    return done


# ---- what ACM sees ---------------------------------------------------------------------------------------------------


def _account(bundle: Moto) -> str:
    return str(bundle.arn).split(":")[4]


def _zones(account: str) -> Iterator[Moto]:
    """The public zones that the domain name system leads to."""
    undelegated: list[str] = told(account, REGION, UNDELEGATED) or []
    for zone in route53_backends[account]["aws"].zones.values():
        if not zone.private_zone and plain(zone.name) not in undelegated:
            yield zone


def _records(account: str, name: str, kind: str) -> list[str] | None:
    """The values of a record; None where nobody finds one."""
    for zone in _zones(account):
        for each in zone.rrsets:
            if plain(each.name) == name and each.type == kind:
                return [plain(str(value)) for value in each.records or ()]
    return None


def _forbidden(account: str, name: str) -> bool:
    """Whether the nearest CAA record above a name keeps Amazon from it."""
    labels = name.removeprefix("*.").split(".")
    for first in range(len(labels)):
        held = _records(account, ".".join(labels[first:]), "CAA")
        if held is not None:
            return not any(f'"{authority}"' in value for value in held for authority in AMAZON)
    return False


def _options(bundle: Moto) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", bundle.describe()["Certificate"].get("DomainValidationOptions", []))


def _valid(account: str, option: dict[str, Any]) -> bool:
    wanted: dict[str, str] = option["ResourceRecord"]
    return plain(wanted["Value"]) in (_records(account, plain(wanted["Name"]), "CNAME") or ())


def check(self: Moto) -> None:
    """Issue a certificate whose records are found; refuse it where CAA records do."""
    if self.type != "AMAZON_ISSUED" or self.status != "PENDING_VALIDATION":
        return
    options = _options(self)
    if all(_valid(_account(self), each) for each in options):
        forbidden = any(_forbidden(_account(self), each["DomainName"]) for each in options)
        self.status = "FAILED" if forbidden else "ISSUED"
        self.issued_at = datetime.now(UTC).timestamp()


def _in_use(account: str, region: str, arn: str) -> list[str]:
    """ARNs of what uses a certificate: load balancers of the region, distributions of us-east-1."""
    found = {
        str(balancer.arn)
        for balancer in elbv2_backends[account][region].load_balancers.values()
        for listener in balancer.listeners.values()
        if arn in {str(each) for each in (*listener.certificates, listener.certificate)}
    }
    if region == "us-east-1":
        found |= {
            str(each.arn)
            for each in cloudfront_backends[account]["aws"].distributions.values()
            if arn in str(cast("Moto", each).config.get("ViewerCertificate"))
        }
    return sorted(found)


def _described(call: Callable[[Moto], dict[str, Any]]) -> Callable[[Moto], dict[str, Any]]:
    """Moto's answer without what AWS does not say yet, and with what moto does not know."""

    @functools.wraps(call)
    def described(self: Moto) -> dict[str, Any]:
        answer = call(self)
        held: dict[str, Any] = answer["Certificate"]
        account, region = _account(self), str(self.arn).split(":")[3]
        held["InUseBy"] = _in_use(account, region, str(self.arn))
        if self.type == "AMAZON_ISSUED":
            held["KeyAlgorithm"] = self.__dict__.get("asked_algorithm", held["KeyAlgorithm"])
            held["SubjectAlternativeNames"] = self.__dict__.get("asked_names", held["SubjectAlternativeNames"])
            del held["IssuedAt"]
            if self.status == "ISSUED":
                held["IssuedAt"] = self.issued_at
                held["RenewalEligibility"] = "ELIGIBLE" if held["InUseBy"] else "INELIGIBLE"
            else:
                for name in ("NotAfter", "NotBefore", "Serial"):
                    del held[name]
            if self.status == "FAILED":
                held["FailureReason"] = "CAA_ERROR"
            for option in held["DomainValidationOptions"]:
                found = self.status == "ISSUED" or _valid(account, option)
                option["ValidationStatus"] = "SUCCESS" if found else "PENDING_VALIDATION"
        observed: dict[str, dict[str, Any]] = told(account, REGION, CERTIFICATES) or {}
        held |= observed.get(str(held["DomainName"]), {}) | observed.get(str(self.arn), {})
        return answer

    return described


def get_health_check_status(self: Moto) -> ActionResult:
    """What the health checkers report."""
    self.backend.get_health_check(asked(self, "HealthCheckId"))
    seen: list[str] = told(self.current_account, REGION, CHECKERS) or ["Success: HTTP Status Code 200, OK"] * 16
    now = datetime.now(UTC)
    observations = [
        {"Region": REGION, "IPAddress": f"192.0.2.{at}", "StatusReport": {"Status": each, "CheckedTime": now}}
        for at, each in enumerate(seen, 1)
    ]
    return ActionResult({"HealthCheckObservations": observations})
