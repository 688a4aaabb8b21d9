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
        ("alb.idle_timeout=9999", "environments/qa.yaml:7: alb.idle_timeout: 9999 is too large; allowed: at most 4000"),
        ("alb.idle_time=60", "environments/qa.yaml:7: alb.idle_time: 60 is under an unknown key (did you mean"),
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


def test_the_base_is_held_against_every_overlay_on_it(project: Project) -> None:
    assert run(project.root, "base", ["region=us-west-2", "tags.Team=platform"], ()) == 0
    assert project.settings("dev").tags["Team"] == "platform"
    with pytest.raises(OverlayError, match=r"prod\.yaml:\d+: networking\.availability_zones\[0\]: 'us-west-2a' is not"):
        run(project.root, "base", ["region=us-east-1"], ())


def test_an_overlay_that_is_not_there_is_refused(project: Project) -> None:
    with pytest.raises(
        Refused, match=r"^there is no environments/q.yaml; the overlays are dev, prod, shared, staging$"
    ):
        run(project.root, "q", ["alb.idle_timeout=60"], ())


def test_other_mistakes_do_not_stand_in_the_way_of_mending_one(project: Project) -> None:
    file = project.write("qa", f"{QA}alb:\n  idle_timeout: 9999\n  client_keep_alive: 1\n")
    assert run(project.root, "qa", ["alb.idle_timeout=120"], ()) == 0
    assert "idle_timeout: 120\n" in file.read_text(encoding="utf-8")
    file.write_text("networking: [", encoding="utf-8")
    with pytest.raises(OverlayError, match=r"qa\.yaml:1"):
        run(project.root, "qa", ["alb.idle_timeout=120"], ())
