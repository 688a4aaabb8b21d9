"""`miyabi-infra report`: what the page holds; how it behaves in a browser is tested in tests/browser."""

import html
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from miyabi_infra.cli import app
from miyabi_infra.commands.report import run
from miyabi_infra.pages.report import SECTIONS, page
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import read
from tests.support import Project


@pytest.fixture(scope="module")
def synthesized(root: Path, output: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.copy_of(root, tmp_path_factory.mktemp("report"))
    project.out.symlink_to(output)
    return project


@pytest.fixture(scope="module")
def dev(synthesized: Project) -> str:
    return page(synthesized.root, "dev")


@pytest.mark.parametrize("name", ["dev", "prod", "staging", "shared"])
def test_every_environment_has_every_section_and_resource(synthesized: Project, output: Path, name: str) -> None:
    text = page(synthesized.root, name)
    (stack,) = [each for each in read(output) if each.environment == name]

    assert [anchor for anchor, _ in SECTIONS if f'<section id="{anchor}"' not in text] == []
    assert [each.address for each in stack.resources if f"<code>{html.escape(each.address)}</code>" not in text] == []


def test_a_region_without_prices_leaves_the_rest_of_the_page(project: Project, output: Path) -> None:
    project.take(output)
    file = project.out / "stacks/miyabi-dev/cdk.tf.json"
    file.write_text(file.read_text("utf-8").replace('"us-west-2"', '"eu-central-1"'), encoding="utf-8")
    text = page(project.root, "dev")
    assert "there are no prices for eu-central-1" in text
    assert [anchor for anchor, _ in SECTIONS if f'<section id="{anchor}"' not in text] == []
    assert "there are no prices" not in page(project.root, "prod")


def test_cost_is_there_with_its_sources_and_the_budget(dev: str) -> None:
    assert "<td>total</td>" in dev
    assert "USW2-NatGateway-Hours" in dev
    assert "https://aws.amazon.com/vpc/pricing/ (seen " in dev
    assert "Budget 130.00 USD: " in dev


def test_connections_are_there_with_what_allows_them(dev: str) -> None:
    assert "<summary>internet to alb, tcp 80</summary>" in dev
    assert "<code>module.security_groups.aws_security_group.redis</code>" in dev


def test_findings_are_there_and_waived_ones_say_so(project: Project, output: Path) -> None:
    project.out.symlink_to(output)
    reason = "A second one costs more than an interruption of dev."
    project.change("dev", (reason, "<cheap>"), ("until: 2027-06-30", "until: 2199-12-31"))
    text = page(project.root, "dev")

    assert "<strong>single-nat-for-several-zones</strong>" in text
    assert '<p class="good">Waived until 2199-12-31: &lt;cheap&gt;</p>' in text


def test_settings_name_their_lines_and_what_differs_elsewhere(dev: str, synthesized: Project) -> None:
    lines = synthesized.overlay("dev").read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "single_nat_gateway" in text)
    rows = re.sub(r"\s+", "", dev)

    assert f"<td>networking.single_nat_gateway</td><td>true</td><td>environments/dev.yaml:{line}</td>" in rows
    assert "Compared with prod" in dev
    assert "<td>networking.single_nat_gateway</td><td>true</td><td>environments/dev.yaml" in rows
    assert "Compared with shared" not in dev


def test_it_asks_for_nothing_from_outside(dev: str) -> None:
    assert re.findall(r"""(?:src|srcset|href)=["'](?!#)[^"']*|url\(|@import|<script|<link|<iframe""", dev) == []


def test_a_value_of_an_overlay_arrives_as_text(project: Project, output: Path) -> None:
    project.out.symlink_to(output)
    project.change("dev", ("LOG_LEVEL: info", 'LOG_LEVEL: "</td><script>alert(1)</script>"'))
    text = page(project.root, "dev")

    assert "<script" not in text
    assert "&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_a_region_without_prices_is_said_to_have_none(project: Project, output: Path) -> None:
    project.take(output)
    file = project.out / "stacks/miyabi-dev/cdk.tf.json"
    file.write_text(file.read_text().replace('"region": "us-west-2"', '"region": "eu-north-1"'))

    assert '<p class="bad">there are no prices for eu-north-1' in page(project.root, "dev")


def test_what_can_not_be_reported_is_refused(synthesized: Project, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no environment 'qa'"):
        page(synthesized.root, "qa")
    with pytest.raises(Refused, match="can't be written: No such file or directory"):
        run(synthesized.root, "dev", tmp_path / "nowhere/dev.html")


@pytest.mark.parametrize(
    "arguments",
    [
        ["report"],
        ["report", "--env", "qa"],
        ["diagram"],
        ["diagram", "--format", "svg"],
        ["diagram", "--env", "dev", "--check"],
        ["diagram", "--env", "qa"],
        ["summary", "--since", "no-such-revision"],
        ["summary", "--plan", "no-such-file"],
    ],
)
def test_wrong_use_exits_with_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_what_is_not_judged_as_a_protection_is_named(project: Project, output: Path, dev: str) -> None:
    project.take(output)
    file = project.out / "stacks/miyabi-dev/modules/alb/main.tf.json"
    body = json.loads(file.read_text())
    body["resource"]["aws_lb"]["main"]["mystery"] = True
    file.write_text(json.dumps(body))

    said = "Whether these protect is not known:"
    text = page(project.root, "dev")
    assert said not in dev
    assert said in text
    assert "<li><code>module.alb.aws_lb.main mystery</code></li>" in text
