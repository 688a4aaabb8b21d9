"""Secrets Manager: secrets that the stack creates, never their values."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from miyabi_infra.aws.readers.beside import beside
from miyabi_infra.aws.readers.common import begins_with
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, World
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import address_of


def _secret(resource: Resource, world: World) -> Found | None:
    secret = described(resource, world)
    if secret is None:
        return None
    checks = world.checks(resource, {"description": secret.get("Description"), "kms_key_id": secret.get("KmsKeyId")})
    if resource.get("name") is not None:
        checks += world.checks(resource, {"name": secret["Name"]})
    else:
        prefix = str(resource.get("name_prefix"))
        checks.append(Compared("name_prefix", prefix, str(secret["Name"])[: len(prefix)]))
    extras = list(beside(resource.type, secret))
    rotated = {address_of(each.get("secret_id")) for each in world.stack.of_type("aws_secretsmanager_secret_rotation")}
    if secret.get("RotationEnabled") and resource.address not in rotated:
        extras.append(Extra("rotation of the value"))
    known = {"id": secret["ARN"], "arn": secret["ARN"]}
    found = Found(known, checks + world.tags(resource, secret.get("Tags") or ()), extras)
    found.search(_policy(str(secret["ARN"]), world))
    return found


def _policy(arn: str, world: World) -> Iterator[Extra]:
    """A policy at the secret, which no module makes: it can let others read it, also other accounts."""
    if world.ask("secretsmanager", "get_resource_policy", SecretId=arn).get("ResourcePolicy"):
        yield Extra("resource policy")


def described(resource: Resource, world: World) -> Any:  # noqa: ANN401  # JSON
    """The secret as AWS describes it; None where there is none, also where it waits for its deletion."""
    name = resource.get("name")
    if name is not None:
        secret = world.optional("secretsmanager", "describe_secret", SecretId=str(name))
        return None if secret is None or secret.get("DeletedDate") else secret
    # Terraform has added a unique end to the prefix.
    prefix = str(resource.get("name_prefix"))
    filters = [{"Key": "name", "Values": [prefix]}]
    secrets = world.items("secretsmanager", "list_secrets", "SecretList", Filters=filters)
    found = next((each for each in secrets if begins_with(prefix, each["Name"])), None)
    return world.optional("secretsmanager", "describe_secret", SecretId=found["ARN"]) if found else None


def _version(resource: Resource, world: World) -> Found | None:
    owner = world.stack.find(address_of(resource.get("secret_id")))
    secret = described(owner, world) if owner is not None else None
    if secret is None:
        return None
    versions: Mapping[str, list[str]] = secret.get("VersionIdsToStages") or secret.get("SecretVersionsToStages") or {}
    current = any("AWSCURRENT" in stages for stages in versions.values())
    checks = [
        Compared("secret_id", world.value(resource.get("secret_id")), secret["ARN"]),
        Compared("secret_string", True, current),  # noqa: FBT003  # that it has a value
    ]
    return Found({"arn": secret["ARN"]}, checks)


def _rotation(resource: Resource, world: World) -> Found | None:
    owner = world.stack.find(address_of(resource.get("secret_id")))
    secret = described(owner, world) if owner is not None else None
    if secret is None or not secret.get("RotationEnabled"):
        return None
    checks = world.checks(
        resource, {"secret_id": secret["ARN"], "rotation_lambda_arn": secret.get("RotationLambdaARN")}
    )
    (asked,) = resource.blocks("rotation_rules")
    rules: Mapping[str, Any] = secret.get("RotationRules") or {}
    days = rules.get("AutomaticallyAfterDays")
    checks.append(Compared("rotation_rules.automatically_after_days", asked["automatically_after_days"], days))
    checks.append(Compared("rotation_rules.duration", asked.get("duration"), rules.get("Duration")))
    return Found({"id": secret["ARN"]}, checks)


READERS: Final[Mapping[str, Reader]] = {
    "aws_secretsmanager_secret": _secret,
    "aws_secretsmanager_secret_rotation": _rotation,
    "aws_secretsmanager_secret_version": _version,
}
