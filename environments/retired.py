"""Stacks that are gone on purpose, and states that were moved: else `miyabi-infra addresses --check` fails."""

from collections.abc import Mapping
from typing import Final

STACKS: Final[Mapping[str, str]] = {}
"""Why a stack is gone, by its name: `{"miyabi-qa": "destroyed on 2027-03-01, nobody used it"}`."""

STATES: Final[Mapping[str, str]] = {}
"""Where the state of a stack was before it was moved (`terraform init -migrate-state`), by the stack's name:
`{"miyabi-dev": "s3://miyabi-terraform-state/dev/terraform.tfstate"}`."""
