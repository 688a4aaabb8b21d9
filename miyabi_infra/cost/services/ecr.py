"""ECR: images that are stored."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.cost.model import Billed, Billing, Charge, Context, Free, Span
from miyabi_infra.cost.prices import NotPriced
from miyabi_infra.stacks import Resource


def _repository(repository: Resource, context: Context) -> Iterator[Charge]:
    size = context.of_shared.image_gb
    yield Charge("ECR", f"{size:g} GB of images", Span.of(size), context.prices.of("ecr.stored"), assumed=True)
    if any(each.get("encryption_type") != "AES256" for each in repository.blocks("encryption_configuration")):
        raise NotPriced("no price of its KMS key and requests")


BILLING: Final[Billing] = {
    "aws_ecr_lifecycle_policy": Free(),
    "aws_ecr_repository": Billed(
        "ECR",
        _repository,
        reads=frozenset({"encryption_configuration"}),
        free=frozenset({"force_delete", "image_scanning_configuration", "image_tag_mutability", "name", "tags"}),
    ),
    "aws_ecr_repository_policy": Free(),
}
