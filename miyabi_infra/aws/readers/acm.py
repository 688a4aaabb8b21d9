"""ACM: certificates, and whether they are issued."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from miyabi_infra.aws.readers.beside import beside
from miyabi_infra.aws.readers.common import Json, set_check
from miyabi_infra.aws.world import Compared, Found, Reader, Unresolved, World, tag_mapping
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import strings

KEYS: Final = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]
"""All kinds of keys: without them, ACM lists certificates with RSA keys of up to 2,048 bits only."""
_OWN: Final = ("Environment", "Name", "Project")
"""The tags by which a certificate is known: its ARN is random, and several can have the same names."""


def _candidates(resource: Resource, world: World) -> Iterator[Json]:
    """The certificates with the names and the tags of the generated one, as ACM describes them."""
    names = {str(resource.get("domain_name")), *strings(resource.get("subject_alternative_names"))}
    tags: dict[str, Any] = {each.argument: each.generated for each in world.tags(resource, {})}
    wanted = {f"tags.{key}": tags.get(f"tags.{key}") for key in _OWN}
    listed = world.items("acm", "list_certificates", "CertificateSummaryList", Includes={"keyTypes": KEYS})
    for each in listed:
        if each["DomainName"] != resource.get("domain_name"):
            continue
        held = certificate(world, str(each["CertificateArn"]))
        if held is None or set(held.get("SubjectAlternativeNames") or [held["DomainName"]]) != names:
            continue
        found = tag_mapping(_tags(world, str(each["CertificateArn"])))
        if all(found.get(key) == wanted[f"tags.{key}"] for key in _OWN):
            yield held


def certificate(world: World, arn: str) -> Json | None:
    """What ACM says of a certificate; None where there is none."""
    answer = world.optional("acm", "describe_certificate", CertificateArn=arn)
    return answer["Certificate"] if answer else None


def _tags(world: World, arn: str) -> Any:  # noqa: ANN401  # JSON
    return world.ask("acm", "list_tags_for_certificate", CertificateArn=arn).get("Tags")


def _certificate(resource: Resource, world: World) -> Found | None:
    """Found by its names and tags; where there are several, the one that is in use, or the newest."""
    found = sorted(
        _candidates(resource, world), key=lambda each: (bool(each.get("InUseBy")), str(each.get("CreatedAt", "")))
    )
    if not found:
        return None
    held = found[-1]
    arn = str(held["CertificateArn"])
    known: dict[str, Any] = {"id": arn, "arn": arn}
    for option in held.get("DomainValidationOptions") or ():
        record: Json = option.get("ResourceRecord") or {}
        for attribute, key in (("name", "Name"), ("type", "Type"), ("value", "Value")):
            at = f'domain_validation_options[*].resource_record_{attribute}["{option["DomainName"]}"]'
            known[at] = str(record.get(key, ""))
    names = held.get("SubjectAlternativeNames") or [held["DomainName"]]
    methods = {str(each.get("ValidationMethod")) for each in held.get("DomainValidationOptions") or ()}
    checks = [
        *world.checks(
            resource,
            {
                "domain_name": held["DomainName"],
                "key_algorithm": str(held.get("KeyAlgorithm")).replace("-", "_"),
                "validation_method": ", ".join(sorted(methods)),
            },
        ),
        set_check("subject_alternative_names", resource, world, names),
        *world.tags(resource, _tags(world, arn)),
    ]
    return Found(known, checks, list(beside(resource.type, held)))


def _validation(resource: Resource, world: World) -> Found | None:
    """The waiting: it is over where the certificate is issued; for one that has expired, Terraform waits again."""
    arn = world.value(resource.get("certificate_arn"))
    held = None if isinstance(arn, Unresolved) else certificate(world, str(arn))
    if held is None or held.get("Status") != "ISSUED":
        return None
    return Found({"id": arn, "certificate_arn": arn}, [Compared("certificate_arn", arn, held["CertificateArn"])])


READERS: Final[Mapping[str, Reader]] = {
    "aws_acm_certificate": _certificate,
    "aws_acm_certificate_validation": _validation,
}
