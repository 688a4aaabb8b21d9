"""Secrets Manager."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.cost.model import Billed, Billing, Charge, Context, Free, Span
from miyabi_infra.stacks import Resource


def _secret(_secret: Resource, context: Context) -> Iterator[Charge]:
    yield Charge("Secrets", "secret", Span.of(1), context.prices.of("secret.month"), number=1)


BILLING: Final[Billing] = {
    "aws_secretsmanager_secret": Billed(
        "Secrets",
        _secret,
        reads=frozenset(),
        free=frozenset({"description", "kms_key_id", "name", "name_prefix", "recovery_window_in_days", "tags"}),
    ),
    "aws_secretsmanager_secret_rotation": Free("the function is somebody else's"),
    "aws_secretsmanager_secret_version": Free("reading it at the start of tasks: 10,000 times cost five cents"),
}
