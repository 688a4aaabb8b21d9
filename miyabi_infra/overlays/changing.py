"""Changes of an overlay by keys and values: the text with them, if the rules take it."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from miyabi_infra.overlays.document import Document, read
from miyabi_infra.overlays.edit import REMOVED, EditError, applied, edited
from miyabi_infra.overlays.explain import is_text, unknown_key
from miyabi_infra.overlays.files import SUFFIX, content, overlay_files
from miyabi_infra.overlays.loading import AnySettings, load, model_of
from miyabi_infra.overlays.problems import KeyPath, OverlayError, Problem, key_text
from miyabi_infra.place import Place
from miyabi_infra.project import BASE, OVERLAYS
from miyabi_infra.refused import Refused


def changed(root: Path, environment: str, values: Mapping[KeyPath, Any]) -> str:
    """The text of an overlay with other values at some keys, each of which may be new, or REMOVED.

    A section that would be left without a key is removed with its last one.

    Raises:
        Refused: where there is no such overlay, or its text does not allow the change.
        OverlayError: with what would be wrong then, and was not before.
    """
    file = root / OVERLAYS / f"{environment}{SUFFIX}"
    document = _document(root, file)
    model = model_of(environment)
    order = model.model_fields
    for key, value in values.items():
        if value is REMOVED and _at(document.data, key) is REMOVED and (found := unknown_key(model, key)):
            part, problem, allowed = found
            raise Refused(f"{document.file}: {key_text(part)}: {problem}; allowed: {allowed}")
    try:
        text = edited(content(file).decode("utf-8"), dict(_edits(document.data, values)), list(order))
    except EditError as error:
        raise Refused(f"{document.file} cannot be changed: {error}") from error
    try:
        _all_with(root, environment, text)
    except OverlayError as error:
        held = _known(root)
        if found := [each for each in error.problems if _mistake(each) not in held]:
            raise OverlayError(_placed(each, document, values) for each in found) from error
    return text


def _placed(problem: Problem, document: Document, values: Mapping[KeyPath, Any]) -> Problem:
    """A problem with its line in the file as it is, which is not written; none for what would be new."""
    if problem.place.file != document.file:
        return problem
    place = document.place(problem.key)
    setting = next((key for key in values if problem.key[: len(key)] == key), problem.key[:1])
    if not problem.key or setting not in document.places:
        place = Place(document.file, 0)
    return replace(problem, place=place)


def takes_text(environment: str, key: KeyPath) -> bool:
    """Whether a setting takes a text and no number, as an account's ID."""
    return is_text(model_of(environment), key)


def load_with(root: Path, environment: str, text: str) -> AnySettings:
    """The settings of an environment with another text of its overlay.

    Raises:
        OverlayError: with every problem of every overlay.
    """
    return next(each for each in _all_with(root, environment, text) if each.environment == environment)


def _all_with(root: Path, environment: str, text: str) -> list[AnySettings]:
    with tempfile.TemporaryDirectory(prefix="miyabi-overlay-") as name:
        copy = Path(name)
        (copy / OVERLAYS).mkdir()
        for file in (*overlay_files(root), root / OVERLAYS / f"{BASE}{SUFFIX}"):
            (copy / OVERLAYS / file.name).write_bytes(file.read_bytes())
        (copy / OVERLAYS / f"{environment}{SUFFIX}").write_bytes(text.encode())
        return load(copy)


def _document(root: Path, file: Path) -> Document:
    shown = Path(OVERLAYS, file.name)
    if not file.is_file():
        others = ", ".join((*(each.stem for each in overlay_files(root)), BASE))
        raise Refused(f"there is no {shown}; the overlays are {others}")
    document = read(file, shown)
    if document.problems:
        raise OverlayError(document.problems)
    return document


def _edits(data: Mapping[str, Any], values: Mapping[KeyPath, Any]) -> Iterator[tuple[KeyPath, Any]]:
    """The changes one after the other: none for what is so already, whole sections for what is empty, or will be."""
    now = dict(data)
    for key, value in values.items():
        path, put = key, value
        if value is REMOVED:
            if _at(now, path) is REMOVED:
                continue
            while len(path) > 1 and len(cast("Mapping[str, Any]", _at(now, path[:-1]))) == 1:
                path = path[:-1]
        else:
            empty = next((path[:at] for at in range(1, len(path)) if _at(now, path[:at]) is None), None)
            if empty is not None:
                for name in reversed(path[len(empty) :]):
                    put = {name: put}
                path = empty
        now = applied(now, {path: put})
        yield path, put


def _at(data: object, path: KeyPath) -> object:
    """The value at a path; REMOVED where there is none."""
    for name in path:
        if not isinstance(data, Mapping) or name not in data:
            return REMOVED
        data = cast("Mapping[object, object]", data)[name]
    return data


def _known(root: Path) -> set[tuple[object, ...]]:
    """What is wrong with the overlays as they are."""
    try:
        load(root)
    except OverlayError as error:
        return set(map(_mistake, error.problems))
    return set()


def _mistake(problem: Problem) -> tuple[object, ...]:
    """A problem without its line, which a change moves."""
    return problem.place.file, problem.key, problem.problem, repr(problem.value)
