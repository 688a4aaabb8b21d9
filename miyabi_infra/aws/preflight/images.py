"""The image of the task: whether the registry has it, and for the architecture of the task."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.request import urlopen

from miyabi_infra.aws.preflight.model import Observations, blocked, fine, note, untold
from miyabi_infra.aws.status.model import Look
from miyabi_infra.aws.world import World
from miyabi_infra.stacks.platform import mappings, text

_ECR: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^:@]+)"
    r"(?::(?P<tag>[^@]+)|@(?P<digest>sha256:[0-9a-f]{64}))"
)
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
    """One line or two for each image of the task definitions."""
    for definition in look.world.stack.of_type("aws_ecs_task_definition"):
        platforms = mappings(definition.get("runtime_platform"))
        wanted = next((text(each.get("cpu_architecture")) for each in platforms), "X86_64")
        for container in mappings(definition.get("container_definitions")):
            yield from _image(look.world, text(container.get("image")), wanted)


def _image(world: World, image: str, wanted: str) -> Observations:
    matched = _ECR.fullmatch(image)
    if matched is None:
        yield untold(f"{image} is not in ECR: whether it exists is not known", image=image)
        return
    if matched["tag"] == "latest":
        yield note(f"{image}: latest says not what it is, and can be pushed once into a registry with immutable tags")
    there = world.at("" if matched["region"] == world.stack.region else matched["region"])
    wanted_image = {"imageDigest": matched["digest"]} if matched["digest"] else {"imageTag": matched["tag"]}
    registry = {"registryId": matched["account"], "repositoryName": matched["name"]}
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
    with urlopen(answer["downloadUrl"], timeout=8) as configuration:  # noqa: S310  # the address is AWS's
        found = json.load(configuration).get("architecture")
    if found:
        yield str(found)
