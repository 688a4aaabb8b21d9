"""`miyabi-infra adopt`: over a state that runs today, what would differ, and the lines of the overlay that keep it."""

import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from environments.sections.state import LocalState
from environments.stack import stack_name
from miyabi_infra.adopt import moves as moving
from miyabi_infra.adopt import planning
from miyabi_infra.adopt import state as states
from miyabi_infra.adopt.differences import PlannedChange, sort
from miyabi_infra.adopt.planning import Move, Workspace
from miyabi_infra.adopt.solver import Edits, Solution, Solver
from miyabi_infra.adopt.today import Today
from miyabi_infra.overlays.document import Document, read
from miyabi_infra.overlays.edit import REMOVED, EditError, applied, edited
from miyabi_infra.overlays.loading import AnySettings, check, load
from miyabi_infra.overlays.merging import documents
from miyabi_infra.overlays.problems import KeyPath, OverlayError, Problem, key_text
from miyabi_infra.place import Place
from miyabi_infra.project import ROOT, SHARED
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.provenance import EXISTENCE, STACKS
from miyabi_infra.stacks.provenance import read as read_provenance
from miyabi_infra.stacks.reading import Root
from miyabi_infra.synthesis.render import render
from miyabi_infra.terraform.cli import executable

_ROUNDS_OF_MOVES: Final = 5
_ROUNDS_OF_RULES: Final = 6


@dataclass(frozen=True)
class OverlayLine:
    """A line of the overlay that keeps what runs today."""

    setting: KeyPath
    value: Any
    """REMOVED for a line that is to go."""
    place: Place
    """File and line, in the overlay that has all the lines."""

    @property
    def name(self) -> str:
        """The setting as people write it."""
        return key_text(self.setting)


@dataclass
class Adoption:
    """What came of it."""

    environment: str
    stack: str
    shown: str
    """How the state is named."""
    resources: int
    differences: list[PlannedChange]
    moves: list[Move]
    foreign: tuple[str, ...]
    lines: list[OverlayLine] = field(default_factory=list[OverlayLine])
    causes: dict[tuple[str, str], list[OverlayLine]] = field(default_factory=dict[tuple[str, str], list[OverlayLine]])
    refused: list[Problem] = field(default_factory=list[Problem])
    left: list[PlannedChange] = field(default_factory=list[PlannedChange])
    """What differs with the lines in the overlay, the resources at another address moved."""
    text: str = ""
    """The overlay with the lines in it."""
    written: bool = False

    def of(self, address: str, argument: str = EXISTENCE) -> list[OverlayLine]:
        """The lines that mend a difference."""
        return self.causes.get((address, argument), [])


def adoption(root: Path, environment: str, file: Path | None, *, refresh: bool) -> Adoption:
    """Hold the generated stack against a state, and look for the lines that keep what it holds.

    Args:
        root: The project's root.
        environment: The environment whose stack it is.
        file: The state; None for the one in the stack's backend.
        refresh: Ask AWS what runs; else the state is believed.

    Raises:
        Refused: without Terraform, for overlays or a state that can't be used, for a state of something else.
    """
    if executable() is None:
        raise Refused("terraform is not on the PATH: adopt plans with it, and can't do without")
    settings, document = _overlay(root, environment)
    with tempfile.TemporaryDirectory(prefix="miyabi-adopt-") as name:
        work = Path(name)
        stack = _synthesized(settings, work / "base")
        folder = work / "base" / "stacks" / stack.name
        text, shown = _state_text(root, settings, folder, file, work / "pull")
        state = states.read(text, shown)
        workspace = Workspace(work / "plan", state.text, refresh=refresh)
        plan, moves = _with_moves(workspace, folder)
        today = Today(plan)
        _belongs(stack, today, state, shown, root)
        found = Adoption(
            environment, stack.name, shown, len(state.addresses), sort(plan), moves, state.foreign, left=sort(plan)
        )
        if any(each.kind not in ("moved", "output") for each in found.differences):
            _solve(root, settings, document, today, found)
        if found.lines:
            changed = _synthesized(_loaded(root, environment, found.text), work / "changed")
            found.left = sort(workspace.plan(work / "changed" / "stacks" / changed.name, moves))
        return found


def write(root: Path, found: Adoption) -> None:
    """Put the lines into the overlay: all of them, or none."""
    if found.lines:
        file = (root / "environments" / f"{found.environment}.yaml").resolve()  # a link stays one
        handle, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(found.text.encode())
            shutil.copymode(file, name)
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        found.written = True


def _overlay(root: Path, environment: str) -> tuple[AnySettings, Document]:
    try:
        known = {each.environment: each for each in load(root)}
        merged = documents(root)
    except OverlayError as error:
        raise Refused(f"{error}\nthe overlays must be right before a state can be held against them") from error
    if environment not in known:
        raise Refused(f"there is no environments/{environment}.yaml; the overlays are {', '.join(known)}")
    return known[environment], merged[environment]


def _loaded(root: Path, environment: str, text: str) -> AnySettings:
    """The settings of a project in which one overlay has another text."""
    with tempfile.TemporaryDirectory(prefix="miyabi-adopt-") as name:
        copy = Path(name)
        (copy / "environments").mkdir()
        for file in (root / "environments").glob("*.y*ml"):
            (copy / "environments" / file.name).write_bytes(file.read_bytes())
        (copy / "environments" / f"{environment}.yaml").write_bytes(text.encode())
        return next(each for each in load(copy) if each.environment == environment)


def _synthesized(settings: AnySettings, out: Path) -> Stack:
    render([settings], out)
    return Root(out / "stacks" / stack_name(settings), out).stack()


def _state_text(root: Path, settings: AnySettings, stack: Path, file: Path | None, folder: Path) -> tuple[str, str]:
    """The text of the state, and how it is named."""
    if file is None and isinstance(settings.state, LocalState):
        file = root / settings.state.location(settings)
    if file is None:
        location = settings.state.location(settings)
        text = planning.pulled(stack, folder)
        if not text.strip():
            raise Refused(f"{location} holds no state: name another with --state FILE")
        return text, location
    try:
        return file.read_text(encoding="utf-8"), str(file.relative_to(root) if file.is_relative_to(root) else file)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise Refused(f"the state {file} can't be read: {reason}; name another with --state FILE") from error


def _with_moves(workspace: Workspace, stack: Path) -> tuple[dict[str, Any], list[Move]]:
    """The plan, and the moves that take destroyed and created resources out of it."""
    moves: list[Move] = []
    plan = workspace.plan(stack)
    for _ in range(_ROUNDS_OF_MOVES):
        more = moving.found(plan)
        if not more:
            break
        moves += more
        plan = workspace.plan(stack, moves)
    return plan, moves


def _belongs(stack: Stack, today: Today, state: states.State, shown: str, root: Path) -> None:
    """Refuse a state that is of something else.

    Raises:
        Refused: with what it is of, as far as its resources' names tell.
    """
    common = [resource for resource in stack.resources if resource.address in today.instances]
    if not common:
        raise Refused(
            f"{shown} is not of this project: none of its {len(state.addresses)} resources is one of {stack.name} "
            f"(the first is {state.addresses[0]})"
        )
    named: Counter[str] = Counter()
    for resource in common:
        name, held = resource.get("name"), today.instances[resource.address].get("name")
        if not isinstance(name, str) or not isinstance(held, str) or not name.endswith(f"-{stack.environment}"):
            continue
        thing = name.removeprefix(f"{stack.project}-").removesuffix(f"-{stack.environment}")
        found = re.fullmatch(rf".+-{re.escape(thing)}-([a-z0-9-]+)", held)
        if found:
            named[found[1]] += 1
    if named and stack.environment not in named:
        other = named.most_common(1)[0][0]
        known = (root / "environments" / f"{other}.yaml").is_file()
        remedy = f"use --env {other}" if known else f"describe it in environments/{other}.yaml and use --env {other}"
        raise Refused(f"{shown} is the state of an environment named {other}, not {stack.environment}: {remedy}")


# ---- lines -----------------------------------------------------------------------------------------------------------


def _solve(root: Path, settings: AnySettings, document: Document, today: Today, found: Adoption) -> None:
    """Find the lines, drop what the rules refuse, and put the rest into the text."""
    file = root / "environments" / f"{found.environment}.yaml"
    shared = found.environment == SHARED
    relevant = {(each.address, argument) for each in found.differences for argument in _arguments(each)}
    provenance = read_provenance(ROOT, STACKS[1] if shared else STACKS[0])
    solver = Solver(
        found.environment,
        model=type(settings),
        document=document,
        today=today,
        provenance=provenance,
        relevant=relevant,
    )
    for _ in range(_ROUNDS_OF_RULES):
        solution = solver.solve()
        refused = _refused(root, document, settings, solution)
        if not refused:
            break
        solver.refused |= refused
    else:
        solution = Solution(refused=solver.refused)
    found.refused = list(solution.refused.values())
    edits = _edits(document, solution.settings)
    text = file.read_bytes().decode("utf-8")
    try:
        found.text = edited(text, edits, list(type(settings).model_fields))
    except EditError as error:
        raise Refused(f"environments/{file.name} can't be changed: {error}") from error
    lines = {path: OverlayLine(path, value, _place(file, found.text, path)) for path, value in edits.items()}
    found.lines = sorted(lines.values(), key=lambda line: line.place.line)
    for key, paths in solution.causes.items():
        mending = [line for path, line in lines.items() if any(_overlap(path, each) for each in paths)]
        if mending:
            found.causes[key] = mending


def _arguments(difference: PlannedChange) -> set[str]:
    """The arguments of a difference, as the static comparison names them."""
    if difference.kind in ("create", "destroy"):
        return {EXISTENCE}
    return {"tags_all" if each.argument == "tags" else each.argument for each in difference.arguments}


def _refused(root: Path, document: Document, settings: AnySettings, solution: Solution) -> dict[KeyPath, Problem]:
    """Edits of a solution that the rules refuse, or that no overlay can say."""
    below = read(root / "environments" / "base.yaml", Path("environments", "base.yaml"))
    for path, value in solution.settings.items():
        if value is REMOVED and not isinstance(path[-1], int) and path in below.places:
            problem = "stands in base.yaml, and an overlay can't take it away"
            return {path: Problem(below.places[path], path, value, problem, "no such line in base.yaml")}
    problems = _problems(document, settings, solution.settings)
    refused: dict[KeyPath, Problem] = {}
    for problem in problems:
        guilty = [path for path in solution.settings if _overlap(path, problem.key)]
        if not guilty:
            guilty = [
                path
                for path in solution.settings
                if problem.key not in [each.key for each in _problems(document, settings, _less(solution, path))]
            ]
        for path in guilty or list(solution.settings):
            refused[path] = problem
    return refused


def _less(solution: Solution, path: KeyPath) -> Edits:
    return {key: value for key, value in solution.settings.items() if key != path}


def _problems(document: Document, settings: AnySettings, more: Edits) -> list[Problem]:
    changed = Document(document.file, applied(document.data, more), document.places)
    return check(changed, settings.environment, type(settings))[1]


def _edits(document: Document, settings: Edits) -> Edits:
    """The settings as the overlay is to say them: a list as a whole, as it replaces the one below it."""
    edits: Edits = {}
    data = applied(document.data, dict(sorted(settings.items(), key=lambda pair: str(pair[0]))))
    for path, value in settings.items():
        whole = next((path[:at] for at, key in enumerate(path) if isinstance(key, int)), None)
        if whole is None:
            edits[path] = value
            continue
        held: Any = data
        for key in whole:
            held = held[key]
        edits[whole] = list(held)
    return edits


def _place(file: Path, text: str, path: KeyPath) -> Place:
    with tempfile.TemporaryDirectory(prefix="miyabi-adopt-") as name:
        copy = Path(name, file.name)
        copy.write_bytes(text.encode())
        return read(copy, Path("environments", file.name)).place(path)


def _overlap(one: Sequence[str | int], other: Sequence[str | int]) -> bool:
    shorter = min(len(one), len(other))
    return bool(shorter) and tuple(one[:shorter]) == tuple(other[:shorter])


def exit_code(found: Adoption) -> int:
    """0 when nothing differs: today, or with the lines that were written."""
    left = found.left if found.written else found.differences
    return int(bool(left or found.moves or found.foreign))


def moved_lines(found: Adoption) -> Mapping[str, str]:
    """For each address of the state, the command that brings it to the stack's."""
    return dict(zip([old for old, _ in found.moves], moving.lines(found.moves), strict=True))
