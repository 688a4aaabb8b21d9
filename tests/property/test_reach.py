"""Whatever overlay the model accepts, the internet reaches the load balancer alone."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from miyabi_infra.reach import connections
from miyabi_infra.stacks import Stack, read
from miyabi_infra.synthesis.render import render
from tests.property.test_overlays import accepted
from tests.strategies import overlays

BEHIND = {"tasks", "redis", "database"}
ports = st.sampled_from([80, 443, 5432, 6379, 8080, 65535])


def stack_of(overlay: dict[str, Any]) -> Stack:
    with tempfile.TemporaryDirectory() as folder:
        render([accepted(overlay)], Path(folder))
        (stack,) = read(Path(folder))
        return stack


@settings(max_examples=25)
@given(overlays(), ports, st.sampled_from(["0.0.0.0/0", "10.0.0.0/8", "203.0.113.0/24"]))
def test_no_accepted_overlay_opens_the_tasks_the_database_or_the_cache_to_the_internet(
    overlay: dict[str, Any], port: int, block: str
) -> None:
    overlay["container_port"] = port
    overlay["security_groups"]["alb_ingress_cidr_blocks"] = [block]
    found = {(each.source, each.target, each.ports[0]) for each in connections(stack_of(overlay))}

    assert (("internet", "alb", 80) in found) == (block != "10.0.0.0/8")
    assert {(source, target) for source, target, _ in found if source == "internet" and target in BEHIND} == set()
    assert {each for each in found if each[1] in BEHIND} == {
        ("alb", "tasks", port),
        ("tasks", "redis", 6379),
        ("tasks", "database", 5432),
    }
