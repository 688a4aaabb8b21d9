"""What several modules say about domain names: their form, and the hosted zone in which their records are."""

import re
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import BeforeValidator

from modules.settings import Violation, matching, refuse

AMAZON: Final = frozenset({"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"})
"""What a CAA record calls Amazon's authority: one of them suffices (ACM user guide, "Configure a CAA record")."""

_LABEL: Final = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])"
_ALLOWED: Final = "a name in lower case such as app.example.com"


def _as_stored(value: object) -> object:
    """Offer the name that somebody means who writes a URL, capitals, or the dot at the end."""
    if isinstance(value, str):
        name = re.sub(r"^https?://|/.*$|\.$", "", value.lower())
        if name != value and re.fullmatch(rf"(?:\*\.)?{_LABEL}", name):
            raise refuse("is not written as a domain name", name)
    return value


DomainName = Annotated[
    str,
    matching(rf"(?=.{{4,253}}$)(?:\*\.)?{_LABEL}", "is not a domain name", _ALLOWED),
    BeforeValidator(_as_stored),
]
"""A name, or `*.` and a name for all names directly below it."""

HostName = Annotated[
    str, matching(rf"(?=.{{4,253}}$){_LABEL}", "is not a domain name without *", _ALLOWED), BeforeValidator(_as_stored)
]
"""A name without `*`."""

ZoneId = Annotated[
    str, matching(r"Z[A-Z0-9]{1,31}", "is not the ID of a hosted zone", "Z and at most 31 capital letters and digits")
]


def bare(name: str) -> str:
    """A name without `*.`: ACM validates both by the same record."""
    return name.removeprefix("*.")


def covers(certified: str, name: str) -> bool:
    """Whether a name of a certificate is for `name`; `*` stands for one label, and is itself only covered by `*`."""
    return certified == name or (certified.startswith("*.") and certified[2:] == name.partition(".")[2])


def in_zone(name: str, zone: str) -> bool:
    """Whether a record of the name belongs into the zone."""
    return bare(name) == zone or name.endswith(f".{zone}")


def without_amazon(key: str, authorities: tuple[str, ...]) -> Iterator[Violation]:
    """A violation where CAA records name authorities, and none of Amazon's: ACM's certificates fail with CAA_ERROR."""
    if authorities and not AMAZON & set(authorities):
        yield Violation(key, list(authorities), "forbid Amazon, so ACM issues nothing", "amazon.com, too")


def in_the_zone(key: tuple[str, ...], names: tuple[str, ...], zone: str | None, why: str = "") -> Iterator[Violation]:
    """A violation for each of the names that is not in the zone."""
    for index, name in enumerate(names):
        if zone and not in_zone(name.lower(), zone):  # capitals are told by the type
            allowed = f"{zone}, or a name that ends with .{zone}"
            yield Violation((*key, index), name, f"is not in the zone {zone}{why}", allowed)
