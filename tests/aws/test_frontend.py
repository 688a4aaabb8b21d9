"""The frontend from nothing, as docs/guides/frontend.md switches it on: applied, looked at, operated, destroyed."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

import pytest

from miyabi_infra.aws.status.model import Level
from miyabi_infra.pages import guides
from miyabi_infra.stacks import read
from tests.aws.cli import AwsCli
from tests.aws.emulator import Emulator
from tests.aws.environment import Environment, apply, plan, quiet
from tests.aws.following import run
from tests.aws.test_status import found, look
from tests.aws.test_verify import Look, differing
from tests.guide import Command, in_section
from tests.support import Project

pytestmark = pytest.mark.aws

SECRET: Final = "TF_VAR_frontend_origin_secret"
PREVIOUS: Final = "TF_VAR_frontend_previous_origin_secret"
BUCKET: Final = "miyabi-frontend-dev"
YAML: Final = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module", autouse=True)
def _secret() -> Generator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SECRET, "0123456789abcdefghijklmnopqrstuvwxyz")
        yield


@pytest.fixture(scope="module")
def served(root: Path, empty_aws: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Generator[Environment]:
    """dev with the lines of the guide, applied from nothing."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("served") / "project")
    _switch_on(project, root)
    with empty_aws.copy() as aws:
        environment = Environment(project, "dev", aws)
        environment.terraform.init()
        environment.terraform.apply()
        yield environment


def _switch_on(project: Project, root: Path) -> None:
    """Add the lines of the guide to dev."""
    (lines,) = YAML.findall((root / "docs/guides/frontend.md").read_text(encoding="utf-8"))
    overlay = project.overlay("dev")
    overlay.write_text(f"{overlay.read_text(encoding='utf-8')}\n{lines}", encoding="utf-8")
    project.synthesize()


@pytest.fixture
def dev(served: Environment, tmp_path: Path) -> Generator[Environment]:
    """A copy of it, of the test's own."""
    with served.aws.copy() as aws:
        yield served.copy(tmp_path / "project", aws)


def test_the_second_plan_is_empty(served: Environment) -> None:
    quiet(served.terraform)


def test_what_runs_today_stays_in_place(applied: Environment, root: Path, tmp_path: Path) -> None:
    with applied.aws.copy() as aws:
        environment = applied.copy(tmp_path / "project", aws)
        _switch_on(environment.project, root)
        environment.terraform.init()
        changes = plan(environment.terraform)
    apart = {address: action for address, action in changes.items() if action != "create"}
    assert apart == {
        "module.alb.aws_lb_listener.http": "update",
        "module.security_groups.aws_security_group.alb": "update",
    }
    created = {address for address, action in changes.items() if action == "create"}
    assert {each for each in created if not each.startswith("module.frontend.")} == {
        "module.alb.aws_lb_listener_rule.http_from_cloudfront[0]"
    }


def test_what_exists_is_what_was_generated(served: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    verification = Look(monkeypatch).verify(served)
    assert differing(verification) == []
    assert {each.state for each in verification.resources} == {"same"}
    assert verification.exit_code == 0


def test_what_somebody_changes_at_cloudfront_is_found(dev: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    cdn, elb = dev.aws.client("cloudfront"), dev.aws.client("elbv2")
    (distribution,) = cdn.list_distributions()["DistributionList"]["Items"]
    held = cdn.get_distribution_config(Id=distribution["Id"])
    config: dict[str, Any] = held["DistributionConfig"]
    config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] = "allow-all"
    (error,) = [each for each in config["CustomErrorResponses"]["Items"] if each["ErrorCode"] == 403]
    error |= {"ResponsePagePath": "/index.html", "ResponseCode": "200"}
    other = {**config["Origins"]["Items"][1], "Id": "other", "DomainName": "other.example.com"}
    config["Origins"]["Items"].append(other)
    config["Origins"]["Quantity"] = 3
    cdn.update_distribution(Id=distribution["Id"], IfMatch=held["ETag"], DistributionConfig=config)
    code = b"function handler(event) { return event.request; }"
    described = cdn.describe_function(Name="miyabi-frontend-routes-dev")
    changed = cdn.update_function(
        Name="miyabi-frontend-routes-dev",
        IfMatch=described["ETag"],
        FunctionConfig=described["FunctionSummary"]["FunctionConfig"],
        FunctionCode=code,
    )
    cdn.publish_function(Name="miyabi-frontend-routes-dev", IfMatch=changed["ETag"])
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    group = elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    elb.modify_listener(
        ListenerArn=listener["ListenerArn"], DefaultActions=[{"Type": "forward", "TargetGroupArn": group}]
    )
    dev.aws.client("cloudwatch", region="us-east-1").disable_alarm_actions(AlarmNames=["miyabi-frontend-errors-dev"])

    verification = Look(monkeypatch).verify(dev)

    apart = {each.resource.label: [check.argument for check in each.different] for each in verification.resources}
    assert {label: arguments for label, arguments in apart.items() if arguments} == {
        "aws_cloudfront_distribution.site": [
            "custom_error_response.403.response_code",
            "custom_error_response.403.response_page_path",
            "default_cache_behavior[0].viewer_protocol_policy",
        ],
        "aws_cloudfront_function.routes": ["code"],
        "aws_cloudwatch_metric_alarm.errors": ["actions_enabled"],
        "aws_lb_listener.http": [
            "default_action[0].fixed_response",
            "default_action[0].stickiness",
            "default_action[0].target_groups",
            "default_action[0].type",
        ],
    }
    extras = [each.text for resource in verification.resources for each in resource.extras]
    assert extras == ["origin other"]


def test_the_status_tells_what_is_served(dev: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    (empty,) = found(look(dev, dev.aws, now, monkeypatch), "frontend", Level.DEGRADED)
    assert empty == f"{BUCKET} holds no index.html: the frontend answers 404"

    _let_plain_http_in(dev.aws)
    dev.aws.client("s3").put_object(Bucket=BUCKET, Key="index.html", Body=b"<!doctype html>")
    (distribution,) = dev.aws.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    dimensions = {"DistributionId": distribution["Id"], "Region": "Global"}
    figures = {"Requests": 120, "5xxErrorRate": 7.5, "4xxErrorRate": 1}
    dev.aws.client("cloudwatch", region="us-east-1").put_metric_data(
        Namespace="AWS/CloudFront",
        MetricData=[
            {
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": held} for key, held in dimensions.items()],
                "Timestamp": now - timedelta(minutes=2),
                "Value": value,
            }
            for name, value in figures.items()
        ],
    )
    status = look(dev, dev.aws, datetime.now(UTC), monkeypatch)
    assert found(status, "frontend") == [
        "index.html uploaded just now",
        f"{distribution['Id']} Deployed, {distribution['DomainName']}",
        f"the policy of {BUCKET} is not the generated one: CloudFront may not read the page",  # as plain HTTP is let in
        "requests 120 per minute",
        "answers with 5xx 7.5 % (alarm above 5 %)",
        "answers with 4xx 1 %",
    ]
    (line,) = [each for each in found(status, "entrance") if "X-Origin-Verify" in each]
    assert line == "port 80: every request with the header X-Origin-Verify goes to target group miyabi-tg-dev"
    assert not [each for each in found(status, "alarms") if "frontend" in each and "does not exist" in each]


def test_each_command_of_the_runbook_does_what_it_says(served: Environment, dev: Environment) -> None:
    """The section Frontend, in the order of the page, with a build that is uploaded twice."""
    (stack,) = [each for each in read(served.project.out) if each.environment == "dev"]
    page = guides.FOLDER / "dev/runbook.md"
    (dev.project.root / page).parent.mkdir(parents=True)
    (dev.project.root / page).write_text(guides.page(dev.project.root, stack, "runbook"), encoding="utf-8")
    (dev.project.root / ".venv").symlink_to(sys.prefix)
    section = [each for each in in_section(dev.project.root / page, "frontend") if each.not_run is None]
    assert len(section) == 6
    _let_plain_http_in(dev.aws)
    with AwsCli.start() as cli:
        variables = {**dev.aws.variables, "PATH": f"{cli.folder}{os.pathsep}{os.environ['PATH']}"}
        for number in ("first", "second"):
            _build(dev.project.root / "dist", number)
            assert _problem(section[0], dev, variables) is None
        assert _index(dev.aws) == "second"
        for command in section[1:]:
            assert _problem(command, dev, variables) is None
    assert _index(dev.aws) == "first"
    s3 = dev.aws.client("s3")
    kept = {each["Key"]: s3.head_object(Bucket=BUCKET, Key=each["Key"]) for each in _objects(dev.aws)}
    assert {name: each["CacheControl"] for name, each in kept.items()} == {
        "assets/first.js": "public, max-age=31536000, immutable",
        "assets/second.js": "public, max-age=31536000, immutable",
        "favicon.ico": "public, max-age=300",
        "index.html": "no-cache",
    }
    assert kept["index.html"]["ContentType"] == "text/html"


def _let_plain_http_in(aws: Emulator) -> None:
    """The bucket refuses what does not come by TLS, which the emulated AWS does not speak."""
    aws.client("s3").delete_bucket_policy(Bucket=BUCKET)


def _build(folder: Path, name: str) -> None:
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    for old in (folder / "assets").iterdir():
        old.unlink()
    (folder / "index.html").write_text(name, encoding="utf-8")
    (folder / "favicon.ico").write_text("icon", encoding="utf-8")
    (folder / "assets" / f"{name}.js").write_text(name, encoding="utf-8")


def _problem(command: Command, environment: Environment, variables: dict[str, str]) -> str | None:
    return run(command, "", environment.project.root, variables).problem


def _objects(aws: Emulator) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", aws.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"])


def _index(aws: Emulator) -> str:
    return aws.client("s3").get_object(Bucket=BUCKET, Key="index.html")["Body"].read().decode()


def test_the_script_of_the_pipeline_uploads_a_build_and_purges(dev: Environment, root: Path, tmp_path: Path) -> None:
    scripts = dev.project.root / ".github/scripts"
    shutil.copytree(root / ".github/scripts", scripts)
    build = tmp_path / "dist"
    (build / "assets").mkdir(parents=True)
    for name in ("index.html", "robots.txt", "assets/app.3f2c1ab.js"):
        (build / name).write_text(name, encoding="utf-8")
    dev.aws.client("s3").delete_bucket_policy(Bucket=BUCKET)  # it refuses plain HTTP, all that the emulator speaks
    with AwsCli.start() as cli:
        path = os.pathsep.join((str(cli.folder), os.environ["PATH"]))
        done = subprocess.run(
            [str(scripts / "frontend.sh"), "dev", str(build)],
            env={**os.environ, **dev.aws.variables, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    s3 = dev.aws.client("s3")
    kept = {
        each["Key"]: s3.head_object(Bucket=BUCKET, Key=each["Key"])["CacheControl"]
        for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    }
    assert kept == {
        "assets/app.3f2c1ab.js": "public, max-age=31536000, immutable",
        "index.html": "no-cache",
        "robots.txt": "public, max-age=300",
    }


def test_a_secret_is_rotated_at_the_load_balancer_first(dev: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    dev.project.change("dev", ("  origin_secret: true", "  origin_secret: true\n  previous_origin_secret: true"))
    dev.project.synthesize()
    monkeypatch.setenv(PREVIOUS, os.environ[SECRET])
    monkeypatch.setenv(SECRET, "zyxwvutsrqponmlkjihgfedcba9876543210")
    assert apply(dev.terraform) == {
        "module.alb.aws_lb_listener_rule.http_from_cloudfront[0]": "update",
        "module.frontend.aws_cloudfront_distribution.site": "update",
    }
    elb = dev.aws.client("elbv2")
    (arn,) = [each["LoadBalancerArn"] for each in elb.describe_load_balancers()["LoadBalancers"]]
    (listener,) = elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    (values,) = [each["Conditions"][0]["HttpHeaderConfig"]["Values"] for each in rules if each["Conditions"]]
    assert sorted(values) == sorted([os.environ[SECRET], os.environ[PREVIOUS]])


def test_a_secret_that_matches_anything_is_refused_without_telling_it(
    dev: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET, "*" * 40)
    done = dev.terraform.run("plan", "-no-color", accept=(0, 1))
    assert done.returncode == 1
    assert "origin_secret must be 32 to 128 letters, digits, hyphens and" in " ".join(done.stderr.split())
    assert "*" * 40 not in done.stdout + done.stderr


def test_it_leaves_nothing_behind(dev: Environment) -> None:
    called = dev.aws.called()["cloudfront"]
    assert called["CreateDistributionWithTags"] == 1
    dev.terraform.destroy()
    assert dev.aws.holds() == {}
