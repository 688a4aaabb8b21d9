"""Reachability: of every accepted overlay, and of random small networks and policies against a slow evaluator.

The evaluator is written from AWS's documentation alone and shares nothing with `miyabi_infra.reach`: it sends single
packets from single addresses, and asks each hop. What `reach` calls unknown is no disagreement; the networks and
policies below leave nothing unknown but ports that only some clients use, and conditions.
"""

import tempfile
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from miyabi_infra.reach import Reach, connections
from miyabi_infra.reach.roles import Role
from miyabi_infra.reach.steps import verdict
from miyabi_infra.stacks import Module, Reference, Resource, Stack, Value, read
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


@pytest.mark.slow
@settings(max_examples=25)
@given(overlays(), ports, st.sampled_from(["0.0.0.0/0", "10.0.0.0/8", "203.0.113.0/24"]))
def test_no_accepted_overlay_opens_the_tasks_the_database_or_the_cache_to_the_internet(
    overlay: dict[str, Any], port: int, block: str
) -> None:
    port = min(port, 9999) if overlay["alb"]["internal"] else port  # the name of the second target group has it
    overlay["container_port"] = port
    overlay["security_groups"]["alb_ingress_cidr_blocks"] = [block]
    overlay["frontend"].pop("only_from_cloudfront", None)  # it excludes blocks of addresses
    overlay.get("dns", {}).pop("health_check_name", None)  # Route 53 asks from the internet, so it demands a block
    # While something gives way to something else there are two: redis.elasticache_cluster.redis, tasks.blue_green, ….
    found = {
        (each.source.partition(".")[0], each.target.partition(".")[0], each.ports[0])
        for each in connections(stack_of(overlay))
    }

    over_ipv6 = "alb_ingress_ipv6_cidr_blocks" in overlay["security_groups"]
    open_to_some = (block != "10.0.0.0/8" or over_ipv6) and not overlay["alb"]["internal"]
    assert (("internet", "alb", 80) in found) == open_to_some
    assert {(source, target) for source, target, _ in found if source == "internet" and target in BEHIND} == set()
    assert {each for each in found if each[1] in BEHIND} == {
        ("alb", "tasks", port),
        ("tasks", "redis", 6379),
        ("tasks", "database", 5432),
    }


# ---- random networks ---------------------------------------------------------------------------------------------

CLIENTS = ("1.1.1.1", "8.8.8.8", "203.0.113.7", "203.0.113.200", "10.0.9.9")
"""One address of each block that the rules below distinguish; the last one is private."""

BLOCKS = ("0.0.0.0/0", "203.0.113.0/24", "203.0.113.128/25", "10.0.0.0/8", "8.0.0.0/8")
BALANCER = "10.0.1.5"
EPHEMERAL = (1024, 20000, 40000, 65535)

entry = st.fixed_dictionaries(
    {
        "rule_no": st.integers(1, 9),
        "action": st.sampled_from(["allow", "deny"]),
        "protocol": st.sampled_from(["-1", "tcp", "udp", "6"]),
        "cidr_block": st.sampled_from(BLOCKS),
        "ports": st.sampled_from([(80, 80), (0, 65535), (1024, 65535), (1024, 30000), (443, 443)]),
    }
)
entries = st.lists(entry, max_size=4, unique_by=lambda each: each["rule_no"])
group_rule = st.fixed_dictionaries(
    {
        "protocol": st.sampled_from(["-1", "tcp", "udp"]),
        "ports": st.sampled_from([(80, 80), (0, 65535), (443, 443)]),
        "cidr_blocks": st.lists(st.sampled_from(BLOCKS), max_size=2),
    }
)
route = st.tuples(st.sampled_from(BLOCKS), st.sampled_from(["igw", "nat"]))
networks = st.fixed_dictionaries(
    {
        "internal": st.booleans(),
        "network": st.booleans(),
        "rules": st.lists(group_rule, max_size=3),
        "routes": st.lists(route, max_size=3, unique_by=lambda each: each[0]),
        "main": st.booleans(),
        "acl": st.none() | st.fixed_dictionaries({"ingress": entries, "egress": entries}),
        "port": st.sampled_from([80, 443]),
    }
)


def ranged(block: dict[str, Any]) -> dict[str, Any]:
    held = {key: value for key, value in block.items() if key != "ports"}
    return {**held, "from_port": block["ports"][0], "to_port": block["ports"][1]}


def frozen(value: object) -> Value:
    if isinstance(value, list):
        return tuple(map(frozen, cast("list[object]", value)))
    if isinstance(value, dict):
        return {key: frozen(held) for key, held in cast("dict[str, object]", value).items()}
    return cast("Value", value)


def resource(kind: str, name: str, **arguments: object) -> Resource:
    held = {key: frozen(value) for key, value in arguments.items()}
    return Resource(f"{kind}.{name}", kind, name, None, "", Path(), held)


def to(kind: str, name: str, attribute: str = "id") -> Reference:
    return Reference(f"{kind}.{name}", attribute)


def stack_with(*resources: Resource) -> Stack:
    tags = {"Environment": "random", "Project": "miyabi"}
    module = Module("", "", Path(), resources, {}, {})
    return Stack("miyabi-random", "us-west-2", tags, (module,), {}, {}, {}, {})


def network_of(drawn: dict[str, Any]) -> Stack:
    table = to("aws_vpc", "main", "main_route_table_id") if drawn["main"] else to("aws_route_table", "own")
    targets = {"igw": ("gateway_id", "aws_internet_gateway"), "nat": ("nat_gateway_id", "aws_nat_gateway")}
    found = [
        resource("aws_vpc", "main", cidr_block="10.0.0.0/16"),
        resource("aws_internet_gateway", "main", vpc_id=to("aws_vpc", "main")),
        resource("aws_subnet", "one", vpc_id=to("aws_vpc", "main"), cidr_block="10.0.1.0/24"),
        resource("aws_nat_gateway", "main", subnet_id=to("aws_subnet", "one")),
        resource("aws_security_group", "alb", vpc_id=to("aws_vpc", "main"), ingress=list(map(ranged, drawn["rules"]))),
        resource(
            "aws_lb",
            "main",
            internal=drawn["internal"],
            load_balancer_type="network" if drawn["network"] else "application",
            subnets=[to("aws_subnet", "one")],
            security_groups=[] if drawn["network"] else [to("aws_security_group", "alb")],
        ),
        resource(
            "aws_lb_listener",
            "main",
            load_balancer_arn=to("aws_lb", "main", "arn"),
            port=drawn["port"],
            protocol="TCP" if drawn["network"] else "HTTP",
        ),
    ]
    if not drawn["main"]:
        found.append(resource("aws_route_table", "own", vpc_id=to("aws_vpc", "main")))
        association = {"subnet_id": to("aws_subnet", "one"), "route_table_id": to("aws_route_table", "own")}
        found.append(resource("aws_route_table_association", "one", **association))
    for at, (block, target) in enumerate(drawn["routes"]):
        argument, kind = targets[target]
        arguments = {"route_table_id": table, "destination_cidr_block": block, argument: to(kind, "main")}
        found.append(resource("aws_route", f"r{at}", **arguments))
    if drawn["acl"] is not None:
        directions = {way: list(map(ranged, drawn["acl"][way])) for way in ("ingress", "egress")}
        found.append(resource("aws_network_acl", "main", subnet_ids=[to("aws_subnet", "one")], **directions))
    return stack_with(*found)


def acl_lets(entries: list[dict[str, Any]], protocol: str, port: int, address: str) -> bool:
    """As the VPC user guide says: by number, and the first entry that matches the traffic decides."""
    for each in sorted(entries, key=lambda one: one["rule_no"]):
        everything = each["protocol"] == "-1"
        about = everything or (
            {"6": "tcp"}.get(each["protocol"], each["protocol"]) == protocol
            and each["ports"][0] <= port <= each["ports"][1]
        )
        if about and ip_address(address) in ip_network(each["cidr_block"]):
            return each["action"] == "allow"
    return False


def sent(drawn: dict[str, Any], address: str) -> str:
    """Where the subnet sends a packet: by the most specific route that matches (VPC user guide)."""
    if ip_address(address) in ip_network("10.0.0.0/16"):
        return "local"
    matching = [
        (ip_network(block).prefixlen, target)
        for block, target in drawn["routes"]
        if ip_address(address) in ip_network(block)
    ]
    return max(matching, default=(0, "nowhere"))[1]


def arrives(drawn: dict[str, Any], client: str, port: int, ephemeral: int) -> bool:
    """Whether one client in the internet gets an answer from the load balancer."""
    if ip_address(client).is_private and not client.startswith("203.0.113."):  # a block for documentation
        return False
    if drawn["internal"] or port != drawn["port"] or sent(drawn, client) != "igw":
        return False
    acl = drawn["acl"]
    if acl is not None and not acl_lets(acl["ingress"], "tcp", port, client):
        return False
    if acl is not None and not acl_lets(acl["egress"], "tcp", ephemeral, client):
        return False
    return drawn["network"] or any(
        (each["protocol"] == "-1" or (each["protocol"] == "tcp" and each["ports"][0] <= port <= each["ports"][1]))
        and any(ip_address(client) in ip_network(block) for block in each["cidr_blocks"])
        for each in drawn["rules"]
    )


EVERYBODY = "0.0.0.0/0"
ONLY_PRIVATE_ANSWERS = {
    "internal": False,
    "network": False,
    "rules": [{"protocol": "-1", "ports": (80, 80), "cidr_blocks": [EVERYBODY]}],
    "routes": [(EVERYBODY, "igw")],
    "main": False,
    "acl": {
        "ingress": [{"rule_no": 1, "action": "allow", "protocol": "-1", "cidr_block": EVERYBODY, "ports": (80, 80)}],
        "egress": [{"rule_no": 1, "action": "allow", "protocol": "-1", "cidr_block": "10.0.0.0/8", "ports": (80, 80)}],
    },
    "port": 80,
}
"""An ACL that lets answers out to private addresses only: was told to let the internet in."""


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@example(ONLY_PRIVATE_ANSWERS, 80)
@given(networks, st.sampled_from([80, 443]))
def test_a_slow_evaluator_agrees_on_who_reaches_the_load_balancer(drawn: dict[str, Any], port: int) -> None:
    reach = Reach(network_of(drawn))
    (balancer,) = [node for node in reach.nodes if node.kind == "load balancer"]
    found = verdict(reach.inward(balancer, "tcp", port))

    answered = {client: {arrives(drawn, client, port, each) for each in EPHEMERAL} for client in CLIENTS}
    always, sometimes = {True} in answered.values(), any(True in each for each in answered.values())
    expected = "yes" if always else "unknown" if sometimes else "no"
    assert found == expected


# ---- random policies ---------------------------------------------------------------------------------------------

ACTIONS = ("ecr:BatchGetImage", "ecr:*", "*", "logs:PutLogEvents", "ECR:batchget*", "ecr:Batch???Image")
REPOSITORY = "arn:aws:ecr:us-west-2:123456789012:repository/app"
RESOURCES = ("*", REPOSITORY, "arn:aws:ecr:*:*:repository/*", "arn:aws:s3:::bucket")

statement = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
        "action": st.tuples(st.sampled_from(["Action", "NotAction"]), st.sampled_from(ACTIONS)),
        "resource": st.tuples(st.sampled_from(["Resource", "NotResource"]), st.sampled_from(RESOURCES)),
        "conditional": st.booleans(),
    }
)
documents = st.lists(statement, max_size=3)


def document(drawn: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "Statement": [
            {
                "Effect": each["Effect"],
                each["action"][0]: each["action"][1],
                each["resource"][0]: each["resource"][1],
                **({"Condition": {"Bool": {"aws:SecureTransport": "true"}}} if each["conditional"] else {}),
            }
            for each in drawn
        ]
    }


def glob(pattern: str, text: str) -> bool:
    """`*` is any text, `?` any one character (IAM user guide, policy elements: Resource)."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return glob(pattern[1:], text) or (bool(text) and glob(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and glob(pattern[1:], text[1:])


def applies(each: dict[str, Any], *, condition: bool) -> bool:
    acts = glob(each["action"][1].lower(), "ecr:batchgetimage") == (each["action"][0] == "Action")
    on = glob(each["resource"][1], REPOSITORY) == (each["resource"][0] == "Resource")
    return acts and on and (condition or not each["conditional"])


def decided(identity: list[dict[str, Any]], boundary: list[dict[str, Any]] | None, *conditions: bool) -> bool:
    """The decision within one account, with the conditions of Deny and of Allow met or not."""
    denies, allows = conditions
    everything = [*identity, *(boundary or [])]
    if any(each["Effect"] == "Deny" and applies(each, condition=denies) for each in everything):
        return False
    granted = [
        any(each["Effect"] == "Allow" and applies(each, condition=allows) for each in held)
        for held in (identity, boundary)
        if held is not None
    ]
    return all(granted)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(documents, st.none() | documents)
def test_a_slow_evaluator_agrees_on_what_a_role_may_do(
    identity: list[dict[str, Any]], boundary: list[dict[str, Any]] | None
) -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}
    limits = {} if boundary is None else {"permissions_boundary": to("aws_iam_policy", "boundary", "arn")}
    stack = stack_with(
        resource("aws_iam_role", "execution", assume_role_policy=trust, **limits),
        resource("aws_iam_role_policy", "one", role=to("aws_iam_role", "execution"), policy=document(identity)),
        resource("aws_iam_policy", "boundary", policy=document(boundary or [])),
    )
    role = Role(stack, to("aws_iam_role", "execution", "arn"), "execution role")
    found = verdict(role.may("ecr:BatchGetImage", REPOSITORY))

    possible = {decided(identity, boundary, denies, allows) for denies in (True, False) for allows in (True, False)}
    assert found == ("unknown" if len(possible) > 1 else "yes" if possible == {True} else "no")
