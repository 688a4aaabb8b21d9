"""From overlays to settings: read, merge, check; every problem is found before anything is built.

`environments/base.yaml` holds what is shared, `<environment>.yaml` what differs, `shared.yaml` what exists once an
account. An overlay's name is its environment's name.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from environments.settings import EnvironmentSettings, SharedSettings
from miyabi_infra.overlays.between import AnySettings, Claims, between
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.explain import explain
from miyabi_infra.overlays.merging import merged
from miyabi_infra.overlays.problems import HIDDEN, MISSING, KeyPath, OverlayError, Problem
from miyabi_infra.place import Place
from miyabi_infra.project import SHARED
from modules.platform import Platform
from modules.settings import Settings, Violation, only_compares, rules_of

TOLD: Final = 100
"""Problems with the form of one overlay that are told; who mends these learns of the next."""


def model_of(environment: str) -> type[EnvironmentSettings] | type[SharedSettings]:
    """The model of an overlay, by its name."""
    return SharedSettings if environment == SHARED else EnvironmentSettings


def load(root: Path, known: Mapping[str, Claims] = MappingProxyType({})) -> list[AnySettings]:
    """All stacks of the project at `root`, environments first, by name.

    Args:
        root: The project's root.
        known: Environments whose overlays are known to be right, with what they claim: they are not loaded.

    Raises:
        OverlayError: with every problem of every overlay.
    """
    problems: list[Problem] = []
    loaded: list[tuple[Document, AnySettings]] = []
    for environment, document in merged(root, skip=known):
        if not document.readable:
            problems += document.problems
            continue
        settings, found = check(document, environment, model_of(environment))
        problems += found
        if settings is not None:
            loaded.append((document, settings))
    claims = [*(Claims.of(settings, document) for document, settings in loaded), *known.values()]
    problems += between(sorted(claims, key=lambda each: each.environment))
    if problems and known:
        return load(root)  # which says what is wrong, of all overlays
    if problems:
        raise OverlayError(problems)
    return sorted(
        (settings for _, settings in loaded),
        key=lambda settings: (settings.environment == SHARED, settings.environment),
    )


def check(
    document: Document, environment: str, model: type[EnvironmentSettings | SharedSettings]
) -> tuple[AnySettings | None, list[Problem]]:
    """The settings that a merged document describes, or None and what is wrong with it."""
    problems = list(document.problems)
    if "environment" in document.data:
        problem = "cannot be set: the name of the overlay's file is the name of the environment"
        value = document.data["environment"]
        problems.append(Problem(document.place(("environment",)), ("environment",), value, problem, "no such key"))
    data = {**document.data, "environment": environment}
    settings: AnySettings | None = None
    try:
        settings = model.model_validate(data)
    except ValidationError as error:
        found = list(_telling(error.errors(include_url=False), document))
        if len(found) > TOLD:
            problem = f"has {len(found) - TOLD} further problems"
            problems.append(Problem(Place(document.file, 1), (), MISSING, problem, "mend these first"))
        for detail in found[:TOLD]:
            key, value, problem, allowed = explain(detail, model, data)
            problems.append(Problem(document.place(key), key, value, problem, allowed))
    checked = _Checked(model, data) if settings is None else _Checked.whole(settings)
    for key, violation in checked.violations():
        value = HIDDEN if violation.secret else violation.value
        problems.append(Problem(document.place(key), key, value, violation.problem, violation.allowed))
    return (None if problems else settings), problems


def _telling(errors: Sequence[ErrorDetails], document: Document) -> Iterator[ErrorDetails]:
    """The errors without those that only follow from another one, and would send a reader looking for a second."""
    unreadable = {problem.key for problem in document.problems}
    around = {error["loc"][:length] for error in errors for length in range(len(error["loc"]))}
    for error in errors:
        at = error["loc"]
        if at in unreadable:
            continue  # it is null because it could not be read
        if error["type"] != "too_short" or at not in around:  # pydantic counts only the items that it accepted
            yield error


class _Checked:
    """Settings of which some may be unusable: what is usable is still checked by the rules.

    So a typing error in one key does not hide that another key breaks a rule, and both are reported at once.
    """

    def __init__(self, model: type[Settings], data: Mapping[str, Any]) -> None:
        self.sections: dict[str, _Checked] = {}
        self.unusable: set[str] = set()
        self.comparable: set[str] = set()
        values: dict[str, Any] = {}
        for key, field in model.model_fields.items():
            annotation = field.annotation
            if key not in data:
                values[key] = field.get_default(call_default_factory=True)
                if field.is_required():
                    self.unusable.add(key)
            elif isinstance(annotation, type) and issubclass(annotation, Settings):
                if not isinstance(data[key], Mapping):
                    self.unusable.add(key)
                    continue
                section = _Checked(annotation, cast("Mapping[str, Any]", data[key]))
                values[key], self.sections[key] = section.settings, section
                if section.unusable:
                    self.unusable.add(key)
            else:
                try:
                    values[key] = _adapter(model, key).validate_python(data[key])
                except ValidationError:
                    self.unusable.add(key)
                    if isinstance(data[key], list) and all(isinstance(each, str) for each in data[key]):
                        values[key] = tuple(data[key])
                        self.comparable.add(key)
        self.settings: Settings = model.model_construct(**values)

    @classmethod
    def whole(cls, settings: Settings) -> "_Checked":
        """Settings all of which are usable."""
        checked = cls.__new__(cls)
        checked.sections, checked.unusable, checked.comparable, checked.settings = {}, set(), set(), settings
        return checked

    def violations(self) -> Iterator[tuple[KeyPath, Violation]]:
        """Every value that breaks a rule, with its key."""
        platform = cast("Platform", self.settings)
        yield from self._broken((), self.settings, None)
        for name in type(self.settings).model_fields:
            section = getattr(self.settings, name, None)
            if isinstance(section, Settings):
                inner = self.sections.get(name)
                yield from self._broken((name,), section, inner, platform)

    def _broken(
        self, at: KeyPath, section: Settings, inner: "_Checked | None", platform: Platform | None = None
    ) -> Iterator[tuple[KeyPath, Violation]]:
        own = type(section).model_fields
        unusable = inner.unusable if inner else set[str]()
        comparable = inner.comparable if inner else set[str]()
        for _, keys, method in rules_of(type(section)):
            left = unusable - comparable if only_compares(method) else unusable
            if any(key in (left if key in own and at else self.unusable) for key in keys):
                continue
            for violation in method(section, platform or cast("Platform", section)):
                path = violation.path
                yield ((*at, *path) if path[0] in own else path), violation


@cache
def _adapter(model: type[Settings], key: str) -> TypeAdapter[Any]:
    """What validates one setting of a section by itself."""
    field = model.model_fields[key]
    form: Any = Annotated[field.annotation, field]  # pyright: ignore[reportInvalidTypeForm]  # made at run time
    return TypeAdapter(form, config=ConfigDict(strict=True))
