"""The guides for operators: rendered from the stacks, whole, with names of their own environment and no other's."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from miyabi_infra.commands import docs
from miyabi_infra.pages import guides
from miyabi_infra.pages.guides.data import GuideData, guide_data
from miyabi_infra.pages.guides.monitoring import MEANINGS
from miyabi_infra.pages.guides.sections import KNOWN_TYPES
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import SHARED, StackError, read
from tests.guide import Command, anchors, blocks, commands, links, prose
from tests.support import Project

ENVIRONMENTS: Final = ("dev", "staging", "prod")
PROGRAMS: Final = r"aws|terraform|curl|redis-cli|dig|openssl|miyabi-infra load"
RATCHET: Final = "tests/data/executed-commands.json"

EVERYTHING: Final = """\
networking:
  vpc_cidr: 10.9.0.0/16
  availability_zones: [us-west-2a, us-west-2b, us-west-2c]
  public_subnet_cidrs: [10.9.1.0/24, 10.9.2.0/24, 10.9.3.0/24]
  private_subnet_cidrs: [10.9.11.0/24, 10.9.12.0/24, 10.9.13.0/24]
account_id: "210987654321"
state: {backend: s3, bucket: miyabi-terraform-state}
alb:
  certificate_arn: arn:aws:acm:us-west-2:123456789012:certificate/7f6e5d4c-0000-4000-8000-000000000000
  redirect_http_to_https: true
  idle_timeout: 120
  access_logs: true
ecs:
  ecr_image_uri: 123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:1
  secrets:
    KEY: arn:aws:secretsmanager:us-west-2:123456789012:secret:miyabi/qa/key
elasticache: {topology: replication-group, transit_encryption_enabled: true}
ecs_service: {enable_service_discovery: true, enable_execute_command: true}
notifications: {email_addresses: [oncall@example.com]}
monitoring: {enabled: true}
frontend:
  enabled: true
  bucket: miyabi-frontend-qa
  domain_names: [app.example.com]
  certificate_arn: arn:aws:acm:us-east-1:123456789012:certificate/7f6e5d4c-0000-4000-8000-000000000000
  api_domain_name: api.example.com
  api_paths: [/api/*, /ws]
  origin_secret: true
service_levels: {p95_ms: 150, url: "https://qa.example.com"}
log_bucket: {name: miyabi-logs-qa}
flow_logs: {destination: cloudwatch-logs}
endpoints: {s3: true, interfaces: [ecr.api, ecr.dkr]}
"""
"""An overlay that turns on what the committed ones leave off."""

SHIFTED: Final = (
    EVERYTHING.replace(
        "ecs_service: {enable_service_discovery: true, enable_execute_command: true}",
        "ecs_service:\n  deployment: blue_green\n  managed_elsewhere: [desired_count, task_definition, load_balancer]\n"
        "  spot_share: 50",
    )
    .replace("-qa}", "-shifted}")
    .replace("frontend-qa", "frontend-shifted")
    .replace("app.example", "shifted.example")
    .replace("origin_secret: true", "origin_secret: true\n  only_from_cloudfront: true")
)
"""The same where CodeDeploy deploys; names that AWS gives once are its own."""


@pytest.fixture(scope="module")
def rendered(root: Path, output: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with the output of its overlays, and the guides made of it; only to be read."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("rendered"))
    project.out.symlink_to(output)
    assert docs.run(project.root) == 0
    return project


@pytest.fixture
def changing(rendered: Project, tmp_path: Path) -> Project:
    """The same, of the test's own."""
    shutil.copytree(rendered.root, tmp_path / "changing", symlinks=True)
    return Project(tmp_path / "changing")


@pytest.fixture(scope="module")
def everything(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with an environment that has everything, and its guides."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("everything"))
    project.write("qa", EVERYTHING)
    project.write("shifted", SHIFTED)
    project.synthesize()
    docs.run(project.root, "qa")
    docs.run(project.root, "shifted")
    shutil.copytree(root / "docs/guides", project.root / "docs/guides")  # what the pages link to
    return project


def page(project: Project, environment: str, guide: str) -> str:
    return (project.root / guides.FOLDER / environment / f"{guide}.md").read_text(encoding="utf-8")


def facts_of(project: Project, environment: str) -> GuideData:
    return guide_data(next(stack for stack in read(project.out) if stack.environment == environment))


def every_command(root: Path) -> list[Command]:
    return [each for file in sorted((root / guides.FOLDER).glob("*/*.md")) for each in commands(file)]


def test_a_check_of_fresh_guides_exits_with_0(rendered: Project, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert docs.run(rendered.root, check=True) == 0
    assert capsys.readouterr() == ("", "")


def test_a_stale_guide_is_named_and_left_alone(changing: Project, capsys: pytest.CaptureFixture[str]) -> None:
    file = changing.root / guides.FOLDER / "dev/runbook.md"
    file.write_text("stale", encoding="utf-8")
    capsys.readouterr()
    assert docs.run(changing.root, "dev", check=True) == 1
    assert capsys.readouterr().err == (
        "stale: docs/environments/dev/runbook.md; run 'make docs' and commit what it writes\n"
    )
    assert file.read_text(encoding="utf-8") == "stale"


def test_a_change_of_what_is_synthesized_makes_its_guides_stale(
    changing: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changing.out.unlink()
    changing.take(output)
    with changing.body("dev", "ecs-service") as body:
        body["resource"]["aws_cloudwatch_metric_alarm"]["service_cpu_high"]["threshold"] = 65
    capsys.readouterr()
    assert docs.run(changing.root, "dev", check=True) == 1
    assert capsys.readouterr().err.splitlines() == [
        "stale: docs/environments/dev/runbook.md; run 'make docs' and commit what it writes"
    ]


@pytest.mark.slow
def test_guides_of_an_environment_that_is_gone_are_removed(
    changing: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = changing.root / guides.FOLDER / "gone/runbook.md"
    gone.parent.mkdir()
    gone.write_text(f"{guides.MARK}", encoding="utf-8")
    written_by_hand = gone.with_name("notes.md")
    written_by_hand.write_text("# Notes", encoding="utf-8")
    assert docs.run(changing.root, check=True) == 1
    assert docs.run(changing.root) == 0
    assert (gone.exists(), written_by_hand.exists()) == (False, True)
    assert "removed: docs/environments/gone/runbook.md" in capsys.readouterr().out
    written_by_hand.unlink()
    gone.write_text(f"{guides.MARK}", encoding="utf-8")
    assert docs.run(changing.root) == 0
    assert not gone.parent.exists()


def test_the_committed_guides_are_what_the_output_makes(root: Path) -> None:
    stale = [str(file) for file, text in guides.pages(root).items() if file.read_text(encoding="utf-8") != text]
    assert stale == []


def test_every_decision_is_listed(root: Path) -> None:
    records = sorted((root / "docs/decisions").glob("0*.md"))
    listed = re.findall(r"(?m)^\| \[\d{4}\]\((\S+)\) \|", (root / "docs/decisions/README.md").read_text("utf-8"))
    assert listed == [each.name for each in records]


@pytest.mark.slow
def test_guides_need_no_cdktf(root: Path) -> None:
    script = (
        f"from pathlib import Path; from miyabi_infra.pages import guides; guides.pages(Path({str(root)!r}), 'dev')"
    )
    script += "; import sys; print(sorted({'cdktf', 'jsii', 'terraform'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_unknown_environment_is_refused(root: Path) -> None:
    with pytest.raises(Refused, match="there is no environment 'qa'"):
        guides.pages(root, "qa")


def test_a_stack_that_is_no_environment_has_no_facts(output: Path) -> None:
    shared = next(stack for stack in read(output) if stack.environment == SHARED)
    with pytest.raises(StackError, match="miyabi-shared has no aws_lb"):
        guide_data(shared)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_pages_have_the_names_of_their_environment_and_no_others(rendered: Project, environment: str) -> None:
    e = facts_of(rendered, environment)
    names = {e.entrance.load_balancer, e.entrance.target_group, e.service.cluster, e.service.name, e.service.family}
    names |= {e.monitoring.log_group, e.cache.name, e.access.task_role, e.access.execution_role}
    names |= {*(nat.name for nat in e.network.nats), *(alarm.name for alarm in e.monitoring.alarms)}
    runbook = "".join(page(rendered, environment, guide) for guide in guides.GUIDES)
    assert [name for name in names if name not in runbook] == []

    others = "|".join(other for other in ENVIRONMENTS if other != environment)
    foreign = re.findall(rf"[\w/-]*miyabi[\w/-]*-(?:{others})\b", runbook)
    assert foreign == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_runbook_says_of_every_alarm_when_it_rings_and_what_to_do(rendered: Project, environment: str) -> None:
    runbook, e = page(rendered, environment, "runbook"), facts_of(rendered, environment)
    rows = {alarm.name: f"| `{alarm.name}` | `{alarm.metric}`: {alarm.condition} |" for alarm in e.monitoring.alarms}
    assert [name for name, row in rows.items() if row not in runbook] == []
    assert [alarm.name for alarm in e.monitoring.alarms if not alarm.leads_to] == []
    assert len(e.monitoring.alarms) >= 8


@pytest.mark.parametrize("environment", ["qa", "shifted"])
def test_every_alarm_of_everything_is_explained(everything: Project, environment: str) -> None:
    e = facts_of(everything, environment)
    assert [alarm.name for alarm in e.monitoring.alarms if not alarm.leads_to] == []


def test_where_codedeploy_deploys_nobody_is_told_what_ecs_refuses(everything: Project) -> None:
    runbook, troubleshooting = (page(everything, "shifted", guide) for guide in ("runbook", "troubleshooting"))
    assert "--force-new-deployment" not in runbook + troubleshooting
    assert "aws deploy stop-deployment" in runbook
    assert 'miyabi-infra deploy --env shifted "$image"' in runbook
    assert "`Ready` waits for an approval" in troubleshooting
    assert "ECS does\n   not start the tasks on demand instead" in troubleshooting
    assert "aws deploy" not in page(everything, "qa", "runbook")


def test_the_example_of_a_value_has_the_form_that_its_variables_read(root: Path, tmp_path: Path) -> None:
    project = Project.alone(root, tmp_path / "project")
    secrets = "secrets:\n  partner: {description: Login}\n  search: {description: Key}\n"
    named = "    USER: secrets.partner:username\n    PASS: secrets.partner:password\n    FIND: secrets.search\n"
    project.write("qa", EVERYTHING.replace("  secrets:\n", f"  secrets:\n{named}") + secrets)
    (stack,) = read(project.synthesize())
    partner, search = guide_data(stack).secrets
    values = [
        subprocess.run(["bash", "-c", each.example], capture_output=True, text=True, check=True).stdout
        for each in (partner, search)
    ]
    assert sorted(json.loads(values[0])) == ["password", "username"]
    assert re.fullmatch("[0-9a-f]{64}", values[1])


def test_every_meaning_leads_to_an_issue(rendered: Project) -> None:
    known = anchors(rendered.root / guides.FOLDER / "dev/troubleshooting.md")
    assert {meaning.issue for meaning in MEANINGS.values() if "#" not in meaning.issue} <= known


def test_every_type_of_everything_leads_to_a_section(everything: Project) -> None:
    (stack,) = [each for each in read(everything.out) if each.environment == "qa"]
    assert {each.type for each in stack.resources} - KNOWN_TYPES == set()


def test_links_lead_somewhere(rendered: Project, everything: Project) -> None:
    broken: list[str] = []
    for root in (rendered.root, everything.root):
        for file in (root / guides.FOLDER).glob("*/*.md"):
            for link in links(file):
                path, _, anchor = link.partition("#")
                target = file.parent / path if path else file
                if not path.startswith("https://") and (
                    not target.is_file() or (anchor and anchor not in anchors(target))
                ):
                    broken.append(f"{file.parent.name}/{file.name}: {link}")
    assert broken == []


def test_there_are_more_issues_than_the_milestone_report_lists(rendered: Project) -> None:
    text = page(rendered, "prod", "troubleshooting")
    issues = re.split(r"(?m)^## \d+\. ", text)[1:]
    assert len(issues) >= 17
    parts = ("**Symptom.**", "Diagnose", "Fix", "**It worked when**", "**Escalate when**")
    for issue in issues:
        title = issue.splitlines()[0]
        assert [part for part in parts if part not in issue] == [] or "There is no NAT" in issue, title


def test_the_frontend_guide_has_the_six_scenarios(rendered: Project) -> None:
    text = page(rendered, "prod", "frontend")
    found = re.findall(r"(?m)^### \d\. (.+)$", text)
    assert found == ["Login", "Dashboard", "Tasks", "Live logs", "Analytics", "WebSocket"]


def test_settings_that_committed_overlays_leave_off_change_the_pages(everything: Project) -> None:
    text = {guide: page(everything, "qa", guide) for guide in guides.GUIDES}
    assert "the account must be 210987654321" in text["runbook"]
    assert "HTTPS; HTTP redirects" in text["runbook"]
    assert "ECS Exec is on" in text["runbook"]
    assert "None of them notifies anybody" not in text["runbook"]
    assert "#dashboards/dashboard/" in text["runbook"]
    assert "s3://miyabi-terraform-state/qa/terraform.tfstate" in text["runbook"]
    assert "`https://qa.example.com`" in text["frontend"] or "https://qa.example.com" in text["frontend"]
    assert "wss://" in text["frontend"]
    assert "p95 150 ms" in text["troubleshooting"]
    assert "`miyabi-app.miyabi.local`" in text["runbook"]
    assert "120 s without data" in text["api"]


def test_who_reads_about_an_internal_load_balancer_is_told_where_to_ask_from(changing: Project, output: Path) -> None:
    changing.out.unlink()
    changing.take(output)
    with changing.body("dev", "alb") as body:
        body["resource"]["aws_lb"]["main"]["internal"] = True
    data = facts_of(changing, "dev")
    assert (data.entrance.outside, data.entrance.dns_name) == (
        "From the VPC, or a network that is connected with it",
        "internal-miyabi-alb-dev",
    )
    docs.run(changing.root, "dev")
    text = {guide: page(changing, "dev", guide) for guide in guides.GUIDES}
    assert all(data.entrance.outside in text[guide] for guide in ("runbook", "api", "frontend"))
    assert all("internal-miyabi-alb-dev" in text[guide] for guide in guides.GUIDES)


@pytest.mark.parametrize(
    ("environment", "turned_away"), [("qa", "403"), ("shifted", "no answer, by its security group")]
)
def test_nobody_is_sent_to_a_load_balancer_that_answers_only_cloudfront(
    everything: Project, environment: str, turned_away: str
) -> None:
    text = {guide: page(everything, environment, guide) for guide in guides.GUIDES}
    for guide, held in text.items():
        blocks = re.findall(r"```sh.*?```", held, re.DOTALL)
        asking = [each for each in blocks if re.search("curl |dig |openssl s_client", each)]
        assert [each for each in asking if "describe-load-balancers" in each] == [], guide
    assert all(f"({turned_away})" in text[guide] for guide in ("runbook", "api", "frontend"))
    host = "app.example.com" if environment == "qa" else "shifted.example.com"
    assert f"host={host}\n   curl" in text["runbook"]
    assert "443 HTTPS fixed-response\n   80 HTTP redirect" in text["runbook"]
    assert "default redirect\n   49000 forward\n   default fixed-response" in text["troubleshooting"]
    assert "browser to CloudFront" in text["api"]
    assert "browser to `miyabi-alb" not in text["api"]
    assert ("PrefixListIds" in text["runbook"]) is (environment == "shifted")


def test_no_command_takes_what_is_of_others_along_or_acts_before_it_looks(rendered: Project) -> None:
    """Alarms and other things by their whole names; Terraform is initialized first; a release looks at the lock."""
    for file in guides.pages(rendered.root):
        held = commands(file)
        assert [str(each) for each in held if "-prefix miyabi" in each.text and "alarm" in each.text] == []
        used = [at for at, each in enumerate(held) if re.search(r"terraform -chdir=\S+ (?!init)", each.text)]
        made = [at for at, each in enumerate(held) if " init -input=false" in each.text]
        assert not used or min(made) < min(used), file
        for each in held:
            if "force-unlock" in each.text:
                assert each.text.index('"$held" = "$id"') < each.text.index("force-unlock")
            if "state push -force" in each.text:
                assert each.text.index("state pull >") < each.text.index("-eq ") < each.text.index("state push -force")
        if file.stem == "troubleshooting":
            assert any("miyabi-infra verify" in each.text for each in held)


GNU_ONLY: Final = r"sed -[a-zA-Z]*[iz]|date (?:-d|--date)|grep -[a-zA-Z]*P|base64 -w|readlink -f"
"""What macOS has not, or has with other options."""


def test_no_command_needs_gnus_tools_or_edits_an_overlay_past_its_parser(root: Path, rendered: Project) -> None:
    written = [
        root / "README.md",
        *sorted((root / "docs/guides").glob("*.md")),
        *(rendered.root / guides.FOLDER).glob("*/*.md"),
    ]
    told = [each for file in written for each in blocks(file)]
    found = [text for _, _, text in told if re.search(rf"{GNU_ONLY}|(?:>>|tee -a) environments/", text)]
    assert found == []
    assert len([text for _, _, text in told if "miyabi-infra set --env" in text]) >= 20  # and looked


def test_every_command_is_executed_or_says_why_not(rendered: Project) -> None:
    for each in every_command(rendered.root):
        if each.session:
            continue
        assert (each.prints is None) == (each.not_run is not None), f"{each} has no output, and no reason"
        assert each.not_run is None or len(each.not_run.split()) > 3, f"{each}: a reason is a sentence"


def test_no_command_hides_in_prose(rendered: Project) -> None:
    allowed = {"aws ecs wait services-stable", "terraform import"}
    for file in (rendered.root / guides.FOLDER).glob("*/*.md"):
        found = set(re.findall(rf"`((?:{PROGRAMS}) [^`]+)`", prose(file)))
        assert {each for each in found if each not in allowed and "<" not in each} == set(), file


def test_the_share_of_executed_commands_only_grows(root: Path) -> None:
    every = [each for each in every_command(root) if not each.session]
    share = int(1000 * sum(each.not_run is None for each in every) / len(every)) / 10
    held = json.loads((root / RATCHET).read_text(encoding="utf-8"))["executed_percent"]
    assert share >= held, f"fewer commands are executed than before ({held} %)"
    assert share == held, f"more are executed than before: write {share} into {RATCHET}"


@pytest.mark.parametrize(
    ("shown", "output", "fits"),
    [
        ("ACTIVE 2 2", "ACTIVE\t2\t2\n", True),
        ("ACTIVE 2 2", "ACTIVE\t2\t1\n", False),
        ("… healthy …", "10.0.0.1\thealthy\tNone\n", True),
        ("… healthy", "10.0.0.1\tunhealthy\n", False),
        ("…\nb\n…", "a\nb\n", True),
        ("…\nb", "a\nb\nc\n", False),
        ("…", "", True),
        ("", "", True),
        ("", "x\n", False),
        ("2", "22\n", False),
        ("a.c", "abc\n", False),
    ],
)
def test_an_output_is_held_against_what_the_page_shows(shown: str, output: str, fits: bool) -> None:  # noqa: FBT001
    command = Command(Path("dev/runbook.md"), 1, "true", shown, None, session=False)
    assert command.printed(output) == fits


def test_blocks_within_lists_are_read_without_their_indent(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("1. Do:\n   ```sh\n   a \\\n     b\n   ```\n", encoding="utf-8")
    assert list(blocks(file)) == [(2, "sh", "a \\\n  b")]


@pytest.mark.parametrize(
    ("lines", "said", "row"),
    [
        (
            """\
  container_health_check: command
  container_health_check_command: [/bin/app, health]
  container_health_check_interval: 10
""",
            "ECS runs\n`/bin/app`",
            "| Interval | 30 s | 10 s |",
        ),
        ("  container_health_check: none\n", "container has no health check of its own", "| Interval | 30 s |\n"),
    ],
)
def test_the_guides_describe_the_health_check_of_the_container(
    root: Path, tmp_path: Path, lines: str, said: str, row: str
) -> None:
    project = Project.copy_of(root, tmp_path / "project")
    project.write("qa", EVERYTHING.replace("  secrets:\n", f"{lines}  secrets:\n"))
    project.synthesize()
    docs.run(project.root, "qa")
    page = (project.root / "docs/environments/qa/api.md").read_text(encoding="utf-8")
    assert said in page
    assert row in page
