"""What modules, and the judgements about them, know of CloudFront: facts only, which are quick to import."""

from typing import Final

ORIGIN_HEADER: Final = "X-Origin-Verify"
"""The header whose secret value only the distribution of the environment sends."""

ORIGIN_FACING: Final = {
    "ap-northeast-1": "pl-58a04531",
    "ap-northeast-2": "pl-22a6434b",
    "ap-south-1": "pl-9aa247f3",
    "ap-southeast-1": "pl-31a34658",
    "ap-southeast-2": "pl-b8a742d1",
    "ca-central-1": "pl-38a64351",
    "eu-central-1": "pl-a3a144ca",
    "eu-north-1": "pl-fab65393",
    "eu-west-1": "pl-4fa04526",
    "eu-west-2": "pl-93a247fa",
    "eu-west-3": "pl-75b1541c",
    "sa-east-1": "pl-5da64334",
    "us-east-1": "pl-3b927c52",
    "us-east-2": "pl-b6a144df",
    "us-west-1": "pl-4ea04527",
    "us-west-2": "pl-82a045eb",
}
"""The IDs of AWS's prefix list `com.amazonaws.global.cloudfront.origin-facing`, the addresses from which CloudFront
connects to origins, by region. Source: `aws ec2 describe-managed-prefix-lists`, as several public projects quote it. A
data source would find them too, but then no stack could be planned, or judged, without AWS."""
