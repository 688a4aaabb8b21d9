"""state-bucket: the S3 bucket for the Terraform state of the environments, one per account."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from cdktf import TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from pydantic import Field

from modules.base import Module
from modules.iam import POLICY_VERSION
from modules.platform import Platform
from modules.settings import Settings, Violation, matching, rule

BucketName = Annotated[
    str,
    matching(
        r"(?!xn--|sthree-|amzn-s3-demo-|\d{1,3}(?:\.\d{1,3}){3}$)(?!.*(?:-s3alias|--ol-s3|\.mrap|--x-s3)$)"
        r"[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]",
        "is not a valid S3 bucket name",
        "3 to 63 lower-case letters, digits, hyphens and single dots, starting and ending with a letter or digit",
    ),
]


class StateBucketSettings(Settings):
    """The name of the bucket, and how long old states are kept."""

    name: BucketName
    """Name of the bucket; it must be unique in all of AWS. Environments refer to it as `state.bucket`."""

    noncurrent_days: Annotated[int, Field(ge=1, le=3650)] = 365
    """Days that an old version of a state can be restored."""

    @rule("name")
    def name_has_no_dot(self, _platform: Platform) -> Iterator[Violation]:
        """The TLS certificate of S3 covers names without dots only, and the bucket refuses plain HTTP."""
        if "." in self.name:
            yield Violation(
                "name",
                self.name,
                "contains a dot, which the TLS certificate of S3 does not cover",
                "a name without dots",
            )


class StateBucketModule(Module):
    """A private, versioned, encrypted bucket that accepts TLS only and that Terraform cannot destroy."""

    folder: ClassVar[str] = "state-bucket"

    def __init__(self, scope: TerraformStack, *, platform: Platform, settings: StateBucketSettings) -> None:
        super().__init__(scope)
        del platform
        body = self.body
        bucket = S3Bucket(
            body,
            "aws_s3_bucket.state",
            bucket=settings.name,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True),
            tags={"Name": settings.name},
        )
        bucket_id = bucket.id
        versioning = S3BucketVersioningA(
            body,
            "aws_s3_bucket_versioning.state",
            bucket=bucket_id,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
        )
        S3BucketServerSideEncryptionConfigurationA(
            body,
            "aws_s3_bucket_server_side_encryption_configuration.state",
            bucket=bucket_id,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default=(
                        S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                            sse_algorithm="AES256"
                        )
                    )
                )
            ],
        )
        public_access_block = S3BucketPublicAccessBlock(
            body,
            "aws_s3_bucket_public_access_block.state",
            bucket=bucket_id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        S3BucketOwnershipControls(
            body,
            "aws_s3_bucket_ownership_controls.state",
            bucket=bucket_id,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
        )
        tls_only_policy = self.local(
            "tls_only_policy",
            {
                "Version": POLICY_VERSION,
                "Statement": [
                    {
                        "Sid": "DenyPlainHttp",
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": [bucket.arn, f"{bucket.arn}/*"],
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    }
                ],
            },
        )
        S3BucketPolicy(
            body,
            "aws_s3_bucket_policy.state",
            bucket=bucket_id,
            policy=f"${{jsonencode({tls_only_policy})}}",
            # S3 responds with 409 to a policy and an access block at the same time.
            depends_on=[public_access_block],
        )
        S3BucketLifecycleConfiguration(
            body,
            "aws_s3_bucket_lifecycle_configuration.state",
            bucket=bucket_id,
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id="expire-noncurrent-states",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    noncurrent_version_expiration=[
                        S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                            noncurrent_days=settings.noncurrent_days
                        )
                    ],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=7)
                    ],
                )
            ],
            depends_on=[versioning],
        )

        self.bucket_name = self.output("bucket_name", bucket_id, "Name of the bucket")
        self.bucket_arn = self.output("bucket_arn", bucket.arn, "ARN of the bucket")
