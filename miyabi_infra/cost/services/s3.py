"""S3: the bucket of the states."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.cost.model import Billed, Billing, Charge, Context, Free, Span
from miyabi_infra.stacks import Resource


def _bucket(_bucket: Resource, context: Context) -> Iterator[Charge]:
    size = context.of_shared.state_gb
    price = context.prices.of("s3.stored")
    yield Charge("Other", f"{size:g} GB of states in S3", Span.of(size), price, assumed=True)


BILLING: Final[Billing] = {
    "aws_s3_bucket": Billed(
        "Other", _bucket, reads=frozenset(), free=frozenset({"bucket", "force_destroy", "object_lock_enabled", "tags"})
    ),
    "aws_s3_bucket_lifecycle_configuration": Free(),
    "aws_s3_bucket_ownership_controls": Free(),
    "aws_s3_bucket_policy": Free(),
    "aws_s3_bucket_public_access_block": Free(),
    "aws_s3_bucket_server_side_encryption_configuration": Free(),
    "aws_s3_bucket_versioning": Free("old versions are part of usage.state_gb"),
}
