"""The firewall in front of what runs: it counts, then blocks, as docs/guides/firewall.md says; changed and removed."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from miyabi_infra.aws.status.model import Level
from miyabi_infra.pages import guides
from miyabi_infra.stacks import read
from tests import guide
from tests.aws.cli import AwsCli
from tests.aws.emulator import REGION, Emulator
from tests.aws.environment import AS_IT_IS, Environment, apply, quiet
from tests.aws.following import run
from tests.aws.test_status import found, look, measure
from tests.aws.test_verify import Look, differing
from tests.support import Project

pytestmark = pytest.mark.aws

ACL: Final = "miyabi-waf-dev"
LOGS: Final = f"aws-waf-logs-{ACL}"


def test_it_counts_then_blocks_in_place_and_leaves_no_trace(
    dev: Environment, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One life, because a plan with a web ACL takes long."""
    page = root / "docs/guides/firewall.md"
    counts, blocks = (f"{text}\n" for _, info, text in guide.blocks(page) if info == "yaml")
    plain = dev.project.overlay("dev").read_text(encoding="utf-8")
    _overlay(dev.project, f"{plain}\n{counts}")
    dev.terraform.init()
    made = apply(dev.terraform)
    assert set(made.values()) == {"create"}
    assert {address.split(".")[1] for address in made} == {"waf"}
    verification = Look(monkeypatch).verify(dev)
    assert differing(verification) == []
    assert {each.state for each in verification.resources} == {"same"}
    _look_at_it(dev, monkeypatch)
    _somebody_changes_it(dev.aws)
    _what_is_found(dev, monkeypatch)

    _overlay(dev.project, f"{plain}\n{blocks}")
    assert apply(dev.terraform) == {
        "module.waf.aws_wafv2_ip_set.blocked_ipv4[0]": "create",
        "module.waf.aws_wafv2_web_acl.main": "update",
        "module.waf.aws_wafv2_web_acl_association.load_balancer": "create",
        "module.waf.aws_wafv2_web_acl_logging_configuration.requests": "replace",
    }
    quiet(dev.terraform)
    assert differing(Look(monkeypatch).verify(dev)) == []

    _overlay(dev.project, f"{plain}\n{counts}")
    dev.terraform.apply(AS_IT_IS)
    assert "IP set" not in dev.aws.holds(), "AWS deletes no list that the web ACL still has"

    _overlay(dev.project, plain)
    dev.terraform.apply(AS_IT_IS)
    assert not {"web ACL", "IP set"} & dev.aws.holds().keys()


def _overlay(project: Project, text: str) -> None:
    project.overlay("dev").write_text(text, encoding="utf-8")
    project.synthesize()


def _somebody_changes_it(aws: Emulator) -> None:
    """A higher limit, a group less, another log with everything in it, and no firewall in front."""
    waf, logs = aws.client("wafv2"), aws.client("logs")
    (listed,) = waf.list_web_acls(Scope="REGIONAL")["WebACLs"]
    answer = waf.get_web_acl(Name=ACL, Id=listed["Id"], Scope="REGIONAL")
    held: dict[str, Any] = answer["WebACL"]
    (rate,) = [each for each in held["Rules"] if each["Name"] == "rate-limit"]
    rate["Statement"]["RateBasedStatement"]["Limit"] = 100_000
    waf.update_web_acl(
        Name=ACL,
        Id=listed["Id"],
        Scope="REGIONAL",
        LockToken=answer["LockToken"],
        DefaultAction=held["DefaultAction"],
        VisibilityConfig=held["VisibilityConfig"],
        Rules=[each for each in held["Rules"] if each["Name"] != "AWSManagedRulesSQLiRuleSet"],
    )
    logs.create_log_group(logGroupName="aws-waf-logs-other")
    (other,) = logs.describe_log_groups(logGroupNamePrefix="aws-waf-logs-other")["logGroups"]
    target = other["arn"].removesuffix(":*")
    waf.put_logging_configuration(LoggingConfiguration={"ResourceArn": held["ARN"], "LogDestinationConfigs": [target]})
    balancer = aws.client("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    waf.disassociate_web_acl(ResourceArn=balancer)


def _what_is_found(dev: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    verification = Look(monkeypatch).verify(dev)
    apart = {each.resource.label: [check.argument for check in each.different] for each in verification.resources}
    assert {label: arguments for label, arguments in apart.items() if arguments} == {
        "aws_wafv2_web_acl.main": [
            "rule.rate-limit.statement.rate_based_statement.limit",
            "rule.AWSManagedRulesSQLiRuleSet",
        ],
        "aws_wafv2_web_acl_logging_configuration.requests": [
            "log_destination_configs",
            "redacted_fields",
            "logging_filter",
        ],
    }
    gone = [each.resource.label for each in verification.resources if each.state == "missing"]
    assert gone == ["aws_wafv2_web_acl_association.load_balancer"]
    status = look(dev, dev.aws, datetime.now(UTC), monkeypatch)
    assert found(status, "firewall", Level.DEGRADED) == [
        f"{ACL} does not inspect the requests to miyabi-alb-dev: none does"
    ]
    rules = "AWSManagedRulesSQLiRuleSet, rate-limit"
    assert found(status, "firewall", Level.UNKNOWN) == [
        f"{ACL} has other rules than generated, {rules}: miyabi-infra verify says which"
    ]


def _look_at_it(dev: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the status tells, and what the commands of the runbook show."""
    now = datetime.now(UTC)
    of_all: dict[str, int] = {"AllowedRequests": 120, "BlockedRequests": 3, "CountedRequests": 7}
    for rule, figures in (("ALL", of_all), ("rate-limit", {"CountedRequests": 7})):
        measure(dev.aws, "AWS/WAFV2", {"WebACL": ACL, "Rule": rule, "Region": REGION}, now, **figures)
    logs = dev.aws.client("logs")
    logs.create_log_stream(logGroupName=LOGS, logStreamName="one")
    line = '{"action":"ALLOW","nonTerminatingMatchingRules":[{"ruleId":"rate-limit"}]}'
    event = {"timestamp": int(now.timestamp() * 1000), "message": line}
    logs.put_log_events(logGroupName=LOGS, logStreamName="one", logEvents=[event])

    status = look(dev, dev.aws, datetime.now(UTC), monkeypatch)
    told = found(status, "firewall")
    assert told[0].startswith(f"{ACL}: 5 rules only count (rate-limit, ")
    assert told[1:] == [
        f"{ACL} inspects the requests to miyabi-alb-dev",
        "requests passed on 120 per minute",
        "requests blocked 3 per minute",
        "requests counted 7 per minute",
    ]

    (stack,) = [each for each in read(dev.project.out) if each.environment == "dev"]
    page = dev.project.root / "runbook.md"
    page.write_text(guides.page(dev.project.root, stack, "runbook"), encoding="utf-8")
    section = [each for each in guide.in_section(page, "firewall") if each.not_run is None]
    with AwsCli.start() as cli:
        variables = {**dev.aws.variables, "PATH": f"{cli.folder}{os.pathsep}{os.environ['PATH']}"}
        shown = [run(each, "", dev.project.root, variables) for each in section[:2]]
    assert [each.problem for each in shown] == [None, None]
    assert "rate-limit CountedRequests 7.0" in shown[0].output
    assert "rate-limit" in shown[1].output
