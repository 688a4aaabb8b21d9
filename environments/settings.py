"""The settings of an overlay: the platform's keys, the state, and one section per module."""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network

from pydantic import Field

from environments.sections.lint import LintSettings
from environments.sections.service_levels import ServiceLevelSettings
from environments.sections.state import LocalState, State
from environments.sections.usage import Budget, SharedUsageSettings, UsageSettings
from modules.addresses import can_come
from modules.alb import ADDRESSES, NAME_LENGTH, AlbSettings
from modules.certificate import CertificateSettings, first_name_too_long
from modules.codedeploy import GREEN, CodedeploySettings
from modules.containers import named
from modules.dns import DnsSettings
from modules.domain import covers, in_the_zone
from modules.ecs import EcsSettings
from modules.ecs_service import EcsServiceSettings
from modules.elasticache import ElasticacheSettings
from modules.endpoints import EndpointsSettings
from modules.flow_logs import FlowLogsSettings
from modules.frontend import FrontendSettings
from modules.hosted_zone import HostedZoneSettings
from modules.iam import INLINE_POLICIES_LENGTH, OTHER_STATEMENTS_LENGTH, IamSettings, length_of_reading
from modules.log_bucket import LogBucketSettings
from modules.monitoring import MonitoringSettings
from modules.networking import SMALLEST_ALB_PREFIX, NetworkingSettings
from modules.notifications import NotificationsSettings
from modules.pipeline import PipelineSettings
from modules.platform import AssumeRoleSettings, Name, Platform
from modules.rds import RdsSettings
from modules.registry import RegistrySettings
from modules.secrets import SecretName, SecretSettings
from modules.security_groups import SecurityGroupsSettings
from modules.settings import Violation, region_of, rule, too_long
from modules.state_bucket import StateBucketSettings
from modules.waf import WafSettings


class EnvironmentSettings(Platform):
    """An environment: `base.yaml`, and the environment's overlay over it."""

    state: State = LocalState(backend="local")
    """Where the Terraform state is stored."""

    assume_role: AssumeRoleSettings = AssumeRoleSettings()
    """The IAM role with which the provider acts on AWS."""

    networking: NetworkingSettings
    security_groups: SecurityGroupsSettings = SecurityGroupsSettings()
    iam: IamSettings = IamSettings()
    alb: AlbSettings = AlbSettings()
    ecs: EcsSettings
    elasticache: ElasticacheSettings = ElasticacheSettings()
    rds: RdsSettings = RdsSettings()
    ecs_service: EcsServiceSettings = EcsServiceSettings()
    codedeploy: CodedeploySettings = CodedeploySettings()
    notifications: NotificationsSettings = NotificationsSettings()
    monitoring: MonitoringSettings = MonitoringSettings()
    frontend: FrontendSettings = FrontendSettings()
    dns: DnsSettings = DnsSettings()
    certificate: CertificateSettings = CertificateSettings()
    waf: WafSettings = WafSettings()
    log_bucket: LogBucketSettings = LogBucketSettings()
    flow_logs: FlowLogsSettings = FlowLogsSettings()
    endpoints: EndpointsSettings = EndpointsSettings()

    secrets: dict[SecretName, SecretSettings] = Field(default={})
    """Secrets that Terraform creates without a value, by name. Where there are none, their module is not called
    (Secrets Manager API, `CreateSecret`)."""

    highly_available: bool = False
    """Whether the environment must survive the loss of a zone. It does not change the output: `miyabi-infra lint`
    checks the environment."""

    service_levels: ServiceLevelSettings = ServiceLevelSettings()
    usage: UsageSettings = UsageSettings()
    monthly_budget: Budget | None = None
    """Maximum cost of a typical month in USD; above it, `miyabi-infra cost --check` fails. Default: no limit."""

    lint: LintSettings = LintSettings()

    @property
    def needs_us_east_1(self) -> bool:
        """Whether something of the environment is in us-east-1, where CloudFront has its own, or may have been.

        Terraform deletes a resource with its provider: so that stays while there is the bucket, or the zone.
        """
        return self.frontend.enabled or self.frontend.bucket is not None or self.dns.zone is not None

    @property
    def makes_certificate(self) -> bool:
        """Whether the environment requests a certificate of ACM."""
        return bool(self.certificate.domain_names) or self.certificate.for_frontend

    @property
    def has_https(self) -> bool:
        """Whether the load balancer has an HTTPS listener: with a certificate that is given, or issued meanwhile."""
        made = bool(self.certificate.domain_names) and self.certificate.wait_for_validation
        return bool(self.alb.certificate_arn) or made

    @property
    def alarms_of_codedeploy(self) -> list[str]:
        """Names of the alarms that stop a deployment of CodeDeploy: what is of a target group, for both of them."""
        alarms = self.ecs_service.deployment_alarms or ()
        green = [self.name("alb-unhealthy-hosts-green")] if "unhealthy-hosts" in alarms else []
        return [self.name(f"alb-{each}") for each in alarms] + green

    @property
    def made(self) -> Iterator[tuple[tuple[str | int, ...], tuple[str, str]]]:
        """What AWS gives once and the overlay names: the key, what it is, and its name."""
        if self.log_bucket.name:
            yield ("log_bucket", "name"), ("bucket", self.log_bucket.name)
        if self.frontend.enabled:
            for name in self.frontend.buckets:
                yield ("frontend", "bucket"), ("bucket", name)
            for index, name in enumerate(self.frontend.domain_names):
                yield ("frontend", "domain_names", index), ("name of a distribution", name)
        for key in ("load_balancer_names", "frontend_names"):
            names: tuple[str, ...] = getattr(self.dns, key)
            for index, name in enumerate(names):
                yield ("dns", key, index), ("record", name)

    @rule("codedeploy", "ecs_service")
    def codedeploy_has_a_service(self, _platform: Platform) -> Iterator[Violation]:
        """Without a service that it deploys, nothing of CodeDeploy exists."""
        if not self.ecs_service.by_codedeploy:
            for key in sorted(self.codedeploy.model_fields_set):
                value: object = getattr(self.codedeploy, key)
                if value != CodedeploySettings.model_fields[key].default:
                    shown = list(self.codedeploy.test_cidr_blocks) if key == "test_cidr_blocks" else value
                    allowed = "no such key, or ecs_service.deployment: blue_green"
                    yield Violation(("codedeploy", key), shown, "has no effect", allowed)

    @rule("alb", "certificate", "ecs_service")
    def codedeploy_shifts_one_listener(self, _platform: Platform) -> Iterator[Violation]:
        """The production route of a deployment group is one listener (CodeDeploy API, `TrafficRoute`)."""
        if self.ecs_service.by_codedeploy and self.has_https and not self.alb.redirect_http_to_https:
            yield Violation(
                ("alb", "redirect_http_to_https"),
                value=False,
                problem="has two listeners forward to the tasks, and CodeDeploy moves the traffic of one",
                allowed="true, or ecs_service.deployment: rolling",
            )

    @rule("project", "environment", "container_port", "alb", "ecs_service")
    def second_target_group_name_fits(self, platform: Platform) -> Iterator[Violation]:
        """The name of a target group has at most 32 characters."""
        name = platform.target_group_name(self.alb.named_for_port, self.alb.named(GREEN))
        if self.ecs_service.by_codedeploy and (problem := too_long(name, NAME_LENGTH, "second target group")):
            yield Violation("environment", platform.environment, *problem)

    @property
    def secrets_of_the_application(self) -> tuple[str, ...]:
        """Names of the secrets that the application may read itself."""
        return tuple(name for name, each in self.secrets.items() if each.application_reads)

    @property
    def reads_named_secrets(self) -> bool:
        """Whether one of the roles of the tasks reads a secret of the section `secrets`."""
        return bool(self.ecs.named_secrets or self.secrets_of_the_application)

    def keys_of(self, names: Iterable[str]) -> Mapping[str, str]:
        """The KMS key of each of these secrets; an empty text for AWS's."""
        return {name: self.secrets[name].kms_key_arn for name in names if name in self.secrets}

    @rule("ecs", "secrets")
    def secrets_that_are_named_exist(self, _platform: Platform) -> Iterator[Violation]:
        """No task starts with a variable from a secret that is not there."""
        for at, source, name in self._named_sources():
            if name not in self.secrets:
                allowed = ", ".join(f"secrets.{each}" for each in self.secrets) or "a secret of the section secrets"
                yield Violation(at, source, "is no secret of the section secrets", allowed)

    @rule("ecs", "secrets")
    def rotation_breaks_no_running_task(self, _platform: Platform) -> Iterator[Violation]:
        """A task keeps the value with which it started: a rotation by itself would take away what it works with.

        Source: ECS developer guide, "Pass Secrets Manager secrets through Amazon ECS environment variables".
        """
        for at, source, name in self._named_sources():
            secret = self.secrets.get(name)
            if secret is not None and secret.rotation_lambda_arn and not secret.old_value_stays_valid:
                problem = "rotates by itself, and running tasks would keep a value that is no longer valid"
                allowed = f"secrets.{name}.application_reads, or old_value_stays_valid if the function alternates"
                yield Violation(at, source, problem, allowed)

    @rule("secrets", "region")
    def rotations_are_complete(self, _platform: Platform) -> Iterator[Violation]:
        """Secrets Manager rotates with a schedule, and with a function and a key of its own region only."""
        for name, each in self.secrets.items():
            if each.rotation_lambda_arn and each.rotation_days is None:
                at = ("secrets", name, "rotation_lambda_arn")
                yield Violation(at, each.rotation_lambda_arn, "has no schedule", "rotation_days, too")
            if each.old_value_stays_valid and not each.rotation_lambda_arn:
                at = ("secrets", name, "old_value_stays_valid")
                yield Violation(at, value=True, problem="is about no function", allowed="rotation_lambda_arn, too")
            for key in ("kms_key_arn", "rotation_lambda_arn"):
                arn: str = getattr(each, key) or ""
                if arn and region_of(arn) != self.region:
                    yield Violation(("secrets", name, key), arn, f"is of {region_of(arn)}", f"one of {self.region}")

    def _named_sources(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        """Where `ecs` names a secret of the section `secrets`, what it says, and the name in it."""
        for at, _, secrets in self.ecs.containers():
            for variable, source in secrets.items():
                found = named(source)
                if found is not None:
                    yield ("ecs", *at, "secrets", variable), source, found[0]

    @rule("alb", "networking")
    def private_subnets_are_large_enough_for_an_alb(self, _platform: Platform) -> Iterator[Violation]:
        """An ALB needs subnets of /27 or larger, with eight free addresses each; an internal one is in these."""
        for index, cidr in enumerate(self.networking.private_subnet_cidrs if self.alb.internal else ()):
            if IPv4Network(cidr).prefixlen > SMALLEST_ALB_PREFIX:
                key = ("networking", "private_subnet_cidrs", index)
                yield Violation(key, cidr, "is too small for an ALB, which alb.internal puts into it", "/27 or larger")

    @rule("networking", "ecs_service", "elasticache", "rds", "endpoints", "alb")
    def private_subnets_hold_every_task(self, _platform: Platform) -> Iterator[Violation]:
        """Each task needs an address; a deployment at full scale must have enough of them."""
        # The words for the cache stay those of an environment without a database.
        percent = self.ecs_service.most_percent_during_deployment
        tasks = self.ecs_service.most_tasks_during_deployment
        free = self.networking.free_private_addresses - self.rds.nodes
        free -= len(self.endpoints.interfaces) * len(self.networking.private_subnet_cidrs)
        free -= ADDRESSES * len(self.networking.private_subnet_cidrs) if self.alb.internal else 0
        if tasks > free - self.elasticache.nodes:
            problem = (
                f"x {percent} % are {tasks} tasks during a deployment, more than "
                f"the free addresses of the private subnets ({free}, {self.elasticache.nodes} of them for the cache)"
            )
            most = max(0, (free - self.elasticache.nodes) * 100 // percent)
            allowed = f"at most {most}, or larger networking.private_subnet_cidrs"
            value = self.ecs_service.autoscaling_max_capacity
            yield Violation(("ecs_service", "autoscaling_max_capacity"), value, problem, allowed)

    @rule("elasticache", "ecs")
    def url_of_redis_has_a_name_of_its_own(self, _platform: Platform) -> Iterator[Violation]:
        """ECS refuses a container with two variables, or a variable and a secret, of the same name."""
        name = self.elasticache.url_variable
        for kind, names in (("environment_variables", self.ecs.environment_variables), ("secrets", self.ecs.secrets)):
            if name in names:
                problem = f"is also in ecs.{kind}"
                yield Violation(("elasticache", "url_variable"), name, problem, "another name, or one of the two")

    @rule("elasticache", "notifications")
    def events_of_the_cache_have_a_topic_that_takes_them(self, _platform: Platform) -> Iterator[Violation]:
        """The policy of the topic of the alarms lets only CloudWatch publish, so ElastiCache's events would be lost."""
        topic = self.elasticache.sns_topic_arn
        if self.notifications.makes_topic and topic.rpartition(":")[2] == self.name("alarms"):
            problem = "is the topic of the alarms, on which only CloudWatch may publish"
            yield Violation(("elasticache", "sns_topic_arn"), topic, problem, "another topic")

    @rule("iam", "ecs")
    def policy_for_secrets_fits(self, _platform: Platform) -> Iterator[Violation]:
        """IAM takes 10,240 characters of inline policies for a role (IAM user guide, "IAM and STS quotas")."""
        most = INLINE_POLICIES_LENGTH - OTHER_STATEMENTS_LENGTH
        length = length_of_reading(self.ecs.every_secret)
        if self.iam.execution_role_reads_secrets and length > most:
            number = len(set(self.ecs.every_secret))
            problem = (
                f"needs a policy of {length} characters for {number} secrets; IAM takes {INLINE_POLICIES_LENGTH} for "
                f"the execution role, of which the rest needs {OTHER_STATEMENTS_LENGTH}"
            )
            allowed = f"at most {most} characters, as with one secret of several keys (<ARN>:<key>::)"
            yield Violation(("iam", "execution_role_reads_secrets"), value=True, problem=problem, allowed=allowed)

    @rule("ecs", "ecs_service")
    def exec_has_a_file_system_to_write_to(self, _platform: Platform) -> Iterator[Violation]:
        """The agent of ECS Exec writes to the root file system of the container (ECS developer guide, "ECS Exec")."""
        if self.ecs_service.enable_execute_command and self.ecs.read_only_root:
            yield Violation(
                ("ecs_service", "enable_execute_command"),
                value=True,
                problem="needs to write to the root file system, which ecs.read_only_root forbids",
                allowed="false, or ecs.read_only_root: false",
            )

    @rule("rds", "ecs", "elasticache")
    def variables_of_the_database_have_names_of_their_own(self, _platform: Platform) -> Iterator[Violation]:
        """ECS refuses a container with two variables, or a variable and a secret, of the same name."""
        named = dict.fromkeys(self.ecs.environment_variables, "ecs.environment_variables")
        named |= dict.fromkeys(self.ecs.secrets, "ecs.secrets")
        if self.elasticache.url_variable:
            named[self.elasticache.url_variable] = "elasticache.url_variable"
        for name in self.rds.variables if self.rds.enabled else ():
            if name in named:
                problem = f"makes {name}, which is also in {named[name]}"
                yield Violation(("rds", "variable_prefix"), self.rds.variable_prefix, problem, "another prefix")

    @rule("alb", "certificate", "security_groups")
    def https_listener_can_be_reached(self, _platform: Platform) -> Iterator[Violation]:
        """A security group without 443 blocks the HTTPS listener and, with the redirect, port 80 too."""
        if self.has_https and not self.security_groups.https_ingress:
            given = "alb.certificate_arn" if self.alb.certificate_arn else "certificate.domain_names"
            yield Violation(
                ("security_groups", "https_ingress"),
                value=False,
                problem=f"blocks the HTTPS listener that {given} creates",
                allowed="true",
            )

    @rule("alb", "certificate")
    def listener_has_one_default_certificate(self, _platform: Platform) -> Iterator[Violation]:
        """A listener has one default certificate; others are for other names."""
        if self.alb.certificate_arn and self.certificate.domain_names:
            problem = "and certificate.domain_names exclude each other"
            allowed = "one of both, or the ARN in alb.further_certificate_arns"
            yield Violation(("alb", "certificate_arn"), self.alb.certificate_arn, problem, allowed)

    @rule("alb", "certificate")
    def further_certificates_have_a_listener(self, _platform: Platform) -> Iterator[Violation]:
        """Further certificates are added to the HTTPS listener."""
        if self.alb.further_certificate_arns and not self.has_https:
            value = list(self.alb.further_certificate_arns)
            allowed = "none, or alb.certificate_arn or certificate.domain_names with them"
            yield Violation(("alb", "further_certificate_arns"), value, "have no HTTPS listener", allowed)

    @rule("dns", "certificate")
    def certificate_has_a_zone(self, _platform: Platform) -> Iterator[Violation]:
        """ACM validates the names by records, which are in the zone of `dns`."""
        zone = self.dns.zone
        if self.makes_certificate and zone is None:
            problem = "is missing: the records that validate the certificate are in it"
            yield Violation(("dns", "zone"), None, problem, "the name of the hosted zone")
        why = ", so ACM could not validate it"
        yield from in_the_zone(("certificate", "domain_names"), self.certificate.domain_names, zone, why)
        if self.certificate.for_frontend:
            yield from in_the_zone(("frontend", "domain_names"), self.frontend.domain_names, zone, why)

    @rule("dns", "certificate")
    def certificate_covers_every_name(self, _platform: Platform) -> Iterator[Violation]:
        """A client refuses a certificate that is not for the name that it asks for."""
        certified = self.certificate.domain_names
        for index, name in enumerate(self.dns.load_balancer_names if certified else ()):
            if not any(covers(each, name) for each in certified):
                key = ("dns", "load_balancer_names", index)
                problem = "is not covered by certificate.domain_names"
                yield Violation(key, name, problem, f"names of {', '.join(certified)}")
        wanted = self.frontend.api_domain_name if self.frontend.enabled and certified else None
        if wanted and not any(covers(each, wanted) for each in certified):
            problem = "is not covered by certificate.domain_names, which CloudFront checks"
            yield Violation(("frontend", "api_domain_name"), wanted, problem, f"a name of {', '.join(certified)}")

    @rule("frontend", "certificate")
    def domain_names_have_a_certificate(self, _platform: Platform) -> Iterator[Violation]:
        """CloudFront refuses names without a certificate that proves that they are yours."""
        made = self.certificate.for_frontend
        if self.frontend.domain_names and not self.frontend.certificate_arn and not made:
            value, allowed = list(self.frontend.domain_names), "names together with certificate_arn"
            allowed = f"{allowed}, or certificate.for_frontend: true"
            yield Violation(("frontend", "domain_names"), value, "have no certificate", allowed)

    @rule("frontend", "certificate")
    def certificate_for_the_frontend_has_names(self, _platform: Platform) -> Iterator[Violation]:
        """The certificate is for the names of the frontend, which has one certificate."""
        if not self.certificate.for_frontend:
            return
        key = ("certificate", "for_frontend")
        if not self.frontend.enabled or not self.frontend.domain_names:
            yield Violation(key, value=True, problem="has no names", allowed="false, or frontend.domain_names with it")
        elif self.frontend.certificate_arn:
            problem = "and frontend.certificate_arn exclude each other"
            yield Violation(key, value=True, problem=problem, allowed="one of both")
        else:
            yield from first_name_too_long(("frontend", "domain_names"), self.frontend.domain_names)

    @rule("frontend", "dns", "certificate")
    def distribution_answers_to_its_names(self, _platform: Platform) -> Iterator[Violation]:
        """CloudFront answers 403 to names that the distribution does not have."""
        for index, name in enumerate(self.dns.frontend_names):
            key = ("dns", "frontend_names", index)
            if not self.frontend.enabled or not any(covers(each, name) for each in self.frontend.domain_names):
                yield Violation(key, name, "is not covered by frontend.domain_names", "names of the distribution")
            elif self.certificate.for_frontend and not self.certificate.wait_for_validation:
                problem = "leads to a distribution that has no names before its certificate is issued"
                yield Violation(key, name, problem, "none, or certificate.wait_for_validation: true")

    @rule("dns", "frontend", "security_groups", "alb")
    def health_check_gets_in(self, _platform: Platform) -> Iterator[Violation]:
        """Route 53 asks from the internet, and without the header of CloudFront."""
        checked = self.dns.health_check_name
        if checked not in self.dns.load_balancer_names:
            return
        why = None
        if self.frontend.enabled and (self.frontend.only_from_cloudfront or self.frontend.origin_secret):
            why = "only CloudFront gets an answer from"
        elif self.alb.internal:
            why = "has private addresses only (alb.internal)"
        elif not self.alb.answers_ipv4:
            why = "answers over IPv6, and Route 53 asks a name over IPv4 (alb.ip_address_type)"
        elif "0.0.0.0/0" not in self.security_groups.alb_ingress_cidr_blocks:
            why = "security_groups.alb_ingress_cidr_blocks does not open to the internet"
        if why:
            problem, allowed = f"leads to the load balancer, which {why}", "one of dns.frontend_names, or none"
            yield Violation(("dns", "health_check_name"), checked, problem, allowed)

    @rule("dns", "alb")
    def health_check_speaks_the_tls_of_the_listener(self, _platform: Platform) -> Iterator[Violation]:
        """Route 53's health checkers speak TLS 1.2 at the most (Route 53 API, `HealthCheckConfig`)."""
        if self.dns.health_check_name in self.dns.load_balancer_names and "TLS13-1-3" in self.alb.ssl_policy:
            problem = (
                f"is answered with TLS 1.3 only (alb.ssl_policy {self.alb.ssl_policy}), which Route 53 cannot speak"
            )
            allowed = "none, or a policy with TLS 1.2, too, such as ELBSecurityPolicy-TLS13-1-2-2021-06"
            yield Violation(("dns", "health_check_name"), self.dns.health_check_name, problem, allowed)

    @rule("networking", "alb")
    def dualstack_has_subnets_with_ipv6(self, _platform: Platform) -> Iterator[Violation]:
        """ELB refuses the type otherwise: "You must specify subnets with an associated IPv6 CIDR block"."""
        if self.alb.answers_ipv6 and not self.networking.dual_stack:
            problem = f"needs subnets with IPv6 blocks, and networking.ipv6 is {self.networking.ipv6}"
            allowed = "ipv4, or networking.ipv6: dual-stack"
            yield Violation(("alb", "ip_address_type"), self.alb.ip_address_type, problem, allowed)

    @rule("security_groups", "alb", "frontend")
    def somebody_gets_in_over_ipv6(self, _platform: Platform) -> Iterator[Violation]:
        """A client asks an IPv6 address first where there is one, and waits; blocks without one say what is not so."""
        blocks = list(self.security_groups.alb_ingress_ipv6_cidr_blocks)
        key = ("security_groups", "alb_ingress_ipv6_cidr_blocks")
        if not self.alb.answers_ipv6 and blocks:
            allowed = "no such key, or alb.ip_address_type: dualstack"
            yield Violation(key, blocks, "has no effect, as the load balancer has no IPv6 address", allowed)
        elif self.alb.answers_ipv6 and self.frontend.enabled and self.frontend.only_from_cloudfront:
            problem = "is for nobody: only CloudFront gets in (frontend.only_from_cloudfront), and it asks over IPv4"
            allowed = "ipv4: viewers have the IPv6 addresses of the distribution"
            yield Violation(("alb", "ip_address_type"), self.alb.ip_address_type, problem, allowed)
        elif self.alb.answers_ipv6 and not any(can_come(each, over_internet=not self.alb.internal) for each in blocks):
            problem = f"lets nobody in over IPv6, which alb.ip_address_type {self.alb.ip_address_type} offers"
            others = "other blocks" if self.alb.internal else "blocks of public addresses"
            yield Violation(key, blocks, problem, f"['::/0'], {others}, or alb.ip_address_type: ipv4")

    @rule("security_groups", "alb", "frontend")
    def somebody_gets_in_over_ipv4(self, _platform: Platform) -> Iterator[Violation]:
        """A load balancer that answers over IPv4 and lets nobody in is of no use."""
        only_cloudfront = self.frontend.enabled and self.frontend.only_from_cloudfront
        if self.alb.answers_ipv4 and not only_cloudfront and not self.security_groups.alb_ingress_cidr_blocks:
            problem = f"lets nobody in over IPv4, which alb.ip_address_type {self.alb.ip_address_type} offers"
            allowed = "['0.0.0.0/0'], other blocks, or alb.ip_address_type: dualstack-without-public-ipv4"
            yield Violation(("security_groups", "alb_ingress_cidr_blocks"), [], problem, allowed)

    @rule("frontend", "alb")
    def cloudfront_asks_over_ipv4(self, _platform: Platform) -> Iterator[Violation]:
        """Provider 5 makes no origin that CloudFront asks over IPv6 (its documentation, `custom_origin_config`)."""
        if self.frontend.enabled and not self.alb.answers_ipv4:
            problem = "keeps CloudFront out, which asks the load balancer for frontend.api_paths over IPv4"
            allowed = "dualstack, or frontend.enabled: false"
            yield Violation(("alb", "ip_address_type"), self.alb.ip_address_type, problem, allowed)

    @rule("frontend", "alb")
    def cloudfront_reaches_the_load_balancer(self, _platform: Platform) -> Iterator[Violation]:
        """CloudFront connects to public addresses. A VPC origin, which reaches private ones, is not made here."""
        if self.frontend.enabled and self.alb.internal:
            problem = "keeps CloudFront out, which asks the load balancer for frontend.api_paths"
            yield Violation(
                ("alb", "internal"), value=True, problem=problem, allowed="false, or frontend.enabled: false"
            )

    @rule("frontend", "alb", "certificate")
    def cloudfront_finds_a_listener(self, _platform: Platform) -> Iterator[Violation]:
        """CloudFront connects over HTTPS to a listener with a certificate; over HTTP, a redirect would be a loop."""
        if not self.frontend.enabled:
            return
        # The words for a given certificate stay those of an environment that has one.
        source = (
            "certificate.domain_names" if self.certificate.domain_names else "the certificate of alb.certificate_arn"
        )
        if self.frontend.api_domain_name and not self.has_https:
            yield Violation(
                ("frontend", "api_domain_name"),
                self.frontend.api_domain_name,
                "needs an HTTPS listener",
                "none until the certificate is issued, or certificate.wait_for_validation: true"
                if self.certificate.domain_names
                else f"none, or a name that {source} covers, or certificate.domain_names",
            )
        if not self.frontend.api_domain_name and self.has_https and self.alb.redirect_http_to_https:
            yield Violation(
                ("frontend", "api_domain_name"),
                None,
                "is missing: CloudFront would connect over HTTP, which alb.redirect_http_to_https redirects",
                f"a name that {source} covers",
            )

    @rule("frontend", "alb")
    def cloudfront_closes_idle_connections_first(self, _platform: Platform) -> Iterator[Violation]:
        """Where the load balancer closes first, a request on that connection gets an occasional 502."""
        if self.frontend.enabled and self.frontend.api_keep_alive >= self.alb.idle_timeout:
            problem = f"is not shorter than alb.idle_timeout, {self.alb.idle_timeout}"
            value, allowed = self.frontend.api_keep_alive, f"at most {self.alb.idle_timeout - 1}"
            yield Violation(("frontend", "api_keep_alive"), value, problem, allowed)

    @rule("frontend", "security_groups")
    def cloudfront_is_the_only_source(self, _platform: Platform) -> Iterator[Violation]:
        """CloudFront's addresses take the place of the blocks: other sources would pass by the distribution."""
        blocks = list(self.security_groups.alb_ingress_cidr_blocks)
        if self.frontend.enabled and self.frontend.only_from_cloudfront and blocks not in (["0.0.0.0/0"], []):
            key = ("security_groups", "alb_ingress_cidr_blocks")
            yield Violation(key, blocks, "has no effect with frontend.only_from_cloudfront", "no such key")

    @rule("waf", "frontend")
    def firewall_of_a_distribution_has_one(self, _platform: Platform) -> Iterator[Violation]:
        """A web ACL of the scope CLOUDFRONT protects distributions only, and a distribution has one web ACL."""
        if not self.waf.at_distribution:
            return
        if not self.frontend.enabled:
            problem, allowed = "needs a distribution", "load-balancer, or frontend.enabled: true"
            yield Violation(("waf", "protects"), self.waf.protects, problem, allowed)
        elif self.frontend.web_acl_arn:
            problem = "is a second web ACL of the distribution"
            yield Violation(("frontend", "web_acl_arn"), self.frontend.web_acl_arn, problem, "no such key")

    @rule("waf", "alb")
    def open_firewall_is_there(self, _platform: Platform) -> Iterator[Violation]:
        """Whoever reads it would believe in a firewall."""
        if self.alb.waf_fail_open is not None and not self.waf.at_load_balancer:
            key = ("alb", "waf_fail_open")
            problem, allowed = (
                "has no effect without a firewall of the load balancer",
                "no such key, or waf.enabled: true",
            )
            yield Violation(key, self.alb.waf_fail_open, problem, allowed)

    @rule("waf", "frontend")
    def firewall_sees_callers(self, _platform: Platform) -> Iterator[Violation]:
        """The load balancer sees the addresses of CloudFront, which all callers of an edge location share.

        The header with the caller's address is no help: WAF counts by its first address, which the caller writes.
        """
        waf = self.waf
        if waf.enabled and self.frontend.enabled and waf.protects == "load-balancer" and waf.knows_addresses:
            problem = "would count the callers of an edge location as one, by CloudFront's address"
            allowed = "distribution, both, or neither rate_limit nor lists nor groups of addresses"
            yield Violation(("waf", "protects"), waf.protects, problem, allowed)

    @rule("alb", "log_bucket")
    def logs_of_the_load_balancer_have_a_bucket(self, _platform: Platform) -> Iterator[Violation]:
        """A load balancer writes its logs into a bucket whose policy lets it."""
        for key in ("access_logs", "connection_logs"):
            if getattr(self.alb, key) and not self.log_bucket.name:
                problem, allowed = "has no bucket", "false, or log_bucket.name with it"
                yield Violation(("alb", key), value=True, problem=problem, allowed=allowed)

    @rule("flow_logs", "log_bucket")
    def flow_logs_have_a_bucket(self, _platform: Platform) -> Iterator[Violation]:
        """The bucket's policy lets flow logs in, so it is the environment's own."""
        if self.flow_logs.destination == "s3" and not self.log_bucket.name:
            key, allowed = ("flow_logs", "destination"), "cloudwatch-logs, or log_bucket.name with it"
            yield Violation(key, self.flow_logs.destination, "has no bucket", allowed)

    @rule("frontend", "log_bucket")
    def log_bucket_has_a_name_of_its_own(self, _platform: Platform) -> Iterator[Violation]:
        """The frontend makes its own buckets, and S3 refuses a name twice."""
        name = self.log_bucket.name
        if name and self.frontend.enabled and name in self.frontend.buckets:
            yield Violation(("log_bucket", "name"), name, "is a bucket of the frontend", "another name")

    @rule("monitoring", "ecs")
    def dashboard_has_its_figures(self, _platform: Platform) -> Iterator[Violation]:
        """Running and desired tasks are metrics of Container Insights, which the dashboard shows."""
        if self.monitoring.enabled and not self.ecs.container_insights:
            yield Violation(
                ("ecs", "container_insights"),
                value=False,
                problem="removes the task metrics that the dashboard of monitoring.enabled shows",
                allowed="true",
            )


class SharedSettings(Platform):
    """What exists once per account (`shared.yaml`): the image registry and the bucket for states."""

    environment: Name = "shared"
    """Always `shared`, the name of the file."""

    state: State = LocalState(backend="local")
    """Where the Terraform state of this stack is stored. It cannot be in the bucket before the bucket exists."""

    assume_role: AssumeRoleSettings = AssumeRoleSettings()
    """The IAM role with which the provider acts on AWS."""

    registry: RegistrySettings = RegistrySettings()
    state_bucket: StateBucketSettings
    pipeline: PipelineSettings = PipelineSettings()
    hosted_zone: HostedZoneSettings = HostedZoneSettings()

    @property
    def made(self) -> Iterator[tuple[tuple[str | int, ...], tuple[str, str]]]:
        """What AWS gives once and the overlay names: the key, what it is, and its name."""
        yield ("state_bucket", "name"), ("bucket", self.state_bucket.name)

    usage: SharedUsageSettings = SharedUsageSettings()
    monthly_budget: Budget | None = None
    """Maximum cost of a typical month in USD; above it, `miyabi-infra cost --check` fails. Default: no limit."""

    lint: LintSettings = LintSettings()
