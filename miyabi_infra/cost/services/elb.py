"""Elastic Load Balancing: application load balancers, their addresses, and what they send to the internet."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.cost.model import Billed, Billing, Charge, Context, Free, Span
from miyabi_infra.cost.prices import NotPriced
from miyabi_infra.stacks import Resource
from modules.addresses import IPV4, versions_of


def _load_balancer(balancer: Resource, context: Context) -> Iterator[Charge]:
    kind = balancer.get("load_balancer_type", "application")
    if kind != "application":
        raise NotPriced(f"no price of a {kind} load balancer")
    hours, prices = context.hours, context.prices
    lcus = context.of_environment.alb_lcus
    yield Charge("ALB", "load balancer", Span.of(hours), prices.of("alb.hour"), number=1)
    yield Charge("ALB", f"{lcus:g} LCU on average", Span.of(lcus * hours), prices.of("alb.lcu"), assumed=True)
    # Addresses of IPv6 are free (VPC pricing, "Public IPv4 addresses").
    if balancer.get("internal") is not True and IPV4 in versions_of(balancer.get("ip_address_type")):
        subnets = balancer.get("subnets")
        number = len(subnets) if isinstance(subnets, tuple) else len(balancer.blocks("subnet_mapping"))
        if not number:  # AWS takes no load balancer without a subnet: they are known after apply
            raise NotPriced("how many subnets it has, each with a public IPv4 address, is not known before apply")
        item = "public IPv4 address of the ALB"
        yield Charge("VPC", item, Span.of(number * hours), prices.of("ipv4.hour"), number=number)


def traffic(context: Context) -> Iterator[Charge]:
    """Answers to the internet, and traffic between zones, of a stack with a load balancer."""
    usage, prices = context.of_environment, context.prices
    if context.stack.of_type("aws_lb"):
        item = f"{usage.internet_out_gb:g} GB out to the internet"
        yield Charge("Transfer", item, Span.of(usage.internet_out_gb), prices.of("transfer.internet"), assumed=True)
        item = f"{usage.cross_zone_gb:g} GB between zones, billed at both ends"
        yield Charge("Transfer", item, Span.of(2 * usage.cross_zone_gb), prices.of("transfer.zone"), assumed=True)


def _trust_stores(listener: Resource) -> Iterator[str]:
    if any(each.get("trust_store_arn") for each in listener.blocks("mutual_authentication")):
        yield "a trust store for the certificates of clients"


BILLING: Final[Billing] = {
    "aws_lb": Billed(
        "ALB",
        _load_balancer,
        reads=frozenset({"internal", "ip_address_type", "load_balancer_type", "subnet_mapping", "subnets"}),
        free=frozenset(
            {
                "access_logs",
                "client_keep_alive",
                "connection_logs",
                "desync_mitigation_mode",
                "drop_invalid_header_fields",
                "enable_cross_zone_load_balancing",
                "enable_deletion_protection",
                "enable_http2",
                "enable_tls_version_and_cipher_suite_headers",
                "enable_waf_fail_open",
                "enable_xff_client_port",
                "idle_timeout",
                "name",
                "preserve_host_header",
                "security_groups",
                "tags",
                "xff_header_processing_mode",
            }
        ),
    ),
    "aws_lb_listener": Free(but=_trust_stores),
    "aws_lb_listener_certificate": Free(),
    "aws_lb_listener_rule": Free("evaluations of rules are part of usage.alb_lcus"),
    "aws_lb_target_group": Free(),
}
