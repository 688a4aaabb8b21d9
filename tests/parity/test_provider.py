"""What parity knows of the provider is what the provider itself says."""

import json
from pathlib import Path

import pytest

from miyabi_infra.hcl.provider import CHOSEN_BY_AWS, FACTS, ID_IS, facts
from tests import complete


@pytest.mark.terraform
def test_the_facts_are_what_the_provider_says(root: Path, tmp_path: Path) -> None:
    held = json.loads(FACTS.read_text(encoding="utf-8"))
    assert complete.learnt(root, tmp_path) == held, "run 'make learn'"


def test_aws_chooses_only_where_the_provider_does_not_say() -> None:
    said: list[str] = []
    for name in CHOSEN_BY_AWS:
        kind, *path = name.split(".")
        held = facts(kind)
        assert held is not None
        for block in path[:-1]:
            held = held["blocks"][block]
        if "default" in held["arguments"][path[-1]]:
            said.append(name)
    assert said == []


def test_an_id_is_another_attribute_of_its_type() -> None:
    for kind, attribute in ID_IS.items():
        held = facts(kind)
        assert held is None or attribute in held["arguments"] or attribute in held["attributes"]
