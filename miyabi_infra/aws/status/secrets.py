"""Secrets Manager: whether the stack's secrets have a value, and how old it is. Never the value itself."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from miyabi_infra.aws.readers.secretsmanager import described
from miyabi_infra.aws.status.model import Level, Look, Observation, ago
from miyabi_infra.stacks.platform import mappings
from miyabi_infra.text import count

_ROTATION: Final = "RotationDays"
"""The tag with the days after which a value is to be replaced."""


def secrets(look: Look) -> Iterator[Observation]:
    """Each secret that the stack creates."""
    for each in look.platform.stack.of_type("aws_secretsmanager_secret"):
        name = str(each.get("name") or f"{each.get('name_prefix')}…")
        secret: Mapping[str, Any] | None = described(each, look.world)
        if secret is None:
            yield Observation(Level.DEGRADED, f"{name} does not exist", {"secret": name})
            continue
        stages: Mapping[str, list[str]] = secret.get("VersionIdsToStages") or secret.get("SecretVersionsToStages") or {}
        if not any("AWSCURRENT" in held for held in stages.values()):
            text = f"{name} has no value: no task that reads it starts"
            yield Observation(Level.DEGRADED, text, {"secret": name})
            continue
        set_at = secret.get("LastRotatedDate") or secret["LastChangedDate"]
        tags = each.get("tags")
        days = tags.get(_ROTATION) if isinstance(tags, Mapping) else None
        text = f"{name} changed {ago(set_at, look.now)}"
        if days is not None and look.now - set_at > timedelta(days=int(str(days))):
            yield Observation(
                Level.NOTE, f"{text}, to be rotated after {count(int(str(days)), 'day')}", {"secret": name}
            )
        else:
            yield Observation(Level.OK, text, {"secret": name})
    for arn in sorted(_given(look)):
        yield from _outside(look, arn)


_SECRET: Final = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[^:]+")


def _given(look: Look) -> set[str]:
    """The secrets that the overlay names, of which tasks read values; parts of a value are of the same secret."""
    read = [each for container in look.platform.containers for each in mappings(container.get("secrets"))]
    matched = [_SECRET.match(str(each.get("valueFrom"))) for each in read]
    return {each.group() for each in matched if each}


def _outside(look: Look, arn: str) -> Iterator[Observation]:
    secret = look.world.optional("secretsmanager", "describe_secret", SecretId=arn)
    if secret is not None and not secret.get("DeletedDate"):
        yield Observation(Level.OK, f"{secret['Name']} is there", {"secret": arn})
        return
    what = "does not exist" if secret is None else "waits for its deletion"
    yield Observation(Level.DEGRADED, f"{arn} {what}: no task that reads it starts", {"secret": arn})
