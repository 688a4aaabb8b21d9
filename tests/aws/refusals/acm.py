"""ACM: certificates that are requested, and deleted."""

from typing import Final

from tests.aws.refusals import Ask, nothing_more, refusal

API: Final = "https://docs.aws.amazon.com/acm/latest/APIReference/API_{}.html"
GUIDE: Final = "https://docs.aws.amazon.com/acm/latest/userguide/{}.html"

LONGEST: Final = 64
"""Characters of the first name."""
MOST: Final = 10
"""Names of a certificate, by default."""


@refusal("acm", "RequestCertificate", code="ValidationException", source=API.format("RequestCertificate"))
def first_name_too_long(ask: Ask) -> str | None:
    """The domain name has more than 64 characters."""
    name = str(ask.get("DomainName"))
    return f"The first domain name can be no longer than {LONGEST} characters." if len(name) > LONGEST else None


@refusal("acm", "RequestCertificate", code="LimitExceededException", source=GUIDE.format("acm-limits"))
def more_names_than_the_quota(ask: Ask) -> str | None:
    """The certificate has more than 10 names, the quota of an account that asked for no more."""
    names = {ask.get("DomainName"), *ask.all("SubjectAlternativeNames")}
    return f"Certificate can contain up to {MOST} domain names." if len(names) > MOST else None


@refusal("acm", "DeleteCertificate", code="ResourceInUseException", source=API.format("DeleteCertificate"))
def certificate_in_use(ask: Ask) -> str | None:
    """A listener or a distribution uses the certificate."""
    held = ask.backend("acm")._certificates.get(ask.get("CertificateArn"))
    if held is None or not held.describe()["Certificate"]["InUseBy"]:
        return None
    return f"Certificate {held.arn} in account {ask.account} is in use."


nothing_more(
    "acm",
    AddTagsToCertificate="nothing beyond the model and what moto refuses",
    RemoveTagsFromCertificate="a tag that is not there is no error",
)
