"""The overlays as documents: read and laid over the base, with the line of every key, without the model of settings.

The model lies with the modules, which need cdktf. What only looks at overlays must not wait for that.
"""

from pathlib import Path
from typing import Final

from miyabi_infra.overlays.document import Document, read
from miyabi_infra.overlays.problems import OverlayError
from modules.platform import Platform

BASE: Final = "base"
SHARED: Final = "shared"


def documents(root: Path) -> dict[str, Document]:
    """The merged overlay of each environment, by name; `shared` is laid over the platform's own keys only.

    Raises:
        OverlayError: when a file is no YAML. Whether the values are allowed is for `overlays.load` to say.
    """
    folder = root / "environments"
    base = read(folder / f"{BASE}.yaml", Path("environments", f"{BASE}.yaml"))
    merged: dict[str, Document] = {}
    for file in sorted(folder.glob("*.yaml")):
        if file.stem != BASE:
            below = base.only(Platform.model_fields) if file.stem == SHARED else base
            merged[file.stem] = below.under(read(file, Path("environments", file.name)))
    problems = [problem for document in merged.values() for problem in document.problems]
    if problems:
        raise OverlayError(problems)
    return merged
