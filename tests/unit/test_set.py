"""`miyabi-infra set`: what the overlay says then, what stays as it is, and what is refused."""

import pytest

from miyabi_infra.commands.set import run
from miyabi_infra.overlays.problems import OverlayError
from miyabi_infra.refused import Refused
from tests.support import Project
from tests.unit.test_refusals import QA

HEAD = "# the head\n"
COMMENTED = f"{HEAD}{QA}\nsecurity_groups: # who gets in\n  https_ingress: true # both ports\n"
IPV6 = (
    "networking.ipv6=dual-stack",
    'security_groups.alb_ingress_ipv6_cidr_blocks=["::/0"]',
    "alb.ip_address_type=dualstack",
)


def test_settings_go_into_the_sections_that_are_there_and_back(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project.write("qa", COMMENTED)
    assert run(project.root, "qa", IPV6, ()) == 0
    assert capsys.readouterr().out.splitlines() == [
        "environments/qa.yaml:7: ipv6: dual-stack",
        "environments/qa.yaml:13: alb_ingress_ipv6_cidr_blocks: [::/0]",
        "environments/qa.yaml:16: ip_address_type: dualstack",
    ]
    settings = project.settings("qa")
    assert settings.security_groups.alb_ingress_ipv6_cidr_blocks == ("::/0",)
    assert "security_groups: # who gets in\n  https_ingress: true # both ports\n" in file.read_text(encoding="utf-8")

    removed = [each.partition("=")[0] for each in IPV6]
    assert run(project.root, "qa", (), removed) == 0
    assert file.read_text(encoding="utf-8") == COMMENTED
    assert run(project.root, "qa", (), removed) == 0  # once more
    assert file.read_text(encoding="utf-8") == COMMENTED


def test_what_is_taken_out_and_what_was_not_there_are_told_apart(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("qa", f"{QA}alb:\n  idle_timeout: 90\n  unheard_of: 1\n")
    assert run(project.root, "qa", (), ["alb.idle_timeout", "alb.unheard_of", "alb.internal", "state.bucket"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "environments/qa.yaml: alb.idle_timeout: removed",
        "environments/qa.yaml: alb.unheard_of: removed",
        "environments/qa.yaml: alb.internal: was not there; nothing changed",
        "environments/qa.yaml: state.bucket: was not there; nothing changed",
    ]


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("dns.load_balancer_name", "dns.load_balancer_name: is an unknown key (did you mean load_balancer_names?)"),
        ("alb.redirekt", "alb.redirekt: is an unknown key (did you mean redirect_http_to_https?)"),
        ("albs.internal", "albs: is an unknown key (did you mean alb?); allowed: "),
        (
            "secrets.payments.recovery",
            "secrets.payments.recovery: is an unknown key (did you mean recovery_window_days?)",
        ),
        ("alb.idle_timeout.seconds", "alb.idle_timeout.seconds: is an unknown key; allowed: no key here"),
        ("lint.waive.no-https.untill", "lint.waive.no-https.untill: is an unknown key (did you mean until?)"),
    ],
)
def test_a_key_that_no_setting_has_is_not_taken_out(project: Project, key: str, problem: str) -> None:
    file = project.write("qa", f"{QA}alb: {{idle_timeout: 90}}\n")
    with pytest.raises(Refused) as refused:
        run(project.root, "qa", ["alb.internal=false"], ["alb.idle_timeout", key])
    assert problem in str(refused.value)
    assert "idle_timeout: 90" in file.read_text(encoding="utf-8")


def test_a_name_of_ones_own_can_be_taken_out(project: Project) -> None:
    file = project.write("qa", f"{QA}tags: {{Team: platform}}\n")
    assert run(project.root, "qa", (), ["tags.Team", "tags.Other", "lint.waive.no-https"]) == 0
    assert file.read_text(encoding="utf-8") == QA


def test_an_empty_section_takes_a_setting(project: Project) -> None:
    file = project.write("qa", f"{QA}alb: # later\n")
    assert run(project.root, "qa", ["alb.idle_timeout=120", "alb.internal=true"], ()) == 0
    assert file.read_text(encoding="utf-8") == f"{QA}alb: {{idle_timeout: 120, internal: true}} # later\n"


def test_a_date_stays_a_text_and_an_empty_value_is_null(project: Project) -> None:
    file = project.write("qa", f"{QA}monthly_budget: 130 # USD\n")
    waiver = "lint.waive.no-https={reason: soon, until: 2027-03-31}"
    assert run(project.root, "qa", ["monthly_budget=", waiver, "lint.waive.no-https.until=2027-04-30"], ()) == 0
    text = file.read_text(encoding="utf-8")
    assert "monthly_budget: null # USD\n" in text
    assert project.settings("qa").lint.waive["no-https"].until.isoformat() == "2027-04-30"


@pytest.mark.parametrize(
    ("assignment", "problem"),
    [
        ("alb.idle_timeout=9999", "environments/qa.yaml: alb.idle_timeout: 9999 is too large; allowed: at most 4000"),
        ("alb.idle_time=60", "environments/qa.yaml: alb.idle_time: 60 is under an unknown key (did you mean"),
        ("alb.ip_address_type=dualstack", "needs subnets with IPv6 blocks"),
        ("alb.idle_timeout", "alb.idle_timeout: is no assignment; allowed: KEY=VALUE"),
        ("alb .idle=3", "alb .idle: is no key of a setting; allowed: names with dots"),
        ("ecs.log_retention_days=14", "ecs.log_retention_days: is named twice; allowed: each setting once"),
        ("alb.idle_timeout=[", "alb.idle_timeout: [ is not YAML; allowed: a value as in the overlay"),
        ("networking=3", "environments/qa.yaml cannot be changed: networking is written over several lines"),
        ("ecs.ecr_image_uri.x=3", "environments/qa.yaml cannot be changed: 'x' cannot be added to a plain value"),
    ],
)
def test_what_is_refused_is_not_written(project: Project, assignment: str, problem: str) -> None:
    file = project.write("qa", QA)
    with pytest.raises(Refused) as refused:
        run(project.root, "qa", ["ecs.log_retention_days=30", assignment], ())
    assert problem in str(refused.value)
    assert file.read_text(encoding="utf-8") == QA


def test_a_refusal_names_lines_of_the_file_as_it_is(project: Project) -> None:
    """Nothing was written: a line that the change would make is in no file."""
    project.write("qa", f"{QA}alb:\n  idle_timeout: 60\n")
    with pytest.raises(OverlayError) as refused:
        run(project.root, "qa", ["dns.zone=a b", "alb.client_keep_alive=1", "alb.idle_timeout=9999"], ())
    held = project.overlay("qa").read_text(encoding="utf-8").splitlines()
    said = str(refused.value).splitlines()
    assert [line.split(" ")[0] for line in said] == ["environments/qa.yaml:"] * 2 + [
        f"environments/qa.yaml:{held.index('  idle_timeout: 60') + 1}:"
    ]
    assert {line.split(" ")[1] for line in said} == {"dns.zone:", "alb.client_keep_alive:", "alb.idle_timeout:"}


def test_a_number_where_a_text_belongs_stays_a_text(project: Project) -> None:
    file = project.write("qa", QA)
    assert run(project.root, "qa", ["account_id=012345678901", "ecs.environment_variables.PORT=080"], ()) == 0
    assert project.settings("qa").account_id == "012345678901"
    assert project.settings("qa").ecs.environment_variables["PORT"] == "080"
    assert "account_id: '012345678901'" in file.read_text(encoding="utf-8").replace('"', "'")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "certificate: {domain_names: [*.api.example.com]}",
            'has *.api.example.com, which YAML takes for an alias; allowed: "*.api.example.com", in quotes',
        ),
        ("tags: {Team: @platform}", "allowed: quotes around a value that begins with"),
        ("tags: {Team: `platform`}", "allowed: quotes around a value that begins with"),
        ("tags:\n  Team: one: two", "allowed: quotes around a value that begins with * & @ ` % or has a colon"),
        (
            "account_id: 012345678901",
            "account_id: '012345678901' is read as a number, which loses the zero; allowed: '012345678901' in quotes",
        ),
    ],
)
def test_what_needs_quotes_is_said(project: Project, line: str, said: str) -> None:
    project.write("qa", f"{QA}{line}\n")
    assert said in "\n".join(map(str, project.problems()))


def test_the_base_is_held_against_every_overlay_on_it(project: Project) -> None:
    assert run(project.root, "base", ["region=us-west-2", "tags.Team=platform"], ()) == 0
    assert project.settings("dev").tags["Team"] == "platform"
    with pytest.raises(OverlayError, match=r"prod\.yaml:\d+: networking\.availability_zones\[0\]: 'us-west-2a' is not"):
        run(project.root, "base", ["region=us-east-1"], ())


def test_an_overlay_that_is_not_there_is_refused(project: Project) -> None:
    with pytest.raises(
        Refused, match=r"^there is no environments/q.yaml; the overlays are dev, prod, shared, staging, base$"
    ):
        run(project.root, "q", ["alb.idle_timeout=60"], ())


def test_other_mistakes_do_not_stand_in_the_way_of_mending_one(project: Project) -> None:
    file = project.write("qa", f"{QA}alb:\n  idle_timeout: 9999\n  client_keep_alive: 1\n")
    assert run(project.root, "qa", ["alb.idle_timeout=120"], ()) == 0
    assert "idle_timeout: 120\n" in file.read_text(encoding="utf-8")
    file.write_text("networking: [", encoding="utf-8")
    with pytest.raises(OverlayError, match=r"qa\.yaml:1"):
        run(project.root, "qa", ["alb.idle_timeout=120"], ())
