"""dns: the names of the load balancer and of the frontend in a hosted zone of Route 53, and a check from outside."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.data_aws_route53_zone import DataAwsRoute53Zone
from cdktf_cdktf_provider_aws.route53_health_check import Route53HealthCheck
from cdktf_cdktf_provider_aws.route53_record import Route53Record, Route53RecordAlias
from pydantic import Field

from modules.base import Module, ModuleBody, for_each
from modules.domain import DomainName, HostName, ZoneId, in_the_zone
from modules.platform import Platform
from modules.security_groups import HTTP_PORT, HTTPS_PORT
from modules.settings import PathFromOutside, Settings, UsEast1TopicArn, Violation, rule, twice


class DnsSettings(Settings):
    """The names of the environment, in a public hosted zone of Route 53. Off by default."""

    zone: HostName | None = None
    """Name of the public hosted zone, such as example.com. It exists already, or the stack `shared` makes it
    (`hosted_zone.name`). Default: no zone, and so no names (Route 53 API, `CreateHostedZone`)."""

    zone_id: ZoneId | None = None
    """ID of the zone. Default: Terraform asks AWS for the zone of that name whenever it plans (Route 53 API,
    `GetHostedZone`)."""

    load_balancer_names: Annotated[tuple[DomainName, ...], Field(strict=False, max_length=100)] = ()
    """Names that lead to the load balancer, with `alb.internal` to private addresses: an alias record each for what
    `alb.ip_address_type` says, IPv4, IPv6 or both. Such a record costs nothing, and can be at the name of the zone
    itself (Route 53 developer guide, "Choosing between alias and non-alias records"; Route 53 API,
    `ResourceRecordSet`)."""

    frontend_names: Annotated[tuple[DomainName, ...], Field(strict=False, max_length=100)] = ()
    """Names that lead to the distribution of the frontend: alias records for IPv4 and IPv6. The distribution answers to
    `frontend.domain_names` only (Route 53 API, `ResourceRecordSet`)."""

    health_check_name: HostName | None = None
    """One of the names, which Route 53 then asks for from several regions every 30 seconds. Default: no check (Route 53
    API, `HealthCheckConfig`)."""

    health_check_path: PathFromOutside = "/health"
    """Path of these requests, at most 255 characters (Route 53 API, `ResourcePath`). An answer of 2xx or 3xx within two
    seconds is healthy (Route 53 developer guide, "How Amazon Route 53 determines whether a health check is healthy").
    """

    health_check_topic_arn: UsEast1TopicArn = ""
    """ARN of the SNS topic in us-east-1 that the alarm of the health check notifies: Route 53's metrics are there, and
    an alarm notifies topics of its own region only. Empty: nobody (SNS API, `CreateTopic`)."""

    @property
    def names(self) -> tuple[str, ...]:
        """All names."""
        return self.load_balancer_names + self.frontend_names

    @rule("zone", "zone_id", "load_balancer_names", "frontend_names")
    def names_need_a_zone(self, _platform: Platform) -> Iterator[Violation]:
        """A record is in a zone."""
        named = {
            "zone_id": self.zone_id,
            "load_balancer_names": list(self.load_balancer_names),
            "frontend_names": list(self.frontend_names),
        }
        for key, value in named.items():
            if value and self.zone is None:
                yield Violation(key, value, "has no effect without zone", "no such key, or a zone")

    @rule("zone", "load_balancer_names", "frontend_names", compares=True)
    def names_are_in_the_zone(self, _platform: Platform) -> Iterator[Violation]:
        """Route 53 refuses a record whose name does not end with that of the zone."""
        for key in ("load_balancer_names", "frontend_names"):
            yield from in_the_zone((key,), getattr(self, key), self.zone)

    @rule("load_balancer_names", "frontend_names", compares=True)
    def each_name_leads_to_one_place(self, _platform: Platform) -> Iterator[Violation]:
        """Route 53 refuses a second record of the same name and type."""
        yield from twice("load_balancer_names", self.load_balancer_names)
        yield from twice("frontend_names", self.frontend_names)
        for index, name in enumerate(self.frontend_names):
            if name in self.load_balancer_names:
                yield Violation(("frontend_names", index), name, "is in load_balancer_names, too", "one of both")

    @rule("health_check_name", "load_balancer_names", "frontend_names")
    def health_check_is_of_a_name(self, _platform: Platform) -> Iterator[Violation]:
        """A check of a name of somebody else says nothing about the environment."""
        if self.health_check_name and self.health_check_name not in self.names:
            problem, allowed = "is none of the names", "one of load_balancer_names and frontend_names"
            yield Violation("health_check_name", self.health_check_name, problem, allowed)


def zone_id(body: ModuleBody, settings: DnsSettings) -> str:
    """The ID of the zone: the overlay's, or AWS's answer for the name."""
    if settings.zone_id:
        return settings.zone_id
    found = DataAwsRoute53Zone(body, "data.aws_route53_zone.main", name=settings.zone, private_zone=False)
    return found.zone_id


class DnsModule(Module):
    """Alias records, and a health check where it is asked for. Called only where there is a name."""

    folder: ClassVar[str] = "dns"

    def __init__(
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: DnsSettings,
        alb_dns_name: str,
        alb_zone_id: str,
        https: bool,
        over_ipv4: bool,
        over_ipv6: bool,
        distribution: tuple[str, str] | None,
    ) -> None:
        """`https`: whether the load balancer has an HTTPS listener; `over_ipv4`, `over_ipv6`: what it answers.

        `distribution`: its name and its hosted zone.
        """
        super().__init__(scope)
        body, name = self.body, platform.name
        zone = zone_id(body, settings)
        self.zone_id = self.output("zone_id", zone, "ID of the hosted zone")

        if settings.load_balancer_names:
            load_balancer = Route53RecordAlias(
                name=self.wire("alb_dns_name", alb_dns_name, "DNS name of the load balancer"),
                zone_id=self.wire("alb_zone_id", alb_zone_id, "Hosted zone ID of the load balancer"),
                evaluate_target_health=True,
            )
            # Only where it answers: an address that nobody answers at would cost each client a time-out.
            if over_ipv4:
                record = Route53Record(
                    body,
                    "aws_route53_record.load_balancer",
                    zone_id=zone,
                    name="${each.key}",
                    type="A",
                    alias=load_balancer,
                )
                for_each(record, dict.fromkeys(settings.load_balancer_names, "A"))
            if over_ipv6:
                record_ipv6 = Route53Record(
                    body,
                    "aws_route53_record.load_balancer_ipv6",
                    zone_id=zone,
                    name="${each.key}",
                    type="AAAA",
                    alias=load_balancer,
                )
                for_each(record_ipv6, dict.fromkeys(settings.load_balancer_names, "AAAA"))

        if settings.frontend_names and distribution:
            domain_name, hosted_zone = distribution
            frontend = Route53RecordAlias(
                name=self.wire("distribution_domain_name", domain_name, "Domain name of the distribution"),
                zone_id=self.wire("distribution_zone_id", hosted_zone, "Hosted zone ID of the distribution"),
                evaluate_target_health=False,  # Route 53 cannot evaluate a distribution
            )
            ipv4 = Route53Record(
                body, "aws_route53_record.frontend", zone_id=zone, name="${each.key}", type="A", alias=frontend
            )
            ipv6 = Route53Record(
                body, "aws_route53_record.frontend_ipv6", zone_id=zone, name="${each.key}", type="AAAA", alias=frontend
            )
            for_each(ipv4, dict.fromkeys(settings.frontend_names, "A"))
            for_each(ipv6, dict.fromkeys(settings.frontend_names, "AAAA"))

        if settings.health_check_name:
            encrypted = https or settings.health_check_name in settings.frontend_names
            check = Route53HealthCheck(
                body,
                "aws_route53_health_check.main",
                fqdn=settings.health_check_name,
                type="HTTPS" if encrypted else "HTTP",
                port=HTTPS_PORT if encrypted else HTTP_PORT,
                resource_path=settings.health_check_path,
                request_interval=30,
                failure_threshold=3,
                tags={"Name": name("health-check")},
            )
            notified = [settings.health_check_topic_arn] if settings.health_check_topic_arn else None
            alarm = CloudwatchMetricAlarm(
                body,
                "aws_cloudwatch_metric_alarm.health_check",
                alarm_name=name("health-check"),
                alarm_description=f"This metric monitors whether {settings.health_check_name} answers from outside",
                namespace="AWS/Route53",
                metric_name="HealthCheckStatus",
                dimensions={"HealthCheckId": check.id},
                statistic="Minimum",
                period=60,
                evaluation_periods=2,
                comparison_operator="LessThanThreshold",
                threshold=1,
                treat_missing_data="breaching",
                alarm_actions=notified,
                ok_actions=notified,
                tags={"Name": name("health-check-alarm")},
            )
            self.in_us_east_1(alarm)
