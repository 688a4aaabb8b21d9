"""The page of what a change of each setting does: `docs/reference/changes.md`."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from miyabi_infra.pages.rendering import render
from miyabi_infra.project import SHARED
from miyabi_infra.stacks.effects import EFFECTS, Measured
from miyabi_infra.stacks.steps import STEPS, Steps

_LONGEST: Final = 48
_TOP: Final = "Top level"
_SHARED: Final = "The shared stack: shared.yaml"


def pages(root: Path) -> dict[Path, str]:
    """The page, by its file."""
    sections: dict[str, list[dict[str, str]]] = {}
    gravest = Counter[str]()
    measured = Measured.read()
    for setting, found in measured.items():
        section, _, name = setting.partition(".")
        title = _SHARED if section == SHARED else section if name else _TOP
        sections.setdefault(title, []).extend(_rows(setting, name or section, found))
        gravest[
            [each for each in EFFECTS if each in {one.effect for one in found}][-1] if found else "needs steps"
        ] += 1
    listed = [{"title": title, "rows": rows} for title, rows in sections.items()]
    text = render("changes.md.j2", effects=EFFECTS, gravest=gravest, sections=listed, settings=len(measured))
    return {root / "docs/reference/changes.md": text}


def _rows(setting: str, name: str, found: Sequence[Measured]) -> Iterator[dict[str, str]]:
    if not found:
        yield {
            "setting": name,
            "change": "any",
            "effect": "needs steps",
            "what": _steps(STEPS[setting]),
            "known": "not tried",
        }
    left = list(found)
    while left:
        each = left.pop(0)
        back = next((one for one in left if _row(each) == _row(one) and _reverses(each, one)), None)
        if back is not None:
            left.remove(back)
        arrow = "→" if back is None else "↔"
        yield {"setting": name, "change": f"{_value(each.before)} {arrow} {_value(each.after)}", **_row(each)}


def _reverses(one: Measured, other: Measured) -> bool:
    return (one.before, one.after) == (other.after, other.before)


def _row(measured: Measured) -> dict[str, str]:
    what = [_what(measured)]
    if measured.together:
        what.append(f"together with {', '.join(f'`{one}`' for one in measured.together)}")
    if measured.deployed_by:
        what.append(f"where {measured.deployed_by} deploys")
    return {"effect": measured.effect, "what": "; ".join(filter(None, what)), "known": measured.known}


def _steps(steps: Steps) -> str:
    return f"[{steps.text}](../../{steps.page})" if steps.page else steps.text


def _what(measured: Measured) -> str:
    if measured.steps is None:
        return _cell(measured.what)
    once = measured.what if measured.failed else f"{measured.happened}: {measured.what}"
    return f"{_steps(measured.steps)}. One apply {_cell(once.removesuffix(': '))}"


def _value(value: Any) -> str:  # noqa: ANN401  # JSON
    text = json.dumps(value, ensure_ascii=False)
    return f"`{_cell(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…')}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
