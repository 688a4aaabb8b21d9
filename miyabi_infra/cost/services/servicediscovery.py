"""Cloud Map: a private DNS zone, billed as a hosted zone of Route 53."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.cost.model import Billed, Billing, Charge, Context, Free, Span
from miyabi_infra.stacks import Resource


def _zone(_zone: Resource, context: Context) -> Iterator[Charge]:
    yield Charge("Other", "private DNS zone", Span.of(1), context.prices.of("dns.zone"), number=1)


BILLING: Final[Billing] = {
    "aws_service_discovery_private_dns_namespace": Billed(
        "Other", _zone, reads=frozenset(), free=frozenset({"description", "name", "tags", "vpc"})
    ),
    "aws_service_discovery_service": Free("instances of ECS services are registered free of charge"),
}
