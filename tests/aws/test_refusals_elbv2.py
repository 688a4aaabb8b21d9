"""Each refusal of Elastic Load Balancing: a request that it refuses, and one that it lets pass."""

import json

import pytest

from tests.aws.refusals import elbv2
from tests.aws.refused import Account
from tests.aws.test_refusals_ec2 import dual_stack

pytestmark = pytest.mark.aws


def https(account: Account, certificate: str, **others: object) -> None:
    account.listen(443, Protocol="HTTPS", Certificates=[{"CertificateArn": certificate}], **others)


def test_internet_facing_without_internet_gateway(account: Account) -> None:
    with account.refuses(elbv2.internet_facing_without_internet_gateway):
        account.elbv2.create_load_balancer(Name="one", Subnets=account.elsewhere)
    account.elbv2.create_load_balancer(Name="one", Subnets=account.elsewhere, Scheme="internal")
    account.elbv2.create_load_balancer(Name="two", Subnets=account.subnets)


def test_subnets_of_one_zone(account: Account) -> None:
    with account.refuses(elbv2.subnets_of_one_zone):
        account.elbv2.create_load_balancer(Name="one", Subnets=account.subnets[:1])
    account.elbv2.create_load_balancer(Name="one", Subnets=account.subnets)


def test_two_subnets_of_a_zone(account: Account) -> None:
    with account.refuses(elbv2.two_subnets_of_a_zone):
        account.elbv2.create_load_balancer(Name="one", Subnets=[*account.subnets, account.subnet("10.9.3.0/24", "a")])
    account.elbv2.create_load_balancer(Name="one", Subnets=[*account.subnets, account.subnet("10.9.4.0/24", "c")])


def test_dualstack_in_subnets_without_ipv6(account: Account) -> None:
    both = {"Name": "two", "Subnets": account.subnets, "IpAddressType": "dualstack"}
    with account.refuses(elbv2.dualstack_in_subnets_without_ipv6):
        account.elbv2.create_load_balancer(**both)
    with account.refuses(elbv2.dualstack_in_subnets_without_ipv6):
        account.elbv2.set_ip_address_type(LoadBalancerArn=account.load_balancer, IpAddressType="dualstack")
    dual_stack(account)
    account.elbv2.create_load_balancer(**both)
    account.elbv2.set_ip_address_type(LoadBalancerArn=account.load_balancer, IpAddressType="dualstack")
    with account.refuses(elbv2.dualstack_in_subnets_without_ipv6):
        more = [*account.subnets, account.subnet("10.9.4.0/24", "c")]
        account.elbv2.set_subnets(LoadBalancerArn=account.load_balancer, Subnets=more)


def test_internal_without_public_ipv4(account: Account) -> None:
    dual_stack(account)
    asked = {"Subnets": account.subnets, "IpAddressType": "dualstack-without-public-ipv4"}
    with account.refuses(elbv2.internal_without_public_ipv4):
        account.elbv2.create_load_balancer(Name="two", Scheme="internal", **asked)
    account.elbv2.create_load_balancer(Name="two", Scheme="internal", **{**asked, "IpAddressType": "dualstack"})
    made = account.elbv2.create_load_balancer(Name="three", **asked)["LoadBalancers"][0]
    assert made["IpAddressType"] == asked["IpAddressType"]


def test_subnet_too_small_for_a_load_balancer(account: Account) -> None:
    with account.refuses(elbv2.subnet_too_small_for_a_load_balancer):
        account.elbv2.create_load_balancer(Name="one", Subnets=[*account.subnets, account.subnet("10.9.3.0/28", "c")])
    account.elbv2.create_load_balancer(Name="one", Subnets=[*account.subnets, account.subnet("10.9.4.0/27", "d")])


def test_load_balancer_name(account: Account) -> None:
    for name in ("internal-one", "a" * 33, "-one", "one_two"):
        with account.refuses(elbv2.load_balancer_name):
            account.balancer(name)
    account.balancer("a" * 32)


def test_load_balancer_that_exists(account: Account) -> None:
    account.balancer("one")
    with account.refuses(elbv2.load_balancer_that_exists):
        account.balancer("one")
    account.balancer("two")


def test_security_groups_of_another_network(account: Account) -> None:
    with account.refuses(elbv2.security_groups_of_another_network):
        account.elbv2.create_load_balancer(Name="one", Subnets=account.subnets, SecurityGroups=[account.foreign_group])
    with account.refuses(elbv2.security_groups_of_another_network):
        account.elbv2.set_security_groups(LoadBalancerArn=account.load_balancer, SecurityGroups=[account.foreign_group])
    account.elbv2.set_security_groups(LoadBalancerArn=account.load_balancer, SecurityGroups=[account.group("two")])


def test_load_balancer_with_deletion_protection(account: Account) -> None:
    def protect(value: str) -> None:
        attribute = {"Key": "deletion_protection.enabled", "Value": value}
        account.elbv2.modify_load_balancer_attributes(LoadBalancerArn=account.load_balancer, Attributes=[attribute])

    protect("true")
    with account.refuses(elbv2.load_balancer_with_deletion_protection):
        account.elbv2.delete_load_balancer(LoadBalancerArn=account.load_balancer)
    protect("false")
    account.elbv2.delete_load_balancer(LoadBalancerArn=account.load_balancer)


def test_attribute_out_of_range(account: Account) -> None:
    def wait(seconds: int) -> None:
        attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": str(seconds)}
        account.elbv2.modify_target_group_attributes(TargetGroupArn=account.target_group, Attributes=[attribute])

    with account.refuses(elbv2.attribute_out_of_range):
        wait(3601)
    wait(3600)
    held = account.elbv2.describe_target_group_attributes(TargetGroupArn=account.target_group)["Attributes"]
    assert {"Key": "deregistration_delay.timeout_seconds", "Value": "3600"} in held


def write_logs(account: Account, bucket: str, prefix: str = "") -> None:
    attributes = {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": bucket, "access_logs.s3.prefix": prefix}
    account.elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=account.load_balancer,
        Attributes=[{"Key": key, "Value": value} for key, value in attributes.items() if value],
    )


def log_bucket(account: Account, name: str, *, below: str = "AWSLogs/123456789012", **others: object) -> str:
    account.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": elbv2.DELIVERY},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{name}/{below}/*",
        **others,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    account.s3.put_bucket_policy(Bucket=name, Policy=policy)
    return name


def test_logs_into_a_bucket_that_does_not_let_them(account: Account) -> None:
    account.s3.create_bucket(Bucket="closed", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    source = {"ArnLike": {"aws:SourceArn": "arn:aws:elasticloadbalancing:us-west-2:123456789012:loadbalancer/*"}}
    for wrong in (
        "missing",
        "closed",
        log_bucket(account, "of-another", below="AWSLogs/210987654321"),
        log_bucket(account, "below-a-prefix", below="alb/AWSLogs/123456789012"),
        log_bucket(account, "another-service", Principal={"Service": "delivery.logs.amazonaws.com"}),
        log_bucket(account, "with-a-source", Condition=source),
    ):
        with account.refuses(elbv2.logs_into_a_bucket_that_does_not_let_them):
            write_logs(account, wrong)
    write_logs(account, "below-a-prefix", "alb")
    write_logs(account, log_bucket(account, "open"))


def test_logs_into_a_bucket_with_a_key(account: Account) -> None:
    bucket = log_bucket(account, "logs")
    for algorithm in ("aws:kms", "AES256"):
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
        account.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
        if algorithm == "aws:kms":
            with account.refuses(elbv2.logs_into_a_bucket_with_a_key):
                write_logs(account, bucket)
    write_logs(account, bucket)


def test_target_group_that_exists(account: Account) -> None:
    account.targets("one")
    with account.refuses(elbv2.target_group_that_exists):
        account.targets("one")
    account.targets("two")


def test_target_group_name(account: Account) -> None:
    for name in ("a" * 33, "one-"):
        with account.refuses(elbv2.target_group_name):
            account.targets(name)
    account.targets("a" * 32)


def test_health_check_slower_than_its_interval(account: Account) -> None:
    with account.refuses(elbv2.health_check_slower_than_its_interval):
        account.targets("one", HealthCheckIntervalSeconds=10, HealthCheckTimeoutSeconds=10)
    with account.refuses(elbv2.health_check_slower_than_its_interval):
        account.elbv2.modify_target_group(TargetGroupArn=account.target_group, HealthCheckTimeoutSeconds=30)
    account.elbv2.modify_target_group(TargetGroupArn=account.target_group, HealthCheckTimeoutSeconds=29)


def test_health_check_matcher(account: Account) -> None:
    for codes in ("200-500", "20x", "200-299-399"):
        with account.refuses(elbv2.health_check_matcher):
            account.targets("one", Matcher={"HttpCode": codes})
    account.targets("one", Matcher={"HttpCode": "200,301-302"})


def test_target_group_in_use(account: Account) -> None:
    listener = account.listen()
    with account.refuses(elbv2.target_group_in_use):
        account.elbv2.delete_target_group(TargetGroupArn=account.target_group)
    account.elbv2.delete_listener(ListenerArn=listener)
    account.elbv2.delete_target_group(TargetGroupArn=account.target_group)


def test_listener_that_exists(account: Account) -> None:
    account.listen(80)
    with account.refuses(elbv2.listener_that_exists):
        account.listen(80)
    account.listen(81)


def test_target_group_of_another_load_balancer(account: Account) -> None:
    other = account.balancer("other")
    account.listen(80)
    with account.refuses(elbv2.target_group_of_another_load_balancer):
        account.listen(80, LoadBalancerArn=other)
    forward = [{"Type": "forward", "TargetGroupArn": account.targets("two")}]
    account.listen(80, LoadBalancerArn=other, DefaultActions=forward)


def test_target_group_of_another_network(account: Account) -> None:
    foreign = account.targets("two", VpcId=account.vpc_of(account.elsewhere[0]))
    with account.refuses(elbv2.target_group_of_another_network):
        account.listen(80, DefaultActions=[{"Type": "forward", "TargetGroupArn": foreign}])
    account.listen(80)


def test_https_without_certificate(account: Account) -> None:
    with account.refuses(elbv2.https_without_certificate):
        account.listen(443, Protocol="HTTPS")
    https(account, account.aws.certificate("one.example"))


def test_certificate_that_does_not_exist(account: Account) -> None:
    arn = "arn:aws:acm:us-west-2:123456789012:certificate/0a1b2c3d-0000-1111-2222-333344445555"
    with account.refuses(elbv2.certificate_that_does_not_exist):
        https(account, arn)
    https(account, account.aws.certificate("one.example"))


def test_certificate_that_is_not_issued(account: Account) -> None:
    pending = account.acm.request_certificate(DomainName="one.example", ValidationMethod="DNS")["CertificateArn"]
    with account.refuses(elbv2.certificate_that_is_not_issued):
        https(account, pending)
    https(account, account.aws.certificate("one.example"))


def add(account: Account, listener: str, *certificates: str) -> None:
    named = [{"CertificateArn": each} for each in certificates]
    account.elbv2.add_listener_certificates(ListenerArn=listener, Certificates=named)


def test_default_certificate_removed(account: Account) -> None:
    default, further = account.aws.certificate("one.example"), account.aws.certificate("two.example")
    listener = account.listen(443, Protocol="HTTPS", Certificates=[{"CertificateArn": default}])
    add(account, listener, further)
    with account.refuses(elbv2.default_certificate_removed):
        remove(account, listener, default)
    remove(account, listener, further)


def remove(account: Account, listener: str, certificate: str) -> None:
    account.elbv2.remove_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": certificate}])


def test_security_policy_that_does_not_exist(account: Account) -> None:
    certificate = account.aws.certificate("one.example")
    with account.refuses(elbv2.security_policy_that_does_not_exist):
        https(account, certificate, SslPolicy="ELBSecurityPolicy-TLS13-1-2-2099-01")
    https(account, certificate, SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06")


def test_targets_of_a_missing_group(account: Account) -> None:
    targets = [{"Id": "10.9.1.9", "Port": 8080}]
    with account.refuses(elbv2.targets_of_a_missing_group):
        account.elbv2.register_targets(TargetGroupArn=f"{account.target_group}0", Targets=targets)
    account.elbv2.register_targets(TargetGroupArn=account.target_group, Targets=targets)


def with_header(account: Account, value: str, priority: int = 1) -> None:
    account.elbv2.create_rule(
        ListenerArn=account.listener,
        Priority=priority,
        Conditions=[{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Secret", "Values": [value]}}],
        Actions=[{"Type": "forward", "TargetGroupArn": account.target_group}],
    )


def test_priority_that_is_taken(account: Account) -> None:
    with_header(account, "one")
    with account.refuses(elbv2.priority_that_is_taken):
        with_header(account, "two")
    with_header(account, "two", 2)


def test_header_value_too_long(account: Account) -> None:
    with account.refuses(elbv2.header_value_too_long):
        with_header(account, "x" * 129)
    with_header(account, "x" * 128)
