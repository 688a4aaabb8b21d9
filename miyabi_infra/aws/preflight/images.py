"""The image of the task: whether the registry has it, and for the architecture of the task."""

import json
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from http.client import HTTPException
from typing import Any, Final
from urllib.request import urlopen

from miyabi_infra.aws.client import Kind, Trouble
from miyabi_infra.aws.preflight.model import Observations, blocked, fine, note, preflight, untold
from miyabi_infra.aws.status.model import Look, Observation
from miyabi_infra.aws.world import World
from miyabi_infra.stacks.images import ecr_image
from miyabi_infra.stacks.platform import mappings, text

_EXAMPLES: Final = "123456789012"
"""The account of AWS's examples, which the committed overlays name: nobody's registry."""
_INDEXES: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFESTS: Final = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_ARCHITECTURES: Final = {"X86_64": "amd64", "ARM64": "arm64"}
"""What images call ECS's architectures."""


def images(look: Look) -> Observations:
    """Some lines for each image of the task definitions, or for the one that Terraform is given instead."""
    before = preflight(look).before
    given = before.image if before else ""
    overlays = look.world.stack.variables.get("ecr_image_uri")
    for definition in look.world.stack.of_type("aws_ecs_task_definition"):
        platforms = mappings(definition.get("runtime_platform"))
        wanted = next((text(each.get("cpu_architecture")) for each in platforms), "X86_64")
        for container in mappings(definition.get("container_definitions")):
            image = text(container.get("image"))
            yield from _image(look.world, given if given and image == overlays else image, wanted)


def _image(world: World, image: str, wanted: str) -> Observations:
    named = ecr_image(image)
    if named is None:
        yield untold(f"{image} is not in ECR: whether it exists is not known", image=image)
        return
    account = str(world.ask("sts", "get_caller_identity")["Account"])
    if named.account == _EXAMPLES != account:
        yield blocked(f"{image} is in the account of AWS's examples: ecs.ecr_image_uri, of {account}", image=image)
        return
    there = world.at("" if named.region == world.stack.region else named.region)
    tag = named.tag or "latest"
    wanted_image = {"imageDigest": named.digest} if named.digest else {"imageTag": tag}
    registry = {"registryId": named.account, "repositoryName": named.repository}
    found = there.optional(
        "ecr", "batch_get_image", **registry, imageIds=[wanted_image], acceptedMediaTypes=[*_INDEXES, *_MANIFESTS]
    )
    if found is None or not found["images"]:
        yield blocked(f"{image} is not in the registry: push it, or correct ecs.ecr_image_uri", image=image)
        return
    manifest: dict[str, Any] = json.loads(found["images"][0]["imageManifest"])
    has = sorted(_architectures(there, registry, manifest))
    if _ARCHITECTURES[wanted] in has:
        yield fine(f"{image} is in the registry, for {', '.join(has)}", image=image, architectures=has)
    elif has:
        text = f"{image} is for {', '.join(has)}, the task for {wanted}: ecs.cpu_architecture"
        yield blocked(text, image=image, architectures=has)
    else:
        yield untold(f"{image} is in the registry; its architecture is not known", image=image)
    if tag == "latest" and not named.digest:
        yield _latest(there, registry, image)
    yield from _expires(there, registry, wanted_image)


def _latest(world: World, registry: Mapping[str, str], image: str) -> Observation:
    """A tag that says not what it is; where tags are immutable, no other image can ever be pushed under it."""
    name = registry["repositoryName"]
    answer = world.ask("ecr", "describe_repositories", registryId=registry["registryId"], repositoryNames=[name])
    if answer["repositories"][0].get("imageTagMutability") == "IMMUTABLE":
        why = "the tags of its registry are immutable, so no later image can be pushed under it"
        return blocked(f"{image}: {why}; name the commit", image=image)
    return note(f"{image}: the tag says not which version runs; name the commit", image=image)


def _expires(world: World, registry: Mapping[str, str], image: Mapping[str, str]) -> Observations:
    """Whether pushes for other environments can expire the image, by the life cycle that the registry has."""
    held = world.optional("ecr", "get_lifecycle_policy", **registry)
    if held is None:
        return
    described = world.ask("ecr", "describe_images", **registry, imageIds=[image])
    tags: list[str] = described["imageDetails"][0].get("imageTags", [])
    chosen: list[dict[str, Any]] = [each["selection"] for each in json.loads(held["lifecyclePolicyText"])["rules"]]
    if any(_selects(each, tags) for each in chosen):
        return
    for each in chosen:
        if each["tagStatus"] == "any" and each["countType"] == "imageCountMoreThan":
            prefixes = sorted(prefix for one in chosen for prefix in one.get("tagPrefixList", ()))
            how = f"add a tag that begins with {', '.join(prefixes)}" if prefixes else "registry.deployed_tag_prefixes"
            count = each["countNumber"]
            text = f"expires after {count} other pushes, of any environment, also while it runs: {how}"
            yield note(text, tags=tags, count=count)


def _selects(selection: Mapping[str, Any], tags: Sequence[str]) -> bool:
    """Whether a rule for tags decides over an image: each prefix and each pattern must be met by one of its tags.

    No later rule expires such an image (ECR user guide, "How the lifecycle policy works").
    """
    patterns = [f"{prefix}*" for prefix in selection.get("tagPrefixList", ())] + selection.get("tagPatternList", [])
    return bool(patterns) and all(any(fnmatchcase(tag, pattern) for tag in tags) for pattern in patterns)


def _architectures(world: World, registry: Mapping[str, str], manifest: Mapping[str, Any]) -> Iterator[str]:
    """The architectures that a manifest says, or the configuration that it names."""
    for each in manifest.get("manifests", ()):
        architecture = each.get("platform", {}).get("architecture", "unknown")
        if architecture != "unknown":  # an attestation, not an image
            yield architecture
    digest = manifest.get("config", {}).get("digest")
    if digest is None:
        return
    answer = world.optional("ecr", "get_download_url_for_layer", **registry, layerDigest=digest)
    if answer is None:
        return
    try:
        with urlopen(answer["downloadUrl"], timeout=8) as configuration:  # noqa: S310  # the address is AWS's
            found = json.load(configuration).get("architecture")
    except (OSError, HTTPException) as error:
        slow = isinstance(getattr(error, "reason", error), TimeoutError)
        said = "no answer within 8 s" if slow else f"{type(error).__name__}: check network and proxy"
        text = f"the configuration of {registry['repositoryName']}@{digest} could not be downloaded: {said}"
        raise Trouble(Kind.TIMEOUT if slow else Kind.UNREACHABLE, text) from error
    if found:
        yield str(found)
