"""The process of an emulated AWS: `python -m tests.aws.serve`. See `tests.aws.emulator`, which starts it.

It writes a line with its port, and for every line `copy` that it reads, a line with the port and the process ID of a
copy of itself; for a line `living`, of a copy in which things run (see `tests.aws.living`). It ends when its standard
input does, and so do its copies.
"""

import gc
import logging
import os
import signal
import sys
import threading
import time

os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"  # the execution role's policy is AWS's own; read at import

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from tests.aws import (
    additions,
    cloudfront,
    codedeploy,
    databases,
    discovery,
    firewalls,
    keeping,
    living,
    names,
    observed,
    offers,
    replication,
)
from tests.aws.emulator import ACCOUNT, REGION
from tests.aws.strict import Strict


def main() -> None:
    """Serve, and copy on demand."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # not a line for every request
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # copies that ended are not waited for
    install()
    gc.freeze()  # what is imported stays, and copies share it
    gc.set_threshold(50_000, 50, 100)
    application = Strict(DomainDispatcherApplication(create_backend_app), ACCOUNT)
    server = _serve(application)
    _say(f"{server.server_port}")
    for asked in sys.stdin:
        original = os.getpid()
        if os.fork() == 0:
            server.socket.close()
            try:
                if asked.strip() == "living":
                    living.install(ACCOUNT, REGION)
                    codedeploy.live()
                    application.watch()
                server = _serve(application)
            except BaseException:
                _say("")  # whoever waits for the copy learns that there is none
                raise
            _say(f"{server.server_port} {os.getpid()}")
            while os.getppid() == original:
                time.sleep(0.5)
            return


def install() -> None:
    """Put into moto what it lacks."""
    additions.install()
    observed.install()
    offers.install()
    replication.install()
    databases.install()
    discovery.install()
    keeping.install()
    cloudfront.install()
    codedeploy.install()
    names.install()
    firewalls.install()


def _serve(application: Strict) -> BaseWSGIServer:
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    server.daemon_threads = True  # pyright: ignore[reportAttributeAccessIssue]  # of a threaded one
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
