"""An overlay's text changes where it must, and nowhere else."""

from typing import Any

import pytest

from miyabi_infra.overlays.edit import REMOVED, EditError, comments, edited
from miyabi_infra.overlays.problems import KeyPath

OVERLAY = """\
# The head stays.

state: {backend: local}   # a flow mapping

networking:
    vpc_cidr:   "10.0.0.0/16"  # quoted, with odd spaces
    zones: [us-west-2a,us-west-2b]
    public:
      - 10.0.1.0/24 # first
      - 10.0.2.0/24

ecs:
  # about the image
  image: 'registry.example/app:1'
  environment: {A: one, B: two}

monthly_budget: 130 # USD
"""

ORDER = ["state", "networking", "alb", "ecs", "monthly_budget"]


@pytest.mark.parametrize(
    ("edits", "old", "new"),
    [
        ({("monthly_budget",): 140}, "monthly_budget: 130 # USD", "monthly_budget: 140 # USD"),
        ({("networking", "vpc_cidr"): "10.9.0.0/16"}, '"10.0.0.0/16"', '"10.9.0.0/16"'),
        ({("ecs", "image"): "it's"}, "'registry.example/app:1'", "'it''s'"),
        ({("networking", "zones", 1): "us-west-2c"}, "[us-west-2a,us-west-2b]", "[us-west-2a,us-west-2c]"),
        ({("networking", "zones"): ["us-west-2a"]}, "[us-west-2a,us-west-2b]", "[us-west-2a]"),
        ({("networking", "zones", 2): "us-west-2d"}, "us-west-2b]", "us-west-2b, us-west-2d]"),
        ({("networking", "public", 0): "10.0.9.0/24"}, "- 10.0.1.0/24 # first", "- 10.0.9.0/24 # first"),
        (
            {("networking", "public"): ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]},
            "      - 10.0.2.0/24\n",
            "      - 10.0.2.0/24\n      - 10.0.3.0/24\n",
        ),
        ({("networking", "public", 0): REMOVED}, "      - 10.0.1.0/24 # first\n", ""),
        (
            {("networking", "single"): True},
            "      - 10.0.2.0/24\n",
            "      - 10.0.2.0/24\n    single: true\n",
        ),
        ({("ecs", "environment", "C"): "3"}, "B: two}", 'B: two, C: "3"}'),
        ({("ecs", "environment", "A"): REMOVED}, "{A: one, B: two}", "{B: two}"),
        ({("state", "path"): "a.tfstate"}, "{backend: local}", "{backend: local, path: a.tfstate}"),
        (
            {("alb", "idle_timeout"): 120, ("alb", "ssl_policy"): "TLS"},
            "\necs:\n",
            "\nalb:\n  idle_timeout: 120\n  ssl_policy: TLS\n\necs:\n",
        ),
        ({("tags",): {"Cost": "42", "kept": "true"}}, "# USD\n", '# USD\n\ntags:\n  Cost: "42"\n  kept: "true"\n'),
        ({("monthly_budget",): REMOVED}, "\nmonthly_budget: 130 # USD\n", ""),
    ],
)
def test_only_what_must_change_does(edits: dict[KeyPath, Any], old: str, new: str) -> None:
    assert OVERLAY.count(old) == 1
    assert edited(OVERLAY, edits, ORDER) == OVERLAY.replace(old, new)


def test_line_ends_and_a_missing_last_one_stay() -> None:
    windows = OVERLAY.replace("\n", "\r\n").rstrip("\r\n")
    expected = windows.replace("B: two}", "B: two}\r\n  size: 2").replace("130", "140")
    assert edited(windows, {("ecs", "size"): 2, ("monthly_budget",): 140}) == expected


def test_what_several_places_share_is_not_changed_for_one_of_them() -> None:
    shared = "a: &same [one]\nb: *same\n"
    with pytest.raises(EditError, match="shared"):
        edited(shared, {("a", 0): "two"})
    with pytest.raises(EditError, match="alias"):
        edited("a: &same one\nb: *same\n", {("b",): "two"})


def test_an_empty_overlay_takes_its_first_keys() -> None:
    assert edited("# nothing yet\n", {("alb", "idle_timeout"): 5}) == "# nothing yet\nalb:\n  idle_timeout: 5\n"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("monthly_budget",), ["# USD"]),
        (("networking", "vpc_cidr"), ["# quoted, with odd spaces"]),
        (("networking", "public", 0), ["# first"]),
        (("ecs", "image"), ["# about the image"]),
        (("state", "backend"), ["# a flow mapping"]),
        (("networking", "zones"), []),
        (("ecs", "absent"), []),
    ],
)
def test_the_comments_next_to_a_value_are_found(path: KeyPath, found: list[str]) -> None:
    assert comments(OVERLAY, path) == found
