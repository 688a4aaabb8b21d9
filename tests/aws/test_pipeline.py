"""The scripts of the workflows on emulated AWS: plan, apply that plan, refuse a stale one, find drift, push images."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from miyabi_infra.terraform.cli import environment
from tests.aws.cli import AwsCli
from tests.aws.emulator import Emulator
from tests.aws.environment import Environment
from tests.support import Project, copy_of_generator, git

pytestmark = pytest.mark.aws

BUCKET = "miyabi-terraform-state"
REPOSITORY = "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api"
TO_THE_BUCKET = (
    "  backend: local # environments/dev/terraform.tfstate, the file that the HCL root used\n",
    f"  backend: s3\n  bucket: {BUCKET}\n",
)
THRESHOLD = ("  cpu_alarm_threshold: 70\n", "  cpu_alarm_threshold: 75\n")
ALARM = "miyabi-service-cpu-high-dev"


@dataclass
class Runner:
    """A checkout on a machine of a pipeline, with the commands that are on its PATH."""

    project: Project
    aws: Emulator
    variables: dict[str, str]
    tools: Path

    def script(self, name: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.project.root / ".github/scripts" / name), *arguments],
            env={**environment(), **self.variables},
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def commit(self) -> str:
        self.project.synthesize("dev")
        git(self.project.root, "add", "--all")
        git(self.project.root, "commit", "--quiet", "--allow-empty", "--message", "A change.")
        return git(self.project.root, "rev-parse", "HEAD")

    def tool(self, name: str, text: str) -> None:
        file = self.tools / name
        file.write_text(text, encoding="utf-8")
        file.chmod(0o755)

    def threshold(self) -> float:
        (alarm,) = self.aws.client("cloudwatch").describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
        return alarm["Threshold"]

    def kept(self) -> list[str]:
        answer = self.aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="plans/")
        return [each["Key"] for each in answer.get("Contents", [])]


@pytest.fixture(scope="module")
def base(applied: Environment, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose dev has its state in the bucket, committed."""
    checkout = copy_of_generator(root, tmp_path_factory.mktemp("pipeline") / "checkout")
    shutil.copytree(root / ".github/scripts", checkout / ".github/scripts")
    shutil.copy(root / ".gitignore", checkout)
    project = Project(checkout)
    project.change("dev", TO_THE_BUCKET)
    project.synthesize("dev")
    git(checkout, "init", "--quiet", "--initial-branch=main")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "Begin.")
    shutil.copy(applied.state, checkout.parent / "dev.tfstate")
    return checkout


@pytest.fixture
def runner(applied: Environment, base: Path, tmp_path: Path) -> Generator[Runner]:
    with applied.aws.copy(living=True) as aws, AwsCli.start() as cli:
        checkout = tmp_path / "checkout"
        shutil.copytree(base, checkout, symlinks=True)
        s3 = aws.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        s3.put_object(Bucket=BUCKET, Key="dev/terraform.tfstate", Body=(base.parent / "dev.tfstate").read_bytes())
        tools = tmp_path / "tools"
        tools.mkdir()
        path = os.pathsep.join((str(tools), str(cli.folder), os.environ["PATH"]))
        variables = {**aws.variables, "PATH": path, "PYTHONPATH": str(checkout)}
        found = Runner(Project(checkout), aws, variables, tools)
        found.tool("miyabi-infra", f"#!{sys.executable}\nfrom miyabi_infra.entry import main\nmain()\n")
        yield found


def test_the_very_plan_of_a_commit_is_applied_and_no_other(runner: Runner, tmp_path: Path) -> None:
    begun = git(runner.project.root, "rev-parse", "HEAD")
    assert json.loads(runner.script("environments.sh", begun).stdout) == []
    assert json.loads(runner.script("environments.sh").stdout) == ["dev", "prod", "staging"]

    runner.project.change("dev", THRESHOLD)
    commit = runner.commit()
    assert json.loads(runner.script("environments.sh", begun).stdout) == ["dev"]

    plans = tmp_path / "plans"
    planned = runner.script("plans.sh", begun, str(plans), commit)
    assert planned.returncode == 0, planned.stderr
    assert json.loads((plans / "changed.json").read_text(encoding="utf-8")) == ["dev"]
    assert "ecs_service.cpu_alarm_threshold" in (plans / "comment.md").read_text(encoding="utf-8")
    assert runner.kept() == [f"plans/dev/{commit}.tfplan"]
    assert runner.threshold() == 70

    applied = runner.script("apply.sh", "dev", commit)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert "0 added, 1 changed, 0 destroyed" in applied.stdout
    assert (runner.threshold(), runner.kept()) == (75, [])

    again = runner.script("apply.sh", "dev", commit)
    assert again.returncode != 0  # the plan is gone: nothing is planned anew on the way
    unchanged = runner.script("plans.sh", begun, str(plans), commit)
    assert unchanged.returncode == 0, unchanged.stderr
    assert json.loads((plans / "changed.json").read_text(encoding="utf-8")) == []


def test_a_plan_is_refused_when_the_state_has_changed_since(runner: Runner, tmp_path: Path) -> None:
    runner.project.change("dev", THRESHOLD)
    commit = runner.commit()
    assert runner.script("plan.sh", "dev", str(tmp_path / "plans"), commit).returncode == 2
    other = runner.script("plan.sh", "dev", str(tmp_path / "others"), "other")
    assert other.returncode == 2
    assert runner.script("apply.sh", "dev", "other").returncode == 0

    stale = runner.script("apply.sh", "dev", commit)

    assert stale.returncode == 1
    assert "Saved plan is stale" in stale.stderr


def test_drift_is_found_and_becomes_one_issue(runner: Runner) -> None:
    same = runner.script("drift.sh", "dev")
    assert same.returncode == 0, same.stdout + same.stderr
    runner.aws.client("cloudwatch").delete_alarms(AlarmNames=[ALARM])

    drift = runner.script("drift.sh", "dev")

    assert drift.returncode == 1
    assert "1 to add" in drift.stdout
    said = runner.tools / "said"
    title = "dev differs from what was generated"
    for number, wanted in (([], "issue create --title"), ([{"number": 7, "title": title}], "issue comment 7")):
        runner.tool(
            "gh", f"#!/bin/sh\nif [ $2 = list ]; then echo '{json.dumps(number)}'; else echo \"$@\" >{said}; fi\n"
        )
        assert runner.script("issue.sh", title, given=drift.stdout).returncode == 0
        assert said.read_text(encoding="utf-8").startswith(wanted)


def test_a_state_in_a_file_is_no_pipelines(runner: Runner, tmp_path: Path) -> None:
    runner.project.change("dev", tuple(reversed(TO_THE_BUCKET)))  # type: ignore[arg-type]
    runner.project.synthesize("dev")
    for name, arguments in (
        ("plan.sh", ("dev", str(tmp_path))),
        ("drift.sh", ("dev",)),
        ("apply.sh", ("nowhere", "x")),
    ):
        assert runner.script(name, *arguments).returncode == 2


DOCKER = """#!{python}
import json, sys
import boto3
if "--password-stdin" in sys.argv:
    sys.stdin.read()
if sys.argv[1] == "buildx":
    tag = sys.argv[sys.argv.index("--tag") + 1].rpartition(":")[2]
    manifest = {{
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {{"digest": "sha256:" + "0" * 64, "size": 1}},
        "layers": [],
    }}
    ecr = boto3.client("ecr", region_name="us-west-2")
    ecr.put_image(repositoryName="miyabi-web-api", imageManifest=json.dumps(manifest), imageTag=tag)
    ecr.start_image_scan(repositoryName="miyabi-web-api", imageId={{"imageTag": tag}})
with open({said!r}, "a") as said:
    print(*sys.argv[1:], file=said)
"""


def test_an_image_is_built_once_under_its_commit(runner: Runner, tmp_path: Path) -> None:
    runner.aws.client("ecr").create_repository(repositoryName="miyabi-web-api", imageTagMutability="IMMUTABLE")
    said = tmp_path / "said"
    runner.tool("docker", DOCKER.format(python=sys.executable, said=str(said)))

    first, second = (runner.script("image.sh", REPOSITORY, "3f2c1ab", "application") for _ in range(2))

    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith(f"{REPOSITORY}@sha256:")
    assert (second.returncode, second.stdout) == (0, first.stdout)
    login, build = said.read_text(encoding="utf-8").splitlines()
    assert login == "login --username AWS --password-stdin 123456789012.dkr.ecr.us-west-2.amazonaws.com"
    assert f"--tag {REPOSITORY}:3f2c1ab" in build
    assert "latest" not in build


def test_the_image_that_an_environment_runs_is_kept(runner: Runner) -> None:
    ecr = runner.aws.client("ecr")
    ecr.create_repository(repositoryName="miyabi-web-api", imageTagMutability="IMMUTABLE")
    runner.aws.push("miyabi-web-api", "3f2c1ab")
    (pushed,) = ecr.describe_images(repositoryName="miyabi-web-api")["imageDetails"]

    first, again, promoted, elsewhere, missing = (
        runner.script("keep.sh", *arguments)
        for arguments in (
            ("staging", f"{REPOSITORY}:3f2c1ab"),
            ("staging", f"{REPOSITORY}@{pushed['imageDigest']}"),
            ("prod", f"{REPOSITORY}:staging-3f2c1ab"),
            ("prod", "public.ecr.aws/nginx/nginx:1.27"),
            ("prod", f"{REPOSITORY}:0000000"),
        )
    )

    assert first.stdout == again.stdout == f"{REPOSITORY}:staging-3f2c1ab\n", first.stderr + again.stderr
    assert promoted.stdout == f"{REPOSITORY}:prod-3f2c1ab\n", promoted.stderr
    assert elsewhere.stdout == "public.ecr.aws/nginx/nginx:1.27\n"
    assert (missing.returncode != 0, "ImageNotFoundException" in missing.stderr) == (True, True)
    (kept,) = ecr.describe_images(repositoryName="miyabi-web-api")["imageDetails"]
    assert sorted(kept["imageTags"]) == ["3f2c1ab", "prod-3f2c1ab", "staging-3f2c1ab"]
    assert kept["imageDigest"] == pushed["imageDigest"]
