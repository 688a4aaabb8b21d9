"""The architecture picture of an environment: what its generated stack holds, drawn as SVG or written as Mermaid.

`reading` reads the stack, `layout` places what it found, `svg` and `mermaid` write it. Nothing is drawn that is not
generated; a type of resource that has no drawing is counted in a card, so that the picture leaves nothing out.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal

from miyabi_infra.pages.diagram.layout import layout
from miyabi_infra.pages.diagram.mermaid import mermaid
from miyabi_infra.pages.diagram.picture import Picture
from miyabi_infra.pages.diagram.reading import picture
from miyabi_infra.pages.diagram.svg import svg
from miyabi_infra.stacks import OUT, Stack, read

Form = Literal["svg", "mermaid"]

FOLDER: Final = Path("docs", "diagrams")
"""Where the pictures of all environments are, below the project's root."""

_FORMS: Final[Mapping[Form, tuple[str, Callable[[Picture], str]]]] = {
    "svg": (".svg", lambda found: svg(layout(found))),
    "mermaid": (".mmd", mermaid),
}


def draw(stack: Stack, form: Form) -> str:
    """The picture of a stack, in one of the forms."""
    _, written_as = _FORMS[form]
    return written_as(picture(stack))


def pages(root: Path) -> dict[Path, str]:
    """The pictures of all environments in all forms, by file.

    Raises:
        Refused: when the stacks cannot be read.
    """
    found = [picture(stack) for stack in read(root / OUT)]
    return {
        root / FOLDER / f"{each.environment}{ending}": written_as(each)
        for each in found
        for ending, written_as in _FORMS.values()
    }


def written(root: Path) -> list[Path]:
    """The pictures that exist in the documentation, of environments that are gone too."""
    endings = {ending for ending, _ in _FORMS.values()}
    return sorted(file for file in (root / FOLDER).glob("*") if file.suffix in endings)
