"""S3: the buckets of the Terraform states, of the frontend, and of its access logs."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from miyabi_infra.aws.readers.common import Json, belongs, part
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, World
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.policies import canonical


def _bucket(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("bucket"))
    world.ask("s3", "head_bucket", Bucket=name)
    tags = (world.optional("s3", "get_bucket_tagging", Bucket=name) or {}).get("TagSet", [])
    checks = [Compared("bucket", name, name), *world.tags(resource, tags)]
    known = {
        "id": name,
        "bucket": name,
        "arn": f"arn:aws:s3:::{name}",
        "bucket_domain_name": f"{name}.s3.amazonaws.com",
        "bucket_regional_domain_name": f"{name}.s3.{resource.region or world.stack.region}.amazonaws.com",
    }
    found = Found(known, checks)
    for kind in OF_A_BUCKET:
        found.search(_extra(kind, resource, name, world))
    found.search(_events(name, world))
    found.search(_grants(name, world))
    return found


_EVENTS: Final = (
    "TopicConfigurations",
    "QueueConfigurations",
    "LambdaFunctionConfigurations",
    "EventBridgeConfiguration",
)
_PUBLIC: Final = "http://acs.amazonaws.com/groups/"
"""How the groups begin that an ACL can let in: everybody, every account."""


def _events(name: str, world: World) -> Iterator[Extra]:
    """Who is told of each object; no module sets it."""
    held = world.ask("s3", "get_bucket_notification_configuration", Bucket=name)
    yield from (Extra(f"event notification ({each})") for each in _EVENTS if each in held)


def _grants(name: str, world: World) -> Iterator[Extra]:
    """What the ACL grants to others than the owner; CloudFront and S3 deliver logs by a group of AWS's own."""
    held = world.ask("s3", "get_bucket_acl", Bucket=name)
    owner = held.get("Owner", {}).get("ID")
    for each in held.get("Grants", ()):
        grantee = each.get("Grantee", {})
        who = grantee.get("URI") or grantee.get("ID")
        if str(who).startswith(_PUBLIC) or (grantee.get("ID") and grantee["ID"] != owner):
            yield Extra(f"ACL grant {each.get('Permission')} to {who}")


OF_A_BUCKET: Final = {
    "aws_s3_bucket_cors_configuration": ("CORS configuration", "get_bucket_cors", "CORSRules"),
    "aws_s3_bucket_lifecycle_configuration": (
        "lifecycle configuration",
        "get_bucket_lifecycle_configuration",
        "Rules",
    ),
    "aws_s3_bucket_logging": ("access log", "get_bucket_logging", "LoggingEnabled"),
    "aws_s3_bucket_policy": ("bucket policy", "get_bucket_policy", "Policy"),
    "aws_s3_bucket_replication_configuration": (
        "replication configuration",
        "get_bucket_replication",
        "ReplicationConfiguration",
    ),
    "aws_s3_bucket_website_configuration": ("website configuration", "get_bucket_website", "IndexDocument"),
}
"""What a bucket can have, by type: noun, operation, and the key that is in the answer when it has it."""


def _extra(kind: str, bucket: Resource, name: str, world: World) -> Iterator[Extra]:
    of_it = [each for each in world.stack.of_type(kind) if belongs(each.get("bucket"), bucket, name)]
    noun, operation, key = OF_A_BUCKET[kind]
    if not of_it and (world.optional("s3", operation, Bucket=name) or {}).get(key):
        yield Extra(noun)


def _bucket_of(resource: Resource, world: World) -> str:
    return str(world.value(resource.get("bucket")))


def _bucket_encryption(resource: Resource, world: World) -> Found | None:
    answer = world.ask("s3", "get_bucket_encryption", Bucket=_bucket_of(resource, world))
    rules = [
        {
            "apply_server_side_encryption_by_default": {
                "sse_algorithm": held["SSEAlgorithm"],
                **({"kms_master_key_id": held["KMSMasterKeyID"]} if held.get("KMSMasterKeyID") else {}),
            },
            **({"bucket_key_enabled": True} if each.get("BucketKeyEnabled") else {}),
        }
        for each in answer["ServerSideEncryptionConfiguration"]["Rules"]
        for held in [each["ApplyServerSideEncryptionByDefault"]]
    ]
    return _part(resource, world, world.checks(resource, {"rule": rules}))


def _bucket_ownership(resource: Resource, world: World) -> Found | None:
    answer = world.ask("s3", "get_bucket_ownership_controls", Bucket=_bucket_of(resource, world))
    (rule,) = answer["OwnershipControls"]["Rules"]
    return _part(resource, world, world.checks(resource, {"rule": {"object_ownership": rule["ObjectOwnership"]}}))


def _bucket_lifecycle(resource: Resource, world: World) -> Found | None:
    answer = world.ask("s3", "get_bucket_lifecycle_configuration", Bucket=_bucket_of(resource, world))
    rules = [
        {
            "id": each.get("ID"),
            "status": each["Status"],
            "filter": [{"prefix": each.get("Filter", {}).get("Prefix", each.get("Prefix", ""))}],
            **{
                block: [{argument: each[key].get(there)}]
                for block, (key, argument, there) in _LIFECYCLE.items()
                if key in each
            },
            **{key: each[key] for key in sorted(each.keys() - _KNOWN_OF_A_RULE) if each[key]},
            **_narrower(each),
        }
        for each in answer["Rules"]
    ]
    return _part(resource, world, world.checks(resource, {"rule": rules}))


def _narrower(rule: Json) -> dict[str, Any]:
    """What makes a rule hold for fewer objects or versions, by its name in AWS: no module sets it."""
    more = {key: each for key, each in part(rule, "Filter").items() if key != "Prefix" and each}
    for key, _, there in _LIFECYCLE.values():
        held = part(rule, key)
        more |= {name: each for name, each in held.items() if name != there and each}
    return more


_LIFECYCLE: Final = {
    "abort_incomplete_multipart_upload": (
        "AbortIncompleteMultipartUpload",
        "days_after_initiation",
        "DaysAfterInitiation",
    ),
    "expiration": ("Expiration", "days", "Days"),
    "noncurrent_version_expiration": ("NoncurrentVersionExpiration", "noncurrent_days", "NoncurrentDays"),
}
"""What a rule of a life cycle does: in Terraform's words, and in AWS's."""


_KNOWN_OF_A_RULE: Final = {"ID", "Status", "Filter", "Prefix"} | {key for key, _, _ in _LIFECYCLE.values()}


def _bucket_versioning(resource: Resource, world: World) -> Found | None:
    held = world.ask("s3", "get_bucket_versioning", Bucket=_bucket_of(resource, world))
    return _part(
        resource,
        world,
        world.checks(resource, {"versioning_configuration": {"status": held.get("Status", "Disabled")}}),
    )


def _bucket_access(resource: Resource, world: World) -> Found | None:
    answer = world.ask("s3", "get_public_access_block", Bucket=_bucket_of(resource, world))
    held = answer["PublicAccessBlockConfiguration"]
    found = {
        "block_public_acls": held["BlockPublicAcls"],
        "block_public_policy": held["BlockPublicPolicy"],
        "ignore_public_acls": held["IgnorePublicAcls"],
        "restrict_public_buckets": held["RestrictPublicBuckets"],
    }
    return _part(resource, world, world.checks(resource, found))


def _bucket_policy(resource: Resource, world: World) -> Found | None:
    held = world.ask("s3", "get_bucket_policy", Bucket=_bucket_of(resource, world))["Policy"]
    return _part(resource, world, [Compared("policy", canonical(world.value(resource.get("policy"))), canonical(held))])


def _part(resource: Resource, world: World, checks: list[Compared]) -> Found:
    """A part of the bucket, which is found by the bucket's name."""
    name = _bucket_of(resource, world)
    return Found({}, [Compared("bucket", name, name), *checks])


READERS: Final[Mapping[str, Reader]] = {
    "aws_s3_bucket": _bucket,
    "aws_s3_bucket_lifecycle_configuration": _bucket_lifecycle,
    "aws_s3_bucket_ownership_controls": _bucket_ownership,
    "aws_s3_bucket_policy": _bucket_policy,
    "aws_s3_bucket_public_access_block": _bucket_access,
    "aws_s3_bucket_server_side_encryption_configuration": _bucket_encryption,
    "aws_s3_bucket_versioning": _bucket_versioning,
}
