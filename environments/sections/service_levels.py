"""Service levels of an environment: the targets that `miyabi-infra load` compares its measurements with.

They do not change the output. The defaults are those of the milestone report.
"""

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from modules.platform import Platform
from modules.settings import Settings, Violation, matching, refuse, rule

Milliseconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""A latency in milliseconds."""


def _with_a_port_that_exists(value: str) -> str:
    try:
        port = urlsplit(value).port
    except ValueError:
        port = 0
    if port == 0:
        raise refuse("has an invalid port", "a port from 1 to 65535, or no port")
    return value


Url = Annotated[
    str,
    matching(
        r"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?(?:/[!\x22$-~]*)?",
        "is not the URL of a service",
        "http:// or https://, a host name, and an optional path: https://api.example.com/health",
    ),
    AfterValidator(_with_a_port_that_exists),
]


class ServiceLevelSettings(Settings):
    """Targets for the responses of an environment. A measurement that equals its target meets it."""

    url: Url | None = None
    """URL of the environment, to which the load is sent. Default: `http://` and the load balancer's DNS name, from
    Terraform's output. Set it if there is a certificate, because no certificate contains that name. Without a path, the
    path of the health check is requested."""

    p50_ms: Milliseconds = 50
    """Milliseconds within which 50 % of all requests have a good response."""

    p95_ms: Milliseconds = 100
    """Milliseconds within which 95 % of all requests have a good response."""

    p99_ms: Milliseconds = 200
    """Milliseconds within which 99 % of all requests have a good response."""

    min_requests_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 50
    """Minimum number of good responses per second."""

    max_error_percent: Annotated[float, Field(ge=0, le=100)] = 1
    """Maximum percentage of failed requests: no response in time, or a status outside 200 to 299."""

    ask_before_load: bool = True
    """Whether `miyabi-infra load` requires `--yes`, because users would notice the load. Default: true."""

    @rule("p50_ms", "p95_ms", "p99_ms")
    def percentiles_rise(self, _platform: Platform) -> Iterator[Violation]:
        """A higher percentile cannot have a lower value."""
        for lower, higher in (("p50_ms", "p95_ms"), ("p95_ms", "p99_ms")):
            least, value = getattr(self, lower), getattr(self, higher)
            if value < least:
                shown = int(value) if value.is_integer() else value
                yield Violation(higher, shown, f"is below {lower}, {least:g}", f"{least:g} or more")
