"""Where the load goes: to the environment's own address, or to a host that was named on purpose."""

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
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, Stack
from miyabi_infra.terraform.cli import Terraform, TerraformError

DNS_NAME_OUTPUT: Final = "alb_dns_name"
"""The root output that holds the load balancer's DNS name."""

AGENT: Final = "miyabi-infra load"
"""What requests call themselves, so that the service's logs tell them from users'."""

_LOCAL_NAMES: Final = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Reached:
    """What came of the first request."""

    url: str
    """The address to load: https, where the service sends http there."""
    error: str | None = None
    """Why there was no answer at all."""


def choose(root: Path, stack: Stack, levels: ServiceLevelSettings, url: str | None, allowed: str | None) -> str:
    """The address that may be loaded.

    Raises:
        Refused: when there is none, or its host is neither the environment's own nor `allowed`.
    """
    if url is None:
        url = levels.url or f"http://{_dns_name(root, stack)}"
        if not urlsplit(url).path:
            url += _health_check_path(stack)
    parts = _parsed(url)
    host = _normal(parts.hostname or "")
    if allowed is not None and _normal(allowed) != host:
        raise Refused(f"--allow-host names {allowed}, but the load would go to {host}")
    if allowed is None:
        if _is_loopback(host):
            raise Refused(f"{host} is this machine itself: name it, if you mean it, with --allow-host {host}")
        if host not in _own_hosts(root, stack, levels, host):
            raise Refused(
                f"{host} is not {stack.environment}'s own host, and load hurts whoever it hits: "
                f"if it is yours, say so with --allow-host {host}"
            )
    return url if parts.path else f"{url}/"


def reach(url: str, timeout: float = REQUEST_TIMEOUT) -> Reached:
    """Ask once, so that a service that isn't there is not asked ten thousand times.

    Raises:
        Refused: when it redirects to anywhere but its own https address.
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
    """Where a redirect leads to that may be followed: the same host and path over https."""
    before, after = urlsplit(url), urlsplit(urljoin(url, location))
    same = _normal(before.hostname or "") == _normal(after.hostname or "") and before.path == after.path
    if same and (before.scheme, after.scheme) == ("http", "https"):
        return after._replace(fragment="").geturl()
    raise Refused(_redirected(url, status, location))


def _redirected(url: str, status: int, location: str) -> str:
    return f"{url} redirects ({status}) to {location}, which is not followed: give the address that serves, with --url"


def _ask(url: str, timeout: float) -> tuple[int, str | None, str | None]:
    """The status, where it redirects to, and the error when there was no answer."""
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
    except ValueError as error:
        raise Refused(f"{url!r} is no URL: {error}") from error
    if parts.scheme not in _PORTS or not parts.hostname or port == 0 or any(each.isspace() for each in url):
        raise Refused(f"{url!r} is no URL that can be loaded: http:// or https:// and a host name")
    if parts.username is not None or parts.password is not None:
        raise Refused("a URL with a user or a password is not taken: it would stand in the result")
    if parts.fragment:
        raise Refused(f"{url!r} has a fragment (#), which no service ever sees")
    return parts


def _normal(host: str) -> str:
    """A host as names are compared: case and the dot of the root don't count."""
    return host.strip("[]").rstrip(".").lower()


def _is_loopback(host: str) -> bool:
    if host in _LOCAL_NAMES or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        # Resolvers also take 127.1 and 2130706433 for addresses: whatever has no letter is no DNS name of a service.
        return not any(letter.isalpha() for letter in host) or host.startswith("0x")
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or address.is_unspecified or bool(mapped and mapped.is_loopback)


def _own_hosts(root: Path, stack: Stack, levels: ServiceLevelSettings, host: str) -> set[str]:
    """The hosts that are the environment's own; Terraform is asked only when the overlay does not settle it."""
    named = _normal(urlsplit(levels.url).hostname or "") if levels.url else ""
    if named == host:
        return {named}
    return {named, _normal(_dns_name(root, stack))}


def _dns_name(root: Path, stack: Stack) -> str:
    """The load balancer's DNS name, from Terraform's output.

    Raises:
        Refused: when Terraform does not know it.
    """
    folder = root / OUT / "stacks" / stack.name
    instead = "or give --url and --allow-host"
    try:
        outputs: dict[str, Any] = json.loads(Terraform(folder).run("output", "-no-color", "-json").stdout)
    except TerraformError as error:
        last = [line.strip(" │╷╵") for line in str(error).splitlines()]
        reason = next((line for line in last if line.startswith("Error")), last[0])
        raise Refused(
            f"{stack.environment}'s own host is not known, as 'terraform output' fails ({reason}): run "
            f"'terraform -chdir={OUT}/stacks/{stack.name} init' with credentials for its state, {instead}"
        ) from error
    name = outputs.get(DNS_NAME_OUTPUT, {}).get("value")
    if not isinstance(name, str) or not name:
        raise Refused(
            f"{stack.environment}'s own host is not known: its Terraform state has no output {DNS_NAME_OUTPUT}, so "
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
