"""Each refusal of ACM and Route 53: a request that it refuses, and one that it lets pass."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.names import CERTIFICATES, UNDELEGATED
from tests.aws.refusals import acm, route53
from tests.aws.refused import Account

pytestmark = pytest.mark.aws


def zone(account: Account, name: str = "one.example") -> str:
    made = account.route53.create_hosted_zone(Name=name, CallerReference=name)
    return made["HostedZone"]["Id"]


def change(account: Account, where: str, action: str, name: str, *what: str) -> None:
    kind, value = what or ("A", "192.0.2.1")
    record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    account.route53.change_resource_record_sets(HostedZoneId=where, ChangeBatch=batch)


def request(account: Account, name: str, *others: str) -> str:
    more = {"SubjectAlternativeNames": [name, *others]} if others else {}
    return account.acm.request_certificate(DomainName=name, ValidationMethod="DNS", **more)["CertificateArn"]


def described(account: Account, arn: str) -> dict[str, Any]:
    return account.acm.describe_certificate(CertificateArn=arn)["Certificate"]


def validate(account: Account, arn: str, where: str) -> None:
    for each in described(account, arn)["DomainValidationOptions"]:
        record = each["ResourceRecord"]
        change(account, where, "UPSERT", record["Name"], record["Type"], record["Value"])


def test_first_name_too_long(account: Account) -> None:
    with account.refuses(acm.first_name_too_long):
        request(account, f"{'a' * 60}.example")
    request(account, "one.example", f"{'a' * 60}.example")


def test_more_names_than_the_quota(account: Account) -> None:
    with account.refuses(acm.more_names_than_the_quota):
        request(account, "one.example", *(f"n{each}.one.example" for each in range(10)))
    request(account, "one.example", *(f"n{each}.one.example" for each in range(9)))


def test_certificate_in_use(account: Account) -> None:
    where, arn = zone(account), request(account, "one.example")
    validate(account, arn, where)
    assert described(account, arn)["Status"] == "ISSUED"
    listener = account.listen(443, Protocol="HTTPS", Certificates=[{"CertificateArn": arn}])
    assert described(account, arn)["InUseBy"] == [account.load_balancer]
    with account.refuses(acm.certificate_in_use):
        account.acm.delete_certificate(CertificateArn=arn)
    account.elbv2.delete_listener(ListenerArn=listener)
    account.acm.delete_certificate(CertificateArn=arn)


def test_record_that_exists(account: Account) -> None:
    where = zone(account)
    change(account, where, "CREATE", "api.one.example")
    with account.refuses(route53.record_that_exists):
        change(account, where, "CREATE", "api.one.example")
    change(account, where, "UPSERT", "api.one.example", "A", "192.0.2.2")


def test_record_that_is_not_there(account: Account) -> None:
    where = zone(account)
    with account.refuses(route53.record_that_is_not_there):
        change(account, where, "DELETE", "api.one.example")
    change(account, where, "CREATE", "api.one.example")
    with account.refuses(route53.record_that_is_not_there):
        change(account, where, "DELETE", "api.one.example", "A", "192.0.2.2")
    change(account, where, "DELETE", "api.one.example")


def test_record_outside_the_zone(account: Account) -> None:
    where = zone(account)
    for name in ("api.two.example", "another-one.example"):
        with account.refuses(route53.record_outside_the_zone):
            change(account, where, "CREATE", name)
    change(account, where, "CREATE", "one.example")


def test_cname_at_the_apex(account: Account) -> None:
    where = zone(account)
    with account.refuses(route53.cname_at_the_apex):
        change(account, where, "CREATE", "one.example", "CNAME", "two.example")
    change(account, where, "CREATE", "www.one.example", "CNAME", "two.example")


def test_cname_beside_another_record(account: Account) -> None:
    where = zone(account)
    change(account, where, "CREATE", "www.one.example", "CNAME", "two.example")
    with account.refuses(route53.cname_beside_another_record):
        change(account, where, "CREATE", "www.one.example")
    change(account, where, "CREATE", "api.one.example")
    with account.refuses(route53.cname_beside_another_record):
        change(account, where, "CREATE", "api.one.example", "CNAME", "two.example")


def test_a_record_that_was_deleted_can_be_made_again_beside_later_ones(account: Account) -> None:
    where = zone(account)
    for name in ("api.one.example", "www.one.example"):
        change(account, where, "CREATE", name)
    change(account, where, "DELETE", "api.one.example")
    change(account, where, "CREATE", "api.one.example")
    with account.refuses(route53.record_that_exists):
        change(account, where, "CREATE", "www.one.example")


def test_health_check_without_a_target(account: Account) -> None:
    with account.refuses(route53.health_check_without_a_target):
        account.route53.create_health_check(CallerReference="a", HealthCheckConfig={"Type": "HTTPS"})
    config = {"Type": "HTTPS", "FullyQualifiedDomainName": "one.example"}
    account.route53.create_health_check(CallerReference="b", HealthCheckConfig=config)


def test_a_hosted_zone_with_records_is_not_deleted(account: Account) -> None:
    where = zone(account)
    change(account, where, "CREATE", "api.one.example")
    with pytest.raises(ClientError, match="HostedZoneNotEmpty"):
        account.route53.delete_hosted_zone(Id=where)


# ---- what ACM does by itself -----------------------------------------------------------------------------------------


def test_a_certificate_is_issued_when_all_its_records_are_in_a_delegated_zone(account: Account) -> None:
    arn = request(account, "one.example", "*.one.example", "two.example")
    where = zone(account)
    account.ssm.put_parameter(Name=UNDELEGATED, Value=json.dumps(["two.example"]), Type="String")
    validate_in = {"one.example": where, "two.example": zone(account, "two.example")}
    for each in described(account, arn)["DomainValidationOptions"]:
        record = each["ResourceRecord"]
        name = each["DomainName"].removeprefix("*.")
        change(account, validate_in[name], "UPSERT", record["Name"], record["Type"], record["Value"])
    held = described(account, arn)
    assert held["Status"] == "PENDING_VALIDATION"
    assert "NotAfter" not in held
    assert {each["DomainName"]: each["ValidationStatus"] for each in held["DomainValidationOptions"]} == {
        "one.example": "SUCCESS",
        "*.one.example": "SUCCESS",
        "two.example": "PENDING_VALIDATION",
    }
    account.ssm.delete_parameter(Name=UNDELEGATED)
    assert described(account, arn)["Status"] == "ISSUED"


def test_the_nearest_caa_record_decides(account: Account) -> None:
    where = zone(account)
    change(account, where, "CREATE", "one.example", "CAA", '0 issue "letsencrypt.org"')
    forbidden = request(account, "api.one.example")
    validate(account, forbidden, where)
    assert described(account, forbidden)["FailureReason"] == "CAA_ERROR"
    change(account, where, "CREATE", "www.one.example", "CAA", '0 issue "amazon.com"')
    allowed = request(account, "www.one.example")
    validate(account, allowed, where)
    assert described(account, allowed)["Status"] == "ISSUED"


def test_a_test_can_say_what_becomes_of_a_certificate(account: Account) -> None:
    arn = request(account, "one.example")
    said = {"one.example": {"RenewalSummary": {"RenewalStatus": "PENDING_VALIDATION"}}}
    account.ssm.put_parameter(Name=CERTIFICATES, Value=json.dumps(said), Type="String")
    assert described(account, arn)["RenewalSummary"]["RenewalStatus"] == "PENDING_VALIDATION"
