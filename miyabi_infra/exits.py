"""Exit codes, the same for all commands (docs/reference/exit-codes.md)."""

from typing import Final

FINE: Final = 0
"""Done, and nothing was found."""

FOUND: Final = 1
"""Something was found: a difference, a finding, a stale file, a missed target."""

REFUSED: Final = 2
"""The command cannot be carried out as it was given: wrong use, or files that cannot be used."""

UNKNOWN: Final = 3
"""Nothing was found, but not everything could be determined: a permission, credentials, a time-out."""

CRASHED: Final = 4
"""A fault of this program: there is a traceback."""

CLOSED: Final = 141
"""Nobody reads the output any more, as after `| head`: the code that a shell gives for SIGPIPE."""

INTERRUPTED: Final = 130
"""Ended by Ctrl-C."""
