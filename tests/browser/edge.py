"""A stand-in for CloudFront on loopback: it does with requests what a generated distribution says.

It reads the synthesized module, not the settings: behaviors in their order, the function (in Node.js), the origins, the
cache policies by their meaning, error responses, headers policies, compression. The viewer's TLS is left out: what
comes by HTTP counts as HTTPS.
"""

import gzip
import json
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final

from modules.frontend import CACHING_DISABLED, CACHING_OPTIMIZED

LEAST, USUAL, MOST = 1, 86_400, 31_536_000
"""Seconds that CachingOptimized keeps an object: at least, without `Cache-Control`, at most."""
SMALLEST: Final = 1000
"""Bytes from which on CloudFront compresses."""
MISSING: Final = 404
SWITCHING: Final = 101

_RUNNER: Final = """
const lines = require("readline").createInterface({ input: process.stdin });
const handler = new Function(process.argv[1] + "; return handler;")();
lines.on("line", line => console.log(JSON.stringify(handler({ request: { uri: line } }).uri)));
"""
_HOP: Final = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "date", "server"}


@dataclass
class File:
    """An object of the bucket."""

    body: bytes
    content_type: str
    cache_control: str = ""


@dataclass
class Answer:
    """What an origin, or the cache, answers."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    expires: float = 0


@dataclass
class Edge:
    """A distribution that serves."""

    module: Mapping[str, Any]
    """The body of the module `frontend`."""
    files: Mapping[str, File]
    api: tuple[str, int]
    """Where the load balancer listens."""
    secret: str = "the-secret-of-the-distribution"  # of the test
    url: str = ""
    fetched: list[str] = field(default_factory=list[str])
    """What was asked of the bucket."""
    kept: dict[tuple[str, bool], Answer] = field(default_factory=dict[tuple[str, bool], Answer])

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._functions = subprocess.Popen(
            [os.environ["JSII_NODE"], "-e", _RUNNER, "--", self._resource("aws_cloudfront_function", "routes")["code"]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def end(self) -> None:
        """End the process of the function."""
        self._functions.kill()
        self._functions.communicate()

    def _resource(self, kind: str, name: str) -> Any:  # noqa: ANN401  # JSON
        return self.module["resource"][kind][name]

    @property
    def distribution(self) -> Any:  # noqa: ANN401  # JSON
        """The distribution, as it is generated."""
        return self._resource("aws_cloudfront_distribution", "site")

    def behavior(self, path: str) -> Any:  # noqa: ANN401  # JSON
        """The first behavior whose pattern a path matches."""
        for each in self.distribution["ordered_cache_behavior"]:
            pattern = re.escape(each["path_pattern"]).replace(r"\*", ".*").replace(r"\?", ".")
            if re.fullmatch(pattern, path):
                return each
        return self.distribution["default_cache_behavior"]

    def origin(self, behavior: Mapping[str, Any]) -> Any:  # noqa: ANN401  # JSON
        """The origin of a behavior."""
        return next(each for each in self.distribution["origin"] if each["origin_id"] == behavior["target_origin_id"])

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What the distribution answers."""
        behavior = self.behavior(path.partition("?")[0])
        if method not in behavior["allowed_methods"]:
            return Answer(403, {"x-cache": "Error from cloudfront"})
        found = self._cached(behavior, method, path, headers, body)
        found = self._error(found)
        return self._finished(behavior, headers, found)

    def _cached(
        self, behavior: Mapping[str, Any], method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        if behavior["cache_policy_id"] == CACHING_DISABLED:
            found = self._fetch(behavior, method, path, headers, body)
            return Answer(found.status, {**found.headers, "x-cache": "Miss from cloudfront"}, found.body)
        assert behavior["cache_policy_id"] == CACHING_OPTIMIZED
        uri = self._routed(behavior, path.partition("?")[0])
        key = uri, "gzip" in headers.get("accept-encoding", "")
        held = self.kept.get(key)
        if held is not None and held.expires > time.monotonic():
            return Answer(held.status, {**held.headers, "x-cache": "Hit from cloudfront"}, held.body)
        found = self._fetch(behavior, method, uri, headers, body)
        found.expires = time.monotonic() + self._kept_for(found)
        self.kept[key] = found
        return Answer(found.status, {**found.headers, "x-cache": "Miss from cloudfront"}, found.body)

    def _kept_for(self, answer: Answer) -> float:
        for each in self.distribution.get("custom_error_response", ()):
            if each["error_code"] == answer.status:
                return each["error_caching_min_ttl"]
        said = answer.headers.get("cache-control", "")
        age = re.search(r"max-age=(\d+)", said)
        wanted = 0 if "no-cache" in said or "no-store" in said else int(age[1]) if age else USUAL
        return min(max(wanted, LEAST), MOST)

    def _routed(self, behavior: Mapping[str, Any], path: str) -> str:
        if not behavior.get("function_association"):
            return path
        with self._lock:
            assert self._functions.stdin is not None
            assert self._functions.stdout is not None
            self._functions.stdin.write(f"{path}\n")
            self._functions.stdin.flush()
            return json.loads(self._functions.stdout.readline())

    def _fetch(
        self, behavior: Mapping[str, Any], method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        origin = self.origin(behavior)
        if "custom_origin_config" in origin:
            return self._from_server(origin, method, path, headers, body)
        self.fetched.append(path)
        found = self.files.get(path.removeprefix("/"))
        if found is None:
            statements = self.module["locals"]["site_policy"]["Statement"]
            may_list = any(each["Action"] == "s3:ListBucket" and each["Effect"] == "Allow" for each in statements)
            return Answer(MISSING if may_list else 403, {"content-type": "application/xml"}, b"<Error/>")
        control = {"cache-control": found.cache_control} if found.cache_control else {}
        return Answer(200, {"content-type": found.content_type, **control}, found.body)

    def _from_server(
        self, origin: Mapping[str, Any], method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        connection = HTTPConnection(*self.api, timeout=origin["custom_origin_config"]["origin_read_timeout"])
        connection.request(method, path, body or None, self.sent(origin, headers))
        answered: HTTPResponse = connection.getresponse()
        found = {name.lower(): value for name, value in answered.getheaders() if name.lower() not in _HOP}
        return Answer(answered.status, found, answered.read())

    def sent(self, origin: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, str]:
        """The headers that an origin gets: the viewer's without the host, and the distribution's own."""
        own = {each["name"]: self.secret for each in origin.get("custom_header", ())}
        return {**{name: value for name, value in headers.items() if name not in _HOP}, **own}

    def _error(self, answer: Answer) -> Answer:
        """The page of an error, where there is one: it is for all behaviors."""
        for each in self.distribution.get("custom_error_response", ()):
            if each["error_code"] == answer.status and each.get("response_page_path"):
                page = self.files[each["response_page_path"].removeprefix("/")]
                return Answer(int(each["response_code"]), {"content-type": page.content_type}, page.body)
        return answer

    def _finished(self, behavior: Mapping[str, Any], asked: Mapping[str, str], answer: Answer) -> Answer:
        """An answer with the headers of the policy, compressed where that is asked for."""
        headers = {**answer.headers, **self._security(behavior)}
        body, kind = answer.body, headers.get("content-type", "")
        compresses = behavior["compress"] and behavior["cache_policy_id"] == CACHING_OPTIMIZED
        text = kind.startswith(("text/", "application/javascript", "application/json"))
        if compresses and text and len(body) >= SMALLEST and "gzip" in asked.get("accept-encoding", ""):
            body, headers["content-encoding"] = gzip.compress(body), "gzip"
        return Answer(answer.status, headers, body)

    def _security(self, behavior: Mapping[str, Any]) -> dict[str, str]:
        policy = str(behavior["response_headers_policy_id"])
        found = re.fullmatch(r"\$\{aws_cloudfront_response_headers_policy\.(\w+)\.id\}", policy)
        assert found is not None
        said = self._resource("aws_cloudfront_response_headers_policy", found[1])["security_headers_config"]
        headers: dict[str, str] = {}
        for name, held in said.items():
            match name:
                case "strict_transport_security":
                    parts = [f"max-age={held['access_control_max_age_sec']}"]
                    parts += ["includeSubDomains"] * held["include_subdomains"] + ["preload"] * held["preload"]
                    headers["strict-transport-security"] = "; ".join(parts)
                case "content_type_options":
                    headers["x-content-type-options"] = "nosniff"
                case "frame_options":
                    headers["x-frame-options"] = held["frame_option"]
                case "referrer_policy":
                    headers["referrer-policy"] = held["referrer_policy"]
                case "content_security_policy":
                    headers["content-security-policy"] = held["content_security_policy"]
                case _:
                    raise AssertionError(f"the stand-in does not know the header {name}")
        return headers


class _Handler(BaseHTTPRequestHandler):
    edge: ClassVar[Edge]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        if headers.get("upgrade", "").lower() == "websocket":
            self._tunnel(headers)
            return
        body = self.rfile.read(int(headers.get("content-length", 0)))
        found = self.edge.answer(self.command, self.path, headers, body)
        self.send_response(found.status)
        for name, value in found.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(found.body)))
        self.end_headers()
        self.wfile.write(found.body)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET  # noqa: N815  # their names

    def _tunnel(self, headers: Mapping[str, str]) -> None:
        """A WebSocket: the handshake goes to the origin, then bytes go both ways."""
        origin = self.edge.origin(self.edge.behavior(self.path))
        if "custom_origin_config" not in origin:
            self.send_error(403)
            return
        with socket.create_connection(self.edge.api) as there:
            sent = {**self.edge.sent(origin, headers), "host": "origin", "connection": "Upgrade"}
            lines = [f"{self.command} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
            there.sendall("\r\n".join([*lines, "", ""]).encode())
            back = threading.Thread(target=_pump, args=(there, self.connection), daemon=True)
            back.start()
            _pump(self.connection, there)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
        """Be quiet."""


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


@contextmanager
def serving(module: Mapping[str, Any], files: Mapping[str, File], api: tuple[str, int]) -> Generator[Edge]:
    """A stand-in that serves on loopback."""
    edge = Edge(module, files, api)
    handler = type("Handler", (_Handler,), {"edge": edge})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    edge.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield edge
    finally:
        server.shutdown()
        server.server_close()
        edge.end()
