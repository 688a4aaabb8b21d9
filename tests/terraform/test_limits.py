"""Every overlay that is accepted is valid Terraform for the provider, also with each setting at its limits.

The extremes are drawn from the schema of the settings, so a new setting is pressed on as soon as it is there. The
provider's own validation judges the stacks of all overlays together, in one run of `terraform validate`.
"""

import copy
import json
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from environments.settings import EnvironmentSettings
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.loading import check
from miyabi_infra.pages.reference import schema
from miyabi_infra.synthesis.synth import synthesize
from miyabi_infra.terraform.together import together, validated
from tests.strategies import overlays
from tests.support import Project, required

STACKS: Final = 12
PRESSED: Final = 60
"""Settings of each that are pressed to a limit: of 180, each in some of the stacks."""
LEFT: Final = frozenset({"state", "lint", "usage", "project", "region", "aws_provider", "tags"})
"""What is no argument of a resource, or is drawn by the overlays themselves."""

Schema = Mapping[str, Any]
LETTERS: Final = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="\ufeff")
"""What YAML can hold unescaped; what it cannot is refused while it is read."""
TEXTS: Final = st.text(LETTERS, max_size=40)


def extremes(node: Schema, definitions: Schema) -> st.SearchStrategy[Any] | None:  # noqa: C901, PLR0911  # one case for each type
    """The values at the limits of a setting; None for a section, which has settings of its own."""
    if "$ref" in node:
        return extremes(definitions[node["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in node or "oneOf" in node:
        choices = (extremes(each, definitions) for each in node.get("anyOf") or node["oneOf"])
        found = [each for each in choices if each is not None]
        return st.one_of(found) if found else None
    if "enum" in node or "const" in node:
        return st.sampled_from(node.get("enum") or [node["const"]])
    match node.get("type"):
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer" | "number":
            least = node.get("minimum", node.get("exclusiveMinimum", 0))
            most = node.get("maximum", node.get("exclusiveMaximum", 2**31 - 1))
            return st.sampled_from([least, most])
        case "string":
            return _strings(node)
        case "array":
            items = extremes(node["items"], definitions)
            size = node.get("minItems", 0), min(node.get("maxItems", 5), 5)
            if items is None:
                return None
            return st.lists(items, min_size=size[0], max_size=max(size), unique_by=json.dumps)
        case "object" if isinstance(node.get("additionalProperties"), dict):
            values = extremes(node["additionalProperties"], definitions)
            named = node.get("propertyNames", {})
            names = _strings(named).map(lambda name: name[:100]) if "pattern" in named else TEXTS
            return None if values is None else st.dictionaries(names, values, max_size=3)
        case _:
            return None


def _strings(node: Schema) -> st.SearchStrategy[str]:
    """Short and long texts of a pattern; any text where there is none."""
    if "pattern" not in node:
        least, most = node.get("minLength", 0), node.get("maxLength", 2000)
        return TEXTS | st.sampled_from(["x" * max(least, 1), "x" * most, "é" * most, "${x}%{y}\"\\'\n\t<>&"])
    return st.from_regex(re.compile(node["pattern"], re.ASCII), fullmatch=True, alphabet=LETTERS)


def leaves(
    node: Schema, definitions: Schema, at: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], st.SearchStrategy[Any]]]:
    """Every setting with its extremes."""
    if "$ref" in node:
        node = definitions[node["$ref"].rpartition("/")[2]]
    for name, inner in node.get("properties", {}).items():
        if not at and name in LEFT:
            continue
        found = extremes(inner, definitions)
        if found is not None:
            yield (*at, name), found
        else:
            yield from leaves(inner, definitions, (*at, name))


SCHEMA: Final[Schema] = schema(EnvironmentSettings)
LEAVES: Final = dict(leaves(SCHEMA, SCHEMA.get("$defs", {})))


def accepted(overlay: Mapping[str, Any]) -> bool:
    document = Document(Path("qa.yaml"), {"project": "miyabi", **overlay})
    return check(document, "qa", EnvironmentSettings)[1] == []


def pressed(overlay: dict[str, Any], extreme: Mapping[tuple[str, ...], Any]) -> tuple[dict[str, Any], int]:
    """The overlay with each extreme that it takes together with those before; how many it took."""
    taken = 0
    for path, value in extreme.items():
        changed = copy.deepcopy(overlay)
        section = changed
        for key in path[:-1]:
            section = section.setdefault(key, {})
        section[path[-1]] = value
        if accepted(changed):
            overlay, taken = changed, taken + 1
    return overlay, taken


def drawn(number: int) -> list[dict[str, Any]]:
    """Overlays with most of their settings at limits."""
    found: list[dict[str, Any]] = []

    # Some patterns look ahead, which hypothesis can only filter.
    @settings(
        max_examples=number,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )
    @given(overlays(), st.randoms(use_true_random=False), st.data())
    def draw(overlay: dict[str, Any], order: random.Random, data: st.DataObject) -> None:
        chosen = {path: LEAVES[path] for path in order.sample(sorted(LEAVES), PRESSED)}
        overlay, taken = pressed(overlay, data.draw(st.fixed_dictionaries(chosen)))
        assert taken > PRESSED // 3  # the rules refuse some together
        found.append(overlay)

    draw()
    assert len(found) > number // 2
    return found


@pytest.mark.terraform
def test_terraform_accepts_every_setting_at_its_limits(tmp_path: Path, root: Path) -> None:
    stacks: dict[str, Path] = {}
    for number, overlay in enumerate(drawn(STACKS)):
        project = Project.alone(root, tmp_path / f"{number}")  # a project refuses two that make one bucket
        project.write("qa", overlay)
        assert project.problems() == []
        synthesize(project.root, project.out)
        stacks[f"stack-{number}"] = project.out / "stacks/miyabi-qa"
    needed = {name: required(stack) for name, stack in stacks.items()}
    assert validated(together(stacks, tmp_path / "together", needed)) == []
