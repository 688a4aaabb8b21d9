"""The process that sends the requests, with locust: `python -m miyabi_infra.load.generator <plan>`.

It is a separate process because locust replaces Python's sockets with gevent's, and because drawing progress must not
take time from measuring. The plan is JSON. Standard output is one line of JSON every quarter of a second, and a last
one that says how the run ended. SIGTERM ends the run early.

locust provides the users, their connections and the requests. This module decides what is sent when: with locust's
pacing, a user waits for its answer before it sends the next request, so a stall of the service would delay the requests
that it affects, and hide itself (coordinated omission). At a rate, each request has an intended start, and its latency
counts from then.
"""

import importlib
import json
import os
import signal
import sys
import time
from collections import deque
from typing import Any, Final

from miyabi_infra.load.errors import CONNECTION_CLOSED, CUT_OFF, TIMED_OUT, kind_of, status_error

REPORT_EVERY: Final = 0.25
"""Seconds between two lines of results."""

TICK: Final = 0.05
"""Seconds between two measurements of how late this process wakes up."""

# Both are of an extra, so they may be missing where this is type-checked.
locust: Any = importlib.import_module("locust")  # first: it makes gevent replace the sockets
gevent: Any = importlib.import_module("gevent")
queues: Any = importlib.import_module("gevent.queue")
events: Any = importlib.import_module("gevent.event")


class Run:
    """One run of a plan."""

    def __init__(self, plan: dict[str, Any]) -> None:
        """`plan`: url, headers, requests, at_once, rate, most_seconds and timeout, as in `Profile`."""
        self.plan = plan
        self.ended = "time limit"
        self.over = events.Event()
        self.tickets = queues.Queue()
        self.samples: deque[tuple[float, float, str | None]] = deque()
        self.late: deque[float] = deque()
        self.sent = 0
        self.done = 0
        self.began = 0.0

    def carry_out(self) -> None:
        """Send all requests, or as many as the time limit allows, and report."""
        for number in (signal.SIGTERM, signal.SIGINT):
            gevent.signal_handler(number, self.stop, "interrupted")
        environment = locust.env.Environment(user_classes=[self._user_class()])
        runner = environment.create_local_runner()
        at_once = min(self.plan["at_once"], self.plan["requests"])
        runner.start(at_once, spawn_rate=at_once)
        runner.spawning_greenlet.join()
        # All users exist and wait for their first ticket.
        self.began = time.perf_counter()
        helpers = [gevent.spawn(each) for each in (self._deal, self._watch_the_clock, self._report)]
        self.over.wait(timeout=self.plan["most_seconds"])
        gevent.killall(helpers)
        unfinished = self.sent - self.done
        runner.quit()
        self._write_samples()
        _write({"ended": self.ended, "unfinished": unfinished, "version": locust.__version__})

    def stop(self, reason: str) -> None:
        """End the run."""
        self.ended = reason
        self.over.set()

    def _user_class(self) -> type:
        run, plan = self, self.plan

        def ask_on(user: Any) -> None:  # noqa: ANN401
            """The one task of a user: requests, one after the other, as tickets arrive."""
            while True:
                intended = run.tickets.get()
                run.send(user, intended)

        members = {
            "host": "",
            "insecure": False,
            "max_redirects": 0,
            "connection_timeout": plan["timeout"],
            "network_timeout": plan["timeout"],
            "default_headers": plan["headers"],
            "tasks": [ask_on],
        }
        return type("Client", (locust.FastHttpUser,), members)

    def send(self, user: Any, intended: float | None) -> None:  # noqa: ANN401
        """Send a request and record its outcome; `intended`: its intended start, if there is a rate."""
        self.sent += 1
        started = time.perf_counter()
        answer = user.client.get(self.plan["url"], allow_redirects=False)
        ended = time.perf_counter()
        begin = started if intended is None else intended
        self.samples.append((begin - self.began, ended - begin, _error(answer, ended - started, self.plan["timeout"])))
        self.done += 1
        if self.done == self.plan["requests"]:
            self.stop("done")

    def _deal(self) -> None:
        """Hand out the requests: all at once, or each at its intended start."""
        rate, number = self.plan["rate"], self.plan["requests"]
        for index in range(number):
            if rate is None:
                self.tickets.put(None)
                continue
            intended = self.began + index / rate
            gevent.sleep(max(0, intended - time.perf_counter()))
            self.tickets.put(intended)

    def _watch_the_clock(self) -> None:
        """Record how much later than requested this process wakes up: that delay is its own, not the service's."""
        while True:
            due = time.perf_counter() + TICK
            gevent.sleep(TICK)
            self.late.append(time.perf_counter() - due)

    def _report(self) -> None:
        while True:
            gevent.sleep(REPORT_EVERY)
            self._write_samples()

    def _write_samples(self) -> None:
        samples = [self.samples.popleft() for _ in range(len(self.samples))]
        late = [self.late.popleft() for _ in range(len(self.late))]
        _write({"samples": samples, "late": late, "seconds": time.perf_counter() - self.began})


def _error(answer: Any, seconds: float, timeout: float) -> str | None:  # noqa: ANN401
    error = getattr(answer, "error", None)
    if answer.status_code:
        found = status_error(answer.status_code)
        # An error while the body is read is in no field of the answer: the status is that of a good one.
        if found is None and not getattr(getattr(answer, "_response", None), "message_complete", True):
            found = CUT_OFF
    else:
        found = kind_of(error) if error is not None else CONNECTION_CLOSED
    # The time-out applies to each read, so an answer that trickles in could take longer.
    return TIMED_OUT if found is None and seconds > timeout else found


def _write(line: dict[str, Any]) -> None:
    try:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os._exit(1)  # the parent process is gone: stop the load


if __name__ == "__main__":
    Run(json.loads(sys.argv[1])).carry_out()
