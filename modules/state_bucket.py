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
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from pydantic import Field

from modules.base import Module
from modules.buckets import ABORT_DAYS, NewBucketName, denies_plain_http, encrypted, with_a_dot
from modules.iam import POLICY_VERSION
from modules.platform import Platform
from modules.settings import Settings, Violation, rule


class StateBucketSettings(Settings):
    """The name of the bucket, and how long old states are kept."""

    name: NewBucketName
    """Name of the bucket; it must be unique in all of AWS. Environments refer to it as `state.bucket`
    (S3 user guide, "General purpose bucket naming rules")."""

    noncurrent_days: Annotated[int, Field(ge=1, le=3650)] = 365
    """Days that an old version of a state can be restored (S3 API, `LifecycleExpiration`)."""

    @rule("name")
    def name_has_no_dot(self, _platform: Platform) -> Iterator[Violation]:
        """The TLS certificate of S3 covers names without dots only, and the bucket refuses plain HTTP."""
        yield from with_a_dot("name", self.name)


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
            rule=encrypted(),
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
                    denies_plain_http(bucket.arn),
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
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                            days_after_initiation=ABORT_DAYS
                        )
                    ],
                )
            ],
            depends_on=[versioning],
        )

        self.bucket_name = self.output("bucket_name", bucket_id, "Name of the bucket")
        self.bucket_arn = self.output("bucket_arn", bucket.arn, "ARN of the bucket")
