"""The stacks: each connects its modules, and configures backend and provider."""

from typing import Any

from cdktf import LocalBackend, S3Backend, S3BackendAssumeRoleConfig, TerraformOutput, TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderAssumeRole, AwsProviderDefaultTags
from constructs import Construct

from environments.sections.state import LocalState
from environments.settings import EnvironmentSettings, SharedSettings
from modules.alb import AlbModule
from modules.base import Module
from modules.certificate import CertificateModule
from modules.codedeploy import CodedeployModule
from modules.dns import DnsModule
from modules.ecs import EcsModule
from modules.ecs_service import EcsServiceModule
from modules.elasticache import ElasticacheModule
from modules.endpoints import EndpointsModule
from modules.flow_logs import FlowLogsModule
from modules.frontend import FrontendModule
from modules.hosted_zone import HostedZoneModule
from modules.iam import IamModule
from modules.log_bucket import LogBucketModule
from modules.monitoring import MonitoringModule
from modules.networking import NetworkingModule
from modules.notifications import NotificationsModule
from modules.pipeline import PipelineModule
from modules.platform import Platform
from modules.rds import RdsModule
from modules.registry import RegistryModule
from modules.secrets import SecretsModule
from modules.security_groups import SecurityGroupsModule
from modules.state_bucket import StateBucketModule
from modules.waf import CdnWafModule, WafModule

_NEWER_REGIONS = frozenset({"ap-east-2"})
"""Regions of the provider that the S3 backend of Terraform 1.11.4 refuses as unknown (hashicorp/terraform #36624)."""

STACK_TO_ROOT = "../../.."
"""The path from the folder of a stack, `cdktf.out/stacks/<stack>`, to the project's root."""


class PlatformStack(TerraformStack):
    """A root module: Terraform settings, the provider, module calls and outputs."""

    def __init__(
        self, scope: Construct, settings: EnvironmentSettings | SharedSettings, *, us_east_1: bool = False
    ) -> None:
        """`us_east_1`: whether there is a second provider, for modules with resources `in_us_east_1`."""
        super().__init__(scope, stack_name(settings))
        self._moved: list[dict[str, str]] = []
        use_lockfile = False
        if isinstance(settings.state, LocalState):
            LocalBackend(self, path=f"{STACK_TO_ROOT}/{settings.state.location(settings)}")
        else:
            S3Backend(
                self,
                bucket=settings.state.bucket,
                key=settings.state.object_key(settings),
                region=settings.state.region or settings.region,
                encrypt=settings.state.encrypt,
                dynamodb_table=settings.state.dynamodb_table,
                assume_role=(
                    S3BackendAssumeRoleConfig(
                        role_arn=settings.state.assume_role.role_arn,
                        external_id=settings.state.assume_role.external_id,
                        session_name=settings.state.assume_role.session_name,
                    )
                    if settings.state.assume_role.role_arn
                    else None
                ),
                # Terraform 1.11 does not know the region.
                skip_region_validation=(settings.state.region or settings.region) in _NEWER_REGIONS or None,
            )
            use_lockfile = settings.state.use_lockfile
        if use_lockfile:  # an argument that cdktf 0.21 does not support
            self.add_override("terraform.backend.s3.use_lockfile", True)  # noqa: FBT003
        self.add_override("terraform.required_version", ">= 1.10" if use_lockfile else ">= 1.5")
        assume_role = (
            [
                AwsProviderAssumeRole(
                    role_arn=settings.assume_role.role_arn,
                    external_id=settings.assume_role.external_id,
                    session_name=settings.assume_role.session_name,
                )
            ]
            if settings.assume_role.role_arn
            else None
        )
        AwsProvider(
            self,
            "aws",
            region=settings.region,
            assume_role=assume_role,
            allowed_account_ids=[settings.account_id] if settings.account_id else None,
            default_tags=[AwsProviderDefaultTags(tags=settings.default_tags)],
        )
        if us_east_1:
            AwsProvider(
                self,
                "us_east_1",
                alias="us_east_1",
                region="us-east-1",
                assume_role=assume_role,
                allowed_account_ids=[settings.account_id] if settings.account_id else None,
                default_tags=[AwsProviderDefaultTags(tags=settings.default_tags)],
            )
        self.add_override(
            "terraform.required_providers.aws", {"source": "hashicorp/aws", "version": settings.aws_provider}
        )

    @property
    def modules(self) -> list[Module]:
        """The modules that the stack calls, in the order of their calls."""
        return [child for child in self.node.children if isinstance(child, Module)]

    def moved(self, old: str, new: str) -> None:
        """Declare that `new` was at `old` before: a move from one module to another, or a renamed module call.

        For a move within a module, use `Module.moved`.
        """
        self._moved.append({"from": old, "to": new})
        self.add_override("moved", self._moved)

    def output(self, name: str, value: Any, description: str) -> None:  # noqa: ANN401  # a string or a list
        """Declare an output of the root module."""
        TerraformOutput(self, name, value=value, description=description)


class EnvironmentStack(PlatformStack):
    """The Miyabi platform in one environment: seven modules, those that the overlay enables, and one state.

    A disabled module is not called at all, unlike a disabled resource, which stays with `count: 0`: so the output of
    an environment without the module does not change.
    """

    def __init__(self, scope: Construct, settings: EnvironmentSettings) -> None:  # noqa: C901, PLR0912, PLR0915
        super().__init__(scope, settings, us_east_1=settings.needs_us_east_1)
        ecr_image_uri = TerraformVariable(
            self,
            "ecr_image_uri",
            type="string",
            default=settings.ecs.ecr_image_uri,
            description="URI of the container image. Default: the overlay's; a pipeline passes the image it built",
        )

        frontend = settings.frontend
        codedeploy = settings.codedeploy if settings.ecs_service.by_codedeploy else None
        origin_secrets = self._origin_secrets(settings)
        self.networking = networking = NetworkingModule(self, platform=settings, settings=settings.networking)
        self.security_groups = security_groups = SecurityGroupsModule(
            self,
            platform=settings,
            settings=settings.security_groups,
            vpc_id=networking.vpc_id,
            internal=settings.alb.internal,
            cloudfront_port=frontend.api_port if frontend.enabled and frontend.only_from_cloudfront else None,
            codedeploy=codedeploy,
            asks_endpoints=settings.networking.vpc_cidr if settings.endpoints.interfaces else None,
            dual_stack=settings.networking.dual_stack,
        )
        endpoints = None
        if settings.endpoints.enabled:
            endpoints = EndpointsModule(
                self,
                platform=settings,
                settings=settings.endpoints,
                vpc_id=networking.vpc_id,
                private_subnet_ids=networking.private_subnet_ids,
                private_route_table_ids=networking.private_route_table_ids() if settings.endpoints.s3 else [],
                endpoints_security_group_id=security_groups.endpoints_security_group_id,
            )
        # The topic comes first, because every alarm refers to it; the dashboard last, because it shows everything. One
        # module with both would not be a cycle for Terraform, but could not be read from top to bottom.
        alarm_topic_arn = settings.notifications.topic_arn or None
        if settings.notifications.makes_topic:
            notifications = NotificationsModule(
                self,
                platform=settings,
                settings=settings.notifications,
                webhook_url=self._webhook_url() if settings.notifications.webhook else "",
                of_database=settings.rds.enabled,
            )
            alarm_topic_arn = notifications.alarm_topic_arn
        # Before the load balancer: its listener, and the distribution, wait until the certificates are issued.
        certificate = None
        if settings.makes_certificate:
            certificate = CertificateModule(
                self,
                platform=settings,
                settings=settings.certificate,
                dns=settings.dns,
                frontend_names=frontend.domain_names if settings.certificate.for_frontend else (),
                alarm_topic_arn=alarm_topic_arn,
                frontend_topic_arn=frontend.alarm_topic_arn,
            )
        self.elasticache = elasticache = ElasticacheModule(
            self,
            platform=settings,
            settings=settings.elasticache,
            private_subnet_ids=networking.private_subnet_ids,
            redis_security_group_id=security_groups.redis_security_group_id,
            redis_auth_token=self._redis_auth_token() if settings.elasticache.makes_secret else None,
            alarm_topic_arn=alarm_topic_arn,
        )
        self.rds = rds = None
        if settings.rds.enabled:
            self.rds = rds = RdsModule(
                self,
                platform=settings,
                settings=settings.rds,
                private_subnet_ids=networking.private_subnet_ids,
                rds_security_group_id=security_groups.rds_security_group_id,
                alarm_topic_arn=alarm_topic_arn,
            )
        secret_arns = None
        if settings.secrets:
            secret_arns = SecretsModule(self, platform=settings, settings=settings.secrets).secret_arns
        self.iam = iam = IamModule(
            self,
            platform=settings,
            settings=settings.iam,
            secret_arns=settings.ecs.every_secret,
            redis_secret_arn=elasticache.redis_secret_arn,
            database_secret_arn=rds.database_secret_arn if rds else None,
            database_master_secret_arn=rds.for_tasks.master_secret_arn if rds else None,
            database_user_arn=rds.database_user_arn if rds else None,
            secret_arns_by_name=secret_arns if settings.reads_named_secrets else None,
            read_at_start=settings.keys_of(settings.ecs.named_secrets),
            read_by_the_application=settings.keys_of(settings.secrets_of_the_application),
        )
        log_bucket = None
        if settings.log_bucket.name:
            log_bucket = LogBucketModule(
                self,
                platform=settings,
                settings=settings.log_bucket,
                flow_logs=settings.flow_logs.destination == "s3",
            )
            self.output("log_bucket_name", log_bucket.bucket_name, "Name of the bucket of the logs")
        if settings.flow_logs.destination:
            FlowLogsModule(
                self,
                platform=settings,
                settings=settings.flow_logs,
                vpc_id=networking.vpc_id,
                bucket_arn=log_bucket.bucket_arn if log_bucket else None,
                # AWS looks whether it may write into the bucket.
                depends_on=[log_bucket] if log_bucket else [],
            )
        self.alb = alb = AlbModule(
            self,
            platform=settings,
            settings=settings.alb,
            vpc_id=networking.vpc_id,
            subnet_ids=networking.private_subnet_ids if settings.alb.internal else networking.public_subnet_ids,
            alb_security_group_id=security_groups.alb_security_group_id,
            alarm_topic_arn=alarm_topic_arn,
            origin_secrets=origin_secrets or None,
            codedeploy=codedeploy,
            certificate_arn=certificate.certificate_arn if certificate else None,
            log_bucket_name=log_bucket.bucket_name if log_bucket else None,
            ipv6=settings.networking.ipv6 != "none",
            # AWS refuses an internet-facing load balancer in a VPC without an internet gateway, dualstack in subnets
            # without their IPv6 blocks, and logs into a bucket whose policy does not let it write yet.
            depends_on=[networking, *([log_bucket] if log_bucket else [])],
        )
        self.ecs = ecs = EcsModule(
            self,
            platform=settings,
            settings=settings.ecs,
            ecr_image_uri=ecr_image_uri.string_value,
            keeps_old_revisions="task_definition" in settings.ecs_service.managed_elsewhere,
            ecs_task_execution_role_arn=iam.ecs_task_execution_role_arn,
            ecs_task_role_arn=iam.ecs_task_role_arn,
            redis_url_variable=settings.elasticache.url_variable,
            redis_url=elasticache.redis_url,
            redis_secret_arn=elasticache.redis_secret_arn,
            database=rds.for_tasks if rds else None,
            secret_arns=secret_arns if settings.ecs.named_secrets else None,
        )
        self.ecs_service = ecs_service = EcsServiceModule(
            self,
            platform=settings,
            settings=settings.ecs_service,
            vpc_id=networking.vpc_id,
            ecs_cluster_id=ecs.cluster_id,
            ecs_cluster_name=ecs.cluster_name,
            ecs_task_definition_arn=ecs.task_definition_arn,
            private_subnet_ids=networking.private_subnet_ids,
            ecs_security_group_id=security_groups.ecs_security_group_id,
            target_group_arn=alb.target_group_arn,
            alb_arn_suffix=alb.alb_arn_suffix,
            target_group_arn_suffix=alb.target_group_arn_suffix,
            alarm_topic_arn=alarm_topic_arn,
            # ECS refuses a service whose target group has no listener, and tasks cannot start before their roles have
            # the policies. No argument of the service refers to either, so the order must be explicit.
            # Without NAT and routes, or endpoints, they cannot pull the image either, and the circuit breaker gives up.
            depends_on=[alb, iam, networking, *([endpoints] if endpoints else [])],
        )
        if settings.ecs_service.by_codedeploy:
            CodedeployModule(
                self,
                platform=settings,
                settings=settings.codedeploy,
                alarms=settings.alarms_of_codedeploy,
                ecs_cluster_name=ecs.cluster_name,
                ecs_service_name=ecs_service.blue_green_service_name,
                target_group_name=alb.target_group_name,
                green_target_group_name=alb.green_target_group_name,
                production_listener_arn=alb.production_listener_arn,
                test_listener_arn=alb.test_listener_arn,
            )
        waf = cdn_waf = None
        if settings.waf.at_load_balancer:
            waf = WafModule(
                self,
                platform=settings,
                settings=settings.waf,
                alb_arn=alb.alb_arn,
                alarm_topic_arn=alarm_topic_arn,
                # AWS answers "unavailable" to a load balancer that is still being set up.
                depends_on=[alb],
            )
            self.output("web_acl_arn", waf.web_acl_arn, "ARN of the load balancer's web ACL")
        if settings.waf.at_distribution:
            cdn_waf = CdnWafModule(
                self,
                platform=settings,
                settings=settings.waf,
                alarm_topic_arn=frontend.alarm_topic_arn or None,
                depends_on=[],
            )
            self.output("cdn_web_acl_arn", cdn_waf.web_acl_arn, "ARN of the distribution's web ACL")
        if settings.monitoring.enabled:
            monitoring = MonitoringModule(
                self,
                platform=settings,
                settings=settings.monitoring,
                alb_settings=settings.alb,
                ecs_service_settings=settings.ecs_service,
                elasticache_settings=settings.elasticache,
                alb_arn_suffix=alb.alb_arn_suffix,
                target_group_arn_suffix=alb.target_group_arn_suffix,
                green_target_group_arn_suffix=alb.green_target_group_arn_suffix if codedeploy else None,
                ecs_cluster_name=ecs.cluster_name,
                ecs_service_name=ecs_service.service_name,
                redis_id=elasticache.redis_id,
                log_group_name=ecs.log_group_name,
                alb_alarm_arns=alb.alarm_arns(),
                ecs_service_alarm_arns=ecs_service.alarm_arns(),
                redis_alarm_arns=elasticache.alarm_arns(),
                rds_settings=settings.rds,
                database_id=rds.database_id if rds else None,
                database_alarm_arns=rds.alarm_arns() if rds else (),
                web_acl_names={
                    **({settings.region: waf.acl_name} if waf else {}),
                    **({"": cdn_waf.acl_name} if cdn_waf else {}),
                },
            )
            self.output(
                "dashboard_name", monitoring.dashboard_name, "Name of the CloudWatch dashboard; only where there is one"
            )
        served = None
        if frontend.enabled:
            served = FrontendModule(
                self,
                platform=settings,
                settings=frontend,
                alb_dns_name=alb.alb_dns_name,
                origin_secret=origin_secrets.get("origin_secret"),
                certificate_arn=certificate.frontend_certificate_arn if certificate else None,
                web_acl_arn=cdn_waf.web_acl_arn if cdn_waf else None,
                # The load balancer takes a new secret before the distribution sends it.
                depends_on=[alb],
            )
            self.output("frontend_bucket", served.bucket_name, "Name of the bucket of the frontend")
            self.output("frontend_distribution_id", served.distribution_id, "ID of the distribution")
            self.output(
                "frontend_domain_name", served.distribution_domain_name, "Name that CloudFront gives the distribution"
            )
        if settings.dns.names:
            DnsModule(
                self,
                platform=settings,
                settings=settings.dns,
                alb_dns_name=alb.alb_dns_name,
                alb_zone_id=alb.alb_zone_id,
                https=settings.has_https,
                over_ipv4=settings.alb.answers_ipv4,
                over_ipv6=settings.alb.answers_ipv6,
                distribution=(served.distribution_domain_name, served.distribution_zone_id) if served else None,
            )
        self._alarm_topic_arn = alarm_topic_arn
        self._outputs(settings)

    def _outputs(self, settings: EnvironmentSettings) -> None:
        """The outputs of the root module: those of every environment, then those of what an overlay switches on."""
        self.output("vpc_id", self.networking.vpc_id, "ID of the VPC")
        self.output("vpc_cidr", self.networking.vpc_cidr, "IPv4 block of the VPC")
        if settings.networking.ipv6 != "none":
            self.output("vpc_ipv6_cidr", self.networking.vpc_ipv6_cidr, "IPv6 block of the VPC")
        self.output("public_subnet_ids", self.networking.public_subnet_ids, "IDs of the public subnets")
        self.output("private_subnet_ids", self.networking.private_subnet_ids, "IDs of the private subnets")
        self.output("nat_gateway_id", self.networking.nat_gateway_id, "ID of the first NAT gateway; null without NAT")
        self.output(
            "alb_security_group_id", self.security_groups.alb_security_group_id, "ID of the ALB's security group"
        )
        self.output(
            "ecs_security_group_id", self.security_groups.ecs_security_group_id, "ID of the tasks' security group"
        )
        self.output(
            "rds_security_group_id", self.security_groups.rds_security_group_id, "ID of the database's security group"
        )
        self.output(
            "redis_security_group_id", self.security_groups.redis_security_group_id, "ID of the cache's security group"
        )
        self.output(
            "ecs_task_execution_role_arn", self.iam.ecs_task_execution_role_arn, "ARN of the task execution role"
        )
        self.output("ecs_task_role_arn", self.iam.ecs_task_role_arn, "ARN of the application's role")
        self.output("alb_dns_name", self.alb.alb_dns_name, "DNS name of the load balancer")
        self.output("alb_arn", self.alb.alb_arn, "ARN of the load balancer")
        self.output("target_group_arn", self.alb.target_group_arn, "ARN of the target group")
        self.output("ecs_cluster_name", self.ecs.cluster_name, "Name of the cluster")
        self.output("ecs_cluster_arn", self.ecs.cluster_arn, "ARN of the cluster")
        self.output("ecs_task_definition_arn", self.ecs.task_definition_arn, "ARN of the task definition")
        self.output("ecs_task_definition_family", self.ecs.task_definition_family, "Family of the task definition")
        self.output("ecs_log_group_name", self.ecs.log_group_name, "Name of the application's log group")
        node = "primary node" if settings.elasticache.uses_group else "Redis node"
        self.output("redis_endpoint", self.elasticache.redis_endpoint, f"Host name of the {node}")
        self.output("redis_port", self.elasticache.redis_port, f"TCP port of the {node}")
        self.output("redis_connection_string", self.elasticache.redis_connection_string, f"host:port of the {node}")
        if settings.elasticache.uses_group:
            self.output(
                "redis_reader_endpoint", self.elasticache.redis_reader_endpoint, "Host name for read-only connections"
            )
            self.output(
                "redis_replication_group_id", self.elasticache.redis_replication_group_id, "ID of the replication group"
            )
        else:
            self.output("redis_cluster_id", self.elasticache.redis_cluster_id, "ID of the cache cluster")
        if self.rds:
            self.output("database_id", self.rds.database_id, "Identifier of the database")
            self.output("database_host", self.rds.database_host, "Host name of the database")
            self.output(
                "database_master_secret_arn",
                self.rds.database_master_secret_arn,
                "ARN of the secret with the master password",
            )
            if self.rds.database_secret_arn:
                self.output("database_secret_arn", self.rds.database_secret_arn, "ARN of the application's secret")
        self.output("ecs_service_name", self.ecs_service.service_name, "Name of the service")
        self.output("ecs_service_arn", self.ecs_service.service_arn, "ARN of the service")
        self.output(
            "ecs_service_desired_count", self.ecs_service.service_desired_count, "Tasks that the service is to run"
        )
        self.output(
            "service_discovery_dns_name",
            self.ecs_service.service_discovery_dns_name,
            "Name of the tasks in the VPC's private DNS; null without service discovery",
        )
        if self._alarm_topic_arn is not None:
            self.output(
                "alarm_topic_arn",
                self._alarm_topic_arn,
                "ARN of the topic that the alarms notify; only where they notify one",
            )

    def _origin_secrets(self, settings: EnvironmentSettings) -> dict[str, str]:
        """The root variables with the secrets that CloudFront sends to the load balancer, by the name of their wire."""
        frontend = settings.frontend
        wires: list[str] = []
        if frontend.enabled and frontend.origin_secret:
            wires = ["origin_secret", "previous_origin_secret"][: 1 + frontend.previous_origin_secret]
        return {
            wire: TerraformVariable(
                self,
                f"frontend_{wire}",
                type="string",
                sensitive=True,
                nullable=False,
                description=f"Secret that CloudFront sends to the load balancer (TF_VAR_frontend_{wire})",
            ).string_value
            for wire in wires
        }

    def _webhook_url(self) -> str:
        """The root variable with the URL of the webhook: no default, and sensitive, because the URL contains a key."""
        return TerraformVariable(
            self,
            "alarm_webhook_url",
            type="string",
            sensitive=True,
            nullable=False,
            description="URL of the web service that the alarms notify (TF_VAR_alarm_webhook_url)",
        ).string_value

    def _redis_auth_token(self) -> str:
        """The root variable with the AUTH token of Redis: no default, and sensitive."""
        return TerraformVariable(
            self,
            "redis_auth_token",
            type="string",
            sensitive=True,
            nullable=False,
            description="AUTH token of Redis, 16 to 128 characters (TF_VAR_redis_auth_token)",
        ).string_value


class SharedStack(PlatformStack):
    """What exists once per account: the image registry, the bucket for states, and the roles of the pipeline."""

    def __init__(self, scope: Construct, settings: SharedSettings) -> None:
        super().__init__(scope, settings)
        registry = RegistryModule(self, platform=settings, settings=settings.registry)
        state_bucket = StateBucketModule(self, platform=settings, settings=settings.state_bucket)
        if settings.pipeline.repository:
            pipeline = PipelineModule(
                self,
                platform=settings,
                settings=settings.pipeline,
                repository_arn=registry.repository_arn,
                state_bucket_arn=state_bucket.bucket_arn,
            )
            self.output("plan_role_arn", pipeline.plan_role_arn, "ARN of the role that plans: AWS_PLAN_ROLE")
            self.output("apply_role_arns", pipeline.apply_role_arns, "ARNs of the roles that apply: AWS_APPLY_ROLE")
            self.output("image_role_arn", pipeline.image_role_arn, "ARN of the role that pushes: AWS_IMAGE_ROLE")
        if settings.hosted_zone.name:
            hosted_zone = HostedZoneModule(self, settings=settings.hosted_zone)
            self.output("hosted_zone_id", hosted_zone.zone_id, "ID of the hosted zone: dns.zone_id")
            self.output(
                "hosted_zone_name_servers",
                hosted_zone.name_servers,
                "Name servers of the hosted zone, to set where the domain is registered",
            )
        self.output("repository_url", registry.repository_url, "URI of the image repository")
        self.output("repository_arn", registry.repository_arn, "ARN of the image repository")
        self.output("state_bucket_name", state_bucket.bucket_name, "Name of the bucket for states")
        self.output("state_bucket_arn", state_bucket.bucket_arn, "ARN of the bucket for states")


def stack_name(platform: Platform) -> str:
    """The name of a stack, and of its folder in `cdktf.out/stacks`."""
    return f"{platform.project}-{platform.environment}"


def build(scope: Construct, settings: EnvironmentSettings | SharedSettings) -> PlatformStack:
    """The stack that the settings describe."""
    if isinstance(settings, SharedSettings):
        return SharedStack(scope, settings)
    return EnvironmentStack(scope, settings)
