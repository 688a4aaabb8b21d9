"""The workflows of GitHub Actions: pinned, with the least permissions, each step a command of the repository."""

import re
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
from ruamel.yaml import YAML

PINNED = re.compile(r"[\w-]+/[\w./-]+@[0-9a-f]{40}|\./\.github/(?:workflows/[\w-]+\.yml|actions/[\w-]+)")
READS = {"contents": "read"}
COMMANDS = ("make ", ".ci/run", ".github/scripts/", "miyabi-infra ", "gh pr comment", "aws ")


def files(root: Path) -> list[Path]:
    return sorted((root / ".github/workflows").glob("*.yml"))


def workflow(file: Path) -> dict[str, Any]:
    return cast("Any", YAML(typ="safe", pure=True)).load(file)


def jobs(root: Path) -> list[tuple[str, dict[str, Any]]]:
    return [(f"{file.stem}.{name}", job) for file in files(root) for name, job in workflow(file)["jobs"].items()]


def actions(root: Path) -> list[Path]:
    """Our own actions: steps that several workflows begin with."""
    return sorted((root / ".github/actions").glob("*/action.yml"))


def steps(root: Path) -> list[tuple[str, dict[str, Any]]]:
    own = [(file.parent.name, step) for file in actions(root) for step in workflow(file)["runs"]["steps"]]
    return [(name, step) for name, job in jobs(root) for step in job.get("steps", ())] + own


def test_every_action_is_pinned_by_commit_with_its_version_beside_it(root: Path) -> None:
    used = [job["uses"] for _, job in jobs(root) if "uses" in job] + [
        step["uses"] for _, step in steps(root) if "uses" in step
    ]
    assert used
    assert [each for each in used if not PINNED.fullmatch(each)] == []
    text = "".join(file.read_text(encoding="utf-8") for file in (*files(root), *actions(root)))
    lines = [line for line in text.splitlines() if re.search(r"@[0-9a-f]{40}", line)]
    assert [line for line in lines if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)] == []
    versions = {tuple(re.findall(r"([\w/-]+)@([0-9a-f]{40}) # (\S+)", line)[0]) for line in lines}
    assert len(versions) == len({name for name, *_ in versions}), "one version of each action"


def test_our_own_actions_are_used_and_have_no_credentials(root: Path) -> None:
    used = {step["uses"] for _, step in steps(root) if step.get("uses", "").startswith("./.github/actions/")}
    assert used == {f"./.github/actions/{file.parent.name}" for file in actions(root)} != set()
    for file in actions(root):
        assert "aws-actions" not in file.read_text(encoding="utf-8")


def test_nothing_is_permitted_but_what_a_job_asks_for(root: Path) -> None:
    assert {file.stem: workflow(file)["permissions"] for file in files(root)} == {file.stem: {} for file in files(root)}
    # Reading the sources and a token for AWS is what all may have; what else a job may do stands here.
    beyond = {
        name: {key: value for key, value in job["permissions"].items() if key not in {"contents", "id-token"}}
        for name, job in jobs(root)
    }
    assert {name: found for name, found in beyond.items() if found} == {
        "drift.drift": {"issues": "write"},
        "image.image": {"attestations": "write"},
        "plan.plan": {"pull-requests": "write"},
    }
    assert {job["permissions"]["contents"] for _, job in jobs(root)} == {"read"}


def test_only_what_a_github_environment_protects_has_the_role_that_applies(root: Path) -> None:
    roles = {
        name: step["with"]["role-to-assume"]
        for name, step in steps(root)
        if "configure-aws-credentials" in step.get("uses", "")
    }
    protected = {name for name, job in jobs(root) if "environment" in job}
    assert protected == {name for name, role in roles.items() if role == "${{ vars.AWS_APPLY_ROLE }}"}
    assert {role for name, role in roles.items() if name not in protected} == {
        "${{ vars.AWS_IMAGE_ROLE }}",
        "${{ vars.AWS_PLAN_ROLE }}",
    }


def test_a_plan_never_becomes_an_artifact(root: Path) -> None:
    assert [name for name, step in steps(root) if "artifact" in step.get("uses", "")] == []


def test_a_pull_request_of_a_fork_gets_no_credentials(root: Path) -> None:
    for file in files(root):
        found = workflow(file)
        assert "pull_request_target" not in found["on"]
        for name, job in found["jobs"].items():
            if "pull_request" in found["on"] and "id-token" in job["permissions"]:
                wanted = "github.event.pull_request.head.repo.full_name == github.repository"
                assert job["if"] == wanted, f"{file.stem}.{name}"


@pytest.mark.parametrize("expression", ["github.event.pull_request.title", "github.head_ref", "inputs."])
def test_text_of_others_reaches_a_script_only_as_a_variable(root: Path, expression: str) -> None:
    assert [name for name, step in steps(root) if expression in step.get("run", "")] == []


def test_each_step_is_a_command_that_people_can_run_too(root: Path) -> None:
    allowed = re.compile(r"(?:image=\$\(|echo |cat |make |gh |miyabi-infra |\.ci/run|\.github/scripts/)")
    lines = [(name, line) for name, step in steps(root) for line in step.get("run", "").splitlines()]
    assert lines
    assert [each for each in lines if not allowed.match(each[1])] == []


def test_every_script_is_used_or_sourced(root: Path) -> None:
    texts = {
        file: file.read_text(encoding="utf-8")
        for file in (root / ".github").rglob("*")
        if file.suffix in (".sh", ".yml")
    }
    scripts = {file.name for file in texts if file.suffix == ".sh"}
    unused = {
        name
        for name in scripts
        if not any(f"scripts/{name}" in text for file, text in texts.items() if file.name != name)
    }
    assert unused == set()


@pytest.mark.parametrize("without", [True, False])
def test_a_deployment_by_hand_may_leave_the_schema_alone(root: Path, without: bool) -> None:  # noqa: FBT001
    found = workflow(root / ".github/workflows/deploy.yml")
    for trigger in ("workflow_dispatch", "workflow_call"):
        asked = found["on"][trigger]["inputs"]["without_migration"]
        assert (asked["type"], asked["default"]) == ("boolean", False)
    (step,) = [each for each in found["jobs"]["deploy"]["steps"] if each.get("name") == "Deploy"]
    assert step["env"]["WITHOUT_MIGRATION"] == "${{ inputs.without_migration && 'yes' || '' }}"
    given = {"ENVIRONMENT": "dev", "IMAGE": "registry/app:1", "WITHOUT_MIGRATION": "yes" if without else ""}
    said = subprocess.run(
        ["bash", "-euc", f'miyabi-infra() {{ echo "$#" "$@"; }}; {step["run"]}'],
        env=given, capture_output=True, text=True, check=True,
    )  # fmt: skip
    flag = " --without-migration" if without else ""
    assert said.stdout == f"{4 + without} deploy --env dev registry/app:1{flag}\n"


AWS = """#!/bin/sh
case "$*" in
*batch-get-image*) echo sha256:0 ;;
*describe-image-scan-findings*) echo "$CRITICAL" ;;
*wait*) ;;
*) exit 9 ;;
esac
"""


@pytest.mark.parametrize(("critical", "code"), [("None", 0), ("0", 0), ("3", 1)])
def test_an_image_with_critical_findings_is_not_handed_on(root: Path, tmp_path: Path, critical: str, code: int) -> None:
    (tmp_path / "aws").write_text(AWS, encoding="utf-8")
    (tmp_path / "aws").chmod(0o755)
    repository = "123456789012.dkr.ecr.us-west-2.amazonaws.com/app"
    done = subprocess.run(
        [root / ".github/scripts/image.sh", repository, "3f2c1ab", "application"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "CRITICAL": critical}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (code, "" if code else f"{repository}@sha256:0\n"), done.stderr
    assert done.stderr == (f"{repository}:3f2c1ab has 3 critical findings: see the registry\n" if code else "")
