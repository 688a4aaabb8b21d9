"""Which folder of a checkout is the environment's root module."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from miyabi_infra.hcl.checkout import Checkout
from miyabi_infra.hcl.folder import HclFolder
from miyabi_infra.hcl.scope import Scope
from miyabi_infra.refused import Refused
from miyabi_infra.text import count

DEEPEST: Final = 5
"""Levels of folders below the checkout's that are searched."""


def roots(checkout: Checkout) -> list[HclFolder]:
    """The folders whose HCL calls modules of the checkout, and which no other folder calls.

    Raises:
        HclError: when a file is no HCL.
    """
    callers: dict[Path, set[Path]] = {}
    for folder in folders(checkout.base):
        source = checkout.source(folder)
        called = {folder / where for where in _local_sources(source)}
        if called:
            callers[folder.resolve()] = {each.resolve() for each in called}
    below = {each for called in callers.values() for each in called}
    return [checkout.source(folder) for folder in callers if folder not in below]


def folders(base: Path) -> Iterator[Path]:
    """The folders of a checkout that hold HCL, itself first."""
    for name, inner, files in os.walk(base):
        folder = Path(name)
        inner[:] = sorted(each for each in inner if not each.startswith("."))
        if len(folder.relative_to(base).parts) >= DEEPEST:
            inner.clear()
        if any(file.endswith(".tf") for file in files):
            yield folder


def chosen(checkout: Checkout, found: Sequence[HclFolder]) -> HclFolder:
    """The root module of the environment.

    Raises:
        Refused: when it can't be told which it is.
    """
    base = checkout.base.resolve()
    for source in found:
        if source.folder == base:
            return source
    named = [each for each in found if checkout.environment in each.folder.relative_to(base).parts]
    candidates = named or list(found)
    if len(candidates) > 1:
        names = ", ".join(sorted(each.shown.as_posix() for each in candidates))
        raise Refused(f"{count(len(candidates), 'root module')} may be {checkout.environment}'s: {names}; name one")
    return candidates[0]


def _local_sources(source: HclFolder) -> Iterator[str]:
    scope = Scope(Checkout(source.folder, ""), source)
    for block in source.of_type("module"):
        argument = block.arguments.get("source")
        where = scope.value(argument) if argument is not None else None
        if isinstance(where, str) and where.startswith(("./", "../")):
            yield where
