"""Which folder of a checkout is the environment's root module."""

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from miyabi_infra.hcl.checkout import Checkout
from miyabi_infra.hcl.folder import HclFolder
from miyabi_infra.hcl.parsing import HclError
from miyabi_infra.hcl.scope import Scope
from miyabi_infra.refused import Refused
from miyabi_infra.text import count

_OF_ENVIRONMENTS: Final = frozenset({"environments", "envs", "env", "environment", "stages", "live", "accounts"})
"""Names of folders whose folders are environments."""
DEEPEST: Final = 5
"""Levels of folders below the checkout's that are searched."""


def roots(checkout: Checkout, modules: Collection[str]) -> list[HclFolder]:
    """The folders that may be root modules: no other folder calls them, and they call modules or configure a provider.

    A folder that cannot be read is not one of them, unless there is no other. Without any, the checkout's folder itself
    is the root module where it has resources, unless it is one of the `modules`.

    Raises:
        HclError: when no folder is a root module, and one cannot be read.
    """
    found: dict[Path, set[Path]] = {}
    below: set[Path] = set()
    failed: list[HclError] = []
    for folder in folders(checkout.base):
        try:
            source = checkout.source(folder)
        except HclError as error:
            if folder.resolve() == checkout.base.resolve():
                raise
            failed.append(error)
            continue
        called = {(folder / where).resolve() for where in _local_sources(source)}
        below |= called
        if called or any(source.of_type("module")) or _configures(source):
            found[folder.resolve()] = called
    candidates = [checkout.source(folder) for folder in found if folder not in below]
    base = checkout.base.resolve()
    if not candidates and base.name.replace("_", "-") not in modules and any(base.glob("*.tf*")):
        own = checkout.source(base)
        candidates = [own] if any(own.of_type("resource")) or any(own.of_type("data")) else []
    if not candidates and failed:
        raise failed[0]
    return candidates


def _configures(source: HclFolder) -> bool:
    """Whether a folder configures a provider or a backend, as root modules do."""
    inner = {each.type for block in source.of_type("terraform") for each in block.blocks}
    return any(source.of_type("provider")) or bool(inner & {"backend", "cloud"})


def folders(base: Path) -> Iterator[Path]:
    """The folders of a checkout that hold HCL, itself first."""
    for name, inner, files in os.walk(base):
        folder = Path(name)
        inner[:] = sorted(each for each in inner if not each.startswith("."))
        if len(folder.relative_to(base).parts) >= DEEPEST:
            inner.clear()
        if any(file.endswith((".tf", ".tf.json")) for file in files):
            yield folder


def chosen(checkout: Checkout, found: Sequence[HclFolder]) -> HclFolder:
    """The root module of the environment.

    Raises:
        Refused: when it is not clear which it is.
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
    (only,) = candidates
    if not named and only.folder.parent.name in _OF_ENVIRONMENTS:
        shown = only.shown.as_posix()
        raise Refused(f"the only root module is {shown}: if it is {checkout.environment}'s, name that folder")
    return only


def _local_sources(source: HclFolder) -> Iterator[str]:
    scope = Scope(Checkout(source.folder, ""), source)
    for block in source.of_type("module"):
        argument = block.arguments.get("source")
        where = scope.value(argument) if argument is not None else None
        if isinstance(where, str) and where.startswith(("./", "../")):
            yield where
