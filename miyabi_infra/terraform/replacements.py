"""Which changed arguments make Terraform replace a resource: what the AWS provider was seen to plan.

`make learn` renews the file; it holds what the provider 5.100.0 plans.
"""

import json
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

FILE: Final = Path(__file__).with_name("replacements-aws-5.json")

NOT_LEARNT: Final = frozenset({"aws_s3_bucket_lifecycle_configuration"})
"""Types of which the provider refuses a state with made-up values; nothing is known about them."""

Effect = Literal["replaced", "in place", "not known"]


def effect(kind: str, argument: str) -> Effect:
    """What Terraform does when an argument of a resource of a type changes.

    Args:
        kind: The resource type.
        argument: Its path without positions: `cidr_block`, `network_configuration.subnets`.
    """
    known = _known().get(kind)
    if known is None:
        return "not known"
    path = argument
    while path:
        if path in known["replaced"]:
            return "replaced"
        if path in known["in_place"]:
            return "in place"
        path = path.rpartition(".")[0]
    inner = [each for each in (*known["replaced"], *known["in_place"]) if each.startswith(f"{argument}.")]
    return "in place" if inner and not set(inner) & set(known["replaced"]) else "not known"  # a block as a whole


def known_types() -> Collection[str]:
    """The resource types of which something is known."""
    return _known().keys()


@cache
def _known() -> Mapping[str, Mapping[str, list[str]]]:
    return json.loads(FILE.read_text(encoding="utf-8"))
