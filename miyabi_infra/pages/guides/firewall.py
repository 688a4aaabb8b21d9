"""What the guides say about the firewall: the web ACLs, their rules, and where they log."""

from collections.abc import Sequence
from dataclasses import dataclass

from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.firewalls import WebAcl, rate_limits, web_acls
from miyabi_infra.stacks.platform import Platform, address_of, addresses_of, text


@dataclass(frozen=True)
class Firewall:
    """A web ACL of an environment."""

    name: str
    """Also the name of its metrics."""
    protects: str
    """`the load balancer`, or `the distribution`."""
    region: str
    """Where it is, and its metrics, log and alarm."""
    dimensions: str
    """Of its metrics beside `Rule`, as the AWS CLI takes them."""
    rules: Sequence[tuple[str, str]]
    """Each rule and what it does, in the order in which requests meet them."""
    limits: Sequence[tuple[int, int]]
    """Requests of an address, and the seconds in which they count."""
    log_group: str
    """Empty for none."""
    alarm: str


def firewalls(stack: Stack) -> Sequence[Firewall]:
    """The web ACLs; none where there is no firewall."""
    return [_firewall(stack, each) for each in web_acls(stack)]


def _firewall(stack: Stack, acl: WebAcl) -> Firewall:
    module = acl.resource.address.rpartition(".aws_wafv2_web_acl.")[0]
    region = acl.resource.region or stack.region
    where = "" if acl.of_distribution else f" Name=Region,Value={region}"
    groups = [
        target
        for each in stack.of_type("aws_wafv2_web_acl_logging_configuration")
        if address_of(each.get("resource_arn")) == acl.resource.address
        for target in addresses_of(each.get("log_destination_configs"))
    ]
    logs = stack.find(groups[0]) if groups else None
    alarms = [name for name, each in Platform(stack).alarms.items() if each.address.startswith(f"{module}.")]
    return Firewall(
        name=acl.name,
        protects="the distribution" if acl.of_distribution else "the load balancer",
        region=region,
        dimensions=f"Name=WebACL,Value={acl.name}{where}",
        rules=[(each.name, each.does) for each in acl.rules],
        limits=list(rate_limits(acl.resource)),
        log_group=text(logs.get("name")) if logs else "",
        alarm=alarms[0] if alarms else "",
    )
