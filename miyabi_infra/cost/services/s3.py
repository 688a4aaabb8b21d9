"""S3: the buckets of the states, of the frontend and its access logs, and of other logs."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.cost.model import Billed, Billing, Charge, Context, Free, Span
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import Platform


def _bucket(bucket: Resource, context: Context) -> Iterator[Charge]:
    platform, price = Platform(context.stack), context.prices.of("s3.stored")
    size, what = context.of_shared.state_gb, "states"
    if platform.site_bucket is not None and bucket.address == platform.site_bucket.address:
        size, what = context.of_environment.frontend_gb, "the frontend"
    elif platform.access_logs_bucket is not None and bucket.address == platform.access_logs_bucket.address:
        size, what = context.of_environment.access_log_gb, "access logs"
    elif platform.log_bucket is not None and bucket.address == platform.log_bucket.address:
        size, what = context.of_environment.log_bucket_gb, "logs"
    yield Charge("Other", f"{size:g} GB of {what} in S3", Span.of(size), price, assumed=True)


def _transitions(configuration: Resource) -> Iterator[str]:
    if any(
        each.get("transition") or each.get("noncurrent_version_transition") for each in configuration.blocks("rule")
    ):
        yield "other storage classes, and of moving objects there"


BILLING: Final[Billing] = {
    "aws_s3_bucket": Billed(
        "Other", _bucket, reads=frozenset(), free=frozenset({"bucket", "force_destroy", "object_lock_enabled", "tags"})
    ),
    "aws_s3_bucket_lifecycle_configuration": Free(but=_transitions),
    "aws_s3_bucket_ownership_controls": Free(),
    "aws_s3_bucket_policy": Free(),
    "aws_s3_bucket_public_access_block": Free(),
    "aws_s3_bucket_server_side_encryption_configuration": Free(),
    "aws_s3_bucket_versioning": Free("old versions are part of usage.state_gb and frontend_gb"),
}
