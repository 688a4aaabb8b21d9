"""Another process that synthesizes, with its own jsii kernel."""

import os
import traceback
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


class WorkerError(Exception):
    """A job that failed; the text is the worker's traceback."""


class WorkerEndedError(WorkerError):
    """A worker that ended before it had an answer: it was killed, or the machine has no memory left."""

    def __init__(self) -> None:
        super().__init__("the process that synthesizes has ended")


class Worker:
    """A process that does one job after the other, and ends when this process does."""

    def __init__(self) -> None:
        # A fresh interpreter: a fork would share this process's kernel.
        context = get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def begin(self, job: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> None:
        """Have the worker do a job: a function of a module, with arguments that can be pickled.

        Raises:
            WorkerEndedError: when it cannot do any.
        """
        try:
            self._connection.send((job, arguments, named))
        except ConnectionError as error:
            raise WorkerEndedError from error

    def result(self) -> Any:  # noqa: ANN401  # whatever the job returned
        """Wait for the job that was begun, and return what it returned.

        Raises:
            WorkerError: when the job raised; WorkerEndedError when the worker did not live to answer.
        """
        try:
            value, failure = cast("tuple[Any, str | None]", self._connection.recv())
        except (EOFError, ConnectionError) as error:
            raise WorkerEndedError from error
        if failure is not None:
            raise WorkerError(failure)
        return value

    def do(self, job: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Do a job and return what it returned; raises what `begin` and `result` do."""
        self.begin(job, *arguments, **named)
        return cast("T", self.result())

    def close(self) -> None:
        """Let the worker end when it has done its job, and wait for it."""
        self._connection.close()
        self._process.join()


def _serve(connection: Connection) -> None:
    if hasattr(os, "setsid"):
        os.setsid()  # Ctrl-C is for the first process; this one ends when the connection does
    from miyabi_infra.synthesis import runtime  # noqa: PLC0415  # before a job brings cdktf

    runtime.prepare()
    while True:
        try:
            job, arguments, named = connection.recv()
        except EOFError:
            return
        except Exception:  # noqa: BLE001  # the modules that a job brings are imported here, and may be broken
            answer = None, traceback.format_exc()
        else:
            try:
                answer = job(*arguments, **named), None
            except Exception:  # noqa: BLE001  # any: the first process is told
                answer = None, traceback.format_exc()
        try:
            connection.send(answer)
        except ConnectionError:
            return  # nobody waits for it any more
