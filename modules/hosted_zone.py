"""hosted-zone: the public hosted zone of the domain, one per account."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from cdktf import TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_aws.route53_record import Route53Record
from cdktf_cdktf_provider_aws.route53_zone import Route53Zone
from pydantic import Field

from modules.base import Module
from modules.domain import HostName, without_amazon
from modules.platform import Platform
from modules.settings import Settings, Violation, rule, twice

CAA_TTL = 300
"""Seconds that resolvers keep a CAA record."""


class HostedZoneSettings(Settings):
    """The public hosted zone of a domain, for the environments' names. Off by default."""

    name: HostName | None = None
    """Name of the zone, such as example.com. Environments refer to it as `dns.zone`. Where the domain is registered, or
    in the zone above, its name servers must be set: the output `hosted_zone_name_servers`. Default: no zone (Route 53
    API, `CreateHostedZone`)."""

    certificate_authorities: Annotated[tuple[HostName, ...], Field(strict=False)] = ()
    """Certificate authorities that may issue certificates for the names of the zone (CAA records), such as amazon.com.
    Empty: no such record, so every authority may."""

    @rule("certificate_authorities")
    def amazon_may_issue_in_the_zone(self, _platform: Platform) -> Iterator[Violation]:
        """ACM's certificates fail with CAA_ERROR where the records name other authorities only."""
        yield from without_amazon("certificate_authorities", self.certificate_authorities)

    @rule("certificate_authorities", compares=True)
    def authorities_of_the_zone_differ(self, _platform: Platform) -> Iterator[Violation]:
        """Route 53 refuses a record with the same value twice."""
        yield from twice("certificate_authorities", self.certificate_authorities)

    @rule("name", "certificate_authorities")
    def authorities_need_a_zone(self, _platform: Platform) -> Iterator[Violation]:
        """The records are in the zone."""
        if self.certificate_authorities and self.name is None:
            value = list(self.certificate_authorities)
            yield Violation("certificate_authorities", value, "have no effect without name", "no such key, or a name")


class HostedZoneModule(Module):
    """A public hosted zone, which Terraform never destroys. Called only where it has a name."""

    folder: ClassVar[str] = "hosted-zone"

    def __init__(self, scope: TerraformStack, *, settings: HostedZoneSettings) -> None:
        super().__init__(scope)
        assert settings.name is not None
        zone = Route53Zone(
            self.body,
            "aws_route53_zone.main",
            name=settings.name,
            comment="Managed by Terraform",
            # Route 53 refuses to delete a zone with records of others, and a new zone has other name servers.
            force_destroy=False,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True),
            tags={"Name": settings.name},
        )
        zone_id = zone.zone_id
        if settings.certificate_authorities:
            Route53Record(
                self.body,
                "aws_route53_record.certificate_authorities",
                zone_id=zone_id,
                name=settings.name,
                type="CAA",
                ttl=CAA_TTL,
                records=[f'0 issue "{authority}"' for authority in settings.certificate_authorities],
            )
        self.zone_id = self.output("zone_id", zone_id, "ID of the hosted zone")
        self.name_servers = self.output_list(
            "name_servers", zone.name_servers, "Name servers of the hosted zone, to which the domain is delegated"
        )
