"""Where the load goes: to the environment's own address, or to a host that the caller names explicitly."""

import http.client
import json
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urljoin, urlsplit

from environments.sections.service_levels import ServiceLevelSettings
from miyabi_infra.load.errors import kind_of
from miyabi_infra.load.profiles import REQUEST_TIMEOUT
from miyabi_infra.reach.paths import only_cloudfront_is_answered
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, Stack
from miyabi_infra.terraform.cli import Terraform, TerraformError

DNS_NAME_OUTPUT: Final = "alb_dns_name"
"""The root output that holds the load balancer's DNS name."""

AGENT: Final = "miyabi-infra load"
"""The user agent of the requests, so that the service's logs distinguish them from users' requests."""

_LOCAL_NAMES: Final = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Reached:
    """The outcome of the first request."""

    url: str
    """The address to load: https where the service redirects http to it."""
    error: str | None = None
    """Why there was no answer."""


def choose(root: Path, stack: Stack, levels: ServiceLevelSettings, url: str | None, allowed: str | None) -> str:
    """The address to load.

    Raises:
        Refused: when there is none, or when its host is neither the environment's own nor `allowed`.
    """
    if url is None:
        if not levels.url and only_cloudfront_is_answered(stack):
            raise Refused(
                f"the load balancer of {stack.environment} answers CloudFront only: say in service_levels.url what "
                "users ask, or give --url and --allow-host"
            )
        url = levels.url or f"http://{_dns_name(root, stack)}"
        if not urlsplit(url).path:
            url += _health_check_path(stack)
    parts = _parsed(url)
    host = _normal(parts.hostname or "")
    if allowed is not None and _normal(allowed) != host:
        raise Refused(f"--allow-host is {allowed}, but the load would go to {host}")
    if allowed is None:
        if _is_loopback(host):
            raise Refused(f"{host} is this machine: to load it, add --allow-host {host}")
        if host not in _own_hosts(root, stack, levels, host):
            raise Refused(
                f"{host} is not a host of {stack.environment}; load affects the users of the host that it reaches: "
                f"if the host is yours, add --allow-host {host}"
            )
    return url if parts.path else f"{url}/"


def reach(url: str, timeout: float = REQUEST_TIMEOUT) -> Reached:
    """Send one request, so that an unreachable service does not get ten thousand.

    Raises:
        Refused: when it redirects to an address other than its own over https.
    """
    status, location, error = _ask(url, timeout)
    if location is None:
        return Reached(url, error)
    after = _after_redirect(url, status, location)
    status, location, error = _ask(after, timeout)
    if location is not None:
        raise Refused(_redirected(after, status, location))
    return Reached(after, error)


def _after_redirect(url: str, status: int, location: str) -> str:
    """The destination of a redirect that may be followed: the same host and path over https."""
    before, after = urlsplit(url), urlsplit(urljoin(url, location))
    same = _normal(before.hostname or "") == _normal(after.hostname or "") and before.path == after.path
    if same and (before.scheme, after.scheme) == ("http", "https") and "@" not in after.netloc:
        return after._replace(fragment="").geturl()
    raise Refused(_redirected(url, status, location))


def _redirected(url: str, status: int, location: str) -> str:
    return f"{url} redirects ({status}) to {_shown(location)}, which is not followed: pass the final address with --url"


def _ask(url: str, timeout: float) -> tuple[int, str | None, str | None]:
    """The status, the destination of a redirect, and the error when there was no answer."""
    parts = urlsplit(url)
    assert parts.hostname
    try:
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=timeout, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        try:
            connection.request("GET", _request_path(parts), headers={"User-Agent": AGENT})
            answer = connection.getresponse()
            location = answer.getheader("Location") if answer.status // 100 == 3 else None  # noqa: PLR2004
            return answer.status, location, None
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        return 0, None, kind_of(error)


def _request_path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _parsed(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:  # its text may repeat a part of the URL
        raise Refused(f"{_shown(url)!r} is not a valid URL: its host or its port is not one") from error
    if parts.scheme not in _PORTS or not parts.hostname or port == 0 or any(each.isspace() for each in url):
        raise Refused(f"{_shown(url)!r} is not a URL that can be loaded; allowed: http:// or https://, and a host name")
    if parts.username is not None or parts.password is not None:
        raise Refused("the URL has a user or a password, which the result would contain; allowed: a URL without")
    if parts.fragment:
        raise Refused(
            f"{_shown(url)!r} has a fragment (#), which is never sent to a service; allowed: a URL without it"
        )
    return parts


def _shown(url: str) -> str:
    """A URL as it may be printed: without what stands before an `@`, even where it is no valid URL.

    A password may contain `/`, `?` and `#`, and `me:secret@host` has no scheme: so up to the last `@`, and from `//`.
    """
    before, at, after = url.rpartition("@")
    if not at:
        return url
    scheme, slashes, _ = before.partition("//")
    return f"{scheme}//…@{after}" if slashes else f"…@{after}"


def _normal(host: str) -> str:
    """A host in the form in which names are compared: case and a final dot do not count."""
    return host.strip("[]").rstrip(".").lower()


def _is_loopback(host: str) -> bool:
    if host in _LOCAL_NAMES or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        # Resolvers also accept 127.1 and 2130706433 as addresses: a name without a letter is not a service's DNS name.
        return not any(letter.isalpha() for letter in host) or host.startswith("0x")
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or address.is_unspecified or bool(mapped and mapped.is_loopback)


def _own_hosts(root: Path, stack: Stack, levels: ServiceLevelSettings, host: str) -> set[str]:
    """The environment's own hosts; Terraform is asked only when the overlay does not decide."""
    named = _normal(urlsplit(levels.url).hostname or "") if levels.url else ""
    if named == host:
        return {named}
    return {named, _normal(_dns_name(root, stack))}


def _dns_name(root: Path, stack: Stack) -> str:
    """The load balancer's DNS name, from Terraform's output.

    Raises:
        Refused: when Terraform's output does not contain it.
    """
    folder = root / OUT / "stacks" / stack.name
    instead = "or give --url and --allow-host"
    try:
        outputs: dict[str, Any] = json.loads(Terraform(folder).run("output", "-no-color", "-json").stdout)
    except TerraformError as error:
        last = [line.strip(" │╷╵") for line in str(error).splitlines()]
        reason = next((line for line in last if line.startswith("Error")), last[0])
        raise Refused(
            f"the host of {stack.environment} is unknown, because 'terraform output' fails ({reason}): run "
            f"'terraform -chdir={OUT}/stacks/{stack.name} init' with credentials for its state, {instead}"
        ) from error
    name = outputs.get(DNS_NAME_OUTPUT, {}).get("value")
    if not isinstance(name, str) or not name:
        raise Refused(
            f"the host of {stack.environment} is unknown: its Terraform state has no output {DNS_NAME_OUTPUT}, so "
            f"nothing has been applied yet; apply it, {instead}"
        )
    return name


def _health_check_path(stack: Stack) -> str:
    for group in stack.of_type("aws_lb_target_group"):
        for check in group.blocks("health_check"):
            path = check.get("path")
            if isinstance(path, str):
                return path
    return "/"
