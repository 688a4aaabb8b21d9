"""Problems with overlays: where a value is, what is wrong with it, what would be allowed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from miyabi_infra.place import Place
from miyabi_infra.refused import Refused
from miyabi_infra.text import escaped
from modules.secret_detection import form_of_secret, suspicion

KeyPath = tuple[str | int, ...]
"""Where a value is in an overlay: keys of mappings and indices of lists."""

_LONGEST_VALUE: Final = 100
_SEARCHED: Final = 2048
"""Characters of a value that are searched for a secret: more than are shown."""


class Missing:
    """The value of a setting that is not there."""


class Hidden:
    """A value that may be a secret, and is not shown."""

    def __repr__(self) -> str:
        return "(a value that is not shown, as it may be a secret)"


MISSING: Final = Missing()
HIDDEN: Final = Hidden()


@dataclass(frozen=True)
class Problem:
    """A value that cannot be used."""

    place: Place
    key: KeyPath
    value: object
    problem: str
    """What is wrong, to be read after the value."""
    allowed: str
    """What would be allowed."""

    def __str__(self) -> str:
        """One line: `environments/qa.yaml:7: ecs.task_memory: 1000 is not …; allowed: 1024, 2048`."""
        key = tuple(
            "(hidden)" if isinstance(part, str) and form_of_secret(part[:_SEARCHED]) else part for part in self.key
        )
        subject = f"{key_text(key)}: " if key else ""
        hidden = HIDDEN if _suspect(str(self.key[-1]) if self.key else "", self.value) else self.value
        value = "" if isinstance(self.value, Missing) else f"{value_text(hidden)} "
        return escaped(f"{self.place}: {subject}{value}{self.problem}; allowed: {self.allowed}")


class OverlayError(Refused):
    """Overlays that cannot be used, with all problems found in them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        unique = {str(problem): problem for problem in problems}
        ordered = sorted(unique.items(), key=lambda pair: (str(pair[1].place.file), pair[1].place.line, pair[0]))
        self.problems = [problem for _, problem in ordered]
        """The problems, by file and line; one that several environments share is there once."""
        super().__init__("\n".join(text for text, _ in ordered))


def _suspect(name: str, value: object) -> bool:
    """Whether a value, or anything in the part of it that is shown, may be a secret."""
    waiting: list[tuple[str, object]] = [(name, value)]
    for _ in range(_LONGEST_VALUE):  # each is one character of what is shown, at least
        if not waiting:
            break
        above, held = waiting.pop()
        if isinstance(held, Mapping):
            inside = list(cast("Mapping[object, object]", held).items())
            waiting += [(f"{above}_{key}"[-_LONGEST_VALUE:], inner) for key, inner in reversed(inside)]
        elif isinstance(held, list | tuple):
            waiting += [(above, inner) for inner in reversed(list(cast("Sequence[object]", held)))]
        elif isinstance(held, str | int) and not isinstance(held, bool) and suspicion(above, str(held)[:_SEARCHED]):
            return True
    return False


def key_text(key: KeyPath) -> str:
    """A key as people write it: `networking.public_subnet_cidrs[1]`."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def value_text(value: object) -> str:
    """A value as YAML has it, shortened where it is long."""
    if value is None or isinstance(value, bool):
        text = {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, date):
        text = str(value)
    else:
        text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
