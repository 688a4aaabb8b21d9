"""Stacks that are gone on purpose. `miyabi-infra addresses --check` fails when one goes without an entry here."""

from collections.abc import Mapping
from typing import Final

STACKS: Final[Mapping[str, str]] = {}
"""Why a stack is gone, by its name: `{"miyabi-qa": "destroyed on 2027-03-01, nobody used it"}`."""
