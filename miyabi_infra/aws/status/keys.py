"""KMS: whether the keys can be used that the overlay names: what they encrypt can't be read without them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from miyabi_infra.aws.status.model import Level, Look, Observation
from miyabi_infra.stacks import Value

_KEY: Final = re.compile(r"arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]+):\d{12}:key/[A-Za-z0-9-]+")


def keys(look: Look) -> Iterator[Observation]:
    """Each key that an argument of the stack names."""
    named = {
        matched.group(): matched["region"]
        for resource in look.platform.stack.resources
        for name, value in resource.arguments.items()
        if "kms" in name or "encryption" in name
        for matched in _named(value)
    }
    for arn, region in sorted(named.items()):
        there = look.world.at("" if region == look.world.stack.region else region)
        key: Mapping[str, Any] = there.ask("kms", "describe_key", KeyId=arn)["KeyMetadata"]
        state, data = str(key["KeyState"]), {"key": arn, "state": key["KeyState"]}
        if state == "Enabled":
            yield Observation(Level.OK, f"{arn} is enabled", data)
            continue
        at = f", AWS deletes it at {key['DeletionDate']:%Y-%m-%d %H:%M} UTC" if key.get("DeletionDate") else ""
        yield Observation(Level.DEGRADED, f"{arn} is {state}{at}: what it encrypts cannot be read", data)


def _named(value: Value) -> Iterator[re.Match[str]]:
    if isinstance(value, str):
        matched = _KEY.fullmatch(value)
        yield from [matched] if matched else ()
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _named(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from _named(each)
