"""What the guides say about the buckets of an environment."""

from collections.abc import Sequence
from dataclasses import dataclass

from miyabi_infra.stacks import Resource, Stack
from miyabi_infra.stacks.platform import Platform, integer, leads_to, mappings, text


@dataclass(frozen=True)
class Bucket:
    """A bucket."""

    name: str
    holds: str
    days: int
    """Days after which S3 deletes an object; 0 for never."""


@dataclass(frozen=True)
class LoadBalancerLogs:
    """The logs that the load balancer writes into a bucket."""

    folder: str
    """Where they are, without the day: `s3://miyabi-logs-prod/AWSLogs/…`."""
    requests: bool
    connections: bool


def buckets(stack: Stack) -> Sequence[Bucket]:
    """The buckets of an environment."""
    return [Bucket(text(each.get("bucket")), holds, _days(stack, each)) for each, holds in Platform(stack).buckets]


def load_balancer_logs(stack: Stack, account: str) -> LoadBalancerLogs | None:
    """The logs of the load balancer; None where it writes none."""
    platform = Platform(stack)
    balancer, bucket = platform.load_balancer, platform.log_bucket
    if balancer is None or bucket is None:
        return None
    kinds = ("access_logs", "connection_logs")
    requests, connections = (any(each.get("enabled") is True for each in balancer.blocks(kind)) for kind in kinds)
    folder = f"s3://{text(bucket.get('bucket'))}/AWSLogs/{account}/elasticloadbalancing/{stack.region}"
    return LoadBalancerLogs(folder, requests, connections) if requests or connections else None


def _days(stack: Stack, bucket: Resource) -> int:
    found = [
        integer(block.get("days"))
        for each in stack.of_type("aws_s3_bucket_lifecycle_configuration")
        if leads_to(each.get("bucket"), bucket)
        for rule in each.blocks("rule")
        for block in mappings(rule.get("expiration"))
    ]
    return min(found, default=0)
