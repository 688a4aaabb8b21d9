"""buckets: what all buckets have in common: their names, their encryption, and that they take TLS only."""

from collections.abc import Iterator
from typing import Annotated, Final

from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
)
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)

from modules.settings import Violation, matching

ABORT_DAYS: Final = 7
"""Days after which the parts of an upload that was never finished are deleted."""

_RESERVED: Final = r"-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3"
"""Ends of names that S3 keeps for what is no bucket of ours (S3 user guide, "General purpose bucket naming rules")."""
_NAME: Final = r"[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]"
_START: Final = r"(?!xn--|sthree-|amzn-s3-demo-|\d{1,3}(?:\.\d{1,3}){3}$)"
_NAME_ALLOWED: Final = (
    "3 to 63 lower-case letters, digits, hyphens and single dots, starting and ending with a letter or digit"
)

BucketName = Annotated[
    str, matching(rf"{_START}(?!.*(?:{_RESERVED})$){_NAME}", "is not a valid S3 bucket name", _NAME_ALLOWED)
]
"""The name of a bucket that exists."""

NewBucketName = Annotated[
    str,
    matching(
        rf"{_START}(?!.*(?:{_RESERVED}|-an)$){_NAME}",
        "is not a valid S3 bucket name",
        f"{_NAME_ALLOWED}, without an ending that S3 reserves, such as -s3alias or -an",
    ),
]
"""The name of a bucket to make. S3 gives names that end with -an in an account's own namespace only, which the provider
cannot ask for."""


def with_a_dot(key: str, name: str | None) -> Iterator[Violation]:
    """A violation where the name of a bucket has a dot: all buckets are asked over TLS."""
    if "." in (name or ""):
        problem = "contains a dot, which the TLS certificate of S3 does not cover"
        yield Violation(key, name, problem, "a name without dots")


def encrypted() -> list[S3BucketServerSideEncryptionConfigurationRuleA]:
    """Encryption with S3's own keys."""
    by_default = S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
        sse_algorithm="AES256"
    )
    return [S3BucketServerSideEncryptionConfigurationRuleA(apply_server_side_encryption_by_default=by_default)]


def expire(name: str, days: int) -> list[S3BucketLifecycleConfigurationRule]:
    """A life cycle: all objects are deleted after some days, and uploads that never ended sooner."""
    unfinished = S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=ABORT_DAYS)
    return [
        S3BucketLifecycleConfigurationRule(
            id=name,
            status="Enabled",
            filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
            expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=days)],
            abort_incomplete_multipart_upload=[unfinished],
        )
    ]


def denies_plain_http(bucket_arn: str) -> dict[str, object]:
    """The statement of a bucket policy that refuses what does not come by TLS."""
    return {
        "Sid": "DenyPlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
