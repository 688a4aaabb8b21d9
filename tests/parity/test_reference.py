"""The reference HCL is Terraform as it should be, and plans what runs today."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from miyabi_infra.terraform.cli import Terraform
from tests.parity.support import HCL
from tests.support import planned_values

pytestmark = pytest.mark.terraform


def test_it_is_formatted() -> None:
    done = Terraform(HCL).run("fmt", "-check", "-recursive", "-diff", accept=(0, 3))
    assert done.stdout == ""


def test_it_is_valid_without_a_warning(reference: Terraform) -> None:
    assert reference.validate() == []


def test_dev_plans_what_runs_today_and_nothing_else(both_plans: dict[str, dict[str, Any]], root: Path) -> None:
    text = (root / "tests/data/dev-planned-values.json").read_text(encoding="utf-8")
    today = cast("dict[str, dict[str, Any]]", json.loads(text))
    planned = planned_values(both_plans["hcl-dev"])
    assert {
        address: {argument: value for argument, value in arguments.items() if argument in today.get(address, {})}
        for address, arguments in planned.items()
    } == today


def test_what_the_inventory_leaves_out_is_not_configured(both_plans: dict[str, dict[str, Any]], root: Path) -> None:
    """The inventory lists what is configured: anything else that the HCL set would be a change of what runs today."""
    text = (root / "tests/data/dev-planned-values.json").read_text(encoding="utf-8")
    today = cast("dict[str, dict[str, Any]]", json.loads(text))
    beyond = {
        f"{address}.{argument}": value
        for address, arguments in planned_values(both_plans["hcl-dev"]).items()
        for argument, value in arguments.items()
        if argument not in today[address] and value not in (None, [], {}) and argument not in ("tags_all", "timeouts")
    }
    assert beyond == {}
