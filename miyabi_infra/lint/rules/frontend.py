"""The frontend: what passes by the distribution, what is readable on the way, what its headers allow."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.lint.environment import Environment
from miyabi_infra.lint.rule import Concern, rule
from miyabi_infra.reach.nodes import INTERNET
from miyabi_infra.stacks.platform import mappings, number

_HALF_A_YEAR: Final = 15_768_000
"""Seconds; the least that common scanners accept."""
_ANY_SCRIPT: Final = ("'unsafe-inline'", "'unsafe-eval'", "script-src *", "default-src *")


@rule("warning")
def cdn_can_be_passed_by(here: Environment) -> Iterator[Concern]:
    """Requests to the load balancer's own name meet nothing that the distribution alone has: firewall, headers."""
    for each in here.passing.past_the_cdn:
        if each.source == INTERNET and each.verdict != "no":
            yield Concern(
                ("frontend", "only_from_cloudfront"),
                f"{each.target} answers everybody on port {each.port}, and not the distribution only",
                "only_from_cloudfront: true, origin_secret: true, or both",
            )


@rule("info")
def other_distributions_connect(here: Environment) -> Iterator[Concern]:
    """Anyone with an AWS account can put a distribution of their own in front of the load balancer."""
    ways = here.passing.past_the_cdn
    everybody = {(each.target, each.port) for each in ways if each.source == INTERNET and each.verdict != "no"}
    for each in ways:
        if each.source != INTERNET and each.verdict != "no" and (each.target, each.port) not in everybody:
            yield Concern(
                ("frontend", "origin_secret"),
                f"{each.target} answers every distribution of CloudFront on port {each.port}",
                "origin_secret: true",
            )


@rule("warning")
def cdn_connects_without_tls(here: Environment) -> Iterator[Concern]:
    """Passwords and sessions cross the internet unencrypted between CloudFront and the load balancer."""
    for distribution in here.stack.of_type("aws_cloudfront_distribution"):
        for origin in distribution.blocks("origin"):
            custom = mappings(origin.get("custom_origin_config"))
            if any(each.get("origin_protocol_policy") != "https-only" for each in custom):
                yield Concern(
                    ("frontend", "api_domain_name"),
                    f"CloudFront connects to the origin {origin.get('origin_id')} over plain HTTP",
                    "api_domain_name: a name that the certificate of the load balancer covers",
                )


@rule("info")
def scripts_from_anywhere(here: Environment) -> Iterator[Concern]:
    """A script that is smuggled into a page runs with the user's session."""
    for policy in here.stack.of_type("aws_cloudfront_response_headers_policy"):
        for headers in policy.blocks("security_headers_config"):
            for each in mappings(headers.get("content_security_policy")):
                said = str(each.get("content_security_policy"))
                if any(part in said for part in _ANY_SCRIPT):
                    yield Concern(
                        ("frontend", "content_security_policy"),
                        f"Content-Security-Policy allows scripts that are not the application's: {said}",
                        "script-src 'self', and hashes of what is inline",
                    )


@rule("info")
def hsts_is_short(here: Environment) -> Iterator[Concern]:
    """Until the header is known and long, the first request of a visit may be plain HTTP."""
    policies = here.stack.of_type("aws_cloudfront_response_headers_policy")
    if not policies:
        return
    seconds = [
        number(each.get("access_control_max_age_sec"))
        for policy in policies
        for headers in policy.blocks("security_headers_config")
        for each in mappings(headers.get("strict_transport_security"))
    ]
    if min(seconds, default=0) < _HALF_A_YEAR:
        yield Concern(
            ("frontend", "hsts_seconds"),
            f"browsers keep to HTTPS for {min(seconds, default=0):g} s",
            "hsts_seconds: 31536000, once HTTPS has held",
        )
