"""What users may expect of an environment: the targets that `miyabi-infra load` judges a load profile by.

It changes nothing that is generated. The defaults are the milestone report's.
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
        raise refuse("has a port that there is not", "1 to 65535, or none")
    return value


Url = Annotated[
    str,
    matching(
        r"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?(?:/[^\s#]*)?",
        "is no address of a service",
        "http:// or https://, a host name, and a path where it has one: https://api.example.com/health",
    ),
    AfterValidator(_with_a_port_that_exists),
]


class ServiceLevelSettings(Settings):
    """Targets of an environment's answers. A figure that equals its target meets it."""

    url: Url | None = None
    """Address that users reach the environment at; load goes there. Default: `http://` and the load balancer's DNS
    name, read from Terraform's output. With a certificate it should be set: no certificate holds that name. Without a
    path, the path of the health check is asked for."""

    p50_ms: Milliseconds = 50
    """Milliseconds within which half of all requests have a good answer."""

    p95_ms: Milliseconds = 100
    """Milliseconds within which 95 of 100 requests have a good answer."""

    p99_ms: Milliseconds = 200
    """Milliseconds within which 99 of 100 requests have a good answer."""

    min_requests_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 50
    """Good answers a second, at least."""

    max_error_percent: Annotated[float, Field(ge=0, le=100)] = 1
    """Requests of 100 that may fail: no answer in time, or one whose status is none of 200 to 299."""

    ask_before_load: bool = True
    """Whether `miyabi-infra load` wants `--yes`, because users would feel it. Default: it does."""

    @rule("p50_ms", "p95_ms", "p99_ms")
    def percentiles_rise(self, _platform: Platform) -> Iterator[Violation]:
        """A higher percentile can't be lower: what holds for 99 of 100 requests holds for 95 of them."""
        for lower, higher in (("p50_ms", "p95_ms"), ("p95_ms", "p99_ms")):
            least, value = getattr(self, lower), getattr(self, higher)
            if value < least:
                shown = int(value) if value.is_integer() else value
                yield Violation(higher, shown, f"is below {lower}, {least:g}", f"{least:g} or more")
