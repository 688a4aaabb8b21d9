"""The overlays as documents: read and laid over the base, with the line of every key, without the model of settings.

The model is in the modules, which need cdktf. Commands that only look at overlays must not wait for that.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

from miyabi_infra.overlays.document import Document, read
from miyabi_infra.overlays.files import SUFFIX, overlay_files
from miyabi_infra.overlays.problems import OverlayError
from miyabi_infra.project import BASE, OVERLAYS, SHARED
from modules.platform import Platform


def merged(root: Path, skip: Collection[str] = ()) -> Iterator[tuple[str, Document]]:
    """Each overlay laid over the base, by environment, with the problems of both; `shared` gets only the top level.

    An overlay that cannot be read comes alone, as a document that is not `readable`. `skip`: overlays to leave out.
    """
    base = read(root / OVERLAYS / f"{BASE}.yaml", Path(OVERLAYS, f"{BASE}.yaml"))
    for file in overlay_files(root):
        if file.stem in skip:
            continue
        shown_as = Path(OVERLAYS, file.name)
        if file.suffix != SUFFIX:
            yield file.stem, Document(shown_as).unreadable(1, "is not the name of an overlay", f"{file.stem}{SUFFIX}")
            continue
        overlay = read(file, shown_as)
        if not overlay.readable:
            overlay.problems += base.problems
            yield file.stem, overlay
            continue
        below = base.only(Platform.model_fields) if file.stem == SHARED else base
        yield file.stem, below.under(overlay)


def documents(root: Path) -> dict[str, Document]:
    """The merged overlay of each environment, by name.

    Raises:
        OverlayError: when a file cannot be read. Whether the values are allowed is for `loading.load` to say.
    """
    found = dict(merged(root))
    problems = [problem for document in found.values() for problem in document.problems]
    if problems:
        raise OverlayError(problems)
    return found
