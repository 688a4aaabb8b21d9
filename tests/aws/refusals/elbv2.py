"""Elastic Load Balancing: load balancers, target groups and listeners."""

import fnmatch
import ipaddress
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from tests.aws.refusals import Ask, nothing_more, one_or_more, refusal, within
from tests.aws.refusals._holders import balancers_of, forwarded, gateway_of, group, ipv6_blocks, subnet
from tests.aws.refusals._tables import SECURITY_POLICIES

API: Final = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_{}.html"
GUIDE: Final = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/{}.html"

LONGEST_VALUE: Final = 128
"""Characters of a header's value in a condition."""
DELIVERY: Final = "logdelivery.elasticloadbalancing.amazonaws.com"
"""Who writes the logs of load balancers, in all regions."""
FREE: Final = 8
"""Addresses that must be free in each subnet of a load balancer."""
RANGES: Final = {
    "idle_timeout.timeout_seconds": (1, 4000),
    "client_keep_alive.seconds": (60, 604800),
    "deregistration_delay.timeout_seconds": (0, 3600),
}
"""Attributes of a load balancer or of a target group that are numbers."""
NAME: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,32}(?<!-)")


# ---- load balancers --------------------------------------------------------------------------------------------------


@refusal(
    "elbv2",
    "CreateLoadBalancer",
    code="InvalidSubnet",
    source=f"{API.format('CreateLoadBalancer')} https://github.com/openshift/installer/issues/1110",
)
def internet_facing_without_internet_gateway(ask: Ask) -> str | None:
    """An internet-facing load balancer is in a VPC without an attached internet gateway."""
    found = _subnets(ask)
    vpc = found[0].vpc_id if found else None
    facing = ask.get("Scheme", "internet-facing") == "internet-facing"
    return f"VPC {vpc} has no internet gateway" if facing and vpc and gateway_of(ask, vpc) is None else None


@refusal("elbv2", "CreateLoadBalancer", "SetSubnets", code="ValidationError", source=API.format("CreateLoadBalancer"))
def subnets_of_one_zone(ask: Ask) -> str | None:
    """The subnets of an application load balancer are in fewer than two availability zones."""
    zones = {each.availability_zone for each in _subnets(ask)}
    one = ask.get("Type", "application") == "application" and len(zones) < 2
    return "At least two subnets in two different Availability Zones must be specified" if one and zones else None


@refusal(
    "elbv2", "CreateLoadBalancer", "SetSubnets", code="InvalidConfigurationRequest", source=API.format("SetSubnets")
)
def two_subnets_of_a_zone(ask: Ask) -> str | None:
    """Two subnets of a load balancer are in the same availability zone."""
    found = _subnets(ask)
    same = len({each.availability_zone for each in found}) < len(found)
    return "A load balancer cannot be attached to multiple subnets in the same Availability Zone" if same else None


@refusal(
    "elbv2", "CreateLoadBalancer", "SetSubnets", code="InvalidSubnet", source=GUIDE.format("application-load-balancers")
)
def subnet_too_small_for_a_load_balancer(ask: Ask) -> str | None:
    """A subnet of a load balancer is smaller than /27, or has fewer than 8 free addresses."""
    for each in _subnets(ask):
        free = ipaddress.IPv4Network(each.cidr_block).num_addresses - 5
        if free < FREE or ipaddress.IPv4Network(each.cidr_block).prefixlen > 27:
            return (
                f"Not enough IP space available in {each.id}. ELB requires at least 8 free IP addresses in each subnet."
            )
    return None


@refusal("elbv2", "CreateLoadBalancer", code="ValidationError", source=API.format("CreateLoadBalancer"))
def load_balancer_name(ask: Ask) -> str | None:
    """The name has more than 32 characters, others than letters, digits and inner hyphens, or begins with `internal-`."""  # noqa: E501
    name = ask.get("Name", "")
    if name.startswith("internal-"):
        return f"The load balancer name '{name}' cannot begin with 'internal-'"
    return None if NAME.fullmatch(name) else f"The load balancer name '{name}' is not valid"


@refusal("elbv2", "CreateLoadBalancer", code="DuplicateLoadBalancerName", source=API.format("CreateLoadBalancer"))
def load_balancer_that_exists(ask: Ask) -> str | None:
    """The region has a load balancer of the name, with other settings."""
    name = ask.get("Name")
    exists = any(each.name == name for each in ask.backend("elbv2").load_balancers.values())
    return f"A load balancer with the same name '{name}' exists, but with different settings" if exists else None


@refusal(
    "elbv2",
    "CreateLoadBalancer",
    "SetSecurityGroups",
    code="InvalidConfigurationRequest",
    source=API.format("SetSecurityGroups"),
)
def security_groups_of_another_network(ask: Ask) -> str | None:
    """A security group does not exist, or is of another VPC than the load balancer."""
    balancer = ask.backend("elbv2").load_balancers.get(ask.get("LoadBalancerArn"))
    found = _subnets(ask)
    vpc = balancer.vpc_id if balancer else found[0].vpc_id if found else None
    groups = [group(ask, each) for each in ask.all("SecurityGroups")]
    wrong = any(each is None or (vpc and each.vpc_id != vpc) for each in groups)
    return "One or more security groups are invalid" if wrong else None


@refusal(
    "elbv2",
    "CreateLoadBalancer",
    "SetIpAddressType",
    "SetSubnets",
    code="ValidationError",
    source=f"{GUIDE.format('load-balancer-ip-address-type')} "
    "https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/4852",
)
def dualstack_in_subnets_without_ipv6(ask: Ask) -> str | None:
    """A load balancer with IPv6 addresses is, or is to be, in a subnet without an IPv6 block."""
    balancer = ask.backend("elbv2").load_balancers.get(ask.get("LoadBalancerArn"))
    kind = ask.get("IpAddressType") or (balancer.ip_address_type if balancer else "ipv4")
    found = _subnets(ask) or (list(balancer.subnets) if balancer else [])
    if kind == "ipv4" or all(ipv6_blocks(each) for each in found):
        return None
    return "You must specify subnets with an associated IPv6 CIDR block."


@refusal(
    "elbv2",
    "CreateLoadBalancer",
    "SetIpAddressType",
    code="InvalidConfigurationRequest",
    source=f"{API.format('SetIpAddressType')} {GUIDE.format('application-load-balancers')}",
)
def internal_without_public_ipv4(ask: Ask) -> str | None:
    """An internal load balancer is to have no public IPv4 addresses, which it has not anyway."""
    balancer = ask.backend("elbv2").load_balancers.get(ask.get("LoadBalancerArn"))
    internal = (balancer.scheme if balancer else ask.get("Scheme")) == "internal"
    if not internal or ask.get("IpAddressType") != "dualstack-without-public-ipv4":
        return None
    return "Internal load balancers cannot use the IP address type 'dualstack-without-public-ipv4'"


@refusal("elbv2", "DeleteLoadBalancer", code="OperationNotPermitted", source=API.format("DeleteLoadBalancer"))
def load_balancer_with_deletion_protection(ask: Ask) -> str | None:
    """Deletion protection is on."""
    arn = ask.get("LoadBalancerArn")
    balancer = ask.backend("elbv2").load_balancers.get(arn)
    protected = balancer is not None and balancer.attrs.get("deletion_protection.enabled") == "true"
    return f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled" if protected else None


@refusal(
    "elbv2",
    "ModifyLoadBalancerAttributes",
    "ModifyTargetGroupAttributes",
    code="ValidationError",
    source=f"{API.format('LoadBalancerAttribute')} {API.format('TargetGroupAttribute')}",
)
def attribute_out_of_range(ask: Ask) -> str | None:
    """The idle timeout is not 1-4000, the keep-alive not 60-604800, or the deregistration delay not 0-3600."""
    for each in ask.all("Attributes"):
        least, most = RANGES.get(each.get("Key"), (0, 0))
        if most and not least <= int(each.get("Value", least)) <= most:
            return f"The value of '{each['Key']}' must be between {least} and {most} inclusive"
    return None


def _written(ask: Ask) -> Iterator[tuple[str, str, Any]]:
    """The logs that a load balancer is to write: the name of the bucket, the prefix, and the bucket if it is there."""
    asked = {each["Key"]: each.get("Value", "") for each in ask.all("Attributes")}
    for logs in ("access_logs.s3", "connection_logs.s3"):
        if asked.get(f"{logs}.enabled") == "true":
            name = asked.get(f"{logs}.bucket", "")
            yield name, asked.get(f"{logs}.prefix", ""), ask.backend("s3").buckets.get(name)


@refusal(
    "elbv2",
    "ModifyLoadBalancerAttributes",
    code="InvalidConfigurationRequest",
    source=f"{GUIDE.format('enable-access-logging')} https://github.com/aws/aws-cdk/issues/1633",
)
def logs_into_a_bucket_that_does_not_let_them(ask: Ask) -> str | None:
    """The bucket does not exist, is in another region, or its policy does not let ELB write where the logs belong.

    ELB writes as a service, without a source, below the account's own number: a policy for another account, another
    prefix or a source that is given lets nothing in.
    """
    for name, prefix, bucket in _written(ask):
        place = f"arn:aws:s3:::{name}/{f'{prefix}/' if prefix else ''}AWSLogs/{ask.account}/"
        if bucket is None or bucket.region_name != ask.region or not _lets_write(bucket, place):
            return f"Access Denied for bucket: {name}. Please check S3bucket permission"
    return None


@refusal(
    "elbv2",
    "ModifyLoadBalancerAttributes",
    code="InvalidConfigurationRequest",
    source=GUIDE.format("enable-access-logging"),
)
def logs_into_a_bucket_with_a_key(ask: Ask) -> str | None:
    """The bucket encrypts with a KMS key: logs of load balancers take S3's own keys only."""
    for name, _, bucket in _written(ask):
        if "aws:kms" in str(getattr(bucket, "encryption", None)):
            return f"Access Denied for bucket: {name}. Please check S3bucket permission"
    return None


def _lets_write(bucket: Any, place: str) -> bool:  # noqa: ANN401  # moto's own type
    """Whether the policy lets the delivery of logs write below a place."""
    try:
        policy = json.loads(bucket.policy or b"{}")
    except ValueError:
        return False
    return any(
        each.get("Effect") == "Allow"
        and DELIVERY in one_or_more(each.get("Principal", {}).get("Service", []))
        and {"s3:PutObject", "s3:*"} & set(one_or_more(each.get("Action", [])))
        and any(fnmatch.fnmatchcase(f"{place}x", resource) for resource in one_or_more(each.get("Resource", [])))
        and not each.get("Condition")
        for each in one_or_more(policy.get("Statement", []))
        if isinstance(each.get("Principal"), dict)
    )


# ---- target groups ---------------------------------------------------------------------------------------------------


@refusal("elbv2", "CreateTargetGroup", code="DuplicateTargetGroupName", source=API.format("CreateTargetGroup"))
def target_group_that_exists(ask: Ask) -> str | None:
    """The region has a target group of the name, with other settings."""
    name = ask.get("Name")
    exists = any(each.name == name for each in ask.backend("elbv2").target_groups.values())
    return f"A target group with the same name '{name}' exists, but with different settings" if exists else None


@refusal("elbv2", "CreateTargetGroup", code="ValidationError", source=API.format("CreateTargetGroup"))
def target_group_name(ask: Ask) -> str | None:
    """The name has more than 32 characters, or others than letters, digits and inner hyphens."""
    name = ask.get("Name", "")
    return None if NAME.fullmatch(name) else f"Target group name '{name}' is not valid"


@refusal(
    "elbv2", "CreateTargetGroup", "ModifyTargetGroup", code="ValidationError", source=API.format("CreateTargetGroup")
)
def health_check_slower_than_its_interval(ask: Ask) -> str | None:
    """The timeout of the health check is not shorter than its interval."""
    found = ask.backend("elbv2").target_groups.get(ask.get("TargetGroupArn"))
    interval = ask.get("HealthCheckIntervalSeconds", found.health_check_interval_seconds if found else 30)
    timeout = ask.get("HealthCheckTimeoutSeconds", found.health_check_timeout_seconds if found else 5)
    return "Health check interval must be greater than the timeout." if int(timeout) >= int(interval) else None


@refusal("elbv2", "CreateTargetGroup", "ModifyTargetGroup", code="ValidationError", source=API.format("Matcher"))
def health_check_matcher(ask: Ask) -> str | None:
    """The HTTP codes of the health check are not values or ranges from 200 to 499."""
    codes = ask.get("Matcher", {}).get("HttpCode")
    if codes is None or ask.get("ProtocolVersion") == "GRPC":
        return None
    ranges = [part.split("-") for part in codes.split(",")]
    numbers = [int(each) if each.isdigit() else 0 for part in ranges for each in part]
    if all(200 <= each <= 499 for each in numbers) and all(len(part) <= 2 for part in ranges):
        return None
    return f"Health check matcher HTTP code '{codes}' must be within '200-499' inclusive"


@refusal(
    "elbv2",
    "DeleteTargetGroup",
    code="ResourceInUse",
    source=f"{API.format('DeleteTargetGroup')} https://github.com/hashicorp/terraform-provider-aws/issues/636",
)
def target_group_in_use(ask: Ask) -> str | None:
    """A listener or a rule forwards to the target group."""
    arn = ask.get("TargetGroupArn")
    return f"Target group '{arn}' is currently in use by a listener or a rule" if balancers_of(ask, arn) else None


# ---- listeners -------------------------------------------------------------------------------------------------------


@refusal("elbv2", "CreateListener", code="DuplicateListener", source=API.format("CreateListener"))
def listener_that_exists(ask: Ask) -> str | None:
    """The load balancer has a listener on the port already."""
    balancer = ask.backend("elbv2").load_balancers.get(ask.get("LoadBalancerArn"))
    exists = balancer is not None and any(
        int(each.port) == int(ask.get("Port", 0)) for each in balancer.listeners.values()
    )
    return "A listener already exists on this port for this load balancer" if exists else None


@refusal(
    "elbv2",
    "CreateListener",
    "ModifyListener",
    code="TargetGroupAssociationLimit",
    source=f"{API.format('CreateListener')} {GUIDE.format('load-balancer-target-groups')}",
)
def target_group_of_another_load_balancer(ask: Ask) -> str | None:
    """Another load balancer forwards to the target group."""
    own = _balancer_arn(ask)
    for arn in forwarded(ask.all("DefaultActions")):
        if balancers_of(ask, arn) - {own}:
            return f"The following target groups cannot be associated with more than one load balancer: {arn}"
    return None


@refusal(
    "elbv2", "CreateListener", "ModifyListener", code="InvalidConfigurationRequest", source=API.format("CreateListener")
)
def target_group_of_another_network(ask: Ask) -> str | None:
    """The target group is of another VPC than the load balancer."""
    backend = ask.backend("elbv2")
    balancer = backend.load_balancers.get(_balancer_arn(ask))
    for arn in forwarded(ask.all("DefaultActions")):
        target_group = backend.target_groups.get(arn)
        if balancer and target_group and target_group.vpc_id != balancer.vpc_id:
            return (
                f"The target group '{arn}' is in a different VPC '{target_group.vpc_id}' "
                f"than the load balancer '{balancer.vpc_id}'"
            )
    return None


@refusal(
    "elbv2",
    "CreateListener",
    code="ValidationError",
    source=f"{API.format('CreateListener')} https://github.com/pulumi/pulumi-awsx/issues/1242",
)
def https_without_certificate(ask: Ask) -> str | None:
    """An HTTPS listener has no certificate."""
    missing = ask.get("Protocol") == "HTTPS" and not ask.all("Certificates")
    return "A certificate must be specified for HTTPS listeners" if missing else None


@refusal(
    "elbv2",
    "AddListenerCertificates",
    "CreateListener",
    "ModifyListener",
    code="CertificateNotFound",
    source=API.format("CreateListener"),
)
def certificate_that_does_not_exist(ask: Ask) -> str | None:
    """ACM has no certificate of the ARN in the region."""
    for arn in _acm(ask):
        if arn not in ask.backend("acm")._certificates:
            return f"Certificate '{arn}' not found"
    return None


@refusal(
    "elbv2",
    "AddListenerCertificates",
    "CreateListener",
    "ModifyListener",
    code="UnsupportedCertificate",
    source=f"{API.format('CreateListener')} https://github.com/hashicorp/terraform-provider-aws/issues/26245",
)
def certificate_that_is_not_issued(ask: Ask) -> str | None:
    """The certificate is not issued yet: its validation is pending."""
    for arn in _acm(ask):
        certificate = ask.backend("acm")._certificates.get(arn)
        if certificate is not None and certificate.status != "ISSUED":
            return (
                f"The certificate '{arn}' must have a fully-qualified domain name, "
                "a supported signature, and a supported key size."
            )
    return None


@refusal(
    "elbv2", "RemoveListenerCertificates", code="OperationNotPermitted", source=API.format("RemoveListenerCertificates")
)
def default_certificate_removed(ask: Ask) -> str | None:
    """The certificate is the default one of the listener."""
    arn, certificates = str(ask.get("ListenerArn")), {each["CertificateArn"] for each in ask.all("Certificates")}
    for balancer in ask.backend("elbv2").load_balancers.values():
        listener = balancer.listeners.get(arn)
        if listener is not None and certificates & set(map(str, listener.certificates[:1])):
            return "Default certificate cannot be removed"
    return None


@refusal("elbv2", "CreateListener", "ModifyListener", code="SSLPolicyNotFound", source=API.format("CreateListener"))
def security_policy_that_does_not_exist(ask: Ask) -> str | None:
    """AWS has no security policy of the name."""
    policy = ask.get("SslPolicy")
    return f"SSL policy '{policy}' not found" if policy and policy not in SECURITY_POLICIES else None


@refusal(
    "elbv2", "DeregisterTargets", "RegisterTargets", code="TargetGroupNotFound", source=API.format("RegisterTargets")
)
def targets_of_a_missing_group(ask: Ask) -> str | None:
    """The target group does not exist."""
    arn = ask.get("TargetGroupArn")
    missing = arn not in ask.backend("elbv2").target_groups
    return f"Target groups '{arn}' not found" if missing else None


def _subnets(ask: Ask) -> list[Any]:
    """The subnets of a request that exist."""
    identifiers = [*ask.all("Subnets"), *(each.get("SubnetId") for each in ask.all("SubnetMappings"))]
    return [found for found in (subnet(ask, each) for each in identifiers) if found is not None]


def _balancer_arn(ask: Ask) -> str | None:
    """The load balancer of a request, which names it or a listener of it."""
    arn = ask.get("LoadBalancerArn")
    if arn:
        return arn
    listener = ask.get("ListenerArn")
    balancers = ask.backend("elbv2").load_balancers.values()
    return next((each.arn for each in balancers if listener in each.listeners), None)


def _acm(ask: Ask) -> list[str]:
    """The ARNs of ACM's certificates in a request."""
    arns = [str(each.get("CertificateArn", "")) for each in ask.all("Certificates")]
    return [arn for arn in arns if ":acm:" in arn]


@refusal("elbv2", "CreateRule", code="PriorityInUse", source=API.format("CreateRule"))
def priority_that_is_taken(ask: Ask) -> str | None:
    """The listener has a rule of the priority."""
    rules = ask.backend("elbv2").describe_rules(listener_arn=str(ask.get("ListenerArn")), rule_arns=None)
    taken = str(ask.get("Priority")) in {str(each.priority) for each in rules}
    return f"Priority '{ask.get('Priority')}' is currently in use" if taken else None


@refusal("elbv2", "CreateRule", "ModifyRule", code="ValidationError", source=API.format("HttpHeaderConditionConfig"))
def header_value_too_long(ask: Ask) -> str | None:
    """A condition compares a header with more than 128 characters."""
    for each in ask.all("Conditions"):
        for value in within(each, "HttpHeaderConfig", "Values") or ():
            if len(value) > LONGEST_VALUE:
                return f"The http-header condition value must be {LONGEST_VALUE} characters or fewer"
    return None


nothing_more(
    "elbv2",
    AddTags="nothing beyond the model",
    DeleteListener="a listener that is in use can be deleted",
    DeleteRule="moto refuses the default rule",
    ModifyListenerAttributes="nothing beyond the model",
    RemoveTags="AWS accepts keys that are not there",
)
