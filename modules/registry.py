"""registry: the ECR repository of the application's images, one per account."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.ecr_lifecycle_policy import EcrLifecyclePolicy
from cdktf_cdktf_provider_aws.ecr_repository import (
    EcrRepository,
    EcrRepositoryEncryptionConfiguration,
    EcrRepositoryImageScanningConfiguration,
)
from cdktf_cdktf_provider_aws.ecr_repository_policy import EcrRepositoryPolicy
from pydantic import Field

from modules.base import Module
from modules.platform import AccountId, Platform
from modules.settings import Settings, Violation, matching, rule, twice

TagPrefix = Annotated[
    str,
    matching(
        r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}",
        "is not the prefix of an image tag",
        "letters, digits and _ . -, such as prod-",
    ),
]


class RegistrySettings(Settings):
    """How long images are kept."""

    keep_images: Annotated[int, Field(ge=1, le=1000)] = 30
    """Number of images that are kept, newest first; a rollback needs one of them. Images are tagged with the git
    commit."""

    deployed_tag_prefixes: Annotated[tuple[TagPrefix, ...], Field(strict=False, max_length=48)] = ()
    """Prefixes of the tags that mark an image as deployed, such as `prod-` for `prod-3f2c1ab`. The newest images of
    each prefix are kept, so that pushes for one environment do not expire the image that another one runs. At most 48:
    a life cycle has 50 rules, two of which are for the other images (ECR user guide, "Amazon ECR service quotas")."""

    keep_deployed: Annotated[int, Field(ge=1, le=1000)] = 10
    """Number of images that are kept of each of `deployed_tag_prefixes`, newest first."""

    pull_accounts: Annotated[tuple[AccountId, ...], Field(strict=False)] = ()
    """AWS accounts that can pull images, in addition to the account of the registry. Their roles need the permission
    too (ECR API, `CreateRepository`)."""

    untagged_days: Annotated[int, Field(ge=1, le=365)] = 7
    """Days that an image without a tag is kept; an interrupted push leaves such images."""

    @rule("deployed_tag_prefixes", "pull_accounts", compares=True)
    def registry_names_each_once(self, _platform: Platform) -> Iterator[Violation]:
        """ECR refuses two rules of a life cycle for the same tags."""
        yield from twice("deployed_tag_prefixes", self.deployed_tag_prefixes)
        yield from twice("pull_accounts", self.pull_accounts)


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
                    # An image that a rule matches is not expired by a later rule, kept or not.
                    *(
                        {
                            "rulePriority": priority,
                            "description": f"Keep the newest {settings.keep_deployed} images of {prefix}",
                            "selection": {
                                "tagStatus": "tagged",
                                "tagPrefixList": [prefix],
                                "countType": "imageCountMoreThan",
                                "countNumber": settings.keep_deployed,
                            },
                            "action": {"type": "expire"},
                        }
                        for priority, prefix in enumerate(settings.deployed_tag_prefixes, 2)
                    ),
                    {
                        "rulePriority": 2 + len(settings.deployed_tag_prefixes),
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

        if settings.pull_accounts:
            pull_policy = self.local(
                "pull_policy",
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "PullFromOtherAccounts",
                            "Effect": "Allow",
                            "Principal": {
                                "AWS": [f"arn:aws:iam::{account}:root" for account in settings.pull_accounts]
                            },
                            "Action": [
                                "ecr:BatchCheckLayerAvailability",
                                "ecr:BatchGetImage",
                                "ecr:GetDownloadUrlForLayer",
                            ],
                        }
                    ],
                },
            )
            EcrRepositoryPolicy(
                body,
                "aws_ecr_repository_policy.web_api",
                repository=repository.name,
                policy=f"${{jsonencode({pull_policy})}}",
            )

        self.repository_url = self.output(
            "repository_url", repository.repository_url, "URI of the repository, to which `:<git commit>` is added"
        )
        self.repository_arn = self.output("repository_arn", repository.arn, "ARN of the repository")
