"""S3: the bucket for states."""

import json
import re
from typing import Any, Final

from tests.aws.refusals import Ask, nothing_more, one_or_more, refusal

API: Final = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_{}.html"
GUIDE: Final = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/{}.html"
NAME: Final = re.compile(
    r"(?!\d+\.\d+\.\d+\.\d+$)(?!xn--|sthree-|amzn-s3-demo-)(?!.*(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3|-an)$)"
    r"[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9]"
)
INFREQUENT: Final = ("STANDARD_IA", "ONEZONE_IA")


@refusal("s3", "CreateBucket", code="InvalidBucketName", source=GUIDE.format("bucketnamingrules"))
def bucket_name(ask: Ask) -> str | None:
    """The name breaks the rules: 3 to 63 lower-case letters, digits, dots and hyphens, no address, nothing reserved."""
    return None if NAME.fullmatch(ask.get("Bucket", "")) else "The specified bucket is not valid."


@refusal("s3", "CreateBucket", code="BucketAlreadyOwnedByYou", source=API.format("CreateBucket"))
def bucket_that_exists(ask: Ask) -> str | None:
    """The account has the bucket already."""
    exists = ask.get("Bucket") in ask.backend("s3").buckets
    return "Your previous request to create the named bucket succeeded and you already own it." if exists else None


@refusal("s3", "CreateBucket", code="IllegalLocationConstraintException", source=API.format("CreateBucket"))
def location_of_another_region(ask: Ask) -> str | None:
    """The location constraint is not the region that is asked; us-east-1 has none."""
    constraint = ask.get("CreateBucketConfiguration", {}).get("LocationConstraint")
    if ask.region in {"us-east-1", constraint}:
        return None
    return (
        f"The {constraint or 'unspecified'} location constraint is incompatible for the region specific endpoint "
        "this request was sent to."
    )


@refusal("s3", "DeleteBucket", code="BucketNotEmpty", source=API.format("DeleteBucket"))
def bucket_with_objects(ask: Ask) -> str | None:
    """The bucket holds objects, or versions of deleted ones."""
    bucket = ask.backend("s3").buckets.get(ask.get("Bucket"))
    full = bucket is not None and len(bucket.keys) > 0
    return "The bucket you tried to delete is not empty. You must delete all versions in the bucket." if full else None


@refusal("s3", "PutBucketPolicy", code="AccessDenied", source=GUIDE.format("access-control-block-public-access"))
def public_policy_of_a_blocked_bucket(ask: Ask) -> str | None:
    """The policy allows everyone, without a condition, and the bucket blocks public policies."""
    bucket = ask.backend("s3").buckets.get(ask.get("Bucket"))
    block = getattr(bucket, "public_access_block", None)
    blocked = block is not None and str(getattr(block, "block_public_policy", "")).lower() == "true"
    if not blocked or not any(_public(each) for each in _statements(ask)):
        return None
    return "Access Denied: public policies are blocked by the BlockPublicPolicy setting"


@refusal("s3", "PutBucketPolicy", code="MalformedPolicy", source=GUIDE.format("bucket-policies"))
def policy_about_another_bucket(ask: Ask) -> str | None:
    """A statement names no resource of the bucket."""
    own = f"arn:aws:s3:::{ask.get('Bucket')}"
    for each in _statements(ask):
        for resource in one_or_more(each.get("Resource", [])):
            if resource != own and not str(resource).startswith(f"{own}/"):
                return "Policy has invalid resource"
    return None


@refusal(
    "s3",
    "PutBucketLifecycleConfiguration",
    code="InvalidArgument",
    source=GUIDE.format("lifecycle-transition-general-considerations"),
)
def transition_before_thirty_days(ask: Ask) -> str | None:
    """A rule moves objects to an infrequent-access class before 30 days."""
    for rule in ask.get("LifecycleConfiguration", {}).get("Rules", ()):
        for each in rule.get("Transitions", ()):
            if each.get("StorageClass") in INFREQUENT and each.get("Days", 30) < 30:
                return (
                    "'Days' in Transition action must be greater than or equal to 30 for storageClass "
                    f"'{each['StorageClass']}'"
                )
    return None


def _statements(ask: Ask) -> list[dict[str, Any]]:
    try:
        return one_or_more(json.loads(ask.get("Policy", "{}")).get("Statement", []))
    except ValueError:
        return []


def _public(statement: dict[str, Any]) -> bool:
    everyone = statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
    return everyone and statement.get("Effect") == "Allow" and not statement.get("Condition")


nothing_more(
    "s3",
    DeleteBucketLifecycle="nothing beyond the model",
    DeleteBucketEncryption="nothing beyond the model",
    DeleteBucketOwnershipControls="nothing beyond the model",
    DeleteBucketPolicy="nothing beyond the model",
    DeleteBucketTagging="nothing beyond the model",
    DeleteObject="nothing beyond the model",
    DeletePublicAccessBlock="nothing beyond the model",
    PutBucketEncryption="moto refuses a key that is not there",
    PutBucketOwnershipControls="nothing beyond the model",
    PutBucketTagging="nothing beyond the model",
    PutBucketVersioning="nothing beyond the model",
    PutObject="nothing beyond the model",
    PutPublicAccessBlock="nothing beyond the model",
)
