"""S3: the bucket of the Terraform states."""

from collections.abc import Mapping
from typing import Final

from miyabi_infra.aws.client import Kind, Trouble
from miyabi_infra.aws.world import Compared, Found, Reader, World
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.policies import canonical


def _bucket(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("bucket"))
    world.ask("s3", "head_bucket", Bucket=name)
    try:
        tags = world.ask("s3", "get_bucket_tagging", Bucket=name)["TagSet"]
    except Trouble as trouble:
        if trouble.kind is not Kind.MISSING:  # a bucket without tags has no set of them
            raise
        tags = []
    return Found({"id": name, "bucket": name, "arn": f"arn:aws:s3:::{name}"}, world.tags(resource, tags))


def _bucket_encryption(resource: Resource, world: World) -> Found | None:
    answer = world.ask("s3", "get_bucket_encryption", Bucket=str(world.value(resource.get("bucket"))))
    rules = [
        {"apply_server_side_encryption_by_default": {"sse_algorithm": held["SSEAlgorithm"]}}
        for each in answer["ServerSideEncryptionConfiguration"]["Rules"]
        for held in [each["ApplyServerSideEncryptionByDefault"]]
    ]
    return Found({}, world.checks(resource, {"rule": rules}))


def _bucket_ownership(resource: Resource, world: World) -> Found | None:
    answer = world.ask("s3", "get_bucket_ownership_controls", Bucket=str(world.value(resource.get("bucket"))))
    (rule,) = answer["OwnershipControls"]["Rules"]
    return Found({}, world.checks(resource, {"rule": {"object_ownership": rule["ObjectOwnership"]}}))


def _bucket_lifecycle(resource: Resource, world: World) -> Found | None:
    answer = world.ask("s3", "get_bucket_lifecycle_configuration", Bucket=str(world.value(resource.get("bucket"))))
    rules = [
        {
            "id": each.get("ID"),
            "status": each["Status"],
            "filter": [{"prefix": each.get("Filter", {}).get("Prefix", each.get("Prefix", ""))}],
            "noncurrent_version_expiration": [
                {"noncurrent_days": each.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")}
            ],
            "abort_incomplete_multipart_upload": [
                {"days_after_initiation": each.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation")}
            ],
        }
        for each in answer["Rules"]
    ]
    return Found({}, world.checks(resource, {"rule": rules}))


def _bucket_versioning(resource: Resource, world: World) -> Found | None:
    held = world.ask("s3", "get_bucket_versioning", Bucket=str(world.value(resource.get("bucket"))))
    return Found({}, world.checks(resource, {"versioning_configuration": {"status": held.get("Status", "Disabled")}}))


def _bucket_access(resource: Resource, world: World) -> Found | None:
    answer = world.ask("s3", "get_public_access_block", Bucket=str(world.value(resource.get("bucket"))))
    held = answer["PublicAccessBlockConfiguration"]
    found = {
        "block_public_acls": held["BlockPublicAcls"],
        "block_public_policy": held["BlockPublicPolicy"],
        "ignore_public_acls": held["IgnorePublicAcls"],
        "restrict_public_buckets": held["RestrictPublicBuckets"],
    }
    return Found({}, world.checks(resource, found))


def _bucket_policy(resource: Resource, world: World) -> Found | None:
    held = world.ask("s3", "get_bucket_policy", Bucket=str(world.value(resource.get("bucket"))))["Policy"]
    return Found({}, [Compared("policy", canonical(world.value(resource.get("policy"))), canonical(held))])


READERS: Final[Mapping[str, Reader]] = {
    "aws_s3_bucket": _bucket,
    "aws_s3_bucket_lifecycle_configuration": _bucket_lifecycle,
    "aws_s3_bucket_ownership_controls": _bucket_ownership,
    "aws_s3_bucket_policy": _bucket_policy,
    "aws_s3_bucket_public_access_block": _bucket_access,
    "aws_s3_bucket_server_side_encryption_configuration": _bucket_encryption,
    "aws_s3_bucket_versioning": _bucket_versioning,
}
