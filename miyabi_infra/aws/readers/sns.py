"""SNS: the topic, its policy and its subscriptions."""

import json
from collections.abc import Mapping
from typing import Final

from miyabi_infra.aws.readers.beside import beside
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, Unresolved, World
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import leads_to
from miyabi_infra.stacks.policies import canonical


def _topic(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    topics = world.items("sns", "list_topics", "Topics")
    arn = next((each["TopicArn"] for each in topics if each["TopicArn"].rpartition(":")[2] == name), None)
    if arn is None:
        return None
    attributes = world.ask("sns", "get_topic_attributes", TopicArn=arn)["Attributes"]
    checks = world.checks(
        resource,
        {
            "name": arn.rpartition(":")[2],
            "display_name": attributes.get("DisplayName") or "",
            "kms_master_key_id": attributes.get("KmsMasterKeyId"),
        },
        display_name="",
        kms_master_key_id=None,
    )
    generated = [
        world.value(each.get("endpoint"))
        for each in world.stack.of_type("aws_sns_topic_subscription")
        if leads_to(each.get("topic_arn"), resource)
    ]
    others = [
        each
        for each in world.items("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn)
        if each["Endpoint"] not in generated
    ]
    # The URLs of generated webhooks are in no file: as many of the web services are theirs.
    unknown = sum(isinstance(each, Unresolved) for each in generated)
    web = [each for each in others if each["Protocol"] == "https"]
    extras = [Extra("subscriber of a web service")] * max(0, len(web) - unknown)
    extras += [Extra(f"subscriber {each['Endpoint']}") for each in others if each["Protocol"] != "https"]
    extras += beside(resource.type, attributes)
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
    return Found(
        {},
        [
            Compared("arn", arn, arn),
            Compared("policy", canonical(world.value(resource.get("policy"))), canonical(held)),
        ],
    )


def _subscription(resource: Resource, world: World) -> Found | None:
    arn, endpoint = world.value(resource.get("topic_arn")), world.value(resource.get("endpoint"))
    if isinstance(arn, Unresolved):
        return None
    for each in world.items("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn):
        if each["Protocol"] == resource.get("protocol") and (
            isinstance(endpoint, Unresolved) or each["Endpoint"] == endpoint
        ):
            confirmed = each["SubscriptionArn"].startswith("arn:")
            checks = [
                Compared("confirmed", generated=True, found=confirmed),
                *world.checks(resource, {"topic_arn": arn, "protocol": each["Protocol"], "endpoint": each["Endpoint"]}),
            ]
            extras: list[Extra] = []
            if confirmed:
                answer = world.ask("sns", "get_subscription_attributes", SubscriptionArn=each["SubscriptionArn"])
                held = answer["Attributes"]
                policy = json.loads(held["FilterPolicy"]) if held.get("FilterPolicy") else None
                raw = held.get("RawMessageDelivery") == "true"
                found = {"filter_policy": policy, "raw_message_delivery": raw}
                checks += world.checks(resource, found, filter_policy=None, raw_message_delivery=False)
                extras += beside(resource.type, held)
            return Found({}, checks, extras)
    return None


READERS: Final[Mapping[str, Reader]] = {
    "aws_sns_topic": _topic,
    "aws_sns_topic_policy": _topic_policy,
    "aws_sns_topic_subscription": _subscription,
}
