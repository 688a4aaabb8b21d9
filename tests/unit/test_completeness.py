"""Every tool knows every resource type that an environment, or the shared stack, can have.

The most complete environment (`tests/complete.py`) is synthesized. A failure names, for one tool, the types that it
does not know, and the file to add them to. A new resource type is one row, or one small file, for each tool.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cdktf import App
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from environments.stack import EnvironmentStack
from miyabi_infra.aws import coverage as status
from miyabi_infra.aws.readers import READERS
from miyabi_infra.aws.status import SECTIONS
from miyabi_infra.cost.model import Billed
from miyabi_infra.cost.services import BILLING
from miyabi_infra.hcl import provider
from miyabi_infra.lint import coverage as lint
from miyabi_infra.lint.findings import findings, overlays
from miyabi_infra.pages.diagram import drawings
from miyabi_infra.pages.guides import pages
from miyabi_infra.pages.guides import sections as guides
from miyabi_infra.pages.guides.data import guide_data
from miyabi_infra.pages.summary import losses
from miyabi_infra.project import SHARED
from miyabi_infra.reach.types import JUDGED, OPEN_NOTHING
from miyabi_infra.stacks import Resource, Stack, read
from miyabi_infra.stacks.inventory import PURPOSES
from miyabi_infra.stacks.strengths import NO_PROTECTION, STRENGTHS, judged
from miyabi_infra.synthesis.synth import synthesize
from miyabi_infra.terraform import replacements
from tests import complete, strategies
from tests.guide import anchors
from tests.property.test_overlays import accepted
from tests.support import Project


@pytest.fixture(scope="module")
def project(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.copy_of(root, tmp_path_factory.mktemp("complete") / "project")
    complete.write(project)
    project.synthesize()
    return project


@pytest.fixture(scope="module")
def stacks(project: Project) -> Mapping[str, Stack]:
    return {stack.environment: stack for stack in read(project.out)}


@dataclass(frozen=True)
class Tool:
    """What a tool knows, and where somebody adds to it."""

    name: str
    known: Callable[[], Collection[str]]
    todo: str
    """What to do for a type that it does not know."""
    shared: bool = True
    """Whether it must know the types of the shared stack, too."""


MEASURED = {kind for each in STRENGTHS for kind, _ in each.arguments}
TOOLS = (
    Tool("purpose", lambda: PURPOSES, "add a row in miyabi_infra/stacks/inventory.py"),
    Tool(
        "price",
        lambda: BILLING,
        "add a row in BILLING of its service's file in miyabi_infra/cost/services/ "
        "(a new service: a new file, and its import and its BILLING in __init__.py)",
    ),
    Tool("diagram", lambda: drawings.KNOWN_TYPES, "add a row in miyabi_infra/pages/diagram/drawings.py"),
    Tool("reach", lambda: JUDGED | OPEN_NOTHING, "add a row in miyabi_infra/reach/types.py"),
    Tool(
        "strengths",
        lambda: MEASURED | NO_PROTECTION.keys(),
        "add a row in miyabi_infra/stacks/strengths.py",
    ),
    Tool(
        "verify",
        lambda: READERS,
        "add a row in READERS of its service's file in miyabi_infra/aws/readers/ "
        "(a new service: a new file, and its import and its READERS in __init__.py)",
    ),
    Tool("status", lambda: status.KNOWN_TYPES, "add a row in miyabi_infra/aws/coverage.py"),
    Tool("guides", lambda: guides.KNOWN_TYPES, "add a row in miyabi_infra/pages/guides/sections.py", shared=False),
    Tool("losses", lambda: losses.KNOWN_TYPES, "add a row in miyabi_infra/pages/summary/losses.py"),
    Tool(
        "replacements",
        lambda: {*replacements.known_types(), *replacements.NOT_LEARNT},
        "run make learn (needs Terraform; about a minute)",
    ),
    Tool("parity", provider.known_types, "run make learn (needs Terraform; about a minute)", shared=False),
)


def types(stacks: Mapping[str, Stack], *, shared: bool) -> set[str]:
    names = (complete.ENVIRONMENT, SHARED) if shared else (complete.ENVIRONMENT,)
    return {resource.type for name in names for resource in stacks[name].resources}


def test_synth_and_inventory_count_the_same(project: Project, stacks: Mapping[str, Stack]) -> None:
    """A resource with `for_each` is as many as it has keys."""
    counted = {each.name: each.resources for each in synthesize(project.root, project.out).stacks}
    assert counted == {stack.name: len(stack.resources) for stack in stacks.values()}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_knows_every_type(tool: Tool, stacks: Mapping[str, Stack]) -> None:
    unknown = sorted(types(stacks, shared=tool.shared) - set(tool.known()))
    assert unknown == [], f"{tool.name} does not know {', '.join(unknown)}: {tool.todo}"


def test_strengths_know_every_argument(stacks: Mapping[str, Stack]) -> None:
    unknown = sorted(
        f"{each.type}.{argument}"
        for name in (complete.ENVIRONMENT, SHARED)
        for each in stacks[name].resources
        for argument in each.arguments
        if not judged(each.type, argument)
    )
    todo = "add each to a Strength or to NO_PROTECTION in miyabi_infra/stacks/strengths.py"
    assert unknown == [], f"strengths do not judge {', '.join(unknown)}: {todo}"


def test_cost_reads_every_argument_of_what_is_billed(stacks: Mapping[str, Stack]) -> None:
    unknown = sorted(
        f"{each.type}.{argument}"
        for stack in stacks.values()
        for each in stack.resources
        if isinstance(billed := BILLING.get(each.type), Billed)
        for argument, value in each.arguments.items()
        if value not in (None, False, "", ()) and argument not in billed.reads | billed.free
    )
    todo = "add each to reads or free of its Billed in miyabi_infra/cost/services/"
    assert unknown == [], f"cost does not know whether {', '.join(unknown)} change the price: {todo}"


def test_the_reference_shows_every_module(root: Path, project: Project) -> None:
    page = (root / "docs/reference/modules.md").read_text(encoding="utf-8")
    shown = {line.removeprefix("## ").strip("`") for line in page.splitlines() if line.startswith("## ")}
    modules = {each.name for each in (project.out / "stacks").glob("*/modules/*")}
    missing = sorted(modules - shown)
    todo = "turn it on in _EVERYTHING of miyabi_infra/pages/reference.py"
    assert missing == [], f"docs/reference/modules.md does not show {', '.join(missing)}: {todo}"


COVERAGE = "miyabi_infra/lint/coverage.py"


class Watched(Stack):
    """A stack that notes which types somebody asks for."""

    asked: set[str] = set()  # noqa: RUF012  # of the test

    def of_type(self, *wanted: str) -> tuple[Resource, ...]:
        self.asked.update(wanted)
        return super().of_type(*wanted)

    def find(self, address: str) -> Resource | None:
        found = super().find(address)
        self.asked.update([found.type] if found else ())
        return found


def test_lint_looks_at_every_type_or_says_why_not(project: Project, stacks: Mapping[str, Stack]) -> None:
    Watched.asked.clear()
    watched = [
        Watched(**{name: getattr(each, name) for name in Stack.__dataclass_fields__}) for each in stacks.values()
    ]
    found = findings(watched, overlays(project.root), datetime.now(UTC).date())
    assert found
    unknown = sorted(types(stacks, shared=True) - Watched.asked - lint.NOTHING_TO_FIND.keys())
    assert unknown == [], f"lint does not know {', '.join(unknown)}: add a rule, or a row in {COVERAGE}"


def test_every_role_of_an_environment_has_the_boundary(stacks: Mapping[str, Stack]) -> None:
    roles = stacks[complete.ENVIRONMENT].of_type("aws_iam_role")
    without = [each.address for each in roles if each.get("permissions_boundary") != complete.ROLE_BOUNDARY]
    assert without == [], "permissions_boundary=platform.role_boundary_arn: the pipeline makes no role without it"


def test_every_alarm_leads_to_what_to_do(project: Project, stacks: Mapping[str, Stack], tmp_path: Path) -> None:
    headings: dict[str, set[str]] = {}
    for file, text in pages(project.root, complete.ENVIRONMENT).items():
        page = tmp_path / file.name
        page.write_text(text, encoding="utf-8")
        headings[file.name] = anchors(page)
    alarms = guide_data(stacks[complete.ENVIRONMENT]).monitoring.alarms
    nowhere = [
        each.name for each in alarms if (link := each.leads_to.partition("#"))[2] not in headings.get(link[0], set())
    ]
    assert len(alarms) > 15
    assert nowhere == [], "add a row to MEANINGS in miyabi_infra/pages/guides/monitoring.py"


def test_the_tables_name_no_type_twice_and_no_section_that_is_not_there() -> None:
    assert status.SHOWN.keys() & status.NOT_SHOWN.keys() == set()
    assert set(status.SHOWN.values()) <= SECTIONS.keys()


@pytest.mark.slow
def test_the_property_tests_draw_every_type(stacks: Mapping[str, Stack]) -> None:
    seen: set[str] = set()

    @hypothesis_settings(max_examples=200, derandomize=True)
    @given(strategies.overlays())
    def draw(overlay: dict[str, Any]) -> None:
        if types(stacks, shared=False) <= seen:
            return
        for module in EnvironmentStack(App(), accepted(overlay)).modules:
            by_type = module.rendered().get("resource", {})
            seen.update(kind for kind, held in by_type.items() if any(each.get("count", 1) for each in held.values()))

    draw()
    unknown = sorted(types(stacks, shared=False) - seen)
    assert unknown == [], f"no overlay of tests/strategies.py makes {', '.join(unknown)}"
