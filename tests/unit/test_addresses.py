"""The address contract: what is listed, what counts as lost, and what a module may declare."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cdktf import App

from environments.stack import EnvironmentStack
from miyabi_infra.commands import addresses as command
from miyabi_infra.commands import summary
from miyabi_infra.commands.addresses import run
from miyabi_infra.overlays.document import Document
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import addresses
from miyabi_infra.stacks.addresses import Contract, Overlays, changes
from miyabi_infra.stacks.revision import base
from miyabi_infra.stacks.state import of_backend
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


def contract(*held: str, moved: dict[str, str] | None = None) -> dict[str, Contract]:
    """The contract of one stack."""
    return {"a": Contract("a", "dev", dict.fromkeys(held, 1), moved or {})}


def rename(body: dict[str, Any], kind: str, old: str, new: str) -> None:
    body["resource"][kind][new] = body["resource"][kind].pop(old)


def test_the_contract_of_dev_is_what_runs_today(root: Path, output: Path) -> None:
    today = json.loads((root / "tests/data/dev-planned-values.json").read_text(encoding="utf-8"))
    contract = addresses.read(output)["miyabi-dev"]
    assert sum(number for number in contract.instances.values() if isinstance(number, int)) == len(today)
    assert {address.partition("[")[0] for address in today} <= contract.instances.keys()


def test_an_address_that_is_lost_fails(repository: Project, capsys: pytest.CaptureFixture[str]) -> None:
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
    (found,) = changes(contract("aws_vpc.old"), contract("aws_vpc.new", moved={"aws_vpc.old": "aws_vpc.nowhere"}))
    assert [(each.address, each.why) for each in found.lost] == [("aws_vpc.old", "nowhere")]


def test_a_move_onto_an_address_that_exists_loses_the_resource() -> None:
    before = contract("aws_vpc.old", "aws_vpc.main")
    (found,) = changes(before, contract("aws_vpc.main", moved={"aws_vpc.old": "aws_vpc.main"}))
    assert [(each.address, each.why, each.to) for each in found.lost] == [("aws_vpc.old", "occupied", "aws_vpc.main")]


def test_of_two_moves_onto_one_address_the_second_loses_its_resource() -> None:
    moved = {"aws_vpc.a": "aws_vpc.new", "aws_vpc.b": "aws_vpc.new"}
    (found,) = changes(contract("aws_vpc.a", "aws_vpc.b"), contract("aws_vpc.new", moved=moved))
    assert [each.address for each in found.declared] == ["aws_vpc.a"]
    assert [(each.address, each.why) for each in found.lost] == [("aws_vpc.b", "occupied")]


def test_a_move_to_another_type_loses_the_resource() -> None:
    now = contract("aws_subnet.new", moved={"aws_vpc.old": "aws_subnet.new"})
    (found,) = changes(contract("aws_vpc.old"), now)
    assert [(each.address, each.why) for each in found.lost] == [("aws_vpc.old", "type")]


def test_moves_are_followed_through_modules_and_over_several_steps() -> None:
    moved = {"module.net": "module.networking", "module.networking.aws_vpc.old": "module.networking.aws_vpc.new"}
    now = contract("module.networking.aws_vpc.new", moved=moved)
    (found,) = changes(contract("module.net.aws_vpc.old"), now)
    assert found.lost == ()
    assert [(each.address, each.to) for each in found.declared] == [
        ("module.net.aws_vpc.old", "module.networking.aws_vpc.new")
    ]


OVERLAYS = Overlays(Path(), {"dev": Document(Path(), {"a": 1})}, {"dev": Document(Path(), {"a": 1})})
OTHERS = Overlays(Path(), {"dev": Document(Path(), {"a": 1})}, {"dev": Document(Path(), {"a": 2})})


@pytest.mark.parametrize(
    ("before", "now", "overlays", "why"),
    [
        (2, {"a": 1, "b": 1}, None, ["indexes"]),
        ({"a": 1}, 1, None, ["indexes"]),
        (3, 2, OVERLAYS, ["fewer"]),
        ({"a": 1, "b": 1}, {"a": 1, "c": 1}, OVERLAYS, ["fewer"]),
        (3, 2, OTHERS, ["fewer"]),  # no setting decides about this address
        (1, 2, OVERLAYS, []),
        ({"a": 1}, {"a": 2, "b": 1}, OVERLAYS, []),
        ("${local.names}", 1, OVERLAYS, []),  # known at apply only
    ],
)
def test_instances_that_go_while_their_address_stays_are_lost(
    before: Any,  # noqa: ANN401  # as the output has it
    now: Any,  # noqa: ANN401
    overlays: Overlays | None,
    why: list[str],
) -> None:
    held = {"a": Contract("a", "dev", {"aws_subnet.public": before})}
    found = list(changes(held, {"a": Contract("a", "dev", {"aws_subnet.public": now})}, overlays))
    assert [one.why for each in found for one in each.lost] == why


def test_instances_that_are_declared_moved_one_by_one_are_not_lost() -> None:
    held = {"a": Contract("a", "dev", {"aws_subnet.public": 1})}
    named: Any = {"one": 1}
    moved = {"aws_subnet.public[0]": 'aws_subnet.public["one"]'}
    assert list(changes(held, {"a": Contract("a", "dev", {"aws_subnet.public": named}, moved)})) == []


Held = dict[str, Any]
"""Instances by address, as the output has them."""


@pytest.mark.parametrize(
    ("before", "now", "moved", "lost"),
    [
        # Terraform refuses to plan: "Moved object still exists".
        ({"aws_vpc.a": 1}, {"aws_vpc.a": 1, "aws_vpc.b": 1}, {"aws_vpc.a": "aws_vpc.b"}, [("aws_vpc.a", "stays")]),
        (
            {"aws_subnet.p": 3},
            {"aws_subnet.p": {"one": 1}},
            {"aws_subnet.p[0]": 'aws_subnet.p["one"]'},
            [("aws_subnet.p[1]", "fewer"), ("aws_subnet.p[2]", "fewer")],
        ),
        (
            {"aws_subnet.p": 1},
            {"aws_subnet.p": {"one": 1}},
            {"aws_subnet.p[0]": 'aws_subnet.p["two"]'},
            [("aws_subnet.p[0]", "nowhere")],
        ),
        ({"aws_subnet.p": 3}, {"aws_subnet.q": 1}, {"aws_subnet.p": "aws_subnet.q"}, [("aws_subnet.p", "fewer")]),
        (
            {"aws_subnet.p": 3},
            {"aws_subnet.q": {"one": 1}},
            {"aws_subnet.p": "aws_subnet.q"},
            [("aws_subnet.p", "indexes")],
        ),
        (
            {"aws_subnet.p": 2},
            {"aws_subnet.q": 1},
            {"aws_subnet.p[0]": "aws_subnet.q"},
            [("aws_subnet.p[1]", "fewer")],
        ),
        # A chain ends in another type.
        ({"aws_a.x": 1}, {"aws_b.z": 1}, {"aws_a.x": "aws_a.y", "aws_a.y": "aws_b.z"}, [("aws_a.x", "type")]),
        # Addresses have upper and lower case.
        ({"module.net.aws_vpc.a": 1}, {"module.Net.aws_vpc.a": 1}, {}, [("module.net.aws_vpc.a", "undeclared")]),
    ],
)
def test_what_a_move_leaves_behind_is_lost(
    before: Held, now: Held, moved: dict[str, str], lost: list[tuple[str, str]]
) -> None:
    (found,) = changes({"a": Contract("a", "dev", before)}, {"a": Contract("a", "dev", now, moved)})
    assert [(each.address, each.why) for each in found.lost] == lost


@pytest.mark.parametrize(
    ("before", "now", "moved"),
    [
        # The one of several that is left gets another name; Terraform moves an instance to an address without a key.
        ({"aws_subnet.p": 1}, {"aws_subnet.q": 1}, {"aws_subnet.p[0]": "aws_subnet.q"}),
        (
            {"aws_subnet.p": 2},
            {"aws_subnet.p": {"one": 1, "two": 1}},
            {"aws_subnet.p[0]": 'aws_subnet.p["one"]', "aws_subnet.p[1]": 'aws_subnet.p["two"]'},
        ),
        ({"module.net.aws_vpc.a": 1}, {"module.network.aws_vpc.a": 1}, {"module.net": "module.network"}),
    ],
)
def test_what_a_move_takes_along_is_not_lost(before: Held, now: Held, moved: dict[str, str]) -> None:
    held = {"a": Contract("a", "dev", before)}
    assert [one for each in changes(held, {"a": Contract("a", "dev", now, moved)}) for one in each.lost] == []


@pytest.mark.parametrize(
    ("place", "migrated", "lost"),
    [
        ("s3://states/dev", {}, []),
        ("s3://states/Dev", {}, ["state"]),  # keys of S3 have upper and lower case
        ("s3://other/dev", {}, ["state"]),
        ("s3://other/dev", {"a": "s3://states/dev"}, []),
        ("s3://other/dev", {"a": "s3://elsewhere/dev"}, ["state"]),
    ],
)
def test_a_state_that_is_elsewhere_is_lost_until_it_was_moved(
    place: str, migrated: dict[str, str], lost: list[str]
) -> None:
    then = {"a": Contract("a", "dev", {"aws_vpc.main": 1}, state="s3://states/dev")}
    now = {"a": Contract("a", "dev", {"aws_vpc.main": 1}, state=place)}
    found = list(changes(then, now, migrated=migrated))
    assert [one.why for each in found for one in each.lost] == lost
    assert [each.state for each in found] == ([] if place == "s3://states/dev" else [("s3://states/dev", place)])


def test_the_state_that_is_elsewhere_is_told_with_the_way_to_it(
    repository: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository.out / "stacks/miyabi-dev/cdk.tf.json"
    body = json.loads(root.read_text(encoding="utf-8"))
    before = str(of_backend(body["terraform"]["backend"]))
    body["terraform"]["backend"] = {"local": {"path": "../../../environments/Dev/terraform.tfstate"}}
    root.write_text(json.dumps(body), encoding="utf-8")

    assert run(repository.root, None, since="HEAD") == 1
    said = capsys.readouterr().out
    assert f"miyabi-dev: its state: LOST: it went from {before} to environments/Dev/terraform.tfstate" in said
    assert f'{{"miyabi-dev": "{before}"}}' in said
    assert "In the module, declare" not in said

    monkeypatch.setattr(command, "MIGRATED", {"miyabi-dev": before})
    assert run(repository.root, None, since="HEAD") == 0
    assert f"its state: declared moved from {before}" in capsys.readouterr().out


@pytest.mark.parametrize("missing", ["terraform", "module"])
def test_an_output_that_was_edited_by_hand_is_refused(project: Project, output: Path, missing: str) -> None:
    project.take(output)
    root = project.out / "stacks/miyabi-dev/cdk.tf.json"
    body = json.loads(root.read_text(encoding="utf-8"))
    body[missing] = {"networking": {}} if missing == "module" else {}
    root.write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(Refused, match=r"cdk.tf.json of miyabi-dev is not what synth writes"):
        addresses.read(project.out)


def test_one_address_with_two_new_ones_is_refused(project: Project, output: Path) -> None:
    project.take(output)
    before = addresses.read(project.out)
    with project.body("dev", "networking") as body:
        rename(body, "aws_vpc", "main", "one")
        body["resource"]["aws_vpc"]["two"] = body["resource"]["aws_vpc"]["one"]
        body["moved"] = [{"from": "aws_vpc.main", "to": f"aws_vpc.{each}"} for each in ("one", "two")]
    (found,) = changes(before, addresses.read(project.out))
    assert [(each.address, each.why) for each in found.lost] == [("module.networking.aws_vpc.main", "ambiguous")]


def test_moves_in_a_circle_end() -> None:
    now = contract("aws_vpc.c", moved={"aws_vpc.a": "aws_vpc.b", "aws_vpc.b": "aws_vpc.a"})
    (found,) = changes(contract("aws_vpc.a"), now)
    assert [each.address for each in found.lost] == ["aws_vpc.a"]


@pytest.mark.parametrize("new_name", [None, "test"])
def test_an_overlay_that_is_removed_or_renamed_loses_its_addresses(
    repository: Project, capsys: pytest.CaptureFixture[str], new_name: str | None
) -> None:
    if new_name:
        repository.overlay("staging").rename(repository.overlay(new_name))
    else:
        repository.overlay("staging").unlink()
    repository.synthesize()
    assert run(repository.root, None, since="HEAD") == 1
    said = capsys.readouterr().out
    assert "miyabi-staging: LOST: the stack is gone, its overlay removed or renamed; 47 addresses in its state" in said
    assert "environments/retired.py" in said
    assert "Terraform would destroy" not in said
    assert ("miyabi-test: new stack, 47 addresses" in said) == (new_name is not None)
    capsys.readouterr()
    assert run(repository.root, "staging", since="HEAD") == 1
    assert "miyabi-staging: LOST" in capsys.readouterr().out


@pytest.mark.slow
def test_a_project_that_is_renamed_leaves_nothing_running(
    repository: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.change("base", ("project: miyabi", "project: akari"))
    repository.synthesize()
    assert run(repository.root, None, since="HEAD") == 1
    said = capsys.readouterr().out
    for name in ("dev", "prod", "staging"):
        assert re.search(
            f"miyabi-{name}: LOST: its state is now of akari-{name}: "
            r"Terraform would destroy the \d+ addresses in it, and make that stack's",
            said,
        )
    assert "Terraform would destroy what runs there.\n" in f"{said}\n"
    assert "leaves its resources running" not in said
    assert "environments/retired.py" not in said


def test_a_stack_that_has_the_state_of_one_that_is_gone_is_named() -> None:
    then = {"a": Contract("a", "dev", {"aws_vpc.main": 1}, state="s3://states/dev")}
    now = {"b": Contract("b", "qa", {"aws_vpc.main": 1}, state="s3://states/dev")}
    assert [(each.stack, each.taken_by) for each in changes(then, now)] == [("a", "b"), ("b", "")]
    assert [each.taken_by for each in changes(then, now, retired={"a": "destroyed"})] == ["", ""]


def test_a_stack_that_is_declared_gone_is_not_lost(
    repository: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "RETIRED", {"miyabi-staging": "destroyed, nobody used it"})
    repository.overlay("staging").unlink()
    repository.synthesize()
    assert run(repository.root, None, since="HEAD") == 0
    assert "miyabi-staging: gone, declared: destroyed, nobody used it" in capsys.readouterr().out


def test_a_resource_that_is_gone_from_the_output_alone_is_lost(
    repository: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    with repository.body("dev", "ecs-service") as body:  # the sources still have it, and no overlay turned it off
        del body["resource"]["aws_cloudwatch_metric_alarm"]["service_running_tasks"]
    assert run(repository.root, None, since="HEAD") == 1
    assert "aws_cloudwatch_metric_alarm.service_running_tasks: LOST" in capsys.readouterr().out


def test_a_module_that_a_setting_turns_off_is_not_lost(repository: Project, capsys: pytest.CaptureFixture[str]) -> None:
    repository.change("dev", ("monthly_budget:", "monitoring: {enabled: true}\nmonthly_budget:"))
    repository.synthesize()
    git(repository.root, "commit", "-qam", "on")
    git(repository.root, "add", ".")
    git(repository.root, "commit", "-qm", "and its output")
    repository.change("dev", ("monitoring: {enabled: true}\n", ""))
    repository.synthesize()
    assert run(repository.root, "dev", since="HEAD") == 0
    assert "turned off by monitoring.enabled (environments/dev.yaml:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "gone"),
    [
        ("single_nat_gateway: true", ["aws_eip.nat[1]", "aws_nat_gateway.main[1]", "aws_route_table.private[1]"]),
        ("enable_nat_gateway: false", ["aws_eip.nat[0]", "aws_eip.nat[1]", "aws_nat_gateway.main[0]"]),
    ],
)
def test_instances_that_a_setting_takes_away_while_their_address_stays_are_said(
    repository: Project, capsys: pytest.CaptureFixture[str], line: str, gone: list[str]
) -> None:
    repository.change("prod", ("networking:\n", f"networking:\n  {line}\n"))
    repository.synthesize()
    assert run(repository.root, "prod", since="HEAD", form="json") == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["lost"] == []
    assert {f"module.networking.{each}" for each in gone} <= {each["address"] for each in found["off"]}
    assert all(each["settings"] == [f"networking.{line.partition(':')[0]}"] for each in found["off"])


def test_check_compares_with_where_the_branch_left_main(repository: Project) -> None:
    git(repository.root, "branch", "main")
    git(repository.root, "checkout", "-q", "-b", "topic")
    git(repository.root, "commit", "-q", "--allow-empty", "-m", "third")
    found = base(repository.root)
    assert str(found).endswith("where this branch left main")


@pytest.mark.slow
@pytest.mark.parametrize("named", [True, False])
def test_summary_and_check_compare_with_the_same_commit(
    repository: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, named: bool
) -> None:
    first = git(repository.root, "rev-parse", "HEAD~1")
    if named:
        monkeypatch.setenv("MIYABI_BASE", first)
    repository.change("dev", ("LOG_LEVEL: info", "LOG_LEVEL: debug"))
    repository.synthesize()
    assert run(repository.root, None, check=True) == 0
    assert f"compared with {first[:12]}" in capsys.readouterr().out
    assert summary.run(repository.root) == 1
    assert f"Compared with `{first[:12]}" in capsys.readouterr().out


def test_the_first_commit_has_nothing_to_compare_with(
    project: Project, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.take(output)
    git(project.root, "init", "-q")
    assert run(project.root, None, check=True) == 0
    assert "no earlier commit is here to compare with" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("depth", [1, 2])
def test_a_shallow_clone_never_passes_unchecked(
    repository: Project, depth: int, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository.root, "checkout", "-q", "-b", "work")
    for message in ("one", "two"):
        git(repository.root, "commit", "-q", "--allow-empty", "-m", message)
    shallow = tmp_path_factory.mktemp("shallow") / "clone"
    source = f"file://{repository.root}"
    git(repository.root, "clone", "-q", "--depth", str(depth), "--branch", "work", source, str(shallow))
    with pytest.raises(Refused, match="git fetch --unshallow"):
        run(shallow, None, check=True)
    git(shallow, "fetch", "-q", "--unshallow", "origin", "+refs/heads/*:refs/remotes/origin/*")
    assert run(shallow, None, check=True) == 0
    monkeypatch.setenv("MIYABI_BASE", "HEAD~1")
    assert run(shallow, None, check=True) == 0


def test_an_environment_that_is_not_there_is_refused(repository: Project) -> None:
    with pytest.raises(Refused, match="no stack of an environment qa"):
        run(repository.root, "qa")


def test_a_module_emits_what_it_declares(project: Project) -> None:
    networking = EnvironmentStack(App(), project.settings("dev")).modules[0]
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
    networking = EnvironmentStack(App(), project.settings("dev")).modules[0]
    networking.moved(old, new)
    with pytest.raises(ValueError, match=said):
        networking.rendered()
