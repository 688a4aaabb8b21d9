"""notifications: the SNS topic that the alarms notify, and its subscriptions."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from cdktf import Precondition, TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from pydantic import BeforeValidator, Field

from modules.base import Module
from modules.platform import Platform
from modules.settings import ACCOUNT, Settings, Violation, matching, refuse, region_of, rule

TopicArn = Annotated[
    str,
    matching(
        rf"|arn:aws:sns:[a-z0-9-]+:{ACCOUNT}:[\w-]{{1,256}}",
        "is not the ARN of an SNS topic",
        "arn:aws:sns:<region>:<account>:<topic>, or an empty string for none",
    ),
]

KeyArn = Annotated[
    str,
    matching(
        rf"|arn:aws:kms:[a-z0-9-]+:{ACCOUNT}:key/[A-Za-z0-9-]{{1,64}}",
        "is not the ARN of a KMS key",
        "arn:aws:kms:<region>:<account>:key/<id>, or an empty string for none",
    ),
]

EmailAddress = Annotated[
    str,
    matching(
        r"(?=.{6,254}$)[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",
        "is not an email address",
        "an address such as oncall@example.com",
    ),
]


def _not_the_url(value: object) -> object:
    if isinstance(value, str):
        allowed = "true or false; the URL is the value of TF_VAR_alarm_webhook_url"
        raise refuse("is neither true nor false", allowed, secret=True)
    return value


class NotificationsSettings(Settings):
    """Who is notified of alarms. By default nobody, and there is no topic."""

    topic_arn: TopicArn = ""
    """ARN of an existing SNS topic that the alarms notify; its policy must allow CloudWatch to publish. Empty: a topic
    is created if there are `email_addresses` or a `webhook` (SNS API, `CreateTopic`)."""

    email_addresses: Annotated[tuple[EmailAddress, ...], Field(strict=False)] = ()
    """Email addresses that subscribe to the topic. AWS sends a link to each; no notification arrives before it is
    opened. Append new addresses: after the removal of an address, all addresses behind it must confirm again."""

    webhook: Annotated[bool, BeforeValidator(_not_the_url)] = False
    """Whether the topic posts to a web service. Its URL usually contains a key, so it is not in a file: it is the root
    variable `alarm_webhook_url` (sensitive, https only), set with `TF_VAR_alarm_webhook_url`."""

    webhook_confirms_itself: bool = True
    """Whether the web service confirms the subscription itself, as incident services do. Terraform then waits one
    minute for the confirmation, and fails without it. Otherwise somebody must open the link in the posted message."""

    kms_key_arn: KeyArn = ""
    """ARN of the customer managed KMS key that encrypts messages; its policy must allow cloudwatch.amazonaws.com to use
    it (kms:Decrypt, kms:GenerateDataKey*). Empty: only SNS's own encryption at rest. The AWS managed key alias/aws/sns
    is not supported: CloudWatch cannot use it, and every notification would be lost (KMS API, `DescribeKey`)."""

    @property
    def makes_topic(self) -> bool:
        """Whether the module creates a topic."""
        return bool(self.email_addresses) or self.webhook

    @rule("topic_arn", "email_addresses", "webhook")
    def existing_topic_has_subscribers_of_its_own(self, _platform: Platform) -> Iterator[Violation]:
        """Alarms notify one topic: subscribers of the other one would receive nothing."""
        if self.topic_arn and self.makes_topic:
            problem = "excludes email_addresses and webhook, which belong to a topic that is created"
            yield Violation("topic_arn", self.topic_arn, problem, "either topic_arn, or email_addresses and webhook")

    @rule("topic_arn", "region")
    def alarm_topic_is_of_the_region(self, platform: Platform) -> Iterator[Violation]:
        """CloudWatch alarms notify topics of their own region only."""
        if self.topic_arn and region_of(self.topic_arn) != platform.region:
            problem = f"is a topic of {region_of(self.topic_arn)}"
            yield Violation("topic_arn", self.topic_arn, problem, f"one of {platform.region}")

    @rule("email_addresses")
    def email_addresses_differ(self, _platform: Platform) -> Iterator[Violation]:
        """SNS creates one subscription for an address, and Terraform would manage it twice."""
        lower = [address.lower() for address in self.email_addresses]
        for index, address in enumerate(lower):
            if address in lower[:index]:
                value = self.email_addresses[index]
                yield Violation(("email_addresses", index), value, "is in the list twice", "each address once")

    @rule("kms_key_arn", "topic_arn", "email_addresses", "webhook", "region")
    def key_is_for_a_topic_of_its_own(self, platform: Platform) -> Iterator[Violation]:
        """The key encrypts the topic that the module creates, and SNS accepts keys of its region only."""
        if self.kms_key_arn and not self.makes_topic:
            problem = "is the key of a topic that is not created"
            yield Violation("kms_key_arn", self.kms_key_arn, problem, "a key together with email_addresses or webhook")
        elif self.kms_key_arn and region_of(self.kms_key_arn) != platform.region:
            problem = f"is a key of {region_of(self.kms_key_arn)}"
            yield Violation("kms_key_arn", self.kms_key_arn, problem, f"one of {platform.region}")


class NotificationsModule(Module):
    """The topic of the alarms with its subscriptions. Called only if the overlay has subscribers."""

    folder: ClassVar[str] = "notifications"

    def __init__(
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: NotificationsSettings,
        webhook_url: str,
        of_database: bool = False,
    ) -> None:
        """`of_database`: whether RDS tells the topic what happens to the database."""
        super().__init__(scope)
        body, name = self.body, platform.name
        webhook = self.wire("webhook_url", webhook_url, "URL that the topic posts to; empty without a webhook")

        topic = SnsTopic(
            body,
            "aws_sns_topic.alarms",
            name=name("alarms"),
            display_name=f"{platform.project} {platform.environment}",
            kms_master_key_id=settings.kms_key_arn or None,
            tags={"Name": name("alarms")},
        )
        topic_policy = self.local(
            "topic_policy",
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "AlarmsOfThisAccount",
                        "Effect": "Allow",
                        "Principal": {"Service": "cloudwatch.amazonaws.com"},
                        "Action": "sns:Publish",
                        "Resource": topic.arn,
                        # Without it, alarms of any account could publish here through CloudWatch.
                        "Condition": {"StringEquals": {"aws:SourceAccount": topic.owner}},
                    },
                    *(
                        [
                            {
                                "Sid": "EventsOfTheDatabase",
                                "Effect": "Allow",
                                "Principal": {"Service": "events.rds.amazonaws.com"},
                                "Action": "sns:Publish",
                                "Resource": topic.arn,
                                "Condition": {"StringEquals": {"aws:SourceAccount": topic.owner}},
                            }
                        ]
                        if of_database
                        else []
                    ),
                ],
            },
        )
        SnsTopicPolicy(
            body,
            "aws_sns_topic_policy.alarms",
            arn=topic.arn,
            policy=f"${{jsonencode({topic_policy})}}",
        )
        addresses = self.local("email_addresses", list(settings.email_addresses))
        SnsTopicSubscription(
            body,
            "aws_sns_topic_subscription.email",
            count=len(settings.email_addresses),
            topic_arn=topic.arn,
            protocol="email",
            endpoint=f"${{{addresses}[count.index]}}",
        )
        SnsTopicSubscription(
            body,
            "aws_sns_topic_subscription.webhook",
            count=int(settings.webhook),
            topic_arn=topic.arn,
            protocol="https",
            endpoint=webhook,
            endpoint_auto_confirms=settings.webhook_confirms_itself,
            # Not a validation of the variable: Terraform's message would show the value, even a sensitive one.
            lifecycle=TerraformResourceLifecycle(
                precondition=[
                    Precondition(
                        condition='${can(regex("^https://[^/@[:space:]]+(/[^[:space:]]*)?$", var.webhook_url))}',
                        error_message="alarm_webhook_url must begin with https:// and hold no user name and no space.",
                    )
                ]
            ),
        )

        self.alarm_topic_arn = self.output("alarm_topic_arn", topic.arn, "ARN of the topic that the alarms notify")
