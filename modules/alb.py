"""alb: the load balancer, its target group and listeners, and their alarms."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal

from cdktf import ITerraformDependable, Precondition, TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.lb import Lb, LbAccessLogs, LbConnectionLogs
from cdktf_cdktf_provider_aws.lb_listener import (
    LbListener,
    LbListenerDefaultAction,
    LbListenerDefaultActionFixedResponse,
    LbListenerDefaultActionRedirect,
)
from cdktf_cdktf_provider_aws.lb_listener_certificate import LbListenerCertificate
from cdktf_cdktf_provider_aws.lb_listener_rule import (
    LbListenerRule,
    LbListenerRuleAction,
    LbListenerRuleCondition,
    LbListenerRuleConditionHttpHeader,
)
from cdktf_cdktf_provider_aws.lb_target_group import LbTargetGroup, LbTargetGroupHealthCheck
from pydantic import AfterValidator, Field

from modules.addresses import IPV4, IPV6, versions_of
from modules.base import Module, for_each, item, item_or_null
from modules.cloudfront_facts import ORIGIN_HEADER
from modules.codedeploy import GREEN, CodedeploySettings
from modules.platform import Platform
from modules.security_groups import HTTP_PORT, HTTPS_PORT
from modules.settings import (
    ACCOUNT,
    HealthCheckPath,
    Port,
    Seconds,
    Settings,
    Violation,
    matching,
    refuse,
    region_of,
    rule,
    too_long,
    twice,
)

_WELL_FORMED: Final = "[A-Za-z0-9_-]{32,128}"
"""What a secret looks like: a condition of a rule takes `*` and `?` for any characters, and 128 of them at most."""
_LAST: Final = 49_000
"""Priority of the rule that takes every request with the header: rules about paths and hosts come before it."""

ADDRESSES: Final = 8
"""Free addresses that a load balancer needs in each of its subnets (user guide, "Subnets for your load balancer")."""

NAME_LENGTH = 32
"""Maximum length of the name of a load balancer and of a target group."""

SslPolicy = Literal[
    "ELBSecurityPolicy-TLS13-1-3-2021-06",
    "ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-3-FIPS-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-3-RFC9151-FIPS-2023-07",
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-2-Ext0-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-2-Ext1-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-2-Ext2-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-2-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Ext1-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Ext2-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-FIPS-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Ext0-FIPS-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Ext1-FIPS-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Ext2-FIPS-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-RFC9151-FIPS-2023-07",
    "ELBSecurityPolicy-TLS13-1-2-Ext0-RFC9151-FIPS-2023-07",
    "ELBSecurityPolicy-TLS13-1-2-RFC9151-INTEROP1-FIPS-2023-07",
    "ELBSecurityPolicy-TLS13-1-2-RFC9151-INTEROP2-FIPS-2023-07",
    "ELBSecurityPolicy-TLS13-1-2-RFC9151-INTEROP3-FIPS-2023-07",
    "ELBSecurityPolicy-TLS13-1-2-RFC9151-INTEROP4-FIPS-2023-07",
    "ELBSecurityPolicy-TLS13-1-1-2021-06",
    "ELBSecurityPolicy-TLS13-1-1-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-0-2021-06",
    "ELBSecurityPolicy-TLS13-1-0-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-0-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-0-FIPS-PQ-2025-09",
    "ELBSecurityPolicy-TLS-1-2-Ext-2018-06",
    "ELBSecurityPolicy-TLS-1-2-2017-01",
    "ELBSecurityPolicy-TLS-1-1-2017-01",
    "ELBSecurityPolicy-FS-1-2-Res-2020-10",
    "ELBSecurityPolicy-FS-1-2-Res-2019-08",
    "ELBSecurityPolicy-FS-1-2-2019-08",
    "ELBSecurityPolicy-FS-1-1-2019-08",
    "ELBSecurityPolicy-FS-2018-06",
    "ELBSecurityPolicy-2016-08",
    "ELBSecurityPolicy-2015-05",
]
"""Security policies of an HTTPS listener (Application Load Balancers user guide, "Security policies")."""

_CERTIFICATE: Final = (
    rf"arn:aws:acm:[a-z0-9-]+:{ACCOUNT}:certificate/[A-Za-z0-9-]{{1,64}}"
    rf"|arn:aws:iam::{ACCOUNT}:server-certificate/[\w+=,.@/-]{{1,640}}"
)

_CODES: Final = r"[2-4]\d\d(?:-[2-4]\d\d)?"


def _rising(codes: str) -> str:
    for part in codes.split(","):
        first, _, last = part.partition("-")
        if last and first >= last:
            raise refuse(f"has a range that does not rise ({part})", "codes or ranges from 200 to 499: 200-299")
    return codes


CertificateArn = Annotated[
    str,
    matching(
        f"|{_CERTIFICATE}",
        "is not the ARN of a certificate",
        "arn:aws:acm:<region>:<account>:certificate/<id>, an IAM server certificate's ARN, or an empty string for none",
    ),
]

FurtherCertificateArn = Annotated[
    str,
    matching(
        _CERTIFICATE,
        "is not the ARN of a certificate",
        "arn:aws:acm:<region>:<account>:certificate/<id>, or an IAM server certificate's ARN",
    ),
]


class AlbSettings(Settings):
    """The load balancer, and when it considers a task healthy."""

    internal: bool = False
    """Whether the load balancer has private addresses only, in the private subnets: the VPC reaches it, and what is
    connected with the VPC. Its name is resolved everywhere, to these addresses (Elastic Load Balancing user guide,
    "Load balancer scheme"). AWS changes no scheme: a change replaces the load balancer and the target group, by others
    whose names contain `internal`, or no longer."""

    ip_address_type: Literal["ipv4", "dualstack", "dualstack-without-public-ipv4"] = "ipv4"
    """Over what clients reach the load balancer: `dualstack` is IPv4 and IPv6, `dualstack-without-public-ipv4` IPv6,
    and IPv4 from within the VPC, which saves the cost of public IPv4 addresses. Tasks are asked over IPv4 in any case.
    All but `ipv4` need `networking.ipv6: dual-stack` and `security_groups.alb_ingress_ipv6_cidr_blocks` (ELB API,
    `CreateLoadBalancer`)."""

    enable_deletion_protection: bool = False
    """Whether AWS refuses to delete the load balancer until this setting is false."""

    idle_timeout: Annotated[int, Field(ge=1, le=4000)] = 60
    """Seconds after which the load balancer closes an idle connection (ELB API, `LoadBalancerAttribute`)."""

    drop_invalid_header_fields: bool | None = None
    """Whether header fields whose names have other characters than letters, digits and hyphens are removed before a
    request goes to a task. Null: AWS's default, false: they are passed on."""

    desync_mitigation_mode: Literal["monitor", "defensive", "strictest"] | None = None
    """What happens to requests that a proxy and a task may read differently: `monitor` passes on all, `strictest` those
    that keep to RFC 7230 only. Null: AWS's default, `defensive` (Elastic Load Balancing user guide, "Desync mitigation
    mode"; ELB API, `LoadBalancerAttribute`)."""

    client_keep_alive: Annotated[int, Field(ge=60, le=604_800)] | None = None
    """Seconds after which the load balancer closes the connection of a client, even a busy one: only then do clients
    notice new addresses. Null: AWS's default, 3600 (user guide, "HTTP client keepalive duration"; ELB API,
    `LoadBalancerAttribute`)."""

    waf_fail_open: bool | None = None
    """Whether requests are passed on when the load balancer cannot ask the firewall. Null: AWS's default, false: they
    get 500, so the firewall's fault is an outage (user guide, "AWS WAF fail open")."""

    access_logs: bool = False
    """Whether each request is written to the bucket of `log_bucket`, every five minutes: who asked for what, and what
    the answer was (user guide, "Access logs")."""

    connection_logs: bool = False
    """Whether each connection is written to the bucket of `log_bucket`: the address of the client, the TLS version and
    cipher, and why TLS failed (user guide, "Connection logs")."""

    certificate_arn: CertificateArn = ""
    """ARN of the certificate (ACM, same region) of the HTTPS listener. Empty: that of `certificate.domain_names`, or no
    HTTPS listener (ELB API, `Certificate`)."""

    further_certificate_arns: Annotated[tuple[FurtherCertificateArn, ...], Field(strict=False, max_length=25)] = ()
    """ARNs of further certificates of the HTTPS listener, for other names: the load balancer chooses by the name that a
    client asks for (SNI). AWS's quota is 25 (Application Load Balancers user guide, "Quotas for your Application Load
    Balancers"; ELB API, `Certificate`)."""

    ssl_policy: SslPolicy = "ELBSecurityPolicy-TLS-1-2-2017-01"
    """TLS versions and ciphers of the HTTPS listener. The default is the value of the HCL modules, without TLS 1.3
    (Application Load Balancers user guide, "Security policies")."""

    redirect_http_to_https: bool = False
    """Whether port 80 redirects (301) to HTTPS instead of forwarding. Without an HTTPS listener it always forwards."""

    health_check_path: HealthCheckPath = "/health"
    """Path of the health check requests to each task (ELB API, `CreateTargetGroup`)."""

    health_check_interval: Annotated[int, Field(ge=5, le=300)] = 30
    """Seconds between two health checks of a task (ELB API, `CreateTargetGroup`)."""

    health_check_timeout: Annotated[int, Field(ge=2, le=120)] = 5
    """Seconds after which a health check without a response has failed (ELB API, `CreateTargetGroup`)."""

    health_check_healthy_threshold: Annotated[int, Field(ge=2, le=10)] = 2
    """Consecutive successful health checks before a task is healthy (ELB API, `CreateTargetGroup`)."""

    health_check_unhealthy_threshold: Annotated[int, Field(ge=2, le=10)] = 3
    """Consecutive failed health checks before a task is unhealthy (ELB API, `CreateTargetGroup`)."""

    health_check_matcher: Annotated[
        str,
        matching(
            rf"{_CODES}(?:,{_CODES})*",
            "is not a list of HTTP status codes",
            "codes or ranges from 200 to 499: 200-299",
        ),
        AfterValidator(_rising),
    ] = "200"
    """HTTP status codes of a healthy task (ELB API, `Matcher`)."""

    named_for_port: Port = 8080
    """`container_port` whose target group has the name of the HCL modules. The name of every other one contains the
    port, so that the new group exists before the old one is deleted. Set it only to adopt a state with another port
    (ELB API, `CreateTargetGroup`)."""

    deregistration_delay: Seconds = 30
    """Seconds that a stopping task has to finish requests in progress (ELB API, `TargetGroupAttribute`)."""

    response_time_alarm_threshold: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    """Average response time of the tasks, in seconds, above which the alarm goes into ALARM."""

    unhealthy_hosts_alarm_threshold: Annotated[int, Field(ge=0)] = 0
    """Number of unhealthy tasks above which the alarm goes into ALARM."""

    @property
    def answers_ipv6(self) -> bool:
        """Whether the load balancer has IPv6 addresses."""
        return IPV6 in versions_of(self.ip_address_type)

    @property
    def answers_ipv4(self) -> bool:
        """Whether clients outside the VPC reach the load balancer over IPv4."""
        return IPV4 in versions_of(self.ip_address_type)

    def named(self, thing: str) -> str:
        """What the load balancer or a target group is called: the new one is there before the old one is deleted.

        AWS gives a name once, and a target group belongs to one load balancer.
        """
        return f"{thing}-internal" if self.internal else thing

    @rule("project", "environment", "internal")
    def load_balancer_name_fits(self, platform: Platform) -> Iterator[Violation]:
        """The name of a load balancer has at most 32 characters."""
        if problem := too_long(platform.name(self.named("alb")), NAME_LENGTH, "load balancer"):
            yield Violation("environment", platform.environment, *problem)

    @rule("project", "environment", "container_port", "named_for_port", "internal")
    def target_group_name_fits(self, platform: Platform) -> Iterator[Violation]:
        """The name of a target group has at most 32 characters."""
        name = platform.target_group_name(self.named_for_port, self.named("tg"))
        if problem := too_long(name, NAME_LENGTH, "target group"):
            yield Violation("environment", platform.environment, *problem)

    @rule("project")
    def load_balancer_name_is_not_internal(self, platform: Platform) -> Iterator[Violation]:
        """ELB refuses a name that starts with `internal-`."""
        if f"{platform.project}-".startswith("internal-"):
            problem = "results in a load balancer name that starts with internal-, which ELB reserves"
            yield Violation("project", platform.project, problem, "another name")

    @rule("internal", "ip_address_type")
    def internal_load_balancer_has_ipv4(self, _platform: Platform) -> Iterator[Violation]:
        """An internal load balancer has no public address that it could do without (ELB API, `SetIpAddressType`)."""
        if self.internal and not self.answers_ipv4:
            problem = "is for internet-facing load balancers"
            yield Violation("ip_address_type", self.ip_address_type, problem, "ipv4 or dualstack with internal: true")

    @rule("certificate_arn", "further_certificate_arns", "region")
    def certificate_is_of_the_region(self, platform: Platform) -> Iterator[Violation]:
        """A load balancer accepts ACM certificates of its own region only."""
        named: dict[str | tuple[str, int], str] = {"certificate_arn": self.certificate_arn}
        named |= {("further_certificate_arns", at): arn for at, arn in enumerate(self.further_certificate_arns)}
        for key, arn in named.items():
            if arn and region_of(arn) not in {"", platform.region}:
                yield Violation(key, arn, f"is a certificate of {region_of(arn)}", f"one of {platform.region}")

    @rule("certificate_arn", "further_certificate_arns", compares=True)
    def further_certificates_differ(self, _platform: Platform) -> Iterator[Violation]:
        """A listener has a certificate once."""
        yield from twice("further_certificate_arns", self.further_certificate_arns)
        for at, arn in enumerate(self.further_certificate_arns):
            if arn == self.certificate_arn:
                yield Violation(("further_certificate_arns", at), arn, "is certificate_arn, too", "another one")

    @rule("health_check_interval", "health_check_timeout")
    def health_check_times_out_before_the_next(self, _platform: Platform) -> Iterator[Violation]:
        """ELB refuses a timeout that is not shorter than the interval."""
        if self.health_check_timeout >= self.health_check_interval:
            problem = f"is not shorter than health_check_interval, {self.health_check_interval}"
            allowed = f"2 to {self.health_check_interval - 1}"
            yield Violation("health_check_timeout", self.health_check_timeout, problem, allowed)


class AlbModule(Module):
    """An application load balancer in front of the tasks: in the public subnets, or internal in the private ones."""

    folder: ClassVar[str] = "alb"

    def __init__(  # noqa: PLR0915  # every listener and alarm is written out
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: AlbSettings,
        vpc_id: str,
        subnet_ids: list[str],
        alb_security_group_id: str,
        alarm_topic_arn: str | None = None,
        origin_secrets: Mapping[str, str] | None = None,
        codedeploy: CodedeploySettings | None = None,
        certificate_arn: str | None = None,
        log_bucket_name: str | None = None,
        ipv6: bool = False,
        depends_on: list[ITerraformDependable],
    ) -> None:
        """`origin_secrets`: by the name of their wire, the secrets of which each request needs one; None for none.

        `codedeploy`: how CodeDeploy moves the traffic between two target groups; None where there is one.
        `certificate_arn`: of the certificate that the environment makes; None for none. Whether there is one is known
        before apply, its value after it. `log_bucket_name`: the bucket for its logs; None for none. `ipv6`: whether the
        VPC has an IPv6 block.
        """
        super().__init__(scope, depends_on=depends_on)
        body, name = self.body, platform.name
        vpc = self.wire("vpc_id", vpc_id, "ID of the VPC")
        kind = "private" if settings.internal else "public"
        subnets = self.wire_list(f"{kind}_subnet_ids", subnet_ids, f"IDs of the {kind} subnets")
        security_group = self.wire(
            "alb_security_group_id", alb_security_group_id, "ID of the load balancer's security group"
        )
        notified = self.alarm_actions(alarm_topic_arn)
        secrets = [
            self.wire(wire, value, f"A value of the header {ORIGIN_HEADER} that requests need")
            for wire, value in (origin_secrets or {}).items()
        ]

        access_logs, connection_logs = None, None
        if log_bucket_name is not None:
            bucket = self.wire("log_bucket_name", log_bucket_name, "Name of the bucket for logs")
            # Without a block, the provider leaves the logs as they are, and on.
            access_logs = LbAccessLogs(bucket=bucket, enabled=settings.access_logs)
            connection_logs = LbConnectionLogs(bucket=bucket, enabled=settings.connection_logs)

        load_balancer_name = name(settings.named("alb"))
        load_balancer = Lb(
            body,
            "aws_lb.main",
            name=load_balancer_name,
            load_balancer_type="application",
            internal=settings.internal,
            # Without a value, the provider leaves the type as it is: the way back from dualstack needs one.
            ip_address_type=settings.ip_address_type if ipv6 else None,
            security_groups=[security_group],
            subnets=subnets,
            enable_deletion_protection=settings.enable_deletion_protection,
            enable_http2=True,
            enable_cross_zone_load_balancing=True,
            idle_timeout=settings.idle_timeout,
            drop_invalid_header_fields=settings.drop_invalid_header_fields,
            desync_mitigation_mode=settings.desync_mitigation_mode,
            client_keep_alive=settings.client_keep_alive,
            enable_waf_fail_open=settings.waf_fail_open,
            access_logs=access_logs,
            connection_logs=connection_logs,
            tags={"Name": load_balancer_name},
        )
        load_balancer_arn, arn_suffix = load_balancer.arn, load_balancer.arn_suffix

        health_check = LbTargetGroupHealthCheck(
            enabled=True,
            protocol="HTTP",
            path=settings.health_check_path,
            matcher=settings.health_check_matcher,
            interval=settings.health_check_interval,
            timeout=settings.health_check_timeout,
            healthy_threshold=settings.health_check_healthy_threshold,
            unhealthy_threshold=settings.health_check_unhealthy_threshold,
        )
        target_group_name = platform.target_group_name(settings.named_for_port, settings.named("tg"))
        target_group = LbTargetGroup(
            body,
            "aws_lb_target_group.app",
            name=target_group_name,
            port=platform.container_port,
            protocol="HTTP",
            target_type="ip",
            vpc_id=vpc,
            deregistration_delay=str(settings.deregistration_delay),
            health_check=health_check,
            # Another port or load balancer is another group: AWS refuses to delete the one that a listener still uses.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            tags={"Name": target_group_name},
        )

        forward = LbListenerDefaultAction(type="forward", target_group_arn=target_group.arn)
        redirect = LbListenerDefaultAction(
            type="redirect",
            redirect=LbListenerDefaultActionRedirect(port=str(HTTPS_PORT), protocol="HTTPS", status_code="HTTP_301"),
        )
        refuse = LbListenerDefaultAction(
            type="fixed-response",
            fixed_response=LbListenerDefaultActionFixedResponse(
                content_type="text/plain", message_body="Only through CloudFront", status_code="403"
            ),
        )
        serve = refuse if secrets else forward
        certificate = settings.certificate_arn or None
        if certificate_arn is not None:
            certificate = self.wire("certificate_arn", certificate_arn, "ARN of the certificate of the HTTPS listener")
        has_certificate = certificate is not None
        redirects = settings.redirect_http_to_https and has_certificate
        # What CodeDeploy changes with each deployment is its own: Terraform says where the traffic begins.
        shifted = TerraformResourceLifecycle(ignore_changes=["default_action"]) if codedeploy else None
        http_listener = LbListener(
            body,
            "aws_lb_listener.http",
            load_balancer_arn=load_balancer_arn,
            port=HTTP_PORT,
            protocol="HTTP",
            default_action=[redirect if redirects else serve],
            lifecycle=None if redirects else shifted,
            tags={"Name": name("http-listener")},
        )
        https_listener = LbListener(
            body,
            "aws_lb_listener.https",
            count=int(has_certificate),
            load_balancer_arn=load_balancer_arn,
            port=HTTPS_PORT,
            protocol="HTTPS",
            ssl_policy=settings.ssl_policy,
            certificate_arn=certificate or "",
            default_action=[serve],
            lifecycle=shifted,
            tags={"Name": name("https-listener")},
        )
        if settings.further_certificate_arns:
            further = LbListenerCertificate(
                body,
                "aws_lb_listener_certificate.further",
                listener_arn=item_or_null(https_listener, "arn"),
                certificate_arn="${each.key}",
            )
            for_each(further, dict.fromkeys(settings.further_certificate_arns, "certificate"))
        if secrets:
            with_secret = [
                LbListenerRuleCondition(
                    http_header=LbListenerRuleConditionHttpHeader(http_header_name=ORIGIN_HEADER, values=secrets)
                )
            ]
            # Not a validation of the variables: Terraform's message would show the value, even a sensitive one.
            well_formed = TerraformResourceLifecycle(
                ignore_changes=["action"] if codedeploy else None,
                precondition=[
                    Precondition(
                        condition=f'${{can(regex("^{_WELL_FORMED}$", var.{wire}))}}',
                        error_message=f"{wire} must be 32 to 128 letters, digits, hyphens and underscores.",
                    )
                    for wire in origin_secrets or ()
                ],
            )
            LbListenerRule(
                body,
                "aws_lb_listener_rule.http_from_cloudfront",
                count=int(not redirects),
                listener_arn=http_listener.arn,
                priority=_LAST,
                action=[LbListenerRuleAction(type="forward", target_group_arn=target_group.arn)],
                condition=with_secret,
                lifecycle=well_formed,
                tags={"Name": name("http-from-cloudfront")},
            )
            LbListenerRule(
                body,
                "aws_lb_listener_rule.https_from_cloudfront",
                count=int(has_certificate),
                listener_arn=item_or_null(https_listener, "arn"),
                priority=_LAST,
                action=[LbListenerRuleAction(type="forward", target_group_arn=target_group.arn)],
                condition=with_secret,
                lifecycle=well_formed,
                tags={"Name": name("https-from-cloudfront")},
            )

        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.target_response_time",
            alarm_name=name("alb-high-response-time"),
            alarm_description="This metric monitors ALB target response time",
            namespace="AWS/ApplicationELB",
            metric_name="TargetResponseTime",
            dimensions={"LoadBalancer": arn_suffix},
            statistic="Average",
            period=60,
            evaluation_periods=2,
            comparison_operator="GreaterThanThreshold",
            threshold=settings.response_time_alarm_threshold,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name("alb-response-time-alarm")},
        )
        CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.unhealthy_hosts",
            alarm_name=name("alb-unhealthy-hosts"),
            alarm_description="This metric monitors unhealthy hosts",
            namespace="AWS/ApplicationELB",
            metric_name="UnHealthyHostCount",
            dimensions={"TargetGroup": target_group.arn_suffix, "LoadBalancer": arn_suffix},
            statistic="Average",
            period=60,
            evaluation_periods=2,
            comparison_operator="GreaterThanThreshold",
            threshold=settings.unhealthy_hosts_alarm_threshold,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": name("alb-unhealthy-hosts-alarm")},
        )

        if codedeploy:
            green_name = platform.target_group_name(settings.named_for_port, settings.named(GREEN))
            green = LbTargetGroup(
                body,
                "aws_lb_target_group.green",
                name=green_name,
                port=platform.container_port,
                protocol="HTTP",
                target_type="ip",
                vpc_id=vpc,
                deregistration_delay=str(settings.deregistration_delay),
                health_check=health_check,
                lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
                tags={"Name": green_name},
            )
            CloudwatchMetricAlarm(
                body,
                "aws_cloudwatch_metric_alarm.unhealthy_hosts_green",
                alarm_name=name("alb-unhealthy-hosts-green"),
                alarm_description="This metric monitors unhealthy hosts of the second target group",
                namespace="AWS/ApplicationELB",
                metric_name="UnHealthyHostCount",
                dimensions={"TargetGroup": green.arn_suffix, "LoadBalancer": arn_suffix},
                statistic="Average",
                period=60,
                evaluation_periods=2,
                comparison_operator="GreaterThanThreshold",
                threshold=settings.unhealthy_hosts_alarm_threshold,
                treat_missing_data="notBreaching",
                alarm_actions=notified,
                ok_actions=notified,
                tags={"Name": name("alb-unhealthy-hosts-green-alarm")},
            )
            self.green_target_group_name = self.output(
                "green_target_group_name", green.name, "Name of the second target group"
            )
            self.green_target_group_arn_suffix = self.output(
                "green_target_group_arn_suffix", green.arn_suffix, "The second one as CloudWatch's metrics name it"
            )
            self.production_listener_arn = self.output(
                "production_listener_arn",
                item(https_listener, 0, "arn") if has_certificate else http_listener.arn,
                "ARN of the listener that carries production traffic",
            )
        self.test_listener_arn = None
        if codedeploy and codedeploy.test_port:
            test_listener = LbListener(
                body,
                "aws_lb_listener.test",
                load_balancer_arn=load_balancer_arn,
                port=codedeploy.test_port,
                protocol="HTTPS" if has_certificate else "HTTP",
                ssl_policy=settings.ssl_policy if has_certificate else None,
                certificate_arn=certificate,
                default_action=[forward],
                lifecycle=shifted,
                tags={"Name": name("test-listener")},
            )
            self.test_listener_arn = self.output(
                "test_listener_arn", test_listener.arn, "ARN of the listener that carries test traffic"
            )

        self.alb_id = self.output("alb_id", load_balancer.id, "ID of the load balancer")
        self.alb_arn = self.output("alb_arn", load_balancer_arn, "ARN of the load balancer")
        self.alb_dns_name = self.output("alb_dns_name", load_balancer.dns_name, "DNS name of the load balancer")
        self.alb_zone_id = self.output(
            "alb_zone_id", load_balancer.zone_id, "Hosted zone ID of the load balancer, for an alias record"
        )
        self.alb_arn_suffix = self.output(
            "alb_arn_suffix", arn_suffix, "The load balancer as CloudWatch's metrics name it"
        )
        self.target_group_arn = self.output("target_group_arn", target_group.arn, "ARN of the target group")
        self.target_group_name = self.output("target_group_name", target_group.name, "Name of the target group")
        self.target_group_arn_suffix = self.output(
            "target_group_arn_suffix", target_group.arn_suffix, "The target group as CloudWatch's metrics name it"
        )
        self.http_listener_arn = self.output("http_listener_arn", http_listener.arn, "ARN of the HTTP listener")
        self.https_listener_arn = self.output(
            "https_listener_arn",
            item_or_null(https_listener, "arn"),
            "ARN of the HTTPS listener; null without a certificate",
        )
