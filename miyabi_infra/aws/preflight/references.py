"""What an overlay names by its ARN and somebody else made: secrets, certificates, keys, topics, web ACLs."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from miyabi_infra.aws.preflight.model import Observations, blocked, fine, note, preflight
from miyabi_infra.aws.status.model import Look, Observation
from miyabi_infra.aws.world import World
from miyabi_infra.stacks import Resource, Value
from miyabi_infra.stacks.platform import mappings, text
from miyabi_infra.text import count

SOON: Final = timedelta(days=30)
"""A certificate that ends earlier is told. ACM renews its own 60 days before."""

_ARN: Final = re.compile(r"arn:aws:(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):\d{12}:.+")


def secrets(look: Look) -> Observations:
    """The secrets of the containers, by their ARN or their parameter's name; and names that wait for a deletion."""
    for each in look.platform.stack.of_type("aws_secretsmanager_secret"):
        name = text(each.get("name"))
        found = look.world.optional("secretsmanager", "describe_secret", SecretId=name) if name else None
        if found is not None and found.get("DeletedDate"):
            yield blocked(f"{name} is to be deleted, and keeps its name until then: restore and import it", secret=name)
    for source in sorted(_sources(look)):
        matched = _ARN.fullmatch(source)
        if matched and matched["service"] == "secretsmanager":
            identifier = ":".join(source.split(":")[:7])  # the key in it and the version follow
            found = look.world.optional("secretsmanager", "describe_secret", SecretId=identifier)
            if found is None:
                yield blocked(f"{identifier} does not exist: no task would start", secret=identifier)
            elif found.get("DeletedDate"):
                yield blocked(f"{identifier} is to be deleted: restore it", secret=identifier)
            else:
                yield fine(f"{identifier.rpartition(':')[2]} exists", secret=identifier)
        else:
            name = source.partition(":parameter")[2] or source
            answer = look.world.ask("ssm", "get_parameters", Names=[name])
            if answer.get("InvalidParameters"):
                yield blocked(f"parameter {name} does not exist: no task would start", parameter=name)
            else:
                yield fine(f"parameter {name} exists", parameter=name)


def _sources(look: Look) -> set[str]:
    return {
        value
        for container in look.platform.containers
        for secret in mappings(container.get("secrets"))
        if isinstance(value := secret.get("valueFrom"), str)
    }


def certificates(look: Look) -> Observations:
    """The certificates of listeners and of CloudFront that are not the stack's own."""
    covered: list[str] = []
    for arn, region in sorted(set(_certificates(look))):
        if f":acm:{region}:" not in arn:
            yield blocked(f"{arn} is of another region than {region}, where it is used", certificate=arn)
            continue
        answer = _there(look.world, arn).optional("acm", "describe_certificate", CertificateArn=arn)
        if answer is None:
            yield blocked(f"{arn} does not exist in {region}", certificate=arn)
            continue
        found: dict[str, Any] = answer["Certificate"]
        covered += found.get("SubjectAlternativeNames") or [found["DomainName"]]
        names = ", ".join(found.get("SubjectAlternativeNames") or [found["DomainName"]])
        if found["Status"] != "ISSUED":
            yield blocked(f"the certificate for {names} is {found['Status']}", certificate=arn, status=found["Status"])
        elif found["NotAfter"] - look.now < SOON:
            days = (found["NotAfter"] - look.now).days
            yield note(f"the certificate for {names} ends in {count(days, 'day')}", certificate=arn, days=days)
        else:
            yield fine(f"the certificate for {names} is issued, until {found['NotAfter']:%Y-%m-%d}", certificate=arn)
    before = preflight(look).before
    host = before.host if before else ""
    of_the_stack = look.world.stack.of_type("aws_acm_certificate")  # it can be for the host, too
    if covered and host and not of_the_stack and not any(_covers(name, host) for name in covered):
        yield blocked(f"no certificate is for {host}, the host of service_levels.url", host=host, names=covered)


def _certificates(look: Look) -> Iterator[tuple[str, str]]:
    """The certificates that are named, each with the region that its user takes one from; CloudFront: us-east-1."""
    for listener in (*look.platform.listeners(), *look.world.stack.of_type("aws_lb_listener_certificate")):
        yield from ((arn, look.world.stack.region) for arn in _named(listener, "acm"))
    for distribution in look.world.stack.of_type("aws_cloudfront_distribution"):
        for block in distribution.blocks("viewer_certificate"):
            yield from ((arn, "us-east-1") for arn in _arns(tuple(block.values()), ("acm",)))


def _covers(name: str, host: str) -> bool:
    """Whether a name of a certificate is the host's; `*` stands for one label."""
    first, _, rest = host.partition(".")
    return name.lower() == host or (name.lower() == f"*.{rest}" and bool(first))


def others(look: Look) -> Observations:
    """Keys, topics and web ACLs that arguments name."""
    found = sorted({arn for each in look.world.stack.resources for arn in _named(each, "kms", "sns", "wafv2")})
    for arn in found:
        there = _there(look.world, arn)
        if ":kms:" in arn:
            yield from _key(there, arn)
        elif ":wafv2:" in arn:
            yield _web_acl(there, arn)
        elif there.optional("sns", "get_topic_attributes", TopicArn=arn) is None:
            yield blocked(f"topic {arn} does not exist", topic=arn)
        else:
            yield fine(f"topic {arn.rpartition(':')[2]} exists", topic=arn)


def _web_acl(world: World, arn: str) -> Observation:
    scope, _, name, identifier = arn.split(":", 5)[5].split("/")  # global/webacl/cdn/0a1b2c3d-…
    scope = "CLOUDFRONT" if scope == "global" else "REGIONAL"
    if world.optional("wafv2", "get_web_acl", Name=name, Id=identifier, Scope=scope) is None:
        return blocked(f"web ACL {arn} does not exist", web_acl=arn)
    return fine(f"web ACL {name} exists", web_acl=arn)


def _key(world: World, arn: str) -> Observations:
    answer = world.optional("kms", "describe_key", KeyId=arn)
    if answer is None:
        yield blocked(f"key {arn} does not exist", key=arn)
    elif answer["KeyMetadata"]["KeyState"] != "Enabled":
        yield blocked(f"key {arn} is {answer['KeyMetadata']['KeyState']}", key=arn)
    else:
        yield fine(f"key {arn.rpartition('/')[2]} is enabled", key=arn)


def _there(world: World, arn: str) -> World:
    """The account in the region of an ARN."""
    region = arn.split(":")[3]
    return world.at("" if region == world.stack.region else region)


def _named(resource: Resource, *services: str) -> Iterator[str]:
    """ARNs of some services among the top arguments of a resource, written out: not of resources of the stack."""
    if resource.type in {"aws_iam_role_policy", "aws_sns_topic_policy"}:
        return
    for value in resource.arguments.values():
        yield from _arns(value, services)


def _arns(value: Value, services: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, tuple):
        for each in value:
            yield from _arns(each, services)
        return
    matched = _ARN.fullmatch(text(value)) if isinstance(value, str) else None
    if matched and matched["service"] in services:
        yield matched[0]
