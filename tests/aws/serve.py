"""The process of an emulated AWS: `python -m tests.aws.serve`. See `tests.aws.emulator`, which starts it.

It listens at a socket of the file system, in the folder that is its argument, and writes a line with its port and its
process ID, which names the socket. Whoever sends it `copy` there is answered with the port and the process ID of a copy
of itself; `living`: of a copy in which things run (see `tests.aws.living`). A copy has a socket too. It ends when its
standard input does, and a copy when its original does.
"""

import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

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
    server, door = _serve(application), _door()
    threading.Thread(target=_end_with_input, daemon=True).start()
    sys.stdout.write(f"{server.server_port} {os.getpid()}\n")
    sys.stdout.flush()
    while True:
        asking, _ = door.accept()
        asked, original = asking.recv(100), os.getpid()
        if os.fork() == 0:
            for held in (server.socket, door):
                held.close()
            if asked == b"living":
                living.install(ACCOUNT, REGION)
                codedeploy.live()
                application.watch()
            server, door = _serve(application), _door()
            threading.Thread(target=_end_with, args=(original,), daemon=True).start()
            asking.sendall(f"{server.server_port} {os.getpid()}".encode())
        asking.close()


def _door() -> socket.socket:
    """Where this process is asked for a copy of itself."""
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(Path(sys.argv[1], str(os.getpid()))))
    door.listen()
    return door


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


def _end_with(original: int) -> None:
    while os.getppid() == original:
        time.sleep(0.5)
    os._exit(0)


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


if __name__ == "__main__":
    main()
