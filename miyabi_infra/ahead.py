"""Python goes on while Node.js starts and loads packages: what it says to that is read when something else is asked.

jsii waits for Node.js to start, and then for each package to be loaded. Nothing in Python depends on what it says
then, and importing the same packages in Python takes as long: so the two go on side by side.
"""

import json
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from threading import Timer
from typing import Final, cast

from jsii._kernel.providers.process import ProcessProvider, _NodeProcess  # pyright: ignore[reportPrivateUsage]
from jsii._kernel.types import KernelRequest, KernelResponse, LoadRequest, LoadResponse
from jsii._runtime import kernel
from jsii.errors import JavaScriptError

PATIENCE: Final = 10.0
"""Seconds after which somebody who waits is told for what."""


def switch_on() -> bool:
    """Let jsii start and load ahead from here on; False where it has another form than is expected here."""
    parts = ("handshake", "send", "stop", "_next_message")
    if type(kernel.provider) is not ProcessProvider or not all(hasattr(_NodeProcess, part) for part in parts):
        return False
    kernel.provider = _Provider()
    return True


class _Process(_NodeProcess):
    """jsii's Node.js, with a list of what it has been told and not yet answered."""

    def __init__(self) -> None:
        self._owed: list[Callable[[], None]] = []
        super().__init__()

    def handshake(self) -> None:
        self._owed.append(super().handshake)

    def load(self, request: LoadRequest) -> LoadResponse:
        if Path(request.tarball).parent.name != "_jsii":  # a temporary file, which is gone when this returns
            return cast("LoadResponse", self.send(request, LoadResponse))
        named = {"name": request.name, "version": request.version, "tarball": request.tarball}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"api": "load", **named}).encode() + b"\n")
        self._process.stdin.flush()
        self._owed.append(self._loaded)
        return LoadResponse(assembly=request.name, types=0)

    def send(self, request: KernelRequest, response_type: type[KernelResponse]) -> KernelResponse:
        self._catch_up()
        return super().send(request, response_type)

    def stop(self) -> None:
        # jsii gives Node.js five seconds to end; unpacking a package for the first time can take longer.
        with suppress(Exception):  # whatever it is: nobody needs the packages any more
            self._catch_up()
        super().stop()

    def _catch_up(self) -> None:
        if self._owed:
            with _told("waiting for Node.js to load cdktf's packages (jsii unpacks them once on a machine)"):
                while self._owed:
                    self._owed.pop(0)()

    def _loaded(self) -> None:
        answer = self._next_message()
        if "error" in answer:
            raise RuntimeError(answer["error"]) from JavaScriptError(answer["stack"])


class _Provider(ProcessProvider):
    @cached_property
    def _process(self) -> _Process:  # pyright: ignore[reportIncompatibleMethodOverride]  # read like a property
        process = _Process()
        process.start()
        return process

    def load(self, request: LoadRequest) -> LoadResponse:
        return self._process.load(request)


@contextmanager
def _told(what: str) -> Generator[None]:
    """Say what is waited for, when it takes long."""
    timer = Timer(PATIENCE, lambda: print(what, file=sys.stderr, flush=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
