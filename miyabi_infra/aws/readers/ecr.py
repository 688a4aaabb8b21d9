"""ECR: the image registry, and its policies."""

from collections.abc import Iterator, Mapping
from typing import Final

from miyabi_infra.aws.readers.beside import beside
from miyabi_infra.aws.readers.common import belongs, block, part
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, Unresolved, World, compared
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.policies import canonical


def _repository(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    repository = world.ask("ecr", "describe_repositories", repositoryNames=[name])["repositories"][0]
    encryption = part(repository, "encryptionConfiguration")
    wanted = block(resource, "encryption_configuration")
    checks = [
        *world.checks(
            resource,
            {
                "name": repository["repositoryName"],
                "image_tag_mutability": repository.get("imageTagMutability"),
                "image_scanning_configuration": {
                    "scan_on_push": part(repository, "imageScanningConfiguration").get("scanOnPush", False)
                },
            },
            image_scanning_configuration={"scan_on_push": False},
            image_tag_mutability="MUTABLE",
        ),
        Compared(
            "encryption_configuration.encryption_type",
            wanted.get("encryption_type") or "AES256",
            encryption.get("encryptionType") or "AES256",
        ),
    ]
    if wanted.get("kms_key") is not None:
        checks.append(
            Compared("encryption_configuration.kms_key", world.value(wanted["kms_key"]), encryption.get("kmsKey"))
        )
    arn = repository["repositoryArn"]
    tags = world.ask("ecr", "list_tags_for_resource", resourceArn=arn)["tags"]
    known = {"id": name, "name": name, "arn": arn, "repository_url": repository["repositoryUri"]}
    found = Found(known, checks + world.tags(resource, tags))
    found.extras.extend(beside(resource.type, repository))
    found.search(_extra_policies(resource, name, world))
    return found


_POLICIES: Final = {
    "aws_ecr_lifecycle_policy": ("lifecycle policy", "get_lifecycle_policy", "lifecyclePolicyText"),
    "aws_ecr_repository_policy": ("repository policy", "get_repository_policy", "policyText"),
}
"""Policies that a repository can have, by type: noun, operation, key of the text."""


def _extra_policies(resource: Resource, name: str, world: World) -> Iterator[Extra]:
    for kind, (noun, operation, _) in _POLICIES.items():
        of_it = [each for each in world.stack.of_type(kind) if belongs(each.get("repository"), resource, name)]
        if not of_it and world.optional("ecr", operation, repositoryName=name) is not None:
            yield Extra(noun)


def _policy(resource: Resource, world: World) -> Found | None:
    name = world.value(resource.get("repository"))
    if isinstance(name, Unresolved):
        return None
    _, operation, key = _POLICIES[resource.type]
    held = world.ask("ecr", operation, repositoryName=name)[key]
    generated = canonical(world.value(resource.get("policy")))
    return Found({}, [Compared("repository", name, name), *compared("policy", generated, canonical(held))])


READERS: Final[Mapping[str, Reader]] = {
    "aws_ecr_lifecycle_policy": _policy,
    "aws_ecr_repository": _repository,
    "aws_ecr_repository_policy": _policy,
}
