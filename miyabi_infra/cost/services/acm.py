"""ACM: public certificates are free, and so is their renewal."""

from collections.abc import Iterator
from typing import Final

from miyabi_infra.cost.model import Billing, Free
from miyabi_infra.stacks import Resource


def _billed(certificate: Resource) -> Iterator[str]:
    if certificate.get("certificate_authority_arn"):
        yield "a certificate of a private authority"
    if any(each.get("export") == "ENABLED" for each in certificate.blocks("options")):
        yield "a public certificate that can be exported"


BILLING: Final[Billing] = {
    "aws_acm_certificate": Free("public certificates for services of AWS are free", _billed),
    "aws_acm_certificate_validation": Free(),
}
