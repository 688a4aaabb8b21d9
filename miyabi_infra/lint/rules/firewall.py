"""The firewall: what passes by it, and what it lets pass."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from miyabi_infra.lint.environment import Environment
from miyabi_infra.lint.rule import Concern, rule
from miyabi_infra.lint.rules.entrance import comes_over_internet
from miyabi_infra.stacks.firewalls import web_acls
from miyabi_infra.stacks.platform import strings
from modules.addresses import can_come

_WIDE: Final = {4: 16, 6: 32}
"""By version of the protocol, the length of the prefix of a block that is a provider's, and no caller's."""


@rule("warning")
def firewall_can_be_passed_by(here: Environment) -> Iterator[Concern]:
    """Who finds the other way meets no rule and no limit."""
    for each in here.passing.past_the_firewall:
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
    """A block of this size has many callers, and no rule or limit stops one of them."""
    for name, block, seen in _listed(here):
        network = ip_network(block)
        if seen and name == "allowed_addresses" and network.prefixlen < _WIDE[network.version]:
            yield Concern(("waf", name), f"no rule inspects the requests of {block}", "blocks of single callers")


@rule("warning")
def addresses_the_firewall_never_sees(here: Environment) -> Iterator[Concern]:
    """Whoever reads the list believes that it has an effect."""
    for name, block, seen in _listed(here):
        if not seen:
            yield Concern(
                ("waf", name),
                f"{block} has no effect: no request comes with an address of it, as a web ACL sees the address that a "
                "caller has on its way to it",
                "the addresses that the callers have on the internet: those of their NAT or VPN",
            )


def _listed(here: Environment) -> Iterator[tuple[str, str, bool]]:
    """The setting of each list, each of its blocks once, and whether a web ACL sees addresses of it."""
    found: dict[tuple[str, str], bool] = {}
    for each in here.stack.of_type("aws_wafv2_ip_set"):
        name = "allowed_addresses" if "allowed" in each.name else "blocked_addresses"
        for block in strings(each.get("addresses")):
            public = each.get("scope") == "CLOUDFRONT" or comes_over_internet(here, ip_network(block).version)
            found[name, block] = found.get((name, block), False) or can_come(block, over_internet=public)
    for (name, block), seen in found.items():
        yield name, block, seen
