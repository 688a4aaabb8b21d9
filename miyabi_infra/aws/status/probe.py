"""One request to the public address, as a user sends it. Only when it is asked for: it leaves the API of AWS."""

import http.client
import ssl
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from miyabi_infra.aws.status.model import Level, Look, Observation
from miyabi_infra.reach.paths import only_cloudfront_is_answered

TIMEOUT: Final = 10.0
"""Seconds to connect, and for each part of the answer."""
_GOOD: Final = range(200, 400)
"""A redirect is an answer, too: the load balancer sends HTTP to HTTPS."""


def probe(look: Look, address: str) -> Iterator[Observation]:
    """The status of the answer; `address`: a URL, or "" for the load balancer's name and the health check's path."""
    balancer: Mapping[str, Any] = {} if address else look.describe_load_balancer()
    if balancer.get("Scheme") == "internal":
        text = "the load balancer is internal, so nothing was asked: service_levels.url names what answers from here"
        yield Observation(Level.NOTE, text, {"url": None, "status": None})
        return
    if not address and only_cloudfront_is_answered(look.platform.stack):
        text = (
            "the load balancer answers CloudFront only, so nothing was asked: service_levels.url names what users ask"
        )
        yield Observation(Level.NOTE, text, {"url": None, "status": None})
        return
    url = address or _address(look, balancer)
    status, problem = _ask(url)
    data = {"url": url, "status": status}
    if problem:
        yield Observation(Level.DEGRADED, f"{url}: {problem}", data)
    else:
        level = Level.OK if status in _GOOD else Level.DEGRADED
        yield Observation(level, f"{url} answers with status {status}", data)


def _address(look: Look, balancer: Mapping[str, Any]) -> str:
    check = look.platform.health_check or {}
    return f"http://{balancer['DNSName']}{check.get('path') or '/'}"


def _ask(url: str) -> tuple[int | None, str]:
    """The status of the answer, and why there was none."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=TIMEOUT, context=context)
        else:
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
        try:
            connection.request("GET", path, headers={"User-Agent": "miyabi-infra status"})
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        return None, f"no answer ({error or type(error).__name__})"
    return answer.status, ""
