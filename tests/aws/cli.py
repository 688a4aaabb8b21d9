"""The AWS CLI without its start: a process that has imported it forks for every command. `python -m tests.aws.cli`.

Nine tenths of a short command's time is the import of the CLI. The program `aws` that `AwsCli` puts into a folder hands
its arguments, environment, working directory and standard streams to that process; what runs is the CLI itself.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self, cast

_ROOT: Final = Path(__file__).resolve().parents[2]
_CLIENT: Final = """\
#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({path!r})
    asked = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
    socket.send_fds(server, [asked[:1]], [0, 1, 2])
    server.sendall(asked[1:])
    server.shutdown(socket.SHUT_WR)
    sys.exit(int(server.recv(8) or b"1"))
"""


class AwsCli:
    """`with AwsCli.start() as cli:` a folder for the PATH, `cli.folder`, in which `aws` is the CLI."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self._process = process

    @classmethod
    def start(cls) -> Self:
        folder = Path(tempfile.mkdtemp(prefix="miyabi-aws-"))
        client = folder / "aws"
        client.write_text(_CLIENT.format(python=sys.executable, path=str(folder / "socket")), encoding="utf-8")
        client.chmod(0o755)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.aws.cli", str(folder / "socket")], cwd=_ROOT, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline(), "the process of the AWS CLI did not start"
        return cls(folder, process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        for file in self.folder.iterdir():
            file.unlink()
        self.folder.rmdir()


def main(path: str) -> None:
    """Serve commands at a socket."""
    from awscli.clidriver import create_clidriver  # noqa: PLC0415  # what all of this saves

    create_clidriver()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(64)
        print("ready", flush=True)
        while True:
            connection, _ = server.accept()
            with connection:
                first, streams, _, _ = socket.recv_fds(connection, 1, 3)
                if os.fork() == 0:
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    server.close()
                    os._exit(_run(connection, first, streams))
                for stream in streams:
                    os.close(stream)


def _run(connection: socket.socket, first: bytes, streams: list[int]) -> int:
    """One command, in the forked process; answers with its exit code."""
    from awscli.clidriver import create_clidriver  # noqa: PLC0415

    asked = first + b"".join(iter(lambda: connection.recv(65536), b""))
    arguments, environment, folder = json.loads(asked)
    for wanted, stream in enumerate(streams):
        os.dup2(stream, wanted)
    own = {"AWS_DATA_PATH": os.environ["AWS_DATA_PATH"]}  # which the import of the CLI has set
    os.environ.clear()
    os.environ.update(environment | own)
    os.chdir(folder)
    code = 255
    with suppress(SystemExit):
        code = cast("int", cast("Any", create_clidriver()).main(arguments))
    sys.stdout.flush()
    sys.stderr.flush()
    with suppress(OSError):
        connection.sendall(str(code).encode())
    return 0


if __name__ == "__main__":
    main(sys.argv[1])
