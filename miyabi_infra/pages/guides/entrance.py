"""What the guides say about the load balancer and its target group."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from miyabi_infra.pages.guides.needed import needed
from miyabi_infra.reach.nodes import rules_of
from miyabi_infra.stacks import Resource, Stack
from miyabi_infra.stacks.platform import Platform, certified, integer, text
from modules.addresses import IPV4, IPV6, versions_of


@dataclass(frozen=True)
class HealthCheck:
    """The health check of the target group. Times are in seconds."""

    path: str
    interval: int
    timeout: int
    healthy_after: int
    """Successful checks in a row."""
    unhealthy_after: int
    """Failed checks in a row."""
    codes: str
    """Status codes that are healthy: `200`, `200-299`."""

    @property
    def unhealthy_seconds(self) -> int:
        """Seconds of failed checks before the load balancer considers a task unhealthy."""
        return self.interval * self.unhealthy_after

    @property
    def healthy_seconds(self) -> int:
        """Seconds of successful checks before the load balancer considers a task healthy."""
        return self.interval * self.healthy_after


@dataclass(frozen=True)
class Entrance:
    """The load balancer, its listeners and its target group. Times are in seconds."""

    load_balancer: str
    internal: bool
    """Whether it has private addresses only."""
    idle_timeout: int
    http2: bool
    https: bool
    redirect: bool
    """Whether HTTP redirects to HTTPS."""
    certificate: str
    """ARN of a certificate that is given; empty without HTTPS, and where the environment makes one."""
    certified: tuple[str, ...]
    """Names of the certificate that the environment makes, even if nothing uses it yet."""
    names: tuple[str, ...]
    """Names that lead to the load balancer or to the distribution."""
    records: tuple[tuple[str, str], ...]
    """Each of their records in Route 53: its name and its type, A or AAAA."""
    answers_ipv6: bool
    answers_ipv4: bool
    """Whether clients outside the VPC reach the load balancer over IPv4."""
    tls_policy: str
    listeners: tuple[str, ...]
    """Port, protocol and default action of each, as `sort` orders them: `80 HTTP forward`."""
    actions: tuple[str, ...]
    """The rules of each listener, by port: its priority and what it does. `default` is the last."""
    target_group: str
    port: int
    deregistration_delay: int
    health: HealthCheck

    @property
    def scheme(self) -> str:
        """What a browser should use."""
        return "https" if self.https else "http"

    @property
    def dns_name(self) -> str:
        """How the name begins that Elastic Load Balancing gives it."""
        return f"internal-{self.load_balancer}" if self.internal else self.load_balancer

    @property
    def listing(self) -> str:
        """The records as Route 53 lists them: a line each, by name and type."""
        return "\n".join(f"{name}. {kind}" for each in self.names for name, kind in self.records if name == each)

    @property
    def protocols(self) -> str:
        """The versions of IP over which clients outside the VPC reach the load balancer."""
        return "IPv4 and IPv6" if self.answers_ipv6 and self.answers_ipv4 else "IPv6" if self.answers_ipv6 else "IPv4"

    @property
    def outside(self) -> str:
        """Where a client asks from, as the beginning of a sentence."""
        return "From the VPC, or a network that is connected with it" if self.internal else "From outside"


def entrance(stack: Stack) -> Entrance:
    """The entrance of an environment.

    Raises:
        StackError: when the stack is not one of an environment.
    """
    platform = Platform(stack)
    balancer = needed(stack, platform.load_balancer, "aws_lb")
    group = needed(stack, platform.target_group, "aws_lb_target_group")
    check = platform.health_check or {}
    https = platform.https
    listeners = sorted(platform.listeners(balancer), key=lambda each: integer(each.get("port")))
    plain = [each for each in platform.listeners() if each.get("protocol") == "HTTP"]
    given = https.get("certificate_arn") if https else None
    made = next((each for each in stack.of_type("aws_acm_certificate") if not each.region), None)
    aliases = [each for each in stack.of_type("aws_route53_record") if each.get("alias")]
    return Entrance(
        load_balancer=text(balancer.get("name")),
        internal=balancer.get("internal") is True,
        idle_timeout=integer(balancer.get("idle_timeout")),
        http2=bool(balancer.get("enable_http2")),
        https=https is not None,
        redirect=any(block.get("type") == "redirect" for each in plain for block in each.blocks("default_action")),
        certificate=given if isinstance(given, str) else "",
        certified=certified(made) if made else (),
        names=tuple(dict.fromkeys(text(each.get("name")) for each in aliases)),
        records=tuple(sorted((text(each.get("name")), text(each.get("type"))) for each in aliases)),
        answers_ipv6=IPV6 in versions_of(balancer.get("ip_address_type")),
        answers_ipv4=IPV4 in versions_of(balancer.get("ip_address_type")),
        tls_policy=text(https.get("ssl_policy")) if https else "",
        listeners=tuple(sorted(f"{each.get('port')} {each.get('protocol')} {_does(each)}" for each in listeners)),
        actions=tuple(_actions(stack, listeners)),
        target_group=text(group.get("name")),
        port=integer(group.get("port")),
        deregistration_delay=integer(group.get("deregistration_delay")),
        health=HealthCheck(
            path=text(check.get("path")),
            interval=integer(check.get("interval")),
            timeout=integer(check.get("timeout")),
            healthy_after=integer(check.get("healthy_threshold")),
            unhealthy_after=integer(check.get("unhealthy_threshold")),
            codes=text(check.get("matcher")),
        ),
    )


def _does(listener: Resource) -> str:
    return next(text(block.get("type")) for block in (*listener.blocks("default_action"), *listener.blocks("action")))


def _actions(stack: Stack, listeners: Sequence[Resource]) -> Iterator[str]:
    for listener in listeners:
        rules = sorted(rules_of(stack, [listener]), key=lambda each: integer(each.get("priority")))
        yield from (f"{rule.get('priority')} {_does(rule)}" for rule in rules)
        yield f"default {_does(listener)}"
