"""Reachability against Terraform itself: the plan's own JSON, read by other means, gives the same answers."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

import pytest

from miyabi_infra.reach import Reach, abilities
from miyabi_infra.stacks import Module, Reference, Resource, Stack, Value, read
from tests.support import Plans, Project

pytestmark = pytest.mark.terraform

OTHER = """\
networking:
  vpc_cidr: 10.9.0.0/16
  availability_zones: [us-west-2a, us-west-2b, us-west-2c]
  public_subnet_cidrs: [10.9.1.0/24, 10.9.2.0/24, 10.9.3.0/24]
  private_subnet_cidrs: [10.9.11.0/24, 10.9.12.0/24, 10.9.13.0/24]
  enable_nat_gateway: false
container_port: 3000
security_groups:
  alb_ingress_cidr_blocks: [203.0.113.0/24, 198.51.100.0/24]
alb:
  certificate_arn: arn:aws:acm:us-west-2:123456789012:certificate/7f6e5d4c-0000-4000-8000-000000000000
ecs:
  ecr_image_uri: 123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:1
"""
"""An environment that answers otherwise than the repository's: no way out, HTTPS, another port, fewer clients."""

Json: TypeAlias = Any
"""What json.loads gives."""

Place: TypeAlias = tuple[str, int | None]
"""A module, and the index of a resource in it."""

LISTS = {"security_groups", "security_group_ids", "subnets", "subnet_ids"}
"""Arguments whose value is a list, when all of it is known after apply."""

JSON_TEXTS = {"assume_role_policy", "container_definitions", "policy"}


class Planned:
    """A stack as a plan has it: planned values, and the configuration for what is known after apply."""

    def __init__(self, plan: Mapping[str, Json]) -> None:
        self._changes: list[dict[str, Json]] = plan["resource_changes"]
        self._calls: dict[str, dict[str, Json]] = plan["configuration"]["root_module"]["module_calls"]

    def stack(self) -> Stack:
        resources = tuple(self._resource(change) for change in self._changes)
        module = Module("", "", Path(), resources, {}, {})
        return Stack("planned", "us-west-2", {}, (module,), {}, {}, {}, {})

    def _resource(self, change: dict[str, Json]) -> Resource:
        module = change["module_address"].removeprefix("module.")
        label = f"{change['type']}.{change['name']}"
        body = self._calls[module]["module"]["resources"]
        expressions = next(each.get("expressions", {}) for each in body if each["address"] == label)
        index: int | None = change.get("index")
        after, unknown = change["change"]["after"], change["change"]["after_unknown"]
        arguments = {
            key: self._value(key, after.get(key), unknown.get(key), expressions.get(key), (module, index))
            for key in cast("set[str]", after.keys() | unknown.keys())
        }
        return Resource(change["address"], change["type"], change["name"], index, module, Path(), arguments)

    def _value(self, key: str, after: Json, unknown: Json, expression: Json, at: Place) -> Value:
        if unknown is True:
            found = self._resolved(_references(expression), at)
            return found if key in LISTS else next(iter(found), None)
        if key in JSON_TEXTS and isinstance(after, str):
            return _frozen(json.loads(after))
        if isinstance(after, list):
            return tuple(
                self._value("", held, _at(unknown, place), _at(expression, place), at)
                for place, held in enumerate(cast("list[Json]", after))
            )
        if isinstance(after, dict):
            block, inner = cast("dict[str, Json]", after), cast("dict[str, Json]", unknown or {})
            return {
                name: self._value(name, block.get(name), inner.get(name), _of(expression, name), at)
                for name in block.keys() | inner.keys()
            }
        return after

    def _resolved(self, references: Sequence[str], at: Place) -> tuple[Reference, ...]:
        """The resources that references lead to, through variables and outputs of modules."""
        if not references:
            return ()
        module, index = at
        kind, *rest = references[0].split(".")
        if kind == "var":
            return self._resolved(_references(self._calls[module]["expressions"][rest[0]]), ("", None))
        if kind == "module":
            output = self._calls[rest[0]]["module"]["outputs"][rest[1]]["expression"]
            return self._resolved(_references(output), (rest[0], None))
        label = f"module.{module}.{kind}.{rest[0]}"
        found = [each["address"] for each in self._changes if re.sub(r"\[\d+\]$", "", each["address"]) == label]
        if label in found or "[" in label:
            found = [label]
        elif "count.index" in references:
            found = [f"{label}[{index}]"]
        return tuple(Reference(address, "id") for address in found)


def _references(expression: Json) -> list[str]:
    return cast("dict[str, Json]", expression).get("references", []) if isinstance(expression, dict) else []


def _at(held: Json, place: int) -> Json:
    """The item of a list; what is said of the list as a whole, where no item is told apart."""
    if isinstance(held, list):
        return cast("list[Json]", held)[place] if place < len(cast("list[Json]", held)) else None
    return held


def _of(held: Json, name: str) -> Json:
    if isinstance(held, dict) and "references" in held:
        return cast("dict[str, Json]", held)
    return cast("dict[str, Json]", held).get(name) if isinstance(held, dict) else None


def _frozen(held: Json) -> Value:
    if isinstance(held, list):
        return tuple(map(_frozen, cast("list[Json]", held)))
    if isinstance(held, dict):
        return {key: _frozen(value) for key, value in cast("dict[str, Json]", held).items()}
    return held


@pytest.fixture(scope="module")
def synthesized(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's overlays and one more; without Redis' URL, whose secret makes containers unknown in a plan."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("reach"))
    project.change("prod", ("  url_variable: REDIS_URL\n", ""))
    project.write("qa", OTHER)
    return project.synthesize()


ENVIRONMENTS = ("dev", "prod", "qa")


@pytest.fixture(scope="module")
def plans(synthesized: Path, shared_plans: Plans) -> dict[str, dict[str, Json]]:
    return shared_plans.of(synthesized, ENVIRONMENTS)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_plan_gives_the_same_answers(
    synthesized: Path, plans: dict[str, dict[str, Json]], environment: str
) -> None:
    stack = next(stack for stack in read(synthesized) if stack.environment == environment)
    planned = Planned(plans[environment]).stack()
    expected, found = Reach(planned), Reach(stack)

    assert len(found.connections) >= 4
    assert found.connections == expected.connections
    assert [(each.name, each.possible) for each in abilities(found)] == [
        (each.name, each.possible) for each in abilities(expected)
    ]
    assert [(each.node, each.port) for each in found.let_in] == [(each.node, each.port) for each in expected.let_in]
