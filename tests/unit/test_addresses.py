"""The address contract: what is listed, what counts as lost, and what a module may declare."""

import json
from pathlib import Path
from typing import Any

import pytest
from cdktf import Testing

from environments.stack import EnvironmentStack
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import addresses
from miyabi_infra.stacks.addresses import Contract, base, changes, run
from tests.support import Project, git


@pytest.fixture
def repository(project: Project, output: Path) -> Project:
    """A repository with two commits, whose `cdktf.out` is committed."""
    project.take(output)
    git(project.root, "init", "-q", "-b", "trunk")
    for message in ("first", "second"):
        git(project.root, "add", ".")
        git(project.root, "commit", "-qm", message, "--allow-empty")
    return project


def rename(body: dict[str, Any], kind: str, old: str, new: str) -> None:
    body["resource"][kind][new] = body["resource"][kind].pop(old)


def test_the_contract_of_dev_is_what_runs_today(root: Path, output: Path) -> None:
    today = json.loads((root / "tests/data/dev-planned-values.json").read_text(encoding="utf-8"))
    contract = addresses.read(output)["miyabi-dev"]
    assert sum(number for number in contract.instances.values() if isinstance(number, int)) == len(today)
    assert {address.partition("[")[0] for address in today} <= contract.instances.keys()


def test_an_address_that_is_lost_fails(
    repository: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "_made", set[str])  # as if the sources had been renamed too
    with repository.body("dev", "networking") as body:
        rename(body, "aws_subnet", "public", "front")
    assert run(repository.root, None, check=True) == 1
    said = capsys.readouterr().out
    assert "miyabi-dev: - module.networking.aws_subnet.public: LOST" in said
    assert "self.moved('aws_subnet.public', <the new address>)" in said


@pytest.mark.parametrize(
    "declaration",
    [
        {"moved": [{"from": "aws_subnet.public", "to": "aws_subnet.front"}]},
        {"//": {"retired": {"aws_subnet.public": "the load balancer is gone"}}},
    ],
)
def test_an_address_that_is_declared_moved_or_retired_does_not(
    repository: Project, declaration: dict[str, Any]
) -> None:
    with repository.body("dev", "networking") as body:
        rename(body, "aws_subnet", "public", "front")
        body.update(declaration)
    assert run(repository.root, None, since="HEAD") == 0


def test_a_declaration_that_leads_nowhere_does_not_help() -> None:
    before = {"a": Contract("a", {"aws_vpc.old": 1}, {}, {})}
    now = {"a": Contract("a", {"aws_vpc.new": 1}, {"aws_vpc.old": "aws_vpc.nowhere"}, {})}
    assert [each.lost for each in changes(before, now)] == [("aws_vpc.old",)]


def test_moves_are_followed_through_modules_and_over_several_steps() -> None:
    before = {"a": Contract("a", {"module.net.aws_vpc.old": 1}, {}, {})}
    moved = {"module.net": "module.networking", "module.networking.aws_vpc.old": "module.networking.aws_vpc.new"}
    now = {"a": Contract("a", {"module.networking.aws_vpc.new": 1}, moved, {})}
    assert [(each.lost, each.declared) for each in changes(before, now)] == [((), ("module.net.aws_vpc.old",))]


def test_a_module_that_a_setting_turns_off_is_not_lost(repository: Project, capsys: pytest.CaptureFixture[str]) -> None:
    repository.change("dev", ("monthly_budget:", "monitoring: {enabled: true}\nmonthly_budget:"))
    repository.synthesize()
    git(repository.root, "commit", "-qam", "on")
    git(repository.root, "add", ".")
    git(repository.root, "commit", "-qm", "and its output")
    repository.change("dev", ("monitoring: {enabled: true}\n", ""))
    repository.synthesize()
    assert run(repository.root, "dev", since="HEAD") == 0
    assert "turned off by a setting" in capsys.readouterr().out


def test_check_compares_with_where_the_branch_left_main(repository: Project) -> None:
    git(repository.root, "branch", "main")
    git(repository.root, "checkout", "-q", "-b", "topic")
    git(repository.root, "commit", "-q", "--allow-empty", "-m", "third")
    found = base(repository.root)
    assert found is not None
    assert found[1].endswith("where this branch left main")


def test_check_says_when_there_is_no_history(
    repository: Project, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    shallow = tmp_path_factory.mktemp("shallow") / "clone"
    git(repository.root, "clone", "-q", "--depth", "1", f"file://{repository.root}", str(shallow))
    assert run(shallow, None, check=True) == 0
    assert "no earlier commit is here to compare with" in capsys.readouterr().out


def test_an_environment_that_is_not_there_is_refused(repository: Project) -> None:
    with pytest.raises(Refused, match="no stack of an environment qa"):
        run(repository.root, "qa")


def test_a_module_emits_what_it_declares(project: Project) -> None:
    networking = EnvironmentStack(Testing.app(), project.settings("dev")).modules[0]
    networking.moved("aws_subnet.front", "aws_subnet.public")
    networking.retired("aws_vpc.other", "never used")
    rendered = networking.rendered()
    assert rendered["moved"] == [{"from": "aws_subnet.front", "to": "aws_subnet.public"}]
    assert rendered["//"] == {"retired": {"aws_vpc.other": "never used"}}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("aws_subnet.front", "aws_subnet.nowhere", "the module does not contain aws_subnet.nowhere"),
        ("aws_subnet.private", "aws_subnet.public", "aws_subnet.private is declared as moved or removed"),
    ],
)
def test_a_declaration_that_is_not_so_is_refused(project: Project, old: str, new: str, said: str) -> None:
    networking = EnvironmentStack(Testing.app(), project.settings("dev")).modules[0]
    networking.moved(old, new)
    with pytest.raises(ValueError, match=said):
        networking.rendered()
