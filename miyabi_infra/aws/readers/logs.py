"""CloudWatch Logs: log groups and saved queries."""

from collections.abc import Iterator, Mapping
from typing import Final

from miyabi_infra.aws.readers.beside import beside
from miyabi_infra.aws.readers.common import names_of
from miyabi_infra.aws.world import Extra, Found, Reader, World
from miyabi_infra.stacks import Resource


def _log_group(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    groups = world.items("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    group = next((each for each in groups if each["logGroupName"] == name), None)
    if group is None:
        return None
    checks = world.checks(
        resource,
        {
            "name": name,
            "retention_in_days": group.get("retentionInDays", 0),
            "kms_key_id": group.get("kmsKeyId"),
            "log_group_class": group.get("logGroupClass", "STANDARD"),
        },
        retention_in_days=0,
        kms_key_id=None,
        log_group_class="STANDARD",
    )
    arn = group["arn"].removesuffix(":*")
    tags = world.ask("logs", "list_tags_for_resource", resourceArn=arn)["tags"]
    found = Found({"id": name, "name": name, "arn": arn}, checks + world.tags(resource, tags))
    found.extras.extend(beside(resource.type, group))
    for kind in _FILTERS:
        found.search(_extra_filters(kind, name, world))
    return found


_FILTERS: Final = {
    "aws_cloudwatch_log_metric_filter": ("metric filter", "describe_metric_filters", "metricFilters"),
    "aws_cloudwatch_log_subscription_filter": (
        "subscription filter",
        "describe_subscription_filters",
        "subscriptionFilters",
    ),
}
"""What can be attached to a log group, by type: noun, operation, key of its items."""


def _extra_filters(kind: str, group: str, world: World) -> Iterator[Extra]:
    noun, operation, key = _FILTERS[kind]
    generated = names_of(kind, world)
    for each in world.items("logs", operation, key, logGroupName=group):
        if each["filterName"] not in generated:
            yield Extra(f"{noun} {each['filterName']}")


def _query(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    answer = world.ask("logs", "describe_query_definitions", queryDefinitionNamePrefix=name)
    query = next((each for each in answer["queryDefinitions"] if each["name"] == name), None)
    if query is None:
        return None
    found = {
        "name": query["name"],
        "query_string": query["queryString"],
        "log_group_names": query.get("logGroupNames", []),
    }
    return Found({}, world.checks(resource, found))


READERS: Final[Mapping[str, Reader]] = {
    "aws_cloudwatch_log_group": _log_group,
    "aws_cloudwatch_query_definition": _query,
}
