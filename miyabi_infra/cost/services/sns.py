"""SNS."""

from typing import Final

from miyabi_infra.cost.model import Billing, Free

BILLING: Final[Billing] = {
    "aws_sns_topic": Free("the e-mails of alarms: a thousand cost two cents"),
    "aws_sns_topic_policy": Free(),
    "aws_sns_topic_subscription": Free(),
}
