"""ACM: public certificates are free, and so is their renewal."""

from typing import Final

from miyabi_infra.cost.model import Billing, Free

BILLING: Final[Billing] = {
    "aws_acm_certificate": Free("public certificates for services of AWS are free"),
    "aws_acm_certificate_validation": Free(),
}
