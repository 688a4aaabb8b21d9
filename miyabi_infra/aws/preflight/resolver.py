"""What the domain name system says, as anyone sees it: ACM and browsers find no other records than these."""

import os
from collections.abc import Sequence
from typing import Final

from dns.exception import DNSException, Timeout
from dns.resolver import NXDOMAIN, NoAnswer, NoNameservers, Resolver

from miyabi_infra.aws.client import Kind, Trouble

RESOLVER: Final = "MIYABI_RESOLVER"
"""The environment variable that names another resolver than the system's, `1.1.1.1` or `127.0.0.1:5353`: in a network
with a resolver of its own, that one may know other names than the internet."""
_SECONDS: Final = 5.0


def records(name: str, kind: str) -> frozenset[str] | None:
    """The values of a record, without the dots at their ends; None where nobody finds one.

    Raises:
        Trouble: when no resolver answers.
    """
    try:
        answer = _resolver().resolve(f"{name}.", kind, lifetime=_SECONDS)
    except (NXDOMAIN, NoAnswer):  # no such name, or no such record
        return None
    except NoNameservers as error:
        text = f"the name servers of {name} do not answer for it, or the resolver has a problem"
        raise Trouble(Kind.FAILED, text) from error
    except Timeout as error:
        raise Trouble(Kind.TIMEOUT, f"no answer about {name} from the resolver within {_SECONDS:g} s") from error
    except (DNSException, OSError, ValueError) as error:
        raise Trouble(Kind.UNREACHABLE, f"the resolver cannot be asked about {name}: {error}") from error
    return frozenset(each.to_text().lower().removesuffix(".") for each in answer)


def _resolver() -> Resolver:
    given = os.environ.get(RESOLVER, "")
    if not given:
        return Resolver()
    host, _, port = given.partition(":")
    found = Resolver(configure=False)
    found.nameservers = [host]
    found.port = int(port or 53)
    return found


def parents(name: str) -> Sequence[str]:
    """A name, and those above it up to the one below the root."""
    labels = name.split(".")
    return [".".join(labels[first:]) for first in range(len(labels))]
