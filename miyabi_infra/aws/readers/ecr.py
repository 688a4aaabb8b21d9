"""ECR: the image registry."""

import json
from collections.abc import Mapping
from typing import Final

from miyabi_infra.aws.world import Compared, Found, Reader, World, plain
from miyabi_infra.stacks import Resource


def _repository(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    repository = world.ask("ecr", "describe_repositories", repositoryNames=[name])["repositories"][0]
    checks = world.checks(
        resource,
        {
            "encryption_configuration": [
                {"encryption_type": repository.get("encryptionConfiguration", {}).get("encryptionType")}
            ],
            "image_tag_mutability": repository.get("imageTagMutability"),
            "image_scanning_configuration": {
                "scan_on_push": repository.get("imageScanningConfiguration", {}).get("scanOnPush", False)
            },
        },
    )
    arn = repository["repositoryArn"]
    tags = world.ask("ecr", "list_tags_for_resource", resourceArn=arn)["tags"]
    known = {"id": name, "name": name, "arn": arn, "repository_url": repository["repositoryUri"]}
    return Found(known, checks + world.tags(resource, tags))


def _repository_policy(resource: Resource, world: World) -> Found | None:
    name = str(world.value(resource.get("repository")))
    held = world.ask("ecr", "get_lifecycle_policy", repositoryName=name)["lifecyclePolicyText"]
    generated = plain(world.value(resource.get("policy")))
    return Found({}, [Compared("policy", generated, plain(json.loads(held)))])


READERS: Final[Mapping[str, Reader]] = {
    "aws_ecr_lifecycle_policy": _repository_policy,
    "aws_ecr_repository": _repository,
}
