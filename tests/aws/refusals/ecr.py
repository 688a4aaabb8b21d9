"""ECR: the image registry."""

import json
from typing import Any, Final

from tests.aws.refusals import Ask, nothing_more, refusal

API: Final = "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_{}.html"
MOST_RULES: Final = 50
POLICY: Final = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html"


@refusal("ecr", "CreateRepository", code="RepositoryAlreadyExistsException", source=API.format("CreateRepository"))
def repository_that_exists(ask: Ask) -> str | None:
    """The registry has a repository of the name."""
    name = ask.get("repositoryName")
    exists = name in ask.backend("ecr").repositories
    return (
        f"The repository with name '{name}' already exists in the registry with id '{ask.account}'" if exists else None
    )


@refusal("ecr", "DeleteRepository", code="RepositoryNotEmptyException", source=API.format("DeleteRepository"))
def repository_with_images(ask: Ask) -> str | None:
    """The repository holds images, and `force` is not set."""
    name = ask.get("repositoryName")
    held = ask.backend("ecr").repositories.get(name)
    full = held is not None and held.images and not ask.get("force")
    if not full:
        return None
    return (
        f"The repository with name '{name}' in registry with id '{ask.account}' cannot be deleted because it still "
        "contains images"
    )


@refusal("ecr", "PutImage", code="ImageTagAlreadyExistsException", source=API.format("PutImage"))
def tag_of_an_immutable_repository(ask: Ask) -> str | None:
    """Tags are immutable, and the repository has another image of the tag."""
    held, tag = ask.backend("ecr").repositories.get(ask.get("repositoryName")), ask.get("imageTag")
    if held is None or tag is None or held.image_tag_mutability != "IMMUTABLE":
        return None
    if not any(tag in each.image_tags for each in held.images):
        return None
    return (
        f"The image tag '{tag}' already exists in the '{ask.get('repositoryName')}' repository and cannot be "
        "overwritten because the tag is immutable."
    )


@refusal("ecr", "PutLifecyclePolicy", code="InvalidParameterException", source=POLICY)
def rules_of_a_lifecycle(ask: Ask) -> str | None:
    """More than 50 rules, two with one priority, one for any image before others, or a tagged one without tags."""
    try:
        rules: list[dict[str, Any]] = json.loads(ask.get("lifecyclePolicyText", ""))["rules"]
    except (ValueError, KeyError):
        return "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'not a lifecycle policy'"
    priorities = [each.get("rulePriority") for each in rules]
    last = max((each for each in priorities if each is not None), default=None)
    problem = None
    if len(rules) > MOST_RULES:
        problem = f"at most {MOST_RULES} rules are allowed"
    if len(set(priorities)) < len(priorities):
        problem = "rule priorities must be unique"
    for each in rules:
        selection = each.get("selection", {})
        tags = selection.get("tagPrefixList") or selection.get("tagPatternList")
        if selection.get("tagStatus") == "any" and each.get("rulePriority") != last:
            problem = "a rule with tagStatus any must have the lowest priority"
        if selection.get("tagStatus") == "tagged" and not tags:
            problem = "a rule with tagStatus tagged must have a tagPrefixList or a tagPatternList"
    if problem is None:
        return None
    return f"Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: '{problem}'"


nothing_more(
    "ecr",
    DeleteLifecyclePolicy="moto refuses one that is not there",
    PutImageScanningConfiguration="nothing beyond the model",
    PutImageTagMutability="nothing beyond the model",
    SetRepositoryPolicy="moto checks the document",
    TagResource="nothing beyond the model",
    UntagResource="AWS accepts keys that are not there",
)
