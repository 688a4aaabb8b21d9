"""jsii's kernel, in a Node.js that is started before Python imports anything of jsii: the two take as long.

jsii starts a Node.js that starts another, in which the kernel is. Here it is one (`kernel.cjs`), with lazy providers.
Whether jsii has the form expected here is decided from its text; of another form, it starts its kernel as always.
"""

import logging
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

KERNEL: Final = "_embedded/jsii/lib__program.js"
"""jsii's kernel, in the Python package."""

CHANNEL: Final = "readFD:3,writeFD:3"
WORKER: Final = '"runtime-index-worker.js"'
"""What `kernel.cjs` replaces in jsii's kernel; each must be there once."""


def start(node: Path) -> Callable[[type], None]:
    """Start the kernel; to be called before anything of jsii is imported.

    `node`: a Node.js that knows `module.registerHooks`. If jsii is to run another one, its kernel is left unchanged.

    Returns what has Node.js load the module of a type of resource, before the first resource of the type is made.
    """
    kernel = _kernel_file()
    if "JSII_RUNTIME" in os.environ or os.environ.get("JSII_NODE") != str(node):
        log.info("jsii's kernel: unchanged: JSII_RUNTIME or JSII_NODE is set")
        return _foresee_nothing
    if kernel is None or not is_known_kernel(kernel):
        log.info("jsii's kernel: unchanged: it has another form")
        return _foresee_nothing
    variables = {
        "JSII_AGENT": f"Python/{platform.python_version()}",
        "MIYABI_JSII_KERNEL": str(kernel),
        "MIYABI_JSII_VERBOSE": "1" if log.isEnabledFor(logging.INFO) else "0",
        "MIYABI_JSII_COMPILED": str(_compiled() or ""),
    }
    process = subprocess.Popen(  # noqa: S603  # the Node.js of a package that is pinned
        [node, "--max-old-space-size=4069", Path(__file__).with_name("kernel.cjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **variables},
    )
    try:
        from miyabi_infra.fast_cdktf import ahead  # noqa: PLC0415  # brings jsii, which may have another form

        foresee = ahead.switch_on(process)
    except ImportError:
        foresee = None
    if foresee is None:
        log.info("jsii's kernel: unchanged: Python's side has another form")
        process.kill()
        process.communicate()
        return _foresee_nothing
    log.info("jsii's kernel: in one process, ahead")
    return foresee


def is_known_kernel(file: Path) -> bool:
    """Whether the file of jsii's kernel has the form that `kernel.cjs` expects."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return text.count(CHANNEL) == 1 and text.count(WORKER) == 1


def _kernel_file() -> Path | None:
    spec = find_spec("jsii")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / KERNEL


def _compiled() -> Path | None:
    """Where Node.js keeps what it compiled for the next run: in the virtual environment, which goes with its packages.

    None without one, and where jsii keeps its packages at a place of their own: these come and go.
    """
    if sys.prefix == sys.base_prefix or "JSII_RUNTIME_PACKAGE_CACHE_ROOT" in os.environ:
        return None
    return Path(sys.prefix) / ".compiled"


def _foresee_nothing(_resource: type) -> None:
    """With jsii's own kernel, a module is loaded when the first resource is made."""
