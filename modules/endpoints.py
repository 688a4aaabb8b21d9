"""endpoints: ways from the private subnets to services of AWS that do not lead through NAT."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.vpc_endpoint import VpcEndpoint
from pydantic import Field

from modules.base import Module, for_each, keyed
from modules.platform import Platform
from modules.settings import Settings, Violation, rule, twice

Service = Literal["ecr.api", "ecr.dkr", "kms", "logs", "secretsmanager", "ssm", "ssmmessages", "sts"]
"""Services that tasks ask: images, logs, secrets, parameters, the channel of ECS Exec, roles."""


class EndpointsSettings(Settings):
    """Endpoints of the VPC. Off by default: everything goes through NAT."""

    s3: bool = False
    """Whether the private subnets reach S3, where ECR keeps the layers of images, by a gateway endpoint. It is free.
    Connections to S3 that are open when the route comes are cut (ECR user guide, "Interface VPC endpoints")."""

    interfaces: Annotated[tuple[Service, ...], Field(strict=False)] = ()
    """Services with an interface endpoint in each private subnet. Their names lead to it in the whole VPC (private
    DNS). Each costs by the hour and zone, and less by the GB than NAT: `miyabi-infra cost` says from where on it pays.
    """

    @property
    def enabled(self) -> bool:
        """Whether there is any."""
        return self.s3 or bool(self.interfaces)

    @rule("interfaces", compares=True)
    def endpoints_differ(self, _platform: Platform) -> Iterator[Violation]:
        """AWS refuses a second endpoint with the same private name."""
        yield from twice("interfaces", self.interfaces)

    @rule("s3", "interfaces")
    def images_have_their_layers(self, _platform: Platform) -> Iterator[Violation]:
        """ECR names the layers of an image, and S3 sends them: without its endpoint they would pass NAT as before.

        Source: Amazon ECR user guide, "Amazon ECR interface VPC endpoints", "Create the Amazon S3 gateway endpoint".
        """
        if "ecr.dkr" in self.interfaces and not self.s3:
            problem, allowed = "leaves out S3, which sends the layers of images", "true, or interfaces without ecr.dkr"
            yield Violation("s3", self.s3, problem, allowed)


class EndpointsModule(Module):
    """A gateway endpoint of S3, and interface endpoints of services. Called only where there are any."""

    folder: ClassVar[str] = "endpoints"

    def __init__(
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: EndpointsSettings,
        vpc_id: str,
        private_subnet_ids: list[str],
        private_route_table_ids: list[str],
        endpoints_security_group_id: str | None,
    ) -> None:
        super().__init__(scope)
        body, name = self.body, platform.name
        vpc = self.wire("vpc_id", vpc_id, "ID of the VPC")
        if settings.s3:
            gateway = VpcEndpoint(
                body,
                "aws_vpc_endpoint.s3",
                vpc_id=vpc,
                service_name=f"com.amazonaws.{platform.region}.s3",
                vpc_endpoint_type="Gateway",
                route_table_ids=self.wire_list(
                    "private_route_table_ids", private_route_table_ids, "IDs of the private subnets' route tables"
                ),
                tags={"Name": name("s3-endpoint")},
            )
            self.s3_prefix_list_id = self.output(
                "s3_prefix_list_id",
                gateway.prefix_list_id,
                "ID of AWS's list of the addresses of S3, for further rules",
            )
        if endpoints_security_group_id is not None:
            interface = VpcEndpoint(
                body,
                "aws_vpc_endpoint.interface",
                vpc_id=vpc,
                service_name=f"com.amazonaws.{platform.region}.${{each.key}}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=self.wire_list("private_subnet_ids", private_subnet_ids, "IDs of the private subnets"),
                security_group_ids=[
                    self.wire(
                        "endpoints_security_group_id",
                        endpoints_security_group_id,
                        "ID of the security group of the endpoints",
                    )
                ],
                tags={"Name": name("${each.key}-endpoint")},
            )
            for_each(interface, dict.fromkeys(settings.interfaces, "service"))
            self.endpoint_ids = self.output(
                "endpoint_ids",
                {service: keyed(interface, service, "id") for service in settings.interfaces},
                "IDs of the interface endpoints, by service",
            )
