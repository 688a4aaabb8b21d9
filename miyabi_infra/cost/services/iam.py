"""IAM: free."""

from typing import Final

from miyabi_infra.cost.model import Billing, Free

BILLING: Final[Billing] = {
    "aws_iam_openid_connect_provider": Free(),
    "aws_iam_policy": Free(),
    "aws_iam_role": Free(),
    "aws_iam_role_policy": Free(),
    "aws_iam_role_policy_attachment": Free(),
}
