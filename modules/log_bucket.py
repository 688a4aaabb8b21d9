"""log-bucket: the bucket of the environment's logs, and who of AWS may write into it."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
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
from pydantic import Field

from modules.base import Module
from modules.buckets import NewBucketName, denies_plain_http, encrypted, expire, with_a_dot
from modules.iam import POLICY_VERSION
from modules.platform import Platform
from modules.settings import Settings, Violation, rule


class LogBucketSettings(Settings):
    """The bucket into which AWS writes logs of the environment. Off by default."""

    name: NewBucketName | None = None
    """Name of the bucket; it must be unique in all of AWS. Null: there is none. Needs `account_id`: the policy of the
    bucket lets in what is of this account only (S3 user guide, "General purpose bucket naming rules")."""

    days: Annotated[int, Field(ge=1, le=3650)] = 90
    """Days that logs are kept (S3 API, `LifecycleExpiration`)."""

    @rule("name")
    def log_bucket_name_has_no_dot(self, _platform: Platform) -> Iterator[Violation]:
        """The TLS certificate of S3 covers names without dots only, and the bucket refuses plain HTTP."""
        yield from with_a_dot("name", self.name)

    @rule("name", "account_id")
    def log_bucket_knows_its_account(self, platform: Platform) -> Iterator[Violation]:
        """A policy that names no account would let load balancers of all accounts write into the bucket.

        Source: Application Load Balancers user guide, "Enable access logs", "Attach a policy to your S3 bucket".
        """
        if self.name and platform.account_id is None:
            yield Violation("name", self.name, "needs the account, which its policy names", "none, or account_id, too")


class LogBucketModule(Module):
    """A private bucket into which load balancers and VPCs of the account write. Called only where it has a name.

    Logs of load balancers can be encrypted with S3's own keys only, and are delivered by a service that AWS recommends
    in all regions (user guide, "Enable access logs"): accounts of ELB, one for each region, are what it replaces.
    """

    folder: ClassVar[str] = "log-bucket"

    def __init__(
        self, scope: TerraformStack, *, platform: Platform, settings: LogBucketSettings, flow_logs: bool
    ) -> None:
        """`flow_logs`: whether the VPC writes into it, too."""
        super().__init__(scope)
        body = self.body
        bucket = S3Bucket(body, "aws_s3_bucket.logs", bucket=settings.name, tags={"Name": settings.name or ""})
        bucket_id, bucket_arn = bucket.id, bucket.arn
        S3BucketServerSideEncryptionConfigurationA(
            body, "aws_s3_bucket_server_side_encryption_configuration.logs", bucket=bucket_id, rule=encrypted()
        )
        access = S3BucketPublicAccessBlock(
            body,
            "aws_s3_bucket_public_access_block.logs",
            bucket=bucket_id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        S3BucketOwnershipControls(
            body,
            "aws_s3_bucket_ownership_controls.logs",
            bucket=bucket_id,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
        )
        S3BucketLifecycleConfiguration(
            body,
            "aws_s3_bucket_lifecycle_configuration.logs",
            bucket=bucket_id,
            rule=expire("expire-logs", settings.days),
        )
        # AWS would add these itself to a policy that lacks them, and every plan would take them away.
        of_account = {
            "StringEquals": {"aws:SourceAccount": platform.account_id},
            "ArnLike": {"aws:SourceArn": f"arn:aws:logs:{platform.region}:{platform.account_id}:*"},
        }
        full_control = {"s3:x-amz-acl": "bucket-owner-full-control"}
        of_flow_logs = [
            {
                "Sid": "FlowLogsWrite",
                "Effect": "Allow",
                "Principal": {"Service": "delivery.logs.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"{bucket_arn}/AWSLogs/{platform.account_id}/*",
                "Condition": {**of_account, "StringEquals": {**of_account["StringEquals"], **full_control}},
            },
            {
                "Sid": "FlowLogsLook",
                "Effect": "Allow",
                "Principal": {"Service": "delivery.logs.amazonaws.com"},
                "Action": "s3:GetBucketAcl",
                "Resource": bucket_arn,
                "Condition": of_account,
            },
        ]
        policy = self.local(
            "policy",
            {
                "Version": POLICY_VERSION,
                "Statement": [
                    {
                        "Sid": "LoadBalancersWrite",
                        "Effect": "Allow",
                        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
                        "Action": "s3:PutObject",
                        # ELB writes below the account of the load balancer. AWS's policy has no condition: it writes
                        # without a source, so a condition on one refuses everything.
                        "Resource": f"{bucket_arn}/AWSLogs/{platform.account_id}/*",
                    },
                    *(of_flow_logs if flow_logs else []),
                    denies_plain_http(bucket_arn),
                ],
            },
        )
        S3BucketPolicy(
            body,
            "aws_s3_bucket_policy.logs",
            bucket=bucket_id,
            policy=f"${{jsonencode({policy})}}",
            # S3 responds with 409 to a policy and an access block at the same time.
            depends_on=[access],
        )

        self.bucket_arn = self.output("bucket_arn", bucket_arn, "ARN of the bucket of the logs") if flow_logs else None
        self.bucket_name = self.output("bucket_name", bucket_id, "Name of the bucket of the logs")
