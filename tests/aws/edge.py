"""What stands in front of the emulated AWS: load balancers that answer, by the listeners that were created.

An emulated load balancer has a name and no address. Here is a proxy (`http_proxy`) that knows these names: it does with
a request what the load balancer's listener says, and answers for the tasks behind it.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@contextmanager
def edge(client: Callable[[str], Any]) -> Generator[str]:
    """The URL of the proxy; `client` makes boto3 clients of the emulated AWS."""
    balancing = client("elbv2")

    class Handler(BaseHTTPRequestHandler):
        """One request to a load balancer."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            found = [
                each
                for each in balancing.describe_load_balancers()["LoadBalancers"]
                if each["DNSName"].lower() == (url.hostname or "").lower()
            ]
            listeners = balancing.describe_listeners(LoadBalancerArn=found[0]["LoadBalancerArn"])["Listeners"]
            listener = next(each for each in listeners if each["Port"] == (url.port or 80))
            action = listener["DefaultActions"][0]
            if action["Type"] == "redirect":
                self._answer(301, location=f"https://{url.hostname}:443{url.path}")
                return
            group = action["TargetGroupArn"]
            targets = balancing.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
            check = balancing.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]["HealthCheckPath"]
            self._answer(503 if not targets else 200 if url.path == check else 404)

        do_OPTIONS = do_GET  # noqa: N815  # the name that http.server calls

        def _answer(self, status: int, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"content-length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in http.server
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
