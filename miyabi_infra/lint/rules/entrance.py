"""The entrance: HTTPS, ports, connections between load balancer and application."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from typing import cast

from miyabi_infra.lint.environment import Environment
from miyabi_infra.lint.rule import Concern, rule
from miyabi_infra.reach.nodes import Node
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import address_of, integer, number
from modules.addresses import IPV4, can_come, versions_of


@rule("warning")
def no_https(here: Environment) -> Iterator[Concern]:
    """Passwords and sessions cross the internet unencrypted."""
    listeners = here.stack.of_type("aws_lb_listener")
    public = any(each.get("internal") is not True for each in here.stack.of_type("aws_lb"))
    if public and listeners and not any(each.get("protocol") == "HTTPS" for each in listeners):
        yield Concern(
            ("alb", "certificate_arn"),
            "the load balancer is internet-facing and has no HTTPS listener",
            "certificate_arn: arn:aws:acm:…, with redirect_http_to_https: true",
        )


@rule("warning")
def plain_http_beside_https(here: Environment) -> Iterator[Concern]:
    """Anyone who types the name without https:// stays on an unencrypted connection."""
    listeners = here.stack.of_type("aws_lb_listener")
    if not any(each.get("protocol") == "HTTPS" for each in listeners):
        return
    for listener in listeners:
        served = any(block.get("type") != "redirect" for block in listener.blocks("default_action"))
        if listener.get("protocol") == "HTTP" and served and _reached(here, listener):
            yield Concern(
                ("alb", "redirect_http_to_https"),
                f"there is HTTPS, and port {listener.get('port')} also serves HTTP",
                "redirect_http_to_https: true",
            )


@rule("info")
def redirect_that_nobody_reaches(here: Environment) -> Iterator[Concern]:
    """Whoever types http:// and the name of the load balancer waits for an answer, in place of being redirected."""
    for listener in here.stack.of_type("aws_lb_listener"):
        redirects = any(block.get("type") == "redirect" for block in listener.blocks("default_action"))
        if redirects and not _reached(here, listener):
            yield Concern(
                ("alb", "redirect_http_to_https"),
                f"port {listener.get('port')} redirects, and no rule lets anybody in there",
                "redirect_http_to_https: false; the distribution redirects browsers by itself",
            )


def _reached(here: Environment, listener: Resource) -> bool:
    """Whether anybody outside may open a connection to a listener."""
    port, address = integer(listener.get("port")), address_of(listener.get("load_balancer_arn"))
    names = {each.name for each in here.reach.nodes if each.address == address}
    ways = (*here.reach.everything, *here.reach.from_elsewhere)
    return any(each.target in names and each.ports == (port, port) for each in ways)


@rule("warning")
def callers_without_ipv6(here: Environment) -> Iterator[Concern]:
    """A part of the users, companies above all, has IPv4 only: for them the name does not answer."""
    for each in here.stack.of_type("aws_lb"):
        if IPV4 not in versions_of(each.get("ip_address_type")) and each.get("internal") is not True:
            yield Concern(
                ("alb", "ip_address_type"),
                "callers outside the VPC that have IPv4 only do not reach the load balancer",
                "ip_address_type: dualstack, unless all callers are known to have IPv6",
            )


@rule("warning")
def old_tls(here: Environment) -> Iterator[Concern]:
    """Clients may still use versions of TLS that browsers and auditors no longer accept."""
    for listener in here.stack.of_type("aws_lb_listener"):
        policy = str(listener.get("ssl_policy") or "")
        if policy and not any(part in policy for part in ("TLS13-1-2", "TLS13-1-3", "TLS-1-2", "FS-1-2")):
            yield Concern(
                ("alb", "ssl_policy"),
                f"{policy} accepts TLS older than 1.2",
                "ssl_policy: ELBSecurityPolicy-TLS13-1-2-2021-06",
            )
        elif policy and "TLS13" not in policy:
            yield Concern(
                ("alb", "ssl_policy"),
                f"{policy} does not offer TLS 1.3",
                "ssl_policy: ELBSecurityPolicy-TLS13-1-2-2021-06",
                "info",
            )


@rule("warning")
def certificate_nobody_uses(here: Environment) -> Iterator[Concern]:
    """The names stay without HTTPS, although a certificate is requested."""
    waiting = {address_of(each.get("certificate_arn")) for each in here.stack.of_type("aws_acm_certificate_validation")}
    for each in here.stack.of_type("aws_acm_certificate"):
        if each.address not in waiting:
            yield Concern(
                ("certificate", "wait_for_validation"),
                f"the certificate for {each.get('domain_name')} is requested, and nothing uses it",
                "wait_for_validation: true, once the zone is delegated",
            )


@rule("info")
def any_authority_may_issue(here: Environment) -> Iterator[Concern]:
    """A certificate authority that is deceived, or a forgotten account with one, issues certificates for your names."""
    stacks = [each for each in (here.stack, here.shared) if each is not None]
    limits = [each for stack in stacks for each in stack.of_type("aws_route53_record") if each.get("type") == "CAA"]
    if here.stack.of_type("aws_acm_certificate") and not limits:
        yield Concern(
            ("certificate", "authorities"),
            "no CAA record says which certificate authorities may issue certificates for the names",
            "authorities: [amazon.com]",
        )


@rule("info")
def open_port_nobody_answers(here: Environment) -> Iterator[Concern]:
    """Nobody watches an open port that has no purpose."""
    for each in here.reach.let_in:
        node = here.reach.node(each.node)
        unanswered = any(step.kind == "listens" for step in each.missing)
        if node is not None and node.kind == "load balancer" and unanswered:
            # The rules of an internal one let in whoever is led to it; nobody comes from the internet.
            who = "the internet" if node.facing else "everybody who is led to the VPC"
            yield Concern(
                ("security_groups", "https_ingress"),
                f"{who} is let in on port {each.port} of the load balancer, where nothing listens",
                "https_ingress: false, until there is a certificate",
            )


@rule("info")
def internal_and_open_to_all(here: Environment) -> Iterator[Concern]:
    """Every network that is connected with the VPC later gets in, too, without a line that says so."""
    for node in here.reach.nodes:
        if node.kind == "load balancer" and not node.facing:
            # Amazon chooses the IPv6 block when the VPC gets it.
            shown = f"terraform -chdir=cdktf.out/stacks/{here.stack.name} output -raw vpc_ipv6_cidr"
            of_ipv6 = f"the block of the VPC, after an apply with ::/0 told by `{shown}`"
            for block, setting, own in (
                ("0.0.0.0/0", "alb_ingress_cidr_blocks", "the block of the VPC"),
                ("::/0", "alb_ingress_ipv6_cidr_blocks", of_ipv6),
            ):
                if block in _let_in(here, node):
                    yield Concern(
                        ("security_groups", setting),
                        f"the load balancer is internal, and its security group lets in every address ({block})",
                        f"{setting}: [{own}, and that of each network that asks]",
                    )


@rule("warning")
def source_that_cannot_come(here: Environment) -> Iterator[Concern]:
    """Whoever reads the list believes that somebody gets in by it."""
    for node in here.reach.nodes:
        for block in _let_in(here, node) if node.kind == "load balancer" else ():
            over_internet = comes_over_internet(here, ip_network(block).version)
            if not can_come(block, over_internet=over_internet):
                internal = "the load balancer is internet-facing, and " if over_internet else ""
                where = "over the internet" if over_internet else "from there"
                yield Concern(
                    _setting_with(here, block),
                    f"{internal}no packet comes {where} with an address of {block}",
                    "the addresses that the callers have on the internet: those of their NAT or VPN"
                    if over_internet
                    else "no such block",
                )


def comes_over_internet(here: Environment, version: int) -> bool:
    """Whether callers of the load balancer come over the internet, by the version of the protocol."""
    balancer = here.platform.load_balancer
    if balancer is None:
        return True
    only_inside = version == IPV4 and IPV4 not in versions_of(balancer.get("ip_address_type"))
    return balancer.get("internal") is not True and not only_inside


def _let_in(here: Environment, node: Node) -> list[str]:
    """The blocks that the security groups of a node let in, each once."""
    rules = [rule for group in node.groups for rule in here.reach.network.rules.get(group, ())]
    return list(dict.fromkeys(str(block) for rule in rules if rule.direction == "ingress" for block in rule.blocks))


def _setting_with(here: Environment, block: str) -> tuple[str, str]:
    """The setting that has a block."""
    blocks = cast("Sequence[str]", here.setting("codedeploy", "test_cidr_blocks") or ())
    if block in blocks:
        return "codedeploy", "test_cidr_blocks"
    return "security_groups", "alb_ingress_ipv6_cidr_blocks" if ":" in block else "alb_ingress_cidr_blocks"


@rule("error")
def keep_alive_shorter_than_idle_timeout(here: Environment) -> Iterator[Concern]:
    """The load balancer sends a request on a connection that the application is closing: an occasional 502."""
    balancer, kept = here.platform.load_balancer, here.lint.application_keep_alive
    idle = number(balancer.get("idle_timeout"), 60) if balancer else 0
    if kept is not None and kept <= idle:
        yield Concern(
            ("alb", "idle_timeout"),
            f"the load balancer keeps an idle connection for {idle:g} s, the application for {kept} s",
            f"idle_timeout: {kept - 1}, or an application that keeps connections for more than {idle:g} s",
        )
