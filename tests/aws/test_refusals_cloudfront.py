"""Each refusal of CloudFront: a request that it refuses, and one that it lets pass."""

from typing import Any

import pytest

from tests.aws.emulator import self_signed
from tests.aws.refusals import cloudfront
from tests.aws.refused import Account

pytestmark = pytest.mark.aws

CODE = b"function handler(event) { return event.request; }"


def behavior(**others: Any) -> dict[str, Any]:  # noqa: ANN401  # parts of a request
    return {
        "TargetOriginId": "api",
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        **others,
    }


def origin(**others: Any) -> dict[str, Any]:  # noqa: ANN401  # parts of a request
    server = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only", **others.pop("server", {})}
    return {"Id": "api", "DomainName": "api.example.com", "CustomOriginConfig": server, **others}


def files(access: str) -> dict[str, Any]:
    return {
        "Id": "api",
        "DomainName": "one.s3.us-west-2.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        "OriginAccessControlId": access,
    }


def config(reference: str = "one", origins: list[dict[str, Any]] | None = None, **others: Any) -> dict[str, Any]:  # noqa: ANN401
    """A configuration that AWS takes."""
    held = origins or [origin()]
    return {
        "CallerReference": reference,
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": len(held), "Items": held},
        "DefaultCacheBehavior": behavior(),
        **others,
    }


def create(account: Account, **others: Any) -> dict[str, Any]:  # noqa: ANN401  # parts of a request
    return account.cloudfront.create_distribution(DistributionConfig=config(**others))


def certificate(account: Account, region: str) -> str:
    client = account.aws.client("acm", region=region)
    return client.import_certificate(**self_signed("app.example.com"))["CertificateArn"]


def named(arn: str) -> dict[str, Any]:
    viewer = {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}
    return {"Aliases": {"Quantity": 1, "Items": ["app.example.com"]}, "ViewerCertificate": viewer}


def function(account: Account, name: str = "one", code: bytes = CODE) -> dict[str, Any]:
    described = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    return account.cloudfront.create_function(Name=name, FunctionConfig=described, FunctionCode=code)


def arn_of(made: dict[str, Any]) -> str:
    return made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]


def associated(arn: str) -> dict[str, Any]:
    item = {"EventType": "viewer-request", "FunctionARN": arn}
    return behavior(FunctionAssociations={"Quantity": 1, "Items": [item]})


def headers(account: Account, name: str = "one", said: str = "default-src 'self'") -> dict[str, Any]:
    security = {"ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": said}}
    return account.cloudfront.create_response_headers_policy(
        ResponseHeadersPolicyConfig={"Name": name, "SecurityHeadersConfig": security}
    )


def access(account: Account, name: str = "one") -> str:
    asked = {
        "Name": name,
        "OriginAccessControlOriginType": "s3",
        "SigningBehavior": "always",
        "SigningProtocol": "sigv4",
    }
    made = account.cloudfront.create_origin_access_control(OriginAccessControlConfig=asked)
    return made["OriginAccessControl"]["Id"]


def test_names_without_a_certificate(account: Account) -> None:
    with account.refuses(cloudfront.names_without_a_certificate):
        create(account, Aliases={"Quantity": 1, "Items": ["app.example.com"]})
    create(account, **named(certificate(account, "us-east-1")))


def test_certificate_of_another_region(account: Account) -> None:
    with account.refuses(cloudfront.certificate_of_another_region):
        create(account, **named(certificate(account, "us-west-2")))
    create(account, **named(certificate(account, "us-east-1")))


def test_name_of_another_distribution(account: Account) -> None:
    arn = certificate(account, "us-east-1")
    made = create(account, **named(arn))
    with account.refuses(cloudfront.name_of_another_distribution):
        create(account, reference="two", **named(arn))
    account.cloudfront.update_distribution(
        Id=made["Distribution"]["Id"], IfMatch=made["ETag"], DistributionConfig=config(**named(arn))
    )


def test_behavior_without_its_origin(account: Account) -> None:
    with account.refuses(cloudfront.behavior_without_its_origin):
        create(account, DefaultCacheBehavior=behavior(TargetOriginId="site"))
    create(account)


def test_cache_policy_that_is_missing(account: Account) -> None:
    with account.refuses(cloudfront.cache_policy_that_is_missing):
        create(account, DefaultCacheBehavior=behavior(CachePolicyId="0a1b2c3d-0000-1111-2222-333344445555"))
    create(account)


def test_request_policy_that_is_missing(account: Account) -> None:
    with account.refuses(cloudfront.request_policy_that_is_missing):
        create(account, DefaultCacheBehavior=behavior(OriginRequestPolicyId="0a1b2c3d-0000-1111-2222-333344445555"))
    create(account, DefaultCacheBehavior=behavior(OriginRequestPolicyId="b689b0a8-53d0-40ab-baf2-68738e2966ac"))


def test_headers_policy_that_is_missing(account: Account) -> None:
    with account.refuses(cloudfront.headers_policy_that_is_missing):
        create(account, DefaultCacheBehavior=behavior(ResponseHeadersPolicyId="0a1b2c3d-0000-1111-2222-333344445555"))
    made = headers(account)["ResponseHeadersPolicy"]["Id"]
    create(account, DefaultCacheBehavior=behavior(ResponseHeadersPolicyId=made))


def test_function_that_is_not_published(account: Account) -> None:
    made = function(account)
    with account.refuses(cloudfront.function_that_is_not_published):
        create(account, DefaultCacheBehavior=associated(arn_of(made)))
    account.cloudfront.publish_function(Name="one", IfMatch=made["ETag"])
    create(account, DefaultCacheBehavior=associated(arn_of(made)))


def test_access_control_that_is_missing(account: Account) -> None:
    with account.refuses(cloudfront.access_control_that_is_missing):
        create(account, origins=[files("E0000000000000")])
    create(account, origins=[files(access(account))])


def test_web_acl_of_a_region(account: Account) -> None:
    visible = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "one"}
    asked: dict[str, Any] = {"Name": "one", "DefaultAction": {"Allow": {}}, "VisibilityConfig": visible}
    regional = account.wafv2.create_web_acl(Scope="REGIONAL", **asked)["Summary"]["ARN"]
    with account.refuses(cloudfront.web_acl_of_a_region):
        create(account, WebACLId=regional)
    waf = account.aws.client("wafv2", region="us-east-1")
    create(account, WebACLId=waf.create_web_acl(Scope="CLOUDFRONT", **asked)["Summary"]["ARN"])


def test_answer_awaited_for_too_long(account: Account) -> None:
    with account.refuses(cloudfront.answer_awaited_for_too_long):
        create(account, origins=[origin(server={"OriginReadTimeout": 121})])
    create(account, origins=[origin(server={"OriginReadTimeout": 120})])


def test_connection_kept_for_too_long(account: Account) -> None:
    with account.refuses(cloudfront.connection_kept_for_too_long):
        create(account, origins=[origin(server={"OriginKeepaliveTimeout": 121})])
    create(account, origins=[origin(server={"OriginKeepaliveTimeout": 120})])


@pytest.mark.parametrize("name", ["Host", "X-Edge-Location"])
def test_header_that_cloudfront_keeps_to_itself(account: Account, name: str) -> None:
    def sending(header: str) -> dict[str, Any]:
        return origin(CustomHeaders={"Quantity": 1, "Items": [{"HeaderName": header, "HeaderValue": "x"}]})

    with account.refuses(cloudfront.header_that_cloudfront_keeps_to_itself):
        create(account, origins=[sending(name)])
    create(account, origins=[sending("X-Origin-Verify")])


def test_logs_into_a_bucket_without_access_lists(account: Account) -> None:
    account.s3.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    logging = {"Enabled": True, "IncludeCookies": False, "Bucket": "logs.s3.amazonaws.com", "Prefix": ""}
    with account.refuses(cloudfront.logs_into_a_bucket_without_access_lists):
        create(account, Logging=logging)
    rule = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    account.s3.put_bucket_ownership_controls(Bucket="logs", OwnershipControls=rule)
    create(account, Logging=logging)


def test_distribution_that_is_enabled(account: Account) -> None:
    made = create(account)
    name = made["Distribution"]["Id"]
    with account.refuses(cloudfront.distribution_that_is_enabled):
        account.cloudfront.delete_distribution(Id=name, IfMatch=made["ETag"])
    disabled = account.cloudfront.update_distribution(
        Id=name, IfMatch=made["ETag"], DistributionConfig=config(Enabled=False)
    )
    account.cloudfront.delete_distribution(Id=name, IfMatch=disabled["ETag"])


def test_version_that_is_no_longer_there(account: Account) -> None:
    made = function(account)
    described = {"Comment": "second", "Runtime": "cloudfront-js-2.0"}
    account.cloudfront.update_function(Name="one", IfMatch=made["ETag"], FunctionConfig=described, FunctionCode=CODE)
    with account.refuses(cloudfront.version_that_is_no_longer_there):
        account.cloudfront.publish_function(Name="one", IfMatch=made["ETag"])
    now = account.cloudfront.describe_function(Name="one")["ETag"]
    account.cloudfront.publish_function(Name="one", IfMatch=now)


def test_function_that_exists(account: Account) -> None:
    function(account)
    with account.refuses(cloudfront.function_that_exists):
        function(account)
    function(account, "two")


def test_function_too_large(account: Account) -> None:
    with account.refuses(cloudfront.function_too_large):
        function(account, code=CODE + b" " * 10_240)
    function(account, code=CODE + b" " * 1000)


def test_headers_policy_that_exists(account: Account) -> None:
    headers(account)
    with account.refuses(cloudfront.headers_policy_that_exists):
        headers(account)
    headers(account, "two")


def test_security_policy_too_long(account: Account) -> None:
    with account.refuses(cloudfront.security_policy_too_long):
        headers(account, said="x" * 1784)
    headers(account, said="x" * 1783)


def test_access_control_that_exists(account: Account) -> None:
    access(account)
    with account.refuses(cloudfront.access_control_that_exists):
        access(account)
    access(account, "two")


def test_function_in_use(account: Account) -> None:
    made = function(account)
    account.cloudfront.publish_function(Name="one", IfMatch=made["ETag"])
    create(account, DefaultCacheBehavior=associated(arn_of(made)))
    with account.refuses(cloudfront.function_in_use):
        account.cloudfront.delete_function(Name="one", IfMatch=made["ETag"])
    other = function(account, "two")
    account.cloudfront.delete_function(Name="two", IfMatch=other["ETag"])


def test_headers_policy_in_use(account: Account) -> None:
    made = headers(account)
    name = made["ResponseHeadersPolicy"]["Id"]
    create(account, DefaultCacheBehavior=behavior(ResponseHeadersPolicyId=name))
    with account.refuses(cloudfront.headers_policy_in_use):
        account.cloudfront.delete_response_headers_policy(Id=name, IfMatch=made["ETag"])
    other = headers(account, "two")
    account.cloudfront.delete_response_headers_policy(Id=other["ResponseHeadersPolicy"]["Id"], IfMatch=other["ETag"])


def test_access_control_in_use(account: Account) -> None:
    name = access(account)
    create(account, origins=[files(name)])
    etag = account.cloudfront.get_origin_access_control(Id=name)["ETag"]
    with account.refuses(cloudfront.access_control_in_use):
        account.cloudfront.delete_origin_access_control(Id=name, IfMatch=etag)
    other = access(account, "two")
    etag = account.cloudfront.get_origin_access_control(Id=other)["ETag"]
    account.cloudfront.delete_origin_access_control(Id=other, IfMatch=etag)
