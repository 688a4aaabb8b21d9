"""Markdown that says what is meant, whatever the values hold, and no more than a comment may be long."""

import html
import re
from collections.abc import Sequence
from typing import Final

LIMIT: Final = 65_536
"""Characters that GitHub takes for a comment."""
_LONGEST: Final = 100
"""Characters of a value that are shown, where nothing else is said."""


def code(value: object, longest: int = _LONGEST) -> str:
    """A value as code: nothing in it is Markdown, HTML or a mention."""
    text = " ".join(str(value).split())
    if len(text) > longest:
        text = f"{text[: longest - 1]}…"
    if not text:
        return "(empty)"
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def folded(summary: str, lines: Sequence[str]) -> list[str]:
    """Lines that are shown on a click."""
    return ["<details>", f"<summary>{html.escape(summary)}</summary>", "", *lines, "", "</details>"]


def bounded(lines: Sequence[str], room: int, what: str) -> list[str]:
    """As many lines as there is room for; then how many were left out of what."""
    used = 0
    for at, line in enumerate(lines):
        used += len(line) + 1
        if used > room:
            return [*lines[:at], "", f"*{len(lines) - at} {what} left out: a comment holds {LIMIT:,} characters.*"]
    return list(lines)
