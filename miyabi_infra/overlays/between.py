"""What stacks are to each other: what only one of them may have, and what one needs of another.

A rule of the settings sees one stack. AWS and Terraform see all of them: a bucket has one owner, and a role that a
pipeline needs is of an environment that exists.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from environments.settings import EnvironmentSettings, SharedSettings
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.files import SUFFIX
from miyabi_infra.overlays.problems import KeyPath, Problem
from miyabi_infra.place import Place
from miyabi_infra.project import OVERLAYS, SHARED

AnySettings = EnvironmentSettings | SharedSettings

Made = tuple[KeyPath, str, str]
"""What AWS gives once: the setting that names it, what it is, and its name."""


@dataclass(frozen=True)
class Claims:
    """What of a stack concerns the others.

    It is kept with what is synthesized: where one overlay of a hundred changes, the others need not be read.
    """

    environment: str
    project: str
    state: str
    """What distinguishes its state from every other."""
    state_bucket: str
    """Empty for a state in a local file."""
    made: Sequence[Made]
    role_boundary: str | None = None
    pipeline: Sequence[str] = ()
    """The environments whose roles it makes."""
    roles_need_boundary: bool = False
    document: Document | None = field(default=None, compare=False)
    """Its overlay, which knows the lines; None for one that was not read."""

    @classmethod
    def of(cls, settings: AnySettings, document: Document | None = None) -> "Claims":
        """Those of settings."""
        pipeline = settings.pipeline if isinstance(settings, SharedSettings) else None
        return cls(
            settings.environment,
            settings.project,
            settings.state.location(settings),
            settings.state.bucket if settings.state.backend == "s3" else "",
            tuple((key, *thing) for key, thing in settings.made),
            settings.role_boundary_arn,
            pipeline.environments if pipeline else (),
            pipeline.roles_need_boundary if pipeline else False,
            document,
        )

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Claims":
        """Those that `data` gave, out of JSON again."""
        held = dict(data)
        held["made"] = tuple((tuple(key), kind, name) for key, kind, name in data["made"])
        return cls(**held)

    @property
    def data(self) -> dict[str, Any]:
        """As JSON has it, without the overlay."""
        return {name: value for name, value in vars(self).items() if name != "document"}

    @property
    def is_shared(self) -> bool:
        """Whether it is the shared stack."""
        return self.environment == SHARED

    @property
    def file(self) -> Path:
        """The file of its overlay."""
        return self.document.file if self.document else Path(OVERLAYS, f"{self.environment}{SUFFIX}")

    def problem(self, key: KeyPath, value: object, problem: str, allowed: str) -> Problem:
        """What is wrong with one of its settings."""
        place = self.document.place(key) if self.document else Place(self.file, 1)
        return Problem(place, key, value, problem, allowed)


def between(stacks: Sequence[Claims]) -> Iterator[Problem]:
    """What is wrong with stacks together, each of which is right by itself."""
    yield from _same_state(stacks)
    yield from _confusions(stacks)
    yield from _same_name(stacks)
    yield from _made_twice(stacks)
    yield from _pipeline(stacks)


def _same_state(stacks: Sequence[Claims]) -> Iterator[Problem]:
    """Stacks of which each would delete what the other one has made."""
    by_state: dict[str, list[Claims]] = defaultdict(list)
    for each in stacks:
        # On many people's machines two spellings of a path are one file.
        by_state[each.state if each.state_bucket else each.state.casefold()].append(each)
    for first, *others in by_state.values():
        for each in others:
            key = ("state", "key" if each.state_bucket else "path")
            yield each.problem(key, each.state, f"is the state of {first.file} too", "a different state for each stack")


def _same_name(stacks: Sequence[Claims]) -> Iterator[Problem]:
    by_name: dict[str, list[Claims]] = defaultdict(list)
    for each in stacks:
        by_name[f"{each.project}-{each.environment}"].append(each)
    for name, (first, *others) in by_name.items():
        for each in others:
            yield each.problem(("project",), name, f"is the name of {first.file} too", "names that differ")


def _confusions(stacks: Sequence[Claims]) -> Iterator[Problem]:
    """Environments whose resources nobody can distinguish by their names: `{project}-{thing}-{environment}`."""
    for index, each in enumerate(stacks):
        own = (each.project, each.environment)
        for other in stacks[:index]:
            theirs = (other.project, other.environment)
            if "-".join(own) != "-".join(theirs) and _confusable(own, theirs):
                problem = f"can be names of {other.file}, {'-*-'.join(theirs)}, too"
                allowed = "a project that does not begin, or an environment that does not end, with the other's and '-'"
                yield each.problem(("project",), "-*-".join(own), problem, allowed)


def _confusable(first: tuple[str, str], second: tuple[str, str]) -> bool:
    """Whether names of one project and environment can be names of the other: `miyabi-*-dev` has `miyabi-x-eu-dev`."""
    (project, environment), (other, another) = first, second
    projects = project == other or project.startswith(f"{other}-") or other.startswith(f"{project}-")
    environments = environment == another or environment.endswith(f"-{another}") or another.endswith(f"-{environment}")
    return projects and environments and first != second


def _made_twice(stacks: Sequence[Claims]) -> Iterator[Problem]:
    """What AWS gives once, and two stacks make: the second apply fails, or takes over what the first one made."""
    makers: dict[tuple[str, str], Claims] = {}
    for each in sorted(stacks, key=lambda stack: not stack.is_shared):
        twice: set[KeyPath] = set()
        for key, kind, name in each.made:
            first = makers.setdefault((kind, name), each)
            if first is not each and key not in twice:  # two buckets have their name from one setting
                twice.add(key)
                yield _already_there(each, key, (kind, name), f"of {first.file} too")
    states = {each.state_bucket: each for each in reversed(stacks) if not each.is_shared}
    for each in stacks:
        for key, kind, name in () if each.is_shared else each.made:
            holder = states.get(name) if kind == "bucket" else None
            if holder is not None and makers[kind, name] is each:
                yield _already_there(each, key, (kind, name), f"of the state of {holder.file}")


def _already_there(stack: Claims, key: KeyPath, thing: tuple[str, str], whose: str) -> Problem:
    kind, name = thing
    return stack.problem(key, name, f"is the {kind} {whose}", f"a {kind} of its own")


def _pipeline(stacks: Sequence[Claims]) -> Iterator[Problem]:
    """The pipeline's environments exist, and their roles have the boundary without which it may not make them."""
    environments = {each.environment: each for each in stacks if not each.is_shared}
    for shared in (each for each in stacks if each.is_shared):
        policy = f":policy/{shared.project}-github-roles"
        for index, name in enumerate(shared.pipeline):
            held = environments.get(name)
            if held is None:
                allowed = ", ".join(sorted(environments)) or "none, as there is no environment yet"
                yield shared.problem(("pipeline", "environments", index), name, "has no overlay", allowed)
            elif shared.roles_need_boundary and not (held.role_boundary or "").endswith(policy):
                problem = "is not the policy without which the pipeline may make no role (pipeline.roles_need_boundary)"
                allowed = f"arn:aws:iam::<account>{policy}"
                yield held.problem(("role_boundary_arn",), held.role_boundary, problem, allowed)
