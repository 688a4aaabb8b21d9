"""How what exists is read: alarms, dashboard, saved queries, and the topic with its subscribers."""

import json
from collections.abc import Mapping
from typing import Final

from miyabi_infra.aws.readers.common import Reader, leads_to, policy
from miyabi_infra.aws.world import Check, Extra, Found, Unresolved, World, unordered
from miyabi_infra.stacks import Resource


def _alarm(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("alarm_name"))
    names = sorted(str(each.get("alarm_name")) for each in world.stack.of_type("aws_cloudwatch_metric_alarm"))
    alarms = world.items("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNames=names)
    alarm = next((each for each in alarms if each["AlarmName"] == name), None)
    if alarm is None:
        return None
    dimensions = {each["Name"]: each["Value"] for each in alarm.get("Dimensions", [])}
    checks = world.checks(
        resource,
        {
            "alarm_description": alarm.get("AlarmDescription"),
            "namespace": alarm.get("Namespace"),
            "metric_name": alarm.get("MetricName"),
            "dimensions": dimensions,
            "statistic": alarm.get("Statistic"),
            "period": alarm.get("Period"),
            "evaluation_periods": alarm.get("EvaluationPeriods"),
            "comparison_operator": alarm.get("ComparisonOperator"),
            "threshold": alarm.get("Threshold"),
            "treat_missing_data": alarm.get("TreatMissingData", "missing"),
            "actions_enabled": alarm.get("ActionsEnabled", True),
            "alarm_actions": unordered(alarm.get("AlarmActions")),
            "ok_actions": unordered(alarm.get("OKActions")),
        },
        actions_enabled=True,
        alarm_actions=[],
        ok_actions=[],
    )
    arn = alarm["AlarmArn"]
    tags = world.ask("cloudwatch", "list_tags_for_resource", ResourceARN=arn)["Tags"]
    return Found({"id": name, "arn": arn}, checks + world.tags(resource, tags))


def _dashboard(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("dashboard_name"))
    body = world.ask("cloudwatch", "get_dashboard", DashboardName=name)["DashboardBody"]
    checks = world.checks(resource, {"dashboard_body": json.loads(body)})
    return Found({"id": name, "dashboard_name": name}, checks)


def _query(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    answer = world.ask("logs", "describe_query_definitions", queryDefinitionNamePrefix=name)
    query = next((each for each in answer["queryDefinitions"] if each["name"] == name), None)
    if query is None:
        return None
    found = {"query_string": query["queryString"], "log_group_names": query.get("logGroupNames", [])}
    return Found({}, world.checks(resource, found))


def _topic(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    topics = world.items("sns", "list_topics", "Topics")
    arn = next((each["TopicArn"] for each in topics if each["TopicArn"].rpartition(":")[2] == name), None)
    if arn is None:
        return None
    attributes = world.ask("sns", "get_topic_attributes", TopicArn=arn)["Attributes"]
    checks = world.checks(
        resource,
        {"display_name": attributes.get("DisplayName"), "kms_master_key_id": attributes.get("KmsMasterKeyId")},
        kms_master_key_id=None,
    )
    generated = [
        world.value(each.get("endpoint"))
        for each in world.stack.of_type("aws_sns_topic_subscription")
        if leads_to(each.get("topic_arn"), resource)
    ]
    unknown = any(isinstance(each, Unresolved) for each in generated)  # the webhook's URL stands in no file
    extras = [
        Extra(f"subscriber {each['Endpoint'] if each['Protocol'] != 'https' else 'of a web service'}")
        for each in world.items("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn)
        if each["Endpoint"] not in generated and not (unknown and each["Protocol"] == "https")
    ]
    tags = world.ask("sns", "list_tags_for_resource", ResourceArn=arn)["Tags"]
    known = {"id": arn, "arn": arn, "owner": arn.split(":")[4]}
    return Found(known, checks + world.tags(resource, tags), extras)


def _topic_policy(resource: Resource, world: World) -> Found | None:
    arn = world.value(resource.get("arn"))
    if isinstance(arn, Unresolved):
        return None
    held = world.ask("sns", "get_topic_attributes", TopicArn=arn)["Attributes"].get("Policy")
    if held is None:
        return None
    return Found({}, [Check("policy", policy(world.value(resource.get("policy"))), policy(held))])


def _subscription(resource: Resource, world: World) -> Found | None:
    arn, endpoint = world.value(resource.get("topic_arn")), world.value(resource.get("endpoint"))
    if isinstance(arn, Unresolved):
        return None
    for each in world.items("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn):
        if each["Protocol"] == resource.get("protocol") and (
            isinstance(endpoint, Unresolved) or each["Endpoint"] == endpoint
        ):
            confirmed = each["SubscriptionArn"].startswith("arn:")
            return Found({}, [Check("confirmed", generated=True, found=confirmed)])
    return None


READERS: Final[Mapping[str, Reader]] = {
    "aws_cloudwatch_dashboard": _dashboard,
    "aws_cloudwatch_metric_alarm": _alarm,
    "aws_cloudwatch_query_definition": _query,
    "aws_sns_topic": _topic,
    "aws_sns_topic_policy": _topic_policy,
    "aws_sns_topic_subscription": _subscription,
}
