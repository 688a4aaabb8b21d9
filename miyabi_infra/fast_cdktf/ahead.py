"""Python goes on while Node.js starts and loads packages: what it says to that is read when something else is asked.

jsii waits for Node.js to start, and then for each package to be loaded. Nothing in Python depends on what it says
then, and importing the same packages in Python takes as long: so the two go on side by side.
"""

import atexit
import json
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import Popen
from threading import Thread, Timer
from typing import Final, cast

from jsii._kernel.providers import process as jsii_process
from jsii._kernel.providers.process import ProcessProvider, _NodeProcess, stderr_sink  # pyright: ignore[reportPrivateUsage]
from jsii._kernel.types import CreateRequest, InvokeRequest, KernelRequest, KernelResponse, LoadRequest, LoadResponse
from jsii._runtime import kernel
from jsii.errors import JavaScriptError

from miyabi_infra.fast_cdktf import structs

PATIENCE: Final = 10.0
"""Seconds after which somebody who waits is told for what."""

FORESEEN: Final = 200
"""Types of resources that Node.js is told of ahead: few enough for the pipe to hold all that it answers."""


def switch_on(node: "Popen[bytes]") -> Callable[[type], None] | None:
    """Have jsii use the Node.js that was started; None where it has another form than is expected here.

    Returns what has Node.js load the module of a type of resource.
    """
    parts = ("handshake", "send", "start", "stop", "_next_message")
    if type(kernel.provider) is not ProcessProvider or not all(hasattr(_NodeProcess, part) for part in parts):
        return None
    if not hasattr(jsii_process, "ohook"):
        return None
    process = _Process(node)
    process.start()
    kernel.provider = _Provider(process)
    structs.switch_on()
    return process.foresee


class _Process(_NodeProcess):
    """jsii's Node.js, with a list of what it has been told and not yet answered."""

    def __init__(self, node: "Popen[bytes]") -> None:
        super().__init__()
        self._process = node
        self._owed: list[Callable[[], object]] = []
        self._decoder = json.JSONDecoder(object_hook=vars(jsii_process)["ohook"])
        # jsii's converter walks through all arguments, in which nothing is left to convert: json knows the rest.
        self._serializer.register_unstructure_hook(CreateRequest, self._created)
        self._serializer.register_unstructure_hook(InvokeRequest, self._invoked)

    def _created(self, request: CreateRequest) -> dict[str, object]:
        overrides = self._serializer.unstructure(request.overrides)
        named = {"fqn": request.fqn, "args": request.args, "interfaces": request.interfaces}
        return {"api": "create", "overrides": overrides, **named}

    def _invoked(self, request: InvokeRequest) -> dict[str, object]:
        objref = self._serializer.unstructure(request.objref)
        return {"api": "invoke", "objref": objref, "method": request.method, "args": request.args}

    def start(self) -> None:
        # As jsii does it after it has started Node.js.
        self.sink_thread = Thread(
            name="process.stderr_sink", target=stderr_sink, args=(self._process.stderr,), daemon=True
        )
        self.sink_thread.start()
        atexit.register(self.stop)
        self._owed.append(self.handshake)

    def load(self, request: LoadRequest) -> LoadResponse:
        if Path(request.tarball).parent.name != "_jsii":  # a temporary file, which is gone when this returns
            return cast("LoadResponse", self.send(request, LoadResponse))
        self._tell({"api": "load", "name": request.name, "version": request.version, "tarball": request.tarball})
        self._owed.append(self._loaded)
        return LoadResponse(assembly=request.name, types=0)

    def foresee(self, resource: type) -> None:
        """Have the module of a type of resource loaded, before the first resource is made and waits for it."""
        if len(self._owed) > FORESEEN:
            return
        # By the first thing that can be asked of it. Should that fail, so will the first resource, and will say it.
        self._tell({"api": "sget", "fqn": vars(resource)["__jsii_type__"], "property": "tfResourceType"})
        self._owed.append(self._next_message)

    def _tell(self, request: Mapping[str, str]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()

    def _next_message(self) -> Mapping[str, object]:
        # As jsii reads it, with one decoder for all.
        assert self._process.stdout is not None
        return cast("Mapping[str, object]", self._decoder.decode(self._process.stdout.readline().decode()))

    def send(self, request: KernelRequest, response_type: type[KernelResponse]) -> KernelResponse:
        self._catch_up()
        return super().send(request, response_type)

    def stop(self) -> None:
        # jsii gives Node.js five seconds to end; unpacking a package for the first time can take longer.
        with suppress(Exception):  # whatever it is: nobody needs the packages any more
            self._catch_up()
        with suppress(AttributeError):  # Ctrl-C came before there was a process to stop
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
    def __init__(self, process: _Process) -> None:
        super().__init__()
        self._started = process

    @property
    def _process(self) -> _Process:
        return self._started

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
