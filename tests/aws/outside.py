"""What the most complete overlay names and does not build, in an emulated account."""

from tests.aws.emulator import Emulator
from tests.aws.refused import ALLOWED


def outside(aws: Emulator) -> dict[str, str]:
    """What the most complete overlay names and does not build."""
    aws.client("iam").create_policy(PolicyName="miyabi-github-roles", PolicyDocument=ALLOWED)
    secret = aws.client("secretsmanager").create_secret(Name="miyabi/complete/database", SecretString="x")
    return {
        "certificate": aws.certificate("api.example.org"),
        "zone": aws.zone("example.com"),
        "secret": secret["ARN"],
        "topic": aws.client("sns").create_topic(Name="cache-events")["TopicArn"],
        "function": aws.function("rotate"),
        "key": aws.client("kms").create_key()["KeyMetadata"]["Arn"],
        "global_topic": aws.client("sns", region="us-east-1").create_topic(Name="frontend-alarms")["TopicArn"],
    }
