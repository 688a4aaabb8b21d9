"""security-groups: which sources can connect to the load balancer, the tasks, the database and the cache."""

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.security_group import SecurityGroup, SecurityGroupEgress, SecurityGroupIngress
from pydantic import Field

from modules.base import Module
from modules.cloudfront_facts import ORIGIN_FACING
from modules.codedeploy import CodedeploySettings
from modules.platform import Platform
from modules.settings import Cidr, Ipv6Cidr, Settings, Violation, only_ipv4, only_ipv6, rule, twice

HTTP_PORT, HTTPS_PORT, POSTGRESQL_PORT, REDIS_PORT = 80, 443, 5432, 6379


_Ipv4Source = Annotated[Cidr, only_ipv4("alb_ingress_ipv6_cidr_blocks is for IPv6")]
_Ipv6Source = Annotated[Ipv6Cidr, only_ipv6("alb_ingress_cidr_blocks is for IPv4")]


class SecurityGroupsSettings(Settings):
    """Which ports and sources the load balancer accepts."""

    https_ingress: bool = True
    """Whether the load balancer accepts TCP 443. Required if `alb.certificate_arn` is set."""

    alb_ingress_cidr_blocks: Annotated[tuple[_Ipv4Source, ...], Field(strict=False)] = ("0.0.0.0/0",)
    """IPv4 CIDR blocks that can reach the load balancer. Default: the whole internet; with `alb.internal`, everything
    that is led to the private subnets: the VPC, peers, VPNs (VPC user guide, "Security group rules"). Empty only where
    nobody comes over IPv4, with `alb.ip_address_type: dualstack-without-public-ipv4`."""

    alb_ingress_ipv6_cidr_blocks: Annotated[tuple[_Ipv6Source, ...], Field(strict=False)] = ()
    """IPv6 CIDR blocks that can reach the load balancer, with `alb.ip_address_type: dualstack`. `::/0` is the whole
    internet; with `alb.internal`, everything that is led to the private subnets (VPC user guide, "Security group
    rules")."""

    @rule("project")
    def names_do_not_look_like_ids(self, platform: Platform) -> Iterator[Violation]:
        """EC2 refuses a security group whose name starts with `sg-`."""
        if f"{platform.project}-".startswith("sg-"):
            problem = "results in names that start with sg-, which EC2 reserves for security group IDs"
            yield Violation("project", platform.project, problem, "another name")

    @rule("alb_ingress_cidr_blocks", compares=True)
    def ingress_blocks_differ(self, _platform: Platform) -> Iterator[Violation]:
        """EC2 refuses a rule that contains a block twice."""
        yield from twice("alb_ingress_cidr_blocks", self.alb_ingress_cidr_blocks, "each block once")

    @rule("alb_ingress_ipv6_cidr_blocks", compares=True)
    def ipv6_ingress_blocks_differ(self, _platform: Platform) -> Iterator[Violation]:
        """EC2 refuses a rule that contains a block twice."""
        yield from twice("alb_ingress_ipv6_cidr_blocks", self.alb_ingress_ipv6_cidr_blocks, "each block once")


def _all_outbound() -> SecurityGroupEgress:
    """The rule that allows all outbound traffic."""
    return SecurityGroupEgress(
        description="All outbound traffic",
        from_port=0,
        to_port=0,
        protocol="-1",
        cidr_blocks=["0.0.0.0/0"],
        security_groups=[],
        ipv6_cidr_blocks=[],
        prefix_list_ids=[],
        self_attribute=False,
    )


def _all_outbound_ipv6() -> SecurityGroupEgress:
    """The rule that allows all outbound traffic over IPv6: `0.0.0.0/0` is IPv4 only."""
    return SecurityGroupEgress(
        description="All outbound traffic over IPv6",
        from_port=0,
        to_port=0,
        protocol="-1",
        cidr_blocks=[],
        security_groups=[],
        ipv6_cidr_blocks=["::/0"],
        prefix_list_ids=[],
        self_attribute=False,
    )


def _ingress(
    description: str,
    port: int,
    *,
    cidr_blocks: Sequence[str] = (),
    ipv6_cidr_blocks: Sequence[str] = (),
    security_groups: Sequence[str] = (),
    prefix_lists: Sequence[str] = (),
) -> SecurityGroupIngress:
    """A rule that allows inbound TCP on one port."""
    return SecurityGroupIngress(
        description=description,
        from_port=port,
        to_port=port,
        protocol="tcp",
        cidr_blocks=list(cidr_blocks),
        security_groups=list(security_groups),
        # Terraform treats these blocks as attributes: in JSON every field is required, even an empty one.
        ipv6_cidr_blocks=list(ipv6_cidr_blocks),
        prefix_list_ids=list(prefix_lists),
        self_attribute=False,
    )


class SecurityGroupsModule(Module):
    """Four security groups, each open only to the one before it: internet, ALB, tasks, then database and cache."""

    folder: ClassVar[str] = "security-groups"

    def __init__(
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: SecurityGroupsSettings,
        vpc_id: str,
        internal: bool = False,
        cloudfront_port: int | None = None,
        codedeploy: CodedeploySettings | None = None,
        asks_endpoints: str | None = None,
        dual_stack: bool = False,
    ) -> None:
        """`internal`: whether the load balancer is.

        `cloudfront_port`: the only port of the load balancer, which only CloudFront reaches; None for both.

        `codedeploy`: who reaches the port for test traffic; None where CodeDeploy does not deploy.
        `asks_endpoints`: the block whose members ask the interface endpoints; None where there are none.
        `dual_stack`: whether tasks can have IPv6 addresses.
        """
        super().__init__(scope)
        body, name = self.body, platform.name
        vpc = self.wire("vpc_id", vpc_id, "ID of the VPC")
        clients, blocks = "inside" if internal else "internet", list(settings.alb_ingress_cidr_blocks)
        http = _ingress(f"HTTP from {clients}", HTTP_PORT, cidr_blocks=blocks)
        https = _ingress(f"HTTPS from {clients}", HTTPS_PORT, cidr_blocks=blocks)
        to_balancer = [http, https] if settings.https_ingress else [http]
        if not blocks:
            to_balancer = []  # EC2 refuses a rule without a source
        if settings.alb_ingress_ipv6_cidr_blocks:
            # A rule of its own each: so the plan that adds IPv6 leaves those of IPv4 alone.
            blocks = list(settings.alb_ingress_ipv6_cidr_blocks)
            http = _ingress(f"HTTP over IPv6 from {clients}", HTTP_PORT, ipv6_cidr_blocks=blocks)
            https = _ingress(f"HTTPS over IPv6 from {clients}", HTTPS_PORT, ipv6_cidr_blocks=blocks)
            to_balancer += [http, https] if settings.https_ingress else [http]
        if cloudfront_port is not None:
            # The list counts as 55 of the 60 rules that a group can have, so there is room for one port.
            lists = [ORIGIN_FACING[platform.region]]
            to_balancer = [_ingress("From CloudFront", cloudfront_port, prefix_lists=lists)]
        if codedeploy and codedeploy.test_port:
            tests = _ingress("Test traffic", codedeploy.test_port, cidr_blocks=list(codedeploy.test_cidr_blocks))
            to_balancer = [*to_balancer, tests]

        alb = SecurityGroup(
            body,
            "aws_security_group.alb",
            name=name("alb-sg"),
            description="Security group for Application Load Balancer",
            vpc_id=vpc,
            ingress=to_balancer,
            egress=[_all_outbound()],
            tags={"Name": name("alb-sg")},
        )

        ecs = SecurityGroup(
            body,
            "aws_security_group.ecs",
            name=name("ecs-sg"),
            description="Security group for ECS tasks",
            vpc_id=vpc,
            ingress=[_ingress("HTTP from ALB", platform.container_port, security_groups=[alb.id])],
            egress=[_all_outbound(), _all_outbound_ipv6()] if dual_stack else [_all_outbound()],
            tags={"Name": name("ecs-sg")},
        )
        ecs_id = ecs.id

        rds = SecurityGroup(
            body,
            "aws_security_group.rds",
            name=name("rds-sg"),
            description="Security group for RDS PostgreSQL",
            vpc_id=vpc,
            ingress=[_ingress("PostgreSQL from ECS", POSTGRESQL_PORT, security_groups=[ecs_id])],
            egress=[_all_outbound()],
            tags={"Name": name("rds-sg")},
        )

        redis = SecurityGroup(
            body,
            "aws_security_group.redis",
            name=name("redis-sg"),
            description="Security group for Redis/ElastiCache",
            vpc_id=vpc,
            ingress=[_ingress("Redis from ECS", REDIS_PORT, security_groups=[ecs_id])],
            egress=[_all_outbound()],
            tags={"Name": name("redis-sg")},
        )

        self.endpoints_security_group_id = None
        if asks_endpoints is not None:
            endpoints = SecurityGroup(
                body,
                "aws_security_group.endpoints",
                name=name("endpoints-sg"),
                description="Security group for VPC endpoints",
                vpc_id=vpc,
                # The names of the services lead here in the whole VPC, so the whole VPC gets in. Endpoints only answer.
                ingress=[_ingress("HTTPS from the VPC", HTTPS_PORT, cidr_blocks=[asks_endpoints])],
                egress=[],
                tags={"Name": name("endpoints-sg")},
            )
            self.endpoints_security_group_id = self.output(
                "endpoints_security_group_id", endpoints.id, "ID of the security group of the endpoints"
            )

        self.alb_security_group_id = self.output(
            "alb_security_group_id", alb.id, "ID of the load balancer's security group"
        )
        self.ecs_security_group_id = self.output("ecs_security_group_id", ecs_id, "ID of the tasks' security group")
        self.rds_security_group_id = self.output("rds_security_group_id", rds.id, "ID of the database's security group")
        self.redis_security_group_id = self.output(
            "redis_security_group_id", redis.id, "ID of the cache's security group"
        )
