"""Whatever is broken, on either side, parity finds it; and what it calls without effect, plans show to be so."""

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.parity.figures import BEGIN, END, PAGE, Judge, Verdict, table
from tests.parity.mutations import Mutation
from tests.parity.support import HCL
from tests.support import planned_together

SAMPLE = 4
"""Mutations of each kind and side that every run of the tests makes; the page has the figures of all."""

WITHOUT_EFFECT = {
    "generated: argument nulled: module.alb.aws_lb.main",
    "generated: argument nulled: module.ecs_service.aws_ecs_service.app",
    "generated: argument nulled: module.elasticache.aws_elasticache_cluster.redis",
    "generated: argument nulled: module.networking.aws_eip.nat",
    "generated: value changed: module.alb.aws_lb.main",
}
"""Mutations of arguments that mean the same to AWS: defaults, an empty topic, what the provider does not send."""


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return Judge(tmp_path_factory.mktemp("mutations"))


@pytest.fixture(scope="module")
def mutations(judge: Judge) -> list[Mutation]:
    return judge.mutations()


@pytest.fixture(scope="module")
def verdicts(judge: Judge, mutations: list[Mutation]) -> list[Verdict]:
    """What static parity makes of a sample, spread evenly over the resources."""
    return [judge.verdict(mutation) for mutation in sample(mutations)]


def sample(mutations: Iterable[Mutation]) -> list[Mutation]:
    groups: defaultdict[tuple[str, str], list[Mutation]] = defaultdict(list)
    for each in mutations:
        groups[each.side, each.kind].append(each)
    return [each for group in groups.values() for each in group[:: max(1, len(group) // SAMPLE)][:SAMPLE]]


def counted(mutations: Iterable[Mutation]) -> Counter[tuple[str, str]]:
    return Counter((each.kind, "JSON" if each.side == "generated" else each.side) for each in mutations)


def on_the_page() -> Counter[tuple[str, str]]:
    """The number of mutations that the page says, by kind and side."""
    header, _, *rows = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip().splitlines()
    columns = [cell.strip().partition(":")[0] for cell in header.strip("|").split("|")]
    found: Counter[tuple[str, str]] = Counter()
    for row in rows[:-1]:
        kind, *numbers = (cell.strip() for cell in row.strip("|").split("|"))
        for side, number in zip(columns[1:], numbers, strict=True):
            found[kind, side] += int(number or 0)
    return +found


def test_without_a_mutation_nothing_is_found_that_has_an_effect(judge: Judge) -> None:
    assert {each.kind for each in judge.baseline} == {"no effect"}


def test_every_mutation_of_the_hcl_changes_it(mutations: list[Mutation]) -> None:
    of_hcl = [each for each in mutations if each.side == "HCL"]
    same = [
        each.name
        for each in of_hcl
        if all((HCL / path).read_text(encoding="utf-8") == text for path, text in each.files.items())
    ]
    assert (len(of_hcl) > 0, same) == (True, [])


@pytest.mark.slow
def test_every_mutation_is_caught(verdicts: list[Verdict]) -> None:
    print(table(verdicts))
    assert [each.mutation.name for each in verdicts if each.level == "missed"] == []


@pytest.mark.slow
def test_nearly_all_are_caught_as_what_they_are(verdicts: list[Verdict]) -> None:
    noted = Counter((each.mutation.side, each.mutation.kind) for each in verdicts if each.level == "noted")
    # A variable of the HCL that is no wire may have any name, an order that the HCL lacks is no loss,
    # and create_before_destroy says in which order a resource is replaced, not what it is.
    others = {"argument nulled", "value changed", "lifecycle dropped"}
    assert {kind for _, kind in noted} <= {"variable renamed", "dependency lost"} | others
    assert noted.total() < len(verdicts) / 10


def test_the_mutations_cover_every_resource_and_output(judge: Judge, mutations: list[Mutation]) -> None:
    resources = {each.of for each in mutations if each.side == "generated" and each.kind == "value changed"}
    renamed = {each.of for each in mutations if each.side == "HCL" and each.kind == "address renamed"}
    bodies = [json.loads(file.read_text(encoding="utf-8")) for file in judge.stack.glob("modules/*/main.tf.json")]
    assert len(renamed) == sum(len(by_name) for body in bodies for by_name in body["resource"].values())
    assert resources - {"provider.aws"} <= renamed


def test_the_page_has_the_figures_of_all_mutations(mutations: list[Mutation]) -> None:
    assert on_the_page() == counted(mutations)


@pytest.mark.terraform
def test_what_has_no_effect_is_planned_the_same(judge: Judge, mutations: list[Mutation], tmp_path: Path) -> None:
    """All mutations of arguments that are said to have no effect, in one plan, beside the plan without them."""
    together = shutil.copytree(judge.stack, tmp_path / "together")
    for each in mutations:
        if each.name in WITHOUT_EFFECT:
            assert judge.verdict(each).level == "noted"
            for file, text in each.files.items():
                merge(together / file, judge.stack / file, text)
    plans = planned_together({"before": judge.stack, "after": together})
    assert dict(differences(plans["before"], plans["after"])) == {
        # Nothing, and what AWS chooses: a topic that is empty is none, and every address is of the VPC since 2022.
        "module.elasticache.aws_elasticache_cluster.redis.notification_topic_arn": ("", None),
        "module.networking.aws_eip.nat[0].domain": ("vpc", None),
        "module.networking.aws_eip.nat[1].domain": ("vpc", None),
    }


def merge(file: Path, original: Path, mutated: str) -> None:
    """Take into a file what a mutation changes in its original."""
    before, after, held = (json.loads(text) for text in (original.read_text(), mutated, file.read_text()))
    for kind, by_name in after["resource"].items():
        for name, resource in by_name.items():
            for argument, value in resource.items():
                if before["resource"][kind][name].get(argument) != value:
                    held["resource"][kind][name][argument] = value
    file.write_text(json.dumps(held), encoding="utf-8")


def differences(before: dict[str, Any], after: dict[str, Any]) -> Iterable[tuple[str, tuple[object, object]]]:
    first, second = (
        {each["address"]: each["change"]["after"] for each in plan["resource_changes"]} for plan in (before, after)
    )
    assert first.keys() == second.keys()
    for address, arguments in first.items():
        for argument in arguments.keys() | second[address].keys():
            pair = arguments.get(argument), second[address].get(argument)
            if pair[0] != pair[1]:
                yield f"{address}.{argument}", pair
