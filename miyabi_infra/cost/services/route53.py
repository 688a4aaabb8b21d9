"""Route 53: hosted zones and health checks. Queries that alias records answer are free."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.cost.model import Billed, Billing, Charge, Context, Free, Span
from miyabi_infra.stacks import Resource


def _zone(_zone: Resource, context: Context) -> Iterator[Charge]:
    yield Charge("Route 53", "hosted zone", Span.of(1), context.prices.of("dns.zone"), number=1)


def _health_check(check: Resource, context: Context) -> Iterator[Charge]:
    """A check of an endpoint of the same account, as a load balancer or a distribution is."""
    yield Charge("Route 53", "health check", Span.of(1), context.prices.of("dns.health_check"), number=1)
    options = {
        "HTTPS": str(check.get("type")).startswith("HTTPS"),
        "a text in the answer": str(check.get("type")).endswith("_STR_MATCH"),
        "10 seconds": check.get("request_interval") == _FAST,
        "latency": check.get("measure_latency") is True,
    }
    for option, wanted in options.items():
        if wanted:
            price = context.prices.of("dns.health_check_option")
            yield Charge("Route 53", f"{option} of a health check", Span.of(1), price)


_FAST: Final = 10
"""Seconds between two requests of a checker, for which AWS charges; 30 are free."""


BILLING: Final[Billing] = {
    "aws_route53_health_check": Billed(
        "Route 53",
        _health_check,
        reads=frozenset({"measure_latency", "request_interval", "type"}),
        free=frozenset({"failure_threshold", "fqdn", "port", "resource_path", "search_string", "tags"}),
    ),
    "aws_route53_record": Free("its queries are free where it is an alias, and ACM's are few"),
    "aws_route53_zone": Billed(
        "Route 53", _zone, reads=frozenset(), free=frozenset({"comment", "force_destroy", "name", "tags"})
    ),
}
