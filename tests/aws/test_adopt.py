"""`miyabi-infra adopt` over states that the HCL really left behind: every line that it writes is right, and enough."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import pytest

from miyabi_infra.commands import adopt as show
from miyabi_infra.refused import Refused
from tests.aws.environment import ByHand, Environment, apply, quiet
from tests.support import Project

pytestmark = pytest.mark.aws

RECORDED: Final = ["module.ecs_service.aws_ecs_service.app", "module.elasticache.aws_elasticache_cluster.redis"]
"""What an import updates in place although AWS keeps what it has: the provider cannot read the arguments of these."""


def adopt(
    capsys: pytest.CaptureFixture[str], project: Project, environment: str, state: Path, **options: bool
) -> tuple[int, dict[str, Any]]:
    """The exit code and what was printed, as JSON."""
    capsys.readouterr()
    code = show.run(project.root, environment, state, as_json=True, **options)
    return code, json.loads(capsys.readouterr().out)


def lines(found: dict[str, Any]) -> dict[str, object]:
    return {each["setting"]: each.get("value") for each in found["lines"]}


def test_dev_needs_two_lines_and_no_other_byte(
    project: Project, hcl_made: ByHand, capsys: pytest.CaptureFixture[str]
) -> None:
    before = project.overlay("dev").read_text(encoding="utf-8")
    state = hcl_made.state
    untouched = state.read_bytes()

    code, found = adopt(capsys, project, "dev", state, write=True)

    assert (code, found["left"]) == (0, [])
    assert {each["address"]: each["kind"] for each in found["differences"]} == {
        "module.ecs_service.aws_cloudwatch_metric_alarm.service_cpu_high": "update",
        "module.security_groups.aws_security_group.alb": "update",
    }
    expected = before.replace("https_ingress: false", "https_ingress: true")
    expected = expected.replace("cpu_alarm_threshold: 70", "cpu_alarm_threshold: 80")
    assert project.overlay("dev").read_text(encoding="utf-8") == expected
    assert adopt(capsys, project, "dev", state)[0] == 0
    assert state.read_bytes() == untouched


def test_an_environment_that_is_in_everything_another_is_described_line_by_line(
    project: Project, otherwise_made: ByHand, capsys: pytest.CaptureFixture[str]
) -> None:
    state = otherwise_made.state

    code, found = adopt(capsys, project, "staging", state, write=True)

    certificate = lines(found).pop("alb.certificate_arn")
    assert lines(found) == {
        "project": "acme",
        "tags.CostCenter": "4711",
        "networking.vpc_cidr": "10.30.0.0/16",
        "networking.availability_zones": ["us-west-2a", "us-west-2b", "us-west-2c"],
        "networking.public_subnet_cidrs": ["10.30.1.0/24", "10.30.2.0/24", "10.30.3.0/24"],
        "networking.private_subnet_cidrs": ["10.30.11.0/24", "10.30.12.0/24", "10.30.13.0/24"],
        "alb.certificate_arn": certificate,
        "alb.ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "alb.redirect_http_to_https": False,
        "alb.health_check_path": "/api/healthz",
        "ecs.task_cpu": 1024,
        "ecs.task_memory": 2048,
        "ecs.ecr_image_uri": "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:9d8e7f6",
        "ecs.log_retention_days": 60,
        "ecs.environment_variables.ENVIRONMENT": "stage",
        "ecs.environment_variables.LOG_LEVEL": None,
        "ecs.environment_variables.RUST_LOG": "debug",
        "elasticache.redis_node_type": "cache.m5.large",
        "elasticache.redis_engine_version": "7.1",
        "elasticache.maintenance_window": "mon:08:00-mon:09:30",
        "elasticache.snapshot_retention_limit": 1,
        "ecs_service.desired_count": 3,
        "ecs_service.autoscaling_max_capacity": 9,
        "ecs_service.cpu_alarm_threshold": 85,
        "ecs_service.enable_service_discovery": True,
    }
    assert (code, found["left"], found["refused"]) == (0, [], [])
    code, found = adopt(capsys, project, "staging", state)
    assert (code, found["differences"]) == (0, [])


def test_addresses_of_another_checkout_are_said_as_moves(
    project: Project, hcl_made: ByHand, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = hcl_made.state.read_text(encoding="utf-8")
    data = json.loads(text.replace("module.networking", "module.network"))
    for resource in data["resources"]:
        if resource["type"] == "aws_lb":
            resource["name"] = "this"
    state = tmp_path / "moved.tfstate"
    state.write_text(json.dumps(data), encoding="utf-8")

    code, found = adopt(capsys, project, "dev", state, write=True)

    assert code == 1
    assert [each["command"] for each in found["moves"]] == [
        "terraform state mv 'module.network' 'module.networking'",
        "terraform state mv 'module.alb.aws_lb.this' 'module.alb.aws_lb.main'",
    ]
    assert {each["kind"] for each in found["differences"]} == {"moved", "update"}
    assert {each["kind"] for each in found["left"]} == {"moved"}


def test_a_state_of_something_else_is_refused(
    project: Project, hcl_made: ByHand, otherwise_made: ByHand, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=r"is the state of an environment named dev, not prod: use --env dev"):
        show.run(project.root, "prod", hcl_made.state)
    with pytest.raises(Refused, match=r"no environments/qa.yaml"):
        show.run(project.root, "qa", otherwise_made.state)
    with pytest.raises(Refused, match="name another with --state FILE"):
        show.run(project.root, "dev", None)
    other = json.loads(hcl_made.state.read_text(encoding="utf-8"))
    other["resources"] = [each for each in other["resources"] if each["type"] == "aws_cloudwatch_log_group"]
    other["resources"][0] |= {"module": "module.other", "type": "aws_sns_topic"}
    other["resources"][0]["instances"][0]["attributes"] = {"id": "arn:aws:sns:us-west-2:1:x", "name": "x"}
    (tmp_path / "other.tfstate").write_text(json.dumps(other), encoding="utf-8")
    with pytest.raises(Refused, match="is not of this project"):
        show.run(project.root, "dev", tmp_path / "other.tfstate")


def test_without_a_file_the_state_of_the_backend_is_taken(
    project: Project, hcl_made: ByHand, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hcl_made.aws.use(monkeypatch)
    local = project.root / "environments/dev/terraform.tfstate"
    local.parent.mkdir()
    shutil.copy(hcl_made.state, local)
    assert show.run(project.root, "dev", None) == 1

    with hcl_made.aws.copy() as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        s3 = aws.client("s3")
        s3.create_bucket(Bucket="miyabi-terraform-state", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        key = "env:/dev/terraform.tfstate"  # where Terraform keeps the state of a workspace
        s3.put_object(Bucket="miyabi-terraform-state", Key=key, Body=local.read_bytes())
        project.change(
            "dev", ("  backend: local #", f"  backend: s3\n  bucket: miyabi-terraform-state\n  key: {key} #")
        )
        local.unlink()
        assert show.run(project.root, "dev", None, refresh=True, write=True) == 0
    assert f"s3://miyabi-terraform-state/{key}" in capsys.readouterr().out


def test_what_the_stack_does_not_have_is_destroyed_and_every_object_has_its_command(
    project: Project, hcl_made: ByHand, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(hcl_made.state.read_text(encoding="utf-8"))
    by_type = {each["type"]: each for each in data["resources"]}
    group = json.loads(json.dumps(by_type["aws_cloudwatch_log_group"]))
    group |= {"name": "more"}
    group["instances"][0]["attributes"]["name"] = "/more"
    secret: dict[str, Any] = {"mode": "managed", "type": "random_password", "name": "redis"}
    secret["instances"] = [{"attributes": {}}]
    secret["provider"] = 'provider["registry.terraform.io/hashicorp/random"]'
    data["resources"] += [group, secret]
    by_type["aws_lb"]["instances"].append({**by_type["aws_lb"]["instances"][0], "deposed": "0a1b2c3d"})
    by_type["aws_ecs_cluster"]["instances"][0]["status"] = "tainted"
    by_type["aws_vpc"]["provider"] = 'module.networking.provider["registry.opentofu.org/hashicorp/aws"]'
    state = tmp_path / "more.tfstate"
    state.write_text(json.dumps(data), encoding="utf-8")

    assert show.run(project.root, "dev", state, write=True) == 1

    said = capsys.readouterr().out
    assert "3 would be destroyed:" in said
    assert "- module.ecs.aws_cloudwatch_log_group.more\n" in said
    assert (
        "- random_password.redis (provider registry.terraform.io/hashicorp/random: the stack does not have it)" in said
    )
    assert "- module.alb.aws_lb.main (deposed object 0a1b2c3d, left by a replacement that did not finish)" in said
    assert "-/+ module.ecs.aws_ecs_cluster.main (tainted)" in said
    for command in (
        "terraform state rm 'module.ecs.aws_cloudwatch_log_group.more'",
        "terraform state rm 'random_password.redis'",
        "terraform apply -target='module.alb.aws_lb.main'",
        "terraform untaint 'module.ecs.aws_ecs_cluster.main'",
        "terraform state replace-provider registry.opentofu.org/hashicorp/aws registry.terraform.io/hashicorp/aws",
    ):
        assert f"\n  {command}\n" in said
    assert "No changes" not in said


def test_what_runs_is_imported_into_an_empty_state(
    project: Project, hcl_made: ByHand, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with hcl_made.aws.copy() as aws:
        aws.use(monkeypatch)
        assert show.run(project.root, "dev", None, imports=True, write=True) == 0
        said = capsys.readouterr().out
        assert "Planned: 48 to import, 0 to add, 2 to change (2 of which only record arguments" in said
        project.synthesize()

        dev = Environment(project, "dev", aws)
        dev.state.parent.mkdir(exist_ok=True)
        dev.terraform.init()
        done = apply(dev.terraform)
        changed = {address: action for address, action in done.items() if action != "import"}
        assert (len(done), changed) == (48, dict.fromkeys(RECORDED, "update"))
        (dev.terraform.folder / "imports.tf.json").unlink()
        quiet(dev.terraform)


def test_without_credentials_a_refresh_is_refused_in_one_line(
    project: Project, hcl_made: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    hcl_made.aws.use(monkeypatch)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(Refused, match="AWS cannot be asked what runs: ") as refused:
        show.run(project.root, "dev", hcl_made.state, refresh=True)
    assert "\n" not in str(refused.value)


def test_nothing_stays_in_the_temporary_folder_after_a_signal(hcl_made: ByHand, root: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "t"
    temporary.mkdir()
    process = subprocess.Popen(
        [Path(sys.executable).parent / "miyabi-infra", "adopt", "--env", "dev", "--state", str(hcl_made.state)],
        cwd=root,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(root)},
        stdout=subprocess.DEVNULL,
    )
    while process.poll() is None and not list(temporary.glob("miyabi-adopt-*/plan/.terraform")):
        time.sleep(0.1)
    process.terminate()
    assert process.wait() == 128 + signal.SIGTERM
    assert list(temporary.iterdir()) == []
