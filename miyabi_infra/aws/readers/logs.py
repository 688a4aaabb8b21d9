"""CloudWatch Logs: log groups and saved queries."""

from collections.abc import Mapping
from typing import Final

from miyabi_infra.aws.world import Found, Reader, World
from miyabi_infra.stacks import Resource


def _log_group(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    groups = world.items("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    group = next((each for each in groups if each["logGroupName"] == name), None)
    if group is None:
        return None
    checks = world.checks(resource, {"retention_in_days": group.get("retentionInDays", 0)}, retention_in_days=0)
    arn = group["arn"].removesuffix(":*")
    tags = world.ask("logs", "list_tags_for_resource", resourceArn=arn)["tags"]
    return Found({"id": name, "name": name, "arn": arn}, checks + world.tags(resource, tags))


def _query(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    answer = world.ask("logs", "describe_query_definitions", queryDefinitionNamePrefix=name)
    query = next((each for each in answer["queryDefinitions"] if each["name"] == name), None)
    if query is None:
        return None
    found = {"query_string": query["queryString"], "log_group_names": query.get("logGroupNames", [])}
    return Found({}, world.checks(resource, found))


READERS: Final[Mapping[str, Reader]] = {
    "aws_cloudwatch_log_group": _log_group,
    "aws_cloudwatch_query_definition": _query,
}
