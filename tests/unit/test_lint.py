"""`miyabi-infra lint`: waivers with their last day, exit codes, and what is said when checkov is not there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from miyabi_infra.commands.lint import rules, run
from miyabi_infra.lint import policies
from miyabi_infra.refused import Refused
from tests.support import Project

Shown = Callable[[], str]

TODAY = "2026-12-01"
"""The day of these tests: waivers of the repository's overlays end later, and what ends is not for tests to tell."""

SINGLE_NAT = "single-nat-for-several-zones"


@pytest.fixture
def synthesized(project: Project, output: Path) -> Project:
    """A project whose stacks are those of the repository's overlays; lint reads waivers from the overlays."""
    project.out.symlink_to(output)
    return project


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Shown:
    return lambda: capsys.readouterr().out


def found(project: Project, shown: Shown, environment: str | None = None) -> list[dict[str, Any]]:
    shown()
    run(project.root, environment, today=TODAY, form="json")
    return json.loads(shown())["findings"]


def test_the_repositorys_overlays_pass(synthesized: Project, shown: Shown) -> None:
    assert run(synthesized.root, today=TODAY) == 0
    assert {each["severity"] for each in found(synthesized, shown) if not each["waived"]} == {"info"}


def test_a_finding_names_file_line_reason_and_fix(synthesized: Project, shown: Shown) -> None:
    synthesized.change("dev", (f"    {SINGLE_NAT}:", "    any-account:"))
    assert run(synthesized.root, "dev", today=TODAY) == 1
    assert (
        f"  warning {SINGLE_NAT}\n"
        "      environments/dev.yaml:12: networking.single_nat_gateway: 1 NAT gateway for 2 zones\n"
        "      why: When the NAT gateway's zone fails, tasks in the other zones cannot pull images, write logs or "
        "read secrets.\n"
        "      fix: single_nat_gateway: false\n"
    ) in shown()


def test_a_default_is_said_to_be_one(synthesized: Project, shown: Shown) -> None:
    (account,) = [each for each in found(synthesized, shown, "dev") if each["finding"] == "any-account"]
    assert account["default"]


def test_what_is_waived_is_shown_with_its_reason_and_last_day(synthesized: Project, shown: Shown) -> None:
    run(synthesized.root, "dev", today=TODAY)
    assert f"  waived until 2027-06-30: {SINGLE_NAT}: A second one costs more than an interruption of dev.\n" in shown()


@pytest.mark.parametrize(("today", "code"), [("2027-01-31", 0), ("2027-02-01", 1)])
def test_a_waiver_holds_to_the_end_of_its_last_day(synthesized: Project, shown: Shown, today: str, code: int) -> None:
    (ends,) = [each["waiver"]["until"] for each in found(synthesized, shown, "dev") if each["finding"] == SINGLE_NAT]
    synthesized.change("dev", (f"until: {ends}", "until: 2027-01-31"))
    assert run(synthesized.root, "dev", today=today) == code
    assert (f"warning {SINGLE_NAT}; its waiver ended on 2027-01-31" in shown()) == bool(code)


def test_a_waiver_of_the_base_holds_in_every_environment(synthesized: Project, shown: Shown) -> None:
    waived = [each["environment"] for each in found(synthesized, shown) if each["finding"] == "no-https"]
    assert waived == ["dev", "prod", "staging"]


def test_an_overlay_can_waive_what_the_base_waives_in_its_own_way(synthesized: Project, shown: Shown) -> None:
    synthesized.change("staging", ("  waive:\n", "  waive:\n    no-https: {reason: another, until: 2026-11-30}\n"))
    assert run(synthesized.root, today=TODAY) == 1
    expired = [each for each in found(synthesized, shown) if each["waiver"] and not each["waived"]]
    assert [(each["environment"], each["finding"]) for each in expired] == [("staging", "no-https")]


def test_a_waiver_that_waives_nothing_is_found(synthesized: Project, shown: Shown) -> None:
    synthesized.change("staging", ("  waive:\n", '  waive:\n    old-tls: {reason: none, until: "2027-01-31"}\n'))
    (unused,) = [each for each in found(synthesized, shown) if each["finding"] == "unused-waiver"]

    assert (unused["environment"], unused["subject"], unused["severity"]) == (
        "staging",
        "lint.waive.old-tls",
        "warning",
    )
    lines = synthesized.overlay("staging").read_text(encoding="utf-8").splitlines()
    assert lines[int(unused["line"]) - 1].strip().startswith("old-tls: ")
    assert run(synthesized.root, today=TODAY) == 1


def test_a_waiver_of_the_base_that_one_environment_uses_is_used(synthesized: Project, shown: Shown) -> None:
    name = "open-port-nobody-answers"
    synthesized.change("base", ("  waive:\n", f"  waive:\n    {name}: {{reason: shared, until: 2027-01-31}}\n"))
    everything = found(synthesized, shown)

    assert [each["environment"] for each in everything if each["finding"] == name] == ["prod", "staging"]
    assert [each for each in everything if each["finding"] == "unused-waiver"] == []


@pytest.mark.parametrize(
    ("waiver", "key", "problem"),
    [
        (
            "no-htps: {reason: typo, until: 2027-01-31}",
            "no-htps",
            "is not the name of a finding (did you mean no-https?)",
        ),
        ("NO_HTTPS: {reason: typo, until: 2027-01-31}", "NO_HTTPS", "is not the name of a finding"),
        ("old-tls: {until: 2027-01-31}", "old-tls.reason", "is missing"),
        ('old-tls: {reason: "", until: 2027-01-31}', "old-tls.reason", "is empty"),
        ("old-tls: {reason: why}", "old-tls.until", "is missing"),
        ("old-tls: {reason: why, until: soon}", "old-tls.until", "is not a date"),
        ("old-tls: {reason: why, until: 2027-01-31 10:00:00}", "old-tls.until", "is not a date"),
        ("old-tls: {reason: why, till: 2027-01-31, until: 2027-01-31}", "old-tls.till", "(did you mean until?)"),
        ("old-tls: later", "old-tls", "is not a mapping"),
    ],
)
def test_a_waiver_that_can_not_be_one_is_refused(project: Project, waiver: str, key: str, problem: str) -> None:
    project.change("dev", ("  waive:\n", f"  waive:\n    {waiver}\n"))
    (found,) = project.problems()
    assert ".".join(map(str, found.key)) == f"lint.waive.{key}"
    assert problem in found.problem


def test_lint_refuses_waivers_that_synth_refuses(synthesized: Project) -> None:
    synthesized.change("dev", ("  waive:\n", "  waive:\n    no-https: {reason: why, until: soon}\n"))
    with pytest.raises(Refused, match=r"environments/dev\.yaml: lint .* cannot be used; 'make synth' says why"):
        run(synthesized.root, today=TODAY)


@pytest.mark.parametrize(("fail_on", "code"), [("error", 0), ("warning", 1), ("info", 1), ("never", 0)])
def test_the_severity_that_fails_can_be_chosen(synthesized: Project, fail_on: str, code: int) -> None:
    synthesized.change("dev", (f"    {SINGLE_NAT}:", "    any-account:"))
    assert run(synthesized.root, "dev", today=TODAY, fail_on=fail_on) == code


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"fail_on": "fatal"}, "'fatal' is not a severity; allowed: error, warning, info, never"),
        ({"today": "tomorrow"}, "'tomorrow' is not a day; allowed: a day such as 2027-03-31"),
        ({"environment": "qa"}, "there is no environment 'qa'"),
    ],
)
def test_wrong_options_are_refused(synthesized: Project, options: dict[str, str], text: str) -> None:
    with pytest.raises(Refused, match=text):
        run(synthesized.root, **{"today": TODAY, **options})  # pyright: ignore[reportArgumentType]


def test_without_checkov_the_rest_is_judged_and_it_is_said_how_to_install_it(
    synthesized: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(policies, "scanner", lambda _root: None)  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]
    assert run(synthesized.root, policies=True, today=TODAY) == 0
    captured = capsys.readouterr()
    assert (
        captured.err
        == "policies were not checked: checkov is not installed: 'make policies' installs it, and asks it\n"
    )
    assert captured.out.startswith("dev: ")


def test_the_rules_are_listed_with_what_comes_of_them(shown: Shown) -> None:
    assert rules() == 0
    assert "no-https" in shown()
