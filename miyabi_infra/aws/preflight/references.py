"""What an overlay names by its ARN and somebody else made: secrets, certificates, keys, topics."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from miyabi_infra.aws.preflight.model import Observations, blocked, fine, note
from miyabi_infra.aws.status.model import Look
from miyabi_infra.aws.world import World
from miyabi_infra.stacks import Resource, Value
from miyabi_infra.stacks.platform import mappings, text

SOON: Final = timedelta(days=30)
"""A certificate that ends earlier is told. ACM renews its own 60 days before."""

_ARN: Final = re.compile(r"arn:aws:(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):\d{12}:.+")


def secrets(look: Look) -> Observations:
    """The secrets of the containers, by their ARN or their parameter's name."""
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
    """The certificates of the listeners that are not the stack's own."""
    arns = {each for listener in look.platform.listeners() for each in _named(listener, "acm")}
    for arn in sorted(arns):
        answer = look.world.optional("acm", "describe_certificate", CertificateArn=arn)
        if answer is None:
            yield blocked(f"{arn} does not exist in {look.world.stack.region}", certificate=arn)
            continue
        found: dict[str, Any] = answer["Certificate"]
        names = ", ".join(found.get("SubjectAlternativeNames") or [found["DomainName"]])
        if found["Status"] != "ISSUED":
            yield blocked(f"the certificate for {names} is {found['Status']}", certificate=arn, status=found["Status"])
        elif found["NotAfter"] - look.now < SOON:
            days = (found["NotAfter"] - look.now).days
            yield note(f"the certificate for {names} ends in {days} days", certificate=arn, days=days)
        else:
            yield fine(f"the certificate for {names} is issued, until {found['NotAfter']:%Y-%m-%d}", certificate=arn)


def others(look: Look) -> Observations:
    """Keys and topics that arguments name."""
    found = sorted({arn for each in look.world.stack.resources for arn in _named(each, "kms", "sns")})
    for arn in found:
        if ":kms:" in arn:
            yield from _key(look.world, arn)
        elif look.world.optional("sns", "get_topic_attributes", TopicArn=arn) is None:
            yield blocked(f"topic {arn} does not exist", topic=arn)
        else:
            yield fine(f"topic {arn.rpartition(':')[2]} exists", topic=arn)


def _key(world: World, arn: str) -> Observations:
    answer = world.optional("kms", "describe_key", KeyId=arn)
    if answer is None:
        yield blocked(f"key {arn} does not exist", key=arn)
    elif answer["KeyMetadata"]["KeyState"] != "Enabled":
        yield blocked(f"key {arn} is {answer['KeyMetadata']['KeyState']}", key=arn)
    else:
        yield fine(f"key {arn.rpartition('/')[2]} is enabled", key=arn)


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
