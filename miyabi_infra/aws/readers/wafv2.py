"""WAF: web ACLs, their lists of addresses, where they are used, and what they log."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from miyabi_infra.aws.readers.beside import beside
from miyabi_infra.aws.readers.common import Json, block, part, set_check
from miyabi_infra.aws.world import Compared, Found, Reader, Unresolved, World, compared, unordered
from miyabi_infra.stacks import Resource


def _listed(resource: Resource, world: World, operation: str, key: str) -> Json | None:
    """What a list of a scope has of the resource's name."""
    marker: dict[str, str] = {}
    while True:
        page = world.ask("wafv2", operation, Scope=str(resource.get("scope")), **marker)
        for each in page.get(key) or ():
            if each["Name"] == resource.get("name"):
                return each
        if not page.get("NextMarker"):
            return None
        marker = {"NextMarker": str(page["NextMarker"])}


def _tags(resource: Resource, arn: str, world: World) -> list[Compared]:
    answer = world.ask("wafv2", "list_tags_for_resource", ResourceARN=arn)
    return world.tags(resource, part(answer, "TagInfoForResource").get("TagList"))


def _ip_set(resource: Resource, world: World) -> Found | None:
    listed = _listed(resource, world, "list_ip_sets", "IPSets")
    if listed is None:
        return None
    scope = str(resource.get("scope"))
    held: Json = world.ask("wafv2", "get_ip_set", Name=listed["Name"], Id=listed["Id"], Scope=scope)["IPSet"]
    checks = [
        *world.checks(
            resource,
            {
                "name": held["Name"],
                "scope": scope,
                "ip_address_version": held["IPAddressVersion"],
                "description": held.get("Description") or "",
            },
            description="",
        ),
        set_check("addresses", resource, world, held.get("Addresses")),
    ]
    arn = str(held["ARN"])
    known = {"id": held["Id"], "arn": arn, "name": held["Name"], "scope": scope}
    return Found(known, checks + _tags(resource, arn, world))


# ---- web ACL ---------------------------------------------------------------------------------------------------------

_WORDS: Final = {
    "ARN": "arn",
    "CloudWatchMetricsEnabled": "cloudwatch_metrics_enabled",
    "IPSetReferenceStatement": "ip_set_reference_statement",
    "RuleActionOverrides": "rule_action_override",
    "TextTransformations": "text_transformation",
}
"""Words of AWS's that Terraform does not just write in lower case with underscores."""


def _word(name: str) -> str:
    return _WORDS.get(name) or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _in_terraforms_words(value: Any) -> Any:  # noqa: ANN401  # JSON
    """A part of an answer with the names of Terraform's arguments; what AWS leaves empty is left out."""
    if isinstance(value, Mapping):
        held = cast("Mapping[str, Any]", value)
        return {_word(name): _in_terraforms_words(each) for name, each in held.items() if each is not None}
    if isinstance(value, list):
        return [_in_terraforms_words(each) for each in cast("Sequence[Any]", value)]
    return value


def _web_acl(resource: Resource, world: World) -> Found | None:
    listed = _listed(resource, world, "list_web_acls", "WebACLs")
    if listed is None:
        return None
    scope = str(resource.get("scope"))
    held: Json = world.ask("wafv2", "get_web_acl", Name=listed["Name"], Id=listed["Id"], Scope=scope)["WebACL"]
    checks = [
        *world.checks(
            resource,
            {
                "name": held["Name"],
                "scope": scope,
                "description": held.get("Description") or "",
                "default_action": _in_terraforms_words(held["DefaultAction"]),
                "visibility_config": _in_terraforms_words(held["VisibilityConfig"]),
            },
            description="",
        ),
        *_rules(resource, world, held.get("Rules") or ()),
    ]
    arn = str(held["ARN"])
    known = {"id": held["Id"], "arn": arn, "name": held["Name"], "scope": scope}
    return Found(known, checks + _tags(resource, arn, world), list(beside(resource.type, held)))


def _without_tests(rule: Json) -> Json:
    """A rule without the settings of puzzles for browsers, where they are empty."""
    return {name: each for name, each in rule.items() if each or name not in {"CaptchaConfig", "ChallengeConfig"}}


def _rules(resource: Resource, world: World, held: Sequence[Json]) -> Iterator[Compared]:
    """The rules, by name: what changes in one is told of this one."""
    generated = world.value(tuple(resource.blocks("rule")))
    if isinstance(generated, Unresolved):
        yield Compared("rule", generated, None)
        return
    by_name = {str(each["name"]): each for each in cast("Sequence[Json]", generated)}
    found = {str(each["Name"]): _in_terraforms_words(_without_tests(each)) for each in held}
    for name in dict.fromkeys([*by_name, *found]):
        yield from compared(f"rule.{name}", by_name.get(name), found.get(name))


def _association(resource: Resource, world: World) -> Found | None:
    balancer = world.value(resource.get("resource_arn"))
    if isinstance(balancer, Unresolved):
        return None
    held = world.ask("wafv2", "get_web_acl_for_resource", ResourceArn=balancer).get("WebACL")
    if not held:
        return None
    checks = world.checks(resource, {"resource_arn": balancer, "web_acl_arn": held["ARN"]})
    return Found({"id": f"{held['ARN']},{balancer}"}, checks)


_REDACTED: Final = {"QueryString": "query_string", "UriPath": "uri_path", "Method": "method"}


def _logging(resource: Resource, world: World) -> Found | None:
    acl = world.value(resource.get("resource_arn"))
    if isinstance(acl, Unresolved):
        return None
    answer = world.optional("wafv2", "get_logging_configuration", ResourceArn=acl)
    if answer is None:
        return None
    held: Json = answer["LoggingConfiguration"]
    targets = [str(each).removesuffix(":*") for each in held.get("LogDestinationConfigs") or ()]
    filtered = _filter(held.get("LoggingFilter"))
    redacted = [
        f"header {each['SingleHeader']['Name']}" if each.get("SingleHeader") else _REDACTED[next(iter(each))]
        for each in held.get("RedactedFields") or ()
    ]
    generated = [
        f"header {block_of['name']}" if block_of else next(iter(each))
        for each in resource.blocks("redacted_fields")
        for block_of in (cast("Json | None", each.get("single_header")),)
    ]
    checks = [
        *world.checks(resource, {"resource_arn": held["ResourceArn"], "log_destination_configs": targets}),
        Compared("redacted_fields", sorted(generated), sorted(redacted)),
        *compared("logging_filter", _generated_filter(resource), filtered),
    ]
    return Found({"id": acl}, checks)


def _filter(held: Json | None) -> Any:  # noqa: ANN401  # JSON
    """What of the requests is logged: what happens to others, and the actions of those that are kept or dropped."""
    if not held:
        return None
    return {
        "default_behavior": held["DefaultBehavior"],
        "filter": [
            {
                "behavior": each["Behavior"],
                "requirement": each["Requirement"],
                "condition": unordered(
                    [part(condition, "ActionCondition").get("Action") for condition in each["Conditions"]]
                ),
            }
            for each in held["Filters"]
        ],
    }


def _generated_filter(resource: Resource) -> Any:  # noqa: ANN401  # JSON
    generated: Any = block(resource, "logging_filter")
    if not generated:
        return None
    return {
        "default_behavior": generated["default_behavior"],
        "filter": [
            {
                "behavior": each["behavior"],
                "requirement": each["requirement"],
                "condition": unordered([condition["action_condition"]["action"] for condition in each["condition"]]),
            }
            for each in generated["filter"]
        ],
    }


READERS: Final[Mapping[str, Reader]] = {
    "aws_wafv2_ip_set": _ip_set,
    "aws_wafv2_web_acl": _web_acl,
    "aws_wafv2_web_acl_association": _association,
    "aws_wafv2_web_acl_logging_configuration": _logging,
}
