"""The image that runs, who deploys it, and the last one that the pipeline pushed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from miyabi_infra.aws.client import Trouble
from miyabi_infra.aws.status.model import Level, Look, Observation, ago
from miyabi_infra.stacks.images import EcrImage, ecr_image


def image(look: Look) -> Iterator[Observation]:
    """Nothing of it is health: what the registry does not tell is a note."""
    found = look.describe_service()
    if found is None:
        return
    parts: list[Mapping[str, Any]] = [*(found.get("deployments") or ()), *(found.get("taskSets") or ())]
    primary = next((each for each in parts if each["status"] == "PRIMARY"), found)
    answer = look.world.ask("ecs", "describe_task_definition", taskDefinition=str(primary["taskDefinition"]))
    runs = str(answer["taskDefinition"]["containerDefinitions"][0]["image"])
    owner = _owner(look)
    yield Observation(Level.OK, f"{runs}, {owner}", {"image": runs, "owner": owner})
    named = ecr_image(runs)
    if named is not None:
        yield _newest(look, named)


def _owner(look: Look) -> str:
    """Who deploys: the generated `ignore_changes` say so."""
    service = look.platform.service
    if look.platform.stack.of_type("aws_codedeploy_deployment_group"):
        return "deployed by CodeDeploy"
    if service is not None and "task_definition" in service.ignore_changes:
        return "deployed by a pipeline"
    return "deployed by Terraform"


def _newest(look: Look, runs: EcrImage) -> Observation:
    """The image that was pushed last, next to the one that runs."""
    there = look.world.at("" if runs.region == look.world.stack.region else runs.region)
    try:
        pushed = there.items(
            "ecr",
            "describe_images",
            "imageDetails",
            registryId=runs.account,
            repositoryName=runs.repository,
            filter={"tagStatus": "TAGGED"},
        )
    except Trouble as trouble:
        return Observation(Level.NOTE, f"the last pushed image is not known: {trouble.text}", {"newest": None})
    if not pushed:
        return Observation(Level.NOTE, f"{runs.repository} has no image with a tag", {"newest": None})
    last: Mapping[str, Any] = max(pushed, key=_when)
    tags = sorted(map(str, last["imageTags"]))
    same = runs.digest == last["imageDigest"] if runs.digest else (runs.tag or "latest") in tags
    text = f"the last pushed image is {', '.join(tags)}, {ago(_when(last), look.now)}"
    if not runs.digest and not any((runs.tag or "latest") in each["imageTags"] for each in pushed):
        gone = f"{runs.repository} has no image {runs.tag or 'latest'} any more: no new task starts"
        return Observation(Level.DEGRADED, gone, {"newest": tags, "trouble": "missing"})
    data = {"newest": tags, "digest": last["imageDigest"], "runs": same}
    return Observation(Level.OK if same else Level.NOTE, f"{text}: {'it runs' if same else 'it does not run'}", data)


def _when(details: Mapping[str, Any]) -> datetime:
    pushed: datetime = details["imagePushedAt"]
    return pushed
