"""WAF: whether requests are inspected, which rules block, and how many requests were blocked or counted."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from miyabi_infra.aws.status.figures import Metric, figures
from miyabi_infra.aws.status.model import Level, Look, Observation
from miyabi_infra.aws.world import Found
from miyabi_infra.stacks.firewalls import WebAcl, web_acls
from miyabi_infra.stacks.platform import display_name
from modules.waf_facts import NAMESPACE

_METRICS: Final = (
    Metric("requests passed on", NAMESPACE, "AllowedRequests", statistic="Sum", unit=" per minute"),
    Metric("requests blocked", NAMESPACE, "BlockedRequests", statistic="Sum", unit=" per minute"),
    Metric("requests counted", NAMESPACE, "CountedRequests", statistic="Sum", unit=" per minute"),
)


def firewall(look: Look) -> Iterator[Observation]:
    """Each web ACL with what it protects, and its figures; nothing without one."""
    for acl in web_acls(look.platform.stack):
        found = look.world.find(acl.resource.address)
        if found is None:
            yield Observation(Level.DEGRADED, f"the web ACL {acl.name} does not exist", {"trouble": "missing"})
            continue
        yield Observation(Level.OK, f"{acl.name}: {acl.summary}", {"web_acl": acl.name})
        yield _protected(look, acl, str(found.attributes["arn"]))
        yield from other_rules(acl, found)
        dimensions = {"WebACL": acl.name, "Rule": "ALL"}
        if not acl.of_distribution:
            dimensions["Region"] = look.platform.stack.region
        yield from figures(look, _METRICS, dimensions, region=acl.resource.region)


def other_rules(acl: WebAcl, found: Found) -> Iterator[Observation]:
    """Whether AWS does with requests what was generated: whom other rules block, nobody here can say."""
    apart = [each for each in found.checks if not each.same]
    if any(each.argument.startswith("default_action") for each in apart):
        text = f"{acl.name} does something else than generated with requests that no rule is about"
        yield Observation(Level.DEGRADED, text, {"web_acl": acl.name})
    rules = sorted({each.argument.split(".")[1] for each in apart if each.argument.startswith("rule.")})
    if rules:
        text = f"{acl.name} has other rules than generated, {', '.join(rules)}: miyabi-infra verify says which"
        yield Observation(Level.UNKNOWN, text, {"web_acl": acl.name, "rules": rules})


def _protected(look: Look, acl: WebAcl, arn: str) -> Observation:
    """Whether AWS inspects what the web ACL is for."""
    what, held = _balancer(look) if not acl.of_distribution else _distribution(look)
    data = {"web_acl": acl.name, "protects": what, "held": held}
    if held == arn:
        return Observation(Level.OK, f"{acl.name} inspects the requests to {what}", data)
    other = f"{held} does" if held else "none does"
    return Observation(Level.DEGRADED, f"{acl.name} does not inspect the requests to {what}: {other}", data)


def _balancer(look: Look) -> tuple[str, str]:
    balancer = look.platform.load_balancer
    found = look.world.find(balancer.address) if balancer else None
    if balancer is None or found is None:
        return "the load balancer", ""
    answer = look.world.ask("wafv2", "get_web_acl_for_resource", ResourceArn=str(found.attributes["arn"]))
    held: Mapping[str, Any] = answer.get("WebACL") or {}
    return display_name(balancer), str(held.get("ARN") or "")


def _distribution(look: Look) -> tuple[str, str]:
    distribution = look.platform.distribution
    found = look.world.find(distribution.address) if distribution else None
    if found is None:
        return "the distribution", ""
    name = str(found.attributes["id"])
    answer = look.world.at("").ask("cloudfront", "get_distribution", Id=name)["Distribution"]
    return name, str(answer["DistributionConfig"].get("WebACLId") or "")
