"""What stacks are to each other: what only one of them may have, and what one needs of another.

A rule of the settings sees one stack. AWS and Terraform see all of them: a bucket has one owner, and a role that a
pipeline needs is of an environment that exists.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from environments.settings import EnvironmentSettings, SharedSettings
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.problems import KeyPath, Problem

AnySettings = EnvironmentSettings | SharedSettings
Loaded = tuple[Document, AnySettings]
"""A stack: its overlay, which knows the lines, and its settings."""


def between(loaded: Sequence[Loaded]) -> Iterator[Problem]:
    """What is wrong with stacks together, each of which is right by itself."""
    yield from _same_state(loaded)
    yield from _confusions(loaded)
    yield from _same_name(loaded)
    yield from _made_twice(loaded)
    shared = next((each for each in loaded if isinstance(each[1], SharedSettings)), None)
    if shared is not None:
        yield from _pipeline(shared, {each.environment: held for held in loaded if (each := held[1]) is not shared[1]})


def _same_state(loaded: Sequence[Loaded]) -> Iterator[Problem]:
    """Stacks of which each would delete what the other one has made."""
    by_state: dict[str, list[Loaded]] = defaultdict(list)
    for document, settings in loaded:
        # On many people's machines two spellings of a path are one file.
        location = settings.state.location(settings)
        by_state[location.casefold() if settings.state.backend == "local" else location].append((document, settings))
    for first, *others in by_state.values():
        for document, settings in others:
            key = ("state", "path" if settings.state.backend == "local" else "key")
            problem = f"is the state of {first[0].file} too"
            location = settings.state.location(settings)
            yield Problem(document.place(key), key, location, problem, "a different state for each stack")


def _same_name(loaded: Sequence[Loaded]) -> Iterator[Problem]:
    by_name: dict[str, list[Loaded]] = defaultdict(list)
    for document, settings in loaded:
        by_name[f"{settings.project}-{settings.environment}"].append((document, settings))
    for name, (first, *others) in by_name.items():
        for document, _ in others:
            problem = f"is the name of {first[0].file} too"
            yield Problem(document.place(("project",)), ("project",), name, problem, "names that differ")


def _confusions(loaded: Sequence[Loaded]) -> Iterator[Problem]:
    """Environments whose resources nobody can distinguish by their names: `{project}-{thing}-{environment}`."""
    for index, (document, settings) in enumerate(loaded):
        own = (settings.project, settings.environment)
        for other, held in loaded[:index]:
            theirs = (held.project, held.environment)
            if "-".join(own) != "-".join(theirs) and _confusable(own, theirs):
                problem = f"can be names of {other.file}, {'-*-'.join(theirs)}, too"
                allowed = "a project that does not begin, or an environment that does not end, with the other's and '-'"
                yield Problem(document.place(("project",)), ("project",), "-*-".join(own), problem, allowed)


def _confusable(first: tuple[str, str], second: tuple[str, str]) -> bool:
    """Whether names of one project and environment can be names of the other: `miyabi-*-dev` has `miyabi-x-eu-dev`."""
    (project, environment), (other, another) = first, second
    projects = project == other or project.startswith(f"{other}-") or other.startswith(f"{project}-")
    environments = environment == another or environment.endswith(f"-{another}") or another.endswith(f"-{environment}")
    return projects and environments and first != second


def _made_twice(loaded: Sequence[Loaded]) -> Iterator[Problem]:
    """What AWS gives once, and two stacks make: the second apply fails, or takes over what the first one made."""
    makers: dict[tuple[str, str], Document] = {}
    for document, settings in sorted(loaded, key=lambda each: isinstance(each[1], EnvironmentSettings)):  # shared first
        twice: set[KeyPath] = set()
        for key, thing in settings.made:
            first = makers.setdefault(thing, document)
            if first is not document and key not in twice:  # two buckets have their name from one setting
                twice.add(key)
                yield _already_there(document, key, thing, f"of {first.file} too")
    states = {
        settings.state.bucket: document
        for document, settings in reversed(loaded)
        if settings.state.backend == "s3" and isinstance(settings, EnvironmentSettings)
    }
    for document, settings in loaded:
        for key, (kind, name) in settings.made if isinstance(settings, EnvironmentSettings) else ():
            holder = states.get(name) if kind == "bucket" else None
            if holder is not None and makers[kind, name] is document:
                yield _already_there(document, key, (kind, name), f"of the state of {holder.file}")


def _already_there(document: Document, key: KeyPath, thing: tuple[str, str], whose: str) -> Problem:
    kind, name = thing
    return Problem(document.place(key), key, name, f"is the {kind} {whose}", f"a {kind} of its own")


def _pipeline(shared: Loaded, environments: dict[str, Loaded]) -> Iterator[Problem]:
    """The pipeline's environments exist, and their roles have the boundary without which it may not make them."""
    document, settings = shared
    assert isinstance(settings, SharedSettings)
    pipeline, policy = settings.pipeline, f":policy/{settings.project}-github-roles"
    for index, name in enumerate(pipeline.environments):
        key = ("pipeline", "environments", index)
        held = environments.get(name)
        if held is None:
            allowed = ", ".join(sorted(environments)) or "none, as there is no environment yet"
            yield Problem(document.place(key), key, name, "has no overlay", allowed)
        elif pipeline.roles_need_boundary and not (held[1].role_boundary_arn or "").endswith(policy):
            key, value = ("role_boundary_arn",), held[1].role_boundary_arn
            problem = "is not the policy without which the pipeline may make no role (pipeline.roles_need_boundary)"
            allowed = f"arn:aws:iam::<account>{policy}"
            yield Problem(held[0].place(key), key, value, problem, allowed)
