"""CloudWatch Logs: log groups and saved queries."""

from typing import Final

from tests.aws.refusals import Ask, nothing_more, refusal
from tests.aws.refusals._tables import RETENTION

API: Final = "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_{}.html"


@refusal("logs", "CreateLogGroup", code="ResourceAlreadyExistsException", source=API.format("CreateLogGroup"))
def log_group_that_exists(ask: Ask) -> str | None:
    """The region has a log group of the name."""
    exists = ask.get("logGroupName") in ask.backend("logs").groups
    return "The specified log group already exists" if exists else None


@refusal("logs", "CreateLogGroup", code="InvalidParameterException", source=API.format("CreateLogGroup"))
def log_group_name_of_aws(ask: Ask) -> str | None:
    """The name begins with `aws/`."""
    reserved = str(ask.get("logGroupName", "")).startswith("aws/")
    return "Log groups starting with AWS/ are reserved for AWS." if reserved else None


@refusal("logs", "PutRetentionPolicy", code="InvalidParameterException", source=API.format("PutRetentionPolicy"))
def retention_that_is_not_offered(ask: Ask) -> str | None:
    """The number of days is not one that CloudWatch Logs offers."""
    days = ask.get("retentionInDays")
    return None if days in RETENTION else f"Invalid retention in days: {days}"


@refusal(
    "logs",
    "PutRetentionPolicy",
    "DeleteRetentionPolicy",
    "DeleteLogGroup",
    code="ResourceNotFoundException",
    source=API.format("PutRetentionPolicy"),
)
def log_group_that_does_not_exist(ask: Ask) -> str | None:
    """The region has no log group of the name."""
    missing = ask.get("logGroupName") not in ask.backend("logs").groups
    return "The specified log group does not exist." if missing else None


nothing_more(
    "logs",
    DeleteQueryDefinition="nothing beyond the model",
    PutQueryDefinition="AWS does not look for the log groups",
    TagResource="nothing beyond the model",
    TagLogGroup="nothing beyond the model",
    UntagResource="AWS accepts keys that are not there",
)
