"""The firewall in front of what runs, as docs/guides/firewall.md switches it on: only new resources, and verified."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.aws.environment import Environment, changes
from tests.aws.test_verify import Look, differing

pytestmark = pytest.mark.aws

YAML: Final = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_what_runs_gets_a_firewall_and_nothing_else_changes(
    applied: Environment, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts, _ = YAML.findall((root / "docs/guides/firewall.md").read_text(encoding="utf-8"))
    with applied.aws.copy() as aws:
        dev = applied.copy(tmp_path / "project", aws)
        overlay = dev.project.overlay("dev")
        overlay.write_text(f"{overlay.read_text(encoding='utf-8')}\n{counts}", encoding="utf-8")
        dev.project.synthesize()
        dev.terraform.init()
        planned = changes(dev.terraform.plan())
        assert {tuple(actions) for actions in planned.values()} == {("create",)}
        assert {address.split(".")[1] for address in planned} == {"waf"}
        dev.terraform.apply()
        verification = Look(monkeypatch).verify(dev)
        assert differing(verification) == []
        assert {each.state for each in verification.resources} == {"same"}
