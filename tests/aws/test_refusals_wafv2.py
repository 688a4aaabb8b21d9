"""Each refusal of WAF: a request that it refuses, and one that it lets pass."""

from typing import Any

import pytest

from tests.aws.refusals import wafv2
from tests.aws.refused import Account

pytestmark = pytest.mark.aws

SEEN = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": True, "MetricName": "one"}
CLOUDFRONT = {"Scope": "CLOUDFRONT"}


def rule(name: str = "one", priority: int = 0, **others: Any) -> dict[str, Any]:  # noqa: ANN401  # parts of a request
    rate = {"RateBasedStatement": {"Limit": 100, "AggregateKeyType": "IP"}}
    acts: dict[str, Any] = {} if "OverrideAction" in others else {"Action": {"Block": {}}}
    return {"Name": name, "Priority": priority, "Statement": rate, "VisibilityConfig": SEEN, **acts, **others}


def managed(name: str, priority: int = 0, **others: Any) -> dict[str, Any]:  # noqa: ANN401  # parts of a request
    statement = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name}}
    return rule(name, priority, Statement=statement, OverrideAction={"None": {}}, **others)


def create(account: Account, *rules: dict[str, Any], name: str = "one", **others: Any) -> dict[str, Any]:  # noqa: ANN401
    asked: dict[str, Any] = {"Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": SEEN, **others}
    return account.wafv2.create_web_acl(Name=name, Rules=list(rules), **asked)["Summary"]


def addresses(account: Account, *blocks: str, name: str = "one", **others: Any) -> dict[str, Any]:  # noqa: ANN401
    asked = {"Scope": "REGIONAL", "IPAddressVersion": "IPV4", **others}
    return account.wafv2.create_ip_set(Name=name, Addresses=list(blocks), **asked)["Summary"]


def of(summary: dict[str, Any]) -> dict[str, Any]:
    return rule(Statement={"IPSetReferenceStatement": {"ARN": summary["ARN"]}})


def named(summary: dict[str, Any]) -> dict[str, str]:
    """What a deletion names."""
    return {**{key: summary[key] for key in ("Name", "Id", "LockToken")}, "Scope": "REGIONAL"}


def log_group(account: Account, name: str) -> str:
    account.logs.create_log_group(logGroupName=name)
    (group,) = account.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return group["arn"].removesuffix(":*")


def log(account: Account, acl: str, *targets: str) -> None:
    account.wafv2.put_logging_configuration(
        LoggingConfiguration={"ResourceArn": acl, "LogDestinationConfigs": list(targets)}
    )


def test_scope_of_another_region(account: Account) -> None:
    with account.refuses(wafv2.scope_of_another_region):
        create(account, rule(), **CLOUDFRONT)
    account.aws.client("wafv2", region="us-east-1").create_web_acl(
        Name="one", DefaultAction={"Allow": {}}, VisibilityConfig=SEEN, Rules=[rule()], **CLOUDFRONT
    )


def test_rules_of_one_priority(account: Account) -> None:
    with account.refuses(wafv2.rules_of_one_priority):
        create(account, rule("one"), rule("two"))
    with account.refuses(wafv2.rules_of_one_priority):
        create(account, rule(priority=1), rule(priority=2))
    create(account, rule("one", 1), rule("two", 2))


def test_action_of_a_group(account: Account) -> None:
    with account.refuses(wafv2.action_of_a_group):
        create(account, managed("AWSManagedRulesCommonRuleSet", Action={"Block": {}}))
    with account.refuses(wafv2.action_of_a_group):
        create(account, rule(OverrideAction={"None": {}}))
    create(account, managed("AWSManagedRulesCommonRuleSet"))


def test_more_capacity_than_allowed(account: Account) -> None:
    groups = [managed("AWSManagedRulesCommonRuleSet", number, Name=f"n{number}") for number in range(8)]
    with account.refuses(wafv2.more_capacity_than_allowed):
        create(account, *groups)
    create(account, *groups[:7])


def test_group_that_does_not_exist(account: Account) -> None:
    with account.refuses(wafv2.group_that_does_not_exist):
        create(account, managed("AWSManagedRulesNoSuchRuleSet"))
    create(account, managed("AWSManagedRulesSQLiRuleSet"))


def test_addresses_that_do_not_exist(account: Account) -> None:
    held = addresses(account, "192.0.2.0/24")
    with account.refuses(wafv2.addresses_that_do_not_exist):
        create(account, of({"ARN": f"{held['ARN']}0"}))
    create(account, of(held))


def test_window_that_does_not_exist(account: Account) -> None:
    rate = {"Limit": 100, "AggregateKeyType": "IP"}
    with account.refuses(wafv2.window_that_does_not_exist):
        create(account, rule(Statement={"RateBasedStatement": {**rate, "EvaluationWindowSec": 3600}}))
    create(account, rule(Statement={"RateBasedStatement": {**rate, "EvaluationWindowSec": 600}}))


def test_metric_of_aws(account: Account) -> None:
    with account.refuses(wafv2.metric_of_aws):
        create(account, rule(VisibilityConfig={**SEEN, "MetricName": "All"}))
    create(account, rule())


def test_block_that_is_not_one(account: Account) -> None:
    for block in ("0.0.0.0/0", "2001:db8::/64", "192.0.2.0/40"):
        with account.refuses(wafv2.block_that_is_not_one):
            addresses(account, block)
    held = addresses(account, "2001:db8::/64", IPAddressVersion="IPV6")
    with account.refuses(wafv2.block_that_is_not_one):
        account.wafv2.update_ip_set(**named(held), Addresses=["192.0.2.0/24"])
    account.wafv2.update_ip_set(**named(held), Addresses=["2001:db8:1::/64"])


def test_addresses_of_the_name(account: Account) -> None:
    addresses(account, "192.0.2.0/24")
    with account.refuses(wafv2.addresses_of_the_name):
        addresses(account, "192.0.2.0/24")
    addresses(account, "192.0.2.0/24", name="two")


def test_addresses_in_use(account: Account) -> None:
    held, free = addresses(account, "192.0.2.0/24"), addresses(account, "192.0.2.0/24", name="two")
    create(account, of(held))
    with account.refuses(wafv2.addresses_in_use):
        account.wafv2.delete_ip_set(**named(held))
    account.wafv2.delete_ip_set(**named(free))


def test_web_acl_in_use(account: Account) -> None:
    acl, free = create(account, rule()), create(account, rule(), name="two")
    account.wafv2.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=account.load_balancer)
    with account.refuses(wafv2.web_acl_in_use):
        account.wafv2.delete_web_acl(**named(acl))
    account.wafv2.delete_web_acl(**named(free))
    account.wafv2.disassociate_web_acl(ResourceArn=account.load_balancer)
    account.wafv2.delete_web_acl(**named(acl))


def test_web_acl_of_distributions(account: Account) -> None:
    cdn = account.aws.client("wafv2", region="us-east-1").create_web_acl(
        Name="one", DefaultAction={"Allow": {}}, VisibilityConfig=SEEN, Rules=[rule()], **CLOUDFRONT
    )["Summary"]
    with account.refuses(wafv2.web_acl_of_distributions):
        account.wafv2.associate_web_acl(WebACLArn=cdn["ARN"], ResourceArn=account.load_balancer)


def test_web_acl_for_nothing(account: Account) -> None:
    acl = create(account, rule())
    with account.refuses(wafv2.web_acl_for_nothing):
        account.wafv2.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=f"{account.load_balancer}0")
    account.wafv2.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=account.load_balancer)


def test_several_logs(account: Account) -> None:
    acl, group = create(account, rule())["ARN"], log_group(account, "aws-waf-logs-one")
    with account.refuses(wafv2.several_logs):
        log(account, acl, group, log_group(account, "aws-waf-logs-two"))
    log(account, acl, group)


def test_log_of_another_name(account: Account) -> None:
    acl = create(account, rule())["ARN"]
    with account.refuses(wafv2.log_of_another_name):
        log(account, acl, log_group(account, "waf-logs-one"))


def test_log_that_does_not_exist(account: Account) -> None:
    acl, group = create(account, rule())["ARN"], log_group(account, "aws-waf-logs-one")
    with account.refuses(wafv2.log_that_does_not_exist):
        log(account, acl, f"{group}-two")
    log(account, acl, group)


def test_log_of_no_web_acl(account: Account) -> None:
    acl, group = create(account, rule())["ARN"], log_group(account, "aws-waf-logs-one")
    with account.refuses(wafv2.log_of_no_web_acl):
        log(account, f"{acl}0", group)
