"""certificate: ACM's certificates for the load balancer and for the frontend, and the records that validate them."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal

from cdktf import TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_aws.acm_certificate import AcmCertificate
from cdktf_cdktf_provider_aws.acm_certificate_validation import (
    AcmCertificateValidation,
    AcmCertificateValidationTimeouts,
)
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.route53_record import Route53Record
from pydantic import Field

from modules.base import Module, address, for_each, keyed
from modules.dns import DnsSettings, zone_id
from modules.domain import DomainName, HostName, bare, without_amazon
from modules.hosted_zone import CAA_TTL
from modules.platform import Platform
from modules.settings import Settings, Violation, rule, twice

LONGEST: Final = 64
"""Characters that the first name of a certificate can have (ACM API, `RequestCertificate`)."""
PATIENCE: Final = "15m"
"""How long an apply waits for a validation. Where the zone is delegated, ACM takes some minutes."""
_DAY: Final = 86_400

KeyAlgorithm = Literal["RSA_2048", "EC_prime256v1", "EC_secp384r1"]


class CertificateSettings(Settings):
    """Certificates of ACM, validated by records in the zone of `dns`, and renewed by ACM. Off by default."""

    domain_names: Annotated[tuple[DomainName, ...], Field(strict=False, max_length=100)] = ()
    """Names of the load balancer's certificate, the first as its domain name. It takes the place of
    `alb.certificate_arn`. AWS's quota is 10 names (ACM quotas). Empty: no such certificate (ACM API,
    `RequestCertificate`)."""

    for_frontend: bool = False
    """Whether there is a certificate in us-east-1 for `frontend.domain_names`. It takes the place of
    `frontend.certificate_arn`."""

    wait_for_validation: bool = True
    """Whether an apply waits until ACM has issued the certificates, 15 minutes at most, and then uses them. False as
    long as the zone is not delegated: then certificates and records are made, and nothing uses them."""

    key_algorithm: KeyAlgorithm = "RSA_2048"
    """Algorithm of the keys. Another one is another certificate (ACM API, `KeyAlgorithm`)."""

    authorities: Annotated[tuple[HostName, ...], Field(strict=False)] = ()
    """Certificate authorities that may issue certificates for the names (CAA records), such as amazon.com. Empty: no
    such records, so those of the zone hold."""

    expiry_alarm_days: Annotated[int, Field(ge=1, le=44)] = 30
    """Days before the end of a certificate at which the alarm goes into ALARM. ACM renews a certificate 45 days before
    its end, so then a renewal has failed (ACM user guide, "Managed certificate renewal")."""

    @rule("domain_names", compares=True)
    def certificate_names_differ(self, _platform: Platform) -> Iterator[Violation]:
        """A name twice would be a mistake."""
        yield from twice("domain_names", self.domain_names)

    @rule("domain_names", compares=True)
    def first_name_fits(self, _platform: Platform) -> Iterator[Violation]:
        """ACM refuses a first name that is longer than the common name of a certificate can be."""
        yield from first_name_too_long(("domain_names",), self.domain_names)

    @rule("authorities", compares=True)
    def authorities_differ(self, _platform: Platform) -> Iterator[Violation]:
        """Route 53 refuses a record with the same value twice."""
        yield from twice("authorities", self.authorities)

    @rule("authorities")
    def amazon_may_issue(self, _platform: Platform) -> Iterator[Violation]:
        """ACM's certificates fail with CAA_ERROR where the records name other authorities only."""
        yield from without_amazon("authorities", self.authorities)


def first_name_too_long(key: tuple[str, ...], names: tuple[str, ...]) -> Iterator[Violation]:
    """A violation where the first name is longer than the common name of a certificate can be."""
    if names and len(names[0]) > LONGEST:
        allowed = f"at most {LONGEST} in the first name; a longer one can be a later one"
        yield Violation((*key, 0), names[0], f"has {len(names[0])} characters", allowed)


class CertificateModule(Module):
    """The certificates, with their validation. Called only where there is one."""

    folder: ClassVar[str] = "certificate"

    def __init__(
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: CertificateSettings,
        dns: DnsSettings,
        frontend_names: tuple[str, ...],
        alarm_topic_arn: str | None = None,
        frontend_topic_arn: str = "",
    ) -> None:
        """`frontend_names`: of the frontend's certificate, which is in us-east-1, as its topic is; empty for none."""
        super().__init__(scope)
        body, name = self.body, platform.name
        zone = zone_id(body, dns)
        self.certificate_arn: str | None = None
        self.frontend_certificate_arn: str | None = None

        authorities = None
        if settings.authorities:
            authorities = Route53Record(
                body,
                "aws_route53_record.certificate_authorities",
                zone_id=zone,
                name="${each.key}",
                type="CAA",
                ttl=CAA_TTL,
                records=[f'0 issue "{authority}"' for authority in settings.authorities],
            )
            for_each(authorities, {bare(each): "CAA" for each in (*settings.domain_names, *frontend_names)})
        waits_for = [authorities] if authorities else None  # ACM reads them when it validates

        # ---- what ACM asks for, by the name that it asks for: x and *.x are validated by the same record
        asked: dict[str, dict[str, str]] = {}
        certificate = frontend = None
        if settings.domain_names:
            certificate = AcmCertificate(
                body,
                "aws_acm_certificate.load_balancer",
                domain_name=settings.domain_names[0],
                subject_alternative_names=list(settings.domain_names),  # left out, provider 5 keeps those of before
                validation_method="DNS",
                key_algorithm=settings.key_algorithm,
                # AWS refuses to delete a certificate that a listener still uses.
                lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
                depends_on=waits_for,
                tags={"Name": name("load-balancer")},
            )
            asked |= self._asked(certificate, settings.domain_names)
        if frontend_names:
            frontend = AcmCertificate(
                body,
                "aws_acm_certificate.frontend",
                domain_name=frontend_names[0],
                subject_alternative_names=list(frontend_names),
                validation_method="DNS",
                key_algorithm=settings.key_algorithm,
                lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
                depends_on=waits_for,
                tags={"Name": name("frontend")},
            )
            self.in_us_east_1(frontend)
            # ACM gives an account one record for a name, whatever certificate and region it is for.
            asked = self._asked(frontend, frontend_names) | asked

        validation = Route53Record(
            body,
            "aws_route53_record.validation",
            zone_id=zone,
            name="${each.value.name}",
            type="CNAME",
            ttl=60,
            records=["${each.value.value}"],
            allow_overwrite=True,  # certificates of other environments can have the same name
        )
        for_each(validation, asked)

        if certificate and settings.wait_for_validation:
            validated = AcmCertificateValidation(
                body,
                "aws_acm_certificate_validation.load_balancer",
                certificate_arn=certificate.arn,
                validation_record_fqdns=[keyed(validation, bare(each), "fqdn") for each in settings.domain_names],
                timeouts=AcmCertificateValidationTimeouts(create=PATIENCE),
            )
            self.certificate_arn = self.output(
                "certificate_arn",
                validated.certificate_arn,
                "ARN of the load balancer's certificate, once it is issued",
            )
        if frontend and settings.wait_for_validation:
            validated = AcmCertificateValidation(
                body,
                "aws_acm_certificate_validation.frontend",
                certificate_arn=frontend.arn,
                validation_record_fqdns=[keyed(validation, bare(each), "fqdn") for each in frontend_names],
                timeouts=AcmCertificateValidationTimeouts(create=PATIENCE),
            )
            self.in_us_east_1(validated)
            self.frontend_certificate_arn = self.output(
                "frontend_certificate_arn",
                validated.certificate_arn,
                "ARN of the frontend's certificate, once it is issued",
            )

        # ---- a renewal that fails is silent
        if certificate:
            notified = self.alarm_actions(alarm_topic_arn)
            CloudwatchMetricAlarm(
                body,
                "aws_cloudwatch_metric_alarm.load_balancer_expiry",
                alarm_name=name("certificate-expiry"),
                alarm_description="This metric monitors the days until the load balancer's certificate ends",
                namespace="AWS/CertificateManager",
                metric_name="DaysToExpiry",
                dimensions={"CertificateArn": certificate.arn},
                statistic="Minimum",
                period=_DAY,
                evaluation_periods=1,
                comparison_operator="LessThanThreshold",
                threshold=settings.expiry_alarm_days,
                treat_missing_data="ignore",  # none before it is issued, and none after its end
                alarm_actions=notified,
                ok_actions=notified,
                tags={"Name": name("certificate-expiry-alarm")},
            )
        if frontend:
            notified = [frontend_topic_arn] if frontend_topic_arn else None
            expiry = CloudwatchMetricAlarm(
                body,
                "aws_cloudwatch_metric_alarm.frontend_expiry",
                alarm_name=name("frontend-certificate-expiry"),
                alarm_description="This metric monitors the days until the frontend's certificate ends",
                namespace="AWS/CertificateManager",
                metric_name="DaysToExpiry",
                dimensions={"CertificateArn": frontend.arn},
                statistic="Minimum",
                period=_DAY,
                evaluation_periods=1,
                comparison_operator="LessThanThreshold",
                threshold=settings.expiry_alarm_days,
                treat_missing_data="ignore",
                alarm_actions=notified,
                ok_actions=notified,
                tags={"Name": name("frontend-certificate-expiry-alarm")},
            )
            self.in_us_east_1(expiry)

    def _asked(self, certificate: AcmCertificate, names: tuple[str, ...]) -> dict[str, dict[str, str]]:
        """By name, the name and the value of the record that ACM asks for: known after the certificate is requested."""
        options = f"{address(certificate)}.domain_validation_options[*]"
        asked_for = f"{address(certificate).rpartition('.')[2]}_records"
        local = self.local(
            asked_for,
            {
                "names": f"${{zipmap({options}.domain_name, {options}.resource_record_name)}}",
                "values": f"${{zipmap({options}.domain_name, {options}.resource_record_value)}}",
            },
        )
        return {
            bare(each): {"name": f'${{{local}.names["{each}"]}}', "value": f'${{{local}.values["{each}"]}}'}
            for each in names
        }
