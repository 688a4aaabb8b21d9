"""The lines of an overlay that keep what a state has: found by the solver, checked by the rules, put into the text."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from miyabi_infra.adopt.solver import Edits, Solution, Solver
from miyabi_infra.adopt.today import Today
from miyabi_infra.overlays.document import Document, read
from miyabi_infra.overlays.edit import REMOVED, EditError, applied, comments, edited
from miyabi_infra.overlays.loading import AnySettings, check
from miyabi_infra.overlays.problems import KeyPath, Problem, key_text
from miyabi_infra.place import Place
from miyabi_infra.project import ROOT, SHARED
from miyabi_infra.refused import Refused
from miyabi_infra.stacks.provenance import STACKS
from miyabi_infra.stacks.provenance import read as read_provenance
from modules.settings import Settings, rules_of

_ROUNDS_OF_RULES: Final = 6


@dataclass(frozen=True)
class OverlayLine:
    """A line of the overlay that keeps what runs today."""

    setting: KeyPath
    value: Any
    """REMOVED for a line to be removed."""
    place: Place
    """File and line, in the overlay that has all the lines."""

    @property
    def name(self) -> str:
        """The setting as people write it."""
        return key_text(self.setting)


@dataclass(frozen=True)
class Comment:
    """A comment next to a line that changes: nobody but a person can say whether it is still true."""

    place: Place
    text: str
    setting: KeyPath


@dataclass
class Found:
    """The lines, and the overlay with them."""

    text: str
    lines: list[OverlayLine] = field(default_factory=list[OverlayLine])
    causes: dict[tuple[str, str], list[OverlayLine]] = field(default_factory=dict[tuple[str, str], list[OverlayLine]])
    """For an address and an argument, the lines that remove the difference."""
    refused: list[Problem] = field(default_factory=list[Problem])
    """Values of today that the rules refuse."""
    comments: list[Comment] = field(default_factory=list[Comment])


class Search:
    """A search for the lines of one overlay."""

    def __init__(self, root: Path, file: Path, settings: AnySettings, document: Document) -> None:
        """`file`: the overlay; `document`: it and what it inherits."""
        self._root = root
        self._file = file
        self._settings = settings
        self._document = document

    def lines(self, today: Today, relevant: set[tuple[str, str]]) -> Found:
        """The lines that remove differences; `relevant` are those of the plan, by address and argument.

        Raises:
            Refused: when the text of the overlay cannot be changed.
        """
        solution = self._solution(today, relevant)
        edits = _edits(self._document, solution.settings)
        before = self._file.read_bytes().decode("utf-8")
        try:
            text = edited(before, edits, list(type(self._settings).model_fields))
        except EditError as error:
            raise Refused(f"environments/{self._file.name} cannot be changed: {error}") from error
        places = self._places(text)
        lines = {path: OverlayLine(path, value, places.place(path)) for path, value in edits.items()}
        found = Found(text, sorted(lines.values(), key=lambda line: line.place.line))
        for key, paths in solution.causes.items():
            helping = [line for path, line in lines.items() if any(_overlap(path, each) for each in paths)]
            if helping:
                found.causes[key] = helping
        found.refused = list(solution.refused.values())
        found.comments = list(self._comments(before, text, edits))
        return found

    def _solution(self, today: Today, relevant: set[tuple[str, str]]) -> Solution:
        """The settings, without those that the rules refuse."""
        shared = self._settings.environment == SHARED
        solver = Solver(
            self._settings.environment,
            model=type(self._settings),
            document=self._document,
            today=today,
            provenance=read_provenance(ROOT, STACKS[1] if shared else STACKS[0]),
            relevant=relevant,
        )
        for _ in range(_ROUNDS_OF_RULES):
            solution = solver.solve()
            refused = self._refused(solution)
            if not refused:
                return solution
            more = {each for problem in refused.values() for each in self._ruled_with(problem.key)} - solver.considered
            if more:  # a rule holds several settings together: today's values of all of them may satisfy it
                solver.considered |= more
            else:
                solver.refused |= refused
        return Solution(refused=solver.refused)

    def _ruled_with(self, key: KeyPath) -> Iterator[KeyPath]:
        """The settings that a rule reads together with this one."""
        models: list[tuple[KeyPath, type[Settings]]] = [((), type(self._settings))]
        section = getattr(self._settings, str(key[0]), None) if key else None
        if isinstance(section, Settings):
            models.append(((key[0],), type(section)))
        for at, model in models:
            for _, names, _ in rules_of(model):
                paths = [(*at, name) if name in model.model_fields else (name,) for name in names]
                if any(_overlap(path, key) for path in paths):
                    yield from paths

    def _refused(self, solution: Solution) -> dict[KeyPath, Problem]:
        """Settings of a solution that the rules refuse, or that an overlay cannot express."""
        below = read(self._root / "environments" / "base.yaml", Path("environments", "base.yaml"))
        for path, value in solution.settings.items():
            if value is REMOVED and not isinstance(path[-1], int) and path in below.places:
                problem = "is set in base.yaml, and an overlay cannot remove it"
                return {path: Problem(below.places[path], path, value, problem, "no such line in base.yaml")}
        refused: dict[KeyPath, Problem] = {}
        for problem in self._problems(solution.settings):
            guilty = [path for path in solution.settings if _overlap(path, problem.key)]
            if not guilty:
                guilty = [
                    path
                    for path in solution.settings
                    if problem.key not in [each.key for each in self._problems(_without(solution, path))]
                ]
            for path in guilty or list(solution.settings):
                refused[path] = problem
        return refused

    def _problems(self, more: Edits) -> list[Problem]:
        document = self._document
        changed = Document(document.file, applied(document.data, more), document.places)
        return check(changed, self._settings.environment, type(self._settings))[1]

    def _places(self, text: str) -> Document:
        """The overlay with another text, for the places in it."""
        with tempfile.TemporaryDirectory(prefix="miyabi-adopt-") as name:
            copy = Path(name, self._file.name)
            copy.write_bytes(text.encode())
            return read(copy, Path("environments", self._file.name))

    def _comments(self, before: str, text: str, edits: Edits) -> Iterator[Comment]:
        """The comments that were next to the lines that change, where they are now."""
        now = text.splitlines()
        seen: set[int] = set()
        for path in edits:
            for comment in comments(before, path):
                line = next((at for at, held in enumerate(now, 1) if held.endswith(comment) and at not in seen), None)
                if line is not None:
                    seen.add(line)
                    yield Comment(Place(Path("environments", self._file.name), line), comment, path)


def _without(solution: Solution, path: KeyPath) -> Edits:
    return {key: value for key, value in solution.settings.items() if key != path}


def _edits(document: Document, settings: Edits) -> Edits:
    """The settings as the overlay writes them: a list as a whole, as it replaces the one of the base."""
    edits: Edits = {}
    data = applied(document.data, dict(sorted(settings.items(), key=lambda pair: str(pair[0]))))
    for path, value in settings.items():
        whole = next((path[:at] for at, key in enumerate(path) if isinstance(key, int)), None)
        if whole is None:
            edits[path] = value
            continue
        held: Any = data
        for key in whole:
            held = cast("Mapping[str | int, Any]", held)[key]
        edits[whole] = list(held)
    return edits


def _overlap(one: Sequence[str | int], other: Sequence[str | int]) -> bool:
    shorter = min(len(one), len(other))
    return bool(shorter) and tuple(one[:shorter]) == tuple(other[:shorter])
