"""waf: the web ACLs of the load balancer and of the distribution, their logs and alarms."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Final, Literal

from cdktf import ITerraformDependable, TerraformResource, TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from cdktf_cdktf_provider_aws.wafv2_ip_set import Wafv2IpSet
from cdktf_cdktf_provider_aws.wafv2_web_acl import (
    Wafv2WebAcl,
    Wafv2WebAclDefaultAction,
    Wafv2WebAclDefaultActionAllow,
    Wafv2WebAclRule,
    Wafv2WebAclRuleAction,
    Wafv2WebAclRuleActionAllow,
    Wafv2WebAclRuleActionBlock,
    Wafv2WebAclRuleActionBlockCustomResponse,
    Wafv2WebAclRuleActionCount,
    Wafv2WebAclRuleOverrideAction,
    Wafv2WebAclRuleOverrideActionCount,
    Wafv2WebAclRuleOverrideActionNone,
    Wafv2WebAclRuleVisibilityConfig,
    Wafv2WebAclVisibilityConfig,
)
from cdktf_cdktf_provider_aws.wafv2_web_acl_association import (
    Wafv2WebAclAssociation,
    Wafv2WebAclAssociationTimeouts,
)
from cdktf_cdktf_provider_aws.wafv2_web_acl_logging_configuration import (
    Wafv2WebAclLoggingConfiguration,
    Wafv2WebAclLoggingConfigurationLoggingFilter,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilter,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilterConditionActionCondition,
    Wafv2WebAclLoggingConfigurationRedactedFields,
    Wafv2WebAclLoggingConfigurationRedactedFieldsQueryString,
    Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader,
)
from pydantic import AfterValidator, BeforeValidator, Field

from modules.base import Module, item, literal
from modules.ecs import LogRetention
from modules.platform import Platform
from modules.settings import Settings, Violation, as_stored, block_of, matching, refuse, rule, twice
from modules.waf_facts import BLOCKED_SHARE, GROUPS, LOGS_PREFIX, NAMESPACE

Action = Literal["count", "block"]

LARGEST_AT_LOAD_BALANCER: Final = 8192
"""Bytes of a body that WAF sees of a request to a load balancer (WAFV2 API, `Body`)."""
LARGEST_AT_DISTRIBUTION: Final = 16_384
"""Bytes of a body that WAF sees of a request to a distribution, unless more is paid for."""
_MOST_REDACTED: Final = 100
_TOO_MANY: Final = 429

_GROUPS_START: Final = 100
_STEP: Final = 10

_BLOCK_ALLOWED: Final = "an IPv4 or IPv6 block with no host bits set, such as 203.0.113.7/32 or 2001:db8::/64"

ManagedGroup = Literal[
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesAnonymousIpList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesAdminProtectionRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesSQLiRuleSet",
    "AWSManagedRulesLinuxRuleSet",
    "AWSManagedRulesUnixRuleSet",
    "AWSManagedRulesWindowsRuleSet",
    "AWSManagedRulesPHPRuleSet",
    "AWSManagedRulesWordPressRuleSet",
]
"""AWS's groups without a price of their own (AWS WAF developer guide, "AWS Managed Rules rule groups list")."""


def _block(value: str) -> str:
    network = block_of(value)
    if network is None:
        raise refuse("is not a block of addresses", _BLOCK_ALLOWED)
    if network.prefixlen == 0:
        longest = network.max_prefixlen
        raise refuse(f"is every IPv{network.version} address, which WAF refuses in a list", f"/1 to /{longest}")
    return value


AddressBlock = Annotated[
    str,
    matching(r"[0-9a-f:.]{2,39}/\d{1,3}", "is not a block of addresses", _BLOCK_ALLOWED),
    AfterValidator(_block),
    BeforeValidator(as_stored),
]

AddressBlocks = Annotated[tuple[AddressBlock, ...], Field(strict=False, max_length=10_000)]

RuleName = Annotated[
    str, matching(r"[\w-]{1,128}", "is not the name of a rule", "as AWS lists it: SizeRestrictions_BODY")
]

HeaderName = Annotated[
    str,
    matching(
        r"[a-z0-9_-]{1,64}",
        "is not the name of a header that WAF can redact",
        "at most 64 lower-case letters, digits, hyphens and underscores: authorization",
    ),
]


class ManagedGroupSettings(Settings):
    """How the rules of one of AWS's groups act."""

    action: Action = "count"
    """`count`: requests that match are counted, logged and passed on. `block`: each rule does what AWS chose for it,
    mostly 403. Count first: the runbook's section "Firewall" tells how to get to block."""

    version: Annotated[str, matching(r"[\w#:./-]{1,64}", "is not a version", "as AWS lists it: Version_1.4")] | None = (
        None
    )
    """Version of the group, such as `Version_1.4`. Null: AWS's default one, which AWS moves; a version of one's own
    expires, and then AWS takes the default one (WAFV2 API, `ManagedRuleGroupStatement`)."""

    counted_rules: Annotated[tuple[RuleName, ...], Field(strict=False, max_length=100)] = ()
    """Rules of the group that count whatever `action` says, such as `SizeRestrictions_BODY`, which blocks uploads
    (WAFV2 API, `ManagedRuleGroupStatement`, `RuleActionOverride`)."""


class WafSettings(Settings):
    """The web application firewall in front of the load balancer, of the distribution, or of both. Off by default."""

    enabled: bool = False
    """Whether there is a web ACL."""

    protects: Literal["load-balancer", "distribution", "both"] = "load-balancer"
    """Where requests are inspected. Behind a distribution, the load balancer sees CloudFront's addresses in place of
    the callers'. So with `both`, what knows callers by their address is in the web ACL of the distribution only: the
    rate limit, the lists of addresses, and AWS's groups about addresses."""

    managed_groups: dict[ManagedGroup, ManagedGroupSettings] = Field(
        default={
            "AWSManagedRulesAmazonIpReputationList": ManagedGroupSettings(),
            "AWSManagedRulesCommonRuleSet": ManagedGroupSettings(),
            "AWSManagedRulesKnownBadInputsRuleSet": ManagedGroupSettings(),
            "AWSManagedRulesSQLiRuleSet": ManagedGroupSettings(),
        }
    )
    """AWS's groups of rules, by their name. An overlay's mapping takes the place of the whole default (WAF developer
    guide, "AWS Managed Rules rule groups list")."""

    rate_limit: Annotated[int, Field(ge=10, le=2_000_000_000)] | None = 166
    """Requests of one address in `rate_window` seconds, above which further ones are counted or blocked; null for no
    limit. AWS's longest window is ten minutes, so 1,000 requests an hour (the milestone report) cannot be said: 166 in
    ten minutes are at most 996 an hour, and a caller with 167 in ten minutes waits, though the hour has room. AWS
    checks about every ten seconds: a fast caller gets more through before it is stopped, and is free again when its
    last window is below the limit (WAFV2 API, `RateBasedStatement`). Callers behind one address share the limit, and
    a caller with IPv6 has many addresses, each with a limit of its own."""

    rate_window: Literal[60, 120, 300, 600] = 600
    """Seconds over which AWS counts the requests of an address (WAFV2 API, `EvaluationWindowSec`)."""

    rate_action: Action = "count"
    """What happens above the limit. `block` answers 429."""

    allowed_addresses: AddressBlocks = ()
    """Blocks whose requests no later rule of the web ACL inspects: a load test, a partner. They are not limited either.
    With `protects: both`, the load balancer's web ACL still inspects what the distribution passes on (WAF developer
    guide, "AWS WAF quotas"; WAFV2 API, `CreateIPSet`)."""

    blocked_addresses: AddressBlocks = ()
    """Blocks whose requests are answered with 403 (WAF developer guide, "AWS WAF quotas"; WAFV2 API, `CreateIPSet`)."""

    max_body_bytes: Annotated[int, Field(ge=1, le=LARGEST_AT_DISTRIBUTION)] | None = None
    """Bytes above which the body of a request is too large. WAF sees 8,192 bytes of a body at the load balancer, 16,384
    at the distribution. Null: no limit of its own; AWS's rule `SizeRestrictions_BODY` matches above 8,192 (WAFV2 API,
    `Body`)."""

    body_action: Action = "count"
    """What happens to a request whose body is too large. `block` answers 403."""

    sample_requests: bool = True
    """Whether the console shows samples of the requests that rules matched, of the last three hours. Nothing is
    redacted in them: who reads them reads cookies and tokens (WAFV2 API, `RedactedFields`)."""

    logged_requests: Literal["all", "matched", "none"] = "matched"
    """`matched`: requests that were blocked or counted. `none`: no log group."""

    log_retention_days: LogRetention = 30
    """Days that the log is kept (CloudWatch Logs API, `PutRetentionPolicy`)."""

    redacted_headers: Annotated[tuple[HeaderName, ...], Field(strict=False, max_length=_MOST_REDACTED - 1)] = (
        "authorization",
        "cookie",
    )
    """Headers whose values are not in the log (WAFV2 API, `LoggingConfiguration`, `SingleHeader`)."""

    redact_query: bool = False
    """Whether query strings are not in the log."""

    blocked_alarm_percent: Annotated[float, Field(gt=0, le=100)] = 10
    """Percentage of blocked requests above which the alarm goes into ALARM, for ten minutes with more than 100 requests
    in each five."""

    @property
    def at_load_balancer(self) -> bool:
        """Whether the load balancer has a web ACL."""
        return self.enabled and self.protects != "distribution"

    @property
    def at_distribution(self) -> bool:
        """Whether the distribution has a web ACL."""
        return self.enabled and self.protects != "load-balancer"

    @property
    def knows_addresses(self) -> bool:
        """Whether something depends on the address of the caller."""
        listed = self.allowed_addresses or self.blocked_addresses
        return bool(self.rate_limit or listed or any(GROUPS[group].of_addresses for group in self.managed_groups))

    @property
    def _looks_into_requests(self) -> bool:
        """Whether a group looks into requests, and not only at the address of the caller."""
        return any(not GROUPS[group].of_addresses for group in self.managed_groups)

    @rule("protects", "max_body_bytes")
    def body_is_seen_by_waf(self, _platform: Platform) -> Iterator[Violation]:
        """WAF sees less of a body at a load balancer than at a distribution."""
        size = self.max_body_bytes or 0
        if self.protects != "distribution" and size > LARGEST_AT_LOAD_BALANCER:
            problem = "is more than WAF sees of a request to a load balancer"
            yield Violation("max_body_bytes", size, problem, f"1 to {LARGEST_AT_LOAD_BALANCER}")

    @rule("allowed_addresses", "blocked_addresses", compares=True)
    def address_is_in_one_list(self, _platform: Platform) -> Iterator[Violation]:
        """The list of what is allowed comes first, so the other has no effect; WAF refuses a block twice."""
        seen: set[str] = set()
        for name, blocks in (
            ("allowed_addresses", self.allowed_addresses),
            ("blocked_addresses", self.blocked_addresses),
        ):
            for index, block in enumerate(blocks):
                if block in seen:
                    yield Violation((name, index), block, "is in the lists twice", "each block once")
                seen.add(block)

    @rule("managed_groups", "rate_limit", "blocked_addresses", "max_body_bytes", "protects")
    def web_acl_has_a_rule(self, _platform: Platform) -> Iterator[Violation]:
        """A web ACL without a rule inspects nothing, and costs 5 USD a month.

        With `protects: both`, the load balancer's has no rule about addresses.
        """
        if self.enabled and not (
            self.managed_groups or self.rate_limit or self.blocked_addresses or self.max_body_bytes
        ):
            yield Violation("managed_groups", {}, "leaves the firewall without a rule", "at least one group or limit")
        elif self.enabled and self.protects == "both" and not (self._looks_into_requests or self.max_body_bytes):
            problem = (
                "leaves the load balancer's web ACL without a rule: behind a distribution it has none about addresses"
            )
            allowed = "a group that is about requests, max_body_bytes, or protects: distribution"
            yield Violation("managed_groups", list(self.managed_groups), problem, allowed)

    @rule("managed_groups")
    def group_has_versions(self, _platform: Platform) -> Iterator[Violation]:
        """AWS renews its lists of addresses all the time, and gives them no versions."""
        for name, group in self.managed_groups.items():
            if group.version and GROUPS[name].of_addresses:
                key = ("managed_groups", name, "version")
                yield Violation(key, group.version, "is a version of a group that has none", "no such key")

    @rule("managed_groups")
    def counted_rules_differ(self, _platform: Platform) -> Iterator[Violation]:
        """WAF refuses two overrides of one rule."""
        for group, held in self.managed_groups.items():
            for each in twice("counted_rules", held.counted_rules):
                yield replace(each, key=("managed_groups", group, *each.path))

    @rule("redacted_headers", compares=True)
    def redacted_headers_differ(self, _platform: Platform) -> Iterator[Violation]:
        """Once is enough, and which one is meant to go?"""
        yield from twice("redacted_headers", self.redacted_headers)


class WafModule(Module):
    """The web ACL of the load balancer. Called only where it is enabled."""

    folder: ClassVar[str] = "waf"
    label: ClassVar[str] = "waf"
    """A part of all names: those of alarms are unique in every region."""
    of_distribution: ClassVar[bool] = False

    def __init__(
        self,
        scope: TerraformStack,
        *,
        platform: Platform,
        settings: WafSettings,
        alb_arn: str | None = None,
        alarm_topic_arn: str | None,
        depends_on: list[ITerraformDependable],
    ) -> None:
        """`alb_arn`: of the load balancer; None for a distribution, which names its web ACL itself."""
        super().__init__(scope, depends_on=depends_on)
        body, name = self.body, platform.name(self.label)
        notified = self.alarm_actions(alarm_topic_arn)
        scope_of_acl = "CLOUDFRONT" if self.of_distribution else "REGIONAL"
        # Behind a distribution, all callers have CloudFront's addresses.
        sees_callers = settings.protects != "both" or self.of_distribution
        allowed4, allowed6 = _by_version(settings.allowed_addresses if sees_callers else ())
        blocked4, blocked6 = _by_version(settings.blocked_addresses if sees_callers else ())

        # AWS deletes no list that a web ACL has, and no web ACL that a distribution has: Terraform changes those first.
        let_go_first = TerraformResourceLifecycle(create_before_destroy=True)
        allowed_ipv4 = Wafv2IpSet(
            body,
            "aws_wafv2_ip_set.allowed_ipv4",
            count=int(bool(allowed4)),
            name=f"{name}-allowed-ipv4",
            scope=scope_of_acl,
            ip_address_version="IPV4",
            addresses=allowed4,
            lifecycle=let_go_first,
            tags={"Name": f"{name}-allowed-ipv4"},
        )
        allowed_ipv6 = Wafv2IpSet(
            body,
            "aws_wafv2_ip_set.allowed_ipv6",
            count=int(bool(allowed6)),
            name=f"{name}-allowed-ipv6",
            scope=scope_of_acl,
            ip_address_version="IPV6",
            addresses=allowed6,
            lifecycle=let_go_first,
            tags={"Name": f"{name}-allowed-ipv6"},
        )
        blocked_ipv4 = Wafv2IpSet(
            body,
            "aws_wafv2_ip_set.blocked_ipv4",
            count=int(bool(blocked4)),
            name=f"{name}-blocked-ipv4",
            scope=scope_of_acl,
            ip_address_version="IPV4",
            addresses=blocked4,
            lifecycle=let_go_first,
            tags={"Name": f"{name}-blocked-ipv4"},
        )
        blocked_ipv6 = Wafv2IpSet(
            body,
            "aws_wafv2_ip_set.blocked_ipv6",
            count=int(bool(blocked6)),
            name=f"{name}-blocked-ipv6",
            scope=scope_of_acl,
            ip_address_version="IPV6",
            addresses=blocked6,
            lifecycle=let_go_first,
            tags={"Name": f"{name}-blocked-ipv6"},
        )

        samples = settings.sample_requests
        # In the order in which requests meet them. The priority belongs to the rule: a further one moves no other.
        rules = [
            *_list_rule("allowed-ipv4", 0, allowed4, item(allowed_ipv4, 0, "arn"), samples=samples),
            *_list_rule("allowed-ipv6", 1, allowed6, item(allowed_ipv6, 0, "arn"), samples=samples),
            *_list_rule("blocked-ipv4", 10, blocked4, item(blocked_ipv4, 0, "arn"), samples=samples),
            *_list_rule("blocked-ipv6", 11, blocked6, item(blocked_ipv6, 0, "arn"), samples=samples),
            *_rate_rule(
                settings.rate_limit if sees_callers else None,
                settings.rate_window,
                settings.rate_action,
                samples=samples,
            ),
            *_body_rule(settings.max_body_bytes, settings.body_action, samples=samples),
            *_group_rules(settings.managed_groups, sees_callers=sees_callers, samples=samples),
        ]
        # Another name or scope is another web ACL, and AWS refuses to delete the one that is associated.
        acl = Wafv2WebAcl(
            body,
            "aws_wafv2_web_acl.main",
            name=name,
            scope=scope_of_acl,
            default_action=Wafv2WebAclDefaultAction(allow=Wafv2WebAclDefaultActionAllow()),
            rule=rules,
            visibility_config=Wafv2WebAclVisibilityConfig(
                cloudwatch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=samples
            ),
            lifecycle=let_go_first,
            tags={"Name": name},
        )
        acl_arn = acl.arn
        made: list[TerraformResource] = [allowed_ipv4, allowed_ipv6, blocked_ipv4, blocked_ipv6, acl]
        if alb_arn is not None:
            balancer = self.wire("alb_arn", alb_arn, "ARN of the load balancer")
            Wafv2WebAclAssociation(
                body,
                "aws_wafv2_web_acl_association.load_balancer",
                resource_arn=balancer,
                web_acl_arn=acl_arn,
                # A new web ACL is not everywhere at once: AWS may answer WAFUnavailableEntityException for minutes.
                timeouts=Wafv2WebAclAssociationTimeouts(create="15m"),
            )

        if settings.logged_requests != "none":
            logs = CloudwatchLogGroup(
                body,
                "aws_cloudwatch_log_group.requests",
                name=f"{LOGS_PREFIX}{name}",
                retention_in_days=settings.log_retention_days,
                tags={"Name": f"{LOGS_PREFIX}{name}"},
            )
            redacted = [
                Wafv2WebAclLoggingConfigurationRedactedFields(
                    single_header=Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader(name=literal(header))
                )
                for header in settings.redacted_headers
            ]
            query = Wafv2WebAclLoggingConfigurationRedactedFields(
                query_string=Wafv2WebAclLoggingConfigurationRedactedFieldsQueryString()
            )
            kept = [
                Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition(
                    action_condition=Wafv2WebAclLoggingConfigurationLoggingFilterFilterConditionActionCondition(
                        action=action
                    )
                )
                for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
            ]
            # AWS adds the resource policy of the log group itself, with conditions on the account.
            logging = Wafv2WebAclLoggingConfiguration(
                body,
                "aws_wafv2_web_acl_logging_configuration.requests",
                resource_arn=acl_arn,
                log_destination_configs=[logs.arn],
                redacted_fields=[*redacted, *([query] if settings.redact_query else [])] or None,
                logging_filter=(
                    Wafv2WebAclLoggingConfigurationLoggingFilter(
                        default_behavior="DROP",
                        filter=[
                            Wafv2WebAclLoggingConfigurationLoggingFilterFilter(
                                behavior="KEEP", requirement="MEETS_ANY", condition=kept
                            )
                        ],
                    )
                    if settings.logged_requests == "matched"
                    else None
                ),
            )
            made += [logs, logging]

        # Of a distribution, the metrics have no region.
        dimensions = {"WebACL": name, "Rule": "ALL"} | ({} if self.of_distribution else {"Region": platform.region})
        alarm = CloudwatchMetricAlarm(
            body,
            "aws_cloudwatch_metric_alarm.blocked",
            alarm_name=f"{name}-blocked",
            alarm_description="This metric monitors the share of requests that the firewall blocks",
            metric_query=[
                *(
                    CloudwatchMetricAlarmMetricQuery(
                        id=label,
                        metric=CloudwatchMetricAlarmMetricQueryMetric(
                            namespace=NAMESPACE, metric_name=metric, dimensions=dimensions, period=300, stat="Sum"
                        ),
                    )
                    for label, metric in (("allowed", "AllowedRequests"), ("blocked", "BlockedRequests"))
                ),
                CloudwatchMetricAlarmMetricQuery(
                    id="share", expression=BLOCKED_SHARE, label="Blocked requests (%)", return_data=True
                ),
            ],
            evaluation_periods=2,
            comparison_operator="GreaterThanThreshold",
            threshold=settings.blocked_alarm_percent,
            treat_missing_data="notBreaching",
            alarm_actions=notified,
            ok_actions=notified,
            tags={"Name": f"{name}-blocked-alarm"},
        )
        if self.of_distribution:
            self.in_us_east_1(*made, alarm)

        self.acl_name = name
        self.web_acl_arn = self.output("web_acl_arn", acl_arn, "ARN of the web ACL")


class CdnWafModule(WafModule):
    """The web ACL of the distribution: in us-east-1, where CloudFront takes it from."""

    folder: ClassVar[str] = "cdn-waf"
    label: ClassVar[str] = "cdn-waf"
    of_distribution: ClassVar[bool] = True


def _seen(metric: str, *, samples: bool) -> Wafv2WebAclRuleVisibilityConfig:
    """Each rule has its own metric."""
    return Wafv2WebAclRuleVisibilityConfig(
        cloudwatch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=samples
    )


def _by_version(blocks: Sequence[str]) -> tuple[list[str], list[str]]:
    """Blocks of IPv4 and of IPv6: an IP set has one of both."""
    ipv6 = [each for each in blocks if ":" in each]
    return [each for each in blocks if each not in ipv6], ipv6


def _list_rule(
    label: str, priority: int, addresses: Sequence[str], ip_set: str, *, samples: bool
) -> Iterator[Wafv2WebAclRule]:
    """The rule about a list of addresses; none for an empty one, which does not exist."""
    if addresses:
        yield Wafv2WebAclRule(
            name=label,
            priority=priority,
            action=(
                Wafv2WebAclRuleAction(allow=Wafv2WebAclRuleActionAllow())
                if label.startswith("allowed")
                else Wafv2WebAclRuleAction(block=Wafv2WebAclRuleActionBlock())
            ),
            statement={"ip_set_reference_statement": {"arn": ip_set}},
            visibility_config=_seen(label, samples=samples),
        )


def _rate_rule(limit: int | None, window: int, action: Action, *, samples: bool) -> Iterator[Wafv2WebAclRule]:
    """The rule about callers with too many requests."""
    if limit is not None:
        response = Wafv2WebAclRuleActionBlockCustomResponse(response_code=_TOO_MANY)
        yield Wafv2WebAclRule(
            name="rate-limit",
            priority=20,
            action=(
                Wafv2WebAclRuleAction(block=Wafv2WebAclRuleActionBlock(custom_response=response))
                if action == "block"
                else Wafv2WebAclRuleAction(count=Wafv2WebAclRuleActionCount())
            ),
            statement={
                "rate_based_statement": {
                    "limit": limit,
                    "evaluation_window_sec": window,
                    "aggregate_key_type": "IP",
                }
            },
            visibility_config=_seen("rate-limit", samples=samples),
        )


def _body_rule(size: int | None, action: Action, *, samples: bool) -> Iterator[Wafv2WebAclRule]:
    """The rule about bodies that are too large. What WAF does not see of a body is larger than any limit."""
    if size is not None:
        yield Wafv2WebAclRule(
            name="body-size",
            priority=30,
            action=(
                Wafv2WebAclRuleAction(block=Wafv2WebAclRuleActionBlock())
                if action == "block"
                else Wafv2WebAclRuleAction(count=Wafv2WebAclRuleActionCount())
            ),
            statement={
                "size_constraint_statement": {
                    "field_to_match": {"body": {"oversize_handling": "MATCH"}},
                    "comparison_operator": "GT",
                    "size": size,
                    "text_transformation": [{"priority": 0, "type": "NONE"}],
                }
            },
            visibility_config=_seen("body-size", samples=samples),
        )


def _group_rules(
    groups: Mapping[ManagedGroup, ManagedGroupSettings], *, sees_callers: bool, samples: bool
) -> Iterator[Wafv2WebAclRule]:
    """The rules about AWS's groups; those of addresses only where callers have their own."""
    known = list(GROUPS)
    for name, group in sorted(groups.items(), key=lambda each: known.index(each[0])):
        if GROUPS[name].of_addresses and not sees_callers:
            continue
        statement: dict[str, Any] = {"name": name, "vendor_name": "AWS"}
        if group.version:
            statement["version"] = group.version
        if group.counted_rules:
            statement["rule_action_override"] = [
                {"name": each, "action_to_use": {"count": {}}} for each in group.counted_rules
            ]
        yield Wafv2WebAclRule(
            name=name,
            priority=_GROUPS_START + _STEP * known.index(name),
            override_action=(
                Wafv2WebAclRuleOverrideAction(none=Wafv2WebAclRuleOverrideActionNone())
                if group.action == "block"
                else Wafv2WebAclRuleOverrideAction(count=Wafv2WebAclRuleOverrideActionCount())
            ),
            statement={"managed_rule_group_statement": statement},
            visibility_config=_seen(name, samples=samples),
        )
