"""The firewall: what is built, who passes by it, what it costs, and what is drawn of it."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast

import pytest

from environments.sections.usage import UsageSettings
from miyabi_infra.commands import reach as command
from miyabi_infra.cost.estimate import estimate
from miyabi_infra.cost.prices import load
from miyabi_infra.pages.diagram.reading import picture
from miyabi_infra.pages.guides.monitoring import monitoring
from miyabi_infra.reach import Reach, difference
from miyabi_infra.reach.passing import Passing
from miyabi_infra.stacks import Stack, read
from miyabi_infra.stacks.firewalls import web_acls
from modules.waf_facts import GROUPS, INCLUDED_CAPACITY
from tests.support import Project
from tests.unit.test_refusals import QA

FRONTEND: Final[Mapping[str, Any]] = {"enabled": True, "bucket": "miyabi-frontend-qa"}
BOTH: Final[Mapping[str, Any]] = {"protects": "both"}
CDN: Final[Mapping[str, Any]] = {"protects": "distribution"}
LISTS: Final[Mapping[str, Any]] = {
    "allowed_addresses": ["203.0.113.7/32", "2001:db8::/64"],
    "blocked_addresses": ["192.0.2.0/24"],
}

ALLOWED: Final[list[str]] = LISTS["allowed_addresses"]

Make = Callable[..., Path]


@pytest.fixture
def make(root: Path, tmp_path: Path) -> Make:
    """The output of an environment `qa` with a firewall of some settings."""

    def made(frontend: Mapping[str, Any] | None = None, **settings: Any) -> Path:  # noqa: ANN401  # as YAML has them
        sections = {"waf": {"enabled": True, **settings}, "frontend": dict(frontend or {})}
        project.write("qa", QA + "".join(f"{name}: {json.dumps(held)}\n" for name, held in sections.items()))
        return project.synthesize("qa")

    project = Project.alone(root, tmp_path / "project")
    return made


def stack(out: Path) -> Stack:
    (found,) = read(out)
    return found


def rules(out: Path, module: str = "waf") -> dict[str, dict[str, Any]]:
    file = out / f"stacks/miyabi-qa/modules/{module}/main.tf.json"
    acl = json.loads(file.read_text(encoding="utf-8"))["resource"]["aws_wafv2_web_acl"]["main"]
    return {each["name"]: each for each in cast("list[dict[str, Any]]", acl["rule"])}


# ---- what is built ---------------------------------------------------------------------------------------------------


def test_at_first_every_rule_counts(make: Make) -> None:
    (acl,) = web_acls(stack(make(max_body_bytes=4096)))
    assert {each.does for each in acl.rules} == {"count"}
    assert acl.that("count") == (
        "rate-limit",
        "body-size",
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesSQLiRuleSet",
    )
    assert acl.capacity == 2 + 1 + 25 + 700 + 200 + 200


def test_a_group_that_is_added_moves_no_other_rule(make: Make) -> None:
    few = rules(make(managed_groups={"AWSManagedRulesSQLiRuleSet": {}}))
    many = rules(make(managed_groups={name: {} for name in GROUPS}))
    assert len({each["priority"] for each in many.values()}) == len(many) == len(GROUPS) + 1
    assert few["AWSManagedRulesSQLiRuleSet"] == many["AWSManagedRulesSQLiRuleSet"]


def test_a_group_blocks_with_exceptions(make: Make) -> None:
    group = {"action": "block", "version": "Version_1.4", "counted_rules": ["SizeRestrictions_BODY"]}
    rule = rules(make(managed_groups={"AWSManagedRulesCommonRuleSet": group}))["AWSManagedRulesCommonRuleSet"]
    assert rule["override_action"] == {"none": {}}
    assert "action" not in rule
    assert rule["statement"]["managed_rule_group_statement"] == {
        "name": "AWSManagedRulesCommonRuleSet",
        "vendor_name": "AWS",
        "version": "Version_1.4",
        "rule_action_override": [{"name": "SizeRestrictions_BODY", "action_to_use": {"count": {}}}],
    }


def test_behind_a_distribution_only_its_web_acl_knows_callers(make: Make) -> None:
    out = make(FRONTEND, **BOTH, **LISTS, max_body_bytes=4096)
    behind, before = set(rules(out)), set(rules(out, "cdn-waf"))
    assert before - behind == {
        "allowed-ipv4",
        "allowed-ipv6",
        "blocked-ipv4",
        "rate-limit",
        "AWSManagedRulesAmazonIpReputationList",
    }
    assert behind <= before
    found = stack(out)
    assert {each.region for each in found.resources if each.address.startswith("module.cdn_waf.")} == {"us-east-1"}
    (distribution,) = found.of_type("aws_cloudfront_distribution")
    assert cast("Any", distribution.get("web_acl_id")).address == "module.cdn_waf.aws_wafv2_web_acl.main"


def test_what_is_logged_leaves_secrets_out(make: Make) -> None:
    (logging,) = stack(make()).of_type("aws_wafv2_web_acl_logging_configuration")
    redacted = [cast("Any", each)["single_header"]["name"] for each in logging.blocks("redacted_fields")]
    assert redacted == ["authorization", "cookie"]
    assert stack(make(logged_requests="none")).of_type("aws_wafv2_web_acl_logging_configuration") == ()


# ---- who passes by ---------------------------------------------------------------------------------------------------


def past(found: Stack) -> dict[tuple[str, str, int], str]:
    return {(each.source, each.target, each.port): each.verdict for each in Passing(Reach(found)).past_the_firewall}


def test_nobody_passes_by_the_firewall_of_the_load_balancer(make: Make) -> None:
    found = stack(make())
    assert past(found) == {("internet", "alb", 80): "no"}
    (way,) = Passing(Reach(found)).past_the_firewall
    (missing,) = way.missing
    assert missing.text == (
        "a web ACL inspects every request: 5 rules only count (rate-limit, AWSManagedRulesAmazonIpReputationList, "
        "AWSManagedRulesCommonRuleSet, AWSManagedRulesKnownBadInputsRuleSet, AWSManagedRulesSQLiRuleSet)"
    )


def test_what_a_list_lets_pass_is_said(make: Make) -> None:
    (way,) = Passing(Reach(stack(make(**LISTS)))).past_the_firewall
    assert "2 rules let pass what no later one sees (allowed-ipv4, allowed-ipv6)" in way.missing[0].text
    assert way.missing[0].text.startswith(f"a web ACL inspects every request but those of {', '.join(ALLOWED)}: ")


def test_whose_addresses_a_list_lets_pass_passes_by_the_firewall(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    """AWS WAF developer guide, "Rule action": Allow is terminating, no later rule sees the request."""
    root = make(**LISTS).parent
    ways = {each.source: each for each in Passing(Reach(stack(root / "cdktf.out"))).let_pass_the_firewall}
    over4, over6 = ways[ALLOWED[0]], ways[ALLOWED[1]]
    assert (over4.target, over4.port, over4.verdict) == ("alb", 80, "yes")
    assert over6.verdict == "no"
    assert "the load balancer has no IPv6 address" in [each.text for each in over6.missing]
    assert command.run(root, "qa") == 0
    assert f"past firewall: {ALLOWED[0]} -> alb tcp 80: YES, requests are answered" in capsys.readouterr().out
    assert command.run(root, "qa", as_json=True) == 0
    said = json.loads(capsys.readouterr().out)["qa"]["past_the_firewall"]
    assert [(each["from"], each["verdict"]) for each in said] == [
        ("internet", "no"),
        (ALLOWED[0], "yes"),
        (ALLOWED[1], "no"),
    ]


@pytest.mark.slow
def test_who_passes_by_since_then_is_a_difference(make: Make) -> None:
    def ways(**settings: Any) -> Stack:  # noqa: ANN401  # any settings
        return stack(make(**settings))

    plain, lists = ways(rate_action="block"), ways(rate_action="block", **LISTS)
    counting, off = ways(), ways(enabled=False)
    found = {
        name: ([each.way for each in one.passing], [each.way for each in one.stopped])
        for name, one in {
            "listed": difference(plain, lists),
            "off": difference(plain, off),
            "on": difference(off, plain),
            "same": difference(lists, lists),
            "begins to count": difference(off, counting),
            "counts no more": difference(counting, off),
            "begins to block": difference(counting, plain),
        }.items()
    }
    everybody, office = "past firewall: internet -> alb tcp 80", f"past firewall: {ALLOWED[0]} -> alb tcp 80"
    assert found == {
        "listed": ([office], []),
        "off": ([everybody], []),
        "on": ([], [everybody]),
        "same": ([], []),
        "begins to count": ([], []),
        "counts no more": ([], []),
        "begins to block": ([], [everybody]),
    }


def test_behind_the_distribution_another_firewall_inspects_what_is_passed_on(make: Make) -> None:
    """And not the files of the bucket: no load balancer sees who asks for them."""
    alone = Passing(Reach(stack(make(FRONTEND, **LISTS, **CDN)))).let_pass_the_firewall
    both = Passing(Reach(stack(make(FRONTEND, **LISTS, **BOTH)))).let_pass_the_firewall
    assert {(each.target, each.verdict) for each in (*alone, *both)} == {("cdn", "yes")}
    texts = [{each.steps[-1].text.partition("; ")[2] for each in found} for found in (alone, both)]
    assert texts == [{""}, {"only what it passes on to alb is inspected, there"}]


@pytest.mark.slow
def test_another_block_among_many_is_a_difference(make: Make) -> None:
    """A line names four of them."""
    blocks = [f"198.51.100.{number}/32" for number in range(5)]
    first, second = (stack(make(allowed_addresses=each)) for each in (blocks, [*blocks[:-1], "203.0.113.9/32"]))
    found = difference(first, second)
    assert [[each.blocks[-1] for each in ways] for ways in (found.passing, found.stopped)] == [
        ["203.0.113.9/32"],
        ["198.51.100.4/32"],
    ]


@pytest.mark.parametrize("rules", [[], [{"name": "allowed-ipv4", "priority": 1, "action": {"allow": {}}}]])
def test_a_web_acl_without_a_rule_inspects_nothing(make: Make, rules: list[dict[str, Any]]) -> None:
    out = make({**FRONTEND, "origin_secret": False}, **LISTS, **BOTH, rate_action="block")
    with Project(out.parent).body("qa", "waf") as body:
        body["resource"]["aws_wafv2_web_acl"]["main"]["rule"] = rules
    found = Passing(Reach(stack(out)))
    assert {(each.source, each.verdict) for each in found.past_the_firewall if each.target == "alb"} == {
        ("internet", "yes"),
        ("another distribution", "yes"),
    }
    texts = {each.steps[-1].text for each in found.past_the_firewall if each.target == "alb"}
    assert {text.partition(":")[0] for text in texts} == {"the web ACL of alb inspects nothing"}
    assert {(each.target, each.verdict) for each in found.let_pass_the_firewall} == {("cdn", "yes")}


def test_the_rules_of_the_distribution_that_nobody_meets_past_it_are_named(make: Make) -> None:
    found = Passing(Reach(stack(make(FRONTEND, **LISTS, **BOTH)))).past_the_firewall
    (text,) = {each.missing[-1].text for each in found if each.target == "alb"}
    passed = "; not by those of cdn: blocked-ipv4, rate-limit, AWSManagedRulesAmazonIpReputationList"
    assert text.endswith(passed)


def test_the_web_acl_of_a_load_balancer_behind_a_distribution_needs_a_rule_of_its_own(
    root: Path, tmp_path: Path
) -> None:
    project = Project.alone(root, tmp_path / "project")
    groups: Mapping[str, Any] = {"AWSManagedRulesAmazonIpReputationList": {}}
    settings: Mapping[str, Any] = {"enabled": True, **BOTH, "managed_groups": groups}
    sections: dict[str, Mapping[str, Any]] = {"waf": settings, "frontend": FRONTEND}
    project.write("qa", QA + "".join(f"{name}: {json.dumps(held)}\n" for name, held in sections.items()))
    (problem,) = project.problems()
    assert problem.key == ("waf", "managed_groups")
    assert "leaves the load balancer's web ACL without a rule" in str(problem)
    sections["waf"] = {**settings, "max_body_bytes": 4096}
    project.write("qa", QA + "".join(f"{name}: {json.dumps(held)}\n" for name, held in sections.items()))
    assert project.problems() == []


def test_without_a_firewall_nothing_is_said(make: Make) -> None:
    assert past(stack(make(enabled=False))) == {}


@pytest.mark.parametrize(
    ("frontend", "settings", "passes"),
    [
        ({}, CDN, {("internet", "alb", 80), ("another distribution", "alb", 80)}),
        pytest.param(
            {"only_from_cloudfront": True}, CDN, {("another distribution", "alb", 80)}, marks=pytest.mark.slow
        ),
        ({"origin_secret": True}, CDN, set[tuple[str, str, int]]()),
        ({}, BOTH, set[tuple[str, str, int]]()),
    ],
    ids=["open", "CloudFront's addresses", "secret", "both"],
)
def test_who_passes_by_the_firewall_of_the_distribution(
    make: Make, frontend: Mapping[str, Any], settings: Mapping[str, Any], passes: set[tuple[str, str, int]]
) -> None:
    found = past(stack(make({**FRONTEND, **frontend}, **settings)))
    assert {way for way, verdict in found.items() if verdict == "yes"} == passes
    assert {way for way in found if way[1] == "cdn"} == {("internet", "cdn", 80), ("internet", "cdn", 443)}


def _unassociated(out: Path) -> None:
    with Project(out.parent).body("qa", "waf") as body:
        del body["resource"]["aws_wafv2_web_acl_association"]


def _of_another(out: Path) -> None:
    with Project(out.parent).body("qa", "waf") as body:
        body["resource"]["aws_wafv2_web_acl_association"]["load_balancer"]["resource_arn"] = "arn:of:another"


def _without_its_web_acl(out: Path) -> None:
    with Project(out.parent).body("qa", "frontend") as body:
        del body["resource"]["aws_cloudfront_distribution"]["site"]["web_acl_id"]


@pytest.mark.parametrize("mutation", [_unassociated, _of_another])
def test_a_load_balancer_that_loses_its_firewall_is_found(make: Make, mutation: Callable[[Path], None]) -> None:
    out = make(FRONTEND, **BOTH)
    mutation(out)
    assert {way for way, verdict in past(stack(out)).items() if verdict == "yes"} == {
        ("internet", "alb", 80),
        ("another distribution", "alb", 80),
    }


def test_a_distribution_that_loses_its_firewall_is_found(make: Make) -> None:
    secret = {**FRONTEND, "origin_secret": True}
    out = make(secret, **CDN)
    (before,) = web_acls(stack(out))
    assert before.of_distribution
    _without_its_web_acl(out)
    assert past(stack(out)) == {}, "no web ACL inspects anything: then there is no firewall to pass by"
    out = make(secret, **BOTH)
    _without_its_web_acl(out)
    ways = {each.target: each for each in Passing(Reach(stack(out))).past_the_firewall if each.source == "internet"}
    assert ways["cdn"].missing[-1].text == "what it passes on to alb is inspected there, and its files are not"


def test_the_command_says_what_inspects(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    root = make(rate_action="block").parent
    assert command.run(root, "qa") == 0
    told = capsys.readouterr().out
    assert (
        "past firewall: internet -> alb tcp 80: no, a web ACL inspects every request: 1 rule blocks (rate-limit)"
        in told
    )
    assert command.run(root, "qa", as_json=True) == 0
    (way,) = json.loads(capsys.readouterr().out)["qa"]["past_the_firewall"]
    assert (way["past"], way["to"], way["verdict"]) == ("firewall", "alb", "no")


# ---- the other tools -------------------------------------------------------------------------------------------------


def test_each_rule_and_each_request_costs(make: Make) -> None:
    prices, usage = load("us-west-2"), UsageSettings(waf_requests=10, waf_log_gb=3)
    found = estimate(stack(make()), usage, prices)
    costs = {each.item: round(each.cost.typical, 2) for each in found.charges if each.component == "WAF"}
    assert costs == {"web ACL": 5, "rule of a web ACL": 5, "10 million requests inspected": 6}
    assert "3 GB of logs" in {each.item for each in found.charges}
    assert found.complete
    everything = make(managed_groups={name: {} for name in GROUPS})
    (acl,) = web_acls(stack(everything))
    assert acl.capacity > INCLUDED_CAPACITY
    costs = {each.item: round(each.cost.typical, 2) for each in estimate(stack(everything), usage, prices).charges}
    assert costs[f"{acl.capacity} capacity units, {INCLUDED_CAPACITY} included"] == 2


def test_the_picture_and_the_alarms_show_it(make: Make) -> None:
    found = stack(make(rate_action="block"))
    (card,) = [each for each in picture(found).services if each.title == "WAF"]
    assert card.details == ("of the load balancer: 1 of 5 rules block",)
    (alarm,) = [each for each in monitoring(found).alarms if each.name == "miyabi-waf-qa-blocked"]
    assert alarm.metric == "AWS/WAFV2 Blocked requests (%)"
    assert alarm.condition == "share above 10 in 2 periods of 300 s"
