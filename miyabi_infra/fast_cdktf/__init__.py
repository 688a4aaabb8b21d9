"""What makes cdktf start fast: its kernel in one process, ahead of Python, and providers that are loaded on use.

`synthesis/runtime.py` calls `switch_on` and knows nothing else of this folder: when cdktf loads fast by itself, the
folder and that call can be deleted. Until then `MIYABI_STOCK_LOADING=1` does without it.
"""

import gc
import importlib
import sys
from pathlib import Path
from types import ModuleType

from miyabi_infra.fast_cdktf import kernel, lazy


def switch_on(node: Path, *, for_one_run: bool) -> None:
    """Have jsii and the providers loaded fast from here on; to be called before anything of jsii is imported.

    Args:
        node: The Node.js to run jsii's kernel on.
        for_one_run: The process ends with what it is about to do. Python then need not search what it imports for
            garbage to collect, and nobody passes mocks as arguments.
    """
    if for_one_run:
        gc.disable()
        _import_typeguard()
    lazy.switch_on(kernel.start(node))


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
