"""flow-logs: which connections the VPC writes down, and where."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal

from cdktf import ITerraformDependable, TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.flow_log import FlowLog
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from pydantic import Field

from modules.base import Module, literal
from modules.ecs import LogRetention
from modules.iam import POLICY_VERSION, trust
from modules.platform import Platform
from modules.settings import Settings, Violation, rule, twice

FlowField = Literal[
    "account-id", "action", "az-id", "bytes", "dstaddr", "dstport", "ecs-cluster-arn", "ecs-cluster-name",
    "ecs-container-id", "ecs-container-instance-arn", "ecs-container-instance-id", "ecs-second-container-id",
    "ecs-service-name", "ecs-task-arn", "ecs-task-definition-arn", "ecs-task-id", "encryption-status", "end",
    "flow-direction", "instance-id", "interface-id", "log-status", "packets", "pkt-dst-aws-service", "pkt-dstaddr",
    "pkt-src-aws-service", "pkt-srcaddr", "protocol", "region", "reject-reason", "resource-id", "srcaddr", "srcport",
    "start", "sublocation-id", "sublocation-type", "subnet-id", "tcp-flags", "traffic-path", "type", "version",
    "vpc-id",
]  # fmt: skip
"""Fields of a record (Amazon VPC user guide, "Flow log records", "Available fields"), up to version 10."""

AWS_FIELDS: Final[tuple[FlowField, ...]] = (
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes",
    "start", "end", "action", "log-status",
)  # fmt: skip
"""AWS's default format: the fields of version 2, in its order."""


class FlowLogsSettings(Settings):
    """What the VPC writes down about connections. Off by default. A change makes a new flow log: AWS changes none."""

    destination: Literal["cloudwatch-logs", "s3"] | None = None
    """Where the records go: a log group of the environment, to search in at once, or the bucket of `log_bucket`, for
    half the price. Null: there are no flow logs. Needs `account_id`: role and bucket let in this account only."""

    traffic: Literal["ALL", "ACCEPT", "REJECT"] = "ALL"
    """Whether connections that security groups and network ACLs accept, reject, or both are written down (EC2 API,
    `CreateFlowLogs`)."""

    fields: Annotated[tuple[FlowField, ...], Field(strict=False)] = ()
    """What a record says, in this order, such as `[srcaddr, dstaddr, dstport, action, ecs-task-id]`. Empty: AWS's
    default format, the 14 fields of version 2 (Amazon VPC user guide, "Flow log records")."""

    aggregation_seconds: Literal[60, 600] = 600
    """How long packets of a connection are summed up in one record (EC2 API, `MaxAggregationInterval`)."""

    retention_days: LogRetention = 30
    """Days that records are kept in the log group. In the bucket, `log_bucket.days` counts (CloudWatch Logs API,
    `PutRetentionPolicy`)."""

    @rule("destination", "account_id")
    def flow_logs_know_their_account(self, platform: Platform) -> Iterator[Violation]:
        """The role, and the policy of the bucket, are for flow logs of the account: others could use them else.

        Source: Amazon VPC user guide, "Publish flow logs to CloudWatch Logs", "confused deputy".
        """
        if self.destination and platform.account_id is None:
            problem = "needs the account, which its role or the policy of its bucket names"
            yield Violation("destination", self.destination, problem, "null, or account_id, too")

    @rule("fields", compares=True)
    def flow_log_fields_differ(self, _platform: Platform) -> Iterator[Violation]:
        """A record says each thing once."""
        yield from twice("fields", self.fields)


class FlowLogsModule(Module):
    """A flow log of the whole VPC; with a log group, and the role that writes into it. Called where it is on."""

    folder: ClassVar[str] = "flow-logs"

    def __init__(
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: FlowLogsSettings,
        vpc_id: str,
        bucket_arn: str | None,
        depends_on: list[ITerraformDependable],
    ) -> None:
        """`bucket_arn`: of the bucket of `log_bucket`, where the records go into it; else None."""
        super().__init__(scope, depends_on=depends_on)
        body, name = self.body, platform.name
        vpc = self.wire("vpc_id", vpc_id, "ID of the VPC")
        # Left out, provider 5 keeps the format of before, and AWS's default would never come back.
        record = literal(" ".join(f"${{{each}}}" for each in settings.fields or AWS_FIELDS))
        if bucket_arn is not None:
            to_bucket = FlowLog(
                body,
                "aws_flow_log.s3",
                vpc_id=vpc,
                traffic_type=settings.traffic,
                log_destination_type="s3",
                log_destination=self.wire("bucket_arn", bucket_arn, "ARN of the bucket of the logs"),
                log_format=record,
                max_aggregation_interval=settings.aggregation_seconds,
                tags={"Name": name("flow-log")},
            )
            self.flow_log_id = self.output("flow_log_id", to_bucket.id, "ID of the flow log")
            return
        group = CloudwatchLogGroup(
            body,
            "aws_cloudwatch_log_group.flow",
            name=f"/vpc/{platform.project}-{platform.environment}/flow-logs",
            retention_in_days=settings.retention_days,
            tags={"Name": name("flow-logs")},
        )
        group_arn = group.arn
        may_assume = self.local(
            "trust",
            trust(
                "vpc-flow-logs.amazonaws.com",
                StringEquals={"aws:SourceAccount": platform.account_id},
                ArnLike={"aws:SourceArn": f"arn:aws:ec2:{platform.region}:{platform.account_id}:vpc-flow-log/*"},
            ),
        )
        role = IamRole(
            body,
            "aws_iam_role.flow",
            name=name("flow-logs"),
            assume_role_policy=f"${{jsonencode({may_assume})}}",
            permissions_boundary=platform.role_boundary_arn,
            tags={"Name": name("flow-logs")},
        )
        writes = self.local(
            "writes",
            {
                "Version": POLICY_VERSION,
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": [
                            "logs:CreateLogStream",
                            "logs:DescribeLogGroups",
                            "logs:DescribeLogStreams",
                            "logs:PutLogEvents",
                        ],
                        "Resource": f"{group_arn}:*",
                    }
                ],
            },
        )
        policy = IamRolePolicy(
            body,
            "aws_iam_role_policy.flow",
            name=name("flow-logs"),
            role=role.id,
            policy=f"${{jsonencode({writes})}}",
        )
        to_group = FlowLog(
            body,
            "aws_flow_log.logs",
            vpc_id=vpc,
            traffic_type=settings.traffic,
            log_destination_type="cloud-watch-logs",
            log_destination=group_arn,
            iam_role_arn=role.arn,
            log_format=record,
            max_aggregation_interval=settings.aggregation_seconds,
            tags={"Name": name("flow-log")},
            # Without its permissions, the first records are lost, and AWS says "Access error".
            depends_on=[policy],
        )
        self.flow_log_id = self.output("flow_log_id", to_group.id, "ID of the flow log")
