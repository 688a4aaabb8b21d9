"""What the guides say about the frontend: its bucket, and the distribution in front of it and of the API."""

from collections.abc import Sequence
from dataclasses import dataclass

from miyabi_infra.reach.paths import Reach, only_cloudfront_is_answered
from miyabi_infra.reach.steps import verdict
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.platform import Platform, integer, mappings, strings, text
from miyabi_infra.stacks.policies import matches


@dataclass(frozen=True)
class Frontend:
    """The frontend of an environment."""

    bucket: str
    comment: str
    """By which the distribution is found among others."""
    names: Sequence[str]
    """The names that the distribution answers to besides CloudFront's own."""
    api_paths: Sequence[str]
    logs: str
    """The bucket with the access logs; empty for none."""
    alarm: str
    """Name of the alarm on errors, which is in us-east-1."""
    secret: bool
    """Whether the load balancer demands a secret header."""
    only: bool
    """Whether the security group of the load balancer lets nobody in but CloudFront."""
    alone: bool
    """Whether the load balancer answers CloudFront, and nobody else."""
    over_https: bool
    """Whether CloudFront connects to the load balancer over HTTPS."""
    tls: str
    """The oldest version of TLS that CloudFront takes from a browser: `TLSv1.2_2021`; its own name takes older ones."""
    timeout: int
    """Seconds that CloudFront waits for the API."""
    kept_days: int
    """Days that an overwritten file can be restored."""

    @property
    def turned_away(self) -> str:
        """What everybody else gets from the load balancer."""
        return "no answer, by its security group" if self.only else "403"

    def passes(self, path: str) -> bool:
        """Whether CloudFront passes a path on to the load balancer; `*` and `?` are as in its path patterns."""
        return any(matches((pattern,), path) for pattern in self.api_paths)


def frontend(stack: Stack) -> Frontend | None:
    """The frontend; None without one."""
    platform = Platform(stack)
    distribution, bucket, logs = platform.distribution, platform.site_bucket, platform.access_logs_bucket
    if distribution is None or bucket is None:
        return None
    origins = distribution.blocks("origin")
    reach = Reach(stack)
    balancers = [each for each in reach.nodes if each.kind == "load balancer"]
    custom = [block for each in origins for block in mappings(each.get("custom_origin_config"))]
    expiry = [
        integer(block.get("noncurrent_days"))
        for each in stack.of_type("aws_s3_bucket_lifecycle_configuration")
        for rule in each.blocks("rule")
        for block in mappings(rule.get("noncurrent_version_expiration"))
    ]
    return Frontend(
        bucket=text(bucket.get("bucket")),
        comment=text(distribution.get("comment")),
        names=strings(distribution.get("aliases")),
        api_paths=[text(each.get("path_pattern")) for each in distribution.blocks("ordered_cache_behavior")],
        logs=text(logs.get("bucket")) if logs else "",
        alarm=next((name for name, each in platform.alarms.items() if each.get("namespace") == "AWS/CloudFront"), ""),
        secret=any(each.get("custom_header") for each in origins),
        only=not any(
            verdict(reach.inward(each, port.protocol, port.port)) != "no" for each in balancers for port in each.listens
        ),
        alone=only_cloudfront_is_answered(stack),
        over_https=any(block.get("origin_protocol_policy") == "https-only" for block in custom),
        tls=next(
            (text(block.get("minimum_protocol_version")) for block in distribution.blocks("viewer_certificate")), ""
        ),
        timeout=max((integer(each.get("origin_read_timeout")) for each in custom), default=0),
        kept_days=max(expiry, default=0),
    )
