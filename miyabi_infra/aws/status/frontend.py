"""CloudFront and the bucket behind it: what is deployed, whether it is served, until when the certificate is valid."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from miyabi_infra.aws.status.figures import Metric, figures
from miyabi_infra.aws.status.model import Level, Look, Observation, ago
from miyabi_infra.aws.world import Found
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import leads_to

US_EAST_1: Final = "us-east-1"
"""Where CloudFront's metrics and certificates are."""
_INDEX: Final = "index.html"
_RENEWED: Final = 45
"""Days before the end at which ACM has tried to renew a certificate for two weeks."""
_LATE: Final = 14
"""Days before the end at which somebody must act."""
_METRICS: Final = (
    Metric("requests", "AWS/CloudFront", "Requests", statistic="Sum", unit=" per minute"),
    Metric("answers with 5xx", "AWS/CloudFront", "5xxErrorRate"),
    Metric("answers with 4xx", "AWS/CloudFront", "4xxErrorRate"),
)


def frontend(look: Look) -> Iterator[Observation]:
    """The distribution with its certificate and figures, and the page that it serves; nothing without one."""
    distribution = look.platform.distribution
    if distribution is None:
        return
    yield from _deployed(look)
    found = look.world.find(distribution.address)
    if found is None:
        yield Observation(Level.DEGRADED, "the distribution does not exist", {"trouble": "missing"})
        return
    name = str(found.attributes["id"])
    held: Mapping[str, Any] = look.world.ask("cloudfront", "get_distribution", Id=name)["Distribution"]
    yield _distribution(held)
    yield from _led_elsewhere(look, found)
    yield from _certificate(look, held["DistributionConfig"]["ViewerCertificate"])
    yield from figures(look, _METRICS, {"DistributionId": name, "Region": "Global"}, region=US_EAST_1)


def _distribution(held: Mapping[str, Any]) -> Observation:
    data = {"status": held["Status"], "enabled": held["DistributionConfig"]["Enabled"], "name": held["DomainName"]}
    if not data["enabled"]:
        return Observation(Level.DEGRADED, f"{held['Id']} is disabled: {held['DomainName']} answers nobody", data)
    level = Level.OK if held["Status"] == "Deployed" else Level.NOTE
    return Observation(level, f"{held['Id']} {held['Status']}, {held['DomainName']}", data)


_NEEDED: Final = {
    "aliases": "does not answer by all of its names",
    "custom_error_response": "answers paths of the application with other errors",
    "default_cache_behavior": "treats requests otherwise than generated",
    "ordered_cache_behavior": "treats requests otherwise than generated",
    "origin": "asks its origins otherwise than generated",
    "restrictions": "answers other countries than generated",
}
"""Arguments of a distribution on which each request depends."""


def _led_elsewhere(look: Look, found: Found) -> Iterator[Observation]:
    """Whether CloudFront answers as generated, and may read the bucket."""
    apart = {re.split(r"[.\[]", each.argument, maxsplit=1)[0] for each in found.checks if not each.same}
    for text in dict.fromkeys(text for argument, text in _NEEDED.items() if argument in apart):
        said = f"{found.attributes['id']} {text}: miyabi-infra verify says in what"
        yield Observation(Level.DEGRADED, said, {"arguments": sorted(apart & _NEEDED.keys())})
    bucket = look.platform.site_bucket
    for each in look.platform.stack.of_type("aws_s3_bucket_policy"):
        if bucket is None or not leads_to(each.get("bucket"), bucket):
            continue
        policy = look.world.find(each.address)
        if policy is None or not all(check.same for check in policy.checks):
            text = f"the policy of {bucket.get('bucket')} is not the generated one: CloudFront may not read the page"
            yield Observation(Level.DEGRADED, text, {"bucket": bucket.get("bucket")})


def _deployed(look: Look) -> Iterator[Observation]:
    """When the page was last uploaded."""
    bucket: Resource | None = look.platform.site_bucket
    if bucket is None:
        return
    name = str(bucket.get("bucket"))
    answer = look.world.optional("s3", "list_objects_v2", Bucket=name, Prefix=_INDEX)
    pages = [each for each in (answer or {}).get("Contents", ()) if each["Key"] == _INDEX]
    if not pages:
        text = f"{name} holds no {_INDEX}: the frontend answers 404"
        yield Observation(Level.DEGRADED, text, {"bucket": name, "trouble": "missing"})
        return
    changed: datetime = pages[0]["LastModified"]
    yield Observation(
        Level.OK, f"{_INDEX} uploaded {ago(changed, look.now)}", {"bucket": name, "uploaded": changed.isoformat()}
    )


def _certificate(look: Look, held: Mapping[str, Any]) -> Iterator[Observation]:
    arn = held.get("ACMCertificateArn")
    if not arn:
        return
    answer = look.world.at(US_EAST_1).ask("acm", "describe_certificate", CertificateArn=arn)
    certificate: Mapping[str, Any] = answer["Certificate"]
    status, ends = str(certificate["Status"]), certificate.get("NotAfter")
    if status != "ISSUED" or ends is None:
        yield Observation(Level.DEGRADED, f"the certificate is {status}", {"certificate": status})
        return
    days = (ends - look.now).days
    level = Level.OK if days > _RENEWED else Level.NOTE if days > _LATE else Level.DEGRADED
    yield Observation(level, f"the certificate is valid for {days} d", {"certificate": status, "days": days})
