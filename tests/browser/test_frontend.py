"""The frontend in a real browser, behind a stand-in for the generated distribution: routes, the API, headers, cache."""

import base64
import copy
import hashlib
import json
import threading
from collections.abc import Generator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, cast

import pytest
from playwright.sync_api import Browser, Page

from modules.cloudfront_facts import ORIGIN_HEADER
from tests.browser.edge import Edge, File, serving
from tests.support import Project

pytestmark = pytest.mark.browser

Json = dict[str, Any]

APP: Final = """\
document.querySelector("h1").textContent = location.pathname;
async function ask(path, options) {
  const answer = await fetch(path, options);
  return [answer.status, answer.headers.get("content-type"), await answer.text()];
}
"""
FILES: Final = {
    "index.html": File(
        b'<!doctype html><title>Miyabi</title><h1>not started</h1><script src="/assets/app.4f1d.js"></script>'
        b"<script>document.title = 'inline ran'</script>",
        "text/html",
        "no-cache",
    ),
    "assets/app.4f1d.js": File(
        APP.encode() + b"// padding\n" * 100, "application/javascript", "public, max-age=31536000, immutable"
    ),
}


class Application(BaseHTTPRequestHandler):
    """The load balancer with the application: JSON errors, an echo, a WebSocket, and 403 without the secret."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if not self.headers.get(ORIGIN_HEADER):
            self._say(403, "text/plain", "Only through CloudFront")
        elif self.headers.get("Upgrade", "").lower() == "websocket":
            self._socket()
        elif self.path.startswith("/api/echo"):
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            said = {"method": self.command, "path": self.path, "body": body, "cookie": self.headers.get("cookie")}
            self._say(200, "application/json", json.dumps(said))
        elif self.path == "/api/slow":
            self._say(504, "application/json", '{"error": "slow"}')
        else:
            self._say(404, "application/json", '{"error": "no such task"}')

    do_POST = do_GET  # noqa: N815  # its name

    def _say(self, status: int, kind: str, text: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def _socket(self) -> None:
        """Accept a WebSocket, and send back its first short message."""
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accepted = base64.b64encode(hashlib.sha1(key.encode(), usedforsecurity=False).digest()).decode()
        self.send_response(101)
        for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accepted)):
            self.send_header(name, value)
        self.end_headers()
        _, length = self.rfile.read(2)
        mask, data = self.rfile.read(4), self.rfile.read(length & 0x7F)
        plain = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
        self.wfile.write(bytes([0x81, len(plain)]) + plain)
        self.wfile.flush()
        self.rfile.read(2)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
        """Be quiet."""


@pytest.fixture(scope="module")
def module(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Json:
    """The generated module, with the lines of the guide."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("cdn") / "project")
    frontend = {"enabled": True, "bucket": "miyabi-frontend-dev", "api_paths": ["/api/*", "/ws"], "origin_secret": True}
    overlay = project.overlay("dev")
    overlay.write_text(f"{overlay.read_text(encoding='utf-8')}\nfrontend: {json.dumps(frontend)}\n", encoding="utf-8")
    file = project.synthesize() / "stacks/miyabi-dev/modules/frontend/main.tf.json"
    return cast("Json", json.loads(file.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def application() -> Iterator[tuple[str, int]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Application)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield "127.0.0.1", server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def edge(module: Json, application: tuple[str, int]) -> Iterator[Edge]:
    with serving(module, FILES, application) as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Generator[Page]:
    found = browser.new_page()
    yield found
    found.close()


def ask(page: Page, path: str, **options: Any) -> list[Any]:  # noqa: ANN401  # of fetch
    return cast("list[Any]", page.evaluate("([path, options]) => ask(path, options)", [path, options]))


@pytest.mark.parametrize("route", ["/", "/tasks/42", "/tasks/42/", "/deep/er/route?tab=logs"])
def test_a_route_of_the_application_is_answered_with_its_page(edge: Edge, page: Page, route: str) -> None:
    answer = page.goto(f"{edge.url}{route}")
    assert answer is not None
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-cache")
    assert page.text_content("h1") == route.partition("?")[0]


def test_a_file_that_is_missing_is_not_found(edge: Edge, page: Page) -> None:
    answer = page.goto(f"{edge.url}/assets/old.js")
    assert answer is not None
    assert answer.status == 404
    assert "<h1>" not in answer.text()


@pytest.mark.parametrize(
    ("path", "status", "error"), [("/api/tasks/7", 404, "no such task"), ("/api/slow", 504, "slow")]
)
def test_an_error_of_the_api_stays_what_it_is(edge: Edge, page: Page, path: str, status: int, error: str) -> None:
    page.goto(edge.url)
    assert ask(page, path) == [status, "application/json", json.dumps({"error": error})]
    assert path not in edge.fetched


def test_an_error_page_would_hide_the_errors_of_the_api(module: Json, application: tuple[str, int], page: Page) -> None:
    """Why the fallback is a function: the same distribution with the error page that many guides advise."""
    changed = copy.deepcopy(module)
    distribution = changed["resource"]["aws_cloudfront_distribution"]["site"]
    for each in distribution["custom_error_response"]:
        if each["error_code"] == 404:
            each |= {"response_page_path": "/index.html", "response_code": 200}
    with serving(changed, FILES, application) as edge:
        page.goto(edge.url)
        status, kind, _ = ask(page, "/api/tasks/7")
    assert (status, kind) == (200, "text/html")


def test_the_api_gets_methods_bodies_cookies_and_queries(edge: Edge, page: Page) -> None:
    page.goto(edge.url)
    page.evaluate("document.cookie = 'session=1'")
    status, _, text = ask(page, "/api/echo?page=2", method="POST", body="hello")
    assert status == 200
    assert json.loads(text) == {"method": "POST", "path": "/api/echo?page=2", "body": "hello", "cookie": "session=1"}


def test_a_websocket_passes(edge: Edge, page: Page) -> None:
    page.goto(edge.url)
    heard = page.evaluate(
        """() => new Promise((resolve, reject) => {
            const socket = new WebSocket(`ws://${location.host}/ws`);
            socket.onopen = () => socket.send("ping");
            socket.onmessage = event => resolve(event.data);
            socket.onerror = () => reject("error");
        })"""
    )
    assert heard == "ping"


def test_nobody_without_the_secret_is_served(application: tuple[str, int], page: Page) -> None:
    answer = page.goto(f"http://{application[0]}:{application[1]}/api/echo")
    assert answer is not None
    assert (answer.status, answer.text()) == (403, "Only through CloudFront")


def test_the_headers_are_those_of_the_policies(edge: Edge, page: Page) -> None:
    answer = page.goto(edge.url)
    assert answer is not None
    expected = {
        "strict-transport-security": "max-age=31536000",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "strict-origin-when-cross-origin",
    }
    assert {name: answer.headers.get(name) for name in expected} == expected
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    api = page.goto(f"{edge.url}/api/echo")
    assert api is not None
    assert api.headers["strict-transport-security"] == "max-age=31536000"
    assert "content-security-policy" not in api.headers


def test_the_browser_runs_no_script_that_was_smuggled_in(edge: Edge, page: Page) -> None:
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(edge.url)
    assert page.title() == "Miyabi"
    assert any("Content Security Policy" in text for text in refused)
    assert page.text_content("h1") == "/"


def test_assets_are_asked_for_once_and_the_page_each_time(
    edge: Edge, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = {"now": 0.0}
    monkeypatch.setattr("tests.browser.edge.time.monotonic", lambda: clock["now"])
    for _ in range(3):
        visit = browser.new_page()
        visit.goto(f"{edge.url}/tasks/1")
        visit.close()
        clock["now"] += 60
    assert edge.fetched.count("/assets/app.4f1d.js") == 1
    assert edge.fetched.count("/index.html") == 3


def test_text_is_compressed(edge: Edge, page: Page) -> None:
    answers: dict[str, Any] = {}
    page.on("response", lambda answer: answers.update({answer.url: answer}))
    page.goto(edge.url)
    script = answers[f"{edge.url}/assets/app.4f1d.js"]
    assert script.headers["content-encoding"] == "gzip"
    assert script.text() == FILES["assets/app.4f1d.js"].body.decode()
