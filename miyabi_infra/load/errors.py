"""Why a request failed, in a few words, so that failures can be counted by reason."""

import socket
import ssl
from typing import Final

TIMED_OUT: Final = "time-out"
CONNECTION_CLOSED: Final = "connection closed"
CUT_OFF: Final = "answer cut off"

_KINDS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (TimeoutError, TIMED_OUT),
    (ssl.SSLCertVerificationError, "certificate refused"),
    (ssl.SSLError, "TLS failed"),
    (socket.gaierror, "name not found"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionError, CONNECTION_CLOSED),
)
"""The first that matches applies."""


def kind_of(error: BaseException) -> str:
    """The kind of an error on the way to an answer."""
    # geventhttpclient, which never tries again here, still says that it has tried often enough.
    error = getattr(error, "original", None) or error
    for kind, text in _KINDS:
        if isinstance(error, kind):
            return text
    # What is none of these has a text of the system's, such as "No route to host", or at least a name.
    return getattr(error, "strerror", None) or type(error).__name__


def status_error(status: int) -> str | None:
    """The error that a status code is; None for a good one (200 to 299)."""
    good = 200 <= status < 300  # noqa: PLR2004
    return None if good else f"status {status}"
