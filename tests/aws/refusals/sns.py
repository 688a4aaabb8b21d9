"""SNS: the topic of the alarms."""

import json
import re
from typing import Final

from tests.aws.refusals import Ask, nothing_more, one_or_more, refusal

API: Final = "https://docs.aws.amazon.com/sns/latest/api/API_{}.html"
ENDPOINTS: Final = {
    "email": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "email-json": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "http": r"http://\S+",
    "https": r"https://\S+",
    "lambda": r"arn:aws:lambda:\S+",
    "sqs": r"arn:aws:sqs:\S+",
}
"""What an endpoint looks like, by protocol."""


@refusal("sns", "CreateTopic", code="InvalidParameter", source=API.format("CreateTopic"))
def topic_with_other_attributes(ask: Ask) -> str | None:
    """The region has a topic of the name with other attributes or tags; with the same, AWS answers with it."""
    held = ask.backend("sns").topics.get(f"arn:aws:sns:{ask.region}:{ask.account}:{ask.get('Name')}")
    if held is None:
        return None
    tags = {each["Key"]: each.get("Value") for each in ask.all("Tags")}
    there = dict(held._tags)
    if tags and tags != there:
        return "Invalid parameter: Tags Reason: Topic already exists with different tags"
    name = ask.get("Attributes", {}).get("DisplayName")
    if name is not None and name != held.display_name:
        return "Invalid parameter: Attributes Reason: Topic already exists with different attributes"
    return None


@refusal("sns", "Subscribe", code="InvalidParameter", source=API.format("Subscribe"))
def endpoint_of_another_protocol(ask: Ask) -> str | None:
    """The endpoint is not one of the protocol: no address for `email`, no https:// for `https`."""
    protocol, endpoint = ask.get("Protocol"), ask.get("Endpoint", "")
    form = ENDPOINTS.get(protocol, ".*")
    if re.fullmatch(form, endpoint):
        return None
    return f"Invalid parameter: Endpoint must match the specified protocol {protocol}"


@refusal("sns", "Subscribe", "SetTopicAttributes", "Publish", code="NotFound", source=API.format("Subscribe"))
def missing_topic(ask: Ask) -> str | None:
    """The topic does not exist."""
    arn = ask.get("TopicArn")
    return "Topic does not exist" if arn and arn not in ask.backend("sns").topics else None


@refusal("sns", "SetTopicAttributes", code="InvalidParameter", source=API.format("SetTopicAttributes"))
def policy_of_a_topic(ask: Ask) -> str | None:
    """The policy is not JSON, or allows actions that topics do not have."""
    if ask.get("AttributeName") != "Policy":
        return None
    try:
        statements = one_or_more(json.loads(ask.get("AttributeValue", ""))["Statement"])
    except (ValueError, KeyError):
        return "Invalid parameter: Policy Error: null"
    actions = [action for each in statements for action in one_or_more(each.get("Action", []))]
    if any(not str(action).lower().startswith("sns:") for action in actions):
        return "Invalid parameter: Policy statement action out of service scope!"
    return None


@refusal("sns", "SetTopicAttributes", "CreateTopic", code="InvalidParameter", source=API.format("SetTopicAttributes"))
def display_name_too_long(ask: Ask) -> str | None:
    """The display name has more than 100 characters."""
    name = ask.get("AttributeValue") if ask.get("AttributeName") == "DisplayName" else None
    name = name or ask.get("Attributes", {}).get("DisplayName", "")
    return "Invalid parameter: DisplayName Reason: too long" if len(name) > 100 else None


nothing_more(
    "sns",
    DeleteTopic="a topic that does not exist is no error",
    SetSubscriptionAttributes="moto refuses a subscription that is not there",
    TagResource="nothing beyond the model",
    Unsubscribe="moto refuses a subscription that is not there",
    UntagResource="AWS accepts keys that are not there",
)
