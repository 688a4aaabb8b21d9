"""CloudFront: distributions, functions, and what they use."""

from collections.abc import Iterator
from typing import Any, Final

from tests.aws.cloudfront import Distribution, behaviors, functions, headers_policies, used_by
from tests.aws.refusals import Ask, nothing_more, refusal, within

API: Final = "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_{}.html"
GUIDE: Final = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/{}.html"

MANAGED_CACHING: Final = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6",  # CachingOptimized
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",  # CachingDisabled
}
MANAGED_REQUESTS: Final = {"b689b0a8-53d0-40ab-baf2-68738e2966ac"}  # AllViewerExceptHostHeader
CUSTOM_HEADERS: Final = ("host", "connection", "content-length", "cookie", "upgrade", "via", "x-amz-", "x-edge-")
"""How the names of headers begin that CloudFront does not send by a distribution's wish; not all of them."""
LONGEST_POLICY: Final = 1783
"""Characters of a content security policy."""

Moto = Any
"""A model of moto's, whose own types say too little."""


def _config(ask: Ask) -> dict[str, Any]:
    """The configuration in a request that creates or changes a distribution."""
    return ask.get("DistributionConfig") or ask.get("DistributionConfigWithTags", {}).get("DistributionConfig", {})


def _distributions(ask: Ask) -> dict[str, Distribution]:
    return ask.backend("cloudfront").distributions


def _origins(ask: Ask) -> list[dict[str, Any]]:
    return _config(ask).get("Origins", {}).get("Items") or []


def _custom(ask: Ask) -> Iterator[dict[str, Any]]:
    """The servers among the origins."""
    yield from (each["CustomOriginConfig"] for each in _origins(ask) if each.get("CustomOriginConfig"))


CHANGES: Final = ("CreateDistribution", "CreateDistributionWithTags", "UpdateDistribution")


@refusal("cloudfront", *CHANGES, code="InvalidViewerCertificate", source=API.format("ViewerCertificate"))
def names_without_a_certificate(ask: Ask) -> str | None:
    """A distribution with alternate names has CloudFront's own certificate."""
    certificate = _config(ask).get("ViewerCertificate") or {"CloudFrontDefaultCertificate": True}
    named = bool(_config(ask).get("Aliases", {}).get("Items"))
    if named and not (certificate.get("ACMCertificateArn") or certificate.get("IAMCertificateId")):
        return "To add an alternate domain name (CNAME), you must attach a trusted certificate."
    return None


@refusal("cloudfront", *CHANGES, code="InvalidViewerCertificate", source=GUIDE.format("cnames-and-https-requirements"))
def certificate_of_another_region(ask: Ask) -> str | None:
    """The certificate is not one of us-east-1, or does not exist there, or is not issued."""
    arn = str(within(_config(ask), "ViewerCertificate", "ACMCertificateArn") or "")
    if not arn:
        return None
    held: Moto = ask.backend("acm", "us-east-1")
    try:
        issued = held.get_certificate(arn).status == "ISSUED"
    except Exception:  # noqa: BLE001  # moto's own
        issued = False
    message = "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include"
    return None if issued else f"{message} a valid certificate chain."


@refusal("cloudfront", *CHANGES, code="CNAMEAlreadyExists", source=API.format("CreateDistribution"))
def name_of_another_distribution(ask: Ask) -> str | None:
    """Another distribution has one of the alternate names."""
    wanted = set(_config(ask).get("Aliases", {}).get("Items") or ())
    for each in _distributions(ask).values():
        held = set(each.config["Aliases"].get("Items") or ())
        if each.distribution_id != ask.get("Id") and wanted & held:
            return "One or more of the CNAMEs you provided are already associated with a different resource."
    return None


@refusal("cloudfront", *CHANGES, code="NoSuchOrigin", source=API.format("CreateDistribution"))
def behavior_without_its_origin(ask: Ask) -> str | None:
    """A cache behavior names an origin that is not in the request."""
    names = {each["Id"] for each in _origins(ask)}
    missing = [each for each in behaviors(_config(ask)) if each.get("TargetOriginId") not in names]
    return "One or more of your origins or origin groups do not exist." if missing else None


@refusal("cloudfront", *CHANGES, code="NoSuchCachePolicy", source=GUIDE.format("using-managed-cache-policies"))
def cache_policy_that_is_missing(ask: Ask) -> str | None:
    """A cache behavior names a cache policy that neither AWS nor the account has."""
    wanted = {each.get("CachePolicyId") for each in behaviors(_config(ask))} - {None, ""}
    return "The cache policy does not exist." if wanted - MANAGED_CACHING else None


@refusal(
    "cloudfront",
    *CHANGES,
    code="NoSuchOriginRequestPolicy",
    source=GUIDE.format("using-managed-origin-request-policies"),
)
def request_policy_that_is_missing(ask: Ask) -> str | None:
    """A cache behavior names an origin request policy that neither AWS nor the account has."""
    wanted = {each.get("OriginRequestPolicyId") for each in behaviors(_config(ask))} - {None, ""}
    return "The origin request policy does not exist." if wanted - MANAGED_REQUESTS else None


@refusal("cloudfront", *CHANGES, code="NoSuchResponseHeadersPolicy", source=API.format("CreateDistribution"))
def headers_policy_that_is_missing(ask: Ask) -> str | None:
    """A cache behavior names a response headers policy that does not exist."""
    wanted = {each.get("ResponseHeadersPolicyId") for each in behaviors(_config(ask))} - {None, ""}
    missing = wanted - headers_policies(ask.backend("cloudfront")).keys()
    return "The response headers policy does not exist." if missing else None


@refusal("cloudfront", *CHANGES, code="InvalidFunctionAssociation", source=API.format("FunctionAssociation"))
def function_that_is_not_published(ask: Ask) -> str | None:
    """A cache behavior has a function that does not exist, or that was never published."""
    live = {each.arn for each in functions(ask.backend("cloudfront")).values() if each.live is not None}
    for behavior in behaviors(_config(ask)):
        for each in within(behavior, "FunctionAssociations", "Items") or ():
            if each.get("FunctionARN") not in live:
                return f"The function ARN is not associated with a published function: {each.get('FunctionARN')}"
    return None


@refusal("cloudfront", *CHANGES, code="InvalidOriginAccessControl", source=API.format("Origin"))
def access_control_that_is_missing(ask: Ask) -> str | None:
    """An origin has an origin access control that does not exist."""
    held = ask.backend("cloudfront").origin_access_controls
    wanted = {each.get("OriginAccessControlId") for each in _origins(ask)} - {None, ""}
    return "The origin access control does not exist." if wanted - held.keys() else None


@refusal("cloudfront", *CHANGES, code="InvalidWebACLId", source=API.format("DistributionConfig"))
def web_acl_of_a_region(ask: Ask) -> str | None:
    """The web ACL is not of the scope CLOUDFRONT, or does not exist."""
    arn = str(_config(ask).get("WebACLId") or "")
    if not arn:
        return None
    acls: Moto = ask.backend("wafv2", "global").wacls  # moto's region of the scope CLOUDFRONT
    return None if ":global/webacl/" in arn and arn in acls else f"Web ACL is not accessible by the requester: {arn}"


@refusal("cloudfront", *CHANGES, code="InvalidOriginReadTimeout", source=GUIDE.format("cloudfront-limits"))
def answer_awaited_for_too_long(ask: Ask) -> str | None:
    """CloudFront would wait for an origin for more than 120 seconds, or for none."""
    wrong = [each for each in _custom(ask) if not 1 <= each.get("OriginReadTimeout", 30) <= 120]
    return "The read timeout specified for the origin is not valid." if wrong else None


@refusal("cloudfront", *CHANGES, code="InvalidOriginKeepaliveTimeout", source=GUIDE.format("cloudfront-limits"))
def connection_kept_for_too_long(ask: Ask) -> str | None:
    """CloudFront would keep an idle connection to an origin for more than 120 seconds, or for none."""
    wrong = [each for each in _custom(ask) if not 1 <= each.get("OriginKeepaliveTimeout", 5) <= 120]
    return "The keep alive timeout specified for the origin is not valid." if wrong else None


@refusal("cloudfront", *CHANGES, code="InvalidArgument", source=GUIDE.format("add-origin-custom-headers"))
def header_that_cloudfront_keeps_to_itself(ask: Ask) -> str | None:
    """An origin is to get a header that a distribution may not set."""
    for origin in _origins(ask):
        for each in within(origin, "CustomHeaders", "Items") or ():
            if str(each["HeaderName"]).lower().startswith(CUSTOM_HEADERS):
                return f"The parameter HeaderName : {each['HeaderName']} is not allowed."
    return None


@refusal("cloudfront", *CHANGES, code="InvalidArgument", source=GUIDE.format("standard-logging-legacy-s3"))
def logs_into_a_bucket_without_access_lists(ask: Ask) -> str | None:
    """The bucket of the access logs does not exist, or its owner's rule switches access lists off."""
    if not within(_config(ask), "Logging", "Enabled"):
        return None
    name = str(within(_config(ask), "Logging", "Bucket")).removesuffix(".s3.amazonaws.com")
    bucket = ask.backend("s3").buckets.get(name)
    rule = str(getattr(bucket, "ownership_rule", None) or "BucketOwnerEnforced")
    if bucket is None or "BucketOwnerEnforced" in rule:
        return "The S3 bucket that you specified for CloudFront logs does not enable ACL access"
    return None


@refusal("cloudfront", "DeleteDistribution", code="DistributionNotDisabled", source=API.format("DeleteDistribution"))
def distribution_that_is_enabled(ask: Ask) -> str | None:
    """The distribution answers requests still."""
    found = _distributions(ask).get(ask.get("Id"))
    enabled = found is not None and found.config["Enabled"]
    return "The distribution you are trying to delete has not been disabled." if enabled else None


@refusal(
    "cloudfront",
    "UpdateDistribution",
    "DeleteDistribution",
    "UpdateFunction",
    "PublishFunction",
    "DeleteFunction",
    "UpdateResponseHeadersPolicy",
    "DeleteResponseHeadersPolicy",
    code="PreconditionFailed",
    source=f"{API.format('UpdateDistribution')} {API.format('PublishFunction')}",
)
def version_that_is_no_longer_there(ask: Ask) -> str | None:
    """`If-Match` is not the ETag of what is there: somebody else has changed it."""
    backend = ask.backend("cloudfront")
    held: dict[str, str] = {
        **{each.distribution_id: each.etag for each in _distributions(ask).values()},
        **{each.id: each.etag for each in headers_policies(backend).values()},
        **{each.name: each.development.etag for each in functions(backend).values()},
    }
    now = held.get(ask.get("Id") or ask.get("Name"))
    if now is None or ask.get("IfMatch") == now:
        return None
    return "The request failed because it didn't meet the preconditions in one or more request-header fields."


@refusal("cloudfront", "CreateFunction", code="FunctionAlreadyExists", source=API.format("CreateFunction"))
def function_that_exists(ask: Ask) -> str | None:
    """The account has a function of the name."""
    exists = ask.get("Name") in functions(ask.backend("cloudfront"))
    return "A function with the same name already exists in this AWS account." if exists else None


@refusal(
    "cloudfront",
    "CreateFunction",
    "UpdateFunction",
    code="FunctionSizeLimitExceeded",
    source=GUIDE.format("cloudfront-limits"),
)
def function_too_large(ask: Ask) -> str | None:
    """The code is larger than 10 KB."""
    code = ask.get("FunctionCode", b"")
    return "The function is too large." if len(code) > 10_240 else None


@refusal(
    "cloudfront",
    "CreateResponseHeadersPolicy",
    code="ResponseHeadersPolicyAlreadyExists",
    source=API.format("CreateResponseHeadersPolicy"),
)
def headers_policy_that_exists(ask: Ask) -> str | None:
    """The account has a response headers policy of the name."""
    name = ask.get("ResponseHeadersPolicyConfig", {}).get("Name")
    names = {each.config["Name"] for each in headers_policies(ask.backend("cloudfront")).values()}
    return "A response headers policy with this name already exists in this AWS account." if name in names else None


@refusal(
    "cloudfront",
    "CreateResponseHeadersPolicy",
    "UpdateResponseHeadersPolicy",
    code="TooLongCSPInResponseHeadersPolicy",
    source=GUIDE.format("cloudfront-limits"),
)
def security_policy_too_long(ask: Ask) -> str | None:
    """The content security policy has more than 1,783 characters."""
    security = within(ask.get("ResponseHeadersPolicyConfig"), "SecurityHeadersConfig", "ContentSecurityPolicy")
    too_long = len(within(security, "ContentSecurityPolicy") or "") > LONGEST_POLICY
    return "The length of the Content-Security-Policy header value exceeds the maximum." if too_long else None


@refusal(
    "cloudfront",
    "CreateOriginAccessControl",
    code="OriginAccessControlAlreadyExists",
    source=API.format("CreateOriginAccessControl"),
)
def access_control_that_exists(ask: Ask) -> str | None:
    """The account has an origin access control of the name."""
    name = ask.get("OriginAccessControlConfig", {}).get("Name")
    held: Moto = ask.backend("cloudfront").origin_access_controls
    exists = name in {each.name for each in held.values()}
    return "An origin access control with this name already exists in this AWS account." if exists else None


@refusal("cloudfront", "DeleteFunction", code="FunctionInUse", source=API.format("DeleteFunction"))
def function_in_use(ask: Ask) -> str | None:
    """A distribution uses the function."""
    backend = ask.backend("cloudfront")
    found = functions(backend).get(ask.get("Name"))
    used = found is not None and found.arn in used_by(backend)
    return "Cannot delete the function because it's attached to one or more cache behaviors." if used else None


@refusal(
    "cloudfront",
    "DeleteResponseHeadersPolicy",
    code="ResponseHeadersPolicyInUse",
    source=API.format("DeleteResponseHeadersPolicy"),
)
def headers_policy_in_use(ask: Ask) -> str | None:
    """A distribution uses the policy."""
    used = ask.get("Id") in used_by(ask.backend("cloudfront"))
    return "Cannot delete the response headers policy because cache behaviors use it." if used else None


@refusal(
    "cloudfront",
    "DeleteOriginAccessControl",
    code="OriginAccessControlInUse",
    source=API.format("DeleteOriginAccessControl"),
)
def access_control_in_use(ask: Ask) -> str | None:
    """A distribution uses the origin access control."""
    used = ask.get("Id") in used_by(ask.backend("cloudfront"))
    return "Cannot delete the origin access control because it's in use by one or more distributions." if used else None


nothing_more(
    "cloudfront",
    CreateInvalidation="nothing beyond the model",
    TagResource="nothing beyond the model",
    UntagResource="nothing beyond the model",
    UpdateOriginAccessControl="moto refuses one that is not there",
)
