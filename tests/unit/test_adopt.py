"""Adoption without Terraform: states that are refused, and the sorting of a plan's changes."""

import json
from typing import Any

import pytest

from miyabi_infra.adopt import moves, state
from miyabi_infra.adopt.differences import sort
from miyabi_infra.refused import Refused


def a_state() -> str:
    vpc = {
        "module": "module.networking",
        "mode": "managed",
        "type": "aws_vpc",
        "name": "main",
        "provider": 'provider["registry.opentofu.org/hashicorp/aws"].west',
        "instances": [{"attributes": {"id": "vpc-1"}}],
    }
    return json.dumps({"version": 4, "terraform_version": "1.9.0", "resources": [vpc]})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no Terraform state: it is not JSON"),
        ("[]", "is no Terraform state: it has no version"),
        ('{"version": 3, "terraform_version": "0.11.14", "modules": []}', "written by Terraform 0.11.14"),
        ('{"version": 5, "terraform_version": "2.0.0", "resources": []}', "has state format 5"),
        ('{"version": 4, "terraform_version": "1.9.0", "resources": []}', "holds no resources"),
    ],
)
def test_what_is_no_state_to_adopt_is_refused(text: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        state.read(text, "a.tfstate")


def test_a_state_of_another_registry_and_with_other_providers_can_be_planned_over() -> None:
    other = {"mode": "managed", "type": "random_id", "name": "x", "provider": 'provider["r.io/hashicorp/random"]'}
    text = a_state()
    data = json.loads(text)
    data["resources"].append(other)
    read = state.read(json.dumps(data), "a.tfstate")
    assert read.addresses == ("module.networking.aws_vpc.main",)
    assert read.foreign == ("random_id.x",)
    assert [each["provider"] for each in json.loads(read.text)["resources"]] == [state.AWS]


def change(address: str, actions: list[str], before: object, after: object, **more: object) -> dict[str, Any]:
    kind, name = address.partition("[")[0].split(".")[-2:]
    inner = {"actions": actions, "before": before, "after": after, "after_unknown": more.pop("unknown", {}), **more}
    return {"address": address, "mode": "managed", "type": kind, "name": name, "change": inner}


UPDATE = ["update"]
REPLACE = ["delete", "create"]


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (change("aws_lb.a", ["no-op"], {}, {}), None),
        (change("aws_lb.a", ["create"], None, {"name": "a"}), "create"),
        (change("aws_lb.a", ["delete"], {"name": "a"}, None), "destroy"),
        (change("aws_lb.a", REPLACE, {"name": "a"}, {"name": "b"}, replace_paths=[["name"]]), "replace"),
        (change("aws_lb.a", UPDATE, {"idle_timeout": 60}, {"idle_timeout": 90}), "update"),
        (change("aws_lb.a", UPDATE, {"tags": {"A": "1"}, "port": 1}, {"tags": {}, "port": 1}), "harmless"),
        (change("aws_lb.a", UPDATE, {"apply_immediately": None}, {"apply_immediately": True}), "harmless"),
        (change("aws_lb.a", UPDATE, {"ip_address_type": None}, {"ip_address_type": "ipv4"}), "harmless"),
        (change("aws_lb.a", UPDATE, {"tags": {}, "port": 1}, {"tags": {"A": "1"}, "port": 2}), "update"),
        (change("aws_lb.a", UPDATE, {"subnets": ["a"]}, {}, unknown={"subnets": True}), "update"),
    ],
)
def test_a_change_is_sorted_by_what_it_does(found: dict[str, Any], kind: str | None) -> None:
    assert [each.kind for each in sort({"resource_changes": [found]})] == ([kind] if kind else [])


def test_what_is_drawn_along_by_another_is_told_from_what_differs_itself() -> None:
    drawn = change("aws_lb.a", REPLACE, {"vpc_id": "v", "arn": "a"}, {}, unknown={"vpc_id": True, "arn": True})
    drawn["change"]["replace_paths"] = [["vpc_id"]]
    own = change("aws_vpc.a", REPLACE, {"cidr_block": "1"}, {"cidr_block": "2"}, replace_paths=[["cidr_block"]])
    assert [(each.address, each.follows) for each in sort({"resource_changes": [drawn, own]})] == [
        ("aws_lb.a", True),
        ("aws_vpc.a", False),
    ]


def test_a_sensitive_value_is_not_shown() -> None:
    found = change("aws_x.a", UPDATE, {"key": "hush"}, {"key": "new"}, before_sensitive={"key": True})
    (difference,) = sort({"resource_changes": [found]})
    assert "hush" not in repr(difference)
    assert "new" not in repr(difference)


def test_a_document_in_an_argument_is_compared_by_what_it_holds() -> None:
    before, after = ('{"a": 1,  "b": {"c": 2}}', '{"b":{"c":3},"a":1}')
    (difference,) = sort({"resource_changes": [change("aws_x.a", UPDATE, {"policy": before}, {"policy": after})]})
    assert [(each.path, each.before, each.after) for each in difference.arguments] == [("policy.b.c", 2, 3)]


def test_a_renamed_module_is_one_move_and_other_resources_are_found_by_what_they_hold() -> None:
    module = [
        change(f"module.{name}.aws_subnet.{which}", actions, held if gone else None, None if gone else held)
        for name, actions, gone in (("network", ["delete"], True), ("networking", ["create"], False))
        for which, held in (("a", {"cidr_block": "10.0.1.0/24"}), ("b", {"cidr_block": "10.0.2.0/24"}))
    ]
    assert moves.found({"resource_changes": module}) == [("module.network", "module.networking")]
    single = [
        change("aws_lb.this", ["delete"], {"name": "miyabi-alb-dev", "internal": False}, None),
        change("aws_lb.other", ["delete"], {"name": "other", "internal": False}, None),
        change("module.alb.aws_lb.main", ["create"], None, {"name": "miyabi-alb-dev", "internal": False}),
    ]
    assert moves.found({"resource_changes": single}) == [("aws_lb.this", "module.alb.aws_lb.main")]
