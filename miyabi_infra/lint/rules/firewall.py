"""The firewall: what passes by it, and what it lets pass."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from miyabi_infra.lint.environment import Environment
from miyabi_infra.lint.rule import Concern, rule
from miyabi_infra.stacks.firewalls import web_acls
from miyabi_infra.stacks.platform import strings

_WIDE: Final = {4: 16, 6: 32}
"""By version of the protocol, the length of the prefix of a block that is a provider's, and no caller's."""


@rule("warning")
def firewall_can_be_passed_by(here: Environment) -> Iterator[Concern]:
    """Who finds the other way meets no rule and no limit."""
    for each in here.reach.past_the_firewall:
        if each.verdict != "no":
            yield Concern(
                ("waf", "protects"),
                f"{each.source} reaches {each.target} on port {each.port} without being inspected",
                "both, or frontend.origin_secret: true",
            )


@rule("info")
def firewall_only_counts(here: Environment) -> Iterator[Concern]:
    """A firewall that counts for ever stops nobody, and costs the same."""
    for acl in web_acls(here.stack):
        if not acl.that("block"):
            yield Concern(
                ("waf", "managed_groups"),
                f"no rule of {acl.name} blocks",
                "action: block, once a week of counting showed no false positive",
            )


@rule("info")
def firewall_lets_many_pass(here: Environment) -> Iterator[Concern]:
    """A block of this size is a provider's: anybody can rent an address of it."""
    for each in here.stack.of_type("aws_wafv2_ip_set"):
        for block in strings(each.get("addresses")) if "allowed" in each.name else ():
            network = ip_network(block)
            if network.prefixlen < _WIDE[network.version]:
                yield Concern(
                    ("waf", "allowed_addresses"),
                    f"no rule inspects the requests of {block}",
                    "blocks of single callers",
                )
