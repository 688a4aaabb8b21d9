"""CloudFront, as far as moto lacks it: what was sent is what is answered, functions have two stages, headers policies.

moto keeps a part of a distribution and answers defaults for the rest, has functions that cannot be published, and no
response headers policies. Here each is the configuration that was sent, with the defaults that AWS adds.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import CloudFrontBackend, random_id
from moto.cloudfront.responses import CloudFrontResponse
from moto.cloudfront.urls import url_paths
from moto.core.responses import ActionResult, EmptyResult

Json = dict[str, Any]

MOMENT: Final = "2026-11-26T10:00:00Z"
ROOT: Final = "https://cloudfront.amazonaws.com/2020-05-31"

DEFAULTS: Final[Json] = {
    "Aliases": {"Quantity": 0},
    "CacheBehaviors": {"Quantity": 0},
    "ContinuousDeploymentPolicyId": "",
    "CustomErrorResponses": {"Quantity": 0},
    "DefaultRootObject": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": True,
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "OriginGroups": {"Quantity": 0},
    "PriceClass": "PriceClass_All",
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "Staging": False,
    "WebACLId": "",
}
"""What AWS answers of a distribution that was created without it."""
OF_BEHAVIORS: Final[Json] = {
    "Compress": False,
    "FieldLevelEncryptionId": "",
    "FunctionAssociations": {"Quantity": 0},
    "LambdaFunctionAssociations": {"Quantity": 0},
    "SmoothStreaming": False,
    "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
    "TrustedSigners": {"Enabled": False, "Quantity": 0},
}
OF_ORIGINS: Final[Json] = {
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "CustomHeaders": {"Quantity": 0},
    "OriginAccessControlId": "",
    "OriginPath": "",
    "OriginShield": {"Enabled": False},
}


def install() -> None:
    """Put the additions into moto. Once in a process."""
    for method in (
        create_distribution,
        create_distribution_with_tags,
        get_distribution,
        get_distribution_config,
        list_distributions,
        update_distribution,
        delete_distribution,
        create_invalidation,
        create_function,
        describe_function,
        get_function,
        list_functions,
        update_function,
        publish_function,
        delete_function,
        create_response_headers_policy,
        get_response_headers_policy,
        get_response_headers_policy_config,
        update_response_headers_policy,
        list_response_headers_policies,
        delete_response_headers_policy,
    ):
        setattr(CloudFrontResponse, method.__name__, method)
    dispatch: Any = CloudFrontResponse.dispatch
    for path in (
        "function/(?P<function_name>[^/]+)/publish$",
        "response-headers-policy$",
        "response-headers-policy/(?P<policy_id>[^/]+)$",
        "response-headers-policy/(?P<policy_id>[^/]+)/config$",
    ):
        cast("Any", url_paths)[f"{{0}}/2020-05-31/{path}"] = dispatch


def filled(config: Json) -> Json:
    """The configuration of a distribution with what AWS adds."""
    found = {**copy.deepcopy(DEFAULTS), **config}
    found["DefaultCacheBehavior"] = {**OF_BEHAVIORS, **config["DefaultCacheBehavior"]}
    behaviors = config.get("CacheBehaviors", {})
    if behaviors.get("Items"):
        found["CacheBehaviors"] = {**behaviors, "Items": [{**OF_BEHAVIORS, **each} for each in behaviors["Items"]]}
    origins = config["Origins"]
    found["Origins"] = {**origins, "Items": [{**OF_ORIGINS, **each} for each in origins["Items"]]}
    certificate = config.get("ViewerCertificate") or {"CloudFrontDefaultCertificate": True}
    if certificate.get("CloudFrontDefaultCertificate"):  # whatever was asked for, AWS says this
        certificate = {**certificate, "MinimumProtocolVersion": "TLSv1", "CertificateSource": "cloudfront"}
    found["ViewerCertificate"] = certificate
    return found


class NotThere(CloudFrontException):
    """`NoSuch…`, with the status that CloudFront has for it."""

    def __init__(self, code: str) -> None:
        super().__init__(code, "The specified resource does not exist.")


@dataclass
class Distribution:
    """A distribution, with the names by which moto lists what has tags."""

    account: str
    config: Json
    distribution_id: str = field(default_factory=random_id)
    name: str = field(default_factory=lambda: f"d{random_id(uppercase=False)}")
    etag: str = field(default_factory=random_id)

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudfront::{self.account}:distribution/{self.distribution_id}"

    def answer(self) -> Json:
        return {
            "Id": self.distribution_id,
            "ARN": self.arn,
            "Status": "Deployed",  # at once: the provider would wait for it
            "LastModifiedTime": MOMENT,
            "InProgressInvalidationBatches": 0,
            "DomainName": f"{self.name}.cloudfront.net",
            "ActiveTrustedSigners": {"Enabled": False, "Quantity": 0},
            "ActiveTrustedKeyGroups": {"Enabled": False, "Quantity": 0},
            "DistributionConfig": self.config,
        }


@dataclass
class Stage:
    """A function as it is in development, or as it serves."""

    config: Json
    code: bytes
    etag: str = field(default_factory=random_id)


@dataclass
class Function:
    """A function: what was last sent, and what was last published."""

    account: str
    name: str
    development: Stage
    live: Stage | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudfront::{self.account}:function/{self.name}"

    def summary(self, stage: str, held: Stage) -> Json:
        published = self.live is not None and self.live.code == held.code
        return {
            "Name": self.name,
            "Status": "UNASSOCIATED" if published else "UNPUBLISHED",
            "FunctionConfig": held.config,
            "FunctionMetadata": {
                "FunctionARN": self.arn,
                "Stage": stage,
                "CreatedTime": MOMENT,
                "LastModifiedTime": MOMENT,
            },
        }


@dataclass
class HeadersPolicy:
    """A response headers policy."""

    config: Json
    id: str = field(default_factory=lambda: _uuid(random_id(uppercase=False, length=32)))
    etag: str = field(default_factory=random_id)

    def answer(self) -> Json:
        return {"Id": self.id, "LastModifiedTime": MOMENT, "ResponseHeadersPolicyConfig": self.config}


def _uuid(text: str) -> str:
    digits = "".join(f"{ord(each) % 16:x}" for each in text)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))


def headers_policies(backend: Any) -> dict[str, HeadersPolicy]:  # noqa: ANN401  # of moto
    """The policies of an account; held by moto's backend, so that its reset empties them."""
    return backend.__dict__.setdefault("response_headers_policies", {})


def _asked(self: CloudFrontResponse, name: str) -> Any:  # noqa: ANN401  # any value of a request
    """A parameter of the request."""
    return cast("Any", self)._get_param(name)  # moto's way


# ---- distributions -------------------------------------------------------------------------------------------------


def create_distribution(self: CloudFrontResponse) -> ActionResult:
    return _created(self, _asked(self, "DistributionConfig"), [])


def create_distribution_with_tags(self: CloudFrontResponse) -> ActionResult:
    asked = _asked(self, "DistributionConfigWithTags")
    return _created(self, asked["DistributionConfig"], asked["Tags"].get("Items") or [])


def _created(self: CloudFrontResponse, config: Json, tags: list[dict[str, str]]) -> ActionResult:
    backend: CloudFrontBackend = self.backend
    made = Distribution(backend.account_id, filled(config))
    cast("Any", backend).distributions[made.distribution_id] = made
    backend.tagger.tag_resource(made.arn, tags)
    where = f"{ROOT}/distribution/{made.distribution_id}"
    return ActionResult({"Distribution": made.answer(), "ETag": made.etag, "Location": where})


def _distribution(self: CloudFrontResponse) -> Distribution:
    found = cast("Any", self.backend).distributions.get(_asked(self, "Id"))
    if found is None:
        raise NotThere("NoSuchDistribution")
    return found


def get_distribution(self: CloudFrontResponse) -> ActionResult:
    found = _distribution(self)
    return ActionResult({"Distribution": found.answer(), "ETag": found.etag})


def get_distribution_config(self: CloudFrontResponse) -> ActionResult:
    found = _distribution(self)
    return ActionResult({"DistributionConfig": found.config, "ETag": found.etag})


def list_distributions(self: CloudFrontResponse) -> ActionResult:
    found: list[Distribution] = list(cast("Any", self.backend).distributions.values())
    items = [{**each.config, **each.answer()} for each in found]
    listed = {"Marker": "", "MaxItems": 100, "IsTruncated": False, "Quantity": len(items), "Items": items or None}
    return ActionResult({"DistributionList": listed})


def update_distribution(self: CloudFrontResponse) -> ActionResult:
    found = _distribution(self)
    found.config, found.etag = filled(_asked(self, "DistributionConfig")), random_id()
    return ActionResult({"Distribution": found.answer(), "ETag": found.etag})


def delete_distribution(self: CloudFrontResponse) -> EmptyResult:
    found = _distribution(self)
    del cast("Any", self.backend).distributions[found.distribution_id]
    return EmptyResult()


def create_invalidation(self: CloudFrontResponse) -> ActionResult:
    found = cast("Any", self.backend).distributions.get(_asked(self, "DistributionId"))
    if found is None:
        raise NotThere("NoSuchDistribution")
    made = {
        "Id": random_id(),
        "Status": "InProgress",
        "CreateTime": MOMENT,
        "InvalidationBatch": _asked(self, "InvalidationBatch"),
    }
    where = f"{ROOT}/distribution/{found.distribution_id}/invalidation/{made['Id']}"
    return ActionResult({"Invalidation": made, "Location": where})


# ---- functions -----------------------------------------------------------------------------------------------------


def list_functions(self: CloudFrontResponse) -> ActionResult:
    found = functions(self.backend).values()
    items = [each.summary("DEVELOPMENT", each.development) for each in found]
    return ActionResult({"FunctionList": {"MaxItems": 100, "Quantity": len(items), "Items": items or None}})


def functions(backend: Any) -> dict[str, Function]:  # noqa: ANN401  # of moto
    """The functions of an account, by name."""
    return backend.functions


def _function(self: CloudFrontResponse) -> tuple[Function, str, Stage]:
    """The function that is asked for, and its stage."""
    found = functions(self.backend).get(_asked(self, "Name"))
    stage = _asked(self, "Stage") or "DEVELOPMENT"
    held = found and (found.live if stage == "LIVE" else found.development)
    if found is None or held is None:
        raise NotThere("NoSuchFunctionExists")
    return found, stage, held


def create_function(self: CloudFrontResponse) -> ActionResult:
    name = _asked(self, "Name")
    sent = Stage(_asked(self, "FunctionConfig"), _asked(self, "FunctionCode"))
    made = functions(self.backend)[name] = Function(self.backend.account_id, name, sent)
    summary = made.summary("DEVELOPMENT", sent)
    return ActionResult({"FunctionSummary": summary, "Location": f"{ROOT}/function/{name}", "ETag": sent.etag})


def describe_function(self: CloudFrontResponse) -> ActionResult:
    found, stage, held = _function(self)
    return ActionResult({"FunctionSummary": found.summary(stage, held), "ETag": held.etag})


def get_function(self: CloudFrontResponse) -> ActionResult:
    _, _, held = _function(self)
    return ActionResult({"FunctionCode": held.code, "ETag": held.etag, "ContentType": "application/octet-stream"})


def update_function(self: CloudFrontResponse) -> ActionResult:
    found, stage, _ = _function(self)
    found.development = Stage(_asked(self, "FunctionConfig"), _asked(self, "FunctionCode"))
    summary = found.summary(stage, found.development)
    return ActionResult({"FunctionSummary": summary, "ETag": found.development.etag})


def publish_function(self: CloudFrontResponse) -> ActionResult:
    found, _, held = _function(self)
    found.live = Stage(held.config, held.code)
    return ActionResult({"FunctionSummary": found.summary("LIVE", found.live)})


def delete_function(self: CloudFrontResponse) -> EmptyResult:
    found, _, _ = _function(self)
    del functions(self.backend)[found.name]
    return EmptyResult()


# ---- response headers policies -------------------------------------------------------------------------------------


def create_response_headers_policy(self: CloudFrontResponse) -> ActionResult:
    made = HeadersPolicy(_asked(self, "ResponseHeadersPolicyConfig"))
    headers_policies(self.backend)[made.id] = made
    where = f"{ROOT}/response-headers-policy/{made.id}"
    return ActionResult({"ResponseHeadersPolicy": made.answer(), "ETag": made.etag, "Location": where})


def _policy(self: CloudFrontResponse) -> HeadersPolicy:
    found = headers_policies(self.backend).get(_asked(self, "Id"))
    if found is None:
        raise NotThere("NoSuchResponseHeadersPolicy")
    return found


def get_response_headers_policy(self: CloudFrontResponse) -> ActionResult:
    found = _policy(self)
    return ActionResult({"ResponseHeadersPolicy": found.answer(), "ETag": found.etag})


def get_response_headers_policy_config(self: CloudFrontResponse) -> ActionResult:
    found = _policy(self)
    return ActionResult({"ResponseHeadersPolicyConfig": found.config, "ETag": found.etag})


def update_response_headers_policy(self: CloudFrontResponse) -> ActionResult:
    found = _policy(self)
    found.config, found.etag = _asked(self, "ResponseHeadersPolicyConfig"), random_id()
    return ActionResult({"ResponseHeadersPolicy": found.answer(), "ETag": found.etag})


def list_response_headers_policies(self: CloudFrontResponse) -> ActionResult:
    items = [{"Type": "custom", "ResponseHeadersPolicy": each.answer()} for each in _policies(self)]
    listed = {"MaxItems": 100, "Quantity": len(items), "Items": items or None}
    return ActionResult({"ResponseHeadersPolicyList": listed})


def _policies(self: CloudFrontResponse) -> list[HeadersPolicy]:
    return list(headers_policies(self.backend).values())


def delete_response_headers_policy(self: CloudFrontResponse) -> EmptyResult:
    found = _policy(self)
    del headers_policies(self.backend)[found.id]
    return EmptyResult()


def used_by(backend: Any) -> Mapping[str, str]:  # noqa: ANN401  # of moto
    """What the distributions of an account use, by ID or ARN, with the distribution that does."""
    found: dict[str, str] = {}
    for each in cast("dict[str, Distribution]", backend.distributions).values():
        for origin in each.config["Origins"]["Items"]:
            found[origin["OriginAccessControlId"]] = each.distribution_id
        for behavior in behaviors(each.config):
            found[behavior.get("ResponseHeadersPolicyId", "")] = each.distribution_id
            for association in behavior.get("FunctionAssociations", {}).get("Items") or ():
                found[association["FunctionARN"]] = each.distribution_id
    return found


def behaviors(config: Json) -> list[Json]:
    """The cache behaviors of a configuration, the default one first."""
    return [config.get("DefaultCacheBehavior") or {}, *(config.get("CacheBehaviors", {}).get("Items") or ())]
