"""`miyabi-infra set`: write settings into an overlay, or take them out; comments and everything else stay."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from miyabi_infra.overlays.edit import REMOVED
from miyabi_infra.overlays.problems import KeyPath, key_text
from miyabi_infra.project import OVERLAYS
from miyabi_infra.refused import Refused
from miyabi_infra.writing import write_whole

_KEY: Final = re.compile(r"[\w-]+(?:\.[\w-]+)*", re.ASCII)


def run(root: Path, environment: str, assignments: Sequence[str], removed: Sequence[str]) -> int:
    """Write `KEY=VALUE` of each assignment, take out the removed keys, and print the lines; return the exit code.

    Raises:
        Refused: what is no assignment, and what the overlay or its rules do not take; nothing is written.
    """
    from miyabi_infra.overlays.changing import changed, takes_text  # noqa: PLC0415  # it loads cdktf
    from miyabi_infra.overlays.document import read  # noqa: PLC0415

    values: dict[KeyPath, Any] = {_path(key): REMOVED for key in removed}
    for each in assignments:
        key, equals, text = each.partition("=")
        if not equals:
            raise Refused(f"{each}: is no assignment; allowed: KEY=VALUE, such as alb.idle_timeout=120")
        path = _path(key)
        if path in values:
            raise Refused(f"{key}: is named twice; allowed: each setting once")
        value = _value(key, text)
        plain = isinstance(value, int | float) and takes_text(environment, path)
        values[path] = text.strip() if plain else value  # 012345678901 would lose its zero
    file, shown = root / OVERLAYS / f"{environment}.yaml", Path(OVERLAYS, f"{environment}.yaml")
    before = set(read(file, shown).places)
    write_whole(file, changed(root, environment, values))
    lines = file.read_text(encoding="utf-8").splitlines()
    document = read(file, shown)
    for path, value in values.items():
        if value is REMOVED:
            was = "removed" if path in before else "was not there; nothing changed"
            print(f"{shown}: {key_text(path)}: {was}")
        else:
            place = document.place(path)
            print(f"{place}: {lines[place.line - 1].strip()}")
    return 0


def _path(key: str) -> KeyPath:
    if _KEY.fullmatch(key) is None:
        raise Refused(f"{key}: is no key of a setting; allowed: names with dots between them, such as alb.idle_timeout")
    return tuple(key.split("."))


def _value(key: str, text: str) -> object:
    """What YAML reads, as in the overlay: a number, true, a list in brackets, or a text."""
    try:
        value: object = YAML(typ="safe", pure=True).load(text)  # pyright: ignore[reportUnknownMemberType]
    except YAMLError as error:
        allowed = "a value as in the overlay: 120, true, [a, b], '\"text: with a colon\"', '[\"*.a.example\"]'"
        raise Refused(f"{key}: {text} is not YAML; allowed: {allowed}") from error
    return _with_texts(value)


def _with_texts(value: object) -> object:
    """A value in which 2027-03-31 is a text again, which YAML reads as a date."""
    if isinstance(value, dict):
        return {name: _with_texts(held) for name, held in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [_with_texts(held) for held in cast("list[object]", value)]
    return value.isoformat() if isinstance(value, date) else value
