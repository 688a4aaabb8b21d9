"""The state, and what exists in AWS although the state does not know it."""

import json
from collections.abc import Mapping
from typing import Any, cast

from miyabi_infra.aws.client import UNEXPECTED, Kind, Trouble, together
from miyabi_infra.aws.imports import NOT_IMPORTED
from miyabi_infra.aws.preflight.model import Observations, blocked, fine, note, preflight
from miyabi_infra.aws.readers import READERS
from miyabi_infra.aws.status.model import Look, Observation, unknown
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import text
from miyabi_infra.terraform.address import label
from miyabi_infra.text import count


def addresses(state: Mapping[str, Any]) -> frozenset[str]:
    """Addresses of the resources in a state, without indexes.

    Raises:
        ValueError: when it is of another version than 4, or encrypted, as OpenTofu can do it.
    """
    if "encrypted_data" in state or state.get("version") != 4:  # noqa: PLR2004  # of Terraform since 0.12
        raise ValueError("encrypted, or of another version than 4")
    found = cast("list[dict[str, Any]]", state.get("resources") or [])
    return frozenset(
        ".".join(filter(None, (each.get("module"), each["type"], each["name"])))
        for each in found
        if each.get("mode") == "managed"
    )


def state(look: Look) -> Observations:
    """Where the state is, and whether Terraform will find it there."""
    backend = look.world.stack.backend
    if "s3" not in backend:
        held = known(look)
        yield note(f"a local file with {count(len(held), 'resource')}; nobody else has it", resources=len(held))
        return
    s3 = cast("Mapping[str, Any]", backend["s3"])
    bucket, region = str(s3["bucket"]), str(s3.get("region") or look.world.stack.region)
    there = look.world.at("" if region == look.world.stack.region else region)
    if there.optional("s3", "head_bucket", Bucket=bucket) is None:
        yield blocked(f"bucket {bucket} does not exist: apply the stack shared first", bucket=bucket)
        return
    located = there.ask("s3", "get_bucket_location", Bucket=bucket).get("LocationConstraint") or "us-east-1"
    if located != region:
        yield blocked(f"bucket {bucket} is in {located}, state.region says {region}", bucket=bucket, region=located)
        return
    versioned = there.ask("s3", "get_bucket_versioning", Bucket=bucket).get("Status") == "Enabled"
    if versioned:
        yield fine(f"bucket {bucket} in {region}, versioned", bucket=bucket)
    else:
        yield note(f"bucket {bucket} keeps no versions: a lost state cannot be restored", bucket=bucket)


def names(look: Look) -> Observations:
    """What exists under the names of the stack, and is not in its state: AWS would refuse to create it."""
    held = known(look)
    stack = look.world.stack
    imported = READERS.keys() - NOT_IMPORTED
    new = [each for each in stack.resources if each.type in imported and label(each.address) not in held]
    found = [each for each in together(lambda each: _exists(look, each), new) if each is not None]
    yield from found
    if not found:
        yield fine(
            f"{count(len(held), 'resource')} in the state; of {count(len(new), 'new one')}, none exists",
            known=len(held),
            new=len(new),
        )


def _exists(look: Look, resource: Resource) -> Observation | None:
    try:
        if look.world.find(resource.address) is None:
            return None
    except Trouble as trouble:
        return unknown(trouble)
    how = f"miyabi-infra adopt --import --env {look.world.stack.environment} imports it"
    return blocked(f"{resource.address} exists, and is not in the state: {how}", address=resource.address)


def known(look: Look) -> frozenset[str]:
    """Addresses in the state, without indexes.

    Raises:
        Trouble: when it is in S3 and cannot be read.
    """
    before = preflight(look).before
    if before is not None and before.state is not None:
        return before.state
    s3 = cast("Mapping[str, Any]", look.world.stack.backend["s3"])
    region = str(s3.get("region") or look.world.stack.region)
    there = look.world.at("" if region == look.world.stack.region else region)
    bucket, key = text(s3["bucket"]), text(s3["key"])
    answer = there.optional("s3", "get_object", Bucket=bucket, Key=key)
    if answer is None:
        return frozenset()
    try:
        return addresses(json.loads(answer["Body"]))
    except UNEXPECTED as error:
        raise Trouble(Kind.FAILED, f"the state s3://{bucket}/{key} cannot be read: {error}") from error
