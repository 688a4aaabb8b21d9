"""SNS."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.cost.model import Billing, Free
from miyabi_infra.stacks import Resource


def _billed(subscription: Resource) -> Iterator[str]:
    if subscription.get("protocol") in {"sms", "firehose"}:
        yield f"messages by {subscription.get('protocol')}"


BILLING: Final[Billing] = {
    "aws_sns_topic": Free("the e-mails of alarms: a thousand cost two cents"),
    "aws_sns_topic_policy": Free(),
    "aws_sns_topic_subscription": Free(but=_billed),
}
