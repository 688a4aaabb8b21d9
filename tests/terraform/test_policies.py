"""checkov over real plans: it checks something in every stack, and finds what is planted."""

import os
import re
from pathlib import Path

import pytest

from miyabi_infra.commands.lint import run
from miyabi_infra.lint.policies import Scan, missing, scan
from miyabi_infra.project import ROOT
from miyabi_infra.stacks import read
from tests.support import Project

pytestmark = [
    pytest.mark.terraform,
    pytest.mark.skipif(
        missing(ROOT) is not None and "MIYABI_DEMAND_TERRAFORM" not in os.environ,
        reason="checkov is not installed: 'make policies'",
    ),
]


GUIDE = "docs/guides/database.md"


@pytest.fixture(scope="module")
def scans(root: Path, output: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scan, Scan]:
    """dev and the shared stack as they are, and with weaknesses planted by hand and staging's database."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("policies") / "project")
    project.take(output)
    blocks = re.findall(r"(?ms)^```yaml\n(.*?)^```$", (root / GUIDE).read_text(encoding="utf-8"))
    (waivers,) = [each.removeprefix("lint:\n  waive:\n") for each in blocks if each.startswith("lint:")]
    project.change("staging", ("\nlint:\n  waive:\n", f"\n{blocks[0]}\nlint:\n  waive:\n{waivers}"))
    project.synthesize("staging")
    with project.body("dev", "security-groups") as body:
        (http, *_) = body["resource"]["aws_security_group"]["alb"]["ingress"]
        body["resource"]["aws_security_group"]["ecs"]["ingress"].append({**http, "from_port": 22, "to_port": 22})
    with project.body("shared", "state-bucket") as body:
        body["resource"]["aws_s3_bucket_public_access_block"]["state"]["block_public_acls"] = False
    before, after = (
        scan(ROOT, [each for each in read(out) if each.environment in {"dev", "shared", *more}], out)
        for out, more in ((output, ()), (project.out, ("staging",)))
    )
    return before, after


def test_every_stack_is_checked(scans: tuple[Scan, Scan]) -> None:
    before, _ = scans
    assert list(before.passed) == ["dev", "shared"]
    assert all(count > 10 for count in before.passed.values())


def test_what_is_planted_is_found(scans: tuple[Scan, Scan]) -> None:
    before, after = scans
    planted = {
        (environment, each.policy, each.address)
        for environment in before.violated
        for each in {*after.violated[environment]} - {*before.violated[environment]}
    }
    assert planted == {
        ("dev", "CKV_AWS_24", "module.security_groups.aws_security_group.ecs"),
        ("shared", "CKV_AWS_53", "module.state_bucket.aws_s3_bucket_public_access_block.state"),
        ("shared", "CKV2_AWS_6", "module.state_bucket.aws_s3_bucket.state"),
    }


def test_of_a_database_nothing_is_found_that_its_guide_does_not_give_a_reason_for(
    scans: tuple[Scan, Scan], root: Path
) -> None:
    _, after = scans
    found = {each.policy for each in after.violated["staging"] if each.address.startswith("module.rds.")}
    waived = set(re.findall(r"CKV2?_AWS_\d+", (root / GUIDE).read_text(encoding="utf-8")))
    base = set(re.findall(r"(?m)^    (CKV2?_AWS_\d+):", (root / "environments/base.yaml").read_text(encoding="utf-8")))

    assert found - base == waived


def test_lint_reports_policies_beside_its_own_findings(
    scans: tuple[Scan, Scan], project: Project, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = scans
    project.out.symlink_to(output)
    monkeypatch.setattr("miyabi_infra.commands.lint.missing", lambda _root: None)  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]
    codes: list[int] = []
    for found in (before, after):
        monkeypatch.setattr("miyabi_infra.commands.lint.scan", lambda *_: found)  # noqa: B023  # called at once  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]
        codes.append(run(project.root, "dev", policies=True, today="2026-12-01"))
    assert codes == [0, 1]
