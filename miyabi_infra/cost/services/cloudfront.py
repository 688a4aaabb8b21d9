"""CloudFront: what it sends, requests, and runs of its functions. From AWS's own origins it fetches for free."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.cost.model import Billed, Billing, Charge, Context, Free, Span
from miyabi_infra.cost.prices import NotPriced
from miyabi_infra.stacks import Resource

_CHEAPEST: Final = "PriceClass_100"
_UNIT: Final = 100
"""Units of 10,000 requests in a million."""


def _distribution(distribution: Resource, context: Context) -> Iterator[Charge]:
    usage, prices = context.of_environment, context.prices
    sent, requests = usage.cdn_gb, usage.cdn_site_requests + usage.cdn_api_requests
    price = prices.of("cdn.transfer")
    yield Charge("CloudFront", f"{sent:g} GB from CloudFront", Span.of(sent), price, assumed=True)
    price = prices.of("cdn.requests")
    yield Charge("CloudFront", f"{requests:g} million requests", Span.of(requests * _UNIT), price, assumed=True)
    behaviors = (*distribution.blocks("default_cache_behavior"), *distribution.blocks("ordered_cache_behavior"))
    dear = distribution.get("price_class", "PriceClass_All") != _CHEAPEST
    why = ["what edge locations outside North America and Europe answer costs more"] if dear else []
    more = [
        noun
        for noun, found in (
            ("Origin Shield", any(each.get("origin_shield") for each in distribution.blocks("origin"))),
            ("functions of Lambda@Edge", any(each.get("lambda_function_association") for each in behaviors)),
            ("logs in real time", any(each.get("realtime_log_config_arn") for each in behaviors)),
        )
        if found
    ]
    why += [f"no price of {', '.join(more)}"] if more else []
    if why:
        raise NotPriced("; ".join(why))


def _function(_function: Resource, context: Context) -> Iterator[Charge]:
    runs = context.of_environment.cdn_site_requests
    price = context.prices.of("cdn.function")
    yield Charge("CloudFront", f"{runs:g} million runs of a function", Span.of(runs), price, assumed=True)


BILLING: Final[Billing] = {
    "aws_cloudfront_distribution": Billed(
        "CloudFront",
        _distribution,
        reads=frozenset({"default_cache_behavior", "ordered_cache_behavior", "origin", "price_class"}),
        free=frozenset(
            {
                "aliases",
                "comment",
                "custom_error_response",
                "default_root_object",
                "enabled",
                "http_version",
                "is_ipv6_enabled",
                "logging_config",
                "restrictions",
                "tags",
                "viewer_certificate",
                "web_acl_id",
            }
        ),
    ),
    "aws_cloudfront_function": Billed(
        "CloudFront",
        _function,
        reads=frozenset(),
        free=frozenset({"code", "comment", "name", "publish", "runtime"}),
    ),
    "aws_cloudfront_origin_access_control": Free(),
    "aws_cloudfront_response_headers_policy": Free(),
}
