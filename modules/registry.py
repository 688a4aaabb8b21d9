"""registry: the ECR repository of the application's images, one per account."""

from typing import Annotated, ClassVar

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.ecr_lifecycle_policy import EcrLifecyclePolicy
from cdktf_cdktf_provider_aws.ecr_repository import (
    EcrRepository,
    EcrRepositoryEncryptionConfiguration,
    EcrRepositoryImageScanningConfiguration,
)
from pydantic import Field

from modules.base import Module
from modules.platform import Platform
from modules.settings import Settings


class RegistrySettings(Settings):
    """How long images are kept."""

    keep_images: Annotated[int, Field(ge=1, le=1000)] = 30
    """Number of images that are kept, newest first; a rollback needs one of them. Images are tagged with the git
    commit."""

    untagged_days: Annotated[int, Field(ge=1, le=365)] = 7
    """Days that an image without a tag is kept; an interrupted push leaves such images."""


class RegistryModule(Module):
    """One repository with immutable tags, which scans images on push."""

    folder: ClassVar[str] = "registry"

    def __init__(self, scope: TerraformStack, *, platform: Platform, settings: RegistrySettings) -> None:
        super().__init__(scope)
        body = self.body
        repository = EcrRepository(
            body,
            "aws_ecr_repository.web_api",
            name=f"{platform.project}-web-api",
            # Images are tagged with their git commit: with mutable tags, a rollback could start another image.
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=EcrRepositoryImageScanningConfiguration(scan_on_push=True),
            encryption_configuration=[EcrRepositoryEncryptionConfiguration(encryption_type="AES256")],
            force_delete=False,
            tags={"Name": f"{platform.project}-web-api"},
        )
        lifecycle_policy = self.local(
            "lifecycle_policy",
            {
                "rules": [
                    {
                        "rulePriority": 1,
                        "description": f"Expire untagged images after {settings.untagged_days} days",
                        "selection": {
                            "tagStatus": "untagged",
                            "countType": "sinceImagePushed",
                            "countUnit": "days",
                            "countNumber": settings.untagged_days,
                        },
                        "action": {"type": "expire"},
                    },
                    {
                        "rulePriority": 2,
                        "description": f"Keep the newest {settings.keep_images} images",
                        "selection": {
                            "tagStatus": "any",
                            "countType": "imageCountMoreThan",
                            "countNumber": settings.keep_images,
                        },
                        "action": {"type": "expire"},
                    },
                ]
            },
        )
        EcrLifecyclePolicy(
            body,
            "aws_ecr_lifecycle_policy.web_api",
            repository=repository.name,
            policy=f"${{jsonencode({lifecycle_policy})}}",
        )

        self.repository_url = self.output(
            "repository_url", repository.repository_url, "URI of the repository, to which `:<git commit>` is added"
        )
        self.repository_arn = self.output("repository_arn", repository.arn, "ARN of the repository")
