"""What AWS tells of a resource beside what is generated, and what makes it behave otherwise: no module sets it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from miyabi_infra.aws.readers.common import Json
from miyabi_infra.aws.world import Extra


@dataclass(frozen=True)
class Beside:
    """A part of an answer that no module sets."""

    noun: str
    usual: tuple[object, ...] = ()
    """Values that AWS answers where nobody has set it; empty ones, zero and false are usual anyway."""


_WAITS: Final = Beside("change that waits for the maintenance window")
_NETWORK: Final = Beside("network type", ("IPV4", "ipv4"))

BESIDE: Final[Mapping[str, Mapping[str, Beside]]] = {
    "aws_acm_certificate": {
        "Options.CertificateTransparencyLoggingPreference": Beside("certificate transparency logging", ("ENABLED",)),
        "Options.Export": Beside("export of the private key", ("DISABLED",)),
    },
    "aws_appautoscaling_scheduled_action": {
        "StartTime": Beside("beginning of the schedule"),
        "EndTime": Beside("end of the schedule"),
    },
    "aws_cloudfront_distribution": {
        "AnycastIpListId": Beside("list of anycast addresses"),
        "ContinuousDeploymentPolicyId": Beside("continuous deployment policy"),
        "OriginGroups": Beside("origin group"),
        "Staging": Beside("staging"),
        "ViewerMtlsConfig": Beside("client certificates"),
    },
    "cache behavior": {
        "FieldLevelEncryptionId": Beside("field-level encryption"),
        "GrpcConfig": Beside("gRPC"),
        "LambdaFunctionAssociations": Beside("Lambda@Edge function"),
        "RealtimeLogConfigArn": Beside("real-time log"),
        "SmoothStreaming": Beside("smooth streaming"),
        "TrustedKeyGroups": Beside("trusted key group"),
        "TrustedSigners": Beside("trusted signer"),
    },
    "origin": {
        "ConnectionAttempts": Beside("connection attempts", (3,)),
        "ConnectionTimeout": Beside("connection timeout", (10,)),
        "OriginPath": Beside("path"),
        "OriginShield": Beside("Origin Shield"),
        "ResponseCompletionTimeout": Beside("response completion timeout"),
        "VpcOriginConfig": Beside("VPC origin"),
    },
    "aws_cloudfront_response_headers_policy": {
        "CorsConfig": Beside("headers of CorsConfig"),
        "CustomHeadersConfig": Beside("headers of CustomHeadersConfig"),
        "RemoveHeadersConfig": Beside("headers of RemoveHeadersConfig"),
        "SecurityHeadersConfig.XSSProtection": Beside("header X-XSS-Protection"),
        "ServerTimingHeadersConfig": Beside("header Server-Timing"),
    },
    "aws_cloudwatch_log_group": {
        "dataProtectionStatus": Beside("data protection policy", ("DELETED", "ARCHIVED", "DISABLED")),
        "inheritedProperties": Beside("policy of the account"),
    },
    "aws_cloudwatch_metric_alarm": {
        "EvaluateLowSampleCountPercentile": Beside("evaluation of few samples", ("evaluate",)),
        "ThresholdMetricId": Beside("anomaly detection"),
    },
    "aws_codedeploy_deployment_group": {
        "alarmConfiguration.ignorePollAlarmFailure": Beside("deployment although alarms cannot be read"),
        "triggerConfigurations": Beside("trigger"),
    },
    "aws_db_instance": {
        "ActivityStreamStatus": Beside("activity stream", ("stopped",)),
        "CustomIamInstanceProfile": Beside("instance profile"),
        "CustomerOwnedIpEnabled": Beside("customer-owned address"),
        "DatabaseInsightsMode": Beside("Database Insights", ("standard",)),
        "DBInstanceAutomatedBackupsReplications": Beside("backups that are copied to another region"),
        "DedicatedLogVolume": Beside("dedicated log volume"),
        "DomainMemberships": Beside("domain"),
        "NetworkType": _NETWORK,
        "PendingModifiedValues": _WAITS,
        "ReadReplicaDBClusterIdentifiers": Beside("replica cluster"),
        "ReadReplicaSourceDBInstanceIdentifier": Beside("source that it is a replica of,"),
    },
    "aws_ecr_repository": {
        "imageTagMutabilityExclusionFilters": Beside("exclusion from the immutability of tags"),
    },
    "aws_ecs_cluster": {
        "configuration.executeCommandConfiguration.kmsKeyId": Beside("key of ECS Exec"),
        "configuration.executeCommandConfiguration.logging": Beside("logging of ECS Exec", ("DEFAULT",)),
        "configuration.managedStorageConfiguration": Beside("key of storage"),
        "serviceConnectDefaults": Beside("namespace of Service Connect"),
    },
    "aws_ecs_service": {
        "deploymentConfiguration.bakeTimeInMinutes": Beside("bake time of deployments, in minutes,"),
        "deploymentConfiguration.lifecycleHooks": Beside("hook of deployments"),
        "deploymentConfiguration.strategy": Beside("deployment strategy", ("ROLLING",)),
    },
    "aws_ecs_task_definition": {
        "enableFaultInjection": Beside("fault injection"),
        "proxyConfiguration": Beside("proxy"),
    },
    "aws_elasticache_cluster": {
        "IpDiscovery": Beside("IP discovery", ("ipv4",)),
        "NetworkType": _NETWORK,
        "PendingModifiedValues": _WAITS,
    },
    "aws_elasticache_replication_group": {
        "ClusterMode": Beside("cluster mode", ("disabled",)),
        "GlobalReplicationGroupInfo": Beside("global datastore"),
        "IpDiscovery": Beside("IP discovery", ("ipv4",)),
        "NetworkType": _NETWORK,
        "PendingModifiedValues": _WAITS,
    },
    "aws_lb_listener_rule": {"Transforms": Beside("transform")},
    "aws_route53_health_check": {
        "Disabled": Beside("state disabled, in which Route 53 calls everything healthy,"),
        "IPAddress": Beside("address"),
        "Inverted": Beside("inversion, by which what is healthy is called unhealthy,"),
        "Regions": Beside("choice of regions"),
        "SearchString": Beside("text to search"),
    },
    "aws_route53_record": {"HealthCheckId": Beside("health check of the record")},
    "aws_secretsmanager_secret": {
        "OwningService": Beside("owning service"),
        "ReplicationStatus": Beside("replica in another region"),
    },
    "aws_sns_topic": {
        "ArchivePolicy": Beside("archive"),
        "DeliveryPolicy": Beside("delivery policy"),
    },
    "aws_sns_topic_subscription": {
        "DeliveryPolicy": Beside("delivery policy"),
        "FilterPolicyScope": Beside("scope of the filter", ("MessageAttributes", "MessageBody")),
        "RedrivePolicy": Beside("dead-letter queue"),
    },
    "aws_subnet": {
        "CustomerOwnedIpv4Pool": Beside("customer-owned addresses"),
        "EnableDns64": Beside("DNS64"),
        "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord": Beside("AAAA record of each machine"),
        "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord": Beside("A record of each machine"),
        "PrivateDnsNameOptionsOnLaunch.HostnameType": Beside("type of host names", ("ip-name",)),
    },
    "aws_vpc_endpoint": {"IpAddressType": Beside("address type", ("ipv4",))},
    "aws_wafv2_web_acl": {
        "AssociationConfig": Beside("size of bodies that are inspected"),
        "CaptchaConfig": Beside("immunity time of CAPTCHA"),
        "ChallengeConfig": Beside("immunity time of challenges"),
        "CustomResponseBodies": Beside("custom response body"),
        "DataProtectionConfig": Beside("data protection"),
        "OnSourceDDoSProtectionConfig.ALBLowReputationMode": Beside(
            "DDoS protection of the load balancer", ("ACTIVE_UNDER_DDOS",)
        ),
        "PostProcessFirewallManagerRuleGroups": Beside("rule group of Firewall Manager"),
        "PreProcessFirewallManagerRuleGroups": Beside("rule group of Firewall Manager"),
        "TokenDomains": Beside("token domain"),
    },
}
"""By type, or by the part of a type: paths in the answer that describes it (service model of botocore)."""


def beside(kind: str, answer: Json) -> Iterator[Extra]:
    """What of the answer that describes a resource nobody generated."""
    for path, each in BESIDE[kind].items():
        held = _at(answer, path)
        if _says_something(held) and held not in each.usual:
            yield Extra(_shown(each.noun, held))


def _at(answer: Any, path: str) -> Any:  # noqa: ANN401  # JSON
    for key in path.split("."):
        answer = cast("Json", answer).get(key) if isinstance(answer, Mapping) else None
    return answer


def _says_something(value: Any) -> bool:  # noqa: ANN401  # JSON
    """Whether anything is set: lists of CloudFront are there when they are empty, too, and parts that are off."""
    if isinstance(value, Mapping):
        held = cast("Json", value)
        if held.get("Quantity") == 0 or held.get("Enabled") is False:
            return False
        return any(map(_says_something, held.values()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(map(_says_something, cast("Sequence[Any]", value)))
    return value not in _EMPTY


_EMPTY: Final[tuple[object, ...]] = (None, "", 0, "false", "{}")


def _shown(noun: str, value: Any) -> str:  # noqa: ANN401  # JSON
    """The noun, with the value where it is short; of a part what is set in it."""
    if value is True:
        return noun
    if isinstance(value, Mapping):
        held = cast("Json", value)
        named = sorted(key for key, each in held.items() if _says_something(each) and key not in _COUNTED)
        return f"{noun} ({', '.join(named)})" if named else noun
    if isinstance(value, Sequence) and not isinstance(value, str):
        return noun
    return noun if str(value).startswith("{") else f"{noun} {value}"


_COUNTED: Final = frozenset({"Enabled", "Items", "Quantity"})
