"""What a change of a setting does: every setting is measured, none fails, and the commands say what was measured."""

import json
import re
from pathlib import Path

import pytest

from miyabi_infra.commands import diff, summary
from miyabi_infra.stacks.cuts import CUTS
from miyabi_infra.stacks.effects import EFFECTS, Measured, effect_of, effects_between
from miyabi_infra.stacks.steps import STEPS
from tests.changes import BASES, DEFAULT, base_of, changes_of, default_of, settings
from tests.support import Project

MEASURED = Measured.read()


def test_every_change_of_every_setting_is_measured() -> None:
    stale = set[str]()
    for setting in settings():
        for base in BASES:
            found = [each.after for each in MEASURED.get(setting, ()) if base_of(setting, each.deployed_by) == base]
            afters = [each[setting] for each in changes_of(setting, base)]
            stale |= {setting for each in afters if (default_of(setting) if each is DEFAULT else each) not in found}
    assert not stale, f'run `make changes ONLY="{" ".join(sorted(stale))}"` (needs Terraform)'


def test_nothing_is_kept_of_a_setting_that_is_gone() -> None:
    assert list(MEASURED) == settings(), "run `make changes` (needs Terraform)"


def test_what_is_not_tried_has_its_steps() -> None:
    assert {setting for setting, found in MEASURED.items() if not found} - STEPS.keys() == set()


def test_no_change_ends_in_a_failed_apply_but_where_steps_are_told() -> None:
    failed = {each.setting: each.failed for found in MEASURED.values() for each in found if each.failed}
    told = {each.setting for found in MEASURED.values() for each in found if each.effect == "needs steps"}
    assert {setting: why for setting, why in failed.items() if setting not in told} == {}


@pytest.mark.parametrize(
    ("setting", "before", "after", "effect"),
    [
        (("monthly_budget",), 1000, 900, None),
        (("alb", "idle_timeout"), 60, 45, "in place"),
        (("ecs", "environment_variables", "LOG_LEVEL"), "info", "debug", "new version rolled out"),
        (("region",), "us-west-2", "us-east-1", "needs steps"),
        (("elasticache", "redis_node_type"), "cache.t3.micro", "cache.t3.small", "interrupts"),
        (("elasticache", "topology"), "single-node", "replication-group", "needs steps"),
        (("networking", "availability_zones", 2), None, "us-west-2c", "new version rolled out"),
        (("rds", "enabled"), True, False, "needs steps"),
        (("networking", "enable_nat_gateway"), True, False, "interrupts"),
        (("networking", "enable_nat_gateway"), False, True, "not measured"),
        (("rds", "multi_az"), False, True, "not measured"),
        (("elasticache", "log_delivery", 0), None, "slow-log", "not measured"),
        (("ecs", "stop_timeout"), None, 60, "new version rolled out"),
        (("highly_available",), False, True, None),
        (("elasticache", "redis_engine_version"), "7.0", "7.1", "not measured"),
        (("frontend", "bucket"), "one", "another", "needs steps"),
        (("ecs", "of_tomorrow"), 1, 2, None),
    ],
)
def test_the_effect_of_a_setting_is_the_one_of_what_it_is_in_and_of_its_value(
    setting: tuple[str | int, ...], before: object, after: object, effect: str | None
) -> None:
    found = effect_of(setting, before, after)
    assert (found.effect if found else None) == effect
    assert effect is None or effect in EFFECTS


SHOP, WWW = "shop.example.com", "www.example.com"
NO_HEADER = "requests to the load balancer without the distribution's header, which get a 403: for good"
OF_THE_CDN = "requests by the distribution to the load balancer"
OFFICE, WORLD = "203.0.113.0/24", "0.0.0.0/0"
FRONT, BEHIND = {"frontend.enabled": True}, {"frontend.enabled": True, "frontend.only_from_cloudfront": True}


@pytest.mark.parametrize(
    ("setting", "before", "after", "others", "what"),
    [
        ("dns.frontend_names", [], [SHOP], {}, ""),
        ("dns.frontend_names", [WWW, SHOP], [SHOP], {}, f"the name {WWW}: for good"),
        ("dns.frontend_names", [SHOP, WWW], [WWW, SHOP], {}, ""),
        (
            "dns.load_balancer_names",
            [SHOP],
            [],
            {"dns.frontend_names": [SHOP]},
            f"the name {SHOP}: until the new record is there: about a minute",
        ),
        ("frontend.domain_names", [], [SHOP], {}, ""),
        ("frontend.domain_names", [SHOP], [], {}, f"the name {SHOP}: for good"),
        ("codedeploy.test_port", 9000, None, {}, "test traffic to port 9000: for good"),
        ("codedeploy.test_port", None, 9000, {}, ""),
        ("alb.ip_address_type", "ipv4", "dualstack", {}, ""),
        ("alb.ip_address_type", "ipv4", "dualstack-without-public-ipv4", {}, "requests over IPv4: for good"),
        ("alb.ip_address_type", "dualstack", "ipv4", {}, "requests over IPv6: for good"),
        (
            "security_groups.alb_ingress_cidr_blocks",
            [WORLD],
            [OFFICE],
            {},
            f"requests from {WORLD} but for {OFFICE}: for good",
        ),
        ("security_groups.alb_ingress_cidr_blocks", [OFFICE], [WORLD], {}, ""),
        ("security_groups.alb_ingress_cidr_blocks", [OFFICE], [WORLD], BEHIND, ""),
        ("security_groups.alb_ingress_cidr_blocks", [WORLD], [OFFICE], BEHIND, ""),
        ("security_groups.alb_ingress_cidr_blocks", ["203.0.113.0/25", "203.0.113.128/25"], [OFFICE], {}, ""),
        ("security_groups.alb_ingress_ipv6_cidr_blocks", ["::/0"], [], {"alb.ip_address_type": "ipv4"}, ""),
        (
            "security_groups.alb_ingress_ipv6_cidr_blocks",
            ["::/0"],
            ["2001:db8::/32"],
            {"alb.ip_address_type": "dualstack"},
            "requests from ::/0 but for 2001:db8::/32: for good",
        ),
        ("codedeploy.test_cidr_blocks", [OFFICE], [], {}, f"test traffic from {OFFICE}: for good"),
        (
            "frontend.only_from_cloudfront",
            False,
            True,
            FRONT,
            "requests to the load balancer that do not come from CloudFront: for good",
        ),
        ("frontend.only_from_cloudfront", True, False, FRONT, ""),
        (
            "frontend.origin_secret",
            False,
            True,
            {},
            NO_HEADER,
        ),
        (
            "frontend.origin_secret",
            False,
            True,
            FRONT,
            f"{NO_HEADER}; {OF_THE_CDN}: until the distribution sends it: some minutes",
        ),
        ("frontend.origin_secret", True, False, FRONT, ""),
        ("frontend.enabled", False, True, {}, ""),
        ("frontend.api_paths", ["/api/*"], ["/api/*", "/ws"], {}, ""),
        ("frontend.api_paths", ["/api/*", "/api/v1"], ["/api/*"], {}, ""),
        (
            "frontend.api_paths",
            ["/ws"],
            ["/api/*"],
            {},
            "requests by the distribution to /ws, which get a file: for good",
        ),
        ("frontend.minimum_tls", "TLSv1.2_2021", "TLSv1.2_2019", {}, ""),
        (
            "frontend.minimum_tls",
            "TLSv1.2_2019",
            "TLSv1.2_2021",
            {},
            "viewers that know no cipher of TLSv1.2_2021: for good",
        ),
        (
            "alb.ssl_policy",
            "ELBSecurityPolicy-2016-08",
            "ELBSecurityPolicy-TLS13-1-2-2021-06",
            {},
            "clients that know no TLS 1.2: for good",
        ),
        ("alb.ssl_policy", "ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-2016-08", {}, ""),
        ("waf.blocked_addresses", [], ["192.0.2.0/24"], {}, "requests from 192.0.2.0/24, which get a 403: for good"),
        ("waf.blocked_addresses", ["192.0.2.0/24"], [], {}, ""),
        ("security_groups.https_ingress", False, True, {}, ""),
        ("security_groups.https_ingress", True, False, {}, "requests of users to port 443: for good"),
        ("security_groups.https_ingress", True, False, BEHIND, ""),
        (
            "alb.redirect_http_to_https",
            False,
            True,
            {"alb.certificate_arn": "arn", "certificate.domain_names": []},
            "POST requests over HTTP, whose body the redirect loses: for good",
        ),
        (
            "alb.redirect_http_to_https",
            False,
            True,
            {"alb.certificate_arn": "", "certificate.domain_names": []},
            "",
        ),
        (
            "alb.certificate_arn",
            "",
            "arn",
            {"certificate.domain_names": [], "alb.redirect_http_to_https": True},
            "POST requests over HTTP, whose body the redirect loses: for good",
        ),
        (
            "certificate.domain_names",
            [SHOP],
            [],
            {"alb.certificate_arn": ""},
            "requests over HTTPS to the load balancer: for good",
        ),
        (
            "certificate.domain_names",
            [f"*.{SHOP}", f"api.{SHOP}", WWW],
            [f"*.{SHOP}"],
            {"alb.certificate_arn": ""},
            f"requests over HTTPS to {WWW}, which the certificate has no more: for good",
        ),
        ("certificate.domain_names", [SHOP], [SHOP, WWW], {"alb.certificate_arn": ""}, ""),
        (
            "elasticache.redis_node_type",
            "cache.t3.micro",
            "cache.t3.small",
            {"elasticache.topology": "single-node"},
            "the cache, while AWS moves it to a new node: some minutes",
        ),
        (
            "elasticache.redis_engine_version",
            "7.0",
            "7.1",
            {"elasticache.topology": "replication-group"},
            "writes to the cache, during a failover: some seconds",
        ),
        ("dns.zone", None, "example.com", {}, ""),
        ("log_bucket.name", "", "miyabi-logs-dev", {}, ""),
        ("alb.access_logs", False, True, {}, ""),
        ("endpoints.s3", False, True, {}, "open connections from the tasks to S3: until they are opened again"),
        ("endpoints.s3", True, False, {}, "open connections from the tasks to S3: until they are opened again"),
    ],
)
def test_whom_a_change_cuts_off_is_told_by_its_own_values(
    setting: str, before: object, after: object, others: dict[str, object], what: str
) -> None:
    sides = ({**others, setting: before}.get, {**others, setting: after}.get)
    found = effect_of(tuple(setting.split(".")), before, after, sides)
    assert found is not None
    assert (found.effect, found.what) == (("interrupts", what) if what else ("in place", ""))


def test_no_value_of_a_measured_example_is_told_of_another() -> None:
    """A name or a port in what was interrupted is that of the example: the setting then needs a row in CUTS."""
    leaking = {
        setting
        for setting, found in MEASURED.items()
        for each in found
        if {*re.findall(r"[\w.-]+", json.dumps(each.before))} & {*" ".join(each.interrupted).split()}
    }
    assert "dns.frontend_names" in leaking
    assert leaking - CUTS.keys() == set()


def test_the_page_says_whom_the_values_cut_off() -> None:
    found = [each for each in MEASURED["alb.ip_address_type"] if (each.before, each.after) == ("dualstack", "ipv4")]
    assert [(each.effect, each.what, each.known) for each in found] == [
        ("interrupts", "requests over IPv6: for good", "its values")
    ]


def test_what_is_said_of_a_frontend_that_only_cloudfront_reaches(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All at once: what the switch of the section does not do alone has the settings that do it."""
    project.take(output)
    project.commit()
    project.change("dev", ("https_ingress: false", "https_ingress: true"))
    with project.overlay("dev").open("a", encoding="utf-8") as overlay:
        overlay.write(
            "frontend: {enabled: true, bucket: miyabi-frontend-dev, only_from_cloudfront: true, origin_secret: true}\n"
        )
    project.synthesize("dev")
    summary.run(project.root)
    said = capsys.readouterr().out
    section = said.partition("### What it does to what runs\n\n")[2].partition("\n\n")[0]
    assert [line.partition(" interrupts ")[0] for line in section.splitlines()] == [
        "- `dev`: frontend.only_from_cloudfront",
        "- `dev`: frontend.origin_secret",
        "- `dev`: in place: frontend.enabled",
    ]
    told = [
        re.findall(r"`((?:frontend|security_groups)\.\w+)`", line) for line in said.splitlines() if "ingress[" in line
    ]
    assert told == [["frontend.enabled", "frontend.only_from_cloudfront"]] * 2
    told = [re.findall(r"`(frontend\.\w+)`", line) for line in said.splitlines() if "`default_action[0].type`" in line]
    assert told == [["frontend.enabled", "frontend.origin_secret"]]
    assert "prefix lists that security groups let in" not in said
    section = said.partition("### Stronger than before\n\n")[2].partition("\n\n")[0]
    assert [line.partition("`: ")[2].partition(" of ")[0] for line in section.splitlines()] == [
        "addresses",
        "listeners that serve only with the distribution's header: 0 to 1",
        "alarms: 8 to 9",
    ], "what is new is no gain of what was there"


def test_the_gravest_comes_first_and_what_does_nothing_is_left_out(project: Project) -> None:
    running = project.settings("dev")
    settings = [("alb", "idle_timeout"), ("monthly_budget",), ("networking", "vpc_cidr"), ("ecs", "task_cpu")]
    text = project.overlay("dev").read_text(encoding="utf-8")
    project.write("dev", text.replace("10.0.0.0/16", "10.0.0.0/17"))
    found = effects_between(running, project.settings("dev"), settings)
    assert [each.effect for each in found] == ["needs steps", "new version rolled out", "in place"]
    assert [each.setting for each in found] == ["networking.vpc_cidr", "ecs.task_cpu", "alb.idle_timeout"]


def test_diff_says_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    diff.run(root, "dev", "prod", as_json=True)
    effects = {each["setting"]: each for each in json.loads(capsys.readouterr().out)["effects"]}
    assert effects["ecs_service.autoscaling_max_capacity"]["effect"] == "in place"
    assert effects["networking.vpc_cidr"]["effect"] == "needs steps"
    diff.run(root, "dev", "prod")
    said = capsys.readouterr().out.partition("what else it would do to a running dev:\n")[2]
    assert "  in place: " in said
    assert "networking.vpc_cidr" not in said.partition("\nprod ")[0]


def test_summary_says_it(project: Project, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project.take(output)
    project.commit()
    project.change("dev", ("elasticache:\n", "elasticache:\n  redis_node_type: cache.t3.small\n"))
    project.change("staging", ("ecs:\n", "ecs:\n  stop_timeout: 60\n"))
    project.synthesize()
    summary.run(project.root)
    section = capsys.readouterr().out.partition("### What it does to what runs\n\n")[2].partition("\n\n")[0]
    assert section.splitlines() == [
        "- `dev`: elasticache.redis_node_type interrupts the cache, while AWS moves it to a new node: some minutes",
        "- `staging`: new version rolled out: ecs.stop_timeout",
    ]


def test_a_new_section_that_changes_the_tasks_rolls_a_new_version_out(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.take(output)
    project.commit()
    with project.overlay("dev").open("a", encoding="utf-8") as overlay:
        overlay.write("rds:\n  enabled: true\n")
    project.synthesize()
    summary.run(project.root)
    section = capsys.readouterr().out.partition("### What it does to what runs\n\n")[2].partition("\n\n")[0]
    assert section.splitlines() == [
        "- `dev`: new version rolled out: module.ecs.aws_ecs_task_definition.app",
        "- `dev`: in place: rds.enabled",
    ]


def test_a_change_of_the_shared_stack_is_told_by_the_names_of_its_overlay(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.take(output)
    project.commit()
    project.change("shared", ("registry:\n", "registry:\n  keep_images: 20\n"), ("terraform-state", "states"))
    for environment in ("staging", "prod"):
        project.change(environment, ("terraform-state", "states"))
    project.synthesize()
    summary.run(project.root)
    said = capsys.readouterr().out
    assert "- `shared`: replaced without interruption: registry.keep_images" in said
    assert "state_bucket.name: Terraform refuses to destroy the bucket of the states" in said
    assert "shared.registry" not in said
