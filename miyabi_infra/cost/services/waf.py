"""WAF: each web ACL and each rule of it by the month, and the requests that it inspects."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.cost.model import Billed, Billing, Charge, Context, Free, NotPriced, Span
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.firewalls import web_acl
from modules.waf_facts import GROUPS, INCLUDED_CAPACITY

_MORE: Final = 500
"""Capacity units beyond the included ones for which a request costs more."""


def _web_acl(resource: Resource, context: Context) -> Iterator[Charge]:
    acl, prices, requests = (
        web_acl(context.stack, resource.address),
        context.prices,
        context.of_environment.waf_requests,
    )
    assert acl is not None
    yield Charge("WAF", "web ACL", Span.of(1), prices.of("waf.acl"), number=1)
    rules = len(acl.rules)  # a group that is used counts as one
    yield Charge("WAF", "rule of a web ACL", Span.of(rules), prices.of("waf.rule"), number=rules)
    text = f"{requests:g} million requests inspected"
    yield Charge("WAF", text, Span.of(requests), prices.of("waf.requests"), assumed=True)
    more = -(-max(0, acl.capacity - INCLUDED_CAPACITY) // _MORE)
    if more:
        text = f"{acl.capacity} capacity units, {INCLUDED_CAPACITY} included"
        yield Charge("WAF", text, Span.of(requests * more), prices.of("waf.capacity"), assumed=True)
    others = sorted({each.name for each in acl.rules if each.capacity == 0} - GROUPS.keys())
    unknown = len(resource.blocks("rule")) - len(acl.rules)
    if unknown > 0:  # such as a captcha, which is billed by its solutions
        raise NotPriced(f"no price of {unknown} of its rules, whose action is not known")
    if others:
        raise NotPriced(f"{', '.join(others)} may have a price of its own")


BILLING: Final[Billing] = {
    "aws_wafv2_ip_set": Free(),
    "aws_wafv2_web_acl": Billed(
        "WAF",
        _web_acl,
        reads=frozenset({"rule"}),
        free=frozenset({"default_action", "name", "scope", "tags", "visibility_config"}),
    ),
    "aws_wafv2_web_acl_association": Free(),
    "aws_wafv2_web_acl_logging_configuration": Free("what it writes is in usage.waf_log_gb"),
}
