"""`miyabi-infra diagram`: one picture printed or written, or all of them where the documentation has them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal

from miyabi_infra.pages import generated
from miyabi_infra.pages.diagram.facts import Facts, facts
from miyabi_infra.pages.diagram.layout import layout
from miyabi_infra.pages.diagram.mermaid import mermaid
from miyabi_infra.pages.diagram.svg import svg
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, read
from miyabi_infra.stacks.inventory import chosen

Format = Literal["svg", "mermaid"]

FOLDER: Final = Path("docs", "diagrams")
"""Where the pictures of all environments are, below the project's root."""

_WRITERS: Final[Mapping[Format, tuple[str, Callable[[Facts], str]]]] = {
    "svg": (".svg", lambda found: svg(layout(found))),
    "mermaid": (".mmd", mermaid),
}


def run(root: Path, environment: str, form: Format = "svg", out: Path | None = None) -> int:
    """Print the picture of an environment, or write it to a file.

    Raises:
        Refused: when the stacks can't be read, the environment is not there, or the file can't be written.
    """
    (stack,) = chosen(read(root / OUT), environment)
    _, write_as = _WRITERS[form]
    picture = write_as(facts(stack))
    if out is None:
        print(picture, end="")
        return 0
    try:
        out.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise Refused(f"{out}: can't be written: {error.strerror}") from error
    return 0


def write(root: Path, *, check: bool) -> int:
    """Write the pictures of the documentation that are stale, or with `check` only name them; return the exit code.

    Raises:
        Refused: when the stacks can't be read.
    """
    fresh = pictures(root)
    endings = {ending for ending, _ in _WRITERS.values()}
    there = [file for file in (root / FOLDER).glob("*") if file.suffix in endings]
    gone = sorted(file for file in there if file not in fresh)
    return max(generated.write(root, fresh, check=check), generated.remove(root, gone, check=check))


def pictures(root: Path) -> dict[Path, str]:
    """The pictures of all environments, by file."""
    found = [facts(stack) for stack in read(root / OUT)]
    return {
        root / FOLDER / f"{each.environment}{ending}": write_as(each)
        for each in found
        for ending, write_as in _WRITERS.values()
    }
