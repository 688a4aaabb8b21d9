"""Whom a change of a setting cuts off: derived from its values before and after, for settings that say who gets in.

What was measured of such a setting is true of the values of the measurement only: another name, another block of
addresses, or the other direction, cuts off somebody else, or nobody.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from ipaddress import ip_network
from typing import Final, cast

from miyabi_infra.stacks.measures import oldest_tls_of
from modules.addresses import IPV4, IPV6, IpNetwork, union, versions_of, within
from modules.domain import covers

Side = Callable[[str], object]
"""The value of a setting in one of two overlays, as JSON has it, or with tuples; None where it is not known."""

Cut = Callable[[object, object, Side, Side], Iterable[str] | None]
"""By the value of the setting on both sides, and by the other settings: what works no more, and until when; None where
only what was measured tells it."""

_FOR_GOOD: Final = "for good"
_NODE: Final = "aws_elasticache_cluster"
_GROUP: Final = "aws_elasticache_replication_group"
_BY_THE_NAME: Final = ("dns.load_balancer_names", "dns.frontend_names")
"""The settings that make records of names."""

INTERRUPTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("aws_db_instance", "engine_version"): "the database, while AWS upgrades it: ten minutes and more",
    ("aws_db_instance", "instance_class"): "the database, while AWS moves it: minutes, with Multi-AZ one or two",
    ("aws_elasticache_cluster", "engine_version"): "the cache, while AWS upgrades the node: some minutes",
    ("aws_elasticache_cluster", "node_type"): "the cache, while AWS moves it to a new node: some minutes",
    ("aws_elasticache_replication_group", "auth_token"): "connections to the cache that use the old token",
    ("aws_elasticache_replication_group", "engine"): "writes to the cache, during a failover: some seconds",
    ("aws_elasticache_replication_group", "engine_version"): "writes to the cache, during a failover: some seconds",
    ("aws_elasticache_replication_group", "node_type"): "writes to the cache, during a failover: some seconds",
}
"""What AWS interrupts while it changes an argument in place, by type and argument. Emulated AWS can't show it; AWS says
it in the ElastiCache guide, "Scaling" and "Version management", and in the RDS guide, "Settings for DB instances"."""


def cut_off(setting: str, before: Side, after: Side) -> tuple[str, ...] | None:
    """What a change of a setting makes unreachable, and until when; None for a setting of which only measures tell."""
    cut = CUTS.get(setting)
    if cut is None:
        return None
    found = cut(before(setting), after(setting), before, after)
    return None if found is None else tuple(found)


def only(setting: str, value: object) -> Side:
    """A side of which one setting is known."""
    return {setting: value}.get


def _of_the_cache(argument: str) -> Cut:
    """What AWS interrupts where it changes an argument of the node, or of the group, by the topology."""
    kinds = {"single-node": _NODE, "replication-group": _GROUP}

    def cut(_before: object, _after: object, _first: Side, second: Side) -> Iterable[str] | None:
        topology = second("elasticache.topology")
        if topology is None:
            return None
        kind = kinds.get(str(topology))
        return [INTERRUPTIONS[each, argument] for each in ((kind,) if kind else (_NODE, _GROUP))]

    return cut


def _nobody(_before: object, _after: object, _first: Side, _second: Side) -> Iterator[str]:
    yield from ()


def _new(before: object, _after: object, _first: Side, _second: Side) -> Iterable[str] | None:
    return None if before else ()


def _records(before: object, after: object, _first: Side, second: Side) -> Iterator[str]:
    kept = {name for setting in _BY_THE_NAME for name in _items(second(setting))}
    for name in _gone(before, after):
        yield f"the name {name}: {'until the new record is there: about a minute' if name in kept else _FOR_GOOD}"


def _aliases(before: object, after: object, _first: Side, _second: Side) -> Iterator[str]:
    yield from (f"the name {name}: {_FOR_GOOD}" for name in _gone(before, after))


def _versions(before: object, after: object, _first: Side, _second: Side) -> Iterator[str]:
    for version in versions_of(before):
        if version not in versions_of(after):
            yield f"requests over IPv{version}: {_FOR_GOOD}"


def _blocks_of(what: str, version: int | None = None) -> Cut:
    """The blocks that were let in and are no more, as far as the load balancer listens over their IP version."""

    def cut(before: object, after: object, first: Side, second: Side) -> Iterator[str]:
        types = [kind for side in (first, second) if (kind := side("alb.ip_address_type"))]
        if version and not all(version in versions_of(each) for each in types):
            return  # nobody came over it, or alb.ip_address_type says that nobody does any more
        if version and any(_only_cloudfront(each) for each in (first, second)):
            return
        left = _networks(after)
        for block in _networks(before):
            if any(within(block, each) for each in left):
                continue
            kept = ", ".join(str(each) for each in left if within(each, block))
            yield f"{what} from {block}{f' but for {kept}' if kept else ''}: {_FOR_GOOD}"

    return cut


def _past_cloudfront(before: object, after: object, _first: Side, _second: Side) -> Iterator[str]:
    if after and not before:
        yield f"requests to the load balancer that do not come from CloudFront: {_FOR_GOOD}"


def _without_the_header(before: object, after: object, first: Side, _second: Side) -> Iterator[str]:
    if after and not before:
        yield f"requests to the load balancer without the distribution's header, which get a 403: {_FOR_GOOD}"
        if first("frontend.enabled"):  # Terraform changes the listener first
            yield "requests by the distribution to the load balancer: until the distribution sends it: some minutes"


def _redirect(before: object, after: object, _first: Side, second: Side) -> Iterator[str]:
    if after and not before and _https_of(second) is not False:
        yield _LOST_BODIES


def _certificates(_before: object, _after: object, first: Side, second: Side) -> Iterable[str] | None:
    had, has = _https_of(first), _https_of(second)
    if had and has is False:
        return (f"requests over HTTPS to the load balancer: {_FOR_GOOD}",)
    if has and had is False:
        redirects = first("alb.redirect_http_to_https") and second("alb.redirect_http_to_https")
        return (_LOST_BODIES,) if redirects else ()  # where that is new, it is told of it
    return None


def _certified(before: object, after: object, first: Side, second: Side) -> Iterable[str] | None:
    told = _certificates(before, after, first, second)
    if told is not None:
        return told
    left = _items(after)
    names = [name for name in _items(before) if not any(covers(each, name) for each in left)]
    return [f"requests over HTTPS to {name}, which the certificate has no more: {_FOR_GOOD}" for name in names]


_LOST_BODIES: Final = f"POST requests over HTTP, whose body the redirect loses: {_FOR_GOOD}"


def _paths(before: object, after: object, _first: Side, _second: Side) -> Iterator[str]:
    left = _items(after)
    for path in _items(before):
        if not any(fnmatchcase(path, each) for each in left):
            yield f"requests by the distribution to {path}, which get a file: {_FOR_GOOD}"


def _viewers(before: object, after: object, _first: Side, _second: Side) -> Iterator[str]:
    if str(after) > str(before):  # of one form: TLSv1.2_2019
        yield f"viewers that know no cipher of {after}: {_FOR_GOOD}"


def _clients(before: object, after: object, _first: Side, _second: Side) -> Iterator[str]:
    oldest = oldest_tls_of(str(after))
    if before and oldest > oldest_tls_of(str(before)):
        yield f"clients that know no TLS {oldest:g}: {_FOR_GOOD}"


def _blocked(before: object, after: object, _first: Side, second: Side) -> Iterator[str]:
    had = _networks(before)
    if second("waf.enabled") is False:
        return
    for block in _networks(after):
        if not any(within(block, each) for each in had):
            yield f"requests from {block}, which get a 403: {_FOR_GOOD}"


def _test_port(before: object, after: object, _first: Side, _second: Side) -> Iterator[str]:
    if before and before != after:
        yield f"test traffic to port {before}: {_FOR_GOOD}"


def _https(before: object, after: object, first: Side, _second: Side) -> Iterator[str]:
    if before and not after and not _only_cloudfront(first):
        yield f"requests of users to port 443: {_FOR_GOOD}"


def _way_to_s3(_before: object, _after: object, _first: Side, _second: Side) -> Iterator[str]:
    yield "open connections from the tasks to S3: until they are opened again"


CUTS: Final[Mapping[str, Cut]] = {
    "account_id": _new,
    "alb.access_logs": _nobody,
    "alb.certificate_arn": _certificates,
    "alb.connection_logs": _nobody,
    "alb.ip_address_type": _versions,
    "alb.redirect_http_to_https": _redirect,
    "alb.ssl_policy": _clients,
    "certificate.domain_names": _certified,
    "codedeploy.test_cidr_blocks": _blocks_of("test traffic"),
    "codedeploy.test_port": _test_port,
    "dns.frontend_names": _records,
    "dns.load_balancer_names": _records,
    "dns.zone": _new,
    "elasticache.redis_engine_version": _of_the_cache("engine_version"),
    "elasticache.redis_node_type": _of_the_cache("node_type"),
    "endpoints.s3": _way_to_s3,
    "frontend.api_paths": _paths,
    "frontend.bucket": _new,
    "frontend.domain_names": _aliases,
    "frontend.enabled": _nobody,
    "frontend.minimum_tls": _viewers,
    "frontend.only_from_cloudfront": _past_cloudfront,
    "frontend.origin_secret": _without_the_header,
    "log_bucket.name": _new,
    "rds.enabled": _nobody,
    "security_groups.alb_ingress_cidr_blocks": _blocks_of("requests", IPV4),
    "security_groups.alb_ingress_ipv6_cidr_blocks": _blocks_of("requests", IPV6),
    "security_groups.https_ingress": _https,
    "waf.blocked_addresses": _blocked,
}
"""By setting. Where one makes nothing unreachable, the change is in place.

Sources: the user guides of the load balancers ("Security policies", "IP address type", redirects: a client may send a
GET after a 301), of CloudFront ("Supported protocols and ciphers") and of WAF; of the ECR user guide, "Interface VPC
endpoints": connections to S3 are cut where the route of a gateway endpoint comes or goes.
"""


def _only_cloudfront(side: Side) -> bool:
    return bool(side("frontend.enabled") and side("frontend.only_from_cloudfront"))


def _https_of(side: Side) -> bool | None:
    """Whether the load balancer has a certificate; None where it is not known."""
    values = side("alb.certificate_arn"), side("certificate.domain_names")
    return None if None in values else any(values)


def _items(value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(map(str, cast("Iterable[object]", value)))
    return (value,) if isinstance(value, str) else ()


def _gone(before: object, after: object) -> Iterator[str]:
    left = _items(after)
    return (each for each in _items(before) if each not in left)


def _networks(value: object) -> tuple[IpNetwork, ...]:
    return union(ip_network(each, strict=False) for each in _items(value))
