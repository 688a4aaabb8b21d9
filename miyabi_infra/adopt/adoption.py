"""`miyabi-infra adopt`: what the generated stack would change of a state, and the overlay lines that keep it."""

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from environments.sections.state import LocalState
from environments.stack import stack_name
from miyabi_infra.adopt import lines as finding
from miyabi_infra.adopt import moves as moving
from miyabi_infra.adopt import planning
from miyabi_infra.adopt import state as states
from miyabi_infra.adopt.differences import PlannedChange, is_only_recorded, planned_changes
from miyabi_infra.adopt.lines import Comment, OverlayLine
from miyabi_infra.adopt.planning import Move, Workspace
from miyabi_infra.adopt.today import Today
from miyabi_infra.overlays.changing import load_with
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.loading import AnySettings, load
from miyabi_infra.overlays.merging import documents
from miyabi_infra.overlays.problems import OverlayError, Problem
from miyabi_infra.progress import step
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.effects import Expected, effects_between
from miyabi_infra.stacks.provenance import EXISTENCE
from miyabi_infra.stacks.reading import Root
from miyabi_infra.stacks.steps import Told, steps_between
from miyabi_infra.synthesis.render import render
from miyabi_infra.terraform.cli import executable
from miyabi_infra.writing import write_whole

_ROUNDS_OF_MOVES: Final = 5

AskAccount = Callable[[Stack], None]
"""Asks AWS once, and refuses in one line when it does not answer."""

FindImports = Callable[[Stack], Mapping[str, str]]
"""Looks for the resources of a stack in AWS: the import id of each one that exists, by address."""


@dataclass
class Adoption:
    """What `adopt` found."""

    environment: str
    stack: str
    shown: str
    """How messages name the state."""
    resources: int
    """Resource instances in the state."""
    differences: list[PlannedChange]
    moves: list[Move]
    replacements: tuple[str, ...] = ()
    """Commands that make the state name the AWS provider as the stack does."""
    imports: Mapping[str, str] | None = None
    """Import ids by address; None if resources are not imported."""
    lines: list[OverlayLine] = field(default_factory=list[OverlayLine])
    causes: dict[tuple[str, str], list[OverlayLine]] = field(default_factory=dict[tuple[str, str], list[OverlayLine]])
    refused: list[Problem] = field(default_factory=list[Problem])
    comments: list[Comment] = field(default_factory=list[Comment])
    """Comments next to changed lines, which may be wrong now."""
    left: list[PlannedChange] = field(default_factory=list[PlannedChange])
    """What differs with the lines in the overlay."""
    text: str = ""
    """The overlay with the lines in it."""
    steps: tuple[Told, ...] = ()
    """What one apply without the lines would fail at, or lose."""
    effects: tuple[Expected, ...] = ()
    """What an apply without the lines would do to what runs."""
    written: bool = False

    def of(self, address: str, argument: str = EXISTENCE) -> list[OverlayLine]:
        """The lines that remove a difference."""
        return self.causes.get((address, argument), [])

    @property
    def move_commands(self) -> list[str]:
        """The commands that bring the state to the addresses of the stack."""
        return moving.commands(self.moves)

    @property
    def exit_code(self) -> int:
        """0 when nothing differs: now, or with the lines that were written.

        What is imported is not a difference, nor is what Terraform then only records.
        """
        left = self.left if self.written else self.differences
        if self.imports is not None:
            left = [each for each in left if not each.is_only_recorded]
        return int(bool(left or self.moves or self.replacements))


def adoption(
    root: Path,
    environment: str,
    file: Path | None,
    *,
    ask_account: AskAccount | None = None,
    find_imports: FindImports | None = None,
) -> Adoption:
    """Plan the generated stack over a state, and look for the lines that keep what the state has.

    Args:
        root: The project's root.
        environment: The environment of the stack.
        file: The state; None for the one in the stack's backend.
        ask_account: Called before AWS is asked; None to believe the state and not ask AWS what runs.
        find_imports: Finds what is not in the state and exists in AWS; the state may then be empty or absent.

    Raises:
        Refused: without Terraform, for overlays or a state that cannot be used, for a state of another project.
    """
    if executable() is None:
        raise Refused("terraform is not on the PATH; adopt needs it for the plan")
    settings, document = _overlay(root, environment)
    with tempfile.TemporaryDirectory(prefix="miyabi-adopt-") as name:
        work = Path(name)
        step(f"synthesize {environment}")
        stack = _synthesized(settings, work / "base")
        folder = work / "base" / "stacks" / stack.name
        if ask_account is not None:
            step("ask AWS whose credentials these are")
            ask_account(stack)
        step("read the state")
        state, shown = _state(root, settings, folder, file, work / "pull", may_be_empty=find_imports is not None)
        imports = _imports(find_imports, stack, state) if find_imports else None
        workspace = Workspace(work / "plan", state.text, refresh=ask_account is not None, imports=imports)
        plan, moves = _with_moves(workspace, folder, stack)
        today = Today(plan)
        _belongs(stack, today, state, shown, root)
        found = Adoption(
            environment,
            stack.name,
            shown,
            len(state.addresses) + len(state.foreign),
            planned_changes(plan, state.foreign),
            moves,
            tuple(map(states.replacement, state.sources)),
            imports,
        )
        found.left = found.differences
        if any(each.kind not in ("moved", "output") and each.provider is None for each in found.differences):
            step("look for the overlay lines that keep today's values")
            _with_lines(root, settings, document, today, found)
        if found.lines:
            step(f"synthesize {environment} with the lines")
            running = load_with(root, environment, found.text)
            found.steps = steps_between(running, settings, [line.setting for line in found.lines])
            found.effects = effects_between(running, settings, [line.setting for line in found.lines])
            changed = _synthesized(running, work / "changed")
            step(f"plan {stack.name} with the lines")
            plan = workspace.plan(work / "changed" / "stacks" / changed.name, changed, moves)
            found.left = planned_changes(plan, state.foreign)
        return found


def write(root: Path, found: Adoption) -> None:
    """Put the lines into the overlay: all of them, or none."""
    if found.lines:
        file = root / "environments" / f"{found.environment}.yaml"
        write_whole(file, found.text)
        found.written = True


def _overlay(root: Path, environment: str) -> tuple[AnySettings, Document]:
    try:
        known = {each.environment: each for each in load(root)}
        merged = documents(root)
    except OverlayError as error:
        raise Refused(f"{error}\nthe overlays must be valid before a state can be compared with them") from error
    if environment not in known:
        raise Refused(f"there is no environments/{environment}.yaml; the overlays are {', '.join(known)}")
    return known[environment], merged[environment]


def _synthesized(settings: AnySettings, out: Path) -> Stack:
    render([settings], out)
    return Root(out / "stacks" / stack_name(settings), out).stack()


# ---- state -----------------------------------------------------------------------------------------------------------


def _state(
    root: Path, settings: AnySettings, stack: Path, file: Path | None, folder: Path, *, may_be_empty: bool
) -> tuple[states.State, str]:
    """The state, and how messages name it."""
    location = settings.state.location(settings)
    if file is None and isinstance(settings.state, LocalState):
        file = root / location
    if file is None:
        text, shown = planning.pulled(stack, folder), location
    elif may_be_empty and not file.exists():
        text, shown = "", str(file)
    else:
        text, shown = _text(file), str(file.relative_to(root) if file.is_relative_to(root) else file)
    if text.strip():
        return states.read(text, shown, may_be_empty=may_be_empty), shown
    if may_be_empty:
        return states.EMPTY, f"{shown} (empty)"
    raise Refused(f"{shown} holds no state: name another with --state FILE, or import what runs with --import")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise Refused(
            f"the state {file} cannot be read: {reason}; name another with --state FILE, or import what runs with "
            "--import"
        ) from error


def _imports(find: FindImports, stack: Stack, state: states.State) -> Mapping[str, str]:
    """The import ids of what exists in AWS and is not in the state.

    Raises:
        Refused: when nothing of the stack exists.
    """
    step("look for the resources in AWS")
    found = {address: each for address, each in find(stack).items() if address not in state.addresses}
    if not found and not state.addresses:
        raise Refused(
            f"nothing of {stack.name} exists in AWS under the names of its overlay: there is nothing to import. "
            "Are these the credentials, the region and the project of the environment?"
        )
    return found


def _with_moves(workspace: Workspace, folder: Path, stack: Stack) -> tuple[dict[str, Any], list[Move]]:
    """The plan, and the moves that take destroyed and created resources out of it."""
    moves: list[Move] = []
    step(f"plan {stack.name} over the state")
    plan = workspace.plan(folder, stack)
    for _ in range(_ROUNDS_OF_MOVES):
        more = moving.found(plan)
        if not more:
            break
        moves += more
        step(f"plan {stack.name} with {len(moves)} moved addresses")
        plan = workspace.plan(folder, stack, moves)
    return plan, moves


def _belongs(stack: Stack, today: Today, state: states.State, shown: str, root: Path) -> None:
    """Refuse a state of something else.

    Raises:
        Refused: with what it is of, as far as the names of its resources show.
    """
    common = [resource for resource in stack.resources if resource.address in today.instances]
    if not common:
        held = [*state.addresses, *(each.address for each in state.foreign)]
        raise Refused(
            f"{shown} is not of this project: none of its {len(held)} resources is one of {stack.name} "
            f"(the first is {held[0]})"
        )
    named: Counter[str] = Counter()
    for resource in common:
        name, held_name = resource.get("name"), today.instances[resource.address].get("name")
        if not isinstance(name, str) or not isinstance(held_name, str) or not name.endswith(f"-{stack.environment}"):
            continue
        thing = name.removeprefix(f"{stack.project}-").removesuffix(f"-{stack.environment}")
        found = re.fullmatch(rf".+-{re.escape(thing)}-([a-z0-9-]+)", held_name)
        if found:
            named[found[1]] += 1
    if named and stack.environment not in named:
        other = named.most_common(1)[0][0]
        known = (root / "environments" / f"{other}.yaml").is_file()
        remedy = f"use --env {other}" if known else f"describe it in environments/{other}.yaml and use --env {other}"
        raise Refused(f"{shown} is the state of an environment named {other}, not {stack.environment}: {remedy}")


# ---- lines -----------------------------------------------------------------------------------------------------------


def _with_lines(root: Path, settings: AnySettings, document: Document, today: Today, found: Adoption) -> None:
    """Add the lines that keep what the state has, and the overlay with them."""
    relevant = {(each.address, argument) for each in found.differences for argument in _arguments(each)}
    file = root / "environments" / f"{found.environment}.yaml"
    search = finding.Search(root, file, settings, document)
    result = search.lines(today, relevant)
    found.lines, found.causes, found.refused = result.lines, result.causes, result.refused
    found.comments, found.text = result.comments, result.text


def _arguments(change: PlannedChange) -> set[str]:
    """The arguments of a change, as the comparison without Terraform names them."""
    if change.kind in ("create", "destroy"):
        return {EXISTENCE}
    return {
        "tags_all" if each.argument == "tags" else each.argument
        for each in change.arguments
        if not is_only_recorded(each)
    }
