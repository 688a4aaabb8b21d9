"""CloudFront: the distribution, its access to the bucket, its function, and its headers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from miyabi_infra.aws.readers.beside import beside
from miyabi_infra.aws.readers.common import Json, block, part, set_check
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, Unresolved, World, compared, unordered
from miyabi_infra.stacks import Resource, Value
from miyabi_infra.stacks.platform import mappings

ZONE: Final = "Z2FDTNDATAQYW2"
"""The hosted zone ID of every distribution (Route 53 API reference, `AliasTarget`)."""


def _listed(world: World, operation: str, key: str, **arguments: str) -> Iterator[Json]:
    """The items of all pages of a list, which CloudFront puts one level deeper than other services."""
    marker: dict[str, str] = {}
    while True:
        page: Json = world.ask("cloudfront", operation, **arguments, **marker)[key]
        yield from page.get("Items") or ()
        if not page.get("NextMarker"):
            return
        marker = {"Marker": str(page["NextMarker"])}


# ---- distribution ----------------------------------------------------------------------------------------------------


def _distribution(resource: Resource, world: World) -> Found | None:
    """Found by its origin: the bucket, whose name is unique in all of AWS."""
    names = {
        str(world.value(each.get("domain_name")))
        for each in resource.blocks("origin")
        if not each.get("custom_origin_config")
    }
    for each in _listed(world, "list_distributions", "DistributionList"):
        if names & {origin["DomainName"] for origin in each["Origins"]["Items"]}:
            return _described(resource, world, str(each["Id"]))
    return None


def _described(resource: Resource, world: World, name: str) -> Found:
    held: Json = world.ask("cloudfront", "get_distribution", Id=name)["Distribution"]
    config: Json = held["DistributionConfig"]
    logging = part(config, "Logging")
    logs = {"bucket": logging.get("Bucket"), "include_cookies": logging.get("IncludeCookies", False)}
    if logging.get("Prefix"):
        logs["prefix"] = logging["Prefix"]
    restriction: Json = config["Restrictions"]["GeoRestriction"]
    restricted: dict[str, Any] = {"restriction_type": restriction["RestrictionType"]}
    if restriction.get("Items"):
        restricted["locations"] = unordered(restriction["Items"])
    checks = [
        *world.checks(
            resource,
            {
                "comment": config["Comment"],
                "default_root_object": config.get("DefaultRootObject", ""),
                "enabled": config["Enabled"],
                "http_version": str(config["HttpVersion"]).lower(),
                "is_ipv6_enabled": config["IsIPV6Enabled"],
                "logging_config": logs if logging.get("Enabled") else None,
                "price_class": config["PriceClass"],
                "restrictions": {"geo_restriction": restricted},
                "web_acl_id": config.get("WebACLId") or "",
            },
            logging_config=None,
            web_acl_id="",
        ),
        set_check("aliases", resource, world, config["Aliases"].get("Items")),
        *_certificate(resource, world, config["ViewerCertificate"]),
        *_errors(resource, config.get("CustomErrorResponses") or {}),
        *_behaviors(resource, world, config),
        *_origins(resource, world, config),
    ]
    arn = str(held["ARN"])
    tags: Json = world.ask("cloudfront", "list_tags_for_resource", Resource=arn)["Tags"]
    known = {"id": name, "arn": arn, "domain_name": held["DomainName"], "hosted_zone_id": ZONE}
    found = Found(known, checks + world.tags(resource, tags.get("Items")))
    generated = {str(each.get("origin_id")) for each in resource.blocks("origin")}
    found.extras.extend(
        Extra(f"origin {each['Id']}") for each in config["Origins"]["Items"] if each["Id"] not in generated
    )
    found.extras.extend(beside(resource.type, config))
    for each in (config["DefaultCacheBehavior"], *(config["CacheBehaviors"].get("Items") or ())):
        of = f"the cache behavior {each.get('PathPattern') or 'default'}"
        found.extras.extend(Extra(f"{extra.text} of {of}") for extra in beside("cache behavior", each))
    for each in config["Origins"]["Items"]:
        found.extras.extend(Extra(f"{extra.text} of origin {each['Id']}") for extra in beside("origin", each))
    return found


_CERTIFICATE: Final = {
    "acm_certificate_arn": "ACMCertificateArn",
    "minimum_protocol_version": "MinimumProtocolVersion",
    "ssl_support_method": "SSLSupportMethod",
}


def _certificate(resource: Resource, world: World, held: Json) -> Iterator[Compared]:
    generated = world.value(block(resource, "viewer_certificate"))
    if held.get("CloudFrontDefaultCertificate"):
        found: dict[str, Any] = {"cloudfront_default_certificate": True}
    else:
        found = {name: held.get(key) for name, key in _CERTIFICATE.items()}
    yield from _same("viewer_certificate", generated, found)


def _same(name: str, generated: Any, found: Any) -> list[Compared]:  # noqa: ANN401  # JSON
    """The differences of an argument; none where it refers to what does not exist."""
    if isinstance(generated, Unresolved):
        return [Compared(name, generated, found)]
    return compared(name, generated, found)


def _errors(resource: Resource, held: Json) -> Iterator[Compared]:
    """What CloudFront makes of errors, by their code."""
    generated = {
        str(each.get("error_code")): {
            "error_caching_min_ttl": each.get("error_caching_min_ttl"),
            "response_code": str(each.get("response_code") or ""),
            "response_page_path": each.get("response_page_path") or "",
        }
        for each in resource.blocks("custom_error_response")
    }
    found = {
        str(each["ErrorCode"]): {
            "error_caching_min_ttl": each.get("ErrorCachingMinTTL"),
            "response_code": str(each.get("ResponseCode") or ""),
            "response_page_path": each.get("ResponsePagePath") or "",
        }
        for each in held.get("Items") or ()
    }
    yield from _same("custom_error_response", generated, found)


_BEHAVIOR: Final = {
    "cache_policy_id": "CachePolicyId",
    "compress": "Compress",
    "origin_request_policy_id": "OriginRequestPolicyId",
    "path_pattern": "PathPattern",
    "response_headers_policy_id": "ResponseHeadersPolicyId",
    "target_origin_id": "TargetOriginId",
    "viewer_protocol_policy": "ViewerProtocolPolicy",
}


def _behaviors(resource: Resource, world: World, config: Json) -> Iterator[Compared]:
    """The cache behaviors, in the order in which CloudFront tries them."""
    for name, held in (
        ("default_cache_behavior", [config["DefaultCacheBehavior"]]),
        ("ordered_cache_behavior", config["CacheBehaviors"].get("Items") or []),
    ):
        generated = world.value(tuple(map(_generated, resource.blocks(name))))
        yield from _same(name, generated, [_behavior(each) for each in cast("list[Json]", held)])


def _behavior(held: Json) -> dict[str, Any]:
    methods: Json = held.get("AllowedMethods") or {}
    functions: Json = held.get("FunctionAssociations") or {}
    return {
        **{name: held.get(key) or "" for name, key in _BEHAVIOR.items()},
        "allowed_methods": unordered(methods.get("Items")),
        "cached_methods": unordered(part(methods, "CachedMethods").get("Items")),
        "functions": {each["EventType"]: each["FunctionARN"] for each in functions.get("Items") or ()},
    }


def _generated(behavior: Mapping[str, Value]) -> Mapping[str, Value]:
    """The same for a generated behavior; references are still in it."""
    return {
        **{name: behavior.get(name) or "" for name in _BEHAVIOR},
        "allowed_methods": tuple(unordered(behavior.get("allowed_methods"))),
        "cached_methods": tuple(unordered(behavior.get("cached_methods"))),
        "functions": {
            str(each.get("event_type")): each.get("function_arn")
            for each in mappings(behavior.get("function_association"))
        },
    }


_CUSTOM: Final = {
    "http_port": "HTTPPort",
    "https_port": "HTTPSPort",
    "origin_keepalive_timeout": "OriginKeepaliveTimeout",
    "origin_protocol_policy": "OriginProtocolPolicy",
    "origin_read_timeout": "OriginReadTimeout",
}


def _origins(resource: Resource, world: World, config: Json) -> Iterator[Compared]:
    """Each origin; of its headers the names, because their values are secrets that no file has."""
    held: dict[str, Json] = {each["Id"]: each for each in config["Origins"]["Items"]}
    for each in resource.blocks("origin"):
        name = str(each.get("origin_id"))
        found, path = held.get(name), f"origin.{name}"
        if found is None:
            yield Compared(path, generated=True, found=False)
            continue
        yield Compared(f"{path}.domain_name", world.value(each.get("domain_name")), found["DomainName"])
        yield Compared(
            f"{path}.origin_access_control_id",
            world.value(each.get("origin_access_control_id")) or "",
            found.get("OriginAccessControlId") or "",
        )
        sent: Sequence[Json] = part(found, "CustomHeaders").get("Items") or ()
        names = [str(header.get("name")) for header in mappings(each.get("custom_header"))]
        yield Compared(f"{path}.custom_header", sorted(names), sorted(str(header["HeaderName"]) for header in sent))
        for custom in mappings(each.get("custom_origin_config")):
            server = part(found, "CustomOriginConfig")
            protocols = part(server, "OriginSslProtocols").get("Items")
            now = {name: server.get(key) for name, key in _CUSTOM.items()}
            now["origin_ssl_protocols"] = unordered(protocols)
            yield from compared(f"{path}.custom_origin_config", world.value(custom), now)


# ---- what it uses ----------------------------------------------------------------------------------------------------


def _access_control(resource: Resource, world: World) -> Found | None:
    for each in _listed(world, "list_origin_access_controls", "OriginAccessControlList"):
        if each["Name"] == resource.get("name"):
            checks = world.checks(
                resource,
                {
                    "name": each["Name"],
                    "description": each.get("Description", ""),
                    "origin_access_control_origin_type": each["OriginAccessControlOriginType"],
                    "signing_behavior": each["SigningBehavior"],
                    "signing_protocol": each["SigningProtocol"],
                },
            )
            return Found({"id": each["Id"]}, checks)
    return None


def _function(resource: Resource, world: World) -> Found | None:
    """The function as it serves: what is published."""
    name = str(resource.get("name"))
    summary = world.optional("cloudfront", "describe_function", Name=name, Stage="LIVE")
    exists = summary or world.ask("cloudfront", "describe_function", Name=name, Stage="DEVELOPMENT")
    held: Json = exists["FunctionSummary"]
    checks = world.checks(
        resource,
        {
            "name": held["Name"],
            "comment": held["FunctionConfig"].get("Comment", ""),
            "runtime": held["FunctionConfig"]["Runtime"],
            "publish": summary is not None,
        },
    )
    if summary is not None:
        code: Any = world.ask("cloudfront", "get_function", Name=name, Stage="LIVE")["FunctionCode"]
        text = code if isinstance(code, bytes) else code.read()
        checks += world.checks(resource, {"code": text.decode()})
    return Found({"id": name, "arn": held["FunctionMetadata"]["FunctionARN"]}, checks)


_HEADERS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "content_security_policy": ("ContentSecurityPolicy", {"content_security_policy": "ContentSecurityPolicy"}),
    "content_type_options": ("ContentTypeOptions", {}),
    "frame_options": ("FrameOptions", {"frame_option": "FrameOption"}),
    "referrer_policy": ("ReferrerPolicy", {"referrer_policy": "ReferrerPolicy"}),
    "strict_transport_security": (
        "StrictTransportSecurity",
        {
            "access_control_max_age_sec": "AccessControlMaxAgeSec",
            "include_subdomains": "IncludeSubdomains",
            "preload": "Preload",
        },
    ),
}
"""Security headers: their names in AWS, and those of their arguments; each also has `override`."""


def _headers_policy(resource: Resource, world: World) -> Found | None:
    for each in _listed(world, "list_response_headers_policies", "ResponseHeadersPolicyList", Type="custom"):
        policy: Json = each["ResponseHeadersPolicy"]
        config: Json = policy["ResponseHeadersPolicyConfig"]
        if config["Name"] != resource.get("name"):
            continue
        security: Json = config.get("SecurityHeadersConfig") or {}
        found = {
            name: {
                **{argument: security[key].get(there) for argument, there in arguments.items()},
                "override": security[key]["Override"],
            }
            for name, (key, arguments) in _HEADERS.items()
            if security.get(key)
        }
        checks = [
            *world.checks(resource, {"name": config["Name"], "comment": config.get("Comment", "")}),
            *compared("security_headers_config", world.value(block(resource, "security_headers_config")), found),
        ]
        return Found({"id": policy["Id"]}, checks, list(beside(resource.type, config)))
    return None


READERS: Final[Mapping[str, Reader]] = {
    "aws_cloudfront_distribution": _distribution,
    "aws_cloudfront_function": _function,
    "aws_cloudfront_origin_access_control": _access_control,
    "aws_cloudfront_response_headers_policy": _headers_policy,
}
